"""Stories of island mode: a table that reaches nobody, and on the chair's word serves the voters of its own book."""

import pytest
from place import NOT_OFFERED, Place

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.books import REGISTER
from kiosk.domain.situation import Mode


def island(place: Place, name: str) -> None:
    """A table is cut off, and the chair puts it in island mode."""
    place.cut_off(name)
    place.wait(6_000)
    place.order(name, d.Deed.ISLAND)


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
        place.order("T2", d.Deed.ISLAND)
    assert not place.is_island("T2")
    place.cut_off("S")
    place.wait(6_000)
    with pytest.raises(NOT_OFFERED):
        place.order("S", d.Deed.ISLAND)
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


def test_an_island_never_decides_in_the_register(place: Place) -> None:
    """Table 1 holds the register, starts again and is an island: its own book is its to decide, the register is not (D2)."""
    place.crash("S")
    place.seal(REGISTER, "S", by="T1")
    place.wait(2_000)
    place.seize(REGISTER, "T1", by="T1")
    place.wait(2_000)
    place.crash("T1")
    place.cut_off("T1")
    place.restart("T1")
    place.wait(6_000)
    place.order("T1", d.Deed.ISLAND)
    assert (place.decides("T1", 1), place.decides("T1", REGISTER)) == (True, False)


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


def test_islands_that_meet_without_the_secretary_go_on_together(place: Place) -> None:
    """After a power cut the secretary's node stays off and each table becomes an island. They meet again: nobody is fresh,
    until the chair attests at one of them that the secretary's node is stopped."""
    place.crash("S", "T1", "T2", "T3")
    for name in ("T1", "T2", "T3"):
        place.cut_off(name)
        place.restart(name)
    place.wait(6_000)
    for name in ("T1", "T2", "T3"):
        place.order(name, d.Deed.ISLAND)
    assert not place.core("T1").situation.may_attest
    place.heal()
    place.wait(4_000)
    assert all(place.is_island(name) for name in ("T1", "T2", "T3"))
    assert place.core("T1").situation.may_attest
    assert place.core("T1").situation.awaited == ("S.1",)
    place.attest("T1", "S.1")
    assert place.is_island("T1")
    assert isinstance(place.bodies("T1", e.Start, e.Island)[-1], e.Island), "whoever reads its log knows that it is one still"
    place.wait(4_000)
    assert not any(place.is_island(name) for name in ("T1", "T2", "T3"))
    place.serve("T3", 201)


def test_a_restart_ends_island_mode(place: Place) -> None:
    """An island that starts again serves nobody until the chair approves it anew."""
    island(place, "T2")
    assert place.decides("T2", 2)
    place.crash("T2")
    place.restart("T2")
    place.wait(6_000)
    assert not place.decides("T2", 2)
    assert place.shown("T2") == "NotReady"
    place.order("T2", d.Deed.ISLAND)
    assert place.decides("T2", 2)
    place.ask("T2", 201)
    assert place.shown("T2") == "Green"


def test_an_island_that_is_fresh_counts_as_fresh(place: Place) -> None:
    """Table 2 was fresh when it became an island; of the others, table 3 starts first, and is fresh by table 2's head."""
    place.crash("S", "T1", "T3")
    place.wait(6_000)
    place.order("T2", d.Deed.ISLAND)
    place.ask("T2", 201)
    place.hand_out("T2")
    place.restart("T3")
    place.wait_until(lambda: place.is_fresh("T3"))
    assert place.is_island("T2")


def test_a_place_with_one_node_is_an_island_for_good() -> None:
    """One table is the whole place: it serves with one copy of each mark, after a restart too, and says so."""
    place = Place(tables=1).morning()
    place.ask("T1", 101)
    assert place.shown("T1") == "Green"
    place.hand_out("T1")
    place.touch("T1", "next")
    place.crash("T1")
    place.restart("T1")
    place.wait(2_000)
    assert place.core("T1").situation.mode is Mode.FIXED
    assert place.refuses("T1", 101)
    place.ask("T1", 102)
    assert place.shown("T1") == "Green"
