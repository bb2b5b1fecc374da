"""Every rule of kiosk/PROTOCOL.md left out in turn: each mutation is a switch in the very code that runs, and the simulator
must find out.

`WHY_NOT` names those that other rules cover, and why: they may stay uncaught.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from kiosk.domain import books as books_module
from kiosk.domain import desk, rules
from kiosk.domain import entries as e
from kiosk.domain.books import Books, Chain, Stopped
from kiosk.domain.cases import Case
from kiosk.domain.chain import Stored
from kiosk.domain.desk_states import Cancel, Denied, Refused, Waiting, Withdraw
from kiosk.domain.ledger import Ledger
from kiosk.domain.membership import Membership
from kiosk.domain.messages import Ask, Head
from kiosk.domain.nodes import device_of
from kiosk.domain.runs import Run
from kiosk.node import Now
from kiosk.node import replica as replica_module
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.core import Node, Turn
from kiosk.node.desk_keeper import DeskKeeper
from kiosk.node.replica import Replica
from tests.simulation.mutations_of_rights import MUTATIONS_OF_RIGHTS, MUTATIONS_OF_SCREENS
from tests.simulation.world import World

_Patch = tuple[object, str, Any]


def _always(*_: object, **__: object) -> bool:
    return True


def _never(*_: object, **__: object) -> bool:
    return False


# --- T, M ---


def _over_if_named(books: Books, run: str) -> bool:
    """Whether others take a run for over, as they should: it itself looks at no stop."""
    return _over_by_a_later_run(books, run) or (run in books.runs and _is_named(books, run))


def _over_by_a_later_run(books: Books, run: str) -> bool:
    return run in books.runs and bool(books.runs[run].after)


_is_named = Books.is_named


def _reached_at_once(self: Membership) -> bool:
    self.reached = bool(self._run)
    return self.reached


def _heard_of_any_start(self: Membership, head: Head) -> None:
    """M as if a head proved something that was announced before this run had begun."""
    self._shown.setdefault(device_of(head.run), set()).update(map(device_of, head.have))
    if self._run:
        self._heads.setdefault(device_of(head.run), head)
        if head.member:
            self._members.setdefault(device_of(head.run), head)


def _reached_without_member(self: Membership) -> bool:
    if self._run and not self.reached:
        self.reached = bool(self._heads) and not self.awaited()
    return self.reached


def _reached_by_one(self: Membership) -> bool:
    if self._run and not self.reached:
        self.reached = any(self._has(head) for head in self._members.values())
    return self.reached


def _has_in_memory(self: Membership, head: Head | None) -> bool:
    return head is not None and self._runs.have(head.have)


# --- D1, the chain ---


def _decidable_once(ledger: Ledger, case: Case) -> bool:
    """D4 for who holds nothing: its decision counts nowhere, and it would decide again and again."""
    return _decidable(ledger, case) and not any(case.decided.values())


_decidable = rules.d4_decidable


def _last_under_a_stop(books: Books, run: str, book: int) -> bool:
    """D1 as if a holder might go on under a pending stop."""
    chain = books.chain(book)
    return chain.last.holder.name == run and not chain.open


_chain, _step = Books._chain, Books._step


def _chain_with_open_steps(self: Books, book: int, pending: list[Stopped]) -> Chain:
    """Nothing is open: a step is gone at once, and a pending stop names the last holder only."""
    settled = _chain(self, book, [])
    waiting = tuple(stopped for stopped in pending if books_module.named(stopped, settled.last.holder))
    return Chain(settled.holdings, waiting, False)


def _counts_without_end(self: Books, book: int, hold: str, author: str, _seq: int, *, pending: bool = True) -> bool:
    holding = self.chain(book, pending=pending).holdings.get(hold)
    return holding is not None and holding.holder.name == author


def _counts_under_a_stop(self: Books, book: int, hold: str, author: str, seq: int, *, pending: bool = True) -> bool:
    holding = self.chain(book, pending=pending).holdings.get(hold)
    return holding is not None and holding.holder.name == author and (holding.end is None or seq <= holding.end)


def _all_views(self: Books) -> tuple[Stopped, ...]:
    return tuple(sorted((stopped for stopped in self.stops if stopped.view is not None), key=lambda stopped: stopped.rank))


def _highest_view(self: Books) -> tuple[Stopped, ...]:
    return _all_views(self)[-1:]


def _step_beyond(kind: str) -> Callable[..., Any]:
    """A step's `knows` is not looked at: a give, or a later run's start, counts though the view below lacks it."""

    def step(self: Books, book: int, run: Run, hold: str, below: Stopped | None, been: Mapping[str, Any], **may: bool) -> Any:
        free = _step(self, book, run, hold, None, been, **may)
        if free is not None and free.is_give is (kind == "give"):
            return free
        return _step(self, book, run, hold, below, been, **may)

    return step


def _step_without(kind: str) -> Callable[..., Any]:
    def step(self: Books, book: int, run: Run, hold: str, below: Stopped | None, been: Mapping[str, Any], **may: bool) -> Any:
        if kind == "view":
            return _step(self, book, run, hold, None, been, **may)
        if kind == "give":
            return _step(self, book, run, hold, below, been, may_give=False)
        after, run.after = run.after, []
        try:
            return _step(self, book, run, hold, below, been, **may)
        finally:
            run.after = after

    return step


def _named_last_too(stopped: Stopped, run: Run) -> bool:
    """A stop names each run of its devices, those that nobody had told its author of too."""
    return run.device in stopped.stop.named


def _named_known_only(stopped: Stopped, run: Run) -> bool:
    return run.device in stopped.stop.named and run.name in stopped.knows.ends


# --- stops ---


def _view_without_content(seen: rules.NodeKnowledge, stopped: Stopped, answers: Mapping[str, Head]) -> bool:
    """The view as if what the answers showed need not be here."""
    mine = stopped.author == seen.run and stopped.view is None
    highest = all(other.rank <= stopped.rank for other in seen.books.stops)
    return mine and highest and not rules.must_answer(seen, stopped, answers)


def _view_by_memory(seen: rules.NodeKnowledge, stopped: Stopped, answers: Mapping[str, Head]) -> bool:
    has = all(seen.books.runs.have(head.have) for head in answers.values())
    return has and _view_without_content(seen, stopped, answers)


def _view_of_any_stop(seen: rules.NodeKnowledge, stopped: Stopped, answers: Mapping[str, Head]) -> bool:
    """The view as if a higher stop did not matter."""
    mine = stopped.author == seen.run and stopped.view is None
    has_all = all(seen.books.runs.have_stored(head.have) for head in answers.values())
    return mine and has_all and not rules.must_answer(seen, stopped, answers)


def _own_stop(self: BookKeeper) -> Stopped | None:
    own = [stopped for stopped in self.books.stops if stopped.author == self.seen.run and stopped.view is None]
    return max(own, key=lambda stopped: stopped.rank, default=None)


# --- D4, marks ---


def _decidable_again(ledger: Ledger, case: Case) -> bool:
    """A new holder decides on what was decided before, or was withdrawn; once, or it would do so without end."""
    book = ledger.books.basis.book_of(case.made.voter) if case.made is not None else None
    holds = {hold for said in case.decided.values() for _, hold in said}
    return book is not None and not case.issued and ledger.books.chain(book).last.hold not in holds


def _claims_but(group: str) -> Callable[[Case], Iterator[tuple[int, tuple]]]:
    def claims(self: Case) -> Iterator[tuple[int, tuple]]:
        return (claim for claim in _claims.fget(self) if bool(claim[1][2]) is (group == "issued"))

    return claims


_claims = Case.claims


def _held_in_time(self: Ledger, voter: int, group: tuple) -> bool:
    """A mark as if a grant that came too late were none."""
    book = self.books.basis.book_of(voter)
    if not group[2] or book is None:
        return not group[2]
    return any(
        self.counts(decided)
        for case in self._marking.get(voter, {}).get(group, ())
        for said in case.decided.values()
        for decided in said.values()
        if device_of(decided.author) == group[2]
    )


# --- G, W, L ---


def _asked_as_entry(self: BookKeeper, ask: Ask, sender: str, now: Now) -> None:
    """An ask taken for an entry: the asker's log seems to be that long."""
    _asked(self, ask, sender, now)
    run = self.books.runs.get(ask.request.id.partition("/")[0])
    if run is not None:
        self.books.runs.grew(run.name, run.last + 1)


