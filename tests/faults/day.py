"""A day at a place where things break, from its opening to the check of what is left."""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kiosk import limits
from tests.faults.chair_actions import Chairperson
from tests.faults.chaos import Chaos
from tests.faults.checker import check, read_lights, read_log, read_refusals
from tests.faults.clerks import Clerk, Crowd, record_of
from tests.faults.place import FaultyPlace, Node

_HEALS_S = 120.0  # seconds that the place has to come to rest when everything works again
_GOES_ON_S = 40.0  # of these without a code
_QUIET_S = 2 * limits.HEAD_MS / 1000  # seconds without a new entry after which none is on its way: two heads
_VOTERS_A_MINUTE = 200  # at one table, at most
_ENDS_S = 30.0  # seconds that a clerk has to end


@dataclass(slots=True)
class Outcome:
    """How the day went."""

    minutes: float
    check_ins: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    waits: dict[str, float] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def spend(*, minutes: float, seed: int, tables: int, evidence: Path | None = None) -> Outcome:
    """Open the place, let clerks and chaos loose, heal everything, and check; what is found wrong leaves its `evidence`."""
    voters = int(tables * (_VOTERS_A_MINUTE * minutes + 100))
    small = f"table-{seed % tables + 1}"
    with FaultyPlace(tables=tables, voters=voters, seed=seed, small=small) as place:
        crowd, ending = Crowd(place, seed), threading.Event()
        clerks = {node.name: Clerk(place, node, crowd, seed + node.number) for node in place.tables}
        chair = Chairperson(place, clerks, ending)
        chaos = Chaos(place, chair, seed, ending)
        outcome = Outcome(minutes)
        with _at_work(clerks.values(), chair):
            place.start()
            if not chair.go_on([], _HEALS_S):
                raise RuntimeError(f"the poll can't be opened: {chair.given_up}")
            chaos.run(minutes * 60)
            ending.clear()
            outcome.wrong += _heal(place, clerks.values(), chair, chaos)
        for node in place.nodes.values():
            node.stop()
        _tell(outcome, place, clerks, chaos)
        outcome.given_up = chair.given_up
        if outcome.wrong and evidence is not None:
            _keep(place, chaos, evidence)
        return outcome


def _keep(place: FaultyPlace, chaos: Chaos, evidence: Path) -> None:
    """Leave all that tells what has happened."""
    for node in place.nodes.values():
        shutil.copytree(node.logs, evidence / node.name, ignore=shutil.ignore_patterns("scanner", "*.sock"), dirs_exist_ok=True)
        shutil.copytree(node.data, evidence / node.name / "data", dirs_exist_ok=True)
    told = [f"{began - chaos.began:.1f} to {ended - chaos.began:.1f}: {name}" for name, began, ended in chaos.past]
    (evidence / "faults.txt").write_text("\n".join(told), encoding="utf-8")


@contextmanager
def _at_work(clerks: Iterable[Clerk], chair: Chairperson) -> Iterator[None]:
    home = threading.Event()
    walks = threading.Thread(target=chair.rounds, args=(home,), name="chair", daemon=True)
    for thread in (*clerks, walks):
        thread.start()
    try:
        yield
    finally:
        home.set()
        for clerk in clerks:
            clerk.stopped.set()
        walks.join(_ENDS_S)
        for clerk in clerks:
            clerk.join(_ENDS_S)


def _heal(place: FaultyPlace, clerks: Iterable[Clerk], chair: Chairperson, chaos: Chaos) -> list[str]:
    """All works again: what was begun is finished, the tables serve, and all disks become equal; what does not."""
    place.start()
    wrong = []
    if not chair.settle(_HEALS_S):
        wrong.append(f"L: the chair can't finish what was begun: {chair.given_up[-1]}")
    before = {clerk: len(clerk.seen.pile) for clerk in clerks}
    books = {voter.number: voter.book for voter in place.voters}

    def unserved() -> list[str]:
        """Books of which a table has not served anybody since all was healed."""
        served = {clerk: {books[voter] for voter in clerk.seen.pile[before[clerk] :]} for clerk in clerks}
        return [f"book {b} at {c.node.name}" for c in clerks for b in {*books.values()} - served[c]]

    if not _wait(lambda: not unserved(), _GOES_ON_S):
        chaos.counts["gone on with a code in the end"] += 1  # all have started by turns, and nobody is a member
        chair.look_again()
        for node in [place.secretary, *(node for node in place.tables if node.is_aged)]:
            chair.go_on([], _HEALS_S, node)  # at an old card nobody may be excused: only a code helps there
        chair.settle(_HEALS_S)
        if not _wait(lambda: not unserved()):
            wrong.append(f"L: nobody is served of {unserved()}")
    for clerk in clerks:
        clerk.serves.clear()
    for node in place.nodes.values():
        if node.device in place.aged:  # its clerk is asked about what the lost card had left open
            _wait(lambda: _is_quiet(place))
            node.kill()
            node.start()
    if not _wait(lambda: _is_quiet(place) and not any(clerk.is_asked for clerk in clerks)):
        wrong.append(f"S3: the disks don't become equal: { {name: node.lengths() for name, node in place.nodes.items()} }")
    return wrong


def _complaints(node: Node) -> list[str]:
    """What a node itself has found wrong: where nobody lies and no program fails, nothing."""
    said = (node.logs / f"node-{node.name}.log").read_text(encoding="utf-8", errors="replace")
    failed = [f"F6: {node.name} has failed, see its output"] if "Traceback" in said else []
    return failed + [f"{node.name}: {found}" for found in read_refusals(node.database)]


def _tell(outcome: Outcome, place: FaultyPlace, clerks: dict[str, Clerk], chaos: Chaos) -> None:
    lights = [
        light
        for node in place.tables
        for light in read_lights(node.number, record_of(node).read_bytes().splitlines(), place.elections)
    ]
    outcome.check_ins = len(lights)
    outcome.faults = chaos.counts
    outcome.wrong += check(
        {name: read_log(node.database) for name, node in place.nodes.items()},
        lights,
        place.lost | place.aged,
        {voter for clerk in clerks.values() for voter in clerk.seen.unsure},
    )
    outcome.wrong += [complaint for node in place.nodes.values() for complaint in _complaints(node)]
    for clerk in clerks.values():
        outcome.answers += clerk.seen.answers
        for began, ended in clerk.seen.waits:
            cause = _cause(chaos.past, began, ended)
            outcome.waits[cause] = max(outcome.waits.get(cause, 0.0), ended - began)


def _cause(past: list[tuple[str, float, float]], began: float, ended: float) -> str:
    """The fault that lasted longest of the time that a voter stood there."""
    overlaps: Counter[str] = Counter()
    for name, first, last in past:
        if (both := min(last, ended) - max(first, began)) > 0:
            overlaps[name] += both
    return max(overlaps, key=lambda name: overlaps[name], default="nothing broken")


def _wait(happens: Callable[[], bool], seconds: float = _HEALS_S) -> bool:
    until = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)  # nothing announces it
    return True


def _is_quiet(place: FaultyPlace) -> bool:
    """Whether all disks have the same entries, and get no more."""
    before = [node.lengths() for node in place.nodes.values()]
    if any(lengths != before[0] for lengths in before):
        return False
    time.sleep(_QUIET_S)
    return [node.lengths() for node in place.nodes.values()] == before
