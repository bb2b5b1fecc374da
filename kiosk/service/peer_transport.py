"""Between the node and the link: encodes what goes out, reads and checks what comes in, once."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from kiosk import limits
from kiosk.domain.chain import RejectionReason
from kiosk.domain.messages import Ask, AtClerk, Batch, Head, Stance, Want
from kiosk.node import GiveEntries, Heard, Input, PeerGone, Send, SendTo, Suspect
from kiosk.service.list_transfer import KnownLists
from kiosk.store.log import Log
from kiosk.sync import link as net
from kiosk.sync import messages as wire
from kiosk.sync.rate_limit import RateLimit
from kiosk.sync.topics import AT_CLERK, TopicKind
from kiosk.trust.authority import AuthorityError
from kiosk.trust.trust_store import TrustStore

_NO_RUN = "0" * 16  # of a node that has not begun its run, or has stopped: its head shows no log


class _SenderQueue:
    """What has come in from one sender and waits for the loop."""

    def __init__(self) -> None:
        self._came: deque[net.Arrived | net.Flooding | net.SenderOffline] = deque()
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._came)

    def put(self, came: net.Arrived | net.Flooding | net.SenderOffline) -> None:
        """Keep it, if there is room. What the link says of the sender is never dropped: nothing else would say it again."""
        if isinstance(came, net.Arrived):
            if len(self._came) >= limits.SENDER_WAITS or self._bytes + len(came.payload) > limits.SENDER_WAITS_BYTES:
                return
            self._bytes += len(came.payload)
        self._came.append(came)

    def take(self) -> list[net.Arrived | net.Flooding | net.SenderOffline]:
        """The oldest, as many as one sender may have in a turn."""
        taken: list[net.Arrived | net.Flooding | net.SenderOffline] = []
        until = self._bytes - limits.SENDER_BYTES
        while self._came and len(taken) < limits.SENDER_INPUTS and (not taken or self._bytes > until):
            taken.append(self._came.popleft())
            if isinstance(taken[-1], net.Arrived):
                self._bytes -= len(taken[-1].payload)
        return taken


class PeerTransport:
    """Sends what the node says, and keeps what comes in until the loop takes it. A place with one node has no link.

    Nobody is kept waiting by what one sender says: each has a queue of its own, and a share of every turn. Likewise nobody is
    given entries faster than `limits.GIVE_BYTES_S`, or pieces of the voter list more often than every `limits.PIECE_EVERY_S`,
    whatever it asks for.
    """

    def __init__(self, sign: Callable[[bytes], bytes], verify: wire.Verify, trust: TrustStore, lists: KnownLists) -> None:
        self._sign, self._verify, self._trust, self.lists = sign, verify, trust, lists
        self._came: dict[str, _SenderQueue] = {}  # of those senders of whom something waits
        self._gives: dict[str, dict[str, GiveEntries]] = {}
        self._may_give: dict[str, float] = {}
        self._entries = RateLimit(limits.ENTRIES_BYTES, limits.ENTRIES_A_SECOND)
        self.link: net.Link | None = None
        self._readers: dict[TopicKind, Callable[[str, bytes], list[Input]]] = {
            TopicKind.HEAD: self._head,
            TopicKind.LOG: self._batch,
            TopicKind.GIVE: self._batch,
            TopicKind.ASK: self._ask,
            TopicKind.WANT: self._want,
            TopicKind.LIST: self._piece_want,
            TopicKind.PIECE: self._piece,
            TopicKind.REVOKED: self._revoke,
        }

    def receive(self, came: net.Arrived | net.Flooding | net.SenderOffline) -> None:
        """The link's callback."""
        if came.sender not in self._came:
            self._came[came.sender] = _SenderQueue()
        self._came[came.sender].put(came)

    @property
    def waits(self) -> bool:
        """Whether something has come in."""
        return bool(self._came)

    def take(self) -> list[Input]:
        """What has come in, read and checked: of each sender a share."""
        self._give_a_piece()
        inputs: list[Input] = []
        for sender, waiting in list(self._came.items()):
            for came in waiting.take():
                inputs += self._read(came)
            if not waiting:
                del self._came[sender]
        return inputs

    def _read(self, came: net.Arrived | net.Flooding | net.SenderOffline) -> list[Input]:
        match came:
            case net.Arrived():
                return self._read_message(came)
            case net.Flooding():
                return [Suspect(came.sender, RejectionReason.FLOODING, "it says more than anybody can take in", b"")]
            case net.SenderOffline():
                self.lists.gone(came.sender)
                return [PeerGone(came.sender)]

    def _read_message(self, came: net.Arrived) -> list[Input]:
        try:
            return self._readers[came.kind](came.sender, came.payload)
        except wire.MessageError as error:
            return [Suspect(came.sender, error.kind, str(error), came.payload)]
        except AuthorityError as error:
            return [Suspect(came.sender, RejectionReason.FORGED, str(error), came.payload)]

    def _ask(self, sender: str, payload: bytes) -> list[Input]:
        return [] if self.lists.differs(sender) else [Heard(sender, wire.read_ask(payload, sender, self._verify))]

    def _want(self, sender: str, payload: bytes) -> list[Input]:
        return [] if self.lists.differs(sender) else [Heard(sender, wire.read_want(payload))]

    def _batch(self, sender: str, payload: bytes) -> list[Input]:
        """Entries are kept for good: no sender may bring more of them than there can be."""
        if self.lists.differs(sender):
            return []
        batch = wire.read_batch(payload)
        if not self._entries.use(sender, len(payload), time.monotonic()):
            raise wire.MessageError("more entries than there can be", RejectionReason.FLOODING)
        return [Heard(sender, batch)]

    def _piece_want(self, sender: str, payload: bytes) -> list[Input]:
        self.lists.wanted[sender] = wire.read_piece_want(payload)
        return []

    def _piece(self, sender: str, payload: bytes) -> list[Input]:
        if sender == self.lists.giver:
            self.lists.came.append((sender, wire.read_piece(payload, sender, self._verify)))
        return []

    def _head(self, sender: str, payload: bytes) -> list[Input]:
        """A head, or `AT_CLERK` in its place. Of a node with another list nothing else is believed."""
        if payload == AT_CLERK:
            return [Heard(sender, AtClerk())]
        try:
            head = wire.read_head(payload, sender, self._verify, self.lists.digest)
        except wire.OtherListHeadError as error:
            if self.lists.heard(sender, error.digest, bound=error.bound):
                return [Suspect(sender, error.kind, str(error), b"")]
            return []
        self.lists.heard(sender, self.lists.digest, bound=self.lists.bound or wire.is_bound(payload))
        return [Heard(sender, head)]

    def tell_list(self, me: str, stance: Stance, wall_ms: int) -> None:
        """Say which list this node has: before its entries, which are about other voters under another list; or as it stops."""
        head = Head(f"{me}-{_NO_RUN}", 1, 1, {}, False, stance, wall_ms)
        if self.link is not None:
            self.link.send(TopicKind.HEAD, wire.encode_head(head, self._sign, self.lists.digest, bound=self.lists.bound))

    def want_piece(self, giver: str, want: wire.PieceWant) -> None:
        """Ask a node for the next piece of the voter list."""
        if self.link is not None:
            self.link.send(TopicKind.LIST, wire.encode(want), giver)

    def _revoke(self, _sender: str, pem: bytes) -> list[Input]:
        """Take in a list of revoked certificates: from now on those no longer count, here and for whoever connects later."""
        revoked = self._trust.learn(pem)
        if revoked is None:
            return []
        if self.link is not None:
            self.link.renew(self._trust.credentials())
        for device in revoked:
            self.lists.gone(device)
        return [Suspect(device, RejectionReason.REVOKED, "its certificate was revoked", b"") for device in sorted(revoked)]

    def send(self, sends: Iterable[Send], log: Log) -> None:
        """Send messages; entries that were asked for are read from the log on disk."""
        if self.link is None:
            return
        for message in sends:
            match message:
                case Batch():
                    self.link.send(TopicKind.LOG, wire.encode(message))
                case AtClerk():
                    self.link.send(TopicKind.HEAD, AT_CLERK)
                case Head():
                    signed = wire.encode_head(message, self._sign, self.lists.digest, bound=self.lists.bound)
                    self.link.send(TopicKind.HEAD, signed)
                case SendTo(to, Ask() as ask):
                    self.link.send(TopicKind.ASK, wire.encode_ask(ask, self._sign), to)
                case SendTo(to, Want() as want):
                    self.link.send(TopicKind.WANT, wire.encode(want), to)
                case GiveEntries():
                    self._gives.setdefault(message.to, {})[message.run] = message
        self.give_what_is_due(log)

    def _give_a_piece(self) -> None:
        """Give one piece of the voter list: one in a turn, so that no voter waits for it."""
        if not self.lists.wanted or self.link is None:
            return
        asker = next((to for to in self.lists.wanted if self._may_be_given(to)), None)
        if asker is None:
            return
        if (piece := self.lists.piece_for(asker)) is not None:
            self.link.send(TopicKind.PIECE, wire.encode_piece(piece, self._sign), asker)
            self._may_give[asker] = time.monotonic() + limits.PIECE_EVERY_S

    def _may_be_given(self, to: str) -> bool:
        return self._may_give.get(to, 0.0) <= time.monotonic()

    def give_what_is_due(self, log: Log) -> None:
        """Give of what was asked for as much as may be given now."""
        for to, gives in list(self._gives.items()):
            if self._may_be_given(to):
                self._give(gives.pop(next(iter(gives))), log)
                if not gives:
                    del self._gives[to]

    def gives_in(self) -> float:
        """The seconds until somebody may be given what is asked for; infinite where nobody waits for any."""
        due = min((self._may_give.get(to, 0.0) for to in (*self._gives, *self.lists.wanted)), default=math.inf)
        return max(0.0, due - time.monotonic())

    def _give(self, give: GiveEntries, log: Log) -> None:
        rows = log.batch(give.run, give.first)
        if rows and self.link is not None:
            signature = rows[-1].signature
            assert signature is not None
            batch = Batch(give.run, give.first, tuple(msgspec.Raw(row.data) for row in rows), signature.hex())
            payload = wire.encode(batch)
            self.link.send(TopicKind.GIVE, payload, give.to)
            self._may_give[give.to] = time.monotonic() + len(payload) / limits.GIVE_BYTES_S
