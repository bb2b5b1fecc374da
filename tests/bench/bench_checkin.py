"""How long a check-in takes and what a table costs, each figure beside its yardstick from the same run.

python tests/bench/bench_checkin.py [seconds of idling]

The programs are the real ones. The yardstick of approve → green is a bare loop in a process of its own that commits the same
two rows with one Ed25519 signature, by turns with the node; once on this disk as it is, and once with 8 ms added to each sync.
"""

import contextlib
import gc
import os
import select
import selectors
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import islice
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk import wiring
from kiosk.domain import screens as s
from kiosk.domain.cards import check_digits
from kiosk.domain.chain import Stored
from kiosk.domain.entries import batch_signed, entry_hash
from kiosk.domain.screens import Drawn, Touch, decode_answer, encode, touched
from kiosk.node import Commit, Input, Node, Now, Scanned, Show, Steps
from kiosk.remote.chair import Chair
from kiosk.remote.screen_client import ScreenClient
from kiosk.service.loop import now
from kiosk.service.screen_port import ScreenPort
from kiosk.simulated.device import SimulatedDevice
from kiosk.simulated.table import SimulatedTable
from kiosk.store.database import Database
from kiosk.store.listfile import read_list
from kiosk.store.log import Log
from kiosk.store.voterlist import VoterList
from kiosk.trust.bundle import Bundle

BLOCK, BLOCKS = 50, 16  # check-ins, and commits of the yardstick, by turns
DELAY_MS = 8
STARTS = 5
DRAWN = 150  # screens of voters drawn by the display
GOALS: list[tuple[str, str, str, str]] = []

SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
int fsync(int fd) { int r = ((int (*)(int)) dlsym(RTLD_NEXT, "fsync"))(fd); usleep(%d); return r; }
int fdatasync(int fd) { int r = ((int (*)(int)) dlsym(RTLD_NEXT, "fdatasync"))(fd); usleep(%d); return r; }
"""


def main() -> None:
    idle_s = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with a_table(100_000) as table:
        check_ins(table, "")
        inside(table, "", "1.5")
        check_ins(table, delay := preloaded_delay(table.folder))
        inside(table, delay, "1.1")
        display(table)
    with a_table(25_000) as table:
        entries = fill_log(table, 20_000)
        start_and_idle(table, entries, idle_s)
    print()
    for what, figure, goal, met in GOALS:
        print(f"{what:62} {figure:>24}   {goal:>14}   {met}")


def report(what: str, figure: str, goal: str = "", *, met: bool | None = None) -> None:
    """Print a line now and keep it for the table at the end."""
    GOALS.append((what, figure, goal, "" if met is None else "met" if met else "MISSED"))
    print(f"{what}: {figure}{f' (goal {goal})' if goal else ''}", flush=True)


def spread(seconds: list[float]) -> tuple[float, float]:
    """p50 and p99 in ms."""
    ordered = sorted(seconds)
    return statistics.median(ordered) * 1e3, ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1e3


# --- a table --------------------------------------------------------------------------------------------------------


@contextmanager
def a_table(voters: int) -> Iterator[SimulatedTable]:
    """A table with a list of so many voters."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(SimulatedTable(folder, folder)) as table:
        table.provision(clear_after_s="120")
        table.write_list(voters, 1)
        with Database(table.data) as database:
            VoterList(database, table.realm).replace(table.voters)
        yield table


def cards(table: SimulatedTable, first: int = 0) -> Iterator[str]:
    """The cards of the voters who may be given both ballots."""
    place = table.place
    for voter in table.voters[first:]:
        if voter.struck is None and len(voter.elections) == 2 and not voter.postal:
            payload = f"{place}{voter.number:06}"
            yield payload + check_digits(payload)


def opening(code: str) -> list[tuple[str, str]]:
    """What the chair touches to open the poll at the only node, and the words."""
    return [("menu", ""), ("open_poll", ""), ("pick spares", ""), ("go", ""), ("number", code)]


def preloaded_delay(folder: Path) -> str:
    """Compile a library that adds the delay to each sync."""
    source, library = folder / "delay.c", folder / "delay.so"
    source.write_text(SHIM % (DELAY_MS * 1_000, DELAY_MS * 1_000))
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return str(library)


# --- scan → screen, approve → green, and the bare loop --------------------------------------------------------------


