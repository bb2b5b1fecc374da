"""The display as a process of its own, off screen, with a scripted node: what is drawn, written down and said at the end."""

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from display_node import WAIT_S, Node
from display_screens import Screens

from kiosk import limits
from kiosk.domain.screens import Beat, Green, Kind, Message, Ready, Sign, Tone, VoterShown
from kiosk.remote.screen_client import ScreenClient
from kiosk.simulated.table import SimulatedTable
from tests.process.process_tools import card, import_list, may_vote, open_poll

PING_S = 1.0  # seconds between the display's words to systemd

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
    refused = (Kind.REFUSED, Tone.BAD, Sign.BAR, "Allerede afmærket", "Kontakt", "A1")
    refusals = [made.of(Message(headline, *refused)) for headline in ("Ingen", "Ingen", "Stop")]
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


def test_a_window_that_hangs_answers_no_beat_and_tells_systemd_nothing(start, node, tmp_path, monkeypatch):
    """A full pipe stops the window's loop, and the socket's thread goes on. Then it is emptied, and all goes on."""
    timings, told = tmp_path / "timings", tmp_path / "notify"
    os.mkfifo(timings)
    pipe = os.open(timings, os.O_RDWR | os.O_NONBLOCK)
    monkeypatch.setenv("NOTIFY_SOCKET", str(told))
    made = Screens()
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(told))
        systemd.settimeout(WAIT_S)
        start(node, timings=timings)
        node.shown(made.ready())
        assert {systemd.recv(100), systemd.recv(100)} == {b"READY=1\n", b"WATCHDOG=1\n"}
        node.beat()
        assert node.answer() == Beat()
        filled = fill(pipe)
        node.shown(made.voter())  # the last that it says before it writes down when
        drain(systemd)
        node.beat()
        assert select.select([systemd, node.connection], [], [], 3 * PING_S)[0] == []
        while filled > 0:
            filled -= len(os.read(pipe, filled))
        node.beat()
        assert node.answer() == Beat()
        assert systemd.recv(100) in (b"READY=1\n", b"WATCHDOG=1\n")
    os.close(pipe)


def fill(pipe):
    """Write until it takes no more; how many bytes."""
    written = 0
    for size in (4096, 1):
        with suppress(BlockingIOError):
            while True:
                written += os.write(pipe, b"x" * size)
    return written


def drain(receiver):
    while select.select([receiver], [], [], 0)[0]:
        receiver.recv(100)


def test_the_unit_has_systemd_watch_the_display():
    """Killed without a core dump, since a voter's name may be in its memory, and with time for ten of its words."""
    unit = (Path(__file__).parents[2] / "systemd" / "valgbord-display.service").read_text()
    lines = unit.splitlines()
    assert {"Type=notify", "Restart=always", "WatchdogSignal=SIGKILL", f"WatchdogSec={10 * PING_S:g}"} <= set(lines)


@pytest.fixture
def shown():
    """The display's program in this process, at the small window, and a hand at it; give it the node's socket."""
    from display_hand import Hand

    from kiosk.display.program import Program

    running = []

    def begin(path):
        hand = Hand((800, 480))
        hand.stage.close()
        program = Program(path, None, None)
        hand.stage = program._stage
        running.append((hand, program))
        program._link.start()
        return hand

    yield begin
    for hand, program in running:
        program._link.stop()
        hand.close()


def test_the_voter_leaves_when_the_node_is_gone_and_comes_back_with_it(shown, node):
    """Amber words of its own after half a second, then the node's screen again, acknowledged again."""
    hand = shown(node.path)
    screen = Screens().voter()
    node.accept()
    node.show(screen)
    hand.until(lambda: hand.root.screen == screen)
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


def test_a_green_stays_for_a_while_when_the_node_is_gone(shown, node, monkeypatch):
    """It holds, so the voter in front gets the ballots; it can't be touched, and then the name goes, as from any screen."""
    monkeypatch.setattr(limits, "GREEN_STAYS_S", 2.0)
    hand = shown(node.path)
    node.accept()
    node.show(Screens().green())
    hand.until(lambda: is_drawn(hand, Green))
    node.hang_up()
    hand.until(lambda: any("Bordets program svarer ikke (D1)" in text for text in hand.rendered()))
    assert {"Udlevér hvid og gul", "Lise Holm", "hvid", "gul"} <= set(hand.rendered())
    assert hand.touchables() == []
    assert hand.cut() == []
    hand.until(lambda: "Bordets program svarer ikke" in hand.rendered())
    assert "Lise Holm" not in hand.rendered()


def stop_and_go(node):
    """Stop a process; what is returned lets it go on."""
    node.send_signal(signal.SIGSTOP)
    return lambda: node.send_signal(signal.SIGCONT)


@pytest.fixture
def table():
    """A real node's table, whose green stands until it is touched."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(SimulatedTable(folder, folder)) as made:
        made.provision(clear_after_s="60")
        import_list(made)
        yield made


def test_a_green_can_be_read_while_its_node_is_stopped(table, shown, tmp_path):
    """A real node is stopped: the band, and green's own words; a touch and Enter send nothing. It goes on with the same screen,
    which can be touched."""
    with table.node() as node, ScreenClient(table.socket, draws=False) as other:
        open_poll(other, table)
        hand = shown(table.socket)
        table.scanner.scan(card(table, may_vote(table)[0]))
        hand.until(lambda: is_drawn(hand, VoterShown))
        hand.tap("Godkend og udlevér stemmeseddel")
        hand.until(lambda: is_drawn(hand, Green))
        green, place = hand.root.screen, hand.key("Næste vælger").center
        words = {green.content.headline, green.content.name, *(ballot.colour_name for ballot in green.content.ballots)}
        other.until(lambda screen: screen.number >= green.number)
        go = stop_and_go(node)
        try:
            hand.until(lambda: any("Bordets program svarer ikke (D1)" in text for text in hand.rendered()))
            hand.frame()
            assert words <= set(hand.rendered())
            hand.stage.picture(tmp_path / "stopped.png")
            hand.frame()
            hand.lift(hand.press(place))
            hand.stage.window.dispatch("on_key_down", 13, 0, "", [])
            hand.stage.window.dispatch("on_key_up", 13, 0)
            hand.frame()
        finally:
            go()
        hand.until(lambda: is_drawn(hand, Green) and hand.touchables())
        assert hand.root.screen == green
        assert other.next_within(1.0) is None, "nothing was touched"
        hand.tap("Næste vælger")
        hand.until(lambda: is_drawn(hand, Ready))


def test_a_voter_is_covered_while_the_node_is_stopped(table, shown):
    """Any other screen goes, and comes back with its number; what is touched then counts."""
    with table.node() as node, ScreenClient(table.socket, draws=False) as other:
        open_poll(other, table)
        hand = shown(table.socket)
        table.scanner.scan(card(table, may_vote(table)[0]))
        hand.until(lambda: is_drawn(hand, VoterShown))
        voter = hand.root.screen
        go = stop_and_go(node)
        try:
            hand.until(lambda: "Bordets program svarer ikke" in hand.rendered())
            hand.frame()
            assert hand.touchables() == []
            assert voter.content.name not in hand.rendered()
        finally:
            go()
        hand.until(lambda: is_drawn(hand, VoterShown))
        assert hand.root.screen == voter
        hand.tap("Godkend og udlevér stemmeseddel")
        hand.until(lambda: is_drawn(hand, Green))


def is_drawn(hand, kind):
    """Whether a frame with such a screen of the node's has been shown."""
    return isinstance(hand.root.screen and hand.root.screen.content, kind) and hand.root.drawn
