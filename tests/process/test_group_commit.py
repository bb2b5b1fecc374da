"""Who asks in a rush is waited for a moment, so that one commit decides for all; outside a rush nobody waits."""

import pytest

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain.messages import Ask
from kiosk.domain.screens import Touch
from kiosk.node import Heard, Scanned
from kiosk.service.group_commit import GroupCommit

COMMIT_S = 0.01


def asks(*tables):
    """One ask of each of these tables."""
    return [
        Heard(f"T{table}.1", Ask(e.Request(f"T{table}.1/1/1", e.Op.CHECK_IN, 10 + table, 1, ("byraad",), table)))
        for table in tables
    ]


@pytest.fixture
def group_commit():
    """A holder whose commits take 10 ms, after a rush of seven tables and its own voter at second 0."""
    made = GroupCommit()
    made.committed(COMMIT_S)
    made.took([*asks(2, 3, 4, 5, 6, 7, 8), Touch(1, "approve")], 0.0)
    return made


def test_outside_a_rush_nobody_waits():
    """One after the other, also two at a time: each goes at once."""
    group_commit = GroupCommit()
    group_commit.committed(COMMIT_S)
    for second in range(5):
        inputs = asks(*range(2, 1 + limits.RUSH_TABLES))
        assert not group_commit.lacks(inputs, second / 10)
        group_commit.took(inputs, second / 10)


def test_in_a_rush_the_first_waits_for_the_others(group_commit):
    """As long as not as many ask as before; the holder's own voter is one of them."""
    assert group_commit.lacks(asks(4), 0.1)
    assert group_commit.lacks([Touch(5, "approve"), *asks(2, 3, 4, 5, 6, 7)], 0.1)
    assert not group_commit.lacks([Touch(5, "approve"), *asks(2, 3, 4, 5, 6, 7, 8)], 0.1)
    assert not group_commit.lacks(asks(2, 3, 4, 5, 6, 7, 8, 9), 0.1)


def test_who_asks_again_is_one(group_commit):
    """A table that says its ask twice is not taken for two."""
    assert group_commit.lacks(asks(2, 2, 2, 2, 2, 2, 2, 2, 2), 0.1)


def test_only_who_asks_waits(group_commit):
    """A card on its way to the screen does not."""
    assert not group_commit.lacks([Scanned("4182")], 0.1)
    assert not group_commit.lacks([], 0.1)


def test_who_comes_after_the_others_goes_at_once(group_commit):
    """Those who have just been decided for will not ask again so soon."""
    assert not group_commit.lacks(asks(9), COMMIT_S)


def test_a_rush_ends(group_commit):
    """Some seconds later nobody is expected, and a smaller rush is not measured by the one before."""
    late = limits.RUSH_LASTS_S
    assert not group_commit.lacks(asks(4), late)
    group_commit.took(asks(2, 3, 4), late)
    assert not group_commit.lacks(asks(2, 3, 4), late + 0.1)


def test_the_wait_is_half_a_commit(group_commit):
    """On a quick disk it is short; on one that hangs it has an end."""
    assert group_commit.wait_s == COMMIT_S / 2
    group_commit.committed(5.0)
    assert group_commit.wait_s == limits.RUSH_WAIT_S
