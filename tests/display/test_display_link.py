"""The display's end of the socket, against a real one: reconnecting, nonsense, and the newest screen."""

import queue
import time

import pytest
from display_node import WAIT_S, Node
from display_screens import Screens

from kiosk import limits
from kiosk.display.link import LinkError, NodeLink, newest
from kiosk.domain.screens import Beat, Drawn, Touch, encode, touched


@pytest.fixture
def path(tmp_path):
    return tmp_path / "screen.socket"


@pytest.fixture
def node(path):
    made = Node(path)
    yield made
    made.close()


@pytest.fixture
def news():
    return queue.Queue()


@pytest.fixture
def link(path, news):
    made = NodeLink(path, lambda: news.put(None))
    made.start()
    yield made
    made.stop()


def next_screen(link, news):
    """The next screen that the link has; waits for it."""
    while True:
        news.get(timeout=WAIT_S)
        arrival = link.take()
        if arrival is not None:
            return arrival


def test_a_screen_comes_and_answers_go_back(node, link, news):
    """One line each way."""
    node.accept()
    screen = Screens().voter()
    node.show(screen)
    arrival = next_screen(link, news)
    assert (arrival.screen, arrival.connection) == (screen, 1)
    assert arrival.received_ns <= time.monotonic_ns()
    link.send(Drawn(screen.number), arrival.connection)
    link.send(touched(screen, "approve", how="spoken"), arrival.connection)
    assert node.answer() == Drawn(screen.number)
    assert node.answer() == touched(screen, "approve", how="spoken")


def test_only_the_newest_of_several_screens_is_kept(node, link, news):
    """A display that was busy never draws what no longer holds."""
    node.accept()
    made = Screens()
    voter, green = made.voter(), made.green()
    node.show(voter, green)
    assert next_screen(link, news).screen == green
    assert link.take() is None


def test_a_screen_in_pieces_is_put_together(node, link, news):
    """Byte by byte, and with the beginning of the next one behind it."""
    node.accept()
    made = Screens()
    first, second = encode(made.voter()) + b"\n", encode(made.green()) + b"\n"
    for at in range(0, len(first), 7):
        node.connection.sendall(first[at : at + 7])
    node.connection.sendall(second[:20])
    assert next_screen(link, news).screen.number == 1
    node.connection.sendall(second[20:])
    assert next_screen(link, news).screen.number == 2


def test_after_a_break_it_connects_again_and_old_answers_are_dropped(node, link, news):
    """What was touched or drawn over the lost connection is not said over the new one."""
    node.accept()
    made = Screens()
    node.show(made.voter())
    old = next_screen(link, news)
    node.hang_up()
    news.get(timeout=WAIT_S)
    assert link.take() is None
    assert link.silent_for(time.monotonic() + 60) > 59
    link.send(Touch(1, "approve"), old.connection)
    node.accept()
    node.show(made.voter())
    new = next_screen(link, news)
    assert link.silent_for(time.monotonic()) == 0
    link.send(Drawn(1), old.connection)
    link.send(Drawn(2), new.connection)
    assert node.answer() == Drawn(2)


def test_a_beat_is_there_once_for_the_window_to_answer(node, link, news):
    """The thread hears it and answers nothing by itself: a window that hangs must not seem to go on."""
    node.accept()
    node.show(Screens().voter())
    next_screen(link, news)
    node.beat()
    news.get(timeout=WAIT_S)
    assert (link.take(), link.take_beat(), link.take_beat()) == (None, True, False)
    link.send(Drawn(1))
    assert node.answer() == Drawn(1)


def test_a_node_that_goes_on_has_the_same_screen_and_hears_no_touch_of_meanwhile(node, link, news):
    """After seconds without a word it counts as silent; its next beat brings back what stood there, on the same connection."""
    node.accept()
    node.show(Screens().voter())
    before = next_screen(link, news)
    news.get(timeout=WAIT_S)
    assert link.take() is None
    assert link.silent_for(time.monotonic()) >= limits.NODE_SILENT_S
    link.send(Touch(1, "approve"), before.connection)
    node.beat()
    assert next_screen(link, news) == before
    assert link.silent_for(time.monotonic()) == 0
    link.send(Touch(1, "cancel"), before.connection)
    assert node.answer() == Touch(1, "cancel")


def test_beats_keep_a_node_heard(node, link, news):
    """A screen may stand for minutes."""
    node.accept()
    node.show(Screens().ready())
    next_screen(link, news)
    until = time.monotonic() + limits.NODE_SILENT_S + 1
    while time.monotonic() < until:
        node.beat()
        news.get(timeout=WAIT_S)
        assert link.silent_for(time.monotonic()) == 0
        time.sleep(limits.BEAT_S)


def test_a_screen_counts_more_than_the_beats_around_it():
    """What came in one piece is read as one."""
    screen, beat = Screens().green(), encode(Beat()) + b"\n"
    assert newest(beat + encode(screen) + b"\n" + beat) == (screen, b"")
    assert newest(beat + beat + b"{") == (Beat(), b"{")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\n",
        b"null\n",
        b"\xff\xfe\n",
        b'{"number":1}\n',
        b"[" * 30_000 + b"\n",
        b"x" * (limits.MESSAGE_BYTES + 1),
        encode(Touch(1, "approve")) + b"\n",
        b'{"type":"Beat","screen":1}\n',
    ],
    ids=["empty", "null", "not-utf8", "no-strip", "deep", "endless", "touch", "beat-with-more"],
)
def test_nonsense_drops_the_connection_and_the_next_one_works(node, link, news, garbage):
    """No byte from the socket can end the display."""
    node.accept()
    node.connection.sendall(garbage)
    assert node.lines.readline() == b""
    node.hang_up()
    node.accept()
    screen = Screens().ready()
    node.show(screen)
    assert next_screen(link, news).screen == screen


def test_it_waits_for_a_node_that_is_not_there_yet(path, news):
    """The display may start first."""
    link = NodeLink(path, lambda: news.put(None))
    link.start()
    late = Node(path)
    try:
        late.accept()
        late.show(Screens().ready())
        assert next_screen(link, news).screen.number == 1
    finally:
        link.stop()
        late.close()


def test_a_failure_of_the_thread_reaches_the_window(node, path):
    """A fault in the thread is raised where the window takes its screens, so that it is seen and ended."""
    told = queue.Queue()

    def broken_once():
        told.put(None)
        if told.qsize() == 1:
            raise RuntimeError("broken")

    link = NodeLink(path, broken_once)
    link.start()
    node.accept()
    node.show(Screens().ready())
    deadline = time.monotonic() + WAIT_S
    while told.qsize() < 2 and time.monotonic() < deadline:
        link.silent_for(0)
    with pytest.raises(RuntimeError, match="broken"):
        link.take()
    link.stop()


def test_the_line_bound_is_exact():
    """A line of the bound's length is read as a line; one byte more is refused before it is whole."""
    with pytest.raises(LinkError, match="no screen"):
        newest(b" " * limits.MESSAGE_BYTES + b"\n")
    assert newest(b" " * limits.MESSAGE_BYTES) == (None, b" " * limits.MESSAGE_BYTES)
    with pytest.raises(LinkError, match="too long"):
        newest(b" " * (limits.MESSAGE_BYTES + 1))
