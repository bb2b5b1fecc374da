"""Stories of the imported list: taken whole or not at all, found by number, and known by its digest."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from voter_files import ANNE, COLUMNS, FORM, HEADER, PETER, lines, read, row

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain.chain import Stored
from kiosk.domain.voters import Roll, Struck, Voter
from kiosk.simulated.voters import sample_voters, write_list
from kiosk.store.database import Database
from kiosk.store.errors import CorruptError, StoreError
from kiosk.store.listfile import read_list
from kiosk.store.listrows import ListError
from kiosk.store.log import Log
from kiosk.store.voterlist import ListInUseError, VoterList, list_digest

REALM = "valg/4701"
VOTER = Voter(7, "Åse Bøgh", "", date(1950, 1, 31), 2, ("byraad", "region"), ("region",), Roll.NEWCOMER, Struck.STRUCK_OFF)
OTHER = Voter(8, "Zoë Müller", "Ågade 1", date(2007, 11, 18), 1, ("byraad",))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "store") as database:
        yield database


def logged(database: Database) -> None:
    database.db.table("log").insert({"arrival": 1, "run": "a", "seq": 1, "arrived_ms": 0, "entry": b"x"})


def sampled(count: int = 3000) -> list[Voter]:
    return list(sample_voters(count, 11, ("byraad", "region"), (1, 2, 3)))


def test_sample_to_file_to_store(tmp_path: Path, database: Database) -> None:
    """Made-up voters come through file and import unchanged, and are found by their numbers."""
    voters = sampled()
    write_list(tmp_path / "list.csv", voters, COLUMNS)
    imported = VoterList(database, REALM)
    digest = imported.replace(read_list(tmp_path / "list.csv", FORM))
    assert digest == imported.digest() == list_digest(REALM, voters)
    assert imported.count() == 3000
    assert [imported.find(voter.number) for voter in voters] == voters
    assert imported.verify()


def test_before_the_first_import(database: Database) -> None:
    """Without a list there are no voters, no digest and nothing that could be verified."""
    empty = VoterList(database, REALM)
    assert (empty.find(1), empty.count(), empty.digest(), empty.verify()) == (None, 0, None, False)


@pytest.mark.parametrize("number", [0, -1, 9, limits.VOTER_NUMBER_MAX + 1, 10**40])
def test_unknown_number(database: Database, number: int) -> None:
    """A number that no voter has finds nobody, however large."""
    voters = VoterList(database, REALM)
    voters.replace([VOTER, OTHER])
    assert voters.find(number) is None


def test_survives_a_restart(tmp_path: Path) -> None:
    """The list is still there when the store is opened again."""
    with Database(tmp_path) as database:
        digest = VoterList(database, REALM).replace([OTHER, VOTER])
    with Database(tmp_path) as database:
        voters = VoterList(database, REALM)
        assert (voters.find(7), voters.find(8), voters.count()) == (VOTER, OTHER, 2)
        assert voters.digest() == digest
        assert voters.verify()


def test_new_list_replaces_the_old(database: Database) -> None:
    """Nobody of the earlier list stays."""
    voters = VoterList(database, REALM)
    first = voters.replace([VOTER, OTHER])
    second = voters.replace([OTHER])
    assert first != second == voters.digest()
    assert (voters.find(7), voters.count(), voters.verify()) == (None, 1, True)


def test_bad_file_leaves_the_old_list(tmp_path: Path, database: Database) -> None:
    """One bad row among good ones, and nothing of the file is imported."""
    voters = VoterList(database, REALM)
    digest = voters.replace([VOTER])
    with pytest.raises(ListError):
        voters.replace(read(tmp_path, lines(HEADER, ANNE, PETER, row(name=""))))
    assert (voters.digest(), voters.count(), voters.find(1), voters.find(7)) == (digest, 1, None, VOTER)


def test_failure_halfway_leaves_the_old_list(database: Database) -> None:
    """What fails while rows are being stored takes nothing of the old list away."""
    voters = VoterList(database, REALM)
    digest = voters.replace([VOTER])

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(StoreError):
        voters.replace([OTHER, OTHER])
    with pytest.raises(KeyboardInterrupt):
        voters.replace(sampled(), interrupted)
    assert (voters.digest(), voters.count(), voters.find(7)) == (digest, 1, VOTER)
    assert voters.verify()


RUN, BEFORE = "T1.1-0000000000000002", "T1.1-0000000000000001"
START = e.Start()
MARKS = {
    "the poll's opening": e.Stop(1, ("S.1",), {RUN: 1}, "0" * 128),
    "a request of anybody": e.Request(f"{RUN}/1", e.Op.CHECK_IN, 7, ("byraad",)),
    "a decision": e.Decision(f"{RUN}/1", 7, ("byraad",), f"{RUN}#1", e.Outcome.REFUSED, "postal_vote"),
    "a card found again": e.Card(1, "T3.1", 7),
}


def write(database: Database, *bodies: e.Body, digest: str = "", run: str = RUN) -> None:
    """Write a run of table 1 under a list."""
    prev, rows = e.first_prev(REALM, "2026-11-17", digest), []
    for seq, body in enumerate(bodies, 1):
        data = e.encode_entry(e.Entry(run, seq, prev, 1, body))
        rows.append(Stored(run, seq, data, b"signed"))
        prev = e.entry_hash(data)
    log = Log(database)
    log.commit(rows, run, 1)
    log.tidy()


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_a_list_with_marks_stays(database: Database, mark: e.Body) -> None:
    """Another one is refused, whatever the mark is, and so is a damaged entry, which may be one. The same list is no other."""
    voters = VoterList(database, REALM)
    digest = voters.replace([VOTER])
    write(database, START, mark)
    with pytest.raises(ListInUseError, match=f"{digest}: it stays"):
        voters.replace([OTHER])
    assert voters.replace([VOTER]) == digest
    assert (voters.digest(), voters.find(7), voters.kept) == (digest, VOTER, None)


def test_a_damaged_log_keeps_its_list(database: Database) -> None:
    """What can't be read may be a mark."""
    voters = VoterList(database, REALM)
    voters.replace([VOTER])
    logged(database)
    with pytest.raises(ListInUseError):
        voters.replace([OTHER])


