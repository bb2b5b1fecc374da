"""What stands on every screen at the same spot: the strip, its warnings, the buttons, and the stripes of a training."""

from datetime import datetime

from kivy.clock import Clock
from kivy.graphics import Color, Mesh, Rectangle, SmoothEllipse, SmoothLine
from kivy.properties import BooleanProperty, ColorProperty, ListProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.display import theme, words
from kiosk.display.layout import Part, Row, Words, measure
from kiosk.display.parts import Key
from kiosk.domain.screens import Button, Content, Strip, Unresolved
from kiosk.domain.texts import ZONE


class Tag(Words):
    """A text on one line that takes just the width it needs, and none when empty; on a pill, if `pill` isn't clear."""

    pill = ColorProperty((0, 0, 0, 0))

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        for name in ("text", "steps", "bold", "pill"):
            self.fbind(name, self._width)
        self._width()

    def _width(self, *_: object) -> None:
        edge = 24 if self.pill[3] else 4
        self.share = 0
        self.basis = measure(self.text, int(self.steps[0]), self.bold, 0)[0] + edge if self.text else 0
        if self.parent is not None:
            self.parent.do_layout()


class Dots(Part):
    """A disc for each other table that is seen, a ring for each that isn't."""

    tables = ListProperty([])
    side = ObjectProperty(16)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.share = 0
        draw = Clock.create_trigger(self._draw, -1)
        for name in ("pos", "size", "tables", "side"):
            self.fbind(name, draw)
        for name in ("tables", "side"):
            self.fbind(name, self._width)

    def _width(self, *_: object) -> None:
        self.basis = len(self.tables) * self.side * 1.5
        if self.parent is not None:
            self.parent.do_layout()

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        side, y = self.side, self.center_y - self.side / 2
        with self.canvas:
            for place, seen in enumerate(self.tables):
                x = self.x + place * side * 1.5
                Color(*(theme.WHITE if seen else theme.UNSEEN))
                if seen:
                    SmoothEllipse(pos=(x, y), size=(side, side))
                else:
                    SmoothLine(ellipse=(x + 2, y + 2, side - 4, side - 4), width=1.5)


class StripBar(Row):
    """The status strip. Set `strip`; the clock is its own."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    strip = ObjectProperty(Strip(table="", place="", mode="", language="da"), rebind=True)
    time = StringProperty("")

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._tick()

    def place(self, strip: Strip) -> str:
        """The place's name, where nothing needs the room more."""
        return strip.place if self.sizes is theme.LARGE and not _troubles(strip) else ""

    def clock(self, strip: Strip, time: str) -> str:
        """The time; on the small screen it gives way when all that can be wrong is."""
        return time if self.sizes is theme.LARGE or _troubles(strip) < 3 else ""

    def _tick(self, *_: object) -> None:
        now = datetime.now(ZONE)
        self.time = words.clock(now)
        Clock.schedule_once(self._tick, 60 - now.second - now.microsecond / 1e6 + 0.02)


def _troubles(strip: Strip) -> int:
    """How many pills stand on the strip that do not on a normal day."""
    return sum((strip.island, bool(strip.uncopied), not strip.secretary_seen))


class Warnings(Row):
    """The strip's second line; no height without warnings."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    warnings = ObjectProperty(())

    def wanted(self, width: float, squeeze: int, /) -> float:
        if not self.warnings:
            return 0
        return max(float(self.sizes.band), float(super().wanted(width, squeeze)))


class ActionsBar(Widget):
    """The two buttons. They are the same two widgets on every screen, so they can't move."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    answers = BooleanProperty(False)  # both are answers to a question: as wide as each other

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.left_key = Key(look="plain")
        self.right_key = Key(look="go")
        for name in ("pos", "size", "sizes", "answers"):
            self.fbind(name, self._place)

    def show(self, left: Button | None, right: Button | None, content: Content) -> None:
        """Draw these buttons; a finger on its way to another one is forgotten."""
        self.answers = isinstance(content, Unresolved)
        self._show(self.left_key, left, "cross" if self.answers else "")
        self._show(self.right_key, right, "check" if self.answers else "enter")

    def _show(self, key: Key, button: Button | None, drawing: str) -> None:
        key.let_go()
        if button is None:
            self.remove_widget(key)
            return
        key.text, key.drawing, key.icon_last = button.text, drawing, drawing == "enter"
        if key.parent is None:
            self.add_widget(key)

    def _place(self, *_: object) -> None:
        sizes: theme.Sizes = self.sizes
        y = self.y + (sizes.actions - sizes.touch) // 2
        inner = self.width - 2 * sizes.margin
        half = (inner - sizes.margin) / 2
        for key, width in ((self.left_key, sizes.left_width), (self.right_key, sizes.go_width)):
            key.sizes, key.font_size, key.drawing_side = sizes, sizes.body, sizes.small
            key.size = (half if self.answers else min(width, inner), sizes.touch)
        self.left_key.pos = (self.x + sizes.margin, y)
        self.right_key.pos = (self.right_edge() - self.right_key.width, y)

    def right_edge(self) -> float:
        return float(self.x + self.width - self.sizes.margin)


class Stripes(Widget):
    """The diagonal-striped border that says: this is a training."""

    shown = BooleanProperty(False)
    wide = ObjectProperty(8)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        draw = Clock.create_trigger(self._draw, -1)
        for name in ("pos", "size", "shown", "wide"):
            self.fbind(name, draw)

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        if not self.shown:
            return
        wide = self.wide
        with self.canvas:
            for y in (self.y, self.top - wide):
                self._band(self.x, y, self.width, across=True)
            for x in (self.x, self.right - wide):
                self._band(x, self.y, self.height, across=False)

    def _band(self, x: float, y: float, length: float, across: bool) -> None:
        wide = self.wide
        Color(*theme.WHITE)
        Rectangle(pos=(x, y), size=(length, wide) if across else (wide, length))
        Color(*theme.STRIP)
        for at in range(0, int(length), wide * 3):
            end = min(at + wide * 1.5, length)
            lean = min(wide, length - end)
            if across:
                corners = (x + at, y, x + end, y, x + end + lean, y + wide, x + at + lean, y + wide)
            else:
                corners = (x, y + at, x, y + end, x + wide, y + end + lean, x + wide, y + at + lean)
            vertices = [v for i in range(0, 8, 2) for v in (corners[i], corners[i + 1], 0, 0)]
            Mesh(vertices=vertices, indices=[0, 1, 2, 3], mode="triangle_fan")
