"""Real nodes in memory, and a stolen device whose signed words mean nonsense: nobody stops, and all can still be restarted."""

from random import Random

import msgspec
import nonsense
import pytest

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain.chain import Refusal
from kiosk.domain.messages import Ask, Batch, Head, Stance, Want
from kiosk.node import Heard
from tests import made_up
from tests.stories.place import Place

THIEF = "T3.1"


class Thief:
    """Table 3's device is stolen: it writes on in its log, with its key, whatever it likes."""

    def __init__(self, place: Place) -> None:
        self.place = place
        place.crash("T3")
        rows = [row for row in place.devices["T3"].disk if row.origin == THIEF]
        self.seq, self.last = rows[-1].seq, e.entry_hash(rows[-1].data)
        self.start = self.seq

    def write(self, *bodies: e.Body, time: int = made_up.MORNING_MS) -> Batch:
        """The next entries of its log, signed."""
        first, raws = self.seq + 1, []
        for body in bodies:
            self.seq += 1
            data = e.encode_entry(e.Entry(THIEF, self.seq, self.last, time, body))
            self.last = e.entry_hash(data)
            raws.append(msgspec.Raw(data))
        signature = made_up.keys(THIEF).sign(e.batch_signed(self.last))
        return Batch(THIEF, first, tuple(raws), signature.hex())

    def say(self, message: object) -> None:
        """Everybody else hears it."""
        for name in ("S", "T1", "T2"):
            self.place._put(name, Heard(THIEF, message))


@pytest.mark.parametrize("seed", range(40))
def test_nobody_stops_at_what_a_stolen_device_signs(seed: int) -> None:
    """Random entries, heads and asks of a stolen device: the others take them in, look at all their pages, and start again."""
    rng, place = Random(seed), Place().morning()
    thief = Thief(place)
    for count in range(1, 60):
        kind = rng.choice(("entries", "entries", "head", "ask"))
        if kind == "entries":
            thief.say(thief.write(*(nonsense.body(rng) for _ in range(rng.randrange(1, 4)))))
        elif kind == "head":
            thief.say(nonsense.head(rng, THIEF, thief.start + 1, count))
        else:
            asked = nonsense.body(rng)
            if isinstance(asked, e.Request):
                thief.say(Ask(msgspec.structs.replace(asked, id=f"{THIEF}/1/{count}")))
        if count % 10 == 0:
            place.wait(1_000)
            for name in ("S", "T1", "T2"):
                look_around(place, name)
    for name in ("S", "T1", "T2"):
        place.crash(name)
    place.restart("S", "T1", "T2")
    place.wait(2_000)
    for name in ("S", "T1", "T2"):
        look_around(place, name)


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


def test_a_grant_for_another_book_is_nothing(place: Place, thief: Thief) -> None:
    """The thief asks for a voter of table 1, and grants it itself as of no book, as of table 2's and as of its own."""
    for number, book in enumerate((999, 2, 3), 1):
        id_ = f"{THIEF}/1/{number}"
        thief.say(
            thief.write(
                e.Request(id_, e.Op.CHECK_IN, 101, 1, ("byraad",), 3),
                e.Decision(id_, 101, ("byraad",), book, 1, e.Outcome.GRANTED),
            )
        )
    assert not place.marked("T2", 101)
    assert place.decided("T1") == ["granted", "refused", "refused"], "the holder has decided on each, as it must"


def test_ids_that_were_decided_on_beforehand_are_not_used(place: Place, thief: Thief) -> None:
    """The thief writes decisions on the requests that table 1 will make next: its voters are served nevertheless."""
    made = [body.id for body in place.bodies("T1", e.Request)]
    start = place.core("T1").books.last_start
    ids = [f"T1.1/{start}/{len(made) + n}" for n in range(1, 40)]
    thief.say(thief.write(*(e.Decision(id_, 201, ("byraad",), 3, 1, e.Outcome.GRANTED) for id_ in ids)))
    place.wait(1_000)
    place.serve("T1", 101)
    place.serve("T1", 202)


def test_a_genuine_entry_at_a_wrong_place_condemns_no_disk(place: Place, thief: Thief) -> None:
    """Table 1's own entry and signature, told to stand elsewhere in its log: table 1 is no copy, and goes on."""
    row = next(row for row in reversed(place.devices["T1"].disk) if row.origin == "T1.1" and row.signature)
    for first in (1, row.seq + 1, row.seq + 1_000):
        thief.say(Batch("T1.1", first, (msgspec.Raw(row.data),), row.signature.hex()))
    assert not place.core("T1").fault
    place.serve("T1", 101)


