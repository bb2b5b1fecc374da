"""What a set of entries says by the protocol, worked out small and slow from their plain JSON: the oracle's own mind.

It shares no code with the product, and takes the entries as a set: the order in which they came can make no difference. It
follows the protocol's table of who may write what; an entry that does not count changes nothing. Seals that are still to be
finished are left aside: what they leave open is decided in the end, when this fold is asked.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Facts:
    """What is known before the day: who holds which book at opening, the disks, and of each voter the book."""

    opening: dict[int, str]
    assistant: str
    origins: frozenset[str]
    elections: tuple[str, ...]
    books: dict[int, int]


@dataclass(frozen=True)
class Entry:
    """One entry, plain."""

    origin: str
    seq: int
    time: int
    kind: str
    body: dict
    hash: str

    @property
    def spot(self) -> str:
        return f"{self.origin}/{self.seq}"


@dataclass(frozen=True)
class Holding:
    """Who holds a book at an epoch, and the last seq of that holder's that counts; None while it holds."""

    holder: str
    end: int | None = None


@dataclass(frozen=True)
class Claim:
    """Ballots that are said to have been given: by a request, or by a card that was found (`id` is where that stands).

    `stands`: it is a mark, neither given up nor undone. `where`: the origin at which the voter stood; `table`: the one that
    screens name. `times`: its own, and those of its decisions: who knows no more of it says when it was decided.
    """

    id: str
    voter: int
    elections: tuple[str, ...]
    where: str
    table: int
    time: int
    stands: bool
    times: frozenset[int]
    found_by: str = ""


def plain(data: bytes) -> Entry:
    """An entry of its bytes."""
    read = json.loads(data)
    body = read["body"]
    return Entry(read["origin"], read["seq"], read["time"], body["kind"], body, hashlib.sha256(data).hexdigest())


def table_of(origin: str) -> int:
    """The table's number; 0 for the secretary's node."""
    node = origin.partition(".")[0]
    return 0 if node == "S" else int(node[1:])


def _disk(origin: str) -> tuple[str, int]:
    node, _, number = origin.partition(".")
    return node, int(number)


def _is_later(one: str, other: str) -> bool:
    return _disk(one)[0] == _disk(other)[0] and _disk(one)[1] > _disk(other)[1]


def _place(request: str) -> tuple[str, list[int]]:
    """The table, the run and the how manyth of it."""
    origin, *numbers = request.split("/")
    return origin, [int(number) for number in numbers]


def _author_of(request: str) -> str:
    return request.partition("/")[0]


