"""The rules of the books protocol, one function each, named after the rule in kiosk/PROTOCOL.md. Pure.

T and F; D1 to D3: who may decide in a book; D4: on which request. G1 to G3: who may show green. Then what a view must wait for.
`NodeKnowledge` is what a node knows. A model has checked each of them by leaving it out; the simulator leaves each out of this
very code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kiosk.domain import entries as e
from kiosk.domain.books import Books, Stopped
from kiosk.domain.cases import Case
from kiosk.domain.eligibility import Barred, Eligible
from kiosk.domain.ledger import Ledger
from kiosk.domain.membership import Membership
from kiosk.domain.messages import Head
from kiosk.domain.nodes import device_of, is_spare


@dataclass(slots=True)
class NodeKnowledge:
    """What one node knows. `run`: its run; "" before it has begun, and when it is locked.

    `island`: the chair has put it in island mode.
    """

    device: str
    books: Books
    ledger: Ledger
    member: Membership
    run: str = ""
    island: bool = False


def t_no_twin(books: Books, run: str) -> bool:
    """T: every known run of this device is on this run's line. If one is not, two cards with one key are about."""
    mine = books.runs[run]
    return len(books.runs.devices[mine.device]) == mine.nth


def may_go_on(seen: NodeKnowledge) -> bool:
    """Whether this node has a run, which is neither a twin's nor named by a stop."""
    return bool(seen.run) and t_no_twin(seen.books, seen.run) and not seen.books.is_named(seen.run)


def f_may_ask(seen: NodeKnowledge) -> bool:
    """F: whether this run may ask for voters: as a member, or where its device was delivered, or has asked before."""
    return may_go_on(seen) and (seen.member.reached or not seen.books.is_new_spare(seen.device))


# --- who may decide -------------------------------------------------------------------------------------------------


def may_decide(seen: NodeKnowledge, book: int) -> bool:
    """Whether this node may decide in a book now: on its voters, or to give it away."""
    return may_go_on(seen) and d1_holds(seen.books, seen.run, book) and d2_member(seen) and d3_whole(seen.books, book)


def d1_holds(books: Books, run: str, book: int) -> bool:
    """D1: this run is the chain's last holder; nothing is open, and no pending stop names it."""
    chain = books.chain(book)
    return chain.last.holder.name == run and not chain.open and not chain.pending


def d2_member(seen: NodeKnowledge) -> bool:
    """D2: the run is a member."""
    return seen.member.reached


def d3_whole(books: Books, book: int) -> bool:
    """D3: all is known here that the author of each step of the chain knew. Something can be missing only where a device has
    told two stories: by rule L all else was there before."""
    holdings = books.chain(book).holdings
    return all(books.runs.have(knows) for hold, knows in books.short.items() if hold in holdings)


def d4_decidable(ledger: Ledger, case: Case) -> bool:
    """D4, first half: no decision on it counts yet, and it is neither withdrawn nor issued."""
    return case.made is not None and ledger.outcome(case) is None and not case.withdrawn and not case.issued


def d4_grants(made: e.Request, may: Eligible | Barred) -> bool:
    """D4, second half, of a check-in: the voter may be given all these ballots by what is marked now."""
    return isinstance(may, Eligible) and set(made.elections) <= set(may.elections)


def d4_undo(ledger: Ledger, made: e.Request) -> bool | None:
    """D4, second half, of an undo: the target is a mark of this voter, and is issued or its run is over, as the undo says.

    None while that is not known here.
    """
    if ledger.card(made.target):
        return any(found.spot == made.target for found in ledger.found(made.voter))
    target = ledger.cases.get(made.target)
    if target is None or not ledger.voters(target):
        return None
    if made.voter not in ledger.voters(target) or not ledger.mark(target):
        return False
    if made.handed_out:
        return True if target.issued else None
    return False if target.issued else is_over(ledger, target) or None


