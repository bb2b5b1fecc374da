"""Every rule that a story tells of, broken in the code that runs: a story under its break must fail.

`WHY_NOT` names the lines that another rule covers, and why: no story can fail without them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import msgspec
import place as place_module
from place import Device

import kiosk.domain.books as books_module
import kiosk.domain.ledger as ledger_module
import kiosk.node.desk_keeper as desk_keeper_module
import kiosk.node.status as status_module
from kiosk import limits
from kiosk.domain import desk, rights, rules
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.books import Books, Chain, Holding, Stopped, named
from kiosk.domain.cases import Case
from kiosk.domain.chain import LogEnd, check_batch, read_entry
from kiosk.domain.chair_actions import BeginIsland
from kiosk.domain.codetext import CodeMisread
from kiosk.domain.eligibility import Barred, Mark, RefusalReason
from kiosk.domain.facts import Facts
from kiosk.domain.ledger import Ledger
from kiosk.domain.membership import Membership
from kiosk.domain.messages import Batch, Head, Stance
from kiosk.domain.nodes import device_of, node_of
from kiosk.domain.pages import AskCode, Piles, ask_code
from kiosk.domain.pages.page import Do, Seen, UseCode
from kiosk.domain.runs import Known, Run
from kiosk.domain.situation import Situation, UndoState
from kiosk.node import Setup, status
from kiosk.node import replica as replica_module
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.copies import Copies
from kiosk.node.core import Node, Turn
from kiosk.node.desk_keeper import DeskKeeper
from kiosk.node.inbound import Inbound
from kiosk.node.lookup import Lookup
from kiosk.node.peers import Peers
from kiosk.node.replica import Replica
from kiosk.node.screen_state import ScreenState
from kiosk.node.status import LastCards
from kiosk.node.wants import Wants

Patch = tuple[object, str, Any]


@contextmanager
def broken(*patches: Patch) -> Iterator[None]:
    """The product with parts of it replaced."""
    undo: list[Callable[[], None]] = []
    try:
        for target, name, value in patches:
            own = vars(target).get(name) if isinstance(target, type) else getattr(target, name, None)
            was = own is not None or name in vars(target)
            setattr(target, name, value)
            undo.append((lambda t=target, n=name, o=own: setattr(t, n, o)) if was else (lambda t=target, n=name: delattr(t, n)))
        yield
    finally:
        for put_back in reversed(undo):
            put_back()


def _always(*_: object, **__: object) -> bool:
    return True


def _never(*_: object, **__: object) -> bool:
    return False


def _nothing(*_: object, **__: object) -> None:
    return None


def _around(target: Any, name: str, act: Callable[..., Any]) -> Patch:
    """Replace a function by one that is handed the old one first."""
    old = getattr(target, name)
    return target, name, lambda *given, **words: act(old, *given, **words)


def _during(target: Any, name: str, *patches: Patch) -> Patch:
    """While this function runs, other parts are replaced."""

    def act(old: Callable[..., Any], *given: Any, **words: Any) -> Any:
        with broken(*patches):
            return old(*given, **words)

    return _around(target, name, act)


# --- the logs -------------------------------------------------------------------------------------------------------


def _lacks_no_gap(old: Callable[..., Any], self: Replica, batch: Batch) -> Any:
    return {} if batch.run in self.runs else old(self, batch)


def _after_a_gap(old: Callable[..., LogEnd], self: Replica, batch: Batch) -> LogEnd:
    after = old(self, batch)
    return LogEnd(batch.first - 1, read_entry(bytes(batch.entries[0])).prev) if batch.first > after.seq + 1 else after


def _begins_before_the_last_is_here(old: Callable[..., Any], self: Replica, batch: Batch) -> Any:
    start = read_entry(bytes(batch.entries[0])).body
    return {} if isinstance(start, e.Start) and start.before in self.runs else old(self, batch)


def _says_at_once(old: Callable[..., Turn], self: Node, now: object) -> Turn:
    turn = old(self, now)
    rows = Node._rows(self, turn)
    self._rows = lambda _turn: rows  # type: ignore[method-assign]
    return replace(turn, sends=(*turn.sends, *self.books.replica.to_send()))


def _asks_the_writer_only(old: Callable[..., list], self: Replica, peer: str, mono_ms: int) -> list:
    return [want for want in old(self, peer, mono_ms) if device_of(want.message.run) == peer]


def _writes_nothing(old: Callable[..., tuple], self: Replica) -> tuple:
    old(self)
    return ()


def _writes_its_own_only(old: Callable[..., tuple], self: Replica) -> tuple:
    had_own = self.has_own
    rows = old(self)
    if not had_own:
        return rows
    self._rows = [row for row in rows if device_of(row.run) != self.device]
    return tuple(row for row in rows if device_of(row.run) == self.device)


# --- asks, and what a holder decides --------------------------------------------------------------------------------


def _decides_asks_only(old: Callable[..., None], self: BookKeeper, case: Case, now: Any) -> None:
    if case.id not in self.ledger.cases:
        old(self, case, now)


def _asked_whatever_was_withdrawn(old: Callable[..., None], self: BookKeeper, ask: Any, sender: str, now: Any) -> None:
    old(self, msgspec.structs.replace(ask, after=0), sender, now)


def _decides_again(ledger: Ledger, case: Case) -> bool:
    return case.made is not None and not case.issued and (not case.seq or ledger.outcome(case) is None)


def _leaves_old_requests(old: Callable[..., None], self: BookKeeper, now: Any) -> None:
    self._could |= {(book, self.books.chain(book).last.hold) for book in self.books if self.may_decide(book)}
    old(self, now)


def _opens_for_itself(old: Callable[..., Barred | None], self: BookKeeper, made: e.Request) -> Barred | None:
    barred = old(self, made)
    return None if barred is not None and barred.why is RefusalReason.NOT_OPEN else barred


def _rests_when_closed(old: Callable[..., bool], seen: rules.NodeKnowledge, book: int) -> bool:
    return old(seen, book) and not seen.ledger.is_closed(seen.run)


def _undo_of_any_voter(old: Callable[..., Any], ledger: Ledger, made: e.Request) -> Any:
    target = ledger.cases.get(made.target)
    voters = ledger.voters(target) if target is not None else set()
    return old(ledger, msgspec.structs.replace(made, voter=min(voters)) if voters else made)


def _undo_of_what_is_no_mark(old: Callable[..., Any], ledger: Ledger, made: e.Request) -> Any:
    with broken((Ledger, "mark", _always)):
        return old(ledger, made)


def _undo_whatever_was_handed_out(old: Callable[..., Any], ledger: Ledger, made: e.Request) -> Any:
    target = ledger.cases.get(made.target)
    return True if target is not None and ledger.mark(target) else old(ledger, made)


def _undo_says_no_at_once(old: Callable[..., Any], ledger: Ledger, made: e.Request) -> Any:
    return bool(old(ledger, made))


# --- green ----------------------------------------------------------------------------------------------------------


def _own_whatever_is_withdrawn(seen: rules.NodeKnowledge, case: Case) -> bool:
    return case.run == seen.run


def _own_of_any_run(seen: rules.NodeKnowledge, case: Case) -> bool:
    return device_of(case.id) == seen.device and not case.withdrawn


def _counts_under_a_stop(seen: rules.NodeKnowledge, case: Case) -> bool:
    return seen.ledger.outcome(case) is not None


def _counts_though_its_run_was_over(seen: rules.NodeKnowledge, case: Case) -> bool:
    found = seen.ledger.outcome(case)
    return found is not None and seen.ledger.counts(found)


def _copied_by_who_knows_more(seen: rules.NodeKnowledge, case: Case, heads: Any) -> bool:
    found = seen.ledger.outcome(case)
    assert found is not None
    own = device_of(found.author) == seen.device and not seen.island
    return not own or any(head.have.get(found.author, 0) >= found.seq for head in heads)


_g3_two_disks = rules.g3_two_disks


# --- who holds what -------------------------------------------------------------------------------------------------


def _chain(*so: str) -> Callable[..., Chain]:
    """`Books._chain` and `_step`, line by line, broken so."""

    def chain(self: Books, book: int, pending: list[Stopped]) -> Chain:
        holdings: dict[str, Holding] = {}
        run, hold, through, gives = self.runs[self.basis.opening[book]], "", (0, ""), 0
        for _ in range(2_000):
            views = self._views[::-1] if "highest" in so else self._views
            below = next((view for view in views if view.rank > through and named(view, run)), None)
            waiting = () if "unawaited" in so else tuple(stopped for stopped in pending if named(stopped, run))
            step = _step(so, self, (book, run.name, hold) if gives < e.GIVES_MOST else None, run, below, holdings)
            is_open = step is not None and not all(s.knows.has(*step.by) for s in waiting)
            is_open = is_open and "closed" not in so
            holdings[hold] = Holding(run, hold, None if step is None or is_open or "endless" in so else step.end)
            if step is None or is_open:
                return Chain(holdings, waiting, is_open)
            if below is not None and step.is_view:
                through = below.rank
            gives = 0 if step.is_view and "all_gives" not in so else gives + step.is_give
            run, hold = step.to, step.hold
        raise AssertionError("the chain has no end")

    return chain


_At = tuple[int, str, str] | None


def _step(so: tuple[str, ...], self: Books, at: _At, run: Run, below: Stopped | None, been: Any) -> Any:
    views = [] if below is None or below.view is None or below.viewed is None else [_view_step(self, run, below)]
    viewed = below.viewed if below is not None else None
    gives, starts = _give_steps(so, self, at, viewed), _start_steps(so, run, viewed, been)
    order = [*gives, *starts, *views]
    if "start_first" in so:
        order = [*starts, *gives, *views]
    if "view_first" in so:
        order = [*views, *gives, *starts]
    return next(iter(order), None)


def _view_step(self: Books, run: Run, below: Stopped) -> Any:
    assert below.view is not None
    assert below.viewed is not None
    return books_module._Step(self.runs[below.author], (below.author, below.view[0]), below.viewed.of(run), is_view=True)


def _give_steps(so: tuple[str, ...], self: Books, at: _At, viewed: Known | None) -> list[Any]:
    given = self._gives.get(at) if at is not None else None
    if given is None or at is None:
        return []
    known = given[1].to in self.runs and (viewed is None or viewed.has(at[1], given[0]) or "late_give" in so)
    return [books_module._Step(self.runs[given[1].to], (at[1], given[0]), given[0], is_give=True)] if known else []


def _start_steps(so: tuple[str, ...], run: Run, viewed: Known | None, been: Any) -> list[Any]:
    if "no_start" in so:
        return []
    known = [later for later in run.after if viewed is None or viewed.has(later.name, later.first) or "late_start" in so]
    steps = [books_module._Step(later, (later.name, later.first), None) for later in known]
    steps = [step for step in steps if step.hold not in been]
    return steps[:1] if "arrival" in so else sorted(steps, key=lambda step: step.hold)[:1]


def _last_give_counts(old: Callable[..., bool], self: Books, entry: e.Entry, body: e.Body) -> bool:
    if isinstance(body, e.Give):
        self._gives[body.book, entry.run, body.hold] = (entry.seq, body)
        return True
    return old(self, entry, body)


def _give_in_any_hold(old: Callable[..., bool], self: Books, entry: e.Entry, body: e.Body) -> bool:
    if isinstance(body, e.Give) and body.book in self.basis.opening:
        holding = self.chain(body.book).last
        self._gives[body.book, holding.holder.name, holding.hold] = (entry.seq, body)
        return True
    return old(self, entry, body)


def _views_by_rank(self: Books) -> list[Stopped]:
    return sorted((stopped for stopped in self.stops if stopped.view is not None), key=lambda stopped: stopped.rank)


def _view_of_any_author(old: Callable[..., bool], self: Books, entry: e.Entry, body: e.Body) -> bool:
    if isinstance(body, e.View):
        stopped = next((stopped for stopped in self.stops if stopped.stop.n == body.n and stopped.view is None), None)
        if stopped is None:
            return False
        stopped.view, stopped.viewed, stopped.author = (entry.seq, body), self.runs.known(body.knows), entry.run
        return True
    return old(self, entry, body)


def _stops_of_its_own(self: BookKeeper) -> Stopped | None:
    mine = [stopped for stopped in self.books.stops if stopped.author == self.seen.run and stopped.view is None]
    return mine[-1] if mine else None


def _may_view(**broken_so: bool) -> Callable[..., bool]:
    """`rules.may_view`, line by line, with some of them broken."""

    def may_view(seen: rules.NodeKnowledge, stopped: Stopped, answers: Any) -> bool:
        highest = broken_so.get("lower") or all(other.rank <= stopped.rank for other in seen.books.stops)
        has_all = broken_so.get("lacks") or all(seen.books.runs.have_stored(head.have) for head in answers.values())
        return bool(highest and has_all) and not rules.must_answer(seen, stopped, answers)

    return may_view


def _keeps_its_answers(old: Callable[..., bool], self: BookKeeper, *given: Any) -> bool:
    answers = dict(self._answers)
    stopped = old(self, *given)
    self._answers |= answers
    return stopped


def _waits_for_the_whole_plan(old: Callable[..., set], seen: rules.NodeKnowledge, stopped: Stopped, answers: Any) -> set:
    return set(seen.books.basis.devices) - set(stopped.stop.named) - {seen.device} - set(answers)


def _undoes_as_it_stands(
    old: Callable[..., str], self: BookKeeper, voter: int, target: str, _handed_out: bool, now: Any
) -> str:
    marks = (mark for mark in self.undoable(voter) if mark.target == target)
    return next((old(self, voter, target, mark.issued, now) for mark in marks), "")


def _found_by_device(self: Ledger, voter: int, device: str) -> bool:
    return any(found.device == device for found in self.found(voter))


def _conflict_by_device(old: Callable[..., Any], self: Ledger, voter: int) -> Any:
    node_of, ledger_module.node_of = ledger_module.node_of, str
    try:
        return old(self, voter)
    finally:
        ledger_module.node_of = node_of


def _waits_for_whom_it_knows(seen: rules.NodeKnowledge, stopped: Stopped, answers: Any) -> set[str]:
    known = {device for device, runs in seen.books.runs.devices.items() if runs}
    return known - set(stopped.stop.named) - {seen.device} - set(answers)


def _piles_of_known_runs(self: BookKeeper, stopped: Stopped) -> list[str]:
    return [device for device in sorted(stopped.stop.named) if self.books.runs.devices[device] and device[0] == "T"]


def _is_never_lost(old: Callable[..., Any], books: BookKeeper) -> Any:
    found = old(books)
    return replace(found, lost=False) if found is not None else None


def _undoes_as_no_member(self: BookKeeper) -> bool:
    return node_of(self.seen.device) in self.basis.undo_nodes and rules.may_go_on(self.seen)


def _asks_as_no_member(seen: rules.NodeKnowledge) -> bool:
    return rules.may_go_on(seen)


def _waits_for_the_named(seen: rules.NodeKnowledge, _stopped: Stopped, answers: Any) -> set[str]:
    return {device for device, runs in seen.books.runs.devices.items() if runs} - {seen.device} - set(answers)


def _stop_rights(**broken_so: bool) -> Callable[..., bool]:
    def stop(body: e.Stop, author: str, basis: rights.Basis) -> bool:
        others = broken_so.get("itself") or device_of(author) not in body.named
        here = broken_so.get("strangers") or basis.devices.issuperset(body.named)
        return bool(others and here and (broken_so.get("unsigned") or basis.is_signed(author, body)))

    return stop


def _card_rights(**broken_so: bool) -> Callable[..., bool]:
    def card(body: e.Card, stopped: e.Stop | None, is_viewed: bool, basis: rights.Basis) -> bool:
        if stopped is None:
            return bool(broken_so.get("stopless"))
        named_ = body.device in stopped.named or broken_so.get("unnamed")
        return bool(named_ and (not is_viewed or broken_so.get("late")) and basis.book_of(body.voter) is not None)

    return card


def _views_in_silence(old: Callable[..., bool], self: BookKeeper, now: Any) -> bool:
    with broken((BookKeeper, "write", _without_unscanned), (Ledger, "unproved", lambda *_: ())):
        return old(self, now)


def _without_unscanned(self: BookKeeper, body: e.Body, now: Any) -> int:
    return self.replica.write(body, now.wall_ms)


def _gives_to_the_named(old: Callable[..., bool], self: BookKeeper, *given: Any) -> bool:
    with broken((rules, "run_is_over", _never)):
        return old(self, *given)


# --- members --------------------------------------------------------------------------------------------------------


def _hears_old_heads(self: Membership, head: Head) -> None:
    self._shown.setdefault(device_of(head.run), set()).update(map(device_of, head.have))
    self._heads.setdefault(device_of(head.run), head)
    if head.member:
        self._members.setdefault(device_of(head.run), head)


def _member_by_all(self: Membership) -> bool:
    self.reached = self.reached or (bool(self._run) and not self.awaited())
    return self.reached


def _member_by_one(self: Membership) -> bool:
    self.reached = self.reached or (bool(self._run) and any(map(self._has, self._members.values())))
    return self.reached


def _member_by_any_opening(old: Callable[..., bool], self: Membership) -> bool:
    self.reached = self.reached or (bool(self._run) and self._books.opening is not None)
    return old(self)


def _awaits_the_whole_plan(self: Membership) -> tuple[str, ...]:
    others = set(self._runs.devices) - self.excused - {self._device}
    return tuple(sorted(device for device in others if not self._has(self._heads.get(device))))


def _awaits_who_has_entries_here(old: Callable[..., tuple[str, ...]], self: Membership) -> tuple[str, ...]:
    return tuple(device for device in old(self) if self._runs.devices.get(device))


def _awaits_whom_the_stopped_tell_of(old: Callable[..., tuple[str, ...]], self: Membership) -> tuple[str, ...]:
    told = set().union(*self._shown.values()) - self.excused - {self._device}
    told = {device for device in told if not self.is_taken_over(device) and not self._has(self._heads.get(device))}
    return tuple(sorted(told.union(old(self))))


def _excused_for_the_day(old: Callable[..., None], self: Membership, run: str) -> None:
    excused = self.excused
    old(self, run)
    self.excused = excused


def _keeps_what_was_heard(self: Membership, run: str) -> None:
    self._run, self.reached, self.excused = run, False, frozenset()


# --- starts ---------------------------------------------------------------------------------------------------------


def _begins_at_once(self: DeskKeeper, now: Any) -> None:
    if self.begins:
        self._begin_run(now)


def _waits_as_before(self: DeskKeeper, now: Any) -> None:
    """The desk is about the open request still, as before the restart."""
    if not self.begins:
        return
    unfinished = self.request.next_unsettled()
    self._begin_run(now)
    if unfinished is not None:
        self.state = d.Waiting(unfinished.voter, self._books.weigh(unfinished.voter, but=self.request.id), late=True)  # type: ignore[arg-type]


def _says_first(old: Callable[..., None], self: DeskKeeper, now: Any) -> None:
    old(self, now)
    if self.begins and not self._books.seen.run:
        self._begin_run(now)
        self.begins = True


def _without_answers(old: Callable[..., None], self: BookKeeper, _issued: Any, _withdrawn: Any, now: Any) -> None:
    old(self, (), (), now)


def _gives_up_what_nobody_knows(old: Callable[..., None], self: DeskKeeper, effect: d.Effect, now: Any) -> None:
    old(self, d.Withdraw() if isinstance(effect, d.LeaveOpen) else effect, now)


def _starts_on_its_screen(self: DeskKeeper, now: Any) -> None:
    self._know(replace(self.facts, locked=False))
    self.request.begin()
    self._books.end_run()
    self.begins = True
    self._step(d.Changed(), now)
    self._ask_about_unsettled(now)


def _locks_the_screen_only(self: DeskKeeper, now: Any) -> None:
    self._books.write(e.Locked(), now)
    self._know(replace(self.facts, locked=True))


def _unlocks_the_screen_only(old: Callable[..., None], self: DeskKeeper, now: Any) -> None:
    if self._books.replica.last_run and self.is_locked:
        self._know(replace(self.facts, locked=False))
        self._books.seen.run = self._books.replica.last_run
    else:
        old(self, now)


def _starts_though_locked(old: Callable[..., None], self: DeskKeeper, now: Any) -> None:
    self._know(replace(self.facts, locked=False))
    old(self, now)


def _ids_begin_anew(self: BookKeeper) -> str:
    self._requests += 1
    return f"{self.books.runs.devices[self._setup.device][0].name}/{self._requests}"


def _names_no_run_before(old: Callable[..., None], self: Replica, run: str, body: e.Start, wall_ms: int) -> None:
    old(self, run, msgspec.structs.replace(body, before=""), wall_ms)


def _closed_in_this_run(self: Ledger, run: str) -> bool:
    return self._closed.get(run, False)


def _copied_and_forgotten(old: Callable[..., tuple], self: Node, turn: Turn) -> tuple:
    return () if self._is_copied() else old(self, turn)


# --- marks ----------------------------------------------------------------------------------------------------------


def _mark_if_it_counts(self: Ledger, case: Case) -> bool:
    found = self.outcome(case)
    granted = found is not None and found.decision.outcome is e.Outcome.GRANTED
    return (case.issued or granted) and not case.given_up and not self.undone(case)


def _held_if_it_counts(old: Callable[..., bool], self: Ledger, voter: int, group: Any) -> bool:
    cases = self._marking.get(voter, {}).get(group, [])
    return old(self, voter, group) and any(case.issued or self.outcome(case) is not None for case in cases)


def _claims_without_issued(self: Case) -> Any:
    if not self.given_up:
        for words in self.grants if self.words is None else (self.words,):
            yield from ((words[0], (self.device, words[1], device)) for device in self.grants.get(words, ()) if not words[2])


def _undone_for_good(self: Ledger, case: Case) -> bool:
    return any(self._undoes(undo, self.voters(case)) for undo in case.undos)


def _undoes_by_anybody(self: Ledger, undo: Case, voters: Any) -> bool:
    return undo.made is not None and undo.made.voter in voters


def _undoes_of_any_voter(self: Ledger, undo: Case, _voters: Any) -> bool:
    found = self.outcome(undo)
    return found is not None and found.decision.outcome is e.Outcome.GRANTED and self.counts(found)


def _outcome_of_any_words(old: Callable[..., Any], self: Ledger, case: Case) -> Any:
    for said in case.decided.values():
        for decided in said.values():
            book = self.books.basis.book_of(decided.decision.voter)
            if book is not None and self.books.counts(book, decided.decision.hold, decided.author, decided.seq, pending=False):
                return decided
    return old(self, case)


def _released_for_good(old: Callable[..., None], self: Ledger, entry: e.Entry) -> None:
    old(self, entry)
    if isinstance(entry.body, e.Released):
        self._referrals.pop(entry.body.voter, None)


def _outcome_of_any_hold(self: Ledger, case: Case) -> Any:
    said = case.decided.get(case.words, {}) if case.words is not None else {}
    return next(iter(said.values()), None)


def _marks_its_own_request(old: Callable[..., Any], self: Ledger, voter: int, *, but: str = "") -> Any:
    yield from old(self, voter, but=but)
    case = self.cases.get(but)
    if case is not None and case.made is not None and self.granted(case) and self.outcome(case) is None:
        yield Mark(case.made.elections, case.table, self.time_ms(case, voter))


def _found_cards_match_none(old: Callable[..., tuple], self: Ledger, voter: int) -> tuple:
    beside = [(case.table, self.time_ms(case, voter)) for case in self.marking(voter)] if any(self.found(voter)) else []
    return old(self, voter) or tuple(beside)


def _found_cards_match_all(old: Callable[..., tuple], self: Ledger, voter: int) -> tuple:
    found, self._found = self._found, {}
    try:
        return old(self, voter)
    finally:
        self._found = found


def _one_ballot_of_each_table(old: Callable[..., tuple], self: Ledger, voter: int) -> tuple:
    ballots = old(self, voter)
    return ballots if len({table for table, _ in ballots}) > 1 else ()


def _cards_once_and_again(self: BookKeeper, stopped: Stopped, device: str, voter: int, now: Any) -> None:
    self.write(e.Card(stopped.stop.n, device, voter), now)


# --- copies ---------------------------------------------------------------------------------------------------------


def _owes_only_those_it_is_next_to(old: Callable[..., bool], self: Copies, now: Any) -> bool:
    return old(self, now) and any(self._peers.is_next_to(device_of(run), now) for run in self._awaited)


def _is_never_busy(old: Callable[..., None], self: Copies, now: Any, busy: bool) -> None:
    old(self, now, busy=False)


# --- island mode ----------------------------------------------------------------------------------------------------


def _island_for_all(old: Callable[..., d.Scan], self: Lookup, *given: Any) -> d.Scan:
    self._books.seen.island, was = False, self._books.seen.island
    try:
        return old(self, *given)
    finally:
        self._books.seen.island = was


def _island_at_any_time(old: Callable[..., Any], self: DeskKeeper, action: Any, now: Any) -> Any:
    if isinstance(action, BeginIsland):
        self._books.seen.island = True
    return old(self, action, now)


def _ends_at_the_first_head(old: Callable[..., list], self: Inbound, head: Any, now: Any) -> list:
    sends = old(self, head, now)
    self._books.seen.island = False
    return sends


def _ends_never(old: Callable[..., None], self: BookKeeper, on: bool, now: Any) -> None:
    if on:
        old(self, on, now)


def _island_outlives_a_restart(old: Callable[..., None], self: DeskKeeper, now: Any) -> None:
    old(self, now)
    self._books.seen.island = True


def _may_island_at_a_start(setup: Setup, _books: BookKeeper, lack: d.NotReadyReason | None) -> bool:
    return setup.table is not None and lack in {d.NotReadyReason.ALONE, d.NotReadyReason.UNHEARD}


# --- who sees whom --------------------------------------------------------------------------------------------------


def _unheard_by_one(old: Callable[..., None], self: Peers, head: Head, now: Any) -> None:
    was = self._unheard
    old(self, head, now)
    self._unheard = was or head.hears.get(self._me, 0) < self._count - 2


def _clock_of_any_head(old: Callable[..., bool], self: Peers, head: Head, runs: Any, now: Any) -> bool:
    self._clock[device_of(head.run)] = head.clock_ms - now.mono_ms
    return old(self, head, runs, now)


def _clocks_of_the_seen(old: Callable[..., bool | None], self: Peers, device: str, now: Any) -> bool | None:
    return old(self, device, now) if device == self._me or self.is_seen(device, now) else None


def _clocks_differ_from_any(self: Peers, device: str, now: Any) -> bool:
    clocks = self._clock | {self._me: now.wall_ms - now.mono_ms}
    return any(abs(ahead - clocks[device]) > limits.CLOCK_OFF_MS for ahead in clocks.values())


def _locked_for_good(self: Peers, device: str) -> bool:
    head = self._heads.get(device)
    return head is not None and head.stance is Stance.LOCKED


def _forgets_who_was_locked(old: Callable[..., None], self: Replica, *given: Any) -> None:
    old(self, *given)
    self.locked.clear()


# --- pages ----------------------------------------------------------------------------------------------------------


def _offers_all(old: Callable[..., Situation], setup: Setup, books: BookKeeper, *given: Any) -> Situation:
    """The pages offer what the node would not carry out."""
    return replace(old(setup, books, *given), mine=tuple(books.books), may_island=True, may_stop=True, may_undo=True)


_OFFERS_ALL = _around(desk_keeper_module, "situation_of", _offers_all)


def _looks(**changed: Any) -> Patch:
    """The node's look around says something else."""

    def look(old: Callable[..., Situation], *given: Any) -> Situation:
        return replace(old(*given), **changed)

    return _around(desk_keeper_module, "situation_of", look)


