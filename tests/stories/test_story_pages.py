"""Stories of the chair's pages at real nodes: what they say is so, and what people are likely to do wrong is told."""

from place import Place

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from tests import made_up


def board(place: Place, name: str) -> s.Board:
    """The page that a node shows."""
    content = place.content(name)
    assert isinstance(content, s.Board)
    return content


def test_the_poll_is_opened_at_a_table_and_the_table_is_ready() -> None:
    """From the table's own screen; nothing is to be left by hand afterwards, there or elsewhere."""
    place = Place().started()
    place.touch("T2", "open_poll")
    place.touch("T2", "go")
    place.touch("T2", "number", made_up.code(1))
    assert board(place, "T2").headline == "Open the poll (code 1)"
    place.wait(3_000)
    assert [place.shown(name) for name in ("T1", "T2", "T3")] == ["Ready"] * 3
    place.serve("T2", 201)


def test_a_misread_card_of_a_pile_is_not_lost_among_the_others(place: Place) -> None:
    """The page says so; a card whose mark is known is told as read, and writes nothing."""
    place.serve("T2", 201)
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(2_000)
    place.touch("T1", "pick T2.1")
    place.scan_text("T1", "123")
    assert board(place, "T1").warning == "That is no polling card of this place. Try again."
    place.scan("T1", 201)
    assert (board(place, "T1").notice, board(place, "T1").warning) == ("No. 000 201 is in. Scanned: 0", "")
    place.scan("T1", 202)
    assert board(place, "T1").notice == "No. 000 202 is in. Scanned: 1"
    assert [body.voter for body in place.bodies("T1", e.Card)] == [202]


def test_a_move_that_is_done_says_so(place: Place) -> None:
    """Tick, scan the code, scan the cards, done: the page tells which list is here now, until somebody goes back."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(2_000)
    assert place.content("T1").headline == "Move list here (code 2)"
    told = place.chair("T1").finish()
    assert told.startswith("Moved here. The list of table 2 is now kept here.")
    place.wait(3_000)
    assert board(place, "T1").headline == "Moved here"
    place.touch("T1", "cancel")
    assert place.overview("T1")["Table 2"].endswith("its list is kept by table 1")


def test_a_move_that_goes_on_elsewhere_is_not_called_done(place: Place) -> None:
    """Table 3 uses the next code meanwhile: table 1 says where it goes on, and moves nothing."""
    place.crash("T2")
    place.wait(5_000)
    place.hold("S", "T1")
    place.stop("T1", "T2")
    place.wait(1_000)
    assert (
        place.overview("T3")["Code 2"]
        == "under way at Table 1 (off or locked: Table 2). If Table 1 does not answer, use the next code"
    )
    place.chair("T3").leave()
    place.stop("T3", "T2")
    place.wait(2_000)
    place.finish("T3")
    place.wait(2_000)
    assert (board(place, "T1").headline, board(place, "T1").text) == (
        "Nothing was moved here",
        "Code 3 was used at table 3: go there.",
    )
    assert place.holders(2) == {"T3.1"}


def test_after_a_power_cut_everywhere_the_screens_lead_to_the_code(place: Place) -> None:
    """All start again, and nobody is a member: no table is called silent that answers, and the next code opens again."""
    for name in list(place.devices):
        place.crash(name)
    place.restart(*place.devices)
    place.wait(4_000)
    place.ask("T1", 201)
    place.wait(6_000)
    assert place.content("T1").headline == "None of the tables can answer yet"
    place.touch("T1", "cancel")
    overview = place.chair("S").overview()
    assert overview.items[0] == s.Button("pick stop", "Open again after a power cut")
    place.stop("S")
    place.finish("S")
    place.wait(4_000)
    place.serve("T1", 202)


def test_a_table_that_has_just_started_is_not_called_silent(place: Place) -> None:
    """Table 2 waits for table 3, which is off: whoever asks it is told that it has just started, and it says whom it awaits."""
    place.crash("T3", "T2")
    place.restart("T2")
    place.wait(4_000)
    place.ask("T1", 201)
    place.wait(6_000)
    assert place.content("T1").headline == "Table 2 has just started and can't answer yet"
    place.ask("T2", 202)
    place.wait(6_000)
    waiting = place.content("T2")
    assert isinstance(waiting, s.Waiting)
    assert waiting.text.startswith("Waiting to hear from: Table 3.")
    assert place.overview("S")["Table 2"] == "serves voters, waits for the others"


def test_a_stop_that_its_table_left_is_found_again_everywhere(place: Place) -> None:
    """Table 1 restarts in the middle: its own overview, and every other, say that the code was not finished."""
    place.crash("T2")
    place.stop("T1", "T2")
    place.wait(1_000)
    place.crash("T1")
    place.restart("T1")
    place.wait(3_000)
    assert place.overview("T1")["Code 2"] == "was not finished: use the next code, and tick again"
    place.chair("T1").leave()
    assert place.overview("T3")["Code 2"] == "was not finished: use the next code, and tick again"
    place.chair("T3").leave()
    place.ask("T3", 201)
    place.wait(6_000)
    assert place.content("T3").headline == "Table 2's list is being moved"
