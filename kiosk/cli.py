"""The `valgbord` command."""

import functools
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from kiosk import __version__

if TYPE_CHECKING:
    from kiosk.chair import Chair
    from kiosk.config import Plan
    from kiosk.domain.voters import Voter

# Each command imports what it needs: the display must not carry the node's keys and database in its memory.

_P = ParamSpec("_P")

_FAULTS_SHOWN = 20  # faults of a log named one by one: more say no more
_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)

_bundle = click.option(
    "--bundle",
    type=_FOLDER,
    default=Path("/etc/valgbord"),
    show_default=True,
    help="This device's bundle, from `provision`.",
)
_data = click.option(
    "--data", type=_FOLDER, default=Path("/var/lib/valgbord"), show_default=True, help="Folder of this node's database."
)
_socket = click.option(
    "--socket",
    type=_FILE,
    default=Path("/run/valgbord/screen.sock"),
    show_default=True,
    help="Socket of node and display.",
)


@contextmanager
def _clear_errors(*more: type[Exception]) -> Iterator[None]:
    """What went wrong outside this program becomes one sentence and exit status 1, without a traceback."""
    from kiosk.bundle import BundleError
    from kiosk.config import PlanError
    from kiosk.store.errors import StoreError
    from kiosk.store.listrows import ListError
    from kiosk.store.voterlist import ListInUseError
    from kiosk.sync.wire import WireError

    outside: tuple[type[Exception], ...] = (PlanError, BundleError, StoreError, ListError, ListInUseError, WireError, *more)
    try:
        yield
    except outside as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error


def _new_file(path: Path) -> Path:
    """A file that is about to be written; what exists is never overwritten."""
    if path.exists():
        raise click.ClickException(f"{path} exists already, and is not overwritten: name a new file")
    return path


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """The electronic poll book of a Danish polling table (valgbord).

    A table is two programs: the node, which reads the polling cards, knows the voter list and writes every mark to disk,
    and the display, which shows what the node says. `valgbord demo` runs both with made-up voters.

    To set up a table: write a plan, `provision` the devices from it, `list import` the voters, then start `node` and `display`.
    """
    os.umask(0o077)  # voters' names and the device's key are nobody else's business


@main.command()
@click.option("--seconds", type=click.IntRange(5, 3600), default=60, show_default=True, help="How long voters come.")
@click.option("--voters", type=click.IntRange(100, 100_000), default=5_000, show_default=True, help="Length of the list.")
@click.option("--out", type=_FOLDER, default=Path("out"), show_default=True, help="Folder for pictures and logs.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number gives other voters.")
def demo(seconds: int, voters: int, out: Path, seed: int) -> None:
    """Run a table with made-up voters and show it.

    With a screen, the real window opens and you are the clerk. Without one, the same programs run off screen with a simulated
    clerk, leave a picture of every screen in the folder `out`, and end with a summary.
    """
    from kiosk import demo as demonstration
    from kiosk.screen_client import NoScreenError

    with _clear_errors(NoScreenError, subprocess.CalledProcessError):
        sys.exit(demonstration.run(seconds=seconds, voters=voters, out=out, seed=seed, say=click.echo))


@main.command()
@_bundle
@_data
@_socket
def node(bundle: Path, data: Path, socket: Path) -> None:
    """Run this table's node: the scanner, the voter list, the marks. It needs no screen."""
    from kiosk import wiring
    from kiosk.bundle import Bundle

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    with _clear_errors():
        read = Bundle.load(bundle)
        running = wiring.service(read, data, socket)
        logging.info("%s, %s; data in %s, screen on %s", read.device.origin, read.plan.place.name, data, socket)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: running.stop())
        scanner = wiring.scanner(read, running)
        if scanner is not None:
            scanner.start()
        try:
            running.run()
        finally:
            if scanner is not None:
                scanner.stop()


def _size(_context: click.Context, _option: click.Parameter, value: str) -> tuple[int, int]:
    width, height = value.split("x")
    return int(width), int(height)


