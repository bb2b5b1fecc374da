"""Stories of books that are taken: from a table that has stopped, on the chair's word."""

from place import Place

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.books import REGISTER
from kiosk.domain.ledger import Case


def only_case(place: Place, name: str, voter: int) -> Case:
    """The one request about a voter that a node knows."""
    (case,) = place.core(name).ledger.of_voter(voter)
    return case


# --- who must answer ------------------------------------------------------------------------------------------------


def test_a_book_is_taken_from_a_stopped_table(place: Place) -> None:
    """Table 2 loses power: the secretary seals and seizes its book for table 1, and its voters are served."""
    place.serve("T2", 201)
    place.crash("T2")
    place.take_over(2, "T2", "T1")
    assert place.holders(2) == {"T1.1"}
    assert place.refuses("T3", 201)
    place.serve("T3", 202)
    assert place.decided("T1") == ["granted"]


def test_who_does_not_answer_holds_the_seizure_up_and_is_named(place: Place) -> None:
    """Table 3 is cut off and not attested: the book is not taken before it has answered."""
    place.crash("T2")
    place.cut_off("T3")
    place.take_over(2, "T2", "T1")
    assert place.holders(2) == {"T2.1"}
    assert place.seizure().waits_for == ("T3.1",)
    place.heal()
    place.wait(3_000)
    place.seize(2, "T1")
    place.wait(2_000)
    assert place.holders(2) == {"T1.1"}


def test_a_stopped_table_that_is_back_must_answer(place: Place) -> None:
    """Table 2 was attested stopped and starts again before the seizure: it must answer too, once its clerk has answered."""
    place.ask("T2", 301)
    place.crash("T2")
    place.deliver()
    place.seal(2, "T2")
    place.hold("S", "T2")
    place.restart("T2")
    place.touch("T2", "no")
    place.wait(4_000)
    assert place.seizure().waits_for == ("T2.1",)
    place.seize(2, "T1")
    assert place.bodies("S", e.Seize) == []
    place.heal()
    place.wait(3_000)
    place.seize(2, "T1")
    place.wait(2_000)
    assert place.core("T2").books.books.holder(2) == "T1.1"


def test_a_seizure_begun_again(place: Place) -> None:
    """Table 3 does not answer, and has stopped too: a new seal says so, at the same epoch, and is answered anew."""
    place.crash("T2", "T3")
    place.seal(2, "T2")
    place.wait(3_000)
    assert place.seizure().waits_for == ("T3.1",)
    place.hold("S", "T1")
    place.seal(2, "T2", "T3")
    place.wait(1_000)
    assert place.seizure().waits_for == ("T1.1",), "its answer to the first seal says nothing about this one"
    place.heal()
    place.wait(2_000)
    place.seize(2, "T1")
    place.wait(2_000)
    assert place.holders(2) == {"T1.1"}
    assert [body.epoch for body in place.bodies("S", e.Seal, e.Seize)] == [2, 2, 2]


def test_a_seal_is_finished_and_the_book_given_back(place: Place) -> None:
    """Table 2 turns up under a pending seal: it decides nothing. The secretary finishes, to itself, and hands it back."""
    place.cut_off("T2")
    place.seal(2, "T2")
    place.heal()
    place.wait(2_000)
    assert not place.decides("T2", 2)
    place.hand_over(2, "T2", "T1")
    assert place.bodies("T2", e.Handover) == []
    place.seize(2, "S")
    place.wait(2_000)
    place.hand_over(2, "S", "T2")
    place.wait(2_000)
    place.serve("T3", 201)
    assert [body.epoch for body in place.bodies("T2", e.Decision)] == [3]


# --- what counts ----------------------------------------------------------------------------------------------------


def test_under_a_seal_a_later_grant_is_held_back(place: Place) -> None:
    """The seal reaches table 3 before table 2's grant does: no green before the seizure says that the grant counts (G2)."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.lose_what_is_under_way()
    place.cut_off("T2")
    place.seal(2)
    place.wait(2_000)
    place.heal()
    place.wait(4_000)
    assert place.shown("T3") == "Waiting"
    place.seize(2, "T1")
    place.wait(4_000)
    assert place.shown("T3") == "Green"
    assert (place.decided("T1"), place.decided("T2")) == ([], ["granted"])


def test_under_a_seal_a_later_refusal_is_held_back(place: Place) -> None:
    """The same with a refusal: it is shown once the seizure says that it counts."""
    place.hold("T1", "T3")
    place.ask("T1", 201)
    place.deliver_only("T1", "T2")
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    assert place.decided("T2") == ["granted", "refused"]
    place.lose_what_is_under_way()
    place.cut_off("T2")
    place.seal(2)
    place.wait(2_000)
    place.heal()
    place.wait(4_000)
    assert place.shown("T3") == "Waiting"
    place.seize(2, "T1")
    place.wait(4_000)
    assert place.shown("T3") == "Refused"


def test_what_a_table_had_before_the_seal_it_may_act_on(place: Place) -> None:
    """Table 1's own grant was on its disk before the seal came: its answer says so, and a copy is enough for the green."""
    place.ask("T1", 101)
    place.seal(1)
    place.deliver_until(lambda: bool(place.core("T1").books.books.chain(1).pending))
    place.wait(1_000)
    assert place.shown("T1") == "Green"


