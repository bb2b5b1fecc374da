"""A device that was stolen with all its keys, or another stranger, at a real place's brokers: it says whatever it likes."""

import sqlite3
import ssl
import threading
import time
from contextlib import ExitStack, closing, contextmanager, suppress

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.messages import Batch, Head, Stance, Want
from kiosk.domain.nodes import device_of
from kiosk.remote.screen_client import NoScreenError
from kiosk.simulated.device import PATIENCE_S
from kiosk.simulated.place import SimulatedPlace
from kiosk.store.voterlist import list_digest
from kiosk.sync import messages as wire
from kiosk.sync.topics import TopicKind, topic_of
from kiosk.trust.bundle import Bundle
from kiosk.trust.trust_store import TrustStore

AGAIN_S = 1.5  # seconds after which a card is scanned again; less would be taken for the same scan
REALM = "oevelse/4701"
HONEST = ("S.1", "T1.1", "T2.1")


class Peer:
    """A client of one broker, with any TLS context. Whatever it hears is in `heard`: topics and payloads."""

    def __init__(self, port, context, client_id="", will=None):
        self.heard = []
        self.codes = []
        self._subscribed = 0
        self._news = threading.Condition()
        self._answer = None
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        self.client.max_queued_messages_set(0)
        self.client.tls_set_context(context)
        if will is not None:
            self.client.will_set(will, b"offline", qos=1, retain=True)
        self.client.on_connect = lambda *given: self._take(lambda: setattr(self, "_answer", given[3]))
        self.client.on_disconnect = lambda *_: self._take(lambda: setattr(self, "_answer", "lost"))
        self.client.on_message = lambda _c, _u, message: self._take(
            lambda: self.heard.append((message.topic, bytes(message.payload)))
        )
        self.client.on_subscribe = lambda *_: self._take(lambda: setattr(self, "_subscribed", self._subscribed + 1))
        self.client.on_publish = lambda _c, _u, _mid, code, _p: self._take(lambda: self.codes.append(code.value))
        properties = Properties(PacketTypes.CONNECT)
        properties.MaximumPacketSize = 4_000_000
        until = time.monotonic() + PATIENCE_S
        while self.client.socket() is None:
            try:
                self.client.connect("127.0.0.1", port, keepalive=60, clean_start=True, properties=properties)
            except ConnectionRefusedError:
                assert time.monotonic() < until, "no broker listens"
                time.sleep(0.05)  # nothing announces a broker that is just starting again
        self.client.loop_start()
        self.until(lambda: self._answer is not None)

    def _take(self, news):
        with self._news:
            news()
            self._news.notify_all()

    @property
    def is_connected(self):
        """Whether the broker has let it in, and has not thrown it out."""
        return self._answer not in (None, "lost") and not self._answer.is_failure

    def until(self, holds, seconds=PATIENCE_S):
        """Wait until something holds that its broker's words have brought about."""
        with self._news:
            assert self._news.wait_for(holds, seconds), "it did not come about in time"

    def await_news(self, seconds):
        """Wait for the next word that comes, for so long at most."""
        with self._news:
            self._news.wait(seconds)

    def subscribe(self, *topics):
        """Subscribe, whether or not it may, and wait for the broker's word on each: what is said from now on is heard."""
        answered = self._subscribed + len(topics)
        for topic in topics:
            self.client.subscribe(topic, qos=1)
        self.until(lambda: self._subscribed >= answered or not self.is_connected)

    def publish(self, topic, payload, retain=False):
        """Publish, and wait for the broker's word on it: 0x87 where it may not."""
        count = len(self.codes)
        self.client.publish(topic, payload, qos=1, retain=retain)
        self.until(lambda: len(self.codes) > count or not self.is_connected)
        return self.codes[-1] if self.is_connected else None

    def drop(self):
        """End without a goodbye: its will is due."""
        self.client.socket().shutdown(2)
        self.close()

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


