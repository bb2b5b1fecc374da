"""Stories of the opening, and of going on after the power has failed everywhere; of tables that close and reopen."""

import pytest
from place import NOT_OFFERED, Place

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.messages import Ask


def test_the_poll_is_opened_at_any_table() -> None:
    """Nobody serves before; no node decides. The chair opens at table 2, with code 1: all follow by themselves."""
    place = Place().started()
    assert [place.shown(name) for name in ("T1", "T2", "T3")] == ["NotReady"] * 3
    content = place.content("T1")
    assert s.shows(content, s.Kind.NOT_READY)
    assert content.reason == "The poll is not open."
    assert not any(place.is_member(name) for name in place.devices)
    place.stop("T2")
    place.finish("T2")
    place.wait(3_000)
    assert [place.shown(name) for name in ("T1", "T2", "T3")] == ["Ready"] * 3
    assert all(place.decides(f"T{book}", book) for book in (1, 2, 3))
    assert [body.n for body in place.bodies("T2", e.Stop, e.View)] == [1, 1]
    place.serve("T1", 301)


def test_the_menu_opens_the_poll() -> None:
    """A table's menu offers the opening, without a PIN, and leads to the page of who is off."""
    place = Place().started()
    place.touch("T1", "menu")
    place.touch("T1", "open_poll")
    assert place.shown("T1") == "PickStopped"


def test_before_the_opening_nobody_is_served() -> None:
    """A card that is scanned before is not looked up; an ask that comes all the same is refused by the holder."""
    place = Place().started()
    place.scan("T1", 101)
    assert place.shown("T1") == "NotReady"
    place.core("T2").books.seen.member.viewed()
    ask = Ask(e.Request(f"{place.core('T3').run}/1", e.Op.CHECK_IN, 201, ("byraad",)))
    place.hear("T2", "T3", ask)
    assert place.decided("T2") == ["refused"]


def test_the_poll_opens_while_a_table_is_missing() -> None:
    """Table 3 was on in the morning and is silent: not named, it holds the opening up; named, its list is the opener's, until
    it is back and is given it. The spares in their box hold nothing up."""
    place = Place().started()
    place.crash("T3")
    place.stop("T1")
    place.wait(2_000)
    assert place.stopping("T1").waits_for == ("T3.1",)
    assert place.stopping("T1").opens
    with pytest.raises(NOT_OFFERED, match="Table 3: no answer"):
        place.finish("T1")
    place.stop("T1", "T3")
    place.finish("T1")
    place.wait(2_000)
    assert place.holders(3) == {"T1.1"}
    place.serve("T2", 301)
    place.restart("T3")
    place.wait(4_000)
    assert not place.decides("T3", 3)
    place.give(3, "T1", "T3")
    place.wait(2_000)
    assert place.refuses("T3", 301)
    place.serve("T3", 302)


def test_a_table_that_was_never_on_is_named() -> None:
    """Table 3 has not been on all morning: named at the opening, its list is the opener's from then on."""
    place = Place()
    place.restart("S", "T1", "T2")
    place.wait(3_000)
    place.stop("T1", "T3")
    place.finish("T1")
    place.wait(2_000)
    assert place.holders(3) == {"T1.1"}
    place.serve("T2", 301)
    place.restart("T3")
    place.wait(4_000)
    assert not place.decides("T3", 3)
    place.serve("T3", 302)


def test_who_has_not_heard_of_the_opening_serves_nobody() -> None:
    """Table 3 has answered the opening's stop, and not heard of its view: it serves and decides nothing until it has."""
    place = Place().started()
    place.stop("S")
    for name in ("T1", "T2", "T3"):
        place.deliver_only("S", name)
    place.deafen("T3")
    place.wait(2_000)
    assert (place.shown("T1"), place.shown("T3")) == ("Ready", "NotReady")
    assert not place.decides("T3", 3)
    place.heal()
    place.wait(3_000)
    assert place.shown("T3") == "Ready"
    place.serve("T1", 301)


def test_all_start_again_and_the_chair_says_that_nobody_is_missing(place: Place) -> None:
    """The power fails everywhere: all start, and nobody can know that nobody served meanwhile. The next code, at table 1, says
    so; marks and lists are as before."""
    place.serve("T3", 201)
    place.crash("S", "T1", "T2", "T3")
    place.restart("S", "T1", "T2", "T3")
    place.wait(4_000)
    assert not any(place.is_member(name) for name in place.devices)
    assert not any(place.decides(f"T{book}", book) for book in (1, 2, 3))
    place.stop("T1")
    place.finish("T1")
    place.wait(4_000)
    assert all(place.is_member(name) for name in place.devices)
    assert [place.holders(book) for book in (1, 2, 3)] == [{"T1.1"}, {"T2.1"}, {"T3.1"}]
    assert place.refuses("T1", 201)
    place.serve("T1", 202)
    assert place.decided("T2")[-1] == "granted"


