"""Stories of one table: a poll opened, voters served, second attempts refused."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from node_loop import (
    ANNE,
    BENT,
    BOTH,
    CARL,
    DORA,
    ELSE,
    KEYED,
    MORNING_MS,
    OF_TWO,
    ORIGIN,
    PIN,
    SETUP,
    VOTERS,
    Loop,
    card,
    keyed,
)

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.cards import Unreadable
from kiosk.domain.chair_actions import ChairAction
from kiosk.node import Commit, Overran, Scanned, ScannerSeen
from tests.made_up_language import add_language

HOWS = ["spoken", "written", "shown", "known"]


def opened(**setup: object) -> Loop:
    return Loop(replace(SETUP, **setup)).opened()


# --- opening ----------------------------------------------------------------------------------------------------------


def test_open_the_poll() -> None:
    """A table that starts is not ready; the chair's code opens the poll, and it asks for a card."""
    loop = Loop()
    assert (loop.shown, loop.screen.content.code, loop.kinds()) == ("NotReady", "K3", ["Start"])
    loop.opened()
    assert (loop.shown, loop.kinds()) == ("Ready", ["Start", "Stop", "View"])


def test_nobody_is_served_before_the_poll_is_open() -> None:
    """Cards scanned before the poll is open show no voter and write nothing."""
    loop = Loop()
    before = loop.screen.content
    loop.scan(ANNE.number).scan(DORA.number).scan("stray")
    assert loop.screen.content == before
    assert loop.kinds() == ["Start"]


def test_wrong_pin() -> None:
    """A wrong PIN decides nothing, and each one is answered, so that the pad is emptied and the clerk knows."""
    loop = at_pin()
    for _ in range(limits.PIN_TRIES - 1):
        before = loop.screen.number
        loop.touch("pin", "000000")
        assert loop.screen.number == before + 1
        assert loop.screen.content.notice == "Forkert PIN. Prøv igen."
    assert loop.kinds(3) == []


def at_pin() -> Loop:
    """The chair is about to close the table, and is asked for the PIN."""
    return opened().touch("menu").touch("close_table")


def test_pause_after_too_many_wrong_pins() -> None:
    """After five wrong PINs not even the right one is looked at for a minute; then it closes the table."""
    loop = at_pin()
    for _ in range(limits.PIN_TRIES):
        loop.touch("pin", "000000")
    loop.touch("pin", PIN)
    assert (loop.shown, loop.screen.content.notice) == ("Pin", "For mange forkerte forsøg. Vent et minut.")
    loop.wait(limits.PIN_PAUSE_MS - 1).touch("pin", PIN)
    assert (loop.shown, loop.kinds(3)) == ("Pin", [])
    loop.wait(1).touch("pin", PIN)
    assert (loop.shown, loop.kinds(3)) == ("Closed", ["Closed"])


def test_leaving_the_pad_does_not_end_the_pause() -> None:
    """The pause belongs to the table, not to the screen: coming back to the pad starts no new tries."""
    loop = at_pin()
    for _ in range(limits.PIN_TRIES):
        loop.touch("pin", "000000")
    loop.touch("cancel").touch("menu").touch("close_table").touch("pin", PIN)
    assert loop.screen.content.notice == "For mange forkerte forsøg. Vent et minut."
    assert loop.kinds(3) == []


def test_a_right_pin_forgives_the_wrong_ones_before() -> None:
    """Four wrong PINs, a right one and four more wrong ones make no pause."""
    loop = at_pin()
    for shown in ("Closed", "Ready"):
        for _ in range(limits.PIN_TRIES - 1):
            loop.touch("pin", "0")
        loop.touch("pin", PIN)
        assert loop.shown == shown
        if shown == "Closed":
            loop.touch("menu").touch("reopen_table")


# --- serving ----------------------------------------------------------------------------------------------------------


