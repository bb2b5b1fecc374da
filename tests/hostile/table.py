"""A place whose network brings one table anything: the table's real post and node, and what must hold whatever comes.

Table 2 listens, cut off from the others, whose words are kept as they travelled. What comes in goes the way that it goes in the
service: topic, post, node, commit. Then the cable is plugged in again: the table must have taken in nothing but what its device
has signed, must catch up with the others, and must answer a scan.
"""

import atexit
import enum
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from msgspec import inspect

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.chain import Stored
from kiosk.domain.messages import Ask, Batch, Head
from kiosk.domain.nodes import device_of
from kiosk.node import Keep, Steps
from kiosk.node.types import Evidence
from kiosk.service.list_transfer import KnownLists
from kiosk.service.peer_transport import PeerTransport
from kiosk.simulated.plan import plan_text
from kiosk.sync import link as net
from kiosk.sync import messages as wire
from kiosk.sync.topics import ADDRESSED, AT_CLERK, OFFLINE, TopicKind, topic_of, topics_for
from kiosk.trust.bundle import Bundle, provision
from kiosk.trust.trust_store import TrustStore
from tests import made_up
from tests.hostile.changes import Steered, changed
from tests.stories.place import Device, Place, batch_of

PREFIX = f"valg/{made_up.PLACE}"
ME = "T2.1"
VOTER = 208  # whose card is scanned at the end

_SENDERS = ("S.1", "T1.1", "T3.1", "T1.2", "T9.1", "X", "", "T", "Tx.1", "T1.1\n", "T" + "9" * 400 + ".1", "æ" * 9_000)
_STRANGER = made_up.keys("a stranger")
_TOPICS = topics_for(PREFIX, ME, ("S.1", "T1.1", "T3.1", "T1.2", "T9.1"))  # of a stranger too, whom the node must know as one


@lru_cache(1)
def _trust() -> TrustStore:
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    plan = folder / "plan.toml"
    plan.write_text(plan_text(folder / "scanner", {}, tables=3, brokers=[8883]), encoding="utf-8")
    return TrustStore(Bundle.load(provision(plan, folder / "bundles").bundles[ME]), folder / "data")


def transport_of(me: str) -> PeerTransport:
    """A node's post."""
    lists = KnownLists(me, ("S", "T2"))
    lists.digest = ""  # as in the heads of the place in memory
    keys = made_up.keys(me)
    return PeerTransport(keys.sign, keys.verify, _trust(), lists)


class _Place(Place):
    """A place of which everything is kept that is said to table 2, and what table 2 kept as evidence."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, bytes]] = []
        self.evidence: list[Evidence] = []

    def _post(self, device: Device, to: str, message: object) -> None:
        super()._post(device, to, message)
        if message is not None and to in ("", ME) and device.name != ME:
            self.said.append(_as_it_travels(device.name, message))

    def _carry_out(self, device: Device, steps: Steps) -> None:
        super()._carry_out(device, self._kept(steps) if device.name == ME else steps)

    def _kept(self, steps: Steps) -> Steps:
        for step in steps:
            if isinstance(step, Keep):
                assert len(step.evidence) <= limits.EVIDENCE_KEPT
                self.evidence += step.evidence
            yield step


class Table:
    """Table 2 and its network. `said`: what the others have said since it was cut off, as topic and payload."""

    def __init__(self) -> None:
        self.place = _Place().morning()
        self.place.serve("T2", 202)
        self.place.cut_off("T2")
        self.place.said.clear()
        self.place.serve("T1", 101)
        self.place.give(3, "T3", "T1")
        self.place.wait(1_000)
        self.transport = transport_of(ME)
        self.said = list(self.place.said)

    @property
    def evidence(self) -> list[Evidence]:
        """What the table has kept of what it refused."""
        return self.place.evidence

    @property
    def disk(self) -> list[Stored]:
        """The table's disk."""
        return self.place.devices["T2"].disk

    def hear(self, topic: str, payload: bytes) -> None:
        """A broker brings something, and the table's turn comes."""
        if topic in _TOPICS and payload:
            kind, sender = _TOPICS[topic]
            gone = kind is TopicKind.HEAD and payload == OFFLINE
            self.transport.receive(net.SenderOffline(sender) if gone else net.Arrived(kind, sender, payload))
        while self.transport.waits:
            self.place._put("T2", *self.transport.take())

    def holds(self) -> None:
        """What must hold whatever has come."""
        written = {
            row.data for device in self.place.devices.values() for row in device.disk if device_of(row.run) == device.name
        }
        assert not [row for row in self.disk if row.data not in written]
        for kept in self.evidence:
            assert len(kept.sender) <= 8
            assert len(kept.why) <= 100
        for body in self.place.bodies("T2", e.Decision):
            assert isinstance(body, e.Decision)
            assert device_of(body.request) in self.place.made_up.devices
        self.place.heal()
        self.place.wait(5_000)
        stored = [self.place.core(name).books.books.runs.stored for name in ("T2", "S")]
        assert stored[0] == stored[1]
        self.answers()

    def answers(self) -> None:
        """The table answers a scan, and its chair's pages can be shown; no screen is larger than a display takes."""
        self.place.scan("T2", VOTER)
        assert self.place.shown("T2") in ("VoterShown", "Refused")
        self.place.touch("T2", "cancel" if self.place.shown("T2") == "VoterShown" else "next")
        for screen in self.place.devices["T2"].screens:
            assert len(s.encode(screen)) < limits.MESSAGE_BYTES

    def looks_around(self) -> None:
        """Every page that tells of the others is shown, at the table and at the secretary's."""
        for name in ("T2", "S"):
            self.place.touch(name, "menu")
            self.place.touch(name, "overview")
            for page in ("pick stop", "cancel", "pick give", "cancel"):
                self.place.touch(name, page)
            for voter in (101, 201, 301):
                self.place.scan(name, voter)
                self.place.touch(name, "next" if self.place.shown(name) == "Refused" else "cancel")
            self.place.touch(name, "cancel")
            assert all(len(s.encode(screen)) < limits.MESSAGE_BYTES for screen in self.place.devices[name].screens)


