"""The display as a process of its own, off screen, with a scripted node: what is drawn, written down and said at the end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from display_node import WAIT_S, Node
from display_screens import Screens

from kiosk.domain.screens import Refused

START = """
import sys
from pathlib import Path
from kiosk.display.app import run
socket, pictures, timings = (Path(argument) if argument else None for argument in sys.argv[1:])
run(socket, (800, 480), False, pictures, timings)
"""


@pytest.fixture
def start():
    """Starts displays that connect to a node; whatever a failed test leaves is ended."""
    started = []

    def begin(node, pictures="", timings=""):
        kept = {name: value for name, value in os.environ.items() if name not in ("KIVY_HOME", "DISPLAY")}
        command = [sys.executable, "-c", START, str(node.path), str(pictures), str(timings)]
        display = subprocess.Popen(command, env=kept | {"SDL_AUDIODRIVER": "dummy"}, stderr=subprocess.PIPE, text=True)
        started.append(display)
        node.accept()
        return display

    yield begin
    for display in started:
        display.kill()
        display.communicate()


def end(display):
    """What it says on stderr, and its exit code."""
    _, said = display.communicate(timeout=WAIT_S)
    return said, display.returncode


def resident_mb(pid):
    """Memory that the process holds now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.fixture
def node(tmp_path):
    made = Node(tmp_path / "screen.socket")
    yield made
    made.close()


def test_pictures_and_timings_are_written_and_sigterm_ends_it(start, node, tmp_path):
    """A picture of each kind, of refusals of each headline, a line for each drawn screen, and a quiet end."""
    pictures, timings = tmp_path / "pictures", tmp_path / "timings"
    display = start(node, pictures, timings)
    made = Screens()
    refusals = [made.of(Refused(headline, "Allerede registreret", "Kontakt", "A1")) for headline in ("Ingen", "Ingen", "Stop")]
    drawn = [made.ready(), made.voter(), made.voter(), *refusals]
    for screen in drawn:
        node.shown(screen)
    memory_mb = resident_mb(display.pid)
    display.send_signal(signal.SIGTERM)
    assert end(display) == ("", 0)
    assert sorted(file.name for file in pictures.iterdir()) == [
        "01-ready.png",
        "02-voter_shown.png",
        "03-refused.png",
        "04-refused.png",
    ]
    lines = [list(map(int, line.split())) for line in timings.read_text().splitlines()]
    assert [number for number, _, _ in lines] == [screen.number for screen in drawn]
    assert all(received <= shown for _, received, shown in lines)
    assert memory_mb < 180


def test_an_error_shows_stop_and_ends_for_the_service_to_start_it_again(start, node):
    """A disk that takes nothing breaks a callback; the process ends, not at once, and says where but no voter."""
    display = start(node, timings="/dev/full")
    began = time.monotonic()
    node.show(Screens().voter())
    said, code = end(display)
    assert code == 1
    assert said.startswith("display: OSError at record.py:")
    assert "Holm" not in said
    assert "Traceback" not in said
    assert time.monotonic() - began > 2.5


def test_a_display_whose_node_has_left_ends_when_told(start, tmp_path):
    """A signal that comes while the window is still being made is not lost."""
    node = Node(tmp_path / "later.socket")
    display = start(node)
    node.close()
    display.send_signal(signal.SIGTERM)
    assert end(display) == ("", 0)


def test_the_voter_leaves_when_the_node_is_gone_and_comes_back_with_it(node):
    """In process: amber words of its own after half a second, then the node's screen again, acknowledged again."""
    from display_hand import Hand

    from kiosk.display.program import Program

    hand = Hand((800, 480))
    hand.stage.close()
    program = Program(node.path, None, None)
    hand.stage = program._stage
    screen = Screens().voter()
    program._link.start()
    try:
        node.accept()
        node.show(screen)
        hand.until(lambda: hand.face.screen == screen)
        assert "Lise Holm" in hand.rendered()
        node.hang_up()
        hand.until(lambda: "Bordets program svarer ikke" in hand.rendered())
        assert not [text for text in hand.rendered() if "Holm" in text or "1968" in text]
        assert "BORD 3" in hand.rendered()
        assert hand.cut() == []
        node.accept()
        node.show(screen)
        hand.until(lambda: "Lise Holm" in hand.rendered())
        assert node.answer().screen == screen.number
    finally:
        program._link.stop()
        hand.close()
