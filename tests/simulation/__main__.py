"""`python -m tests.simulation`: run schedules, and say what was found."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing import get_context

from tests.simulation.mutations import G5_ASIDE, MUTATIONS, WHY_NOT, broken
from tests.simulation.oracle import Counts, ViolationError
from tests.simulation.schedule import Schedule

STEPS = 100


def run_one(seed: int, steps: int, counts: Counts, nodes: int = 0) -> str:
    """Run one schedule; "" when all held, else what did not."""
    try:
        Schedule(seed, steps, counts, nodes=nodes).run()
    except ViolationError as violation:
        return str(violation)
    except Exception as error:  # a fault in the product is a violation like any other
        return f"{type(error).__name__}: {error}"
    return ""


def shortened(seed: int, steps: int, nodes: int, found: str) -> tuple[list[str], str]:
    """The story of a failing schedule with every step left out that it does not need."""

    def fails(skip: set[int]) -> bool:
        try:
            Schedule(seed, steps, Counts(), nodes=nodes, skip=skip).run()
        except Exception as error:
            return str(error).split(":")[0] == found.split(":")[0] or found.startswith(type(error).__name__)
        return False

    skip: set[int] = set()
    size = steps // 2
    while size:
        for start in range(0, steps, size):
            more = skip | set(range(start, min(start + size, steps)))
            if more != skip and fails(more):
                skip = more
        size //= 2
    schedule = Schedule(seed, steps, Counts(), nodes=nodes, skip=skip, tell=True)
    try:
        schedule.run()
    except Exception as error:
        found = str(error)
    return schedule.world.story or [], found


def _work(given: tuple[int, int, int, int, float]) -> tuple[int, int, list[tuple[int, str]], dict[str, int]]:
    first, count, steps, nodes, until = given
    counts, found, done = Counts(), [], 0
    for seed in range(first, first + count):
        if time.monotonic() > until:
            break
        words = run_one(seed, steps, counts, nodes)
        done += 1
        if words:
            found.append((seed, words))
    return done, done * steps, found, counts.seen


def run_many(
    schedules: int,
    seed: int,
    *,
    steps: int = STEPS,
    minutes: float = 1e6,
    nodes: int = 0,
    jobs: int = 0,
    say: Callable[[str], None],
) -> int:
    """Run many; returns the number of violations."""
    jobs, started = jobs or os.cpu_count() or 1, time.monotonic()
    until = started + minutes * 60
    share = max(1, min(500, schedules // jobs or 1))
    parts = [(at, min(share, seed + schedules - at), steps, nodes, until) for at in range(seed, seed + schedules, share)]
    total = Counts()
    done = walked = 0
    violations: list[tuple[int, str]] = []
    with get_context("fork").Pool(jobs) as pool:
        for ran, made, found, seen in pool.imap_unordered(_work, parts):
            done, walked, violations = done + ran, walked + made, violations + found
            for what, times in seen.items():
                total.add(what, times)
    seconds = time.monotonic() - started
    for bad, words in sorted(violations)[:10]:
        say(f"seed {bad}: {words}")
    if violations:
        story, words = shortened(violations[0][0], steps, nodes, violations[0][1])
        say(f"the story of seed {violations[0][0]}:")
        for line in story[-120:]:
            say(f"  {line}")
        say(f"  {words}")
    say("how often: " + ", ".join(f"{what} {times}" for what, times in sorted(total.seen.items())))
    say(f"{walked / seconds:.0f} steps/s with {jobs} processes")
    say(f"{done} schedules, {len(violations)} violations")
    return len(violations)


def mutate(name: str, schedules: int, seed: int, say: Callable[[str], None], jobs: int = 0) -> bool:
    """Break a rule, and look for the first schedule that finds out. Whether one does. One job runs in this process."""
    share = 25
    parts = [(at, share, STEPS, 0, 1e18) for at in range(seed, seed + schedules, share)]
    for aside, patches in (("", MUTATIONS[name]), (" (G5 aside)", MUTATIONS[name] + G5_ASIDE)):
        with broken(*patches), ExitStack() as running:
            look = map if jobs == 1 else running.enter_context(get_context("fork").Pool(jobs or os.cpu_count())).imap
            for _, _, found, _ in look(_work, parts):
                if found:
                    say(f"caught      {name}{aside}: after {found[0][0] - seed + 1} schedules: {found[0][1][:110]}")
                    return True
    why = WHY_NOT.get(name)
    say(f"{'not caught' if why else 'NOT CAUGHT'}  {name}: in {schedules} schedules" + (f"; {why}" if why else ""))
    return False


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--schedules", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--nodes", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--mutate", metavar="NAME|all")
    given = parser.parse_args()

    def say(words: str) -> None:
        sys.stdout.write(words + "\n")
        sys.stdout.flush()

    if given.mutate:
        names = [name for name in MUTATIONS if given.mutate == "all" or given.mutate.casefold() in name.casefold()]
        missed = [name for name in names if not mutate(name, given.schedules, given.seed, say) and name not in WHY_NOT]
        say(f"{len(names)} rules broken, {len(missed)} not caught without a reason")
        return 1 if missed or not names else 0
    return (
        1
        if run_many(
            given.schedules, given.seed, steps=given.steps, minutes=given.minutes, nodes=given.nodes, jobs=given.jobs, say=say
        )
        else 0
    )


if __name__ == "__main__":
    sys.exit(main())
