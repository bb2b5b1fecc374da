"""The logs as this node has them: its own, which it writes, and its copies of everybody else's.

Rule L: an entry is taken in after the one before it in its device's log, one with `knows` after all that it knows. What does
not follow on is asked for and never skipped over; what is not its run's own next word is refused and kept as evidence.

Copies may wait in memory for a moment, so that one commit takes many; but any commit takes them all, in their order of arrival.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec

from kiosk import limits
from kiosk.backoff import Backoff
from kiosk.domain import entries as e
from kiosk.domain.chain import (
    LogEnd,
    RejectedError,
    RejectionReason,
    Stored,
    check_batch,
    check_repeat,
    knows_others,
    read_entry,
)
from kiosk.domain.messages import Batch, Head, Want
from kiosk.domain.nodes import device_of
from kiosk.domain.runs import Run, Runs
from kiosk.node.types import Crypto, Evidence, GiveEntries, SendTo

Fold = Callable[[e.Entry], None]

_PATIENCE = Backoff(limits.WANT_AGAIN_MS, limits.WANT_LONGEST_MS)
_UNHURRIED = e.Request | e.Issued
"""What nobody waits for: the holder has been asked, and what was handed out has been decided. It goes out with what follows."""
_FOLLOWS_NOT = "its start does not follow the run that it names"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch. `new`: it was taken in. `lacks`: what must come before it, as `want` is asked for it."""

    new: bool = False
    lacks: Mapping[str, int] = field(default_factory=dict)


