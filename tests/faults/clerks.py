"""The clerks and their voters: who comes to which table, what each clerk saw, and what they answer after a restart."""

import json
import queue
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field

from kiosk.domain import screens as s
from kiosk.remote.screen_client import NoScreenError, ScreenClient
from kiosk.simulated.clerk import SimulatedClerk
from tests.faults.disks import grants_on_disks
from tests.faults.place import FaultyPlace, Node

PACE_S = 0.15  # seconds of thought before each touch
_PATIENCE_S = 8.0  # seconds that a clerk looks at a screen that does not change
_LOOK_S = 0.2  # seconds between looks for a node that is off
_JUST_SERVED = 6  # voters whose marks may still be on their way to some of the tables
_ELSEWHERE = ("A9", "A10")  # codes of refusals with which the voter comes again, here or at another table
Errand = Callable[[ScreenClient], None]


class Crowd:
    """The voters outside: those who have not been served, those who were sent away, and those who try it twice."""

    def __init__(self, place: FaultyPlace, seed: int) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._fresh = self._random.sample(place.voters, len(place.voters))
        self._back: list[int] = []
        self.served: dict[int, int] = {}

    def next(self) -> int | None:
        """Who comes next."""
        with self._lock:
            if self.served and self._random.random() < 0.1:
                served = list(self.served)
                return self._random.choice(served[-_JUST_SERVED:] if self._random.random() < 0.5 else served)
            if self._back and self._random.random() < 0.6:
                return self._back.pop(self._random.randrange(len(self._back)))
            return self._fresh.pop().number if self._fresh else None

    def is_refused(self, voter: int, shown: s.Screen) -> bool:
        """Whether this is the last word to the voter: who has no ballots is not content with being told that they have."""
        content = shown.content
        if not s.shows(content, s.Kind.REFUSED, s.Kind.REFERRED) or _voter(shown) != voter:
            return False
        return voter in self.served if content.code == "A1" else not content.code.startswith(_ELSEWHERE)

    def sent_away(self, voter: int) -> None:
        """The voter has no ballots, and comes again."""
        with self._lock:
            if voter not in self.served:
                self._back.append(voter)


@dataclass(slots=True)
class Seen:
    """What a table's clerk knows. `asked`: of each voter, whether green was seen, each time that ballots were asked for.
    `unsure`: voters of whom the clerk could not say which time is meant. `pile`: the cards taken in.

    `waits`: how long a voter stood at the table, from when to when.
    """

    asked: defaultdict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))
    unsure: set[int] = field(default_factory=set)
    pile: list[int] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)


class ClerksScreen(ScreenClient):
    """A screen that the clerk looks at: all that is seen is kept in the record, and what was on which disk at each green."""

    def __init__(self, place: FaultyPlace, node: Node, seen: Seen, served: dict[int, int]) -> None:
        self._place, self._node, self._seen, self._served = place, node, seen, served
        super().__init__(node.socket, draws=False, patience_s=_PATIENCE_S)
        self._run, self._lit = node.runs, 0  # now that it is connected: the node may have been off

    def next_within(self, seconds: float) -> s.Screen | None:
        """As its parent; keep what came, and say that it is drawn."""
        screen = super().next_within(seconds)
        if screen is not None:
            self._keep(screen)
            self.drawn()
        return screen

    def touch(self, touch: str, value: str = "", how: str = "") -> None:
        """As its parent, and remember whose ballots were asked for."""
        if touch == "approve" and isinstance(self.screen.content, s.VoterShown | s.BirthDate):
            self._seen.asked[_voter(self.screen)].append(False)
        super().touch(touch, value, how)

    def _keep(self, screen: s.Screen) -> None:
        lit = _voter(screen) if isinstance(screen.content, s.Green) else 0
        own, others = True, 0
        if lit and lit != self._lit:
            self._seen.asked[lit][-1:] = [True]
            self._seen.pile.append(lit)
            self._served[lit] = self._node.number
            own, others = grants_on_disks([*self._place.nodes.values(), *self._place.twins], self._node, lit)
        self._lit = lit
        line = {"run": self._run, "own": own, "others": others, "screen": json.loads(s.encode(screen))}
        with record_of(self._node).open("ab") as record:
            record.write(json.dumps(line).encode() + b"\n")
        if lit:
            self._node.shows_green()


