"""Takes in what other nodes say: their entries, questions and heads. Gives what is to be answered at once."""

from msgspec.json import encode

from kiosk.domain.chain import RejectionReason
from kiosk.domain.messages import Ask, AtClerk, Batch, Head, Want
from kiosk.domain.nodes import device_of
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.peers import Peers
from kiosk.node.types import Evidence, Heard, Now, Send, Setup


class Inbound:
    """The inbound messages of one node."""

    def __init__(self, setup: Setup, books: BookKeeper, peers: Peers) -> None:
        self._setup, self._books, self._peers = setup, books, peers

    def hear(self, heard: Heard, now: Now) -> list[Send]:
        """Take in a message. `AtClerk` is not signed: it counts from a node of this place only."""
        match heard.message:
            case Batch() as batch:
                return self._batch(batch, heard.sender, now)
            case Ask() as ask:
                self._books.asked(ask, heard.sender, now)
            case Want() as want:
                return [*self._books.replica.give(heard.sender, want)]
            case AtClerk() if heard.sender in self._setup.devices:
                self._peers.at_clerk(heard.sender, now)
            case Head() as head if device_of(head.run) == heard.sender != self._setup.device:
                return self._head(head, now)
            case _:
                pass
        return []

    def _batch(self, batch: Batch, sender: str, now: Now) -> list[Send]:
        replica = self._books.replica
        taken = replica.take_in(batch, sender)
        if taken.new or taken.lacks:
            replica.given(sender, batch.run)
        if taken.new:
            return [*replica.wants(sender, now.mono_ms)]
        return [want for run, first in taken.lacks.items() for want in replica.want(sender, run, first, now.mono_ms)]

    def _head(self, head: Head, now: Now) -> list[Send]:
        books, sender = self._books, device_of(head.run)
        replica, seen = books.replica, books.seen
        if not self._setup.devices.issuperset(map(device_of, head.have)):
            replica.refuse(Evidence(sender, RejectionReason.STRANGER, "its head shows no log of this place", encode(head)))
            return []
        if not self._peers.heard(head, books.books.runs, now):
            return []
        replica.shown(head)
        books.heard(head)
        run = books.books.runs[seen.run]
        if seen.island and head.have.get(run.name, 0) >= run.last and books.books.runs.have_stored(head.have):
            books.set_island(False, now)
        return [*replica.wants(sender, now.mono_ms)]
