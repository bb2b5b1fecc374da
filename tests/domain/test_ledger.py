"""Stories of the fold: what the ledger says is what the entries say, however they came."""

from collections import Counter
from itertools import permutations
from random import Random

import pytest
from domain_facts import BOTH, basis
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kiosk.domain import entries as e
from kiosk.domain.books import REGISTER, Books
from kiosk.domain.eligibility import Mark
from kiosk.domain.ledger import Ledger, Totals

TABLE, HOLDER = "T2.1", "T1.1"
Facts = list[tuple[str, e.Body]]


def request(id_: str, voter: int = 7, elections: tuple[str, ...] = BOTH, table: int = 2) -> e.Request:
    return e.Request(id_, e.Op.CHECK_IN, voter, 1, elections, table, e.How.SPOKEN, e.Source.CARD)


def decision(id_: str, outcome: e.Outcome, voter: int = 7, elections: tuple[str, ...] = BOTH) -> e.Decision:
    return e.Decision(id_, voter, elections, 1, 1, outcome)


def granted(id_: str) -> e.Decision:
    return decision(id_, e.Outcome.GRANTED)


def empty() -> Ledger:
    """The fold of nothing, at a third table of a place where HOLDER holds the register and book 1."""
    return Ledger(Books("T3.1", basis({REGISTER: HOLDER, 1: HOLDER, 2: TABLE})))


def folded(facts: Facts, ledger: Ledger | None = None) -> Ledger:
    """Fold facts in; an origin's entries are numbered as they come."""
    ledger = ledger or empty()
    for number, (origin, body) in enumerate(facts, 1):
        # A request's time belongs to the request, not to when it was heard of.
        time_ms = int(body.id.rpartition("/")[2]) if isinstance(body, e.Request) else 0
        ledger.fold(e.Entry(origin, number, "", time_ms, body), {origin: number})
    return ledger


def of(*bodies: e.Body) -> Ledger:
    """The table's entries, and the holder's decisions among them."""
    return folded([(HOLDER if isinstance(body, e.Decision) else TABLE, body) for body in bodies])


def marks(ledger: Ledger, voter: int = 7) -> list[Mark]:
    return list(ledger.marks(voter))


def unsettled(ledger: Ledger, origin: str = TABLE) -> list[str]:
    return [case.id for case in ledger.unsettled(origin)]


def test_a_check_in() -> None:
    """A request, its grant and its issued: marked from the grant on, and counted when the ballots were handed out."""
    asked = of(request("T2.1/1/1"))
    assert (marks(asked), unsettled(asked), asked.totals()) == ([], ["T2.1/1/1"], Totals())
    waiting = of(request("T2.1/1/1"), granted("T2.1/1/1"))
    assert (marks(waiting), unsettled(waiting)) == ([Mark(BOTH, 2, 1)], ["T2.1/1/1"])
    assert waiting.totals() == Totals(granted=1)
    done = of(request("T2.1/1/1"), granted("T2.1/1/1"), e.Issued("T2.1/1/1"))
    assert (marks(done), unsettled(done)) == ([Mark(BOTH, 2, 1)], [])
    assert done.totals() == Totals({"byraad": 1, "region": 1}, granted=1)


def test_a_refused_request() -> None:
    """A refusal marks nothing, and its table owes nothing more."""
    ledger = of(request("T2.1/1/1"), decision("T2.1/1/1", e.Outcome.REFUSED))
    assert (marks(ledger), unsettled(ledger), ledger.totals()) == ([], [], Totals(refused=1))


def test_a_withdrawn_grant() -> None:
    """A grant whose table has given the request up is no mark, in whatever order the two come; what was handed out is one."""
    id_ = "T2.1/1/1"
    for facts in permutations([request(id_), granted(id_), e.Withdrawn(id_)]):
        withdrawn = of(*facts)
        assert (marks(withdrawn), unsettled(withdrawn)) == ([], [])
        assert withdrawn.totals() == Totals(granted=1, withdrawn=1)
    for facts in permutations([request(id_), granted(id_), e.Withdrawn(id_), e.Issued(id_)]):
        assert marks(of(*facts)) == [Mark(BOTH, 2, 1)]