def _never_told(old: Callable[..., None], self: DeskKeeper, effect: d.Effect, now: Any) -> None:
    if not isinstance(effect, Seen):
        old(self, effect, now)


def _without_other_marks(old: Callable[..., Any], *given: Any) -> Any:
    return (replace(undo, beside=None) for undo in old(*given))


def _undone_once_granted(books: BookKeeper, told: Any) -> Any:
    for undo in status.undos_of(books, told):
        yield replace(undo, state=UndoState.UNDONE) if undo.state is UndoState.OVERTAKEN else undo


def _tells_by_its_own_clock(old: Callable[..., None], self: LastCards, books: BookKeeper, now: Any) -> None:
    old(self, books, now)
    self._heard_ms = dict(books.replica.last_ms)


def _any_code(page: AskCode, n: int | CodeMisread, _facts: Facts) -> Any:
    return Do(UseCode(page.devices), Piles(n)) if isinstance(n, int) else replace(page, slip=None, n=0)


def _skips_freely(old: Callable[..., Any], page: AskCode, n: int | CodeMisread, facts: Facts) -> Any:
    skips = isinstance(n, int) and n > facts.situation.last_code
    return Do(UseCode(page.devices), Piles(n)) if skips else old(page, n, facts)


_REFUSED = {(d.Waiting, d.Denied): desk.Transition(lambda s, n, _r: (d.Refused(n.barred, 0, s.voter), ()), (d.Refused,))}
_MENU = {(d.Waiting, d.Cancel): desk.Transition(lambda s, _i, _r: (s, (d.Withdraw(),)), (d.Waiting,))}


