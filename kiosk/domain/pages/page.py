"""What every page is made of: what it offers, where each offer leads, and what it draws. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from kiosk.domain import screens as s
from kiosk.domain.chair_actions import ChairAction
from kiosk.domain.codetext import CodeMisread
from kiosk.domain.facts import Facts, Query
from kiosk.domain.situation import UndoState
from kiosk.domain.view_context import ViewContext

Says = Callable[[ViewContext], str]
"""A text, once it is known in which language."""


# --- what a page has done ---


@dataclass(frozen=True, slots=True)
class UseCode:
    """The chair stops these devices with the code that was given last."""

    devices: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rescan:
    """The voter's card was found in the pile of a stopped table."""

    voter: int
    stopped: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The stopped tables' cards are scanned: their books are taken."""


@dataclass(frozen=True, slots=True)
class Seen:
    """People here have been told what became of undos: of each its request, and what was told."""

    undos: tuple[tuple[str, UndoState], ...]


@dataclass(frozen=True, slots=True)
class NextLanguage:
    """The screens go on in the next language."""


PageEffect = UseCode | Rescan | Finish | Seen | NextLanguage


# --- where an offer leads ---


@dataclass(frozen=True, slots=True)
class Home:
    """Back to where the desk waits."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """What was keyed in the field "pad" counts as scanned."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The scan is taken as where the desk waits: a voter has come to the table."""


@dataclass(frozen=True, slots=True)
class Do:
    """Something is done at once, and a page follows."""

    effect: PageEffect
    then: "Page"


Lead: TypeAlias = "Page | Home | Keyed | CheckIn | Do | ChairAction"
"""An action of the chair's needs the PIN: it is asked for first."""

Values = Mapping[str, str]
"""What was keyed and chosen on a page, by its fields' names; one that is left out is empty."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be touched: the word that is sent back, its text, and where it leads, which may depend on what was
    keyed. `chosen`: it is ticked."""

    touch: str
    says: Says
    to: "Lead | Callable[[Values], Lead]"
    chosen: bool = False

    def button(self, view: ViewContext) -> s.Button:
        """What is drawn of it."""
        return s.Button(self.touch, self.says(view))


@dataclass(frozen=True, slots=True)
class Offers:
    """All that can be touched on a page: at the bottom left and right, and within its blocks."""

    left: Offer | None = None
    right: Offer | None = None
    within: tuple[Offer, ...] = ()

    def lead(self, touch: str, values: Values) -> "Lead | None":
        """Where a touch leads; None for one that is not offered."""
        every = (offer for offer in (self.left, self.right, *self.within) if offer is not None)
        to = next((offer.to for offer in every if offer.touch == touch), None)
        return to(values) if callable(to) else to


# --- a page ---


class Page:
    """A page of the chair's or the secretary's. A subclass is a frozen dataclass; its fields are all that the page remembers.

    `reads_codes`: what is scanned or keyed is one of the chair's codes, else a card. `forgets`: it leaves the screen by itself
    when nobody touches it, as a page about a voter must. `warns`: the strip over it also warns of what the overview tells.
    """

    reads_codes: ClassVar[bool] = False
    forgets: ClassVar[bool] = False
    warns: ClassVar[bool] = False

    def offers(self, _facts: Facts) -> Offers:
        """All that can be touched on it now. What is drawn is made from it, and no other touch counts."""
        raise NotImplementedError

    def drawn(self, _offers: Offers, _view: ViewContext) -> s.Sheet | s.Typing:
        """What it shows; the buttons at the bottom are drawn from the offers."""
        raise NotImplementedError

    def query(self) -> Query | None:
        """What must be looked up for it."""
        return None

    def meant(self, _facts: Facts) -> object:
        """What its touches are about that neither the page nor their words name: who touches them has read it."""
        return None

    def scanned(self, _voter: int | None, _name: str, _facts: Facts) -> Lead:
        """Where a card leads that is scanned or keyed on it: by itself nowhere. `voter` is missing for what is no card of this
        place, and `name` for who is not on the list."""
        return self

    def coded(self, _code: int | CodeMisread, _facts: Facts) -> Lead:
        """Where a code of the chair's leads, or what is none of this place's."""
        return self

    def changed(self, _facts: Facts) -> "Page | Home":
        """What is left of it when something around has changed: a page whose matter is over gives way."""
        return self

    def sheet(self, headline: str, *blocks: s.Block | None) -> s.Sheet:
        """A sheet of its own, without the blocks that are empty."""
        return s.Sheet(headline, type(self).__name__, tuple(block for block in blocks if block is not None))


def screen_of(page: Page, view: ViewContext) -> tuple[s.Content, s.Button | None, s.Button | None]:
    """What a page draws, and its buttons at the bottom left and right."""
    offers = page.offers(view.facts)
    left, right = (offer.button(view) if offer is not None else None for offer in (offers.left, offers.right))
    return page.drawn(offers, view), left, right


# --- what pages draw with ---


def say(key: str, *fields: object) -> Says:
    """A text by its key."""
    return lambda view: view.say(key, *fields)


def back(to: Lead) -> Offer:
    """The button that takes back."""
    return Offer("cancel", say("back"), to)


def paragraph(words: str, tone: s.Tone = s.Tone.OFF) -> s.Text | None:
    """A paragraph, where there are words for it."""
    return s.Text(words, tone) if words else None


def rows(lines: Iterable[s.Line]) -> s.Rows | None:
    """Rows, where there are any."""
    lines = tuple(lines)
    return s.Rows(lines) if lines else None


def items(offers: Iterable[Offer], view: ViewContext, *, large: bool = False) -> s.Items | None:
    """What can be touched, each drawn from its offer, and those that are ticked."""
    offers = tuple(offers)
    chosen = tuple(offer.touch for offer in offers if offer.chosen)
    return s.Items(tuple(offer.button(view) for offer in offers), chosen, large) if offers else None
