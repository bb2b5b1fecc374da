"""Stories of tampering: whatever is done to a log that the real node wrote, the check finds it and names where."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from random import Random

import msgspec
import pytest
from node_loop import ANNE, BENT, CARL, DAY, KEYED, OF_TWO, ORIGIN, PLACE, SETUP, Loop

from kiosk.domain import entries as e
from kiosk.domain.books import Books
from kiosk.domain.chain import Broken, Stored, check_chain
from kiosk.domain.ledger import Ledger, Totals
from kiosk.domain.rights import Basis
from kiosk.reports.audit import Audit, audit, counted
from kiosk.sync.log_export import Beginning, ExportedLogError, beginning_of, entries_of, export
from kiosk.trust.keys import Signers, load_private_key, new_private_key, public_hex
from tests import made_up

KEY, FORGER = (load_private_key(new_private_key()) for _ in range(2))
SIGNERS = Signers({ORIGIN: public_hex(KEY), "T2.1": public_hex(FORGER)})
LIST_DIGEST = "a list"  # the one of `node_loop`
OTHER = "T2.1-0000000000000001"  # a run of another table


def signed(batch: list[bytes], key=KEY) -> bytes:
    return key.sign(e.batch_signed(e.entry_hash(batch[-1])))


def stored(loop: Loop) -> list[Stored]:
    """The log as the store keeps it: the last entry of each batch carries the signature."""
    rows = []
    for batch in loop.log:
        data = [written.data for written in batch]
        rows += [Stored(w.entry.run, w.entry.seq, w.data, None) for w in batch]
        rows[-1] = replace(rows[-1], signature=signed(data))
    return rows


def some_day() -> Loop:
    """Some thirty entries of every kind, over restarts in both modes with a referral and withdrawals."""
    loop = Loop(KEYED).opened().refer(ANNE).release().restarted(setup=SETUP)
    loop.serve(ANNE).serve(CARL).scan(BENT.number).touch("approve")
    for _ in range(3):
        loop = loop.restarted().touch("no").scan(BENT.number).touch("approve")
    loop.draw().touch("next").chair("close_table").chair("reopen_table")
    return loop.restarted().restarted()


ROWS = stored(some_day())


def check(rows: list[Stored], first_prev: str = SETUP.first_prev) -> Audit:
    return audit(
        rows,
        first_prev,
        SIGNERS.verify,
        Ledger(
            Books(Basis(SETUP.opening, SETUP.undo_nodes, OF_TWO.devices, SETUP.elections, lambda _voter: 1, made_up.is_signed))
        ),
    )


def test_where_no_signature_is_good_no_entry_is_called_forged() -> None:
    """Also where none is there at all. One good signature is enough, and the others are named."""
    forged = [replace(row, signature=row.signature and bytes(64)) for row in ROWS]
    for rows in (forged, [replace(row, signature=None) for row in ROWS]):
        found = check(rows)
        assert found.unsigned
        (said,) = found.faults
        assert said.startswith("this log is of another provision of this place, or all of it is forged")
    found = check([ROWS[0], *forged[1:]])
    assert not found.unsigned
    assert found.faults[0].startswith(f"{ROWS[0].run} entry ")


def test_what_was_changed_is_named_where_no_signature_is_good() -> None:
    """An entry that is missing is told by the chain alone."""
    forged = [replace(row, signature=row.signature and bytes(64)) for row in ROWS]
    first, second, *more = check([*forged[:4], *forged[5:]]).faults
    assert first.startswith("this log is of another provision")
    assert "dropped" in second
    assert not more


def test_the_ballots_are_counted_in_words() -> None:
    """By election, and the cards that were found, which mark voters too, beside them."""
    assert counted(Totals()) == "Ballots issued: none"
    assert counted(Totals({"region": 2, "byraad": 3})) == "Ballots issued: byraad 3, region 2"
    assert counted(Totals({"byraad": 3}, found=1)) == "Ballots issued: byraad 3, and 1 card found at stopped tables"
    assert counted(Totals(found=2)) == "Ballots issued: none, and 2 cards found at stopped tables"


def named(rows: list[Stored]) -> list[int]:
    """The seqs of the entries that the check finds fault with; all of one device."""
    broken = check(rows).broken
    assert {found.run for found in broken} <= {row.run for row in ROWS}
    return [found.seq for found in broken]


def with_data(rows: list[Stored], at: int, data: bytes) -> list[Stored]:
    return [*rows[:at], replace(rows[at], data=data), *rows[at + 1 :]]


def test_the_samples_are_a_real_day() -> None:
    """The log of these stories has every kind of entry that one node alone writes, and batches of one and of several."""
    of_several = {e.Island, e.Give, e.Card, e.Excused, e.Locked, e.Withdrawn}
    assert {type(e.decode_entry(row.data).body) for row in ROWS} == set(e.Body.__args__) - of_several
    assert len(ROWS) == 28
    assert 10 < sum(row.signature is not None for row in ROWS) < len(ROWS)


def test_untouched() -> None:
    """In a log as it was written nothing is found, and all of it is under a signature."""
    found = check(ROWS)
    assert (found.broken, found.entries) == ((), len(ROWS))
    ends = {row.run: row for row in ROWS}
    assert {run: (head.seq, head.hash, head.signed) for run, head in found.heads.items()} == {
        run: (row.seq, e.entry_hash(row.data), row.seq) for run, row in ends.items()
    }
    assert found.totals.issued == {"byraad": 3, "region": 2}


def test_last_signature_alone() -> None:
    """By the chain the last signature covers everything before it: a start checks no other."""
    only_last = [*(replace(row, signature=None) for row in ROWS[:-1]), ROWS[-1]]
    assert check(only_last).broken == ()


def test_empty_log() -> None:
    """A log without entries has no fault."""
    assert check([]) == Audit(0, (), (), (), {}, check([]).totals, (), unsigned=False)


# --- changed ----------------------------------------------------------------------------------------------------------


def changes(data: bytes, random: Random) -> Iterator[bytes]:
    """Some bytes of an entry changed, one at a time: to another sign, to what is not UTF-8, lost and doubled."""
    for at in [0, *range(random.randrange(1, 15), len(data), 15), len(data) - 1]:
        for byte in {data[at] ^ 1, data[at] | 0x80, random.choice(b"0123456789abcdef")} - {data[at]}:
            yield data[:at] + bytes([byte]) + data[at + 1 :]
        yield data[:at] + data[at + 1 :]
        if data[at] != data[at - 1]:
            yield data[:at] + data[at : at + 1] + data[at:]


def test_a_changed_byte_in_every_entry() -> None:
    """Any byte changed anywhere is found, and the entry itself is named, or the one before or after it."""
    random = Random(256)
    for at, row in enumerate(ROWS):
        for data in changes(row.data, random):
            seqs = named(with_data(ROWS, at, data))
            assert seqs, (row.seq, data)
            # Where the link itself is changed it is the entry before that looks changed, and then this one by the next.
            assert row.seq in seqs, (row.seq, data)
            assert set(seqs) <= {row.seq - 1, row.seq, row.seq + 1}, (row.seq, data)


def test_a_changed_fact_is_named_exactly() -> None:
    """A fact rewritten in good form, as another voter in a request, is named by its entry alone."""
    for at, row in enumerate(ROWS):
        entry = e.decode_entry(row.data)
        changed = e.encode_entry(msgspec.structs.replace(entry, time=entry.time + 1))
        seqs = set(named(with_data(ROWS, at, changed)))
        assert seqs == {row.seq}


def test_a_request_for_somebody_else() -> None:
    """A voter's number changed in a request that ends no batch is found by the next entry's link."""
    at = next(n for n, row in enumerate(ROWS) if isinstance(e.decode_entry(row.data).body, e.Request))
    entry = e.decode_entry(ROWS[at].data)
    other = msgspec.structs.replace(entry, body=msgspec.structs.replace(entry.body, voter=999))
    (found,) = check(with_data(ROWS, at, e.encode_entry(other))).broken
    words = f"entry {at + 1}: changed: entry {at + 1} was changed: the next entry was written after another one"
    assert str(found) == f"{ROWS[at].run} {words}"


@pytest.mark.parametrize(
    "data", [b"", b"null", b"{}", b"[]", b"\xff\xfe", b"\x00" * 100, b"{" * 50_000, b"[" * 50_000, b'"', b"1e999"]
)
def test_garbage_in_place_of_an_entry(data: bytes) -> None:
    """What is no entry at all is named, and stops neither the check nor the entries after it."""
    for at in (0, 10, len(ROWS) - 1):
        found = check(with_data(ROWS, at, data))
        assert found.broken[0] == Broken(ROWS[at].run, at + 1, "changed: it is not an entry any more")
        assert found.entries == len(ROWS) - 1


# --- canonical form ---------------------------------------------------------------------------------------------------


def reforms(data: bytes) -> dict[str, bytes]:
    """The same entry in other bytes."""
    fields = msgspec.json.decode(data)
    backwards = {key: fields[key] for key in reversed(fields)}
    return {
        "a blank": data.replace(b",", b", ", 1),
        "a blank before": b" " + data,
        "a line break after": data + b"\n",
        "the order of keys": msgspec.json.encode(backwards),
        "the order in the body": msgspec.json.encode({**fields, "body": dict(reversed(fields["body"].items()))}, order=None),
        "a key twice": data.replace(b'"seq":', b'"seq":99,"seq":', 1),
        "a number written otherwise": data.replace(b',"time":', b',"time":1,"time":', 1),
        "an escape": data.replace(b'"run"', b'"r\\u0075n"', 1),
        "a fraction": data[:-1] + b".0}",
    }


def test_only_the_canonical_bytes_are_an_entry() -> None:
    """The same facts in other bytes are found, with a signature over those bytes by the right key too."""
    row = next(row for row in ROWS if isinstance(e.decode_entry(row.data).body, e.Decision))
    for form, data in reforms(row.data).items():
        if data == row.data:
            continue
        assert row.seq in named(with_data(ROWS, row.seq - 1, data)), form
        alone = [*ROWS[: row.seq - 1], Stored(row.run, row.seq, data, signed([data]))]
        found = check(alone).broken
        assert (found[0].seq, found[0].what.partition(":")[0]) == (row.seq, "changed"), form


# --- dropped and reordered --------------------------------------------------------------------------------------------


def test_a_dropped_entry() -> None:
    """Whichever entry is missing, the one after it is named, and says which is missing: of its run, or of the one before."""
    for at in range(len(ROWS) - 1):
        found, next_ = check([*ROWS[:at], *ROWS[at + 1 :]]).broken[0], ROWS[at + 1]
        missing = "the run's start is" if is_start(ROWS[at]) else f"entry {at + 1} is"
        if is_start(next_):
            missing = f"{ROWS[at].run} entry {at + 1} is"
        assert found == Broken(next_.run, at + 2, f"dropped: {missing} missing before it")


def is_start(row: Stored) -> bool:
    return isinstance(e.decode_entry(row.data).body, e.Start)


def test_a_dropped_run() -> None:
    """A whole run is missing: the start that names it as the one before is named."""
    runs = list(dict.fromkeys(row.run for row in ROWS))
    for run, later in pairwise(runs):
        (found,) = check([row for row in ROWS if row.run != run]).broken
        at = next(row.seq for row in ROWS if row.run == later)
        assert found == Broken(later, at, f"dropped: {run} entry {at - 1} is missing before it")


def test_a_changed_start() -> None:
    """A start that names another run, or goes on from an earlier entry, is found though the run's own key has signed it."""
    at = [number for number, row in enumerate(ROWS) if is_start(row)][2]
    entry, first = e.decode_entry(ROWS[at].data), ROWS[0].run
    for before, prev in ((first, entry.prev), (entry.body.before, e.entry_hash(ROWS[at - 2].data)), ("", SETUP.first_prev)):
        changed = msgspec.structs.replace(entry, prev=prev, body=msgspec.structs.replace(entry.body, before=before))
        data = e.encode_entry(changed)
        found = check([*ROWS[:at], replace(ROWS[at], data=data, signature=signed([data]))]).broken
        assert [broken.seq for broken in found] in ([at + 1], [at]), (before, found)


