"""What a stolen device can sign: entries and heads that are well formed, and mean nonsense, or what they must not."""

from collections.abc import Mapping, Sequence
from random import Random

from kiosk.domain import entries as e
from kiosk.domain.messages import Head, Stance
from tests.hostile.thief import signed_stop

DEVICES = ("S.1", "T1.1", "T2.1", "T3.1", "T3.2", "T1.2")
ELECTIONS = ((), ("byraad",), ("byraad",), ("region",), ("byraad", "byraad"), ("ingen",), ("x", "y", "z"), ("byraad", "region"))
VOTERS = (1, 101, 101, 101, 202, 302, 999_999_999)
COUNTS = (1, 1, 1, 2, 3, 9, 1_000, 10**12)


def body(rng: Random, author: str, runs: Sequence[str], vector: Mapping[str, int], codes: Sequence[int] = ()) -> e.Body:
    """Some entry's body but a start's, with values that can be read. `runs`: of whom it speaks; `codes`: the chair's, in this
    thief's hands."""
    run, voter, elections = rng.choice(runs), rng.choice(VOTERS), rng.choice(ELECTIONS)
    id_ = f"{rng.choice((author, author, run))}/{rng.choice((1, 2, 3))}"
    hold = f"{run}#{rng.choice((1, 1, 2, 5, 9, 30))}"
    knows = dict(rng.sample(sorted(vector.items()), rng.randrange(len(vector) + 1))) if rng.random() < 0.5 else dict(vector)
    target = rng.choice(("", id_, f"{run}/1", hold))
    device = rng.choice(DEVICES)
    named = tuple(rng.sample(DEVICES, rng.randrange(4)))
    outcome, n = rng.choice(list(e.Outcome)), rng.choice((1, 2, 3, 9))
    makers = [
        e.Closed,
        e.Reopened,
        e.Locked,
        lambda: e.Island(on=rng.random() < 0.5),
        lambda: e.Excused(named),
        lambda: e.Referred(voter),
        lambda: e.Released(voter, ("0" * 64,)),
        lambda: e.Request(id_, rng.choice(list(e.Op)), voter, elections, target=target, handed_out=rng.random() < 0.5),
        lambda: e.Decision(id_, voter, elections, hold, outcome, "x", rng.choice(("", target)), 3, rng.choice(COUNTS)),
        lambda: e.Issued(id_),
        lambda: e.Withdrawn(id_),
        lambda: e.Give(rng.choice((1, 2, 3, 999)), hold, run, knows),
        lambda: e.Stop(n, named, knows, "ab" * 64),
        lambda: e.Card(n, device, voter),
        lambda: e.View(n, knows),
    ]
    if codes:
        makers += [lambda: signed_stop(author, rng.choice(codes), named, knows)] * 2
        makers += [lambda: e.View(rng.choice(codes), knows), lambda: e.Card(rng.choice(codes), device, voter)]
    return rng.choice(makers)()


def head(rng: Random, run: str, count: int, runs: Sequence[str]) -> Head:
    """A head that shows what does not exist."""
    have = {of: rng.choice(COUNTS) for of in rng.sample(list(runs), rng.randrange(len(runs)))}
    have |= {f"{rng.choice(DEVICES)}-{rng.getrandbits(64):016x}": rng.choice(COUNTS) for _ in range(rng.randrange(3))}
    return Head(run, rng.choice((1, 2, 10**9)), count, have, rng.random() < 0.5, rng.choice(list(Stance)), rng.choice(COUNTS))
