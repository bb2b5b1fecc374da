"""Which devices are off or locked, as the chair attests."""

from dataclasses import dataclass, replace

from kiosk.domain import screens as s
from kiosk.domain.facts import Facts
from kiosk.domain.pages import ask_code, overview
from kiosk.domain.pages.page import Offer, Offers, Page, Says, back, items, paragraph, say
from kiosk.domain.situation import Peer
from kiosk.domain.view_context import ViewContext


@dataclass(frozen=True, slots=True)
class PickStopped(Page):
    """None is chosen beforehand: who is silent need not be stopped, and what is attested must be somebody's own word."""

    chosen: frozenset[str] = frozenset()

    def offers(self, facts: Facts) -> Offers:
        each = (self._ticks(peer) for peer in facts.situation.peers)
        go = Offer("go", say("go_on"), ask_code.AskCode(self.chosen))
        return Offers(back(overview.Overview()), go, tuple(each))

    def _ticks(self, peer: Peer) -> Offer:
        device = peer.device
        return Offer(f"pick {device}", _says(peer), replace(self, chosen=self.chosen ^ {device}), device in self.chosen)

    def drawn(self, offers: Offers, view: ViewContext) -> s.Sheet:
        around = view.situation
        words = view.say("pick_stopped_text")
        if around.stopping is not None and around.stopping.stopped:
            before = view.nodes(peer.device for peer in around.stopping.stopped)
            words = view.say("pick_stopped_again", around.stopping.n, before)
        headline = view.say("pick_stopped" if around.poll_open else "pick_stopped_open")
        return self.sheet(headline, paragraph(words), items(offers.within, view))

    def changed(self, facts: Facts) -> Page:
        return self if facts.situation.may_stop else overview.Overview()


def _says(peer: Peer) -> Says:
    """Its name in short, with what speaks for its being stopped."""
    if not (peer.silent or peer.locked):
        return lambda view: view.disk(peer.device)
    why = "stance_locked" if peer.locked else "disk_silent"

    def says(view: ViewContext) -> str:
        name = peer.device if view.has_own_name(peer.device) else view.node(peer.device)
        return f"{name} ({view.say(why)})"

    return says