def test_a_voter_is_served() -> None:
    """Scan, approve, green, drawn: the request and its decision are on disk before the green, the issue after it."""
    loop = opened().scan(ANNE.number)
    assert (loop.shown, loop.screen.content.name, loop.kinds(3)) == ("VoterShown", ANNE.name, [])
    loop.touch("approve", how="shown")
    assert (loop.shown, loop.screen.content.headline) == ("Green", "Udlevér hvid og gul")
    assert loop.kinds(3) == ["Request", "Decision"]
    loop.draw()
    request, decision, issued = loop.bodies()[3:]
    assert request == e.Request(f"{loop.node.run}/1", e.Op.CHECK_IN, ANNE.number, BOTH, how=e.How.SHOWN, source=e.Source.CARD)
    assert decision == e.Decision(request.id, ANNE.number, BOTH, f"{loop.node.run}#1", e.Outcome.GRANTED)
    assert issued == e.Issued(request.id)


def test_two_actions_a_voter() -> None:
    """A row of voters takes two actions each: the next scan clears the green of the one before."""
    loop = opened()
    for voter in (ANNE, BENT, CARL):
        loop.serve(voter)
        assert (loop.shown, loop.screen.content.name) == ("Green", voter.name)
    assert loop.node.ledger.served == {ORIGIN: 3}
    assert loop.node.ledger.totals().issued == {"byraad": 3, "region": 2}


@pytest.mark.parametrize("how", HOWS)
def test_how_the_birth_date_was_given_is_recorded(how: str) -> None:
    """Each way of giving the birth date is in the log, in both modes."""
    for setup in (SETUP, KEYED):
        loop = Loop(setup).opened().serve(ANNE, how)
        assert [request.how for request in loop.bodies(e.Request)] == [how]
        assert loop.shown == "Green"


def test_how_that_is_none() -> None:
    """A way of giving the birth date that does not exist approves nothing."""
    loop = opened().scan(ANNE.number).touch("approve", how="guessed")
    assert (loop.shown, loop.bodies(e.Request)) == ("VoterShown", [])


def test_enter_mode() -> None:
    """In enter mode only the right date, keyed as day, month, year, asks for the ballots."""
    loop = Loop(KEYED).opened().scan(ANNE.number)
    assert (loop.shown, loop.screen.content.notice) == ("BirthDate", "")
    loop.touch("approve", "15091968")
    assert loop.screen.content.notice == "Forkert dato: forsøg 1 af 3."
    loop.touch("approve", keyed(ANNE.born))
    assert (loop.shown, loop.kinds(3)) == ("Green", ["Request", "Decision"])


@pytest.mark.parametrize("wrong", ["15091968", "31021968", "00000000", "99999999", "19680914", "14090000"])
def test_three_wrong_dates_refer_to_the_secretary(wrong: str) -> None:
    """The third wrong date, also one that is no date, sends the voter to the secretary: written down, and nothing asked."""
    loop = Loop(KEYED).opened().scan(ANNE.number)
    for _ in range(3):
        assert (loop.shown, loop.kinds(3)) == ("BirthDate", [])
        loop.touch("approve", wrong)
    assert (loop.shown, loop.screen.content.headline) == ("Referred", "Kontakt valgsekretæren")
    assert loop.bodies()[3:] == [e.Referred(ANNE.number)]


@pytest.mark.parametrize("value", ["", "1409", "140968", "1409196", "140919680", "14-09-19", "14091968 ", "²²²²²²²²"])
def test_half_a_date_is_no_try(value: str) -> None:
    """A date that is not eight digits is not taken, and is not counted as a wrong one either."""
    loop = Loop(KEYED).opened().scan(ANNE.number)
    before = loop.screen
    for _ in range(4):
        loop.touch("approve", value)
    assert (loop.screen, loop.kinds(3)) == (before, [])