def test_a_restored_card_branches() -> None:
    """Two runs that began after the same run, one of them earlier in it, are two branches, of two cards: both are good."""
    at = next(n for n, row in enumerate(ROWS) if n > 5 and is_start(row) and not is_start(ROWS[n - 2]))
    run, before = f"{ORIGIN}-{'f' * 16}", ROWS[at - 1].run
    data = e.encode_entry(e.Entry(run, at, e.entry_hash(ROWS[at - 2].data), 1, e.Start(before)))
    found = check([*ROWS, Stored(run, at, data, signed([data]))])
    assert (found.broken, found.heads[run].seq) == ((), at)


def test_dropped_entries() -> None:
    """Several missing in a row are named together."""
    at = max(n for n, row in enumerate(ROWS[:-4]) if ROWS[n + 4].run == row.run)
    found = check([*ROWS[: at + 1], *ROWS[at + 4 :]]).broken[0]
    assert found == Broken(ROWS[at].run, at + 5, f"dropped: entries {at + 2} to {at + 4} are missing before it")


def test_a_log_cut_off() -> None:
    """Cut within a batch the end is unsigned; cut between batches only the head can tell, and it does."""
    for at, row in enumerate(ROWS[:-1], 1):
        found = check(ROWS[:at])
        assert found.heads[row.run].seq == at
        assert [broken.seq for broken in found.broken] == ([] if row.signature else [at])


