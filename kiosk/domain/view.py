"""From the desk's state to a screen. Pure: one function for each state."""

from collections.abc import Callable, Iterable

from kiosk.domain import desk_states as d
from kiosk.domain import screens as s
from kiosk.domain.chair_actions import BeginIsland, ReleaseVoter, UnlockNode
from kiosk.domain.eligibility import Barred, RefusalReason
from kiosk.domain.entries import How
from kiosk.domain.nodes import table_of
from kiosk.domain.pages import for_chair, screen_of
from kiosk.domain.pin import pin_screen
from kiosk.domain.situation import Elsewhere, Undo
from kiosk.domain.texts import CODES
from kiosk.domain.view_context import ViewContext

__all__ = ["ViewContext", "asked", "fault", "screen", "without_list"]


def screen(number: int, state: d.State, view: ViewContext) -> s.Screen:
    """The whole screen of a state, as one that asks something new."""
    content, left, right = _VIEWS[type(state)](state, view)
    strip = view.pages_strip if isinstance(state, d.Office) and not state.page.warns else view.strip
    return s.Screen(number, number, strip, content, left, right)


def asked(screen: s.Screen, state: d.State, view: ViewContext) -> object:
    """What a screen asks, to be compared: while it is the same, a touch means what was seen. What a page only tells is left
    out."""
    if isinstance(state, d.Office) and isinstance(screen.content, s.Sheet):
        asking = [asks for block in screen.content.blocks if (asks := _asked_by(block)) is not None]
        return state.page, state.page.meant(view.facts), asking, screen.content.tabs, screen.left, screen.right
    return screen.content, screen.left, screen.right


def _asked_by(block: s.Block) -> object:
    """What a block asks, of tiles and rows what can be touched; None for one that only tells."""
    match block:
        case s.Items() | s.Choices() | s.Field():
            return block
        case s.Document(buttons=buttons):
            return buttons
        case s.Tiles(tiles=tiles):
            return [tile.touch for tile in tiles]
        case s.Table(rows=rows):
            return [row.touch for row in rows]
        case _:
            return None


def fault(number: int, code: str, view: ViewContext, *fields: str) -> s.Screen:
    """The red screen of a table that had to stop; `code` is a store error's, or "internal", and `fields` are its text's."""
    reason, remedy = view.say(f"fault_{code}", *fields), view.say("fault_do")
    content = s.Message(view.say("fault"), s.Kind.FAULT, s.Tone.BAD, s.Sign.STOP, reason, remedy, CODES[code])
    return s.Screen(number, number, view.strip, content)


def without_list(number: int, view: ViewContext, come: int = 0, total: int = 0) -> s.Screen:
    """The screen of a table that has no voter list, or `come` of its `total` voters yet; there is nothing to touch on it."""
    content, _, _ = _not_ready(d.NotReady(d.NotReadyReason.NO_LIST), view)
    if total:
        reason = view.say("list_coming", *(f"{voters:,}".replace(",", " ") for voters in (come, total)))
        content = _cant_serve(view.say("not_ready"), s.Sign.WAIT, reason, view.say("list_coming_do"), "list_coming")
    return s.Screen(number, number, view.strip, content)


_Parts = tuple[s.Content, s.Button | None, s.Button | None]


def _button(view: ViewContext, key: str, touch: str = "") -> s.Button:
    return s.Button(touch or key, view.say(key))


def _served(view: ViewContext) -> str:
    return view.say("served", view.served)


def _not_ready(state: d.NotReady, view: ViewContext) -> _Parts:
    reason = view.say(state.lack)
    if state.lack is d.NotReadyReason.CATCHING_UP and view.situation.awaited:
        reason = view.awaited(view.situation.awaited)
    elif state.lack is d.NotReadyReason.ALONE and (locked := view.locked(peer.device for peer in view.situation.peers)):
        reason = f"{reason} {view.say('catching_up_locked', view.nodes(locked))}"
    sign = s.Sign.WAIT if state.lack in {d.NotReadyReason.CATCHING_UP, d.NotReadyReason.POLL_NOT_OPENED} else s.Sign.WARNING
    remedy = view.say(f"{state.lack}_do")
    elsewhere = view.situation.elsewhere
    if state.lack is d.NotReadyReason.POLL_NOT_OPENED and _goes_on(elsewhere, view):
        assert elsewhere is not None
        reason = view.say("poll_opening", view.node(elsewhere.device), elsewhere.n)
        remedy = view.say("poll_opening_do")
    content = _cant_serve(view.say("not_ready"), sign, reason, remedy, state.lack)
    return content, _button(view, "menu"), _chairs_button(view, "open_poll", BeginIsland.word)


