"""`valgbord log`: the node's signed log."""

from pathlib import Path

import click

from kiosk.cli.common import FILE, bundle_option, clear_errors, data_option, new_file

_FAULTS_SHOWN = 20  # faults of a log named one by one: more say no more


@click.group()
def log() -> None:
    """The node's signed log: verify or export it."""


@log.command("verify")
@bundle_option
@data_option
@click.option("--head", "noted", metavar="RUN:SEQ:HASH", multiple=True, help="A head noted on paper or by a peer.")
@click.option(
    "--list", "voters", type=FILE, help="For an exported FILE: the voter list, without which no ballots can be counted."
)
@click.argument("file", type=FILE, required=False)
def log_verify(bundle: Path, data: Path, noted: tuple[str, ...], voters: Path | None, file: Path | None) -> None:
    """Check every entry of the log, or of an exported FILE: changed, dropped, reordered and forged ones are named, and so is
    every voter with two ballots.

    A log that was cut off at its end can only be told from a shorter one by a head: give one noted earlier with --head.
    """
    from kiosk import wiring
    from kiosk.reports.audit import audit, counted
    from kiosk.trust.bundle import Bundle

    with clear_errors():
        read = Bundle.load(bundle)
        books = wiring.books_for_audit(read, data, file, voters)
        with wiring.stored_log(read, data, file) as (beginning, stored):
            ledger = wiring.empty_ledger(read, beginning, books.get)
            found = audit(stored, wiring.first_prev_of(beginning), read.signers.verify, ledger, noted)
    faults = found.faults[1:] if found.unsigned else found.faults
    for fault in faults[:_FAULTS_SHOWN]:
        click.echo(fault)
    if len(faults) > _FAULTS_SHOWN:
        click.echo(f"and {len(faults) - _FAULTS_SHOWN} more")
    if found.unsigned:
        raise click.ClickException(f"{found.entries} entries: {found.faults[0]}")
    for run, head in sorted(found.heads.items()):
        click.echo(f"head {run}:{head.seq}:{head.hash}")
    if found.faults:
        raise click.ClickException(f"{found.entries} entries, faults: {len(found.faults)}: this log is not what was written")
    for after in found.after_noted:
        click.echo(after)
    for double in found.doubles:
        click.echo(double)
    if found.doubles:
        raise click.ClickException(f"{found.entries} entries, all as written; voters with two ballots: {len(found.doubles)}")
    if not books:
        click.echo(f"{found.entries} entries, all good. Ballots are counted, and double ones found, only with --list")
        return
    click.echo(f"{found.entries} entries, all good. {counted(found.totals)}")


@log.command("export")
@bundle_option
@data_option
@click.argument("file", type=FILE)
def log_export(bundle: Path, data: Path, file: Path) -> None:
    """Write the whole log to the new FILE for an auditor; `log verify FILE` checks it. The node may be running."""
    from kiosk.trust.bundle import Bundle
    from kiosk.wiring import exported

    part = new_file(file).with_name(file.name + ".part")
    with clear_errors():
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
