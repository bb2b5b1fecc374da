"""Stories of the chair's and the secretary's pages: what is offered, and where it leads. The PIN and the codes decide."""

from dataclasses import dataclass, replace
from itertools import product

import pytest
from desk_facts import (
    ACTIONS,
    ANNES,
    AROUND,
    BEFORE,
    BEGUN,
    ELSEWHERE,
    MARKED,
    MARKS,
    PAGES,
    PEERS,
    RULES,
    SCANS,
    STRAY,
    UNKNOWN,
    WORDS,
    walked,
)
from domain_facts import ANNE, BENT, EVERYTHING, OPEN, facing

from kiosk.domain import desk, pages
from kiosk.domain import desk_states as d
from kiosk.domain import screens as s
from kiosk.domain.chair_actions import GiveBook, UndoMark, WhyNot
from kiosk.domain.codetext import CodeMisread
from kiosk.domain.entries import Source
from kiosk.domain.facts import Facts
from kiosk.domain.pages import page as p
from kiosk.domain.situation import Elsewhere
from kiosk.domain.view import screen
from kiosk.domain.view_context import ViewContext
from kiosk.simulated import screens

OVERVIEW = d.Office(pages.Overview())


def test_nobody_is_attested_as_stopped_beforehand() -> None:
    """Table 4 is silent. Wherever the chair is asked who is off or silent, nobody is ticked: it is the chair who says so."""
    begun, waits = facing(OPEN, situation=BEGUN), facing(OPEN, situation=AROUND)
    for rules, leads in (
        (waits, [d.Pick("pick stop")]),
        (begun, [d.Pick("pick stop"), d.Pick("pick again")]),
        (waits, [d.Pick("pick excuse")]),
    ):
        state, _ = walked(OVERVIEW, *leads, rules=rules)
        assert isinstance(state.page, pages.PickStopped | pages.PickExcused)
        assert state.page.chosen == frozenset()
        state, _ = walked(state, d.Pick("pick T4.1"), d.Pick("pick T4.1"), d.Pick("pick T4.1"), rules=rules)
        assert state.page.chosen == {"T4.1"}


def test_a_tables_list_is_moved_in_one_flow() -> None:
    """Tick, scan the code, scan the cards, done: the page says in the end what has come of it, and stays until it is read."""
    rules = facing(OPEN, situation=AROUND)
    asks, _ = walked(OVERVIEW, d.Pick("pick stop"), d.Pick("pick T4.1"), d.Pick("go"), rules=rules)
    assert asks == d.Office(pages.AskCode(frozenset({"T4.1"})))
    piles, effects = walked(asks, d.CodeGiven(3), rules=rules)
    assert (piles, effects) == (d.Office(pages.Piles(3)), (p.UseCode(frozenset({"T4.1"})),))
    begun = facing(OPEN, situation=BEGUN)
    scanned, effects = walked(piles, d.Changed(), d.Pick("pick T4.1"), ANNES, rules=begun)
    assert effects == (p.Rescan(ANNE.number, "T4.1"),)
    done, effects = walked(scanned, d.Pick("go"), rules=begun)
    assert effects == (p.Finish(),)
    told = walked(done, d.Changed(), rules=facing(OPEN, situation=replace(AROUND, viewed=3, last_code=3)))
    assert told == (done, ())
    assert walked(done, d.Pick("cancel"), rules=rules) == (OVERVIEW, ())


def test_a_card_of_a_pile_that_is_not_read_is_told_of() -> None:
    """A stray code, another place's card, a number that is not on the list: nothing is written, and the page says so."""
    rules, page = facing(OPEN, situation=BEGUN), d.Office(pages.Piles(3, pile="T4.1", last=BENT.number))
    for scan in (STRAY, ELSEWHERE, UNKNOWN):
        assert walked(page, scan, rules=rules) == (d.Office(pages.Piles(3, pile="T4.1", misread=True)), ())
    for scan in SCANS:
        assert walked(d.Office(pages.Piles(3)), scan, rules=rules) == (d.Office(pages.Piles(3)), ())


