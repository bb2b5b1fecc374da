"""The node's status for its screens: what it knows of itself and of the other nodes."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.books import spot_of
from kiosk.domain.cases import Case
from kiosk.domain.messages import Display, Stance
from kiosk.domain.nodes import device_of, node_of, table_of
from kiosk.domain.situation import (
    Conflict,
    Elsewhere,
    LastCard,
    LeftOpen,
    Mode,
    Peer,
    Situation,
    Stopping,
    Undo,
    UndoState,
    Unproved,
)
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.peers import Peers
from kiosk.node.types import Now, Setup


class LastCards:
    """The last card that is known of each table, and when this node heard of it: no other clock is trusted."""

    def __init__(self) -> None:
        self._known: dict[str, int] | None = None
        self._heard_ms: dict[str, int] = {}

    def look(self, books: BookKeeper, now: Now) -> None:
        """Note what has come since the last look."""
        served = books.ledger.served
        if self._known is not None:
            self._heard_ms |= {device: now.wall_ms for device, count in served.items() if self._known.get(device) != count}
        self._known = dict(served)

    def of(self, device: str, books: BookKeeper) -> LastCard | None:
        """The last card known of a table, of its other disk where this one has none; None where none is."""
        last = books.ledger.last_issued
        beside = (last[other] for other in sorted(last) if node_of(other) == node_of(device))  # one table, one pile
        case = last[device] if device in last else next(beside, None)
        if case is None or case.made is None:
            return None
        served = books.ledger.served.items()
        place = sum(count for other, count in served if node_of(other) == node_of(device))
        return LastCard(case.made.voter, place, self._heard_ms.get(device, 0))


def not_ready_reason(setup: Setup, books: BookKeeper, peers: Peers, now: Now) -> d.NotReadyReason | None:
    """What keeps this node from serving voters; None where nothing does."""
    cut_off = _cut_off(setup, peers, now)
    if not books.seen.run:
        return d.NotReadyReason.CATCHING_UP
    if cut_off is not None and not books.seen.island and setup.table is not None:
        return cut_off
    if not books.ledger.poll_open:
        return d.NotReadyReason.POLL_NOT_OPENED
    if not rules.f_may_ask(books.seen):
        return d.NotReadyReason.CATCHING_UP
    return d.NotReadyReason.CLOSED if books.ledger.is_closed(books.seen.run) else None


def _cut_off(setup: Setup, peers: Peers, now: Now) -> d.NotReadyReason | None:
    """Whether this node sees nobody, or is heard by nobody."""
    if setup.alone:
        return None
    return d.NotReadyReason.ALONE if not peers.any_seen(now) else d.NotReadyReason.UNHEARD if peers.is_unheard(now) else None


def _may_island(setup: Setup, books: BookKeeper, lack: d.NotReadyReason | None) -> bool:
    """Whether the chair may let this table serve alone: it is a member, and sees nobody or is heard by nobody."""
    cut_off = setup.table is not None and lack in {d.NotReadyReason.ALONE, d.NotReadyReason.UNHEARD}
    return cut_off and books.seen.member.reached and rules.may_go_on(books.seen)


def situation_of(setup: Setup, books: BookKeeper, peers: Peers, cards: LastCards, own_before: int, now: Now) -> Situation:
    """The whole status. `own_before`: how long this node's own log was a moment ago; later entries are still on their way."""
    cards.look(books, now)
    seen, me = books.seen, setup.device
    lack = not_ready_reason(setup, books, peers, now)
    known = books.known() | {me}
    # A node's card is the last one that is seen; of those not seen, the last that has a log.
    newest = {node_of(o): o for o in sorted(known, key=lambda o: (o == me or peers.is_seen(o, now), len(o), o))}
    others = sorted(known - {me}, key=lambda o: (table_of(o) or 0, o))
    free = bool(seen.run) and not seen.island and lack not in {d.NotReadyReason.ALONE, d.NotReadyReason.UNHEARD}
    going = rules.may_go_on(seen)
    return Situation(
        me=me,
        peers=tuple(_peer(device, books, peers, now, current=newest[node_of(device)] == device) for device in others),
        holders=tuple((book, device_of(books.books.holder(book))) for book in sorted(books.books)),
        mine=tuple(book for book in books.mine if books.may_decide(book)),
        mode=Mode.FIXED if seen.island or setup.alone else Mode.FREE if free else Mode.PAPER,
        member=seen.member.reached,
        uncopied=0 if setup.alone or not seen.run else max(0, own_before - peers.copied(seen.run)),
        cold=_is_cold(books, peers, now),
        awaited=seen.member.awaited() if going and not seen.member.reached else (),
        excusable=_excusable(books, peers, now),
        may_stop=going and (setup.alone or not seen.island),
        last_code=max((stopped.stop.n for stopped in books.books.stops), default=0),
        may_island=_may_island(setup, books, lack),
        may_undo=books.may_ask_undo,
        poll_open=books.ledger.poll_open,
        unheard=peers.is_unheard(now),
        stopping=_stopping(books, peers, cards, now),
        **_come_of(books),
        elsewhere=_elsewhere(books),
        old_card=books.is_old_card,
        conflicts=tuple(Conflict(voter, ballots) for voter, ballots in sorted(books.ledger.conflicts().items())),
        left_open=tuple(_left_open(books)) if books.may_ask_undo else (),
        refused=tuple(books.refused),
    )


