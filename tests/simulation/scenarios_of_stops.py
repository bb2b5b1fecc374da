"""Scenarios about stops, the opening and islands: who knows of a stop, of its view, and of what was written meanwhile."""

from collections.abc import Callable

from kiosk import limits
from kiosk.domain import screens as s
from tests.simulation.stage import Beats, Spoilt, Stage


def view_without_history(on: Stage) -> Beats:
    """The stop's author has neither the stopped holder's log nor the other table's, whose head shows a mark."""
    h, t, n, r = on.h, on.t, on.n, on.r
    on.block("*", r, "log", "give")
    on.block(r, "*", "want")
    yield from on.asks(t)
    yield from on.served(t)
    yield from on.while_(100)
    on.turn_off(h)
    yield
    on.stop(r, h)
    yield from on.while_(600)
    if on.day.is_ready(on.machine(r)):
        on.finish(r)
        yield from on.asks(n)
        yield from on.while_(300)
    on.unblock()
    yield from on.answered(r)
    on.finish(r)
    yield from on.asks(n)
    yield from on.served(n)


def late_answer(on: Stage) -> Beats:
    """Open: a grant arrives when its table has acknowledged the stop without it; the author has granted the voter to N."""
    h, t, n, r = on.h, on.t, on.n, on.r
    on.apart(h, on.others(h, t))
    on.world.holding.add((h, t, "log"))
    before = on.length(h)
    yield from on.asks(n)
    yield from on.while_(100)
    yield from on.asks(t)
    yield from on.until(lambda: on.length(h) > before)
    on.turn_off(h)
    yield
    on.stop(r, h)
    yield from on.answered(r)
    on.block([r, n], t)
    on.finish(r)
    yield from on.served(n)
    on.world.let_go()
    yield from on.served(t)


def late_answer_to_who_knows(on: Stage) -> Beats:
    """G2: the grant comes between a table's answer and the view; it is in no `knows`."""
    h, t, n = on.h, on.t, on.n
    on.apart(h, on.others(h, t))
    on.world.holding |= {(h, t, "log"), (h, t, "give")}
    before = on.length(h)
    yield from on.asks(t)
    yield from on.until(lambda: on.length(h) > before)
    on.turn_off(h)
    yield
    on.stop(n, h)
    yield from on.answered(n)
    on.block(t, "*")
    on.world.let_go()
    yield from on.while_(300)
    on.finish(n)
    yield from on.asks(n)
    yield from on.served(n)


def unseen_run_keeps_its_book(on: Stage) -> Beats:
    """Two stopped tables start again where nobody knows of the stop, and serve; then those who vouched for them answer."""
    h, c, n, r = on.h, on.t, on.n, on.r
    on.turn_off(h, c)
    yield
    on.block(n, "*")
    on.stop(n, h, c)
    on.start(h, c)
    yield from on.excuse(h)
    yield from on.decides(h)
    yield from on.asks(c)
    yield from on.served(c)
    on.turn_off(c) if on.day.rng.random() < 0.5 else None
    on.unblock()
    yield from on.answered(n)
    on.finish(n)
    yield from on.asks(n)
    yield from on.while_(600)
    yield from on.asks(r if r[0] == "T" else on.h)
    yield from on.while_(300)


def only_copy(on: Stage) -> Beats:
    """The end of a hold: one table alone has the grant, and its display has died, so that `issued` is not written."""
    h, t, n, r = on.h, on.t, on.n, on.r
    on.alone_with(h, t)
    on.block([n, r], "*", "want")
    on.block("*", h, "log", "give")
    on.block(n, h)
    on.machine(t).drawn_ms = None
    yield from on.asks(n)
    yield from on.while_(60)
    yield from on.asks(t)
    yield from on.served(t)
    on.turn_off(h)
    on.world.blocked -= {way for way in on.world.blocked if way == ("*", t, "want")}
    yield
    yield from on.taken(r, h)
    yield from on.served(n)


def issued_at_one(on: Stage) -> Beats:
    """Cards: a green's holder and table stop; the secretary has the table's `issued`, the author not, and nobody the grant."""
    h, t, n, r = on.h, on.t, on.n, on.r
    on.alone_with(h, t)
    on.block(t, on.others(t, r, h), "log")
    on.block(n, r, "want")
    before = on.length(t)
    yield from on.asks(t)
    yield from on.served(t)
    yield from on.has(r, t, before + 1)
    on.turn_off(h, t)
    yield
    yield from on.taken(n, h, t)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def cards_on_paper(on: Stage) -> Beats:
    """Cards: the old holder serves its own voter, one table copies the mark, and both stop: it is on paper only."""
    h, c, n = on.h, on.t, on.n
    on.alone_with(h, c)
    yield from on.asks(h)
    yield from on.served(h)
    on.turn_off(h, c)
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
    on.turn_off(h, c)
    on.unblock()
    yield
    on.stop(n, h, c)
    yield from on.answered(n)
    on.finish(n, scan=False)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)
    on.return_to_work(h, c)
    yield from on.members(h, c)


