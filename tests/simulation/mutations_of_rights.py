"""Mutations of who may say what, and of what the screens say: what the oracle would not see if it asked the product.

Each is a rule that was broken by hand once, and found by nobody. `PROVEN_REPEATS` in `mutations` names those that do no harm.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from kiosk.domain import board, ledger, rights, rules, view
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.books import REGISTER, Books
from kiosk.domain.eligibility import Bar, Barred, Eligible, Mark
from kiosk.domain.ledger import Case, Ledger, Totals
from kiosk.domain.messages import Ask, Head
from kiosk.node import Now, Turn, desk_keeper
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.core import Node
from kiosk.node.peers import Peers
from kiosk.node.replica import Replica
from kiosk.node.touches import PinPad

_Patch = tuple[object, str, Any]


def _always(*_: object, **__: object) -> bool:
    return True


def _never(*_: object, **__: object) -> bool:
    return False


# --- rights ---

_request, _decision, _bar, _undo_grants, _asked, _announce, _turn = (
    rights.request, rights.decision, BookKeeper._bar, rules.undo_grants, BookKeeper.asked, Peers.announce, Node._turn,
)  # fmt: skip


def _request_of_any_book(made: e.Request, author: str, basis: rights.Basis) -> bool:
    return _request(replace(made, book=basis.book_of(made.voter) or 0), author, basis)


def _decision_of_any_book(body: e.Decision, basis: rights.Basis) -> bool:
    return _decision(replace(body, book=basis.book_of(body.voter) or 0), basis)


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


def _undoes_as_asked(undo: Case, voters: Collection[int], books: Books) -> bool:
    """An undo counts as soon as it is asked for."""
    made = undo.made
    return made is not None and made.voter in voters and books.counts(REGISTER, made.register, undo.origin, undo.seq)


def _undoes_whoever_asks(undo: Case, voters: Collection[int], books: Books) -> bool:
    made, found = undo.made, undo.outcome(books)
    granted = found is not None and found.decision.outcome is e.Outcome.GRANTED
    return made is not None and made.voter in voters and granted


def _has_held_register(self: Books, book: int, origin: str, epoch: int) -> bool:
    return book == REGISTER or (origin, epoch) in self._held.get(book, ())


def _undone_for_good(self: Case, books: Books) -> bool:
    voters = {self.made.voter} if self.made is not None else set()
    return any(ledger._undoes(undo, voters, books) for undo in self.undos if undo.made)


def _asked_at_once(self: BookKeeper, ask: Ask, sender: str, now: Now) -> None:
    _asked(self, replace(ask, after=0), sender, now)


def _seize_for_the_old_holder(self: BookKeeper, *given: Any, **more: Any) -> bool:
    """The old holder is nobody when it is asked whether the book may go to it: in `seize` that is the third time."""
    books, asked = self.books, iter(range(1_000))
    books.old_holder = lambda *at: "" if next(asked) == 2 else Books.old_holder(books, *at)  # type: ignore[method-assign]
    try:
        return _seize(self, *given, **more)
    finally:
        del books.old_holder


_seize = BookKeeper.seize


# --- what is only in memory ---


def _announce_memory(self: Peers, replica: Replica, *given: Any) -> Head:
    head = _announce(self, replica, *given)
    return replace(head, have=dict(replica.have), tip=replica.end(replica.me).hash)


def _turn_fresh_by_memory(self: Node, now: Now) -> Turn:
    seen = self.books.seen
    if seen.joined and not seen.fresh.reached and seen.fresh.reach(self.books.everyone(), self.books.replica.have):
        self.books.look_at_own()
    return _turn(self, now)


# --- screens ---

_green, _board_conflicts, _view_bar, _silent, _weigh = (
    view._VIEWS[d.Green], board._conflicts, view._bar, view._silent, BookKeeper.weigh,
)  # fmt: skip


def _weigh_without_list(self: BookKeeper, voter: Any, *, but: str = "") -> Eligible | Barred:
    """All the day's ballots for whoever may be given any."""
    may = _weigh(self, voter, but=but)
    return Eligible(self._setup.elections, {}) if isinstance(may, Eligible) else may


def _green_of(**wrong: str) -> Callable[..., Any]:
    def shown(state: d.Green, seen: view.View) -> Any:
        content, left, right = _green(state, seen)
        return replace(content, **wrong), left, right

    return shown


def _made_up(barred: Barred, number: int | None, seen: view.View) -> str:
    if barred.why is Bar.ALREADY_MARKED:
        barred = Barred(barred.why, Mark((), 1 + (barred.mark.table if barred.mark is not None else 0), 0))
    return _view_bar(barred, number, seen)


def _silent_other(state: d.Waiting, seen: view.View) -> tuple[str, str]:
    return seen.say("silent_table", 9), seen.say("silent_table_do", 9)


def _mark_made_up(*_: object) -> Mark:
    return Mark(("byraad",), 1, 1_000)


def _conflict_of_everybody(seen: view.View) -> Iterator[s.Line]:
    yield from _board_conflicts(seen)
    yield s.Line(seen.say("number", seen.number(1)), seen.say("conflict", "bord 1 kl. 08.00 og bord 2 kl. 08.00"), s.Tone.BAD)


