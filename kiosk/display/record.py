"""What is written down about drawn screens, if asked for: a picture of each kind, and how long drawing took."""

import contextlib
import re
import time
from pathlib import Path

from kiosk.display.link import Arrival
from kiosk.domain.screens import Kind, Screen


class Pictures:
    """Names for the pictures of screens not seen before: each kind once, of refusals each headline once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._seen: set[tuple[str, str]] = set()

    def path_for(self, screen: Screen) -> Path | None:
        """Where to save the picture of `screen`, if it is the first of its kind."""
        kind = screen.kind
        seen = (kind, screen.content.headline if kind == Kind.REFUSED else "")
        if seen in self._seen:
            return None
        self._seen.add(seen)
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
        return self._folder / f"{len(self._seen):02d}-{name}.png"


class Timings:
    """One line for each drawn screen: its number, when it was received and when it was drawn (`time.monotonic_ns`)."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", buffering=1)

    def drawn(self, arrival: Arrival) -> None:
        self._file.write(f"{arrival.screen.number} {arrival.received_ns} {time.monotonic_ns()}\n")

    def close(self) -> None:
        with contextlib.suppress(OSError):  # what could not be written before can't be now
            self._file.close()
