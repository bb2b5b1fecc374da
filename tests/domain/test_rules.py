"""Stories of the protocol's rules, each by itself: who decides, who shows green, and what a seizure must wait for."""

from itertools import product

import pytest
from domain_facts import BOTH, EVERYTHING, ONE

from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.books import REGISTER, Books, Sealed, Standing
from kiosk.domain.eligibility import Bar, Barred
from kiosk.domain.freshness import Freshness
from kiosk.domain.ledger import Case, Decided, Ledger
from kiosk.domain.messages import Head, Stance
from kiosk.domain.rules import Seen

ME, OTHER, OFFICE = "T1.1", "T2.1", "S.1"
OPENING = {REGISTER: OFFICE, 1: ME, 2: OTHER}
GRANTED, REFUSED, UNDONE = e.Outcome.GRANTED, e.Outcome.REFUSED, e.Outcome.UNDONE
ID = "T1.1/1/1"


def request(id_: str = ID, elections: tuple[str, ...] = BOTH, voter: int = 7, book: int = 1) -> e.Request:
    return e.Request(id_, e.Op.CHECK_IN, voter, book, elections, 1, e.How.SPOKEN, e.Source.CARD)


def decision(outcome: e.Outcome = GRANTED, id_: str = ID, book: int = 1, epoch: int = 1, voter: int = 7) -> e.Decision:
    return e.Decision(id_, voter, BOTH, book, epoch, outcome)


def seen(me: str = ME, **known: object) -> Seen:
    """A fresh node that has joined, and knows nothing but the opening."""
    books = Books(me, OPENING, assistant="T1")
    fresh = Freshness(me)
    fresh.reached = True
    made = Seen(me, books, Ledger(books, BOTH), fresh, joined=True)
    for name, value in known.items():
        setattr(made, name, value)
    return made


def fold(known: Seen, origin: str, seq: int, body: e.Body) -> None:
    """An entry is received and committed."""
    known.have[origin] = known.stored[origin] = seq
    known.ledger.fold(e.Entry(origin, seq, "", 0, body), dict(known.have))


def case_of(known: Seen, made: e.Request | None = None, seq: int = 3) -> Case:
    """The node's own request, and its case."""
    fold(known, ME, seq, made or request())
    return known.ledger.cases[ID]


def head(origin: str, **have: int) -> Head:
    return Head(origin, 1, 1, "", {name.replace("_", "."): seq for name, seq in have.items()}, True, Stance.SERVING, 0)


SEAL = e.Seal(book=2, epoch=2, register=1, stopped={OTHER: 5})


def seize(cut: int = 5, to: str = ME, **answers: int) -> e.Seize:
    named = {name.replace("_", "."): seq for name, seq in answers.items()}
    return e.Seize(book=2, epoch=2, register=1, seal=4, to=to, cut=cut, answers=named)


# --- who may decide -------------------------------------------------------------------------------------------------


def test_d1_only_the_holder_decides_and_not_under_a_seal() -> None:
    """By its logs a node holds its own book; a handover ends that, and a pending seal rests it."""
    known = seen()
    assert [rules.d1_holds(known.books, ME, book) for book in (0, 1, 2)] == [False, True, False]
    assert not rules.d1_holds(known.books, OTHER, 1)
    fold(known, ME, 4, e.Handover(1, 2, OTHER))
    assert not rules.d1_holds(known.books, ME, 1)
    assert rules.d1_holds(known.books, OTHER, 1)
    fold(known, OFFICE, 4, SEAL)
    assert not rules.d1_holds(known.books, OTHER, 2)


def test_d2_an_island_is_enough_for_its_own_book_only() -> None:
    """Not fresh, a node decides nothing; as an island its own book's voters, and never in the register."""
    known = seen()
    known.fresh.reached = False
    assert not any(rules.d2_fresh(known, book) for book in OPENING)
    known.island = True
    assert [rules.d2_fresh(known, book) for book in OPENING] == [False, True, True]
    assert not rules.may_decide(seen(joined=False), 1)
    assert rules.may_decide(seen(), 1)


