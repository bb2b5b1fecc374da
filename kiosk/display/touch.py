"""What can be touched: pressed look at once, and one tap for one finger."""

from kivy.input import MotionEvent
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, OptionProperty, StringProperty
from kivy.uix.layout import Layout

from kiosk.display import theme
from kiosk.display.layout import Part

LOOKS: dict[str, tuple[theme.Rgba, theme.Rgba]] = {
    "go": (theme.GO, theme.WHITE),
    "plain": (theme.WHITE, theme.INK),
    "chosen": (theme.INK, theme.WHITE),
    "row": (theme.PAPER, theme.INK),
    "quiet": (theme.PAPER, theme.SECONDARY),
    "wait": (theme.AMBER, theme.INK),
    "bad": (theme.RED, theme.WHITE),
}
PRESSED: dict[str, tuple[theme.Rgba, theme.Rgba]] = dict.fromkeys(LOOKS, (theme.INK, theme.WHITE)) | {
    "go": (theme.GO_PRESSED, theme.WHITE)
}
IDLE = (theme.IDLE, theme.SECONDARY)


class Touchable(Part, Layout):
    """A box with a text that can be touched. It dispatches `on_tap` when the finger leaves it, or lands, if `at_once`."""

    look = OptionProperty("plain", options=list(LOOKS))
    text = StringProperty("")
    drawing = StringProperty("")
    drawing_side = NumericProperty(0)
    touch = StringProperty("")
    pressed = BooleanProperty(False)
    idle = BooleanProperty(False)
    at_once = BooleanProperty(False)
    stops = BooleanProperty(True)  # whether a keyboard's focus stops here
    ground = ColorProperty(theme.WHITE)
    ink = ColorProperty(theme.INK)
    edge = ColorProperty(theme.INK)

    __events__ = ("on_tap",)

    def __init__(self, **kwargs: object) -> None:
        self._finger: MotionEvent | None = None
        super().__init__(**kwargs)
        for name in ("pos", "size"):
            self.fbind(name, self._trigger_layout)
        for name in ("look", "pressed", "idle"):
            self.fbind(name, self._paint)
        self._paint()

    def let_go(self) -> None:
        """Forget a finger that is on its way: what it was aimed at is gone."""
        self._finger = None
        self.pressed = False

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if not self.collide_point(*touch.pos) or touch.is_mouse_scrolling:
            return False
        if self.idle or self._finger is not None:
            return True
        self._finger = touch
        touch.grab(self)
        self.pressed = True
        if self.at_once:
            self.dispatch("on_tap")
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        if touch is not self._finger:
            return True
        self.let_go()
        if not self.at_once and self.collide_point(*touch.pos):
            self.dispatch("on_tap")
        return True

    def on_tap(self) -> None:
        """The default answer to a tap: none."""

    def _paint(self, *_: object) -> None:
        ground, ink = IDLE if self.idle else (PRESSED if self.pressed else LOOKS)[self.look]
        self.ground, self.ink = ground, ink
        self.edge = theme.IDLE_EDGE if self.idle else (ground if self.look in ("go", "row") else theme.INK)
