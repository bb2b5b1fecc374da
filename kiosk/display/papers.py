"""A document on a page: being made, with a bar, or ready, with what can be done with it."""

from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, SmoothRoundedRectangle
from kivy.properties import NumericProperty

from kiosk.display import theme
from kiosk.display.icons import Icon
from kiosk.display.layout import SQUEEZES, ColumnLayout, Part, RowLayout, Words
from kiosk.display.parts import Key
from kiosk.domain import screens
from kiosk.domain.screens import Block


class Bar(Part):
    """How far it is: `done` of 100. Takes no place when it is negative."""

    done = NumericProperty(-1)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        draw = Clock.create_trigger(self._draw, -1)
        for name in ("pos", "size", "done"):
            self.fbind(name, draw)

    def wanted(self, _width: float, _squeeze: int, /) -> float:
        return float(self.high) if self.done >= 0 else 0.0

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        if self.done < 0 or self.height < 1:
            return
        with self.canvas:
            for color, share in ((theme.IDLE_EDGE, 1.0), (theme.GO, min(100, self.done) / 100)):
                Color(*color)
                SmoothRoundedRectangle(pos=self.pos, size=(self.width * share, self.height), radius=[self.height / 2])


class DocumentBox(RowLayout):
    """Its name, how it stands, and its buttons at the right."""

    def __init__(self, block: screens.Document, view: Any) -> None:
        sizes: theme.Sizes = view.sizes
        super().__init__(gap=sizes.between, align="middle")
        self.block = block
        self.sign = Icon(basis=sizes.body, high=sizes.body)
        self.name = Words(bold=True, steps=sizes.bodies)
        self.state = Words(lines=3, steps=sizes.smalls)
        self.bar = Bar(high=sizes.small * 0.75)
        told = ColumnLayout(gaps=[sizes.gaps[3]] * SQUEEZES)
        for part in (self.name, self.state, self.bar):
            told.add_widget(part)
        self.add_widget(self.sign)
        self.add_widget(told)
        highs, wide = list(sizes.page_touch), sizes.left_width * 0.7
        self.keys = [Key(sizes=sizes, highs=highs, font_size=sizes.small, basis=wide) for _ in block.buttons]
        for at, key in enumerate(self.keys):
            key.bind(on_tap=lambda _, at=at: view.dispatch("on_item", self.block.buttons[at]))
            self.add_widget(key)
        self.tell(block)

    def tell(self, block: Block) -> bool:
        if not isinstance(block, screens.Document) or _asks(block) != _asks(self.block):
            return False
        self.block = block
        drawing, ink = theme.TONES[block.tone]
        self.sign.drawing, self.sign.ink = drawing, ink
        self.name.text, self.state.text, self.state.color = block.name, block.state, ink
        self.bar.done = -1 if block.done is None else block.done
        for key, button in zip(self.keys, block.buttons, strict=True):
            key.text = button.text
        return True


def _asks(block: screens.Document) -> list[str]:
    return [button.touch for button in block.buttons]