def test_issued_without_a_known_decision() -> None:
    """Ballots that were handed out are a mark, whether or not the decision has arrived."""
    ledger = of(request("T2.1/1/1"), e.Issued("T2.1/1/1"))
    assert marks(ledger) == [Mark(BOTH, 2, 1)]
    assert ledger.served == {TABLE: 1}


@pytest.mark.parametrize("rest", [(granted("T2.1/1/1"),), (e.Issued("T2.1/1/1"),), (e.Issued("T2.1/1/1"), granted("T2.1/1/1"))])
def test_a_request_that_arrives_last(rest: tuple[e.Body, ...]) -> None:
    """Answers may come before what they answer: a decision names its voter and marks at once, an `issued` when it is known."""
    early = of(*rest)
    assert bool(marks(early)) == any(isinstance(body, e.Decision) for body in rest)
    assert (early.totals().issued, unsettled(early)) == ({}, [])
    late = folded([(TABLE, request("T2.1/1/1"))], early)
    assert marks(late) == [Mark(BOTH, 2, 1)]
    assert unsettled(late) == ([] if e.Issued("T2.1/1/1") in rest else ["T2.1/1/1"])
    assert late.totals() == of(request("T2.1/1/1"), *rest).totals()


@pytest.mark.parametrize("settles", [e.Withdrawn("T2.1/1/1"), e.Issued("T2.1/1/1"), decision("T2.1/1/1", e.Outcome.REFUSED)])
def test_a_settled_request_that_arrives_last(settles: e.Body) -> None:
    """A request whose outcome came first is never asked about."""
    assert unsettled(of(settles, request("T2.1/1/1"))) == []


def test_unsettled_of_each_origin() -> None:
    """What a table owes is its own only, oldest first; a name that begins like another's is not mixed up with it."""
    made = [
        (o, request(f"{o}/1/{n}", n, table=int(o[1:].partition(".")[0]))) for n in (1, 2) for o in ("T1.1", "T1.2", "T11.1")
    ]
    ledger = folded(made)
    assert unsettled(ledger, "T1.1") == ["T1.1/1/1", "T1.1/1/2"]
    assert unsettled(ledger, "T1.2") == ["T1.2/1/1", "T1.2/1/2"]
    assert unsettled(ledger, "T1") == []


def undo(target: str, *, voter: int = 7, handed_out: bool = True, register: int = 1, id_: str = "T1.1/1/9") -> e.Request:
    return e.Request(id_, e.Op.UNDO, voter, 1, BOTH, 0, target=target, register=register, handed_out=handed_out)


def undone(target: str, *, id_: str = "T1.1/1/9", voter: int = 7) -> e.Decision:
    return e.Decision(id_, voter, BOTH, 1, 1, e.Outcome.GRANTED, target=target)


def test_issued_and_undone() -> None:
    """Ballots that were handed out and whose mark was undone are no mark any more, and are back in stock; in any order."""
    id_ = "T2.1/1/1"
    facts: Facts = [(TABLE, request(id_)), (HOLDER, granted(id_)), (TABLE, e.Issued(id_))]
    for order in permutations([*facts, (HOLDER, undo(id_)), (HOLDER, undone(id_))]):
        ledger = folded(list(order))
        assert (marks(ledger), unsettled(ledger)) == ([], [])
        assert ledger.totals() == Totals(granted=1)
        assert ledger.served == {TABLE: 1}