class Clerk(threading.Thread):
    """Serves at a table until it is told to stop, also across its node's deaths; runs the chair's errands between voters."""

    def __init__(self, place: FaultyPlace, node: Node, crowd: Crowd, seed: int) -> None:
        super().__init__(name=f"clerk of {node.name}", daemon=True)
        self.node, self.seen = node, Seen()
        self._place, self._crowd, self._random = place, crowd, random.Random(seed)
        self._errands: queue.SimpleQueue[tuple[Errand, Future[None]]] = queue.SimpleQueue()
        self.serves, self.stopped = threading.Event(), threading.Event()
        self.serves.set()
        self.is_asked = True
        self._since = time.monotonic()

    def run(self) -> None:
        while not self.stopped.is_set():
            with (
                suppress(OSError, NoScreenError),
                ClerksScreen(self._place, self.node, self.seen, self._crowd.served) as screen,
            ):
                self._work(screen)
            self.stopped.wait(_LOOK_S)

    def errand(self, do: Errand, seconds: float) -> None:
        """Let the chair use the table's screen between two voters; raises what `do` does, or TimeoutError."""
        done: Future[None] = Future()
        self._errands.put((do, done))
        try:
            done.result(seconds)
        finally:
            done.cancel()  # what was not begun in time is not done later either

    def _work(self, screen: ClerksScreen) -> None:
        screen.next()
        numbers = SimulatedClerk(
            screen,
            self.node.scanner.scan,
            self._place.voters,
            self._place.code,
            seed=self._random.getrandbits(32),
            pace_s=PACE_S,
        )
        visits = numbers.visits()
        while not self.stopped.is_set():
            at_home = self._tidy(screen)
            self.is_asked = not at_home
            if not self._errands.empty():
                self._run_errand(screen)
            elif at_home and self.serves.is_set():
                self._visit(screen, numbers, visits)
            else:
                screen.next_within(_LOOK_S)

    def _visit(self, screen: ClerksScreen, clerk: SimulatedClerk, turns: Iterator) -> None:
        voter = self._crowd.next()
        if voter is None or voter in self.seen.pile[-1:]:  # the card on the green screen changes nothing there
            return
        answered = False
        try:
            shown = clerk.serve(next(turns), voter)
            answered = isinstance(shown.content, s.Green) or self._crowd.is_refused(voter, shown)
            self.seen.answers[getattr(shown.content, "code", "") or shown.kind] += 1
        finally:
            if not answered:
                self._crowd.sent_away(voter)
            now = time.monotonic()
            self.seen.waits.append((self._since, now))
            self._since = now

    def _run_errand(self, screen: ScreenClient) -> None:
        do, done = self._errands.get()
        if not done.set_running_or_notify_cancel():
            return
        try:
            done.set_result(do(screen))
        except Exception as error:
            done.set_exception(error)
            if isinstance(error, OSError):
                raise

    def _tidy(self, screen: ClerksScreen) -> bool:
        """Leave what stands on the screen, and answer what it asks, one step; whether the table waits for a card."""
        screen.catch_up()
        shown = screen.screen
        match shown.content:
            case s.Ready() | s.Green() | s.Message(kind=s.Kind.REFUSED) | s.Message(kind=s.Kind.REFERRED):
                return True
            case s.Unresolved():
                seen = set(self.seen.asked[_voter(shown)])
                answer = "unsure" if len(seen) > 1 else "yes" if True in seen else "no"
                if answer == "unsure":
                    self.seen.unsure.add(_voter(shown))
                self.seen.answers[answer] += 1
                screen.touch(answer)
                screen.answer_within(1.0)
            case s.Message(kind=s.Kind.WAITING) if self._random.random() < 0.5:
                screen.answer_within(2.0)
            case s.Message(kind=s.Kind.NOT_READY) | s.Message(kind=s.Kind.FAULT) | s.Message(kind=s.Kind.CLOSED):
                pass
            case _:
                screen.touch(shown.left.touch if shown.left else "cancel")
                screen.answer_within(1.0)
        return False


def record_of(node: Node):
    """The file that keeps what a table's clerk saw."""
    return node.logs / "screens.jsonl"


def _voter(screen: s.Screen) -> int:
    return int("".join(filter(str.isdigit, getattr(screen.content, "number", ""))) or 0)
