"""What the node sees around it, put together for its screens."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.books import REGISTER
from kiosk.domain.ledger import Case
from kiosk.domain.messages import Display, Stance
from kiosk.domain.nodes import is_later_disk, node_of, table_of
from kiosk.domain.situation import Conflict, LastCard, LeftOpen, Mode, Peer, Seizure, Situation, Undo, UndoState, Unproved
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.peers import Peers
from kiosk.node.words import Now, Setup


class LastCards:
    """The last card that is known of each table, and when this node heard of it: no other clock is trusted."""

    def __init__(self) -> None:
        self._known: dict[str, int] | None = None
        self._heard_ms: dict[str, int] = {}

    def look(self, books: BookKeeper, now: Now) -> None:
        """Note what has come since the last look."""
        served = books.ledger.served
        if self._known is not None:
            self._heard_ms |= {origin: now.wall_ms for origin, count in served.items() if self._known.get(origin) != count}
        self._known = dict(served)

    def of(self, origin: str, books: BookKeeper) -> LastCard | None:
        """The last card known of a table, as this disk has told; None where none is."""
        case = books.ledger.last_issued.get(origin)
        if case is None or case.made is None:
            return None
        served = books.ledger.served.items()
        place = sum(count for other, count in served if other == origin or is_later_disk(origin, other))
        return LastCard(case.made.voter, place, self._heard_ms.get(origin, 0))


def lack_of(setup: Setup, books: BookKeeper, peers: Peers, now: Now) -> d.Lack | None:
    """What keeps this node from serving voters; None where nothing does."""
    seen = books.seen
    cut_off = _cut_off(setup, peers, now)
    if seen.fresh.outdated and seen.fresh.claims and (cut_off is not None or (seen.island and not seen.fresh.reached)):
        return d.Lack.OLD_DISK  # others prove it soon where both hear each other, or are attested at for their lie
    if not rules.g4_fresh(seen):
        return cut_off or d.Lack.CATCHING_UP
    if cut_off is not None and not seen.island and setup.table is not None:
        return cut_off
    if not books.ledger.poll_open:
        return d.Lack.POLL_NOT_OPENED
    return d.Lack.CLOSED if books.ledger.is_closed(setup.origin) else None


def _cut_off(setup: Setup, peers: Peers, now: Now) -> d.Lack | None:
    """Whether this node sees nobody, or is heard by nobody."""
    if setup.alone:
        return None
    return d.Lack.ALONE if not peers.any_seen(now) else d.Lack.UNHEARD if peers.is_unheard(now) else None


def _may_island(setup: Setup, books: BookKeeper, peers: Peers, lack: d.Lack | None, now: Now) -> bool:
    """Whether the chair may let this table serve alone: it sees nobody, or nobody hears it.

    One that hears others must have all that they show of the register: where it can't fetch that, its book may be taken.
    """
    seen = books.seen
    if setup.table is None or lack not in {d.Lack.ALONE, d.Lack.UNHEARD} or not seen.joined or seen.fresh.outdated:
        return False
    return all(rules.g3_knows_register(seen, head) for head in peers.heads if peers.is_seen(head.origin, now))


def situation_of(setup: Setup, books: BookKeeper, peers: Peers, cards: LastCards, own_before: int, now: Now) -> Situation:
    """Everything at a glance. `own_before`: how long this node's own log was a moment ago: what came since is still on its
    way."""
    cards.look(books, now)
    seen, me = books.seen, setup.origin
    lack = lack_of(setup, books, peers, now)
    everyone = books.everyone()
    # A device's disk is the last one that is seen; of those not seen, the last that has a log.
    newest = {node_of(o): o for o in sorted(everyone, key=lambda o: (o == me or peers.is_seen(o, now), len(o), o))}
    others = sorted(everyone - {me}, key=lambda o: (table_of(o) or 0, o))
    free = seen.joined and not seen.island and rules.g4_fresh(seen) and lack not in {d.Lack.ALONE, d.Lack.UNHEARD}
    waits = seen.joined and not seen.fresh.reached and (not seen.island or peers.any_seen(now))
    seizures = tuple(_seizures(setup, books, peers, cards, now))
    found = tuple(_peer(origin, books, peers, now, current=newest[node_of(origin)] == origin) for origin in others)
    if waits:
        found = tuple(replace(peer, card=cards.of(peer.origin, books)) for peer in found)
    return Situation(
        me=me,
        peers=found,
        holders=tuple((book, books.books.holder(book)) for book in sorted(books.books)),
        mine=tuple(book for book in books.books.mine if books.may_decide(book)),
        mode=Mode.FIXED if rules.stands_alone(seen) or setup.alone else Mode.FREE if free else Mode.PAPER,
        fresh=seen.fresh.reached,
        uncopied=0 if setup.alone else max(0, own_before - peers.copied()),
        awaited=seen.fresh.awaited(everyone, books.replica.stored) if waits else (),
        may_seal=tuple(book for book in sorted(books.books) if rules.may_seal(seen, book)),
        may_attest=waits,
        may_island=_may_island(setup, books, peers, lack, now),
        unheard=peers.is_unheard(now),
        seizures=seizures,
        conflicts=tuple(Conflict(voter, ballots) for voter, ballots in sorted(books.ledger.conflicts().items())),
        left_open=tuple(_left_open(books)) if books.may_decide(REGISTER) else (),
        refused=tuple(books.refused),
    )


def undos_of(books: BookKeeper, told: Collection[tuple[str, UndoState]]) -> Iterator[Undo]:
    """What became of the undos that were asked for here, and which marks made here are undone; but those `told` already."""
    me = books.seen.me
    for case in books.undos:
        made, state = case.made, undo_state(case, books)
        if made is not None and (case.id, state) not in told and (case.origin == me or state is UndoState.UNDONE):
            found = made.target.count("/") == 1
            table = None if found else table_of(made.target.partition("/")[0]) or 0
            yield Undo(case.id, made.voter, table, books.books.holder(made.book), state)


def undo_state(case: Case, books: BookKeeper) -> UndoState:
    """What has become of an undo."""
    outcome = books.ledger.undo_of(case.id)
    if outcome is e.Outcome.REFUSED or not rules.undo_is_asked(case, books.books):
        return UndoState.REFUSED
    if outcome is None or case.made is None:
        return UndoState.ASKED
    target = books.ledger.cases.get(case.made.target)
    return UndoState.UNDONE if target is None or target.undone(books.books) else UndoState.OVERTAKEN


def _left_open(books: BookKeeper) -> Iterator[LeftOpen]:
    """Marks of a run that is over, whose table goes on though its clerk could not say whether ballots were handed out."""
    for origin, start in books.replica.last_start.items():
        for case in islice(books.ledger.unsettled(origin), limits.LEFT_OPEN):
            if case.made is not None and case.seq < start and case.marks(books.books):
                yield LeftOpen(case.made.voter, case.table)


def _peer(origin: str, books: BookKeeper, peers: Peers, now: Now, *, current: bool = True) -> Peer:
    return Peer(
        origin=origin,
        table=table_of(origin),
        seen=peers.is_seen(origin, now),
        stance=_stance(origin, books, peers, now),
        last_ms=books.replica.last_ms.get(origin, 0),
        current=current,
        clock_off=peers.is_clock_off(origin, now) is True,
        deaf=peers.is_deaf(origin, now),
        display=head.display if (head := peers.head(origin)) is not None else Display.DRAWS,
    )


def _stance(origin: str, books: BookKeeper, peers: Peers, now: Now) -> Stance:
    """What a node was doing when it was heard last; where no head of it has come, whether its log ends locked."""
    head = peers.head(origin)
    if peers.is_at_clerk(origin, now):
        return Stance.AT_CLERK
    if peers.is_locked(origin) or (head is None and origin in books.replica.locked):
        return Stance.LOCKED
    return head.stance if head is not None and head.stance is not Stance.LOCKED else Stance.NOT_READY


def _seizures(setup: Setup, books: BookKeeper, peers: Peers, cards: LastCards, now: Now) -> list[Seizure]:
    found = []
    for book in books.books.sealed:
        sealed = books.own_seal(book)
        if sealed is None:
            continue
        unproved = ((case.origin, case.made.voter) for case in books.unproved(sealed) if case.made is not None)
        lacking = islice(((o, v) for o, v in unproved if not books.ledger.is_found(v, o)), limits.LISTED)
        found.append(
            Seizure(
                book=book,
                old=books.books.old_holder(book, sealed.seal.epoch),
                stopped=tuple(
                    replace(_peer(origin, books, peers, now), card=cards.of(origin, books))
                    for origin in sorted(sealed.seal.stopped)
                ),
                waits_for=tuple(sorted(books.waits_for(book, sealed))),
                fetching=books.fetches(book, sealed),
                unproved=tuple(Unproved(o, v) for o, v in lacking),
                scanned=sum(books.ledger.found_at(origin) for origin in sealed.seal.stopped),
                to=setup.origin
                if book == REGISTER
                else books.books.handed_to(book, sealed.seal.epoch, books.cut(book, sealed)),
            )
        )
    return found
