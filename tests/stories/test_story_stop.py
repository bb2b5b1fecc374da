"""Stories of devices that are stopped with the chair's code, at any table: who must answer, what counts, who holds then."""

from dataclasses import replace

import pytest
from place import NOT_OFFERED, Place

from kiosk.domain import entries as e
from kiosk.domain import pages
from kiosk.domain import screens as s
from kiosk.domain.codetext import Code, CodeMisread
from kiosk.domain.nodes import device_of
from kiosk.node import Overran, Scanned
from tests import made_up


def run_of(place: Place, name: str) -> str:
    """The run of a node now."""
    return place.core(name).run


def sign(place: Place, name: str, n: int, *named: str) -> e.Stop:
    """A stop with the chair's signature, as this node would write it."""
    code = made_up.read_code(made_up.code(n))
    assert isinstance(code, Code)
    core = place.core(name)
    said = e.Stop(n, named, dict(core.books.books.runs.vector), "0" * 128)
    return code.sign(core.run, said, made_up.FIRST_PREV)


# --- the whole move -------------------------------------------------------------------------------------------------


def test_a_dead_tables_list_is_moved_to_another_table(place: Place) -> None:
    """Table 2 loses power: the chair takes its list to table 1 with a code, and its voters are served everywhere."""
    place.serve("T2", 201)
    place.crash("T2")
    place.take_over("T2", "T1")
    assert place.holders(2) == {"T1.1"}
    assert place.refuses("T3", 201)
    place.serve("T3", 202)
    assert place.decided("T1") == ["granted"]
    assert place.say("holds", 2) in place.overview("S")["Table 1"]


def test_without_the_secretarys_node_nothing_stops(place: Place) -> None:
    """The secretary's node is dead: the tables go on as before, and a dead table's list is moved at any other."""
    place.crash("S")
    place.wait(5_000)
    place.serve("T3", 201)
    place.serve("T2", 202)
    place.crash("T2")
    place.stop("T3", "S", "T2")
    place.finish("T3")
    place.wait(2_000)
    assert place.holders(2) == {"T3.1"}
    assert place.refuses("T1", 202)
    place.serve("T1", 203)
    assert place.holders(1) == {"T1.1"}


def test_an_undecided_request_is_the_heirs(place: Place) -> None:
    """Table 3 has asked table 2, which has stopped: the heir decides, with nothing sent anew."""
    place.crash("T2")
    place.ask("T3", 201)
    place.wait(3_000)
    assert place.shown("T3") == "Waiting"
    place.take_over("T2", "T1")
    assert place.shown("T3") == "Green"
    assert len(place.bodies("T3", e.Request)) == 1


