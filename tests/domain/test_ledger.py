"""Stories of the fold: what the ledger says is what the entries say, however they came."""

from collections import Counter
from collections.abc import Callable
from itertools import permutations
from random import Random

import pytest
from domain_facts import BOTH, SIGNED, Logs, hold, request_id, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kiosk.domain import entries as e
from kiosk.domain.eligibility import Mark
from kiosk.domain.ledger import Ledger, Totals
from tests.made_up import of_voter

TABLE, HOLDER = "T2.1", "T1.1"
ID = request_id(TABLE, 1)
Facts = list[tuple[str, e.Body | Callable[[Logs], e.Body]]]


def request(id_: str, voter: int = 7, elections: tuple[str, ...] = BOTH) -> e.Request:
    return e.Request(id_, e.Op.CHECK_IN, voter, elections, e.How.SPOKEN, e.Source.CARD)


def decision(id_: str, outcome: e.Outcome, voter: int = 7, elections: tuple[str, ...] = BOTH) -> e.Decision:
    return e.Decision(id_, voter, elections, hold(HOLDER), outcome)


def granted(id_: str) -> e.Decision:
    return decision(id_, e.Outcome.GRANTED)


def stop(logs: Logs) -> e.Stop:
    """The chair attests that TABLE is off."""
    return e.Stop(1, (TABLE,), logs.vector, SIGNED)


def view(logs: Logs) -> e.View:
    """All others have acknowledged it."""
    return e.View(1, logs.vector)


def written(facts: Facts, logs: Logs | None = None) -> Logs:
    """Write facts down; each device's entries are numbered as they come."""
    logs = logs or Logs()
    for device in (HOLDER, TABLE):
        if device not in logs.runs:
            logs.begin(device)
    for device, fact in facts:
        body = fact(logs) if callable(fact) else fact
        # A request's time belongs to the request, not to when it was heard of.
        logs.write(device, body, int(body.id.rpartition("/")[2]) if isinstance(body, e.Request) else 0)
    return logs


def folded(facts: Facts) -> Ledger:
    """The ledger of these facts."""
    return written(facts).ledger


def of(*bodies: e.Body) -> Ledger:
    """The table's entries, and the holder's decisions among them."""
    return folded([(HOLDER if isinstance(body, e.Decision) else TABLE, body) for body in bodies])


def marks(ledger: Ledger, voter: int = 7) -> list[Mark]:
    return list(ledger.marks(voter))


def unsettled(ledger: Ledger, device: str = TABLE) -> list[str]:
    return [case.id for case in ledger.unsettled(device)]


def test_a_check_in() -> None:
    """A request, its grant and its issued: marked from the grant on, and counted when the ballots were handed out."""
    asked = of(request(ID))
    assert (marks(asked), unsettled(asked), asked.totals()) == ([], [ID], Totals())
    waiting = of(request(ID), granted(ID))
    assert (marks(waiting), unsettled(waiting)) == ([Mark(BOTH, 2, 1)], [ID])
    assert waiting.totals() == Totals()
    done = of(request(ID), granted(ID), e.Issued(ID))
    assert (marks(done), unsettled(done)) == ([Mark(BOTH, 2, 1)], [])
    assert done.totals() == Totals({"byraad": 1, "region": 1})


def test_a_refused_request() -> None:
    """A refusal marks nothing, and no card lies in the pile for it. Its table ends it when it has shown it."""
    ledger = of(request(ID), decision(ID, e.Outcome.REFUSED))
    assert (marks(ledger), unsettled(ledger), list(ledger.unproved(TABLE))) == ([], [ID], [])
    assert [case.id for case in of(request(ID)).unproved(TABLE)] == [ID]


def test_a_withdrawn_grant() -> None:
    """A grant whose table has given the request up is no mark, in whatever order the two come; what was handed out is one."""
    id_ = ID
    for facts in permutations([request(id_), granted(id_), e.Withdrawn(id_)]):
        withdrawn = of(*facts)
        assert (marks(withdrawn), unsettled(withdrawn)) == ([], [])
    for facts in permutations([request(id_), granted(id_), e.Withdrawn(id_), e.Issued(id_)]):
        assert marks(of(*facts)) == [Mark(BOTH, 2, 1)]