def test_two_stories_are_told_by_their_author_only(place: Place, thief: Thief) -> None:
    """Another story under the secretary's name, not signed by it: it is the thief who is shown, and the secretary is asked
    nothing."""
    first = next(row for row in place.devices["S"].disk if row.origin == "S.1")
    other = e.encode_entry(msgspec.structs.replace(e.decode_entry(first.data), time=1))
    signature = made_up.keys(THIEF).sign(e.batch_signed(e.entry_hash(other)))
    place.hear("T1", "T3", Batch("S.1", 1, (msgspec.Raw(other),), signature.hex()))
    assert [(r.sender, r.why) for r in place.core("T1").situation.refused or place.core("T1").books.refused] == [
        (THIEF, Refusal.FORGED)
    ]
    assert not place.wire


def test_a_head_that_shows_logs_of_no_such_disk_is_refused(place: Place, thief: Thief) -> None:
    """Made-up origins in a vector: nothing is asked for, and the head is kept as evidence."""
    show(place, {f"T{n}.1": 5 for n in range(4, 400)})
    assert not place.wire
    assert [(r.sender, r.why) for r in place.core("T1").books.refused] == [(THIEF, Refusal.STRANGER)]


def test_who_never_gives_is_asked_less_and_less_and_nobody_else_for_it(place: Place, thief: Thief) -> None:
    """The thief shows entries of two logs that do not exist, ten times a second for a minute, and gives none: it is asked for
    each every other second; and table 1, which really lacks entries meanwhile, gets them from whoever has them."""
    asked = 0
    for count in range(1, 601):
        place.mono_ms += 100
        place.hear("T1", "T3", msgspec.structs.replace(lie({"S.1": 10**9, "T1.1": 10**9}), count=count))
        asked += sum(isinstance(heard.message, Want) for _, to, heard in place.wire if to == "T3")
        place.wire.clear()
    assert 0 < asked <= 2 * (60_000 / limits.WANT_LONGEST_MS + 3)
    place.wait(2_000)
    place.cut_off("T1")
    place.serve("T2", 202)
    place.heal()
    for count in range(601, 651):
        place.mono_ms += 100
        place.hear("T1", "T3", msgspec.structs.replace(lie({"S.1": 10**9, "T2.1": 10**9}), count=count))
        for name in ("S", "T1", "T2"):
            place._put(name)
        place.deliver()
    assert place.vector("T1") == place.vector("S")


OUT_OF_BOUNDS = {
    "a book below 0": e.Handover(-1, 2, "T1.1"),
    "an epoch of forty digits": e.Handover(3, 10**40, "T1.1"),
    "no disk's name": e.Handover(3, 2, "x" * 1_000_000),
    "a disk's name with a line's end": e.Rescanned(101, "T3.1\n"),
    "a table without a number": e.Rescanned(101, "Table.1"),
    "a voter that SQLite has no room for": e.Referred(2**63),
    "a request of nobody": e.Issued("request"),
    "a clock beyond the calendar": e.Decision("T3.1/1/1", 101, (), 3, 1, e.Outcome.REFUSED, "", "", 3, 10**17),
    "more elections than there are": e.Decision("T3.1/1/1", 101, ("byraad",) * 21, 3, 1, e.Outcome.GRANTED),
    "more disks than there are": e.Start(("T1.1",) * 513),
}


@pytest.mark.parametrize("body", OUT_OF_BOUNDS.values(), ids=OUT_OF_BOUNDS)
def test_entries_out_of_bounds_are_none(place: Place, thief: Thief, body: e.Body) -> None:
    """Signed and well linked, and still refused: it would stop whoever shows, sums or stores it."""
    refuses(place, thief, thief.write(body))


@pytest.mark.parametrize("time", [-1, 10**15, 2**70])
def test_a_time_beyond_the_calendar_is_none(place: Place, thief: Thief, time: int) -> None:
    """The overview shows the time of a silent table's last entry, a refusal that of a mark."""
    refuses(place, thief, thief.write(e.Locked(), time=time))


def refuses(place: Place, thief: Thief, batch: Batch) -> None:
    before = place.vector("T1")
    thief.say(batch)
    place.wait(1_000)
    assert place.vector("T1") == before
    assert [(r.sender, r.why) for r in place.core("T1").books.refused] == [(THIEF, Refusal.MALFORMED)]
    look_around(place, "T1")


def lie(have: dict[str, int]) -> Head:
    """A head of the thief's."""
    return Head(THIEF, 9, 1, "0" * 64, have, True, Stance.SERVING, made_up.MORNING_MS)


def show(place: Place, have: dict[str, int]) -> None:
    place.hear("T1", "T3", lie(have))
