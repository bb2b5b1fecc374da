"""The node: the whole of one table, or of the secretary's desk, without any I/O. Inputs in; entries, messages and screens out.

The one loop around it does, again and again:

1. `take` the inputs that are there. It gives a `Turn`: what may be sent and shown at once, and the rows to commit.
2. Send and show that, then commit the rows in one transaction.
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
from datetime import datetime

import msgspec

from kiosk import limits
from kiosk.domain import desk, rules
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.books import REGISTER
from kiosk.domain.cards import CardRead, OtherPlace, Unreadable, read_card, read_keyed
from kiosk.domain.eligibility import Bar, Barred, Mark
from kiosk.domain.freshness import covers
from kiosk.domain.ledger import Case, Decided, Ledger
from kiosk.domain.messages import Ask, Batch, Head, Stance, Want
from kiosk.domain.nodes import table_of
from kiosk.domain.screens import Drawn, Screen, Touch
from kiosk.domain.view import View, fault
from kiosk.domain.view import screen as view_screen
from kiosk.domain.voters import Voter
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.lookout import lack_of, situation_of
from kiosk.node.peers import Peers
from kiosk.node.touches import PinPad, approval, is_offered
from kiosk.node.words import (
    Evidence,
    Give,
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
    SendTo,
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
        self.screen: Screen | None = None
        self._find, self._keys = find, keys
        self._pins = PinPad(pin_is_right)
        self.books = BookKeeper(setup, find, keys, self._is_current)
        self.peers = Peers(setup.origin)
        self._view = setup.view
        self._rules = d.Rules(
            setup.birth_date_keyed,
            limits.BIRTH_DATE_TRIES,
            d.Lack.CATCHING_UP,
            office=setup.table is None,
            situation=setup.view.situation,
        )
        self._first_number = self._stands_since = 0
        self._request = ""
        self._stale = True
        self._again = False
        self._since = Now(0, 0)
        self._looked: int | None = None
        self._unread_since: int | None = None
        self._unsent_since: int | None = None
        self._own_before = self._own_last = 0
        self._wrong_dates: dict[int, int] = {}
        self._last_scan = (0, 0)
        self._sends: list[Send] = []
        self._wake = False
        self._leaving = False
        self.fault = ""

    # --- the loop's calls -------------------------------------------------------------------------------------------

    @property
    def ledger(self) -> Ledger:
        """The fold of all entries, those of the batch that is not committed yet included."""
        return self.books.ledger

    def replay(self, entry: e.Entry, entry_hash: str) -> None:
        """Fold in an entry that is on disk, before `begin`."""
        self.books.replica.replay(entry, entry_hash)
        if entry.origin == self.setup.origin and isinstance(entry.body, e.Start | e.Locked):
            self._rules = replace(self._rules, locked=isinstance(entry.body, e.Locked))

    def begin(self, now: Now) -> Turn:
        """Start: the `start` entry, and the clerk is asked about what the last run left open. Commit, then `committed`."""
        self._first_number = now.mono_ms * 1_000  # beyond any number of the run before, so that its touches are old
        self._look_at_clock(now)
        self.ledger.touched.clear()
        self.books.moving = self.books.urgent = False
        if self._rules.locked:
            self._step(d.Changed(), now)
        else:
            self._start(now)
        return self._turn(now)

    def take(self, inputs: Iterable[Input], now: Now) -> Turn:
        """Take inputs in their order, and time passing. Carry out the turn, then call `committed`."""
        self._wake = False
        if self.fault:
            return Turn()
        self._look_at_clock(now)
        for given in inputs:
            self._one(given, now)
        self._time_passed(now)
        self.books.duties(now)
        self._follow(now)
        if not self.books.moving:
            self._answer_request(now, early=True)
        return self._turn(now)

    def committed(self, now: Now) -> Said:
        """What may be sent and shown now that the turn's rows are on disk."""
        if self.fault:
            return Said(screen=self._fault_screen())
        replica, seen = self.books.replica, self.books.seen
        replica.committed()
        if seen.joined and not seen.fresh.reached:
            seen.fresh.reach(self.books.everyone(), replica.stored)
            self._wake = self._wake or seen.fresh.reached
        self._answer_request(now, early=False)
        sends: list[Send] = []
        if seen.joined or self._leaving:
            head_due = self.books.urgent or self._leaving or self.peers.due(now)
            if head_due or replica.is_awaited or self._is_past(self._unsent_since, limits.TOGETHER_MS, now):
                sends += replica.to_send()
            if head_due:
                sends.append(self._head(now))
                self.books.urgent = False
        self._leaving = False
        self._unsent_since = (self._unsent_since or now.mono_ms) if replica.has_unsent else None
        return Said(tuple(sends), self._show())

    def deadline(self) -> int | None:
        """The `mono_ms` at which `take` wants to be called even without input."""
        if self.fault:
            return None
        if self._wake:
            return 0
        lasts = _lasts_ms(self.state, self.setup.clear_ms)
        due = [] if lasts is None else [self._since.mono_ms + lasts]
        if self.books.seen.joined and not self.setup.alone:
            due.append(self.peers.next_due())
            if self._unsent_since is not None:
                due.append(self._unsent_since + limits.TOGETHER_MS)
        if self._unread_since is not None:
            due.append(self._unread_since + limits.COPIES_WAIT_MS)
        return min(due, default=None)

    def _turn(self, now: Now) -> Turn:
        replica = self.books.replica
        if replica.unread and self._unread_since is None:
            self._unread_since = now.mono_ms
        due = self._is_past(self._unread_since, limits.COPIES_WAIT_MS, now)
        screen = None if replica.has_own or self.books.moving else self._show()
        rows = replica.flush() if replica.has_own or self.books.urgent or due else ()
        if rows:
            self._unread_since = None
            self.books.moving = False  # `committed` comes before the next turn
        sends, self._sends = tuple(self._sends), []
        evidence, replica.evidence = tuple(replica.evidence), []
        for refused in evidence:
            if (short := f"{refused.sender}: {refused.why}") not in self.books.refused:
                self.books.refused = [*self.books.refused, short][-limits.REFUSED_SHOWN :]
                self._looked = None
        return Turn(rows, sends, screen, evidence)

    @staticmethod
    def _is_past(since: int | None, lasts_ms: int, now: Now) -> bool:
        return since is not None and now.mono_ms - since >= lasts_ms

    def _show(self) -> Screen | None:
        """A new screen, or None where nothing on it has changed. A wait is shown once it has lasted a moment."""
        if self.fault or not self._stale or (isinstance(self.state, d.Waiting) and not self.state.late):
            return None
        self._stale = False
        served = self.ledger.served.get(self.setup.origin, 0)
        if served != self._view.served:
            self._view = replace(self._view, served=served)
        last = self.screen
        number = last.number if last is not None else self._first_number
        seen = view_screen(number, self.state, self._view)
        if seen == last and not self._again:
            return None
        if last is None or self._again or not _is_alike(seen, last):
            self._stands_since = number + 1
        self._again = False
        self.screen = msgspec.structs.replace(seen, number=number + 1)
        return self.screen

    def _fault_screen(self) -> Screen | None:
        if not self._stale:
            return None
        self._stale = False
        number = self.screen.number if self.screen is not None else self._first_number
        self.screen = fault(number + 1, self.fault, self._view)
        return self.screen

    def _head(self, now: Now) -> Head:
        seen = self.books.seen
        fresh = seen.fresh.reached and not self._rules.locked
        return self.peers.announce(self.books.last_start, self.books.replica.stored, fresh, self._stance(), now)

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
        return request == self._request and isinstance(self.state, d.Waiting | d.Green | d.Unresolved)

    # --- inputs -----------------------------------------------------------------------------------------------------

    def _one(self, given: Input, now: Now) -> None:
        match given:
            case Heard() if self.books.seen.joined:
                self._heard(given, now)
            case Scanned():
                self._scanned(given.text, now)
            case Overran():
                self._answer(d.Misread(Unreadable.TOO_LONG), now)
            case Touch():
                self._touched(given, now)
            case Drawn():
                if self._is_current_screen(given.screen) and isinstance(self.state, d.Green):
                    self._step(d.Lit(), now)
            case Ordered():
                self._perform(given.effect, now)
            case _:
                self._noticed(given)

    def _noticed(self, given: Input) -> None:
        """What comes in from the machine's own edges, and changes no state of the desk."""
        match given:
            case ScannerSeen():
                self._look(replace(self._view, scanner=given.present))
            case Gone():
                self.peers.gone(given.sender)
                self.books.replica.gone(given.sender)
                self._looked = None
            case Suspect():
                self.books.replica.refuse(Evidence(given.sender, given.why, given.data))
            case _:
                pass

    def _heard(self, heard: Heard, now: Now) -> None:
        match heard.message:
            case Batch() as batch:
                self._batch(batch, heard.sender, now)
            case Ask() as ask:
                if ask.request.id.startswith(heard.sender + "/"):
                    self.books.asked(ask.request, now)
            case Want() as want:
                if 0 < want.first <= self.books.replica.stored.get(want.origin, 0):
                    self._sends.append(Give(heard.sender, want.origin, want.first))
            case Head() as head:
                if head.origin == heard.sender and self.peers.heard(head, now):
                    self._head_came(head, now)

    def _batch(self, batch: Batch, sender: str, now: Now) -> None:
        replica = self.books.replica
        if batch.origin == self.setup.origin:
            self._look_for_longer_self(batch)
        elif replica.take_in(batch):
            replica.given(batch.origin)
            self._sends += replica.wants(sender, now.mono_ms)
        elif batch.first > replica.have.get(batch.origin, 0) + 1 and batch.origin in self.setup.origins:
            self._sends += replica.want_gap(batch.origin, now.mono_ms)

    def _look_for_longer_self(self, batch: Batch) -> None:
        """Entries that this origin wrote and does not have: this disk is a copy, or an old one. It must not go on."""
        if not batch.entries or batch.first + len(batch.entries) - 1 <= self.books.replica.have.get(self.setup.origin, 0):
            return
        last = e.entry_hash(bytes(batch.entries[-1]))
        try:
            signature = bytes.fromhex(batch.signature)
        except ValueError:
            return
        if self._keys.verify(self.setup.origin, signature, e.batch_signed(last)):
            self.fault, self._stale = "copied", True
            self.books.seen.joined = False

    def _head_came(self, head: Head, now: Now) -> None:
        replica, seen = self.books.replica, self.books.seen
        replica.shown(head)
        seen.fresh.heard(head)
        self.books.heard(head)
        self._sends += replica.wants(head.origin, now.mono_ms)
        own = replica.have.get(self.setup.origin, 0)
        if head.have.get(self.setup.origin, 0) > own:
            self._sends.append(SendTo(head.origin, Want(self.setup.origin, own + 1)))
        if (
            seen.island
            and seen.fresh.reached
            and head.have.get(self.setup.origin, 0) >= own
            and covers(replica.stored, head.have)
        ):
            seen.island = False
            self.books.write(e.Island(on=False), now)
            self._looked = None

    def _scanned(self, text: str, now: Now) -> None:
        read, (last, at) = hash(text), self._last_scan  # what was read is not kept: it may be a CPR number
        if read != last or now.mono_ms - at >= limits.SCAN_REPEAT_MS:
            self._last_scan = (read, now.mono_ms)
            scan = self._look_up(read_card(text, self.setup.card), e.Source.CARD)
            (self._answer if isinstance(scan, d.Misread) else self._step)(scan, now)

    def _look_up(self, read: CardRead | OtherPlace | Unreadable, source: e.Source) -> d.Scan:
        if isinstance(read, Unreadable):
            return d.Misread(read)
        if isinstance(read, OtherPlace):
            return d.Turned(Barred(Bar.OTHER_PLACE, place=read.name), None, None)
        voter = self._find(read.voter)
        if voter is None:
            return d.Turned(Barred(Bar.NOT_ON_LIST), read.voter, None)
        may = self.books.weigh(voter)
        holder = self.books.books.holder(voter.book)
        if isinstance(may, Barred):
            return d.Turned(may, voter.number, voter)
        if self.books.seen.island and holder != self.setup.origin:
            return d.Turned(Barred(Bar.OTHER_TABLE, table=table_of(holder) or 0), voter.number, voter)
        wrong, referred = self._wrong_dates.get(voter.number, 0), bool(self.ledger.referrals(voter.number))
        return d.Found(voter, may, source, wrong, referred)

    def _is_current_screen(self, number: int) -> bool:
        """Whether a screen still stands: nothing but its strip has changed since, neither shown nor about to be."""
        if self.screen is None or not self._stands_since <= number <= self.screen.number or self._again:
            return False
        return not self._stale or _is_alike(view_screen(number, self.state, self._view), self.screen)

    def _touched(self, touch: Touch, now: Now) -> None:
        if not self._is_current_screen(touch.screen) or self.screen is None or not is_offered(touch.touch, self.screen):
            return
        if touch.touch == "language":
            self._look(replace(self._view, language="da" if self._view.language == "en" else "en"))
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
                read = read_keyed(touch.value, self.setup.card, self.setup.voter_digits)
                return self._look_up(read, e.Source.KEYED) if touch.value else None
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

    def _look_at_clock(self, now: Now) -> None:
        view = self._view
        wrong = now.wall_ms < self.books.latest_ms - limits.CLOCK_BACK_MS
        if self.setup.day is not None:
            wrong = wrong or datetime.fromtimestamp(now.wall_ms / 1000, view.zone).date() < self.setup.day
        if wrong != view.clock_wrong:
            self._look(replace(view, clock_wrong=wrong))

    def _look(self, view: View) -> None:
        self._view, self._stale = view, self._stale or view != self._view

    def _time_passed(self, now: Now) -> None:
        lasts = _lasts_ms(self.state, self.setup.clear_ms)
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
            self._wrong_dates.pop(voter, None)
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
        if situation != self._view.situation:
            self._look(replace(self._view, situation=situation))
            self._rules = replace(self._rules, situation=situation)

    # --- the desk and its effects -----------------------------------------------------------------------------------

    def _answer(self, given: d.Input, now: Now) -> None:
        """A step that a new screen follows in any case: or the clerk would think that the touch or the scan was lost."""
        self._step(given, now)
        self._stale = self._again = True

    def _step(self, given: d.Input, now: Now) -> None:
        lack = self._lack(now)
        if lack is not self._rules.lack:
            self._rules = replace(self._rules, lack=lack)
        after, effects = desk.step(self.state, given, self._rules)
        if after != self.state:
            if not isinstance(given, d.Waited | d.Silent):
                self._since = now
            self.state = after
            self._stale = self._stale or not isinstance(given, d.Lit)  # which changes nothing that is seen
        for effect in effects:
            self._perform(effect, now)

    def _lack(self, now: Now) -> d.Lack | None:
        return lack_of(self.setup, self.books, self.peers, now)

    def _perform(self, effect: d.Effect, now: Now) -> None:
        match effect:
            case d.Ask():
                self._ask(effect, now)
            case d.RecordIssued():
                self.books.write(e.Issued(self._request), now)
                self._ask_about_unsettled(now)
            case d.Withdraw():
                self.books.write(e.Withdrawn(self._request), now)
                self._ask_about_unsettled(now)
            case d.CountWrong():
                self._wrong_dates[effect.voter] = self._wrong_dates.get(effect.voter, 0) + 1
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
        books, table = self.books, self.setup.table
        match decided.deed:
            case d.Deed.OPEN_POLL if books.may_decide(REGISTER):
                books.write(e.Open(books.books.chain(REGISTER).last.epoch), now)
            case d.Deed.CLOSE_TABLE | d.Deed.REOPEN_TABLE if table is not None:
                books.write(e.Close(table) if decided.deed is d.Deed.CLOSE_TABLE else e.Reopen(table), now)
            case d.Deed.RELEASE_VOTER if decided.voter is not None:
                self._wrong_dates.pop(decided.voter, None)
                books.write(e.Released(decided.voter, self.ledger.referrals(decided.voter)), now)
            case d.Deed.ISLAND if self._view.situation.may_island:
                books.seen.island = True
                books.write(e.Island(on=True), now)
            case d.Deed.LOCK:
                self._lock(now)
            case d.Deed.UNLOCK if self._rules.locked:
                self._start(now)
            case d.Deed.ATTEST:
                self._attest(decided, now)
            case _ if decided.book is not None:
                self._move(decided, decided.book, now)

    def _move(self, decided: d.Perform, book: int, now: Now) -> None:
        match decided.deed:
            case d.Deed.HAND_OVER:
                self.books.hand_over(book, decided.to, now)
            case d.Deed.SEAL:
                self.books.seal(book, decided.nodes, now)
            case d.Deed.SEIZE:
                self._seize(book, decided.to, now)
            case _:
                pass

    def _lock(self, now: Now) -> None:
        """From now on this node decides and shows nothing; its last head says so."""
        seen = self.books.seen
        if not self._rules.locked:
            self.books.write(e.Locked(), now)
            self._rules = replace(self._rules, locked=True)
            self._leaving, seen.joined, seen.island = seen.joined, False, False

    def _seize(self, book: int, to: str, now: Now) -> None:
        sealed = self.books.own_seal(book)
        if sealed is not None:
            unproved = [case for case in self.books.unproved(sealed) if case.made is not None]
            lacking = sum(not self.ledger.is_found(case.made.voter, case.origin) for case in unproved if case.made is not None)
            self.books.seize(book, to, now, lacking)

    def _attest(self, decided: d.Perform, now: Now) -> None:
        """The chair attests that nodes are stopped, in a new start, and their cards have been scanned (rule D2)."""
        seen = self.books.seen
        if seen.joined and not seen.fresh.reached and not seen.island:
            self.books.start(now, set(decided.nodes) - {self.setup.origin})
            for voter, stopped in decided.cards:
                self.books.write(e.Rescanned(voter, stopped), now)
            self.books.urgent = True

    def _ask(self, ask: d.Ask, now: Now) -> None:
        self._request = self.books.request_id()
        voter = ask.voter
        request = e.Request(
            id=self._request,
            op=e.Op.CHECK_IN,
            voter=voter.number,
            book=voter.book,
            elections=ask.elections,
            table=self.setup.table or 0,
            how=ask.how,
            source=ask.source,
        )
        if (holder := self.books.books.holder(voter.book)) != self.setup.origin:
            self._sends.append(SendTo(holder, Ask(request)))
        self.books.write(request, now)

    def _ask_about_unsettled(self, now: Now) -> None:
        """Ask the clerk about the next request that the last run left open; when there is none, the node joins the others."""
        if self.books.seen.joined:
            return
        for case in self.ledger.unsettled(self.setup.origin):
            voter = self._find(case.made.voter) if case.made is not None else None
            if case.made is not None and voter is not None and case.id != self._request:
                self._request = case.id
                self._step(d.Unfinished(voter, case.made.elections, case.time_ms), now)
                return
        self._join()

    def _answer_request(self, now: Now, *, early: bool) -> None:
        """Show green or refused on the own request, once everything that must hold first holds (G1 to G5)."""
        if not isinstance(self.state, d.Waiting):
            return
        seen = self.books.seen
        case = self.ledger.cases[self._request]
        found = case.outcome(seen.books)
        if found is None or not rules.g1_not_withdrawn(case) or not rules.g2_counts(seen, case) or not rules.g4_fresh(seen):
            return
        if found.decision.outcome is e.Outcome.REFUSED:
            self._step(d.Denied(_bar_of(found)), now)
            self.ledger.touched.append(case)
        elif rules.g3_two_disks(seen, case, self.peers.heads):
            if rules.g5_no_other_mark(seen, case):
                self._step(d.Granted(), now)
            elif early:
                self._give_way(case, now)
            else:
                self._wake = True

    def _give_way(self, case: Case, now: Now) -> None:
        """The request is granted, but another mark of the voter is known here: it is given up."""
        assert case.made is not None
        mark = next(iter(self.ledger.marks(case.made.voter, but=case.id)), None)
        self.books.write(e.Withdrawn(case.id), now)
        self._step(d.Denied(Barred(Bar.ALREADY_MARKED, mark) if mark is not None else Barred(Bar.CHANGED)), now)


