"""What nobody gets below: a message over TCP and back between two processes, and the sync of a few bytes.

python tests/bench/peers/yardstick.py FILE    the process at the other end
"""

import os
import socket
import struct
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from servers import Disk, a_server

MESSAGE = 300  # bytes: about those of one claim
FILE = 4_000_000  # bytes, there from the start, as the write-ahead logs of all peers are after a while
SYNC, PLAIN = b"s", b"p"
STARTS_S = 10


class Yardstick:
    """The running other end."""

    def __init__(self, running: ExitStack, folder: Path, delay_ms: int) -> None:
        self.disk = Disk(folder / "yardstick.trace", delay_ms)
        listener = running.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.settimeout(STARTS_S)
        command = [sys.executable, __file__, listener.getsockname()[1], folder / "yardstick.data"]
        running.enter_context(a_server([*self.disk.wrapper, *command], folder / "yardstick.log"))
        self._socket = running.enter_context(listener.accept()[0])
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def trip(self) -> float:
        """Seconds of a message there and back."""
        started = time.perf_counter()
        self._ask(PLAIN)
        return time.perf_counter() - started

    def sync(self) -> float:
        """Seconds of a write and its sync, as the other end sees them."""
        (seconds,) = struct.unpack_from("d", self._ask(SYNC))
        return float(seconds)

    def _ask(self, what: bytes) -> bytes:
        self._socket.sendall(what.ljust(MESSAGE))
        return self._socket.recv(MESSAGE, socket.MSG_WAITALL)


def serve(port: int, file: Path) -> None:
    """Send back what comes; where a sync is asked for, with the seconds that it took."""
    file.write_bytes(bytes(FILE))
    out = os.open(file, os.O_WRONLY)
    os.fsync(out)
    at = 0
    with socket.create_connection(("127.0.0.1", port)) as asker:
        asker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while asked := asker.recv(MESSAGE, socket.MSG_WAITALL):
            if asked.startswith(SYNC):
                started = time.perf_counter()
                os.pwrite(out, asked, at)
                os.fdatasync(out)
                asked = struct.pack("d", time.perf_counter() - started).ljust(MESSAGE)
                at = (at + MESSAGE) % (FILE - MESSAGE)
            asker.sendall(asked)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