class OwnFold:
    """The fold of these entries."""

    def __init__(self, entries: Iterable[Entry], facts: Facts) -> None:
        self.facts = facts
        self._by_kind: dict[str, list[Entry]] = {}
        self._at: dict[tuple[str, int], list[Entry]] = {}
        for entry in sorted(set_of(entries), key=lambda e: (e.origin, e.seq, e.hash)):
            self._by_kind.setdefault(entry.kind, []).append(entry)
            self._at.setdefault((entry.origin, entry.seq), []).append(entry)
        self.chains: dict[int, list[Holding]] = {0: self._chain(0)}
        self.chains |= {book: self._chain(book) for book in facts.opening if book}

    def all(self, kind: str) -> list[Entry]:
        return self._by_kind.get(kind, [])

    # --- books ---

    def holder(self, book: int) -> str:
        """Who holds a book in the end."""
        return self.chains[book][-1].holder

    def held(self, book: int, epoch: int, entry: Entry) -> bool:
        """Whether an entry's author held the book at that epoch, and the entry lies before the end of that."""
        chain = self.chains.get(book, [])
        if not 0 < epoch <= len(chain):
            return False
        holding = chain[epoch - 1]
        return holding.holder == entry.origin and (holding.end is None or entry.seq <= holding.end)

    def _chain(self, book: int) -> list[Holding]:
        chain = [Holding(self.facts.opening[book])]
        while True:
            last, epoch = chain[-1], len(chain) + 1
            handed = self._handed(book, epoch, last.holder)
            taken = next((e for e in self.all("seize") if self._takes(e, book, epoch)), None)
            if taken is not None and not (handed is not None and handed[0] <= taken.body["cut"]):
                handed = (taken.body["cut"], taken.body["to"])
            if handed is None:
                return chain
            chain[-1] = Holding(last.holder, handed[0])
            chain.append(Holding(handed[1]))

    def _handed(self, book: int, epoch: int, holder: str) -> tuple[int, str] | None:
        found = [e for e in self.all("handover") if (e.body["book"], e.body["epoch"], e.origin) == (book, epoch, holder)]
        return next(((e.seq, e.body["to"]) for e in found if e.body["to"] in self.facts.origins - {holder}), None)

    def _takes(self, entry: Entry, book: int, epoch: int) -> bool:
        body = entry.body
        return (body["book"], body["epoch"]) == (book, epoch) and self._is_seizure(entry) and self._may_take(entry)

    def _is_seizure(self, entry: Entry) -> bool:
        """Whether it ends a seal of its own log, for a disk of the place."""
        body = entry.body
        sealed = any(
            e.kind == "seal" and self._is_seal(e) and (e.body["book"], e.body["epoch"]) == (body["book"], body["epoch"])
            for e in self._at.get((entry.origin, body["seal"]), ())
        )
        return sealed and body["seal"] < entry.seq and body["to"] in self.facts.origins

    def _may_take(self, entry: Entry) -> bool:
        """Whether the author of a seal or a seizure may take that book."""
        if entry.body["book"]:
            return self.held(0, entry.body["register"], entry)
        if not self._is_assistant(entry.origin):
            return False
        later = [
            e for e in self.all("seize") if not e.body["book"] and _is_later(e.origin, entry.origin) and self._is_seizure(e)
        ]
        return all(e.body["answers"].get(entry.origin, 0) >= entry.seq for e in later)

    def _is_assistant(self, origin: str) -> bool:
        return _disk(origin)[0] == self.facts.assistant

    @cached_property
    def _took_itself(self) -> dict[int, set[tuple[str, int]]]:
        """Who has held a book at which epoch, or may have taken itself for its holder: what it granted then is a late grant."""
        held = {book: {(holder, 1)} for book, holder in self.facts.opening.items()}
        first: dict[tuple[str, int, int], Entry] = {}
        for e in sorted(self.all("handover"), key=lambda e: e.seq):
            if e.body["to"] in self.facts.origins and e.body["to"] != e.origin:
                first.setdefault((e.origin, e.body["book"], e.body["epoch"]), e)
        before = -1
        while before != (before := sum(map(len, held.values()))):
            for (giver, book, epoch), e in first.items():
                if book in held and (giver, epoch - 1) in held[book]:
                    held[book].add((e.body["to"], epoch))
            rulers = {origin for origin, _ in held[0]}
            for e in self.all("seize"):
                if e.body["book"] in held and self._is_seizure(e) and (e.origin in rulers or self._is_assistant(e.origin)):
                    held[e.body["book"]].add((e.body["to"], e.body["epoch"]))
        return held

    def ever_held(self, book: int) -> set[str]:
        return {origin for origin, _ in self._took_itself.get(book, set())}

    def may_have_held(self, decision: Entry) -> bool:
        return (decision.origin, decision.body["epoch"]) in self._took_itself.get(decision.body["book"], set())

    # --- requests and what became of them ---

    def book_of(self, voter: int) -> int:
        """The voter's book by the list; -1 for who is not on it."""
        return self.facts.books.get(voter, -1)

    @cached_property
    def requests(self) -> dict[str, Entry]:
        """The first request of each id that its author may write, about a voter in that voter's book; an undo counts only later
        (`undone`)."""
        found: dict[str, Entry] = {}
        for e in self.all("request"):
            mine = _author_of(e.body["id"]) == e.origin and e.body["book"] == self.book_of(e.body["voter"])
            if mine and (self._is_check_in(e) if e.body["op"] == "check_in" else e.body["target"]):
                found.setdefault(e.body["id"], e)
        return found

    def _is_check_in(self, e: Entry) -> bool:
        table = table_of(e.origin)
        return 0 < table == e.body["table"] and self._are_elections(e.body["elections"]) and not e.body["target"]

    def _are_elections(self, elections: list[str]) -> bool:
        return 0 < len(set(elections)) == len(elections) and set(elections) <= set(self.facts.elections)

    def _is_undo(self, e: Entry) -> bool:
        body = e.body
        if body["op"] != "undo" or _author_of(body["id"]) != e.origin or body["book"] != self.book_of(body["voter"]):
            return False
        return bool(body["target"]) and self.held(0, body["register"], e)

    def decisions(self, request: str) -> list[Entry]:
        """The decisions on a request that fit it, whether or not their author held the book; the oldest first."""
        made = self.requests.get(request)
        found = [e for e in self._decided.get(request, ()) if self._is_about_its_voter(e)]
        if made is not None:
            found = [e for e in found if all(e.body[name] == made.body[name] for name in ("voter", "elections", "target"))]
        return sorted(found, key=lambda e: (e.body["epoch"], e.seq, e.origin))

    def _is_about_its_voter(self, decision: Entry) -> bool:
        body = decision.body
        named = self._are_elections(body["elections"]) or (body["target"] and not body["elections"])
        at_a_disk = _author_of(body["request"]) in self.facts.origins
        return bool(named) and at_a_disk and body["book"] == self.book_of(body["voter"])

    @cached_property
    def _decided(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for e in self.all("decision"):
            found.setdefault(e.body["request"], []).append(e)
        return found

    def outcome(self, request: str) -> str:
        """ "granted", "refused" or "": the first decision that counts."""
        return next((e.body["outcome"] for e in self.decisions(request) if self._counts(e)), "")

    def _counts(self, decision: Entry) -> bool:
        return self.held(decision.body["book"], decision.body["epoch"], decision)

    def _grants(self, request: str) -> list[Entry]:
        """The grants of a request: those that count, and late ones, of somebody who ever was a holder."""
        found = [e for e in self.decisions(request) if e.body["outcome"] == "granted"]
        return [e for e in found if self.may_have_held(e)]

    @cached_property
    def issued(self) -> set[str]:
        return {e.body["request"] for e in self.all("issued") if _author_of(e.body["request"]) == e.origin}

    @cached_property
    def withdrawn(self) -> set[str]:
        return {e.body["request"] for e in self.all("withdrawn") if _author_of(e.body["request"]) == e.origin}

    def undone(self, target: str, voter: int) -> bool:
        """Whether a mark of this voter was taken back on the secretary's word."""
        return any(
            made.body["op"] == "undo"
            and self.held(0, made.body["register"], made)
            and (made.body["target"], made.body["voter"]) == (target, voter)
            and self.outcome(id_) == "granted"
            and (made.body["handed_out"] or target not in self.issued)
            for id_, made in self.requests.items()
        )

    # --- voters ---

    def claims(self, voter: int) -> list[Claim]:
        """All ballots that were ever said to be this voter's."""
        return [*self._of_requests(voter), *self._of_cards(voter)]

    def marks(self, voter: int, but: str = "", each: int = 1) -> list[Claim]:
        """Those that stand; of several at one table for the same elections the first stands for all, or as many as `each`."""
        found: list[Claim] = []
        for claim in self.claims(voter):
            alike = [c for c in found if (c.where, c.elections, c.found_by) == (claim.where, claim.elections, claim.found_by)]
            if claim.stands and claim.id != but and len(alike) < each:
                found.append(claim)
        return found

    def _of_requests(self, voter: int) -> Iterator[Claim]:
        for id_ in sorted(self.requests.keys() | self._decided.keys(), key=_place):
            made, decided = self.requests.get(id_), self.decisions(id_)
            grants, issued = self._grants(id_), id_ in self.issued
            word = made if made is not None else next((e for e in grants if e.body["voter"] == voter), None)
            if word is None or word.body["voter"] != voter or word.body["target"] or not (issued or grants):
                continue
            decided = [e for e in decided if self.may_have_held(e)]
            time = made.time if made is not None else min(e.time for e in decided)
            gone = (id_ in self.withdrawn and not issued) or self.undone(id_, voter)
            times = frozenset({time, *(e.time for e in decided)})
            where = _author_of(id_)
            yield Claim(id_, voter, tuple(word.body["elections"]), where, table_of(where), time, not gone, times)

    def _of_cards(self, voter: int) -> Iterator[Claim]:
        for e in self.all("rescanned"):
            if e.body["voter"] == voter and voter in self.facts.books and self._attested(e):
                gone = self.undone(e.spot, voter)
                stopped = e.body["stopped"]
                table = table_of(stopped if any(map(self._may_take, self._seals_name(e.origin, stopped))) else e.origin)
                yield Claim(
                    e.spot, voter, self.facts.elections, stopped, table, e.time, not gone, frozenset({e.time}), e.origin
                )

    def _attested(self, card: Entry) -> bool:
        """Whether a card's finder had attested before that its table is stopped: in a start, or as one who may take books."""
        stopped = card.body["stopped"]
        starts = [e for e in self.all("start") if e.origin == card.origin and stopped in e.body["missing"]]
        return any(e.seq < card.seq for e in (*starts, *self._seals_name(card.origin, stopped)))

    def _seals_name(self, author: str, stopped: str) -> list[Entry]:
        """Where somebody who may take books, late or not, has attested that a table is stopped."""
        rules = author in self.ever_held(0) or self._is_assistant(author)
        own = [e for e in self.all("seal") if e.origin == author and stopped in e.body["stopped"]]
        return [e for e in own if rules and self._is_seal(e)]

    def _is_seal(self, e: Entry) -> bool:
        """Whether a seal is of a book of the place, and attests others of its disks."""
        others = e.origin not in e.body["stopped"] and set(e.body["stopped"]) <= self.facts.origins
        return others and e.body["book"] in self.facts.opening and (e.body["book"] > 0 or self._is_assistant(e.origin))

    def conflicts(self) -> dict[int, list[Claim]]:
        """Voters with more than one ballot in an election. A card that was found where the voter was served is that ballot."""
        found = {}
        for voter in self.facts.books:
            claims = [claim for claim in self.marks(voter, each=2) if not claim.found_by]
            at = {claim.where for claim in claims}
            for card in sorted(self._of_cards(voter), key=lambda claim: claim.time):
                if card.stands and card.where not in at:
                    at.add(card.where)
                    claims.append(card)
            beside = [
                one for one in claims if any(other is not one and set(other.elections) & set(one.elections) for other in claims)
            ]
            if beside:
                found[voter] = beside
        return found

    def referrals(self, voter: int) -> set[str]:
        """The hashes of the referrals that no release has named."""
        ended = {ended for e in self.all("released") if e.body["voter"] == voter for ended in e.body["ends"]}
        known = self.facts.books
        return {
            e.hash
            for e in self.all("referred")
            if e.body["voter"] == voter and voter in known and table_of(e.origin) and e.hash not in ended
        }

    # --- the day ---

    @property
    def is_open(self) -> bool:
        return any(self.held(0, e.body["register"], e) for e in self.all("open"))

    @property
    def is_register_sealed(self) -> bool:
        """Whether a seal of the register is not finished: nobody may know then whether the poll is open."""
        taken = {(e.origin, e.body["seal"]) for e in self.all("seize")}
        return any(e.body["book"] == 0 and (e.origin, e.seq) not in taken and self._is_seal(e) for e in self.all("seal"))

    def is_closed(self, origin: str) -> bool:
        """Whether a table has closed itself and not reopened."""
        own = [
            e
            for kind in ("close", "reopen")
            for e in self.all(kind)
            if e.origin == origin and e.body["table"] == table_of(origin) > 0
        ]
        return bool(own) and max(own, key=lambda e: e.seq).kind == "close"

    def handed_out(self) -> dict[str, int]:
        """How many ballots of each election were handed out and not taken back."""
        count: dict[str, int] = {}
        for id_, made in self.requests.items():
            if made.body["op"] == "check_in" and id_ in self.issued and not self.undone(id_, made.body["voter"]):
                for election in made.body["elections"]:
                    count[election] = count.get(election, 0) + 1
        return count

    def unsettled(self, origin: str) -> list[str]:
        """The check-ins of an origin that have no end."""
        return [
            id_
            for id_, made in self.requests.items()
            if made.origin == origin
            and made.body["op"] == "check_in"
            and id_ not in self.issued | self.withdrawn
            and self.outcome(id_) != "refused"
        ]


def set_of(entries: Iterable[Entry]) -> Collection[Entry]:
    """Each entry once."""
    return {entry.hash: entry for entry in entries}.values()
