"""The scanner on a serial port (USB CDC or RS-232), read through pyserial."""

import os
from contextlib import suppress

import serial

from kiosk.scanner.framing import Framer, Scan, Unread

READ_BYTES = 4_096  # bytes of one read: what the kernel's line buffer holds


class SerialScanner:
    """An open port that no other program may open.

    Raises:
        OSError: there is none, or another program holds it (pyserial's SerialException is one).
    """

    def __init__(self, path: str, baud: int) -> None:
        # No timeout: the thread waits in select, so a terminator delivers its scan the moment it arrives.
        self.framers = [Framer()]
        self.what = os.path.realpath(path)
        self._port = serial.Serial(path, baud, timeout=0, exclusive=True)

    def fileno(self) -> int:
        """What `select` waits for."""
        return self._port.fileno()

    def read(self, now: float) -> list[Scan | Unread]:
        """Frame the bytes that wait; return the scans that they end.

        Raises:
            OSError: the scanner was unplugged.
        """
        return self.framers[0].feed(self._port.read(READ_BYTES).decode("latin-1"), now)

    def look(self) -> None:
        """A port has one part only."""

    def close(self) -> None:
        """Let the port go."""
        with suppress(OSError):
            self._port.close()