def run_is_over(books: Books, run: str) -> bool:
    """Whether no green can follow on a request of this run: a later run of its device has begun, or a stop names it."""
    known = books.runs.get(run)
    return known is not None and (bool(known.after) or books.is_named(run))


def is_over(ledger: Ledger, case: Case) -> bool:
    """Whether no green can follow on a request. Of a run that nobody knows: whether all who granted it were taken over since.

    A view knows all runs that were going on; so there was no such run, or it is one of a device that the stop named.
    """
    if case.run in ledger.books.runs:
        return run_is_over(ledger.books, case.run)
    given = [one for said in case.decided.values() for one in said.values() if one.decision.outcome is e.Outcome.GRANTED]
    return bool(given) and all(ledger.books.is_taken_over(one.author) for one in given)


# --- who may show green ---------------------------------------------------------------------------------------------


def g1_own(seen: NodeKnowledge, case: Case) -> bool:
    """G1: the request is of this run, on this disk, and not withdrawn."""
    run = seen.books.runs.get(seen.run)
    return run is not None and case.run == seen.run and 0 < case.seq <= run.stored and not case.withdrawn


def g2_counts(seen: NodeKnowledge, case: Case) -> bool:
    """G2: a decision on it counts, and no later start says that its author's run was over before."""
    found = seen.ledger.outcome(case)
    if found is None or not seen.ledger.counts(found):
        return False
    return all(later.first > found.seq for later in seen.books.runs[found.author].after)


def g3_two_disks(seen: NodeKnowledge, case: Case, heads: Iterable[Head]) -> bool:
    """G3: two disks have the mark. A node that has decided for itself needs another device's head that shows the decision, or
    is an island. What else the head shows must be known here: it may be a stop of this very run."""
    found = seen.ledger.outcome(case)
    assert found is not None
    if device_of(found.author) != seen.device or seen.island:
        return True
    return not _marked_since(seen, case) and any(
        device_of(head.run) != seen.device
        and (head.member or not seen.books.is_new_spare(device_of(head.run)))
        and head.have.get(found.author, 0) >= found.seq
        and seen.books.runs.have(head.have)
        for head in heads
    )


def _marked_since(seen: NodeKnowledge, case: Case) -> bool:
    """Whether another mark of the voter is known by now: an old card may have learnt what its earlier run went on with."""
    assert case.made is not None
    wanted = set(case.made.elections)
    return any(wanted & set(mark.elections) for mark in seen.ledger.marks(case.made.voter, but=case.id))


# --- stopping a device ----------------------------------------------------------------------------------------------


def may_stop(books: Books, n: int) -> bool:
    """Whether code n may be used here: its number is above all that are known."""
    return all(stopped.stop.n < n for stopped in books.stops)


def may_view(seen: NodeKnowledge, stopped: Stopped, answers: Mapping[str, Head]) -> bool:
    """Whether the author of a stop may write its view: all have answered, all that they showed is on this disk, and no higher
    stop is known. `answers`: of each device its first head that shows the stop."""
    runs, mine = seen.books.runs, stopped.author == seen.run and stopped.view is None
    highest = all(other.rank <= stopped.rank for other in seen.books.stops)
    has_all = all(runs.have_stored(head.have) for head in answers.values())
    return mine and highest and has_all and not must_answer(seen, stopped, answers)


def must_answer(seen: NodeKnowledge, stopped: Stopped, answers: Mapping[str, Head]) -> set[str]:
    """The devices that must still acknowledge a stop: all that were delivered, and the spares of which a run is known, but for
    those that it names. Who has heard nobody yet knows of no run, and must not take a book without its history."""
    delivered = {device for device in seen.books.basis.devices if not is_spare(device)}
    return (delivered | seen.books.runs.begun) - set(stopped.stop.named) - {seen.device} - set(answers)


def acknowledges(books: Books, stopped: Stopped, head: Head) -> bool:
    """Whether a head acknowledges a stop: its device has it on disk, and holds back what the named wrote later."""
    return books.runs.shows(head.have, stopped.author, stopped.seq)
