"""The node's words: the time, what comes in, what it is set up with, and what it wants written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from kiosk.domain import books
from kiosk.domain.cards import CardRules
from kiosk.domain.entries import Entry
from kiosk.domain.screens import Drawn, Touch
from kiosk.domain.view import View


class Now(msgspec.Struct, frozen=True):
    """The time: `wall_ms` since 1970 UTC, shown to people only; `mono_ms`, which never jumps, for waiting."""

    wall_ms: int
    mono_ms: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """The scanner read something; it never says more than what was read."""

    text: str


@dataclass(frozen=True, slots=True)
class Overran:
    """The scanner sent more than any card holds, and it was thrown away."""


@dataclass(frozen=True, slots=True)
class ScannerSeen:
    """The scanner is there, or is not."""

    present: bool


Input = Scanned | Overran | ScannerSeen | Touch | Drawn


@dataclass(frozen=True, slots=True)
class Setup:
    """What a node is, from the plan and its own bundle. `origin` names its disk; `day` is missing in training."""

    origin: str
    table: int
    nodes: int
    holders: Mapping[int, books.Holding]
    elections: tuple[str, ...]
    card: CardRules
    voter_digits: int
    birth_date_keyed: bool
    clear_ms: int
    first_prev: str
    day: date | None
    view: View


class Written(msgspec.Struct, frozen=True):
    """One new entry, its canonical bytes as they are signed and stored, and their hash."""

    entry: Entry
    data: bytes
    hash: str
