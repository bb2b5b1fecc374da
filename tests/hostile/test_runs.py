"""Runs, starts, vectors and forks that a thief makes up: honest nodes go on, and nobody's memory or disk is filled."""

import msgspec
import pytest

from kiosk.domain import entries as e
from kiosk.domain.books import Chain
from kiosk.domain.chain import Broken, LogEnd, RejectionReason, check_chain
from kiosk.domain.messages import Want
from kiosk.domain.nodes import device_of
from kiosk.remote.chair import NotOfferedError
from tests import made_up
from tests.hostile.thief import Thief, hold_of
from tests.stories.place import Place, batch_of

NOBODY = "T99.1-00000000000000ff"
UNKNOWN = "S.1-00000000000000ff"


@pytest.fixture
def place() -> Place:
    """A place whose poll is open."""
    return Place().morning()


@pytest.fixture
def thief(place: Place) -> Thief:
    """Table 3's device, stolen."""
    return Thief(place)


def goes_on(place: Place) -> None:
    """Voters are served, and all can be started again."""
    place.wait(2_000)
    place.serve("T1", 101)
    place.serve("T2", 102)
    for name in ("S", "T1", "T2"):
        assert not faults(place, name), name


def faults(place: Place, name: str) -> list[str]:
    """What a node's own disk would be blamed for when it starts."""
    heads: dict[str, LogEnd] = {}
    found = check_chain(place.devices[name].disk, made_up.FIRST_PREV, made_up.keys("").verify, heads)
    return [str(one) for one in found if isinstance(one, Broken)]


def test_knows_that_name_no_device_of_the_place(place: Place, thief: Thief) -> None:
    """A give whose `knows` names a run of a table 99: it is not taken in, and nobody stops."""
    thief.say(thief.write(e.Give(3, hold_of(place, 3), UNKNOWN, {NOBODY: 3})))
    goes_on(place)


def test_a_start_after_a_run_of_no_device_of_the_place(place: Place, thief: Thief) -> None:
    """A start that names as `before` a run of a table 99, or of another device: it is not taken in, and nobody stops."""
    end = thief.ends[thief.run]
    thief.ends[NOBODY] = thief.ends[UNKNOWN] = end
    for before in (NOBODY, UNKNOWN):
        thief.say(thief.start(before, at=end))
    goes_on(place)


def test_a_start_that_does_not_link_to_the_run_before_is_not_taken_in(place: Place, thief: Thief) -> None:
    """Its `prev` is no entry of the run that it names: each node's disk would be found broken at its next start."""
    seq, _ = thief.ends[thief.run]
    thief.say(thief.start(at=(seq, "f" * 64)))
    goes_on(place)


def test_a_start_in_the_midst_of_a_run_links_to_that_entry(place: Place, thief: Thief) -> None:
    """An old card goes on from entry 1 of its first run: taken in if `prev` is that entry's hash, and not otherwise."""
    run = thief.run
    thief.say(thief.write(e.Closed(), e.Reopened()))
    first = next(row for row in place.devices["T3"].disk if row.run == run)
    known = len(place.core("S").books.books.runs.devices["T3.1"])
    thief.say(thief.start(run, at=(first.seq, "e" * 64)))
    assert len(place.core("S").books.books.runs.devices["T3.1"]) == known
    thief.say(thief.start(run, at=(first.seq, e.entry_hash(first.data))))
    assert len(place.core("S").books.books.runs.devices["T3.1"]) == known + 1
    goes_on(place)


def test_a_first_start_of_another_place_or_day_is_not_taken_in(place: Place, thief: Thief) -> None:
    """A card of yesterday's election, or of another list: nothing of its log is taken in."""
    known = len(place.core("S").books.books.runs.devices["T3.1"])
    thief.say(thief.start("", at=(0, e.first_prev("4701", "2021-11-16", "a list"))))
    assert len(place.core("S").books.books.runs.devices["T3.1"]) == known
    goes_on(place)


def test_a_run_that_is_over_does_not_branch_without_end(place: Place, thief: Thief) -> None:
    """A hundred runs, one after another, and then one more entry in each of them: heads, stops and gives stay in bounds."""
    runs = [thief.run]
    for _ in range(100):
        thief.say(thief.start())
        runs.append(thief.run)
    for run in runs:
        thief.run = run
        thief.say(thief.write(e.Closed()))
    vector = place.core("S").books.books.runs.vector
    assert sum(run.startswith("T3.1-") for run in vector) <= e.BRANCHES_MOST
    goes_on(place)


