"""Stories of what comes to light afterwards: found cards, nodes that come back, late entries and conflicts."""

from place import Place

from kiosk.domain import entries as e
from kiosk.domain import pages
from tests.made_up import of_voter


def lost_island(place: Place, voter: int = 201) -> None:
    """Table 2 is cut off, hands out to a voter as an island, and loses its power before anybody has a copy."""
    place.cut_off("T2")
    place.wait(6_000)
    place.order("T2", "island")
    place.ask("T2", voter)
    place.hand_out("T2")
    place.crash("T2")
    place.heal()


def test_a_card_found_at_the_stopped_table_marks_the_voter(place: Place) -> None:
    """An island handed out and was lost with its log: its card is found, and the voter gets nothing more anywhere."""
    lost_island(place)
    place.take_over("T2", "T1", 201)
    assert place.refuses("T3", 201)
    assert {place.core(name).ledger.totals().found for name in place.running()} == {1}
    place.serve("T3", 202)


def test_a_found_card_is_matched_with_its_own_tables_mark(place: Place) -> None:
    """The card was found, and then the island's log comes back: it is the same ballot, and no conflict."""
    lost_island(place)
    place.take_over("T2", "T1", 201)
    place.restart("T2")
    place.wait(6_000)
    assert all(place.marked(name, 201) for name in place.devices)
    assert place.conflicts() == {}
    totals = place.core("S").ledger.totals()
    assert (totals.issued, totals.found) == ({"byraad": 1}, 0), "one ballot is counted once"


def test_a_found_card_is_no_other_tables_mark(place: Place) -> None:
    """The card is found at table 2 after table 3 has served the voter: two ballots, which all show, without table 2's log.
    Table 2's pile can be scanned again under the next code."""
    lost_island(place)
    place.take_over("T2", "T1")
    place.serve("T3", 201)
    place.stop("T1", "T2")
    place.wait(1_000)
    place.scan_cards("T1", "T2", 201)
    place.finish("T1")
    place.wait(2_000)
    assert place.conflicts() == {name: [(201, (2, 3))] for name in ("S", "T1", "T3")}
    assert "CONFLICT" in place.overview("S")["no. 000 201"]


def test_the_card_of_a_later_run_is_its_tables_own(place: Place) -> None:
    """Table 2 restarted, unheard by the chair's table, and served a voter of table 3's; then both die. The card in table 2's
    pile counts though the stop does not know of that run; when the logs are back it is the same ballot."""
    place.split("T2", "T3")
    place.wait(1_000)
    place.crash("T2")
    place.restart("T2")
    place.wait(2_000)
    place.ask("T2", 301)
    place.deliver()
    assert place.shown("T2") == "Green"
    place.hand_out("T2")
    place.wait(1_000)
    place.crash("T2", "T3")
    place.heal()
    place.stop("T1", "T2", "T3")
    place.wait(1_000)
    place.scan_cards("T1", "T2", 301)
    place.finish("T1")
    place.wait(1_000)
    assert place.refuses("T1", 301)
    place.restart("T2", "T3")
    place.wait(6_000)
    assert place.conflicts() == {}
    assert place.marked("T3", 301)


def test_a_card_that_was_not_scanned_makes_a_conflict_that_all_show(place: Place) -> None:
    """The island's card was overlooked, and the voter comes again: both ballots stand in red once the logs meet (S4)."""
    lost_island(place)
    place.take_over("T2", "T1")
    place.serve("T3", 201)
    assert place.conflicts() == {}
    place.restart("T2")
    place.wait(6_000)
    assert place.conflicts() == {name: [(201, (2, 3))] for name in place.devices}


def test_a_node_that_comes_back_first_catches_up(place: Place) -> None:
    """Table 2's book was taken while it was off: back, it asks the new holder like anybody else."""
    place.crash("T2")
    place.take_over("T2", "T1")
    place.restart("T2")
    place.wait(4_000)
    assert not place.decides("T2", 2)
    place.serve("T2", 201)
    assert (place.decided("T1"), place.decided("T2")) == (["granted"], [])


def late_grant(place: Place) -> None:
    """Table 2 grants table 3's request, and is off before anybody hears of it; its list is table 1's, its card is read then.

    Table 1, the heir, hears nothing else, and so does not know the request.
    """
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    assert place.decided("T2") == ["granted"]
    place.lose_what_is_under_way()
    place.crash("T2")
    place.hold("T1", "T3")
    place.hold("S", "T3")
    place.stop("T1", "T2", "T3")
    place.finish("T1")
    place.read_logs_of("T1", "T2")


def test_a_late_grant_blocks_other_requests(place: Place) -> None:
    """The heir reads the late grant: until it is known what became of it, it is a mark of its voter."""
    late_grant(place)
    assert place.marked("T1", 201)


