"""Stories of the protocol's rules, each by itself: who decides, who shows green, and what a view must wait for."""

from itertools import product

import pytest
from domain_facts import BOTH, DEVICES, EVERYTHING, ONE, Logs, hold, request_id, run
from msgspec.structs import replace

from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.cases import Case
from kiosk.domain.eligibility import Barred, RefusalReason
from kiosk.domain.membership import Membership
from kiosk.domain.messages import Head, Stance
from kiosk.domain.rules import NodeKnowledge

ME, OTHER, OFFICE = "T1.1", "T2.1", "S.1"
GRANTED, REFUSED = e.Outcome.GRANTED, e.Outcome.REFUSED
ID = request_id(ME, 1)


class Known(Logs):
    """What the node on the device `me` knows: its run has begun and is a member."""

    def __init__(self, me: str = ME) -> None:
        super().__init__()
        self.seen = NodeKnowledge(me, self.ledger.books, self.ledger, Membership(me, self.ledger.books), self.begin(me))
        self.seen.member.started(self.seen.run)
        self.seen.member.reached = True

    def begin(self, device: str, *, nth: int = 1, before: str | None = None, at: int | None = None) -> str:
        name = super().begin(device, nth=nth, before=before, at=at)
        self.ledger.books.runs.store()
        return name

    def write(self, device: str, body: e.Body, time_ms: int = 0) -> int:
        seq = super().write(device, body, time_ms)
        self.ledger.books.runs.store()
        return seq

    def case(self, voter: int = 7) -> Case:
        """The node's own request."""
        self.write(ME, request(voter=voter))
        return self.ledger.cases[ID]


def request(id_: str = ID, elections: tuple[str, ...] = BOTH, voter: int = 7) -> e.Request:
    return e.Request(id_, e.Op.CHECK_IN, voter, elections, e.How.SPOKEN, e.Source.CARD)


def decision(outcome: e.Outcome = GRANTED, id_: str = ID, voter: int = 7, holder: str = ME) -> e.Decision:
    return e.Decision(id_, voter, BOTH, hold(holder), outcome)


def head(device: str, *, member: bool = True, **have: int) -> Head:
    vector = {run(name.replace("_", ".")): seq for name, seq in have.items()}
    return Head(run(device), 1, 1, vector, member, Stance.SERVING, 0)


def decides(known: Known) -> list[int]:
    """The books in which a node may decide."""
    return [book for book in known.ledger.books if rules.may_decide(known.seen, book)]


# --- who may decide -------------------------------------------------------------------------------------------------


def test_d1_only_the_holder_decides() -> None:
    """A node holds its own book; once it has given it away, only who got it decides, as soon as it is a member."""
    known = Known()
    known.begin(OTHER)
    assert decides(known) == [1]
    known.give(ME, 1, OTHER)
    assert decides(known) == []
    assert rules.d1_holds(known.ledger.books, run(OTHER), 1)


def test_d1_who_is_named_by_a_stop_decides_nothing_more() -> None:
    """From the stop on, whatever comes of it; all others go on in their own books."""
    known = Known()
    known.stop(OTHER, 1, ME)
    assert decides(known) == []
    assert rules.d1_holds(known.ledger.books, run(OTHER), 2)
    known.view(OTHER, 1)
    assert decides(known) == []
    assert [known.ledger.books.holder(book) for book in (1, 2)] == [run(OTHER)] * 2


def test_d1_nothing_is_decided_where_a_step_may_be_taken_back() -> None:
    """A give that a pending stop's author did not know is open: nobody decides, until the view is there."""
    known = Known()
    known.begin("T3.1")
    vector = known.vector
    known.begin(OTHER)
    known.give("T3.1", 3, ME)
    assert decides(known) == [1, 3]
    known.write(OTHER, e.Stop(1, ("T3.1",), vector, "ab" * 64))
    assert decides(known) == [1]
    known.write(OTHER, e.View(1, vector))
    assert (decides(known), known.ledger.books.holder(3)) == ([1], run(OTHER))


def test_d2_who_is_no_member_decides_nothing() -> None:
    """Not in its own book either."""
    known = Known()
    known.seen.member.reached = False
    assert decides(known) == []


