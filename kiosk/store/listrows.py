"""One row of the voter list's file: each cell checked, and turned into a voter or into problems that name line and column.

Errors end in logs and mails, so they never repeat a name, an address, a date or a number of a voter.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, TypeVar

from kiosk import limits
from kiosk.domain.voters import Roll, Struck, Voter

T = TypeVar("T")

_PROBLEMS_SHOWN = 20  # problems in an error's text: as many as fit on a screen
_OLDEST = date(1900, 1, 1)

_ROLLS = {"hovedliste": Roll.MAIN, "tilflytterliste": Roll.NEWCOMER, "h": Roll.MAIN, "t": Roll.NEWCOMER, "": Roll.MAIN}
_STRUCK: dict[str, Struck | None] = dict.fromkeys(("slettet", "ja", "1", "x"), Struck.STRUCK_OFF)
_STRUCK |= {"fraflyttet": Struck.MOVED_AWAY, "nej": None, "0": None, "": None}

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)|(\d\d)([-./]?)(\d\d)\5(\d{4})", re.ASCII)
_BETWEEN_ELECTIONS = re.compile(r"[+/|,\s]+")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# NUL, a byte that the encoding lacks (surrogateescape), and what an earlier conversion has already lost.
_UNREADABLE = re.compile("[\0\ud800-\udfff\ufffd]")
# Searched in every row, so cheap: it finds more than _CPR does, and _CPR decides.
_MAYBE_CPR = re.compile(r"[0-9][0-9]{5}[\s\u2010-\u2015-]{0,3}[0-9]{4}")
_CPR = re.compile(
    r"(?<![0-9])(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])"  # day; replacement numbers add 60 to it
    r"(?:0[1-9]|1[0-2])[0-9]{2}[\s\u2010-\u2015-]{0,3}[0-9]{4}(?![0-9])"
)
_SPOILS = {
    _CPR: "looks like a CPR number, which no voter list may hold: remove it from the file",
    _UNREADABLE: "has a character that can't be read: save the file as CSV in UTF-8",
}


@dataclass(frozen=True, slots=True)
class Form:
    """What a voter list must look like here, taken from the plan.

    `columns` names the file's column for each field of `Voter`. `elections` leads from each word for an election,
    casefolded, to its id, the ids in the plan's order. `tables` holds the numbers of the tables. `day` is the election
    day, after which nobody on the list is born. Voter numbers have at most `voter_digits` digits.
    """

    columns: Mapping[str, str]
    elections: Mapping[str, str]
    tables: frozenset[int]
    day: date
    voter_digits: int = 9


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the file.

    `line` is the line of the file on which the row starts, from 1; 0 is the file as a whole. `column` is the name in
    the header, or empty for the whole row.
    """

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else "the file"
        return f"{line}, {self.column}: {self.reason}" if self.column else f"{line}: {self.reason}"


class ListError(Exception):
    """The list can't be used. `problems` holds what is wrong, up to `limits.LIST_PROBLEMS`; the text only the first 20."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:_PROBLEMS_SHOWN]]
        more = len(self.problems) - len(lines)
        return "\n".join([*lines, f"and {more:,} more"] if more else lines)


class _WrongError(Exception):
    """A cell doesn't hold what it should; the text is the reason."""


