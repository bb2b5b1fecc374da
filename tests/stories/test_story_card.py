"""Stories of cards: an old one, one that was copied, a spare; and what a run's line has to do with it."""

import pytest
from place import NOT_OFFERED, Place

from kiosk.domain import entries as e
from kiosk.domain.messages import Stance
from kiosk.node import Heard
from tests.made_up import of_voter


def old_card(place: Place) -> None:
    """Table 2's card is put back as it was before it served voter 201, and gave a green for 301."""
    card = place.copy_of("T2")
    place.serve("T2", 201)
    place.serve("T2", 301)
    place.put_back("T2", card)


def test_an_old_card_is_shown_and_goes_on(place: Place) -> None:
    """Table 2 starts from an old card: it decides nothing before it has learnt what it did; then it goes on, and says so."""
    old_card(place)
    place.restart("T2")
    assert not place.decides("T2", 2)
    place.wait(4_000)
    assert place.core("T2").situation.old_card
    assert "old SD card (F7)" in place.overview("T2")["Table 2"]
    assert not any(place.core(name).situation.old_card for name in ("S", "T1", "T3"))
    assert place.decides("T2", 2)
    assert place.refuses("T2", 201)
    place.wait(1_000)
    assert place.refuses("T3", 301)
    place.serve("T2", 202)
    assert place.conflicts() == {}


def test_an_old_card_decides_nothing_alone(place: Place) -> None:
    """Table 2 starts from an old card and hears nobody: it decides nothing, and is offered no island."""
    old_card(place)
    place.cut_off("T2")
    place.restart("T2")
    place.wait(6_000)
    assert not place.decides("T2", 2)
    with pytest.raises(NOT_OFFERED):
        place.order("T2", "island")
    assert place.core("T2").situation.mode == "paper"


def test_what_an_old_cards_earlier_run_had_granted_turns_green_nowhere(place: Place) -> None:
    """Table 2 granted table 3's request, and only the secretary's node has that; then its card is an old one. Table 3 hears of
    its new run first, and then of the grant: no green, since that run says that the earlier one was over before (G2)."""
    card = place.copy_of("T2")
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    assert place.decided("T2") == ["granted"]
    place.deliver_only("T2", "S")
    place.lose_what_is_under_way()
    place.cut_off("S")
    place.put_back("T2", card)
    place.restart("T2")
    place.wait(1_000)
    assert len(place.core("T3").books.books.runs.devices["T2.1"]) == 2
    place.heal()
    place.wait(4_000)
    assert (place.shown("T3"), place.devices["T3"].on_paper) == ("Waiting", [])
    assert place.core("T3").ledger.granted(of_voter(place.core("T3").ledger, 201)[0])
    place.touch("T3", "cancel")
    place.wait(1_000)
    place.serve("T1", 201)


def test_an_old_card_when_a_later_run_is_known_stops(place: Place) -> None:
    """Table 2 restarted after its card was copied; the old card is put in, and begins a run beside that one: F7, for good."""
    card = place.copy_of("T2")
    place.crash("T2")
    place.restart("T2")
    place.wait(3_000)
    place.serve("T2", 201)
    place.put_back("T2", card)
    place.restart("T2")
    place.wait(4_000)
    assert (place.shown("T2"), place.content("T2").code) == ("Fault", "F7")
    place.crash("T2")
    place.cut_off("T2")
    place.restart("T2")
    place.wait(4_000)
    assert (place.shown("T2"), place.content("T2").code) == ("Fault", "F7")
    assert place.holders(2) == {"T2.1"}


def test_the_voters_of_a_copied_card_are_served_elsewhere(place: Place) -> None:
    """Table 2 has stopped with F7: its list is moved like that of any dead table; its mark is known."""
    test_an_old_card_when_a_later_run_is_known_stops(place)
    place.heal()
    place.crash("T2")
    place.take_over("T2", "T1")
    assert place.holders(2) == {"T1.1"}
    assert place.refuses("T3", 201)
    place.serve("T3", 202)


def test_two_cards_at_once_stop_both(place: Place) -> None:
    """Table 2's card was copied, and both run, each with others: each stops by what it knows, as soon as logs meet (T). All say
    the same of who holds its list, and a code moves it."""
    card = place.copy_of("T2")
    place.crash("T2")
    place.put_in_copy("T2", card, "T2 copy")
    place.split("T2 copy", "T3")
    place.restart("T2")
    place.wait(1_000)
    place.restart("T2 copy")
    place.wait(3_000)
    assert not place.decides("T2 copy", 2)
    place.heal()
    place.wait(4_000)
    for name in ("T2", "T2 copy"):
        assert (place.shown(name), place.content(name).code) == ("Fault", "F7")
    others = {place.core(name).books.books.holder(2) for name in ("S", "T1", "T3")}
    assert len(others) == 1
    place.stop("T1", "T2")
    place.finish("T1")
    place.wait(1_000)
    assert {place.core(name).books.books.holder(2) for name in ("S", "T1", "T3")} == {place.core("T1").run}
    place.serve("T3", 201)


