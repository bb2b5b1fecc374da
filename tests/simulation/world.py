"""The simulated place: real node cores, each with a disk in memory, and a network that loses, delays, repeats and splits.

A turn of a node is carried out as the service does it: send and show what may be said at once, commit, send and show the rest.
A crash may come between any two of these. Only whole rows that were committed outlive it.
"""

import heapq
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import blake2b
from random import Random

import msgspec

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.ballots import Colour, Election
from kiosk.domain.cards import CardRules
from kiosk.domain.chain import Stored
from kiosk.domain.messages import Ask, Batch, Head
from kiosk.domain.nodes import node_of, origin_of, table_of
from kiosk.domain.situation import Situation
from kiosk.domain.view import View
from kiosk.domain.voters import Voter
from kiosk.node import Give, Gone, Heard, Input, Keys, Node, Now, Said, Send, SendTo, Setup, Turn
from kiosk.sync import messages as wire

MORNING_MS = int(datetime(2025, 11, 18, 8, 0, tzinfo=UTC).timestamp() * 1000)
BOTH = ("byraad", "region")
BALLOTS = (Election("byraad", "byråd", "council", Colour.WHITE), Election("region", "regionsråd", "region", Colour.YELLOW))
BROKERS = (0, 1)
CARD = CardRules(re.compile(r"(?P<place>\d{4})(?P<voter>\d{6})(?P<check>\d{2})"), True, "4701", {}, max_chars=32)
FIRST_PREV = e.first_prev("4701", "2025-11-18", "a list")
_plain = msgspec.json.Decoder().decode


def keys_of(origin: str) -> Keys:
    """A cheap stand-in for signatures: a short keyed hash, which only the origin's own keys make."""

    def sign(message: bytes) -> bytes:
        return blake2b(message, key=origin.encode(), digest_size=8).digest()

    def verify(signer: str, signature: bytes, message: bytes) -> bool:
        return signature == blake2b(message, key=signer.encode(), digest_size=8).digest()

    return Keys(sign, verify)


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

    @property
    def up(self) -> bool:
        return self.node is not None


@dataclass(slots=True)
class Faults:
    """How bad the network is, as chances."""

    loss: float = 0.0
    delay: float = 0.0
    repeat: float = 0.0