def test_d3_the_whole_history_comes_first() -> None:
    """A new holder waits for the old one's log up to the cut, and for each answer's own log."""
    known = seen()
    fold(known, OFFICE, 4, SEAL)
    fold(known, OFFICE, 5, seize(cut=5, S_1=4, T3_1=9))
    assert not rules.d3_whole_history(known.books, 2, {OTHER: 4, OFFICE: 5, "T3.1": 9})
    assert not rules.d3_whole_history(known.books, 2, {OTHER: 5, OFFICE: 5, "T3.1": 8})
    assert rules.d3_whole_history(known.books, 2, {OTHER: 5, OFFICE: 5, "T3.1": 9})


def test_d4_a_request_is_decided_once() -> None:
    """Only a request that is undecided, not withdrawn and not issued is decided, in all combinations."""
    known = seen()
    for outcome, issued, withdrawn in product((None, GRANTED, REFUSED), (False, True), (False, True)):
        decided = [] if outcome is None else [Decided(decision(outcome), ME, 4)]
        case = Case(ID, request(), 3, decided=decided, issued=issued, withdrawn=withdrawn)
        assert rules.d4_decidable(case, known.books) == (outcome is None and not issued and not withdrawn)


def test_d4_a_decision_that_does_not_count_is_none() -> None:
    """What a stranger to the book wrote decides nothing: the holder still may."""
    case = Case(ID, request(), 3, decided=[Decided(decision(), OTHER, 4)])
    assert rules.d4_decidable(case, seen().books)


def test_d4_all_or_nothing() -> None:
    """A request is granted only if every ballot that it asks for may be given."""
    assert rules.d4_grants(request(), EVERYTHING)
    assert rules.d4_grants(request(elections=("byraad",)), ONE)
    assert not rules.d4_grants(request(), ONE)
    assert not any(rules.d4_grants(request(), Barred(why)) for why in Bar)


def test_a_withdrawn_grant_is_taken_back_once() -> None:
    """The holder undoes a grant that was withdrawn: not one that was issued, and not twice."""
    books = seen().books
    for outcomes, issued, withdrawn in product(([], [GRANTED], [REFUSED], [GRANTED, UNDONE]), (False, True), (False, True)):
        decided = [Decided(decision(outcome), ME, 4 + n) for n, outcome in enumerate(outcomes)]
        case = Case(ID, request(), 3, decided=decided, issued=issued, withdrawn=withdrawn)
        assert rules.undo_due(case, books) == (outcomes == [GRANTED] and withdrawn and not issued)


# --- who may show green ---------------------------------------------------------------------------------------------


def test_g1_withdrawn_is_never_green() -> None:
    """A request that was given up turns green under no decision."""
    assert rules.g1_not_withdrawn(Case(ID, request()))
    assert not rules.g1_not_withdrawn(Case(ID, request(), decided=[Decided(decision(), ME, 4)], withdrawn=True))


@pytest.mark.parametrize(
    ("origin", "given", "counts"),
    [
        (OTHER, decision(book=2), True),
        (ME, decision(book=2), False),
        (OTHER, decision(book=2, epoch=2), False),
        (OTHER, decision(book=9), False),
        (OTHER, decision(book=2, voter=8), False),
    ],
)
def test_g2_only_the_holders_decision_counts(origin: str, given: e.Decision, counts: bool) -> None:
    """A decision counts if its author held that book at that epoch, and it is about this voter."""
    known = seen()
    case = case_of(known, request(book=2))
    fold(known, origin, 4, given)
    assert rules.g2_counts(known, case) is counts


def test_g2_a_pending_seal_holds_back_what_came_later() -> None:
    """What was here before the seal still counts at a node that is not among the stopped; later it waits for the seizure."""
    known = seen()
    case = case_of(known, request(book=2))
    fold(known, OTHER, 5, decision(book=2))
    fold(known, OFFICE, 4, SEAL)
    assert rules.g2_counts(known, case)
    late = seen()
    case = case_of(late, request(book=2))
    fold(late, OFFICE, 4, SEAL)
    fold(late, OTHER, 5, decision(book=2))
    assert not rules.g2_counts(late, case)
    fold(late, OFFICE, 5, seize(cut=5))
    assert rules.g2_counts(late, case)


