"""Stories of lists that are given: both nodes are alive."""

import pytest
from place import NOT_OFFERED, Place

from kiosk.domain import entries as e


def test_a_list_is_given_to_another_table(place: Place) -> None:
    """Table 2 gives its list to table 1: from that entry on table 1 decides, and table 2 nothing more in it."""
    place.give(2, "T2", "T1")
    assert not place.decides("T2", 2)
    place.wait(2_000)
    place.serve("T3", 201)
    assert (place.decided("T1"), place.decided("T2")) == (["granted"], [])
    (give,) = place.bodies("T2", e.Give)
    (decision,) = place.bodies("T1", e.Decision)
    assert isinstance(give, e.Give)
    assert isinstance(decision, e.Decision)
    assert decision.hold.startswith(place.core("T2").run)
    assert give.to == place.core("T1").run


def test_a_list_is_given_back(place: Place) -> None:
    """Table 1 gives the list back after the break: table 2 decides again, in another hold, and knows what happened."""
    place.give(2, "T2", "T1")
    place.wait(2_000)
    place.serve("T3", 201)
    place.give(2, "T1", "T2")
    place.wait(2_000)
    assert place.refuses("T2", 201)
    place.serve("T3", 202)
    assert place.decided("T2") == ["granted"]
    place.give(2, "T2", "T3")
    place.wait(2_000)
    place.give(2, "T3", "T2")
    place.wait(2_000)
    place.serve("T1", 203)
    assert place.holders(2) == {"T2.1"}


def test_a_list_is_given_to_a_spare(place: Place) -> None:
    """Table 2's card is lost; its list is moved to table 1, and from there to the spare card, once that runs."""
    place.serve("T2", 201)
    place.put_in_spare("T2")
    place.wait(1_000)
    place.stop("T1", "T2.1")
    place.finish("T1")
    place.wait(1_000)
    place.restart("T2")
    place.wait(3_000)
    place.give(2, "T1", "T2")
    place.wait(2_000)
    assert place.holders(2) == {"T2.2"}
    assert place.refuses("T2", 201)
    place.serve("T3", 202)
    assert place.decided("T2") == ["granted"]


def test_an_undecided_request_goes_with_the_list(place: Place) -> None:
    """Table 3 has asked, table 2 does not hear it and gives its list away: table 1 decides, with nothing sent anew."""
    place.hold("T3", "T2")
    place.ask("T3", 201)
    place.say_the_rest("T3")
    assert [name for name in place.devices if place.decided(name)] == [], "who does not hold the list decides nothing"
    place.give(2, "T2", "T1")
    place.wait(4_000)
    assert place.shown("T3") == "Green"
    assert len(place.bodies("T3", e.Request)) == 1


def test_until_the_heir_has_heard_of_it_nobody_decides(place: Place) -> None:
    """Table 2 gives its list to table 1, which is cut off: requests wait, with no risk, until table 1 hears of it."""
    place.cut_off("T1")
    place.give(2, "T2", "T1")
    place.wait(1_000)
    place.ask("T3", 201)
    place.wait(3_000)
    assert place.shown("T3") == "Waiting"
    assert "1" in place.content("T3").remedy, "the heir is the one that is silent"
    place.heal()
    place.wait(4_000)
    assert place.shown("T3") == "Green"


def test_only_the_holder_gives(place: Place) -> None:
    """Table 3 does not hold list 2, and is not offered to give it; what it writes all the same counts for nothing."""
    place.wait(500)
    with pytest.raises(NOT_OFFERED):
        place.give(2, "T3", "T1")
    core = place.core("T3")
    assert not core.books.give(2, "T1.1", place.now)
    hold = core.books.books.chain(2).last.hold
    core.books.write(e.Give(2, hold, core.run, dict(core.books.books.runs.vector)), place.now)
    core.books.write(e.Give(2, hold, place.core("T1").run, dict(core.books.books.runs.vector)), place.now)
    place.wait(2_000)
    assert place.holders(2) == {"T2.1"}
    place.serve("T1", 201)
    assert place.decided("T2") == ["granted"]


def test_the_first_give_counts(place: Place) -> None:
    """Table 2, in a thief's hands, gives its list twice in one hold: it is the first's, whatever comes later."""
    place.give(2, "T2", "T1")
    core = place.core("T2")
    core.books.write(e.Give(2, f"{core.run}#1", place.core("T3").run, dict(core.books.books.runs.vector)), place.now)
    place.wait(2_000)
    assert place.holders(2) == {"T1.1"}
    place.serve("T3", 201)
    assert place.decided("T1") == ["granted"]


