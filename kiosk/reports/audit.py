"""The auditor's check of a log: every entry, every link of the chain, every signature, and the heads that were noted."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from kiosk.domain.chain import Broken, LogEnd, Stored, check_chain
from kiosk.domain.entries import entry_hash
from kiosk.domain.ledger import Ledger, Totals
from kiosk.domain.texts import ZONE

_OTHER_PROVISION = (
    "this log is of another provision of this place, or all of it is forged: give the bundle that the device was provisioned"
    " with"
)


@dataclass(frozen=True, slots=True)
class Audit:
    """What the check found.

    `broken`: what is wrong with single entries; `faults`: all that is wrong, in words. `unsigned`: no signature is good; then
    the first of the `faults` says why, and no single signature is called forged. `heads`: how far each run goes;
    `after_noted`: how far beyond each noted head; `doubles`: every voter with two ballots in an election, tables and times.
    """

    entries: int
    broken: tuple[Broken, ...]
    faults: tuple[str, ...]
    after_noted: tuple[str, ...]
    heads: dict[str, LogEnd]
    totals: Totals
    doubles: tuple[str, ...]
    unsigned: bool


def audit(
    stored: Iterable[Stored],
    first_prev: str,
    verify: Callable[[str, bytes, bytes], bool],
    ledger: Ledger,
    noted: Iterable[str] = (),
) -> Audit:
    """Check a whole log.

    `verify(device, signature, message)` tells whether a signature is that device's. `ledger` is the place's, empty. `noted` are
    heads, "RUN:SEQ:HASH", that the log must contain.
    """
    wanted = dict.fromkeys(noted, False)
    heads: dict[str, LogEnd] = {}
    broken: list[Broken] = []
    entries, signed = 0, False

    def verify_and_note(device: str, signature: bytes, message: bytes) -> bool:
        nonlocal signed
        good = verify(device, signature, message)
        signed = signed or good
        return good

    for found in check_chain(_noting(stored, wanted), first_prev, verify_and_note, heads):
        if isinstance(found, Broken):
            broken.append(found)
        else:
            entries += 1
            if not broken:  # what does not follow on can't be folded
                ledger.fold(found)
    unsigned = bool(broken) and not signed
    faults = [str(fault) for fault in broken if not (unsigned and fault.is_forged)]
    if unsigned:
        faults.insert(0, _OTHER_PROVISION)
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
        unsigned,
    )


def counted(totals: Totals) -> str:
    """How many ballots are known to be handed out, by election, and how many cards mark voters beside them."""
    issued = ", ".join(f"{election} {count}" for election, count in sorted(totals.issued.items())) or "none"
    return f"Ballots issued: {issued}{cards_found(totals)}"


def cards_found(totals: Totals) -> str:
    """How many cards mark voters beside the ballots that are known to be handed out; "" for none."""
    cards = "1 card" if totals.found == 1 else f"{totals.found} cards"
    return f", and {cards} found at stopped tables" if totals.found else ""


def _doubles(ledger: Ledger) -> Iterator[str]:
    for voter, ballots in sorted(ledger.conflicts().items()):
        at = ", ".join(f"{_where(table)} at {_clock(time_ms)}" for table, time_ms in ballots)
        yield f"voter {voter} has two ballots in one election: {at}"


def _where(table: int) -> str:
    return f"table {table}" if table else "the secretary"


def _clock(time_ms: int) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, ZONE):%H.%M}"


def _noting(stored: Iterable[Stored], wanted: dict[str, bool]) -> Iterator[Stored]:
    """Hand the entries on, and mark the wanted heads that are among them."""
    for row in stored:
        if wanted:
            head = f"{row.run}:{row.seq}:{entry_hash(row.data)}"
            if head in wanted:
                wanted[head] = True
        yield row


def _noted_head(noted: str, seen: bool, heads: dict[str, LogEnd]) -> tuple[bool, str]:
    run, _, rest = noted.rpartition(":")[0].rpartition(":")
    if not run or not rest.isdecimal():
        return False, f"{noted}: this is not a head: write RUN:SEQ:HASH, as `log verify` prints it"
    if not seen:
        return False, f"{noted}: this head is not in the log: entries were cut off or replaced"
    return True, f"{noted}: in the log; entries of {run} after it: {heads[run].seq - int(rest)}"
