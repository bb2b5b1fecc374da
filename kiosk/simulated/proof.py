"""The proof: no voter was given ballots twice, nothing green was lost, and all nodes agree.

It reads the databases as plain rows, and the record of the screens as plain lines. It uses no code of the product that reads a
log: whether that code is right is what is to be proved.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Log = dict[tuple[str, int], dict[str, Any]]
"""All entries of a database by run and seq, as plain JSON."""


@dataclass(frozen=True, slots=True)
class GreenSeen:
    """A green light on a table's screen: which voter, and which ballots, by the names on the screen."""

    table: int
    voter: int
    ballots: tuple[str, ...]


@dataclass(slots=True)
class Proof:
    """What was found: `faults` in sentences, none if all held; and how much was looked at."""

    faults: list[str] = field(default_factory=list)
    greens: int = 0
    entries: int = 0
    nodes: int = 0


def read_log(database: Path) -> Log:
    """All entries in a node's database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        rows = opened.execute("select run, seq, entry from log").fetchall()
    return {(run, seq): json.loads(entry) for run, seq, entry in rows}


def read_greens(table: int, lines: Iterable[bytes]) -> Iterator[GreenSeen]:
    """Every green in a table's record. One that is sent again, since its strip has changed, counts once."""
    last = None
    for line in lines:
        sent = json.loads(line)
        if sent["type"] != "Screen":  # a beat
            continue
        content = sent["content"]
        if content["type"] != "Green":
            last = None
            continue
        voter = int("".join(letter for letter in content["number"] if letter.isdigit()))
        green = GreenSeen(table, voter, tuple(b["election"] for b in content["ballots"] if not b.get("withheld")))
        if green != last:
            yield green
        last = green


def prove(databases: Mapping[str, Path], records: Mapping[int, Path], elections: Mapping[str, str]) -> Proof:
    """Compare everything. `records`: a file for each table; `elections`: the names on the screens, each with its id."""
    logs = {name: read_log(path) for name, path in databases.items()}
    greens = [green for table, path in records.items() for green in read_greens(table, path.read_bytes().splitlines())]
    first = next(iter(logs.values()))
    proof = Proof(greens=len(greens), entries=len(first), nodes=len(logs))
    proof.faults += _disagreements(logs)
    proof.faults += _twice(greens)
    for log in logs.values():
        proof.faults += [fault for fault in _lost(greens, log, elections) if fault not in proof.faults]
    proof.faults += _double_marks(first)
    return proof


def _disagreements(logs: Mapping[str, Log]) -> Iterator[str]:
    (first, log), *others = logs.items()
    for name, other in others:
        if different := [key for key in log.keys() | other.keys() if log.get(key) != other.get(key)]:
            run, seq = min(different)
            yield f"{first} and {name} differ in {len(different)} entries, first in {run} entry {seq}"


def _twice(greens: Iterable[GreenSeen]) -> Iterator[str]:
    times = Counter((green.voter, ballot) for green in greens for ballot in green.ballots)
    for (voter, ballot), count in times.items():
        if count > 1:
            yield f"voter {voter} was shown green for {ballot} {count} times"


def _lost(greens: Iterable[GreenSeen], log: Log, elections: Mapping[str, str]) -> Iterator[str]:
    """Each green must stand in the log: its table's request, a grant of it, and that its ballots were handed out."""
    bodies = [entry["body"] for entry in log.values()]
    granted = {body["request"] for body in bodies if body["kind"] == "decision" and body["outcome"] == "granted"}
    issued = _issued(log)
    stands = {
        (_table(body["id"]), body["voter"], tuple(body["elections"]))
        for body in bodies
        if body["kind"] == "request" and body["id"] in granted and body["id"] in issued
    }
    for green in greens:
        if (green.table, green.voter, tuple(elections[ballot] for ballot in green.ballots)) not in stands:
            yield f"the green of voter {green.voter} at table {green.table} is not in the log"


def _double_marks(log: Log) -> Iterator[str]:
    """No voter has two requests for one election whose ballots were handed out."""
    issued = _issued(log)
    marks = Counter(
        (body["voter"], election)
        for entry in log.values()
        if (body := entry["body"])["kind"] == "request" and body["id"] in issued
        for election in body["elections"]
    )
    for (voter, election), count in marks.items():
        if count > 1:
            yield f"voter {voter} was given {count} ballots of {election}"


def _issued(log: Log) -> set[str]:
    """The requests whose ballots were handed out: the table says so at once, or its clerk when it has started again."""
    bodies = [entry["body"] for entry in log.values()]
    at_once = {body["request"] for body in bodies if body["kind"] == "issued"}
    return at_once.union(*(body["issued"] for body in bodies if body["kind"] == "start"))


def _table(request: str) -> int:
    """The table that made a request: 3 for "T3.1-…/7"."""
    return int(request.partition(".")[0].removeprefix("T"))
