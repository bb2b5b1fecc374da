"""A real broker on this machine, as a process: `valgbord broker`, which runs Mosquitto with certificates and access lists."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

from kiosk.simulated.device import mortal
from kiosk.sync.broker import BrokerError

_STARTS_S = 30.0  # seconds that it has to listen


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SimulatedBroker:
    """The broker of a device with this bundle and data folder, at `port`. It runs from `start` to `stop`, and may run again."""

    def __init__(self, bundle: Path, data: Path, port: int, log: Path) -> None:
        self.bundle, self.data, self.port, self._log = bundle, data, port, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens. Raises BrokerError."""
        command = [sys.executable, "-m", "kiosk.cli", "broker", "--bundle", str(self.bundle), "--data", str(self.data)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                mortal(command), stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        until = time.monotonic() + _STARTS_S
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise BrokerError(f"no broker listens on port {self.port}: {self._log.read_text(encoding='utf-8').strip()}")
            time.sleep(0.01)  # nothing announces a port

    def _listens(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """Kill it and its Mosquitto, as a power cut would."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


__all__ = ["BrokerError", "SimulatedBroker", "free_port"]
