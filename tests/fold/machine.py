"""One device: a disk, a memory that a crash empties, and the product's fold and rules over both."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.books import Books, Stopped
from kiosk.domain.cases import Case
from kiosk.domain.eligibility import weigh
from kiosk.domain.ledger import Ledger
from kiosk.domain.membership import Membership
from kiosk.domain.messages import Ask, Head, Stance
from kiosk.domain.nodes import device_of
from tests.fold.place import ELECTIONS, FIRST_PREV, Place, Record, record, signature


class Log:
    """Entries in the order in which they came, and what the product says of them."""

    def __init__(self, place: Place, records: Iterable[Record] = ()) -> None:
        self.place = place
        self.books = Books(place.basis)
        self.ledger = Ledger(self.books)
        self.have: dict[tuple[str, int], Record] = {}
        for one in records:
            self.take(one)

    def may_take(self, one: Record) -> bool:
        """Rule L: after the entry before it, and after all that it knows."""
        entry, body = one.entry, one.entry.body
        if isinstance(body, e.Start):
            before = self.have.get((body.before, entry.seq - 1))
            follows = before.hash == entry.prev if before is not None else not body.before and entry.seq == 1
        else:
            before = self.have.get((entry.run, entry.seq - 1))
            follows = before is not None and before.hash == entry.prev
        return follows and (not isinstance(body, e.Give | e.Stop | e.View) or self.books.runs.have(body.knows))

    def take(self, one: Record) -> None:
        self.ledger.fold(one.entry)
        self.have[one.key] = one


class Machine:
    """A card in its device. `log` is what it knows now; `disk` outlives a crash; `memory` is what is still to be committed."""

    def __init__(self, place: Place, device: str, tell: Callable[[str], None]) -> None:
        self.place, self.device, self.tell = place, device, tell
        self.disk: list[Record] = []
        self.snapshots: list[int] = []  # how long the disk was when somebody could have copied it
        self.is_on = self.is_dead = self.is_liar = self.was_restored = False
        self.group = 0
        self._turn_on()

    def _turn_on(self) -> None:
        self.log = Log(self.place, self.disk)
        self.log.books.runs.store()
        self.seen = rules.NodeKnowledge(self.device, self.log.books, self.log.ledger, Membership(self.device, self.log.books))
        self.memory: list[Record] = []
        self.heads: dict[str, Head] = {}
        self.answers: dict[str, Head] = {}
        self.asks: list[tuple[e.Request, str]] = []
        self.open: str = ""  # the request that the voter at the table waits for
        self.earlier: str = ""  # one that nobody waits for any more: it was withdrawn, or is an earlier run's
        self.asked = self.spoke = 0
        self.scanned = False

    # --- power ---

    def boot(self) -> None:
        """The power comes: it reads its disk, and waits for its clerk."""
        self._turn_on()
        self.is_on = True

    def crash(self) -> None:
        """What was not committed is lost."""
        self.is_on = False
        self._turn_on()

    @property
    def run(self) -> str:
        return self.seen.run

    @property
    def runs(self) -> bool:
        """Whether it has begun, and speaks."""
        return self.is_on and bool(self.seen.run)

    def begin(self, name: str, issued: Iterable[str], withdrawn: Iterable[str], time: int, rng: Random) -> None:
        """Begin a run, in one commit with the clerk's answers."""
        tips = self.log.books.runs.tips(self.device)
        before = rng.choice(tips) if tips else None
        self.begin_after(name, (before.name, before.last) if before else None, issued, withdrawn, time)

    def begin_after(
        self, name: str, at: tuple[str, int] | None, issued: Iterable[str], withdrawn: Iterable[str], time: int
    ) -> None:
        """Begin a run after this entry; None for the first of all."""
        self.seen.run = name
        self._put(e.Start(at[0] if at else "", tuple(issued), tuple(withdrawn)), time, at)
        self.commit()
        self.seen.member.started(name)
        self.seen.island = False
        self.answers.clear()
        self.asked = 0
        self.open = ""
        self.earlier = next((case.id for case in self.unsettled()), "")

    def unsettled(self) -> list[Case]:
        return list(self.log.ledger.unsettled(self.device))

    # --- writing ---

    def write(self, body: e.Body, time: int) -> Record:
        return self._put(body, time, (self.run, self.log.books.runs[self.run].last))

    def _put(self, body: e.Body, time: int, after: tuple[str, int] | None) -> Record:
        prev = self.log.have[after].hash if after else FIRST_PREV
        one = record(self.run, after[1] + 1 if after else 1, prev, time, body)
        self.receive(one)
        return one

    def receive(self, one: Record) -> None:
        self.log.take(one)
        self.memory.append(one)

    def commit(self) -> None:
        """A commit takes along all that was acted on (W)."""
        if not self.memory:
            return
        self._put_on_disk()
        self.snapshots.append(len(self.disk))

    def _put_on_disk(self) -> None:
        self.disk += self.memory
        self.memory = []
        self.log.books.runs.store()

    # --- speaking: only of what is on disk ---

    def _spoken(self) -> dict[str, int]:
        return dict(self.log.books.runs.stored)

    def sent(self) -> list[Record]:
        """The records that others may have of it."""
        return self.disk

    def head(self) -> Head:
        self.spoke += 1
        return Head(
            self.run, self.log.books.runs[self.run].nth, self.spoke, self._spoken(), self.seen.member.reached, Stance.SERVING, 0
        )

    def hear(self, head: Head) -> None:
        if not self.is_on:
            return
        known = self.heads.get(device_of(head.run))
        if known is None or known.run != head.run or known.count < head.count:
            self.heads[device_of(head.run)] = head
        if not self.runs:
            return
        self.seen.member.heard(head)
        stopped = self.stopping
        if stopped is not None and device_of(head.run) != self.device and rules.acknowledges(self.log.books, stopped, head):
            self.answers.setdefault(device_of(head.run), head)

    # --- deciding ---

    def may_decide(self, book: int) -> bool:
        return not self.is_liar and rules.may_decide(self.seen, book)

    def weigh(self, voter: int, but: str = "") -> tuple[str, ...]:
        """The elections that the voter may be given ballots for."""
        found = weigh(self.place.voters[voter], self.log.ledger.marks(voter, but=but), ELECTIONS)
        return getattr(found, "elections", ())

    def decide(self, time: int) -> int:
        """Decide what is due; how many decisions were made."""
        if not self.runs or self.is_liar or not rules.may_go_on(self.seen):
            return 0
        ledger, made = self.log.ledger, 0
        asks, self.asks = self.asks, []
        mine = {book for book in self.log.books if self.may_decide(book)}
        if not mine:
            return 0
        cases = list(ledger.cases.values())
        for request, _ in asks:
            known = ledger.cases.get(request.id)
            if known is None or known.made is None:
                cases.append(replace(known or Case(request.id), made=request))
        for case in cases:
            book = self.place.book_of(case.made.voter) if case.made is not None else None
            if book in mine and rules.d4_decidable(ledger, case):
                made += self._decide(case, book, time)
        return made

    def _decide(self, case: Case, book: int, time: int) -> bool:
        request, ledger = case.made, self.log.ledger
        assert request is not None
        if request.op is e.Op.UNDO:
            yes = rules.d4_undo(ledger, request)
        elif rules.run_is_over(self.log.books, case.run):
            yes = None
        else:
            found = weigh(self.place.voters[request.voter], ledger.marks(request.voter, but=request.id), ELECTIONS)
            yes = ledger.poll_open and not ledger.referred_at(request.voter) and rules.d4_grants(request, found)
        if yes is None:
            return False
        outcome = e.Outcome.GRANTED if yes else e.Outcome.REFUSED
        hold = self.log.books.chain(book).last.hold
        self.write(e.Decision(request.id, request.voter, request.elections, hold, outcome, target=request.target), time)
        return True

    def may_show_green(self, request: str) -> Case | None:
        """This request, where it may turn green now."""
        case = self.log.ledger.cases.get(request)
        if case is None or not rules.may_go_on(self.seen):
            return None
        found = self.log.ledger.outcome(case)
        if found is None or found.decision.outcome is not e.Outcome.GRANTED:
            return None
        may = rules.g1_own(self.seen, case) and rules.g2_counts(self.seen, case)
        return case if may and rules.g3_two_disks(self.seen, case, self.heads.values()) else None

    # --- stopping ---

    @property
    def stopping(self) -> Stopped | None:
        """This run's stop that is to be finished."""
        own = [stopped for stopped in self.log.books.stops if stopped.author == self.run and stopped.view is None]
        return max(own, key=lambda stopped: stopped.rank, default=None)

    def stop(self, n: int, named: Iterable[str], time: int) -> bool:
        if not rules.may_go_on(self.seen) or not rules.may_stop(self.log.books, n):
            return False
        knows, names = dict(self.log.books.runs.vector), tuple(sorted(set(named) - {self.device}))
        self.answers.clear()
        self.scanned = False
        self.write(e.Stop(n, names, knows, signature(n, self.run, names, knows)), time)
        return True

    def may_view(self) -> Stopped | None:
        stopped = self.stopping
        if stopped is None or not rules.may_go_on(self.seen) or not rules.may_view(self.seen, stopped, self.answers):
            return None
        return stopped

    def view(self, stopped: Stopped, time: int) -> None:
        self.write(e.View(stopped.stop.n, dict(self.log.books.runs.vector)), time)
        self.seen.member.viewed()

    def ask(self, voter: int, elections: tuple[str, ...], time: int) -> Ask:
        self.asked += 1
        self.open = f"{self.run}/{self.asked}"
        body = e.Request(self.open, e.Op.CHECK_IN, voter, elections, e.How.SPOKEN, e.Source.CARD)
        self.write(body, time)
        return Ask(body)