def test_a_list_without_marks_gives_way_and_comes_back_with_its_log(database: Database) -> None:
    """Log and list are put aside whole, and can be read there; the same list again finds its log, as far as it has come."""
    voters = VoterList(database, REALM)
    first = voters.replace([VOTER])
    write(database, START)
    stored = list(Log(database).read())
    second = voters.replace([OTHER])
    assert (Log(database).count(), Log(database).lost(), voters.find(7)) == (0, 0, None)
    assert voters.kept is not None
    with Database(voters.kept, read_only=True) as kept:
        assert (list(Log(kept).read()), VoterList(kept, REALM).digest(), VoterList(kept, REALM).verify()) == (
            stored,
            first,
            True,
        )
    write(database, START, START)
    longer = list(Log(database).read())
    assert voters.replace([VOTER]) == first
    assert (list(Log(database).read()), Log(database).lost()) == (stored, 0)
    voters.give_way()
    assert (voters.digest(), Log(database).count()) == (None, 0)
    assert voters.bring_back(second)
    assert (voters.digest(), voters.verify(), list(Log(database).read())) == (second, True, longer)
    assert not voters.bring_back("another")


def test_the_last_run_goes_and_comes_with_its_list(database: Database) -> None:
    """A disk knows its last run under each list: under a new one it has none, and one that comes back is gone on with."""
    voters = VoterList(database, REALM)
    first = voters.replace([VOTER])
    write(database, START, run=BEFORE)
    assert Log(database).run == BEFORE
    second = voters.replace([OTHER])
    assert Log(database).run == ""
    write(database, START)
    voters.give_way()
    assert (Log(database).run, voters.bring_back(first), Log(database).run) == ("", True, BEFORE)
    voters.give_way()
    assert (voters.bring_back(second), Log(database).run) == (True, RUN)


