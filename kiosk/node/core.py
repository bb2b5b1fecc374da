"""The node: the whole of one table, or of the secretary's desk, without any I/O. Inputs in; entries, messages and screens out.

The one loop around it calls `take` with the inputs that are there, again and again, and carries out the steps of the turn that
comes of it (`Steps`): say and show what may be said and shown at once; commit, in one transaction; show and say what rests on
that. What is committed is signed while what was sent is on its way.

If a commit fails, the node that was told is thrown away and a new one is made from the disk. Time, the voter list, the keys'
arithmetic and the check of a PIN are handed in; the simulator and the service drive the very same object.

Theory. A check-in is three entries in two logs: the table's `request`, the holder's `decision`, the table's `issued`. The
table sends its request to the holder at once, as an `Ask`, and commits it meanwhile; the holder commits its decision and
sends it; so green comes after one round trip and one commit in a row, while the table's copy of the decision may still be
in memory: the decision is on the holder's disk, the request on the table's. When the table is the holder itself, another node
must have copied the decision first.

What may be shown before the commit is what rests on nothing that this commit writes: an answer that came for a request which
is on disk. Entries that move a book are waited for, since who may decide must never depend on memory.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.domain import rules
from kiosk.domain.chain import Stored
from kiosk.domain.ledger import Ledger
from kiosk.domain.messages import Head
from kiosk.domain.reports import PageWants, Replied
from kiosk.domain.screens import Screen
from kiosk.domain.situation import RejectedMessage, Situation
from kiosk.domain.voters import Voter
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.copies import Copies
from kiosk.node.desk_keeper import DeskKeeper
from kiosk.node.inbound import Inbound
from kiosk.node.peers import Peers
from kiosk.node.types import (
    Commit,
    Crypto,
    DisplaySeen,
    Evidence,
    Heard,
    Input,
    Keep,
    Now,
    PeerGone,
    Say,
    Send,
    Setup,
    Show,
    Steps,
    Suspect,
)
from kiosk.node.wants import Wants

Clock = Callable[[], Now]
"""The time: a turn looks twice, as the commit between takes long."""

COPIED = "copied"
"""The fault of a card of which there is another: rule T."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the inputs of a turn have come to: what may be said and shown at once, what was refused, and whether to commit."""

    sends: tuple[Send, ...] = ()
    screen: Screen | None = None
    evidence: tuple[Evidence, ...] = ()
    commits: bool = False