def test_d3_nothing_is_decided_before_all_is_known_that_the_giver_knew() -> None:
    """The giver knows more of a third log than is here. Only of who has told two stories is that so, and it may still come."""
    known = Known()
    known.begin(OTHER)
    known.begin("T3.1")
    vector = known.vector
    known.write(OTHER, e.Give(2, hold(OTHER), known.seen.run, {**vector, run("T3.1"): 2}))
    assert known.ledger.books.holder(2) == known.seen.run
    assert decides(known) == [1]
    known.write("T3.1", e.Closed())
    assert decides(known) == [1, 2]


def test_t_two_cards_with_one_key_decide_nothing_more() -> None:
    """Another run of this device that is not on this run's line stops it; a run on its line does not."""
    known = Known()
    known.seen.run = known.begin(ME, nth=2)
    known.seen.member.reached = True
    assert rules.may_go_on(known.seen)
    assert decides(known) == [1]
    known.begin(ME, nth=3, before=run(ME), at=1)
    assert not rules.may_go_on(known.seen)
    assert decides(known) == []


def test_who_has_no_run_decides_nothing() -> None:
    """Before it has begun, and when it is locked."""
    known = Known()
    known.seen.run = ""
    assert decides(known) == []


def test_d4_a_request_is_decided_once() -> None:
    """Only a request that is undecided, not withdrawn and not issued is decided, in all combinations."""
    for outcome, issued, withdrawn in product((None, GRANTED, REFUSED), (False, True), (False, True)):
        known = Known()
        case = known.case()
        for body in (decision(outcome) if outcome else None, e.Issued(ID) if issued else None):
            if body is not None:
                known.write(ME, body)
        if withdrawn:
            known.write(ME, e.Withdrawn(ID))
        assert rules.d4_decidable(known.ledger, case) == (outcome is None and not issued and not withdrawn)


def test_d4_a_decision_that_does_not_count_is_none() -> None:
    """What a stranger to the book wrote decides nothing: the holder still may."""
    known = Known()
    case = known.case()
    known.write(OTHER, decision(holder=OTHER))
    assert rules.d4_decidable(known.ledger, case)


def test_d4_all_or_nothing() -> None:
    """A request is granted only if every ballot that it asks for may be given."""
    assert rules.d4_grants(request(), EVERYTHING)
    assert rules.d4_grants(request(elections=("byraad",)), ONE)
    assert not rules.d4_grants(request(), ONE)
    assert not any(rules.d4_grants(request(), Barred(why)) for why in RefusalReason)


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
@pytest.mark.parametrize("ends", ["a later run", "a stop"])
def test_an_undo_says_what_is_true(handed_out: bool, issued: bool, over: bool, granted: bool | None, ends: str) -> None:
    """The holder undoes a mark only where it knows that it is as the secretary says, and no green can follow."""
    known = Known(OTHER)
    known.write(ME, request())
    known.write(ME, decision())
    if issued:
        known.write(ME, e.Issued(ID))
    if over and ends == "a stop":
        known.stop(OTHER, 1, ME)
    elif over:
        known.begin(ME, nth=2)
    made = e.Request(request_id(OFFICE, 1), e.Op.UNDO, 7, BOTH, target=ID, handed_out=handed_out)
    assert rules.d4_undo(known.ledger, made) is granted
    assert rules.d4_undo(known.ledger, replace(made, target=request_id(ME, 2))) is None
    assert rules.d4_undo(known.ledger, replace(made, voter=8)) is False


def test_a_found_card_is_undone_by_its_own_entry() -> None:
    """For the voter whose card it was, and while it stands."""
    known = Known(OTHER)
    known.stop(OTHER, 1, ME)
    spot = hold(OTHER, 1, known.write(OTHER, e.Card(1, ME, 7)))
    made = e.Request(request_id(OFFICE, 1), e.Op.UNDO, 7, BOTH, target=spot, handed_out=True)
    assert rules.d4_undo(known.ledger, made) is True
    assert rules.d4_undo(known.ledger, replace(made, voter=8)) is False


# --- who may show green ---------------------------------------------------------------------------------------------


