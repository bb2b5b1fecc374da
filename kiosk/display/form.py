"""What a page's form is made of: fields, choices, and a keyboard on the screen."""

from typing import Any

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk.display import entry, theme
from kiosk.display.layout import SQUEEZES, Part, RowLayout, Words, measure
from kiosk.display.parts import EDGE, ChoiceGrid, Grid, Key
from kiosk.domain import screens
from kiosk.domain.screens import Block, Sheet

LABEL = 0.26  # of the width that the label takes

DIGITS = ("1234567890+",)
LETTERS = ("qwertyuiopå", "asdfghjklæø", "⇧zxcvbnm,.←", "#-      ?:@")
SIGNS = ("1234567890+", "-/()&%\"'=!?", "*§_;<>€£,.←", "#-      ?:@")


class InField(Key):
    """The box of a field: what is keyed stands at its left; the one that takes what is keyed has a blue edge."""

    focused = BooleanProperty(False)
    hint = StringProperty("")

    def __init__(self, **kwargs: object) -> None:
        super().__init__(bold=False, at_once=True, **kwargs)
        self.words.halign = "left"
        for name in ("focused", "hint"):
            self.fbind(name, self._paint)
            self.fbind(name, self._trigger_layout)

    def do_layout(self, *_: object) -> None:
        width, height = max(1, int(self.width - 4 * EDGE)), max(1, self.height - EDGE)
        told, steps = str(self.text) or self.hint, (self.font_size, self.sizes.small, self.sizes.fine)
        fits = next((step for step in steps if measure(told, int(step), self.bold, width)[1] <= height), self.sizes.fine)
        self.words.steps, self.words.bold, self.words.text = [fits], self.bold, self._end(told, width, height)
        self.words.pos, self.words.size = (self.x + 2 * EDGE, self.y), (width, self.height)
        self._ink()

    def _end(self, told: str, width: int, height: float) -> str:
        """As much of what is keyed as there is room for, up to its end."""
        while len(told) > 10 and measure(told, self.sizes.fine, self.bold, width)[1] > height:
            told = "…" + told[10:]
        return told

    def _paint(self, *_: object) -> None:
        self.ground, self.ink = theme.WHITE, theme.INK
        self.edge, self.rim = (theme.GO, 4) if self.focused else (theme.SECONDARY, 2)

    def _ink(self, *_: object) -> None:
        self.words.color = theme.INK if self.text and self.text != self.hint else theme.SECONDARY


class _Labelled(RowLayout):
    """A label at the left of what it names."""

    def __init__(self, label: str, part: Part, sizes: theme.Sizes) -> None:
        super().__init__(gap=sizes.between, align="middle")
        self.label = Words(text=label, share=LABEL, steps=[*[sizes.small] * SQUEEZES, sizes.fine], lines=2)
        part.share = 1 - LABEL
        self.add_widget(self.label)
        self.add_widget(part)


class FieldBox(_Labelled):
    """A field with its label."""

    def __init__(self, block: screens.Field, view: Any) -> None:
        sizes: theme.Sizes = view.sizes
        self.block = block
        self.box = InField(sizes=sizes, highs=list(sizes.page_touch), font_size=sizes.body)
        self.box.bind(on_tap=lambda _: view.dispatch("on_focus", self.block.field))
        super().__init__(block.label, self.box, sizes)

    def tell(self, block: Block) -> bool:
        if not isinstance(block, screens.Field) or block.field != self.block.field or block.keys != self.block.keys:
            return False
        self.block, self.label.text = block, block.label
        return True

    def enter(self, sheet: Sheet, entered: entry.TypedInput) -> None:
        self.box.hint = self.block.hint
        self.box.text = entry.shown(sheet, entered, self.block)
        self.box.focused = entered.focus == self.block.field


class ChoicesBox(_Labelled):
    """Answers with what they answer."""

    def __init__(self, block: screens.Choices, view: Any) -> None:
        sizes: theme.Sizes = view.sizes
        self.block = block
        columns = 4 if len(block.choices) <= 8 else 6
        self.answers = ChoiceGrid(sizes=sizes, choices=block.choices, columns=columns)
        for key in self.answers.keys:
            key.highs = list(sizes.page_touch)
        self.answers.bind(on_choice=lambda _, value: view.dispatch("on_choice", self.block.field, value))
        super().__init__(block.label, self.answers, sizes)

    def tell(self, block: Block) -> bool:
        if not isinstance(block, screens.Choices) or _ids(block) != _ids(self.block):
            return False
        self.block, self.label.text = block, block.label
        for key, choice in zip(self.answers.keys, block.choices, strict=True):
            key.text = choice.text
        return True

    def enter(self, _sheet: Sheet, entered: entry.TypedInput) -> None:
        self.answers.chosen = entered.value(self.block.field)


def _ids(block: screens.Choices) -> list[str]:
    return [block.field, *(choice.id for choice in block.choices)]


class ScreenKeyboard(Grid):
    """A Danish keyboard. It dispatches `on_key` with a character or "back"; Shift holds for one letter.

    Where there is room digits stand above the letters; elsewhere a key goes to them and to the signs, and back.
    """

    sizes = ObjectProperty(theme.LARGE)
    digits_only = BooleanProperty(False)
    signs = BooleanProperty(False)
    shift = BooleanProperty(False)

    __events__ = ("on_key",)

    def on_key(self, value: str) -> None:
        """The default answer to a key: none."""

    def on_kv_post(self, _base: object) -> None:
        sizes: theme.Sizes = self.sizes
        self.gaps = [sizes.crowd_between] * 2 + [sizes.crowd_between // 2] * (SQUEEZES - 2)
        self.above = DIGITS if sizes is theme.LARGE else ()
        self.keys: list[tuple[int, int, Key]] = []
        for line, signs in enumerate((*self.above, *LETTERS)):
            row = RowLayout(gap=sizes.crowd_between)
            for at, sign in enumerate(signs):
                if sign == " " and signs[at - 1] == " ":
                    continue
                key = Key(sizes=sizes, highs=list(sizes.letter), at_once=True, stops=False, font_size=sizes.body, bold=False)
                key.share = signs.count(" ") if sign == " " else 1
                key.bind(on_tap=lambda key: self._tapped(key.value))
                self.keys.append((line, at, key))
                row.add_widget(key)
            self.add_widget(row)
        for name in ("signs", "shift"):
            self.fbind(name, self._label)
        self.fbind("digits_only", self._only)
        self._label()

    def _only(self, *_: object) -> None:
        self.signs = self.digits_only and not self.above

    def _label(self, *_: object) -> None:
        plane = (*self.above, *(SIGNS if self.signs else LETTERS))
        for line, at, key in self.keys:
            sign = plane[line][at]
            sign = sign.upper() if self.shift else sign
            key.value = {"⇧": "shift", "←": "back", "#": "signs"}.get(sign, sign)
            key.text = {"back": "", "shift": "", "signs": "abc" if self.signs else "123", " ": ""}.get(key.value, sign)
            key.drawing = key.value if key.value in ("back", "shift") else ""
            key.drawing = "backspace" if key.drawing == "back" else key.drawing
            key.drawing_side = self.sizes.body if key.drawing else 0
            key.look = "chosen" if key.value == "shift" and self.shift else "plain"

    def _tapped(self, value: str) -> None:
        if value in ("shift", "signs"):
            setattr(self, value, not getattr(self, value))
            return
        self.dispatch("on_key", value)
        self.shift = False
