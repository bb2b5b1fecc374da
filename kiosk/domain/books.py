"""Who holds which book, read from the logs. Pure.

A book is a table's part of the voter list; book 0 is the register. Every book has one holder, and only the holder decides
about its voters. At opening, at epoch 1, a table holds the book of its own number. A `handover`, or a `seal` and then a
`seize`, moves a book to the next epoch.

`Books` keeps every such entry by book, epoch and author, and works the holdings out anew when they are asked for after one has
come, so that they never depend on the order in which logs arrived, and an entry that does not count is never looked at. One
thing does depend on it, and must: what this node had of the old holder's log when it got a seal (`Sealed.had`). Until the
seizure is done, that is all of the old holder's entries that this node may act on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from kiosk.domain import rights
from kiosk.domain.entries import Handover, Seal, Seize
from kiosk.domain.nodes import is_later_disk
from kiosk.domain.rights import REGISTER as REGISTER
from kiosk.domain.rights import Basis


class Standing(Enum):
    """What an entry is worth that was written for a book by an origin at an epoch."""

    COUNTS = "counts"
    OPEN = "open"  # a seal is pending, or the holding is not known yet: the seizure will tell
    VOID = "void"  # past the end of that holding, or no holding at all


@dataclass(frozen=True, slots=True)
class Sealed:
    """A seal, and what this node had of each origin's log when it came."""

    author: str
    seq: int
    seal: Seal
    had: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a book at an epoch. `end`: the last seq of the holder's log that counts; None while it holds.

    `begun`: the entry by which it began, as origin and seq; None at opening. `seize`: that entry, where it is a seizure.
    """

    holder: str
    epoch: int = 1
    end: int | None = None
    begun: tuple[str, int] | None = None
    seize: Seize | None = None


@dataclass(slots=True)
class Chain:
    """A book's holdings from opening on, and the seals that may take it from the last holder.

    `open`: what the last holder wrote may still be cut: by a pending seal, or by a seizure that is not known to count.
    `overtaken`: the epochs that began by a handover which counts here whatever becomes of a pending seal. Others may have to
    hold that handover back, and can't go on before the seal's seizure is written.
    """

    holdings: list[Holding]
    pending: list[Sealed] = field(default_factory=list)
    open: bool = False
    overtaken: list[int] = field(default_factory=list)

    @property
    def last(self) -> Holding:
        """The holding at the highest epoch known."""
        return self.holdings[-1]

    def at(self, epoch: int) -> Holding | None:
        """The holding at an epoch; None where it is not known (yet)."""
        return self.holdings[epoch - 1] if 0 < epoch <= len(self.holdings) else None


class Books:
    """The holdings of all books, as one node sees them. Change it only by `fold`."""

    def __init__(self, me: str, basis: Basis) -> None:
        """`me`: this node's origin."""
        self.basis, self.me = basis, me
        self._handovers: dict[tuple[int, int, str], tuple[int, str]] = {}  # book, epoch, giver: seq, to
        self._seals: defaultdict[tuple[int, int, str], list[Sealed]] = defaultdict(list)  # book, epoch, author
        self._seizes: defaultdict[tuple[int, int, str], list[tuple[int, Seize]]] = defaultdict(list)
        self._by_author: defaultdict[str, dict[int, Sealed]] = defaultdict(dict)  # its seals, by seq
        self._register_seals: list[Sealed] = []
        self._register_seizes: list[tuple[str, int, Seize]] = []
        self._attested: defaultdict[str, set[str]] = defaultdict(set)
        self._taken: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)  # who seized: book, epoch, for whom
        self._held: dict[int, set[tuple[str, int]]] = {book: {(holder, 1)} for book, holder in basis.opening.items()}
        self._ruled = {basis.opening[REGISTER]} if REGISTER in basis.opening else set()
        self._assistants = {origin for origin in basis.origins if rights.takes_register(origin, basis)}
        self.version = 0
        self._is_stale = False
        self._mine: tuple[int, ...] = ()
        self._sealed: tuple[int, ...] = ()
        self._known: dict[int, Chain] = {}
        self._work_out()

    def fold(self, origin: str, seq: int, body: Handover | Seal | Seize, had: Mapping[str, int]) -> bool:
        """Take in an entry that moves a book; `had`: what this node has of each log before it.

        Returns whether it may mean something now: its author has held the book, or may take books. If that comes to be known
        later, what makes it known does.
        """
        match body:
            case Handover() if rights.handover(body, origin, self.basis):
                if (body.book, body.epoch, origin) in self._handovers:
                    return False  # the first is the one that counts
                self._handovers[body.book, body.epoch, origin] = seq, body.to
                if not self.has_held(body.book, origin, body.epoch - 1):
                    return False
                self._holds(body.book, body.epoch)
            case Seal() if rights.seal(body, origin, self.basis):
                sealed = self._by_author[origin][seq] = Sealed(origin, seq, body, dict(had))
                self._attested[origin].update(body.stopped)
                self._seals[body.book, body.epoch, origin].append(sealed)
                if body.book == REGISTER:
                    self._register_seals.append(sealed)
                if origin not in self._rulers():
                    return False
            case Seize() if rights.seize(body, self._own_seal(origin, body.seal), self.basis):
                self._seizes[body.book, body.epoch, origin].append((seq, body))
                if body.book == REGISTER:
                    self._register_seizes.append((origin, seq, body))
                self._taken[origin].append((body.book, body.epoch, body.to))
                if origin not in self._rulers():
                    return False
                self._holds(body.book, body.epoch, body.to)
            case _:
                return False
        self._is_stale = True
        return True

    def _own_seal(self, author: str, seq: int) -> Seal | None:
        sealed = self._by_author.get(author, {}).get(seq)
        return sealed.seal if sealed is not None else None

    # --- who ever held a book, late or not -------------------------------------------------------------------------------

    def has_held(self, book: int, origin: str, epoch: int) -> bool:
        """Whether an origin held this book at an epoch, or may have taken itself for its holder: who held it before had given
        it to that origin, or somebody who may take books had taken it for that one."""
        return (origin, epoch) in self._held.get(book, ())

    def has_attested(self, author: str, stopped: str) -> bool:
        """Whether an origin has said in a seal, so far, that this one is stopped."""
        return stopped in self._attested.get(author, ())

    def may_attest(self, author: str, stopped: str) -> bool:
        """Whether it may, too, since it holds the register, or did, or may take it."""
        return self.has_attested(author, stopped) and author in self._rulers()

    def attests(self, author: str, stopped: str) -> bool:
        """Whether a seal of this author's that counts says that an origin is stopped."""
        return self.has_attested(author, stopped) and any(
            stopped in sealed.seal.stopped and self._is_good(sealed) for sealed in self._by_author[author].values()
        )

    def _is_good(self, sealed: Sealed) -> bool:
        worth = self._authority(sealed.seal.book, sealed.seal.register, sealed.author, sealed.seq)
        return worth is Standing.COUNTS

    def _rulers(self) -> set[str]:
        """Who may hold the register, late or not, and so take books."""
        return self._ruled | self._assistants

    def _holds(self, book: int, epoch: int, to: str = "") -> None:
        """Note who may take himself for the holder of a book at an epoch, by a seizure for `to` or by handovers, and so on."""
        found = [(book, epoch, to)] if to else [(book, epoch, heir) for heir in self._heirs(book, epoch)]
        while found:
            book, epoch, to = found.pop()
            if book not in self._held or (to, epoch) in self._held[book]:
                continue
            self._held[book].add((to, epoch))
            heir = self._handovers.get((book, epoch + 1, to))
            if heir is not None:
                found.append((book, epoch + 1, heir[1]))
            if book == REGISTER and to not in self._rulers():
                self._ruled.add(to)
                found += self._taken.get(to, ())

    def _heirs(self, book: int, epoch: int) -> list[str]:
        """To whom those gave the book who held it at the epoch before."""
        givers = [origin for origin, at in self._held[book] if at == epoch - 1]
        return [self._handovers[book, epoch, giver][1] for giver in givers if (book, epoch, giver) in self._handovers]

    # --- reading ---------------------------------------------------------------------------------------------------------

    @property
    def _chains(self) -> dict[int, Chain]:
        if self._is_stale:
            self._work_out()
        return self._known

    @property
    def mine(self) -> tuple[int, ...]:
        """The books whose holder is this node at the highest epoch known."""
        assert self._chains
        return self._mine

    @property
    def sealed(self) -> tuple[int, ...]:
        """The books with a seal that is to be finished."""
        assert self._chains
        return self._sealed

    def __iter__(self) -> Iterator[int]:
        return iter(self._chains)

    def chain(self, book: int) -> Chain:
        """A book's holdings. Raises KeyError for a book that the place does not have."""
        return self._chains[book]

    def holder(self, book: int) -> str:
        """Who holds the book at the highest epoch known."""
        return self._chains[book].last.holder

    def standing(self, book: int, epoch: int, origin: str, seq: int) -> Standing:
        """What an entry of `origin` at `seq` is worth that it wrote as the holder of `book` at `epoch`."""
        chain = self._chains.get(book)
        if chain is None:
            return Standing.VOID
        holding = chain.at(epoch)
        if holding is None:
            return Standing.OPEN if epoch > len(chain.holdings) else Standing.VOID
        if holding.holder != origin or (holding.end is not None and seq > holding.end):
            return Standing.VOID
        if holding.end is None and any(not self.closes(sealed, origin, seq) for sealed in chain.pending):
            return Standing.OPEN
        return Standing.COUNTS

    def counts(self, book: int, epoch: int, origin: str, seq: int) -> bool:
        """Whether such an entry counts by what is known, a pending seal left aside."""
        chain = self._chains.get(book)
        holding = chain.at(epoch) if chain is not None else None
        return holding is not None and holding.holder == origin and (holding.end is None or seq <= holding.end)

    def closes(self, sealed: Sealed, old: str, seq: int) -> bool:
        """Whether a pending seal leaves no doubt here that the old holder's entry at `seq` will count.

        So it is where this node is not among the stopped, and had the entry no later than the seal: its answer to the seal
        says so.
        """
        return self.me not in sealed.seal.stopped and seq <= sealed.had.get(old, 0)

    def handed_to(self, book: int, epoch: int, cut: int) -> str:
        """Whom the holder before this epoch has handed the book to within a cut of its log; empty where it has not."""
        found = self._handover(book, epoch, self.old_holder(book, epoch))
        return found[1] if found is not None and found[0] <= cut else ""

    def unfinished(self, book: int) -> int | None:
        """The first epoch of a book whose seal has no seizure; None where none is pending."""
        chain = self._chains[book]
        if self.is_overtaken(book):
            return chain.overtaken[0]
        return chain.last.epoch + 1 if chain.pending else None

    def is_overtaken(self, book: int) -> bool:
        """Whether the seal that is to be finished takes the book from nobody any more: a handover was there before it."""
        return bool(self._chains[book].overtaken)

    def next_epoch(self, book: int) -> int:
        """The epoch that a seal of the book is for now: that of a seal to be finished, or the next."""
        return self.unfinished(book) or self._chains[book].last.epoch + 1

    def old_holder(self, book: int, epoch: int) -> str:
        """Who held the book before this epoch."""
        holding = self._chains[book].at(epoch - 1)
        return holding.holder if holding is not None else ""

    def seals_of(self, author: str, book: int, epoch: int) -> list[Sealed]:
        """An origin's seals of a book for an epoch, oldest first."""
        return self._seals.get((book, epoch, author), [])

    def attested(self, origin: str) -> int:
        """Up to which seq an origin's log was known when a seal that counts named it as stopped; -1 where none does."""
        return max(
            (
                sealed.seal.stopped.get(origin, -1)
                for author in self._rulers()
                for sealed in self._by_author.get(author, {}).values()
                if self._is_good(sealed)
            ),
            default=-1,
        )

    def register_history(self, epoch: int) -> dict[str, int]:
        """How much of whose logs a node needs to know who holds the register at an epoch, and so whose seals count."""
        history: dict[str, int] = {}
        for holding in self._chains[REGISTER].holdings[:epoch]:
            if holding.begun is not None:
                origin, seq = holding.begun
                history[origin] = max(seq, history.get(origin, 0))
        return history

    def may_seize_register(self, origin: str) -> bool:
        """Whether this origin is the assistant's, which alone may seal and seize the register."""
        return rights.takes_register(origin, self.basis)

    # --- working the holdings out ----------------------------------------------------------------------------------------

    def _work_out(self) -> None:
        before, self._is_stale = self._known, False
        self._known = {REGISTER: self._chain(REGISTER)}
        for book in self.basis.opening:
            if book != REGISTER:
                self._known[book] = self._chain(book)
        self._mine = tuple(book for book in sorted(self._known) if self.holder(book) == self.me)
        self._sealed = tuple(book for book in sorted(self._known) if self.unfinished(book) is not None)
        self.version += self._known != before

    def _chain(self, book: int) -> Chain:
        chain = Chain([Holding(self.basis.opening[book])])
        while self._extend(book, chain):
            pass
        return chain

    def _extend(self, book: int, chain: Chain) -> bool:
        """Add the next holding, where one follows from what is known; else note what is pending."""
        last = chain.last
        epoch = last.epoch + 1
        handover = self._handover(book, epoch, last.holder)
        seizure, doubtful = self._seize(book, epoch)
        chain.pending = [] if seizure is not None else self._pending(book, epoch)
        if seizure is not None:
            author, seq, seize = seizure
            to, end = seize.to, seize.cut
            if handover is not None and handover[0] <= seize.cut:
                end, to = handover
            _end(chain, end)
            chain.holdings.append(Holding(to, epoch, begun=(author, seq), seize=seize))
            return True
        if doubtful or handover is None or any(not self.closes(s, last.holder, handover[0]) for s in chain.pending):
            chain.open = doubtful or bool(chain.pending)
            return False
        seq, to = handover
        _end(chain, seq)
        if chain.pending:
            chain.overtaken.append(epoch)
        chain.pending = []
        chain.holdings.append(Holding(to, epoch, begun=(last.holder, seq)))
        return True

    def _handover(self, book: int, epoch: int, holder: str) -> tuple[int, str] | None:
        return self._handovers.get((book, epoch, holder))

    def _takers(self, book: int) -> Iterable[str]:
        """Who may take a book, in an order that is everybody's."""
        if book == REGISTER:
            return [origin for origin in sorted(self.basis.origins) if self.may_seize_register(origin)]
        return sorted(self._rulers())

    def _seize(self, book: int, epoch: int) -> tuple[tuple[str, int, Seize] | None, bool]:
        """The seizure at this epoch that counts, and whether there is one of which that is not known yet."""
        doubtful = False
        for origin in self._takers(book):
            for seq, body in self._seizes.get((book, epoch, origin), ()):
                worth = self._authority(book, body.register, origin, seq)
                if worth is Standing.COUNTS and not (book == REGISTER and self._is_held_back(origin, seq, epoch)):
                    return (origin, seq, body), False
                doubtful = doubtful or worth is not Standing.VOID
        return None, doubtful

    def _is_cut_off(self, origin: str, seq: int) -> bool:
        """Whether a later disk of the assistant has seized the register, and did not know of this entry of an earlier one."""
        return any(
            is_later_disk(author, origin) and seize.answers.get(origin, 0) < seq for author, _, seize in self._register_seizes
        )

    def _is_held_back(self, origin: str, seq: int, epoch: int) -> bool:
        """Whether a later disk of the assistant is about to seize the register, and may not know of this seizure."""
        seizes = self._register_seizes
        return any(
            is_later_disk(sealed.author, origin)
            and sealed.seal.epoch <= epoch
            and not self.closes(sealed, origin, seq)
            and not any((o == sealed.author and at > sealed.seq) or is_later_disk(o, sealed.author) for o, at, _ in seizes)
            for sealed in self._register_seals
        )

    def _pending(self, book: int, epoch: int) -> list[Sealed]:
        return [
            sealed
            for author in self._takers(book)
            for sealed in self._seals.get((book, epoch, author), ())
            if self._authority(book, sealed.seal.register, author, sealed.seq) is not Standing.VOID
        ]

    def _authority(self, book: int, register: int, origin: str, seq: int) -> Standing:
        """What a seal or seize is worth: the register's must be the assistant's, any other the register's holder's.

        One for an epoch of the register that nothing here speaks of is worth nothing yet, or anybody could stop any book with
        it: until this node knows the register's history it is as if the entry had not come (see `rules.is_answer`).
        """
        if book == REGISTER:
            may = self.may_seize_register(origin) and not self._is_cut_off(origin, seq)
            return Standing.COUNTS if may else Standing.VOID
        known = self._chains[REGISTER]
        if register > known.last.epoch and not known.open:
            return Standing.VOID
        return self.standing(REGISTER, register, origin, seq)


def _end(chain: Chain, end: int) -> None:
    chain.holdings[-1] = replace(chain.last, end=end)