def test_issued_without_a_known_decision() -> None:
    """Ballots that were handed out are a mark, whether or not the decision has arrived."""
    ledger = of(request(ID), e.Issued(ID))
    assert marks(ledger) == [Mark(BOTH, 2, 1)]
    assert ledger.served == {TABLE: 1}


@pytest.mark.parametrize(
    "rest",
    [
        (granted(ID),),
        (e.Issued(ID),),
        (e.Issued(ID), granted(ID)),
    ],
)
def test_a_request_that_arrives_last(rest: tuple[e.Body, ...]) -> None:
    """Answers may come before what they answer: a decision names its voter and marks at once, an `issued` when it is known."""
    logs = written([(HOLDER if isinstance(body, e.Decision) else TABLE, body) for body in rest])
    assert bool(marks(logs.ledger)) == any(isinstance(body, e.Decision) for body in rest)
    assert (logs.ledger.totals().issued, unsettled(logs.ledger)) == ({}, [])
    late = written([(TABLE, request(ID))], logs).ledger
    assert marks(late) == [Mark(BOTH, 2, 1)]
    assert unsettled(late) == ([] if e.Issued(ID) in rest else [ID])
    assert late.totals() == of(request(ID), *rest).totals()


@pytest.mark.parametrize("outcome", e.Outcome)
def test_when_a_voter_was_marked_is_said_by_who_may_grant(outcome: e.Outcome) -> None:
    """While only grants are known a mark's time is that of the holder's; what another device writes changes nothing."""
    logs = written([])
    logs.begin("T3.1")
    logs.write("T3.1", decision(ID, outcome), 10)
    logs.write(HOLDER, granted(ID), 500)
    assert marks(logs.ledger) == [Mark(BOTH, 2, 500)]
    logs.write(TABLE, request(ID), 400)
    assert marks(logs.ledger) == [Mark(BOTH, 2, 400)]


def test_when_a_voter_was_marked_is_said_by_the_voters_own_holder() -> None:
    """A grant of the same request for another voter, or for other ballots by who holds nothing, changes nothing."""
    logs = written([])
    logs.begin("T3.1")
    logs.write(HOLDER, replace(granted(ID), voter=8), 10)
    logs.write(HOLDER, granted(ID), 500)
    logs.write("T3.1", replace(granted(ID), elections=BOTH[:1]), 10)
    assert (marks(logs.ledger, 7), marks(logs.ledger, 8)) == ([Mark(BOTH, 2, 500)], [Mark(BOTH, 2, 10)])
    (case,) = logs.ledger.marking(7)
    assert logs.ledger.elections(case, 7) == BOTH


@pytest.mark.parametrize("times", [(500, 501), (501, 500)])
def test_when_a_voter_was_marked_is_the_same_in_any_order(times: tuple[int, int]) -> None:
    """Two cards of the holder have granted it, and its table's log has not come: whichever is heard first."""
    logs = written([])
    for nth, time_ms in zip((2, 3), times, strict=True):
        logs.begin(HOLDER, nth=nth, before=run(HOLDER), at=1)
        logs.write(HOLDER, granted(ID), time_ms)
    assert marks(logs.ledger) == [Mark(BOTH, 2, 500)]


@pytest.mark.parametrize(
    "settles",
    [e.Withdrawn(ID), e.Issued(ID)],
)
def test_a_settled_request_that_arrives_last(settles: e.Body) -> None:
    """A request whose outcome came first is never asked about."""
    assert unsettled(of(settles, request(ID))) == []


def test_unsettled_of_each_device() -> None:
    """What a table owes is its own only, oldest first; a name that begins like another's is not mixed up with it."""
    made: Facts = [(o, request(request_id(o, n), n)) for n in (1, 2) for o in ("T1.1", "T1.2", "T11.1")]
    ledger = folded(made)
    assert unsettled(ledger, "T1.1") == [request_id(HOLDER, 1), request_id(HOLDER, 2)]
    assert unsettled(ledger, "T1.2") == [request_id("T1.2", 1), request_id("T1.2", 2)]
    assert unsettled(ledger, "T1") == []


UNDO = request_id(HOLDER, 9)


def undo(target: str, *, voter: int = 7, handed_out: bool = True, id_: str = UNDO) -> e.Request:
    return e.Request(id_, e.Op.UNDO, voter, BOTH, target=target, handed_out=handed_out)


def undone(target: str, *, id_: str = UNDO, voter: int = 7) -> e.Decision:
    return e.Decision(id_, voter, BOTH, hold(HOLDER), e.Outcome.GRANTED, target=target)


