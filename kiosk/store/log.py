"""The logs on disk: one durable commit for each batch of rows, and reading them back."""

import os
from collections.abc import Iterator, Sequence

from kiosk import limits
from kiosk.domain.chain import Stored
from kiosk.store.database import Database
from kiosk.store.errors import store_errors

_INSERT = "insert into log (origin, seq, arrived_ms, entry, signature) values (?, ?, ?, ?, ?)"
_FROM = "select origin, seq, entry, signature from log where origin = ? and seq >= ? order by seq limit ?"


class Log:
    """The log of an open store.

    SQLite takes a damaged write-ahead log for a shorter one, and would silently forget marks. So the number of entries is noted
    beside it after each batch; the note may lag after a power cut, but is never ahead of what was committed.
    """

    def __init__(self, database: Database) -> None:
        self._db, self._note = database.db.conn, database.note
        self._count = self._noted = self.count()

    def commit(self, rows: Sequence[Stored], arrived_ms: int) -> None:
        """Write rows in their order of arrival, in one transaction. When this returns, they are on disk.

        Raises:
            StoreError: whether they are on disk is known only once the log has been read anew.
        """
        with store_errors():
            try:
                self._db.executemany(_INSERT, [(r.origin, r.seq, arrived_ms, r.data, r.signature) for r in rows])
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

    def batch(self, origin: str, first: int) -> list[Stored]:
        """An origin's entries from `first` on, about `limits.GIVEN_ENTRIES` of them, up to one that carries a signature.

        Raises:
            StoreError: the file can't be read any more.
        """
        with store_errors():
            found = self._from(origin, first, limits.GIVEN_ENTRIES)
            signed = [i for i, row in enumerate(found, 1) if row.signature is not None]
            if signed:
                return found[: signed[-1]]
            found = self._from(origin, first, limits.BATCH_ENTRIES)
            signed = [i for i, row in enumerate(found, 1) if row.signature is not None]
            return found[: signed[0]] if signed else []

    def _from(self, origin: str, first: int, most: int) -> list[Stored]:
        return [Stored(*row) for row in self._db.execute(_FROM, (origin, first, most))]

    def keep(self, sender: str, why: str, data: bytes, arrived_ms: int) -> bool:
        """Keep evidence of what was refused. False where there is no room for it: `limits.EVIDENCE_ROWS` are kept in all."""
        with store_errors():
            (kept,) = self._db.execute("select count(*) from evidence").fetchone()
            if kept >= limits.EVIDENCE_ROWS:
                return False
            self._db.execute(
                "insert into evidence values (?, ?, ?, ?)", (arrived_ms, sender, why, data[: limits.EVIDENCE_BYTES])
            )
            self._db.commit()
            return True

    def condemn(self, fault: str) -> None:
        """Note on the disk what is wrong with it for good; `fault` is what the screen's text is looked up by."""
        with store_errors():
            self._db.execute("insert or replace into facts values ('fault', ?)", (fault,))
            self._db.commit()

    @property
    def fault(self) -> str:
        """What is wrong with this disk for good, "" for nothing."""
        with store_errors():
            found = self._db.execute("select value from facts where key = 'fault'").fetchone()
            return str(found[0]) if found else ""

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