def test_a_withdrawn_grant_is_no_mark_for_the_heir(place: Place) -> None:
    """Table 2 grants and stops, and table 3 gives the request up: the voter is served by whoever holds the list then."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.deliver_only("T2", "S")
    place.lose_what_is_under_way()
    place.crash("T2")
    place.hold("S", "T3")
    place.hold("S", "T1")
    place.wait(1_000)
    place.touch("T3", "cancel")
    place.heal()
    place.take_over("T2", "T1")
    assert place.decided("T1") == []
    place.serve("T1", 201)


def test_the_request_of_a_stopped_table_is_nobodys(place: Place) -> None:
    """Table 2 asked table 3, which was off, and stops for good: who has their lists then does not decide on its request."""
    place.crash("T3")
    place.ask("T2", 301)
    place.wait(1_000)
    place.crash("T2")
    place.stop("T1", "T2", "T3")
    place.finish("T1")
    place.wait(2_000)
    assert (place.holders(3), place.decided("T1")) == ({"T1.1"}, [])
    place.serve("T1", 301)


# --- who must answer ------------------------------------------------------------------------------------------------


def test_who_does_not_answer_holds_the_move_up_and_is_named(place: Place) -> None:
    """Table 3 is cut off and not named: the list is not moved before it has answered. All other lists go on."""
    place.crash("T2")
    place.cut_off("T3")
    with pytest.raises(NOT_OFFERED, match="Table 3: no answer"):
        place.take_over("T2", "T1")
    assert place.holders(2) == {"T2.1"}
    assert place.stopping("T1").waits_for == ("T3.1",)
    place.chair("T1").leave()
    place.serve("T1", 101)
    place.ask("T1", 201)
    place.wait(3_000)
    assert place.shown("T1") == "Waiting"
    place.heal()
    place.wait(3_000)
    place.touch("T1", "cancel")
    place.finish("T1")
    place.wait(2_000)
    assert place.holders(2) == {"T1.1"}


def test_an_answer_that_is_lost_comes_again(place: Place) -> None:
    """Table 3 has heard of the stop, and its head is lost: the next one is as good."""
    place.crash("T2")
    place.silence("T3")
    place.stop("T1", "T2")
    place.wait(1_000)
    assert place.stopping("T1").waits_for == ("T3.1",)
    place.heal()
    place.wait(2_000)
    assert place.stopping("T1").waits_for == ()


def test_a_head_that_does_not_show_the_stop_is_no_answer(place: Place) -> None:
    """Table 3 is heard, and hears nothing of the stop: its heads are no answer."""
    place.crash("T2")
    place.deafen("T3")
    place.stop("T1", "T2")
    place.wait(2_000)
    assert place.stopping("T1").waits_for == ("T3.1",)
    place.heal()
    place.wait(2_000)
    assert place.stopping("T1").waits_for == ()


def test_a_table_at_its_clerk_has_not_answered(place: Place) -> None:
    """Table 3 has restarted and its clerk has not said what became of the last voter: the move waits for it, by name."""
    place.ask("T3", 201)
    place.crash("T3", "T2")
    place.restart("T3")
    place.stop("T1", "T2")
    place.wait(3_000)
    assert place.stopping("T1").waits_for == ("T3.1",)
    place.touch("T3", "no")
    place.wait(3_000)
    place.finish("T1")
    place.wait(1_000)
    assert place.holders(2) == {"T1.1"}


def test_who_is_locked_is_told_apart(place: Place) -> None:
    """Table 3 is locked and was not named: the page says so, and of no cable; named with the next code, it is waited for no
    more."""
    place.order("T3", "lock")
    place.crash("T2")
    place.wait(5_000)
    place.stop("T1", "T2")
    place.wait(1_000)
    assert place.page("T1", pages.Piles(2))["Table 3"] == place.say("must_unlock")
    place.stop("T1", "T2", "T3")
    place.finish("T1")
    place.wait(1_000)
    assert [place.decides("T1", book) for book in (1, 2, 3)] == [True] * 3


def test_the_next_code_names_all(place: Place) -> None:
    """Table 3 does not answer, and has stopped too: the next code says so, and is answered anew. The lower one is given up."""
    place.crash("T2", "T3")
    place.stop("T1", "T2")
    place.wait(3_000)
    assert place.stopping("T1").waits_for == ("T3.1",)
    place.hold("S", "T1")
    place.stop("T1", "T2", "T3")
    place.wait(1_000)
    assert place.stopping("T1").waits_for == ("S.1",), "its answer to the first stop says nothing about this one"
    place.heal()
    place.wait(2_000)
    place.finish("T1")
    place.wait(2_000)
    assert (place.holders(2), place.holders(3)) == ({"T1.1"}, {"T1.1"})
    assert [body.n for body in place.bodies("T1", e.Stop, e.View)] == [2, 3, 3]
    place.serve("T1", 301)


def test_a_list_is_not_moved_before_all_that_was_shown_is_there(place: Place) -> None:
    """Table 3's answer shows a grant of table 2's that table 1 lacks: it is fetched first, and the screen says so."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.deliver_only("T2", "T3")
    place.lose_what_is_under_way()
    place.crash("T2")
    place.stop("T1", "T2")
    place.deliver_only("T1", "S")
    place.deliver_only("T1", "T3")
    place.deliver_only("S", "T1")
    place.held |= {("T1", "S"), ("T1", "T3")}
    place.wait(2_000)
    assert (place.stopping("T1").waits_for, place.stopping("T1").fetching) == ((), True)
    with pytest.raises(NOT_OFFERED, match="Fetching"):
        place.finish("T1")
    assert place.bodies("T1", e.View) == []
    place.heal()
    place.wait(2_000)
    place.finish("T1")
    place.wait(2_000)
    assert place.holders(2) == {"T1.1"}
    assert place.decided("T1") == []


# --- the chair's table dies, and other codes ----------------------------------------------------------------------


def test_the_chairs_table_dies_midway(place: Place) -> None:
    """Table 1 has written the stop of table 2 and dies: the next code, at table 3, names both. Table 1 is back, without it."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.crash("T1")
    place.wait(1_000)
    place.stop("T3", "T1", "T2")
    place.finish("T3")
    place.wait(1_000)
    assert (place.holders(1), place.holders(2)) == ({"T3.1"}, {"T3.1"})
    place.serve("T3", 201)
    place.restart("T1")
    place.wait(4_000)
    assert place.core("T1").situation.stopping is None
    assert place.holders(1) == {"T3.1"}
    place.excuse("T1", "T2")
    place.give(1, "T3", "T1")
    place.wait(2_000)
    place.serve("T1", 101)


def test_the_chairs_table_restarts_midway(place: Place) -> None:
    """Table 1 restarts between the stop and the taking over: its stop was its last run's, and the next code is used there."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.crash("T1")
    place.restart("T1")
    place.wait(4_000)
    assert place.core("T1").situation.stopping is None
    assert not any(place.decides(name, 2) for name in place.running())
    place.take_over("T2", "T1")
    assert place.holders(2) == {"T1.1"}
    place.serve("T1", 101)


