"""What the desk and its pages know, as it was when the node last looked around: read-only, and pure data.

To let a page know more: a query here, its answer as a field of `Facts`, and where the node finds it in `kiosk/node/facts.py`.
The page asks by its `query`, and the node looks it up for the page that is shown only.
"""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.situation import NOWHERE, Situation, Undoable


class NotReadyReason(StrEnum):
    """Why the table is not ready."""

    NO_LIST = "no_list"
    ALONE = "alone"  # the place has other nodes and this one sees none of them
    UNHEARD = "unheard"  # it sees others, and none of them hears it
    CATCHING_UP = "catching_up"  # started, and has not heard from the others yet
    POLL_NOT_OPENED = "poll_not_opened"
    CLOSED = "closed"  # the table is closed for voters


@dataclass(frozen=True, slots=True)
class MarksOf:
    """A voter's marks, those that may be undone from here."""

    voter: int


Query = MarksOf


@dataclass(frozen=True, slots=True)
class Facts:
    """`situation`: how the place stands, which the strip shows too; `lack`: what keeps the table from serving; `office`: this
    is the secretary's node, which serves no voters. What follows is looked up for the page that asks for it, and empty else.

    `marks`: the answer to `MarksOf`; `served`: a table is serving this voter, and that mark stands.
    """

    situation: Situation = NOWHERE
    lack: NotReadyReason | None = None
    office: bool = False
    locked: bool = False
    marks: tuple[Undoable, ...] = ()
    served: bool = False
