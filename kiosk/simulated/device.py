"""One device of a simulated place: its folders, its scanner, and its programs as processes."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kiosk.remote.screen_client import ScreenClient
from kiosk.simulated.scanner import PtyScanner

PATIENCE_S = 90.0  # seconds that a screen may take: many programs share this machine
_END_S = 30  # seconds that a program has to end before it is killed


class SimulatedDevice:
    """A device in `folder`, named as its bundle; the programs' output goes to `logs`."""

    def __init__(self, folder: Path, name: str, bundle: Path, logs: Path) -> None:
        self.name, self.bundle, self.logs = name, bundle, logs
        self.data, self.socket = folder / "data", folder / "screen.sock"
        folder.mkdir(parents=True, exist_ok=True)
        self.scanner = PtyScanner(folder / "scanner")

    def import_list(self, file: Path) -> None:
        """Import the voter list, with the command's own progress shown."""
        self.run("list", "import", "--yes", "--bundle", self.bundle, "--data", self.data, file)

    def run(self, *arguments: object) -> None:
        """Run a command of `valgbord` to its end; what it says is shown."""
        subprocess.run(_command(arguments), check=True)

    def start_node(self, *wrapper: str) -> subprocess.Popen[bytes]:
        """The node's process, under `wrapper` (as strace) where one is given."""
        arguments = ("node", "--bundle", self.bundle, "--data", self.data, "--socket", self.socket)
        return self._start("node", [*wrapper, *_command(arguments)])

    def start_display(self, *options: object) -> subprocess.Popen[bytes]:
        """The display's process."""
        return self._start("display", _command(("display", "--socket", self.socket, *options)))

    @contextmanager
    def node(self, *wrapper: str) -> Iterator[subprocess.Popen[bytes]]:
        """The node's process; ended with the context."""
        process = self.start_node(*wrapper)
        try:
            yield process
        finally:
            end(process)

    @contextmanager
    def display(self, *options: object) -> Iterator[subprocess.Popen[bytes]]:
        """The display's process; ended with the context."""
        process = self.start_display(*options)
        try:
            yield process
        finally:
            end(process)

    def screen(self, *, draws: bool = False) -> ScreenClient:
        """Look at its screen and touch it; with `draws` as its display. Close it."""
        return ScreenClient(self.socket, draws=draws, patience_s=PATIENCE_S)

    def _start(self, program: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.logs / f"{program}-{self.name}.log").open("ab") as log:
            return subprocess.Popen(mortal(command), stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program as the system would; kill it if it does not."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_S)
        return
    process.kill()
    process.wait()


def mortal(command: list[str]) -> list[str]:
    """A command that ends with the process which starts it, however that ends.

    The kernel goes by the thread that starts it, so what another one starts is left as it is: it outlives that thread.
    """
    is_main = threading.current_thread() is threading.main_thread()
    return ["setpriv", "--pdeathsig", "TERM", *command] if is_main else command


def _command(arguments: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", "kiosk.cli", *map(str, arguments)]
