"""Made-up voters for training, trials and tests: no real voter list may be used for these.

The mix is that of a polling place: postal votes, newcomers, voters struck off, and the names that break a screen's
layout or a file's encoding.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random

from kiosk.domain.voters import Roll, Struck, Voter

ELECTION_DAY = date(2025, 11, 18)  # of the latest election of councils and regions

_FIRST = (
    "Anne", "Peter", "Mette", "Lars", "Kirsten", "Michael", "Hanne", "Jens", "Søren", "Bjørn", "Åse", "Jørgen",
    "Sofie", "Mikkel", "Freja", "Noah", "Aya", "Mohammad", "Fatima", "Oliver", "Ida", "Magnus", "René", "Zoë", "Günther",
    "Lærke", "Gudrun", "Øyvind", "Inger-Lise", "Hans-Henrik", "Anne-Grethe", "Karl-Åge", "Else-Marie", "Jean-André",
)  # fmt: skip
_MIDDLE = (
    "Lund", "Holm", "Bech", "Kjær", "Østergaard", "Bøgh", "Friis", "Krogh", "Ærøskøbing", "Vestergård", "Skov", "Buch",
)  # fmt: skip
_LAST = (
    "Nielsen", "Jensen", "Hansen", "Andersen", "Pedersen", "Christensen", "Larsen", "Sørensen", "Rasmussen", "Jørgensen",
    "Møller", "Thomsen", "Poulsen", "Knudsen", "Bæk", "Ågård", "Müller", "Nguyen", "Ahmed", "Yilmaz", "Kowalska",
    "Schrøder-Hansen", "Bang-Jespersen", "Thrane",
)  # fmt: skip
_LONG = (
    "Maria Alexandra Christina Bülow-Rosenkrantz von Westerholt",
    "Muhammad Abdirahman Hassan Al-Khalil Christensen Østergaard",
    "Anne-Grethe Ærøskøbing Christensen-Møllegård Vestergaard",
)
_STREETS = (
    "Nørregade", "Søndergade", "Ågade", "Ærøvej", "Skolevej", "Kirkestræde", "Øster Allé", "H.C. Andersens Boulevard",
    "Kløvermarksvej", "Præstegårdsvej", "Gl. Kongevej", "Møllebakken", "Frederik VII's Vænge",
)  # fmt: skip
_TOWNS = (
    "1620 København V", "2300 København S", "5000 Odense C", "5970 Ærøskøbing", "6200 Aabenraa", "7100 Vejle",
    "8000 Aarhus C", "8600 Silkeborg", "9000 Aalborg", "3700 Rønne",
)  # fmt: skip
_FLOORS = ("", "", "", ", st. th", ", st. tv", ", 1. th", ", 2. tv", ", 3. mf", ", 4. dør 12")

_ROLLS = {Roll.MAIN: "hovedliste", Roll.NEWCOMER: "tilflytterliste"}
_STRUCK = {None: "", Struck.STRUCK_OFF: "slettet", Struck.MOVED_AWAY: "fraflyttet"}


def sample_voters(
    count: int, seed: int, elections: tuple[str, ...], tables: tuple[int, ...], day: date = ELECTION_DAY
) -> Iterator[Voter]:
    """Make up voters with the numbers 1 to `count`; the same arguments always give the same voters.

    They are 18 to 104 years old on `day`. Each table has a range of numbers, as real lists have. Some 3 % have a postal
    vote in every election of theirs and 1 % in one; 5 % are newcomers, 1 % struck off and 0.5 % moved away; where there
    are several elections, 2 % may vote in one only.
    """
    random = Random(seed)
    for number in range(1, count + 1):
        mine = (random.choice(elections),) if random.random() < 0.02 else elections
        yield Voter(
            number=number,
            name=_name(random),
            address="" if random.random() < 0.01 else _address(random),
            born=_born(random, day),
            book=tables[(number - 1) * len(tables) // count],
            elections=mine,
            postal=_postal(random, mine),
            roll=Roll.NEWCOMER if random.random() < 0.05 else Roll.MAIN,
            struck=_struck(random),
        )


def write_list(path: Path, voters: Iterable[Voter], columns: Mapping[str, str]) -> None:
    """Write a voter list as the importer reads it. `columns` names the file's column for each field of `Voter`.

    Raises:
        OSError: the file can't be written.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns), delimiter=";")
        writer.writerow(columns)
        writer.writerows(map(_cells, voters))


def _cells(voter: Voter) -> dict[str, object]:
    return {
        "number": voter.number,
        "name": voter.name,
        "address": voter.address,
        "born": voter.born.strftime("%d-%m-%Y"),
        "book": voter.book,
        "elections": "+".join(voter.elections),
        "postal": "+".join(voter.postal),
        "roll": _ROLLS[voter.roll],
        "struck": _STRUCK[voter.struck],
    }


def _name(random: Random) -> str:
    if random.random() < 0.003:
        return random.choice(_LONG)
    middle = [random.choice(_MIDDLE)] if random.random() < 0.4 else []
    return " ".join([random.choice(_FIRST), *middle, random.choice(_LAST)])


def _address(random: Random) -> str:
    letter = random.choice(("", "", "", "A", "B"))
    street, floor, town = random.choice(_STREETS), random.choice(_FLOORS), random.choice(_TOWNS)
    return f"{street} {random.randint(1, 199)}{letter}{floor}, {town}"


def _born(random: Random, day: date) -> date:
    youngest = _years_before(day, 18)
    oldest = _years_before(day, 105) + timedelta(days=1)
    # More young and middle-aged voters than very old ones.
    share = random.random() * (0.75 if random.random() < 0.95 else 1.0)
    return youngest - timedelta(days=round(share * (youngest - oldest).days))


def _years_before(day: date, years: int) -> date:
    # A voter born on 29 February comes of age on 28 February here: one day does not matter in a made-up list.
    return day.replace(year=day.year - years, day=min(day.day, 28) if day.month == 2 else day.day)


def _postal(random: Random, elections: tuple[str, ...]) -> tuple[str, ...]:
    chance = random.random()
    if chance < 0.03:
        return elections
    return (random.choice(elections),) if chance < 0.04 else ()


def _struck(random: Random) -> Struck | None:
    chance = random.random()
    if chance < 0.01:
        return Struck.STRUCK_OFF
    return Struck.MOVED_AWAY if chance < 0.015 else None
