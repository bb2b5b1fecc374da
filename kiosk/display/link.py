"""The display's end of the node's socket: newline-delimited JSON, in a thread of its own, so that neither waits for the other.

Only the newest screen is kept: a display that was busy draws what holds now, never what held before. Whatever comes that
is neither screen nor beat drops the connection, and a fresh one begins with the whole current screen.

A node that sends nothing for a while is silent, as one is that is not there. If it goes on over the same connection, the screen
that stood there stands again: it has the same number, and its touches count.
"""

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kiosk import limits
from kiosk.backoff import Backoff
from kiosk.domain.screens import Beat, Drawn, Screen, Touch, decode_sent, encode

BACKOFF = Backoff(0.1, 1.0)  # seconds between tries to connect
SEND_S = 1.0  # seconds in which the node must take a message of some hundred bytes
UNSENT = 64  # messages waiting for the node; a clerk makes a few a second


class LinkError(Exception):
    """The node said something that is no screen, or takes nothing any more."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A screen, when its last byte came (`time.monotonic_ns`), and over which connection (1, 2, …)."""

    screen: Screen
    received_ns: int
    connection: int


class NodeLink:
    """Connects to `path` and again whenever that breaks. `news` is called, in the thread, when there is something to see."""

    def __init__(self, path: Path, news: Callable[[], None]) -> None:
        self._path, self._news = path, news
        self._lock = threading.Lock()
        self._arrival: Arrival | None = None
        self._current: Arrival | None = None  # of this connection
        self._beaten = False
        self._connection = 0
        self._lost_at: float | None = time.monotonic()
        self._failure: Exception | None = None
        self._unsent: deque[bytes] = deque()
        self._stopped = threading.Event()
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close the connection."""
        self._stopped.set()
        self._rouse()
        if self._thread.is_alive():
            self._thread.join(SEND_S + 1)
        self._wake.close()
        self._waker.close()

    def take(self) -> Arrival | None:
        """The newest screen, once; again after a silence. Raises what the thread failed of, if it did."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            arrival, self._arrival = self._arrival, None
            return arrival

    def silent_for(self, now: float) -> float:
        """Seconds (by `time.monotonic`) for which the node has been gone or silent; 0 while it is heard."""
        with self._lock:
            return 0.0 if self._lost_at is None else now - self._lost_at

    def take_beat(self) -> bool:
        """Whether the node has sent a beat, once: the window's loop is to answer it."""
        with self._lock:
            beaten, self._beaten = self._beaten, False
            return beaten

    def send(self, message: Touch | Drawn | Beat, connection: int = 0) -> None:
        """Send to the node; dropped while it is not heard, or if `connection` is given and is not this one any more."""
        with self._lock:
            if self._lost_at is not None or connection not in (0, self._connection):
                return
            self._unsent.append(encode(message) + b"\n")
        self._rouse()

    def _rouse(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake; closed: it is gone
            self._waker.send(b"!")

    def _run(self) -> None:
        try:
            self._keep_connected()
        except Exception as failure:  # the window shows it and the process ends
            with self._lock:
                self._failure = failure
            self._news()

    def _keep_connected(self) -> None:
        in_vain = 0
        while not self._stopped.is_set():
            heard = 0
            with contextlib.suppress(OSError, LinkError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as node:
                node.settimeout(SEND_S)
                node.connect(str(self._path))
                with self._lock:
                    self._connection += 1
                for sent in self._sent(node):
                    heard += 1
                    self._heard(sent)
            self._lost()
            in_vain = 0 if heard else in_vain + 1
            self._stopped.wait(BACKOFF.after(in_vain))

    def _sent(self, node: socket.socket) -> Iterator[Screen | Beat]:
        """Each newest screen, and beats, until the connection ends; sends meanwhile, and notices a silence."""
        received = b""
        with selectors.DefaultSelector() as selector:
            selector.register(node, selectors.EVENT_READ)
            selector.register(self._wake, selectors.EVENT_READ)
            silent_from = time.monotonic() + limits.NODE_SILENT_S
            while not self._stopped.is_set():
                left = max(0.0, silent_from - time.monotonic())
                # A process that was stopped while it waited is told of nothing: it looks again before it says so.
                ready = [key.fileobj for key, _ in selector.select(left) or selector.select(0.0)]
                if self._wake in ready:
                    self._wake.recv(limits.MESSAGE_BYTES)
                    self._flush(node)
                if node in ready:
                    data = node.recv(limits.MESSAGE_BYTES)
                    if not data:
                        return
                    sent, received = newest(received + data)
                    if sent is not None:
                        silent_from = time.monotonic() + limits.NODE_SILENT_S
                        yield sent
                elif time.monotonic() >= silent_from:
                    self._silent(limits.NODE_SILENT_S)
                    silent_from = time.monotonic() + limits.NODE_SILENT_S

    def _flush(self, node: socket.socket) -> None:
        with self._lock:
            messages = list(self._unsent)
            self._unsent.clear()
        if len(messages) > UNSENT:
            raise LinkError("the node takes no messages")
        node.sendall(b"".join(messages))

    def _heard(self, sent: Screen | Beat) -> None:
        with self._lock:
            if isinstance(sent, Screen):
                self._arrival = self._current = Arrival(sent, time.monotonic_ns(), self._connection)
            elif self._current is None:
                return  # the node has no screen yet: there is nothing to show
            else:
                self._beaten = True
                if self._lost_at is not None:
                    self._arrival = self._current
            self._lost_at = None
        self._news()

    def _lost(self) -> None:
        with self._lock:
            self._current = None
        self._silent(0.0)

    def _silent(self, seconds: float) -> None:
        """The node has not been heard for so long."""
        with self._lock:
            self._arrival, self._beaten = None, False
            self._unsent.clear()
            was_heard = self._lost_at is None
            if was_heard:
                self._lost_at = time.monotonic() - seconds
        if was_heard:
            self._news()


def newest(received: bytes) -> tuple[Screen | Beat | None, bytes]:
    """The last whole screen in `received`, else a beat, and the unfinished rest. Raises `LinkError` at anything else."""
    *lines, rest = received.split(b"\n")
    if max(map(len, (*lines, rest))) > limits.MESSAGE_BYTES:
        raise LinkError("a line is too long")
    found: Screen | Beat | None = None
    for line in lines:
        try:
            sent = decode_sent(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise LinkError("a line is no screen") from None
        if found is None or isinstance(sent, Screen):
            found = sent
    return found, rest
