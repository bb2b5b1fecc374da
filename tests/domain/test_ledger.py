"""Stories of the fold: what the ledger says is what the entries say, however they came."""

from collections import Counter
from random import Random

import pytest
from domain_facts import BOTH
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain import entries as e
from kiosk.domain.eligibility import Mark
from kiosk.domain.ledger import Ledger, Totals

TABLE, HOLDER = "T2.1", "T1.1"
Facts = list[tuple[str, e.Body]]


def request(id_: str, voter: int = 7, elections: tuple[str, ...] = BOTH, table: int = 2) -> e.Request:
    return e.Request(id_, "check_in", voter, 1, elections, table, e.How.SPOKEN, e.Source.CARD)


def decision(id_: str, outcome: e.Outcome) -> e.Decision:
    return e.Decision(id_, 1, 1, outcome)


def granted(id_: str) -> e.Decision:
    return decision(id_, e.Outcome.GRANTED)


def folded(facts: Facts, ledger: Ledger | None = None) -> Ledger:
    ledger = ledger or Ledger()
    for origin, body in facts:
        # A request's time belongs to the request, not to when it was heard of.
        time_ms = int(body.id.rpartition("/")[2]) if isinstance(body, e.Request) else 0
        ledger.fold(e.Entry(origin, 1, "", time_ms, body))
    return ledger


def of(*bodies: e.Body) -> Ledger:
    return folded([(TABLE, body) for body in bodies])


def marks(ledger: Ledger, voter: int = 7) -> list[Mark]:
    return list(ledger.marks(voter))


def unsettled(ledger: Ledger, origin: str = TABLE) -> list[str]:
    return [id_ for id_, _ in ledger.unsettled(origin)]


def test_a_check_in() -> None:
    """A request, its grant and its issued: marked from the grant on, and counted when the ballots were handed out."""
    asked = of(request("T2.1/1/1"))
    assert (marks(asked), unsettled(asked), asked.totals) == ([], ["T2.1/1/1"], Totals())
    waiting = of(request("T2.1/1/1"), granted("T2.1/1/1"))
    assert (marks(waiting), unsettled(waiting)) == ([Mark(BOTH, 2, 1)], ["T2.1/1/1"])
    assert waiting.totals == Totals(granted=1)
    done = of(request("T2.1/1/1"), granted("T2.1/1/1"), e.Issued("T2.1/1/1"))
    assert (marks(done), unsettled(done)) == ([Mark(BOTH, 2, 1)], [])
    assert done.totals == Totals({"byraad": 1, "region": 1}, {2: 1}, granted=1)


def test_a_refused_request() -> None:
    """A refusal marks nothing, and its table owes nothing more."""
    ledger = of(request("T2.1/1/1"), decision("T2.1/1/1", e.Outcome.REFUSED))
    assert (marks(ledger), unsettled(ledger), ledger.totals) == ([], [], Totals(refused=1))


def test_a_withdrawn_grant() -> None:
    """A withdrawn grant still marks until the holder has taken it back, and then no longer."""
    id_ = "T2.1/1/1"
    withdrawn = of(request(id_), granted(id_), e.Withdrawn(id_))
    assert (marks(withdrawn), unsettled(withdrawn)) == ([Mark(BOTH, 2, 1)], [])
    undone = of(request(id_), granted(id_), e.Withdrawn(id_), decision(id_, e.Outcome.UNDONE))
    assert (marks(undone), unsettled(undone)) == ([], [])
    assert undone.totals == Totals(granted=1, withdrawn=1)


def test_issued_without_a_known_decision() -> None:
    """Ballots that were handed out are a mark, whether or not the decision has arrived."""
    ledger = of(request("T2.1/1/1"), e.Issued("T2.1/1/1"))
    assert marks(ledger) == [Mark(BOTH, 2, 1)]
    assert ledger.totals.served == {2: 1}


@pytest.mark.parametrize("rest", [(granted("T2.1/1/1"),), (e.Issued("T2.1/1/1"),), (e.Issued("T2.1/1/1"), granted("T2.1/1/1"))])
def test_a_request_that_arrives_last(rest: tuple[e.Body, ...]) -> None:
    """Answers may come before what they answer: nothing is marked for a voter unknown, and everything once known."""
    early = of(*rest)
    assert (marks(early), early.totals.issued, unsettled(early)) == ([], {}, [])
    late = folded([(TABLE, request("T2.1/1/1"))], early)
    assert marks(late) == [Mark(BOTH, 2, 1)]
    assert unsettled(late) == ([] if e.Issued("T2.1/1/1") in rest else ["T2.1/1/1"])
    assert late.totals == of(request("T2.1/1/1"), *rest).totals


@pytest.mark.parametrize("settles", [e.Withdrawn("T2.1/1/1"), e.Issued("T2.1/1/1"), decision("T2.1/1/1", e.Outcome.REFUSED)])
def test_a_settled_request_that_arrives_last(settles: e.Body) -> None:
    """A request whose outcome came first is never asked about."""
    assert unsettled(of(settles, request("T2.1/1/1"))) == []


