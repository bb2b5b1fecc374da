"""Node and display are two processes: either survives the other's death, and no display can harm the node."""

import json
import os
import select
import signal
import socket
from contextlib import closing, contextmanager

import pytest
from process_tools import card, differences, exported, may_vote, memory_kb, opened, scan_until_shown, serve, show

from kiosk import limits, wiring
from kiosk.domain import screens as s
from kiosk.node import Scanned
from kiosk.service.loop import Service
from kiosk.trust.bundle import Bundle

PATIENCE_S = 20


@pytest.fixture
def running(table):
    """A table that serves, with its node's process and a well-behaved display: (table, node, client)."""
    opened(table)
    with table.node() as node, table.screen(draws=True) as client:
        client.showing(s.Ready)
        yield table, node, client


@contextmanager
def raw(table):
    """A connection to the node's socket that says what it likes."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
        connection.settimeout(PATIENCE_S)
        connection.connect(str(table.socket))
        yield connection


def first_line(connection):
    """The first whole line that comes."""
    received = b""
    while b"\n" not in received:
        data = connection.recv(limits.MESSAGE_BYTES)
        assert data, "the node closed the connection"
        received += data
    return json.loads(received.partition(b"\n")[0])


def is_dropped(connection):
    """Wait until the node closes the connection."""
    try:
        while connection.recv(limits.MESSAGE_BYTES):
            pass
    except ConnectionResetError:
        pass
    return True


def touch(screen, word, value="", how=""):
    return b'{"type":"Touch","asks":%d,"touch":"%s","values":{"pad":"%s","how":"%s"}}\n' % (
        screen, word.encode(), value.encode(), how.encode(),
    )  # fmt: skip


def test_what_is_touched_comes_before_what_is_scanned_meanwhile(table):
    """Both wait when the node looks, after a turn that a scan began: the touch is not one on an old screen."""
    bundle = Bundle.load(table.bundle)
    view = wiring.view_of(bundle.plan, bundle.device.name)
    service = Service(
        bundle, table.data, table.socket, view, wiring.node_maker(bundle), wiring.worker_command(bundle, table.data)
    )
    with raw(table) as display:
        service._wait(None)
        service.inbox.put(Scanned("one"))
        service._wait(None)
        assert service._inputs() == [Scanned("one")]
        display.sendall(b'{"type":"Drawn","screen":1}\n')
        service.inbox.put(Scanned("another"))
        service._wait(None)
        assert service._inputs() == [s.Drawn(1), Scanned("another")]
    service.stop()
    service.run()


# --- the real display -----------------------------------------------------------------------------------------------


class Drawings:
    """The numbers of the screens that a real display has drawn, as it writes them down: awaited, not polled."""

    def __init__(self, path):
        os.mkfifo(path)
        self.path = path
        self._file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self._held = os.open(path, os.O_WRONLY)  # so that a killed display is not the end of the file
        self._rest = b""
        self._numbers = []

    def until(self, number):
        """Wait until a screen of this number or a later one has been drawn."""
        while not self._numbers or self._numbers[-1] < number:
            assert select.select([self._file], [], [], PATIENCE_S)[0], f"screen {number} was not drawn"
            *lines, self._rest = (self._rest + os.read(self._file, 65_536)).split(b"\n")
            self._numbers += [int(line.split()[0]) for line in lines]

    def close(self):
        os.close(self._file)
        os.close(self._held)


@pytest.fixture
def off_screen(monkeypatch):
    """No screen to draw on: the display draws in memory."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def test_the_display_survives_the_nodes_kill_and_the_node_the_displays(table, off_screen):
    """The node is killed and comes back: the same display draws again. The display is killed: the node serves on, and a
    new display draws what is shown now."""
    opened(table)
    first, second, third = may_vote(table)[:3]
    with closing(Drawings(table.folder / "drawn")) as drawn, table.display("--timings", drawn.path) as display:
        with table.node() as node, table.screen() as client:
            drawn.until(client.showing(s.Ready).number)
            green = serve(client, table, first)
            assert isinstance(green.content, s.Green)
            drawn.until(green.number)
            scan_until_shown(client, table, second)  # the display has said that the green was drawn
            node.kill()
        with table.node(), table.screen() as client:
            drawn.until(client.showing(s.Ready).number)
            assert display.poll() is None
            drawn.until(serve(client, table, second).number)
            drawn.until(scan_until_shown(client, table, third).number)
            display.kill()
            display.wait()
            client.touch("approve")
            green = client.next()
            with table.display("--timings", drawn.path):
                drawn.until(green.number)
    assert differences([first, second, third], exported(table)) == []


