"""What a node sees around it, for its screens: the other nodes, the books, and what goes wrong. Pure data.

The node makes it from heads and logs; the view draws it; nothing is decided by it.
"""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.chain import RejectionReason
from kiosk.domain.messages import Display, Stance

UNDOS_TOLD = 3
"""Undos that are told of at once."""


class Mode(StrEnum):
    """How voters are served at this table now."""

    FREE = "free"  # frit bordvalg: any table
    FIXED = "fixed"  # fast bordvalg: the table on the card (island mode)
    PAPER = "paper"  # papir: this table can't serve by itself; what is done until it can is the chair's decision


@dataclass(frozen=True, slots=True)
class Peer:
    """Another node. `table` is missing for the secretary's. `seen`: its heads arrive.

    `stance` is what it was doing when it was heard last; `last_ms`: the time on its last entry that is known here, 0 for none.
    `clock_off`: its clock differs from most others by over a minute, or did when it was heard last. `deaf`: it hears nobody.
    `card`: the last card known of it; looked for only where cards are to be scanned again. `member`: by rule M, as it says.
    """

    device: str
    table: int | None
    seen: bool
    stance: Stance
    last_ms: int = 0
    clock_off: bool = False
    current: bool = True
    card: "LastCard | None" = None
    deaf: bool = False
    display: Display = Display.DRAWS
    member: bool = True

    @property
    def locked(self) -> bool:
        """Whether it is locked: it is silent, and so it should be."""
        return self.stance is Stance.LOCKED

    @property
    def silent(self) -> bool:
        """Whether it says nothing, and nobody knows why."""
        return not self.seen and self.stance not in (Stance.AT_CLERK, Stance.LOCKED)


@dataclass(frozen=True, slots=True)
class Undoable:
    """A mark that can be taken back.

    `target`: a request's id, or the entry of a card found; `table`: 0 for the secretary's; `time_ms`: by that table's clock;
    `issued`: by what is known ballots were handed out; `found`: it is a card found.
    """

    target: str
    table: int
    time_ms: int
    elections: tuple[str, ...]
    issued: bool
    found: bool = False


class UndoState(StrEnum):
    """What has become of an undo that was asked for."""

    ASKED = "asked"
    UNDONE = "undone"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"  # it said that nothing was handed out, and the table has said since that it was


@dataclass(frozen=True, slots=True)
class Undo:
    """An undo that people here are told of once. `request`: its id; `table`: whose mark it is, None for a card found;
    `holder`: the device that decides; `beside`: once undone, where and when the voter has another mark, if any."""

    request: str
    voter: int
    table: int | None
    holder: str
    state: UndoState
    beside: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class LastCard:
    """The last card that is known of a table: its voter, its place among that table's, from 1, and when this node heard of it,
    by its own clock (0: in an earlier run)."""

    voter: int
    place: int
    heard_ms: int


@dataclass(frozen=True, slots=True)
class Unproved:
    """A request of a stopped device of which no grant is known: its card is to be scanned."""

    device: str
    voter: int


@dataclass(frozen=True, slots=True)
class Stopping:
    """A stop, with code `n`, that this node has to finish: its view is not written.

    `waits_for`: devices that must acknowledge it, or be named with the next code; `fetching`: what they showed is still on the
    way, `fetching_from` which of them. `stopped`, each with its last card known here: those that lie on top of it are to be
    scanned, and `unproved`. `scanned`: the cards found under this very stop. `opens`: it opens the poll.
    """

    n: int
    stopped: tuple[Peer, ...]
    waits_for: tuple[str, ...]
    fetching: bool
    unproved: tuple[Unproved, ...]
    scanned: int
    opens: bool = False
    fetching_from: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether the view can be written now."""
        return not self.waits_for and not self.fetching


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The highest code that is known to be used, unless this run used it: at which device, about which devices, whether
    that is finished, and whether it never will be, since the run that used it is over."""

    n: int
    device: str
    named: tuple[str, ...]
    finished: bool
    lost: bool = False


@dataclass(frozen=True, slots=True)
class RejectedMessage:
    """Something was refused and kept as evidence: under whose name it came, and why."""

    sender: str
    why: RejectionReason


@dataclass(frozen=True, slots=True)
class Conflict:
    """A voter with more than one ballot in an election: the tables (0: the secretary's) and times, ms."""

    voter: int
    ballots: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A voter's mark of whose ballots nobody at the table knows whether they were handed out."""

    voter: int
    table: int


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything at a glance.

    `me` is this node's device, `holders` who holds each book; `mine` the books it may give away now. `member`: by rule M.
    `uncopied`: own entries that no other node has on disk. `awaited`: after a start, whose heads are missing before it is a
    member; `cold`: the power has failed everywhere, and nobody here is one. `excusable`: for which of them the chair may
    shorten the wait, since they are silent, or were stopped with a code.
    `may_stop`: the chair's codes may be used here; `last_code`: the highest that is known to be used. `stopping`: this run's
    stop that is not finished; `viewed`: the last code with which this run has finished one, `taken` the books that
    it holds by that, `kept` the devices that were named and hold one all the same; `elsewhere`: another's. `unheard`:
    others are seen, and none of them hears this node. `left_open`: what the secretary, if this is the secretary's node, has to
    decide. `refused`: what was refused and kept as evidence, newest last.
    `undos`: what people here have not been told yet, or not to its end. `old_card`: others know more of the run before this one
    than this card did when it began.
    """

    me: str
    peers: tuple[Peer, ...] = ()
    holders: tuple[tuple[int, str], ...] = ()
    mine: tuple[int, ...] = ()
    mode: Mode = Mode.FREE
    member: bool = True
    cold: bool = False
    uncopied: int = 0
    awaited: tuple[str, ...] = ()
    excusable: tuple[str, ...] = ()
    may_stop: bool = False
    last_code: int = 0
    may_island: bool = False
    may_undo: bool = False
    poll_open: bool = True
    unheard: bool = False
    stopping: Stopping | None = None
    old_card: bool = False
    viewed: int = 0
    taken: tuple[int, ...] = ()
    kept: tuple[str, ...] = ()
    elsewhere: Elsewhere | None = None
    conflicts: tuple[Conflict, ...] = ()
    left_open: tuple[LeftOpen, ...] = ()
    refused: tuple[RejectedMessage, ...] = ()
    undos: tuple[Undo, ...] = ()

    @property
    def undone_here(self) -> tuple[Undo, ...]:
        """The undos that a table's own screen tells of."""
        return tuple(undo for undo in self.undos if undo.state is UndoState.UNDONE)[-UNDOS_TOLD:]


NOWHERE = Situation(me="")
"""What a node knows of its surroundings before it has looked."""
