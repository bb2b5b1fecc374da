"""The one loop around a node: take what is there, run the core, send what may be sent at once, commit once, then send and show.

A disk that fails never gives a green: the node that was told is thrown away, the screen says what is broken, and a new node is
made from the disk when it works again, exactly as after a restart. The link to the other nodes stays meanwhile.
"""

import gc
import logging
import math
import selectors
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

from kiosk import limits
from kiosk.domain.chain import Broken, LogEnd, Stored, check_chain
from kiosk.domain.messages import Display, Stance
from kiosk.domain.view import ViewContext, fault, without_list
from kiosk.node import Commit, DisplaySeen, Evidence, Input, Keep, Node, Now, Say, ScannerSeen, Show, Steps
from kiosk.reports.client import Reports
from kiosk.service.group_commit import GroupCommit
from kiosk.service.inbox import Inbox
from kiosk.service.list_transfer import KnownLists, ListFetch
from kiosk.service.peer_transport import PeerTransport
from kiosk.service.screen_port import ScreenPort
from kiosk.store.database import Database
from kiosk.store.errors import CorruptError, OtherListError, RevokedError, StoreError
from kiosk.store.log import Log, is_mark
from kiosk.store.voterlist import VoterList
from kiosk.sync.connection import BrokerAddress
from kiosk.sync.link import Link
from kiosk.trust.bundle import Bundle
from kiosk.trust.trust_store import TrustStore

_log = logging.getLogger(__name__)

MakeNode = Callable[[Database], Node]


def now() -> Now:
    """The time of this machine."""
    return Now(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000)


