"""What the tests of the worker share: a loop with a worker in it, and an independent look at what it has made."""

import selectors
import time
from contextlib import closing, contextmanager

import pypdfium2

from kiosk import wiring
from kiosk.domain.reports import DocumentProgress, Job, MarkedList, Order
from kiosk.reports.client import Helper
from kiosk.simulated.device import PATIENCE_S
from kiosk.trust.bundle import Bundle

LIST = MarkedList(Order.NUMBER, "da")


class Loop:
    """A loop with a helper in it. `told`: what it has been told of the job in hand."""

    def __init__(self, command):
        self.selector = selectors.DefaultSelector()
        self.told = []
        self.helper = Helper(command, self.selector, lambda job, reply: self.told.append(reply))

    def until(self, holds):
        """Go round until something holds."""
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end, self.told[-3:]
            for key, mask in self.selector.select(min(0.05, self.helper.tick())):
                key.data(mask)

    def done(self, wanted, file=""):
        """Do a job to its end: its last word."""
        self.helper.begin(Job(wanted, str(file)))
        self.until(lambda: self.helper.job is None)
        return self.told[-1]

    def percent(self):
        """How far the document has come; -1 for nothing yet."""
        return self.told[-1].percent if self.told and isinstance(self.told[-1], DocumentProgress) else -1

    def close(self):
        self.helper.close()
        self.selector.close()


@contextmanager
def loop_of(table, *command):
    """A loop for this table's worker, or for another command in its place."""
    with closing(Loop(command or wiring.worker_command(Bundle.load(table.bundle), table.data))) as loop:
        yield loop


def is_whole(file):
    """Whether an independent reader can read all pages of a PDF."""
    with closing(pypdfium2.PdfDocument(file)) as document:
        return all(page.get_textpage().get_text_bounded().strip() for page in document)