def _false_conflicts(_self: Ledger) -> dict[int, tuple[tuple[int, int], ...]]:
    return {1: ((1, 1_000), (2, 2_000))}


def _nonsense(self: Ledger) -> Totals:
    return Totals({"byraad": len(self.cases) + 1}, 1, 2, 3)


def _never_over(state: d.State, clear_ms: int) -> int | None:
    return None if isinstance(state, d.Green) else _lasts(state, clear_ms)


_lasts = desk_keeper.lasts_ms

MUTATIONS_OF_RIGHTS: dict[str, tuple[_Patch, ...]] = {
    "rights: a request of any voter in any book": ((rights, "request", _request_of_any_book),),
    "rights: a holder grants for other books": (
        (rights, "request", _request_of_any_book),
        (rights, "decision", _decision_of_any_book),
        (BookKeeper, "_bar", lambda self, made: None if made.op is e.Op.CHECK_IN else _bar(self, made)),
    ),
    "rights: anybody makes and answers another's request": ((rights, "answer", _always),),
    "rights: a decision need not fit its request": ((rights, "fits", _always),),
    "rights: anybody's decision counts": (
        (Books, "counts", lambda self, book, epoch, _origin, _seq: epoch <= len(self.chain(book).holdings)),
        (Books, "has_held", _always),
    ),
    "rights: anybody's late grant is a mark": ((Books, "has_held", _always),),
    "rights: a card is found without attestation": ((rights, "rescanned", _always), (ledger.Found, "counts", _always)),
    "rights: a book goes to anybody": (
        (Books, "_handover", lambda self, book, epoch, _holder: _any_handover(self, book, epoch)),
    ),
    "rights: anybody takes the register": ((rights, "takes_register", _always),),
    "rights: a table closes others": (
        (rights, "own_table", _always),
        (Ledger, "is_closed", lambda self, _origin: bool(self._closed)),
    ),
    "rights: anybody opens the poll": ((Ledger, "poll_open", property(lambda self: bool(self._opens))),),
    "undo: anybody asks for it": (
        (rules, "undo_is_asked", _always),
        (ledger, "_undoes", _undoes_whoever_asks),
        (Books, "has_held", _has_held_register),
    ),
    "undo: granted whatever was handed out": ((rules, "undo_grants", _always),),
    "undo: its grant need not count": ((ledger, "_undoes", _undoes_as_asked),),
    "undo: it does not give way to what was handed out": ((Case, "undone", _undone_for_good),),
    "undo: a table that serves is as one that is over": ((BookKeeper, "_run_is_over", _always),),
    "withdrawn: a mark all the same": ((Case, "given_up", property(_never)),),
    "ask: decided on before what its table has given up is known": ((BookKeeper, "asked", _asked_at_once),),
    "holder: ignores a referral": ((BookKeeper, "_bar", _holder_without("referred_at", lambda *_: "")),),
    "holder: grants a closed table's request": ((BookKeeper, "_bar", _holder_without("is_closed", _never)),),
    "holder: grants before the poll is open": ((BookKeeper, "_bar", _holder_without("poll_open", True)),),
    "register: the assistant's replaced disk seals it": ((rules, "is_later_disk", _never),),
    "seize: a book is given back to its old holder": ((BookKeeper, "seize", _seize_for_the_old_holder),),
    "memory: a head shows what is only there": ((Peers, "announce", _announce_memory),),
    "memory: fresh by what is only there": ((Node, "_turn", _turn_fresh_by_memory),),
    "PIN: any will do": ((PinPad, "given", lambda *_: d.PinGiven(right=True)),),
}


def _any_handover(self: Books, book: int, epoch: int) -> tuple[int, str] | None:
    found = [handed for (of, at, _), handed in self._handovers.items() if (of, at) == (book, epoch)]
    return min(found, default=None)


MUTATIONS_OF_SCREENS: dict[str, tuple[_Patch, ...]] = {
    "screen: ballots without a right to them": ((BookKeeper, "weigh", _weigh_without_list),),
    "screen: green with another's name": ((view, "_VIEWS", {**view._VIEWS, d.Green: _green_of(name="V99")}),),
    "screen: green with another's number": ((view, "_VIEWS", {**view._VIEWS, d.Green: _green_of(number="nr. 000 099")}),),
    "screen: a green never clears": ((desk_keeper, "lasts_ms", _never_over),),
    "screen: refusals name what never was": ((view, "_bar", _made_up),),
    "screen: the holder names what never was": ((BookKeeper, "_mark_against", _mark_made_up),),
    "screen: who does not answer is somebody else": ((view, "_silent", _silent_other),),
    "screen: conflicts of whom nothing is known": ((board, "_conflicts", _conflict_of_everybody),),
    "screen: no conflict is shown": ((board, "_conflicts", lambda _view: iter(())),),
    "ledger: conflicts everywhere": ((Ledger, "conflicts", _false_conflicts),),
    "ledger: the poll is always open": ((Ledger, "poll_open", True),),
    "ledger: no table is ever closed": ((Ledger, "is_closed", _never),),
    "ledger: nobody is ever referred": ((Ledger, "referrals", lambda *_: ()), (Ledger, "referred_at", lambda *_: "")),
    "ledger: nonsense totals": ((Ledger, "totals", _nonsense),),
}
