"""The simulator in the tests: many days without a violation, the same day twice, and broken rules that it finds."""

import re

import pytest

from tests.simulation.__main__ import mutate, run_many, shortened
from tests.simulation.mutations import G5_ASIDE, MUTATIONS, broken
from tests.simulation.oracle import Counts, ViolationError
from tests.simulation.schedule import Schedule

FOUND_QUICKLY = ["D1: anybody decides", "seal: nobody need answer", "write before speak", "an ask is counted as an entry"]


@pytest.mark.timeout(300)
def test_no_day_breaks_what_must_always_hold() -> None:
    """Two thousand days of 150 steps, with every fault: no violation, and everything that can occur has occurred."""
    said: list[str] = []
    assert run_many(2_000, 1, say=said.append) == 0, "\n".join(said)
    assert said[-1] == "2000 schedules, 0 violations"
    how_often = next(line for line in said if line.startswith("how often"))
    for what in ("crash", "power cut", "cut off", "one-way cut", "lost disk", "seize", "handover", "island mode", "rescanned"):
        assert f"{what} " in how_often


def told(seed: int) -> list[str]:
    schedule = Schedule(seed, 150, Counts(), tell=True)
    schedule.run()
    assert schedule.world.story
    return schedule.world.story


def test_a_seed_gives_the_same_day() -> None:
    """The story of a seed is the same, word for word, however often it is told; another seed's is another."""
    assert told(7) == told(7)
    assert told(7) != told(8)


def test_a_violation_has_a_short_story() -> None:
    """With a rule broken the seed that finds out is told again with most of its steps left out, and still finds out."""
    said = ""
    with broken(*MUTATIONS["D1: anybody decides"], *G5_ASIDE):
        for seed in range(1, 500):
            try:
                Schedule(seed, 150, Counts()).run()
            except ViolationError as violation:
                said = str(violation)
                break
        story, found = shortened(seed, 150, 0, said)
        whole = Schedule(seed, 150, Counts(), tell=True)
        with pytest.raises(ViolationError, match=re.escape(said)):
            whole.run()
    assert found.partition(":")[0] == said.partition(":")[0]
    assert len(story) < len(whole.world.story) / 2


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rule", FOUND_QUICKLY)
def test_a_broken_rule_is_found(rule: str) -> None:
    """The simulator finds out that the rule is broken."""
    said: list[str] = []
    assert mutate(rule, 600, 1, said.append, jobs=1), said
    assert said[0].startswith("caught")
