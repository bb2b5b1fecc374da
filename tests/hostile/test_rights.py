"""What a stolen device may say, and what it may not: it signs what no honest device would, about others' voters and requests.

Table 3's device, which holds book 3 only, is in a thief's hands. Voter 101 of book 1 has been served at table 1.
"""

import sys
from collections.abc import Callable

import msgspec
import pytest
from test_meanings import THIEF, Thief

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain.books import Books
from kiosk.domain.chain import Refusal
from kiosk.domain.eligibility import Mark
from kiosk.domain.ledger import Ledger
from kiosk.domain.messages import Ask
from kiosk.domain.rights import Basis
from tests import made_up
from tests.stories.place import Place

ELECTION = ("byraad",)
GRANTED, REFUSED = e.Outcome.GRANTED, e.Outcome.REFUSED


@pytest.fixture
def place() -> Place:
    """A place whose poll is open; voter 101 has been served at table 1."""
    place = Place().morning()
    place.serve("T1", 101)
    return place


@pytest.fixture
def thief(place: Place) -> Thief:
    """Table 3's device, stolen."""
    return Thief(place)


def served(place: Place) -> str:
    """The request by which voter 101 was served."""
    (made,) = place.bodies("T1", e.Request)
    assert isinstance(made, e.Request)
    return made.id


def undo(target: str, voter: int = 101, book: int = 1, number: int = 1) -> e.Request:
    return e.Request(
        f"{THIEF}/1/{number}", e.Op.UNDO, voter, book, ELECTION, 3, target=target, register=1, handed_out=True
    )  # fmt: skip


def decision(request: str, voter: int = 101, book: int = 1, outcome: e.Outcome = GRANTED, target: str = "") -> e.Decision:
    return e.Decision(request, voter, ELECTION, book, 1, outcome, target=target)


def stands(place: Place) -> None:
    """Voter 101's mark stands everywhere, and is the only one; after a restart, too."""
    place.wait(2_000)
    assert place.refuses("T1", 101)
    assert place.refuses("T2", 101)
    assert place.conflicts() == {}
    for _ in range(2):
        for name in ("S", "T1", "T2"):
            assert [mark.table for mark in place.core(name).ledger.marks(101)] == [1], name
            assert place.core(name).ledger.totals().issued == {"byraad": 1}
        place.crash("S", "T1", "T2")
        place.restart("S", "T1", "T2")


UNDOING: dict[str, Callable[[str], tuple[e.Body, ...]]] = {
    "its own book's decision on another's request": lambda id_: (decision(id_, book=3, outcome=REFUSED),),
    "a decision on another's request": lambda id_: (decision(id_, outcome=REFUSED),),
    "an undo that it grants itself, of another voter": lambda id_: (
        undo(id_, voter=301, book=3),
        decision(f"{THIEF}/1/1", voter=301, book=3, target=id_),
    ),
    "an undo that it grants itself": lambda id_: (undo(id_), decision(f"{THIEF}/1/1", target=id_)),
    "an undo of the holder": lambda id_: (undo(id_),),
    "an undo in the book that it says": lambda id_: (undo(id_, book=3), decision(f"{THIEF}/1/1", book=3, target=id_)),
    "a withdrawal of another's request": lambda id_: (e.Withdrawn(id_),),
    "a seal that says that table 1 is off, and an undo": lambda id_: (e.Seal(1, 2, 1, {"T1.1": 99}), undo(id_)),
}


@pytest.mark.parametrize("attack", UNDOING.values(), ids=UNDOING)
def test_nobody_takes_anothers_mark_back(place: Place, thief: Thief, attack: Callable[[str], tuple[e.Body, ...]]) -> None:
    """Whatever it signs about table 1's request: the voter is refused everywhere."""
    thief.say(thief.write(*attack(served(place))))
    stands(place)


def test_an_undo_under_the_id_of_a_check_in_stops_nobody(place: Place, thief: Thief) -> None:
    """The second request of one id is nothing, though it is an undo of a mark made by who reads it."""
    check_in = e.Request(f"{THIEF}/1/1", e.Op.CHECK_IN, 301, 3, ELECTION, 3)
    thief.say(thief.write(check_in, decision(check_in.id, voter=301, book=3), undo(served(place))))
    stands(place)


def test_an_ask_is_a_check_in_and_nothing_else(place: Place, thief: Thief) -> None:
    """An undo that comes as an ask, to the book's holder and to the register's, is not even decided on."""
    thief.say(Ask(undo(served(place))))
    assert place.decided("T1") == ["granted"]
    stands(place)


def test_an_ask_for_another_tables_voter_in_anothers_name_is_nothing(place: Place, thief: Thief) -> None:
    """Of another's request, for a table that is not its own, or in another book than the list says."""
    good = e.Request(f"{THIEF}/1/1", e.Op.CHECK_IN, 102, 1, ELECTION, 3)
    for bad in ({"id": "T2.1/1/1"}, {"table": 2}, {"book": 2}, {"voter": 9_999}, {"elections": ("region",)}, {"elections": ()}):
        thief.say(Ask(msgspec.structs.replace(good, **bad)))
    assert place.decided("T1") == ["granted"]
    thief.say(Ask(good))
    assert place.decided("T1") == ["granted", "granted"]


