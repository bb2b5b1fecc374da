"""The ledger: all that the logs say about voters, folded entry by entry. Pure; see kiosk/PROTOCOL.md.

Entries are only ever added, and what the ledger says never depends on the order in which logs arrived: it keeps what may count
(`rights`) and asks `Books`, when it is read, what does. So all nodes with the same entries say the same.

Cost. A voter's marks are kept in groups, by the device where the voter stood, the elections and who has granted; a group of a
device that never held the book is passed over whole, and of each group the first mark that stands is enough. So what a liar
writes costs the others no more than writing it cost him.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from kiosk.domain import entries as e
from kiosk.domain import rights
from kiosk.domain.books import Books, Chain, spot_of
from kiosk.domain.cases import Case, Decided, Elections, FoundCard, Group
from kiosk.domain.eligibility import Mark
from kiosk.domain.nodes import device_of, node_of


@dataclass(slots=True)
class Totals:
    """Counts over all check-ins. `issued` is ballots handed out and not undone, by election; `found`: the cards found that mark
    a voter, where it is not known that ballots were handed out on them."""

    issued: dict[str, int] = field(default_factory=dict)
    found: int = 0


class Ledger:
    """The fold. Read it freely; change it only by `fold`."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.served: dict[str, int] = {}  # by device
        self.last_issued: dict[str, Case] = {}
        self.touched: list[Case] = []
        self.undos: defaultdict[str, list[Case]] = defaultdict(list)  # by who asks and by whose mark, each a device
        self._cases: dict[str, Case] = {}
        self._marking: dict[int, dict[Group, list[Case]]] = {}  # by voter
        self._found: dict[int, dict[str, FoundCard]] = {}  # by voter; of each device the first card
        self._cards: dict[str, tuple[int, str]] = {}  # by spot: voter, device
        self._cards_under: dict[tuple[str, int], int] = {}  # by a stop's author and number: how many
        self._undos: defaultdict[str, list[Case]] = defaultdict(list)  # by target
        self._closed: dict[str, bool] = {}  # by run: what it said last
        self._referrals: dict[int, dict[str, str]] = {}  # by voter: hash, and by whom
        self._released: set[tuple[int, str]] = set()
        self._own: defaultdict[str, dict[str, Case]] = defaultdict(dict)  # by device
        self._conflicts: dict[int, tuple[tuple[int, int], ...]] = {}
        self._crowded: defaultdict[int | None, set[int]] = defaultdict(set)  # by book
        self._unchecked: set[int] = set()
        self._checked_at = -1
        self._checked_by: dict[int, tuple[Chain, frozenset[str]]] = {}

    def fold(self, entry: e.Entry) -> bool:
        """Fold in one entry; whether it may move a book."""
        moves = self.books.fold(entry)
        body, author, basis = entry.body, entry.run, self.books.basis
        match body:
            case e.Request() if rights.request(body, author, basis):
                self._requested(body, entry)
            case e.Decision() if rights.decision(body, basis):
                self._decided(Decided(body, author, entry.seq, entry.time))
            case e.Issued():
                self._answered([body.request], author, issued=True)
            case e.Withdrawn():
                self._answered([body.request], author, issued=False)
            case e.Start():
                self._answered(body.issued, author, issued=True)
                self._answered(body.withdrawn, author, issued=False)
            case e.Card():
                self._card(body, entry)
            case _:
                self._told(entry)
        return moves

    def _told(self, entry: e.Entry) -> None:
        """What no request depends on: tables that close, and who is sent to the secretary."""
        body, author, basis = entry.body, entry.run, self.books.basis
        match body:
            case e.Closed() | e.Reopened():
                self._closed[author] = isinstance(body, e.Closed)
            case e.Referred() if rights.referred(body, author, basis):
                spot = e.entry_hash(e.encode_entry(entry))
                if (body.voter, spot) not in self._released:
                    self._referrals.setdefault(body.voter, {})[spot] = author
            case e.Released():
                self._released.update((body.voter, spot) for spot in body.ends)
                for spot in body.ends:
                    self._referrals.get(body.voter, {}).pop(spot, None)
            case _:
                pass

    # --- reading ---

    @property
    def cases(self) -> Mapping[str, Case]:
        """Every request by its id."""
        return self._cases

    @property
    def poll_open(self) -> bool:
        """Whether the poll is open: a view counts, and the first is the opening."""
        return bool(self.books.valid_views)

    def outcome(self, case: Case) -> Decided | None:
        """The grant or refusal that counts, of the oldest holding, pending stops left aside; None while there is none."""
        said = case.decided.get(case.words) if case.words is not None else None
        book = self.books.basis.book_of(case.words[0]) if case.words is not None else None
        if not said or book is None:
            return None
        holdings = self.books.chain(book, pending=False).holdings
        if len(said) == 1:
            (_, hold), *_ = said
            holdings = {hold: holdings[hold]} if hold in holdings else {}
        found = (said.get((holding.holder.name, hold)) for hold, holding in holdings.items())
        ends = (holding.end for holding in holdings.values())
        return next((one for one, end in zip(found, ends, strict=True) if one and (end is None or one.seq <= end)), None)

    def counts(self, decided: Decided) -> bool:
        """Whether a decision counts, pending stops in mind."""
        book = self.books.basis.book_of(decided.decision.voter)
        return book is not None and self.books.counts(book, decided.decision.hold, decided.author, decided.seq)

    def refused(self, case: Case) -> bool:
        """Whether a refusal counts."""
        found = self.outcome(case)
        return found is not None and found.decision.outcome is e.Outcome.REFUSED

    def granted(self, case: Case) -> bool:
        """Whether a grant is known of a device that stands in the voter's chain, too late or not."""
        return any(self._is_held(voter, group) for voter, group in case.claims if group[2])

    def mark(self, case: Case) -> bool:
        """Whether a request is a mark: issued, or granted (too late or not); neither given up nor undone."""
        held = any(self._is_held(voter, group) for voter, group in case.claims)
        return held and not self.undone(case)

    def undone(self, case: Case) -> bool:
        """Whether its mark was taken back by an undo. One that says that nothing was handed out gives way to `issued`."""
        return any(
            undo.made is not None and (undo.made.handed_out or not case.issued) and self._undoes(undo, self.voters(case))
            for undo in case.undos
        )

    def time_ms(self, case: Case, voter: int) -> int:
        """When it was made, by its table's clock; while only grants are known, when the first was given for this voter that
        may count."""
        if case.made is not None:
            return case.asked_ms
        return min([case.grants[voter, elections, ""][by] for _, elections, by in self._claims(case, voter)], default=0)

    def elections(self, case: Case, voter: int) -> Elections:
        """For which elections a request marks a voter."""
        return tuple(dict.fromkeys(one for _, elections, _ in self._claims(case, voter) for one in elections))

    def voters(self, case: Case) -> set[int]:
        """Whom a request is about. Where only grants are known, whom those name that may count."""
        if case.made is not None:
            return {case.made.voter}
        return {voter for voter, group in case.claims if self._is_held(voter, group)}

    def unsettled(self, device: str, last: int = 0) -> Iterator[Case]:
        """The check-ins of one device that are neither issued nor withdrawn, oldest first; where it is asked for, among so
        many of its last ones only."""
        mine = self._own.get(device, {})
        for id_, case in list(mine.items())[-last:]:
            if case.issued or case.withdrawn:
                del mine[id_]
            else:
                yield case

    def unproved(self, device: str, last: int = 0) -> Iterator[Case]:
        """The check-ins of one device of which no answer is known, and no other end: their cards may lie in its pile."""
        return (case for case in self.unsettled(device, last) if not self.granted(case) and not self.refused(case))

    def marks(self, voter: int, *, but: str = "") -> Iterator[Mark]:
        """The voter's marks, oldest first, and the cards found; those of the request `but` are left out."""
        first: dict[tuple[str, Elections], tuple[tuple[int, str], Case]] = {}
        for group, cases in self._groups(voter):
            case = next((case for case in cases if case.id != but and not self.undone(case)), None)
            if case is not None:
                one = self._age(case, voter), case
                first[group[:2]] = min(first.get(group[:2], one), one)
        for (_, elections), ((time_ms, _), case) in sorted(first.items(), key=lambda item: item[1][0]):
            yield Mark(elections, case.table, time_ms)
        for found in self.found(voter):
            yield Mark(self.books.basis.elections, found.table, found.time_ms, found=True)

    def ballots(self, voter: int) -> Iterator[Mark]:
        """What the paper tells of a voter: each mark, of one table too, oldest first; then the cards found, each for what its
        table has not written itself: that is one ballot."""
        written: defaultdict[str, set[str]] = defaultdict(set)
        for case in self.marking(voter):
            elections = self.elections(case, voter)
            written[node_of(case.device)].update(elections)
            yield Mark(elections, case.table, self.time_ms(case, voter))
        for found in self.found(voter):
            known = written[node_of(found.device)]
            elections = tuple(one for one in self.books.basis.elections if one not in known)
            known.update(elections)
            if elections:
                yield Mark(elections, found.table, found.time_ms, found=True)

    def marking(self, voter: int, most: int = 100) -> list[Case]:
        """The requests that mark a voter, oldest first; of each group at most so many."""
        found = {
            case.id: case
            for _, cases in self._groups(voter)
            for case in islice((case for case in cases if not self.undone(case)), most)
        }
        return sorted(found.values(), key=lambda case: self._age(case, voter))

    def found(self, voter: int) -> Iterator[FoundCard]:
        """The cards found that mark a voter."""
        return (found for _, found in sorted(self._found.get(voter, {}).items()) if not self._is_undone(found))

    def is_found(self, voter: int, device: str) -> bool:
        """Whether the voter's card was found in the pile of this device's table, and that was not undone."""
        return any(node_of(found.device) == node_of(device) for found in self.found(voter))

    def found_under(self, author: str, n: int) -> int:
        """How many voters' cards were found under this run's stop with number `n`."""
        return self._cards_under.get((author, n), 0)

    def card(self, spot: str) -> int:
        """The voter of a card that was found, by the entry's name; 0 for none."""
        return self._cards.get(spot, (0, ""))[0]

    def is_closed(self, run: str) -> bool:
        """Whether a table is closed for voters, by what this run, or one before it, said last."""
        return next((self._closed[before.name] for before in self.books.runs[run].line if before.name in self._closed), False)

    def referrals(self, voter: int) -> tuple[str, ...]:
        """The referrals of a voter to the secretary that are not ended by a release, by their entries' hashes."""
        return tuple(sorted(self._referrals.get(voter, ())))

    def referred_at(self, voter: int) -> str:
        """Who has referred a voter that is not released yet, a run; empty where nobody has."""
        return next((by for _, by in sorted(self._referrals.get(voter, {}).items())), "")

    def totals(self) -> Totals:
        """Counts over all check-ins."""
        totals = Totals()
        for case in self._cases.values():
            if case.made is not None and case.is_check_in and case.issued and not self.undone(case):
                for election in case.made.elections:
                    totals.issued[election] = totals.issued.get(election, 0) + 1
        for voter in self._found:
            counted = {node_of(case.device) for case in self.marking(voter) if case.issued}
            totals.found += len({node_of(found.device) for found in self.found(voter)} - counted)
        return totals

    def conflicts(self) -> Mapping[int, tuple[tuple[int, int], ...]]:
        """Voters with more than one ballot in an election, as far as is known: the table and time of each, by voter."""
        if self._checked_at != self.books.version:
            self._checked_at = self.books.version
            chains = {book: (self.books.chain(book), self.books.held(book)) for book in self.books}
            moved = {book for book, chain in chains.items() if self._checked_by.get(book) != chain}
            self._checked_by = chains
            for book in moved:
                self._unchecked |= self._crowded[book]
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
            case = self._cases[request] = Case(request, undos=self._undos[request])
        return case

    def _requested(self, body: e.Request, entry: e.Entry) -> None:
        case = self._case(body.id)
        if case.made is not None:
            return
        case.made, case.asked_ms, case.seq = body, entry.time, entry.seq
        if body.op is e.Op.UNDO:
            for device in {case.device, device_of(body.target)}:
                self.undos[device].append(case)
            if case.granted_undo:
                self._undos[body.target].append(case)
                self._crowd(body.voter)
            self._look(case)
            return
        if not case.withdrawn:
            self._own[case.device][body.id] = case
        self._look(case)

    def _decided(self, decided: Decided) -> None:
        decision, words, device = decided.decision, decided.words, device_of(decided.author)
        case = self._case(decision.request)
        case.decided.setdefault(words, {}).setdefault((decided.author, decision.hold), decided)
        self.touched.append(case)
        if decision.target:
            self._undo_decided(case, decision)
        elif decision.outcome is e.Outcome.GRANTED:
            grants = case.grants.setdefault(words, {})
            grants[device] = min(grants.get(device, decided.time_ms), decided.time_ms)
            if not case.given_up and case.words in (None, words):
                self._list(case, words[0], (case.device, words[1], device))

    def _undo_decided(self, case: Case, decision: e.Decision) -> None:
        """Only an undo that somebody has granted can take back a mark, and is looked at with it."""
        self._crowd(decision.voter)
        if decision.outcome is e.Outcome.GRANTED and not case.granted_undo:
            case.granted_undo = True
            if case.made is not None:
                self._undos[case.made.target].append(case)

    def _answered(self, requests: Iterable[str], author: str, *, issued: bool) -> None:
        for request in requests:
            if rights.own(request, author):
                case = self._case(request)
                if issued and not case.issued:
                    case.issued = True
                    self.served[case.device] = self.served.get(case.device, 0) + 1
                    self.last_issued[case.device] = case
                    self._look(case)
                elif not issued and not case.withdrawn:
                    case.withdrawn = True
                    self._look(case)

    def _look(self, case: Case) -> None:
        """Keep a request under the voters whom it may mark; one that was given up is no mark, and not looked at again."""
        self.touched.append(case)
        if not case.grants and not case.issued and not case.listed:
            return
        claims = dict.fromkeys(case.claims)
        for voter, group in [one for one in case.listed if one not in claims]:
            del case.listed[voter, group]
            cases = self._marking[voter][group]
            del cases[bisect_left(cases, case.place(), key=Case.place)]
            if not cases:
                del self._marking[voter][group]
            self._crowd(voter)
        for voter, group in claims:
            self._list(case, voter, group)

    def _list(self, case: Case, voter: int, group: Group) -> None:
        groups = self._marking.setdefault(voter, {})
        if (voter, group) not in case.listed:
            case.listed[voter, group] = None
            insort(groups.setdefault(group, []), case, key=Case.place)
        if len(groups) > 1 or len(groups[group]) > 1 or voter in self._found:
            self._crowd(voter)

    def _card(self, body: e.Card, entry: e.Entry) -> None:
        stopped = self.books.stop_of(entry.run, body.n)
        if not rights.card(body, stopped.stop if stopped else None, bool(stopped and stopped.view), self.books.basis):
            return
        spot = spot_of(entry.run, entry.seq)
        self._cards[spot] = body.voter, body.device
        self._cards_under[entry.run, body.n] = self.found_under(entry.run, body.n) + 1
        found = FoundCard(body.voter, body.device, entry.time, spot, self._undos[spot])
        self._found.setdefault(body.voter, {})[spot] = found
        self._crowd(body.voter)

    def _crowd(self, voter: int) -> None:
        self._crowded[self.books.basis.book_of(voter)].add(voter)
        self._unchecked.add(voter)

    # --- what stands ---

    def _is_held(self, voter: int, group: Group) -> bool:
        """Whether what stands in a group may be a mark: it was issued, or who granted stands in the voter's chain."""
        if not group[2]:
            return True
        book = self.books.basis.book_of(voter)
        return book is not None and group[2] in self.books.held(book)

    def _claims(self, case: Case, voter: int) -> list[Group]:
        """The groups by which a request may mark a voter."""
        return [group for of, group in case.claims if of == voter and self._is_held(voter, group)]

    def _groups(self, voter: int) -> Iterator[tuple[Group, list[Case]]]:
        return ((group, cases) for group, cases in self._marking.get(voter, {}).items() if self._is_held(voter, group))

    def _age(self, case: Case, voter: int) -> tuple[int, str]:
        return self.time_ms(case, voter), case.id

    def _undoes(self, undo: Case, voters: Collection[int]) -> bool:
        """Whether an undo counts: it is of this voter, and granted by the holder of the voter's book."""
        found = self.outcome(undo)
        if undo.made is None or undo.made.voter not in voters or found is None:
            return False
        return found.decision.outcome is e.Outcome.GRANTED and self.counts(found)

    def _is_undone(self, found: FoundCard) -> bool:
        return any(self._undoes(undo, (found.voter,)) for undo in found.undos)

    def _conflict(self, voter: int) -> tuple[tuple[int, int], ...]:
        """Of the ballots of one table for the same elections two are enough to tell of. A card is the ballot of its table."""
        claims: dict[str, tuple[set[str], int, int, str]] = {}
        for (device, elections, _), cases in self._groups(voter):
            for case in islice((case for case in cases if not self.undone(case)), 2):
                known, *_ = claims.get(case.id, (set[str](),))  # where only grants are known, they may name different ones
                claims[case.id] = known.union(elections), case.table, self.time_ms(case, voter), device
        at = {node_of(device) for _, _, _, device in claims.values()}
        cards = {node_of(found.device): found for found in self.found(voter) if node_of(found.device) not in at}
        for found in cards.values():
            claims[found.spot] = set(self.books.basis.elections), found.table, found.time_ms, found.device
        beside = {
            (table, time_ms)
            for id_, (elections, table, time_ms, _) in claims.items()
            if any(elections & other for other_id, (other, *_) in claims.items() if other_id != id_)
        }
        return tuple(sorted(beside))
