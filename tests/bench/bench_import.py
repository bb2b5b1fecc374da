"""Seconds to import a voter list, beside what csv and SQLite alone take for the same rows in the same run.

python tests/bench/bench_import.py [voters]
"""

import csv
import resource
import sqlite3
import sys
import tempfile
from dataclasses import fields
from datetime import date
from pathlib import Path
from time import perf_counter

from kiosk.domain.voters import Voter
from kiosk.simulated.voters import sample_voters, write_list
from kiosk.store.database import Database
from kiosk.store.listfile import read_list
from kiosk.store.listrows import ListFormat
from kiosk.store.voterlist import VoterList

COLUMNS = {field.name: field.name for field in fields(Voter)}
FORM = ListFormat(COLUMNS, {"council": "council", "region": "region"}, frozenset({1, 2, 3, 4, 5, 6}), date(2025, 11, 18))


def product(file: Path, folder: Path) -> tuple[float, float]:
    """Return the seconds to read and check, and those to store with the digest."""
    with Database(folder / "product") as database:
        start = perf_counter()
        voters = read_list(file, FORM)
        read = perf_counter()
        VoterList(database, "valg/4701").replace(voters)
        return read - start, perf_counter() - read


def yardstick(file: Path, folder: Path) -> float:
    """Return the seconds of a bare csv.reader and executemany into one such table, in one durable commit."""
    db = sqlite3.connect(folder / "yardstick.db")
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=full")
    db.execute(f"create table voters (number integer primary key, {', '.join(list(COLUMNS)[1:])})")
    start = perf_counter()
    with file.open(encoding="utf-8", newline="") as text, db:
        rows = csv.reader(text, delimiter=";")
        next(rows)
        db.executemany(f"insert into voters values ({', '.join('?' * len(COLUMNS))})", rows)
    seconds = perf_counter() - start
    db.close()
    return seconds


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "list.csv"
        write_list(file, sample_voters(count, 1, ("council", "region"), (1, 2, 3, 4, 5, 6)), COLUMNS)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        read, store = product(file, folder)
        peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        bare = yardstick(file, folder)
    total = read + store
    print(
        f"import of {count:,} voters: {total:.2f} s (read and check {read:.2f}, store and digest {store:.2f}),"
        f" {total / bare:.1f} x bare csv and SQLite ({bare:.2f} s), {peak:.0f} MiB more memory at the peak"
    )


if __name__ == "__main__":
    main()
