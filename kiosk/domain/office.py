"""The chair's and the secretary's pages: who is there, and moving books. A page is a state within the desk's `Office`. Pure.

Each page asks one question. What it leads to is a `Perform`, which the desk carries out after the PIN; only a card scanned in a
seizure needs none, since the PIN of its seal covers it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from kiosk.domain.rights import REGISTER
from kiosk.domain.situation import Seizure, Situation, Undo, UndoState

_UNDOS_TOLD = 3  # undos that are told at once


class Deed(StrEnum):
    """What the chair decides with the PIN."""

    OPEN_POLL = "open_poll"
    CLOSE_TABLE = "close_table"
    REOPEN_TABLE = "reopen_table"
    RELEASE_VOTER = "release_voter"  # gives a voter who was referred a new try
    ISLAND = "island"  # fast bordvalg: the table serves its own voters while it reaches nobody
    LOCK = "lock"
    UNLOCK = "unlock"
    HAND_OVER = "hand_over"  # gives a book to another node
    SEAL = "seal"  # begins to take a book; attests which nodes are stopped
    SEIZE = "seize"  # takes it
    UNDO = "undo"  # takes back a voter's mark
    ATTEST = "attest"  # after a power cut: attests that nodes are stopped, so that this one need not wait for them


@dataclass(frozen=True, slots=True)
class Perform:
    """The chair has decided this. `voter`: the number of the voter whom it is about; `to`: an origin; `target`: the mark that
    is taken back.

    `nodes`: those attested stopped; `cards`: voters whose cards were found at stopped tables, each with that table's origin.
    """

    deed: Deed
    voter: int | None = None
    book: int | None = None
    to: str = ""
    nodes: frozenset[str] = frozenset()
    cards: tuple[tuple[int, str], ...] = ()
    target: str = ""


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
    """Which book is handed over, or taken."""

    deed: Deed


@dataclass(frozen=True, slots=True)
class PickHeir:
    """Which node gets the book."""

    deed: Deed
    book: int


@dataclass(frozen=True, slots=True)
class PickStopped:
    """Which nodes are stopped, as the chair attests; `book` is missing where it is for a start and not for a seizure.

    None is chosen beforehand: who is silent need not be stopped, and what is attested must be somebody's own word.
    """

    book: int | None
    chosen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Piles:
    """The stopped tables' cards are scanned again. `pile`: whose cards lie under the scanner; empty until one is chosen.

    In a seizure each card is written at once; before a start they are kept in `cards` until it is.
    """

    book: int | None
    nodes: frozenset[str] = frozenset()
    pile: str = ""
    cards: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FindMark:
    """Whose mark is undone: a card or a number is awaited. `misread`: the last one is not a card of this place."""

    misread: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """A voter's marks, of which one may be chosen. `name` is missing for a number that is not on the list."""

    voter: int
    name: str = ""


Page = Overview | FindMark | Marks | PickBook | PickHeir | PickStopped | Piles


def seizure_of(situation: Situation, book: int | None) -> Seizure | None:
    """The pending seizure of a book."""
    return next((seizure for seizure in situation.seizures if seizure.book == book), None)


def picked(page: Page, what: str, situation: Situation) -> Page | Perform | Seen | None:
    """What touching an item of a page leads to: another page, something to decide, or None where it means nothing."""
    origins = {peer.origin for peer in situation.peers}
    match page:
        case Overview():
            return _deed_picked(what, situation)
        case Marks() if what.isdecimal() and 1 <= int(what) <= len(situation.marks):
            return Perform(Deed.UNDO, voter=page.voter, target=situation.marks[int(what) - 1].target)
        case PickBook() if what.isdecimal():
            return _book_picked(page, int(what), situation)
        case PickHeir(deed, book) if what in origins | {situation.me}:
            return Perform(deed, book=book, to=what)
        case PickStopped() if what in origins:
            return replace(page, chosen=page.chosen ^ {what})
        case Piles() if what in origins:
            return replace(page, pile=what)
        case Piles(book=int() as book) if what == "again":
            return PickStopped(book)
        case _:
            return None


