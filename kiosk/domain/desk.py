"""The desk: what the clerk's screen is about, and what may happen there. A table, and nothing beside it.

`TABLE` maps (state, input) to what is done and which states may follow. A pair that is not in the table is an error that
changes nothing. The desk knows no voter list and no log: the node hands it what it looked up, and carries out the effects.
The diagram in the README is made from this table.

What it guards:
- Nothing but a clerk's touch on the voter's own screen makes a request. A scan never does.
- A voter on the screen is never replaced by a scan.
- Green follows only on `Granted`, which the node sends when the rules of the protocol hold.
- Ballots count as issued when the green screen has been drawn, not before.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, get_args

from kiosk.domain import office
from kiosk.domain.books import REGISTER
from kiosk.domain.desk_states import (
    Answer,
    Approve,
    Ask,
    AskPin,
    BirthDate,
    Cancel,
    Changed,
    Closed,
    CountWrong,
    Deed,
    Denied,
    Effect,
    Found,
    Go,
    Granted,
    Green,
    Input,
    Lack,
    Lit,
    Locked,
    Menu,
    Misread,
    NotReady,
    Office,
    OpenMenu,
    OpenOverview,
    Perform,
    Pick,
    Pin,
    PinGiven,
    Ready,
    RecordIssued,
    Referred,
    Refused,
    Rules,
    Scan,
    Silent,
    State,
    TimeUp,
    Turned,
    Type,
    Typing,
    Unfinished,
    Unresolved,
    VoterShown,
    Waited,
    Waiting,
    Withdraw,
)
from kiosk.domain.entries import How


class DeskError(Exception):
    """An input that means nothing in this state. Nothing has changed."""


# --- what is done ---------------------------------------------------------------------------------------------------

_Step = tuple[State, tuple[Effect, ...]]
_Act = Callable[[Any, Any, Rules], _Step]


def home(rules: Rules) -> NotReady | Ready | Closed | Locked | Office:
    """The state in which the desk waits."""
    if rules.locked:
        return Locked()
    if rules.office:
        return Office(office.Overview())
    if rules.lack is None:
        return Ready()
    return Closed() if rules.lack is Lack.CLOSED else NotReady(rules.lack)


def _stay(state: State, _input: object, _rules: Rules) -> _Step:
    return state, ()


def _go_home(_state: State, _input: object, rules: Rules) -> _Step:
    return home(rules), ()


def _if_ready(then: _Act) -> _Act:
    def act(state: State, given: Any, rules: Rules) -> _Step:
        return then(state, given, rules) if type(home(rules)) is Ready else (home(rules), ())

    return act


@_if_ready
def _show(_state: State, found: Found, rules: Rules) -> _Step:
    if found.referred:
        return Referred(found.voter), ()
    if rules.birth_date_keyed:
        return BirthDate(found.voter, found.may, found.source, found.wrong), ()
    return VoterShown(found.voter, found.may, found.source), ()


@_if_ready
def _refuse(_state: State, turned: Turned, _rules: Rules) -> _Step:
    return Refused(turned.barred, turned.number, turned.voter), ()


@_if_ready
def _misread(_state: State, misread: Misread, _rules: Rules) -> _Step:
    return Ready(misread.why), ()


@_if_ready
def _mistyped(_state: State, misread: Misread, _rules: Rules) -> _Step:
    return Typing(misread.why), ()


@_if_ready
def _type(_state: State, _input: Type, _rules: Rules) -> _Step:
    return Typing(), ()


def _same_card(state: Any, scan: Scan) -> bool:
    if isinstance(scan, Misread):
        return False
    number = scan.voter.number if isinstance(scan, Found) else scan.number
    shown = state.voter.number if state.voter is not None else getattr(state, "number", None)
    return number is not None and number == shown


def _put_aside(state: VoterShown | BirthDate | Waiting, scan: Scan, _rules: Rules) -> _Step:
    return (state if _same_card(state, scan) else replace(state, other=scan)), ()


def _unless_same(then: _Act) -> _Act:
    def act(state: Green | Refused | Referred, scan: Scan, rules: Rules) -> _Step:
        # The card that was just served still lies under the scanner; and a green that nobody has seen must not go away.
        changed = isinstance(state, Refused) and isinstance(scan, Found)  # who was refused may be given ballots now
        if (_same_card(state, scan) and not changed) or (isinstance(state, Green) and not state.lit):
            return state, ()
        return then(state, scan, rules)

    return act


@_if_ready
def _approve(state: VoterShown | BirthDate, approve: Approve, _rules: Rules) -> _Step:
    return Waiting(state.voter, state.may), (Ask(state.voter, state.may.elections, approve.how, state.source),)


def _approve_keyed(state: BirthDate, approve: Approve, rules: Rules) -> _Step:
    if approve.how is How.KNOWN or approve.born == state.voter.born:
        return _approve(state, approve, rules)
    last = state.wrong + 1 >= rules.tries
    after = Referred(state.voter) if last else replace(state, wrong=state.wrong + 1, other=None)
    return after, (CountWrong(state.voter.number, last),)


def _granted(state: Waiting, _input: Granted, _rules: Rules) -> _Step:
    return Green(state.voter, state.may), ()


def _denied(state: Waiting, denied: Denied, _rules: Rules) -> _Step:
    return Refused(denied.barred, state.voter.number, state.voter), ()


def _silent(state: Waiting, _input: Silent, _rules: Rules) -> _Step:
    return replace(state, silent=True), ()


def _late(state: Waiting, _input: Waited, _rules: Rules) -> _Step:
    return replace(state, late=True), ()


def _withdraw(_state: Waiting, _input: Cancel, rules: Rules) -> _Step:
    return home(rules), (Withdraw(),)


def _lit(state: Green, _input: Lit, _rules: Rules) -> _Step:
    return (state, ()) if state.lit else (replace(state, lit=True), (RecordIssued(),))


def _time_up_green(state: Green, _input: TimeUp, rules: Rules) -> _Step:
    return (home(rules) if state.lit else state), ()


def _leave_green(state: Green, _input: Cancel, rules: Rules) -> _Step:
    # Who touches the green screen has seen it.
    return home(rules), (() if state.lit else (RecordIssued(),))


def _ask_clerk(_state: State, unfinished: Unfinished, _rules: Rules) -> _Step:
    return Unresolved(unfinished), ()


def _answer(_state: Unresolved, answer: Answer, rules: Rules) -> _Step:
    return home(rules), (RecordIssued() if answer.handed_out else Withdraw(),)


def _answer_first(state: Unresolved, _scan: Scan, _rules: Rules) -> _Step:
    return replace(state, other=True), ()


def _open_menu(_state: State, _input: OpenMenu, rules: Rules) -> _Step:
    return Menu(deeds(rules), bool(rules.situation.peers) or rules.office), ()


def deeds(rules: Rules) -> tuple[Deed, ...]:
    """What the chair can decide from the menu or the home screen, by how things stand."""
    if rules.locked:
        return (Deed.UNLOCK,)
    found = [] if rules.office else [_FOR_LACK[rules.lack]] if rules.lack in _FOR_LACK else []
    if rules.lack is Lack.POLL_NOT_OPENED and REGISTER in rules.situation.mine:
        found.append(Deed.OPEN_POLL)
    if rules.situation.may_island:
        found.append(Deed.ISLAND)
    return (*found, *([Deed.LOCK] if rules.situation.peers else []))


_FOR_LACK = {None: Deed.CLOSE_TABLE, Lack.CLOSED: Deed.REOPEN_TABLE}


def _ask_pin(state: State, ask: AskPin, rules: Rules) -> _Step:
    return (Pin(ask.deed) if ask.deed in deeds(rules) else state), ()


def _ask_release(state: Referred, ask: AskPin, _rules: Rules) -> _Step:
    return (Pin(ask.deed, state.voter.number) if ask.deed is Deed.RELEASE_VOTER else state), ()


def _pin(state: Pin, given: PinGiven, rules: Rules) -> _Step:
    if given.right:
        order = state.order if state.order is not None else Perform(state.deed, state.voter)
        return _after(order, rules), (order,)
    return replace(state, wrong=not given.paused, paused=given.paused), ()


def _after(order: Perform, rules: Rules) -> State:
    """Where the desk goes on: a seal leads to the piles that are to be scanned again."""
    return Office(office.Piles(order.book)) if order.deed is Deed.SEAL else home(rules)


def _open_overview(_state: State, _input: OpenOverview, _rules: Rules) -> _Step:
    return Office(office.Overview()), ()


def _pick(state: Office, pick: Pick, rules: Rules) -> _Step:
    return _led(state, office.picked(state.page, pick.what, rules.situation))


def _go(state: Office, _input: Go, rules: Rules) -> _Step:
    return _led(state, office.went_on(state.page, rules.situation))


def _led(state: Office, to: office.Page | Perform | None) -> _Step:
    if isinstance(to, Perform):
        return Pin(to.deed, order=to), ()
    return (Office(to) if to is not None else state), ()


def _scan_again(state: Office, scan: Scan, rules: Rules) -> _Step:
    number = None if isinstance(scan, Misread) else scan.voter.number if isinstance(scan, Found) else scan.number
    if number is None:
        return state, ()
    page, effect = office.scanned(state.page, number, rules.situation)
    return Office(page), ((effect,) if effect is not None else ())


def _leave_page(state: Office, _input: Cancel, rules: Rules) -> _Step:
    return (home(rules) if isinstance(state.page, office.Overview) else Office(office.Overview())), ()


def _page_changed(state: Office, _input: Changed, rules: Rules) -> _Step:
    # The home of the secretary's node is a page itself, and a locked node shows no page.
    page = Office(office.outlived(state.page, rules.situation))
    return (home(rules) if rules.locked or (isinstance(page.page, office.Overview) and rules.office) else page), ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: what is done, and which states may follow."""

    act: _Act
    to: tuple[type, ...]


