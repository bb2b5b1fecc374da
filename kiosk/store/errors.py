"""The store's one family of errors: what can break between this node and its disk."""

import errno
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType


class StoreError(Exception):
    """The disk did not do what was asked. `code` is what the screen's fault text is looked up by; `fields` fill it in."""

    code = "disk"
    fields: tuple[str, ...] = ()


class DiskFullError(StoreError):
    """No room is left on the disk."""

    code = "disk_full"


class ReadOnlyError(StoreError):
    """The disk, or the file, can't be written."""

    code = "read_only"


class CorruptError(StoreError):
    """What was read back is not what was written; the text says where."""

    code = "corrupt"


class InUseError(StoreError):
    """Another process works on the same store."""

    code = "in_use"


class MissingError(StoreError):
    """There is no store where one was to be read."""

    code = "missing"


class OtherListError(StoreError):
    """This node has no marks, and others have some under another list, whose `digest` it should have."""

    code = "other_list"

    def __init__(self, digest: str, own: str, others: Iterable[str]) -> None:
        super().__init__(
            f"{', '.join(sorted(others))} have marks under the voter list with digest {digest}, and go on; this node has none,"
            f" and the list {own}: give it that list, with `valgbord list import`"
        )
        self.fields = (digest[:8],)


class OtherListFileError(StoreError):
    """A log was to be checked by the voter list in `file`, which is not the list that the log was written under."""

    def __init__(self, file: Path, digest: str, wanted: str) -> None:
        super().__init__(
            f"{file} is not the voter list of this log: its digest is {digest}, and the log was written under"
            f" {wanted or 'none'}. Nothing was checked: give that list, whose digest `valgbord list check` tells"
        )


class OtherDiskError(StoreError):
    """The data folder is another disk's."""

    code = "other_disk"

    def __init__(self, folder: Path, whose: str, mine: str) -> None:
        same = " of another provision of the place" if whose == mine else ""
        super().__init__(
            f"{folder} is the data of {whose}{same}, and this bundle is {mine}'s: nothing is written. Give the bundle that it"
            f" belongs to, or {mine}'s own folder with --data"
        )
        self.fields = (whose,)


class OtherFolderError(StoreError):
    """This disk's log is in another folder."""

    code = "other_folder"

    def __init__(self, folder: Path, other: Path) -> None:
        super().__init__(
            f"{other} has this disk's log, and {folder} would be a second one: give --data {other}. If that can't be used, put"
            " in the device's spare card"
        )
        self.fields = (str(other),)


class RevokedError(StoreError):
    """This disk's certificate was revoked: what it holds stays, and nothing may be added."""

    code = "revoked"


_FAMILIES: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_FULL: DiskFullError,
    sqlite3.SQLITE_IOERR_SHMSIZE: DiskFullError,
    sqlite3.SQLITE_READONLY: ReadOnlyError,
    sqlite3.SQLITE_CANTOPEN: ReadOnlyError,
    sqlite3.SQLITE_PERM: ReadOnlyError,
    sqlite3.SQLITE_CORRUPT: CorruptError,
    sqlite3.SQLITE_NOTADB: CorruptError,
    sqlite3.SQLITE_BUSY: InUseError,
    sqlite3.SQLITE_LOCKED: InUseError,
}

_FROM_ERRNO: dict[int, type[StoreError]] = {
    errno.ENOSPC: DiskFullError,
    errno.EDQUOT: DiskFullError,
    errno.EROFS: ReadOnlyError,
    errno.EACCES: ReadOnlyError,
    errno.EPERM: ReadOnlyError,
}


class _StoreErrors:
    """A context that turns SQLite's and the file system's errors into the store's own family. A voter waits for each use."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
        match error:
            case sqlite3.DatabaseError():
                # The low byte is the primary code; a DatabaseError raised by the driver itself has none.
                code = getattr(error, "sqlite_errorcode", 0)
                raise _FAMILIES.get(code, _FAMILIES.get(code & 0xFF, StoreError))(str(error)) from error
            case OSError():
                words = f"{error.filename}: {error.strerror}" if error.filename else str(error)
                raise _FROM_ERRNO.get(error.errno or 0, StoreError)(words) from error


store_errors = _StoreErrors()
