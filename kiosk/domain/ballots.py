"""Elections of the day and the ballots (stemmesedler) that belong to them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Colour(StrEnum):
    """Colour of a ballot's paper. Green, red and amber are kept for what the screen says."""

    WHITE = "white"  # hvid
    YELLOW = "yellow"  # gul
    BLUE = "blue"  # blå
    PINK = "pink"  # lyserød


@dataclass(frozen=True, slots=True)
class Election:
    """One election of the day; `name` and `name_en` are what the screens call it, e.g. "byråd", "council"."""

    id: str
    name: str
    name_en: str
    colour: Colour
