"""The checker finds what it is there for: each thing that may be wrong is put into good disks or records, and is found."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace

import pytest

from tests.faults.checker import Light, check, read_lights, read_log, read_refusals

BOTH = ("byraad", "region")
LIGHT = Light(table=1, run=1, voter=17, elections=BOTH, island=False, own=True, others=1)


def request(id_, voter):
    return {"kind": "request", "op": "check_in", "id": id_, "voter": voter, "elections": list(BOTH)}


def decision(id_, voter, outcome="granted"):
    told = {"voter": voter, "elections": list(BOTH), "target": ""}
    return {"kind": "decision", "request": id_, "outcome": outcome, **told}


def issued(id_):
    return {"kind": "issued", "request": id_}


def withdrawn(id_):
    return {"kind": "withdrawn", "request": id_}


def start(before="", issued=(), withdrawn=()):
    return {"kind": "start", "before": before, "issued": list(issued), "withdrawn": list(withdrawn)}


def day():
    """Voter 17 has been served at table 1, and voter 18 has been refused; table 2 decides. Each run's bodies."""
    return {
        "T1.1-a": [start(), request("T1.1-a/1", 17), issued("T1.1-a/1"), request("T1.1-a/2", 18), withdrawn("T1.1-a/2")],
        "T2.1-a": [start(), decision("T1.1-a/1", 17), decision("T1.1-a/2", 18, "refused")],
    }


def log_of(bodies):
    """A log with these bodies, chained; a run that names one before it goes on there."""
    log = {}
    ends = {"": (0, "first")}
    for run, own in bodies.items():
        seq, prev = ends[own[0].get("before", "")]
        for body in own:
            seq += 1
            log[run, seq] = json.dumps({"run": run, "seq": seq, "prev": prev, "body": body}).encode()
            prev = hashlib.sha256(log[run, seq]).hexdigest()
        ends[run] = seq, prev
    return log


def faults(*days, lights: Iterable[Light] = (LIGHT,)):
    """What is found wrong with disks that tell of these days."""
    return check({f"disk {number}": log_of(bodies) for number, bodies in enumerate(days)}, lights)


def altered(**entries):
    """The day with more entries of some runs."""
    told = day()
    for table, more in entries.items():
        told[f"{table}.1-a"] += more
    return told


def test_a_good_day_is_clean():
    """Nothing is found where nothing is wrong."""
    assert faults(day(), day()) == []


def test_a_green_that_was_seen_twice_is_found():
    """The same voter at another table, and again in the table's next run."""
    for again in (replace(LIGHT, table=2), replace(LIGHT, run=2)):
        assert any("S1: voter 17 was shown green for byraad 2 times" in f for f in faults(day(), lights=[LIGHT, again]))


def test_ballots_that_are_marked_twice_are_found():
    """Two requests of one voter were issued, whatever the screens showed, and whether an entry or a start says so."""
    again = [request("T2.1-a/1", 17), decision("T2.1-a/1", 17)]
    assert "disk 0: S1: voter 17 was given 2 ballots of region" in faults(altered(T2=[*again, issued("T2.1-a/1")]))
    told = altered(T2=again) | {"T2.1-b": [start("T2.1-a", issued=["T2.1-a/1"])]}
    assert "disk 0: S1: voter 17 was given 2 ballots of region" in faults(told)


def test_a_card_at_a_stopped_table_beside_ballots_elsewhere_is_found():
    """The card lay at table 2, and table 1 has handed out ballots."""
    told = altered(T2=[{"kind": "card", "n": 2, "voter": 17, "device": "T2.1"}])
    assert any("S1: voter 17's card lies at T2.1" in fault for fault in faults(told))


@pytest.mark.parametrize("light", [replace(LIGHT, others=0), replace(LIGHT, own=False)])
def test_a_green_on_one_disk_is_found(light):
    """The grant was on no other disk, or the request not on the table's own."""
    assert "S2: the green of voter 17 at table 1 was not on two disks when it was shown" in faults(day(), lights=[light])


def test_an_islands_green_may_be_on_one_disk():
    """Which is what island mode is for."""
    assert faults(day(), lights=[replace(LIGHT, others=0, island=True)]) == []


def test_a_lost_mark_is_found():
    """The green has no mark on one of the disks: it is withdrawn, or nobody says that ballots were handed out."""
    for instead in ({"kind": "withdrawn", "request": "T1.1-a/1"}, {"kind": "closed"}):
        lost = day()
        lost["T1.1-a"][2] = instead
        found = faults(day(), lost)
        assert any(fault.startswith("disk 1: S2: 1 greens of voter 17 at table 1") for fault in found)
        assert not any(fault.startswith("disk 0") for fault in found)


def test_of_a_lost_card_a_grant_is_a_mark_and_a_request_has_no_end():
    """Its last words went with it; who withdrew had no green, though."""
    told = log_of({**day(), "T1.1-a": day()["T1.1-a"][:2]})
    assert check({"disk": told}, [LIGHT], ["T1.1"]) == []
    assert any("have no mark" in fault for fault in check({"disk": told}, [LIGHT], ["T2.1"]))
    told = log_of({**day(), "T1.1-a": [*day()["T1.1-a"][:2], {"kind": "withdrawn", "request": "T1.1-a/1"}]})
    assert any("have no mark" in fault for fault in check({"disk": told}, [LIGHT], ["T1.1"]))


