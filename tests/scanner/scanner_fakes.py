"""Stand-ins for what is outside the process: the kernel's input devices, and the node's inbox."""

import errno
import os
import queue
import struct
import threading
from collections.abc import Iterator

from evdev import DeviceInfo, InputEvent, ecodes

from kiosk.scanner.keyboard import PRESSED, RELEASED

EVENT = struct.Struct("HHi")
TYPES = (ecodes.KEY_ENTER, ecodes.KEY_1)  # the keys of a part that types, and of one that is for settings
SETTINGS = (ecodes.KEY_POWER, ecodes.KEY_VOLUMEUP)
KEYS = {char: f"KEY_{char.upper()}" for char in "0123456789abcdefghijklmnopqrstuvwxyz"} | {"\r": "KEY_ENTER"}


class Inbox:
    """Takes the scanner's events, and remembers which threads brought them."""

    def __init__(self):
        self._events = queue.Queue()
        self.threads = set()

    def __call__(self, event):
        self.threads.add(threading.get_ident())
        self._events.put(event)

    def next(self):
        """The next event, waited for."""
        return self._events.get(timeout=10)

    def rest(self):
        """All that is there; ask once the scanner has stopped."""
        return [self._events.get() for _ in range(self._events.qsize())]


class Gadget:
    """One event device on the bus, as the kernel treats it: whoever grabs it gets its events alone.

    `phys` is where it is plugged in and which of its interfaces it is, as the kernel writes it.
    """

    def __init__(self, vendor=0x0C2E, product=0x0B61, keys=TYPES, phys="usb-0000:00:14.0-2/input0", name="Scanner"):
        self.info = DeviceInfo(3, vendor, product, 0x110)
        self.phys, self.name = phys, name
        self.keys = list(keys)
        self.opened = []
        self.grabbed_by = None
        self.is_grabbed = threading.Event()
        self.console = []

    def event(self, kind, code, value):
        """Let the kernel hand out one event."""
        if self.grabbed_by is None:
            self.console.append(code)
        for device in [self.grabbed_by] if self.grabbed_by else self.opened:
            os.write(device.typing_end, EVENT.pack(kind, code, value))

    def key(self, code, value):
        """One key event and its report."""
        self.event(ecodes.EV_KEY, code, value)
        self.event(ecodes.EV_SYN, ecodes.SYN_REPORT, 0)

    def types(self, text):
        """Press and release a key for each character: digits, lower-case letters, and CR for Enter."""
        for char in text:
            code = ecodes.ecodes[KEYS[char]]
            self.key(code, PRESSED)
            self.key(code, RELEASED)

    def unplug(self):
        """Pull the cable: what is open reads ENODEV."""
        opened, self.opened, self.grabbed_by = self.opened, [], None
        for device in opened:
            os.close(device.typing_end)


class FakeInputDevice:
    """The interface of `evdev.InputDevice`, over a pipe."""

    def __init__(self, path, gadget):
        self.path = path
        self.info = gadget.info
        self.phys = gadget.phys
        self.name = gadget.name
        self.uniq = ""
        self.fd, self.typing_end = os.pipe()
        os.set_blocking(self.fd, False)
        self._gadget = gadget
        gadget.opened.append(self)

    def fileno(self):
        return self.fd

    def capabilities(self):
        return {ecodes.EV_SYN: [0, 1, 4], ecodes.EV_KEY: self._gadget.keys}

    def read(self) -> Iterator[InputEvent]:
        data = os.read(self.fd, EVENT.size * 64)
        if not data:
            raise OSError(errno.ENODEV, "No such device")
        for kind, code, value in EVENT.iter_unpack(data):
            yield InputEvent(0, 0, kind, code, value)

    def grab(self):
        if self._gadget.grabbed_by is not None:
            raise OSError(errno.EBUSY, "Device or resource busy")
        self._gadget.grabbed_by = self
        self._gadget.is_grabbed.set()

    def ungrab(self):
        if self._gadget.grabbed_by is not self:
            raise OSError(errno.EINVAL, "Invalid argument")
        self._gadget.grabbed_by = None

    def close(self):
        os.close(self.fd)
        if self in self._gadget.opened:
            self._gadget.opened.remove(self)
            os.close(self.typing_end)
            if self._gadget.grabbed_by is self:
                self._gadget.grabbed_by = None


class Bus:
    """/dev/input: paths, the gadgets behind them, which paths were ever opened, and which may not be."""

    def __init__(self):
        self.gadgets = {}
        self.opened = []
        self.closed = set()

    def list_devices(self):
        return [path for path in self.gadgets if path not in self.closed]

    def open_device(self, path):
        if path not in self.gadgets:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", path)
        if path in self.closed:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        self.opened.append(path)
        return FakeInputDevice(path, self.gadgets[path])


def appear(bus, link, gadget, *, linked=True):
    """A part of a device appears as the next event node; udev links each that its rule names."""
    node = link.parent / f"event{len(bus.gadgets)}"
    node.touch()
    bus.gadgets[str(node)] = gadget
    if linked:
        link.with_name(f"{link.name}-{node.name}").symlink_to(node)
    return gadget


def plug(bus, link):
    """Plug a scanner of one part in."""
    return appear(bus, link, Gadget())


def unplug(bus, link):
    """Pull all cables; udev removes the links."""
    for path in link.parent.iterdir():
        path.unlink()
    for gadget in bus.gadgets.values():
        gadget.unplug()
    bus.gadgets.clear()