def stops_cross(on: Stage) -> Beats:
    """Highest stop: the chair and a deputy stop the same holder at two tables that do not hear each other."""
    h, t, n = on.h, on.t, on.n
    on.turn_off(h)
    on.apart(t, n)
    yield
    on.stop(t, h)
    on.stop(n, h)
    yield from on.while_(1_500)
    yield from on.asks(t)
    yield from on.while_(60)
    on.unblock() if on.day.rng.random() < 0.5 else on.world.blocked.discard((t, n, "*"))
    yield from on.answered(n)
    on.finish(n)
    on.unblock()
    yield from on.asks(n)
    yield from on.while_(600)
    yield from on.asks(t)
    yield from on.while_(600)


def author_is_named(on: Stage) -> Beats:
    """The author of a stop dies before its view; the next code is used elsewhere, and names it too; then it is back."""
    h, t, n = on.h, on.t, on.n
    on.turn_off(h)
    yield
    on.stop(t, h)
    if on.day.rng.random() < 0.5:
        yield from on.answered(t)
    on.turn_off(t)
    yield
    yield from on.taken(n, h, t)
    yield from on.decides(n)
    on.start(t)
    yield from on.excuse(t)
    yield from on.members(t)
    yield from on.asks(t)
    yield from on.served(t)
    yield from on.asks(n)
    yield from on.while_(300)


def view_at_one(on: Stage) -> Beats:
    """Valid views: a view reaches one table, whose voter is granted by it; author and table stop, and the next view lacks
    it. Both are back."""
    h, t, n, x = on.h, on.t, on.n, on.c
    on.turn_off(h)
    yield
    on.stop(t, h)
    yield from on.answered(t)
    on.block(t, on.others(t, x))
    on.block(x, on.others(t, x), "log", "give")
    on.block("*", x, "want")
    on.finish(t)
    yield from on.decides(t)
    if on.machine(x).is_table:
        yield from on.asks(x)
        yield from on.served(x)
    else:
        yield from on.asks(t)
        yield from on.served(t)
    on.turn_off(t, x)
    on.unblock()
    yield
    yield from on.taken(n, h, t, x)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.while_(600)
    on.return_to_work(h, t, x)
    yield from on.members(h, t, x)
    yield from on.asks(t)
    yield from on.while_(600)


def view_at_one_is_known(on: Stage) -> Beats:
    """The same, but the table that has the first view goes on: its answer to the second stop shows it."""
    h, t, n, x = on.h, on.t, on.n, on.c
    on.turn_off(h)
    yield
    on.stop(t, h)
    yield from on.answered(t)
    on.block(t, on.others(t, x))
    on.block(x, on.others(t, x), "log", "give")
    on.block("*", x, "want")
    on.finish(t)
    yield from on.decides(t)
    yield from on.asks(t)
    yield from on.served(t)
    on.turn_off(t)
    on.stop(n, h, t)
    yield from on.while_(1_200)
    on.unblock()
    yield from on.answered(n)
    on.finish(n)
    yield from on.asks(n)
    yield from on.while_(600)


def stop_of_who_runs(on: Stage) -> Beats:
    """A false word: a running holder is named while it hears nobody; it serves a voter, and so does the author."""
    h, t, n = on.h, on.t, on.n
    on.apart(h, on.others(h, t))
    on.apart(t, on.others(h, t))
    yield from on.asks(t)
    yield from on.while_(60)
    on.order_stop(n, h, t, *on.day.off())
    yield from on.answered(n)
    on.finish(n)
    yield from on.asks(n)
    yield from on.while_(300)
    on.unblock()
    yield from on.while_(1_500)


