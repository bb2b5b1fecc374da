"""Plots about disks: which of them have a mark, what they lose, and what is put in instead."""

from collections.abc import Callable

from kiosk import limits
from kiosk.domain import screens as s
from kiosk.domain.office import Deed
from tests.simulation.stage import Beats, Spoilt, Stage


def late_grant(on: Stage) -> Beats:
    """Late: a green's table is lost for good and its card not scanned; all that tells of it is a grant past the cut."""
    h, t, n = on.h, on.t, on.n
    on.alone_with(h, t)
    on.block(t, "*", "log", "give")
    yield from on.asks(t)
    yield from on.served(t)
    if on.world.has_lost_a_disk:
        return
    on.stop(h)
    on.world.replace_disk(on.machine(t))
    on.unblock()
    yield
    on.seal(h, t)
    yield from on.until(on.answered)
    on.seize(n, scan=False)
    yield from on.decides(n)
    on.start(h)
    yield from on.while_(600)


def own_mark_alone(on: Stage) -> Beats:
    """G3: the holder serves its own voter while nobody hears it."""
    h, n = on.h, on.n
    on.block(h, "*")
    yield from on.asks(h)
    yield from on.while_(300)
    on.stop(h)
    yield
    yield from on.taken(n, h)
    yield from on.while_(300)


def copy_in_memory(on: Stage) -> Beats:
    """G3: a table whose own voter waits puts its copy of the holder's mark off, and its head is due before it is on disk."""
    h, t = on.h, on.t
    on.alone_with(h, t)
    on.block(t, h, "ask", "log", "give")
    yield from on.asks(t)
    yield from on.shows(t, s.Waiting)
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


def _old_copy_is_put_in(on: Stage) -> Beats:
    """The holder's disk is copied, its log grows by two entries at least, and the copy is put in; the holder is off then."""
    h, t = on.h, on.t
    machine = on.machine(h)
    disk, vector = list(machine.disk), dict(machine.vector)
    for origin, voter in ((t, on.voter), (h, on.voter), (h, 1), (t, 2), (h, 3)):
        if voter in on.world.voters and on.can_ask(origin):
            yield from on.asks(origin, voter)
        yield from on.while_(300)
    if on.world.has_lost_a_disk or on.length(h) < vector[h] + 2:
        raise Spoilt
    on.stop(h)
    on.world.put_in(machine, disk, vector)
    yield


def old_copy(on: Stage) -> Beats:
    """F7: an old copy of the holder's disk is put in; others know that its log was longer."""
    yield from _old_copy_is_put_in(on)
    on.start(on.h)
    yield from on.while_(1_500)


def old_copy_takes_what_is_there(on: Stage) -> Beats:
    """G3: an old copy of the holder's disk takes what others have of the real log for its own start and its decision."""
    h, q, n = on.h, on.t, on.n
    machine = on.machine(h)
    other = next((voter for voter in sorted(on.world.voters) if voter != on.voter), None)
    if other is None:
        raise Spoilt
    disk, vector = list(machine.disk), dict(machine.vector)
    yield from on.asks(n, other)
    yield from on.while_(300)
    on.alone_with(h, q)
    yield from on.asks(h)
    yield from on.served(h)
    yield from on.while_(300)
    if on.world.has_lost_a_disk or on.length(h) != vector[h] + 4:
        raise Spoilt
    on.stop(h)
    on.world.put_in(machine, disk, vector)
    yield
    on.block("*", q, "want")
    on.block(h, "*", "log", "head", "give")
    on.start(h)
    yield from on.asks(h)
    yield from on.while_(600)


