"""`python -m tests.fold --days N --seed S`: so many days from this seed on; tells the story of the first that goes wrong."""

import argparse
import sys
import time
import traceback
from collections import Counter
from random import Random

from tests.fold.day import Day, Wrong
from tests.fold.scenarios import SCENARIOS
from tests.fold.schedule import evening, morning, play


def one_day(seed: int, scenario: str = "", *, compares: bool = True) -> Day:
    """A day of this seed. Raises `Wrong` where the protocol fails, with the day as its second argument."""
    name = scenario or Random(seed).choice(["", "", *SCENARIOS])
    day = Day(seed, 3 if name else 0)
    day.compares = compares
    try:
        morning(day)
        if name:
            day.tell(f"scenario: {name}")
            SCENARIOS[name](day)
        play(day)
        evening(day)
    except Exception as found:
        raise Wrong(f"{type(found).__name__} {found}", day) from found
    return day


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scenario", default="", choices=["", *SCENARIOS])
    parser.add_argument("--go-on", action="store_true", help="count what goes wrong, and go on")
    parser.add_argument("--without-own-fold", action="store_true")
    asked = parser.parse_args()
    began, counts, wrong = time.process_time(), Counter[str](), Counter[str]()
    for seed in range(asked.seed, asked.seed + asked.days):
        try:
            counts += one_day(seed, asked.scenario, compares=not asked.without_own_fold).counts
        except Wrong as found:
            what, day = found.args
            wrong[what[:60]] += 1
            if not asked.go_on:
                print("\n".join(day.story))
                traceback.print_exception(found.__cause__)
                print(f"seed {seed}: {what}")
                return 1
            print(f"seed {seed}: {what[:300]}")
    took = time.process_time() - began
    print(f"{asked.days} days, {asked.days / took:.0f} a second of this processor; {sum(wrong.values())} wrong")
    print(", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