def test_going_back_from_the_code_keeps_the_ticks() -> None:
    """No code was used: what was ticked still is."""
    rules = facing(OPEN, situation=AROUND)
    assert walked(d.Office(pages.AskCode(frozenset({"T4.1"}))), d.Pick("cancel"), rules=rules)[0].page.chosen == {"T4.1"}


@pytest.mark.parametrize(
    ("given_", "slip"),
    [*((why, why) for why in CodeMisread), (1, pages.CodeSlip.USED), (2, pages.CodeSlip.USED), (5, pages.CodeSlip.SKIPPED)],
)
def test_a_wrong_code_is_told(given_: int | CodeMisread, slip: pages.CodeSlip | CodeMisread) -> None:
    """What is no code of this place, one that was used, and one that skips another do nothing."""
    page = pages.AskCode(frozenset({"T4.1"}))
    state, effects = walked(d.Office(page), d.CodeGiven(given_), rules=facing(OPEN, situation=AROUND))
    assert effects == ()
    assert (state.page.slip, state.page.devices) == (slip, page.devices)


def test_a_skipped_code_is_taken_when_it_is_scanned_again() -> None:
    """Once it is told; another that skips is told anew."""
    rules, page = facing(OPEN, situation=AROUND), d.Office(pages.AskCode(frozenset()))
    assert walked(page, d.CodeGiven(5), d.CodeGiven(5), rules=rules) == (d.Office(pages.Piles(5)), (p.UseCode(frozenset()),))
    assert walked(page, d.CodeGiven(5), d.CodeGiven(6), rules=rules)[1] == ()


@pytest.mark.parametrize("n", [21, 22])
def test_a_code_of_the_reserve_sheet_ends_the_chairs_only_when_it_is_scanned_again(n: int) -> None:
    """It is told what would be lost; not where the chair's sheet is used up, nor once the reserve sheet is begun."""
    rules, page = facing(OPEN, situation=AROUND), d.Office(pages.AskCode(frozenset()))
    taken = (p.UseCode(frozenset()),)
    state, effects = walked(page, d.CodeGiven(n), rules=rules)
    assert (state.page.slip, state.page.n, effects) == (pages.CodeSlip.RESERVE, n, ())
    assert walked(page, d.CodeGiven(n), d.CodeGiven(n), rules=rules)[1] == taken
    assert walked(page, d.CodeGiven(5), d.CodeGiven(n), rules=rules)[1] == ()
    assert walked(page, d.CodeGiven(n), rules=facing(OPEN, situation=replace(AROUND, last_code=n - 1)))[1] == taken


def test_the_poll_is_opened_with_a_code_at_any_node_and_leads_home() -> None:
    """At a table from its own screen or its menu, at the secretary's from the overview; then the desk is where it serves."""
    before = facing(OPEN, situation=BEFORE, lack=d.NotReadyReason.POLL_NOT_OPENED)
    for state, touch in ((d.NotReady(d.NotReadyReason.POLL_NOT_OPENED), d.AskChair), (d.Office(pages.Menu()), d.Pick)):
        assert walked(state, touch("open_poll"), rules=before) == (d.Office(pages.PickStopped()), ())
    assert walked(OVERVIEW, d.Pick("pick stop"), rules=facing(before, office=True))[0] == d.Office(pages.PickStopped())
    piles, _ = walked(d.Office(pages.AskCode(frozenset())), d.CodeGiven(1), rules=before)
    open_ = facing(OPEN, situation=replace(AROUND, viewed=1, last_code=1))
    assert walked(piles, d.Changed(), rules=open_) == (d.Ready(), ())
    assert walked(piles, d.Changed(), rules=facing(open_, office=True)) == (OVERVIEW, ())


def test_a_stop_that_another_has_overtaken_is_not_called_done() -> None:
    """The page stays, since nothing was moved here; whoever goes back finds the next code asked for."""
    taken = replace(AROUND, last_code=4, elsewhere=Elsewhere(4, "T2.1", ("T4.1",), finished=False))
    rules, page = facing(OPEN, situation=taken), d.Office(pages.Piles(3))
    assert walked(page, d.Changed(), rules=rules) == (page, ())
    assert walked(page, d.Pick("go"), rules=rules) == (page, ())
    assert walked(page, d.Pick("cancel"), d.Pick("pick stop"), rules=rules)[0] == d.Office(pages.PickStopped())