class World:
    """The machines, the network and the time. `shown(machine, screen)` is called with every screen that a node shows."""

    speaks_first = False  # switches for the mutation check: what is said goes out before it is committed,
    scans = True  # and stopped tables' cards are scanned again

    def __init__(self, tables: int, voters: int, rng: Random, focus: int = 0) -> None:
        """`focus`: the book in which all voters are; 0 spreads them over the books."""
        self.rng = rng
        self.mono = 1_000
        self.faults = Faults()
        self.machines: dict[str, Machine] = {}
        self.cut_out: set[tuple[str, int]] = set()
        self.cut_in: set[tuple[str, int]] = set()
        self.brokers_down: set[int] = set()
        self.queue: list[tuple[int, int, str, str, object]] = []
        self.sent = 0
        self.evidence = 0
        self.story: list[str] | None = None
        self.watch: list = []
        nodes = ["S", *(f"T{n}" for n in range(1, tables + 1))]
        self.first = frozenset(origin_of(node) for node in nodes)
        self.origins = self.first | {origin_of(node, 2) for node in nodes}
        self.opening = {0: "S.1", **{n: f"T{n}.1" for n in range(1, tables + 1)}}
        self.voters = {
            n: Voter(n, f"V{n}", "", date(1970, 1, 1), focus or 1 + (n - 1) % tables, BOTH if n % 3 else ("byraad",))
            for n in range(1, voters + 1)
        }
        self._keys = {origin: keys_of(origin) for origin in self.origins}
        self._setups: dict[str, Setup] = {}
        for origin in sorted(self.first):
            self.machines[origin] = Machine(origin)

    def say(self, words: str) -> None:
        if self.story is not None:
            self.story.append(words)

    def now(self, machine: Machine) -> Now:
        return Now(MORNING_MS + self.mono + machine.clock_off, self.mono)

    # --- machines ---

    def boot(self, machine: Machine) -> None:
        """Start a machine's node from its disk."""
        machine.run += 1
        machine.screen, machine.armed = None, 0
        machine.node = Node(self._setup(machine.origin), self.voters.get, lambda _pin: True, self._keys[machine.origin])
        for row in machine.disk:
            entry = e.decode_entry(row.data)
            machine.node.replay(entry, e.entry_hash(row.data))
        self.say(f"{machine.origin} starts")
        self.carry_out(machine, machine.node.begin(self.now(machine)))

    def _setup(self, origin: str) -> Setup:
        if origin not in self._setups:
            view = View(
                language="da",
                place="Skolen",
                table=table_of(origin),
                training=False,
                sounds=False,
                elections=BALLOTS,
                zone=UTC,
                voter_digits=6,
                card_digits=12,
                tries=3,
                situation=Situation(me=origin),
            )
            self._setups[origin] = Setup(
                origin=origin,
                table=table_of(origin),
                origins=frozenset(self.origins),
                first=self.first,
                opening=self.opening,
                assistant="T1",
                elections=BOTH,
                card=CARD,
                voter_digits=6,
                birth_date_keyed=False,
                clear_ms=10_000,
                first_prev=FIRST_PREV,
                day=None,
                view=view,
            )
        return self._setups[origin]

    def crash(self, machine: Machine) -> None:
        """Power off: what was not committed is gone; the brokers say so after a while."""
        if machine.node is not None:
            machine.node = machine.screen = None
            self.say(f"{machine.origin} stops")
            for other in self.machines.values():
                if other.origin != machine.origin and self.rng.random() < 0.7:
                    self._post(other.origin, machine.origin, Gone(machine.origin), 50 + int(self.rng.random() * 2_000))

    def take(self, machine: Machine, *inputs: Input) -> None:
        """One turn of a machine's node, if it runs."""
        if machine.node is not None:
            self.carry_out(machine, machine.node.take(inputs, self.now(machine)))

    def carry_out(self, machine: Machine, turn: Turn) -> None:
        """What the service does with a turn; an armed machine crashes on the way."""
        node, at, machine.armed = machine.node, machine.armed, 0
        said: list[Said] = []

        def say() -> None:
            said.append(node.committed(self.now(machine)))

        def tell() -> None:
            self._send(machine, said[0].sends)

        self.evidence += len(turn.evidence)
        steps = [
            lambda: self._say_early(machine, turn),
            *([say, tell] if self.speaks_first else []),
            lambda: self._commit(machine, turn),
            *([] if self.speaks_first else [say]),
            lambda: self._show(machine, said[0].screen),
            *([] if self.speaks_first else [tell]),
        ]
        for number, step in enumerate(steps, 1):
            if number == at:
                self.crash(machine)
                return
            step()

    def _say_early(self, machine: Machine, turn: Turn) -> None:
        self._send(machine, turn.sends)
        self._show(machine, turn.screen)

    def _commit(self, machine: Machine, turn: Turn) -> None:
        for row in turn.rows:
            machine.disk.append(row)
            machine.vector[row.origin] = row.seq
            if row.origin == machine.origin:
                for watcher in self.watch:
                    watcher.written(machine, row.seq, _plain(row.data)["body"])

    def _show(self, machine: Machine, screen: s.Screen | None) -> None:
        if screen is None:
            return
        machine.screen = screen
        if self.story is not None:
            content = screen.content
            self.say(f"   {machine.origin} shows {type(content).__name__}: {getattr(content, 'headline', '')}")
        for watcher in self.watch:
            watcher.shown(machine, screen)
        if isinstance(screen.content, s.Green):
            self._post(machine.origin, "", s.Drawn(screen.number), 5 + int(self.rng.random() * 40))

    # --- the network ---

    def _send(self, machine: Machine, sends: tuple[Send, ...]) -> None:
        for message in sends:
            if isinstance(message, Give):
                batch = self._given(machine, message)
                if batch is not None:
                    self.post(machine.origin, message.to, wire.encode(batch), "batch")
            elif isinstance(message, SendTo):
                kind = "ask" if isinstance(message.message, Ask) else "want"
                self.post(machine.origin, message.to, wire.encode(message.message), kind)
            elif isinstance(message, Head):
                self.post(machine.origin, None, wire.encode_head(message, self._keys[machine.origin].sign), "head")
            else:
                self.post(machine.origin, None, wire.encode(message), "batch")

    def _given(self, machine: Machine, give: Give) -> Batch | None:
        rows = [row for row in machine.disk if row.origin == give.origin and row.seq >= give.first][: limits.GIVEN_ENTRIES]
        while rows and rows[-1].signature is None:
            rows.pop()
        if not rows:
            return None
        return Batch(give.origin, give.first, tuple(msgspec.Raw(row.data) for row in rows), rows[-1].signature.hex())

    def post(self, sender: str, to: str | None, payload: bytes, kind: str) -> None:
        """Publish a payload through every broker that the sender reaches, for one node or for all."""
        ways = [b for b in BROKERS if b not in self.brokers_down and (sender, b) not in self.cut_out]
        if not ways:
            return
        self.sent += 1
        read = _READ[kind]
        try:
            message = read(payload, sender, self._keys["S.1"].verify)
        except wire.MessageError:
            return
        faults, random = self.faults, self.rng.random
        for other in self.machines if to is None else (to,):
            if other == sender or other not in self.machines:
                continue
            through = [b for b in ways if (other, b) not in self.cut_in]
            if not through or (faults.loss and random() < faults.loss):
                continue
            delay = 1 + int(random() * 3)
            if faults.delay and random() < faults.delay:
                delay += int(random() ** 3 * 4_000)
            self._post(other, sender, message, delay)
            if len(through) > 1 and faults.repeat and random() < faults.repeat:
                self._post(other, sender, message, delay + 1 + int(random() ** 2 * 3_000))

    def _post(self, to: str, sender: str, message: object, delay: int) -> None:
        self.sent += 1
        heapq.heappush(self.queue, (self.mono + delay, self.sent, to, sender, message))

    # --- time ---

    def next_event(self) -> int | None:
        """When something happens next by itself, `mono_ms`."""
        due = [at for machine in self.machines.values() if machine.node and (at := machine.node.deadline()) is not None]
        if self.queue:
            due.append(self.queue[0][0])
        return min(due, default=None)

    def happen(self) -> None:
        """The next thing that happens by itself: a message arrives, or a node's time has come."""
        first, when = None, self.queue[0][0] if self.queue else 1 << 60
        for machine in self.machines.values():
            if machine.node is not None and (at := machine.node.deadline()) is not None and at < when:
                first, when = machine, at
        if when == 1 << 60:
            return
        self.mono = max(self.mono, when)
        if first is not None:
            self.take(first)
            return
        _, _, to, sender, message = heapq.heappop(self.queue)
        machine = self.machines[to]
        if machine.node is None:
            return
        if isinstance(message, s.Drawn | Gone):
            self.take(machine, message)
        else:
            self.take(machine, Heard(sender, message))

    def run_for(self, ms: int, most: int = 20_000) -> None:
        """Let things happen for a while."""
        until = self.mono + ms
        while most and (at := self.next_event()) is not None and at <= until:
            self.happen()
            most -= 1
        self.mono = max(self.mono, until)

    def replace_disk(self, machine: Machine) -> Machine:
        """A disk is lost for good: the device comes back with its spare, which is another origin."""
        self.crash(machine)
        machine.lost = True
        spare = Machine(origin_of(node_of(machine.origin), 2))
        self.machines[spare.origin] = spare
        return spare


_READ = {
    "batch": lambda payload, _sender, _verify: wire.read_batch(payload),
    "ask": lambda payload, _sender, _verify: wire.read_ask(payload),
    "want": lambda payload, _sender, _verify: wire.read_want(payload),
    "head": wire.read_head,
}
