"""From characters to scans, without I/O: a scanner is a stream of characters, and where a scan ends is a guess.

A scan ends with the terminator that the scanner sends (CR, LF or Tab), or with silence when it was set up to send
none. Whatever comes in, what is kept is bounded: noise, a stuck key or a QR code of 4 kB is one `Overlong`.
"""

import re
from dataclasses import dataclass, field

from kiosk import limits

TERMINATORS = frozenset("\r\n\t")

# ISO/IEC 15424: which kind of barcode was read. Whether a scanner sends it is a setting, so it can't be relied on.
_AIM = re.compile(r"\A\][A-Za-z][0-9A-Za-z]")
_AIM_CHARS = 3


@dataclass(frozen=True, slots=True)
class Scan:
    """What stood between two terminators: 1 to `limits.SCAN_CHARS` characters. Its repr shows no voter's number."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Overlong:
    """A scan that was too long, or of which characters were lost, was thrown away: scan again."""


class Framer:
    """Cuts characters into scans. How they are divided over calls of `feed` makes no difference.

    Times are monotonic seconds. Only `flush` ends a scan by time: a late `feed` proves no silence, because the
    characters may have waited in the kernel while this process was held up, and half a number is a wrong number.
    """

    __slots__ = ("_held", "_last", "_spoilt")

    def __init__(self) -> None:
        self._held = ""
        self._spoilt = False  # thrown away up to the next end
        self._last = 0.0  # when the latest character of the scan came

    def feed(self, chars: str, now: float) -> list[Scan | Overlong]:
        """Take characters that came by `now`; return the scans that they end."""
        done: list[Scan | Overlong] = []
        for char in chars:
            if char in TERMINATORS:
                if self._held or self._spoilt:
                    done += self._end()
            elif char.isprintable():
                self._keep(char, now)
        return done

    def flush(self, now: float) -> list[Scan | Overlong]:
        """End the scan if nothing came for `limits.SCAN_PAUSE_S` seconds. Call it when nothing waits to be read."""
        deadline = self.deadline()
        return self._end() if deadline is not None and now >= deadline else []

    def deadline(self) -> float | None:
        """When `flush` wants to be called; None if no scan is under way."""
        return self._last + limits.SCAN_PAUSE_S if self._held or self._spoilt else None

    def spoil(self, now: float) -> None:
        """Characters were lost by `now`: throw the scan away, up to its end."""
        self._held = ""
        self._spoilt = True
        self._last = now

    def _keep(self, char: str, now: float) -> None:
        if self._spoilt:
            self._last = now
        elif len(self._held) == limits.SCAN_CHARS + _AIM_CHARS:
            self.spoil(now)
        elif self._held or char != " ":  # leading blanks begin no scan
            self._held += char
            self._last = now

    def _end(self) -> list[Scan | Overlong]:
        text = _AIM.sub("", self._held).strip()
        overlong = self._spoilt or len(text) > limits.SCAN_CHARS
        self._held = ""
        self._spoilt = False
        if overlong:
            return [Overlong()]
        return [Scan(text)] if text else []
