"""Every rule that a story tells of, broken in the code that runs: a story under its break must fail.

Those of the simulator are used by their names; the others are for what only a story looks at.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from place import Device

import kiosk.domain.books as books_module
import kiosk.node.desk_keeper as desk_keeper_module
import kiosk.node.ears as ears_module
from kiosk import limits
from kiosk.domain import desk, rights, rules
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.books import Books, Standing
from kiosk.domain.chain import Head as LogEnd
from kiosk.domain.chain import check_batch
from kiosk.domain.eligibility import Bar, Barred, Mark
from kiosk.domain.freshness import Freshness, covers
from kiosk.domain.ledger import Case, Ledger
from kiosk.domain.messages import Batch, Head, Stance
from kiosk.domain.situation import Situation, UndoState
from kiosk.node import Setup, Turn, deeds, lookout
from kiosk.node import replica as replica_module
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.copies import Copies
from kiosk.node.core import Node
from kiosk.node.desk_keeper import DeskKeeper
from kiosk.node.ears import Ears
from kiosk.node.face import Face
from kiosk.node.lookout import LastCards
from kiosk.node.lookup import Lookup
from kiosk.node.peers import Peers
from kiosk.node.replica import Replica, Taken
from tests.simulation.mutations import MUTATIONS

Patch = tuple[object, str, Any]


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


# --- the logs -------------------------------------------------------------------------------------------------------


def _skips(old: Callable[..., Taken], self: Replica, batch: Batch, sender: str) -> Taken:
    if batch.first > self.end(batch.origin).seq + 1:
        self._ends[batch.origin] = LogEnd(batch.first - 1, e.decode_entry(bytes(batch.entries[0])).prev)
    return old(self, batch, sender)


def _says_at_once(old: Callable[..., Turn], self: Node, now: object) -> Turn:
    turn = old(self, now)
    rows = Node.rows(self)
    self.rows = lambda: rows  # type: ignore[method-assign]
    return replace(turn, sends=(*turn.sends, *self.books.replica.to_send()))


def _asks_the_origin_only(old: Callable[..., list], self: Replica, peer: str, mono_ms: int) -> list:
    return [want for want in old(self, peer, mono_ms) if want.message.origin == peer]


def _writes_nothing(old: Callable[..., tuple], self: Replica) -> tuple:
    old(self)
    return ()


# --- who decides, and when green is shown ---------------------------------------------------------------------------


def _owes_only_those_it_is_next_to(old: Callable[..., bool], self: Copies, now: Any) -> bool:
    return old(self, now) and any(self._peers.is_next_to(origin, now) for origin in self._awaited)


def _is_never_busy(old: Callable[..., None], self: Copies, now: Any, busy: bool) -> None:
    old(self, now, busy=False)


def _hears_old_heads(self: Freshness, head: Any) -> None:
    self._of_any.setdefault(head.origin, head.have)
    if head.fresh:
        self._of_fresh.setdefault(head.origin, head.have)


def _fresh_by_any_head(self: Freshness, everyone: Any, have: Any) -> None:
    self.reached = self.reached or bool(self._of_fresh) or not self.awaited(everyone, have)


def _forgets_who_was_attested(old: Callable[..., None], self: Freshness, entry_hash: str, missing: Any = ()) -> None:
    old(self, entry_hash, {*self.missing, *missing})


def _keeps_what_was_heard(self: Freshness, entry_hash: str, missing: Any = ()) -> None:
    self._start, self.missing, self.reached = entry_hash, frozenset(missing), False


def _refuses_at_once(old: Callable[..., bool], seen: rules.Seen, case: Case) -> bool:
    found = case.outcome(seen.books)
    return old(seen, case) or (found is not None and found.decision.outcome is e.Outcome.REFUSED)


def _asked_whatever_was_withdrawn(old: Callable[..., None], self: BookKeeper, ask: Any, sender: str, now: Any) -> None:
    old(self, msgspec.structs.replace(ask, after=0), sender, now)


def _decides_asks_only(self: BookKeeper, case: Case, now: Any) -> None:
    if case.origin == self._setup.origin:
        self._give_up(case, now)


def _leaves_old_requests(old: Callable[..., None], self: BookKeeper, now: Any) -> None:
    self._could |= {book: self.books.chain(book).last.epoch for book in self.books if self.may_decide(book)}
    old(self, now)


def _sees_no_new_epoch(old: Callable[..., None], self: BookKeeper, now: Any) -> None:
    self._could = {book: self.books.chain(book).last.epoch for book in self._could}
    old(self, now)


def _opens_for_itself(old: Callable[..., Barred | None], self: BookKeeper, made: e.Request) -> Barred | None:
    barred = old(self, made)
    return None if barred is not None and barred.why is Bar.NOT_OPEN else barred


def _rests_when_closed(old: Callable[..., bool], seen: rules.Seen, book: int) -> bool:
    return old(seen, book) and not seen.ledger.is_closed(seen.me)


def _locks_the_screen_only(self: DeskKeeper, now: Any) -> None:
    self._books.write(e.Locked(), now)
    self._rules = replace(self._rules, locked=True)


def _unlocks_the_screen_only(self: DeskKeeper, now: Any) -> None:
    self._rules = replace(self._rules, locked=False)
    self._books.seen.joined = True


def _starts_though_locked(old: Callable[..., None], self: DeskKeeper, now: Any) -> None:
    self._rules = replace(self._rules, locked=False)
    old(self, now)


def _attests_without_cards(old: Callable[..., None], decided: d.Perform, books: BookKeeper, now: Any) -> None:
    old(replace(decided, cards=()), books, now)


def _attests_where_it_is_not_fresh(old: Callable[..., None], decided: d.Perform, books: BookKeeper, now: Any) -> None:
    if not books.seen.fresh.reached:
        old(decided, books, now)


def _attests_where_it_is_no_island(old: Callable[..., None], decided: d.Perform, books: BookKeeper, now: Any) -> None:
    if not books.seen.island:
        old(decided, books, now)


def _ids_begin_anew(old: Callable[..., str], self: BookKeeper) -> str:
    origin, _, count = old(self).split("/")
    return f"{origin}/1/{count}"


def _answers_for_the_clerk(self: DeskKeeper, now: Any) -> None:
    """A grant that comes later turns the light on: the request is waited for as before the restart."""
    for case in self._books.ledger.unsettled(self._setup.origin):
        voter = self.lookup._find(case.made.voter) if case.made is not None else None
        if voter is not None and case.made is not None and not self._books.seen.joined:
            self.request.id = case.id
            self.state = d.Waiting(voter, self._books.weigh(voter, but=case.id), late=True)  # type: ignore[arg-type]
    self._join()


# --- island mode ----------------------------------------------------------------------------------------------------


def _reaches_and_doubts(old: Callable[..., bool], self: Freshness, *given: Any) -> bool:
    claimants = set(self.claimants)
    reached = old(self, *given)
    self.claimants |= claimants
    return reached


def _g3_of_anybody(seen: rules.Seen, case: Case, heads: Any) -> bool:
    claimants, seen.fresh.claimants = seen.fresh.claimants, set()
    try:
        return _g3_two_disks(seen, case, heads)
    finally:
        seen.fresh.claimants = claimants


_g3_two_disks = rules.g3_two_disks


def _reaches_in_doubt(old: Callable[..., bool], self: Freshness, *given: Any) -> bool:
    claimants, self.claimants = self.claimants, set()
    reached = old(self, *given)
    self.claimants = claimants
    return reached


def _run_is_over_once_attested(self: BookKeeper, case: Case) -> bool:
    return self.books.attested(case.origin) >= 0


def _gives_up_at_once(old: Callable[..., None], self: BookKeeper, case: Case, now: Any) -> None:
    reached, self.seen.fresh.reached = self.seen.fresh.reached, True
    old(self, case, now)
    self.seen.fresh.reached = reached


def _looks_before_it_is_fresh(old: Callable[..., None], self: Freshness, *given: Any) -> None:
    if not self.reached:
        old(self, *given)


def _keep_how_long(self: Freshness, head: Any, _stored: object) -> None:
    self.__dict__["told"] = max(self.__dict__.get("told", 0), head.have.get(self._me, 0))


def _stands_alone_once_as_long(seen: Any) -> bool:
    return seen.island and seen.fresh.__dict__.get("told", 0) <= seen.have.get(seen.me, 0)


def _island_for_all(old: Callable[..., d.Scan], self: Lookup, *given: Any) -> d.Scan:
    self._books.seen.island, was = False, self._books.seen.island
    try:
        return old(self, *given)
    finally:
        self._books.seen.island = was


def _island_at_any_time(old: Callable[..., None], self: DeskKeeper, decided: d.Perform, now: Any) -> None:
    if decided.deed is d.Deed.ISLAND:
        self._books.seen.island = True
    old(self, decided, now)


def _ends_at_the_first_head(old: Callable[..., list], self: Ears, head: Any, now: Any) -> list:
    sends = old(self, head, now)
    self._books.seen.island = False
    return sends


def _island_is_not_fresh(old: Callable[..., Any], self: Peers, replica: Replica, fresh: bool, stance: Stance, now: Any) -> Any:
    return old(self, replica, fresh and stance is not Stance.ISLAND, stance, now)


def _island_outlives_a_restart(old: Callable[..., None], self: DeskKeeper, now: Any) -> None:
    old(self, now)
    self._books.seen.island = True


# --- who sees whom --------------------------------------------------------------------------------------------------


def _unheard_by_one(old: Callable[..., None], self: Peers, head: Head, now: Any) -> None:
    was = self._unheard
    old(self, head, now)
    self._unheard = was or head.hears.get(self._me, 0) < self._count - 2


def _clock_of_any_head(old: Callable[..., bool], self: Peers, head: Head, now: Any) -> bool:
    self._clock[head.origin] = head.clock_ms - now.mono_ms
    return old(self, head, now)


def _clocks_of_the_seen(old: Callable[..., bool | None], self: Peers, origin: str, now: Any) -> bool | None:
    return old(self, origin, now) if origin == self._me or self.is_seen(origin, now) else None


def _clocks_differ_from_any(self: Peers, origin: str, now: Any) -> bool:
    clocks = self._clock | {self._me: now.wall_ms - now.mono_ms}
    return any(abs(ahead - clocks[origin]) > limits.CLOCK_OFF_MS for ahead in clocks.values())


def _locked_for_good(self: Peers, origin: str) -> bool:
    head = self._heads.get(origin)
    return head is not None and head.stance is Stance.LOCKED


def _forgets_who_was_locked(old: Callable[..., None], self: Replica, *given: Any) -> None:
    old(self, *given)
    self.locked.clear()


# --- books that move ------------------------------------------------------------------------------------------------


def _anybody_takes(self: Books, _book: int) -> list[str]:
    return sorted(self.basis.origins)


def _authority_of_any_epoch(self: Books, book: int, register: int, origin: str, seq: int) -> Standing:
    if book == books_module.REGISTER:
        return Standing.COUNTS if self.may_seize_register(origin) else Standing.VOID
    return self.standing(books_module.REGISTER, register, origin, seq)


def _any_seals_answers(self: BookKeeper, book: int, _sealed: Any) -> dict:
    return {o: have for (of, _), answers in self._answers.items() if of == book for o, have in answers.items()}


def _next_epoch_each_time(old: Callable[..., int], self: Books, book: int) -> int:
    return old(self, book) + sum(book == of for of, _, _ in self._seals)


def _hands_over_anyhow(self: BookKeeper, book: int, to: str, now: Any) -> bool:
    self.write(e.Handover(book, self.books.chain(book).last.epoch + 1, to), now)
    return True


def _history_without_answers(books: Books, book: int, have: Any) -> bool:
    return all(have.get(holding.holder, 0) >= (holding.end or 0) for holding in books.chain(book).holdings[:-1])


def _history_of_answers_only(books: Books, book: int, have: Any) -> bool:
    return all(covers(have, h.seize.answers) for h in books.chain(book).holdings if h.seize is not None)


def _found_cards_are_nothing(old: Callable[..., None], self: Ledger, entry: e.Entry, have: Any) -> None:
    if not isinstance(entry.body, e.Rescanned):
        old(self, entry, have)


def _found_cards_match_none(old: Callable[..., tuple], self: Ledger, voter: int) -> tuple:
    beside = [(case.table, case.time_ms) for case, _ in self.marking(voter)] if any(self.found(voter)) else []
    return old(self, voter) or tuple(beside)


def _found_cards_match_all(old: Callable[..., tuple], self: Ledger, voter: int) -> tuple:
    found, self._found = self._found, {}
    try:
        return old(self, voter)
    finally:
        self._found = found


def _late_grants_block_their_own(old: Callable[..., Any], self: Ledger, voter: int, *, but: str = "") -> Any:
    yield from old(self, voter, but=but)
    case = self.cases.get(but)
    if case is not None and case.granted and case.outcome(self.books) is None:
        yield Mark(case.made.elections, case.table, case.time_ms)


def _seals_from_anybody(old: Callable[..., bool], self: BookKeeper, book: int, stopped: Any, now: Any) -> bool:
    return old(self, book, {*stopped, self.books.holder(book)}, now)


def _seizes_in_silence(old: Callable[..., bool], self: BookKeeper, book: int, to: str, now: Any, unscanned: int = 0) -> bool:
    return old(self, book, to, now, 0)


def _offers_all(old: Callable[..., Situation], setup: Setup, books: BookKeeper, *given: Any) -> Situation:
    """The pages offer what the node would not carry out."""
    return replace(old(setup, books, *given), mine=tuple(books.books), may_island=True)


_OFFERS_ALL = _around(desk_keeper_module, "situation_of", _offers_all)


def _never_told(old: Callable[..., None], self: DeskKeeper, effect: d.Effect, now: Any) -> None:
    if not isinstance(effect, d.Seen):
        old(self, effect, now)


def _undone_once_granted(books: BookKeeper, told: Any) -> Any:
    for undo in lookout.undos_of(books, told):
        yield replace(undo, state=UndoState.UNDONE) if undo.state is UndoState.OVERTAKEN else undo


def _waits_for_the_shown_only(self: DeskKeeper, request: str) -> bool:
    return request == self.request.id and isinstance(self.state, d.Waiting | d.Green | d.Unresolved)


def _tells_by_its_own_clock(old: Callable[..., None], self: LastCards, books: BookKeeper, now: Any) -> None:
    old(self, books, now)
    self._heard_ms = dict(books.replica.last_ms)


OWN: dict[str, tuple[Patch, ...]] = {
    "log: a gap is skipped": (_around(Replica, "take_in", _skips),),
    "log: only its origin is asked for a log": (_around(Replica, "wants", _asks_the_origin_only),),
    "log: signatures are not looked at": (
        (replica_module, "check_batch", lambda batch, end, _verify: check_batch(batch, end, _always)),
    ),
    "log: old batches are not looked at": ((Replica, "_compare", lambda *_: Taken.NOTHING),),
    "log: its own longer log is not looked at": ((Replica, "is_of_another_disk", _never),),
    "log: who is fresh has no old disk": (_around(Freshness, "shown_own", _looks_before_it_is_fresh),),
    "log: who shows more of a log has a copy of it": ((rules, "g3_two_disks", _g3_of_anybody),),
    "D2: who has no entry here is nobody": ((BookKeeper, "everyone", lambda self: {*self._setup.first, *self.replica.have}),),
    "D2: a disk in doubt is helped by who is fresh": (_around(Freshness, "reach", _reaches_in_doubt),),
    "log: what speaks against a disk does so for good": (_around(Freshness, "reach", _reaches_and_doubts),),
    "log: what speaks against a disk is forgotten": ((Node, "recall", _nothing),),
    "log: the end of a log is not looked at": ((Replica, "belies", _never),),
    "log: a fork is not shown to its author": ((Replica, "contradict", lambda *_: []),),
    "log: who is asked in vain is asked seldom": ((limits, "WANT_LONGEST_MS", 10_000),),
    "island: on a disk that is known to be old": ((Freshness, "shown_own", _nothing),),
    "island: the chair's word for who claims more is enough": (
        (Freshness, "outdated", property(lambda self: not self.claimants <= self.missing)),
    ),
    "island: a disk that has grown is not old": (
        (Freshness, "shown_own", _keep_how_long),
        (rules, "stands_alone", _stands_alone_once_as_long),
    ),
    "log: nothing is copied": ((Replica, "wants", lambda *_: []), (Replica, "want", lambda *_: [])),
    "log: said before it is written": (_around(Node, "_turn", _says_at_once),),
    "log: green before it is written": (_around(Replica, "flush", _writes_nothing),),
    "log: no other origins than those delivered": (
        (
            Replica,
            "take_in",
            lambda self, batch, by: _take_in(self, batch, by) if batch.origin.endswith(".1") else Taken.NOTHING,
        ),
    ),
    "log: the order of arrival is not kept": (
        (Device, "rows", lambda self: sorted(self.disk, key=lambda r: r.origin != "S.1")),
    ),
    "ask: only asks are decided on": ((BookKeeper, "_look_at", _decides_asks_only),),
    "ask: only entries are decided on": ((BookKeeper, "asked", _nothing),),
    "open: nobody needs to know": ((Ledger, "poll_open", property(_always)),),
    "open: the holder need not know": (_around(BookKeeper, "_bar", _opens_for_itself),),
    "open: everybody may": (
        _OFFERS_ALL,
        (rules, "may_decide", _always),
        (Ledger, "poll_open", property(lambda self: bool(self._opens))),
    ),
    "restart: who does not know gives the request up": ((DeskKeeper, "is_about", _waits_for_the_shown_only),),
    "undo: told for ever": (_around(DeskKeeper, "_perform", _never_told),),
    "undo: what overtakes it is not told": ((desk_keeper_module, "undos_of", _undone_once_granted),),
    "cards: told by the stopped table's clock": (_around(LastCards, "look", _tells_by_its_own_clock),),
    "open: a closed table rests": (_around(rules, "may_decide", _rests_when_closed),),
    "D1: the holder goes on under a seal": ((rules, "d1_holds", lambda books, me, book: books.chain(book).last.holder == me),),
    "D2: old heads prove something": ((Freshness, "heard", _hears_old_heads),),
    "D2: fresh before it has what the head showed": ((Freshness, "reach", _fresh_by_any_head),),
    "D2: attested one after the other": (_around(Freshness, "started", _forgets_who_was_attested),),
    "D2: heads from before the attestation": ((Freshness, "started", _keeps_what_was_heard),),
    "D2: attested without cards": (_around(deeds, "attest", _attests_without_cards),),
    "D2: cards count only with a start": (_around(deeds, "attest", _attests_where_it_is_not_fresh),),
    "D2: nothing is attested on an island": (_around(deeds, "attest", _attests_where_it_is_no_island),),
    "D2: an island decides in the register": ((rules, "d2_fresh", lambda seen, _book: seen.fresh.reached or seen.island),),
    "D3: without the old holder's log": ((rules, "d3_whole_history", _history_of_answers_only),),
    "D3: without the answers' logs": ((rules, "d3_whole_history", _history_without_answers),),
    "G1: the desk goes on waiting": (
        (rules, "g1_not_withdrawn", _always),
        (desk, "TABLE", desk.TABLE | {(d.Waiting, d.Cancel): desk.Row(lambda s, _i, _r: (s, (d.Withdraw(),)), (d.Waiting,))}),
    ),
    "G2: a refusal is shown at once": (_around(rules, "g2_counts", _refuses_at_once),),
    "G2: what came before the seal is held back too": ((Books, "closes", _never),),
    "G2: a handover is never held back": ((Books, "closes", _always),),
    "copies: all hurry": ((Peers, "is_next_to", _always),),
    "copies: who is busy hurries too": (_around(Copies, "look", _is_never_busy),),
    "copies: the others never say so": (_around(Copies, "owed", _owes_only_those_it_is_next_to),),
    "wait: the silent table is not named": ((limits, "SILENT_MS", 1_000_000),),
    "ask: what its table gave up before need not be known": (_around(BookKeeper, "asked", _asked_whatever_was_withdrawn),),
    "undo: a withdrawn grant stays": ((Case, "given_up", property(_never)),),
    "D4: not again by who holds the book again": (_around(BookKeeper, "duties", _sees_no_new_epoch),),
    "undo: a request's name tells of no start": ((BookKeeper, "_run_is_over", _run_is_over_once_attested),),
    "undo: at any time": ((BookKeeper, "_run_is_over", _always),),
    "undo: only what was issued": ((BookKeeper, "_run_is_over", _never),),
    "undo: never": ((rules, "undo_grants", _never),),
    "restart: the clerk is not asked": ((DeskKeeper, "_ask_about_unsettled", lambda self, _now: self._join()),),
    "restart: the old request is waited for": ((DeskKeeper, "_ask_about_unsettled", _answers_for_the_clerk),),
    "restart: a grant without a request is given up at once": (_around(BookKeeper, "_give_up", _gives_up_at_once),),
    "restart: a grant without a request stays": ((BookKeeper, "_give_up", _nothing),),
    "restart: ids begin anew": (_around(BookKeeper, "request_id", _ids_begin_anew),),
    "lock: the screen only": ((DeskKeeper, "_lock", _locks_the_screen_only),),
    "lock: unlocking is no start": ((DeskKeeper, "_start", _unlocks_the_screen_only),),
    "lock: a restart ends it": (_around(DeskKeeper, "begin", _starts_though_locked),),
    "handover: anybody may": (_OFFERS_ALL, (BookKeeper, "hand_over", _hands_over_anyhow), (rules, "d1_holds", _always)),
    "handover: it counts for nothing": ((Books, "_handover", _nothing),),
    "handover: it need not be on disk": ((BookKeeper, "moving", property(_never, _nothing)),),
    "handover: old requests stay undecided": (_around(BookKeeper, "duties", _leaves_old_requests),),
    "seal: nobody may": ((rules, "may_seal", _never),),
    "seal: nothing is fetched": ((BookKeeper, "fetches", _never),),
    "seal: every seal's answers": ((BookKeeper, "answers", _any_seals_answers),),
    "seal: a new epoch each time": (_around(Books, "next_epoch", _next_epoch_each_time),),
    "cut: there is none": ((books_module, "_end", _nothing),),
    "cut: a handover within it is not looked at": ((Books, "handed_to", lambda *_: ""), (Books, "_handover", _nothing)),
    "cards: found ones are nothing": (_around(Ledger, "fold", _found_cards_are_nothing),),
    "cards: found ones match none": (_around(Ledger, "_conflict", _found_cards_match_none),),
    "cards: found ones match all": (_around(Ledger, "_conflict", _found_cards_match_all),),
    "cards: requests are not listed": ((BookKeeper, "unproved", lambda *_: []),),
    "cards: those left out are not counted": (_around(BookKeeper, "seize", _seizes_in_silence),),
    "late: a grant blocks its own request": (_around(Ledger, "marks", _late_grants_block_their_own),),
    "conflict: not looked for": ((Ledger, "conflicts", lambda _self: {}),),
    "register: anybody takes it": ((rights, "takes_register", _always), (Books, "_rulers", lambda self: {*self.basis.origins})),
    "register: taken from a node that is not stopped": (_around(BookKeeper, "seal", _seals_from_anybody),),
    "register: nobody takes it": ((rights, "takes_register", _never),),
    "register: all its entries count": ((Books, "_authority", lambda *_: Standing.COUNTS), (Books, "_takers", _anybody_takes)),
    "register: an unknown epoch holds everything back": (
        (Books, "_authority", _authority_of_any_epoch),
        (Books, "_takers", _anybody_takes),
    ),
    "register: nothing is held back": ((Books, "standing", lambda self, *given: _standing(self, *given)),),
    "island: never": (
        (rules, "g4_fresh", lambda seen: seen.fresh.reached),
        (rules, "d2_fresh", lambda seen, _book: seen.fresh.reached),
    ),
    "island: two disks all the same": (
        (rules, "g3_two_disks", lambda seen, case, heads: _two_disks(replace(seen, island=False), case, heads)),
    ),
    "island: others' voters too": (_around(Lookup, "_look_up", _island_for_all),),
    "island: on the chair's word alone": (_OFFERS_ALL, _around(DeskKeeper, "_perform_deed", _island_at_any_time)),
    "island: ends never": ((ears_module, "covers", _never),),
    "island: ends at the first head": (_around(Ears, "_head", _ends_at_the_first_head),),
    "island: outlives a restart": (_around(DeskKeeper, "_start", _island_outlives_a_restart),),
    "island: is not fresh for others": (_around(Peers, "announce", _island_is_not_fresh),),
    "island: says nothing of what is not copied": ((Peers, "copied", lambda _self: 1_000_000),),
    "island: nobody seen is not noticed": ((Peers, "any_seen", _always),),
    "sight: nobody knows that nobody hears him": ((Peers, "is_unheard", _never),),
    "sight: who is not heard by one is unheard": (_around(Peers, "_look_for_own", _unheard_by_one),),
    "sight: who hears nobody is like the others": ((Peers, "is_deaf", _never),),
    "sight: an island need not know of the register": ((rules, "g3_knows_register", _always),),
    "clock: nobody looks at it": ((Face, "look_at_clock", _nothing),),
    "clock: compared with the own log only": ((Peers, "is_clock_off", _nothing),),
    "clock: compared with any other": ((Peers, "is_clock_off", _clocks_differ_from_any),),
    "clock: who is silent has none": (_around(Peers, "is_clock_off", _clocks_of_the_seen),),
    "clock: any head tells it": (_around(Peers, "heard", _clock_of_any_head),),
    "locked: like silent": ((Peers, "is_locked", _never),),
    "locked: for good": ((Peers, "is_locked", _locked_for_good),),
    "locked: the logs do not tell": (_around(Replica, "_add", _forgets_who_was_locked),),
    "island: one node is like many": ((Setup, "alone", property(_never)),),
}

_take_in, _two_disks, _counts = Replica.take_in, rules.g3_two_disks, Books.counts


def _standing(self: Books, book: int, epoch: int, origin: str, seq: int) -> Standing:
    return Standing.COUNTS if _counts(self, book, epoch, origin, seq) else Standing.VOID


BREAKS = MUTATIONS | OWN
