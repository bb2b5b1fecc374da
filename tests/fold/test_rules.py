"""Single rules that the simulator has found broken, each in the smallest story that shows it."""

from kiosk.domain.books import Books
from kiosk.domain.entries import Decision, Entry, Give, Outcome, Start
from kiosk.domain.membership import Membership
from kiosk.domain.messages import Head, Stance
from kiosk.domain.rights import Basis
from tests.fold.day import Day
from tests.fold.scenarios import SCENARIOS
from tests.fold.schedule import morning, settle

A, B = "T1.1-" + "a" * 16, "T2.1-" + "b" * 16


def _head(run: str, have: dict[str, int], *, member: bool) -> Head:
    return Head(run, 1, 1, have, member, Stance.SERVING, 0)


def test_who_has_heard_others_before_they_were_members_becomes_one_when_they_are() -> None:
    books = Books(Basis({}, frozenset(), frozenset({"T1.1", "T2.1"}), (), {}.get, lambda *_: True))
    for run in (A, B):
        books.fold(Entry(run, 1, "0" * 64, 0, Start()))
    books.runs.store()
    member = Membership("T1.1", books)
    member.started(A)
    member.heard(_head(B, {A: 1, B: 1}, member=False))
    assert not member.reach(), "nobody is a member yet"
    member.heard(_head(B, {A: 1, B: 1}, member=True))
    assert member.reach()


def test_a_view_is_open_while_a_later_stop_may_take_it_back() -> None:
    """The author of a view, off by now, had granted; the next stop's author has never heard of it (scenario: two stops
    cross)."""
    for seed in range(12):
        day = Day(seed, 3)
        morning(day)
        SCENARIOS["two_stops_cross"](day)
        given = [hand.voter for hand in day.hands]
        assert len(given) == len(set(given))


def test_an_old_card_serves_its_own_voters_once_it_is_a_member() -> None:
    """Others know more of the run before than this card's line holds. That is no twin (PROTOCOL.md, "A start", 4)."""
    day = Day(5, 3)
    morning(day)
    one = day.machine("T1.1")
    day.come(one, 11)
    settle(day, 4)
    length = one.snapshots[0]
    day.crash(one)
    one.disk = one.disk[:length]
    day.boot(one)
    day.begin(one)
    settle(day, 4)
    assert any(run.last >= one.log.books.runs[one.run].first for run in one.log.books.runs[one.run].line if run.name != one.run)
    assert day.come(one, 12)
    settle(day, 4)
    assert [hand.voter for hand in day.hands] == [11, 12]


def test_nobody_can_give_to_a_run_that_is_still_to_begin() -> None:
    """Else a thief takes a book back after the stop that took it from him, by beginning the run."""
    day = Day(5, 3)
    morning(day)
    one, desk = day.machine("T1.1"), day.machine("S.1")
    books, later = one.log.books, "T1.1-" + "f" * 16
    one.write(Give(1, books.chain(1).last.hold, later, dict(books.runs.vector)), day.now())
    one.commit()
    day.sync(one, desk)
    day.crash(one)
    day.stop(desk)
    settle(day, 2)
    assert desk.may_decide(1)
    day.boot(one)
    one.begin(later, (), (), day.now(), day.rng)
    settle(day, 2)
    assert desk.may_decide(1)


def test_a_conflict_does_not_depend_on_which_of_two_grants_came_first() -> None:
    """Two holders, both thieves, grant different ballots on one request of which nobody knows anything else."""
    said = []
    for order in ((0, 1), (1, 0)):
        day = Day(5, 3)
        morning(day)
        one, three, desk = day.machine("T1.1"), day.machine("T3.1"), day.machine("S.1")
        hold = one.log.books.chain(1).last.hold
        one.write(Give(1, hold, three.run, dict(one.log.books.runs.vector)), 1)
        one.write(Decision(f"{day.machine('T2.1').run}/7", 11, ("a",), hold, Outcome.GRANTED), 1)
        one.write(Decision(f"{three.run}/8", 11, ("a",), hold, Outcome.GRANTED), 1)
        three.write(Decision(f"{day.machine('T2.1').run}/7", 11, ("b",), hold, Outcome.GRANTED), 1)
        for machine in (one, three):
            machine.commit()
        for place in order:
            day.sync((one, three)[place], desk)
        said.append(dict(desk.log.ledger.conflicts()))
    assert said[0] == said[1]
    assert list(said[0]) == [11]
