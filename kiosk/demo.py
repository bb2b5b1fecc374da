"""`valgbord demo`: a table with made-up voters, from nothing to a checked log, with the real programs as separate processes.

With a screen the person before it is the clerk; without one a simulated clerk serves voters, and the display, off screen,
leaves a picture of every screen.
"""

import errno
import os
import selectors
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path

from kiosk.chair import Chair
from kiosk.domain import screens as s
from kiosk.domain.texts import CODES
from kiosk.domain.voters import Struck, Voter
from kiosk.gallery import draw_all
from kiosk.screen_client import NoScreenError, ScreenClient
from kiosk.simulated.clerk import Record, SimulatedClerk, Turn
from kiosk.simulated.proof import differences
from kiosk.simulated.table import Table

Say = Callable[[str], None]

_MARK = "made-by-valgbord-demo"  # only a folder with this file is ever emptied
_PACE_S = 0.25  # seconds of thought before each action: quick for a person, and time for the display to draw
_PICTURE_S = 15.0  # seconds that a picture may take, the window's start included


def run(*, seconds: int, voters: int, out: Path, seed: int, say: Say) -> int:
    """Run the demo; 0 when everything held. `out` is made anew. Pictures, logs and the summary are left in it."""
    if out.exists() and not (out / _MARK).exists() and any(out.iterdir()):
        raise FileExistsError(errno.EEXIST, "holds other things than a demo's pictures: name a new folder with --out", str(out))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / _MARK).touch()
    with closing(Table(Path(tempfile.mkdtemp(prefix="valgbord-")), out)) as table:
        say("== Making the plan's keys and the chair's PIN")
        table.provision(clear_after_s="3")
        say(f"== Making a list of {voters} made-up voters and importing it")
        table.write_list(voters, seed)
        table.import_list(table.list)
        if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
            return _in_a_window(table, seed, say)
        return _off_screen(table, seconds, seed, say)


# --- with a screen: the person is the clerk -------------------------------------------------------------------------


def _in_a_window(table: Table, seed: int, say: Say) -> int:
    with ExitStack() as running:
        running.enter_context(table.node())
        window = running.enter_context(table.display())
        client = running.enter_context(ScreenClient(table.socket, draws=False))
        clerk = SimulatedClerk(client, table.scanner.scan, table.voters, table.place, seed=seed)
        say(f"== The window is the table's screen. Open the poll there with the chair's PIN: {table.pin}")
        say("== Here, Enter is the scanner: it reads the next voter's card. A voter number and Enter reads that voter's.")
        say("== Close the window, or press Ctrl-C here, to end.")
        queue = iter(table.voters)
        with suppress(KeyboardInterrupt, StopIteration):
            for line in _lines_while(lambda: window.poll() is None):
                number = int(line) if line.strip().isdecimal() else next(queue).number
                table.scanner.scan(clerk.card(number))
                say(f"   scanned {clerk.card(number)}")
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


# --- without a screen: the clerk is simulated -----------------------------------------------------------------------


def _off_screen(table: Table, seconds: int, seed: int, say: Say) -> int:
    records = []
    seen = partial(_await_picture, table)
    with table.display("--size", "1280x800", "--pictures", table.logs):
        say("== The table is not ready: the poll is not open. The chair opens it with the PIN")
        with table.node() as node, ScreenClient(table.socket, draws=False) as client:
            seen("not_ready")
            Chair(client, table.pin, seen).decide("open_poll")
            clerk = SimulatedClerk(client, table.scanner.scan, table.voters, table.place, seed=seed, pace_s=_PACE_S)
            records.append(clerk.record)
            _serve(clerk, seconds / 2, "the birth date is compared", say)
            say("== One voter for each way to be refused")
            _each_refusal(clerk, table)
            say("== The scanner's cable is pulled, and plugged in again")
            table.scanner.unplug()
            client.until(lambda screen: screen.strip.warnings != ())
            table.scanner.plug_in()
            client.until(lambda screen: screen.strip.warnings == ())
            say("== The node is killed at a green light, and starts again: the clerk is asked about that voter")
            served = set(clerk.record.green)
            clerk.serve(Turn.CARD, next(v.number for v in table.voters if _may_both(v) and v.number not in served))
            node.kill()
        table.change_plan(clear_after_s="3", birth_date='"enter"')
        with table.node(), ScreenClient(table.socket, draws=False) as client:
            client.showing(s.Unresolved)
            seen("unresolved")
            client.touch("yes")
            client.showing(s.Ready)
            rest = [voter for voter in table.voters if voter.number not in set(clerk.record.green)]
            clerk = SimulatedClerk(client, table.scanner.scan, rest, table.place, seed=seed + 1, pace_s=_PACE_S)
            records.append(clerk.record)
            _serve(clerk, seconds / 2, "the clerk keys the birth date", say)
            say("== A voter who can't say the right date is referred to the secretary; the chair gives a new try")
            _refer(clerk)
            seen("referred")
            Chair(client, table.pin, seen).decide("release_voter")
            say("== The chair closes the table")
            Chair(client, table.pin, seen).decide("close_table")
            seen("closed")
    return _conclude(table, records, say)


