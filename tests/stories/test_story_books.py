"""Stories of books that move: handed over, taken from a table that stopped, and what comes to light afterwards."""

import msgspec
from place import Place, batch_of

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.chain import Refusal
from kiosk.domain.messages import Batch


def take_over(place: Place, book: int, stopped: str, to: str, *found: int) -> None:
    """The secretary takes a book from a stopped table, whose found cards are scanned again."""
    place.order("S", d.Deed.SEAL, book=book, nodes=frozenset({f"{stopped}.1"}))
    place.wait(2_000)
    for voter in found:
        place.scan_again("S", voter, f"{stopped}.1")
    place.order("S", d.Deed.SEIZE, book=book, to=f"{to}.1")
    place.wait(3_000)


def lost_island(place: Place) -> None:
    """Table 2 is cut off, hands out to voter 201 as an island, and loses its power before anybody has a copy."""
    place.cut_off("T2")
    place.wait(6_000)
    place.order("T2", d.Deed.ISLAND)
    place.scan("T2", 201)
    place.approve("T2")
    place.hand_out("T2")
    place.crash("T2")
    place.heal()


def test_a_handover(place: Place) -> None:
    """Table 2 hands its book to table 1: from that entry on table 1 decides, and table 2 nothing more in it."""
    place.order("T2", d.Deed.HAND_OVER, book=2, to="T1.1")
    assert not place.core("T2").books.may_decide(2)
    place.wait(2_000)
    place.serve("T3", 201)
    assert place.bodies("T2", e.Decision) == []
    assert [b.epoch for b in place.bodies("T1", e.Decision)] == [2]


def test_an_undecided_request_goes_with_the_book(place: Place) -> None:
    """Table 3 has asked, table 2 does not hear it and hands over: table 1 decides, with nothing sent anew."""
    place.hold("T3", "T2")
    place.scan("T3", 201)
    place.approve("T3")
    place.order("T2", d.Deed.HAND_OVER, book=2, to="T1.1")
    place.wait(4_000)
    assert place.shown("T3") == "Green"


def test_a_book_is_taken_from_a_stopped_table(place: Place) -> None:
    """Table 2 loses power: the secretary seals and seizes its book for table 1, and its voters are served."""
    place.serve("T2", 201)
    place.crash("T2")
    take_over(place, 2, "T2", "T1")
    assert {place.core(name).books.books.holder(2) for name in ("S", "T1", "T3")} == {"T1.1"}
    place.scan("T3", 201)
    assert place.shown("T3") == "Refused"
    place.touch("T3", "next")
    place.serve("T3", 202)


def test_who_does_not_answer_holds_the_seizure_up_and_is_named(place: Place) -> None:
    """Table 3 is cut off and not attested: the book is not taken before it has answered."""
    place.crash("T2")
    place.cut_off("T3")
    take_over(place, 2, "T2", "T1")
    assert place.core("S").books.books.holder(2) == "T2.1"
    (seizure,) = place.core("S").situation.seizures
    assert seizure.waits_for == ("T3.1",)
    place.heal()
    place.wait(3_000)
    place.order("S", d.Deed.SEIZE, book=2, to="T1.1")
    place.wait(2_000)
    assert place.core("T3").books.books.holder(2) == "T1.1"


def test_a_stopped_table_that_is_back_must_answer(place: Place) -> None:
    """Table 2 was attested stopped and starts again before the seizure: it must answer too."""
    place.crash("T2")
    place.order("S", d.Deed.SEAL, book=2, nodes=frozenset({"T2.1"}))
    place.hold("S", "T2")
    place.restart("T2")
    place.wait(4_000)
    (seizure,) = place.core("S").situation.seizures
    assert seizure.waits_for == ("T2.1",)
    place.heal()
    place.wait(3_000)
    place.order("S", d.Deed.SEIZE, book=2, to="T1.1")
    place.wait(2_000)
    assert place.core("T2").books.books.holder(2) == "T1.1"


def test_under_a_seal_a_later_grant_is_held_back(place: Place) -> None:
    """The seal reaches table 3 before table 2's grant does: no green before the seizure says that the grant counts (G2)."""
    place.scan("T3", 201)
    place.approve("T3")
    place.deliver_only("T3", "T2")
    place.lose_what_is_under_way()
    place.cut_off("T2")
    place.order("S", d.Deed.SEAL, book=2, nodes=frozenset())
    place.wait(2_000)
    place.heal()
    place.wait(4_000)
    assert place.shown("T3") == "Waiting"
    place.order("S", d.Deed.SEIZE, book=2, to="T1.1")
    place.wait(4_000)
    assert place.shown("T3") == "Green"


def test_a_card_found_at_the_stopped_table_marks_the_voter(place: Place) -> None:
    """An island handed out and was lost with its log: its card is found, and the voter gets nothing more anywhere."""
    lost_island(place)
    take_over(place, 2, "T2", "T1", 201)
    place.scan("T3", 201)
    assert place.shown("T3") == "Refused"
    place.restart("T2")
    place.wait(6_000)
    assert all(place.core(name).ledger.conflicts() == {} for name in place.devices), "it is the same ballot"


