"""Preludes that lead to rare states; chance goes on from there. Each begins after the opening, at a place of three tables."""

from collections.abc import Callable

from tests.fold.day import Day
from tests.fold.machine import Machine

SCENARIOS: dict[str, Callable[[Day], None]] = {}


def _scenario(prelude: Callable[[Day], None]) -> Callable[[Day], None]:
    SCENARIOS[prelude.__name__] = prelude
    return prelude


def _four(day: Day) -> tuple[Machine, Machine, Machine, Machine]:
    return day.machine("T1.1"), day.machine("T2.1"), day.machine("T3.1"), day.machine("S.1")


def tell_all(day: Day, *machines: Machine) -> None:
    """These exchange all that they have, on disk, and their heads."""
    for _ in range(2):
        for one in machines:
            one.commit()
            for other in machines:
                day.sync(one, other)
                other.commit()
    for one in machines:
        for other in machines:
            day.head(one, other)


def _ask(day: Day, machine: Machine, voter: int, *others: Machine) -> None:
    """A voter comes; these others take in the request."""
    day.flight.clear()
    day.come(machine, voter)
    day.flight.clear()
    machine.commit()
    for other in others:
        day.sync(machine, other)


def _restart(day: Day, machine: Machine) -> None:
    day.crash(machine)
    day.boot(machine)
    day.begin(machine)


@_scenario
def two_stops_cross(day: Day) -> None:
    """A view that nobody has, of a stop that the next stop's author does not know, and a grant by its author."""
    one, two, three, desk = _four(day)
    day.crash(two)
    _restart(day, desk)
    tell_all(day, one, three, desk)
    day.look(desk)
    day.crash(one)
    day.stop(desk)
    tell_all(day, three, desk)
    _ask(day, three, 11, desk)
    day.view(desk)
    day.look(desk)
    desk.commit()
    if day.rng.random() < 0.3:
        day.sync(desk, three, day.rng.choice((0, 1)))
    day.crash(desk)
    day.boot(two)
    day.begin(two)
    if day.rng.random() < 0.7:
        _ask(day, two, 11)  # the voter waits no longer, and goes there
    day.stop(two)
    two.commit()
    tell_all(day, two, three)
    if day.rng.random() < 0.8:
        two.group = 1
    day.boot(desk)
    day.begin(desk)
    day.sync(desk, three)
    day.look(three)
    if day.rng.random() < 0.8:
        day.view(two)
        two.commit()
        two.group = three.group = 2
        if not two.open:
            _ask(day, two, 11, three)
        day.look(two)
        two.commit()
        day.sync(two, three)
        three.commit()
        day.head(three, two)
        day.look(two)


@_scenario
def power_cut_between_stop_and_view(day: Day) -> None:
    """All go off while a stop is pending; some have its view."""
    one, two, three, desk = _four(day)
    _ask(day, two, 11, one, desk)
    day.look(one)
    one.commit()
    if day.rng.random() < 0.5:
        day.sync(one, two)
    day.crash(one)
    day.stop(desk)
    tell_all(day, desk, *(machine for machine in (two, three) if day.rng.random() < 0.7))
    if day.rng.random() < 0.5:
        tell_all(day, two, three, desk)
        day.view(desk)
        if day.rng.random() < 0.7:
            desk.commit()
            day.sync(desk, day.rng.choice((two, three)))
    for machine in day.machines:
        if machine is not two or day.rng.random() < 0.7:
            day.crash(machine)
    for machine in day.machines:
        if machine.disk and day.rng.random() < 0.7:
            day.boot(machine)
            day.begin(machine)
    if day.running:
        day.stop(day.rng.choice(day.running))


