"""What a stolen device may say, and what it may not: it signs what no honest device would, about others' voters and requests.

Table 3's device, which holds book 3 only, is in a thief's hands. Voter 101 of book 1 has been served at table 1.
"""

from collections.abc import Callable

import msgspec
import pytest

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.chain import RejectionReason
from kiosk.domain.eligibility import Mark
from kiosk.domain.messages import Ask, Batch
from kiosk.domain.situation import UndoState
from kiosk.node import Heard
from tests import made_up
from tests.hostile.thief import ELECTION, GRANTED, REFUSED, Thief, check_in, decision, hold_of, ledger, undo
from tests.stories.place import Place


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


def made_by(place: Place, name: str) -> e.Request:
    """The last request of a node."""
    made = place.bodies(name, e.Request)[-1]
    assert isinstance(made, e.Request)
    return made


def stands(place: Place) -> None:
    """Voter 101's mark stands everywhere, and is the only one; after a restart, too."""
    place.wait(2_000)
    assert place.refuses("T1", 101)
    assert place.refuses("T2", 101)
    assert place.conflicts() == {}
    for _ in range(2):
        for name in ("S", "T1", "T2"):
            assert [mark.table for mark in place.core(name).ledger.marks(101)] == [1], name
            assert place.core(name).ledger.totals().issued == {"byraad": 1}
        place.crash("S", "T1", "T2")
        place.restart("S", "T1", "T2")


_Attack = Callable[[Place, Thief, str], tuple[e.Body, ...]]

UNDOING: dict[str, _Attack] = {
    "a refusal of another's request, in its own book": lambda p, _t, id_: (decision(id_, 101, hold_of(p, 3), REFUSED),),
    "a refusal of another's request, in the book's hold": lambda p, _t, id_: (decision(id_, 101, hold_of(p, 1), REFUSED),),
    "an undo that it grants itself, of another voter": lambda p, t, id_: (
        undo(f"{t.run}/1", id_, 301),
        decision(f"{t.run}/1", 301, hold_of(p, 3), target=id_),
    ),
    "an undo that it grants itself": lambda p, t, id_: (
        undo(f"{t.run}/1", id_, 101),
        decision(f"{t.run}/1", 101, hold_of(p, 3), target=id_),
        decision(f"{t.run}/1", 101, hold_of(p, 1), target=id_),
    ),
    "an undo in the secretary's name": lambda p, _t, id_: (undo(f"{p.core('S').run}/9", id_, 101),),
    "an undo": lambda _p, t, id_: (undo(f"{t.run}/1", id_, 101),),
    "that nothing was handed out": lambda _p, _t, id_: (e.Withdrawn(id_),),
    "that another's request was issued": lambda p, _t, _id: (e.Issued(f"{p.core('T2').run}/9"),),
    "a start that withdraws another's request": lambda _p, _t, _id: (),
    "excuses": lambda _p, _t, _id: (e.Excused(("T1.1", "S.1")), e.Island(on=True), e.Locked()),
}


@pytest.mark.parametrize("attack", UNDOING.values(), ids=UNDOING)
def test_nobody_takes_anothers_mark_back(place: Place, thief: Thief, attack: _Attack) -> None:
    """Whatever it signs about table 1's request: the voter is refused everywhere."""
    id_ = made_by(place, "T1").id
    bodies = attack(place, thief, id_)
    thief.say(thief.write(*bodies) if bodies else thief.start(withdrawn=(id_,)))
    stands(place)


def test_an_undo_under_the_id_of_a_check_in_stops_nobody(place: Place, thief: Thief) -> None:
    """The second request of one id is nothing, though it is an undo of a mark made by who reads it."""
    made = thief.request(301)
    again = undo(made.id, made_by(place, "T1").id, 101)
    thief.say(thief.write(made, decision(made.id, 301, hold_of(place, 3)), again))
    stands(place)