def test_a_late_grant_is_given_up_by_its_table(place: Place) -> None:
    """Table 3, which was named, hears of it and asks its clerk: nothing was handed out, and the voter is free."""
    late_grant(place)
    place.heal()
    place.wait(3_000)
    assert place.shown("T3") == "Unresolved"
    place.touch("T3", "no")
    place.wait(3_000)
    assert not place.marked("T1", 201)
    assert place.devices["T3"].on_paper == []
    place.serve("T3", 201)
    assert place.conflicts() == {}


def test_a_late_grant_does_not_block_its_own_request(place: Place) -> None:
    """Table 2 runs after all, and grants what table 3 asks after it has answered the stop. Table 1, the heir, hears of that
    grant first, and of the request then: it decides it anew, with one ballot and no conflict."""
    place.hold("T2", "S")
    place.hold("T2", "T1")
    place.held.add(("T3", "T2"))
    place.stop("T1", "T2")
    place.wait(1_500)
    assert place.stopping("T1").ready
    place.cut_off("T1")
    place.held.discard(("T3", "T2"))
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    assert place.decided("T2") == ["granted"]
    place.lose_what_is_under_way()
    place.cut_off("T3")
    place.finish("T1")
    place.read_logs_of("T1", "T2")
    assert place.marked("T1", 201)
    place.heal()
    place.wait(3_000)
    assert place.decided("T1") == ["granted"]
    assert place.shown("T3") == "Green"
    place.hand_out("T3")
    place.wait(2_000)
    assert place.conflicts() == {}


