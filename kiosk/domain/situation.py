"""What a node sees around it, for its screens: the other nodes, the books, and what goes wrong. Pure data.

The node makes it from heads and logs; the view draws it; nothing is decided by it.
"""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.chain import Refusal
from kiosk.domain.messages import Stance


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
    """

    origin: str
    table: int | None
    seen: bool
    stance: Stance
    last_ms: int = 0
    clock_off: bool = False
    current: bool = True
    deaf: bool = False

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


@dataclass(frozen=True, slots=True)
class Unproved:
    """A request of a stopped node without a decision that counts: its card is to be scanned again."""

    origin: str
    voter: int


@dataclass(frozen=True, slots=True)
class Seizure:
    """A book that this node is taking: its seal is written, its `seize` is not.

    `waits_for`: origins that must answer, or be attested stopped in a new seal; `fetching`: their entries are still on the way.
    `to`: who a handover within the cut names; empty where the chair may choose.
    `stopped`, each with the time of its last entry known here: cards taken in since then are to be scanned again, and
    `unproved`.
    """

    book: int
    old: str
    stopped: tuple[Peer, ...]
    waits_for: tuple[str, ...]
    fetching: bool
    unproved: tuple[Unproved, ...]
    scanned: int
    to: str = ""

    @property
    def ready(self) -> bool:
        """Whether the book can be taken now."""
        return not self.waits_for and not self.fetching


@dataclass(frozen=True, slots=True)
class Refused:
    """Something was refused and kept as evidence: under whose name it came, and why."""

    sender: str
    why: Refusal


@dataclass(frozen=True, slots=True)
class Conflict:
    """A voter with more than one ballot in an election: the tables (0: found in a stopped table's pile) and times, ms."""

    voter: int
    ballots: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything at a glance.

    `me` is this node's origin, `holders` who holds each book (0 is the register); `mine` the books it may hand over now.
    `uncopied`: own entries that no other node has on disk. `awaited`: after a start, whose heads are missing before it is
    fresh. `may_seal`: the books whose seizure may begin here. `unheard`: others are seen, and none of them hears this node.
    `refused`: what was refused and kept as evidence, newest last.
    """

    me: str
    peers: tuple[Peer, ...] = ()
    holders: tuple[tuple[int, str], ...] = ()
    mine: tuple[int, ...] = ()
    mode: Mode = Mode.FREE
    fresh: bool = True
    uncopied: int = 0
    awaited: tuple[str, ...] = ()
    may_seal: tuple[int, ...] = ()
    may_attest: bool = False
    may_island: bool = False
    unheard: bool = False
    seizures: tuple[Seizure, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    refused: tuple[Refused, ...] = ()


NOWHERE = Situation(me="")
"""What a node knows of its surroundings before it has looked."""