def test_a_stop_whose_table_was_locked_is_lost_and_all_say_so(place: Place) -> None:
    """The secretary's node is locked before it has finished, and unlocked: it answers, and will never go on. Its own page and
    all others' send the chair to the next code, not to a node where nothing can be done."""
    place.crash("T2")
    place.stop("S", "T2")
    place.wait(500)
    assert place.overview("T1")["Code 2"].startswith("under way at Secretary")
    place.order("S", "lock")
    place.wait(1_000)
    lost = "was not finished: use the next code, and tick again"
    assert place.overview("T1")["Code 2"] == lost
    place.order("S", "unlock")
    place.wait(3_000)
    assert [place.overview(name)["Code 2"] for name in ("S", "T1", "T3")] == [lost] * 3
    place.take_over("T2", "T1")
    assert place.holders(2) == {"T1.1"}


def test_the_page_says_what_has_come_of_a_stop(place: Place) -> None:
    """Table 2 was named, and is back before the end: it keeps its list, and the page says so. Its spare takes the list of the
    first card: that is its table's own list, and moved all the same."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.restart("T2")
    place.wait(4_000)
    place.chair("T1").finish()
    assert place.content("T1").said() == "Table 2 still has a list. If it is off, use the next code, and tick again."
    place.chair("T1").leave()
    place.put_in_spare("T2")
    place.restart("T2")
    place.wait(3_000)
    place.stop("T2", "T2.1")
    place.wait(1_000)
    place.chair("T2").finish()
    place.wait(1_000)
    assert place.holders(2) == {"T2.2"}
    assert (place.content("T2").headline, place.content("T2").said()) == (
        "Moved here",
        "This table's own list is now kept here.",
    )


def test_two_stops_that_cross(place: Place) -> None:
    """Tables 1 and 3 don't hear each other, and the chair uses a code at each: the higher goes on; the lower is given up."""
    place.crash("T2")
    place.split("S", "T3")
    place.stop("T1", "T2")
    place.wait(1_000)
    skips_to(place, "T3", "T2")
    place.heal()
    place.wait(3_000)
    assert place.core("T1").situation.stopping is None
    content = place.content("T1")
    assert isinstance(content, s.Sheet)
    assert (content.headline, content.said(s.Tone.BAD)) == (place.say("not_moved"), place.say("not_moved_text", 3, "table 3"))
    place.finish("T3")
    place.wait(2_000)
    assert place.holders(2) == {"T3.1"}
    assert place.bodies("T1", e.View) == []
    place.serve("T3", 201)


def skips_to(place: Place, name: str, *named: str) -> None:
    """The chair uses the next code where the one before is not known, and says twice that it is the right one."""
    place.code += 1
    place.wait(500)
    place.chair(name).overview()
    for touch in ("pick stop", *(f"pick {place.devices[of].name}" for of in named), "go"):
        place.touch(name, touch)
    for _ in range(2):
        place.touch(name, "number", made_up.code(place.code))


def test_one_code_at_two_tables(place: Place) -> None:
    """The chair uses one code twice, at two tables that don't hear each other: all go by the same one."""
    place.crash("T2")
    place.split("S", "T3")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.code -= 1
    place.stop("T3", "T2")
    place.heal()
    place.wait(3_000)
    going_on = [name for name in ("T1", "T3") if place.core(name).situation.stopping is not None]
    assert len(going_on) == 1
    goes_on = going_on[0]
    place.finish(goes_on)
    place.wait(2_000)
    assert place.holders(2) == {f"{goes_on}.1"}
    assert goes_on == max("T1", "T3", key=lambda name: run_of(place, name))
    place.serve(goes_on, 201)


def test_two_tables_cross_in_naming_each_other(place: Place) -> None:
    """A split: the chair names table 3 at table 1, and table 1 at table 3, with a higher code, which is finished. Joined, the
    lower one is void: table 3 goes on, and table 1, which was named, begins anew. Every voter is served."""
    place.split("S", "T1")
    place.stop("T1", "T3", "T2")
    place.wait(1_000)
    skips_to(place, "T3", "T1", "S")
    place.wait(2_000)
    place.finish("T3")
    place.heal()
    place.wait(6_000)
    assert [len(place.runs_on(name)) for name in ("S", "T1", "T2", "T3")] == [2, 2, 1, 1]
    assert [place.holders(book) for book in (1, 2, 3)] == [{"T3.1"}, {"T2.1"}, {"T3.1"}]
    assert all(place.is_member(name) for name in place.devices)
    for voter in (101, 201, 301):
        place.serve("T3", voter)


