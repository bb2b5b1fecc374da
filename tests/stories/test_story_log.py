"""Stories of the logs: what is copied and asked for, and what is refused."""

import msgspec
from place import Place, batch_of

from kiosk.domain import entries as e
from kiosk.domain.chain import RejectionReason, Stored
from kiosk.domain.messages import Batch, Head, Stance
from kiosk.domain.nodes import device_of
from kiosk.domain.situation import RejectedMessage
from kiosk.node import Heard
from tests import made_up


def own(place: Place, name: str) -> list[Stored]:
    """What a node's run has on its own disk."""
    return [row for row in place.devices[name].disk if row.run == place.core(name).run]


def signed(device: str, *entries: e.Entry) -> Batch:
    """A batch as this device would sign it."""
    rows = [e.encode_entry(entry) for entry in entries]
    signature = made_up.keys(device).sign(e.batch_signed(e.entry_hash(rows[-1])))
    return Batch(entries[0].run, entries[0].seq, tuple(map(msgspec.Raw, rows)), signature.hex())


def test_a_gap_is_asked_for_and_never_skipped(place: Place) -> None:
    """Table 3 misses a batch of table 2's, and the next one comes: nothing of it is taken before the gap is filled (L)."""
    before = place.stored("T3", "T2")
    place.order("T2", "close_table")
    place.lose_what_is_under_way()
    place.order("T2", "reopen_table")
    place.deliver_only("T2", "T3")
    assert place.known("T3", "T2") == before
    place.wait(2_000)
    assert place.stored("T3", "T2") == place.stored("T2", "T2") == before + 2


def test_what_is_lacking_comes_from_whoever_has_it(place: Place) -> None:
    """Table 3 lacks entries of table 2's, which has stopped: table 1 gives them."""
    place.hold("T2", "T3")
    place.hold("T1", "T3")
    place.hold("S", "T3")
    place.serve("T2", 201)
    place.crash("T2")
    place.heal()
    place.wait(2_000)
    assert place.marked("T3", 201)


def test_a_run_comes_after_the_run_before_it(place: Place) -> None:
    """Table 3 hears of table 2's new run before it has all of the one before: it asks for that first (L)."""
    place.deafen("T3")
    place.serve("T2", 201)
    place.crash("T2")
    place.restart("T2")
    place.wait(2_000)
    place.hear("T3", "T2", batch_of(own(place, "T2")))
    assert len(place.core("T3").books.books.runs.devices["T2.1"]) == 1
    place.heal()
    place.wait(2_000)
    assert len(place.core("T3").books.books.runs.devices["T2.1"]) == 2
    assert place.marked("T3", 201)
    assert not place.core("T3").books.refused


def test_what_knows_more_is_taken_in_after_that(place: Place) -> None:
    """Table 2 gives its list; the give knows of table 1's last entry, which table 3 lacks: it waits for it (L)."""
    place.deafen("T3")
    place.serve("T1", 101)
    place.give(2, "T2", "T1")
    place.wait(1_000)
    (give,) = [row for row in own(place, "T2") if isinstance(e.decode_entry(row.data).body, e.Give)]
    place.hear("T3", "T2", batch_of([give]))
    assert place.core("T3").books.books.holder(2) == place.core("T2").run
    place.lose_what_is_under_way()
    place.heal()
    place.wait(2_000)
    assert place.core("T3").books.books.holder(2) == place.core("T1").run


def test_two_logs_that_know_of_each_other_come_together(place: Place) -> None:
    """The opening knows of table 1's start, and table 1's stop knows of the opening; a spare that has nothing gets both."""
    place.crash("T2")
    place.take_over("T2", "T1")
    place.give(2, "T1", "T3")
    place.wait(1_000)
    place.put_in_spare("T2")
    place.restart("T2")
    place.wait(3_000)
    assert place.vector("T2") == place.vector("T1")


def test_a_head_shows_only_what_is_on_disk(place: Place) -> None:
    """Table 3 has a copy in memory, which it has not committed: its head does not show it (W)."""
    place.serve("T1", 101)
    rows = own(place, "T1")
    before = place.stored("T3", "T1")
    place.cut_off("T1")
    place.order("T1", "close_table")
    place._put("T3", Heard("T1.1", batch_of(own(place, "T1")[len(rows) :])))
    core = place.core("T3")
    on_disk = max(row.seq for row in place.devices["T3"].disk if row.run == place.core("T1").run)
    assert core.books.books.runs[place.core("T1").run].last > on_disk == before
    assert core.books.books.runs.stored[place.core("T1").run] == before
    place.pass_time_at("T3", 200)
    assert place.stored("T3", "T1") == before + 1


def test_what_is_forged_is_refused_and_shown(place: Place) -> None:
    """A batch under table 2's name that it did not sign: it is not taken, and stands on the screen (S5)."""
    rows = own(place, "T2")
    last = e.decode_entry(rows[-1].data)
    data = e.encode_entry(e.Entry(last.run, last.seq + 1, e.entry_hash(rows[-1].data), 0, e.Closed()))
    have = place.vector("T3")
    place.hear("T3", "T2", Batch(last.run, last.seq + 1, (msgspec.Raw(data),), batch_of(rows).signature))
    place.wait(1_000)
    assert place.vector("T3") == have
    assert place.core("T3").situation.refused == (RejectedMessage("T2.1", RejectionReason.FORGED),)


