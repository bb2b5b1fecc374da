"""Stories of the desk's table: every pair of a state and an input, and what holds however they follow each other."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from domain_facts import ANNE, BENT, BOTH, EVERYTHING, KEYED, ONE, OPEN
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain import desk, office
from kiosk.domain import desk_states as d
from kiosk.domain.cards import Unreadable
from kiosk.domain.codetext import Misread
from kiosk.domain.eligibility import Bar, Barred, Mark
from kiosk.domain.entries import How, Source
from kiosk.domain.messages import Stance
from kiosk.domain.nodes import table_of
from kiosk.domain.situation import Elsewhere, Peer, Situation, Stopping, Undoable

MARKED = Barred(Bar.ALREADY_MARKED, Mark(BOTH, 4, 0))
ELSEWHERE = d.Turned(Barred(Bar.OTHER_PLACE, place="Vestre Skole"), None, None)
UNKNOWN = d.Turned(Barred(Bar.NOT_ON_LIST), 4999, None)
ANNES = d.Found(ANNE, EVERYTHING, Source.CARD)
ANNE_TWICE_WRONG = replace(ANNES, wrong=2)
ANNE_REFERRED = replace(ANNES, wrong=3, referred=True)
BENTS = d.Found(BENT, ONE, Source.CARD)
BENT_REFERRED = d.Found(BENT, ONE, Source.KEYED, referred=True)
BENT_TURNED = d.Turned(MARKED, BENT.number, BENT)
STRAY = d.Misread(Unreadable.NOT_A_CARD)
ASKED = d.Unfinished(ANNE, BOTH, 0)
WRONG = date(1968, 9, 15)

SCANS = [
    ANNES,
    ANNE_TWICE_WRONG,
    ANNE_REFERRED,
    BENTS,
    BENT_REFERRED,
    d.Turned(MARKED, ANNE.number, ANNE),
    BENT_TURNED,
    UNKNOWN,
    ELSEWHERE,
    STRAY,
    d.Misread(Unreadable.CPR),
]
TOUCHES = [
    *(d.Approve(how) for how in How),
    d.Approve(How.SPOKEN, ANNE.born),
    d.Approve(How.WRITTEN, BENT.born),
    d.Approve(How.SHOWN, WRONG),
    d.Answer(True),
    d.Answer(False),
    d.Answer(None),
    d.Type(),
    d.Cancel(),
    d.Noted(),
    d.OpenMenu(),
    d.OpenOverview(),
    *(d.Pick(what) for what in ("undo", "seen", "stop", "give", "excuse", "1", "4", "T2.1", "T4.1", "again", "nonsense")),
    *(d.CodeGiven(code) for code in (2, 3, 4, 21, *Misread)),
    d.Go(),
    *(d.AskPin(deed) for deed in d.Deed),
    d.PinGiven(True),
    d.PinGiven(False),
    d.PinGiven(False, paused=True),
]
EVENTS = [d.Granted(), d.Denied(MARKED), d.Waited(), d.Silent(), d.Lit(), ASKED, d.Changed(), d.TimeUp()]
INPUTS = [*SCANS, *TOUCHES, *EVENTS]

OTHERS = [None, BENTS, BENT_TURNED, STRAY]
PADS = ((False, False), (True, False), (False, True))


def voter_of(deed: d.Deed) -> int | None:
    """The voter whom a deed is about."""
    return ANNE.number if deed is d.Deed.RELEASE_VOTER else None


PEERS = tuple(
    Peer(device, table_of(device), seen=device != "T4.1", stance=Stance.SERVING) for device in ("S.1", "T2.1", "T4.1")
)
STOPPING = Stopping(3, PEERS[2:], (), False, (), 0)
MARKS = (Undoable("T2.1-1/1", 2, 0, BOTH, issued=True), Undoable("S.1-1#7", 4, 0, BOTH, issued=True, found=True))
AROUND = Situation(
    "T1.1",
    PEERS,
    mine=(1,),
    awaited=("T4.1",),
    excusable=("T4.1",),
    may_stop=True,
    may_undo=True,
    may_island=True,
    last_code=2,
    marks=MARKS,
)
BEGUN = replace(AROUND, stopping=STOPPING, last_code=3)
BEFORE = replace(AROUND, poll_open=False, last_code=0)
PAGES = [
    office.Overview(),
    office.FindMark(),
    office.FindMark(misread=True),
    office.Marks(ANNE.number, ANNE.name),
    office.PickBook(),
    office.PickHeir(4),
    office.PickStopped(),
    office.PickStopped(frozenset({"T4.1", "T4.2"})),
    office.PickExcused(),
    office.PickExcused(frozenset({"T4.1"})),
    office.AskCode(frozenset({"T4.1"})),
    office.AskCode(frozenset(), office.CodeSlip.SKIPPED, 4),
    office.AskCode(frozenset(), Misread.CHECK_DIGITS),
    office.Piles(3),
    office.Piles(3, opens=True),
    office.Piles(3, pile="T4.1", last=4182),
]
STATES = [
    *(d.NotReady(lack) for lack in d.Lack if lack is not d.Lack.CLOSED),
    d.Ready(),
    d.Ready(Unreadable.CPR),
    d.Typing(),
    d.Typing(Unreadable.CHECK_DIGITS),
    *(d.VoterShown(ANNE, EVERYTHING, Source.CARD, other) for other in OTHERS),
    *(d.BirthDate(ANNE, EVERYTHING, Source.KEYED, wrong, other) for wrong in range(3) for other in OTHERS),
    *(d.Waiting(ANNE, EVERYTHING, silent, other) for silent in (False, True) for other in OTHERS),
    d.Green(ANNE, EVERYTHING),
    d.Green(ANNE, ONE, lit=True),
    d.Refused(MARKED, ANNE.number, ANNE),
    d.Refused(UNKNOWN.barred, 4999, None),
    d.Refused(ELSEWHERE.barred, None, None),
    d.Referred(ANNE),
    d.Unresolved(ASKED),
    d.Unresolved(ASKED, other=True),
    d.Closed(),
    d.Locked(),
    *(d.Office(page) for page in PAGES),
    *(d.Menu((deed,)) for deed in d.Deed),
    *(d.Pin(deed, voter_of(deed), wrong, paused) for deed in d.Deed for wrong, paused in PADS),
    d.Pin(d.Deed.EXCUSE, order=d.Perform(d.Deed.EXCUSE, devices=frozenset({"T4.1"}))),
]
RULES = [
    *(replace(base, lack=lack) for base in (OPEN, KEYED) for lack in (None, *d.Lack)),
    *(replace(OPEN, situation=around) for around in (AROUND, BEGUN, replace(AROUND, viewed=3))),
    replace(OPEN, situation=BEFORE, lack=d.Lack.POLL_NOT_OPENED),
    replace(OPEN, situation=AROUND, office=True),
    replace(OPEN, situation=AROUND, locked=True),
]

KEEPS_ITS_VOTER = (d.VoterShown, d.BirthDate, d.Waiting)


def try_step(state: d.State, given: d.Input, rules: d.Rules) -> tuple[d.State, tuple[d.Effect, ...]]:
    """A step; a pair without a row stays."""
    if (type(state), type(given)) in desk.TABLE:
        return desk.step(state, given, rules)
    with pytest.raises(desk.DeskError):
        desk.step(state, given, rules)
    return state, ()


def check(state: d.State, given: d.Input, rules: d.Rules) -> tuple[d.State, tuple[d.Effect, ...]]:
    """One step, with everything that the desk guards."""
    after, effects = try_step(state, given, rules)
    for effect in effects:
        check_effect(effect, state, given, rules, after)
    if isinstance(given, d.Found | d.Turned | d.Misread):
        assert all(isinstance(effect, d.Rescan) for effect in effects)
        if isinstance(state, KEEPS_ITS_VOTER):
            assert replace(after, other=None) == replace(state, other=None)
        if isinstance(state, d.NotReady | d.Closed | d.Pin) or (isinstance(state, d.Green) and not state.lit):
            assert after == state
        if isinstance(state, d.Unresolved):
            assert after == replace(state, other=True)
    if isinstance(after, d.Green) and not isinstance(state, d.Green):
        assert isinstance(state, d.Waiting)
        assert isinstance(given, d.Granted)
        assert (after.voter, after.may, after.lit) == (state.voter, state.may, False)
    if isinstance(after, d.Waiting) and not isinstance(state, d.Waiting):
        assert [type(effect) for effect in effects] == [d.Ask]
    if isinstance(state, d.Unresolved) and not isinstance(after, d.Unresolved):
        assert isinstance(given, d.Answer)
    if isinstance(state, d.Green) and not state.lit and isinstance(given, d.TimeUp):
        assert (after, effects) == (state, ())
    check_referral(state, given, after, effects)
    return after, effects


def check_referral(state: d.State, given: d.Input, after: d.State, effects: tuple[d.Effect, ...]) -> None:
    """Who is referred is shown nothing else, and only the chair's PIN on that voter's own screen releases them."""
    entered = type(after) is not type(state)
    if isinstance(given, d.Found) and given.referred and isinstance(after, d.VoterShown | d.BirthDate):
        assert replace(after, other=None) == replace(state, other=None)
    if isinstance(given, d.Found) and entered and isinstance(after, d.BirthDate):
        assert (after.voter, after.wrong, after.other) == (given.voter, given.wrong, None)
    if isinstance(after, d.Referred) and after != state:
        if isinstance(given, d.Found):
            assert given.referred
            assert after.voter == given.voter
        else:
            assert effects == (d.CountWrong(after.voter.number, True),)
    if isinstance(state, d.BirthDate) and isinstance(after, d.BirthDate) and after.wrong != state.wrong:
        assert after == replace(state, wrong=state.wrong + 1, other=None)
        assert effects == (d.CountWrong(state.voter.number, False),)
    if isinstance(after, d.Pin) and entered and isinstance(state, d.Office):
        assert isinstance(given, d.Pick | d.Go)
        assert after == d.Pin(after.order.deed, order=after.order)
    elif isinstance(after, d.Pin) and entered:
        assert isinstance(given, d.AskPin)
        released = state.voter.number if isinstance(state, d.Referred) else None
        assert after == d.Pin(given.deed, released)
        assert (after.deed is d.Deed.RELEASE_VOTER) == isinstance(state, d.Referred)
    if isinstance(after, d.Pin) and isinstance(state, d.Pin):
        assert (after.deed, after.voter) == (state.deed, state.voter)


def check_effect(effect: d.Effect, state: d.State, given: d.Input, rules: d.Rules, after: d.State) -> None:
    match effect:
        case d.Ask():
            assert rules.lack is None
            assert isinstance(given, d.Approve)
            assert isinstance(state, d.VoterShown | d.BirthDate)
            assert isinstance(after, d.Waiting)
            assert effect == d.Ask(state.voter, state.may.elections, given.how, state.source)
            assert (after.voter, after.may) == (state.voter, state.may)
            if isinstance(state, d.BirthDate):
                assert given.how is How.KNOWN or given.born == state.voter.born
        case d.RecordIssued():
            seen = isinstance(state, d.Green) and not state.lit and isinstance(given, d.Lit | d.Cancel)
            assert seen or (isinstance(state, d.Unresolved) and given == d.Answer(True))
        case d.Withdraw() | d.LeaveOpen():
            answer = d.Answer(None) if isinstance(effect, d.LeaveOpen) else d.Answer(False)
            ended = isinstance(given, d.Cancel | d.Denied) and isinstance(effect, d.Withdraw)
            given_up = isinstance(state, d.Waiting) and ended
            assert given_up or (isinstance(state, d.Unresolved) and given == answer)
        case d.Seen():
            assert (type(state), given) in {(d.Ready, d.Noted()), (d.Office, d.Pick("seen"))}
            assert after == state
        case d.Perform():
            assert isinstance(state, d.Pin)
            assert given == d.PinGiven(True)
            assert effect == (state.order or d.Perform(state.deed, state.voter))
        case d.Rescan():
            assert isinstance(state, d.Office)
            assert given.voter is not None
            assert (effect.stopped, effect.voter) == (state.page.pile, given.voter.number)
            assert (after.page.last, after.page.misread) == (given.voter.number, False)
        case d.UseCode() | d.Finish():
            check_stop(effect, state, given, rules, after)
        case d.CountWrong():
            assert isinstance(state, d.BirthDate)
            assert isinstance(given, d.Approve)
            assert given.how is not How.KNOWN
            assert given.born != state.voter.born
            assert effect == d.CountWrong(state.voter.number, state.wrong + 1 >= rules.tries)
            assert isinstance(after, d.Referred if effect.referred else d.BirthDate)
        case _:
            raise AssertionError(effect)


def check_stop(effect: d.UseCode | d.Finish, state: d.State, given: d.Input, rules: d.Rules, after: d.State) -> None:
    """A code is used on its own page, and the cards are done where everybody has answered."""
    assert isinstance(state, d.Office)
    if isinstance(effect, d.UseCode):
        assert isinstance(state.page, office.AskCode)
        assert given.code > rules.situation.last_code
        assert effect.devices == state.page.devices
        assert after == d.Office(office.Piles(given.code, opens=not rules.situation.poll_open))
    else:
        assert isinstance(state.page, office.Piles)
        assert given == d.Go()
        assert rules.situation.stopping.ready


def test_the_samples_are_of_every_kind() -> None:
    """Every state and every input of the desk is among the samples of these stories."""
    assert {type(state) for state in STATES} == set(desk.STATES)
    assert {type(given) for given in INPUTS} == set(desk.INPUTS)


def test_every_pair_of_state_and_input() -> None:
    """Each state takes each input to a state that its row allows, or says that it means nothing and changes nothing."""
    for state, given_, rules in product(STATES, INPUTS, RULES):
        after, _ = check(state, given_, rules)
        row = desk.TABLE.get((type(state), type(given_)))
        assert type(after) in (row.to if row is not None else (type(state),))


def test_the_table_promises_no_state_that_never_follows() -> None:
    """Every other state that a row names follows from it in some circumstances, so that the diagram made of it is true."""
    home = dict.fromkeys((d.Ready, d.NotReady, d.Closed, d.Locked, d.Office), "home")
    reached = {(pair, home.get(type(after), type(after))) for pair, after in all_steps()}
    for pair, row in desk.TABLE.items():
        for to in set(row.to) - {pair[0]}:
            assert (pair, home.get(to, to)) in reached, f"{pair[0].__name__} × {pair[1].__name__} never leads to {to.__name__}"


def all_steps() -> list[tuple[tuple[type, type], d.State]]:
    return [
        ((type(state), type(given_)), desk.step(state, given_, rules)[0])
        for state, given_, rules in product(STATES, INPUTS, RULES)
        if (type(state), type(given_)) in desk.TABLE
    ]


def test_nothing_is_asked_while_something_lacks() -> None:
    """While the table lacks anything, no input in any state makes a request or shows another voter's data."""
    for state, given_, rules in product(STATES, INPUTS, RULES):
        if rules.lack is None:
            continue
        after, effects = try_step(state, given_, rules)
        assert not any(isinstance(effect, d.Ask) for effect in effects)
        assert type(after) is type(state) or not isinstance(after, d.VoterShown | d.BirthDate | d.Waiting)


