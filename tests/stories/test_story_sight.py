"""Stories of what a node says of the others and of itself: who hears whom, whose clock is wrong, who is locked."""

import pytest
from place import NOT_OFFERED, Place

from kiosk.domain import screens as s
from kiosk.domain.messages import AtClerk, Stance

HOUR_MS = 3_600_000
CLOCK = "The clock is wrong: tell the technician"


# --- one-way cables -------------------------------------------------------------------------------------------------


def test_who_is_heard_by_nobody_says_so(place: Place) -> None:
    """Table 2 hears the others and none of them hears it: it says just that, and serves nobody, until it is heard again."""
    place.silence("T2")
    place.wait(3_000)
    content = place.content("T2")
    assert s.shows(content, s.Kind.NOT_READY)
    assert (content.code, content.reason) == ("K8", "The table hears the others, but they do not hear it.")
    place.scan("T2", 201)
    assert place.shown("T2") == "NotReady"
    place.heal()
    place.wait(2_000)
    assert place.shown("T2") == "Ready"


def test_the_secretarys_node_says_that_nobody_hears_it(place: Place) -> None:
    """The secretary's node serves no voters: its overview says that it is not heard."""
    assert "hear" not in place.overview("S")["Secretary"]
    place.silence("S")
    place.wait(3_000)
    assert "the others do not hear us" in place.overview("S")["Secretary"]


def test_who_is_heard_by_one_is_heard(place: Place) -> None:
    """Table 2 is heard by table 3 only: that happens, and is no reason to stop."""
    place.silence("T2")
    place.held.discard(("T2", "T3"))
    place.wait(8_000)
    assert place.shown("T2") == "Ready"
    place.serve("T2", 201)


def test_who_hears_nobody_is_told_of_by_the_others(place: Place) -> None:
    """Table 2 hears nobody and is heard: it says that it sees nobody, and the others that it does not hear them."""
    place.deafen("T2")
    place.wait(6_000)
    assert (place.shown("T2"), place.content("T2").code) == ("NotReady", "K2")
    assert all("does not hear the others" in place.overview(name)["Table 2"] for name in ("S", "T1", "T3"))
    place.heal()
    place.wait(2_000)
    assert place.overview("T1")["Table 2"] == "serves voters"


def test_a_node_that_has_just_started_is_heard(place: Place) -> None:
    """Table 2 starts again, later the secretary's node: the counts of heads begin anew, and nobody is unheard, nor deaf."""
    for name in ("T2", "S"):
        place.crash(name)
        place.restart(name)
        for _ in range(12):
            place.wait(500)
            around = [place.core(other).situation for other in place.devices]
            assert not any(seen.unheard or any(peer.deaf for peer in seen.peers) for seen in around)


def test_heads_that_come_late_are_no_one_way_cable(place: Place) -> None:
    """For three seconds nothing arrives anywhere; then all that was said does, at once: nobody takes himself for unheard."""
    place.mono_ms += 500
    for _ in range(6):
        place.mono_ms += 500
        for name in place.devices:
            place._put(name)
    said = list(place.wire)
    place.deliver()
    for _ in range(4):
        place.wait(500)
        assert all(place.shown(name) == "Ready" for name in ("T1", "T2", "T3"))
    place.wire.extend(said)  # and once more
    for _ in range(4):
        place.wait(500)
        assert all(place.shown(name) == "Ready" for name in ("T1", "T2", "T3"))


def test_who_is_heard_by_nobody_becomes_an_island(place: Place) -> None:
    """Table 2 is heard by nobody: on the chair's word it serves its own voters, and ends that once its entries are copied."""
    place.silence("T2")
    place.wait(3_000)
    place.order("T2", "island")
    place.ask("T2", 201)
    assert place.shown("T2") == "Green"
    place.hand_out("T2")
    place.touch("T2", "next")
    place.serve("T3", 301)
    assert place.refuses("T2", 301), "it hears what the others do"
    assert place.is_island("T2")
    place.heal()
    place.wait(4_000)
    assert not place.is_island("T2")
    assert all(place.marked(name, 201) for name in place.devices)
    place.serve("T2", 102)


def test_who_is_heard_by_nobody_from_its_start_on_is_no_island(place: Place) -> None:
    """Table 2 starts and nobody hears it: it is no member, so that it is not offered to serve alone; it says what is wrong."""
    place.crash("T2")
    place.silence("T2")
    place.restart("T2")
    place.wait(4_000)
    assert (place.shown("T2"), place.content("T2").code) == ("NotReady", "K8")
    with pytest.raises(NOT_OFFERED):
        place.order("T2", "island")
    assert not place.is_island("T2")


def test_an_unheard_island_that_hears_of_a_stop_holds_back(place: Place) -> None:
    """Table 2 is an island that hears: once it hears that it is named, it begins anew, and is no island, nor a member."""
    place.silence("T2")
    place.wait(3_000)
    place.order("T2", "island")
    assert place.decides("T2", 2)
    place.stop("T1", "T2")
    place.wait(1_000)
    assert not place.decides("T2", 2)
    assert not place.is_island("T2")
    place.scan("T2", 201)
    assert place.shown("T2") == "NotReady"


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_a_clock_that_is_ahead_is_told_until_it_is_right(place: Place) -> None:
    """Table 2's clock is hours ahead: its screen says so, and the others say whose it is; none of theirs is wrong."""
    place.set_clock("T2", 5 * HOUR_MS)
    place.serve("T2", 201)
    assert place.warnings("T2") == (CLOCK,)
    assert all(place.warnings(name) == () for name in ("S", "T1", "T3"))
    assert place.overview("T1")["Table 2"] == "serves voters, its clock is wrong"
    assert not any(peer.clock_off for peer in place.core("T2").situation.peers), "it is the one that is wrong"
    place.set_clock("T2", 0)
    place.wait(2_000)
    assert place.warnings("T2") == (), "its last entry lies in the future, and that is no matter now"
    assert place.overview("T1")["Table 2"] == "serves voters"


