"""Records every screen that a node sends, one line each. It only looks on."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

_LOOK_S = 0.05  # seconds between looks for a node that is off


class Recorder:
    """Writes down all that a node sends on its screen socket while the context is open, also across the node's restarts."""

    def __init__(self, screen: Path, record: Path) -> None:
        self.record = record
        self._screen = screen
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"record {record.name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        with self.record.open("ab", buffering=0) as lines:
            while not self._ended.is_set():
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                    try:
                        connection.connect(str(self._screen))
                    except OSError:
                        time.sleep(_LOOK_S)  # nothing announces that a socket's path has come into being
                        continue
                    connection.settimeout(_LOOK_S)
                    self._read(connection, lines.write)

    def _read(self, connection: socket.socket, write: Callable[[bytes], object]) -> None:
        received = b""
        while True:
            try:
                data = connection.recv(65_536)
            except TimeoutError:
                if self._ended.is_set():
                    return
                continue
            except OSError:
                return
            if not data:
                return
            received += data
            whole, line_end, received = received.rpartition(b"\n")
            if line_end:
                write(whole + line_end)
