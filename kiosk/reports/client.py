"""The worker's other end, in the loop of who wants something looked up or printed. It never waits.

Each `Helper` is one process with one job in hand. A node has two, so that a search does not wait for a document: both run the
same program. To cancel is to kill: that works at once whatever the process is doing, and is the same as what a hang or a
crash leads to. So neither can do the node any harm.
"""

import logging
import math
import selectors
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from kiosk import limits
from kiosk.domain.reports import DocumentProgress, DocumentReady, Job, MarkedList, Replied, Reply, ReportFailed, Search
from kiosk.reports.wholefile import part_of

_log = logging.getLogger(__name__)
_read_reply = msgspec.json.Decoder(Reply).decode

LOW = ("nice", "-n", "19", "ionice", "--ignore", "--class", "idle")
"""Who works beside a voter's check-in gets what processor and disk have left."""

_SESSION = "10"
"""Where `autogroup` is on, Linux weighs sessions, and `nice` counts only within one. So a worker has its own, at a ninth of the
node's weight and the display's; with less, a busy machine would starve it."""

_LOOK_S = 0.05  # seconds between two looks whether a process that was killed is gone


class Helper:
    """One worker process with one job in hand at a time, in a loop's selector. `told` is called with what it says of the job.

    `command` starts the worker. Call `tick` after at most so many seconds as it returned, and after each turn of the selector.
    """

    def __init__(self, command: Sequence[str], selector: selectors.BaseSelector, told: Callable[[Job, Reply], None]) -> None:
        self._command, self._selector, self._told = [*LOW, *command], selector, told
        self.job: Job | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._received = b""
        self._tries = 0
        self._due_s = math.inf  # when it is silent for too long, is tried again, or has been idle for long enough
        self._ended: list[tuple[subprocess.Popen[bytes], str]] = []  # killed, and not gone yet; and what each was to write

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process is not None else None

    def begin(self, job: Job) -> None:
        """Do this job; there must be none in hand."""
        assert self.job is None
        self.job, self._tries = job, 0
        self._try()

    def stop(self) -> None:
        """Give up what is in hand, and end the process."""
        if self._connection is not None:
            self._selector.unregister(self._connection)
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._ended.append((self._process, self.job.file if self.job is not None else ""))
            self._process = None
            self._bury()
        self.job, self._received, self._due_s = None, b"", math.inf

    def tick(self) -> float:
        """See to what is due; returns the seconds until there may be more."""
        self._bury()
        if time.monotonic() >= self._due_s:
            if self.job is None:
                self.stop()
            elif self._process is None:
                self._try()
            else:
                self._broke("hangs")
        return max(0.0, min(self._due_s - time.monotonic(), _LOOK_S if self._ended else math.inf))

    def close(self) -> None:
        """End the process, and wait until it is gone."""
        self.stop()
        for process, _ in self._ended:
            process.wait()
        self._bury()

    def _bury(self) -> None:
        """Remove what those that were killed have left, once they can write no more."""
        for process, file in list(self._ended):
            if process.poll() is not None:
                self._ended.remove((process, file))
                if file:
                    _remove(part_of(Path(file), process.pid))
                    _remove(Path(file))

    def _try(self) -> None:
        if self._ended:
            self._due_s = time.monotonic() + _LOOK_S
            return
        self._tries += 1
        self._due_s = time.monotonic() + limits.WORKER_SILENT_S
        try:
            if self._process is None:
                self._start()
            assert self._connection is not None
            self._connection.sendall(msgspec.json.encode(self.job) + b"\n")  # one short line: there is always room for it
        except OSError:
            self._broke("can't be started")

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            self._connection = ours
            self._selector.register(ours, selectors.EVENT_READ, self._ready)
            self._process = subprocess.Popen(
                self._command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, start_new_session=True
            )
        with suppress(OSError):  # where there is no autogroup
            Path(f"/proc/{self._process.pid}/autogroup").write_text(_SESSION)

    def _ready(self, _mask: int) -> None:
        assert self._connection is not None
        try:
            data = self._connection.recv(limits.MESSAGE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        *lines, self._received = (self._received + data).split(b"\n")
        if not data or len(self._received) > limits.MESSAGE_BYTES:
            self._broke("has ended" if not data else "says nonsense")
            return
        for line in lines:
            try:
                reply = _read_reply(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self._broke("says nonsense")
                return
            if self.job is None:
                self._broke("says what nobody asked")
                return
            self._take(self.job, reply)

    def _take(self, job: Job, reply: Reply) -> None:
        ends = not isinstance(reply, DocumentProgress)
        self._due_s = time.monotonic() + (limits.WORKER_IDLE_S if ends else limits.WORKER_SILENT_S)
        if ends:
            self.job = None
        self._told(job, reply)

    def _broke(self, how: str) -> None:
        """The process is of no use any more: another one is tried, with the same job, for so many times."""
        job, tries = self.job, self._tries
        if job is not None:
            _log.warning("the worker for searches and documents %s: tried %d of %d times", how, tries, limits.WORKER_TRIES)
        self.stop()
        if job is None:
            return
        if tries >= limits.WORKER_TRIES:
            self._told(job, ReportFailed("internal"))
        else:
            self.job, self._due_s = job, time.monotonic() + limits.WORKER_RETRY_S


def _remove(file: Path) -> None:
    """Remove a file where that is possible: a disk that refuses it must not end the node. What is left goes with the next."""
    with suppress(OSError):
        file.unlink(missing_ok=True)


class Reports:
    """What the page shown wants, looked up and made. `replied` is called with what comes of it.

    Documents lie in `folder` for as long as they are wanted.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        selector: selectors.BaseSelector,
        replied: Callable[[Replied], None],
    ) -> None:
        self._folder, self._replied = folder, replied
        self._search: Search | None = None
        self._document: MarkedList | None = None
        self._made = ""  # the document's file
        self._searches = Helper(command, selector, self._searched)
        self._documents = Helper(command, selector, self._told_of_document)

    def want(self, search: Search | None, document: MarkedList | None) -> None:
        """These are wanted from now on, and what was wanted before is not."""
        if search != self._search:
            self._search = search
            if search is not None and self._searches.job is None:
                self._searches.begin(Job(search))
        if document != self._document:
            self._drop_document()
            self._document = document
            if document is not None:
                self._begin_document(document)

    def tick(self) -> float:
        """See to what is due; returns the seconds until there may be more."""
        return min(self._searches.tick(), self._documents.tick())

    def close(self) -> None:
        """End all, and keep no document."""
        self._drop_document()
        self._searches.close()
        self._documents.close()

    def _searched(self, job: Job, reply: Reply) -> None:
        """What was searched for before the last question came is not told. A search takes milliseconds, and is not cut off."""
        if job.wanted == self._search:
            self._replied(Replied(job.wanted, reply))
        elif self._search is not None:
            self._searches.begin(Job(self._search))

    def _begin_document(self, document: MarkedList) -> None:
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            for left in self._folder.iterdir():  # of a node that was killed
                left.unlink()
        except OSError:
            self._replied(Replied(document, ReportFailed("read_only")))
            return
        self._documents.begin(Job(document, str(self._folder / "document.pdf")))

    def _drop_document(self) -> None:
        self._documents.stop()
        if self._made:
            _remove(Path(self._made))
            self._made = ""

    def _told_of_document(self, job: Job, reply: Reply) -> None:
        if isinstance(reply, DocumentReady):
            self._made = job.file
            self._documents.stop()  # its memory is worth more than a quick start
        self._replied(Replied(job.wanted, reply))
