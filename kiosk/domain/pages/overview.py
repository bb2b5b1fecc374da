"""Everybody at a glance: what is wrong, how each node stands, and what the chair can begin."""

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.domain import screens as s
from kiosk.domain.chain import RejectionReason
from kiosk.domain.facts import Facts
from kiosk.domain.messages import Display, Stance
from kiosk.domain.nodes import table_of
from kiosk.domain.pages import find_mark, menu, pick_book, pick_excused, piles
from kiosk.domain.pages.page import Do, Home, Offer, Offers, Page, Says, Seen, back, items, paragraph, rows, say
from kiosk.domain.pages.wording import row_of
from kiosk.domain.situation import UNDOS_TOLD, Mode, Peer, Situation, Undo, UndoState
from kiosk.domain.view_context import ViewContext, by_table

_NODES_EACH = 12  # nodes that have a row each
_CONFLICTS_TOLD = 2  # conflicts that have a row each, with tables and times
_NUMBERS_TOLD = 6  # further ones by their voters' numbers
_REFUSED_TOLD = 6  # kinds of refusals that have a row each, where not even the nodes are too many for that
_LEFT_OPEN_TOLD = 2  # voters left to the secretary that have a row each
_WORST_FIRST = (s.Tone.BAD, s.Tone.WAIT, s.Tone.OFF, s.Tone.GOOD)
_UNDO_TONES = {
    UndoState.ASKED: s.Tone.WAIT,
    UndoState.UNDONE: s.Tone.GOOD,
    UndoState.REFUSED: s.Tone.BAD,
    UndoState.OVERTAKEN: s.Tone.BAD,
}
_TONES = {Stance.SERVING: s.Tone.GOOD, Stance.CLOSED: s.Tone.OFF, Stance.LOCKED: s.Tone.OFF, Stance.FAULT: s.Tone.BAD}


@dataclass(frozen=True, slots=True)
class Overview(Page):
    """The home of the secretary's node."""

    def meant(self, facts: Facts) -> object:
        return _ended(facts.situation)

    def offers(self, facts: Facts) -> Offers:
        around, ended = facts.situation, _ended(facts.situation)
        left = Offer("menu", say("menu"), menu.Menu()) if facts.office else back(Home())
        right = Offer("pick seen", say("seen"), Do(Seen(ended), self)) if ended else None
        may = (
            (around.may_stop or around.stopping is not None, Offer("pick stop", _stop_says(around), piles.begun(around))),
            (bool(around.mine and around.peers), Offer("pick give", say("item_give"), pick_book.PickBook())),
            (around.may_undo, Offer("pick undo", say("item_undo"), find_mark.FindMark())),
            (
                bool(around.excusable) and not around.cold,
                Offer("pick excuse", say("item_excuse"), pick_excused.PickExcused()),
            ),
        )
        return Offers(left, right, tuple(offer for holds, offer in may if holds))

    def drawn(self, offers: Offers, view: ViewContext) -> s.Sheet:
        around = view.situation
        lines = (*_codes(view), *_undos(view), *_conflicts(view), *_left_open(view), *_refused(view), *_nodes(view))
        return self.sheet(
            view.say("overview"),
            paragraph(f"{view.say('cold') if around.cold else ''} {view.awaited(around.awaited)}".strip()),
            rows(lines),
            items(offers.within, view),
        )


def undos_told(around: Situation) -> tuple[Undo, ...]:
    """The undos that are told of, the newest first; where much else is to be told only that one."""
    busy = around.conflicts or around.left_open or around.refused
    return around.undos[::-1][: 1 if busy else UNDOS_TOLD]


def _ended(around: Situation) -> tuple[tuple[str, UndoState], ...]:
    """The undos of which it has told the end, and which: when that is touched away, people here have been told."""
    return tuple((undo.request, undo.state) for undo in undos_told(around) if undo.state is not UndoState.ASKED)


def _stop_says(around: Situation) -> Says:
    if around.stopping is not None:
        return say("item_stopping", around.stopping.n)
    return say("item_reopen" if around.cold else "item_stop" if around.poll_open else "item_open")


