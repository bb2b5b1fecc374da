"""A voter's marks, of which one may be chosen to be undone."""

from dataclasses import dataclass
from typing import ClassVar

from kiosk.domain import screens as s
from kiosk.domain.chair_actions import UndoMark
from kiosk.domain.facts import Facts, MarksOf
from kiosk.domain.pages import find_mark, overview
from kiosk.domain.pages.page import Lead, Offer, Offers, Page, Says, back, items, paragraph, rows
from kiosk.domain.situation import Undoable
from kiosk.domain.view_context import ViewContext, capital


@dataclass(frozen=True, slots=True)
class Marks(Page):
    """`name` is missing for a number that is not on the list."""

    voter: int
    name: str = ""
    forgets: ClassVar = True

    def query(self) -> MarksOf:
        return MarksOf(self.voter)

    def meant(self, facts: Facts) -> object:
        return facts.marks

    def offers(self, facts: Facts) -> Offers:
        each = (
            Offer(f"pick {at}", _says(mark), UndoMark(self.voter, mark.target, mark.issued))
            for at, mark in enumerate(facts.marks, 1)
        )
        return Offers(back(overview.Overview()), within=tuple(each))

    def drawn(self, offers: Offers, view: ViewContext) -> s.Sheet:
        marks = view.facts.marks
        whose = f"{view.say('number', view.number(self.voter))}   {self.name}".strip()
        none = view.say("marks_none_text" if self.name else "marks_unlisted")
        return self.sheet(
            view.say("marks" if marks else "marks_none"),
            paragraph(whose if marks else f"{whose}. {none}"),
            rows(_row(mark, view) for mark in marks),
            items(offers.within, view),
        )

    def scanned(self, voter: int | None, name: str, _facts: Facts) -> Lead:
        return find_mark.found(voter, name)

    def changed(self, facts: Facts) -> Page:
        return self if facts.situation.may_undo else overview.Overview()


def _says(mark: Undoable) -> Says:
    key = "mark_found" if mark.found else "mark_at"
    return lambda view: capital(view.say(key, view.within(mark.table), view.clock(mark.time_ms)))


def _row(mark: Undoable, view: ViewContext) -> s.Line:
    """Table, time and elections of a mark, and whether ballots were handed out."""
    elections = view.listed([ballot.election for ballot in view.to_hand_out(mark.elections)])
    kind = "found" if mark.found else "issued" if mark.issued else "not_issued"
    words = view.say(f"mark_told_{kind}", view.clock(mark.time_ms), elections)
    return s.Line(capital(view.within(mark.table)), words, s.Tone.WAIT, wide=True)