def test_issued_and_undone() -> None:
    """Ballots that were handed out and whose mark was undone are no mark any more, and are back in stock; in any order."""
    id_ = ID
    facts: Facts = [(TABLE, request(id_)), (HOLDER, granted(id_)), (TABLE, e.Issued(id_))]
    for order in permutations([*facts, (HOLDER, undo(id_)), (HOLDER, undone(id_))]):
        ledger = folded(list(order))
        assert (marks(ledger), unsettled(ledger)) == ([], [])
        assert ledger.totals() == Totals()
        assert ledger.served == {TABLE: 1}


def test_an_undo_that_says_that_nothing_was_handed_out_gives_way() -> None:
    """A mark undone with these words is back, and shows in red beside another, where `issued` turns up later."""
    id_, other = ID, request_id("T3.1", 1)
    facts: Facts = [(TABLE, request(id_)), (HOLDER, granted(id_)), (HOLDER, undo(id_, handed_out=False)), (HOLDER, undone(id_))]
    assert marks(folded(facts)) == []
    facts += [("T3.1", request(other)), (HOLDER, granted(other)), ("T3.1", e.Issued(other))]
    assert folded(facts).conflicts() == {}
    assert set(folded([*facts, (TABLE, e.Issued(id_))]).conflicts()) == {7}


@pytest.mark.parametrize(
    "attack",
    [
        [("T3.1", undo(ID, id_=request_id("T3.1", 1))), (HOLDER, undone(ID, id_=request_id("T3.1", 1)))],
        [(HOLDER, undo(ID)), (HOLDER, replace(undone(ID), hold=hold(HOLDER, 1, 9)))],
        [(HOLDER, undo(ID, voter=8)), (HOLDER, undone(ID, voter=8))],
        [(HOLDER, undo(ID)), ("T3.1", undone(ID))],
        [(HOLDER, undo(request_id(TABLE, 2))), (HOLDER, undone(ID))],
        [(HOLDER, undone(ID))],
        [(HOLDER, undo(ID)), (HOLDER, replace(undone(ID), outcome=e.Outcome.REFUSED))],
    ],
    ids=["neither secretary nor assistant", "another hold", "another voter", "not the book's holder", "another request",
         "nobody asked", "refused"],
)  # fmt: skip
def test_an_undo_that_counts_for_nothing(attack: Facts) -> None:
    """An undo needs the secretary or the assistant who asks, the book's holder who grants, and the very voter and request."""
    facts: Facts = [
        (TABLE, request(ID)),
        (HOLDER, granted(ID)),
        (TABLE, e.Issued(ID)),
    ]
    assert marks(folded([*facts, *attack])) == [Mark(BOTH, 2, 1)]
    assert marks(folded([*attack, *facts])) == [Mark(BOTH, 2, 1)]


def test_a_card_found_by_mistake_is_undone() -> None:
    """Who scanned a wrong card into a pile can have that very card's mark undone."""
    facts: Facts = [(HOLDER, stop), (HOLDER, e.Card(1, TABLE, 7))]
    assert marks(folded(facts)) == [Mark(BOTH, 2, 0, found=True)]
    spot = hold(HOLDER, 1, 3)
    assert marks(folded([*facts, (HOLDER, undo(spot)), (HOLDER, undone(spot))])) == []


def test_what_is_said_twice_counts_once() -> None:
    """A request, its issue or its withdrawal that is repeated changes nothing, wherever the repetition comes."""
    for end in (e.Issued(ID), e.Withdrawn(ID)):
        once = [request(ID), granted(ID), end]
        wanted = state_of(of(*once))
        for at, again in ((at, body) for body in (once[0], once[2]) for at in range(once.index(body) + 1, 4)):
            assert state_of(of(*once[:at], again, *once[at:])) == wanted
            assert state_of(of(*once[:at], again, again, *once[at:])) == wanted
    twice = of(
        e.Withdrawn(ID),
        e.Withdrawn(ID),
        e.Issued(ID),
        e.Issued(ID),
    )
    assert (twice.totals(), twice.served) == (Totals(), {TABLE: 1})


