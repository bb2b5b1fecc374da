"""What the clerk has typed and chosen on the screen, before it is sent. Pure; the screen itself comes from the node.

It is forgotten with the screen it belongs to. A refresh of the same task (the strip, a notice) must not take a half-typed
number away from the clerk, and a refused secret must not stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import msgspec

from kiosk.domain.screens import BirthDate, Button, Choice, Content, Pin, Screen, Touch, Typing, VoterShown

BIRTH_DIGITS = 8
MASK = "•"
BLANK = "_"


@dataclass(frozen=True, slots=True)
class Entry:
    """The digits on the pad, and the chosen answer's id."""

    digits: str = ""
    how: str = ""


def fresh(content: Content) -> Entry:
    """Nothing typed, the first answer preset."""
    choices = hows(content)
    return Entry(how=choices[0].id if choices else "")


def carried(old: Content, entry: Entry, new: Content, sent: bool) -> Entry:
    """What is left of `entry` when `new` is shown after `old`; `sent`: it had gone to the node."""
    if not same_task(old, new):
        return fresh(new)
    refused = isinstance(new, BirthDate | Pin) and notice(old) != notice(new)
    secret_used = isinstance(new, Pin) and sent
    return replace(entry, digits="") if refused or secret_used else entry


def same_task(old: Content, new: Content) -> bool:
    """Whether the screens ask the same of the same voter, whatever they warn of."""
    return type(old) is type(new) and _task(old) == _task(new)


def _task(content: Content) -> Content:
    if isinstance(content, Typing | VoterShown | BirthDate | Pin):
        return msgspec.structs.replace(content, notice="")
    return content


def notice(content: Content) -> str:
    return str(getattr(content, "notice", ""))


def hows(content: Content) -> tuple[Choice, ...]:
    return content.hows if isinstance(content, VoterShown | BirthDate) else ()


def room(content: Content, entry: Entry) -> int:
    """How many digits the pad takes; 0 without a pad, or where the chosen answer needs none."""
    if isinstance(content, Typing | Pin):
        return content.digits
    if isinstance(content, BirthDate) and _keyed(content, entry):
        return BIRTH_DIGITS
    return 0


def typed(content: Content, entry: Entry, digit: str) -> Entry:
    """`entry` with one more digit; unchanged where there is no room."""
    if len(digit) != 1 or digit not in "0123456789" or len(entry.digits) >= room(content, entry):
        return entry
    return replace(entry, digits=entry.digits + digit)


def chosen(content: Content, entry: Entry, how: str) -> Entry:
    """`entry` with another answer; an answer without a date empties the pad."""
    after = replace(entry, how=how)
    return after if room(content, after) or not isinstance(content, BirthDate) else replace(after, digits="")


def complete(content: Content, entry: Entry) -> bool:
    """Whether the right button may be touched."""
    if isinstance(content, BirthDate):
        return len(entry.digits) == room(content, entry)
    if isinstance(content, Typing | Pin):
        return bool(entry.digits)
    return True


def shown(content: Content, entry: Entry) -> str:
    """The pad's field: the date in its pattern, a PIN as dots, a number as typed or in its groups."""
    if isinstance(content, Pin):
        return MASK * len(entry.digits)
    if isinstance(content, BirthDate):
        return patterned(content.pattern, entry.digits)
    return grouped(content.groups, entry.digits) if isinstance(content, Typing) and content.groups else entry.digits


def grouped(groups: Sequence[int], digits: str) -> str:
    """`digits` in groups of so many, as far as they go: "07 3141 59"."""
    ends = tuple(accumulate(groups))
    return " ".join(digits[end - group : end] for group, end in zip(groups, ends, strict=True)).rstrip()


def patterned(pattern: str, digits: str) -> str:
    """`digits` in the places of `pattern`'s letters, the rest blank: "14-03-19__"; without any, the pattern itself."""
    if not digits:
        return pattern
    places = iter(digits)
    return "".join(next(places, BLANK) if sign.isalpha() else sign for sign in pattern)


def answer(screen: Screen, entry: Entry, button: Button) -> Touch:
    """The touch of `button`. Only the right one takes along what was typed and chosen."""
    if button == screen.right:
        return Touch(asks=screen.asks, touch=button.touch, value=entry.digits, how=entry.how)
    return Touch(asks=screen.asks, touch=button.touch)


def _keyed(content: BirthDate, entry: Entry) -> bool:
    return next((choice.keyed for choice in content.hows if choice.id == entry.how), True)
