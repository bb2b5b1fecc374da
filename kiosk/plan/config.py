"""The plan: one TOML file from which a polling place and all its devices are made.

Unknown keys are refused, and every error names the file, the key and what is expected.
"""

import difflib
import re
import types
import typing
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from kiosk import limits
from kiosk.domain.ballots import Colour, Election
from kiosk.domain.nodes import SECRETARY
from kiosk.domain.texts import FIRST, Language, languages

PlaceCode = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,8}\Z", description="digits, as on the polling card")]
ElectionId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{1,16}\Z")]
TableNumber = Annotated[int, msgspec.Meta(ge=1, le=limits.TABLES)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class PlanError(Exception):
    """The plan can't be used; the text names the file, the key and the remedy."""


class _PlanPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the plan: read-only, and a key that it does not know is an error."""


class PlannedPlace(_PlanPart, frozen=True):
    """The polling place (valgsted). `code` is what its polling cards carry; training is never mixed with live."""

    code: PlaceCode
    name: Text
    training: bool = True

    @property
    def realm(self) -> str:
        """What topics, certificates, the voter list's digest and the first links of the logs begin with.

        So nothing of one place is taken for another's, and nothing of an exercise for the real thing.
        """
        return f"{'oevelse' if self.training else 'valg'}/{self.code}"


class Day(_PlanPart, frozen=True):
    """The election day: its name and date."""

    name: Text
    date: date


class PlannedElection(_PlanPart, frozen=True):
    """One election held that day. `names` is its name in other languages; `codes` are further words by which the voter list
    calls it, e.g. "B"."""

    id: ElectionId
    name: Text
    colour: Colour
    names: dict[Language, Text] = {}
    codes: tuple[Text, ...] = ()


class PlannedTable(_PlanPart, frozen=True):
    """A table (valgbord); its number is the number of its book."""

    number: TableNumber


class CardFormat(_PlanPart, frozen=True):
    """How a polling card (valgkort) reads: a regular expression with the group `voter`, and `place` where it has one.

    `digits` and `voter_digits`: how long a whole card number and a voter number are when keyed.
    """

    pattern: str = r"(?P<place>\d{4})(?P<voter>\d{6})(?P<check>\d{2})"
    digits: Annotated[int, msgspec.Meta(ge=4, le=limits.CARD_CHARS)] = 12
    voter_digits: Annotated[int, msgspec.Meta(ge=1, le=9)] = 6
    check: Literal["mod97-10", "none"] = "mod97-10"


class Desk(_PlanPart, frozen=True):
    """What the clerk's desk does. `clear_after_s`: seconds that a green, a refusal or a notice stays."""

    birth_date: Literal["compare", "enter"] = "compare"
    language: Language = FIRST
    clear_after_s: Annotated[int, msgspec.Meta(ge=2, le=120)] = 10
    sounds: bool = True


class Columns(_PlanPart, frozen=True):
    """The names of the voter list's columns, as its header has them."""

    number: str = "vaelgernummer"
    name: str = "navn"
    address: str = "adresse"
    born: str = "foedselsdato"
    book: str = "valgbord"
    elections: str = "valg"
    postal: str = "brevstemme"
    roll: str = "liste"
    struck: str = "slettet"


class Scanner(_PlanPart, frozen=True):
    """Where the barcode scanner is.

    `hid` is found by `device` (a udev link under /dev/input) or, without one, by `vendor` and `product` (USB ids);
    `serial` by `device` alone, at `baud`. `layout` is the keyboard layout that the scanner imitates.
    """

    kind: Literal["hid", "serial", "none"] = "hid"
    device: str = "/dev/input/valgbord-scanner"
    vendor: Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)] | None = None
    product: Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)] | None = None
    layout: Literal["us", "dk"] = "us"
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600


class Secretary(_PlanPart, frozen=True):
    """The election secretary's node. `assistant`: the table whose node may undo marks, and gives the voter list, like it."""

    assistant: TableNumber


class PlannedBroker(_PlanPart, frozen=True):
    """Where the nodes meet: an MQTT broker, which runs on the secretary's device, or on that of the `table` named.

    `host`: the address, or the name, under which the devices reach it.
    """

    host: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z.:_-]{1,255}\Z")]
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 8883
    table: TableNumber | None = None

    @property
    def node(self) -> str:
        """The device on which it runs."""
        return SECRETARY if self.table is None else f"T{self.table}"


