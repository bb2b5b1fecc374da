"""Curves over two axes."""

from typing import Any

from kivy.graphics import Color, Line, Rectangle, SmoothLine
from kivy.uix.layout import Layout

from kiosk.display import theme
from kiosk.display.layout import Part, Words, measure
from kiosk.domain import screens
from kiosk.domain.screens import Block

INKS = (theme.GO, theme.INK, theme.RED)  # of the curves; a dashed one is grey
DASH, SPACE = 12, 8  # pixels
SWATCH = 2.0  # length of a line in the legend, in heights of its text


class PlotBox(Part, Layout):
    """The title and the legend above, ticks at the left and below."""

    def __init__(self, block: screens.Plot, view: Any) -> None:
        super().__init__(grow=1)
        self.block = block
        self.sizes: theme.Sizes = view.sizes
        for name in ("pos", "size", "squeeze"):
            self.fbind(name, self._trigger_layout)

    def tell(self, block: Block) -> bool:
        if not isinstance(block, screens.Plot):
            return False
        self.block = block
        self._trigger_layout()
        return True

    def wanted(self, _width: float, squeeze: int, /) -> float:
        return float(self.sizes.small * (9, 8, 7, 7, 6)[squeeze])

    def do_layout(self, *_: object) -> None:
        """Draw it anew: a plot changes as a whole."""
        self.clear_widgets()
        self.canvas.before.clear()
        if self.width < 100 or self.height < 60:
            return
        fine = self.sizes.fine
        line = measure("0", fine, False, 0)[1]
        left = max((measure(told, fine, False, 0)[0] for _, told in self.block.up), default=0) + 12
        right = max((measure(told, fine, False, 0)[0] for _, told in self.block.across[-1:]), default=0) / 2
        self._head(line)
        below, above = line + 8, 2 * line
        self.area = (self.x + left, self.y + below, self.width - left - right - 4, self.height - below - above)
        with self.canvas.before:
            self._axes(line)
            for at, curve in enumerate(self.block.curves):
                self._curve(curve, at)

    def _head(self, line: int) -> None:
        x, top = self.x, self.top - line
        for at, curve in enumerate(self.block.curves):
            wide = measure(curve.name, self.sizes.fine, False, 0)[0]
            if at == 0:
                title = measure(self.block.title, self.sizes.fine, True, 0)[0]
                self._write(self.block.title, x, top, title, bold=True)
                x += title + 2 * line
            swatch = (x, top + line / 2, x + SWATCH * line, top + line / 2)
            with self.canvas.before:
                Color(*self._ink(curve, at))
                self._stroke(swatch, curve.dashed)
            x += (SWATCH + 0.5) * line
            self._write(curve.name, x, top, wide)
            x += wide + line

    def _axes(self, line: int) -> None:
        x, y, width, height = self.area
        for at, told in self.block.up:
            Color(*theme.IDLE_EDGE)
            Rectangle(pos=(x, round(y + at * height)), size=(width, 1))
            wide = measure(told, self.sizes.fine, False, 0)[0]
            self._write(told, x - 8 - wide, y + at * height - line / 2, wide)
        for at, told in self.block.across:
            Color(*theme.IDLE_EDGE)
            Rectangle(pos=(round(x + at * width), y), size=(1, height))
            wide = measure(told, self.sizes.fine, False, 0)[0]
            self._write(told, x + at * width - wide / 2, y - 6 - line, wide)
        Color(*theme.INK)
        Line(points=(x, y + height, x, y, x + width, y), width=1)

    def _curve(self, curve: screens.Curve, at: int) -> None:
        x, y, width, height = self.area
        points = [part for across, up in curve.points for part in (x + across * width, y + up * height)]
        if len(points) >= 4:
            Color(*self._ink(curve, at))
            self._stroke(points, curve.dashed)

    def _ink(self, curve: screens.Curve, at: int) -> theme.Rgba:
        return theme.SECONDARY if curve.dashed else INKS[at % len(INKS)]

    def _stroke(self, points: Any, dashed: bool) -> None:
        if not dashed:
            SmoothLine(points=points, width=2)
            return
        due = 0.0  # how much of the dash or space has been drawn
        for x1, y1, x2, y2 in zip(points[0::2], points[1::2], points[2::2], points[3::2], strict=False):
            length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
            at = -due
            while at < length and length:
                start, end = max(0.0, at), min(length, at + DASH)
                if end > start:
                    ends = [x1 + (x2 - x1) * start / length, y1 + (y2 - y1) * start / length]
                    SmoothLine(points=[*ends, x1 + (x2 - x1) * end / length, y1 + (y2 - y1) * end / length], width=1.5)
                at += DASH + SPACE
            due = length - (at - DASH - SPACE)

    def _write(self, told: str, x: float, y: float, wide: float, bold: bool = False) -> None:
        steps = [self.sizes.fine]
        words = Words(text=told, steps=steps, lines=1, bold=bold, color=theme.INK if bold else theme.SECONDARY)
        words.pos, words.size = (round(x), round(y)), (wide + 2, measure(told, self.sizes.fine, bold, 0)[1])
        self.add_widget(words)
