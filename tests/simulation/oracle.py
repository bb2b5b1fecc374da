"""What must always hold, judged by what was shown and by what lies on the disks as plain JSON, not by the product's fold.

S1: a voter is shown at most one green for an election. S2: a green outside island mode is on two disks. S3: in the end all
nodes say the same. S4: a green is never lost from sight, and a second ballot shows as a conflict. S5: every log verifies.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from kiosk.domain import screens as s
from kiosk.domain.chain import Broken, Stored, check_chain
from tests.made_up import FIRST_PREV, keys
from tests.simulation.world import Machine, World

_plain = msgspec.json.Decoder().decode
_BY_NAME = {"byråd": "byraad", "regionsråd": "region"}


class ViolationError(AssertionError):
    """Something that must always hold did not."""


@dataclass(slots=True)
class Light:
    """A green that was shown: its voter and elections, its request with its place in the table's log, and in which run."""

    voter: int
    elections: tuple[str, ...]
    table: str
    run: int
    request: str
    seq: int
    island: bool


TURNS = "turns of a node, each looked at"


@dataclass(slots=True)
class Counts:
    """How often what happened."""

    seen: dict[str, int] = field(default_factory=dict)
    in_step: set[str] = field(default_factory=set)  # what counts once in a step, however often it is polled

    def end_step(self) -> None:
        """A step is over."""
        for what in self.in_step:
            self.add(what)
        self.in_step.clear()

    def add(self, what: str, times: int = 1) -> None:
        self.seen[what] = self.seen.get(what, 0) + times


