"""Faults found by a second attacker; each test says in one line what is right. Red where it is not so."""

import msgspec
import pytest
from test_attack1 import calls
from test_meanings import THIEF, Thief
from test_rights import ledger

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.messages import Ask
from tests.stories.place import Place

ELECTION = ("byraad",)
GRANTED, REFUSED = e.Outcome.GRANTED, e.Outcome.REFUSED


def check_in(number: int, voter: int) -> e.Request:
    return e.Request(f"{THIEF}/1/{number}", e.Op.CHECK_IN, voter, voter // 100, ELECTION, 3)


def granted_twice(place: Place) -> Thief:
    """The thief gives its book to table 1 and grants its request 1 nevertheless; table 1, who is asked, grants it, too."""
    thief = Thief(place)
    thief.say(thief.write(e.Handover(3, 2, "T1.1"), e.Decision(check_in(1, 301).id, 301, ELECTION, 3, 1, GRANTED)))
    place.wait(1_000)
    thief.say(Ask(check_in(1, 301)))
    place.wait(1_000)
    assert place.decided("T1") == ["granted"]
    return thief


@pytest.mark.parametrize("body", [e.Withdrawn(f"{THIEF}/1/1"), check_in(1, 302)], ids=["withdrawn", "another voter's"])
def test_a_request_that_two_have_granted_unseen_can_be_given_up(body: e.Body) -> None:
    """Two have granted a request that nobody has seen; then it is withdrawn, or another voter's: nobody stops."""
    place = Place().morning()
    thief = granted_twice(place)
    thief.say(thief.write(body))
    place.wait(1_000)
    place.serve("T1", 101)


def test_giving_up_one_request_takes_back_no_other_mark() -> None:
    """Voter 301 has got ballots at table 3; the thief gives up another request for 301, that two have granted: 301's mark
    stays."""
    place = Place().morning()
    place.serve("T3", 301)
    thief = Thief(place)
    thief.say(thief.write(e.Handover(3, 2, "T1.1"), e.Decision(check_in(1, 301).id, 301, ELECTION, 3, 1, GRANTED)))
    place.wait(1_000)
    assert place.refuses("T2", 301)
    # XX


def test_a_table_that_was_locked_gives_up_what_its_log_does_not_know() -> None:
    """Table 2 serves a voter, is locked and unlocked; its power fails between the next ask and its commit: started again it
    gives that grant up, and the voter is served."""
    place = Place().morning()
    place.serve("T2", 202)
    place.order("T2", d.Deed.LOCK)
    place.wait(1_000)
    place.order("T2", d.Deed.UNLOCK)
    place.wait(3_000)
    place.scan("T2", 102)
    place.devices["T2"].fails = True
    place.approve("T2")
    place.deliver()
    place.restart("T2")
    place.wait(5_000)
    assert not place.marked("T1", 102)
    assert not place.refuses("T1", 102)


def cost(bodies: list[e.Body]) -> int:
    """The calls that it takes to fold what the thief has written."""
    fold = ledger()
    entries = [e.Entry(THIEF, seq, "", 0, body) for seq, body in enumerate(bodies, 1)]

    def work() -> None:
        for entry in entries:
            fold.fold(entry, {THIEF: entry.seq})
            fold.touched.clear()

    return calls(work)


def aside_and_handovers(count: int) -> list[e.Body]:
    """Decisions at epochs that never were, each to be put aside; then one handover of its own book, again and again."""
    aside = [e.Decision(f"{THIEF}/1/1", 301, ELECTION, 3, 10 + n, GRANTED) for n in range(count // 2)]
    return [*aside, *(e.Handover(3, 2, "T1.1") for _ in range(count // 2))]


def test_a_handover_that_is_said_again_costs_no_look_at_all_that_waits() -> None:
    """Twice as many entries cost about twice as much to fold."""
    once, twice = cost(aside_and_handovers(400)), cost(aside_and_handovers(800))
    assert twice < 2.3 * once, (once, twice)