def _one_has_more(on: Stage) -> Beats:
    """An old copy of the holder's disk hears of its longer log from one table only, which has more of it."""
    h, t = on.h, on.t
    machine = on.machine(h)
    disk, vector = list(machine.disk), dict(machine.vector)
    on.block(h, on.others(h, t), "log", "give")
    on.block("*", t, "want")
    for voter in sorted(on.world.voters) * 3:
        if on.can_ask(h):
            yield from on.asks(h, voter)
        yield from on.while_(300)
    more = on.length(h) >= vector[h] + 3 and on.machine(t).vector[h] >= vector[h] + 2
    if not more or on.world.has_lost_a_disk:
        raise Spoilt
    on.stop(h)
    on.world.put_in(machine, disk, vector)
    yield
    on.block(h, "*", "log", "give")
    on.block(on.others(h), h, "log", "give")
    on.block(on.others(h, t), h)
    on.start(h)
    yield from on.until(lambda: machine.up and machine.node.books.seen.fresh.claimants)


def old_copy_attests(on: Stage) -> Beats:
    """K7: that table stops, and is attested as stopped at the copy, which nobody else has told a thing; an island then."""
    yield from _one_has_more(on)
    on.stop(on.t)
    yield
    on.attest(on.h, on.t)
    yield from on.while_(limits.SEEN_MS)
    yield from _island_serves(on)
    yield from on.while_(300)


def old_copy_grows(on: Stage) -> Beats:
    """D2: the copy is started until its log is as long as it has heard; that table's head shows no more than it has, then."""
    h, t = on.h, on.t
    yield from _one_has_more(on)
    long = on.machine(t).vector[h]
    while on.length(h) < long:
        on.stop(h)
        yield
        on.start(h)
        yield from on.while_(60)
        if not on.machine(h).up:
            raise Spoilt
    on.world.blocked.clear()
    on.block(t, h, "give", "log")
    on.block("*", t, "want")
    on.block(t, "*", "give")
    yield from on.fresh(h, ms=9_000)
    yield from on.asks(h)
    yield from on.while_(300)


def _old_copy_hears(on: Stage) -> Beats:
    """The copy hears heads, but can't fetch what it lacks; then it is cut off."""
    h = on.h
    yield from _old_copy_is_put_in(on)
    on.block(h)
    on.block(on.others(h), h, "log", "give")
    on.start(h)
    yield from on.while_(600)
    on.block("*", h)


def _island_serves(on: Stage) -> Beats:
    on.day.decide(on.machine(on.h), Deed.ISLAND)
    yield from on.asks(on.h)


def old_copy_alone(on: Stage) -> Beats:
    """K7: the copy hears in a head that its log was longer; cut off before the proof reaches it, it is made an island."""
    yield from _old_copy_hears(on)
    yield from on.while_(limits.SEEN_MS)
    yield from _island_serves(on)


def old_copy_again(on: Stage) -> Beats:
    """K7: the same, and somebody starts it again before the chair comes."""
    yield from _old_copy_hears(on)
    on.stop(on.h)
    yield
    on.start(on.h)
    yield from on.while_(limits.SEEN_MS)
    yield from _island_serves(on)


def copy_that_passes(on: Stage) -> Beats:
    """F7: an old copy of the holder's disk is just as long, with its new start, as what others know of the real log."""
    h, t, n = on.h, on.t, on.n
    machine = on.machine(h)
    disk, vector = list(machine.disk), dict(machine.vector)
    on.block([h, t], n, "log", "give")
    on.block(n, "*", "want")
    yield from on.asks(t)
    yield from on.served(t)
    if on.world.has_lost_a_disk or on.length(h) != vector[h] + 1:
        return
    on.stop(h)
    on.world.put_in(machine, disk, vector)
    on.unblock()
    on.block(on.others(h, n), n, "log", "give")
    yield
    on.start(h)
    yield from on.asks(n)
    yield from on.served(n)


PLOTS_OF_DISKS: tuple[Callable[[Stage], Beats], ...] = (
    late_grant,
    own_mark_alone,
    copy_in_memory,
    died_speaking,
    old_copy,
    old_copy_takes_what_is_there,
    old_copy_attests,
    old_copy_grows,
    old_copy_alone,
    old_copy_again,
    copy_that_passes,
)
