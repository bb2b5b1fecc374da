"""A table: rows in columns; where not all fit, the display itself turns to the earlier and later ones."""

from typing import Any

from kivy.uix.layout import Layout

from kiosk.display import theme
from kiosk.display.icons import Icon
from kiosk.display.layout import Part, RowLayout, Words
from kiosk.display.parts import Key
from kiosk.display.touch import Touchable
from kiosk.domain import screens
from kiosk.domain.screens import Block, Button, TableRow, Tone
from kiosk.domain.texts import text

LEAST = (4, 4, 4, 3, 3)  # rows to touch that are seen whatever else stands on the page, by squeeze
READ = 12  # the same of rows that are only read
PAD_X = 12  # pixels left and right in a row


class Cells(Touchable):
    """A row, to touch if it has a word for that: how it stands by sign and colour, and a text in each column."""

    def __init__(self, row: TableRow, box: "TableBox") -> None:
        sizes: theme.Sizes = box.sizes
        self.sizes, self.row = sizes, row
        self.cells = RowLayout(gap=sizes.between, align="middle")
        if box.has_signs:
            self.cells.add_widget(Icon(basis=sizes.small, high=sizes.small))
        for column, cell in zip(box.block.columns, row.cells, strict=True):
            self.cells.add_widget(_words(cell, column, sizes, theme.INK))
        super().__init__(touch=row.touch, stops=bool(row.touch))
        self.bind(on_tap=lambda _: box.view.dispatch("on_item", Button(self.row.touch, self.row.cells[0])))
        self.add_widget(self.cells)
        self.fbind("ink", self._ink)
        self.fbind("ground", self._ink)
        self.tell(row)

    def tell(self, row: TableRow) -> None:
        self.row = row
        self.look = "plain" if row.touch else "row"
        words = [part for part in self.cells.parts() if isinstance(part, Words)]
        for part, cell in zip(words, row.cells, strict=True):
            part.text = cell
        self._ink()

    def wanted(self, width: float, squeeze: int, /) -> float:
        sizes: theme.Sizes = self.sizes
        cells = float(self.cells.wanted(width - 2 * PAD_X, squeeze)) + sizes.gaps[3]
        return max(cells, sizes.page_touch[squeeze] if self.row.touch else sizes.read_row[squeeze])

    def do_layout(self, *_: object) -> None:
        self.cells.squeeze = self.squeeze
        self.cells.pos, self.cells.size = (self.x + PAD_X, self.y), (max(1, self.width - 2 * PAD_X), self.height)

    def on_touch_down(self, touch: Any) -> bool:
        return bool(self.row.touch) and super().on_touch_down(touch)

    def _ink(self, *_: object) -> None:
        drawing, ink = theme.TONES[self.row.tone]
        loud = self.row.tone is Tone.BAD
        for part in self.cells.parts():
            if isinstance(part, Icon):
                part.drawing = "" if self.row.tone is Tone.OFF else drawing
                part.ink, part.ground = (self.ink if self.pressed else ink), self.ground
            else:
                part.color, part.bold = self.ink if self.pressed or not loud else ink, loud


