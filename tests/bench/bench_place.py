"""What several tables cost, each figure beside its yardstick from the same run.

python tests/bench/bench_place.py

The nodes and brokers are the real ones, as processes. The yardstick of approve → green at a table that does not hold the book
is one round trip of two paho clients through the same broker at the same QoS, and one bare durable commit, by turns with the
place.
"""

import mmap
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import islice
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
from bench_checkin import DELAY_MS, preloaded_delay, report, spread, yardstick
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from paho.mqtt.enums import CallbackAPIVersion

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.nodes import table_of
from kiosk.domain.runs import Runs
from kiosk.node.replica import Replica
from kiosk.plan.config import load_plan
from kiosk.remote.screen_client import ScreenClient
from kiosk.simulated.place import SimulatedNode, SimulatedPlace
from kiosk.store.database import Database
from kiosk.store.log import Log
from kiosk.store.voterlist import VoterList
from kiosk.sync.topics import TopicKind, topic_of
from kiosk.trust.authority import read_revocation_list
from kiosk.trust.bundle import AUTHORITY, PLAN, REVOKED, Bundle
from kiosk.trust.trust_store import client_context
from kiosk.wiring import keys_of, log_beginning

WARM, ROUNDS = 30, 200  # voters one at a time
PAUSE_S = 0.04  # seconds before each measurement: the brokers and nodes have come to rest, as between two voters
LOOK_S = 0.02  # seconds between looks at a disk
REST_S = 0.2  # seconds before a rush: what the one before has left to copy is copied
BLOCK = 50
RUSHES = 40  # of the eight tables
AWAY = 20_000  # entries that a table has missed
# The spare cards that the yardsticks speak as; nobody else listens to what one says to the other.
ASKS, DECIDES = ("S.2", *(f"T{number}.2" for number in range(2, 9))), "T1.2"
MEMORY = Path("/dev/shm")  # where what is added is all that a sync takes, as if each node had a disk to itself
_LAST_OF_TABLE_1 = "select max(seq) from log where run = (select run from log where run like 'T1.1-%' order by arrival desc)"
ECHO = b"x" * 300  # is sent back as it is


def main() -> None:
    report("a page of memory that was left alone between two voters", f"{cold_page():.2f} us more than at once")
    with a_folder() as folder:
        delay = preloaded_delay(folder)
    for brokers in (1, 2):
        for preload in ("", delay):
            with a_place(2, preload, brokers) as place:
                at_another_table(place, preload)
    with a_place(8, "") as place:
        everywhere(place)
    for brokers in (1, 2):
        for disk in (None, MEMORY):
            with a_place(8, delay, brokers, disk) as place:
                all_at_once(place, delay)
    catch_up()


def cold_page() -> float:
    """Microseconds that a page costs which was not touched for as long as a node rests here.

    More than a cache miss, about 0.1, means that the machine is a virtual one that takes such pages away; then all are slower,
    each the more memory it uses, and the ratios below tell of that too.
    """
    size = 1_000 * mmap.PAGESIZE

    def touched(memory: mmap.mmap) -> float:
        started = time.perf_counter()
        memory[:: mmap.PAGESIZE]
        return (time.perf_counter() - started) * 1e6 / 1_000

    with closing(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)) as memory:
        memory.write(b"x" * size)
        costs = []
        for _ in range(20):
            at_once = touched(memory)
            time.sleep(4 * PAUSE_S)
            costs.append(touched(memory) - at_once)
    return statistics.median(costs[1:])


@contextmanager
def a_folder() -> Iterator[Path]:
    yield Path(tempfile.mkdtemp(prefix="vb-"))


@contextmanager
def a_place(tables: int, preload: str, brokers: int = 2, disk: Path | None = None) -> Iterator[SimulatedPlace]:
    """A running place; each node's syncs are slowed by the preloaded library. All are on this machine's disk, unless said."""
    folder = Path(tempfile.mkdtemp(prefix="vb-", dir=disk))
    with closing(
        SimulatedPlace(folder, folder, tables=tables, voters=tables * 1_500, seed=1, cables=False, brokers=brokers)
    ) as place:
        place.start(*wrapper(preload))
        yield place


def wrapper(preload: str) -> tuple[str, ...]:
    return ("env", f"LD_PRELOAD={preload}") if preload else ()


def cards(place: SimulatedPlace, book: int) -> Iterator[str]:
    """The cards of a book's voters who may be given both ballots."""
    for voter in place.voters:
        if voter.book == book and voter.struck is None and len(voter.elections) == 2 and not voter.postal:
            yield place.card(voter.number)


