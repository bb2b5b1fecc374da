"""The auditor's check of a log: every entry, every link of the chain, every signature, and the heads that were noted."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from kiosk.domain.chain import Broken, Head, Stored, check_chain
from kiosk.domain.entries import Request, decode_entry, entry_hash
from kiosk.domain.ledger import Ledger, Totals
from kiosk.domain.texts import ZONE


@dataclass(frozen=True, slots=True)
class Audit:
    """What the check found.

    `broken`: what is wrong with single entries; `faults`: all that is wrong, in words. `heads`: how far each origin's log goes;
    `after_noted`: how far beyond each noted head; `doubles`: every voter with two ballots in an election, tables and times.
    """

    entries: int
    broken: tuple[Broken, ...]
    faults: tuple[str, ...]
    after_noted: tuple[str, ...]
    heads: dict[str, Head]
    totals: Totals
    doubles: tuple[str, ...]


def audit(
    stored: Iterable[Stored],
    first_prev: str,
    verify: Callable[[str, bytes, bytes], bool],
    ledger: Ledger,
    noted: Iterable[str] = (),
) -> Audit:
    """Check a whole log.

    `verify(origin, signature, message)` tells whether a signature is that origin's. `ledger` is the place's, empty. `noted` are
    heads, "ORIGIN:SEQ:HASH", that the log must contain.
    """
    wanted = dict.fromkeys(noted, False)
    heads: dict[str, Head] = {}
    broken: list[Broken] = []
    entries, have = 0, {}
    for found in check_chain(_noting(stored, wanted), first_prev, verify, heads):
        if isinstance(found, Broken):
            broken.append(found)
        else:
            entries += 1
            have[found.origin] = found.seq
            ledger.fold(found, have)
    faults = [str(fault) for fault in broken]
    if faults and not any(head.signed for head in heads.values()):
        faults.insert(0, "no entry is signed by this bundle's keys: is it the bundle of this log?")
    after = [_noted_head(head, seen, heads) for head, seen in wanted.items()]
    faults += [words for good, words in after if not good]
    return Audit(
        entries,
        tuple(broken),
        tuple(faults),
        tuple(words for good, words in after if good),
        heads,
        ledger.totals(),
        tuple(_doubles(ledger)),
    )


def _doubles(ledger: Ledger) -> Iterator[str]:
    for voter, ballots in sorted(ledger.conflicts().items()):
        at = (f"{f'table {table}' if table else 'the secretary'} at {_clock(time_ms)}" for table, time_ms in ballots)
        yield f"voter {voter} has two ballots in one election: {', '.join(at)}"


def _clock(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, ZONE):%H.%M}"


def claimed_books(stored: Iterable[Stored]) -> tuple[dict[int, int], set[int]]:
    """For a log without its voter list: each voter's book as the tables' requests have it, and of whom they differ."""
    claimed: dict[int, int] = {}
    differ: set[int] = set()
    for row in stored:
        try:
            body = decode_entry(row.data).body
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if isinstance(body, Request) and claimed.setdefault(body.voter, body.book) != body.book:
            differ.add(body.voter)
    return claimed, differ


def _noting(stored: Iterable[Stored], wanted: dict[str, bool]) -> Iterator[Stored]:
    """Hand the entries on, and mark the wanted heads that are among them."""
    for row in stored:
        if wanted:
            head = f"{row.origin}:{row.seq}:{entry_hash(row.data)}"
            if head in wanted:
                wanted[head] = True
        yield row


def _noted_head(noted: str, seen: bool, heads: dict[str, Head]) -> tuple[bool, str]:
    origin, _, rest = noted.rpartition(":")[0].rpartition(":")
    if not origin or not rest.isdecimal():
        return False, f"{noted}: this is not a head: write ORIGIN:SEQ:HASH, as `log verify` prints it"
    if not seen:
        return False, f"{noted}: this head is not in the log: entries were cut off or replaced"
    return True, f"{noted}: in the log; entries of {origin} after it: {heads[origin].seq - int(rest)}"
