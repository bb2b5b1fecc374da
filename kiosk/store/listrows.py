"""One row of the voter list's file: each cell checked, and turned into a voter or into problems that name line and column."""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, TypeVar

from kiosk import limits
from kiosk.domain.voters import Roll, Struck, Voter
from kiosk.store.listdates import DateError, KnownDate, birth_date
from kiosk.store.listfaults import ListError, Problem
from kiosk.store.listtext import odd

__all__ = ["ListError", "ListFormat", "Problem", "RowCheck", "columns_in"]

T = TypeVar("T")

_OLDEST = 1900  # year
_AGES = range(18, 111)  # years: others are looked at again

_ROLLS = {"hovedliste": Roll.MAIN, "tilflytterliste": Roll.NEWCOMER, "h": Roll.MAIN, "t": Roll.NEWCOMER, "": Roll.MAIN}
_STRUCK: dict[str, Struck | None] = dict.fromkeys(("slettet", "ja", "1", "x"), Struck.STRUCK_OFF)
_STRUCK |= {"fraflyttet": Struck.MOVED_AWAY, "nej": None, "0": None, "": None}

_BETWEEN_ELECTIONS = re.compile(r"[+/|,\s]+")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_TOTALS = re.compile(r"\s*((i ?alt|total\w*|sum|antal|subtotal)\b.*|[\d.,\s]*)", re.IGNORECASE)
_OTHERS_SHOWN = 12  # columns of other names
_LETTERS = {"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe"}
_BLANK_LETTERS = "\u115f\u1160\u3164\uffa0"  # letters to Unicode, of which nothing is drawn
# NUL, a byte that the encoding lacks (surrogateescape), and what an earlier conversion has already lost.
_UNREADABLE = re.compile("[\0\ud800-\udfff\ufffd]")
_ESCAPED = re.compile("[\ud800-\udfff]")
# Searched in every row, so cheap: it finds more than _CPR does, and _CPR decides.
_MAYBE_CPR = re.compile(r"[0-9][0-9]{5}[\s\u2010-\u2015-]{0,3}[0-9]{4}")
_CPR = re.compile(
    r"(?<![0-9])(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])"  # day; replacement numbers add 60 to it
    r"(?:0[1-9]|1[0-2])[0-9]{2}[\s\u2010-\u2015-]{0,3}[0-9]{4}(?![0-9])"
)


@dataclass(frozen=True, slots=True)
class ListFormat:
    """What a voter list must look like here, taken from the plan.

    `columns` names the file's column for each field of `Voter`. `elections` leads from each word for an election,
    casefolded, to its id, the ids in the plan's order. `tables` holds the numbers of the tables. `day` is the election
    day, after which nobody on the list is born. Voter numbers have at most `voter_digits` digits. `rolls` leads from each word
    for one of the lists (hovedliste …), casefolded, to the list.
    """

    columns: Mapping[str, str]
    elections: Mapping[str, str]
    tables: frozenset[int]
    day: date
    voter_digits: int = 9
    rolls: Mapping[str, Roll] = field(default_factory=lambda: MappingProxyType(_ROLLS))


class _WrongError(Exception):
    """A cell doesn't hold what it should; the text is the reason. `other` is another line that it is about."""

    def __init__(self, reason: str, other: int = 0) -> None:
        super().__init__(reason)
        self.other = other


def columns_in(row: list[str], form: ListFormat) -> int:
    """How many of the list's columns a row names, as the header does."""
    return len({_title(cell) for cell in row} & {_title(name) for name in form.columns.values()})