def _begins_before_the_clerk_answers(self: DeskKeeper, now: Now) -> None:
    if self.begins:
        self._begin_run(now)
    self.begins = True
    try:
        _ask_about(self, now)
    finally:
        self.begins = False


def _without_rows(replica: Replica, kept: list[Stored], flush: Callable) -> tuple:
    """A commit of all but these rows, which wait in memory on; each run's log is kept back from its first one."""
    first: dict[str, int] = {}
    for row in kept:
        first.setdefault(row.run, row.seq)
    gone = [row for row in replica._rows if row.seq >= first.get(row.run, row.seq + 1)]
    replica._rows = [row for row in replica._rows if row not in gone]
    replica._own = [at for at, row in enumerate(replica._rows) if row.run == replica.run]
    rows = flush(replica)
    replica.__dict__["gone"] = {run: seq - 1 for run, seq in first.items()}
    replica._rows, replica._own = gone, [at for at, row in enumerate(gone) if row.run == replica.run]
    replica.unread = 0  # it does not know that it has left anything behind
    return rows


def _committed_but_gone(self: Replica) -> None:
    """What was left behind is not on disk, and is not announced."""
    gone = self.__dict__.pop("gone", None)
    if gone is None:
        _committed(self)
        return
    self.runs.store()
    for run, seq in gone.items():
        known = self.runs[run]
        known.stored = min(known.stored, seq)
        if run in self.runs.stored:
            self.runs.stored = {**self.runs.stored, run: seq}
            if seq < known.first:
                del self.runs.stored[run]


