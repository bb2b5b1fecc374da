"""Whether searches and documents slow a check-in: voters are served with and without them, by turns.

python tests/bench/bench_reports.py [pairs]

A node of the real program serves voters of a list of 25,000, with a log of 20,000 entries. Beside it, started as a node starts
its own helpers, one worker makes the marked list of all of them, again and again, and another answers ten searches a second.
They are stopped and go on by turns: each pair has both within a second or two. The yardstick is `bench_checkin`'s bare loop.
"""

import itertools
import os
import select
import selectors
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench_checkin import a_table, cards, fill_log, one_by_one, yardstick

from kiosk import limits, wiring
from kiosk.domain import screens as s
from kiosk.domain.reports import DocumentReady, Job, MarkedList, Order, Reply, Search
from kiosk.remote.screen_client import ScreenClient
from kiosk.reports.client import Helper
from kiosk.simulated.table import SimulatedTable
from kiosk.trust.bundle import Bundle

VOTERS, ENTRIES = 25_000, 20_000
BLOCK = 50  # check-ins with, then without
PAIRS = 24
SEARCH_S = 0.1
GOAL = 1.2


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    with a_table(VOTERS) as table:
        fill_log(table, ENTRIES)
        queue = itertools.islice(cards(table), ENTRIES // 3 + 1, None)
        with table.node(), ScreenClient(table.socket, draws=True) as client:
            client.showing(s.Ready)
            one_by_one(table, client, queue, 1)  # its rows are the yardstick's
            with yardstick(table, ()) as commits, load(table) as running:
                running(True)
                running(False)
                client.touch("next")
                client.showing(s.Ready)
                one_by_one(table, client, queue, 2 * BLOCK)  # warm
                commits(BLOCK)
                measured = {True: ([], [], []), False: ([], [], [])}
                ratios: list[float] = []
                bare: list[float] = []
                for pair in range(pairs):
                    medians = {}
                    for busy in (True, False) if pair % 2 else (False, True):
                        running(busy)
                        scans, greens = one_by_one(table, client, queue, BLOCK)
                        commit = commits(BLOCK)
                        for kept, new in zip(measured[busy], (scans, greens, commit), strict=True):
                            kept += new
                        medians[busy] = statistics.median(greens), statistics.median(commit)
                    ratios.append(medians[True][0] / medians[False][0])
                    bare.append(medians[True][1] / medians[False][1])
            client.touch("next")
            client.showing(s.Ready)
    for what, at in (("scan → voter screen", 0), ("approve → green", 1), ("bare loop", 2)):
        for busy in (False, True):
            p50, p95 = spread(measured[busy][at])
            print(f"{what}, {'with' if busy else 'without'} searches and documents: p50 {p50:.2f} ms, p95 {p95:.2f} ms")
    ratio = statistics.median(ratios)
    met = "met" if ratio <= GOAL else "MISSED"
    print(f"approve → green, with / without, median of {pairs} pairs: {ratio:.2f} (goal ≤ {GOAL}) {met}")
    print(f"bare loop, with / without, median of {pairs} pairs: {statistics.median(bare):.2f}")


def spread(seconds: list[float]) -> tuple[float, float]:
    """p50 and p95 in ms."""
    return statistics.median(seconds) * 1e3, statistics.quantiles(seconds, n=20)[-1] * 1e3


@contextmanager
def load(table: SimulatedTable) -> Iterator:
    """The searches and documents, stopped: a function that lets them go on, or stops them. In the end it says what was done."""
    command = [sys.executable, __file__, "--load", str(table.bundle), str(table.data), str(table.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        works = False

        def running(busy: bool) -> None:
            nonlocal works
            if busy != works:
                works = busy
                print(file=process.stdin, flush=True)
                process.stdout.readline()

        yield running
        running(False)
        print(process.communicate()[0].strip())


class Load:
    """One worker makes the list again and again, another one searches."""

    def __init__(self, bundle_folder: str, data: str, out: str) -> None:
        limits.WORKER_SILENT_S = 1e9  # they are stopped half of the time
        command = wiring.worker_command(Bundle.load(Path(bundle_folder)), Path(data))
        self._out, self._due_s = out, 0.0
        self._selector = selectors.DefaultSelector()
        self.helpers = [Helper(command, self._selector, self._heard) for _ in range(2)]
        self._texts = itertools.cycle(["an", "anne", "soren n", "14031968", "4182", "jor", "moller kj"])
        self.documents = self.searches = 0
        self.percent = -1

    def turn(self) -> None:
        """Have both at work, and hear what they say."""
        documents, searches = self.helpers
        if documents.job is None:
            documents.begin(Job(MarkedList(Order.NAME, "da"), f"{self._out}/list.pdf"))
        if searches.job is None and time.monotonic() >= self._due_s:
            self._due_s = time.monotonic() + SEARCH_S
            searches.begin(Job(Search(next(self._texts))))
        for key, mask in self._selector.select(min(documents.tick(), searches.tick(), SEARCH_S)):
            key.data(mask)

    def send(self, number: signal.Signals) -> None:
        """Stop both workers, or let them go on."""
        for helper in self.helpers:
            if helper.pid is not None:
                os.kill(helper.pid, number)

    def _heard(self, job: Job, reply: Reply) -> None:
        self.percent = getattr(reply, "percent", self.percent)
        self.searches += isinstance(job.wanted, Search)
        self.documents += isinstance(reply, DocumentReady)


def run_load(*where: str) -> None:
    """Begin, and stop; each line that comes in lets them go on or stops them, and is answered. Then say what was done."""
    load = Load(*where)
    while load.percent < 0 or not load.searches:
        load.turn()
    load.send(signal.SIGSTOP)
    while sys.stdin.readline():
        load.send(signal.SIGCONT)
        print(flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            load.turn()
        sys.stdin.readline()
        load.send(signal.SIGSTOP)
        print(flush=True)
    for helper in load.helpers:
        helper.close()
    print(f"beside: {load.documents} documents made, the next one at {load.percent} %; {load.searches} searches answered")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--load"]:
        run_load(*sys.argv[2:])
    else:
        main()
