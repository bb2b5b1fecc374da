"""A stolen device: its thief has its key and its log, and writes whatever he likes. And what work costs, in calls."""

from collections.abc import Mapping

import msgspec

from kiosk.domain import entries as e
from kiosk.domain.books import Books
from kiosk.domain.codetext import CodeMisread
from kiosk.domain.ledger import Ledger
from kiosk.domain.messages import Batch, Head, Stance
from kiosk.domain.nodes import device_of
from kiosk.domain.rights import Basis
from kiosk.node import Heard
from tests import made_up
from tests.stories.place import Place

ELECTION = ("byraad",)
GRANTED, REFUSED = e.Outcome.GRANTED, e.Outcome.REFUSED


class Thief:
    """A table's device is stolen: it writes on in its run, or in runs of its own, with its key."""

    def __init__(self, place: Place, name: str = "T3") -> None:
        self.place, self.name, self.device = place, name, place.devices[name].name
        place.crash(name)
        self.ends: dict[str, tuple[int, str]] = {"": (0, made_up.FIRST_PREV)}  # of each run: seq and hash of its last entry
        for row in place.devices[name].disk:
            if device_of(row.run) == self.device:
                self.ends[row.run] = row.seq, e.entry_hash(row.data)
        self.run = list(self.ends)[-1]
        self._requests = self._heads = self._runs = 0

    @property
    def seq(self) -> int:
        """Where its run ends."""
        return self.ends[self.run][0]

    def vector(self, of: str = "T1") -> dict[str, int]:
        """What a node has; the thief can know as much."""
        return dict(self.place.core(of).books.books.runs.stored) | {self.run: self.seq}

    # --- what it writes ---

    def write(self, *bodies: e.Body, time: int = made_up.MORNING_MS) -> Batch:
        """The next entries of its run, signed."""
        seq, last = self.ends[self.run]
        first, raws = seq + 1, []
        for seq, body in enumerate(bodies, first):
            data = e.encode_entry(e.Entry(self.run, seq, last, time, body))
            last = e.entry_hash(data)
            raws.append(msgspec.Raw(data))
        self.ends[self.run] = first + len(bodies) - 1, last
        return Batch(self.run, first, tuple(raws), made_up.keys(self.device).sign(e.batch_signed(last)).hex())

    def start(
        self, before: str | None = None, *, at: tuple[int, str] | None = None, name: str = "", **answers: object
    ) -> Batch:
        """Begin a run, after the last one or as it likes; `at`: where, as seq and hash."""
        before = self.run if before is None else before
        self._runs += 1
        end = at or self.ends[before]
        self.run = name or f"{self.device}-{self._runs:016x}"
        self.ends[self.run] = end
        return self.write(e.Start(before, **answers))  # type: ignore[arg-type]

    def request(self, voter: int) -> e.Request:
        """Its next check-in."""
        self._requests += 1
        return check_in(f"{self.run}/{900 + self._requests}", voter)

    def head(self, have: Mapping[str, int], *, member: bool = True) -> Head:
        """Its next head, which shows this."""
        self._heads += 1
        return Head(self.run, 10**6, self._heads, dict(have), member, Stance.SERVING, made_up.MORNING_MS)

    # --- whom it tells ---

    def say(self, *messages: object) -> None:
        """Everybody else hears it."""
        self.tell(self.place.running(), *messages)

    def tell(self, names: "list[str] | str", *messages: object) -> None:
        """Only these hear it."""
        for name in [names] if isinstance(names, str) else names:
            for message in messages:
                self.place._put(name, Heard(self.device, message))  # type: ignore[arg-type]


def check_in(id_: str, voter: int, elections: tuple[str, ...] = ELECTION) -> e.Request:
    """A check-in."""
    return e.Request(id_, e.Op.CHECK_IN, voter, elections)


def undo(id_: str, target: str, voter: int, *, handed_out: bool = True) -> e.Request:
    """An undo."""
    return e.Request(id_, e.Op.UNDO, voter, ELECTION, target=target, handed_out=handed_out)


def decision(request: str, voter: int, hold: str, outcome: e.Outcome = GRANTED, target: str = "") -> e.Decision:
    """A decision."""
    return e.Decision(request, voter, ELECTION, hold, outcome, target=target)


def hold_of(place: Place, book: int, at: str = "S") -> str:
    """The hold of a book's last holding, as a node sees it."""
    return place.core(at).books.books.chain(book).last.hold


def ledger(tables: int = 3, elections: tuple[str, ...] = ELECTION) -> Ledger:
    """The fold of nothing."""
    place = made_up.MadeUp(tables, elections, spares=1)
    undo_nodes = frozenset({"S", "T1"})
    return Ledger(Books(Basis(place.opening, undo_nodes, place.devices, elections, book_of, made_up.is_signed)))


def book_of(voter: int) -> int | None:
    """A made-up voter's book."""
    return voter // 100 if 1 <= voter // 100 <= 3 else None


def signed_stop(run: str, n: int, named: tuple[str, ...], knows: Mapping[str, int]) -> e.Stop:
    """A stop with the chair's code, as whoever was given the code can make it."""
    code = made_up.read_code(made_up.code(n))
    assert not isinstance(code, CodeMisread)
    return code.sign(run, e.Stop(n, named, dict(knows), "0" * 128), made_up.FIRST_PREV)
