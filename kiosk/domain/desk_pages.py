"""The chair's and the secretary's side of the desk: any page, and the PIN. Which page it is makes no difference here. Pure."""

from dataclasses import replace

from kiosk.domain import desk_states as d
from kiosk.domain.chair_actions import ChairAction, ReleaseVoter, UndoMark
from kiosk.domain.desk_checkin import as_at_home
from kiosk.domain.desk_rows import HOME, SHOWN, Step, TransitionTable, go_home, home
from kiosk.domain.pages import Menu, NotDone, Overview, for_chair
from kiosk.domain.pages.page import CheckIn, Do, Home, Keyed, Lead, Offers, Page, Seen


def _to(lead: Lead, state: d.State, rules: d.Rules) -> Step:
    """Where something leads."""
    if isinstance(lead, Do):
        return d.Office(lead.then), (lead.effect,)
    if isinstance(lead, Page):
        return d.Office(lead), ()
    if isinstance(lead, Home):
        return home(rules), ()
    if isinstance(lead, Keyed | CheckIn):  # what was keyed or scanned comes by itself
        return state, ()
    return d.Pin(lead), ()


def _open_menu(_state: d.State, _input: d.OpenMenu, _rules: d.Rules) -> Step:
    return d.Office(Menu()), ()


def _ask_chair(state: d.NotReady | d.Locked, ask: d.AskChair, rules: d.Rules) -> Step:
    lead = Offers(within=for_chair(rules.facts)).lead(ask.word, {})
    return _to(lead, state, rules) if lead is not None else (state, ())


def _ask_release(state: d.Referred, ask: d.AskChair, _rules: d.Rules) -> Step:
    return (d.Pin(ReleaseVoter(state.voter.number)) if ask.word == ReleaseVoter.word else state), ()


def _pin(state: d.Pin, given: d.PinGiven, rules: d.Rules) -> Step:
    if given.right:
        return _after(state.action, rules), (state.action,)
    return replace(state, wrong=not given.paused, paused=given.paused), ()


def _after(action: ChairAction, rules: d.Rules) -> d.State:
    """Where the desk goes on: an undo leads to what becomes of it."""
    return d.Office(Overview()) if isinstance(action, UndoMark) else home(rules)


def _not_done(_state: d.State, given: d.NotDoneSince, _rules: d.Rules) -> Step:
    return d.Office(NotDone(given.why)), ()


def _pick(state: d.Office, pick: d.Pick, rules: d.Rules) -> Step:
    lead = state.page.offers(rules.facts).lead(pick.touch, pick.values)
    return _to(lead, state, rules) if lead is not None else (state, ())


def _scanned(state: d.Office, scan: d.Scan, rules: d.Rules) -> Step:
    number = None if isinstance(scan, d.Misread) else scan.voter.number if isinstance(scan, d.Found) else scan.number
    voter = None if isinstance(scan, d.Misread) else scan.voter
    lead = state.page.scanned(number, voter.name if voter is not None else "", rules.facts)
    return as_at_home(state, scan, rules) if isinstance(lead, CheckIn) else _to(lead, state, rules)


def _code(state: d.Office, given: d.CodeGiven, rules: d.Rules) -> Step:
    return _to(state.page.coded(given.code, rules.facts), state, rules)


def _changed(state: d.Office, _input: d.Changed, rules: d.Rules) -> Step:
    """A locked node shows no page."""
    return (home(rules), ()) if rules.facts.locked else _to(state.page.changed(rules.facts), state, rules)


def _noted(state: d.Ready, _input: d.Noted, rules: d.Rules) -> Step:
    return state, (Seen(tuple((undo.request, undo.state) for undo in rules.facts.situation.undone_here)),)


def add_rows(table: TransitionTable) -> None:
    """Add the rows of the pages."""
    row = table.row
    row((d.Ready, d.NotReady, d.Closed), (d.OpenMenu,), _open_menu, d.Office)
    row((d.NotReady, d.Locked), (d.AskChair,), _ask_chair, d.Pin, d.Office, d.NotReady, d.Locked)
    row((d.Referred,), (d.AskChair,), _ask_release, d.Pin, d.Referred)
    row((d.Pin,), (d.PinGiven,), _pin, *HOME, d.Pin)
    row((d.Ready, d.NotReady, d.Closed, d.Office), (d.NotDoneSince,), _not_done, d.Office)
    row((d.Office,), (d.Pick,), _pick, *HOME, d.Pin)
    row((d.Office,), (d.Found,), _scanned, *SHOWN, d.Referred, *HOME)
    row((d.Office,), (d.Turned,), _scanned, d.Refused, *HOME)
    row((d.Office,), (d.Misread,), _scanned, *HOME)
    row((d.Office,), (d.CodeGiven,), _code, d.Office)
    row((d.Office,), (d.TimeUp,), go_home, *HOME)
    row((d.Office,), (d.Changed,), _changed, *HOME)
    row((d.Ready,), (d.Noted,), _noted)
