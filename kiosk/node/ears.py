"""What other nodes say, taken in: their entries, their questions and their heads; and what is to be said to it at once."""

from kiosk.domain import entries as e
from kiosk.domain.freshness import covers
from kiosk.domain.messages import Ask, Batch, Head, Want
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.peers import Peers
from kiosk.node.words import Give, Heard, Keys, Now, Send, SendTo, Setup


class Ears:
    """Listens for one node. `is_copied`: another node has entries of this very disk that it lacks: it must not go on."""

    def __init__(self, setup: Setup, books: BookKeeper, peers: Peers, keys: Keys) -> None:
        self.is_copied = False
        self._setup, self._books, self._peers, self._keys = setup, books, peers, keys

    def hear(self, heard: Heard, now: Now) -> list[Send]:
        """Take in a message."""
        match heard.message:
            case Batch() as batch:
                return self._batch(batch, heard.sender, now)
            case Ask() as ask:
                if ask.request.id.startswith(heard.sender + "/"):
                    self._books.asked(ask.request, now)
            case Want() as want:
                if 0 < want.first <= self._books.replica.stored.get(want.origin, 0):
                    return [Give(heard.sender, want.origin, want.first)]
            case Head() as head:
                if head.origin == heard.sender and self._peers.heard(head, now):
                    return self._head(head, now)
        return []

    def _batch(self, batch: Batch, sender: str, now: Now) -> list[Send]:
        replica = self._books.replica
        if batch.origin == self._setup.origin:
            self._look_for_longer_self(batch)
        elif replica.take_in(batch):
            replica.given(batch.origin)
            return [*replica.wants(sender, now.mono_ms)]
        elif batch.first > replica.have.get(batch.origin, 0) + 1 and batch.origin in self._setup.origins:
            return [*replica.want_gap(batch.origin, now.mono_ms)]
        return []

    def _look_for_longer_self(self, batch: Batch) -> None:
        """Entries that this origin wrote and does not have: this disk is a copy, or an old one."""
        have = self._books.replica.have.get(self._setup.origin, 0)
        if not batch.entries or batch.first + len(batch.entries) - 1 <= have:
            return
        last = e.entry_hash(bytes(batch.entries[-1]))
        try:
            signature = bytes.fromhex(batch.signature)
        except ValueError:
            return
        if self._keys.verify(self._setup.origin, signature, e.batch_signed(last)):
            self.is_copied = True
            self._books.seen.joined = False

    def _head(self, head: Head, now: Now) -> list[Send]:
        me, books = self._setup.origin, self._books
        replica, seen = books.replica, books.seen
        replica.shown(head)
        seen.fresh.heard(head)
        books.heard(head)
        sends: list[Send] = [*replica.wants(head.origin, now.mono_ms)]
        own = replica.have.get(me, 0)
        if head.have.get(me, 0) > own:
            sends.append(SendTo(head.origin, Want(me, own + 1)))
        copied = head.have.get(me, 0) >= own
        if seen.island and seen.fresh.reached and copied and covers(replica.stored, head.have):
            seen.island = False
            books.write(e.Island(on=False), now)
        return sends
