"""Scenarios about starts: what a new run, or a new card, must have heard, from whom, and when."""

from collections.abc import Callable

from kiosk import limits
from tests.simulation.stage import Beats, Spoilt, Stage
from tests.simulation.world import Copied


def mark_of_a_lost_card(on: Stage) -> Beats:
    """T, undo: a grant does not reach its table, whose card is lost. The stop that names its run says that the run is over."""
    h, t, n = on.h, on.t, on.n
    on.block("*", t, "log", "give")
    before = on.length(h)
    yield from on.asks(t)
    yield from on.until(lambda: on.length(h) > before)
    if on.world.has_lost_a_disk or on.day.oracle.liar:
        raise Spoilt
    on.world.replace_disk(on.machine(t))
    on.unblock()
    yield
    yield from on.taken(n, t)


def spare_that_one_has_heard(on: Stage) -> Beats:
    """F: a lost card's spare starts where only the holder hears it, and asks; then that holder is stopped elsewhere."""
    h, t, n = on.h, on.t, on.n
    if on.world.has_lost_a_disk or on.day.oracle.liar:
        raise Spoilt
    spare = on.world.replace_disk(on.machine(t)).name
    yield
    yield from on.taken(n, t)
    on.apart([h, spare], on.others(h, spare))
    on.start(spare)
    yield from on.asks(spare)
    yield from on.served(spare)
    on.turn_off(h)
    yield
    yield from on.taken(n, h)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def _rest_is_named(on: Stage) -> list[str]:
    """Two tables alone go on, with a code that names all others, which are off; they serve the voter."""
    t, n = on.t, on.n
    rest = on.others(t, n)
    on.turn_off(*rest)
    yield
    yield from on.taken(n, *rest)
    yield from on.decides(n)
    yield from on.asks(t)
    yield from on.served(t)
    return rest


def back_without_a_member(on: Stage) -> Beats:
    """M: two tables went on alone; all others start again, and hear no more of those than heads. Then those are off, and the
    holder, which hears nobody for a while, has them excused. None of the others knows of the view, and none vouches."""
    h, t, n = on.h, on.t, on.n
    rest = yield from _rest_is_named(on)
    on.block([t, n], rest, "log", "give")
    on.block(rest, [t, n])
    on.start(*rest)
    starts = on.machine(h)
    yield from on.until(lambda: starts.up and set(starts.node.situation.awaited) == {t, n})
    on.turn_off(t, n)
    on.apart(h, on.others(h))
    yield from on.until(lambda: starts.up and set(starts.node.situation.excusable) == {t, n}, limits.SEEN_MS + 3_000)
    yield from on.while_(limits.SEEN_MS)
    on.day.order_excuse(starts, {t, n})
    on.unblock()
    yield from on.decides(h)
    yield from on.asks(h)
    yield from on.served(h)


def old_heads_arrive(on: Stage) -> Beats:
    """M: heads that were on their way when the holder and a table stopped, and their book was taken, arrive at their next
    start."""
    h, c, n = on.h, on.t, on.n
    some = [h, c]
    on.world.holding |= {(other, one, "head") for other in on.others(h, c) for one in some}
    yield from on.while_(limits.HEAD_MS + 100)
    on.apart(some, on.others(h, c))
    on.turn_off(h, c)
    yield
    yield from on.taken(n, h, c)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)
    on.start(h, c)
    yield from on.while_(300)
    on.world.let_go()
    yield from on.asks(c)
    yield from on.served(c)


def heads_without_logs(on: Stage) -> Beats:
    """M: the holder and a table start again, after their book was taken. They hear the others' heads, and get no logs yet."""
    h, c, n = on.h, on.t, on.n
    on.turn_off(h, c)
    yield
    yield from on.taken(n, h, c)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)
    on.block(on.others(h, c), [h, c], "log", "give")
    on.start(h, c)
    yield from on.asks(c)
    yield from on.served(c)


def spare_has_the_copy(on: Stage) -> Beats:
    """G3, F: the holder serves its own voter, and the one copy is at a spare that nobody else has heard; then the holder's card
    is an old one."""
    h, t, n = on.h, on.t, on.n
    if on.world.has_lost_a_disk or on.day.oracle.liar:
        raise Spoilt
    copied = Copied.of(on.machine(h))
    spare = on.world.replace_disk(on.machine(t)).name
    on.apart(spare, on.others(h, spare))
    on.block(h, on.others(h, spare), "log", "give")
    on.start(spare)
    yield from on.asks(h)
    yield from on.served(h)
    on.turn_off(h, spare)
    on.world.put_in(on.machine(h), copied)
    on.unblock()
    yield
    on.start(h)
    yield from on.excuse(h)
    yield from on.decides(h)
    yield from on.asks(n)
    yield from on.served(n)


def new_spare_alone(on: Stage) -> Beats:
    """Named: a new spare has heard nobody, and all others are off: its stop names devices of which it knows no run."""
    t = on.t
    yield from on.asks(t)
    yield from on.served(t)
    if on.world.has_lost_a_disk or on.day.oracle.liar:
        raise Spoilt
    spare = on.world.replace_disk(on.machine(t)).name
    rest = on.others(t, spare)
    on.turn_off(*rest)
    on.start(spare)
    yield from on.while_(600)
    yield from on.taken(spare)
    on.start(*rest)
    yield from on.while_(600)


SCENARIOS_OF_STARTS: tuple[Callable[[Stage], Beats], ...] = (
    mark_of_a_lost_card,
    spare_that_one_has_heard,
    back_without_a_member,
    old_heads_arrive,
    heads_without_logs,
    spare_has_the_copy,
    new_spare_alone,
)