def test_a_request_told_otherwise() -> None:
    """A second request with the id of an earlier one, for another voter or other ballots, is not heard."""
    id_ = ID
    ledger = of(request(id_), granted(id_), request(id_, voter=8, elections=BOTH[:1]), e.Issued(id_))
    assert (marks(ledger, 7), marks(ledger, 8)) == ([Mark(BOTH, 2, 1)], [])
    assert ledger.totals() == Totals({"byraad": 1, "region": 1})


def test_what_is_said_in_anothers_name_is_not_heard() -> None:
    """Only the table itself asks, hands out and gives up; only the book's holder decides."""
    id_ = ID
    stranger = folded([("T9.1", request(id_)), ("T9.1", e.Issued(id_)), ("T9.1", e.Withdrawn(id_))])
    assert (marks(stranger), stranger.totals(), stranger.served) == ([], Totals(), {})
    refused = folded([(TABLE, request(id_)), ("T9.1", decision(id_, e.Outcome.REFUSED))])
    assert unsettled(refused) == [id_]
    assert marks(folded([(TABLE, request(id_)), ("T9.1", granted(id_))])) == []
    for wrong in (
        request(request_id("T3.1", 1)),
        request(f"{run(TABLE, 2)}/1"),
        request(id_, elections=("other",)),
        request(id_, elections=()),
    ):
        assert folded([(TABLE, wrong)]).cases == {}


def test_a_request_whose_table_has_asked_for_something_else_is_one_mark() -> None:
    """A table that lies asks the holder for one election and writes another in its log: one mark, whatever came first."""
    facts = [
        (HOLDER, decision(ID, e.Outcome.GRANTED, elections=("byraad",))),
        (TABLE, request(ID)),
    ]
    both = [*facts, (TABLE, e.Issued(ID))]
    assert marks(folded(both)) == marks(folded(both[::-1])) == [Mark(BOTH, 2, 1)]


def test_a_grant_that_does_not_fit_hides_none_that_does() -> None:
    """Who has granted something else first, on the same request, has granted what was asked for all the same."""
    wrong, right = decision(ID, e.Outcome.GRANTED, elections=("byraad",)), granted(ID)
    facts: Facts = [(HOLDER, replace(wrong, hold=hold(HOLDER, 1, 9))), (HOLDER, right), (TABLE, request(ID))]
    for told in permutations(facts):
        assert marks(folded(list(told))) == [Mark(BOTH, 2, 1)], told


def test_referred_and_released() -> None:
    """A voter is referred until every referral is ended by its name, in whatever order the logs arrive."""
    referred: Facts = [(TABLE, e.Referred(7)), (TABLE, e.Referred(7))]
    one, other = folded(referred).referrals(7)
    assert folded([*referred, (HOLDER, e.Released(7, (one,)))]).referrals(7) == (other,)
    assert folded([*referred, (HOLDER, e.Released(7, (one, other)))]).referrals(7) == ()
    assert folded([(HOLDER, e.Released(7, (one, other))), *referred]).referrals(7) == ()


def test_a_release_of_another_voter_or_of_what_is_not_known_ends_nothing() -> None:
    """A referral is named by its hash, with its voter: nobody can end one that is not written yet, or by another's name."""
    (named,) = folded([(TABLE, e.Referred(7))]).referrals(7)
    assert folded([(TABLE, e.Referred(7)), (HOLDER, e.Released(8, (named,)))]).referrals(7) == (named,)
    assert folded([(TABLE, e.Referred(7)), (HOLDER, e.Released(7, ("0" * 64,)))]).referrals(7) == (named,)


def test_a_conflict_shows_both_tables_and_times() -> None:
    """Two tables that handed out to one voter are named; one ballot, or one for each election, is no conflict."""
    facts: Facts = [(TABLE, request(ID)), (TABLE, e.Issued(ID))]
    assert folded(facts).conflicts() == {}
    other = request(request_id("T9.1", 5))
    both = [*facts, ("T9.1", other), ("T9.1", e.Issued(other.id))]
    assert folded(both).conflicts() == {7: ((2, 1), (9, 5))}
    apart = [("T2.1", request(ID, elections=BOTH[:1])), ("T2.1", e.Issued(ID))]
    apart += [("T9.1", request(request_id("T9.1", 5), elections=BOTH[1:])), ("T9.1", e.Issued(request_id("T9.1", 5)))]
    assert folded(apart).conflicts() == {}


