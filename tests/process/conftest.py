"""Tables made of real programs, each in a short folder of its own: a Unix socket's path has at most 107 characters."""

import tempfile
from pathlib import Path

import pytest
from process_tools import import_list
from report_loops import loop_of

from kiosk.simulated.table import SimulatedTable


@pytest.fixture
def make_table():
    """Make a table with its keys, its list imported and its scanner plugged in; all are put away at the end."""
    tables = []

    def make(voters=300, data=None, **settings):
        folder = Path(tempfile.mkdtemp(prefix="vb-"))
        table = SimulatedTable(folder, folder)
        tables.append(table)
        table.provision(**settings)
        if data is not None:
            table.data = data
        if voters:
            import_list(table, voters)
        return table

    yield make
    for table in tables:
        table.close()


@pytest.fixture
def table(make_table):
    """A table with 300 voters, whose poll is not opened yet."""
    return make_table()


@pytest.fixture
def loop(table):
    with loop_of(table) as loop:
        yield loop


@pytest.fixture
def long_loop(make_table):
    """With a list that takes a second or two."""
    table = make_table(3_000)
    with loop_of(table) as loop:
        loop.folder = table.folder / "paper"
        loop.folder.mkdir()
        yield loop
