"""What the commands share: their options, and one clear sentence for what went wrong outside this program."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)

bundle_option = click.option(
    "--bundle",
    type=FOLDER,
    default=Path("/etc/valgbord"),
    show_default=True,
    help="This device's bundle, from `provision`.",
)
data_option = click.option(
    "--data", type=FOLDER, default=Path("/var/lib/valgbord"), show_default=True, help="Folder of this node's database."
)
socket_option = click.option(
    "--socket",
    type=FILE,
    default=Path("/run/valgbord/screen.sock"),
    show_default=True,
    help="Socket of node and display.",
)


@contextmanager
def clear_errors(*more: type[Exception]) -> Iterator[None]:
    """What went wrong outside this program becomes one sentence and exit status 1, without a traceback."""
    from kiosk.plan.config import PlanError
    from kiosk.store.errors import StoreError
    from kiosk.store.listrows import ListError
    from kiosk.store.voterlist import ListInUseError
    from kiosk.sync.log_export import ExportedLogError
    from kiosk.trust.bundle import BundleError

    outside: tuple[type[Exception], ...] = (
        PlanError,
        BundleError,
        StoreError,
        ListError,
        ListInUseError,
        ExportedLogError,
        *more,
    )
    try:
        yield
    except outside as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error


def new_file(path: Path) -> Path:
    """A file that is about to be written; what exists is never overwritten."""
    if path.exists():
        raise click.ClickException(f"{path} exists already, and is not overwritten: name a new file")
    return path
