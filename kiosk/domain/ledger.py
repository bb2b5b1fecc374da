"""The ledger: all that the logs say, folded entry by entry. Pure.

Entries are only ever added, and the fold's result never depends on how they were split into batches. Counters are kept as the
entries come; a replay gives the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from kiosk.domain import entries as e
from kiosk.domain.eligibility import Mark


@dataclass(slots=True)
class Case:
    """One request and what became of it. `made` is missing while only an answer to it has arrived.

    `decided` is the last decision and the origin that wrote it.
    """

    made: e.Request | None = None
    time_ms: int = 0
    decided: tuple[e.Decision, str] | None = None
    issued: bool = False
    withdrawn: bool = False

    @property
    def outcome(self) -> e.Outcome | None:
        """What was decided last."""
        return self.decided[0].outcome if self.decided is not None else None

    @property
    def marks(self) -> bool:
        """Whether it is a mark: granted or issued, whether or not its decision is known, and not undone."""
        return self.outcome is not e.Outcome.UNDONE and (self.issued or self.outcome is e.Outcome.GRANTED)

    @property
    def unsettled(self) -> bool:
        """Whether its requester still owes an outcome: neither issued, nor withdrawn, nor refused."""
        return not (self.issued or self.withdrawn or self.outcome is e.Outcome.REFUSED)


@dataclass(slots=True)
class Totals:
    """Counts over the whole ledger. `issued` is ballots handed out by election, `served` voters by table."""

    issued: dict[str, int] = field(default_factory=dict)
    served: dict[int, int] = field(default_factory=dict)
    granted: int = 0
    refused: int = 0
    withdrawn: int = 0


class Ledger:
    """The fold. Read it freely; change it only by `fold`."""

    def __init__(self) -> None:
        self.totals = Totals()
        self.poll_open = False
        self._cases: dict[str, Case] = {}
        self._by_voter: dict[int, list[Case]] = {}
        self._closed: set[int] = set()
        self._referred: set[int] = set()
        self._unsettled: dict[str, Case] = {}

    def fold(self, entry: e.Entry) -> None:
        """Fold in one entry."""
        body = entry.body
        match body:
            case e.Request():
                self._requested(body, entry.time)
            case e.Decision():
                self._decided(body, entry.origin)
            case e.Issued():
                self._issued(body.request)
            case e.Withdrawn():
                self._withdrawn(body.request)
            case e.Referred() | e.Released():
                (self._referred.add if isinstance(body, e.Referred) else self._referred.discard)(body.voter)
            case e.Close() | e.Reopen():
                (self._closed.add if isinstance(body, e.Close) else self._closed.discard)(body.table)
            case e.Open():
                self.poll_open = True
            case e.Start():
                pass
            case _:
                assert_never(body)

    def marks(self, voter: int) -> Iterator[Mark]:
        """The voter's marks, oldest request first."""
        for case in self._by_voter.get(voter, ()):
            if case.marks and case.made is not None:
                yield Mark(case.made.elections, case.made.table, case.time_ms)

    def of_voter(self, voter: int) -> Iterator[tuple[str, Case]]:
        """The voter's requests with their ids, in the order in which they became known."""
        for case in self._by_voter.get(voter, ()):
            if case.made is not None:
                yield case.made.id, case

    def unsettled(self, origin: str) -> Iterator[tuple[str, Case]]:
        """The requests of one origin that have no outcome, oldest first, each with its id."""
        prefix = origin + "/"
        return ((id_, case) for id_, case in self._unsettled.items() if id_.startswith(prefix))

    def is_closed(self, table: int) -> bool:
        """Whether a table is closed for voters."""
        return table in self._closed

    def is_referred(self, voter: int) -> bool:
        """Whether a voter has been referred to the secretary and not been released."""
        return voter in self._referred

    @property
    def cases(self) -> Mapping[str, Case]:
        """Every request by its id."""
        return self._cases

    def _case(self, request: str) -> Case:
        return self._cases.setdefault(request, Case())

    def _requested(self, body: e.Request, time_ms: int) -> None:
        case = self._case(body.id)
        if case.made is not None:
            return
        case.made, case.time_ms = body, time_ms
        self._by_voter.setdefault(body.voter, []).append(case)
        if case.unsettled:
            self._unsettled[body.id] = case
        if case.issued:
            self._count_issued(body)

    def _decided(self, body: e.Decision, origin: str) -> None:
        self._case(body.request).decided = (body, origin)
        if body.outcome is e.Outcome.GRANTED:
            self.totals.granted += 1
        elif body.outcome is e.Outcome.REFUSED:
            self.totals.refused += 1
            self._unsettled.pop(body.request, None)

    def _withdrawn(self, request: str) -> None:
        case = self._case(request)
        if case.withdrawn:
            return
        case.withdrawn = True
        self._unsettled.pop(request, None)
        self.totals.withdrawn += 1

    def _issued(self, request: str) -> None:
        case = self._case(request)
        if case.issued:
            return
        case.issued = True
        self._unsettled.pop(request, None)
        if case.made is not None:
            self._count_issued(case.made)

    def _count_issued(self, made: e.Request) -> None:
        for election in made.elections:
            self.totals.issued[election] = self.totals.issued.get(election, 0) + 1
        self.totals.served[made.table] = self.totals.served.get(made.table, 0) + 1
