"""From the desk's state to a screen. Pure: one function for each state, and the strip around them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property

from kiosk.domain import desk_states as d
from kiosk.domain import screens as s
from kiosk.domain.ballots import Election
from kiosk.domain.board import board
from kiosk.domain.books import REGISTER
from kiosk.domain.eligibility import Bar, Barred, Eligible, Withheld
from kiosk.domain.entries import How
from kiosk.domain.nodes import table_of
from kiosk.domain.situation import Mode, Situation
from kiosk.domain.texts import CODES, Language, month, text

_DOTS = 12  # more tables than these are counted in words


@dataclass(frozen=True)
class View:
    """What the view needs to know besides the state. `zone` turns times into the clock on the wall."""

    language: Language
    place: str
    table: int | None
    training: bool
    sounds: bool
    elections: tuple[Election, ...]
    zone: tzinfo
    voter_digits: int
    card_digits: int
    tries: int
    situation: Situation
    served: int = 0
    scanner: bool = True
    clock_wrong: bool = False

    def say(self, key: str, *fields: object) -> str:
        """A text in the clerk's language."""
        return text(key, self.language, *fields)

    def number(self, number: int) -> str:
        """A voter number as it stands on the card, in groups of three: "004 182"."""
        width = self.voter_digits + (self.voter_digits - 1) // 3
        return f"{number:0{width},}".replace(",", " ")

    def clock(self, time_ms: int) -> str:
        """A time of day, "09.14"."""
        return datetime.fromtimestamp(time_ms / 1000, self.zone).strftime("%H.%M")

    def day(self, day: date) -> str:
        """A date in words: "14. marts 1968"."""
        dot = "." if self.language == "da" else ""
        return f"{day.day}{dot} {month(day.month, self.language)} {day.year}"

    @cached_property
    def strip(self) -> s.Strip:
        """The status strip, made once: it stays the same from screen to screen."""
        around = self.situation
        tables = [peer for peer in around.peers if peer.table is not None and peer.current]
        secretaries = [peer for peer in around.peers if peer.table is None and peer.current]
        seen = sum(peer.seen for peer in tables)
        return s.Strip(
            table=self.say("table", self.table) if self.table is not None else self.say("secretary_strip"),
            place=self.place,
            mode=self.say(f"mode_{around.mode}"),
            language=self.language,
            island=around.mode is not Mode.FREE,
            training=self.say("training") if self.training else "",
            tables=tuple(peer.seen for peer in tables) if len(tables) <= _DOTS else (),
            seen=self.say("tables_seen", seen, len(tables)) if len(tables) > _DOTS else "",
            secretary=self.say("secretary_seen" if secretaries[0].seen else "secretary_unseen") if secretaries else "",
            secretary_seen=not secretaries or secretaries[0].seen,
            uncopied=self.say("uncopied", around.uncopied) if around.uncopied else "",
            warnings=tuple(self._warnings()),
            sounds=self.sounds,
        )

    def _warnings(self) -> Iterator[str]:
        around = self.situation
        if around.conflicts:
            yield self.say("warn_conflict", len(around.conflicts))
        if not self.scanner and self.table is not None:
            yield self.say("warn_scanner")
        if self.clock_wrong or any(peer.clock_off for peer in around.peers):
            yield self.say("warn_clock")
        if around.refused:
            yield self.say("warn_refused")

    def node(self, origin: str) -> str:
        """What a node is called: "Bord 3", "Sekretær"."""
        table = table_of(origin)
        return self.say("node_table", table) if table is not None else self.say("node_secretary")

    def own_book(self, origin: str) -> int:
        """The book that a node holds at opening: the register is the secretary's."""
        return table_of(origin) or REGISTER

    def book(self, book: int) -> str:
        """What a book is called."""
        return self.say("book", book) if book != REGISTER else self.say("register")

    def ballots(self, may: Eligible) -> tuple[s.Ballot, ...]:
        """All the day's ballots: those to hand out first, then those withheld and why."""
        return (*self.to_hand_out(may.elections), *self._withheld(may.withheld))

    def to_hand_out(self, elections: Iterable[str]) -> tuple[s.Ballot, ...]:
        """The ballots of these elections, in the plan's order."""
        chosen = set(elections)
        return tuple(self._ballot(election) for election in self.elections if election.id in chosen)

    def _withheld(self, withheld: Mapping[str, Withheld]) -> Iterable[s.Ballot]:
        for election in self.elections:
            if election.id in withheld:
                yield self._ballot(election, self.say(f"withheld_{withheld[election.id]}"))

    def _ballot(self, election: Election, withheld: str = "") -> s.Ballot:
        name = election.name if self.language == "da" else election.name_en
        return s.Ballot(election.colour, self.say(election.colour), name, withheld)


