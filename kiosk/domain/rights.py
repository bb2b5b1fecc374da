"""Who may say what about whom: one function for each kind of entry, used by ledger, books, desk and asks alike. Pure.

An entry counts only if author, subject and relation fit together. What can be told from the entry itself, the plan and the
voter list is told here at once; who held a book when it was written, `Books` tells. `RIGHTS` is the whole table in words. An
entry that does not count changes nothing that anybody reads, in whatever order the logs arrive.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kiosk.domain import entries as e
from kiosk.domain.nodes import device_of, node_of, run_of, table_of


@dataclass(frozen=True, slots=True)
class Basis:
    """What is known before the first entry: from the plan, and from the voter list.

    `opening`: each book's first holder, a device; `undo_nodes`: the nodes that may ask for an undo, of the secretary and the
    assistant, or the only one; `devices`: every one of the place, spares too; `elections`: the day's; `book_of(voter)`: the
    voter's book by the list, None for a number that is not on it; `is_signed(author, stop)`: whether the chair's code has
    signed a stop.
    """

    opening: Mapping[int, str]
    undo_nodes: frozenset[str]
    devices: frozenset[str]
    elections: tuple[str, ...]
    book_of: Callable[[int], int | None]
    is_signed: Callable[[str, e.Stop], bool]


@dataclass(frozen=True, slots=True)
class Right:
    """One row of the table: who may write it, about what, and what a thief with a device's key can do with it."""

    who: str
    what: str
    lie: str


RIGHTS: dict[str, Right] = {
    "`start`": Right("a device, first in each run", "its own runs and requests", "nothing about others"),
    "`request check_in`; an ask": Right(
        "a table's run, named in the id", "any voter of the list", "the holder decides; at a pace, an alarm names it"
    ),
    "`decision`": Right(
        "who held the voter's book, by the list, in the hold that it names",
        "the request's own voter, elections and target",
        "wrong refusals and double ballots in a book that it holds",
    ),
    "`issued`, `withdrawn`": Right(
        "a run of the request's device", "its own request", "marks any voter as at its own table; it can be undone"
    ),
    "`request undo`": Right(
        "a device of the secretary or the assistant (in a place with one node: that one)",
        "that voter's mark: a request, or a card found",
        "nothing, unless it is the secretary's or the assistant's",
    ),
    "`give`": Right("who held the book in the hold that it names", "to another run", "gives away a book that it holds"),
    "`stop`": Right("any run, with the chair's code", "other devices", "nothing without a code"),
    "`card`, `view`": Right(
        "the author of that stop", "the devices that it names", "where the chair uses a code at it: what a false chair can do"
    ),
    "`excused`": Right(
        "any run, on the chair's PIN there", "devices that are silent, or stopped", "nothing: it concerns its own membership"
    ),
    "`closed`, `reopened`, `locked`, `island`": Right("a run", "itself", "nothing about others"),
    "`referred`": Right("a table", "any voter of the list", "sends any voter to the secretary, until the chair releases them"),
    "`released`": Right(
        "any run, on the chair's PIN there",
        "referrals of that voter, named by their hashes",
        "gives a referred voter new tries",
    ),
}
"""The whole table in words; `python -m kiosk.simulated.diagram` prints it for the documents."""


def own(of: str, author: str) -> bool:
    """A run speaks for its own device only: about that device's requests, and those of its earlier runs."""
    return device_of(of) == device_of(author)


def request(made: e.Request, author: str, basis: Basis) -> bool:
    """A request is its author's own, about a voter of the list; an undo one of the nodes that may ask for it."""
    if run_of(made.id) != author or basis.book_of(made.voter) is None:
        return False
    if made.op is e.Op.UNDO:
        return bool(made.target) and node_of(author) in basis.undo_nodes and _elections(made.elections, basis)
    return table_of(author) is not None and not made.target and _elections(made.elections, basis)


def ask(made: e.Request, sender: str, basis: Basis) -> bool:
    """An ask is a check-in of the asker's own table, and nothing else."""
    return made.op is e.Op.CHECK_IN and own(made.id, sender) and request(made, run_of(made.id), basis)


def decision(body: e.Decision, basis: Basis) -> bool:
    """A decision is about a voter of the list. Whether its author held that voter's book is for `Books`."""
    known = device_of(body.request) in basis.devices and basis.book_of(body.voter) is not None
    return known and _elections(body.elections, basis)


def give(body: e.Give, author: str, basis: Basis) -> bool:
    """A book goes to another run that the giver knows. Else the give would take effect when that run begins, and what the
    giver decided in between would no longer count. Whether its author held it is for `Books`."""
    return body.book in basis.opening and body.to != author and body.to in body.knows


def stop(body: e.Stop, author: str, basis: Basis) -> bool:
    """A stop names other devices of the place, and bears the signature of the chair's code."""
    others = device_of(author) not in body.named and basis.devices.issuperset(body.named)
    return others and basis.is_signed(author, body)


def card(body: e.Card, stopped: e.Stop | None, is_viewed: bool, basis: Basis) -> bool:
    """A card is found under a stop of its author's that names the device, before the view; `stopped`: None for no such stop."""
    open_ = stopped is not None and body.device in stopped.named and not is_viewed
    return open_ and basis.book_of(body.voter) is not None


def referred(body: e.Referred, author: str, basis: Basis) -> bool:
    """A table refers a voter of the list."""
    return table_of(author) is not None and basis.book_of(body.voter) is not None


def _elections(elections: tuple[str, ...], basis: Basis) -> bool:
    return bool(elections) and len(set(elections)) == len(elections) and set(basis.elections).issuperset(elections)
