"""From a page of the chair's or the secretary's to a screen. Pure: one function for each page."""

from collections.abc import Callable, Iterator
from typing import Any

from kiosk.domain import office
from kiosk.domain import screens as s
from kiosk.domain.circumstances import View, by_table
from kiosk.domain.desk_states import Office
from kiosk.domain.messages import Display, Stance
from kiosk.domain.nodes import node_of, origin_of, table_of
from kiosk.domain.situation import LastCard, Mode, Peer, Seizure, Undoable, UndoState

_Parts = tuple[s.Content, s.Button | None, s.Button | None]

_NODES_EACH = 12  # nodes that have a row each
_CONFLICTS_TOLD = 2  # conflicts that have a row each, with tables and times
_NUMBERS_TOLD = 6  # further ones by their voters' numbers
_LEFT_OPEN_TOLD = 2  # voters left to the secretary that have a row each
_BOOKS_EACH = 8  # books that are named with their holders
_PILES_TOLD = 6  # stopped nodes that have a row each
_WORST_FIRST = (s.Tone.BAD, s.Tone.WAIT, s.Tone.OFF, s.Tone.GOOD)
_UNDO_TONES = {
    UndoState.ASKED: s.Tone.WAIT,
    UndoState.UNDONE: s.Tone.GOOD,
    UndoState.REFUSED: s.Tone.BAD,
    UndoState.OVERTAKEN: s.Tone.BAD,
}
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
        office.Deed.HAND_OVER: bool(around.mine and around.peers),
        office.Deed.SEAL: bool(around.may_seal or around.seizures),
        office.Deed.UNDO: office.may_undo(around),
        office.Deed.ATTEST: around.may_attest,
    }
    content = s.Board(
        view.say("overview"),
        view.awaited(around.awaited),
        lines=(*_undos(view), *_conflicts(view), *_left_open(view), *_refused(view), *_nodes(view)),
        items=tuple(_item(deed, view.say(f"item_{deed}")) for deed, holds in may.items() if holds),
    )
    left = s.Button("menu", view.say("menu")) if view.table is None else _back(view)
    return content, left, _item("seen", view.say("seen")) if office.seen(around).requests else None


def _undos(view: View) -> Iterator[s.Line]:
    """What has become of the newest undos."""
    for undo in office.undos_told(view.situation):
        what = view.say("undo_of_found") if undo.table is None else view.say("undo_of_mark", view.within(undo.table))
        words = view.say(f"undo_{undo.state}", what, view.within(table_of(undo.holder)))
        yield s.Line(view.say("number", view.number(undo.voter)), words, _UNDO_TONES[undo.state], wide=True)


def _conflicts(view: View) -> Iterator[s.Line]:
    """Each voter with too many ballots in a row; of many only the first so, and the others by their numbers."""
    conflicts = view.situation.conflicts
    told = conflicts if len(conflicts) <= _CONFLICTS_TOLD else conflicts[: _CONFLICTS_TOLD - 1]
    for conflict in told:
        ballots = [
            view.say("conflict_at", table, view.clock(at)) if table else view.say("conflict_found", view.clock(at))
            for table, at in conflict.ballots
        ]
        words = view.say("conflict", view.listed(ballots))
        yield s.Line(view.say("number", view.number(conflict.voter)), words, s.Tone.BAD, wide=True)
    if others := conflicts[len(told) :]:
        words = view.say("conflict", view.say("number", _numbers([conflict.voter for conflict in others], view)))
        yield s.Line(view.say("also"), words, s.Tone.BAD, wide=True)


def _numbers(voters: list[int], view: View, told: int = _NUMBERS_TOLD) -> str:
    """Voters by their numbers; of many the first, and how many more they are."""
    more = [view.say("conflicts_more", len(voters) - told)] if len(voters) > told else []
    return view.listed([*map(view.number, voters[:told]), *more])


def _left_open(view: View) -> Iterator[s.Line]:
    """Voters of whose ballots nobody at the table knows whether they were handed out: the secretary finds out."""
    left = view.situation.left_open
    if len(left) > _LEFT_OPEN_TOLD:
        words = view.say("left_open_many", view.say("number", _numbers([one.voter for one in left], view, _LEFT_OPEN_TOLD)))
        yield s.Line(view.say("voters_many", len(left)), words, s.Tone.WAIT, wide=True)
        return
    for one in left:
        yield s.Line(view.say("number", view.number(one.voter)), view.say("left_open", one.table), s.Tone.WAIT, wide=True)


def _refused(view: View) -> Iterator[s.Line]:
    """Under whose name something was refused, and what was wrong with it."""
    around = view.situation
    known = {peer.origin for peer in around.peers} | {around.me}
    for why in dict.fromkeys(refused.why for refused in around.refused):
        senders = [refused.sender for refused in around.refused if refused.why is why]
        names = view.nodes(senders) if known.issuperset(senders) else ", ".join(senders)
        yield s.Line(names, view.say(f"refused_{why}"), s.Tone.BAD, wide=True)


