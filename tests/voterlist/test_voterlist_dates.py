"""Stories of birth dates: each way in which a register writes one, and why others are refused."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.store.listdates import DateError, KnownDate, birth_date

DAYS = st.dates(date(1900, 1, 1), date(2025, 12, 31))
WRITTEN = [
    "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d%m%Y",
    "%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00.000Z", "%Y-%m-%dT00:00:00+01:00", "%d-%m-%Y 00.00.00", "%d-%m-%Y 00:00",
]  # fmt: skip


@pytest.mark.parametrize("form", WRITTEN)
@given(day=DAYS)
def test_every_day_in_every_form(form: str, day: date) -> None:
    """Any day of a century, however it is written, is that day."""
    assert birth_date(day.strftime(form)).whole == day


@given(day=DAYS)
def test_without_leading_zeros(day: date) -> None:
    """A spreadsheet drops them: 9-1-1976, 1976-1-9, 9011976."""
    for text in (
        f"{day.day}-{day.month}-{day.year}",
        f"{day.year}-{day.month}-{day.day}",
        f"{day.day}{day.month:02}{day.year}",
    ):
        assert birth_date(text).whole == day


@pytest.mark.parametrize(
    ("text", "known"),
    [
        *dict.fromkeys(
            ["1976-01-00", "00-01-1976", "19760100", "00011976", "1976-01", "01-1976", "1976-01-XX", "??.01.1976"], (1976, 1)
        ).items(),
        *dict.fromkeys(["1976-00-00", "00-00-1976", "0-0-1976", "19760000", "00001976", "1976", "1976-xx-xx"], (1976,)).items(),
        *dict.fromkeys(["", "0000-00-00", "00000000", "00-00-0000", "ukendt", "Ukendt", "-", "????-??-??"], ()).items(),
    ],
)
def test_unknown_parts(text: str, known: tuple[int, ...]) -> None:
    """The day, or month and day, or all of it may be unknown: what is known is kept, and no day is made up."""
    born = birth_date(text)
    assert born == KnownDate(*known)
    assert born.whole is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("01/19/1976", "wrong order"),
        ("1976-19-01", "wrong order"),
        ("14-3-68", "two digits of the year"),
        ("140368", "two digits of the year"),
        ("27778", "spreadsheet's number"),
        ("1976-01-18T23:00:00Z", "time other than midnight"),
        ("1976-01-18 12.30", "time other than midnight"),
        ("1976 00:00", "not a date"),
        ("1976-01 00:00", "not a date"),
        ("1976-02-30", "not a day of the calendar"),
        ("31021976", "not a day of the calendar"),
        ("19760230", "not a day of the calendar"),
        ("1976-00-14", "not a day of the calendar"),
        ("0000-03-14", "not a day of the calendar"),
        ("42", "not a date"),
        ("7", "not a date"),
        ("19. januar 1976", "not a date"),
        ("1968-W11-4", "not a date"),
        ("--", "not a date"),
        ("1976-1-1-1", "not a date"),
        ("١٩٧٦-٠١-١٩", "not a date"),
        ("9" * 5000, "not a date"),
    ],
)
def test_no_date(text: str, reason: str) -> None:
    """Each has the reason that is true of it, and none repeats the date."""
    with pytest.raises(DateError, match=reason) as caught:
        birth_date(text)
    assert text not in str(caught.value)


@given(text=st.text(alphabet="0123456789-./ T:xX?Z", max_size=24))
def test_any_text(text: str) -> None:
    """Whatever stands there, it is a birth date, read from its own text again, or has a reason."""
    try:
        born = birth_date(text)
    except DateError:
        return
    assert birth_date(str(born)) == born


@given(day=DAYS, other=DAYS)
def test_in_order(day: date, other: date) -> None:
    """Written out, birth dates stand in the order of the days."""
    assert (str(birth_date(f"{day}")) < str(birth_date(f"{other}"))) == (day < other)


@given(years=st.integers(1, 110), shift=st.integers(-1, 1))
def test_age(years: int, shift: int) -> None:
    """A birthday counts from its own day on; where only the year is known, the age is the oldest that may be right."""
    day = date(2025, 11, 18)
    born = day.replace(year=day.year - years) + timedelta(days=shift)
    assert birth_date(f"{born}").age_on(day) == years - (shift > 0)
    assert birth_date(f"{born.year}").age_on(day) == years
    assert birth_date("").age_on(day) is None