def _codes(view: ViewContext) -> Iterator[s.Line]:
    """The code that was used last, where that is not finished."""
    around = view.situation
    if around.stopping is not None:
        yield s.Line(view.say("code_named", around.stopping.n), view.say("code_open"), s.Tone.WAIT, wide=True)
    elif around.elsewhere is not None and not around.elsewhere.finished:
        if around.elsewhere.lost or around.elsewhere.device == around.me:
            yield s.Line(view.say("code_named", around.elsewhere.n), view.say("code_lost"), s.Tone.WAIT, wide=True)
            return
        at = view.node(around.elsewhere.device)
        named = around.elsewhere.named
        about = ("code_elsewhere_lists", at, view.nodes(named)) if named else ("code_elsewhere", at)
        yield s.Line(view.say("code_named", around.elsewhere.n), view.say(*about), s.Tone.WAIT, wide=True)


def _undos(view: ViewContext) -> Iterator[s.Line]:
    """What has become of the newest undos."""
    for undo in undos_told(view.situation):
        what = view.say("undo_of_found") if undo.table is None else view.say("undo_of_mark", view.within(undo.table))
        words = view.say(f"undo_{undo.state}", what, view.within(table_of(undo.holder)))
        yield s.Line(view.say("number", view.number(undo.voter)), words, _UNDO_TONES[undo.state], wide=True)


def _conflicts(view: ViewContext) -> Iterator[s.Line]:
    """Each voter with too many ballots in a row; of many only the first so, and the others by their numbers."""
    conflicts = view.situation.conflicts
    told = conflicts if len(conflicts) <= _CONFLICTS_TOLD else conflicts[: _CONFLICTS_TOLD - 1]
    for conflict in told:
        ballots = [view.say("conflict_at", view.within(table), view.clock(at)) for table, at in conflict.ballots]
        words = view.say("conflict", view.listed(ballots))
        yield s.Line(view.say("number", view.number(conflict.voter)), words, s.Tone.BAD, wide=True)
    if others := conflicts[len(told) :]:
        words = view.say("conflict", view.say("number", _numbers([conflict.voter for conflict in others], view)))
        yield s.Line(view.say("also"), words, s.Tone.BAD, wide=True)


def _numbers(voters: list[int], view: ViewContext, told: int = _NUMBERS_TOLD) -> str:
    """Voters by their numbers; of many the first, and how many more they are."""
    more = [view.say("conflicts_more", len(voters) - told)] if len(voters) > told else []
    return view.listed([*map(view.number, voters[:told]), *more])


def _left_open(view: ViewContext) -> Iterator[s.Line]:
    """Voters of whose ballots nobody at the table knows whether they were handed out: the secretary finds out."""
    left = view.situation.left_open
    if len(left) > _LEFT_OPEN_TOLD:
        words = view.say("left_open_many", view.say("number", _numbers([one.voter for one in left], view, _LEFT_OPEN_TOLD)))
        yield s.Line(view.say("voters_many", len(left)), words, s.Tone.WAIT, wide=True)
        return
    for one in left:
        yield s.Line(view.say("number", view.number(one.voter)), view.say("left_open", one.table), s.Tone.WAIT, wide=True)


def _refused(view: ViewContext) -> Iterator[s.Line]:
    """Under whose name something was refused, and what was wrong with it; of many kinds only whose the further ones are."""
    around = view.situation
    known = {peer.device for peer in around.peers} | {around.me}

    def senders(of: list[RejectionReason]) -> str:
        names = list(dict.fromkeys(refused.sender for refused in around.refused if refused.why in of))
        return view.nodes(names) if known.issuperset(names) else ", ".join(names)

    kinds = list(dict.fromkeys(refused.why for refused in around.refused))
    most = 1 if len(around.peers) >= _NODES_EACH else _REFUSED_TOLD
    told = kinds if len(kinds) <= most else kinds[: most - 1]
    for why in told:
        yield s.Line(senders([why]), view.say(f"refused_{why}"), s.Tone.BAD, wide=True)
    if others := kinds[len(told) :]:
        yield s.Line(view.say("refused_code"), view.say("refused_more", senders(others)), s.Tone.BAD, wide=True)


