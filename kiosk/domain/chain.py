"""Whether a log is what its writer wrote: the hash chain and the signatures, checked entry by entry. Pure.

`check_chain` is used when a node starts and by the auditor's command, `check_batch` on what another node sends; the keys'
arithmetic is handed in.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from kiosk.domain.entries import Entry, batch_signed, decode_entry, entry_hash, is_canonical
from kiosk.domain.messages import Batch


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored entry: where it says it stands, its canonical bytes, and its batch's signature where it ends one."""

    origin: str
    seq: int
    data: bytes
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class Broken:
    """Something is wrong with this entry of this origin; `what` says what, in words for an auditor."""

    origin: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"{self.origin} entry {self.seq}: {self.what}"


@dataclass(slots=True)
class Head:
    """How far an origin's log is good so far. `signed` is the seq of the last entry that a checked signature covers."""

    seq: int
    hash: str
    signed: int = 0


class Refusal(StrEnum):
    """What is wrong with what came under a node's name, in kinds that the screens have words for."""

    FORGED = "forged"  # the signature is not the node's
    FORKED = "forked"  # it tells another story than before
    STRANGER = "stranger"  # no such node in this place
    MALFORMED = "malformed"
    OTHER_LIST = "other_list"  # its voter list is another one
    FLOODING = "flooding"  # it says more than anybody can take in
    PACE = "pace"  # it asks for more voters than a table can serve
    REVOKED = "revoked"  # its certificate: the device is lost


class RefusedError(Exception):
    """A batch that is not what its origin wrote next: of what `kind`, and in words what is wrong with it."""

    def __init__(self, kind: Refusal, why: str) -> None:
        super().__init__(why)
        self.kind = kind


def check_batch(
    batch: Batch, after: Head, verify: Callable[[str, bytes, bytes], bool]
) -> tuple[list[tuple[Entry, bytes]], str, bytes]:
    """Read the entries of a batch that follow `after`, where it continues that log: entries with their bytes, last hash,
    signature.

    The batch may begin before; it must not begin later than the next entry.

    Raises:
        RefusedError: an entry is malformed, out of order or not linked to the one before, or the signature is not the origin's.
    """
    known = after.seq + 1 - batch.first
    link, seq = after.hash, after.seq
    if known > 0 and entry_hash(bytes(batch.entries[known - 1])) != link:
        raise other_story(batch, "it has another entry where one is known", verify)
    read = []
    for raw in batch.entries[known:]:
        data, seq = bytes(raw), seq + 1
        try:
            entry = decode_entry(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RefusedError(Refusal.MALFORMED, "it holds what is no entry") from None
        if (entry.origin, entry.seq) != (batch.origin, seq) or not is_canonical(entry, data):
            raise RefusedError(Refusal.MALFORMED, "an entry is out of place or not in canonical form")
        if entry.prev != link:
            raise other_story(batch, "it does not continue the log that is known", verify)
        link = entry_hash(data)
        read.append((entry, data))
    try:
        signature = bytes.fromhex(batch.signature)
    except ValueError:
        raise RefusedError(Refusal.MALFORMED, "its signature is not in hex") from None
    if not verify(batch.origin, signature, batch_signed(link)):
        raise RefusedError(Refusal.FORGED, "the signature is not the origin's")
    return read, link, signature


def other_story(batch: Batch, why: str, verify: Callable[[str, bytes, bytes], bool]) -> RefusedError:
    """Why a batch is refused that is not what is known of its origin: two stories are told only by who has signed both."""
    if is_by_origin(batch, verify):
        return RefusedError(Refusal.FORKED, why)
    return RefusedError(Refusal.FORGED, f"{why}, and its origin has not signed it")


def is_by_origin(batch: Batch, verify: Callable[[str, bytes, bytes], bool]) -> bool:
    """Whether its origin has signed the whole batch, at the seqs that it claims, whatever else is known of that log."""
    link = None
    for seq, raw in enumerate(batch.entries, batch.first):
        data = bytes(raw)
        try:
            entry = decode_entry(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if (entry.origin, entry.seq) != (batch.origin, seq) or link not in (None, entry.prev):
            return False
        link = entry_hash(data)
    try:
        signature = bytes.fromhex(batch.signature)
    except ValueError:
        return False
    return link is not None and verify(batch.origin, signature, batch_signed(link))


def check_chain(
    stored: Iterable[Stored], first_prev: str, verify: Callable[[str, bytes, bytes], bool], heads: dict[str, Head]
) -> Iterator[Entry | Broken]:
    """Check entries in their order of arrival; `heads` is filled in with how far each origin got.

    `verify(origin, signature, message)` tells whether the signature is that origin's. Yields each entry that can be read, and a
    `Broken` for each fault found. A log cut off at its end can't be told from a shorter one: compare the head with a peer's
    or with the one on paper.
    """
    for row in stored:
        head = heads.setdefault(row.origin, Head(0, first_prev))
        try:
            entry = decode_entry(row.data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield Broken(row.origin, row.seq, "changed: it is not an entry any more")
            head.seq, head.hash = row.seq, entry_hash(row.data)
            continue
        yield from _check_one(row, entry, head, verify)
        head.seq, head.hash = row.seq, entry_hash(row.data)
        yield entry
    for origin, head in heads.items():
        if head.signed < head.seq:
            yield Broken(origin, head.seq, f"forged or cut: entries {head.signed + 1} to {head.seq} carry no good signature")


def _check_one(row: Stored, entry: Entry, head: Head, verify: Callable[[str, bytes, bytes], bool]) -> Iterator[Broken]:
    if (entry.origin, entry.seq) != (row.origin, row.seq):
        yield Broken(row.origin, row.seq, f"reordered: here stands {entry.origin} entry {entry.seq}")
    elif not is_canonical(entry, row.data):
        yield Broken(row.origin, row.seq, "changed: its bytes are not in canonical form")
    if row.seq > head.seq + 1:
        missing = f"entry {head.seq + 1} is" if row.seq == head.seq + 2 else f"entries {head.seq + 1} to {row.seq - 1} are"
        yield Broken(row.origin, row.seq, f"dropped: {missing} missing before it")
    elif row.seq <= head.seq:
        yield Broken(row.origin, row.seq, f"reordered: it arrived after entry {head.seq}")
    elif entry.prev != head.hash:
        culprit = f"entry {head.seq} was changed" if head.seq else "the log belongs to another place, day or voter list"
        yield Broken(row.origin, max(head.seq, 1), f"changed: {culprit}: the next entry was written after another one")
    if row.signature is None:
        return
    if verify(row.origin, row.signature, batch_signed(entry_hash(row.data))):
        head.signed = row.seq
    else:
        yield Broken(
            row.origin, row.seq, f"forged: the signature over entries {head.signed + 1} to {row.seq} is not {row.origin}'s"
        )
