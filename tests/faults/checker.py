"""What must hold of the voters' ballots, found from bare rows and bare lines. Nothing of the product is used here.

S1: nobody was given ballots twice. S2: what was green is marked on every disk, and was on two when it was shown. S3: all
disks tell the same. S5: nothing was refused as forged. L: every request has come to an end. A database is read as SQLite and
JSON; a table's record has one line for each screen that its clerk saw.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Body = dict[str, Any]
Log = dict[tuple[str, int], bytes]
"""A database's entries, by origin and seq."""


@dataclass(frozen=True, slots=True)
class Light:
    """A green that a clerk saw: at which table, in which of its node's runs, for whom and which elections.

    `own`: whether the table's disk had the request then; `others`: how many other disks had the grant.
    """

    table: int
    run: int
    voter: int
    elections: tuple[str, ...]
    island: bool
    own: bool
    others: int


@dataclass(slots=True)
class Fold:
    """What a database's entries come to. `holders`: each moved book's holder; `unfinished`: books sealed and not seized."""

    requests: dict[str, tuple[str, int, tuple[str, ...]]] = field(default_factory=dict)
    granted: set[str] = field(default_factory=set)
    undone: set[str] = field(default_factory=set)
    issued: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    found: set[tuple[int, str]] = field(default_factory=set)
    holders: dict[int, tuple[int, str]] = field(default_factory=dict)
    unfinished: set[tuple[int, int]] = field(default_factory=set)

    def marks(self) -> Counter[tuple[int, str]]:
        """How many ballots each voter was given in each election."""
        handed_out = (self.requests[request] for request in self.issued - self.undone if request in self.requests)
        return Counter((voter, election) for _, voter, elections in handed_out for election in elections)


def read_log(database: Path) -> Log:
    """All entries of a database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        return {(origin, seq): entry for origin, seq, entry in opened.execute("select origin, seq, entry from log")}


def read_lights(table: int, lines: Iterable[bytes], elections: Mapping[str, str]) -> Iterator[Light]:
    """Every green in a table's record; one drawn again in the same run, with no other screen between, is the same."""
    last: tuple[int, int] | None = None
    for line in map(json.loads, lines):
        content = line["screen"]["content"]
        if content["type"] != "Green":
            last = None
            continue
        voter = int("".join(filter(str.isdigit, content["number"])))
        if last != (line["run"], voter):
            ballots = tuple(elections[ballot["election"]] for ballot in content["ballots"] if not ballot.get("withheld"))
            island = line["screen"]["strip"].get("island", False)
            yield Light(table, line["run"], voter, ballots, island, line["own"], line["others"])
        last = (line["run"], voter)


