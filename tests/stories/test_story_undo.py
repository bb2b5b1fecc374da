"""Stories of marks that are taken back: by the secretary or the assistant, and decided by the voter's own holder."""

import pytest
from place import NOT_OFFERED, Place, batch_of

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.node import Heard
from tests import made_up


def test_the_secretary_takes_a_mark_back(place: Place) -> None:
    """Not while the table serves the voter: once the ballots were handed out. Then the voter may be served again."""
    place.ask("T3", 201)
    place.deliver()
    place.say_the_rest("T3")
    assert not place.ask_undo("S", 201), "table 3 is serving this voter"
    place.hand_out("T3")
    place.touch("T3", "next")
    place.wait(2_000)
    assert place.ask_undo("S", 201)
    place.wait(2_000)
    assert place.decided("T2") == ["granted", "granted"]
    assert not place.marked("T1", 201)
    place.serve("T1", 201)


def test_secretary_and_table_are_told_once_of_an_undo(place: Place) -> None:
    """The overview says whom the undo waits for, and then what became of it; table 3, whose mark it was, says so too, until it
    is touched away. After a restart nobody is told again."""
    place.serve("T3", 201)
    place.wait(1_000)
    place.hold("S", "T2")
    place.hold("T3", "T2")
    place.hold("T1", "T2")
    assert place.ask_undo("S", 201)
    (line, *_) = place.content("S").rows
    assert (line.name, line.text) == ("no. 000 201", "the mark from table 3: the undo waits for table 2")
    assert place.devices["S"].screens[-1].right is None, "what is waited for can't be touched away"
    place.heal()
    place.wait(2_000)
    assert place.content("S").rows[0].text == "the mark from table 3 is undone"
    assert place.content("T3").notice == "The mark of no. 000 201 has been undone"
    assert place.content("T1").notice == ""
    place.touch("S", "pick seen")
    place.touch("T3", "noted")
    place.wait(1_000)
    assert all(line.name != "no. 000 201" for line in place.content("S").rows)
    assert place.content("T3").notice == ""
    place.crash("T3")
    place.restart("T3")
    place.wait(3_000)
    assert place.content("T3").notice == ""
    assert place.vector("T1") == place.vector("T3"), "it stays in the log"


def test_a_table_does_not_promise_ballots_to_who_has_another_mark(place: Place) -> None:
    """An island goes on though it was named: a conflict. The secretary undoes the first of the two marks, and that table's
    screen says where the other one stands; then that one too, and the voter can get ballots."""
    place.cut_off("T2")
    place.wait(6_000)
    place.order("T2", "island")
    place.take_over("T2", "T1")
    place.serve("T3", 201)
    place.serve("T2", 201)
    place.heal()
    place.wait(6_000)
    assert place.ask_undo("S", 201)
    place.wait(2_000)
    assert place.content("T3").remedy.startswith("The voter still has a mark: table 2 at ")
    assert place.ask_undo("S", 201)
    place.wait(2_000)
    assert place.content("T3").remedy == "The voter can get ballots again."


def test_the_secretary_is_told_of_a_mark_that_stands_since_its_table_is_serving(place: Place) -> None:
    """Table 3 has served a voter, whom table 1 is serving now, by a fault: the undo of the first mark promises no ballots."""
    place.serve("T3", 201)
    one, two = place.core("T1").books, place.core("T2").books
    id_ = one.request_id()
    two.write(e.Decision(id_, 201, ("byraad",), two.books.chain(2).last.hold, e.Outcome.GRANTED), place.now)
    one.write(e.Request(id_, e.Op.CHECK_IN, 201, ("byraad",)), place.now)
    place.wait(2_000)
    assert len(place.chair("S").marks(201)) == 1
    place.touch("S", "pick 1")
    assert place.content("S").headline.endswith("another mark still stands")
    one.write(e.Withdrawn(id_), place.now)
    place.wait(2_000)
    assert place.content("S").headline.endswith("the voter can get ballots again")