def test_an_undo_that_says_that_nothing_was_handed_out_gives_way() -> None:
    """A mark undone with these words is back, and shows in red beside another, where `issued` turns up later."""
    id_, other = "T2.1/1/1", "T3.1/1/1"
    facts: Facts = [(TABLE, request(id_)), (HOLDER, granted(id_)), (HOLDER, undo(id_, handed_out=False)), (HOLDER, undone(id_))]
    assert marks(folded(facts)) == []
    facts += [("T3.1", request(other, table=3)), (HOLDER, granted(other)), ("T3.1", e.Issued(other))]
    assert folded(facts).conflicts() == {}
    assert set(folded([*facts, (TABLE, e.Issued(id_))]).conflicts()) == {7}


@pytest.mark.parametrize(
    "attack",
    [
        [("T3.1", undo("T2.1/1/1", id_="T3.1/1/1")), (HOLDER, undone("T2.1/1/1", id_="T3.1/1/1"))],
        [(HOLDER, undo("T2.1/1/1", register=2)), (HOLDER, undone("T2.1/1/1"))],
        [(HOLDER, undo("T2.1/1/1", voter=8)), (HOLDER, undone("T2.1/1/1", voter=8))],
        [(HOLDER, undo("T2.1/1/1")), ("T3.1", undone("T2.1/1/1"))],
        [(HOLDER, undo("T2.1/1/2")), (HOLDER, undone("T2.1/1/1"))],
        [(HOLDER, undone("T2.1/1/1"))],
        [(HOLDER, undo("T2.1/1/1")), (HOLDER, e.Decision("T1.1/1/9", 7, BOTH, 1, 1, e.Outcome.REFUSED, target="T2.1/1/1"))],
    ],
    ids=["not the register's holder", "another epoch", "another voter", "not the book's holder", "another request",
         "nobody asked", "refused"],
)  # fmt: skip
def test_an_undo_that_counts_for_nothing(attack: Facts) -> None:
    """An undo needs the register's holder who asks, the book's holder who grants, and the very voter and request."""
    facts: Facts = [(TABLE, request("T2.1/1/1")), (HOLDER, granted("T2.1/1/1")), (TABLE, e.Issued("T2.1/1/1"))]
    assert marks(folded([*facts, *attack])) == [Mark(BOTH, 2, 1)]
    assert marks(folded([*attack, *facts])) == [Mark(BOTH, 2, 1)]


def test_a_card_found_by_mistake_is_undone() -> None:
    """Who scanned a wrong card into a pile can have that very card's mark undone."""
    facts: Facts = [(HOLDER, e.Start((TABLE,))), (HOLDER, e.Rescanned(7, TABLE))]
    assert marks(folded(facts)) == [Mark(BOTH, 1, 0, found=True)]
    undoing: Facts = [(HOLDER, undo("T1.1/2")), (HOLDER, undone("T1.1/2"))]
    assert marks(folded([*facts, *undoing])) == []


def test_what_is_said_twice_counts_once() -> None:
    """A request, its issue or its withdrawal that is repeated changes nothing, wherever the repetition comes."""
    for end in (e.Issued("T2.1/1/1"), e.Withdrawn("T2.1/1/1")):
        once = [request("T2.1/1/1"), granted("T2.1/1/1"), end]
        wanted = state_of(of(*once))
        for at, again in ((at, body) for body in (once[0], once[2]) for at in range(once.index(body) + 1, 4)):
            assert state_of(of(*once[:at], again, *once[at:])) == wanted
            assert state_of(of(*once[:at], again, again, *once[at:])) == wanted
    twice = of(e.Withdrawn("T2.1/1/1"), e.Withdrawn("T2.1/1/1"), e.Issued("T2.1/1/1"), e.Issued("T2.1/1/1"))
    assert (twice.totals(), twice.served) == (Totals(withdrawn=1), {TABLE: 1})


def test_a_request_told_otherwise() -> None:
    """A second request with the id of an earlier one, for another voter or other ballots, is not heard."""
    id_ = "T2.1/1/1"
    ledger = of(request(id_), granted(id_), request(id_, voter=8, elections=BOTH[:1], table=3), e.Issued(id_))
    assert (marks(ledger, 7), marks(ledger, 8)) == ([Mark(BOTH, 2, 1)], [])
    assert ledger.totals() == Totals({"byraad": 1, "region": 1}, granted=1)


