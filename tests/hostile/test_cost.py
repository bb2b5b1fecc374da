"""What a thief's entries cost the others, counted in calls: at most in proportion to what he writes, and never again in each
turn."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain import pages
from kiosk.domain import screens as s
from kiosk.domain.messages import Ask, Head
from kiosk.domain.view import screen
from kiosk.node import Heard, Node
from kiosk.sync.messages import MessageError, encode, read_batch
from tests import made_up
from tests.hostile.thief import REFUSED, Thief, check_in, decision, hold_of, ledger, undo
from tests.made_up import calls
from tests.stories.place import Place, batch_of

RUN = "T3.1-00000000000000aa"
OTHER = "T1.1-00000000000000bb"
FIRST = f"{RUN}#1"


@pytest.fixture
def place() -> Place:
    """A place whose poll is open; voter 101 has been served at table 1."""
    place = Place().morning()
    place.serve("T1", 101)
    return place


@pytest.fixture
def thief(place: Place) -> Thief:
    """Table 3's device, stolen."""
    return Thief(place)


# --- folding and reading ------------------------------------------------------------------------------------------------


def written(bodies: list[e.Body]) -> list[e.Entry]:
    """A log of these; each start begins a run of its own."""
    entries, run, runs = [], RUN, 0
    for seq, body in enumerate(bodies, 2):
        if isinstance(body, e.Start):
            runs += 1
            body, run = e.Start(run), f"T3.1-{runs:08x}000000aa"
        entries.append(e.Entry(run, seq, "", 0, body))
    return [e.Entry(RUN, 1, "", 0, e.Start()), *entries]


def cost(bodies: list[e.Body], voter: int = 101) -> int:
    """The calls that it takes to fold what the thief writes, and to read after every hundred what a node reads."""
    fold = ledger()
    fold.fold(e.Entry(OTHER, 1, "", 0, e.Start()))
    entries = written(bodies)

    def work() -> None:
        for entry in entries:
            fold.fold(entry)
            if entry.seq % 100 == 0:
                fold.touched.clear()
                fold.books.runs.store()
                assert all(fold.books.holder(book) for book in (1, 2, 3))
                assert fold.marking(voter) is not None
                assert len([*fold.marks(voter)]) < 9
                assert fold.conflicts() is not None
                assert fold.poll_open is False

    return calls(work)


