"""A HID scanner of several parts, two scanners, and keyboards beside them: what is grabbed, and what is left alone."""

import pytest
from evdev import ecodes
from scanner_fakes import SETTINGS, TYPES, Gadget, appear, plug

from kiosk.scanner.framing import Scan
from kiosk.scanner.hid import HidFinder, keyboards
from kiosk.scanner.keyboard import PRESSED
from kiosk.scanner.reader import BUSY, NO_PERMISSION, NOT_CONNECTED, TYPES_NOTHING, ScannerAbsent, ScannerPresent

CARD = "012300012345"
PORT = "usb-0000:00:14.0-2"


@pytest.mark.parametrize("typing", [0, 1, 2])
@pytest.mark.parametrize("linked", [0, 1, 2])
def test_a_scanner_of_several_parts(bus, link, inbox, begin, typing, linked):
    """Whichever part the link leads to, and whichever types: it is read, and no part reaches a console."""
    parts = [
        appear(bus, link, Gadget(keys=TYPES if n == typing else SETTINGS, phys=f"{PORT}/input{n}"), linked=n == linked)
        for n in range(3)
    ]
    thread = begin()
    assert inbox.next() == ScannerPresent()

    for part in parts:
        part.key(ecodes.KEY_POWER, PRESSED)
    parts[typing].types(f"{CARD}\r")
    assert inbox.next() == Scan(CARD)
    assert [part.console for part in parts] == [[], [], []]

    thread.stop()
    assert [part.opened for part in parts] == [[], [], []]


def test_a_part_that_appears_later(bus, link, inbox, begin):
    """The kernel makes a scanner's parts one after the other: the later ones are grabbed too."""
    appear(bus, link, Gadget())
    begin()
    assert inbox.next() == ScannerPresent()

    late = appear(bus, link, Gadget(phys=f"{PORT}/input1"), linked=False)
    late.is_grabbed.wait(10)
    late.types(f"{CARD}\r")
    assert inbox.next() == Scan(CARD)
    assert late.console == []


def test_the_part_that_types_appears_last(bus, link, inbox, begin):
    """Of a scanner none of whose parts types it is said so; once one does, it is there."""
    settings = appear(bus, link, Gadget(keys=SETTINGS))
    begin()
    assert inbox.next() == ScannerAbsent(TYPES_NOTHING)
    assert settings.opened == []

    scanner = appear(bus, link, Gadget(phys=f"{PORT}/input1"), linked=False)
    assert inbox.next() == ScannerPresent()
    scanner.types(f"{CARD}\r")
    assert inbox.next() == Scan(CARD)


def test_a_scanner_that_may_not_be_opened(bus, link, inbox, begin):
    """The technician is told that it is a matter of permission, and not of the cable."""
    plug(bus, link)
    bus.closed = set(bus.gadgets)
    begin()
    assert inbox.next() == ScannerAbsent(NO_PERMISSION)

    bus.closed.clear()
    assert inbox.next() == ScannerPresent()


def test_a_part_that_another_program_holds(bus, link, inbox, begin):
    """A scanner of which one part can't be grabbed is not there: what that part types would go elsewhere."""
    first, second = appear(bus, link, Gadget()), appear(bus, link, Gadget(phys=f"{PORT}/input1"), linked=False)
    other = bus.open_device(bus.list_devices()[1])
    other.grab()
    begin()

    assert inbox.next() == ScannerAbsent(BUSY)
    assert (first.opened, second.opened) == ([], [other])
    other.close()
    assert inbox.next() == ScannerPresent()


def test_two_scanners_at_one_table(bus, link):
    """Both are read, also when they read at the same time: neither's digits get into the other's."""
    one, two = appear(bus, link, Gadget()), appear(bus, link, Gadget(phys="usb-0000:00:14.0-3/input0"))
    scanner = HidFinder(str(link), None, None, "us", open_device=bus.open_device, list_devices=bus.list_devices)()

    scans = []
    for first, second in zip("1111\r", "222\r\r", strict=True):
        one.types(first)
        scans += scanner.read(1.0)
        two.types(second)
        scans += scanner.read(1.0)
    scanner.close()
    assert scans == [Scan("222"), Scan("1111")]
    assert one.console == two.console == []