@_scenario
def give_just_before_a_stop(day: Day) -> None:
    """A book is given away, and who gave it is stopped by somebody who may or may not know."""
    one, two, three, desk = _four(day)
    day.give(one, 1, "T2.1")
    one.commit()
    nobody = day.rng.random() < 0.5
    knowing = [machine for machine in (two, three, desk) if not nobody and day.rng.random() < 0.5]
    for machine in knowing:
        day.sync(one, machine)
        machine.commit()
    _ask(day, three, 11, two, one)
    day.look(two)
    two.commit()
    if day.rng.random() < 0.6:
        day.sync(two, three)
        day.look(three)
    day.crash(one)
    if not nobody and day.rng.random() < 0.3:
        day.boot(one)
        day.begin(one)
        day.sync(one, day.rng.choice((two, three, desk)))
        day.crash(one)
    stopper, other = day.rng.sample([three, desk], 2)
    day.stop(stopper, {"T1.1"})
    if not nobody:
        tell_all(day, *day.rng.sample([two, three, desk], day.rng.choice((2, 3))))
        return
    tell_all(day, two, three, desk)
    day.view(stopper)
    tell_all(day, two, three, desk)
    day.boot(one)  # the give comes to light
    day.begin(one)
    day.sync(one, two)
    two.commit()
    for machine in (two, three):
        day.give_up(machine)
    _ask(day, three, 12, stopper)
    day.look(stopper)
    stopper.commit()
    day.sync(stopper, three)
    day.head(other, three)
    day.look(three)
    _ask(day, two, 12)
    day.look(two)
    two.commit()
    day.sync(two, one)
    one.commit()
    day.head(one, two)
    day.look(two)


@_scenario
def restart_between_ask_and_grant(day: Day) -> None:
    """The table asks and restarts; the holder grants, and knows of the new run or not."""
    one, two, three, desk = _four(day)
    _ask(day, two, 11, one)
    day.crash(two)
    if day.rng.random() < 0.5:
        day.boot(two)
        day.begin(two)
        if day.rng.random() < 0.5:
            day.sync(two, one)
    day.look(one)
    one.commit()
    if not two.is_on:
        day.boot(two)
        day.sync(one, two)
        day.begin(two)
    day.sync(one, two)
    day.look(two)
    _ask(day, three, 11, one)
    day.look(one)
    if day.rng.random() < 0.5:
        day.undo(desk, 11)


@_scenario
def spare_put_in(day: Day) -> None:
    """A table dies, its spare begins, and the book goes to it."""
    one, _two, _three, desk = _four(day)
    day.die(one)
    day.stop(desk)
    tell_all(day, *day.running)
    day.view(desk)
    desk.commit()
    for spare in day.machines:
        if spare.device in day.place.spares:
            day.boot(spare)
            day.begin(spare)
            tell_all(day, *day.running)
            tell_all(day, *day.running)
            day.look(spare)
            day.give(desk, 1, spare.device)
            desk.commit()
            if day.rng.random() < 0.5:
                day.sync(desk, spare)


@_scenario
def old_card_when_a_later_run_exists(day: Day) -> None:
    """A card from before its last run is put back."""
    one, two, three, desk = _four(day)
    for machine in day.rng.sample([two, three], 2):
        _ask(day, machine, day.rng.choice((11, 12)), one)
    day.look(one)
    one.commit()
    tell_all(day, one, two, three)
    day.look(two)
    day.look(three)
    _restart(day, one)
    tell_all(day, one, *(machine for machine in (two, three, desk) if day.rng.random() < 0.6))
    day.crash(one)
    if day.rng.random() < 0.4:
        day.stop(desk)
    day.old_card(one)
    day.boot(one)
    day.begin(one)
    day.excuse(one, day.silent())


@_scenario
def island_that_meets(day: Day) -> None:
    """An island serves its voters, restarts or meets the others, who want its book."""
    one, two, three, desk = _four(day)
    one.group = 1
    day.island(one)
    _ask(day, one, 11)
    day.look(one)
    one.commit()
    day.look(one)
    one.commit()
    if day.rng.random() < 0.5:
        _restart(day, one)
        _ask(day, one, 12)
        day.look(one)
    day.stop(desk, {"T1.1"} if not one.is_on else day.silent())
    tell_all(day, two, three, desk)
    day.view(desk)
    if day.rng.random() < 0.5:
        one.group = 0
        tell_all(day, one, desk)


