"""What breaks on a simulated day, and is whole again."""

from collections.abc import Collection

from tests.simulation.liar import Liar
from tests.simulation.network import BROKERS
from tests.simulation.world import Copied, Machine


class FaultActions(Liar):
    """The faults."""

    snapshots: dict[str, Copied]

    # --- faults ---

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
            holders = [h.holder.device for h in known.chain(self.focus).holdings.values()] if known is not None else []
            concerned = [f"T{self.focus}.1", *holders, "S.1"]
            return world.machines[rng.choice([device for device in concerned if device in world.machines])]
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
        name = self.concerned().name
        both = {(name, broker) for broker in BROKERS}
        self.counts.add("cut off")
        self.world.say(f"{name}: cable out or in")
        if self.world.cut_out & both:
            self.world.cut_out -= both
            self.world.cut_in -= both
        else:
            self.world.cut_out |= both
            self.world.cut_in |= both

    def one_way(self) -> None:
        """A machine can send and not receive, or the other way about; or this has ended."""
        side = self.rng.choice((self.world.cut_in, self.world.cut_out))
        name = self.rng.choice(list(self.world.machines))
        both = {(name, broker) for broker in BROKERS}
        self.counts.add("one-way cut")
        self.world.say(f"{name}: one-way cut begins or ends")
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

    def split(self) -> None:
        """The place falls apart: each machine reaches one of the two brokers only; or this has ended."""
        world = self.world
        self.counts.add("split")
        world.say("the place is split, or whole again")
        if world.cut_in or world.cut_out:
            world.cut_in.clear()
            world.cut_out.clear()
        else:
            self.part({name for name in world.machines if self.rng.random() < 0.5})

    def part(self, some: Collection[str]) -> None:
        """Some machines reach only the first broker, the others only the second."""
        away = {(name, 1 if name in some else 0) for name in self.world.machines}
        self.world.cut_in |= away
        self.world.cut_out |= away

    def half(self) -> None:
        """A machine loses one of the brokers, or gets it back: it may hear and be heard by some only."""
        way = (self.concerned().name, self.rng.choice(BROKERS))
        self.counts.add("half cut")
        self.world.say(f"{way[0]}: loses broker {way[1]}, or gets it back")
        self.world.cut_in ^= {way}
        self.world.cut_out ^= {way}

    def deaf(self) -> None:
        """Nothing of one machine, or nothing of one kind, comes through to another; or this has ended."""
        kind = self.rng.choice(("*", "*", "log", "give", "want", "ask", "head"))
        names = list(self.world.machines)
        self.counts.add("one way lost")
        self.world.blocked ^= {(self.concerned().name, self.rng.choice((*names, "*")), kind)}

    def display(self) -> None:
        """A display gets slow, dies, or works again."""
        machine = self.concerned()
        self.counts.add("display slow or dead")
        if machine.is_drawn and machine.drawn_ms == 5:
            machine.drawn_ms = self.rng.choice((None, 1_500, 5_000))
            machine.blind = machine.drawn_ms is None and self.rng.random() < 0.5
            return
        machine.drawn_ms, machine.blind = 5, False
        if machine.up:
            self.world.draw(machine)

    def disk(self) -> None:
        """A machine's next commit fails."""
        machine = self.concerned()
        if machine.up:
            self.counts.add("commit fails")
            machine.fails = True

    def meddle(self) -> None:
        """A stranger begins to change what is sent, or stops it."""
        self.world.faults.meddle = 0.0 if self.world.faults.meddle else 0.1

    def lost_disk(self) -> None:
        """A disk is lost for good, at most one in a day; the node comes back with its spare."""
        if self.rng.random() < 0.3 and (machine := self._whose_card()) is not None:
            self.counts.add("lost disk")
            self.world.boot(self.world.replace_disk(machine))

    def old_disk(self) -> None:
        """A copy of a disk is made; later it is put in instead of the real one, which is lost, while that machine is off."""
        if (machine := self._whose_card()) is None:
            return
        copied = self.snapshots.get(machine.name)
        if copied is None:
            self.snapshots[machine.name] = Copied.of(machine)
        else:
            self.counts.add("old disk")
            self.world.crash(machine)
            self.world.put_in(machine, copied)

    def copied_card(self) -> None:
        """A card's copy, as it is now or was some time ago, runs beside it."""
        if self.rng.random() < 0.3 and (machine := self._whose_card()) is not None and machine.disk:
            self.counts.add("copied card")
            self.world.boot(self.world.run_beside(machine, self.snapshots.get(machine.name, Copied.of(machine))))

    def _whose_card(self) -> Machine | None:
        """Whose card is lost or copied next: one a day is enough, and none where there is a liar."""
        machine = self.rng.choice(list(self.world.machines.values()))
        return None if self.world.has_lost_a_disk or self.in_island(machine) or self.oracle.liar else machine
