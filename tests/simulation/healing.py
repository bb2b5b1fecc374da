"""The end of a simulated day: all heals, what was begun is finished, and whoever has no ballot yet can be served."""

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import screens as s
from kiosk.domain.rules import run_is_over
from tests.simulation.faults import FaultActions
from tests.simulation.office import Office
from tests.simulation.oracle import ViolationError, number_in
from tests.simulation.world import Machine

_ASIDE = (s.VoterShown, s.BirthDate, s.Typing, s.Sheet, s.Pin)


class Healing(FaultActions):
    """What is done in the end."""

    def heal(self) -> None:
        """The network heals, everything runs, the clerks answer, and the chair finishes what was begun."""
        world = self.world
        world.say("all heals")
        world.heal_network()
        world.together_ms = 3
        for machine in list(world.machines.values()):
            machine.armed, machine.fuse, machine.clock_off, machine.drawn_ms = 0, "", 0, 5
            machine.fails = machine.blind = False
            if machine.up:
                world.draw(machine)
            elif not machine.lost:
                world.boot(machine)
        world.run_for(200)
        self.start_old_cards_again()
        for turn in range(60):
            self.settle()
            world.run_for(350)
            if turn and not self.restless() and self.is_in_step():
                return
        if self.restless():
            raise ViolationError(f"L: the place does not come to rest: {self.restless()}")

    def start_old_cards_again(self) -> None:
        """An old card did not know of all its requests when it began: its clerk is asked about them at its next start."""
        for machine in [m for m in self.world.machines.values() if m.old and m.up and not m.node.fault]:
            self.answer_all(machine)
            self.world.run_for(4 * limits.WANT_LONGEST_MS)
            if machine.up:
                self.start_again(machine)
                return

    def start_again(self, machine: Machine) -> None:
        """Somebody starts a machine again, and its clerk answers."""
        self.world.crash(machine)
        self.world.boot(machine)
        if machine.node.is_locked:
            self.decide(machine, "unlock")
        self.answer_all(machine)
        self.world.run_for(2 * limits.HEAD_MS)
        self.excuse_silent()
        self.world.run_for(350)

    def is_in_step(self) -> bool:
        """Whether all have the same entries on disk, and nobody a copy in memory that waits for its commit."""
        up = [machine for machine in self.world.machines.values() if machine.up]
        return all(m.vector == up[0].vector and not m.node.books.replica.unread for m in up)

    def settle(self) -> None:
        """Everybody does what is due."""
        for machine in list(self.world.machines.values()):
            if not machine.up:
                continue
            self.answer_all(machine)
            if machine.up and machine.node.fault:
                self.take_away(machine)
                continue
            if machine.node.is_locked:
                self.decide(machine, "unlock")
            content = machine.screen.content if machine.up else None
            aside = isinstance(content, _ASIDE) or (s.shows(content, s.Kind.WAITING) and content.sign is s.Sign.WARNING)
            if aside and machine.screen.left is not None and machine.screen.left.touch == "cancel":
                self.touch(machine, "cancel")
        self.go_on_stopping(finish=True)
        if self.must_stop():
            self.stop_somewhere()
        self.excuse_silent()

    def excuse_silent(self) -> None:
        """The chair attests at who waits for what is off that its card is the right one; another card is taken out."""
        for machine in self.world.machines.values():
            silent = set(machine.node.situation.awaited) & self.off() if machine.up else set()
            if silent and machine.node.books.seen.member.is_new:
                continue
            if silent and self.is_right_card(machine):
                self.order_excuse(machine, silent.intersection(machine.node.situation.excusable))
            elif silent:
                self.take_away(machine)
                return

    def take_away(self, machine: Machine) -> None:
        """A card with a copy, or an old one that lacks a witness, is taken out, and the copy too; the node goes on with the
        spare."""
        self.counts.add("copied card has stopped itself" if machine.node.fault else "old card is taken out")
        for card in self.world.cards_of(machine.device):
            self.world.crash(card)
            card.lost = True
        self.world.boot(self.world.replace_disk(self.world.machines[machine.device]))

    def must_stop(self) -> bool:
        """Whether a code is needed: the poll is not open, nobody is a member, a book's holder is off, a stop is left, a
        mark of who is off can't be undone, or somebody waits for who is off and can't be excused, as one that was locked."""
        up = [m for m in self.world.machines.values() if not m.is_off and m.node.books.seen.run]
        if not up or any(m.node.books.stopping is not None and not self.is_stuck(m) for m in up):
            return False
        waits = any(set(m.node.situation.awaited) & self.off() - self._excusable(m) for m in up)
        return waits or all(map(self._lacks_stop, up)) or not any(m.node.books.seen.member.reached for m in up)

    def _excusable(self, machine: Machine) -> set[str]:
        return set() if machine.node.books.seen.member.is_new else set(machine.node.situation.excusable)

    def _lacks_stop(self, machine: Machine) -> bool:
        """Whether a machine's books call for a code. One that has not heard of the last view yet may call in vain."""
        books = machine.node.books.books
        gone = {books.runs[books.holder(book)].device for book in books} & self.off()
        return bool(gone or books.pending or self._is_left(machine)) or not machine.node.ledger.poll_open

    def _is_left(self, machine: Machine) -> bool:
        """Whether somebody who is off has a mark that can't be undone before that run is stopped."""
        ledger = machine.node.ledger
        return any(
            case.run in ledger.books.runs and ledger.mark(case) and not run_is_over(ledger.books, case.run)
            for device in self.off()
            for case in ledger.unsettled(device)
        )

    def is_stuck(self, machine: Machine) -> bool:
        """Whether a stop waits for who is off, or for what such a one has shown."""
        stopped = machine.node.books.stopping
        answers = machine.node.books._answers
        lacking = {device for device, head in answers.items() if not machine.node.books.books.runs.have_stored(head.have)}
        return bool((machine.node.books.waits_for(stopped) | lacking) & self.off())

    def stop_somewhere(self) -> None:
        """The chair uses the next code; at a table where a liar does not see it."""
        honest = [m for m in self.shuffled() if m.device != self.oracle.liar]
        for machine in sorted(honest, key=lambda m: not self.is_right_card(m)):
            if machine.up and machine.node.situation.may_stop and self.stop_at(machine, whole=True):
                return

    def answer_all(self, machine: Machine) -> None:
        """The clerk says what became of all that the last run left open."""
        for _ in range(8):
            if machine.up and machine.screen is not None and isinstance(machine.screen.content, s.Unresolved):
                self.answer(machine)

    def restless(self) -> list[str]:
        """What is still due, and where."""
        found, deciding = [], dict.fromkeys(self.world.place.opening, 0)
        for machine in self.world.machines.values():
            if machine.node is None:
                continue
            seen, keeper, state = machine.node.books.seen, machine.node.books, machine.node.desk.state
            due = {
                "copied": bool(machine.node.fault),
                "without a run": not seen.run,
                "no member": not seen.member.reached,
                "island": seen.island,
                "to hear that the poll is open": not machine.node.ledger.poll_open,
                "waiting": isinstance(state, d.Waiting),
                "not drawn": isinstance(state, d.Green) and not state.drawn,
                "on a page": machine.is_table and isinstance(state, d.Office | d.Pin),
                "to see a stop finished": bool(keeper.books.pending),
            }
            found += [f"{machine.name} is {what}" for what, holds in due.items() if holds]
            for book in deciding:
                deciding[book] += bool(seen.run) and keeper.may_decide(book)
        return found + [f"nobody decides in book {book}" for book, times in deciding.items() if not times]

    def boards(self) -> dict[str, s.Sheet]:
        """What every overview shows, once its node has looked around."""
        for machine in self.world.machines.values():
            if machine.up and not machine.node.is_locked and not self.order(machine, "overview", Office.overview):
                raise ViolationError(f"W: the overview of {machine.name} can't be opened: {machine.screen.content}")
        self.world.run_for(limits.HEAD_MS + 100)  # a node looks around with its next head at the latest
        contents = {m.name: m.screen.content for m in self.world.machines.values() if m.up}
        for machine in self.world.machines.values():
            if machine.up and machine.is_table and isinstance(machine.screen.content, s.Sheet):
                self.touch(machine, "cancel")
        return {name: content for name, content in contents.items() if isinstance(content, s.Sheet)}

    def serve_the_rest(self) -> None:
        """Whoever has no ballot yet can be served at some table; what says otherwise is undone first."""
        world = self.world
        fold = self.oracle.fold_of_all()
        again = {self.oracle.liar} | fold.left_at(world.voters)
        for machine in [m for m in world.machines.values() if m.up]:  # what is open can be undone once its run is over
            if machine.device in again or fold.unsettled(machine.device):
                self.start_again(machine)
        tables = [m for m in world.machines.values() if m.up and m.is_table and m.device != self.oracle.liar]
        for machine in tables:
            if s.shows(machine.screen.content, s.Kind.CLOSED):
                self.decide(machine, "reopen_table")
        for voter in world.voters:
            self.take_back(voter)
        world.run_for(200)
        for voter in [v for v in world.voters if self.is_to_be_served(v)]:
            self.counts.add("served in the end")
            if not any(self.is_served(machine, voter) for machine in tables):
                shown = {m.name: m.screen.kind for m in tables if m.screen is not None}
                raise ViolationError(f"L: voter {voter} has no ballot and is served nowhere: {shown}")

    def is_to_be_served(self, voter: int) -> bool:
        """A right and no ballot, and no liar in whose book the voter is."""
        return not self.is_lit(voter) and bool(self.oracle.rights_of(voter)) and not self.oracle.excuses.is_liars(voter)

    def take_back(self, voter: int) -> None:
        """The secretary, or else the assistant, takes back every mark of a voter who has no ballot: a liar's, or one of which
        nobody knew."""
        for machine in self.world.machines.values():
            if machine.up and machine.device != self.oracle.liar and not self.is_lit(voter):
                self.undo_at(machine, voter)
                self.world.run_for(100)

    def is_lit(self, voter: int) -> bool:
        """Whether the voter has ballots that were not taken back."""
        lit = [light for light in self.oracle.lights if light.voter == voter]
        fold = self.oracle.fold_of_all() if lit else None
        return any(not self.oracle.is_undone(fold, light) for light in lit)

    def is_served(self, machine: Machine, voter: int) -> bool:
        """Whether a table gives the voter ballots now, once who was sent to the secretary has a new try."""
        for _ in range(6):
            content = machine.screen.content if machine.screen is not None else None
            if isinstance(content, s.VoterShown | s.BirthDate):
                if number_in(content.number) == voter:
                    self.approve(machine)
                else:
                    self.touch(machine, "cancel")
            elif s.shows(content, s.Kind.REFERRED) and number_in(content.number) == voter:
                self.release(machine)
                self.world.run_for(60)
            elif s.shows(content, s.Ready, s.Kind.REFUSED, s.Green, s.Kind.REFERRED):
                self.scan(machine, voter)
            elif s.shows(content, s.Kind.NOT_READY):  # that others are offline may have been on its way for long
                self.world.run_for(1_100)
            else:
                break
            self.world.run_for(60)
            if self.is_lit(voter):
                return True
        return self.world.run_until(lambda: self.is_lit(voter), 3_000)
