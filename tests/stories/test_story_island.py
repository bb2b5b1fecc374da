"""Stories of island mode: a table that reaches nobody, and on the chair's word serves the voters of its own book."""

import pytest
from place import NOT_OFFERED, Place

from kiosk.domain import entries as e
from kiosk.domain.situation import Mode


def island(place: Place, name: str) -> None:
    """A table is cut off, and the chair puts it in island mode."""
    place.cut_off(name)
    place.wait(6_000)
    place.order(name, "island")


def test_who_reaches_nobody_says_so(place: Place) -> None:
    """Table 2 is cut off: it says that it sees none of the others, and serves nobody, not even its own voters."""
    place.cut_off("T2")
    place.wait(6_000)
    assert (place.shown("T2"), place.content("T2").code) == ("NotReady", "K2")
    place.scan("T2", 201)
    assert place.shown("T2") == "NotReady"


def test_only_who_reaches_nobody_becomes_an_island(place: Place) -> None:
    """Table 2 sees the others: the chair's word makes no island of it. Nor of the secretary's node, whatever it sees."""
    with pytest.raises(NOT_OFFERED):
        place.order("T2", "island")
    assert not place.is_island("T2")
    place.cut_off("S")
    place.wait(6_000)
    with pytest.raises(NOT_OFFERED):
        place.order("S", "island")
    assert not place.is_island("S")


def test_an_island_serves_its_own_book(place: Place) -> None:
    """Table 2 is an island: it serves its own voters with one copy of each mark, and sends others' to their table."""
    island(place, "T2")
    assert place.refuses("T2", 101)
    place.ask("T2", 201)
    assert place.shown("T2") == "Green"
    place.hand_out("T2")
    place.touch("T2", "next")
    place.wait(2_000)
    assert place.is_island("T2")
    assert place.devices["T2"].screens[-1].strip.uncopied, "it shows how many marks are here only"


def test_island_mode_ends_by_itself(place: Place) -> None:
    """Table 2 reaches the others again: it is an island until it has caught up and its entries are copied, and no longer."""
    island(place, "T2")
    place.ask("T2", 201)
    place.hand_out("T2")
    place.touch("T2", "next")
    place.serve("T3", 301)
    assert place.is_island("T2")
    place.heal()
    place.wait(4_000)
    assert not place.is_island("T2")
    assert place.bodies("T2", e.Island) == [e.Island(on=True), e.Island(on=False)]
    assert all(place.marked(name, 201) for name in place.devices)
    assert place.marked("T2", 301)
    place.serve("T2", 102)


def test_island_mode_does_not_end_before_its_entries_are_copied(place: Place) -> None:
    """Table 2 hears the others and is not heard: nobody has its marks, and it stays an island."""
    island(place, "T2")
    place.ask("T2", 201)
    place.hand_out("T2")
    place.heal()
    place.held |= {("T2", other) for other in place.devices}
    place.wait(4_000)
    assert place.core("T2").situation.peers[0].seen
    assert place.is_island("T2")


def test_a_restart_ends_island_mode(place: Place) -> None:
    """An island that starts again is no member: it serves nobody, and is not offered to be an island again, until it is
    plugged in. What it handed out is known by its log."""
    island(place, "T2")
    assert place.decides("T2", 2)
    place.ask("T2", 201)
    place.hand_out("T2")
    place.crash("T2")
    place.restart("T2")
    place.wait(6_000)
    assert not place.decides("T2", 2)
    assert place.shown("T2") == "NotReady"
    assert place.core("T2").situation.mode is Mode.PAPER
    with pytest.raises(NOT_OFFERED):
        place.order("T2", "island")
    place.heal()
    place.wait(4_000)
    assert place.decides("T2", 2)
    assert place.refuses("T3", 201)


def test_an_island_vouches_for_others(place: Place) -> None:
    """Table 2 was a member when it became an island; of the others, which were off, table 3 starts first, and hears it: with
    the others excused it is a member by table 2's head."""
    place.crash("S", "T1", "T3")
    place.wait(6_000)
    place.order("T2", "island")
    place.ask("T2", 201)
    place.hand_out("T2")
    place.restart("T3")
    place.wait(2_000)
    assert not place.is_member("T3")
    place.excuse("T3", "S", "T1")
    place.wait(1_000)
    assert place.is_member("T3")
    assert place.refuses("T3", 201)


def test_an_island_that_was_locked_and_named(place: Place) -> None:
    """Table 2 is out as an island when its list is needed: it is locked, named, its cards are scanned; plugged in again, its
    marks are known, and are one ballot each."""
    island(place, "T2")
    place.ask("T2", 201)
    place.hand_out("T2")
    place.touch("T2", "next")
    place.order("T2", "lock")
    place.stop("T1", "T2")
    place.wait(1_000)
    assert place.stopping("T1").waits_for == ()
    place.scan_cards("T1", "T2", 201)
    place.finish("T1")
    place.wait(1_000)
    assert place.refuses("T3", 201)
    place.serve("T3", 202)
    place.heal()
    place.order("T2", "unlock")
    place.wait(4_000)
    assert place.conflicts() == {}
    assert place.core("T2").books.books.holder(2) == place.core("T1").run
    assert place.refuses("T2", 202)


def test_an_island_that_goes_on_though_it_was_named(place: Place) -> None:
    """The chair names an island that still serves: what both hand out is a conflict, which all show once logs meet."""
    island(place, "T2")
    place.take_over("T2", "T1")
    place.serve("T3", 201)
    place.ask("T2", 201)
    assert place.shown("T2") == "Green"
    place.hand_out("T2")
    place.touch("T2", "next")
    place.heal()
    place.wait(6_000)
    assert place.conflicts() == {name: [(201, (2, 3))] for name in place.devices}
    assert not place.is_island("T2")
    assert place.holders(2) == {"T1.1"}


def test_an_island_holds_up_the_taking_of_another_list(place: Place) -> None:
    """An island is out, and table 3 dies: table 3's list waits for the island, by name, until it is plugged in."""
    island(place, "T2")
    place.ask("T2", 201)
    place.hand_out("T2")
    place.touch("T2", "next")
    place.crash("T3")
    place.stop("T1", "T3")
    place.wait(3_000)
    assert place.stopping("T1").waits_for == ("T2.1",)
    place.heal()
    place.wait(3_000)
    place.finish("T1")
    place.wait(1_000)
    assert place.holders(3) == {"T1.1"}
    assert place.marked("T1", 201)


def test_an_island_uses_no_code(place: Place) -> None:
    """An island is not offered to stop others: nobody could answer it."""
    island(place, "T2")
    with pytest.raises(NOT_OFFERED):
        place.stop("T2", "T1")
    assert place.bodies("T2", e.Stop) == []


def test_a_place_with_one_node_is_an_island_for_good() -> None:
    """One table is the whole place: it is opened with a code, serves with one copy of each mark, and says so. After a restart
    the next code says that it may go on, as after any power cut everywhere."""
    place = Place(tables=1).morning()
    place.ask("T1", 101)
    assert place.shown("T1") == "Green"
    place.hand_out("T1")
    place.touch("T1", "next")
    place.crash("T1")
    place.restart("T1")
    place.wait(2_000)
    assert place.core("T1").situation.mode is Mode.FIXED
    place.stop("T1")
    place.finish("T1")
    assert place.refuses("T1", 101)
    place.ask("T1", 102)
    assert place.shown("T1") == "Green"
