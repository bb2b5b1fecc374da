"""Hostile peers at a real place: nothing is accepted that should not be, nobody is kept waiting, everything is shown."""

import base64
import itertools
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hostile_peers import (
    HONEST,
    REALM,
    Stolen,
    end_of,
    evidence_of,
    how_often,
    kinds_kept,
    log_of,
    reading,
    run_of,
    without_certificate,
)

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain.messages import Ask, Batch, Want
from kiosk.domain.texts import text
from kiosk.simulated.plan import plan_text
from kiosk.sync import messages as wire
from kiosk.sync.topics import ADDRESSED, TopicKind, topic_of
from kiosk.trust.authority import Authority
from kiosk.trust.bundle import Bundle, provision
from tests.process.process_tools import memory_kb, valgbord

# paho leaves a socket whose TLS handshake failed to the garbage collector
pytestmark = pytest.mark.filterwarnings("ignore:.*<ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")


WANTS = 300  # at once: fewer than make a flood
NOT_AUTHORIZED = 0x87
FLOOD_A_SECOND = 2_000  # through each broker
FLOOD_S = 3.0


@pytest.fixture(scope="module")
def running():
    """The place, for all tests of this file: each leaves it serving."""
    with closing(Stolen(Path(tempfile.mkdtemp(prefix="vb-")))) as running:
        yield running


@pytest.fixture
def stolen(running):
    """The place, with table 3's device in the hands of a thief."""
    yield running
    running.leave()


# --- who gets in -----------------------------------------------------------------------------------------------------


def of_another_place(name):
    """The certificate of a device of the same name, by another place's authority."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    plan = folder / "plan.toml"
    plan.write_text(plan_text(folder / "no-scanner", {}, tables=3, brokers=(1, 2)), encoding="utf-8")
    return provision(plan, folder / "bundles").bundles[name] / "tls"


STRANGERS = {
    "no certificate": lambda stolen: None,
    "another place's": lambda stolen: of_another_place("T1.1"),
    "a broker's own": lambda stolen: stolen.place.table(1).bundle / "broker",
}


@pytest.mark.parametrize("pair", STRANGERS.values(), ids=STRANGERS)
def test_who_has_no_certificate_of_this_place_is_not_let_in(stolen, pair):
    """With none, with another place's (an exercise has its own authority too), or with one that is for brokers only."""
    context, files = without_certificate(stolen.place), pair(stolen)
    if files is not None:
        context.load_cert_chain(f"{files}.crt", f"{files}.key")
    with pytest.raises((OSError, AssertionError)):
        assert stolen.peer(context).is_connected
    stolen.serve_everywhere()


def test_nobody_speaks_in_anothers_name(stolen):
    """On every topic of another, to made-up receivers and on topics of nobody: the broker says no, and passes nothing on."""
    thief, witness = stolen.device(), stolen.device("table-2", spare=True)
    witness.subscribe("#", f"{REALM}/+/+", f"{REALM}/+/+/T2.2")
    topics = [f"{REALM}/{kind}/{who}" for kind in ("log", "head", "revoked") for who in ("T1.1", "S.1", "command", "")]
    topics += [f"{REALM}/{kind}/T1.1/T2.2" for kind in ("ask", "want", "give")]
    topics += [f"{REALM}/want/T3.1/{to}" for to in ("T9.1", "T2.2/x", "")] + [
        f"{REALM}/log/T3.1/x",
        "valg/4701/log/T3.1",
        "$SYS/x",
    ]
    for topic in topics:
        assert thief.publish(topic, b"not his own", retain=True) == NOT_AUTHORIZED, topic
    thief.say(TopicKind.WANT, b"his own", "T2.2")
    witness.until(lambda: (f"{REALM}/want/T3.1/T2.2", b"his own") in witness.heard)
    assert b"not his own" not in {payload for _, payload in witness.heard}
    stolen.serve_everywhere()


def test_a_will_on_anothers_topic_is_nothing(stolen):
    """The thief's last will says that table 1 is offline: it is not let in with it, or nobody hears it."""
    witness = stolen.device("table-2", spare=True)
    witness.subscribe(f"{REALM}/head/+")
    thief = stolen.device(will=f"{REALM}/head/T1.1")
    if thief.is_connected:
        thief.drop()
    other = stolen.device(will=f"{REALM}/head/T3.1")
    other.drop()
    witness.until(lambda: (f"{REALM}/head/T3.1", b"offline") in witness.heard)
    assert (f"{REALM}/head/T1.1", b"offline") not in witness.heard
    stolen.serve_everywhere()


