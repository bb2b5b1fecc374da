"""The link through real brokers: what is sent arrives once, whatever becomes of one broker; nothing that comes in stops it."""

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from kiosk import limits
from kiosk.simulated.broker import SimulatedBroker, free_port
from kiosk.sync.connection import Broker
from kiosk.sync.link import Arrived, Gone, Link
from kiosk.sync.topics import OFFLINE, Kind, parse_topic

PREFIX = "valg/4701"
_WAIT_S = 20.0


class Loop:
    """Several links in one loop, and what came in at each."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.links: dict[str, Link] = {}
        self.came: dict[str, list[Arrived | Gone]] = {}

    def add(self, name: str, *brokers: SimulatedBroker) -> Link:
        """Start a node's link, and wait until it has every broker."""
        self.came[name] = []
        addresses = [Broker("127.0.0.1", broker.port) for broker in brokers]
        link = self.links[name] = Link(PREFIX, name, addresses, self.selector, self.came[name].append)
        link.start()
        self.until(lambda: link.connected() == len([broker for broker in brokers if broker.process is not None]))
        return link

    def until(self, holds: Callable[[], bool]) -> None:
        """Run the loop until something holds."""
        end = time.monotonic() + _WAIT_S
        while not holds():
            assert time.monotonic() < end, "it did not come about in time"
            pause = min(link.tick() for link in self.links.values())
            for key, mask in self.selector.select(min(pause, 0.2)):
                key.data(mask)

    def fence(self, sender: str, name: str) -> None:
        """Wait until what `sender` sends now has come to `name` by every broker, and so all that it sent before."""
        payload = f"fence {time.monotonic_ns()}".encode()
        self.links[sender].send(Kind.WANT, payload, name)
        self.until(lambda: Arrived(Kind.WANT, sender, payload) in self.came[name])

    def close(self) -> None:
        for link in self.links.values():
            link.close()
        self.selector.close()


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[tuple[SimulatedBroker, SimulatedBroker]]:
    made = SimulatedBroker(tmp_path, free_port()), SimulatedBroker(tmp_path, free_port())
    for broker in made:
        broker.start()
    yield made
    for broker in made:
        broker.stop()


def arrived(loop: Loop, name: str, kind: Kind) -> list[bytes]:
    return [came.payload for came in loop.came[name] if isinstance(came, Arrived) and came.kind is kind]


def test_what_is_sent_to_all_arrives_once_at_each_through_two_brokers(
    loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]
) -> None:
    """A log batch goes out through both brokers: every other node is given it once, and its sender not at all."""
    for name in ("T1.1", "T2.1", "T3.1"):
        loop.add(name, *brokers)
    loop.links["T1.1"].send(Kind.LOG, b"batch one")
    loop.links["T1.1"].send(Kind.LOG, b"batch two")
    for name in ("T2.1", "T3.1"):
        loop.fence("T1.1", name)
        loop.fence(name, "T1.1")
        assert arrived(loop, name, Kind.LOG) == [b"batch one", b"batch two"]
    assert arrived(loop, "T1.1", Kind.LOG) == []


