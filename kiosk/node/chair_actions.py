"""Carries out what the chair has decided about books and the day, or says why it can't be done now."""

from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.chair_actions import (
    BeginIsland,
    ChairAction,
    CloseTable,
    ExcuseDevices,
    GiveBook,
    ReopenTable,
    UndoMark,
    WhyNot,
)
from kiosk.domain.situation import Situation
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.types import Now


def carry_out(action: ChairAction, books: BookKeeper, around: Situation, now: Now) -> WhyNot | None:
    """Carry out what needs nothing but the books and the log. None where it is done."""
    if not rules.may_go_on(books.seen):
        return WhyNot.NOT_NOW
    match action:
        case CloseTable():
            books.write(e.Closed(), now)
        case ReopenTable():
            books.write(e.Reopened(), now)
        case BeginIsland():
            if not around.may_island:
                return WhyNot.NOT_ALONE
            books.set_island(True, now)
        case ExcuseDevices(devices):
            excused = sorted(devices.intersection(around.excusable))
            if not excused:
                return WhyNot.NOT_AWAITED
            books.write(e.Excused(tuple(excused)), now)
            books.seen.member.excuse(excused)
        case GiveBook(book, to):
            return None if books.give(book, to, now) else WhyNot.NOT_HERE
        case UndoMark(voter, target, handed_out):
            return None if books.ask_undo(voter, target, handed_out, now) else WhyNot.MARK_CHANGED
        case _:
            return WhyNot.NOT_NOW
    return None
