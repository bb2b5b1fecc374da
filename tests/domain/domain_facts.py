"""Facts that the stories of the domain share: a few voters, an election day and what may come in."""

import re
from dataclasses import replace
from datetime import date

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.books import Books
from kiosk.domain.cards import CardRules, check_digits
from kiosk.domain.eligibility import Eligible, Withheld
from kiosk.domain.facts import Facts
from kiosk.domain.ledger import Ledger
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

DEVICES = frozenset(f"{node}.{disk}" for node in ("S", *(f"T{n}" for n in range(1, 12))) for disk in (1, 2))
OPENING = {n: f"T{n}.1" for n in range(1, 12)}
SIGNED = "ab" * 64
"""The chair's signature under any stop."""


def basis() -> Basis:
    """A place with eleven tables and a spare disk for each node. Voters up to 100 are in book 1, above in their hundred's."""
    undo_nodes = frozenset({"S", "T1"})
    return Basis(OPENING, undo_nodes, DEVICES, BOTH, book_of, lambda _author, stop: stop.signature == SIGNED)


def book_of(voter: int) -> int:
    """The book of a voter by the list."""
    return 1 if voter < 100 else voter // 100


def run(device: str, nth: int = 1) -> str:
    """The name of a device's nth run."""
    return f"{device}-{nth:016x}"


OPEN = d.Rules(False, 3, Facts())
KEYED = replace(OPEN, birth_date_keyed=True)


def facing(rules: d.Rules, **known: object) -> d.Rules:
    """The same rules where things stand otherwise."""
    return replace(rules, facts=replace(rules.facts, **known))  # type: ignore[arg-type]


def card(number: int, place: str = PLACE) -> str:
    """The text of a good card."""
    payload = f"{place}{number:06}"
    return payload + check_digits(payload)


def request_id(device: str, count: int) -> str:
    """The id of a device's request, of its first run."""
    return f"{run(device)}/{count}"


def hold(device: str, nth: int = 1, seq: int = 1) -> str:
    """The hold that begins with an entry of a device's; of its first run's start, its own book."""
    return f"{run(device, nth)}#{seq}"


class Logs:
    """The logs of a place, written entry by entry and folded at once; each device begins its first run by itself."""

    def __init__(self) -> None:
        self.ledger = Ledger(Books(basis()))
        self.runs: dict[str, str] = {}
        self.ends: dict[str, int] = {}

    @property
    def vector(self) -> dict[str, int]:
        """All that is known."""
        return dict(self.ledger.books.runs.vector)

    def begin(self, device: str, *, nth: int = 1, before: str | None = None, at: int | None = None) -> str:
        """A run begins; after the last one, or at `at` on another one's line. Returns its name."""
        before = self.runs.get(device, "") if before is None else before
        name = self.runs[device] = run(device, nth)
        self.ends[device] = self.ends.get(device, 0) if at is None else at
        self.write(device, e.Start(before))
        return name

    def write(self, device: str, body: e.Body, time_ms: int = 0) -> int:
        """A device writes an entry; returns its seq."""
        if device not in self.runs:
            self.begin(device)
        self.ends[device] += 1
        self.ledger.fold(e.Entry(self.runs[device], self.ends[device], "", time_ms, body))
        return self.ends[device]

    def stop(self, author: str, n: int, *named: str, signature: str = SIGNED) -> e.Stop:
        """A stop with code n."""
        if author not in self.runs:
            self.begin(author)
        said = e.Stop(n, named, self.vector, signature)
        self.write(author, said)
        return said

    def view(self, author: str, n: int) -> int:
        """Its view; returns its seq."""
        return self.write(author, e.View(n, self.vector))

    def give(self, author: str, book: int, to: str) -> int:
        """A book is given to a device's last run; returns the give's seq."""
        last = self.ledger.books.chain(book).last.hold
        return self.write(author, e.Give(book, last, self.runs[to], self.vector))
