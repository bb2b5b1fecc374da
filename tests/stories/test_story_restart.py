"""Stories of stopping and starting: what the clerk is asked, who is fresh, and what a lock means."""

from place import Place

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.messages import Stance
from kiosk.domain.situation import LeftOpen
from tests import made_up


def approved_and_stopped(place: Place) -> None:
    """Table 3 has asked about a voter of table 2, and stops before it knows the answer."""
    place.ask("T3", 201)
    place.crash("T3")
    place.deliver()


def test_the_clerk_is_asked_before_anything_is_said(place: Place) -> None:
    """Table 3 stops with an open request: after its start it says nothing at all until the clerk has answered."""
    approved_and_stopped(place)
    place.restart("T3")
    assert place.shown("T3") == "Unresolved"
    place.lose_what_is_under_way()
    place.wait(5_000)
    assert place.shown("T3") == "Unresolved"
    assert place.core("T1").peers.head("T3.1").start == 1, "no head of the new run has been heard"
    assert not place.core("T1").peers.is_seen("T3.1", place.now)
    (shown,) = (peer for peer in place.core("T1").situation.peers if peer.origin == "T3.1")
    assert shown.stance is Stance.AT_CLERK, "the others see whom it waits for"
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
    assert place.decided("T2") == [], "an issued request is a mark already"
    assert place.refuses("T1", 201)


def test_who_does_not_know_leaves_it_to_the_secretary(place: Place) -> None:
    """Nobody at table 3 knows whether ballots were handed out: the table goes on, the voter is refused everywhere, and the
    secretary's overview says so, until table 3's clerk has found out."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.crash("T3")
    place.restart("T3")
    place.touch("T3", "unsure")
    place.wait(4_000)
    assert (place.shown("T3"), place.decided("T2")) == ("Ready", ["granted"])
    assert place.bodies("T3", e.Issued, e.Withdrawn) == []
    assert place.refuses("T1", 201)
    place.wait(1_000)
    assert place.refuses("T3", 201)
    place.wait(1_000)
    assert place.core("S").situation.left_open == (LeftOpen(201, 3),)
    assert place.core("T1").situation.left_open == ()
    place.order("T3", d.Deed.LOCK)
    place.order("T3", d.Deed.UNLOCK)
    assert place.content("T3").explanation.startswith("Answer Yes if the voter got ballots.")
    place.touch("T3", "yes")
    place.wait(4_000)
    assert place.core("S").situation.left_open == ()
    assert place.refuses("T1", 201)


def test_an_old_request_never_turns_green(place: Place) -> None:
    """The grant arrives while the clerk is being asked: the light stays off, and no grant turns it on afterwards."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.crash("T3")
    place.restart("T3")
    place.wait(3_000)
    assert place.shown("T3") == "Unresolved"
    place.touch("T3", "no")
    place.wait(3_000)
    assert place.devices["T3"].on_paper == []
    assert place.decided("T2") == ["granted"]
    assert not place.marked("T2", 201)


def test_an_ask_without_its_entry_is_withdrawn(place: Place) -> None:
    """Table 3's ask goes out, and it loses power before the commit: the grant that it finds is given up."""
    place.scan("T3", 201)
    place.devices["T3"].fails = True
    place.approve("T3")
    place.deliver()
    assert place.decided("T2") == ["granted"]
    place.restart("T3")
    assert place.shown("T3") != "Unresolved", "the own log knows of no request"
    place.wait(5_000)
    assert place.bodies("T3", e.Withdrawn) == [e.Withdrawn("T3.1/1/1")]
    assert place.decided("T2") == ["granted"]
    assert not place.marked("T2", 201)


