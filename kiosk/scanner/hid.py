"""The scanner as a keyboard: found, grabbed and read through the kernel's evdev.

Many scanners show the kernel several event devices, one of which types. All of them are grabbed, so that a voter's number
reaches no console and no other program, and so that a scan's Enter can press no button: what a scanner types is a card to look
at, never a clerk's answer.
"""

import select
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing, suppress
from errno import ENODEV, ENOTSUP
from pathlib import Path
from typing import Any, Protocol

import evdev
from evdev import ecodes

from kiosk.scanner.framing import Framer, Scan, Unread
from kiosk.scanner.keyboard import Keyboard, Layout


class _Ids(Protocol):
    @property
    def vendor(self) -> int: ...
    @property
    def product(self) -> int: ...


class _InputEvent(Protocol):
    type: int
    code: int
    value: int


class InputDevice(Protocol):
    """The part of `evdev.InputDevice` that is used here."""

    @property
    def path(self) -> Any: ...
    @property
    def name(self) -> str: ...
    @property
    def info(self) -> _Ids: ...
    @property
    def phys(self) -> str: ...
    @property
    def uniq(self) -> str: ...
    def fileno(self) -> int: ...
    def capabilities(self) -> Mapping[int, Any]: ...
    def read(self) -> Iterable[_InputEvent]: ...
    def grab(self) -> None: ...
    def close(self) -> None: ...


_Around = tuple[frozenset[str], frozenset[str]]


class _Part:
    """One event device of the scanner."""

    def __init__(self, device: InputDevice, layout: Layout) -> None:
        self.device = device
        self.framer = Framer()
        self._layout = layout
        self._keyboard = Keyboard(layout)
        self._lost = False

    def read(self, now: float) -> list[Scan | Unread]:
        """Frame the keys that wait; return the scans that they end."""
        done: list[Scan | Unread] = []
        with suppress(BlockingIOError, InterruptedError):  # nothing there after all: not unplugged
            for event in self.device.read():
                if event.type == ecodes.EV_SYN:
                    self._synchronise(event.code, now)
                elif event.type == ecodes.EV_KEY and not self._lost:
                    done += self.framer.feed(self._keyboard.key(event.code, event.value), now)
        return done

    def _synchronise(self, code: int, now: float) -> None:
        """Throw a scan away when the kernel's buffer ran over: a number with a digit missing is another number."""
        if code == ecodes.SYN_DROPPED:
            self._lost = True  # up to the next report, as the kernel's documentation asks
            self._keyboard = Keyboard(self._layout)
            self.framer.spoil(now)
        elif code == ecodes.SYN_REPORT:
            self._lost = False


class HidScanner:
    """A scanner of which every part is grabbed. Framing and modifiers start fresh with every connection.

    Raises:
        OSError: there is none, or a part can't be grabbed, or none of them types; all are closed then.
    """

    def __init__(self, finder: "HidFinder", layout: Layout) -> None:
        self._finder = finder
        self._layout = layout
        self._around: _Around | None = None
        self._parts: dict[str, _Part] = {}
        self._typing = select.epoll()
        try:
            self.look()
            if not self._parts:
                raise OSError(ENODEV, "no scanner")
            if not any(_types(part.device) for part in self._parts.values()):
                raise OSError(ENOTSUP, "no part of the scanner types")
        except BaseException:
            self.close()
            raise

    @property
    def what(self) -> str:
        """The names of all parts."""
        return ", ".join(sorted({part.device.name for part in self._parts.values()}))

    @property
    def framers(self) -> list[Framer]:
        """One for each part, since two scanners may read at the same time."""
        return [part.framer for part in self._parts.values()]

    def fileno(self) -> int:
        """What `select` waits for."""
        return self._typing.fileno()

    def read(self, now: float) -> list[Scan | Unread]:
        """Frame the keys that wait; return the scans that they end.

        Raises:
            OSError: a part was unplugged.
        """
        ready = {fd for fd, _ in self._typing.poll(0)}
        parts = [part for part in self._parts.values() if part.device.fileno() in ready]
        return [scan for part in parts for scan in part.read(now)]

    def look(self) -> None:
        """Grab the parts that have come since the last look: the kernel makes them one after the other.

        Raises:
            OSError: one of them can't be grabbed.
        """
        around = self._finder.around()
        if around == self._around:
            return
        self._around = around
        found = self._finder.parts(around, {path: part.device for path, part in self._parts.items()})
        self._parts |= {path: _Part(device, self._layout) for path, device in found.items()}
        for device in found.values():
            device.grab()
            self._typing.register(device, select.EPOLLIN)

    def close(self) -> None:
        """Let all parts go; the kernel ends the grabs with them."""
        self._typing.close()
        for part in self._parts.values():
            with suppress(OSError):
                part.device.close()


