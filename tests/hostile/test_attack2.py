"""Faults found by a second attacker; each test says in one line what is right. Red where it is not so."""

from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest
from test_attack1 import calls
from test_meanings import THIEF, Thief
from test_rights import ledger

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import office
from kiosk.domain import screens as s
from kiosk.domain.messages import Ask
from kiosk.domain.view import screen
from kiosk.node import Heard, Node
from kiosk.sync.messages import MessageError, encode, read_batch
from tests import made_up
from tests.stories.place import Place, batch_of

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


def test_a_page_of_marks_is_bounded_in_the_largest_place() -> None:
    """A hundred tables, two elections: the thief marks voter 101 for either, for both, and for both the other way round, a
    hundred times each, and as found at every disk: the display can still read the page on which the secretary undoes it."""
    both = ("byraad", "region")
    large = made_up.MadeUp(limits.TABLES, both, spares=limits.SPARES)
    node = Node(large.setup("S.1"), lambda n: made_up.voter(n, n // 100, both), lambda _pin: True, made_up.keys("S.1"))
    others = sorted(large.origins - {THIEF})
    bodies: list[e.Body] = [e.Start(tuple(others)), *(e.Rescanned(101, other) for other in others)]
    ways = (both, both[::-1], both[:1], both[1:])
    for number in range(1, len(ways) * limits.LISTED + 1):
        made = msgspec.structs.replace(check_in(number, 101), elections=ways[number % len(ways)])
        bodies += [made, e.Issued(made.id)]
    for seq, body in enumerate(bodies, 1):
        node.ledger.fold(e.Entry(THIEF, seq, "", made_up.MORNING_MS, body), {THIEF: seq})
    node.books.seen.joined = node.books.seen.fresh.reached = True
    view = large.setup("S.1").view
    view = replace(view, situation=replace(view.situation, marks=tuple(node.books.undoable(101))))
    assert len(s.encode(screen(1, d.Office(office.Marks(101)), view))) < limits.MESSAGE_BYTES


def readable(place: Place, name: str) -> bool:
    """Whether all that a node has written of its own log can be given to others: a batch ends at a signature."""
    device = place.devices[name]
    rows = [row for row in device.disk if row.origin == device.origin]
    ends = [0, *(at for at, row in enumerate(rows, 1) if row.signature is not None)]
    batches = [batch_of(rows[first:last]) for first, last in pairwise(ends)]
    try:
        return all(read_batch(encode(batch)) for batch in batches)
    except MessageError:
        return False


def test_who_takes_a_book_decides_on_no_more_at_once_than_others_can_read() -> None:
    """The thief leaves five thousand requests in its own book, which is then taken for table 1: table 1 is still understood."""
    place = Place().morning()
    thief = Thief(place)
    for first in range(1, 5_001, 1_000):
        thief.say(thief.write(*(check_in(number, 301 + number % 7) for number in range(first, first + 1_000))))
    place.take_over(3, "T3", "T1")
    assert place.holders(3) == {"T1.1"}
    assert readable(place, "T1")


def test_a_holder_decides_on_no_more_in_a_turn_than_others_can_read() -> None:
    """The thief's largest batch, all requests in table 1's book, and another's ask come in one turn: table 1 is understood."""
    place = Place().morning()
    thief = Thief(place)
    batch = thief.write(*(check_in(number, 101 + number % 7) for number in range(1, limits.BATCH_ENTRIES + 1)))
    assert read_batch(encode(batch))
    ask = Ask(e.Request("T2.1/1/1", e.Op.CHECK_IN, 108, 1, ELECTION, 2))
    place._put("T1", Heard(THIEF, batch), Heard("T2.1", ask))
    place.wait(1_000)
    assert readable(place, "T1")


def test_a_release_is_no_longer_than_others_can_read() -> None:
    """The thief refers voter 104 fifty thousand times, and the chair releases the voter at table 2: table 2 is understood."""
    place = Place().morning()
    thief = Thief(place)
    for _ in range(50):
        thief.say(thief.write(*(e.Referred(104) for _ in range(1_000))))
    place.wait(1_000)
    place.scan("T2", 104)
    place.order("T2", d.Deed.RELEASE_VOTER)
    place.wait(1_000)
    assert place.bodies("T2", e.Released)
    assert readable(place, "T2")


def test_a_card_that_the_secretary_has_scanned_rests_on_no_other_word() -> None:
    """Table 2 has failed, and 202's card is in its pile. The thief says so, too, as of every voter there; the secretary scans
    the card, and has the thief's marks undone: 202 stays marked by the scan."""
    place = Place().morning()
    place.crash("T2")
    thief = Thief(place)
    thief.say(thief.write(e.Start(("T2.1",)), e.Rescanned(202, "T2.1"), e.Rescanned(203, "T2.1")))
    place.wait(1_000)
    place.seal(2, "T2", "T3")
    place.wait(2_000)
    place.scan_again("S", 202, "T2")
    place.seize(2, "T1")
    place.wait(3_000)
    for voter in (202, 203):
        marks = place.core("S").books.undoable(voter)
        lie = next(at for at, mark in enumerate(marks, 1) if mark.target.startswith(THIEF))
        assert place.chair("S").marks(voter)
        place.chair("S").undo(lie)
        place.wait(2_000)
    assert not place.refuses("T1", 203)
    assert place.refuses("T1", 202)