@_scenario
def two_copies_at_once(day: Day) -> None:
    """A card was copied, and both are put on in the two halves of a split."""
    one, two, three, _desk = _four(day)
    one.commit()
    twin = day.copy(one)
    if twin is None:
        return
    one.group = two.group = 1
    twin.group = three.group = day.rng.choice((0, 1))
    day.boot(twin)
    day.begin(twin)
    _ask(day, two, 11, one)
    day.look(one)
    one.commit()
    day.sync(one, two)
    tell_all(day, *(machine for machine in day.running if machine.group == 0))
    day.look(twin)
    _ask(day, three, 11, twin)
    day.look(twin)
    day.look(two)


@_scenario
def code_used_twice(day: Day) -> None:
    """The same code is scanned at two tables that do not hear each other."""
    one, two, three, desk = _four(day)
    day.crash(one)
    two.group = 1
    day.stop(desk)
    desk.commit()
    if day.rng.random() < 0.5:
        day.crash(desk)
        three.group = 1
    day.stop(two, {"T1.1", *day.silent()}, again=True)
    two.commit()
    three.group = day.rng.choice((0, 1))
    tell_all(day, *(machine for machine in day.running if machine.group == 0))
    tell_all(day, *(machine for machine in day.running if machine.group == 1))
    for machine in (desk, two):
        day.view(machine)
        machine.commit()
    three.group = 1 - three.group


@_scenario
def restart_while_a_stop_is_pending(day: Day) -> None:
    """A named table was on after all for a moment: it had begun a run that somebody knew, or nobody did."""
    one, two, three, desk = _four(day)
    day.crash(one)
    day.boot(one)
    day.begin(one)
    for machine in (two, three):
        if day.rng.random() < 0.5:
            day.sync(one, machine)
            machine.commit()
    _ask(day, two, 11, one)
    tell_all(day, one, two)
    day.crash(one)
    day.stop(desk)
    desk.commit()
    day.boot(one)
    day.begin(one)
    tell_all(day, *day.rng.sample([one, two, three, desk], 3))
    day.look(one)
    day.view(desk)
    desk.commit()
    tell_all(day, *day.rng.sample([one, two, three, desk], 3))
    _ask(day, three, 11, *day.rng.sample([one, desk], 1))
    day.look(one)
    day.look(desk)


@_scenario
def table_back_after_it_was_stopped(day: Day) -> None:
    """A stopped table comes back; what heads tell it is old, or more than it has taken in."""
    one, two, three, desk = _four(day)
    tell_all(day, one, two, three, desk)
    for machine in (two, three, desk):
        day.head(machine, one, late=True)
    old, day.flight = day.flight, []
    day.crash(one)
    day.stop(desk)
    tell_all(day, two, three, desk)
    day.view(desk)
    _ask(day, two, 11, desk)
    day.look(desk)
    tell_all(day, two, three, desk)
    day.look(two)
    tell_all(day, two, three, desk)
    day.boot(one)
    day.begin(one)
    if day.rng.random() < 0.5:
        day.flight = old
        while day.flight:
            day.deliver(0)
    else:
        for machine in (two, three, desk):
            day.sync(one, machine)
            machine.commit()
            day.head(machine, one)
    day.look(one)
    _ask(day, one, 11)
    day.look(one)
    one.commit()
    day.sync(one, two)
    two.commit()
    day.head(two, one)
    day.look(one)