class RowCheck:
    """Turns rows into voters, and adds to `problems` what is wrong with them."""

    def __init__(self, line: int, header: list[str], form: Form, problems: list[Problem]) -> None:
        """Find the columns; raises ListError for a wrong header, without which no row can be read."""
        self._form = form
        self._problems = problems
        self._line = line
        self._lines: dict[int, int] = {}  # voter number to the line that had it first
        self._spellings: dict[str, tuple[str, ...]] = {}
        self._tables = {str(table): table for table in sorted(form.tables)}
        self._names = [f"column {place}" for place in range(1, len(header) + 1)]
        self._spoilt(header)
        titles = [_folded(cell) for cell in header]
        counts = {name: titles.count(_folded(name)) for name in form.columns.values()}
        if missing := [name for name, count in counts.items() if not count]:
            self._add("", f"the header lacks {', '.join(missing)}: add it, or name it in the plan's [columns]")
        for name in (name for name, count in counts.items() if count > 1):
            self._add(name, "stands more than once in the header: keep one of them")
        if problems:
            raise ListError(problems)
        parsers: dict[str, Callable[[str], object]] = {
            "number": self._number, "name": _name, "address": _text, "born": self._born, "book": self._book,
            "elections": self._elections, "postal": self._postal,
            "roll": partial(_known, meanings=_ROLLS, reason="is not a list"),
            "struck": partial(_known, meanings=_STRUCK, reason="is not a reason to strike"),
        }  # fmt: skip
        self._names = [" ".join(cell.split()) or name for cell, name in zip(header, self._names, strict=True)]
        self._cells = [(field, titles.index(_folded(form.columns[field])), parse) for field, parse in parsers.items()]

    def voter(self, line: int, row: list[str]) -> Voter | None:
        self._line = line
        spoilt = self._spoilt(row)
        if len(row) != len(self._names):
            reason = f"has {len(row)} fields where the header has {len(self._names)}"
            self._add("", f"{reason}: put texts with a delimiter in quotes")
            return None
        values: dict[str, Any] = {}
        for field, place, parse in self._cells:
            if place not in spoilt:
                try:
                    values[field] = parse(row[place].strip())
                except _WrongError as wrong:
                    self._add(self._names[place], str(wrong))
        columns = self._form.columns
        if not {*values.get("postal", ())} <= {*values.get("elections", self._form.elections.values())}:
            reason = f"holds an election that {columns['elections']} lacks: add it there, or remove it here"
            self._add(columns["postal"], reason)
            return None
        return Voter(**values) if len(values) == len(self._cells) else None

    def _add(self, column: str, reason: str) -> None:
        if len(self._problems) < limits.LIST_PROBLEMS:
            self._problems.append(Problem(self._line, column, reason))

    def _spoilt(self, row: list[str]) -> set[int]:
        """Report the cells that must not be quoted or can't be read, and return their places: no other check looks at them."""
        text = ";".join(row)
        if not _MAYBE_CPR.search(text) and not _UNREADABLE.search(text):
            return set()
        spoilt = set()
        for place, cell in enumerate(row):
            name = self._names[place] if place < len(self._names) else f"column {place + 1}"
            for pattern, reason in _SPOILS.items():
                if pattern.search(cell):
                    spoilt.add(place)
                    self._add(name, reason)
        return spoilt

    def _number(self, text: str) -> int:
        digits = text.lstrip("0")
        known = digits.isascii() and digits.isdigit() and len(digits) <= self._form.voter_digits
        number = int(digits) if known else 0
        if not number:
            raise _WrongError(f"is not a voter number: write digits, 1 to {10**self._form.voter_digits - 1}")
        first = self._lines.setdefault(number, self._line)
        if first != self._line:
            raise _WrongError(f"is the voter number of line {first} again: give every voter a number of their own")
        return number

    def _born(self, text: str) -> date:
        match = _DATE.fullmatch(text)
        if not match:
            raise _WrongError("is not a date: write it as 1968-03-14 or 14-03-1968")
        year, month, day, other_day, _, other_month, other_year = match.groups()
        try:
            born = date(int(year or other_year), int(month or other_month), int(day or other_day))
        except ValueError:
            raise _WrongError("is not a day of the calendar: correct the date") from None
        if not _OLDEST <= born <= self._form.day:
            raise _WrongError(f"lies before {_OLDEST} or after the election day {self._form.day}: correct the date")
        return born

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


def _known(word: str, meanings: Mapping[str, T], reason: str) -> T:
    """Look a word up. The error does not repeat it: in a row whose cells have moved it may be a voter's name."""
    key = _folded(word)
    if key not in meanings:
        raise _WrongError(f"{reason}: write {', '.join(filter(None, meanings))}")
    return meanings[key]


def _text(text: str) -> str:
    if len(text) > limits.LIST_FIELD_CHARS:
        raise _WrongError(f"is longer than {limits.LIST_FIELD_CHARS} characters: is a quote or a delimiter missing?")
    if _CONTROL.search(text):
        raise _WrongError("has a control character, such as a line break: write it on one line")
    # One spelling for é, ü and å, so that the digest and the screen don't depend on the system that wrote the file.
    return unicodedata.normalize("NFC", text)


def _name(text: str) -> str:
    if not text:
        raise _WrongError("is empty: write the voter's name")
    return _text(text)
