"""Which disk a data folder belongs to. It is marked at the first start or import, and no other disk's node ever writes in it.

A node that went on with another's log would have no log of its own any more, and one that began a second log beside its first
would tell two stories. Both are refused before anything is written.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from kiosk.domain.entries import decode_entry
from kiosk.domain.nodes import device_of
from kiosk.store.errors import OtherDiskError, OtherFolderError, store_errors

FILE = "node.db"
_FIRST = "select entry from log order by arrival limit 1"


Disk = tuple[str, str]
"""A disk of the place: its device, and its public key in hex, which is new in every provision."""


class _Found(NamedTuple):
    mark: str | None
    first: str | None  # device of the first entry, which is always the own log's start; missing where there is no log


def check_owner(folder: Path, disk: Disk, *, read_only: bool = False) -> None:
    """Check that `folder` is this disk's, or nobody's yet. To read, this disk may have another folder too. Nothing is written.

    Raises:
        OtherDiskError: it is another disk's.
        OtherFolderError: this disk's log is in another folder, which is named.
        StoreError: it can't be read.
    """
    with store_errors:
        found = _found(folder)
    whose = found.mark or found.first
    if whose and whose not in (owner_mark(disk), disk[0]):
        raise OtherDiskError(folder, whose.partition(" ")[0], disk[0])
    if read_only:
        return
    for other in _around(folder.resolve(), siblings=found.first is None):
        if _holds(other, disk):
            raise OtherFolderError(folder, other)


def owner_mark(disk: Disk) -> str:
    """The mark in a folder's database."""
    return " ".join(disk)


def _found(folder: Path) -> _Found:
    if not (folder / FILE).exists():
        return _Found(None, None)
    whole = "" if (folder / f"{FILE}-wal").exists() else "&immutable=1"  # else SQLite makes files beside it, only to read
    with closing(sqlite3.connect(f"{(folder / FILE).absolute().as_uri()}?mode=ro{whole}", uri=True)) as db:
        if db.execute("select count(*) from sqlite_master where name in ('facts', 'log')").fetchone() != (2,):
            return _Found(None, None)
        mark = db.execute("select value from facts where key = 'disk'").fetchone()
        first = db.execute(_FIRST).fetchone()
    try:
        return _Found(mark and mark[0], first and device_of(decode_entry(first[0]).run))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Found(mark and mark[0], "")  # it is damaged, which the check of the chain will say


def _around(folder: Path, *, siblings: bool) -> Iterator[Path]:
    """Folders that may have this disk's log: the one around, as for an earlier list's; and, with no log here, those beside."""
    yield folder.parent
    if siblings:
        try:
            yield from (other for other in sorted(folder.parent.iterdir()) if other != folder)
        except OSError:
            return  # a folder that can't be read counts as nobody's


def _holds(folder: Path, disk: Disk) -> bool:
    """Whether a folder has this disk's log."""
    try:
        found = _found(folder)
    except (OSError, sqlite3.Error):
        return False
    return bool(found.first) and (found.mark or found.first) in (owner_mark(disk), disk[0])