WALKS = st.lists(st.tuples(st.sampled_from(INPUTS), st.sampled_from([OPEN, OPEN, KEYED, KEYED, *RULES])), max_size=80)
# Inputs that lead through a check-in are rare among all, so that a walk is given pieces of real ones too.
PIECES = [
    [(ANNES, OPEN), (d.Approve(How.SPOKEN), OPEN), (d.Granted(), OPEN)],
    [(BENTS, KEYED), (d.Approve(How.SHOWN, WRONG), KEYED)],
    [(BENTS, KEYED), (d.Approve(How.KNOWN), KEYED), (d.Silent(), KEYED), (d.Granted(), KEYED)],
    [(d.Lit(), OPEN), (d.Cancel(), OPEN)],
    [(d.Changed(), OPEN), (ASKED, OPEN)],
    [(d.OpenMenu(), OPEN), (d.AskPin(d.Deed.CLOSE_TABLE), OPEN), (d.PinGiven(True), OPEN)],
    [(ANNE_TWICE_WRONG, KEYED), (d.Approve(How.SPOKEN, WRONG), KEYED)],
    [(BENT_REFERRED, OPEN), (d.AskPin(d.Deed.RELEASE_VOTER), OPEN)],
    [(d.PinGiven(False), OPEN), (d.PinGiven(True), OPEN), (BENTS, KEYED)],
]
LONG_WALKS = st.lists(WALKS.map(lambda walk: walk[:5]) | st.sampled_from(PIECES), max_size=40).map(
    lambda p: [s for part in p for s in part]
)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(STATES), WALKS | LONG_WALKS)
def test_what_the_desk_guards_on_any_walk(state: d.State, walk: list[tuple[d.Input, d.Rules]]) -> None:
    """However states and inputs follow each other, each green is issued exactly once and every guard holds at each step."""
    issued = int(isinstance(state, d.Green) and state.lit)
    for given_, rules in walk:
        after, effects = check(state, given_, rules)
        recorded = sum(isinstance(effect, d.RecordIssued) for effect in effects)
        if isinstance(state, d.Green):
            issued += recorded
            assert issued == int(after.lit) if isinstance(after, d.Green) else issued == 1
        if not isinstance(after, d.Green):
            issued = 0
        state = after


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([*SCANS, d.Type(), d.OpenMenu(), d.TimeUp(), d.Lit(), d.Changed()]), max_size=60))
def test_without_a_touch_nobody_is_served(walk: list[d.Input]) -> None:
    """Scans and time alone, in any order and number, never make a request."""
    state: d.State = d.Ready()
    for given_ in walk:
        state, effects = check(state, given_, OPEN)
        assert not effects
        assert not isinstance(state, d.Waiting | d.Green)