def test_progress(database: Database) -> None:
    """Progress is told of each thousand voters and of the rest."""
    steps: list[int] = []
    VoterList(database, REALM).replace(sampled(2200), steps.append)
    assert steps == [1000, 1000, 200]


def test_changed_rows_are_noticed(database: Database) -> None:
    """A row that was changed or lost on the disk fails the verification."""
    voters = VoterList(database, REALM)
    voters.replace(sampled(50))
    for change in ("update voters set name = name || ' ' where number = 17", "delete from voters where number = 3"):
        with database.db.atomic():
            database.db.execute(change)
            assert not voters.verify()
            database.db.rollback()
            database.db.begin()
    assert voters.verify()


def test_damaged_row(database: Database) -> None:
    """A row that is no voter any more is an error of the store, and never a voter."""
    voters = VoterList(database, REALM)
    voters.replace([VOTER])
    with database.db.atomic():
        database.db.execute("update voters set born = '31-01-1950'")
    with pytest.raises(CorruptError):
        voters.find(7)
    assert not voters.verify()


def test_digest_knows_only_the_voters(tmp_path: Path) -> None:
    """Row order, encoding, delimiter and the spelling of values don't change the digest."""
    plain = lines(HEADER, ANNE, PETER)
    other = lines(HEADER, PETER.replace("nej", "0").replace("14-03-1970", "1970-03-14"), ANNE.replace("B+R", "region|b"))
    comma = ",".join(HEADER.split(";")), *(",".join(f'"{cell}"' for cell in row.split(";")) for row in (PETER, ANNE))
    contents = [plain.encode(), plain.encode("cp1252"), other.encode("utf-8-sig"), lines(*comma).encode()]
    assert len({list_digest(REALM, read(tmp_path, content)) for content in contents}) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"number": 9}, {"name": "Åse Bögh"}, {"address": "Ågade"}, {"born": date(1950, 1, 30)}, {"book": 3},
        {"elections": ("byraad",)}, {"postal": ()}, {"roll": Roll.MAIN}, {"struck": Struck.MOVED_AWAY}, {"struck": None},
    ],
)  # fmt: skip
def test_digest_knows_every_field(change: dict[str, object]) -> None:
    """Any other value in any field is another list."""
    assert list_digest(REALM, [VOTER, OTHER]) != list_digest(REALM, [replace(VOTER, **change), OTHER])


@pytest.mark.parametrize("realm", ["oevelse/4701", "valg/4702", ""])
def test_another_realm_is_another_list(realm: str, tmp_path: Path) -> None:
    """The same voters in an exercise, or in another place: another digest, and a store that is not taken for one's own."""
    assert list_digest(realm, [VOTER, OTHER]) != list_digest(REALM, [VOTER, OTHER])
    with Database(tmp_path) as database:
        VoterList(database, REALM).replace([VOTER, OTHER])
        assert VoterList(database, REALM).verify()
        assert not VoterList(database, realm).verify()


def test_digest_is_that_of_its_description() -> None:
    """Anyone can compute the digest with common tools: a line of plain JSON for the realm and each voter."""
    sha256 = hashlib.sha256(f'"{REALM}"\n'.encode())
    for voter in sampled(200):
        fields = [
            voter.number, voter.name, voter.address, str(voter.born), voter.book, " ".join(voter.elections),
            " ".join(voter.postal), str(voter.roll), voter.struck and str(voter.struck),
        ]  # fmt: skip
        sha256.update(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    assert list_digest(REALM, sampled(200)) == sha256.hexdigest()


@given(st.permutations(sampled(6)))
def test_digest_in_any_order(voters: list[Voter]) -> None:
    """The order in which voters are handed over doesn't matter."""
    assert list_digest(REALM, voters) == list_digest(REALM, sampled(6))
