"""The text of the chair's codes, as it stands on paper: from what was scanned or keyed to a number and a secret. Pure.

A text is 34 digits: two for the code's number, 26 of the secret (86 bits), six check digits. Digits alone survive every
keyboard layout, can be keyed on the screen's number pad, and make the shortest Code 128. It is longer than any polling card
that a plan can describe (`limits.CARD_CHARS`), so neither is ever taken for the other, whatever the plan's pattern lets in.

The check digits make the whole number one more than a multiple of a prime: every single wrong digit is detected, any two
wrong ones, and so any two that have changed places; of other slips one in a million is not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate

import msgspec

from kiosk.domain.entries import Stop, stop_signed

CHAIR, RESERVE = range(1, 21), range(21, 41)
"""The numbers on the sheet in the chair's envelope, and on the municipality's."""
NUMBERS = range(1, 41)
SECRET_DIGITS = 26
DIGITS = 34
"""Digits of a whole text."""
GROUPS = (2, *[4] * 8)
"""How many digits stand together in print: the number, then the rest by fours."""
_CHECK = 6
_PRIME = 999_983


class CodeMisread(StrEnum):
    """Why a text is not a code of this place's sheets."""

    NOT_A_CODE = "not_a_code"  # another length, or what no sheet has
    CHECK_DIGITS = "check_digits"  # a slip of the finger
    OTHER_SHEET = "other_sheet"  # a good code: of another place or day, of an exercise, or of a sheet made before this one


@dataclass(frozen=True, slots=True)
class Code:
    """A code of this place that was shown. `key` signs bytes with it. Its repr tells nothing of the secret."""

    number: int
    key: Callable[[bytes], bytes] = field(repr=False, compare=False)

    def sign(self, author: str, stop: Stop, bound_to: str) -> Stop:
        """The stop of the run `author` with this code's number and signature; `bound_to`: the `first_prev` of all logs."""
        numbered = msgspec.structs.replace(stop, n=self.number)
        signature = self.key(stop_signed(author, numbered, bound_to))
        return msgspec.structs.replace(numbered, signature=signature.hex())


@dataclass(frozen=True, slots=True)
class Spelt:
    """What a text with good check digits says."""

    number: int
    secret: str = field(repr=False)


def is_code(text: str) -> bool:
    """Whether a text is meant for a code, by its form alone: 34 digits. No polling card is so long."""
    return len(text) == DIGITS and text.isascii() and text.isdigit()


def spell(number: int, secret: str) -> str:
    """The text of a code."""
    payload = f"{number:02}{secret}"
    return f"{payload}{(1 - int(payload) * 10**_CHECK) % _PRIME:0{_CHECK}}"


def read_text(text: str) -> Spelt | CodeMisread:
    """Read what was scanned or keyed; blanks between the groups are no matter."""
    digits = "".join(text.split(" "))
    if not is_code(digits):
        return CodeMisread.NOT_A_CODE
    if int(digits) % _PRIME != 1:
        return CodeMisread.CHECK_DIGITS
    number = int(digits[:2])
    return Spelt(number, digits[2 : 2 + SECRET_DIGITS]) if number in NUMBERS else CodeMisread.NOT_A_CODE


def grouped(text: str) -> tuple[str, ...]:
    """The text in the groups in which it is printed, the number first: "07", "3141", "5926", …"""
    ends = tuple(accumulate(GROUPS))
    return tuple(text[end - group : end] for group, end in zip(GROUPS, ends, strict=True))
