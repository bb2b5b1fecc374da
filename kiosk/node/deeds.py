"""What the chair has decided about books and the day, carried out. What may not be done now is not."""

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.books import REGISTER
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.words import Now


def carry_out(decided: d.Perform, books: BookKeeper, table: int | None, now: Now) -> None:
    """Carry out a deed that needs nothing but the books and the log. `table` is missing for the secretary's node."""
    match decided.deed:
        case d.Deed.OPEN_POLL if books.may_decide(REGISTER):
            books.write(e.Open(books.books.chain(REGISTER).last.epoch), now)
        case d.Deed.CLOSE_TABLE if table is not None:
            books.write(e.Close(table), now)
        case d.Deed.REOPEN_TABLE if table is not None:
            books.write(e.Reopen(table), now)
        case d.Deed.ATTEST:
            attest(decided, books, now)
        case d.Deed.HAND_OVER if decided.book is not None:
            books.hand_over(decided.book, decided.to, now)
        case d.Deed.SEAL if decided.book is not None:
            books.seal(decided.book, decided.nodes, now)
        case d.Deed.SEIZE if decided.book is not None:
            seize(decided.book, decided.to, books, now)
        case _:
            pass


def seize(book: int, to: str, books: BookKeeper, now: Now) -> None:
    """Take a sealed book; how many cards the chair goes on without is written down with it."""
    sealed = books.own_seal(book)
    if sealed is not None:
        unproved = [(case.made.voter, case.origin) for case in books.unproved(sealed) if case.made is not None]
        lacking = sum(not books.ledger.is_found(voter, origin) for voter, origin in unproved)
        books.seize(book, to, now, lacking)


def attest(decided: d.Perform, books: BookKeeper, now: Now) -> None:
    """The chair attests that nodes are stopped, in a new start, and their cards have been scanned (rule D2).

    Where the node has become fresh meanwhile nothing hangs on it any more; but cards that were scanned count only after a start
    that attests it. An island stays one until it is fresh, and says so again, since a start ends island mode for whoever reads
    its log.
    """
    seen = books.seen
    if not seen.joined:
        return
    if not seen.fresh.reached or decided.cards:
        books.start(now, set(decided.nodes) - {seen.me})
        if seen.island:
            books.write(e.Island(on=True), now)
    for voter, stopped in decided.cards:
        books.found(voter, stopped, now)
    books.urgent = True
