"""`valgbord chair` in a place with real nodes: a table's list is moved with codes, and given back."""

import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from process_tools import card, may_vote, serve, valgbord

from kiosk.domain import screens as s
from kiosk.domain.texts import text
from kiosk.simulated.place import SimulatedPlace


@pytest.fixture
def place():
    """The secretary's node and two tables, whose poll is open."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(SimulatedPlace(folder, folder, tables=2, voters=60, seed=3, brokers=1)) as place:
        place.start()
        for node in place.nodes.values():
            node.place, node.voters = place.code, place.voters
        yield place


def test_a_locked_tables_list_is_moved_and_given_back(place):
    """Stop, scan, finish, give: a code is typed for the stop, the PIN for what needs no code, and each code works once."""
    one, two = place.table(1), place.table(2)
    mine = {voter.number for voter in place.voters if voter.book == 2}
    found, served, _, later, *_ = [number for number in may_vote(one) if number in mine]

    def chair(node, *words, typed="", fails=False):
        done = valgbord("chair", "--socket", node.socket, *words, typed=typed)
        assert (done.returncode, "Traceback" in done.stderr) == (1 if fails else 0, False), done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    chair(two, "--pin", place.pin, "lock")
    code = place.next_chair_code()
    wrong = chair(one, "stop", "--off", "T2", typed=f"{code[:-1]}\n", fails=True)
    assert "Error: " in wrong
    assert "did not come" not in wrong
    assert code[:-1] not in wrong
    assert chair(one, "stop", "--off", "T2", typed=f"{code[:17]}\n{code[17:]}\n").endswith("Now `scan-cards`, then `finish`\n")
    told = f"T2: all 1 lines were read. {text('scanned_last', 'da', f'{found:07,}'.replace(',', ' '), 1)}\n"
    assert chair(one, "scan-cards", "T2", typed=f"{card(one, found)}\n") == told
    assert chair(one, "finish") == f"{text('moved', 'da')}. {text('moved_text', 'da', 2)}\n"
    assert chair(one, "finish") == "Nothing was to be finished here\n"
    assert "did not come" not in chair(one, "stop", "--off", "T2", typed=f"{code}\n", fails=True)
    with one.screen() as screen:
        screen.showing(s.Ready)
        one.scanner.scan(card(one, found))
        assert screen.showing(s.Kind.REFUSED).content.code == "A1"
        screen.touch("next")
        screen.showing(s.Ready)
        assert isinstance(serve(screen, one, served).content, s.Green)
        screen.touch("next")
        screen.showing(s.Ready)
    chair(two, "--pin", place.pin, "unlock")
    with two.screen() as screen:
        screen.showing(s.Ready)
    assert chair(one, "--pin", place.pin, "give", "2", "T2") == "List 2 is given to T2\n"
    assert "Bord 2" in chair(one, "--pin", place.pin, "overview")
    with two.screen() as screen:
        screen.showing(s.Ready)
        assert isinstance(serve(screen, two, later).content, s.Green)