class Node:
    """One table, or the secretary's node. Not thread-safe: one loop owns it."""

    def __init__(
        self, setup: Setup, find: Callable[[int], Voter | None], pin_is_right: Callable[[str], bool], keys: Crypto
    ) -> None:
        self.setup = setup
        self.peers = Peers(setup.device)
        self.page_wants = PageWants()  # the loop has it looked up and made
        self._copies, self._wants = Copies(self.peers), Wants()
        self.books = BookKeeper(setup, find, keys, self._copies, self._wants)
        self.desk = DeskKeeper(setup, find, pin_is_right, keys, self.books, self.peers, self._wants)
        self._inbound = Inbound(setup, self.books, self.peers)
        self._unread_since: int | None = None
        self._unsent_since: int | None = None
        self._copied: tuple[tuple[int, str], bool] = (-1, ""), False
        self._clock_due = self._clock_set_to = 0

    # --- the loop's calls -------------------------------------------------------------------------------------------

    @property
    def fault(self) -> str:
        """A fault of this disk that does not pass: the node serves nobody and says nothing."""
        return COPIED if self._is_copied() else ""

    def _is_copied(self) -> bool:
        as_of = self.books.books.version, self.books.replica.last_run
        if self._copied[0] != as_of:
            self._copied = as_of, bool(as_of[1]) and not rules.t_no_twin(self.books.books, as_of[1])
        return self._copied[1]

    @property
    def run(self) -> str:
        """The last run that this disk has written."""
        return self.books.replica.last_run

    def recall(self, run: str) -> None:
        """The last run that this disk has written, "" for none. After `replay`, before `begin`."""
        self.books.replica.last_run = run
        self.desk.recall(locked=run in self.books.replica.locked)

    @property
    def ledger(self) -> Ledger:
        """The fold of all entries, those of the batch that is not committed yet included."""
        return self.books.ledger

    @property
    def screen(self) -> Screen | None:
        """The screen that was shown last."""
        return self.desk.screen_state.screen

    @property
    def situation(self) -> Situation:
        """How things stood when this node last looked around."""
        return self.desk.facts.situation

    @property
    def is_locked(self) -> bool:
        """Whether it was locked on its own screen: it decides and shows nothing."""
        return self.desk.is_locked

    def replay(self, entry: e.Entry, entry_hash: str) -> None:
        """Fold in an entry that is on disk, before `begin`."""
        self.books.replica.replay(entry, entry_hash)

    def begin(self, clock: Clock) -> Steps:
        """Start: the clerk is asked about what earlier runs left open, then the run begins."""
        return self._carried_out(self._begin(clock()), clock)

    def take(self, inputs: Iterable[Input], clock: Clock) -> Steps:
        """Take inputs in their order, and time passing."""
        return self._carried_out(self._take(inputs, clock()), clock)

    # --- a turn -----------------------------------------------------------------------------------------------------

    def _carried_out(self, turn: Turn, clock: Clock) -> Steps:
        """Rule W: write before speak."""
        if turn.sends:
            yield Say(turn.sends)
        if turn.screen is not None:
            yield Show(turn.screen)
        yield Commit(self._rows(turn), self.run)
        sends, screen = self._committed(clock())
        if screen is not None:
            yield Show(screen)
        if sends:
            yield Say(sends)
        if turn.evidence:
            yield Keep(turn.evidence)

    def _begin(self, now: Now) -> Turn:
        self.desk.screen_state.begin(now)
        self.books.replica.committed()
        if self.fault:
            return Turn()
        self._look_at_clock(now)
        self.ledger.touched.clear()
        self._wants.moving = self._wants.hurried = False
        self._copies.made()
        self.desk.begin(now)
        return self._turn(now)

    def _take(self, inputs: Iterable[Input], now: Now) -> Turn:
        self._wants.again = False
        if self.fault:
            return Turn()
        self._look_at_clock(now)
        self.books.mono_ms = now.mono_ms
        for given in inputs:
            self._one(given, now)
        if self._is_copied():
            self.desk.screen_state.turn()
            return Turn(commits=True)  # what shows it is on disk when this card is started again
        seen = self.books.seen
        if seen.run and self.books.books.is_named(seen.run):
            self.desk.start(now)  # the chair has stopped this run at another table
        self.desk.time_passed(now)
        self.books.duties(now)
        self.desk.follow(now)
        if not self._wants.moving:
            self.desk.answer_request(now)
        return self._turn(now)

    def _turn(self, now: Now) -> Turn:
        replica, wants = self.books.replica, self._wants
        if replica.unread and self._unread_since is None:
            self._unread_since = now.mono_ms
        screen = None if replica.has_own or wants.moving else self._show()
        self._copies.look(now, busy=self.desk.is_busy)
        commits = self._copies_are_due(now) or replica.has_own
        evidence, replica.evidence = tuple(replica.evidence), []
        for refused in evidence:
            if (short := RejectedMessage(refused.sender, refused.kind)) not in self.books.refused:
                self.books.refused = [*self.books.refused, short][-limits.REFUSED_SHOWN :]
                self.desk.look_again()
        return Turn(wants.said(), screen, evidence, commits)

    def _rows(self, turn: Turn) -> tuple[Stored, ...]:
        """What to commit, the last own entry signed; empty where nothing has to be on disk now."""
        rows = self.books.replica.flush() if turn.commits else ()
        if rows:
            self._unread_since = None
            self._wants.moving = False
        return rows

    def _committed(self, now: Now) -> tuple[tuple[Send, ...], Screen | None]:
        """What may be sent and shown now that the turn's rows are on disk."""
        if self.fault:
            return (), self.desk.screen_state.show_fault(self.fault)
        replica, seen, wants = self.books.replica, self.books.seen, self._wants
        replica.committed()
        self.desk.lookup.told(self.books.mono_ms, now)
        joined = not wants.moving and self.books.is_new_member()
        if joined:
            wants.hurry()
            wants.turn_again()
        self.desk.answer_request(now)
        if replica.has_own:
            wants.turn_again()  # that a refusal was shown is to be on disk
        sends: list[Send] = []
        if seen.run or wants.parting:
            is_copied = (wants.hurried or self._copies.owed(now)) and not replica.unread
            head_due = is_copied or wants.parting or self.peers.due(now)
            if head_due or replica.is_awaited or self._is_past(self._unsent_since, limits.TOGETHER_MS, now):
                sends += replica.to_send()
            if head_due:
                sends.append(self._head(now))
                if is_copied:
                    wants.hurried = False
                    self._copies.made()
        elif not self.is_locked and self.peers.due(now):
            sends.append(self.peers.wait_for_clerk(now))
        wants.parting = False
        self._unsent_since = (self._unsent_since or now.mono_ms) if replica.has_unsent else None
        return tuple(sends), None if joined else self._show()  # the next turn, at once, shows that it is ready

    def deadline(self) -> int | None:
        """The `mono_ms` at which `take` wants to be called even without input."""
        if self.fault:
            return None
        if self._wants.again:
            return 0
        lasts = self.desk.lasts()
        due = [] if lasts is None else [lasts]
        if not self.is_locked and not self.setup.alone:
            due.append(self.peers.next_due())
            if self.books.seen.run:
                due += self._copies.due()
                if self._unsent_since is not None:
                    due.append(self._unsent_since + limits.TOGETHER_MS)
        if self._unread_since is not None:
            due.append(self._unread_since + limits.COPIES_WAIT_MS)
        return min(due, default=None)

    def _copies_are_due(self, now: Now) -> bool:
        """Whether copies must be committed now. Even one that is needed can wait while this node's own voter waits, or that
        voter's green is being drawn: another node has the time, and one copy is enough."""
        late = self._is_past(self._unread_since, limits.COPIES_WAIT_MS, now)
        return self._wants.moving or late or self._copies.owed(now) or (self._wants.hurried and not self.desk.is_busy)

    @staticmethod
    def _is_past(since: int | None, lasts_ms: int, now: Now) -> bool:
        return since is not None and now.mono_ms - since >= lasts_ms

    def _look_at_clock(self, now: Now) -> None:
        """Compare the clock with the others', now and then, and whenever it has been set."""
        set_to = now.wall_ms - now.mono_ms
        if now.mono_ms < self._clock_due and abs(set_to - self._clock_set_to) < limits.CLOCK_OFF_MS:
            return
        self._clock_due, self._clock_set_to = now.mono_ms + limits.LOOK_MS, set_to
        differs = self.peers.is_clock_off(self.setup.device, now)
        self.desk.screen_state.look_at_clock(now, differs, self.books.latest_ms, self.setup.day)

    def _show(self) -> Screen | None:
        return None if self.fault else self.desk.show()

    def _head(self, now: Now) -> Head:
        replica, member = self.books.replica, self.books.seen.member.reached and not self.is_locked
        return self.peers.announce(replica.runs, replica.run, member, self.desk.stance(), now)

    # --- inputs -----------------------------------------------------------------------------------------------------

    def _one(self, given: Input, now: Now) -> None:
        match given:
            case Heard():
                if self.books.seen.run:
                    self._hear(given, now)
            case PeerGone():
                self.peers.gone(given.sender)
                self.books.replica.gone(given.sender)
                self.desk.look_again()
            case DisplaySeen():
                self.peers.display = given.display
            case Replied():
                if self.page_wants.take(given):
                    self.desk.look_again()
            case Suspect():
                self.books.replica.refuse(Evidence(given.sender, given.kind, given.why, given.data))
            case _:
                self.desk.take(given, now)

    def _hear(self, heard: Heard, now: Now) -> None:
        was_island = self.books.seen.island
        self._wants.say(self._inbound.hear(heard, now))
        if self.books.seen.island != was_island:
            self.desk.look_again()
