"""What stands on every screen at the same spot: the strip, its warnings, the buttons, and the stripes of a training."""

from collections.abc import Sequence
from datetime import datetime

from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Mesh, Rectangle, SmoothEllipse, SmoothLine, SmoothRoundedRectangle
from kivy.properties import BooleanProperty, ColorProperty, ListProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.display import own_screens, strip_layout, theme
from kiosk.display.layout import Part, RowLayout, Words, measure
from kiosk.display.parts import Key
from kiosk.domain.screens import Button, Content, Other, Strip, Unresolved
from kiosk.domain.texts import FIRST, ZONE


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
    """The other tables. One that is seen is a disc, with its number if `numbered`; one that isn't is an amber box with
    a cross and its number."""

    tables = ListProperty([])
    numbered = BooleanProperty(False)
    sizes = ObjectProperty(theme.LARGE, rebind=True)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.share = 0
        draw = Clock.create_trigger(self._draw, -1)
        for name in ("pos", "size", "tables", "numbered", "sizes"):
            self.fbind(name, draw)
        for name in ("tables", "numbered", "sizes"):
            self.fbind(name, self._width)

    def _width(self, *_: object) -> None:
        between = self.sizes.small * 0.3
        self.basis = sum(self._wide(table) + between for table in self.tables) - between if self.tables else 0
        if self.parent is not None:
            self.parent.do_layout()

    def _wide(self, other: Other) -> float:
        small = float(self.sizes.small)
        if not other.seen:
            return small * (2.0 if other.table < 10 else 2.6)
        return small * (1.25 if self.numbered else 0.75)

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        x = self.x
        with self.canvas:
            for other in self.tables:
                wide = self._wide(other)
                (self._seen if other.seen else self._silent)(x, wide, str(other.table))
                x += wide + self.sizes.small * 0.3

    def _seen(self, x: float, wide: float, number: str) -> None:
        Color(*theme.WHITE)
        SmoothEllipse(pos=(x, self.center_y - wide / 2), size=(wide, wide))
        if self.numbered:
            self._number(number, x + wide / 2, self.sizes.small * 0.72, theme.STRIP)

    def _silent(self, x: float, wide: float, number: str) -> None:
        small = self.sizes.small
        Color(*theme.AMBER)
        SmoothRoundedRectangle(pos=(x, self.center_y - small * 0.68), size=(wide, small * 1.36), radius=[4])
        middle, half, arm = x + small * 0.68, small * 0.45, small * 0.19
        Color(*theme.INK)
        SmoothEllipse(pos=(middle - half, self.center_y - half), size=(2 * half, 2 * half))
        Color(*theme.AMBER)
        for rise in (arm, -arm):
            ends = (middle - arm, self.center_y - rise, middle + arm, self.center_y + rise)
            SmoothLine(points=ends, width=max(1.1, small * 0.06))
        self._number(number, (middle + half + x + wide - small * 0.1) / 2, small, theme.INK)

    def _number(self, number: str, middle: float, font_size: float, ink: theme.Rgba) -> None:
        label = CoreLabel(text=number, font_size=int(font_size), bold=True)
        label.refresh()
        Color(*ink)
        width, height = label.texture.size
        place = round(middle - width / 2), round(self.center_y - height / 2)
        Rectangle(texture=label.texture, pos=place, size=(width, height))


class StripBar(RowLayout):
    """The status strip. Set `strip`; the clock is its own.

    Table, mode, dots and clock always stand here. The rest does where there is room, in the order of `_FORMS`; words about
    something wrong that found none are in `leftover`.
    """

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    strip = ObjectProperty(Strip(table="", place="", mode="", language=FIRST), rebind=True)
    time = StringProperty("")
    form = ObjectProperty(strip_layout.FULLEST, rebind=True)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._tick()

    def arrange(self) -> None:
        """Take the fullest form that has room."""
        for form in strip_layout.STRIP_LAYOUTS:
            self.form = form
            if self._fits():
                break

    def leftover(self) -> tuple[str, ...]:
        """What is wrong and has no place on the strip."""
        return strip_layout.leftover(self.strip, self.form)

    def _fits(self) -> bool:
        room = self.width - sum(part.basis + self.gap for part in self.parts() if part.basis)
        place = strip_layout.place(self.strip, self.form)
        if place and self.sizes is theme.SMALL:
            return False
        return room >= 0 and (not place or measure(place, self.sizes.small, False, max(1, int(room)))[2] <= 2)

    def _tick(self, *_: object) -> None:
        now = datetime.now(ZONE)
        self.time = own_screens.clock(now)
        Clock.schedule_once(self._tick, 60 - now.second - now.microsecond / 1e6 + 0.02)


class Warnings(RowLayout):
    """The strip's second line; no height without warnings. Where there are too many for two lines, the last are counted."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    text = StringProperty("")

    def tell(self, warnings: Sequence[str], width: float) -> None:
        """Show these, the most important first."""
        room = int(width - 2 * self.sizes.margin - self.sizes.small * 1.25 - 12)
        self.text = ""
        for count in range(len(warnings), 0, -1):
            rest = len(warnings) - count
            self.text = "   ·   ".join((*warnings[:count], *([f"+{rest}"] if rest else ())))
            if measure(self.text, self.sizes.fine, True, room)[2] <= 2:
                break

    def wanted(self, width: float, squeeze: int, /) -> float:
        if not self.text:
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
        """Draw these buttons."""
        self.answers = isinstance(content, Unresolved)
        self._show(self.left_key, left, "cross" if self.answers else "")
        self._show(self.right_key, right, "check" if self.answers else "enter")

    def _show(self, key: Key, button: Button | None, drawing: str) -> None:
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
