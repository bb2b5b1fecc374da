"""The HID scanner: found, grabbed, read, unplugged and plugged in again."""

import pytest
from evdev import ecodes
from scanner_fakes import plug, unplug

from kiosk.domain.cards import Unreadable
from kiosk.scanner.framing import Scan, Unread
from kiosk.scanner.hid import HidFinder
from kiosk.scanner.keyboard import PRESSED, RELEASED
from kiosk.scanner.reader import BUSY, NOT_CONNECTED, ScannerAbsent, ScannerPresent

CARD = "012300012345"


def test_a_card_is_one_scan(bus, link, inbox, begin):
    """Cards come out one by one, from one thread, and nothing else comes."""
    scanner = plug(bus, link)
    thread = begin()

    assert inbox.next() == ScannerPresent()
    scanner.types(f"{CARD}\r999\r")
    assert [inbox.next(), inbox.next()] == [Scan(CARD), Scan("999")]

    thread.stop()
    assert inbox.rest() == []
    assert len(inbox.threads) == 1


def test_nothing_reaches_a_console(bus, link, inbox, begin):
    """What the scanner types is ours alone while we run; after stopping, it is let go."""
    scanner = plug(bus, link)
    thread = begin()
    inbox.next()

    scanner.types(f"{CARD}\r")
    assert inbox.next() == Scan(CARD)
    assert scanner.console == []

    thread.stop()
    assert scanner.opened == []
    assert scanner.grabbed_by is None


def test_a_scanner_that_another_program_holds(bus, link, inbox, begin):
    """A scanner that can't be grabbed isn't read; it is reported, and taken once it is free."""
    scanner = plug(bus, link)
    other = bus.open_device(bus.list_devices()[0])
    other.grab()
    begin()

    assert inbox.next() == ScannerAbsent(BUSY)
    assert scanner.opened == [other]
    other.close()
    assert inbox.next() == ScannerPresent()
    scanner.types(f"{CARD}\r")
    assert inbox.next() == Scan(CARD)


def test_no_scanner_at_the_start(bus, link, inbox, begin):
    """An absent scanner is reported once, and found when it is plugged in."""
    begin()
    assert inbox.next() == ScannerAbsent(NOT_CONNECTED)

    scanner = plug(bus, link)
    assert inbox.next() == ScannerPresent()
    scanner.types(f"{CARD}\r")
    assert inbox.next() == Scan(CARD)


def test_unplugged_in_the_middle_of_a_card(bus, link, inbox, begin):
    """Back by itself after replugging; half a card and a held Shift are forgotten; each change is said once."""
    scanner = plug(bus, link)
    thread = begin()
    assert inbox.next() == ScannerPresent()

    scanner.types("01230001")
    scanner.key(ecodes.KEY_LEFTSHIFT, PRESSED)
    unplug(bus, link)
    assert inbox.next() == ScannerAbsent(NOT_CONNECTED)

    scanner = plug(bus, link)
    assert inbox.next() == ScannerPresent()
    scanner.types("2345\r")
    assert inbox.next() == Scan("2345")

    thread.stop()
    assert inbox.rest() == []


def test_unplugged_again_and_again(bus, link, inbox, begin):
    """A loose cable leaves nothing open behind."""
    begin()
    assert inbox.next() == ScannerAbsent(NOT_CONNECTED)
    for _ in range(3):
        scanner = plug(bus, link)
        assert inbox.next() == ScannerPresent()
        assert len(scanner.opened) == 1
        unplug(bus, link)
        assert inbox.next() == ScannerAbsent(NOT_CONNECTED)


def test_silence_ends_a_card_without_enter(bus, link, inbox, begin):
    """A scanner that sends no Enter works too."""
    scanner = plug(bus, link)
    begin()
    inbox.next()

    scanner.types(CARD)
    assert inbox.next() == Scan(CARD)


def test_a_stuck_key_costs_nothing(bus, link, inbox, begin):
    """Autorepeat adds no digit and holds nothing up."""
    scanner = plug(bus, link)
    begin()
    inbox.next()

    scanner.key(ecodes.KEY_7, PRESSED)
    for _ in range(500):
        scanner.key(ecodes.KEY_7, 2)
    scanner.types("8\r")
    assert inbox.next() == Scan("78")


def test_alt_codes_are_a_card(bus, link, inbox, begin):
    """A scanner that holds Alt over the keypad for each character is read like any other."""
    scanner = plug(bus, link)
    begin()
    inbox.next()

    for digit in CARD:
        scanner.key(ecodes.KEY_LEFTALT, PRESSED)
        for key in f"{ord(digit):03}":
            scanner.key(ecodes.ecodes[f"KEY_KP{key}"], PRESSED)
            scanner.key(ecodes.ecodes[f"KEY_KP{key}"], RELEASED)
        scanner.key(ecodes.KEY_LEFTALT, RELEASED)
    scanner.types("\r")
    assert inbox.next() == Scan(CARD)


@pytest.mark.parametrize("held", ["KEY_LEFTSHIFT", "KEY_LEFTCTRL", "KEY_LEFTMETA", "KEY_RIGHTALT"])
@pytest.mark.parametrize("end", ["\r", ""], ids=["Enter", "silence"])
def test_a_scan_of_which_nothing_is_left(bus, link, inbox, begin, held, end):
    """A scanner that is set up for another keyboard is told of: on the French one digits are typed with Shift."""
    scanner = plug(bus, link)
    begin()
    inbox.next()

    scanner.key(ecodes.ecodes[held], PRESSED)
    scanner.types(CARD)
    scanner.key(ecodes.ecodes[held], RELEASED)
    scanner.types(end)
    assert inbox.next() == Unread(Unreadable.SET_UP)
    scanner.types(f"{CARD}\r")
    assert inbox.next() == Scan(CARD)


def test_only_keys_are_typed(bus, link, inbox, begin):
    """Scan codes and lamps, which the kernel reports beside the keys, are no characters."""
    scanner = plug(bus, link)
    begin()
    inbox.next()

    scanner.types("7")
    scanner.event(ecodes.EV_MSC, ecodes.MSC_SCAN, PRESSED)
    scanner.event(ecodes.EV_LED, ecodes.LED_SCROLLL, PRESSED)
    scanner.types("8\r")
    assert inbox.next() == Scan("78")


def test_a_kernel_that_lost_keys(bus, link, inbox, begin):
    """When the kernel's buffer ran over, the card is thrown away, and the next one reads."""
    scanner = plug(bus, link)
    begin()
    inbox.next()

    scanner.types("0123")
    scanner.key(ecodes.KEY_LEFTSHIFT, PRESSED)
    scanner.event(ecodes.EV_SYN, ecodes.SYN_DROPPED, 0)
    scanner.key(ecodes.KEY_ENTER, PRESSED)  # half a packet: to be ignored up to its report
    scanner.types("45\r")
    assert inbox.next() == Unread(Unreadable.CHECK_DIGITS)
    scanner.types(f"{CARD}\r")
    assert inbox.next() == Scan(CARD)


def test_nothing_to_read_is_not_unplugged(bus, link):
    """A wake-up without an event ends nothing."""
    plug(bus, link)
    scanner = HidFinder(str(link), None, None, "us", open_device=bus.open_device, list_devices=bus.list_devices)()

    assert scanner.read(1.0) == []
    scanner.close()
