"""Stories of rule M: a run decides once it knows all that happened before it began."""

import pytest
from place import NOT_OFFERED, Place

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.messages import Head, Stance
from kiosk.node import Heard


def test_a_table_restarts_while_all_are_there(place: Place) -> None:
    """Table 2 restarts: a few seconds later it decides again, by itself; meanwhile its voters wait and its clerk may serve."""
    place.serve("T2", 201)
    place.crash("T2")
    place.restart("T2")
    assert not place.decides("T2", 2)
    place.wait(3_000)
    assert place.decides("T2", 2)
    assert place.refuses("T2", 201)
    place.serve("T2", 202)
    assert len(place.runs_on("T2")) == 2


def test_a_table_restarts_while_one_is_silent(place: Place) -> None:
    """Table 2 restarts while table 3 is silent: it names whom it waits for; on the PIN the chair says that its card has been
    there since it was first used, and it decides."""
    place.crash("T2")
    place.cut_off("T3")
    place.restart("T2")
    place.wait(6_000)
    assert (place.is_member("T2"), place.core("T2").situation.awaited) == (False, ("T3.1",))
    assert "Table 3" in place.chair("T2").overview().said()
    place.excuse("T2", "T3")
    place.wait(1_000)
    assert place.bodies("T2", e.Excused) == [e.Excused(("T3.1",))]
    assert place.decides("T2", 2)
    place.serve("T1", 201)
    assert place.decided("T2") == ["granted"]


def test_who_is_heard_need_not_be_excused(place: Place) -> None:
    """Only who is waited for is offered; and the chair's word holds for one run: the next one waits again."""
    place.crash("T2", "T3")
    place.restart("T2")
    place.wait(3_000)
    with pytest.raises(NOT_OFFERED):
        place.excuse("T2", "T1")
    place.excuse("T2", "T3")
    place.wait(1_000)
    assert place.is_member("T2")
    place.order("T2", "lock")
    place.order("T2", "unlock")
    place.wait(4_000)
    assert not place.is_member("T2")
    assert place.core("T2").situation.awaited == ("T3.1",)


def test_only_who_is_silent_or_was_stopped_can_be_excused(place: Place) -> None:
    """Table 2 starts again, and what table 3 shows does not come: while it is seen it can't be excused. A stop names it."""

    def shows(count: int) -> None:
        have = dict(place.core("S").books.books.runs.stored) | {lying: 99, place.core("T2").run: 1}
        place._put("T2", Heard("T3.1", Head(lying, 1, count, have, True, Stance.SERVING, place.now.wall_ms)))
        place.wait(250)

    lying = place.core("T3").run
    place.crash("T2", "T3")
    place.restart("T2")
    for count in range(1, 12):
        shows(count)
    around = place.core("T2").situation
    assert (place.is_member("T2"), around.awaited, around.excusable) == (False, ("T3.1",), ())
    place.stop("S", "T3")
    place.finish("S")
    shows(12)
    assert (place.is_member("T2"), place.core("T2").situation.excusable) == (False, ("T3.1",))
    place.excuse("T2", "T3")
    place.wait(1_000)
    assert place.is_member("T2")


def test_who_waits_for_its_clerk_can_not_be_excused(place: Place) -> None:
    """Table 1 starts again while table 2 waits for its clerk: it says nothing, and will. Then table 1 is a member."""
    place.ask("T2", 303)
    place.crash("T1", "T2")
    place.restart("T2", "T1")
    place.wait(6_000)
    assert place.core("T1").situation.awaited == ("T2.1",)
    with pytest.raises(NOT_OFFERED):
        place.excuse("T1", "T2")
    place.touch("T2", "no")
    place.wait(3_000)
    assert place.is_member("T1")