def walked(state: d.State, *inputs: d.Input, rules: d.Rules = OPEN) -> tuple[d.State, tuple[d.Effect, ...]]:
    effects: tuple[d.Effect, ...] = ()
    for given_ in inputs:
        state, effects = desk.step(state, given_, rules)
    return state, effects


def test_scan_and_approve() -> None:
    """In compare mode a voter is served with a scan and a touch; the next scan shows the next voter."""
    state, effects = walked(d.Ready(), ANNES, d.Approve(How.SPOKEN))
    assert effects == (d.Ask(ANNE, BOTH, How.SPOKEN, Source.CARD),)
    assert walked(state, d.Granted(), d.Lit()) == (d.Green(ANNE, EVERYTHING, lit=True), (d.RecordIssued(),))
    assert walked(state, d.Granted(), d.Lit(), BENTS) == (d.VoterShown(BENT, ONE, Source.CARD), ())


def test_three_wrong_dates() -> None:
    """In enter mode each wrong date is counted, and the third refers the voter to the secretary; nothing is asked."""
    state: d.State = d.Ready()
    seen = []
    for given_ in (ANNES, *[d.Approve(How.SPOKEN, WRONG)] * 3):
        state, effects = desk.step(state, given_, KEYED)
        seen.append((type(state), effects))
    counted, last = (d.CountWrong(ANNE.number, referred) for referred in (False, True))
    assert seen == [(d.BirthDate, ()), (d.BirthDate, (counted,)), (d.BirthDate, (counted,)), (d.Referred, (last,))]
    assert walked(state, ANNES, rules=KEYED) == (d.Referred(ANNE), ())


