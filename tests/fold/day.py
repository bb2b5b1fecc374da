"""One day: machines, people and the truth of what was handed out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.messages import Ask, Head
from kiosk.domain.nodes import table_of
from tests.fold.machine import Machine
from tests.fold.place import ELECTIONS, Place, Record


class Wrong(AssertionError):  # noqa: N818
    """The protocol has failed its promise."""


@dataclass(slots=True, eq=False)
class Hand:
    """Ballots that were handed out."""

    voter: int
    elections: tuple[str, ...]
    machine: Machine
    request: str
    time: int
    returned: bool = False


class Day:
    """The world of one day. What happens when is for `schedule` and `scenarios`."""

    def __init__(self, seed: int, tables: int = 0) -> None:
        self.rng = Random(seed)
        self.seed = seed
        self.story: list[str] = []
        self.place = Place(self.rng, tables)
        self.machines = [Machine(self.place, device, self.tell) for device in self.place.devices]
        self.flight: list[tuple[Machine, Head | Ask, str]] = []
        self.hands: list[Hand] = []
        self.codes = 0
        self.time = 0
        self.runs = 0
        self.counts: Counter[str] = Counter()
        self.false_word = False
        self.excused: dict[str, int] = {}  # devices that somebody need not hear, and since when
        self.used_code_twice = False
        self.last_stopper: Machine | None = None
        self.restored: dict[str, set[tuple[str, int]]] = {}  # by device, what an old card has forgotten
        self.compares = True
        self.stops_before_copy = 0
        self.early_words: set[str] = set()  # requests of which it was said too early that nothing was handed out

    def tell(self, what: str) -> None:
        self.story.append(f"{self.time:4} {what}")

    def now(self) -> int:
        self.time += 1
        return self.time

    def machine(self, device: str) -> Machine:
        return next(machine for machine in self.machines if machine.device == device)

    def other(self, *but: Machine) -> list[Machine]:
        return [machine for machine in self.machines if machine not in but]

    @property
    def running(self) -> list[Machine]:
        return [machine for machine in self.machines if machine.runs]

    @property
    def copies(self) -> set[str]:
        """The devices of which two machines exist."""
        return {device for device, count in Counter(machine.device for machine in self.machines).items() if count > 1}

    # --- power ---

    def boot(self, machine: Machine) -> None:
        if not machine.is_on and not machine.is_dead:
            machine.boot()
            self.tell(f"{self.name(machine)} gets power")

    def begin(self, machine: Machine, unsure: float = 0.2) -> None:
        """The clerk answers, and a run begins."""
        if not machine.is_on or machine.runs:
            return
        issued, withdrawn = [], []
        twin_runs = any(other.is_on for other in self.other(machine) if other.device == machine.device)
        for case in machine.unsettled():
            if self.rng.random() < unsure:
                continue
            if any(hand.request == case.id for hand in self.hands):
                issued.append(case.id)
            elif not twin_runs:  # else the other card's table may still hand them out
                withdrawn.append(case.id)
        self.runs += 1
        name = f"{machine.device}-{self.rng.getrandbits(64):016x}"
        machine.begin(name, issued, withdrawn, self.now(), self.rng)
        self.tell(f"{self.name(machine)} begins, issued {issued} withdrawn {withdrawn}")

    def crash(self, machine: Machine) -> None:
        if machine.is_on:
            self.tell(f"{self.name(machine)} loses power, and {len(machine.memory)} entries")
            machine.crash()

    def die(self, machine: Machine) -> None:
        self.crash(machine)
        machine.is_dead = True
        self.tell(f"{self.name(machine)} is dead")

    def lock(self, machine: Machine) -> None:
        if machine.runs:
            machine.write(e.Locked(), self.now())
            machine.commit()
            self.crash(machine)
            self.tell(f"{self.name(machine)} was locked")

    def old_card(self, machine: Machine, length: int = 0) -> None:
        """A card is put back as it was earlier in the day."""
        if machine.is_on or machine.is_dead or not machine.snapshots:
            return
        length = length or self.rng.choice(machine.snapshots)
        gone = {one.key for one in machine.disk[length:]}
        machine.disk = machine.disk[:length]
        machine.snapshots = [one for one in machine.snapshots if one <= length]
        machine.was_restored = True
        self.restored.setdefault(machine.device, set()).update(gone)
        self.tell(f"{self.name(machine)} is an old card now, {len(gone)} entries short")

    def copy(self, machine: Machine, length: int = 0) -> Machine | None:
        """A second card with the same key, as the first was at some time."""
        if not machine.snapshots or machine.device in self.copies or machine.is_liar:
            return None
        twin = Machine(self.place, machine.device, self.tell)
        twin.disk = machine.disk[: length or self.rng.choice(machine.snapshots)]
        twin.snapshots = [len(twin.disk)]
        self.stops_before_copy = self.counts["stops"]
        twin.group = self.rng.choice(self.machines).group
        twin.was_restored = True
        self.machines.append(twin)
        self.tell(f"{self.name(machine)} was copied, with {len(twin.disk)} of {len(machine.disk)} entries")
        return twin

    def name(self, machine: Machine) -> str:
        run = machine.run.partition("-")[2][:4] or "-"
        return f"{machine.device}[{run}]" + ("'" if machine.was_restored else "")

    # --- the wires ---

    def connected(self, one: Machine, other: Machine) -> bool:
        return one is not other and one.group == other.group and one.is_on and other.is_on

    def sync(self, giver: Machine, taker: Machine, most: int = 0, only: str = "") -> int:
        """One takes in what the other has on disk; at most so many, or only one device's."""
        if not self.connected(giver, taker) or not giver.runs:
            return 0
        taken, have = 0, taker.log.have
        for one in [one for one in giver.sent() if one.key not in have]:
            if (not only or one.device == only) and taker.log.may_take(one):
                taker.receive(one)
                taken += 1
                if taken == most:
                    break
        if taken:
            self.tell(f"{self.name(taker)} takes {taken} entries from {self.name(giver)}")
        return taken

    def head(self, machine: Machine, to: Machine, late: bool = False) -> None:
        if not machine.runs or not self.connected(machine, to):
            return
        if late:
            self.flight.append((to, machine.head(), to.run))
        else:
            to.hear(machine.head())

    def deliver(self, place: int) -> None:
        to, message, _ = self.flight.pop(place)
        if not to.is_on:
            return
        if isinstance(message, Head):
            to.hear(message)
        else:
            to.asks.append((message.request, message.request.id))

    # --- the table ---

    def come(self, machine: Machine, voter: int, elections: tuple[str, ...] = ELECTIONS) -> bool:
        """A voter comes to a table."""
        if not machine.runs or machine.open or machine.is_liar or table_of(machine.device) is None:
            return False
        if not rules.f_may_ask(machine.seen):
            return False
        may = machine.weigh(voter)
        elections = tuple(one for one in elections if one in may) if self.rng.random() < 0.8 else elections
        if not elections:
            return False
        ask = machine.ask(voter, elections, self.now())
        self.tell(f"{self.name(machine)} asks for {voter} {''.join(elections)}: {machine.open[-6:]}")
        for other in self.other(machine):
            if self.connected(machine, other) and self.rng.random() < 0.8:
                self.flight.append((other, ask, ask.request.id))
        return True

    def look(self, machine: Machine) -> None:
        """The machine does what is due: membership, decisions, green."""
        if not machine.runs:
            return
        if machine.seen.member.reach():
            self.counts["member"] += 1
        if made := machine.decide(self.now()):
            self.counts["decisions"] += made
            self.tell(f"{self.name(machine)} decides {made}")
        if machine.earlier and machine.may_show_green(machine.earlier):
            self.green(machine, machine.earlier)
        if not machine.open:
            return
        if machine.may_show_green(machine.open):
            self.green(machine, machine.open)
        elif (case := machine.log.ledger.cases.get(machine.open)) is not None and machine.log.ledger.refused(case):
            self.give_up(machine)
            self.counts["refused"] += 1

    def green(self, machine: Machine, request: str) -> None:
        """The lamp is green, and the clerk hands out the ballots."""
        case = machine.log.ledger.cases[request]
        assert case.made is not None
        hand = Hand(case.made.voter, case.made.elections, machine, case.id, self.time)
        self.hands.append(hand)
        machine.open = machine.earlier = ""
        machine.write(e.Issued(case.id), self.now())
        self.counts["green"] += 1
        self.tell(f"{self.name(machine)} GREEN for {hand.voter} {''.join(hand.elections)}: {case.id[-6:]}")
        self.judge_green(hand)
        if not machine.seen.island and not self.restored and not any(other.is_liar for other in self.machines):
            self.judge_disks(hand)

    def give_up(self, machine: Machine) -> None:
        if machine.runs and machine.open:
            self.tell(f"{self.name(machine)} withdraws {machine.open[-6:]}")
            machine.write(e.Withdrawn(machine.open), self.now())
            machine.open, machine.earlier = "", machine.open

    # --- the chair ---

    def silent(self) -> set[str]:
        """The devices that are off or locked now."""
        return set(self.place.devices) - {machine.device for machine in self.machines if machine.is_on}

    def stop(self, machine: Machine, named: Iterable[str] | None = None, *, again: bool = False) -> bool:
        """The chair scans the next code at a table, and names devices."""
        number = self.codes if again and self.codes else self.codes + 1
        names = self.silent() if named is None else set(named)
        if not machine.runs or machine.is_liar or number > 40:
            return False
        if not machine.stop(number, names, self.now()):
            return False
        self.codes = number
        self.false_word = self.false_word or bool(names - self.silent())
        self.used_code_twice = self.used_code_twice or again
        self.tell(f"{self.name(machine)} stop {number} names {sorted(names)}")
        self.counts["stops"] += 1
        return True

    def scan(self, machine: Machine, most: int = 100) -> None:
        """The cards in the stopped tables' piles that are not known are scanned."""
        stopped = machine.stopping
        if stopped is None or machine.scanned:
            return
        ledger = machine.log.ledger
        for hand in self.hands:
            device, voter = hand.machine.device, hand.voter
            known = any(case.device == device for case in ledger.marking(voter)) or ledger.is_found(voter, device)
            if device in stopped.stop.named and not hand.returned and not known and most:
                most -= 1
                machine.write(e.Card(stopped.stop.n, device, voter), self.now())
                self.counts["cards"] += 1
                self.tell(f"{self.name(machine)} card of {voter} in {device}'s pile")
        machine.scanned = True

    def view(self, machine: Machine) -> bool:
        if not machine.runs or machine.is_liar or (stopped := machine.may_view()) is None:
            return False
        self.scan(machine)
        machine.view(stopped, self.now())
        self.counts["views"] += 1
        self.tell(f"{self.name(machine)} view {stopped.stop.n}")
        return True

    def give(self, machine: Machine, book: int, to: str) -> bool:
        """A book goes to another device's run."""
        runs = machine.log.books.runs
        tips = [run for run in runs.tips(to) if not rules.run_is_over(machine.log.books, run.name)]
        if not machine.runs or to == machine.device or len(tips) != 1 or not machine.may_decide(book):
            return False
        hold = machine.log.books.chain(book).last.hold
        machine.write(e.Give(book, hold, tips[0].name, dict(runs.vector)), self.now())
        self.counts["gives"] += 1
        self.tell(f"{self.name(machine)} gives book {book} to {tips[0].name[:9]}")
        return True

    def undo(self, machine: Machine, voter: int, too_early: float = 0.0) -> bool:
        """The secretary takes back a mark; nothing was handed out, or the ballots are back in stock.

        `too_early`: how often one is asked for of a request that may still turn green. The desk offers none. Where it is
        asked for nevertheless, D4 waits until the run is over; what was handed out in between the chair has to scan.
        """
        ledger = machine.log.ledger
        if not machine.runs or machine.is_liar or not rules.may_go_on(machine.seen):
            return False
        if machine.device not in self.place.facts.undo_devices:
            return False
        targets = [
            (case.id, ledger.elections(case, voter), case.issued)
            for case in ledger.marking(voter)
            if case.issued or rules.run_is_over(machine.log.books, case.run) or self.rng.random() < too_early
        ]
        targets += [(found.spot, ELECTIONS, True) for found in ledger.found(voter)]
        if not targets:
            return False
        target, elections, issued = self.rng.choice(sorted(targets))
        card_of = next((found.device for found in ledger.found(voter) if found.spot == target), "")
        kept = [hand for hand in self.hands if not hand.returned and hand.voter == voter]
        hands = [hand for hand in kept if hand.request == target or hand.machine.device == card_of]
        if not issued and hands:
            return False  # the secretary does not say that nothing was handed out
        if issued and len(hands) == 1 and not card_of:
            hands[0].returned = True
        elif hands:
            return False  # a card is no word about what came back
        if not issued and target in ledger.cases and not rules.run_is_over(machine.log.books, ledger.cases[target].run):
            self.early_words.add(target)
        machine.asked += 1
        id_ = f"{machine.run}/{machine.asked}"
        machine.write(e.Request(id_, e.Op.UNDO, voter, elections, target=target, handed_out=issued), self.now())
        self.counts["undos"] += 1
        self.tell(f"{self.name(machine)} asks to undo {target} of {voter}, handed out: {issued}")
        return True

    def excuse(self, machine: Machine, devices: Iterable[str]) -> None:
        """This card has been in this device since it was first used, though those are silent. Said only where it is true."""
        devices = tuple(sorted(devices))
        if machine.runs and devices and not machine.was_restored and machine.device not in self.copies:
            machine.write(e.Excused(devices), self.now())
            machine.seen.member.excuse(devices)
            self.excused.update(dict.fromkeys(devices, self.time))
            self.tell(f"{self.name(machine)} excuses {devices}")

    def island(self, machine: Machine) -> None:
        """The chair makes an island of a member that reaches nobody."""
        alone = not any(self.connected(machine, other) for other in self.machines)
        if machine.runs and alone and machine.seen.member.reached and not machine.seen.island:
            machine.seen.island = True
            machine.write(e.Island(True), self.now())
            self.counts["islands"] += 1
            self.tell(f"{self.name(machine)} is an island")

    def end_island(self, machine: Machine) -> None:
        """It ends by itself when its entries are copied."""
        if not machine.seen.island or not machine.runs:
            return
        last = machine.log.books.runs[machine.run].stored
        if any(head.have.get(machine.run, 0) >= last for head in machine.heads.values()):
            machine.seen.island = False
            machine.write(e.Island(False), self.now())
            self.tell(f"{self.name(machine)} is no island any more")

    # --- judging at once ---

    def judge_green(self, hand: Hand) -> None:
        """S1: nobody has two ballots of an election."""
        for other in self.hands:
            both = set(other.elections) & set(hand.elections)
            if other is hand or other.returned or other.voter != hand.voter or not both:
                continue
            if excuse := self.why_excused(other, hand):
                self.counts[f"excused: {excuse}"] += 1
                continue
            raise Wrong(f"S1: {hand.voter} was given {both} by {other.request} and by {hand.request}")

    def judge_disks(self, hand: Hand) -> None:
        """S2: two disks have the mark, the grant or what was asked for at the own table."""
        have = {machine.device for machine in self.machines if any(is_mark(one, hand.request) for one in machine.disk)}
        asked = (one.entry.body for one in hand.machine.disk if isinstance(one.entry.body, e.Request))
        if any(body.id == hand.request for body in asked):
            have.add(hand.machine.device)
        if len(have) < 2:
            raise Wrong(f"S2: when {hand.voter} was given ballots by {hand.request}, only {have} had that on disk")

    def why_excused(self, first: Hand, second: Hand) -> str:
        """What PROTOCOL.md says remains."""
        if self.false_word:
            return "a false word"
        book = self.place.book_of(second.voter)
        assert book is not None
        liars = {machine.device for machine in self.machines if machine.is_liar}
        if any(liars & machine.log.books.held(book) for machine in self.machines):
            return "a thief's book"
        if self.thief_undid(first):
            return "an undo by the thief of the assistant's device"
        if self.was_undone_too_early(first):
            return "a word too early, of a table that was stopped"
        if self.copies and (self.excused or self.counts["islands"]):
            return "two cards, one excused or an island"
        at_a_copy = {first.machine.device, second.machine.device} & self.copies
        if at_a_copy and self.counts["stops"] > self.stops_before_copy:
            return "two cards, one acknowledged a stop"
        if self.restored and not self.is_kept(first):
            return "an old card, and the other disks excused or named"
        return ""

    def thief_undid(self, hand: Hand) -> bool:
        """Whether a mark is undone where a thief may ask for that."""
        may = any(machine.is_liar and machine.device in self.place.facts.undo_devices for machine in self.machines)
        ledgers = [machine.log.ledger for machine in self.machines]
        return may and any(hand.request in one.cases and one.undone(one.cases[hand.request]) for one in ledgers)

    def was_undone_too_early(self, hand: Hand) -> bool:
        """Whether the secretary said too early that nothing was handed out, at a table that was stopped since."""
        return hand.request in self.early_words and any(
            log.books.is_named(hand.request.partition("/")[0])
            for log in (machine.log for machine in self.machines)
            if hand.request.partition("/")[0] in log.books.runs
        )

    def is_kept(self, hand: Hand) -> bool:
        """Whether its mark lies on a disk that somebody must hear."""
        unheard = {device for device, time in self.excused.items() if time > hand.time}
        for log in (machine.log for machine in self.machines):
            for stopped in log.books.stops:
                if log.have[stopped.author, stopped.seq].entry.time > hand.time:
                    unheard.update(stopped.stop.named)
        for machine in self.machines:
            if machine.device in unheard or machine.device in self.restored:
                continue
            if any(is_mark(one, hand.request) for one in machine.disk):
                return True
        return False


def is_mark(one: Record, request: str) -> bool:
    body = one.entry.body
    return isinstance(body, e.Decision | e.Issued) and body.request == request
