"""Stories of the chair's pages at real nodes: what they say is so, and what people are likely to do wrong is told."""

import pytest
from place import Place

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.messages import Ask
from kiosk.node import Commit, Now, Scanned
from kiosk.remote.chair import NotOfferedError
from tests import made_up


def board(place: Place, name: str) -> s.Sheet:
    """The page that a node shows."""
    content = place.content(name)
    assert isinstance(content, s.Sheet)
    return content


def test_the_poll_is_opened_at_a_table_and_the_table_is_ready() -> None:
    """From the table's own screen; nothing is to be left by hand afterwards, there or elsewhere."""
    place = Place().started()
    place.touch("T2", "open_poll")
    place.touch("T2", "go")
    place.touch("T2", "number", made_up.code(1))
    assert board(place, "T2").headline == "Open the poll (code 1)"
    place.wait(3_000)
    assert [place.shown(name) for name in ("T1", "T2", "T3")] == ["Ready"] * 3
    place.serve("T2", 201)


def test_a_misread_card_of_a_pile_is_not_lost_among_the_others(place: Place) -> None:
    """The page says so; a card whose mark is known is told as read, and writes nothing."""
    place.serve("T2", 201)
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(2_000)
    place.touch("T1", "pick T2.1")
    place.scan_text("T1", "123")
    assert board(place, "T1").said(s.Tone.BAD) == "That is no polling card of this place. Try again."
    place.scan("T1", 201)
    assert (board(place, "T1").said(s.Tone.WAIT), board(place, "T1").said(s.Tone.BAD)) == ("No. 000 201 is in. Scanned: 0", "")
    place.scan("T1", 202)
    assert board(place, "T1").said(s.Tone.WAIT) == "No. 000 202 is in. Scanned: 1"
    assert [body.voter for body in place.bodies("T1", e.Card)] == [202]


def test_a_move_that_is_done_says_so(place: Place) -> None:
    """Tick, scan the code, scan the cards, done: the page tells which list is here now, until somebody goes back."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(2_000)
    assert place.content("T1").headline == "Move list here (code 2)"
    told = place.chair("T1").finish()
    assert told.startswith("Moved here. The list of table 2 is now kept here.")
    place.wait(3_000)
    assert board(place, "T1").headline == "Moved here"
    place.touch("T1", "cancel")
    assert place.overview("T1")["Table 2"].endswith("its list is kept by table 1")


def test_a_move_that_goes_on_elsewhere_is_not_called_done(place: Place) -> None:
    """Table 3 uses the next code meanwhile: table 1 says where it goes on, and moves nothing."""
    place.crash("T2")
    place.wait(5_000)
    place.hold("S", "T1")
    place.stop("T1", "T2")
    place.wait(1_000)
    assert (
        place.overview("T3")["Code 2"]
        == "under way at Table 1 (off or locked: Table 2). If Table 1 does not answer, use the next code"
    )
    place.chair("T3").leave()
    place.stop("T3", "T2")
    place.wait(2_000)
    place.finish("T3")
    place.wait(2_000)
    assert (board(place, "T1").headline, board(place, "T1").said(s.Tone.BAD)) == (
        "Nothing was moved here",
        "Code 3 was used at table 3: go there.",
    )
    with pytest.raises(NotOfferedError, match="Nothing was moved here"):
        place.chair("T1").finish()
    assert place.holders(2) == {"T3.1"}


def test_after_a_power_cut_everywhere_the_screens_lead_to_the_code(place: Place) -> None:
    """All start again, and nobody is a member: no table is called silent that answers, and the next code opens again."""
    for name in list(place.devices):
        place.crash(name)
    place.restart(*place.devices)
    place.wait(4_000)
    place.ask("T1", 201)
    place.wait(6_000)
    assert place.content("T1").headline == "None of the tables can answer yet"
    place.touch("T1", "cancel")
    overview = place.chair("S").overview()
    assert overview.buttons()[0] == s.Button("pick stop", "Open again after a power cut")
    place.stop("S")
    place.finish("S")
    place.wait(4_000)
    place.serve("T1", 202)


def test_a_table_that_has_just_started_is_not_called_silent(place: Place) -> None:
    """Table 2 waits for table 3, which is off: whoever asks it is told that it has just started, and it says whom it awaits."""
    place.crash("T3", "T2")
    place.restart("T2")
    place.wait(4_000)
    place.ask("T1", 201)
    place.wait(6_000)
    assert place.content("T1").headline == "Table 2 has just started and can't answer yet"
    place.ask("T2", 202)
    place.wait(6_000)
    waiting = place.content("T2")
    assert s.shows(waiting, s.Kind.WAITING)
    assert waiting.remedy.startswith("Waiting to hear from: Table 3.")
    assert place.overview("S")["Table 2"] == "serves voters, waits for the others"


def test_a_stop_that_its_table_left_is_found_again_everywhere(place: Place) -> None:
    """Table 1 restarts in the middle: its own overview, and every other, say that the code was not finished."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.crash("T1")
    place.restart("T1")
    place.wait(3_000)
    assert place.overview("T1")["Code 2"] == "was not finished: use the next code, and tick again"
    place.chair("T1").leave()
    assert place.overview("T3")["Code 2"] == "was not finished: use the next code, and tick again"
    place.chair("T3").leave()
    place.ask("T3", 201)
    place.wait(6_000)
    assert place.content("T3").headline == "Table 2's list is being moved"


