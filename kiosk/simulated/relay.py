"""A network cable that can be pulled: a node's connections to one broker, passed on through this process."""

import selectors
import socket
import threading
from typing import Self

_STUCK_S = 10.0  # seconds without progress after which an end is given up; the machine is shared with other processes


class Relay:
    """Listens at `port` of this machine and passes everything on to `target`, while it passes on at all."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._passes = threading.Event()
        self._passes.set()
        self._ending, self._end = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._peers: dict[socket.socket, socket.socket] = {}
        self._brokers_ends: set[socket.socket] = set()
        self._answered: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._run, name=f"relay to {target}", daemon=True)

    def pass_on(self, passes: bool) -> None:
        """Pull the cable, which ends every connection, or plug it in."""
        if passes:
            self._passes.set()
        else:
            self._passes.clear()
        self._end.send(b"?")

    @property
    def carries(self) -> bool:
        """Whether the broker has answered on a connection that stands."""
        return bool(self._answered)

    def __enter__(self) -> Self:
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._ending, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.send(b"!")
        self._thread.join()
        self._hang_up()
        for used in (self._listener, self._ending, self._end):
            used.close()
        self._selector.close()

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._ending:
                    if b"!" in self._ending.recv(64):
                        return
                    if not self._passes.is_set():
                        self._hang_up()
                elif key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._peers:
                    self._pass_on(key.fileobj)

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        if not self._passes.is_set():
            near.close()
            return
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=_STUCK_S)
        except OSError:
            near.close()
            return
        for end, other in ((near, far), (far, near)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.settimeout(_STUCK_S)
            self._peers[end] = other
            self._selector.register(end, selectors.EVENT_READ)
        self._brokers_ends.add(far)

    def _pass_on(self, near: socket.socket) -> None:
        far = self._peers[near]
        try:
            data = near.recv(65_536)
            far.sendall(data)
        except OSError:
            data = b""  # some of it may be lost, and nothing more would be understood
        if not data:
            self._hang_up(near, far)
        elif near in self._brokers_ends:
            self._answered.add(near)

    def _hang_up(self, *ends: socket.socket) -> None:
        for end in ends or tuple(self._peers):
            self._answered.discard(end)
            self._brokers_ends.discard(end)
            if self._peers.pop(end, None) is not None:
                self._selector.unregister(end)
                end.close()
