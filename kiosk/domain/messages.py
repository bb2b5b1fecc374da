"""What nodes say to each other, as it travels. Pure.

Only entries are the protocol's memory. Everything else here may be lost, late or repeated without harm.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from kiosk.domain.entries import Count, Hash, Origin, Request, Seq, Time

Hex = Annotated[str, msgspec.Meta(pattern=r"\A(?:[0-9a-f]{2}){0,64}\Z")]
"""A signature."""


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message: read-only, and a field that it does not know is an error."""


class Batch(_Message, frozen=True):
    """Consecutive entries of one origin's log from seq `first` on, each in its canonical bytes.

    `signature`, in hex, is the origin's over the last of them (`batch_signed`), and by the chain covers all.
    """

    origin: Origin
    first: Seq
    entries: tuple[msgspec.Raw, ...]
    signature: Hex


class Ask(_Message, frozen=True):
    """A request at once, while its entry is being committed. Never an entry: it has no seq and is in no vector.

    `after`: the seq of the asker's last `withdrawn`, 0 for none: who has not got it would see a mark that is given up.
    """

    request: Request
    after: Count = 0


class Stance(StrEnum):
    """What a node is doing, for the others' screens."""

    SERVING = "serving"
    NOT_READY = "not_ready"  # catching up, or the poll is not open
    CLOSED = "closed"
    ISLAND = "island"
    LOCKED = "locked"
    AT_CLERK = "at_clerk"  # waits for its clerk's word after a restart
    FAULT = "fault"


class Head(_Message, frozen=True):
    """What a node has on disk: the vector `have`, {origin: seq}. `start` is the seq of its last start, `count` counts its
    heads since; `tip` is the hash of its own log's last entry; `starts`: the hash of the last start of each other node that has
    not been fresh since, for what its peers know; `hears`: of each other node that it sees, the `count` of the newest head.

    `fresh`: whether it is by rule D2. `clock_ms` is its wall clock, to show when two differ; never compared for order.
    """

    origin: Origin
    start: Seq
    count: Seq
    tip: Hash
    have: dict[Origin, Seq]
    fresh: bool
    stance: Stance
    clock_ms: Time
    starts: dict[Origin, Hash] = {}
    hears: dict[Origin, Seq] = {}


class AtClerk(_Message, frozen=True):
    """The node has started and waits for its clerk to say what the last run left open: no head, and it proves nothing."""


class Want(_Message, frozen=True):
    """Send me this origin's entries from seq `first` on."""

    origin: Origin
    first: Seq
