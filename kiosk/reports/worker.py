"""The worker: a process that looks voters up and makes documents from the read-only database, one job at a time.

It speaks lines of JSON with who has started it, over the socket on its standard input, and ends when that is closed. It knows
voters, so it says nothing of what it was about where it fails: only where in the program that was.
"""

import os
import resource
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

import msgspec

from kiosk import limits
from kiosk.domain.chain import Broken, LogEnd, check_chain
from kiosk.domain.ledger import Ledger
from kiosk.domain.reports import DocumentProgress, DocumentReady, Hits, Job, MarkedList, Reply, ReportFailed, Search
from kiosk.domain.texts import ZONE
from kiosk.plan.config import Plan
from kiosk.reports.search import SearchIndex
from kiosk.reports.wholefile import whole_file
from kiosk.store.errors import CorruptError, StoreError
from kiosk.store.log import Log
from kiosk.store.voterlist import VoterList

_FOLDED, _DRAWN = 50, 99  # percent of a document when the log is folded, and when all is drawn
_ROWS_TOLD = 500  # entries between two looks at how far it has come


@dataclass(frozen=True)
class AsStored:
    """The list and the log as they are now. `empty_ledger`: of the place, for the log, which begins at `first_prev`."""

    voters: VoterList
    log: Log
    empty_ledger: Callable[[], Ledger]
    first_prev: str


class Worker:
    """Does jobs. `look` opens the database; `verify` checks a device's signature."""

    def __init__(
        self, plan: Plan, look: Callable[[], AbstractContextManager[AsStored]], verify: Callable[[str, bytes, bytes], bool]
    ) -> None:
        self._plan, self._look, self._verify = plan, look, verify
        self._index: tuple[str | None, SearchIndex] = None, SearchIndex(())

    def do(self, job: Job, tell: Callable[[Reply], None]) -> Reply:
        """Do a job; `tell` is told how far it has come. Returns the last word."""
        try:
            match job.wanted:
                case Search():
                    return self._search(job.wanted)
                case MarkedList():
                    return self._marked_list(job.wanted, Path(job.file), tell)
        except StoreError as error:
            return ReportFailed(error.code)

    def _search(self, wanted: Search) -> Hits:
        with self._look() as stored:
            digest = stored.voters.digest()
            if self._index[0] != digest:
                self._index = digest, SearchIndex(stored.voters.voters())
            found = self._index[1].find(wanted.text)
            first = max(0, wanted.part) * limits.HITS_SHOWN
            shown = map(stored.voters.find, found[first : first + limits.HITS_SHOWN])
            return Hits(len(found), tuple(voter for voter in shown if voter is not None))

    def _marked_list(self, wanted: MarkedList, file: Path, tell: Callable[[Reply], None]) -> DocumentReady:
        from kiosk.reports.marked_list import marked_list  # a search needs no maker of PDFs

        told = -1

        def tell_percent(percent: int) -> None:
            nonlocal told
            if percent > told:
                told = percent
                tell(DocumentProgress(percent))

        with whole_file(file) as write:
            tell_percent(0)
            with self._look() as stored:
                if not stored.voters.verify():
                    raise CorruptError("the voter list is not the one that was imported")
                at, heads = datetime.now(ZONE), dict[str, LogEnd]()
                voters = list(stored.voters.voters())
                ledger = self._fold(stored, heads, tell_percent)
            pdf, pages = marked_list(
                self._plan,
                wanted,
                voters,
                ledger.ballots,
                heads,
                at,
                lambda page, pages: tell_percent(_FOLDED + (_DRAWN - _FOLDED) * page // pages),
            )
            write(pdf)
        return DocumentReady(str(file), pages)

    def _fold(self, stored: AsStored, heads: dict[str, LogEnd], tell_percent: Callable[[int], None]) -> Ledger:
        """Fold the whole log, its chain checked as at a start of the node."""
        ledger, count = stored.empty_ledger(), stored.log.count()
        found = check_chain(stored.log.read(), stored.first_prev, self._verify, heads, every=False)
        for number, entry in enumerate(found):
            if isinstance(entry, Broken):
                raise CorruptError(str(entry))
            ledger.fold(entry)
            if number % _ROWS_TOLD == 0:
                tell_percent(_FOLDED * number // max(1, count))
        return ledger


def serve(worker: Worker, connection: socket.socket) -> None:
    """Do what comes in, one job after another, until the other end is gone."""

    def tell(reply: Reply) -> None:
        connection.sendall(msgspec.json.encode(reply) + b"\n")

    for line in _lines(connection):
        tell(worker.do(msgspec.json.decode(line, type=Job), tell))


def _lines(connection: socket.socket) -> Iterator[bytes]:
    with connection.makefile("rb") as file:
        while (line := file.readline(limits.MESSAGE_BYTES)).endswith(b"\n"):
            yield line


def be_a_worker() -> socket.socket:
    """Make this process one that may die at any moment, and tells nothing of voters then. Returns its socket."""
    sys.excepthook = _say_where
    sys.unraisablehook = lambda failed: _say_where(failed.exc_type, None, failed.exc_traceback)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (limits.WORKER_BYTES, limits.WORKER_BYTES))
    Path("/proc/self/oom_score_adj").write_text("1000")  # the first to go where memory runs out
    return socket.socket(fileno=os.dup(0))


def _say_where(kind: type[BaseException], _error: BaseException | None, trace: TracebackType | None) -> None:
    """Where it failed, and how. The exception's own words may hold a voter's name or birth date: they are left out."""
    for frame in traceback.extract_tb(trace):
        sys.stderr.write(f"  {frame.filename}:{frame.lineno} in {frame.name}\n")
    sys.stderr.write(f"the worker has failed: {kind.__name__}\n")
