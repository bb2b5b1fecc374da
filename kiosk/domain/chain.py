"""Whether a log is what its writer wrote: the hash chain and the signatures, checked entry by entry. Pure.

`check_chain` is used when a node starts and by the auditor's command, `check_batch` on what another node sends; the keys'
arithmetic is handed in.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from kiosk.domain.entries import Entry, Start, batch_signed, decode_entry, entry_hash, is_canonical
from kiosk.domain.messages import Batch
from kiosk.domain.nodes import device_of


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored entry: where it says it stands, its canonical bytes, and its batch's signature where it ends one."""

    run: str
    seq: int
    data: bytes
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class Broken:
    """Something is wrong with this entry of this run; `what` says what, in words for an auditor."""

    run: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"{self.run} entry {self.seq}: {self.what}"

    @property
    def is_forged(self) -> bool:
        """Whether it is about a signature, and not about the links of the chain."""
        return self.what.startswith("forged")


@dataclass(slots=True)
class LogEnd:
    """How far a run is good so far. `signed` is the seq of the last entry that a checked signature covers.

    `before`: the run and the entry after which it began; `unchecked`: the last signature that is still to be checked.
    """

    seq: int
    hash: str
    signed: int = 0
    before: tuple[str, int] = ("", 0)
    unchecked: tuple[int, bytes, str] | None = None


class RejectionReason(StrEnum):
    """Why something that came under a node's name was rejected. The screens have words for each kind."""

    FORGED = "forged"  # the signature is not the node's
    FORKED = "forked"  # it tells another story than before
    STRANGER = "stranger"  # no such node in this place
    MALFORMED = "malformed"
    OTHER_LIST = "other_list"  # its voter list is another one
    FLOODING = "flooding"  # it says more than anybody can take in
    PACE = "pace"  # it asks for more voters than a table can serve
    REVOKED = "revoked"  # its certificate: the device is lost


class RejectedError(Exception):
    """A batch that is not what its run wrote next: of what `kind`, and in words what is wrong with it."""

    def __init__(self, kind: RejectionReason, why: str) -> None:
        super().__init__(why)
        self.kind = kind


def check_batch(
    batch: Batch, after: LogEnd, verify: Callable[[str, bytes, bytes], bool]
) -> tuple[list[tuple[Entry, bytes]], str, bytes]:
    """Read the entries of a batch that follow `after`, where it continues that run: entries with their bytes, last hash,
    signature.

    The batch may begin before; it must not begin later than the next entry. `verify(device, signature, message)`.

    Raises:
        RejectedError: an entry is malformed, out of order or not linked to the one before, or the signature is not the
        device's.
    """
    known = after.seq + 1 - batch.first
    link, seq = after.hash, after.seq
    if known > 0 and entry_hash(bytes(batch.entries[known - 1])) != link:
        raise _other_story(batch, "it has another entry where one is known", verify)
    read = []
    for raw in batch.entries[known:]:
        data, seq = bytes(raw), seq + 1
        entry = read_entry(data)
        if (entry.run, entry.seq) != (batch.run, seq) or not is_canonical(entry, data):
            raise RejectedError(RejectionReason.MALFORMED, "an entry is out of place or not in canonical form")
        if entry.prev != link:
            raise _other_story(batch, "it does not continue the run that is known", verify)
        link = entry_hash(data)
        read.append((entry, data))
    if not _is_signed(batch, link, verify):
        raise RejectedError(RejectionReason.FORGED, "the signature is not its device's")
    return read, link, bytes.fromhex(batch.signature)


def check_repeat(batch: Batch, known: str, verify: Callable[[str, bytes, bytes], bool]) -> None:
    """Check a batch of which nothing is new. `known`: the hash of the entry that is known where its last one stands.

    Raises:
        RejectedError: its last entry is another one.
    """
    if entry_hash(bytes(batch.entries[-1])) != known:
        raise _other_story(batch, "it has another entry where one is known", verify)


def knows_others(row: Stored) -> bool:
    """Whether an entry can be taken in only after what it `knows` of other logs (rule L).

    A batch is taken in whole or not at all. So such an entry's commit begins a batch: what its run wrote before must be had
    without it, since what it knows may in turn know that.
    """
    return _KNOWS in row.data


_KNOWS = b'"knows":{'  # no other entry has it: nothing in one is free text