class Oracle:
    """Watches one world."""

    forks_excused = True  # a node on an old copy of its disk that is not found out may break what must hold: a known limit

    def __init__(self, world: World, counts: Counts, *, honest: bool) -> None:
        """`honest`: whether the chair's attestations are true; if not, S1 and S2 need not hold, but S4 must."""
        self.world, self.counts, self.honest = world, counts, honest
        self.lights: list[Light] = []
        self.island: set[str] = set()
        self.twice: set[int] = set()
        self.unscanned: set[tuple[int, str]] = set()  # (voter, table) whose cards the chair went on without
        self._written: dict[tuple[str, int], set[bytes]] = {}
        self._requests: dict[str, tuple[int, str, int]] = {}
        self._grants: dict[str, list[tuple[str, int]]] = {}
        self._over: set[str] = set()
        self._last: dict[str, tuple[str, int]] = {}
        world.watch.append(self)

    # --- what is written ---

    def written(self, machine: Machine, seq: int, body: dict, data: bytes) -> None:
        """An own entry of a machine is on its disk."""
        self._written.setdefault((machine.origin, seq), set()).add(data)
        kind = body["kind"]
        if kind == "request":
            self._requests[body["id"]] = (body["voter"], machine.origin, seq)
            self._last[machine.origin] = (body["id"], machine.run)
        elif kind == "decision":
            self.counts.add(f"decided {body['outcome']}")
            if body["outcome"] == "granted":
                self._grants.setdefault(body["request"], []).append((machine.origin, seq))
        elif kind == "withdrawn":
            self._over.add(body["request"])
            if not machine.old and any(light.request == body["request"] for light in self.lights):
                raise ViolationError(f"{machine.origin} withdrew {body['request']}, whose green had been shown")
        elif kind == "island":
            (self.island.add if body["on"] else self.island.discard)(machine.origin)
            self.counts.add("island mode")
        elif kind == "start":
            self.island.discard(machine.origin)
            machine.aside = frozenset(body["missing"])
            machine.outdated -= machine.aside
            self.counts.add("attested missing" if body["missing"] else "start")
        elif kind not in ("issued",):
            self.counts.add(kind)

    def copied(self, machine: Machine, row: Stored) -> None:
        """A copy of another's entry is on a machine's disk: its origin must have written just that."""
        if row.data not in self._written.get((row.origin, row.seq), ()):
            raise ViolationError(f"S5: {machine.origin} took in what {row.origin} has not written: {row.data!r}")

    def meddled(self, machine: Machine, message: object, kept: int) -> None:
        """A changed message has come to a machine that must refuse it; `kept`: how much evidence it has kept."""
        self.counts.add("changed on its way, refused")
        if not kept:
            raise ViolationError(f"S5: {machine.origin} has not refused what was changed on its way: {message}")

    # --- what is shown ---

    def shown(self, machine: Machine, screen: s.Screen) -> None:
        """A node shows a screen."""
        content = screen.content
        if isinstance(content, s.Refused):
            self.counts.add(f"refused {content.code}")
        if not isinstance(content, s.Green):
            return
        voter = int("".join(c for c in content.number if c.isdigit()))
        elections = tuple(_BY_NAME[ballot.election] for ballot in content.ballots if not ballot.withheld)
        self._green(machine, voter, elections)

    def _green(self, machine: Machine, voter: int, elections: tuple[str, ...]) -> None:
        request, run = self._last.get(machine.origin, ("", 0))
        known = self._requests.get(request)
        if known is None or known[0] != voter:
            raise ViolationError(f"S2: {machine.origin} shows green for voter {voter}, whose request is on no disk")
        before = [light for light in self.lights if light.request == request]
        if before:
            if before[0].run != machine.run:
                raise ViolationError(f"S1: {machine.origin} shows green again on {request} after a restart")
            return
        if run != machine.run:
            raise ViolationError(f"S1: {machine.origin} shows green on {request}, made before its restart")
        if machine.outdated or (machine.contested and machine.origin in self.island):
            raise ViolationError(f"F7: {machine.origin} shows green from an old disk, and had heard of a longer log of its own")
        light = Light(voter, elections, machine.origin, machine.run, request, known[2], machine.origin in self.island)
        if request in self._over:
            raise ViolationError(f"G1: {machine.origin} shows green on {request}, which it has withdrawn")
        self._check_once(light)
        self.lights.append(light)
        self._check_disks(light)

    def _check_once(self, light: Light) -> None:
        for other in self.lights:
            if other.voter == light.voter and set(other.elections) & set(light.elections):
                self.twice.add(light.voter)
                if self.honest and not self._is_excused(light):
                    raise ViolationError(
                        f"S1: voter {light.voter} is given ballots at {light.table} ({light.request}), "
                        f"after {other.table} ({other.request})"
                    )

    def _is_excused(self, light: Light) -> bool:
        """Whether S1 rests on more than the protocol: cards that were not scanned, or an old disk that wrote on, unnoticed."""
        if self.forks_excused and self.has_fork:
            self.counts.add("two ballots: a disk's old copy wrote on, unnoticed")
            return True
        return any(voter == light.voter for voter, _ in self.unscanned)

    def _check_disks(self, light: Light) -> None:
        grants = self._grants.get(light.request, [])
        own = self.world.machines[light.table]
        kind = "own" if any(o == light.table for o, _ in grants) else "other"
        self.counts.add(f"green of {'an island' if light.island else f'{kind} book'}")
        if not self.honest or (light.island and kind == "own"):
            return
        disks = {
            m.origin
            for m in self.world.machines.values()
            for o, seq in grants
            if max(m.once.get(o, 0), m.vector.get(o, 0)) >= seq
        }
        if own.vector.get(light.table, 0) < light.seq:
            raise ViolationError(f"S2: the request {light.request} is not on the disk of {light.table}")
        if not disks - {light.table}:
            raise ViolationError(f"S2: the mark of {light.request} is on one disk only")

    # --- in the end ---

    @property
    def has_fork(self) -> bool:
        """Whether an old copy of a disk has written other entries where its origin's real ones stand."""
        return any(len(versions) > 1 for versions in self._written.values())

    def pile(self, origin: str) -> list[Light]:
        """The polling cards that lie at a table: one for each green that it has shown."""
        return [light for light in self.lights if light.table == origin]

    def finish(self) -> None:
        """After healing: S3, S4 and S5, and that every request has come to an end."""
        alive = [machine for machine in self.world.machines.values() if machine.node is not None]
        first = alive[0]
        for machine in alive:
            if machine.vector != first.vector:
                raise ViolationError(f"S3: {machine.origin} has {machine.vector}, {first.origin} has {first.vector}")
        told = [_told(machine, self.world.voters) for machine in alive]
        for machine, other in zip(alive, told, strict=True):
            if other != told[0]:
                difference = {
                    key: (told[0].get(key), other.get(key)) for key in told[0] | other if told[0].get(key) != other.get(key)
                }
                raise ViolationError(f"S3: {first.origin} and {machine.origin} say different things: {difference}")
        for machine in alive:
            self._check_sight(machine)
            self._check_log(machine)
            self._check_ended(machine)

    def _check_sight(self, machine: Machine) -> None:
        ledger = machine.node.ledger
        for light in self.lights:
            marked = {election for mark in ledger.marks(light.voter) for election in mark.elections}
            if not set(light.elections) <= marked and (self._is_provable(machine, light)):
                raise ViolationError(f"S4: the green of {light.request} is not a mark at {machine.origin}")
        hidden = {light.voter for light in self.lights if not self._is_provable(machine, light)}
        silent = self.twice - ledger.conflicts().keys() - hidden
        if silent:
            raise ViolationError(f"S4: voters {silent} have two ballots, and {machine.origin} shows no conflict")
        if self.honest and ledger.conflicts():
            self.counts.add("conflict shown without a second ballot")

    def _is_provable(self, machine: Machine, light: Light) -> bool:
        """Whether a green must be a mark in the end: its table's disk is there, or its grant, or its card was scanned again."""
        table = self.world.machines[light.table]
        if not (table.lost or table.old):
            return True
        if table.old and light.request in self._over:
            return False  # its old disk did not know of the request, and has given it up
        if self.honest and not table.old and not light.island and (light.voter, light.table) not in self.unscanned:
            return True
        return any(
            machine.vector.get(origin, 0) >= seq and not self.world.machines[origin].old
            for origin, seq in self._grants.get(light.request, ())
        )

    def _check_log(self, machine: Machine) -> None:
        for found in check_chain(machine.disk, FIRST_PREV, keys(machine.origin).verify, {}):
            if isinstance(found, Broken):
                raise ViolationError(f"S5: the log at {machine.origin} does not verify: {found}")

    def _check_ended(self, machine: Machine) -> None:
        open_ = [case.id for case in machine.node.ledger.unsettled(machine.origin)]
        if open_:
            raise ViolationError(f"L: {machine.origin} still has requests without an end: {open_}")


def _told(machine: Machine, voters: Iterable[int]) -> dict[str, object]:
    """All that a node says of voters and books, to compare with another's."""
    ledger, books = machine.node.ledger, machine.node.books.books
    told: dict[str, object] = {f"book {book}": books.chain(book).holdings for book in books}
    told["conflicts"] = dict(ledger.conflicts())
    told["open"] = ledger.poll_open
    for request, case in ledger.cases.items():
        found = case.outcome(books)
        outcome = found.decision.outcome if found is not None else None
        told[request] = (case.made, outcome, case.issued, case.withdrawn, case.marks(books), case.undone(books))
    for voter in voters:
        told[f"voter {voter}"] = tuple(sorted((m.elections, m.table, m.time_ms) for m in ledger.marks(voter)))
    return told
