"""The parts of a board: its rows, and the items below them. How they look is in `kv/board.kv`."""

from itertools import zip_longest

from kivy.properties import BooleanProperty, ColorProperty, ObjectProperty, StringProperty

from kiosk.display import theme
from kiosk.display.layout import Column, Part, Row
from kiosk.display.parts import Items
from kiosk.domain.screens import Line, Tone

LINES_ONE_BELOW_ANOTHER = 6
CROWD = 15  # more items than these are a crowd


class BoardItems(Items):
    """A board's items, flatter than the menu's; those that are `chosen` are filled and carry a tick.

    In the largest places there are so many that they must be flatter and closer still.
    """

    chosen = ObjectProperty(())

    def on_kv_post(self, base: object) -> None:
        crowd = len(self.items) > CROWD
        super().on_kv_post(base)
        for key, item in zip(self.keys, self.items, strict=True):
            chosen = item.touch in self.chosen
            key.high = self.sizes.crowd_touch if crowd else self.sizes.touch
            key.font_size = self.sizes.small if crowd else self.sizes.body
            key.look = "chosen" if chosen else "plain"
            key.drawing = "check" if chosen else ""
            key.drawing_side = self.sizes.small * (0.6 if crowd else 1)

    def spacing(self, count: int) -> float:
        return float(self.sizes.crowd_between + 1 if count > CROWD else super().spacing(count))

    def columns(self, count: int) -> int:
        return max(2, count if count <= 3 else 4 if count <= 8 else 5 if count <= CROWD else 7)


class LineRow(Row):
    """A row of a board: how it stands by sign, colour and word."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    name = StringProperty("")
    text = StringProperty("")
    drawing = StringProperty("")
    ink = ColorProperty(theme.INK)
    loud = BooleanProperty(False)
    roomy = BooleanProperty(False)  # larger type, as long as it fits

    def type_size(self, squeeze: float) -> float:
        """Height of the type at a squeeze."""
        steps = self.steps_of(self.roomy)
        return float(steps[min(int(squeeze), len(steps) - 1)])

    def steps_of(self, roomy: bool) -> list[int]:
        sizes: theme.Sizes = self.sizes
        return sizes.bodies + sizes.smalls[3:] if roomy else sizes.smalls


class Lines(Column):
    """The rows of a board: the wide ones first, then the others; if they are many in two columns, each read downwards."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    lines = ObjectProperty(())

    def on_kv_post(self, _base: object) -> None:
        self.gaps = [self.sizes.gaps[2]] * 2 + [self.sizes.gaps[3]] * 3
        self._fill()
        self.fbind("lines", self._fill)

    def _fill(self, *_: object) -> None:
        self.clear_widgets()
        narrow = [line for line in self.lines if not line.wide]
        many = len(self.lines) > LINES_ONE_BELOW_ANOTHER and len(narrow) > 1
        for line in self.lines:
            if line.wide or not many:
                self.add_widget(self._row(line, roomy=not many))
        if not many:
            return
        rows = [self._row(line, roomy=False) for line in narrow]
        half = (len(rows) + 1) // 2
        for left, right in zip_longest(rows[:half], rows[half:]):
            pair = Row(gap=self.sizes.margin, align="top")
            pair.add_widget(left)
            pair.add_widget(right or Part())
            self.add_widget(pair)

    def _row(self, line: Line, roomy: bool) -> LineRow:
        drawing, ink = theme.TONES[line.tone]
        loud = line.tone is Tone.BAD
        return LineRow(sizes=self.sizes, name=line.name, text=line.text, drawing=drawing, ink=ink, loud=loud, roomy=roomy)
