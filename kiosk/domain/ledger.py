"""The ledger: all that the logs say about voters, folded entry by entry. Pure.

Entries are only ever added, and what the ledger says never depends on the order in which logs arrived: it keeps what may count
(`rights`) and asks `Books`, when it is read, what does. What somebody has decided who has not held that book, as far as is
known, waits aside until it is known that he has. So all nodes with the same entries say the same, and a void entry costs
nothing more.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from kiosk.domain import entries as e
from kiosk.domain import rights
from kiosk.domain.books import REGISTER, Books, Standing
from kiosk.domain.eligibility import Mark
from kiosk.domain.nodes import table_of

_Elections = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, where it stands, and when it was made by its author's clock, ms."""

    decision: e.Decision
    origin: str
    seq: int
    time_ms: int

    def counts(self, books: Books) -> bool:
        """Whether its author held the book then, and it lies before the end of that holding."""
        return books.counts(self.decision.book, self.decision.epoch, self.origin, self.seq)

    def standing(self, books: Books) -> Standing:
        """The same with a pending seal in mind."""
        return books.standing(self.decision.book, self.decision.epoch, self.origin, self.seq)


@dataclass(slots=True, eq=False)
class Case:
    """One request and what became of it. `made` is missing while only an answer to it has arrived.

    `decided`: the decisions on it of each who has held the book, by author, book and epoch, of the same words the first;
    `grants`: the grants among them, late ones too, of the same ballots the first of each author; `undos`: the requests to
    undo it; `seq`: where the request stands in its log.
    """

    id: str
    made: e.Request | None = None
    seq: int = 0
    time_ms: int = 0
    decided: dict[tuple[str, int, int], tuple[Decided, ...]] = field(default_factory=dict)
    grants: tuple[Decided, ...] = ()
    undos: Sequence["Case"] = ()
    issued: bool = False
    withdrawn: bool = False
    listed: tuple[tuple[int, _Elections], ...] = ()  # the ledger's: where it keeps it

    @property
    def origin(self) -> str:
        """The origin that made the request."""
        return self.id.partition("/")[0]

    @property
    def table(self) -> int:
        """The table where the voter stood; 0 for the secretary."""
        return table_of(self.origin) or 0

    @property
    def place(self) -> tuple[int, int]:
        """The run that made it, and the how manyth of it: no other of this origin has the same."""
        _, start, count = self.id.split("/")
        return int(start), int(count)

    @property
    def is_check_in(self) -> bool:
        """Whether it asks for ballots."""
        return self.made is not None and self.made.op is e.Op.CHECK_IN

    @property
    def granted(self) -> bool:
        """Whether any grant is known, one past its holding's end (a late one) included."""
        return any(self._is_on_it(grant.decision) for grant in self.grants)

    @property
    def claims(self) -> Iterator[tuple[int, _Elections]]:
        """The voter and the elections for whose ballots it stands. Of mere grants, each voter's first."""
        if self.made is None:
            by_age = sorted(self.grants, key=lambda grant: (grant.decision.epoch, grant.seq, grant.origin), reverse=True)
            said = [grant.decision for grant in by_age if not grant.decision.target]
            yield from {decision.voter: decision.elections for decision in said}.items()
        elif self.is_check_in and (self.issued or self.granted):
            yield self.made.voter, self.made.elections

    @property
    def voters(self) -> set[int]:
        """Whom it is about. Where only grants are known, whom they name."""
        return {self.made.voter} if self.made is not None else {voter for voter, _ in self.claims}

    def _is_on_it(self, decision: e.Decision) -> bool:
        return self.made is None or rights.fits(decision, self.made)

    def counting(self, books: Books) -> Iterator[Decided]:
        """The decisions that count, oldest holding first."""
        named = {book for _, book, _ in self.decided}
        for book in sorted(named) if self.made is None else [self.made.book]:
            for holding in books.chain(book).holdings:
                for found in self.decided.get((holding.holder, book, holding.epoch), ()):
                    if found.counts(books):
                        yield found

    def outcome(self, books: Books) -> Decided | None:
        """The grant or refusal that counts; None while the request is not decided. The first, should there be two."""
        return next((found for found in self.counting(books) if self._is_on_it(found.decision)), None)

    def refused(self, books: Books) -> bool:
        """Whether a refusal counts."""
        found = self.outcome(books)
        return found is not None and found.decision.outcome is e.Outcome.REFUSED

    def undone(self, books: Books) -> bool:
        """Whether its mark was taken back by an undo. One that says that nothing was handed out gives way to `issued`."""
        return any(
            _undoes(undo, self.voters, books) for undo in self.undos if undo.made and (undo.made.handed_out or not self.issued)
        )

    @property
    def given_up(self) -> bool:
        """Whether no ballot was or will be handed out on it."""
        return self.withdrawn and not self.issued

    def marks(self, books: Books) -> bool:
        """Whether it is a mark: granted (late grants too) or issued, whether or not its decision is known; neither withdrawn
        nor undone."""
        return not self.given_up and any(True for _ in self.claims) and not self.undone(books)

    def unsettled(self, books: Books) -> bool:
        """Whether its requester still owes an outcome: neither issued, nor withdrawn, nor refused."""
        return not (self.issued or self.withdrawn or self.refused(books))