class Plan(_PlanPart, frozen=True):
    """The whole plan. `other_places` names the places whose cards may turn up here by mistake: code to name."""

    place: PlannedPlace
    day: Day
    elections: Annotated[tuple[PlannedElection, ...], msgspec.Meta(min_length=1, max_length=4)]
    tables: Annotated[tuple[PlannedTable, ...], msgspec.Meta(min_length=1, max_length=limits.TABLES)]
    secretary: Secretary | None = None
    brokers: Annotated[tuple[PlannedBroker, ...], msgspec.Meta(max_length=limits.BROKERS)] = ()
    other_places: dict[PlaceCode, Text] = {}
    card: CardFormat = CardFormat()
    desk: Desk = Desk()
    columns: Columns = Columns()
    scanner: Scanner = Scanner()

    def __post_init__(self) -> None:
        """Check what concerns more than one key."""
        _unique("elections.id", [e.id for e in self.elections])
        _unique("elections.colour", [e.colour for e in self.elections])
        _unique("elections.codes", [w.casefold() for e in self.elections for w in {e.id, *e.codes}])
        _unique("tables.number", [t.number for t in self.tables])
        if self.place.code in self.other_places:
            raise ValueError(f"`other_places` names this place's own code {self.place.code}: remove it there")
        if self.scanner.kind == "hid" and (self.scanner.vendor is None) != (self.scanner.product is None):
            raise ValueError("`scanner` needs both `vendor` and `product`, or neither")
        try:
            groups = re.compile(self.card.pattern).groupindex
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"`card.pattern` is not a regular expression: {error}") from error
        if self.card == CardFormat() and (short := [code for code in (self.place.code, *self.other_places) if len(code) != 4]):
            raise ValueError(f"{short[0]!r} has not four digits: cards of the usual pattern begin with the place's four")
        if "voter" not in groups:
            raise ValueError("`card.pattern` needs a group (?P<voter>…) for the voter number")
        self._check_lengths()
        self._check_nodes()
        _spoken("desk.language", [self.desk.language])
        for election in self.elections:
            _spoken("elections.names", election.names)

    def _check_nodes(self) -> None:
        _unique("brokers", [f"{b.host}:{b.port}" for b in self.brokers])
        tables = [table.number for table in self.tables]
        if self.secretary is None and len(tables) > 1:
            raise ValueError("a place with more than one table needs `[secretary]`, with its `assistant`")
        if self.secretary is not None and self.secretary.assistant not in tables:
            raise ValueError(f"`secretary.assistant`: there is no table {self.secretary.assistant}: name one of `tables`")
        if len(self.nodes) > 1 and not self.brokers:
            raise ValueError("`brokers`: a place with more than one node needs at least one, where they meet")
        _unique("brokers.table", [b.table if b.table is not None else "the secretary's device" for b in self.brokers])
        for broker in self.brokers:
            if broker.node not in self.nodes:
                raise ValueError(
                    f"`brokers`: there is no {broker.node} to run {broker.host}:{broker.port}: name one of `tables`"
                )

    def _check_lengths(self) -> None:
        card, groups = self.card, self.card.pattern
        if card.digits == 10 or any(re.fullmatch(card.pattern, digit * 10) for digit in "0123456789"):
            raise ValueError("`card` allows ten digits: such cards can't be told from CPR numbers, use another length")
        if card.voter_digits > card.digits:
            raise ValueError(f"`card.voter_digits` is over `card.digits`, which is {card.digits}")
        if card.voter_digits == card.digits and ("(?P<place>" in groups or card.check != "none"):
            raise ValueError("`card.voter_digits` must be under `card.digits`, or a keyed card is taken for a voter number")

    @property
    def nodes(self) -> tuple[str, ...]:
        """The place's devices, "S" for the secretary's and "T3" for table 3's."""
        secretary = (SECRETARY,) if self.secretary is not None else ()
        return (*secretary, *(f"T{table.number}" for table in self.tables))

    @property
    def list_givers(self) -> tuple[str, ...]:
        """The devices whose word counts on which voter list holds: the secretary's, then the assistant's."""
        return (SECRETARY, f"T{self.secretary.assistant}") if self.secretary is not None else ()

    @property
    def ballots(self) -> tuple[Election, ...]:
        """The elections of the day in the plan's order, as the domain knows them."""
        return tuple(Election(e.id, e.name, e.names, e.colour) for e in self.elections)


