"""The rules of the books protocol, one function each, named after the rule. Pure.

D1–D4: who may decide. G1–G5: who may show green. Then what a seizure must wait for, and where it cuts. `Seen` is what a node
knows. The protocol was checked by a model with each rule left out; the simulator leaves each out of this very code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kiosk.domain import entries as e
from kiosk.domain.books import REGISTER, Books, Sealed, Standing
from kiosk.domain.eligibility import Barred, Eligible
from kiosk.domain.freshness import Freshness, covers
from kiosk.domain.ledger import Case, Ledger
from kiosk.domain.messages import Head
from kiosk.domain.nodes import is_later_disk


@dataclass(slots=True)
class Seen:
    """What one node knows. `have` is the vector of all it has received, `stored` of what is on its disk.

    `island`: the chair has put it in island mode. `joined`: its clerk has answered what the last run left open, and it is not
    locked.
    """

    me: str
    books: Books
    ledger: Ledger
    fresh: Freshness
    have: dict[str, int] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    island: bool = False
    joined: bool = False


# --- who may decide -------------------------------------------------------------------------------------------------


def may_decide(seen: Seen, book: int) -> bool:
    """Whether this node may decide in a book now: on its voters, or to hand it over; in the register, to seal and seize."""
    return (
        seen.joined
        and d1_holds(seen.books, seen.me, book)
        and d2_fresh(seen, book)
        and d3_whole_history(seen.books, book, seen.have)
    )


def d1_holds(books: Books, me: str, book: int) -> bool:
    """D1: by its logs this node holds the book at the highest epoch known, and no seal is pending on it.

    The protocol lets a holder go on under a pending seal; but nobody could act on such a decision before the seizure, and past
    the cut it would only be a late mark.
    """
    chain = books.chain(book)
    return chain.last.holder == me and not chain.open and not chain.pending


def d2_fresh(seen: Seen, book: int) -> bool:
    """D2: nothing can have happened while this node was off that it does not know; or it is an island, for its own book
    only."""
    return seen.fresh.reached or (stands_alone(seen) and book != REGISTER)


def stands_alone(seen: Seen) -> bool:
    """Whether island mode stands in for being fresh, and for a copy. Not on a disk that has heard of a longer log of its own:
    it may be an old one, and what it has decided since is elsewhere."""
    return seen.island and not seen.fresh.outdated


def d3_whole_history(books: Books, book: int, have: Mapping[str, int]) -> bool:
    """D3: this node has every earlier holder's log up to where its holding ended, and what each answer to a seizure covered."""
    holdings = books.chain(book).holdings
    return all(have.get(holding.holder, 0) >= (holding.end or 0) for holding in holdings[:-1]) and all(
        covers(have, holding.seize.answers) for holding in holdings if holding.seize is not None
    )


def d4_decidable(case: Case, books: Books) -> bool:
    """D4, first half: the request is not decided, nor withdrawn; one that was issued is a mark already.

    A decision that does not fit the request is none for a later holder; but a holder decides once.
    """
    by_this_holder = any(found.decision.epoch == books.chain(found.decision.book).last.epoch for found in case.counting(books))
    return case.outcome(books) is None and not by_this_holder and not case.withdrawn and not case.issued


def d4_grants(made: e.Request, may: Eligible | Barred) -> bool:
    """D4, second half: the voter may be given all these ballots by what is marked now."""
    return isinstance(may, Eligible) and set(made.elections) <= set(may.elections)


def undo_is_asked(case: Case, books: Books) -> bool:
    """Whether who asks for an undo holds the register."""
    return case.made is not None and books.counts(REGISTER, case.made.register, case.origin, case.seq)


def undo_grants(made: e.Request, target: Case | None, books: Books, run_is_over: bool) -> bool | None:
    """Whether the secretary's undo of a request's mark may be granted; None while that is not known here.

    The ballots were handed out, as it says; or, as it says, they were not, and the run of the table that asked for them is
    over, so that no green can follow.
    """
    if target is None or not target.voters:
        return None
    if made.voter not in target.voters or not target.marks(books):
        return False
    if made.handed_out:
        return True if target.issued else None
    return False if target.issued else run_is_over or None


# --- who may show green ---------------------------------------------------------------------------------------------


def g1_not_withdrawn(case: Case) -> bool:
    """G1: the table has not given the request up."""
    return not case.withdrawn