def test_a_second_scanner_in_the_middle_of_a_day(bus, link, inbox, begin):
    """It is read as soon as it is plugged in, and the first one goes on."""
    one = appear(bus, link, Gadget())
    begin()
    assert inbox.next() == ScannerPresent()

    two = appear(bus, link, Gadget(phys="usb-0000:00:14.0-3/input0"))
    two.is_grabbed.wait(10)
    two.types("222\r")
    assert inbox.next() == Scan("222")
    one.types("1111\r")
    assert inbox.next() == Scan("1111")


def test_a_keyboard_plugged_in_beside_the_scanner(bus, link, inbox, begin):
    """Even one with the scanner's USB ids is left alone where the link tells them apart."""
    scanner = appear(bus, link, Gadget())
    keyboard = appear(bus, link, Gadget(phys="usb-0000:00:14.0-3/input0"), linked=False)
    begin(vendor=0x0C2E, product=0x0B61)
    assert inbox.next() == ScannerPresent()

    late = appear(bus, link, Gadget(vendor=1, phys="usb-0000:00:14.0-4/input0"), linked=False)
    last = appear(bus, link, Gadget(phys=f"{PORT}/input1"), linked=False)
    last.is_grabbed.wait(10)  # so that all were looked at
    scanner.types("1\r")
    assert inbox.next() == Scan("1")
    assert keyboard.opened == late.opened == []


def test_devices_that_tell_no_place(bus, link, inbox, begin):
    """A device of no bus is a part of nothing else."""
    scanner = appear(bus, link, Gadget(phys=""))
    other = appear(bus, link, Gadget(phys=""), linked=False)
    begin()

    assert inbox.next() == ScannerPresent()
    assert scanner.grabbed_by is not None
    assert other.opened == []


def test_found_by_usb_ids(bus, link, inbox, begin):
    """Without a link, what has these ids is taken, all parts of it; all others are left alone."""
    keyboard = appear(bus, link, Gadget(vendor=1, phys="usb-0000:00:14.0-4/input0"), linked=False)
    settings = appear(bus, link, Gadget(keys=SETTINGS), linked=False)
    scanner = appear(bus, link, Gadget(phys=f"{PORT}/input1"), linked=False)
    begin(vendor=0x0C2E, product=0x0B61)

    assert inbox.next() == ScannerPresent()
    scanner.types(f"{CARD}\r")
    assert inbox.next() == Scan(CARD)
    assert settings.grabbed_by is not None
    assert keyboard.opened == []


def test_without_link_and_ids_no_device_is_touched(bus, link, inbox, begin):
    """A clerk's keyboard is never taken for the scanner."""
    appear(bus, link, Gadget(vendor=1), linked=False)
    begin()

    assert inbox.next() == ScannerAbsent(NOT_CONNECTED)
    assert bus.opened == []


def test_what_is_held_is_named(bus, link, inbox, begin):
    """The technician sees what was taken for the scanner, all parts of it."""
    appear(bus, link, Gadget(name="Imager 1450"))
    appear(bus, link, Gadget(name="Imager 1450 Settings", keys=SETTINGS, phys=f"{PORT}/input1"), linked=False)
    begin()
    assert inbox.next().what == "Imager 1450, Imager 1450 Settings"


def test_what_types_is_named_with_its_ids(bus, link):
    """The technician sees what is plugged in, with the USB ids that the rule must name; nothing of it is kept open."""
    scanner = appear(bus, link, Gadget(name="Imager 1450"), linked=False)
    appear(bus, link, Gadget(name="Power Button", keys=SETTINGS), linked=False)
    assert keyboards(bus.open_device, bus.list_devices) == ["Imager 1450 (USB 0c2e:0b61)"]
    assert scanner.opened == []


def test_a_link_that_leads_nowhere(bus, link, inbox, begin):
    """A link that was left over is none."""
    link.symlink_to(link.parent / "event9")
    begin()
    assert inbox.next() == ScannerAbsent(NOT_CONNECTED)
