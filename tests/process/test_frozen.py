"""A node or a display that is stopped, as one that hangs: what the others see of it, and what becomes of touches."""

import signal
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from process_tools import exported, may_vote, open_poll, show

from kiosk import limits
from kiosk.domain import screens as s
from kiosk.domain.texts import text
from kiosk.simulated.place import SimulatedPlace


@contextmanager
def stopped(process):
    """The process does nothing meanwhile."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def test_a_touch_from_before_a_long_silence_is_to_be_made_again(table):
    """The display has said meanwhile that nobody answers: the node drops it, and the screen still stands and can be touched."""
    with table.node() as node, table.screen(draws=True) as client:
        open_poll(client, table)
        voter = show(client, table, may_vote(table)[0])
        with stopped(node):
            client.touch("approve")
            assert client.next_within(limits.NODE_SILENT_S + limits.BEAT_S) is None
        assert client.next_within(1.0) is None
        assert client.screen == voter
        client.touch("approve")
        assert isinstance(client.answer().content, s.Green)
    assert sum(b'\\"kind\\":\\"request\\"' in line for line in exported(table)) == 1


def test_a_touch_in_a_short_silence_counts(table):
    """A second without the node is no reason to touch again."""
    with table.node() as node, table.screen(draws=True) as client:
        open_poll(client, table)
        show(client, table, may_vote(table)[0])
        with stopped(node):
            client.touch("approve")
            assert client.next_within(1.0) is None
        assert isinstance(client.answer().content, s.Green)


@pytest.fixture
def place():
    """The secretary's node and two tables, whose poll is open."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(SimulatedPlace(folder, folder, tables=2, voters=20, seed=3)) as place:
        place.start()
        yield place


@pytest.fixture
def overview(place):
    """The secretary's screen, at the overview."""
    with place.secretary.screen() as screen:
        place.chair(screen, place.secretary).overview()
        yield screen


def row_of(screen, name):
    return next((line.text, line.tone) for line in screen.content.rows if line.name == name)


def test_the_overview_tells_of_a_display_that_hangs_and_of_one_that_is_not_there(place, overview, monkeypatch):
    """Red while table 1's display is stopped, and serving again when it goes on; then it is killed, and a new one comes, which
    draws what is shown now."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    serves = (text("stance_serving", "da"), s.Tone.GOOD)
    hangs, none = ((text(f"display_{how}", "da"), s.Tone.BAD) for how in ("hangs", "none"))
    name, table = text("node_table", "da", 1), place.table(1)
    overview.until(lambda screen: row_of(screen, name) == none)  # no display has come yet
    with table.display("--pictures", place.folder / "before") as display:
        overview.until(lambda screen: row_of(screen, name) == serves)
        with stopped(display):
            overview.until(lambda screen: row_of(screen, name) == hangs)
        overview.until(lambda screen: row_of(screen, name) == serves)
        display.kill()
    overview.until(lambda screen: row_of(screen, name) == none)
    table.show(place.folder / "after")
    overview.until(lambda screen: row_of(screen, name) == serves)
    table.await_picture("ready")
    assert list((place.folder / "after").glob("*-ready.png"))


def test_who_only_looks_on_is_no_display(place, overview):
    """A command at the table's socket answers no beats: it is no screen that hangs, and none that is there."""
    name = text("node_table", "da", 1)
    with place.table(1).screen() as looker:
        looker.next()
        overview.until(lambda screen: row_of(screen, name) == (text("display_none", "da"), s.Tone.BAD))