def test_an_ask_is_a_check_in_and_nothing_else(place: Place, thief: Thief) -> None:
    """An undo that comes as an ask is not even decided on; nor a request of another's, or about nobody and nothing."""
    good = thief.request(102)
    thief.say(Ask(undo(good.id, made_by(place, "T1").id, 101)))
    run = place.core("T2").run
    for bad in ({"id": f"{run}/1"}, {"voter": 9_999}, {"elections": ("region",)}, {"elections": ()}, {"target": good.id}):
        thief.say(Ask(msgspec.structs.replace(good, **bad)))
    assert place.decided("T1") == ["granted"]
    thief.say(Ask(good))
    assert place.decided("T1") == ["granted", "granted"]


@pytest.mark.parametrize("outcome", [GRANTED, REFUSED])
@pytest.mark.parametrize("book", [1, 3])
def test_nobody_decides_in_anothers_book(place: Place, thief: Thief, outcome: e.Outcome, book: int) -> None:
    """While the holder is silent the thief grants, or refuses, table 2's request: table 2 shows neither, and waits."""
    place.hold("T1", "T2")
    place.hold("T1", "S")
    place.ask("T2", 102)
    place.say_the_rest("T2")
    thief.say(thief.write(decision(made_by(place, "T2").id, 102, hold_of(place, book), outcome)))
    place.wait(1_000)
    assert place.shown("T2") == "Waiting"
    assert not place.marked("T2", 102)
    place.heal()
    place.wait(3_000)
    assert place.shown("T2") == "Green"


@pytest.mark.parametrize("outcome", [GRANTED, REFUSED])
@pytest.mark.parametrize(("voter", "book"), [(102, 1), (301, 3)])
def test_what_was_decided_beforehand_hides_nothing(
    place: Place, thief: Thief, voter: int, book: int, outcome: e.Outcome
) -> None:
    """Decisions on table 2's next requests, before they are made: its voter is served all the same."""
    ids = [f"{place.core('T2').run}/{number}" for number in range(1, 4)]
    thief.say(thief.write(*(decision(id_, voter, hold_of(place, book), outcome) for id_ in ids)))
    place.serve("T2", 102)
    assert not place.marked("S", 104)
    assert {of for told in place.conflicts().values() for of, _ in told} <= {301}, "a voter of its own book"


def test_the_heir_decides_what_the_thief_has_decided_otherwise(place: Place, thief: Thief) -> None:
    """The thief, which holds book 3, answers table 2's request for a voter of it with a decision about another: once its book
    is taken, the heir decides, and the voter is served."""
    place.ask("T2", 301)
    place.say_the_rest("T2")
    thief.say(thief.write(decision(made_by(place, "T2").id, 302, hold_of(place, 3))))
    place.wait(1_000)
    assert place.shown("T2") == "Waiting"
    place.take_over("T3", "T1")
    assert place.shown("T2") == "Green"


def test_no_mark_stands_in_an_honest_tables_name(place: Place, thief: Thief) -> None:
    """A grant for a request of table 2's that does not exist, an `issued` of it, a card of a stop that nobody made."""
    id_ = f"{place.core('T2').run}/77"
    thief.say(thief.write(decision(id_, 103, hold_of(place, 1)), e.Issued(id_), e.Card(1, "T2.1", 104), e.Card(9, "T2.1", 104)))
    place.wait(1_000)
    assert not place.marked("S", 103)
    assert not place.marked("S", 104)


def test_a_table_that_asks_for_too_many_voters_is_named(place: Place, thief: Thief) -> None:
    """More voters than a clerk can serve: each is marked as at its table, and the others show the alarm with its name."""
    for number in range(limits.PACE_VOTERS):
        thief.say(Ask(check_in(f"{thief.run}/{number + 1}", 102 + number % 7)))
    assert [(refused.sender, refused.why) for refused in place.core("T1").books.refused] == [("T3.1", RejectionReason.PACE)]


def test_what_others_may_not_is_named_by_its_author() -> None:
    """The same device can mark any voter as at its own table: the mark says so, and can be undone."""
    fold, run = ledger(), "T3.1-00000000000000aa"
    for seq, body in enumerate((e.Start(), check_in(f"{run}/1", 101), e.Issued(f"{run}/1")), 1):
        fold.fold(e.Entry(run, seq, "", 0, body))
    assert [*fold.marks(101)] == [Mark(ELECTION, 3, 0)]


