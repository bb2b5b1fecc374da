"""The link to the other nodes: one MQTT client for each broker, all run by the service's one loop.

What is sent goes out through every broker that is connected, and what comes in more than once is given on once. There is no
network thread: another thread's turn costs more than the message itself. Only connecting, which blocks, is done in a thread.

Nothing here must be lost for the protocol's sake: entries are on disk, a node's heads show what it has, and whoever lacks
something asks for it. So a queue that grows is a fault of its broker, never a reason to wait:

- past `limits.QUEUE_BYTES / 2` no more entries of others are sent through that broker: they will be asked for again,
- past `limits.QUEUE_BYTES` it is given up and connected anew. No message of this node's own is ever taken out of the middle.
"""

import contextlib
import logging
import random
import select
import selectors
import socket
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from kiosk import limits

_log = logging.getLogger(__name__)

OFFLINE = b"offline"
"""What the broker says in a node's place once its connection has ended: the retained will on its head's topic."""


class Kind(StrEnum):
    """What a topic carries."""

    LOG = "log"
    ASK = "ask"
    HEAD = "head"
    WANT = "want"
    GIVE = "give"


_QOS = {Kind.LOG: 0, Kind.ASK: 0, Kind.HEAD: 1, Kind.WANT: 1, Kind.GIVE: 1}


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message came in. `sender` is the name in its topic, under which the broker let it through."""

    kind: Kind
    sender: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Gone:
    """Every broker that is connected says that this node is offline."""

    sender: str


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is."""

    host: str
    port: int


def parse_topic(prefix: str, topic: str, me: str) -> tuple[Kind, str] | None:
    """What a topic is and whose; None for one that is not ours, or not for this node."""
    place, _, rest = topic.removeprefix(prefix).partition("/")
    kind, *names = rest.split("/")
    if not topic.startswith(prefix) or place or kind not in _KINDS or not names or not names[0] or names[0] == me:
        return None
    addressed = kind in _ADDRESSED
    if names[1:] != ([me] if addressed else []):
        return None
    return Kind(kind), names[0]


_KINDS = frozenset(kind.value for kind in Kind)
_ADDRESSED = (Kind.ASK, Kind.WANT, Kind.GIVE)


class Link:
    """All brokers. All but the connecting happens in the thread that owns `selector`; it calls `tick` before it waits."""

    def __init__(
        self,
        prefix: str,
        me: str,
        brokers: Sequence[Broker],
        selector: selectors.BaseSelector,
        receive: Callable[[Arrived | Gone], None],
    ) -> None:
        """`receive` is called with all that comes in, within `tick` or a selector's key."""
        self._prefix, self._me, self._receive = prefix, me, receive
        self._selector = selector
        self._came: OrderedDict[int, Counter[Connection]] = OrderedDict()
        self._offline: dict[str, set[Connection]] = {}
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        selector.register(self._reader, selectors.EVENT_READ, lambda _mask: self._woken())
        self.connections = [Connection(self, prefix, me, broker, selector) for broker in brokers]

    def start(self) -> None:
        """Begin to connect."""
        self.tick()

    def tick(self) -> float:
        """Connect what is not, keep alive what is; returns the seconds until it wants to be called again."""
        return min(connection.tick(time.monotonic()) for connection in self.connections)

    def send(self, kind: Kind, payload: bytes, to: str = "") -> None:
        """Publish through every broker that is connected; `to` is whom an ask, a want or a give is for."""
        topic = "/".join([self._prefix, kind, self._me, *([to] if to else [])])
        for connection in self.connections:
            connection.publish(kind, topic, payload)

    def connected(self) -> int:
        """How many brokers are connected."""
        return sum(connection.up for connection in self.connections)

    def close(self) -> None:
        """Say that this node is offline, and end."""
        for connection in self.connections:
            connection.close()
        self._selector.unregister(self._reader)
        self._reader.close()
        self._writer.close()

    # --- called by the connections ---

    def wake(self) -> None:
        """Wake the loop; safe from any thread and after `close`."""
        with contextlib.suppress(OSError):
            self._writer.send(b"!")

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(64)
        self.tick()

    def came(self, connection: "Connection", topic: str, payload: bytes) -> None:
        """A message came in through a broker: give it on, unless another broker has brought it already."""
        read = parse_topic(self._prefix, topic, self._me)
        if read is None or not payload:
            return
        kind, sender = read
        if kind is Kind.HEAD:
            if payload == OFFLINE:
                self._offline.setdefault(sender, set()).add(connection)
                self._look_who_is_gone(sender)
                return
            self._offline.get(sender, set()).discard(connection)
        if not self._is_repeat(connection, hash((kind, sender, payload))):
            self._receive(Arrived(kind, sender, payload))

    def lost(self, connection: "Connection") -> None:
        """A broker is gone: what the others say of who is offline is enough now."""
        for sender, said in self._offline.items():
            said.discard(connection)
            if said:
                self._look_who_is_gone(sender)

    def _look_who_is_gone(self, sender: str) -> None:
        if {connection for connection in self.connections if connection.up} <= self._offline[sender]:
            self._receive(Gone(sender))

    def _is_repeat(self, connection: "Connection", digest: int) -> bool:
        """Whether another broker has brought this as often; what its sender says again comes through each of them again."""
        times = self._came.setdefault(digest, Counter())
        self._came.move_to_end(digest)
        if len(self._came) > limits.REPEATS_KEPT:
            self._came.popitem(last=False)
        times[connection] += 1
        return any(other is not connection and count >= times[connection] for other, count in times.items())


