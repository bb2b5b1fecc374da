"""The entries of a node's log and their canonical bytes. Pure.

An entry is `(run, seq, prev, time, body)`; the body's `kind` says what it means (kiosk/PROTOCOL.md has the table). Its
canonical bytes are JSON in UTF-8 with sorted keys and no blanks, integers only; its hash is SHA-256 over those bytes, and
`prev` holds the hash of the entry before, so that one signature covers all that came before it.
"""

import hashlib
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk.domain.nodes import DEVICE, RUN

# What the fields hold, and no more. Whoever has a device's key can sign anything: an entry that was let in is on the disk for
# good, and the screens, the sums and the disks of all others would have to bear it, after each restart again.
_ID = rf"{RUN}/[1-9][0-9]{{0,14}}"
_SPOT = rf"{RUN}#[1-9][0-9]{{0,14}}"
DeviceName = Annotated[str, Meta(pattern=rf"\A{DEVICE}\Z")]
RunName = Annotated[str, Meta(pattern=rf"\A{RUN}\Z")]
RequestId = Annotated[str, Meta(pattern=rf"\A{_ID}\Z")]
Target = Annotated[str, Meta(pattern=rf"\A(?:{_ID}|{_SPOT})?\Z")]
Hold = Annotated[str, Meta(pattern=rf"\A{_SPOT}\Z")]
Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Signature = Annotated[str, Meta(pattern=r"\A[0-9a-f]{128}\Z")]
ElectionId = Annotated[str, Meta(pattern=r"\A[a-z0-9_-]{1,16}\Z")]
Elections = Annotated[tuple[ElectionId, ...], Meta(max_length=4)]
Reason = Annotated[str, Meta(pattern=r"\A[a-z_]{0,32}\Z")]
Seq = Annotated[int, Meta(ge=1, le=10**15)]
Time = Annotated[int, Meta(ge=0, le=32_503_680_000_000)]  # to the year 3000: a clock can show it
VoterNumber = Annotated[int, Meta(ge=1, le=999_999_999)]
BookNumber = Annotated[int, Meta(ge=1, le=999)]
CodeNumber = Annotated[int, Meta(ge=1, le=40)]
BRANCHES_MOST = 4
"""Branches of one device's log: two cards with one key make two."""
DEVICES_MOST = 202
"""Devices of one place: two for each of its nodes (`limits`)."""
Devices = Annotated[tuple[DeviceName, ...], Meta(max_length=DEVICES_MOST)]
Vector = Annotated[dict[RunName, Seq], Meta(max_length=BRANCHES_MOST * DEVICES_MOST)]
"""Of each device its last run, and how far it goes; of a log that branches, each branch's."""
RELEASED_MOST = 10
"""Referrals that one release names."""
ANSWERED_MOST = 100
"""Open requests that a start answers; a table makes one after another, and leaves one or two."""
LOG_MOST = 100_000
"""Entries of one log: more than those of a place with one table and 25,000 voters. So a device that writes on and on ends."""
RUNS_MOST = 300
"""Runs of one device, as many as one that starts every third minute of the day."""
GIVES_MOST = 100
"""Gives of one book that count; who lies can give one in circles between two runs."""


class How(StrEnum):
    """How the birth date was given."""

    SPOKEN = "spoken"  # mundtligt
    WRITTEN = "written"  # skrevet på kortet
    SHOWN = "shown"  # legitimation
    KNOWN = "known"  # personligt kendt


class Source(StrEnum):
    """Where the voter number came from."""

    CARD = "card"
    KEYED = "keyed"


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag=str.lower):
    """What an entry says."""


class Start(_Body, frozen=True):
    """A run begins. `before`: the device's run before it, "" for none; it ended at the entry whose hash is this one's `prev`.

    `issued`, `withdrawn`: the clerk's answers about check-ins that it had left open.
    """

    before: Annotated[str, Meta(pattern=rf"\A(?:{RUN})?\Z")] = ""
    issued: Annotated[tuple[RequestId, ...], Meta(max_length=ANSWERED_MOST)] = ()
    withdrawn: Annotated[tuple[RequestId, ...], Meta(max_length=ANSWERED_MOST)] = ()


class Op(StrEnum):
    """What a request asks for."""

    CHECK_IN = "check_in"  # ballots for the voter
    UNDO = "undo"  # the secretary takes back a mark: its ballots are back in stock


class Request(_Body, frozen=True):
    """May this voter be given these elections' ballots? `id` is RUN/COUNTER, never used again.

    Of an `undo` only: `target` is the mark that it takes back, a request's id or, for a card that was found, RUN#SEQ of the
    `card`. `handed_out`: the ballots had been handed out. An undo that says they had not gives way where `issued` turns up.
    """

    id: RequestId
    op: Op
    voter: VoterNumber
    elections: Elections
    how: How | None = None
    source: Source | None = None
    target: Target = ""
    handed_out: bool = False


class Outcome(StrEnum):
    """What the holder decided, for good. What takes a grant back is the requester's `withdrawn`, or an undo."""

    GRANTED = "granted"
    REFUSED = "refused"


