"""The icons, drawn: the font that Kivy ships has no ticks, crosses or warning signs."""

import math
from collections.abc import Callable
from functools import cache, lru_cache

from kivy.clock import Clock
from kivy.graphics import ClearBuffers, ClearColor, Color, Ellipse, Fbo, Line, Mesh, Rectangle
from kivy.graphics.texture import Texture
from kivy.properties import ColorProperty, OptionProperty

from kiosk.display import theme
from kiosk.display.layout import Part

Points = list[float]


class Pen:
    """Draws in a unit square at a place of the canvas, in one colour."""

    def __init__(self, x: float, y: float, side: float, ink: theme.Rgba, ground: theme.Rgba) -> None:
        self.x, self.y, self.side = x, y, side
        self.ink, self.ground = ink, ground
        Color(*ink)

    def at(self, points: Points) -> Points:
        return [
            self.x + value * self.side if place % 2 == 0 else self.y + value * self.side for place, value in enumerate(points)
        ]

    def stroke(self, points: Points, width: float, close: bool = False) -> None:
        Line(points=self.at(points), width=width * self.side / 2, cap="round", joint="round", close=close)

    def disc(self, x: float, y: float, radius: float) -> None:
        r = radius * self.side
        middle = self.at([x, y])
        Ellipse(pos=(middle[0] - r, middle[1] - r), size=(2 * r, 2 * r), segments=96)

    def fill(self, points: Points) -> None:
        placed = self.at(points)
        vertices = [v for at in range(0, len(placed), 2) for v in (placed[at], placed[at + 1], 0, 0)]
        Mesh(vertices=vertices, indices=list(range(len(placed) // 2)), mode="triangle_fan")

    def other(self) -> None:
        """Go on in the colour of the ground."""
        Color(*self.ground)


def tick(pen: Pen) -> None:
    pen.disc(0.5, 0.5, 0.5)
    pen.other()
    pen.stroke([0.26, 0.5, 0.43, 0.33, 0.74, 0.66], 0.11)


def bar(pen: Pen) -> None:
    pen.disc(0.5, 0.5, 0.5)
    pen.other()
    pen.fill([0.16, 0.4, 0.84, 0.4, 0.84, 0.6, 0.16, 0.6])


def stop(pen: Pen) -> None:
    corners = [
        part
        for turn in range(8)
        for part in (
            0.5 + 0.5 * math.cos(math.radians(22.5 + 45 * turn)),
            0.5 + 0.5 * math.sin(math.radians(22.5 + 45 * turn)),
        )
    ]
    pen.fill(corners)
    pen.other()
    pen.stroke([0.5, 0.74, 0.5, 0.44], 0.1)
    pen.disc(0.5, 0.26, 0.065)


def hourglass(pen: Pen) -> None:
    pen.stroke([0.2, 0.95, 0.8, 0.95], 0.08)
    pen.stroke([0.2, 0.05, 0.8, 0.05], 0.08)
    pen.stroke([0.27, 0.95, 0.27, 0.8, 0.46, 0.5, 0.27, 0.2, 0.27, 0.05], 0.06)
    pen.stroke([0.73, 0.95, 0.73, 0.8, 0.54, 0.5, 0.73, 0.2, 0.73, 0.05], 0.06)
    pen.fill([0.5, 0.53, 0.59, 0.68, 0.41, 0.68])
    pen.fill([0.5, 0.34, 0.66, 0.12, 0.34, 0.12])


def question(pen: Pen) -> None:
    pen.disc(0.5, 0.5, 0.5)
    pen.other()
    arc: Points = []
    for degree in range(170, -71, -10):
        arc += [
            0.5 + 0.16 * math.cos(math.radians(degree)),
            0.62 + 0.16 * math.sin(math.radians(degree)),
        ]
    pen.stroke([*arc, 0.5, 0.42, 0.5, 0.36], 0.09)
    pen.disc(0.5, 0.22, 0.06)


def person(pen: Pen) -> None:
    pen.disc(0.5, 0.72, 0.22)
    shoulders: Points = [0.08, 0.02]
    for degree in range(180, -1, -10):
        shoulders += [
            0.5 + 0.42 * math.cos(math.radians(degree)),
            0.02 + 0.4 * math.sin(math.radians(degree)),
        ]
    pen.fill([0.5, 0.02, *shoulders])


def card(pen: Pen) -> None:
    pen.stroke([0.04, 0.18, 0.96, 0.18, 0.96, 0.82, 0.04, 0.82], 0.05, close=True)
    for x, width in ((0.2, 0.05), (0.3, 0.025), (0.38, 0.05), (0.5, 0.025), (0.57, 0.025), (0.67, 0.06), (0.79, 0.025)):
        pen.fill([x, 0.34, x + width, 0.34, x + width, 0.66, x, 0.66])


def lock(pen: Pen) -> None:
    pen.fill([0.16, 0.04, 0.84, 0.04, 0.84, 0.54, 0.16, 0.54])
    arch: Points = [0.28, 0.54]
    for degree in range(180, -1, -10):
        arch += [0.5 + 0.22 * math.cos(math.radians(degree)), 0.7 + 0.22 * math.sin(math.radians(degree))]
    pen.stroke([*arch, 0.72, 0.54], 0.09)
    pen.other()
    pen.disc(0.5, 0.33, 0.07)
    pen.stroke([0.5, 0.32, 0.5, 0.2], 0.06)


def warning(pen: Pen) -> None:
    pen.fill([0.5, 0.96, 0.0, 0.08, 1.0, 0.08])
    pen.other()
    pen.stroke([0.5, 0.64, 0.5, 0.4], 0.09)
    pen.disc(0.5, 0.23, 0.055)


def backspace(pen: Pen) -> None:
    pen.stroke([0.0, 0.5, 0.3, 0.82, 1.0, 0.82, 1.0, 0.18, 0.3, 0.18], 0.07, close=True)
    pen.stroke([0.48, 0.64, 0.76, 0.36], 0.07)
    pen.stroke([0.48, 0.36, 0.76, 0.64], 0.07)


def cross(pen: Pen) -> None:
    pen.stroke([0.16, 0.16, 0.84, 0.84], 0.13)
    pen.stroke([0.16, 0.84, 0.84, 0.16], 0.13)


def check(pen: Pen) -> None:
    pen.stroke([0.08, 0.5, 0.38, 0.2, 0.92, 0.8], 0.13)


def shift(pen: Pen) -> None:
    pen.fill([0.5, 0.95, 0.02, 0.48, 0.98, 0.48])
    pen.fill([0.32, 0.1, 0.68, 0.1, 0.68, 0.5, 0.32, 0.5])


def enter(pen: Pen) -> None:
    pen.stroke([0.92, 0.84, 0.92, 0.44, 0.12, 0.44], 0.1)
    pen.stroke([0.36, 0.68, 0.12, 0.44, 0.36, 0.2], 0.1)


DRAWINGS: dict[str, Callable[[Pen], None]] = {
    "tick": tick,
    "bar": bar,
    "stop": stop,
    "hourglass": hourglass,
    "question": question,
    "person": person,
    "card": card,
    "lock": lock,
    "warning": warning,
    "backspace": backspace,
    "cross": cross,
    "check": check,
    "enter": enter,
    "shift": shift,
}


@cache
def _easel() -> Fbo:
    """Where icons are painted. One for all: each would compile its own shader."""
    return Fbo(size=(64, 64))


@lru_cache(maxsize=32)
def painted(drawing: str, side: int, ink: theme.Rgba, ground: theme.Rgba) -> Texture:
    """The icon at twice its size: halving it when it is shown smooths its edges."""
    easel = _easel()
    easel.size = (2 * side, 2 * side)
    easel.clear()
    with easel:
        ClearColor(*ground)
        ClearBuffers()
        DRAWINGS[drawing](Pen(0, 0, 2 * side, ink, ground))
    easel.draw()
    texture = Texture.create(size=easel.size, colorfmt="rgba")
    texture.blit_buffer(easel.pixels, colorfmt="rgba", bufferfmt="ubyte")
    return texture


class Icon(Part):
    """One icon in the middle of its box, `ink` on `ground`."""

    drawing = OptionProperty("", options=["", *DRAWINGS])
    ink = ColorProperty(theme.INK)
    ground = ColorProperty(theme.PAPER)

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        draw = Clock.create_trigger(self._draw, -1)
        for name in ("pos", "size", "drawing", "high", "ink", "ground"):
            self.fbind(name, draw)
        draw()

    def wanted(self, width: float, _squeeze: int, /) -> float:
        return float(min(width, self.high or width))

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        side = int(min(*self.size, self.high or self.width))
        if self.drawing and side > 0:
            x, y = round(self.center_x - side / 2), round(self.center_y - side / 2)
            texture = painted(self.drawing, side, tuple(self.ink), tuple(self.ground))
            with self.canvas:
                Color(1, 1, 1, 1)
                Rectangle(texture=texture, pos=(x, y), size=(side, side))
