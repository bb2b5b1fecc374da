"""The paper with the chair's codes: A4 pages as PDF, five codes on each, with a bar code, the digits, and a box to cross out.

They are in the language in which the plan lets the screens begin, and hold secrets. What is drawn is drawn for a cheap scanner
and a common printer: a bar is a multiple of 1/75 inch, eight dots of 600 to the inch, and a whole bar code is under 80 mm.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from kiosk.domain.codetext import CHAIR, RESERVE, grouped
from kiosk.domain.texts import Language, day, text
from kiosk.plan.config import Plan
from kiosk.plan.paper import load_fonts

_PAGE_CODES = 5  # so far apart that a scanner can't read the neighbour's
_MODULE = 72 / 75  # points: 0.339 mm
_QUIET = 10 * _MODULE  # on both sides, as Code 128 asks; nothing else is printed within it
_BAR_HEIGHT = 17 * mm
_MARGIN = 14 * mm
_WIDTH, _HEIGHT = A4
_ROW = 36.5 * mm
_ROWS_TOP = _HEIGHT - 58 * mm
_BARS_LEFT = _MARGIN + 20 * mm
_BOX_LEFT, _BOX_WIDTH = _WIDTH - _MARGIN - 56 * mm, 56 * mm
_DIGITS_SIZE = 14.5

_SHEETS = {"chair": (CHAIR, RESERVE), "reserve": (RESERVE, CHAIR)}
"""The numbers of a sheet's codes, and those of the other sheet."""
_TO_DO = ("sheet_order", "sheet_for", "sheet_scan", "sheet_cross_out", "sheet_put_back")


def code_sheets(plan: Plan, texts: Mapping[int, str], mark: str, made: datetime) -> dict[str, bytes]:
    """The PDFs of the codes with these texts, `chair` and `reserve`; they bear a `mark`, and when they were `made`."""
    load_fonts()
    language = plan.desk.language
    of = text("sheet_of", language, mark, day(made.date(), language), f"{made:%H.%M}")
    return {name: _sheet(plan, name, of, [texts[number] for number in sheet[0]]) for name, sheet in _SHEETS.items()}


def _sheet(plan: Plan, name: str, of: str, texts: Sequence[str]) -> bytes:
    data = BytesIO()
    canvas = Canvas(data, pagesize=A4)
    language = plan.desk.language
    canvas.setTitle(f"{text(f'sheet_{name}', language)}, {plan.place.name}")
    pages = [texts[at : at + _PAGE_CODES] for at in range(0, len(texts), _PAGE_CODES)]
    for number, page in enumerate(pages, 1):
        _head(canvas, plan, name, text("sheet_page", language, number, len(pages)))
        for row, one in enumerate(page):
            _code(canvas, one, _ROWS_TOP - row * _ROW, language)
        _foot(canvas, name, language, _ROWS_TOP - _PAGE_CODES * _ROW)
        _measure(canvas, of, language)
        canvas.showPage()
    canvas.save()
    return data.getvalue()


def _head(canvas: Canvas, plan: Plan, name: str, page: str) -> None:
    """Whose sheet it is: which codes, place and day; an exercise in large letters."""
    (numbers, _), language = _SHEETS[name], plan.desk.language
    right, top = _WIDTH - _MARGIN, _HEIGHT - _MARGIN
    canvas.setFont("Bold", 22)
    canvas.drawString(_MARGIN, top - 18, f"{text(f'sheet_{name}', language)} {numbers[0]}–{numbers[-1]}")
    canvas.setFont("Regular", 9)
    canvas.drawString(_MARGIN, top - 31, text("sheet_secret", language, text(f"sheet_{name}_where", language)))
    canvas.drawRightString(right, top - 31, f"{page} · {plan.place.realm}")
    if plan.place.training:
        word, size = text("training", language), 30
        width = pdfmetrics.stringWidth(word, "Bold", size) + 24
        canvas.rect(right - width, top - 20, width, 34, fill=1)
        canvas.setFillGray(1)
        canvas.setFont("Bold", size)
        canvas.drawCentredString(right - width / 2, top - 14, word)
        canvas.setFillGray(0)
    below = _in_box(canvas, plan.place.name, "Bold", 17, top - 38, 42)
    _in_box(canvas, f"{plan.day.name}, {day(plan.day.date, language)}", "Regular", 12, below - 2, 30)
    canvas.setLineWidth(1.2)
    canvas.line(_MARGIN, _ROWS_TOP, right, _ROWS_TOP)


