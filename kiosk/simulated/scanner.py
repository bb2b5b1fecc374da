"""A serial barcode scanner made of a pseudo-terminal: the node opens its link as it would open a real one."""

import os
import tty
from contextlib import suppress
from pathlib import Path


class PtyScanner:
    """A scanner that is plugged in at `link` while open."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._master = self._slave = -1
        self.plug_in()

    def plug_in(self) -> None:
        """Plug it in (again)."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(os.ttyname(self._slave))

    def unplug(self) -> None:
        """Pull the cable."""
        self.link.unlink(missing_ok=True)
        for end in (self._master, self._slave):
            with suppress(OSError):
                os.close(end)

    def scan(self, text: str) -> None:
        """Read a card: its characters and a carriage return, as scanners send them."""
        os.write(self._master, text.encode() + b"\r")

    def close(self) -> None:
        """Put it away."""
        self.unplug()
