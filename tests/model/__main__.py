"""`python -m tests.model`: build the checker, run the configurations, and say of each whether it is as expected."""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed

from tests.model.checker import JOBS, Configuration, Result, configurations, run, trace


def line(configuration: Configuration, result: Result) -> str:
    """What is said of one configuration."""
    judged = "ok" if result.is_as(configuration) else f"NOT AS EXPECTED ({configuration.want})"
    figures = f"{result.states:>11,} states  depth {result.depth:>2}  {result.seconds:6.1f} s"
    return f"{result.verdict:<13}  {figures}  {judged}  {configuration.name}"


def main() -> int:
    """Read the command line, and run two at a time."""
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--only", metavar="NAME", default="", help="only configurations with this in their name")
    parser.add_argument("--quick", action="store_true", help="only the quick ones")
    parser.add_argument("--trace", action="store_true", help="print the trace of every break, not only of unexpected ones")
    parser.add_argument("--jobs", type=int, default=JOBS)
    given = parser.parse_args()

    def say(words: str) -> None:
        sys.stdout.write(words + "\n")
        sys.stdout.flush()

    chosen = [c for c in configurations() if given.only.casefold() in c.name.casefold() and (c.quick or not given.quick)]
    wrong = bounded = 0
    with ThreadPoolExecutor(given.jobs) as pool:
        running = {pool.submit(run, c): c for c in chosen}
        for future in as_completed(running):
            configuration, result = running[future], future.result()
            say(line(configuration, result))
            bounded += result.verdict == "bounded"
            as_expected = result.is_as(configuration)
            wrong += not as_expected
            if result.verdict == "error":
                say(f"  {result.words}")
            elif result.verdict.startswith("break") and (given.trace or not as_expected):
                say(trace(configuration))
    say(f"{len(chosen)} configurations, {bounded} of them bounded (not all states were seen), {wrong} not as expected")
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
