"""Real nodes in memory, and a stolen device whose signed words mean nonsense: nobody stops, and all can still be restarted."""

from random import Random

import msgspec
import nonsense
import pytest

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain.chain import Broken, RejectionReason, check_chain
from kiosk.domain.messages import Ask, Batch, Want
from kiosk.node import Heard
from tests import made_up
from tests.hostile.thief import GRANTED, REFUSED, Thief, decision, hold_of
from tests.stories.place import Place

OTHERS = ("S", "T1", "T2")


@pytest.mark.parametrize("codes", [(), (2, 3)], ids=["without a code", "with codes"])
@pytest.mark.parametrize("seed", range(20))
def test_nobody_stops_at_what_a_stolen_device_signs(seed: int, codes: tuple[int, ...]) -> None:
    """Random entries, runs, heads, wants and asks of a stolen device: the others take them in, look at all their pages, start
    again, and find nothing wrong with their own disks."""
    rng, place = Random(seed), Place().morning()
    thief = Thief(place)
    for count in range(1, 60):
        speak(thief, rng, count, codes)
        if count % 10 == 0:
            place.wait(1_000)
            for name in OTHERS:
                look_around(place, name)
    for _ in range(2):
        for name in OTHERS:
            place.crash(name)
        place.restart(*OTHERS)
        place.wait(2_000)
        for name in OTHERS:
            look_around(place, name)
            heads: dict[str, object] = {}
            found = check_chain(place.devices[name].disk, made_up.FIRST_PREV, made_up.keys("").verify, heads)  # type: ignore[arg-type]
            assert not [str(one) for one in found if isinstance(one, Broken)]


def speak(thief: Thief, rng: Random, count: int, codes: tuple[int, ...]) -> None:
    """The thief says something."""
    runs = [*thief.place.core("S").books.books.runs.vector, "T1.2-00000000000000aa"]
    kind = rng.choice(("entries", "entries", "entries", "start", "head", "ask", "want"))
    if kind == "entries":
        bodies = (nonsense.body(rng, thief.run, runs, thief.vector("S"), codes) for _ in range(rng.randrange(1, 4)))
        thief.say(thief.write(*bodies))
    elif kind == "start":
        thief.say(thief.start(rng.choice(list(thief.ends))))
    elif kind == "head":
        thief.say(nonsense.head(rng, thief.run, count, runs))
    elif kind == "want":
        thief.say(Want(rng.choice(runs), rng.choice((0, 1, 5, 10**15))))
    else:
        asked = nonsense.body(rng, thief.run, runs, {}, codes)
        if isinstance(asked, e.Request):
            thief.say(Ask(msgspec.structs.replace(asked, id=f"{thief.run}/{count}")))


def look_around(place: Place, name: str) -> None:
    """Look at the overview, and at a voter of each book."""
    for voter in (101, 202, 302):
        place.scan(name, voter)
        place.touch(name, "cancel")
        place.touch(name, "next")
    place.touch(name, "menu")
    place.touch(name, "overview")
    place.touch(name, "cancel")


@pytest.fixture
def place() -> Place:
    """A place whose poll is open."""
    return Place().morning()


@pytest.fixture
def thief(place: Place) -> Thief:
    """Table 3's device, stolen."""
    return Thief(place)


def vector(place: Place, name: str) -> dict[str, int]:
    """What a node has on disk."""
    return place.core(name).books.books.runs.stored


def test_a_grant_for_another_book_is_nothing(place: Place, thief: Thief) -> None:
    """The thief asks for a voter of table 1, and grants it itself in each hold that there is."""
    for book in (1, 2, 3):
        made = thief.request(101)
        thief.say(thief.write(made, decision(made.id, 101, hold_of(place, book))))
    assert not place.marked("T2", 101) or place.decided("T1")[0] == "granted"
    assert place.decided("T1") == ["granted", "refused", "refused"], "the holder has decided on each, as it must"


def test_ids_that_were_decided_on_beforehand_are_not_used_up(place: Place, thief: Thief) -> None:
    """The thief writes decisions on the requests that table 1 will make next: its voters are served nevertheless."""
    run, hold = place.core("T1").run, hold_of(place, 3)
    for outcome in (GRANTED, REFUSED):
        thief.say(thief.write(*(decision(f"{run}/{n}", 201, hold, outcome) for n in range(1, 40))))
    place.wait(1_000)
    place.serve("T1", 101)
    place.serve("T1", 202)


