"""The table's side of the desk: scans, a check-in from the card to its end, and the question after a restart. Pure."""

from dataclasses import replace
from typing import Any

from kiosk.domain import desk_states as d
from kiosk.domain.desk_rows import ENDED, HOME, SCANS, SHOWN, Act, Step, TransitionTable, go_home, home, stay
from kiosk.domain.entries import How


def _if_ready(then: Act) -> Act:
    def act(state: d.State, given: Any, rules: d.Rules) -> Step:
        return then(state, given, rules) if type(home(rules)) is d.Ready else (home(rules), ())

    return act


@_if_ready
def _show(_state: d.State, found: d.Found, rules: d.Rules) -> Step:
    if found.referred:
        return d.Referred(found.voter, found.at), ()
    if rules.birth_date_keyed:
        return d.BirthDate(found.voter, found.may, found.source, found.wrong), ()
    return d.VoterShown(found.voter, found.may, found.source), ()


@_if_ready
def _refuse(_state: d.State, turned: d.Turned, _rules: d.Rules) -> Step:
    return d.Refused(turned.barred, turned.number, turned.voter), ()


@_if_ready
def _misread(_state: d.State, misread: d.Misread, _rules: d.Rules) -> Step:
    return d.Ready(misread.why), ()


@_if_ready
def _mistyped(_state: d.State, misread: d.Misread, _rules: d.Rules) -> Step:
    return d.Typing(misread.why), ()


@_if_ready
def _type(_state: d.State, _input: d.Type, _rules: d.Rules) -> Step:
    return d.Typing(), ()


def _same_card(state: Any, scan: d.Scan) -> bool:
    if isinstance(scan, d.Misread):
        return False
    number = scan.voter.number if isinstance(scan, d.Found) else scan.number
    shown = state.voter.number if state.voter is not None else getattr(state, "number", None)
    return number is not None and number == shown


def as_at_home(state: d.State, scan: d.Scan, rules: d.Rules) -> Step:
    """A scan where the desk waits, or as if it did."""
    if isinstance(scan, d.Found):
        return _show(state, scan, rules)
    return _refuse(state, scan, rules) if isinstance(scan, d.Turned) else _misread(state, scan, rules)


def _put_aside(state: d.VoterShown | d.BirthDate | d.Waiting, scan: d.Scan, _rules: d.Rules) -> Step:
    return (state if _same_card(state, scan) else replace(state, other=scan)), ()


def _unless_same(then: Act) -> Act:
    def act(state: d.Green | d.Refused | d.Referred, scan: d.Scan, rules: d.Rules) -> Step:
        # The card that was just served still lies under the scanner; and a green that nobody has seen must not go away.
        changed = isinstance(state, d.Refused) and isinstance(scan, d.Found)  # who was refused may be given ballots now
        if (_same_card(state, scan) and not changed) or (isinstance(state, d.Green) and not state.drawn):
            return state, ()
        return then(state, scan, rules)

    return act


@_if_ready
def _approve(state: d.VoterShown | d.BirthDate, approve: d.Approve, _rules: d.Rules) -> Step:
    return d.Waiting(state.voter, state.may), (d.MakeRequest(state.voter, state.may.elections, approve.how, state.source),)


def _approve_keyed(state: d.BirthDate, approve: d.Approve, rules: d.Rules) -> Step:
    if approve.how is How.KNOWN or approve.born == state.voter.born:
        return _approve(state, approve, rules)
    last = state.wrong + 1 >= rules.tries
    after = d.Referred(state.voter) if last else replace(state, wrong=state.wrong + 1, other=None)
    return after, (d.CountWrong(state.voter.number, last),)


def _granted(state: d.Waiting, _input: d.Granted, _rules: d.Rules) -> Step:
    return d.Green(state.voter, state.may), ()


def _denied(state: d.Waiting, denied: d.Denied, _rules: d.Rules) -> Step:
    # No ballots will be handed out on it, even if the refusal does not count any more later.
    return d.Refused(denied.barred, state.voter.number, state.voter), (d.Withdraw(),)


