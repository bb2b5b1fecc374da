"""Books and who holds them; the rules of the protocol, one function each. Pure.

A book is a table's part of the voter list; book 0 is the register. Every book has one holder, and only the holder decides about
its voters. At opening a table holds the book of its own number. The holder may change later (handover, seizure); this module
is the one place that knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.domain.eligibility import Barred, Eligible
from kiosk.domain.entries import Decision, Outcome, Request
from kiosk.domain.ledger import Case, Ledger

REGISTER = 0


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a book, and the epoch of that holding: 1 at opening."""

    holder: str
    epoch: int = 1


Books = Mapping[int, Holding]


def d1_holds(books: Books, origin: str, book: int) -> bool:
    """D1: by what is known, this origin holds the book at the highest epoch."""
    return book in books and books[book].holder == origin


def d2_fresh(nodes: int) -> bool:
    """D2: nothing can have happened elsewhere while this node was off. With one node in the place there is no elsewhere."""
    return nodes == 1


def d4_decidable(case: Case) -> bool:
    """D4, first half: the request is known, not decided and not withdrawn."""
    return case.made is not None and case.outcome is None and not case.withdrawn and not case.issued


def d4_grants(made: Request, may: Eligible | Barred) -> bool:
    """D4, second half: the voter may be given all these ballots by what is marked now."""
    return isinstance(may, Eligible) and set(made.elections) <= set(may.elections)


def undo_due(case: Case) -> bool:
    """Whether the holder owes a decision that takes back a grant, because its request was withdrawn."""
    return case.withdrawn and case.outcome is Outcome.GRANTED and not case.issued


def g1_not_withdrawn(case: Case) -> bool:
    """G1: the table has not given the request up."""
    return not case.withdrawn


def g2_counts(books: Books, decision: Decision, author: str) -> bool:
    """G2: the decision's author held the book at that epoch."""
    holding = books.get(decision.book)
    return holding is not None and holding.holder == author and holding.epoch == decision.epoch


def g3_two_disks(nodes: int) -> bool:
    """G3: the mark is on two disks, or the table is an island; a place with one node is an island for good."""
    return nodes == 1


def g5_no_other_mark(ledger: Ledger, request: str, case: Case) -> bool:
    """G5: no other request of this voter is a mark for any of these elections."""
    assert case.made is not None
    return not any(
        other.marks and set(other.made.elections) & set(case.made.elections)
        for id_, other in ledger.of_voter(case.made.voter)
        if id_ != request and other.made is not None
    )
