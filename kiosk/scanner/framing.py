"""From characters to scans, without I/O: a scanner is a stream of characters, and where a scan ends is a guess.

A scan ends with the terminator that the scanner sends (CR, LF or Tab), or with silence when it was set up to send
none. Whatever comes in, what is kept is bounded: noise, a stuck key or a QR code of 4 kB is one `Unread`. And whatever comes
in is answered: a scan of which no text is left is an `Unread` too.
"""

import re
from dataclasses import dataclass, field

from kiosk import limits
from kiosk.domain.cards import Unreadable

NO_CHARACTER = "\ufffd"  # stands for a key that was pressed and has no character on the plan's keyboard
_LEAST = 5  # characters of a scan; what scanners send after one, such as control characters, is less
TERMINATORS = frozenset("\r\n\t")

# ISO/IEC 15424: which kind of barcode was read. Whether a scanner sends it is a setting, so it can't be relied on.
_AIM = re.compile(r"\A\][A-Za-z][0-9A-Za-z]")
_AIM_CHARS = 3


@dataclass(frozen=True, slots=True)
class Scan:
    """What stood between two terminators: 1 to `limits.SCAN_CHARS` characters. Its repr shows no voter's number."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unread:
    """A scan that was thrown away, and why.

    `TOO_LONG`, `CHECK_DIGITS` where characters of it were lost, or `SET_UP`: the scanner is set up for another keyboard, or for
    another speed, than the plan says.
    """

    why: Unreadable


class Framer:
    """Cuts characters into scans. How they are divided over calls of `feed` makes no difference.

    Times are monotonic seconds. Only `flush` ends a scan by time: a late `feed` proves no silence, because the
    characters may have waited in the kernel while this process was held up, and half a number is a wrong number.
    """

    __slots__ = ("_began", "_came", "_ended", "_held", "_last", "_spoilt")

    def __init__(self) -> None:
        self._held = ""
        self._came = 0  # how many characters of the scan came, kept or not
        self._spoilt: Unreadable | None = None  # thrown away up to the next end
        self._began = self._last = 0.0  # when the first and the latest character of the scan came
        self._ended = -limits.SCAN_PAUSE_S  # when the latest character of the scan before came

    def feed(self, chars: str, now: float) -> list[Scan | Unread]:
        """Take characters that came by `now`; return the scans that they end."""
        done: list[Scan | Unread] = []
        for char in chars:
            if char in TERMINATORS:
                if self._came:
                    done += self._end()
            elif self._held or char != " ":  # leading blanks begin no scan
                self._come(now)
                if char.isprintable() and char != NO_CHARACTER:
                    self._keep(char)
        return done

    def flush(self, now: float) -> list[Scan | Unread]:
        """End the scan if nothing came for `limits.SCAN_PAUSE_S` seconds. Call it when nothing waits to be read."""
        deadline = self.deadline()
        return self._end() if deadline is not None and now >= deadline else []

    def deadline(self) -> float | None:
        """When `flush` wants to be called; None if no scan is under way."""
        return self._last + limits.SCAN_PAUSE_S if self._came else None

    def spoil(self, now: float) -> None:
        """Characters were lost by `now`: throw the scan away, up to its end."""
        self._held = ""
        self._come(now)
        self._spoilt = Unreadable.CHECK_DIGITS

    def _come(self, now: float) -> None:
        self._began = self._began if self._came else now
        self._came += 1
        self._last = now

    def _keep(self, char: str) -> None:
        if len(self._held) == limits.SCAN_CHARS + _AIM_CHARS:
            self._held = ""
            self._spoilt = self._spoilt or Unreadable.TOO_LONG
        elif not self._spoilt:
            self._held += char

    def _end(self) -> list[Scan | Unread]:
        text, came, spoilt = _AIM.sub("", self._held).strip(), self._came, self._spoilt
        least = _LEAST if self._held or self._began - self._ended < limits.SCAN_PAUSE_S else 2
        self._held, self._came, self._spoilt, self._ended = "", 0, None, self._last
        if len(text) > limits.SCAN_CHARS:
            spoilt = Unreadable.TOO_LONG
        if spoilt is None and came >= least and _is_of_signs(text):
            spoilt = Unreadable.SET_UP
        if spoilt is not None:
            return [Unread(spoilt)]
        return [Scan(text)] if text else []


def _is_of_signs(text: str) -> bool:
    """Whether there is nothing, or no digit and few letters: no card looks so, but on the French keyboard digits have Shift."""
    return not any(map(str.isdigit, text)) and 2 * sum(map(str.isalpha, text)) <= len(text)
