"""What was decided is not done: what it rests on has changed since it was offered. It says why."""

from dataclasses import dataclass
from typing import ClassVar

from kiosk.domain import screens as s
from kiosk.domain.chair_actions import WhyNot
from kiosk.domain.facts import Facts
from kiosk.domain.pages.page import CheckIn, Home, Lead, Offers, Page, back, paragraph
from kiosk.domain.view_context import ViewContext


@dataclass(frozen=True, slots=True)
class NotDone(Page):
    """A voter's card that is scanned on it begins a check-in."""

    why: WhyNot
    forgets: ClassVar = True

    def offers(self, _facts: Facts) -> Offers:
        return Offers(back(Home()))

    def drawn(self, _offers: Offers, view: ViewContext) -> s.Sheet:
        return self.sheet(view.say("not_done"), paragraph(view.say(f"not_done_{self.why}")))

    def scanned(self, _voter: int | None, _name: str, _facts: Facts) -> Lead:
        return CheckIn()
