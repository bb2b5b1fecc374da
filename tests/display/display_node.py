"""A scripted node for tests of the display: the listening end of the socket, one connection at a time."""

import socket

from kiosk.domain.screens import Beat, Drawn, decode_answer, encode
from kiosk.simulated.device import PATIENCE_S

WAIT_S = PATIENCE_S


class Node:
    """Listens on `path`."""

    def __init__(self, path):
        self.path = path
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen()
        self.listener.settimeout(WAIT_S)
        self.connection = None

    def accept(self):
        self.connection, _ = self.listener.accept()
        self.connection.settimeout(WAIT_S)
        self.lines = self.connection.makefile("rb")

    def show(self, *screens):
        self.connection.sendall(b"".join(encode(screen) + b"\n" for screen in screens))

    def beat(self):
        self.show(Beat())

    def shown(self, screen):
        """Show `screen` and wait until it is drawn."""
        self.show(screen)
        assert self.answer() == Drawn(screen.number)

    def answer(self):
        return decode_answer(self.lines.readline())

    def ended(self):
        """Wait until the display has hung up."""
        return self.lines.read() == b""

    def hang_up(self):
        if self.connection is not None:
            self.lines.close()
            self.connection.close()
            self.connection = None

    def close(self):
        self.hang_up()
        self.listener.close()
        self.path.unlink(missing_ok=True)