def _excusable(books: BookKeeper, peers: Peers, now: Now) -> tuple[str, ...]:
    """Rule M: the devices that the chair may excuse: those that were stopped with a code, and silent ones.

    A device that waits for its clerk, or is locked, can be heard; one that shows more of this device's log than is here proves
    that this card is an old one.
    """
    seen, member = books.seen, books.seen.member
    if not rules.may_go_on(seen) or member.reached or member.is_new:
        return ()

    def is_silent(device: str) -> bool:
        is_on = peers.is_seen(device, now) or _stance(device, books, peers, now) in (Stance.AT_CLERK, Stance.LOCKED)
        head = peers.head(device)
        return not is_on and (head is None or not books.lacks_own(head))

    return tuple(device for device in member.awaited() if is_silent(device) or member.is_taken_over(device))


def _is_cold(books: BookKeeper, peers: Peers, now: Now) -> bool:
    """Whether the poll was open, and nobody who is seen is a member: the power has failed everywhere, or nearly so."""
    seen = books.seen
    heads = [head for head in peers.heads if peers.is_seen(device_of(head.run), now)]
    waits = rules.may_go_on(seen) and not seen.member.reached and books.ledger.poll_open
    return waits and bool(heads) and not any(head.member for head in heads)


def _come_of(books: BookKeeper) -> dict[str, Any]:
    """The last code with which this run has finished a stop, and what has come of it."""
    stopped = next((view for view in reversed(books.books.valid_views) if view.author == books.seen.run), None)
    if stopped is None or stopped.view is None:
        return {}
    lasts = {book: books.books.chain(book).last for book in sorted(books.books)}
    by = spot_of(stopped.author, stopped.view[0])
    return {
        "viewed": stopped.stop.n,
        "taken": tuple(book for book, last in lasts.items() if last.hold == by),
        "kept": tuple(sorted({last.holder.device for last in lasts.values()}.intersection(stopped.stop.named))),
    }


def _elsewhere(books: BookKeeper) -> Elsewhere | None:
    """The highest code that is known to be used, unless this run used it."""
    highest = max(books.books.stops, key=lambda stopped: stopped.rank, default=None)
    if highest is None or highest.author == books.seen.run:
        return None
    finished, author = highest.view is not None, highest.author
    lost = not finished and (rules.run_is_over(books.books, author) or author in books.replica.locked)
    return Elsewhere(highest.stop.n, device_of(author), highest.stop.named, finished, lost)


