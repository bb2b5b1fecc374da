"""The messages between nodes. Pure.

Only entries are the protocol's memory. Everything else here may be lost, late or repeated without harm.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from kiosk.domain.entries import DEVICES_MOST, DeviceName, Request, RunName, Seq, Time, Vector

Hex = Annotated[str, msgspec.Meta(pattern=r"\A(?:[0-9a-f]{2}){0,64}\Z")]
"""A signature."""


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message: read-only, and a field that it does not know is an error."""


class Batch(_Message, frozen=True):
    """Consecutive entries of one run from seq `first` on, each in its canonical bytes.

    `signature`, in hex, is its device's over the last of them (`batch_signed`), and by the chain covers all.
    """

    run: RunName
    first: Seq
    entries: tuple[msgspec.Raw, ...]
    signature: Hex


class Ask(_Message, frozen=True):
    """A request at once, while its entry is being committed. Never an entry: it has no seq and is in no vector.

    `after`: how far the asker's log went when it withdrew last, 0 for never: who has less would see a mark that is given up.
    """

    request: Request
    after: Annotated[int, msgspec.Meta(ge=0, le=10**15)] = 0


class Stance(StrEnum):
    """What a node is doing, for the others' screens."""

    SERVING = "serving"
    NOT_READY = "not_ready"  # catching up, or the poll is not open
    CLOSED = "closed"
    ISLAND = "island"
    LOCKED = "locked"
    AT_CLERK = "at_clerk"  # waits for its clerk's word after a restart
    FAULT = "fault"


class Display(StrEnum):
    """Whether a node's clerk sees what the node shows, for the others' screens."""

    DRAWS = "draws"
    HANGS = "hangs"  # connected, and draws nothing any more
    NONE = "none"


class Head(_Message, frozen=True):
    """What a device has on disk: the vector `have`. `run` is its run, the `runs`th of its log; `count` counts its heads since.

    `member`: whether the run is one by rule M. `clock_ms` is its wall clock, to show when two differ; never compared for order.
    `hears`: of each other device that it sees, the `count` of the newest head; `display`: its own one.
    """

    run: RunName
    runs: Seq
    count: Seq
    have: Vector
    member: bool
    stance: Stance
    clock_ms: Time
    hears: Annotated[dict[DeviceName, Seq], msgspec.Meta(max_length=DEVICES_MOST)] = {}
    display: Display = Display.DRAWS


class AtClerk(_Message, frozen=True):
    """The node has started and waits for its clerk to say what the last run left open: no head, and it proves nothing."""


class Want(_Message, frozen=True):
    """Send me the entries on this run's line from seq `first` on; 0: from where the run itself begins."""

    run: RunName
    first: Annotated[int, msgspec.Meta(ge=0, le=10**15)]
