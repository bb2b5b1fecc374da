"""The node: the whole of one table, or of the secretary's desk, without any I/O. Inputs in; entries, messages and screens out.

The one loop around it does, again and again:

1. `take` the inputs that are there. It gives a `Turn`: what may be sent and shown at once. Send and show it.
2. `rows` gives what to commit, signed while what was sent is on its way. Commit it in one transaction.
3. `committed` gives what may be sent and shown now that they are on disk.

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
from dataclasses import replace

from kiosk import limits
from kiosk.domain import desk
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.cards import Unreadable
from kiosk.domain.chain import Stored
from kiosk.domain.freshness import Doubt
from kiosk.domain.ledger import Ledger
from kiosk.domain.messages import Head, Stance
from kiosk.domain.screens import Drawn, Screen, Touch
from kiosk.domain.situation import Refused, Situation
from kiosk.domain.voters import Voter
from kiosk.node import deeds
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.copies import Copies
from kiosk.node.ears import Ears
from kiosk.node.face import Face, lasts_ms
from kiosk.node.lookout import lack_of, situation_of
from kiosk.node.lookup import Lookup
from kiosk.node.own_request import OwnRequest
from kiosk.node.peers import Peers
from kiosk.node.touches import PinPad, approval, is_offered
from kiosk.node.words import (
    Evidence,
    Gone,
    Heard,
    Input,
    Keys,
    Now,
    Ordered,
    Overran,
    Said,
    Scanned,
    ScannerSeen,
    Send,
    Setup,
    Suspect,
    Turn,
)


class Node:
    """One table, or the secretary's node. Not thread-safe: one loop owns it."""

    def __init__(
        self, setup: Setup, find: Callable[[int], Voter | None], pin_is_right: Callable[[str], bool], keys: Keys
    ) -> None:
        self.setup = setup
        self.state: d.State = d.NotReady(d.Lack.CATCHING_UP)
        self.face = Face(setup.view)
        self._pins = PinPad(pin_is_right)
        self.peers = Peers(setup.origin)
        self._copies = Copies(self.peers)
        self.books = BookKeeper(setup, find, keys, self._is_current, self._copies)
        self.request = OwnRequest(setup, find, self.books)
        self.lookup = Lookup(setup, find, self.books)
        self._ears = Ears(setup, self.books, self.peers)
        self._rules = d.Rules(
            setup.birth_date_keyed,
            limits.BIRTH_DATE_TRIES,
            d.Lack.CATCHING_UP,
            office=setup.table is None,
            situation=setup.view.situation,
        )
        self._since = Now(0, 0)
        self._looked: int | None = None
        self._unread_since: int | None = None
        self._unsent_since: int | None = None
        self._own_before = self._own_last = 0
        self._sends: list[Send] = []
        self._wake = False
        self._commits = False
        self._leaving = False

    # --- the loop's calls -------------------------------------------------------------------------------------------

    @property
    def fault(self) -> str:
        """What is wrong with this disk, for good: it serves nobody and says nothing."""
        return Doubt.COPIED if self._ears.is_copied else ""

    @property
    def doubt(self) -> Doubt:
        """What speaks against this disk. The loop keeps it there: a restart does not make the disk a better one."""
        if self._ears.is_copied:
            return Doubt.COPIED
        return Doubt.OUTDATED if self.books.seen.fresh.outdated else Doubt.NONE

    def recall(self, doubt: Doubt) -> None:
        """What speaks against the disk since an earlier run. Before `begin`."""
        self._ears.is_copied = doubt is Doubt.COPIED
        self.books.seen.fresh.outdated = doubt is Doubt.OUTDATED

    @property
    def ledger(self) -> Ledger:
        """The fold of all entries, those of the batch that is not committed yet included."""
        return self.books.ledger

    @property
    def screen(self) -> Screen | None:
        """The screen that was shown last."""
        return self.face.screen

    @property
    def situation(self) -> Situation:
        """How things stood when this node last looked around."""
        return self.face.view.situation

    @property
    def is_locked(self) -> bool:
        """Whether it was locked on its own screen: it decides and shows nothing."""
        return self._rules.locked

    def replay(self, entry: e.Entry, entry_hash: str) -> None:
        """Fold in an entry that is on disk, before `begin`."""
        self.books.replica.replay(entry, entry_hash)
        if entry.origin == self.setup.origin and isinstance(entry.body, e.Start | e.Locked):
            self._rules = replace(self._rules, locked=isinstance(entry.body, e.Locked))

    def begin(self, now: Now) -> Turn:
        """Start: the `start` entry, and the clerk is asked about what the last run left open. Then as after `take`."""
        self.face.begin(now)
        if self.fault:
            return Turn()
        self.face.look_at_clock(now, self.books.latest_ms, self.setup.day)
        self.ledger.touched.clear()
        self.books.moving = self.books.urgent = False
        self._copies.made()
        if self._rules.locked:
            self._step(d.Changed(), now)
        else:
            self._start(now)
        return self._turn(now)

    def take(self, inputs: Iterable[Input], now: Now) -> Turn:
        """Take inputs in their order, and time passing. Carry out the turn, then call `rows` and `committed`."""
        self._wake = self._commits = False
        if self.fault:
            return Turn()
        self.face.look_at_clock(now, self.books.latest_ms, self.setup.day)
        for given in inputs:
            self._one(given, now)
        if self._ears.is_copied:
            return Turn()
        self._time_passed(now)
        self.books.duties(now)
        self._follow(now)
        if not self.books.moving:
            self._answer_request(now, may_write=True)
        return self._turn(now)

    def rows(self) -> tuple[Stored, ...]:
        """What to commit in this turn, the last own entry signed; empty where nothing has to be on disk now."""
        rows = self.books.replica.flush() if self._commits else ()
        if rows:
            self._unread_since = None
            self.books.moving = False  # `committed` comes before the next turn
        return rows

    def committed(self, now: Now) -> Said:
        """What may be sent and shown now that the turn's rows are on disk."""
        if self.fault:
            return Said(screen=self.face.show_fault(self.fault))
        replica, seen = self.books.replica, self.books.seen
        replica.committed()
        if seen.joined and not seen.fresh.reached:
            seen.fresh.reach(self.books.everyone(), replica.stored)
            self._wake = self._wake or seen.fresh.reached
        self._answer_request(now, may_write=False)
        sends: list[Send] = []
        if seen.joined or self._leaving:
            is_copied = (self.books.urgent or self._copies.owed(now)) and not replica.unread
            head_due = is_copied or self._leaving or self.peers.due(now)
            if head_due or replica.is_awaited or self._is_past(self._unsent_since, limits.TOGETHER_MS, now):
                sends += replica.to_send()
            if head_due:
                sends.append(self._head(now))
                if is_copied:
                    self.books.urgent = False
                    self._copies.made()
        elif not self._rules.locked and self.peers.due(now):
            sends.append(self.peers.wait_for_clerk(now))
        self._leaving = False
        self._unsent_since = (self._unsent_since or now.mono_ms) if replica.has_unsent else None
        return Said(tuple(sends), self._show())

    def deadline(self) -> int | None:
        """The `mono_ms` at which `take` wants to be called even without input."""
        if self.fault:
            return None
        if self._wake:
            return 0
        lasts = lasts_ms(self.state, self.setup.clear_ms)
        due = [] if lasts is None else [self._since.mono_ms + lasts]
        if not self._rules.locked and not self.setup.alone:
            due.append(self.peers.next_due())
            if self.books.seen.joined:
                due += self._copies.due()
                if self._unsent_since is not None:
                    due.append(self._unsent_since + limits.TOGETHER_MS)
        if self._unread_since is not None:
            due.append(self._unread_since + limits.COPIES_WAIT_MS)
        return min(due, default=None)

    def _turn(self, now: Now) -> Turn:
        replica = self.books.replica
        if replica.unread and self._unread_since is None:
            self._unread_since = now.mono_ms
        screen = None if replica.has_own or self.books.moving else self._show()
        self._commits = self._copies_are_due(now) or replica.has_own
        sends, self._sends = tuple(self._sends), []
        evidence, replica.evidence = tuple(replica.evidence), []
        for refused in evidence:
            if (short := Refused(refused.sender, refused.kind)) not in self.books.refused:
                self.books.refused = [*self.books.refused, short][-limits.REFUSED_SHOWN :]
                self._looked = None
        return Turn(sends, screen, evidence)

    def _copies_are_due(self, now: Now) -> bool:
        """Whether copies must be committed now. One that somebody waits for can wait too while this node's own voter does, or
        while his green is being drawn: in a rush another node has the time, and one copy is enough."""
        busy = isinstance(self.state, d.Waiting) or (isinstance(self.state, d.Green) and not self.state.lit)
        self._copies.look(now, busy=busy)
        late = self._is_past(self._unread_since, limits.COPIES_WAIT_MS, now)
        return self.books.moving or late or self._copies.owed(now) or (self.books.urgent and not busy)

    @staticmethod
    def _is_past(since: int | None, lasts_ms: int, now: Now) -> bool:
        return since is not None and now.mono_ms - since >= lasts_ms

    def _show(self) -> Screen | None:
        """A new screen, where there is one. A wait is shown once it has lasted a moment."""
        if self.fault or (isinstance(self.state, d.Waiting) and not self.state.late):
            return None
        return self.face.show(self.state, self.ledger.served.get(self.setup.origin, 0))

    def _head(self, now: Now) -> Head:
        seen = self.books.seen
        fresh = seen.fresh.reached and not self._rules.locked
        replica = self.books.replica
        return self.peers.announce(self.books.last_start, replica.tip, replica.stored, fresh, self._stance(), now)

    def _stance(self) -> Stance:
        if self._rules.locked:
            return Stance.LOCKED
        if self.books.seen.island:
            return Stance.ISLAND
        if self._rules.lack is d.Lack.CLOSED:
            return Stance.CLOSED
        return Stance.SERVING if self._rules.lack is None else Stance.NOT_READY

    # --- starting and stopping --------------------------------------------------------------------------------------

    def _start(self, now: Now) -> None:
        """A start: nothing is fresh; and before anything else is done, the clerk is asked what the last run left open."""
        self._rules = replace(self._rules, locked=False)
        self.books.seen.joined, self.books.seen.island = False, self.setup.alone
        self.books.start(now)
        self._step(d.Changed(), now)
        self._ask_about_unsettled(now)

    def _join(self) -> None:
        seen = self.books.seen
        if not seen.joined and not self._rules.locked:
            seen.joined = self.books.urgent = True
            seen.fresh.reach(self.books.everyone(), self.books.replica.stored)
            self.ledger.touched += [case for case in self.ledger.cases.values() if case.origin == self.setup.origin]
            self._wake = True

    def _is_current(self, request: str) -> bool:
        return request == self.request.id and isinstance(self.state, d.Waiting | d.Green | d.Unresolved)

    # --- inputs -----------------------------------------------------------------------------------------------------

    def _one(self, given: Input, now: Now) -> None:
        match given:
            case Heard() if self.books.seen.joined:
                self._hear(given, now)
            case Scanned():
                if scan := self.lookup.scanned(given.text, now):
                    (self._answer if isinstance(scan, d.Misread) else self._step)(scan, now)
            case Overran():
                self._answer(d.Misread(Unreadable.TOO_LONG), now)
            case Touch():
                self._touched(given, now)
            case Drawn():
                if self.face.is_current(given.screen, self.state) and isinstance(self.state, d.Green):
                    self._step(d.Lit(), now)
            case Ordered():
                self._perform(given.effect, now)
            case _:
                self._noticed(given)

    def _noticed(self, given: Input) -> None:
        """What comes in from the machine's own edges, and changes no state of the desk."""
        match given:
            case ScannerSeen():
                self.face.look(replace(self.face.view, scanner=given.present))
            case Gone():
                self.peers.gone(given.sender)
                self.books.replica.gone(given.sender)
                self._looked = None
            case Suspect():
                self.books.replica.refuse(Evidence(given.sender, given.kind, given.why, given.data))
            case _:
                pass

    def _hear(self, heard: Heard, now: Now) -> None:
        was_island = self.books.seen.island
        self._sends += self._ears.hear(heard, now)
        if self.fault:
            self.face.turn()
        if self.books.seen.island != was_island:
            self._looked = None

    def _touched(self, touch: Touch, now: Now) -> None:
        screen = self.screen
        if screen is None or not self.face.is_current(touch.screen, self.state) or not is_offered(touch.touch, screen):
            return
        if touch.touch == "language":
            view = self.face.view
            self.face.look(replace(view, language="da" if view.language == "en" else "en"))
            return
        given = self._read_touch(touch, now)
        if given is not None:
            self._since = now  # a screen that is touched is not forgotten; one that is only scanned at is
            self._answer(given, now)

    def _read_touch(self, touch: Touch, now: Now) -> d.Input | None:
        match touch.touch:
            case "type":
                return d.Type()
            case "number":
                return self.lookup.keyed(touch.value)
            case "approve":
                return approval(touch, keyed=self.setup.birth_date_keyed)
            case "yes" | "no":
                return d.Answer(touch.touch == "yes")
            case "pin":
                return self._pins.given(touch.value, now)
            case word if word.startswith("pick "):
                return d.Pick(word.removeprefix("pick "))
            case word:
                return _PLAIN.get(word) or d.AskPin(d.Deed(word))

    def _time_passed(self, now: Now) -> None:
        lasts = lasts_ms(self.state, self.setup.clear_ms)
        if lasts is None or now.mono_ms < self._since.mono_ms + lasts:
            return
        if not isinstance(self.state, d.Waiting):
            self._step(d.TimeUp(), now)
        elif not self.state.late:
            self._step(d.Waited(), now)
        else:
            self._step(d.Silent(), now)

    def _follow(self, now: Now) -> None:
        """Look around, now and then and when something has changed; the desk goes by what it lacks."""
        for voter in self.books.released:
            self.lookup.forgive(voter)
        self.books.released.clear()
        changed = self._lack(now) is not self._rules.lack
        if changed or self._looked is None or now.mono_ms - self._looked >= limits.LOOK_MS or self.books.moving:
            self._look_around(now)
        if changed:
            self._step(d.Changed(), now)

    def _look_around(self, now: Now) -> None:
        if self._looked is None or now.mono_ms - self._looked >= limits.HEAD_MS:
            own = self.books.replica.have.get(self.setup.origin, 0)
            self._own_before, self._own_last = self._own_last, own
        self._looked = now.mono_ms
        situation = situation_of(self.setup, self.books, self.peers, self._own_before, now)
        if situation != self.situation:
            self.face.look(replace(self.face.view, situation=situation))
            self._rules = replace(self._rules, situation=situation)

    # --- the desk and its effects -----------------------------------------------------------------------------------

    def _answer(self, given: d.Input, now: Now) -> None:
        """A step that a new screen follows in any case: or the clerk would think that the touch or the scan was lost."""
        self._step(given, now)
        self.face.answer()

    def _step(self, given: d.Input, now: Now) -> None:
        lack = self._lack(now)
        if lack is not self._rules.lack:
            self._rules = replace(self._rules, lack=lack)
        after, effects = desk.step(self.state, given, self._rules)
        if after != self.state:
            if not isinstance(given, d.Waited | d.Silent):
                self._since = now
            self.state = after
            if not isinstance(given, d.Lit):  # which changes nothing that is seen
                self.face.turn()
        for effect in effects:
            self._perform(effect, now)

    def _lack(self, now: Now) -> d.Lack | None:
        return lack_of(self.setup, self.books, self.peers, now)

    def _perform(self, effect: d.Effect, now: Now) -> None:
        match effect:
            case d.Ask():
                self._sends += self.request.make(effect, now)
            case d.RecordIssued():
                self.request.issued(now)
                self._ask_about_unsettled(now)
            case d.Withdraw():
                self.request.withdraw(now)
                self._ask_about_unsettled(now)
            case d.CountWrong():
                self.lookup.count_wrong_date(effect.voter)
                if effect.referred:
                    self.books.write(e.Referred(effect.voter), now)
            case d.Rescan():
                self.books.write(e.Rescanned(effect.voter, effect.stopped), now)
                self._looked = None
            case d.Perform():
                self._perform_deed(effect, now)
                self._look_around(now)
                self._step(d.Changed(), now)

    def _perform_deed(self, decided: d.Perform, now: Now) -> None:
        """Carry out what the chair has decided; what may not be done now is not."""
        match decided.deed:
            case d.Deed.RELEASE_VOTER if decided.voter is not None:
                self.lookup.forgive(decided.voter)
                ends = self.ledger.referrals(decided.voter)
                for first in range(0, max(1, len(ends)), e.RELEASED_MOST):
                    self.books.write(e.Released(decided.voter, ends[first : first + e.RELEASED_MOST]), now)
            case d.Deed.ISLAND if self.situation.may_island:
                self.books.seen.island = True
                self.books.write(e.Island(on=True), now)
            case d.Deed.LOCK:
                self._lock(now)
            case d.Deed.UNLOCK if self._rules.locked:
                self._start(now)
            case _:
                deeds.carry_out(decided, self.books, self.setup.table, now)

    def _lock(self, now: Now) -> None:
        """From now on this node decides and shows nothing; its last head says so."""
        seen = self.books.seen
        if not self._rules.locked:
            self.books.write(e.Locked(), now)
            self._rules = replace(self._rules, locked=True)
            self._leaving, seen.joined, seen.island = seen.joined, False, False

    def _ask_about_unsettled(self, now: Now) -> None:
        """Ask the clerk about the next request that the last run left open; when there is none, the node joins the others."""
        if self.books.seen.joined:
            return
        unfinished = self.request.next_unsettled()
        if unfinished is not None:
            self._step(unfinished, now)
        else:
            self._join()

    def _answer_request(self, now: Now, *, may_write: bool) -> None:
        """Show green or refused on the own request, if the desk waits for it."""
        if isinstance(self.state, d.Waiting):
            answer = self.request.answer(self.peers.heads, now, may_write=may_write)
            self._wake = self._wake or self.request.must_give_way
            if answer is not None:
                self._step(answer, now)


_PLAIN: dict[str, d.Input] = {
    "menu": d.OpenMenu(),
    "overview": d.OpenOverview(),
    "go": d.Go(),
    "cancel": d.Cancel(),
    "next": d.Cancel(),
}
