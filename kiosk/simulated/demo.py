"""`valgbord demo`: a whole polling place with made-up voters, with the real programs as separate processes on this machine.

With a screen, the person in front of it is clerk, chair and secretary. Without one, simulated clerks serve voters, things
break, and the story is told in plain sentences; the displays leave a picture of each kind of screen. It ends with the proof.
"""

import errno
import os
import selectors
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from kiosk.domain.texts import CODES
from kiosk.simulated.clerk import Record, SimulatedClerk
from kiosk.simulated.gallery import draw_all
from kiosk.simulated.place import SimulatedPlace
from kiosk.simulated.proof import prove
from kiosk.simulated.recorder import Recorder
from kiosk.simulated.story import Story
from kiosk.trust.bundle import Bundle

Say = Callable[[str], None]

_MARK = "made-by-valgbord-demo"  # only a folder with this file is ever emptied
_TABLES = 3
_PACE_S = 0.3  # seconds of thought before each action: quick for a person, and time for three displays to draw


def run(*, seconds: int, voters: int, out: Path, seed: int, say: Say) -> int:
    """Run the demo; 0 when everything held. `out` is made anew. Pictures, logs and the record are left in it."""
    if out.exists() and not (out / _MARK).exists() and any(out.iterdir()):
        raise FileExistsError(errno.EEXIST, "holds other things than a demo's pictures: name a new folder with --out", str(out))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / _MARK).touch()
    say(f"== Making a polling place: the secretary's node, {_TABLES} tables, 2 brokers, {voters} made-up voters")
    folder = Path(tempfile.mkdtemp(prefix="valgbord-"))
    with closing(SimulatedPlace(folder, out, tables=_TABLES, voters=voters, seed=seed)) as place:
        if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
            return _in_windows(place, say)
        return _off_screen(place, out, seconds, seed, say)


# --- with a screen: the person is the clerk -------------------------------------------------------------------------


def _in_windows(place: SimulatedPlace, say: Say) -> int:
    place.start()
    for node in place.nodes.values():
        node.display_process = node.start_display("--size", "800x480")
    windows = [node.display_process for node in place.nodes.values() if node.display_process is not None]
    say(f"== The windows are the secretary's and the tables' screens. The chair's PIN: {place.pin}")
    say("== Here you are the scanner: Enter reads the next voter's card at table 1; `3 17` reads voter 17's card at table 3.")
    say("== `code 3` reads the next code of the chair's sheet at table 3, `code` at the secretary's.")
    say("== Close a window, or press Ctrl-C here, to end.")
    queue = iter(place.voters)
    with suppress(KeyboardInterrupt, StopIteration):
        for line in _lines_while(lambda: all(window.poll() is None for window in windows)):
            words = [int(word) for word in line.split() if word.isdecimal()]
            if line.split()[:1] == ["code"]:
                node = place.table(words[0]) if words and 1 <= words[0] <= place.tables else place.secretary
                node.scanner.scan(place.next_chair_code())
                say(f"   scanned the chair's next code at {node.name}")
                continue
            table = words[0] if len(words) > 1 and 1 <= words[0] <= place.tables else 1
            card = place.card(words[-1] if words else next(queue).number)
            place.table(table).scanner.scan(card)
            say(f"   scanned {card} at table {table}")
    return 0


def _lines_while(going: Callable[[], bool]) -> Iterator[str]:
    with selectors.DefaultSelector() as selector:
        with suppress(PermissionError, ValueError):  # a file or nothing at all instead of a terminal
            selector.register(sys.stdin, selectors.EVENT_READ)
        while going():
            if selector.select(0.5):
                line = sys.stdin.readline()
                if not line:
                    selector.unregister(sys.stdin)
                    continue
                yield line


# --- without a screen: the clerks are simulated ---------------------------------------------------------------------


def _off_screen(place: SimulatedPlace, out: Path, seconds: int, seed: int, say: Say) -> int:
    records = {number: out / f"screens-table-{number}.jsonl" for number in range(1, _TABLES + 1)}
    with ExitStack() as running:
        for number, record in records.items():
            running.enter_context(Recorder(place.table(number).socket, record))
        for name, node in place.nodes.items():
            node.show(out / name)
        say("== All nodes start, and know all that happened meanwhile; the chair opens the poll with the first code")
        place.start()
        say(f"== Voters come to all three tables for {seconds} seconds, each to any table (frit bordvalg)")
        served = _clerks_serve(place, seconds, seed)
        _tell(served, say)
        Story(place, running, {v for record in served for v in record.green}, say).tell()
        place.stop_nodes()
        place.stop_displays()
    return _conclude(place, out, records, say)


def _clerks_serve(place: SimulatedPlace, seconds: int, seed: int) -> list[Record]:
    """A clerk at each table, all at once; every third voter of the list, whatever the table on the card."""
    ended = threading.Event()

    def serve(number: int) -> Record:
        node = place.table(number)
        with node.screen() as screen:
            voters = place.voters[number - 1 :: _TABLES]
            clerk = SimulatedClerk(screen, node.scanner.scan, voters, place.code, seed=seed + number, pace_s=_PACE_S)
            until = time.monotonic() + seconds
            for turn in clerk.visits():
                clerk.serve(turn)
                if time.monotonic() >= until or ended.is_set():
                    break
            return clerk.record

    with ThreadPoolExecutor(_TABLES) as clerks:
        try:
            return list(clerks.map(serve, range(1, _TABLES + 1)))
        finally:
            ended.set()  # so that ending the demo early does not wait for the clerks


def _tell(records: Sequence[Record], say: Say) -> None:
    refused: Counter[str] = Counter()
    for record in records:
        refused += record.refused
    served = sum(len(record.green) for record in records)
    say(
        f"   {served} voters served, {refused.total()} scans refused ({_counted(refused)}); "
        f"scan to screen {_spread([t for r in records for t in r.scan_to_screen])}, "
        f"approve to green {_spread([t for r in records for t in r.approve_to_green])}"
    )


def _counted(refused: Counter[str]) -> str:
    why = {code: word.replace("_", " ") for word, code in CODES.items()}
    return ", ".join(f"{why.get(code, 'left')} {count}" for code, count in refused.most_common())


def _spread(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    if not ordered:
        return "not measured"
    p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"{statistics.median(ordered) * 1e3:.1f} ms (99th percentile {p99 * 1e3:.1f} ms)"


def _conclude(place: SimulatedPlace, out: Path, records: dict[int, Path], say: Say) -> int:
    """The pictures, the check of a log, and the proof; 1 where anything did not hold."""
    say("== A picture of every screen, both sizes, all languages (half a minute)")
    draw_all(out / "gallery")
    say("== The signed log of table 1, which holds all nodes' entries, is checked as an auditor would")
    node, exported = place.table(1), out / "log.jsonl"
    node.run("log", "export", "--bundle", node.bundle, "--data", node.data, exported)
    node.run("log", "verify", "--bundle", node.bundle, exported)
    say("== The proof, from the databases and the record of the screens alone")
    elections = {election.name: election.id for election in Bundle.load(node.bundle).plan.elections}
    proof = prove({name: node.data / "node.db" for name, node in place.nodes.items()}, records, elections)
    for fault in proof.faults:
        say(f"   FAULT: {fault}")
    say(f"Pictures, screens and log are in {out}, one picture of each screen in {out / 'gallery'}")
    say(
        f"{proof.greens} greens on the screens, {proof.entries} entries in each of {proof.nodes} databases: "
        + ("no voter was given ballots twice, nothing green was lost, all nodes agree" if not proof.faults else "FAULTS")
    )
    return 1 if proof.faults else 0