def test_a_genuine_entry_at_a_wrong_place_condemns_no_disk(place: Place, thief: Thief) -> None:
    """Table 1's own entry and signature, told to stand elsewhere in its log, or in another run: table 1 goes on."""
    run = place.core("T1").run
    row = next(row for row in reversed(place.devices["T1"].disk) if row.run == run and row.signature)
    for name in (run, "T1.1-00000000000000aa"):
        for first in (1, row.seq, row.seq + 1, row.seq + 1_000):
            thief.say(Batch(name, first, (msgspec.Raw(row.data),), row.signature.hex()))
    assert not place.core("T1").fault
    place.serve("T1", 101)


def test_a_made_up_run_in_anothers_name_condemns_no_disk(place: Place, thief: Thief) -> None:
    """A start of table 1's device that only the thief has signed: table 1 is no copy, and the thief is named."""
    name = "T1.1-00000000000000aa"
    end = next(row for row in reversed(place.devices["T1"].disk) if row.run == place.core("T1").run)
    data = e.encode_entry(e.Entry(name, end.seq + 1, e.entry_hash(end.data), 1, e.Start(end.run)))
    signature = made_up.keys("T3.1").sign(e.batch_signed(e.entry_hash(data)))
    thief.say(Batch(name, end.seq + 1, (msgspec.Raw(data),), signature.hex()))
    assert not place.core("T1").fault
    for node in OTHERS:
        assert name not in place.core(node).books.books.runs
        assert [(r.sender, r.why) for r in place.core(node).books.refused] == [("T3.1", RejectionReason.FORGED)]
    place.serve("T1", 101)


def test_two_stories_are_told_by_their_author_only(place: Place, thief: Thief) -> None:
    """Another story under the secretary's name, not signed by it: it is the thief who is shown, and the secretary is asked
    nothing."""
    first = next(row for row in place.devices["S"].disk if row.run.startswith("S.1"))
    other = [e.encode_entry(msgspec.structs.replace(e.decode_entry(first.data), time=1))]
    for n in range(2, 30):
        body = e.Entry(first.run, n, e.entry_hash(other[-1]), 1, e.Closed())
        other.append(e.encode_entry(body))
    signature = made_up.keys("T3.1").sign(e.batch_signed(e.entry_hash(other[-1])))
    place.hear("T1", "T3", Batch(first.run, 1, tuple(msgspec.Raw(one) for one in other), signature.hex()))
    assert [(r.sender, r.why) for r in place.core("T1").books.refused] == [("T3.1", RejectionReason.FORGED)]
    assert "S.1" not in place.core("T1").books.books.runs.two_stories
    assert not place.wire


def test_a_head_that_shows_logs_of_no_such_disk_is_refused(place: Place, thief: Thief) -> None:
    """Made-up devices in a vector: nothing is asked for, and the head is kept as evidence."""
    place.hear("T1", "T3", thief.head({f"T{n}.1-00000000000000aa": 5 for n in range(4, 400)}))
    assert not place.wire
    assert [(r.sender, r.why) for r in place.core("T1").books.refused] == [("T3.1", RejectionReason.STRANGER)]


def test_who_never_gives_is_asked_less_and_less_and_nobody_else_for_it(place: Place, thief: Thief) -> None:
    """The thief shows entries of two logs that do not exist, ten times a second for a minute, and gives none: it is asked for
    each every other second; and table 1, which really lacks entries meanwhile, gets them from whoever has them."""
    asked = 0
    lies = {place.core("S").run: 10**9, place.core("T1").run: 10**9, place.core("T2").run: 10**9}
    for _ in range(600):
        place.mono_ms += 100
        place.hear("T1", "T3", thief.head(lies))
        asked += sum(isinstance(heard.message, Want) for _, to, heard in place.wire if to == "T3")  # type: ignore[union-attr]
        place.wire.clear()
    assert 0 < asked <= 3 * (60_000 / limits.WANT_LONGEST_MS + 3)
    place.wait(2_000)
    place.cut_off("T1")
    place.serve("T2", 202)
    place.heal()
    for _ in range(50):
        place.mono_ms += 100
        place.hear("T1", "T3", thief.head(lies))
        for name in OTHERS:
            place._put(name)
        place.deliver()
    assert vector(place, "T1") == vector(place, "S")