def _place(case: Case) -> tuple[int, int]:
    return case.place


def _undoes(undo: Case, voters: Collection[int], books: Books) -> bool:
    """Whether an undo counts: its author held the register, and who held the voter's book has granted it."""
    made, found = undo.made, undo.outcome(books)
    if made is None or made.voter not in voters or found is None or found.decision.outcome is not e.Outcome.GRANTED:
        return False
    return books.counts(REGISTER, made.register, undo.origin, undo.seq)


@dataclass(slots=True)
class Totals:
    """Counts over all check-ins. `issued` is ballots handed out and not undone, by election."""

    issued: dict[str, int] = field(default_factory=dict)
    granted: int = 0
    refused: int = 0
    withdrawn: int = 0


@dataclass(slots=True, eq=False)
class Found:
    """A card found at a stopped table: what was entered, when (ms), and the entry that says so. `undos`: as of a case."""

    said: e.Rescanned
    time_ms: int
    origin: str
    seq: int
    by_start: bool
    undos: Sequence[Case] = ()

    @property
    def spot(self) -> str:
        """The entry's name, as an undo has it."""
        return f"{self.origin}/{self.seq}"

    def counts(self, books: Books) -> bool:
        """Whether its finder had attested that the table is stopped: in a start of its own, or as one who may take books."""
        return self.by_start or books.may_attest(self.origin, self.said.stopped)

    def table(self, books: Books) -> int:
        """The stopped table, by a seal that counts; by any other word the finder's own. 0: the secretary's."""
        named = self.said.stopped if books.attests(self.origin, self.said.stopped) else self.origin
        return table_of(named) or 0