def _flush_but_what_was_acted_on(self: Replica) -> tuple:
    """A commit that leaves behind the decision on an own request, and what follows it in that log, a dozen times."""
    kept = [row for row in self._rows if row.run != self.run and f'"request":"{self.run}/'.encode() in row.data]
    times = self.__dict__.setdefault("times", {})
    for row in kept:
        times[row.data] = times.get(row.data, 0) + 1
    kept = [row for row in kept if times[row.data] <= 12]
    return _without_rows(self, kept, _flush) if kept else _flush(self)


LATE_MS = 25  # less than copies wait for a commit, and more than a round trip takes


def _young(replica: Replica) -> list[Stored]:
    """An own request that has not waited long enough for its commit to begin."""
    made, now = replica.__dict__.setdefault("made", {}), replica.__dict__.get("now", 0)
    own = [row for row in replica._rows if row.run == replica.run and b'"kind":"request"' in row.data]
    return [row for row in own if now - made.setdefault(row.seq, now) < LATE_MS]


def _turn_with_late_requests(self: Node, now: Now) -> Turn:
    """The commit of an own request comes some turns later than its ask."""
    self.books.replica.__dict__["now"] = now.mono_ms
    return _turn(self, now)


def _rows_but_late_requests(self: Node, turn: Turn) -> tuple[Stored, ...]:
    rows, replica = _rows(self, turn), self.books.replica
    if replica._rows and self._unread_since is None:
        self._unread_since = replica.__dict__["now"]  # so that there is a later turn
    return rows


def _flush_but_young_requests(self: Replica) -> tuple:
    kept = _young(self)
    return _without_rows(self, kept, _flush) if kept else _flush(self)


def _has_own_ripe(self: Replica) -> bool:
    kept = _young(self)
    return any(self._rows[at].seq < kept[0].seq for at in self._own) if kept else bool(self._own)


_ENTRIES_THAT_KNOW_NOTHING = SimpleNamespace(**vars(e) | {"Knowing": ()})
"""The entries as a replica sees them that waits for nothing of what their authors knew."""


def _withdraw_and_wait(state: Waiting, _input: object, desk_rules: Any) -> tuple:
    """The first cancel gives the request up and stays where it is; the second leaves."""
    if state.silent:
        return desk.home(desk_rules), (Withdraw(),)
    return replace(state, silent=True, late=True), (Withdraw(),)


_asked, _ask_about = BookKeeper.asked, DeskKeeper._ask_about_unsettled
_flush, _committed, _turn, _rows = Replica.flush, Replica.committed, Node._turn, Node._rows

_REFUSED_WITHOUT_END = {
    (Waiting, Denied): desk.Transition(lambda s, n, _r: (Refused(n.barred, s.voter.number, s.voter), ()), (Refused,))
}