def test_a_dropped_and_renumbered_entry() -> None:
    """Rows moved up over a gap, so that no number is missing, stand where other entries should."""
    for at in range(len(ROWS) - 1):
        moved = [replace(row, seq=row.seq - 1) for row in ROWS[at + 1 :]]
        assert at + 1 in named([*ROWS[:at], *moved])


def test_swapped_rows() -> None:
    """Two neighbours that arrived in the wrong order are both named; a run that came before the end of the one before it is."""
    for at in range(len(ROWS) - 1):
        rows = [*ROWS[:at], ROWS[at + 1], ROWS[at], *ROWS[at + 2 :]]
        seqs = named(rows)
        assert ({at + 2} if is_start(ROWS[at + 1]) else {at + 1, at + 2}) <= set(seqs)
        assert set(seqs) <= {at + 1, at + 2, at + 3}


def test_swapped_bytes() -> None:
    """Two neighbours whose contents were exchanged are both named as reordered."""
    for at in range(len(ROWS) - 1):
        first, second = ROWS[at], ROWS[at + 1]
        rows = [*ROWS[:at], replace(first, data=second.data), replace(second, data=first.data), *ROWS[at + 2 :]]
        found = check(rows).broken
        assert {broken.seq for broken in found if broken.what.startswith("reordered")} == {at + 1, at + 2}