def test_runs_that_do_not_exist_fill_no_memory_and_are_asked_for_at_a_pace(place: Place, thief: Thief) -> None:
    """A thousand heads, each with five hundred runs that there are not: few are asked for, and none is kept in mind."""
    asked = 0
    replica = place.core("T1").books.replica
    for count in range(200):
        place.mono_ms += 10
        have = {f"S.1-{count:08x}{n:08x}": 1 + n for n in range(500)}
        place.hear("T1", "T3", thief.head(have))
        asked += sum(isinstance(getattr(heard, "message", None), Want) for _, to, heard in place.wire if to == "T3")
        place.wire.clear()
    assert asked <= 20
    assert len(replica._asked) + len(replica._asked_of) <= 4 * len(place.made_up.devices)
    goes_on(place)


def test_a_want_of_a_runs_beginning_can_be_sent() -> None:
    """What a node asks for where it does not know a run's start is a message that others can read."""
    from kiosk.sync import messages as wire

    want = Want(UNKNOWN, 0)
    assert wire.read_want(wire.encode(want)) == want


def test_a_device_whose_two_stories_are_heard_is_named(place: Place, thief: Thief) -> None:
    """The thief tells table 2 one entry and all others another; what follows on one is refused by the other, and named."""
    end = thief.ends[thief.run]
    thief.tell(["S", "T1"], thief.write(e.Closed()))
    thief.ends[thief.run], kept = end, thief.ends[thief.run]
    thief.tell("T2", thief.write(e.Locked()))
    thief.ends[thief.run] = kept
    thief.say(thief.write(e.Reopened()))
    place.wait(2_000)
    assert ("T3.1", RejectionReason.FORKED) in [(r.sender, r.why) for r in place.core("T2").books.refused]


def test_two_stories_do_not_keep_an_honest_node_from_a_stop(place: Place, thief: Thief) -> None:
    """The same, and then the chair stops the thief at the secretary's: table 2 still acknowledges it."""
    end = thief.ends[thief.run]
    thief.tell(["S", "T1"], thief.write(e.Closed()))
    thief.ends[thief.run], kept = end, thief.ends[thief.run]
    thief.tell("T2", thief.write(e.Locked()))
    thief.ends[thief.run] = kept
    thief.say(thief.write(e.Reopened()))
    place.wait(2_000)
    place.stop("S", "T3")
    place.wait(5_000)
    assert place.stopping("S").waits_for == ()
    place.finish("S")
    place.wait(2_000)
    assert place.holders(3) == {"S.1"}


def test_a_log_does_not_begin_again_without_end(place: Place, thief: Thief) -> None:
    """A hundred runs that all say that none was before them."""
    for _ in range(100):
        thief.say(thief.start(""))
    vector = place.core("S").books.books.runs.vector
    assert sum(run.startswith("T3.1-") for run in vector) <= e.BRANCHES_MOST
    goes_on(place)


def test_a_run_begun_in_the_other_story_keeps_nobody_from_a_stop(place: Place, thief: Thief) -> None:
    """The thief tells table 2 another story, and begins a run in the first one: the stop that names it takes its book, for
    table 2 as well, whose voters are served."""
    end = thief.ends[thief.run]
    thief.tell(["S", "T1"], thief.write(e.Closed()))
    thief.ends[thief.run], kept = end, thief.ends[thief.run]
    thief.tell("T2", thief.write(e.Locked()))
    thief.ends[thief.run] = kept
    thief.say(thief.start())
    place.wait(2_000)
    place.stop("S", "T3")
    place.wait(5_000)
    place.finish("S")
    place.wait(2_000)
    assert place.holders(3) == {"S.1"}
    place.serve("T2", 301)
    place.crash("T2")
    place.restart("T2")
    place.wait(5_000)
    assert place.holders(3) == {"S.1"}


def test_two_stories_that_end_alike_are_named_where_both_are_told(place: Place, thief: Thief) -> None:
    """The thief tells table 2 one entry and all others another, and neither goes on: who is told the other one too names it."""
    end = thief.ends[thief.run]
    stories = [thief.write(e.Closed())]
    thief.ends[thief.run] = end
    stories.append(thief.write(e.Locked()))
    thief.tell(["S", "T1"], stories[0])
    thief.tell("T2", stories[1])
    thief.say(*stories)
    for name in ("S", "T1", "T2"):
        assert [(r.sender, r.why) for r in place.core(name).books.refused] == [("T3.1", RejectionReason.FORKED)], name
    goes_on(place)