def _nodes(view: View) -> Iterator[s.Line]:
    """How each node stands, this one too, in the order of the tables."""
    around = view.situation
    stand = {around.me: _own(view), **{peer.origin: _state(peer, view) for peer in around.peers if peer.current}}
    if len(stand) > _NODES_EACH:
        if stand[around.me][0] is s.Tone.GOOD and not _books(around.me, view):
            del stand[around.me]  # the strip says it
        yield from _together(stand, view)
        return
    for origin in by_table(stand):
        tone, words = stand[origin]
        yield s.Line(view.node(origin), words + _books(origin, view), tone)


def _together(stand: dict[str, tuple[s.Tone, str]], view: View) -> Iterator[s.Line]:
    """Where there are many nodes, those that stand alike have one row, and the worst come first."""
    silent = {peer.origin: peer.clock_off for peer in view.situation.peers if peer.silent}
    alike: dict[tuple[s.Tone, str], list[str]] = {}
    for origin in by_table(stand):
        tone, words = stand[origin]
        said = _and_clock(view.say("group_silent"), silent[origin], view) if origin in silent else words
        alike.setdefault((tone, said + _books(origin, view)), []).append(origin)
    for (tone, words), origins in sorted(alike.items(), key=lambda row: _WORST_FIRST.index(row[0][0])):
        yield _row(origins, words, f"{words}: {view.nodes(origins)}", tone, view)


def _row(origins: list[str], of_one: str, of_many: str, tone: s.Tone, view: View) -> s.Line:
    if len(origins) == 1:
        return s.Line(view.node(origins[0]), of_one, tone, wide=True)
    return s.Line(view.say("nodes_counted", len(origins)), of_many, tone, wide=True)


def _own(view: View) -> tuple[s.Tone, str]:
    mode = view.situation.mode
    if view.situation.unheard:
        return s.Tone.BAD, view.say("this_node", view.say("this_unheard"))
    return s.Tone.GOOD if mode is Mode.FREE else s.Tone.WAIT, view.say("this_node", view.say(f"mode_{mode}"))


def _state(peer: Peer, view: View) -> tuple[s.Tone, str]:
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
    wrong = peer.deaf or peer.clock_off
    return s.Tone.WAIT if wrong else _TONES.get(peer.stance, s.Tone.WAIT), _and_clock(words, peer.clock_off, view)


def _and_clock(words: str, off: bool, view: View) -> str:
    return f"{words}, {view.say('clock_differs')}" if off else words


def _books(origin: str, view: View) -> str:
    """The books that a node holds, where they are not just its own."""
    held = [book for book, holder in view.situation.holders if holder == origin]
    if held == [view.own_book(origin)]:
        return ""
    return ", " + (view.say("holds", ", ".join(view.book(book) for book in held)) if held else view.say("holds_none"))


def _find_mark(page: office.FindMark, view: View) -> _Parts:
    notice = view.say("find_mark_misread") if page.misread else ""
    content = s.Typing(view.say("find_mark"), view.say("find_mark_text"), view.card_digits, notice)
    return content, _back(view), s.Button("number", view.say("find"))


def _marks(page: office.Marks, view: View) -> _Parts:
    marks = view.situation.marks
    number = view.say("number", view.number(page.voter))
    text = f"{number}   {page.name}".strip()
    none = view.say("marks_none_text" if page.name else "marks_unlisted")
    content = s.Board(
        view.say("marks" if marks else "marks_none"),
        text if marks else f"{text}. {none}",
        tuple(_mark_line(mark, view) for mark in marks),
        tuple(_item(str(at), _mark(mark, view)) for at, mark in enumerate(marks, 1)),
    )
    return content, _back(view), None


def _mark(mark: Undoable, view: View) -> str:
    """What a mark's item says."""
    words = view.say("mark_found" if mark.found else "mark_at", view.within(mark.table), view.clock(mark.time_ms))
    return _capital(words)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _mark_line(mark: Undoable, view: View) -> s.Line:
    """Table, time and elections of a mark, and whether ballots were handed out."""
    elections = view.listed([ballot.election for ballot in view.to_hand_out(mark.elections)])
    kind = "found" if mark.found else "issued" if mark.issued else "not_issued"
    words = view.say(f"mark_told_{kind}", view.clock(mark.time_ms), elections)
    return s.Line(_capital(view.within(mark.table)), words, s.Tone.WAIT, wide=True)


def _pick_book(page: office.PickBook, view: View) -> _Parts:
    around = view.situation
    taking = {seizure.book for seizure in around.seizures} | set(around.may_seal)
    books = around.mine if page.deed is office.Deed.HAND_OVER else tuple(sorted(taking))
    holders = dict(around.holders)
    items = tuple(_item(str(book), _book_of(book, holders[book], len(books) > _BOOKS_EACH, view)) for book in books)
    return s.Board(view.say(f"pick_book_{page.deed}"), items=items), _back(view), None


def _book_of(book: int, holder: str, short: bool, view: View) -> str:
    """A book and who holds it; in short only where that is not the node that it belongs to."""
    own = view.own_book(holder) == book
    return view.book(book) if short and own else view.say("book_of", view.book(book), view.node(holder))