def test_nothing_is_taken_back_by_a_node_that_is_not_fresh(place: Place) -> None:
    """The same, and table 3 hears of the grant before it is fresh. Its disk might be an old one, and the request be known."""
    place.scan("T3", 201)
    place.devices["T3"].fails = True
    place.approve("T3")
    place.deliver()
    place.cut_off("T3")
    place.restart("T3")
    place.read_logs_of("T3", "T2.1")
    place.wait(2_000)
    assert "T3.1/1/1" in place.core("T3").ledger.cases
    assert place.bodies("T3", e.Withdrawn) == []
    place.heal()
    place.wait(5_000)
    assert place.bodies("T3", e.Withdrawn) == [e.Withdrawn("T3.1/1/1")]


def test_a_requests_id_is_never_used_again(place: Place) -> None:
    """An ask went out whose entry was lost with the power: the next request of that table is another one."""
    place.scan("T3", 201)
    place.devices["T3"].fails = True
    place.approve("T3")
    place.deliver()
    place.restart("T3")
    place.wait(5_000)
    place.ask("T3", 202)
    assert place.bodies("T3", e.Request)[-1].id != "T3.1/1/1"
    place.deliver()
    assert (place.shown("T3"), place.content("T3").name) == ("Green", "V202")


def test_after_a_start_nothing_is_decided_before_the_node_is_fresh(place: Place) -> None:
    """Table 2 starts while it reaches nobody: its book is not decided on. With the others it is fresh in a moment (D2)."""
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
    """A retained head of table 1, made before table 2's start, comes after it: table 2 is not fresh by it (D2)."""
    old = place.core("T1").peers.announce(place.core("T1").books.replica, True, Stance.SERVING, place.now)
    place.crash("T2")
    place.cut_off("T2")
    place.restart("T2")
    place.hear("T2", "T1", old)
    place.wait(1_000)
    assert not place.is_fresh("T2")


def test_a_head_that_shows_another_entry_where_the_start_stands_proves_nothing(place: Place) -> None:
    """Table 2 goes on from an old disk. Its start stands where all others know another entry: they show as many as it has."""
    old = list(place.devices["T2"].disk)
    place.order("T2", d.Deed.CLOSE_TABLE)
    place.wait(2_000)
    place.put_back("T2", old)
    place.held |= {("T2", other) for other in place.devices}
    place.restart("T2")
    place.wait(3_000)
    assert place.vector("T1")["T2.1"] == place.vector("T2")["T2.1"]
    assert not place.is_fresh("T2")


def test_fresh_is_who_has_all_that_a_fresh_node_showed(place: Place) -> None:
    """Table 2's book was taken while it was off. It hears a head that tells of it, and not yet the entries: it waits (D2)."""
    place.crash("T2")
    place.seal(2, "T2")
    place.wait(2_000)
    place.seize(2, "T1")
    place.wait(2_000)
    place.restart("T2")
    place.deliver_only("T2", "T1")
    place.deliver_only("T1", "T2")
    assert place.core("T2").peers.head("T1.1") is not None
    assert not place.is_fresh("T2")
    assert not place.decides("T2", 2)
    place.wait(2_000)
    assert place.is_fresh("T2")
    assert not place.decides("T2", 2)


def test_a_node_is_fresh_by_what_is_on_its_disk(place: Place) -> None:
    """Table 2 has heard all that happened while it was off; its copies wait for a commit, and others must not go by it yet."""
    place.crash("T2")
    place.serve("T1", 101)
    place.restart("T2")
    place.deliver()
    replica = place.core("T2").books.replica
    assert replica.have["T1.1"] > replica.stored["T1.1"]
    assert not place.is_fresh("T2")
    place.pass_time_at("T2", limits.COPIES_WAIT_MS)
    assert place.is_fresh("T2")


