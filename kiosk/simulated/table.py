"""One whole table on this machine, with made-up voters: its folder, its scanner and its programs as processes."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from kiosk.bundle import Bundle, provision
from kiosk.domain.voters import Voter
from kiosk.sample import sample_voters, write_list
from kiosk.simulated.scanner import PtyScanner

_EXAMPLE = Path(__file__).parents[1] / "plan.example.toml"
_END_S = 10  # seconds that a program has to end before it is killed


class Table:
    """A table in `folder`; the programs' output goes to `logs`. Made by the commands that a technician would use."""

    def __init__(self, folder: Path, logs: Path) -> None:
        self.folder, self.logs = folder, logs
        self.plan, self.list = folder / "plan.toml", folder / "voters.csv"
        self.bundle, self.data = folder / "bundles" / "table-1", folder / "data"
        self.socket = folder / "screen.sock"
        self.scanner = PtyScanner(folder / "scanner")
        self.pin = ""
        self.voters: list[Voter] = []

    @property
    def place(self) -> str:
        """The code on this place's polling cards."""
        return Bundle.load(self.bundle).plan.place.code

    def provision(self, **settings: str) -> None:
        """Write the plan and make the keys."""
        self.plan.write_text(self._plan_text(settings), encoding="utf-8")
        self.pin = provision(self.plan, self.folder / "bundles").pin

    def change_plan(self, **settings: str) -> None:
        """Change the desk's settings in the device's plan; they hold from the node's next start."""
        (self.bundle / "plan.toml").write_text(self._plan_text(settings), encoding="utf-8")

    def _plan_text(self, settings: dict[str, str]) -> str:
        lines, _, _ = _EXAMPLE.read_text(encoding="utf-8").partition("\n[scanner]")
        changed = [
            f"{key} = {settings[key]}" if (key := line.partition(" = ")[0]) in settings else line for line in lines.splitlines()
        ]
        return "\n".join([*changed, "[scanner]", 'kind = "serial"', f'device = "{self.scanner.link}"', ""])

    def write_list(self, voters: int, seed: int) -> None:
        """Write the voter list's file."""
        plan = Bundle.load(self.bundle).plan
        elections = tuple(election.id for election in plan.elections)
        self.voters = list(sample_voters(voters, seed, elections, (1,), plan.day.date))
        write_list(self.list, self.voters, msgspec.structs.asdict(plan.columns))

    def import_list(self) -> None:
        """Import it, with the command's own progress shown."""
        self.run("list", "import", "--bundle", self.bundle, "--data", self.data, self.list)

    def run(self, *arguments: object) -> None:
        """Run a command of `valgbord` to its end; what it says is shown."""
        subprocess.run(_command(arguments), check=True)

    @contextmanager
    def node(self, *wrapper: str) -> Iterator[subprocess.Popen[bytes]]:
        """The node's process, under `wrapper` (as strace) where one is given; ended with the context."""
        arguments = ("node", "--bundle", self.bundle, "--data", self.data, "--socket", self.socket)
        with self._process("node", [*wrapper, *_command(arguments)]) as process:
            yield process

    @contextmanager
    def display(self, *options: object) -> Iterator[subprocess.Popen[bytes]]:
        """The display's process; ended with the context."""
        with self._process("display", _command(("display", "--socket", self.socket, *options))) as process:
            yield process

    @contextmanager
    def _process(self, name: str, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def close(self) -> None:
        """Put the scanner away and forget the folder."""
        self.scanner.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _command(arguments: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", "kiosk.cli", *map(str, arguments)]
