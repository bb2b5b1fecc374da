"""What the chair decides on the PIN: each action with what it is about. To stop nodes or open the poll takes a code. Pure.

The `word` of an action is the touch that leads to it, and the key of its button's text; `pin_WORD` is the key of its question.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class CloseTable:
    """This table takes no more voters; it goes on deciding for the others."""

    word: ClassVar = "close_table"


@dataclass(frozen=True, slots=True)
class ReopenTable:
    """It takes voters again."""

    word: ClassVar = "reopen_table"


@dataclass(frozen=True, slots=True)
class ReleaseVoter:
    """A voter who was referred has new tries."""

    voter: int
    word: ClassVar = "release_voter"


@dataclass(frozen=True, slots=True)
class BeginIsland:
    """Fast bordvalg: the table serves its own voters while it reaches nobody."""

    word: ClassVar = "island"


@dataclass(frozen=True, slots=True)
class LockNode:
    """The node decides and shows nothing until it is unlocked."""

    word: ClassVar = "lock"


@dataclass(frozen=True, slots=True)
class UnlockNode:
    """It starts anew."""

    word: ClassVar = "unlock"


@dataclass(frozen=True, slots=True)
class GiveBook:
    """A book is given to another node, by its device."""

    book: int
    to: str
    word: ClassVar = "give"


@dataclass(frozen=True, slots=True)
class UndoMark:
    """The voter's mark `target` is taken back; `handed_out`: what was read of it, that its ballots had been."""

    voter: int
    target: str
    handed_out: bool
    word: ClassVar = "undo"


@dataclass(frozen=True, slots=True)
class ExcuseDevices:
    """After a start: this card has been in its device since it was first used, so that these devices need not be heard."""

    devices: frozenset[str]
    word: ClassVar = "excuse"


ChairAction = (
    CloseTable | ReopenTable | ReleaseVoter | BeginIsland | LockNode | UnlockNode | GiveBook | UndoMark | ExcuseDevices
)


class WhyNot(StrEnum):
    """Why the node did not do what was decided: what it rests on has changed since it was offered."""

    NOT_NOW = "not_now"  # the node has not begun, or must not go on
    NOT_ALONE = "not_alone"  # the table reaches others again
    NOT_AWAITED = "not_awaited"  # nobody waits for these devices any more, or they answer
    NOT_HERE = "not_here"  # the book is not here any more, or that node can't take it
    MARK_CHANGED = "mark_changed"  # the mark is gone, or is another than was read
