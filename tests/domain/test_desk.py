"""Stories of the desk's table: every pair of a state and an input, and what holds however they follow each other."""

from dataclasses import replace
from itertools import product

import pytest
from desk_facts import (
    ACTIONS,
    ANNE_TWICE_WRONG,
    ANNES,
    ASKED,
    BENT_REFERRED,
    BENTS,
    INPUTS,
    MARKED,
    RULES,
    SCANS,
    STATES,
    WRONG,
    walked,
)
from domain_facts import ANNE, BENT, BOTH, EVERYTHING, KEYED, ONE, OPEN
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain import desk, pages
from kiosk.domain import desk_states as d
from kiosk.domain.chair_actions import (
    ChairAction,
    ReleaseVoter,
)
from kiosk.domain.eligibility import Barred, RefusalReason
from kiosk.domain.entries import How, Source
from kiosk.domain.pages import page as p

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
        assert all(isinstance(effect, p.Rescan) for effect in effects)
        if isinstance(state, KEEPS_ITS_VOTER):
            assert replace(after, other=None) == replace(state, other=None)
        if isinstance(state, d.NotReady | d.Closed | d.Pin) or (isinstance(state, d.Green) and not state.drawn):
            assert after == state
        if isinstance(state, d.Unresolved):
            assert after == replace(state, other=True)
    if isinstance(after, d.Green) and not isinstance(state, d.Green):
        assert isinstance(state, d.Waiting)
        assert isinstance(given, d.Granted)
        assert (after.voter, after.may, after.drawn) == (state.voter, state.may, False)
    if isinstance(after, d.Waiting) and not isinstance(state, d.Waiting):
        assert [type(effect) for effect in effects] == [d.MakeRequest]
    if isinstance(state, d.Unresolved) and not isinstance(after, d.Unresolved):
        assert isinstance(given, d.Answer)
    if isinstance(state, d.Green) and not state.drawn and isinstance(given, d.TimeUp):
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
    if isinstance(after, d.Pin) and entered:
        check_pin(state, given, after)
    elif isinstance(after, d.Pin):
        assert after.action == state.action


def check_pin(state: d.State, given: d.Input, after: d.Pin) -> None:
    """The PIN is asked for something that was touched; a voter is released from that voter's own screen only."""
    assert isinstance(given, d.Pick | d.AskChair)
    assert after == d.Pin(after.action)
    if isinstance(state, d.Referred):
        assert after.action == ReleaseVoter(state.voter.number)
    else:
        assert not isinstance(after.action, ReleaseVoter)


def check_effect(effect: d.Effect, state: d.State, given: d.Input, rules: d.Rules, after: d.State) -> None:
    match effect:
        case d.MakeRequest():
            assert rules.facts.lack is None
            assert isinstance(given, d.Approve)
            assert isinstance(state, d.VoterShown | d.BirthDate)
            assert isinstance(after, d.Waiting)
            assert effect == d.MakeRequest(state.voter, state.may.elections, given.how, state.source)
            assert (after.voter, after.may) == (state.voter, state.may)
            if isinstance(state, d.BirthDate):
                assert given.how is How.KNOWN or given.born == state.voter.born
        case d.RecordIssued():
            seen = isinstance(state, d.Green) and not state.drawn and isinstance(given, d.GreenDrawn | d.Cancel)
            assert seen or (isinstance(state, d.Unresolved) and given == d.Answer(True))
        case d.Withdraw() | d.LeaveOpen():
            answer = d.Answer(None) if isinstance(effect, d.LeaveOpen) else d.Answer(False)
            ended = isinstance(given, d.Cancel | d.Denied) and isinstance(effect, d.Withdraw)
            given_up = isinstance(state, d.Waiting) and ended
            assert given_up or (isinstance(state, d.Unresolved) and given == answer)
        case d.CountWrong():
            assert isinstance(state, d.BirthDate)
            assert isinstance(given, d.Approve)
            assert given.how is not How.KNOWN
            assert given.born != state.voter.born
            assert effect == d.CountWrong(state.voter.number, state.wrong + 1 >= rules.tries)
            assert isinstance(after, d.Referred if effect.referred else d.BirthDate)
        case _:
            check_page_effect(effect, state, given, rules, after)


