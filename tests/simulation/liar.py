"""A signed liar: a device of the place whose keys are in wrong hands. It writes any well-formed entry in its own log, and asks.

Lies are aimed at voters, requests, books, holds and runs that there are: what is drawn blindly says nothing to anybody. Its
node goes on beside it, as a device's would whose thief wants not to be noticed. A code that the chair keys at it is its own.
"""

from random import Random

import msgspec

from kiosk.domain import entries as e
from kiosk.domain.codetext import Code
from kiosk.domain.messages import Ask
from kiosk.node import SendTo
from tests.made_up import FIRST_PREV, code, read_code
from tests.simulation.own_fold import OwnFold, device_of, table_of
from tests.simulation.workload import Workload
from tests.simulation.world import Machine

UNHEARD_OF = 60  # a count in a request's id that no table reaches by itself


class Liar(Workload):
    """What the liar does."""

    def lie(self) -> None:
        """One to three lies, then its node is called, and commits and sends them."""
        machine = self.world.machines[self.oracle.liar]
        if machine.is_off or machine.node.fault or not machine.node.books.seen.run:
            return
        lies = Lies(self.rng, self.oracle.fold_of_all(), machine, self.world.voters, self.oracle.leaked)
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            self._write(machine, lies.entry())
        if self.rng.random() < 0.3:
            made = lies.request()
            self.counts.add("lie: ask")
            self.world.send(machine, [SendTo(lies.holder_for(made), Ask(made, self.rng.choice((0, 0, lies.length))))])
        if self.rng.random() < 0.2 and machine.head is not None:
            self.boast(machine)
        self.world.take(machine)
        if machine.up and self.rng.random() < 0.05:
            self._start(machine, lies)

    def say_in_its_name(self, machine: Machine, *bodies: e.Body) -> None:
        """What a liar's device writes."""
        for body in bodies:
            self._write(machine, body)
        self.world.take(machine)

    def _write(self, machine: Machine, body: e.Body) -> None:
        self.world.say(f"{machine.name} lies: {body}")
        self.counts.add(f"lie: {type(body).__name__.lower()}")
        machine.node.books.replica.write(body, self.world.now(machine).wall_ms)

    def _start(self, machine: Machine, lies: "Lies") -> None:
        """A run that goes on from the last, or now and then from an earlier one, with answers to anybody's requests."""
        replica = machine.node.books.replica
        if self.rng.random() < 0.2:
            replica.last_run = self.rng.choice(list(replica.runs.devices[machine.device])).name
        run = f"{machine.device}-{self.world._new_run(machine)}"
        body = e.Start(replica.last_run, tuple(lies.id() for _ in range(2)), (lies.id(),))
        self.world.say(f"{machine.name} lies: {run} {body}")
        self.counts.add("lie: start")
        replica.begin(run, body, self.world.now(machine).wall_ms)
        self.world.take(machine)
        if machine.up:
            self.world.crash(machine)
            self.world.boot(machine)  # its node must not be confused by what it has not written

    def boast(self, machine: Machine) -> None:
        """A head that shows copies which it has not, as far as there are such entries, and calls its run a member."""
        self.counts.add("lie: head")
        runs = machine.node.books.books.runs
        have = (
            {run: seq for run, seq in self.oracle.tips.items() if run in runs} if self.rng.random() < 0.5 else self.oracle.tips
        )
        self.oracle.boasts = dict(self.oracle.written_to)
        machine.head = msgspec.structs.replace(
            machine.head, count=machine.head.count + 1, have={**machine.head.have, **have}, member=True
        )
        self.world.send(machine, [machine.head])