def _pick_heir(page: office.PickHeir, view: View) -> _Parts:
    around = view.situation
    seen = [peer.origin for peer in around.peers if peer.seen and peer.current]
    nodes = by_table([around.me, *seen] if page.deed is office.Deed.SEIZE else seen)
    items = tuple(_item(origin, view.node(origin)) for origin in nodes)
    return s.Board(view.say("pick_heir", view.book(page.book)), items=items), _back(view), None


def _pick_stopped(page: office.PickStopped, view: View) -> _Parts:
    content = s.Board(
        view.say("pick_stopped"),
        view.say("pick_stopped_text"),
        items=tuple(_item(peer.origin, _disk_seen(peer, view)) for peer in view.situation.peers),
        chosen=tuple(f"pick {origin}" for origin in sorted(page.chosen)),
    )
    may_go = page.book is not None or bool(page.chosen)
    return content, _back(view), s.Button("go", view.say("go_on")) if may_go else None


def _disk(origin: str, view: View) -> str:
    """A node's name, and its disk's where that is not the one it was delivered with."""
    name = view.node(origin)
    return name if origin == origin_of(node_of(origin)) else f"{name} ({origin})"


def _disk_seen(peer: Peer, view: View) -> str:
    """The same in short, with what speaks for its being stopped."""
    if not (peer.silent or peer.locked):
        return _disk(peer.origin, view)
    first = peer.origin == origin_of(node_of(peer.origin))
    return f"{view.node(peer.origin) if first else peer.origin} ({view.say('stance_locked' if peer.locked else 'disk_silent')})"


def _piles(page: office.Piles, view: View) -> _Parts:
    around = view.situation
    seizure = office.seizure_of(around, page.book)
    if page.book is None:
        nodes = by_table(page.nodes)
        known = {peer.origin: peer for peer in around.peers}
        told = [known[origin] for origin in _told(nodes, page.pile) if origin in known]
        lines = tuple(s.Line(_disk(peer.origin, view), _since(peer, view), s.Tone.WAIT, wide=True) for peer in told)
        scanned, title, ready = len(page.cards), view.say("piles_start"), True
    elif seizure is None:
        return s.Board(view.say("seizing", view.book(page.book)), view.say("seizing_begins")), _back(view), None
    else:
        nodes = by_table(peer.origin for peer in seizure.stopped)
        lines, scanned = tuple(_seizure_lines(seizure, _told(nodes, page.pile), view)), seizure.scanned
        title, ready = view.say("seizing", view.book(seizure.book)), seizure.ready
    pile = "pile" if len(nodes) <= _PILES_TOLD else "pile_short"
    items = [_item(origin, view.say(pile, _disk(origin, view))) for origin in nodes]
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


def _told(nodes: list[str], pile: str) -> list[str]:
    """The stopped nodes that have a row: all, or where they are many the one whose cards are being scanned."""
    return nodes if len(nodes) <= _PILES_TOLD else [origin for origin in nodes if origin == pile]


def _seizure_lines(seizure: Seizure, told: list[str], view: View) -> Iterator[s.Line]:
    waits_for, locked = by_table(seizure.waits_for), view.locked(seizure.waits_for)
    if len(waits_for) > _PILES_TOLD - 2:
        for words, origins in ((view.say("must_unlock"), locked), (view.say("must_answer"), set(waits_for) - locked)):
            if origins:
                yield _row(list(origins), words, f"{view.nodes(origins)}: {words}", s.Tone.BAD, view)
    else:
        for origin in waits_for:
            said = "must_unlock" if origin in locked else "must_answer"
            yield s.Line(_disk(origin, view), view.say(said), s.Tone.BAD, wide=True)
    if seizure.fetching:
        yield s.Line(view.say("fetching"), view.say("fetching_text"), s.Tone.WAIT, wide=True)
    for peer in (peer for peer in seizure.stopped if peer.origin in told):
        numbers = ", ".join(view.number(u.voter) for u in seizure.unproved if u.origin == peer.origin)
        listed = " " + view.say("and_numbers", numbers) if numbers else ""
        yield s.Line(_disk(peer.origin, view), _since(peer, view) + listed, s.Tone.WAIT, wide=True)


def _since(peer: Peer, view: View) -> str:
    """Which cards of a stopped table are to be scanned again: told by its last card, since its clock may be wrong."""
    if peer.card is None:
        return view.say("cards_all")
    heard = _heard(peer.card, view)
    return view.say("cards_since", peer.card.place, view.number(peer.card.voter)) + (f" ({heard})" if heard else "")


def _heard(card: LastCard, view: View) -> str:
    """When this node heard of a card, by its own clock."""
    if not card.heard_ms:
        return ""
    heard = view.say("card_heard", view.clock(card.heard_ms))
    return f"{heard}, {view.say('clock_here_wrong')}" if view.clock_wrong else heard


_PAGES: dict[type, Callable[[Any, View], _Parts]] = {
    office.Overview: _overview,
    office.FindMark: _find_mark,
    office.Marks: _marks,
    office.PickBook: _pick_book,
    office.PickHeir: _pick_heir,
    office.PickStopped: _pick_stopped,
    office.Piles: _piles,
}