def test_keyed_number() -> None:
    """A voter without a card is found by number, and the log says that it was keyed."""
    loop = opened().touch("type").touch("number", "1").touch("approve")
    assert loop.shown == "Green"
    assert [request.source for request in loop.bodies(e.Request)] == [e.Source.KEYED]
    whole = opened().touch("type").touch("number", card(1)).touch("approve")
    assert [request.voter for request in whole.bodies(e.Request)] == [1]


def test_keyed_nonsense() -> None:
    """A number that reads wrong is told on the pad, each time anew; an empty one does nothing."""
    loop = opened().touch("type").touch("number", "")
    assert loop.screen.content.notice == ""
    for _ in range(2):
        before = loop.screen.number
        loop.touch("number", card(1)[:-1])
        assert (loop.shown, loop.screen.content.notice) == ("Typing", "Det er ikke et valgkort")
        assert loop.screen.number == before + 1


# --- refusing ---------------------------------------------------------------------------------------------------------


def test_second_attempt() -> None:
    """A voter who comes again is refused with the table and the time of the first, and nothing is asked."""
    loop = opened().serve(ANNE).wait(3_600_000).scan(ANNE.number)
    assert (loop.shown, loop.screen.content.code) == ("Refused", "A1")
    served_at = loop.node.setup.view.clock(loop.entries[2].entry.time)
    assert loop.screen.content.reason == f"Allerede afmærket: bord 1 kl. {served_at}"
    assert len(loop.bodies(e.Request)) == 1


def test_second_attempt_with_the_number() -> None:
    """A keyed number gives no second ballot either."""
    loop = opened().serve(ANNE).touch("next").touch("type").touch("number", "1")
    assert (loop.shown, loop.screen.content.code) == ("Refused", "A1")


@pytest.mark.parametrize(
    ("text", "code"),
    [(card(DORA.number), "A4"), (card(ELSE.number), "A2"), (card(999), "A3"), (card(1, "4702"), "A6"), (card(1, "9999"), "A6")],
)
def test_refusals(text: str, code: str) -> None:
    """Struck off, voted by post, not on the list, another place: each is refused by the scan itself."""
    loop = opened().scan(text)
    assert (loop.shown, loop.screen.content.code, loop.screen.content.remedy) == ("Refused", code, "Kontakt valgsekretæren")
    assert loop.kinds(3) == []


def test_postal_vote_for_one() -> None:
    """Who has voted by post for the region is handed the white ballot only, and the log asks for that only."""
    loop = opened().serve(CARL)
    assert loop.screen.content.headline == "Udlevér kun hvid"
    assert [request.elections for request in loop.bodies(e.Request)] == [("byraad",)]
    assert loop.node.ledger.totals().issued == {"byraad": 1}


@pytest.mark.parametrize("text", ["5701234567890", "0101011234", "1" * 40, card(1)[:-1] + "0"])
def test_misread(text: str) -> None:
    """What is no card is told in amber, each for what it is, and looks nobody up."""
    looked_up: list[int] = []
    loop = Loop(find=lambda number: looked_up.append(number)).opened().scan(text)
    assert loop.shown == "Ready"
    assert loop.screen.content.notice
    assert text not in s.encode(loop.screen).decode()
    assert looked_up == []


@pytest.mark.parametrize(
    ("given", "notice"),
    [
        (Overran(), "Stregkoden er for lang til et valgkort"),
        (Overran(Unreadable.CHECK_DIGITS), "Kortet blev læst forkert"),
        (Overran(Unreadable.SET_UP), "Skanneren er indstillet forkert"),
    ],
)
def test_overrun(given: Overran, notice: str) -> None:
    """What a scanner sent and is no text is told of, for what it is, every time anew."""
    loop = opened().put(given)
    first = loop.screen
    loop.put(given)
    assert first.content.notice == notice
    assert (loop.screen.content, loop.screen.number) == (first.content, first.number + 1)


# --- scans ------------------------------------------------------------------------------------------------------------


