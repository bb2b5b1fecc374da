"""The bounded inbox through which other threads hand inputs to the loop."""

import socket
import threading
from collections import deque
from contextlib import suppress

from kiosk import limits
from kiosk.node import Input, ScannerSeen


class Inbox:
    """Inputs waiting for the loop. `put` may be called from any thread; a full inbox refuses, and says so."""

    def __init__(self) -> None:
        self._inputs: deque[Input] = deque()
        self._lock = threading.Lock()
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)

    def fileno(self) -> int:
        """Readable while inputs wait."""
        return self._reader.fileno()

    def put(self, given: Input) -> bool:
        """Add an input and wake the loop. False, and nothing added, when `limits.INBOX_INPUTS` wait already.

        That the scanner is gone or back is never refused: nobody would say it again, and it comes twice a second at most.
        """
        with self._lock:
            if len(self._inputs) >= limits.INBOX_INPUTS and not isinstance(given, ScannerSeen):
                return False
            self._inputs.append(given)
            if len(self._inputs) == 1:
                self._writer.send(b"!")
        return True

    def wake(self) -> None:
        """Wake the loop without an input. Safe in a signal handler, since it takes no lock, and after `close`."""
        with suppress(OSError):
            self._writer.send(b"!")

    def take(self, most: int = limits.BATCH_INPUTS) -> list[Input]:
        """The oldest inputs, at most `most`. The inbox stays readable while any are left."""
        with self._lock:
            taken = [self._inputs.popleft() for _ in range(min(most, len(self._inputs)))]
            if not self._inputs:
                with suppress(BlockingIOError):
                    self._reader.recv(16)
        return taken

    def close(self) -> None:
        """Close the wake-up sockets."""
        self._reader.close()
        self._writer.close()