def test_nobody_is_thrown_out_by_who_takes_his_name(stolen):
    """The thief connects as client T1.1 and as table 1's node: it is T3.1 all the same, and table 1 stays connected."""
    witness = stolen.device("table-2", spare=True)
    witness.subscribe(f"{REALM}/head/+")
    for name in ("T1.1", "oevelse-4701-T1.1", "S.1"):
        thief = stolen.device(client_id=name)
        assert thief.publish(f"{REALM}/want/T1.1/T2.2", b"") == NOT_AUTHORIZED
        thief.fence("T1.1")
    assert (f"{REALM}/head/T1.1", b"offline") not in witness.heard
    stolen.serve_everywhere()


def test_nobody_hears_what_is_for_another(stolen):
    """The thief subscribes to everything: of what tables ask each other, and are given, it hears nothing."""
    thief, witness = stolen.device(), stolen.device("table-2", spare=True)
    thief.subscribe("#", "+/+/+/+/+", f"{REALM}/give/+/T2.2", f"{REALM}/ask/+/T1.1", "$SYS/#")
    witness.fence(*HONEST)
    stolen.serve_everywhere()
    thief.fence("T1.1")
    foreign = [topic for topic, _ in thief.heard if topic.split("/")[2] in ("ask", "want", "give") and "/T3.1" not in topic]
    assert foreign == []
    assert not [topic for topic, _ in thief.heard if topic.startswith("$SYS")]


# --- what is said ----------------------------------------------------------------------------------------------------


def rows_of(stolen, device):
    """A device's first run on the secretary's disk: its name, its entries, and the signature of each that ends a batch."""
    with reading(stolen.place.secretary.data) as database:
        (run,) = database.execute("select run from log where run like ? and seq = 1", (f"{device}-%",)).fetchone()
        return run, database.execute("select entry, signature from log where run = ? order by seq", (run,)).fetchall()


def all_of(stolen, device, first=1):
    """A device's first run as it is, said to begin at `first`."""
    run, rows = rows_of(stolen, device)
    while rows and rows[-1][1] is None:
        rows.pop()
    return wire.encode(Batch(run, first, tuple(msgspec.Raw(row) for row, _ in rows), rows[-1][1].hex()))


def changed(stolen, thief, device):
    """A device's last entry, changed, and one more; signed by the thief."""
    run, seq, _ = end_of(stolen.place.secretary, device)
    before = e.decode_entry(log_of(stolen.place.secretary)[run, seq]).prev
    return wire.encode(thief.entries(e.Locked(), e.Locked(), after=(run, seq - 1, before))[0])


def forked(stolen, thief):
    """Another story of the thief's own last entry and more, signed by itself."""
    run, seq, _ = thief.tail
    before = e.decode_entry(log_of(stolen.place.secretary)[run, seq]).prev
    return wire.encode(thief.entries(e.Locked(), e.Locked(), after=(run, seq - 1, before))[0])


def of_another_day(stolen):
    """The first entries of the thief's spare card, for the same place on another day."""
    spare = stolen.device(spare=True)
    batch, _ = spare.entries(e.Start(), after=(spare.run, 0, e.first_prev(REALM, "2021-11-16", "a list")))
    spare.say(TopicKind.LOG, wire.encode(batch))
    spare.fence(*HONEST)


def heard_head(stolen, device):
    """A genuine head, as the broker keeps it."""
    listener = stolen.device("table-2", spare=True)
    listener.subscribe(f"{REALM}/head/{device}")
    listener.until(lambda: listener.heard)
    return listener.heard[0][1]


def ask(stolen, thief, device, sign=None):
    """A question whether a voter of table 2's book may be given ballots, in the name of a device, signed by the thief."""
    run = run_of(stolen.place.secretary, device)
    asked = Ask(e.Request(f"{run}/77777", e.Op.CHECK_IN, stolen.voters[2][0], ("byraad",)))
    return wire.encode_ask(asked, sign or thief.bundle.key.sign)


