"""Books that a thief gives, keeps and takes back; and the chair's code in a thief's hands: what a code took stays taken."""

import pytest

from kiosk.domain import entries as e
from kiosk.domain.nodes import device_of
from tests.hostile.thief import Thief, decision, hold_of, signed_stop
from tests.stories.place import Place


@pytest.fixture
def place() -> Place:
    """A place whose poll is open."""
    return Place().morning()


@pytest.fixture
def thief(place: Place) -> Thief:
    """Table 3's device, stolen."""
    return Thief(place)


def run_of(place: Place, name: str) -> str:
    """A node's run."""
    return place.core(name).run


def served(place: Place, table: str, voter: int) -> bool:
    """Whether a voter gets ballots at a table now, or does within some seconds."""
    place.ask(table, voter)
    for _ in range(10):
        place.wait(500)
        if place.shown(table) == "Green":
            place.hand_out(table)
            place.touch(table, "next")
            place.wait(1_000)
            return True
    return False


def test_a_book_that_a_code_took_does_not_come_back_by_an_old_give(place: Place, thief: Thief) -> None:
    """The thief gives its book to a run that it has not begun; the chair takes the book; then the thief begins that run: the
    book, and what was decided in it since, stay where they are."""
    later = "T3.1-00000000000000aa"
    thief.say(thief.write(e.Give(3, hold_of(place, 3), later, thief.vector())))
    place.take_over("T3", "S")
    assert place.holders(3) == {"S.1"}
    assert served(place, "T1", 301)
    thief.say(thief.start(name=later))
    place.wait(2_000)
    assert place.holders(3) == {"S.1"}
    assert place.refuses("T2", 301)
    assert served(place, "T2", 302)


def test_a_book_given_to_a_run_that_the_giver_has_not_heard_of_stays(place: Place, thief: Thief) -> None:
    """A give whose `knows` does not have the heir's run: it is none, whatever comes in which order."""
    thief.say(thief.write(e.Give(3, hold_of(place, 3), run_of(place, "T1"), {})))
    place.wait(1_000)
    assert place.holders(3) == {"T3.1"}


def test_a_book_given_to_a_run_that_never_began_stays(place: Place, thief: Thief) -> None:
    """The thief has told two stories, so that nobody waits for more of its log, and gives its book to a run of its own that
    there is not: nobody stops, and the next code takes the book."""
    end = thief.ends[thief.run]
    thief.say(thief.write(e.Closed()))
    thief.ends[thief.run], kept = end, thief.ends[thief.run]
    thief.say(thief.write(e.Reopened()))
    thief.ends[thief.run] = kept
    never = "T3.1-00000000000000ff"
    thief.say(thief.write(e.Give(3, hold_of(place, 3), never, {never: 1})))
    place.wait(2_000)
    assert place.holders(3) == {"T3.1"}
    place.serve("T1", 102)
    place.take_over("T3", "S")
    assert place.holders(3) == {"S.1"}
    place.serve("T2", 301)


def test_a_thief_gives_anothers_book(place: Place, thief: Thief) -> None:
    """Gives of book 1 to itself, to another, in the very hold: it stays."""
    hold = hold_of(place, 1)
    thief.say(*(thief.write(e.Give(1, hold, to, thief.vector())) for to in (run_of(place, "T2"), thief.run)))
    place.wait(1_000)
    assert place.holders(1) == {"T1.1"}
    place.serve("T1", 101)


def test_a_code_used_at_a_thiefs_screen_is_used_once(place: Place, thief: Thief) -> None:
    """The chair uses a code at the stolen table, and the thief keeps it: with it he names all others, and again and again in
    each of his later runs. The next code, at an honest node, ends that."""
    everybody = tuple(sorted(place.made_up.devices - {"T3.1"}))
    place.code += 1

    def again(starts: bool = True) -> None:
        if starts:
            thief.say(thief.start())
        thief.say(thief.write(signed_stop(thief.run, place.code, everybody, thief.vector("S"))))
        place.wait(1_500)

    again(starts=False)
    thief.say(thief.write(e.View(place.code, thief.vector("S"))))
    place.wait(2_000)
    before = {name: run_of(place, name) for name in ("S", "T1", "T2")}
    for _ in range(3):
        again()
    assert {name: run_of(place, name) for name in before} == before, "nobody begins anew for a code that was used"
    place.stop("S", "T3")
    place.wait(2_000)
    place.finish("S")
    place.wait(3_000)
    for _ in range(2):
        again()
    assert {name: run_of(place, name) for name in before} == before
    assert {book: place.holders(book) for book in (1, 2, 3)} == {1: {"T1.1"}, 2: {"T2.1"}, 3: {"S.1"}}
    for name in ("T1", "T2"):
        place.excuse(name, "T3")
    assert served(place, "T1", 101)
    assert served(place, "T2", 302)


