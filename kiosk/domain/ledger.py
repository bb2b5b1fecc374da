"""The ledger: all that the logs say about voters, folded entry by entry. Pure.

Entries are only ever added, and what the ledger says never depends on the order in which logs arrived: it keeps every decision
and asks `Books`, when it is read, which of them count. So all nodes with the same entries say the same.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from kiosk.domain import entries as e
from kiosk.domain.books import REGISTER, Books, Standing
from kiosk.domain.eligibility import Mark
from kiosk.domain.nodes import table_of


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, and where it stands."""

    decision: e.Decision
    origin: str
    seq: int

    def counts(self, books: Books) -> bool:
        """Whether its author held the book then, and it lies before the end of that holding."""
        return books.counts(self.decision.book, self.decision.epoch, self.origin, self.seq)

    def standing(self, books: Books) -> Standing:
        """The same with a pending seal in mind."""
        return books.standing(self.decision.book, self.decision.epoch, self.origin, self.seq)


@dataclass(slots=True, eq=False)
class Case:
    """One request and what became of it. `made` is missing while only an answer to it has arrived.

    `decided`: every decision on it; `undos`: every decision on a request to undo it; `seq`: where the request stands in its
    log.
    """

    id: str
    made: e.Request | None = None
    seq: int = 0
    time_ms: int = 0
    decided: list[Decided] = field(default_factory=list)
    undos: list[Decided] = field(default_factory=list)
    issued: bool = False
    withdrawn: bool = False

    @property
    def origin(self) -> str:
        """The origin that made the request."""
        return self.id.partition("/")[0]

    @property
    def table(self) -> int:
        """The table where the voter stood; 0 for the secretary."""
        return table_of(self.origin) or 0

    @property
    def is_check_in(self) -> bool:
        """Whether it asks for ballots."""
        if self.made is not None:
            return self.made.op is e.Op.CHECK_IN
        return not (self.decided and self.decided[0].decision.target)

    def elections(self, voter: int) -> tuple[str, ...]:
        """The elections in which it stands for this voter's ballots."""
        if self.made is not None and self.made.voter == voter:
            return self.made.elections
        return next((d.decision.elections for d in self.decided if d.decision.voter == voter), ())

    @property
    def granted(self) -> bool:
        """Whether any grant is known, one past its holding's end (a late one) included."""
        return any(d.decision.outcome is e.Outcome.GRANTED for d in self.decided)

    def outcome(self, books: Books) -> Decided | None:
        """The grant or refusal that counts; None while the request is not decided. The first, should there be two."""
        counting = [d for d in self.decided if d.decision.outcome is not e.Outcome.UNDONE and d.counts(books)]
        return min(counting, key=lambda d: (d.decision.epoch, d.seq), default=None)

    def refused(self, books: Books) -> bool:
        """Whether a refusal counts."""
        found = self.outcome(books)
        return found is not None and found.decision.outcome is e.Outcome.REFUSED

    def undone(self, books: Books) -> bool:
        """Whether its grant was taken back: because it was withdrawn, or by the secretary."""
        return any(d.decision.outcome is e.Outcome.UNDONE and d.counts(books) for d in self.decided) or any(
            d.decision.outcome is e.Outcome.GRANTED and d.counts(books) for d in self.undos
        )

    def marks(self, books: Books) -> bool:
        """Whether it is a mark: granted (late grants too) or issued, whether or not its decision is known, and not undone."""
        return self.is_check_in and (self.issued or self.granted) and not self.undone(books)

    def unsettled(self, books: Books) -> bool:
        """Whether its requester still owes an outcome: neither issued, nor withdrawn, nor refused."""
        return not (self.issued or self.withdrawn or self.refused(books))


