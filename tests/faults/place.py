"""A place whose devices are as far apart as they get on one machine: each with its node and its broker on a network."""

import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from kiosk.simulated.device import SimulatedDevice, end
from kiosk.simulated.plan import plan_text
from kiosk.simulated.voters import sample_voters
from kiosk.store.database import Database
from kiosk.store.voterlist import VoterList
from kiosk.trust.bundle import Bundle, provision
from tests.faults.network import Network
from tests.process.disks import memory_disk

SECRETARY = "secretary"
_TWIN = "twin"  # where a second card runs
_PORT = 8883
_BROKERS = (SECRETARY, "table-1")
_SMALL_DISK = "48m"  # room for a day of this place, and little enough to be filled at once
_SETTINGS = {"clear_after_s": "5"}
_BUSY_S = 5.0  # seconds that a look into a node's database may wait for its writer


class Node(SimulatedDevice):
    """A device and its node. `runs` counts its starts; `process` is None while it is off; `card`: 1, or 2 for its spare;
    `is_aged`: an old one was put in, and has not caught up.

    `at_green`: what happens when its clerk sees the next green, before its display has said that it has drawn it.
    """

    def __init__(self, folder: Path, name: str, bundle: Path, wrapper: tuple[str, ...], clock: Path) -> None:
        super().__init__(folder, name, bundle, folder)
        self.process: subprocess.Popen[bytes] | None = None
        self.runs = 0
        self.card = 1
        self.is_aged = False
        self.at_green: Callable[[], None] | None = None
        self._wrapper, self._clock = wrapper, clock
        self._striking, self._switch = threading.Lock(), threading.Lock()
        self.move_clock(0)

    @property
    def device(self) -> str:
        """The name of its card, under which its log goes."""
        return f"S.{self.card}" if self.name == SECRETARY else f"T{self.number}.{self.card}"

    @property
    def number(self) -> int:
        """The table's number; 0 for the secretary."""
        return 0 if self.name == SECRETARY else int(self.name.removeprefix("table-"))

    @property
    def database(self) -> Path:
        """Where its log lies."""
        return self.data / "node.db"

    def start(self) -> None:
        """Switch it on, if it is off."""
        with self._switch:
            if self.process is None:
                self.runs += 1
                self.process = self.start_node(*self._wrapper)

    def kill(self) -> None:
        """Cut its power."""
        with self._switch:
            if self.process is not None:
                self.process.kill()
                self.process.wait()
                self.process = None

    def stop(self) -> None:
        """End it as the system would."""
        if self.process is not None:
            end(self.process)
            self.process = None

    def signal(self, number: signal.Signals) -> None:
        """Freeze it or let it go on."""
        if self.process is not None:
            self.process.send_signal(number)

    def await_green(self, strike: Callable[[], None] | None) -> None:
        """Let this happen at the next green, or nothing."""
        with self._striking:
            self.at_green = strike

    def shows_green(self) -> None:
        """Its clerk sees a green."""
        with self._striking:
            if self.at_green is not None:
                self.at_green()
                self.at_green = None

    def move_clock(self, seconds: int) -> None:
        """Let its clock be wrong by so much."""
        with self._clock.open("r+b" if self._clock.exists() else "w+b") as file:
            file.write(struct.pack("=q", seconds))

    def lengths(self) -> dict[str, int]:
        """How far each run goes on its disk."""
        if not self.database.exists():
            return {}
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=_BUSY_S)) as database:
            return dict(database.execute("select run, max(seq) from log group by run").fetchall())

    @staticmethod
    def run_on(card: Path) -> str:
        """The last run that a card has written."""
        with closing(sqlite3.connect(f"file:{card / 'node.db'}?mode=ro", uri=True, timeout=_BUSY_S)) as database:
            return str(database.execute("select value from facts where key = 'run'").fetchone())

    def copy_card(self, to: Path) -> None:
        """Copy its card as it is now, whether it is on or off."""
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.data, to, ignore=shutil.ignore_patterns("node.db*", "filler", "lost+found"))
        source = f"file:{self.database}?mode=ro"
        with (
            closing(sqlite3.connect(source, uri=True, timeout=_BUSY_S)) as log,
            closing(sqlite3.connect(to / "node.db")) as copy,
        ):
            log.backup(copy)

    def put_in_card(self, card: Path) -> None:
        """Put a copy of its card in place of the one that is there. It must be off."""
        for old in self.data.iterdir():
            if old.name != "filler":
                old.unlink() if old.is_file() else shutil.rmtree(old)
        shutil.copytree(card, self.data, dirs_exist_ok=True)


