"""What was shown green against what is in the log, by code that shares nothing with the product: it reads plain JSON."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence


def differences(greens: Sequence[int], exported: Iterable[bytes]) -> list[str]:
    """Compare voter numbers shown green, in order, with the entry lines of an exported log.

    A difference is a voter shown green twice, a green that no granted request in the log stands behind, or a voter with two
    granted requests that are not undone. Returns a sentence for each; an empty list is the proof.
    """
    voter_of: dict[str, int] = {}
    stands: dict[str, bool] = {}
    for line in exported:
        body = json.loads(json.loads(line)["entry"])["body"]
        if body["kind"] == "request":
            voter_of[body["id"]] = body["voter"]
        elif body["kind"] == "decision":
            stands[body["request"]] = body["outcome"] == "granted"
    marks = Counter(voter_of[request] for request, granted in stands.items() if granted)
    found = [f"voter {voter} was shown green {times} times" for voter, times in Counter(greens).items() if times > 1]
    found += [f"voter {voter} was shown green and has no mark" for voter in set(greens) if not marks[voter]]
    found += [f"voter {voter} has {count} marks" for voter, count in marks.items() if count > 1]
    return found
