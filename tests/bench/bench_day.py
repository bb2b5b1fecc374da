"""The largest polling place for a day, at a multiple of its pace; then how the cost grows with voters and with tables.

python tests/bench/bench_day.py [--minutes M] [--tables 25] [--voters 25000] [--pace 10]    a day, or the first M minutes of it
python tests/bench/bench_day.py --million                                                   1,000,000 voters at three tables
python tests/bench/bench_day.py --growth                                                    3 to 100 tables in the simulator

The nodes and brokers of the day are the real ones, with TLS, as processes on this machine. Voters come at random (Poisson),
2,400 an hour times the pace, and queue up for a free table; measured is what the system makes somebody wait, from a card or a
touch to the screen. The yardstick is a bare sync on the same disk, twice a second all the while: where that is long, so is
everything.
"""

import argparse
import os
import queue
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from bench_checkin import report

from kiosk.domain import screens as s
from kiosk.domain.voters import Voter
from kiosk.remote.screen_client import ScreenClient
from kiosk.simulated.place import SimulatedNode, SimulatedPlace

A_DAY_PER_HOUR = 2_400  # check-ins an hour at the peak of the largest polling place
HURRY_S = 0.3  # seconds for the birth date, and again for the ballots: ten times as fast as anybody can
LONG_S = 0.5  # seconds of waiting that are reported as they happen
LONG_SYNC_S = 0.2  # the same for a bare sync
SYNC_EVERY_S = 0.5
AGAIN_S = 1.5  # seconds after which a clerk scans or touches again
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Seen:
    """Seconds that were waited for screens, all tables together, and how many were served and refused."""

    shown: list[float] = field(default_factory=list)
    green: list[float] = field(default_factory=list)
    refused: int = 0


@contextmanager
def a_place(tables: int, voters: int) -> Iterator[SimulatedPlace]:
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(SimulatedPlace(folder, folder, tables=tables, voters=voters, seed=1, cables=False)) as place:
        started = time.perf_counter()
        place.start()
        report(f"{tables} tables fetch {voters:,} voters and are ready", f"{time.perf_counter() - started:.1f} s")
        yield place


# --- a day --------------------------------------------------------------------------------------------------------------


def a_day(tables: int, voters: int, pace: float, minutes: float) -> None:
    """Everybody comes once, to whichever table is free."""
    with a_place(tables, voters) as place:
        coming = [voter for voter in place.voters if voter.struck is None and len(voter.postal) < len(voter.elections)]
        random.Random(1).shuffle(coming)
        before = {name: cpu_s(node.process.pid) for name, node in place.nodes.items()}
        resting = wire_bytes(place, 5.0)
        bytes_before, began = sum(map(io_bytes, brokers(place))), time.monotonic()
        with bare_syncs(place.folder) as syncs:
            seen = serve_all(place, coming, A_DAY_PER_HOUR * pace / 3600, minutes * 60)
        took = time.monotonic() - began
        on_wire = sum(map(io_bytes, brokers(place))) - bytes_before
        served = len(seen.green)
        report(
            f"{tables} tables, {served:,} greens in {took / 60:.1f} minutes, {pace:g} times the pace", f"{seen.refused} refused"
        )
        for what, times in (("card → screen", seen.shown), ("approve → green", seen.green)):
            report(f"{what}, whole place", spread_of(times), "nobody over 1 s", met=max(times) < 1)
        report("a bare sync on the same disk meanwhile", spread_of(syncs))
        cpu = {name: (cpu_s(node.process.pid) - before[name]) / took for name, node in place.nodes.items()}
        memory = [memory_mb(node.process.pid) for node in place.nodes.values()]
        report(
            "CPU of a node", f"p50 {statistics.median(cpu.values()):.1%}, most {max(cpu.values()):.1%} of a core, at this pace"
        )
        report("memory of a node", f"p50 {statistics.median(memory):.0f} MB, most {max(memory):.0f} MB")
        report("on the wire at rest, both brokers", f"{resting / 1e3:.0f} kB/s, in and out")
        report("on the wire for a check-in, both brokers", f"{(on_wire - resting * took) / served / 1e3:.1f} kB, in and out")
        node = place.table(1)
        entries = sum(node.lengths().values())
        size = sum(path.stat().st_size for path in node.data.glob("node.db*"))
        report(
            f"a node's database with {entries:,} entries",
            f"{size / 1e6:.1f} MB, {size / entries:.0f} bytes an entry, list included",
        )