class Lies:
    """What can be said, by what there is."""

    def __init__(self, rng: Random, fold: OwnFold, machine: Machine, voters: dict, codes: set[int]) -> None:
        self.rng, self.fold, self.voters, self.codes = rng, fold, voters, codes
        self.me, self.run = machine.device, machine.node.run
        self.runs = machine.node.books.books.runs
        self.length = self.runs[self.run].last
        self.devices = sorted(machine.node.setup.devices)

    def entry(self) -> e.Body:
        return self.rng.choice(_KINDS)(self)

    def voter(self) -> int:
        return self.rng.choice((*self.voters, 4711))

    def book(self) -> int:
        mine = self.fold.book_of(self.voter())
        return mine if mine > 0 and self.rng.random() < 0.7 else self.rng.choice(sorted(self.fold.chains))

    def any_run(self) -> str:
        return self.rng.choice(sorted(run.name for runs in self.runs.devices.values() for run in runs))

    def hold(self, book: int) -> str:
        known = [holding.hold for holding in self.fold.chains.get(book, ()) if holding.hold]
        if known and self.rng.random() < 0.8:
            return self.rng.choice(known[-2:])
        return f"{self.any_run()}#{self.rng.randrange(1, 20)}"

    def some(self) -> dict[str, int]:
        """A vector of what it has: all, or less of it."""
        return {
            run: seq if self.rng.random() < 0.8 else max(self.runs[run].first, seq - self.rng.randrange(4))
            for run, seq in self.runs.vector.items()
            if run == self.run or self.rng.random() < 0.8
        }

    def holder_for(self, request: e.Request) -> str:
        book = self.fold.book_of(request.voter)
        return device_of(self.fold.holder(book)) if book in self.fold.chains else self.rng.choice(self.devices)

    def id(self) -> str:
        """A request's: one that there is, or one that its table may come to make, or nobody ever makes."""
        known = sorted(self.fold.requests)
        if known and self.rng.random() < 0.6:
            return self.rng.choice(known)
        return f"{self.rng.choice((self.run, self.any_run()))}/{self.rng.choice((1, 2, 3, 4, UNHEARD_OF))}"

    def elections(self, voter: int) -> tuple[str, ...]:
        all_ = self.fold.facts.elections
        listed = self.voters[voter].elections if voter in self.voters else all_
        return self.rng.choice((listed, listed, all_, all_[:1], ()))

    def own_id(self) -> str:
        """A new request's, or one's that it has made."""
        mine = [id_ for id_ in self.fold.requests if device_of(id_) == self.me]
        if mine and self.rng.random() < 0.5:
            return self.rng.choice(mine)
        return f"{self.run}/{self.rng.randrange(UNHEARD_OF, 2 * UNHEARD_OF)}"

    def undo(self) -> e.Request:
        """Of a mark that there is."""
        marks = [claim for voter in self.voters for claim in self.fold.marks(voter)]
        if not marks:
            return self.request()
        mark, handed_out = self.rng.choice(marks), self.rng.random() < 0.7
        return e.Request(self.own_id(), e.Op.UNDO, mark.voter, mark.elections, target=mark.id, handed_out=handed_out)

    def request(self) -> e.Request:
        voter = self.voter()
        id_ = self.own_id() if self.rng.random() < 0.7 else self.id()
        if self.rng.random() < 0.4:
            handed_out = self.rng.random() < 0.5
            return e.Request(id_, e.Op.UNDO, voter, self.elections(voter), target=self.target(), handed_out=handed_out)
        return e.Request(id_, e.Op.CHECK_IN, voter, self.elections(voter))

    def target(self) -> str:
        cards = [card.spot for card in self.fold.all("card")]
        return self.rng.choice((*cards, self.id(), self.id()))

    def decision(self) -> e.Decision:
        open_ = [id_ for id_ in self.fold.requests if not self.fold.outcome(id_)]
        made = self.fold.requests.get(id_ := self.rng.choice(open_) if open_ and self.rng.random() < 0.4 else self.id())
        voter = made.body["voter"] if made is not None and self.rng.random() < 0.8 else self.voter()
        elections = tuple(made.body["elections"]) if made is not None and self.rng.random() < 0.8 else self.elections(voter)
        target = made.body.get("target", "") if made is not None and self.rng.random() < 0.8 else ""
        hold = self.hold(self.fold.book_of(voter))
        if self.rng.random() < 0.7:
            return e.Decision(id_, voter, elections, hold, e.Outcome.GRANTED, target=target)
        reason, table = self.rng.choice(("already_marked", "not_open", "referred", "nonsense")), table_of(self.any_run())
        marked_ms = self.rng.randrange(10**12)
        return e.Decision(id_, voter, elections, hold, e.Outcome.REFUSED, reason, target, table, marked_ms)

    def answer(self) -> e.Body:
        return self.rng.choice((e.Issued, e.Issued, e.Withdrawn))(self.own_id() if self.rng.random() < 0.6 else self.id())

    def give(self) -> e.Give:
        book = self.book()
        return e.Give(book, self.hold(book), self.any_run(), self.some())

    def stop(self) -> e.Stop:
        """With a code that the chair has keyed here, or with another's signature, or none."""
        n = self.rng.choice((*self.codes, *self.codes, *self.codes, self.rng.randrange(1, 41)))
        named = tuple(device for device in self.devices if self.rng.random() < 0.4)
        said = e.Stop(n, named, self.some(), "0" * 128)
        if n in self.codes and isinstance(chairs := read_code(code(n)), Code):
            return chairs.sign(self.run, said, FIRST_PREV)
        signed = [stop.body["signature"] for stop in self.fold.all("stop")]
        return msgspec.structs.replace(said, signature=self.rng.choice(("0" * 128, *signed)))

    def _own_stop(self) -> int:
        own = [stop.body["n"] for stop in self.fold.all("stop") if stop.device == self.me]
        return self.rng.choice((*own, *own, self.rng.randrange(1, 9)))

    def view(self) -> e.View:
        return e.View(self._own_stop(), self.some())

    def card(self) -> e.Card:
        return e.Card(self._own_stop(), self.rng.choice(self.devices), self.voter())

    def released(self) -> e.Released:
        hashes = [entry.hash for entry in self.fold.all("referred")] or ["0" * 64]
        return e.Released(self.voter(), (self.rng.choice(hashes),))

    def own_table(self) -> e.Body:
        return self.rng.choice((e.Closed, e.Reopened, e.Locked, lambda: e.Island(on=self.rng.random() < 0.5)))()


_KINDS = (
    Lies.request, Lies.request, Lies.undo, Lies.decision, Lies.decision, Lies.decision, Lies.answer, Lies.answer,
    Lies.give, Lies.give, Lies.stop, Lies.stop, Lies.view, Lies.view, Lies.card, Lies.own_table, Lies.released,
    lambda self: e.Referred(self.voter()), lambda self: e.Excused((self.rng.choice(self.devices),)),
)  # fmt: skip