def test_g1_only_this_runs_own_request_turns_green() -> None:
    """On this disk, and not given up; nothing of an earlier run ever does."""
    known = Known()
    case = known.case()
    assert rules.g1_own(known.seen, case)
    known.seen.run = known.begin(ME, nth=2)
    assert not rules.g1_own(known.seen, case)
    again = Known()
    case = again.case()
    again.write(ME, e.Withdrawn(ID))
    assert not rules.g1_own(again.seen, case)


def test_g1_what_is_not_on_the_disk_is_never_green() -> None:
    """The request is folded and not committed."""
    known = Known()
    Logs.write(known, ME, request())
    assert not rules.g1_own(known.seen, known.ledger.cases[ID])
    known.ledger.books.runs.store()
    assert rules.g1_own(known.seen, known.ledger.cases[ID])


@pytest.mark.parametrize(
    ("author", "given", "counts"),
    [
        (OTHER, decision(voter=201, holder=OTHER), True),
        (ME, decision(voter=201), False),
        (ME, decision(voter=201, holder=OTHER), False),
        (OTHER, replace(decision(voter=201), hold=hold(OTHER, 1, 9)), False),
        (OTHER, decision(voter=202, holder=OTHER), False),
        (OTHER, replace(decision(voter=201, holder=OTHER), elections=BOTH[:1]), False),
        (OTHER, replace(decision(voter=201, holder=OTHER), target=request_id(OTHER, 1)), False),
    ],
)
def test_g2_only_the_holders_decision_counts(author: str, given: e.Decision, counts: bool) -> None:
    """A decision counts if its author held the voter's book in that hold, and it is about this very request."""
    known = Known()
    known.begin(OTHER)
    case = known.case(voter=201)
    known.write(author, given)
    assert rules.g2_counts(known.seen, case) is counts


def test_g2_a_stop_holds_back_what_its_author_did_not_know() -> None:
    """What it knew still counts; what came later waits for the view, and counts if that has it."""
    known = Known()
    known.begin(OTHER)
    case = known.case(voter=201)
    known.write(OTHER, decision(voter=201, holder=OTHER))
    known.stop("T3.1", 1, OTHER)
    assert rules.g2_counts(known.seen, case)
    late = Known()
    late.begin(OTHER)
    case = late.case(voter=201)
    late.stop("T3.1", 1, OTHER)
    before = late.vector
    late.write(OTHER, decision(voter=201, holder=OTHER))
    assert not rules.g2_counts(late.seen, case)
    late.view("T3.1", 1)
    assert rules.g2_counts(late.seen, case)
    other = Known()
    other.begin(OTHER)
    case = other.case(voter=201)
    other.stop("T3.1", 1, OTHER)
    other.write(OTHER, decision(voter=201, holder=OTHER))
    other.write("T3.1", e.View(1, {name: seq for name, seq in before.items() if name in other.vector}))
    assert not rules.g2_counts(other.seen, case)


def test_g2_a_later_start_that_says_that_the_run_was_over_before() -> None:
    """The holder's card was an old one: its run began anew before the grant, so the grant may be on no disk."""
    known = Known()
    known.begin(OTHER)
    case = known.case(voter=201)
    known.write(OTHER, decision(voter=201, holder=OTHER))
    assert rules.g2_counts(known.seen, case)
    known.begin(OTHER, nth=2, before=run(OTHER), at=1)
    assert not rules.g2_counts(known.seen, case)


def test_g3_another_holders_decision_is_on_its_disk() -> None:
    """It was sent after its commit."""
    known = Known()
    known.begin(OTHER)
    case = known.case(voter=201)
    known.write(OTHER, decision(voter=201, holder=OTHER))
    assert rules.g3_two_disks(known.seen, case, ())


def test_g3_the_own_decision_needs_a_copy_or_an_island() -> None:
    """The own book's decision is shown once another device's head has it, or as an island."""
    known = Known()
    case = known.case()
    seq = known.write(ME, decision())
    assert not rules.g3_two_disks(known.seen, case, [])
    assert not rules.g3_two_disks(known.seen, case, [head(OTHER, T1_1=seq - 1)])
    assert not rules.g3_two_disks(known.seen, case, [head(ME, T1_1=seq)])
    assert rules.g3_two_disks(known.seen, case, [head(OTHER, T1_1=seq)])
    known.seen.island = True
    assert rules.g3_two_disks(known.seen, case, [])


