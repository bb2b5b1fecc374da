"""One schedule: a world, its people and its misfortunes, all drawn from one seed; then healing, and the last checks.

Each step has its own random numbers, so that a step can be left out and the others stay what they were: that is how a story is
made short. Which kinds of faults occur, and how often, is drawn anew for each schedule.
"""

from collections.abc import Callable, Collection
from random import Random

from kiosk.domain import desk_states as d
from kiosk.domain import rules
from kiosk.domain import screens as s
from kiosk.domain.cards import check_digits
from kiosk.domain.messages import Stance
from kiosk.domain.office import Deed, Perform, Rescan
from kiosk.node import Ordered, Scanned
from tests.simulation.oracle import Counts, Oracle, ViolationError
from tests.simulation.world import BROKERS, Machine, World

FAULTS = ("crash", "cut", "one_way", "broker", "loss", "delay", "repeat", "clock", "power", "lost_disk", "old_disk", "lock")
DEEDS = ("island", "seal", "assistant", "hand_over", "attest")


class Schedule:
    """A seed's whole day."""

    def __init__(
        self, seed: int, steps: int, counts: Counts, *, nodes: int = 0, skip: Collection[int] = (), tell: bool = False
    ) -> None:
        self.seed, self.steps, self.counts, self.skip = seed, steps, counts, frozenset(skip)
        rng = self.rng = Random(seed)
        tables = (nodes or rng.choice((3, 3, 4, 4, 4, 5, 6, 8))) - 1
        self.focus = rng.randrange(1, tables + 1) if rng.random() < 0.75 else 0  # the book that everything turns about
        self.world = World(tables, rng.choice((1, 1, 2, 3)), rng, self.focus)
        self.honest = rng.random() < 0.85
        self.oracle = Oracle(self.world, counts, honest=self.honest)
        self.enabled = {what for what in (*FAULTS, *DEEDS) if rng.random() < 0.55}
        self.calm = rng.choice((0.6, 0.75, 0.9))
        self.busy = rng.choice((0.3, 0.5, 0.7))
        self.quick_clerks = rng.random() < 0.8
        self.attested: set[str] = set()
        self.snapshots: dict[str, tuple[list, dict]] = {}
        if tell:
            self.world.story = []

    # --- the whole of it ---

    def run(self) -> None:
        """Run it; raises ViolationError."""
        self.morning()
        for step in range(self.steps):
            self.rng.seed(self.seed << 20 | step)
            if step not in self.skip:
                self.step(step)
        self.rng.seed(self.seed << 20 | self.steps)
        self.heal()
        self.oracle.finish()
        self.serve_the_rest()

    def morning(self) -> None:
        """All start, and the secretary opens the poll."""
        world = self.world
        for machine in list(world.machines.values()):
            world.boot(machine)
        world.run_for(20)
        world.take(world.machines["S.1"], Ordered(Perform(Deed.OPEN_POLL)))
        world.run_for(10)
        faults = world.faults
        faults.loss = self.rng.choice((0.02, 0.1, 0.3)) if "loss" in self.enabled else 0.0
        faults.delay = self.rng.choice((0.1, 0.4)) if "delay" in self.enabled else 0.0
        faults.repeat = 0.2 if "repeat" in self.enabled else 0.0

    def step(self, step: int) -> None:
        """One step: something happens by itself, or a clerk, the chair or fate does something."""
        rng, world = self.rng, self.world
        world.say(f"{step}.")
        if rng.random() >= self.busy:
            world.happen()
            return
        if rng.random() < self.calm:
            self.clerk()
            return
        if rng.random() < 0.5 and (wanted := [deed for deed in DEEDS if deed in self.enabled]):
            _DO[rng.choice(wanted)](self)
        elif faults := [fault for fault in FAULTS if fault in self.enabled and fault in _DO]:
            _DO[rng.choice(faults)](self)
        if rng.random() < 0.5:
            self.go_on_seizing()

    # --- clerks ---

    def clerk(self) -> None:
        """A clerk does what the screen asks for."""
        world, rng = self.world, self.rng
        tables = [m for m in world.machines.values() if m.up and m.origin[0] == "T" and m.screen is not None]
        if tables:
            self.serve(rng.choice(tables), rng.choice(list(world.voters)))

    def serve(self, machine: Machine, voter: int) -> None:
        """The next touch or scan at a table."""
        rng, content = self.rng, machine.screen.content
        match content:
            case s.Ready() | s.Refused():
                self.scan(machine, voter)
            case s.VoterShown():
                self.touch(machine, "cancel" if rng.random() < 0.05 else "approve")
            case s.Waiting():
                if rng.random() < 0.3:
                    self.touch(machine, "cancel")
            case s.Unresolved():
                if self.quick_clerks or rng.random() < 0.3:
                    self.answer(machine)
            case s.Green():
                if rng.random() < 0.5:
                    self.touch(machine, "next")
            case _:
                pass

    def scan(self, machine: Machine, voter: int) -> None:
        self.world.say(f"{machine.origin}: the card of voter {voter} is scanned")
        payload = f"4701{voter:06}"
        self.world.mono += 1_000 if self.rng.random() < 0.02 else 0
        machine.node.lookup.last_scan = (0, 0)  # the voter is another person's try, not a scanner's repeat
        self.world.take(machine, Scanned(payload + check_digits(payload)))

    def touch(self, machine: Machine, touch: str, value: str = "") -> None:
        self.world.say(f"{machine.origin}: touches {touch}")
        self.world.take(machine, s.Touch(machine.screen.number, touch, value))

    def answer(self, machine: Machine) -> None:
        """After a restart the clerk says what is true: whether the light was shown."""
        request = machine.node.request.id
        shown = any(light.request == request for light in self.oracle.lights)
        self.counts.add(f"clerk answers {'yes' if shown else 'no'}")
        self.touch(machine, "yes" if shown else "no")

    # --- the chair ---

    def order(self, machine: Machine, *effects: Perform | Rescan) -> None:
        self.world.say(f"{machine.origin}: the chair orders {'; '.join(map(_words, effects))}")
        self.world.take(machine, *(Ordered(effect) for effect in effects))

    def stopped(self) -> set[str]:
        """The origins that are stopped: off, locked or lost."""
        return {m.origin for m in self.world.machines.values() if m.node is None or m.node.is_locked}

    def island(self) -> None:
        """The chair puts a table that is alone in island mode, unless it was attested stopped and is not with us again."""
        self.forgive()
        for machine in self.shuffled():
            if machine.up and machine.origin not in self.attested and machine.node.situation.may_island:
                self.order(machine, Perform(Deed.ISLAND))
                return

    def forgive(self) -> None:
        """Who was attested stopped may be an island again once it has caught up, and has every seal that names it."""
        seals = [
            (m.origin, sealed.seq, sealed.seal.stopped)
            for m in self.world.machines.values()
            if m.node is not None
            for book in m.node.books.books
            for sealed in m.node.books.books._seals.get(book, ())
            if sealed.author == m.origin
        ]
        for origin in list(self.attested):
            machine = self.world.machines[origin]
            has_all = all(machine.vector.get(author, 0) >= seq for author, seq, names in seals if origin in names)
            if machine.node is not None and machine.node.books.seen.fresh.reached and has_all:
                self.attested.discard(origin)

    def seal(self) -> None:
        """A holder of the register begins to take a book."""
        for machine in self.shuffled():
            if machine.up and (
                books := [b for b in machine.node.books.books if b and rules.may_seal(machine.node.books.seen, b)]
            ):
                wanted = self.focus if self.focus in books and self.rng.random() < 0.8 else self.rng.choice(books)
                self.seal_at(machine, wanted)
                return

    def assistant(self) -> None:
        """The assistant begins to take the register, whose holder is stopped."""
        for machine in self.shuffled():
            if machine.up and rules.may_seal(machine.node.books.seen, 0):
                holder = machine.node.books.books.holder(0)
                if holder in self.stopped() or (not self.honest and self.rng.random() < 0.5):
                    self.seal_at(machine, 0, {holder})
                    return

    def seal_at(self, machine: Machine, book: int, also: Collection[str] = (), *, everybody: bool = False) -> None:
        """The chair attests who is stopped: truly and as a rule completely; a dishonest one anything."""
        stopped = self.stopped() - {machine.origin}
        if everybody:
            pass
        elif not self.honest:
            stopped |= {m.origin for m in self.world.machines.values() if self.rng.random() < 0.2} | set(also)
        elif self.rng.random() < 0.2 and stopped:
            stopped -= {self.rng.choice(sorted(stopped))} - set(also)
        stopped -= {machine.origin}
        if self.honest and any(self.in_island(origin) for origin in stopped):
            return
        self.attested |= stopped
        self.order(machine, Perform(Deed.SEAL, book=book, nodes=frozenset(stopped)))

    def in_island(self, origin: str) -> bool:
        machine = self.world.machines.get(origin)
        return machine is not None and machine.node is not None and machine.node.books.seen.island

    def go_on_seizing(self, *, finish: bool = False) -> None:
        """The chair has the stopped tables' cards scanned, and takes the book when everybody has answered."""
        for machine in self.shuffled():
            if machine.node is None:
                continue
            keeper = machine.node.books
            for book in list(keeper.books):
                sealed = keeper.own_seal(book)
                if sealed is None:
                    continue
                if self.rng.random() < 0.3 and not finish:
                    self.order_scans(machine, self.cards(machine, sealed.seal.stopped, keeper.unproved(sealed)))
                if not keeper.waits_for(book, sealed) and not keeper.fetches(book, sealed):
                    scans = self.cards(machine, sealed.seal.stopped, keeper.unproved(sealed))
                    heirs = [m.origin for m in self.world.machines.values() if m.node is not None]
                    old = keeper.books.old_holder(book, sealed.seal.epoch)
                    to = self.rng.choice([o for o in heirs if o != old] or heirs)
                    self.order(machine, *scans, Perform(Deed.SEIZE, book=book, to=to))
                    return

    def order_scans(self, machine: Machine, scans: list[Rescan]) -> None:
        if scans:
            self.order(machine, *scans)

    def cards(self, machine: Machine, stopped: Collection[str], unproved: Collection) -> list[Rescan]:
        """The cards that must be scanned again: those taken in since the last entry that is known here, and those unproved."""
        keeper, found = machine.node.books, []
        if not self.world.scans:
            return found
        listed = {case.id for case in unproved}
        for origin in sorted(stopped):
            for light in self.oracle.pile(origin):
                due = light.seq > keeper.replica.have.get(origin, 0) or light.request in listed
                if (due or self.rng.random() < 0.05) and not keeper.ledger.is_found(light.voter, origin):
                    found.append(Rescan(light.voter, origin))
        return found

    def hand_over(self) -> None:
        """A holder gives a book to another node."""
        for machine in self.shuffled():
            if machine.up and (books := [b for b in machine.node.books.books if machine.node.books.may_decide(b)]):
                book = self.focus if self.focus in books else self.rng.choice(books)
                others = [m.origin for m in self.world.machines.values() if m.origin != machine.origin and not m.lost]
                if book == 0:
                    others = [o for o in others if o in ("S.1", "T1.1")]
                if others:
                    self.order(machine, Perform(Deed.HAND_OVER, book=book, to=self.rng.choice(others)))
                return

    def attest(self) -> None:
        """The chair attests on a node that is not fresh who is stopped; not while a seizure is unknown to it."""
        taken = {(m.origin, seq) for m in self.world.machines.values() for seq in self.seizes(m)}
        for machine in self.shuffled():
            if not machine.up or machine.node.books.seen.fresh.reached or not machine.node.books.seen.joined:
                continue
            keeper = machine.node.books
            missing = self.stopped() - {machine.origin}
            unseen = any(keeper.replica.have.get(origin, 0) < seq for origin, seq in taken)
            if not missing or unseen or keeper.seen.island or any(self.in_island(o) for o in missing):
                continue
            open_ = [c for o in missing for c in keeper.ledger.unsettled(o) if c.outcome(keeper.books) is None]
            cards = tuple((r.voter, r.stopped) for r in self.cards(machine, missing, open_))
            self.attested |= missing
            self.order(machine, Perform(Deed.ATTEST, nodes=frozenset(missing), cards=cards))
            return

    def seizes(self, machine: Machine) -> list[int]:
        return [row.seq for row in machine.disk if row.origin == machine.origin and b'"kind":"seize"' in row.data]

    def lock(self) -> None:
        """A node is locked on its own screen, or unlocked."""
        machine = self.rng.choice(list(self.world.machines.values()))
        if machine.up:
            if machine.node.is_locked:
                self.order(machine, Perform(Deed.UNLOCK))
            elif type(machine.node.state) in (d.Ready, d.NotReady, d.Closed, d.Office):
                self.counts.add("lock")
                self.order(machine, Perform(Deed.LOCK))

    # --- fate ---

    def crash(self) -> None:
        """A machine stops, now or in the midst of its next turn, or starts again."""
        machine = self.concerned()
        if machine.up:
            self.counts.add("crash")
            if self.rng.random() < 0.6:
                machine.armed = self.rng.randrange(1, 6)
            else:
                self.world.crash(machine)
        elif not machine.lost:
            self.world.boot(machine)

    def concerned(self) -> Machine:
        """A machine that matters: more often than not one that holds the book that everything turns about, or did."""
        world, rng = self.world, self.rng
        if self.focus and rng.random() < 0.6:
            ups = [m for m in world.machines.values() if m.up]
            known = ups[rng.randrange(len(ups))].node.books.books if ups else None
            holders = [h.holder for h in known.chain(self.focus).holdings] if known is not None else []
            named = [f"T{self.focus}.1", *holders, "S.1"]
            return world.machines[rng.choice([o for o in named if o in world.machines])]
        return rng.choice(list(world.machines.values()))

    def power(self) -> None:
        """Everything stops at once; most of it starts again."""
        if self.rng.random() < 0.3:
            self.counts.add("power cut")
            for machine in self.world.machines.values():
                self.world.crash(machine)
            for machine in list(self.world.machines.values()):
                if not machine.lost and self.rng.random() < 0.8:
                    self.world.boot(machine)

    def cut(self) -> None:
        """A machine loses every broker, or gets them back."""
        origin = self.concerned().origin
        both = {(origin, broker) for broker in BROKERS}
        self.counts.add("cut off")
        self.world.say(f"{origin}: cable out or in")
        if self.world.cut_out & both:
            self.world.cut_out -= both
            self.world.cut_in -= both
        else:
            self.world.cut_out |= both
            self.world.cut_in |= both

    def one_way(self) -> None:
        """A machine can send and not receive, or the other way about; or this has ended."""
        side = self.rng.choice((self.world.cut_in, self.world.cut_out))
        origin = self.rng.choice(list(self.world.machines))
        both = {(origin, broker) for broker in BROKERS}
        self.counts.add("one-way cut")
        self.world.say(f"{origin}: one-way cut begins or ends")
        if side & both:
            side -= both
        else:
            side |= both

    def broker(self) -> None:
        """A broker dies or comes back."""
        self.counts.add("broker down")
        self.world.brokers_down ^= {self.rng.choice(BROKERS)}

    def clock(self) -> None:
        """A machine's clock jumps."""
        self.counts.add("clock wrong")
        self.rng.choice(list(self.world.machines.values())).clock_off = int((self.rng.random() - 0.5) * 7_200_000)

    def lost_disk(self) -> None:
        """A disk is lost for good, at most one in a day; the device comes back with its spare."""
        if self.rng.random() < 0.3 and not any(m.lost for m in self.world.machines.values()):
            machine = self.rng.choice(list(self.world.machines.values()))
            if not self.in_island(machine.origin):
                self.counts.add("lost disk")
                self.world.boot(self.world.replace_disk(machine))

    def old_disk(self) -> None:
        """A copy of a disk is made; later it is put in instead of the real one, while that machine is off."""
        machine = self.rng.choice(list(self.world.machines.values()))
        if machine.origin not in self.snapshots:
            self.snapshots[machine.origin] = (list(machine.disk), dict(machine.vector))

    def shuffled(self) -> list[Machine]:
        machines = list(self.world.machines.values())
        self.rng.shuffle(machines)
        return machines

    # --- the end of the day ---

    def heal(self) -> None:
        """The network heals, everything runs, the clerks answer, and the chair finishes what was begun."""
        world = self.world
        world.say("all heals")
        world.faults.loss = world.faults.delay = world.faults.repeat = 0.0
        world.cut_in.clear()
        world.cut_out.clear()
        world.brokers_down.clear()
        for machine in list(world.machines.values()):
            machine.armed, machine.clock_off = 0, 0
            if not machine.up and not machine.lost:
                world.boot(machine)
        for turn in range(12):
            self.settle()
            world.run_for(1_200)
            if turn >= 1 and not self.restless():
                return
        raise ViolationError(f"L: the place does not come to rest: {self.restless()}")

    def settle(self) -> None:
        """Everybody does what is due."""
        for machine in list(self.world.machines.values()):
            if not machine.up:
                continue
            for _ in range(8):
                if machine.screen is None or not isinstance(machine.screen.content, s.Unresolved):
                    break
                self.answer(machine)
            if machine.node.is_locked and not self.is_sealed(machine.origin):
                self.order(machine, Perform(Deed.UNLOCK))
            if isinstance(machine.node.state, d.Waiting) and machine.node.state.silent and machine.screen.left is not None:
                self.touch(machine, "cancel")
        if not self.go_on():
            self.attest()
        self.go_on_seizing(finish=True)

    def is_sealed(self, origin: str) -> bool:
        """Whether the register is just being taken from this node, which is locked for it."""
        chains = [m.node.books.books.chain(0) for m in self.world.machines.values() if m.up and not m.node.is_locked]
        return any(chain.pending and chain.last.holder == origin for chain in chains)

    def go_on(self) -> bool:
        """A pending seal is finished: by a new one, if its writer can't, or if it waits for a disk that is lost."""
        for machine in self.world.machines.values():
            if machine.node is None:
                continue
            keeper = machine.node.books
            for book in list(keeper.books):
                needed = book == 0 and self.world.machines[keeper.books.holder(0)].lost
                if (needed or keeper.books.unfinished(book)) and rules.may_seal(keeper.seen, book):
                    sealed = keeper.own_seal(book)
                    if sealed is None or keeper.waits_for(book, sealed) & self.stopped():
                        holder = self.world.machines.get(keeper.books.holder(book))
                        if not book and holder is not None and holder.up and not holder.node.is_locked:
                            self.order(holder, Perform(Deed.LOCK))
                        self.seal_at(machine, book, everybody=True)
                        return True
        return False

    def restless(self) -> list[str]:
        """What is still due, and where."""
        found = []
        for machine in self.world.machines.values():
            if machine.node is None:
                continue
            seen, keeper = machine.node.books.seen, machine.node.books
            due = {
                "not joined": not seen.joined,
                "not fresh": not seen.fresh.reached,
                "island": seen.island,
                "waiting": isinstance(machine.node.state, d.Waiting),
            }
            found += [f"{machine.origin} is {what}" for what, holds in due.items() if holds]
            for book in keeper.books:
                if keeper.books.unfinished(book):
                    sealed = keeper.own_seal(book)
                    waits = keeper.waits_for(book, sealed) if sealed is not None else "another"
                    found.append(f"{machine.origin} sees book {book} sealed, waits for {waits}")
        return found

    def serve_the_rest(self) -> None:
        """Whoever has no ballot yet can be served at some table."""


def _words(effect: Perform | Rescan) -> str:
    if isinstance(effect, Rescan):
        return f"voter {effect.voter}'s card is found at {effect.stopped}"
    parts = [effect.deed.value]
    if effect.book is not None:
        parts.append(f"book {effect.book}")
    if effect.to:
        parts.append(f"to {effect.to}")
    if effect.nodes:
        parts.append(f"stopped {sorted(effect.nodes)}")
    return " ".join(parts)


_DO: dict[str, Callable[[Schedule], None]] = {
    "crash": Schedule.crash,
    "cut": Schedule.cut,
    "one_way": Schedule.one_way,
    "broker": Schedule.broker,
    "clock": Schedule.clock,
    "power": Schedule.power,
    "lost_disk": Schedule.lost_disk,
    "lock": Schedule.lock,
    "island": Schedule.island,
    "seal": Schedule.seal,
    "assistant": Schedule.assistant,
    "hand_over": Schedule.hand_over,
    "attest": Schedule.attest,
}
STANCES = tuple(Stance)