def _await_picture(table: Table, kind: str) -> None:
    """The display has drawn a screen of this kind, and its picture is there."""
    until = time.monotonic() + _PICTURE_S
    while not list(table.logs.glob(f"*-{kind}.png")):
        if time.monotonic() > until:
            raise NoScreenError(f"no picture of {kind} in {_PICTURE_S:.0f} s; see {table.logs / 'display-table-1.log'}")
        time.sleep(0.05)  # nothing announces a file


def _serve(clerk: SimulatedClerk, seconds: float, mode: str, say: Say) -> None:
    say(f"== Voters come for {seconds:.0f} seconds; {mode}")
    until = said = time.monotonic()
    until += seconds
    for turn in clerk.visits():
        clerk.serve(turn)
        if time.monotonic() >= until:
            return
        if time.monotonic() - said >= 5:
            said = time.monotonic()
            say(f"   {until - said:3.0f} s left: {len(clerk.record.green)} served, {clerk.record.refused.total()} refused")


def _may_both(voter: Voter) -> bool:
    return voter.struck is None and len(voter.elections) == 2 and not voter.postal


def _each_refusal(clerk: SimulatedClerk, table: Table) -> None:
    def first(wanted: Callable[[Voter], bool]) -> int:
        return next(voter.number for voter in table.voters if wanted(voter))

    clerk.serve(Turn.CARD, first(lambda voter: voter.struck is Struck.STRUCK_OFF))
    clerk.serve(Turn.CARD, first(lambda voter: voter.struck is Struck.MOVED_AWAY))
    clerk.serve(Turn.CARD, first(lambda voter: voter.struck is None and voter.postal == voter.elections))
    for turn in (Turn.AGAIN, Turn.UNKNOWN, Turn.ELSEWHERE, Turn.STRAY, Turn.HEALTH_CARD, Turn.MISREAD, Turn.OTHER_CARD):
        clerk.serve(turn)


def _refer(clerk: SimulatedClerk) -> None:
    """Voters whose date is keyed wrongly, until one is so thrice: half of them get it right in the end."""
    while not isinstance(clerk.serve(Turn.WRONG_DATE).content, s.Referred):
        pass


def _conclude(table: Table, records: Sequence[Record], say: Say) -> int:
    """The pictures, the check of the log, and the summary; 1 where something that was shown green is not in the log once."""
    say("== A picture of every screen, both sizes, both languages (half a minute)")
    draw_all(table.logs / "gallery")
    say("== The signed log is checked, and what was shown green is compared with it")
    exported = table.logs / "log.jsonl"
    table.run("log", "export", "--bundle", table.bundle, "--data", table.data, exported)
    table.run("log", "verify", "--bundle", table.bundle, exported)
    greens = [number for record in records for number in record.green]
    faults = differences(greens, exported.read_bytes().splitlines()[1:])
    for fault in faults:
        say(f"   FAULT: {fault}")
    refused: Counter[str] = Counter()
    for record in records:
        refused += record.refused
    pictures = len(list(table.logs.glob("*.png")))
    say(f"{pictures} pictures of this run in {table.logs}, one of each screen in {table.logs / 'gallery'}")
    say(
        f"{len(greens)} voters served, {refused.total()} scans refused ({_counted(refused)}); "
        f"scan to screen {_spread([t for r in records for t in r.scan_to_screen])}, "
        f"approve to green {_spread([t for r in records for t in r.approve_to_green])}; "
        f"{'every green is in the log once' if not faults else f'{len(faults)} FAULTS'}"
    )
    return 1 if faults else 0


def _counted(refused: Counter[str]) -> str:
    why = {code: word.replace("_", " ") for word, code in CODES.items()}
    return ", ".join(f"{why[code]} {count}" for code, count in refused.most_common())


def _spread(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"{statistics.median(ordered) * 1e3:.1f} ms (99th percentile {p99 * 1e3:.1f} ms)"