def test_a_stop_on_a_branch_does_not_name_anybody_once_a_higher_code_is_used(place: Place, thief: Thief) -> None:
    """The thief, with a used code, begins again and again where he did not know of his own stop: after the next view nobody
    is named by it."""
    everybody = tuple(sorted(place.made_up.devices - {"T3.1"}))
    place.code += 1
    run, fork = thief.run, thief.ends[thief.run]
    thief.say(thief.write(signed_stop(thief.run, place.code, everybody, thief.vector("S"))))
    place.wait(1_500)
    place.stop("S", "T3")
    place.wait(2_000)
    place.finish("S")
    place.wait(3_000)
    before = {name: run_of(place, name) for name in ("S", "T1", "T2")}
    thief.say(thief.start(run, at=fork))
    runs = place.core("S").books.books.runs
    knows = {of: runs[of].first for of in thief.vector("S") if device_of(of) != "T3.1"}
    thief.say(thief.write(signed_stop(thief.run, place.code - 1, everybody, knows)))
    place.wait(2_000)
    assert {name: run_of(place, name) for name in before} == before
    for name in ("T1", "T2"):
        place.excuse(name, "T3")
    assert served(place, "T1", 101)


def test_a_stop_for_another_author_or_with_an_old_signature_is_nothing(place: Place, thief: Thief) -> None:
    """The secretary's own stop of the morning, copied; one with its signature and other names; one without a code."""
    stop = next(body for body in place.bodies("S", e.Stop) if isinstance(body, e.Stop))
    for body in (
        stop,
        e.Stop(stop.n, ("S.1",), thief.vector(), stop.signature),
        e.Stop(9, ("S.1", "T1.1"), thief.vector(), "ab" * 64),
        e.Stop(9, ("T3.2",), {}, stop.signature),
    ):
        thief.say(thief.write(body, e.View(body.n, thief.vector()), e.Card(body.n, "T1.1", 101)))
    place.wait(1_000)
    assert len(place.core("T1").books.books.stops) == 1
    assert not place.marked("T1", 101)
    place.serve("T1", 101)


def test_a_decision_in_a_hold_that_has_not_begun_marks_nobody(place: Place, thief: Thief) -> None:
    """The thief decides in a hold of book 1 that it may be given one day."""
    seq = place.core("S").books.books.runs[run_of(place, "T1")].last + 1
    thief.say(thief.write(decision(f"{run_of(place, 'T2')}/7", 101, f"{run_of(place, 'T1')}#{seq}")))
    place.wait(1_000)
    assert not place.marked("S", 101)
    place.serve("T1", 101)


def test_a_head_that_shows_what_there_is_not_holds_up_a_stop_under_its_name(place: Place, thief: Thief) -> None:
    """Table 3's head acknowledges a stop of table 2, and shows entries of the secretary's that nobody has: the chair's screen
    names table 3, and the next code names it."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.deliver()
    place.wait(500)
    have = thief.vector("T1") | {"S.1-00000000000000ff": 77}
    thief.say(thief.head(have))
    place.wait(5_000)
    assert place.stopping("T1").fetching
    assert place.stopping("T1").fetching_from == ("T3.1",)
    place.stop("T1", "T2", "T3")
    place.wait(3_000)
    place.finish("T1")
    place.wait(1_000)
    assert place.holders(2) == {"T1.1"}


def test_a_head_that_shows_what_there_is_not_keeps_a_table_from_deciding_until_it_is_excused(
    place: Place, thief: Thief
) -> None:
    """Table 1 starts again; the thief's head shows what there is not, and speaks of a spare that nobody has started: both
    stand on the screen. The chair can excuse the spare, which is silent, and the thief once a code has stopped him."""
    place.crash("T1")
    place.restart("T1")
    place.deliver()
    for count in range(6):
        have = thief.vector("S") | {run_of(place, "T1"): 99} if count else thief.vector("S")
        place.wait(500)
        have = dict(thief.vector("S")) | {"T2.2-00000000000000ff": 7}
        thief.say(thief.head(have))
    assert not place.is_member("T1")
    assert set(place.core("T1").situation.awaited) == {"T2.2", "T3.1"}
    assert place.core("T1").situation.excusable == ("T2.2",)
    place.stop("S", "T3")
    place.finish("S")
    place.wait(1_000)
    thief.say(thief.head(have))
    place.wait(500)
    assert place.core("T1").situation.excusable == ("T3.1",)  # whom he speaks of nobody waits for any more
    place.chair("T1").excuse(["T3.1"])
    place.wait(2_000)
    assert place.is_member("T1")
    place.serve("T1", 101)
