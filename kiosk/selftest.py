"""The table's own test before the day: each part tried for real, and what to do where it fails."""

import os
import queue
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kiosk import limits
from kiosk.domain.rules import t_no_twin
from kiosk.domain.texts import ZONE
from kiosk.reports.audit import audit, cards_found
from kiosk.scanner.reader import BUSY, NO_PERMISSION, TYPES_NOTHING, Event, ScannerAbsent, ScannerPresent, plugged_in
from kiosk.store.database import Database
from kiosk.store.errors import InUseError, OtherDiskError, OtherFolderError, StoreError
from kiosk.store.log import Log
from kiosk.store.ownership import check_owner
from kiosk.store.voterlist import VoterList
from kiosk.trust.bundle import Bundle, BundleError
from kiosk.wiring import beginning_of_log, books_on_list, empty_ledger, log_beginning, scanner_of

_SCANNER_REMEDY = "check the cable, deploy/99-valgbord-scanner.rules and the plan's [scanner]"
_SCANNER_REMEDIES = {
    BUSY: "stop that one, or this table's node, before the test",
    NO_PERMISSION: "this user must be in the groups `input` and `dialout`",
    TYPES_NOTHING: "its manual has a code to scan for it",
}
_SCANNER_S = 3.0  # seconds within which a scanner thread says whether its scanner is there


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing tested: whether it is good, and what was found or what to do. `noted`: it is good, but people should know."""

    what: str
    good: bool
    found: str
    noted: bool = False


def findings(bundle_folder: Path, data: Path) -> Iterator[Finding]:
    """Test everything that can be tested; what can't be reached because of an earlier fault is left out."""
    try:
        bundle = Bundle.load(bundle_folder)
    except BundleError as error:
        yield Finding("bundle", False, str(error))
        return
    plan, device = bundle.plan, bundle.device
    kind = "TRAINING" if plan.place.training else "live"
    at = "the secretary's node" if device.table is None else f"table {device.table}"
    yield Finding("bundle", True, f"{device.name}, {at}, {plan.place.name}, {plan.day.date}, {kind}")
    try:
        check_owner(data, device.disk)
    except (OtherDiskError, OtherFolderError) as error:
        yield Finding("data", False, str(error))
        return
    except StoreError:
        pass  # what is damaged is told with the log
    yield _clock(bundle)
    yield from _disk(data)
    yield from _store(bundle, data)
    yield _scanner(bundle)


def _clock(bundle: Bundle) -> Finding:
    here, day = datetime.now(ZONE), bundle.plan.day.date
    if not bundle.plan.place.training and here.date() != day:
        return Finding(
            "clock", False, f"it says {here:%Y-%m-%d %H:%M}, and the election is on {day}: set it, or test again that day"
        )
    if here.date() != day:
        return Finding(
            "clock", True, f"{here:%Y-%m-%d %H:%M}, and the plan's day is {day}: right for an exercise only", noted=True
        )
    return Finding("clock", True, f"{here:%Y-%m-%d %H:%M}")


def _disk(data: Path) -> Iterator[Finding]:
    try:
        data.mkdir(parents=True, exist_ok=True)
        trial = data / "trial"
        started = time.perf_counter()
        with trial.open("wb") as file:
            file.write(bytes(4_096))
            file.flush()
            os.fsync(file.fileno())
        took = time.perf_counter() - started
        trial.unlink()
        free = shutil.disk_usage(data).free
    except OSError as error:
        yield Finding("disk", False, f"{data}: {error.strerror}: it must be writable")
        return
    enough = free >= limits.FREE_BYTES
    yield Finding(
        "disk", enough, f"{free // 10**6} MB free{'' if enough else ': make room'}, a durable write takes {took * 1e3:.1f} ms"
    )


def _store(bundle: Bundle, data: Path) -> Iterator[Finding]:
    try:
        with Database(data, bundle.device.disk) as database:
            voter_list, log = VoterList(database, bundle.plan.place.realm), Log(database)
            yield _list(voter_list, bundle)
            ledger = empty_ledger(bundle, beginning_of_log(bundle.plan, voter_list), books_on_list(voter_list))
            found = audit(log.read(), log_beginning(bundle.plan, voter_list), bundle.signers.verify, ledger)
            faults = [f"{fault}: do not use this table" for fault in found.faults]
            if lost := log.lost():
                faults.append(f"{lost} entries are missing at its end: do not use this table")
            if log.run and log.run not in found.heads:
                faults.append(f"{log.run}, its last run, is missing: do not use this table")
            if not faults and log.run and not t_no_twin(ledger.books, log.run):
                faults.append("there are two cards with this device's key: put in the right one, or its spare")
            yield Finding("log", not faults, faults[0] if faults else f"{found.entries} entries, all good")
            if not faults:
                issued, cards = sum(found.totals.issued.values()), cards_found(found.totals)
                yield Finding("marks", True, (f"{issued} ballots issued" if issued else "zero ballots issued") + cards)
    except InUseError:
        yield Finding("store", False, f"{data} is in use: stop this table's node before the test")
    except StoreError as error:
        yield Finding("store", False, f"{error.code}: {error}: do not use this table")


def _list(voter_list: VoterList, bundle: Bundle) -> Finding:
    digest = voter_list.digest()
    if digest is None:
        fetched = bundle.plan.secretary is not None and bundle.device.table is not None
        remedy = "start the node, which fetches it from the secretary's" if fetched else "`valgbord list import FILE`"
        return Finding("voter list", False, f"there is none: {remedy}")
    if not voter_list.verify():
        return Finding("voter list", False, "it is not the list that was imported: do not use this table")
    return Finding("voter list", True, f"{voter_list.count()} voters, digest {digest}")


def _scanner(bundle: Bundle) -> Finding:
    plan = bundle.plan.scanner
    said: queue.SimpleQueue[Event] = queue.SimpleQueue()
    thread = scanner_of(plan, said.put)
    if thread is None:
        return Finding("scanner", True, "none in the plan: numbers are keyed")
    thread.start()
    try:
        first = said.get(timeout=_SCANNER_S)
    except queue.Empty:
        first = ScannerAbsent("no answer")
    finally:
        thread.stop()
    if isinstance(first, ScannerPresent):
        return Finding("scanner", True, f"{plan.kind} {plan.device}: {first.what}")
    reason = first.reason if isinstance(first, ScannerAbsent) else type(first).__name__
    remedy = _SCANNER_REMEDIES.get(reason, _SCANNER_REMEDY)
    seen = f"; plugged in: {', '.join(others)}" if (others := plugged_in()) else ""
    return Finding("scanner", False, f"{plan.kind} {plan.device}: {reason}: {remedy}{seen}")