# --- displays that come and go --------------------------------------------------------------------------------------


def test_a_new_display_gets_the_whole_current_screen_at_once(running):
    """Whatever was shown before it came, it needs nothing else to draw."""
    table, _, client = running
    shown = show(client, table, may_vote(table)[0])
    with table.screen() as new:
        assert new.next() == shown


def test_a_display_that_lost_its_node_finds_the_restarted_one(table):
    """After a kill the connection is closed, and connecting again leads to the new node's screen, of a higher number."""
    opened(table)
    with table.node() as node, table.screen(draws=True) as client:
        before = client.showing(s.Ready)
        node.kill()
        with pytest.raises(ConnectionError):
            client.next()
    with table.node(), table.screen(draws=True) as client:
        after = client.showing(s.Ready)
    assert after.number > before.number, "a touch made on a screen of the dead node is an old one"


def test_more_displays_than_can_be_connected_are_turned_away(running):
    """The displays that are there stay, the one too many is closed, and a place that becomes free can be taken."""
    table, _, client = running
    others = [table.screen() for _ in range(limits.DISPLAYS - 1)]
    for other in others:
        other.next()
    with raw(table) as one_too_many:
        assert is_dropped(one_too_many)
    assert isinstance(serve(client, table, may_vote(table)[0]).content, s.Green)
    for other in others:
        assert isinstance(other.showing(s.Green).content, s.Green)
        other.close()
    with table.screen() as new:
        assert isinstance(new.next().content, s.Green)


def test_a_display_that_never_reads_holds_nobody_up_and_costs_no_memory(running):
    """Hundreds of screens that it does not take: the clerk's display gets each, and the node keeps one for the other."""
    table, node, client = running
    voters = may_vote(table)
    with raw(table) as deaf:
        serve(client, table, voters[0])
        client.touch("next")
        client.showing(s.Ready)
        before = memory_kb(node.pid)
        for _ in range(1_000):
            client.touch("type")
            client.next()
            client.touch("number", str(voters[1]))
            client.next()
            client.touch("cancel")
            client.showing(s.Ready)
        last = client.screen
        assert memory_kb(node.pid) - before < 3_000
        received = b""
        while f'"number":{last.number},'.encode() not in received:
            data = deaf.recv(limits.MESSAGE_BYTES)
            assert data
            received += data
    assert isinstance(serve(client, table, voters[2]).content, s.Green)


# --- displays that say something wrong ------------------------------------------------------------------------------

NONSENSE = {
    "no JSON": b"hello\n",
    "no text": b"\xff\xfe\x00\n",
    "an empty line": b"\n",
    "another type": b'{"type":"Screen","number":1}\n',
    "no type": b'{"asks":1,"touch":"approve"}\n',
    "an unknown key": b'{"type":"Touch","asks":1,"touch":"approve","voter":1}\n',
    "a word for a number": b'{"type":"Touch","asks":"1","touch":"approve"}\n',
    "a value too long": b'{"type":"Touch","asks":1,"touch":"number","values":{"pad":"' + b"7" * 201 + b'"}}\n',
    "too many values": b'{"type":"Touch","asks":1,"touch":"pin","values":%s}\n'
    % json.dumps(dict.fromkeys("abcdefghi", "7")).encode(),
    "a name too long": b'{"type":"Touch","asks":1,"touch":"pin","values":{"' + b"n" * 33 + b'":"7"}}\n',
    "a control character": b'{"type":"Touch","asks":1,"touch":"pin","values":{"pad":"7\\n"}}\n',
    "a turned direction": b'{"type":"Touch","asks":1,"touch":"pin","values":{"pad":"\\u202e7"}}\n',
    "half a character": b'{"type":"Touch","asks":1,"touch":"pin","values":{"pad":"\\ud800"}}\n',
    "a line too long": b" " * (limits.ANSWER_BYTES + 1) + b'{"type":"Drawn","screen":1}\n',
    "a line without end": b"7" * (limits.ANSWER_BYTES + 1),
    "a list in a list in a list": b'{"a":' + b"[" * 1_010 + b"\n",
    "a very deep list": b'{"a":' + b"[" * 60_000 + b"\n",
}