def test_a_touch_counts_though_the_page_tells_more_by_now(place: Place) -> None:
    """The overview is on the secretary's screen, and a table locks before the finger is lifted: what was touched was seen."""
    place.chair("S").overview()
    seen = place.devices["S"].screens[-1]
    place.order("T2", "lock")
    place.wait(3_000)
    assert place.devices["S"].screens[-1].content != seen.content
    place._put("S", s.Touch(seen.asks, "pick stop"))
    assert board(place, "S").page == "PickStopped"


def test_a_touch_does_not_count_where_it_would_mean_something_else_by_now(place: Place) -> None:
    """The secretary is about to undo a mark under which nothing was handed out; then the clerk says that it was. The button is
    the same, and would undo what was handed out."""
    place.ask("T3", 201)
    place.wait(1_000)
    for answer in ("unsure", "yes"):
        place.crash("T3")
        place.restart("T3")
        if answer == "yes":
            place.chair("S").marks(201)
        seen = place.devices["S"].screens[-1]
        place.touch("T3", answer)
        place.wait(3_000)
    assert isinstance(seen.content, s.Sheet)
    assert list(seen.content.buttons())
    assert list(board(place, "S").buttons()) == list(seen.content.buttons())
    place._put("S", s.Touch(seen.asks, "pick 1"))
    assert board(place, "S").page == "Marks"
    place.touch("S", "pick 1")
    assert place.shown("S") == "Pin"


# --- the chair by command ---------------------------------------------------------------------------------------------


def test_an_opening_by_command_does_not_go_past_cards_that_are_to_be_scanned(place: Place) -> None:
    """Table 3 was an island, and the power fails everywhere; it stays off. What it served alone lies in its pile only."""
    place.cut_off("T3")
    place.wait(6_000)
    place.order("T3", "island")
    place.serve("T3", 302)
    for name in list(place.devices):
        place.crash(name)
    place.heal()
    place.restart("S", "T1", "T2")
    place.wait(3_000)
    chair = place.chair("S")
    with pytest.raises(NotOfferedError, match=r"Now the cards: .* Table 3: "):
        chair.open_poll(["T3.1"], made_up.code(2))
    assert not place.bodies("S", e.View)[1:]
    assert chair.scan_cards("T3", [made_up.card(302)]) == "No. 000 302 is in. Scanned: 1"
    place.finish("S")
    place.wait(3_000)
    assert place.refuses("T2", 302)


def test_a_card_that_is_not_read_is_told_of_and_ends_the_command(place: Place) -> None:
    """The one before it is in, and the one after it is not; nothing else is said."""
    place.crash("T3")
    place.stop("T1", "T3")
    chair = place.chair("T1")
    misread = made_up.card(302)[:-1] + str((int(made_up.card(302)[-1]) + 1) % 10)
    with pytest.raises(NotOfferedError, match=r"card 2 is not in, nor what follows it: That is no polling card"):
        chair.scan_cards("T3", [made_up.card(301), misread, made_up.card(303)])
    assert [body.voter for body in place.bodies("T1", e.Card)] == [301]


def test_no_cards_are_scanned_by_command_without_a_stop(place: Place) -> None:
    """It says what comes first, and chooses nothing."""
    with pytest.raises(NotOfferedError, match="no stop is under way here: begin with `stop`"):
        place.chair("T1").scan_cards("T3", [301])
    assert place.shown("T1") == "Ready"


def test_a_code_is_not_used_by_command_while_the_page_speaks_against_it(place: Place) -> None:
    """Table 3 still answers: the code stays the next one."""
    chair = place.chair("T1")
    with pytest.raises(NotOfferedError, match=r"Still answers: Table 3.*--although"):
        chair.stop(["T3.1"], made_up.code(2), although=False)
    chair.leave()
    assert (place.shown("T1"), place.bodies("T1", e.Stop)) == ("Ready", [])
    chair.stop(["T3.1"], made_up.code(2))
    assert [body.n for body in place.bodies("T1", e.Stop)] == [2]


