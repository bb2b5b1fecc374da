"""Which book is given to another node."""

from dataclasses import dataclass

from kiosk.domain import screens as s
from kiosk.domain.facts import Facts
from kiosk.domain.pages import overview, pick_heir
from kiosk.domain.pages.page import Offer, Offers, Page, Says, back, items, say
from kiosk.domain.view_context import ViewContext, capital

_BOOKS_EACH = 8  # books that are called lists each


@dataclass(frozen=True, slots=True)
class PickBook(Page):
    """All that this node may give away."""

    def offers(self, facts: Facts) -> Offers:
        mine = facts.situation.mine
        says = _as_list if len(mine) <= _BOOKS_EACH else _by_number
        return Offers(
            back(overview.Overview()),
            within=tuple(Offer(f"pick {book}", says(book), pick_heir.PickHeir(book)) for book in mine),
        )

    def drawn(self, offers: Offers, view: ViewContext) -> s.Sheet:
        return self.sheet(view.say("pick_book"), items(offers.within, view))


def _as_list(book: int) -> Says:
    return lambda view: capital(view.book(book))


def _by_number(book: int) -> Says:
    return say("node_table", book)