def test_what_is_said_in_anothers_name_is_not_heard() -> None:
    """Only the table itself asks, hands out and gives up; only the book's holder decides."""
    id_ = "T2.1/1/1"
    stranger = folded([("T9.1", request(id_)), ("T9.1", e.Issued(id_)), ("T9.1", e.Withdrawn(id_))])
    assert (marks(stranger), stranger.totals(), stranger.served) == ([], Totals(), {})
    refused = folded([(TABLE, request(id_)), ("T9.1", decision(id_, e.Outcome.REFUSED))])
    assert unsettled(refused) == [id_]
    assert marks(folded([(TABLE, request(id_)), ("T9.1", granted(id_))])) == []
    for wrong in (request(id_, table=3), request(id_, voter=201), request(id_, elections=("other",))):
        assert folded([(TABLE, wrong)]).cases == {}


def test_a_request_whose_table_has_asked_for_something_else_is_one_mark() -> None:
    """A table that lies asks the holder for one election and writes another in its log: one mark, whatever came first."""
    facts = [(HOLDER, decision("T2.1/1/1", e.Outcome.GRANTED, elections=("byraad",))), (TABLE, request("T2.1/1/1"))]
    both = [*facts, (TABLE, e.Issued("T2.1/1/1"))]
    assert marks(folded(both)) == marks(folded(both[::-1])) == [Mark(BOTH, 2, 1)]


def test_a_grant_that_does_not_fit_hides_none_that_does() -> None:
    """Who has granted something else first, on the same request, has granted what was asked for all the same."""
    wrong, right = decision("T2.1/1/1", e.Outcome.GRANTED, elections=("byraad",)), granted("T2.1/1/1")
    facts = [(HOLDER, replace(wrong, epoch=9)), (HOLDER, right), (TABLE, request("T2.1/1/1"))]
    for told in permutations(facts):
        assert marks(folded(list(told))) == [Mark(BOTH, 2, 1)], told


def test_referred_and_released() -> None:
    """A voter is referred until every referral is ended by its name, in whatever order the logs arrive."""
    referred: Facts = [(TABLE, e.Referred(7)), (TABLE, e.Referred(7))]
    one, other = folded(referred).referrals(7)
    assert folded([*referred, (HOLDER, e.Released(7, (one,)))]).referrals(7) == (other,)
    assert folded([*referred, (HOLDER, e.Released(7, (one, other)))]).referrals(7) == ()
    early = empty()
    early.fold(e.Entry(HOLDER, 1, "", 0, e.Released(7, (one, other))), {HOLDER: 1})
    for number, (origin, body) in enumerate(referred, 1):
        early.fold(e.Entry(origin, number, "", 0, body), {origin: number})
    assert early.referrals(7) == ()


def test_a_release_of_another_voter_or_of_what_is_not_known_ends_nothing() -> None:
    """A referral is named by its hash, with its voter: nobody can end one that is not written yet, or by another's name."""
    (named,) = folded([(TABLE, e.Referred(7))]).referrals(7)
    assert folded([(TABLE, e.Referred(7)), (HOLDER, e.Released(8, (named,)))]).referrals(7) == (named,)
    assert folded([(TABLE, e.Referred(7)), (HOLDER, e.Released(7, ("0" * 64,)))]).referrals(7) == (named,)


