"""Real disks to break: small file systems that are mounted for one test."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk: run as root, as CI does")

_BLOCK = 4_096


class Disk:
    """A mounted file system."""

    def __init__(self, folder):
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self):
        """Take all the room that is left."""
        with self._filler.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(_BLOCK))
        assert shutil.disk_usage(self.folder).free == 0

    def make_room(self):
        """Give back what `fill` took."""
        self._filler.unlink()

    def remount(self, option):
        """Change how it is mounted."""
        _run("mount", "-o", f"remount,{option}", self.folder)


@contextmanager
def memory_disk(size="8m"):
    """A disk of a few MB."""
    with _mounted("-t", "tmpfs", "-o", f"size={size}", "tmpfs") as disk:
        yield disk


@contextmanager
def card_disk():
    """An ext4 file system such as a memory card has; `remount("abort")` does to it what the kernel does after an I/O error."""
    image = Path(tempfile.mkdtemp(prefix="vbi-")) / "image"
    with image.open("wb") as file:
        file.truncate(16 << 20)
    _run("mkfs.ext4", "-q", image)
    try:
        with _mounted("-o", "loop", image) as disk:
            yield disk
    finally:
        shutil.rmtree(image.parent)


@contextmanager
def _mounted(*arguments):
    folder = Path(tempfile.mkdtemp(prefix="vbm-"))
    _run("mount", *arguments, folder)
    try:
        yield Disk(folder)
    finally:
        _run("umount", "--lazy", folder)
        folder.rmdir()


def _run(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