def _silent(state: d.Waiting, _input: d.Silent, _rules: d.Rules) -> Step:
    return replace(state, silent=True), ()


def _late(state: d.Waiting, _input: d.Waited, _rules: d.Rules) -> Step:
    return replace(state, late=True), ()


def _withdraw(_state: d.Waiting, _input: d.Cancel, rules: d.Rules) -> Step:
    return home(rules), (d.Withdraw(),)


def _lit(state: d.Green, _input: d.GreenDrawn, _rules: d.Rules) -> Step:
    return (state, ()) if state.drawn else (replace(state, drawn=True), (d.RecordIssued(),))


def _time_up_green(state: d.Green, _input: d.TimeUp, rules: d.Rules) -> Step:
    return (home(rules) if state.drawn else state), ()


def _leave_green(state: d.Green, _input: d.Cancel, rules: d.Rules) -> Step:
    # Who touches the green screen has seen it.
    return home(rules), (() if state.drawn else (d.RecordIssued(),))


def _ask_clerk(_state: d.State, unfinished: d.Unfinished, _rules: d.Rules) -> Step:
    return d.Unresolved(unfinished), ()


def _answer(_state: d.Unresolved, answer: d.Answer, rules: d.Rules) -> Step:
    return home(rules), (_ANSWERS[answer.handed_out],)


_ANSWERS: dict[bool | None, d.Effect] = {True: d.RecordIssued(), False: d.Withdraw(), None: d.LeaveOpen()}


def _answer_first(state: d.Unresolved, _scan: d.Scan, _rules: d.Rules) -> Step:
    return replace(state, other=True), ()


def add_rows(table: TransitionTable) -> None:
    """Add the rows of a check-in."""
    row = table.row

    # Scans, and numbers keyed in Typing.
    row((d.Ready, d.Typing), (d.Found,), _show, *SHOWN, d.Referred, *HOME)
    row((d.Ready, d.Typing), (d.Turned,), _refuse, d.Refused, *HOME)
    row((d.Ready,), (d.Misread,), _misread, *HOME)
    row((d.Typing,), (d.Misread,), _mistyped, d.Typing, *HOME)
    row((d.VoterShown, d.BirthDate, d.Waiting), SCANS, _put_aside)
    for state in ENDED:
        row((state,), (d.Found,), _unless_same(_show), *SHOWN, d.Referred, state, *HOME)
        row((state,), (d.Turned,), _unless_same(_refuse), d.Refused, state, *HOME)
        row((state,), (d.Misread,), _unless_same(_misread), state, *HOME)
    row((d.Unresolved,), SCANS, _answer_first)
    row((d.NotReady, d.Closed, d.Locked, d.Pin), SCANS, stay)

    # A check-in.
    row((d.Ready,), (d.Type,), _type, d.Typing, *HOME)
    row((d.VoterShown,), (d.Approve,), _approve, d.Waiting, *HOME)
    row((d.BirthDate,), (d.Approve,), _approve_keyed, d.Waiting, d.BirthDate, d.Referred, *HOME)
    row((d.Waiting,), (d.Granted,), _granted, d.Green)
    row((d.Waiting,), (d.Denied,), _denied, d.Refused)
    row((d.Waiting,), (d.Waited,), _late)
    row((d.Waiting,), (d.Silent,), _silent)
    row((d.Waiting,), (d.Cancel,), _withdraw, *HOME)
    row((d.Green,), (d.GreenDrawn,), _lit)
    row((d.Green,), (d.Cancel,), _leave_green, *HOME)
    row((d.Green,), (d.TimeUp,), _time_up_green, d.Green, *HOME)
    row((d.Typing, *SHOWN, d.Refused, d.Referred, d.Pin), (d.Cancel, d.TimeUp), go_home, *HOME)
    row((d.Ready,), (d.TimeUp,), go_home, *HOME)

    # After a restart.
    row(HOME, (d.Unfinished,), _ask_clerk, d.Unresolved)
    row((d.Unresolved,), (d.Answer,), _answer, *HOME)
