"""`valgbord chair`: what the chair or the secretary decides, touched on the node's own screen."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import click

from kiosk.cli.common import clear_errors, socket_option

if TYPE_CHECKING:
    from kiosk.chair import Chair

_P = ParamSpec("_P")
_PIN_DIGITS = 8  # as many as the screen's pad takes


def _good_pin(pin: str) -> str:
    if not pin.isdecimal() or len(pin) > _PIN_DIGITS:
        raise click.BadParameter(f"a PIN has digits only, at most {_PIN_DIGITS}")
    return pin


def _pin(_context: click.Context, _option: click.Parameter, pin: str | None) -> str | None:
    return _good_pin(pin) if pin else None


@click.group()
@socket_option
@click.option(
    "--pin", envvar="VALGBORD_PIN", show_envvar=True, callback=_pin, help="The chair's PIN; without it you are asked for it."
)
@click.pass_context
def chair(context: click.Context, socket: Path, pin: str | None) -> None:
    """Decide as the chair or the secretary, at this node.

    Each command is touched on the node's own screen step by step, with the PIN: what the screen does not offer is not done.

    NODE is a table, as T2, or the secretary's node, S; or one disk of it, as T2.2. BOOK is a table's number; 0 is the register.

    A book of a node that has stopped is taken on the secretary's node: `seal`, then `scan-again` for the cards that lie there,
    then `seize`. `overview` says how things stand.
    """
    context.obj = (socket, pin)


def _at_screen(command: "Callable[Concatenate[Chair, _P], None]") -> "Callable[_P, None]":
    """Connect the chair with the node's screen, once the command line is known to be right."""

    @click.pass_obj
    def run(given: tuple[Path, str | None], /, *args: "_P.args", **words: "_P.kwargs") -> None:
        from kiosk.chair import Chair, NotOfferedError
        from kiosk.screen_client import NoScreenError, ScreenClient

        socket, pin = given
        pin = pin or click.prompt("The chair's PIN", hide_input=True, value_proc=_good_pin)
        with clear_errors(NoScreenError, NotOfferedError), _node_answers(socket), ScreenClient(socket, draws=False) as client:
            command(Chair(client, pin), *args, **words)

    return functools.update_wrapper(run, command)


@contextmanager
def _node_answers(socket: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, ConnectionRefusedError):
        raise click.ClickException(
            f"no node answers at {socket}: start it with `valgbord node`, or name its socket with `valgbord chair --socket`"
        ) from None
    except PermissionError:
        raise click.ClickException(f"{socket} may not be used by you: run this as the node's user") from None
    except ConnectionError as error:
        raise click.ClickException(f"{socket}: {error}: its own output says why; start it again") from None


def _decision(deed: str, says: str) -> None:
    """Add a command that decides something which needs no more words."""

    @chair.command(deed.replace("_", "-"), help=says)
    @_at_screen
    def decide(chair: "Chair") -> None:
        click.echo(f"Decided. The node shows “{chair.decide(deed).content.headline}”")


_decision("open_poll", "Open the poll, on the secretary's node or at the only table.")
_decision("close_table", "Close this table for voters; it goes on deciding for the others.")
_decision("reopen_table", "Open this table for voters again.")
_decision("release_voter", "Give a referred voter a new try: the one on this table's screen.")
_decision("island", "Let this table, which reaches nobody, serve its own voters (fast bordvalg).")
_decision("lock", "Lock this node: it decides and shows nothing until it is unlocked.")
_decision("unlock", "Unlock this node: it starts, and hears from the others first.")


@chair.command("overview")
@_at_screen
def chair_overview(chair: "Chair") -> None:
    """Show how all nodes stand, which books they hold, and every conflict."""
    board = chair.overview()
    for line in board.lines:
        click.echo(f"{line.name}: {line.text}")
    if board.notice:
        click.echo(board.notice)
    chair.leave()


_book = click.argument("book", type=click.IntRange(min=0))
_stopped = click.option("--stopped", metavar="NODE", multiple=True, help="A node that the chair attests is stopped.")


@chair.command("hand-over")
@_book
@click.argument("node")
@_at_screen
def chair_hand_over(chair: "Chair", book: int, node: str) -> None:
    """Give BOOK, which this node holds, to NODE."""
    chair.hand_over(book, node)
    click.echo(f"Book {book} is handed over to {node}")


@chair.command("seal")
@_book
@_stopped
@_at_screen
def chair_seal(chair: "Chair", book: int, stopped: tuple[str, ...]) -> None:
    """Begin to take BOOK from a node that has stopped, or begin again with other attestations.

    Stopped means: switched off, or locked on its own screen; and it is not put in island mode before it has caught up. Every
    other node must answer before the book can be taken: one that does not is named on the screen, and by `seize`.
    """
    chair.seal(book, stopped)
    click.echo(f"Book {book} is sealed. Scan the stopped tables' cards again, then seize it")


@chair.command("scan-again")
@_book
@click.argument("node")
@click.argument("number", type=click.IntRange(1, 999_999_999), nargs=-1, required=True)
@_at_screen
def chair_scan_again(chair: "Chair", book: int, node: str, number: tuple[int, ...]) -> None:
    """Enter cards that lie at a stopped NODE, by their voter NUMBERs, while BOOK is being taken."""
    chair.scan_again(book, node, number)
    click.echo(f"{len(number)} cards of {node} are entered")


@chair.command("seize")
@_book
@click.argument("node", required=False, default="")
@_at_screen
def chair_seize(chair: "Chair", book: int, node: str) -> None:
    """Take BOOK, which is sealed, for NODE.

    NODE may be left out for the register, and where the node that has stopped had handed the book to another.
    """
    chair.seize(book, node)
    click.echo(f"Book {book} is taken")


@chair.command("undo")
@_at_screen
def chair_undo(chair: "Chair") -> None:
    """Take back a voter's mark, on the secretary's node.

    The voter's number is asked for, or read from the standard input, and so is which of the marks: a number on the command line
    would stand in the list of processes and in the shell's history.
    """
    number = click.prompt("Voter number", type=click.IntRange(1, 999_999_999))
    marks = chair.marks(number)
    if not marks:
        chair.leave()
        raise click.ClickException(
            "no voter on the list has this number, or this voter has no mark that can be undone now, or a table is serving"
            " the voter: if it has stopped, start it, or take over its book"
        )
    for at, mark in enumerate(marks, 1):
        click.echo(f"{at}: {mark}")
    try:
        which = click.prompt("Which mark is undone", type=click.IntRange(1, len(marks)))
    except click.Abort:
        chair.leave()
        raise
    click.echo(chair.undo(which))


def _card(_context: click.Context, _option: click.Parameter, value: tuple[str, ...]) -> list[tuple[str, int]]:
    pairs = [card.partition(":") for card in value]
    if not all(node and number.isdecimal() for node, _, number in pairs):
        raise click.BadParameter("write a stopped node and a voter number, as T2:10345")
    return [(node, int(number)) for node, _, number in pairs]


@chair.command("attest")
@click.option("--stopped", metavar="NODE", multiple=True, required=True, help="A node that the chair attests is stopped.")
@click.option("--card", metavar="NODE:NUMBER", multiple=True, callback=_card, help="A card that lies at a stopped node.")
@_at_screen
def chair_attest(chair: "Chair", stopped: tuple[str, ...], card: list[tuple[str, int]]) -> None:
    """Attest, after a power cut, that nodes are stopped.

    Name them all at once. It also means that no book was taken over of which this node does not know.
    """
    chair.attest(stopped, card)
    click.echo(f"Attested as stopped: {', '.join(stopped)}")
