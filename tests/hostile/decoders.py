"""Every edge at which bytes come in: read as the product reads them, and what must hold whatever they are.

Each function takes any bytes. It fails where another error than the documented one leaves the edge, where that error's text
says what it must not, or where something passes that is out of bounds or has no one form.
"""

import re
import selectors
import socket
import tempfile
import unicodedata
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec

from kiosk import limits, wiring
from kiosk.display.link import LinkError, newest
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.cards import CardRead, CardRules, OtherPlace, Unreadable, read_card, read_keyed
from kiosk.domain.messages import Ask, Head, Stance, Want
from kiosk.domain.nodes import table_of
from kiosk.plan.config import PlanError, load_plan
from kiosk.remote.screen_client import ScreenClient
from kiosk.reports.audit import audit
from kiosk.scanner.framing import Framer, Unread
from kiosk.service.screen_port import ScreenPort
from kiosk.store.listfile import read_list
from kiosk.store.listrows import ListError
from kiosk.store.voterlist import list_digest
from kiosk.sync import messages as wire
from kiosk.sync.log_export import Beginning, ExportedLogError, beginning_of, entries_of, export
from kiosk.trust.bundle import DEVICE, Bundle, BundleError, provision
from tests import made_up
from tests.hostile.changes import Steered, changed
from tests.hostile.thief import ledger
from tests.stories.place import Place, batch_of
from tests.voterlist.voter_files import ANNE, FORM, HEADER, PETER

EXAMPLE = Path(__file__).parents[2] / "kiosk" / "plan" / "example.toml"
MOST = 2**53  # beyond it a number is no longer the same for every reader of JSON
LOOSE = CardRules(re.compile("(?P<place>[A-Z]*)(?P<voter>.*)"), False, "", {}, max_chars=limits.CARD_CHARS)
NAMES = ("S.1", "T1.1", "T2.1")
SAYINGS = {
    "no batch", "a batch out of bounds", "no ask", "no want", "no head", "a head that its node has not signed",
    "a head out of bounds", "no want of a piece", "no piece", "a piece out of order", "its voter list is another one",
}  # fmt: skip


@cache
def folder() -> Path:
    """A folder for files, until this process ends."""
    made = tempfile.TemporaryDirectory()
    _folders.append(made)
    return Path(made.name)


_folders: list[tempfile.TemporaryDirectory[str]] = []


def attempt(documented: type[Exception], read: Callable[..., Any], *given: Any) -> tuple[Any, Any]:
    """What is read, and no error; or the documented error, and nothing read."""
    try:
        return read(*given), None
    except documented as error:
        return None, error


def bounded(read: Any) -> None:
    """Nothing in what was read is longer or larger than anything that a place can have."""
    if isinstance(read, int):
        assert abs(read) <= MOST
    elif isinstance(read, str):
        assert len(read) <= 128
        assert read.isprintable()
    elif isinstance(read, dict):
        for pair in read.items():
            bounded(list(pair))
    elif isinstance(read, list | tuple):
        for part in read:
            bounded(part)
    elif isinstance(read, msgspec.Struct):
        for field in read.__struct_fields__:
            bounded(getattr(read, field))


# --- the scanner ------------------------------------------------------------------------------------------------------


def scans(data: bytes) -> None:
    """Characters from a scanner: bounded scans, however they come in, and of them a card only in its one form."""
    text = data.decode("utf-8", "surrogateescape") + "\r"
    found = Framer().feed(text, 0.0)
    framer = Framer()
    framer.feed(text[:-1], 0.0)
    assert len(framer._held) < 2 * limits.SCAN_CHARS
    framer = Framer()
    assert [scan for char in text for scan in framer.feed(char, 0.0)] == found
    for scan in found:
        assert repr(scan) == "Scan()" or isinstance(scan, Unread)
        if not isinstance(scan, Unread):
            assert 0 < len(scan.text) <= limits.SCAN_CHARS
            assert scan.text.isprintable()
            _card(scan.text)


def _card(text: str) -> None:
    read = read_card(text, made_up.CARD)
    if isinstance(read, CardRead):
        assert made_up.card(read.voter) == text
    assert isinstance(read, CardRead | OtherPlace | Unreadable)
    keyed = read_keyed(text, made_up.CARD, 6)
    assert not isinstance(keyed, CardRead) or len(text) <= 6 or keyed == read
    loose = read_card(text, LOOSE)
    assert not isinstance(loose, CardRead) or loose.voter <= limits.VOTER_NUMBER_MAX


