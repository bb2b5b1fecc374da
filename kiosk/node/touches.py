"""What a touch says, and whether it may be said: read once here, against the screen that it was made on."""

from collections.abc import Callable
from datetime import date

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain.entries import How
from kiosk.domain.screens import Screen, Touch
from kiosk.node.types import Now


def is_offered(touch: str, screen: Screen) -> bool:
    """Whether the screen offers this touch."""
    return any(button.touch == touch for button in screen.buttons())


def approval(touch: Touch, *, keyed: bool) -> d.Approve | None:
    """The approval that a touch stands for; None where the display has sent what no clerk can key."""
    try:
        how = How(touch.value("how") or How.SPOKEN)
    except ValueError:
        return None
    if not keyed or how is How.KNOWN:
        return d.Approve(how)
    born = touch.value("pad")
    if len(born) != 8 or not born.isdecimal():
        return None
    try:
        return d.Approve(how, date(int(born[4:]), int(born[2:4]), int(born[:2])))
    except ValueError:
        return d.Approve(how)  # an impossible date is a wrong one


class PinPad:
    """The chair's PIN, with a pause after too many wrong ones."""

    def __init__(self, is_right: Callable[[str], bool]) -> None:
        self._is_right = is_right
        self._wrong = 0
        self._paused_until_ms = 0

    def given(self, pin: str, now: Now) -> d.PinGiven:
        """What a keyed PIN comes to."""
        if now.mono_ms < self._paused_until_ms:
            return d.PinGiven(right=False, paused=True)
        right = self._is_right(pin)
        self._wrong = 0 if right else self._wrong + 1
        if self._wrong >= limits.PIN_TRIES:
            self._wrong, self._paused_until_ms = 0, now.mono_ms + limits.PIN_PAUSE_MS
        return d.PinGiven(right)