_Flood = Callable[[int], e.Body]
FLOODS: dict[str, _Flood] = {
    "gives to others": lambda _n: e.Give(3, FIRST, OTHER, {OTHER: 1}),
    "gives in holds that there are not": lambda n: e.Give(3, f"{RUN}#{n + 2}", OTHER, {OTHER: 1}),
    "gives of another's book": lambda n: e.Give(1, f"{OTHER}#{n + 1}", RUN, {RUN: 1}),
    "stops without a code": lambda n: e.Stop(1 + n % 40, ("T1.1",), {OTHER: 1}, "ab" * 64),
    "views": lambda n: e.View(1 + n % 40, {OTHER: 1}),
    "cards": lambda n: e.Card(1 + n % 40, "T1.1", 101),
    "excuses": lambda _n: e.Excused(("T1.1",)),
    "decisions in its book": lambda n: decision(f"{OTHER}/{n + 1}", 301, FIRST),
    "decisions on one request": lambda n: decision(f"{OTHER}/1", 301, f"{RUN}#{n + 1}"),
    "decisions on one request of its own": lambda n: decision(f"{RUN}/1", 301 + n % 7, FIRST),
    "decisions in others' books": lambda n: decision(f"{OTHER}/{n + 1}", 101, FIRST),
    "requests for one voter": lambda n: check_in(f"{RUN}/{n + 1}", 101),
    "undos": lambda n: undo(f"{RUN}/{n + 1}", f"{OTHER}/1", 101),
    "marks of one voter": lambda n: (check_in(f"{RUN}/{n // 2 + 1}", 101), e.Issued(f"{RUN}/{n // 2 + 1}"))[n % 2],
    "marks that it gives up": lambda n: (
        check_in(f"{RUN}/{n // 3 + 1}", 301),
        decision(f"{RUN}/{n // 3 + 1}", 301, FIRST),
        e.Withdrawn(f"{RUN}/{n // 3 + 1}"),
    )[n % 3],
    "grants for one voter, then requests for another": lambda n: (
        check_in(f"{RUN}/{n // 2 + 1}", 302),
        decision(f"{RUN}/{n // 2 + 2}", 301, FIRST),
    )[n % 2],
    "referrals": lambda _n: e.Referred(101),
    "releases": lambda n: e.Released(101, (f"{n:064x}",)),
    "closings": lambda n: (e.Closed(), e.Reopened())[n % 2],
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
def test_folding_is_linear(flood: _Flood) -> None:
    """Twice as many entries cost at most about twice as much, whatever they are, and each no more than a hundred calls."""
    once, twice = (max(cost([flood(n) for n in range(count)], voter) for voter in (101, 301)) for count in (1_000, 2_000))
    assert twice < 2.3 * once
    assert twice < 2_000 * 100


def test_starts_are_linear_up_to_their_bound() -> None:
    """As many runs as a device may have, read after every hundred."""
    once, twice = (cost([e.Start() for _ in range(count)]) for count in (e.RUNS_MOST // 2, e.RUNS_MOST))
    assert twice < e.RUNS_MOST * 300
    assert twice < 4 * once


def giving_in_circles(count: int) -> int:
    """The calls of a circle of gives between two runs of the thief's, the chain read after each ten."""
    fold = ledger()
    fold.fold(e.Entry(RUN, 1, "", 0, e.Start()))
    second = "T3.1-00000000000000ab"
    fold.fold(e.Entry(second, 1, "", 0, e.Start()))
    seqs, hold, who = {RUN: 1, second: 1}, FIRST, [RUN, second]
    if fold.books.holder(3) != RUN:
        who, hold = [second, RUN], f"{second}#1"

    def work() -> None:
        nonlocal hold
        for n in range(count):
            giver, to = who[n % 2], who[1 - n % 2]
            seqs[giver] += 1
            fold.fold(e.Entry(giver, seqs[giver], "", 0, e.Give(3, hold, to, dict(seqs))))
            hold = f"{giver}#{seqs[giver]}"
            if n % 10 == 0:
                assert fold.books.holder(3)

    return calls(work)


def test_gives_in_circles_are_linear() -> None:
    """Twice as many gives cost about twice as much, with the chain read now and then."""
    once, twice = giving_in_circles(500), giving_in_circles(1_000)
    assert twice < 2.5 * once


def test_a_give_that_is_none_does_not_have_all_conflicts_looked_at_anew() -> None:
    """The thief marks many voters of book 1 twice, and then writes gives in holds that there are not: to look at the conflicts
    after each costs next to nothing."""
    fold = ledger()
    ways = (("byraad",), ("byraad", "region"))
    fold = ledger(elections=("byraad", "region"))
    bodies: list[e.Body] = []
    for n in range(198):
        made = check_in(f"{RUN}/{n + 1}", 101 + n // 2 % 99, ways[n % 2])
        bodies += [made, e.Issued(made.id)]
    entries = written(bodies)
    for entry in [e.Entry(OTHER, 1, "", 0, e.Start()), *entries]:
        fold.fold(entry)
    assert len(fold.conflicts()) == 99
    seq = entries[-1].seq + 1
    fold.fold(e.Entry(RUN, seq, "", 0, e.Give(3, f"{RUN}#77", OTHER, {OTHER: 1})))
    assert calls(fold.conflicts) < 300


# --- each turn ------------------------------------------------------------------------------------------------------------


def turn_cost(place: Place, name: str) -> int:
    """The calls of one turn in which this node looks around."""
    place.mono_ms += 500
    return calls(lambda: place._put(name))


def test_a_turn_is_not_dearer_by_undos_that_count_for_nothing(place: Place, thief: Thief) -> None:
    """The thief asks for ten thousand undos, which it may not: a node's turns cost what they cost before."""
    before = turn_cost(place, "T1")
    for first in range(1, 10_001, 1_000):
        thief.say(thief.write(*(undo(f"{thief.run}/{n}", f"{RUN}/99", 101) for n in range(first, first + 1_000))))
    place.wait(1_000)
    assert turn_cost(place, "T1") < before + 1_000


@pytest.mark.parametrize("target", ["unknown", "a mark", "a card"])
def test_a_turn_is_not_dearer_by_the_undos_of_a_stolen_assistants_device(target: str) -> None:
    """The assistant's device is stolen, and asks for five thousand undos that nobody can decide on yet."""
    place = Place().morning()
    place.serve("T2", 201)
    thief = Thief(place, "T1")
    of = {"unknown": f"{RUN}/99", "a mark": next(b.id for b in place.bodies("T2", e.Request)), "a card": f"{RUN}#9"}[target]
    before = turn_cost(place, "T2")
    for first in range(1, 5_001, 1_000):
        asked = (undo(f"{thief.run}/{n}", of, 201, handed_out=False) for n in range(first, first + 1_000))
        thief.say(thief.write(*asked))
    place.wait(1_000)
    assert turn_cost(place, "T2") < before + 10_000


@pytest.mark.parametrize("answered", [False, True])
def test_the_secretarys_look_is_not_dearer_by_requests(place: Place, thief: Thief, answered: bool) -> None:
    """The thief makes five thousand requests in its own book, and refuses them or not, and starts: the secretary's looks cost
    what they did before."""
    before = turn_cost(place, "S")
    hold = hold_of(place, 3)
    for first in range(1, 5_001, 500):
        made = [check_in(f"{thief.run}/{n}", 301) for n in range(first, first + 500)]
        bodies: list[e.Body] = [*made]
        if answered:
            bodies += [decision(one.id, 301, hold, REFUSED) for one in made]
        thief.say(thief.write(*bodies))
    thief.say(thief.start())
    place.wait(1_000)
    assert turn_cost(place, "S") < before + 8_000


def test_a_stop_of_the_thief_is_not_dearer_by_its_requests(place: Place, thief: Thief) -> None:
    """While its book is being taken, which is the way out, five thousand requests of the thief's cost little in each look."""
    for first in range(1, 5_001, 1_000):
        thief.say(thief.write(*(check_in(f"{thief.run}/{n}", 301 + n % 7) for n in range(first, first + 1_000))))
    before = turn_cost(place, "S")
    place.stop("S", "T3")
    place.wait(2_000)
    assert turn_cost(place, "S") < before + 8_000


def test_an_ask_is_not_dearer_by_referrals(place: Place, thief: Thief) -> None:
    """The thief refers voter 104 ten thousand times: an ask for that voter costs about what one costs for another."""
    run = place.core("T2").run
    asks = [Ask(check_in(f"{run}/{n}", voter)) for n, voter in enumerate((105, 104), 101)]
    for _ in range(10):
        thief.say(thief.write(*(e.Referred(104) for _ in range(1_000))))
    place.wait(1_000)
    keeper = place.core("T1").books
    other, referred = (calls(lambda ask=ask: keeper.asked(ask, "T2.1", place.now)) for ask in asks)
    assert referred < 2 * other + 100


def test_starts_of_one_device_do_not_make_all_others_talk(place: Place, thief: Thief) -> None:
    """The thief writes a hundred starts within a second: table 1 says a few heads, not one for each."""
    heads = 0
    for _ in range(100):
        place.mono_ms += 10
        place.hear("T1", "T3", thief.start())
        heads += sum(isinstance(heard.message, Head) for _, to, heard in place.wire if to == "S" and isinstance(heard, Heard))
        place.wire.clear()
    assert heads < 20


@pytest.mark.parametrize(
    "void",
    [
        lambda thief, n, to: e.Give(3, f"{thief.run}#{5_000 + n}", to, {to: 1}),
        lambda thief, n, _to: decision(f"{thief.run}/{n + 1}", 101, f"{thief.run}#{5_000 + n}"),
    ],
    ids=["gives in holds that there are not", "decisions of who does not hold the book"],
)
def test_words_that_count_for_nothing_hurry_nobody(
    place: Place, thief: Thief, void: Callable[[Thief, int, str], e.Body]
) -> None:
    """The thief writes a hundred of them within a second: table 1 commits them together, and says no head for each."""
    place.wait(1_000)
    commits = heads = 0
    for n in range(100):
        place.mono_ms += 1
        on_disk = len(place.devices["T1"].disk)
        place.hear("T1", "T3", thief.write(void(thief, n, place.runs_on("T2")[-1])))
        commits += len(place.devices["T1"].disk) > on_disk
        heads += sum(isinstance(heard.message, Head) for _, to, heard in place.wire if to == "S" and isinstance(heard, Heard))
        place.wire.clear()
    assert (commits, heads) <= (1, 1)


def test_a_thousand_starts_leave_a_place_that_works(place: Place, thief: Thief) -> None:
    """As many runs as a device may have, and more: what is beyond is refused, voters are served, turns cost what they cost."""
    before = turn_cost(place, "T1")
    for _ in range(e.RUNS_MOST + 10):
        thief.tell(["S", "T1", "T2"], thief.start())
    place.wait(2_000)
    assert len(place.core("S").books.books.runs.devices["T3.1"]) == e.RUNS_MOST
    assert turn_cost(place, "T1") < before + 3_000
    place.serve("T2", 102)
    place.take_over("T3", "S")
    assert place.holders(3) == {"S.1"}


# --- nobody's log, line or disk is ended ------------------------------------------------------------------------------------


def test_asks_do_not_end_a_holders_log(place: Place, thief: Thief) -> None:
    """An ask costs the thief nothing, and the holder an entry: from some number on the holder answers that table no more."""
    keeper = place.core("T1").books
    before = keeper.replica.end.last
    for number in range(1, limits.DECIDED_FOR_ONE + 100):
        keeper.asked(Ask(check_in(f"{thief.run}/{number}", 101 + number % 7)), "T3.1", place.now)
        keeper.ledger.touched.clear()
    place.wait(1_000)
    assert keeper.replica.end.last == before + limits.DECIDED_FOR_ONE
    assert limits.DECIDED_FOR_ONE * 2 < e.LOG_MOST
    place.serve("T1", 108)


def test_decisions_of_others_do_not_end_a_tables_log() -> None:
    """The thief grants, in its book, requests that table 2 never made: table 2 answers none of them with an entry."""
    place = Place().morning()
    before = place.core("T2").books.replica.end.last
    thief, run = Thief(place), place.core("T2").run
    thief.say(thief.write(*(decision(f"{run}/{number}", 301, hold_of(place, 3)) for number in range(100, 1_100))))
    place.wait(2_000)
    assert place.core("T2").books.replica.end.last < before + 100


def test_a_log_at_its_bound_has_room_on_the_disk() -> None:
    """A device's log of the longest honest entries, up to its bound, fits in what each disk must have free before the day."""
    longest = e.Released(999_999_999, ("f" * 64,) * e.RELEASED_MOST)
    data = e.encode_entry(e.Entry("T100.1-00000000000000aa", e.LOG_MOST, "f" * 64, made_up.MORNING_MS, longest))
    assert len(data) * e.LOG_MOST < limits.FREE_BYTES


@pytest.mark.parametrize("page", ["marks", "piles"])
def test_a_screen_never_grows_beyond_what_a_display_reads(place: Place, thief: Thief, page: str) -> None:
    """Whatever the thief has written: the secretary can look at a voter's marks, and take the thief's book."""
    if page == "marks":
        for number in range(1, 601):
            thief.say(thief.write(check_in(f"{thief.run}/{number}", 104), e.Issued(f"{thief.run}/{number}")))
        look_at: pages.Page = pages.Marks(104)
        place.core("S").desk.state = d.Office(look_at)
        place.core("S").desk.look_again()
        place.wait(1_000)
    else:
        for first in range(1, 8_001, 1_000):
            thief.say(thief.write(*(check_in(f"{thief.run}/{n}", 301 + n % 7) for n in range(first, first + 1_000))))
        place.stop("S", "T3")
        place.wait(2_000)
        look_at = pages.Piles("T3.1")
    shown = screen(1, d.Office(look_at), place.core("S").desk.screen_state.view)
    assert len(s.encode(shown)) < limits.MESSAGE_BYTES


def test_a_page_of_marks_is_bounded_in_the_largest_place() -> None:
    """A hundred tables, two elections: the thief marks voter 101 for either, for both, and for both the other way round, a
    hundred times each: the display can still read the page on which the secretary undoes it."""
    both = ("byraad", "region")
    large = made_up.MadeUp(limits.TABLES, both, spares=limits.SPARES)
    node = Node(large.setup("S.1"), lambda n: made_up.voter(n, n // 100, both), lambda _pin: True, made_up.keys("S.1"))
    bodies: list[e.Body] = [e.Start()]
    ways = (both, both[::-1], both[:1], both[1:])
    for number in range(1, len(ways) * limits.LISTED + 1):
        made = check_in(f"{RUN}/{number}", 101, ways[number % len(ways)])
        bodies += [made, e.Issued(made.id)]
    for seq, body in enumerate(bodies, 1):
        node.ledger.fold(e.Entry(RUN, seq, "", made_up.MORNING_MS, body))
    node.begin(lambda: Place().now)
    view = large.setup("S.1").view
    marks = tuple(node.books.undoable(101))
    assert marks
    view = replace(view, facts=replace(view.facts, marks=marks))
    assert len(s.encode(screen(1, d.Office(pages.Marks(101)), view))) < limits.MESSAGE_BYTES


def readable(place: Place, name: str) -> bool:
    """Whether all that a node has written of its own log can be given to others: a batch ends at a signature, and is of one
    run."""
    device = place.devices[name]
    for run in place.runs_on(name):
        rows = [row for row in device.disk if row.run == run]
        ends = [0, *(at for at, row in enumerate(rows, 1) if row.signature is not None)]
        try:
            if not all(read_batch(encode(batch_of(rows[first:last]))) for first, last in pairwise(ends)):
                return False
        except MessageError:
            return False
    return True


def test_who_takes_a_book_decides_on_no_more_at_once_than_others_can_read() -> None:
    """The thief leaves five thousand requests in its own book, which is then taken for table 1: table 1 is still understood."""
    place = Place().morning()
    thief = Thief(place)
    for first in range(1, 5_001, 1_000):
        thief.say(thief.write(*(check_in(f"{thief.run}/{n}", 301 + n % 7) for n in range(first, first + 1_000))))
    place.take_over("T3", "T1")
    assert place.holders(3) == {"T1.1"}
    assert readable(place, "T1")


def test_a_holder_decides_on_no_more_in_a_turn_than_others_can_read() -> None:
    """The thief's largest batch, all requests in table 1's book, and another's ask come in one turn: table 1 is understood."""
    place = Place().morning()
    thief = Thief(place)
    batch = thief.write(*(check_in(f"{thief.run}/{n}", 101 + n % 7) for n in range(1, limits.BATCH_ENTRIES + 1)))
    assert read_batch(encode(batch))
    ask = Ask(check_in(f"{place.core('T2').run}/1", 108))
    place._put("T1", Heard("T3.1", batch), Heard("T2.1", ask))
    place.wait(1_000)
    assert readable(place, "T1")


def test_a_release_is_no_longer_than_others_can_read() -> None:
    """The thief refers voter 104 ten thousand times, and the chair releases the voter at table 2: table 2 is understood."""
    place = Place().morning()
    thief = Thief(place)
    for _ in range(10):
        thief.say(thief.write(*(e.Referred(104) for _ in range(1_000))))
    place.wait(1_000)
    place.scan("T2", 104)
    place.order("T2", "release_voter")
    place.wait(1_000)
    assert place.bodies("T2", e.Released)
    assert readable(place, "T2")
