"""Any entries of any devices, in any order of arrival that rule L allows, give the same fold: liars, branches of a log, codes
used twice."""

from random import Random

import nonsense
import pytest

from kiosk.domain import entries as e
from kiosk.domain.books import Books
from kiosk.domain.ledger import Ledger
from kiosk.domain.nodes import device_of
from kiosk.domain.rights import Basis
from tests import made_up
from tests.hostile.thief import book_of, signed_stop

BOTH = ("byraad", "region")
WRITERS = ("S.1", "T1.1", "T2.1", "T3.1", "T3.2")
VOTERS = (101, 202, 302)
PLACE = made_up.MadeUp(3, BOTH, spares=1)


def empty() -> Ledger:
    """The fold of nothing."""
    undo_nodes = frozenset({"S", "T1"})
    return Ledger(Books(Basis(PLACE.opening, undo_nodes, PLACE.devices, BOTH, book_of, made_up.is_signed)))


def history(rng: Random, length: int) -> list[e.Entry]:
    """What all devices write, in an order in which it can have come about: nonsense, some of it aimed.

    Each goes on in its last run, or begins another, after any entry of its own log; what it knows, somebody has written.
    """
    ledger, entries = empty(), list[e.Entry]()
    runs: dict[str, int] = {}  # where each ends
    links: dict[str, tuple[str, int]] = {}
    for _ in range(length):
        device = rng.choice(WRITERS)
        own = [run for run in runs if device_of(run) == device]
        if not own or rng.random() < 0.12:
            before = rng.choice(own) if own and rng.random() < 0.9 else ""
            first = links[before][1] if before else 1
            at = rng.choice((runs[before], runs[before], rng.randrange(first, runs[before] + 1))) if before else 0
            run = f"{device}-{len(runs):08x}{rng.getrandbits(32):08x}"
            links[run] = before, at + 1
            entry = e.Entry(run, at + 1, "", rng.randrange(100), start(rng, before, own))
        else:
            run = own[-1] if rng.random() < 0.8 else rng.choice(own)
            entry = e.Entry(run, runs[run] + 1, "", rng.randrange(100), aimed(rng, ledger, run, runs))
        runs[entry.run] = entry.seq
        entries.append(entry)
        ledger.fold(entry)
    return entries


def start(rng: Random, before: str, own: list[str]) -> e.Start:
    """A run begins, with words about requests of its own."""
    ids = [f"{rng.choice(own)}/{rng.randrange(1, 4)}" for _ in range(2)] if own else []
    return e.Start(before, tuple(ids[:1]), tuple(ids[1:]))


