"""The link through real brokers: what is sent arrives once, whatever becomes of one broker; nothing that comes in stops it."""

import math
import select
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from kiosk import limits
from kiosk.domain.chain import RejectionReason
from kiosk.node import Input, PeerGone, Suspect
from kiosk.service.list_transfer import KnownLists
from kiosk.service.peer_transport import PeerTransport
from kiosk.simulated.broker import SimulatedBroker, free_port
from kiosk.simulated.device import PATIENCE_S
from kiosk.simulated.plan import plan_text
from kiosk.sync.connection import BrokerAddress, Credentials
from kiosk.sync.link import Arrived, Flooding, Link, SenderOffline
from kiosk.sync.topics import COMMAND, OFFLINE, TopicKind, topics_for
from kiosk.trust.authority import Authority
from kiosk.trust.bundle import Bundle, provision
from kiosk.trust.trust_store import TrustStore

# paho leaves a socket whose TLS handshake failed to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:.*<ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")

PREFIX = "oevelse/4701"
Receive = Callable[[Arrived | Flooding | SenderOffline], None]


class Provisioned:
    """The bundles of a place with three tables and two brokers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ports = folder, (free_port(), free_port())
        plan = folder / "plan.toml"
        plan.write_text(plan_text(folder / "no-scanner", {}, tables=3, brokers=self.ports), encoding="utf-8")
        made = provision(plan, folder / "bundles")
        self.bundles, self.authority = made.bundles, made.authority

    def credentials(self, name: str) -> Credentials:
        """What a device connects with."""
        return TrustStore(Bundle.load(self.bundles[name]), self.folder / name).credentials()

    def broker(self, number: int) -> SimulatedBroker:
        """The broker on the secretary's device (0), or on table 1's (1)."""
        host = ("S.1", "T1.1")[number]
        return SimulatedBroker(self.bundles[host], self.folder / f"broker-{number}", self.ports[number], self.folder / "log")

    def greeted(self, server: socket.socket) -> ssl.SSLSocket:
        """Take a connection at `server` as a broker of this place would, up to where MQTT begins."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.bundles["S.1"] / "broker.crt", self.bundles["S.1"] / "broker.key")
        met, _ = server.accept()
        met.settimeout(PATIENCE_S)
        return context.wrap_socket(met, server_side=True)


@pytest.fixture(scope="module")
def provisioned(tmp_path_factory: pytest.TempPathFactory) -> Provisioned:
    return Provisioned(tmp_path_factory.mktemp("place"))


class Loop:
    """Several links in one loop, and what came in at each."""

    def __init__(self, provisioned: Provisioned) -> None:
        self.provisioned = provisioned
        self.selector = selectors.DefaultSelector()
        self.links: dict[str, Link] = {}
        self.came: dict[str, list[Arrived | SenderOffline]] = {}

    def add(self, name: str, *brokers: SimulatedBroker) -> Link:
        """Start a node's link, and wait until it has every broker."""
        link = self.link(name, *(broker.port for broker in brokers))
        link.start()
        self.until(lambda: link.connected() == len([broker for broker in brokers if broker.process is not None]))
        return link

    def link(self, name: str, *ports: int, receive: Receive | None = None) -> Link:
        """Make a node's link to brokers at these ports."""
        came = self.came[name] = []
        addresses = [BrokerAddress("127.0.0.1", port) for port in ports]
        credentials = self.provisioned.credentials(name)
        link = self.links[name] = Link(PREFIX, name, addresses, credentials, self.selector, receive or came.append)
        return link

    def until(self, holds: Callable[[], bool]) -> None:
        """Run the loop until something holds."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, "it did not come about in time"
            pause = min(link.tick() for link in self.links.values())
            for key, mask in self.selector.select(min(pause, 0.2)):
                key.data(mask)

    def fence(self, sender: str, name: str) -> None:
        """Wait until what `sender` sends now has come to `name` by every broker, and so all that it sent before."""
        payload = f"fence {time.monotonic_ns()}".encode()
        self.links[sender].send(TopicKind.WANT, payload, name)
        self.until(lambda: Arrived(TopicKind.WANT, sender, payload) in self.came[name])

    def close(self) -> None:
        for link in self.links.values():
            link.close()
        self.selector.close()


@pytest.fixture
def loop(provisioned: Provisioned) -> Iterator[Loop]:
    made = Loop(provisioned)
    yield made
    made.close()


@pytest.fixture
def brokers(provisioned: Provisioned) -> Iterator[tuple[SimulatedBroker, SimulatedBroker]]:
    made = provisioned.broker(0), provisioned.broker(1)
    for broker in made:
        broker.start()
    yield made
    for broker in made:
        broker.stop()


@contextmanager
def connected_to_a_false_broker(loop: Loop) -> Iterator[tuple[Link, socket.socket, ssl.SSLSocket]]:
    """A link whose one broker is this test's: it has answered once. Its server, and the connection there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        link = loop.link("T1.1", server.getsockname()[1])
        link.start()
        met = loop.provisioned.greeted(server)
        met.sendall(bytes.fromhex("2003000000"))  # CONNACK, MQTT 5
        loop.until(lambda: link.connected() == 1)
        yield link, server, met