def test_a_conflict_shows_both_tables_and_times() -> None:
    """Two tables that handed out to one voter are named; one ballot, or one for each election, is no conflict."""
    facts: Facts = [(TABLE, request("T2.1/1/1")), (TABLE, e.Issued("T2.1/1/1"))]
    assert folded(facts).conflicts() == {}
    other = request("T9.1/1/5", table=9)
    both = [*facts, ("T9.1", other), ("T9.1", e.Issued(other.id))]
    assert folded(both).conflicts() == {7: ((2, 1), (9, 5))}
    apart = [("T2.1", request("T2.1/1/1", elections=BOTH[:1])), ("T2.1", e.Issued("T2.1/1/1"))]
    apart += [("T9.1", request("T9.1/1/5", elections=BOTH[1:])), ("T9.1", e.Issued("T9.1/1/5"))]
    assert folded(apart).conflicts() == {}


def test_a_found_card_is_a_mark_and_matches_its_own_table() -> None:
    """A card found at a stopped table marks the voter; that table's own grant is the same ballot, another table's is not."""
    assert marks(folded([(HOLDER, e.Rescanned(7, TABLE))])) == []
    found: Facts = [(HOLDER, e.Start((TABLE,))), (HOLDER, e.Rescanned(7, TABLE))]
    assert marks(folded(found)) == [Mark(BOTH, 1, 0, found=True)]
    own: Facts = [*found, (TABLE, request("T2.1/1/1")), (TABLE, e.Issued("T2.1/1/1"))]
    assert folded(own).conflicts() == {}
    others: Facts = [*found, ("T9.1", request("T9.1/1/1", table=9)), ("T9.1", e.Issued("T9.1/1/1"))]
    assert set(folded(others).conflicts()) == {7}


def test_a_referral_is_no_mark() -> None:
    """Who is referred has no mark and owes nothing: it is only where they are sent."""
    ledger = of(e.Referred(7))
    assert (marks(ledger), unsettled(ledger), ledger.totals()) == ([], [], Totals())


def test_the_polls_day() -> None:
    """The poll opens once for all, by the register's holder only; each table closes and opens again by itself."""
    ledger = empty()
    assert (ledger.poll_open, ledger.is_closed(HOLDER)) == (False, False)
    folded([(TABLE, e.Open(1))], ledger)
    assert not ledger.poll_open
    folded([(HOLDER, e.Open(1)), (HOLDER, e.Close(1))], ledger)
    assert (ledger.poll_open, ledger.is_closed(HOLDER), ledger.is_closed(TABLE)) == (True, True, False)
    folded([(HOLDER, e.Reopen(1))], ledger)
    assert (ledger.poll_open, ledger.is_closed(HOLDER)) == (True, False)


@pytest.mark.parametrize(("cut", "is_open"), [(1, True), (0, False)])
def test_the_poll_is_open_as_far_as_the_registers_holder_counts(cut: int, is_open: bool) -> None:
    """While a seal leaves the opening in doubt nobody serves; the seizure tells whether it was before the cut."""
    ledger = Ledger(Books("T3.1", basis({REGISTER: HOLDER, 1: HOLDER, 2: TABLE}, "T2")))
    seal = e.Entry(TABLE, 1, "", 0, e.Seal(REGISTER, 2, 1, {HOLDER: 0}))
    ledger.fold(seal, {TABLE: 1})
    ledger.fold(e.Entry(HOLDER, 1, "", 0, e.Open(1)), {HOLDER: 1, TABLE: 1})
    assert not ledger.poll_open
    ledger.fold(e.Entry(TABLE, 2, "", 0, e.Seize(REGISTER, 2, 1, 1, TABLE, cut, {TABLE: 1})), {HOLDER: 1, TABLE: 2})
    assert ledger.poll_open is is_open
    assert ledger.books.holder(REGISTER) == TABLE


# --- any entries at all ---------------------------------------------------------------------------------------------


@st.composite
def logs(draw: st.DrawFn) -> tuple[Facts, Facts]:
    """What a table and a holder may have written about some requests: each side's entries in its own order."""
    mine: Facts = [(TABLE, e.Start())]
    theirs: Facts = [(HOLDER, e.Open(1))]
    for n in range(1, draw(st.integers(0, 8)) + 1):
        id_ = f"{TABLE}/1/{n}"
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
            asked = e.Request(f"{HOLDER}/1/{n}", e.Op.UNDO, voter, 1, elections, 0, target=id_, register=1, handed_out=True)
            theirs.append((HOLDER, asked))
            theirs.append((HOLDER, e.Decision(asked.id, voter, elections, 1, 1, e.Outcome.GRANTED, target=id_)))
    return mine, theirs