_PLAIN: dict[str, d.Input] = {
    "menu": d.OpenMenu(),
    "overview": d.OpenOverview(),
    "go": d.Go(),
    "cancel": d.Cancel(),
    "next": d.Cancel(),
}


def _is_alike(one: Screen, other: Screen) -> bool:
    """Whether two screens differ in nothing but the strip: what is touched on either means the same."""
    return (one.content, one.left, one.right) == (other.content, other.left, other.right)


def _bar_of(found: Decided) -> Barred:
    decision = found.decision
    marked = Mark(decision.elections, decision.table, decision.marked_ms) if decision.marked_ms else None
    try:
        return Barred(Bar(decision.reason), marked)
    except ValueError:
        return Barred(Bar.CHANGED)


def _lasts_ms(state: d.State, clear_ms: int) -> int | None:
    match state:
        case d.Green(lit=True) | d.Refused():
            return clear_ms
        case d.Ready(misread=misread) if misread is not None:
            return clear_ms
        case d.Waiting(late=False):
            return limits.WAIT_SHOWN_MS
        case d.Waiting(silent=False):
            return limits.SILENT_MS
        case d.Typing() | d.VoterShown() | d.BirthDate() | d.Referred() | d.Menu() | d.Pin():
            return limits.IDLE_MS
        case _:
            return None