@pytest.mark.parametrize("head", ["heard", "not heard"])
def test_who_is_locked_can_not_be_excused(place: Place, head: str) -> None:
    """Table 1 starts again. By table 2's last head, or by its log, table 2 is locked: it can be unlocked, and is heard then."""
    place.order("T2", "lock")
    place.wait(1_000)
    last = place.core("S").peers.head("T2.1")
    place.crash("T1")
    place.restart("T1")
    if head == "heard":
        place.hear("T1", "T2", last)
    place.wait(6_000)
    assert place.core("T1").situation.awaited == ("T2.1",)
    with pytest.raises(NOT_OFFERED):
        place.excuse("T1", "T2")
    place.order("T2", "unlock")
    place.wait(3_000)
    assert place.is_member("T1")


def test_who_has_shown_that_a_card_is_an_old_one_can_not_be_excused(place: Place) -> None:
    """Table 1 serves a voter whom only table 2 has heard of, and gets an old card. Table 2 is off; its last head, which the
    others have kept, shows more of table 1's log than is there. Once table 2 is on, table 1 refuses the voter."""
    old = place.copy_of("T1")
    place.split("T1", "T2")
    place.serve("T1", 101)
    head = place.core("T1").peers.head("T2.1")
    place.put_back("T1", old)
    place.crash("T2")
    place.heal()
    place.restart("T1")
    place.hear("T1", "T2", head)
    place.wait(6_000)
    assert place.core("T1").situation.awaited == ("T2.1",)
    with pytest.raises(NOT_OFFERED):
        place.excuse("T1", "T2")
    place.chair("T1").leave()
    assert not place.decides("T1", 1)
    place.restart("T2")
    place.wait(4_000)
    assert place.is_member("T1")
    assert place.refuses("T1", 101)


def test_who_is_no_member_serves_others_voters(place: Place) -> None:
    """Table 2 restarts while table 3 is silent: it is no member, and serves table 1's voter, since table 1 decides."""
    place.crash("T3")
    place.crash("T2")
    place.restart("T2")
    place.wait(3_000)
    assert not place.is_member("T2")
    place.serve("T2", 101)
    place.ask("T2", 201)
    place.wait(3_000)
    assert place.shown("T2") == "Waiting"


def test_after_a_start_nothing_is_decided_before_the_run_is_a_member(place: Place) -> None:
    """Table 2 starts while it reaches nobody: its list is not decided on. With the others it is a member in a moment (D2)."""
    place.crash("T2")
    place.cut_off("T2")
    place.restart("T2")
    place.wait(3_000)
    assert not place.decides("T2", 2)
    assert place.shown("T2") == "NotReady"
    place.heal()
    place.wait(3_000)
    assert place.decides("T2", 2)
    place.serve("T3", 202)


def test_a_head_from_before_the_start_proves_nothing(place: Place) -> None:
    """A retained head of each, made before table 2's start, comes after it: table 2 is no member by them."""
    core = place.core("T1")
    old = {name: place.core(name).peers.head(place.devices[name].name) or _head(place, name) for name in ("S", "T1", "T3")}
    assert core.run
    place.crash("T2")
    place.cut_off("T2")
    place.restart("T2")
    for name, head in old.items():
        place.hear("T2", name, head)
    place.wait(1_000)
    assert not place.is_member("T2")


def _head(place: Place, name: str) -> Head:
    core = place.core(name)
    return core.peers.announce(core.books.replica.runs, core.run, True, Stance.SERVING, place.now)


def test_a_member_has_all_that_was_shown(place: Place) -> None:
    """Table 2's list was moved while it was off. It hears heads that tell of it, and not yet the entries: it waits."""
    place.crash("T2")
    place.take_over("T2", "T1")
    place.restart("T2")
    for name in ("S", "T1", "T3"):
        place.deliver_only("T2", name)
        place.deliver_only(name, "T2")
    assert place.core("T2").peers.head("T1.1") is not None
    assert not place.is_member("T2")
    assert not place.decides("T2", 2)
    place.wait(2_000)
    assert place.is_member("T2")
    assert not place.decides("T2", 2)