def screen(number: int, state: d.State, view: View) -> s.Screen:
    """The whole screen of a state."""
    content, left, right = _VIEWS[type(state)](state, view)
    return s.Screen(number, view.strip, content, left, right)


def fault(number: int, code: str, view: View) -> s.Screen:
    """The red screen of a table that had to stop; `code` is a store error's, or "internal"."""
    content = s.Fault(view.say("fault"), view.say(f"fault_{code}"), view.say("fault_do"), CODES[code])
    return s.Screen(number, view.strip, content)


def without_list(number: int, view: View) -> s.Screen:
    """The screen of a table that has no voter list yet; there is nothing to touch on it."""
    content, _, _ = _not_ready(d.NotReady(d.Lack.NO_LIST), view)
    return s.Screen(number, view.strip, content)


_Parts = tuple[s.Content, s.Button | None, s.Button | None]


def _button(view: View, key: str, touch: str = "") -> s.Button:
    return s.Button(touch or key, view.say(key))


def _served(view: View) -> str:
    return view.say("served", view.served)


def _not_ready(state: d.NotReady, view: View) -> _Parts:
    reason = view.say(state.lack)
    if state.lack is d.Lack.CATCHING_UP and view.situation.awaited:
        reason = view.say("catching_up_on", _listed([view.node(origin) for origin in view.situation.awaited], view))
    content = s.NotReady(view.say("not_ready"), reason, view.say(f"{state.lack}_do"), CODES[state.lack])
    deed = None
    if state.lack is d.Lack.POLL_NOT_OPENED and REGISTER in view.situation.mine:
        deed = d.Deed.OPEN_POLL
    elif view.situation.may_island:
        deed = d.Deed.ISLAND
    return content, _button(view, "menu"), _button(view, deed) if deed is not None else None


def _ready(state: d.Ready, view: View) -> _Parts:
    notice, remedy = _misread(state, view)
    code = CODES[state.misread] if state.misread is not None else ""
    content = s.Ready(view.say("ready"), _served(view), notice, remedy, code)
    return content, _button(view, "menu"), _button(view, "type")


def _misread(state: d.Ready | d.Typing, view: View) -> tuple[str, str]:
    if state.misread is None:
        return "", ""
    return view.say(f"misread_{state.misread}"), view.say(f"misread_{state.misread}_do")


def _typing(state: d.Typing, view: View) -> _Parts:
    content = s.Typing(view.say("typing"), view.say("typing_hint"), view.card_digits, _misread(state, view)[0])
    return content, _button(view, "cancel"), _button(view, "find", "number")


def _hows(view: View, keyed: bool) -> tuple[s.Choice, ...]:
    return tuple(s.Choice(how, view.say(f"how_{how}"), keyed and how is not How.KNOWN) for how in How)


def _other(other: d.Scan | None, view: View, card: str = "other_card", scan: str = "other_scan") -> str:
    if other is None:
        return ""
    number = other.voter.number if isinstance(other, d.Found) else getattr(other, "number", None)
    return view.say(scan) if number is None else view.say(card, view.number(number))


def _voter_shown(state: d.VoterShown, view: View) -> _Parts:
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


def _birth_date(state: d.BirthDate, view: View) -> _Parts:
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


def _waiting(state: d.Waiting, view: View) -> _Parts:
    words = _silent(state, view) if state.silent else view.say("waiting_text")
    return s.Waiting(view.say("waiting"), words, _other(state.other, view)), _button(view, "cancel"), None


def _silent(state: d.Waiting, view: View) -> str:
    """Who does not answer, and what to do: it is the holder of the voter's book, or, if that is this table, everybody else."""
    holder = dict(view.situation.holders).get(state.voter.book, "")
    if not holder:
        return view.say("waiting_silent", state.voter.book)
    if holder == view.situation.me:
        return view.say("waiting_copy")
    table = table_of(holder)
    return view.say("waiting_silent", table) if table is not None else view.say("waiting_secretary")


def _green(state: d.Green, view: View) -> _Parts:
    ballots = view.ballots(state.may)
    handed = [ballot.colour_name for ballot in ballots if not ballot.withheld]
    names = _listed(handed, view)
    if len(handed) < len(ballots):
        names = view.say("only", names)
    content = s.Green(view.say("green", names), state.voter.name, view.say("number", view.number(state.voter.number)), ballots)
    return content, None, _button(view, "next")


