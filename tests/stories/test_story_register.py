"""Stories of the register, book 0: only the assistant takes it over, and only while the secretary's node is stopped."""

from place import Place

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.books import REGISTER


def take_register(place: Place, *stopped: str) -> None:
    """Table 1, the assistant, takes the register."""
    place.seal(REGISTER, *(stopped or ("S",)), by="T1")
    place.wait(3_000)
    place.seize(REGISTER, "T1", by="T1")
    place.wait(3_000)


def test_only_the_assistant_takes_the_register(place: Place) -> None:
    """The secretary's node stops: table 1, the assistant, may take the register, and table 2 may not."""
    place.crash("S")
    place.wait(1_000)
    place.seal(REGISTER, "S", by="T2")
    assert place.bodies("T2", e.Seal) == []
    take_register(place)
    assert place.holders(REGISTER) == {"T1.1"}


def test_a_seal_of_the_register_by_another_node_is_nothing(place: Place) -> None:
    """Table 2 writes one all the same, by a fault: nobody goes by it."""
    core = place.core("T2")
    core.books.write(e.Seal(REGISTER, 2, 1, {"S.1": 2}), place.now)
    core.books.write(e.Seize(REGISTER, 2, 1, core.books.replica.have["T2.1"], "T2.1", 2, {}), place.now)
    place.wait(2_000)
    assert place.holders(REGISTER) == {"S.1"}
    assert place.decides("S", REGISTER)


def test_a_seal_for_an_epoch_of_the_register_that_nobody_knows_stops_nothing(place: Place) -> None:
    """Table 3, in a thief's hands, seals and seizes book 2 as if it had come to hold the register: table 2 goes on deciding,
    and the secretary can still take the book."""
    core = place.core("T3")
    for epoch in (2, 3):
        core.books.write(e.Seal(2, epoch, 1_000, {}), place.now)
        core.books.write(e.Seize(2, epoch, 1_000, core.books.replica.have["T3.1"], "T3.1", 0, {}), place.now)
    place.wait(2_000)
    assert place.holders(2) == {"T2.1"}
    place.serve("T1", 201)
    place.crash("T2")
    place.take_over(2, "T2", "T1")
    assert place.holders(2) == {"T1.1"}
    place.serve("T1", 202)


def test_who_does_not_know_who_holds_the_register_has_not_answered(place: Place) -> None:
    """The secretary hands the register to table 1, which seals book 2. Table 3 hears the seal and not yet of the handover: to
    it the seal is nothing, and its head no answer, until it knows."""
    place.deafen("T3")
    place.hand_over(REGISTER, "S", "T1")
    place.wait(2_000)
    place.crash("T2")
    place.seal(2, "T2", by="T1")
    place.wait(1_000)
    place.read_logs_of("T3", "T1.1")
    place.wait(2_000)
    assert place.core("T3").books.books.sealed == ()
    assert place.seizure("T1").waits_for == ("T3.1",)
    place.heal()
    place.wait(2_000)
    assert place.core("T3").books.books.sealed == (2,)
    place.seize(2, "T1", by="T1")
    place.wait(2_000)
    assert place.holders(2) == {"T1.1"}


def test_the_register_is_taken_only_while_its_holder_is_stopped(place: Place) -> None:
    """The secretary's node is not attested stopped: the assistant may not take the register."""
    place.seal(REGISTER, "T3", by="T1")
    assert place.bodies("T1", e.Seal) == []
    place.wait(1_000)
    assert place.decides("S", REGISTER)


def test_the_assistant_takes_books_then(place: Place) -> None:
    """With the register the assistant takes a stopped table's book, as the secretary would; its cards are scanned again."""
    place.crash("S")
    take_register(place)
    place.crash("T2")
    place.seal(2, "T2", "S", by="T1")
    place.wait(3_000)
    place.scan_again("T1", 201, "T2")
    place.seize(2, "T3", by="T1")
    place.wait(3_000)
    assert place.holders(2) == {"T3.1"}
    assert place.refuses("T1", 201)
    place.serve("T1", 202)