def test_a_list_given_in_a_circle_stays(place: Place) -> None:
    """Table 1, in a thief's hands, gives list 2 to the run of table 2's that is over, and whose next run had it before: no hold
    comes twice, nobody decides, and a code moves the list."""
    place.crash("T2")
    place.restart("T2")
    place.wait(3_000)
    place.give(2, "T2", "T1")
    place.wait(1_000)
    core, over = place.core("T1"), place.runs_on("T2")[0]
    hold = core.books.books.chain(2).last.hold
    runs = core.books.books.runs
    knows = {run: seq for run, seq in runs.vector.items() if run not in place.runs_on("T2")} | {over: runs[over].last}
    core.books.write(e.Give(2, hold, over, knows), place.now)
    place.wait(2_000)
    assert {place.core(name).books.books.holder(2) for name in place.devices} == {over}
    assert not any(place.decides(name, 2) for name in place.devices)
    place.order("T2", "lock")
    place.order("T1", "lock")
    place.stop("T3", "T1", "T2")
    place.finish("T3")
    place.wait(1_000)
    place.serve("T3", 201)


def test_a_code_ends_a_circle_of_gives(place: Place) -> None:
    """Tables 1 and 2 give list 2 to and fro, more often than gives count; table 3 takes it with a code, and can give it on."""
    tables = ("T2", "T1")
    for n in range(e.GIVES_MOST + 1):
        assert place.core(tables[n % 2]).books.give(2, place.devices[tables[1 - n % 2]].name, place.now)
        place.wait(500)
    assert place.holders(2) == {"T2.1"}
    assert not place.decides("T1", 2)
    place.crash("T2")
    place.take_over("T2", "T3")
    place.give(2, "T3", "T1")
    place.wait(2_000)
    assert place.holders(2) == {"T1.1"}
    place.serve("T3", 201)
    assert place.decided("T1") == ["granted"]


def test_a_list_given_to_a_run_that_is_over_is_its_next_runs(place: Place) -> None:
    """Table 1 has restarted, unheard by table 2, which gives its list to table 1's earlier run: the new run has it."""
    place.hold("T1", "T2")
    place.deafen("T2")
    place.crash("T1")
    place.restart("T1")
    place.wait(2_000)
    assert len(place.core("T2").books.books.runs.devices["T1.1"]) == 1
    assert place.core("T2").books.give(2, "T1.1", place.now)
    place.pass_time(0)
    place.heal()
    place.wait(4_000)
    (give,) = place.bodies("T2", e.Give)
    assert isinstance(give, e.Give)
    assert give.to == place.runs_on("T1")[0]
    assert place.holders(2) == {"T1.1"}
    assert place.decides("T1", 2)
    place.serve("T3", 201)


def test_a_give_comes_before_the_givers_next_run(place: Place) -> None:
    """Table 2 gives its list to table 1 and restarts: its next run has nothing."""
    place.give(2, "T2", "T1")
    place.wait(500)
    place.crash("T2")
    place.restart("T2")
    place.wait(4_000)
    assert place.holders(2) == {"T1.1"}
    assert not place.decides("T2", 2)
    place.serve("T3", 201)
    assert place.decided("T1") == ["granted"]


def test_nothing_is_given_to_who_is_named(place: Place) -> None:
    """Table 3 is stopped: nobody is offered to give it a list, nor would it be carried out."""
    place.crash("T3")
    place.stop("T1", "T3")
    place.wait(1_000)
    assert not place.core("T2").books.give(2, "T3.1", place.now)
    with pytest.raises(NOT_OFFERED):
        place.give(2, "T2", "T3")
    assert place.bodies("T2", e.Give) == []


def test_nothing_is_shown_on_a_give_that_is_not_on_disk(place: Place) -> None:
    """Table 3 hears of the give and of the heir's grant at once, and its power fails before the commit: no green (G3, W)."""
    place.hold("T3", "T2")
    place.ask("T3", 201)
    place.deafen("T3")
    place.give(2, "T2", "T1")
    place.deliver()
    place.wait(1_000)
    assert place.decided("T1") == ["granted"]
    place.devices["T3"].fails = True
    place.read_logs_of("T3", "T2", "T1")
    assert place.devices["T3"].on_paper == []
    place.heal()
    place.restart("T3")
    assert place.shown("T3") == "Unresolved"


def test_the_heir_has_all_that_the_giver_knew(place: Place) -> None:
    """Table 2 knows of table 3's mark, gives its list to table 1, and only then table 1 hears again: it takes the give in after
    all that the giver knew (L), and refuses the voter at once."""
    place.deafen("T1")
    place.serve("T3", 201)
    place.give(2, "T2", "T1")
    place.wait(500)
    place.read_logs_of("T1", "T2")
    assert not place.decides("T1", 2)
    assert place.core("T1").books.books.holder(2) == place.core("T2").run
    place.heal()
    place.wait(3_000)
    assert place.decides("T1", 2)
    assert place.refuses("T1", 201)


def test_a_locked_table_gives_nothing(place: Place) -> None:
    """Table 2 is locked: its list is moved with a code, or it is unlocked; nothing else is offered."""
    place.order("T2", "lock")
    place.wait(1_000)
    assert not place.core("T2").books.give(2, "T1.1", place.now)
    place.take_over("T2", "T1")
    assert place.core("T3").books.books.holder(2) == place.core("T1").run