def card_found_by_a_dead_author(on: Stage) -> Beats:
    """A stopped island's card is found by an author who then stops too, and one table only knows of it."""
    h, t, n, x = on.h, on.t, on.n, on.c
    yield from _is_an_island(on, h)
    yield from on.asks(h)
    yield from on.served(h)
    on.turn_off(h)
    on.unblock()
    yield
    on.stop(t, h)
    yield from on.answered(t)
    on.block(t, on.others(t, x), "log", "give")
    on.block("*", x, "want")
    author = on.machine(t)
    on.day.order_scans(author, on.day.cards(author, author.node.books.stopping))
    yield from on.while_(100)
    on.turn_off(t)
    on.unblock()
    yield
    yield from on.taken(n, h, t)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def island_is_locked_and_named(on: Stage) -> Beats:
    """An island serves its voter, is locked and named, and comes back: the book is another's, and its mark is shown once."""
    h, n = on.h, on.n
    yield from _is_an_island(on, h)
    yield from on.asks(h)
    yield from on.served(h)
    on.day.decide(on.machine(h), "lock")
    yield
    yield from on.taken(n, h)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.while_(300)
    on.unblock()
    on.day.decide(on.machine(h), "unlock")
    yield from on.members(h)
    yield from on.asks(h)
    yield from on.while_(600)


def island_starts_again(on: Stage) -> Beats:
    """An island whose power fails must serve nobody by itself: its book may have been taken meanwhile."""
    h, n = on.h, on.n
    yield from _is_an_island(on, h)
    on.turn_off(h)
    yield
    on.stop(n, h)
    yield from on.answered(n)
    on.finish(n)
    yield from on.decides(n)
    on.start(h)
    yield from on.while_(limits.SEEN_MS)
    on.day.decide(on.machine(h), "island")
    yield from on.asks(n)
    yield from on.served(n)
    yield from on.asks(h)
    yield from on.while_(300)


def islands_meet(on: Stage) -> Beats:
    """All cables break, each table becomes an island and serves; then they meet again."""
    tables = on.others(on.r)
    on.block("*", "*")
    yield from on.while_(limits.SEEN_MS + 1_500)
    for table in tables:
        on.day.decide(on.machine(table), "island")
    yield from on.asks(on.h)
    yield from on.served(on.h)
    on.unblock()
    yield from on.while_(2_000)
    yield from on.asks(on.n)
    yield from on.while_(300)


def _is_an_island(on: Stage, table: str) -> Beats:
    on.apart(table, "*")
    yield from on.while_(limits.SEEN_MS + 1_500)
    if not on.day.decide(on.machine(table), "island"):
        raise Spoilt


def power_fails_in_a_stop(on: Stage) -> Beats:
    """The power fails everywhere between stop and view, or just after the view: nobody is a member, until the next code."""
    h, t, n = on.h, on.t, on.n
    yield from on.asks(t)
    yield from on.served(t)
    on.turn_off(h)
    yield
    on.stop(n, h)
    if on.day.rng.random() < 0.5:
        yield from on.answered(n)
        on.block(n, "*")
        on.finish(n)
    everybody = on.others()
    on.turn_off(*everybody)
    on.unblock()
    yield
    on.start(*(name for name in everybody if name != h or on.day.rng.random() < 0.5))
    for name in everybody:
        on.day.answer_all(on.machine(name))
    yield from on.while_(600)
    yield from on.taken(on.r)
    yield from on.asks(n)
    yield from on.while_(600)
    yield from on.asks(t)
    yield from on.while_(600)


def spare_comes_in_a_stop(on: Stage) -> Beats:
    """A holder's disk is lost; its spare starts while the stop waits for answers, asks, and is given the book."""
    h, t, n = on.h, on.t, on.n
    yield from on.asks(t)
    yield from on.served(t)
    if on.world.has_lost_a_disk or on.day.oracle.liar:
        raise Spoilt
    spare = on.world.replace_disk(on.machine(h)).name
    yield
    on.stop(n, h)
    on.start(spare)
    yield from on.answered(n)
    on.finish(n)
    yield from on.members(spare)
    yield from on.decides(n)
    on.give(n, spare)
    yield from on.decides(spare, 6_000)
    yield from on.asks(spare)
    yield from on.while_(300)


def opened_at_two_tables(on: Stage) -> Beats:
    """The poll is opened at two tables at once, with two codes; neither hears the other at first."""
    r, t = on.r, on.t
    on.apart(r, t)
    on.stop(r)
    on.stop(t)
    yield from on.while_(1_500)
    if on.day.rng.random() < 0.3:
        on.turn_off(t)
    on.unblock()
    yield from on.while_(600)
    if not on.machine(t).up:
        yield from on.taken(r, t)
    else:
        yield from on.answered(t)
        on.finish(t)
    yield from on.ready()
    yield from on.asks(on.n)
    yield from on.while_(300)


def opened_while_one_is_off(on: Stage) -> Beats:
    """The poll is opened without a table that is late; it comes, is a member and serves, its book is given to it."""
    h, n, r = on.h, on.n, on.r
    on.turn_off(h)
    yield
    yield from on.taken(r, h)
    on.start(h)
    yield from on.members(h)
    yield from on.asks(n)
    yield from on.served(n)
    on.give(r, h)
    yield from on.decides(h)
    yield from on.asks(h)
    yield from on.while_(300)


