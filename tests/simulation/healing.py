"""The end of a simulated day: all heals, what was begun is finished, and whoever has no ballot yet can be served."""

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import rules
from kiosk.domain import screens as s
from kiosk.domain.nodes import node_of
from kiosk.domain.office import Deed
from tests.simulation.fate import Fate
from tests.simulation.office import Office
from tests.simulation.oracle import ViolationError, number_in
from tests.simulation.world import Machine

_ASIDE = (s.VoterShown, s.BirthDate, s.Typing, s.Menu, s.Pin, s.Board)


class Healing(Fate):
    """What is done in the end."""

    # --- the end of the day ---

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
        self.look_at_old_disks()
        for turn in range(60):
            self.settle()
            world.run_for(350)
            if turn and not self.restless() and self.is_in_step():
                return
        if self.restless():
            raise ViolationError(f"L: the place does not come to rest: {self.restless()}")

    def is_in_step(self) -> bool:
        """Whether all have the same entries on disk, and nobody a copy in memory that waits for its commit."""
        up = [machine for machine in self.world.machines.values() if machine.up]
        return all(m.vector == up[0].vector and not m.node.books.replica.unread for m in up)

    def look_at_old_disks(self) -> None:
        """A machine with an old copy of its disk has stopped itself, if others know more of its log; then it is taken away."""
        world = self.world
        old = [machine for machine in world.machines.values() if machine.old and not machine.lost]
        if not old:
            return
        world.run_for(200)
        self.settle()
        world.run_for(limits.WANT_LONGEST_MS + 2 * limits.HEAD_MS)  # who was asked in vain till now is asked again
        for machine in old:
            if machine.up and machine.node.fault:
                self.counts.add("old disk has stopped itself")
            elif machine.up and machine.node.is_locked:
                self.counts.add("old disk is locked, and does not listen")
            else:
                self.counts.add("old disk not found out")
                self.look_whether_known(machine)
            world.boot(world.replace_disk(machine))

    def look_whether_known(self, machine: Machine) -> None:
        """Nobody may know that a machine that runs has an old disk."""
        if other := self.contradicts(machine):
            raise ViolationError(f"F7: {machine.origin} runs on an old disk, though {other} knows another log of it")
        known = max((m.vector.get(machine.origin, 0) for m in self.who_can_tell(machine)), default=0)
        if machine.outdated | machine.contested and known > machine.vector.get(machine.origin, 0):
            raise ViolationError(f"F7: {machine.origin} runs on an old disk, though others have more of its log")

    def who_can_tell(self, machine: Machine) -> list[Machine]:
        """The other nodes that run. One that is locked says nothing: what it alone knows comes to light when it is unlocked."""
        return [m for m in self.world.machines.values() if m is not machine and m.up and not m.node.is_locked]

    def contradicts(self, machine: Machine) -> str:
        """A node that has an entry of this machine's log which is not what the machine has."""
        own = {row.seq: row.data for row in machine.disk if row.origin == machine.origin}
        for other in self.who_can_tell(machine):
            copies = [row for row in other.disk if row.origin == machine.origin]
            if any(own.get(row.seq, b"") != row.data for row in copies):
                return other.origin
        return ""

    def settle(self) -> None:
        """Everybody does what is due."""
        for machine in list(self.world.machines.values()):
            if not machine.up:
                continue
            self.answer_all(machine)
            if machine.node.is_locked and not (self.is_sealed(machine.origin) and self.is_anybody_fresh()):
                self.decide(machine, Deed.UNLOCK)
            content = machine.screen.content if machine.up else None
            aside = isinstance(content, _ASIDE) or (isinstance(content, s.Waiting) and content.silent)
            if aside and machine.screen.left is not None and machine.screen.left.touch == "cancel":
                self.touch(machine, "cancel")
            if machine.up and machine.node.books.may_decide(0) and not machine.node.ledger.poll_open:
                self.open_poll(machine)  # the register was taken without the entry
        if not self.go_on():
            self.attest()
        self.go_on_seizing(finish=True)

    def answer_all(self, machine: Machine) -> None:
        """The clerk says what became of all that the last run left open."""
        for _ in range(8):
            if machine.up and machine.screen is not None and isinstance(machine.screen.content, s.Unresolved):
                self.answer(machine)

    def is_sealed(self, origin: str) -> bool:
        """Whether the register is just being taken from this node, which is locked for it."""
        chains = [m.node.books.books.chain(0) for m in self.world.machines.values() if m.up and not m.node.is_locked]
        return any(chain.pending and chain.last.holder == origin for chain in chains)

    def is_anybody_fresh(self) -> bool:
        """Whether any node that runs is fresh, and not locked."""
        nodes = [m.node for m in self.world.machines.values() if m.up]
        return any(node.books.seen.fresh.reached and not node.is_locked for node in nodes)

    def go_on(self) -> bool:
        """A pending seal is finished: by a new one, if its writer can't, or if it waits for a disk that is lost: for its
        answer, or for what its answer showed."""
        for machine in self.world.machines.values():
            if machine.node is None:
                continue
            keeper = machine.node.books
            for book in list(keeper.books):
                needed = self.world.machines[keeper.books.holder(book)].lost
                if (needed or keeper.books.unfinished(book)) and rules.may_seal(keeper.seen, book):
                    sealed = keeper.own_seal(book)
                    due = keeper.waits_for(book, sealed) if sealed is not None else set()
                    if sealed is not None and keeper.fetches(book, sealed):
                        due |= keeper.answers(book, sealed).keys()
                    if sealed is None or due & self.stopped():
                        holder = self.world.machines.get(keeper.books.holder(book))
                        takes = not book and not keeper.books.is_overtaken(book)
                        if takes and holder is not None and holder.up and not holder.node.is_locked:
                            self.decide(holder, Deed.LOCK)
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
                "to open the poll": keeper.may_decide(0) and not machine.node.ledger.poll_open,
                "waiting": isinstance(machine.node.desk.state, d.Waiting),
                "not drawn": isinstance(machine.node.desk.state, d.Green) and not machine.node.desk.state.lit,
                "on a page": machine.origin[0] == "T" and isinstance(machine.node.desk.state, d.Office | d.Menu | d.Pin),
            }
            found += [f"{machine.origin} is {what}" for what, holds in due.items() if holds]
            for book in keeper.books:
                if self.world.machines[keeper.books.holder(book)].lost and rules.may_seal(seen, book):
                    found.append(f"{machine.origin} must take book {book} from a lost disk")
                if keeper.books.unfinished(book):
                    sealed = keeper.own_seal(book)
                    waits = keeper.waits_for(book, sealed) if sealed is not None else "another"
                    found.append(f"{machine.origin} sees book {book} sealed, waits for {waits}")
        return found

    def boards(self) -> dict[str, s.Board]:
        """What every overview shows, once its node has looked around."""
        for machine in self.world.machines.values():
            if machine.up and not machine.node.is_locked and not self.order(machine, "overview", Office.overview):
                raise ViolationError(f"W: the overview of {machine.origin} can't be opened: {machine.screen.content}")
        self.world.run_for(limits.HEAD_MS + 100)  # a node looks around with its next head at the latest
        contents = {m.origin: m.screen.content for m in self.world.machines.values() if m.up}
        for machine in self.world.machines.values():
            if machine.up and machine.origin[0] == "T" and isinstance(machine.screen.content, s.Board):
                self.touch(machine, "cancel")
        return {origin: content for origin, content in contents.items() if isinstance(content, s.Board)}

    def serve_the_rest(self) -> None:
        """Whoever has no ballot yet, and whose card is at no table that is gone, can be served at some table."""
        world, fold = self.world, self.oracle.fold_of_all()
        gone = {origin for origin, machine in world.machines.items() if machine.lost}
        tables = [m for m in world.machines.values() if m.up and m.origin[0] == "T" and m.origin != self.oracle.liar]
        if any(node_of(m.origin) == "S" and m.lost for m in world.machines.values()) or not tables:
            return  # without the register's log nobody may know whether the poll is open
        for machine in tables:
            if isinstance(machine.screen.content, s.Closed):
                self.decide(machine, Deed.REOPEN_TABLE)
        for voter in world.voters:
            self.take_back(voter)
        world.run_for(200)
        fold = self.oracle.fold_of_all()

        def is_to_be_served(voter: int) -> bool:
            """A right and no ballot, and no request at a table that is gone: that may have come late."""
            if self.is_lit(voter) or not self.oracle.rights_of(voter) or self.oracle.is_marked_by_liar(fold, voter):
                return False
            at_a_lost_table = any(e.origin in gone for e in fold.all("request") if e.body["voter"] == voter)
            return not at_a_lost_table and not any(e.body["voter"] == voter for e in fold.all("rescanned"))

        for voter in filter(is_to_be_served, world.voters):
            self.counts.add("served in the end")
            if not any(self.is_served(machine, voter) for machine in tables):
                shown = {m.origin: type(m.screen.content).__name__ for m in tables if m.screen is not None}
                raise ViolationError(f"L: voter {voter} has no ballot and is served nowhere: {shown}")

    def take_back(self, voter: int) -> None:
        """The secretary takes back every mark of a voter who has no ballot: a liar's, or one of which nobody knew."""
        for machine in self.world.machines.values():
            if machine.up and machine.node.books.may_decide(0) and not self.is_lit(voter):
                self.undo_at(machine, voter)

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
            elif isinstance(content, s.Referred) and number_in(content.number) == voter:
                self.release(machine)
                self.world.run_for(60)
            elif isinstance(content, s.Ready | s.Refused | s.Green | s.Referred):
                self.scan(machine, voter)
            elif isinstance(content, s.NotReady):  # that others are offline may have been on its way for long
                self.world.run_for(1_100)
            else:
                break
            self.world.run_for(60)
            if self.is_lit(voter):
                return True
        return self.world.run_until(lambda: self.is_lit(voter), 3_000)
