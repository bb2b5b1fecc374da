"""A signed liar: a device of the place whose keys are in wrong hands. It writes any well-formed entry in its own log, and asks.

Lies are aimed at voters, requests, books, epochs and logs that there are: what is drawn blindly says nothing to anybody. Its
node goes on beside it, as a device's would whose thief wants not to be noticed.
"""

from random import Random

import msgspec

from kiosk.domain import entries as e
from kiosk.domain.messages import Ask
from kiosk.node import SendTo
from tests.simulation.own_fold import OwnFold, table_of
from tests.simulation.people import People
from tests.simulation.world import Machine

UNHEARD_OF = 60  # a count in a request's id that no table reaches by itself


class Liar(People):
    """What the liar does."""

    def lie(self) -> None:
        """One to three lies, then its node is called, and commits and sends them."""
        machine = self.world.machines[self.oracle.liar]
        if not machine.up or machine.node.fault or machine.node.is_locked:
            return
        lies = _Lies(self.rng, self.oracle.fold_of_all(), machine, self.world.voters)
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            body = lies.entry()
            self.world.say(f"{machine.origin} lies: {body}")
            self.counts.add(f"lie: {type(body).__name__.lower()}")
            machine.node.books.replica.write(body, self.world.now(machine).wall_ms)
            if isinstance(body, e.Start):
                self.world.boot(machine)  # its node must not be confused by what it has not written
        if self.rng.random() < 0.3:
            ask = lies.request()
            self.counts.add("lie: ask")
            self.world.send(machine, [SendTo(lies.holder_for(ask), Ask(ask))])
        if self.rng.random() < 0.2 and machine.head is not None:
            self.counts.add("lie: head")
            self.world.send(machine, [self._boast(machine)])
        self.world.take(machine)

    def say_in_its_name(self, machine: Machine, *bodies: e.Body) -> None:
        """What a liar's device writes."""
        self.world.say(f"{machine.origin} lies: {bodies}")
        for body in bodies:
            machine.node.books.replica.write(body, self.world.now(machine).wall_ms)
        self.world.take(machine)

    def _boast(self, machine: Machine) -> object:
        """A head that shows copies which it has not, as far as there are such entries."""
        have = {origin: other.vector.get(origin, 0) for origin, other in self.world.machines.items()}
        self.oracle.boasts = have
        machine.head = msgspec.structs.replace(
            machine.head, count=machine.head.count + 1, have={o: n for o, n in {**machine.head.have, **have}.items() if n}
        )
        return machine.head


