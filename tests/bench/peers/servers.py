"""The programs that are measured: their folders, their syncs slowed where that is wanted, and their end whatever happens."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT

END_S = 20  # seconds that a server has to end before it is killed


@dataclass(frozen=True)
class Disk:
    """A disk whose syncs take `delay_ms` longer; each of them is noted in `trace`."""

    trace: Path
    delay_ms: int

    @property
    def wrapper(self) -> tuple[str, ...]:
        """The words before a command that make its syncs slow; -D leaves the command's own process the one that was started."""
        if not self.delay_ms:
            return ()
        delay = f"inject=fsync,fdatasync:delay_exit={self.delay_ms * 1_000}"
        quiet = ("-D", "-f", "--seccomp-bpf", "-qq", "-A", "-o", str(self.trace))
        return ("strace", *quiet, "-e", "trace=fsync,fdatasync", "-e", "signal=none", "-e", delay)

    def slowed(self) -> int:
        """How many syncs have been slowed."""
        return self.trace.read_bytes().count(b"(DELAYED)") if self.trace.exists() else 0


@contextmanager
def a_folder(user: str | None = None) -> Iterator[Path]:
    """A new folder, removed in the end."""
    folder = Path(tempfile.mkdtemp(prefix="vb-peers-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def a_server(command: Sequence[object], log: Path, user: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A running server."""
    with log.open("ab") as out:
        process = subprocess.Popen([*map(str, command)], stdout=out, stderr=out, stdin=subprocess.DEVNULL, user=user)
    try:
        yield process
    finally:
        process.send_signal(SIGINT)  # at which PostgreSQL does not wait for its clients, unlike at SIGTERM
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def servant() -> str | None:
    """Whom PostgreSQL runs as, since it refuses to run as root."""
    return "postgres" if os.getuid() == 0 else None
