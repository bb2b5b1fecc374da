"""The scanner as a keyboard: found, grabbed and read through the kernel's evdev.

It is grabbed so that a voter's number reaches no console and no other program, and so that a scan's Enter can press
no button: what a scanner types is a card to look at, never a clerk's answer.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from errno import ENODEV
from pathlib import Path
from typing import Any, Protocol

import evdev
from evdev import ecodes

from kiosk.scanner.framing import Framer, Overlong, Scan
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
    def info(self) -> _Ids: ...
    def fileno(self) -> int: ...
    def capabilities(self) -> Mapping[int, Any]: ...
    def read(self) -> Iterable[_InputEvent]: ...
    def grab(self) -> None: ...
    def close(self) -> None: ...


class HidScanner:
    """A grabbed scanner. Framing and modifiers start fresh with every connection.

    Raises:
        OSError: it can't be grabbed; it is closed then.
    """

    def __init__(self, device: InputDevice, layout: Layout) -> None:
        self._device = device
        self._layout = layout
        self._keyboard = Keyboard(layout)
        self._lost = False
        try:
            device.grab()
        except BaseException:
            self.close()
            raise

    def fileno(self) -> int:
        """What `select` waits for."""
        return self._device.fileno()

    def read_into(self, framer: Framer, now: float) -> list[Scan | Overlong]:
        """Put the keys that wait into the framer; return the scans that they end.

        Raises:
            OSError: the scanner was unplugged.
        """
        done: list[Scan | Overlong] = []
        with suppress(BlockingIOError, InterruptedError):  # nothing there after all: not unplugged
            for event in self._device.read():
                if event.type == ecodes.EV_SYN:
                    self._synchronise(event.code, framer, now)
                elif event.type == ecodes.EV_KEY and not self._lost:
                    done += framer.feed(self._keyboard.key(event.code, event.value), now)
        return done

    def close(self) -> None:
        """Let the scanner go; the kernel ends the grab with it."""
        with suppress(OSError):
            self._device.close()

    def _synchronise(self, code: int, framer: Framer, now: float) -> None:
        """Throw a scan away when the kernel's buffer ran over: a number with a digit missing is another number."""
        if code == ecodes.SYN_DROPPED:
            self._lost = True  # up to the next report, as the kernel's documentation asks
            self._keyboard = Keyboard(self._layout)
            framer.spoil(now)
        elif code == ecodes.SYN_REPORT:
            self._lost = False


class HidFinder:
    """Finds and grabs the scanner: by its udev link where that exists, else by its USB ids.

    Calling it raises OSError if there is none, or if it can't be grabbed.
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
        device = self._open(str(self._link)) if self._link.exists() else self._by_ids()
        return HidScanner(device, self._layout)

    def _by_ids(self) -> InputDevice:
        if None not in self._ids:
            for path in sorted(self._list()):
                with suppress(OSError):  # another device that is just leaving, or not for us
                    device = self._open(path)
                    if self._is_scanner(device):
                        return device
                    device.close()
        raise OSError(ENODEV, "no scanner")

    def _is_scanner(self, device: InputDevice) -> bool:
        """True for the part of the scanner that types: many show the kernel a second one, for their settings."""
        return (device.info.vendor, device.info.product) == self._ids and (
            ecodes.KEY_ENTER in device.capabilities().get(ecodes.EV_KEY, ())
        )
