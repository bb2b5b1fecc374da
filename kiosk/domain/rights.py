"""Who may say what about whom: one function for each kind of entry, used by ledger, books, desk and asks alike. Pure.

An entry counts only if author, subject and relation fit together. What can be told from the entry itself, the plan and the
voter list is told here at once; who held a book when it was written, `Books` tells. `RIGHTS` is the whole table in words. An
entry that does not count changes nothing that anybody reads, in whatever order the logs arrive.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kiosk.domain import entries as e
from kiosk.domain.nodes import node_of, table_of

REGISTER = 0
"""The book of the polling place itself: opening, undo, and who holds which book."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What is known before the first entry: from the plan, and from the voter list.

    `opening`: each book's first holder; `assistant`: the node that may seize the register; `origins`: every disk of the place;
    `elections`: the day's; `book_of(voter)`: the voter's book by the list, None for a number that is not on it.
    """

    opening: Mapping[int, str]
    assistant: str
    origins: frozenset[str]
    elections: tuple[str, ...]
    book_of: Callable[[int], int | None]


@dataclass(frozen=True, slots=True)
class Right:
    """One row of the table: who may write it, about what, and what a device can do with it whose thief signs what he likes."""

    who: str
    what: str
    lie: str


RIGHTS: dict[str, Right] = {
    "`start`, `island`, `locked`": Right("any disk", "itself", "nothing about others"),
    "`request check_in`; an ask": Right(
        "a table, named in the id",
        "any voter, in the book that the list says",
        "the holder decides; at a pace, an alarm names it",
    ),
    "`decision`": Right(
        "who held the voter's book, by the list, at its epoch",
        "the request's own voter, elections and target",
        "wrong refusals and double ballots in a book that it holds",
    ),
    "`issued`, `withdrawn`": Right(
        "the table named in the request's id", "its own request", "marks any voter as at its own table; it can be undone"
    ),
    "`request undo`": Right(
        "who held the register, at its epoch",
        "that voter's mark: a request, or a card found",
        "nothing, unless it is the secretary's or the assistant's",
    ),
    "`handover`": Right(
        "who held the book, at the epoch before", "to another disk of the place", "gives away a book that it holds"
    ),
    "`seal`, `seize`": Right(
        "who held the register, at its epoch; of the register itself the assistant's disks; a seizure names its own seal",
        "any book, to a disk of the place",
        "nothing, unless it is the secretary's or the assistant's",
    ),
    "`rescanned`": Right(
        "who has attested before, in a seal that counts or a start of its own, that the table is stopped",
        "any voter of the list",
        "marks any voter as at its own table; it can be undone",
    ),
    "`open`": Right(
        "who held the register, at its epoch", "the poll", "nothing, unless it is the secretary's or the assistant's"
    ),
    "`close`, `reopen`": Right("a table", "itself", "nothing about others"),
    "`referred`": Right("a table", "any voter of the list", "sends any voter to the secretary, until the chair releases them"),
    "`released`": Right(
        "any disk, on the chair's PIN there",
        "referrals of that voter, named by their hashes",
        "gives a referred voter new tries",
    ),
}
"""The whole table in words; `python -m kiosk.diagram` prints it for the documents."""


def request(made: e.Request, author: str, basis: Basis) -> bool:
    """A request is its author's own, about a voter of the list in the book that the list says."""
    if not answer(made.id, author) or made.book not in basis.opening or made.book != basis.book_of(made.voter):
        return False
    if made.op is e.Op.UNDO:
        return bool(made.target)
    table = table_of(author)
    return table is not None and made.table == table and not made.target and _elections(made.elections, basis)


def ask(made: e.Request, sender: str, basis: Basis) -> bool:
    """An ask is a check-in of the asker's own table, and nothing else."""
    return made.op is e.Op.CHECK_IN and request(made, sender, basis)


def decision(body: e.Decision, basis: Basis) -> bool:
    """A decision is about a voter of the book that it names, by the list. Whether its author held that is for `Books`."""
    of = body.request.partition("/")[0]
    known = of in basis.origins and body.book in basis.opening and body.book == basis.book_of(body.voter)
    return known and _elections(body.elections, basis, none=bool(body.target))


def fits(body: e.Decision, made: e.Request | e.Decision) -> bool:
    """A decision is on that very request, or says the same as another: same voter, same elections, same target."""
    return (body.voter, body.elections, body.target) == (made.voter, made.elections, made.target)


def answer(request_id: str, author: str) -> bool:
    """Only the disk that is named in a request's id makes it, and says what became of it."""
    return request_id.startswith(author + "/")


def handover(body: e.Handover, author: str, basis: Basis) -> bool:
    """A book goes to another disk of the place. Whether its author held it is for `Books`."""
    return body.book in basis.opening and body.to in basis.origins and body.to != author


def seal(body: e.Seal, author: str, basis: Basis) -> bool:
    """A seal is of a book of the place, and attests other disks of it. Whether its author held the register is for `Books`."""
    others = author not in body.stopped and basis.origins.issuperset(body.stopped)
    return body.book in basis.opening and others and (body.book != REGISTER or takes_register(author, basis))


def takes_register(origin: str, basis: Basis) -> bool:
    """Only the assistant's disks take the register."""
    return node_of(origin) == basis.assistant


def seize(body: e.Seize, sealed: e.Seal | None, basis: Basis) -> bool:
    """A seizure ends a seal of its author's, for the same book and epoch, and gives the book to a disk of the place."""
    return sealed is not None and (sealed.book, sealed.epoch) == (body.book, body.epoch) and body.to in basis.origins


def rescanned(body: e.Rescanned, attested: bool, basis: Basis) -> bool:
    """A card is found only where its finder has attested before that the table is stopped."""
    return attested and basis.book_of(body.voter) is not None


def own_table(body: e.Close | e.Reopen, author: str) -> bool:
    """A table closes and reopens itself only."""
    return body.table == table_of(author)


def referred(body: e.Referred, author: str, basis: Basis) -> bool:
    """A table refers a voter of the list."""
    return table_of(author) is not None and basis.book_of(body.voter) is not None


def _elections(elections: tuple[str, ...], basis: Basis, *, none: bool = False) -> bool:
    known = set(basis.elections)
    return len(set(elections)) == len(elections) and known.issuperset(elections) and (none or bool(elections))