def check_ins(table: SimulatedTable, preload: str) -> None:
    """Serve voters at a node by turns with the yardstick, as seen from the display's end of the socket."""
    wrapper = ("env", f"LD_PRELOAD={preload}") if preload else ()
    scans: list[float] = []
    greens: list[float] = []
    bare: list[float] = []
    asked: list[float] = []
    queue = cards(table, 0 if not preload else 50_000)
    with table.node(*wrapper), ScreenClient(table.socket, draws=True) as client:
        if s.shows(client.next().content, s.Kind.NOT_READY):
            Chair(client, table.pin).open_poll([], table.chair_codes[1])
            client.showing(s.Ready)
        one_by_one(table, client, queue, BLOCK)  # warm
        with yardstick(table, wrapper) as commits:
            commits(BLOCK)
            for _ in range(BLOCKS):
                taken = one_by_one(table, client, queue, BLOCK)
                scans += taken[0]
                greens += taken[1]
                bare += commits(BLOCK)
                asked += [timed(commits) for _ in range(BLOCK)]
        client.touch("next")
        client.showing(s.Ready)
    disk = f", {DELAY_MS} ms added to each sync" if preload else ""
    if not preload:
        p50, p99 = spread(scans)
        report("scan → voter screen, 100,000 voters", f"{p50:.2f} ms, p99 {p99:.2f} ms", "p99 < 20 ms", met=p99 < 20)
    (green, green99), (loop, loop99) = spread(greens), spread(bare)
    report(f"approve → green{disk}", f"{green:.2f} ms, p99 {green99:.2f} ms")
    report(f"bare loop{disk}", f"{loop:.2f} ms, p99 {loop99:.2f} ms")
    report(f"bare loop, asked by another process{disk}", "{:.2f} ms, p99 {:.2f} ms".format(*spread(asked)))
    report(f"ratio of the medians, two processes woken{disk}", f"{green / loop:.2f}")


def one_by_one(
    table: SimulatedTable, client: ScreenClient, queue: Iterator[str], count: int
) -> tuple[list[float], list[float]]:
    """Serve voters; the seconds from scan to screen and from approve to green."""
    scans, greens = [], []
    for _ in range(count):
        card = next(queue)
        started = time.perf_counter()
        table.scanner.scan(card)
        shown = client.next()
        scans.append(time.perf_counter() - started)
        assert isinstance(shown.content, s.VoterShown), shown.content
        started = time.perf_counter()
        client.touch("approve")
        green = client.next()
        greens.append(time.perf_counter() - started)
        assert isinstance(green.content, s.Green), green.content
    return scans, greens


def timed(commits) -> float:
    """Seconds of one commit of the yardstick, seen from this process, as a display sees the node's."""
    started = time.perf_counter()
    commits(1)
    return time.perf_counter() - started


