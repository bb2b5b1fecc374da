"""A bus with a scanner's thread on it."""

import pytest
from scanner_fakes import Bus, Inbox

from kiosk.scanner.hid import HidFinder
from kiosk.scanner.reader import ScannerThread


@pytest.fixture
def bus():
    return Bus()


@pytest.fixture
def link(tmp_path):
    """The udev link, which isn't there yet."""
    return tmp_path / "valgbord-scanner"


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def begin(bus, link, inbox):
    """Start a scanner's thread on the bus; it is stopped at the end."""
    threads = []

    def begin_thread(vendor=None, product=None):
        finder = HidFinder(str(link), vendor, product, "us", open_device=bus.open_device, list_devices=bus.list_devices)
        threads.append(ScannerThread(finder, inbox))
        threads[0].start()
        return threads[0]

    yield begin_thread
    for thread in threads:
        thread.stop()
