"""A memory card that is a copy, too old or empty, put into a table of a place with real nodes, brokers and cables."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from process_tools import card, checked, log_of, may_vote, serve

from kiosk.domain import screens as s
from kiosk.domain.texts import text
from kiosk.simulated.place import SimulatedPlace
from kiosk.store.database import FILE

TWO_CARDS = "there are two cards with this device's key"


@pytest.fixture
def place():
    """The secretary's node and two tables, whose poll is open."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(SimulatedPlace(folder, folder, tables=2, voters=60, seed=3, brokers=1)) as place:
        place.start()
        for node in place.nodes.values():
            node.place, node.voters = place.code, place.voters
        yield place


def copied(table):
    """A copy of a table's card as it is now; the table may be running."""
    old = table.data.with_name("old")
    old.mkdir()
    shutil.copy(table.data / "written", old)  # before the log, so that it is never ahead of it
    with closing(sqlite3.connect(table.data / FILE)) as now, closing(sqlite3.connect(old / FILE)) as copy:
        now.backup(copy)
    return old


def put_back(table, old):
    """Put a copy into the table in the place of its card."""
    table.power_off()
    shutil.rmtree(table.data)
    old.rename(table.data)


def served(table, number):
    """The table serves a voter, and waits for the next one."""
    with table.screen() as client:
        client.showing(s.Ready)
        assert isinstance(serve(client, table, number).content, s.Green)
        client.touch("next")
        client.showing(s.Ready)


def of_book(place, book):
    """Voters of a table's book who may be given both ballots."""
    mine = {voter.number for voter in place.voters if voter.book == book}
    return [number for number in may_vote(place.table(1)) if number in mine]


def test_a_table_with_a_card_from_before_its_last_start_stops_and_never_serves_with_it_again(place):
    """Others know a later run than the card does: F7 when it hears of it, and still when it is cut off from them."""
    table = place.table(2)
    table.power_off()
    old = table.data.with_name("old")
    shutil.copytree(table.data, old)
    table.start()
    served(table, of_book(place, 2)[0])
    put_back(table, old)
    table.start()
    with table.screen() as client:
        assert client.showing(s.Kind.FAULT).content.code == "F7"
        assert client.screen.content.remedy.startswith("Udlevér ingen stemmesedler.")
    table.power_off()
    table.cable(plugged_in=False)
    table.start()
    with table.screen() as client:
        assert client.next().content.code == "F7"
    table.power_off()
    status, words = checked(table)
    assert status == 1
    assert TWO_CARDS in words
    assert "stopped for good: copied" in log_of(table, "node-table-2")


def test_a_table_with_a_card_from_within_its_last_run_learns_what_it_went_on_with_and_serves(place):
    """Its voters since then are known to the others. Before it has heard of them it decides nothing: cut off it offers no
    island; and then it refuses who was served, shows that its card is an old one, and serves another."""
    table, (first, second, third, *_) = place.table(2), of_book(place, 2)
    served(table, first)
    old = copied(table)
    served(table, second)
    place.await_copies()
    put_back(table, old)
    table.cable(plugged_in=False)
    table.start()
    with table.screen() as client:
        client.until(lambda screen: s.shows(screen.content, s.Kind.NOT_READY) and screen.content.code == "K2")
        client.touch("menu")
        assert "island" not in {item.touch for item in client.showing(s.Sheet).content.buttons()}
        client.touch("cancel")
        table.cable(plugged_in=True)
        old_card = text("warn_old_card", "da")
        client.until(lambda screen: isinstance(screen.content, s.Ready) and old_card in screen.strip.warnings)
        table.scanner.scan(card(table, second))
        assert client.showing(s.Kind.REFUSED).content.code == "A1"
        client.touch("next")
        client.showing(s.Ready)
        assert isinstance(serve(client, table, third).content, s.Green)


def test_an_emptied_card_of_a_device_that_the_others_know_is_stopped(place):
    """It begins a log anew: F7 as soon as it hears of the one before, and the others take nobody for marked by it."""
    table, number = place.table(2), of_book(place, 2)[0]
    served(table, number)
    table.power_off()
    shutil.rmtree(table.data)
    table.start()
    with table.screen() as client:
        assert client.showing(s.Kind.FAULT).content.code == "F7"
    other = place.table(1)
    with other.screen() as client:
        client.showing(s.Ready)
        assert isinstance(serve(client, other, of_book(place, 1)[0]).content, s.Green)
