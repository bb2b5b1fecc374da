"""What the worker knows of voters, nobody learns by its crashes, its arguments or its output."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest
from report_loops import LIST, loop_of

from kiosk import wiring
from kiosk.domain.reports import ReportFailed, Search
from kiosk.store.database import Database
from kiosk.trust.bundle import Bundle

SECRETS = ("Hemmelig", "14031968", "1968-03-14", "417417")


def test_a_question_stands_in_no_list_of_processes(table, loop):
    """Neither as an argument nor in the environment; and a crash would leave no core."""
    loop.done(Search(" ".join(SECRETS)))
    process = Path(f"/proc/{loop.helper.pid}")
    seen = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    assert b"worker" in seen
    assert [secret for secret in SECRETS if secret.encode() in seen] == []
    assert re.search(r"Max core file size +0 +0 ", (process / "limits").read_text())
    assert (process / "oom_score_adj").read_text() == "1000\n"
    assert os.getpriority(os.PRIO_PROCESS, loop.helper.pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 19)
    if (process / "autogroup").exists():
        assert (process / "autogroup").read_text().endswith(" nice 10\n")


@pytest.mark.parametrize(
    "line",
    [
        '{"wanted":{"type":"Search","text":"Hemmelig 14031968 417417"',
        '{"wanted":{"type":"Hemmelig 1968-03-14"}}',
        '{"wanted":{"type":"Search","text":["Hemmelig 14031968"]}}',
        '{"wanted":{"type":"Search","text":"a","Hemmelig 14031968":1}}',
        '{"wanted":{"type":"Search","text":"\udcff"}}',
    ],
)
def test_a_crash_tells_where_and_nothing_of_voters(table, line):
    """A question that is none ends it: the error's own words, which may hold it, are not said."""
    ours, theirs = socket.socketpair()
    command = wiring.worker_command(Bundle.load(table.bundle), table.data)
    with (
        ours,
        theirs,
        subprocess.Popen(command, stdin=theirs.fileno(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as ended,
    ):
        ours.sendall(line.encode(errors="surrogateescape") + b"\n")
        said = ended.stdout.read().decode()
        assert ended.wait() == 1
    assert "worker.py" in said
    assert "the worker has failed: " in said
    assert [secret for secret in SECRETS if secret in said] == []


@pytest.mark.parametrize("column", ["born = 'Hemmelig 14031968'", "roll = 'Hemmelig'"])
def test_a_damaged_row_is_told_and_not_shown(table, column, capfd):
    """A voter's row that is no voter: the page hears of it, and no output has the row in it."""
    with Database(table.data) as database:
        database.db.conn.execute("drop table voters")
        database.db.conn.execute(
            "create table voters (number integer primary key, name, address, born, book, elections, postal, roll, struck)"
        )
        row = (417417, "Hemmelig", "", "1968-03-14", 1, "byraad", "", "main", None)
        database.db.conn.execute("insert into voters values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        database.db.conn.execute(f"update voters set {column}")
        database.db.conn.commit()
    with loop_of(table) as loop:
        assert loop.done(Search("hemmelig")) == ReportFailed("corrupt")
        assert loop.done(LIST, table.folder / "a.pdf") == ReportFailed("corrupt")
    out = "".join(capfd.readouterr())
    assert [secret for secret in SECRETS if secret in out] == []
