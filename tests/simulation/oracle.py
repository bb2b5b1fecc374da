"""What must always hold, judged by what was drawn and by what lies on the disks as plain JSON, not by the product's fold.

S1: a voter is shown at most one green for an election. S2: a green outside island mode is on two disks. S3: in the end all
nodes say what the oracle's own fold says (`own_fold`). S4: a green is never lost from sight, a second ballot shows as a
conflict on the screens, and nothing else does. S5: every log verifies. W: what a screen says of a voter is true.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from msgspec import convert

from kiosk.domain import screens as s
from kiosk.domain.chain import Broken, Stored, check_chain
from kiosk.domain.entries import Stop
from tests.made_up import BALLOTS, FIRST_PREV, is_signed, keys
from tests.simulation.excuses import Excuses
from tests.simulation.own_fold import Claim, Entry, Facts, OwnFold, device_of, plain, run_of, table_of
from tests.simulation.world import Machine, World

_BY_NAME = {election.name: election.id for election in BALLOTS}
_HOLDS, _NODE = re.compile(r"listen for bord ((?:\d+[-–]?(?:, | og )?)+)"), re.compile(r"Bord (\d+)|Sekretær")
_TABLE, _TIME = re.compile(r"bord (\d+)"), re.compile(r"kl\. (\d\d\.\d\d)")
_SILENT = re.compile(r"Bord (\d+) svarer ikke")
_NUMBER = re.compile(r"\d{3} \d{3}")
_BALLOT = re.compile(r"bord (\d+) kl\. (\d\d\.\d\d)")
SLACK_MS = 1_500  # how much longer than it lasts a green may stand: its node looks at the time when it has a turn


class ViolationError(AssertionError):
    """Something that must always hold did not."""


@dataclass(slots=True)
class Light:
    """A green: its voter and elections, the table's device, its request with its place in the run's log."""

    voter: int
    elections: tuple[str, ...]
    table: str
    request: str
    seq: int
    island: bool

    @property
    def run(self) -> str:
        return run_of(self.request)


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


def _is_judged(content: s.Content, before: s.Content | None) -> bool:
    """Whether what a screen says has been judged when it came: only its strip has changed, or where a voter is sent."""
    if s.shows(content, s.Kind.REFUSED) and s.shows(before, s.Kind.REFUSED):
        return (content.code, content.number) == (before.code, before.number)
    return content == before


class Oracle:
    """Watches one world. `lights` are the greens that were drawn."""

    def __init__(self, world: World, counts: Counts) -> None:
        self.world, self.counts = world, counts
        self.lights: list[Light] = []
        self.island: set[str] = set()
        self.twice: set[int] = set()
        self.held_back: list[tuple[Light, Light]] = []  # a green, and one before it whose undo a pending stop holds back
        self.excuses = Excuses(self)
        self.left_open: set[str] = set()  # requests of which a clerk did not know what became of them
        self.unscanned: set[tuple[int, str]] = set()  # (voter, table) whose cards the chair went on without
        self.liar = ""  # whose device writes what it likes
        self.leaked: set[int] = set()  # the codes that the chair has keyed there
        self.boasts: dict[str, int] = {}  # how much of each run it claims to have
        self.facts = _facts(world)
        self.written_to: dict[str, int] = {}  # how far each run was written
        self.tips: dict[str, int] = {}  # the same of the last run of each card: a vector of all that there is
        self._written: dict[tuple[str, int], bytes] = {}
        self._entries: dict[bytes, Entry] = {}
        self._all: tuple[int, OwnFold] | None = None  # the fold of so many entries
        self._requests: dict[str, Entry] = {}
        self._grants: dict[str, list[tuple[str, int]]] = {}
        self._over: dict[str, set[str]] = {}  # by request: the machines that have given it up
        self._last: dict[str, str] = {}  # a table's last request
        self._sent: dict[str, Light] = {}  # the green that stands at a table, drawn or not
        self._content: dict[str, s.Content] = {}
        self._lit_at: dict[str, int] = {}  # since when a table knows that its green is drawn
        world.watch.append(self)

    @property
    def is_liar_ruling(self) -> bool:
        """Whether the chair has used a code at the liar's device, which may take every book with it."""
        return bool(self.leaked)

    # --- what is written ---

    def written(self, machine: Machine, seq: int, data: bytes) -> None:
        """An own entry of a machine is on its disk."""
        entry = self._entries[data] = plain(data)
        if self._written.setdefault((entry.run, seq), data) != data:
            raise ViolationError(f"S5: {machine.name} has written its entry {entry.spot} twice")
        self.written_to[entry.run] = seq
        self.tips[entry.run] = seq
        kind, body = entry.kind, entry.body
        if kind == "request":
            if run_of(body["id"]) == entry.run:
                self._requests.setdefault(body["id"], entry)
                self._last[machine.name] = body["id"]
        elif kind == "decision":
            self.counts.add(f"decided {body['outcome']}")
            if body["outcome"] == "granted":
                self._grants.setdefault(body["request"], []).append((entry.run, seq))
            if machine.device != self.liar:
                self._judge(machine, entry)
        elif kind == "withdrawn":
            self._given_up(machine, body["request"])
        elif kind == "issued":
            self._lit_at.setdefault(machine.name, self.world.mono)
        else:
            self._of_the_node(machine, entry)
        self.excuses.written(machine, entry)

    def _given_up(self, machine: Machine, request: str) -> None:
        """A machine says that nothing was handed out on a request of its own."""
        if device_of(request) != machine.device or machine.device == self.liar:
            return
        self._over.setdefault(request, set()).add(machine.name)
        if any(light.request == request for light in self.lights):
            raise ViolationError(f"{machine.name} withdrew {request}, whose green had been shown")

    def _of_the_node(self, machine: Machine, entry: Entry) -> None:
        """What a machine says of itself, and of books."""
        body = entry.body
        self.counts.add("island mode" if entry.kind == "island" else entry.kind)
        if entry.kind == "island":
            (self.island.add if body["on"] else self.island.discard)(machine.name)
        elif entry.kind == "start":
            self.island.discard(machine.name)
            self._content.pop(machine.name, None)
            self.tips.pop(body["before"], None)
            for request in body["withdrawn"]:
                self._given_up(machine, request)
        elif entry.kind == "stop" and machine.device != self.liar:
            used = [e.body["n"] for e in self.fold_of(machine, but=entry).stops]
            if max(used, default=0) >= body["n"]:
                raise ViolationError(f"W: {machine.name} takes code {body['n']}, and knows of the codes {used}")
        if entry.kind in ("give", "view", "start"):
            self.excuses.remember(self.fold_of_all())

    def copied(self, machine: Machine, row: Stored) -> None:
        """A copy of another's entry is on a machine's disk: its run must have written just that."""
        if self._written.get((row.run, row.seq)) != row.data:
            raise ViolationError(f"S5: {machine.name} took in what {row.run} has not written: {row.data!r}")

    def meddled(self, machine: Machine, message: object, kept: int) -> None:
        """A changed message has come to a machine that must refuse it; `kept`: how much evidence it has kept."""
        self.counts.add("changed on its way, refused")
        if not kept:
            raise ViolationError(f"S5: {machine.name} has not refused what was changed on its way: {message}")

    def fold_of(self, machine: Machine, but: Entry | None = None) -> OwnFold:
        """What a machine's disk says."""
        known = self._entries
        return OwnFold((known[row.data] for row in machine.disk if known[row.data] is not but), self.facts)

    def fold_of_all(self) -> OwnFold:
        """What anybody has ever written says."""
        if self._all is None or self._all[0] != len(self._entries):
            self._all = len(self._entries), OwnFold(self._entries.values(), self.facts)
        return self._all[1]

    def rights_of(self, voter: int) -> set[str]:
        """The elections in which the list lets this voter have a ballot."""
        listed = self.world.voters.get(voter)
        if listed is None or listed.struck is not None:
            return set()
        return set(listed.elections) - set(listed.postal)

    # --- what is decided, judged by its author's own disk ---

    def _judge(self, machine: Machine, entry: Entry) -> None:
        body, fold = entry.body, self.fold_of(machine, but=entry)
        made = fold.requests.get(body["request"])
        if body["request"] in fold.withdrawn | fold.issued or fold.outcome(body["request"]):
            raise ViolationError(f"W: {machine.name} decides on {body['request']}, which has come to its end")
        if made is not None and made.body["op"] == "undo":
            self._judge_undo(machine, entry, made, fold)
            return
        bars = dict(self._bars(fold, body))
        if body["outcome"] == "granted" and bars:
            raise ViolationError(f"W: {machine.name} grants {body['request']}, though: {'; '.join(bars.values())}")
        if body["outcome"] != "refused":
            return
        reason = body["reason"]
        if reason == "changed":
            reason = next(iter(bars), "")
        if body["marked_ms"]:
            named = [(c.table, c.time) for c in fold.marks(body["voter"]) if c.id != body["request"]]
            if (body["table"], body["marked_ms"]) not in named:
                raise ViolationError(
                    f"W: {machine.name} refuses {body['request']} for {body['table'], body['marked_ms']}, not {named}"
                )
        if reason not in bars:
            raise ViolationError(f"W: {machine.name} refuses {body['request']}: {body['reason']}, which is not so: {bars}")

    def _judge_undo(self, machine: Machine, entry: Entry, made: Entry, fold: OwnFold) -> None:
        """A mark of that very voter is taken back: a found card, or what was handed out as it is said, or never will be."""
        claim = next((c for c in fold.marks(made.body["voter"]) if c.id == made.body["target"]), None)
        handed_out, issued = made.body["handed_out"], made.body["target"] in fold.issued
        may = claim is not None and (claim.is_card or handed_out == issued)
        self.counts.add(f"undo {entry.body['outcome']}")
        if entry.body["outcome"] == "granted" and not may:
            raise ViolationError(f"W: {machine.name} grants the undo {made.body}, though it is not so")

    def _bars(self, fold: OwnFold, body: dict) -> Iterable[tuple[str, str]]:
        """All that stands against a grant."""
        voter, wanted, asks = body["voter"], set(body["elections"]), run_of(body["request"])
        if not fold.is_open or fold.is_closed(asks):
            yield "not_open", "the poll or the table is not open"
        if fold.referrals(voter):
            yield "referred", "the voter is referred to the secretary"
        if voter not in self.world.voters:
            yield "not_on_list", "the voter is not on the list"
            return
        listed = self.world.voters[voter]
        if listed.struck is not None:
            yield listed.struck.value, "the voter is struck off the list"
        if not wanted <= set(listed.elections):
            yield "no_right", "the voter has no right to that"
        if wanted & set(listed.postal):
            yield "postal_vote", "the voter has voted by post"
        marked = {e for claim in fold.marks(voter) if claim.id != body["request"] for e in claim.elections}
        if wanted & marked or (marked and body["outcome"] == "refused"):
            yield "already_marked", "the voter has a mark"

    # --- what is shown ---

    def shown(self, machine: Machine, screen: s.Screen) -> None:
        """A node shows a screen."""
        content = screen.content
        before = self._content.get(machine.name)
        self._content[machine.name] = content
        if _is_judged(content, before):
            return
        if not isinstance(content, s.Green):
            self._sent.pop(machine.name, None)
            self._lit_at.pop(machine.name, None)
        match content:
            case s.Green():
                self._green(machine, content)
            case s.Message(kind=s.Kind.REFUSED):
                self.counts.add(f"refused {content.code}")
                self._check_refused(machine, content)
            case s.Message(kind=s.Kind.REFERRED):
                self.counts.add("referred, shown")
                if not self._is_referred(machine, number_in(content.number)) and machine.device != self.liar:
                    raise ViolationError(f"W: {machine.name} sends voter {content.number} to the secretary for nothing")
            case s.VoterShown() | s.BirthDate():
                listed = self.world.voters.get(number_in(content.number))
                if listed is None or listed.name != content.name:
                    raise ViolationError(f"W: {machine.name} shows {content.name} as {content.number}")
                self._check_ballots(machine, listed.number, content.ballots)
            case s.Message(kind=s.Kind.WAITING, sign=s.Sign.WARNING):
                self._check_silent(machine, content)

    def _is_referred(self, machine: Machine, voter: int) -> bool:
        """Whether somebody has sent the voter to the secretary, and this machine's disk knows of no new try."""
        own = self.fold_of(machine)
        ended = {hash_ for e in own.all("released") if e.body["voter"] == voter for hash_ in e.body["ends"]}
        return any(e.body["voter"] == voter and e.hash not in ended for e in self.fold_of_all().all("referred"))

    def _check_refused(self, machine: Machine, content: s.Message) -> None:
        """What is said of a voter who is turned away is so, by what lies on any disk."""
        voter, code = number_in(content.number), content.code
        listed = self.world.voters.get(voter)
        fold = self.fold_of_all()
        holders = self.excuses.ever_held(fold, listed.book if listed is not None else 0)
        if self.liar in (machine.device, *holders) or self.is_liar_ruling:
            return  # it may refuse whom it likes
        known = (fold, self.fold_of(machine))  # what it has may be less, and be read otherwise
        claims = [claim for fold in known for claim in fold.claims(voter)] if code in ("A1", "A8") else []
        own_over = {id_ for id_ in known[1].withdrawn - known[1].issued if device_of(id_) == machine.device}  # that it knows
        claims = [claim for claim in claims if claim.id not in own_over]
        if code == "A1":
            is_so = any(_is_named(claim, content.reason) for claim in claims) or self._was_for_the_liar(fold, voter, content)
        elif code == "A9":
            to = _TABLE.search(content.remedy)
            is_so = machine.name in self.island and listed is not None
            is_so = is_so and (to is None or int(to[1]) in {table_of(device) for device in holders})
        else:
            is_so = {
                "A2": listed is not None
                and set(listed.elections) <= set(listed.postal) | {e for c in claims for e in c.elections},
                "A3": listed is None,
                "A4": listed is not None and listed.struck is not None,
                "A7": any(voter == e.body["voter"] for e in fold.all("referred")),
                "A8": bool(claims) or self._is_refused(machine),
                "A10": True,  # judged when it is decided
            }.get(code, False)
        if not is_so:
            raise ViolationError(f"W: {machine.name} refuses voter {voter}: {content.reason!r}, which is not so: {claims}")

    def _was_for_the_liar(self, fold: OwnFold, voter: int, content: s.Message) -> bool:
        """Whether a holder granted this voter to the liar's table, which the screen names. The liar's request may
        come later and name somebody else: then it is no mark any more."""
        table = _TABLE.search(content.reason)
        return (
            table is not None
            and self.liar != ""
            and int(table[1]) == table_of(self.liar)
            and any(
                (e.body["voter"], e.body["outcome"], device_of(e.body["request"])) == (voter, "granted", self.liar)
                for e in fold.all("decision")
                if device_of(e.run) != self.liar
            )
        )

    def _is_refused(self, machine: Machine) -> bool:
        """Whether somebody has refused the table's request, which was judged when it was decided."""
        last = self._last.get(machine.name, "")
        return self.fold_of_all().outcome(last) == "refused"

    def _check_silent(self, machine: Machine, content: s.Message) -> None:
        """Who is named as silent holds a book, by what anybody knows; else it is somebody who could help nobody."""
        found = _SILENT.search(content.headline)
        request = self._requests.get(self._last.get(machine.name, ""))
        if found is None or request is None or machine.device == self.liar:
            return
        book = self.facts.books[request.body["voter"]]
        holders = {table_of(device) for device in self.excuses.ever_held(self.fold_of_all(), book)}
        if int(found[1]) not in holders:
            raise ViolationError(f"W: {machine.name} waits for table {found[1]}, which never held book {book}")

    def _check_ballots(self, machine: Machine, voter: int, ballots: Iterable[s.Ballot]) -> None:
        """No ballot is handed out without a right to it, and none withheld but for what is so."""
        listed, rights = self.world.voters[voter], self.rights_of(voter)
        for ballot in ballots:
            election = _BY_NAME[ballot.election]
            is_so = {
                "": election in rights,
                "ingen valgret": election not in listed.elections,
                "brevstemme": election in listed.postal,
                "allerede udleveret": True,  # told apart when it is refused, or in the end
            }[ballot.withheld]
            if not is_so:
                word = ballot.withheld or "handed out"
                raise ViolationError(f"W: {machine.name} shows for voter {voter} the {election} ballot as {word}")

    def _green(self, machine: Machine, content: s.Green) -> None:
        """A green is sent to a display."""
        voter = number_in(content.number)
        elections = tuple(_BY_NAME[ballot.election] for ballot in content.ballots if not ballot.withheld)
        request = self._last.get(machine.name, "")
        if machine.device == self.liar:
            self._sent[machine.name] = Light(
                voter, elections, self.liar, f"{machine.node.run}/lie on voter {voter}", 0, island=False
            )
            return
        known = self._requests.get(request)
        if known is None or known.body["voter"] != voter or sorted(known.body["elections"]) != sorted(elections):
            raise ViolationError(f"S2: {machine.name} shows green for voter {voter}, whose request is on no disk")
        if self.world.voters[voter].name != content.name:
            raise ViolationError(f"W: {machine.name} shows green for {content.name} as {content.number}")
        self._check_ballots(machine, voter, content.ballots)
        before = self._sent.get(machine.name)
        if before is not None and before.request == request:
            return
        if any(light.request == request for light in self.lights):
            raise ViolationError(f"S1: {machine.name} shows green again on {request}")
        if run_of(request) != machine.last_run:
            raise ViolationError(f"G1: {machine.name} shows green on {request}, made before its restart")
        if machine.name in self._over.get(request, ()):
            raise ViolationError(f"G1: {machine.name} shows green on {request}, which it has withdrawn")
        light = Light(voter, elections, machine.device, request, known.seq, machine.name in self.island)
        self._sent[machine.name] = light
        self._check_disks(machine, light)
        self._check_may_serve(machine, light)

    def drawn(self, machine: Machine) -> None:
        """A green is drawn: the clerk sees it, and hands out."""
        light = self._sent[machine.name]
        if all(other.request != light.request for other in self.lights):
            if self.is_undone(self.fold_of_all(), light) and not self.excuses.of(light.voter):
                raise ViolationError(f"S1: {machine.name} shows green on {light.request}, which was undone")
            self._check_once(light)
            self.lights.append(light)

    def is_lit(self, mark: str, voter: int) -> bool:
        """Whether a green was drawn on a request; or, for a found card, at the table where it lay, and was not taken back."""
        fold = self.fold_of_all()
        found = [claim.where for claim in fold.claims(voter) if claim.id == mark and claim.is_card]
        here = [light for light in self.lights if light.voter == voter and light.table in found]
        return any(light.request == mark for light in self.lights) or any(not self.is_undone(fold, light) for light in here)

    def is_liars(self, mark: str, voter: int) -> bool:
        """Whether a mark is of the liar's table."""
        return any(claim.id == mark and claim.where == self.liar for claim in self.fold_of_all().claims(voter))

    def is_undone(self, fold: OwnFold, light: Light) -> bool:
        """Whether the secretary has taken the ballots of a green back."""
        return fold.undone(light.request, light.voter)

    def look_at_greens(self) -> None:
        """A green that its table knows to be drawn goes away by itself."""
        for name, since in self._lit_at.items():
            machine = self.world.machines[name]
            if not machine.up or machine.device == self.liar or self.world.mono <= since + self.world.clear_ms + SLACK_MS:
                continue
            if machine.due > self.world.mono and name in self._sent:
                raise ViolationError(f"W: {name} has shown green on {self._sent[name].request} ever since {since} ms")

    def _check_may_serve(self, machine: Machine, light: Light) -> None:
        fold = self.fold_of(machine)
        if fold.is_closed(light.run):
            raise ViolationError(f"W: {machine.name} is closed, and shows green on {light.request}")
        if not self.fold_of_all().is_open and not self.is_liar_ruling:
            raise ViolationError(f"W: {machine.name} shows green on {light.request}, and the poll is not open")
        run, line = light.run, set()
        while run:
            line.add(run)
            run = fold.run_before(run)
        if others := {run for run in fold.starts if device_of(run) == machine.device} - line:
            raise ViolationError(f"T: {machine.name} shows green on {light.request}, and knows of {others}")

    def _check_once(self, light: Light) -> None:
        alike = [one for one in self.lights if one.voter == light.voter and set(one.elections) & set(light.elections)]
        fold = self.fold_of_all() if alike else None
        for other in alike:
            if self.is_undone(fold, other):
                continue
            if fold.undone(other.request, other.voter, mind_pending=False):
                self.held_back.append((light, other))  # the table may not have heard of the stop: judged in the end
            else:
                self._given_twice(light, other)

    def _given_twice(self, light: Light, other: Light) -> None:
        self.twice.add(light.voter)
        excuse = self.excuses.of(light.voter) or self.excuses.of_lights(light, other)
        if not excuse:
            raise ViolationError(
                f"S1: voter {light.voter} is given ballots at {light.table} ({light.request}), "
                f"after {other.table} ({other.request})"
            )
        self.counts.add(f"two ballots: {excuse}")

    def _check_disks(self, own: Machine, light: Light) -> None:
        grants = self._grants.get(light.request, [])
        kind = "own" if any(device_of(run) == light.table for run, _ in grants) else "other"
        self.counts.add(f"green of {'an island' if light.island else f'{kind} book'}")
        if light.island and kind == "own":
            return
        disks = {
            m.device
            for m in self.world.machines.values()
            for run, seq in grants
            if max(m.once.get(run, 0), m.vector.get(run, 0)) >= seq
        }
        if own.vector.get(light.run, 0) < light.seq:
            raise ViolationError(f"S2: the request {light.request} is not on the disk of {own.name}")
        if any(self.boasts.get(run, 0) >= seq for run, seq in grants):
            disks.add(self.liar)
        if not disks - {light.table}:
            raise ViolationError(f"S2: the mark of {light.request} is on one disk only")
        marks = [
            c for c in self.fold_of(own).marks(light.voter) if c.id != light.request and set(c.elections) & set(light.elections)
        ]
        if marks and all(device_of(run) == light.table for run, _ in grants):
            raise ViolationError(f"G3: {own.name} shows green on {light.request} by its own word, and knows of {marks}")

    # --- in the end ---

    def pile(self, device: str) -> list[Light]:
        """The polling cards that lie at a table: one for each green that was drawn there."""
        return [light for light in self.lights if light.table == device]

    def finish(self) -> None:
        """After healing: S3, S4 and S5, and that every request has come to an end."""
        alive = [machine for machine in self.world.machines.values() if machine.node is not None]
        first = alive[0]
        for machine in alive:
            if machine.vector != first.vector:
                raise ViolationError(f"S3: {machine.name} has {machine.vector}, {first.name} has {first.vector}")
        fold = self.fold_of(first)
        told = _told(fold, self.world.voters) | {"conflicts": _conflicts_by(first)}
        if not _are_told(_conflicts_by(first), fold.conflicts()):
            raise ViolationError(f"S4: {first.name} tells of the conflicts {_conflicts_by(first)}, not {fold.conflicts()}")
        for machine in alive:
            other = _told_by(machine, self.world.voters)
            if other != told:
                difference = {key: (told.get(key), other.get(key)) for key in told | other if told.get(key) != other.get(key)}
                raise ViolationError(f"S3: what {machine.name} says is not what the logs say: {difference}")
            self._check_log(machine)
            open_ = set(fold.unsettled(machine.device)) - self.left_open
            open_ = {id_ for id_ in open_ if not self.excuses.of(fold.requests[id_].body["voter"])}
            if open_ and machine.device != self.liar:
                raise ViolationError(f"L: {machine.name} still has requests without an end: {open_}")
        for light, other in self.held_back:
            if not self.is_undone(fold, other):
                self._given_twice(light, other)
        self._check_marks(fold)

    def _two_have_decided(self, fold: OwnFold, requests: set[str]) -> bool:
        """Whether both of two cards with one key have decided, each otherwise: a table has shown one, and the other counts."""
        is_copied = any(machine.name != machine.device for machine in self.world.machines.values())
        both = {"granted", "refused"}
        return is_copied and all({e.body["outcome"] for e in fold.decisions(id_)} == both for id_ in requests)

    def _check_marks(self, fold: OwnFold) -> None:
        conflicts = fold.conflicts()
        for light in self.lights:
            marked = {election for claim in fold.marks(light.voter) for election in claim.elections}
            if not set(light.elections) <= marked and self._is_provable(light) and not self.is_undone(fold, light):
                raise ViolationError(f"S4: the green of {light.request} is not a mark in the end")
        hidden = {one.voter for one in self.lights if not self._is_provable(one) or self.is_undone(fold, one)}
        silent = self.twice - conflicts.keys() - hidden
        if silent:
            raise ViolationError(f"S4: voters {silent} have two ballots, and nothing shows it")
        for voter, ballots in conflicts.items():
            if wrong := [ballot for ballot in ballots if not self._is_ballot(ballot, fold)]:
                if excuse := self.excuses.of(voter):
                    self.counts.add(f"conflict without a second ballot: {excuse}")
                else:
                    raise ViolationError(f"S4: voter {voter} is shown with a second ballot that nobody was given: {wrong}")

    def _is_ballot(self, claim: Claim, fold: OwnFold) -> bool:
        """Whether a ballot that is said to have been given may have been: a green was drawn there, or nobody can know."""
        if claim.where == self.liar or self.is_liar_ruling or claim.id in self.left_open:
            return True
        at = self.world.machines.get(claim.where)
        drawn = any(light.voter == claim.voter and light.table == claim.where for light in self.lights)
        return drawn or at is None or at.lost or at.old or self._two_have_decided(fold, {claim.id})

    def check_boards(self, boards: dict[str, s.Sheet]) -> None:
        """What the overviews say of conflicts and of books' holders is what the logs say."""
        for name, board in boards.items():
            fold = self.fold_of(self.world.machines[name])
            conflicts, told = fold.conflicts(), _conflicts_on(board)
            if set(told) != set(conflicts):
                raise ViolationError(
                    f"S4: the overview of {name} tells of conflicts of {sorted(told)}, not of {sorted(conflicts)}"
                )
            for voter, ballots in told.items():
                places = {(claim.table, clock(claim.time)) for claim in conflicts[voter]}
                if ballots and not ballots <= places:
                    raise ViolationError(f"S4: {name} tells of voter {voter}'s ballots {ballots}, not {places}")
            holders = {book: table_of(fold.holder(book)) for book in fold.chains}
            if (shown := _holders_on(board)) != holders:
                raise ViolationError(f"W: the overview of {name} says who holds the books: {shown}, not {holders}")
            self.counts.add("overview read")

    def _is_provable(self, light: Light) -> bool:
        """Whether a green must be a mark in the end: its table's disk is there, or its grant, or its card was scanned again."""
        table = self.world.machines[light.table]
        if not (table.lost or table.old):
            return light.table != self.liar
        if light.request in self._over:
            return False  # its old disk, or its other card, did not know of the green, and has given it up
        excused = self.excuses.of(light.voter) or (light.voter, light.table) in self.unscanned
        if not excused and not table.old and not light.island:
            return True
        return any(
            machine.vector.get(run, 0) >= seq
            for machine in self.world.machines.values()
            if machine.up
            for run, seq in self._grants.get(light.request, ())
        )

    def _check_log(self, machine: Machine) -> None:
        for found in check_chain(machine.disk, FIRST_PREV, keys(machine.device).verify, {}):
            if isinstance(found, Broken):
                raise ViolationError(f"S5: the log at {machine.name} does not verify: {found}")


