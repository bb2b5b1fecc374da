"""Whatever comes in at an edge: only the documented errors leave it, and nothing passes that is out of bounds.

`python -m tests.hostile.fuzz` does the same for as long as one likes, led by what the code does with each input.
"""

import base64
import logging
import socket
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk import limits, wiring
from kiosk.display.link import LinkError, newest
from kiosk.domain import entries as e
from kiosk.domain.cards import Unreadable, read_card
from kiosk.plan.config import PlanError, load_plan
from kiosk.remote.screen_client import ScreenClient
from kiosk.store.listfile import read_list
from kiosk.store.listrows import ListError
from kiosk.sync import messages as wire
from kiosk.sync.log_export import ExportedLogError, entries_of, export
from kiosk.sync.messages import MessageError
from kiosk.trust.bundle import DEVICE, KEY, Bundle, BundleError
from kiosk.wiring import stored_log
from tests import made_up
from tests.hostile import decoders as d
from tests.hostile import fuzz
from tests.voterlist.voter_files import ANNE, FORM, HEADER, problems

SLOW = {"plans", "devices", "voter_lists", "answers", "clients"}  # which work on files and sockets
HEAD = {
    "run": "T1.1-00000000000000aa",
    "runs": 1,
    "count": 1,
    "have": {},
    "member": True,
    "stance": "serving",
    "clock_ms": 1,
}