# --- marks that nobody could undo ---------------------------------------------------------------------------------------


def gone_after_undo(place: Place, voter: int) -> None:
    """The secretary has all of a voter's marks undone; then the voter is not refused."""
    for _ in range(3):
        if not place.ask_undo("S", voter):
            break
        place.wait(2_000)
    place.wait(2_000)
    assert not place.marked("T1", voter)
    assert not place.refuses("T2", voter)


def test_a_mark_of_an_ask_alone_can_be_undone(place: Place, thief: Thief) -> None:
    """The thief asks, and never writes the request: voter 104 is refused for it, and once the device is stopped the secretary
    can undo that."""
    thief.say(Ask(thief.request(104)))
    place.wait(2_000)
    assert place.refuses("T2", 104)
    place.take_over("T3", "T1")
    gone_after_undo(place, 104)


def test_an_ask_of_a_run_that_nobody_knows_is_not_decided_on(place: Place, thief: Thief) -> None:
    """The thief asks in a made-up run: no stop could ever name it, and nobody could undo its mark."""
    for number in range(3):
        thief.say(Ask(check_in(f"T3.1-{number:016x}/1", 104)))
    place.wait(2_000)
    assert place.decided("T1") == ["granted"]
    assert not place.marked("S", 104)


@pytest.mark.parametrize("device", ["T2.1", "T2.2", "T3.1", "S.1"])
def test_a_grant_of_the_holder_for_a_run_that_nobody_knows_can_be_undone(place: Place, thief: Thief, device: str) -> None:
    """The thief grants, in its own book, a request of a made-up run: once its book is taken, the secretary can undo that."""
    thief.say(thief.write(decision(f"{device}-00000000000000ee/1", 301, hold_of(place, 3))))
    place.wait(1_000)
    assert place.refuses("T1", 301)
    place.take_over("T3", "T1")
    gone_after_undo(place, 301)


def test_a_grant_of_the_holder_for_a_live_run_can_be_undone_once_that_table_has_started_again(
    place: Place, thief: Thief
) -> None:
    """The same for a request that table 2, which serves voters, has never made: it is locked and unlocked first."""
    thief.say(thief.write(decision(f"{place.core('T2').run}/77", 301, hold_of(place, 3))))
    place.take_over("T3", "T1")
    assert place.refuses("T2", 301)
    assert not place.ask_undo("S", 301)
    place.order("T2", "lock")
    place.wait(1_000)
    place.order("T2", "unlock")
    place.wait(3_000)
    gone_after_undo(place, 301)


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
    place.take_over("T3.1", "T1")
    gone_after_undo(place, 104)


def test_a_grant_of_a_request_at_no_table_of_the_place_is_nothing(place: Place, thief: Thief) -> None:
    """The thief grants, in its own book, requests of a table 9 that there is not."""
    thief.say(thief.write(decision("T9.1-00000000000000aa/1", 301, hold_of(place, 3))))
    place.wait(1_000)
    assert not place.marked("S", 301)


def test_a_card_that_was_found_stays_a_mark_when_another_mark_is_undone(place: Place, thief: Thief) -> None:
    """302's card was found at table 3, where ballots were handed out unseen; an `issued` that the thief adds is undone: the
    card's mark stays, as nobody has undone it."""
    place.take_over("T3", "T2", 302)
    assert place.refuses("T1", 302)
    batch = thief.start()
    made = thief.request(302)
    thief.say(batch, thief.write(made, e.Issued(made.id)))
    place.wait(1_000)
    marks = place.core("S").books.undoable(302)
    bogus = next(at for at, mark in enumerate(marks, 1) if not mark.found)
    assert place.chair("S").marks(302)
    place.chair("S").undo(bogus)
    place.wait(2_000)
    ledger_ = place.core("T1").ledger
    assert ledger_.undone(ledger_.cases[made.id])
    assert place.refuses("T1", 302)


