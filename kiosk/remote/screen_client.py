"""The display's end of the node's socket, without a display: blocking, for commands and for a simulated clerk."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import msgspec

from kiosk import limits
from kiosk.domain.screens import Beat, Drawn, Kind, Screen, Touch, decode_sent, encode, shows, touched


class NoScreenError(Exception):
    """The screen that was waited for did not come; the text says what stood there instead."""


class ScreenClient:
    """Connected to a node's socket. With `draws` it is a display: it says that every screen is drawn as soon as it is read, and
    answers beats while screens are waited for. Else it only looks on."""

    def __init__(self, path: Path, *, draws: bool, patience_s: float = 10.0) -> None:
        self._patience_s = patience_s
        self._draws = draws
        self._socket = _connected(path, patience_s)
        self._received = b""
        self.screen: Screen | None = None

    @staticmethod
    def now() -> float:
        """The clock that waits are measured by, in seconds."""
        return time.monotonic()

    def next(self) -> Screen:
        """Wait for the next screen. Raises NoScreenError after `patience_s` seconds, ConnectionError when the node is gone."""
        return self._came(self.next_within(self._patience_s))

    def next_within(self, seconds: float) -> Screen | None:
        """Wait for the next screen for at most so long. Raises ConnectionError when the node is gone or sends no screen."""
        until = self.now() + seconds
        while isinstance(sent := self._sent(until), Beat):
            if self._draws:
                self._send(sent)
        if sent is None:
            return None
        self.screen = sent
        if self._draws:
            self.drawn()
        return sent

    def _sent(self, until: float) -> Screen | Beat | None:
        while b"\n" not in self._received:
            self._socket.settimeout(max(0.001, until - self.now()))
            try:
                data = self._socket.recv(65_536)
            except TimeoutError:
                return None
            if not data:
                raise ConnectionError("the node closed the connection")
            self._received += data
            if len(self._received) - self._received.rfind(b"\n") > limits.MESSAGE_BYTES:
                raise ConnectionError("the node sent a line that is too long")
        line, _, self._received = self._received.partition(b"\n")
        try:
            sent: Screen | Beat = decode_sent(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ConnectionError("the node sent what is no screen") from None
        return sent

    def answer(self) -> Screen:
        """Wait for the next screen that is more than a change of the strip. Raises as `next`."""
        return self._came(self.answer_within(self._patience_s))

    def answer_within(self, seconds: float) -> Screen | None:
        """The same, for at most so long; None where there was none."""
        until = self.now() + seconds
        before = self.screen
        while (screen := self.next_within(max(0.0, until - self.now()))) is not None:
            if before is None or screen.content != before.content or screen.strip == before.strip:
                return screen
            before = screen
        return None

    def _came(self, screen: Screen | None) -> Screen:
        if screen is None:
            shown = f"“{self.screen.content.headline}”" if self.screen else "nothing"
            raise NoScreenError(f"the screen that was waited for did not come: {shown} is shown")
        return screen

    def catch_up(self) -> None:
        """Take in all that has been sent: the screen is the newest."""
        while self.next_within(0.0) is not None:
            pass

    def until(self, wanted: Callable[[Screen], bool], seconds: float = 0.0) -> Screen:
        """The screen shown now or the first one to come that is as wanted; within `seconds`, or `patience_s`.

        Raises NoScreenError, and ConnectionError when the node is gone.
        """
        end = self.now() + (seconds or self._patience_s)
        while self.screen is None or not wanted(self.screen):
            if self.next_within(max(0.0, end - self.now())) is None and self.now() >= end:
                self._came(None)
        return self.screen

    def showing(self, *kinds: type | Kind) -> Screen:
        """The screen shown now or the first one to come whose content is of one of these kinds."""
        return self.until(lambda screen: shows(screen.content, *kinds))

    def touch(self, touch: str, pad: str = "", how: str = "") -> None:
        """Touch a button of the screen shown now."""
        assert self.screen is not None
        self._send(touched(self.screen, touch, pad, how))

    def drawn(self) -> None:
        """Say that the screen shown now has been drawn."""
        assert self.screen is not None
        self._send(Drawn(self.screen.number))

    def _send(self, answer: Touch | Drawn | Beat) -> None:
        self._socket.sendall(encode(answer) + b"\n")

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _connected(path: Path, patience_s: float) -> socket.socket:
    until = time.monotonic() + patience_s
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.01)  # nothing announces that a socket's path has come into being
        else:
            return connection