def test_a_late_grant_of_what_was_refused_is_no_mark(place: Place) -> None:
    """Table 2 grants what table 3 asks, and stops before anybody hears of it. The heir sends the voter to the secretary, and so
    refuses: table 3 shows it. Then the late grant is read, and the voter, released, is served all the same."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    assert place.decided("T2") == ["granted"]
    place.lose_what_is_under_way()
    place.crash("T2")
    place.core("T1").books.write(e.Referred(201), place.now)
    place.take_over("T2", "T1")
    assert (place.decided("T1"), place.shown("T3")) == (["refused"], "Refused")
    place.touch("T3", "next")
    place.read_logs_of("T1", "T2")
    place.wait(2_000)
    assert not place.marked("T1", 201)
    place.scan("T3", 201)
    place.order("T3", "release_voter")
    place.wait(1_000)
    place.serve("T3", 201)
    assert place.conflicts() == {}


def test_a_refusal_that_comes_too_late_leaves_nothing_open(place: Place) -> None:
    """Table 2 refuses what table 3 asks, and both stop before anybody hears of it: the refusal does not count. The request has
    its end, and the heir does not decide on it when it is known."""
    place.core("T2").books.write(e.Referred(201), place.now)
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.deliver_only("T2", "T3")
    assert place.shown("T3") == "Refused"
    place.lose_what_is_under_way()
    place.crash("T2", "T3")
    place.stop("T1", "T2", "T3")
    place.finish("T1")
    place.restart("T3")
    assert place.shown("T3") != "Unresolved"
    place.wait(4_000)
    assert place.decided("T1") == []
    assert not any(list(place.core(name).ledger.unsettled("T3.1")) for name in ("S", "T1", "T3"))


def test_a_crash_just_after_a_refusal_leaves_nothing_open(place: Place) -> None:
    """Table 1 refuses its own voter, and loses power before it has written that this request has its end: its clerk says so."""
    place.scan("T1", 101)
    place.core("T2").books.write(e.Referred(101), place.now)
    place.pass_time_at("T2", 100)
    place.deliver()
    place.approve("T1")
    assert place.shown("T1") == "Refused"
    place.crash("T1")
    place.restart("T1")
    assert place.shown("T1") == "Unresolved"
    place.touch("T1", "no")
    place.wait(2_000)
    assert not any(list(place.core(name).ledger.unsettled("T1.1")) for name in place.devices)


def test_a_grant_of_who_never_held_the_list_is_nothing(place: Place) -> None:
    """Table 3, in a thief's hands, grants a request about table 2's voter: it is no mark, and shows no green."""
    place.cut_off("T2")
    place.ask("T1", 201)
    place.wait(500)
    (request,) = place.bodies("T1", e.Request)
    assert isinstance(request, e.Request)
    for hold in ("", place.core("T3").books.books.chain(3).last.hold, place.core("T2").books.books.chain(2).last.hold):
        decision = e.Decision(request.id, 201, ("byraad",), hold or f"{place.core('T3').run}#1", e.Outcome.GRANTED)
        place.core("T3").books.write(decision, place.now)
    place.wait(2_000)
    assert place.shown("T1") == "Waiting"
    assert not place.marked("S", 201)
    place.touch("T1", "cancel")
    place.wait(1_000)
    assert not place.refuses("T1", 201)


def test_a_grant_for_other_ballots_is_nothing(place: Place) -> None:
    """Table 2, in a thief's hands, grants table 1's request for another voter and for other elections: no green on these."""
    place.lost_asks = True
    place.ask("T1", 201)
    (request,) = place.bodies("T1", e.Request)
    assert isinstance(request, e.Request)
    core = place.core("T2")
    hold = core.books.books.chain(2).last.hold
    for voter, elections in ((202, ("byraad",)), (201, ("region",))):
        core.books.write(e.Decision(request.id, voter, elections, hold, e.Outcome.GRANTED), place.now)
    place.pass_time_at("T2", 100)
    place.deliver_only("T2", "T1")
    assert place.shown("T1") != "Green"
    place.wait(2_000)
    assert place.shown("T1") == "Green", "the right one comes"


def test_issued_and_withdrawn_are_said_by_the_requests_own_device(place: Place) -> None:
    """Table 3, in a thief's hands, says that table 1's request was given up, and another issued: nobody goes by that."""
    place.serve("T1", 201)
    (request,) = place.bodies("T1", e.Request)
    assert isinstance(request, e.Request)
    place.core("T3").books.write(e.Withdrawn(request.id), place.now)
    place.core("T3").books.write(e.Issued(request.id), place.now)
    place.core("T3").books.write(e.Request(f"{place.core('T1').run}/9", e.Op.CHECK_IN, 202, ("byraad",)), place.now)
    place.wait(2_000)
    assert place.marked("S", 201)
    assert [case.withdrawn for case in of_voter(place.core("S").ledger, 201)] == [False]
    assert place.decided("T2") == ["granted"]
    place.serve("T1", 202)


def test_what_was_handed_out_beats_what_was_given_up(place: Place) -> None:
    """A table says both, by a fault: it counts as handed out (S4)."""
    place.serve("T1", 201)
    (request,) = place.bodies("T1", e.Request)
    assert isinstance(request, e.Request)
    place.core("T1").books.write(e.Withdrawn(request.id), place.now)
    place.wait(1_000)
    assert all(place.marked(name, 201) for name in place.devices)
    assert place.refuses("T3", 201)


def test_two_ballots_of_one_table_are_a_conflict(place: Place) -> None:
    """Table 1, by a fault, says that it handed out twice to one voter: two are shown, and never hidden; an undo ends it."""
    place.serve("T1", 201)
    books = place.core("T1").books
    id_ = books.request_id()
    books.write(e.Request(id_, e.Op.CHECK_IN, 201, ("byraad",)), place.now)
    books.write(e.Issued(id_), place.now)
    place.wait(2_000)
    assert place.conflicts() == {name: [(201, (1, 1))] for name in place.devices}
    assert place.ask_undo("S", 201)
    place.wait(2_000)
    assert place.conflicts() == {}
    assert place.marked("S", 201)


def test_a_referred_voter_is_refused_until_released(place: Place) -> None:
    """Table 1 has sent a voter to the secretary, and table 3's clerk has not heard: the holder refuses. Released on the chair's
    PIN, the voter has a new try; a second release of the same does no harm, and a later referral stands."""
    place.hold("T1", "T3")
    place.cut_off("T3")
    place.core("T1").books.write(e.Referred(201), place.now)
    place.pass_time_at("T1", 100)
    place.deliver()
    place.heal()
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.deliver_only("T2", "T3")
    assert place.decided("T2") == ["refused"]
    assert place.shown("T3") == "Refused"
    place.touch("T3", "next")
    place.wait(2_000)
    place.scan("T3", 201)
    assert place.shown("T3") == "Referred"
    place.order("T3", "release_voter")
    place.wait(1_000)
    (released,) = place.bodies("T3", e.Released)
    place.serve("T3", 202)
    place.core("T1").books.write(e.Referred(201), place.now)
    place.core("T3").books.write(released, place.now)
    place.wait(1_000)
    assert all(len(place.core(name).ledger.referrals(201)) == 1 for name in place.devices)


def test_the_cards_of_a_table_are_one_pile_under_its_spare_too(place: Place) -> None:
    """Table 2 served a voter, and an island's card was found there; its spare goes on, serves a voter unheard, and dies. The
    whole pile is scanned: only the card that nobody knew counts, and nobody is in conflict with himself."""
    place.serve("T2", 201)
    lost_island(place, 202)
    place.take_over("T2", "S", 202)
    place.put_in_spare("T2")
    place.restart("T2")
    place.wait(3_000)
    place.crash("T2")
    place.stop("S", "T2.1", "T2.2")
    place.wait(2_000)
    assert "on top of card 1, no. 000 201" in place.page("S", pages.Piles(place.code))["Table 2 (T2.2)"]
    place.scan_cards("S", "T2", 201, 202, 203)
    place.finish("S")
    place.wait(2_000)
    assert [body.voter for body in place.bodies("S", e.Card)] == [202, 203]
    assert place.conflicts() == {}
    assert place.refuses("T1", 203)