def _cant_serve(headline: str, sign: s.Sign, reason: str, remedy: str, code: str) -> s.Message:
    return s.Message(headline, s.Kind.NOT_READY, s.Tone.OFF, sign, reason, remedy, CODES[code])


def _chairs_button(view: ViewContext, *words: str) -> s.Button | None:
    """The first of these that the chair can decide now."""
    return next((offer.button(view) for offer in for_chair(view.facts) if offer.touch in words), None)


def _goes_on(elsewhere: Elsewhere | None, view: ViewContext) -> bool:
    """Whether a code is being used at another device now, as far as is known."""
    return elsewhere is not None and not elsewhere.finished and not elsewhere.lost and elsewhere.device != view.situation.me


def _ready(state: d.Ready, view: ViewContext) -> _Parts:
    undone = view.situation.undone_here
    if undone and state.misread is None:
        words = "undone_here_many" if undone[1:] else "undone_here"
        told = view.say(words, _numbers(undone, view))
        noted = (_button(view, "seen", "noted"),)
        content = s.Ready(view.say("ready"), _served(view), told, _undone_do(undone, view), noted=noted)
        return content, _button(view, "menu"), _button(view, "type")
    notice, remedy = _misread(state, view)
    code = CODES[state.misread] if state.misread is not None else ""
    content = s.Ready(view.say("ready"), _served(view), notice, remedy, code)
    return content, _button(view, "menu"), _button(view, "type")


def _undone_do(undone: tuple[Undo, ...], view: ViewContext) -> str:
    """Who can get ballots again: who has no other mark."""
    voters = {undo.voter for undo in undone}
    marked = [undo for undo in undone if undo.beside is not None]
    if not marked:
        return view.say("undone_here_do_many" if len(voters) > 1 else "undone_here_do")
    if len(voters) == 1 and marked[0].beside is not None:
        table, time_ms = marked[0].beside
        return view.say("undone_beside", view.within(table), view.clock(time_ms))
    words = "undone_beside_some" if len({undo.voter for undo in marked}) < len(voters) else "undone_beside_all"
    return view.say(words, _numbers(marked, view))


def _numbers(undone: Iterable[Undo], view: ViewContext) -> str:
    return view.listed(list(dict.fromkeys(view.number(undo.voter) for undo in undone)))


def _misread(state: d.Ready | d.Typing, view: ViewContext) -> tuple[str, str]:
    if state.misread is None:
        return "", ""
    return view.say(f"misread_{state.misread}"), view.say(f"misread_{state.misread}_do")


def _typing(state: d.Typing, view: ViewContext) -> _Parts:
    content = s.Typing(view.say("typing"), view.say("typing_hint"), view.card_digits, _misread(state, view)[0])
    return content, _button(view, "cancel"), _button(view, "find", "number")


def _hows(view: ViewContext, keyed: bool) -> tuple[s.Choice, ...]:
    return tuple(s.Choice(how, view.say(f"how_{how}"), keyed and how is not How.KNOWN) for how in How)


def _other(other: d.Scan | None, view: ViewContext, card: str = "other_card", scan: str = "other_scan") -> str:
    if other is None:
        return ""
    number = other.voter.number if isinstance(other, d.Found) else getattr(other, "number", None)
    return view.say(scan) if number is None else view.say(card, view.number(number))


def _voter_shown(state: d.VoterShown, view: ViewContext) -> _Parts:
    content = s.VoterShown(
        headline=view.say("ask_born"),
        name=state.voter.name,
        address=state.voter.address,
        number=view.say("number", view.number(state.voter.number)),
        born=view.day(state.voter.born),
        how=view.say("how"),
        hows=_hows(view, keyed=False),
        hand_out=view.say("hand_out"),
        ballots=view.ballots(state.may),
        notice=_other(state.other, view),
    )
    return content, _button(view, "cancel"), _button(view, "approve")