def test_g2_a_stopped_node_is_not_answered_for() -> None:
    """A node that the seal names as stopped acts on nothing of that book, however early it had it."""
    known = seen(OTHER)
    fold(known, OTHER, 3, request("T2.1/1/1", book=2))
    fold(known, OTHER, 5, decision(id_="T2.1/1/1", book=2))
    assert rules.g2_counts(known, known.ledger.cases["T2.1/1/1"])
    fold(known, OFFICE, 4, SEAL)
    assert not rules.g2_counts(known, known.ledger.cases["T2.1/1/1"])


def test_g3_another_holders_decision_needs_the_own_request_on_disk() -> None:
    """The decision is on its author's disk; the request must be on this one."""
    known = seen()
    case = case_of(known, request(book=2))
    fold(known, OTHER, 5, decision(book=2))
    assert rules.g3_two_disks(known, case, ())
    known.stored[ME] = 2
    assert not rules.g3_two_disks(known, case, ())


def test_g3_the_own_decision_needs_a_copy_or_an_island() -> None:
    """The own book's decision is shown once another node's head has it, or as an island."""
    known = seen()
    case = case_of(known)
    fold(known, ME, 4, decision())
    assert not rules.g3_two_disks(known, case, [])
    assert not rules.g3_two_disks(known, case, [head(OTHER, T1_1=3)])
    assert not rules.g3_two_disks(known, case, [head(ME, T1_1=4)])
    assert rules.g3_two_disks(known, case, [head(OTHER, T1_1=4)])
    known.island = True
    assert rules.g3_two_disks(known, case, [])


def test_g3_the_peer_must_not_know_more_of_the_register() -> None:
    """A head that shows a register entry which is not here may hide a seal: its copy is not enough."""
    known = seen()
    case = case_of(known)
    fold(known, ME, 4, decision())
    assert not rules.g3_two_disks(known, case, [head(OTHER, T1_1=4, S_1=9)])
    known.stored[OFFICE] = 9
    assert rules.g3_two_disks(known, case, [head(OTHER, T1_1=4, S_1=9)])


def test_g4_fresh_or_an_island() -> None:
    """Green is shown by a node that is fresh, or an island."""
    known = seen()
    assert rules.g4_fresh(known)
    known.fresh.reached = False
    assert not rules.g4_fresh(known)
    known.island = True
    assert rules.g4_fresh(known)


@pytest.mark.parametrize(
    ("bodies", "free"),
    [
        ([], True),
        ([decision(GRANTED, "T2.1/1/1")], False),
        ([e.Issued("T2.1/1/1")], False),
        ([decision(REFUSED, "T2.1/1/1")], True),
        ([decision(GRANTED, "T2.1/1/1"), e.Withdrawn("T2.1/1/1")], False),
        ([e.Rescanned(7, "T3.1")], False),
        ([e.Rescanned(8, "T3.1")], True),
    ],
)
def test_g5_no_other_mark(bodies: list[e.Body], free: bool) -> None:
    """Granted and issued requests and found cards of the voter block; refusals and other voters' cards do not."""
    known = seen()
    case = case_of(known)
    for seq, body in enumerate([request("T2.1/1/1"), *bodies], 3):
        fold(known, OTHER, seq, body)
    assert rules.g5_no_other_mark(known, case) is free