@pytest.mark.parametrize("name", d.DECODERS)
def test_any_bytes(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Any bytes, and good input changed in any way, keep what the decoder promises; the log tells nothing of them."""
    caplog.set_level(logging.DEBUG, "kiosk")

    @settings(max_examples=150 if name in SLOW else 500, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.binary(min_size=24, max_size=150))
    def holds(data: bytes) -> None:
        d.decode(name, data)

    for sample in d.samples(name):
        d.DECODERS[name](sample)
    holds()
    said = {record.getMessage() for record in caplog.records}
    assert said <= {"a display sent what is not a touch; it was dropped"}


def head(**other: object) -> bytes:
    return msgspec.json.encode({"head": {**HEAD, **other}, "list": "", "bound": False, "signature": "00" * 64})


def refused(payload: bytes) -> bool:
    """Whether each reader of messages refuses these bytes."""
    signed = (partial(read, sender="T1.1", verify=lambda *_: True) for read in (wire.read_ask, wire.read_head))
    for read in (wire.read_batch, wire.read_want, *signed):
        try:
            read(payload)
        except MessageError:
            continue
        return False
    return True


def batch(entries: bytes, run: bytes = b"T1.1-00000000000000aa", first: bytes = b"1") -> bytes:
    return b'{"run":"%s","first":%s,"entries":[%s],"signature":""}' % (run, first, entries)


def run(table: int, disk: int = 1) -> str:
    return f"T{table}.{disk}-00000000000000aa"


FULL = limits.PACKET_BYTES
VECTOR_MOST = e.BRANCHES_MOST * e.DEVICES_MOST
HUGE = {
    "nested": batch(b"[" * FULL),
    "nested well": batch(b"[" * (FULL // 2) + b"]" * (FULL // 2)),
    "a long name": batch(b"{}", run=b"x" * FULL),
    "a long number": batch(b"{}", first=b"9" * FULL),
    "many entries": batch(b",".join([b"{}"] * (FULL // 3))),
    "a vector of half a million": head(have={run(n): 1 for n in range(1, 400_000)}),
    "a vector of every name": head(have={run(n, disk): 1 for n in range(1, 1000) for disk in range(1, 100)}),
    "a vector of one too many": head(have={run(n): 1 for n in range(1, VECTOR_MOST + 2)}),
    "one name for ever": b'{"head":{"have":{' + b",".join([b'"T1.1-00000000000000aa":1'] * (FULL // 26)) + b"}}}",
}


@pytest.mark.parametrize("what", HUGE)
def test_a_huge_message_is_refused_at_once(what: str) -> None:
    """A message as large as a broker carries is refused in less time than anybody notices."""
    began = time.process_time()
    assert refused(HUGE[what])
    assert time.process_time() - began < 2.0


def test_good_messages_are_read() -> None:
    """The messages of which the refused ones are made are read, so that it is the one change that is refused."""
    assert not refused(batch(b"{}"))
    assert not refused(head())
    assert not refused(head(have={run(n): 1 for n in range(1, VECTOR_MOST + 1)}))


RUN = "T1.1-00000000000000aa"
OTHER = "T2.1-00000000000000bb"
GOOD = {"run": RUN, "seq": 2, "prev": "0" * 64, "time": 1}
BODIES = [
    {"kind": "give", "book": 1, "hold": f"{RUN}#1", "to": OTHER, "knows": {OTHER: 5}},
    {"kind": "issued", "request": f"{RUN}/1"},
    {"kind": "released", "voter": 7, "ends": ["0000000000000000000000000000000000000000000000000000000000000000"]},
    {"kind": "stop", "n": 3, "named": ["T2.1"], "knows": {OTHER: 5}, "signature": "ab" * 64},
    {"kind": "view", "n": 3, "knows": {OTHER: 5}, "unscanned": 2},
    {"kind": "card", "n": 3, "voter": 7, "device": "T2.1"},
    {"kind": "excused", "devices": ["T2.1"]},
    {"kind": "start", "before": RUN, "issued": [f"{RUN}/1"], "withdrawn": []},
    {
        "kind": "decision",
        "request": f"{RUN}/1",
        "voter": 7,
        "elections": ["byraad"],
        "hold": f"{RUN}#1",
        "outcome": "granted",
    },
]
_ODD = ["X", "T.1", "T1", "Tx.1", "T1.1\n", "T0.1", "T1.0", "T\u0663.1", "S.1.1", "T1.1/", "x" * 5_000]
ODD_NAMES = [*_ODD, *(f"{name}-00000000000000aa" for name in _ODD), RUN[:-1], RUN + "a", RUN.upper(), RUN + "\n"]
ODD_NUMBERS = [-1, 10**15 + 1, 10**30, 10**400]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: str(body["kind"]))
def test_an_entry_holds_only_what_a_place_can_have(body: dict[str, object]) -> None:
    """A name that no disk has and a number that nothing can count make no entry: what is let in is on all disks for good."""
    e.decode_entry(msgspec.json.encode({**GOOD, "body": body}))
    for key, value in body.items():
        odd: list[object] = []
        if isinstance(value, str):
            odd = [*ODD_NAMES, *(f"{name}/1" for name in ODD_NAMES), f"{RUN}/0", f"{RUN}#0", f"{RUN}/1/1", f"{RUN}#{10**30}"]
        elif isinstance(value, int):
            odd = [*ODD_NUMBERS]
        elif isinstance(value, list):
            odd = [[name] for name in ODD_NAMES if name != "X" or key != "elections"]
        elif isinstance(value, dict):
            odd = [{name: 1} for name in ODD_NAMES] + [{OTHER: number} for number in (0, *ODD_NUMBERS)]
        for other in odd:
            with pytest.raises(msgspec.DecodeError):
                e.decode_entry(msgspec.json.encode({**GOOD, "body": {**body, key: other}}))


@pytest.mark.parametrize("time_ms", [-1, 10**14, 10**30, 10**400])
def test_a_time_that_no_clock_shows(time_ms: int) -> None:
    """A time before 1970 or after the year 3000 makes no entry, and no head."""
    with pytest.raises(msgspec.DecodeError):
        e.decode_entry(msgspec.json.encode({**GOOD, "time": time_ms, "body": {"kind": "locked"}}))
    assert refused(head(clock_ms=time_ms))


def test_a_voter_number_has_at_most_nine_digits() -> None:
    """A plan's pattern may let longer numbers through; they are no voter's, and no entry could hold them."""
    assert read_card("0" * 20 + "123456789", d.LOOSE).voter == 123_456_789
    assert read_card("1234567890", d.LOOSE) in (Unreadable.NOT_A_CARD, Unreadable.CPR)
    assert read_card("9" * 32, d.LOOSE) is Unreadable.NOT_A_CARD


# --- files ------------------------------------------------------------------------------------------------------------

PLAN = d.EXAMPLE.read_text()
CODE = 'code = "4701"'
OTHER_CARDS = "\n[card]\nvoter_digits = 5\n"  # with which a place's code may have another length


@pytest.mark.parametrize(
    "plan",
    [
        f"x = {'9' * 5_000}\n{PLAN}",
        f"x = {'[' * 5_000}\n{PLAN}",
        PLAN.replace(CODE, 'code = "4701\\n"') + OTHER_CARDS,
        PLAN.replace(CODE, 'code = "\u0664\u0667\u0660\u0661"'),
        PLAN.replace('id = "byraad"', 'id = "byraad\\n"'),
        PLAN + '\n[card]\npattern = "(?P<voter>[0-9]{99999999999999999999})"\n',
        PLAN + f"\n[card]\npattern = '{'(' * 5_000}'\n",
        PLAN + '\n[[brokers]]\nhost = "rådhus"\n',
        PLAN + '\n[[brokers]]\nhost = "a b"\n',
    ],
    ids=["a long number", "nested", "a line break in the code", "other digits", "a line break in an id", "a huge repetition",
         "a nested pattern", "letters no address has", "a blank in an address"],
)  # fmt: skip
def test_a_plan_that_can_not_be_meant(tmp_path: Path, plan: str) -> None:
    """Such a plan is refused in one sentence that names the file."""
    file = tmp_path / "plan.toml"
    file.write_text(plan)
    assert plan != PLAN
    with pytest.raises(PlanError) as refused:
        load_plan(file)
    assert str(refused.value).startswith(f"{file}: ")


def test_a_plan_with_very_many_words(tmp_path: Path) -> None:
    """A hundred thousand words for an election are checked in a moment."""
    file = tmp_path / "plan.toml"
    words = ", ".join(f'"w{n}"' for n in range(100_000))
    file.write_text(PLAN.replace('codes = ["B"]', f"codes = [{words}]"))
    began = time.process_time()
    assert len(load_plan(file).elections[0].codes) == 100_000
    assert time.process_time() - began < 10


COSTLY = f"$argon2id$v=19$m=4294967295,t=3,p=1${'Y' * 22}${'Y' * 43}"


@pytest.mark.parametrize("pin", ["", "271828", "$argon2id$v=19$m=16384,t=3,p=1$YWFhYWFhYWE$YWFh", COSTLY])
def test_a_pin_that_can_not_be_checked(pin: str) -> None:
    """A bundle with it is refused when it is read, not when the chair keys the PIN; the text does not repeat it."""
    file = d.bundle() / DEVICE
    good = file.read_bytes()
    try:
        file.write_bytes(msgspec.json.encode({**msgspec.json.decode(good), "pins": [pin]}))
        with pytest.raises(BundleError, match="pins") as refused:
            Bundle.load(d.bundle())
    finally:
        file.write_bytes(good)
    assert not pin or pin not in str(refused.value)


def test_a_key_of_an_unknown_kind() -> None:
    """A key file of a kind that nobody knows is a fault of the bundle like any other."""
    file = d.bundle() / KEY
    good = file.read_bytes()
    unknown = base64.b64encode(bytes.fromhex("302e0201003005060303656e0422") + bytes(34))
    try:
        file.write_bytes(b"-----BEGIN PRIVATE KEY-----\n" + unknown + b"\n-----END PRIVATE KEY-----\n")
        with pytest.raises(BundleError, match="not a private key"):
            Bundle.load(d.bundle())
    finally:
        file.write_bytes(good)


def test_very_many_problems_of_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is no list at all gives no more problems than fit in memory, whatever is wrong with it."""
    monkeypatch.setattr(limits, "LIST_PROBLEMS", 50)
    for line in ('"a"b\r\n', "x;;;;;;;;\r\n", "\0;" * 1_000 + "\r\n", ANNE + "\0\r\n"):
        assert len(problems(tmp_path, f"{HEADER}\r\n{line * 1_000}")) == 50


LONG = 30_000_000  # characters of a line without end


def peak(read: Callable[[], object]) -> int:
    """The most memory that reading takes, in bytes."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_list_in_one_line(tmp_path: Path) -> None:
    """A line without end is read in pieces, and is no list."""
    file = tmp_path / "list.csv"
    for text, line in ((HEADER + "x" * LONG, 1), (f"{HEADER}\r\n{ANNE}{'x' * LONG}", 2)):
        file.write_text(text)
        found: list[ListError] = []
        assert peak(lambda: found.append(d.attempt(ListError, read_list, file, FORM)[1])) < LONG / 3  # noqa: B023
        assert found[0].problems[0].line == line


def test_an_exported_log_in_one_line(tmp_path: Path) -> None:
    """A line of a log that is longer than any entry is named, and not read to its end."""
    bundle, file = Bundle.load(d.bundle()), tmp_path / "log.jsonl"
    begins = wiring.beginning_of_log(bundle.plan, SimpleNamespace(digest=lambda: ""))
    file.write_bytes(b"".join(export(begins, ())) + b'{"run":"' + b"x" * LONG)
    with stored_log(bundle, tmp_path, file) as (_, rows):
        found: list[ExportedLogError] = []
        assert peak(lambda: found.append(d.attempt(ExportedLogError, list, rows)[1])) < LONG / 3
    assert str(found[0]).startswith("line 2 ")


def test_a_screen_without_end(tmp_path: Path) -> None:
    """Neither the display nor a command waits for the end of a line that is longer than any screen."""
    line = b"x" * (limits.MESSAGE_BYTES + 1)
    with pytest.raises(LinkError, match="a line is too long"):
        newest(line)
    assert newest(line[1:]) == (None, line[1:])
    path = tmp_path / "node.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        with ScreenClient(path, draws=False) as client:
            node, _ = listener.accept()
            with node:
                node.sendall(line)
                with pytest.raises(ConnectionError, match="a line that is too long"):
                    client.next()


@pytest.mark.parametrize("seq", [0, -1, 10**30, 10**4_200])
def test_an_exported_entry_out_of_bounds(seq: int) -> None:
    """A line whose entry stands nowhere in a log is named."""
    line = b'{"run":"%b","seq":%b,"entry":"{}"}' % (RUN.encode(), str(seq).encode())
    with pytest.raises(ExportedLogError, match=r"^line 2 "):
        list(entries_of([line]))


def test_the_samples_are_good() -> None:
    """What is changed has every kind of entry and message that travels, and is accepted unchanged."""
    kinds = {type(e.decode_entry(row.data).body) for row in d.day()}
    assert {e.Start, e.Request, e.Decision, e.Issued, e.Give, e.Stop, e.Card, e.View} <= kinds
    batch, ask, want, first, head, piece_want = d.samples("messages")
    assert wire.read_batch(batch).entries
    assert wire.read_ask(ask, "T1.1", lambda *_: True).request.id
    assert (wire.read_want(want).first, wire.read_want(first).first) == (3, 0)
    assert wire.read_piece_want(piece_want).after == 7
    assert wire.read_head(head, "T1.1", lambda *_: True).run.startswith("T1.1-")
    assert read_card(d.samples("scans")[0].decode(), made_up.CARD).voter == 1


def test_fuzzing_without_atheris_says_how(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The command that needs a package of its own says which, and how it is had; one input is tried again without it."""
    monkeypatch.setitem(sys.modules, "atheris", None)
    assert fuzz.main(["--minutes", "0.01"]) == 2
    assert "-m pip install atheris" in capsys.readouterr().out
    assert fuzz.main(["--target", "scans", "--replay", str(Path(__file__))]) == 0


def test_an_unknown_key_of_an_optional_part(tmp_path: Path) -> None:
    """A wrong key in a part that a plan may lack is named with those that there are, as in any other."""
    file = tmp_path / "plan.toml"
    file.write_text(PLAN + "\n[secretary]\nassistent = 1\n")
    with pytest.raises(PlanError, match="did you mean `assistant`"):
        load_plan(file)
