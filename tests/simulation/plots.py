"""Plots: the stories behind the rules, which chance alone would not tell in a lifetime.

Each was found by the protocol's model, or by thinking about what a rule is for. Nothing happens in them that chance could not
do: they only draw it near. Roles, voter and moments are drawn, and chance goes on beside them. With nothing broken all hold.
"""

from collections.abc import Callable

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.nodes import table_of
from kiosk.domain.office import Deed
from tests.simulation.plots_of_disks import PLOTS_OF_DISKS
from tests.simulation.plots_of_the_register import ASSISTANT, PLOTS_OF_THE_REGISTER
from tests.simulation.stage import Beats, Spoilt, Stage


def back_in_a_corner(on: Stage) -> Beats:
    """D2: the old holder and a table start again where they hear only each other; their book was taken meanwhile."""
    h, c, n = on.h, on.t, on.n
    on.stop(h, c)
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


def heir_without_history(on: Stage) -> Beats:
    """D3: the heir's own clerk waits already, and the heir has neither the old holder's log nor the other table's."""
    h, t, n = on.h, on.t, on.n
    on.block("*", n)
    yield from on.asks(t)
    yield from on.served(t)
    yield from on.while_(100)
    on.stop(h)
    yield from on.asks(n)
    yield from on.while_(100)
    on.unblock()
    on.block([h, t], n)
    on.block(n, "*", "want")
    yield
    yield from on.taken(n, h)
    yield from on.served(n)


def given_up(on: Stage) -> Beats:
    """G1: the answer comes when the clerk has given up."""
    h, t = on.h, on.t
    on.block(h, t)
    on.block("*", h, "log", "give")
    yield from on.asks(t)
    yield from on.shows(t, s.Waiting)
    on.day.touch(on.machine(t), "cancel")
    yield
    on.block(h, on.others(h, t))
    on.world.blocked.discard((h, t, "*"))
    yield from on.while_(1_500)


def late_answer(on: Stage) -> Beats:
    """G2: a grant arrives when its table has answered the seal without it; the heir has given the voter to its own clerk."""
    h, t, n, r = on.h, on.t, on.n, on.r
    on.block(on.others(h, t), h)
    on.block(h, on.others(h, t))
    on.world.holding.add((h, t, "log"))
    before = on.length(h)
    yield from on.asks(n)
    yield from on.while_(100)
    yield from on.asks(t)
    yield from on.until(lambda: on.length(h) > before)
    on.stop(h)
    yield
    on.seal(h)
    yield from on.until(on.answered)
    on.block([r, n], t)
    on.seize(n)
    yield from on.served(n)
    on.world.let_go()
    yield from on.served(t)


def back_before_the_answer(on: Stage) -> Beats:
    """Who is back: two stopped tables start again and serve, helped by one that has no seal yet; then that one answers."""
    h, c, n, r = on.h, on.t, on.n, on.r
    on.stop(h, c)
    yield
    on.block(r, "*")
    on.seal(h, c)
    on.start(h, c)
    yield from on.fresh(h, c)
    on.block(h, on.others(h, c))
    on.block(c, on.others(h, c))
    on.block(on.others(h, c), [h, c])
    yield from on.asks(c)
    yield from on.served(c)
    on.world.blocked -= {way for way in on.world.blocked if way[0] == r and way[1] == "*"}
    yield from on.until(on.answered)
    on.seize(n, scanned=True)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def only_copy(on: Stage) -> Beats:
    """The cut: one table alone has the old holder's grant, and its display has died, so that `issued` is not written."""
    h, t, n = on.h, on.t, on.n
    on.alone_with(h, t)
    on.block(n, "*", "want")
    on.block("*", h, "log", "give")
    on.block(n, h)
    on.machine(t).drawn_ms = None
    yield from on.asks(n)
    yield from on.while_(60)
    yield from on.asks(t)
    yield from on.served(t)
    on.stop(h)
    on.world.blocked -= {way for way in on.world.blocked if way == ("*", t, "want")}
    yield
    yield from on.taken(n, h)
    yield from on.served(n)


def issued_is_known(on: Stage) -> Beats:
    """Issued: a table shows green and dies before its commit; its clerk says so, and nobody has the grant."""
    h, t, n = on.h, on.t, on.n
    on.alone_with(h, t)
    on.machine(t).fuse = "green"
    yield from on.asks(t)
    yield from on.until(lambda: not on.machine(t).up)
    on.stop(h)
    on.unblock()
    on.start(t)
    yield from on.shows(t, s.Unresolved)
    on.day.answer(on.machine(t))
    yield
    yield from on.taken(n, h)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def issued_at_one(on: Stage) -> Beats:
    """Cards: a green's holder and table stop; the secretary has the table's `issued`, the heir not, and nobody the grant."""
    h, t, n, r = on.h, on.t, on.n, on.r
    on.alone_with(h, t)
    on.block(t, on.others(t, r, h), "log")
    on.block(n, r, "want")
    before = on.length(t)
    yield from on.asks(t)
    yield from on.served(t)
    yield from on.has(r, t, before + 1)
    on.stop(h, t)
    yield
    yield from on.taken(n, h, t)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def silent_clerk(on: Stage) -> Beats:
    """The clerk asked late: a table shows green and dies before its commit; back again it must not answer before its clerk."""
    h, t, n = on.h, on.t, on.n
    on.alone_with(h, t)
    on.block("*", h, "log", "give")
    on.block(n, h)
    yield from on.asks(n)
    yield from on.while_(60)
    on.machine(t).fuse = "green"
    yield from on.asks(t)
    yield from on.until(lambda: not on.machine(t).up)
    on.stop(h)
    on.unblock()
    on.start(t)
    yield
    yield from on.taken(n, h)
    yield from on.served(n)