def test_tries_used_before() -> None:
    """Who has used two tries before has one left, on a screen that says so."""
    state, effects = walked(d.Ready(), ANNE_TWICE_WRONG, rules=KEYED)
    assert (state, effects) == (d.BirthDate(ANNE, EVERYTHING, Source.CARD, wrong=2), ())
    assert walked(state, d.Approve(How.SPOKEN, WRONG), rules=KEYED) == (d.Referred(ANNE), (d.CountWrong(ANNE.number, True),))
    assert isinstance(walked(state, d.Approve(How.SPOKEN, ANNE.born), rules=KEYED)[0], d.Waiting)


@pytest.mark.parametrize("rules", [OPEN, KEYED])
def test_a_voter_who_is_referred(rules: d.Rules) -> None:
    """In both modes who is referred is led to the secretary from wherever a card is scanned or a number keyed."""
    for state in (
        d.Ready(),
        d.Typing(),
        d.Menu(),
        d.Green(ANNE, EVERYTHING, lit=True),
        d.Refused(MARKED, ANNE.number, ANNE),
        d.Refused(MARKED, BENT.number, BENT),
        d.Referred(ANNE),
        d.Referred(BENT),
    ):
        assert desk.step(state, BENT_REFERRED, rules) == (d.Referred(BENT), ())


