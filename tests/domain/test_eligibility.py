"""Stories of who may be given which ballots, by the voter list and the marks."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from domain_facts import ANNE, BOTH
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.eligibility import Barred, Eligible, Mark, RefusalReason, Withheld, weigh
from kiosk.domain.voters import Struck, Voter

MORNING, NOON = 1_763_450_000_000, 1_763_460_000_000
COUNCIL, REGION = (("byraad",), ("region",))


def mark(elections: Sequence[str], table: int = 4, time_ms: int = MORNING) -> Mark:
    return Mark(tuple(elections), table, time_ms)


def test_both_ballots() -> None:
    """A voter with both rights and nothing against them is given both ballots, in the plan's order."""
    assert weigh(ANNE, (), BOTH) == Eligible(BOTH, {})
    assert weigh(replace(ANNE, elections=("region", "byraad")), (), BOTH) == Eligible(BOTH, {})


@pytest.mark.parametrize(("postal", "may"), [(COUNCIL, REGION), (REGION, COUNCIL)])
def test_postal_vote_for_one(postal: tuple[str, ...], may: tuple[str, ...]) -> None:
    """Who has voted by post in one election is given the other one's ballot."""
    assert weigh(replace(ANNE, postal=postal), (), BOTH) == Eligible(may, {postal[0]: Withheld.POSTAL_VOTE})


def test_postal_vote_for_both() -> None:
    """Who has voted by post in both is given none, and told so."""
    assert weigh(replace(ANNE, postal=BOTH), (), BOTH) == Barred(RefusalReason.POSTAL_VOTE)


@pytest.mark.parametrize(("right", "other"), [(COUNCIL, "region"), (REGION, "byraad")])
def test_right_in_one_only(right: tuple[str, ...], other: str) -> None:
    """Who may vote in one election only is given that ballot and never the other."""
    assert weigh(replace(ANNE, elections=right), (), BOTH) == Eligible(right, {other: Withheld.NO_RIGHT})


def test_right_in_one_and_postal_vote_there() -> None:
    """A postal vote in the only election of one's own leaves nothing to hand out."""
    assert weigh(replace(ANNE, elections=COUNCIL, postal=COUNCIL), (), BOTH) == Barred(RefusalReason.POSTAL_VOTE)


@pytest.mark.parametrize(("marked", "may"), [(COUNCIL, REGION), (REGION, COUNCIL)])
def test_marked_for_one(marked: tuple[str, ...], may: tuple[str, ...]) -> None:
    """A mark for one election leaves the other one's ballot."""
    assert weigh(ANNE, [mark(marked)], BOTH) == Eligible(may, {marked[0]: Withheld.ALREADY_MARKED})


def test_marked_for_both() -> None:
    """A second attempt is barred, with the table and the time of the first."""
    assert weigh(ANNE, [mark(BOTH)], BOTH) == Barred(RefusalReason.ALREADY_MARKED, mark=mark(BOTH))


def test_marked_twice_for_one_each() -> None:
    """Two marks for one election each bar like one for both, and the later is named."""
    later = mark(REGION, 2, NOON)
    assert weigh(ANNE, [mark(COUNCIL), later], BOTH) == Barred(RefusalReason.ALREADY_MARKED, mark=later)


def test_marked_for_one_and_postal_vote_for_the_other() -> None:
    """What is not marked is voted by post: nothing is left, and the mark is what the clerk is told."""
    assert weigh(replace(ANNE, postal=REGION), [mark(COUNCIL)], BOTH) == Barred(
        RefusalReason.ALREADY_MARKED, mark=mark(COUNCIL)
    )


def test_a_mark_is_told_before_a_postal_vote() -> None:
    """Where one election is both marked and voted by post, the ballot handed out is what the clerk must know of."""
    may = weigh(replace(ANNE, postal=COUNCIL), [mark(COUNCIL)], BOTH)
    assert may == Eligible(REGION, {"byraad": Withheld.ALREADY_MARKED})


@pytest.mark.parametrize(
    ("struck", "why"), [(Struck.STRUCK_OFF, RefusalReason.STRUCK_OFF), (Struck.MOVED_AWAY, RefusalReason.MOVED_AWAY)]
)
def test_struck_off_or_moved_away(struck: Struck, why: RefusalReason) -> None:
    """Who has lost the right to vote is given nothing, whatever else is known of them."""
    for voter in (ANNE, replace(ANNE, postal=COUNCIL), replace(ANNE, elections=REGION)):
        assert weigh(replace(voter, struck=struck), (), BOTH) == Barred(why)
    assert weigh(replace(ANNE, struck=struck), [mark(BOTH)], BOTH) == Barred(why)


def test_one_election_day() -> None:
    """On a day with one election a right in another that is not held today gives nothing more."""
    assert weigh(ANNE, (), COUNCIL) == Eligible(COUNCIL, {})


SOME = st.lists(st.sampled_from([*BOTH, "ældreråd"]), unique=True).map(tuple)
VOTERS = st.builds(
    lambda elections, postal, struck: replace(ANNE, elections=elections, postal=postal, struck=struck),
    SOME,
    SOME,
    st.none() | st.none() | st.sampled_from(Struck),
)
MARKS = st.lists(st.builds(mark, SOME.filter(bool), st.integers(1, 9), st.integers(0, NOON)), max_size=3)
DAYS = st.sampled_from([BOTH, COUNCIL, REGION, (*BOTH, "ældreråd")])


@given(VOTERS, MARKS, DAYS)
def test_the_day_is_split_in_two(voter: Voter, marks: list[Mark], day: tuple[str, ...]) -> None:
    """Each of the day's elections is either handed out or withheld, never both and never neither."""
    may = weigh(voter, iter(marks), day)
    if isinstance(may, Eligible):
        assert may.elections
        assert set(may.elections).isdisjoint(may.withheld)
        assert sorted([*may.elections, *may.withheld]) == sorted(day)
        assert list(may.elections) == [election for election in day if election in may.elections]


@given(VOTERS, MARKS, DAYS)
def test_nothing_is_given_against_the_list_or_a_mark(voter: Voter, marks: list[Mark], day: tuple[str, ...]) -> None:
    """A ballot is handed out exactly where there is a right and neither a postal vote nor a mark nor a strike."""
    may = weigh(voter, marks, day)
    marked = {election for one in marks for election in one.elections}
    due = {election for election in day if election in voter.elections and election not in {*voter.postal, *marked}}
    assert set(may.elections if isinstance(may, Eligible) else ()) == (due if voter.struck is None else set())
