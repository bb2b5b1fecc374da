"""`valgbord chair`: what the chair or the secretary decides, touched on the node's own screen."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import click

from kiosk.cli.common import clear_errors, socket_option
from kiosk.domain.codetext import DIGITS

if TYPE_CHECKING:
    from kiosk.remote.chair import Chair

_P = ParamSpec("_P")
_PIN_DIGITS = 8  # as many as the screen's pad takes


class _Digits(click.ParamType[str]):
    """A number as it is printed, with its zeros."""

    name = "number"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.isdecimal():
            self.fail("it has digits only", param, ctx)
        return value


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

    Each command is touched on the node's own screen step by step, with the PIN or a code: what the screen does not offer is
    not done.

    NODE is a table, as T2, or the secretary's node, S; or one card of it, as T2.2. BOOK is a table's number: its list.

    The list of a node that has stopped is moved to this one: `stop` with the next code, `scan-cards` for the cards that lie
    there, `finish`. `overview` says how things stand.
    """
    context.obj = (socket, pin)


def _at_screen(command: "Callable[Concatenate[Chair, _P], None]", *, on_pin: bool = True) -> "Callable[_P, None]":
    """Connect the chair with the node's screen, once the command line is known to be right; with the PIN, where it is asked."""

    @click.pass_obj
    def run(given: tuple[Path, str | None], /, *args: "_P.args", **words: "_P.kwargs") -> None:
        from kiosk.remote.chair import Chair, NotOfferedError
        from kiosk.remote.screen_client import NoScreenError, ScreenClient

        socket, pin = given
        if not pin and on_pin:
            pin = click.prompt("The chair's PIN", hide_input=sys.stdin.isatty(), value_proc=_good_pin)
        with clear_errors(NoScreenError, NotOfferedError), _node_answers(socket), ScreenClient(socket, draws=False) as client:
            chair = Chair(client, pin or "")
            try:
                command(chair, *args, **words)
            except Exception:
                with suppress(NoScreenError, NotOfferedError, OSError):
                    chair.leave()  # a table serves nobody while it shows a page of the chair's
                raise

    return functools.update_wrapper(run, command)


def _at_screen_on_code(command: "Callable[Concatenate[Chair, _P], None]") -> "Callable[_P, None]":
    """The same for what a code covers, and no PIN is asked for."""
    return _at_screen(command, on_pin=False)


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
    for row in chair.overview().rows:
        click.echo(f"{row.name}: {row.text}")
    chair.leave()


def _ask_code() -> str:
    """The chair's next code, on one line or as it is printed. It never stands on the command line, which others can read."""
    code = ""
    while len(code) < DIGITS:
        says = f"{len(code)} of its {DIGITS} digits; the next line" if code else "The next code"
        try:
            line = str(click.prompt(says, hide_input=sys.stdin.isatty(), default="", show_default=False))
        except click.Abort:
            line = ""
        code += (digits := line.replace(" ", ""))
        if not digits.isdecimal():
            raise click.ClickException(
                f"a code has {DIGITS} digits; {len(code) if code.isdecimal() else 'not only digits'} came"
            )
    return code


def _read(says: str, check: "click.ParamType[Any]") -> Any:
    """What is asked for. At a terminal it is asked again; from a pipe the next line answers the next question, and no other."""
    text = click.prompt(says) if not sys.stdin.isatty() else ""
    try:
        return check.convert(text, None, None) if text else click.prompt(says, type=check)
    except click.BadParameter as bad:
        raise click.ClickException(f"{says}: {bad.message}") from None


_off = click.option("--off", metavar="NODE", multiple=True, help="A node that is switched off or locked, as the chair attests.")
_skips = click.option(
    "--skips",
    is_flag=True,
    help="The code is the next on the sheet, though this node does not know of the one before.",
)
_although = click.option(
    "--although", is_flag=True, help="All off are off or locked, and no others, whatever the node's page says against it."
)


