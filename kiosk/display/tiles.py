"""Many of a kind at a glance: how each stands by fill, sign and word."""

from typing import Any

from kiosk.display import theme
from kiosk.display.icons import Icon
from kiosk.display.layout import SQUEEZES, ColumnLayout, RowLayout, Words, measure
from kiosk.display.parts import Grid
from kiosk.display.touch import Touchable
from kiosk.domain import screens
from kiosk.domain.screens import Block, Button, Tile, Tone

INSIDE = 4  # pixels between the parts of a tile, and at its edges
ROOMY = 12  # up to so many tiles have larger type
LOOKS = {Tone.GOOD: "plain", Tone.WAIT: "wait", Tone.BAD: "bad", Tone.OFF: "quiet"}


class TileBox(Touchable):
    """One tile, to touch if it has a word for that."""

    def __init__(self, tile: Tile, view: Any, *, roomy: bool) -> None:
        sizes: theme.Sizes = view.sizes
        self.sizes, self.tile = sizes, tile
        big = [sizes.body] * 3 + [sizes.small] * 2
        self.name = Words(bold=True, lines=1, steps=[*big, sizes.fine], share=0)
        self.figure = Words(lines=1, steps=[*(big if roomy else [sizes.small] * SQUEEZES), sizes.fine])
        self.line = Words(lines=2, steps=sizes.smalls if roomy else [sizes.fine])
        side = sizes.small if roomy or sizes is theme.LARGE else sizes.fine
        self.sign = Icon(basis=side, high=side)
        inside = INSIDE if sizes is theme.SMALL and not roomy else 2 * INSIDE
        top = RowLayout(gap=inside, align="middle")
        for part in (self.name, self.figure, self.sign):
            top.add_widget(part)
        self.inner = ColumnLayout(padding=[inside, 2], middle=True)
        self.inner.add_widget(top)
        self.inner.add_widget(self.line)
        super().__init__(touch=tile.touch, stops=bool(tile.touch))
        self.add_widget(self.inner)
        self.bind(on_tap=lambda _: view.dispatch("on_item", Button(self.tile.touch, self.tile.name)))
        for name in ("ink", "ground"):
            self.fbind(name, self._ink)
        self.tell(tile)

    def tell(self, tile: Tile) -> None:
        self.tile, self.look = tile, LOOKS[tile.tone]
        self.name.text, self.figure.text, self.line.text = tile.name, tile.figure, tile.text
        self.sign.drawing = theme.TONES[tile.tone][0]
        self._ink()

    def wanted(self, width: float, squeeze: int, /) -> float:
        self._name_wide(squeeze)
        return max(float(self.sizes.tile[squeeze]), float(self.inner.wanted(width, squeeze)))

    def do_layout(self, *_: object) -> None:
        self._name_wide(int(self.squeeze))
        self.inner.squeeze = self.squeeze
        self.inner.pos, self.inner.size = self.pos, self.size

    def on_touch_down(self, touch: Any) -> bool:
        return bool(self.tile.touch) and super().on_touch_down(touch)

    def _name_wide(self, squeeze: int) -> None:
        steps = self.name.steps
        self.name.basis = measure(self.tile.name, int(steps[min(squeeze, len(steps) - 1)]), True, 0)[0] + 2

    def _ink(self, *_: object) -> None:
        for part in (self.name, self.figure, self.line):
            part.color = self.ink
        self.sign.ink, self.sign.ground = self.ink, self.ground


class TilesBox(Grid):
    """All tiles, in the order in which they are told."""

    def __init__(self, block: screens.Tiles, view: Any) -> None:
        sizes: theme.Sizes = view.sizes
        super().__init__(between=sizes.crowd_between + 1)
        self.block = block
        count = len(block.tiles)
        self.boxes = [TileBox(tile, view, roomy=count <= ROOMY) for tile in block.tiles]
        self.fill(self.boxes, 5 if count > ROOMY else 4 if count > 6 else 3)
        if count > ROOMY:
            self.gaps = [*self.gaps[:3], sizes.crowd_between, sizes.crowd_between // 2]

    def tell(self, block: Block) -> bool:
        if not isinstance(block, screens.Tiles) or _asks(block) != _asks(self.block):
            return False
        self.block = block
        for box, tile in zip(self.boxes, block.tiles, strict=True):
            box.tell(tile)
        return True


def _asks(block: screens.Tiles) -> list[str]:
    return [tile.touch for tile in block.tiles]
