"""How often each rule of the protocol said no.

A rule is polled many times for one and the same thing, so what is counted is steps: in how many of them it said so at least
once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kiosk.domain import rules
from kiosk.domain.books import Books
from tests.simulation.oracle import Counts

NO = (
    "t_no_twin",
    "f_may_ask",
    "d2_member",
    "d4_decidable",
    "d4_grants",
    "d4_undo",
    "g1_own",
    "g2_counts",
    "g3_two_disks",
    "may_stop",
    "may_view",
    "acknowledges",
)


@contextmanager
def counted(counts: Counts) -> Iterator[None]:
    """The rules count what they say."""
    old = {name: getattr(rules, name) for name in (*NO, "d1_holds")}
    for name in NO:
        setattr(rules, name, _counting(old[name], f"{name} no", counts))
    rules.d1_holds = _counting_holders(old["d1_holds"], counts)
    try:
        yield
    finally:
        for name, rule in old.items():
            setattr(rules, name, rule)


def _counting(rule: Callable[..., Any], words: str, counts: Counts) -> Callable[..., Any]:
    def asked(*given: Any) -> Any:
        said = rule(*given)
        if not said:
            counts.in_step.add(words)
        return said

    return asked


def _counting_holders(rule: Callable[..., bool], counts: Counts) -> Callable[..., bool]:
    """D1 is asked about every book; its no tells something where the run holds the book, or has held it."""

    def asked(books: Books, me: str, book: int) -> bool:
        said = rule(books, me, book)
        if not said and any(holding.holder.name == me for holding in books.chain(book).holdings.values()):
            counts.in_step.add("d1_holds no")
        return said

    return asked