def test_a_view_that_nobody_heard_of_is_given_up_for_a_higher_one(place: Place) -> None:
    """Table 1 finishes its stop of table 3, unheard, and dies. Table 3 is back; table 1's own list is moved to table 2. When
    table 1's card is read, its taking of list 3 counts for nothing: table 2's stop did not know of it."""
    place.crash("T3")
    place.stop("T1", "T3")
    place.wait(2_000)
    place.silence("T1")
    place.finish("T1")
    assert len(place.bodies("T1", e.View)) == 1
    place.crash("T1")
    place.heal()
    place.restart("T3")
    place.wait(3_000)
    place.stop("T2", "T1")
    place.finish("T2")
    place.wait(3_000)
    assert (place.holders(1), place.holders(3)) == ({"T2.1"}, {"T3.1"})
    place.excuse("T3", "T1")
    place.wait(1_000)
    place.serve("T2", 301)
    place.restart("T1")
    place.wait(4_000)
    assert (place.holders(1), place.holders(3)) == ({"T2.1"}, {"T3.1"})
    assert place.refuses("T1", 301)
    place.serve("T1", 302)


def test_a_view_that_the_next_one_knows_counts(place: Place) -> None:
    """Table 1 takes list 3, and dies when table 3 is back: the next code takes both lists from table 1, to table 2."""
    place.serve("T3", 301)
    place.crash("T3")
    place.take_over("T3", "T1")
    place.serve("T1", 302)
    place.restart("T3")
    place.wait(3_000)
    place.crash("T1")
    place.take_over("T1", "T2")
    assert (place.holders(1), place.holders(3)) == ({"T2.1"}, {"T2.1"})
    for voter in (301, 302):
        assert place.refuses("T3", voter)
        place.wait(1_000)
    place.serve("T3", 303)
    assert place.decided("T2")[-1] == "granted"


def test_what_was_granted_between_two_stops_counts(place: Place) -> None:
    """Table 1 takes list 3 and grants table 2's request, which shows green; then it dies. The next code names both dead ones:
    the grant counts, since the chain goes through the lower view first."""
    place.crash("T3")
    place.take_over("T3", "T1")
    place.ask("T2", 302)
    place.deliver()
    assert place.shown("T2") == "Green"
    place.wait(500)
    place.crash("T1")
    place.stop("S", "T1", "T3")
    place.finish("S")
    place.wait(1_000)
    (case,) = made_up.of_voter(place.core("S").ledger, 302)
    decided = place.core("S").ledger.outcome(case)
    assert decided is not None
    assert device_of(decided.author) == "T1.1"
    assert place.decided("S") == []


def test_a_stop_that_was_given_up_holds_nothing_back(place: Place) -> None:
    """Table 2 was named at table 1, which dies midway; table 2 is back, and the next code names table 1 only. The first stop is
    given up: table 2 goes on with its list."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.crash("T1")
    place.restart("T2")
    place.wait(2_000)
    place.stop("T3", "T1")
    place.finish("T3")
    place.wait(2_000)
    place.excuse("T2", "T1")
    place.wait(1_000)
    assert place.decides("T2", 2)
    place.serve("T3", 201)


# --- a named device that runs after all -----------------------------------------------------------------------------


def test_a_named_table_that_is_back_before_the_end_keeps_its_list(place: Place) -> None:
    """Table 2 was named, and starts again before the list is taken: its new run has its list, once the stop is finished."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.restart("T2")
    place.wait(4_000)
    assert not place.decides("T2", 2), "the stop may take it back"
    place.finish("T1")
    place.wait(2_000)
    assert place.holders(2) == {"T2.1"}
    assert len(place.runs_on("T2")) == 2, "no stop names its new run"
    place.serve("T3", 201)
    assert place.decided("T2") == ["granted"]


def test_a_named_table_that_ran_begins_anew_and_asks_its_clerk(place: Place) -> None:
    """Table 2 is cut off and waits for a copy of its own decision; it is taken for dead, and its list is moved. It hears of
    that: the voter gets no green, the clerk is asked, and it says nothing before."""
    place.cut_off("T2")
    place.ask("T2", 201)
    place.wait(1_000)
    assert place.decided("T2") == ["granted"]
    place.take_over("T2", "T1")
    place.heal()
    place.wait(2_000)
    assert (place.shown("T2"), len(place.runs_on("T2"))) == ("Unresolved", 1)
    assert place.told("T1", "T2").stance == "at_clerk"
    place.touch("T2", "no")
    place.wait(4_000)
    assert len(place.runs_on("T2")) == 2
    assert place.devices["T2"].on_paper == []
    assert place.holders(2) == {"T1.1"}
    place.serve("T2", 201)
    assert place.decided("T1") == ["granted"]


def test_who_is_named_by_mistake_leaves_what_is_on_its_screen(place: Place) -> None:
    """Table 2 and the secretary's node run, and are named: table 2's green goes, its clerk is asked; both begin new runs, and
    whoever was busy with a page is back where the node waits."""
    place.chair("S").overview()
    place.touch("S", "pick stop")
    place.ask("T2", 301)
    place.deliver()
    assert place.shown("T2") == "Green"
    place.stop("T1", "S", "T2")
    place.wait(2_000)
    assert place.shown("T2") == "Unresolved"
    assert place.content("S").headline == "Overview"
    assert (len(place.runs_on("S")), len(place.runs_on("T2"))) == (2, 1)
    place.touch("T2", "yes")
    place.finish("T1")
    place.wait(4_000)
    assert [place.holders(book) for book in (1, 2, 3)] == [{"T1.1"}, {"T2.1"}, {"T3.1"}], "its new run has its list"
    assert place.refuses("T3", 301)


