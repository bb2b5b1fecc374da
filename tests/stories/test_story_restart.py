"""Stories of stopping and starting: what the clerk is asked, what a run is, and what a lock means."""

from place import Place

from kiosk.domain import entries as e
from kiosk.domain.messages import Ask, Stance
from kiosk.domain.situation import LeftOpen


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
    assert place.core("T1").peers.head("T3.1").runs == 1, "no head of the new run has been heard"
    assert len(place.runs_on("T3")) == 1, "and it has not begun"
    assert not place.core("T1").peers.is_seen("T3.1", place.now)
    (shown,) = (peer for peer in place.core("T1").situation.peers if peer.device == "T3.1")
    assert shown.stance is Stance.AT_CLERK, "the others see whom it waits for"
    place.touch("T3", "no")
    place.wait(3_000)
    assert place.core("T1").peers.head("T3.1").runs == 2
    (request,) = place.bodies("T3", e.Request)
    assert isinstance(request, e.Request)
    first = place.runs_on("T3")[0]
    assert place.bodies("T3", e.Start)[1] == e.Start(first, (), (request.id,))
    assert (place.shown("T3"), place.marked("T1", 201)) == ("Ready", False)


def test_yes_makes_it_issued_and_no_other_table_serves(place: Place) -> None:
    """The ballots were handed out, and table 2 is dead and has decided nothing: the request is issued without ever being green,
    and the voter is refused elsewhere."""
    place.crash("T2")
    approved_and_stopped(place)
    place.restart("T3")
    place.touch("T3", "yes")
    place.wait(3_000)
    assert [len(start.issued) for start in place.bodies("T3", e.Start) if isinstance(start, e.Start)] == [0, 1]
    assert place.devices["T3"].on_paper == []
    assert place.refuses("T1", 201)
    assert place.core("S").ledger.totals().issued == {"byraad": 1}


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
    assert place.bodies("T3", e.Start)[1] == e.Start(place.runs_on("T3")[0])
    assert place.refuses("T1", 201)
    place.wait(1_000)
    assert place.refuses("T3", 201)
    place.wait(1_000)
    assert place.core("S").situation.left_open == (LeftOpen(201, 3),)
    assert place.core("T1").situation.left_open == (LeftOpen(201, 3),), "the assistant may undo it too"
    assert place.core("T2").situation.left_open == ()
    place.order("T3", "lock")
    place.order("T3", "unlock")
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


def test_a_requests_id_is_never_used_again(place: Place) -> None:
    """An ask went out whose entry was lost with the power: the next request of that table is another one."""
    place.scan("T3", 201)
    place.devices["T3"].fails = True
    place.approve("T3")
    (ask,) = [heard.message for _, to, heard in place.wire if to == "T2" and isinstance(heard.message, Ask)]
    place.deliver()
    place.restart("T3")
    place.wait(5_000)
    place.ask("T3", 202)
    (request,) = place.bodies("T3", e.Request)
    assert isinstance(request, e.Request)
    assert request.id != ask.request.id
    place.deliver()
    assert (place.shown("T3"), place.content("T3").name) == ("Green", "V202")


def test_two_requests_that_are_open_are_asked_about_in_turn(place: Place) -> None:
    """Table 3's clerk does not know about one, and the table stops with another: both are asked about before it begins."""
    approved_and_stopped(place)
    place.restart("T3")
    place.touch("T3", "unsure")
    place.wait(3_000)
    place.crash("T2")
    place.ask("T3", 202)
    place.crash("T3")
    place.restart("T3")
    assert place.shown("T3") == "Unresolved"
    assert place.content("T3").name == "V201"
    place.touch("T3", "yes")
    assert (place.shown("T3"), place.content("T3").name) == ("Unresolved", "V202")
    assert len(place.runs_on("T3")) == 2
    place.touch("T3", "no")
    place.wait(1_000)
    assert len(place.runs_on("T3")) == 3
    start = place.bodies("T3", e.Start)[-1]
    assert isinstance(start, e.Start)
    assert [len(start.issued), len(start.withdrawn)] == [1, 1]


