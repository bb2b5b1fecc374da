"""The window and its frames: what is shown, and when it really has been.

The order matters: a screen counts as drawn only after the frame with it was handed to the display.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kivy.base import EventLoop
from kivy.config import Config

from kiosk.display.root import RootWidget
from kiosk.domain.screens import Screen, Touch


class Stage:
    """Kivy's one window with the face in it. `drawn` is told each screen once its frame was shown."""

    def __init__(
        self,
        send: Callable[[Touch], None],
        drawn: Callable[[Screen], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        if Config.has_option("input", "%(name)s"):
            Config.remove_option("input", "%(name)s")  # a second provider would count every touch twice
        from kivy.core.window import Window  # importing it opens the window

        if Window is None:
            raise RuntimeError("no window: SDL found no usable video driver")
        self.window: Any = Window
        self.window.set_title("valgbord")
        self._send, self._drawn, self._now = send, drawn, now
        self._waiting: Screen | None = None
        self._pictures: list[Path] = []
        self.renew()
        self._bound = {
            "size": self._fit,
            "on_flip": self._flip,
            "on_key_down": self._key_down,
            "on_key_up": self._key_up,
            "on_textinput": self._text,
        }
        self.window.bind(**self._bound)

    def show(self, screen: Screen) -> None:
        """Show `screen` with the next frame; one that was not drawn yet is skipped."""
        self.root.show(screen)
        self._waiting = screen
        self.window.canvas.ask_update()  # a screen that looks the same needs its frame too

    def renew(self) -> None:
        """Begin with a new face: the old one may be broken."""
        for child in list(self.window.children):
            self.window.remove_widget(child)
        self.root = RootWidget(self._send, self._now)
        self.window.add_widget(self.root)
        self._fit()

    def picture(self, path: Path) -> None:
        """Save the next frame."""
        self._pictures.append(path)
        self.window.canvas.ask_update()

    def close(self) -> None:
        """Leave the window to the next stage."""
        self.window.unbind(**self._bound)
        self.window.remove_widget(self.root)

    def settle(self) -> None:
        """Run the loop until the screen shown last is drawn."""
        while self._waiting is not None:
            EventLoop.idle()

    def _fit(self, *_: object) -> None:
        self.root.size = self.window.size

    def _flip(self, window: Any) -> bool:
        for path in self._pictures:  # before the flip: after it the back buffer is undefined
            Path(window.screenshot(str(path))).replace(path)
        self._pictures.clear()
        window.flip()
        screen, self._waiting = self._waiting, None
        if screen is not None:
            self.root.drawn = True
            self._drawn(screen)
        return True  # flipped already

    def _key_down(self, _window: Any, key: int, _scancode: int, _text: str, modifiers: list[str]) -> bool:
        self.root.key_down(key, shift="shift" in modifiers)
        return True

    def _key_up(self, _window: Any, key: int, *_: object) -> bool:
        self.root.key_up(key)
        return True

    def _text(self, _window: Any, text: str) -> bool:
        self.root.text(text)
        return True