def test_a_clock_that_is_behind_is_told_until_it_is_right(place: Place) -> None:
    """Table 2's clock comes up hours behind; whatever it writes with it, the warning stays as long as it is wrong."""
    place.crash("T2")
    place.set_clock("T2", -5 * HOUR_MS)
    place.restart("T2")
    place.wait(3_000)
    place.serve("T2", 201)
    assert place.warnings("T2") == (CLOCK,)
    place.set_clock("T2", 0)
    place.wait(1_000)
    assert place.warnings("T2") == ()


def test_one_wrong_clock_among_three_is_the_one_that_is_told(place: Place) -> None:
    """Three nodes are left, and table 3's clock is wrong: neither of the two others takes its own for wrong."""
    place.crash("S")
    place.wait(5_000)
    place.set_clock("T3", HOUR_MS)
    place.wait(3_000)
    assert [place.warnings(name) for name in ("T1", "T2", "T3")] == [(), (), (CLOCK,)]


def test_who_sees_nobody_compares_with_its_own_log(place: Place) -> None:
    """Table 2 is cut off: that its clock is behind its own last entry is all that it can tell."""
    place.cut_off("T2")
    place.wait(6_000)
    place.set_clock("T2", -HOUR_MS)
    place.wait(1_000)
    assert place.warnings("T2") == (CLOCK,)
    place.set_clock("T2", 0)
    place.wait(1_000)
    assert place.warnings("T2") == ()


def test_a_silent_nodes_clock_is_told_as_it_was_last(place: Place) -> None:
    """Table 2's clock was an hour ahead when it stopped: that is still told of it, and of table 3, whose was right, nothing."""
    place.set_clock("T2", HOUR_MS)
    place.wait(3_000)
    place.crash("T2", "T3")
    place.wait(6_000)
    assert (place.told("S", "T2").clock_off, place.told("S", "T3").clock_off) == (True, False)
    assert "its clock is wrong" in place.overview("S")["Table 2"]
    place.set_clock("S", HOUR_MS // 2)  # the own clock jumps: what is known of the others' does not
    place.wait(1_000)
    place.set_clock("S", 0)
    place.wait(1_000)
    assert (place.told("S", "T2").clock_off, place.told("S", "T3").clock_off) == (True, False)


def test_an_old_head_is_no_wrong_clock(place: Place) -> None:
    """A broker has kept table 3's last head for an hour, and gives it to a node that starts: its clock may have been right."""
    heads = []
    place.wait(1_000)
    place.mono_ms += 1_000
    place._put("T3")
    heads = [given for sender, to, given in place.wire if (sender, to) == ("T3", "S")]
    place.deliver()
    place.crash("T3", "S")
    place.mono_ms += HOUR_MS
    place.restart("S")
    for head in heads:
        place._put("S", head)
    place.wait(6_000)
    assert not place.told("S", "T3").clock_off


# --- locked nodes ---------------------------------------------------------------------------------------------------


def test_a_locked_table_is_called_locked(place: Place) -> None:
    """Table 3 is locked and says nothing more: the others call it locked and not silent, however long that lasts."""
    place.order("T3", "lock")
    place.wait(1_000)
    assert (place.told("T1", "T3").seen, place.overview("T1")["Table 3"]) == (False, "locked")
    place.wait(60_000)
    assert place.overview("T1")["Table 3"] == "locked"
    place.ask("T1", 301)
    place.wait(4_000)
    content = place.content("T1")
    assert s.shows(content, s.Kind.WAITING)
    assert content.headline == "Table 3 is locked"
    place.touch("T1", "cancel")
    place.order("T3", "unlock")
    place.wait(3_000)
    assert place.overview("T1")["Table 3"] == "serves voters"


def test_a_locked_table_is_called_locked_by_who_starts_later(place: Place) -> None:
    """The secretary's node starts while table 3 is locked: it has no head of it, but its log, and says whom it waits for."""
    place.order("T3", "lock")
    place.wait(1_000)
    place.crash("S", "T1", "T2")
    place.restart("S", "T1", "T2")
    place.wait(6_000)
    assert place.overview("S")["Table 3"] == "locked"
    assert place.core("T1").situation.awaited == ("T3.1",)
    assert place.say("catching_up_locked", "Table 3") in place.chair("T1").overview().said()


def test_a_table_that_has_started_since_is_not_locked(place: Place) -> None:
    """Table 3 was locked and is started again, but its clerk has not answered: then it stops. It is silent, not locked."""
    place.order("T3", "lock")
    place.wait(1_000)
    place.hear("T1", "T3", AtClerk())
    place.wait(6_000)
    assert place.told("T1", "T3").stance is not Stance.LOCKED
    assert place.overview("T1")["Table 3"].startswith("silent")