def test_g3_a_head_that_tells_of_a_twin_is_no_copy() -> None:
    """Who shows another run of this device may have its card's word for the same voter."""
    known = Known()
    case = known.case()
    seq = known.write(ME, decision())
    shown = head(OTHER, T1_1=seq)
    twin = Head(shown.run, 1, 1, {**shown.have, run(ME, 2): 1}, True, Stance.SERVING, 0)
    assert not rules.g3_two_disks(known.seen, case, [twin])


# --- rule M ---------------------------------------------------------------------------------------------------------


def joining() -> Known:
    """T1.1 has begun a run; of T2.1 and the secretary's a run is known."""
    known = Known()
    known.begin(OTHER)
    known.begin(OFFICE)
    known.seen.member.reached = False
    return known


def test_m_all_others_must_be_heard_and_one_be_a_member() -> None:
    """Each with this run's start; all that they showed must be here."""
    known = joining()
    member = known.seen.member
    assert member.awaited() == (OFFICE, OTHER)
    member.heard(head(OTHER, T1_1=1, T2_1=1, S_1=1))
    assert (member.reach(), member.awaited()) == (False, (OFFICE,))
    member.heard(head(OFFICE, T1_1=1, S_1=2))
    assert (member.reach(), member.awaited()) == (False, (OFFICE,))
    known.write(OFFICE, e.Closed())
    assert member.reach()


def test_m_a_head_from_before_the_start_proves_nothing() -> None:
    """It may be from before the book was taken."""
    member = joining().seen.member
    for device in (OTHER, OFFICE):
        member.heard(head(device, T2_1=1, S_1=1))
    assert member.awaited() == (OFFICE, OTHER)


def test_m_in_the_morning_nobody_is_a_member() -> None:
    """All have heard each other, and none of them knows what may have been: the chair opens with a code."""
    known = joining()
    for device in (OTHER, OFFICE):
        known.seen.member.heard(head(device, member=False, T1_1=1))
    assert (known.seen.member.reach(), known.seen.member.awaited()) == (False, ())


def test_m_who_began_before_the_poll_was_opened_has_missed_nothing() -> None:
    """The first view knows of the run; a later run of the same device must hear the others."""
    known = joining()
    known.stop(OTHER, 1)
    known.view(OTHER, 1)
    assert known.seen.member.reach()
    known.seen.run = known.begin(ME, nth=2)
    known.seen.member.started(known.seen.run)
    assert not known.seen.member.reach()


def test_m_the_chair_excuses_who_is_silent() -> None:
    """Then it need not be heard; a member must be, all the same."""
    known = joining()
    again, member = known.begin(ME, nth=2), known.seen.member
    member.started(again)
    member.excuse({OFFICE})
    assert (member.awaited(), member.reach()) == ((OTHER,), False)
    member.heard(Head(run(OTHER), 1, 1, {again: 2}, True, Stance.SERVING, 0))
    assert member.reach()
    member.started(again)
    member.excuse({OFFICE, OTHER})
    assert not member.reach()


def test_m_of_a_spare_in_its_box_nobody_waits() -> None:
    """Nobody has ever known a run of it; once a head tells of one it must be heard."""
    member = joining().seen.member
    member.heard(head(OTHER, T1_1=1))
    member.heard(head(OFFICE, T1_1=1, T5_2=1))
    assert member.awaited() == (OFFICE, "T5.2")


def test_m_who_has_written_a_view_is_a_member() -> None:
    """All others have told it what they had."""
    member = joining().seen.member
    member.viewed()
    assert member.reach()
    member.started(run(ME, 2))
    assert not member.reach()


# --- stopping a device ----------------------------------------------------------------------------------------------


def test_a_code_is_used_once_and_in_order() -> None:
    """P takes no number that is not above all it knows."""
    known = Known()
    assert rules.may_stop(known.ledger.books, 1)
    known.stop(OTHER, 3, "T3.1")
    assert [rules.may_stop(known.ledger.books, n) for n in (2, 3, 4)] == [False, False, True]


