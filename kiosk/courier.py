"""The voter list on its way: which list the others have, pieces given of one's own, and fetching it while there is none.

Only the secretary's node and the assistant's are believed about which list holds: their signed heads carry its digest. Each
piece is signed by who gives it, and the whole must have that digest in the end.
"""

from collections.abc import Sequence

from kiosk import limits
from kiosk.domain.nodes import node_of
from kiosk.store.voterlist import VoterList
from kiosk.sync.messages import Piece, PieceWant


class Lists:
    """What is known of everybody's voter lists. `digest` is the own one's, "" while there is none."""

    def __init__(self, me: str, givers: Sequence[str]) -> None:
        """`givers`: the nodes that are believed about which list holds, the secretary's first."""
        self._me, self._givers = me, givers
        self.digest = ""
        self._voters: VoterList | None = None
        self._of: dict[str, str] = {}
        self.wanted: dict[str, PieceWant] = {}
        self.giver = ""  # from whom a list is being fetched; nobody else's pieces are looked at
        self._silent: list[str] = []
        self.came: list[tuple[str, Piece]] = []

    def have(self, voters: VoterList) -> None:
        """This node has a list, and may give it."""
        self._voters, self.digest = voters, voters.digest() or ""

    def close(self) -> None:
        """The store is closed: nothing can be given, until it is open again."""
        self._voters = None

    def heard(self, sender: str, digest: str) -> bool:
        """A node's head says which list it has; whether that is news, and not one's own."""
        is_news = self._of.get(sender) != digest
        self._of[sender] = digest
        return is_news and bool(self.digest) and digest != self.digest

    def differs(self, sender: str) -> bool:
        """Whether a node has another list, so that nothing it says is about the same voters."""
        return bool(self.digest) and self._of.get(sender, self.digest) != self.digest

    @property
    def is_wrong(self) -> bool:
        """Whether this node's list is not the one that the secretary's node has."""
        others = [origin for origin in self._of if [node_of(origin)] == list(self._givers[:1]) and origin != self._me]
        return any(self.differs(origin) for origin in others)

    @property
    def offers(self) -> list[tuple[str, str]]:
        """From whom the list can be had, and its digest; who has been silent comes last."""
        known = [(origin, digest) for node in self._givers for origin, digest in self._of.items() if node_of(origin) == node]
        return sorted(known, key=lambda offer: self._silent.index(offer[0]) if offer[0] in self._silent else -1)

    def was_silent(self, origin: str) -> None:
        """A node has not given what was asked for."""
        self._silent = [*(other for other in self._silent if other != origin), origin]

    def piece_for(self, asker: str) -> Piece | None:
        """The piece that a node wants, if it can be given."""
        want = self.wanted.pop(asker)
        if self._voters is None or want.digest != self.digest:
            return None
        rows = self._voters.rows_after(want.after, limits.PIECE_VOTERS)
        return Piece(want.digest, want.after, self._voters.count(), len(rows) < limits.PIECE_VOTERS, tuple(rows))


class Fetching:
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
