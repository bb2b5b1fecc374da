"""Stories of a check-in: who is asked, what must hold before green, and what becomes of a request."""

import pytest
from place import Place, batch_of

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain.messages import Ask
from kiosk.domain.nodes import device_of
from tests.made_up import of_voter


def test_a_voter_of_another_table(place: Place) -> None:
    """Table 3 asks table 2 about its voter, is granted, and shows green after one round trip; then it is issued."""
    place.ask("T3", 201)
    assert place.shown("T3") != "Green"
    place.deliver()
    assert place.shown("T3") == "Green"
    place.hand_out("T3")
    assert len(place.bodies("T3", e.Issued)) == 1
    place.say_the_rest("T3")
    assert {name: place.decided(name) for name in place.devices} == {"S": [], "T1": [], "T2": ["granted"], "T3": []}


def test_a_lost_ask(place: Place) -> None:
    """The ask is lost; the entry follows, and it is decided on."""
    place.lost_asks = True
    place.ask("T3", 201)
    place.wait(500)
    assert place.shown("T3") == "Green"
    assert place.decided("T2") == ["granted"]


def test_an_ask_is_answered_before_its_entry(place: Place) -> None:
    """The table's log entry is late: the holder decides on the ask, which is in no log, and the green does not wait."""
    place.ask("T3", 201)
    before = place.stored("T2", "T3")
    place.deliver_until(lambda: place.decided("T2") == ["granted"])
    assert place.stored("T2", "T3") == before
    place.deliver_only("T2", "T3")
    assert place.shown("T3") == "Green"


def test_a_repeated_ask(place: Place) -> None:
    """The ask and the entry come three times: there is one decision."""
    place.ask("T3", 201)
    place.wire.extend([*place.wire, *place.wire])
    place.deliver()
    assert place.shown("T3") == "Green"
    assert place.decided("T2") == ["granted"]


def test_nothing_is_said_before_it_is_written(place: Place) -> None:
    """Table 2 decides, and its power fails before the commit: nobody has heard of a decision. It decides when it is back."""
    place.scan("T3", 201)
    place.deliver()
    place.approve("T3")
    place.devices["T2"].fails = True
    place.deliver()
    assert (place.devices["T2"].node, place.decided("T2")) == (None, [])
    assert place.shown("T3") != "Green"
    place.restart("T2")
    place.wait(4_000)
    assert (place.shown("T3"), place.decided("T2")) == ("Green", ["granted"])


def test_an_own_voter_waits_for_a_copy(place: Place) -> None:
    """Table 1 decides on its own voter, and waits for the green until another node has copied the decision (G3)."""
    place.ask("T1", 101)
    assert place.decided("T1") == ["granted"]
    assert place.shown("T1") != "Green"
    place.deliver()
    assert place.shown("T1") == "Green"


def copied(place: Place, seq: int) -> list[str]:
    """The other nodes that have table 1's entry on their disks."""
    return [name for name in place.devices if name != "T1" and place.stored(name, "T1") >= seq]


def test_three_nodes_hurry_for_an_own_voter() -> None:
    """Table 1 of six waits for a copy: the secretary's node and the next two tables make one at once, the others soon."""
    place = Place(6).morning()
    place.scan("T1", 101)
    place.pass_time(0)
    heads = {name: place.core(name).peers.next_due() for name in place.devices}
    place.pass_time(10)
    place.approve("T1")
    place.deliver()
    (own,) = [row.seq for row in place.devices["T1"].disk if b"granted" in row.data]
    assert (place.shown("T1"), copied(place, own)) == ("Green", ["S", "T2", "T3"])
    place.pass_time(limits.COPIES_WAIT_MS)
    assert copied(place, own) == ["S", "T2", "T3", "T4", "T5", "T6"]
    assert [name for name in place.devices if place.core(name).peers.next_due() > heads[name]] == ["S", "T2", "T3"]


def test_a_table_with_a_voter_of_its_own_leaves_the_hurry_to_the_others() -> None:
    """Table 2's green is being drawn: it does not hurry for table 1's voter. Its next commit takes the copy along."""
    place = Place(6).morning()
    place.ask("T2", 201)
    place.deliver()
    assert place.shown("T2") == "Green"
    place.ask("T1", 101)
    place.deliver()
    (own,) = [row.seq for row in place.devices["T1"].disk if device_of(row.run) == "T1.1" and b"granted" in row.data]
    assert (place.shown("T1"), copied(place, own)) == ("Green", ["S", "T3"])
    place.hand_out("T2")
    assert copied(place, own) == ["S", "T2", "T3"]


def test_where_the_next_three_have_no_copy_the_others_say_so() -> None:
    """Nothing passes between table 1 and the three that would hurry: table 4's copy is as good, a moment later."""
    place = Place(6).morning()
    for name in ("S", "T2", "T3"):
        place.hold("T1", name)
    place.ask("T1", 101)
    place.deliver_only("T1", "T4")
    place.lose_what_is_under_way()
    assert place.shown("T1") != "Green"
    place.pass_time(limits.COPIES_WAIT_MS)
    assert place.shown("T1") == "Green"


def test_a_green_waits_for_what_came_before_the_decision(place: Place) -> None:
    """An entry of table 2's is lost on its way to table 3, and then the decision comes: no green before the gap is filled."""
    place.order("T2", "close_table")
    place.lose_what_is_under_way()
    before = place.stored("T3", "T2")
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    own = [row for row in place.devices["T2"].disk if device_of(row.run) == "T2.1"]
    place.lose_what_is_under_way()
    place.hear("T3", "T2", batch_of(own[-1:]))
    assert place.shown("T3") != "Green"
    assert place.stored("T3", "T2") == before
    place.wait(2_000)
    assert place.shown("T3") == "Green"
    assert place.stored("T3", "T2") == place.stored("T2", "T2")


