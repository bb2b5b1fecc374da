"""A table that is brought anything goes on serving; only what its device has signed counts; what is kept is bounded."""

import logging
import socket
import threading
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk import limits, wiring
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.chain import RejectionReason
from kiosk.domain.nodes import device_of
from kiosk.node import Heard
from kiosk.remote.screen_client import ScreenClient
from kiosk.simulated.broker import free_port
from kiosk.simulated.device import PATIENCE_S
from kiosk.store.database import Database
from kiosk.store.voterlist import VoterList
from kiosk.sync import messages as wire
from kiosk.sync.link import Arrived
from kiosk.sync.topics import ADDRESSED, AT_CLERK, OFFLINE, TopicKind, topic_of
from kiosk.trust.bundle import Bundle, provision
from tests import made_up
from tests.hostile.changes import changed
from tests.hostile.decoders import EXAMPLE
from tests.hostile.table import ME, PREFIX, Table, stranger, thief, transport_of

MANY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
CHANCE = st.binary(min_size=32, max_size=400)


@MANY
@given(CHANCE)
def test_a_stranger(data: bytes) -> None:
    """Changed, forged and made-up messages under any topic: only what was signed counts, and the table serves."""
    stranger(data)


@MANY
@given(CHANCE)
def test_a_thief(data: bytes) -> None:
    """Any entries and heads signed by a stolen key: every page can be shown, also after a new start."""
    thief(data)


def test_unchanged_words_count() -> None:
    """What the others have said is taken in as it is: else it would prove nothing that changed words are not."""
    table = Table()
    before = len(table.disk)
    for topic, payload in table.said:
        table.hear(topic, payload)
    assert len(table.disk) > before
    assert not table.evidence
    table.holds()


def test_every_changed_byte() -> None:
    """A batch of which one byte is another is refused and kept, whichever byte it is, or says the same as before."""
    table = Table()
    topic, payload = next((t, p) for t, p in table.said if t == topic_of(PREFIX, TopicKind.LOG, "T1.1"))
    before = [row.data for row in table.disk]
    rng = Random(1)
    for at in range(len(payload)):
        other = payload[:at] + bytes([payload[at] ^ (1 << rng.randrange(7))]) + payload[at + 1 :]
        kept = len(table.evidence)
        table.hear(topic, other)
        read = _batch(other)  # of a run that is not known, or beyond what is: what is before it is asked for
        asked = read is not None and (read.first > 2 or read.run not in table.place.core("T2").books.books.runs)
        assert len(table.evidence) == kept + 1 or asked, other
    assert [row.data for row in table.disk if device_of(row.run) != ME] == [
        d for d in before if device_of(e.decode_entry(d).run) != ME
    ]
    table.hear(topic, payload)
    assert len(table.disk) > len(before)
    table.holds()


def test_every_changed_byte_of_a_head() -> None:
    """A head of which one byte is another is refused and kept, whichever byte it is; then the head itself counts."""
    table = Table()
    topic, payload = next((t, p) for t, p in reversed(table.said) if t == topic_of(PREFIX, TopicKind.HEAD, "T1.1"))
    peers = table.place.core("T2").peers
    before = peers.head("T1.1")
    for at in range(len(payload)):
        table.hear(topic, payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :])
        assert (len(table.evidence), peers.head("T1.1")) == (at + 1, before)
    table.hear(topic, payload)
    assert peers.head("T1.1") != before
    table.holds()


@pytest.mark.parametrize("change", [(b'"seq":', b'"seq": '), (b'{"body"', b'{ "body"'), (b'"time":', b'"time":0,"time":')])
def test_an_entry_has_one_form(change: tuple[bytes, bytes]) -> None:
    """An entry in another form than its canonical one is refused, though its device has signed it so."""
    table, sign = Table(), made_up.keys("T1.1").sign
    table.place.core("T1").books.write(e.Closed(), table.place.now)
    table.place._put("T1")
    run = table.place.runs_on("T1")[-1]
    known = table.place.core("T2").books.books.runs[run].last
    mine = next(row for row in table.place.devices["T1"].disk if (row.run, row.seq) == (run, known + 1))
    for data, taken in ((mine.data.replace(*change), known), (mine.data, known + 1)):
        assert (data == mine.data) is (taken == known + 1)
        signature = sign(e.batch_signed(e.entry_hash(data))).hex()
        batch = wire.Batch(run, known + 1, (msgspec.Raw(data),), signature)
        table.hear(topic_of(PREFIX, TopicKind.LOG, "T1.1"), wire.encode(batch))
        assert table.place.core("T2").books.books.runs[run].last == taken
    assert [kept.kind for kept in table.evidence] == [RejectionReason.MALFORMED]


def _batch(payload: bytes) -> wire.Batch | None:
    try:
        return wire.read_batch(payload)
    except wire.MessageError:
        return None


def test_a_stranger_asks() -> None:
    """An ask that its sender has not signed is refused, and one of no node of the place is not decided on; a table's is."""
    table = Table()
    run = table.place.runs_on("T1")[-1]
    for sender, signer, decided in (("T9.1", "T9.1", 1), ("T1.1", "T3.1", 1), ("T1.1", "T1.1", 2)):
        asked = wire.Ask(
            e.Request(f"{run if sender == 'T1.1' else sender + '-00000000000000aa'}/9", e.Op.CHECK_IN, 201, ("byraad",))
        )
        table.hear(topic_of(PREFIX, TopicKind.ASK, sender, ME), wire.encode_ask(asked, made_up.keys(signer).sign))
        assert len(table.place.bodies("T2", e.Decision)) == decided
    assert [(kept.sender, kept.kind) for kept in table.evidence] == [("T1.1", RejectionReason.FORGED)]