def test_past_the_view_nothing_counts(place: Place) -> None:
    """Table 2, cut off and taken for dead, has granted its voter, unheard: table 1 decides anew. That others copy the grant now
    is no reason for a green."""
    place.cut_off("T2")
    place.ask("T2", 201)
    place.wait(1_000)
    place.take_over("T2", "T1")
    assert place.decided("T2") == ["granted"]
    place.serve("T3", 201)
    place.heal()
    place.wait(2_000)
    assert place.devices["T2"].on_paper == []
    place.touch("T2", "no")
    place.wait(3_000)
    assert place.conflicts() == {}
    (case,) = [case for case in made_up.of_voter(place.core("T1").ledger, 201) if case.device == "T2.1"]
    assert place.core("T1").ledger.outcome(case) is None


def test_a_book_that_goes_and_comes_back(place: Place) -> None:
    """Table 2 was taken for dead, its list went to table 1 and is given back to its new run: it knows what happened."""
    place.cut_off("T2")
    place.take_over("T2", "T1")
    place.serve("T3", 201)
    place.heal()
    place.wait(4_000)
    place.give(2, "T1", "T2")
    place.wait(2_000)
    assert place.decides("T2", 2)
    assert place.refuses("T2", 201)
    place.serve("T2", 202)


# --- what is on its way ---------------------------------------------------------------------------------------------


def grant_at_the_secretarys_only(place: Place) -> None:
    """Table 2 grants table 3's request and dies; only the secretary's node, which nobody hears, has the grant."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.deliver_only("T2", "S")
    assert place.decided("T2") == ["granted"]
    place.lose_what_is_under_way()
    place.cut_off("S")
    place.crash("T2")


def test_under_a_stop_a_later_grant_is_held_back(place: Place) -> None:
    """The stop reaches table 3 before table 2's grant does: no green before the view says that the grant counts (G2)."""
    grant_at_the_secretarys_only(place)
    place.stop("T1", "T2")
    place.wait(2_000)
    place.heal()
    place.hold("S", "T1")
    place.wait(3_000)
    assert place.stored("T3", "T2") == place.stored("S", "T2")
    assert place.shown("T3") == "Waiting"
    place.heal()
    place.wait(2_000)
    assert place.shown("T3") == "Waiting"
    place.finish("T1")
    place.wait(2_000)
    assert place.shown("T3") == "Green"
    assert (place.decided("T1"), place.decided("T2")) == ([], ["granted"])


def test_under_a_stop_a_later_refusal_is_held_back(place: Place) -> None:
    """The same with a refusal: it is shown once the view says that it counts."""
    place.hold("T1", "T3")
    place.ask("T1", 201)
    place.deliver_only("T1", "T2")
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    assert place.decided("T2") == ["granted", "refused"]
    place.deliver_only("T2", "S")
    place.lose_what_is_under_way()
    place.heal()
    place.cut_off("S")
    place.crash("T2")
    place.touch("T1", "cancel")
    place.stop("T1", "T2")
    place.wait(2_000)
    place.heal()
    place.hold("S", "T1")
    place.wait(3_000)
    assert place.shown("T3") == "Waiting"
    place.heal()
    place.wait(2_000)
    place.finish("T1")
    place.wait(2_000)
    assert place.shown("T3") == "Refused"


