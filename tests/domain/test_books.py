"""Stories of the protocol's rules, each by itself: who decides, what is granted, and what must hold before green."""

from itertools import product

import pytest
from domain_facts import BOTH, EVERYTHING, ONE

from kiosk.domain import books
from kiosk.domain import entries as e
from kiosk.domain.books import Holding
from kiosk.domain.eligibility import Bar, Barred
from kiosk.domain.ledger import Case, Ledger

HOLDINGS = {0: Holding("T1.1"), 1: Holding("T1.1"), 2: Holding("T2.1", epoch=3)}
GRANTED, REFUSED, UNDONE = e.Outcome.GRANTED, e.Outcome.REFUSED, e.Outcome.UNDONE


def request(id_: str = "T1.1/1/1", elections: tuple[str, ...] = BOTH, voter: int = 7) -> e.Request:
    return e.Request(id_, "check_in", voter, 1, elections, 1, e.How.SPOKEN, e.Source.CARD)


def decision(outcome: e.Outcome = GRANTED, id_: str = "T1.1/1/1", book: int = 1, epoch: int = 1) -> e.Decision:
    return e.Decision(id_, book, epoch, outcome)


def case(
    made: e.Request | None = None, outcome: e.Outcome | None = None, issued: bool = False, withdrawn: bool = False
) -> Case:
    return Case(made, 0, None if outcome is None else (decision(outcome), "T1.1"), issued, withdrawn)


def test_d1_only_the_holder_decides() -> None:
    """A book has one holder; nobody else holds it, and a book that nobody knows is held by none."""
    assert [number for number in range(4) if books.d1_holds(HOLDINGS, "T1.1", number)] == [0, 1]
    assert [number for number in range(4) if books.d1_holds(HOLDINGS, "T2.1", number)] == [2]
    assert not any(books.d1_holds(HOLDINGS, origin, number) for origin in ("T1", "T1.2", "") for number in range(4))


def test_d2_and_g3_alone_in_the_place() -> None:
    """Alone in its place a table is fresh and an island; with others in the place it is neither by itself."""
    assert [nodes for nodes in range(1, 5) if books.d2_fresh(nodes)] == [1]
    assert [nodes for nodes in range(1, 5) if books.g3_two_disks(nodes)] == [1]


def test_d4_a_request_is_decided_once() -> None:
    """Only a request that is known, undecided, not withdrawn and not issued is decided, in all combinations."""
    for made, outcome, issued, withdrawn in product(
        (None, request()), (None, GRANTED, REFUSED, UNDONE), (False, True), (False, True)
    ):
        open_ = made is not None and outcome is None and not issued and not withdrawn
        assert books.d4_decidable(case(made, outcome, issued, withdrawn)) == open_


def test_d4_all_or_nothing() -> None:
    """A request is granted only if every ballot that it asks for may be given."""
    assert books.d4_grants(request(), EVERYTHING)
    assert books.d4_grants(request(elections=("byraad",)), EVERYTHING)
    assert books.d4_grants(request(elections=("byraad",)), ONE)
    assert not books.d4_grants(request(), ONE)
    assert not books.d4_grants(request(elections=("region",)), ONE)
    assert not any(books.d4_grants(request(), Barred(why)) for why in Bar)


def test_a_withdrawn_grant_is_taken_back_once() -> None:
    """The holder undoes a grant that was withdrawn: not one that was issued, and not twice."""
    for outcome, issued, withdrawn in product((None, GRANTED, REFUSED, UNDONE), (False, True), (False, True)):
        due = outcome is GRANTED and withdrawn and not issued
        assert books.undo_due(case(request(), outcome, issued, withdrawn)) == due


@pytest.mark.parametrize("withdrawn", [False, True])
def test_g1_withdrawn_is_never_green(withdrawn: bool) -> None:
    """A request that was given up turns green under no decision."""
    assert all(books.g1_not_withdrawn(case(request(), outcome, withdrawn=withdrawn)) is not withdrawn for outcome in e.Outcome)


def test_g2_only_the_holders_decision_counts() -> None:
    """A decision counts if its author held that book at that epoch; of another author, book or epoch it does not."""
    assert books.g2_counts(HOLDINGS, decision(), "T1.1")
    assert books.g2_counts(HOLDINGS, decision(book=2, epoch=3), "T2.1")
    wrong = [(decision(), "T2.1"), (decision(epoch=2), "T1.1"), (decision(book=2, epoch=1), "T2.1"), (decision(book=9), "T1.1")]
    assert not any(books.g2_counts(HOLDINGS, *one) for one in wrong)


OWN, OTHER = "T1.1/1/1", "T2.1/1/1"


@pytest.mark.parametrize(
    ("bodies", "free"),
    [
        ([], True),
        ([decision(GRANTED, OTHER)], False),
        ([e.Issued(OTHER)], False),
        ([decision(GRANTED, OTHER), e.Issued(OTHER)], False),
        ([decision(GRANTED, OTHER), e.Issued(OTHER), decision(UNDONE, OTHER)], True),
        ([decision(GRANTED, OTHER), e.Withdrawn(OTHER)], False),
        ([decision(GRANTED, OTHER), e.Withdrawn(OTHER), decision(UNDONE, OTHER)], True),
        ([decision(REFUSED, OTHER)], True),
        ([decision(GRANTED, OWN)], True),
    ],
)
def test_g5_no_other_mark(bodies: list[e.Body], free: bool) -> None:
    """Green waits for no other mark of the voter: granted or issued ones block, refused and undone ones and its own do not."""
    ledger = Ledger()
    for body in [request(OWN), request(OTHER), *bodies]:
        ledger.fold(e.Entry("T1.1", 1, "", 0, body))
    assert books.g5_no_other_mark(ledger, OWN, ledger.cases[OWN]) is free


def test_g5_other_elections_and_other_voters() -> None:
    """A mark for another election, or of another voter, blocks nothing."""
    ledger = Ledger()
    for body in [
        request(OWN, ("byraad",)),
        request(OTHER, ("region",)),
        decision(GRANTED, OTHER),
        request("T3.1/1/1", voter=8),
        decision(GRANTED, "T3.1/1/1"),
    ]:
        ledger.fold(e.Entry("T1.1", 1, "", 0, body))
    assert books.g5_no_other_mark(ledger, OWN, ledger.cases[OWN])
