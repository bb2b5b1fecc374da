"""Searches and documents as a page wants them: both at once, the newest only, and nothing that no page waits for."""

import os
import selectors
import signal
import time
from contextlib import ExitStack
from threading import Event, Thread

import pytest
from disks import memory_disk, needs_root
from report_loops import LIST, is_whole

from kiosk import wiring
from kiosk.domain.reports import (
    DocumentProgress,
    DocumentReady,
    Hits,
    MarkedList,
    Order,
    PageWants,
    Replied,
    ReportFailed,
    Search,
)
from kiosk.reports.client import Reports
from kiosk.service.loop import Service
from kiosk.simulated.device import PATIENCE_S
from kiosk.trust.bundle import Bundle


class Page:
    """A page's end of the reports: what has come."""

    def __init__(self, table, folder):
        self.selector = selectors.DefaultSelector()
        self.came = []
        command = wiring.worker_command(Bundle.load(table.bundle), table.data)
        self.reports = Reports(command, folder, self.selector, self.came.append)

    def until(self, holds):
        end = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < end
            for key, mask in self.selector.select(min(0.05, self.reports.tick())):
                key.data(mask)

    def has(self, wanted, kind):
        """Whether this has been told of what is wanted."""
        return any(replied.wanted == wanted and isinstance(replied.reply, kind) for replied in self.came)


@pytest.fixture
def page(make_table):
    table = make_table(3_000)
    with ExitStack() as running:
        page = Page(table, table.data / "documents")
        running.callback(page.selector.close)
        running.callback(page.reports.close)
        page.folder = table.data / "documents"
        yield page


def test_a_search_does_not_wait_for_a_document_and_a_newer_one_replaces_it(page):
    """Letters come faster than answers: the last question is answered, and the document goes on."""
    page.reports.want(None, LIST)
    page.until(lambda: page.has(LIST, DocumentProgress))
    os.kill(page.reports._documents.pid, signal.SIGSTOP)
    for length in range(1, 6):
        page.reports.want(Search("anne "[:length]), LIST)
    last = Search("anne ")
    page.until(lambda: page.has(last, Hits))
    os.kill(page.reports._documents.pid, signal.SIGCONT)
    assert not any(page.has(Search("anne "[:length]), Hits) for length in range(2, 5))
    page.until(lambda: page.has(LIST, DocumentReady))
    page.reports.want(None, LIST)
    assert is_whole(page.folder / "document.pdf")


def test_what_no_page_waits_for_is_dropped(page):
    """A document that is being made, and one that is made, go with the page; so does an answer that comes too late."""
    page.reports.want(Search("anne"), LIST)
    page.until(lambda: page.has(LIST, DocumentProgress))
    page.reports.want(None, None)
    page.until(lambda: page.reports._documents.pid is None and not list(page.folder.iterdir()))
    page.came.clear()
    page.reports.want(None, again := MarkedList(Order.NAME, "en", copy=2))
    page.until(lambda: page.has(again, DocumentReady))
    assert page.came == [replied for replied in page.came if replied.wanted == again]
    assert (page.folder / "document.pdf").exists()
    assert page.folder.stat().st_mode & 0o777 == 0o700
    page.reports.want(None, None)
    assert not list(page.folder.iterdir())


def test_a_killed_nodes_document_goes_with_the_next(page):
    """Nothing is kept of what an earlier run of the node has made."""
    page.folder.mkdir()
    (page.folder / "document.pdf.part").write_bytes(b"half")
    page.reports.want(None, LIST)
    page.until(lambda: page.has(LIST, DocumentReady))
    assert [path.name for path in page.folder.iterdir()] == ["document.pdf"]


@needs_root
def test_a_disk_that_refuses_to_remove_a_document_ends_nothing(table):
    """It can't be written any more: the loop goes on, the next document is told to have failed, and later all is well."""
    with memory_disk() as disk, ExitStack() as running:
        page = Page(table, disk.folder / "documents")
        running.callback(page.selector.close)
        running.callback(page.reports.close)
        page.reports.want(None, LIST)
        page.until(lambda: page.has(LIST, DocumentReady))
        disk.remount("ro")
        page.reports.want(None, None)
        page.reports.want(None, again := MarkedList(Order.NAME, "en"))
        assert page.has(again, ReportFailed)
        page.reports.want(None, None)
        disk.remount("rw")
        page.reports.want(None, again)
        page.until(lambda: page.has(again, DocumentReady))
        assert [path.name for path in (disk.folder / "documents").iterdir()] == ["document.pdf"]


class Told(PageWants):
    """What a page wants; `all_came` once it has both its hits and its document."""

    def __init__(self):
        super().__init__()
        self.all_came = Event()

    def take(self, replied):
        taken = super().take(replied)
        if {type(reply) for reply in self.replies.values()} == {Hits, DocumentReady}:
            self.all_came.set()
        return taken


def test_the_node_puts_what_comes_on_the_page_that_is_shown(table):
    """In the node's own loop, with a page that searches and has a document made, and then another one."""
    bundle, wants = Bundle.load(table.bundle), Told()
    wants.show(Search("anne"), LIST)
    make = wiring.node_maker(bundle)

    def make_with_page(database):
        node = make(database)
        node.page_wants = wants
        return node

    view = wiring.view_of(bundle.plan, bundle.device.name)
    service = Service(bundle, table.data, table.socket, view, make_with_page, wiring.worker_command(bundle, table.data))
    thread = Thread(target=service.run)
    thread.start()
    try:
        assert wants.all_came.wait(PATIENCE_S)
        assert is_whole(table.data / "documents" / "document.pdf")
    finally:
        service.stop()
        thread.join(PATIENCE_S)
    assert not list((table.data / "documents").iterdir())
    assert not wants.take(Replied(Search("bo"), Hits(0, ())))
    wants.show(Search("anne"))
    assert [type(reply) for reply in wants.replies.values()] == [Hits]
