"""From a page of the chair's or the secretary's to a screen. Pure: one function for each page."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from kiosk.domain import office
from kiosk.domain import screens as s
from kiosk.domain.chain import Refusal
from kiosk.domain.circumstances import View, by_table
from kiosk.domain.codetext import CHAIR, DIGITS, GROUPS, NUMBERS, RESERVE
from kiosk.domain.desk_states import Office
from kiosk.domain.messages import Display, Stance
from kiosk.domain.nodes import is_spare, table_of
from kiosk.domain.situation import LastCard, Mode, Peer, Stopping, Undoable, UndoState

_Parts = tuple[s.Content, s.Button | None, s.Button | None]

_NODES_EACH = 12  # nodes that have a row each
_CONFLICTS_TOLD = 2  # conflicts that have a row each, with tables and times
_NUMBERS_TOLD = 6  # further ones by their voters' numbers
_REFUSED_TOLD = 6  # kinds of refusals that have a row each, where not even the nodes are too many for that
_LEFT_OPEN_TOLD = 2  # voters left to the secretary that have a row each
_BOOKS_EACH = 8  # books that are called lists each
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
    content, left, right = _PAGES[type(state.page)](state.page, view)
    if isinstance(content, s.Board):
        content = msgspec.structs.replace(content, page=type(state.page).__name__)
    return content, left, right


def _item(what: str, text: str) -> s.Button:
    return s.Button(f"pick {what}", text)


def _back(view: View) -> s.Button:
    return s.Button("cancel", view.say("back"))


def _overview(_page: office.Overview, view: View) -> _Parts:
    around = view.situation
    may = {
        office.Deed.STOP: (around.may_stop or around.stopping is not None, _stop_item(view)),
        office.Deed.GIVE: (bool(around.mine and around.peers), view.say("item_give")),
        office.Deed.UNDO: (around.may_undo, view.say("item_undo")),
        office.Deed.EXCUSE: (bool(around.excusable) and not around.cold, view.say("item_excuse")),
    }
    content = s.Board(
        view.say("overview"),
        f"{view.say('cold') if around.cold else ''} {view.awaited(around.awaited)}".strip(),
        lines=(*_codes(view), *_undos(view), *_conflicts(view), *_left_open(view), *_refused(view), *_nodes(view)),
        items=tuple(_item(deed, words) for deed, (holds, words) in may.items() if holds),
    )
    left = s.Button("menu", view.say("menu")) if view.table is None else _back(view)
    return content, left, _item("seen", view.say("seen")) if office.seen(around).requests else None


def _stop_item(view: View) -> str:
    around = view.situation
    if around.stopping is not None:
        return view.say("item_stopping", around.stopping.n)
    return view.say("item_reopen" if around.cold else "item_stop" if around.poll_open else "item_open")


def _codes(view: View) -> Iterator[s.Line]:
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
        ballots = [view.say("conflict_at", view.within(table), view.clock(at)) for table, at in conflict.ballots]
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
    """Under whose name something was refused, and what was wrong with it; of many kinds only whose the further ones are."""
    around = view.situation
    known = {peer.device for peer in around.peers} | {around.me}

    def senders(of: list[Refusal]) -> str:
        names = list(dict.fromkeys(refused.sender for refused in around.refused if refused.why in of))
        return view.nodes(names) if known.issuperset(names) else ", ".join(names)

    kinds = list(dict.fromkeys(refused.why for refused in around.refused))
    most = 1 if len(around.peers) >= _NODES_EACH else _REFUSED_TOLD
    told = kinds if len(kinds) <= most else kinds[: most - 1]
    for why in told:
        yield s.Line(senders([why]), view.say(f"refused_{why}"), s.Tone.BAD, wide=True)
    if others := kinds[len(told) :]:
        yield s.Line(view.say("refused_code"), view.say("refused_more", senders(others)), s.Tone.BAD, wide=True)


def _nodes(view: View) -> Iterator[s.Line]:
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


def _together(stand: dict[str, tuple[s.Tone, str]], view: View) -> Iterator[s.Line]:
    """Where there are many nodes, those that stand alike have one row, and the worst come first. Who has another's list is told
    in that one's row."""
    silent = {peer.device: peer.clock_off for peer in view.situation.peers if peer.silent}
    alike: dict[tuple[s.Tone, str], list[str]] = {}
    for device in by_table(stand):
        tone, words = stand[device]
        said = _and_clock(view.say("group_silent"), silent[device], view) if device in silent else words
        alike.setdefault((tone, said + _own_book(device, view)), []).append(device)
    for (tone, words), devices in sorted(alike.items(), key=lambda row: _WORST_FIRST.index(row[0][0])):
        yield _row(devices, words, f"{words}: {view.nodes(devices)}", tone, view)


def _row(devices: list[str], of_one: str, of_many: str, tone: s.Tone, view: View) -> s.Line:
    if len(devices) == 1:
        return s.Line(view.node(devices[0]), of_one, tone, wide=True)
    return s.Line(view.say("nodes_counted", len(devices)), of_many, tone, wide=True)


