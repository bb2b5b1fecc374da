"""Facts that the stories of the domain share: a few voters, an election day and what may come in."""

import re
from dataclasses import replace
from datetime import date

from kiosk.domain import desk_states as d
from kiosk.domain.cards import CardRules, check_digits
from kiosk.domain.eligibility import Eligible, Withheld
from kiosk.domain.rights import Basis
from kiosk.domain.voters import Voter

PLACE = "4701"
BOTH = ("byraad", "region")
ANNE = Voter(4182, "Anne Kjærgaard", "Nørregade 7, 5000 Odense C", date(1968, 9, 14), 1, BOTH)
BENT = Voter(4183, "Bent Østerby", "Søndergade 8, 5000 Odense C", date(1931, 2, 28), 1, BOTH)
EVERYTHING = Eligible(BOTH, {})
ONE = Eligible(("byraad",), {"region": Withheld.POSTAL_VOTE})

PATTERN = r"(?P<place>\d{4})(?P<voter>\d{6})(?P<check>\d{2})"
CARDS = CardRules(re.compile(PATTERN), True, PLACE, {"4702": "Vestre Skole"}, 32)

TABLES = frozenset(f"{node}.{disk}" for node in ("S", *(f"T{n}" for n in range(1, 12))) for disk in (1, 2))


def basis(opening: dict[int, str], assistant: str = "", book: int = 1) -> Basis:
    """A place with eleven tables and a spare disk for each node. Voters up to 100 are in one book, above in their hundred's."""
    return Basis(opening, assistant, TABLES, BOTH, lambda voter: book if voter < 100 else voter // 100)


OPEN = d.Rules(birth_date_keyed=False, tries=3)
KEYED = replace(OPEN, birth_date_keyed=True)


def card(number: int, place: str = PLACE) -> str:
    """The text of a good card."""
    payload = f"{place}{number:06}"
    return payload + check_digits(payload)
