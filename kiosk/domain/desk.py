"""The desk: what the clerk's screen is about, and what may happen there. A table, and nothing beside it.

`TABLE` maps (state, input) to what is done and which states may follow: the rows of a check-in are in `desk_checkin`, those of
the pages in `desk_pages`. A pair that is not in the table is an error that changes nothing. The desk knows no voter list and no
log: the node hands it what it looked up, and carries out the effects. The diagram in the README is made from this table.

What it guards:
- Nothing but a clerk's touch on the voter's own screen makes a request. A scan never does.
- A voter on the screen is never replaced by a scan.
- Green follows only on `Granted`, which the node sends when the rules of the protocol hold.
- Ballots count as issued when the green screen has been drawn, not before.
"""

from typing import get_args

from kiosk.domain import desk_checkin, desk_pages
from kiosk.domain import desk_states as d
from kiosk.domain.desk_rows import ENDED, HOME, SHOWN, Transition, TransitionTable, go_home, home, stay

__all__ = ["INPUTS", "STATES", "TABLE", "DeskError", "Transition", "home", "step"]


class DeskError(Exception):
    """An input that means nothing in this state. Nothing has changed."""


def _table() -> TransitionTable:
    table = TransitionTable()
    desk_checkin.add_rows(table)
    desk_pages.add_rows(table)
    # What the table lacks changes, or something around it.
    table.row((d.Ready, d.NotReady, d.Closed, d.Locked), (d.Changed,), go_home, *HOME)
    table.row((d.Typing, *SHOWN, d.Waiting, *ENDED, d.Unresolved, d.Pin), (d.Changed,), stay)
    return table


TABLE = _table()
STATES: tuple[type, ...] = get_args(d.State)
INPUTS: tuple[type, ...] = get_args(d.Input)


def step(state: d.State, given: d.Input, rules: d.Rules) -> tuple[d.State, tuple[d.Effect, ...]]:
    """One step of the desk.

    Raises:
        DeskError: the table has no row for this state and input; nothing has changed.
    """
    row = TABLE.get((type(state), type(given)))
    if row is None:
        raise DeskError(f"{type(given).__name__} means nothing in {type(state).__name__}")
    after, effects = row.act(state, given, rules)
    assert type(after) in row.to, f"{type(state).__name__} × {type(given).__name__} led to {type(after).__name__}"
    return after, effects