def check_page_effect(effect: d.Effect, state: d.State, given: d.Input, rules: d.Rules, after: d.State) -> None:
    match effect:
        case p.Seen():
            assert (type(state), given) in {(d.Ready, d.Noted()), (d.Office, d.Pick("pick seen"))}
            assert after == state
        case p.NextLanguage():
            assert (state, after, given) == (d.Office(pages.Menu()), state, d.Pick("language"))
        case _ if isinstance(effect, ChairAction):
            assert isinstance(state, d.Pin)
            assert given == d.PinGiven(True)
            assert effect == state.action
        case p.Rescan():
            assert isinstance(state, d.Office)
            assert given.voter is not None
            piles = getattr(state.page, "piles", state.page)
            assert (effect.stopped, effect.voter) == (piles.pile, given.voter.number)
            assert (after.page.last, after.page.misread) == (given.voter.number, False)
        case p.UseCode() | p.Finish():
            check_stop(effect, state, given, rules, after)
        case _:
            raise AssertionError(effect)


def check_stop(effect: p.UseCode | p.Finish, state: d.State, given: d.Input, rules: d.Rules, after: d.State) -> None:
    """A code is used on its own page, and the cards are done where everybody has answered."""
    assert isinstance(state, d.Office)
    if isinstance(effect, p.UseCode):
        assert isinstance(state.page, pages.AskCode)
        assert given.code > rules.facts.situation.last_code
        assert effect.devices == state.page.devices
        assert after == d.Office(pages.Piles(given.code, opens=not rules.facts.situation.poll_open))
    else:
        assert isinstance(state.page, pages.Piles)
        assert given == d.Pick("go")
        assert rules.facts.situation.stopping.ready


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
        if rules.facts.lack is None:
            continue
        after, effects = try_step(state, given_, rules)
        assert not any(isinstance(effect, d.MakeRequest) for effect in effects)
        assert type(after) is type(state) or not isinstance(after, d.VoterShown | d.BirthDate | d.Waiting)


WALKS = st.lists(st.tuples(st.sampled_from(INPUTS), st.sampled_from([OPEN, OPEN, KEYED, KEYED, *RULES])), max_size=80)
# Inputs that lead through a check-in are rare among all, so that a walk is given pieces of real ones too.
PIECES = [
    [(ANNES, OPEN), (d.Approve(How.SPOKEN), OPEN), (d.Granted(), OPEN)],
    [(BENTS, KEYED), (d.Approve(How.SHOWN, WRONG), KEYED)],
    [(BENTS, KEYED), (d.Approve(How.KNOWN), KEYED), (d.Silent(), KEYED), (d.Granted(), KEYED)],
    [(d.GreenDrawn(), OPEN), (d.Cancel(), OPEN)],
    [(d.Changed(), OPEN), (ASKED, OPEN)],
    [(d.OpenMenu(), OPEN), (d.Pick("close_table"), OPEN), (d.PinGiven(True), OPEN)],
    [(ANNE_TWICE_WRONG, KEYED), (d.Approve(How.SPOKEN, WRONG), KEYED)],
    [(BENT_REFERRED, OPEN), (d.AskChair("release_voter"), OPEN)],
    [(d.PinGiven(False), OPEN), (d.PinGiven(True), OPEN), (BENTS, KEYED)],
]
LONG_WALKS = st.lists(WALKS.map(lambda walk: walk[:5]) | st.sampled_from(PIECES), max_size=40).map(
    lambda p: [s for part in p for s in part]
)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(STATES), WALKS | LONG_WALKS)
def test_what_the_desk_guards_on_any_walk(state: d.State, walk: list[tuple[d.Input, d.Rules]]) -> None:
    """However states and inputs follow each other, each green is issued exactly once and every guard holds at each step."""
    issued = int(isinstance(state, d.Green) and state.drawn)
    for given_, rules in walk:
        after, effects = check(state, given_, rules)
        recorded = sum(isinstance(effect, d.RecordIssued) for effect in effects)
        if isinstance(state, d.Green):
            issued += recorded
            assert issued == int(after.drawn) if isinstance(after, d.Green) else issued == 1
        if not isinstance(after, d.Green):
            issued = 0
        state = after


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([*SCANS, d.Type(), d.OpenMenu(), d.TimeUp(), d.GreenDrawn(), d.Changed()]), max_size=60))
def test_without_a_touch_nobody_is_served(walk: list[d.Input]) -> None:
    """Scans and time alone, in any order and number, never make a request."""
    state: d.State = d.Ready()
    for given_ in walk:
        state, effects = check(state, given_, OPEN)
        assert not effects
        assert not isinstance(state, d.Waiting | d.Green)