def test_a_grant_that_nobody_had_does_not_count_after_the_view(place: Place) -> None:
    """Table 2's grant is on its own disk only: after the view table 1 decides, and there is one ballot. Table 2 is back."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.lose_what_is_under_way()
    place.crash("T2")
    place.take_over("T2", "T1")
    assert place.shown("T3") == "Green"
    place.hand_out("T3")
    place.restart("T2")
    place.wait(4_000)
    assert (place.decided("T1"), place.decided("T2")) == (["granted"], ["granted"])
    assert place.conflicts() == {}
    case = made_up.of_voter(place.core("S").ledger, 201)[0]
    decided = place.core("S").ledger.outcome(case)
    assert decided is not None
    assert device_of(decided.author) == "T1.1"


def test_what_a_table_had_before_the_stop_it_may_act_on(place: Place) -> None:
    """Table 2's grant is known at the chair's table before the stop: table 3, which gets it after the stop, shows green."""
    place.hold("T2", "T3")
    place.hold("T1", "T3")
    place.hold("S", "T3")
    place.wait(500)
    place.held -= {("T3", "T2")}
    place.ask("T3", 201)
    place.deliver()
    assert place.decided("T2") == ["granted"]
    place.wait(1_000)
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    assert place.shown("T3") == "Waiting"
    place.heal()
    place.wait(2_000)
    assert place.core("T3").books.books.pending != [], "the list is not taken yet"
    assert place.shown("T3") == "Green"


def gives_and_dies(place: Place, *to: str) -> None:
    """Table 2 gives its list to table 3 and dies; only these nodes hear of it."""
    place.give(2, "T2", "T3")
    for name in to:
        place.deliver_only("T2", name)
    place.lose_what_is_under_way()
    place.crash("T2")


def test_under_a_stop_a_give_is_held_back(place: Place) -> None:
    """Table 2 gave its list to table 3 and died; the chair's table has not heard of it. Under the stop nobody decides; then
    table 3 has it, since it told so when it answered."""
    gives_and_dies(place, "T3")
    place.cut_off("T3")
    assert place.decides("T3", 2)
    place.stop("T1", "T2")
    place.wait(1_000)
    place.heal()
    place.wait(2_000)
    assert not any(place.decides(name, 2) for name in place.running())
    assert place.holders(2) == {"T2.1"}
    place.finish("T1")
    place.wait(2_000)
    assert place.holders(2) == {"T3.1"}
    place.serve("T1", 201)
    assert place.decided("T3") == ["granted"]


def test_a_give_that_nobody_had_counts_for_nothing_after_the_view(place: Place) -> None:
    """Table 2 gave its list to table 3, and nobody has heard of it when table 1 takes it: it stays table 1's."""
    gives_and_dies(place)
    place.take_over("T2", "T1")
    place.restart("T2")
    place.wait(4_000)
    assert place.holders(2) == {"T1.1"}
    place.serve("T3", 201)
    assert place.decided("T1") == ["granted"]


def test_a_list_given_to_a_stopped_table_goes_with_it(place: Place) -> None:
    """Table 3 gives its list to table 2, which dies before it hears of it: the stop of table 2 moves both lists."""
    place.cut_off("T2")
    place.give(3, "T3", "T2")
    place.crash("T2")
    place.heal()
    place.wait(1_000)
    place.take_over("T2", "T1")
    assert (place.holders(2), place.holders(3)) == ({"T1.1"}, {"T1.1"})
    place.serve("T3", 301)


def test_a_run_that_somebody_knew_keeps_its_list(place: Place) -> None:
    """Table 2 restarts, and only table 3 has heard of it when the chair stops table 2's earlier run at table 1; then it is
    dead again. Table 3 tells of the new run when it answers: its list stays its own until the next code."""
    place.crash("T2")
    place.split("T2", "T3")
    place.restart("T2")
    place.wait(2_000)
    place.stop("T1", "T2")
    place.wait(1_000)
    place.crash("T2")
    place.heal()
    place.wait(3_000)
    place.finish("T1")
    place.wait(2_000)
    assert place.holders(2) == {"T2.1"}
    assert not any(place.decides(name, 2) for name in place.running())
    place.take_over("T2", "T1")
    assert place.holders(2) == {"T1.1"}
    place.serve("T3", 201)


# --- codes ----------------------------------------------------------------------------------------------------------


def ask_code(place: Place, name: str, *named: str) -> None:
    """At a node, up to where the code is asked for."""
    place.wait(500)
    place.chair(name).overview()
    for touch in ("pick stop", *(f"pick {place.devices[of].name}" for of in named), "go"):
        place.touch(name, touch)


def notice(place: Place, name: str) -> str:
    content = place.content(name)
    assert isinstance(content, s.Typing)
    return content.notice


def test_a_code_is_used_once(place: Place) -> None:
    """The opening's code is used again, and what is no code, and a voter's card: the page says what is wrong; then the right
    one is scanned."""
    place.crash("T2")
    ask_code(place, "T1", "T2")
    place.touch("T1", "number", made_up.code(1))
    assert notice(place, "T1") == place.say("code_used", 1, 2)
    place.touch("T1", "number", "1234")
    assert notice(place, "T1") == place.say("code_not_a_code")
    place.scan("T1", 201)
    assert notice(place, "T1") == place.say("code_not_a_code")
    place.touch("T1", "number", made_up.code(1))
    place._put("T1", Overran())
    assert notice(place, "T1") == place.say("code_not_a_code")
    place.touch("T1", "number", made_up.code(2)[:-1] + str((int(made_up.code(2)[-1]) + 1) % 10))
    assert notice(place, "T1") == place.say("code_check_digits")
    assert place.bodies("T1", e.Stop) == []
    place._put("T1", Scanned(made_up.code(2)))
    assert [body.n for body in place.bodies("T1", e.Stop)] == [2]


def test_a_code_of_another_place_is_told(place: Place) -> None:
    """The sheet is another place's: the page says so, and nothing is stopped."""
    place.crash("T1")
    place.keys["T1.1"] = replace(place.keys["T1.1"], read_code=lambda _: CodeMisread.OTHER_SHEET)
    place.restart("T1")
    place.wait(3_000)
    ask_code(place, "T1", "T2")
    place.touch("T1", "number", made_up.code(2))
    assert notice(place, "T1") == place.say("code_other_sheet", 0, 2, "", "a1b2c3")
    assert place.bodies("T1", e.Stop) == []