def asked_at_table_2(place: Place) -> str:
    """Table 2 asks for voter 102 of book 1, whose holder it does not reach: the request's id."""
    place.hold("T1", "T2")
    place.hold("T1", "S")
    place.ask("T2", 102)
    place.say_the_rest("T2")
    made = place.bodies("T2", e.Request)[-1]
    assert isinstance(made, e.Request)
    return made.id


@pytest.mark.parametrize("outcome", [GRANTED, REFUSED])
@pytest.mark.parametrize("book", [1, 3])
def test_nobody_decides_in_anothers_book(place: Place, thief: Thief, outcome: e.Outcome, book: int) -> None:
    """While the holder is silent the thief grants, or refuses, table 2's request: table 2 shows neither, and waits."""
    thief.say(thief.write(decision(asked_at_table_2(place), 102, book, outcome)))
    place.wait(1_000)
    assert place.shown("T2") == "Waiting"
    assert not place.marked("T2", 102)
    place.heal()
    place.wait(3_000)
    assert place.shown("T2") == "Green"


@pytest.mark.parametrize(
    "void",
    [
        e.Decision("T2.1/2/1", 102, ELECTION, 1, 7, REFUSED),
        e.Decision("T2.1/2/1", 102, ELECTION, 1, 1, REFUSED),
        e.Decision("T2.1/2/1", 301, ELECTION, 3, 1, GRANTED),
        e.Decision("T2.1/2/1", 301, ELECTION, 3, 1, REFUSED),
    ],
    ids=["of an epoch that is not there", "of a book that is not its own", "a grant of its own voter", "a refusal of its own"],
)
def test_what_was_decided_beforehand_hides_nothing(place: Place, thief: Thief, void: e.Decision) -> None:
    """Decisions on table 2's next request, before it is made: its voter is served all the same, and nobody else is marked."""
    start = place.core("T2").books.last_start
    ids = [f"T2.1/{start}/{number}" for number in range(1, 4)]
    thief.say(thief.write(*(msgspec.structs.replace(void, request=id_) for id_ in ids)))
    place.serve("T2", 102)
    assert not place.marked("S", 104)
    assert {voter for told in place.conflicts().values() for voter, _ in told} <= {301}, "a voter of its own book"


def test_the_heir_decides_what_the_thief_has_decided_otherwise(place: Place, thief: Thief) -> None:
    """The thief, which holds book 3, answers table 2's request for a voter of it with a decision about another: once its book
    is taken, the heir decides, and the voter is served."""
    place.ask("T2", 301)
    place.say_the_rest("T2")
    made = place.bodies("T2", e.Request)[-1]
    assert isinstance(made, e.Request)
    thief.say(thief.write(decision(made.id, 302, 3)))
    place.wait(1_000)
    assert place.shown("T2") == "Waiting"
    place.take_over(3, "T3", "T1")
    assert place.shown("T2") == "Green"


def test_no_mark_stands_in_an_honest_tables_name(place: Place, thief: Thief) -> None:
    """A grant for a request of table 2's that does not exist, a card found at table 2 that nobody attested: nobody is marked.
    A card found after an attestation of its own is named after the thief."""
    thief.say(thief.write(decision("T2.1/1/77", 103, 1), e.Issued("T2.1/1/77"), e.Rescanned(104, "T2.1")))
    place.wait(1_000)
    assert not place.marked("S", 103)
    assert not place.marked("S", 104)
    place.serve("T2", 103)
    thief.say(thief.write(e.Seal(2, 2, 1, {"T2.1": 9}), e.Rescanned(104, "T2.1")))
    assert not place.marked("S", 104)
    thief.say(thief.write(e.Start(("T2.1",)), e.Rescanned(104, "T2.1")))
    assert [(mark.table, mark.found) for mark in place.core("S").ledger.marks(104)] == [(3, True)]
    assert place.ask_undo("S", 104)
    place.wait(1_000)
    place.serve("T2", 104)


def test_a_green_on_the_screen_can_not_be_undone(place: Place, thief: Thief) -> None:
    """The thief seals table 2's book, so that table 2 would be off: its green stands on the screen, and no undo is offered."""
    place.ask("T2", 102)
    place.deliver()
    place.say_the_rest("T2")
    assert place.shown("T2") == "Green"
    thief.say(thief.write(e.Seal(2, 2, 1, {"T2.1": 99}), e.Seal(3, 2, 1, {"T2.1": 99})))
    place.wait(1_000)
    assert not place.ask_undo("S", 102)


@pytest.mark.parametrize("to", ["T9.1", THIEF, "T3.9"])
def test_a_book_goes_to_another_disk_of_the_place_only(place: Place, thief: Thief, to: str) -> None:
    """The thief hands its book to a disk that there is not, or to itself: it stays with it, and can be taken."""
    thief.say(thief.write(e.Handover(3, 2, to)))
    place.wait(1_000)
    assert place.holders(3) == {THIEF}
    place.take_over(3, "T3", "T2")
    assert place.holders(3) == {"T2.1"}