def test_release() -> None:
    """On the referred voter's screen the chair's PIN releases that voter; what is scanned at the pad changes nothing."""
    pin = d.Pin(d.Deed.RELEASE_VOTER, ANNE.number)
    assert walked(d.Referred(ANNE), d.AskPin(d.Deed.RELEASE_VOTER)) == (pin, ())
    assert walked(pin, *SCANS) == (pin, ())
    assert walked(pin, d.PinGiven(False)) == (replace(pin, wrong=True), ())
    assert walked(pin, d.PinGiven(False, paused=True)) == (replace(pin, paused=True), ())
    tries = (d.PinGiven(False), d.PinGiven(False, paused=True), d.PinGiven(True))
    assert walked(pin, *tries) == (d.Ready(), (d.Perform(d.Deed.RELEASE_VOTER, ANNE.number),))
    for leaves in (d.Cancel(), d.TimeUp()):
        assert walked(pin, leaves) == (d.Ready(), ())


def test_release_from_nowhere_else() -> None:
    """No other state leads to the pad on which a voter is released, and a referred voter's screen to no other pad."""
    for state, rules in product(STATES, RULES):
        after, _ = try_step(state, d.AskPin(d.Deed.RELEASE_VOTER), rules)
        assert isinstance(after, d.Pin) == isinstance(state, d.Pin | d.Referred)
    for deed in set(d.Deed) - {d.Deed.RELEASE_VOTER}:
        assert desk.step(d.Referred(ANNE), d.AskPin(deed), OPEN) == (d.Referred(ANNE), ())


@pytest.mark.parametrize("rules", RULES)
def test_unlit_green_does_not_time_out(rules: d.Rules) -> None:
    """A green that nobody has seen stays when its time is up; one that was drawn leads home."""
    green = d.Green(ANNE, EVERYTHING)
    assert desk.step(green, d.TimeUp(), rules) == (green, ())
    assert desk.step(replace(green, lit=True), d.TimeUp(), rules) == (desk.home(rules), ())


def test_right_date_at_the_third_try() -> None:
    """Two wrong dates and then the right one are enough."""
    wrong = [d.Approve(How.WRITTEN, WRONG)] * 2
    state, effects = walked(d.Ready(), ANNES, *wrong, d.Approve(How.WRITTEN, ANNE.born), rules=KEYED)
    assert isinstance(state, d.Waiting)
    assert effects == (d.Ask(ANNE, BOTH, How.WRITTEN, Source.CARD),)