def _own(view: View) -> tuple[s.Tone, str]:
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
    joining = peer.seen and not peer.member and peer.stance is Stance.SERVING
    if joining:
        words = f"{words}, {view.say('stance_joining')}"
    wrong = peer.deaf or peer.clock_off or joining
    return s.Tone.WAIT if wrong else _TONES.get(peer.stance, s.Tone.WAIT), _and_clock(words, peer.clock_off, view)


def _and_clock(words: str, off: bool, view: View) -> str:
    return f"{words}, {view.say('clock_differs')}" if off else words


def _books(device: str, view: View) -> str:
    """The books that a node holds besides its own, and where that is, if it is not here."""
    own = table_of(device)
    others = [book for book, holder in view.situation.holders if holder == device and book != own]
    return (f", {view.say('holds', view.tables(others))}" if others else "") + _own_book(device, view)


def _own_book(device: str, view: View) -> str:
    """Where a node's own book is, if it is not here."""
    own = table_of(device)
    holder = dict(view.situation.holders).get(own, device) if own is not None else device
    if holder == device:
        return ""
    old = table_of(holder) == own
    return f", {view.say('holds_old', holder) if old else view.say('holds_none', view.within(table_of(holder)))}"


def _find_mark(page: office.FindMark, view: View) -> _Parts:
    notice = view.say("card_misread") if page.misread else ""
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


def _pick_book(_page: office.PickBook, view: View) -> _Parts:
    mine = view.situation.mine
    words = {book: view.book(book) if len(mine) <= _BOOKS_EACH else view.say("node_table", book) for book in mine}
    items = tuple(_item(str(book), _capital(words[book])) for book in mine)
    return s.Board(view.say("pick_book"), items=items), _back(view), None


def _pick_heir(page: office.PickHeir, view: View) -> _Parts:
    seen = [peer.device for peer in view.situation.peers if peer.seen and peer.current]
    items = tuple(_item(device, view.node(device)) for device in by_table(seen))
    return s.Board(view.say("pick_heir", view.book(page.book)), items=items), _back(view), None


def _pick_stopped(page: office.PickStopped, view: View) -> _Parts:
    around = view.situation
    text = view.say("pick_stopped_text")
    if around.stopping is not None and around.stopping.stopped:
        text = view.say("pick_stopped_again", around.stopping.n, view.nodes(peer.device for peer in around.stopping.stopped))
    content = s.Board(
        view.say("pick_stopped" if around.poll_open else "pick_stopped_open"),
        text,
        items=tuple(_item(peer.device, _disk_seen(peer, view)) for peer in around.peers),
        chosen=tuple(f"pick {device}" for device in sorted(page.chosen)),
    )
    return content, _back(view), s.Button("go", view.say("go_on"))


def _pick_excused(page: office.PickExcused, view: View) -> _Parts:
    content = s.Board(
        view.say("pick_excused"),
        view.say("pick_excused_text"),
        items=tuple(_item(device, _disk(device, view)) for device in view.situation.excusable),
        chosen=tuple(f"pick {device}" for device in sorted(page.chosen)),
    )
    return content, _back(view), s.Button("go", view.say("go_on")) if page.chosen else None


def _ask_code(page: office.AskCode, view: View) -> _Parts:
    """Which code comes next, what it attests, and what speaks against that."""
    around = view.situation
    n = around.last_code + 1
    if n not in NUMBERS:
        return s.Board(view.say("codes_gone"), view.say("codes_gone_text")), _back(view), None
    notice = (
        view.say(f"code_{page.slip}", page.n, n, _left_of_sheet(n), view.sheet)
        if page.slip is not None
        else _doubts(page, view)
    )
    text = "ask_code_reserve" if n == RESERVE[0] else "ask_code_text"
    attested = view.nodes(page.devices) if page.devices else view.say("nobody")
    content = s.Typing(view.say("ask_code", n), view.say(text, attested), DIGITS, notice, GROUPS)
    return content, _back(view), s.Button("number", view.say("use_code"))


def _left_of_sheet(n: int) -> str:
    """The codes of the chair's sheet from `n` on."""
    return f"{n}–{CHAIR[-1]}" if n < CHAIR[-1] else str(n)


def _doubts(page: office.AskCode, view: View) -> str:
    """What the chair may have overlooked: who is ticked and answers, and who is not and is silent."""
    around = view.situation
    seen = [peer.device for peer in around.peers if peer.seen and peer.device in page.devices]
    if seen:
        return view.say("code_but_seen", view.nodes(seen))
    silent = [peer.device for peer in around.peers if (peer.silent or peer.locked) and peer.device not in page.devices]
    return view.say("code_not_ticked", view.nodes(silent)) if silent else ""


def _disk(device: str, view: View) -> str:
    """A node's name, and its disk's where that is not the one it was delivered with, or where it goes on with another."""
    return view.card(device) if _has_own_name(device, view) else view.node(device)


def _has_own_name(device: str, view: View) -> bool:
    return is_spare(device) or view.is_changed(device)