def _birth_date(state: d.BirthDate, view: ViewContext) -> _Parts:
    wrong = view.say("born_wrong", state.wrong, view.tries) if state.wrong else ""
    other = _other(state.other, view, "other_waits", "scan_waits")  # the pad leaves no room for more words
    content = s.BirthDate(
        headline=view.say("ask_born"),
        name=state.voter.name,
        address=state.voter.address,
        number=view.say("number", view.number(state.voter.number)),
        pattern=view.say("born_pattern"),
        how=view.say("how"),
        hows=_hows(view, keyed=True),
        hand_out=view.say("hand_out"),
        ballots=view.ballots(state.may),
        notice=f"{wrong} {other}".strip(),
    )
    return content, _button(view, "cancel"), _button(view, "approve")


def _waiting(state: d.Waiting, view: ViewContext) -> _Parts:
    headline, sign, reason, remedy = view.say("waiting"), s.Sign.WAIT, view.say("waiting_text"), ""
    if state.silent:
        (headline, remedy), sign, reason = _silent(state, view), s.Sign.WARNING, ""
    notice = _other(state.other, view)
    content = s.Message(headline, s.Kind.WAITING, s.Tone.WAIT, sign, reason, remedy, notice=notice)
    return content, _button(view, "cancel"), None


def _silent(state: d.Waiting, view: ViewContext) -> tuple[str, str]:
    """Who does not answer, and what to do: it is the holder of the voter's book, or, if that is this table, everybody else."""
    around = view.situation
    holder = dict(around.holders).get(state.voter.book, "")
    peer = next((peer for peer in around.peers if peer.device == holder and peer.seen), None)
    if holder and holder in _stopped(view):
        return view.say("silent_moved", view.node(holder)), view.say("silent_moved_do")
    if around.cold and (peer is not None or holder == around.me):
        return view.say("silent_cold"), view.say("silent_cold_do")
    if (holder == around.me and not around.member) or (peer is not None and not peer.member):
        if peer is not None:
            return view.say("silent_joining", view.node(holder)), view.say("silent_moved_do")
        text = f"{view.awaited(around.awaited)} {view.say('silent_moved_do')}"
        return view.say("silent_joining_here"), text.strip()
    if holder and holder == around.me:
        return view.say("silent_copy"), view.say("silent_copy_do")
    table = table_of(holder) if holder else state.voter.book
    if holder and not any(peer.device == holder and peer.current for peer in view.situation.peers):
        return view.say("silent_disk", holder), view.say("silent_secretary_do")
    if view.is_locked(table):
        return view.say("locked_table", table) if table else view.say("locked_secretary"), view.say("locked_other_do")
    if not table:
        return view.say("silent_secretary"), view.say("silent_secretary_do")
    return view.say("silent_table", table), view.say("silent_table_do", table)


def _stopped(view: ViewContext) -> set[str]:
    """The devices that a stop names which is under way, here or elsewhere: nobody hears their word until it is finished."""
    stopping, elsewhere = view.situation.stopping, view.situation.elsewhere
    here = {peer.device for peer in stopping.stopped} if stopping is not None else set()
    return here if elsewhere is None or elsewhere.finished else {*here, *elsewhere.named}


def _green(state: d.Green, view: ViewContext) -> _Parts:
    ballots = view.ballots(state.may)
    handed = [ballot.colour_name for ballot in ballots if not ballot.withheld]
    names = view.listed(handed)
    if len(handed) < len(ballots):
        names = view.say("only", names)
    content = s.Green(view.say("green", names), state.voter.name, view.say("number", view.number(state.voter.number)), ballots)
    return content, None, _button(view, "next")


def _refused(state: d.Refused, view: ViewContext) -> _Parts:
    content = s.Message(
        headline=view.say("refused"),
        kind=s.Kind.REFUSED,
        tone=s.Tone.BAD,
        sign=s.Sign.BAR,
        reason=_bar(state.barred, state.number, view) + _by(state.barred, view),
        remedy=_remedy(state.barred, view),
        code=CODES[state.barred.why],
        name=state.voter.name if state.voter is not None else "",
        number=view.say("number", view.number(state.voter.number)) if state.voter is not None else "",
    )
    return content, None, _button(view, "ok", "next")


