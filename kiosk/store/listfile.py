"""The voter list's file (valgliste, CSV), checked once at this edge so that inner code never meets a bad voter.

A file is taken whole or not at all, and all its bad rows are reported in one go: it is made by another office, and
every further round of corrections costs hours.
"""

import csv
import re
import string
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO, TypeVar

from kiosk import limits
from kiosk.domain.voters import Voter
from kiosk.store.listrows import ListError, ListFormat, Problem, RowCheck, columns_in
from kiosk.store.listtext import Encoding, NoTextError, encoding, lost_letters

Progress = Callable[[int], object]
T = TypeVar("T")

_PROGRESS_ROWS = 1_000  # rows between two steps of the progress
_SAMPLES = 12  # names by which a person sees whether the letters are right
_IN_ALL_NAMES = string.ascii_letters + " -.'"
_HEADER_LINES = 10  # lines among which the header is looked for
_DELIMITERS = (";", ",", "\t", "|")
_QUOTES = 'a quote (") is never closed, or text follows the closing one: write a quote in a text as ""'
_END_OF_FILE = "\x1a"  # of DOS
_NOT_SEEN = re.compile("([\u00a0\u2007\u202f])|[\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff]")  # blanks; nothing at all


@dataclass(frozen=True, slots=True)
class Checked:
    """A list that can be used. `samples`: names whose letters show whether `encoding` is right. `notes`: what to look at."""

    voters: list[Voter]
    encoding: str
    samples: list[str]
    notes: list[Problem]

    @property
    def doubts(self) -> list[Problem]:
        """What speaks against the encoding."""
        return [note for note in self.notes if note.doubt]


def read_list(path: Path, form: ListFormat, progress: Progress | None = None) -> list[Voter]:
    """Read the voters of a CSV file as `check_list` does, with nobody to ask: for a list that was imported before.

    Raises:
        ListError: the file can't be read, or anything in it is wrong.
    """
    return check_list(path, form, progress).voters


def check_list(path: Path, form: ListFormat, progress: Progress | None = None, drawn: Collection[str] | None = None) -> Checked:
    """Read the voters of a CSV file, in the file's order.

    How the file is encoded is decided by all its letters; its delimiter by its header. Columns that `form` doesn't name are
    ignored, but searched for CPR numbers. `progress` is told how many rows were read since the last time. `drawn`: the letters
    that the screens can draw.

    Raises:
        ListError: the file can't be read, or anything in it is wrong.
    """
    try:
        if not path.is_file():
            raise ListError([Problem(0, "", f"{path} is not a file: check the path")])
        if path.stat().st_size > limits.LIST_BYTES:
            raise ListError([Problem(0, "", f"is larger than {limits.LIST_BYTES:,} bytes: is it a voter list?")])
        read_as = encoding(path)
        with path.open(encoding=read_as.codec, errors=read_as.errors, newline="") as file:
            return _Reading(file, read_as, form).checked(progress, drawn)
    except NoTextError as error:
        raise ListError([Problem(0, "", str(error))]) from None
    except OSError as error:
        raise ListError([Problem(0, "", f"{path} can't be read: {error.strerror}")]) from error


def counted(items: Iterable[T], progress: Progress | None) -> Iterator[T]:
    """Pass on the items, telling `progress` of every thousand of them and of the rest."""
    waiting = 0
    for item in items:
        yield item
        waiting += 1
        if progress and waiting == _PROGRESS_ROWS:
            progress(waiting)
            waiting = 0
    if progress and waiting:
        progress(waiting)


