"""What the clerk has keyed and chosen on the screen, before it is sent. Pure; the screen itself comes from the node.

It is forgotten with the screen it belongs to. A refresh of the same task (the strip, a notice) must not take a half-typed
number away from the clerk, and a refused secret must not stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

import msgspec

from kiosk.domain.screens import (
    BirthDate,
    Button,
    Choices,
    Content,
    Field,
    Keys,
    Pin,
    Screen,
    Sheet,
    Touch,
    Typing,
    VoterShown,
)

BIRTH_DIGITS = 8
MOST = 200  # characters that a touch takes along of one field
MASK = "•"
BLANK = "_"


@dataclass(frozen=True, slots=True)
class TypedInput:
    """What is keyed and chosen, by field. `focus`: the field that takes what is keyed."""

    values: Mapping[str, str] = field(default_factory=dict)
    focus: str = ""

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def with_value(self, name: str, value: str) -> "TypedInput":
        return replace(self, values={**self.values, name: value})


def fields(content: Content) -> tuple[Field, ...]:
    """What is keyed on it; a pad's field is "pad"."""
    match content:
        case Typing() | Pin():
            return (Field("pad", "", Keys.DIGITS, content.digits),)
        case BirthDate():
            return (Field("pad", "", Keys.DATE, BIRTH_DIGITS, hint=content.pattern),)
        case Sheet():
            return tuple(block for block in content.blocks if isinstance(block, Field))
    return ()


def choices(content: Content) -> tuple[Choices, ...]:
    """What is chosen on it; how a birth date was given is "how"."""
    match content:
        case VoterShown() | BirthDate():
            return (Choices("how", content.how, content.hows, content.hows[0].id if content.hows else ""),)
        case Sheet():
            return tuple(block for block in content.blocks if isinstance(block, Choices))
    return ()


def fresh(content: Content) -> TypedInput:
    """What is preset, and the first field takes what is keyed."""
    all_fields = fields(content)
    values = {block.field: block.preset for block in all_fields} | {block.field: block.preset for block in choices(content)}
    return TypedInput(values, all_fields[0].field if all_fields else "")


def carried(old: Screen, entry: TypedInput, new: Screen, sent: bool) -> TypedInput:
    """What is left of `entry` when `new` is shown after `old`; `sent`: it had gone to the node."""
    if not same_task(old, new):
        return fresh(new.content)
    refused = isinstance(new.content, BirthDate | Pin) and _notice(old.content) != _notice(new.content)
    secret_used = isinstance(new.content, Pin) and sent
    return entry.with_value("pad", "") if refused or secret_used else entry


def same_task(old: Screen, new: Screen) -> bool:
    """Whether the screens ask the same of the same voter, whatever they warn of; of a page the node says whether they do."""
    if isinstance(old.content, Sheet) and isinstance(new.content, Sheet):
        return old.asks == new.asks
    return type(old.content) is type(new.content) and _task(old.content) == _task(new.content)


def _task(content: Content) -> Content:
    if isinstance(content, Typing | VoterShown | BirthDate | Pin):
        return msgspec.structs.replace(content, notice="")
    return content


def _notice(content: Content) -> str:
    return str(getattr(content, "notice", ""))


def focused(content: Content, entry: TypedInput) -> Field | None:
    """The field that takes what is keyed."""
    return next((block for block in fields(content) if block.field == entry.focus), None)


def room(content: Content, entry: TypedInput) -> int:
    """How many characters the field with the focus takes; 0 without one, or where the chosen answer needs none."""
    block = focused(content, entry)
    if block is None or (isinstance(content, BirthDate) and not _keyed(content, entry)):
        return 0
    return BIRTH_DIGITS if block.keys is Keys.DATE else min(block.most, MOST)


def typed(content: Content, entry: TypedInput, sign: str) -> TypedInput:
    """`entry` with one more character; unchanged where there is no room, or where it is none of the field's."""
    block, before = focused(content, entry), entry.value(entry.focus)
    if block is None or len(sign) != 1 or len(before) >= room(content, entry):
        return entry
    taken = sign.isprintable() if block.keys is Keys.TEXT else sign in "0123456789"
    return entry.with_value(entry.focus, before + sign) if taken else entry


def erased(entry: TypedInput, *, all_of_it: bool = False) -> TypedInput:
    """`entry` without the last character of the field with the focus, or without any."""
    return entry.with_value(entry.focus, "" if all_of_it else entry.value(entry.focus)[:-1]) if entry.focus else entry


def chosen(content: Content, entry: TypedInput, name: str, choice: str) -> TypedInput:
    """`entry` with another answer; an answer without a date empties the pad."""
    after = entry.with_value(name, choice)
    return after if room(content, after) or not isinstance(content, BirthDate) else after.with_value("pad", "")


def complete(content: Content, entry: TypedInput) -> bool:
    """Whether the right button may be touched."""
    if isinstance(content, BirthDate):
        return len(entry.value("pad")) == room(content, entry)
    answered = all(entry.value(block.field) for block in choices(content)) or isinstance(content, VoterShown)
    return answered and all(_filled(block, entry.value(block.field).strip()) for block in fields(content))


def _filled(block: Field, value: str) -> bool:
    if block.keys is Keys.DATE and value:
        return len(value) == BIRTH_DIGITS
    return bool(value) or not block.needed


def shown(content: Content, entry: TypedInput, block: Field) -> str:
    """What stands in a field: the date in its pattern, a PIN as dots, a number as typed or in its groups."""
    value = entry.value(block.field)
    if isinstance(content, Pin):
        return MASK * len(value)
    if block.keys is Keys.DATE:
        return patterned(block.hint, value)
    return grouped(content.groups, value) if isinstance(content, Typing) and content.groups else value


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


def answer(screen: Screen, entry: TypedInput, button: Button) -> Touch:
    """The touch of `button`. The right one takes along what was keyed and chosen, and so does all that a page offers."""
    content = screen.content
    tabs = [tab.touch for tab in content.tabs] if isinstance(content, Sheet) else []
    offered = isinstance(content, Sheet) and button != screen.left and button.touch not in tabs
    takes = offered or button == screen.right
    values = {name: value.strip() for name, value in entry.values.items() if value.strip()}
    return Touch(screen.asks, button.touch, values if takes else {})


def _keyed(content: BirthDate, entry: TypedInput) -> bool:
    return next((choice.keyed for choice in content.hows if choice.id == entry.value("how")), True)
