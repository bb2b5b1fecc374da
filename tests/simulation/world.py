"""The simulated place: real node cores, each with a disk in memory, and a network that loses, delays, repeats and splits.

A turn of a node is carried out as the service does it: send and show what may be said at once, commit, send and show the rest.
A crash may come between any two of these, and a commit may fail: then the node is thrown away and made anew from the disk. Only
whole rows that were committed outlive either.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from random import Random

import msgspec

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.chain import Stored, knows_others
from kiosk.domain.messages import Ask, AtClerk, Batch, Head
from kiosk.domain.nodes import device_at, node_of
from kiosk.domain.voters import Struck
from kiosk.node import (
    Commit,
    GiveEntries,
    Heard,
    Input,
    Keep,
    Node,
    Now,
    PeerGone,
    Say,
    Send,
    SendTo,
    Show,
    Step,
    Steps,
    Suspect,
)
from kiosk.sync import messages as wire
from tests.made_up import BOTH, MORNING_MS, MadeUp, keys, voter
from tests.simulation.network import Meddled, Network

NEVER = 1 << 60
PIN = "314159"
MOST_SPINS = 1_000  # turns that nodes may want without any time passing


@dataclass(slots=True)
class Machine:
    """A card of a device with the node that runs on it, if it runs. `name` is the device's, but for a copy of a card.

    `vector`: how much of each run is on the disk. `last_run`: the last that the disk has written, as it bears it.
    """

    name: str
    device: str
    disk: list[Stored] = field(default_factory=list)
    vector: dict[str, int] = field(default_factory=dict)
    last_run: str = ""
    runs: set[str] = field(default_factory=set)  # those begun here; before an old copy was put in, others have to tell it
    begun: int = 0
    node: Node | None = None
    screen: s.Screen | None = None
    clock_off: int = 0
    lost: bool = False
    armed: int = 0  # at which point of its next turn it will crash; 0 for not at all
    fuse: str = ""  # it crashes before the commit of the turn in which it has shown a "green", or writes a "decision"
    fails: bool = False  # its next commit fails
    drawn_ms: int | None = 5  # how long its display takes to say that it has drawn; None: it never does, nor is it touched
    blind: bool = False  # its display draws nothing
    head: Head | None = None  # what it announced last
    unseen: bool = False  # a green was sent to it, and is not drawn yet
    due: int = NEVER  # when its node wants to be called
    old: bool = False  # an old copy of its card was put in
    once: dict[str, int] = field(default_factory=dict)  # and what it had before that: it was one disk too

    @property
    def up(self) -> bool:
        return self.node is not None

    @property
    def is_drawn(self) -> bool:
        """Whether its display works: it can be read and touched."""
        return self.drawn_ms is not None and not self.blind

    @property
    def is_table(self) -> bool:
        return self.device[0] == "T"

    @property
    def is_off(self) -> bool:
        """Whether it is off or locked."""
        return self.node is None or self.node.is_locked


@dataclass(frozen=True, slots=True)
class Draws:
    """The moment in which a display draws this screen."""

    number: int


class World(Network):
    """The machines, the network and the time.

    Each of `watch` is told of every screen that a node shows (`shown`), of a green when it is drawn (`drawn`), and of what is
    on the disks (`written`, `copied`).
    """

    speaks_first = False  # switches for the mutation check: what is said goes out before it is committed,
    scans = True  # and stopped tables' cards are scanned again

    def __init__(self, tables: int, voters: int, rng: Random, focus: int = 0, *, plain: bool = False) -> None:
        """`focus`: the book in which all voters are; 0 spreads them over the books. `plain`: no voter has voted by post or is
        struck off, and birth dates are compared, not keyed."""
        super().__init__(rng)
        self.evidence = self.turns = self.spins = 0
        self.together_ms = 0  # messages that come within so many milliseconds may be taken in one turn
        self.story: list[str] | None = None
        self.watch: list = []
        self.place = MadeUp(tables, spares=1, language="da")
        self.first, self.devices = self.place.first, self.place.devices
        self.voters = {n: voter(n, focus or 1 + (n - 1) % tables, BOTH if n % 3 else ("byraad",)) for n in range(1, voters + 1)}
        self.keyed = not plain and rng.random() < 0.2
        self.clear_ms = rng.choice((400, 3_000))
        if not plain and rng.random() < 0.3:
            number = rng.randrange(1, voters + 1)
            self.voters[number] = replace(self.voters[number], **rng.choice(_LISTED))
        for device in sorted(self.first):
            self.machines[device] = Machine(device, device)

    def say(self, words: str) -> None:
        if self.story is not None:
            self.story.append(words)

    def now(self, machine: Machine) -> Now:
        return Now(MORNING_MS + self.mono + machine.clock_off, self.mono)

    # --- machines ---

    @property
    def has_lost_a_disk(self) -> bool:
        """Whether a disk is lost, an old one was put in or one was copied: one a day is enough."""
        return any(m.lost or m.old or m.name != m.device for m in self.machines.values())

    def cards_of(self, device: str) -> list[Machine]:
        """A device's card, and the copy of it, if there is one."""
        return [machine for machine in self.machines.values() if machine.device == device]

    def boot(self, machine: Machine) -> None:
        """Start a machine's node from its disk."""
        machine.screen, machine.armed, machine.fuse, machine.drawn_ms, machine.blind = None, 0, "", 5, False
        setup = replace(self.place.setup(machine.device), birth_date_keyed=self.keyed, clear_ms=self.clear_ms)
        own_keys = replace(keys(machine.device), new_run=lambda: self._new_run(machine))
        machine.node = Node(setup, self.voters.get, lambda pin: pin == PIN, own_keys)
        for row in machine.disk:
            machine.node.replay(e.decode_entry(row.data), e.entry_hash(row.data))
        machine.node.recall(machine.last_run)
        self.say(f"{machine.name} starts")
        self.carry_out(machine, machine.node.begin(partial(self.now, machine)))

    @staticmethod
    def _new_run(machine: Machine) -> str:
        """Chance's part of a run's name: no two are alike, and a seed gives the same ones again."""
        machine.begun += 1
        bits = blake2b(f"{machine.name} {machine.begun}".encode(), digest_size=8).hexdigest()
        machine.runs.add(f"{machine.device}-{bits}")
        return bits

    def crash(self, machine: Machine) -> None:
        """Power off: what was not committed is gone; the brokers say so after a while."""
        if machine.node is not None:
            if machine.unseen and not machine.blind and self.rng.random() < 0.5:
                self.drawn(machine)  # in that very moment
            machine.node = machine.screen = None
            machine.due, machine.fails, machine.unseen = NEVER, False, False
            self.say(f"{machine.name} stops")
            if any(card.up for card in self.cards_of(machine.device)):
                return
            for other in self.machines.values():
                if other.device != machine.device and self.rng.random() < 0.7:
                    self.arrive(other.name, machine.device, PeerGone(machine.device), 50 + int(self.rng.random() * 2_000))

    def take(self, machine: Machine, *inputs: Input) -> None:
        """One turn of a machine's node, if it runs."""
        if machine.node is not None:
            self.carry_out(machine, machine.node.take(inputs, partial(self.now, machine)))

    def touch(self, machine: Machine, word: str, value: str = "") -> None:
        """Somebody touches a button of the screen that stands, which he has seen."""
        if machine.unseen:
            self.drawn(machine)
        self.take(machine, s.touched(machine.screen, word, value))

    def carry_out(self, machine: Machine, steps: Steps) -> None:
        """What the service does with a turn; an armed machine crashes on the way."""
        node = machine.node
        self.turns += 1
        early, commit = _until_commit(steps)
        if machine.fails:
            self._say_and_show(machine, early)
            if commit.rows:
                self._begin_anew(machine)
                return
        if machine.armed or machine.fuse or self.speaks_first:
            if not self._carry_out_in_danger(machine, early, commit, steps):
                return
        else:
            self._say_and_show(machine, early)
            self._commit(machine, commit.rows)
            self._say_and_show(machine, steps)
        at = node.deadline()
        machine.due = NEVER if at is None else at

    def _carry_out_in_danger(self, machine: Machine, early: list[Step], commit: Commit, late: Steps) -> bool:
        """Step by step; whether the machine lives to see the end. It crashes before step `at`, or when its fuse has burnt."""
        at, machine.armed = machine.armed, 0
        said: list[Step] = []

        def begin() -> None:
            self._say_and_show(machine, early)

        def write() -> None:
            self._commit(machine, commit.rows)

        def go_on() -> None:
            said.extend(late)

        def show() -> None:
            self._say_and_show(machine, (step for step in said if isinstance(step, Show)))

        def tell() -> None:
            self._say_and_show(machine, (step for step in said if not isinstance(step, Show)))

        order = [begin, go_on, tell, write, show] if self.speaks_first else [begin, write, go_on, show, tell]
        for number, step in enumerate(order, 1):
            if number == at or (machine.fuse and step == write and self._burns(machine, commit.rows)):
                if machine.fuse == "green":
                    self.drawn(machine)
                self.crash(machine)
                return False
            step()
        return True

    def _burns(self, machine: Machine, rows: Sequence[Stored]) -> bool:
        if machine.fuse == "green":
            return machine.screen is not None and isinstance(machine.screen.content, s.Green)
        return any(row.run in machine.runs and f'"kind":"{machine.fuse}"'.encode() in row.data for row in rows)

    def _say_and_show(self, machine: Machine, steps: Iterable[Step]) -> None:
        for step in steps:
            match step:
                case Say(sends):
                    self.send(machine, sends)
                case Show(screen):
                    self._show(machine, screen)
                case Keep(evidence):
                    self.evidence += len(evidence)

    def _commit(self, machine: Machine, rows: Sequence[Stored]) -> None:
        for row in rows:
            machine.disk.append(row)
            machine.vector[row.run] = row.seq
            if row.run in machine.runs:
                machine.last_run = row.run
                for watcher in self.watch:
                    watcher.written(machine, row.seq, row.data)
            else:
                for watcher in self.watch:
                    watcher.copied(machine, row)

    def _show(self, machine: Machine, screen: s.Screen) -> None:
        machine.screen = screen
        if self.story is not None:
            content = screen.content
            self.say(f"   {machine.name} shows {s.kind(content)}: {getattr(content, 'headline', '')}")
        for watcher in self.watch:
            watcher.shown(machine, screen)
        machine.unseen = isinstance(screen.content, s.Green)
        if machine.unseen:
            self.draw(machine)

    def draw(self, machine: Machine) -> None:
        """The display will draw the screen that stands, if it lives, and then say so."""
        if machine.screen is None or machine.blind:
            return
        self.arrive(machine.name, "", Draws(machine.screen.number), 1 + int(self.rng.random() * 4))
        if machine.drawn_ms is not None:
            self.arrive(machine.name, "", s.Drawn(machine.screen.number), machine.drawn_ms + int(self.rng.random() * 40))

    def drawn(self, machine: Machine) -> None:
        """The display has drawn the screen that stands: it can be seen."""
        machine.unseen = False
        if machine.screen is not None and isinstance(machine.screen.content, s.Green):
            for watcher in self.watch:
                watcher.drawn(machine)

    def _begin_anew(self, machine: Machine) -> None:
        """A commit has failed."""
        machine.fails = False
        self.say(f"{machine.name}: its commit fails")
        if machine.unseen and not machine.blind and self.rng.random() < 0.5:
            self.drawn(machine)
        machine.node = machine.screen = None
        self.boot(machine)

    # --- the network ---

    def send(self, machine: Machine, sends: Sequence[Send]) -> None:
        """A machine says this."""
        for message in sends:
            if isinstance(message, AtClerk):
                continue  # it is for the others' screens only
            if isinstance(message, GiveEntries):
                batch = self._given(machine, message)
                if batch is not None:
                    self.post(machine, message.to, wire.encode(batch), "give")
            elif isinstance(message, SendTo):
                if isinstance(message.message, Ask):
                    self.post(machine, message.to, wire.encode_ask(message.message, keys(machine.device).sign), "ask")
                else:
                    self.post(machine, message.to, wire.encode(message.message), "want")
            elif isinstance(message, Head):
                machine.head = message
                self.post(machine, None, wire.encode_head(message, keys(machine.device).sign), "head")
            else:
                self.post(machine, None, wire.encode(message), "log")

    def _given(self, machine: Machine, give: GiveEntries) -> Batch | None:
        rows: list[Stored] = []
        signed = 0
        for row in (row for row in machine.disk if row.run == give.run and row.seq >= give.first):
            if signed and (len(rows) > limits.GIVEN_ENTRIES or knows_others(row)):
                break
            rows.append(row)
            signed = len(rows) if row.signature is not None else signed
        if not signed:
            return None
        rows = rows[:signed]
        return Batch(give.run, give.first, tuple(msgspec.Raw(row.data) for row in rows), rows[-1].signature.hex())

    # --- time ---

    def next_event(self) -> int:
        """When something happens next by itself, `mono_ms`; NEVER for nothing."""
        due = min([machine.due for machine in self.machines.values()])
        return min(due, self.queue[0][0]) if self.queue else due

    def happen(self) -> None:
        """The next thing that happens by itself: a message arrives, or a node's time has come."""
        first, when = None, self.queue[0][0] if self.queue else NEVER
        for machine in self.machines.values():
            if machine.due < when:
                first, when = machine, machine.due
        if when == NEVER:
            return
        self.spins = self.spins + 1 if first is not None and when <= self.mono else 0
        if self.spins > MOST_SPINS:
            raise AssertionError(f"{first.name} wants its turn again and again, and does nothing with it")
        self.mono = max(self.mono, when)
        if first is not None:
            self.take(first)
            return
        _, _, to, sender, message = heapq.heappop(self.queue)
        if self.machines[to].node is not None:
            self._arrived(self.machines[to], sender, message, when + self.together_ms)

    def _arrived(self, machine: Machine, sender: str, message: object, until: int) -> None:
        if isinstance(message, Draws):
            if machine.screen is not None and machine.screen.number == message.number and machine.unseen:
                self.drawn(machine)
            return
        if isinstance(message, Meddled):
            self._take_meddled(machine, sender, message.message)
            return
        inputs = [self._input(sender, message)]
        if self.together_ms and any(one[2] == machine.name and one[0] <= until for one in self.queue):
            inputs += self._more(machine, until)
        self.take(machine, *inputs)

    @staticmethod
    def _input(sender: str, message: object) -> Input:
        return message if isinstance(message, _OF_THE_EDGE) else Heard(sender, message)

    def _more(self, machine: Machine, until: int) -> list[Input]:
        """What comes to a machine by then, in its order: the service takes all that is there in one turn."""
        apart = (Draws, Meddled)
        mine = [one for one in self.queue if one[2] == machine.name and one[0] <= until and not isinstance(one[4], apart)]
        taken = {one[1] for one in mine}
        self.queue = [one for one in self.queue if one[1] not in taken]
        heapq.heapify(self.queue)
        return [self._input(sender, message) for _, _, _, sender, message in sorted(mine, key=lambda one: one[:2])]

    def _take_meddled(self, machine: Machine, sender: str, message: object) -> None:
        """What a stranger has changed arrives: it must be refused, and kept as evidence, unless it says nothing new."""
        before, refused = self.evidence, True
        if isinstance(message, Batch):
            run = machine.node.books.books.runs.get(message.run)
            is_next = (
                run is not None and run.last - 1 <= message.first - 1 <= run.last < message.first + len(message.entries) - 1
            )
            refused = is_next and message.run != machine.node.run and bool(machine.node.books.seen.run)
        self.take(machine, message if isinstance(message, Suspect) else Heard(sender, message))
        if refused and machine.node is not None and not machine.node.fault:
            for watcher in self.watch:
                watcher.meddled(machine, message, self.evidence - before)

    def run_for(self, ms: int, most: int = 20_000) -> None:
        """Let things happen for a while."""
        until = self.mono + ms
        while most and self.next_event() <= until:
            self.happen()
            most -= 1
        self.mono = max(self.mono, until)

    def run_until(self, holds: Callable[[], bool], ms: int) -> bool:
        """Let things happen until something holds, or for a while; whether it holds."""
        until = self.mono + ms
        while not holds():
            if self.next_event() > until:
                self.mono = until
                return holds()
            self.happen()
        return True

    def replace_disk(self, machine: Machine) -> Machine:
        """A disk is lost for good: the node comes back with its spare, which is another device."""
        self.crash(machine)
        machine.lost = True
        spare = device_at(node_of(machine.device), 2)
        return self.machines.setdefault(spare, Machine(spare, spare))

    def put_in(self, machine: Machine, copied: "Copied") -> None:
        """An old copy of its disk is put into a machine that is off; what was written since is gone."""
        machine.once, machine.disk, machine.vector = machine.vector, list(copied.disk), dict(copied.vector)
        machine.last_run, machine.old = copied.last_run, True
        machine.runs.clear()
        self.say(f"{machine.name}: an old copy of its disk is put in, which ends in {machine.last_run}")

    def run_beside(self, machine: Machine, copied: "Copied") -> Machine:
        """A copy of a machine's card will run beside it, at another table."""
        name = f"{machine.device}, copied"
        twin = Machine(name, machine.device, list(copied.disk), dict(copied.vector), copied.last_run)
        self.machines[name] = twin
        return twin


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy of a card."""

    disk: list[Stored]
    vector: dict[str, int]
    last_run: str

    @classmethod
    def of(cls, machine: Machine) -> "Copied":
        return cls(list(machine.disk), dict(machine.vector), machine.last_run)


_OF_THE_EDGE = (s.Drawn, PeerGone, Suspect)
_LISTED = ({"postal": ("byraad",)}, {"postal": ("region",)}, {"postal": BOTH}, {"struck": Struck.STRUCK_OFF})


def _until_commit(steps: Steps) -> tuple[list[Step], Commit]:
    """What comes before a turn's commit, and the commit."""
    early: list[Step] = []
    for step in steps:
        if isinstance(step, Commit):
            return early, step
        early.append(step)
    raise AssertionError("a turn without a commit")
