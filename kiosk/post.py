"""Between the node and the link: messages out are encoded, what comes in is read and checked, once."""

from collections.abc import Iterable

import msgspec

from kiosk import limits
from kiosk.domain.messages import Ask, AtClerk, Batch, Head
from kiosk.node import Give, Gone, Heard, Input, Keys, Send, SendTo, Suspect
from kiosk.store.log import Log
from kiosk.sync import link as net
from kiosk.sync import messages as wire
from kiosk.sync.topics import AT_CLERK, Kind


class Post:
    """Sends what the node says, and keeps what comes in until the loop takes it. A place with one node has no link."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
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
        return bool(self._came)

    def take(self) -> list[Input]:
        """What has come in, read and checked; at most `limits.BATCH_INPUTS` at a time."""
        came, self._came = self._came[: limits.BATCH_INPUTS], self._came[limits.BATCH_INPUTS :]
        self._waiting_bytes -= sum(map(_size, came))
        return [self._read(one) for one in came]

    def _read(self, came: net.Arrived | net.Gone) -> Input:
        if isinstance(came, net.Gone):
            return Gone(came.sender)
        try:
            match came.kind:
                case Kind.LOG | Kind.GIVE:
                    return Heard(came.sender, wire.read_batch(came.payload))
                case Kind.ASK:
                    return Heard(came.sender, wire.read_ask(came.payload))
                case Kind.WANT:
                    return Heard(came.sender, wire.read_want(came.payload))
                case Kind.HEAD if came.payload == AT_CLERK:
                    return Heard(came.sender, AtClerk())
                case _:
                    return Heard(came.sender, wire.read_head(came.payload, came.sender, self._keys.verify))
        except wire.MessageError as error:
            return Suspect(came.sender, error.kind, str(error), came.payload)

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
                    self.link.send(Kind.HEAD, wire.encode_head(message, self._keys.sign))
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
