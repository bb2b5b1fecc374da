"""The chair's and the secretary's side of the desk: the menu, the PIN, and the pages of `office`. Pure."""

from dataclasses import replace

from kiosk.domain import desk_states as d
from kiosk.domain import office
from kiosk.domain.desk_rows import HOME, SCANS, Step, Table, go_home, home


def _open_menu(_state: d.State, _input: d.OpenMenu, rules: d.Rules) -> Step:
    return d.Menu(deeds(rules)), ()


def deeds(rules: d.Rules) -> tuple[d.Deed, ...]:
    """What the chair can decide from the menu or the home screen, by how things stand."""
    if rules.locked:
        return (d.Deed.UNLOCK,)
    found = [] if rules.office else [_FOR_LACK[rules.lack]] if rules.lack in _FOR_LACK else []
    if rules.lack is d.Lack.POLL_NOT_OPENED and rules.situation.may_stop:
        found.append(d.Deed.OPEN_POLL)
    if rules.situation.may_island:
        found.append(d.Deed.ISLAND)
    return (*found, *([d.Deed.LOCK] if rules.situation.peers else []))


_FOR_LACK = {None: d.Deed.CLOSE_TABLE, d.Lack.CLOSED: d.Deed.REOPEN_TABLE}


def _ask_pin(state: d.State, ask: d.AskPin, rules: d.Rules) -> Step:
    """The poll is opened with a code, all else with the PIN."""
    if ask.deed not in deeds(rules):
        return state, ()
    opens = ask.deed is d.Deed.OPEN_POLL
    return (d.Office(office.piles(rules.situation)) if opens else d.Pin(ask.deed)), ()


def _ask_release(state: d.Referred, ask: d.AskPin, _rules: d.Rules) -> Step:
    return (d.Pin(ask.deed, state.voter.number) if ask.deed is d.Deed.RELEASE_VOTER else state), ()


def _pin(state: d.Pin, given: d.PinGiven, rules: d.Rules) -> Step:
    if given.right:
        order = state.order if state.order is not None else d.Perform(state.deed, state.voter)
        return _after(order, rules), (order,)
    return replace(state, wrong=not given.paused, paused=given.paused), ()


def _after(order: d.Perform, rules: d.Rules) -> d.State:
    """Where the desk goes on: an undo leads to what becomes of it."""
    return d.Office(office.Overview()) if order.deed is d.Deed.UNDO else home(rules)


def _code(state: d.Office, given: d.CodeGiven, rules: d.Rules) -> Step:
    if not isinstance(state.page, office.AskCode):
        return state, ()
    to = office.code_given(state.page, given.code, rules.situation)
    if isinstance(to, office.AskCode):
        return d.Office(to), ()
    assert isinstance(given.code, int)
    return d.Office(office.Piles(given.code, opens=not rules.situation.poll_open)), (to,)


def _open_overview(_state: d.State, _input: d.OpenOverview, _rules: d.Rules) -> Step:
    return d.Office(office.Overview()), ()


def _pick(state: d.Office, pick: d.Pick, rules: d.Rules) -> Step:
    return _led(state, office.picked(state.page, pick.what, rules.situation))


def _go(state: d.Office, _input: d.Go, rules: d.Rules) -> Step:
    return _led(state, office.went_on(state.page, rules.situation))


def _led(state: d.Office, to: office.Page | d.Perform | d.Finish | d.Seen | None) -> Step:
    if isinstance(to, d.Seen | d.Finish):
        return state, (to,)
    if isinstance(to, d.Perform):
        return d.Pin(to.deed, order=to), ()
    return (d.Office(to) if to is not None else state), ()


def _scan_again(state: d.Office, scan: d.Scan, rules: d.Rules) -> Step:
    number = None if isinstance(scan, d.Misread) else scan.voter.number if isinstance(scan, d.Found) else scan.number
    voter = None if isinstance(scan, d.Misread) else scan.voter
    page, effect = office.scanned(state.page, number, voter.name if voter is not None else "", rules.situation)
    return d.Office(page), ((effect,) if effect is not None else ())


def _seen(state: d.Ready, _input: d.Noted, rules: d.Rules) -> Step:
    return state, (d.Seen(tuple(undo.request for undo in office.undone_here(rules.situation))),)


def _leave_page(state: d.Office, _input: d.Cancel, rules: d.Rules) -> Step:
    return _on(office.left(state.page), rules), ()


def _on(page: office.Page | None, rules: d.Rules) -> d.State:
    return d.Office(page) if page is not None else home(rules)


def _page_changed(state: d.Office, _input: d.Changed, rules: d.Rules) -> Step:
    # The home of the secretary's node is a page itself, and a locked node shows no page.
    page = office.outlived(state.page, rules.situation)
    return (home(rules) if rules.locked or (isinstance(page, office.Overview) and rules.office) else _on(page, rules)), ()


def add_rows(table: Table) -> None:
    """Add the rows of the chair."""
    row = table.row
    row((d.Ready, d.NotReady, d.Closed, d.Office), (d.OpenMenu,), _open_menu, d.Menu)
    row((d.Menu,), (d.OpenOverview,), _open_overview, d.Office)
    for waits in (d.Menu, d.NotReady, d.Closed, d.Locked):
        row((waits,), (d.AskPin,), _ask_pin, d.Pin, d.Office, waits)
    row((d.Referred,), (d.AskPin,), _ask_release, d.Pin, d.Referred)
    row((d.Pin,), (d.PinGiven,), _pin, *HOME, d.Pin)
    row((d.Office,), (d.Pick,), _pick, d.Office, d.Pin)
    row((d.Office,), (d.CodeGiven,), _code, d.Office)
    row((d.Office,), (d.Go,), _go, d.Office, d.Pin)
    row((d.Office,), SCANS, _scan_again)
    row((d.Ready,), (d.Noted,), _seen)
    row((d.Office,), (d.Cancel,), _leave_page, *HOME)
    row((d.Office,), (d.TimeUp,), go_home, *HOME)
    row((d.Office,), (d.Changed,), _page_changed, *HOME)
