"""A list without marks gives way to another one: it is put aside with its log, and comes back with it.

The first `prev` of every log is bound to the list's digest, so entries of a log under one list can neither be continued nor
counted under another. What is put aside is a whole database, in a folder of its own within the data folder: `valgbord log
verify --data DATA/earlier-DIGEST` reads it. A list that comes back finds its log there, and goes on with it: begun once
more, it would be a second story.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from kiosk.store.database import Database
from kiosk.store.errors import store_errors
from kiosk.store.ownership import FILE

_DIGEST = 16  # characters of a digest in a folder's name


def earlier_folder(data: Path, digest: str) -> Path:
    """Where the log under a list is kept while another list holds."""
    return data / f"earlier-{digest[:_DIGEST]}"


def put_aside(database: Database, digest: str) -> Path:
    """Put the log and the list with this digest aside; afterwards there is neither. Returns the folder with both.

    Raises:
        StoreError: the disk refuses it. Both are still in place.
    """
    kept = earlier_folder(database.folder, digest)
    with store_errors:
        _copy(database.db.conn, kept)
        if database.note is not None:  # it must never be ahead of the log, also after a power cut
            os.pwrite(database.note, b"0" * 20, 0)
            os.fsync(database.note)
        with database.db.atomic():
            database.db.conn.execute("delete from log")
            _forget_list(database.db.conn)
    return kept


def bring_back(database: Database, digest: str) -> bool:
    """Take back the list with this digest, and its log, where they were put aside; whether they were. There is no log now.

    Raises:
        StoreError: the disk refuses it.
    """
    kept, db = earlier_folder(database.folder, digest) / FILE, database.db.conn
    if not kept.exists():
        return False
    with store_errors:
        db.execute("attach ? as kept", (str(kept),))
        try:
            with database.db.atomic():
                _forget_list(db)
                db.execute("insert into log select * from kept.log order by arrival")
                db.execute("insert into voters select * from kept.voters")
                db.execute("insert or ignore into facts select * from kept.facts")
        finally:
            db.execute("detach kept")
    return True


def _forget_list(db: sqlite3.Connection) -> None:
    db.execute("delete from voters")
    db.execute("delete from facts where key in ('list_digest', 'list_count', 'list_coming', 'run')")


def _copy(db: sqlite3.Connection, folder: Path) -> None:
    """Copy the whole database into a folder, where it replaces what was put aside under the same list before."""
    folder.mkdir(mode=0o700, exist_ok=True)
    part = folder / f"{FILE}.part"
    part.unlink(missing_ok=True)
    db.execute("vacuum into ?", (str(part),))
    with closing(sqlite3.connect(part)) as copy:  # a copy that is only read needs no write-ahead log
        copy.execute("pragma journal_mode=delete")
    _sync(part)
    part.rename(folder / FILE)
    _sync(folder)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