def test_a_copy_that_is_started_beside_its_card_is_the_next_run(place: Place) -> None:
    """A copy of table 2's card is started while table 2 runs. Table 2 stops when it hears of that (F7); the copy has learnt by
    then what table 2 did, and goes on in its place."""
    card = place.copy_of("T2")
    place.serve("T2", 201)
    place.put_in_copy("T2", card, "T2 copy")
    place.restart("T2 copy")
    place.wait(4_000)
    assert (place.shown("T2"), place.content("T2").code) == ("Fault", "F7")
    assert place.shown("T2 copy") == "Ready"
    assert place.refuses("T2 copy", 201)
    place.serve("T2 copy", 202)
    assert place.conflicts() == {}


def test_what_the_other_card_copied_is_no_second_disk(place: Place) -> None:
    """Table 2's voter waits for a copy of the mark; table 1 has one, and shows with it a run of table 2's other card: no green
    before table 2 knows of that run, and then it stops (G3, T)."""
    card = place.copy_of("T2")
    place.put_in_copy("T2", card, "T2 copy")
    place.held |= {(name, "T2") for name in ("S", "T1", "T3", "T2 copy")} | {("T2", "T2 copy")}
    place.restart("T2 copy")
    place.wait(500)
    place.ask("T2", 201)
    place.wait(1_000)
    head = place.core("T1").peers.announce(
        place.core("T1").books.replica.runs, place.core("T1").run, True, Stance.SERVING, place.now
    )
    assert len([run for run in head.have if run.startswith("T2.1-")]) == 2, "table 1 has entries of both branches"
    place._put("T2", Heard("T1.1", head))
    assert place.shown("T2") != "Green"
    place.heal()
    place.wait(2_000)
    assert (place.shown("T2"), place.devices["T2"].on_paper) == ("Fault", [])


def test_a_copied_card_that_nobody_used_is_just_the_next_run(place: Place) -> None:
    """Table 2's card is copied to a new one while it is off, and goes on from there: nothing happens."""
    place.serve("T2", 201)
    place.crash("T2")
    card = place.copy_of("T2")
    place.put_back("T2", card)
    place.restart("T2")
    place.wait(4_000)
    assert not place.core("T2").situation.old_card
    assert place.decides("T2", 2)
    assert place.refuses("T2", 201)


def test_a_spare_card_is_another_device(place: Place) -> None:
    """Table 2's card is lost: the spare goes on under a name of its own, catches up, and is given the list like any heir."""
    place.serve("T2", 201)
    place.put_in_spare("T2")
    place.restart("T2")
    place.wait(3_000)
    assert not place.decides("T2", 2), "the list is the lost card's until it is moved"
    place.stop("T2", "T2.1")
    place.finish("T2")
    place.wait(2_000)
    assert place.holders(2) == {"T2.2"}
    assert place.refuses("T2", 201)
    place.serve("T3", 202)
    assert place.decided("T2") == ["granted"]


def test_a_spare_put_in_during_a_stop_answers_like_any_other(place: Place) -> None:
    """Table 2's list is being moved; then table 3's card is lost, and its spare put in: the next code names the lost card, and
    the spare, which all have heard, answers and serves."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(500)
    place.put_in_spare("T3")
    place.restart("T3")
    place.wait(3_000)
    assert place.stopping("T1").waits_for in ((), ("T3.1",))
    place.stop("T1", "T2.1", "T3.1")
    place.finish("T1")
    place.wait(2_000)
    assert [place.holders(book) for book in (2, 3)] == [{"T1.1"}, {"T1.1"}]
    place.serve("T3", 201)
    assert len(place.runs_on("T3")) == 1


def test_an_old_card_after_its_list_was_moved_knows_it(place: Place) -> None:
    """Table 2's list was moved to table 1 and its card is an old one: it learns of the move before it decides."""
    card = place.copy_of("T2")
    place.serve("T2", 201)
    place.crash("T2")
    place.take_over("T2", "T1")
    place.put_back("T2", card)
    place.restart("T2")
    place.wait(4_000)
    assert place.holders(2) == {"T1.1"}
    assert not place.decides("T2", 2)
    place.serve("T2", 202)
    assert place.decided("T1") == ["granted"]


def test_what_an_old_card_lost_it_asks_the_others_for(place: Place) -> None:
    """The old card's own entries are on other disks: they come back as copies, and its log goes on beside them."""
    old_card(place)
    place.restart("T2")
    place.wait(4_000)
    first, later = place.core("T2").books.books.runs.devices["T2.1"]
    assert first.stored >= later.first
    assert [type(body) for body in place.bodies("T2", e.Issued)] == [e.Issued] * 2
