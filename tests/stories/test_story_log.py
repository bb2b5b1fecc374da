"""Stories of the logs: what is copied and asked for, what is refused, and whose log a disk may continue."""

import msgspec
import pytest
from place import NOT_OFFERED, Place, batch_of

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.books import Standing
from kiosk.domain.chain import Refusal
from kiosk.domain.messages import Batch, Head, Stance
from kiosk.domain.situation import Refused
from kiosk.node import Heard
from tests import made_up


def test_a_gap_is_asked_for_and_never_skipped(place: Place) -> None:
    """Table 3 misses a batch of table 2's, and the next one comes: nothing of it is taken before the gap is filled."""
    before = place.vector("T3")["T2.1"]
    place.order("T2", d.Deed.CLOSE_TABLE)
    place.lose_what_is_under_way()
    place.order("T2", d.Deed.REOPEN_TABLE)
    place.deliver_only("T2", "T3")
    assert place.core("T3").books.replica.have["T2.1"] == before
    place.wait(2_000)
    assert place.vector("T3")["T2.1"] == place.vector("T2")["T2.1"] == before + 2


def test_what_is_lacking_comes_from_whoever_has_it(place: Place) -> None:
    """Table 3 lacks entries of table 2's, which has stopped: table 1 gives them."""
    place.hold("T2", "T3")
    place.hold("T1", "T3")
    place.hold("S", "T3")
    place.serve("T2", 201)
    place.crash("T2")
    place.heal()
    place.wait(2_000)
    assert place.marked("T3", 201)


def test_what_is_forged_is_refused_and_shown(place: Place) -> None:
    """A batch under table 2's name that it did not sign: it is not taken, and stands on the screen (S5)."""
    own = [row for row in place.devices["T2"].disk if row.origin == "T2.1"]
    last = e.decode_entry(own[-1].data)
    data = e.encode_entry(e.Entry("T2.1", last.seq + 1, e.entry_hash(own[-1].data), 0, e.Close(2)))
    have = place.vector("T3")
    place.hear("T3", "T2", Batch("T2.1", last.seq + 1, (msgspec.Raw(data),), batch_of(own).signature))
    place.wait(1_000)
    assert place.vector("T3") == have
    assert place.core("T3").situation.refused == (Refused("T2.1", Refusal.FORGED),)


def test_what_is_forked_is_refused_and_shown(place: Place) -> None:
    """Table 2 tells table 3 another story of what it has said before: it is not taken, and stands on the screen (S5)."""
    own = [row for row in place.devices["T2"].disk if row.origin == "T2.1"]
    last = e.decode_entry(own[-1].data)
    other = e.encode_entry(e.Entry("T2.1", last.seq, last.prev, 0, e.Close(2)))
    signature = made_up.keys("T2.1").sign(e.batch_signed(e.entry_hash(other)))
    have = place.vector("T3")
    place.hear("T3", "T2", Batch("T2.1", last.seq, (msgspec.Raw(other),), signature.hex()))
    place.wait(1_000)
    assert place.vector("T3") == have
    assert place.core("T3").situation.refused == (Refused("T2.1", Refusal.FORKED),)


def test_a_copied_card_stops(place: Place) -> None:
    """Table 2's disk is put back as it was an hour ago: it meets its own later entries, and stops with a red screen."""
    old = list(place.devices["T2"].disk)
    place.serve("T2", 201)
    place.put_back("T2", old)
    place.restart("T2")
    place.wait(4_000)
    assert (place.shown("T2"), place.content("T2").code) == ("Fault", "F7")
    assert place.devices["T2"].node is not None
    assert not place.decides("T2", 2)


