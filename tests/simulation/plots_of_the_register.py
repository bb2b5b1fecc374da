"""Plots about the register: its holder stops, the assistant takes it, and is replaced in the midst of that."""

from collections.abc import Callable

from kiosk import limits
from kiosk.domain.office import Deed
from tests.simulation.stage import Beats, Spoilt, Stage

ASSISTANT = "T1.1"


def register_taken(on: Stage) -> Beats:
    """G5: the secretary takes the book, serves and stops; the assistant takes the register, and the book again."""
    h, r, a = on.h, on.r, ASSISTANT
    b = on.t if on.t != a else on.n
    if h == a:
        raise Spoilt
    on.stop(h)
    yield
    on.seal(h)
    yield from on.until(on.answered)
    on.block(r, on.others(r, b))
    on.block(b, on.others(r, b))
    on.seize(r)
    yield from on.decides(r)
    yield from on.asks(b)
    yield from on.served(b)
    on.stop(b, r)
    on.unblock()
    on.start(h)
    yield from on.fresh(h)
    yield from on.asks(h)
    yield from on.while_(300)
    yield from on.taken(a, r, b, by=a, book=0)
    yield from on.taken(a, r, b, by=a)
    yield from on.served(h)


def unheard_history(on: Stage) -> Beats:
    """The register's history: its new holder takes the book, and neither the old holder nor a table knows why it may."""
    h, t, n, r = on.h, on.t, on.n, on.r
    on.block(r, [h, t], "log", "give")
    on.block("*", [h, t], "give")
    on.day.order_hand_over(on.machine(r), 0, n)
    yield from on.until(lambda: on.machine(n).up and on.machine(n).node.books.may_decide(0))
    on.seal(by=n)
    yield from on.while_(600)
    if not on.answered(n):
        on.unblock()
    yield from on.until(lambda: on.answered(n))
    on.seize(n, by=n)
    on.block([h, t], on.others(h, t), "log", "give")
    yield from on.asks(t)
    yield from on.while_(300)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def card_found_by_a_dead_secretary(on: Stage) -> Beats:
    """D3: a stopped table's card is found by a secretary who then stops too; the assistant knows of it, the heir does not."""
    h, r, a = on.h, on.r, ASSISTANT
    n = on.n if on.n != a else on.t
    c = next((origin for origin in on.others(h, r, a, n)), "")
    if h == a or not c or h in on.day.attested:
        raise Spoilt
    on.block("*", h)
    on.block(h)
    yield from on.while_(limits.SEEN_MS + 1_500)
    on.day.decide(on.machine(h), Deed.ISLAND)
    yield from on.asks(h)
    yield from on.served(h)
    on.stop(h)
    on.unblock()
    yield
    on.block([n, c], "*", "want")
    on.block("*", [n, c], "give")
    on.seal(h)
    yield from on.until(on.answered)
    on.block(r, [n, c], "log")
    secretary = on.machine(r)
    keeper = secretary.node.books
    on.day.order_scans(secretary, on.book, on.day.cards(secretary, [h], keeper.unproved(keeper.own_seal(on.book))))
    yield from on.has(a, r, on.length(r) - 1)
    on.stop(r)
    yield
    yield from on.taken(a, r, h, by=a, book=0)
    yield from on.taken(n, r, h, by=a)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def two_assistants(on: Stage) -> Beats:
    """The assistant's seizure reaches the holder alone, and both stop; the assistant's spare seizes too, then the holder is
    back, and knows of both."""
    h, n, r, a = on.h, on.n, on.r, ASSISTANT
    n = n if n != a else on.t
    if h == a or on.world.has_lost_a_disk:
        raise Spoilt
    on.stop(r)
    yield
    on.seal(r, by=a, book=0)
    yield from on.until(lambda: on.answered(a, 0))
    on.block(a, on.others(a, h))
    on.block("*", [a, h], "want")
    before = on.length(a)
    on.seize(a, by=a, book=0)
    yield from on.has(h, a, before)
    on.stop(h)
    spare = on.world.replace_disk(on.machine(a)).origin
    on.unblock()
    yield
    on.start(spare)
    yield from on.fresh(spare)
    yield from on.taken(spare, r, a, h, by=spare, book=0)
    yield from on.taken(n, r, a, h, by=spare)
    yield from on.decides(n)
    on.block("*", h, "want")
    on.start(h)
    yield from on.fresh(h)
    on.day.part({h, r})
    on.unblock()
    on.start(r)
    yield from on.fresh(r)
    yield from on.asks(n)
    yield from on.asks(h)
    yield from on.served(n)
    yield from on.served(h)