def test_a_found_card_is_a_mark_and_matches_its_own_table() -> None:
    """A card found at a stopped table marks the voter; that table's own grant is the same ballot, another table's is not."""
    found: Facts = [(HOLDER, stop), (HOLDER, e.Card(1, TABLE, 7))]
    assert marks(folded(found)) == [Mark(BOTH, 2, 0, found=True)]
    own: Facts = [*found, (TABLE, request(ID)), (TABLE, e.Issued(ID))]
    assert folded(own).conflicts() == {}
    id_ = request_id("T9.1", 1)
    others: Facts = [*found, ("T9.1", request(id_)), ("T9.1", e.Issued(id_))]
    assert set(folded(others).conflicts()) == {7}


@pytest.mark.parametrize(
    "facts",
    [
        [(HOLDER, e.Card(1, TABLE, 7)), (HOLDER, stop)],
        [(HOLDER, stop), (HOLDER, e.Card(2, TABLE, 7))],
        [(HOLDER, stop), (HOLDER, e.Card(1, "T3.1", 7))],
        [(HOLDER, stop), ("T3.1", e.Card(1, TABLE, 7))],
        [(HOLDER, stop), (HOLDER, view), (HOLDER, e.Card(1, TABLE, 7))],
        [(HOLDER, lambda logs: replace(stop(logs), signature="cd" * 64)), (HOLDER, e.Card(1, TABLE, 7))],
        [(TABLE, stop), (TABLE, e.Card(1, TABLE, 7))],
    ],
    ids=["too early", "another number", "not named", "another author", "too late", "without a code", "itself"],
)
def test_a_card_that_counts_for_nothing(facts: Facts) -> None:
    """A card counts of its stop's author only, between stop and view, about a device that the stop names."""
    assert marks(folded(facts)) == []


def test_a_referral_is_no_mark() -> None:
    """Who is referred has no mark and owes nothing: it is only where they are sent."""
    ledger = of(e.Referred(7))
    assert (marks(ledger), unsettled(ledger), ledger.totals()) == ([], [], Totals())


def test_the_polls_day() -> None:
    """The poll opens once for all, by the first view; each table closes and opens again by itself, over its restarts."""
    logs = written([(HOLDER, stop)])
    assert (logs.ledger.poll_open, logs.ledger.is_closed(logs.runs[HOLDER])) == (False, False)
    written([(TABLE, view)], logs)
    assert not logs.ledger.poll_open
    written([(HOLDER, view), (HOLDER, e.Closed())], logs)
    assert logs.ledger.poll_open
    assert [logs.ledger.is_closed(logs.runs[device]) for device in (HOLDER, TABLE)] == [True, False]
    assert logs.ledger.is_closed(logs.begin(HOLDER, nth=2))
    written([(HOLDER, e.Reopened())], logs)
    assert not logs.ledger.is_closed(logs.runs[HOLDER])


def test_a_grant_that_came_too_late_is_a_mark_and_never_hidden() -> None:
    """What a stopped holder granted beyond the view counts for nothing, and still blocks a second ballot."""
    id_ = request_id("T3.1", 1)
    logs = written([("T3.1", request(id_, voter=201)), ("T3.1", stop), ("T3.1", view)])
    late = e.Decision(id_, 201, BOTH, hold(TABLE), e.Outcome.GRANTED)
    written([(TABLE, late)], logs)
    assert logs.ledger.outcome(logs.ledger.cases[id_]) is None
    assert marks(logs.ledger, 201) == [Mark(BOTH, 3, 1)]


# --- any entries at all ---------------------------------------------------------------------------------------------


@st.composite
def logs(draw: st.DrawFn) -> tuple[Facts, Facts]:
    """What a table and a holder may have written about some requests: each side's entries in its own order."""
    mine: Facts = [(TABLE, e.Closed())]
    theirs: Facts = [(HOLDER, e.Closed())]
    for n in range(1, draw(st.integers(0, 8)) + 1):
        id_ = request_id(TABLE, n)
        elections = draw(st.sampled_from([BOTH, BOTH[:1], BOTH[1:]]))
        voter = draw(st.integers(1, 3))
        mine.append((TABLE, request(id_, voter, elections)))
        end = draw(st.sampled_from([None, e.Issued(id_), e.Withdrawn(id_)]))
        if end is not None:
            mine.append((TABLE, end))
        if draw(st.booleans()):
            mine.append(draw(st.sampled_from(mine)))
        if draw(st.booleans()):
            mine.append((TABLE, e.Referred(draw(st.integers(1, 3)))))
        outcome = draw(st.none() | st.sampled_from([e.Outcome.GRANTED, e.Outcome.REFUSED]))
        if outcome is not None:
            theirs.append((HOLDER, decision(id_, outcome, voter, elections)))
        if outcome is e.Outcome.GRANTED and isinstance(end, e.Issued) and draw(st.booleans()):
            asked = e.Request(request_id(HOLDER, n), e.Op.UNDO, voter, elections, target=id_, handed_out=True)
            theirs.append((HOLDER, asked))
            theirs.append((HOLDER, e.Decision(asked.id, voter, elections, hold(HOLDER), e.Outcome.GRANTED, target=id_)))
    return mine, theirs