class Service:
    """A node with its store, its screens and its link. `run` it in the thread that made it; `stop` it from anywhere."""

    def __init__(
        self, bundle: Bundle, data: Path, socket_path: Path, view: ViewContext, make_node: MakeNode, worker: Sequence[str]
    ) -> None:
        """`worker` is the command that starts the worker for searches and documents."""
        self._bundle, self._data, self._view, self._make_node = bundle, data, view, make_node
        self._selector = selectors.DefaultSelector()
        self.inbox = Inbox()
        self._stopping = False
        self._said = ""
        self._answers: list[Input] = []  # of the displays
        self._scans: list[Input] = []  # and else what other threads put into the inbox
        self._scanner = ScannerSeen(present=True)
        self._display = DisplaySeen(Display.DRAWS)
        self._group_commit = GroupCommit()
        self._folded = 0  # entries since the last `_settle`
        self._selector.register(self.inbox, selectors.EVENT_READ, lambda _mask: self._scans.extend(self.inbox.take()))
        self._port = ScreenPort(socket_path, self._selector, self._answers.append)
        self._reports = Reports(worker, data / "documents", self._selector, self._scans.append)
        self._trust = TrustStore(bundle, data)
        self._transport = PeerTransport(
            bundle.key.sign, bundle.signers.verify, self._trust, KnownLists(bundle.device.name, bundle.plan.list_givers)
        )

    def run(self) -> None:
        """Serve until stopped."""
        try:
            while not self._stopping:
                try:
                    with Database(self._data, self._bundle.device.disk) as database, closing(self._transport.lists):
                        self._connect()
                        self._serve(database)
                except StoreError as error:
                    self._say(f"stopped: {error.code}: {error}; trying again every {limits.STORE_RETRY_S:g} s")
                    self._show_fault(error.code, *error.fields)
                self._wait_out(limits.STORE_RETRY_S)
        except Exception:
            self._show_fault("internal")
            raise
        finally:
            self._port.close()
            self._reports.close()
            if self._transport.link is not None:
                self._transport.link.close()
            self._selector.close()
            self.inbox.close()

    def stop(self) -> None:
        """End `run` soon. Safe in a signal handler."""
        self._stopping = True
        self.inbox.wake()

    def _connect(self) -> None:
        """Begin to talk to the others, once the folder is this disk's: until then nothing is written, nor said in its name."""
        if not self._bundle.plan.brokers or self._transport.link is not None:
            return
        self._trust.keep()
        brokers = [BrokerAddress(broker.host, broker.port) for broker in self._bundle.plan.brokers]
        realm, me = self._bundle.plan.place.realm, self._bundle.device.name
        self._transport.link = Link(realm, me, brokers, self._trust.credentials(), self._selector, self._transport.receive)
        self._transport.link.start()

    def _look_whether_excluded(self) -> None:
        if self._trust.keep() and self._transport.link is not None:
            self._transport.link.renew(self._trust.credentials())
        if self._trust.am_revoked:
            raise RevokedError("this device's certificate was revoked: put in its spare card")

    def _has_right_list(self, voters: VoterList) -> bool:
        """Whether this node's list is the one that it should have. One without marks gives way: it is put aside with its log.

        Raises:
            OtherListError: the right one has to be given to this node.
        """
        lists = self._transport.lists
        own, right = lists.digest, lists.right
        if right == own:
            return True
        if right:
            kept = voters.give_way()
            lists.have(voters, bound=False)
            self._say(f"the voter list {own} gives way to {right}, since nobody was marked under it; its log is in {kept}")
            return False
        self._transport.tell_list(self._bundle.device.name, Stance.FAULT, now().wall_ms)
        digest, others = next(iter(lists.held.items()))
        raise OtherListError(digest, own, others)

    def _serve(self, database: Database) -> None:
        self._look_whether_excluded()
        voters, lists = VoterList(database, self._bundle.plan.place.realm), self._transport.lists
        if voters.digest() is None and not self._fetch_list(voters):
            return
        lists.have(voters, bound=Log(database).is_bound())
        if not self._has_right_list(voters):
            return
        gc.unfreeze()  # or what a node before has left would stay for good
        node, log = self._make_node(database), Log(database)
        lists.have(voters, bound=lists.bound)
        replayed = _replay(node, log, self._bundle)
        node.recall(log.run)
        self._settle()
        self._transport.tell_list(self._bundle.device.name, Stance.NOT_READY, now().wall_ms)
        self._say(f"ready with {replayed} entries")
        self._carry_out(node, log, node.begin(now))
        self._carry_out(node, log, node.take([self._scanner, self._display], now))
        while not self._stopping and lists.right == lists.digest:
            self._look_whether_excluded()
            self._wait(node.deadline())
            self._carry_out(node, log, node.take(self._together(), now))

    def _fetch_list(self, voters: VoterList) -> bool:
        """Fetch the voter list from the secretary's node; False where there is none to be had now.

        Nothing else is written before there is a list, since the log is bound to it.
        """
        offers = self._transport.lists.offers
        if not offers:
            self._say(f"no voter list in {self._data}, and none to be had yet: looking every {limits.STORE_RETRY_S:g} s")
            self._port.show(without_list(_fresh_number(), self._view))
            return False
        if voters.bring_back(offers[0][1]):
            return True
        fetching = ListFetch(voters, *offers[0], time.monotonic())
        self._say(f"fetching the voter list from {fetching.giver}")
        self._transport.lists.giver = fetching.giver
        try:
            return self._has_fetched(fetching)
        finally:
            self._transport.lists.giver = ""

    def _has_fetched(self, fetching: ListFetch) -> bool:
        """Take in one piece after another, until the list is whole or its giver silent."""
        shown_s = 0.0
        while not self._stopping and not fetching.ended:
            came, self._transport.lists.came = self._transport.lists.came, []
            want = fetching.take(came, time.monotonic())
            if want is not None:
                self._transport.want_piece(fetching.giver, want)
            if fetching.total and (fetching.ended or time.monotonic() - shown_s > limits.PIECE_SHOWN_S):
                shown_s = time.monotonic()
                self._port.show(without_list(_fresh_number(), self._view, fetching.come, fetching.total))
            if fetching.is_silent(time.monotonic()):
                self._transport.lists.was_silent(fetching.giver)
                return False
            if not fetching.ended:
                self._wait(now().mono_ms + int(limits.PIECE_AGAIN_S * 1_000))
                self._inputs()
        if fetching.ended:
            self._say("the voter list is here" if fetching.good else "what came is not the list that was told")
        return fetching.good

    def _wait(self, until: int | None) -> None:
        """Wait for something to come in, until the node wants its turn (`mono_ms`)."""
        left = math.inf if until is None else max(0.0, until / 1000 - time.monotonic())
        if self._transport.link is not None:
            left = min(left, self._transport.link.tick(), self._transport.gives_in())
        self._port.serve(0.0 if self._transport.waits else min(left, self._reports.tick()))

    def _together(self) -> list[Input]:
        """All that has come in, and in a rush what comes within a moment."""
        inputs, since = self._inputs(), time.monotonic()
        while self._group_commit.lacks(inputs, since) and (left := since + self._group_commit.wait_s - time.monotonic()) > 0:
            self._port.serve(left)
            inputs += self._inputs()
        self._group_commit.took(inputs, since)
        return inputs

    def _inputs(self) -> list[Input]:
        """All that has come in; what is touched comes before what is scanned meanwhile, which would make it a touch on an old
        screen. Whether scanner and display are there is kept for a node that is made anew."""
        inputs = [*self._answers, *self._scans, *self._transport.take()]
        if self._port.display is not self._display.display:
            self._display = DisplaySeen(self._port.display)
            inputs.append(self._display)
        self._answers.clear()
        self._scans.clear()
        for given in inputs:
            if isinstance(given, ScannerSeen):
                self._scanner = given
        return inputs

    def _carry_out(self, node: Node, log: Log, steps: Steps) -> None:
        """Carry out a turn, step by step."""
        for step in steps:
            match step:
                case Say(sends):
                    self._transport.send(sends, log)
                case Show(screen):
                    self._port.show(screen)
                case Commit(rows, run):
                    self._commit(log, rows, run)
                case Keep(evidence):
                    self._keep(log, evidence)
        if node.fault:
            self._say(f"stopped for good: {node.fault}: there are two cards with this device's key: put in the right one")
        self._reports.want(node.page_wants.search, node.page_wants.document)
        self._transport.give_what_is_due(log)
        log.tidy()
        if self._folded >= limits.SETTLE_ENTRIES:
            self._settle()

    def _commit(self, log: Log, rows: Sequence[Stored], run: str) -> None:
        if not rows:
            return
        since = time.monotonic()
        log.commit(rows, run, now().wall_ms)
        self._transport.lists.bound = self._transport.lists.bound or any(map(is_mark, rows))
        self._group_commit.committed(time.monotonic() - since)
        self._folded += len(rows)

    def _keep(self, log: Log, evidence: Iterable[Evidence]) -> None:
        for refused in evidence:
            if log.keep(refused.sender, f"{refused.kind}: {refused.why}", refused.data):
                self._say(f"refused what came from {refused.sender}: {refused.kind}: {refused.why}")
        log.commit_evidence(now().wall_ms)

    def _settle(self) -> None:
        """Move the fold out of the garbage collector's reach, which would walk it at all tables at once while clerks wait."""
        gc.collect()
        gc.freeze()
        self._folded = 0

    def _say(self, words: str) -> None:
        """Log a new state, once."""
        if words != self._said:
            self._said = words
            _log.info("%s", words)

    def _show_fault(self, code: str, *fields: str) -> None:
        self._port.show(fault(_fresh_number(), code, self._view, *fields))

    def _wait_out(self, seconds: float) -> None:
        """Keep the displays connected while the store rests; what is touched or scanned meanwhile is dropped."""
        until = time.monotonic() + seconds
        while not self._stopping and (left := until - time.monotonic()) > 0:
            if self._transport.link is not None:
                left = min(left, self._transport.link.tick())
            self._port.serve(left)
            self._inputs()


def _fresh_number() -> int:
    """A number for a screen that no node has made, beyond those of the nodes before."""
    return time.monotonic_ns() // 1_000


def _replay(node: Node, log: Log, bundle: Bundle) -> int:
    """Fold the stored log into a new node; the chain is checked, and its last signatures."""
    heads: dict[str, LogEnd] = {}
    count = 0
    gc.disable()  # all that is folded stays: to look again and again for what has gone would cost half as much as the fold
    try:
        for found in check_chain(log.read(), node.setup.first_prev, bundle.signers.verify, heads, every=False):
            if isinstance(found, Broken):
                raise CorruptError(str(found))
            node.replay(found, heads[found.run].hash)
            count += 1
    finally:
        gc.enable()
    if lost := log.lost():
        raise CorruptError(f"{lost} entries that were written are missing at the end of the log")
    if log.run and log.run not in heads:
        raise CorruptError(f"{log.run}, the last run that this disk has written, is missing in the log")
    return count
