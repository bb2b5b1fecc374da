"""Stories of what comes to light afterwards: found cards, nodes that come back, late entries and conflicts."""

from place import Place

from kiosk.domain import desk_states as d


def lost_island(place: Place) -> None:
    """Table 2 is cut off, hands out to voter 201 as an island, and loses its power before anybody has a copy."""
    place.cut_off("T2")
    place.wait(6_000)
    place.order("T2", d.Deed.ISLAND)
    place.ask("T2", 201)
    place.hand_out("T2")
    place.crash("T2")
    place.heal()


def test_a_card_found_at_the_stopped_table_marks_the_voter(place: Place) -> None:
    """An island handed out and was lost with its log: its card is found, and the voter gets nothing more anywhere."""
    lost_island(place)
    place.take_over(2, "T2", "T1", 201)
    assert place.refuses("T3", 201)
    place.serve("T3", 202)


def test_a_found_card_is_matched_with_its_own_tables_mark(place: Place) -> None:
    """The card was found, and then the island's log comes back: it is the same ballot, and no conflict."""
    lost_island(place)
    place.take_over(2, "T2", "T1", 201)
    place.restart("T2")
    place.wait(6_000)
    assert all(place.marked(name, 201) for name in place.devices)
    assert place.conflicts() == {}


def test_a_found_card_is_no_other_tables_mark(place: Place) -> None:
    """The card is found at table 2 after table 3 has served the voter: two ballots, which all show, without table 2's log.
    Table 2's pile can be scanned again when its book moves on, with table 2 attested stopped."""
    lost_island(place)
    place.take_over(2, "T2", "T1")
    place.serve("T3", 201)
    place.seal(2, "T2")
    place.scan_again("S", 201, "T2")
    place.wait(2_000)
    assert place.conflicts() == {name: [(201, (2, 3))] for name in ("S", "T1", "T3")}


def test_a_card_that_was_not_scanned_makes_a_conflict_that_all_show(place: Place) -> None:
    """The island's card was overlooked, and the voter comes again: both ballots stand in red once the logs meet (S4)."""
    lost_island(place)
    place.take_over(2, "T2", "T1")
    place.serve("T3", 201)
    assert place.conflicts() == {}
    place.restart("T2")
    place.wait(6_000)
    assert place.conflicts() == {name: [(201, (2, 3))] for name in place.devices}


def test_a_node_that_comes_back_first_catches_up(place: Place) -> None:
    """Table 2's book was taken while it was off: back, it asks the new holder like anybody else."""
    place.crash("T2")
    place.take_over(2, "T2", "T1")
    place.restart("T2")
    place.wait(4_000)
    assert not place.decides("T2", 2)
    place.serve("T2", 201)
    assert (place.decided("T1"), place.decided("T2")) == (["granted"], [])


def late_grant(place: Place) -> None:
    """Table 2 grants table 3's request and is cut off before anybody hears of it; its book is taken, and its log comes late.

    Table 1, the heir, hears nothing else, and so does not know the request.
    """
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    assert place.decided("T2") == ["granted"]
    place.lose_what_is_under_way()
    place.cut_off("T2")
    place.deafen("T1")
    place.seal(2, "T2")
    place.read_logs_of("T1", "S.1")
    place.wait(500)
    place.seize(2, "T1")
    place.read_logs_of("T1", "S.1")
    place.read_logs_of("T1", "T2.1")


def test_a_late_grant_blocks_other_requests(place: Place) -> None:
    """The heir reads the late grant: until it is known what became of it, it is a mark of its voter."""
    late_grant(place)
    assert place.marked("T1", 201)


def test_a_late_grant_does_not_block_its_own_request(place: Place) -> None:
    """The heir reads the late grant first and its request then: it decides it, and there is one ballot and no conflict."""
    late_grant(place)
    place.heal()
    place.wait(4_000)
    assert place.shown("T3") == "Green"
    assert (place.decided("T1"), place.decided("T2")) == (["granted"], ["granted"])
    place.hand_out("T3")
    place.wait(2_000)
    assert place.conflicts() == {}
