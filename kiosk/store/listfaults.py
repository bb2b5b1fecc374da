"""What is found in a voter list's file, told by kind.

Errors end in logs and mails, so they never repeat a name, an address, a date or a number of a voter.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kiosk import limits

_LINES_SHOWN = 8  # lines named for each kind
_KINDS_SHOWN = 40  # kinds told in an error's text: there are fewer, unless the file is none at all


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found in the file, a fault or only to be looked at.

    `line` is the line of the file on which the row starts, from 1; 0 is the file as a whole. `column` is the name in the
    header, or empty for the whole row. `reason` is the same for all of a kind. `other` is another line that it is about.
    `doubt`: it speaks against the encoding in which the file was read.
    """

    line: int
    column: str
    reason: str
    other: int = 0
    doubt: bool = False

    def __str__(self) -> str:
        return _told([self])


class ListError(Exception):
    """The list can't be used. `problems` are its faults, `notes` what else is to be looked at; each at most `LIST_PROBLEMS`."""

    def __init__(self, problems: Iterable[Problem], notes: Iterable[Problem] = ()) -> None:
        self.problems, self.notes = tuple(problems), tuple(notes)
        super().__init__(self.problems, self.notes)

    def __str__(self) -> str:
        kinds = list(by_kind(self.problems))
        ended = ", where reading ended" if len(self.problems) >= limits.LIST_PROBLEMS else ""
        lines = kinds if len(self.problems) == 1 else [f"{len(self.problems):,} faults{ended}:", *kinds]
        if self.notes:
            lines += ["to be looked at as well:", *by_kind(self.notes)]
        return "\n".join(lines)


def by_kind(problems: Iterable[Problem]) -> Iterator[str]:
    """One sentence for each kind: the first lines, the column, the reason and the remedy."""
    kinds: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.column, problem.reason), []).append(problem)
    shown = list(kinds.values())[:_KINDS_SHOWN]
    yield from map(_told, shown)
    if len(kinds) > len(shown):
        yield f"and {len(kinds) - len(shown):,} kinds more"


def _told(kind: list[Problem]) -> str:
    first, shown = kind[0], [f"{one.line} (as {one.other})" if one.other else str(one.line) for one in kind[:_LINES_SHOWN]]
    more = f" and {len(kind) - len(shown):,} more" if len(kind) > len(shown) else ""
    where = f"line{'s' if len(kind) > 1 else ''} {', '.join(shown)}{more}" if first.line else "the file"
    return f"{where}, {first.column}: {first.reason}" if first.column else f"{where}: {first.reason}"