def test_all_start_and_one_is_missing(place: Place) -> None:
    """After a power cut table 3 stays off: nobody is fresh, nor serves, until the chair attests that it is stopped (D2, G4)."""
    place.crash("S", "T1", "T2", "T3")
    place.restart("S", "T1", "T2")
    place.wait(4_000)
    assert not any(place.is_fresh(name) for name in ("S", "T1", "T2"))
    assert [place.shown(name) for name in ("T1", "T2")] == ["NotReady", "NotReady"]
    place.attest("S", "T3.1")
    assert not place.is_fresh("S"), "the heads must come after this start"
    place.wait(4_000)
    assert all(place.is_fresh(name) for name in ("S", "T1", "T2"))
    assert place.bodies("S", e.Start)[-1].missing == ("T3.1",)
    place.serve("T1", 201)


def test_all_who_are_missing_are_named_in_one_start(place: Place) -> None:
    """Two nodes stay off, and the chair attests them one after the other: only the start that names both is enough (D2)."""
    place.crash("S", "T1", "T2", "T3")
    place.restart("S", "T1")
    place.wait(2_000)
    for name in ("T2.1", "T3.1"):
        place.attest("S", name)
        place.wait(3_000)
        assert not place.is_fresh("S")
    place.attest("S", "T2.1", "T3.1")
    place.wait(3_000)
    assert place.is_fresh("S")


def test_the_missing_tables_cards_are_scanned_again(place: Place) -> None:
    """Table 3 handed out, and everything stopped before anybody had a copy: its card is found, and the voter is refused."""
    place.cut_off("T3")
    place.wait(6_000)
    place.order("T3", d.Deed.ISLAND)
    place.ask("T3", 301)
    place.hand_out("T3")
    place.crash("S", "T1", "T2", "T3")
    place.heal()
    place.restart("S", "T1", "T2")
    place.wait(3_000)
    place.attest("S", "T3.1", cards=[301])
    place.wait(4_000)
    assert place.refuses("T1", 301)
    place.restart("T3")
    place.wait(4_000)
    assert place.conflicts() == {}, "it is the same ballot"


def test_cards_that_were_scanned_count_though_nothing_hangs_on_the_start_any_more(place: Place) -> None:
    """While the chair scans table 3's cards at the secretary's node, the same is attested at table 1, and both become fresh:
    the cards count all the same."""
    place.crash("S", "T1", "T2", "T3")
    place.restart("S", "T1", "T2")
    place.wait(3_000)
    for touch in ("pick attest", "pick T3.1", "go", "pick T3.1"):
        place.touch("S", touch)
    place.scan("S", 301)
    place.attest("T1", "T3.1")
    place.wait(4_000)
    assert place.is_fresh("S")
    place.touch("S", "go")
    place.touch("S", "pin", made_up.PIN)
    place.wait(1_000)
    assert place.is_fresh("S")
    assert place.refuses("T1", 301)


def test_a_locked_node_does_nothing_and_unlocking_is_a_start(place: Place) -> None:
    """Table 2 is locked: its book is decided by nobody. Unlocked, it writes a start and is fresh again first."""
    place.order("T2", d.Deed.LOCK)
    place.wait(2_000)
    assert not place.decides("T2", 2)
    assert place.core("T1").peers.head("T2.1").stance is Stance.LOCKED
    place.ask("T3", 201)
    place.wait(3_000)
    assert place.shown("T3") == "Waiting"
    place.scan("T2", 202)
    assert place.shown("T2") == "NotReady"
    starts = len(place.bodies("T2", e.Start))
    place.order("T2", d.Deed.UNLOCK)
    assert len(place.bodies("T2", e.Start)) == starts + 1
    assert not place.is_fresh("T2")
    place.wait(4_000)
    assert place.shown("T3") == "Green"


def test_a_lock_outlives_a_restart(place: Place) -> None:
    """Table 2 was attested stopped because it is locked: its power comes and goes, and it stays so, without a start."""
    place.order("T2", d.Deed.LOCK)
    place.wait(1_000)
    before = place.vector("T2")["T2.1"]
    place.crash("T2")
    place.restart("T2")
    place.wait(3_000)
    assert place.vector("T2")["T2.1"] == before
    assert not place.decides("T2", 2)
