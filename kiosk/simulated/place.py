"""A whole polling place on this machine: the secretary's node, its tables and its brokers, each a process of its own."""

import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec

from kiosk import limits
from kiosk.bundle import Bundle, provision
from kiosk.chair import Chair
from kiosk.domain import screens as s
from kiosk.domain.cards import check_digits
from kiosk.domain.voters import Voter
from kiosk.sample import sample_voters, write_list
from kiosk.screen_client import ScreenClient
from kiosk.simulated.broker import SimulatedBroker, free_port
from kiosk.simulated.device import Device, end
from kiosk.simulated.plan import plan_text
from kiosk.simulated.relay import Relay

SECRETARY = "secretary"
_FRESH_S = 30.0  # seconds that a node may take until it serves


class Node(Device):
    """A device of the place, and its node while it runs. `relays`: its cables to the brokers, which can be pulled."""

    def __init__(self, folder: Path, name: str, bundle: Path, logs: Path) -> None:
        super().__init__(folder, name, bundle, logs)
        self.process: subprocess.Popen[bytes] | None = None
        self.display_process: subprocess.Popen[bytes] | None = None
        self.relays: list[Relay] = []

    def start(self, *wrapper: str) -> None:
        """Switch its node on, under `wrapper` where one is given."""
        self.process = self.start_node(*wrapper)

    def power_off(self) -> None:
        """Cut its power: nothing is said and nothing is finished."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def screen(self) -> ScreenClient:
        """Look at its screen and touch it. Close it."""
        return ScreenClient(self.socket, draws=False, patience_s=_FRESH_S)

    def cable(self, *, plugged_in: bool) -> None:
        """Pull its network cable, or plug it in."""
        for relay in self.relays:
            relay.pass_on(plugged_in)


class Place:
    """A place with `tables` tables in `folder`, ready to start; the programs' output goes to `logs`."""

    def __init__(
        self, folder: Path, logs: Path, *, tables: int, voters: int, seed: int, cables: bool = True, brokers: int = 2
    ) -> None:
        """With `cables`, what a node and a broker say goes through a relay, which can be pulled and costs time."""
        self.folder, self.tables = folder, tables
        self._running = ExitStack()
        self.brokers = [SimulatedBroker(folder / "brokers", free_port()) for _ in range(brokers)]
        plan = folder / "plan.toml"
        ports = [broker.port for broker in self.brokers]
        plan.write_text(plan_text(folder / "no-scanner", _SETTINGS, tables, ports), encoding="utf-8")
        made = provision(plan, folder / "bundles")
        self.pin = made.pin
        self.nodes = {name: Node(folder / name, name, folder / "bundles" / name, logs) for name in self.names}
        for node in self.nodes.values():
            node.relays = [self._running.enter_context(Relay(port)) for port in ports] if cables else []
            reached = [relay.port for relay in node.relays] or ports
            text = plan_text(node.scanner.link, _SETTINGS, tables, reached)
            (node.bundle / "plan.toml").write_text(text, encoding="utf-8")
        self.list = folder / "voters.csv"
        self.voters = self._write_list(voters, seed)

    @property
    def names(self) -> list[str]:
        """The nodes' names: the secretary's first."""
        return [SECRETARY, *(f"table-{number}" for number in range(1, self.tables + 1))]

    def table(self, number: int) -> Node:
        """A table's node."""
        return self.nodes[f"table-{number}"]

    @property
    def secretary(self) -> Node:
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

    def _write_list(self, voters: int, seed: int) -> list[Voter]:
        plan = Bundle.load(self.secretary.bundle).plan
        elections = tuple(election.id for election in plan.elections)
        made = list(sample_voters(voters, seed, elections, tuple(range(1, self.tables + 1)), plan.day.date))
        write_list(self.list, made, msgspec.structs.asdict(plan.columns))
        return made

    def start(self, *wrapper: str) -> None:
        """Give every device the list, start the brokers and all nodes (under `wrapper`), and open the poll."""
        for broker in self.brokers:
            broker.start()
        for node in self.nodes.values():
            node.import_list(self.list)
            node.start(*wrapper)
        with self.secretary.screen() as screen:
            self.chair(screen).decide("open_poll")
        for number in range(1, self.tables + 1):
            with self.table(number).screen() as screen:
                screen.showing(s.Ready)

    def chair(self, screen: ScreenClient) -> Chair:
        """The chair, at a node's screen."""
        return Chair(screen, self.pin)

    def await_brokers(self) -> None:
        """Wait until every running node has had the time to find a broker that is back."""
        time.sleep(limits.BACKOFF_MAX_S + 1.0)  # no screen tells it, since one broker is enough

    def stop_nodes(self) -> None:
        """Stop all nodes once they have copied each other's entries."""
        time.sleep(2 * limits.HEAD_MS / 1000)  # two heads: what is lacking is shown, asked for and given
        for node in self.nodes.values():
            if node.process is not None:
                end(node.process)
                node.process = None

    def close(self) -> None:
        """Stop everything, and forget the folder."""
        for node in self.nodes.values():
            for process in (node.display_process, node.process):
                if process is not None:
                    end(process)
            node.scanner.close()
        for broker in self.brokers:
            broker.stop()
        self._running.close()
        shutil.rmtree(self.folder, ignore_errors=True)


_SETTINGS = {"clear_after_s": "3"}