def g2_counts(seen: Seen, case: Case) -> bool:
    """G2: the decision's author held the book at that epoch, and no pending seal leaves it open here."""
    found = case.outcome(seen.books)
    if found is None or case.made is None:
        return False
    same = (found.decision.voter, found.decision.elections) == (case.made.voter, case.made.elections)
    return same and found.standing(seen.books) is Standing.COUNTS


def g3_own_request_stored(seen: Seen, case: Case) -> bool:
    """G3, for any holder: this table's own request is on its disk."""
    return 0 < case.seq <= seen.stored.get(seen.me, 0)


def g3_two_disks(seen: Seen, case: Case, heads: Iterable[Head]) -> bool:
    """G3: request and decision are on two disks, or this table is an island.

    The decision of another node is on its disk, or it would not have been sent. For its own, another node's head must show the
    copy, and this node have every register entry which that head shows. Who shows more of it than there is has another
    log.
    """
    found = case.outcome(seen.books)
    if found is None or not g3_own_request_stored(seen, case):
        return False
    if found.origin != seen.me:
        return seen.have.get(found.origin, 0) >= found.seq
    if seen.stored.get(seen.me, 0) < found.seq:
        return False
    others = (head for head in heads if head.origin != seen.me and head.origin not in seen.fresh.claimants)
    return stands_alone(seen) or any(
        head.have.get(seen.me, 0) >= found.seq and g3_knows_register(seen, head) for head in others
    )


def g3_knows_register(seen: Seen, head: Head) -> bool:
    """Whether this node has every register entry that a head shows: the peer may know of a seal that this node does not."""
    writers = {holding.holder for holding in seen.books.chain(REGISTER).holdings}
    return all(
        seen.stored.get(origin, 0) >= seq
        for origin, seq in head.have.items()
        if origin in writers or seen.books.may_seize_register(origin)
    )


def g4_fresh(seen: Seen) -> bool:
    """G4: this table is fresh, or an island."""
    return seen.fresh.reached or stands_alone(seen)


def g5_no_other_mark(seen: Seen, case: Case) -> bool:
    """G5: no other mark of this voter, and no card found at a stopped table, for any of these elections; nor is it undone."""
    assert case.made is not None
    wanted = set(case.made.elections)
    other = any(wanted & set(mark.elections) for mark in seen.ledger.marks(case.made.voter, but=case.id))
    return not other and not case.undone(seen.books)


# --- taking a book --------------------------------------------------------------------------------------------------


def may_seal(seen: Seen, book: int) -> bool:
    """Whether this node may begin to take a book, or finish it: the register's holder any other's, the assistant the register.

    A seal that is pending must be finished even where its book is this node's own by now: nobody else could.
    """
    if book == REGISTER:
        replaced = any(is_later_disk(origin, seen.me) for origin in seen.have)
        may = seen.books.may_seize_register(seen.me) and not replaced and seen.joined and seen.fresh.reached
    else:
        may = may_decide(seen, REGISTER)
    return may and (seen.books.holder(book) != seen.me or seen.books.unfinished(book) is not None)


def is_back(sealed: Sealed, origin: str, last_start: Mapping[str, int]) -> bool:
    """Whether an origin that was attested stopped has started since."""
    return last_start.get(origin, 0) > sealed.seal.stopped[origin]


def must_answer(seen: Seen, sealed: Sealed, everyone: Iterable[str], last_start: Mapping[str, int]) -> set[str]:
    """Who must answer a seal: every node that is not attested stopped, and every one that was and is back."""
    stopped = sealed.seal.stopped
    return {o for o in everyone if o != seen.me and (o not in stopped or is_back(sealed, o, last_start))}


def is_answer(books: Books, sealed: Sealed, head: Head) -> bool:
    """Whether a head answers a seal: its node has the seal on disk, and holds back what the old holder wrote later.

    It does so once it knows that the seal's author holds the register; the register's own history makes nobody wait for the
    assistant's seals, which all know.
    """
    knows = sealed.seal.book == REGISTER or covers(head.have, books.register_history(sealed.seal.register))
    return knows and head.have.get(sealed.author, 0) >= sealed.seq


def cut_of(sealed: Sealed, old: str, answers: Iterable[Mapping[str, int]]) -> int:
    """Where the old holder's log is cut: the most of it that the writer of the seal or any that answered had."""
    return max([sealed.had.get(old, 0), *(have.get(old, 0) for have in answers)])