def test_a_date_that_is_none() -> None:
    """In enter mode an approval without a date is a wrong try, unless the voter is known in person."""
    for how in (How.SPOKEN, How.WRITTEN, How.SHOWN):
        state, effects = walked(d.Ready(), ANNES, d.Approve(how), rules=KEYED)
        assert (state, effects) == (
            d.BirthDate(ANNE, EVERYTHING, Source.CARD, wrong=1),
            (d.CountWrong(ANNE.number, False),),
        )
    assert isinstance(walked(d.Ready(), ANNES, d.Approve(How.KNOWN), rules=KEYED)[0], d.Waiting)


def test_another_card_is_put_aside() -> None:
    """Another card scanned while a voter is shown is told of, and the first voter's approval still asks for the first."""
    state, _ = walked(d.Ready(), ANNES, BENTS)
    assert state == d.VoterShown(ANNE, EVERYTHING, Source.CARD, other=BENTS)
    assert walked(state, d.Approve(How.SPOKEN))[1] == (d.Ask(ANNE, BOTH, How.SPOKEN, Source.CARD),)


def test_the_same_card_again() -> None:
    """The card that is being served may lie under the scanner: nothing changes on any screen of that voter."""
    for state in (
        d.VoterShown(ANNE, EVERYTHING, Source.CARD),
        d.BirthDate(ANNE, EVERYTHING, Source.CARD, wrong=2),
        d.Waiting(ANNE, EVERYTHING),
        d.Green(ANNE, EVERYTHING, lit=True),
        d.Refused(MARKED, ANNE.number, ANNE),
        d.Referred(ANNE),
    ):
        assert desk.step(state, d.Turned(MARKED, ANNE.number, ANNE), OPEN) == (state, ())
        if not isinstance(state, d.Refused):
            assert desk.step(state, ANNES, OPEN) == (state, ())


def test_refused_and_scanned_again() -> None:
    """Where a refused voter may be given ballots after all, the same card scanned again shows them."""
    refused = d.Refused(Barred(Bar.CHANGED), ANNE.number, ANNE)
    assert desk.step(refused, ANNES, OPEN) == (d.VoterShown(ANNE, EVERYTHING, Source.CARD), ())


def test_green_that_nobody_has_seen() -> None:
    """Before the green screen is drawn no scan takes it away, not even of another voter."""
    for scan in SCANS:
        assert desk.step(d.Green(ANNE, EVERYTHING), scan, OPEN) == (d.Green(ANNE, EVERYTHING), ())


def test_withdrawn() -> None:
    """A request that is given up while it waits leads home, and is withdrawn."""
    assert walked(d.Ready(), ANNES, d.Approve(How.SPOKEN), d.Silent(), d.Cancel()) == (d.Ready(), (d.Withdraw(),))


def test_refused() -> None:
    """A request whose refusal is shown is withdrawn: it has its end, whatever becomes of the refusal."""
    waiting, denied = d.Waiting(ANNE, EVERYTHING), d.Denied(Barred(Bar.CHANGED))
    assert walked(waiting, denied) == (d.Refused(denied.barred, ANNE.number, ANNE), (d.Withdraw(),))


def test_the_clerks_answer() -> None:
    """After a restart Yes records the ballots, No withdraws the request, and a scan does neither."""
    state, _ = walked(d.Ready(), ASKED, BENTS)
    assert state == d.Unresolved(ASKED, other=True)
    assert walked(state, d.Answer(True)) == (d.Ready(), (d.RecordIssued(),))
    assert walked(state, d.Answer(False)) == (d.Ready(), (d.Withdraw(),))


@pytest.mark.parametrize("leaves", [d.Cancel(), d.TimeUp()])
def test_a_voter_who_is_not_served(leaves: d.Input) -> None:
    """Cancelling, or nobody touching anything, clears the voter from the screen without a request."""
    for rules in (OPEN, KEYED):
        assert walked(d.Ready(), ANNES, leaves, rules=rules) == (d.Ready(), ())


OVERVIEW = d.Office(office.Overview())


def test_nobody_is_attested_as_stopped_beforehand() -> None:
    """Table 4 is silent. Wherever the chair is asked who is off or silent, nobody is ticked: it is the chair who says so."""
    begun, waits = replace(OPEN, situation=BEGUN), replace(OPEN, situation=AROUND)
    for rules, leads in ((waits, [d.Pick("stop")]), (begun, [d.Pick("stop"), d.Pick("again")]), (waits, [d.Pick("excuse")])):
        state, _ = walked(OVERVIEW, *leads, rules=rules)
        assert isinstance(state.page, office.PickStopped | office.PickExcused)
        assert state.page.chosen == frozenset()
        state, _ = walked(state, d.Pick("T4.1"), d.Pick("T4.1"), d.Pick("T4.1"), rules=rules)
        assert state.page.chosen == {"T4.1"}


