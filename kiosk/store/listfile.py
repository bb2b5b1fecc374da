"""The voter list's file (valgliste, CSV), checked once at this edge so that inner code never meets a bad voter.

A file is taken whole or not at all, and all its bad rows are reported in one go: it is made by another office, and
every further round of corrections costs hours.
"""

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO, TypeVar

from kiosk import limits
from kiosk.domain.voters import Voter
from kiosk.store.listrows import Form, ListError, Problem, RowCheck

Progress = Callable[[int], object]
T = TypeVar("T")

_PROGRESS_ROWS = 1_000  # rows between two steps of the progress
_QUOTES = 'a quote (") is never closed, or text follows the closing one: write a quote in a text as ""'


def read_list(path: Path, form: Form, progress: Progress | None = None) -> list[Voter]:
    """Read the voters of a CSV file, in the file's order.

    The file is UTF-8 or Windows-1252, its delimiter `;` or `,`; columns that `form` doesn't name are ignored, but
    searched for CPR numbers. `progress` is told how many rows were read since the last time.

    Raises:
        ListError: the file can't be read, or anything in it is wrong.
    """
    try:
        if not path.is_file():
            raise ListError([Problem(0, "", f"{path} is not a file: check the path")])
        if path.stat().st_size > limits.LIST_BYTES:
            raise ListError([Problem(0, "", f"is larger than {limits.LIST_BYTES:,} bytes: is it a voter list?")])
        with path.open(encoding=_encoding(path), errors="surrogateescape", newline="") as file:
            return _voters(file, form, progress)
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


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
            return "utf-8-sig"  # whatever follows: bad bytes are then reported, not read as other letters
    try:
        with path.open(encoding="utf-8") as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _voters(file: TextIO, form: Form, progress: Progress | None) -> list[Voter]:
    problems: list[Problem] = []
    rows = _rows(file, problems)
    line, header = next(rows, (0, []))
    if not header and not problems:
        problems.append(Problem(0, "", "is empty: export the voter list again"))
    if problems:
        raise ListError(problems)
    check = RowCheck(line, header, form, problems)
    taken = counted(islice(rows, limits.LIST_ROWS), progress)
    voters = [voter for line, row in taken if (voter := check.voter(line, row))]
    if beyond := next(rows, None):
        reason = f"the list has more than {limits.LIST_ROWS:,} voters: is it for one polling place only?"
        problems.append(Problem(beyond[0], "", reason))
    if not voters and not problems:
        problems.append(Problem(0, "", "has a header but no voters: export the voter list again"))
    if problems:
        raise ListError(problems)
    return voters


def _rows(file: TextIO, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that aren't blank, each with the line on which it starts, the header first."""
    reader = csv.reader(iter(lambda: file.readline(limits.LIST_LINE_CHARS), ""), delimiter=_delimiter(file), strict=True)
    row: list[str] | None = []
    while row is not None and len(problems) < limits.LIST_PROBLEMS:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error:
            row = []
            problems.append(Problem(line, "", _QUOTES))
        if row and (len(row) > 1 or not row[0].isspace()):
            yield line, row


def _delimiter(file: TextIO) -> str:
    header = file.readline(limits.LIST_LINE_CHARS)
    while header.isspace():
        header = file.readline(limits.LIST_LINE_CHARS)
    file.seek(0)
    return "," if header.count(",") > header.count(";") else ";"