class Connection:
    """The client of one broker: not connected, connecting in a thread of its own, or `up`."""

    def __init__(self, link: Link, prefix: str, me: str, broker: Broker, selector: selectors.BaseSelector) -> None:
        self.up = False
        self.broker = broker
        self._link, self._prefix, self._me, self._selector = link, prefix, me, selector
        self._socket: socket.socket | None = None
        self._watched = 0
        self._connecting: threading.Thread | None = None
        self._failures = 0
        self._next_try = 0.0
        self._misc_at = 0.0
        self._queued: deque[tuple[mqtt.MQTTMessageInfo, int]] = deque()
        self._queued_bytes = 0
        self._full = False
        self._client = self._new_client()

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{self._prefix.replace('/', '-')}-{self._me}",
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
        )
        client.connect_timeout = limits.CONNECT_S
        client.will_set(f"{self._prefix}/{Kind.HEAD}/{self._me}", OFFLINE, qos=1, retain=True)
        client.max_queued_messages_set(limits.QUEUE_MESSAGES)
        client.on_socket_open = self._opened
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._message
        properties = Properties(PacketTypes.CONNECT)
        properties.MaximumPacketSize = limits.PACKET_BYTES
        client.connect_async(self.broker.host, self.broker.port, limits.KEEPALIVE_S, clean_start=True, properties=properties)
        return client

    # --- connecting ---

    def tick(self, now: float) -> float:
        """See to the connection; returns the seconds until it wants to be seen to again."""
        if self._connecting is not None:
            if self._connecting.is_alive():
                return limits.BACKOFF_MAX_S
            self._connecting = None
            if self._client.socket() is None:
                self._failed(now)
            else:
                self._watch()
        if self._socket is None:
            if now < self._next_try:
                return self._next_try - now
            self._connecting = threading.Thread(target=self._connect, name=f"connect to {self.broker.host}", daemon=True)
            self._connecting.start()
            return limits.BACKOFF_MAX_S
        if now >= self._misc_at:
            self._misc_at = now + limits.MISC_S
            self._client.loop_misc()
            if not self.up and now >= self._next_try:
                self._drop("it does not answer")
        if self._full:
            self._drop("it takes nothing any more")
        self._watch()
        return max(0.0, self._misc_at - now)

    def _connect(self) -> None:
        try:
            self._client.reconnect()
        except (OSError, ValueError, mqtt.WebsocketConnectionError) as error:
            _log.debug("broker %s: %s", self.broker.host, error)
        finally:
            self._link.wake()

    def _opened(self, _client: mqtt.Client, _userdata: object, opened: Any) -> None:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._next_try = time.monotonic() + limits.CONNECT_S  # until then it must have answered

    def _failed(self, now: float) -> None:
        """Try again after a pause that grows, each node after another: not all of them at once when a broker comes back."""
        longest = min(limits.BACKOFF_MAX_S, limits.BACKOFF_S * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        self._next_try = now + random.uniform(longest / 2, longest)

    def _connected(
        self, client: mqtt.Client, _userdata: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            _log.warning("broker %s:%d refuses this node: %s", self.broker.host, self.broker.port, reason)
            return
        self.up, self._failures = True, 0
        topics = [(kind, f"{self._prefix}/{kind}/+") for kind in (Kind.LOG, Kind.HEAD)]
        topics += [(kind, f"{self._prefix}/{kind}/+/{self._me}") for kind in _ADDRESSED]
        client.subscribe([(topic, SubscribeOptions(qos=_QOS[kind], noLocal=True)) for kind, topic in topics])
        _log.info("broker %s:%d: connected", self.broker.host, self.broker.port)

    def _disconnected(self, *_: object) -> None:
        self._unwatch()
        was_up, self.up = self.up, False
        self._queued.clear()
        self._queued_bytes, self._full = 0, False
        self._failed(time.monotonic())
        if was_up:
            _log.info("broker %s:%d: connection lost", self.broker.host, self.broker.port)
            self._link.lost(self)

    def _drop(self, why: str) -> None:
        """Give the connection up; the broker says in this node's place that it is offline, and it connects anew."""
        _log.warning("broker %s:%d is given up and connected anew: %s", self.broker.host, self.broker.port, why)
        self._disconnected()
        self._client = self._new_client()  # the old one's connection ends with it

    # --- the socket ---

    def _watch(self) -> None:
        """Let the selector watch the socket; for writing where something waits."""
        opened = self._client.socket()
        if opened is not self._socket:
            self._unwatch()
        if opened is None:
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._client.want_write() else 0)
        if self._socket is None:
            self._socket = cast(socket.socket, opened)
            self._selector.register(opened, wanted, self._ready)
        elif wanted != self._watched:
            self._selector.modify(opened, wanted, self._ready)
        self._watched = wanted

    def _unwatch(self) -> None:
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket = None

    def _ready(self, mask: int) -> None:
        """Read all that is there, and write what waits. No message and no broker can end the loop."""
        try:
            if mask & selectors.EVENT_WRITE:
                self._client.loop_write()
            for _ in range(limits.BATCH_INPUTS):
                if self._socket is None or not select.select([self._socket], [], [], 0)[0]:
                    break
                self._client.loop_read()
            if self._client.want_write():
                self._client.loop_write()
        except Exception as error:  # what a broker sends may be anything, and the parser is not ours
            self._drop(f"it sent what is no MQTT ({type(error).__name__})")
        self._watch()

    def _message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        self._link.came(self, topic, bytes(message.payload))

    # --- sending ---

    def publish(self, kind: Kind, topic: str, payload: bytes) -> None:
        """Publish, if the connection is up and has room."""
        while self._queued and _is_out(self._queued[0][0]):
            self._queued_bytes -= self._queued.popleft()[1]
        most = limits.QUEUE_BYTES // 2 if kind is Kind.GIVE else limits.QUEUE_BYTES
        if not self.up:
            return
        if self._queued_bytes + len(payload) > most:
            self._full = self._full or kind is not Kind.GIVE
            return
        sent = self._client.publish(topic, payload, qos=_QOS[kind], retain=kind is Kind.HEAD)
        if sent.rc == mqtt.MQTT_ERR_QUEUE_SIZE:
            self._full = True
        elif not _is_out(sent):
            self._queued.append((sent, len(payload)))
            self._queued_bytes += len(payload)

    def close(self) -> None:
        """Say goodbye: the broker says at once that this node is offline."""
        if self.up:
            self._client.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))
        self._unwatch()


def _is_out(sent: mqtt.MQTTMessageInfo) -> bool:
    """Whether the broker has it, or it is lost with its connection."""
    return sent.rc not in (mqtt.MQTT_ERR_SUCCESS, mqtt.MQTT_ERR_AGAIN) or sent.is_published()