def test_a_tables_list_is_moved_in_one_flow() -> None:
    """Tick, scan the code, scan the cards, done: the page says in the end what has come of it, and stays until it is read."""
    rules = replace(OPEN, situation=AROUND)
    asks, _ = walked(OVERVIEW, d.Pick("stop"), d.Pick("T4.1"), d.Go(), rules=rules)
    assert asks == d.Office(office.AskCode(frozenset({"T4.1"})))
    piles, effects = walked(asks, d.CodeGiven(3), rules=rules)
    assert (piles, effects) == (d.Office(office.Piles(3)), (d.UseCode(frozenset({"T4.1"})),))
    begun = replace(OPEN, situation=BEGUN)
    scanned, effects = walked(piles, d.Changed(), d.Pick("T4.1"), ANNES, rules=begun)
    assert effects == (d.Rescan(ANNE.number, "T4.1"),)
    done, effects = walked(scanned, d.Go(), rules=begun)
    assert effects == (d.Finish(),)
    told = walked(done, d.Changed(), rules=replace(OPEN, situation=replace(AROUND, viewed=3, last_code=3)))
    assert told == (done, ())
    assert walked(done, d.Cancel(), rules=rules) == (OVERVIEW, ())


def test_a_card_of_a_pile_that_is_not_read_is_told_of() -> None:
    """A stray code, another place's card, a number that is not on the list: nothing is written, and the page says so."""
    rules, page = replace(OPEN, situation=BEGUN), d.Office(office.Piles(3, pile="T4.1", last=BENT.number))
    for scan in (STRAY, ELSEWHERE, UNKNOWN):
        assert walked(page, scan, rules=rules) == (d.Office(office.Piles(3, pile="T4.1", misread=True)), ())
    for scan in SCANS:
        assert walked(d.Office(office.Piles(3)), scan, rules=rules) == (d.Office(office.Piles(3)), ())


def test_going_back_from_the_code_keeps_the_ticks() -> None:
    """No code was used: what was ticked still is."""
    rules = replace(OPEN, situation=AROUND)
    assert walked(d.Office(office.AskCode(frozenset({"T4.1"}))), d.Cancel(), rules=rules)[0].page.chosen == {"T4.1"}


@pytest.mark.parametrize(
    ("given_", "slip"),
    [*((why, why) for why in Misread), (1, office.CodeSlip.USED), (2, office.CodeSlip.USED), (5, office.CodeSlip.SKIPPED)],
)
def test_a_wrong_code_is_told(given_: int | Misread, slip: office.CodeSlip | Misread) -> None:
    """What is no code of this place, one that was used, and one that skips another do nothing."""
    page = office.AskCode(frozenset({"T4.1"}))
    state, effects = walked(d.Office(page), d.CodeGiven(given_), rules=replace(OPEN, situation=AROUND))
    assert effects == ()
    assert (state.page.slip, state.page.devices) == (slip, page.devices)


def test_a_skipped_code_is_taken_when_it_is_scanned_again() -> None:
    """Once it is told; another that skips is told anew."""
    rules, page = replace(OPEN, situation=AROUND), d.Office(office.AskCode(frozenset()))
    assert walked(page, d.CodeGiven(5), d.CodeGiven(5), rules=rules) == (d.Office(office.Piles(5)), (d.UseCode(frozenset()),))
    assert walked(page, d.CodeGiven(5), d.CodeGiven(6), rules=rules)[1] == ()


@pytest.mark.parametrize("n", [21, 22])
def test_a_code_of_the_reserve_sheet_ends_the_chairs_only_when_it_is_scanned_again(n: int) -> None:
    """It is told what would be lost; not where the chair's sheet is used up, nor once the reserve sheet is begun."""
    rules, page = replace(OPEN, situation=AROUND), d.Office(office.AskCode(frozenset()))
    taken = (d.UseCode(frozenset()),)
    state, effects = walked(page, d.CodeGiven(n), rules=rules)
    assert (state.page.slip, state.page.n, effects) == (office.CodeSlip.RESERVE, n, ())
    assert walked(page, d.CodeGiven(n), d.CodeGiven(n), rules=rules)[1] == taken
    assert walked(page, d.CodeGiven(5), d.CodeGiven(n), rules=rules)[1] == ()
    assert walked(page, d.CodeGiven(n), rules=replace(OPEN, situation=replace(AROUND, last_code=n - 1)))[1] == taken


