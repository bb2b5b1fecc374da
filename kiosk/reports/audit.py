"""The auditor's check of a log: every entry, every link of the chain, every signature."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kiosk.domain.chain import Broken, Head, Stored, check_chain
from kiosk.domain.ledger import Ledger, Totals


@dataclass(frozen=True, slots=True)
class Audit:
    """What the check found. `heads`: how far each origin's log goes, to be compared with peers' or paper's."""

    entries: int
    broken: tuple[Broken, ...]
    heads: dict[str, Head]
    totals: Totals


def audit(stored: Iterable[Stored], first_prev: str, verify: Callable[[str, bytes, bytes], bool]) -> Audit:
    """Check a whole log. `verify(origin, signature, message)` tells whether a signature is that origin's."""
    heads: dict[str, Head] = {}
    broken: list[Broken] = []
    ledger, entries = Ledger(), 0
    for found in check_chain(stored, first_prev, verify, heads):
        if isinstance(found, Broken):
            broken.append(found)
        else:
            entries += 1
            ledger.fold(found)
    return Audit(entries, tuple(broken), heads, ledger.totals)