@contextmanager
def yardstick(table: SimulatedDevice, wrapper: tuple[str, ...]) -> Iterator:
    """The bare loop in a process of its own, with the rows of the node's last check-in: a function of a number of commits."""
    command = [
        *wrapper,
        sys.executable,
        __file__,
        "--bare",
        str(table.data.parent / f"bare{len(wrapper)}.db"),
        str(table.data / "node.db"),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as loop:
        assert loop.stdin is not None
        assert loop.stdout is not None

        def commits(count: int) -> list[float]:
            print(count, file=loop.stdin, flush=True)
            return msgspec.json.decode(loop.stdout.readline(), type=list[float])

        yield commits
        loop.stdin.close()


_RUN = "T1.1-0123456789abcdef"


class BareLoop:
    """The yardstick: the two rows of a check-in, signed once and committed, and nothing else."""

    def __init__(self, file: str) -> None:
        self._db = sqlite3.connect(file)
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        self._db.execute(
            "create table log (arrival integer primary key, run text not null, seq integer not null,"
            " arrived_ms integer not null, entry blob not null, signature blob, unique (run, seq)) strict"
        )
        self._key = Ed25519PrivateKey.generate()
        self._seq = 0

    def commit(self, request: bytes, decision: bytes) -> float:
        """Seconds of one commit."""
        started = time.perf_counter()
        signature = self._key.sign(batch_signed(entry_hash(decision)))
        rows = [
            ("T1.1-0123456789abcdef", self._seq + 1, 0, request, None),
            ("T1.1-0123456789abcdef", self._seq + 2, 0, decision, signature),
        ]
        self._db.executemany("insert into log (run, seq, arrived_ms, entry, signature) values (?, ?, ?, ?, ?)", rows)
        self._db.commit()
        self._seq += 2
        return time.perf_counter() - started

    def close(self) -> None:
        self._db.close()


def bare_loop(file: str, node_db: str) -> None:
    """Commit the rows of a check-in, again and again: as many times as each line of the input says."""
    with closing(sqlite3.connect(f"file:{node_db}?mode=ro", uri=True)) as node:
        rows = node.execute("select entry from log order by arrival desc limit 3").fetchall()
    with closing(BareLoop(file)) as loop:
        for line in sys.stdin:
            taken = [loop.commit(rows[2][0], rows[1][0]) for _ in range(int(line))]
            print(msgspec.json.encode(taken).decode(), flush=True)


# --- approve → green handed to the display, inside the node ---------------------------------------------------------


def inside(table: SimulatedTable, preload: str, goal: str) -> None:
    """The same in one process, a check-in and a bare commit by turns: what the node itself takes, without waking processes."""
    wrapper = ("env", f"LD_PRELOAD={preload}") if preload else ()
    shutil.rmtree(table.folder / "inside", ignore_errors=True)
    numbers = table.folder / "cards"
    numbers.write_text("\n".join(islice(cards(table, 1_000), BLOCK * BLOCKS)))
    arguments = [table.bundle, table.folder / "inside", table.list, numbers, table.chair_codes[1]]
    command = [*wrapper, sys.executable, __file__, "--inside", *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True)
    greens, bare = msgspec.json.decode(done.stdout, type=tuple[list[float], list[float]])
    disk = f", {DELAY_MS} ms added to each sync" if preload else ""
    (green, green99), (loop, loop99) = spread(greens), spread(bare)
    report(f"approve taken in → green handed over{disk}", f"{green:.3f} ms, p99 {green99:.2f} ms")
    report(f"bare loop in the same process{disk}", f"{loop:.3f} ms, p99 {loop99:.2f} ms")
    report(f"ratio of the medians inside the node{disk}", f"{green / loop:.2f}", f"≤ {goal}", met=green / loop <= float(goal))


def run_inside(bundle_folder: str, data: str, list_file: str, numbers: str, code: str) -> None:
    """Check voters in with the node's real parts, step by step as the service does, and print the seconds."""
    bundle = Bundle.load(Path(bundle_folder))
    greens: list[float] = []
    bare: list[float] = []
    with ExitStack() as running:
        database = running.enter_context(Database(Path(data)))
        VoterList(database, bundle.plan.place.realm).replace(read_list(Path(list_file), wiring.list_format(bundle.plan)))
        node, log = wiring.node_maker(bundle)(database), Log(database)
        loop = running.enter_context(closing(BareLoop(f"{data}/bare.db")))
        selector = running.enter_context(selectors.DefaultSelector())
        port = running.enter_context(closing(ScreenPort(Path(data) / "s", selector, lambda _touch: None)))
        display = running.enter_context(socket.socket(socket.AF_UNIX))
        display.connect(f"{data}/s")
        ((key, mask),) = selector.select()
        key.data(mask)
        assert node is not None

        def carry_out(steps: Steps) -> tuple[Stored, ...]:
            written: tuple[Stored, ...] = ()
            for step in steps:
                match step:
                    case Show(screen):
                        port.show(screen)
                    case Commit(rows, run) if rows:
                        log.commit(rows, run, now().wall_ms)
                        written = rows
            return written

        def give(*inputs: Input) -> tuple[Stored, ...]:
            return carry_out(node.take(inputs, now))

        carry_out(node.begin(now))
        give()
        for touch, value in opening(code):
            give(touched(node.screen, touch, value))
            give()
        gc.collect()
        gc.freeze()
        for card in Path(numbers).read_text().split():
            give(Scanned(card))
            line = encode(touched(node.screen, "approve", how="spoken"))
            started = time.perf_counter()
            rows = give(decode_answer(line))
            greens.append(time.perf_counter() - started)
            assert isinstance(node.screen.content, s.Green)
            log.tidy()
            give(Drawn(node.screen.number))
            display.recv(1 << 20)
            bare.append(loop.commit(rows[0].data, rows[1].data))
    print(msgspec.json.encode((greens, bare)).decode())


# --- start, memory, idling ------------------------------------------------------------------------------------------


class Clock:
    """A clock that goes two seconds further with each look."""

    def __init__(self) -> None:
        self._ms = time.time_ns() // 1_000_000

    def __call__(self) -> Now:
        self._ms += 2_000
        return Now(self._ms, self._ms)


def fill_log(table: SimulatedTable, entries: int) -> int:
    """Check voters in with the real node in this process, without waiting for the disk; return the number of entries."""
    bundle = Bundle.load(table.bundle)
    with Database(table.data) as database:
        database.db.conn.execute("pragma synchronous=off")
        node = wiring.node_maker(bundle)(database)
        assert isinstance(node, Node)
        log, clock = Log(database), Clock()

        def give(*inputs) -> s.Screen:
            carry_out(node.take(inputs, clock))
            assert node.screen is not None
            return node.screen

        def carry_out(steps: Steps) -> None:
            for step in steps:
                if isinstance(step, Commit):
                    log.commit(step.rows, step.run, 0)

        carry_out(node.begin(clock))
        carry_out(node.take((), clock))
        assert node.screen is not None
        for touch, value in opening(table.chair_codes[1]):
            give(touched(node.screen, touch, value))
            give()
        queue = cards(table)
        while log.count() < entries:
            screen = give(Scanned(next(queue)))
            assert isinstance(screen.content, s.VoterShown), screen.content
            screen = give(Touch(screen.asks, "approve"))
            assert isinstance(screen.content, s.Green)
            give(Drawn(screen.number))
        return log.count()


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1_000


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_and_idle(table: SimulatedTable, entries: int, idle_s: float) -> None:
    """Seconds to the first screen, memory then, and what waiting costs."""
    bare, starts = [], []
    for _ in range(STARTS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import sqlite3, click, msgspec, sqlite_utils, cryptography"], check=True)
        bare.append(time.perf_counter() - started)
        started = time.perf_counter()
        with table.node() as node, ScreenClient(table.socket, draws=True) as client:
            assert isinstance(client.next().content, s.Ready)
            starts.append(time.perf_counter() - started)
            used = memory_mb(node.pid)
    slowest, median = max(starts), statistics.median(starts)
    what = f"start to ready, 25,000 voters, {entries:,} entries"
    report(what, f"{median:.2f} s, slowest {slowest:.2f} s", "< 2 s", met=median < 2)
    report("bare interpreter with the libraries", f"{statistics.median(bare):.2f} s")
    report("node's memory at ready", f"{used:.0f} MB", "< 80 MB", met=used < 80)
    with table.node() as node, ScreenClient(table.socket, draws=True) as client:
        client.next()
        before = cpu_s(node.pid)
        time.sleep(idle_s)
        share = (cpu_s(node.pid) - before) / idle_s * 100
        report(f"idle node, {idle_s:.0f} s", f"{share:.2f} % of a core", "< 1 %", met=share < 1)


# --- the display ----------------------------------------------------------------------------------------------------


class Frames:
    """When the display has drawn which screen, as it writes down in its `--timings`."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._rest = b""
        self._drawn: dict[int, tuple[int, int]] = {}

    def of(self, number: int) -> tuple[int, int]:
        """Wait for a screen's frame: when the screen was received and when it was drawn, monotonic ns."""
        while number not in self._drawn:
            if not select.select([self._file], [], [], 30)[0]:
                raise TimeoutError(f"screen {number} was not drawn")
            *lines, self._rest = (self._rest + os.read(self._file, 65_536)).split(b"\n")
            for line in lines:
                at, received, drawn = map(int, line.split())
                self._drawn[at] = received, drawn
        return self._drawn[number]


def display(table: SimulatedTable) -> None:
    """Scan → frame, with the real display off screen."""
    os.environ.pop("DISPLAY", None)
    os.environ.pop("WAYLAND_DISPLAY", None)
    path = table.folder / "frames"
    frames = Frames(path)
    total, drawing = [], []
    with ExitStack() as running:
        running.enter_context(table.node())
        window = running.enter_context(table.display("--timings", path))
        client = running.enter_context(ScreenClient(table.socket, draws=False))
        frames.of(client.showing(s.Ready).number)
        queue = cards(table, 90_000)
        for _ in range(DRAWN):
            card = next(queue)
            scanned = time.monotonic_ns()
            table.scanner.scan(card)
            shown = client.next()
            assert isinstance(shown.content, s.VoterShown), shown.content
            received, drawn = frames.of(shown.number)
            total.append((drawn - scanned) / 1e9)
            drawing.append((drawn - received) / 1e9)
            client.touch("cancel")
            frames.of(client.showing(s.Ready).number)
        used = memory_mb(window.pid)
        before = cpu_s(window.pid)
        time.sleep(5)
        share = (cpu_s(window.pid) - before) / 5 * 100
    (p50, p99), (draw50, draw99) = spread(total), spread(drawing)
    report("scan → frame drawn, off screen, 1280x800", f"{p50:.1f} ms, p99 {p99:.1f} ms")
    report("of which received → drawn", f"{draw50:.1f} ms, p99 {draw99:.1f} ms")
    report("display's memory", f"{used:.0f} MB", "< 180 MB", met=used < 180)
    report("idle display, 5 s", f"{share:.1f} % of a core")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--bare"]:
        with contextlib.suppress(KeyboardInterrupt):
            bare_loop(sys.argv[2], sys.argv[3])
    elif sys.argv[1:2] == ["--inside"]:
        run_inside(*sys.argv[2:])
    else:
        if shutil.which("gcc") is None:
            sys.exit("gcc is needed for the delay of the syncs: apt-get install gcc")
        main()
