"""The logs as this node has them: its own, which it writes, and its copies of everybody else's.

Sequences are contiguous for each origin: what does not follow on is asked for and never skipped over; what is not its
origin's own next word is refused and kept as evidence. `have` is what has been received, `stored` what is on disk: only that
is announced.

Copies may wait in memory for a moment, so that one commit takes many; but any commit takes them all, in their order of arrival.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from enum import Enum

import msgspec

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain.chain import Head as LogEnd
from kiosk.domain.chain import Refusal, RefusedError, Stored, check_batch, is_by_origin, other_story
from kiosk.domain.messages import Batch, Head, Want
from kiosk.node.words import Evidence, Give, Keys, SendTo

Fold = Callable[[e.Entry], None]

_UNHURRIED = e.Request | e.Issued
"""What nobody waits for: the holder has been asked, and what was handed out has been decided. It goes out with what follows."""


class Taken(Enum):
    """What became of a batch that came in."""

    NEW = "new"
    NOTHING = "nothing"  # known already, or refused
    GAP = "gap"  # entries before it are lacking
    FORK = "fork"  # its origin has told another story before


class Replica:
    """All logs of one node. `fold` is called with each new entry, in order of arrival, once it is in `have`."""

    def __init__(self, me: str, origins: frozenset[str], first_prev: str, keys: Keys, fold: Fold) -> None:
        self.me = me
        self.have: dict[str, int] = {}
        self.stored: dict[str, int] = {}
        self.last_start: dict[str, int] = {}
        self.start_hash: dict[str, str] = {}
        self.locked: set[str] = set()  # whose log tells that they were locked, and of no start since
        self.last_ms: dict[str, int] = {}
        self.evidence: list[Evidence] = []
        self.unread = 0  # copies that wait for the next commit
        self._origins, self._keys, self._fold = origins, keys, fold
        self._ends: defaultdict[str, LogEnd] = defaultdict(lambda: LogEnd(0, first_prev))
        self._hashes: dict[str, deque[tuple[int, str]]] = {}
        self._rows: list[Stored] = []
        self._own: list[int] = []
        self._asked: dict[str, int] = {}
        self._asked_of: dict[tuple[str, str], tuple[int, int]] = {}  # peer, origin: when, and how often in vain
        self._contradicted: dict[str, int] = {}
        self._shown: dict[str, Mapping[str, int]] = {}
        self._flushed: dict[str, int] = {}
        self._unsent: list[Stored] = []
        self.tip = self._flushed_tip = first_prev  # the hash of the own log's last entry on disk
        self.is_awaited = False  # somebody waits for what has been written and not sent

    def end(self, origin: str) -> LogEnd:
        """How far an origin's log goes here."""
        return self._ends[origin]

    # --- from disk, and the own log ---

    def replay(self, entry: e.Entry, entry_hash: str) -> None:
        """Take in an entry that is on disk."""
        self._add(entry, entry_hash)
        self._remember(entry.origin, entry.seq, entry_hash)
        self.stored[entry.origin] = entry.seq
        if entry.origin == self.me:
            self.tip = self._flushed_tip = entry_hash

    def write(self, body: e.Body, wall_ms: int) -> e.Entry:
        """Write the next entry of this node's own log.

        Raises:
            msgspec.ValidationError: it is out of bounds. Signed, it would be refused everywhere, and with it all that follows.
        """
        end = self.end(self.me)
        entry = e.Entry(self.me, end.seq + 1, end.hash, wall_ms, body)
        data = e.encode_entry(entry)
        e.decode_entry(data)
        self._own.append(len(self._rows))
        self._rows.append(Stored(self.me, entry.seq, data, None))
        self.is_awaited = self.is_awaited or not isinstance(body, _UNHURRIED)
        self._add(entry, e.entry_hash(data))
        self._remember(self.me, entry.seq, end.hash)
        return entry

    # --- copies ---

    def take_in(self, batch: Batch, sender: str) -> Taken:
        """Take in what a batch has beyond what is here, if it is its origin's next word; `sender` has brought it."""
        origin, end = batch.origin, self.end(batch.origin)
        if origin not in self._origins:
            return self._refuse(batch, sender, RefusedError(Refusal.STRANGER, "no such origin in this place"))
        if batch.first > end.seq + 1:
            return Taken.GAP
        if batch.first + len(batch.entries) - 1 <= end.seq:
            return self._compare(batch, sender)
        try:
            read, last, signature = check_batch(batch, end, self._keys.verify)
        except RefusedError as refused:
            return self._refuse(batch, sender, refused)
        for entry, data in read:
            is_last = entry is read[-1][0]
            self._rows.append(Stored(origin, entry.seq, data, signature if is_last else None))
            self._add(entry, last if is_last else e.entry_hash(data) if isinstance(entry.body, e.Start) else "")
        end.hash = last
        self._remember(origin, end.seq, last)
        self.unread += len(read)
        return Taken.NEW

    def _add(self, entry: e.Entry, entry_hash: str) -> None:
        end = self.end(entry.origin)
        end.seq, end.hash = entry.seq, entry_hash
        self.have[entry.origin] = entry.seq
        self.last_ms[entry.origin] = entry.time
        if isinstance(entry.body, e.Start):
            self.last_start[entry.origin], self.start_hash[entry.origin] = entry.seq, entry_hash
            self.locked.discard(entry.origin)
        elif isinstance(entry.body, e.Locked):
            self.locked.add(entry.origin)
        self._fold(entry)

    def _remember(self, origin: str, seq: int, entry_hash: str) -> None:
        self._hashes.setdefault(origin, deque(maxlen=limits.HASHES_KEPT)).append((seq, entry_hash))

    def _compare(self, batch: Batch, sender: str) -> Taken:
        """An old batch is a repeat, or else tells another story of what is known."""
        for seq, known in self._hashes.get(batch.origin, ()):
            if batch.first <= seq < batch.first + len(batch.entries):
                if e.entry_hash(bytes(batch.entries[seq - batch.first])) != known:
                    why = "it has another entry where one is known"
                    return self._refuse(batch, sender, other_story(batch, why, self._keys.verify))
                break
        return Taken.NOTHING

    def is_of_another_disk(self, batch: Batch) -> bool:
        """Whether this node's own key has signed, in a batch of its own log, what is not in the log that it has.

        Then this disk is a copy, or an old one that another was made from: both can't go on.
        """
        last, seq = e.entry_hash(bytes(batch.entries[-1])), batch.first + len(batch.entries) - 1
        known = next((known for at, known in self._hashes.get(self.me, ()) if at == seq), last)
        return (seq > self.have.get(self.me, 0) or known != last) and is_by_origin(batch, self._keys.verify)

    def _refuse(self, batch: Batch, sender: str, refused: RefusedError) -> Taken:
        """Refuse a batch: two stories are their origin's own, anything else is the fault of who has brought it."""
        culprit = batch.origin if refused.kind is Refusal.FORKED else sender
        self.refuse(Evidence(culprit, refused.kind, str(refused), msgspec.json.encode(batch)))
        return Taken.FORK if refused.kind is Refusal.FORKED else Taken.NOTHING

    def refuse(self, evidence: Evidence) -> None:
        """Keep evidence of what was refused."""
        if len(self.evidence) < limits.EVIDENCE_KEPT:
            self.evidence.append(evidence)

    # --- what is asked for ---

    def belies(self, head: Head) -> bool:
        """Whether another node's own log, by its head, ends otherwise than is known here."""
        end = self.end(head.origin)
        if head.have.get(head.origin) != end.seq or head.tip == end.hash:
            return False
        why = "its head ends its log otherwise than is known"
        self.refuse(Evidence(head.origin, Refusal.FORKED, why, msgspec.json.encode(head)))
        return True

    def shown(self, head: Head) -> None:
        """Another node's head says what it has."""
        self._shown[head.origin] = head.have

    def gone(self, origin: str) -> None:
        """Another node is offline: nothing can be had from it."""
        self._shown.pop(origin, None)
        self._asked_of = {asked: tries for asked, tries in self._asked_of.items() if asked[0] != origin}

    def wants(self, peer: str, mono_ms: int) -> list[SendTo]:
        """What to ask this peer for, which has just shown or sent something; of its own log too, what it has beyond it."""
        shown = self._shown.get(peer, {}).items()
        return [want for origin, seq in shown if seq > self.have.get(origin, 0) for want in self.want(peer, origin, mono_ms)]

    def want(self, peer: str, origin: str, mono_ms: int) -> list[SendTo]:
        """Ask a peer for what an origin has written next. An origin is asked for once at a time, and a peer that never gives
        what it shows less and less often: it may be lying, and must not keep the others from being asked."""
        since, tries = self._asked_of.get((peer, origin), (-limits.WANT_LONGEST_MS, 0))
        patience = min(limits.WANT_AGAIN_MS << min(tries, 10), limits.WANT_LONGEST_MS)
        if mono_ms - self._asked.get(origin, -limits.WANT_AGAIN_MS) < limits.WANT_AGAIN_MS or mono_ms - since < patience:
            return []
        self._asked[origin], self._asked_of[peer, origin] = mono_ms, (mono_ms, tries + 1)
        return [SendTo(peer, Want(origin, self.have.get(origin, 0) + 1))]

    def contradict(self, origin: str, seq: int, mono_ms: int) -> list[Give]:
        """Show an origin that has told another story up to `seq` what is known here of its log: so an old disk learns what it
        is."""
        if mono_ms - self._contradicted.get(origin, -limits.WANT_AGAIN_MS) < limits.WANT_AGAIN_MS:
            return []
        self._contradicted[origin] = mono_ms
        return [Give(origin, origin, min(seq, self.end(origin).seq))]

    def given(self, peer: str, origin: str) -> None:
        """What was asked for has come: more may be asked for at once."""
        self._asked.pop(origin, None)
        self._asked_of.pop((peer, origin), None)

    # --- the commit ---

    @property
    def has_own(self) -> bool:
        """Whether own entries wait for the commit."""
        return bool(self._own)

    def flush(self) -> tuple[Stored, ...]:
        """All that waits, for one commit; the last own entry signed, and of very many some between, where a batch may end."""
        rows, own = self._rows, self._own
        for at in {*own[limits.SIGNED_EACH - 1 :: limits.SIGNED_EACH], *own[-1:]}:
            row = rows[at]
            signature = self._keys.sign(e.batch_signed(e.entry_hash(row.data)))
            rows[at] = Stored(row.origin, row.seq, row.data, signature)
        self._unsent += [rows[i] for i in own]
        self._rows, self._own, self.unread = [], [], 0
        self._flushed, self._flushed_tip = dict(self.have), self.end(self.me).hash
        return tuple(rows)

    def committed(self) -> None:
        """What was flushed is on disk."""
        self.stored.update(self._flushed)
        self.tip = self._flushed_tip

    @property
    def has_unsent(self) -> bool:
        """Whether own entries have not been sent."""
        return bool(self._unsent)

    def to_send(self) -> list[Batch]:
        """The own entries that are on disk and have not been sent."""
        rows, self._unsent, self.is_awaited = self._unsent, [], False
        batches: list[Batch] = []
        batch: list[Stored] = []
        for row in rows:
            batch.append(row)
            if row.signature is not None and (row is rows[-1] or len(batch) >= limits.SIGNED_EACH):
                data = tuple(msgspec.Raw(one.data) for one in batch)
                batches.append(Batch(self.me, batch[0].seq, data, row.signature.hex()))
                batch = []
        return batches
