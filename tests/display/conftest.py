"""One off-screen Kivy window for the whole run: Kivy can have only one, and must find its settings before it is imported."""

import os
import tempfile
from pathlib import Path

import pytest
from display_screens import SIZES

from kiosk.display import environment

os.environ["SDL_VIDEODRIVER"] = "offscreen"
os.environ["SDL_AUDIODRIVER"] = "dummy"
_folder = tempfile.TemporaryDirectory(prefix="valgbord-tests-")
environment.prepare((1280, 800), fullscreen=False, home=Path(_folder.name))


@pytest.fixture(params=SIZES, ids=["1280x800", "800x480"])
def hand(request):
    """A clerk's hand and eyes at the real window, in both sizes."""
    yield from _hand(request.param)


@pytest.fixture
def small_hand():
    """The same, in the small window only, for what does not depend on the size."""
    yield from _hand((800, 480))


def _hand(size):
    from display_hand import Hand

    made = Hand(size)
    yield made
    made.close()


@pytest.fixture(scope="session", autouse=True)
def _kivy_home():
    yield
    _folder.cleanup()
