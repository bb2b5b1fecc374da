"""Who holds which book, read from the logs. Pure; see kiosk/PROTOCOL.md, "What a set of entries says".

A book is a table's part of the voter list. `Books` keeps each entry that moves books, and works the holdings out anew when they
are asked for after one has come. So they never depend on the order in which logs arrived.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kiosk.domain import entries as e
from kiosk.domain import rights
from kiosk.domain.nodes import device_of, is_spare
from kiosk.domain.rights import Basis
from kiosk.domain.runs import Known, Run, Runs


@dataclass(slots=True, eq=False)
class Stopped:
    """A stop that counts, and how far its author has come with it. `view` and `viewed` are None until the view is written."""

    author: str
    seq: int
    stop: e.Stop
    knows: Known
    view: tuple[int, e.View] | None = None
    viewed: Known | None = None

    @property
    def rank(self) -> tuple[int, str]:
        """Which of two is higher: by number; of a code that was used twice, by author."""
        return self.stop.n, self.author


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a book, in the hold named `hold`; "" for a device before its first run.

    `end`: the last seq of the holder's that counts; None for all that it has written.
    """

    holder: Run
    hold: str = ""
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """A book's holdings by their holds, first to last.

    `pending`: the pending stops that name the last holder. `open`: one of them may take back the step that follows.
    """

    holdings: dict[str, Holding]
    pending: tuple[Stopped, ...] = ()
    open: bool = False

    @property
    def last(self) -> Holding:
        """The holding that goes on, as far as is known."""
        return self.holdings[next(reversed(self.holdings))]


def named(stopped: Stopped, run: Run) -> bool:
    """Whether a stop names a run: it names the run's device, and its author knew of the run. (A device before its first run is
    known to all.)"""
    return run.device in stopped.stop.named and stopped.knows.knew(run)


