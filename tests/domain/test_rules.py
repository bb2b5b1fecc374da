"""Stories of the protocol's rules, each by itself: who decides, who shows green, and what a seizure must wait for."""

from itertools import product

import pytest
from domain_facts import BOTH, EVERYTHING, ONE, basis
from msgspec.structs import replace

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
GRANTED, REFUSED = e.Outcome.GRANTED, e.Outcome.REFUSED
ID = "T1.1/1/1"


def request(id_: str = ID, elections: tuple[str, ...] = BOTH, voter: int = 7) -> e.Request:
    return e.Request(id_, e.Op.CHECK_IN, voter, book_of(voter), elections, table_of(id_), e.How.SPOKEN, e.Source.CARD)


def decision(outcome: e.Outcome = GRANTED, id_: str = ID, epoch: int = 1, voter: int = 7, book: int = 0) -> e.Decision:
    return e.Decision(id_, voter, BOTH, book or book_of(voter), epoch, outcome)


def book_of(voter: int) -> int:
    """Voter 7 is in book 1, voter 201 in book 2."""
    return 1 if voter < 100 else voter // 100


def table_of(id_: str) -> int:
    return int(id_[1 : id_.index(".")])


def decided(outcome: e.Outcome | None, origin: str = ME) -> dict[tuple[str, int, int], tuple[Decided, ...]]:
    return {} if outcome is None else {(origin, 1, 1): (Decided(decision(outcome), origin, 4, 0),)}


def seen(me: str = ME, **known: object) -> Seen:
    """A fresh node that has joined, and knows nothing but the opening."""
    books = Books(me, basis(OPENING, "T1"))
    fresh = Freshness(me)
    fresh.reached = True
    made = Seen(me, books, Ledger(books), fresh, joined=True)
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
        case = Case(ID, request(), 3, decided=decided(outcome), issued=issued, withdrawn=withdrawn)
        assert rules.d4_decidable(case, known.books) == (outcome is None and not issued and not withdrawn)


def test_d4_a_decision_that_does_not_count_is_none() -> None:
    """What a stranger to the book wrote decides nothing: the holder still may."""
    case = Case(ID, request(), 3, decided=decided(GRANTED, OTHER))
    assert rules.d4_decidable(case, seen().books)


def test_d4_all_or_nothing() -> None:
    """A request is granted only if every ballot that it asks for may be given."""
    assert rules.d4_grants(request(), EVERYTHING)
    assert rules.d4_grants(request(elections=("byraad",)), ONE)
    assert not rules.d4_grants(request(), ONE)
    assert not any(rules.d4_grants(request(), Barred(why)) for why in Bar)


@pytest.mark.parametrize(
    ("handed_out", "issued", "over", "granted"),
    [
        (True, True, False, True),
        (True, True, True, True),
        (True, False, True, None),  # it may come to be known
        (False, False, True, True),
        (False, False, False, None),  # its green may be on the screen
        (False, True, True, False),
    ],
)
def test_an_undo_says_what_is_true(handed_out: bool, issued: bool, over: bool, granted: bool | None) -> None:
    """The holder undoes a mark only where it knows that it is as the secretary says, and no green can follow."""
    books = seen().books
    target = Case(ID, request(), 3, decided=decided(GRANTED), grants=(Decided(decision(), ME, 4, 0),), issued=issued)
    made = e.Request("S.1/1/1", e.Op.UNDO, 7, 1, BOTH, 0, target=ID, register=1, handed_out=handed_out)
    assert rules.undo_grants(made, target, books, over) is granted
    assert rules.undo_grants(made, None, books, over) is None
    assert rules.undo_grants(replace(made, voter=8), target, books, over) is False
    assert rules.undo_grants(made, Case(ID, request(), 3, issued=False), books, over) is False


# --- who may show green ---------------------------------------------------------------------------------------------


def test_g1_withdrawn_is_never_green() -> None:
    """A request that was given up turns green under no decision."""
    assert rules.g1_not_withdrawn(Case(ID, request()))
    assert not rules.g1_not_withdrawn(Case(ID, request(), decided=decided(GRANTED), withdrawn=True))


