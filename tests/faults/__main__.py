"""`python -m tests.faults --minutes 10 --seed 1`: a day of real faults; ends with `clean`, or with what is wrong and 1."""

import argparse
import signal
import sys
import time
from pathlib import Path

from tests.faults.day import Outcome, spend
from tests.faults.network import why_not


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--tables", type=int, default=3)
    parser.add_argument("--evidence", type=Path, help="a folder for databases, records and output, where something is wrong")
    options = parser.parse_args()
    if reason := why_not():
        print(reason, file=sys.stderr)
        return 2
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _end)
    print(f"seed {options.seed}", flush=True)
    outcome = spend(minutes=options.minutes, seed=options.seed, tables=options.tables, evidence=options.evidence)
    tell(outcome, options.seed)
    return 1 if outcome.wrong else 0


def _end(*_: object) -> None:
    """End once, and undisturbed: everything is put away."""
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt


def tell(outcome: Outcome, seed: int) -> None:
    """Print the figures and the verdict."""
    print(f"{outcome.minutes:g} minutes, {outcome.check_ins} check-ins")
    print("what ended visits: " + ", ".join(f"{what} {count}" for what, count in outcome.answers.most_common()))
    print("faults: " + ", ".join(f"{name} {count}" for name, count in outcome.faults.most_common()))
    print("longest wait of a voter: " + ", ".join(f"{name} {s:.1f} s" for name, s in sorted(outcome.waits.items())))
    for why in outcome.given_up:
        print(f"the chair gave up: {why}")
    for wrong in outcome.wrong:
        print(f"WRONG: {wrong}")
    print("clean" if not outcome.wrong else f"not clean: seed {seed}")


sys.exit(main())