def read_refusals(database: Path) -> list[str]:
    """What a node has refused of what others said, and what is wrong with its disk for good: nothing, where all are honest."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        found = [
            f"S5: it refused what came from {sender}: {why}"
            for sender, why in opened.execute("select sender, why from evidence")
        ]
        return found + [f"S5: its disk: {fault}" for (fault,) in opened.execute("select value from facts where key = 'fault'")]


def fold(log: Log) -> Fold:
    """Work out what the entries come to, whatever their order."""
    folded = Fold()
    for (origin, _), entry in sorted(log.items()):
        _fold_in(folded, origin, json.loads(entry)["body"])
    return folded


def _fold_in(folded: Fold, origin: str, body: Body) -> None:
    match body["kind"]:
        case "request" if body["op"] == "check_in":
            folded.requests[body["id"]] = (origin, body["voter"], tuple(body["elections"]))
        case "decision":
            outcomes = {"granted": folded.granted, "undone": folded.undone, "refused": folded.refused}
            outcomes[body["outcome"]].add(body["request"])
        case "issued":
            folded.issued.add(body["request"])
        case "withdrawn":
            folded.withdrawn.add(body["request"])
        case "rescanned":
            folded.found.add((body["voter"], body["stopped"]))
        case "seal":
            folded.unfinished.add((body["book"], body["epoch"]))
        case "handover" | "seize":
            held = folded.holders.get(body["book"], (1, ""))
            folded.holders[body["book"]] = max(held, (body["epoch"], body["to"]))
    if body["kind"] == "seize":
        folded.unfinished.discard((body["book"], body["epoch"]))


def check(logs: Mapping[str, Log], lights: Iterable[Light]) -> list[str]:
    """Every fault found, as a sentence each; none if all holds."""
    lights, folds = list(lights), {name: fold(log) for name, log in logs.items()}
    faults = [*_shown_twice(lights), *_on_one_disk(lights), *_differences(logs), *_other_folds(folds)]
    for name, log in logs.items():
        faults += [f"{name}: {fault}" for fault in (*_broken_chains(log), *_marked_twice(folds[name]))]
        faults += [f"{name}: {fault}" for fault in (*_unlike(lights, folds[name]), *_endless(folds[name]))]
    return faults


def _shown_twice(lights: list[Light]) -> Iterator[str]:
    times = Counter((light.voter, election) for light in lights for election in light.elections)
    for (voter, election), count in times.items():
        if count > 1:
            at = ", ".join(f"table {light.table} run {light.run}" for light in lights if light.voter == voter)
            yield f"S1: voter {voter} was shown green for {election} {count} times: {at}"


def _on_one_disk(lights: list[Light]) -> Iterator[str]:
    for light in lights:
        if not light.own or not (light.others or light.island):
            yield f"S2: the green of voter {light.voter} at table {light.table} was not on two disks when it was shown"


def _marked_twice(folded: Fold) -> Iterator[str]:
    for (voter, election), count in folded.marks().items():
        if count > 1:
            yield f"S1: voter {voter} was given {count} ballots of {election}"
    served = {voter: origin for origin, voter, _ in (folded.requests[one] for one in folded.issued if one in folded.requests)}
    for voter, stopped in folded.found:
        if voter in served and served[voter] != stopped:
            yield f"S1: voter {voter}'s card lies at {stopped}, and ballots were handed out at {served[voter]}"


def _unlike(lights: list[Light], folded: Fold) -> Iterator[str]:
    """Each green that was seen is marked once, its grant is there, and no ballot is marked that was not seen green."""
    seen = Counter((f"T{light.table}.1", light.voter, light.elections) for light in lights)
    marked = Counter(folded.requests.get(request, ("nobody", 0, (request,))) for request in folded.issued)
    for (origin, voter, elections), count in (seen - marked).items():
        yield f"S2: {count} greens of voter {voter} at {origin} for {elections} have no mark"
    for (origin, voter, elections), count in (marked - seen).items():
        yield f"S2: {count} marks of voter {voter} at {origin} for {elections} were not seen green"
    for request in folded.issued - folded.granted:
        yield f"S2: ballots were handed out on {request}, which nobody has granted"
    for request in folded.issued & (folded.withdrawn | folded.undone):
        yield f"S2: ballots were handed out on {request}, which is withdrawn or undone"


def _endless(folded: Fold) -> Iterator[str]:
    for request in folded.requests.keys() - folded.issued - folded.withdrawn - folded.refused:
        yield f"L: request {request} never came to an end"


def _differences(logs: Mapping[str, Log]) -> Iterator[str]:
    (first, log), *others = logs.items()
    for name, other in others:
        if different := [key for key in log.keys() | other.keys() if log.get(key) != other.get(key)]:
            yield f"S3: {first} and {name} differ in {len(different)} entries, first in {min(different)}"


def _other_folds(folds: Mapping[str, Fold]) -> Iterator[str]:
    (first, folded), *others = folds.items()
    for name, other in others:
        if (folded.marks(), folded.holders) != (other.marks(), other.holders):
            yield f"S3: {first} and {name} fold to different marks or holders"


def _broken_chains(log: Log) -> Iterator[str]:
    """Each entry but an origin's first carries the hash of the one before it."""
    for (origin, seq), entry in log.items():
        before = log.get((origin, seq - 1))
        if seq > 1 and (before is None or json.loads(entry)["prev"] != hashlib.sha256(before).hexdigest()):
            yield f"S3: {origin} entry {seq} does not follow the one before it"