def stale_table(on: Stage) -> Beats:
    """A table starts again where it hears the old holder only, which has not heard that it is being stopped."""
    h, t, n = on.h, on.t, on.n
    on.turn_off(t)
    yield
    on.block(on.others(h, t), [h, t])
    on.block(h, on.others(h, t), "log", "give")
    on.start(t)
    yield from on.asks(t)
    yield from on.while_(100)
    on.turn_off(h)
    on.block(on.others(t), t)
    yield
    on.stop(n, h)
    on.world.blocked.discard((n, t, "*"))
    yield from on.answered(n)
    on.finish(n)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)
    yield from on.shows(t, s.Kind.WAITING)


def answer_that_knows_nothing(on: Stage) -> Beats:
    """Acknowledged: a table's head is on its way when it asks; then it hears nobody, but for the dead holder's grant."""
    h, t, n = on.h, on.t, on.n
    rest = on.others(h, t)
    on.world.holding.add((t, n, "head"))
    yield from on.while_(limits.HEAD_MS + 100)
    on.apart(h, rest)
    on.block(t, rest)
    on.world.holding |= {(h, t, "log"), (h, t, "give")}
    before = on.length(h)
    yield from on.asks(t)
    yield from on.until(lambda: on.length(h) > before)
    on.turn_off(h)
    on.block(rest, t)
    yield
    on.stop(n, h)
    on.world.let_go()
    yield from on.served(t)
    yield from on.answered(n)
    on.finish(n)
    yield from on.decides(n)
    yield from on.asks(n)
    yield from on.served(n)


def _view_at_two(on: Stage, author: str, other: str) -> Beats:
    """A stop's author finishes it, and no more than one other hears of that; they serve the voter."""
    on.block(author, on.others(author, other))
    on.block(other, on.others(author, other), "log", "give")
    on.block("*", other, "want")
    on.finish(author)
    yield from on.decides(author)
    asks = other if on.machine(other).is_table else author
    yield from on.asks(asks)
    yield from on.served(asks)


def stop_is_given_up(on: Stage) -> Beats:
    """Open, valid views: a view reaches one only, and author and that one are off. The stopped holder is back: it must wait for
    the next stop, which names those two. It keeps its book, also when they are back."""
    h, t, n, x = on.h, on.t, on.n, on.c
    on.turn_off(h)
    yield
    on.stop(t, h)
    yield from on.answered(t)
    yield from _view_at_two(on, t, x)
    on.turn_off(t, x)
    on.unblock()
    on.start(h)
    yield from on.excuse(h)
    yield from on.members(h)
    yield from on.asks(h)
    yield from on.while_(600)
    yield from on.taken(n, t, x)
    yield from on.decides(h)
    on.start(t, x)
    yield from on.while_(600)


def lower_stop_is_finished(on: Stage) -> Beats:
    """Highest stop: the author of a stop knows of a higher one, whose view will not know its own. It and a witness serve the
    voter, and are off; the stopped holder has been back for long, and kept its book."""
    h, t, n, x = on.h, on.t, on.n, on.c
    on.turn_off(h)
    yield
    on.stop(t, h)
    yield from on.answered(t)
    on.order_stop(n)
    yield from on.while_(300)
    on.block(on.others(t, x), [t, x], "log", "give")
    on.block(h, t)
    on.start(h)
    yield from on.answered(n)
    on.finish(n)
    yield from _view_at_two(on, t, x)
    on.turn_off(t, x)
    on.unblock()
    yield
    yield from on.excuse(h)
    yield from on.decides(h)
    yield from on.asks(n)
    yield from on.served(n)


SCENARIOS_OF_STOPS: tuple[Callable[[Stage], Beats], ...] = (
    view_without_history,
    late_answer,
    late_answer_to_who_knows,
    unseen_run_keeps_its_book,
    only_copy,
    issued_at_one,
    cards_on_paper,
    two_ballots_are_shown,
    stops_cross,
    author_is_named,
    view_at_one,
    view_at_one_is_known,
    stop_of_who_runs,
    card_found_by_a_dead_author,
    island_is_locked_and_named,
    island_starts_again,
    islands_meet,
    power_fails_in_a_stop,
    spare_comes_in_a_stop,
    stale_table,
    answer_that_knows_nothing,
    stop_is_given_up,
    lower_stop_is_finished,
    opened_at_two_tables,
    opened_while_one_is_off,
)