def test_same_card_twice_within_a_second() -> None:
    """A card that is read twice within a second was scanned once; a second later it is a scan again."""
    loop = opened()
    stray = Scanned("stray")
    loop.put(stray)
    first = loop.screen
    loop.wait(limits.SCAN_REPEAT_MS - 1).put(stray)
    assert loop.screen == first
    loop.wait(limits.SCAN_REPEAT_MS).put(stray)
    assert loop.screen.number == first.number + 1


def test_same_card_twice_in_one_batch() -> None:
    """Two reads of one card that wait together show the voter once, with no notice of another card."""
    loop = opened().put(Scanned(card(1)), Scanned(card(1)))
    assert (loop.shown, loop.screen.content.notice) == ("VoterShown", "")


def test_two_cards_within_a_second() -> None:
    """Two different cards within a second are two scans, and the first voter stays."""
    loop = opened().put(Scanned(card(1)), Scanned(card(2)))
    assert (loop.screen.content.name, "000 002" in loop.screen.content.notice) == (ANNE.name, True)


@pytest.mark.parametrize("setup", [SETUP, KEYED])
def test_another_card_meanwhile(setup: object) -> None:
    """Another voter's card changes nothing but a notice, and the approval is still the first voter's."""
    loop = Loop(setup).opened().scan(ANNE.number).scan(BENT.number).scan(DORA.number).scan("stray").scan(BENT.number)
    assert (loop.screen.content.name, "000 002" in loop.screen.content.notice) == (ANNE.name, True)
    loop.touch("approve", keyed(ANNE.born)).draw()
    assert [request.voter for request in loop.bodies(e.Request)] == [ANNE.number]
    loop.scan(BENT.number)
    assert loop.screen.content.name == BENT.name


def test_a_scan_never_approves() -> None:
    """Whatever is scanned, in whatever order and however often, nothing is asked without a touch."""
    loop = opened()
    for text in [card(1), card(1), card(2), "stray", card(3), card(4), card(999), card(1, "4702")] * 5:
        loop.scan(text)
    assert loop.kinds() == ["Start", "Stop", "View"]


# --- touches ----------------------------------------------------------------------------------------------------------


def test_touch_on_an_older_screen() -> None:
    """An approval that was on its way while the voter on the screen changed is dropped."""
    loop = opened().scan(ANNE.number)
    late = loop.touch_of("approve")
    loop.touch("cancel").scan(BENT.number).put(late)
    assert (loop.shown, loop.screen.content.name, loop.kinds(3)) == ("VoterShown", BENT.name, [])


def test_touch_on_a_newer_screen() -> None:
    """A touch on a screen that was never shown is dropped."""
    loop = opened().scan(ANNE.number)
    loop.put(s.Touch(loop.screen.asks + 1, "approve"))
    assert loop.kinds(3) == []


def test_double_tap() -> None:
    """Two taps on one button, apart or together, are one: neither a second request nor the green touched away."""
    loop = opened().scan(ANNE.number)
    tap = loop.touch_of("approve")
    loop.put(tap, tap).put(tap)
    assert (loop.shown, loop.kinds(3)) == ("Green", ["Request", "Decision"])


def test_touch_behind_a_scan() -> None:
    """A touch that waits in one batch behind a scan was made on a screen without that scan, and is dropped."""
    loop = opened().scan(ANNE.number)
    loop.put(Scanned(card(2)), loop.touch_of("approve"))
    assert (loop.shown, loop.kinds(3)) == ("VoterShown", [])
    loop = opened()
    blind = s.Touch(loop.screen.asks, "approve"), s.Touch(loop.screen.asks + 1, "approve")
    loop.put(Scanned(card(1)), *blind)
    assert (loop.shown, loop.kinds(3)) == ("VoterShown", [])


CHAIRS = [action.word for action in ChairAction.__args__]


