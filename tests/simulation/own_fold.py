"""What a set of entries says by the protocol, worked out small and slow from their plain JSON: the oracle's own mind.

It shares no code with the product, and takes the entries as a set: the order in which they came can make no difference. It
follows kiosk/PROTOCOL.md, "Who may write what" and "What a set of entries says"; an entry that does not count changes nothing.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

Vector = dict[str, int]


@dataclass(frozen=True)
class Facts:
    """What is known before the day: the devices, of each book the device that holds it first, and of each voter the book.

    `undo_devices`: those that may ask for an undo, the secretary's and the assistant's. `is_code`: whether the signature of a
    stop is its code's, given the author and the plain body.
    """

    devices: frozenset[str]
    undo_devices: frozenset[str]
    opening: dict[int, str]
    elections: tuple[str, ...]
    books: dict[int, int]
    is_code: Callable[[str, dict], bool]


@dataclass(frozen=True)
class Entry:
    """One entry, plain."""

    run: str
    seq: int
    prev: str
    time: int
    kind: str
    body: dict
    hash: str

    @property
    def spot(self) -> str:
        return f"{self.run}#{self.seq}"

    @property
    def device(self) -> str:
        return device_of(self.run)


@dataclass(frozen=True)
class Holding:
    """Who holds a book, by which entry ("" before the device's first run), and until which: a `give`, `start` or `view`."""

    holder: str
    hold: str = ""
    end: Entry | None = None


@dataclass(frozen=True)
class Claim:
    """Ballots that are said to have been given: by a request, or by a card that was found (`id` is then where that stands).

    `stands`: it is a mark, neither given up nor undone. `where`: the device at which the voter stood; `table`: the one that
    screens name. `times`: its own, and those of its grants: who knows no more of it says when it was granted.
    """

    id: str
    voter: int
    elections: tuple[str, ...]
    where: str
    table: int
    time: int
    stands: bool
    times: frozenset[int]
    is_card: bool = False


def plain(data: bytes) -> Entry:
    """An entry of its bytes."""
    read = json.loads(data)
    body = read["body"]
    return Entry(read["run"], read["seq"], read["prev"], read["time"], body["kind"], body, hashlib.sha256(data).hexdigest())


def device_of(name: str) -> str:
    """The device of a run, a request or a spot."""
    return name.partition("-")[0]


def table_of(name: str) -> int:
    """The table's number; 0 for the secretary's node."""
    node = name.partition(".")[0]
    return 0 if node == "S" else int(node[1:])


def run_of(name: str) -> str:
    """The run of a request's id."""
    return name.partition("/")[0]


class OwnFold:
    """The fold of these entries."""

    def __init__(self, entries: Iterable[Entry], facts: Facts) -> None:
        self.facts = facts
        self._by_kind: dict[str, list[Entry]] = {}
        all_of_plan = [e for e in set_of(entries) if e.device in facts.devices]
        self._by_hash = {e.hash: e for e in all_of_plan}
        for entry in sorted(all_of_plan, key=lambda e: (e.run, e.seq, e.hash)):
            self._by_kind.setdefault(entry.kind, []).append(entry)
        self.starts = {e.run: e for e in reversed(self.all("start")) if self._begins(e)}
        self.open_steps: set[int] = set()  # the books whose next step may still be taken back
        self.chains = {book: self._chain(book, mind_pending=True) for book in facts.opening}
        self.settled = {book: self._chain(book, mind_pending=False) for book in facts.opening}

    def all(self, kind: str) -> list[Entry]:
        return self._by_kind.get(kind, [])

    # --- runs ---

    def _begins(self, e: Entry) -> bool:
        """Whether a start is its run's first entry, and goes on from where it says."""
        before = self._by_hash.get(e.prev)
        if not e.body.get("before"):
            return e.seq == 1
        return before is not None and (before.run, before.seq, before.device) == (e.body["before"], e.seq - 1, e.device)

    def run_before(self, run: str) -> str:
        """The run before, or for the first one the device itself; "" for the device."""
        if run not in self.starts:
            return ""
        return self.starts[run].body.get("before") or device_of(run)

    def line(self, run: str, end: int) -> Iterator[tuple[str, int]]:
        """The runs on a run's line, and how far each of them lies on it."""
        while run:
            yield run, end
            if run not in self.starts:
                return
            run, end = self.run_before(run), self.starts[run].seq - 1

    def has(self, vector: Vector, run: str, seq: int) -> bool:
        """Whether a vector has an entry."""
        return any(name == run and seq <= upto for tip, end in vector.items() for name, upto in self.line(tip, end))

    # --- stops ---

    @cached_property
    def stops(self) -> list[Entry]:
        """The stops that count: with the chair's code, and of who knew of none with this number or a higher one."""
        signed = []
        for e in self.all("stop"):
            named = set(e.body["named"])
            if e.device not in named and named <= self.facts.devices and self.facts.is_code(e.run, e.body):
                signed.append(e)

        def counts(e: Entry) -> bool:
            known = {**e.body["knows"], e.run: e.seq - 1}
            used = [other for other in signed if other.body["n"] >= e.body["n"] and other is not e]
            return not any(self.has(known, other.run, other.seq) and counts(other) for other in used)

        return [e for e in signed if counts(e)]

    def named(self, stop: Entry, run: str) -> bool:
        """Whether a stop names a run; a device's own name stands for it before its first run."""
        if device_of(run) not in stop.body["named"]:
            return False
        return run == device_of(run) or (run in self.starts and self.has(stop.body["knows"], run, self.starts[run].seq))

    def stop_of(self, view: Entry) -> Entry | None:
        """The stop that a view ends."""
        own = [e for e in self.stops if e.run == view.run and e.body["n"] == view.body["n"] and e.seq < view.seq]
        return min(own, key=lambda e: e.seq, default=None)

    @cached_property
    def views(self) -> list[Entry]:
        """The valid views, the lowest first."""
        found: dict[tuple[int, str], Entry] = {}
        for view in self.all("view"):
            if self.stop_of(view) is not None:
                found.setdefault(_number(view), view)
        valid: list[Entry] = []
        for number in sorted(found, reverse=True):
            view = found[number]
            if all(self.has(higher.body["knows"], view.run, view.seq) for higher in valid):
                valid.insert(0, view)
        return valid

    @cached_property
    def pending(self) -> list[Entry]:
        """The stops whose view is still to come."""
        highest = max(map(_number, self.views), default=(0, ""))
        return [e for e in self.stops if _number(e) > highest]

    # --- books ---

    def holder(self, book: int) -> str:
        """Who holds a book in the end: a run, or a device before its first one."""
        return self.chains[book][-1].holder

    def decider(self, book: int) -> str:
        """Who may decide in a book as far as the books go (D1); "" while a pending stop may take it."""
        last = self.chains[book][-1]
        waits = any(self.named(stop, last.holder) for stop in self.pending)
        return "" if waits or book in self.open_steps else last.holder

    def _chain(self, book: int, *, mind_pending: bool) -> list[Holding]:
        chain = [Holding(self.facts.opening[book])]
        last_view = (0, "")
        gone: set[str] = set()
        while True:
            last = chain[-1]
            step = self._step(book, last, last_view, gone)
            if step is not None and mind_pending and self._is_open(last.holder, step):
                self.open_steps.add(book)
                return chain
            if step is None:
                return chain
            gone.add(step.spot)
            if step.kind == "view":
                last_view = _number(step)
            chain[-1] = Holding(last.holder, last.hold, step)
            chain.append(Holding(step.body["to"] if step.kind == "give" else step.run, step.spot))

    def _step(self, book: int, last: Holding, last_view: tuple[int, str], gone: set[str]) -> Entry | None:
        """What ends a holding. No step is taken twice, though a book may be given back to a run that is over."""
        below = next((v for v in self.views if _number(v) > last_view and self._view_names(v, last.holder)), None)
        gives = [e for e in self.all("give") if (e.run, e.body["book"], e.body["hold"]) == (last.holder, book, last.hold)]
        gives = [e for e in sorted(gives, key=lambda e: e.seq) if self._knows_run(e, e.body["to"])][:1]
        starts = [e for run, e in self.starts.items() if self.run_before(run) == last.holder and e.spot not in gone]
        for found in (gives, sorted(starts, key=lambda e: e.run)):
            for e in found:
                if below is None or self.has(below.body["knows"], e.run, e.seq):
                    return e
        return below

    def _knows_run(self, e: Entry, run: str) -> bool:
        return run in self.starts and run != e.run and run in e.body["knows"]

    def _view_names(self, view: Entry, run: str) -> bool:
        stop = self.stop_of(view)
        return stop is not None and self.named(stop, run)

    def _is_open(self, holder: str, step: Entry) -> bool:
        return any(self.named(stop, holder) and not self.has(stop.body["knows"], step.run, step.seq) for stop in self.pending)

    def book_of(self, voter: int) -> int:
        """The voter's book by the list; -1 for who is not on it."""
        return self.facts.books.get(voter, -1)

    def counts(self, decision: Entry) -> bool:
        """Whether its author held the voter's book in that hold, and it lies before the end of that."""
        chain = self.chains.get(self.book_of(decision.body["voter"]), [])
        place = self._place_in(chain, decision)
        return place is not None and (place < len(chain) - 1 or not self._is_held_back(decision))

    def _place_in(self, chain: list[Holding], decision: Entry) -> int | None:
        """The how manyth holding it was made in."""
        for place, holding in enumerate(chain):
            if (holding.holder, holding.hold) == (decision.run, decision.body["hold"]):
                return place if holding.end is None or self._lies_before(decision, holding.end) else None
        return None

    def _is_held_back(self, decision: Entry) -> bool:
        """Whether a pending stop names its author, and lacks it."""
        naming = [stop for stop in self.pending if self.named(stop, decision.run)]
        return not all(self.has(stop.body["knows"], decision.run, decision.seq) for stop in naming)

    def _lies_before(self, entry: Entry, end: Entry) -> bool:
        """A run that is over has written all that it has before its end, a later start."""
        if end.kind == "view":
            return self.has(end.body["knows"], entry.run, entry.seq)
        return end.kind == "start" or entry.seq < end.seq

    # --- requests and what became of them ---

    @cached_property
    def requests(self) -> dict[str, Entry]:
        """The first request of each id that its author may write."""
        found: dict[str, Entry] = {}
        for e in sorted(self.all("request"), key=lambda e: e.seq):
            if run_of(e.body["id"]) == e.run and self._is_about_its_voter(e) and self._may_ask(e):
                found.setdefault(e.body["id"], e)
        return found

    def _may_ask(self, e: Entry) -> bool:
        if e.body["op"] == "undo":
            return bool(e.body["target"]) and e.device in self.facts.undo_devices
        return table_of(e.run) > 0 and not e.body["target"]

    def _is_about_its_voter(self, e: Entry) -> bool:
        """Whether a request or a decision is about a voter of the list and elections of the day."""
        named = e.body["elections"]
        return (
            e.body["voter"] in self.facts.books
            and 0 < len(set(named)) == len(named)
            and set(named) <= set(self.facts.elections)
        )

    @cached_property
    def _decided(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for e in sorted(self.all("decision"), key=lambda e: e.seq):
            if self._is_about_its_voter(e) and device_of(e.body["request"]) in self.facts.devices:
                found.setdefault(e.body["request"], []).append(e)
        return found

    def decisions(self, request: str) -> list[Entry]:
        """The decisions on a request that fit it, whether or not they count."""
        made, found = self.requests.get(request), self._decided.get(request, [])
        if made is None:
            return found
        return [e for e in found if all(e.body[name] == made.body[name] for name in ("voter", "elections", "target"))]

    def decided(self, request: str) -> Entry | None:
        """The first decision in the oldest holding, pending stops left aside. It stands, whatever was said later."""
        if request not in self.requests:
            return None
        chain = self.settled[self.book_of(self.requests[request].body["voter"])]
        first: dict[tuple[str, str], Entry] = {}
        for e in self.decisions(request):
            first.setdefault((e.run, e.body["hold"]), e)
        placed = [(place, e) for e in first.values() if (place := self._place_in(chain, e)) is not None]
        return min(placed, key=lambda one: one[0], default=(0, None))[1]

    def outcome(self, request: str) -> str:
        """ "granted", "refused" or ""."""
        found = self.decided(request)
        return "" if found is None else found.body["outcome"]

    def _grants(self, request: str) -> list[Entry]:
        """The grants of a request by any run of a device that stands in the chain of the voter's book."""
        found = [e for e in self.decisions(request) if e.body["outcome"] == "granted"]
        return [e for e in found if e.device in self.devices_of(self.book_of(e.body["voter"]))]

    def devices_of(self, book: int) -> set[str]:
        """The devices that stand in a book's chain, pending stops left aside."""
        return {device_of(holding.holder) for holding in self.settled.get(book, [])}

    @cached_property
    def issued(self) -> set[str]:
        return self._ended("issued")

    @cached_property
    def withdrawn(self) -> set[str]:
        return self._ended("withdrawn")

    def _ended(self, kind: str) -> set[str]:
        said = [(e, e.body["request"]) for e in self.all(kind)]
        said += [(e, request) for e in self.starts.values() for request in e.body.get(kind, ())]
        return {request for e, request in said if device_of(request) == e.device}

    def undone(self, target: str, voter: int, *, mind_pending: bool = True) -> bool:
        """Whether a mark of this voter was taken back on the secretary's word; with pending stops left aside where that is
        asked."""
        return any(
            made.body["op"] == "undo"
            and (made.body["target"], made.body["voter"]) == (target, voter)
            and (found := self.decided(id_)) is not None
            and found.body["outcome"] == "granted"
            and (not mind_pending or self.counts(found))
            and (made.body["handed_out"] or target not in self.issued)
            for id_, made in self.requests.items()
        )

    # --- voters ---

    def claims(self, voter: int) -> list[Claim]:
        """All ballots that were ever said to be this voter's."""
        return [*self._of_requests(voter), *self._of_cards(voter)]

    def marks(self, voter: int) -> list[Claim]:
        """Those that stand."""
        return [claim for claim in self.claims(voter) if claim.stands]

    def _of_requests(self, voter: int) -> Iterator[Claim]:
        if voter not in self.facts.books:
            return
        for id_ in sorted(self.requests.keys() | self._decided.keys()):
            grants, issued = [e for e in self._grants(id_) if e.body["voter"] == voter], id_ in self.issued
            made = self.requests.get(id_)
            grants = [e for e in grants if not e.body["target"]]
            if not (grants or (issued and made is not None and made.body["voter"] == voter)):
                continue
            word = min(grants, key=lambda e: e.time) if made is None else made
            if word.body["target"]:
                continue
            gone = (id_ in self.withdrawn and not issued) or self.undone(id_, voter)
            times = frozenset({word.time, *(e.time for e in grants)})
            where, elections = device_of(id_), dict.fromkeys(one for e in grants or [word] for one in e.body["elections"])
            yield Claim(id_, voter, tuple(elections), where, table_of(where), word.time, not gone, times)

    def _of_cards(self, voter: int) -> Iterator[Claim]:
        for e in self.all("card"):
            if e.body["voter"] == voter and voter in self.facts.books and self._may_find(e):
                where = e.body["device"]
                times, gone = frozenset({e.time}), self.undone(e.spot, voter)
                yield Claim(e.spot, voter, self.facts.elections, where, table_of(where), e.time, not gone, times, True)

    def _may_find(self, card: Entry) -> bool:
        """Whether its author has written the stop, which names the device, before it, and no view of that before it."""
        stop = self.stop_of(card)
        viewed = [e for e in self.all("view") if e.run == card.run and e.body["n"] == card.body["n"] and e.seq < card.seq]
        return stop is not None and card.body["device"] in stop.body["named"] and not viewed

    def conflicts(self) -> dict[int, list[Claim]]:
        """Voters with more than one ballot in an election. A card and what its device wrote about the voter are one ballot."""
        found = {}
        for voter in self.facts.books:
            marks = self.marks(voter)
            ballots = [claim for claim in marks if not claim.is_card]
            for card in (claim for claim in marks if claim.is_card):
                if card.where not in {claim.where for claim in ballots}:
                    ballots.append(card)
            pairs = [(a, b) for a in ballots for b in ballots if a is not b and set(a.elections) & set(b.elections)]
            if pairs:
                found[voter] = list({a.id: a for a, _ in pairs}.values())
        return found

    def referrals(self, voter: int) -> set[str]:
        """The hashes of the referrals that no release has named."""
        ended = {ended for e in self.all("released") if e.body["voter"] == voter for ended in e.body["ends"]}
        known = voter in self.facts.books
        own = [e.hash for e in self.all("referred") if e.body["voter"] == voter and table_of(e.run)]
        return {hash_ for hash_ in own if known and hash_ not in ended}

    # --- the day ---

    @property
    def is_open(self) -> bool:
        return bool(self.views)

    def is_closed(self, run: str) -> bool:
        """Whether a run, or where it says nothing one before it, has closed its table and not reopened it."""
        while run:
            own = [e for kind in ("closed", "reopened") for e in self.all(kind) if e.run == run]
            if own:
                return max(own, key=lambda e: e.seq).kind == "closed"
            run = self.run_before(run)
        return False

    def handed_out(self) -> dict[str, int]:
        """How many ballots of each election were handed out and not taken back."""
        count: dict[str, int] = {}
        for id_, made in self.requests.items():
            if made.body["op"] == "check_in" and id_ in self.issued and not self.undone(id_, made.body["voter"]):
                for election in made.body["elections"]:
                    count[election] = count.get(election, 0) + 1
        return count

    def is_given_up(self, request: str) -> bool:
        """Whether no ballot was or will be handed out on it."""
        return request in self.withdrawn and request not in self.issued

    def left_at(self, voters: Iterable[int]) -> set[str]:
        """The devices at which a voter has a mark, and nobody has said that ballots were handed out: a grant that came too
        late, say. It can be undone once its run is over."""
        marks = [claim for voter in voters for claim in self.marks(voter) if not claim.is_card]
        return {claim.where for claim in marks if claim.id not in self.issued}

    def unsettled(self, device: str) -> list[str]:
        """The check-ins of a device that have no end."""
        return [
            id_
            for id_, made in self.requests.items()
            if made.device == device and made.body["op"] == "check_in" and id_ not in self.issued | self.withdrawn
        ]


def _number(view: Entry) -> tuple[int, str]:
    """What decides which stop or view is higher: its number, and for a code that was used twice its author's name."""
    return view.body["n"], view.run


def set_of(entries: Iterable[Entry]) -> Collection[Entry]:
    """Each entry once."""
    return {entry.hash: entry for entry in entries}.values()
