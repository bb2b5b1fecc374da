"""The parts that screens are made of: ballots, answers, pad, notices. How they look is in `kv/shared.kv`."""

from collections.abc import Sequence

from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    OptionProperty,
    StringProperty,
)

from kiosk.display import theme
from kiosk.display.icons import Icon
from kiosk.display.layout import SQUEEZES, ColumnLayout, Gap, Part, RowLayout, Words
from kiosk.display.touch import Touchable
from kiosk.domain.screens import Ballot, Button, Choice

EDGE = 6  # pixels left and right of a key's text
PAD = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "clear", "0", "back")


class Paper(ColumnLayout):
    """A ballot to hand out, as a sheet of its paper."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    colour_name = StringProperty("")
    election = StringProperty("")
    paper = ColorProperty(theme.WHITE)


class Chip(RowLayout):
    """A ballot to hand out, as a strip of its paper on one line, where there is no room for sheets."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    text = StringProperty("")
    paper = ColorProperty(theme.WHITE)
    steps = ListProperty([24])


class WithheldBallot(RowLayout):
    """A ballot that is not handed out: no sheet, and the reason in words."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    text = StringProperty("")
    ink = ColorProperty(theme.INK)
    ground = ColorProperty(theme.PAPER)


class Papers(ColumnLayout):
    """All ballots of a voter: large and side by side on green, else small; the withheld ones after, in words."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    ballots = ObjectProperty(())
    ink = ColorProperty(theme.INK)
    ground = ColorProperty(theme.PAPER)
    form = OptionProperty("stack", options=["large", "stack", "line"])

    def on_kv_post(self, _base: object) -> None:
        """Build only when all is known, not once for each property."""
        ballots: Sequence[Ballot] = self.ballots
        given = [self._sheet(ballot) for ballot in ballots if not ballot.withheld]
        kept = [self._withheld(ballot) for ballot in ballots if ballot.withheld]
        if self.form == "stack":
            parts: list[Part] = [*given, *kept]
        elif self.form == "line":
            parts = [self._row([*given, *kept])] if ballots else []
        else:
            parts = [*([self._row(given)] if given else []), *kept]
        for part in parts:
            self.add_widget(part)

    def _row(self, parts: Sequence[Part]) -> RowLayout:
        row = RowLayout(gap=self.sizes.gaps[0])
        for part in parts:
            row.add_widget(part)
        if self.form == "large":
            for part in parts:
                part.basis = self.sizes.icon * 1.25
            row.add_widget(Part())
        return row

    def _sheet(self, ballot: Ballot) -> Part:
        paper = theme.BALLOTS[ballot.colour]
        if self.form == "large":
            return Paper(sizes=self.sizes, colour_name=ballot.colour_name, election=ballot.election, paper=paper)
        text = f"{ballot.colour_name} – {ballot.election}"
        steps = self.sizes.bodies if self.form == "stack" else self.sizes.smalls
        return Chip(sizes=self.sizes, text=text, paper=paper, steps=steps, share=len(text) + 4)

    def _withheld(self, ballot: Ballot) -> WithheldBallot:
        text = f"{ballot.colour_name} – {ballot.election}: {ballot.withheld}"
        return WithheldBallot(sizes=self.sizes, text=text, ink=self.ink, ground=self.ground, share=len(text) + 4)


class VoterLines(ColumnLayout):
    """Who stands there: name, number and address. Takes no place without a name."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    name = StringProperty("")
    number = StringProperty("")
    address = StringProperty("")
    quiet = ColorProperty(theme.SECONDARY)


class VoterLine(RowLayout):
    """The voter in small print: number and name."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    name = StringProperty("")
    number = StringProperty("")
    ink = ColorProperty(theme.INK)
    steps = ListProperty([24])


class Notice(RowLayout):
    """A bar that warns; without text it takes no place."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    text = StringProperty("")
    more = StringProperty("")
    code = StringProperty("")
    ground = ColorProperty(theme.AMBER)

    def wanted(self, width: float, squeeze: int, /) -> float:
        if not self.text:
            return 0
        return float(super().wanted(width, squeeze))


class DigitField(RowLayout):
    """Where the typed digits stand; on more than one of `lines` those of a code."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    text = StringProperty("")
    idle = BooleanProperty(False)
    empty = BooleanProperty(False)
    lines = NumericProperty(1)