_HOME = (Ready, NotReady, Closed, Locked, Office)
_WAITS = (Ready, NotReady, Closed, Locked)
_SHOWN = (VoterShown, BirthDate)


def _rows() -> dict[tuple[type, type], Row]:
    rows: dict[tuple[type, type], Row] = {}

    def row(states: tuple[type, ...], inputs: tuple[type, ...], act: _Act, *to: type) -> None:
        for state in states:
            for given in inputs:
                assert (state, given) not in rows, (state, given)
                rows[state, given] = Row(act, to or (state,))

    scans = (Found, Turned, Misread)
    idle = (Ready, Typing, Menu)
    ended = (Green, Refused, Referred)

    # Scans, and numbers keyed in Typing.
    row(idle, (Found,), _show, *_SHOWN, Referred, *_HOME)
    row(idle, (Turned,), _refuse, Refused, *_HOME)
    row((Ready, Menu), (Misread,), _misread, *_HOME)
    row((Typing,), (Misread,), _mistyped, Typing, *_HOME)
    row((VoterShown, BirthDate, Waiting), scans, _put_aside)
    for state in ended:
        row((state,), (Found,), _unless_same(_show), *_SHOWN, Referred, state, *_HOME)
        row((state,), (Turned,), _unless_same(_refuse), Refused, state, *_HOME)
        row((state,), (Misread,), _unless_same(_misread), state, *_HOME)
    row((Unresolved,), scans, _answer_first)
    row((NotReady, Closed, Locked, Pin), scans, _stay)

    # A check-in.
    row((Ready,), (Type,), _type, Typing, *_HOME)
    row((VoterShown,), (Approve,), _approve, Waiting, *_HOME)
    row((BirthDate,), (Approve,), _approve_keyed, Waiting, BirthDate, Referred, *_HOME)
    row((Waiting,), (Granted,), _granted, Green)
    row((Waiting,), (Denied,), _denied, Refused)
    row((Waiting,), (Waited,), _late)
    row((Waiting,), (Silent,), _silent)
    row((Waiting,), (Cancel,), _withdraw, *_HOME)
    row((Green,), (Lit,), _lit)
    row((Green,), (Cancel,), _leave_green, *_HOME)
    row((Green,), (TimeUp,), _time_up_green, Green, *_HOME)
    row((Typing, *_SHOWN, Refused, Referred, Menu, Pin), (Cancel, TimeUp), _go_home, *_HOME)
    row((Ready,), (TimeUp,), _go_home, *_HOME)

    # After a restart.
    row(_HOME, (Unfinished,), _ask_clerk, Unresolved)
    row((Unresolved,), (Answer,), _answer, *_HOME)

    # The chair.
    row((Ready, NotReady, Closed, Office), (OpenMenu,), _open_menu, Menu)
    row((Menu,), (OpenOverview,), _open_overview, Office)
    for waits in (Menu, NotReady, Closed, Locked):
        row((waits,), (AskPin,), _ask_pin, Pin, waits)
    row((Referred,), (AskPin,), _ask_release, Pin, Referred)
    row((Pin,), (PinGiven,), _pin, *_HOME, Pin)
    row((Office,), (Pick,), _pick, Office, Pin)
    row((Office,), (Go,), _go, Office, Pin)
    row((Office,), scans, _scan_again)
    row((Office,), (Cancel,), _leave_page, *_HOME)
    row((Office,), (TimeUp,), _go_home, *_HOME)

    # What the table lacks changes.
    row(_WAITS, (Changed,), _go_home, *_HOME)
    row((Office,), (Changed,), _page_changed, *_HOME)
    row((Typing, *_SHOWN, Waiting, *ended, Unresolved, Menu, Pin), (Changed,), _stay)
    return rows


TABLE = _rows()
STATES: tuple[type, ...] = get_args(State)
INPUTS: tuple[type, ...] = get_args(Input)


def step(state: State, given: Input, rules: Rules) -> tuple[State, tuple[Effect, ...]]:
    """One step of the desk.

    Raises:
        DeskError: the table has no row for this state and input; nothing has changed.
    """
    row = TABLE.get((type(state), type(given)))
    if row is None:
        raise DeskError(f"{type(given).__name__} means nothing in {type(state).__name__}")
    after, effects = row.act(state, given, rules)
    assert type(after) in row.to, f"{type(state).__name__} × {type(given).__name__} led to {type(after).__name__}"
    return after, effects
