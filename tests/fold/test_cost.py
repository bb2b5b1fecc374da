"""Folding is cheap and linear, also where a thief writes as much as a log can hold. Calls are counted, not seconds."""

from collections.abc import Callable, Iterator

import pytest

from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.books import Books
from kiosk.domain.ledger import Ledger
from kiosk.domain.membership import Membership
from kiosk.domain.nodes import device_of
from kiosk.domain.rights import Basis
from tests.fold.place import ELECTIONS, signature
from tests.made_up import calls

DEVICES = (*(f"T{number}.1" for number in range(1, 26)), "S.1")
VOTERS = 1_000_000


def _book_of(voter: int) -> int | None:
    return voter % 25 + 1 if voter < VOTERS else None


def _ledger() -> Ledger:
    def is_signed(author: str, stop: e.Stop) -> bool:
        return stop.signature == signature(stop.n, author, stop.named, stop.knows)

    opening = {number: f"T{number}.1" for number in range(1, 26)}
    return Ledger(Books(Basis(opening, frozenset({"S", "T1"}), frozenset(DEVICES), ELECTIONS, _book_of, is_signed)))


class _Writer:
    """Entries of all devices, in the order in which they were written."""

    def __init__(self) -> None:
        self.runs: dict[str, str] = {}
        self.seqs: dict[str, int] = {}
        self.begun = 0
        self.old: list[str] = []  # runs of the thief's that are over
        self.spot = ""  # the hold in which a book goes round

    def write(self, device: str, body: e.Body) -> e.Entry:
        self.seqs[device] = self.seqs.get(device, 0) + 1
        return e.Entry(self.runs[device], self.seqs[device], "0" * 64, 0, body)

    def start(self, device: str) -> e.Entry:
        self.begun += 1
        before, self.runs[device] = self.runs.get(device, ""), f"{device}-{self.begun:016x}"
        return self.write(device, e.Start(before))

    @property
    def vector(self) -> dict[str, int]:
        return {self.runs[device]: seq for device, seq in self.seqs.items()}


