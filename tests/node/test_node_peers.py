"""Which of a device's heads are taken: the newest, also where an old card was put in."""

from kiosk import limits
from kiosk.domain.messages import Head, Stance
from kiosk.domain.runs import Runs
from kiosk.node.peers import Peers
from kiosk.node.types import Now

FIRST, LOST, NEXT = (f"T2.1-00000000000000{n:02x}" for n in (1, 9, 2))


def head(run: str, runs: int, count: int = 1) -> Head:
    return Head(run, runs, count, {run: runs}, True, Stance.SERVING, 0)


def at(mono_ms: int) -> Now:
    return Now(mono_ms, mono_ms)


def known(*lines: tuple[str, str, int]) -> Runs:
    """What is known of the runs of table 2's device: name, the one before, the seq of its start."""
    runs = Runs(["T1.1", "T2.1"])
    for name, before, seq in lines:
        runs.began(name, before, seq)
    return runs


def test_an_old_card_is_heard_once_its_later_runs_are_silent() -> None:
    """Only a head was heard of the run that is lost; the card that was put in has begun fewer runs, or as many."""
    for nth in (2, 3):
        peers, runs = Peers("T1.1"), known((FIRST, "", 1), (NEXT, FIRST, 2))
        assert peers.heard(head(LOST, 3), runs, at(0))
        assert not peers.heard(head(NEXT, nth), runs, at(limits.SEEN_MS - 1))
        assert peers.heard(head(NEXT, nth), runs, at(limits.SEEN_MS))
        newest = peers.head("T2.1")
        assert newest is not None
        assert newest.run == NEXT
        assert peers.heard(head(NEXT, nth, 2), runs, at(limits.SEEN_MS + 1))


def test_what_a_broker_has_kept_of_an_earlier_run_is_never_newer() -> None:
    """However long the last run is silent: it goes on from that one."""
    peers, runs = Peers("T1.1"), known((FIRST, "", 1), (NEXT, FIRST, 2))
    assert peers.heard(head(NEXT, 2), runs, at(0))
    assert not peers.heard(head(FIRST, 1, 7), runs, at(10 * limits.SEEN_MS))
    assert not peers.heard(head(NEXT, 2), runs, at(10 * limits.SEEN_MS)), "the same once more"
