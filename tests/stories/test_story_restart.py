"""Stories of stopping and starting: what the clerk is asked, who is fresh, and what a lock means."""

from place import Place

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e


def approved_and_stopped(place: Place) -> None:
    """Table 3 has asked about a voter of table 2, and stops before it knows the answer."""
    place.scan("T3", 201)
    place.approve("T3")
    place.crash("T3")
    place.deliver()


def test_the_clerk_is_asked_before_anything_is_said(place: Place) -> None:
    """Table 3 stops with an open request: after its start it says nothing at all until the clerk has answered."""
    approved_and_stopped(place)
    place.restart("T3")
    assert place.shown("T3") == "Unresolved"
    place.lose_what_is_under_way()
    place.wait(3_000)
    assert place.shown("T3") == "Unresolved"
    assert place.core("T1").peers.head("T3.1").start == 1, "no head of the new run has been heard"
    place.touch("T3", "no")
    place.wait(3_000)
    assert place.core("T1").peers.head("T3.1").start > 1
    assert (place.shown("T3"), len(place.bodies("T3", e.Withdrawn))) == ("Ready", 1)


def test_yes_makes_it_issued_and_no_other_table_serves(place: Place) -> None:
    """The ballots were handed out: the request is issued without ever being green, and the voter is refused elsewhere."""
    approved_and_stopped(place)
    place.restart("T3")
    place.touch("T3", "yes")
    place.wait(3_000)
    assert len(place.bodies("T3", e.Issued)) == 1
    assert place.devices["T3"].on_paper == []
    place.scan("T1", 201)
    assert place.shown("T1") == "Refused"


def test_an_ask_without_its_entry_is_withdrawn(place: Place) -> None:
    """Table 3's ask goes out, and it loses power before the commit: the grant that it finds is given up and undone."""
    place.scan("T3", 201)
    place.approve("T3", crash_before_commit=True)
    place.deliver()
    assert [b.outcome for b in place.bodies("T2", e.Decision)] == [e.Outcome.GRANTED]
    place.restart("T3")
    assert place.shown("T3") != "Unresolved", "the own log knows of no request"
    place.wait(5_000)
    assert place.bodies("T3", e.Withdrawn) == [e.Withdrawn("T3.1/1/1")]
    assert [b.outcome for b in place.bodies("T2", e.Decision)] == [e.Outcome.GRANTED, e.Outcome.UNDONE]
    place.serve("T3", 201)
    assert place.bodies("T3", e.Request)[-1].id.split("/")[1] != "1", "a request's id is never used again"


def test_after_a_start_nothing_is_decided_before_the_node_is_fresh(place: Place) -> None:
    """Table 2 starts while it reaches nobody: its book is not decided on. With the others it is fresh in a moment (D2)."""
    place.crash("T2")
    place.cut_off("T2")
    place.restart("T2")
    place.wait(3_000)
    assert not place.core("T2").books.may_decide(2)
    assert place.shown("T2") == "NotReady"
    place.heal()
    place.wait(3_000)
    assert place.core("T2").books.may_decide(2)
    place.serve("T3", 202)


def test_a_head_from_before_the_start_proves_nothing(place: Place) -> None:
    """A retained head of table 1, made before table 2's start, comes after it: table 2 is not fresh by it."""
    old = place.core("T1").peers.announce(1, place.vector("T1"), True, place.core("T1")._stance(), place.now)
    place.crash("T2")
    place.cut_off("T2")
    place.restart("T2")
    place.hear("T2", "T1", old)
    place.wait(1_000)
    assert not place.core("T2").books.seen.fresh.reached


def test_all_start_and_one_is_missing(place: Place) -> None:
    """After a power cut table 3 stays off: nobody is fresh until the chair attests, in one start, that it is stopped."""
    place.crash("S", "T1", "T2", "T3")
    place.restart("S", "T1", "T2")
    place.wait(4_000)
    assert not any(place.core(name).books.seen.fresh.reached for name in ("S", "T1", "T2"))
    place.order("S", d.Deed.ATTEST, nodes=frozenset({"T3.1"}))
    place.wait(4_000)
    assert all(place.core(name).books.seen.fresh.reached for name in ("S", "T1", "T2"))
    assert place.bodies("S", e.Start)[-1].missing == ("T3.1",)
    place.serve("T1", 201)


def test_a_locked_node_does_nothing_and_unlocking_is_a_start(place: Place) -> None:
    """Table 2 is locked: its book is decided by nobody. Unlocked, it writes a start and is fresh again first."""
    place.order("T2", d.Deed.LOCK)
    place.wait(2_000)
    assert not place.core("T2").books.may_decide(2)
    place.scan("T3", 201)
    place.approve("T3")
    place.wait(3_000)
    assert place.shown("T3") == "Waiting"
    starts = len(place.bodies("T2", e.Start))
    place.order("T2", d.Deed.UNLOCK)
    assert len(place.bodies("T2", e.Start)) == starts + 1
    place.wait(4_000)
    assert place.shown("T3") == "Green"


def test_an_island_serves_its_own_book_and_ends_by_itself(place: Place) -> None:
    """Table 2 is cut off; the chair lets it serve its own voters, not others'. It ends once all is copied."""
    place.cut_off("T2")
    place.wait(6_000)
    assert place.shown("T2") == "NotReady"
    place.order("T2", d.Deed.ISLAND)
    place.scan("T2", 101)
    assert place.shown("T2") == "Refused"
    place.touch("T2", "next")
    place.scan("T2", 201)
    place.approve("T2")
    assert place.shown("T2") == "Green"
    place.hand_out("T2")
    place.wait(2_000)
    assert place.core("T2").books.seen.island
    place.heal()
    place.wait(4_000)
    assert not place.core("T2").books.seen.island
    assert all(place.marked(name, 201) for name in place.devices)


def test_a_restart_ends_island_mode(place: Place) -> None:
    """An island that starts again serves nobody until the chair approves it anew."""
    place.cut_off("T2")
    place.wait(6_000)
    place.order("T2", d.Deed.ISLAND)
    place.crash("T2")
    place.restart("T2")
    place.wait(1_000)
    assert not place.core("T2").books.may_decide(2)