def test_a_repeated_entry() -> None:
    """An entry that stands twice is named the second time."""
    for at in range(len(ROWS)):
        seqs = named([*ROWS, ROWS[at]])
        assert seqs
        assert seqs[0] == at + 1


def test_the_same_log_twice() -> None:
    """A whole log appended to itself is found at its first repeated entry."""
    assert named([*ROWS, *ROWS])[0] == 1


# --- forged -----------------------------------------------------------------------------------------------------------


def rehashed(rows: list[Stored], prev: str) -> list[Stored]:
    """The same facts chained anew from `prev`, as somebody without the key can; the old signatures stay."""
    new = []
    for seq, row in enumerate(rows, e.decode_entry(rows[0].data).seq):
        data = e.encode_entry(msgspec.structs.replace(e.decode_entry(row.data), prev=prev, seq=seq))
        new.append(replace(row, data=data, seq=seq))
        prev = e.entry_hash(data)
    return new


def batch_end(seq: int) -> int:
    return next(row.seq for row in ROWS if row.seq >= seq and row.signature is not None)


def changed_tail(at: int) -> list[Stored]:
    entry = e.decode_entry(ROWS[at].data)
    data = e.encode_entry(msgspec.structs.replace(entry, time=entry.time + 1))
    rest = rehashed(ROWS[at + 1 :], e.entry_hash(data)) if at + 1 < len(ROWS) else []
    return [*ROWS[:at], replace(ROWS[at], data=data), *rest]


def test_a_tail_forged_without_the_key() -> None:
    """A change with everything after it chained anew is found at the first signature over it."""
    for at in range(len(ROWS)):
        seqs = named(changed_tail(at))
        assert seqs[0] == batch_end(at + 1)


def test_a_tail_forged_and_its_signatures_left_out() -> None:
    """Without the signatures the forged entries are named as unsigned, those of the last run first."""
    begins = next(row.seq for row in ROWS if row.run == ROWS[-1].run)
    for at in range(len(ROWS)):
        good = max(begins - 1, *(row.seq for row in ROWS[:at] if row.signature), 0)
        unsigned = [*ROWS[:at], *(replace(row, signature=None) for row in changed_tail(at)[at:])]
        found = check(unsigned).broken[0]
        assert found.seq == len(ROWS)
        assert found.what == f"forged or cut: entries {good + 1} to {len(ROWS)} carry no good signature"


