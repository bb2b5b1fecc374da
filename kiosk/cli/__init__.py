"""The `valgbord` command."""

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import click

from kiosk import __version__
from kiosk.cli.chair import chair
from kiosk.cli.common import FILE, FOLDER, bundle_option, clear_errors, data_option, socket_option
from kiosk.cli.log import log
from kiosk.cli.paper import paper, worker
from kiosk.cli.voterlist import list_

# Each command imports what it needs: the display must not carry the node's keys and database in its memory.


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """The electronic poll book of a Danish polling table (valgbord).

    A table is two programs: the node, which reads the polling cards, knows the voter list and writes every mark to disk,
    and the display, which shows what the node says. `valgbord demo` runs both with made-up voters.

    To set up a table: write a plan, `provision` the devices from it, `list import` the voters, `check` each device, then start
    `node` and `display`. What the chair decides is touched on the screen, or given by `chair`.
    """
    os.umask(0o077)  # voters' names and the device's key are nobody else's business


@main.command()
@click.option(
    "--seconds", type=click.IntRange(5, 3600), default=60, show_default=True, help="How long voters come, off screen."
)
@click.option("--voters", type=click.IntRange(100, 100_000), default=5_000, show_default=True, help="Length of the list.")
@click.option("--out", type=FOLDER, default=Path("out"), show_default=True, help="Folder for pictures and logs.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number gives other voters.")
def demo(seconds: int, voters: int, out: Path, seed: int) -> None:
    """Run a polling place with made-up voters and show it.

    With a screen, the windows of three tables and of the secretary open, and you are clerk, chair and secretary. Without one,
    the same programs run off screen with simulated clerks, leave a picture of every screen in the folder `out`, and end with
    the proof that nobody was given ballots twice. It needs Mosquitto.
    """
    from kiosk.remote.chair import NotOfferedError
    from kiosk.remote.screen_client import NoScreenError
    from kiosk.simulated import demo as demonstration
    from kiosk.simulated.broker import BrokerError
    from kiosk.simulated.story import StoryError

    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C does: else its nodes and brokers would run on
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    with clear_errors(NoScreenError, NotOfferedError, BrokerError, StoryError, subprocess.CalledProcessError):
        sys.exit(demonstration.run(seconds=seconds, voters=voters, out=out, seed=seed, say=click.echo))


@main.command()
@bundle_option
@data_option
@socket_option
def node(bundle: Path, data: Path, socket: Path) -> None:
    """Run this table's node: the scanner, the voter list, the marks. It needs no screen."""
    from kiosk import wiring
    from kiosk.trust.bundle import Bundle

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    with clear_errors():
        read = Bundle.load(bundle)
        running = wiring.service(read, data, socket)
        logging.info("%s, %s; data in %s, screen on %s", read.device.name, read.plan.place.name, data, socket)
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
@socket_option
@click.option(
    "--size",
    type=click.Choice(["1280x800", "800x480"]),
    default="1280x800",
    show_default=True,
    callback=_size,
    help="Of the window.",
)
@click.option("--fullscreen", is_flag=True, help="Fill the screen, as on the kiosk.")
@click.option("--pictures", type=FOLDER, help="Save each kind of screen here when it is first drawn.")
@click.option("--timings", type=FILE, help="Append each screen's number, arrival and frame (monotonic ns) to this file.")
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
@click.argument("plan", type=FILE)
@click.option("--out", type=FOLDER, required=True, help="New folder for the devices' bundles.")
def provision(plan: Path, out: Path) -> None:
    """Make all keys of a place from its PLAN: a bundle for each device and its spare, and the chair's PINs and codes.

    The folder `authority` goes to no device: keep it under lock, for `revoke`. The PINs are shown once and kept nowhere: put
    each in its sealed envelope. The chair's codes stand in two PDFs: print them, put each in its sealed envelope, and delete
    the files. Whoever provisions again, as after a change of the plan, makes new PINs and codes too.
    """
    from kiosk.trust.bundle import provision as make_bundles

    with clear_errors():
        made = make_bundles(plan, out)
    width = max(len(str(folder)) for folder in made.bundles.values())
    click.echo(f"{'device':6}  {'bundle':{width}}  {'certificate (SHA-256)':23}  signing key")
    for device, folder in made.bundles.items():
        click.echo(f"{device:6}  {folder!s:{width}}  {_grouped(made.fingerprints[device])}  {_grouped(made.signers[device])}")
    click.echo(f"The authority      {made.authority}   (under lock, on no device)")
    click.echo(f"The chair's PIN    {made.pin}")
    click.echo(f"The reserve PIN    {made.reserve_pin}   (sealed envelope)")
    click.echo(f"The chair's codes  {made.sheets['chair']}   (print: the chair's sealed envelope)")
    click.echo(f"The reserve codes  {made.sheets['reserve']}   (print: a sealed envelope at the municipality)")
    click.echo(f"Both bear the sheet's mark {made.sheet_id}, as screens name it where a code of another sheet is scanned.")
    click.echo("Print both at full size (100 %), and then delete both files: whoever reads one can speak as the chair.")
    click.echo("PINs and codes are new. Those of an earlier `provision`, of this plan too, open nothing here: shred them.")


def _grouped(hexadecimal: str) -> str:
    """The beginning of a fingerprint, as it is read aloud."""
    return " ".join(hexadecimal[at : at + 4] for at in range(0, 20, 4))[:23]


@main.command()
@click.argument("devices", metavar="DEVICE...", nargs=-1, required=True)
@click.option("--authority", type=FOLDER, required=True, help="The folder `authority` that `provision` has made.")
def revoke(devices: tuple[str, ...], authority: Path) -> None:
    """Revoke a lost device's certificate: DEVICE is as T3.1.

    In effect within seconds at every node that is connected, and later at those that come. Run it in the place's network. Then
    stop it with the chair's next code, at any table that runs, and put in the spare. Exit status 1 if a node has not said that
    it knows.
    """
    from kiosk.trust.authority import AuthorityError
    from kiosk.trust.revoke import revoke as revoke_all

    with clear_errors(AuthorityError):
        silent = revoke_all(authority, devices, lambda device: click.echo(f"{device} knows"))
    click.echo(f"Revoked: {', '.join(devices)}")
    if silent:
        raise click.ClickException(
            f"not every node has said that it knows; silent: {', '.join(silent)}. Switch on, check the network, run this again"
        )


@main.command()
@bundle_option
@data_option
def broker(bundle: Path, data: Path) -> None:
    """Run this device's broker, where the plan has one on it: Mosquitto, with certificates and access lists."""
    from kiosk.store.ownership import check_owner
    from kiosk.sync.broker import BrokerError, RunningBroker
    from kiosk.trust.bundle import Bundle

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    with clear_errors(BrokerError):
        read = Bundle.load(bundle)
        check_owner(data, read.device.disk, read_only=True)
        running = RunningBroker(read, data)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: running.stop())
        sys.exit(running.run())


@main.command()
@bundle_option
@data_option
def check(bundle: Path, data: Path) -> None:
    """Test this table before the day: bundle, disk, voter list, log, clock and scanner. Exit status 1 if anything is wrong."""
    from kiosk.selftest import findings

    good = True
    for finding in findings(bundle, data):
        good = good and finding.good
        words, look = (" FAIL ", "red") if not finding.good else (" note ", "yellow") if finding.noted else ("  ok  ", "green")
        mark = click.style(words, fg=look, bold=not finding.good)
        click.echo(f"{mark} {finding.what}: {finding.found}")
    sys.exit(0 if good else 1)


for command in (list_, chair, log, paper, worker):
    main.add_command(command)
