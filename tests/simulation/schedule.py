"""One schedule: a world, its people and its misfortunes, all drawn from one seed; then healing, and the last checks.

Each step has its own random numbers, so that a step can be left out and the others stay what they were: that is how a story is
made short. Which kinds of faults occur, and how often, is drawn anew for each schedule. More than half of the days have a
scenario: a story told beat by beat, with chance beside it.
"""

from collections.abc import Callable, Collection
from random import Random

from tests.simulation.healing import Healing
from tests.simulation.oracle import TURNS, Counts, Oracle, ViolationError
from tests.simulation.scenarios import SCENARIOS, SCENARIOS_BEFORE_OPENING
from tests.simulation.scenarios_of_cards import SCENARIOS_OF_CARDS
from tests.simulation.scenarios_of_starts import SCENARIOS_OF_STARTS
from tests.simulation.scenarios_of_thieves import SCENARIOS_OF_THIEVES
from tests.simulation.stage import Beats, Spoilt, Stage
from tests.simulation.world import World

WITH_SCENARIO = 0.6  # how many days have a scenario
LIES = 0.12  # how often the liar of a day that has one lies


class Schedule(Healing):
    """A seed's whole day."""

    def __init__(
        self,
        seed: int,
        steps: int,
        counts: Counts,
        *,
        nodes: int = 0,
        scenario_share: float = WITH_SCENARIO,
        skip: Collection[int] = (),
        tell: bool = False,
    ) -> None:
        """`nodes`: how many; 0 draws it. `scenario_share`: the chance of a scenario. `skip`: steps that are left out."""
        self.seed, self.steps, self.counts, self.skip = seed, steps, counts, frozenset(skip)
        rng = self.rng = Random(seed)
        has_scenario = rng.random() < scenario_share and not 0 < nodes < 4  # a scenario has four roles
        tables = (nodes or rng.choice((4, 4, 4, 5, 6) if has_scenario else (3, 3, 4, 4, 4, 5, 6, 8))) - 1
        self.focus = rng.randrange(1, tables + 1) if has_scenario or rng.random() < 0.75 else 0
        self.world = World(tables, rng.choice((1, 1, 2, 3)), rng, self.focus, plain=has_scenario)
        self.honest = has_scenario or rng.random() < 0.85
        self.oracle = Oracle(self.world, counts)
        self.snapshots = {}
        if not has_scenario and self.honest and rng.random() < 0.3:
            others = ["S.1", *(f"T{number}.1" for number in range(1, tables + 1) if number != self.focus or rng.random() < 0.3)]
            self.oracle.liar = rng.choice(others)
        self.shows_codes_to_liar = rng.random() < 0.1
        self.draw_faults(rng, has_scenario=has_scenario)
        if tell:
            self.world.story = []
        by_lot = Random(f"plot {seed}")
        self.scenario_share = SCENARIOS[seed % len(SCENARIOS)] if has_scenario else None
        self.sleepy = 1.0 if self.scenario_share in SCENARIOS_BEFORE_OPENING else self.sleepy
        self.scenario = self.tell(by_lot) if has_scenario else None

    def draw_faults(self, rng: Random, *, has_scenario: bool) -> None:
        """Which kinds of faults there are, and how busy the day is; beside a scenario there is less of all."""
        each = rng.choice((0.0, 0.1, 0.4)) if has_scenario else rng.choice((0.3, 0.55, 0.7))
        self.enabled = {what for what in (*_FAULTS, *_DEEDS, *_FLAWS) if rng.random() < each}
        self.calm = rng.choice((0.6, 0.75, 0.9))
        self.busy = rng.choice((0.0, 0.05, 0.3) if has_scenario else (0.3, 0.5, 0.7))
        self.beat = rng.choice((0.4, 0.7, 0.9))
        self.quick_clerks = not has_scenario and rng.random() < 0.8
        self.sleepy = 0.0 if has_scenario else 0.3 if self.oracle.liar else 0.1
        self.unsure = 0.0 if has_scenario else 0.3
        self.careless = 0.0 if has_scenario else rng.choice((0.0, 0.0, 0.3))

    # --- the whole of it ---

    def run(self) -> None:
        """Run it; raises ViolationError."""
        self.morning()
        for step in range(self.steps):
            self.rng.seed(self.seed << 20 | step)
            if step not in self.skip:
                self.step(step)
                self.oracle.look_at_greens()
                self.counts.end_step()
        self.rng.seed(self.seed << 20 | self.steps)
        try:
            self.heal()
            self.oracle.finish()
            self.oracle.check_boards(self.boards())
            self.serve_the_rest()
            self.oracle.look_at_greens()
        except ViolationError as violation:
            if not (self.oracle.is_liar_ruling and str(violation).startswith("L:")):
                raise
            self.counts.add("a liar with a code holds the place up")
        self.counts.end_step()
        self.counts.add(TURNS, self.world.turns)

    def morning(self) -> None:
        """All start, and the chair opens the poll, as a rule at the secretary's."""
        world = self.world
        world.together_ms = 3
        for machine in list(world.machines.values()):
            world.boot(machine)
        world.run_for(20)
        if self.rng.random() >= self.sleepy:
            at = "S.1" if self.oracle.liar != "S.1" or self.shows_codes_to_liar else "T1.1"
            self.open_poll(world.machines[at])
        world.run_for(10)
        world.together_ms = self.rng.choice((0, 0, 1, 3))
        faults = world.faults
        faults.loss = self.rng.choice((0.02, 0.1, 0.3)) if "loss" in self.enabled else 0.0
        faults.delay = self.rng.choice((0.1, 0.4)) if "delay" in self.enabled else 0.0
        faults.repeat = 0.2 if "repeat" in self.enabled else 0.0

    def oversleep(self) -> None:
        """The poll is opened late."""
        for machine in self.shuffled():
            if machine.up and not machine.node.ledger.poll_open and machine.node.situation.may_stop:
                self.open_poll(machine)
                return

    def step(self, step: int) -> None:
        """One step: the scenario's next beat; or something happens by itself, or a clerk, the chair or a fault does
        something."""
        rng, world = self.rng, self.world
        world.say(f"{step}.")
        if step == self.steps // 3 and self.sleepy:
            self.oversleep()
        if self.oracle.liar and rng.random() < LIES:
            self.lie()
            return
        if self.scenario is not None and rng.random() < self.beat:
            if next(self.scenario, "end") == "end":
                self.scenario = None
            return
        if rng.random() >= self.busy:
            world.happen()
            return
        if rng.random() < self.calm:
            self.clerk()
            return
        if rng.random() < 0.5 and (wanted := [deed for deed in _DEEDS if deed in self.enabled]):
            _DEEDS[rng.choice(wanted)](self)
        elif faults := [fault for fault in _FAULTS if fault in self.enabled]:
            _FAULTS[rng.choice(faults)](self)
        if rng.random() < 0.5:
            self.go_on_stopping()

    def tell(self, rng: Random) -> Beats:
        """A scenario, drawn by lot, from when all are ready; it ends early where chance has spoilt it."""
        stage, scenario = Stage(self, rng), self.scenario_share
        rest = [f"T{number}.1" for number in range(1, len(self.world.first))]
        rest = [device for device in rest if device not in (stage.h, stage.t, stage.n)]
        if rest and scenario not in (*SCENARIOS_OF_CARDS, *SCENARIOS_OF_STARTS, *SCENARIOS_OF_THIEVES) and rng.random() < 0.5:
            self.oracle.liar = rng.choice(rest)
        name = scenario.__name__.replace("_", " ")
        self.world.say(f"the scenario: {name}; H is {stage.h}, T {stage.t}, N {stage.n}, the voter {stage.voter}")
        try:
            if scenario not in SCENARIOS_BEFORE_OPENING:
                yield from stage.ready()
            yield from scenario(stage)
            self.counts.add(f"scenario {name}: told to its end")
        except Spoilt:
            self.counts.add(f"scenario {name}: ended before")


_FAULTS: dict[str, Callable[[Schedule], None]] = {
    "crash": Schedule.crash,
    "cut": Schedule.cut,
    "one_way": Schedule.one_way,
    "split": Schedule.split,
    "half": Schedule.half,
    "deaf": Schedule.deaf,
    "broker": Schedule.broker,
    "display": Schedule.display,
    "meddle": Schedule.meddle,
    "clock": Schedule.clock,
    "power": Schedule.power,
    "lost_disk": Schedule.lost_disk,
    "old_disk": Schedule.old_disk,
    "copied_card": Schedule.copied_card,
    "lock": Schedule.lock,
    "disk": Schedule.disk,
}
_DEEDS: dict[str, Callable[[Schedule], None]] = {
    "island": Schedule.island,
    "stop": Schedule.stop,
    "give": Schedule.give,
    "excuse": Schedule.excuse,
    "close": Schedule.close,
    "undo": Schedule.undo,
}
_FLAWS = ("loss", "delay", "repeat")
