"""The stage on which a scenario is played: who plays what, and what a scenario may do, which is no more than faults and
workload may.

A scenario is a generator: what it does up to its next `yield` is one beat, and a beat is one step of the schedule. `Spoilt`
ends it: what chance has done meanwhile does not fit the scenario any more.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import TYPE_CHECKING

from kiosk import limits
from kiosk.domain import screens as s
from tests.simulation.own_fold import device_of
from tests.simulation.world import Machine

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

Beats = Iterator[None]
SLICE_MS = 300  # how long a beat waits at most before the next step's chance


class Spoilt(Exception):  # noqa: N818 - nothing is wrong
    """The scenario can't go on."""


class Stage:
    """H holds the book that everything turns about, R is the secretary's; T, N and C are other tables, drawn by lot."""

    def __init__(self, day: "Schedule", rng: Random) -> None:
        self.day, self.world = day, day.world
        self.h, self.r = f"T{day.focus}.1", "S.1"
        tables = [device for device in sorted(self.world.machines) if device not in (self.h, self.r)]
        rng.shuffle(tables)
        self.t, self.n = tables[:2]
        self.c = tables[2] if len(tables) > 2 else self.r
        self.voter = rng.choice(sorted(self.world.voters))
        self.book = day.focus

    def machine(self, name: str) -> Machine:
        return self.world.machines[name]

    def others(self, *but: str) -> list[str]:
        return [name for name in self.world.machines if name not in but]

    # --- faults ---

    def turn_off(self, *names: str) -> None:
        for name in names:
            self.world.crash(self.machine(name))

    def start(self, *names: str) -> None:
        for name in names:
            if not self.machine(name).up:
                self.world.boot(self.machine(name))

    def return_to_work(self, *names: str) -> None:
        """They start, and their clerks say what became of what was open."""
        self.start(*names)
        for name in names:
            self.day.answer_all(self.machine(name))

    def block(self, senders: str | list[str], receivers: str | list[str] = "*", *kinds: str) -> None:
        """Nothing comes through from these to those, or nothing of these kinds."""
        for sender in [senders] if isinstance(senders, str) else senders:
            for receiver in [receivers] if isinstance(receivers, str) else receivers:
                self.world.blocked |= {(sender, receiver, kind) for kind in kinds or ("*",)}
        self.world.say(f"from now on nothing comes from {senders} to {receivers}: {kinds or 'at all'}")

    def unblock(self) -> None:
        self.world.blocked.clear()
        self.world.let_go()
        self.world.say("everything comes through again")

    def apart(self, one: str | list[str], other: str | list[str]) -> None:
        """Nothing passes between these."""
        self.block(one, other)
        self.block(other, one)

    def alone_with(self, one: str, other: str) -> None:
        """The log of one reaches no other table than the other, and nobody gets it from that one either."""
        self.block(one, self.others(one, other), "log", "give")
        self.block("*", other, "want")

    # --- people ---

    def can_ask(self, name: str) -> bool:
        screen = self.machine(name).screen
        content = screen.content if screen is not None else None
        is_left = s.shows(content, s.Kind.WAITING) and content.sign is s.Sign.WARNING
        return is_left or s.shows(content, s.Ready, s.Kind.REFUSED, s.Green, s.VoterShown, s.BirthDate)

    def ask(self, name: str, voter: int | None = None) -> None:
        """A table's clerk scans the voter's card and approves: the table waits for its answer."""
        machine, day = self.machine(name), self.day
        number = self.voter if voter is None else voter
        for _ in range(4):
            if not machine.up or machine.screen is None:
                raise Spoilt
            match machine.screen.content:
                case s.Message(kind=s.Kind.WAITING, sign=s.Sign.WARNING):
                    day.touch(machine, "cancel")
                case s.Green():
                    day.touch(machine, "next")
                case s.Ready() | s.Message(kind=s.Kind.REFUSED):
                    day.scan(machine, number)
                case s.VoterShown() | s.BirthDate():
                    day.approve(machine)
                    return
                case _:
                    raise Spoilt

    def asks(self, name: str, voter: int | None = None) -> Beats:
        """The same, as soon as the table can."""
        yield from self.until(lambda: self.can_ask(name), 1_500)
        self.ask(name, voter)

    def stop(self, by: str, *named: str, whole: bool = True) -> None:
        """The chair stops at a table what is off, and these are; `whole`: and all else that is off."""
        off = self.day.off()
        if not set(named) <= off:
            raise Spoilt
        self.order_stop(by, *(off if whole else named))

    def order_stop(self, by: str, *named: str) -> None:
        """The chair says that these are off, be it so or not."""
        machine = self.machine(by)
        if not machine.up:
            raise Spoilt
        self.day.order_stop(machine, named)
        if not machine.up or machine.node.books.stopping is None:
            raise Spoilt

    def answered(self, by: str) -> Beats:
        """Until everybody has acknowledged a stop, or it is finished already as there is no pile."""
        machine = self.machine(by)
        yield from self.until(lambda: self.day.is_ready(machine) or self.is_viewed(by))

    def is_viewed(self, by: str) -> bool:
        """Whether the highest stop that a machine knows is its own, and finished."""
        machine = self.machine(by)
        books = machine.node.books.books if machine.up else None
        return books is not None and bool(books.valid_views) and not books.pending

    def finish(self, by: str, *, scan: bool = True) -> None:
        """Take the books of who was stopped."""
        if self.is_viewed(by):
            return
        if not self.day.is_ready(self.machine(by)):
            raise Spoilt
        self.day.finish(self.machine(by), scan=scan)

    def taken(self, by: str, *named: str) -> Beats:
        """The whole of it: the code, the answers, the scans, the view."""
        self.stop(by, *named)
        yield from self.answered(by)
        self.finish(by)
        yield

    def give(self, giver: str, to: str) -> None:
        self.day.order_give(self.machine(giver), self.book, to)

    def excuse(self, at: str) -> Beats:
        """The chair attests at a table that its card is the right one, as soon as all for whom it waits are silent."""
        machine = self.machine(at)

        def may_all() -> bool:
            situation = machine.node.situation if machine.up else None
            return situation is not None and bool(situation.excusable) and {*situation.awaited} <= {*situation.excusable}

        yield from self.until(may_all, limits.SEEN_MS + 3_000)
        self.day.order_excuse(machine, machine.node.situation.excusable)

    def decides(self, name: str, ms: int = 4_000) -> Beats:
        """Until a machine may decide in the book."""
        machine, book = self.machine(name), self.book
        yield from self.until(lambda: machine.up and machine.node.books.may_decide(book), ms)

    # --- waiting ---

    def until(self, holds: Callable[[], bool], ms: int = 3_000) -> Beats:
        """Beats in which things happen, until something holds."""
        left = ms
        while not self.world.run_until(holds, SLICE_MS):
            left -= SLICE_MS
            if left <= 0:
                raise Spoilt
            yield

    def shows(self, name: str, kind: type | s.Kind, ms: int = 3_000) -> Beats:
        yield from self.until(lambda: s.shows(self._content(name), kind), ms)

    def served(self, name: str, ms: int = 3_000) -> Beats:
        """Until a table has shown green for the voter."""
        machine, lights = self.machine(name), self.day.oracle.lights
        yield from self.until(lambda: any(one.run in machine.runs and one.voter == self.voter for one in lights), ms)

    def _content(self, name: str) -> s.Content | None:
        screen = self.machine(name).screen
        return screen.content if screen is not None else None

    def ready(self) -> Beats:
        """All tables are ready: everybody is a member, and has it on disk that the poll is open."""
        tables = self.others(self.r)
        yield from self.until(lambda: all(self.can_ask(name) for name in tables), 6_000)
        yield from self.members(*self.others())
        yield from self.while_(50 + limits.COPIES_WAIT_MS)

    def members(self, *names: str, ms: int = 6_000) -> Beats:
        machines = [self.machine(name) for name in names]
        yield from self.until(lambda: all(m.up and m.node.books.seen.member.reached for m in machines), ms)

    def has(self, name: str, of: str, more_than: int, ms: int = 3_000) -> Beats:
        """Until a machine has more than so many entries of another's device on its disk."""
        yield from self.until(lambda: self.length(of, name) > more_than, ms)

    def length(self, of: str, at: str = "") -> int:
        """How long a device's log is, on its own disk or another's."""
        vector, device = self.machine(at or of).vector, self.machine(of).device
        return max((seq for run, seq in vector.items() if device_of(run) == device), default=0)

    def while_(self, ms: int) -> Beats:
        """Let things happen for a while."""
        for _ in range(0, ms, SLICE_MS):
            self.world.run_for(min(ms, SLICE_MS))
            yield