def aimed(rng: Random, ledger: Ledger, run: str, runs: dict[str, int]) -> e.Body:
    """Half of the time something that may count: of a voter of the list, in a hold that there is, by who holds it."""
    vector, names = ledger.books.runs.vector, list(runs)
    if rng.random() < 0.4:
        return nonsense.body(rng, run, names, vector, codes=(1, 2, 3))
    voter = rng.choice(VOTERS)
    chain = ledger.books.chain(rng.choice((1, 2, 3)))
    holding = rng.choice(list(chain.holdings.values()))
    book = voter // 100
    mine = [(b, h.hold) for b in (1, 2, 3) for h in ledger.books.chain(b).holdings.values() if h.holder.name == run and h.hold]
    made_known = [case for case in ledger.cases.values() if case.made is not None]
    asked = [case for case in made_known if case.made is not None and case.made.voter // 100 in {b for b, _ in mine}]
    marking = [case for case in made_known if ledger.mark(case)]
    n, kind = rng.randrange(1, 6), rng.randrange(9)
    case = rng.choice(asked or made_known or [None])
    if kind == 2:
        case = rng.choice(marking or made_known or [None])
    if kind <= 1:
        elections = rng.choice((BOTH, BOTH[:1], BOTH[1:]))
        return e.Request(f"{run}/{rng.randrange(1, 4)}", e.Op.CHECK_IN, voter, elections)
    if kind == 2 and case is not None and case.made is not None:
        undo = f"{run}/{rng.randrange(4, 7)}"
        return e.Request(undo, e.Op.UNDO, case.made.voter, case.made.elections, target=case.id, handed_out=n > 2)
    if kind <= 4 and case is not None and case.made is not None:
        made = case.made
        hold = next((hold for b, hold in mine if b == made.voter // 100), holding.hold or f"{run}#1")
        return e.Decision(made.id, made.voter, made.elections, hold, rng.choice(list(e.Outcome)), target=made.target)
    if kind == 5 and mine:
        of, hold = rng.choice(mine)
        return e.Give(of, hold, rng.choice(list(vector)), vector)
    if kind == 6:
        named = tuple(rng.sample([device for device in WRITERS if device != device_of(run)], rng.randrange(1, 3)))
        return signed_stop(run, n, named, vector)
    if kind == 7 and ledger.books.stops:
        stopped = rng.choice(ledger.books.stops)
        return rng.choice((e.View(stopped.stop.n, vector), e.Card(stopped.stop.n, rng.choice(WRITERS), voter)))
    return rng.choice((e.Issued, e.Withdrawn))(f"{run}/{rng.randrange(1, 4)}" if book else f"{run}/1")


def folded(entries: list[e.Entry], rng: Random) -> object:
    """All that is read of the fold of these entries, which arrive in some order that rule L allows."""
    ledger, left = empty(), list(entries)
    runs = ledger.books.runs
    while left:
        ready = [entry for entry in left if may_come(entry, ledger)]
        entry = rng.choice(ready)
        left.remove(entry)
        ledger.fold(entry)
        if rng.random() < 0.2:
            assert ledger.conflicts() is not None
            assert all(ledger.books.chain(book) for book in (1, 2, 3))
    books = ledger.books
    cases = sorted(ledger.cases.values(), key=lambda case: case.id)
    return {
        "marks": {voter: sorted(map(repr, ledger.marks(voter))) for voter in VOTERS},
        "marking": {voter: sorted(case.id for case in ledger.marking(voter)) for voter in VOTERS},
        "mark": [case.id for case in cases if ledger.mark(case)],
        "undone": [case.id for case in cases if ledger.undone(case)],
        "conflicts": dict(ledger.conflicts()),
        "totals": ledger.totals(),
        "referrals": {voter: ledger.referrals(voter) for voter in VOTERS},
        "open": ledger.poll_open,
        "holders": {book: [(h.holder.name, h.hold, h.end) for h in books.chain(book).holdings.values()] for book in books},
        "waits": {book: (books.chain(book).open, [s.rank for s in books.chain(book).pending]) for book in books},
        "named": sorted(run for run in {entry.run for entry in entries} if books.is_named(run)),
        "views": [view.rank for view in books.valid_views],
        "vector": runs.vector,
        "outcomes": {case.id: repr(ledger.outcome(case)) for case in cases if case.made is not None},
        "counts": {case.id: counts for case in cases if (counts := counted(ledger, case.id)) is not None},
    }


def counted(ledger: Ledger, id_: str) -> bool | None:
    """Whether the decision on a request counts, pending stops in mind."""
    found = ledger.outcome(ledger.cases[id_])
    return ledger.counts(found) if found is not None else None


def may_come(entry: e.Entry, ledger: Ledger) -> bool:
    """Rule L."""
    runs, body = ledger.books.runs, entry.body
    if isinstance(body, e.Start):
        before = runs.get(body.before or device_of(entry.run))
        return before is not None and before.last >= entry.seq - 1
    known = runs.get(entry.run)
    if known is None or known.last != entry.seq - 1:
        return False
    knows = body.knows if isinstance(body, e.Give | e.Stop | e.View) else {}
    return runs.have({run: seq for run, seq in knows.items() if run != entry.run})


@pytest.mark.parametrize("seed", range(200))
def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    """Five devices write whatever they like, with the chair's codes; two nodes that hear it in other orders say the same."""
    entries = history(Random(seed), 90)
    assert folded(entries, Random(seed + 1)) == folded(entries, Random(seed + 2))


def test_the_histories_reach_what_they_are_about() -> None:
    """Views count, books go round, grants count, undos undo, decisions wait, in many of the histories."""
    reached = dict.fromkeys(("views", "gives", "counts", "undone", "conflicts", "waits", "branches"), 0)
    for seed in range(60):
        entries = history(Random(seed), 90)
        ledger = empty()
        for entry in entries:
            ledger.fold(entry)
        books = ledger.books
        reached["views"] += bool(books.valid_views)
        reached["gives"] += any(len(books.chain(book).holdings) > 3 for book in books)
        reached["counts"] += any(counted(ledger, id_) for id_ in ledger.cases)
        reached["undone"] += any(ledger.undone(case) for case in ledger.cases.values())
        reached["conflicts"] += bool(ledger.conflicts())
        reached["waits"] += any(books.chain(book).pending for book in books)
        reached["branches"] += any(len(books.runs.tips(device)) > 1 for device in WRITERS)
    assert min(reached.values()) >= 5, reached
