"""Whose mark is undone: a card or a number is awaited."""

from dataclasses import dataclass
from typing import ClassVar

from kiosk.domain import screens as s
from kiosk.domain.facts import Facts
from kiosk.domain.pages import marks, overview
from kiosk.domain.pages.page import Keyed, Lead, Offer, Offers, Page, back, say
from kiosk.domain.view_context import ViewContext


@dataclass(frozen=True, slots=True)
class FindMark(Page):
    """`misread`: the last one was no card of this place."""

    misread: bool = False
    forgets: ClassVar = True

    def offers(self, _facts: Facts) -> Offers:
        return Offers(back(overview.Overview()), Offer("number", say("find"), Keyed()))

    def drawn(self, _offers: Offers, view: ViewContext) -> s.Typing:
        notice = view.say("card_misread") if self.misread else ""
        return s.Typing(view.say("find_mark"), view.say("find_mark_text"), view.card_digits, notice)

    def scanned(self, voter: int | None, name: str, _facts: Facts) -> Lead:
        return found(voter, name)

    def changed(self, facts: Facts) -> Page:
        return self if facts.situation.may_undo else overview.Overview()


def found(voter: int | None, name: str) -> Page:
    """The page of the voter whose card was scanned."""
    return FindMark(misread=True) if voter is None else marks.Marks(voter, name)
