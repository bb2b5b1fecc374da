"""The node's types: the time, its inputs, its setup, and what it wants written, sent and shown."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import msgspec

from kiosk.domain import entries as e
from kiosk.domain.cards import CardRules, Unreadable
from kiosk.domain.chain import RejectionReason, Stored
from kiosk.domain.codetext import Code, CodeMisread
from kiosk.domain.messages import Ask, AtClerk, Batch, Display, Head, Want
from kiosk.domain.reports import Replied
from kiosk.domain.screens import Drawn, Screen, Touch
from kiosk.domain.view import ViewContext


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
    """The scanner sent something that was thrown away, and why: more than any card holds, unless said otherwise."""

    why: Unreadable = Unreadable.TOO_LONG


@dataclass(frozen=True, slots=True)
class ScannerSeen:
    """The scanner is there, or is not."""

    present: bool


@dataclass(frozen=True, slots=True)
class DisplaySeen:
    """The state of the node's own display."""

    display: Display


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of another node, checked by the edge: it is well formed, and a head is signed by its device."""

    sender: str
    message: Batch | Ask | Head | AtClerk | Want


@dataclass(frozen=True, slots=True)
class PeerGone:
    """Every broker says that this node is offline."""

    sender: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """The edge refused what came under this sender's name; `data` is kept as evidence."""

    sender: str
    kind: RejectionReason
    why: str
    data: bytes


Input = Scanned | Overran | ScannerSeen | DisplaySeen | Touch | Drawn | Heard | PeerGone | Suspect | Replied


@dataclass(frozen=True, slots=True)
class GiveEntries:
    """Send the stored entries of this run from seq `first` on, a batch of them, to the node that wants them."""

    to: str
    run: str
    first: int


@dataclass(frozen=True, slots=True)
class SendTo:
    """Say this to one node: ask it to decide on a request, or for entries."""

    to: str
    message: Ask | Want


Send = Batch | Head | AtClerk | SendTo | GiveEntries
"""What goes out. Batches, heads and that the clerk is awaited are for everybody."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A refused message, to be kept: its sender, what is wrong with it, and its bytes."""

    sender: str
    kind: RejectionReason
    why: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Say:
    """A step of a turn: send this."""

    sends: tuple[Send, ...]


@dataclass(frozen=True, slots=True)
class Show:
    """A step of a turn: show this."""

    screen: Screen


@dataclass(frozen=True, slots=True)
class Commit:
    """A step of a turn: put these rows on the disk, in one transaction, and `run`, the last that this disk has written; there
    may be no rows."""

    rows: tuple[Stored, ...]
    run: str


@dataclass(frozen=True, slots=True)
class Keep:
    """A step of a turn: keep what was refused."""

    evidence: tuple[Evidence, ...]


Step = Say | Show | Commit | Keep
Steps = Iterator[Step]
"""A turn, to be carried out in this order, each step before the next is asked for. What comes before the one `Commit` rests on
nothing that it writes. If it fails, the rest is never asked for."""


@dataclass(frozen=True, slots=True)
class Crypto:
    """Signatures, codes and random numbers: `sign(message)` with this device's key, `verify(device, signature, message)`.

    `read_code(text)`: the chair's code that was scanned or keyed, or why it is none. `is_signed(author, stop)`: whether the
    code's key has signed a stop. `new_run()`: 64 random bits in hex, for a run's name.
    """

    sign: Callable[[bytes], bytes]
    verify: Callable[[str, bytes, bytes], bool]
    read_code: Callable[[str], Code | CodeMisread]
    is_signed: Callable[[str, e.Stop], bool]
    new_run: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Setup:
    """What a node is, from the plan and its own bundle. `device` names its card; `day`: the day that the clock must show, None
    in an exercise.

    `table` is missing for the secretary's node. `devices`: all that the place has keys for; `first`: those that are delivered
    in the nodes, the others are spares. `opening`: each book's first holder; `undo_nodes`: the nodes that may ask for an undo,
    the secretary's and the assistant's.
    """

    device: str
    table: int | None
    devices: frozenset[str]
    first: frozenset[str]
    opening: Mapping[int, str]
    undo_nodes: frozenset[str]
    elections: tuple[str, ...]
    card: CardRules
    voter_digits: int
    birth_date_keyed: bool
    clear_ms: int
    first_prev: str
    day: date | None
    view: ViewContext

    @property
    def alone(self) -> bool:
        """Whether the place has this one node only, an island for good."""
        return len(self.first) == 1
