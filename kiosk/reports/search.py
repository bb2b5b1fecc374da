"""Search of the voter list by name, birth date and number: a plain scan of one short text for each voter.

No index is kept on the disk: reading 25,000 voters takes less than half a second, once, and a scan of them some milliseconds.
So the import stays as it is, and nothing can be out of date. Letters are folded, so that a name is found however it is spelt:
ø, ö, oe and o are one letter here, and so are å, aa and a, and æ, ä, ae and a; accents are left out.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial

from kiosk.domain.voters import Voter

_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "œ": "oe", "ð": "d", "đ": "d", "þ": "th", "ł": "l", "ı": "i"})
_APOSTROPHES = str.maketrans("", "", "'’‘`´ʼ")  # O'Neill is one word
_TWO_FOR_ONE = partial(re.compile("(?:aa|ae|oe|ue)").sub, lambda found: found[0][0])
_WORD = re.compile(r"[^\W_]+")
_DATE = re.compile(r"(\d{1,2})([-./])(\d{1,2})\2(\d{4}|\d{2})|(\d{4})-(\d{1,2})-(\d{1,2})")


def folded(name: str) -> list[str]:
    """The words of a name, each as it is compared. What a word begins with, its folded form begins with."""
    spelt = unicodedata.normalize("NFKD", name.translate(_APOSTROPHES).casefold())
    plain = "".join(letter for letter in spelt if not unicodedata.combining(letter)).translate(_LETTERS)
    return [_TWO_FOR_ONE(word) for word in _WORD.findall(plain)]


class SearchIndex:
    """The voters of one list, in the order in which hits are given."""

    def __init__(self, voters: Iterable[Voter]) -> None:
        rows = sorted((" ".join(folded(voter.name)), voter.number, voter.born) for voter in voters)
        self._texts = [f" {name} {_number(number)} {' '.join(_dates(born))} " for name, number, born in rows]
        self._numbers = [number for _, number, _ in rows]

    def find(self, text: str) -> list[int]:
        """The numbers of the voters whom all words of the text fit; of no words at all, nobody."""
        wanted = list(_needles(text))
        if not wanted:
            return []
        places: Iterable[int] = range(len(self._texts))
        for needles in sorted(wanted, key=lambda needles: -max(map(len, needles))):
            texts = self._texts
            if len(needles) == 1:
                needle = needles[0]
                places = [at for at in places if needle in texts[at]]
            else:
                places = [at for at in places if any(needle in texts[at] for needle in needles)]
        return [self._numbers[at] for at in places]


def _needles(text: str) -> Iterator[tuple[str, ...]]:
    """For each word of a search, what to look for in a voter's text: any of these."""
    for word in text.split():
        if any(letter.isdecimal() for letter in word):
            yield tuple(f" {needle} " for needle in _figures(word)) or ("\0",)
        else:
            yield from ((f" {part}",) for part in folded(word))


def _figures(word: str) -> Iterator[str]:
    """What a word with digits may be: a voter number, a birth date of six or eight digits, or one that is written out."""
    if word.isascii() and word.isdecimal():
        yield _number(int(word[:20]))
        if len(word) in (6, 8):
            yield f"@{word}"
    elif written := _DATE.fullmatch(word):
        day, _, month, year, iso_year, iso_month, iso_day = written.groups()
        yield f"@{int(day or iso_day):02}{int(month or iso_month):02}{year or iso_year}"


def _number(number: int) -> str:
    return f"#{number}"


def _dates(born: date) -> tuple[str, str]:
    """A birth date as it is keyed, with the century and without."""
    return f"@{born:%d%m}{born.year:04}", f"@{born:%d%m}{born.year % 100:02}"
