"""The logs on disk: one durable commit for each batch of rows, and reading them back."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain.chain import Stored, knows_others
from kiosk.store.database import Database
from kiosk.store.errors import store_errors

_MARKS = e.Stop | e.Request | e.Decision | e.Issued | e.Card

_INSERT = "insert into log (run, seq, arrived_ms, entry, signature) values (?, ?, ?, ?, ?)"
_FROM = "select run, seq, entry, signature from log where run = ? and seq >= ? order by seq limit ?"


def is_mark(row: Stored) -> bool:
    """Whether an entry binds the log to its voter list for good: it opens the poll, or is about a voter of that list."""
    try:
        return isinstance(e.decode_entry(row.data).body, _MARKS)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True  # a damaged one may have been


class Log:
    """The log of an open store. `run`: the last run that this disk has written. Entries copied from others may be of its own
    device too, where there is another card with its key.

    SQLite takes a damaged write-ahead log for a shorter one, and would silently forget marks. So the number of entries is noted
    beside it after each batch; the note may lag after a power cut, but is never ahead of what was committed.
    """

    def __init__(self, database: Database) -> None:
        self._db, self._note = database.db.conn, database.note
        self._count = self._noted = self.count()
        self.run = self._noted_run()
        self._commits = 0  # since the last checkpoint
        self._kept: Counter[tuple[str, str]] | None = None
        self._evidence: list[tuple[str, str, bytes]] = []

    def commit(self, rows: Sequence[Stored], run: str, arrived_ms: int) -> None:
        """Write rows in their order of arrival, and which run is this disk's last, in one transaction. When this returns, they
        are on disk.

        Raises:
            StoreError: whether they are on disk is known only once the log has been read anew.
        """
        with store_errors:
            try:
                self._db.executemany(_INSERT, [(r.run, r.seq, arrived_ms, r.data, r.signature) for r in rows])
                if run != self.run:
                    self._db.execute("insert or replace into facts values ('run', ?)", (run,))
                self._db.commit()
            except BaseException:
                self._db.rollback()
                raise
            self._count += len(rows)
            self._commits += 1
            self.run = run

    def tidy(self) -> None:
        """Note how much is written, and now and then move the write-ahead log into the database.

        Not part of `commit`, since nothing that is shown may wait for it: left to SQLite, some commit would move a thousand
        pages, which takes a slow card a second.

        Raises:
            StoreError: the disk is full or can't be written.
        """
        if self._count == self._noted:
            return
        with store_errors:
            if self._note is not None:
                os.pwrite(self._note, f"{self._count:020}".encode(), 0)
            if self._commits >= limits.CHECKPOINT_COMMITS:
                self._db.execute("pragma wal_checkpoint(passive)").fetchone()
                self._commits = 0
        self._noted = self._count

    def read(self) -> Iterator[Stored]:
        """Every entry in its order of arrival.

        Raises:
            StoreError: the file can't be read any more.
        """
        with store_errors:
            for row in self._db.execute("select run, seq, entry, signature from log order by arrival"):
                yield Stored(*row)

    def is_bound(self) -> bool:
        """Whether any entry is a mark: then no other list ever takes the place of the present one."""
        return any(is_mark(row) for row in self.read())

    def batch(self, run: str, first: int) -> list[Stored]:
        """A run's entries from `first` on, about `limits.GIVEN_ENTRIES` of them, up to one that carries a signature. They
        end before a commit that must wait for other logs.

        Raises:
            StoreError: the file can't be read any more.
        """
        with store_errors:
            found: list[Stored] = []
            signed = size = 0
            for row in self._db.execute(_FROM, (run, first, limits.BATCH_ENTRIES)):
                found.append(Stored(*row))
                size += len(found[-1].data)
                enough = len(found) > limits.GIVEN_ENTRIES or size > limits.GIVEN_BYTES
                if signed and (enough or knows_others(found[-1])):
                    break
                if found[-1].signature is not None:
                    signed = len(found)
            return found[:signed]

    def keep(self, sender: str, why: str, data: bytes) -> bool:
        """Keep evidence of a refused message, to be written by `commit_evidence`; False where there is enough of it."""
        if self._kept is None:
            with store_errors:
                rows = self._db.execute("select sender, why, count(*) from evidence group by sender, why").fetchall()
            self._kept = Counter({(kept_sender, kept_why): count for kept_sender, kept_why, count in rows})
        if self._kept[sender, why] >= limits.EVIDENCE_OF_ONE or self._kept.total() >= limits.EVIDENCE_ROWS:
            return False
        self._kept[sender, why] += 1
        self._evidence.append((sender, why, data[: limits.EVIDENCE_BYTES]))
        return True

    def commit_evidence(self, arrived_ms: int) -> None:
        """Write what is to be kept, all in one transaction."""
        if not self._evidence:
            return
        rows, self._evidence = [(arrived_ms, *row) for row in self._evidence], []
        with store_errors:
            try:
                self._db.executemany("insert into evidence values (?, ?, ?, ?)", rows)
                self._db.commit()
            except BaseException:
                self._db.rollback()
                raise

    def _noted_run(self) -> str:
        with store_errors:
            found = self._db.execute("select value from facts where key = 'run'").fetchone()
            return str(found[0]) if found else ""

    def ends(self) -> dict[str, int]:
        """The seq of each run's last entry."""
        with store_errors:
            return dict(self._db.execute("select run, max(seq) from log group by run"))

    def count(self) -> int:
        """Number of entries."""
        with store_errors:
            (count,) = self._db.execute("select count(*) from log").fetchone()
            return int(count)

    def lost(self) -> int:
        """How many entries are missing at the end that were committed here; 0 for a whole log.

        Raises:
            StoreError: the note can't be read.
        """
        with store_errors:
            note = os.pread(self._note, 20, 0) if self._note is not None else b""
        return max(0, int(note) - self.count()) if note.isdigit() else 0
