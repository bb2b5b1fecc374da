"""Nothing but the order of messages, losses and crashes, and old or second cards: voters are served, once."""

import pytest

from kiosk.domain.chain import Stored
from kiosk.node import Heard
from tests.stories.place import Place, batch_of


@pytest.fixture
def place() -> Place:
    """A place whose poll is open."""
    return Place().morning()


def green(place: Place, table: str, voter: int) -> bool:
    """Whether a voter gets ballots at a table within some seconds."""
    place.wait(1_000)
    place.ask(table, voter)
    for _ in range(8):
        place.wait(500)
        if place.shown(table) == "Green":
            place.hand_out(table)
            place.touch(table, "next")
            place.wait(1_000)
            return True
    return False


def old_card(place: Place, name: str, *voters: int) -> None:
    """A table's card is put back as it was before these voters were served there."""
    card = list(place.devices[name].disk), place.devices[name].run
    for voter in voters:
        place.serve(name, voter)
    place.put_back(name, card)
    place.restart(name)
    place.wait(5_000)


def test_an_old_card_serves_the_voters_of_its_own_book(place: Place) -> None:
    """Table 1's card is put back as it was before two voters; the others know more of its run. It learns that, is a member,
    refuses those two, and serves the next of its own book and of another's."""
    old_card(place, "T1", 101, 202)
    assert not place.core("T1").fault
    assert place.is_member("T1")
    assert place.refuses("T1", 101)
    assert place.refuses("T1", 202)
    assert green(place, "T1", 203)
    assert green(place, "T1", 102)
    assert green(place, "T2", 103)


def test_an_old_card_put_back_twice(place: Place) -> None:
    """The same twice, from the same old card: the second time others know a later run of it: rule T."""
    card = list(place.devices["T1"].disk), place.devices["T1"].run
    place.serve("T1", 101)
    place.put_back("T1", card)
    place.restart("T1")
    place.wait(5_000)
    assert green(place, "T1", 102)
    place.put_back("T1", card)
    place.restart("T1")
    place.wait(5_000)
    assert place.core("T1").fault
    place.put_in_spare("T1")
    place.restart("T1")
    place.wait(5_000)
    place.take_over("T1.1", "T1")
    assert place.holders(1) == {"T1.2"}
    place.chair("T1").leave()
    place.wait(1_000)
    assert place.refuses("T1", 101)
    assert place.refuses("T1", 102)
    assert green(place, "T1", 103)


def copied(place: Place, name: str) -> tuple[list[Stored], str]:
    """A copy of a node's card as it is now."""
    return list(place.devices[name].disk), place.devices[name].run


def test_two_cards_that_run_at_once_stop(place: Place) -> None:
    """A copy of table 1's card has begun a run elsewhere: table 1 hears of it, and neither goes on."""
    disk, run = copied(place, "T1")
    other = Place()
    other.devices["T1"].disk, other.devices["T1"].run = list(disk), run
    other.keys["T1.1"] = place.keys["T1.1"]  # so that it draws another name
    other.mono_ms = place.mono_ms
    other.restart("T1")
    assert other.devices["T1"].run != run
    rows = [row for row in other.devices["T1"].disk if row.run == other.devices["T1"].run]
    for name in ("S", "T1", "T2"):
        place._put(name, Heard("T1.1", batch_of(rows)))
    place.wait(2_000)
    assert place.core("T1").fault


def test_a_grant_of_the_other_card_that_restarted_is_no_green_here(place: Place) -> None:
    """Table 1's power fails right after its grant, before table 2 hears; restarted it refuses nobody twice."""
    place.hold("T1", "S")
    place.hold("T1", "T3")
    place.ask("T2", 102)
    place.deliver_only("T2", "T1")
    place.lose_what_is_under_way()
    place.crash("T1")
    place.heal()
    place.restart("T1")
    place.wait(5_000)
    assert place.shown("T2") == "Green"
    place.hand_out("T2")
    place.touch("T2", "next")
    place.wait(2_000)
    assert place.refuses("T3", 102)
    assert place.conflicts() == {}


def test_a_request_whose_start_is_not_known_is_decided_on_when_it_comes(place: Place) -> None:
    """Table 2 starts again, and table 1 lacks that start, since it was lost: the ask waits for it, and the voter is served."""
    place.crash("T2")
    place.restart("T2")
    place.lose_what_is_under_way()
    place.hold("T1", "T2")
    place.wait(3_000)
    place.heal()
    assert green(place, "T2", 101)


def test_batches_that_come_in_any_order_and_twice(place: Place) -> None:
    """Table 1's log reaches table 3 backwards, run by run and in pieces, each twice: it ends up with all of it."""
    place.cut_off("T3")
    for voter in (101, 102):
        place.serve("T1", voter)
    place.crash("T1")
    place.restart("T1")
    place.wait(2_000)
    rows = [row for row in place.devices["T1"].disk if row.run.startswith("T1.1")]
    pieces: list[list[Stored]] = [[]]
    for row in rows:
        if pieces[-1] and pieces[-1][-1].run != row.run:
            pieces.append([])
        pieces[-1].append(row)
        if row.signature is not None:
            pieces.append([])
    good = [piece for piece in pieces if piece and piece[-1].signature is not None]
    for piece in [*reversed(good), *reversed(good)]:
        place._put("T3", Heard("T1.1", batch_of(piece)))
    place.heal()
    place.wait(3_000)
    assert place.stored("T3", "T1") == place.stored("S", "T1")
    assert not place.core("T3").books.refused


@pytest.mark.parametrize("held", ["S", "T1", "T3"])
def test_a_stop_whose_author_dies_is_finished_at_another_table(place: Place, held: str) -> None:
    """The chair uses a code at one node, which dies before its view; the next code at another finishes the move."""
    place.serve("T2", 201)
    place.crash("T2")
    other = next(name for name in ("S", "T1", "T3") if name != held)
    place.stop(held, "T2")
    place.wait(1_000)
    place.crash(held)
    place.stop(other, "T2", held)
    place.wait(2_000)
    place.finish(other)
    place.wait(2_000)
    third = next(name for name in ("T1", "T3", "S") if name not in (held, other))
    assert {name: holders for name in (other, third) if (holders := place.holders(2))} == {
        other: {place.devices[other].name},
        third: {place.devices[other].name},
    }
    assert place.marked(other, 201)


def test_a_branch_that_is_shorter_than_the_other_is_learnt(place: Place) -> None:
    """Table 1's card is put back as it was, and its new run's start does not reach table 3, which knows the other branch
    further: table 3 learns it from heads, and is none the less a member when it starts again."""
    card = list(place.devices["T1"].disk), place.devices["T1"].run
    for voter in (101, 102, 103, 104):
        place.serve("T1", voter)
    place.put_back("T1", card)
    place.hold("T1", "T3")
    place.restart("T1")
    place.lose_what_is_under_way()
    place.hold("S", "T3")
    place.hold("T2", "T3")
    place.wait(3_000)
    place.heal()
    place.wait(5_000)
    name = place.devices["T1"].run
    assert name in place.core("T3").books.books.runs
    assert place.core("T3").books.books.runs.stored == place.core("S").books.books.runs.stored
