"""The other nodes, as their heads show them, and this node's own heads."""

from collections.abc import Iterator

from kiosk import limits
from kiosk.domain.messages import AtClerk, Display, Head, Stance
from kiosk.domain.nodes import device_of, table_of
from kiosk.domain.runs import Runs
from kiosk.node.types import Now


class Peers:
    """Heads that came in, newest of each node, and when; and the count of those that went out. `display`: this node's own.

    Each head names the newest heads that its node hears. So a one-way cable is known from both ends: this node is *unheard*
    when others' heads go on coming, for a second, and none of them names a head of this node that is newer than the newest
    named before; and a node is *deaf* when its own heads name nobody's for as long.
    """

    def __init__(self, me: str) -> None:
        """`me`: this node's device. Each other is known by its device."""
        self.display = Display.DRAWS
        self._me = me
        self._heads: dict[str, Head] = {}
        self._came: dict[str, int] = {}
        self._clock: dict[str, int] = {}  # by how much a node's wall clock is ahead of `mono_ms` here, which never jumps
        self._offline: set[str] = set()
        self._at_clerk: dict[str, int] = {}
        self._came_in = 0  # words of others so far
        self._seen_clocks: tuple[tuple[Now, int], dict[str, int]] = (Now(0, 0), -1), {}
        self._count = 0
        self._sent: int | None = None
        self._deaf: dict[str, int] = {}  # since when a node's heads name nobody
        self._named = 0  # the newest own head that another node has named
        self._vain: tuple[int, int] | None = None  # when the first and the last head since then came that name none
        self._unheard = False

    def heard(self, head: Head, runs: Runs, now: Now) -> bool:
        """Take in a head; False for one that is older than what is known, or this node's own."""
        device = device_of(head.run)
        last = self._heads.get(device)
        is_late = last is not None and _age(head) <= _age(last) and not self._is_other_card(head, last, runs, now)
        if device == self._me or is_late:
            return False
        self._heads[device], self._came[device] = head, now.mono_ms
        self._came_in += 1
        if last is not None:  # the first may be an old one, which a broker has kept
            self._clock[device] = head.clock_ms - now.mono_ms
        if head.hears or head.stance is Stance.FAULT:  # who has stopped for a fault takes no part
            self._deaf.pop(device, None)
        else:
            self._deaf.setdefault(device, now.mono_ms)
        self._look_for_own(head, now)
        self._offline.discard(device)
        self._at_clerk.pop(device, None)
        return True

    def _is_other_card(self, head: Head, last: Head, runs: Runs, now: Now) -> bool:
        """Whether a head that counts fewer runs comes from another card: the last is silent, and is not known to go on from
        this one's run. An old card whose last runs nobody has would never be heard else."""
        silent = now.mono_ms - self._came.get(device_of(last.run), 0) >= limits.SEEN_MS
        run, later = runs.get(head.run), runs.get(last.run)
        return silent and head.run != last.run and (run is None or later is None or run not in later.line)

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

    def is_deaf(self, device: str, now: Now) -> bool:
        """Whether a node is seen that hears nobody."""
        since = self._deaf.get(device)
        return since is not None and self._came.get(device, 0) - since >= limits.UNHEARD_MS and self.is_seen(device, now)

    def is_locked(self, device: str) -> bool:
        """Whether the last that was heard of a node is that it was locked: only a start unlocks it, and that would be heard."""
        head = self._heads.get(device)
        return head is not None and head.stance is Stance.LOCKED and device not in self._at_clerk

    def at_clerk(self, device: str, now: Now) -> None:
        """A node waits for its clerk's word."""
        self._came_in += 1
        self._at_clerk[device] = now.mono_ms
        self._came.pop(device, None)
        self._offline.discard(device)

    def is_at_clerk(self, device: str, now: Now) -> bool:
        """Whether a node that is not seen has said that it waits for its clerk."""
        said = self._at_clerk.get(device)
        return said is not None and device not in self._offline and now.mono_ms - said < limits.SEEN_MS

    def gone(self, device: str) -> None:
        """Every broker says that a node is offline."""
        self._came_in += 1
        self._offline.add(device)

    def head(self, device: str) -> Head | None:
        """A node's newest head."""
        return self._heads.get(device)

    @property
    def heads(self) -> Iterator[Head]:
        """The newest head of every node heard of, of those that are silent now too."""
        return iter(self._heads.values())

    def is_seen(self, device: str, now: Now) -> bool:
        """Whether a node's heads arrive; one that is locked sends none."""
        came = self._came.get(device)
        is_here = came is not None and device not in self._offline and now.mono_ms - came < limits.SEEN_MS
        return is_here and not self.is_locked(device)

    def is_clock_off(self, device: str, now: Now) -> bool | None:
        """Whether a node's clock, this one's or another's as its last head told it, differs by over a minute from most others.

        They are those of the nodes that are seen, and this one's; None where there is nothing to compare.
        """
        clocks = self._clocks(now)
        told = clocks.get(device, self._clock.get(device))
        others = len(clocks) - (device in clocks)
        if told is None or not others:
            return None
        return 2 * sum(abs(ahead - told) > limits.CLOCK_OFF_MS for ahead in clocks.values()) > others

    def _clocks(self, now: Now) -> dict[str, int]:
        """The clocks of the nodes that are seen, and this one's; a screen asks for them for each node."""
        if self._seen_clocks[0] != (now, self._came_in):
            seen = {other: ahead for other, ahead in self._clock.items() if self.is_seen(other, now)}
            self._seen_clocks = (now, self._came_in), {**seen, self._me: now.wall_ms - now.mono_ms}
        return self._seen_clocks[1]

    def any_seen(self, now: Now) -> bool:
        """Whether any other node is seen."""
        return any(self.is_seen(device, now) for device in self._heads)

    def copied(self, run: str) -> int:
        """How far this node's run is on another node's disk."""
        return max((head.have.get(run, 0) for head in self._heads.values()), default=0)

    def shows_copy(self, run: str, seq: int) -> bool:
        """Whether another node's head shows that it has a copy of this run's entry."""
        own = device_of(run)
        return any(device != own and head.have.get(run, 0) >= seq for device, head in self._heads.items())

    def is_next_to(self, device: str, now: Now) -> bool:
        """Whether this node is one of the few that copy for this device at once.

        They are, of those seen, the secretary's node, whose commits no voter waits for, and the next tables in a round.
        """
        others = [self._me, *(other for other in self._heads if other != device and self.is_seen(other, now))]
        others.sort(key=lambda other: (table_of(other) is not None, other < device, other))
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

    def announce(self, runs: Runs, run: str, member: bool, stance: Stance, now: Now) -> Head:
        """This node's next head."""
        self._count, self._sent = self._count + 1, now.mono_ms
        hears = {device: head.count for device, head in self._heads.items() if self.is_seen(device, now)}
        return Head(run, runs[run].nth, self._count, runs.stored, member, stance, now.wall_ms, hears, self.display)


def _age(head: Head) -> tuple[int, str, int]:
    """The order of a device's heads: later runs are newer; of two cards' runs either, but always the same one."""
    return head.runs, head.run, head.count
