"""`python -m tests.simulation`: run schedules, and say what was found."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing import get_context

from tests.simulation.mutations import CONTROLS, FOUND_BY, MUTATIONS, WHY_NOT, broken
from tests.simulation.oracle import TURNS, Counts, ViolationError
from tests.simulation.refusals import counted
from tests.simulation.schedule import WITH_SCENARIO, Schedule

STEPS = 100
MOSTLY_WITH_SCENARIO = 0.9  # the chance of a scenario where a broken rule is looked for


def run_one(seed: int, steps: int, counts: Counts, nodes: int = 0, scenario_share: float = WITH_SCENARIO) -> str:
    """Run one schedule; "" when all held, else what did not."""
    try:
        Schedule(seed, steps, counts, nodes=nodes, scenario_share=scenario_share).run()
    except ViolationError as violation:
        return str(violation)
    except Exception as error:  # a fault in the product is a violation like any other
        return f"{type(error).__name__}: {error}"
    return ""


def shortened(seed: int, steps: int, nodes: int, found: str, scenario_share: float = WITH_SCENARIO) -> tuple[list[str], str]:
    """The story of a failing schedule with every step left out that it does not need."""

    def fails(skip: set[int]) -> bool:
        try:
            Schedule(seed, steps, Counts(), nodes=nodes, scenario_share=scenario_share, skip=skip).run()
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
    schedule = Schedule(seed, steps, Counts(), nodes=nodes, scenario_share=scenario_share, skip=skip, tell=True)
    try:
        schedule.run()
    except Exception as error:
        found = str(error)
    return schedule.world.story or [], found


def _work(given: tuple[int, int, int, int, float]) -> tuple[int, int, list[tuple[int, str]], dict[str, int]]:
    first, count, steps, nodes, until = given
    counts, found, done = Counts(), [], 0
    with counted(counts):
        for seed in range(first, first + count):
            if time.monotonic() > until:
                break
            words = run_one(seed, steps, counts, nodes)
            done += 1
            if words:
                found.append((seed, words))
    return done, done * steps, found, counts.seen


def _look(given: tuple[int, int]) -> tuple[int, str] | None:
    """The first of some schedules, most of them with a scenario, that finds out that a rule is broken."""
    first, count = given
    for seed in range(first, first + count):
        words = run_one(seed, STEPS, Counts(), scenario_share=MOSTLY_WITH_SCENARIO)
        if words:
            return seed, words
    return None


def _mortal() -> None:
    """A worker ends when it is told to, whatever the process that it was forked from does with that signal."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


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
    with get_context("fork").Pool(jobs, _mortal) as pool:
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
        tell(story, words, say)
    said = {what: times for what, times in total.seen.items() if what.endswith(" no") and "_" in what}
    say("how often: " + ", ".join(f"{what} {times}" for what, times in sorted(total.seen.items()) if what not in said))
    say("in how many steps a rule said no: " + ", ".join(f"{what} {times}" for what, times in sorted(said.items())))
    turns = total.seen.get(TURNS, 0)
    say(f"{walked / seconds:.0f} steps/s, {turns / seconds:.0f} turns of a node/s with {jobs} processes")
    say(f"{done} schedules, {len(violations)} violations")
    return len(violations)


def tell(story: list[str], words: str, say: Callable[[str], None]) -> None:
    """Tell the last part of a story."""
    for line in [*story[-120:], words]:
        say(f"  {line}")


def mutate(
    name: str, schedules: int, seed: int, say: Callable[[str], None], jobs: int = 0, *, with_story: bool = False
) -> bool:
    """Break a rule, and look for the first schedule that finds out. Whether one does. One job runs in this process.

    The day that is known to find out is tried first. A control breaks what must do no harm; for it, to be found out is the bad
    end.
    """
    share = 25
    parts = [(at, min(share, seed + schedules - at)) for at in range(seed, seed + schedules, share)]
    parts = [(FOUND_BY[name], 1), *parts] if name in FOUND_BY else parts
    patches = (MUTATIONS | CONTROLS)[name]
    with broken(*patches), ExitStack() as running:
        look = map if jobs == 1 else running.enter_context(get_context("fork").Pool(jobs or os.cpu_count(), _mortal)).imap
        for found in look(_look, parts):
            if found is not None:
                at, words = found
                verdict = "HARMFUL   " if name in CONTROLS else "caught    "
                say(f"{verdict}  {name}: on the day of seed {at}: {words[:110]}")
                if with_story:
                    tell(*shortened(at, STEPS, 0, words, MOSTLY_WITH_SCENARIO), say)
                return True
    if name in CONTROLS:
        say(f"harmless    {name}: in {schedules} schedules, as it must be")
        return False
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
        names = [n for n in MUTATIONS | CONTROLS if given.mutate == "all" or given.mutate.casefold() in n.casefold()]
        wrong = 0
        for name in names:
            caught = mutate(name, given.schedules, given.seed, say, given.jobs, with_story=len(names) == 1)
            wrong += caught if name in CONTROLS else not caught and name not in WHY_NOT
        say(f"{len(names)} looked at, {wrong} not as they should be")
        return 1 if wrong or not names else 0
    return (
        1
        if run_many(
            given.schedules, given.seed, steps=given.steps, minutes=given.minutes, nodes=given.nodes, jobs=given.jobs, say=say
        )
        else 0
    )


if __name__ == "__main__":
    sys.exit(main())