def test_a_code_that_skips_one_is_asked_for_twice(place: Place) -> None:
    """The chair takes code 4 after code 1: the page says so, and takes it the second time. Codes 2 and 3 are used up then."""
    place.crash("T2")
    ask_code(place, "T1", "T2")
    place.touch("T1", "number", made_up.code(4))
    assert notice(place, "T1") == place.say("code_skipped", 4, 2)
    assert place.bodies("T1", e.Stop) == []
    place.touch("T1", "number", made_up.code(4))
    assert [body.n for body in place.bodies("T1", e.Stop)] == [4]
    place.wait(1_000)
    ask_code(place, "T3", "T2")
    place.touch("T3", "number", made_up.code(3))
    assert notice(place, "T3") == place.say("code_used", 3, 5)


def test_the_scanners_repeat_is_no_second_word_of_the_chairs(place: Place) -> None:
    """The scanner reads code 4 twice at once: that is one scan, and the chair has not said it twice."""
    place.crash("T2")
    ask_code(place, "T1", "T2")
    for _ in range(2):
        place._put("T1", Scanned(made_up.code(4)))
    assert place.bodies("T1", e.Stop) == []
    place.mono_ms += 1_500
    place._put("T1", Scanned(made_up.code(4)))
    assert [body.n for body in place.bodies("T1", e.Stop)] == [4]


def test_the_reserve_sheet_begins_at_21(place: Place) -> None:
    """The envelope is lost: the first code of the second sheet is taken once the chair has said so by scanning it twice; the
    next one at once."""
    place.crash("T2")
    ask_code(place, "T1", "T2")
    place.touch("T1", "number", made_up.code(21))
    assert notice(place, "T1") == place.say("code_reserve", 21, 2, "2–20")
    assert place.bodies("T1", e.Stop) == []
    place.touch("T1", "number", made_up.code(21))
    assert [body.n for body in place.bodies("T1", e.Stop)] == [21]
    place.wait(1_000)
    ask_code(place, "T3", "T2")
    place.touch("T3", "number", made_up.code(22))
    assert [body.n for body in place.bodies("T3", e.Stop)] == [22]


def test_a_code_that_was_used_stops_nothing(place: Place) -> None:
    """Whatever the page says, no stop is written under a number that is not above all that are known."""
    code = made_up.read_code(made_up.code(1))
    assert isinstance(code, Code)
    assert not place.core("T1").books.stop(code, ["T2.1"], place.now)
    assert place.bodies("T1", e.Stop) == []


def test_a_stop_without_the_chairs_signature_is_nothing(place: Place) -> None:
    """Table 3, in a thief's hands, writes a stop that no code has signed, one with table 1's signature, one that names itself,
    and a view without a stop: nobody goes by them."""
    core, other = place.core("T3"), place.core("T1")
    knows = dict(core.books.books.runs.vector)
    for stop in (
        e.Stop(2, ("T2.1",), knows, "0" * 128),
        sign(place, "T1", 3, "T2.1"),
        sign(place, "T3", 4, "T2.1", "T3.1"),
        sign(place, "T3", 5, "T2.1", "T9.1"),
    ):
        core.books.write(stop, place.now)
        core.books.write(e.View(stop.n, dict(core.books.books.runs.vector)), place.now)
    place.wait(2_000)
    assert place.core("T2").run == place.runs_on("T2")[0]
    assert place.holders(2) == {"T2.1"}
    assert [stopped.stop.n for stopped in other.books.books.stops] == [1]
    place.serve("T1", 201)


