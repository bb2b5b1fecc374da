"""The serial scanner, on a pseudo-terminal: the kernel's own, with a test at the other end."""

import os
from contextlib import suppress

import pytest
from scanner_fakes import Inbox

from kiosk.domain.cards import Unreadable
from kiosk.scanner.framing import Scan, Unread
from kiosk.scanner.reader import BUSY, NOT_CONNECTED, ScannerAbsent, ScannerPresent, scanner_for

CARD = "012300012345"


class Port:
    """A port by its udev link, and the scanner's end of the cable."""

    def __init__(self, link):
        self.link = link
        self._cable = None

    def plug(self):
        self._cable, port = os.openpty()
        self.link.symlink_to(os.ttyname(port))
        os.close(port)

    def sends(self, data):
        while data:
            data = data[os.write(self._cable, data) :]

    def came_back(self):
        os.set_blocking(self._cable, False)
        with suppress(BlockingIOError):
            return os.read(self._cable, 4096)
        return b""

    def unplug(self):
        if self._cable is not None:
            self.link.unlink()
            os.close(self._cable)
            self._cable = None


@pytest.fixture
def port(tmp_path):
    port = Port(tmp_path / "valgbord-scanner")
    yield port
    port.unplug()


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def begin(port, inbox):
    """Start a serial scanner's thread; all are stopped at the end."""
    threads = []

    def begin_thread(emit=inbox):
        thread = scanner_for(
            kind="serial",
            device=str(port.link),
            vendor=None,
            product=None,
            layout="us",
            baud=9600,
            emit=emit,
        )
        thread.start()
        threads.append(thread)
        return thread

    yield begin_thread
    for thread in threads:
        thread.stop()


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\t", b""], ids=["CR", "LF", "CRLF", "Tab", "silence"])
@pytest.mark.parametrize("size", [1, 5, 99], ids=["byte by byte", "in parts", "whole"])
def test_a_card_is_one_scan(port, inbox, begin, end, size):
    """However the bytes come and however they end, a card is one scan, without its AIM identifier."""
    port.plug()
    thread = begin()
    present = inbox.next()
    assert (present, present.what) == (ScannerPresent(), os.path.realpath(port.link))

    for card in (CARD, "AB-99"):
        data = b"]C1" + card.encode() + end
        for at in range(0, len(data), size):
            port.sends(data[at : at + size])
        assert inbox.next() == Scan(card)

    thread.stop()
    assert inbox.rest() == []


def test_no_scanner_at_the_start(port, inbox, begin):
    """An absent scanner is reported once, and found when it is plugged in."""
    begin()
    assert inbox.next() == ScannerAbsent(NOT_CONNECTED)

    port.plug()
    assert inbox.next() == ScannerPresent()
    port.sends(b"999\r")
    assert inbox.next() == Scan("999")


def test_unplugged_in_the_middle_of_a_card(port, inbox, begin):
    """Back by itself after replugging, on another port; half a card is forgotten; each change is said once."""
    port.plug()
    thread = begin()
    assert inbox.next() == ScannerPresent()

    port.sends(b"01230001")
    port.unplug()
    assert inbox.next() == ScannerAbsent(NOT_CONNECTED)

    port.plug()
    assert inbox.next() == ScannerPresent()
    port.sends(b"2345\r")
    assert inbox.next() == Scan("2345")

    thread.stop()
    assert inbox.rest() == []


def test_noise_costs_nothing(port, inbox, begin):
    """A cable full of noise is one Overlong, and the next card reads."""
    port.plug()
    begin()
    inbox.next()

    port.sends(bytes(byte for byte in range(256) if byte not in b"\r\n\t") * 400 + b"\r")
    assert inbox.next() == Unread(Unreadable.TOO_LONG)
    port.sends(b"\r\n" * 10_000 + b"999\r")
    assert inbox.next() == Scan("999")


def test_bytes_of_which_nothing_is_left(port, inbox, begin):
    """Another speed than the plan's gives no characters: that is told, and no silence."""
    port.plug()
    begin()
    inbox.next()

    port.sends(b"\x00\x80")
    assert inbox.next() == Unread(Unreadable.SET_UP)


def test_nothing_is_sent_to_the_scanner(port, inbox, begin):
    """What it sends isn't echoed: some scanners take what comes for a command."""
    port.plug()
    begin()
    inbox.next()

    port.sends(f"{CARD}\r".encode())
    assert inbox.next() == Scan(CARD)
    assert port.came_back() == b""


def test_the_port_is_ours_alone(port, inbox, begin):
    """A second program gets no part of a card: it is told that the port is busy, and may have it afterwards."""
    port.plug()
    first = begin()
    assert inbox.next() == ScannerPresent()
    second = Inbox()
    begin(second)
    assert second.next() == ScannerAbsent(BUSY)

    port.sends(CARD.encode() + b"\r")
    assert inbox.next() == Scan(CARD)

    first.stop()
    assert second.next() == ScannerPresent()


def test_a_path_that_is_no_port(port, inbox, begin):
    """A plan that names a plain file gives an absent scanner, not a dead thread."""
    port.link.touch()
    begin()

    assert inbox.next() == ScannerAbsent(NOT_CONNECTED)
    port.link.unlink()
    port.plug()
    assert inbox.next() == ScannerPresent()