def another_authoritys(stolen):
    """A newer list of revoked certificates, by another authority, on which table 1's stands."""
    other = Authority.new(REALM)
    other.issued["T1.1"] = list(Bundle.load(stolen.place.secretary.bundle).device.serials["T1.1"])
    other.revoke(["T1.1"])
    return other.revoke(["T1.1"]).pem


def badly_signed(head):
    """A head whose signature has another last digit."""
    return head[:-3] + (b"0" if head[-3:-2] != b"0" else b"1") + head[-2:]


def of_version_102(stolen):
    """The place's list, but for its version's byte."""
    pem = (stolen.place.secretary.bundle / "revoked.crl").read_bytes()
    der = x509.load_pem_x509_crl(pem).public_bytes(Encoding.DER).replace(b"\x02\x01\x01", b"\x02\x01\x65", 1)
    return b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(der) + b"-----END X509 CRL-----\n"


REFUSED = {
    "forged device": ("forged", TopicKind.LOG, lambda stolen, thief: changed(stolen, thief, "T2.1")),
    "changed entries in an answer": ("forged", TopicKind.GIVE, lambda stolen, thief: changed(stolen, thief, "T2.1")),
    "entries at a wrong place": ("forged", TopicKind.LOG, lambda stolen, thief: all_of(stolen, "T2.1", first=2)),
    "a new entry of another": (
        "forged",
        TopicKind.LOG,
        lambda stolen, thief: wire.encode(thief.entries(e.Locked(), after=end_of(stolen.place.secretary, "T2.1"))[0]),
    ),
    "no such device": (
        "stranger",
        TopicKind.LOG,
        lambda stolen, thief: wire.encode(thief.entries(e.Start(), after=(f"T99.1-{'a' * 16}", 0, "0" * 64))[0]),
    ),
    "another story than before": ("forked", TopicKind.LOG, forked),
    "values out of bounds": (
        "malformed",
        TopicKind.LOG,
        lambda stolen, thief: wire.encode(thief.entries(e.Give(-1, "x", "x", {"x": 10**40}))[0]),
    ),
    "an entry that is none": (
        "malformed",
        TopicKind.GIVE,
        lambda stolen, thief: wire.encode(Batch(thief.run, thief.tail[1] + 1, (msgspec.Raw(b'{"a":1}'),), "00")),
    ),
    "junk for a batch": ("malformed", TopicKind.LOG, lambda stolen, thief: b"\xff\x00{"),
    "a deep nest": ("malformed", TopicKind.GIVE, lambda stolen, thief: b"[" * 100_000),
    "a message as long as one may be": ("malformed", TopicKind.LOG, lambda stolen, thief: b" " * (limits.PACKET_BYTES - 200)),
    "an endless number": (
        "malformed",
        TopicKind.WANT,
        lambda stolen, thief: b'{"run":"S.1-00000000000000aa","first":1' + b"0" * 5_000 + b"}",
    ),
    "junk for an ask": ("malformed", TopicKind.ASK, lambda stolen, thief: b'{"request":{}}'),
    "an ask that it has not signed": (
        "forged",
        TopicKind.ASK,
        lambda stolen, thief: ask(stolen, thief, "T3.1", lambda _message: b"0" * 64),
    ),
    "junk for a head": ("malformed", TopicKind.HEAD, lambda stolen, thief: b"null"),
    "another's head": ("forged", TopicKind.HEAD, lambda stolen, thief: heard_head(stolen, "S.1")),
    "a head with another signature": (
        "forged",
        TopicKind.HEAD,
        lambda stolen, thief: badly_signed(thief.head(thief.far_beyond("S.1"))),
    ),
    "a vector below zero": (
        "malformed",
        TopicKind.HEAD,
        lambda stolen, thief: thief.head(dict.fromkeys(thief.far_beyond("S.1"), -5)),
    ),
    "a vector without end": (
        "malformed",
        TopicKind.HEAD,
        lambda stolen, thief: thief.head({f"S.1-{n:016x}": 1 for n in range(5 * e.DEVICES_MOST)}),
    ),
    "logs of no such device": (
        "stranger",
        TopicKind.HEAD,
        lambda stolen, thief: thief.head({f"T{n}.1-{n:016x}": 1 for n in range(1, 150)}),
    ),
    "another authority's list": ("forged", TopicKind.REVOKED, lambda stolen, thief: another_authoritys(stolen)),
    "a list of a strange version": ("forged", TopicKind.REVOKED, lambda stolen, thief: of_version_102(stolen)),
    "junk for a list": (
        "forged",
        TopicKind.REVOKED,
        lambda stolen, thief: b"-----BEGIN X509 CRL-----\nAAAA",
    ),
}


