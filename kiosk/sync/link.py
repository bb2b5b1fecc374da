"""The link to the other nodes: one MQTT client for each broker, all run by the service's one loop.

What is sent goes out through every broker that is connected, and what comes in more than once is passed on once. There is no
network thread: another thread's turn costs more than the message itself. Only connecting, which blocks, is done in a thread.

Any message may be lost without harm: entries are on disk, a node's heads show what it has, and whoever lacks
something asks for it. So a queue that grows is a fault of its broker, never a reason to wait:

- past `limits.QUEUE_BYTES / 2` no more entries of others are sent through that broker: they will be asked for again,
- past `limits.QUEUE_BYTES` it is given up and connected anew. This node's own messages are never dropped one by one.
"""

import contextlib
import selectors
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk import limits
from kiosk.sync.connection import BrokerAddress, BrokerConnection, Credentials
from kiosk.sync.topics import OFFLINE, TopicKind, topic_of, topics_for


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message came in. `sender` is the name in its topic, under which the broker let it through."""

    kind: TopicKind
    sender: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Flooding:
    """This sender says more than any honest one; it is not listened to for a while."""

    sender: str


@dataclass(frozen=True, slots=True)
class SenderOffline:
    """Every broker that is connected says that this node is offline."""

    sender: str


class Link:
    """All brokers. All but the connecting happens in the thread that owns `selector`; it calls `tick` before it waits."""

    def __init__(
        self,
        prefix: str,
        me: str,
        brokers: Sequence[BrokerAddress],
        credentials: Credentials,
        selector: selectors.BaseSelector,
        receive: Callable[[Arrived | Flooding | SenderOffline], None],
    ) -> None:
        """`receive` is called with all that comes in, within `tick` or a selector's key."""
        self._prefix, self._me, self._receive = prefix, me, receive
        self.credentials = credentials
        self._selector = selector
        self._topics = topics_for(prefix, me, credentials.senders)
        self._came: OrderedDict[int, dict[BrokerConnection, int]] = OrderedDict()
        self._offline: dict[str, set[BrokerConnection]] = {}
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        selector.register(self._reader, selectors.EVENT_READ, lambda _mask: self._woken())
        self.connections = [BrokerConnection(self, prefix, me, broker, selector) for broker in brokers]

    def start(self) -> None:
        """Begin to connect."""
        self.tick()

    def tick(self) -> float:
        """Connect where there is no connection, keep the others alive; returns the seconds until the next call."""
        return min(connection.tick(time.monotonic()) for connection in self.connections)

    def send(self, kind: TopicKind, payload: bytes, to: str = "") -> None:
        """Publish through every broker that is connected; `to` is whom an ask, a want or a give is for."""
        topic = topic_of(self._prefix, kind, self._me, to)
        for connection in self.connections:
            connection.publish(kind, topic, payload)

    def renew(self, credentials: Credentials) -> None:
        """Connect anew with these: what is under way is lost, and asked for again."""
        self.credentials = credentials
        for connection in self.connections:
            connection.renew()

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

    def came(self, connection: BrokerConnection, topic: str, payload: bytes) -> None:
        """A message came in through a broker: pass it on, unless another broker has brought it already."""
        if topic not in self._topics or not payload:
            return
        kind, sender = self._topics[topic]
        if sender in self.credentials.revoked or connection.is_muted(sender):
            return
        if connection.is_too_much(sender, len(payload)):
            self._receive(Flooding(sender))
            return
        if kind is TopicKind.HEAD:
            if payload == OFFLINE:
                self._offline.setdefault(sender, set()).add(connection)
                self._look_who_is_gone(sender)
                return
            self._offline.get(sender, set()).discard(connection)
        if not self._is_repeat(connection, hash((kind, sender, payload))):
            self._receive(Arrived(kind, sender, payload))

    def lost(self, connection: BrokerConnection) -> None:
        """A broker is gone: from now on the others alone say who is offline."""
        for sender, said in self._offline.items():
            said.discard(connection)
            if said:
                self._look_who_is_gone(sender)

    def _look_who_is_gone(self, sender: str) -> None:
        if {connection for connection in self.connections if connection.up} <= self._offline[sender]:
            self._receive(SenderOffline(sender))

    def _is_repeat(self, connection: BrokerConnection, digest: int) -> bool:
        """Whether another broker has brought this as often. A message that is sent twice comes twice through each of them."""
        times = self._came.setdefault(digest, {})
        self._came.move_to_end(digest)
        if len(self._came) > limits.REPEATS_KEPT:
            self._came.popitem(last=False)
        times[connection] = often = times.get(connection, 0) + 1
        return any(other is not connection and count >= often for other, count in times.items())
