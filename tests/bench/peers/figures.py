"""The figures of a run, as Markdown, CSV and a plot."""

import csv
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

HEAD = (
    "clients",
    "ms added to a sync",
    "peer",
    "p50 ms",
    "p99 ms",
    "claims/s",
    "p50 to etcd's",
    "p50 to trip + sync",
    "trip ms",
    "sync ms",
    "ask + decision ms",
    "trivial p50 ms",
    "slowed syncs a claim",
    "remark",
)


@dataclass
class Taken:
    """What one peer took, in seconds: each claim, all rounds of claims together, each trivial request."""

    seconds: list[float] = field(default_factory=list)
    busy_s: float = 0.0
    trivial: list[float] = field(default_factory=list)


@dataclass
class Samples:
    """What all took by turns: peers, and the yardsticks' messages, syncs, and decisions without a poll book."""

    peers: list[Taken]
    of_yardsticks: tuple[list[float], list[float], list[float]] = field(default_factory=lambda: ([], [], []))

    @property
    def yardsticks(self) -> tuple[float, ...]:
        """Their medians, in ms."""
        return tuple(map(median_ms, self.of_yardsticks))


@dataclass(frozen=True)
class Row:
    """One peer in one case. `yardsticks`: trip, sync, and the least that the protocol asks, in ms, from the same run."""

    clients: int
    delay_ms: int
    peer: str
    taken: Taken
    yardsticks: tuple[float, ...]
    slowed: int
    remark: str

    @property
    def case(self) -> tuple[int, int]:
        """What rows must have in common to be compared."""
        return self.clients, self.delay_ms

    @property
    def p50(self) -> float:
        """Median of a claim, in ms."""
        return median_ms(self.taken.seconds)

    @property
    def p99(self) -> float:
        """In ms."""
        ordered = sorted(self.taken.seconds)
        return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1e3


def median_ms(seconds: Sequence[float]) -> float:
    """The median in ms."""
    return statistics.median(seconds) * 1e3


def cells(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """The table's rows."""
    etcd = {row.case: row.p50 for row in rows if row.peer == "etcd, 3 nodes"}
    return [
        (
            str(row.clients),
            str(row.delay_ms),
            row.peer,
            f"{row.p50:.2f}",
            f"{row.p99:.2f}",
            f"{len(row.taken.seconds) / row.taken.busy_s:.0f}",
            f"{row.p50 / etcd[row.case]:.2f}",
            f"{row.p50 / sum(row.yardsticks[:2]):.2f}",
            *(f"{ms:.3f}" for ms in row.yardsticks),
            f"{median_ms(row.taken.trivial):.2f}",
            f"{row.slowed / len(row.taken.seconds):.1f}",
            row.remark,
        )
        for row in rows
    ]


def markdown(rows: Sequence[Row]) -> str:
    """The table."""
    lines = [HEAD, tuple("---" for _ in HEAD), *cells(rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def write(folder: Path, rows: Sequence[Row], about: str) -> None:
    """Write table and plot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "peers.md").write_text(f"{markdown(rows)}\n{about}\n", encoding="utf-8")
    with (folder / "peers.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *cells(rows)])
    (folder / "peers.svg").write_text(plot(rows), encoding="utf-8")


# --- the plot -------------------------------------------------------------------------------------------------------

WIDTH, PANEL, BAR, STEP, LEFT, SCALE = 760, 160, 18, 28, 190, 480
COLOURS = "#1a6b3c", "#8a8f98", "#5d6168", "#4a6fa5"


def plot(rows: Sequence[Row]) -> str:
    """A panel for each case, each with a scale of its own: bars to p50, a whisker to p99."""
    panels = [(case, list(group)) for case, group in groupby(rows, lambda row: row.case)]
    drawn = [_panel(number * PANEL, *case, group) for number, (case, group) in enumerate(panels)]
    size = f'width="{WIDTH}" height="{PANEL * len(panels)}"'
    style = 'font-family="sans-serif" font-size="12"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}><rect {size} fill="white"/>{"".join(drawn)}</svg>\n'


def _panel(top: int, clients: int, delay_ms: int, rows: Sequence[Row]) -> str:
    per_ms = SCALE / max(row.p99 for row in rows)
    who = "one client" if clients == 1 else f"{clients} clients at once"
    disk = f"{delay_ms} ms added to each sync" if delay_ms else "the disk as it is"
    parts = [f'<text x="10" y="{top + 22}" font-weight="bold">{who}, {disk}: a claim in ms, p50 and p99</text>']
    for number, (row, colour) in enumerate(zip(rows, COLOURS, strict=True)):
        y = top + 34 + number * STEP
        middle, p50, p99 = y + BAR / 2, LEFT + row.p50 * per_ms, LEFT + row.p99 * per_ms
        parts += [
            f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{row.peer}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{p50 - LEFT:.1f}" height="{BAR}" fill="{colour}"/>',
            f'<path d="M{p50:.1f} {middle}H{p99:.1f}m0 -4v8" stroke="#222" fill="none"/>',
            f'<text x="{p99 + 6:.1f}" y="{y + 13}">{row.p50:.2f}, {row.p99:.2f}</text>',
        ]
    return "".join(parts)