DESK_WAITS_ON: tuple[_Patch, ...] = (
    (
        desk,
        "TABLE",
        desk.TABLE | {(Waiting, Cancel): desk.Transition(_withdraw_and_wait, (Waiting, *desk.TABLE[Waiting, Cancel].to))},
    ),
)
"""Alone this must do no harm: a desk that goes on waiting when its request is given up."""

REQUEST_LATE: tuple[_Patch, ...] = (
    (Node, "_turn", _turn_with_late_requests),
    (Node, "_rows", _rows_but_late_requests),
    (Replica, "flush", _flush_but_young_requests),
    (Replica, "committed", _committed_but_gone),
    (Replica, "has_own", property(_has_own_ripe)),
)
"""Alone this must do no harm: a node that commits its own request some turns after its ask."""


def _g1_but_stored(seen: rules.NodeKnowledge, case: Case) -> bool:
    return case.run == seen.run and not case.withdrawn


def _g1_but_withdrawn(seen: rules.NodeKnowledge, case: Case) -> bool:
    run = seen.books.runs.get(seen.run)
    return run is not None and case.run == seen.run and 0 < case.seq <= run.stored


def _g3_by(*, known: bool = True, first: bool = True) -> Callable[[rules.NodeKnowledge, Case, Iterable[Head]], bool]:
    def shown(seen: rules.NodeKnowledge, case: Case, heads: Iterable[Head]) -> bool:
        """G3 without what it asks of the head besides the mark."""
        found = seen.ledger.outcome(case)
        if found is None or device_of(found.author) != seen.device or seen.island:
            return True
        copies = [head for head in heads if device_of(head.run) != seen.device and head.have.get(found.author, 0) >= found.seq]
        copies = [head for head in copies if not first or head.member or not seen.books.is_new_spare(device_of(head.run))]
        return not rules._marked_since(seen, case) and any(not known or seen.books.runs.have(head.have) for head in copies)

    return shown


def _g2_whatever_counts(seen: rules.NodeKnowledge, case: Case) -> bool:
    return seen.ledger.outcome(case) is not None


def _g2_but_later_starts(seen: rules.NodeKnowledge, case: Case) -> bool:
    found = seen.ledger.outcome(case)
    return found is not None and seen.ledger.counts(found)