@_scenario
def old_desk_after_a_power_cut(day: Day) -> None:
    """The desk gave a book to the spare, of which nobody else has heard; then all restart, the desk with an old card."""
    one, two, three, desk = _four(day)
    spare = next((machine for machine in day.machines if machine.device in day.place.spares), None)
    if spare is None:
        return
    day.crash(one)
    day.stop(desk)
    tell_all(day, two, three, desk)
    day.view(desk)
    tell_all(day, two, three, desk)
    length = len(desk.disk)
    day.boot(spare)
    day.begin(spare)
    tell_all(day, spare, desk)
    day.give(desk, 1, spare.device)
    desk.commit()
    day.sync(desk, spare)
    spare.commit()
    day.excuse(spare, {"T1.1", "T2.1", "T3.1"})
    spare.group = desk.group = 1
    tell_all(day, spare, desk)
    day.look(spare)
    _ask(day, spare, 11, desk)
    day.look(spare)
    tell_all(day, spare, desk)
    day.look(spare)
    tell_all(day, spare, desk)
    spare.group = desk.group = 0
    for machine in day.machines:
        day.crash(machine)
    day.old_card(desk, length)
    for machine in (one, two, three, desk):
        day.boot(machine)
        day.begin(machine)
    tell_all(day, one, two, three, desk)
    tell_all(day, one, two, three, desk)
    day.look(desk)
    _ask(day, two, 11, desk)
    day.look(desk)
    desk.commit()
    day.sync(desk, two)
    day.look(two)


@_scenario
def witness_forgets(day: Day) -> None:
    """Ballots are handed out; who has not committed it loses power, and one disk of the rest is an old card."""
    one, two, three, desk = _four(day)
    tell_all(day, one, two, three, desk)
    asker, loser = (one, two) if day.rng.random() < 0.5 else (two, one)
    length = len(asker.disk)
    day.come(asker, 11)
    if asker is two and day.rng.random() < 0.5:
        ask = next((message for _, message, _ in day.flight if not hasattr(message, "have")), None)
        if ask is not None:
            one.asks.append((ask.request, ""))
        loser, length = two, len(one.disk)  # the request is on no disk; the grant on the holder's only
        asker = one
        day.look(one)
        one.commit()
        day.sync(one, two)
        day.look(two)
    else:
        asker.commit()
        day.sync(asker, loser)
        day.look(one)
        if asker is one:
            one.commit()
            day.sync(one, two)
        day.sync(one, two)
        day.head(two, one)
        day.look(asker)
    day.flight.clear()
    for machine in (loser, asker):
        day.crash(machine)
    day.old_card(asker, length)
    for machine in (loser, asker):
        day.boot(machine)
        day.begin(machine)
    for _ in range(3):
        tell_all(day, one, two, three, desk)
        for machine in (one, two, three, desk):
            day.look(machine)
    _ask(day, three, 11, one)
    for _ in range(2):
        day.look(one)
        tell_all(day, one, two, three, desk)
        day.look(three)


@_scenario
def twin_grants(day: Day) -> None:
    """A copy holds the book in the eyes of all but the first card, which goes on granting."""
    one, two, three, desk = _four(day)
    tell_all(day, one, two, three, desk)
    twin = day.copy(one, len(one.disk))
    if twin is None:
        return
    twin.group = two.group = three.group = desk.group = 0
    one.group = 1
    day.boot(twin)
    day.begin(twin)
    for _ in range(2):
        tell_all(day, twin, two, three, desk)
    day.look(twin)
    _ask(day, three, 11, twin)
    day.look(twin)
    twin.commit()
    day.sync(twin, three)
    day.look(three)
    one.group = 0
    if day.rng.random() < 0.5:
        day.come(two, 11)
        two.commit()
        day.sync(two, one, only="T2.1")
        day.look(one)
        one.commit()
        day.sync(one, two)
        day.look(two)
    else:
        _ask(day, one, 11)
        day.look(one)
        one.commit()
        day.sync(one, two)
        two.commit()
        if day.rng.random() < 0.5:
            day.sync(two, one)
        day.head(two, one)
        day.look(one)


