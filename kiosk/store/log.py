"""The log on disk: one durable commit for each batch, and reading it back with its chain checked."""

from collections.abc import Iterator, Sequence

from kiosk.domain.chain import Stored
from kiosk.store.database import Database
from kiosk.store.errors import store_errors

_INSERT = "insert into log (origin, seq, arrived_ms, entry, signature) values (?, ?, ?, ?, ?)"


class Log:
    """The log of an open store."""

    def __init__(self, database: Database) -> None:
        self._db = database.db.conn

    def commit(self, origin: str, first_seq: int, batch: Sequence[bytes], signature: bytes, arrived_ms: int) -> None:
        """Write a batch of one origin's consecutive entries. When this returns, it is on disk.

        Raises:
            StoreError: nothing of the batch is written.
        """
        last = len(batch) - 1
        rows = [(origin, first_seq + i, arrived_ms, data, signature if i == last else None) for i, data in enumerate(batch)]
        with store_errors():
            try:
                self._db.execute("begin immediate")
                self._db.executemany(_INSERT, rows)
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:
                    self._db.rollback()
                raise

    def read(self) -> Iterator[Stored]:
        """Every entry in its order of arrival.

        Raises:
            StoreError: the file can't be read any more.
        """
        with store_errors():
            for row in self._db.execute("select origin, seq, entry, signature from log order by arrival"):
                yield Stored(*row)

    def count(self) -> int:
        """Number of entries."""
        with store_errors():
            (count,) = self._db.execute("select count(*) from log").fetchone()
            return int(count)