def test_the_answers_and_the_start_are_one(place: Place) -> None:
    """The power fails as the clerk answers, before the commit: nobody has heard anything, and the clerk is asked again."""
    approved_and_stopped(place)
    place.restart("T3")
    place.devices["T3"].fails = True
    place.touch("T3", "yes")
    place.deliver()
    assert (place.devices["T3"].node, len(place.runs_on("T3"))) == (None, 1)
    assert place.core("T1").peers.head("T3.1").runs == 1
    place.restart("T3")
    assert place.shown("T3") == "Unresolved"
    place.touch("T3", "no")
    place.wait(3_000)
    assert not place.marked("T1", 201)


def test_a_run_goes_on_where_the_last_one_ended(place: Place) -> None:
    """Each start is a new run of one log: its name is new, its entries are counted on, and it names the run before."""
    place.serve("T3", 301)
    before = len([1 for row in place.devices["T3"].disk if row.run == place.core("T3").run])
    first = place.core("T3").run
    place.crash("T3")
    place.restart("T3")
    place.wait(2_000)
    run = place.core("T3").run
    assert run != first
    (start,) = [e.decode_entry(row.data) for row in place.devices["T3"].disk if row.run == run][:1]
    assert (start.seq, start.body) == (before + 1, e.Start(first))
    assert all(place.vector(name)[run] == place.vector("T3")[run] for name in place.devices)
    assert all(first not in place.vector(name) for name in place.devices), "of a device its last run tells all"


def test_a_grant_to_an_earlier_run_shows_nothing(place: Place) -> None:
    """Table 3 restarts while the grant is on its way; its clerk does not know; the grant comes, and the voter comes again: no
    green by the old request (G1)."""
    place.hold("T2", "T3")
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.crash("T3")
    place.restart("T3")
    place.touch("T3", "unsure")
    place.heal()
    place.wait(4_000)
    assert place.decided("T2") != []
    assert (place.shown("T3"), place.devices["T3"].on_paper) == ("Ready", [])
    assert place.refuses("T3", 201)


def test_a_locked_node_does_nothing_and_unlocking_is_a_start(place: Place) -> None:
    """Table 2 is locked: its book is decided by nobody. Unlocked, it writes a start, and must be a member again first."""
    place.order("T2", "lock")
    place.wait(2_000)
    assert not place.decides("T2", 2)
    assert place.core("T1").peers.head("T2.1").stance is Stance.LOCKED
    place.ask("T3", 201)
    place.wait(3_000)
    assert place.shown("T3") == "Waiting"
    place.scan("T2", 202)
    assert place.shown("T2") == "NotReady"
    place.order("T2", "unlock")
    assert len(place.runs_on("T2")) == 2
    assert not place.is_member("T2")
    place.wait(4_000)
    assert place.shown("T3") == "Green"


def test_what_a_table_had_open_when_it_was_locked_is_asked_about(place: Place) -> None:
    """Table 3 is locked with a voter left to the secretary: unlocked, its clerk is asked before it begins."""
    approved_and_stopped(place)
    place.restart("T3")
    place.touch("T3", "unsure")
    place.wait(3_000)
    place.order("T3", "lock")
    place.order("T3", "unlock")
    assert place.shown("T3") == "Unresolved"
    assert place.core("T3").books.seen.run == ""
    place.touch("T3", "no")
    place.wait(2_000)
    assert len(place.runs_on("T3")) == 3


def test_a_lock_outlives_a_restart(place: Place) -> None:
    """Table 2 was named because it is locked: its power comes and goes, and it stays so, without a start."""
    place.order("T2", "lock")
    place.wait(1_000)
    place.crash("T2")
    place.restart("T2")
    place.wait(3_000)
    assert (place.content("T2").headline, len(place.runs_on("T2"))) == ("The screen is locked", 1)
    assert not place.decides("T2", 2)
