"""The people of a simulated day: clerks who do what their screens ask for, and the chair who decides."""

from collections.abc import Callable, Collection
from random import Random

from kiosk.domain import screens as s
from kiosk.domain.books import Stopped
from kiosk.node import Scanned
from tests.made_up import card
from tests.simulation.office import NotOfferedError, Office
from tests.simulation.oracle import Counts, Oracle, number_in
from tests.simulation.world import Machine, World

Card = tuple[int, str]  # a voter, and the stopped device at which the voter's card was found
CODES = 40  # of both sheets


class Workload:
    """Clerks and chair, with the day's world, its random numbers and its oracle. `code`: the last that is crossed out."""

    world: World
    rng: Random
    oracle: Oracle
    counts: Counts
    focus: int  # the book that everything turns about; 0 for none
    honest: bool
    quick_clerks: bool
    unsure: float  # how often a clerk does not know what became of a request
    careless: float  # how often the chair goes on without scanning
    shows_codes_to_liar: bool  # the chair uses codes at the liar's device too
    code: int = 0

    # --- clerks ---

    def clerk(self) -> None:
        """A clerk does what the screen asks for."""
        world, rng = self.world, self.rng
        tables = [m for m in world.machines.values() if m.up and m.is_table and m.screen is not None and m.is_drawn]
        if tables:
            self.serve(rng.choice(tables), rng.choice(list(world.voters)))

    def serve(self, machine: Machine, voter: int) -> None:
        """The next touch or scan at a table."""
        chance = self.rng.random()
        match machine.screen.content:
            case s.Ready() | s.Message(kind=s.Kind.REFUSED):
                self.scan(machine, voter)
            case s.VoterShown() | s.BirthDate() if chance < 0.95:
                self.approve(machine, wrong=self.rng.random() < 0.4)
            case s.Message(kind=s.Kind.WAITING) if chance > 0.3:
                pass
            case s.Unresolved():
                if self.quick_clerks or chance < 0.3:
                    self.answer(machine)
            case s.Green() | s.Message(kind=s.Kind.REFERRED) if chance < 0.5:
                self.touch(machine, "next")
            case s.Message(kind=s.Kind.REFERRED):
                self.release(machine)
            case s.VoterShown() | s.BirthDate() | s.Message(kind=s.Kind.WAITING) | s.Sheet() | s.Pin() | s.Typing():
                self.touch(machine, "cancel")
            case _:
                pass

    def approve(self, machine: Machine, *, wrong: bool = False) -> None:
        """The birth date is compared, and right; or it is keyed, and may be wrong."""
        self.touch(machine, "approve", ("02021970" if wrong else "01011970") if self.world.keyed else "")

    def scan(self, machine: Machine, voter: int) -> None:
        self.world.say(f"{machine.name}: the card of voter {voter} is scanned")
        self.world.mono += 1_000 if self.rng.random() < 0.02 else 0
        machine.node.desk.lookup.forget(card(voter))  # the voter is another person's try, not a scanner's repeat
        self.world.take(machine, Scanned(card(voter)))

    def touch(self, machine: Machine, touch: str, value: str = "") -> None:
        self.world.say(f"{machine.name}: touches {touch}")
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
        self.world.say(f"{machine.name}: the chair decides: {words}")
        try:
            decide(Office(self.world, machine))
        except NotOfferedError as error:
            self.world.say(f"   but {error or 'that is not offered'}")
            self.counts.add("not offered to the chair")
            return False
        return True

    def decide(self, machine: Machine, deed: str) -> bool:
        """The chair decides what needs no more words."""
        return self.order(machine, deed, lambda office: office.decide(deed))

    def release(self, machine: Machine) -> None:
        """The chair gives the voter on the screen a new try."""
        voter = number_in(machine.screen.content.number)
        self.order(machine, f"voter {voter} gets a new try", lambda office: office.decide_here("release_voter"))

    def island(self) -> None:
        """The chair puts a table that is alone in island mode."""
        for machine in self.shuffled():
            if machine.up and machine.node.situation.may_island:
                self.decide(machine, "island")
                return

    def in_island(self, machine: Machine) -> bool:
        return machine.node is not None and machine.node.books.seen.island

    # --- stopping a device ---

    def off(self) -> set[str]:
        """The devices that are off, locked or lost, or lie in their box: what the chair finds who goes and looks."""
        return {device for device in self.world.devices if all(m.is_off for m in self.world.cards_of(device))}

    def open_poll(self, machine: Machine) -> None:
        self.stop_at(machine, whole=True)
        self.world.run_until(lambda: machine.up and machine.node.ledger.poll_open, 200)
        self.go_on_stopping()

    def stop(self) -> None:
        """The chair begins to stop what is off; rather where it matters."""
        off = self.off()
        for machine in self.shuffled():
            if not (machine.up and machine.node.situation.may_stop):
                continue
            held = {
                machine.node.books.books.runs[machine.node.books.books.holder(book)].device for book in self.world.place.opening
            }
            if held & off or self.rng.random() < 0.2 or not self.honest:
                self.stop_at(machine)
                return

    def stop_at(self, machine: Machine, *, whole: bool = False) -> bool:
        """The chair attests who is off: truly and as a rule completely; a dishonest one anything."""
        named = self.off()
        if not whole and not self.honest:
            named |= {m.device for m in self.world.machines.values() if self.rng.random() < 0.2}
        elif not whole and self.rng.random() < 0.2:
            named -= {self.rng.choice(sorted(named))} if named else set()
        return self.order_stop(machine, named)

    def order_stop(self, machine: Machine, named: Collection[str]) -> bool:
        """With the next code; now and then with one that is crossed out already. What was keyed is crossed out."""
        n = self.code if self.code and self.rng.random() < 0.03 else self.code + 1
        named = set(named) - {machine.device}
        is_liars = machine.device == self.oracle.liar
        if n > CODES or not machine.up or (is_liars and not self.shows_codes_to_liar):
            return False
        if is_liars:
            self.oracle.leaked.add(n)
        used: list[Office] = []

        def decide(office: Office) -> None:
            used.append(office)
            office.stop(named, n)

        done = self.order(machine, f"code {n}: {sorted(named)} are off", decide)
        self.code = max(self.code, n) if used and used[0].has_code else self.code
        return done

    def go_on_stopping(self, *, finish: bool = False) -> None:
        """The chair has the stopped tables' cards scanned, and finishes when everybody has answered."""
        for machine in self.shuffled():
            stopped = machine.node.books.stopping if machine.up else None
            if stopped is None:
                continue
            if self.rng.random() < 0.3 and not finish:
                self.order_scans(machine, self.cards(machine, stopped))
            if machine.up and self.is_ready(machine):
                self.finish(machine, scan=self.rng.random() >= self.careless)

    def is_ready(self, machine: Machine) -> bool:
        """Whether a stop of this machine can be finished."""
        stopped = machine.node.books.stopping if machine.up else None
        return stopped is not None and machine.node.books.may_view(stopped)

    def finish(self, machine: Machine, *, scan: bool = True) -> None:
        """Take the stopped devices' books, once the cards are scanned, or without: then nothing keeps their voters from
        coming twice."""
        stopped = machine.node.books.stopping
        cards = self.cards(machine, stopped)
        if not scan and cards:
            self.counts.add("finished without scanning")
            self.oracle.unscanned |= set(cards)
        found = cards if scan else []
        self.order(machine, f"the stop is finished, found: {found}", lambda office: office.finish(found))

    def order_scans(self, machine: Machine, cards: list[Card]) -> None:
        if cards:
            self.order(machine, f"found: {cards}", lambda office: office.scan_cards(cards))

    def cards(self, machine: Machine, stopped: Stopped) -> list[Card]:
        """The cards that must be scanned: those taken in since the last entry that is known here, and those unproved."""
        keeper, found = machine.node.books, []
        if not self.world.scans:
            return found
        for device in sorted(stopped.stop.named):
            listed = set(keeper.unproved(device))
            for light in self.oracle.pile(device):
                if (light.voter, device) in self.oracle.unscanned:
                    continue  # the pile is lost
                run = keeper.books.runs.get(light.run)
                due = run is None or run.last < light.seq or light.voter in listed
                if (due or self.rng.random() < 0.05) and not keeper.ledger.is_found(light.voter, device):
                    found.append((light.voter, device))
        return found

    def give(self) -> None:
        """A holder gives a book to another node."""
        for machine in self.shuffled():
            if machine.up and (books := machine.node.situation.mine):
                book = self.focus if self.focus in books else self.rng.choice(books)
                others = [m.device for m in self.world.machines.values() if m.device != machine.device and not m.lost]
                if others:
                    self.order_give(machine, book, self.rng.choice(others))
                return

    def order_give(self, machine: Machine, book: int, to: str) -> None:
        self.order(machine, f"book {book} is given to {to}", lambda office: office.give(book, to))

    def excuse(self) -> None:
        """The chair attests that a card has been in its device all day, so that nobody waits for who is silent; a dishonest
        one says so of any."""
        for machine in self.shuffled():
            silent = set(machine.node.situation.excusable) if machine.up else set()
            if silent and (self.is_right_card(machine) or not self.honest):
                silent = silent & self.off() if self.rng.random() < 0.7 else silent
                if silent:
                    self.order_excuse(machine, silent)
                    return

    def is_right_card(self, machine: Machine) -> bool:
        """Whether this card has been in its device all day, as the chair finds who looks."""
        return not machine.old and machine.name == machine.device

    def order_excuse(self, machine: Machine, silent: Collection[str]) -> None:
        self.order(machine, f"{sorted(silent)} need not be heard", lambda office: office.excuse(silent))

    # --- the rest ---

    def lock(self) -> None:
        """A node is locked on its own screen, or unlocked."""
        machine = self.rng.choice(list(self.world.machines.values()))
        if machine.up:
            self.decide(machine, "unlock" if machine.node.is_locked else "lock")

    def close(self) -> None:
        """A table is closed for voters, or reopened."""
        machine = self.rng.choice([m for m in self.world.machines.values() if m.is_table])
        if machine.up and machine.screen is not None:
            self.decide(machine, "reopen_table" if s.shows(machine.screen.content, s.Kind.CLOSED) else "close_table")

    def undo(self) -> None:
        """The secretary takes back a mark: the ballots are back in stock, or there were none; what is said of it is true."""
        for machine in self.shuffled():
            if machine.up and machine.node.books.may_ask_undo:
                self.undo_at(machine, self.rng.choice(list(self.world.voters)))
                return

    def undo_at(self, machine: Machine, voter: int) -> None:
        """The same for all marks of a voter. Of what a liar's table says, nobody knows better than the screen."""
        for mark in machine.node.books.undoable(voter):
            known = self.oracle.is_lit(mark.target, voter) is (mark.issued and not mark.found)
            if machine.up and (known or self.oracle.is_liars(mark.target, voter)):
                self.counts.add("undo asked for")
                words, target = f"{mark.target} of voter {voter} is taken back", mark.target
                self.order(machine, words, lambda office, target=target: office.undo(voter, target))

    def shuffled(self) -> list[Machine]:
        machines = list(self.world.machines.values())
        self.rng.shuffle(machines)
        return machines
