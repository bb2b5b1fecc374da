"""The node's own log, entries chained one to the next, and its duty as a holder: a decision on each request it must decide."""

from collections.abc import Callable

from kiosk.domain import books
from kiosk.domain import entries as e
from kiosk.domain.eligibility import Bar, Barred, Eligible, weigh
from kiosk.domain.ledger import Ledger
from kiosk.domain.voters import Voter
from kiosk.node.words import Now, Setup, Written


class BookKeeper:
    """Writes this origin's entries, folds every entry, and decides as the holder of its books.

    `latest_ms` is the latest time on any own entry. What was written and not yet handed out by `take_batch` is folded
    already, so that two requests of one batch see each other.
    """

    def __init__(self, setup: Setup, find: Callable[[int], Voter | None]) -> None:
        self.ledger = Ledger()
        self.latest_ms = 0
        self._setup, self._find = setup, find
        self._seq, self._prev = 0, setup.first_prev
        self._batch: list[Written] = []
        self._start = 0
        self._requests = 0

    def replay(self, entry: e.Entry, entry_hash: str) -> None:
        """Fold in an entry that is on disk."""
        self.ledger.fold(entry)
        if entry.origin == self._setup.origin:
            self._seq, self._prev = entry.seq, entry_hash
            self.latest_ms = max(self.latest_ms, entry.time)

    def start(self, now: Now) -> None:
        """Write the `start` entry, from which this run's request ids are made."""
        self.write(e.Start(), now)
        self._start = self._seq

    def request_id(self) -> str:
        """A new request's id: no restart and no other origin makes it again."""
        self._requests += 1
        return f"{self._setup.origin}/{self._start}/{self._requests}"

    def weigh(self, voter: Voter) -> Eligible | Barred:
        """Which ballots a voter may be given by what is known here now."""
        return weigh(voter, self.ledger.marks(voter.number), self._setup.elections)

    def weigh_number(self, number: int) -> Eligible | Barred:
        """The same by voter number."""
        voter = self._find(number)
        return self.weigh(voter) if voter is not None else Barred(Bar.NOT_ON_LIST)

    def holds(self, book: int) -> bool:
        """D1 for this node."""
        return books.d1_holds(self._setup.holders, self._setup.origin, book)

    def write(self, body: e.Body, now: Now) -> None:
        """Write an entry, and what a holder owes because of it."""
        entry = e.Entry(self._setup.origin, self._seq + 1, self._prev, now.wall_ms, body)
        data = e.encode_entry(entry)
        self._seq, self._prev = entry.seq, e.entry_hash(data)
        self.latest_ms = max(self.latest_ms, entry.time)
        self._batch.append(Written(entry, data, self._prev))
        self.ledger.fold(entry)
        if isinstance(body, e.Request):
            self._decide(body.id, now)
        elif isinstance(body, e.Withdrawn):
            self._decide(body.request, now)

    def take_batch(self) -> tuple[Written, ...]:
        """Hand out what was written since the last time."""
        batch, self._batch = tuple(self._batch), []
        return batch

    def _decide(self, request: str, now: Now) -> None:
        case = self.ledger.cases[request]
        made = case.made
        if made is None or not self.holds(made.book):
            return
        epoch = self._setup.holders[made.book].epoch
        if books.undo_due(case):
            self.write(e.Decision(request, made.book, epoch, e.Outcome.UNDONE, "withdrawn"), now)
        elif books.d4_decidable(case):
            may = self.weigh_number(made.voter)
            if self.ledger.poll_open and not self.ledger.is_closed(made.table) and books.d4_grants(made, may):
                decision = e.Decision(request, made.book, epoch, e.Outcome.GRANTED)
            else:
                reason = may.why if isinstance(may, Barred) else Bar.CHANGED
                decision = e.Decision(request, made.book, epoch, e.Outcome.REFUSED, reason)
            self.write(decision, now)
