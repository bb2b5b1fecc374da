"""Scenarios about a device in wrong hands, whose node goes on beside its thief."""

from collections.abc import Callable

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from tests.made_up import of_voter
from tests.simulation.stage import Beats, Spoilt, Stage
from tests.simulation.world import Machine


def _steal(on: Stage, device: str) -> Machine:
    stolen = on.machine(device)
    if on.day.oracle.liar or on.world.has_lost_a_disk or not stolen.up or not stolen.node.run:
        raise Spoilt
    on.day.oracle.liar = device
    return stolen


def _says(on: Stage, stolen: Machine, *bodies: e.Body) -> None:
    if not stolen.up or not stolen.node.books.seen.run:
        raise Spoilt
    on.day.say_in_its_name(stolen, *bodies)


def _request(on: Stage, stolen: Machine) -> e.Request:
    return e.Request(f"{stolen.node.run}/99", e.Op.CHECK_IN, on.voter, on.world.voters[on.voter].elections)


def stolen_table_asks(on: Stage) -> Beats:
    """A stolen table closes itself, and then asks for a voter."""
    stolen = _steal(on, on.t)
    _says(on, stolen, e.Closed(), _request(on, stolen))
    yield from on.while_(600)


def stolen_table_refers(on: Stage) -> Beats:
    """A stolen table sends a voter to the secretary. Another asks for the voter, and has not heard of that; the holder has."""
    h, n = on.h, on.n
    stolen = _steal(on, on.t)
    on.block("*", n, "log", "give")
    before = on.length(on.t)
    _says(on, stolen, e.Referred(on.voter))
    yield from on.has(h, on.t, before)
    yield from on.asks(n)
    yield from on.while_(300)
    on.unblock()
    yield from on.while_(300)


def stolen_table_hands_out(on: Stage) -> Beats:
    """G3: the holder has granted its own voter, and waits for a copy. A stolen table says that it has served the voter."""
    h = on.h
    stolen = _steal(on, on.t)
    on.block(h, "*", "log", "give")
    yield from on.asks(h)
    yield from on.shows(h, s.Kind.WAITING)
    before, made = on.length(on.t), _request(on, stolen)
    _says(on, stolen, made, e.Issued(made.id))
    yield from on.has(h, on.t, before + 1)
    on.unblock()
    yield from on.while_(600)


def stolen_table_vouches(on: Stage) -> Beats:
    """The poll is not open yet, and a stolen table says that it is a member. So others are members too; it asks them."""
    h = on.h
    stolen = _steal(on, on.t)
    yield from on.while_(1_500)
    for _ in range(3):
        if not stolen.up:
            raise Spoilt
        on.day.boast(stolen)
        yield from on.while_(300)
    yield from on.members(h)
    _says(on, stolen, _request(on, stolen))
    yield from on.while_(600)


def stolen_holder_answers_beside_the_question(on: Stage) -> Beats:
    """A stolen holder refuses a request with words that are not those of the request: that says nothing about it."""
    h, t = on.h, on.t
    stolen = _steal(on, h)
    on.block(t, h)
    yield from on.asks(t)
    yield from on.while_(100)
    asked = [one.made for one in of_voter(on.machine(t).node.ledger, on.voter)] if on.machine(t).up else []
    if not asked or not stolen.up:
        raise Spoilt
    made, every = asked[-1], on.world.place.elections
    others = every[:1] if len(made.elections) > 1 else every
    hold = stolen.node.books.books.chain(on.book).last.hold
    said = e.Decision(made.id, made.voter, others, hold, e.Outcome.REFUSED, "nonsense")
    _says(on, stolen, said)
    on.unblock()
    yield from on.while_(600)


SCENARIOS_OF_THIEVES: tuple[Callable[[Stage], Beats], ...] = (
    stolen_table_asks,
    stolen_table_refers,
    stolen_table_hands_out,
    stolen_table_vouches,
    stolen_holder_answers_beside_the_question,
)
