"""Polling cards (valgkort): from what the scanner read to a voter number, or a reason why not. Pure.

The default card is twelve digits: four for election and place, six for the voter, two check digits (ISO 7064 MOD 97-10).
Digits alone survive every keyboard layout.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_VOTER_DIGITS = 9  # so that a CPR number never fits
_CPR = re.compile(r"(0[1-9]|[12]\d|3[01]|6[1-9]|[78]\d|9[01])(0[1-9]|1[0-2])\d{2}[- ]?\d{4}")


class Unreadable(StrEnum):
    """Why a scan or a keyed number is not one of this election's polling cards."""

    NOT_A_CARD = "not_a_card"  # a stray barcode
    TOO_LONG = "too_long"
    CHECK_DIGITS = "check_digits"
    SET_UP = "set_up"  # the scanner is set up for another keyboard or speed: nothing can be made of what it sends
    CPR = "cpr"  # a health card or a CPR number: never shown, kept or looked up


@dataclass(frozen=True, slots=True)
class CardRead:
    """A good polling card of this place, or a voter number keyed by hand."""

    voter: int


@dataclass(frozen=True, slots=True)
class OtherPlace:
    """A good polling card of another place or election; `name` is empty where the plan does not know its code."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class CardRules:
    """How this place's polling cards read. `pattern` has the group `voter` and may have `place`."""

    pattern: re.Pattern[str]
    checked: bool
    place: str
    other_places: Mapping[str, str]
    max_chars: int


def check_digits(digits: str) -> str:
    """The two check digits of ISO 7064 MOD 97-10 for a string of digits."""
    return f"{98 - int(digits) * 100 % 97:02}"


def read_card(text: str, rules: CardRules) -> CardRead | OtherPlace | Unreadable:
    """Read what a scanner gave. Check digits come before the place, since a misread place must not send a voter away."""
    if len(text) > rules.max_chars:
        return Unreadable.TOO_LONG
    if _CPR.fullmatch(text):
        return Unreadable.CPR
    match = rules.pattern.fullmatch(text) if text.isascii() else None
    if match is None or not (match["voter"] or "").isdecimal():  # a plan's pattern may let letters in, or nothing
        return Unreadable.NOT_A_CARD
    if len(match["voter"].lstrip("0")) > _VOTER_DIGITS:
        return Unreadable.NOT_A_CARD
    if rules.checked and int("".join(filter(str.isdigit, text))) % 97 != 1:
        return Unreadable.CHECK_DIGITS
    place = match.groupdict().get("place")
    if place is not None and place != rules.place:
        return OtherPlace(place, rules.other_places.get(place, ""))
    return _card_of(int(match["voter"]))


def read_keyed(digits: str, rules: CardRules, voter_digits: int) -> CardRead | OtherPlace | Unreadable:
    """Read what a clerk keyed: a voter number of up to `voter_digits` digits, or a whole card number."""
    if digits.isascii() and digits.isdigit() and len(digits) <= voter_digits:
        return _card_of(int(digits))
    return read_card(digits, rules)


def _card_of(voter: int) -> CardRead | Unreadable:
    """A voter's card; the number 0, as on a printer's specimen, is nobody's."""
    return CardRead(voter) if voter else Unreadable.NOT_A_CARD
