"""A place in memory: real nodes, each with a disk, and a network that delivers only when a story says so.

A node is called "S" (the secretary's), "T1" or "T2". Voter 101 is the first of book 1, 202 the second of book 2.
"""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import blake2b

import msgspec

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.ballots import Colour, Election
from kiosk.domain.cards import CardRules, check_digits
from kiosk.domain.chain import Stored
from kiosk.domain.messages import Ask, Batch
from kiosk.domain.nodes import table_of
from kiosk.domain.situation import Situation
from kiosk.domain.view import View
from kiosk.domain.voters import Voter
from kiosk.node import Give as GiveTo
from kiosk.node import Gone, Heard, Input, Keys, Node, Now, Ordered, Scanned, Send, SendTo, Setup, Turn

MORNING_MS = int(datetime(2025, 11, 18, 8, 0, tzinfo=UTC).timestamp() * 1000)
NODES = ("S", "T1", "T2", "T3")
VOTERS = {
    n: Voter(n, f"V{n}", "", date(1970, 1, 1), n // 100, ("byraad",)) for b in (1, 2, 3) for n in range(b * 100, b * 100 + 9)
}
CARD = CardRules(re.compile(r"(?P<place>\d{4})(?P<voter>\d{6})(?P<check>\d{2})"), True, "4701", {}, max_chars=32)
BALLOTS = (Election("byraad", "byråd", "council", Colour.WHITE),)


def sign(origin: str, message: bytes) -> bytes:
    """A cheap stand-in for a signature, which only the origin's own key makes."""
    return blake2b(message, key=origin.encode(), digest_size=8).digest()


def keys(origin: str) -> Keys:
    """An origin's keys."""
    return Keys(lambda message: sign(origin, message), lambda signer, given, message: given == sign(signer, message))


def setup(origin: str) -> Setup:
    """What every node of this place is set up with."""
    first = frozenset(f"{node}.1" for node in NODES)
    view = View(
        language="en",
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
    return Setup(
        origin=origin,
        table=table_of(origin),
        origins=first,
        first=first,
        opening={0: "S.1", 1: "T1.1", 2: "T2.1", 3: "T3.1"},
        assistant="T1",
        elections=("byraad",),
        card=CARD,
        voter_digits=6,
        birth_date_keyed=False,
        clear_ms=10_000,
        first_prev=e.first_prev("4701", "2025-11-18", "a list"),
        day=None,
        view=view,
    )


@dataclass(slots=True, eq=False)
class Device:
    """A disk, and the node that runs on it, if it runs. `on_paper`: the voters who were given ballots under its green."""

    name: str
    disk: list[Stored] = field(default_factory=list)
    node: Node | None = None
    screens: list[s.Screen] = field(default_factory=list)
    on_paper: list[str] = field(default_factory=list)


class Place:
    """All devices and the network. What is sent waits in `wire` until `deliver`."""

    def __init__(self) -> None:
        self.mono_ms = 1_000
        self.devices = {name: Device(name) for name in NODES}
        self.wire: deque[tuple[str, str, Input]] = deque()
        self.held: set[tuple[str, str]] = set()
        self.lost_asks = False

    # --- devices ---

    def restart(self, *names: str) -> None:
        """Start nodes from what is on their disks."""
        for name in names:
            device = self.devices[name]
            origin = f"{name}.1"
            device.screens.clear()
            device.node = Node(setup(origin), VOTERS.get, lambda _pin: True, keys(origin))
            for row in device.disk:
                device.node.replay(e.decode_entry(row.data), e.entry_hash(row.data))
            self._carry_out(device, device.node.begin(self.now))

    def crash(self, *names: str) -> None:
        """Power off; the others are told."""
        for name in names:
            self.devices[name].node = None
            self.wire = deque(w for w in self.wire if name not in w[:2])
            for other in NODES:
                self._put(other, Gone(f"{name}.1"))

    @property
    def now(self) -> Now:
        return Now(MORNING_MS + self.mono_ms, self.mono_ms)

    def _put(self, name: str, *inputs: Input) -> None:
        device = self.devices[name]
        if device.node is not None:
            self._carry_out(device, device.node.take(inputs, self.now))

    def _carry_out(self, device: Device, turn: Turn, *, stop_before_disk: bool = False) -> None:
        self._send(device, turn.sends)
        self._show(device, turn.screen)
        if stop_before_disk:
            return
        device.disk += turn.rows
        assert device.node is not None
        said = device.node.committed(self.now)
        self._send(device, said.sends)
        self._show(device, said.screen)

    def _show(self, device: Device, screen: s.Screen | None) -> None:
        if screen is not None:
            device.screens.append(screen)
            if isinstance(screen.content, s.Green) and screen.content.name not in device.on_paper[-1:]:
                device.on_paper.append(screen.content.name)

    # --- the network ---

    def hold(self, one: str, other: str) -> None:
        """Nothing passes between two nodes; what is sent is lost."""
        self.held |= {(one, other), (other, one)}

    def cut_off(self, name: str) -> None:
        """Nothing passes between a node and all others."""
        for other in NODES:
            if other != name:
                self.hold(name, other)

    def heal(self) -> None:
        """Everything passes again."""
        self.held.clear()

    def _send(self, device: Device, sends: Iterable[Send]) -> None:
        for message in sends:
            if isinstance(message, SendTo):
                if not (isinstance(message.message, Ask) and self.lost_asks):
                    self._post(device.name, message.to.partition(".")[0], message.message)
            elif isinstance(message, GiveTo):
                self._post(device.name, message.to.partition(".")[0], given(device, message))
            else:
                for other in NODES:
                    self._post(device.name, other, message)

    def _post(self, sender: str, to: str, message: object) -> None:
        if sender != to and (sender, to) not in self.held and message is not None:
            self.wire.append((sender, to, Heard(f"{sender}.1", message)))  # type: ignore[arg-type]

    def deliver(self) -> None:
        """Everything that is on its way arrives, and what is answered to it, until nothing more is said."""
        for _ in range(10_000):
            if not self.wire:
                return
            sender, to, heard = self.wire.popleft()
            if (sender, to) not in self.held:
                self._put(to, heard)
        raise AssertionError("the nodes talk without end")

    def deliver_only(self, sender: str, to: str) -> None:
        """What is on its way between these two arrives; nothing else does."""
        due = [w for w in self.wire if w[:2] == (sender, to)]
        self.wire = deque(w for w in self.wire if w[:2] != (sender, to))
        for _, _, heard in due:
            self._put(to, heard)

    def deliver_until(self, name: str, shown: str) -> None:
        """Message after message arrives, until a node shows such a screen."""
        while self.shown(name) != shown:
            sender, to, heard = self.wire.popleft()
            if (sender, to) not in self.held:
                self._put(to, heard)

    def lose_what_is_under_way(self) -> None:
        """Nothing of what was sent so far arrives."""
        self.wire.clear()

    def hear(self, to: str, sender: str, message: object) -> None:
        """A message comes to a node under another's name."""
        self._put(to, Heard(f"{sender}.1", message))  # type: ignore[arg-type]

    def wait(self, ms: int) -> None:
        """Time passes: every node sends its heads, and all arrives."""
        for _ in range(0, ms, 500):
            self.mono_ms += 500
            for name in NODES:
                self._put(name)
            self.deliver()

    # --- people ---

    def morning(self) -> "Place":
        """All nodes start, become fresh by each other, and the poll is opened."""
        self.restart(*NODES)
        self.wait(3_000)
        self.order("S", d.Deed.OPEN_POLL)
        self.wait(2_000)
        return self

    def order(self, name: str, deed: d.Deed, **words: object) -> None:
        """The chair decides something at this node."""
        self._put(name, Ordered(d.Perform(deed, **words)))  # type: ignore[arg-type]

    def scan_again(self, name: str, voter: int, stopped: str) -> None:
        """A voter's card is found in a stopped table's pile."""
        self._put(name, Ordered(d.Rescan(voter, stopped)))

    def touch(self, name: str, touch: str) -> None:
        """A button is touched on the newest screen."""
        self._put(name, s.Touch(self.devices[name].screens[-1].number, touch))

    def scan(self, name: str, voter: int) -> None:
        """A voter's card is scanned."""
        self.mono_ms += 1_500
        payload = f"4701{voter:06}"
        self._put(name, Scanned(payload + check_digits(payload)))

    def approve(self, name: str, *, crash_before_commit: bool = False) -> None:
        """The clerk approves the voter on the screen."""
        device = self.devices[name]
        if crash_before_commit:
            assert device.node is not None
            turn = device.node.take([s.Touch(device.screens[-1].number, "approve")], self.now)
            self._carry_out(device, turn, stop_before_disk=True)
            device.node = None
            return
        self.touch(name, "approve")

    def hand_out(self, name: str) -> None:
        """The green screen has been drawn, and the ballots are handed out."""
        self._put(name, s.Drawn(self.devices[name].screens[-1].number))

    def serve(self, name: str, voter: int) -> None:
        """A whole check-in over a network that works."""
        self.scan(name, voter)
        self.approve(name)
        self.deliver()
        assert self.shown(name) == "Green"
        self.hand_out(name)
        self.touch(name, "next")
        self.wait(2_000)

    # --- looking ---

    def shown(self, name: str) -> str:
        """What kind of screen a node shows."""
        return type(self.devices[name].screens[-1].content).__name__

    def content(self, name: str) -> s.Content:
        """The middle of a node's screen."""
        return self.devices[name].screens[-1].content

    def core(self, name: str) -> Node:
        """A running node."""
        node = self.devices[name].node
        assert node is not None
        return node

    def marked(self, name: str, voter: int) -> bool:
        """Whether a node knows of a mark of this voter."""
        return any(True for _ in self.core(name).ledger.marks(voter))

    def bodies(self, name: str, *kinds: type) -> list[e.Body]:
        """The bodies on a node's own disk that it wrote itself."""
        entries = (e.decode_entry(row.data) for row in self.devices[name].disk if row.origin == f"{name}.1")
        return [entry.body for entry in entries if not kinds or isinstance(entry.body, kinds)]

    def vector(self, name: str) -> dict[str, int]:
        """What a node has on disk."""
        return dict(self.core(name).books.replica.stored)


def given(device: Device, give: GiveTo) -> Batch | None:
    """The entries that were asked for, from the disk."""
    rows = [row for row in device.disk if row.origin == give.origin and row.seq >= give.first]
    while rows and rows[-1].signature is None:
        rows.pop()
    return batch_of(rows) if rows else None


def batch_of(rows: list[Stored]) -> Batch:
    """Rows as a batch; the last must be signed."""
    signature = rows[-1].signature
    assert signature is not None
    return Batch(rows[0].origin, rows[0].seq, tuple(msgspec.Raw(row.data) for row in rows), signature.hex())
