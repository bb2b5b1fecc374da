"""Any entries of any devices, in any order of arrival, give the same fold: nothing that does not count hides what does."""

from random import Random

import msgspec
import nonsense
import pytest

from kiosk.domain import entries as e
from kiosk.domain.books import Books
from kiosk.domain.ledger import Ledger
from kiosk.domain.rights import Basis
from tests import made_up

ELECTIONS = ("byraad", "region")
WRITERS = ("S.1", "T1.1", "T2.1", "T3.1", "T3.2")
VOTERS = (101, 202, 302)
PLACE = made_up.MadeUp(3, ELECTIONS, spares=1)


def log(rng: Random, origin: str, length: int) -> list[e.Entry]:
    """What one device writes: nonsense, some of it aimed at its own requests. Seals depend on the order, and must."""
    entries: list[e.Entry] = []
    while len(entries) < length:
        body = nonsense.body(rng)
        if isinstance(body, e.Seal | e.Seize):
            continue
        if isinstance(body, e.Request) and rng.random() < 0.7:
            voter = rng.choice(VOTERS)
            table = 0 if origin[0] == "S" else int(origin[1])
            id_ = f"{origin}/1/{rng.randrange(1, 4)}"
            made = {"id": id_, "voter": voter, "book": voter // 100, "elections": rng.choice((ELECTIONS, ELECTIONS[:1]))}
            made |= (
                {"op": e.Op.CHECK_IN, "table": table, "target": ""} if rng.random() < 0.7 else {"op": e.Op.UNDO, "register": 1}
            )
            body = msgspec.structs.replace(body, **made)
        elif isinstance(body, e.Decision) and rng.random() < 0.7:
            voter = rng.choice(VOTERS)
            id_ = f"{rng.choice(WRITERS)}/1/{rng.randrange(1, 4)}"
            said = {
                "request": id_,
                "voter": voter,
                "book": voter // 100,
                "epoch": rng.choice((1, 1, 2)),
                "elections": ELECTIONS,
            }
            body = msgspec.structs.replace(body, **said)
        elif isinstance(body, e.Issued | e.Withdrawn):
            body = type(body)(f"{origin}/1/{rng.randrange(1, 4)}")
        elif isinstance(body, e.Handover):
            body = e.Handover(rng.choice((0, 1, 2, 3)), 2, rng.choice(WRITERS))
        entries.append(e.Entry(origin, len(entries) + 1, "", len(entries), body))
    return entries


def folded(logs: dict[str, list[e.Entry]], rng: Random) -> object:
    """All that is read of the fold of these logs, which arrive in some order."""
    ledger = Ledger(Books("T1.1", Basis(PLACE.opening, "T1", PLACE.origins, ELECTIONS, lambda voter: voter // 100)))
    left, have = {origin: list(entries) for origin, entries in logs.items()}, {}
    while left:
        origin = rng.choice(list(left))
        entry = left[origin].pop(0)
        have[origin] = entry.seq
        ledger.fold(entry, have)
        if not left[origin]:
            del left[origin]
        if rng.random() < 0.2:
            assert ledger.conflicts() is not None
    return {
        "marks": {voter: sorted(map(repr, ledger.marks(voter))) for voter in VOTERS},
        "marking": {voter: sorted((case.id, elections) for case, elections in ledger.marking(voter)) for voter in VOTERS},
        "conflicts": dict(ledger.conflicts()),
        "totals": ledger.totals(),
        "referrals": {voter: ledger.referrals(voter) for voter in VOTERS},
        "open": ledger.poll_open,
        "holders": {book: ledger.books.chain(book).holdings for book in ledger.books},
        "outcomes": {id_: case.outcome(ledger.books) for id_, case in ledger.cases.items() if case.made is not None},
    }


@pytest.mark.parametrize("seed", range(300))
def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    """Five devices write whatever they like; two nodes that hear it in different orders say the same of everything."""
    rng = Random(seed)
    logs = {origin: log(rng, origin, 25) for origin in WRITERS}
    assert folded(logs, Random(seed + 1)) == folded(logs, Random(seed + 2))