@pytest.mark.parametrize(
    ("origin", "given", "counts"),
    [
        (OTHER, decision(voter=201), True),
        (ME, decision(voter=201), False),
        (ME, decision(voter=201, book=1), False),
        (OTHER, decision(voter=201, epoch=2), False),
        (OTHER, decision(voter=201, book=9), False),
        (OTHER, decision(voter=202), False),
        (OTHER, e.Decision(ID, 201, BOTH[:1], 2, 1, GRANTED), False),
        (OTHER, e.Decision(ID, 201, BOTH, 2, 1, GRANTED, target="T2.1/1/1"), False),
    ],
)
def test_g2_only_the_holders_decision_counts(origin: str, given: e.Decision, counts: bool) -> None:
    """A decision counts if its author held the voter's book at that epoch, and it is about this very request."""
    known = seen()
    case = case_of(known, request(voter=201))
    fold(known, origin, 4, given)
    assert rules.g2_counts(known, case) is counts


def test_g2_a_pending_seal_holds_back_what_came_later() -> None:
    """What was here before the seal still counts at a node that is not among the stopped; later it waits for the seizure."""
    known = seen()
    case = case_of(known, request(voter=201))
    fold(known, OTHER, 5, decision(voter=201))
    fold(known, OFFICE, 4, SEAL)
    assert rules.g2_counts(known, case)
    late = seen()
    case = case_of(late, request(voter=201))
    fold(late, OFFICE, 4, SEAL)
    fold(late, OTHER, 5, decision(voter=201))
    assert not rules.g2_counts(late, case)
    fold(late, OFFICE, 5, seize(cut=5))
    assert rules.g2_counts(late, case)


def test_g2_a_stopped_node_is_not_answered_for() -> None:
    """A node that the seal names as stopped acts on nothing of that book, however early it had it."""
    known = seen(OTHER)
    fold(known, OTHER, 3, request("T2.1/1/1", voter=201))
    fold(known, OTHER, 5, decision(id_="T2.1/1/1", voter=201))
    assert rules.g2_counts(known, known.ledger.cases["T2.1/1/1"])
    fold(known, OFFICE, 4, SEAL)
    assert not rules.g2_counts(known, known.ledger.cases["T2.1/1/1"])


def test_g3_another_holders_decision_needs_the_own_request_on_disk() -> None:
    """The decision is on its author's disk; the request must be on this one."""
    known = seen()
    case = case_of(known, request(voter=201))
    fold(known, OTHER, 5, decision(voter=201))
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
        ([decision(GRANTED, "T2.1/1/1"), e.Withdrawn("T2.1/1/1")], True),
        ([e.Start(("T3.1",)), e.Rescanned(7, "T3.1")], False),
        ([e.Start(("T3.1",)), e.Rescanned(8, "T3.1")], True),
        ([e.Rescanned(7, "T3.1")], True),
    ],
)
def test_g5_no_other_mark(bodies: list[e.Body], free: bool) -> None:
    """Granted and issued requests and found cards of the voter block; refusals and other voters' cards do not."""
    known = seen()
    case = case_of(known)
    for seq, body in enumerate([request("T2.1/1/1"), *bodies], 3):
        fold(known, ME if isinstance(body, e.Decision) else OTHER, seq, body)
    assert rules.g5_no_other_mark(known, case) is free


def test_g5_what_was_undone_blocks_nobody_but_itself() -> None:
    """Another request that was undone is no mark; the own one that was undone is never green."""
    known = seen()
    case = case_of(known)
    fold(known, OTHER, 3, request("T2.1/1/1"))
    fold(known, ME, 4, decision(GRANTED, "T2.1/1/1"))
    fold(known, OTHER, 4, e.Issued("T2.1/1/1"))
    assert not rules.g5_no_other_mark(known, case)
    undo(known, 1, "T2.1/1/1")
    assert rules.g5_no_other_mark(known, case)
    fold(known, ME, 6, decision(GRANTED))
    undo(known, 2, ID)
    assert not rules.g5_no_other_mark(known, case)


def undo(known: Seen, number: int, target: str) -> None:
    """The secretary asks for a mark to be taken back, and the holder of book 1 grants it."""
    id_ = f"S.1/1/{number}"
    asked = e.Request(id_, e.Op.UNDO, 7, 1, BOTH, 0, target=target, register=1, handed_out=target != ID)
    fold(known, OFFICE, 10 + number, asked)
    fold(known, ME, 10 + number, e.Decision(id_, 7, BOTH, 1, 1, GRANTED, target=target))


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
