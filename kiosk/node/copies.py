"""Who waits for a copy of an own decision, and whether this node is to hurry with one.

A table that has decided for its own voter needs the decision on one other disk before green (G3). A few nodes copy it at once
and say so in a head; the others copy it in their next commit, and say so only where no head has shown a copy by then.
"""

from kiosk import limits
from kiosk.node.peers import Peers
from kiosk.node.words import Now


class Copies:
    """What is awaited: of each origin its last own decision, and since when this node has known of it."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._awaited: dict[str, tuple[int, int | None]] = {}

    def awaited(self, origin: str, seq: int) -> None:
        """An origin has decided on a request of its own, in its entry at `seq`."""
        self._awaited[origin] = seq, None

    def made(self) -> None:
        """This node's head shows all that it has: nothing is awaited of it."""
        self._awaited.clear()

    def owed(self, now: Now, *, busy: bool = False) -> bool:
        """Whether somebody waits for this node's copy.

        So it is where it is one of the few next to them, and not `busy` with a voter of its own; or where nobody has made one
        in time.
        """
        self._awaited = {
            origin: (seq, now.mono_ms if since is None else since)
            for origin, (seq, since) in self._awaited.items()
            if not self._peers.shows_copy(origin, seq)
        }
        return any(
            now.mono_ms - (since or 0) >= limits.COPY_LATE_MS or (not busy and self._peers.is_next_to(origin, now))
            for origin, (_, since) in self._awaited.items()
        )

    def due(self) -> list[int]:
        """From which `mono_ms` on this node's copies are owed in any case."""
        return [since + limits.COPY_LATE_MS for _, since in self._awaited.values() if since is not None]
