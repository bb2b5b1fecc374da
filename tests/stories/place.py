"""A place in memory: real nodes, each with a disk, and a network that delivers only when a story says so.

A node is called "S" (the secretary's), "T1" or "T2". Voter 101 is the first of book 1, 202 the second of book 2.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Self

import msgspec

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import pages
from kiosk.domain import screens as s
from kiosk.domain.chain import Stored, knows_others
from kiosk.domain.messages import Ask, Batch
from kiosk.domain.nodes import device_at, device_of
from kiosk.domain.situation import Peer, Stopping
from kiosk.domain.view import screen
from kiosk.node import Commit, GiveEntries, Heard, Input, Node, Now, PeerGone, Say, Scanned, Send, SendTo, Show, Steps
from kiosk.remote.chair import Chair, NotOfferedError
from kiosk.remote.screen_client import NoScreenError, ScreenClient
from tests import made_up

PATIENCE_S = 0.5
NOT_OFFERED = (NotOfferedError, NoScreenError)  # what the screen does not offer can't be decided
VOTERS = {n: made_up.voter(n, n // 100, ("byraad",)) for book in (1, 2, 3) for n in range(book * 100, book * 100 + 9)}


@dataclass(slots=True, eq=False)
class Device:
    """A disk, and the node that runs on it, if it runs. `on_paper`: the voters who were given ballots under its green.

    `fails`: its power fails in its next turn, after what may be said at once, and before the commit. `run`: the last run that
    the disk has written, as it bears it. `clock_off`: by how many milliseconds its clock is ahead.
    """

    name: str
    disk: list[Stored] = field(default_factory=list)
    node: Node | None = None
    screens: list[s.Screen] = field(default_factory=list)
    on_paper: list[str] = field(default_factory=list)
    fails: bool = False
    run: str = ""
    clock_off: int = 0

    def rows(self) -> Iterable[Stored]:
        """What is on the disk, in the order in which it came."""
        return self.disk


class InMemory(ScreenClient):
    """A screen's other end, without a socket. While a screen is waited for, time passes at this node, and nothing arrives."""

    def __init__(self, place: "Place", name: str) -> None:
        self._place, self._name, self._patience_s = place, name, PATIENCE_S
        self._read = 0
        self.screen: s.Screen | None = None
        self.catch_up()

    def now(self) -> float:
        """The place's clock."""
        return self._place.mono_ms / 1_000

    def next_within(self, seconds: float) -> s.Screen | None:
        """The next screen that was shown, or is within so long."""
        shown, until = self._place.devices[self._name].screens, self.now() + seconds
        while self._read >= len(shown):
            if self.now() >= until:
                return None
            self._place.pass_time_at(self._name, limits.LOOK_MS)
        self._read += 1
        self.screen = shown[self._read - 1]
        return self.screen

    def touch(self, touch: str, pad: str = "", how: str = "") -> None:
        """Touch a button of the screen that was read last."""
        assert self.screen is not None
        self._place._put(self._name, s.touched(self.screen, touch, pad, how))


