"""What the product's ledger says of a set of entries, and what the oracle's own fold says, in the same words."""

from typing import Any

from kiosk.domain.books import named
from tests.fold.machine import Log
from tests.fold.place import Place
from tests.simulation.own_fold import OwnFold


def said(log: Log) -> dict[str, Any]:
    """By the product."""
    books, ledger, place = log.books, log.ledger, log.place
    say: dict[str, Any] = {
        "views": [(view.stop.n, view.author) for view in books.valid_views],
        "pending": [(stop.stop.n, stop.author) for stop in books.pending],
        "open": ledger.poll_open,
        "totals": ledger.totals().issued,
        "conflicts": sorted(ledger.conflicts()),
    }
    for book in books:
        for pending in (True, False):
            chain = books.chain(book, pending=pending)
            say[f"chain {book} {pending}"] = [(h.holder.name, h.hold, h.end) for h in chain.holdings.values()]
        say[f"may be decided in {book}"] = (
            books.chain(book).last.holder.name if not books.chain(book).open and not books.chain(book).pending else ""
        )
    for id_, case in sorted(ledger.cases.items()):
        found = ledger.outcome(case)
        if found is not None:
            say[f"decided {id_}"] = (found.author, found.seq, found.decision.outcome.value, ledger.counts(found))
        if ledger.undone(case) and any(place.book_of(voter) for voter, _ in case.claims):
            say[f"undone {id_}"] = True
        if ledger.mark(case):
            say[f"mark {id_}"] = case.table
    for voter in place.voters:
        marks = list(ledger.marks(voter))
        say[f"marks {voter}"] = sorted(case.id for case in ledger.marking(voter)), sorted(f.spot for f in ledger.found(voter))
        say[f"barred {voter}"] = sorted({one for mark in marks for one in mark.elections})
        say[f"referrals {voter}"] = sorted(ledger.referrals(voter))
    for device, runs in books.runs.devices.items():
        say[f"unsettled {device}"] = sorted(case.id for case in ledger.unsettled(device))
        for run in runs:
            say[f"closed {run.name}"] = ledger.is_closed(run.name)
            say[f"named {run.name}"] = sorted((s.stop.n, s.author) for s in books.stops if named(s, run))
    return say


def told(own: OwnFold, place: Place) -> dict[str, Any]:
    """By the own fold."""
    say: dict[str, Any] = {
        "views": [(view.body["n"], view.run) for view in own.views],
        "pending": sorted((stop.body["n"], stop.run) for stop in own.pending),
        "open": own.is_open,
        "totals": own.handed_out(),
        "conflicts": sorted(own.conflicts()),
    }
    for book in own.chains:
        for pending, chains in ((True, own.chains), (False, own.settled)):
            say[f"chain {book} {pending}"] = [(h.holder, h.hold, _end(own, h)) for h in chains[book]]
        say[f"may be decided in {book}"] = own.decider(book)
    claims = {claim.id: claim for voter in place.voters for claim in own.claims(voter)}
    for id_ in sorted(own.requests):
        found = own.decided(id_)
        if found is not None:
            say[f"decided {id_}"] = (found.run, found.seq, found.body["outcome"], own.counts(found))
    for claim in claims.values():
        if not claim.is_card and own.undone(claim.id, claim.voter) and not own.is_given_up(claim.id):
            say[f"undone {claim.id}"] = True
        if not claim.is_card and claim.stands:
            say[f"mark {claim.id}"] = claim.table
    return say | _told_of_voters(own, place)


def _told_of_voters(own: OwnFold, place: Place) -> dict[str, Any]:
    say: dict[str, Any] = {}
    for voter in place.voters:
        marks = own.marks(voter)
        ids = sorted(claim.id for claim in marks if not claim.is_card), sorted(claim.id for claim in marks if claim.is_card)
        say[f"marks {voter}"] = ids
        say[f"barred {voter}"] = sorted({one for claim in marks for one in claim.elections})
        say[f"referrals {voter}"] = sorted(own.referrals(voter))
    for device in place.devices:
        say[f"unsettled {device}"] = sorted(own.unsettled(device))
    for run in own.starts:
        say[f"closed {run}"] = own.is_closed(run)
        say[f"named {run}"] = sorted((s.body["n"], s.run) for s in own.stops if own.named(s, run))
    return say


def _end(own: OwnFold, holding: Any) -> int | None:
    """Where a holding ends, as the product counts it."""
    if holding.end is None or holding.end.kind == "start":
        return None
    if holding.end.kind == "give":
        return holding.end.seq
    knows = holding.end.body["knows"]
    return max((upto for tip, end in knows.items() for run, upto in own.line(tip, end) if run == holding.holder), default=0)


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where two say different things."""
    keys = sorted(one.keys() | other.keys())
    return [f"{key}: {one.get(key)} / {other.get(key)}" for key in keys if one.get(key) != other.get(key)]
