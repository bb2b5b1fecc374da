"""Mutations of who may say what, and of what the screens say: what the oracle would not see if it asked the product.

Each is a rule that was broken by hand once, and found by nobody.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace as replace_in
from typing import Any

from msgspec.structs import replace

from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import rights, rules, view
from kiosk.domain import screens as s
from kiosk.domain.books import Books
from kiosk.domain.cases import Case, Decided
from kiosk.domain.eligibility import Barred, Eligible, Mark, RefusalReason
from kiosk.domain.ledger import Ledger, Totals
from kiosk.domain.messages import Ask, Head
from kiosk.domain.nodes import node_of
from kiosk.domain.pages import AskCode, overview, piles
from kiosk.domain.pages.page import Do, UseCode
from kiosk.domain.runs import Runs
from kiosk.node import Now, desk_keeper
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.peers import Peers
from kiosk.node.touches import PinPad

_Patch = tuple[object, str, Any]


def _always(*_: object, **__: object) -> bool:
    return True


def _never(*_: object, **__: object) -> bool:
    return False


# --- rights ---

_bar, _asked, _announce, _decided = BookKeeper._bar, BookKeeper.asked, Peers.announce, Ledger._decided


def _request_of_anybody(made: e.Request, _author: str, basis: rights.Basis) -> bool:
    return basis.book_of(made.voter) is not None and bool(made.elections)


def _undo_of_anybody(made: e.Request, author: str, basis: rights.Basis) -> bool:
    return _request(made, author, replace_in(basis, undo_nodes=frozenset(map(node_of, basis.devices))))


_request = rights.request


def _holder_without(name: str, value: object) -> Callable[..., Barred | None]:
    """The holder does not look at something of the ledger; everybody else does."""

    def bar(self: BookKeeper, made: e.Request) -> Barred | None:
        with _without(name, value):
            return _bar(self, made)

    return bar


@contextmanager
def _without(name: str, value: object) -> Iterator[None]:
    old = getattr(Ledger, name)
    setattr(Ledger, name, value)
    try:
        yield
    finally:
        setattr(Ledger, name, old)


def _undoes_as_asked(_self: Ledger, undo: Case, voters: Collection[int]) -> bool:
    """An undo counts as soon as it is asked for."""
    return undo.made is not None and undo.made.voter in voters


def _undoes_by_any_grant(_self: Ledger, undo: Case, voters: Collection[int]) -> bool:
    granted = any(one.decision.outcome is e.Outcome.GRANTED for said in undo.decided.values() for one in said.values())
    return undo.made is not None and undo.made.voter in voters and granted


def _undone_for_good(self: Ledger, case: Case) -> bool:
    return any(undo.made is not None and self._undoes(undo, self.voters(case)) for undo in case.undos)


def _step_with_any_give(self: Books, book: int, run: Any, hold: str, below: Any, been: Any, **may: bool) -> Any:
    """A give counts of anybody who names the hold."""
    mine = next((given for (of, _, at), given in self._gives.items() if (of, at) == (book, hold)), None)
    gives, self._gives = self._gives, self._gives if mine is None else {**self._gives, (book, run.name, hold): mine}
    try:
        return _step(self, book, run, hold, below, been, **may)
    finally:
        self._gives = gives


_step = Books._step


def _words_of_the_request(self: Ledger, decided: Decided) -> None:
    """A decision is taken for one on the request, whatever it says."""
    made = self._case(decided.decision.request).made
    if made is not None:
        said = replace(decided.decision, voter=made.voter, elections=made.elections, target=made.target)
        decided = replace_in(decided, decision=said)
    _decided(self, decided)


def _conflict_with_cards(self: Ledger, voter: int) -> tuple[tuple[int, int], ...]:
    """A card is a ballot beside what its table has written."""
    found = list(self.found(voter))
    marks = [(case.table, self.time_ms(case, voter)) for case in self.marking(voter)] + [
        (one.table, one.time_ms) for one in found
    ]
    return tuple(sorted(set(marks))) if found and len(marks) > 1 else _conflict(self, voter)


_conflict = Ledger._conflict


def _conflict_of_the_last(self: Ledger, voter: int) -> tuple[tuple[int, int], ...]:
    return _conflict(self, voter)[-1:]


def _time_by_anybody(self: Ledger, case: Case, _voter: int) -> int:
    """The time of a mark by whoever has granted it, for whomever."""
    given = [ms for said in case.grants.values() for ms in said.values()]
    return case.asked_ms if case.made is not None else min(given, default=0)


def _asked_at_once(self: BookKeeper, ask: Ask, sender: str, now: Now) -> None:
    _asked(self, replace(ask, after=0), sender, now)


# --- what is only in memory ---


def _announce_memory(self: Peers, runs: Runs, *given: Any) -> Head:
    return replace(_announce(self, runs, *given), have=runs.vector)


# --- screens ---

_green, _board_conflicts, _view_bar, _silent, _weigh = (
    view._VIEWS[d.Green], overview._conflicts, view._bar, view._silent, BookKeeper.weigh,
)  # fmt: skip


def _weigh_without_list(self: BookKeeper, voter: Any, *, but: str = "") -> Eligible | Barred:
    """All the day's ballots for whoever may be given any."""
    may = _weigh(self, voter, but=but)
    return Eligible(self._setup.elections, {}) if isinstance(may, Eligible) else may