def test_under_a_seal_a_later_handover_is_held_back(place: Place) -> None:
    """Table 2 hands its book over and has not heard of the seal, which table 3 has: there table 2 holds the book still."""
    place.cut_off("T2")
    place.seal(2)
    place.wait(1_000)
    place.hand_over(2, "T2", "T1")
    place.heal()
    place.hold("S", "T2")
    place.hold("S", "T1")
    place.wait(2_000)
    assert place.core("T3").books.books.holder(2) == "T2.1"
    place.heal()
    place.wait(2_000)
    place.seize(2, "T3")
    place.wait(2_000)
    assert place.holders(2) == {"T1.1"}, "the handover lies within the cut, and names the holder"


def test_the_cut_is_the_most_that_anybody_had(place: Place) -> None:
    """Only table 3 has got table 2's grant, and has shown green on it: the seizure counts it, and nothing is decided again."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.deliver_only("T2", "T3")
    assert place.shown("T3") == "Green"
    place.lose_what_is_under_way()
    place.crash("T2")
    place.hand_out("T3")
    place.lose_what_is_under_way()
    had = place.core("T3").books.replica.have["T2.1"]
    assert place.vector("S")["T2.1"] < had
    place.hold("S", "T3")
    place.seal(2, "T2")
    place.heal()
    place.wait(2_000)
    place.seize(2, "T1")
    place.wait(2_000)
    assert [body.cut for body in place.bodies("S", e.Seize)] == [had]
    assert only_case(place, "T1", 201).outcome(place.core("T1").books.books).origin == "T2.1"
    assert place.refuses("T1", 201)


def test_a_book_is_not_taken_before_everything_within_the_cut_is_there(place: Place) -> None:
    """Table 3's answer shows a grant of table 2's that the secretary lacks: it is fetched first, and the screen says so."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.deliver_only("T2", "T3")
    place.lose_what_is_under_way()
    place.crash("T2")
    place.seal(2, "T2")
    place.deliver_only("S", "T1")
    place.deliver_only("S", "T3")
    place.held |= {("S", "T1"), ("S", "T3")}
    place.wait(2_000)
    assert (place.seizure().waits_for, place.seizure().fetching) == ((), True)
    place.seize(2, "T1")
    assert place.bodies("S", e.Seize) == []
    place.heal()
    place.wait(2_000)
    place.seize(2, "T1")
    place.wait(2_000)
    assert place.holders(2) == {"T1.1"}


def test_past_the_cut_nothing_counts(place: Place) -> None:
    """Table 2, cut off, grants its own voter's request, without a copy: past the cut that is nothing, and table 1 decides."""
    place.cut_off("T2")
    place.ask("T2", 201)
    place.wait(1_000)
    assert place.decided("T2") == ["granted"]
    place.take_over(2, "T2", "T1")
    place.heal()
    place.wait(4_000)
    assert place.shown("T2") == "Green"
    assert place.decided("T1") == ["granted"]
    assert place.conflicts() == {}


def test_the_heir_has_the_whole_history_first(place: Place) -> None:
    """Table 1 knows that the book is its own, and lacks what table 2 did: it decides nothing before it has that (D3)."""
    place.deafen("T1")
    place.serve("T2", 201)
    place.crash("T2")
    place.seal(2, "T2")
    place.read_logs_of("T1", "S.1")
    place.wait(1_000)
    place.seize(2, "T1")
    place.read_logs_of("T1", "S.1")
    assert place.core("T1").books.books.holder(2) == "T1.1"
    assert not place.marked("T1", 201)
    assert not place.decides("T1", 2)
    place.heal()
    place.wait(2_000)
    assert place.decides("T1", 2)


def test_the_heir_has_the_answers_first(place: Place) -> None:
    """Table 1 has table 2's log, and not what table 3 had written when it answered: it decides nothing before it has (D3)."""
    place.crash("T2")
    place.deafen("T1")
    place.serve("T3", 301)
    place.seal(2, "T2")
    place.read_logs_of("T1", "S.1")
    place.wait(1_000)
    place.seize(2, "T1")
    place.read_logs_of("T1", "S.1")
    assert place.core("T1").books.books.holder(2) == "T1.1"
    assert not place.decides("T1", 2)
    place.heal()
    place.wait(2_000)
    assert place.decides("T1", 2)


def serves_as_an_island_and_stops(place: Place) -> None:
    """Table 2, cut off and made an island, serves a voter and stops: nobody else knows of it."""
    place.cut_off("T2")
    place.wait(5_000)
    place.order("T2", d.Deed.ISLAND)
    place.serve("T2", 201)
    place.crash("T2")
    place.heal()