def merged(parts: tuple[Facts, Facts], seed: int) -> Facts:
    """Both sides' entries in some order of arrival that keeps each side's own."""
    random, queues, facts = Random(seed), [list(part) for part in parts], []
    while any(queues):
        facts.append(random.choice([queue for queue in queues if queue]).pop(0))
    return facts


def state_of(ledger: Ledger) -> object:
    """Everything that can be read out of a ledger, whatever the order of arrival."""
    cases = {
        id_: (case.made, case.issued, case.withdrawn, ledger.mark(case), ledger.undone(case))
        for id_, case in ledger.cases.items()
    }
    voters = {n: (sorted(map(repr, marks(ledger, n))), sorted(case.id for case in of_voter(ledger, n))) for n in range(1, 4)}
    return cases, voters, sorted(unsettled(ledger)), ledger.totals(), ledger.poll_open, dict(ledger.conflicts())


def counted(facts: Facts) -> Totals:
    """The totals, counted from scratch without a ledger."""
    bodies = [body for _, body in facts]
    made = {body.id: body for body in bodies if isinstance(body, e.Request) and body.op is e.Op.CHECK_IN}
    undone = undone_of(bodies)
    issued = [made[id_] for id_ in {body.request for body in bodies if isinstance(body, e.Issued)} & made.keys() - undone]
    return Totals(
        dict(Counter(election for one in issued for election in one.elections)),
    )


def owed(facts: Facts) -> set[str]:
    """The requests without an end, looked up from scratch without a ledger."""
    bodies = [body for _, body in facts]
    made = {body.id for body in bodies if isinstance(body, e.Request) and body.op is e.Op.CHECK_IN}
    ended = {body.request for body in bodies if isinstance(body, e.Issued | e.Withdrawn)}
    return made - ended


def undone_of(bodies: list[e.Body]) -> set[str]:
    """The requests whose mark the holder has undone."""
    return {body.target for body in bodies if isinstance(body, e.Decision) and body.target}


def marked(facts: Facts, voter: int) -> set[str]:
    """The requests that are marks of a voter, looked up from scratch without a ledger."""
    bodies = [body for _, body in facts]
    said = [body for body in bodies if isinstance(body, e.Decision) and not body.target]
    issued = {body.request for body in bodies if isinstance(body, e.Issued)}
    made = {body.id for body in bodies if isinstance(body, e.Request) and body.voter == voter}
    decided = {body.request for body in said if body.voter == voter and body.outcome is e.Outcome.GRANTED}
    given_up = {body.request for body in bodies if isinstance(body, e.Withdrawn)} - issued
    return (decided | (made & issued)) - undone_of(bodies) - given_up


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(logs(), st.integers(0, 2**32))
def test_what_is_kept_equals_what_is_counted(parts: tuple[Facts, Facts], seed: int) -> None:
    """After every single entry, what the ledger says equals what is counted from scratch."""
    facts, logs_ = merged(parts, seed), written([])
    ledger = logs_.ledger
    for number in range(1, len(facts) + 1):
        seen = facts[:number]
        written(facts[number - 1 : number], logs_)
        assert ledger.totals() == counted(seen)
        assert set(unsettled(ledger)) == owed(seen)
        for voter in range(1, 4):
            assert {case.id for case in ledger.marking(voter)} == marked(seen, voter)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(logs(), st.integers(0, 2**32), st.integers(0, 2**32))
def test_the_order_of_arrival_changes_nothing(parts: tuple[Facts, Facts], one: int, other: int) -> None:
    """Two nodes that heard the same two logs in different orders say the same of every voter."""
    assert state_of(folded(merged(parts, one))) == state_of(folded(merged(parts, other)))