def test_unsettled_of_each_origin() -> None:
    """What a table owes is its own only, oldest first; a name that begins like another's is not mixed up with it."""
    ledger = folded([(o, request(f"{o}/1/{n}", n)) for n in (1, 2) for o in ("T1.1", "T1.10", "T11.1")])
    assert unsettled(ledger, "T1.1") == ["T1.1/1/1", "T1.1/1/2"]
    assert unsettled(ledger, "T1.10") == ["T1.10/1/1", "T1.10/1/2"]
    assert unsettled(ledger, "T1") == []


def test_issued_and_undone() -> None:
    """Ballots that were handed out and taken back by a decision are no mark any more; handed out they were all the same."""
    id_ = "T2.1/1/1"
    ledger = of(request(id_), granted(id_), e.Issued(id_), decision(id_, e.Outcome.UNDONE))
    assert (marks(ledger), unsettled(ledger)) == ([], [])
    assert ledger.totals == Totals({"byraad": 1, "region": 1}, {2: 1}, granted=1)
    early = of(decision(id_, e.Outcome.UNDONE), e.Issued(id_), request(id_))
    assert (marks(early), unsettled(early)) == ([], [])


def test_what_is_said_twice_counts_once() -> None:
    """A request, its issue or its withdrawal that is repeated changes nothing, wherever the repetition comes."""
    for end in (e.Issued("T2.1/1/1"), e.Withdrawn("T2.1/1/1")):
        once = [request("T2.1/1/1"), granted("T2.1/1/1"), end]
        wanted = state_of(of(*once))
        for at, again in ((at, body) for body in (once[0], once[2]) for at in range(once.index(body) + 1, 4)):
            assert state_of(of(*once[:at], again, *once[at:])) == wanted
            assert state_of(of(*once[:at], again, again, *once[at:])) == wanted
    assert of(e.Issued("x"), e.Issued("x"), request("x/1"), e.Withdrawn("x"), e.Withdrawn("x")).totals == Totals(withdrawn=1)


def test_a_request_told_otherwise() -> None:
    """A second request with the id of an earlier one, for another voter or other ballots, is not heard."""
    id_ = "T2.1/1/1"
    ledger = of(request(id_), granted(id_), request(id_, voter=8, elections=BOTH[:1], table=3), e.Issued(id_))
    assert (marks(ledger, 7), marks(ledger, 8)) == ([Mark(BOTH, 2, 1)], [])
    assert ledger.totals == Totals({"byraad": 1, "region": 1}, {2: 1}, granted=1)


def test_referred_and_released() -> None:
    """A voter is referred until released, alone, as often as it happens; said twice it is the same."""
    ledger = Ledger()
    assert not ledger.is_referred(7)
    steps = [
        (e.Referred(7), True),
        (e.Referred(7), True),
        (e.Released(8), True),
        (e.Released(7), False),
        (e.Released(7), False),
    ]
    for body, referred in [*steps, *steps]:
        folded([(TABLE, body)], ledger)
        assert (ledger.is_referred(7), ledger.is_referred(8)) == (referred, False)
    assert state_of(ledger) == state_of(Ledger())


def test_a_referral_is_no_mark() -> None:
    """Who is referred has no mark and owes nothing: it is only where they are sent."""
    ledger = of(e.Referred(7))
    assert (marks(ledger), unsettled(ledger), ledger.totals) == ([], [], Totals())


def test_the_polls_day() -> None:
    """The poll opens once for all; each table closes and opens again by itself."""
    ledger = Ledger()
    assert (ledger.poll_open, ledger.is_closed(1)) == (False, False)
    folded([(HOLDER, e.Open()), (HOLDER, e.Close(1)), (HOLDER, e.Start())], ledger)
    assert (ledger.poll_open, ledger.is_closed(1), ledger.is_closed(2)) == (True, True, False)
    folded([(HOLDER, e.Reopen(1)), (HOLDER, e.Reopen(2))], ledger)
    assert (ledger.poll_open, ledger.is_closed(1)) == (True, False)


# --- any entries at all ---------------------------------------------------------------------------------------------