def test_a_card_that_is_found_beside_an_undo_stands(place: Place) -> None:
    """Table 2's voter is served, which is taken back; served again by table 2 as an island, which stops. The card that is
    found then is the second one's."""
    place.serve("T2", 201)
    place.wait(1_000)
    assert place.ask_undo("S", 201)
    place.wait(2_000)
    assert not place.marked("T1", 201)
    serves_as_an_island_and_stops(place)
    place.take_over(2, "T2", "T1", 201)
    assert place.marked("T1", 201)
    assert place.refuses("T1", 201)


def test_a_request_made_after_its_table_was_attested_as_stopped_is_not_taken_back(place: Place) -> None:
    """Table 3 was taken for stopped, starts again, and asks: the voter may just be handed the ballots."""
    place.crash("T3")
    place.take_over(3, "T3", "T1")
    place.restart("T3")
    place.wait(3_000)
    place.ask("T3", 201)
    place.deliver()
    place.say_the_rest("T3")
    assert place.shown("T3") == "Green"
    assert not place.ask_undo("S", 201)


def test_the_heir_needs_what_tells_of_the_cards_that_were_found(place: Place) -> None:
    """Table 2, an island, serves a voter and stops. The secretary finds the card, and stops too; the assistant, which knows of
    it, takes both books, and nobody scans the card again: the heir has to know of it before it decides (D3)."""
    serves_as_an_island_and_stops(place)
    place.seal(2, "T2")
    place.wait(2_000)
    place.scan_again("S", 201, "T2")
    place.wait(1_000)
    found = place.vector("T1")["S.1"]
    place.crash("S")
    for book in (REGISTER, 2):
        place.seal(book, "S", "T2", by="T1")
        place.wait(3_000)
        place.seize(book, "T1" if book == REGISTER else "T3", by="T1")
        place.wait(3_000)
    assert place.holders(2) == {"T3.1"}
    assert [body.answers.get("S.1") for body in place.bodies("T1", e.Seize) if isinstance(body, e.Seize)] == [found, found]


def test_an_undecided_request_is_the_heirs(place: Place) -> None:
    """Table 3 has asked table 2, which has stopped: the heir decides, with nothing sent anew."""
    place.crash("T2")
    place.ask("T3", 201)
    place.wait(3_000)
    assert place.shown("T3") == "Waiting"
    place.take_over(2, "T2", "T1")
    assert place.shown("T3") == "Green"
    assert len(place.bodies("T3", e.Request)) == 1


def test_a_withdrawn_grant_is_no_mark_for_the_heir(place: Place) -> None:
    """Table 2 grants and stops, and table 3 gives the request up: the voter is served by whoever holds the book then."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.deliver_only("T2", "S")
    place.lose_what_is_under_way()
    place.crash("T2")
    place.hold("S", "T3")
    place.hold("S", "T1")
    place.wait(1_000)
    place.touch("T3", "cancel")
    place.heal()
    place.take_over(2, "T2", "T1")
    assert place.decided("T1") == []
    place.serve("T1", 201)


# --- what was done unseen -------------------------------------------------------------------------------------------


def unproved_request(place: Place) -> None:
    """Table 2 asks table 3 about its voter 301 and stops before anybody has its answer; its book is sealed."""
    place.crash("T3")
    place.ask("T2", 301)
    place.wait(1_000)
    place.crash("T2")
    place.seal(2, "T2", "T3")
    place.wait(2_000)


def test_a_book_that_goes_and_comes_back_at_once(place: Place) -> None:
    """Table 2, cut off, was taken for stopped: it hears in one moment that its book was taken and given back. What it had
    granted past the cut it grants again, and its voter is served."""
    place.cut_off("T2")
    place.ask("T2", 201)
    place.wait(500)
    place.seal(2, "T2")
    place.wait(2_000)
    place.seize(2, "S")
    place.wait(2_000)
    place.hand_over(2, "S", "T2")
    place.wait(1_000)
    place.read_logs_of("T2", "S.1")
    place.heal()
    place.wait(3_000)
    assert place.shown("T2") == "Green"


def test_the_screen_lists_what_is_to_be_scanned_again(place: Place) -> None:
    """For a stopped table: the cards since its last entry known here, and its request without a decision, by number."""
    place.serve("T2", 202)
    unproved_request(place)
    seizure = place.seizure()
    assert [(card.origin, card.voter) for card in seizure.unproved] == [("T2.1", 301)]
    (last,) = [peer.last_ms for peer in seizure.stopped if peer.origin == "T2.1"]
    assert last == max(e.decode_entry(row.data).time for row in place.devices["S"].disk if row.origin == "T2.1")
    place.scan_again("S", 301, "T2")
    place.wait(1_000)
    assert place.seizure().unproved == ()
    assert place.refuses("T1", 301)


def test_the_chair_goes_on_without_a_card(place: Place) -> None:
    """The card is not scanned again: the seizure goes on, and its entry says how many were not."""
    unproved_request(place)
    place.seize(2, "T1")
    assert [body.unscanned for body in place.bodies("S", e.Seize)] == [1]
