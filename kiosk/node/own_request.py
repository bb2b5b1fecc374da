"""The one request that this node's desk works on: made, asked, answered; and those that the last run left open."""

from collections.abc import Callable, Iterable

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.cases import Case, Decided
from kiosk.domain.eligibility import Barred, Mark, RefusalReason
from kiosk.domain.messages import Ask, Head
from kiosk.domain.nodes import device_of, table_of
from kiosk.domain.voters import Voter
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.types import Now, SendTo, Setup


class OwnRequest:
    """`id`: the request that the desk is about, or was last.

    Before a run begins, the clerk answers what earlier ones have left open: `handed_out`, `not_handed_out`, and `left_open`, of
    which nobody knows.
    """

    def __init__(self, setup: Setup, find: Callable[[int], Voter | None], books: BookKeeper) -> None:
        self.id = ""
        self.handed_out: list[str] = []
        self.not_handed_out: list[str] = []
        self.left_open: list[str] = []
        self._setup, self._find, self._books = setup, find, books

    def make(self, ask: d.MakeRequest, now: Now) -> list[SendTo]:
        """Write a new request; another node that holds the book is asked at once."""
        voter, books = ask.voter, self._books
        self.id = books.request_id()
        request = e.Request(
            id=self.id,
            op=e.Op.CHECK_IN,
            voter=voter.number,
            elections=ask.elections,
            how=ask.how,
            source=ask.source,
        )
        books.write(request, now)
        holder = device_of(books.books.holder(voter.book))
        return [SendTo(holder, Ask(request, books.last_withdrawn))] if holder != self._setup.device else []

    def issued(self, now: Now) -> None:
        """The green light was shown; or, before the run begins, the clerk says that it was."""
        if self._books.seen.run:
            self._books.write(e.Issued(self.id), now)
        else:
            self.handed_out.append(self.id)

    def withdraw(self, now: Now) -> None:
        """It is given up; or, before the run begins, the clerk says that nothing was handed out."""
        if self._books.seen.run:
            self._books.write(e.Withdrawn(self.id), now)
        else:
            self.not_handed_out.append(self.id)

    def begin(self) -> None:
        """A run is to begin: the desk is about no request, and whatever is open is asked about."""
        self.id = ""
        for answered in (self.handed_out, self.not_handed_out, self.left_open):
            answered.clear()

    def leave_open(self) -> None:
        """Nobody knows whether its ballots were handed out: nothing is written, and its mark stays. The next run asks again."""
        self.left_open.append(self.id)

    def next_unsettled(self) -> d.Unfinished | None:
        """The next request of which the clerk must say whether ballots were handed out on it; from then on the desk's."""
        answered = {*self.handed_out, *self.not_handed_out, *self.left_open}
        for case in self._books.ledger.unsettled(self._setup.device):
            voter = self._find(case.made.voter) if case.made is not None else None
            if case.made is not None and voter is not None and case.id not in answered:
                self.id = case.id
                return d.Unfinished(voter, case.made.elections, case.asked_ms, self._books.ledger.undone(case))
        return None

    def answer(self, heads: Iterable[Head]) -> d.Granted | d.Denied | None:
        """Green or refused, once everything that must hold first holds (G1 to G3); None while it does not."""
        seen, ledger = self._books.seen, self._books.ledger
        case = ledger.cases[self.id]
        if not rules.may_go_on(seen) or not rules.g1_own(seen, case) or not rules.g2_counts(seen, case):
            return None
        found = ledger.outcome(case)
        if found is None or found.decision.outcome is e.Outcome.REFUSED:
            return d.Denied(self._bar_of(found, case)) if found is not None else None
        return d.Granted() if rules.g3_two_disks(seen, case, heads) else None

    def _bar_of(self, found: Decided, case: Case) -> Barred:
        """Why the holder refuses. What this node knows itself is told as its own; else the screen names whose word it is."""
        decision = found.decision
        try:
            why = RefusalReason(decision.reason)
        except ValueError:
            why = RefusalReason.CHANGED
        if why in (RefusalReason.CHANGED, RefusalReason.NOT_OPEN):
            return Barred(why)
        voter = self._find(decision.voter)
        known = self._books.weigh(voter, but=case.id) if voter is not None else Barred(RefusalReason.NOT_ON_LIST)
        if isinstance(known, Barred) and known.why is why:
            return known
        if why is RefusalReason.REFERRED and self._books.ledger.referred_at(decision.voter):
            return Barred(RefusalReason.REFERRED)
        marked = Mark(decision.elections, decision.table, decision.marked_ms) if decision.marked_ms else None
        return Barred(why, marked, by=table_of(found.author) or 0)
