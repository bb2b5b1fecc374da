"""Elections of the day and the ballots (stemmesedler) that belong to them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
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
    """One election of the day; `name` is what the screens call it, e.g. "byråd", and `names` in other languages, as "en"."""

    id: str
    name: str
    names: Mapping[str, str]
    colour: Colour

    def called(self, language: str) -> str:
        """Its name in a language, or else its own."""
        return self.names.get(language, self.name)