def stranger(data: bytes) -> None:
    """Whatever a stranger brings: nothing of it counts, and the table goes on."""
    table, rng = Table(), Steered(data)
    for _ in range(rng.randint(1, 8)):
        table.hear(*strange(table.said, rng))
    table.holds()


def thief(data: bytes) -> None:
    """Whatever is signed with a stolen key: every page can be shown, and the nodes start again from what they have taken in."""
    table = Table()
    table.place.crash("T1")
    for topic, payload in stolen(table, Steered(data)):
        table.hear(topic, payload)
    table.place.heal()
    table.place.wait(1_000)
    table.looks_around()
    table.place.restart("T2", "S")
    table.place.wait(2_000)
    table.looks_around()


def _as_it_travels(device: str, message: Any) -> tuple[str, bytes]:
    match type(message).__name__:
        case "Head":
            kind, payload = TopicKind.HEAD, wire.encode_head(message, made_up.keys(device).sign)
        case "AtClerk":
            kind, payload = TopicKind.HEAD, AT_CLERK
        case "Batch":
            kind, payload = TopicKind.LOG, wire.encode(message)
        case name:
            kind, payload = TopicKind(name.lower()), wire.encode(message)
    return topic_of(PREFIX, kind, device, ME if kind in ADDRESSED else ""), payload


# --- a stranger -------------------------------------------------------------------------------------------------------


def strange(said: list[tuple[str, bytes]], rng: Random) -> tuple[str, bytes]:
    """What a stranger brings: something that was said, changed, under any topic."""
    topic, payload = rng.choice(said)
    kind, sender = rng.choice(list(TopicKind)), rng.choice(_SENDERS)
    if rng.random() < 0.5:
        topic = topic_of(PREFIX, kind, sender, ME if kind in ADDRESSED else "")
    return rng.choice((_changed, _kept, _resigned, _ask, _word))(topic, payload, rng)


def _changed(topic: str, payload: bytes, rng: Random) -> tuple[str, bytes]:
    return topic, changed(payload, rng)


def _kept(topic: str, payload: bytes, _rng: Random) -> tuple[str, bytes]:
    return topic, payload


def _word(topic: str, _payload: bytes, rng: Random) -> tuple[str, bytes]:
    return topic, rng.choice((AT_CLERK, OFFLINE, b"\0", b"{}"))


def _ask(_topic: str, _payload: bytes, rng: Random) -> tuple[str, bytes]:
    """A request that its table has never made; nobody has signed it."""
    sender = rng.choice(_SENDERS)
    asked = wire.encode_ask(
        Ask(e.Request(f"{sender}-00000000000000aa/9", e.Op.CHECK_IN, 201, ("byraad",))), lambda _message: b""
    )
    return topic_of(PREFIX, TopicKind.ASK, sender, ME), changed(asked, rng) if rng.random() < 0.5 else asked