def serve(client: ScreenClient, node: SimulatedNode, card: str) -> float:
    """One voter; the seconds from approval to green."""
    node.scanner.scan(card)
    client.showing(s.VoterShown)
    time.sleep(PAUSE_S)
    started = time.perf_counter()
    client.touch("approve")
    end = client.showing(s.Green, s.Kind.REFUSED)
    took = time.perf_counter() - started
    assert isinstance(end.content, s.Green), end.content
    client.drawn()
    return took


# --- approve → green at a table that is not the holder --------------------------------------------------------------


def at_another_table(place: SimulatedPlace, preload: str) -> None:
    """Voters of table 2's book, one at a time at table 1, by turns with the yardstick."""
    greens: list[float] = []
    trips: list[float] = []
    commits: list[float] = []
    leasts: list[float] = []
    node, queue = place.table(1), cards(place, 2)
    with ScreenClient(node.socket, draws=False) as client, ExitStack() as running:
        client.showing(s.Ready)
        bare = running.enter_context(yardstick(node, wrapper(preload)))
        trip, least = running.enter_context(bare_messages(place, node.data.parent, wrapper(preload)))
        for card in islice(queue, WARM + ROUNDS):
            greens.append(serve(client, node, card))
            time.sleep(PAUSE_S)
            trips += trip()
            time.sleep(PAUSE_S)
            commits += bare(1)
            time.sleep(PAUSE_S)
            leasts += least()
            time.sleep(PAUSE_S)
    greens, trips, commits, leasts = greens[WARM:], trips[WARM:], commits[WARM:], leasts[WARM:]
    disk = _with(place, preload)
    (green, green99), (trip50, trip99), (commit, commit99) = spread(greens), spread(trips), spread(commits)
    report(
        f"approve → green at another table{disk}",
        f"{green:.2f} ms, p99 {green99:.2f} ms",
        "p99 < 10 p50",
        met=green99 < 10 * green,
    )
    report(
        f"paho round trip, QoS 0; bare commit{disk}", f"{trip50:.2f} ms, p99 {trip99:.2f}; {commit:.2f} ms, p99 {commit99:.2f}"
    )
    ratio = green / (trip50 + commit)
    report(f"ratio to round trip and one commit{disk}", f"{ratio:.2f}", "≤ 1.25", met=ratio <= 1.25)
    (bound, _) = spread(leasts)
    report(f"the least that the protocol asks, without a poll book{disk}", f"{bound:.2f} ms: {bound / (trip50 + commit):.2f}")


def _with(place: SimulatedPlace, preload: str) -> str:
    """On what disks, and through how many brokers: the yardstick goes through one of them."""
    brokers = len(place.brokers)
    alone = ", a disk for each" if place.folder.is_relative_to(MEMORY) else ""
    return f", {brokers} broker{'s' * (brokers > 1)}{alone}" + (f", {DELAY_MS} ms added to each sync" if preload else "")