def spread_of(times: list[float]) -> str:
    """Seconds as the middle, the long ones and the longest, in milliseconds."""
    told = statistics.quantiles(times, n=1000)
    return (
        ", ".join(f"p{at / 10:g} {told[at - 1] * 1e3:.1f}" for at in (500, 990, 999)) + f", longest {max(times) * 1e3:.0f} ms"
    )


@contextmanager
def bare_syncs(folder: Path) -> Iterator[list[float]]:
    """Seconds that each of the bare syncs takes that are made meanwhile."""
    taken: list[float] = []
    ended, began = threading.Event(), time.monotonic()

    def sync() -> None:
        with (folder / "bare").open("wb", buffering=0) as file:
            while not ended.wait(SYNC_EVERY_S):
                started = time.perf_counter()
                file.write(b"x" * 4_096)
                os.fsync(file.fileno())
                taken.append(time.perf_counter() - started)
                if taken[-1] > LONG_SYNC_S:
                    print(f"minute {(time.monotonic() - began) / 60:.1f}: a bare sync takes {taken[-1]:.2f} s", file=sys.stderr)

    thread = threading.Thread(target=sync)
    thread.start()
    try:
        yield taken
    finally:
        ended.set()
        thread.join()


def serve_all(place: SimulatedPlace, coming: list[Voter], per_second: float, seconds: float) -> Seen:
    """Let them come; every table has a clerk, who takes the next in the queue."""
    seen, lock, waiting = Seen(), threading.Lock(), queue.SimpleQueue[Voter | None]()
    began = time.monotonic()

    def clerk(node: SimulatedNode) -> None:
        with ScreenClient(node.socket, draws=True, patience_s=60) as screen:
            screen.showing(s.Ready)
            while (voter := waiting.get()) is not None:
                shown_s, green_s = serve(screen, node, place.card(voter.number))
                if max(shown_s, green_s or 0) > LONG_S:
                    minute = (time.monotonic() - began) / 60
                    print(
                        f"minute {minute:.1f}, {node.name}: card {shown_s:.2f} s, green {green_s or 0:.2f} s", file=sys.stderr
                    )
                with lock:
                    seen.shown.append(shown_s)
                    if green_s is None:
                        seen.refused += 1
                    else:
                        seen.green.append(green_s)

    clerks = [threading.Thread(target=clerk, args=(place.table(number),)) for number in range(1, place.tables + 1)]
    for one in clerks:
        one.start()
    chance, at, ends = random.Random(2), time.monotonic(), time.monotonic() + seconds
    for voter in coming:
        at += chance.expovariate(per_second)
        if at > ends:
            break
        time.sleep(max(0.0, at - time.monotonic()))
        waiting.put(voter)
    for _ in clerks:
        waiting.put(None)
    for one in clerks:
        one.join()
    return seen


def serve(screen: ScreenClient, node: SimulatedNode, card: str) -> tuple[float, float | None]:
    """One voter: the seconds to the screen with the voter, and from the approval to green; None for a refusal.

    A scan or a touch that the screen was not ready for is made again, as a clerk does; that time counts.
    """
    started = time.perf_counter()
    until_next(screen, lambda: node.scanner.scan(card), s.VoterShown, s.Kind.REFUSED)
    shown_s = time.perf_counter() - started
    if not isinstance(screen.screen.content, s.VoterShown):
        return shown_s, None
    time.sleep(HURRY_S)
    started = time.perf_counter()
    until_next(screen, lambda: screen.touch("approve"), s.Green, s.Kind.REFUSED)
    green_s = time.perf_counter() - started
    time.sleep(HURRY_S)
    return shown_s, green_s if isinstance(screen.screen.content, s.Green) else None


