"""A whole polling place on this machine: the secretary's node, its tables and its brokers, each a process of its own."""

import functools
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec

from kiosk import limits
from kiosk.domain import screens as s
from kiosk.domain.cards import check_digits
from kiosk.domain.voters import Voter
from kiosk.remote.chair import Chair
from kiosk.remote.screen_client import ScreenClient
from kiosk.simulated.broker import SimulatedBroker, free_port
from kiosk.simulated.device import PATIENCE_S, SimulatedDevice, end
from kiosk.simulated.plan import plan_text
from kiosk.simulated.relay import Relay
from kiosk.simulated.voters import sample_voters, write_list
from kiosk.trust.bundle import Bundle, provision

SECRETARY = "secretary"
_DRAWN_S = 20.0  # seconds that a display may take to save a picture
_QUIET_S = 2 * limits.HEAD_MS / 1000  # seconds without a new entry after which none is on its way: the time of two heads
_LOOK_S = 0.02  # seconds between looks at what nothing announces


class SimulatedNode(SimulatedDevice):
    """A device of the place, and its node while it runs. `relays`: its cables to the brokers, which can be pulled."""

    def __init__(self, folder: Path, name: str, bundle: Path, logs: Path) -> None:
        super().__init__(folder, name, bundle, logs)
        self.process: subprocess.Popen[bytes] | None = None
        self.display_process: subprocess.Popen[bytes] | None = None
        self.relays: list[Relay] = []
        self._pictures: Path | None = None

    def start(self, *wrapper: str) -> None:
        """Switch its node on, under `wrapper` where one is given."""
        self.process = self.start_node(*wrapper)

    def power_off(self) -> None:
        """Cut its power: nothing is said and nothing is finished."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def show(self, pictures: Path) -> None:
        """Start its display, which saves a picture of each kind of screen."""
        self._pictures = pictures
        self.display_process = self.start_display("--size", "1280x800", "--pictures", pictures)

    def await_picture(self, kind: str) -> None:
        """Wait until its display has drawn such a screen once, where it saves pictures; for some seconds at most."""
        if self._pictures is not None:
            _wait(lambda: any(self._pictures.glob(f"*-{kind}.png")) if self._pictures is not None else True, _DRAWN_S)

    @contextmanager
    def display_frozen(self) -> Iterator[None]:
        """While the context is open its display draws nothing, and so reports no screen as drawn."""
        if self.display_process is not None:
            self.display_process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            if self.display_process is not None:
                self.display_process.send_signal(signal.SIGCONT)

    def lengths(self) -> dict[str, int]:
        """How far each node's log goes on its disk."""
        with closing(sqlite3.connect(f"file:{self.data / 'node.db'}?mode=ro", uri=True)) as database:
            return dict(database.execute("select run, max(seq) from log group by run").fetchall())

    def cable(self, *, plugged_in: bool) -> None:
        """Pull its network cable, or plug it in."""
        for relay in self.relays:
            relay.pass_on(plugged_in)


