"""A data folder belongs to one disk: no other's node or command ever goes on with it, and no second log is begun beside it."""

import sqlite3
from contextlib import closing

import pytest
from process_tools import log_of, may_vote, opened, serve, valgbord

from kiosk.domain import screens as s

OTHERS = ("spares/table-1", "another provision")


@pytest.fixture
def other(request, make_table):
    """A table that has served a voter; and the bundle of another disk: its spare, or one of the same name, made anew."""
    table = make_table(voters=20)
    opened(table)
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        assert isinstance(serve(client, table, may_vote(table)[0]).content, s.Green)
        client.touch("next")
        client.showing(s.Ready)
    if request.param == OTHERS[0]:
        return table, table.folder / "bundles" / "spares" / "table-1", "T1.2"
    return table, make_table(voters=0).bundle, "T1.1"


def files(folder):
    """What is in a folder, byte for byte."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unmark(table):
    """Make it a folder of before disks were noted."""
    with closing(sqlite3.connect(table.data / "node.db")) as database, database:
        assert database.execute("delete from facts where key = 'disk'").rowcount == 1


@pytest.mark.parametrize("other", OTHERS, indirect=True)
def test_a_node_never_goes_on_with_anothers_data(other):
    """Its screen and its output say whose they are, and nothing is written. The folder's own node then serves on."""
    table, bundle, _ = other
    before, own = files(table.data), table.bundle
    table.bundle = bundle
    with table.node(), table.screen(draws=True) as client:
        told = client.next().content
        assert s.shows(told, s.Kind.FAULT)
        assert told.code == "F10"
        assert "T1.1" in told.reason
    assert files(table.data) == before
    assert f"{table.data} is the data of T1.1" in log_of(table)
    table.bundle = own
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        assert isinstance(serve(client, table, may_vote(table)[1]).content, s.Green)


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "of an older version"])
@pytest.mark.parametrize("other", OTHERS[:1], indirect=True)
def test_no_command_touches_anothers_data(other, marked):
    """Import, check, verify, export and broker, with the spare's bundle; an older folder is told by its own log."""
    table, bundle, me = other
    if not marked:
        unmark(table)
    before = files(table.data)
    for words in (
        ("list", "import", table.list),
        ("check",),
        ("log", "verify"),
        ("log", "export", table.folder / "log.jsonl"),
        ("broker",),
    ):
        command = [word for word in words if isinstance(word, str)]
        done = valgbord(*command, "--bundle", bundle, "--data", table.data, *words[len(command) :])
        assert done.returncode == 1, words
        assert f"is the data of T1.1, and this bundle is {me}'s: nothing is written" in done.stdout + done.stderr, words
        assert files(table.data) == before, words
    done = valgbord("check", "--bundle", table.bundle, "--data", table.data)
    assert "ballots issued" in done.stdout


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "of an older version"])
@pytest.mark.parametrize("place", ["beside", "within"])
@pytest.mark.parametrize("other", OTHERS[:1], indirect=True)
def test_a_second_log_is_not_begun(other, place, marked):
    """A new folder beside the one that holds this disk's marks, or in it: node and import name that one, and write nothing."""
    table = other[0]
    if not marked:
        unmark(table)
    own, new = table.data, table.data.with_name("data-2") if place == "beside" else table.data / "new"
    done = valgbord("list", "import", "--yes", "--bundle", table.bundle, "--data", new, table.list)
    assert done.returncode == 1
    assert f"{own} has this disk's log" in done.stderr
    table.data = new
    with table.node(), table.screen(draws=True) as client:
        told = client.next().content
        assert (told.kind, told.code) == (s.Kind.FAULT, "F11")
        assert str(own) in told.reason
    assert not new.exists()