def _in_box(canvas: Canvas, words: str, font: str, size: float, top: float, height: float) -> float:
    """Write words over the width of the page, in smaller letters where `height` is not enough; return where they end."""
    width = _WIDTH - 2 * _MARGIN
    while True:
        lines = simpleSplit(words, font, size, width)
        fits = len(lines) * size * 1.2 <= height and all(pdfmetrics.stringWidth(li, font, size) <= width for li in lines)
        if fits or size < 5:
            break
        size -= 0.5
    canvas.setFont(font, size)
    for number, line in enumerate(lines, 1):
        canvas.drawString(_MARGIN, top - number * size * 1.2 + size * 0.2, line)
    return top - len(lines) * size * 1.2


def _code(canvas: Canvas, one: str, top: float, language: Language) -> None:
    number, *groups = grouped(one)
    canvas.setFont("Bold", 34)
    canvas.drawString(_MARGIN, top - 16 * mm, str(int(number)))
    bars = Code128(one, barWidth=_MODULE, barHeight=_BAR_HEIGHT, quiet=0, humanReadable=0)
    bars.drawOn(canvas, _BARS_LEFT + _QUIET, top - 4 * mm - _BAR_HEIGHT)
    canvas.setFont("Mono", _DIGITS_SIZE)
    half = len(groups) // 2
    for line, part in enumerate(([number, *groups[:half]], [" " * len(number), *groups[half:]]), 1):
        canvas.drawString(_BARS_LEFT + _QUIET, top - 21 * mm - line * 6 * mm, " ".join(part))
    _box(canvas, top, language)
    canvas.setLineWidth(0.4)
    canvas.line(_MARGIN, top - _ROW, _WIDTH - _MARGIN, top - _ROW)


def _box(canvas: Canvas, top: float, language: Language) -> None:
    """To cross out: used, at what time, at which table."""
    bottom, height = top - _ROW + 3 * mm, _ROW - 6 * mm
    canvas.setLineWidth(0.8)
    canvas.rect(_BOX_LEFT, bottom, _BOX_WIDTH, height)
    canvas.rect(_BOX_LEFT + 4 * mm, bottom + height - 10.5 * mm, 7 * mm, 7 * mm)
    canvas.setFont("Bold", 13)
    canvas.drawString(_BOX_LEFT + 14 * mm, bottom + height - 8.7 * mm, text("sheet_used", language))
    canvas.setFont("Regular", 12)
    canvas.setLineWidth(0.4)
    for left, key, width in ((4, "sheet_used_at", 16), (29, "sheet_used_where", 12)):
        word, at = text(key, language), _BOX_LEFT + left * mm
        canvas.drawString(at, bottom + 6 * mm, word)
        start = at + pdfmetrics.stringWidth(f"{word} ", "Regular", 12)
        canvas.line(start, bottom + 5.5 * mm, start + width * mm, bottom + 5.5 * mm)


def _foot(canvas: Canvas, name: str, language: Language, top: float) -> None:
    """What is to be done."""
    at = top - 6.5 * mm
    canvas.setFont("Bold", 11)
    canvas.drawString(_MARGIN, at, text("sheet_how", language))
    _, other = _SHEETS[name]
    last = text(f"sheet_{name}_last", language, other[0], other[-1])
    for number, words in enumerate((*(text(key, language) for key in _TO_DO), last), 1):
        for line, part in enumerate(simpleSplit(words, "Regular", 10, _WIDTH - 2 * _MARGIN - 14)):
            at -= 13.2
            canvas.setFont("Regular", 10)
            if line == 0:
                canvas.drawString(_MARGIN, at, f"{number}.")
            canvas.drawString(_MARGIN + 14, at, part)


def _measure(canvas: Canvas, of: str, language: Language) -> None:
    """Which provision it is of, and a line that shows whether it was printed at full size: else no scanner may read it."""
    bottom, right = 11.5 * mm, _WIDTH - _MARGIN
    canvas.setFont("Bold", 9)
    canvas.drawString(_MARGIN, bottom, of)
    left = right - 50 * mm
    canvas.setLineWidth(0.6)
    canvas.line(left, bottom, right, bottom)
    for end in (left, right):
        canvas.line(end, bottom - 1 * mm, end, bottom + 1 * mm)
    canvas.setFont("Regular", 8)
    canvas.drawCentredString((left + right) / 2, bottom + 1.2 * mm, text("sheet_measure", language))