def test_what_is_forked_is_refused_and_shown(place: Place) -> None:
    """Table 2 tells table 3 another story of what it has said before: it is not taken, and stands on the screen (S5)."""
    place.order("T2", "close_table")
    place.wait(1_000)
    last = e.decode_entry(own(place, "T2")[-1].data)
    other = e.Entry(last.run, last.seq, last.prev, 0, e.Reopened())
    more = e.Entry(last.run, last.seq + 1, e.entry_hash(e.encode_entry(other)), 0, e.Closed())
    have = place.vector("T3")
    place.hear("T3", "T2", signed("T2.1", other, more))
    place.wait(1_000)
    assert place.vector("T3") == have
    assert place.core("T3").situation.refused == (RejectedMessage("T2.1", RejectionReason.FORKED),)


def test_a_run_starts_but_once(place: Place) -> None:
    """Table 2, in a thief's hands, writes a second start into its run: it is refused, and shown."""
    last = e.decode_entry(own(place, "T2")[-1].data)
    link = e.entry_hash(own(place, "T2")[-1].data)
    place.hear("T3", "T2", signed("T2.1", e.Entry(last.run, last.seq + 1, link, 0, e.Start())))
    place.wait(1_000)
    assert place.core("T3").situation.refused == (RejectedMessage("T2.1", RejectionReason.MALFORMED),)


def test_a_start_follows_the_run_that_it_names(place: Place) -> None:
    """Table 2, in a thief's hands, begins a run after table 1's, and one whose link is not that run's entry: both refused."""
    run, other = place.core("T2").run, place.core("T1").run
    link = e.entry_hash(own(place, "T1")[-1].data)
    place.hear(
        "T3", "T2", signed("T2.1", e.Entry("T2.1-00000000000000aa", place.stored("T3", "T1") + 1, link, 0, e.Start(other)))
    )
    place.wait(500)
    assert [refused.why for refused in place.core("T3").situation.refused] == [RejectionReason.MALFORMED]
    assert run in place.vector("T3")
    assert len(place.core("T3").books.books.runs.devices["T2.1"]) == 1


def test_a_log_that_branches_on_and_on_ends(place: Place) -> None:
    """Table 2's key is copied many times: so many branches of its log are taken in, and no more."""
    run = place.core("T2").run
    first = own(place, "T2")[0]
    link = e.entry_hash(first.data)
    for n in range(7):
        place.hear("T3", "T2", signed("T2.1", e.Entry(f"T2.1-{n:016x}", 2, link, 0, e.Start(run))))
    place.wait(500)
    assert len(place.core("T3").books.books.runs.tips("T2.1")) == 4
    assert RejectedMessage("T2.1", RejectionReason.FLOODING) in place.core("T3").situation.refused


def test_a_head_of_no_place_is_refused(place: Place) -> None:
    """A head shows a log that no device of this place has: it proves nothing, and stands on the screen."""
    core = place.core("T1")
    head = Head(core.run, 1, 10_000, {"T9.1-00000000000000aa": 1}, True, Stance.SERVING, place.now.wall_ms)
    place._put("T2", Heard("T1.1", head))
    place.wait(500)
    assert place.core("T2").situation.refused == (RejectedMessage("T1.1", RejectionReason.STRANGER),)


def test_who_shows_what_he_never_gives_keeps_nobody_from_the_others(place: Place) -> None:
    """Table 1, in a thief's hands, shows more of table 3's log than there is, and table 2 asks it in vain. It gets what there
    is from the others, a moment later."""
    core = place.core("T1")
    place.hold("T3", "T2")
    have = dict(core.books.books.runs.stored) | {place.core("T3").run: 50_000}
    place._put("T2", Heard("T1.1", Head(core.run, 1, 10_000, have, True, Stance.SERVING, place.now.wall_ms)))
    place.cut_off("T1")
    place.serve("T3", 301)
    place.wait(2_000)
    assert place.marked("T2", 301)
    assert place.stored("T2", "T3") == place.stored("T3", "T3")


def test_all_runs_of_a_day_come_to_who_was_off(place: Place) -> None:
    """Table 3 was off while table 2 restarted thrice: it gets all its runs, in their order, from whoever has them."""
    place.crash("T3")
    for voter in (201, 202, 203):
        place.serve("T2", voter)
        place.crash("T2")
        place.restart("T2")
        place.wait(3_000)
        place.excuse("T2", "T3")
        place.wait(1_000)
    place.crash("T2")
    place.restart("T3")
    place.wait(3_000)
    runs = place.core("T3").books.books.runs
    assert [run.nth for run in runs.devices["T2.1"]] == [1, 2, 3, 4]
    assert place.marked("T3", 201)
    assert all(device_of(run) in runs.devices for run in runs.vector)


def test_the_order_of_arrival_outlives_a_restart(place: Place) -> None:
    """What a node has on its disk is folded in the order in which it came: after its restart it says the same as before."""
    place.serve("T2", 201)
    place.crash("T2")
    place.take_over("T2", "S")
    place.give(2, "S", "T1")
    place.wait(2_000)
    holds = list(place.core("T3").books.books.chain(2).holdings)
    place.crash("T3")
    place.restart("T3")
    place.wait(1_000)
    assert list(place.core("T3").books.books.chain(2).holdings) == holds
    assert place.core("T3").books.books.holder(2) == place.core("T1").run