@contextmanager
def bare_messages(
    place: SimulatedPlace, folder: Path, wrapper: Sequence[str], clients: int = 1
) -> Iterator[tuple[Callable[[], list[float]], Callable[[], list[float]]]]:
    """The round trip of two paho clients, and the least that the protocol asks for, of all clients at once; each in seconds.

    The least: an ask there, a signed and committed decision back, its signature checked; the asking side commits its request
    meanwhile. No list, ledger, desk or screen; paho's own threads and one broker. All have a process of their own; who decides
    takes all the asks that are there into one commit.
    """
    with ExitStack() as running:

        def started(*words: object) -> subprocess.Popen[str]:
            command = [*wrapper, sys.executable, __file__, *map(str, words)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            running.callback(process.wait)
            running.callback(process.terminate)
            return process

        key = _line(started("--decide", place.folder, folder / f"decides{len(wrapper)}.db"))
        asks = [started("--ask", place.folder, name, key, folder / f"{name}{len(wrapper)}.db") for name in ASKS[:clients]]
        for process in asks:
            _line(process)

        def measured(what: str) -> list[float]:
            for process in asks:
                assert process.stdin is not None
                process.stdin.write(f"{what}\n")
                process.stdin.flush()
            return [float(_line(process)) for process in asks]

        yield lambda: measured("trip"), lambda: measured("least")


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ask(folder: Path, name: str, key: str, file: str) -> None:
    """Measure what each line of the input says, and print the seconds."""
    decides, client = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)), _client(folder, name)
    back, topic = threading.Event(), _topic(folder, name, DECIDES)
    made = {"elections": ["byraad", "region"], "how": "spoken", "op": "check_in", "source": "card", "table": 1}

    def answered(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.payload != ECHO:
            entry, _, signature = message.payload.rpartition(b" ")
            msgspec.json.decode(entry)
            decides.verify(bytes.fromhex(signature.decode()), e.batch_signed(e.entry_hash(entry)))
        back.set()

    client.on_message = answered
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.subscribe(_topic(folder, DECIDES, name), 0)
    client.loop_start()
    with closing(bare_log(file)) as db:
        for line in sys.stdin:
            back.clear()
            started = time.perf_counter()
            if line == "trip\n":
                client.publish(topic, ECHO, 0)
            else:
                request = msgspec.json.encode(made | {"id": f"{name}/1/{time.monotonic_ns()}", "voter": 4182, "book": 2})
                client.publish(topic, request, 0)
                db.execute("insert into log values (?, ?, ?)", (e.entry_hash(request), request, b"s" * 64))
                db.commit()
            assert back.wait(5)
            print(time.perf_counter() - started, flush=True)


def decide(folder: Path, file: str) -> None:
    """Answer every ask with a decision that is signed and on disk; those that are there together with one commit."""
    client, key, came = _client(folder, DECIDES), Ed25519PrivateKey.generate(), list[dict]()
    backs = {name: _topic(folder, DECIDES, name) for name in ASKS}
    granted = {"outcome": "granted", "epoch": 1, "prev": "0" * 64}

    def asked(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.payload == ECHO:
            client.publish(backs[message.topic.split("/")[-2]], ECHO, 0)
        else:
            came.append(msgspec.json.decode(message.payload))

    client.on_message = asked
    client.on_subscribe = lambda *_: print(key.public_key().public_bytes_raw().hex(), flush=True)
    client.subscribe([(_topic(folder, name, DECIDES), 0) for name in ASKS])
    with closing(bare_log(file)) as db:
        while client.loop(1.0) == mqtt.MQTT_ERR_SUCCESS:
            before = 0
            while before < len(came):
                before = len(came)
                client.loop(0)
            answers, requests = [], came.copy()
            came.clear()
            for request in requests:
                decision = granted | {"request": request["id"], "voter": request["voter"]}
                entry = msgspec.json.encode(decision, order="sorted")
                signature = key.sign(e.batch_signed(e.entry_hash(entry)))
                db.execute("insert into log values (?, ?, ?)", (request["id"], entry, signature))
                answers.append((backs[request["id"].split("/")[0]], entry + b" " + signature.hex().encode()))
            if answers:
                db.commit()
            for back, answer in answers:
                client.publish(back, answer, 0)


def bare_log(file: str) -> sqlite3.Connection:
    """A table for entries, as durable as the node's."""
    db = sqlite3.connect(file, check_same_thread=False)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=full")
    db.execute("create table log (id text primary key, entry blob not null, signature blob)")
    return db


def _client(folder: Path, name: str) -> mqtt.Client:
    """A paho client with a certificate of its own, connected to the secretary's broker."""
    authority = folder / "bundles" / "authority"
    read = x509.load_pem_x509_certificate((authority / AUTHORITY).read_bytes())
    revoked = read_revocation_list((authority / REVOKED).read_bytes(), read)
    broker = load_plan(authority / PLAN).brokers[0]
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_socket_open = lambda _client, _data, opened: opened.setsockopt(6, 1, 1)  # TCP_NODELAY
    table = table_of(name)
    card = folder / "bundles" / "spares" / (f"table-{table}" if table else "secretary")
    client.tls_set_context(client_context(authority / AUTHORITY, card / "tls", revoked))
    client.connect(broker.host, broker.port)
    return client


def _topic(folder: Path, sender: str, receiver: str) -> str:
    realm = load_plan(folder / "bundles" / "authority" / PLAN).place.realm
    return topic_of(realm, TopicKind.ASK, sender, receiver)


# --- eight tables ---------------------------------------------------------------------------------------------------


def everywhere(place: SimulatedPlace) -> None:
    """From a green at one table to its entry on every node's disk, which is after every fold."""
    taken = []
    node, queue = place.table(1), cards(place, 2)
    databases = [sqlite3.connect(f"file:{n.data / 'node.db'}?mode=ro", uri=True) for n in place.nodes.values()]
    with ScreenClient(node.socket, draws=False) as client:
        client.showing(s.Ready)
        for card in islice(queue, 150):
            serve(client, node, card)
            started = time.perf_counter()
            (seq,) = databases[1].execute(_LAST_OF_TABLE_1).fetchone()
            left = list(databases)
            while left:
                have = [db.execute(_LAST_OF_TABLE_1).fetchone()[0] or 0 for db in left]
                left = [db for db, had in zip(left, have, strict=True) if had < seq]
            taken.append(time.perf_counter() - started)
    p50, p99 = spread(taken)
    report("an entry is on every disk, eight tables", f"{p50:.1f} ms, p99 {p99:.1f} ms", "p99 < 250 ms", met=p99 < 250)


def all_at_once(place: SimulatedPlace, preload: str) -> None:
    """All eight tables ask one holder at the same moment, again and again."""
    greens: list[float] = []
    barrier = threading.Barrier(8)
    queue, lock = cards(place, 1), threading.Lock()

    def at(number: int) -> None:
        node = place.table(number)
        with ScreenClient(node.socket, draws=False) as client:
            client.showing(s.Ready)
            for _ in range(RUSHES):
                with lock:
                    card = next(queue)
                time.sleep(PAUSE_S)  # the green has been drawn
                node.scanner.scan(card)
                client.showing(s.VoterShown)
                time.sleep(REST_S)
                barrier.wait()
                started = time.perf_counter()
                client.touch("approve")
                client.showing(s.Green)
                greens.append(time.perf_counter() - started)
                client.drawn()

    tables = [threading.Thread(target=at, args=(number,)) for number in range(1, 9)]
    for table in tables:
        table.start()
    for table in tables:
        table.join()
    with ExitStack() as running:
        commit = statistics.median(running.enter_context(yardstick(place.table(1), wrapper(preload)))(BLOCK))
        _, least = running.enter_context(bare_messages(place, place.table(1).data.parent, wrapper(preload), clients=8))
        bare = [rested(least) for _ in range(RUSHES)]
    p50, _ = spread(greens)
    rounds = [max(greens[at : at + 8]) for at in range(0, len(greens), 8)]
    throughput = 8 / statistics.median(rounds)
    syncs, gain = p50 / 1e3 / commit, throughput * commit
    report(
        f"eight tables at one holder, approve → green{_with(place, preload)}",
        f"{p50:.1f} ms = {syncs:.2f} commits",
        "< 3.5",
        met=syncs < 3.5,
    )
    report(f"their throughput over one commit a request{_with(place, preload)}", f"{gain:.2f} times", "≥ 2", met=gain >= 2)
    bound, _ = spread([took for at_once in bare for took in at_once])
    most = 8 * commit / statistics.median(map(max, bare))
    report(
        f"the least that the protocol asks, without a poll book{_with(place, preload)}",
        f"{bound:.1f} ms = {bound / 1e3 / commit:.2f} commits; {most:.2f} times",
    )


def rested(measure: Callable[[], list[float]]) -> list[float]:
    """Measure after a pause."""
    time.sleep(REST_S)
    return measure()


# --- a table that was away ------------------------------------------------------------------------------------------


def catch_up() -> None:
    """Table 2 starts after table 1 has written 20,000 entries without it."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(SimulatedPlace(folder, folder, tables=2, voters=10_000, seed=1, cables=False)) as place:
        place.start()
        place.table(2).power_off()
        place.table(1).power_off()
        fill(place.table(1), place.voters)
        place.table(1).start()
        with place.table(1).screen() as screen:
            screen.until(lambda shown: isinstance(shown.content, s.Ready))
        written = max(place.table(1).lengths().values())
        started = time.perf_counter()
        place.table(2).start()
        while max(place.table(2).lengths().values(), default=0) < written:
            time.sleep(LOOK_S)  # nothing announces it: the table serves meanwhile
        took = time.perf_counter() - started
    report(f"a table away for {AWAY:,} entries, start to all copied", f"{took:.2f} s", "< 3 s", met=took < 3)


def fill(node: SimulatedNode, voters: Sequence) -> None:
    """Add a run to a node's own log, with as many entries as many check-ins would make."""
    bundle = Bundle.load(node.bundle)
    with Database(node.data) as database:
        database.db.conn.execute("pragma synchronous=off")
        log, device = Log(database), bundle.device.name
        beginning = log_beginning(bundle.plan, VoterList(database, bundle.plan.place.realm))
        runs = Runs(bundle.device.signers)

        def fold(entry: e.Entry) -> None:
            if isinstance(entry.body, e.Start):
                runs.began(entry.run, entry.body.before, entry.seq)
            else:
                runs.grew(entry.run, entry.seq)

        replica = Replica(device, runs, beginning, keys_of(bundle, beginning), fold)
        for row in log.read():
            replica.replay(e.decode_entry(row.data), e.entry_hash(row.data))
        replica.last_run, run = log.run, f"{device}-{0:016x}"
        replica.begin(run, e.Start(log.run), 0)
        for number, voter in enumerate(voters[: AWAY // 3 + 1], 1):
            id_ = f"{run}/{number}"
            replica.write(e.Request(id_, e.Op.CHECK_IN, voter.number, voter.elections, e.How.SPOKEN, e.Source.CARD), 0)
            replica.write(e.Decision(id_, voter.number, voter.elections, f"{run}#{runs[run].first}", e.Outcome.GRANTED), 0)
            log.commit(replica.flush(), run, 0)
            replica.write(e.Issued(id_), 0)
            log.commit(replica.flush(), run, 0)
        log.tidy()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--decide"]:
        decide(Path(sys.argv[2]), sys.argv[3])
    elif sys.argv[1:2] == ["--ask"]:
        ask(Path(sys.argv[2]), *sys.argv[3:])
    else:
        main()
