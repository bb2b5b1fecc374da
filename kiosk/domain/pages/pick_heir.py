"""Which node gets the book."""

from dataclasses import dataclass

from kiosk.domain import screens as s
from kiosk.domain.chair_actions import GiveBook
from kiosk.domain.facts import Facts
from kiosk.domain.pages import overview
from kiosk.domain.pages.page import Offer, Offers, Page, Says, back, items
from kiosk.domain.view_context import ViewContext, by_table


@dataclass(frozen=True, slots=True)
class PickHeir(Page):
    """All nodes that are seen."""

    book: int

    def offers(self, facts: Facts) -> Offers:
        seen = by_table(peer.device for peer in facts.situation.peers if peer.seen and peer.current)
        return Offers(
            back(overview.Overview()),
            within=tuple(Offer(f"pick {device}", _says(device), GiveBook(self.book, device)) for device in seen),
        )

    def drawn(self, offers: Offers, view: ViewContext) -> s.Sheet:
        return self.sheet(view.say("pick_heir", view.book(self.book)), items(offers.within, view))


def _says(device: str) -> Says:
    return lambda view: view.node(device)