LONG = "T3.1-00000000000000aa"
OUT_OF_BOUNDS = {
    "a book below 0": e.Give(-1, f"{LONG}#1", LONG, {}),
    "no hold": e.Give(3, "", LONG, {}),
    "a hold of forty digits": e.Give(3, f"{LONG}#{10**40}", LONG, {}),
    "no run's name": e.Give(3, f"{LONG}#1", "x" * 1_000_000, {}),
    "a run's name with a line's end": e.Start(LONG + "\n"),
    "a device for a run": e.Start("T3.1"),
    "a run in other letters": e.Start(LONG.upper()),
    "a vector beyond all places": e.Give(
        3, f"{LONG}#1", LONG, {f"T3.1-{n:016x}": 1 for n in range(e.BRANCHES_MOST * e.DEVICES_MOST + 1)}
    ),
    "a vector below 1": e.Give(3, f"{LONG}#1", LONG, {LONG: 0}),
    "a code that there is not": e.Stop(41, (), {}, "ab" * 64),
    "a signature that is too short": e.Stop(1, (), {}, "ab" * 63),
    "a table without a number": e.Card(1, "Table.1", 101),
    "a voter that SQLite has no room for": e.Referred(2**63),
    "a request of nobody": e.Issued("request"),
    "a clock beyond the calendar": e.Decision(f"{LONG}/1", 101, (), f"{LONG}#1", REFUSED, "", "", 3, 10**17),
    "more elections than there are": e.Decision(f"{LONG}/1", 101, ("byraad",) * 21, f"{LONG}#1", GRANTED),
    "more devices than there are": e.Excused(("T1.1",) * 513),
    "more answers than a start has": e.Start(LONG, tuple(f"{LONG}/{n}" for n in range(1, 102))),
}


@pytest.mark.parametrize("body", OUT_OF_BOUNDS.values(), ids=OUT_OF_BOUNDS)
def test_entries_out_of_bounds_are_none(place: Place, thief: Thief, body: e.Body) -> None:
    """Signed and well linked, and still refused: it would stop whoever shows, sums or stores it."""
    refuses(place, thief, thief.write(body))


@pytest.mark.parametrize("time", [-1, 10**15, 2**70])
def test_a_time_beyond_the_calendar_is_none(place: Place, thief: Thief, time: int) -> None:
    """The overview shows the time of a silent table's last entry, a refusal that of a mark."""
    refuses(place, thief, thief.write(e.Locked(), time=time))


def test_a_start_in_the_midst_of_a_batch_is_none(place: Place, thief: Thief) -> None:
    """A run starts but once."""
    refuses(place, thief, thief.write(e.Closed(), e.Start(thief.run)))


def refuses(place: Place, thief: Thief, batch: Batch) -> None:
    before = vector(place, "T1")
    thief.say(batch)
    place.wait(1_000)
    assert vector(place, "T1") == before
    assert [(r.sender, r.why) for r in place.core("T1").books.refused] == [("T3.1", RejectionReason.MALFORMED)]
    look_around(place, "T1")


def test_a_table_whose_key_was_copied_stops_and_says_why(place: Place) -> None:
    """Who has a copy of table 1's card begins a run with it: table 1 serves nobody any more (F7), and its spare does."""
    place.serve("T1", 101)
    thief = Thief(place, "T1")
    place.restart("T1")
    place.wait(3_000)
    batch = thief.start()
    for name in ("S", "T1", "T2", "T3"):
        place._put(name, Heard("T1.1", batch))
    assert place.core("T1").fault
    place.put_in_spare("T1")
    place.restart("T1")
    place.wait(5_000)
    place.take_over("T1.1", "T1")
    place.chair("T1").leave()
    place.wait(1_000)
    assert place.holders(1) == {"T1.2"}
    assert place.refuses("T1", 101)
    place.serve("T1", 102)


@pytest.mark.parametrize("keep", [0, 1])
def test_a_genuine_batch_with_an_entry_changed_is_not_its_writers_second_story(place: Place, thief: Thief, keep: int) -> None:
    """The thief passes on table 1's own batch, signature and all, with an earlier entry changed, or at another place: table 1
    has told one story, the thief is named, and table 1's log is still waited for."""
    place.hold("T1", "T2")
    place.hold("S", "T2")
    place.serve("T1", 101)
    run = place.core("T1").run
    rows = [row for row in place.devices["T1"].disk if row.run == run]
    known = place.core("T2").books.books.runs[run].last
    rows = rows[known - keep :]
    entry = e.decode_entry(rows[0].data)
    changed = e.encode_entry(msgspec.structs.replace(entry, time=entry.time + 1))
    signature = rows[-1].signature
    assert signature is not None
    raws = [msgspec.Raw(changed), *(msgspec.Raw(row.data) for row in rows[1:])]
    thief.tell("T2", Batch(run, entry.seq, tuple(raws), signature.hex()))
    thief.tell("T2", Batch(run, known, tuple(msgspec.Raw(row.data) for row in rows[-2:]), signature.hex()))
    assert {(r.sender, r.why) for r in place.core("T2").books.refused} <= {
        ("T3.1", RejectionReason.FORGED),
        ("T3.1", RejectionReason.MALFORMED),
    }
    assert not place.core("T2").books.books.runs.two_stories
    place.heal()
    place.wait(3_000)
    assert vector(place, "T2") == vector(place, "S")