def _unique(key: str, values: Sequence[object]) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise ValueError(f"`{key}`: {value} stands more than once")
        seen.add(value)


def _spoken(key: str, named: Iterable[Language]) -> None:
    for language in named:
        if language not in languages():
            raise ValueError(f"`{key}`: there is no language {language!r}: write {' or '.join(map(repr, languages()))}")


def load_plan(path: Path) -> Plan:
    """Read and check a plan.

    Raises:
        PlanError: it can't be read, is not TOML, or a key is missing, unknown or wrong.
    """
    data = b""
    try:
        data = path.read_bytes()
        return msgspec.toml.decode(data, type=Plan)
    except OSError as error:
        raise PlanError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PlanError(f"{path}: is not UTF-8: save the file as UTF-8") from error
    except msgspec.DecodeError as error:
        raise PlanError(f"{path}: {_in_plain_words(str(error), data.decode())}") from error
    except (ValueError, RecursionError) as error:  # which the TOML parser itself lets through
        raise PlanError(f"{path}: is no plan: it has a number that is too long, or too many brackets in each other") from error


_REMEDIES = {"Expected `str`": "write it in quotes", "Expected `date`": "write it without quotes, as 2025-11-18"}


_SLIPS = {
    r"(?i)date\s*=|[^\"']*\d+[-./]\d+[-./]\d+": "dates are written 2025-11-18",
    r"(?i)[^=]*=\s*(true|false|yes|no)$": "yes and no are written true and false",
    r"""[^"]*("[^"]*"[^"]*)*"[^"]*$|[^'"]*('[^']*'[^']*)*'[^'"]*$""": "a quote is missing",
    r"[^=]*=\s*[’‘“”„»«´`]": 'quotes are straight, as name = "Skolen"',
    r"[^=]*=\s*\w*[^\W\d]": 'text is written in quotes, as name = "Skolen"',
}
"""What people write that is no TOML: how such a line looks, and what to write; the first that fits."""
_SHOWN = 120  # characters of a line


def _in_plain_words(error: str, plan: str) -> str:
    """The decoder's error with the key as it stands in the file and what may stand there; or with the line that is no TOML."""
    if at := re.fullmatch(r"(.*) \(at line (\d+), column \d+\)", error, re.DOTALL):
        line = plan.splitlines()[int(at[2]) - 1 : int(at[2])]
        return f"line {at[2]}: {_slip(at[1], ''.join(line))}"
    what, _, where = error.partition(" - at `$")
    keys = re.findall(r"[a-z_]+", where)
    known = _type_at(keys)
    culprit = f"{'.'.join(keys)}: " if keys else ""
    if unknown := re.search(r"unknown field `(.*)`", what):
        names = list(getattr(known, "__struct_fields__", ()))
        meant = difflib.get_close_matches(unknown[1], names, 1)
        remedy = f"did you mean `{meant[0]}`?" if meant else f"known keys are {', '.join(names)}"
        return f"{culprit}there is no key `{unknown[1]}`: {remedy}"
    if "enum value" in what:
        values = list(known) if isinstance(known, type) and issubclass(known, StrEnum) else typing.get_args(known)
        return f"{culprit}{what}: write {' or '.join(repr(getattr(value, 'value', value)) for value in values)}"
    remedies = [remedy for start, remedy in _REMEDIES.items() if what.startswith(start)]
    return ": ".join([culprit + what, *remedies])


def _slip(what: str, line: str) -> str:
    """What is wrong with a line, which is shown without its comment."""
    text = re.sub(r"""^((?:[^"'#]|"[^"]*(?:"|$)|'[^']*(?:'|$))*)#.*""", r"\1", line[:_SHOWN])
    text = "".join(sign if sign.isprintable() else " " for sign in text).strip()
    return f"`{text}`: {next((remedy for slip, remedy in _SLIPS.items() if re.match(slip, text)), what)}"


def _type_at(keys: Sequence[str]) -> Any:
    """The type of the plan's part or value at these keys."""
    known: Any = Plan
    for key in keys:
        known = typing.get_type_hints(known).get(key) if isinstance(known, type) else None
        while typing.get_origin(known) in (tuple, types.UnionType):
            known = typing.get_args(known)[0]
    return known
