"""A thief who has a device's key, and signs any well-formed entry in its log."""

from kiosk.domain import entries as e
from tests.fold.day import Day
from tests.fold.machine import Machine


def lie(day: Day, liar: Machine) -> None:
    """One more entry."""
    if not liar.runs:
        if liar.is_on and not liar.is_dead:
            day.begin(liar)
        return
    rng, books, ledger = day.rng, liar.log.books, liar.log.ledger
    runs = [run.name for known in books.runs.devices.values() for run in known]
    voter = rng.choice([*day.place.voters, 99])
    elections = rng.choice((("a", "b"), ("a",), ("b",), ("b", "a")))
    made_up = f"{rng.choice(day.place.devices)}-{rng.getrandbits(64):016x}"
    request = rng.choice([*ledger.cases, f"{rng.choice(runs)}/{rng.randrange(1, 4)}", f"{made_up}/1"])
    holds = [hold for book in books for hold in books.chain(book).holdings if hold]
    hold = rng.choice([*holds, *holds, f"{liar.run}#{rng.randrange(1, 9)}"])
    known = books.runs.vector
    knows = rng.choice((known, known, {}, {name: rng.randrange(1, seq + 1) for name, seq in known.items()}))
    case = ledger.cases.get(request)
    if case is not None and case.made is not None and rng.random() < 0.7:
        voter, elections = case.made.voter, case.made.elections
    outcome = rng.choice((e.Outcome.GRANTED, e.Outcome.GRANTED, e.Outcome.REFUSED))
    target = rng.choice(("", "", "", *list(ledger.cases)[:3], *ledger._cards))
    body = rng.choice(
        (
            e.Decision(request, voter, elections, hold, outcome, target=target),
            e.Decision(request, voter, elections, hold, outcome),
            e.Give(rng.choice(list(day.place.opening)), hold, rng.choice((*runs, made_up, f"{liar.device}-{'f' * 16}")), knows),
            e.Give(rng.choice(list(day.place.opening)), hold, rng.choice(runs), knows),
            e.Issued(request),
            e.Withdrawn(request),
            e.Request(f"{liar.run}/{rng.randrange(1, 9)}", e.Op.CHECK_IN, voter, elections),
            e.Request(
                f"{liar.run}/{rng.randrange(1, 9)}", e.Op.UNDO, voter, elections, target=target or request, handed_out=True
            ),
            e.Request(request, e.Op.CHECK_IN, voter, elections),
            e.Stop(rng.randrange(1, 9), tuple(day.place.devices[:2]), known, "0" * 128),
            e.View(rng.randrange(1, 9), known),
            e.Card(rng.randrange(1, 9), rng.choice(day.place.devices), voter),
            e.Closed(),
            e.Referred(voter),
            e.Start("", (request,), (request,)),
        )
    )
    if isinstance(body, e.Start):
        day.crash(liar)
        day.boot(liar)
        own = books.runs.devices[liar.device]
        name = rng.choice((f"{liar.device}-{'f' * 16}", f"{liar.device}-{rng.getrandbits(64):016x}"))
        if name in books.runs or not own:
            return
        before = rng.choice(own)
        seq = rng.randrange(before.first, before.last + 1)
        if (before.name, seq) not in liar.log.have or before.name not in liar.log.books.runs:
            return
        liar.begin_after(name, (before.name, seq), (request,), (request,), day.now())
    else:
        liar.write(body, day.now())
    liar.commit()
    day.counts["lies"] += 1
    day.tell(f"{day.name(liar)} lies: {body}")
