"""Between the node and the link: messages out are encoded, what comes in is read and checked, once."""

from collections.abc import Iterable

import msgspec

from kiosk import limits
from kiosk.authority import AuthorityError
from kiosk.courier import Lists
from kiosk.domain.chain import Refusal
from kiosk.domain.messages import Ask, AtClerk, Batch, Head, Stance
from kiosk.node import Give, Gone, Heard, Input, Keys, Send, SendTo, Suspect
from kiosk.store.log import Log
from kiosk.sync import link as net
from kiosk.sync import messages as wire
from kiosk.sync.topics import AT_CLERK, Kind
from kiosk.trust import Trust


class Post:
    """Sends what the node says, and keeps what comes in until the loop takes it. A place with one node has no link."""

    def __init__(self, keys: Keys, trust: Trust, lists: Lists) -> None:
        self._keys, self._trust, self.lists = keys, trust, lists
        self._came: list[net.Arrived | net.Gone] = []
        self._waiting_bytes = 0
        self.link: net.Link | None = None

    def receive(self, came: net.Arrived | net.Gone) -> None:
        """The link's callback. What comes faster than it can be read is dropped: what matters of it is asked for again."""
        if len(self._came) < limits.QUEUE_MESSAGES and self._waiting_bytes < limits.QUEUE_BYTES:
            self._came.append(came)
            self._waiting_bytes += _size(came)

    @property
    def waits(self) -> bool:
        """Whether something has come in."""
        return bool(self._came or self.lists.wanted)

    def take(self) -> list[Input]:
        """What has come in, read and checked; at most `limits.BATCH_INPUTS` at a time."""
        came, self._came = self._came[: limits.BATCH_INPUTS], self._came[limits.BATCH_INPUTS :]
        self._waiting_bytes -= sum(map(_size, came))
        if (wanted := self.lists.next_piece()) is not None and self.link is not None:
            self.link.send(Kind.PIECE, wire.encode_piece(wanted[1], self._keys.sign), wanted[0])
        return [given for one in came for given in self._read(one)]

    def _read(self, came: net.Arrived | net.Gone) -> list[Input]:
        if isinstance(came, net.Gone):
            return [Gone(came.sender)]
        try:
            match came.kind:
                case Kind.REVOKED:
                    return self._revoke(came.payload)
                case Kind.HEAD:
                    return self._head(came.sender, came.payload)
                case Kind.LIST:
                    self.lists.wanted[came.sender] = wire.read_piece_want(came.payload)
                case Kind.PIECE if not self.lists.digest:
                    self.lists.came.append((came.sender, wire.read_piece(came.payload, came.sender, self._keys.verify)))
                case _ if not self.lists.differs(came.sender):
                    return self._message(came)
        except wire.MessageError as error:
            return [Suspect(came.sender, error.kind, str(error), came.payload)]
        except AuthorityError as error:
            return [Suspect(came.sender, Refusal.FORGED, str(error), came.payload)]
        return []

    def _message(self, came: net.Arrived) -> list[Input]:
        match came.kind:
            case Kind.LOG | Kind.GIVE:
                return [Heard(came.sender, wire.read_batch(came.payload))]
            case Kind.ASK:
                return [Heard(came.sender, wire.read_ask(came.payload))]
            case Kind.WANT:
                return [Heard(came.sender, wire.read_want(came.payload))]
            case _:
                return []

    def _head(self, sender: str, payload: bytes) -> list[Input]:
        """A head, or what a node says in its place. Of one with another list nothing is believed but that."""
        if payload == AT_CLERK:
            return [Heard(sender, AtClerk())]
        try:
            head = wire.read_head(payload, sender, self._keys.verify, self.lists.digest)
        except wire.OtherListError as error:
            if self.lists.heard(sender, error.digest):
                return [Suspect(sender, error.kind, str(error), b"")]
            return []
        self.lists.heard(sender, self.lists.digest)
        return [Heard(sender, head)]

    def tell_list(self, me: str, wall_ms: int) -> None:
        """Say with which list this node has stopped, since it sends no other heads now."""
        head = Head(me, 1, 1, "", {}, False, Stance.FAULT, wall_ms)
        if self.link is not None:
            self.link.send(Kind.HEAD, wire.encode_head(head, self._keys.sign, self.lists.digest))

    def want_piece(self, giver: str, want: wire.PieceWant) -> None:
        """Ask a node for the next piece of the voter list."""
        if self.link is not None:
            self.link.send(Kind.LIST, wire.encode(want), giver)

    def _revoke(self, pem: bytes) -> list[Input]:
        """Take in a list of revoked certificates: from now on those no longer count, here and for whoever connects later."""
        revoked = self._trust.learn(pem)
        if revoked is None:
            return []
        if self.link is not None:
            self.link.renew(self._trust.credentials())
        return [Suspect(origin, Refusal.REVOKED, "its certificate was revoked", b"") for origin in sorted(revoked)]

    def send(self, sends: Iterable[Send], log: Log) -> None:
        """Send messages; entries that were asked for are read from the log on disk."""
        if self.link is None:
            return
        for message in sends:
            match message:
                case Batch():
                    self.link.send(Kind.LOG, wire.encode(message))
                case AtClerk():
                    self.link.send(Kind.HEAD, AT_CLERK)
                case Head():
                    self.link.send(Kind.HEAD, wire.encode_head(message, self._keys.sign, self.lists.digest))
                case SendTo():
                    kind = Kind.ASK if isinstance(message.message, Ask) else Kind.WANT
                    self.link.send(kind, wire.encode(message.message), message.to)
                case Give():
                    self._give(message, log)

    def _give(self, give: Give, log: Log) -> None:
        rows = log.batch(give.origin, give.first)
        if rows and self.link is not None:
            signature = rows[-1].signature
            assert signature is not None
            batch = Batch(give.origin, give.first, tuple(msgspec.Raw(row.data) for row in rows), signature.hex())
            self.link.send(Kind.GIVE, wire.encode(batch), give.to)


def _size(came: net.Arrived | net.Gone) -> int:
    return len(came.payload) if isinstance(came, net.Arrived) else 0