def test_all_start_and_one_is_missing(place: Place) -> None:
    """The power fails everywhere, and table 3 stays off: named, its list is table 1's, its cards are scanned; it is back."""
    place.cut_off("T3")
    place.wait(6_000)
    place.order("T3", "island")
    place.ask("T3", 301)
    place.hand_out("T3")
    place.crash("S", "T1", "T2", "T3")
    place.heal()
    place.restart("S", "T1", "T2")
    place.wait(4_000)
    assert not any(place.is_member(name) for name in place.running())
    place.take_over("T3", "T1", 301)
    assert place.is_member("T1")
    assert place.core("T2").situation.awaited == ("T3.1",)
    for name in ("S", "T2"):
        place.excuse(name, "T3")
    place.wait(2_000)
    assert all(place.is_member(name) for name in place.running())
    assert place.holders(3) == {"T1.1"}
    assert place.refuses("T2", 301)
    place.serve("T2", 302)
    place.restart("T3")
    place.wait(4_000)
    assert place.conflicts() == {}, "it is the same ballot"


def test_a_stop_before_the_power_cut_is_begun_again(place: Place) -> None:
    """The power fails everywhere between a stop and its view: the lists are held back, the next code names who is missing."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.crash("S", "T1", "T3")
    place.restart("S", "T1", "T3")
    place.wait(4_000)
    assert place.holders(2) == {"T2.1"}
    place.take_over("T2", "T3")
    assert place.holders(2) == {"T3.1"}
    place.excuse("T1", "T2")
    place.wait(1_000)
    assert place.decides("T1", 1)
    place.serve("T1", 201)


def test_the_first_view_is_lost_with_the_table_that_opened() -> None:
    """Table 2 opens, nobody hears of it, and it is dead: the poll is not open elsewhere, and the next code opens it."""
    place = Place().started()
    place.stop("T2")
    for name in ("S", "T1", "T3"):
        place.deliver_only("T2", name)
    place.silence("T2")
    place.wait(2_000)
    assert len(place.bodies("T2", e.View)) == 1, "nobody was named, and there are no cards to scan"
    place.crash("T2")
    place.heal()
    place.wait(1_000)
    assert not place.core("T1").ledger.poll_open
    place.take_over("T2", "T1")
    assert place.core("T3").ledger.poll_open
    place.serve("T1", 201)


def test_a_holder_that_has_not_heard_that_a_table_reopened_refuses(place: Place) -> None:
    """Table 3 has closed and reopened, which table 2 has not heard: it refuses, and says why; a moment later it grants."""
    place.order("T3", "close_table")
    place.wait(2_000)
    place.order("T3", "reopen_table")
    place.lose_what_is_under_way()
    place.ask("T3", 201)
    (ask,) = [heard.message for _, to, heard in place.wire if to == "T2" and isinstance(heard.message, Ask)]
    place.lose_what_is_under_way()
    place.hear("T2", "T3", ask)
    place.deliver()
    place.wait(1_000)
    assert place.shown("T3") == "Refused"
    assert place.content("T3").code == "A10"
    place.touch("T3", "next")
    place.wait(2_000)
    place.serve("T3", 201)


def test_a_closed_table_stays_closed_over_a_restart(place: Place) -> None:
    """Table 2 is closed for voters, restarts, and is closed still; reopened, it restarts, and is open."""
    place.order("T2", "close_table")
    place.wait(1_000)
    place.crash("T2")
    place.restart("T2")
    place.wait(4_000)
    assert place.shown("T2") == "Closed"
    place.serve("T3", 201)
    place.order("T2", "reopen_table")
    place.wait(1_000)
    place.crash("T2")
    place.restart("T2")
    place.wait(4_000)
    assert place.shown("T2") == "Ready"


def test_a_spare_is_open_though_its_table_had_closed(place: Place) -> None:
    """What a table says of itself is said by its card: the spare that replaces it takes voters."""
    place.order("T2", "close_table")
    place.wait(1_000)
    place.put_in_spare("T2")
    place.stop("T1", "T2.1")
    place.finish("T1")
    place.restart("T2")
    place.wait(4_000)
    assert place.shown("T2") == "Ready"
    assert len(place.core("S").books.books.runs.devices["T2.2"]) == 1
    assert not place.core("S").ledger.is_closed(place.core("T2").run)
