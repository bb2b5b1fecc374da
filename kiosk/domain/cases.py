"""A request and what became of it, as the ledger keeps it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from sys import intern

from kiosk.domain import entries as e
from kiosk.domain.nodes import device_of, run_of, table_of

Elections = tuple[str, ...]
Words = tuple[int, Elections, str]
"""What a request and its decision must agree in: voter, elections, target."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, where it stands, and when it was made by its author's clock, ms."""

    decision: e.Decision
    author: str
    seq: int
    time_ms: int

    @property
    def words(self) -> Words:
        """What it is about."""
        return self.decision.voter, self.decision.elections, self.decision.target


@dataclass(slots=True, eq=False)
class Case:
    """One request and what became of it. `made` is missing while only an answer to it has arrived.

    `decided`: by words, the first decision on it of each author in each hold; `grants`: when each device first granted it, ms.
    `seq`, `asked_ms`: where the request stands in its log, and when it was made. `undos`: the requests to undo it that somebody
    has granted; `granted_undo`: it is one.
    """

    id: str
    made: e.Request | None = None
    seq: int = 0
    asked_ms: int = 0
    decided: dict[Words, dict[tuple[str, str], Decided]] = field(default_factory=dict)
    grants: dict[Words, dict[str, int]] = field(default_factory=dict)
    undos: "list[Case]" = field(default_factory=list)
    granted_undo: bool = False
    issued: bool = False
    withdrawn: bool = False
    listed: "dict[tuple[int, Group], None]" = field(default_factory=dict)  # the ledger's: where it keeps it
    run: str = field(init=False)  # the run that made the request
    device: str = field(init=False)

    def __post_init__(self) -> None:
        self.run = intern(run_of(self.id))
        self.device = intern(device_of(self.run))

    @property
    def table(self) -> int:
        """The table where the voter stood; 0 for the secretary."""
        return table_of(self.device) or 0

    def place(self) -> tuple[str, int]:
        """The run that made it, and its place among that run's, from 1."""
        return self.run, int(self.id.partition("/")[2])

    @property
    def is_check_in(self) -> bool:
        """Whether it asks for ballots."""
        return self.made is not None and self.made.op is e.Op.CHECK_IN

    @property
    def words(self) -> Words | None:
        """What a decision on it must be about; None while the request is not known."""
        return (self.made.voter, self.made.elections, self.made.target) if self.made is not None else None

    @property
    def given_up(self) -> bool:
        """Whether no ballot was or will be handed out on it."""
        return self.withdrawn and not self.issued

    @property
    def claims(self) -> "Iterator[tuple[int, Group]]":
        """The voters whom it may mark, and in which groups the ledger keeps it under them."""
        if self.given_up or not (self.issued or self.grants):
            return
        if self.is_check_in and self.issued and self.made is not None:
            yield self.made.voter, (self.device, self.made.elections, "")
        for words in self.grants if self.words is None else (self.words,):
            yield from ((words[0], (self.device, words[1], device)) for device in self.grants.get(words, ()) if not words[2])


Group = tuple[str, Elections, str]
"""Where a voter stood, for which elections, and the device that granted; "" for what was issued."""


@dataclass(frozen=True, slots=True)
class FoundCard:
    """A card that was found in the pile of a stopped device, when, and where the entry stands."""

    voter: int
    device: str
    time_ms: int
    spot: str
    undos: list[Case]

    @property
    def table(self) -> int:
        """The stopped table; 0 for the secretary."""
        return table_of(self.device) or 0
