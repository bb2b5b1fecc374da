"""The simulator in the tests: many days without a violation, the same day twice, and broken rules that it finds."""

import re

import pytest

from tests.simulation.__main__ import MOSTLY_WITH_SCENARIO, STEPS, mutate, run_many, run_one, shortened
from tests.simulation.mutations import CONTROLS, FOUND_BY, MUTATIONS, WHY_NOT, broken
from tests.simulation.oracle import Counts, ViolationError
from tests.simulation.refusals import NO
from tests.simulation.scenarios import SCENARIOS
from tests.simulation.schedule import Schedule

DAYS = 1_000


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_no_day_breaks_what_must_always_hold() -> None:
    """Hundreds of days of 100 steps, with every scenario and fault: no violation, and everything that can occur has
    occurred."""
    said: list[str] = []
    assert run_many(DAYS, 1, jobs=1, say=said.append) == 0, "\n".join(said)
    assert said[-1] == f"{DAYS} schedules, 0 violations"
    how_often = " ".join(said)
    for what in (*OCCUR, *(f"scenario {scenario.__name__.replace('_', ' ')}:" for scenario in SCENARIOS)):
        assert f"{what} " in how_often, what
    for rule in SAY_NO:
        assert f"{rule} no " in how_often, rule


OCCUR = (
    "crash", "power cut", "cut off", "one-way cut", "split", "half cut", "one way lost", "display slow or dead", "lost disk",
    "old disk", "copied card", "copied card has stopped itself", "changed on its way, refused", "stop", "view", "card",
    "excused", "finished without scanning", "give", "island mode", "served in the end", "commit fails",
    "harmed: a false attestation", "clerk does not know", "undo granted", "released", "overview read",
    "lie: ask", "lie: decision", "lie: head", "lie: request", "lie: card", "lie: view", "lie: give", "lie: start",
)  # fmt: skip
SAY_NO = ({*NO} | {"d1_holds"}) - {"may_stop"}  # a page takes no code that is known to be used, so nobody comes as far as that


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
    with broken(*MUTATIONS["D4: grants beside a mark"]):
        for seed in range(1, 500):
            try:
                Schedule(seed, 100, Counts(), scenario_share=0.0).run()
            except ViolationError as violation:
                said = str(violation)
                break
        story, found = shortened(seed, 100, 0, said, scenario_share=0.0)
        whole = Schedule(seed, 100, Counts(), scenario_share=0.0, tell=True)
        with pytest.raises(ViolationError, match=re.escape(said)):
            whole.run()
    assert found.partition(":")[0] == said.partition(":")[0]
    assert len(steps_of(story)) < len(steps_of(whole.world.story)) / 2


def steps_of(story: list[str]) -> list[str]:
    """The steps that a story tells of; its morning and its end are not left out."""
    return [line for line in story if re.fullmatch(r"\d+\.", line)]


@pytest.mark.long
@pytest.mark.parametrize("rule", FOUND_BY)
def test_a_broken_rule_is_found(rule: str) -> None:
    """A day finds out that the rule is broken. `--mutate all` looks for such days, of the other rules too."""
    with broken(*MUTATIONS[rule]):
        found = run_one(FOUND_BY[rule], STEPS, Counts(), scenario_share=MOSTLY_WITH_SCENARIO)
    assert found
    assert not found.startswith(("TypeError", "AttributeError")), "the mutation itself does not fit the code any more"


def test_every_mutation_is_found_or_has_its_reason() -> None:
    """A new mutation needs a day that finds it, or the other rule that covers it."""
    assert not FOUND_BY.keys() & WHY_NOT.keys()
    assert FOUND_BY.keys() | WHY_NOT.keys() == MUTATIONS.keys()


@pytest.mark.long
@pytest.mark.parametrize("control", CONTROLS)
def test_what_a_mutation_breaks_besides_does_no_harm(control: str) -> None:
    """A desk, a commit or a holder that is only made ready for a broken rule violates nothing."""
    said: list[str] = []
    assert not mutate(control, 40, 1, said.append, jobs=1), said
