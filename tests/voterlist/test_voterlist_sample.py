"""Stories of the made-up list: the same each time, and like that of a polling place."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from voter_files import COLUMNS, FORM

from kiosk.domain.voters import Roll, Struck, Voter
from kiosk.simulated.voters import sample_voters, write_list
from kiosk.store.listfile import read_list


def sampled(seed: int) -> list[Voter]:
    return list(sample_voters(3000, seed, ("byraad", "region"), (1, 2, 3)))


def test_sample_is_the_same_each_time() -> None:
    """The same seed gives the same voters, another seed others."""
    assert sampled(11) == sampled(11)
    assert sampled(11) != sampled(12)


def test_sample_is_like_a_polling_place() -> None:
    """The mix is there: postal votes, one election only, newcomers, struck off, long names, all ages, all tables."""
    day = date(2024, 2, 29)
    voters = list(sample_voters(20_000, 5, ("byraad", "region"), (2, 5, 9), day))
    share = {
        "postal in all": sum(v.postal == v.elections for v in voters) / 20_000,
        "postal in one": sum(bool(v.postal) and v.postal != v.elections for v in voters) / 20_000,
        "one election": sum(len(v.elections) == 1 for v in voters) / 20_000,
        "newcomer": sum(v.roll is Roll.NEWCOMER for v in voters) / 20_000,
        "struck off": sum(v.struck is Struck.STRUCK_OFF for v in voters) / 20_000,
        "moved away": sum(v.struck is Struck.MOVED_AWAY for v in voters) / 20_000,
    }
    wanted = {
        "postal in all": 0.03, "postal in one": 0.01, "one election": 0.02, "newcomer": 0.05, "struck off": 0.01,
        "moved away": 0.005,
    }  # fmt: skip
    assert share == pytest.approx(wanted, rel=0.3)
    assert [v.number for v in voters] == list(range(1, 20_001))
    assert {v.book for v in voters} == {2, 5, 9}
    assert all(a.book <= b.book for a, b in pairwise(voters))
    assert date(1919, 2, 28) <= min(v.born for v in voters) < date(1930, 1, 1)
    assert date(2005, 1, 1) < max(v.born for v in voters) <= date(2006, 2, 28)
    assert max(len(v.name) for v in voters) > 50
    assert set("æøåéü-") <= set("".join(v.name for v in voters).casefold())
    assert all(set(v.postal) <= set(v.elections) for v in voters)


def test_sample_of_one_election(tmp_path: Path) -> None:
    """With one election and one table the list is whole as well."""
    voters = list(sample_voters(500, 1, ("region",), (1,)))
    write_list(tmp_path / "list.csv", voters, COLUMNS)
    assert read_list(tmp_path / "list.csv", FORM) == voters
