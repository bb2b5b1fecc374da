"""What the status strip shows where there is not room for all: its layouts, the fullest first."""

from dataclasses import dataclass

from kiosk.domain.screens import Other, Strip


@dataclass(frozen=True, slots=True)
class StripLayout:
    """`place`, `secretary` (as long as it is seen) and `troubles` in words; `numbered` dots; `counted`: words in place of dots
    for the tables that are seen; `few`: not even those that are silent have a box."""

    place: bool = False
    secretary: bool = False
    troubles: bool = False
    numbered: bool = False
    counted: bool = False
    few: bool = False


FULLEST = StripLayout(place=True, secretary=True, troubles=True, numbered=True)
STRIP_LAYOUTS = (
    FULLEST,
    StripLayout(secretary=True, troubles=True, numbered=True),
    StripLayout(troubles=True, numbered=True),
    StripLayout(secretary=True, troubles=True),
    StripLayout(troubles=True),
    StripLayout(numbered=True),
    StripLayout(),
    StripLayout(troubles=True, counted=True),
    StripLayout(counted=True),
    StripLayout(counted=True, few=True),
)


def place(strip: Strip, form: StripLayout) -> str:
    """The place's name."""
    return strip.place if form.place else ""


def dots(strip: Strip, form: StripLayout) -> list[Other]:
    """The tables that are drawn."""
    return [] if form.few else [other for other in strip.tables if not (form.counted and other.seen)]


def seen(strip: Strip, form: StripLayout) -> str:
    """How many tables are seen, in words."""
    return strip.seen if form.counted else ""


def any_silent(strip: Strip) -> bool:
    """Whether a table is not seen."""
    return not all(other.seen for other in strip.tables)


def secretary(strip: Strip, form: StripLayout) -> str:
    """The secretary's node in words: as soon as it is missed, it is a trouble."""
    return strip.secretary if (form.secretary if strip.secretary_seen else form.troubles) else ""


def uncopied(strip: Strip, form: StripLayout) -> str:
    """What no other node has."""
    return strip.uncopied if form.troubles else ""


def leftover(strip: Strip, form: StripLayout) -> tuple[str, ...]:
    """The troubles that have no room on the strip."""
    missed = "" if strip.secretary_seen else strip.secretary
    return () if form.troubles else tuple(words for words in (missed, strip.uncopied) if words)