def test_an_old_batch_that_was_changed_is_named_after_who_brought_it(place: Place, thief: Thief) -> None:
    """The thief passes on what table 1 wrote, with its last entry changed: that is not table 1's second story."""
    rows = [row for row in place.devices["T1"].disk if row.run == place.runs_on("T1")[-1]]
    genuine = batch_of(rows)
    forged = thief.write(e.Closed()).entries[0]
    thief.say(msgspec.structs.replace(genuine, entries=(*genuine.entries[:-1], forged)), genuine)
    for name in ("S", "T2"):
        assert [(r.sender, r.why) for r in place.core(name).books.refused] == [("T3.1", RejectionReason.FORGED)], name
    goes_on(place)


def given_to_two(place: Place, thief: Thief) -> None:
    """The thief gives its book to table 1, as the secretary and table 1 hear it, and to table 2, as table 2 hears it."""
    end, hold, knows = thief.ends[thief.run], hold_of(place, 3), thief.vector()
    thief.tell(["S", "T1"], thief.write(e.Give(3, hold, place.runs_on("T1")[-1], knows)))
    thief.ends[thief.run] = end
    thief.tell("T2", thief.write(e.Give(3, hold, place.runs_on("T2")[-1], knows)))
    place.wait(2_000)


def test_a_book_that_a_thief_gave_to_two_is_shown_at_both(place: Place, thief: Thief) -> None:
    """Neither story goes on, so no node is told both. Each screen says who keeps the list as it knows it, and that differs."""
    given_to_two(place, thief)
    assert {name: device_of(place.core(name).books.books.holder(3)) for name in ("S", "T1", "T2")} == {
        "S": "T1.1",
        "T1": "T1.1",
        "T2": "T2.1",
    }
    assert "also keeps the list of table 3" in place.overview("S")["Table 1"]
    assert "also keeps the list of table 3" in place.overview("T2")["Table 2"]


@pytest.mark.parametrize(
    ("at", "named"), [("S", ("T3",)), ("S", ("T3", "T1")), ("S", ("T3", "T2")), ("T1", ("T3", "T2")), ("T2", ("T3", "T1"))]
)
def test_to_name_less_than_all_three_leaves_two_stories(place: Place, thief: Thief, at: str, named: tuple[str, ...]) -> None:
    """The stop names the thief alone, or one of the heirs too: an heir goes on in its own story, in which it holds the book."""
    given_to_two(place, thief)
    heirs = [name for name in named if name != "T3"]
    place.crash(*heirs)
    place.stop(at, *named)
    place.finish(at)
    place.restart(*heirs)
    place.wait(5_000)
    assert len({(chain.last.hold, chain.last.holder.name) for chain in chains(place)}) == 2


def test_a_stop_that_names_the_thief_and_both_heirs_makes_one_story_of_two(place: Place, thief: Thief) -> None:
    """The heirs are off, or locked, and the chair names all three at another node: from its view on all say the same, and a
    grant counts everywhere."""
    given_to_two(place, thief)
    place.crash("T1", "T2")
    place.stop("S", "T3", "T1", "T2")
    place.finish("S")
    place.restart("T1", "T2")
    place.wait(5_000)
    for name in ("T1", "T2"):
        place.excuse(name, "T3")
    assert {(chain.last.hold, device_of(chain.last.holder.name)) for chain in chains(place)} == {(hold_of(place, 3), "S.1")}
    place.serve("T1", 301)
    place.serve("T2", 302)
    assert place.refuses("T1", 302)
    assert place.refuses("T2", 301)
    place.give(3, "S", "T2")
    place.wait(2_000)
    assert place.holders(3) == {"T2.1"}
    place.serve("T1", 303)
    goes_on(place)


def chains(place: Place) -> list[Chain]:
    """Who holds the thief's book, as each running node says."""
    return [place.core(name).books.books.chain(3) for name in place.running()]


# --- what only the other story has ---------------------------------------------------------------------------------------


def served_at_table_3(place: Place) -> None:
    """The chair moves table 1's list to table 3, which is honest as yet, and voter 104 is given ballots there."""
    place.take_over("T1", "T3")
    place.serve("T3", 104)


def lied_to(place: Place, name: str, *, before: int = 0) -> Thief:
    """Table 3's device is stolen. One node is told another story of one entry, after what it has of its log, or before."""
    thief, at = Thief(place), place.stored(name, "T3") - before
    row = next(row for row in place.devices["T3"].disk if row.run == thief.run and row.seq == at)
    thief.ends[thief.run] = at, e.entry_hash(row.data)
    thief.tell(name, thief.write(e.Reopened()))
    return thief


