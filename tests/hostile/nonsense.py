"""What a stolen device can sign: entries and heads that are well formed, and mean nonsense, or what they must not."""

from random import Random

from kiosk.domain import entries as e
from kiosk.domain.messages import Head, Stance

_ORIGINS = ("S.1", "T1.1", "T2.1", "T3.1", "T3.2", "T1.2", "T99.1")
_ELECTIONS = ((), ("byraad",), ("region",), ("byraad", "byraad"), ("ingen",), ("x", "y", "z"))
_VOTERS = (1, 101, 101, 101, 202, 302, 999_999_999)
_BOOKS = (0, 1, 1, 1, 2, 3, 999)
_COUNTS = (0, 1, 1, 1, 2, 3, 9, 1_000, 10**12 - 1)


def body(rng: Random) -> e.Body:
    """Some entry's body, with values that can be read."""
    id_, voter, book, count = request_id(rng), rng.choice(_VOTERS), rng.choice(_BOOKS), rng.choice(_COUNTS)
    other, elections, vector = rng.choice(_ORIGINS), rng.choice(_ELECTIONS), _vector(rng)
    target = rng.choice(("", id_, request_id(rng), f"{other}/{count + 1}"))
    makers = (
        lambda: e.Start(tuple(vector)),
        lambda: e.Open(count),
        lambda: e.Close(book),
        lambda: e.Reopen(book),
        e.Locked,
        lambda: e.Island(on=rng.random() < 0.5),
        lambda: e.Referred(voter),
        lambda: e.Released(voter, ("0" * 64,)),
        lambda: e.Request(
            id_, rng.choice(list(e.Op)), voter, book, elections, book, target=target, register=count, handed_out=count > 1
        ),
        lambda: e.Decision(
            id_, voter, elections, book, count, rng.choice(list(e.Outcome)), "x", rng.choice(("", id_)), book, count
        ),
        lambda: e.Issued(id_),
        lambda: e.Withdrawn(id_),
        lambda: e.Handover(book, count, other),
        lambda: e.Seal(book, count, count, vector),
        lambda: e.Seize(book, count, count, count + 1, other, count, vector, count),
        lambda: e.Rescanned(voter, other),
    )
    return rng.choice(makers)()


def request_id(rng: Random) -> str:
    """The id of a request that may exist, of its own or another's."""
    who = rng.choice(["T3.1"] * 20 + list(_ORIGINS))
    return f"{who}/{rng.choice((1, 2))}/{rng.choice((1, 2, 3))}"


def head(rng: Random, origin: str, start: int, count: int) -> Head:
    """A head that shows what does not exist."""
    have = {o: seq for o, seq in _vector(rng).items() if seq}
    return Head(origin, start, count, "0" * 64, have, rng.random() < 0.5, rng.choice(list(Stance)), rng.choice(_COUNTS))


def _vector(rng: Random) -> dict[str, int]:
    return {origin: rng.choice(_COUNTS) for origin in rng.sample(_ORIGINS, rng.randrange(4))}
