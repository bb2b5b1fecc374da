"""The worker for searches and documents: whatever becomes of it, its other end says so, and nothing is left."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from process_tools import import_list
from report_loops import LIST, is_whole, loop_of

from kiosk import limits, wiring
from kiosk.domain.reports import DocumentReady, Hits, Job, ReportFailed, Search
from kiosk.simulated.device import PATIENCE_S
from kiosk.store.database import Database
from kiosk.trust.bundle import Bundle

# --- searches -----------------------------------------------------------------------------------------------------------


def test_hits_come_in_parts(table, loop):
    """All parts together are the voters whom the name fits, each once, and the last part may be short."""
    wanted = {v.number for v in table.voters if any(word.startswith("J") for word in v.name.replace("-", " ").split())}
    parts = [loop.done(Search("j", part)) for part in range(-(-len(wanted) // limits.HITS_SHOWN) + 1)]
    assert {part.total for part in parts} == {len(wanted)}
    assert len(wanted) > limits.HITS_SHOWN
    found = [voter for part in parts for voter in part.voters]
    assert [len(part.voters) for part in parts[:-2]] == [limits.HITS_SHOWN] * (len(parts) - 2)
    assert parts[-1].voters == ()
    assert sorted(voter.number for voter in found) == sorted(wanted)
    assert set(found) <= set(table.voters)


def test_another_list_is_searched_as_soon_as_it_is_there(table, loop):
    """The worker goes on with the list that holds now."""
    before = table.voters[0]
    assert loop.done(Search(f"{before.number} {before.name}")).voters == (before,)
    import_list(table, 200, seed=2)
    after = table.voters[0]
    assert after.name != before.name
    assert loop.done(Search(f"{after.number} {after.name}")).voters == (after,)
    assert loop.done(Search(f"{before.number} {before.name}")).total == 0


def test_a_node_without_a_list_finds_nobody(make_table):
    """And one without a database says so."""
    table = make_table(voters=0)
    with loop_of(table) as loop:
        assert loop.done(Search("anne")) == ReportFailed("missing")
        with Database(table.data):
            pass
        assert loop.done(Search("anne")) == Hits(0, ())


# --- it dies, hangs, or says nonsense -----------------------------------------------------------------------------------


@pytest.mark.parametrize("percent", [-1, 20, 75])
def test_a_worker_that_is_killed_is_followed_by_another(long_loop, percent):
    """At any step: the job is done all the same, and the document is whole."""
    file = long_loop.folder / "a.pdf"
    long_loop.helper.begin(Job(LIST, str(file)))
    long_loop.until(lambda: long_loop.percent() >= percent)
    first = long_loop.helper.pid
    os.kill(first, signal.SIGKILL)
    long_loop.until(lambda: long_loop.helper.job is None)
    assert isinstance(long_loop.told[-1], DocumentReady)
    assert long_loop.helper.pid != first
    assert [path.name for path in long_loop.folder.iterdir()] == ["a.pdf"]
    assert is_whole(file)


def test_a_worker_that_hangs_is_killed_and_followed_by_another(table, loop, monkeypatch):
    """It is stopped while it waits for a question: the answer comes from the next one."""
    assert loop.done(Search("anne")).total > 0
    first = loop.helper.pid
    os.kill(first, signal.SIGSTOP)
    loop.helper.begin(Job(Search("anne")))
    monkeypatch.setattr(limits, "WORKER_SILENT_S", 0.0)  # only the question that is asked now has waited too long
    loop.helper._due_s = time.monotonic()
    loop.helper.tick()
    monkeypatch.undo()
    loop.until(lambda: loop.helper.job is None)
    assert isinstance(loop.told[-1], Hits)
    assert loop.helper.pid != first
    assert not Path(f"/proc/{first}").exists()


NONSENSE = {
    "ends at once": "",
    "no JSON": r"s.sendall(b'nonsense\n'); s.recv(1)",
    "another kind": r"""s.sendall(b'{"type":"Search","text":"anne"}\n'); s.recv(1)""",
    "an endless line": r"s.sendall(b'x' * 10_000_000)",
    "bytes of no text": r"""s.sendall(b'{"type":"ReportFailed","code":"\xff"}\n'); s.recv(1)""",
    "too much": r"""s.sendall(b'{"type":"ReportFailed","code":"disk"}\n' * 2); s.recv(1)""",
}


@pytest.mark.parametrize("program", NONSENSE.values(), ids=NONSENSE)
def test_a_worker_that_says_nonsense_is_given_up(table, program, caplog):
    """After three tries the job has failed; the loop never waited, and no process is left."""
    started = f"import socket; s = socket.socket(fileno=0); s.recv(1000); {program}"
    with loop_of(table, sys.executable, "-c", started) as loop:
        last = loop.done(Search("anne"))
        if program is NONSENSE["too much"]:
            loop.until(lambda: loop.helper.pid is None)
            assert last == ReportFailed("disk")
            return
        assert last == ReportFailed("internal")
        assert loop.helper.pid is None
    assert len(caplog.records) == limits.WORKER_TRIES


def test_a_worker_that_cannot_be_started_fails_the_job(table):
    """There is no such program: three tries, and a word to the page."""
    with loop_of(table, "/no/such/program") as loop:
        assert loop.done(Search("anne")) == ReportFailed("internal")


def test_a_worker_ends_when_nobody_waits_for_it(table, loop, monkeypatch):
    """After a while without a question; what it knows of voters goes with it. The next question starts another."""
    monkeypatch.setattr(limits, "WORKER_IDLE_S", 0.2)
    assert loop.done(Search("anne")).total > 0
    first = loop.helper.pid
    assert loop.helper.tick() <= 0.2
    loop.until(lambda: not Path(f"/proc/{first}").exists())
    assert loop.helper.pid is None
    assert loop.done(Search("anne")).total > 0


def test_a_worker_ends_with_who_has_started_it(table):
    """A node that is killed leaves none behind, and no half document."""
    ours, theirs = socket.socketpair()
    command = wiring.worker_command(Bundle.load(table.bundle), table.data)
    with theirs, subprocess.Popen(command, stdin=theirs.fileno(), stderr=subprocess.PIPE) as worker:
        file = table.folder / "a.pdf"
        ours.sendall(msgspec.json.encode(Job(LIST, str(file))) + b"\n")
        assert ours.recv(1)
        ours.close()
        theirs.close()
        assert worker.wait(PATIENCE_S) == 0
        assert worker.stderr.read() == b""
    assert not list(table.folder.glob("*.part"))


# --- cancel -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("percent", [-1, 0, 20, 75])
def test_a_document_is_cancelled_within_a_second(long_loop, percent):
    """At any step: the process is gone, and so is what it had written."""
    file = long_loop.folder / "a.pdf"
    long_loop.helper.begin(Job(LIST, str(file)))
    long_loop.until(lambda: long_loop.percent() >= percent)
    worker, since = long_loop.helper.pid, time.monotonic()
    long_loop.helper.stop()
    long_loop.until(lambda: not Path(f"/proc/{worker}").exists() and not list(long_loop.folder.iterdir()))
    assert time.monotonic() - since < 1
    assert isinstance(long_loop.done(LIST, file), DocumentReady)
    assert is_whole(file)