@dataclass(slots=True)
class Totals:
    """Counts over the whole ledger. `issued` is ballots handed out and not undone, by election."""

    issued: dict[str, int] = field(default_factory=dict)
    granted: int = 0
    refused: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A card found at a stopped table: what was entered, when (ms), and the entry that says so."""

    said: e.Rescanned
    time_ms: int
    origin: str
    seq: int


class Ledger:
    """The fold. Read it freely; change it only by `fold`."""

    def __init__(self, books: Books, elections: tuple[str, ...]) -> None:
        """`elections`: the day's, for which a card that was found again stands."""
        self.books, self._elections = books, elections
        self.served: dict[str, int] = {}
        self.touched: list[Case] = []
        self._opens: list[tuple[str, int, int]] = []
        self._open, self._open_as_of = False, -1
        self._cases: dict[str, Case] = {}
        self._by_voter: dict[int, list[Case]] = {}
        self._found: dict[int, list[Found]] = {}
        self._closed: set[str] = set()
        self._referrals: dict[int, set[str]] = {}
        self._released: set[str] = set()
        self._own: dict[str, dict[str, Case]] = {}
        self._made: dict[str, list[Case]] = {}
        self._conflicts: dict[int, tuple[tuple[int, int], ...]] = {}
        self._crowded: set[int] = set()
        self._unchecked: set[int] = set()
        self._checked_at = 0

    def fold(self, entry: e.Entry, have: Mapping[str, int]) -> None:
        """Fold in one entry; `have`: how much of each origin's log has been folded, this entry included."""
        body = entry.body
        match body:
            case e.Handover() | e.Seal() | e.Seize():
                self.books.fold(entry.origin, entry.seq, body, have)
            case e.Request():
                self._requested(body, entry)
            case e.Decision():
                self._decided(Decided(body, entry.origin, entry.seq), entry.time)
            case e.Issued():
                self._answered(body.request, entry, issued=True)
            case e.Withdrawn():
                self._answered(body.request, entry, issued=False)
            case e.Rescanned():
                found = Found(body, entry.time, entry.origin, entry.seq)
                self._found.setdefault(body.voter, []).append(found)
                self._crowd(body.voter)
            case _:
                self._told(entry)

    def _told(self, entry: e.Entry) -> None:
        """What no request depends on: the day's opening and closing, and who is sent to the secretary."""
        match entry.body:
            case e.Referred() as referred:
                self._referrals.setdefault(referred.voter, set()).add(f"{entry.origin}/{entry.seq}")
            case e.Released() as released:
                self._released.update(released.ends)
            case e.Close():
                self._closed.add(entry.origin)
            case e.Reopen():
                self._closed.discard(entry.origin)
            case e.Open() as opened:
                self._opens.append((entry.origin, entry.seq, opened.register))
                self._open_as_of = -1
            case _:
                pass

    # --- reading ---

    @property
    def cases(self) -> Mapping[str, Case]:
        """Every request by its id."""
        return self._cases

    @property
    def poll_open(self) -> bool:
        """Whether the poll is open: a register entry that counts says so."""
        if self._open_as_of != self.books.version:
            self._open_as_of, standing = self.books.version, self.books.standing
            self._open = any(standing(REGISTER, register, o, seq) is Standing.COUNTS for o, seq, register in self._opens)
        return self._open

    def marks(self, voter: int, *, but: str = "") -> Iterator[Mark]:
        """The voter's marks, oldest first, and the cards found; those of the request `but` are left out."""
        cases = [case for case in self._by_voter.get(voter, ()) if case.id != but and case.marks(self.books)]
        for case in sorted(cases, key=lambda case: (case.time_ms, case.id)):
            yield Mark(case.elections(voter), case.table, case.time_ms)
        for found in self._found.get(voter, ()):
            if not self._is_taken_back(found):
                yield Mark(self._elections, table_of(found.said.stopped) or 0, found.time_ms)

    def of_voter(self, voter: int) -> list[Case]:
        """The voter's requests, in the order in which they became known."""
        return self._by_voter.get(voter, [])

    def unsettled(self, origin: str) -> Iterator[Case]:
        """The check-ins of one origin that have no outcome, oldest first."""
        mine = self._own.get(origin, {})
        for id_, case in list(mine.items()):
            if case.issued or case.withdrawn:
                del mine[id_]
            elif case.unsettled(self.books):
                yield case

    def unproved(self, origin: str) -> Iterator[Case]:
        """The check-ins of one origin, neither withdrawn nor refused, without a decision that counts, oldest first.

        Those that were issued are among them: whoever takes the book may not have this origin's log.
        """
        for case in self._made.get(origin, ()):
            if not case.withdrawn and not case.refused(self.books):
                yield case

    def is_closed(self, origin: str) -> bool:
        """Whether a table is closed for voters."""
        return origin in self._closed

    def referrals(self, voter: int) -> tuple[str, ...]:
        """The referrals of a voter to the secretary that are not ended by a release, ORIGIN/SEQ."""
        return tuple(sorted(self._referrals.get(voter, set()) - self._released))

    def found_at(self, origin: str) -> int:
        """How many cards were found in a stopped table's pile."""
        return sum(found.said.stopped == origin for all_ in self._found.values() for found in all_)

    def finders(self, stopped: Collection[str]) -> dict[str, int]:
        """How much of whose logs tells of cards that were found at these nodes."""
        finders: dict[str, int] = {}
        for found in (found for all_ in self._found.values() for found in all_ if found.said.stopped in stopped):
            finders[found.origin] = max(found.seq, finders.get(found.origin, 0))
        return finders

    def is_found(self, voter: int, origin: str) -> bool:
        """Whether the voter's card was found in this stopped table's pile."""
        return any(found.said.stopped == origin for found in self._found.get(voter, ()))

    def totals(self) -> Totals:
        """Counts over all requests."""
        totals = Totals()
        for case in self._cases.values():
            outcome = case.outcome(self.books)
            totals.granted += outcome is not None and outcome.decision.outcome is e.Outcome.GRANTED
            totals.refused += outcome is not None and outcome.decision.outcome is e.Outcome.REFUSED
            totals.withdrawn += case.withdrawn
            if case.issued and case.made is not None and not case.undone(self.books):
                for election in case.made.elections:
                    totals.issued[election] = totals.issued.get(election, 0) + 1
        return totals

    def conflicts(self) -> Mapping[int, tuple[tuple[int, int], ...]]:
        """Voters with more than one ballot in an election, as far as is known: the table and time of each, by voter."""
        if self._checked_at != self.books.version:
            self._checked_at, self._unchecked = self.books.version, set(self._crowded)
        for voter in self._unchecked:
            ballots = self._conflict(voter)
            if ballots:
                self._conflicts[voter] = ballots
            else:
                self._conflicts.pop(voter, None)
        self._unchecked.clear()
        return self._conflicts

    # --- folding ---

    def _case(self, request: str) -> Case:
        if request not in self._cases:
            self._cases[request] = Case(request)
        return self._cases[request]

    def _index(self, case: Case, voter: int) -> None:
        cases = self._by_voter.setdefault(voter, [])
        if case not in cases:
            cases.append(case)
        self.touched.append(case)
        if len(cases) > 1 or voter in self._found:
            self._crowd(voter)

    def _crowd(self, voter: int) -> None:
        self._crowded.add(voter)
        self._unchecked.add(voter)

    def _requested(self, body: e.Request, entry: e.Entry) -> None:
        case = self._case(body.id)
        if case.made is not None or case.origin != entry.origin:
            return
        case.made, case.time_ms, case.seq = body, entry.time, entry.seq
        if body.op is e.Op.CHECK_IN and not case.withdrawn:
            self._own.setdefault(entry.origin, {})[body.id] = case
            self._made.setdefault(entry.origin, []).append(case)
        self._index(case, body.voter)

    def _decided(self, decided: Decided, time_ms: int) -> None:
        decision = decided.decision
        case = self._case(decision.request)
        case.decided.append(decided)
        if case.made is None:
            case.time_ms = min(case.time_ms or time_ms, time_ms)
        self._index(case, decision.voter)
        if decision.target:
            target = self._case(decision.target)
            target.undos.append(decided)
            self._index(target, decision.voter)

    def _answered(self, request: str, entry: e.Entry, *, issued: bool) -> None:
        case = self._case(request)
        if case.origin != entry.origin or (case.issued if issued else case.withdrawn):
            return
        if issued:
            case.issued = True
            self.served[entry.origin] = self.served.get(entry.origin, 0) + 1
        else:
            case.withdrawn = True
        self.touched.append(case)
        for voter in {d.decision.voter for d in case.decided} | ({case.made.voter} if case.made is not None else set()):
            if voter in self._crowded:
                self._unchecked.add(voter)

    def _is_taken_back(self, found: Found) -> bool:
        """Whether the ballot that a found card stands for was the stopped table's own, and has been undone since."""
        return bool(set(self.undone_at(found.said.voter, found.said.stopped)) - set(found.said.undone))

    def undone_at(self, voter: int, origin: str) -> tuple[str, ...]:
        """The voter's requests at a table on which ballots were handed out that were taken back."""
        cases = self._by_voter.get(voter, ())
        return tuple(case.id for case in cases if case.origin == origin and case.issued and case.undone(self.books))

    def _conflict(self, voter: int) -> tuple[tuple[int, int], ...]:
        books = self.books
        claims = [
            (set(case.elections(voter)), case.table, case.time_ms, case.origin)
            for case in self._by_voter.get(voter, ())
            if case.marks(books) and not case.withdrawn
        ]
        at = {origin for _, _, _, origin in claims}
        stand = (found for found in self._found.get(voter, ()) if not self._is_taken_back(found))
        found_at = {found.said.stopped: found.time_ms for found in stand if found.said.stopped not in at}
        claims += [(set(self._elections), table_of(origin) or 0, time_ms, origin) for origin, time_ms in found_at.items()]
        beside = {
            (table, time_ms)
            for i, (elections, table, time_ms, _) in enumerate(claims)
            if any(elections & other for j, (other, *_) in enumerate(claims) if i != j)
        }
        return tuple(sorted(beside))