def number_in(words: str) -> int:
    """The voter number in "nr. 000 001"; 0 where there is none."""
    return int("".join(c for c in words if c.isdigit()) or 0)


def clock(time_ms: int) -> str:
    """A time as the screens have it, in the made-up place's zone."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%H.%M")


def _is_named(claim: Claim, words: str) -> bool:
    """Whether a mark is the one of which a screen tells. Who does not know its request tells when it was granted."""
    table, time = _TABLE.search(words), _TIME.search(words)
    is_there = table is None or int(table[1]) == claim.table
    return is_there and (time is None or time[1] in {clock(at) for at in claim.times})


def _conflicts_on(board: s.Sheet) -> dict[int, set[tuple[int, str]]]:
    """The voters whom an overview shows in conflict, each with the tables and times that it names."""
    found: dict[int, set[tuple[int, str]]] = {}
    for line in board.rows:
        if line.text.startswith("KONFLIKT"):
            if named := _NUMBER.search(line.name):
                found[number_in(named[0])] = {(int(table), time) for table, time in _BALLOT.findall(line.text)}
            else:
                found |= {number_in(number): set() for number in _NUMBER.findall(line.text)}
    return found


def _holders_on(board: s.Sheet) -> dict[int, int]:
    """At which table an overview shows each book; 0 for the secretary's node."""
    found = {}
    for line in board.rows:
        if not line.wide and (node := _NODE.fullmatch(line.name)):
            table, held = int(node[1] or 0), _HOLDS.search(line.text)
            books = list(_numbers(held[1])) if held else []
            if table and "listen føres af" not in line.text:
                books.append(table)
            found |= dict.fromkeys(books, table)
    return found


