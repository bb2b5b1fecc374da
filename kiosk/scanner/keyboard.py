"""From key codes to characters: a HID scanner types on a keyboard that doesn't exist.

The kernel reports keys, not characters, so the layout that the scanner imitates must be known. Caps Lock has no
effect: the lock belongs to the console from which the scanner was grabbed, and a card means the same with it on.
"""

from typing import Final, Literal

from evdev import ecodes

from kiosk.scanner.framing import NO_CHARACTER

Layout = Literal["us", "dk"]

RELEASED, PRESSED = 0, 1  # an event's value; 2 is autorepeat, which no barcode has

_NONE = "•"  # stands in the rows below where a key gives no character, as the dead accents do

_KEYS = (
    "GRAVE 1 2 3 4 5 6 7 8 9 0 MINUS EQUAL Q W E R T Y U I O P LEFTBRACE RIGHTBRACE "
    "A S D F G H J K L SEMICOLON APOSTROPHE BACKSLASH 102ND Z X C V B N M COMMA DOT SLASH"
)
_ROWS: Final[dict[Layout, tuple[str, str, str]]] = {
    "us": (
        "`1234567890-=qwertyuiop[]asdfghjkl;'\\<zxcvbnm,./",
        '~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|>ZXCVBNM<>?',
        _NONE * 48,
    ),
    "dk": (
        "½1234567890+•qwertyuiopå•asdfghjklæø'<zxcvbnm,.-",
        '§!"#¤%&/()=?•QWERTYUIOPÅ•ASDFGHJKLÆØ*>ZXCVBNM;:_',
        "••@£$€•{[]}•|••€•••••••••••••••••••••\\••••••••••",
    ),
}
_KEYPAD = "KP0 KP1 KP2 KP3 KP4 KP5 KP6 KP7 KP8 KP9 KPMINUS KPPLUS KPSLASH KPASTERISK KPEQUAL SPACE ENTER KPENTER TAB"
_KEYPAD_CHARS = "0123456789-+/*= \r\r\t"
_DECIMAL: Final[dict[Layout, str]] = {"us": ".", "dk": ","}

_SHIFTS = frozenset({ecodes.KEY_LEFTSHIFT, ecodes.KEY_RIGHTSHIFT})
_THIRD = frozenset({ecodes.KEY_RIGHTALT})
_ALT = ecodes.KEY_LEFTALT
# With these held, a scanner sends control characters: their keys are no part of the text.
_MUTES = frozenset({ecodes.KEY_LEFTCTRL, ecodes.KEY_RIGHTCTRL, _ALT, ecodes.KEY_LEFTMETA, ecodes.KEY_RIGHTMETA})
_MODIFIERS = _SHIFTS | _THIRD | _MUTES
_LOCKS = frozenset({ecodes.KEY_CAPSLOCK, ecodes.KEY_NUMLOCK, ecodes.KEY_SCROLLLOCK})
_ALT_DIGITS = 4  # digits of an Alt code at most


class Keyboard:
    """The keyboard that a scanner imitates, with the modifiers that are down. A new connection needs a new one."""

    __slots__ = ("_alt_code", "_down", "_levels")

    def __init__(self, layout: Layout) -> None:
        self._levels = tuple(_level(layout, row) for row in _ROWS[layout])
        self._down: set[int] = set()
        self._alt_code = ""

    def key(self, code: int, value: int) -> str:
        """The character of a key event, or `NO_CHARACTER`; nothing for releases, autorepeat, modifiers and locks.

        An Alt code, digits of the keypad while Alt is held, is its character when Alt is let go.
        """
        if code in _MODIFIERS:
            if value != RELEASED:
                self._down.add(code)
                return ""
            self._down.discard(code)
            return self._end_alt_code() if code == _ALT else ""
        if value != PRESSED or code in _LOCKS:
            return ""
        if _ALT in self._down and code in _KEYPAD_DIGITS:
            self._alt_code = (self._alt_code + _KEYPAD_DIGITS[code])[: _ALT_DIGITS + 1]
            return ""
        if self._down & _MUTES:
            return NO_CHARACTER
        plain, shifted, third = self._levels
        level = third if self._down & _THIRD else shifted if self._down & _SHIFTS else plain
        return level.get(code, NO_CHARACTER)

    def _end_alt_code(self) -> str:
        """As Windows reads it: with a zero before it, it is of Windows' code page, else of the console's."""
        digits, self._alt_code = self._alt_code, ""
        if not digits:
            return ""
        page = "cp1252" if digits.startswith("0") else "cp850"
        return bytes([int(digits) % 256]).decode(page, "replace") if len(digits) <= _ALT_DIGITS else NO_CHARACTER


def _level(layout: Layout, row: str) -> dict[int, str]:
    chars = dict(zip(_codes(_KEYS), row, strict=True))
    chars |= zip(_codes(_KEYPAD), _KEYPAD_CHARS, strict=True)
    chars[ecodes.KEY_KPDOT] = _DECIMAL[layout]
    return {code: char for code, char in chars.items() if char != _NONE}


def _codes(names: str) -> list[int]:
    return [getattr(ecodes, f"KEY_{name}") for name in names.split()]


_KEYPAD_DIGITS = dict(zip(_codes(_KEYPAD), _KEYPAD_CHARS[:10], strict=False))
