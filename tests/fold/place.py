"""The place of a day: its devices, voters and the chair's codes; and the records that devices exchange."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b, sha256
from random import Random

from kiosk.domain import entries as e
from kiosk.domain.nodes import device_of
from kiosk.domain.rights import Basis
from kiosk.domain.voters import Voter
from tests.simulation.own_fold import Entry as Plain
from tests.simulation.own_fold import Facts, plain

FIRST_PREV = "0" * 64
ELECTIONS = ("a", "b")
VOTERS_OF_A_BOOK = 2


@dataclass(frozen=True, slots=True)
class Record:
    """An entry as it lies on a disk, with its hash."""

    entry: e.Entry
    data: bytes
    hash: str
    key: tuple[str, int]
    device: str

    @property
    def plain(self) -> Plain:
        return plain(self.data)


def record(run: str, seq: int, prev: str, time: int, body: e.Body) -> Record:
    """An entry in its canonical bytes."""
    entry = e.Entry(run, seq, prev, time, body)
    data = bytes(e.encode_entry(entry))
    return Record(entry, data, sha256(data).hexdigest(), (run, seq), device_of(run))


def signature(n: int, run: str, named: tuple[str, ...], knows: dict[str, int]) -> str:
    """What code n signs, as a keyed hash: only who has the code can make it."""
    said = json.dumps([n, run, list(named), knows], sort_keys=True).encode()
    return blake2b(said, key=f"code {n}".encode(), digest_size=64).hexdigest()


class Place:
    """Two or three tables, the secretary's device and sometimes a spare; the assistant sits at table 1."""

    def __init__(self, rng: Random, tables: int = 0) -> None:
        count = tables or rng.choice((2, 2, 3))
        self.tables = tuple(f"T{number}.1" for number in range(1, count + 1))
        self.spares = ("T1.2",) if rng.random() < 0.7 else ()
        self.devices = (*self.tables, *self.spares, "S.1")
        self.opening = dict(enumerate(self.tables, start=1))
        self.voters = {
            number: Voter(number, f"V{number}", "", date(1970, 1, 1), book, ELECTIONS)
            for book in self.opening
            for number in range(book * 10 + 1, book * 10 + 1 + VOTERS_OF_A_BOOK)
        }

    def book_of(self, voter: int) -> int | None:
        """The voter's book by the list."""
        found = self.voters.get(voter)
        return found.book if found is not None else None

    @property
    def basis(self) -> Basis:
        """What the product is told before the day."""
        return Basis(self.opening, frozenset({"S", "T1"}), frozenset(self.devices), ELECTIONS, self.book_of, _signed)

    @property
    def facts(self) -> Facts:
        """What the oracle's own fold is told."""
        undo_devices = frozenset(device for device in self.devices if device.partition(".")[0] in ("S", "T1"))
        books = {number: voter.book for number, voter in self.voters.items()}
        return Facts(frozenset(self.devices), undo_devices, dict(self.opening), ELECTIONS, books, _is_code)


def _signed(author: str, stop: e.Stop) -> bool:
    return stop.signature == signature(stop.n, author, stop.named, stop.knows)


def _is_code(author: str, body: dict) -> bool:
    return body["signature"] == signature(body["n"], author, tuple(body["named"]), body["knows"])


def in_some_order(
    records: list[Record], rng: Random, may_take: Callable[[Record], bool], take: Callable[[Record], None]
) -> None:
    """Hand over records in a random order that rule L allows."""
    waiting = list(records)
    while waiting:
        rng.shuffle(waiting)
        late: list[Record] = []
        for one in sorted(waiting, key=lambda one: one.entry.seq) if rng.random() < 0.7 else waiting:
            if may_take(one):
                take(one)
            else:
                late.append(one)
        assert len(late) < len(waiting), "these records do not follow rule L"
        waiting = late