def gives_no_ballots(place: Place, name: str, voter: int) -> bool:
    """Whether a node does not know of the voter's mark, and shows no green all the same."""
    assert not place.marked(name, voter)
    place.ask(name, voter)
    place.wait(3_000)
    return place.shown(name) == "Waiting"


@pytest.mark.parametrize("stopped", [False, True])
def test_nobody_is_a_member_who_lacks_what_a_liar_told_the_others(place: Place, stopped: bool) -> None:
    """Table 1 starts again after its list was moved to table 3, and hears another story. The others show the first one: it is
    no member, whether the thief vouches for it, or a code has stopped him and the chair excuses him."""
    place.crash("T1")
    served_at_table_3(place)
    place.restart("T1")
    thief = lied_to(place, "T1")
    place.wait(3_000)
    if stopped:
        place.take_over("T3", "S")
        place.excuse("T1", "T3")
    else:
        thief.tell("T1", thief.head(place.vector("T1")))
    place.wait(2_000)
    assert not place.is_member("T1")
    assert {"S.1", "T2.1"} <= set(place.core("T1").situation.awaited)
    assert gives_no_ballots(place, "T1", 104)


def test_nobody_takes_a_book_who_lacks_what_a_liar_told_the_others(place: Place) -> None:
    """The same, and the chair stops the thief at table 1 itself: it waits for what the others showed, and takes nothing."""
    place.crash("T1")
    served_at_table_3(place)
    place.restart("T1")
    lied_to(place, "T1")
    place.wait(3_000)
    place.code += 1
    place.chair("T1").stop(["T3.1"], made_up.code(place.code), skips=True)
    place.wait(3_000)
    assert place.stopping("T1").fetching_from == ("S.1", "T2.1")
    with pytest.raises(NotOfferedError):
        place.finish("T1")
    place.chair("T1").leave()
    assert place.bodies("T1", e.View) == []
    assert gives_no_ballots(place, "T1", 104)


def test_nobody_decides_in_a_book_whose_giver_knew_more(place: Place) -> None:
    """Table 1 was cut off for a while, and hears another story. It is given list 2 by who knew the first one, and does not
    decide in it (D3). The next code takes the list from it."""
    place.crash("T2")
    place.take_over("T2", "T3")
    place.restart("T2")
    place.wait(3_000)
    place.cut_off("T1")
    place.serve("T3", 204)
    place.heal()
    lied_to(place, "T1")
    place.wait(3_000)
    place.take_over("T3", "S")
    place.give(2, "S", "T1")
    place.wait(2_000)
    assert place.holders(2) == {"T1.1"}
    assert not place.decides("T1", 2)
    assert gives_no_ballots(place, "T1", 204)
    place.crash("T1")
    place.stop("S", "T1", "T3")
    place.finish("S")
    place.wait(2_000)
    assert place.refuses("T2", 204)
    place.serve("T2", 205)


def test_a_head_that_shows_the_other_story_is_no_copy(place: Place) -> None:
    """Table 1 was cut off, and its list was moved. It has not heard so, as it hears another story: the heads that show its own
    decision show what it does not know too, and it gives no ballots (G3)."""
    place.cut_off("T1")
    served_at_table_3(place)
    place.heal()
    lied_to(place, "T1")
    place.wait(3_000)
    assert place.decides("T1", 1)
    assert gives_no_ballots(place, "T1", 104)
    assert place.decided("T1") == ["granted"]


def test_an_island_that_lacks_what_a_liar_told_the_others_stays_one(place: Place) -> None:
    """Table 1 is an island, and hears another story when it is plugged in: it has not caught up with the others."""
    place.cut_off("T1")
    place.wait(6_000)
    place.order("T1", "island")
    place.serve("T3", 302)
    place.heal()
    lied_to(place, "T1")
    place.wait(3_000)
    assert place.is_island("T1")


def test_who_has_been_told_two_stories_catches_up_with_the_first(place: Place) -> None:
    """Table 1 was cut off. It is told another story of an entry that it has, and goes on with the first one: it asks for the
    rest, and decides in the list that it is given then."""
    place.crash("T2")
    place.take_over("T2", "T3")
    place.restart("T2")
    place.wait(3_000)
    place.cut_off("T1")
    place.serve("T3", 204)
    place.heal()
    lied_to(place, "T1", before=1)
    place.take_over("T3", "S")
    place.give(2, "S", "T1")
    place.wait(3_000)
    assert "T3.1" in place.core("T1").books.replica.runs.two_stories
    assert place.stored("T1", "T3") == place.stored("S", "T3")
    assert place.decides("T1", 2)
    assert place.refuses("T2", 204)