class _Reading:
    """One file as it is read: its lines, its rows, and what was found in it."""

    def __init__(self, file: TextIO, read_as: Encoding, form: ListFormat) -> None:
        self._file, self._read_as, self._form = file, read_as, form
        self._problems: list[Problem] = []
        self._notes: list[Problem] = []
        self._ended = True  # whether the last line read has its end

    def checked(self, progress: Progress | None, drawn: Collection[str] | None) -> Checked:
        rows = self._rows(*self._look_ahead())
        line, header = next(rows, (0, []))
        if not header and not self._problems:
            self._fault(0, "is empty: export the voter list again")
        if self._problems:
            raise ListError(self._problems, self._notes)
        spoilt = self._read_as.spoilt
        check = RowCheck(line, header, self._form, self._problems, self._notes, spoilt=spoilt, drawn=drawn)
        voters = []
        for line, row in counted(islice(rows, limits.LIST_ROWS), progress):
            if voter := check.voter(line, row):
                voters.append(voter)
        if beyond := next(rows, None):
            self._fault(beyond[0], f"the list has more than {limits.LIST_ROWS:,} voters: is it for one polling place only?")
        if check.short == line and not self._ended:
            self._problems = [problem for problem in self._problems if problem.line != line]
            self._fault(line, "is cut off, and the file with it: copy it, or have it exported, again")
        if not voters and not self._problems:
            self._fault(0, "has a header but no voters: export the voter list again")
        if self._problems:
            raise ListError(self._problems, self._notes)
        if doubt := self._read_as.doubt or lost_letters("".join(voter.name + voter.address for voter in voters), len(voters)):
            self._notes.append(Problem(0, "", doubt, doubt=True))
        return Checked(voters, self._read_as.name, _samples(voters), self._notes)

    def _fault(self, line: int, reason: str) -> None:
        self._problems.append(Problem(line, "", reason))

    def _look_ahead(self) -> tuple[str, int]:
        """The delimiter, and how many of the first rows stand above the header: by the line that names most columns."""
        lines = (line for line in iter(lambda: self._file.readline(limits.LIST_LINE_CHARS), "") if _clean(line).strip())
        found = [
            (columns_in(_clean(line).split(delimiter), self._form), -row, delimiter)
            for row, line in enumerate(islice(lines, _HEADER_LINES))
            for delimiter in _DELIMITERS
        ]
        self._file.seek(0)
        columns, row, delimiter = max(found, key=lambda one: one[:2], default=(0, 0, ";"))
        return delimiter, -row if columns > 1 else 0

    def _rows(self, delimiter: str, above: int) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows that aren't blank, each with the line on which it starts, the header first."""
        reader = csv.reader(self._lines(), delimiter=delimiter, strict=True)
        row: list[str] | None = []
        while row is not None and len(self._problems) < limits.LIST_PROBLEMS:
            line = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error:
                row = []
                self._fault(line, _QUOTES)
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if above:
                above -= 1
                self._above_header(line, row)
            else:
                yield line, row

    def _above_header(self, line: int, row: list[str]) -> None:
        if row[0].casefold().startswith("sep=") or sum(bool(cell.strip()) for cell in row) <= 1:
            self._notes.append(Problem(line, "", "stands above the header, and is left out"))
        else:
            self._fault(line, "stands above the header: delete it, or, if it is a voter's row, have the list exported again")

    def _lines(self) -> Iterator[str]:
        for number, line in enumerate(iter(lambda: self._file.readline(limits.LIST_LINE_CHARS), ""), 1):
            cleaned, self._ended = line, line.endswith(("\n", "\r", _END_OF_FILE))
            if not line.rstrip("\r\n").isprintable() and _NOT_SEEN.search(line):
                cleaned = _clean(line)
                self._note(number, "has invisible characters, which are left out")
            if _END_OF_FILE in cleaned and cleaned.rstrip("\r\n").endswith(_END_OF_FILE):
                cleaned = cleaned.replace(_END_OF_FILE, "")
                self._note(number, "has the end-of-file sign of an old program (0x1A), which is left out")
            yield cleaned

    def _note(self, line: int, reason: str) -> None:
        if len(self._notes) < limits.LIST_PROBLEMS:
            self._notes.append(Problem(line, "", reason))


def _clean(line: str) -> str:
    return _NOT_SEEN.sub(lambda found: " " if found[1] else "", line)


def _samples(voters: Iterable[Voter]) -> list[str]:
    """Names that show each letter beyond a to z and each sign that is rare, as far as a few can."""
    samples: list[str] = []
    seen = set(_IN_ALL_NAMES)
    for voter in voters:
        if not seen.issuperset(voter.name):
            seen.update(voter.name)
            samples.append(voter.name)
            if len(samples) == _SAMPLES:
                break
    return samples