def undos_of(books: BookKeeper, told: Collection[tuple[str, UndoState]]) -> Iterator[Undo]:
    """What became of the undos that were asked for here, and which marks made here are undone; but those `told` already."""
    me = books.seen.device
    for case in books.undos:
        made, state = case.made, undo_state(case, books)
        if made is not None and (case.id, state) not in told and (case.device == me or state is UndoState.UNDONE):
            table = None if books.ledger.card(made.target) else table_of(made.target) or 0
            book = books.basis.book_of(made.voter)
            holder = device_of(books.books.holder(book)) if book is not None else me
            marks = books.ledger.marks(made.voter) if state is UndoState.UNDONE else ()
            beside = next(((mark.table, mark.time_ms) for mark in marks), None)
            yield Undo(case.id, made.voter, table, holder, state, beside)


def undo_state(case: Case, books: BookKeeper) -> UndoState:
    """What has become of an undo."""
    found = books.ledger.outcome(case)
    if found is None or case.made is None:
        return UndoState.ASKED
    if found.decision.outcome is e.Outcome.REFUSED:
        return UndoState.REFUSED
    target = books.ledger.cases.get(case.made.target)
    return UndoState.UNDONE if target is None or books.ledger.undone(target) else UndoState.OVERTAKEN


def _left_open(books: BookKeeper) -> Iterator[LeftOpen]:
    """Marks of a run that is over, whose table goes on though its clerk could not say whether ballots were handed out."""
    for device, runs in books.books.runs.devices.items():
        for case in islice(books.ledger.unsettled(device, limits.OPEN_LOOKED_AT), limits.LEFT_OPEN):
            going_on = runs and books.books.runs[case.run].after
            if case.made is not None and going_on and books.ledger.mark(case):
                yield LeftOpen(case.made.voter, case.table)


def _peer(device: str, books: BookKeeper, peers: Peers, now: Now, *, current: bool = True) -> Peer:
    return Peer(
        device=device,
        table=table_of(device),
        seen=peers.is_seen(device, now),
        stance=_stance(device, books, peers, now),
        last_ms=books.replica.last_ms.get(device, 0),
        current=current,
        clock_off=peers.is_clock_off(device, now) is True,
        deaf=peers.is_deaf(device, now),
        display=head.display if (head := peers.head(device)) is not None else Display.DRAWS,
        member=head is None or head.member,
    )


def _stance(device: str, books: BookKeeper, peers: Peers, now: Now) -> Stance:
    """What a node was doing when it was heard last; where no head of it has come, whether its log ends locked."""
    head = peers.head(device)
    if peers.is_at_clerk(device, now):
        return Stance.AT_CLERK
    if peers.is_locked(device) or (head is None and _ended_locked(device, books)):
        return Stance.LOCKED
    return head.stance if head is not None and head.stance is not Stance.LOCKED else Stance.NOT_READY


def _ended_locked(device: str, books: BookKeeper) -> bool:
    return any(run.name in books.replica.locked for run in books.books.runs.tips(device))


def _stopping(books: BookKeeper, peers: Peers, cards: LastCards, now: Now) -> Stopping | None:
    stopped = books.stopping
    if stopped is None:
        return None
    named = books.piles(stopped)
    unproved = (Unproved(device, voter) for device in named for voter in books.unproved(device, limits.OPEN_LOOKED_AT))
    waits_for = books.waits_for(stopped)
    return Stopping(
        n=stopped.stop.n,
        stopped=tuple(replace(_peer(device, books, peers, now), card=cards.of(device, books)) for device in named),
        waits_for=tuple(sorted(waits_for)),
        fetching=not waits_for and not books.may_view(stopped),
        unproved=tuple(islice(unproved, limits.LISTED)),
        scanned=books.ledger.found_under(stopped.author, stopped.stop.n),
        opens=not books.ledger.poll_open,
        fetching_from=tuple(sorted(books.fetching_from())),
    )