@_scenario
def undo_of_what_may_still_turn_green(day: Day) -> None:
    """The grant is known at the desk before it is at the table, and the secretary says that nothing was handed out."""
    one, two, three, desk = _four(day)
    _ask(day, two, 11, one, desk)
    day.look(one)
    one.commit()
    day.sync(one, desk)
    day.undo(desk, 11, too_early=1)
    desk.commit()
    day.sync(desk, one)
    if day.rng.random() < 0.3:
        day.crash(two)
        day.boot(two)
        day.begin(two)
        day.sync(two, one)
    for _ in range(2):
        day.look(one)
        one.commit()
        _ask(day, three, 11, one)
    day.look(one)
    one.commit()
    day.sync(one, three)
    day.look(three)
    day.sync(one, two)
    day.look(two)


@_scenario
def a_copy_acknowledges_for_both(day: Day) -> None:
    """Two cards with one key in two halves of a split: one acknowledges a stop, the other has a grant of the stopped."""
    one, two, three, desk = _four(day)
    tell_all(day, one, two, three, desk)
    twin = day.copy(two, len(two.disk))
    if twin is None:
        return
    one.group = two.group = 1
    twin.group = 0
    _ask(day, two, 11, one)
    day.look(one)
    one.commit()
    day.sync(one, two)
    if day.rng.random() < 0.3:
        two.group = 0
    day.crash(one)
    day.boot(twin)
    day.begin(twin)
    tell_all(day, twin, three, desk)
    day.stop(desk)
    tell_all(day, *(machine for machine in (two, twin, three, desk) if machine.group == 0))
    day.view(desk)
    desk.commit()
    _ask(day, three, 11, desk)
    day.look(desk)
    desk.commit()
    day.sync(desk, three)
    day.look(three)
    day.look(two)


@_scenario
def withdrawn_while_it_was_granted(day: Day) -> None:
    """The table gives up, and its voter goes to another; then the grant comes."""
    one, two, three, _desk = _four(day)
    _ask(day, two, 11, one)
    day.look(one)
    one.commit()
    day.give_up(two)
    two.commit()
    day.sync(two, one)
    _ask(day, three, 11, one)
    day.look(one)
    one.commit()
    day.sync(one, three)
    day.look(three)
    day.sync(one, two)
    day.look(two)


@_scenario
def two_tables_die(day: Day) -> None:
    """The holder and the table at which the voter stood: only the card in its pile tells."""
    one, two, three, desk = _four(day)
    _ask(day, two, 11, one)
    day.look(one)
    one.commit()
    day.sync(one, two)
    day.look(two)
    day.crash(one)
    day.crash(two)
    day.stop(desk)
    tell_all(day, three, desk)
    day.view(desk)
    tell_all(day, three, desk)
    _ask(day, three, 11, desk)
    day.look(desk)
    desk.commit()
    day.sync(desk, three)
    day.look(three)


@_scenario
def a_table_that_has_not_acknowledged(day: Day) -> None:
    """It has a grant of who is stopped; the stop's author has not heard it, or has not taken in what it showed."""
    one, two, three, desk = _four(day)
    one.group = two.group = 1
    tell_all(day, one, two)
    day.come(two, 11)
    day.flight.clear()
    two.commit()
    day.sync(two, one)
    day.look(one)
    one.commit()
    day.sync(one, two)
    day.crash(one)
    day.stop(desk)
    how = day.rng.randrange(3)
    if how == 1:
        _ask(day, three, 11, desk)
        two.group = 0
        day.sync(two, desk)
        desk.commit()
        day.head(two, desk)
    elif how == 2:
        day.look(two)
        two.group = 0
        desk.commit()
        day.sync(desk, two)
        two.commit()
        day.head(two, desk)
        two.group = 1
    tell_all(day, three, desk)
    day.view(desk)
    tell_all(day, three, desk)
    two.group = 1
    if not three.open:
        _ask(day, three, 11, desk)
    day.look(desk)
    desk.commit()
    day.sync(desk, three)
    day.look(three)
    day.look(two)
