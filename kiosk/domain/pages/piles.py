"""The stopped tables' cards are scanned, and in the end what has come of it is told."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kiosk.domain import screens as s
from kiosk.domain.facts import Facts
from kiosk.domain.nodes import table_of
from kiosk.domain.pages import key_card, overview, pick_stopped
from kiosk.domain.pages.page import (
    Do,
    Finish,
    Home,
    Lead,
    Offer,
    Offers,
    Page,
    Rescan,
    Says,
    back,
    items,
    paragraph,
    rows,
    say,
)
from kiosk.domain.pages.wording import row_of
from kiosk.domain.situation import LastCard, Peer, Situation, Stopping
from kiosk.domain.view_context import ViewContext, by_table

_PILES_TOLD = 6  # stopped nodes that have a row each
_MUST = {"must_unlock": s.Tone.BAD, "must_answer": s.Tone.BAD, "must_wait": s.Tone.WAIT}


def begun(around: Situation) -> Page:
    """Where a stop goes on that is begun here, or begins."""
    stopping = around.stopping
    return Piles(stopping.n, stopping.opens) if stopping is not None else pick_stopped.PickStopped()


@dataclass(frozen=True, slots=True)
class Piles(Page):
    """The stop with code `n`; `opens`: it opens the poll. `pile`: whose cards lie under the scanner; empty until one is chosen.
    `last`: whose card was scanned last; `misread`: that was no card of a voter here.
    """

    n: int
    opens: bool = False
    pile: str = ""
    last: int = 0
    misread: bool = False

    def meant(self, facts: Facts) -> object:
        stopping = facts.situation.stopping
        return (stopping.n, stopping.unproved) if stopping is not None else None

    def offers(self, facts: Facts) -> Offers:
        stopping = facts.situation.stopping
        left = back(overview.Overview())
        if stopping is None:
            return Offers(left)
        few = len(stopping.stopped) <= _PILES_TOLD
        nodes = by_table(peer.device for peer in stopping.stopped)
        each = [
            Offer(f"pick {device}", _says(device, few), Piles(self.n, self.opens, device), device == self.pile)
            for device in nodes
        ]
        again = Offer("pick again", say("stop_again" if few else "stop_again_short"), pick_stopped.PickStopped())
        keyed = [Offer("pick key", say("key_card"), key_card.KeyCard(self))] if self.pile in nodes else []
        go = "open_poll" if stopping.opens and not nodes else "take_over" if nodes else "go_on"
        return Offers(left, Offer("go", say(go), Do(Finish(), self)) if stopping.ready else None, (*each, again, *keyed))

    def drawn(self, offers: Offers, view: ViewContext) -> s.Sheet:
        stopping = view.situation.stopping
        if stopping is None:
            headline, words, tone = _outcome(self.n, view)
            return self.sheet(headline, paragraph(words, tone))
        nodes = by_table(peer.device for peer in stopping.stopped)
        to_do = view.say("piles_text" if self.pile else "piles_choose") if nodes and not self.misread else ""
        return self.sheet(
            view.say(_headline(stopping, view), stopping.n),
            paragraph(to_do),
            rows(_stopping_rows(stopping, _told(nodes, self.pile), view)),
            paragraph(self._counted(stopping, view) if nodes else "", s.Tone.WAIT),
            paragraph(view.say("card_misread") if self.misread else "", s.Tone.BAD),
            items(offers.within, view),
        )

    def _counted(self, stopping: Stopping, view: ViewContext) -> str:
        """How many cards were found, and that the last one was read: it may be known already, and then the count stays."""
        if self.last:
            return view.say("scanned_last", view.number(self.last), stopping.scanned)
        return view.say("scanned", stopping.scanned)

    def scanned(self, voter: int | None, name: str, facts: Facts) -> Lead:
        """It belongs to the chosen pile. One that could not be read is told of: it would be lost among the others."""
        if not self.pile or facts.situation.stopping is None:
            return self
        if voter is None or not name:
            return replace(self, last=0, misread=True)
        return Do(Rescan(voter, self.pile), replace(self, last=voter, misread=False))

    def changed(self, facts: Facts) -> Page | Home:
        """From the opening of the poll it goes home, and what has come of another stop stands until it is read."""
        around = facts.situation
        return Home() if self.opens and around.stopping is None and around.viewed == self.n else self


def _says(device: str, few: bool) -> Says:
    return lambda view: view.say("pile" if few else "pile_short", view.disk(device))


def _headline(stopping: Stopping, view: ViewContext) -> str:
    """What a stop is for. Where the secretary's node alone is named, no list moves."""
    if stopping.opens:
        return "opening"
    return "reopening" if view.situation.cold else "stopping" if stopping.stopped else "code_named"


