"""From a page of the chair's or the secretary's to a screen. Pure: one function for each page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kiosk.domain import office
from kiosk.domain import screens as s
from kiosk.domain.messages import Stance
from kiosk.domain.nodes import node_of, origin_of

if TYPE_CHECKING:
    from kiosk.domain.desk_states import Office
    from kiosk.domain.situation import Peer, Seizure
    from kiosk.domain.view import View

_Parts = tuple[s.Content, s.Button | None, s.Button | None]

_TONES = {Stance.SERVING: s.Tone.GOOD, Stance.CLOSED: s.Tone.OFF, Stance.LOCKED: s.Tone.OFF, Stance.FAULT: s.Tone.BAD}


def board(state: Office, view: View) -> _Parts:
    """The screen of a page."""
    return _PAGES[type(state.page)](state.page, view)


def _item(what: str, text: str) -> s.Button:
    return s.Button(f"pick {what}", text)


def _back(view: View) -> s.Button:
    return s.Button("cancel", view.say("back"))


def _overview(_page: office.Overview, view: View) -> _Parts:
    around = view.situation
    may = {
        office.Deed.HAND_OVER: bool(around.mine),
        office.Deed.SEAL: bool(around.may_seal or around.seizures),
        office.Deed.ATTEST: around.may_attest,
    }
    content = s.Board(
        view.say("overview"),
        lines=(*_conflicts(view), *_nodes(view)),
        items=tuple(_item(deed, view.say(f"item_{deed}")) for deed, holds in may.items() if holds),
        notice=view.say("refused_of", "; ".join(around.refused)) if around.refused else "",
    )
    home = view.table is None
    return content, s.Button("menu", view.say("menu")) if home else _back(view), None


def _conflicts(view: View) -> Iterator[s.Line]:
    for conflict in view.situation.conflicts:
        ballots = [
            view.say("conflict_at", table, view.clock(at)) if table else view.say("conflict_found", view.clock(at))
            for table, at in conflict.ballots
        ]
        words = f" {view.say('and')} ".join(ballots)
        yield s.Line(view.say("number", view.number(conflict.voter)), view.say("conflict", words), s.Tone.BAD)


def _nodes(view: View) -> Iterator[s.Line]:
    around = view.situation
    mode = view.say(f"mode_{around.mode}")
    yield s.Line(view.node(around.me), view.say("this_node", mode) + _books(around.me, view), s.Tone.GOOD)
    for peer in around.peers:
        if peer.current:
            tone, words = _state(peer, view)
            yield s.Line(view.node(peer.origin), words + _books(peer.origin, view), tone)


def _state(peer: Peer, view: View) -> tuple[s.Tone, str]:
    if not peer.seen:
        since = view.say("not_seen_since", view.clock(peer.last_ms)) if peer.last_ms else view.say("never_seen")
        return s.Tone.BAD, since
    office_here = peer.table is None and peer.stance is Stance.SERVING
    words = view.say("stance_office" if office_here else f"stance_{peer.stance}")
    if peer.clock_off:
        return s.Tone.WAIT, f"{words}, {view.say('clock_differs')}"
    return _TONES.get(peer.stance, s.Tone.WAIT), words


def _books(origin: str, view: View) -> str:
    """The books that a node holds, where they are not just its own."""
    held = [book for book, holder in view.situation.holders if holder == origin]
    if held == [view.own_book(origin)]:
        return ""
    return ", " + (view.say("holds", ", ".join(view.book(book) for book in held)) if held else view.say("holds_none"))


def _pick_book(page: office.PickBook, view: View) -> _Parts:
    around = view.situation
    taking = {seizure.book for seizure in around.seizures} | set(around.may_seal)
    books = around.mine if page.deed is office.Deed.HAND_OVER else tuple(sorted(taking))
    holders = dict(around.holders)
    items = tuple(_item(str(book), view.say("book_of", view.book(book), view.node(holders[book]))) for book in books)
    return s.Board(view.say(f"pick_book_{page.deed}"), items=items), _back(view), None


def _pick_heir(page: office.PickHeir, view: View) -> _Parts:
    around = view.situation
    seen = [peer.origin for peer in around.peers if peer.seen and peer.current]
    nodes = sorted([around.me, *seen] if page.deed is office.Deed.SEIZE else seen)
    items = tuple(_item(origin, view.node(origin)) for origin in nodes)
    return s.Board(view.say("pick_heir", view.book(page.book)), items=items), _back(view), None


def _pick_stopped(page: office.PickStopped, view: View) -> _Parts:
    content = s.Board(
        view.say("pick_stopped"),
        view.say("pick_stopped_text"),
        items=tuple(_item(peer.origin, _disk(peer.origin, view)) for peer in view.situation.peers),
        chosen=tuple(f"pick {origin}" for origin in sorted(page.chosen)),
    )
    may_go = page.book is not None or bool(page.chosen)
    return content, _back(view), s.Button("go", view.say("go_on")) if may_go else None


def _disk(origin: str, view: View) -> str:
    """A node's name, and its disk's where that is not the one it was delivered with."""
    name = view.node(origin)
    return name if origin == origin_of(node_of(origin)) else f"{name} ({origin})"


def _piles(page: office.Piles, view: View) -> _Parts:
    around = view.situation
    seizure = office.seizure_of(around, page.book)
    if page.book is None:
        lines = tuple(s.Line(_disk(o, view), _since(o, view), s.Tone.WAIT) for o in sorted(page.nodes))
        nodes, scanned, title, ready = sorted(page.nodes), len(page.cards), view.say("piles_start"), True
    elif seizure is None:
        return s.Board(view.say("seizing", view.book(page.book)), view.say("seizing_begins")), _back(view), None
    else:
        lines = tuple(_seizure_lines(seizure, view))
        nodes, scanned = [peer.origin for peer in seizure.stopped], seizure.scanned
        title, ready = view.say("seizing", view.book(seizure.book)), seizure.ready
    items = [_item(origin, view.say("pile", _disk(origin, view))) for origin in nodes]
    again = [_item("again", view.say("seal_again"))] if seizure is not None else []
    content = s.Board(
        title,
        view.say("piles_text" if page.pile else "piles_choose"),
        lines,
        (*items, *again),
        (f"pick {page.pile}",) if page.pile else (),
        view.say("scanned", scanned),
    )
    go = view.say("seize" if page.book is not None else "go_on")
    return content, _back(view), s.Button("go", go) if ready else None


def _seizure_lines(seizure: Seizure, view: View) -> Iterator[s.Line]:
    for origin in seizure.waits_for:
        yield s.Line(_disk(origin, view), view.say("must_answer"), s.Tone.BAD)
    if seizure.fetching:
        yield s.Line(view.say("fetching"), view.say("fetching_text"), s.Tone.WAIT)
    for peer in seizure.stopped:
        numbers = ", ".join(view.number(u.voter) for u in seizure.unproved if u.origin == peer.origin)
        listed = " " + view.say("and_numbers", numbers) if numbers else ""
        yield s.Line(_disk(peer.origin, view), _since(peer.origin, view) + listed, s.Tone.WAIT)


def _since(origin: str, view: View) -> str:
    """Which cards of a stopped table are to be scanned again."""
    last_ms = next((peer.last_ms for peer in view.situation.peers if peer.origin == origin), 0)
    return view.say("cards_since", view.clock(last_ms)) if last_ms else view.say("cards_all")


_PAGES: dict[type, Callable[[Any, View], _Parts]] = {
    office.Overview: _overview,
    office.PickBook: _pick_book,
    office.PickHeir: _pick_heir,
    office.PickStopped: _pick_stopped,
    office.Piles: _piles,
}