class RowCheck:
    """Turns rows into voters, and adds to `problems` what is wrong with them, to `notes` what is only to be looked at.

    `short` is the line of the last row that lacked cells at its end. `drawn`: the letters that the screens can draw, if known.
    `spoilt`: the reason for a byte that can't be read.
    """

    def __init__(
        self, line: int, header: list[str], form: ListFormat, problems: list[Problem], notes: list[Problem],
        *, spoilt: str = "can't be read", drawn: Collection[str] | None = None,
    ) -> None:  # fmt: skip
        """Find the columns; raises ListError for a wrong header, without which no row can be read."""
        self._form, self._problems, self._notes, self._spoils, self._drawn = form, problems, notes, spoilt, drawn
        self._line, self.short = line, 0
        self._lines: dict[int, int] = {}  # voter number to the line that had it first
        self._spellings: dict[str, tuple[str, ...]] = {}
        self._dates = lru_cache(maxsize=50_000)(birth_date)
        self._tables = {str(table): table for table in sorted(form.tables)}
        self._names = [f"column {place}" for place in range(1, len(header) + 1)]
        self._spoilt(header)
        titles = [_title(cell) for cell in header]
        counts = {name: titles.count(_title(name)) for name in form.columns.values()}
        if missing := [name for name, count in counts.items() if not count]:
            self._add("", _lacks(missing, titles, form))
        for name in (name for name, count in counts.items() if count > 1):
            self._add(name, "stands more than once in the header: keep one of them")
        if problems:
            raise ListError(problems, notes)
        parsers: dict[str, Callable[[str], object]] = {
            "number": self._number, "name": self._name, "address": self._text, "born": self._born, "book": self._book,
            "elections": self._elections, "postal": self._postal,
            "roll": partial(_known, meanings=form.rolls, reason="is not a list"),
            "struck": partial(_known, meanings=_STRUCK, reason="is not a reason to strike"),
        }  # fmt: skip
        self._header = header
        self._names = [" ".join(cell.split()) or name for cell, name in zip(header, self._names, strict=True)]
        self._cells = [(name, titles.index(_title(form.columns[name])), parse) for name, parse in parsers.items()]
        self._number_at = self._cells[0][1]
        self._column = ""

    def voter(self, line: int, row: list[str]) -> Voter | None:
        """The voter of a row, None where it has none, or anything in it is wrong."""
        self._line = line
        spoilt = self._spoilt(row)
        number = row[self._number_at] if self._number_at < len(row) else ""
        if not number.isdigit() and self._left_out(row):
            return None
        before = len(self._problems)
        values = self._values((row + [""] * len(self._names)) if len(row) < len(self._names) else row, spoilt)
        if len(row) != len(self._names) and not self._fits(row, before):
            return None
        columns = self._form.columns
        if not {*values.get("postal", ())} <= {*values.get("elections", self._form.elections.values())}:
            reason = f"holds an election that {columns['elections']} lacks: add it there, or remove it here"
            self._add(columns["postal"], reason)
            return None
        return Voter(**values) if len(values) == len(self._cells) else None

    def _values(self, row: list[str], spoilt: set[int]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, place, parse in self._cells:
            if place not in spoilt:
                self._column = self._names[place]
                try:
                    values[name] = parse(row[place].strip())
                except _WrongError as wrong:
                    self._add(self._column, str(wrong), wrong.other)
        return values

    def _fits(self, row: list[str], before: int) -> bool:
        """Whether a row of another length than the header's differs from it by empty cells only.

        Where several of its cells are wrong it is told as one fault: they stand in the wrong columns.
        """
        if len(row) < len(self._names):
            self.short = self._line
            reason = "ends too early: is one line broken in two? Make it one again"
        else:
            reason = f"has {len(row)} cells, the header {len(self._names)}: put a text that holds ; or , in quotes"
        more = any(cell.strip() for cell in row[len(self._names) :])
        if not more and len(self._problems) <= before + 1:
            return True
        del self._problems[before:]
        self._add("", reason)
        return False

    def _add(self, column: str, reason: str, other: int = 0) -> None:
        if len(self._problems) < limits.LIST_PROBLEMS:
            self._problems.append(Problem(self._line, column, reason, other))

    def _note(self, column: str, reason: str, *, doubt: bool = False) -> None:
        if len(self._notes) < limits.LIST_PROBLEMS:
            self._notes.append(Problem(self._line, column, reason, doubt=doubt))

    def _left_out(self, row: list[str]) -> bool:
        """Whether this row, which has no voter number, is no voter's either: what it is, is told."""
        if not any(cell.strip() for cell in row):
            self._note("", "is blank, and is left out")
        elif [_title(cell) for cell in row] == [_title(cell) for cell in self._header]:
            self._note("", "is the header once more, and is left out: were several files put together?")
        elif all(map(_TOTALS.fullmatch, row)):
            self._note("", "is a row of totals, and is left out")
        else:
            return False
        return True

    def _spoilt(self, row: list[str]) -> set[int]:
        """Report the cells that must not be quoted or can't be read, and return their places: no other check looks at them."""
        text = ";".join(row)
        if not _MAYBE_CPR.search(text) and not _UNREADABLE.search(text):
            return set()
        spoilt = set()
        for place, cell in enumerate(row):
            name = self._names[place] if place < len(self._names) else f"column {place + 1}"
            if _CPR.search(cell):
                spoilt.add(place)
                self._add(name, "looks like a CPR number, which no voter list may hold: remove it from the file")
            if _ESCAPED.search(cell):
                spoilt.add(place)
                self._add(name, f"{self._spoils}: correct that letter, or have the list exported again as UTF-8")
            elif _UNREADABLE.search(cell):
                spoilt.add(place)
                self._add(name, "has a character that can't be read, where a letter was lost: have the list exported again")
        return spoilt

    # --- cells ---

    def _number(self, text: str) -> int:
        digits = text.lstrip("0")
        known = digits.isascii() and digits.isdigit() and len(digits) <= self._form.voter_digits
        number = int(digits) if known else 0
        if not number:
            raise _WrongError(f"is not a voter number: write digits, 1 to {10**self._form.voter_digits - 1}")
        first = self._lines.setdefault(number, self._line)
        if first != self._line:
            raise _WrongError("is the voter number of an earlier line again: give every voter a number of their own", first)
        return number

    def _text(self, text: str) -> str:
        if len(text) > limits.LIST_FIELD_CHARS:
            raise _WrongError(f"is longer than {limits.LIST_FIELD_CHARS} characters: is a quote or a delimiter missing?")
        # One spelling for é, ü and å, so that the digest and the screen don't depend on the system that wrote the file.
        text = unicodedata.normalize("NFC", text)
        if wrong := odd(text):
            if wrong == "garbled":
                raise _WrongError("has letters that were encoded twice (Ã¸ for ø): have the list exported again as UTF-8")
            if _CONTROL.search(text):
                raise _WrongError("has a control character, such as a line break: write it on one line")
            reason = "has a sign that stands in no Danish name or address, as where a letter was lost: look at it"
            self._note(self._column, reason, doubt=True)
        if self._drawn is not None and not text.isascii():
            for letter in sorted({*text}.difference(self._drawn)):
                name = unicodedata.name(letter, "of no name")
                self._note(self._column, f"has a letter that the screens' font lacks: U+{ord(letter):04X} {name}")
        return text

    def _name(self, text: str) -> str:
        name = self._text(text)
        if not any(letter.isalpha() and letter not in _BLANK_LETTERS for letter in name):
            raise _WrongError("is empty, or has no letter that can be seen: write the voter's name")
        return name

    def _born(self, text: str) -> date:
        try:
            born: KnownDate = self._dates(text)
        except DateError as error:
            raise _WrongError(str(error)) from None
        day = self._form.day
        if born.year and (born.year < _OLDEST or born > (day.year, day.month, day.day)):
            raise _WrongError(f"lies before {_OLDEST} or after the election day {day}: correct the date")
        age = born.age_on(day)
        if age is not None and age not in _AGES:
            reason = (
                f"makes the voter younger than {_AGES.start}"
                if age < _AGES.start
                else f"makes the voter older than {_AGES[-1]}"
            )
            self._note(self._column, f"{reason} on the election day: look at it")
        if born.whole is None:
            raise _WrongError("is not known to the day, which the screens can't show yet: have it completed")
        return born.whole

    def _book(self, text: str) -> int:
        return _known(text.lstrip("0"), self._tables, "is not a table of the plan")

    def _elections(self, text: str) -> tuple[str, ...]:
        if not text:
            raise _WrongError("names no election: write those in which the voter may vote")
        return self._postal(text)

    def _postal(self, text: str) -> tuple[str, ...]:
        if text not in self._spellings:
            ids = self._form.elections
            words = [word for word in _BETWEEN_ELECTIONS.split(text) if word] or [text] * bool(text)
            chosen = {_known(word, ids, "this is not an election of the plan") for word in words}
            self._spellings[text] = tuple(dict.fromkeys(election for election in ids.values() if election in chosen))
        return self._spellings[text]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().casefold()


def _title(text: str) -> str:
    """A column's name as it is compared: Vælgernummer, "vaelger nr." and VAELGER_NUMMER are one."""
    plain = "".join(_LETTERS.get(letter, letter) for letter in _folded(text) if letter.isalnum())
    return plain.replace("nummer", "nr")


def _lacks(missing: list[str], titles: list[str], form: ListFormat) -> str:
    """What a header lacks, and where it has something else: which is not repeated, since it may be a voter's."""
    if len(missing) == len(form.columns):
        return f"is not the header: the first line must name the columns {', '.join(missing)}"
    wanted = {_title(name) for name in form.columns.values()}
    others = [str(place) for place, title in enumerate(titles, 1) if title and title not in wanted][:_OTHERS_SHOWN]
    has = f", and has other names in {', '.join(others)} (1 is the first)" if others else ""
    return f"the header lacks {', '.join(missing)}{has}: write these names there, or the file's in the plan's [columns]"


def _known(word: str, meanings: Mapping[str, T], reason: str) -> T:
    """Look a word up. The error does not repeat it: in a row whose cells have moved it may be a voter's name."""
    key = _folded(word)
    if key not in meanings:
        raise _WrongError(f"{reason}: write {', '.join(filter(None, meanings))}")
    return meanings[key]