@pytest.mark.parametrize(("kind", "topic", "lie"), REFUSED.values(), ids=REFUSED)
def test_a_lie_is_refused_kept_and_shown(stolen, kind, topic, lie):
    """Nothing of it is on any disk but as evidence, under the name of who has said it; the overview shows it (N1)."""
    thief = stolen.device()
    before, payload = stolen.of_others(), lie(stolen, thief)
    kept = {name: kinds_kept(node) for name, node in stolen.nodes.items()}
    often = how_often(stolen.place.secretary, "T3.1", kind)
    for to in HONEST if topic in ADDRESSED else ("",):
        assert thief.say(topic, payload, to, retain=topic in (TopicKind.HEAD, TopicKind.LOG)) == 0
    thief.fence(*HONEST)
    assert stolen.of_others() == before
    for name, node in stolen.nodes.items():
        assert kinds_kept(node) - kept[name] <= {("T3.1", kind)}
    assert how_often(stolen.place.secretary, "T3.1", kind) == often + 1
    assert any("Bord 3" in name and words == text(f"refused_{kind}", "da") for name, words in stolen.overview())
    stolen.serve_everywhere()


IGNORED = {
    "all of another's log again": (TopicKind.LOG, lambda stolen, thief: all_of(stolen, "S.1")),
    "an ask in another's name": (TopicKind.ASK, lambda stolen, thief: ask(stolen, thief, "T1.1")),
    "entries beyond a gap": (
        TopicKind.LOG,
        lambda stolen, thief: wire.encode(thief.entries(e.Locked(), after=(thief.run, 10**4, "0" * 64))[0]),
    ),
    "an older list": (TopicKind.REVOKED, lambda stolen, thief: (stolen.place.secretary.bundle / "revoked.crl").read_bytes()),
    "a head older than the last": (TopicKind.HEAD, lambda stolen, thief: thief.old_head()),
    "for a node that is not asked": (TopicKind.WANT, lambda stolen, thief: wire.encode(Want(thief.run, 10**11))),
    "that it waits for its clerk": (TopicKind.HEAD, lambda stolen, thief: b"at its clerk"),
    "nothing": (TopicKind.LOG, lambda stolen, thief: b""),
}


@pytest.mark.parametrize(("topic", "words"), IGNORED.values(), ids=IGNORED)
def test_words_that_say_nothing_new_do_nothing(stolen, topic, words):
    """They may be late, or lost and said again: no evidence, and nothing is written, decided or sent for them."""
    thief = stolen.device()
    before, payload = stolen.of_others(), words(stolen, thief)
    kept = {name: kinds_kept(node) for name, node in stolen.nodes.items()}
    for to in HONEST if topic in ADDRESSED else ("",):
        assert thief.say(topic, payload, to, retain=True) in (0, 16)
    thief.fence(*HONEST)
    assert stolen.of_others() == before
    assert {name: kinds_kept(node) for name, node in stolen.nodes.items()} == kept
    assert not any(b"/77777" in entry for node in stolen.nodes.values() for entry in log_of(node).values())
    stolen.serve_everywhere()


def test_entries_of_another_day_are_refused(stolen):
    """A card's log that is chained to another day's beginning does not follow on the place's own."""
    before = stolen.of_others()
    of_another_day(stolen)
    assert stolen.of_others() == before
    assert all(("T3.2", "forked") in kinds_kept(node) for node in stolen.nodes.values())
    stolen.serve_everywhere()


def test_a_genuine_entry_at_a_wrong_place_condemns_no_device(stolen):
    """Each node is told that its own entries, with its own signature, stand elsewhere in its log: none stops as a copy."""
    thief = stolen.device()
    for device in HONEST:
        for first in (2, 1_000):
            thief.say(TopicKind.GIVE, all_of(stolen, device, first), device)
    thief.fence(*HONEST)
    stolen.serve_everywhere()


