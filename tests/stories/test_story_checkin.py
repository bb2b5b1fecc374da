"""Stories of a check-in: who is asked, what must hold before green, and what becomes of a request."""

import pytest
from place import Place

from kiosk.domain import entries as e


def test_a_voter_of_another_table(place: Place) -> None:
    """Table 3 asks table 2 about its voter, is granted, and shows green after one round trip; then it is issued."""
    place.scan("T3", 201)
    place.approve("T3")
    assert place.shown("T3") != "Green"
    place.deliver()
    assert place.shown("T3") == "Green"
    assert [b.outcome for b in place.bodies("T2", e.Decision)] == [e.Outcome.GRANTED]
    place.hand_out("T3")
    assert len(place.bodies("T3", e.Issued)) == 1


def test_a_lost_ask(place: Place) -> None:
    """The ask is lost; the entry follows, and it is decided on."""
    place.lost_asks = True
    place.scan("T3", 201)
    place.approve("T3")
    place.wait(500)
    assert place.shown("T3") == "Green"
    assert len(place.bodies("T2", e.Decision)) == 1


def test_a_repeated_ask(place: Place) -> None:
    """The ask and the entry come three times: there is one decision."""
    place.scan("T3", 201)
    place.approve("T3")
    place.wire.extend([*place.wire, *place.wire])
    place.deliver()
    assert place.shown("T3") == "Green"
    assert len(place.bodies("T2", e.Decision)) == 1


def test_an_own_voter_waits_for_a_copy(place: Place) -> None:
    """Table 1 decides on its own voter, and waits for the green until another node has copied the decision (G3)."""
    place.scan("T1", 101)
    place.approve("T1")
    assert len(place.bodies("T1", e.Decision)) == 1
    assert place.shown("T1") != "Green"
    place.deliver()
    assert place.shown("T1") == "Green"


def test_a_second_ballot_is_refused(place: Place) -> None:
    """Tables 1 and 3 ask about one voter of table 2 at once: one is green, the other refused (D4)."""
    for table in ("T1", "T3"):
        place.scan(table, 201)
        place.approve(table)
    place.deliver()
    assert sorted(place.shown(t) for t in ("T1", "T3")) == ["Green", "Refused"]


def test_a_silent_holder(place: Place) -> None:
    """Table 2 is cut off: table 3 waits and names it; withdrawn, the request never turns green and is undone (G1)."""
    place.cut_off("T2")
    place.scan("T3", 201)
    place.approve("T3")
    place.wait(3_000)
    assert place.shown("T3") == "Waiting"
    assert "2" in place.content("T3").text
    place.touch("T3", "cancel")
    place.heal()
    place.wait(4_000)
    assert place.shown("T3") == "Ready"
    assert "V201" not in place.devices["T3"].on_paper
    assert not place.marked("T2", 201)


def test_a_granted_request_is_withdrawn(place: Place) -> None:
    """Table 2 grants, but its word does not come back; table 3 gives up, and table 2 takes its grant back (G1)."""
    place.scan("T3", 201)
    place.approve("T3")
    place.deliver_only("T3", "T2")
    assert [b.outcome for b in place.bodies("T2", e.Decision)] == [e.Outcome.GRANTED]
    place.lose_what_is_under_way()
    place.cut_off("T2")
    place.wait(1_000)
    place.touch("T3", "cancel")
    place.heal()
    place.wait(4_000)
    assert [b.outcome for b in place.bodies("T2", e.Decision)] == [e.Outcome.GRANTED, e.Outcome.UNDONE]
    assert place.devices["T3"].on_paper == []
    place.serve("T1", 201)


@pytest.mark.parametrize("lost", ["T2", "T3"])
def test_green_is_on_two_disks(place: Place, lost: str) -> None:
    """At the moment of green the holder or the table is lost for good: the other has the mark on its disk (S2)."""
    place.scan("T3", 201)
    place.approve("T3")
    place.deliver_until("T3", "Green")
    place.crash(lost)
    left = "T3" if lost == "T2" else "T2"
    place.crash(left)
    place.restart(left)
    known = place.core(left).ledger.of_voter(201)
    assert [case.id for case in known] == ["T3.1/1/1"]


def test_everybody_says_the_same(place: Place) -> None:
    """Splits and services, then the network heals: all nodes have the same logs and the same marks (S3)."""
    place.cut_off("T2")
    place.scan("T2", 201)
    place.serve("T1", 301)
    place.heal()
    place.wait(5_000)
    assert len({tuple(sorted(place.vector(n).items())) for n in place.devices}) == 1
    assert all(place.marked(n, 301) for n in place.devices)
