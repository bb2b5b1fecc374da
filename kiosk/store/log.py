"""The log on disk: one durable commit for each batch, and reading it back with its chain checked."""

import os
from collections.abc import Iterator, Sequence

from kiosk.domain.chain import Stored
from kiosk.store.database import Database
from kiosk.store.errors import store_errors

_INSERT = "insert into log (origin, seq, arrived_ms, entry, signature) values (?, ?, ?, ?, ?)"


class Log:
    """The log of an open store.

    SQLite takes a damaged write-ahead log for a shorter one, and would silently forget marks. So the number of entries is noted
    beside it after each batch; the note may lag after a power cut, but is never ahead of what was committed.
    """

    def __init__(self, database: Database) -> None:
        self._db, self._note = database.db.conn, database.note
        self._count = self._noted = self.count()

    def commit(self, origin: str, first_seq: int, batch: Sequence[bytes], signature: bytes, arrived_ms: int) -> None:
        """Write a batch of one origin's consecutive entries. When this returns, it is on disk.

        Raises:
            StoreError: whether the batch is on disk is known only once the log has been read anew.
        """
        last = len(batch) - 1
        rows = [(origin, first_seq + i, arrived_ms, data, signature if i == last else None) for i, data in enumerate(batch)]
        with store_errors():
            try:
                self._db.executemany(_INSERT, rows)  # opens the transaction
                self._db.commit()
            except BaseException:
                self._db.rollback()
                raise
            self._count += len(rows)

    def note(self) -> None:
        """Note how much is written. Not part of `commit`, since nothing that is shown may wait for it."""
        if self._note is not None and self._count != self._noted:
            with store_errors():
                os.pwrite(self._note, f"{self._count:020}".encode(), 0)
            self._noted = self._count

    def read(self) -> Iterator[Stored]:
        """Every entry in its order of arrival.

        Raises:
            StoreError: the file can't be read any more.
        """
        with store_errors():
            for row in self._db.execute("select origin, seq, entry, signature from log order by arrival"):
                yield Stored(*row)

    def ends(self) -> dict[str, int]:
        """The seq of each origin's last entry."""
        with store_errors():
            return dict(self._db.execute("select origin, max(seq) from log group by origin"))

    def count(self) -> int:
        """Number of entries."""
        with store_errors():
            (count,) = self._db.execute("select count(*) from log").fetchone()
            return int(count)

    def lost(self) -> int:
        """How many entries are missing at the end that were committed here; 0 for a whole log.

        Raises:
            StoreError: the note can't be read.
        """
        with store_errors():
            note = os.pread(self._note, 20, 0) if self._note is not None else b""
        return max(0, int(note) - self.count()) if note.isdigit() else 0
