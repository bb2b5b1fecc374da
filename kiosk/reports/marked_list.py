"""The marked voter list on paper, as PDF: for each voter and election the time of the mark, or an empty box."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import TypeVar

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from kiosk.domain.chain import LogEnd
from kiosk.domain.eligibility import Mark
from kiosk.domain.reports import MarkedList, Order
from kiosk.domain.texts import ZONE, day, text
from kiosk.domain.voters import Voter
from kiosk.plan.config import Plan
from kiosk.plan.paper import load_fonts

T = TypeVar("T")

_WIDTH, _HEIGHT = A4
_LEFT, _RIGHT = 14 * mm, _WIDTH - 14 * mm
_NAME, _BORN, _MARKS = _LEFT + 16 * mm, _LEFT + 88 * mm, _LEFT + 110 * mm
_TOP, _ROW, _ROWS = _HEIGHT - 32 * mm, 4.8 * mm, 51
_SIZE, _SMALLEST = 9.0, 6.0  # points
_BOX = 2.8 * mm

# Danish order: æ, ø and å come last, and aa is å; the other accents make no difference to where a name stands.
_ALPHABET = str.maketrans("æäøöåüéèêëáàâçñ", "{{||}yeeeeaaacn")


def marked_list(
    plan: Plan,
    wanted: MarkedList,
    voters: Iterable[Voter],
    marks: Callable[[int], Iterable[Mark]],
    heads: Mapping[str, LogEnd],
    at: datetime,
    drawn: Callable[[int, int], None],
) -> tuple[bytes, int]:
    """The PDF and its number of pages. `marks`: a voter's; `heads`: how far the logs go that they rest on, by run; `at`: now.

    `drawn` is told of each page: its number, and how many there are.
    """
    books: dict[int, list[Voter]] = {table.number: [] for table in plan.tables}
    for voter in voters:
        books.setdefault(voter.book, []).append(voter)
    lines = [f"{run}:{head.seq}:{head.hash}" for run, head in sorted(heads.items())] or ["–"]
    paper = _Paper(plan, wanted, at, lines, sum(len(_pages(rows)) for rows in books.values()) + len(_pages(lines)), drawn)
    for book, of_book in sorted(books.items()):
        of_book.sort(key=_by_name if wanted.order is Order.NAME else _by_number)
        for page in _pages(of_book):
            paper.page_of(book, page, marks)
    for lines_of_page in _pages(lines):
        paper.page_of_heads(lines_of_page)
    return paper.end(), paper.pages


class _Paper:
    """The pages, drawn one after another."""

    def __init__(
        self,
        plan: Plan,
        wanted: MarkedList,
        at: datetime,
        heads: Sequence[str],
        pages: int,
        drawn: Callable[[int, int], None],
    ) -> None:
        load_fonts()
        self.pages, self._page = pages, 0
        self._plan, self._language, self._order, self._drawn = plan, wanted.language, wanted.order, drawn
        self._data = BytesIO()
        self._canvas = Canvas(self._data, pagesize=A4)
        self._canvas.setTitle(f"{self._say('paper_title')}, {plan.place.name}")
        self._column = (_RIGHT - _MARKS) / len(plan.ballots)
        self._elections = plan.ballots
        self._marked: Counter[str] = Counter()
        digest = hashlib.sha256("\n".join(heads).encode()).hexdigest()
        as_of = self._say("paper_as_of", day(at.date(), self._language), f"{at:%H.%M}")
        self._foot = f"{as_of} · {self._say('paper_copy', wanted.copy)} · {self._say('paper_digest', digest[:16])}"

    def page_of(self, book: int, voters: Sequence[Voter], marks: Callable[[int], Iterable[Mark]]) -> None:
        """A page of a table's list."""
        self._begin(self._say("node_table", book))
        self._canvas.setFont("Bold", _SIZE)
        for left, key in ((_LEFT, "paper_number"), (_NAME, "paper_name"), (_BORN, "paper_born")):
            self._canvas.drawString(left, _TOP + 2 * mm, self._say(key))
        for number, election in enumerate(self._elections):
            left = _MARKS + number * self._column
            self._write(election.called(self._language), left, _TOP + 2 * mm, self._column, "Bold")
        for row, voter in enumerate(voters, 1):
            self._voter(voter, tuple(marks(voter.number)), _TOP - row * _ROW)
        self._finish()

    def page_of_heads(self, heads: Sequence[str]) -> None:
        """A page at the end: how many are marked, and the ends of the logs that this rests on."""
        counts = [f"{election.called(self._language)} {self._marked[election.id]}" for election in self._elections]
        self._begin(f"{self._say('paper_marked')}: {', '.join(counts)}")
        self._write(self._say("paper_heads"), _LEFT, _TOP + 2 * mm, _RIGHT - _LEFT, "Regular")
        for row, head in enumerate(heads, 1):
            self._write(head, _LEFT, _TOP - row * _ROW, _RIGHT - _LEFT, "Mono")
        self._finish()

    def end(self) -> bytes:
        """The whole document."""
        self._canvas.save()
        return self._data.getvalue()

    def _say(self, key: str, *fields: object) -> str:
        return text(key, self._language, *fields)

    def _begin(self, heading: str) -> None:
        """What stands over each page: the place, the day, and that it is an exercise."""
        top = _HEIGHT - 14 * mm
        training = f"{self._say('training')} · " if self._plan.place.training else ""
        about = f"{training}{self._plan.place.name} · {self._plan.day.name}, {day(self._plan.day.date, self._language)}"
        self._write(f"{self._say('paper_title')} · {heading}", _LEFT, top - 4 * mm, _RIGHT - _LEFT, "Bold", 15)
        self._write(about, _LEFT, top - 9 * mm, _RIGHT - _LEFT, "Bold" if training else "Regular")
        self._canvas.setLineWidth(1)
        self._canvas.line(_LEFT, _TOP, _RIGHT, _TOP)

    def _finish(self) -> None:
        self._page += 1
        self._canvas.setFont("Regular", 8)
        self._canvas.drawString(_LEFT, 11 * mm, self._foot)
        self._canvas.drawRightString(_RIGHT, 11 * mm, self._say("sheet_page", self._page, self.pages))
        self._canvas.drawString(_LEFT, 7.5 * mm, self._say("paper_sealed"))
        self._canvas.showPage()
        self._drawn(self._page, self.pages)

    def _voter(self, voter: Voter, marks: Sequence[Mark], bottom: float) -> None:
        canvas, base = self._canvas, bottom + 1.3 * mm
        canvas.setLineWidth(0.3)
        canvas.line(_LEFT, bottom, _RIGHT, bottom)
        canvas.setFont("Regular", _SIZE)
        canvas.drawString(_LEFT, base, str(voter.number))
        canvas.drawString(_BORN, base, f"{voter.born:%d-%m-%Y}")
        name = _surname_first(voter.name) if self._order is Order.NAME else voter.name
        ends = self._write(name, _NAME, base, _BORN - _NAME - 2 * mm, "Regular")
        if voter.struck is not None:
            canvas.line(_NAME, base + 1 * mm, ends, base + 1 * mm)
        for number, election in enumerate(self._elections):
            said = self._mark(voter, marks, election.id)
            if said:
                self._write(said, _MARKS + number * self._column, base, self._column - 1 * mm, "Bold" if marks else "Regular")
            else:
                canvas.setLineWidth(0.7)
                canvas.rect(_MARKS + number * self._column, bottom + 1 * mm, _BOX, _BOX)

    def _mark(self, voter: Voter, marks: Sequence[Mark], election: str) -> str:
        """What stands for a voter and an election; "" for an empty box."""
        said = [self._at(voter, mark) for mark in marks if election in mark.elections]
        self._marked[election] += bool(said)
        if election in voter.postal:
            said.append(self._say("paper_postal"))
        if said:
            return " + ".join(said)
        if voter.struck is not None:
            return self._say(f"paper_{voter.struck}")
        return "" if election in voter.elections else "–"

    def _at(self, voter: Voter, mark: Mark) -> str:
        said = f"{datetime.fromtimestamp(mark.time_ms / 1000, ZONE):%H.%M}"
        if mark.found:
            said = self._say("paper_card", said)
        if mark.table == voter.book:
            return said
        where = self._say("within_table", mark.table) if mark.table else self._say("within_secretary")
        return f"{said} {where}"

    def _write(self, words: str, left: float, base: float, width: float, font: str, size: float = _SIZE) -> float:
        """Write words on one line, in smaller letters and in the end cut off where there is no room; return where they end."""
        whole = pdfmetrics.stringWidth(words, font, size)
        if whole > width:
            size = max(_SMALLEST, size * width / whole)
            while pdfmetrics.stringWidth(words, font, size) > width + 0.01:
                words = f"{words[:-2]}…"
        self._canvas.setFont(font, size)
        self._canvas.drawString(left, base, words)
        return left + pdfmetrics.stringWidth(words, font, size)


def _pages(rows: Sequence[T]) -> list[Sequence[T]]:
    return [rows[at : at + _ROWS] for at in range(0, len(rows), _ROWS)]


def _by_number(voter: Voter) -> int:
    return voter.number


def _by_name(voter: Voter) -> tuple[list[str], int]:
    words = _surname_first(voter.name).casefold().replace("aa", "å").translate(_ALPHABET).replace(",", " ").replace("-", " ")
    return words.split(), voter.number


def _surname_first(name: str) -> str:
    """ "Nielsen, Anne Lund" for "Anne Lund Nielsen". A name with a comma is written so already."""
    first, _, last = name.rpartition(" ")
    return name if "," in name or not first else f"{last}, {first}"
