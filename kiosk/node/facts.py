"""What is looked up for the page that is shown: each query of `kiosk/domain/facts.py`, and its answer."""

from dataclasses import replace

from kiosk.domain.facts import Facts, MarksOf, Query
from kiosk.node.book_keeper import BookKeeper


def looked_up(facts: Facts, query: Query | None, books: BookKeeper) -> Facts:
    """The facts with the answer to one query, and without that to the last."""
    if not isinstance(query, MarksOf):
        return replace(facts, marks=(), served=False)
    marks = tuple(books.undoable(query.voter))
    return replace(facts, marks=marks, served=bool(marks) and books.is_served(query.voter))
