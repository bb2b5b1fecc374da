"""Which ballots a voter may be given now: the voter list and the marks, weighed in one place. Pure.

Source: the voter list decides who may vote (folketingsvalgloven § 47 and kommunal- og regionalvalgloven § 55: a mark is made in
the list before ballots are handed out); a voter who has voted by post is not given ballots.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.voters import Struck, Voter


class RefusalReason(StrEnum):
    """Why a voter is given no ballots at all. Most are the secretary's to resolve, in fast bordvalg another table's; NOT_OPEN
    and CHANGED need another scan."""

    ALREADY_MARKED = "already_marked"
    POSTAL_VOTE = "postal_vote"
    NOT_ON_LIST = "not_on_list"
    STRUCK_OFF = "struck_off"
    MOVED_AWAY = "moved_away"
    OTHER_PLACE = "other_place"
    OTHER_TABLE = "other_table"  # in fast bordvalg: the voter stands in another table's book
    REFERRED = "referred"  # the birth date was wrong too often, at whichever table
    NOT_OPEN = "not_open"  # the holder does not know that the poll is open, or that this table is
    CHANGED = "changed"  # between scan and approval, a ballot that was to be handed out no longer may


class Withheld(StrEnum):
    """Why one election's ballot is not handed out to a voter who is given another's."""

    ALREADY_MARKED = "already_marked"
    POSTAL_VOTE = "postal_vote"
    NO_RIGHT = "no_right"


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark (afmærkning): ballots of these elections were granted to a voter at this table (0: the secretary's).

    `time_ms` is the table's clock, in milliseconds since 1970 UTC: shown to people, never compared. `found`: it stands for a
    card that was found in a pile.
    """

    elections: tuple[str, ...]
    table: int
    time_ms: int
    found: bool = False


@dataclass(frozen=True, slots=True)
class Eligible:
    """The voter may be given the ballots of `elections` (never empty); the others of the day are withheld."""

    elections: tuple[str, ...]
    withheld: Mapping[str, Withheld]


@dataclass(frozen=True, slots=True)
class Barred:
    """The voter may be given no ballot. `mark` is there where the bar is a mark, `place` where the card is another's.

    `table`: where to send the voter in fast bordvalg. `by`: the table (0: the secretary) on whose word alone it is so, where
    nothing known here says the same.
    """

    why: RefusalReason
    mark: Mark | None = None
    place: str = ""
    table: int = 0
    by: int | None = None


def weigh(voter: Voter, marks: Iterable[Mark], elections: Iterable[str]) -> Eligible | Barred:
    """Weigh a voter of the list against the marks that count, over the day's elections in the plan's order."""
    if voter.struck is not None:
        return Barred(RefusalReason.STRUCK_OFF if voter.struck is Struck.STRUCK_OFF else RefusalReason.MOVED_AWAY)
    marks = tuple(marks)
    may: list[str] = []
    withheld: dict[str, Withheld] = {}
    for election in elections:
        if election not in voter.elections:
            withheld[election] = Withheld.NO_RIGHT
        elif any(election in mark.elections for mark in marks):
            withheld[election] = Withheld.ALREADY_MARKED
        elif election in voter.postal:
            withheld[election] = Withheld.POSTAL_VOTE
        else:
            may.append(election)
    if may:
        return Eligible(tuple(may), withheld)
    if marks:
        return Barred(RefusalReason.ALREADY_MARKED, mark=marks[-1])
    return Barred(RefusalReason.POSTAL_VOTE)