class Key(Touchable):
    """A text, an icon or both, to touch."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    font_size = NumericProperty(32)
    value = StringProperty("")
    bold = BooleanProperty(True)
    icon_last = BooleanProperty(False)
    rim = NumericProperty(2)  # of the edge
    highs = ListProperty([])  # by squeeze, in place of `high`

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.words = Words(halign="center", valign="middle", lines=3)
        self.icon = Icon()
        self.add_widget(self.words)
        for name in ("text", "drawing", "drawing_side", "icon_last", "font_size", "sizes", "bold"):
            self.fbind(name, self._trigger_layout)
        self.fbind("ink", self._ink)
        self._ink()

    def wanted(self, _width: float, squeeze: int, /) -> float:
        return float(self.highs[squeeze] if self.highs else self.high)

    def do_layout(self, *_: object) -> None:
        side = self.drawing_side if self.drawing else 0
        edge = 2 * side if self.text and side else EDGE
        if side and self.icon.parent is None:
            self.add_widget(self.icon)
        self.icon.drawing, self.icon.size = self.drawing, (side, side)
        at = self.center_x if not self.text else self.right - edge / 2 if self.icon_last else self.x + edge / 2
        self.icon.center = round(at), round(self.center_y)
        self.words.text, self.words.bold = self.text, self.bold
        self.words.steps = [self.font_size, self.sizes.small, self.sizes.fine]
        left, right = (EDGE, edge) if self.icon_last else (edge, EDGE)
        self.words.pos, self.words.size = (self.x + left, self.y), (max(1, self.width - left - right), self.height)

    def _ink(self, *_: object) -> None:
        self.words.color = self.icon.ink = self.ink
        self.icon.ground = self.ground


class Grid(ColumnLayout):
    """Equal boxes in rows, at the foot of their place, so that nothing above them can move them."""

    between = NumericProperty(16)

    def fill(self, boxes: Sequence[Part], columns: int) -> None:
        self.clear_widgets()
        self.gaps = [self.between] * SQUEEZES
        self.add_widget(Gap())
        for at in range(0, len(boxes), columns):
            row = RowLayout(gap=self.between)
            line = boxes[at : at + columns]
            for box in line:
                row.add_widget(box)
            for _ in range(columns - len(line)):
                row.add_widget(Part())
            self.add_widget(row)


class Pad(Grid):
    """The number pad. It dispatches `on_key` with a digit, "back" or "clear"."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    clear = StringProperty("")
    idle = BooleanProperty(False)
    keys = ListProperty([])

    __events__ = ("on_key",)

    def on_key(self, value: str) -> None:
        """The default answer to a key: none."""

    def on_kv_post(self, _base: object) -> None:
        sizes: theme.Sizes = self.sizes
        self.between = sizes.between
        self.keys = [self._key(value) for value in PAD]
        self.fill(self.keys, 3)

    def _key(self, value: str) -> Key:
        sizes: theme.Sizes = self.sizes
        key = Key(sizes=sizes, value=value, high=sizes.key, at_once=True, stops=False, font_size=sizes.body, idle=self.idle)
        if value == "back":
            key.drawing, key.drawing_side = "backspace", sizes.body * 1.25
        elif value == "clear":
            key.text, key.font_size = self.clear, sizes.small
        else:
            key.text = value
        key.bind(on_tap=lambda tapped: self.dispatch("on_key", tapped.value))
        return key

    def on_idle(self, *_: object) -> None:
        for key in self.keys:
            key.idle = self.idle


class ChoiceGrid(Grid):
    """Answers of which one is chosen. It dispatches `on_choice` with the id of the one touched."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    choices = ObjectProperty(())
    chosen = StringProperty("")
    columns = NumericProperty(4)
    keys = ListProperty([])

    __events__ = ("on_choice",)

    def on_choice(self, value: str) -> None:
        """The default answer to a choice: none."""

    def on_kv_post(self, _base: object) -> None:
        sizes: theme.Sizes = self.sizes
        choices: Sequence[Choice] = self.choices
        self.between = sizes.between + 1  # boxes end on whole pixels, which may take one
        self.keys = [
            Key(sizes=sizes, value=choice.id, text=choice.text, high=sizes.touch, font_size=sizes.small) for choice in choices
        ]
        for key in self.keys:
            key.at_once, key.bold = True, False
            key.bind(on_tap=lambda tapped: self.dispatch("on_choice", tapped.value))
        self.fill(self.keys, min(int(self.columns), len(choices)) or 1)
        self.on_chosen()

    def on_chosen(self, *_: object) -> None:
        for key in self.keys:
            key.look = "chosen" if key.value == self.chosen else "plain"


class ItemGrid(Grid):
    """The menu. It dispatches `on_item` with the `Button` touched."""

    sizes = ObjectProperty(theme.LARGE, rebind=True)
    items = ObjectProperty(())
    keys = ListProperty([])

    __events__ = ("on_item",)

    def on_item(self, button: Button) -> None:
        """The default answer to an item: none."""

    def on_kv_post(self, _base: object) -> None:
        sizes: theme.Sizes = self.sizes
        items: Sequence[Button] = self.items
        self.between = self.spacing(len(items))
        self.keys = [
            Key(sizes=sizes, text=item.text, touch=item.touch, high=sizes.item, font_size=sizes.body) for item in items
        ]
        for key, item in zip(self.keys, items, strict=True):
            key.bind(on_tap=lambda _, item=item: self.dispatch("on_item", item))
        self.fill(self.keys, self.columns(len(items)))

    def spacing(self, _count: int) -> float:
        """Pixels between so many items."""
        return float(self.sizes.between + 1)  # boxes end on whole pixels, which may take one

    def columns(self, count: int) -> int:
        """In how many columns so many items stand."""
        return 2 if count <= 8 else 3