def read_entry(data: bytes) -> Entry:
    """An entry of its bytes. Raises RejectedError for what is none."""
    try:
        return decode_entry(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RejectedError(RejectionReason.MALFORMED, "it holds what is no entry") from None


def _other_story(batch: Batch, why: str, verify: Callable[[str, bytes, bytes], bool]) -> RejectedError:
    """Why a batch is refused that differs from what is known of its run. Two stories are told only by a device that signed
    both.

    The signature covers the last entry, and the others only where each stands in its place and links to the one before: whoever
    passes on a batch can change those.
    """
    if _is_signed(batch, entry_hash(bytes(batch.entries[-1])), verify) and _is_whole(batch):
        return RejectedError(RejectionReason.FORKED, why)
    return RejectedError(RejectionReason.FORGED, f"{why}, and its device has not signed it")


def _is_whole(batch: Batch) -> bool:
    link = ""
    for seq, raw in enumerate(batch.entries, batch.first):
        data = bytes(raw)
        entry = read_entry(data)
        if (entry.run, entry.seq) != (batch.run, seq) or not is_canonical(entry, data) or (link and entry.prev != link):
            return False
        link = entry_hash(data)
    return True


def _is_signed(batch: Batch, last_hash: str, verify: Callable[[str, bytes, bytes], bool]) -> bool:
    return verify(device_of(batch.run), bytes.fromhex(batch.signature), batch_signed(last_hash))


def check_chain(
    stored: Iterable[Stored],
    first_prev: str,
    verify: Callable[[str, bytes, bytes], bool],
    heads: dict[str, LogEnd],
    *,
    every: bool = True,
) -> Iterator[Entry | Broken]:
    """Check entries in their order of arrival; `heads` is filled in with how far each run got.

    `verify(device, signature, message)` tells whether the signature is that device's. `every`: each signature is checked; else
    only the last of each log, which by the chain covers all before it, those of the runs before too. Yields each entry that can
    be read, and a `Broken` for each fault found. A log cut off at its end can't be told from a shorter one: compare the head
    with a peer's or with the one on paper.
    """
    ends: defaultdict[str, dict[int, str]] = defaultdict(dict)  # of each run the hash of each entry: where a run may begin
    for row in stored:
        try:
            entry = decode_entry(row.data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield Broken(row.run, row.seq, "changed: it is not an entry any more")
            entry = None
        if row.run not in heads:
            yield from _check_start(row, entry, ends, heads, first_prev)
        head = heads[row.run]
        if entry is not None:
            yield from _check_one(row, entry, head)
        head.seq, head.hash = row.seq, entry_hash(row.data)
        ends[row.run][row.seq] = head.hash
        if row.signature is not None and entry is not None:
            head.unchecked = row.seq, row.signature, head.hash
            if every:
                yield from _check_signature(row.run, head, verify)
        if entry is not None:
            yield entry
    yield from _check_last(heads, verify)


def _check_last(heads: dict[str, LogEnd], verify: Callable[[str, bytes, bytes], bool]) -> Iterator[Broken]:
    """Whether the end of each run is covered by a signature of its own, or of a run that began there."""
    for run, head in reversed(heads.items()):
        if head.unchecked is not None and head.signed < head.seq:
            yield from _check_signature(run, head, verify)
        if head.signed < head.seq:
            yield Broken(run, head.seq, f"forged or cut: entries {head.signed + 1} to {head.seq} carry no good signature")
        before, at = head.before
        if before in heads and head.signed > at:
            heads[before].signed = max(heads[before].signed, at)


def _check_start(
    row: Stored, entry: Entry | None, ends: Mapping[str, dict[int, str]], heads: dict[str, LogEnd], first_prev: str
) -> Iterator[Broken]:
    """A run begins with a `start`, where the run that it names as before it was over."""
    at = row.seq - 1
    if entry is None or not isinstance(entry.body, Start):
        yield Broken(row.run, row.seq, "dropped: the run's start is missing before it")
        heads[row.run] = LogEnd(at, entry.prev if entry is not None else "")
        return
    before = entry.body.before
    link = first_prev if not before and not at else ends.get(before, {}).get(at)
    if link is None and before:
        yield Broken(row.run, row.seq, f"dropped: {before} entry {at} is missing before it")
    elif link is None:
        yield Broken(row.run, row.seq, "dropped: the runs before it are missing")
    heads[row.run] = LogEnd(at, entry.prev if link is None else link, at, (before, at))


def _check_one(row: Stored, entry: Entry, head: LogEnd) -> Iterator[Broken]:
    if (entry.run, entry.seq) != (row.run, row.seq):
        yield Broken(row.run, row.seq, f"reordered: here stands {entry.run} entry {entry.seq}")
    elif not is_canonical(entry, row.data):
        yield Broken(row.run, row.seq, "changed: its bytes are not in canonical form")
    if row.seq > head.seq + 1:
        missing = f"entry {head.seq + 1} is" if row.seq == head.seq + 2 else f"entries {head.seq + 1} to {row.seq - 1} are"
        yield Broken(row.run, row.seq, f"dropped: {missing} missing before it")
    elif row.seq <= head.seq:
        yield Broken(row.run, row.seq, f"reordered: it arrived after entry {head.seq}")
    elif entry.prev != head.hash:
        first = row.seq == 1
        culprit = "the log belongs to another place, day or voter list" if first else f"entry {head.seq} was changed"
        yield Broken(row.run, max(head.seq, 1), f"changed: {culprit}: the next entry was written after another one")


def _check_signature(run: str, head: LogEnd, verify: Callable[[str, bytes, bytes], bool]) -> Iterator[Broken]:
    """Check the last signature that was read."""
    assert head.unchecked is not None
    (seq, signature, last), head.unchecked = head.unchecked, None
    if verify(device_of(run), signature, batch_signed(last)):
        head.signed = max(head.signed, seq)
    else:
        yield Broken(run, seq, f"forged: the signature over entries {head.signed + 1} to {seq} is not {run}'s")
