"""A file that appears whole or not at all, readable to its owner only, and written so that no commit has to wait for it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk import limits
from kiosk.store.errors import DiskFullError, store_errors


def part_of(file: Path, pid: int) -> Path:
    """Where a file is while a process is writing it: two that write one file each have their own."""
    return file.with_name(f"{file.name}.{pid}.part")


@contextmanager
def whole_file(file: Path) -> Iterator[Callable[[bytes], None]]:
    """Give a function that writes all of the file. Whatever else happens, nothing is left of it.

    Raises:
        StoreError: there is no room, or the folder can't be written; the latter is told at once.
    """
    part = part_of(file, os.getpid())
    with store_errors:
        part.unlink(missing_ok=True)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        yield lambda data: _write(handle, data, part, file)
    finally:
        os.close(handle)
        part.unlink(missing_ok=True)


def _write(handle: int, data: bytes, part: Path, file: Path) -> None:
    """Piece by piece, each on the disk before the next: written at once, it would keep the disk from the marks for its time.

    The room that a table needs for its marks is left.
    """
    with store_errors:
        if shutil.disk_usage(part.parent).free < len(data) + limits.ROOM_BYTES:
            raise DiskFullError(f"{part.parent}: no room for a document of {len(data)} bytes")
        for at in range(0, len(data), limits.DOCUMENT_SYNC_BYTES):
            piece = memoryview(data)[at : at + limits.DOCUMENT_SYNC_BYTES]
            while piece:
                piece = piece[os.write(handle, piece) :]
            os.fdatasync(handle)
        part.rename(file)
        folder = os.open(file.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