def merged(parts: tuple[Facts, Facts], seed: int) -> Facts:
    """Both sides' entries in some order of arrival that keeps each side's own."""
    random, queues, facts = Random(seed), [list(part) for part in parts], []
    while any(queues):
        facts.append(random.choice([queue for queue in queues if queue]).pop(0))
    return facts


def state_of(ledger: Ledger) -> object:
    """Everything that can be read out of a ledger, whatever the order of arrival."""
    books = ledger.books
    cases = {
        id_: (case.made, case.issued, case.withdrawn, case.marks(books), case.unsettled(books), case.undone(books))
        for id_, case in ledger.cases.items()
    }
    voters = {n: (sorted(map(repr, marks(ledger, n))), sorted(case.id for case in ledger.of_voter(n))) for n in range(1, 4)}
    return cases, voters, sorted(unsettled(ledger)), ledger.totals(), ledger.poll_open, dict(ledger.conflicts())


def counted(facts: Facts) -> Totals:
    """The totals, counted from scratch without a ledger."""
    bodies = [body for _, body in facts]
    made = {body.id: body for body in bodies if isinstance(body, e.Request) and body.op is e.Op.CHECK_IN}
    outcomes: dict[str, set[e.Outcome]] = {}
    for body in bodies:
        if isinstance(body, e.Decision) and not body.target:
            outcomes.setdefault(body.request, set()).add(body.outcome)
    undone = undone_of(bodies)
    issued = [made[id_] for id_ in {body.request for body in bodies if isinstance(body, e.Issued)} & made.keys() - undone]
    return Totals(
        dict(Counter(election for one in issued for election in one.elections)),
        sum(e.Outcome.GRANTED in said for said in outcomes.values()),
        sum(e.Outcome.REFUSED in said for said in outcomes.values()),
        len({body.request for body in bodies if isinstance(body, e.Withdrawn)}),
    )


def owed(facts: Facts) -> set[str]:
    """The requests without outcome, looked up from scratch without a ledger."""
    bodies = [body for _, body in facts]
    made = {body.id for body in bodies if isinstance(body, e.Request) and body.op is e.Op.CHECK_IN}
    ended = {body.request for body in bodies if isinstance(body, e.Issued | e.Withdrawn)}
    refused = {body.request for body in bodies if isinstance(body, e.Decision) and body.outcome is e.Outcome.REFUSED}
    return made - ended - refused


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


@given(logs(), st.integers(0, 2**32))
def test_what_is_kept_equals_what_is_counted(parts: tuple[Facts, Facts], seed: int) -> None:
    """After every single entry, what the ledger says equals what is counted from scratch."""
    facts, ledger = merged(parts, seed), empty()
    for number, (origin, body) in enumerate(facts, 1):
        time_ms = int(body.id.rpartition("/")[2]) if isinstance(body, e.Request) else 0
        ledger.fold(e.Entry(origin, number, "", time_ms, body), {origin: number})
        seen = facts[:number]
        assert ledger.totals() == counted(seen)
        assert set(unsettled(ledger)) == owed(seen)
        for voter in range(1, 4):
            assert {case.id for case, _ in ledger.marking(voter)} == marked(seen, voter)


@given(logs(), st.integers(0, 2**32), st.integers(0, 2**32))
def test_the_order_of_arrival_changes_nothing(parts: tuple[Facts, Facts], one: int, other: int) -> None:
    """Two nodes that heard the same two logs in different orders say the same of every voter."""
    assert state_of(folded(merged(parts, one))) == state_of(folded(merged(parts, other)))