def a_day(entries: int, runs: int) -> Iterator[e.Entry]:
    """A day of a place with 26 devices: check-ins of three entries each, and restarts all along."""
    writer, began = _Writer(), dict[str, int]()
    for device in DEVICES:
        yield writer.start(device)
        began[device] = writer.seqs[device]
    named = ()
    yield writer.write("S.1", e.Stop(1, named, writer.vector, signature(1, writer.runs["S.1"], named, writer.vector)))
    yield writer.write("S.1", e.View(1, writer.vector))
    each = max(1, (entries - runs) // 3 // (runs - len(DEVICES) + 1))
    for number in range((entries - runs) // 3):
        table = DEVICES[number % 25]
        voter = number + 1
        holder = f"T{_book_of(voter)}.1"
        if number % each == 0 and writer.begun < runs:
            device = DEVICES[number // each % len(DEVICES)]
            yield writer.start(device)
            began[device] = writer.seqs[device]
        id_ = f"{writer.runs[table]}/{number + 1}"
        yield writer.write(table, e.Request(id_, e.Op.CHECK_IN, voter, ELECTIONS))
        hold = f"{writer.runs[holder]}#{began[holder]}"
        yield writer.write(holder, e.Decision(id_, voter, ELECTIONS, hold, e.Outcome.GRANTED))
        yield writer.write(table, e.Issued(id_))


def fold_day(entries: int, runs: int) -> Ledger:
    ledger = _ledger()
    for entry in a_day(entries, runs):
        ledger.fold(entry)
    return ledger


def read(ledger: Ledger, voters: int = 50) -> None:
    """All that a node reads of it."""
    ledger.conflicts()
    ledger.totals()
    for book in ledger.books:
        ledger.books.holder(book)
        ledger.books.held(book)
    for voter in range(1, voters):
        list(ledger.marks(voter))
        ledger.marking(voter)
    for device, known in ledger.books.runs.devices.items():
        list(ledger.unsettled(device))
        for run in known[-1:]:
            seen = rules.NodeKnowledge(device, ledger.books, ledger, Membership(device, ledger.books), run.name)
            rules.may_go_on(seen)
    for case in list(ledger.cases.values())[:50]:
        ledger.outcome(case)
        ledger.mark(case)
        ledger.voters(case)


def _is_linear(small: int, large: int, times: int) -> bool:
    return large < small * times * 1.3


def test_a_day_is_folded_in_linear_time_and_says_what_it_should() -> None:
    ledger = fold_day(1_500, 60)
    assert ledger.totals().issued == {"a": 480, "b": 480}
    assert not ledger.conflicts()
    assert len([run for known in ledger.books.runs.devices.values() for run in known]) == 60
    small, large = calls(lambda: fold_day(1_500, 60)), calls(lambda: fold_day(6_000, 240))
    assert _is_linear(small, large, 4), (small, large)
    assert large < 6_000 * 80


THIEF = "T1.1"
OWN = 25
"""A voter of table 1's book, as are all whose number is a multiple of this."""
Flood = Callable[[_Writer, int], e.Entry]


def _grant(writer: _Writer, request: str, voter: int, hold: str = "") -> e.Entry:
    hold = hold or f"{writer.runs[THIEF]}#1"
    return writer.write(THIEF, e.Decision(request, voter, ELECTIONS, hold, e.Outcome.GRANTED))


def _asked(writer: _Writer, number: int) -> str:
    return f"{writer.runs['T2.1']}/{number}"


def _starts(writer: _Writer, _number: int) -> e.Entry:
    return writer.start(THIEF)


def _gives(writer: _Writer, number: int) -> e.Entry:
    made_up = f"{writer.runs[THIEF]}#{number + 1}"
    return writer.write(THIEF, e.Give(1, made_up, writer.runs["T2.1"], writer.vector))


def _gives_to_old_runs(writer: _Writer, number: int) -> e.Entry:
    if number % 10 == 0:
        writer.old.append(writer.runs[THIEF])
        return writer.start(THIEF)
    to = writer.old[number % len(writer.old)] if writer.old else writer.runs["T2.1"]
    hold = f"{writer.runs[THIEF]}#{writer.seqs[THIEF] // 10 * 10}"
    return writer.write(THIEF, e.Give(1, hold, to, {writer.runs[THIEF]: writer.seqs[THIEF]}))


def _circle(writer: _Writer, number: int) -> e.Entry:
    """Two thieves give a book to and fro."""
    giver, taker = (THIEF, "T3.1") if number % 2 else ("T3.1", THIEF)
    entry = writer.write(giver, e.Give(1, writer.spot or f"{writer.runs[giver]}#1", writer.runs[taker], writer.vector))
    writer.spot = f"{entry.run}#{entry.seq}"
    return entry


def _of_one_request(writer: _Writer, number: int) -> e.Entry:
    return _grant(writer, _asked(writer, 1), number)


def _in_made_up_holds(writer: _Writer, number: int) -> e.Entry:
    return _grant(writer, _asked(writer, 1), OWN, f"{writer.runs[THIEF]}#{number + 1}")


def _of_an_unknown_request(writer: _Writer, number: int) -> e.Entry:
    return _grant(writer, _asked(writer, 9), number * OWN)


def _of_one_voter(writer: _Writer, number: int) -> e.Entry:
    return _grant(writer, _asked(writer, number + 9), OWN)


def _issued_to_one_voter(writer: _Writer, number: int) -> e.Entry:
    run = writer.runs[THIEF]
    asks = e.Request(f"{run}/{number}", e.Op.CHECK_IN, OWN, ELECTIONS)
    return writer.write(THIEF, asks if number % 2 else e.Issued(f"{run}/{number - 1}"))


def _undos(writer: _Writer, number: int) -> e.Entry:
    id_, target = f"{writer.runs[THIEF]}/{number}", _asked(writer, 1)
    return writer.write(THIEF, e.Request(id_, e.Op.UNDO, OWN, ELECTIONS, target=target, handed_out=True))


def _two_for_each_voter(writer: _Writer, number: int) -> e.Entry:
    if number % 200 == 0:
        return writer.start(THIEF)
    return _grant(writer, _asked(writer, number + 9), (number + 1) // 2 * OWN)


FLOODS: dict[str, Flood] = {
    flood.__name__.strip("_").replace("_", " "): flood
    for flood in (
        _starts,
        _gives,
        _gives_to_old_runs,
        _circle,
        _of_one_request,
        _in_made_up_holds,
        _of_an_unknown_request,
        _of_one_voter,
        _issued_to_one_voter,
        _undos,
        _two_for_each_voter,
    )
}
READ_ALL_ALONG = ("gives", "of one request", "in made up holds", "of one voter", "two for each voter")
"""Where a chain grows with each entry, and on one request of which nothing is known, each reading costs as much as there is to
read. There are no more than 1,000 runs of a device, and only two thieves can give a book to and fro."""


def _flood(kind: str, most: int) -> Iterator[e.Entry]:
    """A thief of table 1's device fills its log."""
    writer = _Writer()
    for device in DEVICES:
        yield writer.start(device)
    yield writer.write("T2.1", e.Request(_asked(writer, 1), e.Op.CHECK_IN, OWN, ELECTIONS))
    for number in range(1, most):
        yield FLOODS[kind](writer, number)


def fold_flood(kind: str, most: int, every: int = 0) -> Ledger:
    """Fold it, and read it now and then."""
    ledger = _ledger()
    for number, entry in enumerate(_flood(kind, most)):
        ledger.fold(entry)
        if every and number % every == 0:
            read(ledger)
    return ledger


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_costs_no_more_than_linear(kind: str) -> None:
    small, large = calls(lambda: read(fold_flood(kind, 300))), calls(lambda: read(fold_flood(kind, 1_200)))
    assert _is_linear(small, large, 4), (small, large)


@pytest.mark.parametrize("kind", READ_ALL_ALONG)
def test_a_flood_costs_no_more_than_linear_where_it_is_read_all_along(kind: str) -> None:
    small, large = calls(lambda: fold_flood(kind, 150, every=25)), calls(lambda: fold_flood(kind, 600, every=25))
    assert _is_linear(small, large, 4), (small, large)


def test_a_book_that_goes_to_and_fro_is_where_it_went_last() -> None:
    ledger = fold_flood("circle", e.GIVES_MOST)
    assert len(ledger.books.chain(1).holdings) == e.GIVES_MOST + 1
    assert device_of(ledger.books.holder(1)) == "T3.1"


def test_a_book_that_is_given_back_to_a_run_that_is_over_stays_there() -> None:
    """Its later run had the book before: that way it does not go again, else it would go round for ever."""
    writer, ledger = _Writer(), _ledger()
    for device in (THIEF, "T3.1"):
        ledger.fold(writer.start(device))
    old = writer.runs[THIEF]
    ledger.fold(writer.start(THIEF))
    new = writer.runs[THIEF]
    ledger.fold(writer.write(THIEF, e.Give(1, f"{new}#2", writer.runs["T3.1"], writer.vector)))
    ledger.fold(writer.write("T3.1", e.Give(1, f"{new}#3", old, {old: 1})))  # as if it knew of no later run
    assert [holding.holder.name for holding in ledger.books.chain(1).holdings.values()] == [
        THIEF,
        old,
        new,
        writer.runs["T3.1"],
        old,
    ]
