"""Which nodes need a copy of a decision of theirs, and whether this node makes one at once.

A table that has decided for its own voter needs the decision on one other disk before green (G3). A few nodes copy it at once
and say so in a head; the others copy it in their next commit, and say so only where no head has shown a copy by then.
"""

from dataclasses import dataclass

from kiosk import limits
from kiosk.domain.nodes import device_of
from kiosk.node.peers import Peers
from kiosk.node.types import Now


class Copies:
    """Of each run the last decision that needs a copy, and from when on this node owes it."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._new: dict[str, int] = {}
        self._awaited: dict[str, _Awaited] = {}

    def awaited(self, run: str, seq: int) -> None:
        """A run has decided on a request of its own, in its entry at `seq`."""
        self._new[run] = seq

    def look(self, now: Now, *, busy: bool) -> None:
        """Note which runs need a copy. This node makes it at once where it is one of the few next to them, and not `busy` with
        a voter of its own."""
        for run, seq in self._new.items():
            hurries = not busy and self._peers.is_next_to(device_of(run), now)
            self._awaited[run] = _Awaited(seq, now.mono_ms if hurries else now.mono_ms + limits.COPY_LATE_MS)
        self._new.clear()

    def made(self) -> None:
        """This node's head shows all that it has: it owes no copy."""
        self._new.clear()
        self._awaited.clear()

    def owed(self, now: Now) -> bool:
        """Whether this node must make a copy now: no other node has made one, and its time has come."""
        self._awaited = {run: one for run, one in self._awaited.items() if not self._peers.shows_copy(run, one.seq)}
        return any(one.from_ms <= now.mono_ms for one in self._awaited.values())

    def due(self) -> list[int]:
        """From which `mono_ms` on this node's copies are owed."""
        return [one.from_ms for one in self._awaited.values()]


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A decision, and from which `mono_ms` on this node owes its copy."""

    seq: int
    from_ms: int