def test_a_seizure_that_the_secretary_began_is_finished_by_the_assistant(place: Place) -> None:
    """The secretary's node has sealed book 2 and stops: with the register the assistant begins again, at the same epoch."""
    place.crash("T2")
    place.seal(2, "T2")
    place.wait(2_000)
    place.crash("S")
    take_register(place, "S", "T2")
    place.seal(2, "T2", "S", by="T1")
    place.wait(3_000)
    place.seize(2, "T3", by="T1")
    place.wait(3_000)
    assert place.holders(2) == {"T3.1"}
    assert [body.epoch for body in place.bodies("T1", e.Seal, e.Seize) if body.book == 2] == [2, 2]


def test_what_an_earlier_disk_of_the_assistants_did_unheard_is_nothing(place: Place) -> None:
    """Table 1 takes the register, which only table 2 hears of, and both stop. Table 1's spare takes it too, and table 2 is back
    and knows of both: all go by the spare's."""
    place.crash("S")
    place.seal(REGISTER, "S", by="T1")
    place.wait(3_000)
    place.held |= {("T1", "T3"), ("T2", "T3")}
    place.seize(REGISTER, "T1", by="T1")
    place.wait(1_000)
    assert place.core("T2").books.books.holder(REGISTER) == "T1.1"
    place.crash("T2")
    place.put_in_spare("T1")
    place.heal()
    place.restart("T1")
    place.wait(3_000)
    place.order("T1", d.Deed.SEAL, book=REGISTER, nodes=frozenset({"S.1", "T1.1", "T2.1"}))
    place.wait(3_000)
    place.seize(REGISTER, "T1", by="T1")
    place.wait(3_000)
    place.restart("T2")
    place.wait(5_000)
    assert place.vector("T3") == place.vector("T2")
    assert place.holders(REGISTER) == {"T1.2"}


def test_a_seal_that_a_handover_has_overtaken_is_finished_by_the_heir(place: Place) -> None:
    """Only table 2 has table 1's seal of the register when the secretary is back, and hands it to table 1's spare: table 2
    holds that back, until the spare has finished what its earlier disk has begun."""
    place.crash("S")
    place.held |= {("T1", "T3"), ("T2", "T3")}
    place.seal(REGISTER, "S", by="T1")
    place.wait(1_000)
    place.put_in_spare("T1")
    place.held = {pair for other in ("S", "T1", "T3") for pair in (("T2", other), (other, "T2"))}
    place.restart("S", "T1")
    place.wait(5_000)
    place.hand_over(REGISTER, "S", "T1")
    place.wait(1_000)
    place.heal()
    place.wait(3_000)
    assert place.core("T2").books.books.holder(REGISTER) == "S.1"
    assert place.core("T3").books.books.holder(REGISTER) == "T1.2"
    place.order("T1", d.Deed.SEAL, book=REGISTER, nodes=frozenset({"T1.1"}))
    place.wait(3_000)
    place.seize(REGISTER, "T1", by="T1")
    place.wait(3_000)
    assert place.holders(REGISTER) == {"T1.2"}
    assert place.decides("T1", REGISTER)


def test_what_is_written_in_the_register_past_its_cut_is_void(place: Place) -> None:
    """The secretary's node, cut off and taken for stopped, seals book 2: nobody goes by it, and book 2 stays where it is."""
    place.cut_off("S")
    place.seal(2, "T2")
    assert len(place.bodies("S", e.Seal)) == 1
    take_register(place)
    place.heal()
    place.wait(4_000)
    assert place.holders(REGISTER) == {"T1.1"}
    assert place.holders(2) == {"T2.1"}
    place.serve("T3", 201)


def test_under_a_seal_of_the_register_its_later_entries_are_held_back() -> None:
    """The secretary's node opens the poll after the others have heard of the seal: they don't serve yet."""
    place = Place().started()
    place.cut_off("S")
    place.seal(REGISTER, "S", by="T1")
    place.wait(2_000)
    place.hold("S", "T1")
    place.held -= {("S", "T3"), ("T3", "S"), ("S", "T2"), ("T2", "S")}
    place.order("S", d.Deed.OPEN_POLL)
    place.deliver_only("S", "T3")
    place.wait(1_000)
    assert place.shown("T3") == "NotReady"
    assert any(row.origin == "S.1" and e.decode_entry(row.data).seq == 2 for row in place.devices["T3"].disk)