def spare_meets_what_was_acted_on(on: Stage) -> Beats:
    """The assistant's seizure, and the register handed back, reach the secretary alone; the spare's seizure reaches N alone.
    The secretary acts on the first, until it has to wait for the spare to finish."""
    h, r, a = on.h, on.r, ASSISTANT
    rest = on.others(h, r, a)
    if h == a or len(rest) < 2 or on.world.has_lost_a_disk:
        raise Spoilt
    n, y = (on.n, on.t) if a not in (on.n, on.t) else rest[:2]
    on.day.decide(on.machine(r), Deed.LOCK)
    yield
    on.seal(r, by=a, book=0)
    yield from on.until(lambda: on.answered(a, 0))
    on.block(a, on.others(a, r))
    on.block(on.others(a, r), [a, r], "want")
    on.block(on.others(a, r), r)
    on.seize(a, by=a, book=0)
    on.day.decide(on.machine(r), Deed.UNLOCK)
    yield from on.fresh(r)
    before = on.length(a)
    on.day.order_hand_over(on.machine(a), 0, r)
    yield from on.has(r, a, before)
    yield from on.while_(100)
    on.stop(r)
    spare = on.world.replace_disk(on.machine(a)).origin
    on.unblock()
    on.stop(h)
    yield
    on.start(spare)
    yield from on.fresh(spare)
    on.seal(r, a, h, by=spare, book=0)
    yield from on.until(lambda: on.answered(spare, 0))
    on.block(spare, on.others(spare, n))
    on.block(on.others(spare, n), [spare, n], "want")
    before = on.length(spare)
    on.seize(spare, by=spare, book=0)
    yield from on.has(n, spare, before)
    on.stop(spare, n)
    on.unblock()
    yield
    on.start(r)
    yield from on.fresh(r)
    if not on.machine(r).node.books.may_decide(0):
        return
    yield from on.taken(y, h, a, spare, n, by=r)
    yield from on.decides(y)
    on.block([spare, h], [y, r])
    on.block(n, [y, r], "give")
    on.block([y, r], "*", "want")
    on.start(n)
    yield from on.fresh(n, ms=9_000)
    on.start(spare, h)
    yield from on.fresh(spare, h, ms=15_000)
    on.block([y, r], [n, spare, h])
    on.block([n, spare, h], [y, r])
    yield from on.asks(y)
    yield from on.served(y)
    yield from on.asks(h)
    yield from on.served(h)


def heir_of_an_unfinished_register(on: Stage) -> Beats:
    """Overtaken: the assistant's seal of the register reaches one table, its disk is lost, its spare is given the register."""
    r, a = on.r, ASSISTANT
    x = on.others(r, a)[0]
    if on.world.has_lost_a_disk:
        raise Spoilt
    on.stop(r)
    yield
    on.block(a, on.others(a, x))
    on.block("*", [a, x], "want")
    before = on.length(a)
    on.seal(r, by=a, book=0)
    yield from on.has(x, a, before)
    spare = on.world.replace_disk(on.machine(a)).origin
    on.start(spare, r)
    on.block(x)
    on.block("*", x, "want")
    yield from on.fresh(spare, r)
    on.day.order_hand_over(on.machine(r), 0, spare)
    yield from on.until(lambda: on.machine(spare).node.books.may_decide(0))
    on.unblock()
    yield from on.while_(600)


def replaced_assistant_is_back(on: Stage) -> Beats:
    """The assistant's disk is replaced, and runs again beside its spare, which takes the register: the earlier one must not."""
    h, r, a, n = on.h, on.r, ASSISTANT, on.n
    n = n if n != a else on.t
    if h == a or on.world.has_lost_a_disk or on.day.oracle.liar:
        raise Spoilt
    on.stop(r)
    spare = on.world.replace_disk(on.machine(a)).origin
    yield
    on.start(spare)
    on.machine(a).lost = False
    on.start(a)
    yield from on.fresh(spare, a, ms=9_000)
    on.block(a, on.others(a, h))
    on.block("*", [a, h], "want")
    on.seal_or_not(r, by=a)
    yield from on.while_(300)
    on.unblock()
    yield from on.taken(spare, r, by=spare, book=0)
    yield from on.asks(h)
    yield from on.asks(n)
    yield from on.while_(600)


PLOTS_OF_THE_REGISTER: tuple[Callable[[Stage], Beats], ...] = (
    register_taken,
    unheard_history,
    card_found_by_a_dead_secretary,
    two_assistants,
    spare_meets_what_was_acted_on,
    heir_of_an_unfinished_register,
    replaced_assistant_is_back,
)
