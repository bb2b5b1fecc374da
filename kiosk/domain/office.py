"""The chair's and the secretary's pages: who is there, and moving books. A page is a state within the desk's `Office`. Pure.

Each page asks one question. What it leads to is a `Perform`, which the desk carries out after the PIN. To stop devices, or open
the poll, needs one of the chair's codes instead; that covers the cards which are then scanned, and the view.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from kiosk.domain.codetext import CHAIR, RESERVE, Misread
from kiosk.domain.situation import Situation, Undo, UndoState

_UNDOS_TOLD = 3  # undos that are told at once


class Deed(StrEnum):
    """What the chair decides: `OPEN_POLL` and `STOP` with a code, all else with the PIN."""

    OPEN_POLL = "open_poll"
    CLOSE_TABLE = "close_table"
    REOPEN_TABLE = "reopen_table"
    RELEASE_VOTER = "release_voter"  # gives a voter who was referred a new try
    ISLAND = "island"  # fast bordvalg: the table serves its own voters while it reaches nobody
    LOCK = "lock"
    UNLOCK = "unlock"
    GIVE = "give"  # gives a book to another node
    STOP = "stop"  # takes over the books of devices that are off or locked; on a code
    UNDO = "undo"  # takes back a voter's mark
    EXCUSE = "excuse"  # after a start: attests that this card is the right one, so that some devices need not be heard


@dataclass(frozen=True, slots=True)
class Perform:
    """The chair has decided this. `voter`: the number of the voter whom it is about; `to`: a device; `target`: the mark that is
    taken back, and `handed_out` what was read of it: that its ballots had been; `devices`: those that are excused."""

    deed: Deed
    voter: int | None = None
    book: int | None = None
    to: str = ""
    devices: frozenset[str] = frozenset()
    target: str = ""
    handed_out: bool = False


@dataclass(frozen=True, slots=True)
class UseCode:
    """The chair stops these devices with the code that was given last."""

    devices: frozenset[str]


@dataclass(frozen=True, slots=True)
class Finish:
    """The stopped tables' cards are scanned: their books are taken."""


@dataclass(frozen=True, slots=True)
class Seen:
    """People here have been told what became of these undos."""

    requests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rescan:
    """The voter's card was found in the pile of a stopped table."""

    voter: int
    stopped: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Everybody at a glance."""


@dataclass(frozen=True, slots=True)
class PickBook:
    """Which book is given to another node."""


@dataclass(frozen=True, slots=True)
class PickHeir:
    """Which node gets the book."""

    book: int


@dataclass(frozen=True, slots=True)
class PickStopped:
    """Which devices are off or locked, as the chair attests.

    None is chosen beforehand: who is silent need not be stopped, and what is attested must be somebody's own word.
    """

    chosen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PickExcused:
    """Which devices, silent or stopped, need not be heard, since this card has been in this device since it was first used, as
    the chair attests."""

    chosen: frozenset[str] = frozenset()


class CodeSlip(StrEnum):
    """What is wrong with a code of this place that was scanned or keyed."""

    USED = "used"  # it was used, or a later one was
    SKIPPED = "skipped"  # there is an earlier one that was not used, as far as is known here
    RESERVE = "reserve"  # it is of the reserve sheet, and the chair's is not used up, as far as is known here


@dataclass(frozen=True, slots=True)
class AskCode:
    """The chair's next code is awaited, to stop these devices. `slip`: what is wrong with code `n`, which came last."""

    devices: frozenset[str]
    slip: CodeSlip | Misread | None = None
    n: int = 0


@dataclass(frozen=True, slots=True)
class Piles:
    """The stopped tables' cards are scanned, under code `n`, and in the end what has come of it is told.

    `opens`: it opens the poll. `pile`: whose cards lie under the scanner; empty until one is chosen. `last`: whose card was
    scanned last; `misread`: that was no card of a voter here.
    """

    n: int
    opens: bool = False
    pile: str = ""
    last: int = 0
    misread: bool = False


@dataclass(frozen=True, slots=True)
class FindMark:
    """Whose mark is undone: a card or a number is awaited. `misread`: the last one is not a card of this place."""

    misread: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """A voter's marks, of which one may be chosen. `name` is missing for a number that is not on the list."""

    voter: int
    name: str = ""


Page = Overview | FindMark | Marks | PickBook | PickHeir | PickStopped | PickExcused | AskCode | Piles


def picked(page: Page, what: str, situation: Situation) -> Page | Perform | Seen | None:
    """What touching an item of a page leads to: another page, something to decide, or None where it means nothing."""
    devices = {peer.device for peer in situation.peers}
    match page:
        case Overview():
            return _deed_picked(what, situation)
        case Marks() if what.isdecimal() and 1 <= int(what) <= len(situation.marks):
            mark = situation.marks[int(what) - 1]
            return Perform(Deed.UNDO, voter=page.voter, target=mark.target, handed_out=mark.issued)
        case PickBook() if what.isdecimal() and int(what) in situation.mine:
            return PickHeir(int(what))
        case PickHeir(book) if what in devices:
            return Perform(Deed.GIVE, book=book, to=what)
        case PickStopped() if what in devices:
            return replace(page, chosen=page.chosen ^ {what})
        case PickExcused() if what in situation.excusable:
            return replace(page, chosen=page.chosen ^ {what})
        case Piles() if what in devices:
            return replace(page, pile=what, last=0, misread=False)
        case Piles() if what == "again":
            return PickStopped()
        case _:
            return None