def test_touch_that_is_not_offered() -> None:
    """A word that the screen does not offer does nothing, on any screen, and never stops the table."""
    touches = ["approve", "yes", "no", "pin", "number", "type", "menu", "next", "cancel", "find", "", "language", *CHAIRS, "x"]
    for make in (
        Loop,
        opened,
        lambda: opened().touch("type"),
        lambda: opened().scan(1),
        lambda: opened().serve(ANNE),
        lambda: opened().scan(4),
        lambda: opened().touch("menu"),
        lambda: opened().chair("close_table"),
        lambda: Loop(KEYED).opened().scan(1),
        lambda: Loop(KEYED).opened().refer(ANNE),
        lambda: Loop(KEYED).opened().refer(ANNE).touch("release_voter"),
    ):
        for touch in touches:
            loop = make()
            content = loop.screen.content
            items = content.buttons() if isinstance(content, s.Sheet) else ()
            offered = {button.touch for button in (loop.screen.left, loop.screen.right, *items) if button is not None}
            if touch not in offered:
                before = loop.screen, loop.kinds()
                assert (loop.touch(touch, PIN).screen, loop.kinds()) == before


def test_what_changes_nothing_makes_no_touch_old() -> None:
    """News that is no news, as a scanner that is still there, shows no new screen and takes no touch away."""
    loop = opened().scan(ANNE.number)
    loop.put(ScannerSeen(present=True), loop.touch_of("approve"))
    assert loop.shown == "Green"
    loop.put(ScannerSeen(present=True), s.Drawn(loop.screen.number))
    assert loop.kinds(3) == ["Request", "Decision", "Issued"]


# --- green and issued -------------------------------------------------------------------------------------------------


def test_green_comes_after_the_disk() -> None:
    """The first step of the turn is the commit; the green is there only when that is done and the next step asked for."""
    loop = opened().scan(ANNE.number)
    turn = loop.take(loop.touch_of("approve"))
    commit = next(turn)
    assert isinstance(commit, Commit)
    assert [type(e.decode_entry(row.data).body) for row in commit.rows] == [e.Request, e.Decision]
    assert (type(loop.node.desk.state), type(loop.node.screen.content)) == (d.Waiting, s.VoterShown)
    loop.carry_out(turn)
    assert loop.shown == "Green"


def test_every_screen_rests_on_what_was_handed_out() -> None:
    """Voter after voter, when a green screen is returned its request and its grant are already on the disk."""
    loop = opened()
    for voter in (ANNE, BENT, CARL):
        loop.scan(voter.number).touch("approve")
        assert loop.shown == "Green"
        request, decision = loop.bodies()[-2:]
        assert (request.voter, decision.request, decision.outcome) == (voter.number, request.id, e.Outcome.GRANTED)
        loop.draw()


def test_issued_only_when_drawn() -> None:
    """The ballots count as handed out when the display says that it has drawn this very green screen."""
    loop = opened().scan(ANNE.number)
    before = loop.screen.number
    loop.put(s.Drawn(before)).touch("approve")
    for number in (before, loop.screen.number - 1, loop.screen.number + 1, 0):
        loop.put(s.Drawn(number))
    loop.wait(3_600_000)
    assert (loop.shown, loop.kinds(3)) == ("Green", ["Request", "Decision"])
    loop.draw().draw()
    assert loop.kinds(3) == ["Request", "Decision", "Issued"]


def test_green_touched_before_it_was_said_to_be_drawn() -> None:
    """Who touches the green screen has seen it: it is issued, once."""
    loop = opened().scan(ANNE.number).touch("approve")
    number = loop.screen.number
    loop.touch("next").put(s.Drawn(number))
    assert (loop.shown, loop.kinds(3)) == ("Ready", ["Request", "Decision", "Issued"])


