"""The other nodes, as their heads show them, and this node's own heads."""

from collections.abc import Iterator

from kiosk import limits
from kiosk.domain.messages import AtClerk, Head, Stance
from kiosk.domain.nodes import table_of
from kiosk.node.replica import Replica
from kiosk.node.words import Now


class Peers:
    """Heads that came in, newest of each node, and when; and the count of those that went out.

    Each head names the newest heads that its node hears. So a one-way cable is known from both ends: this node is *unheard*
    when others' heads go on coming, for a second, and none of them names a head of this node that is newer than the newest
    named before; and a node is *deaf* when its own heads name nobody's for as long.
    """

    def __init__(self, me: str) -> None:
        self._me = me
        self._heads: dict[str, Head] = {}
        self._came: dict[str, int] = {}
        self._clock: dict[str, int] = {}  # by how much a node's wall clock is ahead of `mono_ms` here, which never jumps
        self._offline: set[str] = set()
        self._at_clerk: dict[str, int] = {}
        self._count = 0
        self._sent: int | None = None
        self._deaf: dict[str, int] = {}  # since when a node's heads name nobody
        self._named = 0  # the newest own head that another node has named
        self._vain: tuple[int, int] | None = None  # when the first and the last head since then came that name none
        self._unheard = False

    def heard(self, head: Head, now: Now) -> bool:
        """Take in a head; False for one that is older than what is known, or this node's own."""
        last = self._heads.get(head.origin)
        if head.origin == self._me or (last is not None and (head.start, head.count) <= (last.start, last.count)):
            return False
        self._heads[head.origin], self._came[head.origin] = head, now.mono_ms
        if last is not None:  # the first may be an old one, which a broker has kept
            self._clock[head.origin] = head.clock_ms - now.mono_ms
        if head.hears or head.stance is Stance.FAULT:  # who has stopped for a fault takes no part
            self._deaf.pop(head.origin, None)
        else:
            self._deaf.setdefault(head.origin, now.mono_ms)
        self._look_for_own(head, now)
        self._offline.discard(head.origin)
        self._at_clerk.pop(head.origin, None)
        return True

    def _look_for_own(self, head: Head, now: Now) -> None:
        named = head.hears.get(self._me, 0)
        if self._named < named <= self._count:  # beyond are those of an earlier run
            self._named, self._vain, self._unheard = named, None, False
        elif self._named < self._count:
            first, last = self._vain or (now.mono_ms, now.mono_ms)
            if now.mono_ms - last > 3 * limits.HEAD_MS // 2:
                first = now.mono_ms  # nothing came in between: what comes now may have been on its way for long
            self._vain, self._unheard = (first, now.mono_ms), now.mono_ms - first >= limits.UNHEARD_MS

    def is_unheard(self, now: Now) -> bool:
        """Whether others are seen, and none of them hears this node."""
        return self._unheard and self.any_seen(now)

    def is_deaf(self, origin: str, now: Now) -> bool:
        """Whether a node is seen that hears nobody."""
        since = self._deaf.get(origin)
        return since is not None and self._came.get(origin, 0) - since >= limits.UNHEARD_MS and self.is_seen(origin, now)

    def is_locked(self, origin: str) -> bool:
        """Whether the last that was heard of a node is that it was locked: only a start unlocks it, and that would be heard."""
        head = self._heads.get(origin)
        return head is not None and head.stance is Stance.LOCKED and origin not in self._at_clerk

    def at_clerk(self, origin: str, now: Now) -> None:
        """A node waits for its clerk's word."""
        self._at_clerk[origin] = now.mono_ms
        self._came.pop(origin, None)
        self._offline.discard(origin)

    def is_at_clerk(self, origin: str, now: Now) -> bool:
        """Whether a node that is not seen has said that it waits for its clerk."""
        said = self._at_clerk.get(origin)
        return said is not None and origin not in self._offline and now.mono_ms - said < limits.SEEN_MS

    def gone(self, origin: str) -> None:
        """Every broker says that a node is offline."""
        self._offline.add(origin)

    def head(self, origin: str) -> Head | None:
        """A node's newest head."""
        return self._heads.get(origin)

    @property
    def heads(self) -> Iterator[Head]:
        """The newest head of every node heard of, of those that are silent now too."""
        return iter(self._heads.values())

    def is_seen(self, origin: str, now: Now) -> bool:
        """Whether a node's heads arrive; one that is locked sends none."""
        came = self._came.get(origin)
        is_here = came is not None and origin not in self._offline and now.mono_ms - came < limits.SEEN_MS
        return is_here and not self.is_locked(origin)

    def is_clock_off(self, origin: str, now: Now) -> bool | None:
        """Whether a node's clock, this one's or another's as its last head told it, differs by over a minute from most others.

        They are those of the nodes that are seen, and this one's; None where there is nothing to compare.
        """
        clocks = {other: ahead for other, ahead in self._clock.items() if self.is_seen(other, now)}
        clocks[self._me] = now.wall_ms - now.mono_ms
        told = clocks.pop(origin, self._clock.get(origin))
        if told is None or not clocks:
            return None
        return 2 * sum(abs(ahead - told) > limits.CLOCK_OFF_MS for ahead in clocks.values()) > len(clocks)

    def any_seen(self, now: Now) -> bool:
        """Whether any other node is seen."""
        return any(self.is_seen(origin, now) for origin in self._heads)

    def copied(self) -> int:
        """How far this node's own log is on another node's disk."""
        return max((head.have.get(self._me, 0) for head in self._heads.values()), default=0)

    def shows_copy(self, origin: str, seq: int) -> bool:
        """Whether another node's head shows that it has a copy of this origin's entry."""
        return any(head.origin != origin and head.have.get(origin, 0) >= seq for head in self._heads.values())

    def is_next_to(self, origin: str, now: Now) -> bool:
        """Whether this node is one of the few that copy for this origin at once.

        They are, of those seen, the secretary's node, whose commits no voter waits for, and the next tables in a round.
        """
        others = [self._me, *(other for other in self._heads if other != origin and self.is_seen(other, now))]
        others.sort(key=lambda other: (table_of(other) is not None, other < origin, other))
        return self._me in others[: limits.COPIES_AT_ONCE]

    # --- own heads ---

    def due(self, now: Now) -> bool:
        """Whether a head should go out though nobody waits for one."""
        return self._sent is None or now.mono_ms - self._sent >= limits.HEAD_MS

    def next_due(self) -> int:
        """The `mono_ms` of the next head."""
        return 0 if self._sent is None else self._sent + limits.HEAD_MS

    def wait_for_clerk(self, now: Now) -> AtClerk:
        """What this node says instead of a head."""
        self._sent = now.mono_ms
        return AtClerk()

    def was_fresh(self, origin: str, start: int) -> bool:
        """Whether a node has said that it is fresh since its start at this seq."""
        head = self._heads.get(origin)
        return head is not None and head.fresh and head.start == start

    def announce(self, replica: Replica, fresh: bool, stance: Stance, now: Now) -> Head:
        """This node's next head."""
        self._count, self._sent = self._count + 1, now.mono_ms
        stored, start = replica.stored, replica.last_start
        starts = {
            origin: replica.start_hash[origin]
            for origin, seq in start.items()
            if origin != self._me and stored.get(origin, 0) >= seq and not self.was_fresh(origin, seq)
        }
        hears = {origin: head.count for origin, head in self._heads.items() if self.is_seen(origin, now)}
        return Head(
            self._me, start[self._me], self._count, replica.tip, dict(stored), fresh, stance, now.wall_ms, starts, hears
        )