def test_a_list_is_given_away() -> None:
    """Which one, to whom, and the PIN."""
    rules = facing(OPEN, situation=AROUND)
    pin, _ = walked(OVERVIEW, d.Pick("pick give"), d.Pick("pick 4"), d.Pick("pick 1"), d.Pick("pick T2.1"), rules=rules)
    assert pin == d.Pin(GiveBook(1, "T2.1"))
    assert walked(pin, d.PinGiven(True), rules=rules) == (d.Ready(), (pin.action,))


def test_a_list_is_given_to_who_is_seen() -> None:
    """Not to who is silent, nor to a card that its table has changed for another."""
    secretary, table, silent = PEERS
    peers = (secretary, replace(table, current=False), replace(table, device="T2.2"), silent)
    rules = facing(OPEN, situation=replace(AROUND, peers=peers))
    offered = [offer.touch for offer in pages.PickHeir(1).offers(rules.facts).within]
    assert offered == ["pick S.1", "pick T2.2"]
    assert walked(d.Office(pages.PickHeir(1)), d.Pick("pick T4.1"), rules=rules) == (d.Office(pages.PickHeir(1)), ())


def test_a_mark_is_undone_by_its_own_item_and_the_pin() -> None:
    """The voter's card leads to the voter's marks, none of which is chosen; the PIN decides about the one that is touched."""
    rules = facing(OPEN, situation=AROUND, marks=MARKS)
    page, _ = walked(OVERVIEW, d.Pick("pick undo"), STRAY, rules=rules)
    assert page == d.Office(pages.FindMark(misread=True))
    for scan in (ANNES, d.Turned(MARKED, ANNE.number, ANNE)):
        marks, effects = walked(page, scan, rules=rules)
        assert (marks, effects) == (d.Office(pages.Marks(ANNE.number, ANNE.name)), ())
        assert walked(marks, d.Pick("go"), d.Pick("pick 3"), d.Pick("pick 0"), rules=rules) == (marks, ())
        pin, _ = walked(marks, d.Pick("pick 2"), rules=rules)
        assert pin == d.Pin(UndoMark(ANNE.number, "S.1-1#7", handed_out=True))
        assert walked(pin, d.PinGiven(True), rules=rules) == (OVERVIEW, (pin.action,))


def test_who_is_neither_the_secretary_nor_the_assistant_undoes_nothing() -> None:
    """The item means nothing there, and who may not any more, since a stop names it, stands on the overview again."""
    rules = facing(OPEN, situation=replace(AROUND, may_undo=False))
    assert walked(OVERVIEW, d.Pick("pick undo"), rules=rules) == (OVERVIEW, ())
    for page in (pages.FindMark(), pages.Marks(ANNE.number)):
        assert walked(d.Office(page), d.Changed(), rules=rules) == (OVERVIEW, ())


def offered(rules: d.Rules) -> set[str]:
    """The words of what the menu offers the chair."""
    return {offer.touch for offer in pages.for_chair(rules.facts)}


def test_what_the_chair_can_decide() -> None:
    """It depends on how things stand, and nothing else can be asked for, in the menu or on the home screen."""
    alone = {None: {"close_table"}, d.NotReadyReason.CLOSED: {"reopen_table"}}
    for lack in (None, *d.NotReadyReason):
        assert offered(facing(OPEN, lack=lack)) == alone.get(lack, set())
    opens = facing(OPEN, lack=d.NotReadyReason.POLL_NOT_OPENED, situation=BEFORE)
    assert offered(opens) == {"open_poll", "island", "lock"}
    assert "open_poll" not in offered(facing(opens, situation=replace(BEFORE, may_stop=False)))
    island = facing(OPEN, lack=d.NotReadyReason.ALONE, situation=AROUND)
    assert offered(island) == {"island", "lock"}
    assert offered(facing(island, locked=True)) == {"unlock"}
    for rules, action in product((opens, island, OPEN), ACTIONS):
        for state, touch in ((d.Office(pages.Menu()), d.Pick), (d.NotReady(d.NotReadyReason.ALONE), d.AskChair)):
            after, effects = desk.step(state, touch(action.word), rules)
            assert (isinstance(after, d.Pin), effects) == (action.word in offered(rules), ())