def _deed_picked(what: str, situation: Situation) -> Page | Seen | None:
    match what:
        case "seen":
            return seen(situation)
        case Deed.UNDO if situation.may_undo:
            return FindMark()
        case Deed.GIVE if situation.mine:
            return PickBook()
        case Deed.STOP if situation.stopping is not None:
            return piles(situation)
        case Deed.STOP | Deed.OPEN_POLL if situation.may_stop:
            return PickStopped()
        case Deed.EXCUSE if situation.excusable:
            return PickExcused()
        case _:
            return None


def piles(situation: Situation) -> Piles | PickStopped:
    """Where a stop goes on that is begun here, or begins."""
    stopping = situation.stopping
    return Piles(stopping.n, stopping.opens) if stopping is not None else PickStopped()


def undos_told(situation: Situation) -> tuple[Undo, ...]:
    """The undos that the overview tells of, the newest first; where much else is to be told only that one."""
    busy = situation.conflicts or situation.left_open or situation.refused
    return situation.undos[::-1][: 1 if busy else _UNDOS_TOLD]


def seen(situation: Situation) -> Seen:
    """What the overview has told to its end, when it is touched away."""
    return Seen(tuple(undo.request for undo in undos_told(situation) if undo.state is not UndoState.ASKED))


def meant(page: Page, situation: Situation) -> object:
    """What the touches of a page are about that neither the page nor their words name: who touches them has read it."""
    match page:
        case Overview():
            return seen(situation)
        case Marks():
            return situation.marks
        case Piles() if situation.stopping is not None:
            return situation.stopping.n, situation.stopping.unproved
        case _:
            return None


def undone_here(situation: Situation) -> tuple[Undo, ...]:
    """The undos that a table's own screen tells of."""
    return tuple(undo for undo in situation.undos if undo.state is UndoState.UNDONE)[-_UNDOS_TOLD:]


def went_on(page: Page, situation: Situation) -> Page | Perform | Finish | None:
    """What a page's go-on button leads to; None where it has none now."""
    match page:
        case PickStopped():
            return AskCode(page.chosen)
        case PickExcused() if page.chosen:
            return Perform(Deed.EXCUSE, devices=page.chosen)
        case Piles() if situation.stopping is not None and situation.stopping.ready:
            return Finish()
        case _:
            return None


def code_given(page: AskCode, given: int | Misread, situation: Situation) -> AskCode | UseCode:
    """What a code leads to, or what is none of this place's. A code that skips one is asked for twice: those before it are
    lost, and one of the reserve sheet ends the chair's."""
    if isinstance(given, Misread):
        return replace(page, slip=given, n=0)
    n = given
    if n <= situation.last_code:
        return replace(page, slip=CodeSlip.USED, n=n)
    slip = CodeSlip.RESERVE if n in RESERVE and situation.last_code < CHAIR[-1] else CodeSlip.SKIPPED
    if n > situation.last_code + 1 and (page.slip, page.n) != (slip, n):
        return replace(page, slip=slip, n=n)
    return UseCode(page.devices)


def scanned(page: Page, voter: int | None, name: str, situation: Situation) -> tuple[Page, Rescan | None]:
    """A card was scanned on a page: it belongs to the chosen pile, or is the voter's whose mark is undone, or means nothing.

    `voter` is missing for what is no card of this place, and `name` for who is not on the list. A card of a pile that could not
    be read is told of: it would be lost among the others.
    """
    if isinstance(page, FindMark | Marks):
        return FindMark(misread=True) if voter is None else Marks(voter, name), None
    if not isinstance(page, Piles) or not page.pile or situation.stopping is None:
        return page, None
    if voter is None or not name:
        return replace(page, last=0, misread=True), None
    return replace(page, last=voter, misread=False), Rescan(voter, page.pile)


def left(page: Page) -> Page | None:
    """Where going back leads to: from the code to what was ticked, from the overview home (None), else to the overview."""
    return PickStopped(page.devices) if isinstance(page, AskCode) else None if isinstance(page, Overview) else Overview()


def outlived(page: Page, situation: Situation) -> Page | None:
    """The page to stand on when something has changed: one whose matter is over leads back to the overview; from the opening of
    the poll it goes home (None), and what has come of another stop stands until it is read."""
    if isinstance(page, Piles):
        return None if page.opens and situation.stopping is None and situation.viewed == page.n else page
    over = {
        FindMark: not situation.may_undo,
        Marks: not situation.may_undo,
        PickStopped: not situation.may_stop,
        AskCode: not situation.may_stop,
        PickExcused: not situation.excusable,
    }
    return Overview() if over.get(type(page), False) else page
