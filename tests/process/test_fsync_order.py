"""The mark is on the disk before the green is on its way: shown by the system calls, since a kill can't show a missing sync."""

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from process_tools import may_vote, opened, serve
from system_calls import unsynced_greens

from kiosk.domain import screens as s

SERVED = 10
CARELESS = Path(__file__).with_name("careless_node.py")
STRACE = ("strace", "-f", "-y", "-s", "4096", "-e", "trace=fsync,fdatasync,write,pwrite64,recvfrom,sendto")

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt-get install strace")


def trace_of_a_run(table, *instead):
    """Serve voters at a node under strace; return the trace's lines."""
    trace = table.folder / "trace"
    with table.node(*STRACE, "-o", str(trace), *instead) as strace:
        with table.screen(draws=True) as client:
            client.showing(s.Ready)
            for number in may_vote(table)[:SERVED]:
                assert isinstance(serve(client, table, number).content, s.Green)
        node = int(Path(f"/proc/{strace.pid}/task/{strace.pid}/children").read_text())
        os.kill(node, signal.SIGTERM)  # strace itself lets no signal through; it ends with the node
        strace.wait()
    return trace.read_text(errors="replace").splitlines()


def test_the_log_is_synced_between_every_approval_and_its_green(table):
    """Between the approval's bytes and the green's, a sync of everything that was written to the log's file has returned."""
    opened(table)
    greens, faults = unsynced_greens(trace_of_a_run(table))
    assert faults == []
    assert greens == SERVED


def test_a_node_that_does_not_wait_for_the_disk_is_found_out(table):
    """The same check of a node that runs with synchronous=OFF names every one of its greens."""
    opened(table)
    greens, faults = unsynced_greens(trace_of_a_run(table, sys.executable, str(CARELESS)))
    assert greens == SERVED
    assert len(faults) == SERVED


APPROVED = r'7 recvfrom(9<socket:[1]>, "{\"type\":\"Touch\",\"screen\":5,\"touch\":\"approve\"}\n", 65536, 0, NULL, NULL) = 46'
WRITTEN = r'7 pwrite64(5</data/node.db-wal>, "\0", 4096, 32) = 4096'
SYNCED = "7 fdatasync(5</data/node.db-wal>) = 0"
GREEN = r'7 sendto(9<socket:[1]>, "{\"content\":{\"type\":\"Green\"}}\n", 31, 0, NULL, 0) = 31'


@pytest.mark.parametrize(
    ("trace", "faults"),
    [
        ([APPROVED, WRITTEN, SYNCED, GREEN], 0),
        ([APPROVED, WRITTEN, SYNCED[:-4] + " <unfinished ...>", "7 <... fdatasync resumed>) = 0", GREEN], 0),
        ([APPROVED, WRITTEN, GREEN, SYNCED], 1),
        ([APPROVED, SYNCED, WRITTEN, GREEN], 1),
        ([WRITTEN, SYNCED, APPROVED, GREEN], 1),
        ([APPROVED, WRITTEN, SYNCED.replace("-wal", ""), GREEN], 1),
        ([APPROVED, WRITTEN, SYNCED.replace("= 0", "= -1 EIO (Input/output error)"), GREEN], 1),
        ([APPROVED, WRITTEN, "8 fdatasync(5</data/node.db-wal> <unfinished ...>", GREEN, "8 <... fdatasync resumed>) = 0"], 1),
        ([APPROVED, WRITTEN, SYNCED, GREEN, GREEN], 1),
        ([WRITTEN, SYNCED, GREEN], 1),
    ],
)  # fmt: skip
def test_the_order_of_calls_is_read_rightly(trace, faults):
    """A sync counts only if it covers the last write, is the log's, succeeded, and ended before the green began."""
    assert unsynced_greens(trace)[0] == sum(line == GREEN for line in trace)
    assert len(unsynced_greens(trace)[1]) == faults