@pytest.mark.parametrize("shown", PAGES, ids=lambda page: type(page).__name__)
def test_what_is_drawn_is_what_is_offered(shown: pages.Page) -> None:
    """On every page, however things stand: each button leads somewhere, each offer has its button."""
    for rules in (rules for rules in RULES if rules.facts.situation.me):
        drawn = screen(1, d.Office(shown), replace(screens.sample_view("da"), facts=rules.facts))
        buttons = {button.touch for button in drawn.buttons()}
        for word in (*WORDS, *buttons):
            lead = shown.offers(rules.facts).lead(word, {})
            assert (lead is not None) == (word in buttons), word
            if lead is None:
                assert desk.step(d.Office(shown), d.Pick(word), rules) == (d.Office(shown), ())


def test_a_card_that_can_not_be_read_is_keyed_where_a_pile_is_chosen() -> None:
    """It counts as scanned, and the pile goes on; a number of nobody is told of, and asked for again."""
    rules, piles = facing(OPEN, situation=BEGUN), pages.Piles(3, pile="T4.1")
    assert pages.Piles(3).offers(rules.facts).lead("pick key", {}) is None
    keying, _ = walked(d.Office(piles), d.Pick("pick key"), rules=rules)
    assert keying == d.Office(pages.KeyCard(piles))
    assert keying.page.offers(rules.facts).lead("number", {"pad": "7"}) == p.Keyed()
    for scan in (STRAY, UNKNOWN):
        assert walked(keying, scan, rules=rules) == (d.Office(pages.KeyCard(piles, misread=True)), ())
    scanned = (d.Office(replace(piles, last=ANNE.number)), (p.Rescan(ANNE.number, "T4.1"),))
    assert walked(keying, STRAY, ANNES, rules=rules) == scanned
    assert walked(keying, d.Pick("cancel"), rules=rules) == (d.Office(piles), ())
    assert walked(keying, d.Changed(), rules=facing(OPEN, situation=AROUND)) == (d.Office(piles), ())


@pytest.mark.parametrize("why", WhyNot)
def test_what_is_not_done_is_told_with_its_reason(why: WhyNot) -> None:
    """Until it is touched away; a voter who comes meanwhile is served."""
    told, _ = walked(d.Ready(), d.NotDoneSince(why))
    assert told == d.Office(pages.NotDone(why))
    assert walked(told, d.Changed()) == (told, ())
    assert walked(told, d.Pick("cancel")) == (d.Ready(), ())
    assert walked(told, ANNES)[0] == d.VoterShown(ANNE, EVERYTHING, Source.CARD)


@dataclass(frozen=True, slots=True)
class Counted(p.Page):
    """A page of this test: a number is keyed, and the next page knows it."""

    count: str = ""

    def offers(self, _facts: Facts) -> p.Offers:
        return p.Offers(p.back(p.Home()), p.Offer("count", p.say("go_on"), lambda values: Counted(values.get("count", ""))))

    def drawn(self, _offers: p.Offers, _view: ViewContext) -> s.Sheet:
        return self.sheet(f"{self.count} ballots", s.Field("count", "Counted", s.Keys.DIGITS, 5))


def test_another_page_needs_nothing_but_its_own_module() -> None:
    """What was keyed on it goes where its offer leads; the desk and the view know no page by name."""
    counted, _ = walked(d.Office(Counted()), d.Pick("count", {"count": "871"}))
    assert counted == d.Office(Counted("871"))
    drawn = screen(1, counted, screens.sample_view("da"))
    assert (drawn.kind, drawn.content.headline) == ("Counted", "871 ballots")
    assert walked(counted, ANNES)[0] == counted
    assert walked(counted, d.Pick("cancel")) == (d.Ready(), ())
