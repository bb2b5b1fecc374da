"""Fuzzing by command: `python -m tests.hostile.fuzz --minutes 10`, or one `--target`; `--replay FILE` tries one input again.

Led by which of the product's code each input reaches, in a process of its own for each target. An input that breaks what must
hold is printed with its traceback, and left in `out/`.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

OUT = Path(__file__).parents[2] / "out"
MISSING = f"atheris is missing, which no other command needs: {sys.executable} -m pip install atheris"
MOST_BYTES = 100_000  # bytes of one input
SCAN_BYTES = 2_000  # of one scan: beyond a few hundred nothing new comes, and each character is a turn of its own
MOST_SECONDS = 20  # seconds that one input may take
MOST_MB = 2_048  # memory that all of it may take


def targets() -> dict[str, Callable[[bytes], None]]:
    """What can be fuzzed, by name."""
    from functools import partial

    from tests.hostile import decoders, table

    return {name: partial(decoders.decode, name) for name in decoders.DECODERS} | {
        "stranger": table.stranger,
        "thief": table.thief,
    }


def main(arguments: list[str]) -> int:
    """Run the command; the number of targets that failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0, help="for all targets together (default: 1)")
    parser.add_argument("--target", help="one of them only")
    parser.add_argument("--replay", type=Path, help="an input that is to be tried again; needs --target")
    given = parser.parse_args(arguments)
    if given.replay is not None and given.target is not None:
        targets()[given.target](given.replay.read_bytes())
        return 0
    try:
        import atheris
    except ImportError:
        print(MISSING)
        return 2
    if given.target is not None:
        _fuzz(atheris, given.target, given.minutes)
    names = list(targets())
    minutes = given.minutes / len(names)
    failed = [name for name in names if _run(name, minutes)]
    print(f"{len(names)} targets, failed: {', '.join(failed) or 'none'}")
    return len(failed)


def _run(name: str, minutes: float) -> int:
    command = [sys.executable, "-m", "tests.hostile.fuzz", "--target", name, "--minutes", str(minutes)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    lines = done.stdout.splitlines()
    print(f"{name}: {next((line for line in reversed(lines) if line.startswith('Done ')), 'failed')}", flush=True)
    if done.returncode:
        print("\n".join(lines[-60:]))
    return done.returncode


def _fuzz(atheris, name: str, minutes: float) -> None:  # type: ignore[no-untyped-def]
    """Fuzz one target; the fuzzer ends the process."""
    with atheris.instrument_imports(include=["kiosk"]):
        target = targets()[name]
    from tests.hostile import decoders

    OUT.mkdir(exist_ok=True)
    most = SCAN_BYTES if name == "scans" else MOST_BYTES
    with tempfile.TemporaryDirectory() as seeds:
        for number, sample in enumerate(decoders.samples(name) if name in decoders.DECODERS else ()):
            (Path(seeds) / str(number)).write_bytes(b"\0" + sample[:most])
        limits = [f"-max_total_time={max(1, round(minutes * 60))}", f"-max_len={most}", f"-timeout={MOST_SECONDS}"]
        atheris.Setup([sys.argv[0], seeds, *limits, f"-rss_limit_mb={MOST_MB}", f"-artifact_prefix={OUT}/{name}-"], target)
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