def test_drawn_and_next_scan_in_one_batch() -> None:
    """The word that green is drawn and the next card may come together, in this order or the other."""
    loop = opened().scan(ANNE.number).touch("approve")
    loop.put(s.Drawn(loop.screen.number), Scanned(card(2)))
    assert (loop.shown, loop.kinds(3)) == ("VoterShown", ["Request", "Decision", "Issued"])
    loop = opened().scan(ANNE.number).touch("approve")
    loop.put(Scanned(card(2)), s.Drawn(loop.screen.number))
    assert (loop.shown, loop.kinds(3)) == ("Green", ["Request", "Decision", "Issued"])


def test_stray_scan_over_an_undrawn_green() -> None:
    """A stray code over a green that is not drawn yet shows it again, and the new one's drawing counts."""
    loop = opened().scan(ANNE.number).touch("approve")
    first = loop.screen.number
    loop.scan("stray").put(s.Drawn(first))
    assert (loop.shown, loop.kinds(3)) == ("Green", ["Request", "Decision"])
    assert loop.draw().kinds(3) == ["Request", "Decision", "Issued"]


# --- closing, clocks, scanners, languages -----------------------------------------------------------------------------


def test_closed_and_reopened() -> None:
    """A closed table serves nobody; reopened by the chair it serves again, and remembers who was served."""
    loop = opened().serve(ANNE).touch("next").chair("close_table")
    assert (loop.shown, loop.kinds()[-1]) == ("Closed", "Closed")
    closed = loop.screen.content
    loop.scan(BENT.number).scan(ANNE.number)
    assert loop.screen.content == closed
    loop.chair("reopen_table").scan(ANNE.number)
    assert (loop.shown, loop.screen.content.code) == ("Refused", "A1")
    assert loop.serve(BENT).shown == "Green"


def test_closed_over_a_restart() -> None:
    """A closed table is closed after a restart, and an open poll open."""
    assert opened().restarted().shown == "Ready"
    assert opened().chair("close_table").restarted().shown == "Closed"


def test_no_cut_off_in_the_evening() -> None:
    """There is no clock at which voters are turned away: the queue is served at 23:30 and after midnight."""
    evening = int(datetime(2025, 11, 18, 23, 30, tzinfo=UTC).timestamp() * 1000)
    loop = Loop(wall_ms=evening).opened().serve(ANNE).wait(3_600_000).serve(BENT)
    assert (loop.shown, loop.screen.strip.warnings) == ("Green", ())


def test_clock_going_backwards() -> None:
    """A clock set back shows its warning and decides nothing: the served is refused and the next is served."""
    loop = opened().serve(ANNE).touch("next")
    loop.wall_ms -= 3 * 3_600_000
    loop.put()
    assert loop.screen.strip.warnings == ("Uret går forkert: sig det til teknikeren",)
    loop.scan(ANNE.number)
    assert (loop.shown, loop.screen.content.code) == ("Refused", "A1")
    assert loop.serve(BENT).shown == "Green"


def test_clock_set_back_over_a_restart() -> None:
    """A device that comes up with its clock hours back warns for as long as the clock is wrong, not only until it writes."""
    loop = opened().serve(ANNE)
    again = loop.restarted(wall_ms=loop.wall_ms - 3 * 3_600_000).put()
    again.serve(BENT).touch("next")
    assert again.screen.strip.warnings == ("Uret går forkert: sig det til teknikeren",)


def test_clock_a_little_back() -> None:
    """A clock that is set back by less than a minute is no reason to alarm the clerk."""
    loop = opened().serve(ANNE)
    loop.wall_ms -= limits.CLOCK_OFF_MS
    assert loop.put().screen.strip.warnings == ()


def test_clock_before_election_day() -> None:
    """A clock that says a day before the election is wrong, except in training."""
    yesterday = MORNING_MS - 24 * 3_600_000
    assert Loop(wall_ms=yesterday).screen.strip.warnings == ("Uret går forkert: sig det til teknikeren",)
    assert Loop(replace(SETUP, day=None), wall_ms=yesterday).screen.strip.warnings == ()
    assert Loop(wall_ms=yesterday).opened().serve(ANNE).shown == "Green"