class Decision(_Body, frozen=True):
    """The holder's word on a request. `reason` is empty for a grant, else a word for the screen and the log.

    It names voter, elections and target itself, since it may be known where the request's own entry is not. `table` and
    `marked_ms` tell of the mark that stands against it, where one does.
    """

    request: RequestId
    voter: VoterNumber
    elections: Elections
    hold: Hold
    outcome: Outcome
    reason: Reason = ""
    target: Target = ""
    table: Annotated[int, Meta(ge=0, le=999)] = 0
    marked_ms: Time = 0


class Issued(_Body, frozen=True):
    """The green light was shown: ballots are handed out."""

    request: RequestId


class Withdrawn(_Body, frozen=True):
    """The request is given up: no ballot was or will be handed out on it."""

    request: RequestId


class Give(_Body, frozen=True):
    """From this entry on the run `to` holds the book; written by its holder. `knows`: all that the giver has."""

    book: BookNumber
    hold: Hold
    to: RunName
    knows: Vector


class Stop(_Body, frozen=True):
    """The chair attests, with code `n`, that the devices `named` are off or locked. `signature` is that code's key's."""

    n: CodeNumber
    named: Devices
    knows: Vector
    signature: Signature


class Card(_Body, frozen=True):
    """The voter's card lay in the pile of a device that stop `n` names: ballots were handed out there."""

    n: CodeNumber
    device: DeviceName
    voter: VoterNumber


class View(_Body, frozen=True):
    """All who are not named have acknowledged stop `n`; of the named runs' entries those in `knows` count.

    `unscanned`: how many cards that should have been scanned the chair went on without.
    """

    n: CodeNumber
    knows: Vector
    unscanned: Annotated[int, Meta(ge=0, le=10**9)] = 0


Knowing = Give | Stop | View
"""What must come after all that its author knew (rule L)."""


class Excused(_Body, frozen=True):
    """The chair attests that this card has been in this device since it was first used, though these devices are silent (M)."""

    devices: Devices


class Closed(_Body, frozen=True):
    """The table is closed for voters, on the chair's word."""


class Reopened(_Body, frozen=True):
    """The table was closed by mistake and takes voters again, on the chair's word."""


class Locked(_Body, frozen=True):
    """The node was locked on its own screen: its run is over. To unlock it is to start."""


class Island(_Body, frozen=True):
    """Fast bordvalg: the chair lets a table that reaches nobody serve its own voters; or (`on` false) this has ended."""

    on: bool


class Referred(_Body, frozen=True):
    """The voter gave a wrong birth date too often: every table sends them to the secretary until they are released."""

    voter: VoterNumber


class Released(_Body, frozen=True):
    """The chair or the secretary gives a referred voter a new try.

    `ends`: the hashes of the referrals that it ends. Who does not know a referral can't name it, not even the next one.
    """

    voter: VoterNumber
    ends: Annotated[tuple[Hash, ...], Meta(max_length=RELEASED_MOST)]


Body = (
    Start
    | Request
    | Decision
    | Issued
    | Withdrawn
    | Give
    | Stop
    | Card
    | View
    | Excused
    | Closed
    | Reopened
    | Locked
    | Island
    | Referred
    | Released
)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry. `seq` counts 1, 2, 3 …, on from run to run of a device; `prev` is a SHA-256 in hex; `time` is the writer's
    clock, ms since 1970 UTC."""

    run: RunName
    seq: Annotated[int, Meta(ge=1, le=LOG_MOST)]
    prev: Hash
    time: Time
    body: Body


encode_entry = msgspec.json.Encoder(order="sorted").encode
decode_entry = msgspec.json.Decoder(Entry).decode
"""Raises `msgspec.DecodeError` at anything that is not an entry; use `is_canonical` for bytes from elsewhere."""


def is_canonical(entry: Entry, data: bytes) -> bool:
    """Whether these are the bytes that the entry's writer must have hashed."""
    return bytes(encode_entry(entry)) == data


def entry_hash(data: bytes) -> str:
    """SHA-256 in hex of an entry's canonical bytes."""
    return hashlib.sha256(data).hexdigest()


def first_prev(place: str, day: str, list_digest: str) -> str:
    """The `prev` of every log's first entry: it binds the log to one place, one election day and one voter list."""
    return entry_hash(msgspec.json.encode({"day": day, "list": list_digest, "place": place}, order="sorted"))


def batch_signed(last_hash: str) -> bytes:
    """The bytes that a batch's signature is made over; the prefix keeps it from being taken for anything else."""
    return b"valgbord log batch\n" + last_hash.encode()


def stop_signed(run: str, body: Stop, bound_to: str) -> bytes:
    """The bytes that a code signs: the whole stop, its author, and the place, day and list that it is for (`first_prev`)."""
    said = {"bound_to": bound_to, "knows": body.knows, "n": body.n, "named": body.named, "run": run}
    return b"valgbord stop\n" + msgspec.json.encode(said, order="sorted")