def test_the_same_words_said_again_arrive_again(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """A want that is repeated by its sender is no repeat of the network's."""
    loop.add("T1.1", *brokers)
    loop.add("T2.1", *brokers)
    for _ in range(3):
        loop.links["T1.1"].send(Kind.WANT, b"from 7", "T2.1")
        loop.fence("T1.1", "T2.1")
    assert arrived(loop, "T2.1", Kind.WANT).count(b"from 7") == 3


def test_a_want_reaches_only_whom_it_is_for(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """T1 asks T2; T3 hears nothing of it."""
    for name in ("T1.1", "T2.1", "T3.1"):
        loop.add(name, *brokers)
    loop.links["T1.1"].send(Kind.WANT, b"from 7", "T2.1")
    loop.fence("T1.1", "T2.1")
    loop.fence("T1.1", "T3.1")
    assert b"from 7" in arrived(loop, "T2.1", Kind.WANT)
    assert b"from 7" not in arrived(loop, "T3.1", Kind.WANT)


def test_either_broker_may_die_and_come_back(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """The first dies: messages go on through the second. It comes back, the second dies: they go on through the first."""
    for name in ("T1.1", "T2.1"):
        loop.add(name, *brokers)
    for number, broker in enumerate(brokers):
        broker.stop()
        loop.until(lambda: all(link.connected() == 1 for link in loop.links.values()))
        loop.links["T1.1"].send(Kind.LOG, b"while %d is dead" % number)
        loop.fence("T1.1", "T2.1")
        broker.start()
        loop.until(lambda: all(link.connected() == 2 for link in loop.links.values()))
    assert arrived(loop, "T2.1", Kind.LOG) == [b"while 0 is dead", b"while 1 is dead"]


def test_both_ends_send_at_once(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """TCP_NODELAY is set on the node's sockets, and in the configuration that the brokers run with."""
    link = loop.add("T1.1", *brokers)
    for connection in link.connections:
        opened = connection._client.socket()
        assert opened is not None
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    for broker in brokers:
        text = (broker.folder / f"mosquitto-{broker.port}.conf").read_text(encoding="utf-8")
        assert "\nset_tcp_nodelay true" in text


def test_a_node_is_gone_when_every_broker_says_so(
    loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker], tmp_path: Path
) -> None:
    """T2 has both brokers, T3 only the second. T3 ends: gone. T2 loses one connection: not gone; both: gone."""
    loop.add("T1.1", *brokers)
    second = loop.add("T2.1", *brokers)
    second.send(Kind.HEAD, b"a head")
    loop.until(lambda: arrived(loop, "T1.1", Kind.HEAD) == [b"a head"])
    second.connections[0].close()
    loop.fence("T2.1", "T1.1")
    assert Gone("T2.1") not in loop.came["T1.1"]
    second.connections[1].close()
    loop.until(lambda: Gone("T2.1") in loop.came["T1.1"])


def test_a_node_that_comes_later_sees_the_last_heads(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """Heads are retained: a node that starts knows at once who was there."""
    loop.add("T1.1", *brokers).send(Kind.HEAD, b"head of T1")
    loop.add("T2.1", *brokers)
    loop.until(lambda: arrived(loop, "T2.1", Kind.HEAD) == [b"head of T1"])


def test_junk_on_the_topics_stops_nothing(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """A stranger publishes to topics that are none, empty payloads and bytes that are no text; real messages go on."""
    loop.add("T1.1", *brokers)
    loop.add("T2.1", *brokers)
    stranger = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    stranger.connect("127.0.0.1", brokers[0].port)
    stranger.loop_start()
    for topic in (
        "log/x/y",
        "log/",
        "want/T9.1/T2.1/more",
        "ask/T2.1",
        "head/",
        "head/T9.1/x",
        "give/T9.1/T1.1",
        "log/" + "å" * 60,
    ):
        for payload in (b"", b"\xff\xfe\x00", b"x" * 70_000):
            stranger.publish(f"{PREFIX}/{topic}", payload, qos=1).wait_for_publish(_WAIT_S)
    stranger.disconnect()
    stranger.loop_stop()
    loop.links["T1.1"].send(Kind.LOG, b"a batch")
    loop.fence("T1.1", "T2.1")
    assert b"a batch" in arrived(loop, "T2.1", Kind.LOG)
    assert not [came for came in loop.came["T2.1"] if came.sender == "T2.1"]


def test_a_broker_that_speaks_nonsense_is_left_and_tried_again(
    loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]
) -> None:
    """Something that is no broker listens at one address: the other serves, and the link lives on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        fake = Broker("127.0.0.1", server.getsockname()[1])
        loop.came["T1.1"] = []
        link = loop.links["T1.1"] = Link(
            PREFIX, "T1.1", [fake, Broker("127.0.0.1", brokers[0].port)], loop.selector, loop.came["T1.1"].append
        )
        server.settimeout(_WAIT_S)
        link.start()
        for nonsense in (b"\x30\xff\xff\xff\xff\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x03\x00\x00\x7f" * 10):
            met, _ = server.accept()
            met.sendall(nonsense)
            loop.until(lambda: link.connections[0]._socket is None and link.connections[0]._connecting is None)
            met.close()
            loop.until(lambda: link.connections[0]._connecting is not None)
        loop.until(lambda: link.connected() == 1)
    loop.add("T2.1", brokers[0])
    link.send(Kind.LOG, b"still here")
    loop.until(lambda: arrived(loop, "T2.1", Kind.LOG) == [b"still here"])


def test_a_broker_that_takes_nothing_is_given_up(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker answers and then reads no more: the queue ends at its bound, and the connection is made anew."""
    monkeypatch.setattr(limits, "QUEUE_BYTES", 2_000_000)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_WAIT_S)
        loop.came["T1.1"] = []
        address = Broker("127.0.0.1", server.getsockname()[1])
        link = loop.links["T1.1"] = Link(PREFIX, "T1.1", [address], loop.selector, loop.came["T1.1"].append)
        link.start()
        met, _ = server.accept()
        met.sendall(bytes.fromhex("2003000000"))  # CONNACK, MQTT 5
        loop.until(lambda: link.connected() == 1)
        sent = 0
        while link.connected() and sent < 400:
            link.send(Kind.LOG, b"x" * 50_000)
            link.tick()
            sent += 1
        assert sent < 400
        again, _ = server.accept() if loop.until(lambda: link.connections[0]._connecting is not None) is None else (met, None)
        again.close()
        met.close()


@pytest.mark.parametrize(
    ("topic", "meant"),
    [
        ("valg/4701/log/T1.1", (Kind.LOG, "T1.1")),
        ("valg/4701/give/S.1/T2.1", (Kind.GIVE, "S.1")),
        ("valg/4701/give/S.1/T3.1", None),
        ("valg/4701/give/S.1", None),
        ("valg/4701/log/T1.1/T2.1", None),
        ("valg/4701/log/T2.1", None),
        ("valg/47011/log/T1.1", None),
        ("valg/4701/nonsense/T1.1", None),
        ("valg/4701/log/", None),
        ("valg/4701", None),
        ("", None),
    ],
)
def test_topics(topic: str, meant: tuple[Kind, str] | None) -> None:
    """A topic of this place that is for this node tells what it carries and whose it is; any other tells nothing."""
    assert parse_topic(PREFIX, topic, "T2.1") == meant


def test_what_a_broker_says_of_the_dead_is_one_word() -> None:
    """The will is a word that no head is."""
    assert OFFLINE == b"offline"