class Place:
    """All devices and the network. What is sent waits in `wire` until `deliver`."""

    def __init__(self, tables: int = 3) -> None:
        self.made_up = made_up.MadeUp(tables, ("byraad",), spares=1)
        self.mono_ms = 1_000
        self.devices = {name: Device(device_at(name)) for name in self.made_up.nodes}
        self.keys = {name: made_up.keys(name) for name in self.made_up.devices}
        self.wire: deque[tuple[str, str, Input]] = deque()
        self.code = 0  # the last of the chair's codes that was used
        self.held: set[tuple[str, str]] = set()
        self.lost_asks = False

    # --- devices ---

    def restart(self, *names: str) -> None:
        """Start nodes from what is on their disks."""
        for name in names:
            device = self.devices[name]
            device.screens.clear()
            setup = self.made_up.setup(device.name)
            device.node = Node(setup, VOTERS.get, lambda pin: pin == made_up.PIN, self.keys[device.name])
            for row in device.rows():
                device.node.replay(e.decode_entry(row.data), e.entry_hash(row.data))
            device.node.recall(device.run)
            self._carry_out(device, device.node.begin(partial(self.now_at, device)))

    def crash(self, *names: str) -> None:
        """Power off; the others are told."""
        for name in names:
            self.devices[name].node = None
            self.wire = deque(w for w in self.wire if name not in w[:2])
            for other in self.devices:
                if not any(device.name == self.devices[name].name for device in self._running()):
                    self._put(other, PeerGone(self.devices[name].name))

    def _running(self) -> list[Device]:
        return [device for device in self.devices.values() if device.node is not None]

    def copy_of(self, name: str) -> tuple[list[Stored], str]:
        """A copy of a node's card as it is now: what is on it, and the last run that it has written."""
        device = self.devices[name]
        return list(device.disk), device.run

    def put_back(self, name: str, card: tuple[list[Stored], str]) -> None:
        """A node's card is put back as it was when it was copied."""
        self.crash(name)
        self.devices[name].disk, self.devices[name].run = list(card[0]), card[1]

    def put_in_copy(self, name: str, card: tuple[list[Stored], str], at: str) -> None:
        """A copy of a node's card is put into another box, called `at`: two cards with one key."""
        self.devices[at] = Device(self.devices[name].name, list(card[0]), run=card[1])

    def put_in_spare(self, name: str) -> None:
        """A node's disk is lost for good: the spare one is put in, empty, with keys of its own."""
        self.crash(name)
        self.devices[name] = Device(device_at(name, 2))

    @property
    def now(self) -> Now:
        return Now(made_up.MORNING_MS + self.mono_ms, self.mono_ms)

    def now_at(self, device: Device) -> Now:
        """The time as a device's own clock tells it."""
        return Now(self.now.wall_ms + device.clock_off, self.mono_ms)

    def _put(self, name: str, *inputs: Input) -> None:
        device = self.devices[name]
        if device.node is not None:
            self._carry_out(device, device.node.take(inputs, partial(self.now_at, device)))

    def _carry_out(self, device: Device, steps: Steps) -> None:
        for step in steps:
            match step:
                case Say(sends):
                    self._send(device, sends)
                case Show(shown):
                    self._show(device, shown)
                case Commit() if device.fails:
                    device.node, device.fails = None, False
                    return
                case Commit(rows, run):
                    device.disk += rows
                    device.run = run

    def _show(self, device: Device, screen: s.Screen) -> None:
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

    def split(self, *names: str) -> None:
        """Nothing passes between these nodes and the others."""
        for name in names:
            for other in self.devices:
                if other not in names:
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
        for message in sends:
            match message:
                case SendTo(to=to, message=said):
                    if not (isinstance(said, Ask) and self.lost_asks):
                        self._post(device, to, said)
                case GiveEntries(to=to):
                    self._post(device, to, given(device, message))
                case _:
                    self._post(device, "", message)

    def _post(self, device: Device, to: str, message: object) -> None:
        """Post a message to a device, with two cards to both; "" is everybody."""
        sender = next(name for name, one in self.devices.items() if one is device)
        for name, other in self.devices.items():
            if other is not device and to in ("", other.name) and (sender, name) not in self.held and message is not None:
                self.wire.append((sender, name, Heard(device.name, message)))  # type: ignore[arg-type]

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
        self._put(to, Heard(self.devices[sender].name, message))  # type: ignore[arg-type]

    def read_logs_of(self, to: str, *names: str) -> None:
        """All that some nodes have written reaches a node at once, and nothing else does."""
        heard = []
        for name in names:
            for run in self.runs_on(name):
                rows = [row for row in self.devices[name].disk if row.run == run]
                heard.append(Heard(self.devices[name].name, batch_of(rows)))
        self._put(to, *heard)

    def runs_on(self, name: str) -> list[str]:
        """The runs that a node's device has written, oldest first, as its disk says."""
        device = self.devices[name]
        return list(dict.fromkeys(row.run for row in device.disk if device_of(row.run) == device.name))

    def pass_time_at(self, name: str, ms: int) -> None:
        """A moment passes at one node; what it says is on its way."""
        self.mono_ms += ms
        self._put(name)

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
        """All nodes have started, and hear each other."""
        self.restart(*self.devices)
        self.wait(3_000)
        return self

    def morning(self) -> Self:
        """The same, and the poll is open."""
        self.started()
        self.stop(self.made_up.nodes[0])
        self.finish(self.made_up.nodes[0])
        self.wait(2_000)
        return self

    def chair(self, name: str) -> Chair:
        """The chair at this node's screen: pages, touches and the PIN, as in the product."""
        return Chair(InMemory(self, name), made_up.PIN, patience_s=PATIENCE_S)

    def order(self, name: str, deed: str) -> None:
        """The chair decides something at this node that needs no more words."""
        self.chair(name).decide(deed)

    def excuse(self, name: str, *silent: str) -> None:
        """The chair attests at this node that its card is the right one, so that nobody waits for these."""
        self.chair(name).excuse([self.devices[of].name for of in silent])

    def give(self, book: int, giver: str, heir: str) -> None:
        """The chair has a node give a book to another."""
        self.chair(giver).give(book, self.devices[heir].name)

    def stop(self, name: str, *named: str) -> None:
        """The chair uses the next code at this node: these nodes are off or locked."""
        self.code += 1
        devices = [of if "." in of else self.devices[of].name for of in named]
        self.chair(name).stop(devices, made_up.code(self.code))

    def finish(self, name: str) -> None:
        """The cards are scanned: this node takes the books of whom its stop names; the chair leaves its screen."""
        self.wait(1_000)
        chair = self.chair(name)
        chair.finish()
        chair.leave()

    def take_over(self, stopped: str, to: str, *found: int) -> None:
        """The whole move of a stopped table's list to a node; the cards of the voters found there are scanned."""
        self.stop(to, stopped)
        self.wait(2_000)
        self.scan_cards(to, stopped, *found)
        self.finish(to)
        self.wait(3_000)

    def scan_cards(self, name: str, stopped: str, *voters: int) -> None:
        """Voters' cards are found in a stopped table's pile, under a stop of this node."""
        if voters:
            self.chair(name).scan_cards(self.devices[stopped].name, voters)

    def ask_undo(self, name: str, voter: int) -> bool:
        """The secretary has the first of a voter's marks taken back; False where none is offered."""
        chair = self.chair(name)
        if not chair.marks(voter):
            return False
        chair.undo(1)
        return True

    def touch(self, name: str, touch: str, pad: str = "") -> None:
        """A button is touched on the newest screen."""
        self._put(name, s.touched(self.devices[name].screens[-1], touch, pad))

    def scan(self, name: str, voter: int) -> None:
        """A voter's card is scanned."""
        self.scan_text(name, made_up.card(voter))

    def scan_text(self, name: str, text: str) -> None:
        """Anything is scanned."""
        self.mono_ms += 1_500
        self._put(name, Scanned(text))

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
        return self.devices[name].screens[-1].kind

    def content(self, name: str) -> s.Content:
        """The middle of a node's screen."""
        return self.devices[name].screens[-1].content

    def told(self, name: str, of: str) -> Peer:
        """What a node's screens know of another one."""
        device = self.devices[of].name
        return next(peer for peer in self.core(name).situation.peers if peer.device == device)

    def overview(self, name: str) -> dict[str, str]:
        """The rows of a node's overview, by what they are named."""
        return self.page(name, pages.Overview())

    def page(self, name: str, page: pages.Page) -> dict[str, str]:
        """The rows of one of the chair's pages as a node shows it now, by what they are named."""
        content = screen(1, d.Office(page), self.core(name).desk.screen_state.view).content
        assert isinstance(content, s.Sheet)
        return {line.name: line.text for line in content.rows}

    def say(self, key: str, *words: object) -> str:
        """A text as the screens say it."""
        return next(iter(self._running())).node.desk.screen_state.view.say(key, *words)  # type: ignore[union-attr]

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

    def is_member(self, name: str) -> bool:
        """Whether a node knows all that happened while it was off."""
        return self.core(name).books.seen.member.reached

    def is_island(self, name: str) -> bool:
        """Whether a node is in island mode."""
        return self.core(name).books.seen.island

    def decides(self, name: str, book: int) -> bool:
        """Whether a node may decide in a book now."""
        return self.core(name).books.may_decide(book)

    def holders(self, book: int) -> set[str]:
        """The devices that hold a book, as the running nodes say."""
        return {device_of(self.core(name).books.books.holder(book)) for name in self.running()}

    def stopping(self, name: str) -> Stopping:
        """The stop that a node is about, as its screen tells it."""
        stopping = self.core(name).situation.stopping
        assert stopping is not None
        return stopping

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
        entries = (e.decode_entry(row.data) for row in device.disk if device_of(row.run) == device.name)
        return [entry.body for entry in entries if not kinds or isinstance(entry.body, kinds)]

    def decided(self, name: str) -> list[str]:
        """What a node has decided, in order."""
        return [str(body.outcome) for body in self.bodies(name, e.Decision) if isinstance(body, e.Decision)]

    def vector(self, name: str) -> dict[str, int]:
        """How much of each log a node has on disk."""
        return dict(self.core(name).books.books.runs.stored)

    def known(self, name: str, of: str) -> int:
        """How much of another node's log a node knows, what it has not committed yet too."""
        return max((run.last for run in self.core(name).books.books.runs.devices[self.devices[of].name]), default=0)

    def stored(self, name: str, of: str) -> int:
        """How much of another node's log a node has on disk."""
        runs = self.core(name).books.books.runs.devices[self.devices[of].name]
        return max((run.stored for run in runs), default=0)


def given(device: Device, give: GiveEntries) -> Batch | None:
    """The entries that were asked for, from the disk, as the store gives them."""
    rows: list[Stored] = []
    signed = 0
    for row in (row for row in device.disk if row.run == give.run and row.seq >= give.first):
        if signed and knows_others(row):
            break
        rows.append(row)
        signed = len(rows) if row.signature is not None else signed
    return batch_of(rows[:signed]) if signed else None


def batch_of(rows: list[Stored]) -> Batch:
    """Rows as a batch; the last must be signed."""
    signature = rows[-1].signature
    assert signature is not None
    return Batch(rows[0].run, rows[0].seq, tuple(msgspec.Raw(row.data) for row in rows), signature.hex())
