"""Every rule broken in turn: each mutation is a switch in the very code that runs, and the simulator must find out.

`WHY_NOT` names those that the protocol's model found covered by other rules, and why: they may stay uncaught.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from msgspec.structs import replace as replace_in

from kiosk.domain import desk, rules
from kiosk.domain import entries as e
from kiosk.domain.books import REGISTER, Books
from kiosk.domain.chain import Stored
from kiosk.domain.desk_states import Cancel, Waiting, Withdraw
from kiosk.domain.freshness import Freshness
from kiosk.domain.ledger import Case, Ledger
from kiosk.domain.messages import Ask, Head
from kiosk.node import Now, Turn
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.core import Node
from kiosk.node.desk_keeper import DeskKeeper
from kiosk.node.replica import Replica
from tests.simulation.mutations_of_rights import MUTATIONS_OF_RIGHTS, MUTATIONS_OF_SCREENS
from tests.simulation.world import World

_Patch = tuple[object, str, Any]


def _case_marks_without_issued(self: Case, books: Books) -> bool:
    return self.granted and not self.given_up and not self.undone(books)


def _case_marks_without_late(self: Case, books: Books) -> bool:
    granted = any(d.decision.outcome is e.Outcome.GRANTED for d in self.counting(books))
    return (self.issued or granted) and not self.given_up and not self.undone(books)


def _decidable_again(case: Case, books: Books) -> bool:
    return not case.issued and (not case.seq or next(case.counting(books), None) is None)


def _asked_as_entry(self: BookKeeper, ask: Ask, origin: str, now: object) -> None:
    _asked(self, ask, origin, now)
    self.replica.have[origin] = self.replica.end(origin).seq = self.replica.have.get(origin, 0) + 1


def _joined_before_the_clerk_answers(self: DeskKeeper, now: object) -> None:
    seen = self._books.seen
    if not seen.joined:
        self._join()
        seen.joined = False
        _ask_about(self, now)
        seen.joined = True


def _without_rows(replica: Replica, kept: list[Stored], flush: Callable) -> tuple:
    """A commit of all but these rows, which wait in memory on; each origin's log is kept back from its first one."""
    first = {}
    for row in kept:
        first.setdefault(row.origin, row.seq)
    gone = [row for row in replica._rows if row.seq >= first.get(row.origin, row.seq + 1)]
    end, have = replica.end(replica.me), replica.have
    seq, last = end.seq, end.hash
    replica._rows = [row for row in replica._rows if row not in gone]
    replica._own = [at for at, row in enumerate(replica._rows) if row.origin == replica.me]
    if replica._own:
        end.hash = e.entry_hash(replica._rows[replica._own[-1]].data)
    rows = flush(replica)
    replica._flushed = have | {origin: at - 1 for origin, at in first.items() if at > 1}
    replica._rows, replica._own = gone, [at for at, row in enumerate(gone) if row.origin == replica.me]
    replica.unread = 0  # it does not know that it has left anything behind
    end.seq, end.hash = seq, last
    return rows


def _flush_but_what_was_acted_on(self: Replica) -> tuple:
    """A commit that leaves behind the decision on an own request, and what follows it in that log, a dozen times."""
    kept = [row for row in self._rows if row.origin != self.me and f'"request":"{self.me}/'.encode() in row.data]
    times = self.__dict__.setdefault("times", {})
    for row in kept:
        times[row.data] = times.get(row.data, 0) + 1
    kept = [row for row in kept if times[row.data] <= 12]
    return _without_rows(self, kept, _flush) if kept else _flush(self)


LATE_MS = 25  # less than copies wait for a commit, and more than a round trip takes


def _young(replica: Replica) -> list[Stored]:
    """An own request that has not waited long enough for its commit to begin."""
    made = replica.__dict__.setdefault("made", {})
    now = replica.__dict__.get("now", 0)
    return [
        row
        for row in replica._rows
        if row.origin == replica.me and b'"kind":"request"' in row.data and now - made.setdefault(row.seq, now) < LATE_MS
    ]


def _turn_with_late_requests(self: Node, now: Now) -> Turn:
    """The commit of an own request comes some turns later than its ask."""
    self.books.replica.__dict__["now"] = now.mono_ms
    return _turn(self, now)


def _rows_but_late_requests(self: Node) -> tuple[Stored, ...]:
    rows, replica = _rows(self), self.books.replica
    if replica._rows and self._unread_since is None:
        self._unread_since = replica.__dict__["now"]  # so that there is a later turn
    return rows


def _flush_but_young_requests(self: Replica) -> tuple:
    kept = _young(self)
    return _without_rows(self, kept, _flush) if kept else _flush(self)