def test_a_card_that_was_not_scanned_makes_a_conflict_that_all_show(place: Place) -> None:
    """The island's card was overlooked, and the voter comes again: both ballots stand in red once the logs meet (S4)."""
    lost_island(place)
    take_over(place, 2, "T2", "T1")
    place.serve("T3", 201)
    place.restart("T2")
    place.wait(6_000)
    for name in place.devices:
        (ballots,) = place.core(name).ledger.conflicts().values()
        assert sorted(table for table, _ in ballots) == [2, 3]


def test_only_the_assistant_takes_the_register(place: Place) -> None:
    """The secretary's node stops: table 1, the assistant, may take the register, and table 2 may not."""
    place.crash("S")
    place.wait(1_000)
    assert [0 in place.core(name).situation.may_seal for name in ("T1", "T2", "T3")] == [True, False, False]
    place.order("T1", d.Deed.SEAL, book=0, nodes=frozenset({"S.1"}))
    place.wait(3_000)
    place.order("T1", d.Deed.SEIZE, book=0, to="T1.1")
    place.wait(3_000)
    assert {place.core(name).books.books.holder(0) for name in ("T1", "T2", "T3")} == {"T1.1"}
    place.crash("T2")
    place.order("T1", d.Deed.SEAL, book=2, nodes=frozenset({"T2.1", "S.1"}))
    place.wait(3_000)
    place.order("T1", d.Deed.SEIZE, book=2, to="T3.1")
    place.wait(3_000)
    assert place.core("T3").books.books.holder(2) == "T3.1"
    place.serve("T1", 202)


def test_a_gap_is_asked_for_and_never_skipped(place: Place) -> None:
    """Table 3 misses a batch of table 2's, and the next one comes: nothing of it is taken before the gap is filled."""
    place.hold("T2", "T3")
    place.serve("T2", 201)
    before = place.vector("T3")["T2.1"]
    later = [row for row in place.devices["T2"].disk if row.origin == "T2.1"]
    place.hear("T3", "T2", batch_of(later[-1:]))
    assert place.vector("T3")["T2.1"] <= place.vector("T2")["T2.1"]
    place.heal()
    place.wait(3_000)
    assert place.vector("T3")["T2.1"] == place.vector("T2")["T2.1"] > before - 1


def test_what_is_forged_or_forked_is_refused_and_shown(place: Place) -> None:
    """A batch under table 2's name that it did not sign, and one that tells another story: neither is taken, both are shown."""
    own = [row for row in place.devices["T2"].disk if row.origin == "T2.1"]
    good = batch_of(own)
    last = e.decode_entry(own[-1].data)
    data = e.encode_entry(e.Entry("T2.1", last.seq + 1, e.entry_hash(own[-1].data), 0, e.Close(2)))
    forged = Batch("T2.1", last.seq + 1, (msgspec.Raw(data),), good.signature)
    other = e.encode_entry(e.Entry("T2.1", last.seq, last.prev, 0, e.Close(2)))
    forked = Batch("T2.1", last.seq, (msgspec.Raw(other),), good.signature)
    have = place.vector("T3")
    for batch in (forged, forked):
        place.hear("T3", "T2", batch)
    assert place.vector("T3") == have
    assert {one.why for one in place.core("T3").books.refused} == {Refusal.FORGED, Refusal.FORKED}


def test_a_copied_card_stops(place: Place) -> None:
    """Table 2's disk is put back as it was an hour ago: it meets its own later entries, and stops with a red screen."""
    old = list(place.devices["T2"].disk)
    place.serve("T2", 201)
    place.crash("T2")
    place.devices["T2"].disk = old
    place.restart("T2")
    place.wait(4_000)
    assert (place.shown("T2"), place.content("T2").code) == ("Fault", "F7")


def test_an_old_card_that_has_grown_as_long_as_its_log_stops(place: Place) -> None:
    """One entry is missing on table 2's old disk, and its new start takes that place: who knows the real one shows it."""
    old = list(place.devices["T2"].disk)
    place.order("T2", d.Deed.CLOSE_TABLE)
    place.wait(2_000)
    place.crash("T2")
    place.devices["T2"].disk = old
    place.restart("T2")
    place.wait(4_000)
    assert (place.shown("T2"), place.content("T2").code) == ("Fault", "F7")
    assert [one.why for one in place.core("T3").situation.refused] == [Refusal.FORKED]


def test_a_closed_table_decides_for_the_others(place: Place) -> None:
    """Table 2 is closed for voters: it serves nobody, and its voters are served elsewhere."""
    place.order("T2", d.Deed.CLOSE_TABLE)
    place.wait(2_000)
    assert place.shown("T2") == "Closed"
    place.serve("T3", 201)
    assert len(place.bodies("T2", e.Decision)) == 1