def test_g5_what_was_undone_blocks_nobody_but_itself() -> None:
    """Another request that its holder took back is no mark; the own one taken back is never green."""
    known = seen()
    case = case_of(known)
    fold(known, OTHER, 3, request("T2.1/1/1"))
    fold(known, ME, 4, decision(GRANTED, "T2.1/1/1"))
    assert not rules.g5_no_other_mark(known, case)
    fold(known, ME, 5, decision(UNDONE, "T2.1/1/1"))
    assert rules.g5_no_other_mark(known, case)
    fold(known, ME, 6, decision(GRANTED))
    fold(known, ME, 7, decision(UNDONE))
    assert not rules.g5_no_other_mark(known, case)


# --- taking a book --------------------------------------------------------------------------------------------------


def test_who_may_seal() -> None:
    """The register's holder any book but its own; the register only its assistant; nobody who is not fresh."""
    office, assistant, table = seen(OFFICE), seen(ME), seen(OTHER)
    assert [rules.may_seal(office, book) for book in (0, 1, 2)] == [False, True, True]
    assert [rules.may_seal(assistant, book) for book in (0, 1, 2)] == [True, False, False]
    assert not any(rules.may_seal(table, book) for book in (0, 1, 2))
    office.fresh.reached = assistant.fresh.reached = False
    assert not rules.may_seal(office, 1)
    assert not rules.may_seal(assistant, 0)


def sealed(author: str = OFFICE, seq: int = 4, **had: int) -> Sealed:
    return Sealed(author, seq, SEAL, {name.replace("_", "."): count for name, count in had.items()})


def test_everybody_answers_who_is_not_stopped_or_is_back() -> None:
    """The stopped need not answer, until a start of theirs is known that is later than the seal recorded."""
    known, everyone = seen(OFFICE), {OFFICE, ME, OTHER, "T3.1"}
    assert rules.must_answer(known, sealed(), everyone, {}) == {ME, "T3.1"}
    assert rules.must_answer(known, sealed(), everyone, {OTHER: 5}) == {ME, "T3.1"}
    assert rules.must_answer(known, sealed(), everyone, {OTHER: 6}) == {ME, OTHER, "T3.1"}


def test_an_answer_has_the_seal() -> None:
    """A head answers once it shows the seal on its node's disk, and what made the seal's author the register's holder."""
    known = seen(OFFICE)
    assert not rules.is_answer(known.books, sealed(), head(ME, S_1=3))
    assert rules.is_answer(known.books, sealed(), head(ME, S_1=4))
    fold(known, OFFICE, 5, e.Handover(0, 2, OTHER))
    later = Sealed(OTHER, 9, e.Seal(book=1, epoch=2, register=2, stopped={}), {})
    assert not rules.is_answer(known.books, later, head(ME, S_1=4, T2_1=9))
    assert rules.is_answer(known.books, later, head(ME, S_1=5, T2_1=9))


def test_the_cut_is_the_most_that_anybody_had() -> None:
    """Of the old holder's log all counts that the writer or any answer had."""
    assert rules.cut_of(sealed(T2_1=3), OTHER, []) == 3
    assert rules.cut_of(sealed(T2_1=3), OTHER, [{OTHER: 5}, {OTHER: 4}, {}]) == 5


def test_past_the_cut_nothing_counts() -> None:
    """A seizure ends the old holding at the cut: later decisions are void, earlier ones count for good."""
    known = seen()
    fold(known, OFFICE, 4, SEAL)
    fold(known, OFFICE, 5, seize(cut=5, to=ME))
    assert [known.books.standing(2, 1, OTHER, seq) for seq in (5, 6)] == [Standing.COUNTS, Standing.VOID]
    assert (known.books.holder(2), known.books.standing(2, 2, ME, 9)) == (ME, Standing.COUNTS)


def test_logs_that_arrive_in_another_order_say_the_same() -> None:
    """A handover and a seizure known in either order give the same holder."""
    one, other = seen("T3.1"), seen("T3.1")
    moves = [(OTHER, 3, e.Handover(2, 2, ME)), (ME, 4, e.Handover(2, 3, OFFICE))]
    for known, order in ((one, moves), (other, moves[::-1])):
        for origin, seq, body in order:
            fold(known, origin, seq, body)
    assert one.books.holder(2) == other.books.holder(2) == OFFICE