def _green_of(**wrong: str) -> Callable[..., Any]:
    def shown(state: d.Green, seen: view.ViewContext) -> Any:
        content, left, right = _green(state, seen)
        return replace(content, **wrong), left, right

    return shown


def _made_up(barred: Barred, number: int | None, seen: view.ViewContext) -> str:
    if barred.why is RefusalReason.ALREADY_MARKED:
        barred = Barred(barred.why, Mark((), 1 + (barred.mark.table if barred.mark is not None else 0), 0))
    return _view_bar(barred, number, seen)


def _silent_other(state: d.Waiting, seen: view.ViewContext) -> tuple[str, str]:
    return seen.say("silent_table", 9), seen.say("silent_table_do", 9)


def _mark_made_up(*_: object) -> Mark:
    return Mark(("byraad",), 1, 1_000)


def _holders_made_up(device: str, seen: view.ViewContext) -> str:
    return _books_of(device, seen) or f", {seen.say('holds_none')}"


_books_of = overview._books


def _conflict_of_everybody(seen: view.ViewContext) -> Iterator[s.Line]:
    yield from _board_conflicts(seen)
    yield s.Line(seen.say("number", seen.number(1)), seen.say("conflict", "bord 1 kl. 08.00 og bord 2 kl. 08.00"), s.Tone.BAD)


def _false_conflicts(_self: Ledger) -> dict[int, tuple[tuple[int, int], ...]]:
    return {1: ((1, 1_000), (2, 2_000))}


def _nonsense(self: Ledger) -> Totals:
    return Totals({"byraad": len(self.cases) + 1}, 3)


def _never_over(state: d.State, clear_ms: int) -> int | None:
    return None if isinstance(state, d.Green) else _lasts(state, clear_ms)


_lasts = desk_keeper.lasts_ms

