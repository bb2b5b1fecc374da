"""What the chair has decided about books and the day, carried out. What may not be done now is not."""

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.words import Now


def carry_out(decided: d.Perform, books: BookKeeper, now: Now) -> None:
    """Carry out a deed that needs nothing but the books and the log."""
    if not rules.may_go_on(books.seen):
        return
    match decided.deed:
        case d.Deed.CLOSE_TABLE:
            books.write(e.Closed(), now)
        case d.Deed.REOPEN_TABLE:
            books.write(e.Reopened(), now)
        case d.Deed.UNDO if decided.voter is not None:
            books.ask_undo(decided.voter, decided.target, decided.handed_out, now)
        case d.Deed.GIVE if decided.book is not None:
            books.give(decided.book, decided.to, now)
        case _:
            pass