def test_scan_and_approve() -> None:
    """In compare mode a voter is served with a scan and a touch; the next scan shows the next voter."""
    state, effects = walked(d.Ready(), ANNES, d.Approve(How.SPOKEN))
    assert effects == (d.MakeRequest(ANNE, BOTH, How.SPOKEN, Source.CARD),)
    assert walked(state, d.Granted(), d.GreenDrawn()) == (d.Green(ANNE, EVERYTHING, drawn=True), (d.RecordIssued(),))
    assert walked(state, d.Granted(), d.GreenDrawn(), BENTS) == (d.VoterShown(BENT, ONE, Source.CARD), ())


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
        d.Office(pages.Menu()),
        d.Green(ANNE, EVERYTHING, drawn=True),
        d.Refused(MARKED, ANNE.number, ANNE),
        d.Refused(MARKED, BENT.number, BENT),
        d.Referred(ANNE),
        d.Referred(BENT),
    ):
        assert desk.step(state, BENT_REFERRED, rules) == (d.Referred(BENT), ())


def test_release() -> None:
    """On the referred voter's screen the chair's PIN releases that voter; what is scanned at the pad changes nothing."""
    pin = d.Pin(ReleaseVoter(ANNE.number))
    assert walked(d.Referred(ANNE), d.AskChair("release_voter")) == (pin, ())
    assert walked(pin, *SCANS) == (pin, ())
    assert walked(pin, d.PinGiven(False)) == (replace(pin, wrong=True), ())
    assert walked(pin, d.PinGiven(False, paused=True)) == (replace(pin, paused=True), ())
    tries = (d.PinGiven(False), d.PinGiven(False, paused=True), d.PinGiven(True))
    assert walked(pin, *tries) == (d.Ready(), (ReleaseVoter(ANNE.number),))
    for leaves in (d.Cancel(), d.TimeUp()):
        assert walked(pin, leaves) == (d.Ready(), ())


def test_release_from_nowhere_else() -> None:
    """No other state leads to the pad on which a voter is released, and a referred voter's screen to no other pad."""
    for state, rules in product(STATES, RULES):
        after, _ = try_step(state, d.AskChair("release_voter"), rules)
        assert isinstance(after, d.Pin) == isinstance(state, d.Pin | d.Referred)
    for action in ACTIONS:
        if not isinstance(action, ReleaseVoter):
            assert desk.step(d.Referred(ANNE), d.AskChair(action.word), OPEN) == (d.Referred(ANNE), ())


@pytest.mark.parametrize("rules", RULES)
def test_unlit_green_does_not_time_out(rules: d.Rules) -> None:
    """A green that nobody has seen stays when its time is up; one that was drawn leads home."""
    green = d.Green(ANNE, EVERYTHING)
    assert desk.step(green, d.TimeUp(), rules) == (green, ())
    assert desk.step(replace(green, drawn=True), d.TimeUp(), rules) == (desk.home(rules), ())


def test_right_date_at_the_third_try() -> None:
    """Two wrong dates and then the right one are enough."""
    wrong = [d.Approve(How.WRITTEN, WRONG)] * 2
    state, effects = walked(d.Ready(), ANNES, *wrong, d.Approve(How.WRITTEN, ANNE.born), rules=KEYED)
    assert isinstance(state, d.Waiting)
    assert effects == (d.MakeRequest(ANNE, BOTH, How.WRITTEN, Source.CARD),)


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
    assert walked(state, d.Approve(How.SPOKEN))[1] == (d.MakeRequest(ANNE, BOTH, How.SPOKEN, Source.CARD),)


def test_the_same_card_again() -> None:
    """The card that is being served may lie under the scanner: nothing changes on any screen of that voter."""
    for state in (
        d.VoterShown(ANNE, EVERYTHING, Source.CARD),
        d.BirthDate(ANNE, EVERYTHING, Source.CARD, wrong=2),
        d.Waiting(ANNE, EVERYTHING),
        d.Green(ANNE, EVERYTHING, drawn=True),
        d.Refused(MARKED, ANNE.number, ANNE),
        d.Referred(ANNE),
    ):
        assert desk.step(state, d.Turned(MARKED, ANNE.number, ANNE), OPEN) == (state, ())
        if not isinstance(state, d.Refused):
            assert desk.step(state, ANNES, OPEN) == (state, ())


def test_refused_and_scanned_again() -> None:
    """Where a refused voter may be given ballots after all, the same card scanned again shows them."""
    refused = d.Refused(Barred(RefusalReason.CHANGED), ANNE.number, ANNE)
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
    waiting, denied = d.Waiting(ANNE, EVERYTHING), d.Denied(Barred(RefusalReason.CHANGED))
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
