"""The stage on which a plot is played: who plays what, and what a plot may do, which is no more than fate and people may.

A plot is a generator: what it does up to its next `yield` is one beat, and a beat is one step of the schedule. `Spoilt` ends
it: what chance has done meanwhile does not fit the plot any more.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import TYPE_CHECKING

from kiosk import limits
from kiosk.domain import screens as s
from tests.simulation.world import Machine

if TYPE_CHECKING:
    from tests.simulation.schedule import Schedule

Beats = Iterator[None]
SLICE_MS = 300  # how long a beat waits at most before the next step's chance


class Spoilt(Exception):  # noqa: N818 - nothing is wrong
    """The plot can't go on."""


class Stage:
    """H holds the book that everything turns about, R the register; T, N and C are other tables, drawn by lot."""

    def __init__(self, day: "Schedule", rng: Random) -> None:
        self.day, self.world = day, day.world
        self.h, self.r = f"T{day.focus}.1", "S.1"
        tables = [o for o in sorted(self.world.machines) if o not in (self.h, self.r)]
        rng.shuffle(tables)
        self.t, self.n = tables[:2]
        self.voter = rng.choice(sorted(self.world.voters))
        self.book = day.focus

    def machine(self, origin: str) -> Machine:
        return self.world.machines[origin]

    def others(self, *but: str) -> list[str]:
        return [origin for origin in self.world.machines if origin not in but]

    # --- fate ---

    def stop(self, *origins: str) -> None:
        for origin in origins:
            self.world.crash(self.machine(origin))

    def start(self, *origins: str) -> None:
        for origin in origins:
            if not self.machine(origin).up:
                self.world.boot(self.machine(origin))

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

    def alone_with(self, one: str, other: str) -> None:
        """The log of one reaches no other table than the other, and nobody gets it from that one either."""
        self.block(one, self.others(one, other), "log", "give")
        self.block("*", other, "want")

    # --- people ---

    def can_ask(self, origin: str) -> bool:
        return self._content(origin) in (s.Ready, s.Refused, s.Green, s.VoterShown, s.BirthDate)

    def ask(self, origin: str, voter: int | None = None) -> None:
        """A table's clerk scans the voter's card and approves: the table waits for its answer."""
        machine, day = self.machine(origin), self.day
        number = self.voter if voter is None else voter
        for _ in range(3):
            if not machine.up or machine.screen is None:
                raise Spoilt
            match machine.screen.content:
                case s.Green():
                    day.touch(machine, "next")
                case s.Ready() | s.Refused():
                    day.scan(machine, number)
                case s.VoterShown() | s.BirthDate():
                    day.approve(machine)
                    return
                case _:
                    raise Spoilt

    def asks(self, origin: str, voter: int | None = None) -> Beats:
        """The same, as soon as the table can."""
        yield from self.until(lambda: self.can_ask(origin), 1_500)
        self.ask(origin, voter)

    def seal(self, *stopped: str, by: str = "", book: int | None = None) -> None:
        """The secretary, or another, seals the book; the chair attests what is true, or the plot is spoilt."""
        day, taker = self.day, self.machine(by or self.r)
        book = self.book if book is None else book
        if not taker.up or not set(stopped) <= day.stopped() or any(day.in_island(origin) for origin in stopped):
            raise Spoilt
        day.order_seal(taker, book, stopped)
        if not taker.up or taker.node.books.own_seal(book) is None:
            raise Spoilt

    def seal_or_not(self, *stopped: str, by: str) -> None:
        """Somebody tries to seal the register, whether or not it is offered."""
        if not set(stopped) <= self.day.stopped() or not self.machine(by).up:
            raise Spoilt
        self.day.order_seal(self.machine(by), 0, stopped)

    def attest(self, at: str, *stopped: str) -> None:
        """The chair attests at a node that others are stopped; what is true, and where it is offered, or the plot is spoilt."""
        day, machine = self.day, self.machine(at)
        ready = machine.up and machine.node.situation.may_attest
        if not ready or not set(stopped) <= day.stopped() or any(day.in_island(origin) for origin in stopped):
            raise Spoilt
        day.order_attest(machine, stopped)

    def answered(self, by: str = "", book: int | None = None) -> bool:
        """Whether the book can be taken now."""
        taker, book = self.machine(by or self.r), self.book if book is None else book
        if not taker.up:
            return False
        keeper = taker.node.books
        sealed = keeper.own_seal(book)
        return sealed is not None and not keeper.waits_for(book, sealed) and not keeper.fetches(book, sealed)

    def seize(self, to: str, *, scan: bool = True, scanned: bool = False, by: str = "", book: int | None = None) -> None:
        """Take the book. `scanned`: the piles were scanned when the tables had stopped, and nothing is in them now."""
        taker, book = self.machine(by or self.r), self.book if book is None else book
        if not self.answered(by, book):
            raise Spoilt
        if scanned:
            self.day.order(taker, f"book {book} goes to {to}", lambda office: office.seize(book, to))
            return
        self.day.seize(taker, book, to, scan=scan)

    def taken(self, to: str, *stopped: str, by: str = "", book: int | None = None) -> Beats:
        """The whole of it: seal, answers, scans, seizure."""
        self.seal(*stopped, by=by, book=book)
        yield from self.until(lambda: self.answered(by, book))
        self.seize(to, by=by, book=book)
        yield

    def decides(self, origin: str) -> Beats:
        """Until a machine may decide in the book."""
        machine, book = self.machine(origin), self.book
        yield from self.until(lambda: machine.up and machine.node.books.may_decide(book))

    # --- waiting ---

    def until(self, holds: Callable[[], bool], ms: int = 3_000) -> Beats:
        """Beats in which things happen, until something holds."""
        left = ms
        while not self.world.run_until(holds, SLICE_MS):
            left -= SLICE_MS
            if left <= 0:
                raise Spoilt
            yield

    def shows(self, origin: str, content: type, ms: int = 3_000) -> Beats:
        yield from self.until(lambda: self._content(origin) is content, ms)

    def served(self, origin: str, ms: int = 3_000) -> Beats:
        """Until a table has shown green for the voter."""
        lights = self.day.oracle.lights
        yield from self.until(lambda: any((one.table, one.voter) == (origin, self.voter) for one in lights), ms)

    def _content(self, origin: str) -> type | None:
        screen = self.machine(origin).screen
        return type(screen.content) if screen is not None else None

    def ready(self) -> Beats:
        """All tables are ready: everybody is fresh, and has it on disk that the poll is open."""
        tables = self.others(self.r)
        yield from self.until(lambda: all(self.can_ask(o) for o in tables), 6_000)
        yield from self.while_(50 + limits.COPIES_WAIT_MS)

    def fresh(self, *origins: str, ms: int = 4_000) -> Beats:
        machines = [self.machine(origin) for origin in origins]
        yield from self.until(lambda: all(m.up and m.node.books.seen.fresh.reached for m in machines), ms)

    def has(self, origin: str, of: str, more_than: int, ms: int = 3_000) -> Beats:
        """Until a machine has more than so many of another's entries on its disk."""
        yield from self.until(lambda: self.machine(origin).vector.get(of, 0) > more_than, ms)

    def length(self, origin: str) -> int:
        """How long a machine's own log is."""
        return self.machine(origin).vector.get(origin, 0)

    def while_(self, ms: int) -> Beats:
        """Let things happen for a while."""
        for _ in range(0, ms, SLICE_MS):
            self.world.run_for(min(ms, SLICE_MS))
            yield
