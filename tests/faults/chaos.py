"""What breaks, when and for how long: drawn from a seed, several things at once, and each healed after its time."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.faults.deeds import Chairperson
from tests.faults.place import FaultyBroker, FaultyPlace, Node

_AT_ONCE = 3  # faults at a time
_PAUSE_S = (0.5, 5.0)  # seconds between the beginnings of two
_SERVES_S = 60.0  # seconds that the place has to go on by itself, or with the chair's help
_ALONE_S = 5.0  # seconds that a table whose book was taken comes back without a cable: it would serve on, if it did not wait
_HOURS = 12  # that a clock is wrong by at most


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that breaks for so many seconds. `claims`: what nothing else may break meanwhile."""

    name: str
    seconds: float
    claims: frozenset[str]
    happening: AbstractContextManager[None]


class Chaos:
    """Breaks a place. `past`: each fault's name, beginning and end."""

    def __init__(self, place: FaultyPlace, chair: Chairperson, seed: int, ending: threading.Event) -> None:
        self._place, self._chair, self._random, self._ending = place, chair, random.Random(seed), ending
        self._claimed: set[str] = set()
        self.began = time.monotonic()
        self._going: list[Future[None]] = []
        self.counts: Counter[str] = Counter()
        self.past: list[tuple[str, float, float]] = []
        self._kinds: dict[Callable[[], Fault], int] = {
            self._cut: 10,
            self._one_way: 8,
            self._parted: 8,
            self._lossy: 6,
            self._kill: 12,
            self._kill_at_green: 10,
            self._freeze: 10,
            self._kill_broker: 8,
            self._freeze_broker: 6,
            self._full_disk: 6,
            self._wrong_clock: 8 if place.shim else 0,
            self._island: 6,
            self._seizure: 14,
            self._break: 5,
            self._power_cut: 4,
            self._power_cut_at_green: 4,
        }

    def run(self, seconds: float) -> None:
        """Break things for so long; returns when all is healed. Raises what a fault's making or healing raised."""
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(_AT_ONCE) as hands:
            try:
                while (left := until - time.monotonic()) > 0:
                    self._begin(hands)
                    self._ending.wait(min(left, self._random.uniform(*_PAUSE_S)))
                    self._look_after()
            finally:
                self._ending.set()
        self._look_after()

    def _begin(self, hands: ThreadPoolExecutor) -> None:
        fault = self._random.choices(list(self._kinds), list(self._kinds.values()))[0]()
        if fault.claims & self._claimed or len(self._going) >= _AT_ONCE:
            return
        self._claimed.update(fault.claims)
        self._going.append(hands.submit(self._happen, fault))

    def _look_after(self) -> None:
        for done in [future for future in self._going if future.done()]:
            self._going.remove(done)
            done.result()

    def _happen(self, fault: Fault) -> None:
        began = time.monotonic()
        self.counts[fault.name] += 1
        try:
            with fault.happening:
                self._ending.wait(fault.seconds)
        finally:
            self.past.append((fault.name, began, time.monotonic()))
            self._claimed.difference_update(fault.claims)

    # --- what breaks ---

    def _two(self) -> tuple[Node, Node]:
        """A table, and another node that may have its book."""
        node = self._table()
        return node, self._random.choice([other for other in self._place.nodes.values() if other is not node])

    def _node(self) -> Node:
        return self._random.choice(list(self._place.nodes.values()))

    def _table(self) -> Node:
        return self._random.choice(self._place.tables)

    def _fault(self, name: str, most_s: float, happening: AbstractContextManager[None], *claims: str) -> Fault:
        return Fault(name, self._random.uniform(most_s / 10, most_s), frozenset(claims), happening)

    def _cut(self) -> Fault:
        name = self._node().name
        return self._fault("link cut", 25, self._place.network.cut(name), f"{name}'s cable")

    def _one_way(self) -> Fault:
        name, network = self._node().name, self._place.network
        way = self._random.choice([network.deaf, network.mute])
        return self._fault("one-way loss", 25, way(name), f"{name}'s cable")

    def _parted(self) -> Fault:
        one, other = self._random.sample(list(self._place.nodes), 2)
        return self._fault("two devices parted", 30, self._place.network.parted(one, other), f"{one}'s cable")

    def _lossy(self) -> Fault:
        name = self._node().name
        lossy = self._place.network.lossy(name, self._random.randint(10, 60))
        return self._fault("lossy link", 20, lossy, f"{name}'s cable")

    def _kill(self) -> Fault:
        node = self._node()
        return self._fault("node killed", 15, _killed(node), node.name)

    def _kill_at_green(self) -> Fault:
        node = self._table()
        return self._fault("node killed at a green", 15, self._struck([node], node.kill, node.start), node.name)

    @contextmanager
    def _struck(self, tables: list[Node], strike: Callable[[], None], heal: Callable[[], None]) -> Iterator[None]:
        """Something happens at a green at one of the tables, should there be one in time."""
        for table in tables:
            table.await_green(strike)
        try:
            yield
        finally:
            for table in tables:
                table.await_green(None)
            heal()

    def _freeze(self) -> Fault:
        node = self._node()
        return self._fault("node frozen", 20, _frozen(node), node.name)

    def _kill_broker(self) -> Fault:
        broker = self._random.choice(self._place.brokers)
        return self._fault("broker killed", 20, _killed(broker), broker.name)

    def _freeze_broker(self) -> Fault:
        broker = self._random.choice(self._place.brokers)
        return self._fault("broker frozen", 25, _frozen(broker), broker.name)

    def _full_disk(self) -> Fault:
        return self._fault("disk full", 15, self._filled(), "disk")

    @contextmanager
    def _filled(self) -> Iterator[None]:
        self._place.disk.fill()
        try:
            yield
        finally:
            self._place.disk.make_room()

    def _wrong_clock(self) -> Fault:
        node, seconds = self._node(), self._random.randint(-_HOURS, _HOURS) * 3600 or 1800
        return self._fault("clock wrong by hours", 40, _moved(node, seconds), f"{node.name}'s clock")

    # --- where the chair must help ---

    def _island(self) -> Fault:
        node = self._table()
        return self._fault("island", 25, self._alone(node), node.name, f"{node.name}'s cable", "chair")

    @contextmanager
    def _alone(self, node: Node) -> Iterator[None]:
        with self._place.network.cut(node.name):
            self._chair.insist(lambda: self._chair.island(node), _SERVES_S)
            yield

    def _seizure(self) -> Fault:
        node, heir = self._two()
        return self._fault("book seized", 10, self._seized(node, heir), node.name, f"{node.name}'s cable", "chair")

    @contextmanager
    def _seized(self, node: Node, heir: Node) -> Iterator[None]:
        """A table stops, its book is taken over; it comes back, alone at first, and is given its book back."""
        chair, book = self._chair, node.number
        node.kill()
        try:
            if chair.insist(lambda: chair.seal(book, node), _SERVES_S):
                chair.insist(lambda: chair.seize(book, heir.origin, node), _SERVES_S)
            yield
        finally:
            with self._place.network.cut(node.name):
                node.start()
                self._ending.wait(_ALONE_S)
        chair.settle(_SERVES_S)

    def _break(self) -> Fault:
        node, heir = self._two()
        return self._fault("book handed over", 20, self._handed_over(node, heir), "chair")

    @contextmanager
    def _handed_over(self, node: Node, heir: Node) -> Iterator[None]:
        self._chair.insist(lambda: self._chair.hand_over(node.number, heir), _SERVES_S)
        yield
        self._chair.settle(_SERVES_S)

    def _power_cut(self) -> Fault:
        missing = self._random.choice([None, self._table()])
        return self._fault("power cut", 5, self._dark(missing), *self._all, "chair")

    def _power_cut_at_green(self) -> Fault:
        struck = self._struck(self._place.tables, self._kill_all, self._place.start)
        return self._fault("power cut at a green", 10, struck, *self._all)

    @contextmanager
    def _dark(self, missing: Node | None) -> Iterator[None]:
        """Everything is off and comes back, sometimes but for one table, which the chair attests is stopped."""
        self._kill_all()
        try:
            yield
            for device in [*self._place.brokers, *self._place.nodes.values()]:
                if device is not missing:
                    device.start()
            if missing is not None and self._chair.insist(lambda: self._chair.attest(missing), _SERVES_S):
                self.counts["attested after a power cut"] += 1
        finally:
            self._place.start()

    @property
    def _all(self) -> list[str]:
        return [device.name for device in [*self._place.nodes.values(), *self._place.brokers]]

    def _kill_all(self) -> None:
        for device in [*self._place.nodes.values(), *self._place.brokers]:
            device.kill()


@contextmanager
def _killed(device: Node | FaultyBroker) -> Iterator[None]:
    device.kill()
    try:
        yield
    finally:
        device.start()


@contextmanager
def _frozen(device: Node | FaultyBroker) -> Iterator[None]:
    device.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        device.signal(signal.SIGCONT)


@contextmanager
def _moved(node: Node, seconds: int) -> Iterator[None]:
    node.move_clock(seconds)
    try:
        yield
    finally:
        node.move_clock(0)