class Ledger:
    """The fold. Read it freely; change it only by `fold`."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.served: dict[str, int] = {}
        self.last_issued: dict[str, Case] = {}
        self.touched: list[Case] = []
        self.undos: list[Case] = []  # asked for by who has held the register
        self._opens: dict[tuple[str, int], int] = {}  # author, epoch of the register: the first seq
        self._open, self._open_as_of = False, -1
        self._cases: dict[str, Case] = {}
        self._marking: dict[int, dict[tuple[str, _Elections], list[Case]]] = {}  # by voter; by table and elections
        self._found: dict[int, dict[tuple[str, str], list[Found]]] = {}  # by voter; by finder and stopped table
        self._attested: defaultdict[str, set[str]] = defaultdict(set)  # in starts
        self._undos: dict[str, list[Case]] = {}  # by target
        self._aside: defaultdict[tuple[int, str, int], list[Decided | Case]] = defaultdict(list)  # by book, author and epoch
        self._closed: set[str] = set()
        self._referrals: dict[int, dict[str, str]] = {}  # by voter: hash, and by whom
        self._released: set[tuple[int, str]] = set()
        self._own: dict[str, dict[str, Case]] = {}
        self._made: dict[str, list[Case]] = {}
        self._conflicts: dict[int, tuple[tuple[int, int], ...]] = {}
        self._crowded: set[int] = set()
        self._unchecked: set[int] = set()
        self._checked_at = 0

    def fold(self, entry: e.Entry, have: Mapping[str, int]) -> bool:
        """Fold in one entry; `have`: how much of each origin's log has been folded, this entry included.

        Returns whether it may move a book.
        """
        body, basis = entry.body, self.books.basis
        match body:
            case e.Handover() | e.Seal() | e.Seize():
                if self.books.fold(entry.origin, entry.seq, body, have):
                    self._let_in()
                    self._unchecked.update(self._found)
                    return True
            case e.Request() if rights.request(body, entry.origin, basis):
                self._requested(body, entry)
            case e.Decision() if rights.decision(body, basis):
                self._decided(Decided(body, entry.origin, entry.seq, entry.time))
            case e.Issued() | e.Withdrawn() if rights.answer(body.request, entry.origin):
                self._answered(body.request, entry, issued=isinstance(body, e.Issued))
            case e.Rescanned():
                self._rescanned(body, entry)
            case _:
                self._told(entry)
        return False

    def _told(self, entry: e.Entry) -> None:
        """What no request depends on: the day's opening and closing, and who is sent to the secretary."""
        author, basis = entry.origin, self.books.basis
        match entry.body:
            case e.Start(missing=missing):
                self._attested[author].update(basis.origins.intersection(missing))
            case e.Referred() as body if rights.referred(body, author, basis):
                named = e.entry_hash(e.encode_entry(entry))
                if (body.voter, named) not in self._released:
                    self._referrals.setdefault(body.voter, {})[named] = author
            case e.Released() as body:
                self._released.update((body.voter, named) for named in body.ends)
                referrals = self._referrals.get(body.voter, {})
                for named in body.ends:
                    referrals.pop(named, None)
            case e.Close() as body if rights.own_table(body, author):
                self._closed.add(author)
            case e.Reopen() as body if rights.own_table(body, author):
                self._closed.discard(author)
            case e.Open() as body:
                self._opens.setdefault((author, body.register), entry.seq)
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
        chain = self.books.chain(REGISTER)
        if self._open_as_of != self.books.version:
            self._open_as_of = self.books.version
            self._open = any(
                (seq := self._opens.get((holding.holder, holding.epoch))) is not None
                and self.books.standing(REGISTER, holding.epoch, holding.holder, seq) is Standing.COUNTS
                for holding in chain.holdings
            )
        return self._open

    def marks(self, voter: int, *, but: str = "") -> Iterator[Mark]:
        """The voter's marks, oldest first, and the cards found; those of the request `but` are left out.

        Of several that one table has made for the same elections the first stands for all.
        """
        first = (
            next(((case, elections) for case in group if case.id != but and self._stands(case, voter, elections)), None)
            for (_, elections), group in self._marking.get(voter, {}).items()
        )
        for case, elections in sorted((one for one in first if one is not None), key=lambda one: (one[0].time_ms, one[0].id)):
            yield Mark(elections, case.table, case.time_ms)
        for found in self.found(voter):
            yield Mark(self.books.basis.elections, found.table(self.books), found.time_ms, found=True)

    def marking(self, voter: int, most: int = 100) -> list[tuple[Case, _Elections]]:
        """The requests that mark a voter, oldest first, and for which elections; of each table at `most` so many."""
        found: list[tuple[Case, _Elections]] = []
        for (_, elections), group in self._marking.get(voter, {}).items():
            standing = (case for case in group if self._stands(case, voter, elections))
            found += [(case, elections) for case in islice(standing, most)]
        return sorted(found, key=lambda one: (one[0].time_ms, one[0].id))

    def found(self, voter: int) -> Iterator[Found]:
        """The cards found that mark a voter: of each finder and pile the first that does."""
        for _, group in sorted(self._found.get(voter, {}).items()):
            first = next((found for found in group if found.counts(self.books) and not self._is_undone(found)), None)
            if first is not None:
                yield first

    def knows_found(self, voter: int, spot: str) -> bool:
        """Whether this entry says that the voter's card was found, be it undone by now."""
        return any(found.spot == spot for group in self._found.get(voter, {}).values() for found in group)

    def undo_of(self, request: str) -> e.Outcome | None:
        """What became of a request to undo a mark; None while it is not decided."""
        case = self._cases.get(request)
        found = case.outcome(self.books) if case is not None else None
        return found.decision.outcome if found is not None else None

    def of_voter(self, voter: int) -> list[Case]:
        """The voter's check-ins, refused and withdrawn ones too. It looks at all."""
        return [case for case in self._cases.values() if case.is_check_in and case.made and case.made.voter == voter]

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
        """The referrals of a voter to the secretary that are not ended by a release, by their entries' hashes."""
        return tuple(sorted(self._referrals.get(voter, ())))

    def referred_at(self, voter: int) -> str:
        """Who has referred a voter that is not released yet, an origin; empty where nobody has."""
        return next(iter(self._referrals.get(voter, {}).values()), "")

    def found_at(self, origin: str) -> int:
        """How many voters' cards were found in a stopped table's pile."""
        return sum(self.is_found(voter, origin) for voter in self._found)

    def finders(self, stopped: Collection[str]) -> dict[str, int]:
        """How much of whose logs tells of cards that were found at these nodes."""
        finders: dict[str, int] = {}
        for groups in self._found.values():
            for (finder, at), group in groups.items():
                if at in stopped and group[0].counts(self.books):
                    finders[finder] = max(group[-1].seq, finders.get(finder, 0))
        return finders

    def is_found(self, voter: int, origin: str) -> bool:
        """Whether the voter's card was found in this stopped table's pile, by this node itself or by who may take books, and
        that was not undone. On any other word it is to be scanned all the same."""
        return any(
            found.said.stopped == origin and (found.origin == self.books.me or self.books.attests(found.origin, origin))
            for found in self.found(voter)
        )

    def totals(self) -> Totals:
        """Counts over all check-ins."""
        totals = Totals()
        for case in self._cases.values():
            outcome = case.outcome(self.books)
            if (case.made is not None and not case.is_check_in) or (outcome is not None and outcome.decision.target):
                continue
            totals.granted += outcome is not None and outcome.decision.outcome is e.Outcome.GRANTED
            totals.refused += outcome is not None and outcome.decision.outcome is e.Outcome.REFUSED
            totals.withdrawn += case.withdrawn
            if case.issued and case.made is not None and not case.undone(self.books):
                for election in case.made.elections:
                    totals.issued[election] = totals.issued.get(election, 0) + 1
        return totals

    def conflicts(self) -> Mapping[int, tuple[tuple[int, int], ...]]:
        """Voters with more than one ballot in an election, as far as is known: the table and time of each, by voter."""
        assert self.books.chain(REGISTER)  # what has come is worked out
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
        case = self._cases.get(request)
        if case is None:
            case = self._cases[request] = Case(request, undos=self._undos.get(request, ()))
        return case

    def _let_in(self) -> None:
        """Take in what waited aside of those who are known to have held the book by now."""
        for key in [key for key in self._aside if self.books.has_held(*key)]:
            for waiting in self._aside.pop(key):
                if isinstance(waiting, Decided):
                    self._decided(waiting)
                elif waiting.made is not None:
                    self._undo(waiting, waiting.made)

    def _requested(self, body: e.Request, entry: e.Entry) -> None:
        case = self._case(body.id)
        if case.made is not None:
            return
        case.made, case.time_ms, case.seq = body, entry.time, entry.seq
        if body.op is e.Op.UNDO:
            self._undo(case, body)
        elif not case.withdrawn:
            self._own.setdefault(entry.origin, {})[body.id] = case
            self._made.setdefault(entry.origin, []).append(case)
        self._look(case)

    def _undo(self, case: Case, body: e.Request) -> None:
        held = (REGISTER, case.origin, body.register)
        if not self.books.has_held(*held):
            self._aside[held].append(case)
            return
        self.undos.append(case)
        undos = self._undos.setdefault(body.target, [])
        undos.append(case)
        if body.target in self._cases:
            self._cases[body.target].undos = undos
        for group in self._found.get(body.voter, {}).values():
            for found in group:
                if found.spot == body.target:
                    found.undos = undos
        self._crowd(body.voter)

    def _decided(self, decided: Decided) -> None:
        decision = decided.decision
        held = (decision.book, decided.origin, decision.epoch)
        if not self.books.has_held(*held):
            self._aside[held].append(decided)
            return
        case = self._case(decision.request)
        known = case.decided.get((decided.origin, decision.book, decision.epoch), ())
        if not any(rights.fits(other.decision, decision) for other in known):
            case.decided[decided.origin, decision.book, decision.epoch] = (*known, decided)
        if decision.outcome is e.Outcome.GRANTED and not any(
            grant.origin == decided.origin and rights.fits(grant.decision, decision) for grant in case.grants
        ):
            case.grants += (decided,)
        if case.made is None:
            case.time_ms = min(case.time_ms or decided.time_ms, decided.time_ms)
        self._look(case)
        if decision.target:
            self._crowd(decision.voter)

    def _answered(self, request: str, entry: e.Entry, *, issued: bool) -> None:
        case = self._case(request)
        if case.issued if issued else case.withdrawn:
            return
        if issued:
            case.issued = True
            self.served[entry.origin] = self.served.get(entry.origin, 0) + 1
            self.last_issued[entry.origin] = case
        else:
            case.withdrawn = True
        self._look(case)

    def _look(self, case: Case) -> None:
        """Keep a request under the voters whom it marks; one that was given up is no mark, and not looked at again."""
        self.touched.append(case)
        if not case.grants and not case.issued:
            return
        self._unchecked.update(voter for voter, _ in case.listed if voter in self._crowded)
        claims = () if case.given_up else tuple(dict.fromkeys(case.claims))
        for voter, elections in (*case.listed, *claims):
            group = self._marking.setdefault(voter, {}).setdefault((case.origin, elections), [])
            if (voter, elections) not in claims:
                del group[bisect_left(group, case.place, key=_place)]
            elif (voter, elections) not in case.listed:
                insort(group, case, key=_place)
            if len(self._marking[voter]) > 1 or len(group) > 1 or voter in self._found or case.given_up:
                self._crowd(voter)
        case.listed = claims

    def _rescanned(self, body: e.Rescanned, entry: e.Entry) -> None:
        by_start = body.stopped in self._attested.get(entry.origin, ())
        if not rights.rescanned(body, by_start or self.books.has_attested(entry.origin, body.stopped), self.books.basis):
            return
        found = Found(body, entry.time, entry.origin, entry.seq, by_start)
        found.undos = self._undos.get(found.spot, ())
        self._found.setdefault(body.voter, {}).setdefault((entry.origin, body.stopped), []).append(found)
        self._crowd(body.voter)

    def _crowd(self, voter: int) -> None:
        self._crowded.add(voter)
        self._unchecked.add(voter)

    # --- what stands ---

    def _stands(self, case: Case, voter: int, elections: _Elections) -> bool:
        return (voter, elections) in case.claims and case.marks(self.books)

    def _is_undone(self, found: Found) -> bool:
        return any(_undoes(undo, (found.said.voter,), self.books) for undo in found.undos)

    def _conflict(self, voter: int) -> tuple[tuple[int, int], ...]:
        """Of the ballots of one table for the same elections two are enough to tell of."""
        claims = []
        for (origin, elections), group in self._marking.get(voter, {}).items():
            standing = (case for case in group if self._stands(case, voter, elections))
            claims += [(set(elections), case.table, case.time_ms, origin) for case in islice(standing, 2)]
        at = {origin for _, _, _, origin in claims}
        by_rank = sorted(self.found(voter), key=lambda found: (found.by_start, found.origin), reverse=True)
        found_at = {found.said.stopped: found for found in by_rank if found.said.stopped not in at}
        everything = set(self.books.basis.elections)
        claims += [(everything, found.table(self.books), found.time_ms, origin) for origin, found in found_at.items()]
        beside = {
            (table, time_ms)
            for i, (elections, table, time_ms, _) in enumerate(claims)
            if any(elections & other for j, (other, *_) in enumerate(claims) if i != j)
        }
        return tuple(sorted(beside))
