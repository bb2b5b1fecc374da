"""A page: tabs, the headline, one box for each block from top to bottom, and the keys for what is keyed on it.

A box that can show what is told now stays where it is, so that nothing is lost that a finger holds.
"""

from collections.abc import Callable
from typing import Any, Protocol

from kivy.lang import Builder
from kivy.properties import ObjectProperty
from kivy.uix.widget import Widget

from kiosk.display import entry, theme
from kiosk.display.contents import KV, ContentView
from kiosk.display.form import ChoicesBox, FieldBox, ScreenKeyboard
from kiosk.display.layout import SQUEEZES, ColumnLayout, Gap, Part, RowLayout, Words
from kiosk.display.papers import DocumentBox
from kiosk.display.parts import Key, Notice, Pad
from kiosk.display.plot import PlotBox
from kiosk.display.rows import Lines, SheetItems
from kiosk.display.table import TableBox
from kiosk.display.tiles import TilesBox
from kiosk.domain import screens
from kiosk.domain.screens import Block, Button, Content, Keys, Sheet, Tone

Builder.load_file(str(KV / "pages" / "sheet.kv"))


class Box(Protocol):
    """What draws one block. `tell` shows what another one tells, if it asks the same; False where it can't."""

    grow: float

    def tell(self, block: Any) -> bool: ...


class Paragraph(Words):
    """A plain text, or a bold one that is counted or noticed."""

    def __init__(self, block: screens.Text, view: "SheetView") -> None:
        sizes: theme.Sizes = view.sizes
        quiet = block.tone is Tone.OFF
        color = theme.SECONDARY if quiet else theme.INK
        super().__init__(text=block.text, bold=not quiet, color=color, lines=3 if quiet else 2, steps=sizes.bodies)
        self._tone = block.tone

    def tell(self, block: Block) -> bool:
        if not isinstance(block, screens.Text) or block.tone is not self._tone:
            return False
        self.text = block.text
        return True


class Alarm(Notice):
    """What went wrong."""

    def __init__(self, block: screens.Text, view: "SheetView") -> None:
        super().__init__(text=block.text, sizes=view.sizes)

    def tell(self, block: Block) -> bool:
        if not isinstance(block, screens.Text) or block.tone is not Tone.BAD:
            return False
        self.text = block.text
        return True


BOXES: dict[type, Callable[[Any, "SheetView"], Any]] = {
    screens.Text: lambda block, view: (Alarm if block.tone is Tone.BAD else Paragraph)(block, view),
    screens.Rows: Lines,
    screens.Table: TableBox,
    screens.Tiles: TilesBox,
    screens.Items: SheetItems,
    screens.Choices: ChoicesBox,
    screens.Field: FieldBox,
    screens.Plot: PlotBox,
    screens.Document: DocumentBox,
}


class Tabs(RowLayout):
    """One button for each tab; the one that stands open is filled."""

    def __init__(self, view: "SheetView") -> None:
        sizes: theme.Sizes = view.sizes
        super().__init__(gap=sizes.crowd_between + 1)
        for tab in view.model.tabs:
            key = Key(sizes=sizes, text=tab.text, touch=tab.touch, highs=list(sizes.page_touch), font_size=sizes.small)
            key.words.lines = 1
            key.look = "chosen" if tab.touch == view.model.tab else "plain"
            key.bind(on_tap=lambda _, tab=tab: view.dispatch("on_item", tab))
            self.add_widget(key)

    def tell(self, tabs: tuple[Button, ...]) -> None:
        """The same tabs, with other texts: how many incidents are open."""
        for key, tab in zip(reversed(self.children), tabs, strict=True):
            key.text = tab.text


class SheetView(ContentView):
    """A page."""

    keys = ObjectProperty(None, allownone=True)  # the pad or keyboard

    def on_kv_post(self, _base: object) -> None:
        sheet: Sheet = self.model
        sizes: theme.Sizes = self.sizes
        self.boxes: list[Box] = []
        self.tabs = Tabs(self) if sheet.tabs else None
        self.headline = Words(text=sheet.headline, bold=True, lines=2, steps=sizes.headlines[1:])
        self.place: ColumnLayout = self
        fields = entry.fields(sheet)
        if any(field.keys is Keys.TEXT for field in fields):
            self.keys = ScreenKeyboard(sizes=sizes)
            self.gaps = [sizes.gaps[2], *[sizes.crowd_between] * (SQUEEZES - 2), sizes.crowd_between // 2]
        elif fields:
            self.place = ColumnLayout(gaps=list(sizes.gaps))
            self.keys = Pad(sizes=sizes, clear=self.clear_key(), basis=3 * sizes.key_width + 2 * sizes.between)
        if self.keys is not None:
            self.keys.bind(on_key=lambda _, value: self.dispatch("on_key", value))
        self._fill()

    def retell(self, content: Content) -> bool:
        if not isinstance(content, Sheet) or _frame(content) != _frame(self.model):
            return False
        self.model = content
        self.headline.text = self.model.headline
        if self.tabs is not None:
            self.tabs.tell(self.model.tabs)
        self._fill()
        self._trigger_layout()
        return True

    def enter(self, entered: entry.TypedInput) -> None:
        for box in self.boxes:
            if isinstance(box, FieldBox | ChoicesBox):
                box.enter(self.model, entered)
        if isinstance(self.keys, ScreenKeyboard):
            field = entry.focused(self.model, entered)
            if field is not None:
                self.keys.digits_only = field.keys is not Keys.TEXT

    def field_of(self, touched: Widget) -> str:
        return next((box.block.field for box in self.boxes if isinstance(box, FieldBox) and box.box is touched), "")

    def _fill(self) -> None:
        """Keep the boxes that can show what is told now, and make those that are new."""
        before = list(self.boxes)
        self.boxes = [self._box(block, before) for block in self.model.blocks]
        parts = self._parts()
        if parts == self.place.parts():
            return
        self.place.clear_widgets()
        for part in parts:
            self.place.add_widget(part)
        if self.place is not self and self.place.parent is None:
            row = RowLayout(grow=1, gap=self.sizes.margin)
            row.add_widget(self.place)
            row.add_widget(self.keys)
            for part in ([self.tabs] if self.tabs else []) + [row]:
                self.add_widget(part)

    def _box(self, block: Block, before: list[Box]) -> Box:
        for box in before:
            if box.tell(block):
                before.remove(box)
                return box
        made: Box = BOXES[type(block)](block, self)
        return made

    def _parts(self) -> list[Any]:
        """The headline, the boxes, and the gap: what is to be touched stands at the foot."""
        parts: list[Any] = [self.headline, *self.boxes]
        if not any(box.grow for box in self.boxes):
            at = len(parts)
            while isinstance(parts[at - 1], SheetItems):
                at -= 1
            parts.insert(at, self._foot_gap())
        if self.place is self:
            parts = [*([self.tabs] if self.tabs else []), *parts, *([self.keys] if self.keys else [])]
        return parts

    def _foot_gap(self) -> Part:
        gap = next((part for part in self.place.parts() if isinstance(part, Gap)), None)
        return gap or Gap()


def _frame(sheet: Sheet) -> tuple[list[str], str, list[Keys]]:
    """What stands around the blocks: the tabs, and the keys for its fields."""
    return [tab.touch for tab in sheet.tabs], sheet.tab, [field.keys for field in entry.fields(sheet)]