MUTATIONS_OF_RIGHTS: dict[str, tuple[_Patch, ...]] = {
    "rights: anybody makes another's request": ((rights, "request", _request_of_anybody),),
    "rights: anybody answers another's request": ((rights, "own", _always),),
    "rights: a decision need not fit its request": ((Ledger, "_decided", _words_of_the_request),),
    "rights: anybody's decision counts": (
        (Books, "counts", _always),
        (Ledger, "outcome", lambda _self, case: next(iter(case.decided.get(case.words, {}).values()), None)),
        (Ledger, "_is_held", _always),
    ),
    "rights: anybody's grant is a mark": ((Ledger, "_is_held", _always),),
    "rights: a card of a device that no stop names": (
        (Books, "stop_of", lambda self, _author, _n: next(iter(self.stops), None)),
        (rights, "card", _always),
    ),
    "rights: a stop without the chair's code": ((rights, "stop", _always),),
    "rights: anybody gives a book away": ((Books, "_step", _step_with_any_give),),
    "rights: a table closes others": ((Ledger, "is_closed", lambda self, _run: bool(self._closed)),),
    "rights: a stop opens the poll": ((Ledger, "poll_open", property(lambda self: bool(self.books.stops))),),
    "undo: anybody asks for it": ((rights, "request", _undo_of_anybody),),
    "undo: granted whatever was handed out": ((rules, "d4_undo", _always),),
    "undo: its grant need not count": ((Ledger, "_undoes", _undoes_by_any_grant),),
    "undo: it need not be granted": ((Ledger, "_undoes", _undoes_as_asked),),
    "undo: it does not give way to what was handed out": ((Ledger, "undone", _undone_for_good),),
    "undo: a run that serves is as one that is over": ((rules, "run_is_over", _always),),
    "withdrawn: a mark all the same": ((Case, "given_up", property(_never)),),
    "ask: decided on before what its table has given up is known": ((BookKeeper, "asked", _asked_at_once),),
    "holder: ignores a referral": ((BookKeeper, "_bar", _holder_without("referred_at", lambda *_: "")),),
    "holder: grants a closed table's request": ((BookKeeper, "_bar", _holder_without("is_closed", _never)),),
    "holder: grants before the poll is open": ((BookKeeper, "_bar", _holder_without("poll_open", True)),),
    "card: a ballot beside its table's own word": ((Ledger, "_conflict", _conflict_with_cards),),
    "memory: a head shows what is only there": ((Peers, "announce", _announce_memory),),
    "PIN: any will do": ((PinPad, "given", lambda *_: d.PinGiven(right=True)),),
    "code: any number will do": ((AskCode, "coded", lambda page, n, _facts: Do(UseCode(page.devices), piles.Piles(n))),),
}


MUTATIONS_OF_SCREENS: dict[str, tuple[_Patch, ...]] = {
    "screen: ballots without a right to them": ((BookKeeper, "weigh", _weigh_without_list),),
    "screen: green with another's name": ((view, "_VIEWS", {**view._VIEWS, d.Green: _green_of(name="V99")}),),
    "screen: green with another's number": ((view, "_VIEWS", {**view._VIEWS, d.Green: _green_of(number="nr. 000 099")}),),
    "screen: a green never clears": ((desk_keeper, "lasts_ms", _never_over),),
    "screen: refusals name what never was": ((view, "_bar", _made_up),),
    "screen: the holder names what never was": ((BookKeeper, "_mark_against", _mark_made_up),),
    "screen: who does not answer is somebody else": ((view, "_silent", _silent_other),),
    "screen: conflicts of whom nothing is known": ((overview, "_conflicts", _conflict_of_everybody),),
    "screen: a holder that holds nothing": ((overview, "_books", _holders_made_up),),
    "screen: no conflict is shown": ((overview, "_conflicts", lambda _view: iter(())),),
    "ledger: conflicts everywhere": ((Ledger, "conflicts", _false_conflicts),),
    "ledger: one ballot of a conflict": ((Ledger, "_conflict", _conflict_of_the_last),),
    "ledger: the time of a mark by anybody's grant": ((Ledger, "time_ms", _time_by_anybody),),
    "ledger: the poll is always open": ((Ledger, "poll_open", True),),
    "ledger: no table is ever closed": ((Ledger, "is_closed", _never),),
    "ledger: nobody is ever referred": ((Ledger, "referrals", lambda *_: ()), (Ledger, "referred_at", lambda *_: "")),
    "ledger: nonsense totals": ((Ledger, "totals", _nonsense),),
}