def _has_own_ripe(self: Replica) -> bool:
    kept = _young(self)
    return any(at < kept[0].seq for at in (self._rows[i].seq for i in self._own)) if kept else bool(self._own)


def _withdraw_and_wait(state: Waiting, _input: object, desk_rules: object) -> tuple:
    """The first cancel gives the request up and stays where it is; the second leaves."""
    if state.silent:
        return desk.home(desk_rules), (Withdraw(),)
    return replace(state, silent=True, late=True), (Withdraw(),)


_asked, _ask_about = BookKeeper.asked, DeskKeeper._ask_about_unsettled
_flush, _turn, _rows = Replica.flush, Node._turn, Node.rows


def _always(*_: object, **__: object) -> bool:
    return True


def _reached_at_once(self: Freshness, *_: object) -> None:
    self.reached = True


DESK_WAITS_ON: tuple[_Patch, ...] = (
    (desk, "TABLE", desk.TABLE | {(Waiting, Cancel): desk.Row(_withdraw_and_wait, (Waiting, *desk.TABLE[Waiting, Cancel].to))}),
)
"""Alone this must do no harm: a desk that goes on waiting when its request is given up."""

REQUEST_LATE: tuple[_Patch, ...] = (
    (Node, "_turn", _turn_with_late_requests),
    (Node, "rows", _rows_but_late_requests),
    (Replica, "flush", _flush_but_young_requests),
    (Replica, "has_own", property(_has_own_ripe)),
)
"""Alone this must do no harm: a node that commits its own request some turns after its ask."""


def _start_and_keep_its_place(self: BookKeeper, now: object, missing: Any = ()) -> None:
    _start(self, now, missing)
    self.seen.fresh.__dict__["seq"] = self.last_start


def _heard_by_place(self: Freshness, head: Head) -> None:
    """D2 as the protocol has it: a head that shows as many entries as up to the start has that start."""
    if head.have.get(self._me, 0) >= self.__dict__.get("seq", sys.maxsize):
        _heard(self, replace_in(head, starts={self._me: self._start}))


_start, _heard = BookKeeper.start, Freshness.heard


def _may_seal_from_others(seen: rules.Seen, book: int) -> bool:
    return _may_seal(seen, book) and (book != REGISTER or seen.books.holder(book) != seen.me)


_may_seal = rules.may_seal


def _holds_under_a_seal(books: Books, me: str, book: int) -> bool:
    """D1 as the protocol has it: a holder may go on under a pending seal."""
    chain = books.chain(book)
    return chain.last.holder == me and (not chain.open or bool(chain.pending))


GOES_ON: tuple[_Patch, ...] = ((rules, "d1_holds", _holds_under_a_seal),)
"""Alone this must do no harm: a holder that goes on under a pending seal."""

MUTATIONS: dict[str, tuple[_Patch, ...]] = {
    "D1: anybody decides": ((rules, "d1_holds", _always),),
    "D2: nobody waits to be fresh": ((Freshness, "reach", _reached_at_once),),
    "D2: a head need not show which start it has": (
        (BookKeeper, "start", _start_and_keep_its_place),
        (Freshness, "heard", _heard_by_place),
    ),
    "D3: decides without the book's history": ((rules, "d3_whole_history", _always),),
    "D4: decides again, or what is withdrawn": ((rules, "d4_decidable", _decidable_again),),
    "D4: grants beside a mark": ((rules, "d4_grants", _always),),
    "G1: green on a withdrawn request": ((rules, "g1_not_withdrawn", _always), *DESK_WAITS_ON),
    "G2: a pending seal holds nothing back": ((rules, "g2_counts", _always),),
    "G3: green with the own mark on one disk": (
        (rules, "g3_two_disks", lambda seen, case, _heads: rules.g3_own_request_stored(seen, case)),
    ),
    "G3: the register of the peer is not looked at": ((rules, "g3_knows_register", _always),),
    "G3: the own request need not be committed": ((rules, "g3_own_request_stored", _always), *REQUEST_LATE),
    "G4: green without being fresh": ((rules, "g4_fresh", _always),),
    "G5: green beside another mark": ((rules, "g5_no_other_mark", _always),),
    "G5: green beside another mark, where a holder goes on under a seal": (
        (rules, "g5_no_other_mark", _always),
        *GOES_ON,
    ),
    "seal: nobody need answer": ((rules, "must_answer", lambda *_: set()),),
    "seal: who is back need not answer": ((rules, "is_back", lambda *_: False),),
    "seal: its author's right need not be known": (
        (rules, "is_answer", lambda _books, sealed, head: head.have.get(sealed.author, 0) >= sealed.seq),
    ),
    "seize: the cut is what its writer had": ((rules, "cut_of", lambda sealed, old, _answers: sealed.had.get(old, 0)),),
    "write before speak": ((World, "speaks_first", True),),
    "late entries are no marks": ((Case, "marks", _case_marks_without_late),),
    "an ask is counted as an entry": ((BookKeeper, "asked", _asked_as_entry),),
    "issued is no mark": ((Case, "marks", _case_marks_without_issued),),
    "the clerk is asked too late": ((DeskKeeper, "_ask_about_unsettled", _joined_before_the_clerk_answers),),
    "a commit leaves behind what was acted on": ((Replica, "flush", _flush_but_what_was_acted_on),),
    "seize: the heir need not know of the cards that others found": ((Ledger, "finders", lambda *_: {}),),
    "register: what the assistant's earlier disk has written counts": ((Books, "_is_cut_off", lambda *_: False),),
    "register: under a spare's seal what its earlier disk did is held back": ((Books, "_is_held_back", lambda *_: False),),
    "register: its holder finishes no seal": ((rules, "may_seal", _may_seal_from_others),),
    "island: on a disk that has heard of a longer log of its own": ((Freshness, "shown_own", lambda *_: None),),
    "island: such a disk is started again": ((Node, "recall", lambda *_: None),),
    "cards are not scanned again": ((World, "scans", False),),
    **MUTATIONS_OF_RIGHTS,
    **MUTATIONS_OF_SCREENS,
}