def test_signed_by_another_key() -> None:
    """A signature by another table's key, good as it is, is not this one's: the batch it should cover is named."""
    for at, row in enumerate(ROWS):
        if row.signature is not None:
            other = replace(row, signature=signed([row.data], FORGER))
            found = check([*ROWS[:at], other, *ROWS[at + 1 :]]).broken
            assert found[0].seq == row.seq
            assert found[0].what.startswith("forged: the signature over entries")


@pytest.mark.parametrize("signature", [b"", b"x", b"\0" * 64, b"\0" * 65])
def test_no_signature_at_all(signature: bytes) -> None:
    """Bytes that are no signature are a bad one."""
    assert named([*ROWS[:-1], replace(ROWS[-1], signature=signature)])[0] == len(ROWS)


def test_a_signature_moved_to_another_batch() -> None:
    """A good signature of an earlier batch does not cover a later one."""
    ends = [n for n, row in enumerate(ROWS) if row.signature is not None]
    moved = list(ROWS)
    moved[ends[3]] = replace(ROWS[ends[3]], signature=ROWS[ends[2]].signature)
    assert named(moved) == [ends[3] + 1]


def test_a_signature_over_something_else() -> None:
    """A signature over the bare hash, without what it is for, is not a batch's."""
    bare = KEY.sign(e.entry_hash(ROWS[-1].data).encode())
    assert named([*ROWS[:-1], replace(ROWS[-1], signature=bare)])[0] == len(ROWS)


def test_an_inserted_entry() -> None:
    """An entry put in between, with good links before and after it, is found at the next signature."""
    for at in range(1, len(ROWS)):
        before = ROWS[at - 1]
        entry = e.Entry(before.run, at + 1, e.entry_hash(before.data), 1, e.Closed())
        data = e.encode_entry(entry)
        later = rehashed([replace(row, data=shifted(row.data)) for row in ROWS[at:]], e.entry_hash(data))
        assert named([*ROWS[:at], Stored(before.run, at + 1, data, None), *later])[0] == batch_end(at + 1) + 1


def shifted(data: bytes) -> bytes:
    entry = e.decode_entry(data)
    return e.encode_entry(msgspec.structs.replace(entry, seq=entry.seq + 1))


def test_an_entry_added_at_the_end() -> None:
    """An entry appended without the key carries no good signature, whether or not it carries one."""
    end = len(ROWS)
    data = e.encode_entry(e.Entry(ROWS[-1].run, end + 1, e.entry_hash(ROWS[-1].data), 1, e.Closed()))
    for signature in (None, signed([data], FORGER), ROWS[-1].signature):
        assert named([*ROWS, Stored(ROWS[-1].run, end + 1, data, signature)])[0] == end + 1


@pytest.mark.parametrize("run", [OTHER, "T9.9-0000000000000001", ""])
def test_an_entry_under_another_name(run: str) -> None:
    """An entry of one table under another's name is found, and both names stand in what is said."""
    rows = [replace(ROWS[0], run=run), *ROWS[1:]]
    found = check(rows).broken
    assert Broken(run, 1, f"reordered: here stands {ROWS[0].run} entry 1") in found
    assert Broken(ROWS[0].run, 2, "dropped: the run's start is missing before it") in found


def test_a_log_of_a_table_that_the_place_has_not() -> None:
    """A whole good log whose signer nobody knows is forged."""
    run = "T9.9-0000000000000001"
    data = e.encode_entry(e.Entry(run, 1, SETUP.first_prev, 1, e.Start()))
    found = check([*ROWS, Stored(run, 1, data, signed([data], FORGER))]).broken
    assert {broken.run for broken in found} == {run}


def test_two_tables_in_one_log() -> None:
    """Two tables' entries, mixed as they arrived, are each checked in their own chain."""
    first = e.encode_entry(e.Entry(OTHER, 1, SETUP.first_prev, 1, e.Start()))
    second = e.encode_entry(e.Entry(OTHER, 2, e.entry_hash(first), 2, e.Closed()))
    others = [Stored(OTHER, 1, first, signed([first], FORGER)), Stored(OTHER, 2, second, signed([second], FORGER))]
    assert check([*ROWS[:5], others[0], *ROWS[5:20], others[1], *ROWS[20:]]).broken == ()
    found = check([*ROWS[:5], others[1], *ROWS[5:]]).broken
    assert found == (Broken(OTHER, 2, "dropped: the run's start is missing before it"),)


