"""The few things that are not a check-in: the overview, and what the chair may decide now."""

from dataclasses import dataclass
from typing import ClassVar

from kiosk.domain import screens as s
from kiosk.domain.chair_actions import BeginIsland, CloseTable, LockNode, ReopenTable, UnlockNode
from kiosk.domain.facts import Facts, NotReadyReason
from kiosk.domain.pages import overview, piles
from kiosk.domain.pages.page import CheckIn, Do, Home, Lead, NextLanguage, Offer, Offers, Page, back, items, say
from kiosk.domain.texts import name_of, next_after
from kiosk.domain.view_context import ViewContext


@dataclass(frozen=True, slots=True)
class Menu(Page):
    """A voter's card that is scanned on it begins a check-in."""

    forgets: ClassVar = True
    warns: ClassVar = True

    def offers(self, facts: Facts) -> Offers:
        language = Offer("language", lambda view: name_of(next_after(view.language)), Do(NextLanguage(), self))
        everybody = Offer("overview", say("overview"), overview.Overview())
        return Offers(back(Home()), within=(language, everybody, *for_chair(facts)))

    def drawn(self, offers: Offers, view: ViewContext) -> s.Sheet:
        return self.sheet(view.say("menu_title"), items(offers.within, view, large=True))

    def scanned(self, _voter: int | None, _name: str, _facts: Facts) -> Lead:
        return CheckIn()


def for_chair(facts: Facts) -> tuple[Offer, ...]:
    """What the chair can decide from the menu or the home screen, by how things stand. The poll is opened with a code, all else
    is decided with the PIN."""
    if facts.locked:
        return (_decides(UnlockNode()),)
    found = [] if facts.office or facts.lack not in _FOR_LACK else [_decides(_FOR_LACK[facts.lack])]
    if facts.lack is NotReadyReason.POLL_NOT_OPENED and facts.situation.may_stop:
        found.append(Offer("open_poll", say("open_poll"), piles.begun(facts.situation)))
    if facts.situation.may_island:
        found.append(_decides(BeginIsland()))
    return (*found, *([_decides(LockNode())] if facts.situation.peers else []))


_Plain = CloseTable | ReopenTable | BeginIsland | LockNode | UnlockNode
_FOR_LACK: dict[NotReadyReason | None, CloseTable | ReopenTable] = {None: CloseTable(), NotReadyReason.CLOSED: ReopenTable()}


def _decides(action: _Plain) -> Offer:
    return Offer(action.word, say(action.word), action)