class Device(Peer):
    """A peer with a bundle of the place: its certificate, and the key that signs its log, which it goes on with."""

    def __init__(self, place, bundle, broker=0, **options):
        self.bundle = Bundle.load(bundle)
        self.me = self.bundle.device.name
        self.place = place
        self.tail = end_of(place.secretary, self.me)
        self.count = 10**6
        self.list = list_digest(self.bundle.plan.place.realm, place.voters)
        context = TrustStore(self.bundle, place.folder / f"hostile-{self.me}").credentials().context
        super().__init__(place.brokers[broker].port, context, **options)

    def say(self, kind, payload, to="", retain=False):
        """Say something under its own name."""
        return self.publish(topic_of(REALM, kind, self.me, to), payload, retain)

    def fence(self, *names, ask_for="S.1"):
        """Wait until these nodes have taken in all that was said here before, and written what they keep of it.

        Once a node gives, it has taken in what was said before. Copies wait for a commit `COPIES_WAIT_MS` at most. A node gives
        in the turn in which it is asked, before that turn's commit: so when it gives once more, the commit is done.
        """
        self.subscribe(f"{REALM}/give/+/{self.me}")
        for wait_ms in (0, limits.COPIES_WAIT_MS, 0):
            time.sleep(wait_ms / 1000)  # nothing announces it
            for name in names:
                run = run_of(self.place.secretary, "T2.1" if name == ask_for else ask_for)
                before, want = self.given_by(name), wire.encode(Want(run, 1))
                for _ in range(round(PATIENCE_S)):  # who has said too much is not listened to for a while
                    self.say(TopicKind.WANT, want, name)
                    with suppress(AssertionError):
                        self.until(lambda name=name, before=before: self.given_by(name) > before, 1.0)
                        break
                assert self.given_by(name) > before

    def given_by(self, name):
        """How often a node has given it entries."""
        return sum(topic == f"{REALM}/give/{name}/{self.me}" for topic, _ in self.heard)

    # --- what it signs ---

    def entries(self, *bodies, after=None):
        """A batch that goes on after (run, seq, hash), its own log's end unless given; the log is not changed by it."""
        (run, seq, last), raws = after or self.tail, []
        first = seq + 1
        for body in bodies:
            seq += 1
            data = e.encode_entry(e.Entry(run, seq, last, time.time_ns() // 1_000_000, body))
            last = e.entry_hash(data)
            raws.append(msgspec.Raw(data))
        return Batch(run, first, tuple(raws), self.bundle.key.sign(e.batch_signed(last)).hex()), (run, seq, last)

    def write(self, *bodies):
        """Go on with its own log, and let all hear it."""
        batch, self.tail = self.entries(*bodies)
        assert self.say(TopicKind.LOG, wire.encode(batch)) == 0
        return batch

    @property
    def run(self):
        """Its run: its log's last one, or one that nobody has heard of where its log is empty."""
        return self.tail[0] or f"{self.me}-{'a' * 16}"

    def far_beyond(self, *devices):
        """A vector that has, of the runs of these devices, more than anybody will ever write."""
        return {run_of(self.place.secretary, device) or f"{device}-{'b' * 16}": 10**11 for device in devices}

    def head(self, have, member=True, runs=1):
        """A head of its own with any vector, newer than all before."""
        self.count += 1
        head = Head(self.run, runs, self.count, have, member, Stance.SERVING, time.time_ns() // 1_000_000)
        return wire.encode_head(head, self.bundle.key.sign, self.list)

    def piece(self):
        """A piece of the voter list that nobody has asked for, signed by itself."""
        return wire.encode_piece(wire.Piece(self.list, 0, 3_000, False, ()), self.bundle.key.sign)

    def old_head(self):
        """A head of its own that is older than the last one it has said."""
        old = self.head({}, member=False)
        self.say(TopicKind.HEAD, self.head({}, member=False))
        return old


def without_certificate(place):
    """A context of somebody who knows the place's authority and has no certificate."""
    context = ssl.create_default_context(cafile=place.secretary.bundle / "authority.crt")
    context.check_hostname = False
    return context


# --- what is on the disks and screens --------------------------------------------------------------------------------


@contextmanager
def reading(data):
    """A node's database, as plain SQLite."""
    with closing(sqlite3.connect(f"file:{data / 'node.db'}?mode=ro", uri=True)) as database:
        yield database


def log_of(node):
    """Every entry on a node's disk: its bytes by run and seq."""
    with reading(node.data) as database:
        return {(run, seq): entry for run, seq, entry in database.execute("select run, seq, entry from log")}


def end_of(node, device):
    """How far a device's log goes on a node's disk: its last run, seq and hash; "", 0 and "" for an empty one."""
    with reading(node.data) as database:
        found = database.execute(
            "select run, seq, entry from log where run like ? order by seq desc limit 1", (f"{device}-%",)
        ).fetchone()
    return (found[0], found[1], e.entry_hash(found[2])) if found else ("", 0, "")


def run_of(node, device):
    """A device's last run, as a node's disk has it; "" for none."""
    return end_of(node, device)[0]


def evidence_of(node):
    """What a node has kept of what it refused: sender, kind and how many."""
    with reading(node.data) as database:
        rows = database.execute("select sender, why, count(*), max(length(data)) from evidence group by sender, why").fetchall()
    return {(sender, why.partition(":")[0], why): (count, longest) for sender, why, count, longest in rows}


def kinds_kept(node):
    """Whose words a node has refused, and why."""
    return {(sender, kind) for sender, kind, _ in evidence_of(node)}


def how_often(node, sender, kind):
    """How often a node has kept that it refused such words of a sender."""
    return sum(count for (who, what, _), (count, _) in evidence_of(node).items() if (who, what) == (sender, kind))


class Clerk:
    """The clerk of a table: serves one voter after another of the books that are in honest hands."""

    def __init__(self, node, card, voters):
        self.node, self._card, self._voters = node, card, voters
        self.screen = node.screen()
        self.screen.showing(s.Ready)

    def serve(self):
        """Serve the next voter; the seconds from the touch to the green."""
        voter = self._voters.pop()
        return self.serve_voter(voter)

    def show(self, voter):
        """Scan a card, again if nothing comes of it, as a clerk does; the screen that follows."""
        kinds, until = (s.VoterShown, s.Kind.REFUSED, s.Kind.REFERRED), time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            self.screen.catch_up()
            self.node.scanner.scan(self._card(voter))
            with suppress(NoScreenError):
                return self.screen.until(
                    lambda screen: s.shows(screen.content, *kinds) and _number(screen.content) == voter, AGAIN_S
                )
        raise AssertionError(f"voter {voter} is not shown")

    def serve_voter(self, voter):
        """Serve this voter; the seconds from the touch to the green."""
        assert isinstance(self.show(voter).content, s.VoterShown)
        touched = time.monotonic()
        while not isinstance(self.screen.screen.content, s.Green):
            assert time.monotonic() < touched + PATIENCE_S, f"voter {voter} is not served"
            if isinstance(self.screen.screen.content, s.VoterShown):  # a touch on a screen that was just replaced is nothing
                self.screen.touch("approve")
            elif isinstance(self.screen.screen.content, s.Ready):
                self.show(voter)
            with suppress(NoScreenError):
                self.screen.until(lambda screen: isinstance(screen.content, s.Green), AGAIN_S)
        took = time.monotonic() - touched
        self.screen.drawn()
        self.leave()
        return took

    def leave(self):
        """From the end of a visit to the next voter."""
        self.screen.touch("next")
        self.screen.showing(s.Ready)

    def close(self):
        self.screen.close()


def _number(content):
    return int("".join(filter(str.isdigit, content.number)))


class Stolen:
    """A place with three tables whose poll is open; table 3's device has been stolen, with its keys and all that is on it."""

    def __init__(self, folder):
        self.place = SimulatedPlace(folder, folder, tables=3, voters=3_000, seed=3, cables=False)
        with ExitStack() as undo:
            undo.callback(self.place.close)
            self.place.start()
            undo.pop_all()
        self.nodes = {"S.1": self.place.secretary, "T1.1": self.place.table(1), "T2.1": self.place.table(2)}
        can = [v for v in self.place.voters if v.struck is None and len(v.elections) == 2 and not v.postal]
        self.voters = {book: [v.number for v in can if v.book == book] for book in (1, 2, 3)}
        self.place.table(3).power_off()
        self.clerks = []
        self.sit_down()
        self.peers = []

    def sit_down(self):
        """The clerks of tables 1 and 2 begin; half of their voters are in the other's book."""
        for clerk in self.clerks:
            clerk.close()
        self.clerks = [Clerk(self.place.table(number), self.place.card, self.voters[book]) for number, book in ((1, 2), (2, 1))]

    def device(self, name="table-3", spare=False, **options):
        """A peer with the certificate of a device, closed at the end of the test."""
        folder = self.place.folder / "bundles"
        bundle = folder / "spares" / name if spare else folder / name
        peer = Device(self.place, bundle, **options)
        self.peers.append(peer)
        return peer

    def peer(self, context, **options):
        """A peer with any context."""
        peer = Peer(self.place.brokers[0].port, context, **options)
        self.peers.append(peer)
        return peer

    def of_others(self):
        """What each honest node has of dishonest disks. What it has of honest ones must be just what they have written."""
        logs = {name: log_of(node) for name, node in self.nodes.items()}
        written = {
            name: {key: entry for key, entry in log_of(node).items() if device_of(key[0]) == name}
            for name, node in self.nodes.items()
        }
        for log in logs.values():
            of_honest = {key: entry for key, entry in log.items() if device_of(key[0]) in HONEST}
            assert all(written[device_of(key[0])].get(key) == entry for key, entry in of_honest.items())
        return {
            name: {key: entry for key, entry in log.items() if device_of(key[0]) not in HONEST} for name, log in logs.items()
        }

    def serve_everywhere(self):
        """A voter at each honest table, each of the other's book, is served: that a screen does not come is an error."""
        for clerk in self.clerks:
            clerk.serve()

    def restart(self):
        """The power fails everywhere, and comes back."""
        for node in self.nodes.values():
            node.power_off()
        for node in self.nodes.values():
            node.start()
        for node in self.nodes.values():
            self.answer_for(node)

    def answer_for(self, node):
        """A table's clerk says after a restart that the last voter was given the ballots, where it asks."""
        with node.screen() as screen:
            if isinstance(screen.showing(s.Ready, s.Kind.NOT_READY, s.Sheet, s.Unresolved).content, s.Unresolved):
                screen.touch("yes")
                screen.showing(s.Ready, s.Kind.NOT_READY)

    def await_run(self, device, before):
        """Wait until the secretary's disk has a later run of a device than this one."""
        until = time.monotonic() + PATIENCE_S
        while run_of(self.place.secretary, device) == before:
            assert time.monotonic() < until, "its start does not come"
            time.sleep(0.05)  # nothing announces it

    def overview(self, name="secretary"):
        """The rows of a node's overview: what is named, and what is said of it."""
        node = self.place.nodes[name]
        with node.screen() as screen:
            screen.next()
            lines = self.place.chair(screen, node).overview().rows
            if node is not self.place.secretary:
                screen.touch("cancel")
                screen.showing(s.Ready)
            return {(line.name, line.text) for line in lines}

    def leave(self):
        """End the peers of a test."""
        for peer in self.peers:
            peer.close()
        self.peers.clear()

    def close(self):
        with closing(self.place):
            self.leave()
            for clerk in self.clerks:
                clerk.close()
