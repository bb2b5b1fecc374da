"""The keyboard that a scanner imitates: from key events to characters."""

import pytest
from evdev import ecodes
from hypothesis import given
from hypothesis import strategies as st

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


def test_control_and_alt_codes_are_no_text():
    """Ctrl+] is a group separator, and Alt with the keypad a character's code: neither is a digit of a number."""
    assert typed("us", "LEFTCTRL+RIGHTBRACE", "LEFTALT+KP6", "RIGHTALT+5", "LEFTMETA+1", "2") == "2"


@given(
    layout=st.sampled_from(["us", "dk"]),
    events=st.lists(st.tuples(st.integers(-1, 0x2FF), st.integers(-1, 3))),
)
def test_any_key_event_is_harmless(layout, events):
    """Whatever key and value comes, a Keyboard gives one character or none."""
    keyboard = Keyboard(layout)
    assert all(len(keyboard.key(code, value)) <= 1 for code, value in events)


def test_unknown_keys_give_nothing():
    """Keys without a character are ignored."""
    assert typed("us", "F1", "ESC", "BACKSPACE", "NUMLOCK", "POWER") == ""
    assert typed("dk", "F1", "ESC", "BACKSPACE", "EQUAL", "RIGHTBRACE", "LEFTSHIFT+EQUAL") == ""
