"""Scenarios: the stories behind the rules, which chance alone would not tell in a lifetime.

Each was found by the protocol's model, or by thinking about what a rule is for. Nothing happens in them that chance could not
do: they only draw it near. Roles, voter and moments are drawn, and chance goes on beside them. With nothing broken all hold.
"""

from collections.abc import Callable

from kiosk.domain import screens as s
from tests.simulation.scenarios_of_cards import SCENARIOS_OF_CARDS
from tests.simulation.scenarios_of_starts import SCENARIOS_OF_STARTS
from tests.simulation.scenarios_of_stops import SCENARIOS_OF_STOPS, opened_at_two_tables, opened_while_one_is_off
from tests.simulation.scenarios_of_thieves import SCENARIOS_OF_THIEVES, stolen_table_vouches
from tests.simulation.stage import Beats, Spoilt, Stage


def back_in_a_corner(on: Stage) -> Beats:
    """M: the old holder and a table start again where they hear only each other; their book was taken meanwhile."""
    h, c, n = on.h, on.t, on.n
    on.turn_off(h, c)
    yield
    yield from on.taken(n, h, c)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)
    on.day.part({h, c})
    on.start(h, c)
    yield from on.while_(300)
    yield from on.asks(c)
    yield from on.served(c)


def given_up(on: Stage) -> Beats:
    """G1: the answer comes when the clerk has given up."""
    h, t = on.h, on.t
    on.block(h, t)
    on.block("*", h, "log", "give")
    yield from on.asks(t)
    yield from on.shows(t, s.Kind.WAITING)
    on.day.touch(on.machine(t), "cancel")
    yield
    on.block(h, on.others(h, t))
    on.world.blocked.discard((h, t, "*"))
    yield from on.while_(1_500)


def asks_again_at_once(on: Stage) -> Beats:
    """Ask: a clerk gives a request up and asks anew, and the holder hears of the second request first."""
    h, t = on.h, on.t
    on.world.holding |= {("*", t, "log"), ("*", t, "give")}
    before = on.length(h)
    yield from on.asks(t)
    yield from on.until(lambda: on.length(h) > before)
    yield from on.shows(t, s.Kind.WAITING)
    on.world.holding |= {(t, "*", "log"), ("*", t, "want")}
    on.day.touch(on.machine(t), "cancel")
    yield from on.asks(t)
    yield from on.while_(100)
    on.world.let_go()
    yield from on.while_(300)


def restart_between_ask_and_grant(on: Stage) -> Beats:
    """G1: a table starts again between its ask and the grant; its clerk says that nothing was handed out, and asks again."""
    h, t, n = on.h, on.t, on.n
    on.world.holding |= {(h, t, "log"), (h, t, "give")}
    yield from on.asks(t)
    yield from on.while_(100)
    on.turn_off(t)
    yield
    on.start(t)
    yield from on.shows(t, s.Unresolved)
    on.day.answer(on.machine(t))
    on.world.let_go()
    yield from on.while_(300)
    yield from on.asks(n)
    yield from on.while_(600)
    yield from on.asks(t)
    yield from on.while_(600)


def holder_starts_again(on: Stage) -> Beats:
    """G2: the holder's grant is held on its way, and it starts again from an earlier commit that a fault has left it."""
    h, t, n = on.h, on.t, on.n
    on.world.holding.add((h, t, "log"))
    on.machine(h).armed = 3
    yield from on.asks(t)
    yield from on.while_(300)
    on.start(h)
    on.world.let_go()
    yield from on.decides(h)
    yield from on.asks(n)
    yield from on.while_(600)