class SimulatedPlace:
    """A place with `tables` tables in `folder`, ready to start; the programs' output goes to `logs`.

    `chair_codes`: the texts of its codes by number, as `provision` handed them over; no file of a device has them.
    """

    def __init__(
        self, folder: Path, logs: Path, *, tables: int, voters: int, seed: int, cables: bool = True, brokers: int = 2
    ) -> None:
        """With `cables`, what a node and a broker say goes through a relay, which can be pulled and costs time."""
        self.folder, self.tables = folder, tables
        self._running = ExitStack()
        plan = folder / "plan.toml"
        ports = [free_port() for _ in range(brokers)]
        plan.write_text(plan_text(folder / "no-scanner", _SETTINGS, tables, ports), encoding="utf-8")
        made = provision(plan, folder / "bundles")
        self.pin, self.authority = made.pin, made.authority
        self.chair_codes = dict(made.codes)
        self._next_codes = iter(self.chair_codes.values())
        self.nodes = {name: SimulatedNode(folder / name, name, folder / "bundles" / name, logs) for name in self.names}
        for node in self.nodes.values():
            node.relays = [self._running.enter_context(Relay(port)) for port in ports] if cables else []
            shutil.copytree(node.bundle, folder / "brokers" / node.name)  # a broker is not behind the cables
            self._plug_in(node, ports)
        self.brokers = [
            SimulatedBroker(folder / "brokers" / name, self.nodes[name].data, port, logs / f"broker-{name}.log")
            for name, port in zip(self.names, ports, strict=False)
        ]
        self.list = folder / "voters.csv"
        self.voters = self._write_list(voters, seed)

    def _plug_in(self, node: SimulatedNode, ports: Sequence[int]) -> None:
        """Write the node's own scanner, and its cables to the brokers, into its plan."""
        reached = [relay.port for relay in node.relays] or ports
        text = plan_text(node.scanner.link, _SETTINGS, self.tables, reached)
        (node.bundle / "plan.toml").write_text(text, encoding="utf-8")

    def put_in_spare(self, number: int) -> SimulatedNode:
        """Put the spare card into a table's device, with nothing on it yet."""
        lost = self.table(number)
        lost.power_off()
        lost.scanner.close()
        spare = SimulatedNode(
            self.folder / f"spare-{number}", lost.name, self.folder / "bundles" / "spares" / lost.name, lost.logs
        )
        spare.relays = lost.relays
        self._plug_in(spare, [broker.port for broker in self.brokers])
        self.nodes[lost.name] = spare
        return spare

    @property
    def names(self) -> list[str]:
        """The nodes' names: the secretary's first."""
        return [SECRETARY, *(f"table-{number}" for number in range(1, self.tables + 1))]

    def table(self, number: int) -> SimulatedNode:
        """A table's node."""
        return self.nodes[f"table-{number}"]

    @property
    def secretary(self) -> SimulatedNode:
        """The secretary's node."""
        return self.nodes[SECRETARY]

    @property
    def code(self) -> str:
        """The code on this place's polling cards."""
        return Bundle.load(self.secretary.bundle).plan.place.code

    def card(self, number: int) -> str:
        """The text on a voter's polling card."""
        payload = f"{self.code}{number:06}"
        return payload + check_digits(payload)

    def next_chair_code(self) -> str:
        """The text of the next code on the chair's sheet, then on the reserve sheet, as the chair scans it."""
        return next(self._next_codes)

    def _write_list(self, voters: int, seed: int) -> list[Voter]:
        plan = Bundle.load(self.secretary.bundle).plan
        elections = tuple(election.id for election in plan.elections)
        made = list(sample_voters(voters, seed, elections, tuple(range(1, self.tables + 1)), plan.day.date))
        write_list(self.list, made, msgspec.structs.asdict(plan.columns))
        return made

    def start(self, *wrapper: str) -> None:
        """Give the secretary's node the list, start the brokers and all nodes (under `wrapper`), and open the poll."""
        for broker in self.brokers:
            broker.start()
        self.secretary.import_list(self.list)
        for node in self.nodes.values():
            node.start(*wrapper)  # the tables fetch the list
        with self.secretary.screen() as screen:
            self.chair(screen, self.secretary).open_poll([], self.next_chair_code())
        for number in range(1, self.tables + 1):
            with self.table(number).screen() as screen:
                screen.showing(s.Ready)

    def chair(self, screen: ScreenClient, node: SimulatedNode) -> Chair:
        """The chair, at a node's screen; each page stands until the node's display has drawn it once."""
        return Chair(screen, self.pin, node.await_picture, PATIENCE_S)

    def await_brokers(self) -> None:
        """Wait until every broker that runs has answered every node that runs. No screen tells it: one broker is enough."""
        cables = [
            relay
            for node in self.nodes.values()
            for relay, broker in zip(node.relays, self.brokers, strict=False)
            if node.process is not None and broker.process is not None
        ]
        _wait(lambda: all(relay.carries for relay in cables), PATIENCE_S)

    def await_copies(self) -> None:
        """Wait until all nodes that run have copied each other's entries, and make no more."""
        running = [node for node in self.nodes.values() if node.process is not None]
        _wait(functools.partial(_is_quiet, running), PATIENCE_S)

    def stop_nodes(self) -> None:
        """Stop all nodes once they have copied each other's entries."""
        self.await_copies()
        for node in self.nodes.values():
            if node.process is not None:
                end(node.process)
                node.process = None

    def stop_displays(self) -> None:
        """Stop all displays: what is drawn after them has the machine for itself."""
        for node in self.nodes.values():
            if node.display_process is not None:
                end(node.display_process)
                node.display_process = None

    def close(self) -> None:
        """Stop everything, and forget the folder."""
        self.stop_displays()
        for node in self.nodes.values():
            if node.process is not None:
                end(node.process)
            node.scanner.close()
        for broker in self.brokers:
            broker.stop()
        self._running.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _wait(happens: Callable[[], bool], seconds: float) -> bool:
    """Poll until it happens, for so many seconds at most. Whether it has happened."""
    until = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > until:
            return False
        time.sleep(_LOOK_S)
    return True


def _is_quiet(nodes: list[SimulatedNode]) -> bool:
    """Whether the nodes have the same entries, and make no more."""
    before = [node.lengths() for node in nodes]
    if any(lengths != before[0] for lengths in before):
        return False
    time.sleep(_QUIET_S)
    return [node.lengths() for node in nodes] == before


_SETTINGS = {"clear_after_s": "3"}
