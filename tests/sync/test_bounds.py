"""What a head may hold: as much as an honest node may have to say, and no more."""

import pytest

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain.messages import Head, Stance
from kiosk.sync.messages import MessageError, encode_head, read_head

ME = "S.1-0000000000000001"
DEVICES = [f"T{n}.{disk}" for n in range(1, limits.TABLES + 1) for disk in (1, 2)] + ["S.1", "S.2"]
RUNS = [f"{device}-{branch:016x}" for device in DEVICES for branch in range(e.BRANCHES_MOST)]


def is_read(have: dict[str, int], hears: dict[str, int]) -> bool:
    head = Head(ME, 1, 1, have, True, Stance.SERVING, 0, hears)
    try:
        return read_head(encode_head(head, lambda _: b""), "S.1", lambda *_: True) == head
    except MessageError:
        return False


def test_the_devices_of_a_place_are_those_that_are_provisioned() -> None:
    """The bound of the entries is that of the plan."""
    assert e.DEVICES_MOST == (limits.TABLES + 1) * (limits.SPARES + 1) == len(DEVICES)


@pytest.mark.parametrize(
    ("runs", "heard", "read"),
    [(0, 0, True), (len(RUNS), len(DEVICES), True), (len(RUNS) + 1, 0, False), (0, len(DEVICES) + 1, False)],
)
def test_a_head_of_the_largest_place_is_read(runs: int, heard: int, read: bool) -> None:
    """All cards are in use, and each log has as many branches as are taken in: a liar's make nobody's head too large."""
    have = dict.fromkeys([*RUNS, "T999.9-0000000000000000"][:runs], 1)
    assert is_read(have, dict.fromkeys([*DEVICES, "T999.9"][:heard], 1)) == read
