"""The scanner's thread: it never ends by itself, never tells a number, and stops when it is told to."""

import os
import queue
import subprocess
import sys
import threading
import time

import pytest
from scanner_fakes import Inbox

from kiosk import limits
from kiosk.scanner.framing import Framer, Scan
from kiosk.scanner.reader import (
    NO_PERMISSION,
    NOT_CONNECTED,
    ScannerAbsent,
    ScannerPresent,
    ScannerThread,
    scanner_for,
)

CARD = "012300012345"
PLAN = {"device": "/nowhere", "vendor": None, "product": None, "layout": "us", "baud": 9600}


class Wire:
    """A connection over a pipe; `trouble` is raised by the next reads, one each."""

    def __init__(self, *trouble):
        self._fd, self.end = os.pipe()
        self.framers = [Framer()]
        self.what = "wire"
        self.trouble = list(trouble)
        self.closed = threading.Event()

    def sends(self, text):
        os.write(self.end, text.encode())

    def fileno(self):
        return self._fd

    def read(self, now):
        chars = os.read(self._fd, 4096).decode()
        if self.trouble:
            raise self.trouble.pop(0)
        return self.framers[0].feed(chars, now)

    def look(self):
        pass

    def close(self):
        self.closed.set()

    def cut(self):
        os.close(self._fd)
        os.close(self.end)


@pytest.fixture
def wire():
    wire = Wire()
    yield wire
    wire.cut()


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def begin():
    """Start a thread; all are stopped at the end."""
    threads = []

    def begin_thread(connect, emit):
        threads.append(ScannerThread(connect, emit))
        threads[-1].start()
        return threads[-1]

    yield begin_thread
    for thread in threads:
        thread.stop()


def test_a_fault_in_our_own_code_is_reported_and_survived(wire, inbox, begin):
    """The thread goes on after any exception; its report names the kind of fault, and no number that was scanned."""
    wire.trouble = [KeyError(CARD)]
    begin(lambda: wire, inbox)
    assert inbox.next() == ScannerPresent()

    wire.sends(f"{CARD}\r")
    assert inbox.next() == ScannerAbsent("KeyError")
    assert wire.closed.is_set()

    assert inbox.next() == ScannerPresent()
    wire.sends(f"{CARD}\r")
    assert inbox.next() == Scan(CARD)


def test_an_error_of_the_system_tells_no_number(inbox, begin):
    """A reason is made from the error's number, not from its text."""

    def connect():
        raise OSError(28, CARD, CARD)

    begin(connect, inbox)
    assert inbox.next() == ScannerAbsent(os.strerror(28))


def test_an_inbox_that_refuses_is_told_later(wire, begin):
    """A full inbox loses neither the thread nor the news."""
    full = [queue.Full(), queue.Full(), queue.Full()]
    inbox = Inbox()

    def emit(event):
        if full:
            raise full.pop()
        inbox(event)

    begin(lambda: wire, emit)
    assert inbox.next() == ScannerAbsent("Full")
    assert inbox.next() == ScannerPresent()


def test_a_thread_held_up_splits_no_card(inbox, begin):
    """What waits to be read comes before the clock: a busy process makes one card not two."""

    class HeldUp(Wire):
        def read(self, now):
            scans = super().read(now)
            if self.framers[0].deadline() is not None:
                self.sends(f"{CARD[6:]}\r")
                time.sleep(2 * limits.SCAN_PAUSE_S)
            return scans

    wire = HeldUp()
    thread = begin(lambda: wire, inbox)
    inbox.next()
    wire.sends(CARD[:6])

    assert inbox.next() == Scan(CARD)
    thread.stop()
    wire.cut()


def test_stop_while_waiting_for_a_card(wire, inbox, begin):
    """Stopping lets the scanner go at once, drops a half card, and may be done twice."""
    thread = begin(lambda: wire, inbox)
    inbox.next()
    wire.sends("0123")

    thread.stop()
    thread.stop()
    assert wire.closed.is_set()
    assert inbox.rest() == []


def test_stop_while_there_is_no_scanner(inbox, begin):
    """Stopping ends the wait for the next try too."""
    looked = queue.Queue()

    def connect():
        looked.put(None)
        raise FileNotFoundError(2, "No such file")

    thread = begin(connect, inbox)
    looked.get(timeout=10)
    thread.stop()
    assert "scanner" not in {thread.name for thread in threading.enumerate()}


def test_an_absent_scanner_is_reported_once(inbox, begin):
    """However often it is looked for in vain, its absence is said once, and again only for another reason."""
    looked = queue.Queue()
    errors = [PermissionError(13, ""), FileNotFoundError(2, ""), FileNotFoundError(2, "")]

    def connect():
        looked.put(None)
        raise errors.pop() if errors else PermissionError(13, "")

    thread = begin(connect, inbox)
    for _ in range(5):
        looked.get(timeout=10)
    thread.stop()
    assert inbox.rest() == [ScannerAbsent(NOT_CONNECTED), ScannerAbsent(NO_PERMISSION)]


def test_stop_before_start(inbox):
    """A scanner that was never started can be stopped."""
    ScannerThread(Wire, inbox).stop()


def test_all_events_come_from_the_scanners_thread(wire, inbox, begin):
    """The inbox is filled from one thread, and that isn't ours."""
    begin(lambda: wire, inbox)
    wire.sends("1\r2\r")
    assert [inbox.next(), inbox.next(), inbox.next()] == [ScannerPresent(), Scan("1"), Scan("2")]
    assert len(inbox.threads) == 1
    assert threading.get_ident() not in inbox.threads


def test_a_plan_without_scanner(inbox):
    """A table may do without a scanner: the clerk keys numbers in."""
    assert scanner_for(kind="none", **PLAN, emit=inbox) is None


@pytest.mark.parametrize(("kind", "loaded", "spared"), [("hid", "evdev", "serial"), ("serial", "serial", "evdev")])
def test_each_kind_loads_its_own_library_only(kind, loaded, spared):
    """A kiosk with a serial scanner doesn't load evdev, and the other way round."""
    code = (
        "import sys; from kiosk.scanner.reader import scanner_for;"
        f"scanner_for(kind={kind!r}, **{PLAN!r}, emit=print).stop();"
        f"assert {loaded!r} in sys.modules and {spared!r} not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_hid_scanner_of_a_plan_is_looked_for(inbox):
    """With evdev's own functions, a scanner that isn't there is absent."""
    thread = scanner_for(kind="hid", **PLAN, emit=inbox)
    thread.start()
    assert isinstance(inbox.next(), ScannerAbsent)
    thread.stop()