# --- what nodes say to each other -------------------------------------------------------------------------------------


def messages(data: bytes) -> None:
    """A message: refused in known words that tell nothing of it; or bounded, and the same when it is sent on."""
    for read, write in _READERS:
        message, error = attempt(wire.MessageError, read, data)
        if error is not None:
            assert str(error) in SAYINGS
        else:
            bounded(message)
            assert read(write(message)) == message


def pieces(data: bytes) -> None:
    """A piece of a voter list, unpacked: refused in known words; or in order, and the same when it is given on."""
    payload = msgspec.msgpack.encode({"packed": zlib.compress(data), "signature": b""})
    piece, error = attempt(wire.MessageError, wire.read_piece, payload, "S.1", lambda *_: True)
    attempt(wire.MessageError, wire.read_piece, data, "S.1", lambda *_: True)
    if error is not None:
        assert str(error) in SAYINGS
    else:
        numbers = [row[0] for row in piece.rows]
        assert numbers == sorted(set(numbers))
        assert all(0 < row[0] <= limits.VOTER_NUMBER_MAX and 0 < row[4] <= limits.TABLES for row in piece.rows)
        assert wire.read_piece(wire.encode_piece(piece, lambda _message: b""), "S.1", lambda *_: True) == piece


def _signed_ask(ask: Ask) -> bytes:
    return wire.encode_ask(ask, lambda _message: b"")


def _signed(head: Head) -> bytes:
    return wire.encode_head(head, lambda _message: b"")


_READERS: list[tuple[Callable[[bytes], Any], Callable[[Any], bytes]]] = [
    (wire.read_batch, wire.encode),
    (partial(wire.read_ask, sender="T1.1", verify=lambda *_: True), _signed_ask),
    (wire.read_want, wire.encode),
    (wire.read_piece_want, wire.encode),
    *((partial(wire.read_head, sender=name, verify=lambda *_: True), _signed) for name in NAMES),
]


