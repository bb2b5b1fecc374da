"""The transfer of the voter list: which list the others have, giving pieces of the own one, fetching one where there is none.

Only the secretary's node and the assistant's are believed about which list holds: their signed heads carry its digest. Each
piece is signed by who gives it, and the whole must have that digest in the end.

A node that has marks under a list keeps that list for good (it is *bound*), and its heads say so. A node without marks is a
newcomer: it takes the list that holds, or stops where it can't. So nothing that others say stops a node that has marks, or
makes it give them up.
"""

from collections.abc import Sequence
from typing import NamedTuple

from kiosk import limits
from kiosk.domain.nodes import node_of
from kiosk.store.voterlist import VoterList
from kiosk.sync.messages import Piece, PieceWant


class AnnouncedList(NamedTuple):
    """What a node's last head said of its list; `bound`: it has marks under it."""

    digest: str
    bound: bool


class KnownLists:
    """What is known of everybody's voter lists. `digest` is the own one's, "" while there is none; `bound` as in
    `AnnouncedList`."""

    def __init__(self, me: str, givers: Sequence[str]) -> None:
        """`givers`: the nodes that are believed about which list holds, the secretary's first."""
        self._me, self._givers = me, givers
        self.digest, self.bound = "", False
        self._voters: VoterList | None = None
        self._of: dict[str, AnnouncedList] = {}
        self._gone: set[str] = set()
        self.wanted: dict[str, PieceWant] = {}
        self.giver = ""  # from whom a list is being fetched; nobody else's pieces are looked at
        self._silent: list[str] = []
        self.came: list[tuple[str, Piece]] = []

    def have(self, voters: VoterList, *, bound: bool) -> None:
        """This node has a list, and may give it; or has none."""
        self._voters, self.digest, self.bound = voters, voters.digest() or "", bound

    def close(self) -> None:
        """The store is closed: nothing can be given, until it is open again."""
        self._voters = None

    def heard(self, sender: str, digest: str, *, bound: bool = False) -> bool:
        """A node's head says which list it has. Whether that is news, and another list than the own one."""
        before = self._of.get(sender)
        self._of[sender] = AnnouncedList(digest, bound)
        self._gone.discard(sender)
        return (before is None or before.digest != digest) and bool(self.digest) and digest != self.digest

    def gone(self, sender: str) -> None:
        """A node is offline, or its certificate was revoked: what it said about its list no longer counts."""
        self._gone.add(sender)

    def differs(self, sender: str) -> bool:
        """Whether a node has another list, so that nothing it says is about the same voters."""
        told = self._of.get(sender)
        return bool(self.digest) and told is not None and told.digest != self.digest

    @property
    def _here(self) -> dict[str, AnnouncedList]:
        return {device: told for device, told in self._of.items() if device != self._me and device not in self._gone}

    @property
    def held(self) -> dict[str, list[str]]:
        """The lists under which others have marks, and who they are."""
        held: dict[str, list[str]] = {}
        for device, told in self._here.items():
            if told.bound:
                held.setdefault(told.digest, []).append(device)
        return held

    @property
    def offers(self) -> list[tuple[str, str]]:
        """From whom the list can be had, and its digest; where one has marks under it, no other one. The silent come last."""
        told = [(device, told) for node in self._givers for device, told in self._here.items() if node_of(device) == node]
        bound = {one.digest for _, one in told if one.bound}
        known = [(device, one.digest) for device, one in told if not bound or one.digest in bound]
        return sorted(known, key=lambda offer: self._silent.index(offer[0]) if offer[0] in self._silent else -1)

    @property
    def right(self) -> str:
        """The digest of the list that this node should have; "" where that is not its own, and can't be had by itself.

        One with marks keeps its own. Else a table takes the secretary's, or where that is not heard the assistant's; one with
        marks before one without. The secretary's node takes none by itself: it is given one by people.
        """
        held, offers = self.held, self.offers
        if self.bound:
            return self.digest
        if offers and node_of(self._me) != self._givers[0]:
            first = node_of(min(offers, key=lambda offer: self._givers.index(node_of(offer[0])))[0])
            lists = [digest for device, digest in offers if node_of(device) == first]
            if self.digest in lists or (self.digest in held and lists[0] not in held):
                return self.digest
            return lists[0]
        return "" if held and self.digest not in held else self.digest

    def was_silent(self, device: str) -> None:
        """A node has not given what was asked for."""
        self._silent = [*(other for other in self._silent if other != device), device]

    def piece_for(self, asker: str) -> Piece | None:
        """The piece that a node wants, if it can be given."""
        want = self.wanted.pop(asker)
        if self._voters is None or want.digest != self.digest:
            return None
        rows = self._voters.rows_after(want.after, limits.PIECE_VOTERS)
        return Piece(want.digest, want.after, self._voters.count(), len(rows) < limits.PIECE_VOTERS, tuple(rows))


class ListFetch:
    """A list that comes from one giver. `ended`: it is here, or was not what was told; `good` tells which."""

    def __init__(self, voters: VoterList, giver: str, digest: str, mono_s: float) -> None:
        self.giver, self._digest, self._voters = giver, digest, voters
        self._after, self.come = voters.begin(digest)
        self.total = 0
        self.ended = self.good = False
        self._asked_s = 0.0
        self.heard_s = mono_s

    def take(self, came: Sequence[tuple[str, Piece]], mono_s: float) -> PieceWant | None:
        """Take in what has come; returns the want to be sent now, if any.

        Raises:
            StoreError: the disk refuses it.
        """
        before = self._after
        for sender, piece in came:
            if not self.ended and (sender, piece.digest, piece.after) == (self.giver, self._digest, self._after):
                self._add(piece)
                self.heard_s = mono_s
        if self.ended or (self._after == before and mono_s - self._asked_s < limits.PIECE_AGAIN_S):
            return None
        self._asked_s = mono_s
        return PieceWant(self._digest, self._after)

    def _add(self, piece: Piece) -> None:
        self._voters.add(piece.rows)
        self.total, self.come = piece.total, self.come + len(piece.rows)
        if piece.rows:
            self._after = piece.rows[-1][0]
        if piece.last:
            self.ended, self.good = True, self._voters.finish()

    def is_silent(self, mono_s: float) -> bool:
        """Whether nothing has come for so long that another node should be asked."""
        return mono_s - self.heard_s > limits.GIVER_SILENT_S