BREAKS: dict[str, tuple[Patch, ...]] = {
    # L, W and the logs
    "L: a gap is skipped": (_around(Replica, "_lacks", _lacks_no_gap), _around(Replica, "_after", _after_a_gap)),
    "L: what an entry knows need not be here": ((e, "Knowing", ()),),
    "L: a run before the end of the last": (_around(Replica, "_lacks", _begins_before_the_last_is_here),),
    "L: two batches wait for each other": (
        (replica_module, "knows_others", _never),
        (place_module, "knows_others", _never),
    ),
    "W: said before it is written": (_around(Node, "_turn", _says_at_once),),
    "W: green before it is written": (_around(Replica, "flush", _writes_nothing),),
    "W: a commit leaves behind what was acted on": (
        _around(Replica, "flush", _writes_its_own_only),
        (Replica, "committed", lambda self: self.runs.store()),
    ),
    "W: a head shows what is in memory": ((Replica, "committed", lambda self: self.runs.store()),),
    "W: what moves a book need not be on disk": ((Wants, "moving", property(_never, _nothing)),),
    "log: only its writer is asked": (_around(Replica, "wants", _asks_the_writer_only),),
    "log: signatures are not looked at": (
        (replica_module, "check_batch", lambda batch, end, _verify: check_batch(batch, end, _always)),
    ),
    "log: what is refused is not kept": ((Replica, "refuse", _nothing),),
    "log: branches without end": ((e, "BRANCHES_MOST", 99),),
    "log: nothing is copied": ((Replica, "wants", lambda *_: []), (Replica, "want", lambda *_: [])),
    "log: who never gives is waited for": ((limits, "WANT_AGAIN_MS", 10**9),),
    "log: one run a second": ((Replica, "given", _nothing),),
    "log: no other devices than those delivered": (
        (
            Replica,
            "take_in",
            lambda self, batch, by: _take_in(self, batch, by) if ".1-" in batch.run else replica_module.Taken(),
        ),
    ),
    # asks and decisions
    "ask: only asks are decided on": (_around(BookKeeper, "_decide_if_due", _decides_asks_only),),
    "ask: only entries are decided on": ((BookKeeper, "asked", _nothing),),
    "ask: what its table gave up before need not be known": (_around(BookKeeper, "asked", _asked_whatever_was_withdrawn),),
    "ask: under anybody's name": ((rights, "ask", _always),),
    "D1: anybody decides": ((rules, "d1_holds", _always),),
    "D2: nobody waits to be a member": ((rules, "d2_member", _always),),
    "D4: decides again, or what is withdrawn": ((rules, "d4_decidable", _decides_again),),
    "D4: grants beside a mark": ((rules, "d4_grants", _always),),
    "D4: not on what was asked before": (_around(BookKeeper, "duties", _leaves_old_requests),),
    "D4: on requests of runs that are over": (_during(BookKeeper, "_decide_if_due", (rules, "run_is_over", _never)),),
    "open: nobody needs to know": ((Ledger, "poll_open", property(_always)), (rules, "f_may_ask", _asks_as_no_member)),
    "open: the holder need not know": (_around(BookKeeper, "_bar", _opens_for_itself),),
    "open: a closed table rests": (_around(rules, "may_decide", _rests_when_closed),),
    "open: closed for one run": ((Ledger, "is_closed", _closed_in_this_run),),
    "open: with the PIN": ((BookKeeper, "_view_if_nothing_lacks", _nothing),),
    # green
    "T: nobody looks for twins": ((rules, "t_no_twin", _always),),
    "T: who is named goes on": ((Books, "is_named", _never),),
    "T: a stop that is void names": ((Books, "_is_void", _never),),
    "T: what shows it is not written": (_around(Node, "_rows", _copied_and_forgotten),),
    "T: an old card is not shown": (_looks(old_card=False),),
    "refused: no end is written": ((desk, "TABLE", desk.TABLE | _REFUSED),),
    "G1: the desk goes on waiting": ((rules, "g1_own", _own_whatever_is_withdrawn), (desk, "TABLE", desk.TABLE | _MENU)),
    "G1: an old request is waited for": (
        (rules, "g1_own", _own_of_any_run),
        (DeskKeeper, "_ask_about_unsettled", _waits_as_before),
    ),
    "G2: under a stop": ((rules, "g2_counts", _counts_under_a_stop),),
    "G2: of a run that was over": ((rules, "g2_counts", _counts_though_its_run_was_over),),
    "G3: green with the own mark on one disk": ((rules, "g3_two_disks", _always),),
    "G3: a copy at who knows more": ((rules, "g3_two_disks", _copied_by_who_knows_more),),
    "copies: all hurry": ((Peers, "is_next_to", _always),),
    "copies: who is busy hurries too": (_around(Copies, "look", _is_never_busy),),
    "copies: the others never say so": (_around(Copies, "owed", _owes_only_those_it_is_next_to),),
    "wait: the silent table is not named": ((limits, "SILENT_MS", 1_000_000),),
    # stops
    "stop: with any number": ((rules, "may_stop", _always),),
    "stop: unsigned": ((rights, "stop", _stop_rights(unsigned=True)),),
    "stop: of itself": ((rights, "stop", _stop_rights(itself=True)),),
    "stop: of strangers": ((rights, "stop", _stop_rights(strangers=True)),),
    "stop: a lower one goes on": (
        (BookKeeper, "stopping", property(_stops_of_its_own)),
        (rules, "may_view", _may_view(lower=True)),
    ),
    "stop: that it was overtaken is not said": (_looks(elsewhere=None),),
    "stop: nobody need answer": ((rules, "must_answer", lambda *_: set()),),
    "stop: who is not known need not answer": ((rules, "must_answer", _waits_for_whom_it_knows),),
    "stop: the cards of all stops are counted": ((Ledger, "found_under", lambda self, *_: len(self._cards)),),
    "stop: a lost one goes on": (_around(status, "_elsewhere", _is_never_lost),),
    "code: the scanner's repeat counts": ((Lookup, "is_repeat", _never),),
    "stop: the spares in their box must answer": (_around(rules, "must_answer", _waits_for_the_whole_plan),),
    "F: a first run asks at once": ((rules, "f_may_ask", _asks_as_no_member),),
    "F: a first run undoes at once": ((BookKeeper, "may_ask_undo", property(_undoes_as_no_member)),),
    "stop: the named must answer": ((rules, "must_answer", _waits_for_the_named),),
    "stop: what was shown need not be here": ((rules, "may_view", _may_view(lacks=True)),),
    "stop: any head answers": ((rules, "acknowledges", _always),),
    "stop: no head answers": ((rules, "acknowledges", _never),),
    "stop: the last one's answers": (_around(BookKeeper, "stop", _keeps_its_answers),),
    "stop: it names all runs": ((books_module, "named", lambda stopped, run: run.device in stopped.stop.named),),
    "stop: it names no device without runs": ((Known, "knew", lambda self, run: run.name in self.ends),),
    "stop: it names nobody": ((books_module, "named", _never),),
    "stop: pending until its own view": (
        (Books, "pending", property(lambda self: [stopped for stopped in self.stops if stopped.view is None])),
    ),
    "stop: never pending": ((Books, "pending", property(lambda _self: [])),),
    "view: of any author": (_around(Books, "_moves", _view_of_any_author),),
    "view: all are valid": ((Books, "_valid_views", _views_by_rank),),
    "view: only the highest is valid": ((Books, "_valid_views", lambda self: _views_by_rank(self)[-1:]),),
    "view: two with one number are one": ((Stopped, "rank", property(lambda self: (self.stop.n, ""))),),
    "chain: a step is never open": ((Books, "_chain", _chain("closed")),),
    "chain: nothing ends a holding": ((Books, "_chain", _chain("endless")),),
    "chain: nothing is pending": ((Books, "_chain", _chain("unawaited")),),
    "chain: the highest view": ((Books, "_chain", _chain("highest")),),
    "chain: a give that came too late": ((Books, "_chain", _chain("late_give")),),
    "chain: gives count from the morning on": ((Books, "_chain", _chain("all_gives")),),
    "chain: a run that began too late": ((Books, "_chain", _chain("late_start")),),
    "chain: no run goes on": ((Books, "_chain", _chain("no_start")),),
    "chain: the run that came first": ((Books, "_chain", _chain("arrival")),),
    "chain: a start before a give": ((Books, "_chain", _chain("start_first")),),
    "chain: a view before all else": ((Books, "_chain", _chain("view_first")),),
    "counts: in any hold": ((Ledger, "outcome", _outcome_of_any_hold), (Books, "counts", _always)),
    "codes: any": ((AskCode, "coded", _any_code),),
    "codes: skipped without a word": (_around(AskCode, "coded", _skips_freely),),
    "codes: the reserve sheet skips": ((ask_code, "RESERVE", range(99, 100)),),
    "codes: on an island": (_OFFERS_ALL,),
    # cards that are scanned
    "cards: under no stop": ((rights, "card", _card_rights(stopless=True)),),
    "cards: of who is not named": ((rights, "card", _card_rights(unnamed=True)),),
    "cards: after the view": ((rights, "card", _card_rights(late=True)),),
    "cards: found ones are nothing": ((Ledger, "_card", _nothing),),
    "cards: found ones match none": (_around(Ledger, "_conflict", _found_cards_match_none),),
    "cards: found ones match all": (_around(Ledger, "_conflict", _found_cards_match_all),),
    "cards: written again and again": ((BookKeeper, "card", _cards_once_and_again),),
    "cards: requests are not listed": ((BookKeeper, "unproved", lambda *_: []),),
    "cards: those left out are not counted": (_around(BookKeeper, "view", _views_in_silence),),
    "cards: told by the stopped table's clock": (_around(LastCards, "look", _tells_by_its_own_clock),),
    # gives
    "give: anybody may": (_OFFERS_ALL, (rules, "may_decide", _always)),
    "give: in any hold": (_around(Books, "_moves", _give_in_any_hold),),
    "undo: as it stands when the PIN is given": (_around(BookKeeper, "ask_undo", _undoes_as_it_stands),),
    "cards: of known runs only": ((BookKeeper, "piles", _piles_of_known_runs),),
    "cards: a pile for each disk": ((Ledger, "is_found", _found_by_device), _around(Ledger, "_conflict", _conflict_by_device)),
    "give: the last counts": (_around(Books, "_moves", _last_give_counts),),
    "give: it counts for nothing": ((rights, "give", _never),),
    "give: to who is named": (_around(BookKeeper, "give", _gives_to_the_named),),
    # members
    "M: old heads prove something": ((Membership, "heard", _hears_old_heads),),
    "M: what the heads showed need not be here": ((Membership, "_has", lambda _self, head: head is not None),),
    "M: nobody need be a member": ((Membership, "reach", _member_by_all),),
    "M: one member is enough": ((Membership, "reach", _member_by_one),),
    "M: any opening is enough": (_around(Membership, "reach", _member_by_any_opening),),
    "M: no opening is enough": ((Books, "opening", property(_nothing)),),
    "M: a view is not enough": ((Membership, "viewed", _nothing),),
    "M: spares in their box are waited for": ((Membership, "awaited", _awaits_the_whole_plan),),
    "M: who has no entry here is nobody": (_around(Membership, "awaited", _awaits_who_has_entries_here),),
    "M: nobody is excused": ((Membership, "excuse", _nothing),),
    "M: who is seen can be excused": ((status_module, "_excusable", lambda books, *_: books.seen.member.awaited()),),
    "M: who waits for its clerk can be excused": (_during(status_module, "_excusable", (Peers, "is_at_clerk", _never)),),
    "M: who is locked can be excused": (
        _during(status_module, "_excusable", (Peers, "is_locked", _never), (status_module, "_ended_locked", _never)),
    ),
    "M: who shows that a card is old can be excused": ((BookKeeper, "lacks_own", _never),),
    "M: whom the stopped tell of is waited for": (_around(Membership, "awaited", _awaits_whom_the_stopped_tell_of),),
    "M: who is stopped can't be excused": ((Membership, "is_taken_over", lambda *_: False),),
    "M: excused for the day": (_around(Membership, "started", _excused_for_the_day),),
    "M: what the last run heard": ((Membership, "started", _keeps_what_was_heard),),
    # starts
    "start: the clerk is not asked": ((DeskKeeper, "_ask_about_unsettled", _begins_at_once),),
    "start: the clerk is asked too late": (_around(DeskKeeper, "_ask_about_unsettled", _says_first),),
    "start: without the answers": (_around(BookKeeper, "begin", _without_answers),),
    "start: who does not know gives the request up": (_around(DeskKeeper, "_perform", _gives_up_what_nobody_knows),),
    "start: the screen stays": ((DeskKeeper, "start", _starts_on_its_screen),),
    "start: ids begin anew": ((BookKeeper, "request_id", _ids_begin_anew),),
    "start: it names no run before": (_around(Replica, "begin", _names_no_run_before),),
    "lock: the screen only": ((DeskKeeper, "_lock", _locks_the_screen_only),),
    "lock: unlocking is no start": (_around(DeskKeeper, "start", _unlocks_the_screen_only),),
    "lock: a restart ends it": (_around(DeskKeeper, "begin", _starts_though_locked),),
    # marks, undos and conflicts
    "mark: issued is none": ((Case, "claims", property(_claims_without_issued)),),
    "mark: a late grant is none": (_around(Ledger, "_is_held", _held_if_it_counts),),
    "mark: a withdrawn grant stays": ((Case, "given_up", property(_never)),),
    "mark: withdrawn beats issued": ((Case, "given_up", property(lambda self: self.withdrawn)),),
    "mark: a grant of anybody": ((Books, "held", lambda self, _book: self.basis.devices),),
    "mark: of its own request": (_around(Ledger, "marks", _marks_its_own_request),),
    "mark: by a decision on something else": (_around(Ledger, "outcome", _outcome_of_any_words),),
    "rights: anybody's request": ((rights, "request", _always),),
    "rights: anybody says issued and withdrawn": ((rights, "own", _always),),
    "rights: nobody refers": ((rights, "referred", _never),),
    "released: whatever comes later": (_around(Ledger, "_told", _released_for_good),),
    "undo: never": ((rules, "d4_undo", _nothing),),
    "undo: at any time": (
        _during(BookKeeper, "undoable", (rules, "is_over", _always)),
        _around(rules, "d4_undo", _undo_whatever_was_handed_out),
    ),
    "undo: only what was issued": (_during(BookKeeper, "undoable", (rules, "is_over", _never)),),
    "undo: of any voter": (_around(rules, "d4_undo", _undo_of_any_voter), (Ledger, "_undoes", _undoes_of_any_voter)),
    "undo: of what is no mark": (_around(rules, "d4_undo", _undo_of_what_is_no_mark),),
    "undo: whatever was handed out": (_around(rules, "d4_undo", _undo_whatever_was_handed_out),),
    "undo: what is not known yet is refused": (_around(rules, "d4_undo", _undo_says_no_at_once),),
    "undo: granted by anybody": ((Ledger, "_undoes", _undoes_by_anybody),),
    "undo: for good": ((Ledger, "undone", _undone_for_good),),
    "undo: no card": ((Ledger, "_is_undone", _never),),
    "undo: by anybody": (_OFFERS_ALL, (BookKeeper, "may_ask_undo", property(_always)), (rights, "request", _always)),
    "undo: the count stays": (_during(Ledger, "totals", (Ledger, "undone", _never)),),
    "undo: a table that is serving is not told": ((BookKeeper, "is_served", _never),),
    "undo: told for ever": (_around(DeskKeeper, "_perform", _never_told),),
    "undo: another mark is not told": (_around(desk_keeper_module, "undos_of", _without_other_marks),),
    "undo: what overtakes it is not told": ((desk_keeper_module, "undos_of", _undone_once_granted),),
    "conflict: not looked for": ((Ledger, "conflicts", lambda _self: {}),),
    "conflict: not of one table": (_around(Ledger, "_conflict", _one_ballot_of_each_table),),
    # island mode
    "island: two disks all the same": (
        (rules, "g3_two_disks", lambda seen, case, heads: _g3_two_disks(replace(seen, island=False), case, heads)),
    ),
    "island: others' voters too": (_around(Lookup, "_look_up", _island_for_all),),
    "island: on the chair's word alone": (_OFFERS_ALL, _around(DeskKeeper, "_decide", _island_at_any_time)),
    "island: of who is no member": ((status, "_may_island", _may_island_at_a_start), (rules, "d2_member", _always)),
    "island: ends never": (_around(BookKeeper, "set_island", _ends_never),),
    "island: ends at the first head": (_around(Inbound, "_head", _ends_at_the_first_head),),
    "island: outlives a restart": (_around(DeskKeeper, "_begin_run", _island_outlives_a_restart),),
    "island: says nothing of what is not copied": ((Peers, "copied", lambda *_: 1_000_000),),
    "island: nobody seen is not noticed": ((Peers, "any_seen", _always),),
    "island: one node is like many": ((Setup, "alone", property(_never)),),
    "island: one node has no codes": (_looks(may_stop=False),),
    # who sees whom
    "sight: nobody knows that nobody hears him": ((Peers, "is_unheard", _never),),
    "sight: who is not heard by one is unheard": (_around(Peers, "_look_for_own", _unheard_by_one),),
    "sight: who hears nobody is like the others": ((Peers, "is_deaf", _never),),
    "sight: who waits for its clerk is like silent": ((Peers, "is_at_clerk", _never),),
    "sight: nobody says for whom he waits": (_looks(awaited=()),),
    "clock: nobody looks at it": ((ScreenState, "look_at_clock", _nothing),),
    "clock: compared with the own log only": ((Peers, "is_clock_off", _nothing),),
    "clock: compared with any other": ((Peers, "is_clock_off", _clocks_differ_from_any),),
    "clock: who is silent has none": (_around(Peers, "is_clock_off", _clocks_of_the_seen),),
    "clock: any head tells it": (_around(Peers, "heard", _clock_of_any_head),),
    "locked: like silent": ((Peers, "is_locked", _never),),
    "locked: for good": ((Peers, "is_locked", _locked_for_good),),
    "locked: the logs do not tell": (_around(Replica, "_add", _forgets_who_was_locked),),
    "disk: another order than that of arrival": (
        (Device, "rows", lambda self: sorted(self.disk, key=lambda row: not row.run.startswith("S"))),
    ),
}

_take_in = Replica.take_in

WHY_NOT: dict[str, str] = {
    "D1: nothing is open, and no pending stop names it": "the run is named then, and T says the same",
    "D4: not issued": "only a clerk's answer at a start issues without a decision; then the request's run is over",
    "G1: on this disk": "the request is committed in the turn in which it is asked",
    "T: at a node that is locked": "it has no run",
    "M: the first head of each, not the newest": "a later one shows more: it would take longer, and be as safe",
    "chain: no hold comes twice": "`GIVES_MOST` ends a circle, and the last hold that is new stays the last",
    "chain: views above the last": "who writes a higher view knew the lower stop that names it, and has begun a new run",
    "counts: the author, and the hold": "`outcome` looks for a decision by both",
    "undo: granted, not only decided": "what says that ballots were handed out is refused only of what is no mark",
    "may_view: of the own stop, without a view": "`stopping` hands it no other",
}
"""By line: what covers it."""
