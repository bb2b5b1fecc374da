"""Scenarios about devices' cards: which of them have a mark, what they lose, what is put in instead, and two with one key."""

from collections.abc import Callable

from kiosk import limits
from kiosk.domain import screens as s
from tests.simulation.stage import Beats, Spoilt, Stage
from tests.simulation.world import Copied


def late_grant(on: Stage) -> Beats:
    """Late: a green's table is lost for good and its card not scanned; all that tells of it is a grant that came too late."""
    h, t, n = on.h, on.t, on.n
    on.alone_with(h, t)
    on.block(t, "*", "log", "give")
    yield from on.asks(t)
    yield from on.served(t)
    if on.world.has_lost_a_disk:
        return
    on.turn_off(h)
    on.world.replace_disk(on.machine(t))
    on.unblock()
    yield
    on.stop(n, h, t)
    yield from on.answered(n)
    on.finish(n, scan=False)
    yield from on.decides(n)
    on.start(h)
    yield from on.while_(600)


def own_mark_alone(on: Stage) -> Beats:
    """G3: the holder serves its own voter while nobody hears it."""
    h, n = on.h, on.n
    on.block(h, "*")
    yield from on.asks(h)
    yield from on.while_(300)
    on.turn_off(h)
    yield
    yield from on.taken(n, h)
    yield from on.while_(300)