@main.command()
@_socket
@click.option("--size", type=click.Choice(["1280x800", "800x480"]), default="1280x800", show_default=True, callback=_size)
@click.option("--fullscreen", is_flag=True, help="Fill the screen, as on the kiosk.")
@click.option("--pictures", type=_FOLDER, help="Save each kind of screen here when it is first drawn.")
@click.option("--timings", type=_FILE, help="Append each screen's number, arrival and frame (monotonic ns) to this file.")
def display(socket: Path, size: tuple[int, int], *, fullscreen: bool, pictures: Path | None, timings: Path | None) -> None:
    """Run the display: it draws what the node says and sends back what was touched."""
    from kiosk.display.app import run

    if not os.environ.get("DISPLAY") and not fullscreen:
        click.echo("No screen here (DISPLAY is not set): drawing off screen.", err=True)
    try:
        run(socket, size, fullscreen, pictures, timings)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error


@main.command()
@click.argument("plan", type=_FILE)
@click.option("--out", type=_FOLDER, required=True, help="New folder for the devices' bundles.")
def provision(plan: Path, out: Path) -> None:
    """Make every device's keys from the place's PLAN: one bundle for each table, and the chair's PINs.

    The PINs are shown once and kept nowhere: put each in its sealed envelope.
    """
    from kiosk.bundle import provision as make_bundles

    with _clear_errors():
        made = make_bundles(plan, out)
    for origin, folder in made.bundles.items():
        click.echo(f"{origin:8} {folder}   key {made.signers[origin][:16]}…")
    click.echo(f"The chair's PIN    {made.pin}")
    click.echo(f"The reserve PIN    {made.reserve_pin}   (sealed envelope)")


@main.group(name="list")
def list_() -> None:
    """The voter list (valgliste): check a file, import it, or make a sample."""


_plan = click.option("--plan", type=_FILE, required=True, help="The place's plan.")


@contextmanager
def _progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda done: bar.update(done)


def _read_list(plan: "Plan", file: Path) -> "list[Voter]":
    from kiosk.store.listfile import read_list
    from kiosk.wiring import list_form

    with file.open("rb") as lines:
        rows = sum(chunk.count(b"\n") for chunk in iter(lambda: lines.read(1 << 20), b""))
    with _progress("Reading  ", rows) as advance:
        return read_list(file, list_form(plan), advance)


@list_.command("check")
@_plan
@click.argument("file", type=_FILE)
def list_check(plan: Path, file: Path) -> None:
    """Check every row of FILE against the plan. Nothing is imported."""
    from kiosk.config import load_plan
    from kiosk.store.voterlist import list_digest

    with _clear_errors():
        voters = _read_list(load_plan(plan), file)
    click.echo(f"{len(voters)} voters, all good. Digest {list_digest(sorted(voters, key=lambda voter: voter.number))}")


@list_.command("import")
@_bundle
@_data
@click.argument("file", type=_FILE)
def list_import(bundle: Path, data: Path, file: Path) -> None:
    """Import FILE as this node's voter list: all of it, or nothing.

    Two devices with the same list have the same digest. The list can be replaced until the node has started for the first time.
    """
    from kiosk.bundle import Bundle
    from kiosk.store.database import Database
    from kiosk.store.voterlist import VoterList

    with _clear_errors():
        voters = _read_list(Bundle.load(bundle).plan, file)
        with Database(data) as database, _progress("Importing", len(voters)) as advance:
            digest = VoterList(database).replace(voters, advance)
    click.echo(f"{len(voters)} voters imported. Digest {digest}")


