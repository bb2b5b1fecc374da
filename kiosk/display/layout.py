"""Layout that never cuts a text.

A screen is a tree of parts. Each can say how high it wants to be at a width and a *squeeze*, 0 to 4: the more, the
smaller its type and gaps. A column takes the least squeeze at which all its parts fit, so short names get generous type
and the longest name still stands there whole.
"""

from collections.abc import Iterable
from functools import lru_cache

from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, OptionProperty
from kivy.uix.label import Label
from kivy.uix.layout import Layout
from kivy.uix.widget import Widget

SQUEEZES = 5


class Part(Widget):
    """Something in a column or row. `basis`: fixed width in a row; `share`: of what is left; `grow`: of height left."""

    basis = NumericProperty(0)
    share = NumericProperty(1)
    grow = NumericProperty(0)
    squeeze = NumericProperty(0)
    high = NumericProperty(0)

    def wanted(self, _width: float, _squeeze: int, /) -> float:
        """Height in pixels at this width and squeeze; 0 leaves it and its gap out."""
        return float(self.high)


@lru_cache(maxsize=512)
def measure(text: str, font_size: int, bold: bool, width: int) -> tuple[int, int, int]:
    """Width, height and lines of `text` wrapped to `width` (0: not wrapped); a word too wide for it gives 99 lines."""
    label = CoreLabel(text=text, font_size=font_size, bold=bold, text_size=(width or None, None), valign="top")
    label.resolve_font_name()
    _, height = label.render()
    lines = label._cached_lines
    broken = width and any(label.get_extents(word)[0] > width for word in text.split())
    return max((line.w for line in lines), default=0), height, 99 if broken else len(lines)


class Words(Part, Label):
    """A text in the largest of its `steps` (font sizes by squeeze) at which it takes at most `lines` lines."""

    steps = ListProperty([24])
    lines = NumericProperty(2)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        choose = Clock.create_trigger(self._choose, -1)
        for name in ("size", "text", "steps", "squeeze", "bold"):
            self.fbind(name, choose)
        choose()

    def fit(self, width: float, squeeze: int) -> tuple[int, int]:
        """Font size, and height of the text in it."""
        start = min(squeeze, len(self.steps) - 1)
        room = max(int(width), 1)
        for font_size in self.steps[start:]:
            _, height, lines = measure(self.text, int(font_size), self.bold, room)
            if lines <= self.lines:
                break
        return int(font_size), height

    def wanted(self, width: float, squeeze: int, /) -> float:
        return self.fit(width, squeeze)[1] if self.text else 0

    def _choose(self, *_: object) -> None:
        self.font_size = self.fit(self.width, int(self.squeeze))[0]
        self.text_size = (max(int(self.width), 1), max(int(self.height), 1))


class _Box(Part, Layout):
    """What columns and rows share."""

    def parts(self) -> list[Part]:
        return list(reversed(self.children))


class ColumnLayout(_Box):
    """Parts one below the other."""

    gaps = ListProperty([0] * SQUEEZES)
    padding = ListProperty([0, 0])  # left and right; above and below
    rims = ListProperty([])  # above, by squeeze, in place of the padding's
    foot = NumericProperty(-1)  # below; if negative, as above
    middle = BooleanProperty(False)  # left-over height goes above and below

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        for name in ("pos", "size", "children", "gaps", "padding"):
            self.fbind(name, self._trigger_layout)

    def wanted(self, width: float, squeeze: int, /) -> float:
        heights = self._heights(width, squeeze)
        if not any(heights):
            return 0
        return sum(heights) + self._gap(heights, squeeze) + self._rim(squeeze) + self._foot(squeeze)

    def _rim(self, squeeze: int) -> float:
        return float(self.rims[squeeze] if self.rims else self.padding[1])

    def _foot(self, squeeze: int) -> float:
        return float(self.foot) if self.foot >= 0 else self._rim(squeeze)

    def _heights(self, width: float, squeeze: int) -> list[float]:
        return [part.wanted(width - 2 * self.padding[0], squeeze) for part in self.parts()]

    def _gap(self, heights: Iterable[float], squeeze: int) -> float:
        return float(self.gaps[squeeze] * max(0, sum(1 for height in heights if height) - 1))

    def do_layout(self, *_: object) -> None:
        squeeze = next((s for s in range(SQUEEZES) if self.wanted(self.width, s) <= self.height), SQUEEZES - 1)
        heights = self._heights(self.width, squeeze)
        left = max(0.0, self.height - self.wanted(self.width, squeeze))
        growing = sum(part.grow for part in self.parts())
        x, top = self.x + self.padding[0], self.top - self._rim(squeeze)
        width = self.width - 2 * self.padding[0]
        if self.middle and not growing:
            top -= left // 2
        for part, height in zip(self.parts(), heights, strict=True):
            own = height + (left * part.grow / growing if growing else 0)
            part.squeeze = squeeze
            part.pos, part.size = (round(x), round(top - own)), (round(width), round(own))
            top -= own + (self.gaps[squeeze] if height else 0)


class RowLayout(_Box):
    """Parts side by side."""

    gap = NumericProperty(16)
    align = OptionProperty("stretch", options=("stretch", "top", "middle", "bottom"))

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        for name in ("pos", "size", "children", "gap", "squeeze"):
            self.fbind(name, self._trigger_layout)

    def widths(self, width: float) -> list[float]:
        parts = self.parts()
        shown = [part for part in parts if part.basis or part.share]
        fixed = sum(part.basis for part in shown) + self.gap * max(0, len(shown) - 1)
        shares = sum(part.share for part in shown if not part.basis) or 1
        return [part.basis or max(0.0, (width - fixed) * part.share / shares) for part in parts]

    def wanted(self, width: float, squeeze: int, /) -> float:
        heights = [part.wanted(w, squeeze) for part, w in zip(self.parts(), self.widths(width), strict=True)]
        return max([float(self.high), *heights])

    def do_layout(self, *_: object) -> None:
        x = self.x
        for part, width in zip(self.parts(), self.widths(self.width), strict=True):
            height = self.height
            if self.align != "stretch":
                height = min(height, part.wanted(width, int(self.squeeze)))
            spare = {"top": 1.0, "middle": 0.5}.get(self.align, 0.0) * (self.height - height)
            part.squeeze = self.squeeze
            part.pos, part.size = (round(x), round(self.y + spare)), (round(width), round(height))
            x += width + self.gap if part.basis or part.share else 0


class Gap(Part):
    """Empty height: takes a share of what is left."""

    grow = NumericProperty(1)
