"""What other nodes say, taken in: their entries, their questions and their heads; and what is to be said to it at once."""

from msgspec.json import encode

from kiosk.domain import entries as e
from kiosk.domain.chain import Refusal
from kiosk.domain.freshness import covers
from kiosk.domain.messages import Ask, AtClerk, Batch, Head, Want
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.peers import Peers
from kiosk.node.replica import Taken
from kiosk.node.words import Evidence, Give, Heard, Now, Send, Setup


class Ears:
    """Listens for one node. `is_copied`: another node has entries of this very disk that it lacks: it must not go on."""

    def __init__(self, setup: Setup, books: BookKeeper, peers: Peers) -> None:
        self.is_copied = False
        self._setup, self._books, self._peers = setup, books, peers

    def hear(self, heard: Heard, now: Now) -> list[Send]:
        """Take in a message. That a clerk is awaited is not signed: it counts from a node of this place only."""
        is_known = heard.sender in self._setup.origins
        match heard.message:
            case Batch() as batch:
                return self._batch(batch, heard.sender, now)
            case Ask() as ask:
                self._books.asked(ask, heard.sender, now)
            case Want() as want:
                if 0 < want.first <= self._books.replica.stored.get(want.origin, 0):
                    return [Give(heard.sender, want.origin, want.first)]
            case AtClerk() if is_known:
                self._peers.at_clerk(heard.sender, now)
            case Head() as head if head.origin == heard.sender != self._setup.origin:
                return self._head(head, now)
            case _:
                pass
        return []

    def _batch(self, batch: Batch, sender: str, now: Now) -> list[Send]:
        replica = self._books.replica
        if batch.origin == self._setup.origin:
            if replica.is_of_another_disk(batch):
                self.is_copied = True
                self._books.seen.joined = False
            return []
        match replica.take_in(batch, sender):
            case Taken.NEW:
                replica.given(sender, batch.origin)
                return [*replica.wants(sender, now.mono_ms)]
            case Taken.GAP:
                return [*replica.want(batch.origin, batch.origin, now.mono_ms)]
            case Taken.FORK:
                return [*replica.contradict(batch.origin, batch.first + len(batch.entries) - 1, now.mono_ms)]
            case Taken.NOTHING:
                return []

    def _head(self, head: Head, now: Now) -> list[Send]:
        me, books = self._setup.origin, self._books
        replica, seen = books.replica, books.seen
        if not self._setup.origins.issuperset(head.have):
            replica.refuse(Evidence(head.origin, Refusal.STRANGER, "its head shows no log of this place", encode(head)))
            return []
        seen.fresh.shown_own(head, replica.stored)
        if replica.belies(head):
            return [*replica.contradict(head.origin, replica.end(head.origin).seq, now.mono_ms)]
        if not self._peers.heard(head, now):
            return []
        replica.shown(head)
        seen.fresh.heard(head)
        books.heard(head)
        sends: list[Send] = [*replica.wants(head.origin, now.mono_ms)]
        copied = head.have.get(me, 0) >= replica.have.get(me, 0)
        if seen.island and seen.fresh.reached and copied and covers(replica.stored, head.have):
            seen.island = False
            books.write(e.Island(on=False), now)
        return sends
