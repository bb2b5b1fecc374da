"""The README is true: its commands work as a new user would type them, and its diagram is the desk's."""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import get_args

import pytest

from kiosk.cli.chair import chair
from kiosk.display import own_screens
from kiosk.domain.entries import Body
from kiosk.domain.rights import RIGHTS
from kiosk.domain.screens import Kind
from kiosk.domain.texts import CODES
from kiosk.remote.screen_client import ScreenClient
from kiosk.simulated.device import PATIENCE_S
from kiosk.simulated.diagram import mermaid, rights

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]
STAYS = {"node", "display"}  # run until they are stopped


def headless() -> dict[str, str]:
    """A shell's environment without a screen, and with `valgbord` on the path, as the README says."""
    not_the_shells = ("DISPLAY", "WAYLAND_DISPLAY", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in not_the_shells}
    return environment | {"PATH": f"{Path(sys.executable).parent}:{environment['PATH']}"}


def test_the_diagram_is_the_desks() -> None:
    """The README's diagram is the one made from the table; `python -m kiosk.simulated.diagram` prints the new one."""
    assert f"```mermaid\n{mermaid()}\n```" in README


def test_the_table_of_rights_is_the_codes() -> None:
    """What a thief can do with each entry stands in the document as in the code; `python -m kiosk.simulated.diagram` prints
    it."""
    assert rights() in (ROOT / "kiosk" / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_every_kind_of_entry_has_its_right() -> None:
    """In the protocol's own table and in the code's: none is left out, and none is of yesterday."""
    kinds = {kind.__struct_config__.tag for kind in get_args(Body)}
    protocol = (
        (ROOT / "kiosk" / "PROTOCOL.md").read_text(encoding="utf-8").partition("## Who may write what")[2].partition("\n## ")[0]
    )
    cells = "".join(line.split("|")[1] for line in protocol.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(\w+)", cells)) == kinds
    assert {word for kind in RIGHTS for word in re.findall(r"`(\w+)", kind)} == kinds


def test_the_chairs_commands_are_those_of_the_program() -> None:
    """The README names every command of `valgbord chair`, and no other."""
    listed = README.partition("or by `valgbord chair`")[2].partition("\n- ")[0]
    assert set(re.findall(r"`([a-z-]+)`", listed)) == set(chair.commands)


def test_every_code_is_explained() -> None:
    """The codes on the screens stand in the list for the telephone."""
    listed = (ROOT / "kiosk" / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## Codes")[2]
    explained = set()
    for letter, first, last in re.findall(r"\| ([A-Z])(\d+)(?:–[A-Z](\d+))? \|", listed):
        explained |= {f"{letter}{number}" for number in range(int(first), int(last or first) + 1)}
    assert explained >= {*CODES.values(), own_screens.NO_LINK, own_screens.STOPPED}


def test_the_pictures_are_there() -> None:
    """Every picture that the README shows is in the project."""
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert pictures
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []


def test_setting_up_a_table_works_as_written(tmp_path: Path) -> None:
    """A technician types the commands one after another, in an empty folder, and gets a table that shows its screen."""
    (tmp_path / "kiosk").symlink_to(ROOT / "kiosk")
    typed = [command for command in COMMANDS if not command.startswith("make ")]
    assert {shlex.split(command)[1] for command in typed if command.startswith("valgbord")} >= {
        "provision",
        "list",
        "check",
        "log",
    } | STAYS
    with ExitStack() as running:
        for command in typed:
            words = shlex.split(command)
            if words[0] == "valgbord" and words[1] in STAYS:
                process = running.enter_context(subprocess.Popen(words, cwd=tmp_path, env=headless()))
                running.callback(process.send_signal, signal.SIGTERM)
                with ScreenClient(tmp_path / "screen.sock", draws=False, patience_s=PATIENCE_S) as client:
                    assert client.next().kind == Kind.NOT_READY
            else:
                subprocess.run(words, cwd=tmp_path, env=headless(), check=True, timeout=PATIENCE_S, input=b"y\n")
            if words[0] == "cp":  # this machine has no scanner, and `check` would rightly say so
                plan = tmp_path / "plan.toml"
                plan.write_text(plan.read_text(encoding="utf-8").replace('kind = "hid"', 'kind = "none"'), encoding="utf-8")


@pytest.mark.long
@pytest.mark.timeout(700)
def test_make_demo_ends_with_a_summary_and_a_picture_of_every_screen(tmp_path: Path) -> None:
    """`make demo` without a screen tells its story, leaves pictures and logs, and proves that nobody voted twice."""
    assert "make demo" in COMMANDS
    out = tmp_path / "out"
    done = subprocess.run(
        ["make", "demo"],
        cwd=ROOT,
        env=headless() | {"DEMO": f"--seconds 5 --voters 1000 --out {out}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,  # half a minute of it is drawing; the rest is waiting for a machine that may be busy
    )
    assert done.returncode == 0, done.stdout + done.stderr
    summary = done.stdout.splitlines()[-1]
    assert re.search(r"[1-9]\d* greens on the screens, [1-9]\d* entries in each of 4 databases", summary)
    assert "no voter was given ballots twice, nothing green was lost, all nodes agree" in summary
    drawn = {path.stem.partition("-")[2] for path in out.glob("*/*.png")}
    assert drawn >= {"not_ready", "pin", "ready", "voter_shown", "green", "refused", "waiting", "overview", "menu"}
    assert len(list((out / "gallery").glob("*.png"))) > 100
    programs = [log for name in ("node", "display") for log in out.glob(f"{name}-*.log")]
    assert programs
    assert not [log for log in programs if "Traceback" in log.read_text() or "Error" in log.read_text()]


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_ended_leaves_nothing_running(number: signal.Signals) -> None:
    """Ended by the system, or with its terminal closed, all its programs end, and its folder goes."""
    with tempfile.TemporaryDirectory(prefix="vb-") as folder:
        command = [Path(sys.executable).with_name("valgbord"), "demo", "--seconds", "3600", "--out", f"{folder}/out"]
        demo = subprocess.Popen(
            command,
            cwd=ROOT,
            env=headless() | {"TMPDIR": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert demo.stdout is not None
        assert any(line.startswith("== Voters come") for line in demo.stdout)
        assert len(running_in(folder)) > 10
        demo.send_signal(number)
        demo.communicate(timeout=120)
        assert demo.returncode == 128 + number
        assert running_in(folder) == []
        assert [path.name for path in Path(folder).iterdir()] == ["out"]


def running_in(folder: str) -> list[str]:
    """The command lines of all processes that name this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            found.append(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in found if folder in line]
