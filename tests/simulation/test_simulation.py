"""The simulator in the tests: many days without a violation, the same day twice, and broken rules that it finds."""

import re

import pytest

from tests.simulation.__main__ import mutate, run_many, shortened
from tests.simulation.mutations import CONTROLS, G5_ASIDE, MUTATIONS, WHY_NOT, broken
from tests.simulation.oracle import Counts, ViolationError
from tests.simulation.plots import PLOTS
from tests.simulation.schedule import Schedule

CAUGHT = [name for name in MUTATIONS if name not in WHY_NOT]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_no_day_breaks_what_must_always_hold() -> None:
    """Two thousand days of 100 steps, with every plot and fault: no violation, and everything that can occur has occurred."""
    said: list[str] = []
    assert run_many(2_000, 1, jobs=1, say=said.append) == 0, "\n".join(said)
    assert said[-1] == "2000 schedules, 0 violations"
    how_often = " ".join(said)
    for what in (*OCCUR, *(f"plot {plot.__name__.replace('_', ' ')}:" for plot in PLOTS)):
        assert f"{what} " in how_often, what
    for rule in SAY_NO:
        assert f"{rule} no " in how_often, rule


OCCUR = (
    "crash", "power cut", "cut off", "one-way cut", "split", "half cut", "one way lost", "display slow or dead", "lost disk",
    "old disk has stopped itself", "changed on its way, refused", "seize", "seized without scanning", "handover", "island mode",
    "rescanned", "served in the end", "commit fails", "attested falsely", "clerk does not know", "undo granted", "released",
    "overview read", "refused A10", "lie: ask", "lie: decision", "lie: head", "lie: request", "lie: rescanned", "lie: seize",
)  # fmt: skip
SAY_NO = (
    "d1_holds", "d2_fresh", "d3_whole_history", "d4_decidable", "d4_grants", "g2_counts", "g3_own_request_stored",
    "g3_two_disks", "g3_knows_register", "g4_fresh", "is_answer",
)  # fmt: skip


def told(seed: int) -> list[str]:
    schedule = Schedule(seed, 100, Counts(), tell=True)
    schedule.run()
    assert schedule.world.story
    return schedule.world.story


def test_a_seed_gives_the_same_day() -> None:
    """The story of a seed is the same, word for word, however often it is told; another seed's is another."""
    assert told(7) == told(7)
    assert told(7) != told(8)


@pytest.mark.long
def test_a_violation_has_a_short_story() -> None:
    """With a rule broken the seed that finds out is told again with most of its steps left out, and still finds out."""
    said = ""
    with broken(*MUTATIONS["D4: grants beside a mark"], *G5_ASIDE):
        for seed in range(1, 500):
            try:
                Schedule(seed, 100, Counts(), plotted=0.0).run()
            except ViolationError as violation:
                said = str(violation)
                break
        story, found = shortened(seed, 100, 0, said, plotted=0.0)
        whole = Schedule(seed, 100, Counts(), plotted=0.0, tell=True)
        with pytest.raises(ViolationError, match=re.escape(said)):
            whole.run()
    assert found.partition(":")[0] == said.partition(":")[0]
    assert len(steps_of(story)) < len(steps_of(whole.world.story)) / 2


def steps_of(story: list[str]) -> list[str]:
    """The steps that a story tells of; its morning and its end are not left out."""
    return [line for line in story if re.fullmatch(r"\d+\.", line)]


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("rule", CAUGHT)
def test_a_broken_rule_is_found(rule: str) -> None:
    """The simulator finds out that the rule is broken."""
    said: list[str] = []
    assert mutate(rule, 1_000, 1, said.append, jobs=1), said
    assert said[0].startswith("caught")


@pytest.mark.long
@pytest.mark.parametrize("control", CONTROLS)
def test_what_a_mutation_breaks_besides_does_no_harm(control: str) -> None:
    """A desk, a commit or a holder that is only made ready for a broken rule violates nothing."""
    said: list[str] = []
    assert not mutate(control, 100, 1, said.append, jobs=1), said