def _numbers(words: str) -> Iterable[int]:
    """The tables in "1, 3-5 og 8"."""
    for first, last in re.findall(r"(\d+)(?:[-–](\d+))?", words):
        yield from range(int(first), int(last or first) + 1)


def _facts(world: World) -> Facts:
    place = world.place
    undo_devices = frozenset(device for device in place.devices if device.partition(".")[0] in (place.nodes[0], "T1"))
    books = {number: voter.book for number, voter in world.voters.items()}
    return Facts(place.devices, undo_devices, place.opening, place.elections, books, _is_code)


def _is_code(author: str, body: dict) -> bool:
    return is_signed(author, convert(body, Stop))


def _told(fold: OwnFold, voters: Iterable[int]) -> dict[str, object]:
    """What the logs say, by the oracle's own fold."""
    told: dict[str, object] = {f"holder of {book}": fold.holder(book) for book in fold.chains}
    told["open"] = fold.is_open
    told["closed"] = sorted(run for run in fold.starts if fold.is_closed(run))
    told["handed out"] = fold.handed_out()
    told |= {f"became of {id_}": fold.outcome(id_) for id_ in fold.requests}
    for voter in voters:
        marks = fold.marks(voter)
        told[f"marks of {voter}"] = {(c.id, one) for c in marks if not c.is_card for one in c.elections}
        told[f"cards of {voter}"] = {c.id for c in marks if c.is_card}
        told[f"referrals of {voter}"] = sorted(fold.referrals(voter))
    return told


