"""Colours and sizes of every screen, in one place and without Kivy, so that a test can compute contrast and touch sizes."""

from dataclasses import dataclass

from kiosk.domain.ballots import Colour
from kiosk.domain.screens import Tone

Rgba = tuple[float, float, float, float]


def rgba(code: str) -> Rgba:
    """The colour "#RRGGBB" as Kivy wants it."""
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue, 1.0


INK = rgba("#1B1B1B")
PAPER = rgba("#F6F5F1")
SECONDARY = rgba("#5A5A5A")
STRIP = rgba("#1F2A36")
GO = rgba("#0B4A8F")
GREEN = rgba("#0A6B3B")
RED = rgba("#A3161A")
AMBER = rgba("#F5B400")
WHITE = rgba("#FFFFFF")
GO_PRESSED = rgba("#062A54")
IDLE = rgba("#E4E2DB")  # a button that can't be used yet
BAR = rgba("#E9E7E0")  # behind the buttons
IDLE_EDGE = rgba("#B4B1A7")

BALLOTS: dict[Colour, Rgba] = {
    Colour.WHITE: WHITE,
    Colour.YELLOW: rgba("#FFF07A"),
    Colour.BLUE: rgba("#BFDDF7"),
    Colour.PINK: rgba("#F9C6DA"),
}

TONES: dict[Tone, tuple[str, Rgba]] = {
    Tone.GOOD: ("check", INK),
    Tone.WAIT: ("hourglass", INK),
    Tone.BAD: ("warning", RED),
    Tone.OFF: ("cross", SECONDARY),
}
"""The sign and the colour in which a row is told."""

MESSAGES: dict[Tone, tuple[Rgba, Rgba, Rgba]] = {
    Tone.OFF: (PAPER, INK, SECONDARY),
    Tone.WAIT: (AMBER, INK, INK),
    Tone.BAD: (RED, WHITE, WHITE),
}
"""The ground of a message, its text, and what is small in it."""

PAIRS: dict[str, tuple[Rgba, Rgba]] = {
    "text on paper": (INK, PAPER),
    "secondary on paper": (SECONDARY, PAPER),
    "strip": (WHITE, STRIP),
    "go": (WHITE, GO),
    "go pressed": (WHITE, GO_PRESSED),
    "plain button": (INK, WHITE),
    "plain button pressed": (WHITE, INK),
    "idle button": (SECONDARY, IDLE),
    "green": (WHITE, GREEN),
    "red": (WHITE, RED),
    "amber": (INK, AMBER),
    "text on the bar": (INK, BAR),
    **{f"row {tone}": (ink, PAPER) for tone, (_, ink) in TONES.items()},
    **{f"ballot {colour}": (INK, paper) for colour, paper in BALLOTS.items()},
}
"""Every pair of text and background that is drawn."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Pixels for one window. Lists are by squeeze: the first that lets everything fit is taken."""

    answer: int  # the font sizes: what must be heard or typed,
    headline: int  # the question or instruction,
    body: int  # what to do, names, buttons,
    small: int  # the rest,
    fine: int  # and what would not fit otherwise: the last of many warnings, the longest names of a crowd
    strip: int
    band: int  # the strip's second line, with warnings
    actions: int
    margin: int  # left and right of the content
    rims: tuple[int, ...]  # above the content; the first also below it, where nothing may move
    touch: int  # height of what is touched
    item: int  # height of a menu's item
    key: int  # side of a pad's key
    key_width: int
    between: int  # between two things to touch
    page_touch: tuple[int, ...]  # height of what is touched on a page, by squeeze
    read_row: tuple[int, ...]  # height of a row that is only read, by squeeze
    letter: tuple[int, ...]  # height of a key of the keyboard, by squeeze
    tile: tuple[int, ...]  # least height of a tile, by squeeze
    crowd_touch: int  # height of what is touched where the largest places have a crowd of it,
    crowd_between: int  # and what is between
    icon: int  # the big picture of a message
    go_width: int
    left_width: int
    field: int  # height of what is typed
    code_field: int  # the same of a code, on two lines
    code: int  # and its font size
    gaps: tuple[int, ...]
    stripe: int
    corner: int = 8

    @property
    def headlines(self) -> list[int]:
        return [self.headline] * 4 + [self.body]

    @property
    def answers(self) -> list[int]:
        return [self.answer, self.answer, self.headline, self.headline, self.body]

    @property
    def codes(self) -> list[int]:
        return [self.code] * 5

    @property
    def bodies(self) -> list[int]:
        return [self.body, self.body, self.small]

    @property
    def smalls(self) -> list[int]:
        return [self.small] * 4 + [self.fine]


LARGE = Sizes(
    answer=88,
    headline=64,
    body=32,
    small=24,
    fine=20,
    strip=64,
    band=48,
    actions=112,
    margin=32,
    rims=(24, 24, 24, 16, 16),
    touch=80,
    item=112,
    key=88,
    key_width=112,
    between=16,
    page_touch=(72, 72, 72, 72, 72),
    read_row=(56, 48, 40, 36, 32),
    letter=(72, 72, 64, 56, 56),
    tile=(104, 96, 88, 72, 64),
    crowd_touch=72,
    crowd_between=12,
    icon=240,
    go_width=656,
    left_width=288,
    field=104,
    code_field=144,
    code=56,
    gaps=(24, 16, 16, 8, 8),
    stripe=8,
)
SMALL = Sizes(
    answer=56,
    headline=44,
    body=24,
    small=18,
    fine=15,
    strip=40,
    band=24,
    actions=88,
    margin=16,
    rims=(8, 8, 8, 3, 2),
    touch=72,
    item=80,
    key=64,
    key_width=64,
    between=16,
    page_touch=(72, 60, 52, 45, 45),
    read_row=(36, 32, 28, 24, 20),
    letter=(64, 58, 52, 45, 40),
    tile=(80, 72, 60, 48, 45),
    crowd_touch=45,
    crowd_between=8,
    icon=136,
    go_width=488,
    left_width=200,
    field=52,
    code_field=84,
    code=34,
    gaps=(8, 8, 4, 1, 1),
    stripe=6,
)


def sizes_for(width: float, height: float) -> Sizes:
    """The sizes for a window; one between the two supported sizes gets the smaller type."""
    return LARGE if width >= 1280 and height >= 800 else SMALL