def _disk_seen(peer: Peer, view: View) -> str:
    """The same in short, with what speaks for its being stopped."""
    if not (peer.silent or peer.locked):
        return _disk(peer.device, view)
    name = peer.device if _has_own_name(peer.device, view) else view.node(peer.device)
    return f"{name} ({view.say('stance_locked' if peer.locked else 'disk_silent')})"


def _piles(page: office.Piles, view: View) -> _Parts:
    stopping = view.situation.stopping
    if stopping is None:
        return s.Board(*_outcome(page, view)), _back(view), None
    nodes = by_table(peer.device for peer in stopping.stopped)
    pile = "pile" if len(nodes) <= _PILES_TOLD else "pile_short"
    items = [_item(device, view.say(pile, _disk(device, view))) for device in nodes]
    again = view.say("stop_again" if len(nodes) <= _PILES_TOLD else "stop_again_short")
    content = s.Board(
        view.say(_headline(stopping, view), stopping.n),
        view.say("piles_text" if page.pile else "piles_choose") if nodes and not page.misread else "",
        tuple(_stopping_lines(stopping, _told(nodes, page.pile), view)),
        (*items, _item("again", again)),
        (f"pick {page.pile}",) if page.pile else (),
        _counted(page, stopping, view) if nodes else "",
        view.say("card_misread") if page.misread else "",
    )
    go = view.say("open_poll" if stopping.opens and not nodes else "take_over" if nodes else "go_on")
    return content, _back(view), s.Button("go", go) if stopping.ready else None


def _headline(stopping: Stopping, view: View) -> str:
    """What a stop is for. Where the secretary's node alone is named, no list moves."""
    if stopping.opens:
        return "opening"
    return "reopening" if view.situation.cold else "stopping" if stopping.stopped else "code_named"


def _counted(page: office.Piles, stopping: Stopping, view: View) -> str:
    """How many cards were found, and that the last one was read: it may be known already, and then the count stays."""
    if page.last:
        return view.say("scanned_last", view.number(page.last), stopping.scanned)
    return view.say("scanned", stopping.scanned)


def _outcome(page: office.Piles, view: View) -> tuple[str, str]:
    """What has come of a stop that is not this node's any more."""
    around = view.situation
    if around.viewed == page.n:
        if around.kept:
            return view.say("moved_none", page.n), view.say(
                "moved_kept", view.listed([_disk(one, view) for one in around.kept])
            )
        if around.taken == (view.table,):
            return view.say("moved"), view.say("moved_own")
        if around.taken:
            return view.say("moved"), view.say("moved_text", view.tables(around.taken))
        return view.say("moved_none", page.n), view.say("moved_none_text")
    if around.elsewhere is not None and around.elsewhere.lost:
        return view.say("not_moved"), f"{view.say('code_named', around.elsewhere.n)} {view.say('code_lost')}."
    if around.elsewhere is not None:
        at = view.within(table_of(around.elsewhere.device))
        return view.say("not_moved"), view.say("not_moved_text", around.elsewhere.n, at)
    return view.say("not_moved"), view.say("not_moved_unused")


def _told(nodes: list[str], pile: str) -> list[str]:
    """The stopped devices that have a row: all, or where they are many the one whose cards are being scanned."""
    return nodes if len(nodes) <= _PILES_TOLD else [device for device in nodes if device == pile]


def _stopping_lines(stopping: Stopping, told: list[str], view: View) -> Iterator[s.Line]:
    waits_for, locked = by_table(stopping.waits_for), view.locked(stopping.waits_for)
    if len(waits_for) > _PILES_TOLD - 2:
        for key in ("must_unlock", "must_answer", "must_wait"):
            if devices := [device for device in waits_for if _must(device, locked, view) == key]:
                words = view.say(key)
                yield _row(devices, words, f"{view.nodes(devices)}: {words}", _MUST[key], view)
    else:
        for device in waits_for:
            key = _must(device, locked, view)
            yield s.Line(_disk(device, view), view.say(key), _MUST[key], wide=True)
    if stopping.fetching:
        from_whom = f" ({view.nodes(stopping.fetching_from)})" if stopping.fetching_from else ""
        yield s.Line(view.say("fetching"), view.say("fetching_text", from_whom), s.Tone.WAIT, wide=True)
    for peer in (peer for peer in stopping.stopped if peer.device in told):
        numbers = ", ".join(view.number(u.voter) for u in stopping.unproved if u.device == peer.device)
        listed = "; " + view.say("and_numbers", numbers) if numbers else ""
        yield s.Line(_disk(peer.device, view), _since(peer, view) + listed, s.Tone.WAIT, wide=True)


def _must(device: str, locked: set[str], view: View) -> str:
    """What a device that has not acknowledged needs: one that is seen does it by itself in a moment."""
    seen = any(peer.device == device and peer.seen for peer in view.situation.peers)
    return "must_unlock" if device in locked else "must_wait" if seen else "must_answer"


_MUST = {"must_unlock": s.Tone.BAD, "must_answer": s.Tone.BAD, "must_wait": s.Tone.WAIT}


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
    office.PickExcused: _pick_excused,
    office.AskCode: _ask_code,
    office.Piles: _piles,
}