def cards_on_paper(on: Stage) -> Beats:
    """Cards: the old holder serves its own voter, one table copies the mark, and both stop: it is on paper only."""
    h, c, n = on.h, on.t, on.n
    on.alone_with(h, c)
    yield from on.asks(h)
    yield from on.served(h)
    on.stop(h, c)
    on.unblock()
    yield
    yield from on.taken(n, h, c)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def two_ballots_are_shown(on: Stage) -> Beats:
    """S4: the same, and the chair goes on without the cards: the voter is served again, and both ballots are shown."""
    h, c, n = on.h, on.t, on.n
    on.alone_with(h, c)
    yield from on.asks(h)
    yield from on.served(h)
    on.stop(h, c)
    on.unblock()
    yield
    on.seal(h, c)
    yield from on.until(on.answered)
    on.seize(n, scan=False)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)
    on.start(h, c)
    yield from on.fresh(h, c)


def closed_table_asks(on: Stage) -> Beats:
    """A stolen table closes itself, and then asks for a voter."""
    stolen = on.t if on.t != ASSISTANT else on.n
    thief, voter, table = on.machine(stolen), on.world.voters[on.voter], table_of(stolen)
    if on.day.oracle.liar or not thief.up:
        raise Spoilt
    on.day.oracle.liar = stolen
    id_ = f"{stolen}/{thief.node.books.last_start}/99"
    ask = e.Request(id_, e.Op.CHECK_IN, voter.number, voter.book, voter.elections, table)
    on.day.say_in_its_name(thief, e.Close(table), ask)
    yield from on.while_(600)


def undo_gives_way(on: Stage) -> Beats:
    """A table shows green and dies before its commit. The secretary takes the mark back; its clerk knows better."""
    h, t, r = on.h, on.t, on.r
    table = on.machine(t)
    on.block(h, t, "log", "give")
    yield from on.asks(t)
    yield from on.shows(t, s.Waiting)
    table.fuse = "green"
    on.unblock()
    yield from on.until(lambda: not table.up)
    lit = [light.request for light in on.day.oracle.lights if (light.table, light.voter) == (t, on.voter)]
    if not lit:
        raise Spoilt
    on.seal(t, book=table_of(t))
    yield from on.while_(600)
    target = lit[-1]
    on.day.order(on.machine(r), f"{target} is taken back", lambda office: office.undo(on.voter, target))
    yield from on.while_(600)
    on.start(t)
    yield from on.shows(t, s.Unresolved)
    on.day.answer(table)
    yield from on.while_(600)


def stale_table(on: Stage) -> Beats:
    """G4: a table starts again where it hears the old holder only, which has not heard that its book is being taken."""
    h, t, n, r = on.h, on.t, on.n, on.r
    on.stop(t)
    yield
    on.block(on.others(h, t), [h, t])
    on.block(h, on.others(h, t), "log", "give")
    on.start(t)
    yield from on.asks(t)
    yield from on.while_(100)
    on.stop(h)
    on.block(on.others(t), t)
    yield
    on.seal(h)
    on.world.blocked.discard((r, t, "*"))
    yield from on.until(on.answered)
    on.seize(n)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def unheard_seal(on: Stage) -> Beats:
    """G3: the holder, which was off when its book was sealed, serves its own voter, copied by one that knows of the seal."""
    h, p, n, r = on.h, on.t, on.n, on.r
    on.stop(h)
    yield
    on.block(r, h)
    on.block(r, n)
    on.block(p, [h, n])
    on.seal(h)
    yield from on.has(p, r, on.length(r) - 1)
    on.start(h)
    yield from on.fresh(h)
    on.block([h, n], "*", "want")
    on.block(h, n, "log")
    on.world.blocked.discard((p, h, "*"))
    on.block(p, h, "give", "log")
    yield from on.asks(h)
    yield from on.while_(300)
    on.world.blocked -= {(r, n, "*"), (p, n, "*")}
    yield from on.until(on.answered)
    on.seize(n, scanned=True)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def islands_meet(on: Stage) -> Beats:
    """The power fails, the secretary's node stays off, each table becomes an island and serves; then they meet again."""
    tables = on.others(on.r)
    on.stop(on.r, *tables)
    yield
    on.block("*", "*")
    on.start(*tables)
    yield from on.while_(5_000)
    for table in tables:
        on.day.decide(on.machine(table), Deed.ISLAND)
    yield from on.asks(on.h)
    yield from on.served(on.h)
    on.unblock()
    yield from on.while_(2_000)
    on.attest(on.t, on.r)
    yield from on.fresh(on.h, on.t, on.n)
    yield from on.asks(on.n)
    yield from on.while_(300)


PLOTS: tuple[Callable[[Stage], Beats], ...] = (
    back_in_a_corner,
    heir_without_history,
    given_up,
    late_answer,
    back_before_the_answer,
    only_copy,
    issued_is_known,
    issued_at_one,
    silent_clerk,
    cards_on_paper,
    two_ballots_are_shown,
    closed_table_asks,
    undo_gives_way,
    stale_table,
    unheard_seal,
    islands_meet,
    *PLOTS_OF_DISKS,
    *PLOTS_OF_THE_REGISTER,
)
