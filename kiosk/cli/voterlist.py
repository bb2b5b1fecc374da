"""`valgbord list`: the voter list."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.cli.common import FILE, bundle_option, clear_errors, data_option, new_file

if TYPE_CHECKING:
    from kiosk.plan.config import Plan
    from kiosk.store.listfaults import Problem
    from kiosk.store.listfile import Checked


@click.group(name="list")
def list_() -> None:
    """The voter list (valgliste): check a file, import it, or make a sample."""


_plan = click.option("--plan", type=FILE, required=True, help="The place's plan.")


_report = click.option("--report", type=FILE, help="A new file for all that is found, a line for each.")


@contextmanager
def _progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda done: bar.update(done)


def _checked(plan: "Plan", file: Path, report: Path | None) -> "Checked":
    from kiosk.store.listfaults import ListError
    from kiosk.store.listfile import check_list
    from kiosk.wiring import list_format

    if report is not None:
        new_file(report)
    with file.open("rb") as lines:
        rows = sum(chunk.count(b"\n") for chunk in iter(lambda: lines.read(1 << 20), b""))
    try:
        with _progress("Reading  ", rows) as advance:
            checked = check_list(file, list_format(plan), advance, _drawn())
    except ListError as error:
        _write(report, [*error.problems, *error.notes])
        if report is None and len(error.problems) > 1:
            click.echo("--report FILE writes each of these faults into a file, a line for each.", err=True)
        raise
    _write(report, checked.notes)
    return checked


def _drawn() -> "Collection[str] | None":
    """The letters of the screens' font, Roboto as Kivy ships it; None where it is not installed."""
    from importlib.util import find_spec

    from reportlab.pdfbase.ttfonts import TTFontFile

    kivy = find_spec("kivy")  # not imported: it would read its settings and open a log
    fonts = (Path(folder, "data/fonts/Roboto-Regular.ttf") for folder in (kivy and kivy.submodule_search_locations) or ())
    font = next(filter(Path.is_file, fonts), None)
    return frozenset(map(chr, TTFontFile(str(font)).charToGlyph)) if font else None


def _write(report: Path | None, problems: "Iterable[Problem]") -> None:
    if report is not None:
        report.write_text("".join(f"{problem}\n" for problem in problems), encoding="utf-8")


def _tell(checked: "Checked", *, samples: bool) -> None:
    """Say what to look at. The names in `samples` are for the eyes of a person, not for a log."""
    from kiosk.store.listfaults import by_kind

    parts = {
        "To be looked at:": by_kind(note for note in checked.notes if not note.doubt),
        f"Some names with other letters than a to z, in a file that was read as {checked.encoding}:": checked.samples
        if samples
        else (),
        "This speaks against the letters being right:": by_kind(checked.doubts),
    }
    for title, lines in parts.items():
        if told := "".join(f"    {line}\n" for line in lines):
            click.echo(f"{title}\n{told}", nl=False)


@list_.command("check")
@_plan
@_report
@click.argument("file", type=FILE)
def list_check(plan: Path, report: Path | None, file: Path) -> None:
    """Check every row of FILE against the plan. Nothing is imported."""
    from kiosk.plan.config import load_plan
    from kiosk.store.voterlist import list_digest

    with clear_errors():
        read = load_plan(plan)
        checked = _checked(read, file, report)
    _tell(checked, samples=sys.stdout.isatty())
    found = "can be imported, after a look at the above" if checked.notes else "all good"
    digest = list_digest(read.place.realm, checked.voters)
    click.echo(f"{len(checked.voters)} voters, read as {checked.encoding}: {found}. Digest {digest}")


@list_.command("import")
@bundle_option
@data_option
@_report
@click.option("--yes", is_flag=True, help="Don't ask whether the letters are right. Refused where anything speaks against it.")
@click.argument("file", type=FILE)
def list_import(bundle: Path, data: Path, report: Path | None, yes: bool, file: Path) -> None:
    """Import FILE as this node's voter list: all of it, or nothing.

    It shows some names, and asks whether their letters are right.

    Two devices with the same list have the same digest. A list holds from the poll's opening, or the first mark, on. Until then
    another one takes its place; the log under the earlier one is kept. The tables take the secretary's by themselves. A node
    that has a list must be stopped meanwhile.
    """
    from kiosk.store.database import Database
    from kiosk.store.ownership import check_owner
    from kiosk.store.voterlist import VoterList
    from kiosk.trust.bundle import Bundle

    with clear_errors():
        loaded = Bundle.load(bundle)
        check_owner(data, loaded.device.disk)
        checked = _checked(loaded.plan, file, report)
        _tell(checked, samples=not yes)
        _confirm(checked, yes=yes)
        voters = checked.voters
        with Database(data, loaded.device.disk) as database, _progress("Importing", len(voters)) as advance:
            stored = VoterList(database, loaded.plan.place.realm)
            digest = stored.replace(voters, advance)
    click.echo(f"{len(voters)} voters imported, read as {checked.encoding}. Digest {digest}")
    if stored.kept is not None:
        click.echo(f"The log under the earlier list is in {stored.kept}: `valgbord log verify --data {stored.kept}` reads it")


def _confirm(checked: "Checked", *, yes: bool) -> None:
    if yes and not checked.doubts:
        return
    if yes:
        raise click.ClickException("nothing is imported: a person must look at the letters first, so import without --yes")
    try:
        agreed = click.confirm(f"Are the letters right, and shall these {len(checked.voters)} voters be imported?")
    except click.Abort:
        raise click.ClickException("nothing is imported: the question was not answered. A script gives --yes") from None
    if not agreed:
        raise click.ClickException("nothing is imported: have the list exported again, as CSV in UTF-8")


@list_.command("sample")
@_plan
@click.option("--voters", type=click.IntRange(1, 999_999), default=5_000, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number gives other voters.")
@click.argument("file", type=FILE)
def list_sample(plan: Path, voters: int, seed: int, file: Path) -> None:
    """Write FILE with made-up voters for the plan's elections and tables."""
    from kiosk.plan.config import load_plan
    from kiosk.simulated.voters import sample_voters, write_list
    from kiosk.wiring import list_format

    with clear_errors():
        read = load_plan(plan)
        elections, tables = tuple(e.id for e in read.elections), tuple(t.number for t in read.tables)
        write_list(new_file(file), sample_voters(voters, seed, elections, tables, read.day.date), list_format(read).columns)
    click.echo(f"{voters} made-up voters in {file}")
