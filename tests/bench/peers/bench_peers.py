"""valgbord beside etcd and PostgreSQL: claim this voter once, durably.

python tests/bench/peers/bench_peers.py FOLDER [--turns N] [--rushes N] [--brokers N]

The servers are real, all on this machine, each peer's with data of its own. One claim of each by turns (or eight at once, a
rush), after equal pauses and in an order that moves on with each turn, so that whatever else the machine does meets all alike;
with them by turns the yardsticks: a TCP message there and back, one bare sync, and the least that the protocol asks for, with
paho and SQLite and no poll book. Without and with 8 ms added to each sync of every process. FOLDER is given the figures as
Markdown and CSV, and a plot.
"""

import argparse
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Protocol

import etcd
import figures
import place
import postgres
from figures import Row, Samples
from servers import Disk, a_folder
from yardstick import Yardstick

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench_place import bare_messages

DELAYS_MS = 0, 8
CLIENTS = 1, 8
PAUSE_S = 0.1  # seconds before each measurement: what the one before has left to copy is copied
REST_S = 0.25  # the same before and after a rush
WARM = 20  # claims of each peer that are not counted
BROKER = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")  # not in everybody's path
CLAIM = b'{"elections":["byraad","region"],"how":"spoken","source":"card","table":1,"time":1763452800000}'


class Client(Protocol):
    """Somebody at a table."""

    def meet(self, voter: int, claim: bytes) -> None:
        """A voter comes."""

    def claim(self) -> bool:
        """Claim the voter; whether nobody had."""

    def trivial(self) -> None:
        """After a claim: what costs nothing but the way to the server."""


class Peer(Protocol):
    """One that keeps claims."""

    name: str
    disk: Disk
    clients: Sequence[Client]

    def remark(self) -> str:
        """What must be known of the figures."""


def main() -> None:
    parser = argparse.ArgumentParser(description="valgbord beside etcd and PostgreSQL")
    parser.add_argument("folder", type=Path, help="is given the figures")
    parser.add_argument("--turns", type=int, default=200, help="claims of each peer with one client")
    parser.add_argument("--rushes", type=int, default=60, help="rounds of eight claims of each peer")
    parser.add_argument("--brokers", type=int, default=1, help="brokers of valgbord's place")
    asked = parser.parse_args()
    need_programs()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers and folders are seen to
    rows: list[Row] = []
    for clients in CLIENTS:
        for delay_ms in DELAYS_MS:
            case = a_case(clients, delay_ms, asked.turns if clients == 1 else asked.rushes, asked.brokers)
            print(figures.markdown(case), flush=True)
            rows += case
    figures.write(asked.folder, rows, about())
    print((asked.folder / "peers.md").read_text())


def need_programs() -> None:
    """Say what is to be installed."""
    found = {"etcd-server": shutil.which("etcd"), "strace": shutil.which("strace"), "mosquitto": BROKER}
    lacking = [package for package, program in found.items() if not program]
    lacking += [] if postgres.program_folder() else ["postgresql"]
    if lacking:
        sys.exit(f"apt-get install {' '.join(lacking)}")


def about() -> str:
    """What was measured on what."""
    postgres_program = postgres.program_folder() / "postgres"
    commands = ("etcd", "--version"), (postgres_program, "--version"), (BROKER, "-h")
    said = [subprocess.run(command, capture_output=True, text=True, check=False).stdout for command in commands]
    return ", ".join([f"{os.cpu_count()} cores", platform.platform(), *(text.partition("\n")[0] for text in said)])


def a_case(clients: int, delay_ms: int, turns: int, brokers: int) -> list[Row]:
    """All peers, started anew."""
    with ExitStack() as running:
        folder = running.enter_context(a_folder())
        yardstick = Yardstick(running, folder, delay_ms)
        tables = place.Tables(running, folder, max(2, clients), delay_ms, brokers)
        makers: list[Callable[..., Peer]] = [etcd.Cluster, etcd.Sealed, postgres.Server]
        peers: list[Peer] = [tables, *(make(running, folder, max(2, clients), delay_ms) for make in makers)]
        _, least = running.enter_context(
            bare_messages(tables.place, folder, Disk(folder / "bare.trace", delay_ms).wrapper, clients)
        )
        voters = count()
        for peer in peers:
            check(peer, next(voters))
        with ThreadPoolExecutor(clients) as pool:
            taking = [peer.clients[:clients] for peer in peers]
            measured = lambda: [yardstick.trip()], lambda: [yardstick.sync()], least
            by_turns(taking, measured, WARM, voters, pool)
            before = [peer.disk.slowed() for peer in peers]
            samples = by_turns(taking, measured, turns, voters, pool)
        return [
            Row(clients, delay_ms, peer.name, taken, samples.yardsticks, peer.disk.slowed() - slowed, peer.remark())
            for peer, taken, slowed in zip(peers, samples.peers, before, strict=True)
        ]


def check(peer: Peer, voter: int) -> None:
    """A voter whom two clients meet is given to the first who claims, and not to the other."""
    first, second = peer.clients[:2]
    first.meet(voter, CLAIM)
    second.meet(voter, CLAIM)
    assert first.claim(), f"{peer.name}: a claim is refused"
    assert not second.claim(), f"{peer.name}: a second claim counts"


def by_turns(
    peers: Sequence[Sequence[Client]],
    measured: tuple[Callable[[], list[float]], ...],
    turns: int,
    voters: count,
    pool: ThreadPoolExecutor,
) -> Samples:
    """Claims of each peer and the yardsticks by turns; each peer gets the same voters."""
    samples = Samples([figures.Taken() for _ in peers])
    for turn in range(turns):
        todo = [next(voters) for _ in peers[0]]
        for step in range(len(peers)):
            number = (turn + step) % len(peers)
            claims(peers[number], todo, samples.peers[number], pool)
        for measure, into in zip(measured, samples.of_yardsticks, strict=True):
            time.sleep(PAUSE_S)
            into += measure()
    return samples


def claims(clients: Sequence[Client], voters: Sequence[int], taken: figures.Taken, pool: ThreadPoolExecutor) -> None:
    """One claim of each client, all at once, and a trivial request of the first."""
    for client, voter in zip(clients, voters, strict=True):
        client.meet(voter, CLAIM)
    time.sleep(PAUSE_S if len(clients) == 1 else REST_S)
    if len(clients) == 1:
        times = [timed(clients[0].claim)]
    else:
        barrier = Barrier(len(clients))
        times = list(pool.map(lambda client: timed(client.claim, barrier), clients))
    taken.seconds += [end - start for start, end in times]
    taken.busy_s += max(end for _, end in times) - min(start for start, _ in times)
    time.sleep(PAUSE_S)
    start, end = timed(clients[0].trivial)
    taken.trivial.append(end - start)


def timed(act: Callable[[], bool | None], barrier: Barrier | None = None) -> tuple[float, float]:
    """When it began and ended."""
    if barrier is not None:
        barrier.wait()
    started = time.perf_counter()
    done = act()
    ended = time.perf_counter()
    assert done is not False, "a first claim is refused"
    return started, ended


if __name__ == "__main__":
    main()