def test_clock_after_election_day() -> None:
    """A clock that says a day after the election is wrong, except in training; the night after it may be right."""
    tomorrow = MORNING_MS + 24 * 3_600_000
    loop = Loop(wall_ms=tomorrow)
    assert loop.screen.strip.warnings == ("Uret går forkert: sig det til teknikeren",)
    assert Loop(replace(SETUP, day=None), wall_ms=tomorrow).screen.strip.warnings == ()
    assert Loop(wall_ms=MORNING_MS + 20 * 3_600_000).screen.strip.warnings == ()


def test_scanner_absent() -> None:
    """A scanner that is gone stands on the strip until it is back; the voter on the screen stays, and numbers can be keyed."""
    loop = opened().scan(ANNE.number).put(ScannerSeen(present=False))
    assert loop.screen.strip.warnings == ("Ingen skanner: tjek kablet, eller tast nummeret",)
    assert loop.screen.content.name == ANNE.name
    loop.touch("approve").draw().touch("next").touch("type").touch("number", "2")
    assert loop.screen.content.name == BENT.name
    assert loop.put(ScannerSeen(present=True)).screen.strip.warnings == ()


def traces(loop: Loop) -> list[str]:
    """What of any voter is on the screen."""
    seen = s.encode(loop.screen).decode()
    known = [part for v in VOTERS.values() for part in (v.name, v.address, f"000 00{v.number}")]
    return [part for part in known if part and part in seen]


@pytest.mark.parametrize("setup", [SETUP, KEYED])
def test_idle_voter_is_cleared(setup: object) -> None:
    """A voter whom nobody touches leaves the screen after two minutes, and is not marked."""
    loop = Loop(setup).opened().scan(ANNE.number).wait(limits.IDLE_MS - 1)
    assert loop.screen.content.name == ANNE.name
    loop.wait(1)
    assert (loop.shown, traces(loop), loop.kinds(3)) == ("Ready", [], [])


def test_served_voter_is_cleared() -> None:
    """After green or refused the voter's data leaves the screen after the plan's time."""
    for served in (opened().serve(ANNE), opened().scan(DORA.number)):
        assert traces(served)
        served.wait(SETUP.clear_ms - 1)
        assert traces(served)
        served.wait(1)
        assert (served.shown, traces(served)) == ("Ready", [])


def test_a_misread_is_cleared() -> None:
    """The notice of a stray code goes away by itself."""
    loop = opened().scan("stray").wait(SETUP.clear_ms)
    assert (loop.shown, loop.screen.content.notice) == ("Ready", "")


def test_nothing_is_due_while_waiting_for_a_card() -> None:
    """An idle table, closed or ready, asks for no turn of the loop."""
    assert opened().node.deadline() is None
    assert opened().chair("close_table").node.deadline() is None
    assert Loop().node.deadline() is None


def test_language() -> None:
    """The menu switches the language of every screen, there and back."""
    loop = opened().touch("menu").touch("language")
    assert (loop.screen.strip.language, loop.shown) == ("en", "Menu")
    loop.touch("cancel").scan(ANNE.number)
    assert loop.screen.content.headline == "Ask for the birth date"
    loop.touch("cancel").touch("menu").touch("language").touch("cancel")
    assert loop.screen.content.headline == "Skan valgkortet"