# --- undos --------------------------------------------------------------------------------------------------------------


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
    target = f"{place.core('T1').run}/99"
    thief.say(thief.write(*(undo(f"{thief.run}/{n}", target, 101) for n in range(1, limits.UNDOS_KEPT + 1))))
    place.wait(1_000)
    assert [undo.voter for undo in place.core("T1").situation.undos] == told


def test_a_card_that_was_scanned_twice_is_undone_once(place: Place) -> None:
    """Nobody is hostile: the same card of the same pile is scanned twice; one undo takes that card's mark back."""
    place.crash("T3")
    place.stop("S", "T3")
    place.wait(2_000)
    place.scan_cards("S", "T3", 302)
    place.wait(2_000)
    place.scan_cards("S", "T3", 302)
    place.finish("S")
    place.wait(3_000)
    assert place.ask_undo("S", 302)
    place.wait(2_000)
    assert not place.marked("T2", 302)


def test_a_decision_on_other_words_leaves_a_request_to_the_next_holder(place: Place, thief: Thief) -> None:
    """The thief, as the holder, decides on table 1's request as if it were another voter's; who takes its book decides."""
    place.ask("T1", 301)
    place.say_the_rest("T1")
    thief.say(thief.write(decision(made_by(place, "T1").id, 302, hold_of(place, 3))))
    place.take_over("T3", "T2")
    place.wait(5_000)
    assert place.shown("T1") == "Green"


@pytest.mark.parametrize("what", ["withdrawn", "another voter's"])
def test_a_request_that_two_have_granted_unseen_can_be_given_up(what: str) -> None:
    """The thief grants its own request unseen, gives its book to table 1, which grants it, too; then it is withdrawn, or is
    another voter's: nobody stops."""
    place = Place().morning()
    thief = Thief(place)
    made, hold = thief.request(301), hold_of(place, 3)
    thief.say(thief.write(e.Give(3, hold, place.core("T1").run, thief.vector()), decision(made.id, 301, hold)))
    place.wait(1_000)
    assert place.holders(3) == {"T1.1"}
    thief.say(Ask(made))
    place.wait(1_000)
    thief.say(thief.write(e.Withdrawn(made.id) if what == "withdrawn" else check_in(made.id, 302)))
    place.wait(1_000)
    place.serve("T1", 101)


def green_at_table_2(place: Place, voter: int) -> str:
    """Table 2 shows green for a voter, and the ballots are not handed out yet; the request's id."""
    place.ask("T2", voter)
    place.deliver()
    place.say_the_rest("T2")
    assert place.shown("T2") == "Green"
    return made_by(place, "T2").id


def test_a_green_on_the_screen_can_not_be_undone(place: Place, thief: Thief) -> None:
    """The thief says in its log that table 2 is off, with a signature that is none: no undo of its green is offered."""
    green_at_table_2(place, 102)
    hold = hold_of(place, 1)
    thief.say(thief.write(e.Stop(2, ("T2.1",), thief.vector(), "0" * 128), e.View(2, thief.vector())))
    thief.say(thief.write(e.Card(2, "T2.1", 102)))
    place.wait(1_000)
    assert not place.ask_undo("S", 102)
    assert hold_of(place, 1) == hold
    place.hand_out("T2")
    place.wait(1_000)
    assert [mark.table for mark in place.core("S").ledger.marks(102)] == [2]


def test_a_thief_of_the_assistants_device_undoes_no_green_on_the_screen() -> None:
    """It says that nothing was handed out at table 2, which shows green: the holder waits, and what is handed out stands."""
    place = Place().morning()
    assistant = Thief(place, "T1")
    target = green_at_table_2(place, 302)
    assistant.say(assistant.write(undo(f"{assistant.run}/950", target, 302, handed_out=False)))
    place.wait(2_000)
    assert place.shown("T2") == "Green"
    assert place.decided("T3") == ["granted"]
    place.hand_out("T2")
    place.wait(2_000)
    assert place.marked("S", 302)
    assert place.refuses("T3", 302)