class TableBox(Part, Layout):
    """The columns' titles, as many rows as fit, and what turns to the others."""

    def __init__(self, block: screens.Table, view: Any) -> None:
        self.block, self.view = block, view
        self.sizes: theme.Sizes = view.sizes
        super().__init__(grow=1)
        self.starts = [0]  # the first rows of the parts turned through so far; the last one is shown
        self._end = 0  # of the rows shown
        self.turning = RowLayout(gap=self.sizes.between, align="middle")
        self.counted = Words(halign="center", steps=self.sizes.smalls, lines=1)
        self.earlier, self.later = self._turner("rows_before"), self._turner("rows_after")
        for part in (self.earlier, self.counted, self.later):
            self.turning.add_widget(part)
        self.earlier.bind(on_tap=lambda _: self._turn(self.starts[:-1]))
        self.later.bind(on_tap=lambda _: self._turn([*self.starts, self._end]))
        for name in ("pos", "size", "squeeze"):
            self.fbind(name, self._trigger_layout)
        self.titles = RowLayout(gap=self.sizes.between, align="bottom")
        self.made: dict[int, Cells] = {}
        self._begin()

    def tell(self, block: Block) -> bool:
        if not isinstance(block, screens.Table) or block.columns != self.block.columns or _asks(block) != _asks(self.block):
            return False
        signs, self.block = self.has_signs, block
        if signs != self.has_signs or len(block.rows) <= self.starts[-1]:
            self._begin()
        for at, row in enumerate(block.rows):
            if at in self.made:
                self.made[at].tell(row)
        self._trigger_layout()
        return True

    @property
    def shown(self) -> range:
        """Which rows are seen."""
        return range(self.starts[-1], self._end)

    @property
    def has_signs(self) -> bool:
        """Whether a column of signs stands at the left."""
        return any(row.tone is not Tone.OFF for row in self.block.rows)

    def wanted(self, width: float, squeeze: int, /) -> float:
        gap, count = self._gap(), len(self.block.rows)
        wished = LEAST[squeeze] if self._is_touched else READ
        least = sum(self._row(at).wanted(width, squeeze) + gap for at in range(min(wished, count)))
        turning = self.turning.wanted(width, squeeze) + gap if count > wished else 0
        return float(self.titles.wanted(width - 2 * PAD_X, squeeze) + least + turning)

    def do_layout(self, *_: object) -> None:
        squeeze = int(self.squeeze)
        gap, start = self._gap(), self.starts[-1]
        titles = self.titles.wanted(self.width - 2 * PAD_X, squeeze)
        turning = self.turning.wanted(self.width, squeeze)
        heights: list[float] = []
        left = self.height - titles
        for at in range(start, len(self.block.rows)):
            heights.append(self._row(at).wanted(self.width, squeeze) + gap)
            left -= heights[-1]
            if left < -1:
                break
        turns = start > 0 or left < -1
        while heights and turns and left < turning - 1:
            left += heights.pop()
        heights = heights or [self._row(start).wanted(self.width, squeeze) + gap]
        self._end = start + len(heights)
        shown = [self._row(at) for at in range(start, self._end)]
        parts: list[Any] = [self.titles, *shown, *([self.turning] if turns else [])]
        if parts != list(reversed(self.children)):
            self.clear_widgets()
            for part in parts:
                self.add_widget(part)
        top = self.top - titles
        self._put(self.titles, self.x + PAD_X, top, self.width - 2 * PAD_X, titles)
        for part, height in zip(shown, heights, strict=True):
            top -= height
            self._put(part, self.x, top, self.width, height - gap)
        self._put(self.turning, self.x, self.y, self.width, turning)
        self.counted.text = f"{start + 1}–{self._end} / {len(self.block.rows)}"
        self.earlier.idle, self.later.idle = start == 0, self._end == len(self.block.rows)

    def _put(self, part: Part, x: float, y: float, width: float, height: float) -> None:
        part.squeeze = self.squeeze
        part.pos, part.size = (round(x), round(y)), (round(width), round(height))

    def _begin(self) -> None:
        """Make the titles and rows anew, from the first on."""
        self.made.clear()
        self.starts = [0]
        self.titles.clear_widgets()
        if self.has_signs:
            self.titles.add_widget(Part(basis=self.sizes.small))
        for column in self.block.columns:
            self.titles.add_widget(_words(column.title, column, self.sizes, theme.SECONDARY))

    def _row(self, at: int) -> Cells:
        """The row's widget; only those that were looked at are made."""
        if at not in self.made:
            self.made[at] = Cells(self.block.rows[at], self)
        return self.made[at]

    def _gap(self) -> float:
        return float(self.sizes.crowd_between + 1 if self._is_touched else 0)

    @property
    def _is_touched(self) -> bool:
        return any(row.touch for row in self.block.rows)

    def _turner(self, name: str) -> Key:
        sizes = self.sizes
        return Key(
            sizes=sizes,
            text=text(name, self.view.language),
            basis=sizes.left_width,
            highs=list(sizes.page_touch),
            font_size=sizes.small,
        )

    def _turn(self, starts: list[int]) -> None:
        self.starts = starts
        self._trigger_layout()


def _words(told: str, column: screens.Column, sizes: theme.Sizes, color: theme.Rgba) -> Words:
    halign = "right" if column.right else "left"
    return Words(text=told, share=column.share, halign=halign, steps=sizes.smalls, lines=2, color=color)


def _asks(block: screens.Table) -> list[str]:
    return [row.touch for row in block.rows if row.touch]
