"""The voter list comes to a table that has only its bundle, in a place with real nodes, brokers and cables."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from process_tools import may_vote, serve, stop

from kiosk.domain import screens as s
from kiosk.domain.texts import text
from kiosk.simulated.place import SimulatedPlace
from kiosk.store.database import Database
from kiosk.store.voterlist import VoterList, list_digest

VOTERS = 30_000


@pytest.fixture
def place():
    """The secretary's node and two tables, whose poll is open."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(SimulatedPlace(folder, folder, tables=2, voters=VOTERS, seed=3)) as place:
        place.start()
        place.await_brokers()
        yield place


def stored(node):
    """How many voters are in a node's database."""
    with closing(sqlite3.connect(f"file:{node.data / 'node.db'}?mode=ro", uri=True)) as database:
        return database.execute("select count(*) from voters").fetchone()[0]


def coming(screen):
    """Whether a screen tells how much of the list has come."""
    return s.shows(screen.content, s.Kind.NOT_READY) and screen.content.code == "K6"


def spare_of(place):
    """The spare card in table 2's device, which the chair has stopped, with the voters of table 1's book to serve."""
    spare = place.put_in_spare(2)
    stop(place, place.table(1), "T2")
    spare.place, spare.voters = place.code, [voter for voter in place.voters if voter.book == 1]
    return spare


def test_a_new_table_fetches_the_list_and_serves(place):
    """A spare card with only its bundle: its screen tells how much has come, it becomes a member, and serves a voter."""
    spare = spare_of(place)
    spare.start()
    with spare.screen() as screen:
        told = screen.until(coming).content
        assert (told.headline, told.remedy) == (text("not_ready", "da"), text("list_coming_do", "da"))
        assert told.reason.endswith("af 30 000.")
        screen.showing(s.Ready)
        assert isinstance(serve(screen, spare, may_vote(spare)[0]).content, s.Green)
    spare.power_off()
    digests = set()
    for node in (spare, place.table(2), place.secretary):
        with Database(node.data, read_only=True) as database:
            digests.add(VoterList(database, "oevelse/4701").digest())
    assert len(digests) == 1


def test_a_fetch_that_is_cut_off_goes_on_where_it_was(place):
    """Its power fails while the list comes: at the next start nothing that is here is fetched again."""
    spare = spare_of(place)
    spare.start()
    with spare.screen() as screen:
        screen.until(coming)
    spare.power_off()
    before = stored(spare)
    assert 0 < before < VOTERS
    spare.start()
    with spare.screen() as screen:
        first = screen.until(coming).content.reason
        assert int("".join(filter(str.isdigit, first.partition(" af ")[0]))) > before
        screen.showing(s.Ready)
    assert stored(spare) == VOTERS


def test_the_assistant_gives_the_list_when_the_secretarys_node_has_stopped(place):
    """Table 2 is the assistant: with the secretary's node off, table 1's spare has the list from it."""
    place.secretary.power_off()
    spare = place.put_in_spare(1)
    spare.start()
    with spare.screen() as screen:
        screen.until(coming)
        screen.showing(s.Kind.NOT_READY)
        screen.until(lambda screen: not coming(screen))
    assert stored(spare) == VOTERS


def test_a_table_that_was_wiped_and_given_another_list_stops_and_the_others_go_on(place):
    """Table 1's list lacks one voter, and it has no marks: it takes the secretary's. Then others have entries of it, so that it
    stops for good (F7) as soon as it hears of them; the others serve on."""
    table = place.table(1)
    table.power_off()
    with closing(sqlite3.connect(table.data / "node.db")) as database, database:
        database.execute("delete from log")
        database.execute("delete from facts")
    (table.data / "written").unlink()
    with Database(table.data) as database:
        VoterList(database, "oevelse/4701").replace(place.voters[:-1])
    table.start()
    with table.screen() as screen:
        assert screen.showing(s.Kind.FAULT).content.code == "F7"
    with Database(table.data, read_only=True) as database:
        assert VoterList(database, "oevelse/4701").digest() == list_digest("oevelse/4701", place.voters)
    other = place.table(2)
    other.place, other.voters = place.code, [voter for voter in place.voters if voter.book == 2]
    with other.screen() as screen:
        screen.showing(s.Ready)
        assert isinstance(serve(screen, other, may_vote(other)[0]).content, s.Green)