def test_a_table_that_asks_for_too_many_voters_is_named(place: Place, thief: Thief) -> None:
    """More voters than a clerk can serve: each is marked as at its table, and the others show the alarm with its name."""
    for number in range(limits.PACE_VOTERS):
        thief.say(Ask(e.Request(f"{THIEF}/1/{number + 1}", e.Op.CHECK_IN, 102 + number % 7, 1, ELECTION, 3)))
    assert [(refused.sender, refused.why) for refused in place.core("T1").books.refused] == [(THIEF, Refusal.PACE)]


# --- what it costs ---------------------------------------------------------------------------------------------------


def ledger() -> Ledger:
    """The fold of nothing, at table 1."""
    place = made_up.MadeUp(3, ELECTION, spares=1)
    return Ledger(Books("T1.1", Basis(place.opening, "T1", place.origins, ELECTION, lambda voter: voter // 100)))


def cost(bodies: list[e.Body]) -> int:
    """How many calls it takes to fold the thief's entries, and to read after every hundred what a node reads in each turn."""
    fold, calls = ledger(), 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    entries = [e.Entry(THIEF, seq, "", 0, body) for seq, body in enumerate(bodies, 1)]
    sys.setprofile(count)
    try:
        for entry in entries:
            fold.fold(entry, {THIEF: entry.seq})
            if entry.seq % 100 == 0:
                fold.touched.clear()
                assert fold.books.holder(1)
                assert len([*fold.marks(101)]) < 2
                assert fold.conflicts() is not None
                assert fold.poll_open is False
    finally:
        sys.setprofile(None)
    return calls


FLOODS: dict[str, Callable[[int], e.Body]] = {
    "handovers to itself": lambda n: e.Handover(3, n + 1, THIEF),
    "handovers to others": lambda n: e.Handover(3, n + 1, ("T1.1", "T2.1")[n % 2]),
    "handovers of one epoch": lambda _n: e.Handover(3, 2, "T1.1"),
    "handovers of others' books": lambda n: e.Handover(1, n + 1, "T2.1"),
    "seals": lambda n: e.Seal(1, 2, n, {"T1.1": n}),
    "seals of one epoch": lambda _n: e.Seal(1, 2, 1, {"T1.1": 1}),
    "seizures": lambda n: e.Seize(1, 2, 1, n, "T2.1", 1, {}),
    "decisions in its book": lambda n: e.Decision(f"T1.1/1/{n}", 301, ELECTION, 3, 1, GRANTED),
    "decisions on one request": lambda n: e.Decision("T1.1/1/1", 301, ELECTION, 3, n, GRANTED),
    "decisions in others' books": lambda n: e.Decision(f"T1.1/1/{n}", 101, ELECTION, 1, 1, GRANTED),
    "requests for one voter": lambda n: e.Request(f"{THIEF}/1/{n}", e.Op.CHECK_IN, 101, 1, ELECTION, 3),
    "undos": lambda n: undo("T1.1/1/1", number=n),
    "marks of one voter": lambda n: (
        e.Request(f"{THIEF}/1/{n // 2 + 1}", e.Op.CHECK_IN, 101, 1, ELECTION, 3),
        e.Issued(f"{THIEF}/1/{n // 2 + 1}"),
    )[n % 2],
    "marks that it gives up": lambda n: (
        e.Request(f"{THIEF}/1/{n // 3 + 1}", e.Op.CHECK_IN, 301, 3, ELECTION, 3),
        e.Decision(f"{THIEF}/1/{n // 3 + 1}", 301, ELECTION, 3, 1, GRANTED),
        e.Withdrawn(f"{THIEF}/1/{n // 3 + 1}"),
    )[n % 3],
    "cards found": lambda n: e.Start(("T2.1",)) if n == 0 else e.Rescanned(101, "T2.1"),
    "referrals": lambda _n: e.Referred(101),
    "openings": lambda n: e.Open(n),
}  # fmt: skip


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_folding_is_linear(flood: Callable[[int], e.Body]) -> None:
    """Twice as many entries cost at most about twice as much, whatever they are, and each no more than a hundred calls."""
    once, twice = (cost([flood(n) for n in range(count)]) for count in (1_000, 2_000))
    assert twice < 2.3 * once
    assert twice < 2_000 * 100


def test_what_others_may_not_is_named_by_its_author() -> None:
    """The same device can mark any voter as at its own table: the mark says so, and can be undone."""
    fold = ledger()
    fold.fold(e.Entry(THIEF, 1, "", 0, e.Request(f"{THIEF}/1/1", e.Op.CHECK_IN, 101, 1, ELECTION, 3)), {THIEF: 1})
    fold.fold(e.Entry(THIEF, 2, "", 0, e.Issued(f"{THIEF}/1/1")), {THIEF: 2})
    assert [*fold.marks(101)] == [Mark(ELECTION, 3, 0)]
