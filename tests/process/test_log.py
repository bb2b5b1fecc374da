"""The log's file: what is moved when."""

import sqlite3
from pathlib import Path

import pytest

from kiosk import limits
from kiosk.domain.chain import Stored
from kiosk.store.database import FILE, Database
from kiosk.store.errors import StoreError
from kiosk.store.log import Log

RUN = "T1.1-0000000000000001"


def moved(folder: Path) -> int:
    """The entries in the database itself, its write-ahead log left aside."""
    with sqlite3.connect(f"{(folder / FILE).absolute().as_uri()}?immutable=1", uri=True) as alone:
        (tables,) = alone.execute("select count(*) from sqlite_master where name = 'log'").fetchone()
        return alone.execute("select count(*) from log").fetchone()[0] if tables else 0


def test_no_commit_moves_the_write_ahead_log_and_tidying_does(tmp_path):
    """A day's commits one by one: each returns once it is on disk; the pages are moved in between, a few at a time."""
    with Database(tmp_path) as database:
        log = Log(database)
        for number in range(1, 3 * limits.CHECKPOINT_COMMITS + 1):
            before = moved(tmp_path)
            log.commit([Stored(RUN, number, b"x" * 300, b"s" * 64)], RUN, 0)
            assert moved(tmp_path) == before
            log.tidy()
            assert moved(tmp_path) == number - number % limits.CHECKPOINT_COMMITS
        assert log.lost() == 0
    assert moved(tmp_path) == 3 * limits.CHECKPOINT_COMMITS


def test_the_run_is_noted_in_the_commit_of_its_start(tmp_path):
    """Both are on disk, or neither is: a start that others may have heard of is never forgotten."""
    start, later = Stored(RUN, 1, b"x", b"s"), "T1.1-0000000000000002"
    with Database(tmp_path) as database:
        log = Log(database)
        log.commit([start], RUN, 0)
        with pytest.raises(StoreError):
            log.commit([Stored(later, 2, b"x", b"s"), start], later, 0)
        assert (log.run, Log(database).run, log.count()) == (RUN, RUN, 1)
