"""The entries of a node's log and their canonical bytes. Pure.

An entry is `(origin, seq, prev, time, body)`; the body's `kind` says what it means (see the table in the protocol). Its
canonical bytes are JSON in UTF-8 with sorted keys and no blanks, integers only; its hash is SHA-256 over those bytes, and
`prev` holds the hash of the entry before, so that one signature covers all that came before it.
"""

import hashlib
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from kiosk.domain.nodes import ORIGIN

# What the fields hold, and no more. Whoever has a device's key can sign anything: an entry that was let in is on the disk for
# good, and the screens, the sums and the disks of all others would have to bear it, after each restart again.
_ID = rf"{ORIGIN}/[1-9][0-9]{{0,14}}/[1-9][0-9]{{0,14}}"
Origin = Annotated[str, Meta(pattern=rf"\A{ORIGIN}\Z")]
RequestId = Annotated[str, Meta(pattern=rf"\A{_ID}\Z")]
Target = Annotated[str, Meta(pattern=rf"\A(?:{_ID}|{ORIGIN}/[1-9][0-9]{{0,14}})?\Z")]
Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
ElectionId = Annotated[str, Meta(pattern=r"\A[a-z0-9_-]{1,16}\Z")]
Elections = Annotated[tuple[ElectionId, ...], Meta(max_length=4)]
Reason = Annotated[str, Meta(pattern=r"\A[a-z_]{0,32}\Z")]
Count = Annotated[int, Meta(ge=0, le=10**15)]
Seq = Annotated[int, Meta(ge=1, le=10**15)]
Time = Annotated[int, Meta(ge=0, le=32_503_680_000_000)]  # to the year 3000: a clock can show it
Voter = Annotated[int, Meta(ge=1, le=999_999_999)]
Book = Annotated[int, Meta(ge=0, le=999)]
Vector = Annotated[dict[Origin, Count], Meta(max_length=512)]
RELEASED_MOST = 10
"""Referrals that one release names."""
LOG_MOST = 100_000
"""Entries of one log: more than those of a place with one table and 25,000 voters. So a device that writes on and on ends."""


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
    """The node started (or was unlocked): nothing it knew before can be taken as fresh.

    `missing`: the origins that the chair attests are stopped, in a start that nobody who is fresh can help (rule D2).
    """

    missing: Annotated[tuple[Origin, ...], Meta(max_length=512)] = ()


class Open(_Body, frozen=True):
    """The poll is opened; written by the register's holder at epoch `register` on the chair's word."""

    register: Count


class Close(_Body, frozen=True):
    """The table is closed for voters, on the chair's word."""

    table: Book


class Reopen(_Body, frozen=True):
    """The table was closed by mistake and takes voters again, on the chair's word."""

    table: Book


class Locked(_Body, frozen=True):
    """The node was locked on its own screen: it decides and shows nothing until it is unlocked, which is a start."""


class Island(_Body, frozen=True):
    """Fast bordvalg: the chair lets a table that reaches nobody serve its own voters; or (`on` false) this has ended."""

    on: bool


class Referred(_Body, frozen=True):
    """The voter gave a wrong birth date too often: every table sends them to the secretary until they are released."""

    voter: Voter


class Released(_Body, frozen=True):
    """The chair or the secretary gives a referred voter a new try.

    `ends`: the hashes of the referrals that it ends. Who does not know a referral can't name it, not even the next one.
    """

    voter: Voter
    ends: Annotated[tuple[Hash, ...], Meta(max_length=RELEASED_MOST)]


class Op(StrEnum):
    """What a request asks for."""

    CHECK_IN = "check_in"  # ballots for the voter
    UNDO = "undo"  # the secretary takes back a mark: its ballots are back in stock


class Request(_Body, frozen=True):
    """May this voter be given these elections' ballots? `id` is origin/seq of its last start/counter, never used again.

    `table` is 0 for the secretary. Of an `undo` only: `target` is the mark that it takes back, a request's id or, for a card
    that was found, ORIGIN/SEQ of the `rescanned`; its author holds the register at epoch `register`. `handed_out`: the ballots
    had been handed out. An undo that says they had not gives way where `issued` turns up later.
    """

    id: RequestId
    op: Op
    voter: Voter
    book: Book
    elections: Elections
    table: Book
    how: How | None = None
    source: Source | None = None
    target: Target = ""
    register: Count = 0
    handed_out: bool = False


class Outcome(StrEnum):
    """What the holder decided, for good. What takes a grant back is the requester's `withdrawn`, or an undo."""

    GRANTED = "granted"
    REFUSED = "refused"


class Decision(_Body, frozen=True):
    """The holder's word on a request. `reason` is empty for a grant, else a word for the screen and the log.

    It names voter and elections itself, since it may be known where the request's own entry is not; `target` likewise.
    `table` and `marked_ms` tell of the mark that stands against it, where one does.
    """

    request: RequestId
    voter: Voter
    elections: Elections
    book: Book
    epoch: Count
    outcome: Outcome
    reason: Reason = ""
    target: Target = ""
    table: Book = 0
    marked_ms: Time = 0


class Issued(_Body, frozen=True):
    """The green light was shown: ballots are handed out."""

    request: RequestId


class Withdrawn(_Body, frozen=True):
    """The request is given up: no ballot was or will be handed out on it."""

    request: RequestId


class Handover(_Body, frozen=True):
    """From this entry on `to` (an origin) holds the book, at this epoch; written by the holder before."""

    book: Book
    epoch: Count
    to: Origin


class Seal(_Body, frozen=True):
    """The register's holder, at its epoch `register`, begins to take the book, for a holder at `epoch`.

    `stopped`: the origins that the chair attests are stopped, each with the seq up to which the writer has its log.
    """

    book: Book
    epoch: Count
    register: Count
    stopped: Vector


class Seize(_Body, frozen=True):
    """The book is taken: `to` holds it at `epoch`; of the old holder's entries at the epoch before, those up to `cut` count.

    `seal` is the seq of the seal that it ends; `answers`: how much of whose logs the new holder needs: each answering node's
    own at its answer, and what tells of cards found at the stopped. In the register it is also what was known of the
    assistant's earlier disks: what they wrote about it beyond that is nothing.
    `unscanned`: how many cards that should have been scanned again the chair went on without.
    """

    book: Book
    epoch: Count
    register: Count
    seal: Seq
    to: Origin
    cut: Count
    answers: Vector
    unscanned: Count = 0


class Rescanned(_Body, frozen=True):
    """The voter's card was found at the stopped table whose origin is `stopped`: ballots were handed out there."""

    voter: Voter
    stopped: Origin


Body = (
    Start
    | Open
    | Close
    | Reopen
    | Locked
    | Island
    | Referred
    | Released
    | Request
    | Decision
    | Issued
    | Withdrawn
    | Handover
    | Seal
    | Seize
    | Rescanned
)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry. `seq` counts 1, 2, 3 …; `prev` is a SHA-256 in hex; `time` is the writer's clock, ms since 1970 UTC."""

    origin: Origin
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