# --- another place ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [("4702", DAY.isoformat(), LIST_DIGEST), (PLACE, "2025-11-19", LIST_DIGEST), (PLACE, DAY.isoformat(), "another list")],
)
def test_a_log_of_another_place(other: tuple[str, str, str]) -> None:
    """A log of another place, day or voter list is told by its first entry, though its signatures are good."""
    (found,) = check(ROWS, e.first_prev(*other)).broken
    assert (found.run, found.seq) == (ROWS[0].run, 1)
    assert "the log belongs to another place, day or voter list" in found.what


# --- as it is exported ------------------------------------------------------------------------------------------------

BEGINNING = Beginning(PLACE, DAY.isoformat(), LIST_DIGEST)


def test_exported_and_read_back() -> None:
    """An exported log is the same log, byte for byte, and its beginning says which it is."""
    first, *lines = export(BEGINNING, ROWS)
    assert beginning_of(first) == BEGINNING
    assert e.first_prev(BEGINNING.place, BEGINNING.day, BEGINNING.list) == SETUP.first_prev
    assert list(entries_of(lines)) == ROWS


def test_a_changed_byte_in_an_export() -> None:
    """A byte changed anywhere in an exported log is found by the reader or by the check, and named by its line or its entry."""
    lines = list(export(BEGINNING, ROWS))[1:]
    for at in range(0, len(lines), 5):
        for line in changes(lines[at], Random(at)):
            rows = read_back([*lines[:at], line, *lines[at + 1 :]])
            if isinstance(rows, ExportedLogError):
                assert f"line {at + 2} " in str(rows)
            elif rows != ROWS:  # a signature's letters in capitals change nothing
                assert check(rows).broken, (at, line)


def test_damaged_bytes_are_exported() -> None:
    """A log with bytes that are no text any more is exported all the same, and the auditor is told which entry it is."""
    random = Random(255)
    for row in ROWS:
        for bad in (b"\xff", b"\x80", b"\xc3", b"\xed\xa0\x80", b'"\xfe', b"\\\xff"):
            at = random.randrange(len(row.data))
            damaged = with_data(ROWS, row.seq - 1, row.data[:at] + bad + row.data[at + len(bad) :])
            first, *lines = export(BEGINNING, damaged)
            assert beginning_of(first) == BEGINNING
            seqs = named(list(entries_of(lines)))
            assert row.seq in seqs, (row.seq, at, bad)
            # A backslash before the damage makes a good text of it, so that only the links tell.
            assert set(seqs) <= ({row.seq} if bad[0] != 0x5C else {row.seq - 1, row.seq, row.seq + 1}), (row.seq, at, bad)


def read_back(lines: list[bytes]) -> list[Stored] | ExportedLogError:
    try:
        return list(entries_of(lines))
    except ExportedLogError as error:
        return error


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"no JSON\n", b"\xff\n", b"[" * 50_000, b'{"place":"4701"}', b'{"place":1,"day":"","list":""}']
)
def test_no_exported_log(line: bytes) -> None:
    """A file that is no exported log says so, with its line."""
    with pytest.raises(ExportedLogError, match="line 1 "):
        beginning_of(line)
    with pytest.raises(ExportedLogError, match="line 7 "):
        list(entries_of([line], first_line=7))


def test_what_is_read_is_what_is_folded() -> None:
    """The check hands out every entry that can be read, in order, so that a start needs no second look."""
    found = list(check_chain(ROWS, SETUP.first_prev, SIGNERS.verify, {}))
    assert found == [e.decode_entry(row.data) for row in ROWS]


def test_nothing_is_written_that_nobody_could_read() -> None:
    """An entry out of bounds is a fault of the program: it ends there, and is neither signed nor in the log."""
    loop = some_day()
    before = loop.node.books.replica.end.last
    with pytest.raises(msgspec.ValidationError):
        loop.node.books.write(e.Card(1, ORIGIN, 0), loop.now)
    assert loop.node.books.replica.end.last == before
    assert not loop.node.books.replica.flush()
