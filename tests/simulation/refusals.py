"""How often each rule of the protocol said no, or yes where that is the rarer word.

A rule is polled many times for one and the same thing, so what is counted is steps: in how many of them it said so at least
once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kiosk.domain import rules
from kiosk.domain.books import Books
from tests.simulation.oracle import Counts

_NO = (
    "d2_fresh",
    "d3_whole_history",
    "d4_decidable",
    "d4_grants",
    "g1_not_withdrawn",
    "g2_counts",
    "g3_own_request_stored",
    "g3_two_disks",
    "g3_knows_register",
    "g4_fresh",
    "g5_no_other_mark",
    "is_answer",
)
_YES = ("is_back",)


@contextmanager
def counted(counts: Counts) -> Iterator[None]:
    """The rules count what they say."""
    old = {name: getattr(rules, name) for name in (*_NO, *_YES, "d1_holds")}
    for name in _NO:
        setattr(rules, name, _counting(old[name], f"{name} no", counts, when=False))
    for name in _YES:
        setattr(rules, name, _counting(old[name], f"{name} yes", counts, when=True))
    rules.d1_holds = _counting_holders(old["d1_holds"], counts)
    try:
        yield
    finally:
        for name, rule in old.items():
            setattr(rules, name, rule)


def _counting(rule: Callable[..., bool], words: str, counts: Counts, *, when: bool) -> Callable[..., bool]:
    def asked(*given: Any) -> bool:
        said = rule(*given)
        if bool(said) is when:
            counts.in_step.add(words)
        return said

    return asked


def _counting_holders(rule: Callable[..., bool], counts: Counts) -> Callable[..., bool]:
    """D1 is asked about every book; its no tells something where the node holds the book, or has held it."""

    def asked(books: Books, me: str, book: int) -> bool:
        said = rule(books, me, book)
        if not said and any(holding.holder == me for holding in books.chain(book).holdings):
            counts.in_step.add("d1_holds no")
        return said

    return asked
