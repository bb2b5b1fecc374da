"""The visible focus of a keyboard: Tab and the arrows move a ring round what can be touched."""

from collections.abc import Sequence

from kivy.graphics import Color, SmoothLine
from kivy.uix.widget import Widget

from kiosk.display import theme
from kiosk.display.touch import Touchable

TAB, UP, DOWN, RIGHT, LEFT = 9, 273, 274, 275, 276
MOVES = {UP: (0, 1), DOWN: (0, -1), RIGHT: (1, 0), LEFT: (-1, 0)}
WIDE = 4  # pixels of the ring


class Cursor(Widget):
    """The ring. `at`: what it stands on."""

    def __init__(self) -> None:
        super().__init__()
        self.at: Touchable | None = None

    def leave(self) -> None:
        """A finger is used, or the page is gone."""
        self._stand(None)

    def _stand(self, at: Touchable | None) -> None:
        for name in ("pos", "size", "parent"):
            if self.at is not None:
                self.at.funbind(name, self.draw)
            if at is not None:
                at.fbind(name, self.draw)
        self.at = at
        self.draw()

    def move(self, stops: Sequence[Touchable], key: int, back: bool, start: Touchable | None) -> Touchable | None:
        """Go on from where it stands, or from `start`."""
        read = sorted(stops, key=lambda stop: (-round(stop.top), stop.x))
        here = next((at for at, stop in enumerate(read) if stop is (self.at or start)), None)
        if not read:
            self._stand(None)
        elif key == TAB or here is None:
            self._stand(read[(0 if here is None else here + (-1 if back else 1)) % len(read)])
        else:
            self._stand(_next(read, read[here], *MOVES[key]))
        return self.at

    def draw(self, *_: object) -> None:
        """Draw the ring where what it stands on is now; it goes with what is taken off the screen."""
        self.canvas.clear()
        if self.at is None or self.at.get_root_window() is None:
            self.at = None
            return
        x, y, width, height = self.at.x - 3, self.at.y - 3, self.at.width + 6, self.at.height + 6
        with self.canvas:
            Color(*theme.GO)
            SmoothLine(rounded_rectangle=(x, y, width, height, theme.LARGE.corner), width=WIDE / 2)


def _next(stops: Sequence[Touchable], here: Touchable, across: int, up: int) -> Touchable:
    """The nearest one in a direction; the same where there is none."""

    def off(stop: Touchable) -> tuple[float, float]:
        """How far beside it, and how far ahead."""
        x, y = stop.center_x - here.center_x, stop.center_y - here.center_y
        beside = abs(y) - (stop.height + here.height) / 2 if across else abs(x) - (stop.width + here.width) / 2
        return max(0.0, beside), x * across + y * up + (abs(y) if across else abs(x)) / 100

    ahead = [stop for stop in stops if (stop.center_x - here.center_x) * across + (stop.center_y - here.center_y) * up > 4]
    return min(ahead, key=off, default=here)
