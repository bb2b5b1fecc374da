"""What must hold of the voters' ballots, found from bare rows and bare lines. Nothing of the product is used here.

S1: nobody was given ballots twice. S2: what was green is marked on every disk, and was on two when it was shown. S3: all
disks tell the same. S5: nothing was refused as forged. L: every request has come to an end. A database is read as SQLite and
JSON; a table's record has one line for each screen that its clerk saw.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Body = dict[str, Any]
Log = dict[tuple[str, int], bytes]
"""A database's entries, by run and seq."""
Ballots = tuple[int, int, tuple[str, ...]]
"""A table, a voter, and elections."""


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
    """What a database's entries come to. `said`: each request as its entry says it, or a decision on it.

    `found`: voters whose cards lay at a stopped device.
    """

    said: dict[str, Ballots] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    granted: set[str] = field(default_factory=set)
    issued: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    found: set[tuple[int, str]] = field(default_factory=set)

    def marks(self) -> Counter[tuple[int, str]]:
        """How many ballots each voter was given in each election."""
        handed_out = (self.said[request] for request in self.issued if request in self.said)
        return Counter((voter, election) for _, voter, elections in handed_out for election in elections)


def read_log(database: Path) -> Log:
    """All entries of a database."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        return {(run, seq): entry for run, seq, entry in opened.execute("select run, seq, entry from log")}


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
    """What a node has refused of what others said, but for their pace: nothing, where all are honest."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        # The simulated clerks are quicker than any: the alarm that names a table for its pace is a good one.
        rows = opened.execute("select sender, why from evidence where why not like 'pace:%'").fetchall()
        return [f"S5: it refused what came from {sender}: {why}" for sender, why in rows]


def fold(log: Log) -> Fold:
    """Work out what the entries come to, whatever their order."""
    folded = Fold()
    for _, entry in sorted(log.items()):
        _fold_in(folded, json.loads(entry)["body"])
    return folded


def _fold_in(folded: Fold, body: Body) -> None:
    match body["kind"]:
        case "start":
            folded.issued.update(body["issued"])
            folded.withdrawn.update(body["withdrawn"])
        case "request" if body["op"] == "check_in":
            folded.said[body["id"]] = _ballots(body["id"], body)
            folded.made.add(body["id"])
        case "decision" if not body["target"]:
            folded.said.setdefault(body["request"], _ballots(body["request"], body))
            if body["outcome"] == "granted":
                folded.granted.add(body["request"])
        case "issued":
            folded.issued.add(body["request"])
        case "withdrawn":
            folded.withdrawn.add(body["request"])
        case "card":
            folded.found.add((body["voter"], body["device"]))


def _ballots(request: str, body: Body) -> Ballots:
    return table_of(request), body["voter"], tuple(body["elections"])


def table_of(name: str) -> int:
    """The table of a device, a run or a request; 0 for the secretary's."""
    return int(name.partition(".")[0].lstrip("ST") or 0)


def check(
    logs: Mapping[str, Log], lights: Iterable[Light], lost: Collection[str] = (), unsure: Collection[int] = ()
) -> list[str]:
    """Every fault found, as a sentence each; none if all holds. `lost`: devices of which a card was lost, or an old one put in;
    their last words may be gone. `unsure`: voters of whom a clerk did not know whether they got ballots."""
    lights, folds = list(lights), {name: fold(log) for name, log in logs.items()}
    faults = [*_shown_twice(lights), *_on_one_disk(lights), *_differences(logs)]
    for name, log in logs.items():
        faults += [f"{name}: {fault}" for fault in (*_broken_chains(log), *_marked_twice(folds[name]))]
        faults += [f"{name}: {fault}" for fault in (*_unlike(lights, folds[name], lost), *_endless(folds[name], lost, unsure))]
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
    served = {folded.said[one][1]: folded.said[one][0] for one in folded.issued if one in folded.said}
    for voter, device in folded.found:
        if voter in served and served[voter] != table_of(device):
            yield f"S1: voter {voter}'s card lies at {device}, and ballots were handed out at table {served[voter]}"


def _unlike(lights: list[Light], folded: Fold, lost: Collection[str]) -> Iterator[str]:
    """Each green that was seen is marked, and its grant is there; no ballot is marked that was not seen green.

    Of a device that lost its last words a grant is the mark, or the card that was found.
    """
    seen = Counter((light.table, light.voter, light.elections) for light in lights)
    issued = Counter(folded.said.get(request, (0, 0, (request,))) for request in folded.issued)
    open_ = folded.granted - folded.withdrawn - folded.issued
    may_be = issued + Counter(folded.said[request] for request in open_ if request.partition("-")[0] in lost)
    cards = {(found, table_of(device)) for found, device in folded.found if device in lost}
    for (table, voter, elections), count in (seen - may_be).items():
        if (voter, table) not in cards:
            yield f"S2: {count} greens of voter {voter} at table {table} for {elections} have no mark"
    for (table, voter, elections), count in (issued - seen).items():
        yield f"S2: {count} marks of voter {voter} at table {table} for {elections} were not seen green"
    for request in folded.issued - folded.granted:
        yield f"S2: ballots were handed out on {request}, which nobody has granted"
    for request in folded.issued & folded.withdrawn:
        yield f"S2: ballots were handed out on {request}, which is withdrawn"


def _endless(folded: Fold, lost: Collection[str], unsure: Collection[int]) -> Iterator[str]:
    for request in folded.made - folded.issued - folded.withdrawn:
        if request.partition("-")[0] not in lost and folded.said[request][1] not in unsure:
            yield f"L: request {request} never came to an end"


def _differences(logs: Mapping[str, Log]) -> Iterator[str]:
    (first, log), *others = logs.items()
    for name, other in others:
        if different := [key for key in log.keys() | other.keys() if log.get(key) != other.get(key)]:
            yield f"S3: {first} and {name} differ in {len(different)} entries, first in {min(different)}"


def _broken_chains(log: Log) -> Iterator[str]:
    """Each entry but a device's first carries the hash of the one before it: of its run, or of the one that its start names."""
    for (run, seq), entry in log.items():
        told = json.loads(entry)
        is_start = told["body"]["kind"] == "start"
        before = log.get((told["body"]["before"] if is_start else run, seq - 1))
        if seq > 1 and (before is None or told["prev"] != hashlib.sha256(before).hexdigest()):
            yield f"S3: {run} entry {seq} does not follow the one before it"