class FaultyBroker:
    """The broker on a device, in its namespace."""

    def __init__(self, node: Node, wrapper: tuple[str, ...]) -> None:
        self.name = f"broker of {node.name}"
        self._log = node.logs / "broker.log"
        arguments = ("broker", "--bundle", str(node.bundle), "--data", str(node.data))
        self._command = [*wrapper, sys.executable, "-m", "kiosk.cli", *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._switch = threading.Lock()

    def start(self) -> None:
        """Run it, if it is off."""
        with self._switch, self._log.open("ab") as log:
            if self._process is None:
                self._process = subprocess.Popen(
                    self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, process_group=0
                )

    def kill(self) -> None:
        """Kill it and its Mosquitto, as a power cut would."""
        with self._switch:
            self.signal(signal.SIGKILL)
            if self._process is not None:
                self._process.wait()
                self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Freeze it and its Mosquitto, or let them go on."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


class FaultyPlace:
    """The place, from `with` to its end: then nothing of it runs or is left."""

    def __init__(self, *, tables: int, voters: int, seed: int, small: str) -> None:
        """`small`: the node whose data lies on a disk that can be filled."""
        self._running = ExitStack()
        self._tables, self._count, self._seed, self._small = tables, voters, seed, small
        self.lost: set[str] = set()  # devices whose cards are never put in again
        self.aged: set[str] = set()  # devices of which an old card was put in
        self.twins: list[Node] = []  # where a copy of a card has run: a mark can be on its disk

    def __enter__(self) -> "FaultyPlace":
        with self._running:
            self._build()
            self._running = self._running.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def _build(self) -> None:
        names = [SECRETARY, *(f"table-{number}" for number in range(1, self._tables + 1))]
        self.folder = Path(tempfile.mkdtemp(prefix="vbf-"))
        self._running.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.network = self._running.enter_context(Network([*names, _TWIN]))
        self._hosts = [self.network.address(name) for name in _BROKERS]
        plan = self.folder / "plan.toml"
        plan.write_text(self._plan(self.folder / "no-scanner"), encoding="utf-8")
        made = provision(plan, self.folder / "bundles")
        self.pin, self.codes = made.pin, dict(made.codes)
        self.disk = self._running.enter_context(memory_disk(_SMALL_DISK))
        shim = self.shim = _clock_shim(self.folder)
        self.nodes = {name: self._device(name, shim) for name in names}
        self.brokers = [FaultyBroker(self.nodes[name], self.network.inside(name)) for name in _BROKERS]
        for broker in self.brokers:
            self._running.callback(broker.kill)
        self.nodes[self._small].data = self.disk.folder
        self._import_list()

    def _plan(self, scanner: Path) -> str:
        return plan_text(scanner, _SETTINGS, self._tables, [_PORT] * len(_BROKERS), self._hosts)

    def _device(self, name: str, shim: Path | None) -> Node:
        folder = self.folder / name
        folder.mkdir()
        clock = folder / "clock"
        moved = ("env", f"LD_PRELOAD={shim}", f"MOVED_CLOCK={clock}") if shim else ()
        node = Node(folder, name, self.folder / "bundles" / name, (*self.network.inside(name), *moved), clock)
        self._running.callback(node.scanner.close)
        self._running.callback(node.kill)
        (node.bundle / "plan.toml").write_text(self._plan(node.scanner.link), encoding="utf-8")
        return node

    def _import_list(self) -> None:
        bundle = Bundle.load(self.secretary.bundle)
        plan = bundle.plan
        self.code = plan.place.code
        self.elections = {election.name: election.id for election in plan.elections}
        tables = tuple(range(1, self._tables + 1))
        made = sample_voters(self._count, self._seed, tuple(self.elections.values()), tables, plan.day.date)
        self.voters = list(made)
        for node in self.nodes.values():
            with Database(node.data) as database:
                VoterList(database, plan.place.realm).replace(self.voters)

    @property
    def secretary(self) -> Node:
        """The secretary's node."""
        return self.nodes[SECRETARY]

    @property
    def tables(self) -> list[Node]:
        """The tables' nodes."""
        return [node for node in self.nodes.values() if node.number]

    def put_in_spare(self, node: Node) -> None:
        """Put the spare card, with nothing on it, into a table's device, which is off."""
        self.lost.add(node.device)
        node.card += 1
        node.bundle = self.folder / "bundles" / "spares" / node.name
        (node.bundle / "plan.toml").write_text(self._plan(node.scanner.link), encoding="utf-8")
        node.data = self.folder / node.name / "spare"

    @contextmanager
    def twin(self, node: Node, card: Path) -> Iterator[None]:
        """Meanwhile a copy of a node's card runs in another device, where nobody serves."""
        folder = self.folder / "twins" / node.name
        bundle = folder / "bundle"
        shutil.copytree(node.bundle, bundle)
        twin = Node(folder, node.name, bundle, self.network.inside(_TWIN), folder / "clock")
        (bundle / "plan.toml").write_text(self._plan(twin.scanner.link), encoding="utf-8")
        shutil.copytree(card, twin.data)
        self.twins.append(twin)
        try:
            twin.start()
            yield
        finally:
            twin.kill()
            twin.scanner.close()

    def start(self) -> None:
        """Run everything that is off."""
        for broker in self.brokers:
            broker.start()
        for node in self.nodes.values():
            node.start()


def _clock_shim(folder: Path) -> Path | None:
    """The library that moves a process's clock; None where no compiler makes it."""
    made = folder / "clock.so"
    command = ["cc", "-O1", "-shared", "-fPIC", "-o", str(made), str(Path(__file__).with_name("clock.c"))]
    if shutil.which("cc") is None:
        return None
    subprocess.run(command, check=True)
    return made
