"""Rule D2: whether a node knows everything that may have happened while it was off. Pure.

While it was off its book may have been taken. So each start begins with nothing being fresh; only heads that were announced
after their node had this start prove anything. Of each node the first such head is kept until it is reached: a later one
shows more, and would only move the goal.
"""

from collections.abc import Collection, Iterable, Mapping

from kiosk.domain.messages import Head

Vector = Mapping[str, int]


def covers(have: Vector, wanted: Vector) -> bool:
    """Whether a vector reaches another in every origin."""
    return all(have.get(origin, 0) >= seq for origin, seq in wanted.items())


class Freshness:
    """Since the last start: whose heads have come, and what they showed."""

    def __init__(self, me: str) -> None:
        self._me = me
        self._start = ""
        self.missing: frozenset[str] = frozenset()
        self._of_fresh: dict[str, Vector] = {}
        self._of_any: dict[str, Vector] = {}
        self.reached = False
        # Who has shown more of this node's own log than was on its disk; itself, while a log that began here is not fresh yet.
        self.claimants: set[str] = set()

    @property
    def outdated(self) -> bool:
        """Whether others claim to have more of this node's log, or have since it was fresh: its disk is an old one, or that a
        lie. A disk that has never been fresh may be an emptied one, and nobody has told it yet."""
        return bool(self.claimants)

    @property
    def claims(self) -> set[str]:
        """Which others claim to have more of this node's log."""
        return self.claimants - {self._me}

    def started(self, entry_hash: str, missing: Iterable[str] = ()) -> None:
        """A start of this node is written; the chair attests that the `missing` are stopped."""
        self._start, self.missing, self.reached = entry_hash, frozenset(missing), False
        self._of_fresh.clear()
        self._of_any.clear()

    def heard(self, head: Head) -> None:
        """A head came in: it tells something if its node had this very start by then, not another entry at its place."""
        if self._start and head.starts.get(self._me) == self._start:
            self._of_any.setdefault(head.origin, head.have)
            if head.fresh:
                self._of_fresh.setdefault(head.origin, head.have)

    def shown_own(self, head: Head, stored: Vector) -> None:
        """How much of this node's own log a head shows, to compare with the disk as it is now: an old one grows, too."""
        if head.have.get(self._me, 0) > stored.get(self._me, 0):
            self.claimants.add(head.origin)

    def awaited(self, everyone: Collection[str], have: Vector) -> tuple[str, ...]:
        """Whose heads, or what they showed, are still lacking; and who claims to have more of this node's log."""
        others = sorted(set(everyone) - self.missing - {self._me})
        return tuple(o for o in others if o in self.claimants or o not in self._of_any or not covers(have, self._of_any[o]))

    def reach(self, everyone: Collection[str], have: Vector) -> bool:
        """Whether this node is fresh now; once it is, it stays so until its next start.

        Where others claim to have more of this node's log no single node helps it, which may not know of that.

        `everyone`: every origin that has a log, or should; `have`: what is on this node's disk.
        """
        if self._start and not self.reached:
            helped = not self.claims and any(covers(have, shown) for shown in self._of_fresh.values())
            self.reached = helped or not self.awaited(everyone, have)
            if self.reached:
                self.claimants.clear()
        return self.reached