def test_a_second_ballot_is_refused(place: Place) -> None:
    """Tables 1 and 3 ask about one voter of table 2 at once: one is granted and green, the other refused (D4)."""
    place.ask("T1", 201)
    place.ask("T3", 201)
    place.deliver()
    assert sorted(place.decided("T2")) == ["granted", "refused"]
    assert sorted(place.shown(t) for t in ("T1", "T3")) == ["Green", "Refused"]


def test_a_silent_holder(place: Place) -> None:
    """Table 2 is cut off: table 3 waits and names it; withdrawn, the request is never decided and never turns green (D4)."""
    place.cut_off("T2")
    place.ask("T3", 201)
    place.wait(3_000)
    assert place.shown("T3") == "Waiting"
    assert "2" in place.content("T3").remedy
    place.touch("T3", "cancel")
    place.wait(1_000)
    place.heal()
    place.wait(4_000)
    assert place.shown("T3") == "Ready"
    assert (place.devices["T3"].on_paper, place.decided("T2")) == ([], [])
    assert not place.marked("T2", 201)


def test_a_granted_request_is_withdrawn(place: Place) -> None:
    """Table 2 grants, but its word does not come back; table 3 gives up, and the grant is no mark any more (G1)."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    assert place.decided("T2") == ["granted"]
    place.lose_what_is_under_way()
    place.cut_off("T2")
    place.wait(1_000)
    place.touch("T3", "cancel")
    place.heal()
    place.wait(4_000)
    assert place.decided("T2") == ["granted"]
    assert place.devices["T3"].on_paper == []
    place.serve("T1", 201)


def test_a_clerk_who_cancels_and_approves_again_at_once(place: Place) -> None:
    """Table 3 gives up, scans the card again and asks: the new ask comes before the log tells that the first was given up.
    Table 2 waits for that, and never says that table 3 itself has marked the voter."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.hold("T2", "T3")
    place.mono_ms += 300
    place._put("T3")
    place.touch("T3", "cancel")
    place.lose_what_is_under_way()
    place.heal()
    place.ask("T3", 201)
    asked = next(heard for sender, to, heard in place.wire if to == "T2" and isinstance(heard.message, Ask))
    place.hear("T2", "T3", asked.message)
    assert place.decided("T2") == ["granted"]
    place.wait(2_000)
    assert place.decided("T2") == ["granted", "granted"]
    assert place.shown("T3") == "Green"


@pytest.mark.parametrize("lost", ["T2", "T3"])
def test_green_is_on_two_disks(place: Place, lost: str) -> None:
    """At the moment of green the holder or the table is lost for good: the other has the mark on its disk (S2)."""
    place.ask("T3", 201)
    place.deliver_until(lambda: place.shown("T3") == "Green")
    place.crash(lost)
    left = "T3" if lost == "T2" else "T2"
    place.crash(left)
    place.restart(left)
    if lost == "T3":
        assert place.marked("T2", 201)
    else:
        assert place.shown("T3") == "Unresolved", "its own request is on its disk, and its clerk is asked"


def test_the_next_commit_takes_along_what_was_acted_on(place: Place) -> None:
    """The green may stand while the decision is only in memory; but table 3's next entry is not on its disk without it (G3)."""
    place.ask("T3", 201)
    place.deliver_until(lambda: place.shown("T3") == "Green")
    place.hand_out("T3")
    assert len(place.bodies("T3", e.Issued)) == 1
    place.crash("T3")
    place.restart("T3")
    (case,) = of_voter(place.core("T3").ledger, 201)
    assert place.core("T3").ledger.granted(case)


def test_a_closed_table_decides_for_the_others(place: Place) -> None:
    """Table 2 is closed for voters: it serves nobody, and its voters are served elsewhere."""
    place.order("T2", "close_table")
    place.wait(2_000)
    assert place.shown("T2") == "Closed"
    place.serve("T3", 201)
    assert place.decided("T2") == ["granted"]


def test_everybody_says_the_same(place: Place) -> None:
    """Splits and services, then the network heals: all nodes have the same logs and the same marks (S3)."""
    place.cut_off("T2")
    place.scan("T2", 201)
    place.serve("T1", 301)
    place.heal()
    place.wait(5_000)
    assert len({tuple(sorted(place.vector(n).items())) for n in place.devices}) == 1
    assert len({str(place.core(n).ledger.totals()) for n in place.devices}) == 1
    assert all(place.marked(n, 301) for n in place.devices)


def test_an_ask_is_the_askers_own(place: Place) -> None:
    """Table 3, in a thief's hands, asks under table 1's name: no holder decides on that."""
    request = e.Request(f"{place.core('T1').run}/9", e.Op.CHECK_IN, 201, ("byraad",))
    place.hear("T2", "T3", Ask(request))
    assert place.decided("T2") == []


def test_a_decision_names_the_hold_in_which_it_was_made(place: Place) -> None:
    """Table 2 has its list again, and decides in the hold that it has given away, by a fault: nobody goes by that."""
    first = place.core("T2").books.books.chain(2).last.hold
    place.give(2, "T2", "T1")
    place.wait(2_000)
    place.give(2, "T1", "T2")
    place.wait(2_000)
    place.cut_off("T2")
    place.ask("T3", 201)
    (request,) = place.bodies("T3", e.Request)
    assert isinstance(request, e.Request)
    place.wait(500)
    place.core("T2").books.write(e.Decision(request.id, 201, ("byraad",), first, e.Outcome.GRANTED), place.now)
    place.heal()
    place.pass_time_at("T2", 100)
    place.deliver_only("T2", "T3")
    assert place.shown("T3") != "Green"