def issued_is_known(on: Stage) -> Beats:
    """Issued: a table shows green and dies before its commit; its clerk says so, and nobody has the grant."""
    h, t, n = on.h, on.t, on.n
    on.alone_with(h, t)
    on.machine(t).fuse = "green"
    yield from on.asks(t)
    yield from on.until(lambda: not on.machine(t).up)
    on.turn_off(h)
    on.unblock()
    on.start(t)
    yield from on.shows(t, s.Unresolved)
    on.day.answer(on.machine(t))
    yield
    yield from on.taken(n, h)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def silent_clerk(on: Stage) -> Beats:
    """The clerk asked late: a table shows green and dies before its commit; back again it must not answer before its clerk."""
    h, t, n, r = on.h, on.t, on.n, on.r
    on.alone_with(h, t)
    on.block("*", h, "log", "give")
    on.block(n, h)
    yield from on.asks(n)
    yield from on.while_(60)
    on.machine(t).fuse = "green"
    yield from on.asks(t)
    yield from on.until(lambda: not on.machine(t).up)
    on.turn_off(h)
    on.unblock()
    on.start(t)
    yield
    yield from on.taken(r, h)
    yield from on.served(n)


def undo_gives_way(on: Stage) -> Beats:
    """A table shows green and dies before its commit. The secretary takes the mark back; its clerk knows better."""
    h, t, n, r = on.h, on.t, on.n, on.r
    table = on.machine(t)
    on.block(h, t, "log", "give")
    yield from on.asks(t)
    yield from on.shows(t, s.Kind.WAITING)
    table.fuse = "green"
    on.unblock()
    yield from on.until(lambda: not table.up)
    lit = [light.request for light in on.day.oracle.lights if (light.table, light.voter) == (t, on.voter)]
    if not lit:
        raise Spoilt
    yield from on.taken(n, t)
    on.day.order(on.machine(r), f"{lit[-1]} is taken back", lambda office: office.undo(on.voter, lit[-1]))
    yield from on.while_(600)
    on.start(t)
    yield from on.shows(t, s.Unresolved)
    on.day.answer(table)
    yield from on.while_(600)


def given_just_before(on: Stage) -> Beats:
    """Chain, 1: the holder gives its book away and stops; who was given it serves, and the stop's author has not the give."""
    h, t, n = on.h, on.t, on.n
    on.block(h, on.others(h, t), "log", "give")
    on.block("*", t, "want")
    on.give(h, t)
    yield from on.decides(t)
    on.turn_off(h)
    on.block(t, n, "log", "give")
    on.stop(n, h)
    yield from on.asks(t)
    yield from on.while_(300)
    on.unblock()
    yield from on.answered(n)
    on.finish(n)
    yield from on.asks(n)
    yield from on.served(n)


def given_and_both_off(on: Stage) -> Beats:
    """Chain, 1: the same, and both stop: what nobody else knows of is on paper only."""
    h, t, n = on.h, on.t, on.n
    on.block(h, on.others(h, t), "log", "give")
    on.block("*", t, "want")
    on.block(t, on.others(t, on.r), "log", "give")
    on.give(h, t)
    yield from on.decides(t)
    yield from on.asks(t)
    yield from on.served(t)
    on.turn_off(h, t)
    on.unblock()
    yield from on.taken(n, h, t)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)
    on.start(h, t)
    yield from on.members(h, t)
    yield from on.asks(t)
    yield from on.while_(300)


def given_to_who_starts_again(on: Stage) -> Beats:
    """A give to a run that is over, as its device starts again meanwhile: the run after it holds."""
    h, t = on.h, on.t
    on.block(t, h)
    on.turn_off(t)
    on.start(t)
    yield from on.while_(60)
    on.give(h, t)
    on.unblock()
    yield from on.decides(t)
    yield from on.asks(t)
    yield from on.served(t)


SCENARIOS: tuple[Callable[[Stage], Beats], ...] = (
    back_in_a_corner,
    given_up,
    asks_again_at_once,
    restart_between_ask_and_grant,
    holder_starts_again,
    issued_is_known,
    silent_clerk,
    undo_gives_way,
    given_just_before,
    given_and_both_off,
    given_to_who_starts_again,
    *SCENARIOS_OF_STOPS,
    *SCENARIOS_OF_CARDS,
    *SCENARIOS_OF_STARTS,
    *SCENARIOS_OF_THIEVES,
)

SCENARIOS_BEFORE_OPENING = (opened_at_two_tables, opened_while_one_is_off, stolen_table_vouches)
"""They begin before the poll is open."""
