"""Words by their keys, in the languages that there are. The guide's own Danish words are kept where it has them.

The texts themselves are the catalogues in `kiosk/texts`; their `{}` are filled in by the view. The codes in small print are
for the telephone.
"""

from datetime import date
from zoneinfo import ZoneInfo

from kiosk.texts.catalogues import CATALOGUES

Language = str
"""A language is called as its file."""

FIRST: Language = "da"
"""The language of the place, and of who has said nothing else."""

ZONE = ZoneInfo("Europe/Copenhagen")
"""The clock on the wall of every polling place, whatever the machine is set to."""

CODES: dict[str, str] = {
    "not_a_card": "S1",
    "too_long": "S2",
    "check_digits": "S3",
    "cpr": "S4",
    "set_up": "S5",
    "no_list": "K1",
    "list_coming": "K6",
    "alone": "K2",
    "unheard": "K8",
    "catching_up": "K4",
    "locked": "K5",
    "poll_not_opened": "K3",
    "already_marked": "A1",
    "postal_vote": "A2",
    "not_on_list": "A3",
    "struck_off": "A4",
    "moved_away": "A5",
    "other_place": "A6",
    "changed": "A8",
    "referred": "A7",
    "other_table": "A9",
    "not_open": "A10",
    "copied": "F7",
    "revoked": "F8",
    "other_list": "F9",
    "other_disk": "F10",
    "other_folder": "F11",
    "disk": "F1",
    "disk_full": "F2",
    "read_only": "F3",
    "corrupt": "F4",
    "in_use": "F5",
    "internal": "F6",
}


def languages() -> list[Language]:
    """All languages, in the order in which the button goes through them: Danish, then the others."""
    return sorted(CATALOGUES, key=lambda language: (language != FIRST, language))


def next_after(language: Language) -> Language:
    """The language that the button switches to."""
    known = languages()
    return known[(known.index(language) + 1) % len(known)]


def name_of(language: Language) -> str:
    """What a language calls itself."""
    return CATALOGUES[language].name


def text(key: str, language: Language, *fields: object) -> str:
    """A text in one language, its fields filled in."""
    words = CATALOGUES[language].texts[key]
    return words.format(*fields) if fields else words


def month(number: int, language: Language) -> str:
    """Name of a month, 1 to 12."""
    return text(f"month_{number}", language)


def day(given: date, language: Language) -> str:
    """A date in words: "14. marts 1968"."""
    return text("date", language, given.day, month(given.month, language), given.year)