def test_a_head_of_each_is_needed(place: Place) -> None:
    """Table 3, alone with the move of table 2's list, is the one that table 2 has not heard: it waits for it."""
    place.crash("T2")
    place.stop("T3", "T2")
    place.wait(1_000)
    place.silence("T3")
    place.finish("T3")
    place.restart("T2")
    place.wait(3_000)
    assert not place.is_member("T2")
    assert place.core("T2").situation.awaited == ("T3.1",)
    place.heal()
    place.wait(3_000)
    assert place.is_member("T2")
    assert place.holders(2) == {"T3.1"}


def test_nobody_is_a_member_by_those_who_are_none(place: Place) -> None:
    """All have restarted and hear each other: nobody is a member, since nobody vouches for anything (M)."""
    place.crash("S", "T1", "T2", "T3")
    place.restart("S", "T1", "T2", "T3")
    place.wait(5_000)
    assert all(place.core(name).situation.awaited == () for name in place.devices)
    assert not any(place.is_member(name) for name in place.devices)
    place.stop("S")
    place.finish("S")
    assert place.is_member("S"), "it has written a view that counts"
    place.wait(3_000)
    assert all(place.is_member(name) for name in place.devices)


def test_all_restart_one_after_the_other(place: Place) -> None:
    """Each restarts while the others run: each is a member again before the next, and nobody needs the chair."""
    for name in ("S", "T1", "T2", "T3"):
        place.crash(name)
        place.restart(name)
        place.wait(4_000)
        assert place.is_member(name)
    place.serve("T3", 201)


def test_who_ran_before_the_opening_is_a_member_by_it() -> None:
    """Table 3 was seen in the morning and is silent when table 2 starts again; the poll is opened with it named. All who ran
    then are members by that view. A run that begins later may be on an old card: it waits for table 3, until the chair excuses
    it."""
    place = Place().started()
    place.crash("T2", "T3")
    place.restart("T2")
    place.wait(2_000)
    place.stop("S", "T3")
    place.finish("S")
    place.wait(2_000)
    assert all(place.is_member(name) for name in ("S", "T1", "T2"))
    place.serve("T2", 101)
    place.crash("T2")
    place.restart("T2")
    place.wait(4_000)
    assert (place.is_member("T2"), place.core("T2").situation.awaited) == (False, ("T3.1",))
    place.excuse("T2", "T3")
    place.wait(1_000)
    assert place.is_member("T2")


def test_a_device_that_only_a_head_tells_of_is_waited_for(place: Place) -> None:
    """Table 2 starts, and table 1's head shows a log of table 3's spare that has not come: table 2 waits for it too."""
    place.crash("T2")
    place.cut_off("T2")
    place.restart("T2")
    core = place.core("T1")
    have = dict(core.books.books.runs.stored) | {"T3.2-00000000000000aa": 1, place.core("T2").run: 9}
    head = Head(core.run, 1, 10_000, have, True, Stance.SERVING, place.now.wall_ms)
    place._put("T2", Heard("T1.1", head))
    place.wait(1_000)
    assert "T3.2" in place.core("T2").situation.awaited


def test_what_a_stopped_devices_head_tells_of_nobody_waits_for(place: Place) -> None:
    """Table 3, in a thief's hands, was stopped together with table 1. Its last head speaks of a spare that nobody has started;
    table 1's spare, for which nobody can be excused, is a member all the same."""
    lying = place.core("T3").run
    have = place.vector("S") | {"T2.2-00000000000000ff": 7}
    place.crash("T1", "T3")
    place.stop("S", "T1", "T3")
    place.finish("S")
    place.put_in_spare("T1")
    place.restart("T1")
    place._put("T1", Heard("T3.1", Head(lying, 1, 10_000, have, True, Stance.SERVING, place.now.wall_ms)))
    place.wait(4_000)
    assert (place.is_member("T1"), place.core("T1").situation.awaited) == (True, ())
    place.give(1, "S", "T1")
    place.wait(2_000)
    place.serve("T1", 101)


