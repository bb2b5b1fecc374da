"""Stories of books that are handed over: both nodes are alive."""

import pytest
from place import NOT_OFFERED, Place

from kiosk.domain import entries as e


def test_a_handover(place: Place) -> None:
    """Table 2 hands its book to table 1: from that entry on table 1 decides, and table 2 nothing more in it."""
    place.hand_over(2, "T2", "T1")
    assert not place.decides("T2", 2)
    place.wait(2_000)
    place.serve("T3", 201)
    assert (place.decided("T1"), place.decided("T2")) == (["granted"], [])
    assert [body.epoch for body in place.bodies("T1", e.Decision)] == [2]


def test_a_book_is_given_back(place: Place) -> None:
    """Table 1 gives the book back after the break: table 2 decides again, at a later epoch, and knows what happened."""
    place.hand_over(2, "T2", "T1")
    place.wait(2_000)
    place.serve("T3", 201)
    place.hand_over(2, "T1", "T2")
    place.wait(2_000)
    assert place.refuses("T2", 201)
    place.serve("T3", 202)
    assert [body.epoch for body in place.bodies("T2", e.Decision)] == [3]


def test_an_undecided_request_goes_with_the_book(place: Place) -> None:
    """Table 3 has asked, table 2 does not hear it and hands over: table 1 decides, with nothing sent anew."""
    place.hold("T3", "T2")
    place.ask("T3", 201)
    place.say_the_rest("T3")
    assert [name for name in place.devices if place.decided(name)] == [], "who does not hold the book decides nothing"
    place.hand_over(2, "T2", "T1")
    place.wait(4_000)
    assert place.shown("T3") == "Green"
    assert len(place.bodies("T3", e.Request)) == 1


def test_until_the_heir_has_heard_of_it_nobody_decides(place: Place) -> None:
    """Table 2 hands its book to table 1, which is cut off: requests wait, with no risk, until table 1 hears of it."""
    place.cut_off("T1")
    place.hand_over(2, "T2", "T1")
    place.wait(1_000)
    place.ask("T3", 201)
    place.wait(3_000)
    assert place.shown("T3") == "Waiting"
    assert "1" in place.content("T3").text, "the heir is the one that is silent"
    place.heal()
    place.wait(4_000)
    assert place.shown("T3") == "Green"


def test_only_the_holder_hands_over(place: Place) -> None:
    """Table 3 does not hold book 2, and is not offered to hand it over: it stays where it is."""
    place.wait(500)
    with pytest.raises(NOT_OFFERED):
        place.hand_over(2, "T3", "T1")
    place.wait(2_000)
    assert place.holders(2) == {"T2.1"}
    assert place.bodies("T3", e.Handover) == []


def test_nothing_is_shown_on_a_handover_that_is_not_on_disk(place: Place) -> None:
    """Table 3 hears of the handover and of the heir's grant at once, and its power fails before the commit: no green (G3)."""
    place.hold("T3", "T2")
    place.ask("T3", 201)
    place.deafen("T3")
    place.hand_over(2, "T2", "T1")
    place.deliver()
    place.wait(1_000)
    assert place.decided("T1") == ["granted"]
    place.devices["T3"].fails = True
    place.read_logs_of("T3", "T2.1", "T1.1")
    assert place.devices["T3"].on_paper == []
    place.heal()
    place.restart("T3")
    assert place.shown("T3") == "Unresolved"