WHY_NOT = {
    "D2: a head need not show which start it has": "an old disk that is fresh by it hears of its longer log from "
    "the others, and then no copy of theirs counts: it was found once in 100,000 days",
    "D4: decides again, or what is withdrawn": "a second decision changes nothing, the first counts; and G1 keeps a withdrawn "
    "request from green: the model too finds it covered",
    "G3: the register of the peer is not looked at": "who is back must answer a seal: a holder that serves without knowing of "
    "it has started since, and all who made it fresh show that start in their answers. Without it the model has no "
    "counterexample in 9 million states either (m_G3reg=1; not exhaustive)",
    "G4: green without being fresh": "a request belongs to one run, and the clerk ends those of the run before: its holder was "
    "fresh after this start, so a seal that takes the book waits for this table's answer. In the model a green without it "
    "breaks only where a request from before a restart may still turn green; on the one-round path not in 5 million states",
    "register: the assistant's replaced disk seals it": "what an earlier disk writes about the register counts only as far "
    "as its spare's seizure knows it, whoever let it begin. That is caught: `what the assistant's earlier disk has written "
    "counts`; the plot of the replaced assistant tells of both",
    "seize: a book is given back to its old holder": "it holds the book at the new epoch only when it is fresh, and so knows "
    "the seizure; what it had written before counts up to the cut, for all. The screen offers only nodes that are seen",
    "memory: fresh by what is only there": "it takes two that start at once, and a head within a tenth of a second: no "
    "day in 8,000. `test_a_node_is_fresh_by_what_is_on_its_disk` tells of it",
    "G5: green beside another mark": "here a holder stops deciding under a pending seal, so that nothing it decides then can "
    "count later; where it goes on, as the protocol allows, G5 is needed: see the next",
}

CONTROLS: dict[str, tuple[_Patch, ...]] = {
    "control: a desk that waits on": DESK_WAITS_ON,
    "control: a holder that goes on under a seal": GOES_ON,
    "control: a request that is committed late": REQUEST_LATE,
}
"""What some mutations need beside the broken rule; by itself it must not be caught."""


G5_ASIDE: tuple[_Patch, ...] = ((rules, "g5_no_other_mark", _always),)
"""G5 would hide most of the others: a table that knows of another mark shows no green, whoever was wrong to grant it."""


HIDDEN_BY_G5 = ("D1: anybody decides", "D4: grants beside a mark")
"""Looked at with G5 aside only."""


@contextmanager
def broken(*patches: _Patch) -> Iterator[None]:
    """The product with parts of it replaced."""
    undo: list[Callable[[], None]] = []
    try:
        for target, attribute, value in patches:
            missing = not hasattr(target, attribute)
            old = getattr(target, attribute, None)
            setattr(target, attribute, value)
            undo.append(
                (lambda t=target, a=attribute: delattr(t, a))
                if missing
                else (lambda t=target, a=attribute, o=old: setattr(t, a, o))
            )
        yield
    finally:
        for put_back in reversed(undo):
            put_back()
