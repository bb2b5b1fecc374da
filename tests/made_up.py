"""A made-up place in memory: its nodes, their keys and setups, and voters. For tests that drive real node cores without I/O.

`MadeUp(tables=3, spares=1)` is a place with the secretary's node, three tables, and a spare card for each; with one table it
has that node only. Everything else follows: `devices`, `opening`, `setup(device)`, `keys(device)`.
"""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from hashlib import blake2b
from itertools import count

from kiosk.domain.ballots import Colour, Election
from kiosk.domain.cards import CardRules, check_digits
from kiosk.domain.cases import Case
from kiosk.domain.codetext import SECRET_DIGITS, Code, CodeMisread, read_text, spell
from kiosk.domain.entries import Stop, first_prev, stop_signed
from kiosk.domain.facts import Facts
from kiosk.domain.ledger import Ledger
from kiosk.domain.nodes import SECRETARY, device_at, table_of
from kiosk.domain.situation import Situation
from kiosk.domain.texts import Language
from kiosk.domain.view import ViewContext
from kiosk.domain.voters import Voter
from kiosk.node import Crypto, Setup

PLACE = "4701"
PIN = "271828"
MORNING_MS = int(datetime(2025, 11, 18, 8, 0, tzinfo=UTC).timestamp() * 1000)
CARD = CardRules(re.compile(r"(?P<place>\d{4})(?P<voter>\d{6})(?P<check>\d{2})"), True, PLACE, {}, max_chars=32)
FIRST_PREV = first_prev(PLACE, "2025-11-18", "a list")
BALLOTS = (
    Election("byraad", "byråd", {"en": "council"}, Colour.WHITE),
    Election("region", "regionsråd", {"en": "region"}, Colour.YELLOW),
)
BOTH = tuple(election.id for election in BALLOTS)


def _signed(signer: str, message: bytes, size: int = 8) -> bytes:
    return blake2b(message, key=signer.encode(), digest_size=size).digest()


def keys(device: str) -> Crypto:
    """A device's keys: a cheap stand-in for signatures, a short keyed hash that only the device's own keys make."""
    runs = count(1)
    return Crypto(
        lambda message: _signed(device, message),
        lambda signer, signature, message: signature == _signed(signer, message),
        read_code,
        is_signed,
        lambda: _signed(device, str(next(runs)).encode()).hex(),
    )


def code(n: int) -> str:
    """The text of the chair's code."""
    return spell(n, f"{n:0{SECRET_DIGITS}}")


def read_code(text: str) -> Code | CodeMisread:
    """The chair's code that is written so."""
    spelt = read_text(text)
    return spelt if isinstance(spelt, CodeMisread) else Code(spelt.number, lambda message: _signed(text, message, 64))


def is_signed(author: str, stop: Stop) -> bool:
    """Whether the chair's code has signed a stop."""
    return stop.signature == _signed(code(stop.n), stop_signed(author, stop, FIRST_PREV), 64).hex()


def of_voter(ledger: Ledger, number: int) -> list[Case]:
    """A voter's check-ins, refused and withdrawn ones too."""
    cases = ledger.cases.values()
    return [case for case in cases if case.is_check_in and case.made is not None and case.made.voter == number]


def calls(work: Callable[[], object]) -> int:
    """How many calls of functions some work takes."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def voter(number: int, book: int, elections: tuple[str, ...] = BOTH) -> Voter:
    """A voter, "V201" for number 201."""
    return Voter(number, f"V{number}", "", date(1970, 1, 1), book, elections)


def card(number: int) -> str:
    """The text on a voter's polling card."""
    payload = f"{PLACE}{number:06}"
    return payload + check_digits(payload)


@dataclass(frozen=True)
class MadeUp:
    """The place. `elections`: the day's, of `BALLOTS`; `spares`: further disks of each node that there are keys for."""

    tables: int = 3
    elections: tuple[str, ...] = BOTH
    spares: int = 0
    language: Language = "en"

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Its devices: the secretary's first; a place with one table has none."""
        tables = tuple(f"T{number}" for number in range(1, self.tables + 1))
        return (SECRETARY, *tables) if self.tables > 1 else tables

    @cached_property
    def first(self) -> frozenset[str]:
        """The devices as delivered."""
        return frozenset(device_at(node) for node in self.nodes)

    @cached_property
    def devices(self) -> frozenset[str]:
        """All devices that there are keys for."""
        return frozenset(device_at(node, disk) for node in self.nodes for disk in range(1, self.spares + 2))

    @cached_property
    def opening(self) -> dict[int, str]:
        """Each book's first holder."""
        return {number: f"T{number}.1" for number in range(1, self.tables + 1)}

    def setup(self, device: str) -> Setup:
        """What the node on this device is set up with."""
        view = ViewContext(
            language=self.language,
            place="Skolen",
            table=table_of(device),
            training=False,
            sounds=False,
            elections=tuple(election for election in BALLOTS if election.id in self.elections),
            zone=UTC,
            voter_digits=6,
            card_digits=12,
            tries=3,
            sheet="a1b2c3",
            facts=Facts(Situation(me=device)),
        )
        return Setup(
            device=device,
            table=table_of(device),
            devices=self.devices,
            first=self.first,
            opening=self.opening,
            undo_nodes=frozenset({self.nodes[0], "T1"}),
            elections=self.elections,
            card=CARD,
            voter_digits=6,
            birth_date_keyed=False,
            clear_ms=10_000,
            first_prev=FIRST_PREV,
            day=None,
            view=view,
        )
