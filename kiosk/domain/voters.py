"""Voters as the voter list (valgliste) names them, and which ballots each may be given.

Pure: a voter is a fact that was validated when the list was imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Roll(StrEnum):
    """Which of the two lists a voter stands on."""

    MAIN = "main"  # hovedliste
    NEWCOMER = "newcomer"  # tilflytterliste


class Struck(StrEnum):
    """Why a voter on the list has no right to vote."""

    STRUCK_OFF = "struck_off"  # slettet
    MOVED_AWAY = "moved_away"  # fraflyttet


@dataclass(frozen=True, slots=True)
class Voter:
    """One voter (vælger) of the list.

    `number` is the voter number (vælgernummer), unique in the list. `book` is the number of the table that is printed
    on the polling card. `elections` and `postal` hold election ids of the plan, in the plan's order: those the voter
    may vote in, and those in which a postal vote (brevstemme) is registered.
    """

    number: int
    name: str
    address: str
    born: date
    book: int
    elections: tuple[str, ...]
    postal: tuple[str, ...] = ()
    roll: Roll = Roll.MAIN
    struck: Struck | None = None