def _resigned(topic: str, payload: bytes, rng: Random) -> tuple[str, bytes]:
    """The entries or the head are other ones, well linked, and signed by a stranger's key."""
    try:
        batch = wire.read_batch(payload)
    except wire.MessageError:
        return topic, changed(payload, rng)
    made = _chain(batch.run, batch.first, e.decode_entry(batch.entries[0]).prev, rng)
    return topic, wire.encode(_batch(made, _STRANGER.sign))


# --- a thief, who has a device's key ----------------------------------------------------------------------------------


def stolen(table: Table, rng: Random) -> list[tuple[str, bytes]]:
    """What whoever has the first table's key can say in its name, next: entries and heads, well signed."""
    run = table.place.runs_on("T1")[-1]
    mine = [row for row in table.place.devices["T1"].disk if row.run == run]
    sign = made_up.keys("T1.1").sign
    name = run if rng.random() < 0.5 else f"T1.1-{rng.getrandbits(64):016x}"
    made = _chain(name, mine[-1].seq + 1, e.entry_hash(mine[-1].data), rng, before=run if name != run else "")
    said = [(topic_of(PREFIX, TopicKind.LOG, "T1.1"), wire.encode(b)) for b in (batch_of(mine), _batch(made, sign))]
    head = msgspec.structs.replace(anything(Head, rng), run=name, runs=9)
    said.insert(rng.randrange(3), (topic_of(PREFIX, TopicKind.HEAD, "T1.1"), wire.encode_head(head, sign)))
    return said


def _chain(run: str, first: int, link: str, rng: Random, before: str = "") -> list[bytes]:
    made: list[bytes] = []
    for seq in range(first, first + rng.randint(1, 6)):
        time = anything(int, rng) if rng.random() < 0.2 else made_up.MORNING_MS + seq
        body = e.Start(before) if before and seq == first else anything(e.Body, rng)
        made.append(bytes(e.encode_entry(e.Entry(run, seq, link, time, body))))
        link = e.entry_hash(made[-1])
    return made


def _batch(made: list[bytes], sign: Any) -> Batch:
    first = msgspec.json.decode(made[0])
    signature = sign(e.batch_signed(e.entry_hash(made[-1]))).hex()
    return Batch(first["run"], first["seq"], tuple(map(msgspec.Raw, made)), signature)


_RUNS = [f"{device}-00000000000000aa" for device in ("S.1", "T1.1", "T2.1", "T3.1", "T1.2")]
_WORDS = ["S.1", "T1.1", "T2.1", *_RUNS, *(f"{run}/1" for run in _RUNS), *(f"{run}#1" for run in _RUNS), "byraad", "region"]
_ODD = ["", "X", "T", "Tx.1", "T99.1", "T1.1-0/9", "xyz/1", "T1.1/3", "already_marked", "f" * 64, "x" * 4_000, "\n", "\0"]
_NUMBERS = [0, 1, 2, 3, 4, 5, 9, 101, 102, 201, 202, 301, made_up.MORNING_MS]
_HUGE = [-1, 77, 2**31, 2**53, 10**15, 10**18, 10**30, 10**400, -(10**30)]


def anything(kind: Any, rng: Random) -> Any:
    """Any value of a type, out of what is about in the place and, now and then, out of what is not."""
    return _value(inspect.type_info(kind), rng)


def _value(info: inspect.Type, rng: Random) -> Any:
    odd = rng.random() < 0.1
    match info:
        case inspect.StructType(cls=cls, fields=fields):
            return cls(**{field.name: _value(field.type, rng) for field in fields})
        case inspect.UnionType(types=types):
            return _value(rng.choice(types), rng)
        case inspect.EnumType(cls=cls):
            return rng.choice(list[enum.Enum](cls))
        case inspect.VarTupleType(item_type=item):
            return tuple(_value(item, rng) for _ in range(rng.randint(0, 3)))
        case inspect.DictType(key_type=key, value_type=value):
            return {_value(key, rng): _value(value, rng) for _ in range(rng.randint(0, 3))}
        case inspect.IntType():
            return rng.choice(_HUGE if odd else _NUMBERS)
        case inspect.StrType():
            return rng.choice(_ODD if odd else _WORDS)
        case inspect.BoolType():
            return rng.random() < 0.5
        case _:
            return None