@pytest.mark.parametrize("nonsense", NONSENSE.values(), ids=NONSENSE)
def test_a_display_that_sends_nonsense_is_dropped_and_nothing_else_changes(running, nonsense):
    """Its connection is closed; the node, the other displays and what is shown stay."""
    table, node, client = running
    voter = may_vote(table)[0]
    show(client, table, voter)
    with raw(table) as wrong:
        first_line(wrong)
        wrong.sendall(nonsense)
        assert is_dropped(wrong)
    client.touch("approve")
    assert isinstance(client.next().content, s.Green)
    assert node.poll() is None


MEANINGLESS = [
    ("approve", "", "by telephone"),
    ("fly", "", ""),
    ("yes", "", ""),
    ("pin", "0000", ""),
    ("open_poll", "", ""),
    ("number", "1", ""),
    ("", "", ""),
    ("menu", "", ""),
]


def test_touches_that_the_screen_does_not_offer_are_dropped(running):
    """Well-formed, of the right screen, and still nothing that can be touched on it: nothing happens."""
    table, node, client = running
    shown = show(client, table, may_vote(table)[0])
    with raw(table) as strange:
        first_line(strange)
        for word, value, how in MEANINGLESS:
            strange.sendall(touch(shown.asks, word, value, how))
        strange.sendall(touch(2**70, "approve") + touch(-1, "approve"))
        strange.sendall(touch(shown.asks, "cancel"))
        assert isinstance(client.next().content, s.Ready), "of all these only the last was a button"
    assert node.poll() is None


def test_touches_of_an_older_screen_are_dropped(running):
    """A double tap and a late tap approve nobody: one voter is approved once, the next one not at all."""
    table, _, client = running
    first, second, third = may_vote(table)[:3]
    with raw(table) as late:
        first_line(late)
        shown = show(client, table, first)
        late.sendall(touch(shown.asks, "approve") * 3)
        assert isinstance(client.next().content, s.Green)
        green = client.screen
        late.sendall(touch(green.asks, "next"))
        client.showing(s.Ready)
        next_shown = show(client, table, second)
        assert next_shown.number > shown.number
        late.sendall(touch(shown.asks, "approve") + touch(next_shown.asks - 1, "approve"))
        late.sendall(touch(next_shown.asks, "cancel"))
        assert isinstance(client.next().content, s.Ready), "the old touches came first and did nothing"
    assert isinstance(serve(client, table, third).content, s.Green)
    assert differences([first, third], exported(table)) == []


def test_a_touch_that_comes_byte_by_byte_is_one_touch(running):
    """How a line is cut into packets makes no difference."""
    table, _, client = running
    shown = show(client, table, may_vote(table)[0])
    with raw(table) as slow:
        for byte in touch(shown.asks, "approve"):
            slow.sendall(bytes([byte]))
        assert isinstance(client.next().content, s.Green)


def test_half_a_touch_is_no_touch(running):
    """A display that dies within a line has approved nothing."""
    table, _, client = running
    shown = show(client, table, may_vote(table)[0])
    with raw(table) as dying:
        dying.sendall(touch(shown.asks, "approve")[:-1])
    client.touch("cancel")
    assert isinstance(client.next().content, s.Ready)


def test_many_lines_in_one_packet_are_read_in_their_order(running):
    """Thousands of old touches and, after them, the one that counts."""
    table, node, client = running
    shown = show(client, table, may_vote(table)[0])
    before = memory_kb(node.pid)
    with raw(table) as busy:
        busy.sendall(touch(1, "approve") * 50_000 + touch(shown.asks, "approve"))
        assert isinstance(client.next().content, s.Green)
    assert memory_kb(node.pid) - before < 5_000


def test_a_node_that_is_told_to_stop_stops_and_leaves_no_socket(table):
    """SIGTERM, twice as an impatient technician sends it: status 0, no words of alarm, and nobody waits at a dead socket."""
    opened(table)
    with table.node() as node, table.screen(draws=True) as client:
        client.showing(s.Ready)
        node.send_signal(signal.SIGTERM)
        node.send_signal(signal.SIGTERM)
        assert node.wait(PATIENCE_S) == 0
        assert not table.socket.exists()
        assert "Traceback" not in (table.logs / "node-table-1.log").read_text()
    table.scanner.scan(card(table, may_vote(table)[0]))  # into nothing