def test_spares_in_their_box_need_not_be_heard(place: Place) -> None:
    """No spare has ever run: nobody waits for one. One that has run is waited for like any other device."""
    place.crash("T3")
    place.restart("T3")
    place.wait(3_000)
    assert place.is_member("T3")
    place.put_in_spare("T2")
    place.restart("T2")
    place.wait(2_000)
    place.crash("T2", "T3")
    place.restart("T3")
    place.wait(4_000)
    assert place.core("T3").situation.awaited == ("T2.1", "T2.2")


def test_who_waits_says_for_whom(place: Place) -> None:
    """Table 1's book is asked of while it is no member: its overview names whom it waits for, and its page excuses them."""
    place.crash("S", "T1")
    place.restart("T1")
    place.wait(4_000)
    board = place.chair("T1").overview()
    assert isinstance(board, s.Sheet)
    assert board.said() == "Waiting to hear from: Secretary."
    assert "pick excuse" in [button.touch for button in board.buttons()]
    place.chair("T1").leave()
    place.excuse("T1", "S")
    place.wait(1_000)
    assert place.decides("T1", 1)


def test_a_named_run_that_is_back_is_a_member_of_its_own(place: Place) -> None:
    """Table 2 was named in a move that is over; its new run hears all, and is a member. Locking and unlocking is the same."""
    place.crash("T2")
    place.take_over("T2", "T1")
    place.restart("T2")
    place.wait(3_000)
    assert place.is_member("T2")
    place.order("T2", "lock")
    place.order("T2", "unlock")
    assert not place.is_member("T2")
    place.wait(3_000)
    assert place.is_member("T2")


def test_a_card_that_runs_for_the_first_time_asks_for_nobody_before_it_has_heard_all(place: Place) -> None:
    """Table 3's spare hears table 2 only. A stop elsewhere would not wait for it, since nobody knows it: so it serves nobody,
    and the chair can excuse nobody for it. It has to hear all but whom a view names, as table 3's lost card (rule F)."""
    place.put_in_spare("T3")
    place.hold("S", "T3")
    place.hold("T1", "T3")
    place.restart("T3")
    place.wait(4_000)
    assert (place.shown("T3"), place.is_member("T3")) == ("NotReady", False)
    assert place.core("T3").situation.awaited == ("S.1", "T1.1", "T3.1")
    assert place.core("T3").situation.excusable == ()
    place.heal()
    place.wait(4_000)
    assert (place.shown("T3"), place.core("T3").situation.awaited) == ("NotReady", ("T3.1",))
    place.stop("T1", "T3.1")
    place.finish("T1")
    place.wait(4_000)
    assert place.is_member("T3")
    place.serve("T3", 201)


def test_a_card_that_only_one_other_has_heard_asks_for_nobody_after_a_restart_either(place: Place) -> None:
    """Table 3's card is dead and its list moved; its spare is put in while only table 2 hears it, which is cut off with it. It
    serves nobody; started again, it still does not. Else a voter whose grant dies with table 2 would get ballots twice:
    the stop of table 2 waits for nobody of whom its author knows nothing."""
    place.crash("T3")
    place.take_over("T3", "S")
    place.put_in_spare("T3")
    place.split("T2", "T3")
    place.restart("T3")
    place.wait(4_000)
    place.crash("T3")
    place.restart("T3")
    place.wait(4_000)
    assert (place.shown("T3"), place.is_member("T3")) == ("NotReady", False)
    place.heal()
    place.wait(4_000)
    assert place.is_member("T3")
    place.serve("T3", 201)
    place.crash("T3")
    place.cut_off("T1")
    place.restart("T3")
    place.wait(4_000)
    assert not place.is_member("T3")
    place.serve("T3", 202)
