"""The number of a card in a stopped table's pile that the scanner can't read."""

from dataclasses import dataclass, replace

from kiosk.domain import screens as s
from kiosk.domain.facts import Facts
from kiosk.domain.pages import piles
from kiosk.domain.pages.page import Do, Home, Keyed, Lead, Offer, Offers, Page, back, say
from kiosk.domain.view_context import ViewContext


@dataclass(frozen=True, slots=True)
class KeyCard(Page):
    """Then the pile goes on where it was. `misread`: what was keyed last is no card of a voter here."""

    piles: "piles.Piles"
    misread: bool = False

    def offers(self, _facts: Facts) -> Offers:
        return Offers(back(self.piles), Offer("number", say("key_card_use"), Keyed()))

    def drawn(self, _offers: Offers, view: ViewContext) -> s.Typing:
        notice = view.say("card_misread") if self.misread else ""
        return s.Typing(view.say("key_card_title"), view.say("typing_hint"), view.card_digits, notice)

    def scanned(self, voter: int | None, name: str, facts: Facts) -> Lead:
        lead = self.piles.scanned(voter, name, facts)
        return lead if isinstance(lead, Do) else replace(self, misread=True)

    def changed(self, facts: Facts) -> Page | Home:
        return self if facts.situation.stopping is not None else self.piles.changed(facts)
