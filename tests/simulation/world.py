"""The simulated place: real node cores, each with a disk in memory, and a network that loses, delays, repeats and splits.

A turn of a node is carried out as the service does it: send and show what may be said at once, commit, send and show the rest.
A crash may come between any two of these, and a commit may fail: then the node is thrown away and made anew from the disk. Only
whole rows that were committed outlive either.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

import msgspec

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.chain import Stored
from kiosk.domain.messages import Ask, AtClerk, Batch, Head
from kiosk.domain.nodes import node_of, origin_of
from kiosk.domain.voters import Struck
from kiosk.node import Give, Gone, Heard, Input, Node, Now, Said, Send, SendTo, Suspect, Turn
from kiosk.sync import messages as wire
from tests.made_up import BOTH, MORNING_MS, MadeUp, keys, voter
from tests.simulation.network import Meddled, Network

NEVER = 1 << 60
PIN = "314159"
MOST_SPINS = 1_000  # turns that nodes may want without any time passing


@dataclass(slots=True)
class Machine:
    """A device: the disk in it, and the node that runs, if it runs."""

    origin: str
    disk: list[Stored] = field(default_factory=list)
    vector: dict[str, int] = field(default_factory=dict)
    node: Node | None = None
    screen: s.Screen | None = None
    run: int = 0
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
    old: int = 0  # an old copy of its disk was put in, with that many own entries; 0: never
    once: dict[str, int] = field(default_factory=dict)  # and what it had before that: it was one disk too
    outdated: frozenset[str] = frozenset()  # who told it of a longer log of its own while it was not fresh
    contested: frozenset[str] = frozenset()  # and of whom while it was: nobody may stop it by that, but it must be no island
    aside: frozenset[str] = frozenset()  # who was attested as stopped at its last start: it need not wait for their word
    noted: frozenset[str] = frozenset()  # of whom its disk bears it
    doubt: str = ""  # what speaks against its disk, as it bears it

    @property
    def up(self) -> bool:
        return self.node is not None

    @property
    def is_drawn(self) -> bool:
        """Whether its display works: it can be read and touched."""
        return self.drawn_ms is not None and not self.blind


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
        self.first, self.origins = self.place.first, self.place.origins
        self.voters = {n: voter(n, focus or 1 + (n - 1) % tables, BOTH if n % 3 else ("byraad",)) for n in range(1, voters + 1)}
        self.keyed = not plain and rng.random() < 0.2
        self.clear_ms = rng.choice((400, 3_000))
        if not plain and rng.random() < 0.3:
            number = rng.randrange(1, voters + 1)
            self.voters[number] = replace(self.voters[number], **rng.choice(_LISTED))
        for origin in sorted(self.first):
            self.machines[origin] = Machine(origin)

    def say(self, words: str) -> None:
        if self.story is not None:
            self.story.append(words)

    def now(self, machine: Machine) -> Now:
        return Now(MORNING_MS + self.mono + machine.clock_off, self.mono)

    # --- machines ---

    @property
    def has_lost_a_disk(self) -> bool:
        """Whether a disk is lost, or an old one put in: one a day is enough."""
        return any(machine.lost or machine.old for machine in self.machines.values())

    def boot(self, machine: Machine) -> None:
        """Start a machine's node from its disk."""
        machine.run += 1
        machine.screen, machine.armed, machine.fuse, machine.drawn_ms, machine.blind = None, 0, "", 5, False
        setup = replace(self.place.setup(machine.origin), birth_date_keyed=self.keyed, clear_ms=self.clear_ms)
        machine.node = Node(setup, self.voters.get, lambda pin: pin == PIN, keys(machine.origin))
        for row in machine.disk:
            entry = e.decode_entry(row.data)
            machine.node.replay(entry, e.entry_hash(row.data))
        machine.outdated, machine.contested = machine.noted, frozenset()
        machine.node.recall(machine.doubt)
        self.say(f"{machine.origin} starts")
        self.carry_out(machine, machine.node.begin(self.now(machine)))

    def crash(self, machine: Machine) -> None:
        """Power off: what was not committed is gone; the brokers say so after a while."""
        if machine.node is not None:
            if machine.unseen and not machine.blind and self.rng.random() < 0.5:
                self.drawn(machine)  # in that very moment
            machine.node = machine.screen = None
            machine.due, machine.fails, machine.unseen = NEVER, False, False
            self.say(f"{machine.origin} stops")
            for other in self.machines.values():
                if other.origin != machine.origin and self.rng.random() < 0.7:
                    self.arrive(other.origin, machine.origin, Gone(machine.origin), 50 + int(self.rng.random() * 2_000))

    def take(self, machine: Machine, *inputs: Input) -> None:
        """One turn of a machine's node, if it runs."""
        if machine.node is not None:
            self.carry_out(machine, machine.node.take(inputs, self.now(machine)))

    def touch(self, machine: Machine, word: str, value: str = "") -> None:
        """Somebody touches a button of the screen that stands, which he has seen."""
        if machine.unseen:
            self.drawn(machine)
        self.take(machine, s.Touch(machine.screen.number, word, value))

    def carry_out(self, machine: Machine, turn: Turn) -> None:
        """What the service does with a turn; an armed machine crashes on the way."""
        node = machine.node
        self.evidence += len(turn.evidence)
        self.turns += 1
        if machine.fails:
            self._say_early(machine, turn)
            if node.rows():
                self._begin_anew(machine)
                return
        if machine.armed or machine.fuse or self.speaks_first:
            if not self._carry_out_in_danger(machine, turn, machine.armed):
                return
        else:
            self._say_early(machine, turn)
            self._commit(machine, node.rows())
            said = node.committed(self.now(machine))
            self._show(machine, said.screen)
            self.send(machine, said.sends)
        machine.doubt, machine.noted = node.doubt, machine.outdated | machine.contested
        at = node.deadline()
        machine.due = NEVER if at is None else at

    def _carry_out_in_danger(self, machine: Machine, turn: Turn, at: int) -> bool:
        """Step by step; whether the machine lives to see the end. It crashes before step `at`, or when its fuse has burnt."""
        machine.armed = 0
        said: list[Said] = []
        rows: list[Stored] = []

        def begin() -> None:
            self._say_early(machine, turn)
            rows.extend(machine.node.rows())

        def say() -> None:
            said.append(machine.node.committed(self.now(machine)))

        def commit() -> None:
            self._commit(machine, rows)

        def tell() -> None:
            self.send(machine, said[0].sends)

        steps = [
            begin,
            *([say, tell] if self.speaks_first else []),
            commit,
            *([] if self.speaks_first else [say]),
            lambda: self._show(machine, said[0].screen),
            *([] if self.speaks_first else [tell]),
        ]
        for number, step in enumerate(steps, 1):
            if number == at or (machine.fuse and step == commit and self._burns(machine, rows)):
                if machine.fuse == "green":
                    self.drawn(machine)
                self.crash(machine)
                return False
            step()
        return True

    def _burns(self, machine: Machine, rows: Sequence[Stored]) -> bool:
        if machine.fuse == "green":
            return machine.screen is not None and isinstance(machine.screen.content, s.Green)
        return any(row.origin == machine.origin and b'"kind":"decision"' in row.data for row in rows)

    def _say_early(self, machine: Machine, turn: Turn) -> None:
        self.send(machine, turn.sends)
        self._show(machine, turn.screen)

    def _commit(self, machine: Machine, rows: Sequence[Stored]) -> None:
        for row in rows:
            machine.disk.append(row)
            machine.vector[row.origin] = row.seq
            if row.origin == machine.origin:
                for watcher in self.watch:
                    watcher.written(machine, row.seq, row.data)
            else:
                for watcher in self.watch:
                    watcher.copied(machine, row)

    def _show(self, machine: Machine, screen: s.Screen | None) -> None:
        if screen is None:
            return
        machine.screen = screen
        if self.story is not None:
            content = screen.content
            self.say(f"   {machine.origin} shows {type(content).__name__}: {getattr(content, 'headline', '')}")
        for watcher in self.watch:
            watcher.shown(machine, screen)
        machine.unseen = isinstance(screen.content, s.Green)
        if machine.unseen:
            self.draw(machine)

    def draw(self, machine: Machine) -> None:
        """The display will draw the screen that stands, if it lives, and then say so."""
        if machine.screen is None or machine.blind:
            return
        self.arrive(machine.origin, "", Draws(machine.screen.number), 1 + int(self.rng.random() * 4))
        if machine.drawn_ms is not None:
            self.arrive(machine.origin, "", s.Drawn(machine.screen.number), machine.drawn_ms + int(self.rng.random() * 40))

    def drawn(self, machine: Machine) -> None:
        """The display has drawn the screen that stands: it can be seen."""
        machine.unseen = False
        if machine.screen is not None and isinstance(machine.screen.content, s.Green):
            for watcher in self.watch:
                watcher.drawn(machine)

    def _begin_anew(self, machine: Machine) -> None:
        """A commit has failed."""
        machine.fails = False
        self.say(f"{machine.origin}: its commit fails")
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
            if isinstance(message, Give):
                batch = self._given(machine, message)
                if batch is not None:
                    self.post(machine.origin, message.to, wire.encode(batch), "give")
            elif isinstance(message, SendTo):
                if isinstance(message.message, Ask):
                    self.post(machine.origin, message.to, wire.encode_ask(message.message, keys(machine.origin).sign), "ask")
                else:
                    self.post(machine.origin, message.to, wire.encode(message.message), "want")
            elif isinstance(message, Head):
                machine.head = message
                self.post(machine.origin, None, wire.encode_head(message, keys(machine.origin).sign), "head")
            else:
                self.post(machine.origin, None, wire.encode(message), "log")

    def _given(self, machine: Machine, give: Give) -> Batch | None:
        rows = [row for row in machine.disk if row.origin == give.origin and row.seq >= give.first][: limits.GIVEN_ENTRIES]
        while rows and rows[-1].signature is None:
            rows.pop()
        if not rows:
            return None
        return Batch(give.origin, give.first, tuple(msgspec.Raw(row.data) for row in rows), rows[-1].signature.hex())

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
            raise AssertionError(f"{first.origin} wants its turn again and again, and does nothing with it")
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
        inputs = [self._input(machine, sender, message)]
        if self.together_ms and any(one[2] == machine.origin and one[0] <= until for one in self.queue):
            inputs += self._more(machine, until)
        self.take(machine, *inputs)

    def _input(self, machine: Machine, sender: str, message: object) -> Input:
        if isinstance(message, _OF_THE_EDGE):
            return message
        if machine.old and isinstance(message, Head) and machine.node.books.seen.joined:
            own = machine.node.books.replica.have.get(machine.origin, 0)
            if message.have.get(machine.origin, 0) > own:
                if machine.node.books.seen.fresh.reached:
                    machine.contested |= {message.origin}
                elif message.origin not in machine.aside:
                    machine.outdated |= {message.origin}
        return Heard(sender, message)

    def _more(self, machine: Machine, until: int) -> list[Input]:
        """What comes to a machine by then, in its order: the service takes all that is there in one turn."""
        apart = (Draws, Meddled)
        mine = [one for one in self.queue if one[2] == machine.origin and one[0] <= until and not isinstance(one[4], apart)]
        taken = {one[1] for one in mine}
        self.queue = [one for one in self.queue if one[1] not in taken]
        heapq.heapify(self.queue)
        return [self._input(machine, sender, message) for _, _, _, sender, message in sorted(mine, key=lambda one: one[:2])]

    def _take_meddled(self, machine: Machine, sender: str, message: object) -> None:
        """What a stranger has changed arrives: it must be refused, and kept as evidence, unless it says nothing new."""
        before, replica, refused = self.evidence, machine.node.books.replica, True
        if isinstance(message, Batch):
            have = replica.have.get(message.origin, 0)
            is_next = have - 1 <= message.first - 1 <= have < message.first + len(message.entries) - 1
            refused = is_next and message.origin in self.origins - {machine.origin} and machine.node.books.seen.joined
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
        """A disk is lost for good: the device comes back with its spare, which is another origin."""
        self.crash(machine)
        machine.lost = True
        spare = Machine(origin_of(node_of(machine.origin), 2))
        self.machines[spare.origin] = spare
        return spare

    def put_in(self, machine: Machine, disk: list[Stored], vector: dict[str, int]) -> None:
        """An old copy of its disk is put into a machine that is off; what was written since is gone."""
        machine.once, machine.disk, machine.vector = machine.vector, list(disk), dict(vector)
        machine.doubt, machine.noted = "", frozenset()
        machine.old = max(1, vector.get(machine.origin, 0))
        self.say(f"{machine.origin}: an old copy of its disk is put in, which ends at {machine.old}")


_OF_THE_EDGE = (s.Drawn, Gone, Suspect)
_LISTED = ({"postal": ("byraad",)}, {"postal": ("region",)}, {"postal": BOTH}, {"struck": Struck.STRUCK_OFF})