def until_next(screen: ScreenClient, do: Callable[[], None], *kinds: type | s.Kind) -> None:
    """Do something until a screen of one of these kinds comes after it."""
    screen.catch_up()
    before = screen.screen.content
    do()
    while True:
        came = screen.next_within(AGAIN_S)
        if came is None:
            do()
        elif s.shows(came.content, *kinds) and came.content != before:
            return


# --- what it costs ------------------------------------------------------------------------------------------------------


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1e3


def io_bytes(pid: int) -> int:
    """Bytes that a broker has read and written: its sockets, since it writes no file but its log."""
    told = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    return int(told["rchar"]) + int(told["wchar"])


def brokers(place: SimulatedPlace) -> list[int]:
    """The processes of Mosquitto."""
    found = []
    for broker in place.brokers:
        assert broker.process is not None
        found += map(int, Path(f"/proc/{broker.process.pid}/task/{broker.process.pid}/children").read_text().split())
    return found


def wire_bytes(place: SimulatedPlace, seconds: float) -> float:
    """Bytes a second while nobody is served."""
    before = sum(map(io_bytes, brokers(place)))
    time.sleep(seconds)
    return (sum(map(io_bytes, brokers(place))) - before) / seconds


# --- how it grows -------------------------------------------------------------------------------------------------------


def a_million() -> None:
    """Three tables with a thousand voters, and with a million less one, for which six digits do: the cost is to be the same."""
    medians = {}
    for voters in (1_000, 999_999):
        with a_place(3, voters) as place:
            queue_ = [v for v in place.voters if v.book == 2 and v.struck is None and not v.postal and len(v.elections) == 2]
            node = place.table(1)
            with ScreenClient(node.socket, draws=True, patience_s=60) as screen:
                screen.showing(s.Ready)
                times = [serve(screen, node, place.card(voter.number)) for voter in islice(queue_, 200)]
            greens, shown = [green for _, green in times if green is not None], [shown for shown, _ in times]
            medians[voters] = statistics.median(greens), statistics.median(shown)
            assert node.process is not None
            report(f"a node's memory, {voters:,} voters", f"{memory_mb(node.process.pid):.0f} MB")
    (green, shown), (green_million, shown_million) = medians.values()
    report(
        "approve → green, a million voters to a thousand",
        f"{green_million:.4f} s to {green:.4f} s: {green_million / green:.2f}",
    )
    report("card → screen, likewise", f"{shown_million:.4f} s to {shown:.4f} s: {shown_million / shown:.2f}")


def growth() -> None:
    """Real cores in a network in memory: processor time of a check-in at all nodes, copies included, and of heads."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from tests.stories.place import Place as StoryPlace

    for tables in (3, 8, 25, 50, 100):
        place = StoryPlace(tables=tables).morning()
        place.wait(2_000)
        resting, started = 0.0, time.process_time()
        for voter in range(201, 209):
            place.serve("T1", voter)
            place.wait(1_000)  # everybody has it, and says so
            between = time.process_time()
            place.wait(1_000)
            resting += time.process_time() - between
        each, heads = (time.process_time() - started - 2 * resting) / 8 * 1e3, resting / 8 * 1e3
        report(f"a check-in at {tables} tables", f"{each:.1f} ms of all nodes, {each / (tables + 1):.2f} of each")
        report(f"a second's heads at {tables} tables", f"{heads:.1f} ms of all nodes, {heads / (tables + 1):.2f} of each")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=24 * 60.0)
    parser.add_argument("--tables", type=int, default=25)
    parser.add_argument("--voters", type=int, default=25_000)
    parser.add_argument("--pace", type=float, default=10.0)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--growth", action="store_true")
    given = parser.parse_args()
    if given.million:
        a_million()
    elif given.growth:
        growth()
    else:
        a_day(given.tables, given.voters, given.pace, given.minutes)


if __name__ == "__main__":
    main()