def test_a_third_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more catalogue, and the button goes to it, and from it back to Danish."""
    add_language(tmp_path / "texts", monkeypatch)
    loop = opened().touch("menu").touch("language").touch("language").touch("cancel").scan(ANNE.number)
    assert (loop.screen.strip.language, loop.screen.content.headline) == ("xx", "[Spørg om fødselsdato]")
    loop.touch("cancel").touch("menu").touch("language").touch("cancel")
    assert (loop.screen.strip.language, loop.screen.content.headline) == ("da", "Skan valgkortet")


def test_served_count() -> None:
    """The ready screen tells how many were served here, also after a restart."""
    loop = opened().serve(ANNE).serve(CARL).touch("next")
    assert loop.screen.content.served == "Betjent ved dette bord: 2"
    assert loop.restarted().screen.content.served == "Betjent ved dette bord: 2"


def test_a_place_with_two_nodes() -> None:
    """A table that should see another node and sees none serves nobody: it says that it is alone. It is offered no island: its
    run is no member, and its card may be an old or emptied one."""
    loop = Loop(OF_TWO)
    assert (loop.shown, loop.screen.content.code) == ("NotReady", "K2")
    loop.scan(ANNE.number).touch("menu")
    assert [item.touch for item in loop.screen.content.buttons()] == ["language", "overview", "lock"]
    assert loop.kinds() == ["Start"]


def test_a_list_that_changes_meanwhile() -> None:
    """Approved in the moment in which the voter was struck off: the holder's decision counts, not what the screen said."""
    voters = dict(VOTERS)
    loop = Loop(find=voters.get).opened().scan(ANNE.number)
    voters[ANNE.number] = replace(ANNE, struck=DORA.struck)
    loop.touch("approve")
    assert (loop.shown, loop.screen.content.code) == ("Refused", "A4")
    assert [decision.outcome for decision in loop.bodies(e.Decision)] == [e.Outcome.REFUSED]
    assert loop.restarted().shown == "Ready"
    del voters[BENT.number]
    assert loop.scan(BENT.number).screen.content.code == "A3"


def test_a_list_that_changes_for_one_election_meanwhile() -> None:
    """Approved for two ballots in the moment in which one has become a postal vote: refused, and said so."""
    voters = dict(VOTERS)
    loop = Loop(find=voters.get).opened().scan(ANNE.number)
    voters[ANNE.number] = replace(ANNE, postal=("region",))
    loop.touch("approve")
    assert (loop.shown, loop.screen.content.code) == ("Refused", "A8")
    loop.scan(ANNE.number)
    assert (loop.shown, [b.withheld for b in loop.screen.content.ballots]) == ("VoterShown", ["", "brevstemme"])
    assert loop.touch("approve").screen.content.headline == "Udlevér kun hvid"


def test_a_failing_list() -> None:
    """A list that can't be read stops the turn with its error; a run from the disk goes on where the disk is."""

    def find(number: int) -> object:
        if broken:
            raise OSError("the disk is gone")
        return VOTERS.get(number)

    broken = False
    loop = Loop(find=find).opened().serve(ANNE).touch("next").scan(BENT.number)
    before = loop.entries
    broken = True
    with pytest.raises(OSError, match="the disk is gone"):
        loop.put(loop.touch_of("approve"))
    with pytest.raises(OSError, match="the disk is gone"):
        loop.restarted().scan(CARL.number)
    assert loop.entries == before
    broken = False
    again = loop.restarted()
    assert again.shown == "Ready"
    assert again.scan(ANNE.number).screen.content.code == "A1"
    assert again.serve(BENT).shown == "Green"


def test_stray_scans_do_not_keep_a_voter_on_the_screen() -> None:
    """A bar code that passes the scanner now and then is no clerk at the screen: the voter's data still goes away."""
    loop = opened().scan(ANNE.number)
    for minute in range(3):
        loop.wait(limits.IDLE_MS // 2 - 1)
        loop.scan(f"stray {minute}")
    assert loop.shown == "Ready"


def test_a_used_try_is_told_beside_another_card() -> None:
    """A wrong date and another card's scan: the clerk reads about both."""
    loop = Loop(replace(SETUP, birth_date_keyed=True)).opened().scan(ANNE.number)
    loop.touch("approve", pad="01011900")
    loop.scan(BENT.number)
    assert "1 af 3" in loop.screen.content.notice
    assert f"nr. {BENT.number:07,}".replace(",", " ") in loop.screen.content.notice
