"""A document and its disk: full, unwritable, damaged. It is whole or not there, and that is told."""

import os
import signal
import subprocess
import sys

import pytest
from disks import memory_disk, needs_root
from process_tools import may_vote, open_poll, serve
from report_loops import LIST, loop_of

from kiosk import limits
from kiosk.domain.reports import DocumentProgress, DocumentReady, Job, ReportFailed
from kiosk.reports.wholefile import part_of, whole_file
from kiosk.store.database import Database
from kiosk.store.errors import DiskFullError


@needs_root
@pytest.mark.parametrize("percent", [None, 0, 60])
def test_a_full_disk_is_told(table, loop, percent):
    """Full before, or while the document is being made: nothing is left of it, and with room it is made."""
    with memory_disk() as disk:
        file = disk.folder / "a.pdf"
        if percent is None:
            disk.fill()
            assert loop.done(LIST, file) == ReportFailed("disk_full")
        else:
            loop.helper.begin(Job(LIST, str(file)))
            loop.until(lambda: loop.percent() >= percent)
            os.kill(loop.helper.pid, signal.SIGSTOP)
            disk.fill()
            os.kill(loop.helper.pid, signal.SIGCONT)
            loop.until(lambda: loop.helper.job is None)
            if not file.exists():  # else it was quicker than the test
                assert loop.told[-1] == ReportFailed("disk_full")
        assert {path.name for path in disk.folder.iterdir()} <= {"filler", "a.pdf"}
        disk.make_room()
        assert isinstance(loop.done(LIST, file), DocumentReady)


@needs_root
def test_a_disk_that_fills_while_a_file_is_written_leaves_none_of_it(monkeypatch):
    """The room is looked at before; where it goes all the same, the half file goes too."""
    monkeypatch.setattr(limits, "ROOM_BYTES", -(10**9))
    with memory_disk() as disk:
        with pytest.raises(DiskFullError), whole_file(disk.folder / "a.pdf") as write:
            write(bytes(10_000_000))
        assert not list(disk.folder.iterdir())


def test_the_room_that_marks_need_is_left(tmp_path, monkeypatch):
    """A document that would take it is not written."""
    monkeypatch.setattr(limits, "ROOM_BYTES", 10**18)
    with pytest.raises(DiskFullError), whole_file(tmp_path / "a.pdf") as write:
        write(b"PDF")
    assert not list(tmp_path.iterdir())


def test_two_that_make_one_file_leave_a_whole_one(tmp_path):
    """A worker whose node was killed is at its end, and the next node's has begun with the same document: each writes on its
    own, and what is told as ready is whole at any time."""
    file = tmp_path / "a.pdf"
    with whole_file(file) as write:
        command = [sys.executable, "-c", _ALSO, str(file)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout.readline() == b"begun\n"
            write(b"the first")
            assert file.read_bytes() == b"the first"
            other.communicate(b"go on")
        assert file.read_bytes() == b"the second"
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]


_ALSO = """
import pathlib, sys
from kiosk.reports.wholefile import whole_file
with whole_file(pathlib.Path(sys.argv[1])) as write:
    print("begun", flush=True)
    sys.stdin.read()
    write(b"the second")
"""


@needs_root
def test_a_folder_that_cannot_be_written_is_told_at_once(table, loop):
    """Before anything is folded or drawn."""
    with memory_disk() as disk:
        disk.remount("ro")
        assert loop.done(LIST, disk.folder / "a.pdf") == ReportFailed("read_only")
    assert loop.done(LIST, table.folder / "nowhere" / "a.pdf") == ReportFailed("disk")
    assert not any(isinstance(reply, DocumentProgress) for reply in loop.told)


def test_a_document_is_its_owners_alone(tmp_path):
    """Whatever the process's umask, and what an earlier process of this number has left is not written on."""
    left = part_of(tmp_path / "a.pdf", os.getpid())
    left.write_bytes(b"earlier")
    left.chmod(0o644)
    before = os.umask(0)
    try:
        with whole_file(tmp_path / "a.pdf") as write:
            write(b"PDF")
    finally:
        os.umask(before)
    assert (tmp_path / "a.pdf").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]


def test_a_damaged_log_makes_no_document(make_table):
    """One entry was changed on the disk."""
    table = make_table()
    with table.node(), table.screen(draws=True) as client:
        open_poll(client, table)
        serve(client, table, may_vote(table)[0])
    with Database(table.data) as database:
        database.db.conn.execute("update log set entry = cast(replace(entry, 'issued', 'Issued') as blob)")
        database.db.conn.commit()
    with loop_of(table) as loop:
        assert loop.done(LIST, table.folder / "a.pdf") == ReportFailed("corrupt")
    assert not list(table.folder.glob("a.pdf*"))
