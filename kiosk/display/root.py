"""The whole window: it shows one `Screen` after the other and says what was touched on it.

Only what the clerk has really seen can be touched: a finger that landed before the frame was drawn, or on a screen that asked
something else, or twice, sends nothing. What a screen only tells may change under the finger.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from kivy.properties import ObjectProperty
from kivy.uix.widget import Widget

from kiosk.display import entry, theme
from kiosk.display.bars import ActionsBar, StripBar, Stripes, Warnings
from kiosk.display.contents import ContentView, load_rules, view_of
from kiosk.display.cursor import MOVES, TAB, Cursor
from kiosk.display.layout import measure
from kiosk.display.touch import Touchable
from kiosk.domain.screens import BirthDate, Button, Pin, Screen, Sheet, Touch

AGAIN_S = 1.0  # seconds after which a sent touch may be made again: the node may have dropped it
DOUBLE_TAP_S = 0.25  # seconds in which a second tap belongs to the first, even if the screen has changed meanwhile
STRAY_S = 0.5  # seconds after characters that are a scanner's in which Enter and Space are too
BURST = 6  # characters in a row, each so soon after the one before: a scanner types so, no hand
BURST_S = 0.1
ENTER = (13, 271)
ESCAPE = 27
BACKSPACE = 8


class RootWidget(Widget):
    """The root widget. `send` gets every touch; `now` is a monotonic clock in seconds."""

    sizes = ObjectProperty(theme.LARGE)

    def __init__(self, send: Callable[[Touch], None], now: Callable[[], float] = time.monotonic) -> None:
        load_rules()
        super().__init__()
        self.screen: Screen | None = None
        self.entry = entry.TypedInput()
        self.view: ContentView | None = None
        self.drawn = False  # whether a frame with these buttons and this content has been shown
        self._send, self._now = send, now
        self._sent_at: float | None = None  # when a touch of this screen was sent
        self._tapped_at = -DOUBLE_TAP_S
        self._stray_at = -STRAY_S
        self._typed_at, self._burst = -BURST_S, 0
        self._held: set[int] = set()
        self.strip, self.warnings = StripBar(), Warnings()
        self.actions, self.stripes = ActionsBar(), Stripes()
        self.cursor = Cursor()
        for widget in (self.actions, self.warnings, self.strip, self.stripes, self.cursor):
            self.add_widget(widget)
        self.actions.left_key.bind(on_tap=lambda _: self._left())
        self.actions.right_key.bind(on_tap=lambda _: self._right())
        self.bind(size=self._place, pos=self._place)

    def show(self, screen: Screen) -> None:
        """Draw `screen` from the next frame on."""
        old, self.screen = self.screen, screen
        same = old is not None and old.asks == screen.asks
        if old is None:
            self.entry = entry.fresh(screen.content)
        else:
            self.entry = entry.carried(old, self.entry, screen, self._sent_at is not None)
        if not same:
            self._sent_at, self.drawn = None, False
            self._let_go()
            self.cursor.leave()
            self.actions.show(screen.left, screen.right, screen.content)
        if not self._keeps_view(old, screen):
            self._build(screen)
        self.strip.strip = screen.strip
        self.stripes.shown = bool(screen.strip.training)
        self._refresh()
        self._place()

    def _keeps_view(self, old: Screen | None, screen: Screen) -> bool:
        """Whether the view that stands shows `screen` too."""
        if old is None or self.view is None or old.strip.language != screen.strip.language:
            return False
        return old.content == screen.content or (old.asks == screen.asks and self.view.retell(screen.content))

    def text(self, text: str) -> None:
        """Characters from a keyboard."""
        if self.screen is None or self.view is None:
            return
        self._time(text)
        if self.cursor.at is not None and not self.view.field_of(self.cursor.at):
            self._to_cursor(text)
        elif entry.room(self.screen.content, self.entry):
            for sign in text:
                self._key(sign)
        elif text.strip():
            self._stray_at = self._now()

    def _time(self, text: str) -> None:
        """A scanner is told from a hand by its speed, where what it types goes into a field, a birth date or a PIN."""
        now = self._now()
        self._burst = self._burst + len(text) if now - self._typed_at < BURST_S else len(text)
        self._typed_at = now
        if self._burst >= BURST and isinstance(self.screen and self.screen.content, Sheet | BirthDate | Pin):
            self._stray_at = now

    def _to_cursor(self, text: str) -> None:
        if text != " ":
            self._stray_at = self._now()
        elif self.cursor.at is not None and not self._is_stray():
            self.cursor.at.dispatch("on_tap")

    def _is_stray(self) -> bool:
        return self._now() - self._stray_at < STRAY_S

    def key_down(self, key: int, *, shift: bool = False) -> None:
        """A key of a keyboard; one that is held down counts once, but for Backspace and those that move the focus."""
        if key == BACKSPACE:
            self._key("back")
            return
        if key == TAB or key in MOVES:
            self._move(key, back=shift)
            return
        if key in self._held:
            return
        self._held.add(key)
        if key in ENTER and not self._is_stray():
            if self.view is not None and self.cursor.at is not None and not self.view.field_of(self.cursor.at):
                self.cursor.at.dispatch("on_tap")
            else:
                self._right()
        elif key == ESCAPE:
            self._left()

    def _move(self, key: int, *, back: bool) -> None:
        """A page can be worked by keyboard alone: the focus goes on to the next thing that can be touched."""
        if self.screen is None or self.view is None or not isinstance(self.screen.content, Sheet):
            return
        if self._is_stray():
            return  # a scanner may end with Tab too
        stops = [part for part in self.walk() if isinstance(part, Touchable) and part.stops and not part.idle]
        start = next((stop for stop in stops if self.view.field_of(stop) == self.entry.focus != ""), None)
        at = self.cursor.move(stops, key, back, start)
        field = self.view.field_of(at) if at is not None else ""
        self._enter(replace(self.entry, focus=field) if field else self.entry)

    def key_up(self, key: int) -> None:
        self._held.discard(key)

    def on_touch_down(self, touch: object) -> bool:
        """Nothing can be touched before it was seen, nor right after a tap that was sent."""
        if not self.drawn or self._now() - self._tapped_at < DOUBLE_TAP_S:
            return True
        self.cursor.leave()
        self._refresh()
        return bool(super().on_touch_down(touch))

    def _left(self) -> None:
        if self.screen is not None and self.screen.left is not None:
            self._answer(self.screen.left)

    def _right(self) -> None:
        screen = self.screen
        if screen is not None and screen.right is not None and entry.complete(screen.content, self.entry):
            self._answer(screen.right)

    def _answer(self, button: Button) -> None:
        now = self._now()
        waiting = self._sent_at is not None and now - self._sent_at < AGAIN_S
        if self.screen is None or not self.drawn or waiting or now - self._tapped_at < DOUBLE_TAP_S:
            return
        self._sent_at = self._tapped_at = now
        self._send(entry.answer(self.screen, self.entry, button))

    def _key(self, value: str) -> None:
        if self.screen is None or self._busy():
            return
        content = self.screen.content
        if value in ("back", "clear"):
            self._enter(entry.erased(self.entry, all_of_it=value == "clear"))
        else:
            self._enter(entry.typed(content, self.entry, value))

    def _choose(self, name: str, choice: str) -> None:
        if self.screen is not None and not self._busy():
            self._enter(entry.chosen(self.screen.content, self.entry, name, choice))

    def _busy(self) -> bool:
        return self._sent_at is not None and self._now() - self._sent_at < AGAIN_S

    def _enter(self, changed: entry.TypedInput) -> None:
        self.entry = changed
        self._refresh()

    def _refresh(self) -> None:
        if self.screen is None or self.view is None:
            return
        elsewhere = self.cursor.at is not None and not self.view.field_of(self.cursor.at)
        self.view.enter(replace(self.entry, focus="") if elsewhere else self.entry)
        self.actions.right_key.idle = not entry.complete(self.screen.content, self.entry)

    def _let_go(self) -> None:
        """Forget every finger that is on its way: what it was aimed at is not asked any more."""
        for widget in self.walk():
            if isinstance(widget, Touchable):
                widget.let_go()

    def _build(self, screen: Screen) -> None:
        if self.view is not None:
            self.remove_widget(self.view)
        self.cursor.leave()
        measure.cache_clear()  # it holds the last voter's name
        self.view = view_of(screen.content, self.sizes, screen.strip.language)
        self.view.bind(
            on_key=lambda _, value: self._key(value),
            on_choice=lambda _, name, value: self._choose(name, value),
            on_focus=lambda _, name: self._enter(replace(self.entry, focus=name)),
            on_item=lambda _, button: self._answer(button),
        )
        self.add_widget(self.view, index=len(self.children))

    def _place(self, *_: object) -> None:
        sizes = theme.sizes_for(self.width, self.height)
        if sizes is not self.sizes:
            self.sizes = sizes
            if self.view is not None and self.screen is not None:
                self._build(self.screen)
                self._refresh()
        for bar in (self.strip, self.warnings, self.actions):
            bar.sizes = sizes
        self.strip.pos, self.strip.size = (self.x, self.top - sizes.strip), (self.width, sizes.strip)
        self.strip.arrange()
        if self.screen is not None:
            self.warnings.tell((*self.strip.leftover(), *self.screen.strip.warnings), self.width)
        band = self.warnings.wanted(self.width, 0)
        self.warnings.pos, self.warnings.size = (self.x, self.top - sizes.strip - band), (self.width, band)
        self.actions.pos, self.actions.size = self.pos, (self.width, sizes.actions)
        self.stripes.pos, self.stripes.size, self.stripes.wide = self.pos, self.size, sizes.stripe
        if self.view is not None:
            self.view.pos = (self.x, self.y + sizes.actions)
            self.view.size = (self.width, self.height - sizes.strip - band - sizes.actions)
        self.cursor.draw()