def test_a_view_of_another_tables_stop_is_nothing(place: Place) -> None:
    """Table 1 has stopped table 2; table 3, in a thief's hands, writes the view of that code: it takes nothing."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    core = place.core("T3")
    core.books.write(e.View(2, dict(core.books.books.runs.vector)), place.now)
    place.wait(1_000)
    assert place.holders(2) == {"T2.1"}
    place.finish("T1")
    place.wait(1_000)
    assert place.holders(2) == {"T1.1"}


# --- cards ----------------------------------------------------------------------------------------------------------


def unproved_request(place: Place) -> None:
    """Table 2 asks table 3 about its voter 301 and stops before anybody has its answer; it is stopped at table 1."""
    place.crash("T3")
    place.ask("T2", 301)
    place.wait(1_000)
    place.crash("T2")
    place.stop("T1", "T2", "T3")
    place.wait(2_000)


def test_the_screen_lists_which_cards_are_to_be_scanned(place: Place) -> None:
    """For a stopped table: the last card known here, whatever its clock says, and its request without a decision, by number."""
    place.set_clock("T2", 7_200_000)
    place.serve("T2", 202)
    unproved_request(place)
    stopping = place.stopping("T1")
    assert [(card.device, card.voter) for card in stopping.unproved] == [("T2.1", 301)]
    (card,) = [peer.card for peer in stopping.stopped if peer.device == "T2.1"]
    assert card is not None
    assert (card.voter, card.place) == (202, 1)
    assert place.now.wall_ms - 10_000 < card.heard_ms <= place.now.wall_ms, "by table 1's own clock"
    place.scan_cards("T1", "T2", 301)
    place.wait(1_000)
    assert place.stopping("T1").unproved == ()
    place.chair("T1").leave()
    assert place.refuses("T1", 301)


def test_the_chair_goes_on_without_a_card(place: Place) -> None:
    """The card is not scanned: the move goes on, and its entry says how many were not."""
    unproved_request(place)
    place.finish("T1")
    assert [body.unscanned for body in place.bodies("T1", e.View)] == [1]


def test_cards_are_written_once_and_not_where_the_mark_is_known(place: Place) -> None:
    """The whole pile is scanned, twice: only what nobody knew becomes an entry."""
    place.serve("T2", 201)
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.scan_cards("T1", "T2", 201, 202, 202)
    place.scan_cards("T1", "T2", 202)
    assert place.bodies("T1", e.Card) == [e.Card(2, "T2.1", 202)]
    assert place.stopping("T1").scanned == 1


def test_the_cards_of_an_earlier_stop_are_not_counted(place: Place) -> None:
    """Two cards are scanned under code 2, which is given up for code 3, at table 3 and then for code 4, at table 1: on a fresh
    page none is scanned."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.scan_cards("T1", "T2", 201, 202)
    assert place.stopping("T1").scanned == 2
    place.stop("T3", "T2")
    place.wait(1_000)
    assert place.stopping("T3").scanned == 0
    place.scan_cards("T3", "T2", 203)
    place.stop("T1", "T2")
    place.wait(1_000)
    assert place.stopping("T1").scanned == 0


def test_a_card_counts_only_under_a_stop_and_before_its_view(place: Place) -> None:
    """Table 1, by a fault, writes cards of a table that its stop does not name, and after its view: they are no marks."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    books = place.core("T1").books
    books.write(e.Card(2, "T3.1", 301), place.now)
    books.write(e.Card(1, "T2.1", 201), place.now)
    place.core("T3").books.write(e.Card(2, "T2.1", 203), place.now)
    place.finish("T1")
    books.write(e.Card(2, "T2.1", 202), place.now)
    place.wait(2_000)
    assert not any(place.marked(name, voter) for name in place.running() for voter in (201, 202, 203, 301))


def test_the_piles_rows_are_as_the_chairs_page_says(place: Place) -> None:
    """A page that is left is found again: the stop goes on where it was, from the overview of that table alone."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.chair("T1").leave()
    place.wait(1_000)
    board = place.chair("T1").overview()
    assert place.say("item_stopping", 2) in [button.text for button in board.buttons()]
    assert place.say("item_stopping", 2) not in [button.text for button in place.chair("T3").overview().buttons()]
    place.finish("T1")
    place.wait(1_000)
    assert place.holders(2) == {"T1.1"}


def test_a_stop_by_a_node_that_knows_nobody_waits_for_all_that_were_delivered(place: Place) -> None:
    """Table 2's spare is started without its cable, and the code is used there, which names the first card only: it knows of
    nobody else's run. It does not have the list before the others have answered: voter 201 has ballots already."""
    place.serve("T2", 201)
    place.put_in_spare("T2")
    place.cut_off("T2")
    place.restart("T2")
    place.wait(3_000)
    place.code += 1
    place.chair("T2").stop(["T2.1"], made_up.code(place.code), skips=True)
    place.wait(1_000)
    assert place.stopping("T2").waits_for == ("S.1", "T1.1", "T3.1")
    assert not place.decides("T2", 2)
    with pytest.raises(NOT_OFFERED):
        place.order("T2", "island")
    place.heal()
    place.wait(3_000)
    place.finish("T2")
    assert place.refuses("T3", 201)


def test_who_has_heard_nobody_scans_the_piles_of_all_that_it_names(place: Place) -> None:
    """Table 2 has served a voter of table 1's list, and all are off or locked when table 1's spare is put in.

    The spare knows of no run of theirs, and lists their piles all the same.
    """
    place.serve("T2", 101)
    place.crash("S", "T2", "T3")
    place.put_in_spare("T1")
    place.cut_off("T1")
    place.restart("T1")
    place.wait(2_000)
    code = made_up.read_code(made_up.code(2))
    assert isinstance(code, Code)
    place.core("T1").books.stop(code, {"S.1", "T1.1", "T2.1", "T3.1"}, place.now)
    place.wait(1_000)
    assert place.bodies("T1", e.View) == []
    assert [peer.device for peer in place.stopping("T1").stopped] == ["T1.1", "T2.1", "T3.1"]
    place.chair("T1").scan_cards("T2.1", [101])
    place.chair("T1").finish()
    place.wait(1_000)
    assert place.marked("T1", 101)
