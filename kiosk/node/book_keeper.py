"""The duties of a node as holder of books and author of stops: decisions and views; and its own entries.

Everything here follows from what is folded. `duties` is called once in a turn, after the inputs; what it writes is folded at
once, so that two requests of one turn see each other's marks.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain import rights, rules
from kiosk.domain.books import Books, Stopped
from kiosk.domain.cases import Case
from kiosk.domain.chain import RejectionReason
from kiosk.domain.codetext import Code
from kiosk.domain.eligibility import Barred, Eligible, Mark, RefusalReason, weigh
from kiosk.domain.ledger import Ledger
from kiosk.domain.membership import Membership
from kiosk.domain.messages import Ask, Head
from kiosk.domain.nodes import device_of, is_spare, node_of, run_of, table_of
from kiosk.domain.rights import Basis
from kiosk.domain.situation import RejectedMessage, Undoable
from kiosk.domain.voters import Voter
from kiosk.node.copies import Copies
from kiosk.node.replica import Replica
from kiosk.node.types import Crypto, Evidence, Now, Setup
from kiosk.node.wants import Wants


class BookKeeper:
    """The books of one node."""

    def __init__(self, setup: Setup, find: Callable[[int], Voter | None], keys: Crypto, copies: Copies, wants: Wants) -> None:
        self.basis = Basis(setup.opening, setup.undo_nodes, setup.devices, setup.elections, _books_of(find), keys.is_signed)
        books = Books(self.basis)
        self.ledger = Ledger(books)
        self.replica = Replica(setup.device, books.runs, setup.first_prev, keys, self._fold)
        member = Membership(setup.device, books, alone=setup.alone)
        self.seen = rules.NodeKnowledge(setup.device, books, self.ledger, member)
        self.latest_ms = 0  # the latest time in this device's own log
        self.released: list[int] = []
        self.refused: list[RejectedMessage] = []  # what was refused of others' words, in short, for the screen
        self._setup, self._find, self._keys, self._copies, self._wants = setup, find, keys, copies, wants
        self._requests = 0
        self._could: set[tuple[int, str]] = set()  # the books that this node could decide in, each by its hold
        self._stopping: tuple[tuple[int, str], Stopped | None] = (-1, ""), None
        self._could_as_of = -1, "", False
        self._mine: tuple[tuple[int, str], tuple[int, ...]] = (-1, ""), ()
        self._answers: dict[str, Head] = {}  # to this run's last stop
        self.mono_ms = 0  # when this turn began, by this machine's steady clock
        self.last_withdrawn = 0  # the seq of this log's last entry that withdraws
        self._decided_for: dict[str, int] = {}  # by device
        self._started: dict[str, int] = {}
        self._asked: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=limits.PACE_VOTERS))

    @property
    def books(self) -> Books:
        """Who holds what."""
        return self.seen.books

    def _fold(self, entry: e.Entry) -> None:
        body, device = entry.body, device_of(entry.run)
        moves = self.ledger.fold(entry)
        if device == self._setup.device:
            self.latest_ms = max(self.latest_ms, entry.time)
            self._wrote(entry)
        elif isinstance(body, e.Start):
            # one start a second: a device that starts again and again must not make every turn wait for a commit
            moves = self.mono_ms - self._started.get(device, -limits.HEAD_MS) >= limits.HEAD_MS
            self._started[device] = self.mono_ms
        elif isinstance(body, e.Decision) and device_of(body.request) == device and self._holds(entry.run, body):
            self._copies.awaited(entry.run, entry.seq)
        if moves:
            self._wants.move()
        if isinstance(body, e.Released):
            self.released.append(body.voter)

    def _holds(self, run: str, decided: e.Decision) -> bool:
        """Whether a run holds the book of the voter on whom it has decided."""
        book = self.basis.book_of(decided.voter)
        return book is not None and self.books.holder(book) == run

    def _wrote(self, entry: e.Entry) -> None:
        """What must be known of this node's own log."""
        match entry.body:
            case e.Withdrawn():
                self.last_withdrawn = entry.seq
            case e.Start(withdrawn=withdrawn) if withdrawn:
                self.last_withdrawn = entry.seq
            case e.Decision(request=request):
                of = device_of(request)
                self._decided_for[of] = self._decided_for.get(of, 0) + 1
            case _:
                pass

    # --- writing ---

    def write(self, body: e.Body, now: Now) -> int:
        """Write an entry of this node's own log; returns its seq."""
        return self.replica.write(body, now.wall_ms)

    def begin(self, issued: Iterable[str], withdrawn: Iterable[str], now: Now) -> None:
        """Begin a run, with the clerk's answers about what earlier ones had left open."""
        run = f"{self._setup.device}-{self._keys.new_run()}"
        before = self.replica.last_run
        self.replica.begin(run, e.Start(before, tuple(issued), tuple(withdrawn)), now.wall_ms)
        self.seen.run, self.seen.island, self._requests = run, self._setup.alone, 0
        self._answers.clear()
        self.seen.member.started(run)

    def end_run(self) -> None:
        """This run writes nothing more: it is locked, or a new one is to begin."""
        self.seen.run, self.seen.island = "", False

    def set_island(self, on: bool, now: Now) -> None:
        """From now on this node serves alone, on the chair's word, or does so no more."""
        self.seen.island = on
        self.write(e.Island(on=on), now)

    def request_id(self) -> str:
        """A new request's id: no other run makes it again."""
        self._requests += 1
        return f"{self.seen.run}/{self._requests}"

    # --- reading ---

    def weigh(self, voter: Voter, *, but: str = "") -> Eligible | Barred:
        """Which ballots a voter may be given by what is known here now, the request `but` left aside."""
        return weigh(voter, tuple(self.ledger.marks(voter.number, but=but)), self._setup.elections)

    def known(self) -> set[str]:
        """The devices that are in use: those delivered in the nodes, and those of which a run is known."""
        return set(self._setup.first) | self.books.runs.begun

    @property
    def mine(self) -> tuple[int, ...]:
        """The books that this run holds, as far as it knows."""
        as_of = self.books.version, self.seen.run
        if self._mine[0] != as_of:
            self._mine = as_of, tuple(book for book in sorted(self.books) if self.books.holder(book) == self.seen.run)
        return self._mine[1]

    def may_decide(self, book: int) -> bool:
        """Whether this node may decide in a book now."""
        return rules.may_decide(self.seen, book)

    def is_new_member(self) -> bool:
        """Whether this run has just become a member, by what is on its disk."""
        return bool(self.seen.run) and not self.seen.member.reached and self.seen.member.reach()

    # --- duties ---

    def asked(self, ask: Ask, sender: str, now: Now) -> None:
        """Decide on a request that came at once, before its entry. If that can't be done now, the entry will be decided on.

        Its run must be known: of one that nobody ever knows, no stop could say that it is over, and nobody could undo the mark.
        """
        made, run = ask.request, self.books.runs.get(run_of(ask.request.id))
        if not rights.ask(made, sender, self.basis) or run is None or run.last < ask.after:
            return
        known = self.ledger.cases.get(made.id) or Case(made.id)
        if known.made is None:
            self._decide_if_due(replace(known, made=made), now)

    def duties(self, now: Now) -> None:
        """Decide on requests and write views: all that is due by what has been folded."""
        if not rules.may_go_on(self.seen):
            return
        self._view_if_nothing_lacks(now)
        # All that `may_decide` goes by: what a new rule goes by belongs here.
        could, as_of = self._could, (self.books.version, self.seen.run, self.seen.member.reached)
        if self._could_as_of != as_of:
            self._could_as_of = as_of
            self._could = {(book, self.books.chain(book).last.hold) for book in self.mine if self.may_decide(book)}
        self.ledger.touched += [case for case in self._last_undos() if self.ledger.outcome(case) is None]
        if begins := {book for book, _ in self._could - could}:
            self.ledger.touched += [
                case
                for case in self.ledger.cases.values()
                if case.made is not None and self.basis.book_of(case.made.voter) in begins
            ]
        while self.ledger.touched:
            touched, self.ledger.touched = self.ledger.touched, []
            for case in touched:
                self._decide_if_due(case, now)

    def _last_undos(self) -> Iterable[Case]:
        """The last undos of each device that may ask for one."""
        for device, undos in self.ledger.undos.items():
            if node_of(device) in self.basis.undo_nodes:
                yield from (case for case in undos[-limits.UNDOS_KEPT :] if case.device == device)

    def _decide_if_due(self, case: Case, now: Now) -> None:
        """D1 to D4. A request whose run is over is not decided on: no green can follow."""
        made = case.made
        book = self.basis.book_of(made.voter) if made is not None else None
        if made is None or book is None or not self.may_decide(book) or not rules.d4_decidable(self.ledger, case):
            return
        if made.op is e.Op.UNDO:
            if rules.d4_undo(self.ledger, made) is not None:
                self._decide(made, book, now)
        elif not rules.run_is_over(self.books, case.run):
            self._decide(made, book, now)

    def _decide(self, made: e.Request, book: int, now: Now) -> None:
        of = device_of(made.id)
        self._pace(of, now)
        if of != self._setup.device and self._decided_for.get(of, 0) >= limits.DECIDED_FOR_ONE:
            return  # no table asks for so many in a day: it must not end this log
        bar = self._bar(made)
        outcome, reason, mark = e.Outcome.GRANTED, "", None
        if bar is not None:
            outcome, reason, mark = e.Outcome.REFUSED, bar.why, bar.mark
        table, marked_ms = (mark.table, mark.time_ms) if mark is not None else (0, 0)
        hold = self.books.chain(book).last.hold
        self.write(e.Decision(made.id, made.voter, made.elections, hold, outcome, reason, made.target, table, marked_ms), now)

    def _bar(self, made: e.Request) -> Barred | None:
        """Why the holder refuses a request; None to grant it."""
        if made.op is e.Op.UNDO:
            return None if rules.d4_undo(self.ledger, made) else Barred(RefusalReason.CHANGED)
        run = run_of(made.id)
        if not self.ledger.poll_open or (run in self.books.runs and self.ledger.is_closed(run)):
            return Barred(RefusalReason.NOT_OPEN)
        if self.ledger.referred_at(made.voter):
            return Barred(RefusalReason.REFERRED)
        voter = self._find(made.voter)
        if voter is None:
            return Barred(RefusalReason.NOT_ON_LIST)
        may_be = self.weigh(voter, but=made.id)
        if rules.d4_grants(made, may_be):
            return None
        return may_be if isinstance(may_be, Barred) else Barred(RefusalReason.CHANGED, self._mark_against(made))

    def _mark_against(self, made: e.Request) -> Mark | None:
        marks = self.ledger.marks(made.voter, but=made.id)
        return next((mark for mark in marks if set(mark.elections) & set(made.elections)), None)

    def _pace(self, device: str, now: Now) -> None:
        """Raise an alarm where one table asks for more voters than it can serve."""
        asked = self._asked[device]
        asked.append(now.mono_ms)
        if device != self._setup.device and len(asked) == asked.maxlen and now.mono_ms - asked[0] < limits.PACE_MS:
            self.replica.refuse(
                Evidence(device, RejectionReason.PACE, f"{len(asked)} voters within {limits.PACE_MS // 1000} s", b"")
            )
            asked.clear()

    # --- undo ---

    @property
    def may_ask_undo(self) -> bool:
        """Whether this node may ask for an undo: the secretary's, or the assistant's."""
        return node_of(self._setup.device) in self.basis.undo_nodes and rules.f_may_ask(self.seen)

    @property
    def undos(self) -> list[Case]:
        """The last undos that were asked for here, or of marks made here."""
        return self.ledger.undos.get(self._setup.device, [])[-limits.UNDOS_KEPT :]

    def undoable(self, voter: int) -> list[Undoable]:
        """The marks of a voter that this node may ask to have taken back; none where it is not the secretary's."""
        if not self.may_ask_undo:
            return []
        requests = [
            Undoable(
                case.id,
                case.table,
                self.ledger.time_ms(case, voter),
                self.ledger.elections(case, voter),
                case.issued,
            )
            for case in self.ledger.marking(voter, limits.LISTED)
            if not self._is_served(case)
        ]
        cards = [
            Undoable(found.spot, found.table, found.time_ms, self._setup.elections, issued=True, found=True)
            for found in self.ledger.found(voter)
        ]
        return [*requests, *cards][: limits.LISTED]

    def is_served(self, voter: int) -> bool:
        """Whether a table is serving a voter, so that this mark can't be undone yet."""
        return any(map(self._is_served, self.ledger.marking(voter, limits.LISTED)))

    def _is_served(self, case: Case) -> bool:
        return not case.issued and not rules.is_over(self.ledger, case)

    def ask_undo(self, voter: int, target: str, handed_out: bool, now: Now) -> str:
        """Ask the voter's holder to take back a mark: the request's id; "" where that mark can't be asked for here now, or has
        just become known as handed out, which nobody has said on the PIN."""
        mark = next((mark for mark in self.undoable(voter) if mark.target == target), None)
        if mark is None or mark.issued is not handed_out:
            return ""
        id_ = self.request_id()
        self.write(e.Request(id_, e.Op.UNDO, voter, mark.elections, target=target, handed_out=handed_out), now)
        return id_

    # --- moving books ---

    def give(self, book: int, device: str, now: Now) -> bool:
        """Give a book to another node. False where this node may not, or that device has no run that could take it."""
        runs = (
            [run for run in self.books.runs.tips(device) if not rules.run_is_over(self.books, run.name)]
            if device in self.basis.devices
            else []
        )
        if device == self._setup.device or len(runs) != 1 or not self.may_decide(book):
            return False
        knows = self.books.runs.vector
        self.write(e.Give(book, self.books.chain(book).last.hold, runs[0].name, knows), now)
        return True

    def stop(self, code: Code, named: Iterable[str], now: Now) -> bool:
        """The chair attests that devices are off or locked. False where the code may not be used here."""
        if not rules.may_go_on(self.seen) or not rules.may_stop(self.books, code.number):
            return False
        named = tuple(sorted(set(named) & self.basis.devices - {self._setup.device}))
        unsigned = e.Stop(code.number, named, self.books.runs.vector, "")
        self._answers.clear()
        self.write(code.sign(self.seen.run, unsigned, self._setup.first_prev), now)
        return True

    @property
    def stopping(self) -> Stopped | None:
        """This run's stop that is to be finished: the highest known, without a view."""
        as_of = self.books.version, self.seen.run
        if self._stopping[0] != as_of:
            highest = max(self.books.stops, key=lambda stopped: stopped.rank, default=None)
            mine = highest is not None and highest.author == self.seen.run and highest.view is None
            self._stopping = as_of, highest if mine else None
        return self._stopping[1]

    @property
    def is_old_card(self) -> bool:
        """Whether others know more of the run before this one than this card did when it began."""
        run = self.books.runs.get(self.seen.run)
        return run is not None and run.before is not None and run.before.last >= run.first

    def lacks_own(self, head: Head) -> bool:
        """Whether a head shows more of this device's own log than is here."""
        return any(device_of(run) == self._setup.device and not self.books.runs.has(run, n) for run, n in head.have.items())

    def heard(self, head: Head) -> None:
        """A head may acknowledge a stop; the first one that does is the answer."""
        self.seen.member.heard(head)
        stopped = self.stopping
        if stopped is not None and rules.acknowledges(self.books, stopped, head):
            self._answers.setdefault(device_of(head.run), head)

    def waits_for(self, stopped: Stopped) -> set[str]:
        """The devices that must still acknowledge this run's stop."""
        return rules.must_answer(self.seen, stopped, self._answers)

    def fetching_from(self) -> set[str]:
        """The devices that have acknowledged this run's stop, and showed entries that are not on this disk."""
        return {device for device, head in self._answers.items() if not self.books.runs.have_stored(head.have)}

    def may_view(self, stopped: Stopped) -> bool:
        """Whether the view of this run's stop may be written."""
        return rules.may_view(self.seen, stopped, self._answers)

    def card(self, stopped: Stopped, device: str, voter: int, now: Now) -> None:
        """Write that a voter's card lay in a stopped table's pile; once, and not where it is known that ballots were handed out
        there, under either of its disks. A mark that is only granted could be undone as one under which nothing was."""
        known = any(node_of(case.device) == node_of(device) and case.issued for case in self.ledger.marking(voter))
        if device in stopped.stop.named and not known and not self.ledger.is_found(voter, device):
            self.write(e.Card(stopped.stop.n, device, voter), now)

    def view(self, now: Now) -> bool:
        """Write the view of this run's stop. False where it may not be written yet."""
        stopped = self.stopping
        if stopped is None or not self.may_view(stopped):
            return False
        lacking = sum(1 for device in self.piles(stopped) for _ in self.unproved(device))
        self.write(e.View(stopped.stop.n, self.books.runs.vector, lacking), now)
        self.seen.member.viewed()
        return True

    def _view_if_nothing_lacks(self, now: Now) -> None:
        """Where none of the named devices has a pile, there is nothing to scan."""
        stopped = self.stopping
        if stopped is not None and not self.piles(stopped):
            self.view(now)

    def piles(self, stopped: Stopped) -> list[str]:
        """The devices that a stop names at which cards may lie: tables that were delivered, and spares that have run.

        That no run of a delivered one is known here says nothing: this may be a new spare, which has heard nobody.
        """
        runs, named = self.books.runs.devices, sorted(stopped.stop.named)
        return [one for one in named if table_of(one) is not None and (runs[one] or not is_spare(one))]

    def unproved(self, device: str, last: int = 0) -> Iterator[int]:
        """The voters whose cards may lie in a stopped device's pile, since no grant is known, and were not found there."""
        cases = (case.made.voter for case in self.ledger.unproved(device, last) if case.made is not None)
        return (voter for voter in cases if not self.ledger.is_found(voter, device))


def _books_of(find: Callable[[int], Voter | None]) -> Callable[[int], int | None]:
    """Each voter's book by the list; what was looked up lately is kept, as a decision follows its request."""

    @lru_cache(limits.BOOKS_KEPT)
    def book_of(number: int) -> int | None:
        voter = find(number)
        return voter.book if voter is not None else None

    return book_of
