"""`valgbord paper`, and the worker that makes it."""

import os
import selectors
import sys
from contextlib import closing
from pathlib import Path

import click

from kiosk.cli.common import FILE, bundle_option, clear_errors, data_option, new_file

_WHY = {
    "disk_full": "there is no room for it on the disk",
    "read_only": "its folder can't be written: name another one",
    "missing": "this node has no database yet",
    "corrupt": "the database is damaged: `valgbord check` names the fault",
    "other_disk": "the data folder is another device's: give that device's bundle",
    "internal": "the program has found a fault in itself",
}


@click.command()
@bundle_option
@data_option
@click.option("--out", type=FILE, required=True, help="The new PDF.")
@click.option("--order", type=click.Choice(["number", "name"]), default="number", show_default=True, help="Of the voters.")
@click.option("--language", help="Of the paper. [default: the plan's]")
def paper(bundle: Path, data: Path, out: Path, order: str, language: str | None) -> None:
    """Make the marked voter list as a PDF: for each voter and election the time of the mark, or an empty box.

    It shows who has voted: nobody but its owner can read the file; print it, seal the paper, and delete the file. The node may
    be running, and does not wait for it. The last page names the heads of the logs, for `valgbord log verify --head`.
    """
    from kiosk.domain.reports import DocumentProgress, DocumentReady, Job, MarkedList, Order, Reply, ReportFailed
    from kiosk.domain.texts import languages
    from kiosk.reports.client import Helper
    from kiosk.trust.bundle import Bundle
    from kiosk.wiring import worker_command

    with clear_errors():
        read = Bundle.load(bundle)
        if language not in (None, *languages()):
            raise click.BadParameter(f"write one of: {', '.join(languages())}", param_hint="--language")
        wanted = MarkedList(Order(order), language or read.plan.desk.language)
        said: list[Reply] = []
        with (
            selectors.DefaultSelector() as selector,
            closing(Helper(worker_command(read, data.absolute()), selector, lambda _job, reply: said.append(reply))) as helper,
            click.progressbar(length=100, label="Making the list", file=sys.stderr) as bar,
        ):
            helper.begin(Job(wanted, str(new_file(out).absolute())))
            while helper.job is not None:
                for key, mask in selector.select(helper.tick()):
                    key.data(mask)
                if said and isinstance(reply := said[-1], DocumentProgress):
                    bar.update(reply.percent - bar.pos)
            bar.update(100 - bar.pos)
    match said[-1]:
        case DocumentReady(pages=pages):
            click.echo(f"{pages} pages in {out}")
        case ReportFailed(code=code):
            raise click.ClickException(f"{out} was not made: {_WHY.get(code, 'the disk has failed')}")


@click.command(hidden=True)
@bundle_option
@data_option
def worker(bundle: Path, data: Path) -> None:
    """Look voters up and make documents for the process at the other end of standard input."""
    from kiosk import wiring
    from kiosk.reports.worker import be_a_worker, serve
    from kiosk.trust.bundle import Bundle

    with be_a_worker() as connection:
        try:
            serve(wiring.worker(Bundle.load(bundle), data), connection)
        except (BrokenPipeError, ConnectionResetError):
            os._exit(0)  # nobody waits for it any more