def test_the_poll_is_opened_with_a_code_at_any_node_and_leads_home() -> None:
    """At a table from its own screen or its menu, at the secretary's from the overview; then the desk is where it serves."""
    before = replace(OPEN, situation=BEFORE, lack=d.Lack.POLL_NOT_OPENED)
    for state in (d.NotReady(d.Lack.POLL_NOT_OPENED), d.Menu((d.Deed.OPEN_POLL,))):
        assert walked(state, d.AskPin(d.Deed.OPEN_POLL), rules=before) == (d.Office(office.PickStopped()), ())
    assert walked(OVERVIEW, d.Pick("stop"), rules=replace(before, office=True))[0] == d.Office(office.PickStopped())
    piles, _ = walked(d.Office(office.AskCode(frozenset())), d.CodeGiven(1), rules=before)
    open_ = replace(OPEN, situation=replace(AROUND, viewed=1, last_code=1))
    assert walked(piles, d.Changed(), rules=open_) == (d.Ready(), ())
    assert walked(piles, d.Changed(), rules=replace(open_, office=True)) == (OVERVIEW, ())


def test_a_stop_that_another_has_overtaken_is_not_called_done() -> None:
    """The page stays, since nothing was moved here; whoever goes back finds the next code asked for."""
    taken = replace(AROUND, last_code=4, elsewhere=Elsewhere(4, "T2.1", ("T4.1",), finished=False))
    rules, page = replace(OPEN, situation=taken), d.Office(office.Piles(3))
    assert walked(page, d.Changed(), rules=rules) == (page, ())
    assert walked(page, d.Go(), rules=rules) == (page, ())
    assert walked(page, d.Cancel(), d.Pick("stop"), rules=rules)[0] == d.Office(office.PickStopped())


def test_a_list_is_given_away() -> None:
    """Which one, to whom, and the PIN."""
    rules = replace(OPEN, situation=AROUND)
    pin, _ = walked(OVERVIEW, d.Pick("give"), d.Pick("4"), d.Pick("1"), d.Pick("T2.1"), rules=rules)
    order = d.Perform(d.Deed.GIVE, book=1, to="T2.1")
    assert pin == d.Pin(d.Deed.GIVE, order=order)
    assert walked(pin, d.PinGiven(True), rules=rules) == (d.Ready(), (order,))


def test_a_mark_is_undone_by_its_own_item_and_the_pin() -> None:
    """The voter's card leads to the voter's marks, none of which is chosen; the PIN decides about the one that is touched."""
    rules = replace(OPEN, situation=AROUND)
    page, _ = walked(d.Office(office.Overview()), d.Pick("undo"), STRAY, rules=rules)
    assert page == d.Office(office.FindMark(misread=True))
    for scan in (ANNES, d.Turned(MARKED, ANNE.number, ANNE)):
        marks, effects = walked(page, scan, rules=rules)
        assert (marks, effects) == (d.Office(office.Marks(ANNE.number, ANNE.name)), ())
        assert walked(marks, d.Go(), d.Pick("3"), d.Pick("0"), rules=rules) == (marks, ())
        pin, _ = walked(marks, d.Pick("2"), rules=rules)
        order = d.Perform(d.Deed.UNDO, voter=ANNE.number, target="S.1-1#7", handed_out=True)
        assert pin == d.Pin(d.Deed.UNDO, order=order)
        assert walked(pin, d.PinGiven(True), rules=rules) == (d.Office(office.Overview()), (order,))


def test_who_is_neither_the_secretary_nor_the_assistant_undoes_nothing() -> None:
    """The item means nothing there, and who may not any more, since a stop names it, stands on the overview again."""
    rules = replace(OPEN, situation=replace(AROUND, may_undo=False))
    assert walked(d.Office(office.Overview()), d.Pick("undo"), rules=rules) == (d.Office(office.Overview()), ())
    for page in (office.FindMark(), office.Marks(ANNE.number)):
        assert walked(d.Office(page), d.Changed(), rules=rules) == (d.Office(office.Overview()), ())


def test_the_chairs_deeds() -> None:
    """What the PIN can decide depends on how things stand; nothing else can be asked for."""
    alone = {None: {d.Deed.CLOSE_TABLE}, d.Lack.CLOSED: {d.Deed.REOPEN_TABLE}}
    for lack, deed in product((None, *d.Lack), d.Deed):
        after, effects = desk.step(d.Menu(), d.AskPin(deed), replace(OPEN, lack=lack))
        assert (isinstance(after, d.Pin), effects) == (deed in alone.get(lack, set()), ())
    opens = replace(OPEN, lack=d.Lack.POLL_NOT_OPENED, situation=BEFORE)
    assert desk.deeds(opens) == (d.Deed.OPEN_POLL, d.Deed.ISLAND, d.Deed.LOCK)
    assert d.Deed.OPEN_POLL not in desk.deeds(replace(opens, situation=replace(BEFORE, may_stop=False)))
    island = replace(OPEN, lack=d.Lack.ALONE, situation=AROUND)
    assert desk.deeds(island) == (d.Deed.ISLAND, d.Deed.LOCK)
    assert desk.deeds(replace(island, locked=True)) == (d.Deed.UNLOCK,)