class _Lies:
    """What can be said, by what there is."""

    def __init__(self, rng: Random, fold: OwnFold, machine: Machine, voters: dict) -> None:
        self.rng, self.fold, self.me, self.voters = rng, fold, machine.origin, voters
        self.last_start = machine.node.books.replica.last_start
        self.length = machine.node.books.replica.have.get(self.me, 0)
        self.origins = sorted(machine.node.setup.first)

    def entry(self) -> e.Body:
        return self.rng.choice(_KINDS)(self)

    def voter(self) -> int:
        return self.rng.choice((*self.voters, 4711))

    def book(self, voter: int) -> int:
        mine = self.fold.book_of(voter)
        return mine if mine > 0 and self.rng.random() < 0.7 else self.rng.choice(sorted(self.fold.chains))

    def epoch(self, book: int) -> int:
        return max(0, len(self.fold.chains[book]) + self.rng.choice((-1, 0, 0, 0, 1)))

    def origin(self) -> str:
        return self.rng.choice(self.origins)

    def holder_for(self, request: e.Request) -> str:
        return self.fold.holder(request.book) if request.book in self.fold.chains else self.origin()

    def id(self) -> str:
        """A request's: one that there is, or one that its table may come to make, or nobody ever makes."""
        known = sorted(self.fold.requests)
        if known and self.rng.random() < 0.6:
            return self.rng.choice(known)
        at = self.rng.choice((self.me, self.me, self.origin()))
        return f"{at}/{self.last_start.get(at, 1)}/{self.rng.choice((1, 2, 3, 4, UNHEARD_OF))}"

    def elections(self, voter: int) -> tuple[str, ...]:
        all_ = self.fold.facts.elections
        listed = self.voters[voter].elections if voter in self.voters else all_
        return self.rng.choice((listed, listed, all_, all_[:1], ()))

    def own_id(self) -> str:
        """A new request's, or one's that it has made."""
        mine = [id_ for id_, made in self.fold.requests.items() if made.origin == self.me]
        if mine and self.rng.random() < 0.5:
            return self.rng.choice(mine)
        return f"{self.me}/{self.last_start.get(self.me, 1)}/{self.rng.randrange(UNHEARD_OF, 2 * UNHEARD_OF)}"

    def undo(self) -> e.Request:
        """Of a mark that there is."""
        marks = [claim for voter in self.voters for claim in self.fold.marks(voter)]
        if not marks:
            return self.request()
        mark = self.rng.choice(marks)
        return e.Request(
            self.own_id(), e.Op.UNDO, mark.voter, self.fold.book_of(mark.voter), mark.elections, table_of(self.me),
            target=mark.id, register=len(self.fold.chains[0]), handed_out=self.rng.random() < 0.7,
        )  # fmt: skip

    def request(self) -> e.Request:
        voter = self.voter()
        id_ = self.own_id() if self.rng.random() < 0.7 else self.id()
        table = table_of(self.rng.choice((self.me, self.me, id_.partition("/")[0])))
        undo = self.rng.random() < 0.4
        more = {"target": self.target(), "register": self.epoch(0), "handed_out": self.rng.random() < 0.5} if undo else {}
        op = e.Op.UNDO if undo else e.Op.CHECK_IN
        return _made(
            e.Request, id=id_, op=op, voter=voter, book=self.book(voter), elections=self.elections(voter), table=table, **more
        )

    def target(self) -> str:
        cards = [card.spot for card in self.fold.all("rescanned")]
        return self.rng.choice((*cards, self.id(), self.id()))

    def decision(self) -> e.Decision:
        open_ = [id_ for id_ in self.fold.requests if not self.fold.outcome(id_)]
        made = self.fold.requests.get(id_ := self.rng.choice(open_) if open_ and self.rng.random() < 0.4 else self.id())
        voter = made.body["voter"] if made is not None and self.rng.random() < 0.8 else self.voter()
        elections = tuple(made.body["elections"]) if made is not None and self.rng.random() < 0.8 else self.elections(voter)
        book = self.book(voter)
        outcome = self.rng.choice((e.Outcome.GRANTED, e.Outcome.GRANTED, e.Outcome.REFUSED))
        told = (
            {"table": table_of(self.origin()), "marked_ms": self.rng.randrange(10**12)} if outcome is e.Outcome.REFUSED else {}
        )
        reason = self.rng.choice(("already_marked", "not_open", "referred", "nonsense")) if told else ""
        return _made(e.Decision, id_, voter, elections, book, self.epoch(book), outcome, reason, **told)

    def answer(self) -> e.Body:
        return self.rng.choice((e.Issued, e.Issued, e.Withdrawn))(self.own_id() if self.rng.random() < 0.6 else self.id())

    def handover(self) -> e.Handover:
        book = self.book(self.voter())
        return e.Handover(book, self.epoch(book) + 1, self.origin())

    def seal(self) -> e.Seal:
        book = self.rng.choice((0, self.book(self.voter())))
        stopped = {o: self.rng.randrange(20) for o in self.origins if self.rng.random() < 0.4}
        return e.Seal(book, self.epoch(book) + 1, self.epoch(0), stopped)

    def seize(self) -> e.Body:
        own = [entry for entry in self.fold.all("seal") if entry.origin == self.me]
        if not own:
            return self.seal()
        sealed = self.rng.choice(own)
        answers = {o: self.rng.randrange(1, 20) for o in self.origins}
        book, epoch = sealed.body["book"], sealed.body["epoch"]
        return e.Seize(book, epoch, self.epoch(0), sealed.seq, self.origin(), self.rng.randrange(20), answers)

    def card(self) -> e.Rescanned:
        return e.Rescanned(self.voter(), self.origin())

    def released(self) -> e.Released:
        hashes = [entry.hash for entry in self.fold.all("referred")] or ["0" * 64]
        return e.Released(self.voter(), (self.rng.choice(hashes),))

    def own_table(self) -> e.Body:
        return self.rng.choice((e.Close, e.Reopen))(table_of(self.origin()))


def _made(kind: type, *given: object, **fields: object) -> object:
    """An entry's body, without the fields that this kind has not."""
    known = set(kind.__struct_fields__)
    return kind(*given, **{name: value for name, value in fields.items() if name in known})


_KINDS = (
    _Lies.request, _Lies.request, _Lies.undo, _Lies.decision, _Lies.decision, _Lies.decision, _Lies.answer, _Lies.answer,
    _Lies.handover, _Lies.seal, _Lies.seize, _Lies.seize, _Lies.card, _Lies.card, _Lies.own_table, _Lies.released,
    lambda self: e.Open(self.epoch(0)), lambda self: e.Referred(self.voter()), lambda self: e.Start((self.origin(),)),
)  # fmt: skip