def _nodes(view: ViewContext) -> Iterator[s.Line]:
    """How each node stands, this one too, in the order of the tables."""
    around = view.situation
    stand = {around.me: _own(view), **{peer.device: _state(peer, view) for peer in around.peers if peer.current}}
    if len(stand) > _NODES_EACH:
        if stand[around.me][0] is s.Tone.GOOD:
            del stand[around.me]  # the strip says it
        yield from _together(stand, view)
        return
    for device in by_table(stand):
        tone, words = stand[device]
        yield s.Line(view.node(device), words + _books(device, view), tone)


def _together(stand: dict[str, tuple[s.Tone, str]], view: ViewContext) -> Iterator[s.Line]:
    """Where there are many nodes, those that stand alike have one row, and the worst come first. Who has another's list is told
    in that one's row."""
    silent = {peer.device: peer.clock_off for peer in view.situation.peers if peer.silent}
    alike: dict[tuple[s.Tone, str], list[str]] = {}
    for device in by_table(stand):
        tone, words = stand[device]
        said = _and_clock(view.say("group_silent"), silent[device], view) if device in silent else words
        alike.setdefault((tone, said + _own_book(device, view)), []).append(device)
    for (tone, words), devices in sorted(alike.items(), key=lambda row: _WORST_FIRST.index(row[0][0])):
        yield row_of(devices, words, f"{words}: {view.nodes(devices)}", tone, view)


def _own(view: ViewContext) -> tuple[s.Tone, str]:
    around = view.situation
    if around.unheard:
        return s.Tone.BAD, view.say("this_node", view.say("this_unheard"))
    if around.old_card:
        return s.Tone.WAIT, view.say("this_node", view.say("this_old_card"))
    if not (around.poll_open and around.member):
        said = view.say(f"mode_{around.mode}")
        words = f"{said}, {view.say('stance_joining')}" if around.poll_open else view.say("stance_not_ready")
        return s.Tone.WAIT, view.say("this_node", words)
    tone = s.Tone.GOOD if around.mode is Mode.FREE else s.Tone.WAIT
    return tone, view.say("this_node", view.say(f"mode_{around.mode}"))


def _state(peer: Peer, view: ViewContext) -> tuple[s.Tone, str]:
    if peer.silent:
        since = view.say("not_seen_since", view.clock(peer.last_ms)) if peer.last_ms else view.say("never_seen")
        return s.Tone.BAD, _and_clock(since, peer.clock_off, view)
    office_here = peer.table is None and peer.stance is Stance.SERVING
    words = view.say("stance_office" if office_here else f"stance_{peer.stance}")
    if peer.deaf:
        words = f"{words}, {view.say('hears_nobody')}"
    if peer.seen and peer.display is not Display.DRAWS:
        blind = view.say(f"display_{peer.display}")
        return s.Tone.BAD, blind if peer.stance is Stance.SERVING else f"{words}, {blind}"
    joining = peer.seen and not peer.member and peer.stance is Stance.SERVING
    if joining:
        words = f"{words}, {view.say('stance_joining')}"
    wrong = peer.deaf or peer.clock_off or joining
    return s.Tone.WAIT if wrong else _TONES.get(peer.stance, s.Tone.WAIT), _and_clock(words, peer.clock_off, view)


def _and_clock(words: str, off: bool, view: ViewContext) -> str:
    return f"{words}, {view.say('clock_differs')}" if off else words


def _books(device: str, view: ViewContext) -> str:
    """The books that a node holds besides its own, and where that is, if it is not here."""
    own = table_of(device)
    others = [book for book, holder in view.situation.holders if holder == device and book != own]
    return (f", {view.say('holds', view.tables(others))}" if others else "") + _own_book(device, view)


def _own_book(device: str, view: ViewContext) -> str:
    """Where a node's own book is, if it is not here."""
    own = table_of(device)
    holder = dict(view.situation.holders).get(own, device) if own is not None else device
    if holder == device:
        return ""
    old = table_of(holder) == own
    return f", {view.say('holds_old', holder) if old else view.say('holds_none', view.within(table_of(holder)))}"