def test_a_copied_card_is_not_trusted_again(place: Place) -> None:
    """Table 2 has stopped with its copied card; switched on again it reaches nobody, and still serves nobody, in no mode."""
    old = list(place.devices["T2"].disk)
    place.serve("T2", 201)
    place.put_back("T2", old)
    place.restart("T2")
    place.wait(4_000)
    place.crash("T2")
    place.cut_off("T2")
    place.restart("T2")
    place.wait(4_000)
    with pytest.raises(NOT_OFFERED):
        place.order("T2", d.Deed.ISLAND)
    assert (place.shown("T2"), place.content("T2").code) == ("Fault", "F7")
    assert not place.decides("T2", 2)


def test_an_old_card_that_has_grown_as_long_as_its_log_stops(place: Place) -> None:
    """One entry is missing on table 2's old disk, and its new start takes that place: who knows the real one shows it."""
    old = list(place.devices["T2"].disk)
    place.order("T2", d.Deed.CLOSE_TABLE)
    place.wait(2_000)
    place.put_back("T2", old)
    place.restart("T2")
    place.wait(4_000)
    assert (place.shown("T2"), place.content("T2").code) == ("Fault", "F7")
    assert place.core("T3").situation.refused == (Refused("T2.1", Refusal.FORKED),)


def test_an_old_card_whose_start_stands_where_another_stood_stops(place: Place) -> None:
    """Its heads look older than those of the run that it does not know of; what they say of its log's end tells."""
    old = list(place.devices["T2"].disk)
    place.crash("T2")
    place.restart("T2")
    place.wait(5_000)
    place.put_back("T2", old)
    place.restart("T2")
    place.lose_what_is_under_way()
    place.wait(2_000)
    assert (place.shown("T2"), place.content("T2").code) == ("Fault", "F7")


def test_an_old_card_that_heard_nothing_for_long_stops_soon_after_it_hears(place: Place) -> None:
    """Table 2 goes on from an old disk; for most of a minute its cable carries nothing of what the others show it."""
    old = list(place.devices["T2"].disk)
    place.order("T2", d.Deed.CLOSE_TABLE)
    place.wait(2_000)
    place.put_back("T2", old)
    place.deafen("T2")
    place.restart("T2")
    place.wait(500)
    place.attest("T2", "T3.1")
    place.wait(53_000)
    assert place.shown("T2") != "Fault"
    place.heal()
    place.wait(4_000)
    assert place.shown("T2") == "Fault"
    assert place.content("T2").code == "F7"


def old_card_of_table_2(place: Place) -> None:
    """Table 2's disk is put back as it was four entries ago, and nothing that it says is heard."""
    old = list(place.devices["T2"].disk)
    for deed in (d.Deed.CLOSE_TABLE, d.Deed.REOPEN_TABLE) * 2:
        place.order("T2", deed)
    place.wait(2_000)
    place.put_back("T2", old)
    place.held |= {("T2", other) for other in place.devices}


def refuses_to_be_an_island(place: Place) -> None:
    """Table 2 has been cut off for a while, and the chair would make it an island: K7."""
    place.wait(5_000)
    with pytest.raises(NOT_OFFERED):
        place.order("T2", d.Deed.ISLAND)
    place.wait(1_000)
    assert (place.shown("T2"), place.content("T2").code) == ("NotReady", "K7")


def test_an_old_card_that_has_heard_of_its_longer_log_is_no_island(place: Place) -> None:
    """Table 2 hears in a head that its log was longer, and can't fetch the proof; then it is cut off, for the chair to help."""
    old_card_of_table_2(place)
    place.restart("T2")
    place.wait(2_000)
    place.cut_off("T2")
    refuses_to_be_an_island(place)
    assert not place.is_island("T2")


