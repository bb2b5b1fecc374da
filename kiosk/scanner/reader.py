"""The scanner's thread: what all kinds of scanner have in common.

It only puts facts into the node's inbox. Whatever goes wrong with the scanner is the fact `ScannerAbsent`, and the
thread tries again: a cable that was pulled must need nobody but the one who plugs it in.
"""

import errno
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Literal, Protocol

from kiosk import limits
from kiosk.scanner.framing import Framer, Scan, Unread

STOP_S = 2.0  # seconds that `stop` waits at most for a thread that is held up in `emit`


@dataclass(frozen=True, slots=True)
class ScannerPresent:
    """The scanner is connected, and held by this process alone. `what` it is, is for the technician."""

    what: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ScannerAbsent:
    """No scan can come. The reason is for the technician: one of those below, or an error's name."""

    reason: str


NOT_CONNECTED = "not connected"
BUSY = "busy: another program holds it"
NO_PERMISSION = "no permission"
TYPES_NOTHING = "connected, but not as a keyboard: set it to that (often called HID or USB keyboard)"

Event = Scan | Unread | ScannerPresent | ScannerAbsent
Emit = Callable[[Event], None]

_REASONS = {
    errno.ENOENT: NOT_CONNECTED,
    errno.ENODEV: NOT_CONNECTED,
    errno.ENXIO: NOT_CONNECTED,
    errno.EIO: NOT_CONNECTED,
    errno.EBUSY: BUSY,
    errno.EAGAIN: BUSY,
    errno.EACCES: NO_PERMISSION,
    errno.EPERM: NO_PERMISSION,
    errno.ENOTSUP: TYPES_NOTHING,
}


class OpenScanner(Protocol):
    """An open scanner. Any OSError of `read` or `look` means that it is gone.

    `framers` are asked for silence, which ends a scan too. `what` is the name of what is held.
    """

    @property
    def framers(self) -> Sequence[Framer]: ...
    @property
    def what(self) -> str: ...

    def fileno(self) -> int:
        """What `select` waits for."""

    def read(self, now: float) -> list[Scan | Unread]:
        """Frame what waits to be read, without waiting for more; return the scans that it ends."""

    def look(self) -> None:
        """Nothing has come for a moment: see whether there is another part of the scanner."""

    def close(self) -> None:
        """Let the scanner go. Never raises, not even for one that is gone."""


class ScannerThread:
    """Holds one scanner, connects it again whenever it was gone, and calls `emit` from its own thread only.

    `ScannerPresent` and `ScannerAbsent` are emitted when they become true, not again while they stay true.
    """

    def __init__(self, connect: Callable[[], OpenScanner], emit: Emit) -> None:
        self._connect = connect
        self._emit = emit
        self._said: Event | None = None
        self._stopping, self._stopper = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)

    def start(self) -> None:
        """Begin to look for the scanner. Once only."""
        self._thread.start()

    def stop(self) -> None:
        """Let the scanner go and end the thread; what was half read is dropped. May be called twice, or unstarted."""
        self._stopper.close()  # the other end becomes readable, which wakes the thread from any wait
        if self._thread.ident is None:
            self._stopping.close()
        else:
            self._thread.join(STOP_S)

    def _run(self) -> None:
        with self._stopping:
            while True:
                try:
                    self._serve()
                except Exception as error:
                    # An inbox that refuses this is told again after the next try.
                    with suppress(Exception):
                        self._say(ScannerAbsent(_reason(error)))
                if select.select([self._stopping], [], [], limits.SCANNER_RETRY_S)[0]:
                    return

    def _serve(self) -> None:
        """Read one connection until `stop`, or until it fails, by raising."""
        with closing(self._connect()) as connection:
            self._say(ScannerPresent(connection.what))
            while True:
                deadlines = [at for framer in connection.framers if (at := framer.deadline()) is not None]
                wait = max(0.0, min(deadlines) - time.monotonic()) if deadlines else limits.SCANNER_RETRY_S
                stopping = self._stopping.fileno()
                ready, _, _ = select.select([stopping, connection.fileno()], [], [], wait)
                if stopping in ready:
                    return
                now = time.monotonic()
                if ready:
                    scans = connection.read(now)
                else:
                    scans = [scan for framer in connection.framers for scan in framer.flush(now)]
                    connection.look()
                for scan in scans:
                    self._emit(scan)

    def _say(self, event: ScannerPresent | ScannerAbsent) -> None:
        if event != self._said:
            self._emit(event)
            self._said = event


def _reason(error: Exception) -> str:
    """Why no scan can come, in words that never come from the error's text: it might hold what was scanned."""
    if not isinstance(error, OSError):
        return type(error).__name__
    if error.errno is None:
        return NOT_CONNECTED  # pyserial's errors of a lost port carry no number
    return _REASONS.get(error.errno) or os.strerror(error.errno)


def scanner_for(
    *,
    kind: Literal["hid", "serial", "none"],
    device: str,
    vendor: int | None,
    product: int | None,
    layout: Literal["us", "dk"],
    baud: int,
    emit: Emit,
) -> ScannerThread | None:
    """The scanner that the plan describes, not yet started; None where it has none.

    The imports stand here so that a kiosk with one kind of scanner doesn't load the other's library.
    """
    if kind == "hid":
        from kiosk.scanner.hid import HidFinder

        return ScannerThread(HidFinder(device, vendor, product, layout), emit)
    if kind == "serial":
        from kiosk.scanner.serial import SerialScanner

        return ScannerThread(lambda: SerialScanner(device, baud), emit)
    return None


def plugged_in() -> list[str]:
    """What may be a scanner, of either kind, by name and USB ids: for the technician whose rule or plan names another one."""
    from serial.tools.list_ports import comports

    from kiosk.scanner.hid import keyboards

    return keyboards() + [f"{port.device} (USB {port.vid:04x}:{port.pid:04x})" for port in comports() if port.vid is not None]
