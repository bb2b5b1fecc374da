"""Birth dates as registers write them: in either order, with or without separators, with parts that nobody knows."""

import re
from contextlib import suppress
from datetime import date
from typing import NamedTuple

_WANTED = "write it as 1968-03-14 or 14-03-1968"
_SEPARATOR, _HIDDEN = re.compile("[-./]"), re.compile("[xX?]")
_PART = re.compile(r"\d+|[xX?]+", re.ASCII)
_TIME = re.compile(r"[T\s]\s*(\d{1,2}[:.]\d\d(?:[:.]\d\d(?:[.,]\d+)?)?)\s*(?:Z|[+-]\d\d:?\d\d)?$", re.ASCII)
_UNKNOWN = ("", "-", "ukendt", "uoplyst")
# How many digits the parts have, and where in the joined digits year, month and day stand.
_YEAR_FIRST, _DAY_FIRST = (slice(0, 4), slice(4, 6), slice(6, 8)), (slice(4, 8), slice(2, 4), slice(0, 2))
_FORMS = {
    (4, 2, 2): _YEAR_FIRST,
    (2, 2, 4): _DAY_FIRST,
    (4, 2): _YEAR_FIRST,
    (2, 4): (slice(2, 6), slice(0, 2), slice(6, 8)),
    (4,): _YEAR_FIRST,
}


class DateError(ValueError):
    """The text is no birth date; the error's text is the reason, and does not repeat the date."""


class KnownDate(NamedTuple):
    """A birth date, of which parts may be unknown: the day; day and month; or all of it. An unknown part is 0.

    Their order is that of the dates.
    """

    year: int = 0
    month: int = 0
    day: int = 0

    def __str__(self) -> str:
        """As ISO 8601 writes it, with 0 for what is unknown: 1976-01-00."""
        return f"{self.year:04}-{self.month:02}-{self.day:02}"

    @property
    def whole(self) -> date | None:
        """The date, where all of it is known."""
        return date(self.year, self.month, self.day) if self.day else None

    def age_on(self, day: date) -> int | None:
        """The age on a day, the oldest that may be right; None where the year is unknown."""
        return day.year - self.year - ((day.month, day.day) < (self.month, self.day)) if self.year else None


def birth_date(text: str) -> KnownDate:
    """Read a birth date, with or without separators, and with a time where that is midnight.

    Raises:
        DateError: it is none.
    """
    if text.casefold() in _UNKNOWN:
        return KnownDate()
    time = _TIME.search(text) if len(text) > 10 else None
    if time and time[1].strip("0:.,"):
        raise DateError(f"has a time other than midnight, so that the date may be another one: {_WANTED}")
    year, month, day = _parts(text[: time.start()] if time else text)
    if time and not day:
        raise DateError(f"is not a date: {_WANTED}")
    if month > 12 >= day > 0:
        raise DateError(f"has day and month in the wrong order, as 03/14/1968 has: in the whole file, {_WANTED}")
    without_gap = (month or not day) and (year or not month)
    with suppress(ValueError):
        date(year or 1, month or 1, day or 1)
        if without_gap:
            return KnownDate(year, month, day)
    raise DateError("is not a day of the calendar: correct the date")


def _parts(text: str) -> tuple[int, int, int]:
    """Year, month and day, each 0 where it is unknown."""
    parts = _SEPARATOR.split(text)
    if not all(map(_PART.fullmatch, parts)):
        raise DateError(f"is not a date: {_WANTED}")
    parts = [_HIDDEN.sub("0", part).zfill(2) for part in parts]
    digits, lengths = "".join(parts), tuple(map(len, parts))
    if lengths == (7,):
        digits, lengths = f"0{digits}", (8,)  # a spreadsheet has dropped the day's first zero
    if lengths == (8,):
        # Never both: the year of one reading, 18 to 20 and two digits more, is no month of the other.
        lengths = (4, 2, 2) if digits[4:6] <= "12" and "18" <= digits[:2] <= "20" else (2, 2, 4)
    if lengths not in _FORMS:
        raise DateError(_reason(lengths))
    year, month, day = (int(digits[place] or 0) for place in _FORMS[lengths])
    return year, month, day


def _reason(lengths: tuple[int, ...]) -> str:
    if lengths in ((2, 2, 2), (6,)):
        return f"has only two digits of the year: {_WANTED}"
    if lengths == (5,):
        return f"is a spreadsheet's number of a day: format the column as a date, and {_WANTED}"
    return f"is not a date: {_WANTED}"