@list_.command("sample")
@_plan
@click.option("--voters", type=click.IntRange(1, 999_999), default=5_000, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number gives other voters.")
@click.argument("file", type=_FILE)
def list_sample(plan: Path, voters: int, seed: int, file: Path) -> None:
    """Write FILE with made-up voters for the plan's elections and tables."""
    from kiosk.config import load_plan
    from kiosk.sample import sample_voters, write_list
    from kiosk.wiring import list_form

    with _clear_errors():
        read = load_plan(plan)
        elections, tables = tuple(e.id for e in read.elections), tuple(t.number for t in read.tables)
        write_list(_new_file(file), sample_voters(voters, seed, elections, tables, read.day.date), list_form(read).columns)
    click.echo(f"{voters} made-up voters in {file}")


@main.command()
@_bundle
@_data
def check(bundle: Path, data: Path) -> None:
    """Test this table before the day: bundle, disk, voter list, log, clock and scanner. Exit status 1 if anything is wrong."""
    from kiosk.selftest import findings

    good = True
    for finding in findings(bundle, data):
        good = good and finding.good
        mark = click.style("  ok  ", fg="green") if finding.good else click.style(" FAIL ", fg="red", bold=True)
        click.echo(f"{mark} {finding.what}: {finding.found}")
    sys.exit(0 if good else 1)


@main.group()
@_socket
@click.option("--pin", envvar="VALGBORD_PIN", help="The chair's PIN; asked for if not given.")
@click.pass_context
def chair(context: click.Context, socket: Path, pin: str | None) -> None:
    """What the chair or the secretary decides, touched on this node's own screen step by step.

    NODE is a table, as T2, or the secretary's node, S; or one disk of it, as T2.2. BOOK is a table's number; 0 is the register.
    """
    context.obj = (socket, pin)


def _at_screen(command: "Callable[Concatenate[Chair, _P], None]") -> "Callable[_P, None]":
    """Connect the chair with the node's screen, once the command line is known to be right."""

    @click.pass_obj
    def run(given: tuple[Path, str | None], /, *args: "_P.args", **words: "_P.kwargs") -> None:
        from kiosk.chair import Chair, NotOfferedError
        from kiosk.screen_client import NoScreenError, ScreenClient

        socket, pin = given
        pin = pin or click.prompt("The chair's PIN", hide_input=True)
        with _clear_errors(NoScreenError, NotOfferedError), ScreenClient(socket, draws=False) as client:
            command(Chair(client, pin), *args, **words)

    return functools.update_wrapper(run, command)


def _decision(deed: str, says: str) -> None:
    """Add a command that decides something which needs no more words."""

    @chair.command(deed.replace("_", "-"), help=says)
    @_at_screen
    def decide(chair: "Chair") -> None:
        click.echo(chair.decide(deed).content.headline)


_decision("open_poll", "Open the poll: on the secretary's node, or at the only table.")
_decision("close_table", "Close this table for voters; it goes on deciding for the others.")
_decision("reopen_table", "Open this table again.")
_decision("release_voter", "Give the voter on the screen, who was referred to the secretary, a new try.")
_decision("island", "Fast bordvalg: this table, which reaches nobody, serves its own voters.")
_decision("lock", "Lock this node: it decides and shows nothing until it is unlocked.")
_decision("unlock", "Unlock it: the node starts, and hears from the others first.")


@chair.command("overview")
@_at_screen
def chair_overview(chair: "Chair") -> None:
    """Say how all nodes stand, which books they hold, and every conflict."""
    board = chair.overview()
    for line in board.lines:
        click.echo(f"{line.name}: {line.text}")
    if board.notice:
        click.echo(board.notice)


_book = click.argument("book", type=click.IntRange(min=0))
_stopped = click.option("--stopped", metavar="NODE", multiple=True, help="A node that the chair attests is stopped.")


@chair.command("hand-over")
@_book
@click.argument("node")
@_at_screen
def chair_hand_over(chair: "Chair", book: int, node: str) -> None:
    """Give BOOK, which this node holds, to NODE."""
    chair.hand_over(book, node)


@chair.command("seal")
@_book
@_stopped
@_at_screen
def chair_seal(chair: "Chair", book: int, stopped: tuple[str, ...]) -> None:
    """Begin to take BOOK from a node that has stopped, or begin again with other attestations.

    Stopped means: switched off, or locked on its own screen; and it is not put in island mode before it has caught up.
    """
    chair.seal(book, stopped)


@chair.command("scan-again")
@_book
@click.argument("node")
@click.argument("number", type=int, nargs=-1, required=True)
@_at_screen
def chair_scan_again(chair: "Chair", book: int, node: str, number: tuple[int, ...]) -> None:
    """The cards with these voter NUMBERs lie at the stopped NODE, whose BOOK is being taken."""
    chair.scan_again(book, node, number)


@chair.command("seize")
@_book
@click.argument("node", required=False, default="")
@_at_screen
def chair_seize(chair: "Chair", book: int, node: str) -> None:
    """Take BOOK, which is sealed, for NODE; the screen says whose answer is still missing."""
    chair.seize(book, node)


def _card(_context: click.Context, _option: click.Parameter, value: tuple[str, ...]) -> list[tuple[str, int]]:
    pairs = [card.partition(":") for card in value]
    if not all(number.isdecimal() for _, _, number in pairs):
        raise click.BadParameter("give a stopped node and a voter number: T2:10345")
    return [(node, int(number)) for node, _, number in pairs]


@chair.command("attest")
@_stopped
@click.option("--card", metavar="NODE:NUMBER", multiple=True, callback=_card, help="A card that lies at a stopped node.")
@_at_screen
def chair_attest(chair: "Chair", stopped: tuple[str, ...], card: list[tuple[str, int]]) -> None:
    """After a power cut: these nodes are stopped, and no book was taken over that this node does not know of."""
    chair.attest(stopped, card)


@main.group()
def log() -> None:
    """The node's signed log: verify or export it."""


@log.command("verify")
@_bundle
@_data
@click.option("--head", "noted", metavar="ORIGIN:SEQ:HASH", multiple=True, help="A head noted on paper or by a peer.")
@click.argument("file", type=_FILE, required=False)
def log_verify(bundle: Path, data: Path, noted: tuple[str, ...], file: Path | None) -> None:
    """Check every entry of the log, or of an exported FILE: changed, dropped, reordered and forged ones are named.

    A log that was cut off at its end can only be told from a shorter one by a head: give one noted earlier with --head.
    """
    from kiosk import wiring
    from kiosk.bundle import Bundle
    from kiosk.reports.audit import audit

    with _clear_errors():
        read = Bundle.load(bundle)
        with wiring.stored_log(read, data, file) as (beginning, stored):
            found = audit(stored, beginning, read.signers.verify, wiring.empty_ledger(read.plan), noted)
    for fault in found.faults[:_FAULTS_SHOWN]:
        click.echo(fault)
    if len(found.faults) > _FAULTS_SHOWN:
        click.echo(f"and {len(found.faults) - _FAULTS_SHOWN} more")
    for origin, head in sorted(found.heads.items()):
        click.echo(f"head {origin}:{head.seq}:{head.hash}")
    if found.faults:
        raise click.ClickException(f"{found.entries} entries, faults: {len(found.faults)}: this log is not what was written")
    for after in found.after_noted:
        click.echo(after)
    issued = ", ".join(f"{election} {count}" for election, count in sorted(found.totals.issued.items())) or "none"
    click.echo(f"{found.entries} entries, all good. Ballots issued: {issued}")


@log.command("export")
@_bundle
@_data
@click.argument("file", type=_FILE)
def log_export(bundle: Path, data: Path, file: Path) -> None:
    """Write the whole log to the new FILE for an auditor; `log verify FILE` checks it. The node may be running."""
    from kiosk.bundle import Bundle
    from kiosk.wiring import exported

    part = _new_file(file).with_name(file.name + ".part")
    with _clear_errors():
        lines = exported(Bundle.load(bundle), data)
        beginning = next(lines)
        try:
            with part.open("wb") as out:
                out.write(beginning)
                out.writelines(lines)
            part.rename(file)
        finally:
            part.unlink(missing_ok=True)
    click.echo(f"the log is in {file}; `valgbord log verify` prints its head, to be noted on paper")


if __name__ == "__main__":
    main()
