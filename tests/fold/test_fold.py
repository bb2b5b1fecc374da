"""Days of the fold alone: some at random, some of each scenario; and each rule left out, which must be found out."""

import pytest

from tests.fold.__main__ import one_day
from tests.fold.mutations import CAUGHT_BY, MUTATIONS, WHY_NOT, is_caught
from tests.fold.scenarios import SCENARIOS


@pytest.mark.parametrize("ten", range(6))
def test_days_at_random(ten: int) -> None:
    """`Wrong` is raised where the protocol fails."""
    for seed in range(ten * 10, ten * 10 + 10):
        one_day(seed)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_days_of_a_plot(scenario: str) -> None:
    for seed in range(4):
        one_day(seed, scenario)


def test_of_each_rule_it_is_known_which_day_needs_it_or_why_none_does() -> None:
    assert CAUGHT_BY.keys() | WHY_NOT.keys() == MUTATIONS.keys()
    assert not CAUGHT_BY.keys() & WHY_NOT.keys()


@pytest.mark.parametrize("name", CAUGHT_BY)
def test_a_rule_that_is_left_out_is_found_out(name: str) -> None:
    scenario, seed, compares = CAUGHT_BY[name]
    assert is_caught(name, scenario, seed, compares=compares)
