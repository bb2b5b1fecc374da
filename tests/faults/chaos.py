"""What breaks, when and for how long: drawn from a seed, several things at once, and each healed after its time."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from tests.faults.chair_actions import Chairperson
from tests.faults.disks import UnreadableError, entries_of, log_on
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
        self._known: set[tuple[str, int]] = set()
        self._awaited: Fault | None = None
        self._kinds: dict[Callable[[], Fault | None], int] = {
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
            self._stop: 14,
            self._break: 5,
            self._power_cut: 6,
            self._power_cut_at_green: 6,
            self._old_card: 10,
            self._card_lost: 6,
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
        """Begin a fault. For one that needs much to be whole the others wait: it would never come."""
        fault = self._awaited or self._random.choices(list(self._kinds), list(self._kinds.values()))[0]()
        if fault is None:
            return
        if fault.claims & self._claimed or len(self._going) >= _AT_ONCE:
            self._awaited = fault if "chair" in fault.claims else None
            return
        self._awaited = None
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

    def _stop(self) -> Fault | None:
        """A table stops, sometimes with the secretary's node; its book is taken, sometimes by a node that dies midway."""
        node, heir = self._two()
        secretary = self._place.secretary
        off = [node] if heir is secretary or self._random.random() < 0.7 else [node, secretary]
        third = next(n for n in self._place.nodes.values() if n not in (*off, heir))
        dies = self._random.random() < 0.25
        claims = {f"{n.name}'s cable" for n in off} | {n.name for n in (*off, heir, *([third] if dies else []))}
        if not self._chair.has_codes:
            return None
        return self._fault("table stopped", 10, self._stopped(off, heir, third if dies else None), *claims, "chair")

    @contextmanager
    def _stopped(self, off: list[Node], heir: Node, next_heir: Node | None) -> Iterator[None]:
        """They stop, and their books are taken over; they come back, alone at first, and are given their books back."""
        chair = self._chair
        for node in off:
            node.kill()
        try:
            if chair.insist(lambda: chair.stop(heir, off), _SERVES_S) and next_heir is not None:
                heir.kill()
                self.counts["died midway"] += 1
                dead = [*off, heir]
                if chair.insist(lambda: chair.stop(next_heir, dead), _SERVES_S):
                    chair.insist(lambda: chair.scan_and_finish(next_heir, dead), _SERVES_S)
            else:
                chair.insist(lambda: chair.scan_and_finish(heir, off), _SERVES_S)
            yield
        finally:
            heir.start()
            with ExitStack() as alone:
                for node in off:
                    alone.enter_context(self._place.network.cut(node.name))
                    node.start()
                self._ending.wait(_ALONE_S)
        chair.settle(_SERVES_S)

    def _break(self) -> Fault:
        node, heir = self._two()
        return self._fault("book given away", 20, self._given(node, heir), "chair")

    @contextmanager
    def _given(self, node: Node, heir: Node) -> Iterator[None]:
        self._chair.insist(lambda: self._chair.give(node.number, heir), _SERVES_S)
        yield
        self._chair.settle(_SERVES_S)

    def _power_cut(self) -> Fault | None:
        missing = self._random.choice([None, self._table(), self._place.secretary])
        if not self._chair.has_codes:
            return None
        return self._fault("power cut", 5, self._dark(missing), *self._all, "chair")

    def _power_cut_at_green(self) -> Fault | None:
        if not self._chair.has_codes:
            return None
        return self._fault("power cut at a green", 10, self._dark_at_green(), *self._all, "chair")

    @contextmanager
    def _dark_at_green(self) -> Iterator[None]:
        with self._struck(self._place.tables, self._kill_all, self._place.start):
            yield
        self._chair.go_on([], _SERVES_S)

    @contextmanager
    def _dark(self, missing: Node | None) -> Iterator[None]:
        """Everything is off and comes back, sometimes but for one node, which the chair names and nobody waits for."""
        self._kill_all()
        try:
            yield
            for device in [*self._place.brokers, *self._place.nodes.values()]:
                if device is not missing:
                    device.start()
            off = [missing] if missing is not None else []
            self._chair.dead.update(node.device for node in off)
            if self._chair.go_on(off, _SERVES_S) and missing is not None:
                self.counts["gone on without one"] += 1
                self._ending.wait(_ALONE_S)
        finally:
            self._chair.dead.clear()
            self._place.start()
        self._chair.settle(_SERVES_S)

    # --- cards ---

    def _old_card(self) -> Fault | None:
        """A node dies, and an older copy of its card is put in, of its last run; nobody's word is on a lost card only."""
        node = self._node()
        if not self._is_copied_everywhere() or node.is_aged or node.process is None:
            return None
        claims = (node.name, "card", *(["disk"] if node.data == self._place.disk.folder else []))
        return self._fault("old card put in", 20, self._aged(node), *claims)

    @contextmanager
    def _aged(self, node: Node) -> Iterator[None]:
        copy = self._place.folder / "cards" / node.device
        node.copy_card(copy)
        try:
            yield
        finally:
            if node.process is not None and self._is_copied_everywhere():
                node.kill()
                if node.run_on(copy) == node.run_on(node.data) and not _is_island(node):
                    self._place.aged.add(node.device)
                    self._known = self._everything(but=node)
                    node.put_in_card(copy)
                    node.is_aged = True
                    self.counts["an old card runs"] += 1
                node.start()

    def _card_lost(self) -> Fault | None:
        """A card breaks, or two are about, or one of an earlier run is put in; then the spare is."""
        node, heir = self._two()
        if node.card == 2 or node.is_aged or _is_island(node) or not self._chair.has_codes or not self._is_copied_everywhere():
            return None
        claims = (node.name, heir.name, f"{node.name}'s cable", "card", "chair", "disk")
        return self._fault("card lost", 20, self._replaced(node, heir), *claims)

    @contextmanager
    def _replaced(self, node: Node, heir: Node) -> Iterator[None]:
        chair, copy = self._chair, self._place.folder / "cards" / node.device
        how = self._random.choice(["broken", "two cards", "earlier run"])
        self.counts[f"card lost: {how}"] += 1
        node.copy_card(copy)
        node.kill()
        self._known = self._everything(but=node)
        if how == "two cards":
            node.start()
            with self._place.twin(node, copy):
                yield
        elif how == "earlier run":
            node.start()
            self._ending.wait(_ALONE_S)
            node.kill()
            self._known = self._everything(but=node)
            node.put_in_card(copy)
            node.start()
            yield
        else:
            yield
        node.kill()
        self._known |= self._everything(but=node)
        chair.insist(lambda: chair.stop(heir, [node]), _SERVES_S)
        chair.insist(lambda: chair.scan_and_finish(heir, [node]), _SERVES_S)
        self._place.put_in_spare(node)
        node.start()
        chair.settle(_SERVES_S)

    def _everything(self, but: Node) -> set[tuple[str, int]]:
        """All entries that any other disk has."""
        return {at for node in self._place.nodes.values() if node is not but for at in log_on(node)}

    def _is_copied_everywhere(self) -> bool:
        """Whether all disks have what a card that was lost last may have had alone; else two disks would be lost at once."""
        try:
            is_so = all(self._known <= log_on(node) for node in self._place.nodes.values())
        except UnreadableError:
            return False
        if is_so:
            for node in self._place.nodes.values():
                node.is_aged = False
        return is_so

    @property
    def _all(self) -> list[str]:
        return [device.name for device in [*self._place.nodes.values(), *self._place.brokers]]

    def _kill_all(self) -> None:
        for device in [*self._place.nodes.values(), *self._place.brokers]:
            device.kill()


def _is_island(node: Node) -> bool:
    """Whether it is in island mode, by its own disk: its marks are on that one alone."""
    own = [entry["body"]["on"] for entry in entries_of(node, "island") if entry["run"].startswith(f"{node.device}-")]
    return bool(own) and own[-1]


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