class Replica:
    """All logs of one node. `fold` is called with each new entry, in order of arrival; it keeps `runs` up to date."""

    def __init__(self, device: str, runs: Runs, first_prev: str, keys: Crypto, fold: Fold) -> None:
        self.device, self.runs = device, runs
        self.run = ""  # this node's run
        self.last_run = ""  # the last that this disk has written
        self.locked: set[str] = set()  # the runs that were locked
        self.last_ms: dict[str, int] = {}  # by device
        self.evidence: list[Evidence] = []
        self.unread = 0  # copies that wait for the next commit
        self.is_awaited = False  # somebody waits for what has been written and not sent
        self._first_prev, self._keys, self._fold = first_prev, keys, fold
        self._hashes: dict[str, str] = {}  # of each run's last entry
        self._prevs: dict[
            str, bytearray
        ] = {}  # of each run the `prev` of each of its entries, so that a start anywhere can link
        self._rows: list[Stored] = []
        self._own: list[int] = []
        self._asked: dict[str, int] = {}  # by device: whoever likes can make up runs
        self._asked_of: dict[tuple[str, str], tuple[int, int]] = {}  # peer, device: when, and how often in vain
        self._shown: dict[str, Mapping[str, int]] = {}
        self._unsent: list[Stored] = []

    @property
    def end(self) -> Run:
        """The last run that this disk has written."""
        return self.runs[self.last_run or self.device]

    # --- from disk, and the own log ---

    def replay(self, entry: e.Entry, entry_hash: str) -> None:
        """Take in an entry that is on disk."""
        self._add(entry, entry_hash)

    def begin(self, run: str, body: e.Start, wall_ms: int) -> None:
        """Begin a run."""
        self.run = run
        self._write(body, wall_ms, self._hashes.get(self.last_run, self._first_prev))
        self.last_run = run

    def write(self, body: e.Body, wall_ms: int) -> int:
        """Write the next entry of this node's run; returns its seq.

        Raises:
            msgspec.ValidationError: it is out of bounds. Signed, it would be refused everywhere, and with it all that follows.
        """
        return self._write(body, wall_ms, self._hashes[self.run])

    def _write(self, body: e.Body, wall_ms: int, prev: str) -> int:
        entry = e.Entry(self.run, self.end.last + 1, prev, wall_ms, body)
        data = e.encode_entry(entry)
        e.decode_entry(data)
        self._own.append(len(self._rows))
        self._rows.append(Stored(self.run, entry.seq, data, None))
        self.is_awaited = self.is_awaited or not isinstance(body, _UNHURRIED)
        self._add(entry, e.entry_hash(data))
        return entry.seq

    # --- copies ---

    def take_in(self, batch: Batch, sender: str) -> Taken:
        """Take in what a batch has beyond what is here, if it is its run's next word; `sender` has brought it."""
        try:
            if batch.run == self.run or (lacks := self._lacks(batch)):
                return Taken(lacks=lacks if batch.run != self.run else {})
            after = self._after(batch)
            if (ends := batch.first + len(batch.entries) - 1) <= after.seq:
                check_repeat(batch, self._hash_at(batch.run, ends), self._keys.verify)
                return Taken()
            read, last, signature = check_batch(batch, after, self._keys.verify)
            if any(isinstance(entry.body, e.Start) for entry, _ in read[batch.run not in self.runs :]):
                raise RejectedError(RejectionReason.MALFORMED, "a run starts but once")
        except RejectedError as refused:
            culprit = sender
            if refused.kind is RejectionReason.FORKED:
                culprit = device_of(batch.run)
                self.runs.two_stories.add(culprit)
            self.refuse(Evidence(culprit, refused.kind, str(refused), msgspec.json.encode(batch)))
            return Taken()
        known = [at for entry, _ in read if isinstance(entry.body, e.Knowing) for at in entry.body.knows.items()]
        if not all(device_of(run) in self.runs.devices for run, _ in known):
            self.refuse(
                Evidence(sender, RejectionReason.STRANGER, "it knows a log of no device here", msgspec.json.encode(batch))
            )
            return Taken()
        if lacks := {run: self._next(run, seq) for run, seq in known if run != batch.run and self.runs.is_to_come(run, seq)}:
            return Taken(lacks=lacks)
        for entry, data in read:
            is_last = entry is read[-1][0]
            self._rows.append(Stored(batch.run, entry.seq, data, signature if is_last else None))
            self._add(entry, last if is_last else "")
        self.unread += len(read)
        return Taken(new=True)

    def _lacks(self, batch: Batch) -> dict[str, int]:
        """What of its device's log must come before a batch and is not here.

        Raises:
            RejectedError: it has no place in that log.
        """
        device, run = device_of(batch.run), self.runs.get(batch.run)
        if device not in self.runs.devices:
            raise RejectedError(RejectionReason.STRANGER, "no such device in this place")
        if run is not None:
            if batch.first + len(batch.entries) - 1 > run.last:
                self._check_branches(run, run.last)
            return {batch.run: run.last + 1} if batch.first > run.last + 1 else {}
        start, at = read_entry(bytes(batch.entries[0])).body, batch.first - 1
        if not isinstance(start, e.Start):
            return {batch.run: 0}
        before = self.runs.get(start.before or device)
        if device_of(start.before or device) != device:
            raise RejectedError(RejectionReason.MALFORMED, _FOLLOWS_NOT)
        if start.before and (before is None or before.last < at):
            return {start.before: self._next(start.before, at)}
        if before is None or not (before.first <= at if start.before else not at):
            raise RejectedError(RejectionReason.MALFORMED, _FOLLOWS_NOT)
        if len(self.runs.devices[device]) >= e.RUNS_MOST:
            raise RejectedError(RejectionReason.FLOODING, "its device has begun more runs than there can be")
        self._check_branches(before, at)
        return {}

    def _check_branches(self, run: Run, at: int) -> None:
        """Raises RejectedError where one more entry after the run's entry at `at` is a branch too many of its device's log."""
        branches = run.last > at or any(later.first == at + 1 for later in run.after)
        if branches and len(self.runs.tips(run.device)) >= e.BRANCHES_MOST:
            raise RejectedError(RejectionReason.FLOODING, "its device's log has more branches than there can be")

    def _after(self, batch: Batch) -> LogEnd:
        """The entry after which a batch is to be read. Where a run begins, that is the one that its start names."""
        if batch.run in self.runs:
            return LogEnd(self.runs[batch.run].last, self._hashes[batch.run])
        start = read_entry(bytes(batch.entries[0])).body
        assert isinstance(start, e.Start)
        return LogEnd(batch.first - 1, self._hash_at(start.before, batch.first - 1))

    def _hash_at(self, run: str, seq: int) -> str:
        """The hash of a run's entry: the `prev` of the next one. Of no run, that with which each log begins."""
        if not run:
            return self._first_prev
        known = self.runs[run]
        if seq == known.last:
            return self._hashes[run]
        at = 32 * (seq + 1 - known.first)
        return self._prevs[run][at : at + 32].hex()

    def _add(self, entry: e.Entry, entry_hash: str) -> None:
        self._hashes[entry.run] = entry_hash
        self._prevs.setdefault(entry.run, bytearray()).extend(bytes.fromhex(entry.prev))
        self.last_ms[device_of(entry.run)] = entry.time
        if isinstance(entry.body, e.Locked):
            self.locked.add(entry.run)
        self._fold(entry)

    def refuse(self, evidence: Evidence) -> None:
        """Keep evidence of what was refused."""
        if len(self.evidence) < limits.EVIDENCE_KEPT:
            self.evidence.append(evidence)

    # --- what is asked for ---

    def shown(self, head: Head) -> None:
        """Another node's head says what it has."""
        self._shown[device_of(head.run)] = head.have

    def gone(self, device: str) -> None:
        """Another node is offline: nothing can be had from it."""
        self._shown.pop(device, None)
        self._asked_of = {asked: tries for asked, tries in self._asked_of.items() if asked[0] != device}

    def wants(self, peer: str, mono_ms: int) -> list[SendTo]:
        """What to ask this peer for, which has just shown or sent something; of its own log too, what it has beyond it."""
        lacking = [(run, seq) for run, seq in self._shown.get(peer, {}).items() if not self.runs.has(run, seq)]
        return [want for run, seq in lacking for want in self.want(peer, run, self._next(run, seq), mono_ms)]

    def _next(self, run: str, seq: int) -> int:
        """Where to go on towards a run's entry: after the last that is known of it, or else of its device.

        Another branch of its log may be longer than this one; then that entry itself is asked for, and its run's start next.
        """
        known = [self.runs[run]] if run in self.runs else self.runs.tips(device_of(run))
        return min(max((tip.last for tip in known), default=0) + 1, seq)

    def want(self, peer: str, run: str, first: int, mono_ms: int) -> list[SendTo]:
        """Ask a peer for what is on a run's line from `first` on. Of a device one run is asked for at a time, and a peer that
        never gives what it shows less and less often: it may be lying, and must not keep the others from being asked."""
        device = device_of(run)
        since, tries = self._asked_of.get((peer, device), (-limits.WANT_LONGEST_MS, 0))
        is_asked = mono_ms - self._asked.get(device, -limits.WANT_AGAIN_MS) < limits.WANT_AGAIN_MS
        if is_asked or mono_ms - since < _PATIENCE.after(tries):
            return []
        self._asked[device], self._asked_of[peer, device] = mono_ms, (mono_ms, tries + 1)
        return [SendTo(peer, Want(run, first))]

    def give(self, to: str, want: Want) -> list[GiveEntries]:
        """What to give a peer that asks for a run's line from a seq on; 0 is where the run begins."""
        run = self.runs.get(want.run)
        if run is None:
            return []
        first = want.first or run.first
        return [GiveEntries(to, one.name, first) for one in run.line if one.first <= first <= one.stored][:1]

    def given(self, peer: str, run: str) -> None:
        """What was asked for has come: more may be asked for at once."""
        self._asked.pop(device_of(run), None)
        self._asked_of.pop((peer, device_of(run)), None)

    # --- the commit ---

    @property
    def has_own(self) -> bool:
        """Whether own entries wait for the commit."""
        return bool(self._own)

    def flush(self) -> tuple[Stored, ...]:
        """All that waits, for one commit. The last own entry is signed; of very many also some between, where a batch may end.

        A batch is of one run: where the next own entry begins another, the one before it is signed too.
        """
        rows, own = self._rows, self._own
        turns = {at for at, then in pairwise(own) if rows[at].run != rows[then].run}
        for at in {*own[limits.SIGNED_EACH - 1 :: limits.SIGNED_EACH], *own[-1:], *turns}:
            row = rows[at]
            signature = self._keys.sign(e.batch_signed(e.entry_hash(row.data)))
            rows[at] = Stored(row.run, row.seq, row.data, signature)
        self._unsent += [rows[i] for i in own]
        self._rows, self._own, self.unread = [], [], 0
        return tuple(rows)

    def committed(self) -> None:
        """What was flushed is on disk. Copies that still wait for a commit are not, and no head may show them."""
        if not self._rows:
            self.runs.store()

    @property
    def has_unsent(self) -> bool:
        """Whether own entries have not been sent."""
        return bool(self._unsent)

    def to_send(self) -> list[Batch]:
        """The own entries that are on disk and have not been sent."""
        rows, self._unsent, self.is_awaited = self._unsent, [], False
        batches: list[Batch] = []
        batch: list[Stored] = []
        for at, row in enumerate(rows):
            batch.append(row)
            is_end = at + 1 == len(rows) or rows[at + 1].run != row.run or len(batch) >= limits.SIGNED_EACH
            is_end = is_end or (row.signature is not None and _waits_for_others(rows, at + 1))
            if row.signature is not None and is_end:
                data = tuple(msgspec.Raw(one.data) for one in batch)
                batches.append(Batch(row.run, batch[0].seq, data, row.signature.hex()))
                batch = []
        return batches


def _waits_for_others(rows: Sequence[Stored], first: int) -> bool:
    """Whether the commit that begins at `first` has an entry that must wait for other logs."""
    for at in range(first, len(rows)):
        if knows_others(rows[at]):
            return True
        if rows[at].signature is not None:
            return False
    return False