def test_an_unknown_node_waits_for_no_clerk() -> None:
    """What a stranger says of a clerk is kept nowhere."""
    table = Table()
    for sender, known in (("T9.1", False), ("T3.1", True)):
        table.hear(topic_of(PREFIX, TopicKind.HEAD, sender), AT_CLERK)
        assert table.place.core("T2").peers.is_at_clerk(sender, table.place.now) is known


def test_what_comes_too_fast_is_dropped() -> None:
    """While the loop is busy no more waits than is bounded, in messages and in bytes; then what comes is read again."""
    transport = transport_of(ME)
    small, large = Arrived(TopicKind.LOG, "T1.1", b"{}"), Arrived(TopicKind.LOG, "T1.1", b"x" * limits.PACKET_BYTES)
    for came, most in ((small, limits.SENDER_WAITS), (large, 2)):
        for _ in range(2 * most):
            transport.receive(came)
        taken = 0
        while transport.waits:
            taken += len(transport.take())
        assert taken == most
    transport.receive(Arrived(TopicKind.WANT, "T1.1", b'{"run":"T2.1-00000000000000aa","first":1}'))
    assert [type(given) for given in transport.take()] == [Heard]


def test_a_turn_keeps_no_more_evidence_than_is_bounded() -> None:
    """Of very many refused messages in one turn so many are kept as say it; the next turn keeps again."""
    table = Table()
    for _ in range(2):
        before = len(table.evidence)
        for sender in ("S.1", "T1.1", "T3.1"):
            for _ in range(limits.SENDER_INPUTS):
                table.transport.receive(Arrived(TopicKind.LOG, sender, b"nonsense"))
        table.hear("valg/4701/no/topic", b"")
        assert len(table.evidence) - before == limits.EVIDENCE_KEPT
    assert {kept.kind for kept in table.evidence} == {RejectionReason.MALFORMED}
    table.holds()


# --- the whole service ------------------------------------------------------------------------------------------------

PLACE = """
[[tables]]
number = 2
[secretary]
assistant = 2
[[brokers]]
host = "127.0.0.1"
port = {port}
"""
SECRET = "Sigurd Hemmelig 14-03-1968 010190-1234"


def test_a_service_goes_on_and_keeps_what_it_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A service is brought very many changed messages: it answers a touch; its disk keeps some of them, its log no word."""
    caplog.set_level(logging.DEBUG, "kiosk")
    monkeypatch.setattr(limits, "EVIDENCE_ROWS", 20)
    plan, bundles, data = tmp_path / "plan.toml", tmp_path / "bundles", tmp_path / "data"
    plan.write_text(EXAMPLE.read_text() + PLACE.format(port=free_port()))
    provision(plan, bundles)
    bundle = Bundle.load(bundles / "table-1")
    with Database(data) as database:
        VoterList(database, bundle.plan.place.realm).replace([made_up.voter(1, 1)])
    service = wiring.service(bundle, data, tmp_path / "screen.sock")
    reader, writer = socket.socketpair()
    fed = threading.Event()

    def feed(_mask: int) -> None:
        reader.recv(1)
        for topic, payload in _flood(bundle.plan.place.realm):
            service._transport.link.came(service._transport.link.connections[0], topic, payload)
        fed.set()

    service._selector.register(reader, 1, feed)
    runs = threading.Thread(target=service.run)
    runs.start()
    try:
        with ScreenClient(tmp_path / "screen.sock", draws=True, patience_s=PATIENCE_S) as client:
            client.showing(s.Kind.NOT_READY)
            writer.send(b"!")
            assert fed.wait(PATIENCE_S)
            client.touch("menu")
            client.showing(s.Sheet)
    finally:
        service.stop()
        runs.join(PATIENCE_S)
        reader.close()
        writer.close()
    assert not runs.is_alive()
    with Database(data, read_only=True) as database:
        kept = list(database.db.execute("select sender, why, data from evidence"))
    assert len(kept) == limits.EVIDENCE_ROWS
    assert max(len(evidence) for _, _, evidence in kept) == limits.EVIDENCE_BYTES
    assert {sender for sender, _, _ in kept} <= {"T2.1", "S.1", "T9.1"}
    said = [record for record in caplog.records if record.getMessage().startswith("refused what came from ")]
    assert 0 < len(said) <= limits.EVIDENCE_ROWS
    assert all(record.getMessage().isprintable() for record in caplog.records)
    assert not [word for word in SECRET.split() if word in caplog.text or word in "".join(why for _, why, _ in kept)]


def _flood(place: str) -> list[tuple[str, bytes]]:
    """Messages in no good form, of nodes of the place and of strangers; many hold a voter's data."""
    rng, flood = Random(5), []
    entry = f'{{"body":{{"kind":"{SECRET}"}},"run":"{SECRET}","prev":"","seq":1,"time":1}}'
    batch = f'{{"run":"T2.1-00000000000000aa","first":1,"entries":[{entry}],"signature":"00"}}'.encode()
    for kind in TopicKind:
        for sender in ("T2.1", "S.1", "T9.1", SECRET, "X\n", "T1.1"):
            topic = topic_of(place, kind, sender, "T1.1" if kind in ADDRESSED else "")
            flood += [(topic, changed(batch, rng)) for _ in range(3)]
            flood += [(topic, word) for word in (b"", AT_CLERK, OFFLINE, SECRET.encode(), b"\xff" * 200_000)]
    return flood