@chair.command("open-poll")
@_off
@_skips
@_although
@_at_screen_on_code
def chair_open_poll(chair: "Chair", off: tuple[str, ...], skips: bool, although: bool) -> None:
    """Open the poll with the next code, at any node; or go on after the power has failed everywhere.

    The code is asked for, or read from the standard input. Every other node must be on, or named with --off. Cards may lie at a
    table that is off: then go on with `scan-cards` and `finish`.
    """
    told = chair.open_poll(off, _ask_code(), skips=skips, although=although)
    chair.leave()
    click.echo(told or "The poll is open")


@chair.command("stop")
@_off
@_skips
@_although
@_at_screen_on_code
def chair_stop(chair: "Chair", off: tuple[str, ...], skips: bool, although: bool) -> None:
    """Move the lists of nodes that have stopped to this one: begin, with the next code.

    The code is asked for, or read from the standard input. Off means: switched off, or locked on its own screen. Every other
    node must answer before the lists move; the screen and `finish` name who has not. To name more, begin again with the next
    code, and name all: those of before, too.
    """
    chair.stop(off, _ask_code(), skips=skips, although=although)
    for pile in chair.piles:
        click.echo(pile)
    click.echo("Now `scan-cards`, then `finish`" if chair.piles else "No cards are to be scanned. Now `finish`")


@chair.command("scan-cards")
@click.argument("node")
def chair_scan_cards(node: str) -> None:
    """Enter cards that lie at a stopped NODE.

    They are read from the standard input, one a line: the number under the card's bar code, or the voter's. A whole one is
    checked; a slip in a voter number marks another voter.
    """
    lines = [line.strip() for line in sys.stdin]
    wrong = next((at for at, line in enumerate(lines, 1) if line and not line.isdecimal()), None)
    if wrong is not None:
        raise click.BadParameter(f"line {wrong} is no number of a card or a voter")
    _scan_cards(node, [line for line in lines if line])


@_at_screen_on_code
def _scan_cards(chair: "Chair", node: str, cards: list[str]) -> None:
    told = chair.scan_cards(node, cards)
    click.echo(f"{node}: all {len(cards)} lines were read. {told}")


@chair.command("finish")
@_at_screen_on_code
def chair_finish(chair: "Chair") -> None:
    """All cards are scanned: this node takes the lists of who was stopped, once every other node has answered."""
    told = chair.finish()
    chair.leave()
    click.echo(told or "Nothing was to be finished here")


@chair.command("give")
@click.argument("book", type=click.IntRange(min=1))
@click.argument("node")
@_at_screen
def chair_give(chair: "Chair", book: int, node: str) -> None:
    """Give the list of table BOOK, which this node has, to NODE."""
    chair.give(book, node)
    click.echo(f"List {book} is given to {node}")


@chair.command("excuse")
@click.argument("node", nargs=-1, required=True)
@_at_screen
def chair_excuse(chair: "Chair", node: tuple[str, ...]) -> None:
    """After a start: attest that this node's card has been in it since it was first used, and do not wait for NODEs.

    They are silent, or were stopped with a code.
    """
    chair.excuse(node)
    click.echo(f"This node waits no more for: {', '.join(node)}")


@chair.command("undo")
@_at_screen
def chair_undo(chair: "Chair") -> None:
    """Take back a voter's mark, on the secretary's node or the assistant's.

    The number of the voter, or of the polling card, is asked for, or read from the standard input, and so is which of the
    marks: a number on the command line would stand in the list of processes and in the shell's history.
    """
    number = _read("Voter number", _Digits())
    marks = chair.marks(number)
    if not marks:
        raise click.ClickException(
            "no voter on the list has this number, or this voter has no mark that can be undone now, or a table is serving"
            " the voter: if it has stopped, start it, or move its list"
        )
    click.echo(chair.whose)
    for at, mark in enumerate(marks, 1):
        click.echo(f"{at}: {mark}")
    which = _read("Which mark is undone", click.IntRange(1, len(marks)))
    told = chair.undo(which)
    chair.leave()
    click.echo(told or "Asked for; the overview says what becomes of it")