def test_a_mark_of_another_voter_or_election_is_found():
    """A green must be marked as it was seen."""
    for seen in (replace(LIGHT, voter=18), replace(LIGHT, elections=BOTH[:1]), replace(LIGHT, table=2)):
        assert any("have no mark" in fault for fault in faults(day(), lights=[seen]))


def test_a_mark_that_nobody_saw_is_found():
    """Ballots were marked as handed out, and no green was shown."""
    assert any("were not seen green" in fault for fault in faults(day(), lights=[]))


def test_a_lost_grant_is_found():
    """Ballots were handed out on what nobody has granted, or what was withdrawn."""
    ungranted = day()
    ungranted["T2.1-a"][1] = {"kind": "closed"}
    assert any("which nobody has granted" in fault for fault in faults(ungranted))
    withdrawn = altered(T1=[{"kind": "withdrawn", "request": "T1.1-a/1"}])
    assert any("which is withdrawn" in fault for fault in faults(withdrawn))


def test_a_diverged_log_is_found():
    """An entry is missing on one disk, or is another one there."""
    short = day()
    short["T2.1-a"].pop()
    assert "S3: disk 0 and disk 1 differ in 1 entries, first in ('T2.1-a', 3)" in faults(day(), short)
    other = day()
    other["T2.1-a"][2] = decision("T1.1-a/2", 18)
    assert "S3: disk 0 and disk 1 differ in 1 entries, first in ('T2.1-a', 3)" in faults(day(), other)


def test_a_changed_or_missing_entry_within_a_log_is_found():
    """Also where all disks have the same fault."""
    log = log_of(day())
    log["T1.1-a", 3] = log["T1.1-a", 3].replace(b'"prev"', b' "prev"')
    assert "disk: S3: T1.1-a entry 4 does not follow the one before it" in check({"disk": log}, [LIGHT])
    log = log_of(day())
    del log["T1.1-a", 2]
    assert "disk: S3: T1.1-a entry 3 does not follow the one before it" in check({"disk": log}, [LIGHT])


def test_a_run_follows_the_one_that_its_start_names():
    """The device's log goes on from run to run; a run whose start names another one is found."""
    told = day() | {"T1.1-b": [start("T1.1-a", withdrawn=["T1.1-a/9"])]}
    assert faults(told) == []
    log = log_of(told)
    log["T1.1-b", 6] = log["T1.1-b", 6].replace(b'"before": "T1.1-a"', b'"before": "T2.1-a"')
    assert "disk: S3: T1.1-b entry 6 does not follow the one before it" in check({"disk": log}, [LIGHT])


@pytest.mark.parametrize("outcome", ["granted", "refused"])
def test_a_request_without_an_end_is_found(outcome):
    """It was neither issued nor withdrawn, whatever the answer was."""
    told = altered(T1=[request("T1.1-a/3", 19), decision("T1.1-a/3", 19, outcome)])
    assert "disk 0: L: request T1.1-a/3 never came to an end" in faults(told)


def test_a_database_is_read_as_it_is(tmp_path):
    """Entries, and refused evidence; that a table is quick is none."""
    log = log_of(day())
    with closing(sqlite3.connect(tmp_path / "node.db")) as database:
        database.execute("create table log (run, seq, entry)")
        database.execute("create table evidence (sender, why)")
        database.executemany("insert into log values (?, ?, ?)", [(*key, entry) for key, entry in log.items()])
        database.execute("insert into evidence values ('T2.1', 'forged'), ('T3.1', 'pace: 40 voters within 60 s')")
        database.commit()
    assert read_log(tmp_path / "node.db") == log
    assert read_refusals(tmp_path / "node.db") == ["S5: it refused what came from T2.1: forged"]


def line(kind, run=1, **content):
    """A line of a record."""
    strip = {"island": True} if content.pop("island", False) else {}
    seen = {"run": run, "own": True, "others": 1, "screen": {"strip": strip, "content": {"type": kind, **content}}}
    return json.dumps(seen).encode()


def test_the_record_tells_every_green_once():
    """One drawn again is the same; one after another screen, of another voter or in another run is not."""
    ballots = [{"election": "byråd"}, {"election": "regionsråd", "withheld": "postal"}]
    green = {"number": "Nr. 17", "ballots": ballots}
    lines = [
        line("Green", **green),
        line("Green", **green),
        line("Green", run=2, **green),
        line("Ready", run=2),
        line("Green", run=2, island=True, **green),
        line("Green", run=2, number="18", ballots=ballots),
    ]
    lights = list(read_lights(1, lines, {"byråd": "byraad", "regionsråd": "region"}))
    assert [(light.run, light.voter, light.elections, light.island) for light in lights] == [
        (1, 17, ("byraad",), False),
        (2, 17, ("byraad",), False),
        (2, 17, ("byraad",), True),
        (2, 18, ("byraad",), False),
    ]