def test_an_undo_of_a_secretary_who_was_stopped_is_not_open_for_ever(place: Place) -> None:
    """The secretary, unheard, asks for an undo; her node is named by a stop. Back again, it says what became of it."""
    place.cut_off("S")
    assert place.ask_undo("S", 101)
    place.crash("S")
    place.heal()
    place.wait(5_000)
    place.stop("T1", "S")
    place.finish("T1")
    place.wait(2_000)
    place.restart("S")
    place.wait(5_000)
    assert [undo.state for undo in place.core("S").situation.undos] == [UndoState.UNDONE]
    assert {place.marked(name, 101) for name in ("S", "T1", "T2", "T3")} == {False}


def test_a_found_card_whose_undo_is_asked_for_twice_is_decided_twice(place: Place) -> None:
    """The secretary asks for it twice before the holder is heard: the second is refused, and not open for ever."""
    place.crash("T3")
    place.take_over("T3", "T2", 302)
    place.hold("S", "T2")
    place.hold("T1", "T2")
    assert place.ask_undo("S", 302)
    assert place.ask_undo("S", 302)
    assert [undo.state for undo in place.core("S").situation.undos] == [UndoState.ASKED] * 2
    place.heal()
    place.wait(5_000)
    assert sorted(undo.state for undo in place.core("S").situation.undos) == [UndoState.REFUSED, UndoState.UNDONE]
    assert not place.marked("T1", 302)


def test_a_card_that_was_scanned_stands_whatever_a_thief_says(place: Place, thief: Thief) -> None:
    """302's card was found at table 3. The thief says there that it was asked for and given up, in the stopped run and in a new
    one, and that it is undone: the voter is refused everywhere."""
    place.take_over("T3", "T2", 302)
    spot = next(found.spot for found in place.core("S").ledger.found(302))
    made = thief.request(302)
    thief.say(thief.write(made, e.Withdrawn(made.id), undo(f"{thief.run}/990", spot, 302)))
    thief.say(thief.start(withdrawn=(made.id,)))
    made = thief.request(302)
    thief.say(thief.write(made, decision(made.id, 302, hold_of(place, 3)), e.Withdrawn(made.id)))
    for _ in range(2):
        place.wait(3_000)
        assert place.refuses("T1", 302)
        assert place.refuses("T2", 302)
        place.crash("S", "T1", "T2")
        place.restart("S", "T1", "T2")


def test_a_table_that_was_locked_gives_up_what_it_waited_for(place: Place) -> None:
    """Table 2 waits for the holder, its clerk cancels, and it is locked and unlocked; what it said comes late. Nobody is
    marked, and the voter is served at another table."""
    place.ask("T2", 102)
    place.pass_time_at("T2", limits.WAIT_SHOWN_MS)
    assert place.shown("T2") == "Waiting"
    place.touch("T2", "cancel")
    place.order("T2", "lock")
    place.order("T2", "unlock")
    place.deliver()
    place.wait(5_000)
    assert not place.marked("T1", 102)
    place.serve("T3", 102)


def test_what_a_table_lost_after_it_was_unlocked_can_be_undone(place: Place) -> None:
    """Table 2 is locked and unlocked; its power fails between the next ask and its commit. The secretary undoes that grant, and
    the voter is served there."""
    place.order("T2", "lock")
    place.wait(1_000)
    place.order("T2", "unlock")
    place.wait(3_000)
    place.scan("T2", 102)
    place.devices["T2"].fails = True
    place.approve("T2")
    place.deliver()
    assert place.marked("T1", 102)
    place.restart("T2")
    place.wait(5_000)
    assert place.ask_undo("S", 102)
    place.wait(2_000)
    place.serve("T2", 102)


def test_a_table_asks_again_after_it_gave_up(place: Place) -> None:
    """Table 2's power fails at a green; nothing was handed out, its clerk says, and serves the voter again. The holder, who
    lacks that word, waits for it, and does not name table 2's own mark."""
    green_at_table_2(place, 102)
    place.crash("T2")
    place.restart("T2")
    assert place.shown("T2") == "Unresolved"
    place.deafen("T1")
    place.touch("T2", "no")
    place.wait_until(lambda: place.shown("T2") == "Ready")
    place.heal()
    place.ask("T2", 102)
    place.deliver()
    place.wait(3_000)
    assert place.shown("T2") == "Green"
    place.hand_out("T2")
    place.wait(1_000)
    assert [mark.table for mark in place.core("S").ledger.marks(102)] == [2]


