"""The imported voter list (valgliste): replaced as a whole, then only read.

Every log is about one list, so the list has a digest that the nodes compare and that the log is chained to. It is
taken over the rows as they are stored, and so `verify` notices whatever happens to them on the disk.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import msgspec

from kiosk import limits
from kiosk.domain.voters import Roll, Struck, Voter
from kiosk.store.database import Database
from kiosk.store.earlier import bring_back, put_aside
from kiosk.store.errors import CorruptError, store_errors
from kiosk.store.listfile import Progress, counted
from kiosk.store.log import Log

VoterRow = tuple[int, str, str, str, int, str, str, str, str | None]

_COLUMNS = "number, name, address, born, book, elections, postal, roll, struck"
_FIND = f"select {_COLUMNS} from voters where number = ?"
_ALL = f"select {_COLUMNS} from voters order by number"
_AFTER = f"select {_COLUMNS} from voters where number > ? order by number limit ?"
_INSERT = f"insert into voters ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class ListInUseError(Exception):
    """The log has marks under the present list, so that no other list may take its place."""


def list_digest(realm: str, voters: Iterable[Voter]) -> str:
    """Return the SHA-256 of a list in hexadecimal: the same in any order, another when any field differs.

    `realm` is the place, and whether it is an exercise: the same voters in another place are another list. The digest is taken
    over a line with the realm, a JSON string, and the voters by number, each a line with a JSON array of the fields in the
    order of `Voter`, in UTF-8 without blanks; dates as 1968-03-14, election ids joined by spaces.
    """
    return _digest(realm, map(_row, sorted(voters, key=_number)))


class VoterList:
    """The voters of a realm in an open store. `kept`: the folder where `replace` has put an earlier list and its log."""

    def __init__(self, database: Database, realm: str) -> None:
        self._database, self._db, self._realm = database, database.db, realm
        self.kept: Path | None = None

    def replace(self, voters: Iterable[Voter], progress: Progress | None = None) -> str:
        """Put these voters in the place of all earlier ones, in one transaction, and return the list's digest.

        `progress` is told how many voters were stored since the last time. A log under the earlier list, which has no marks, is
        put aside.

        Raises:
            ListInUseError: the log has marks under another list.
            StoreError: the disk refuses it, or a number stands twice; the earlier list is still there, or put aside.
        """
        ordered = sorted(voters, key=_number)
        self._make_way(ordered)
        with store_errors, self._db.atomic():
            self._db.conn.execute("delete from voters")
            self._db.conn.execute("delete from facts where key = 'list_coming'")
            self._db.conn.executemany(_INSERT, counted(map(_row, ordered), progress))
            digest = _digest(self._realm, self._db.conn.execute(_ALL))
            facts = [{"key": "list_digest", "value": digest}, {"key": "list_count", "value": str(len(ordered))}]
            self._db.table("facts").upsert_all(facts, pk="key")
        return digest

    def _make_way(self, voters: Iterable[Voter]) -> None:
        log, own, new = Log(self._database), self.digest(), list_digest(self._realm, voters)
        if new == own:
            return
        if not log.count():
            self.bring_back(new)
            return
        if own is None or log.is_bound():
            raise ListInUseError(
                f"the poll was opened, or voters were marked, under the voter list with digest {own}: it stays, and the list"
                f" with digest {new} is refused. Mistakes in the list are for the secretary to decide on"
            )
        self.kept = put_aside(self._database, own)
        self.bring_back(new)

    def give_way(self) -> Path:
        """Put the list aside with its log, which has no marks; returns the folder with both.

        Raises:
            StoreError: the disk refuses it.
        """
        return put_aside(self._database, self.digest() or "")

    def bring_back(self, digest: str) -> bool:
        """Take back the list with this digest, and its log, where they were put aside; whether they were.

        Raises:
            StoreError: the disk refuses it.
        """
        return bring_back(self._database, digest)

    # --- a list that comes in pieces ---

    def begin(self, digest: str) -> tuple[int, int]:
        """Prepare for the list with this digest: the number after which it goes on, and how many voters are here already.

        Raises:
            StoreError: the disk refuses it.
        """
        with store_errors, self._db.atomic():
            if self._fact("list_coming") != digest:
                self._db.conn.execute("delete from voters")
                self._db.table("facts").upsert({"key": "list_coming", "value": digest}, pk="key")
            last, count = self._db.conn.execute("select max(number), count(*) from voters").fetchone()
        return int(last or 0), int(count)

    def add(self, rows: Iterable[VoterRow]) -> None:
        """Take in the next voters of the list that comes.

        Raises:
            StoreError: the disk refuses it.
        """
        with store_errors, self._db.atomic():
            self._db.conn.executemany(_INSERT, rows)

    def finish(self) -> bool:
        """The last piece has come: keep the list if it has the promised digest, else throw it away. Whether it was kept.

        Raises:
            StoreError: the disk refuses it.
        """
        with store_errors, self._db.atomic():
            digest = _digest(self._realm, self._db.conn.execute(_ALL))
            good = digest == self._fact("list_coming")
            self._db.conn.execute("delete from facts where key = 'list_coming'")
            if good:
                (count,) = self._db.conn.execute("select count(*) from voters").fetchone()
                facts = [{"key": "list_digest", "value": digest}, {"key": "list_count", "value": str(count)}]
                self._db.table("facts").upsert_all(facts, pk="key")
            else:
                self._db.conn.execute("delete from voters")
        return good

    def rows_after(self, number: int, count: int) -> list[VoterRow]:
        """The next voters after a number, in the order of their numbers.

        Raises:
            StoreError: the disk can't be read.
        """
        with store_errors:
            return self._db.conn.execute(_AFTER, (number, count)).fetchall()

    # --- looking at it ---

    def find(self, number: int) -> Voter | None:
        """Return the voter with this number; None where the list has none.

        Raises:
            StoreError: the disk can't be read, or the row is damaged.
        """
        if not 0 < number <= limits.VOTER_NUMBER_MAX:
            return None  # SQLite has no room for any number that a card may carry
        with store_errors:
            row = self._db.conn.execute(_FIND, (number,)).fetchone()
        return _voter(row) if row else None

    def voters(self) -> Iterator[Voter]:
        """All voters, by number.

        Raises:
            StoreError: the disk can't be read, or a row is damaged.
        """
        with store_errors:
            yield from map(_voter, self._db.conn.execute(_ALL))

    def books(self) -> dict[int, int]:
        """Return every voter's book, by number. Raises StoreError: the disk can't be read."""
        with store_errors:
            return dict(self._db.conn.execute("select number, book from voters").fetchall())

    def count(self) -> int:
        """Return the number of voters; 0 without a list.

        Raises:
            StoreError: the disk can't be read.
        """
        return int(self._fact("list_count") or 0)

    def digest(self) -> str | None:
        """Return the digest of the list as imported, or None without a list.

        Raises:
            StoreError: the disk can't be read.
        """
        return self._fact("list_digest")

    def verify(self) -> bool:
        """Tell whether the stored voters still are those that were imported; False without a list.

        It reads every row: under a second for 100,000 voters.

        Raises:
            StoreError: the disk can't be read.
        """
        with store_errors:
            return self.digest() == _digest(self._realm, self._db.conn.execute(_ALL))

    def _fact(self, key: str) -> str | None:
        with store_errors:
            found: tuple[str] | None = self._db.execute("select value from facts where key = ?", [key]).fetchone()
        return found[0] if found else None


def _number(voter: Voter) -> int:
    return voter.number


def _digest(realm: str, rows: Iterable[VoterRow]) -> str:
    encoder = msgspec.json.Encoder()
    digest = hashlib.sha256(encoder.encode(realm) + b"\n")
    for row in rows:
        digest.update(encoder.encode(row) + b"\n")
    return digest.hexdigest()


def _row(voter: Voter) -> VoterRow:
    elections, postal = " ".join(voter.elections), " ".join(voter.postal)
    born, roll, struck = voter.born.isoformat(), voter.roll.value, voter.struck.value if voter.struck else None
    return voter.number, voter.name, voter.address, born, voter.book, elections, postal, roll, struck


def _voter(row: VoterRow) -> Voter:
    number, name, address, born, book, elections, postal, roll, struck = row
    try:
        return Voter(
            number, name, address, date.fromisoformat(born), book,
            tuple(elections.split()), tuple(postal.split()), Roll(roll), Struck(struck) if struck else None,
        )  # fmt: skip
    except ValueError as error:
        raise CorruptError("the voter list has a damaged row: import the list again") from error
