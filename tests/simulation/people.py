"""The people of a simulated day: clerks who do what their screens ask for, and the chair who decides."""

from collections.abc import Callable, Collection
from random import Random

from kiosk.domain import rules
from kiosk.domain import screens as s
from kiosk.domain.office import Deed
from kiosk.node import Scanned
from tests.made_up import card
from tests.simulation.office import NotOfferedError, Office
from tests.simulation.oracle import Counts, Oracle, number_in
from tests.simulation.world import Machine, World

Card = tuple[int, str]  # a voter, and the stopped table at which the voter's card was found


class People:
    """Clerks and chair, with the day's world, its random numbers and its oracle."""

    world: World
    rng: Random
    oracle: Oracle
    counts: Counts
    focus: int  # the book that everything turns about; 0 for none
    honest: bool
    quick_clerks: bool
    unsure: float  # how often a clerk does not know what became of a request
    careless: float  # how often the chair goes on without scanning
    attested: set[str]

    # --- clerks ---

    def clerk(self) -> None:
        """A clerk does what the screen asks for."""
        world, rng = self.world, self.rng
        tables = [m for m in world.machines.values() if m.up and m.origin[0] == "T" and m.screen is not None and m.is_drawn]
        if tables:
            self.serve(rng.choice(tables), rng.choice(list(world.voters)))

    def serve(self, machine: Machine, voter: int) -> None:
        """The next touch or scan at a table."""
        chance = self.rng.random()
        match machine.screen.content:
            case s.Ready() | s.Refused():
                self.scan(machine, voter)
            case s.VoterShown() | s.BirthDate() if chance < 0.95:
                self.approve(machine, wrong=self.rng.random() < 0.4)
            case s.Waiting() if chance > 0.3:
                pass
            case s.Unresolved():
                if self.quick_clerks or chance < 0.3:
                    self.answer(machine)
            case s.Green() | s.Referred() if chance < 0.5:
                self.touch(machine, "next")
            case s.Referred():
                self.release(machine)
            case s.VoterShown() | s.BirthDate() | s.Waiting() | s.Board() | s.Menu() | s.Pin():
                self.touch(machine, "cancel")
            case _:
                pass

    def approve(self, machine: Machine, *, wrong: bool = False) -> None:
        """The birth date is compared, and right; or it is keyed, and may be wrong."""
        self.touch(machine, "approve", ("02021970" if wrong else "01011970") if self.world.keyed else "")

    def scan(self, machine: Machine, voter: int) -> None:
        self.world.say(f"{machine.origin}: the card of voter {voter} is scanned")
        self.world.mono += 1_000 if self.rng.random() < 0.02 else 0
        machine.node.desk.lookup.last_scan = (0, 0)  # the voter is another person's try, not a scanner's repeat
        self.world.take(machine, Scanned(card(voter)))

    def touch(self, machine: Machine, touch: str, value: str = "") -> None:
        self.world.say(f"{machine.origin}: touches {touch}")
        self.world.touch(machine, touch, value)

    def answer(self, machine: Machine) -> None:
        """After a restart the clerk says what is true: whether the light was shown; or that nobody knows."""
        request = machine.node.desk.request.id
        shown = any(light.request == request for light in self.oracle.lights)
        if self.rng.random() < self.unsure:
            self.counts.add("clerk does not know")
            self.oracle.left_open.add(request)
            self.touch(machine, "unsure")
            return
        self.counts.add(f"clerk answers {'yes' if shown else 'no'}")
        self.touch(machine, "yes" if shown else "no")

    # --- the chair ---

    def order(self, machine: Machine, words: str, decide: Callable[[Office], None]) -> bool:
        """The chair decides something on a machine's screen; whether the screen let it be decided."""
        self.world.say(f"{machine.origin}: the chair decides: {words}")
        try:
            decide(Office(self.world, machine))
        except NotOfferedError as error:
            self.world.say(f"   but {error or 'that is not offered'}")
            self.counts.add("not offered to the chair")
            return False
        return True

    def decide(self, machine: Machine, deed: Deed) -> bool:
        """The chair decides what needs no more words."""
        return self.order(machine, deed.value, lambda office: office.decide(deed))

    def open_poll(self, machine: Machine) -> None:
        self.decide(machine, Deed.OPEN_POLL)

    def release(self, machine: Machine) -> None:
        """The chair gives the voter on the screen a new try."""
        voter = number_in(machine.screen.content.number)
        self.order(machine, f"voter {voter} gets a new try", lambda office: office.decide_here(Deed.RELEASE_VOTER))

    def stopped(self) -> set[str]:
        """The origins that are stopped: off, locked or lost."""
        return {m.origin for m in self.world.machines.values() if m.node is None or m.node.is_locked}

    def island(self) -> None:
        """The chair puts a table that is alone in island mode, unless it was attested stopped and is not with us again."""
        self.forgive()
        for machine in self.shuffled():
            if machine.up and machine.origin not in self.attested and machine.node.situation.may_island:
                self.decide(machine, Deed.ISLAND)
                return

    def forgive(self) -> None:
        """Who was attested stopped may be an island again once it has caught up, and has every seal that names it."""
        seals = [
            (m.origin, sealed.seq, sealed.seal.stopped)
            for m in self.world.machines.values()
            if m.node is not None
            for sealed in m.node.books.books._by_author.get(m.origin, {}).values()
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
        self.order_seal(machine, book, stopped)

    def order_seal(self, machine: Machine, book: int, stopped: Collection[str]) -> None:
        self.attested |= set(stopped)
        self.order(machine, f"seal book {book}, {sorted(stopped)} have stopped", lambda office: office.seal(book, stopped))

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
                    self.order_scans(machine, book, self.cards(machine, sealed.seal.stopped, keeper.unproved(sealed)))
                if machine.node is None:
                    return
                if not keeper.waits_for(book, sealed) and not keeper.fetches(book, sealed):
                    heirs = [m.origin for m in self.world.machines.values() if m.node is not None]
                    old = keeper.books.old_holder(book, sealed.seal.epoch)
                    others = [o for o in heirs if o != old]
                    to = self.rng.choice(others if others and self.rng.random() < 0.85 else heirs)
                    self.seize(machine, book, to, scan=self.rng.random() >= self.careless)
                    return

    def seize(self, machine: Machine, book: int, to: str, *, scan: bool = True) -> None:
        """Take a sealed book, once the cards are scanned, or without: then nothing keeps their voters from coming twice."""
        keeper = machine.node.books
        sealed = keeper.own_seal(book)
        scans = self.cards(machine, sealed.seal.stopped, keeper.unproved(sealed))
        if not scan and scans:
            self.counts.add("seized without scanning")
            self.oracle.unscanned |= set(scans)
        found = scans if scan else []
        self.order(machine, f"book {book} goes to {to}, found: {found}", lambda office: office.seize(book, to, found))

    def order_scans(self, machine: Machine, book: int, scans: list[Card]) -> None:
        if scans:
            self.order(machine, f"found: {scans}", lambda office: office.scan_again(book, scans))

    def cards(self, machine: Machine, stopped: Collection[str], unproved: Collection) -> list[Card]:
        """The cards that must be scanned again: those taken in since the last entry that is known here, and those unproved."""
        keeper, found = machine.node.books, []
        if not self.world.scans:
            return found
        listed = {case.id for case in unproved}
        for origin in sorted(stopped):
            for light in self.oracle.pile(origin):
                if (light.voter, light.table) in self.oracle.unscanned:
                    continue  # the pile is lost
                due = light.seq > keeper.replica.have.get(origin, 0) or light.request in listed
                if (due or self.rng.random() < 0.05) and not keeper.ledger.is_found(light.voter, origin):
                    found.append((light.voter, origin))
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
                    self.order_hand_over(machine, book, self.rng.choice(others))
                return

    def order_hand_over(self, machine: Machine, book: int, to: str) -> None:
        self.order(machine, f"book {book} is handed over to {to}", lambda office: office.hand_over(book, to))

    def attest(self) -> None:
        """The chair attests on a node that is not fresh who is stopped; not while others know of a seizure and it does not."""
        taken = {one for m in self.world.machines.values() if not m.lost for one in self.seizes(m)}
        for machine in self.shuffled():
            if not machine.up or machine.node.books.seen.fresh.reached or not machine.node.books.seen.joined:
                continue
            keeper = machine.node.books
            missing = self.stopped() - {machine.origin}
            unseen = any(keeper.replica.have.get(origin, 0) < seq for origin, seq in taken)
            alone = keeper.seen.island and not machine.node.situation.may_attest
            if not missing or unseen or alone or any(self.in_island(o) for o in missing):
                continue
            open_ = [c for o in missing for c in keeper.ledger.unproved(o) if c.outcome(keeper.books) is None]
            self.order_attest(machine, missing, self.cards(machine, missing, open_))
            return

    def order_attest(self, machine: Machine, stopped: Collection[str], cards: Collection[Card] = ()) -> None:
        self.attested |= set(stopped)
        words = f"{sorted(stopped)} have stopped, found: {list(cards)}"
        self.order(machine, words, lambda office: office.attest(stopped, cards))

    def seizes(self, machine: Machine) -> list[tuple[str, int]]:
        return [(row.origin, row.seq) for row in machine.disk if b'"kind":"seize"' in row.data]

    def lock(self) -> None:
        """A node is locked on its own screen, or unlocked."""
        machine = self.rng.choice(list(self.world.machines.values()))
        if machine.up:
            self.decide(machine, Deed.UNLOCK if machine.node.is_locked else Deed.LOCK)

    def close(self) -> None:
        """A table is closed for voters, or reopened."""
        machine = self.rng.choice([m for m in self.world.machines.values() if m.origin[0] == "T"])
        if machine.up and machine.screen is not None:
            self.decide(machine, Deed.REOPEN_TABLE if isinstance(machine.screen.content, s.Closed) else Deed.CLOSE_TABLE)

    def undo(self) -> None:
        """The secretary takes back a mark: the ballots are back in stock, or there were none; what is said of it is true."""
        for machine in self.shuffled():
            if machine.up and machine.node.books.may_decide(0):
                self.undo_at(machine, self.rng.choice(list(self.world.voters)))
                return

    def undo_at(self, machine: Machine, voter: int) -> None:
        """The same for all marks of a voter."""
        for mark in machine.node.books.undoable(voter):
            if machine.up and self.oracle.is_lit(mark.target, voter) is (mark.issued and not mark.found):
                self.counts.add("undo asked for")
                words, target = f"{mark.target} of voter {voter} is taken back", mark.target
                self.order(machine, words, lambda office, target=target: office.undo(voter, target))

    def shuffled(self) -> list[Machine]:
        machines = list(self.world.machines.values())
        self.rng.shuffle(machines)
        return machines