class HidFinder:
    """Finds and grabs the scanner: by its udev links where there are any, else by its USB ids.

    A link is named `link`, or begins with that and a hyphen. It may lead to any part of the scanner; and there may be several,
    for each part, or for two scanners. Calling it raises OSError if there is no scanner, or if it can't be grabbed.
    """

    def __init__(
        self,
        link: str,
        vendor: int | None,
        product: int | None,
        layout: Layout,
        *,
        open_device: Callable[[str], InputDevice] = evdev.InputDevice,
        list_devices: Callable[[], Iterable[str]] = evdev.list_devices,
    ) -> None:
        self._link = Path(link)
        self._ids = (vendor, product)
        self._layout = layout
        self._open = open_device
        self._list = list_devices

    def __call__(self) -> HidScanner:
        """Find and grab the scanner."""
        return HidScanner(self, self._layout)

    def around(self) -> _Around:
        """The event devices that can be opened, and those that the links lead to."""
        links = [self._link, *self._link.parent.glob(f"{self._link.name}-*")]
        return frozenset(self._list()), frozenset(str(link.resolve()) for link in links if link.exists())

    def parts(self, around: _Around, held: Mapping[str, InputDevice]) -> dict[str, InputDevice]:
        """Open the parts of the scanner that are not held yet.

        Raises:
            OSError: what a link leads to can't be opened.
        """
        listed, linked = around
        if not linked and None in self._ids:
            return {}
        opened: dict[str, InputDevice] = {}
        ours: dict[str, InputDevice] = {}
        try:
            for path in sorted((listed | linked) - held.keys()):
                try:
                    opened[path] = self._open(path)
                except OSError:  # another device that is just leaving, or not for us
                    if path in linked:
                        raise
            units = {_unit(device) for device in held.values()}
            units |= {_unit(device) for path, device in opened.items() if self._is_named(path, device, linked)}
            ours = {path: device for path, device in opened.items() if _unit(device) in units}
        finally:
            for path in opened.keys() - ours.keys():
                opened[path].close()
        return ours

    def _is_named(self, path: str, device: InputDevice, linked: Collection[str]) -> bool:
        return path in linked if linked else (device.info.vendor, device.info.product) == self._ids


def _unit(device: InputDevice) -> tuple[str, str]:
    """Of what plugged-in thing an event device is a part: its place on the bus without the interface, and its serial number."""
    return device.phys.rpartition("/")[0] or device.phys or device.path, device.uniq


def _types(device: InputDevice) -> bool:
    """Whether it has the keys of a keyboard: other parts are for settings."""
    return ecodes.KEY_ENTER in device.capabilities().get(ecodes.EV_KEY, ())


def keyboards(
    open_device: Callable[[str], InputDevice] = evdev.InputDevice,
    list_devices: Callable[[], Iterable[str]] = evdev.list_devices,
) -> list[str]:
    """What types here, by name and USB ids."""
    found = []
    for path in sorted(list_devices()):
        with suppress(OSError), closing(open_device(path)) as device:
            if _types(device):
                found.append(f"{device.name} (USB {device.info.vendor:04x}:{device.info.product:04x})")
    return found