MUTATIONS: dict[str, tuple[_Patch, ...]] = {
    "T: two cards with one key go on": ((rules, "t_no_twin", _always),),
    "T: a run that a stop names goes on": ((Books, "is_named", _never), (rules, "run_is_over", _over_if_named)),
    "T: a run that a stop names is not over": ((rules, "run_is_over", _over_by_a_later_run),),
    "F: a first run asks before it is a member": ((rules, "f_may_ask", _always),),
    "M: nobody waits to be a member": ((Membership, "reach", _reached_at_once),),
    "M: a head need not show this run's start": ((Membership, "heard", _heard_of_any_start),),
    "M: no member need vouch": ((Membership, "reach", _reached_without_member),),
    "M: one member is enough": ((Membership, "reach", _reached_by_one),),
    "M: what the heads show need not be here": ((Membership, "_has", lambda _, head: head is not None),),
    "M: what the heads show is in memory": ((Membership, "_has", _has_in_memory),),
    "D1: anybody decides": ((rules, "d1_holds", _always), (rules, "d4_decidable", _decidable_once)),
    "D1: a holder goes on under a pending stop": ((rules, "d1_holds", _last_under_a_stop),),
    "D2: who is no member decides": ((rules, "d2_member", _always),),
    "D3: not all is known that moved the book": ((rules, "d3_whole", _always),),
    "D4: decides again, or what is withdrawn": ((rules, "d4_decidable", _decidable_again),),
    "D4: grants beside a mark": ((rules, "d4_grants", _always),),
    "G1: green on a withdrawn request": ((rules, "g1_own", _g1_but_withdrawn), *DESK_WAITS_ON),
    "G1: the own request need not be committed": ((rules, "g1_own", _g1_but_stored), *REQUEST_LATE),
    "G2: a grant need not count": ((rules, "g2_counts", _g2_whatever_counts),),
    "G2: its author's run may have been over": ((rules, "g2_counts", _g2_but_later_starts),),
    "G3: green with the own mark on one disk": ((rules, "g3_two_disks", _always),),
    "G3: what else the head shows need not be known": ((rules, "g3_two_disks", _g3_by(known=False)),),
    "G3: a first run's copy counts": ((rules, "g3_two_disks", _g3_by(first=False)),),
    "G3: another mark may be known since": ((rules, "_marked_since", _never),),
    "L: who knows what need not be known": ((replica_module, "e", _ENTRIES_THAT_KNOW_NOTHING),),
    "chain: no step is open": ((Books, "_chain", _chain_with_open_steps),),
    "chain: a give beyond the view counts": ((Books, "_step", _step_beyond("give")),),
    "chain: a start beyond the view counts": ((Books, "_step", _step_beyond("start")),),
    "chain: no give": ((Books, "_step", _step_without("give")),),
    "chain: no later run": ((Books, "_step", _step_without("start")),),
    "chain: no view": ((Books, "_step", _step_without("view")),),
    "named: runs of which the author knew nothing": ((books_module, "named", _named_last_too),),
    "named: only runs that the author knew": ((books_module, "named", _named_known_only),),
    "counts: whatever the hold's end": ((Books, "counts", _counts_without_end),),
    "counts: under a pending stop": ((Books, "counts", _counts_under_a_stop),),
    "valid views: all": ((Books, "_valid_views", _all_views),),
    "valid views: the highest only": ((Books, "_valid_views", _highest_view),),
    "stop: nobody need answer": ((rules, "must_answer", lambda *_: set()),),
    "stop: any head is an answer": ((rules, "acknowledges", _always),),
    "stop: any code will do": ((rules, "may_stop", _always),),
    "view: what the answers showed need not be here": ((rules, "may_view", _view_without_content),),
    "view: what the answers showed is in memory": ((rules, "may_view", _view_by_memory),),
    "view: though a higher stop is known": (
        (rules, "may_view", _view_of_any_stop),
        (BookKeeper, "stopping", property(_own_stop)),
    ),
    "mark: issued is none": ((Case, "claims", property(_claims_but("issued"))),),
    "mark: granted is none": ((Case, "claims", property(_claims_but("granted"))),),
    "mark: too late is none": ((Ledger, "_is_held", _held_in_time),),
    "write before speak": ((World, "speaks_first", True),),
    "refused: its table writes no end": ((desk, "TABLE", desk.TABLE | _REFUSED_WITHOUT_END),),
    "an ask is counted as an entry": ((BookKeeper, "asked", _asked_as_entry),),
    "the clerk is asked too late": ((DeskKeeper, "_ask_about_unsettled", _begins_before_the_clerk_answers),),
    "a commit leaves behind what was acted on": (
        (Replica, "flush", _flush_but_what_was_acted_on),
        (Replica, "committed", _committed_but_gone),
    ),
    "cards are not scanned": ((World, "scans", False),),
    **MUTATIONS_OF_RIGHTS,
    **MUTATIONS_OF_SCREENS,
}

WHY_NOT: dict[str, str] = {
    "T: a run that a stop names goes on": "what a true stop names is off, and a false word of the chair is excused here; a"
    " story finds it: two tables cross in naming each other",
    "M: what the heads show is in memory": "what moves a book is on disk in the turn in which it comes; the rest is marks, and"
    " a decision's own commit takes those along (W)",
    "D1: a holder goes on under a pending stop": "a pending stop that names the last holder names its run, and T says no",
    "D3: not all is known that moved the book": "only a thief's second story can be missing (L), and no thief of these days"
    " tells one; tests/hostile finds it: test_nobody_decides_in_a_book_whose_giver_knew_more",
    "stop: any code will do": "the screen takes no code that is known to be used, and the fold counts no such stop;"
    " a story finds it: a code that was used stops nothing",
    "view: what the answers showed is in memory": "the view's own commit takes it along (W)",
}

