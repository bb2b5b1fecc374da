"""`valgbord list`: the voter list."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kiosk.cli.common import FILE, bundle_option, clear_errors, data_option, new_file

if TYPE_CHECKING:
    from kiosk.config import Plan
    from kiosk.domain.voters import Voter


@click.group(name="list")
def list_() -> None:
    """The voter list (valgliste): check a file, import it, or make a sample."""


_plan = click.option("--plan", type=FILE, required=True, help="The place's plan.")


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
@click.argument("file", type=FILE)
def list_check(plan: Path, file: Path) -> None:
    """Check every row of FILE against the plan. Nothing is imported."""
    from kiosk.config import load_plan
    from kiosk.store.voterlist import list_digest

    with clear_errors():
        read = load_plan(plan)
        voters = _read_list(read, file)
    click.echo(f"{len(voters)} voters, all good. Digest {list_digest(read.place.realm, voters)}")


@list_.command("import")
@bundle_option
@data_option
@click.argument("file", type=FILE)
def list_import(bundle: Path, data: Path, file: Path) -> None:
    """Import FILE as this node's voter list: all of it, or nothing.

    Two devices with the same list have the same digest. A list holds from the poll's opening, or the first mark, on. Until then
    another one takes its place; the log under the earlier one is kept. The tables take the secretary's by themselves. A node
    that has a list must be stopped meanwhile.
    """
    from kiosk.bundle import Bundle
    from kiosk.store.database import Database
    from kiosk.store.voterlist import VoterList
    from kiosk.store.whose import check_whose

    with clear_errors():
        loaded = Bundle.load(bundle)
        check_whose(data, loaded.device.disk)
        voters = _read_list(loaded.plan, file)
        with Database(data, loaded.device.disk) as database, _progress("Importing", len(voters)) as advance:
            stored = VoterList(database, loaded.plan.place.realm)
            digest = stored.replace(voters, advance)
    click.echo(f"{len(voters)} voters imported. Digest {digest}")
    if stored.kept is not None:
        click.echo(f"The log under the earlier list is in {stored.kept}: `valgbord log verify --data {stored.kept}` reads it")


@list_.command("sample")
@_plan
@click.option("--voters", type=click.IntRange(1, 999_999), default=5_000, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number gives other voters.")
@click.argument("file", type=FILE)
def list_sample(plan: Path, voters: int, seed: int, file: Path) -> None:
    """Write FILE with made-up voters for the plan's elections and tables."""
    from kiosk.config import load_plan
    from kiosk.sample import sample_voters, write_list
    from kiosk.wiring import list_form

    with clear_errors():
        read = load_plan(plan)
        elections, tables = tuple(e.id for e in read.elections), tuple(t.number for t in read.tables)
        write_list(new_file(file), sample_voters(voters, seed, elections, tables, read.day.date), list_form(read).columns)
    click.echo(f"{voters} made-up voters in {file}")
