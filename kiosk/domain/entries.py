"""The entries of a node's log and their canonical bytes. Pure.

An entry is `(origin, seq, prev, time, body)`; the body's `kind` says what it means (see the table in the protocol). Its
canonical bytes are JSON in UTF-8 with sorted keys and no blanks, integers only; its hash is SHA-256 over those bytes, and
`prev` holds the hash of the entry before, so that one signature covers all that came before it.
"""

import hashlib
from enum import StrEnum
from typing import Literal

import msgspec


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
    """The node started (or was unlocked): nothing it knew before can be taken as fresh."""


class Open(_Body, frozen=True):
    """The poll is opened; written by the register's holder on the chair's word."""


class Close(_Body, frozen=True):
    """The table is closed for voters, on the chair's word."""

    table: int


class Reopen(_Body, frozen=True):
    """The table was closed by mistake and takes voters again, on the chair's word."""

    table: int


class Referred(_Body, frozen=True):
    """The voter gave a wrong birth date too often: every table sends them to the secretary until they are released."""

    voter: int


class Released(_Body, frozen=True):
    """The chair or the secretary gives a referred voter a new try."""

    voter: int


class Request(_Body, frozen=True):
    """May this voter be given these elections' ballots? `id` is origin/seq of its last start/counter, never used again."""

    id: str
    op: Literal["check_in"]
    voter: int
    book: int
    elections: tuple[str, ...]
    table: int
    how: How
    source: Source


class Outcome(StrEnum):
    """What the holder decided. `undone` takes back a grant."""

    GRANTED = "granted"
    REFUSED = "refused"
    UNDONE = "undone"


class Decision(_Body, frozen=True):
    """The holder's word on a request. `reason` is empty for a grant, else a word for the screen and the log."""

    request: str
    book: int
    epoch: int
    outcome: Outcome
    reason: str = ""


class Issued(_Body, frozen=True):
    """The green light was shown: ballots are handed out."""

    request: str


class Withdrawn(_Body, frozen=True):
    """The request is given up: no ballot was or will be handed out on it."""

    request: str


Body = Start | Open | Close | Reopen | Referred | Released | Request | Decision | Issued | Withdrawn


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry. `seq` counts 1, 2, 3 …; `prev` is a SHA-256 in hex; `time` is the writer's clock, ms since 1970 UTC."""

    origin: str
    seq: int
    prev: str
    time: int
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
