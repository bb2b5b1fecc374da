"""Rows to read, and items to touch. How rows look is in `kv/pages/sheet.kv`."""

from itertools import zip_longest
from typing import Any

from kivy.properties import BooleanProperty, ColorProperty, ObjectProperty, StringProperty

from kiosk.display import theme
from kiosk.display.layout import ColumnLayout, Part, RowLayout
from kiosk.display.parts import ItemGrid
from kiosk.domain import screens
from kiosk.domain.screens import Block, Line, Tone

LINES_ONE_BELOW_ANOTHER = 6
CROWD = 15  # more items than these are a crowd


class PageItems(ItemGrid):
    """A page's items, flatter than where they are `large`; those that are `chosen` are filled and carry a tick.

    In the largest places there are so many that they must be flatter and closer still.
    """

    chosen = ObjectProperty(())
    large = BooleanProperty(False)

    def on_kv_post(self, base: object) -> None:
        crowd = len(self.items) > CROWD
        super().on_kv_post(base)
        if self.large:
            return
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
        if self.large:
            return super().columns(count)
        if count > CROWD:
            return 8 if 21 < count <= 24 else 7  # a fourth row has no place under a stop's rows
        return max(2, count if count <= 3 else 4 if count <= 8 else 5)


class SheetItems(PageItems):
    """The items of a page."""

    def __init__(self, block: screens.Items, view: Any) -> None:
        self._block = block
        super().__init__(sizes=view.sizes, items=block.items, chosen=block.chosen, large=block.large)
        self.bind(on_item=lambda _, button: view.dispatch("on_item", button))

    def tell(self, block: Block) -> bool:
        if not isinstance(block, screens.Items) or (_words(block), block.chosen) != (_words(self._block), self._block.chosen):
            return False
        for key, item in zip(self.keys, block.items, strict=True):
            key.text = item.text
        return True


def _words(block: screens.Items) -> list[str]:
    return [item.touch for item in block.items]


class LineRow(RowLayout):
    """A row of a page: how it stands by sign, colour and word."""

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


class Lines(ColumnLayout):
    """The rows of a page: the wide ones first, then the others; if they are many in two columns, each read downwards."""

    def __init__(self, block: screens.Rows, view: Any) -> None:
        super().__init__()
        self.sizes: theme.Sizes = view.sizes
        self.gaps = [self.sizes.gaps[2]] * 2 + [self.sizes.gaps[3]] * 3
        self._block = screens.Rows(())
        self.tell(block)

    def tell(self, block: Block) -> bool:
        if not isinstance(block, screens.Rows):
            return False
        if block == self._block:
            return True
        self._block = block
        self.clear_widgets()
        narrow = [line for line in block.rows if not line.wide]
        many = len(block.rows) > LINES_ONE_BELOW_ANOTHER and len(narrow) > 1
        for line in block.rows:
            if line.wide or not many:
                self.add_widget(self._row(line, roomy=not many))
        rows = [self._row(line, roomy=False) for line in narrow] if many else []
        half = (len(rows) + 1) // 2
        for left, right in zip_longest(rows[:half], rows[half:]):
            pair = RowLayout(gap=self.sizes.margin, align="top")
            pair.add_widget(left)
            pair.add_widget(right or Part())
            self.add_widget(pair)
        return True

    def _row(self, line: Line, roomy: bool) -> LineRow:
        drawing, ink = theme.TONES[line.tone]
        loud = line.tone is Tone.BAD
        return LineRow(sizes=self.sizes, name=line.name, text=line.text, drawing=drawing, ink=ink, loud=loud, roomy=roomy)