def test_a_message_beyond_the_packet_limit_costs_its_sender_the_connection(stolen):
    """The broker throws the thief out, and nobody else has heard of it."""
    thief = stolen.device()
    thief.publish(f"{REALM}/log/T3.1", b" " * (limits.PACKET_BYTES + 1))
    thief.until(lambda: not thief.is_connected)
    stolen.serve_everywhere()


def test_entries_that_do_not_exist_are_not_asked_for_without_end(stolen):
    """A vector far beyond every log, again and again: each node asks a few times, then less and less often."""
    thief = stolen.device()
    thief.subscribe(f"{REALM}/want/+/T3.1")
    for _ in range(300):
        thief.say(TopicKind.HEAD, thief.head(thief.far_beyond(*HONEST, "T3.1", "T3.2")))
    stolen.serve_everywhere()
    thief.fence(*HONEST)
    wants = [topic for topic, _ in thief.heard if "/want/" in topic]
    assert 0 < len(wants) < 100


# --- how much is said ------------------------------------------------------------------------------------------------


class Flood:
    """A thief at every broker who says thousands of things a second, from when it is entered until it is left."""

    def __init__(self, stolen):
        self.stolen, self.sent = stolen, 0
        self.thieves = [stolen.device(broker=number, client_id=f"flood-{number}") for number in range(2)]
        head = self.thieves[0].head(self.thieves[0].far_beyond(*HONEST))
        self._words = itertools.cycle(
            [
                (TopicKind.LOG, "", b"\xff" * 200),
                (TopicKind.HEAD, "", head),
                (TopicKind.LOG, "", changed(stolen, self.thieves[0], "S.1")),
            ]
            + [(TopicKind.ASK, to, ask(stolen, self.thieves[0], "T3.1")) for to in HONEST]
            + [(TopicKind.WANT, to, wire.encode(Want(run_of(stolen.place.secretary, "S.1"), 1))) for to in HONEST]
            + [(TopicKind.GIVE, to, all_of(stolen, "T2.1")) for to in HONEST]
            + [(TopicKind.LIST, to, wire.encode(wire.PieceWant(self.thieves[0].list, 0))) for to in HONEST]
            + [(TopicKind.PIECE, to, self.thieves[0].piece()) for to in HONEST]
            + [(TopicKind.REVOKED, "", b"no list")]
        )
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        began = time.monotonic()
        while not self._end.is_set():
            for _ in range(FLOOD_A_SECOND // 100):
                kind, to, payload = next(self._words)
                for thief in self.thieves:
                    thief.client.publish(topic_of(REALM, kind, "T3.1", to), payload + b" " * (self.sent % 97), qos=0)
                self.sent += 1
            self._end.wait(max(0.0, began + self.sent / FLOOD_A_SECOND - time.monotonic()))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


def test_a_flood_keeps_nobody_waiting(stolen):
    """Thousands of messages a second of every kind, through both brokers, for some seconds: voters at both tables, each of the
    other's book, are served meanwhile; no node grows, and the evidence is bounded."""

    def naming():  # nobody, where the machine is too busy to read more of it than an honest device may say
        return [name for name, node in stolen.nodes.items() if ("T3.1", "flooding") in kinds_kept(node)]

    before = {name: memory_kb(node.process.pid) for name, node in stolen.nodes.items()}
    with Flood(stolen) as flood:
        began = time.monotonic()
        while time.monotonic() < began + FLOOD_S:
            stolen.serve_everywhere()
    words = text("refused_flooding", "da")
    assert all(
        any("Bord 3" in row and said == words for row, said in stolen.overview(stolen.nodes[at].name)) for at in naming()
    )
    flood.thieves[0].fence(*HONEST)
    for name, node in stolen.nodes.items():
        assert memory_kb(node.process.pid) - before[name] < 60_000
        kept = evidence_of(node)
        assert all(count <= limits.EVIDENCE_OF_ONE and longest <= limits.EVIDENCE_BYTES for count, longest in kept.values())
        assert sum(count for count, _ in kept.values()) <= limits.EVIDENCE_ROWS
    stolen.serve_everywhere()


@pytest.mark.long
def test_wants_do_not_make_a_node_send_gigabytes(stolen):
    """The thief writes a batch as long as may be, and asks the secretary's node for it hundreds of times: it is given
    it at a bounded pace. Another node that lacks it is given it whole."""
    thief, other = stolen.device(), stolen.device("table-2", spare=True)
    first = thief.tail[1] + 1
    long = e.Excused(tuple(f"T{n}.1" for n in range(1, e.DEVICES_MOST)))
    lines = (limits.BATCH_BYTES - 1_000) // (len(e.encode_entry(e.Entry(thief.run, 10**4, "0" * 64, 10**12, long))) + 1)
    batch = thief.write(*[long] * lines)
    assert len(wire.encode(batch)) > limits.PACKET_BYTES * 0.99
    thief.fence("S.1")
    other.subscribe(f"{REALM}/give/+/T2.2")
    while not other.given_by("S.1"):  # as a node that lacks entries asks again
        other.say(TopicKind.WANT, wire.encode(Want(thief.run, first)), "S.1")
        other.await_news(limits.WANT_LONGEST_MS / 1_000)
    assert wire.read_batch(other.heard[-1][1]) == batch
    began, size = time.monotonic(), sum(len(payload) for _, payload in thief.heard)
    for _ in range(WANTS):
        thief.client.publish(f"{REALM}/want/T3.1/S.1", wire.encode(Want(thief.run, first)), qos=0)
    stolen.serve_everywhere()
    thief.fence("S.1")
    size = sum(len(payload) for _, payload in thief.heard) - size
    assert size <= 2 * limits.BATCH_BYTES + (time.monotonic() - began) * limits.GIVE_BYTES_S


def test_the_voter_list_is_given_at_a_bounded_pace(stolen):
    """The thief asks a node for pieces of the list hundreds of times: it is given a few."""
    thief = stolen.device()
    thief.subscribe(f"{REALM}/piece/+/T3.1")
    began = time.monotonic()
    thief.fence("S.1")
    before = len(thief.heard)
    for number in range(WANTS):
        thief.client.publish(f"{REALM}/list/T3.1/S.1", wire.encode(wire.PieceWant(thief.list, number % 5)), qos=0)
    stolen.serve_everywhere()
    thief.fence("S.1")
    came = sum(topic == f"{REALM}/piece/S.1/T3.1" for topic, _ in thief.heard[before:])
    assert 0 < came <= 1 + (time.monotonic() - began) / limits.PIECE_EVERY_S


# --- what a stolen device can do, and what ends it -------------------------------------------------------------------


def test_two_stories_are_found_out(stolen):
    """The thief tells the secretary one story of its log and table 1 another: when they meet, both keep what they are told
    otherwise, and show it; each goes on with what it heard first."""
    thief = stolen.device()
    stories = [thief.entries(body)[0] for body in (e.Referred(stolen.voters[3][0]), e.Referred(stolen.voters[3][1]))]
    for told in (("S.1", "T1.1"), ("T1.1", "S.1")):
        for name, story in zip(told, stories, strict=True):  # at once: neither has it from the other before
            thief.say(TopicKind.GIVE, wire.encode(story), name)
        thief.fence(*told)
    for name in ("S.1", "T1.1"):
        assert ("T3.1", "forked") in kinds_kept(stolen.nodes[name])
    at = stories[0].run, stories[0].first
    assert log_of(stolen.nodes["S.1"])[at] != log_of(stolen.nodes["T1.1"])[at]
    assert any(
        (name == "Bord 3" or "T3.1" in name) and words == text("refused_forked", "da") for name, words in stolen.overview()
    )
    stolen.serve_everywhere()


def test_whom_it_asks_for_is_marked_and_it_is_known_by_whom(stolen):
    """What can't be prevented: a table asks for any voter, and the holder grants it. At every table the voter is told where."""
    thief, voter = stolen.device(), stolen.voters[1].pop()
    asked = e.Request(f"{thief.run}/88888", e.Op.CHECK_IN, voter, ("byraad", "region"))
    thief.say(TopicKind.ASK, wire.encode_ask(Ask(asked), thief.bundle.key.sign), "T1.1")
    thief.fence("T1.1")
    refused = stolen.clerks[0].show(voter)
    assert refused.content.code == "A1"
    assert "3" in refused.content.reason
    stolen.clerks[0].leave()


def test_a_node_that_starts_is_held_up_by_a_liar_until_the_chairs_word(stolen):
    """The thief's retained words are junk, and its heads show entries that nobody has, some of table 1's own among them. The
    overview says that it waits for table 3. A code stops that; then the chair excuses it, and table 1 decides again."""
    thief = stolen.device()
    for kind, to in ((TopicKind.LOG, ""), (TopicKind.GIVE, "T1.1"), (TopicKind.WANT, "T1.1"), (TopicKind.ASK, "T1.1")):
        thief.say(kind, b"x" * 100_000, to, retain=True)
    table = stolen.place.table(1)
    before = run_of(stolen.place.secretary, "T1.1")
    table.power_off()
    table.start()
    stolen.answer_for(table)
    stolen.await_run("T1.1", before)
    thief.say(TopicKind.HEAD, thief.head(thief.far_beyond(*HONEST)), retain=True)
    waits = text("catching_up_on", "da", "Bord 3")
    with table.screen() as screen:
        chair = stolen.place.chair(screen, table)
        chair.overview()
        screen.until(lambda screen: waits in screen.content.said())
        with stolen.place.secretary.screen() as other:
            secretary = stolen.place.chair(other, stolen.place.secretary)
            secretary.stop(["T3.1"], stolen.place.next_chair_code())
            secretary.finish()
            secretary.leave()
        chair.excuse(["T3.1"])
        chair.overview()
        screen.until(lambda screen: waits not in screen.content.said())
        chair.leave()
    stolen.sit_down()
    stolen.serve_everywhere()


def test_after_a_power_cut_the_screens_name_the_liar_and_the_chairs_word_gets_past_it(stolen):
    """Everybody starts, and nobody is a member: the thief's heads show entries that do not exist, some of each node's own among
    them. The chair goes on with the next code, which names table 3; each table's overview says that it waits for that, the
    chair excuses it there, and all serve, table 3's voters too, though it lies on."""
    thief = stolen.device()
    stolen.restart()

    def lie():
        thief.say(TopicKind.HEAD, thief.head(thief.far_beyond(*HONEST, "T3.2"), member=False, runs=2))

    lie()
    with stolen.place.secretary.screen() as screen:
        chair = stolen.place.chair(screen, stolen.place.secretary)
        chair.stop(["T3.1"], stolen.place.next_chair_code())
        chair.finish()
        chair.leave()
    lie()
    waits = text("catching_up_on", "da", "Bord 3")
    for number in (1, 2):
        table = stolen.place.table(number)
        with table.screen() as screen:
            chair = stolen.place.chair(screen, table)
            chair.overview()
            screen.until(lambda screen: screen.content.said() == waits)
            chair.excuse(["T3.1"])
            lie()
            chair.overview()
            screen.until(lambda screen: not screen.content.said())
            chair.leave()
    stolen.sit_down()
    stolen.serve_everywhere()
    stolen.clerks[0].serve_voter(stolen.voters[3].pop())


def test_a_stolen_device_is_revoked_and_its_book_taken(stolen):
    """In the middle of its flood: both brokers throw it out and let it in no more, everybody shows that it is revoked, and the
    secretary takes its book. What it has signed since still counts, where a device that is let in passes it on."""
    with Flood(stolen) as flood:
        done = valgbord("revoke", "T3.1", "--authority", stolen.place.authority)
    assert done.returncode == 0, done.stderr
    for thief in flood.thieves:
        thief.until(lambda thief=thief: not thief.is_connected)
    accomplice = stolen.device("table-2", spare=True)
    with pytest.raises((OSError, AssertionError)):
        assert stolen.device().is_connected
    assert ("Bord 3", text("refused_revoked", "da")) in stolen.overview("table-1")
    late, _ = flood.thieves[0].entries(e.Closed(), after=end_of(stolen.place.secretary, "T3.1"))
    accomplice.fence("S.1")  # it has the brokers again
    accomplice.say(TopicKind.GIVE, wire.encode(late), "S.1")
    accomplice.fence("S.1")
    assert (late.run, late.first) in log_of(stolen.place.secretary)
    with stolen.place.secretary.screen() as screen:
        chair = stolen.place.chair(screen, stolen.place.secretary)
        chair.stop(["T3.1"], stolen.place.next_chair_code())
        chair.finish()
        chair.leave()
    assert any(text("holds", "da", "3") in words for _, words in stolen.overview())
    stolen.clerks[0].serve_voter(stolen.voters[3].pop())