@st.composite
def logs(draw: st.DrawFn) -> tuple[Facts, Facts]:
    """What a table and a holder may have written about some requests: each side's entries in its own order."""
    mine: Facts = [(TABLE, e.Start())]
    theirs: Facts = [(HOLDER, e.Open())]
    for n in range(1, draw(st.integers(0, 8)) + 1):
        id_ = f"{TABLE}/1/{n}"
        elections = draw(st.sampled_from([BOTH, BOTH[:1], BOTH[1:]]))
        mine.append((TABLE, request(id_, draw(st.integers(1, 3)), elections)))
        end = draw(st.sampled_from([None, e.Issued(id_), e.Withdrawn(id_)]))
        if end is not None:
            mine.append((TABLE, end))
        if draw(st.booleans()):
            mine.append(draw(st.sampled_from(mine)))
        if draw(st.booleans()):
            mine.append((TABLE, draw(st.sampled_from([e.Referred, e.Referred, e.Released]))(draw(st.integers(1, 3)))))
        outcome = draw(st.none() | st.sampled_from([e.Outcome.GRANTED, e.Outcome.REFUSED]))
        if outcome is not None:
            theirs.append((HOLDER, decision(id_, outcome)))
        if outcome is e.Outcome.GRANTED and end is not None and (isinstance(end, e.Withdrawn) or draw(st.booleans())):
            theirs.append((HOLDER, decision(id_, e.Outcome.UNDONE)))
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
        id_: (c.made, c.time_ms, c.decided, c.issued, c.withdrawn, c.marks, c.unsettled) for id_, c in ledger.cases.items()
    }
    voters = {n: (sorted(map(repr, marks(ledger, n))), sorted(id_ for id_, _ in ledger.of_voter(n))) for n in range(1, 4)}
    referred = [n for n in range(1, 10) if ledger.is_referred(n)]
    return cases, voters, sorted(unsettled(ledger)), ledger.totals, ledger.poll_open, ledger.is_closed(2), referred


def counted(facts: Facts) -> Totals:
    """The totals, counted from scratch without a ledger."""
    bodies = [body for _, body in facts]
    made = {body.id: body for body in bodies if isinstance(body, e.Request)}
    issued = [made[id_] for id_ in {body.request for body in bodies if isinstance(body, e.Issued)} & made.keys()]
    outcomes = Counter(body.outcome for body in bodies if isinstance(body, e.Decision))
    return Totals(
        dict(Counter(election for one in issued for election in one.elections)),
        dict(Counter(one.table for one in issued)),
        outcomes[e.Outcome.GRANTED],
        outcomes[e.Outcome.REFUSED],
        len({body.request for body in bodies if isinstance(body, e.Withdrawn)}),
    )


def owed(facts: Facts) -> set[str]:
    """The requests without outcome, looked up from scratch without a ledger."""
    bodies = [body for _, body in facts]
    made = {body.id for body in bodies if isinstance(body, e.Request)}
    ended = {body.request for body in bodies if isinstance(body, e.Issued | e.Withdrawn)}
    refused = {body.request for body in bodies if isinstance(body, e.Decision) and body.outcome is e.Outcome.REFUSED}
    return made - ended - refused


def marked(facts: Facts, voter: int) -> list[str]:
    """The requests that are marks of a voter, looked up from scratch without a ledger."""
    bodies = [body for _, body in facts]
    last = {body.request: body.outcome for body in bodies if isinstance(body, e.Decision)}
    issued = {body.request for body in bodies if isinstance(body, e.Issued)}
    made = dict.fromkeys(body.id for body in bodies if isinstance(body, e.Request) and body.voter == voter)
    undone = {id_ for id_, outcome in last.items() if outcome is e.Outcome.UNDONE}
    return [id_ for id_ in made if id_ not in undone and (id_ in issued or last.get(id_) is e.Outcome.GRANTED)]


def referred(facts: Facts, voter: int) -> bool:
    """Whether the last word on a voter is that they are referred, looked up from scratch without a ledger."""
    said = [body for _, body in facts if isinstance(body, e.Referred | e.Released) and body.voter == voter]
    return bool(said) and isinstance(said[-1], e.Referred)


@given(logs(), st.integers(0, 2**32))
def test_counters_kept_equal_a_replay(parts: tuple[Facts, Facts], seed: int) -> None:
    """After every single entry, what was kept as the entries came equals what is counted from scratch."""
    facts, ledger = merged(parts, seed), Ledger()
    for so_far in range(1, len(facts) + 1):
        folded(facts[so_far - 1 : so_far], ledger)
        seen = facts[:so_far]
        assert ledger.totals == counted(seen)
        assert set(unsettled(ledger)) == owed(seen)
        for voter in range(1, 4):
            assert [mark.time_ms for mark in ledger.marks(voter)] == [int(i.rpartition("/")[2]) for i in marked(seen, voter)]
            assert ledger.is_referred(voter) == referred(seen, voter)
        assert state_of(ledger) == state_of(folded(seen))


@given(logs(), st.integers(0, 2**32), st.integers(0, 2**32))
def test_the_order_of_arrival_changes_nothing(parts: tuple[Facts, Facts], one: int, other: int) -> None:
    """Two nodes that heard the same two logs in different orders say the same of every voter."""
    assert state_of(folded(merged(parts, one))) == state_of(folded(merged(parts, other)))


@given(logs(), st.lists(st.integers(0, 40)))
def test_batches_change_nothing(parts: tuple[Facts, Facts], cuts: list[int]) -> None:
    """However the entries are cut into batches, and read in between, the fold is the same."""
    facts, ledger = merged(parts, 0), Ledger()
    ends = [*sorted({min(cut, len(facts)) for cut in cuts}), len(facts)]
    for start, end in zip([0, *ends], ends, strict=False):
        folded(facts[start:end], ledger)
        state_of(ledger)
    assert state_of(ledger) == state_of(folded(facts))