def entries(data: bytes) -> None:
    """An entry: refused, or bounded; and what counts as canonical has no other form."""
    try:
        entry = e.decode_entry(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    bounded(entry)
    table_of(entry.run)
    again = bytes(e.encode_entry(entry))
    assert e.decode_entry(again) == entry
    assert e.is_canonical(entry, data) == (again == data)


def logs(data: bytes) -> None:
    """An exported log: an error that names the line; or a verdict, which is good only for what was really written."""
    first, *rest = data.split(b"\n")
    _, error = attempt(ExportedLogError, beginning_of, first)
    assert error is None or str(error).startswith("line 1 ")
    rows: list[Any] = []
    _, error = attempt(ExportedLogError, rows.extend, entries_of(rest))
    assert error is None or str(error).startswith(f"line {len(rows) + 2} ")
    bounded([(row.run, row.seq) for row in rows])
    found = audit(rows, made_up.FIRST_PREV, made_up.keys("").verify, ledger())
    if not found.faults:
        assert {row.data for row in rows} <= {row.data for row in day()}


# --- files ------------------------------------------------------------------------------------------------------------

SECRETS = ("Anne", "Lærke", "Ågård", "Peter", "Østergård", "Nørregade", "Aarhus", "Søvej", "14-03-1970")


def voter_lists(data: bytes) -> None:
    """A voter list: every problem has a line and a reason that tells nothing of a voter; or all voters are whole."""
    file = folder() / "list.csv"
    file.write_bytes(data)
    voters, error = attempt(ListError, read_list, file, FORM)
    if error is not None:
        assert 0 < len(error.problems) <= limits.LIST_PROBLEMS
        assert all(problem.reason and problem.line >= 0 for problem in error.problems)
        said = "\n".join(problem.reason for problem in error.problems)
        assert not [secret for secret in SECRETS if secret in said]
    else:
        assert len({voter.number for voter in voters}) == len(voters) > 0
        assert len(list_digest("valg/4701", voters)) == 64
        for voter in voters:
            assert not [sign for sign in voter.name + voter.address if unicodedata.category(sign) in ("Cc", "Cs")]
            assert len(voter.name) <= 3 * limits.LIST_FIELD_CHARS


def plans(data: bytes) -> None:
    """A plan: an error of some lines that names the file; or a plan that a table can be set up by."""
    file = folder() / "plan.toml"
    file.write_bytes(data)
    plan, error = attempt(PlanError, load_plan, file)
    if error is not None:
        assert str(error).startswith(f"{file}: ")
        assert len(str(error)) > len(f"{file}: ") + 5
        return
    assert re.fullmatch("[0-9]{1,8}", plan.place.code)
    assert all(re.fullmatch("[a-z0-9_-]{1,16}", election.id) for election in plan.elections)
    for broker in plan.brokers:
        assert re.fullmatch("[0-9A-Za-z.:_-]{1,255}", broker.host)
    wiring.card_rules(plan)
    wiring.list_format(plan)
    assert wiring.opening_of(plan)
    assert wiring.view_of(plan, f"{plan.nodes[0]}.1").strip
    assert msgspec.convert(msgspec.to_builtins(plan), type(plan)) == plan


@cache
def bundle() -> Path:
    """A table's bundle."""
    provision(EXAMPLE, folder() / "bundles")
    return folder() / "bundles" / "table-1"


def devices(data: bytes) -> None:
    """A bundle's device file: an error that names it; or the very device, with PINs that can be checked."""
    file = bundle() / DEVICE
    good = file.read_bytes()
    file.write_bytes(data)
    try:
        read, error = attempt(BundleError, Bundle.load, bundle())
    finally:
        file.write_bytes(good)
    if error is not None:
        assert str(bundle()) in str(error)
    else:
        assert read.device.name == "T1.1"
        assert all(re.fullmatch(r"[$+,/=A-Za-z0-9]{90,110}", pin) for pin in read.device.pins)


# --- the screen's socket ----------------------------------------------------------------------------------------------


def screens(data: bytes) -> None:
    """What comes to a display: a screen in the same words, or a `LinkError`; the rest is bounded."""
    found, error = attempt(LinkError, newest, data)
    if error is not None:
        assert str(error) in ("a line is too long", "a line is no screen")
        return
    screen, rest = found
    assert len(rest) <= limits.MESSAGE_BYTES
    if screen is not None:
        assert s.decode_sent(s.encode(screen)) == screen


def clients(data: bytes) -> None:
    """What comes to a command from a node's socket: screens, or the documented errors."""
    path = folder() / "node.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        listener.listen()
        with ScreenClient(path, draws=False) as client:
            node, _ = listener.accept()
            with node:
                node.sendall(data[: 2 * limits.MESSAGE_BYTES])
            error = None
            while error is None:
                screen, error = attempt(ConnectionError, client.next)
                assert error is not None or screen == client.screen
            assert str(error) in ("the node closed the connection", "the node sent what is no screen", _TOO_LONG)


_TOO_LONG = "the node sent a line that is too long"
_TOUCH = s.Touch(17, "approve", {"pad": "14031968", "how": "spoken"})


def answers(data: bytes) -> None:
    """What a display sends: touches within bounds, or it is dropped; another display is served all the while."""
    came: list[s.Touch | s.Drawn] = []
    with selectors.DefaultSelector() as selector:
        port = ScreenPort(folder() / "screen.sock", selector, came.append)
        try:
            port.show(a_screen())
            _send(data, selector)
            for answer in came:
                assert s.decode_answer(s.encode(answer)) == answer
                assert isinstance(answer, s.Drawn) or len(answer.values) <= 8
                assert isinstance(answer, s.Drawn) or max(map(len, (answer.touch, *answer.values))) <= 32
                assert isinstance(answer, s.Drawn) or all(_is_line(text) for text in answer.values.values())
            assert _send(s.encode(_TOUCH) + b"\n", selector) == s.encode(a_screen()) + b"\n"
            assert came[-1] == _TOUCH
        finally:
            port.close()


def _is_line(text: str) -> bool:
    return len(text) <= 200 and not {unicodedata.category(sign) for sign in text} & {"Cc", "Cs", "Zl", "Zp"}


def _send(data: bytes, selector: selectors.BaseSelector) -> bytes:
    """A display connects, sends this and leaves; what it was sent."""
    with socket.socket(socket.AF_UNIX) as display:
        display.connect(str(folder() / "screen.sock"))
        _turn(selector)
        display.setblocking(False)
        sent = b""
        try:
            while data:
                data = data[display.send(data) :]
                _turn(selector)
            sent = display.recv(limits.MESSAGE_BYTES)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it was dropped
    _turn(selector)
    return sent


def _turn(selector: selectors.BaseSelector) -> None:
    while ready := selector.select(0):
        for key, mask in ready:
            key.data(mask)


@cache
def a_screen() -> s.Screen:
    """Some screen."""
    return Place().morning().devices["T1"].screens[-1]


# --- samples ----------------------------------------------------------------------------------------------------------


@cache
def day() -> tuple[Any, ...]:
    """The rows of a short day: voters served at their own table and at others, a book given, a table stopped, a card found."""
    place = Place().morning()
    place.serve("T1", 101)
    place.serve("T1", 202)
    place.give(3, "T3", "T2")
    place.wait(1_000)
    place.serve("T3", 301)
    place.crash("T1")
    place.take_over("T1", "T2", 102)
    return tuple(place.devices["S"].disk)


_PIECE = wire.Piece(
    "00" * 32,
    7,
    2,
    last=True,
    rows=(
        (8, "Åse Bøgh", "", "1950-01-31", 2, "byraad region", "region", "newcomer", "struck_off"),
        (9, "Zoë Müller", "Ågade 1", "2007-11-18", 1, "byraad", "", "main", None),
    ),
)


def _samples() -> dict[str, list[bytes]]:
    rows = list(day())
    runs = {row.run: row.seq for row in rows}
    head = Head(next(run for run in runs if run.startswith("T1.1")), 1, 7, runs, True, Stance.SERVING, made_up.MORNING_MS)
    request = next(entry.body for row in rows if isinstance((entry := e.decode_entry(row.data)).body, e.Request))
    log = b"".join(export(Beginning("4701", "2025-11-18", "a list"), rows))
    several = [row for row in rows if row.run == rows[0].run]
    while several[-1].signature is None:
        several.pop()
    good = f"{HEADER}\r\n{ANNE}\r\n{PETER}\r\n"
    plan = EXAMPLE.read_bytes()
    touches = [s.Touch(17, "approve", {"pad": "14031968", "how": "spoken"}), s.Drawn(17)]
    shown = Place().morning().devices["T1"].screens
    return {
        "scans": [made_up.card(n).encode() for n in (1, 101, 99_999)] + [b"]C0470100418209\r\n", b"010190-1234", b"4702000101"],
        "messages": [
            wire.encode(batch_of(several)), _signed_ask(Ask(request)), wire.encode(Want(head.run, 3)),
            wire.encode(Want(head.run, 0)), _signed(head),
            wire.encode(wire.PieceWant("00" * 32, 7)),
        ],
        "pieces": [msgspec.json.encode(_PIECE)],
        "entries": [row.data for row in rows],
        "logs": [log],
        "voter_lists": [*(good.encode(code) for code in ("utf-8", "utf-8-sig", "cp1252", "utf-16")), *map(_moved, range(1, 9))],
        "plans": [plan],
        "devices": [(bundle() / DEVICE).read_bytes()],
        "screens": [b"".join(s.encode(screen) + b"\n" for screen in shown[-2:])],
        "clients": [b"".join(s.encode(screen) + b"\n" for screen in shown[-2:])],
        "answers": [b"".join(s.encode(touch) + b"\n" for touch in touches)],
    }  # fmt: skip


def _moved(by: int) -> bytes:
    """A voter list whose rows have moved under their header."""
    rows = [row.split(";") for row in (ANNE, PETER)]
    return "\r\n".join([HEADER, *(";".join([*cells[by:], *cells[:by]]) for cells in rows)]).encode()


@cache
def samples(name: str) -> tuple[bytes, ...]:
    """Good input of a decoder, to change."""
    return tuple(_samples()[name])


def decode(name: str, data: bytes) -> None:
    """Give a decoder bytes: as they are, or one of its samples changed as they say."""
    rng = Steered(data)
    DECODERS[name](changed(rng.choice(samples(name)), rng) if data[:1] > b"\x3f" else data[1:])


DECODERS: dict[str, Callable[[bytes], None]] = {
    decoder.__name__: decoder
    for decoder in (scans, messages, pieces, entries, logs, voter_lists, plans, devices, screens, clients, answers)
}
