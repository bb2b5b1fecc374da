"""A real broker on this machine, as a process: Mosquitto, with the product's own configuration."""

import shutil
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

_CONFIGURATION = Path(__file__).parents[1] / "mosquitto.conf"
_STARTS_S = 30.0  # seconds that it has to listen


class BrokerError(Exception):
    """The broker can't be run; the text says what to do."""


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SimulatedBroker:
    """A broker at `port`, its files in `folder`. It runs from `start` to `stop`, and may be started again."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens. Raises BrokerError."""
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            raise BrokerError("mosquitto is not installed: apt-get install mosquitto")
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"mosquitto-{self.port}.conf"
        file.write_text(f"{_CONFIGURATION.read_text(encoding='utf-8')}listener {self.port} 127.0.0.1\n", encoding="utf-8")
        with (self.folder / f"mosquitto-{self.port}.log").open("ab") as log:
            self.process = subprocess.Popen([program, "-c", file], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        until = time.monotonic() + _STARTS_S
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise BrokerError(f"mosquitto does not listen on port {self.port}: see {log.name}")
            time.sleep(0.01)  # nothing announces a port

    def _listens(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """Kill it, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