def test_an_undo_that_the_table_overtakes_is_told(place: Place) -> None:
    """Nobody at table 3 knew; the secretary undoes the mark as one under which nothing was handed out. Then table 3's clerk
    finds out that it was: the mark stands, and the overview says so."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.crash("T3")
    place.restart("T3")
    place.touch("T3", "unsure")
    place.wait(4_000)
    assert place.ask_undo("S", 201)
    place.wait(2_000)
    assert not place.marked("S", 201)
    place.order("T3", "lock")
    place.order("T3", "unlock")
    assert place.content("T3").explanation.startswith("The secretary has undone this mark; the voter may have been served")
    place.touch("T3", "yes")
    place.wait(4_000)
    assert place.marked("S", 201)
    assert "stands: the table says now that ballots were handed out" in place.content("S").rows[0].text


def test_the_secretary_takes_back_the_mark_of_a_table_that_has_stopped(place: Place) -> None:
    """Table 3 stops before it shows the green: attested stopped, it serves nobody, and its mark may be taken back."""
    place.ask("T3", 201)
    place.deliver_only("T3", "T2")
    place.hold("T2", "T3")
    place.say_the_rest("T3")
    place.crash("T3")
    place.wait(1_000)
    assert not place.ask_undo("S", 201), "nobody has said that table 3 is off"
    assert place.content("S").said().endswith(place.say("marks_none_text"))
    place.take_over("T3", "S")
    assert place.ask_undo("S", 201)
    place.wait(2_000)
    assert place.decided("T2") == ["granted", "granted"]
    place.serve("T1", 201)


def test_the_mark_of_a_crash_is_taken_back(place: Place) -> None:
    """Table 3's ask goes out, and it loses its power before the commit: its card knows of no request, and nothing was handed
    out. The voter is refused everywhere until the secretary undoes it."""
    place.scan("T3", 201)
    place.devices["T3"].fails = True
    place.approve("T3")
    place.deliver()
    assert place.decided("T2") == ["granted"]
    assert not place.ask_undo("S", 201), "table 3 may be about to show green"
    place.restart("T3")
    assert place.shown("T3") != "Unresolved", "its own log knows of no request"
    place.wait(5_000)
    assert place.refuses("T1", 201)
    assert place.ask_undo("S", 201)
    place.wait(2_000)
    assert place.decided("T2") == ["granted", "granted"]
    (undo,) = place.bodies("S", e.Request)
    assert isinstance(undo, e.Request)
    assert not undo.handed_out
    place.serve("T3", 201)


def test_a_card_that_was_found_is_taken_back(place: Place) -> None:
    """A card was scanned in a dead table's pile by mistake; the assistant takes that mark back, and the voter is served."""
    place.crash("T2")
    place.take_over("T2", "T3", 201)
    assert place.refuses("T3", 201)
    assert place.ask_undo("T1", 201)
    place.chair("T1").leave()
    place.wait(2_000)
    assert place.core("T1").ledger.totals().found == 0
    assert not any(place.marked(name, 201) for name in place.running())
    place.serve("T1", 201)


def test_a_card_that_is_found_beside_an_undo_stands(place: Place) -> None:
    """Table 2's voter is served, which is taken back; served again by table 2 as an island, which stops. The card that is
    found then is the second one's."""
    place.serve("T2", 201)
    place.wait(1_000)
    assert place.ask_undo("S", 201)
    place.wait(2_000)
    assert not place.marked("T1", 201)
    place.cut_off("T2")
    place.wait(6_000)
    place.order("T2", "island")
    place.serve("T2", 201)
    place.crash("T2")
    place.heal()
    place.take_over("T2", "T1", 201)
    assert place.marked("T1", 201)
    assert place.refuses("T1", 201)


def test_only_the_secretary_and_the_assistant_undo(place: Place) -> None:
    """Table 3 is not offered it; a request to undo that it writes all the same, by a fault, is decided by nobody."""
    place.serve("T2", 201)
    with pytest.raises(NOT_OFFERED):
        place.ask_undo("T3", 201)
    (target,) = [case.id for case in made_up.of_voter(place.core("S").ledger, 201)]
    books = place.core("T3").books
    assert books.ask_undo(201, target, False, place.now) == ""
    books.write(e.Request(books.request_id(), e.Op.UNDO, 201, ("byraad",), target=target, handed_out=True), place.now)
    place.wait(2_000)
    assert place.decided("T2") == ["granted"]
    assert place.marked("S", 201)
    assert place.ask_undo("T1", 201)


def test_an_undo_of_what_has_changed_is_refused(place: Place) -> None:
    """Secretary and assistant both undo one mark, unheard by each other: the first is granted, and the second is told."""
    place.serve("T3", 201)
    place.hold("S", "T1")
    place.hold("T2", "S")
    place.hold("T2", "T1")
    place.hold("T3", "S")
    place.hold("T3", "T1")
    assert place.ask_undo("S", 201)
    assert place.ask_undo("T1", 201)
    place.heal()
    place.wait(3_000)
    assert sorted(place.decided("T2")) == ["granted", "granted", "refused"]
    told = [place.overview(name)["no. 000 201"] for name in ("S", "T1")]
    assert sum("is undone" in line for line in told) == 1
    assert sum("refuses" in line for line in told) == 1


def test_an_undo_is_of_the_voter_it_names(place: Place) -> None:
    """The secretary's node, in a thief's hands, asks to undo voter 201's mark under 202's name: it is refused, or never
    decided; the mark stands."""
    place.serve("T3", 201)
    (target,) = [case.id for case in made_up.of_voter(place.core("S").ledger, 201)]
    books = place.core("S").books
    books.write(e.Request(books.request_id(), e.Op.UNDO, 202, ("byraad",), target=target, handed_out=True), place.now)
    place.wait(2_000)
    assert place.decided("T2") == ["granted", "refused"]
    assert place.marked("T1", 201)
    assert place.refuses("T1", 201)