def copy_in_memory(on: Stage) -> Beats:
    """G3: a table whose own voter waits puts its copy of the holder's mark off, and its head is due before it is on disk."""
    h, t = on.h, on.t
    on.alone_with(h, t)
    on.block(t, h, "ask", "log", "give")
    yield from on.asks(t)
    yield from on.shows(t, s.Kind.WAITING)
    table = on.machine(t)
    yield from on.until(lambda: on.can_ask(h) and table.up and table.node.peers.next_due() > on.world.mono + 100)
    on.world.run_for(table.node.peers.next_due() - on.world.mono - limits.COPY_LATE_MS // 2)
    on.ask(h)
    on.world.run_for(limits.COPY_LATE_MS)
    yield from on.while_(300)


def died_speaking(on: Stage) -> Beats:
    """Write before speak: the holder dies just before the commit of its decision."""
    h, t = on.h, on.t
    on.machine(h).fuse = "decision"
    yield from on.asks(t)
    yield from on.until(lambda: not on.machine(h).up)
    yield from on.while_(300)
    on.start(h)
    yield from on.while_(300)


def _log_grows(on: Stage, copied: Copied) -> Beats:
    """The holder's log grows by two entries at least, of which others know."""
    h, t = on.h, on.t
    before = max((seq for run, seq in copied.vector.items() if run == copied.last_run), default=0)
    for name, voter in ((t, on.voter), (h, on.voter), (h, 1), (t, 2), (h, 3)):
        if voter in on.world.voters and on.can_ask(name):
            yield from on.asks(name, voter)
        yield from on.while_(300)
    if on.world.has_lost_a_disk or on.length(h) < before + 2:
        raise Spoilt


def _old_card_is_put_in(on: Stage) -> Beats:
    """The holder's card is copied, its log grows, and the copy is put in; the holder is off then."""
    machine = on.machine(on.h)
    copied = Copied.of(machine)
    yield from _log_grows(on, copied)
    on.turn_off(on.h)
    on.world.put_in(machine, copied)
    yield


def old_card(on: Stage) -> Beats:
    """M: an old copy of the holder's card is put in; it learns what others know of its log, and goes on."""
    yield from _old_card_is_put_in(on)
    on.start(on.h)
    yield from on.while_(1_500)
    yield from on.asks(on.n)
    yield from on.while_(600)
    yield from on.asks(on.h)
    yield from on.while_(600)


def old_card_hears_one(on: Stage) -> Beats:
    """M: the same, and it hears of its log from one table only, which has none of it."""
    h, t, n = on.h, on.t, on.n
    on.block(h, n, "log", "give")
    on.block(n, "*", "want")
    yield from _old_card_is_put_in(on)
    on.apart(h, on.others(h, n))
    on.start(h)
    yield from on.while_(1_500)
    yield from on.asks(n)
    yield from on.while_(600)
    yield from on.asks(h)
    yield from on.while_(600)
    on.unblock()
    yield from on.while_(600)
    yield from on.asks(t)
    yield from on.while_(300)


def old_card_when_there_is_a_later_run(on: Stage) -> Beats:
    """T: the holder starts again after it was copied; then the copy is put in, and decides nothing."""
    h, t, n = on.h, on.t, on.n
    machine = on.machine(h)
    copied = Copied.of(machine)
    on.turn_off(h)
    on.start(h)
    yield from on.decides(h)
    yield from _log_grows(on, copied)
    on.turn_off(h)
    on.world.put_in(machine, copied)
    yield
    if on.day.rng.random() < 0.5:
        on.apart(h, on.others(h, n))
    on.start(h)
    yield from on.while_(900)
    yield from on.asks(n)
    yield from on.while_(600)
    on.unblock()
    yield from on.while_(600)
    yield from on.asks(t)
    yield from on.while_(300)


def old_card_and_no_witness(on: Stage) -> Beats:
    """What remains, 10: all who know of an old card's log are off and named, at the card's own table."""
    h, n = on.h, on.n
    yield from _old_card_is_put_in(on)
    on.turn_off(*on.others(h, n))
    on.start(h)
    yield from on.while_(300)
    yield from on.taken(h)
    yield from on.asks(n)
    yield from on.while_(300)


def old_card_as_author(on: Stage) -> Beats:
    """An old card's table is where the next code is used: what others know of its log comes with their answers."""
    h, t, n = on.h, on.t, on.n
    yield from _old_card_is_put_in(on)
    on.turn_off(t)
    on.start(h)
    yield from on.taken(h, t)
    yield from on.asks(n)
    yield from on.while_(300)
    yield from on.asks(h)
    yield from on.while_(300)


def old_card_alone(on: Stage) -> Beats:
    """An old card hears heads, but can't fetch what it lacks; cut off, it must be no island."""
    h = on.h
    yield from _old_card_is_put_in(on)
    on.block(h)
    on.block(on.others(h), h, "log", "give")
    on.start(h)
    yield from on.while_(600)
    on.block("*", h)
    yield from on.while_(limits.SEEN_MS)
    on.day.decide(on.machine(h), "island")
    yield from on.asks(h)
    yield from on.while_(300)


def _runs_beside(on: Stage, copied: Copied) -> str:
    if on.world.has_lost_a_disk or on.day.oracle.liar:
        raise Spoilt
    return on.world.run_beside(on.machine(on.h), copied).name


def twin_cards(on: Stage) -> Beats:
    """T: the holder's card and its copy both start, in two halves of the place that do not hear each other."""
    h, t, n = on.h, on.t, on.n
    on.turn_off(h)
    twin = _runs_beside(on, Copied.of(on.machine(h)))
    yield
    on.apart([h, t], on.others(h, t))
    on.start(h, twin)
    yield from on.while_(1_500)
    yield from on.asks(t)
    yield from on.asks(n)
    yield from on.while_(600)
    on.unblock()
    yield from on.while_(1_500)
    yield from on.asks(n)
    yield from on.while_(300)


def copy_beside_the_holder(on: Stage) -> Beats:
    """T, G2: a copy of the holder's card starts beside it; one table has heard of it, and the holder has not."""
    h, t, n = on.h, on.t, on.n
    twin = _runs_beside(on, Copied.of(on.machine(h)))
    on.apart(h, on.others(h, t))
    on.block("*", h, "log", "give")
    yield from on.asks(t)
    yield from on.while_(20)
    on.start(twin)
    yield from on.while_(1_200)
    yield from on.asks(n)
    yield from on.while_(300)
    yield from on.asks(t)
    yield from on.while_(600)
    on.unblock()
    yield from on.while_(900)
    yield from on.asks(n)
    yield from on.while_(300)


def copy_takes_the_holders_grants(on: Stage) -> Beats:
    """G3: the holder serves its own voter while a copy of its card has begun; the copy's head alone shows the mark."""
    h, t, n = on.h, on.t, on.n
    twin = _runs_beside(on, Copied.of(on.machine(h)))
    on.block("*", h, "log", "give")
    on.start(twin)
    yield from on.while_(600)
    yield from on.asks(h)
    yield from on.while_(600)
    on.unblock()
    yield from on.asks(n)
    yield from on.while_(600)
    yield from on.asks(t)
    yield from on.while_(300)


def copy_has_served(on: Stage) -> Beats:
    """G3: a copy of the holder's card has served a voter, and the holder has not heard of it; who shows a copy of its own
    mark shows that too."""
    h, n = on.h, on.n
    twin = _runs_beside(on, Copied.of(on.machine(h)))
    on.block("*", h, "log", "give", "ask")
    on.block(h, "*", "log", "give")
    on.start(twin)
    yield from on.decides(twin)
    yield from on.asks(n)
    yield from on.served(n)
    on.world.blocked -= {(h, "*", kind) for kind in ("log", "give")}
    yield from on.asks(h)
    yield from on.while_(1_500)


def old_card_and_a_grant_on_its_way(on: Stage) -> Beats:
    """G2: two clerks ask for one voter. The holder's grant to the one is on its way, and nowhere else, when its card is an old
    one; that has the other's request first, and its refusal comes later than the grant."""
    h, t, n = on.h, on.t, on.n
    copied = Copied.of(on.machine(h))
    on.block(n, h)
    on.block(h, on.others(h, t), "log", "give")
    on.world.holding |= {(h, t, "log"), (h, t, "give")}
    yield from on.asks(n)
    yield from on.while_(100)
    before = on.length(h)
    on.block(t, on.others(t, h), "log", "give")
    yield from on.asks(t)
    yield from on.until(lambda: on.length(h) > before)
    if on.world.has_lost_a_disk:
        raise Spoilt
    on.turn_off(h)
    on.world.put_in(on.machine(h), copied)
    before = on.length(h)
    on.world.holding.clear()
    on.world.blocked.clear()
    on.block(t, "*", "log", "give")
    yield
    on.start(h)
    yield from on.until(lambda: on.length(n, h) >= on.length(n))
    yield from on.has(t, h, before)
    on.world.blocked.clear()
    on.block("*", t, "log", "give")
    yield from on.served(n)
    on.world.let_go()
    yield from on.while_(300)


SCENARIOS_OF_CARDS: tuple[Callable[[Stage], Beats], ...] = (
    late_grant,
    own_mark_alone,
    copy_in_memory,
    died_speaking,
    old_card,
    old_card_hears_one,
    old_card_when_there_is_a_later_run,
    old_card_and_no_witness,
    old_card_as_author,
    old_card_alone,
    twin_cards,
    copy_beside_the_holder,
    copy_takes_the_holders_grants,
    copy_has_served,
    old_card_and_a_grant_on_its_way,
)