FOUND_BY: dict[str, int] = {
    "T: two cards with one key go on": 424,
    "T: a run that a stop names is not over": 51,
    "F: a first run asks before it is a member": 115,
    "M: nobody waits to be a member": 26,
    "M: a head need not show this run's start": 117,
    "M: no member need vouch": 116,
    "M: one member is enough": 46,
    "M: what the heads show need not be here": 55,
    "D1: anybody decides": 8,
    "D2: who is no member decides": 46,
    "D4: decides again, or what is withdrawn": 6,
    "D4: grants beside a mark": 1,
    "G1: green on a withdrawn request": 1,
    "G1: the own request need not be committed": 3,
    "G2: a grant need not count": 12,
    "G2: its author's run may have been over": 50,
    "G3: green with the own mark on one disk": 1,
    "G3: what else the head shows need not be known": 49,
    "G3: a first run's copy counts": 182,
    "G3: another mark may be known since": 60,
    "L: who knows what need not be known": 1,
    "chain: no step is open": 32,
    "chain: a give beyond the view counts": 9,
    "chain: a start beyond the view counts": 5,
    "chain: no give": 2,
    "chain: no later run": 1,
    "chain: no view": 1,
    "named: runs of which the author knew nothing": 5,
    "named: only runs that the author knew": 57,
    "counts: whatever the hold's end": 12,
    "counts: under a pending stop": 12,
    "valid views: all": 32,
    "valid views: the highest only": 1,
    "stop: nobody need answer": 6,
    "stop: any head is an answer": 31,
    "view: what the answers showed need not be here": 78,
    "view: though a higher stop is known": 285,
    "mark: issued is none": 5,
    "mark: granted is none": 2,
    "mark: too late is none": 36,
    "write before speak": 39,
    "refused: its table writes no end": 4,
    "an ask is counted as an entry": 1,
    "the clerk is asked too late": 6,
    "a commit leaves behind what was acted on": 1,
    "cards are not scanned": 9,
    "rights: anybody makes another's request": 11,
    "rights: anybody answers another's request": 8,
    "rights: a decision need not fit its request": 188,
    "rights: anybody's decision counts": 5,
    "rights: anybody's grant is a mark": 9,
    "rights: a card of a device that no stop names": 18,
    "rights: a stop without the chair's code": 8,
    "rights: anybody gives a book away": 3,
    "rights: a table closes others": 1,
    "rights: a stop opens the poll": 2,
    "undo: anybody asks for it": 11,
    "undo: granted whatever was handed out": 3,
    "undo: its grant need not count": 104,
    "undo: it need not be granted": 104,
    "undo: it does not give way to what was handed out": 7,
    "undo: a run that serves is as one that is over": 1,
    "withdrawn: a mark all the same": 1,
    "ask: decided on before what its table has given up is known": 65,
    "holder: ignores a referral": 59,
    "holder: grants a closed table's request": 58,
    "holder: grants before the poll is open": 61,
    "card: a ballot beside its table's own word": 9,
    "memory: a head shows what is only there": 38,
    "PIN: any will do": 1,
    "code: any number will do": 48,
    "screen: ballots without a right to them": 2,
    "screen: green with another's name": 1,
    "screen: green with another's number": 1,
    "screen: a green never clears": 4,
    "screen: refusals name what never was": 2,
    "screen: the holder names what never was": 85,
    "screen: who does not answer is somebody else": 1,
    "screen: conflicts of whom nothing is known": 1,
    "screen: a holder that holds nothing": 1,
    "screen: no conflict is shown": 8,
    "ledger: conflicts everywhere": 1,
    "ledger: one ballot of a conflict": 8,
    "ledger: the time of a mark by anybody's grant": 1068,
    "ledger: the poll is always open": 2,
    "ledger: no table is ever closed": 1,
    "ledger: nobody is ever referred": 8,
    "ledger: nonsense totals": 1,
}
"""For a rule the seed of a day that finds out that it is broken."""

CONTROLS: dict[str, tuple[_Patch, ...]] = {
    "control: a desk that waits on": DESK_WAITS_ON,
}
"""What some mutations need beside the broken rule; by itself it must not be caught."""


@contextmanager
def broken(*patches: _Patch) -> Iterator[None]:
    """The product with parts of it replaced."""
    undo: list[Callable[[], None]] = []
    try:
        for target, attribute, value in patches:
            old = getattr(target, attribute)
            setattr(target, attribute, value)
            undo.append(lambda t=target, a=attribute, o=old: setattr(t, a, o))
        yield
    finally:
        for put_back in reversed(undo):
            put_back()