def test_an_undo_waits_for_the_voters_new_holder(place: Place) -> None:
    """Table 2 is dead when the secretary undoes its voter's mark: whoever gets its list decides it, and nobody else can."""
    place.serve("T3", 201)
    place.crash("T2")
    assert place.ask_undo("S", 201)
    place.wait(3_000)
    (undo,) = place.bodies("S", e.Request)
    assert isinstance(undo, e.Request)
    books = place.core("T3").books
    hold = books.books.chain(2).last.hold
    books.write(e.Decision(undo.id, 201, undo.elections, hold, e.Outcome.GRANTED, target=undo.target), place.now)
    place.wait(1_000)
    assert place.marked("S", 201)
    place.take_over("T2", "T1")
    assert place.decided("T1") == ["granted"]
    assert not place.marked("S", 201)
    place.serve("T1", 201)


def test_an_undo_says_whether_ballots_were_handed_out(place: Place) -> None:
    """An undo that says nothing was handed out, of a mark that says it was, is refused: nobody undoes by an old page."""
    place.serve("T3", 201)
    (target,) = [case.id for case in made_up.of_voter(place.core("S").ledger, 201)]
    books = place.core("S").books
    books.write(e.Request(books.request_id(), e.Op.UNDO, 201, ("byraad",), target=target), place.now)
    place.wait(2_000)
    assert place.decided("T2") == ["granted", "refused"]
    assert place.marked("T1", 201)


def test_an_undo_of_what_is_not_issued_yet_waits(place: Place) -> None:
    """The undo says that ballots were handed out, and the holder has not heard so: it decides once it has."""
    place.ask("T3", 201)
    place.deliver()
    place.say_the_rest("T3")
    place.hold("T3", "T2")
    place.hand_out("T3")
    place.touch("T3", "next")
    place.wait(500)
    place.held |= {("S", "T2"), ("T1", "T2")}
    place.wait(500)
    assert place.ask_undo("S", 201)
    own = [row for row in place.devices["S"].disk if row.run == place.core("S").run]
    place.hear("T2", "S", batch_of(own[-1:]))
    assert place.decided("T2") == ["granted"]
    place.heal()
    place.wait(3_000)
    assert place.decided("T2") == ["granted", "granted"]
    assert not place.marked("T1", 201)


def test_totals_count_what_was_undone(place: Place) -> None:
    """The count of ballots handed out is less by what was undone, at all nodes; what was granted and withdrawn is told."""
    place.serve("T3", 201)
    place.serve("T3", 202)
    assert place.ask_undo("S", 201)
    place.wait(2_000)
    assert {str(place.core(name).ledger.totals().issued) for name in place.devices} == {"{'byraad': 1}"}


def test_an_undo_says_no_more_than_was_read(place: Place) -> None:
    """The page says that nothing was handed out at table 3, which is off; while the PIN is keyed, its log comes and says that
    it was. Nothing is undone: the voter has the ballots, and nobody has said that they are back. The secretary is told why."""
    place.ask("T3", 201)
    place.deliver()
    place.cut_off("T3")
    place.hand_out("T3")
    place.crash("T3")
    place.take_over("T3", "S")
    place.chair("S").marks(201)
    place.touch("S", "pick 1")
    assert "NOTHING was handed out" in place.content("S").headline
    rows = [row for row in place.devices["T3"].disk if row.run in place.runs_on("T3")]
    pin = s.touched(place.devices["S"].screens[-1], "pin", made_up.PIN)
    place._put("S", Heard("T3.1", batch_of(rows)), pin)
    assert place.bodies("S", e.Request) == []
    assert (place.shown("S"), place.content("S").said()) == ("NotDone", place.say("not_done_mark_changed"))
    place.touch("S", "cancel")
    assert place.shown("S") == "Overview"
    place.wait(2_000)
    assert place.refuses("T1", 201)


def test_a_new_spare_of_the_assistants_undoes_nothing_before_it_is_a_member(place: Place) -> None:
    """The assistant's card is lost, and its spare is put in while only table 2 hears it. It is offered no undo: who asks for
    one serves voters too, and a stop of table 2 would not wait for a card of which its author knows nothing (rule F)."""
    place.serve("T2", 201)
    place.put_in_spare("T1")
    place.split("T1", "T2")
    place.restart("T1")
    place.wait(4_000)
    with pytest.raises(NOT_OFFERED):
        place.ask_undo("T1", 201)
    (target,) = [case.id for case in made_up.of_voter(place.core("T1").ledger, 201)]
    assert place.core("T1").books.ask_undo(201, target, True, place.now) == ""
    place.chair("T1").leave()
    place.scan("T1", 203)
    assert (place.shown("T1"), place.is_member("T1")) == ("NotReady", False)
    place.heal()
    place.stop("S", "T1.1")
    place.finish("S")
    place.wait(4_000)
    assert place.is_member("T1")
    assert place.ask_undo("T1", 201)
    place.wait(2_000)
    assert not place.marked("S", 201)