def _by(barred: Barred, view: ViewContext) -> str:
    """On whose word alone it is so."""
    if barred.by is None:
        return ""
    return " " + (view.say("by_table", barred.by) if barred.by else view.say("by_secretary"))


def _remedy(barred: Barred, view: ViewContext) -> str:
    if barred.why is RefusalReason.OTHER_TABLE and barred.table:
        if view.is_locked(barred.table):
            return view.say("send_to_locked", barred.table)
        return view.say("send_to_table", barred.table)
    return view.say({RefusalReason.CHANGED: "scan_again", RefusalReason.NOT_OPEN: "scan_later"}.get(barred.why, "contact"))


def _bar(barred: Barred, number: int | None, view: ViewContext) -> str:
    if barred.why is RefusalReason.ALREADY_MARKED and barred.mark is None:
        return view.say("bar_already_marked_somewhere")
    if barred.why is RefusalReason.ALREADY_MARKED and barred.mark is not None:
        if not barred.mark.table:
            return view.say("bar_already_marked_at", view.clock(barred.mark.time_ms))
        return view.say("bar_already_marked", barred.mark.table, view.clock(barred.mark.time_ms))
    if barred.why is RefusalReason.OTHER_PLACE:
        return view.say("bar_other_place", barred.place) if barred.place else view.say("bar_other_unknown")
    if barred.why is RefusalReason.NOT_ON_LIST and number is not None:
        return view.say("bar_not_on_list", view.number(number))
    return view.say(f"bar_{barred.why}")


def _referred(state: d.Referred, view: ViewContext) -> _Parts:
    content = s.Message(
        headline=view.say("referred"),
        kind=s.Kind.REFERRED,
        tone=s.Tone.WAIT,
        sign=s.Sign.PERSON,
        reason=view.say("referred_text", view.tries) if state.at is None else view.say("referred_at", state.at),
        remedy=view.say("referred_do"),
        code=CODES["referred"],
        name=state.voter.name,
        number=view.say("number", view.number(state.voter.number)),
    )
    return content, _button(view, ReleaseVoter.word), _button(view, "ok", "next")


def _unresolved(state: d.Unresolved, view: ViewContext) -> _Parts:
    asked = state.asked
    content = s.Unresolved(
        headline=view.say("unresolved"),
        name=asked.voter.name,
        number=view.say("number", view.number(asked.voter.number)),
        asked=view.say("unresolved_asked", view.clock(asked.time_ms)),
        explanation=view.say("unresolved_undone" if asked.undone else "unresolved_text"),
        ballots=view.to_hand_out(asked.elections),
        unsure=(_button(view, "unsure"),),
        notice=view.say("answer_first") if state.other else "",
    )
    return content, _button(view, "no"), _button(view, "yes")


def _closed(_state: d.Closed, view: ViewContext) -> _Parts:
    text, served = view.say("closed_text"), _served(view)
    content = s.Message(view.say("closed"), s.Kind.CLOSED, s.Tone.OFF, s.Sign.LOCK, text, served=served)
    return content, _button(view, "menu"), None


def _locked(_state: d.Locked, view: ViewContext) -> _Parts:
    content = _cant_serve(view.say("locked"), s.Sign.LOCK, view.say("locked_text"), view.say("locked_do"), "locked")
    return content, None, _button(view, UnlockNode.word)


def _page(state: d.Office, view: ViewContext) -> _Parts:
    return screen_of(state.page, view)


_VIEWS: dict[type, Callable[..., _Parts]] = {
    d.NotReady: _not_ready,
    d.Ready: _ready,
    d.Typing: _typing,
    d.VoterShown: _voter_shown,
    d.BirthDate: _birth_date,
    d.Waiting: _waiting,
    d.Green: _green,
    d.Refused: _refused,
    d.Referred: _referred,
    d.Unresolved: _unresolved,
    d.Closed: _closed,
    d.Locked: _locked,
    d.Office: _page,
    d.Pin: pin_screen,
}