def _deed_picked(what: str, situation: Situation) -> Page | Seen | None:
    if what == "seen":
        return seen(situation)
    if what == Deed.UNDO and may_undo(situation):
        return FindMark()
    if what == Deed.HAND_OVER and situation.mine:
        return PickBook(Deed.HAND_OVER)
    if what == Deed.SEAL and (situation.may_seal or situation.seizures):
        return PickBook(Deed.SEAL)
    return PickStopped(None) if what == Deed.ATTEST and situation.may_attest else None


def undos_told(situation: Situation) -> tuple[Undo, ...]:
    """The undos that the overview tells of, the newest first; where much else is to be told only that one."""
    busy = situation.conflicts or situation.left_open or situation.refused
    return situation.undos[: -2 if busy else -_UNDOS_TOLD - 1 : -1]


def seen(situation: Situation) -> Seen:
    """What the overview has told to its end, when it is touched away."""
    return Seen(tuple(undo.request for undo in undos_told(situation) if undo.state is not UndoState.ASKED))


def undone_here(situation: Situation) -> tuple[Undo, ...]:
    """The undos that a table's own screen tells of."""
    return tuple(undo for undo in situation.undos if undo.state is UndoState.UNDONE)[-_UNDOS_TOLD:]


def may_undo(situation: Situation) -> bool:
    """Whether marks can be undone here: it is the register's holder who asks for it."""
    return REGISTER in situation.mine


def _book_picked(page: PickBook, book: int, situation: Situation) -> Page | None:
    if page.deed is Deed.HAND_OVER:
        return PickHeir(Deed.HAND_OVER, book) if book in situation.mine else None
    if seizure_of(situation, book) is not None:
        return Piles(book)
    return PickStopped(book) if book in situation.may_seal else None


def went_on(page: Page, situation: Situation) -> Page | Perform | None:
    """What a page's go-on button leads to; None where it has none now."""
    match page:
        case PickStopped(book=int() as book):
            return Perform(Deed.SEAL, book=book, nodes=page.chosen)
        case PickStopped():
            return Piles(None, page.chosen) if page.chosen else None
        case Piles(book=int() as book):
            seizure = seizure_of(situation, book)
            if seizure is None or not seizure.ready:
                return None
            return Perform(Deed.SEIZE, book=book, to=seizure.to) if seizure.to else PickHeir(Deed.SEIZE, book)
        case Piles():
            return Perform(Deed.ATTEST, nodes=page.nodes, cards=page.cards)
        case _:
            return None


def scanned(page: Page, voter: int | None, name: str, situation: Situation) -> tuple[Page, Rescan | None]:
    """A card was scanned on a page: it belongs to the chosen pile, or is the voter's whose mark is undone, or means nothing.

    `voter` is missing for what is no card of this place.
    """
    if isinstance(page, FindMark | Marks):
        return FindMark(misread=True) if voter is None else Marks(voter, name), None
    if voter is None:
        return page, None
    if not isinstance(page, Piles) or not page.pile:
        return page, None
    if page.book is None:
        cards = page.cards if (voter, page.pile) in page.cards else (*page.cards, (voter, page.pile))
        return replace(page, cards=cards), None
    return page, (Rescan(voter, page.pile) if seizure_of(situation, page.book) is not None else None)


def outlived(page: Page, situation: Situation) -> Page:
    """The page to stand on when something has changed: one whose seizure is over leads back to the overview."""
    if isinstance(page, FindMark | Marks) and not may_undo(situation):
        return Overview()
    done = isinstance(page, Piles | PickHeir) and page.book is not None and seizure_of(situation, page.book) is None
    return Overview() if done and not (isinstance(page, PickHeir) and page.deed is Deed.HAND_OVER) else page
