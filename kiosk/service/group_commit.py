"""Group commit: in a rush, the first table that asks waits a moment for the others, so that one commit decides for all of them.

Without this wait the first ask would have a commit for itself, and all others would wait for that one and for the next. It is
half a commit at most, as PostgreSQL advises for its `commit_delay`; outside a rush there is none.
"""

from collections.abc import Sequence

from kiosk import limits
from kiosk.domain.messages import Ask
from kiosk.domain.screens import Touch
from kiosk.node import Heard, Input


class GroupCommit:
    """How many tables have lately asked this node at once, its own included, and how long a commit takes here."""

    def __init__(self) -> None:
        self._most = 0
        self._ends_s = self._next_s = 0.0
        self._commit_s = 0.0

    def committed(self, took_s: float) -> None:
        """A commit took so many seconds."""
        self._commit_s = took_s

    def lacks(self, inputs: Sequence[Input], now_s: float) -> bool:
        """Whether somebody asks in these inputs, and others can be expected to ask within `wait_s`.

        Not right after such a wait: most have just asked then.
        """
        return self._next_s <= now_s < self._ends_s and 0 < _count(inputs) < self._most

    @property
    def wait_s(self) -> float:
        """Seconds that those who ask may wait for the others."""
        return min(self._commit_s / 2, limits.RUSH_WAIT_S)

    def took(self, inputs: Sequence[Input], now_s: float) -> None:
        """The node takes these inputs now, for one commit."""
        if now_s >= self._ends_s:
            self._most = 0
        if len(inputs) >= limits.RUSH_TABLES and (count := _count(inputs)) >= limits.RUSH_TABLES:
            self._most = max(self._most, count)
            self._ends_s = now_s + limits.RUSH_LASTS_S
            self._next_s = now_s + 2 * self._commit_s


def _count(inputs: Sequence[Input]) -> int:
    """From how many tables a request comes; a touch on this node's own screen may be one."""
    asking = {given.sender if isinstance(given, Heard) else "" for given in inputs if _asks(given)}
    return len(asking)


def _asks(given: Input) -> bool:
    return isinstance(given, Touch) or (isinstance(given, Heard) and isinstance(given.message, Ask))
