"""Seconds of a start after the longest day: 60,000 entries of 2,000 runs. Before it is done nobody can be served.

python tests/bench/bench_start.py
"""

import hashlib
import json
import resource
import sqlite3
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.domain import entries as e
from kiosk.domain.chain import Stored
from kiosk.node import Now
from kiosk.service.loop import _replay
from kiosk.simulated.plan import plan_text
from kiosk.simulated.voters import sample_voters
from kiosk.store.database import Database
from kiosk.store.log import Log
from kiosk.store.ownership import FILE
from kiosk.store.voterlist import VoterList
from kiosk.trust.bundle import Bundle, provision
from kiosk.wiring import log_beginning, node_maker

TABLES, VOTERS, ENTRIES, RUNS = 20, 20_000, 60_000, 2_000


def yardstick(folder: Path) -> float:
    """Seconds of processor time for the least that a start must do: each entry is read, hashed and taken apart."""
    db = sqlite3.connect(folder / FILE)
    began = time.process_time()
    for (data,) in db.execute("select entry from log"):
        hashlib.sha256(data).digest()
        json.loads(data)
    took = time.process_time() - began
    db.close()
    return took


@dataclass
class Author:
    """A device that writes its log with its own key."""

    device: str
    bundle: Bundle
    prev: str
    run: str = ""
    seq: int = 0
    runs: int = 0
    unsigned: list = field(default_factory=list)

    def start(self):
        before, self.runs = self.run, self.runs + 1
        self.run = f"{self.device}-{self.runs:016x}"
        return self.write(e.Start(before))

    def write(self, *bodies):
        """Entries of one commit, the last of them signed."""
        rows = []
        for body in bodies:
            self.seq += 1
            data = e.encode_entry(e.Entry(self.run, self.seq, self.prev, 1_763_450_000_000, body))
            self.prev = e.entry_hash(data)
            rows.append(Stored(self.run, self.seq, data, None))
        signature = self.bundle.key.sign(e.batch_signed(self.prev))
        rows[-1] = Stored(rows[-1].run, rows[-1].seq, rows[-1].data, signature)
        return rows


def a_long_day(bundles, beginning, book_of):
    """The rows of a day: each table serves voters of all books, and begins anew again and again."""
    authors = {device: Author(device, bundle, beginning) for device, bundle in bundles.items()}
    rows = [row for author in authors.values() for row in author.start()]
    each = ENTRIES // RUNS
    holders = {number: authors[f"T{number}.1"] for number in range(1, TABLES + 1)}
    hold = dict.fromkeys(holders, "")
    tables, runs, number = list(holders.values()), len(authors), 0
    for table in tables:
        hold[int(table.device[1:-2])] = f"{table.run}#1"
    while len(rows) < ENTRIES:
        asker = tables[number % TABLES]
        if runs < RUNS and len(rows) > runs * each:
            rows += asker.start()
            hold[int(asker.device[1:-2])] = f"{asker.run}#{asker.seq}"
            runs += 1
        number += 1
        voter = number * 7 % VOTERS + 1
        book = book_of[voter]
        id_, holder = f"{asker.run}/{number}", holders[book]
        rows += asker.write(e.Request(id_, e.Op.CHECK_IN, voter, ("byraad", "region"), e.How.SPOKEN, e.Source.CARD))
        rows += holder.write(e.Decision(id_, voter, ("byraad", "region"), hold[book], e.Outcome.GRANTED))
        rows += asker.write(e.Issued(id_))
    return rows, runs, number


def write_day(folder: Path) -> tuple[Bundle, int, int]:
    """Provision a place, and store a long day at table 1. Returns its bundle, and how many runs and served voters there are."""
    plan = folder / "plan.toml"
    plan.write_text(plan_text(folder / "no-scanner", {}, TABLES, (1, 2)), encoding="utf-8")
    made = provision(plan, folder / "bundles")
    bundles = {device: Bundle.load(path) for device, path in made.bundles.items() if device.endswith(".1")}
    bundle = bundles["T1.1"]
    with Database(folder / "data", bundle.device.disk) as database:
        voters = VoterList(database, bundle.plan.place.realm)
        voters.replace(sample_voters(VOTERS, 1, ("byraad", "region"), tuple(range(1, TABLES + 1)), bundle.plan.day.date))
        log = Log(database)
        rows, runs, served = a_long_day(bundles, log_beginning(bundle.plan, voters), voters.books())
        last = next(row.run for row in reversed(rows) if row.run.startswith("T1.1"))
        log.commit(rows, last, 1)
        log.tidy()
    return bundle, runs, served


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle, runs, served = write_day(folder)
        least = yardstick(folder / "data")
        with Database(folder / "data", bundle.device.disk) as database:
            before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            began = time.process_time()
            node, log = node_maker(bundle)(database), Log(database)
            assert _replay(node, log, bundle) >= ENTRIES
            node.recall(log.run)
            list(node.begin(lambda: Now(1_763_460_000_000, 1_000)))
            took = time.process_time() - began
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb) / 1024
        least = (least + yardstick(folder / "data")) / 2
        assert sum(map(len, node.books.books.runs.devices.values())) == runs + 1
        assert sum(node.ledger.served.values()) == served
        print(f"start after {ENTRIES} entries of {RUNS} runs: {took:.2f} s of processor time, {grown:.0f} MB more")
        print(f"yardstick, each entry read, hashed and taken apart: {least:.2f} s; ratio {took / least:.1f}")


if __name__ == "__main__":
    main()
