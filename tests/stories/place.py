"""A place in memory: real nodes, each with a disk, and a network that delivers only when a story says so.

A node is called "S" (the secretary's), "T1" or "T2". Voter 101 is the first of book 1, 202 the second of book 2.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

import msgspec

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import office
from kiosk.domain import screens as s
from kiosk.domain.chain import Stored
from kiosk.domain.messages import Ask, Batch
from kiosk.domain.nodes import node_of, origin_of
from kiosk.domain.situation import Peer, Seizure
from kiosk.domain.view import screen
from kiosk.node import Give as GiveTo
from kiosk.node import Gone, Heard, Input, Node, Now, Ordered, Scanned, Send, SendTo, Turn
from tests import made_up

VOTERS = {n: made_up.voter(n, n // 100, ("byraad",)) for book in (1, 2, 3) for n in range(book * 100, book * 100 + 9)}


@dataclass(slots=True, eq=False)
class Device:
    """A disk, and the node that runs on it, if it runs. `on_paper`: the voters who were given ballots under its green.

    `fails`: its power fails in its next turn, after what may be said at once, and before the commit. `doubt`: what
    speaks against the disk, as it bears it. `clock_off`: by how many milliseconds its clock is ahead.
    """

    origin: str
    disk: list[Stored] = field(default_factory=list)
    node: Node | None = None
    screens: list[s.Screen] = field(default_factory=list)
    on_paper: list[str] = field(default_factory=list)
    fails: bool = False
    doubt: str = ""
    clock_off: int = 0

    def rows(self) -> Iterable[Stored]:
        """What is on the disk, in the order in which it came."""
        return self.disk


class Place:
    """All devices and the network. What is sent waits in `wire` until `deliver`."""

    def __init__(self, tables: int = 3) -> None:
        self.made_up = made_up.MadeUp(tables, ("byraad",), spares=1)
        self.mono_ms = 1_000
        self.devices = {name: Device(origin_of(name)) for name in self.made_up.nodes}
        self.wire: deque[tuple[str, str, Input]] = deque()
        self.held: set[tuple[str, str]] = set()
        self.lost_asks = False

    # --- devices ---

    def restart(self, *names: str) -> None:
        """Start nodes from what is on their disks."""
        for name in names:
            device = self.devices[name]
            device.screens.clear()
            setup = self.made_up.setup(device.origin)
            device.node = Node(setup, VOTERS.get, lambda _pin: True, made_up.keys(device.origin))
            for row in device.rows():
                device.node.replay(e.decode_entry(row.data), e.entry_hash(row.data))
            device.node.recall(device.doubt)
            self._carry_out(device, device.node.begin(self.now_at(device)))

    def crash(self, *names: str) -> None:
        """Power off; the others are told."""
        for name in names:
            self.devices[name].node = None
            self.wire = deque(w for w in self.wire if name not in w[:2])
            for other in self.devices:
                self._put(other, Gone(self.devices[name].origin))

    def put_back(self, name: str, disk: list[Stored]) -> None:
        """A node's disk is put back as it was some time ago."""
        self.crash(name)
        self.devices[name].disk, self.devices[name].doubt = disk, ""

    def put_in_spare(self, name: str) -> None:
        """A node's disk is lost for good: the spare one is put in, empty, with keys of its own."""
        self.crash(name)
        self.devices[name] = Device(origin_of(name, 2))

    @property
    def now(self) -> Now:
        return Now(made_up.MORNING_MS + self.mono_ms, self.mono_ms)

    def now_at(self, device: Device) -> Now:
        """The time as a device's own clock tells it."""
        return Now(self.now.wall_ms + device.clock_off, self.mono_ms)

    def _put(self, name: str, *inputs: Input) -> None:
        device = self.devices[name]
        if device.node is not None:
            self._carry_out(device, device.node.take(inputs, self.now_at(device)))

    def _carry_out(self, device: Device, turn: Turn) -> None:
        self._send(device, turn.sends)
        self._show(device, turn.screen)
        if device.fails:
            device.node, device.fails = None, False
            return
        assert device.node is not None
        device.disk += device.node.rows()
        said = device.node.committed(self.now_at(device))
        device.doubt = device.node.doubt
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
        for other in self.devices:
            if other != name:
                self.hold(name, other)

    def deafen(self, name: str) -> None:
        """A node hears nothing, and is heard."""
        self.held |= {(other, name) for other in self.devices}

    def silence(self, name: str) -> None:
        """A node is heard by nobody, and hears."""
        self.held |= {(name, other) for other in self.devices}

    def heal(self) -> None:
        """Everything passes again."""
        self.held.clear()

    def _send(self, device: Device, sends: Iterable[Send]) -> None:
        name = node_of(device.origin)
        for message in sends:
            if isinstance(message, SendTo):
                if not (isinstance(message.message, Ask) and self.lost_asks):
                    self._post(name, node_of(message.to), message.message)
            elif isinstance(message, GiveTo):
                self._post(name, node_of(message.to), given(device, message))
            else:
                for other in self.devices:
                    self._post(name, other, message)

    def _post(self, sender: str, to: str, message: object) -> None:
        if sender != to and (sender, to) not in self.held and message is not None:
            self.wire.append((sender, to, Heard(self.devices[sender].origin, message)))  # type: ignore[arg-type]

    def deliver(self) -> None:
        """Everything that is on its way arrives, and what is answered to it, until nothing more is said."""
        self.deliver_until(lambda: not self.wire)

    def deliver_only(self, sender: str, to: str) -> None:
        """What is on its way between these two arrives; nothing else does."""
        due = [w for w in self.wire if w[:2] == (sender, to)]
        self.wire = deque(w for w in self.wire if w[:2] != (sender, to))
        for _, _, heard in due:
            self._put(to, heard)

    def deliver_until(self, happens: Callable[[], bool]) -> None:
        """Message after message arrives, until something happens."""
        for _ in range(10_000 + 4 * len(self.devices) ** 3):  # when all start at once, each start is answered by all to all
            if happens():
                return
            assert self.wire, "what was to happen does not: nothing more is on its way"
            sender, to, heard = self.wire.popleft()
            if (sender, to) not in self.held:
                self._put(to, heard)
        raise AssertionError("the nodes talk without end")

    def lose_what_is_under_way(self) -> None:
        """Nothing of what was sent so far arrives."""
        self.wire.clear()

    def hear(self, to: str, sender: str, message: object) -> None:
        """A message comes to a node under another's name."""
        self._put(to, Heard(self.devices[sender].origin, message))  # type: ignore[arg-type]

    def read_logs_of(self, to: str, *origins: str) -> None:
        """All that some origins have written reaches a node at once, and nothing else does."""
        logs = {o: [row for row in self.devices[node_of(o)].disk if row.origin == o] for o in origins}
        self._put(to, *(Heard(origin, batch_of(rows)) for origin, rows in logs.items()))

    def pass_time(self, ms: int) -> None:
        """A moment passes, and all that is said in it arrives."""
        self.mono_ms += ms
        for name in self.devices:
            self._put(name)
        self.deliver()

    def wait(self, ms: int) -> None:
        """Time passes: every node sends its heads, and all arrives."""
        for _ in range(0, ms, 500):
            self.mono_ms += 500
            for name in self.devices:
                self._put(name)
            self.deliver()

    def wait_until(self, happens: Callable[[], bool]) -> None:
        """Time passes, and message after message arrives, until something happens."""
        for _ in range(200):
            self.mono_ms += 50
            for name in self.devices:
                self._put(name)
            self.deliver_until(lambda: happens() or not self.wire)
            if happens():
                return
        raise AssertionError("what was to happen does not, however long one waits")

    # --- people ---

    def started(self) -> Self:
        """All nodes have started, and are fresh by each other."""
        self.restart(*self.devices)
        self.wait(3_000)
        return self

    def morning(self) -> Self:
        """The same, and the poll is open."""
        self.started()
        self.order(self.made_up.nodes[0], d.Deed.OPEN_POLL)
        self.wait(2_000)
        return self

    def order(self, name: str, deed: d.Deed, **words: object) -> None:
        """The chair decides something at this node."""
        self._put(name, Ordered(d.Perform(deed, **words)))  # type: ignore[arg-type]

    def hand_over(self, book: int, giver: str, heir: str) -> None:
        """The chair has a node give a book to another."""
        self.order(giver, d.Deed.HAND_OVER, book=book, to=self.devices[heir].origin)

    def seal(self, book: int, *stopped: str, by: str = "S") -> None:
        """The secretary begins to take a book; the chair attests who is stopped."""
        self.order(by, d.Deed.SEAL, book=book, nodes=frozenset(self.devices[name].origin for name in stopped))

    def seize(self, book: int, to: str, by: str = "S") -> None:
        """The secretary takes a book that is sealed."""
        self.order(by, d.Deed.SEIZE, book=book, to=self.devices[to].origin)

    def take_over(self, book: int, stopped: str, to: str, *found: int) -> None:
        """The whole seizure of a stopped table's book; the cards of the voters found there are scanned again."""
        self.seal(book, stopped)
        self.wait(2_000)
        for voter in found:
            self.scan_again("S", voter, stopped)
        self.seize(book, to)
        self.wait(3_000)

    def scan_again(self, name: str, voter: int, stopped: str) -> None:
        """A voter's card is found in a stopped table's pile."""
        self._put(name, Ordered(d.Rescan(voter, self.devices[stopped].origin)))

    def ask_undo(self, name: str, voter: int) -> bool:
        """The secretary asks for a voter's mark to be taken back; False where none is offered."""
        books = self.core(name).books
        if not (marks := books.undoable(voter)):
            return False
        books.ask_undo(voter, marks[0].target, self.now)
        self._put(name)
        return True

    def touch(self, name: str, touch: str) -> None:
        """A button is touched on the newest screen."""
        self._put(name, s.Touch(self.devices[name].screens[-1].number, touch))

    def scan(self, name: str, voter: int) -> None:
        """A voter's card is scanned."""
        self.mono_ms += 1_500
        self._put(name, Scanned(made_up.card(voter)))

    def approve(self, name: str) -> None:
        """The clerk approves the voter on the screen."""
        self.touch(name, "approve")

    def ask(self, name: str, voter: int) -> None:
        """A card is scanned and approved."""
        self.scan(name, voter)
        assert self.shown(name) == "VoterShown"
        self.approve(name)

    def say_the_rest(self, name: str) -> None:
        """A moment passes, and what nobody waited for goes out; it arrives."""
        self.mono_ms += limits.TOGETHER_MS
        self._put(name)
        self.deliver()

    def hand_out(self, name: str) -> None:
        """The green screen has been drawn, and the ballots are handed out."""
        self._put(name, s.Drawn(self.devices[name].screens[-1].number))

    def set_clock(self, name: str, ms: int) -> None:
        """A node's clock is set ahead of the time by so many milliseconds, or behind it."""
        self.devices[name].clock_off = ms

    def serve(self, name: str, voter: int) -> None:
        """A whole check-in over a network that works."""
        self.ask(name, voter)
        self.deliver()
        assert self.shown(name) == "Green"
        self.hand_out(name)
        self.touch(name, "next")
        self.wait(2_000)

    def refuses(self, name: str, voter: int) -> bool:
        """Whether a voter who comes to a table is refused there at once; the clerk leaves the screen."""
        self.scan(name, voter)
        refused = self.shown(name) == "Refused"
        self.touch(name, "next" if refused else "cancel")
        return refused

    # --- looking ---

    def shown(self, name: str) -> str:
        """What kind of screen a node shows."""
        return type(self.devices[name].screens[-1].content).__name__

    def content(self, name: str) -> s.Content:
        """The middle of a node's screen."""
        return self.devices[name].screens[-1].content

    def told(self, name: str, of: str) -> Peer:
        """What a node's screens know of another one."""
        origin = self.devices[of].origin
        return next(peer for peer in self.core(name).situation.peers if peer.origin == origin)

    def overview(self, name: str) -> dict[str, str]:
        """The rows of a node's overview, by what they are named."""
        return self.page(name, office.Overview())

    def page(self, name: str, page: office.Page) -> dict[str, str]:
        """The rows of one of the chair's pages as a node shows it now, by what they are named."""
        content = screen(1, d.Office(page), self.core(name).desk.face.view).content
        assert isinstance(content, s.Board)
        return {line.name: line.text for line in content.lines}

    def warnings(self, name: str) -> tuple[str, ...]:
        """What a node's strip warns of."""
        return self.devices[name].screens[-1].strip.warnings

    def core(self, name: str) -> Node:
        """A running node."""
        node = self.devices[name].node
        assert node is not None
        return node

    def running(self) -> list[str]:
        """The nodes that run."""
        return [name for name, device in self.devices.items() if device.node is not None]

    def is_fresh(self, name: str) -> bool:
        """Whether a node knows all that happened while it was off."""
        return self.core(name).books.seen.fresh.reached

    def is_island(self, name: str) -> bool:
        """Whether a node is in island mode."""
        return self.core(name).books.seen.island

    def decides(self, name: str, book: int) -> bool:
        """Whether a node may decide in a book now."""
        return self.core(name).books.may_decide(book)

    def holders(self, book: int) -> set[str]:
        """Who holds a book, as the running nodes say."""
        return {self.core(name).books.books.holder(book) for name in self.running()}

    def seizure(self, name: str = "S") -> Seizure:
        """The one seizure that a node is about, as its screen tells it."""
        (seizure,) = self.core(name).situation.seizures
        return seizure

    def conflicts(self) -> dict[str, list[tuple[int, tuple[int, ...]]]]:
        """The conflicts that each running node shows: the voter, and the tables."""
        return {
            name: [(conflict.voter, tuple(sorted(table for table, _ in conflict.ballots))) for conflict in shown]
            for name in self.running()
            if (shown := self.core(name).situation.conflicts)
        }

    def marked(self, name: str, voter: int) -> bool:
        """Whether a node knows of a mark of this voter."""
        return any(True for _ in self.core(name).ledger.marks(voter))

    def bodies(self, name: str, *kinds: type) -> list[e.Body]:
        """The bodies on a node's own disk that it wrote itself."""
        device = self.devices[name]
        entries = (e.decode_entry(row.data) for row in device.disk if row.origin == device.origin)
        return [entry.body for entry in entries if not kinds or isinstance(entry.body, kinds)]

    def decided(self, name: str) -> list[str]:
        """What a node has decided, in order."""
        return [str(body.outcome) for body in self.bodies(name, e.Decision) if isinstance(body, e.Decision)]

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