def _listed(words: list[str], view: View) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {view.say('and')} {words[-1]}"


def _refused(state: d.Refused, view: View) -> _Parts:
    content = s.Refused(
        headline=view.say("refused"),
        reason=_bar(state.barred, state.number, view),
        remedy=_remedy(state.barred, view),
        code=CODES[state.barred.why],
        name=state.voter.name if state.voter is not None else "",
        number=view.say("number", view.number(state.voter.number)) if state.voter is not None else "",
    )
    return content, None, _button(view, "ok", "next")


def _remedy(barred: Barred, view: View) -> str:
    if barred.why is Bar.OTHER_TABLE and barred.table:
        return view.say("send_to_table", barred.table)
    return view.say("scan_again" if barred.why is Bar.CHANGED else "contact")


def _bar(barred: Barred, number: int | None, view: View) -> str:
    if barred.why is Bar.ALREADY_MARKED and barred.mark is None:
        return view.say("bar_already_marked_somewhere")
    if barred.why is Bar.ALREADY_MARKED and barred.mark is not None:
        if not barred.mark.table:
            return view.say("bar_already_marked_at", view.clock(barred.mark.time_ms))
        return view.say("bar_already_marked", barred.mark.table, view.clock(barred.mark.time_ms))
    if barred.why is Bar.OTHER_PLACE:
        return view.say("bar_other_place", barred.place) if barred.place else view.say("bar_other_unknown")
    if barred.why is Bar.NOT_ON_LIST and number is not None:
        return view.say("bar_not_on_list", view.number(number))
    return view.say(f"bar_{barred.why}")


def _referred(state: d.Referred, view: View) -> _Parts:
    content = s.Referred(
        headline=view.say("referred"),
        reason=view.say("referred_text", view.tries),
        remedy=view.say("referred_do"),
        code=CODES["referred"],
        name=state.voter.name,
        number=view.say("number", view.number(state.voter.number)),
    )
    return content, _button(view, d.Deed.RELEASE_VOTER), _button(view, "ok", "next")


def _unresolved(state: d.Unresolved, view: View) -> _Parts:
    asked = state.asked
    content = s.Unresolved(
        headline=view.say("unresolved"),
        name=asked.voter.name,
        number=view.say("number", view.number(asked.voter.number)),
        asked=view.say("unresolved_asked", view.clock(asked.time_ms)),
        explanation=view.say("unresolved_text"),
        ballots=view.to_hand_out(asked.elections),
        notice=view.say("answer_first") if state.other else "",
    )
    return content, _button(view, "no"), _button(view, "yes")


def _closed(_state: d.Closed, view: View) -> _Parts:
    content = s.Closed(view.say("closed"), view.say("closed_text"), _served(view))
    return content, _button(view, "menu"), None


def _locked(_state: d.Locked, view: View) -> _Parts:
    content = s.NotReady(view.say("locked"), view.say("locked_text"), view.say("locked_do"), CODES["locked"])
    return content, None, _button(view, d.Deed.UNLOCK)


def _menu(state: d.Menu, view: View) -> _Parts:
    overview = [_button(view, "overview")] if state.overview else []
    items = [_button(view, "language"), *overview, *(_button(view, deed) for deed in state.deeds)]
    return s.Menu(view.say("menu_title"), tuple(items)), _button(view, "back", "cancel"), None


def _pin(state: d.Pin, view: View) -> _Parts:
    notice = view.say("pin_paused") if state.paused else view.say("pin_wrong") if state.wrong else ""
    hint = view.say("pin_hint")
    if state.voter is not None:
        hint = f"{view.say('number', view.number(state.voter))}   {hint}"
    content = s.Pin(_decided(state, view), hint, 8, view.say("pin_forgotten"), notice)
    return content, _button(view, "cancel"), _button(view, "decide", "pin")


def _decided(state: d.Pin, view: View) -> str:
    """In one sentence what the PIN decides, with the names."""
    order = state.order
    if order is None:
        return view.say(f"pin_{state.deed}")
    book = view.book(order.book) if order.book is not None else ""
    to = view.node(order.to) if order.to else ""
    stopped = _listed([view.node(origin) for origin in sorted(order.nodes)], view) if order.nodes else view.say("nobody")
    return view.say(f"pin_{state.deed}", book, to, stopped)


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
    d.Office: board,
    d.Menu: _menu,
    d.Pin: _pin,
}