def test_an_old_card_that_grows_as_long_as_what_it_heard_of_is_no_island(place: Place) -> None:
    """Table 2 has heard that its log was longer; then it is cut off, and writes what it lacks and more about stopped nodes."""
    old_card_of_table_2(place)
    place.restart("T2")
    place.wait(2_000)
    place.cut_off("T2")
    place.wait(5_000)
    for _ in range(5):
        place.attest("T2", "T3.1")
    place.wait(1_000)
    assert place.vector("T2")["T2.1"] > place.vector("T1")["T2.1"]
    with pytest.raises(NOT_OFFERED):
        place.order("T2", d.Deed.ISLAND)
    place.wait(1_000)
    assert (place.shown("T2"), place.content("T2").code) == ("NotReady", "K7")
    assert not place.decides("T2", 2)


def test_an_old_card_that_is_started_again_is_still_no_island(place: Place) -> None:
    """Table 2 has heard that its log was longer, and is cut off; somebody pulls its plug, and the chair helps."""
    old_card_of_table_2(place)
    place.restart("T2")
    place.wait(2_000)
    place.cut_off("T2")
    place.crash("T2")
    place.restart("T2")
    refuses_to_be_an_island(place)


def tell_of_a_longer_log_of_table_2(place: Place, count: int = 1_000, origin: str = "T3.1") -> None:
    """Table 3, or its spare, shows a head with that."""
    head = Head(origin, 1, count, "0" * 64, {"T2.1": 999}, False, Stance.SERVING, place.now.wall_ms)
    place._put("T2", Heard(origin, head))


def test_a_table_that_hears_of_its_longer_log_when_it_is_fresh_is_no_island(place: Place) -> None:
    """Table 2 serves, hears that its log was longer, and is cut off: nobody can tell it now whether that is true."""
    tell_of_a_longer_log_of_table_2(place)
    place.wait(2_000)
    assert place.shown("T2") == "Ready"
    place.cut_off("T2")
    refuses_to_be_an_island(place)


def test_who_shows_more_of_a_log_than_there_is_has_no_copy_of_it(place: Place) -> None:
    """Table 2 marks its own voter, and only table 3 shows a copy; but it has shown more of table 2's log than there is."""
    tell_of_a_longer_log_of_table_2(place)
    place.held |= {(other, "T2") for other in ("S", "T1")}
    place.ask("T2", 201)
    place.wait(2_000)
    assert place.shown("T2") == "Waiting"
    place.heal()
    place.wait(2_000)
    assert place.shown("T2") == "Green"


def test_a_table_whose_disk_is_in_doubt_is_fresh_when_the_chair_attests_who_doubts_it(place: Place) -> None:
    """Table 2 starts, and table 3 shows more of its log than there is; the chair attests that table 3 is stopped."""
    place.crash("T2")
    place.restart("T2")
    tell_of_a_longer_log_of_table_2(place)
    place.wait(3_000)
    assert place.shown("T2") == "NotReady"
    assert place.core("T2").situation.awaited == ("T3.1",)
    place.attest("T2", "T3.1")
    place.wait(1_000)
    assert place.shown("T2") == "Ready"


def test_who_was_attested_as_stopped_and_is_back_is_heard_again(place: Place) -> None:
    """Table 2 is fresh by the chair's word that table 3 is stopped. Then table 3 shows more of its log: no island any more."""
    place.crash("T2", "T3")
    place.restart("T2")
    tell_of_a_longer_log_of_table_2(place, 3)
    place.attest("T2", "T3.1")
    place.wait(2_000)
    assert place.shown("T2") == "Ready"
    tell_of_a_longer_log_of_table_2(place, 4)
    place.cut_off("T2")
    refuses_to_be_an_island(place)


def test_a_disk_that_only_its_head_tells_of_is_waited_for(place: Place) -> None:
    """Table 3's spare shows more of table 2's log than there is, and nothing of its own log has come: table 2 waits for it."""
    place.crash("T2", "T3")
    place.restart("T2")
    tell_of_a_longer_log_of_table_2(place, 1, "T3.2")
    place.attest("T2", "T3.1")
    place.wait(3_000)
    assert (place.shown("T2"), place.devices["T2"].doubt) == ("NotReady", "T3.2")
    assert place.core("T2").situation.awaited == ("T3.2",)