def test_what_became_of_an_undo_is_told_of_that_voter(place: Place) -> None:
    """Another code is not finished, which the overview tells first."""
    place.serve("T1", 101)
    place.crash("T3")
    place.stop("S", "T3")
    chair = place.chair("S")
    chair.marks(made_up.card(101))
    assert chair.whose.startswith("no. 000 101")
    assert chair.undo(1) == "no. 000 101: the mark from table 1: the undo waits for table 1"


def test_a_chair_that_comes_while_a_voter_is_served_waits_outside(place: Place) -> None:
    """The clerk is not disturbed, and the chair is told why."""
    place.scan("T1", 101)
    with pytest.raises(NotOfferedError, match="the clerk is busy at this screen"):
        place.chair("T1").overview()
    assert place.shown("T1") == "VoterShown"


def test_a_code_that_skips_one_is_not_taken_before_its_warning_was_shown(place: Place) -> None:
    """Table 2 decides on another's voter in the turn in which the code is scanned, and its disk takes more than a second. Who
    sees nothing scans again meanwhile: that is no answer to a warning that was not there."""
    chair = place.chair("T2")
    chair.overview()
    for touch in ("pick stop", "pick T3.1", "go"):
        place.touch("T2", touch)
    place.ask("T1", 201)
    _, _, asked = next(w for w in place.wire if w[1] == "T2" and isinstance(w[2].message, Ask))
    code = Scanned(made_up.code(place.code + 2))
    device, at = place.devices["T2"], place.mono_ms
    for step in place.core("T2").take([asked, code], lambda: Now(place.now.wall_ms, place.mono_ms)):
        place._carry_out(device, iter([step]))
        if isinstance(step, Commit) and step.rows:
            place.mono_ms = at + 1_200
    place._put("T2", code)
    assert place.bodies("T2", e.Stop) == []
    assert place.content("T2").notice
    place.scan_text("T2", code.text)
    assert [stop.n for stop in place.bodies("T2", e.Stop)] == [place.code + 2]


def test_the_paper_tells_of_two_ballots_of_one_table(place: Place) -> None:
    """The undo of a mark under which, it said, nothing was handed out; the voter is served again at table 3, whose clerk then
    finds out about the first: a conflict in red. On the paper both times stand, not only the first."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.crash("T3")
    place.restart("T3")
    place.touch("T3", "unsure")
    place.wait(4_000)
    assert place.ask_undo("S", 201)
    place.wait(2_000)
    place.touch("T3", "noted")
    place.serve("T3", 201)
    place.order("T3", "lock")
    place.order("T3", "unlock")
    place.touch("T3", "yes")
    place.wait(4_000)
    assert place.conflicts()["S"] == [(201, (3, 3))]
    ledger = place.core("S").ledger
    assert [(mark.table, mark.time_ms) for mark in ledger.ballots(201)] == [*ledger.conflicts()[201]]


def test_a_card_is_one_ballot_with_what_its_table_wrote(place: Place) -> None:
    """Nobody has heard that table 3 handed the ballots out, and its card is scanned: on the paper it is one ballot, as it is no
    conflict."""
    place.ask("T3", 201)
    place.deliver()
    place.cut_off("T3")
    place.hand_out("T3")
    place.crash("T3")
    place.take_over("T3", "T1", 201)
    ledger = place.core("S").ledger
    assert place.conflicts() == {}
    assert [mark.table for mark in ledger.ballots(201)] == [3]


def test_who_touches_away_that_a_mark_is_undone_has_not_been_told_that_it_stands(place: Place) -> None:
    """The overview says that it is undone, and while the finger comes down the table says that ballots were handed out. Whether
    the screen has changed under the finger already or is about to: what nobody has read is told."""
    for voter in (201, 202):
        place.ask("T3", voter)
        place.deliver_only("T3", "T2")
        place.crash("T3")
        place.restart("T3")
        place.touch("T3", "unsure")
        place.wait(4_000)
        assert place.ask_undo("S", voter)
        place.wait(2_000)
        assert place.content("S").rows[0].text == "the mark from table 3 is undone"
        finger = s.touched(place.devices["S"].screens[-1], "pick seen")
        place.order("T3", "lock")
        place.order("T3", "unlock")
        place.touch("T3", "yes")
        if voter == 201:
            place.wait(4_000)
        else:
            place.deliver_until(lambda: place.marked("S", 202))
        place._put("S", finger)
        place.wait(2_000)
        assert "stands: the table says now that ballots were handed out" in place.content("S").rows[0].text
        place.touch("S", "pick seen")
        place.wait(1_000)
