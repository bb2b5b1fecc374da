"""The node's one SQLite file: opened durably, by one process, at the newest schema."""

import fcntl
import os
import shutil
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import sqlite_utils
from sqlite_utils.migrations import Migrations

from kiosk import limits
from kiosk.store.errors import CorruptError, DiskFullError, InUseError, MissingError, store_errors
from kiosk.store.ownership import FILE, Disk, check_owner, owner_mark

NOTE = "written"

migrations = Migrations("valgbord")


@migrations()
def voters(db: sqlite_utils.Database) -> None:
    """Make the voter list and the facts about it. Lists of election ids are stored joined by spaces."""
    db.execute(
        "create table voters (number integer primary key, name text not null, address text not null,"
        " born text not null, book integer not null, elections text not null, postal text not null,"
        " roll text not null, struck text) strict"
    )
    db.execute("create table facts (key text primary key, value text not null) strict")


@migrations()
def log(db: sqlite_utils.Database) -> None:
    """Make the log: each entry's canonical bytes as signed, in the order in which they arrived here.

    The primary key is the order of arrival. `signature` stands on the last entry of each committed batch.
    """
    db.execute(
        "create table log (arrival integer primary key, run text not null, seq integer not null,"
        " arrived_ms integer not null, entry blob not null, signature blob, unique (run, seq)) strict"
    )


@migrations()
def evidence(db: sqlite_utils.Database) -> None:
    """Make the table of other nodes' messages that were refused, with the reason."""
    db.execute("create table evidence (arrived_ms integer not null, sender text not null, why text not null, data blob) strict")


class Database:
    """An open store. Close it, or use it as a context; while open no other process can open the same one for writing.

    `note` is a file beside the database in which the log notes how much it has written; missing when read-only.
    """

    note: int | None

    def __init__(self, folder: Path, disk: Disk | None = None, *, read_only: bool = False) -> None:
        """Open the store in `folder`, making both where they are missing; `read_only` looks at one that may be in use.

        `disk`: the folder must be this disk's; one that is nobody's yet is marked with it.

        Raises:
            OtherDiskError: it is another disk's.
            OtherFolderError: this disk's log is in another folder.
            InUseError: another process has it open for writing.
            StoreError: the disk is full or can't be written, or the file is damaged or missing.
        """
        self.folder = folder
        if disk is not None:
            check_owner(folder, disk, read_only=read_only)
        with store_errors, ExitStack() as undo:
            if read_only:
                self.note = None
                self.db = _opened_read_only(folder / FILE)
            else:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                if shutil.disk_usage(folder).free < limits.ROOM_BYTES:
                    raise DiskFullError(f"{folder}: less than {limits.ROOM_BYTES // 10**6} MB are free")
                undo.callback(os.close, _locked(folder / "lock"))
                self.note = os.open(folder / NOTE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                undo.callback(os.close, self.note)
                self.db = _opened(folder / FILE)
                if disk is not None:
                    _mark(self.db, disk)
            undo.callback(self.db.close)
            self._closing = undo.pop_all()

    def close(self) -> None:
        """Close the file and let others open it."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _mark(db: sqlite_utils.Database, disk: Disk) -> None:
    """Mark the folder as this disk's, unless it has a mark, or a log, which tells as much."""
    if not db.table("log").count:
        db.conn.execute("insert or ignore into facts values ('disk', ?)", (owner_mark(disk),))
        db.conn.commit()


def _locked(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise InUseError(f"{path.parent} is in use by another process: stop that one first") from error
    return lock


def _opened_read_only(path: Path) -> sqlite_utils.Database:
    if not path.exists():
        raise MissingError(f"{path} does not exist: this node has no database yet")
    return sqlite_utils.Database(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))


def _opened(path: Path) -> sqlite_utils.Database:
    db = sqlite_utils.Database(path)
    try:
        db.conn.execute("pragma journal_mode=wal")
        db.conn.execute("pragma synchronous=full")
        damage = [row[0] for row in db.conn.execute("pragma quick_check(1)")]
        if damage != ["ok"]:
            raise CorruptError(f"{path}: {damage[0]}")
        migrations.apply(db)
    except BaseException:
        db.close()
        raise
    return db