def _outcome(n: int, view: ViewContext) -> tuple[str, str, s.Tone]:
    """What has come of a stop that is not this node's any more; BAD: it was not finished here."""
    around = view.situation
    if around.viewed == n:
        if around.kept:
            kept = view.say("moved_kept", view.listed([view.disk(one) for one in around.kept]))
            return view.say("moved_none", n), kept, s.Tone.OFF
        if around.taken == (view.table,):
            return view.say("moved"), view.say("moved_own"), s.Tone.OFF
        if around.taken:
            return view.say("moved"), view.say("moved_text", view.tables(around.taken)), s.Tone.OFF
        return view.say("moved_none", n), view.say("moved_none_text"), s.Tone.OFF
    if around.elsewhere is None:
        why = view.say("not_moved_unused")
    elif around.elsewhere.lost:
        why = f"{view.say('code_named', around.elsewhere.n)} {view.say('code_lost')}."
    else:
        at = view.within(table_of(around.elsewhere.device))
        why = view.say("not_moved_text", around.elsewhere.n, at)
    return view.say("not_moved"), why, s.Tone.BAD


def _told(nodes: list[str], pile: str) -> list[str]:
    """The stopped devices that have a row: all, or where they are many the one whose cards are being scanned."""
    return nodes if len(nodes) <= _PILES_TOLD else [device for device in nodes if device == pile]


def _stopping_rows(stopping: Stopping, told: list[str], view: ViewContext) -> Iterator[s.Line]:
    waits_for, locked = by_table(stopping.waits_for), view.locked(stopping.waits_for)
    if len(waits_for) > _PILES_TOLD - 2:
        for key in ("must_unlock", "must_answer", "must_wait"):
            if devices := [device for device in waits_for if _must(device, locked, view) == key]:
                words = view.say(key)
                yield row_of(devices, words, f"{view.nodes(devices)}: {words}", _MUST[key], view)
    else:
        for device in waits_for:
            key = _must(device, locked, view)
            yield s.Line(view.disk(device), view.say(key), _MUST[key], wide=True)
    if stopping.fetching:
        from_whom = f" ({view.nodes(stopping.fetching_from)})" if stopping.fetching_from else ""
        yield s.Line(view.say("fetching"), view.say("fetching_text", from_whom), s.Tone.WAIT, wide=True)
    for peer in (peer for peer in stopping.stopped if peer.device in told):
        numbers = ", ".join(view.number(u.voter) for u in stopping.unproved if u.device == peer.device)
        listed = "; " + view.say("and_numbers", numbers) if numbers else ""
        yield s.Line(view.disk(peer.device), _since(peer, view) + listed, s.Tone.WAIT, wide=True)


def _must(device: str, locked: set[str], view: ViewContext) -> str:
    """What a device that has not acknowledged needs: one that is seen does it by itself in a moment."""
    seen = any(peer.device == device and peer.seen for peer in view.situation.peers)
    return "must_unlock" if device in locked else "must_wait" if seen else "must_answer"


def _since(peer: Peer, view: ViewContext) -> str:
    """Which cards of a stopped table are to be scanned again: told by its last card, since its clock may be wrong."""
    if peer.card is None:
        return view.say("cards_all")
    heard = _heard(peer.card, view)
    return view.say("cards_since", peer.card.place, view.number(peer.card.voter)) + (f" ({heard})" if heard else "")


def _heard(card: LastCard, view: ViewContext) -> str:
    """When this node heard of a card, by its own clock."""
    if not card.heard_ms:
        return ""
    heard = view.say("card_heard", view.clock(card.heard_ms))
    return f"{heard}, {view.say('clock_here_wrong')}" if view.clock_wrong else heard
