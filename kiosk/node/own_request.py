"""The one request that this node's desk is about: made, asked for, answered; and those that the last run left open."""

from collections.abc import Callable, Iterable

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.eligibility import Bar, Barred, Mark
from kiosk.domain.ledger import Case, Decided
from kiosk.domain.messages import Ask, Head
from kiosk.domain.nodes import table_of
from kiosk.domain.voters import Voter
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.words import Now, SendTo, Setup


class OwnRequest:
    """`id`: the request that the desk is about, or was last.

    `left_open`: those of which the clerk does not know, in this run, whether ballots were handed out.
    `must_give_way`: it is granted, but another mark of the voter is known here; the next `answer` before a commit gives it up.
    """

    def __init__(self, setup: Setup, find: Callable[[int], Voter | None], books: BookKeeper) -> None:
        self.id = ""
        self.left_open: set[str] = set()
        self.must_give_way = False
        self._setup, self._find, self._books = setup, find, books

    def make(self, ask: d.Ask, now: Now) -> list[SendTo]:
        """Write a new request; another node that holds the book is asked at once."""
        voter, books = ask.voter, self._books
        self.id = books.request_id()
        request = e.Request(
            id=self.id,
            op=e.Op.CHECK_IN,
            voter=voter.number,
            book=voter.book,
            elections=ask.elections,
            table=self._setup.table or 0,
            how=ask.how,
            source=ask.source,
        )
        books.write(request, now)
        holder = books.books.holder(voter.book)
        return [SendTo(holder, Ask(request, books.last_withdrawn))] if holder != self._setup.origin else []

    def issued(self, now: Now) -> None:
        """The green light was shown."""
        self._books.write(e.Issued(self.id), now)

    def withdraw(self, now: Now) -> None:
        """It is given up."""
        self._books.write(e.Withdrawn(self.id), now)

    def begin(self) -> None:
        """A run begins: the desk is about none, and whatever is open is asked about."""
        self.id = ""
        self.left_open.clear()

    def leave_open(self) -> None:
        """Nobody knows whether its ballots were handed out: nothing is written, and its mark stays. The next run asks again."""
        self.left_open.add(self.id)

    def next_unsettled(self) -> d.Unfinished | None:
        """The next request of which the clerk must say whether ballots were handed out on it; from then on the desk's."""
        for case in self._books.ledger.unsettled(self._setup.origin):
            voter = self._find(case.made.voter) if case.made is not None else None
            if case.made is not None and voter is not None and case.id not in {self.id, *self.left_open}:
                self.id = case.id
                return d.Unfinished(voter, case.made.elections, case.time_ms, case.undone(self._books.books))
        return None

    def answer(self, heads: Iterable[Head], now: Now, *, may_write: bool) -> d.Granted | d.Denied | None:
        """Green or refused, once everything that must hold first holds (G1 to G5); None while it does not."""
        seen, ledger = self._books.seen, self._books.ledger
        case = ledger.cases[self.id]
        found = case.outcome(seen.books)
        self.must_give_way = False
        if found is None or not rules.g1_not_withdrawn(case) or not rules.g2_counts(seen, case) or not rules.g4_fresh(seen):
            return None
        if found.decision.outcome is e.Outcome.REFUSED:
            ledger.touched.append(case)
            return d.Denied(self._bar_of(found, case))
        if not rules.g3_two_disks(seen, case, heads):
            return None
        if rules.g5_no_other_mark(seen, case):
            return d.Granted()
        self.must_give_way = not may_write
        return self._give_way(case, now) if may_write else None

    def _bar_of(self, found: Decided, case: Case) -> Barred:
        """Why the holder refuses. What this node knows itself is told as its own; else the screen names whose word it is."""
        decision = found.decision
        try:
            why = Bar(decision.reason)
        except ValueError:
            why = Bar.CHANGED
        if why in (Bar.CHANGED, Bar.NOT_OPEN):
            return Barred(why)
        voter = self._find(decision.voter)
        known = self._books.weigh(voter, but=case.id) if voter is not None else Barred(Bar.NOT_ON_LIST)
        if isinstance(known, Barred) and known.why is why:
            return known
        if why is Bar.REFERRED and self._books.ledger.referred_at(decision.voter):
            return Barred(Bar.REFERRED)
        marked = Mark(decision.elections, decision.table, decision.marked_ms) if decision.marked_ms else None
        return Barred(why, marked, by=table_of(found.origin) or 0)

    def _give_way(self, case: Case, now: Now) -> d.Denied:
        assert case.made is not None
        mark = next(iter(self._books.ledger.marks(case.made.voter, but=case.id)), None)
        self.withdraw(now)
        return d.Denied(Barred(Bar.ALREADY_MARKED, mark) if mark is not None else Barred(Bar.CHANGED))
