"""The keyboard that a scanner imitates: from key events to characters."""

import pytest
from evdev import ecodes
from hypothesis import given
from hypothesis import strategies as st

from kiosk.scanner.framing import NO_CHARACTER
from kiosk.scanner.keyboard import PRESSED, RELEASED, Keyboard

REPEATED = 2


def typed(layout, *names):
    """What keys give when each is pressed and released; "SHIFT+KEY" holds the first meanwhile."""
    keyboard = Keyboard(layout)
    chars = ""
    for name in names:
        codes = [getattr(ecodes, f"KEY_{part}") for part in name.split("+")]
        chars += "".join(keyboard.key(code, PRESSED) for code in codes)
        chars += "".join(keyboard.key(code, RELEASED) for code in reversed(codes))
    return chars


@pytest.mark.parametrize("layout", ["us", "dk"])
def test_digits_and_letters(layout):
    """Digits from the row and the keypad, and letters in both cases, are the same in both layouts."""
    assert typed(layout, *"0123456789") == "0123456789"
    assert typed(layout, *(f"KP{digit}" for digit in "0123456789")) == "0123456789"
    assert typed(layout, *"ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "abcdefghijklmnopqrstuvwxyz"
    assert typed(layout, "LEFTSHIFT+A", "RIGHTSHIFT+Z") == "AZ"
    assert typed(layout, "KPMINUS", "KPPLUS", "KPSLASH", "KPASTERISK", "KPEQUAL", "SPACE") == "-+/*= "


@pytest.mark.parametrize("layout", ["us", "dk"])
def test_terminators(layout):
    """Either Enter is CR and Tab is Tab, with Shift or without."""
    assert typed(layout, "ENTER", "KPENTER", "TAB", "LEFTSHIFT+ENTER") == "\r\r\t\r"


@pytest.mark.parametrize(
    ("layout", "keys", "chars"),
    [
        ("us", ["MINUS", "EQUAL", "DOT", "COMMA", "SLASH", "SEMICOLON", "APOSTROPHE"], "-=.,/;'"),
        ("us", ["LEFTBRACE", "RIGHTBRACE", "BACKSLASH", "GRAVE", "KPDOT"], "[]\\`."),
        ("us", ["LEFTSHIFT+EQUAL", "LEFTSHIFT+SEMICOLON", "LEFTSHIFT+SLASH", "LEFTSHIFT+MINUS"], "+:?_"),
        ("us", [f"RIGHTSHIFT+{digit}" for digit in "1234567890"], "!@#$%^&*()"),
        ("us", ["RIGHTBRACE", "LEFTSHIFT+C", "1"], "]C1"),
        ("dk", ["SLASH", "MINUS", "DOT", "COMMA", "BACKSLASH", "102ND", "KPDOT"], "-+.,'<,"),
        ("dk", ["LEFTSHIFT+SLASH", "LEFTSHIFT+7", "LEFTSHIFT+0", "LEFTSHIFT+DOT"], "_/=:"),
        ("dk", [f"RIGHTSHIFT+{digit}" for digit in "1234567890"], '!"#¤%&/()='),
        ("dk", ["SEMICOLON", "APOSTROPHE", "LEFTBRACE"], "æøå"),
        ("dk", ["LEFTSHIFT+SEMICOLON", "LEFTSHIFT+APOSTROPHE", "LEFTSHIFT+LEFTBRACE"], "ÆØÅ"),
        ("dk", ["RIGHTALT+7", "RIGHTALT+8", "RIGHTALT+9", "RIGHTALT+0", "RIGHTALT+2", "RIGHTALT+102ND"], "{[]}@\\"),
        ("dk", ["RIGHTALT+9", "LEFTSHIFT+E", "0"], "]E0"),
    ],
)
def test_punctuation(layout, keys, chars):
    """The marks on cards and the AIM identifier stand where each layout has them."""
    assert typed(layout, *keys) == chars


def test_either_shift_holds():
    """Releasing one Shift while the other is down leaves the letters upper case."""
    keyboard = Keyboard("us")
    keyboard.key(ecodes.KEY_LEFTSHIFT, PRESSED)
    keyboard.key(ecodes.KEY_RIGHTSHIFT, PRESSED)
    keyboard.key(ecodes.KEY_LEFTSHIFT, RELEASED)
    assert keyboard.key(ecodes.KEY_A, PRESSED) == "A"

    keyboard.key(ecodes.KEY_RIGHTSHIFT, RELEASED)
    assert keyboard.key(ecodes.KEY_A, PRESSED) == "a"


def test_autorepeat_and_release_give_nothing():
    """A key that is stuck counts once."""
    keyboard = Keyboard("us")

    assert keyboard.key(ecodes.KEY_7, PRESSED) == "7"
    assert [keyboard.key(ecodes.KEY_7, REPEATED) for _ in range(1000)] == [""] * 1000
    assert keyboard.key(ecodes.KEY_7, RELEASED) == ""


@pytest.mark.parametrize("layout", ["us", "dk"])
def test_caps_lock_changes_nothing(layout):
    """A card means the same with Caps Lock on."""
    assert typed(layout, "CAPSLOCK", "A", "1", "LEFTSHIFT+B", "CAPSLOCK", "A") == "a1Ba"


def test_control_codes_are_no_text():
    """Ctrl+] is a group separator, and no digit of a number; nor is what is typed with AltGr or the logo key."""
    assert typed("us", "LEFTCTRL+RIGHTBRACE", "RIGHTALT+5", "LEFTMETA+1", "2") == NO_CHARACTER * 3 + "2"


@pytest.mark.parametrize(
    ("keys", "char"),
    [
        ("055", "7"),
        ("55", "7"),
        ("0055", "7"),
        ("311", "7"),  # only what is left after 256 counts
        ("083", "S"),
        ("013", "\r"),
        ("0230", "æ"),  # with a zero before it, of Windows' code page
        ("145", "æ"),  # without, of the console's
        ("0129", NO_CHARACTER),  # there is none
        ("00055", NO_CHARACTER),
        ("7" * 999, NO_CHARACTER),
    ],
)
@pytest.mark.parametrize("layout", ["us", "dk"])
def test_alt_codes(layout, keys, char):
    """Alt held over the keypad's digits is the character of that number, whatever the layout, and comes when Alt is let go."""
    keyboard = Keyboard(layout)
    assert keyboard.key(ecodes.KEY_LEFTALT, PRESSED) == ""
    for digit in keys:
        code = ecodes.ecodes[f"KEY_KP{digit}"]
        assert keyboard.key(code, PRESSED) + keyboard.key(code, RELEASED) == ""
    assert keyboard.key(ecodes.KEY_LEFTALT, RELEASED) == char
    assert keyboard.key(ecodes.KEY_LEFTALT, RELEASED) == ""
    assert keyboard.key(ecodes.KEY_KP5, PRESSED) == "5"


def test_alt_codes_in_one_report():
    """Scanners press Alt and several keys at once, and let go of all at once, Alt first."""
    keyboard = Keyboard("us")
    keys = [ecodes.KEY_LEFTALT, ecodes.KEY_KP0, ecodes.KEY_KP8, ecodes.KEY_KP3]
    assert [keyboard.key(code, value) for value in (PRESSED, RELEASED) for code in keys] == [*[""] * 4, "S", *[""] * 3]


def test_alt_without_a_code():
    """Alt alone is nothing, and Alt with another key no character."""
    assert typed("us", "LEFTALT", "LEFTALT+A", "1") == NO_CHARACTER + "1"


@given(
    layout=st.sampled_from(["us", "dk"]),
    events=st.lists(st.tuples(st.integers(-1, 0x2FF), st.integers(-1, 3))),
)
def test_any_key_event_is_harmless(layout, events):
    """Whatever key and value comes, a Keyboard gives one character or none."""
    keyboard = Keyboard(layout)
    assert all(len(keyboard.key(code, value)) <= 1 for code, value in events)


def test_keys_without_a_character():
    """They are no part of a text; that they were pressed is told. What only switches a lock is nothing."""
    assert typed("us", "F1", "ESC", "BACKSPACE", "POWER") == NO_CHARACTER * 4
    assert typed("dk", "F1", "EQUAL", "RIGHTBRACE", "LEFTSHIFT+EQUAL") == NO_CHARACTER * 4
    assert typed("us", "NUMLOCK", "SCROLLLOCK") == ""
