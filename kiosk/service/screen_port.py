"""The node's side of the screen: a Unix socket on which each display is sent whole screens and answers with touches.

Served by the node's one loop, without a thread: what is sent here is sent after the commit that it rests on, in that thread.
A display that reads slowly gets the newest screen next, never a queue of old ones; one that sends nonsense is dropped.
"""

import errno
import logging
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from kiosk import limits
from kiosk.domain.messages import Display
from kiosk.domain.screens import Beat, Drawn, Screen, Touch, decode_answer, encode

_log = logging.getLogger(__name__)
_BEAT = encode(Beat()) + b"\n"


@dataclass(slots=True)
class _Display:
    """One connected display: what is being sent, what is to be sent next, and the unfinished line it has sent.

    `draws`: it has answered a beat, so it is a screen, not somebody who looks on. `unanswered`: beats since the last answer.
    """

    draws: bool = False
    unanswered: int = 0
    sending: bytes = b""
    held_up: bool = False
    next: bytes = b""
    received: bytearray = field(default_factory=bytearray)


class ScreenPort:
    """A listening socket and its displays, in the loop's selector. `answers` is called with each touch that comes in.

    `display` is how they do: one that draws is enough.

    Raises OSError where the socket can't be made, or another node serves it.
    """

    def __init__(self, path: Path, selector: selectors.BaseSelector, answers: Callable[[Touch | Drawn], None]) -> None:
        self._path, self._selector, self._answers = path, selector, answers
        self._displays: dict[socket.socket, _Display] = {}
        self._current = b""
        self.display = Display.DRAWS  # until the contrary is known
        self._beat_s: float | None = None  # the last beat: all that had come in before it was read
        self._without = 0  # beats since there was a display
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_dead(path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._listener.bind(str(path))
        except OSError as error:
            raise OSError(error.errno or errno.EINVAL, error.strerror or str(error), str(path)) from error
        path.chmod(0o660)
        self._listener.listen(limits.DISPLAYS)
        self._listener.setblocking(False)
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def show(self, screen: Screen) -> None:
        """Send a screen to every display, and to those that connect later."""
        self._current = encode(screen) + b"\n"
        for connection in list(self._displays):
            self._send(connection, self._current)

    def serve(self, left_s: float) -> None:
        """Read and send what can be, by whatever is in the selector, after at most so long; then tell the displays, where due,
        that the loop goes round.

        Nobody else does: a loop that hangs must not be said to go round. One that was stopped for long, anywhere in here, says
        that it is back only after it has read what was sent meanwhile: the beat counts from before that look.
        """
        self._read(min(left_s, self._beat_in()))
        if self._beat_in() > 0:
            return
        since = time.monotonic()
        self._read(0.0)
        self._beat(since)

    def _read(self, left_s: float) -> None:
        for key, mask in self._selector.select(left_s):
            key.data(mask)

    def _beat_in(self) -> float:
        """The seconds until the next beat is due."""
        return 0.0 if self._beat_s is None else max(0.0, self._beat_s + limits.BEAT_S - time.monotonic())

    def _beat(self, since: float) -> None:
        self._beat_s = since
        for connection, display in list(self._displays.items()):
            display.unanswered += 1
            if self._current and not display.sending:
                self._send(connection, _BEAT)
        screens = [display for display in self._displays.values() if display.draws]
        self._without = 0 if screens else self._without + 1
        if screens and min(display.unanswered for display in screens) > limits.DISPLAY_HANGS_BEATS:
            self.display = Display.HANGS
        elif self._without > limits.NO_DISPLAY_BEATS:
            self.display = Display.NONE

    @property
    def _was_silent(self) -> bool:
        """Whether the loop was away for so long that the displays have said so. Touches from before no longer count: the
        screen comes back, to be touched again."""
        return self._beat_s is not None and time.monotonic() - self._beat_s > limits.NODE_SILENT_S

    def close(self) -> None:
        """Drop every display and the socket."""
        for connection in list(self._displays):
            self._drop(connection)
        self._selector.unregister(self._listener)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self, _mask: int) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it went away before it was accepted
            return
        if len(self._displays) >= limits.DISPLAYS:
            _log.warning("a display too many was turned away; at most %d can be connected", limits.DISPLAYS)
            connection.close()
            return
        connection.setblocking(False)
        self._displays[connection] = _Display()
        self._selector.register(connection, selectors.EVENT_READ, lambda mask: self._ready(connection, mask))
        if self._current:
            self._send(connection, self._current)

    def _ready(self, connection: socket.socket, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._flush(connection)
        if mask & selectors.EVENT_READ and connection in self._displays:
            self._receive(connection)

    def _receive(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(limits.MESSAGE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        display = self._displays[connection]
        received = display.received
        received += data
        *lines, rest = received.split(b"\n")
        if not data or max(map(len, (*lines, rest))) > limits.ANSWER_BYTES:
            self._drop(connection)
            return
        received[:] = rest
        for line in lines:
            try:
                answer = decode_answer(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                _log.warning("a display sent what is not a touch; it was dropped")
                self._drop(connection)
                return
            if isinstance(answer, Beat):
                display.draws, display.unanswered, self.display = True, 0, Display.DRAWS
            elif isinstance(answer, Drawn) or not self._was_silent:
                self._answers(answer)

    def _send(self, connection: socket.socket, line: bytes) -> None:
        display = self._displays[connection]
        if display.sending:
            display.next = line
            return
        display.sending = line
        self._flush(connection)

    def _flush(self, connection: socket.socket) -> None:
        display = self._displays[connection]
        try:
            while display.sending:
                display.sending = display.sending[connection.send(display.sending) :]
                if not display.sending:
                    display.sending, display.next = display.next, b""
        except BlockingIOError:
            pass
        except OSError:
            self._drop(connection)
            return
        if display.held_up != bool(display.sending):
            display.held_up = bool(display.sending)
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if display.held_up else 0)
            self._selector.modify(connection, events, self._selector.get_key(connection).data)

    def _drop(self, connection: socket.socket) -> None:
        if self._displays.pop(connection, None) is not None:
            self._selector.unregister(connection)
            connection.close()


def _remove_dead(path: Path) -> None:
    """Remove the socket that a killed run has left; a living one's displays must not be taken from it."""
    if path.exists() and not path.is_socket():
        raise FileExistsError(errno.EEXIST, "is no socket: name another path", str(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        trial.settimeout(1.0)  # a node that is stopped does not answer, but lives
        try:
            trial.connect(str(path))
        except TimeoutError:
            pass
        except (FileNotFoundError, ConnectionRefusedError):
            path.unlink(missing_ok=True)
            return
    raise OSError(errno.EADDRINUSE, "another node serves this screen: stop that one first", str(path))