def test_the_chairs_word_for_who_claims_more_makes_no_island(place: Place) -> None:
    """Table 2 starts, and is cut off when table 3 has shown more of its log than there is. That table 3 is stopped then tells
    nothing of what the others have."""
    place.crash("T2")
    place.restart("T2")
    tell_of_a_longer_log_of_table_2(place)
    place.cut_off("T2")
    place.wait(5_000)
    place.attest("T2", "T3.1")
    place.wait(1_000)
    with pytest.raises(NOT_OFFERED):
        place.order("T2", d.Deed.ISLAND)
    place.wait(1_000)
    assert (place.shown("T2"), place.content("T2").code) == ("NotReady", "K7")


def test_a_table_whose_disk_was_in_doubt_is_an_island_again_once_it_was_fresh(place: Place) -> None:
    """Table 2's disk bears that table 3 claims to have more of its log. This is attested, all others show what they have, and
    the disk bears it no more."""
    place.crash("T2")
    place.restart("T2")
    tell_of_a_longer_log_of_table_2(place)
    assert place.devices["T2"].doubt == "T3.1"
    place.crash("T2")
    place.restart("T2")
    assert place.devices["T2"].doubt == "T3.1"
    place.wait(3_000)
    assert place.shown("T2") == "NotReady"
    place.attest("T2", "T3.1")
    place.wait(1_000)
    assert (place.shown("T2"), place.devices["T2"].doubt) == ("Ready", "")
    place.cut_off("T2")
    place.crash("T2")
    place.restart("T2")
    place.wait(5_000)
    place.order("T2", d.Deed.ISLAND)
    place.wait(1_000)
    assert (place.is_island("T2"), place.shown("T2")) == (True, "Ready")


def test_an_island_that_hears_of_its_longer_log_serves_nobody(place: Place) -> None:
    """Table 2 is an island on an old disk, and nobody can know it, until it hears a head."""
    old_card_of_table_2(place)
    place.cut_off("T2")
    place.restart("T2")
    place.wait(5_000)
    place.order("T2", d.Deed.ISLAND)
    place.wait(1_000)
    assert place.shown("T2") == "Ready"
    place.held = {("T2", other) for other in place.devices}
    place.wait(2_000)
    assert (place.shown("T2"), place.content("T2").code) == ("NotReady", "K7")
    assert place.devices["T2"].screens[-1].strip.mode == "Paper"
    assert not place.decides("T2", 2)


def test_a_new_disk_is_a_new_origin(place: Place) -> None:
    """Table 2's disk is lost: the spare goes on under a name of its own, catches up, and is given the book like any heir."""
    place.serve("T2", 201)
    place.put_in_spare("T2")
    place.restart("T2")
    place.wait(3_000)
    assert place.is_fresh("T2")
    assert not place.decides("T2", 2), "the book is the lost disk's until it is taken"
    place.seal(2, "T2.1")
    place.wait(2_000)
    place.seize(2, "T2")
    place.wait(3_000)
    assert place.holders(2) == {"T2.2"}
    assert place.refuses("T2", 201)
    place.serve("T3", 202)
    assert place.decided("T2") == ["granted"]


def test_the_order_of_arrival_outlives_a_restart(place: Place) -> None:
    """Table 3 had table 2's grant before the seal, and knows so after its restart too (G2)."""
    place.serve("T1", 201)
    place.cut_off("T1")
    place.seal(2, "T1")
    place.wait(2_000)
    (case,) = place.core("T3").ledger.of_voter(201)
    assert case.outcome(place.core("T3").books.books).standing(place.core("T3").books.books) is Standing.COUNTS
    place.crash("T3")
    place.restart("T3")
    (case,) = place.core("T3").ledger.of_voter(201)
    assert case.outcome(place.core("T3").books.books).standing(place.core("T3").books.books) is Standing.COUNTS
