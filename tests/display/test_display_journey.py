"""A morning at the real window: an X server, the display's process, and a mouse and keyboard that X itself moves."""

import os
import shutil
import signal
import subprocess
import sys

import pytest
from display_node import WAIT_S, Node
from display_screens import Screens

from kiosk.domain.screens import Touch, touched

MISSING = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)} missing: apt-get install xvfb xdotool")

START = """
import sys
from pathlib import Path
from kiosk.display.app import run
run(Path(sys.argv[1]), (1280, 800), False, None, None)
"""
RIGHT, LEFT = (920, 744), (176, 744)
SECOND_ANSWER = (530, 624)


@pytest.fixture
def display_number():
    """An X server of our own, with a number that it chooses itself."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(WAIT_S)


@pytest.fixture
def at_the_table(display_number, tmp_path):
    """The display's process in that window, connected to the test's node."""
    node = Node(tmp_path / "screen.socket")
    kept = {name: value for name, value in os.environ.items() if name not in ("KIVY_HOME", "SDL_VIDEODRIVER")}
    environ = kept | {"DISPLAY": display_number, "SDL_VIDEO_WINDOW_POS": "0,0", "LIBGL_ALWAYS_SOFTWARE": "1"}
    display = subprocess.Popen([sys.executable, "-c", START, str(node.path)], env=environ)
    try:
        node.accept()
        yield node, Person(environ)
        display.send_signal(signal.SIGTERM)
        assert display.wait(WAIT_S) == 0
    finally:
        display.kill()
        display.wait()
        node.close()


class Person:
    """Moves the real pointer and presses real keys."""

    def __init__(self, environ):
        self.environ = environ

    def do(self, *arguments):
        subprocess.run(["xdotool", *map(str, arguments)], env=self.environ, check=True, timeout=WAIT_S)

    def click(self, at):
        self.do("mousemove", *at, "click", 1)

    def press(self, *keys):
        self.do("key", "--delay", 120, *keys)  # as a hand does, not a scanner


def test_a_morning(at_the_table):
    """Two voters are approved, one by mouse and one by keyboard, and one is cancelled."""
    node, person = at_the_table
    made = Screens()
    node.shown(made.ready())

    voter = made.voter()
    node.shown(voter)
    person.click(SECOND_ANSWER)
    person.click(RIGHT)
    assert node.answer() == touched(voter, "approve", how="shown")

    green = made.green()
    node.shown(green)
    person.do("sleep", 0.3)  # no one reads a screen in the time of a double tap
    person.press("Return")
    assert node.answer() == Touch(green.asks, "next")

    keyed = made.birth_date(number="nr. 004 183")
    node.shown(keyed)
    person.do("sleep", 0.3)
    person.press("1", "4", "0", "3", "1", "9", "6", "9", "BackSpace", "8", "Return")
    assert node.answer() == touched(keyed, "approve", "14031968", "spoken")

    third = made.voter(number="nr. 004 184")
    node.shown(third)
    person.do("sleep", 0.3)
    person.click(LEFT)
    assert node.answer() == Touch(third.asks, "cancel")

    fourth = made.voter(number="nr. 004 185")
    node.shown(fourth)
    person.do("sleep", 0.3)
    person.press("Escape")
    assert node.answer() == Touch(fourth.asks, "cancel")