def _told_by(machine: Machine, voters: Iterable[int]) -> dict[str, object]:
    """What a node says."""
    ledger, books = machine.node.ledger, machine.node.books.books
    told: dict[str, object] = {f"holder of {book}": books.holder(book) for book in books}
    told["open"] = ledger.poll_open
    told["closed"] = sorted(run.name for runs in books.runs.devices.values() for run in runs if ledger.is_closed(run.name))
    told["handed out"] = ledger.totals().issued
    for id_, case in ledger.cases.items():
        if case.made is not None:
            found = ledger.outcome(case)
            told[f"became of {id_}"] = found.decision.outcome.value if found is not None else ""
    for voter in voters:
        told[f"marks of {voter}"] = {(c.id, one) for c in ledger.marking(voter) for one in ledger.elections(c, voter)}
        told[f"cards of {voter}"] = {found.spot for found in ledger.found(voter)}
        told[f"referrals of {voter}"] = sorted(ledger.referrals(voter))
    told["conflicts"] = _conflicts_by(machine)
    return told


def _conflicts_by(machine: Machine) -> dict[int, list[tuple[int, int]]]:
    return {voter: sorted(ballots) for voter, ballots in machine.node.ledger.conflicts().items()}


def _are_told(told: dict[int, list[tuple[int, int]]], conflicts: dict[int, list[Claim]]) -> bool:
    """Whether a node tells of each conflict: of every ballot, but where a table has given more than two, of some of its."""
    if told.keys() != conflicts.keys():
        return False
    for voter, claims in conflicts.items():
        ballots = Counter(claim.table for claim in claims)
        all_, here = {(claim.table, claim.time) for claim in claims}, set(told[voter])
        few = {(table, time) for table, time in all_ if ballots[table] <= 2}
        if not few <= here <= all_ or {table for table, _ in here} != ballots.keys():
            return False
    return True
