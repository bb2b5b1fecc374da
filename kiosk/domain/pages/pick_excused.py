"""Which devices, silent or stopped, need not be heard after a start."""

from dataclasses import dataclass, replace

from kiosk.domain import screens as s
from kiosk.domain.chair_actions import ExcuseDevices
from kiosk.domain.facts import Facts
from kiosk.domain.pages import overview
from kiosk.domain.pages.page import Offer, Offers, Page, Says, back, items, paragraph, say
from kiosk.domain.view_context import ViewContext


@dataclass(frozen=True, slots=True)
class PickExcused(Page):
    """What the chair attests of those that are ticked: this card has been in this device since it was first used."""

    chosen: frozenset[str] = frozenset()

    def offers(self, facts: Facts) -> Offers:
        each = (
            Offer(f"pick {device}", _says(device), replace(self, chosen=self.chosen ^ {device}), device in self.chosen)
            for device in facts.situation.excusable
        )
        go = Offer("go", say("go_on"), ExcuseDevices(self.chosen)) if self.chosen else None
        return Offers(back(overview.Overview()), go, tuple(each))

    def drawn(self, offers: Offers, view: ViewContext) -> s.Sheet:
        return self.sheet(view.say("pick_excused"), paragraph(view.say("pick_excused_text")), items(offers.within, view))

    def changed(self, facts: Facts) -> Page:
        return self if facts.situation.excusable else overview.Overview()


def _says(device: str) -> Says:
    return lambda view: view.disk(device)
