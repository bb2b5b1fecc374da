"""A memory card that is a copy or too old, put into a table of a place with real nodes, brokers and cables."""

import shutil
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from process_tools import checked, log_of, may_vote, serve

from kiosk.domain import screens as s
from kiosk.simulated.place import Place
from kiosk.store.database import Database
from kiosk.store.log import Log


@pytest.fixture
def place():
    """The secretary's node and two tables, whose poll is open."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(Place(folder, folder, tables=2, voters=60, seed=3, brokers=1)) as place:
        place.start()
        yield place


def test_a_table_with_an_old_card_stops_and_never_serves_with_it_again(place):
    """Its card is put back as it was before it served: F7 when it meets the others, and still when it is cut off from them."""
    table = place.table(2)
    table.place, table.voters = place.code, place.voters
    place.stop_nodes()
    shutil.copytree(table.data, table.data.with_name("old"))
    for node in place.nodes.values():
        node.start()
    with table.screen() as client:
        client.showing(s.Ready)
        assert isinstance(serve(client, table, may_vote(table)[0]).content, s.Green)
    place.stop_nodes()
    shutil.rmtree(table.data)
    table.data.with_name("old").rename(table.data)
    for node in place.nodes.values():
        node.start()
    with table.screen() as client:
        assert client.showing(s.Fault).content.code == "F7"
        assert client.screen.content.remedy.startswith("Udlevér ingen stemmesedler.")
    table.power_off()
    table.cable(plugged_in=False)
    table.start()
    with table.screen() as client:
        assert client.next().content.code == "F7"
    table.power_off()
    status, words = checked(table)
    assert status == 1
    assert "this card is a copy or an old one" in words
    assert "stopped for good: copied" in log_of(table, "node-table-2")


def test_a_table_remembers_who_claims_that_its_log_is_longer(place):
    """It heard so in its last run: cut off it says so, as does its self-test. The chair attests that who said it is stopped."""
    table = place.table(2)
    table.place, table.voters = place.code, place.voters
    table.power_off()
    with Database(table.data) as database:
        Log(database).note("T1.1")
    status, words = checked(table)
    assert status == 1
    assert "this card is probably an old one" in words
    table.cable(plugged_in=False)
    table.start()
    with table.screen() as client:
        client.until(lambda screen: isinstance(screen.content, s.NotReady) and screen.content.code == "K7")
    place.table(1).power_off()
    table.cable(plugged_in=True)
    with table.screen() as client:
        client.until(lambda screen: isinstance(screen.content, s.NotReady) and screen.content.code == "K4")
        place.chair(client, table).attest({"T1.1"})
        client.showing(s.Ready)
    assert "caught up with the others: nothing speaks against this disk any more" in log_of(table, "node-table-2")
    table.power_off()
    with Database(table.data) as database:
        assert Log(database).doubt == ""
