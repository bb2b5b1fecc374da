"""Build the checker of the model, and run it."""

import hashlib
import re
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "out" / "model"
JOBS = 2
MEMORY = 1.9  # GB for each run, so that two fit into four
SECONDS = 300  # of the processor
# How large a place is, is fixed when the checker is built: nodes, runs a device, entries a log, stops, gives.
BINARIES = {
    "r3": (3, 2, 8, 2, 1),
    "r3s": (3, 2, 8, 3, 1),
    "r33": (3, 3, 7, 1, 1),
    "r4": (4, 2, 7, 1, 1),
    "r42": (4, 2, 7, 2, 1),
    "w4": (4, 2, 8, 1, 1),
}
BOUNDS = ("NODES", "RUNS_EACH", "LOG_LENGTH", "STOPS", "GIVES")
_building = threading.Lock()


@dataclass(frozen=True)
class Configuration:
    """A line of configurations.txt: `clean`, `bounded` or `break S1` is wanted."""

    want: str
    name: str
    binary: str
    options: tuple[str, ...]
    quick: bool


@dataclass(frozen=True)
class Result:
    """What the checker said; the verdict is `clean`, `bounded`, `break` with what is broken, or `error`."""

    verdict: str
    states: int
    depth: int
    seconds: float
    words: str

    def is_as(self, configuration: Configuration) -> bool:
        """Whether this is what was wanted."""
        return self.verdict == configuration.want


def configurations() -> list[Configuration]:
    """Read configurations.txt."""
    found = []
    for text in (HERE / "configurations.txt").read_text("utf-8").splitlines():
        if text.strip() and not text.startswith("#"):
            want, name, binary, options = (part.strip() for part in text.split("|"))
            quick = want.endswith(" quick")
            found.append(Configuration(want.removesuffix(" quick"), name, binary, tuple(options.split()), quick))
    if len({c.name for c in found}) < len(found):
        raise ValueError("two configurations have one name")
    return found


def build(binary: str) -> Path:
    """The path of a binary, built anew when a source has changed."""
    sources = sorted(HERE.glob("*.[ch]pp"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources) + repr(BINARIES[binary]).encode())
    path = OUT / f"{binary}-{digest.hexdigest()[:12]}"
    with _building:
        if not path.exists():
            OUT.mkdir(parents=True, exist_ok=True)
            defines = [f"-D{name}={value}" for name, value in zip(BOUNDS, BINARIES[binary], strict=True)]
            fresh = path.with_suffix(".new")
            command = ["g++", "-O3", "-std=c++17", "-Wall", "-Wextra", *defines, str(HERE / "main.cpp"), "-o", str(fresh)]
            subprocess.run(command, check=True)
            fresh.rename(path)
    return path


def _said(configuration: Configuration, *more: str) -> tuple[str, int]:
    limits = (f"seconds={SECONDS}", f"memory={MEMORY}", "table_bits=26")
    command = ["nice", "-n", "15", str(build(configuration.binary)), *limits, *configuration.options, *more]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr, ran.returncode


def run(configuration: Configuration) -> Result:
    """Run one configuration."""
    words, code = _said(configuration)
    found = re.match(r"(\w+) states=(\d+) depth=(\d+) seconds=([\d.]+) \S+ \S+ ?(\w*)", words)
    if code or not found:
        return Result("error", 0, 0, 0.0, words.strip() or f"exit code {code}")
    verdict = f"break {found[5]}" if found[1] == "break" else found[1]
    return Result(verdict, int(found[2]), int(found[3]), float(found[4]), words.strip())


def trace(configuration: Configuration) -> str:
    """Run it once more, for the shortest way to what is broken."""
    return "\n".join(_said(configuration, "trace=1", "memory=4")[0].rstrip().splitlines()[1:])
