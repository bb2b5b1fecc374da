"""The MQTT client of one broker. It connects in a thread of its own; the owner of the selector runs all else."""

import logging
import random
import select
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, cast

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from kiosk import limits
from kiosk.backoff import Backoff
from kiosk.sync.rate_limit import RateLimit
from kiosk.sync.topics import OFFLINE, QOS, RETAINED, TopicKind, topic_of, topics_for

_log = logging.getLogger(__name__)
_BACKOFF = Backoff(limits.BACKOFF_S, limits.BACKOFF_MAX_S)


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker is."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a node connects with. `senders`: all who may publish; `revoked`: those whose messages no longer count; `notice`: the
    list of revoked certificates, which every node publishes."""

    context: ssl.SSLContext
    senders: frozenset[str]
    revoked: frozenset[str]
    notice: bytes


class Switchboard(Protocol):
    """What a connection reports to."""

    credentials: Credentials

    def came(self, connection: "BrokerConnection", topic: str, payload: bytes) -> None:
        """A message came in."""

    def lost(self, connection: "BrokerConnection") -> None:
        """The connection has ended."""

    def wake(self) -> None:
        """The loop is to look at the connection; called from another thread."""


class BrokerConnection:
    """The client of one broker: not connected, connecting in a thread of its own, or `up`."""

    def __init__(
        self, switchboard: Switchboard, prefix: str, me: str, broker: BrokerAddress, selector: selectors.BaseSelector
    ) -> None:
        self.up = False
        self.broker = broker
        self._switchboard, self._prefix, self._me, self._selector = switchboard, prefix, me, selector
        self._socket: ssl.SSLSocket | None = None
        self._watched = 0
        self._connecting: threading.Thread | None = None
        self._failures = 0
        self._outdated = False
        self._next_try = 0.0
        self._misc_at = 0.0
        self._queued: deque[tuple[mqtt.MQTTMessageInfo, int]] = deque()
        self._queued_bytes = 0
        self._full = False
        self._rate_limit = RateLimit(limits.FLOOD_BURST, limits.FLOOD_A_SECOND)
        self._muted: dict[str, float] = {}
        self._client = self._new_client()

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{self._prefix.replace('/', '-')}-{self._me}",
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
        )
        client.tls_set_context(self._switchboard.credentials.context)
        client.connect_timeout = limits.CONNECT_S
        client.will_set(topic_of(self._prefix, TopicKind.HEAD, self._me), OFFLINE, qos=1, retain=True)
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
        """Do what is due; returns the seconds until the next call."""
        if self._connecting is not None:
            if self._connecting.is_alive():
                return limits.BACKOFF_MAX_S
            self._has_tried(now)
        if self._socket is None:
            if now < self._next_try:
                return self._next_try - now
            self._connecting = threading.Thread(target=self._connect, name=f"connect to {self.broker.host}", daemon=True)
            self._connecting.start()
            return limits.BACKOFF_MAX_S
        if now >= self._misc_at:
            self._misc_at = now + limits.MISC_S
            self._client.loop_misc()
            self._unmute(now)
            if not self.up and now >= self._next_try:
                self._give_up("it does not answer")
        if self._full:
            self._give_up("it takes nothing any more")
        self._watch()
        if self._socket is not None and self._socket.pending():  # the selector sees nothing of it
            self._ready(selectors.EVENT_READ)
        return 0.0 if self._socket is not None and self._socket.pending() else max(0.0, self._misc_at - now)

    def _has_tried(self, now: float) -> None:
        """The thread that connects has ended."""
        self._connecting = None
        if self._outdated:
            self._outdated = False
            self._drop()
        elif self._client.socket() is None:
            self._failed(now)
        else:
            self._watch()

    def _connect(self) -> None:
        try:
            self._client.reconnect()
        except ssl.SSLEOFError:
            _log.debug("broker %s: ended while it was greeted, as one that restarts does", self.broker.host)
        except ssl.SSLError as error:
            _log.warning("broker %s:%d has no certificate of this place: %s", self.broker.host, self.broker.port, error.reason)
        except (OSError, ValueError, mqtt.WebsocketConnectionError) as error:
            _log.debug("broker %s: %s", self.broker.host, error)
        finally:
            self._switchboard.wake()

    def _opened(self, _client: mqtt.Client, _userdata: object, opened: Any) -> None:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._next_try = time.monotonic() + limits.CONNECT_S  # until then it must have answered

    def _failed(self, now: float) -> None:
        """Try again after a random pause that grows, so that not all nodes connect at once when a broker comes back."""
        longest = _BACKOFF.after(self._failures)
        self._failures += 1
        self._next_try = now + random.uniform(longest / 2, longest)

    def _connected(
        self, _client: mqtt.Client, _userdata: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            _log.warning("broker %s:%d refuses this node: %s", self.broker.host, self.broker.port, reason)
            return
        self.up, self._failures = True, 0
        credentials = self._switchboard.credentials
        self._listen_to(credentials.senders - credentials.revoked - self._muted.keys())
        self.publish(TopicKind.REVOKED, topic_of(self._prefix, TopicKind.REVOKED, self._me), credentials.notice)
        _log.info("broker %s:%d: connected", self.broker.host, self.broker.port)

    def _disconnected(self, *_: object) -> None:
        self._unwatch()
        was_up, self.up = self.up, False
        self._queued.clear()
        self._queued_bytes, self._full = 0, False
        self._failed(time.monotonic())
        if was_up:
            _log.info("broker %s:%d: connection lost", self.broker.host, self.broker.port)
            self._switchboard.lost(self)

    def renew(self) -> None:
        """Connect anew, with the credentials that hold now."""
        if self._connecting is not None:
            self._outdated = True  # the thread uses the client: it is dropped once the thread has ended
        else:
            self._drop()

    def _give_up(self, why: str) -> None:
        """Drop a connection to a broker that does not behave, and connect anew."""
        _log.warning("broker %s:%d is given up and connected anew: %s", self.broker.host, self.broker.port, why)
        self._drop()

    def _drop(self) -> None:
        """End the connection, and connect anew. Meanwhile the broker says that this node is offline."""
        opened = self._client.socket()
        self._disconnected()
        if opened is not None:
            opened.close()
        self._client = self._new_client()

    # --- the socket ---

    def _watch(self) -> None:
        """Have the selector watch the socket, also for writing where something waits to be sent."""
        opened = self._client.socket()
        if opened is not self._socket:
            self._unwatch()
        if opened is None:
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._client.want_write() else 0)
        if self._socket is None:
            self._socket = cast(ssl.SSLSocket, opened)
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
            until = time.monotonic() + limits.READ_S
            for _ in range(limits.BATCH_INPUTS):
                self._client.loop_read()
                if self._is_hostile():
                    self._give_up("it sends what no broker sends")
                    break
                if not self._has_something() or time.monotonic() > until:
                    break
            if self._client.want_write():
                self._client.loop_write()
        except Exception as error:  # what a broker sends may be anything, and the parser is not ours
            self._give_up(f"it sent what is no MQTT ({type(error).__name__})")
        self._watch()

    def _is_hostile(self) -> bool:
        """Whether the broker fills this node's memory: with a packet beyond the limit that it was told, or with messages of QoS
        2, which nobody here asks for, and paho keeps until the broker says that they are done."""
        return self._client._in_packet["remaining_length"] > limits.PACKET_BYTES or bool(self._client._in_messages)

    def _has_something(self) -> bool:
        """Whether there is something to read, in the socket or in the buffer of its TLS."""
        if self._socket is None:
            return False
        return bool(self._socket.pending() or select.select([self._socket], [], [], 0)[0])

    def _message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        self._switchboard.came(self, topic, bytes(message.payload))

    # --- subscriptions ---

    def _listen_to(self, senders: Iterable[str]) -> None:
        topics = [(topic, _options(kind)) for topic, (kind, _) in self._topics(senders).items()]
        if topics:
            self._client.subscribe(topics)

    def _topics(self, senders: Iterable[str]) -> dict[str, tuple[TopicKind, str]]:
        return topics_for(self._prefix, self._me, senders)

    def is_muted(self, sender: str) -> bool:
        """Whether this sender is muted: what still comes from it was on its way before."""
        return sender in self._muted

    def is_too_much(self, sender: str, size: int) -> bool:
        """Count a message. Whether its sender has sent more than any honest one would; it is then muted for a while."""
        now = time.monotonic()
        if self._rate_limit.use(sender, 1 + size / limits.FLOOD_BYTES, now):
            return False
        self._muted[sender] = now + limits.MUTE_S
        self._client.unsubscribe([*self._topics([sender])])
        _log.warning("broker %s:%d: %s is not listened to for a while", self.broker.host, self.broker.port, sender)
        return True

    def _unmute(self, now: float) -> None:
        due = [sender for sender, until in self._muted.items() if now >= until]
        for sender in due:
            del self._muted[sender]
            self._rate_limit.forget(sender)
        if self.up:
            self._listen_to(set(due) - self._switchboard.credentials.revoked)

    # --- sending ---

    def publish(self, kind: TopicKind, topic: str, payload: bytes) -> None:
        """Publish, if the connection is up and has room."""
        while self._queued and _is_out(self._queued[0][0]):
            self._queued_bytes -= self._queued.popleft()[1]
        can_wait = kind in (TopicKind.GIVE, TopicKind.PIECE)
        most = limits.QUEUE_BYTES // 2 if can_wait else limits.QUEUE_BYTES
        if not self.up:
            return
        if self._queued_bytes + len(payload) > most:
            self._full = self._full or not can_wait
            return
        sent = self._client.publish(topic, payload, qos=QOS[kind], retain=kind in RETAINED)
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


def _options(kind: TopicKind) -> SubscribeOptions:
    """How a kind is subscribed to. Only kinds that are to be retained are taken from the broker's store at each connect."""
    keeps = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if kind in RETAINED else SubscribeOptions.RETAIN_DO_NOT_SEND
    return SubscribeOptions(qos=QOS[kind], noLocal=True, retainHandling=keeps)


def _is_out(sent: mqtt.MQTTMessageInfo) -> bool:
    """Whether the broker has it, or it is lost with its connection."""
    return sent.rc not in (mqtt.MQTT_ERR_SUCCESS, mqtt.MQTT_ERR_AGAIN) or sent.is_published()