def arrived(loop: Loop, name: str, kind: TopicKind) -> list[bytes]:
    return [came.payload for came in loop.came[name] if isinstance(came, Arrived) and came.kind is kind]


def test_a_broker_that_ends_while_it_is_greeted_is_not_called_a_false_one(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    """A broker restarts when a certificate is revoked, perhaps just then: it is tried again, and nobody is blamed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        link = loop.link("T1.1", server.getsockname()[1])
        link.start()
        met, _ = server.accept()
        met.recv(1)
        met.shutdown(socket.SHUT_WR)
        loop.until(lambda: bool(select.select([server], [], [], 0)[0]))  # it comes again
        met.close()
    assert "certificate" not in caplog.text


def test_what_is_sent_to_all_arrives_once_at_each_through_two_brokers(
    loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]
) -> None:
    """A log batch goes out through both brokers: every other node is given it once, and its sender not at all."""
    for name in ("T1.1", "T2.1", "T3.1"):
        loop.add(name, *brokers)
    loop.links["T1.1"].send(TopicKind.LOG, b"batch one")
    loop.links["T1.1"].send(TopicKind.LOG, b"batch two")
    for name in ("T2.1", "T3.1"):
        loop.fence("T1.1", name)
        loop.fence(name, "T1.1")
        assert arrived(loop, name, TopicKind.LOG) == [b"batch one", b"batch two"]
    assert arrived(loop, "T1.1", TopicKind.LOG) == []


def test_the_same_words_said_again_arrive_again(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """A want that is repeated by its sender is no repeat of the network's."""
    loop.add("T1.1", *brokers)
    loop.add("T2.1", *brokers)
    for _ in range(3):
        loop.links["T1.1"].send(TopicKind.WANT, b"from 7", "T2.1")
        loop.fence("T1.1", "T2.1")
    assert arrived(loop, "T2.1", TopicKind.WANT).count(b"from 7") == 3


def test_a_want_reaches_only_whom_it_is_for(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """T1 asks T2; T3 hears nothing of it."""
    for name in ("T1.1", "T2.1", "T3.1"):
        loop.add(name, *brokers)
    loop.links["T1.1"].send(TopicKind.WANT, b"from 7", "T2.1")
    loop.fence("T1.1", "T2.1")
    loop.fence("T1.1", "T3.1")
    assert b"from 7" in arrived(loop, "T2.1", TopicKind.WANT)
    assert b"from 7" not in arrived(loop, "T3.1", TopicKind.WANT)


def test_either_broker_may_die_and_come_back(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """The first dies: messages go on through the second. It comes back, the second dies: they go on through the first."""
    for name in ("T1.1", "T2.1"):
        loop.add(name, *brokers)
    for number, broker in enumerate(brokers):
        broker.stop()
        loop.until(lambda: all(link.connected() == 1 for link in loop.links.values()))
        loop.links["T1.1"].send(TopicKind.LOG, b"while %d is dead" % number)
        loop.fence("T1.1", "T2.1")
        broker.start()
        loop.until(lambda: all(link.connected() == 2 for link in loop.links.values()))
    assert arrived(loop, "T2.1", TopicKind.LOG) == [b"while 0 is dead", b"while 1 is dead"]


def test_both_ends_send_at_once(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """TCP_NODELAY is set on the node's sockets, and in the configuration that the brokers run with."""
    link = loop.add("T1.1", *brokers)
    for connection in link.connections:
        opened = connection._client.socket()
        assert opened is not None
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    for broker in brokers:
        text = (broker.data / "broker" / "mosquitto.conf").read_text(encoding="utf-8")
        assert "\nset_tcp_nodelay true" in text


def test_a_node_is_gone_when_every_broker_says_so(
    loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker], tmp_path: Path
) -> None:
    """T2 has both brokers, T3 only the second. T3 ends: gone. T2 loses one connection: not gone; both: gone."""
    loop.add("T1.1", *brokers)
    second = loop.add("T2.1", *brokers)
    second.send(TopicKind.HEAD, b"a head")
    loop.until(lambda: arrived(loop, "T1.1", TopicKind.HEAD) == [b"a head"])
    second.connections[0].close()
    loop.fence("T2.1", "T1.1")
    assert SenderOffline("T2.1") not in loop.came["T1.1"]
    second.connections[1].close()
    loop.until(lambda: SenderOffline("T2.1") in loop.came["T1.1"])


def test_a_node_that_comes_later_sees_the_last_heads(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """Heads are retained: a node that starts knows at once who was there."""
    loop.add("T1.1", *brokers).send(TopicKind.HEAD, b"head of T1")
    loop.add("T2.1", *brokers)
    loop.until(lambda: arrived(loop, "T2.1", TopicKind.HEAD) == [b"head of T1"])


def test_junk_on_the_topics_stops_nothing(loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]) -> None:
    """A device publishes to topics that are none or another's, empty payloads and bytes that are no text; messages go on."""
    loop.add("T1.1", *brokers)
    loop.add("T2.1", *brokers)
    stranger = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    stranger.tls_set_context(loop.provisioned.credentials("T3.1").context)
    stranger.connect("127.0.0.1", brokers[0].port)
    stranger.loop_start()
    for topic in (
        "log/x/y",
        "log/",
        "want/T9.1/T2.1/more",
        "ask/T2.1",
        "head/",
        "head/T9.1/x",
        "log/T1.1",
        "head/T3.1/T2.1",
        "ask/T3.1/T2.1/more",
        "give/T9.1/T1.1",
        "log/" + "å" * 60,
    ):
        for payload in (b"", b"\xff\xfe\x00", b"x" * 70_000):
            stranger.publish(f"{PREFIX}/{topic}", payload, qos=1).wait_for_publish(PATIENCE_S)
    stranger.disconnect()
    stranger.loop_stop()
    loop.links["T1.1"].send(TopicKind.LOG, b"a batch")
    loop.fence("T1.1", "T2.1")
    assert b"a batch" in arrived(loop, "T2.1", TopicKind.LOG)
    assert {came.sender for came in loop.came["T2.1"]} == {"T1.1"}
    assert b"x" * 70_000 not in arrived(loop, "T2.1", TopicKind.LOG)


def test_a_broker_that_speaks_nonsense_is_left_and_tried_again(
    loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker]
) -> None:
    """Something that is no broker listens at one address: the other serves, and the link lives on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = loop.link("T1.1", server.getsockname()[1], brokers[0].port)
        server.settimeout(PATIENCE_S)
        link.start()
        for nonsense in (b"\x30\xff\xff\xff\xff\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x03\x00\x00\x7f" * 10):
            met = loop.provisioned.greeted(server)
            met.sendall(nonsense)
            loop.until(lambda: link.connections[0]._socket is None and link.connections[0]._connecting is None)
            met.close()
            loop.until(lambda: link.connections[0]._connecting is not None)
        loop.until(lambda: link.connected() == 1)
    loop.add("T2.1", brokers[0])
    link.send(TopicKind.LOG, b"still here")
    loop.until(lambda: arrived(loop, "T2.1", TopicKind.LOG) == [b"still here"])


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b"\x30" + bytes.fromhex("80bf9702") + b"x" * 20_000, id="a packet without end"),
        pytest.param(b"\x34\x0f" + b"\x00\x09log/T2.1x" + b"\x00\x07\x00x", id="what is never said to be done"),
    ],
)
def test_a_broker_that_would_fill_the_memory_is_left(loop: Loop, packet: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """It begins a message of 4.6 MB, or sends one of QoS 2, which would be kept until it says more: the connection ends."""
    with connected_to_a_false_broker(loop) as (link, _, met):
        met.sendall(packet)
        loop.until(lambda: link.connected() == 0)
        assert "it sends what no broker sends" in caplog.text
        met.close()


def test_who_is_found_to_be_gone_while_another_is_revoked(
    loop: Loop, brokers: tuple[SimulatedBroker, SimulatedBroker], provisioned: Provisioned, tmp_path: Path
) -> None:
    """A thief has had the second broker say that T2 is gone, and said nothing else. A revocation ends the connection to the
    first: what the second says is enough now, in the midst of reading."""
    bundle = Bundle.load(provisioned.bundles["T1.1"])
    transport = PeerTransport(bundle.key.sign, bundle.signers.verify, TrustStore(bundle, tmp_path), KnownLists("T1.1", ()))
    thief, is_in = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5), threading.Event()
    thief.tls_set_context(provisioned.credentials("T2.1").context)
    thief.will_set(f"{PREFIX}/head/T2.1", OFFLINE, qos=1, retain=True)
    thief.on_connect = lambda *_: is_in.set()
    thief.connect("127.0.0.1", brokers[1].port)
    thief.loop_start()
    assert is_in.wait(PATIENCE_S)
    thief.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))
    thief.loop_stop()
    link = transport.link = loop.link("T1.1", *(broker.port for broker in brokers), receive=transport.receive)
    link.connections[1]._next_try = math.inf  # the first broker is there first
    link.start()
    loop.until(lambda: link.connected() == 1)
    link.connections[1]._next_try = 0.0
    secretary = loop.add("S.1", *brokers)
    loop.until(lambda: "T2.1" in link._offline)
    secretary.send(TopicKind.REVOKED, Authority.load(provisioned.authority).revoke(["T3.1"]).pem)
    told: list[Input] = []
    loop.until(lambda: bool(told.extend(transport.take()) or len(told) > 1))
    assert told == [Suspect("T3.1", RejectionReason.REVOKED, "its certificate was revoked", b""), PeerGone("T2.1")]


def test_a_broker_of_another_place_is_not_spoken_to(loop: Loop, tmp_path: Path) -> None:
    """What listens has a certificate for the same address, by another authority: no connection, and no word to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        link = loop.link("T1.1", server.getsockname()[1])
        link.start()
        with pytest.raises(ssl.SSLError):
            Provisioned(tmp_path).greeted(server)
        loop.until(lambda: link.connections[0]._connecting is None)
        assert link.connected() == 0


def test_a_broker_that_takes_nothing_is_given_up(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker answers and then reads no more: the queue ends at its bound, and the connection is made anew."""
    monkeypatch.setattr(limits, "QUEUE_BYTES", 2_000_000)
    with connected_to_a_false_broker(loop) as (link, server, met):
        sent = 0
        while link.connected() and sent < 400:
            link.send(TopicKind.LOG, b"x" * 50_000)
            link.tick()
            sent += 1
        assert sent < 400
        again, _ = server.accept() if loop.until(lambda: link.connections[0]._connecting is not None) is None else (met, None)
        again.close()
        met.close()


@pytest.mark.parametrize(
    ("topic", "meant"),
    [
        ("oevelse/4701/log/T1.1", (TopicKind.LOG, "T1.1")),
        ("oevelse/4701/give/S.1/T2.1", (TopicKind.GIVE, "S.1")),
        ("oevelse/4701/revoked/command", (TopicKind.REVOKED, COMMAND)),
        ("oevelse/4701/log/command", None),
        ("oevelse/4701/log/T9.1", None),
        ("oevelse/4701/give/S.1/T3.1", None),
        ("oevelse/4701/give/S.1", None),
        ("oevelse/4701/log/T1.1/T2.1", None),
        ("oevelse/4701/log/T2.1", None),
        ("oevelse/47011/log/T1.1", None),
        ("valg/4701/log/T1.1", None),
        ("oevelse/4701/nonsense/T1.1", None),
        ("oevelse/4701/log/", None),
        ("oevelse/4701", None),
        ("", None),
    ],
)
def test_topics(topic: str, meant: tuple[TopicKind, str] | None) -> None:
    """A topic of this place that is for this node tells what it carries and whose it is; any other tells nothing."""
    assert topics_for(PREFIX, "T2.1", ["S.1", "T1.1", "T2.1", COMMAND]).get(topic) == meant


def test_what_a_broker_says_of_the_dead_is_one_word() -> None:
    """The will is a word that no head is."""
    assert OFFLINE == b"offline"


def test_who_says_more_than_anybody_takes_in_is_named_and_not_listened_to(loop: Loop) -> None:
    """As many messages of one sender as come at once are read; then it is named, once, and what others say still comes."""
    link = loop.link("T1.1", free_port())
    for number in range(100 * limits.FLOOD_BURST):
        if link.connections[0].is_muted("T2.1"):
            break
        link.came(link.connections[0], f"{PREFIX}/log/T2.1", str(number).encode())
    came = loop.came["T1.1"]
    assert len(came) > limits.FLOOD_BURST
    assert [one for one in came if isinstance(one, Flooding)] == came[-1:] == [Flooding("T2.1")]
    link.came(link.connections[0], f"{PREFIX}/log/T2.1", b"more")
    link.came(link.connections[0], f"{PREFIX}/log/S.1", b"of another")
    assert came[-2:] == [Flooding("T2.1"), Arrived(TopicKind.LOG, "S.1", b"of another")]
