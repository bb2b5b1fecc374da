"""Faults that an outsider with one device's key can cause; each test says in one line what is right. Red where it is not so."""

import sys
from collections.abc import Callable

import msgspec
import pytest
from test_meanings import THIEF, Thief
from test_rights import ledger

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import office
from kiosk.domain import screens as s
from kiosk.domain.messages import Ask, Batch, Head
from kiosk.domain.situation import UndoState
from kiosk.domain.view import screen
from kiosk.node import Heard
from tests import made_up
from tests.stories.place import Place

ELECTION = ("byraad",)
GRANTED, REFUSED = e.Outcome.GRANTED, e.Outcome.REFUSED


@pytest.fixture
def place() -> Place:
    """A place whose poll is open; voter 101 has been served at table 1."""
    place = Place().morning()
    place.serve("T1", 101)
    return place


@pytest.fixture
def thief(place: Place) -> Thief:
    """Table 3's device, stolen."""
    return Thief(place)


def check_in(number: int, voter: int, book: int | None = None) -> e.Request:
    return e.Request(f"{THIEF}/1/{number}", e.Op.CHECK_IN, voter, book or voter // 100, ELECTION, 3)


def decision(request: str, voter: int, outcome: e.Outcome = GRANTED, epoch: int = 1) -> e.Decision:
    return e.Decision(request, voter, ELECTION, voter // 100, epoch, outcome)


def undo(number: int, target: str, voter: int = 101, book: int = 1) -> e.Request:
    return e.Request(
        f"{THIEF}/1/{number}", e.Op.UNDO, voter, book, ELECTION, 3, target=target, register=1, handed_out=True
    )  # fmt: skip


def calls(work: Callable[[], object]) -> int:
    """How many calls of functions some work takes."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


# --- marks that nobody can undo ----------------------------------------------------------------------------------------


def test_a_mark_of_an_ask_alone_can_be_undone(place: Place, thief: Thief) -> None:
    """The thief asks, and never writes the request: voter 104 is refused for it, and the secretary can undo that."""
    thief.say(Ask(check_in(1, 104)))
    place.wait(2_000)
    assert place.refuses("T2", 104)
    place.seal(3, "T3")  # the chair attests that the stolen table is out of use
    place.wait(2_000)
    place.seize(3, "T1")
    place.wait(2_000)
    assert place.ask_undo("S", 104)


def test_an_ask_whose_table_was_lost_can_be_undone() -> None:
    """Nobody is hostile: table 3's power fails after the ask and before its commit, and its disk is lost."""
    place = Place().morning()
    place.scan("T3", 104)
    place.devices["T3"].fails = True
    place.approve("T3")
    place.deliver()
    place.put_in_spare("T3")
    place.restart("T3")
    place.wait(3_000)
    assert place.decided("T1") == ["granted"]
    assert place.refuses("T2", 104)
    place.seal(3, "T3.1")
    place.wait(2_000)
    place.seize(3, "T1")
    place.wait(2_000)
    assert place.ask_undo("S", 104)


@pytest.mark.parametrize("request_id", ["T2.1/1/77", "T9.1/1/1"])
def test_a_grant_of_no_request_by_who_gave_the_book_back_marks_nobody(request_id: str) -> None:
    """Table 3 held book 1 and gave it back: a grant at an epoch that never was marks nobody in another table's name."""
    place = Place().morning()
    place.hand_over(1, "T1", "T3")
    place.wait(2_000)
    place.hand_over(1, "T3", "T1")
    place.wait(2_000)
    assert place.holders(1) == {"T1.1"}
    place.crash("T2")
    thief = Thief(place)
    thief.say(thief.write(decision(request_id, 103, epoch=99)))
    place.wait(1_000)
    assert not place.marked("S", 103)
    assert not place.refuses("T1", 103)


def test_a_grant_of_a_request_at_no_table_of_the_place_is_nothing(place: Place, thief: Thief) -> None:
    """The thief grants, in its own book, requests of a table 9 that there is not."""
    thief.say(thief.write(decision("T9.1/1/1", 301)))
    place.wait(1_000)
    assert not place.marked("S", 301)


def test_a_card_that_was_found_stays_a_mark_when_another_mark_is_undone(place: Place, thief: Thief) -> None:
    """302's card was found at table 3, where ballots were handed out unseen; an `issued` that the thief adds is undone: the
    card's mark stays, as nobody has undone it."""
    place.take_over(3, "T3", "T2", 302)
    assert place.refuses("T1", 302)
    thief.say(thief.write(e.Start(), check_in(1, 302), e.Issued(f"{THIEF}/1/1")))
    place.wait(1_000)
    marks = place.core("S").books.undoable(302)
    bogus = next(mark for mark in marks if not mark.found)
    place.chair("S").undo(1 + marks.index(bogus)) if place.chair("S").marks(302) else None
    place.wait(2_000)
    assert place.core("T1").ledger.cases[f"{THIEF}/1/1"].undone(place.core("T1").books.books)
    assert place.refuses("T1", 302)


# --- honest nodes that stop ---------------------------------------------------------------------------------------------


def test_asks_do_not_end_a_holders_log(place: Place, thief: Thief) -> None:
    """An ask costs the thief nothing, and the holder an entry: from some number on the holder answers that table no more."""
    before = place.vector("T1")["T1.1"]
    keeper = place.core("T1").books
    for number in range(1, limits.DECIDED_FOR_ONE + 100):
        keeper.asked(Ask(check_in(number, 101 + number % 7)), THIEF, place.now)
        keeper.ledger.touched.clear()
    place.wait(1_000)
    assert place.vector("T1")["T1.1"] == before + limits.DECIDED_FOR_ONE
    assert limits.DECIDED_FOR_ONE * 2 < e.LOG_MOST
    place.serve("T1", 108)


def test_decisions_of_others_do_not_end_a_tables_log() -> None:
    """The thief grants, in its book, requests that table 2 never made: table 2 answers none of them with an entry."""
    place = Place().morning()
    before = place.vector("T2")["T2.1"]
    thief = Thief(place)
    thief.say(thief.write(*(decision(f"T2.1/1/{number}", 301) for number in range(100, 1_100))))
    place.wait(2_000)
    assert place.vector("T2")["T2.1"] < before + 100


def test_a_log_at_its_bound_has_room_on_the_disk() -> None:
    """A device's log of the longest entries, up to its bound, fits in what each disk must have free before the day."""
    longest = e.Released(999_999_999, ("f" * 64,) * e.RELEASED_MOST)
    data = e.encode_entry(e.Entry("T100.1", e.LOG_MOST, "f" * 64, made_up.MORNING_MS, longest))
    assert len(data) * e.LOG_MOST < limits.FREE_BYTES


@pytest.mark.parametrize("page", ["marks", "seizure", "piles"])
def test_a_screen_never_grows_beyond_what_a_display_reads(place: Place, thief: Thief, page: str) -> None:
    """Whatever the thief has written: the secretary can look at a voter's marks, and take the thief's book."""
    if page == "marks":
        for number in range(1, 601):
            thief.say(thief.write(check_in(number, 104), e.Issued(f"{THIEF}/1/{number}")))
        look_at = office.Marks(104)
        place.core("S").desk.state = d.Office(look_at)
        place.core("S").desk.look_again()
        place.wait(1_000)
    else:
        thief.say(thief.write(*(check_in(number, 301 + number % 7) for number in range(1, 20_001))))
        place.seal(3, "T3")
        place.wait(2_000)
        look_at = office.Piles(3, (THIEF,) if page == "piles" else ())
    shown = screen(1, d.Office(look_at), place.core("S").desk.face.view)
    assert len(s.encode(shown)) < limits.MESSAGE_BYTES


# --- undos --------------------------------------------------------------------------------------------------------------


def test_a_found_card_whose_undo_is_asked_for_twice_is_decided_twice(place: Place, thief: Thief) -> None:
    """The secretary asks for it twice before the holder is heard: the second is refused, and not open for ever."""
    thief.say(thief.write(e.Start(("T2.1",)), e.Rescanned(104, "T2.1")))
    place.hold("S", "T1")
    place.hold("T2", "T1")
    assert place.ask_undo("S", 104)
    assert place.ask_undo("S", 104)
    place.heal()
    place.wait(5_000)
    states = {undo.state for undo in place.core("S").situation.undos}
    assert UndoState.ASKED not in states


def test_an_undo_that_is_overtaken_is_told_though_it_was_told_before(place: Place) -> None:
    """Nothing was handed out, said the secretary, and read that it is undone; then table 2's clerk says that they were."""
    place.ask("T2", 102)
    place.deliver()
    place.say_the_rest("T2")
    assert place.shown("T2") == "Green"
    place.crash("T2")
    place.restart("T2")
    place.touch("T2", "unsure")
    place.wait(3_000)
    assert place.ask_undo("S", 102)
    place.wait(2_000)
    place.touch("S", "menu")
    place.touch("S", "overview")
    assert [undo.state for undo in place.core("S").situation.undos] == [UndoState.UNDONE]
    place.touch("S", "pick seen")
    place.wait(1_000)
    assert place.core("S").situation.undos == ()
    place.crash("T2")
    place.restart("T2")
    place.touch("T2", "yes")
    place.wait(3_000)
    assert place.refuses("T1", 102)
    assert [undo.state for undo in place.core("S").situation.undos] == [UndoState.OVERTAKEN]


def test_undos_that_nobody_may_ask_for_hide_none(place: Place, thief: Thief) -> None:
    """The secretary has table 1's mark undone; the thief writes two hundred undos of table 1's: it still tells of the real."""
    assert place.ask_undo("S", 101)
    place.wait(1_000)
    told = [undo.voter for undo in place.core("T1").situation.undos]
    assert told == [101]
    thief.say(thief.write(*(undo(number, "T1.1/1/99") for number in range(1, limits.UNDOS_TOLD + 1))))
    place.wait(1_000)
    assert [undo.voter for undo in place.core("T1").situation.undos] == told


def test_an_undo_that_lost_its_right_is_not_open_for_ever(place: Place) -> None:
    """The secretary, unheard, asks for an undo, and the assistant takes the register: back again, it does not say `asked`."""
    place.cut_off("S")
    assert place.ask_undo("S", 101)
    place.crash("S")
    place.heal()
    place.wait(5_000)
    place.seal(0, "S", by="T1")
    place.wait(2_000)
    place.chair("T1").seize(0, "T1.1")
    place.wait(2_000)
    assert place.holders(0) == {"T1.1"}
    place.restart("S")
    place.wait(5_000)
    assert place.refuses("T2", 101), "the undo is nothing"
    assert [undo.state for undo in place.core("S").situation.undos if undo.state is UndoState.ASKED] == []


def test_a_card_that_was_scanned_twice_is_undone_once(place: Place) -> None:
    """Nobody is hostile: the same card of the same pile is scanned twice; one undo takes that card's mark back."""
    place.crash("T3")
    place.seal(3, "T3")
    place.wait(2_000)
    place.scan_again("S", 302, "T3")
    place.wait(2_000)
    place.scan_again("S", 302, "T3")
    place.seize(3, "T2")
    place.wait(3_000)
    assert place.ask_undo("S", 302)
    place.wait(2_000)
    assert not place.marked("T2", 302)


def test_a_decision_on_other_words_leaves_a_request_to_the_next_holder(place: Place, thief: Thief) -> None:
    """The thief, as the holder, decides on table 1's request as if it were another voter's; who takes its book decides."""
    place.ask("T1", 301)
    place.say_the_rest("T1")
    made = place.bodies("T1", e.Request)[-1]
    assert isinstance(made, e.Request)
    thief.say(thief.write(decision(made.id, 302)))
    place.take_over(3, "T3", "T2")
    place.wait(5_000)
    assert place.shown("T1") == "Green"


# --- others' names --------------------------------------------------------------------------------------------------------


def test_a_refusal_names_no_honest_table_for_a_mark_that_is_not_there(place: Place, thief: Thief) -> None:
    """The thief, as the holder, refuses table 2's voter as served at table 1: table 2 names whose word that is."""
    place.ask("T2", 302)
    place.say_the_rest("T2")
    made = place.bodies("T2", e.Request)[-1]
    assert isinstance(made, e.Request)
    thief.say(
        thief.write(e.Decision(made.id, 302, ELECTION, 3, 1, REFUSED, "already_marked", "", 1, made_up.MORNING_MS + 60_000))
    )
    place.wait(1_000)
    shown = place.content("T2")
    assert isinstance(shown, s.Refused)
    assert "3" in shown.reason + shown.remedy, shown


def test_a_table_asks_again_after_it_gave_up_what_its_log_does_not_know() -> None:
    """Table 2's power fails between ask and commit; started again it gives the grant up, and asks for the voter again: the
    holder, who lacks that word, waits for it, and does not name table 2's own mark."""
    place = Place().morning()
    place.scan("T2", 102)
    place.devices["T2"].fails = True
    place.approve("T2")
    place.deliver()
    place.restart("T2")
    place.wait_until(lambda: bool(place.bodies("T2", e.Withdrawn)))
    place.lose_what_is_under_way()
    place.ask("T2", 102)
    place.deliver()
    place.wait(3_000)
    assert place.shown("T2") == "Green"


def test_a_spare_in_a_drawer_hides_no_table(place: Place) -> None:
    """Who has table 2's spare card writes one start with it: table 2, which serves voters, is still on the overview."""
    before = place.overview("S")
    start = e.encode_entry(e.Entry("T2.2", 1, place.core("S").setup.first_prev, made_up.MORNING_MS, e.Start()))
    signature = made_up.keys("T2.2").sign(e.batch_signed(e.entry_hash(start)))
    batch = Batch("T2.2", 1, (msgspec.Raw(start),), signature.hex())
    for name in ("S", "T1", "T2", "T3"):
        place._put(name, Heard("T2.2", batch))
    place.wait(2_000)
    after = place.overview("S")
    assert any(text == before[name] for name, text in after.items() if "2" in name), (before, after)


@pytest.mark.parametrize("reason", ["not_on_list", "struck_off", "postal_vote", "referred"])
def test_a_refusal_names_the_holder_whose_word_it_is(place: Place, thief: Thief, reason: str) -> None:
    """The thief, as the holder, refuses table 2's voter for a reason that nobody else knows: the screen names table 3."""
    place.ask("T2", 302)
    place.say_the_rest("T2")
    made = place.bodies("T2", e.Request)[-1]
    assert isinstance(made, e.Request)
    thief.say(thief.write(e.Decision(made.id, 302, ELECTION, 3, 1, REFUSED, reason)))
    place.wait(1_000)
    shown = place.content("T2")
    assert isinstance(shown, s.Refused)
    assert "table 3" in (shown.reason + shown.remedy).lower(), shown


def test_a_referral_names_the_table_that_made_it(place: Place, thief: Thief) -> None:
    """The thief refers a voter who has given no wrong date anywhere: table 2's screen names table 3, as the documents say."""
    thief.say(thief.write(e.Referred(104)))
    place.wait(1_000)
    place.scan("T2", 104)
    shown = place.content("T2")
    assert isinstance(shown, s.Referred)
    assert "table 3" in (shown.reason + shown.remedy).lower(), shown


def test_a_book_given_to_a_disk_in_a_drawer_blames_no_table(place: Place, thief: Thief) -> None:
    """The thief gives its book to table 2's spare: the voter's screen does not say that table 2 is silent, which serves."""
    thief.say(thief.write(e.Handover(3, 2, "T2.2")))
    place.wait(1_000)
    place.ask("T1", 301)
    place.wait(3_000)
    shown = place.content("T1")
    assert isinstance(shown, s.Waiting)
    assert shown.headline != "Table 2 does not answer"


def test_a_card_found_under_a_seal_that_does_not_count_is_the_finders() -> None:
    """The secretary's device is stolen and the register taken from it: what it finds then is named after it, not table 2."""
    fold = ledger()
    thief = "S.1"
    fold.fold(e.Entry("T1.1", 1, "", 0, e.Seal(0, 2, 1, {thief: 0})), {"T1.1": 1})
    fold.fold(e.Entry("T1.1", 2, "", 0, e.Seize(0, 2, 1, 1, "T1.1", 0, {})), {"T1.1": 2})
    assert fold.books.holder(0) == "T1.1"
    fold.fold(e.Entry(thief, 1, "", 0, e.Seal(2, 2, 1, {"T2.1": 9})), {thief: 1})
    fold.fold(e.Entry(thief, 2, "", 0, e.Rescanned(104, "T2.1")), {thief: 2})
    assert fold.books.attested("T2.1") == -1, "the seal is void"
    assert [mark.table for mark in fold.marks(104)] == [0]


# --- the fold -------------------------------------------------------------------------------------------------------------


def conflict_of(entries: list[e.Entry], *, look_between: bool) -> object:
    """The conflicts after all entries; somebody may have looked after each, too."""
    fold, have = ledger(), dict[str, int]()
    for entry in entries:
        have[entry.origin] = entry.seq
        fold.fold(entry, have)
        if look_between:
            assert fold.conflicts() is not None
    return fold.conflicts()


LATE_SEAL: dict[str, list[e.Entry]] = {
    "a seal that attests a table whose card was found after a start": [
        e.Entry("T1.1", 1, "", 0, e.Start(("T2.1",))),
        e.Entry("T1.1", 2, "", 0, e.Rescanned(202, "T2.1")),
        e.Entry("T3.1", 1, "", 0, e.Request(f"{THIEF}/1/1", e.Op.CHECK_IN, 202, 2, ELECTION, 3)),
        e.Entry("T3.1", 2, "", 0, e.Issued(f"{THIEF}/1/1")),
        e.Entry("T1.1", 3, "", 0, e.Seal(1, 3, 1, {"T2.1": 2})),
    ],
    "a seizure that makes its heir's seals and found cards count": [
        e.Entry("S.1", 1, "", 0, e.Start(("T3.1",))),
        e.Entry("S.1", 2, "", 0, e.Rescanned(101, "T3.1")),
        e.Entry("T3.2", 1, "", 0, e.Seal(3, 3, 1, {"T2.1": 1})),
        e.Entry("T3.2", 2, "", 0, e.Rescanned(101, "T2.1")),
        e.Entry("T1.1", 1, "", 0, e.Seal(0, 3, 2, {"T3.1": 1})),
        e.Entry("T1.1", 2, "", 0, e.Seize(0, 3, 2, 1, "T3.2", 1, {})),
    ],
}


@pytest.mark.parametrize("entries", LATE_SEAL.values(), ids=LATE_SEAL)
def test_a_conflict_is_shown_whenever_one_looks(entries: list[e.Entry]) -> None:
    """The same entries show the same conflicts, whether or not somebody has looked in between."""
    assert conflict_of(entries, look_between=True) == conflict_of(entries, look_between=False)


def test_a_grant_that_counts_is_a_mark() -> None:
    """Table 3 held book 3 twice, and decided in its first time on other words under the same id: the grant marks its voter."""
    fold, id_ = ledger(), "T2.1/1/1"
    entries = [
        e.Entry(THIEF, 1, "", 0, decision(id_, 302)),
        e.Entry(THIEF, 2, "", 0, e.Handover(3, 2, "T1.1")),
        e.Entry("T1.1", 1, "", 0, e.Handover(3, 3, THIEF)),
        e.Entry("T2.1", 1, "", 0, e.Request(id_, e.Op.CHECK_IN, 301, 3, ELECTION, 2)),
        e.Entry(THIEF, 3, "", 0, decision(id_, 301, epoch=3)),
    ]
    have: dict[str, int] = {}
    for entry in entries:
        have[entry.origin] = entry.seq
        fold.fold(entry, have)
    found = fold.cases[id_].outcome(fold.books)
    assert found is not None
    assert found.decision.outcome is GRANTED
    assert [mark.table for mark in fold.marks(301)] == [2]


# --- what it costs --------------------------------------------------------------------------------------------------------


def cost(bodies: list[e.Body], voter: int) -> int:
    """The calls that it takes to fold entries, and to read after every hundred what a node reads of a voter."""
    fold = ledger()
    entries = [e.Entry(THIEF, seq, "", 0, body) for seq, body in enumerate(bodies, 1)]

    def work() -> None:
        for entry in entries:
            fold.fold(entry, {THIEF: entry.seq})
            if entry.seq % 100 == 0:
                fold.touched.clear()
                assert len([*fold.marks(voter)]) < 9
                assert fold.conflicts() is not None
                assert fold.marking(voter) is not None

    return calls(work)


FLOODS: dict[str, Callable[[int], e.Body]] = {
    "grants for one voter, then requests for another": lambda n: (
        check_in(n // 2 + 1, 302),
        decision(f"{THIEF}/1/{n // 2 + 2}", 301),
    )[n % 2],
    "marks and found cards of one voter": lambda n: (
        e.Start((THIEF,)) if n == 0 else e.Rescanned(301, THIEF),
        check_in(n // 3 + 1, 301),
        e.Issued(f"{THIEF}/1/{n // 3 + 1}"),
    )[n % 3],
}  # fmt: skip


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_reading_a_voter_is_not_dearer_the_more_the_thief_writes(flood: Callable[[int], e.Body]) -> None:
    """Twice as many entries cost at most about twice as much."""
    once, twice = (cost([flood(n) for n in range(count)], 301) for count in (2_000, 4_000))
    assert twice < 2.3 * once


def turn_cost(place: Place, name: str) -> int:
    """The calls of one turn in which this node looks around."""
    place.mono_ms += 500
    return calls(lambda: place._put(name))


def test_a_turn_is_not_dearer_by_undos_that_count_for_nothing(place: Place, thief: Thief) -> None:
    """The thief asks for ten thousand undos, which it may not: a node's turns cost what they cost before."""
    before = turn_cost(place, "T1")
    thief.say(thief.write(*(undo(number, "T2.1/1/99") for number in range(1, 10_001))))
    place.wait(1_000)
    assert turn_cost(place, "T1") < before + 1_000


def test_the_secretarys_look_is_not_dearer_by_requests(place: Place, thief: Thief) -> None:
    """The thief makes ten thousand requests in its own book, and starts: the secretary's looks cost what they did before."""
    before = turn_cost(place, "S")
    thief.say(thief.write(*(check_in(number, 301) for number in range(1, 10_001)), e.Start()))
    place.wait(1_000)
    assert turn_cost(place, "S") < before + 1_000


def test_a_seizure_of_the_thiefs_book_is_not_dearer_by_its_requests(place: Place, thief: Thief) -> None:
    """While its book is being taken, which is the way out, ten thousand requests of the thief's cost nothing in each look."""
    thief.say(thief.write(*(check_in(number, 301 + number % 7) for number in range(1, 10_001))))
    before = turn_cost(place, "S")
    place.seal(3, "T3")
    place.wait(2_000)
    assert turn_cost(place, "S") < before + 5_000


def test_an_ask_is_not_dearer_by_referrals(place: Place, thief: Thief) -> None:
    """The thief refers voter 104 ten thousand times: an ask for that voter costs about what one costs for another."""
    asks = [Ask(e.Request(f"T2.1/1/{n}", e.Op.CHECK_IN, voter, 1, ELECTION, 2)) for n, voter in enumerate((105, 104), 101)]
    thief.say(thief.write(*(e.Referred(104) for _ in range(10_000))))
    place.wait(1_000)
    keeper = place.core("T1").books
    other, referred = (calls(lambda ask=ask: keeper.asked(ask, "T2.1", place.now)) for ask in asks)
    assert referred < 2 * other + 100


def test_starts_of_one_device_do_not_make_all_others_talk(place: Place, thief: Thief) -> None:
    """The thief writes a hundred starts within a second: table 1 says a few heads, not one for each."""
    heads = 0
    for _ in range(100):
        place.mono_ms += 10
        place.hear("T1", "T3", thief.write(e.Start()))
        heads += sum(isinstance(heard.message, Head) for _, to, heard in place.wire if to == "S" and isinstance(heard, Heard))
        place.wire.clear()
    assert heads < 20