class Books:
    """The holdings of all books. Change it only by `fold`."""

    def __init__(self, basis: Basis) -> None:
        self.basis, self.runs = basis, Runs(basis.devices)
        self.stops: list[Stopped] = []
        self.version = 0
        self.short: dict[str, e.Vector] = {}  # by hold: what the author knew of a give, stop or view that came before all of it
        self._asked: set[str] = set()  # the devices that have asked for a voter
        self._by_author: dict[tuple[str, int], Stopped] = {}  # author, number
        self._gives: dict[tuple[int, str, str], tuple[int, e.Give]] = {}  # book, author, hold: the first one's seq
        self._as_of = -1
        self._chains: dict[tuple[int, bool], Chain] = {}
        self._views: tuple[Stopped, ...] = ()
        self._pending: list[Stopped] = []
        self._held: dict[int, frozenset[str]] = {}
        self._named: dict[str, bool] = {}

    def fold(self, entry: e.Entry) -> bool:
        """Take in an entry; whether it may move a book. What it follows is known already, and so is all that it knows (rule L),
        but for what devices that told two stories have written."""
        if isinstance(entry.body, e.Start):
            self.runs.began(entry.run, entry.body.before, entry.seq)
        else:
            self.runs.grew(entry.run, entry.seq)
        if isinstance(entry.body, e.Request):
            self._asked.add(device_of(entry.run))
        if isinstance(entry.body, e.Knowing) and not self.runs.have(entry.body.knows):
            self.short[spot_of(entry.run, entry.seq)] = entry.body.knows
        moves = self._moves(entry, entry.body)
        self.version += moves
        return moves

    def _moves(self, entry: e.Entry, body: e.Body) -> bool:
        match body:
            case e.Start():
                return True
            case e.Give() if rights.give(body, entry.run, self.basis):
                known = self._gives.setdefault((body.book, entry.run, body.hold), (entry.seq, body))
                return known[0] == entry.seq and any(
                    body.hold in self.chain(body.book, pending=pending).holdings for pending in (False, True)
                )
            case e.Stop() if rights.stop(body, entry.run, self.basis):
                stopped = Stopped(entry.run, entry.seq, body, self.runs.known({**body.knows, entry.run: entry.seq - 1}))
                if any(s.stop.n >= body.n and stopped.knows.has(s.author, s.seq) for s in self.stops):
                    return False
                self._by_author[entry.run, body.n] = stopped
                self.stops.append(stopped)
                return True
            case e.View():
                stopped_ = self._by_author.get((entry.run, body.n))
                if stopped_ is None or stopped_.view is not None:
                    return False
                stopped_.view, stopped_.viewed = (entry.seq, body), self.runs.known(body.knows)
                return True
            case _:
                return False

    # --- reading ---------------------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[int]:
        return iter(self.basis.opening)

    def stop_of(self, author: str, n: int) -> Stopped | None:
        """A run's stop with this number; None where there is none that counts."""
        return self._by_author.get((author, n))

    @property
    def valid_views(self) -> tuple[Stopped, ...]:
        """The stops whose view counts, lowest first."""
        self._look()
        return self._views

    @property
    def opening(self) -> Known | None:
        """What the author of the lowest valid view knew, which opened the poll; None before."""
        return self.valid_views[0].viewed if self.valid_views else None

    @property
    def pending(self) -> list[Stopped]:
        """The stops without a valid view of theirs or a higher one, lowest first."""
        self._look()
        return self._pending

    def chain(self, book: int, *, pending: bool = True) -> Chain:
        """A book's holdings; with pending stops left aside where that is asked. Raises KeyError for no book of the place."""
        self._look()
        waiting = self.pending if pending else []
        if (book, bool(waiting)) not in self._chains:
            self._chains[book, bool(waiting)] = self._chain(book, waiting)
        return self._chains[book, bool(waiting)]

    def held(self, book: int) -> frozenset[str]:
        """The devices that stand in a book's chain, pending stops left aside."""
        self._look()
        if book not in self._held:
            self._held[book] = frozenset(h.holder.device for h in self.chain(book, pending=False).holdings.values())
        return self._held[book]

    def holder(self, book: int) -> str:
        """The run that holds a book, or the device before its first run."""
        return self.chain(book).last.holder.name

    def counts(self, book: int, hold: str, author: str, seq: int, *, pending: bool = True) -> bool:
        """Whether an entry of this author at `seq` counts as one of the book's holder in this hold; with pending stops left
        aside where that is asked."""
        chain = self.chain(book, pending=pending)
        holding = chain.holdings.get(hold)
        if holding is None or holding.holder.name != author or (holding.end is not None and seq > holding.end):
            return False
        return holding is not chain.last or all(stopped.knows.has(author, seq) for stopped in chain.pending)

    def is_named(self, run: str) -> bool:
        """Whether a stop names a run. A stop below a valid view that did not know it was given up, and names nobody."""
        self._look()
        if run not in self._named:
            self._named[run] = any(named(s, self.runs[run]) and not self._is_void(s) for s in self.stops)
        return self._named[run]

    def is_taken_over(self, run: str) -> bool:
        """Whether a valid view names a run."""
        return any(named(view, self.runs[run]) for view in self.valid_views)

    def _is_void(self, stopped: Stopped) -> bool:
        return any(
            view.rank > stopped.rank and view.viewed is not None and not view.viewed.has(stopped.author, stopped.seq)
            for view in self.valid_views
        )

    def is_new_spare(self, device: str) -> bool:
        """Whether a device is a spare that has never asked for a voter: nobody may know of it yet, however often it was
        started, and a stop would not wait for it (rule F)."""
        return is_spare(device) and device not in self._asked

    # --- working it out --------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        if self._as_of != self.version:
            self._as_of, self._views = self.version, self._valid_views()
            top = max((view.rank for view in self._views), default=(0, ""))
            self._pending = sorted((s for s in self.stops if s.rank > top), key=lambda stopped: stopped.rank)
            self._chains.clear()
            self._held.clear()
            self._named.clear()

    def _valid_views(self) -> tuple[Stopped, ...]:
        valid: list[Stopped] = []
        for stopped in sorted((s for s in self.stops if s.view is not None), key=lambda s: s.rank, reverse=True):
            assert stopped.view is not None
            if all(higher.viewed is not None and higher.viewed.has(stopped.author, stopped.view[0]) for higher in valid):
                valid.append(stopped)
        return tuple(reversed(valid))

    def _chain(self, book: int, pending: list[Stopped]) -> Chain:
        holdings: dict[str, Holding] = {}
        run, hold, through, gives = self.runs[self.basis.opening[book]], "", (0, ""), 0
        while True:
            below = next((view for view in self._views if view.rank > through and named(view, run)), None)
            waiting = tuple(stopped for stopped in pending if named(stopped, run))
            step = self._step(book, run, hold, below, holdings, may_give=gives < e.GIVES_MOST)
            is_open = step is not None and not all(s.knows.has(*step.by) for s in waiting)
            holdings[hold] = Holding(run, hold, None if step is None or is_open else step.end)
            if step is None or is_open:
                return Chain(holdings, waiting, is_open)
            if below is not None and step.is_view:
                through = below.rank
            gives = 0 if step.is_view else gives + step.is_give
            run, hold = step.to, step.hold

    def _step(
        self, book: int, run: Run, hold: str, below: Stopped | None, been: Mapping[str, Holding], *, may_give: bool
    ) -> "_Step | None":
        """What ends this holding: a give, a later run, or the view `below`; None where nothing does.

        No hold comes twice: who lies can give a book back to a run that is over, whose later run had it before.
        """
        viewed = below.viewed if below is not None else None
        given = self._gives.get((book, run.name, hold)) if may_give else None
        if given is not None and given[1].to in self.runs and (viewed is None or viewed.has(run.name, given[0])):
            return _Step(self.runs[given[1].to], (run.name, given[0]), given[0], is_give=True)
        later = [_Step(r, (r.name, r.first), None) for r in run.after if viewed is None or viewed.has(r.name, r.first)]
        if step := min((step for step in later if step.hold not in been), key=lambda step: step.hold, default=None):
            return step
        if below is None or below.view is None or viewed is None:
            return None
        return _Step(self.runs[below.author], (below.author, below.view[0]), viewed.of(run), is_view=True)


@dataclass(frozen=True, slots=True)
class _Step:
    """From a holding to the next: to which run, by which entry, and where the holding ends; None for where its run does."""

    to: Run
    by: tuple[str, int]
    end: int | None
    is_view: bool = False
    is_give: bool = False

    @property
    def hold(self) -> str:
        """The hold that it begins."""
        return spot_of(*self.by)


def spot_of(run: str, seq: int) -> str:
    """The name of an entry, and of the hold that begins with it."""
    return f"{run}#{seq}"