def test_a_stop_that_no_code_has_signed_is_none() -> None:
    """It names nobody and uses up no number."""
    known = Known()
    known.stop(OTHER, 3, ME, signature="cd" * 64)
    assert decides(known) == [1]
    assert rules.may_stop(known.ledger.books, 1)


def test_everybody_answers_who_is_not_named() -> None:
    """All that were delivered, and all of which a run is known: no stop waits for a spare in its box."""
    known = Known()
    known.begin(OFFICE)
    known.stop(ME, 1, OTHER)
    ran = {device for device, runs in known.ledger.books.runs.devices.items() if runs}
    others = (ran | {device for device in DEVICES if device.endswith(".1")}) - {ME, OTHER}
    assert OFFICE in others < DEVICES - {ME, OTHER}
    (stopped,) = known.ledger.books.stops
    assert rules.must_answer(known.seen, stopped, {}) == others
    assert rules.must_answer(known.seen, stopped, {OFFICE: head(OFFICE)}) == others - {OFFICE}


def test_an_answer_has_the_stop() -> None:
    """A head acknowledges a stop once it shows it on its device's disk, also by a later run of its author's."""
    known = Known()
    known.stop(ME, 1, OTHER)
    (stopped,) = known.ledger.books.stops
    assert not rules.acknowledges(known.ledger.books, stopped, head(OFFICE, T1_1=stopped.seq - 1))
    assert rules.acknowledges(known.ledger.books, stopped, head(OFFICE, T1_1=stopped.seq))
    later = known.begin(ME, nth=2)
    shown = Head(run(OFFICE), 1, 1, {later: known.ends[ME]}, True, Stance.SERVING, 0)
    assert rules.acknowledges(known.ledger.books, stopped, shown)


def test_a_view_waits_for_all_that_was_shown() -> None:
    """For every answer, for what each of them had, and for no higher stop; it is written once."""
    known = Known()
    known.begin("T3.1")
    known.stop(ME, 1, *sorted(DEVICES - {ME, "T3.1"}))
    (stopped,) = known.ledger.books.stops
    assert not rules.may_view(known.seen, stopped, {})
    answers = {"T3.1": head("T3.1", T1_1=stopped.seq, T3_1=2)}
    assert not rules.may_view(known.seen, stopped, answers)
    known.write("T3.1", e.Closed())
    assert rules.may_view(known.seen, stopped, answers)
    known.view(ME, 1)
    assert not rules.may_view(known.seen, stopped, answers)


def test_a_lower_stop_gives_way() -> None:
    """Where a higher code was used, only its author finishes."""
    known = Known()
    known.begin("T3.1")
    known.stop(ME, 1, *sorted(DEVICES - {ME, "T3.1"}))
    stopped = known.ledger.books.stops[0]
    answers = {"T3.1": head("T3.1", T1_1=stopped.seq)}
    assert rules.may_view(known.seen, stopped, answers)
    known.stop("T3.1", 2, ME)
    assert not rules.may_view(known.seen, stopped, answers)


def test_a_view_that_a_higher_one_did_not_know_does_not_count() -> None:
    """Two stops crossed: the higher view has the book, whoever wrote his view first."""
    known = Known()
    known.begin("T3.1")
    vector = known.vector
    known.stop(OFFICE, 1, OTHER)
    known.write("T3.1", e.Stop(2, (OTHER,), vector, "ab" * 64))
    known.write("T3.1", e.View(2, vector))
    known.view(OFFICE, 1)
    assert known.ledger.books.holder(2) == run("T3.1")
    assert [stopped.stop.n for stopped in known.ledger.books.valid_views] == [2]


def test_a_named_device_that_had_begun_anew_keeps_its_book() -> None:
    """Somebody who acknowledged knew of its run, and the view has it: that run goes on, since it was no dead table's."""
    known = Known(OTHER)
    known.begin(ME)
    known.stop("T3.1", 1, ME)
    known.begin(ME, nth=2)
    known.view("T3.1", 1)
    assert known.ledger.books.holder(1) == run(ME, 2)
    late = Known(OTHER)
    late.begin(ME)
    late.stop("T3.1", 1, ME)
    late.view("T3.1", 1)
    late.begin(ME, nth=2)
    assert late.ledger.books.holder(1) == run("T3.1")