# --- others' names --------------------------------------------------------------------------------------------------------


def refused_by_thief(place: Place, thief: Thief, reason: str, **more: int) -> s.Message:
    """What table 2 shows when the thief, as the holder, refuses voter 302."""
    place.ask("T2", 302)
    place.say_the_rest("T2")
    no = decision(made_by(place, "T2").id, 302, hold_of(place, 3), REFUSED)
    thief.say(thief.write(msgspec.structs.replace(no, reason=reason, **more)))
    place.wait(1_000)
    shown = place.content("T2")
    assert s.shows(shown, s.Kind.REFUSED)
    return shown


def test_a_refusal_names_no_honest_table_for_a_mark_that_is_not_there(place: Place, thief: Thief) -> None:
    """The thief, as the holder, refuses table 2's voter as served at table 1: table 2 names whose word that is."""
    shown = refused_by_thief(place, thief, "already_marked", table=1, marked_ms=made_up.MORNING_MS + 60_000)
    assert "3" in shown.reason + shown.remedy, shown


@pytest.mark.parametrize("reason", ["not_on_list", "struck_off", "postal_vote", "referred"])
def test_a_refusal_names_the_holder_whose_word_it_is(place: Place, thief: Thief, reason: str) -> None:
    """The thief, as the holder, refuses table 2's voter for a reason that nobody else knows: the screen names table 3."""
    shown = refused_by_thief(place, thief, reason)
    assert "table 3" in (shown.reason + shown.remedy).lower(), shown


def test_a_referral_names_the_table_that_made_it(place: Place, thief: Thief) -> None:
    """The thief refers a voter who has given no wrong date anywhere: table 2's screen names table 3, as the documents say."""
    thief.say(thief.write(e.Referred(104)))
    place.wait(1_000)
    place.scan("T2", 104)
    shown = place.content("T2")
    assert s.shows(shown, s.Kind.REFERRED)
    assert "table 3" in (shown.reason + shown.remedy).lower(), shown


def of_the_spare(bodies: tuple[e.Body, ...]) -> Batch:
    """What who has table 2's spare card writes with it."""
    seq, last, raws = 0, made_up.FIRST_PREV, []
    for seq, body in enumerate(bodies, 1):
        data = e.encode_entry(e.Entry("T2.2-00000000000000aa", seq, last, made_up.MORNING_MS, body))
        last = e.entry_hash(data)
        raws.append(msgspec.Raw(data))
    signature = made_up.keys("T2.2").sign(e.batch_signed(last))
    return Batch("T2.2-00000000000000aa", 1, tuple(raws), signature.hex())


def test_a_spare_in_a_drawer_hides_no_table(place: Place) -> None:
    """Who has table 2's spare card writes one start with it: table 2, which serves voters, is still on the overview."""
    before = place.overview("S")
    for name in ("S", "T1", "T2", "T3"):
        place._put(name, Heard("T2.2", of_the_spare((e.Start(),))))
    place.wait(2_000)
    after = place.overview("S")
    assert any(text == before[name] for name, text in after.items() if "2" in name), (before, after)


def test_a_book_given_to_a_disk_in_a_drawer_blames_no_table(place: Place, thief: Thief) -> None:
    """The thief gives its book to table 2's spare: the voter's screen does not say that table 2 is silent, which serves."""
    for name in ("S", "T1", "T2"):
        place._put(name, Heard("T2.2", of_the_spare((e.Start(),))))
    place.wait(1_000)
    thief.say(thief.write(e.Give(3, hold_of(place, 3), "T2.2-00000000000000aa", thief.vector())))
    place.wait(1_000)
    assert place.holders(3) == {"T2.2"}
    place.ask("T1", 301)
    place.wait(3_000)
    shown = place.content("T1")
    assert s.shows(shown, s.Kind.WAITING)
    assert shown.headline != "Table 2 does not answer"
