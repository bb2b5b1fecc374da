"""The node: the whole of one table without any I/O. Inputs in; entries to commit and then a screen out.

The one loop around it does, again and again: `take` the inputs that are there, commit the entries that it gives, call
`committed`, and show the screen that this gives. What `committed` returns rests on entries that are on disk: nothing is said
before it is written. If a commit fails, the node that was told is thrown away and a new one is made from the disk.

Time, the voter list and the check of a PIN are handed in; the simulator and the service drive the very same object.

Theory. A check-in is three entries in two logs: the table's `request`, the holder's `decision`, the table's `issued`. Both logs
are this one's when the table holds the voter's book. The request and the decision are then committed together, the green
screen follows, and `issued` is written when the display says that it has drawn it. A crash in between leaves a request without
outcome, and the clerk is asked about it at the next start, since nobody else can know whether the light was seen.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

import msgspec

from kiosk import limits
from kiosk.domain import books, desk
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.cards import CardRead, OtherPlace, Unreadable, read_card, read_keyed
from kiosk.domain.eligibility import Bar, Barred
from kiosk.domain.ledger import Ledger
from kiosk.domain.screens import Drawn, Screen, Touch
from kiosk.domain.view import View
from kiosk.domain.view import screen as view_screen
from kiosk.domain.voters import Voter
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.touches import PinPad, approval, is_offered
from kiosk.node.words import Input, Now, Overran, Scanned, ScannerSeen, Setup, Written


class Node:
    """One table. Not thread-safe: one loop owns it."""

    def __init__(self, setup: Setup, find: Callable[[int], Voter | None], pin_is_right: Callable[[str], bool]) -> None:
        self.setup = setup
        self.state: d.State = d.NotReady(d.Lack.POLL_NOT_OPENED)
        self.screen: Screen | None = None
        self._find = find
        self._pins = PinPad(pin_is_right)
        self._books = BookKeeper(setup, find)
        self._view = setup.view
        self._rules = d.Rules(setup.birth_date_keyed, limits.BIRTH_DATE_TRIES, d.Lack.POLL_NOT_OPENED)
        self._first_number = 0
        self._request = ""
        self._stale = True
        self._again = False
        self._since = Now(0, 0)
        self._wrong_dates: dict[int, int] = {}
        self._last_scan = (0, 0)

    # --- the loop's four calls --------------------------------------------------------------------------------------

    @property
    def ledger(self) -> Ledger:
        """The fold of all entries, those of the batch that is not committed yet included."""
        return self._books.ledger

    def replay(self, entry: e.Entry, entry_hash: str) -> None:
        """Fold in an entry that is on disk, before `begin`."""
        self._books.replay(entry, entry_hash)

    def begin(self, now: Now) -> tuple[Written, ...]:
        """Start: the `start` entry, and the clerk is asked about what the last run left open. Commit, then `committed`."""
        self._first_number = now.mono_ms * 1_000  # beyond any number of the run before, so that its touches are old
        self._look_at_clock(now)
        self._books.start(now)
        self._step(d.Changed(), now)
        self._ask_about_unsettled(now)
        return self._books.take_batch()

    def take(self, inputs: Iterable[Input], now: Now) -> tuple[Written, ...]:
        """Take inputs in their order, and time passing. Commit what is returned, then call `committed`."""
        self._look_at_clock(now)
        for given in inputs:
            self._one(given, now)
        until = self.deadline()
        if until is not None and now.mono_ms >= until:
            self._step(d.Silent() if isinstance(self.state, d.Waiting) else d.TimeUp(), now)
        return self._books.take_batch()

    def committed(self, now: Now) -> Screen | None:
        """What may be shown now that the entries are on disk: a new screen, or None where nothing on it has changed."""
        self._answer_request(now)
        if not self._stale:
            return None
        self._stale = False
        served = self.ledger.totals.served.get(self.setup.table, 0)
        if served != self._view.served:
            self._view = replace(self._view, served=served)
        last = self.screen
        number = last.number if last is not None else self._first_number
        seen = view_screen(number, self.state, self._view)
        if seen == last and not self._again:
            return None
        self._again = False
        self.screen = msgspec.structs.replace(seen, number=number + 1)
        return self.screen

    def deadline(self) -> int | None:
        """The `mono_ms` at which `take` wants to be called even without input."""
        lasts = _lasts_ms(self.state, self.setup.clear_ms)
        return None if lasts is None else self._since.mono_ms + lasts

    # --- inputs -----------------------------------------------------------------------------------------------------

    def _one(self, given: Input, now: Now) -> None:
        match given:
            case Scanned():
                self._scanned(given.text, now)
            case Overran():
                self._answer(d.Misread(Unreadable.TOO_LONG), now)
            case ScannerSeen():
                self._look(replace(self._view, scanner=given.present))
            case Touch():
                self._touched(given, now)
            case Drawn():
                if self._is_current(given.screen) and isinstance(self.state, d.Green):
                    self._step(d.Lit(), now)

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
        may = self._books.weigh(voter)
        if isinstance(may, Barred):
            return d.Turned(may, voter.number, voter)
        wrong, referred = self._wrong_dates.get(voter.number, 0), self.ledger.is_referred(voter.number)
        return d.Found(voter, may, source, wrong, referred)

    def _is_current(self, number: int) -> bool:
        # What has changed but is not shown yet makes the shown screen an old one.
        return self.screen is not None and number == self.screen.number and not self._stale

    def _touched(self, touch: Touch, now: Now) -> None:
        if not self._is_current(touch.screen) or self.screen is None or not is_offered(touch.touch, self.screen):
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
            case "menu":
                return d.OpenMenu()
            case "pin":
                return self._pins.given(touch.value, now)
            case "cancel" | "next":
                return d.Cancel()
            case deed:
                return d.AskPin(d.Deed(deed))

    def _look_at_clock(self, now: Now) -> None:
        view = self._view
        wrong = now.wall_ms < self._books.latest_ms - limits.CLOCK_BACK_MS
        if self.setup.day is not None:
            wrong = wrong or datetime.fromtimestamp(now.wall_ms / 1000, view.zone).date() < self.setup.day
        if wrong != view.clock_wrong:
            self._look(replace(view, clock_wrong=wrong))

    def _look(self, view: View) -> None:
        self._view, self._stale = view, self._stale or view != self._view

    # --- the desk and its effects -----------------------------------------------------------------------------------

    def _answer(self, given: d.Input, now: Now) -> None:
        """A step that a new screen follows in any case: or the clerk would think that the touch or the scan was lost."""
        self._step(given, now)
        self._stale = self._again = True

    def _step(self, given: d.Input, now: Now) -> None:
        lack = self._lack()
        if lack is not self._rules.lack:
            self._rules = replace(self._rules, lack=lack)
        after, effects = desk.step(self.state, given, self._rules)
        if after != self.state:
            self.state, self._since = after, now
            self._stale = self._stale or not isinstance(given, d.Lit)  # which changes nothing that is seen
        for effect in effects:
            self._perform(effect, now)

    def _lack(self) -> d.Lack | None:
        if not books.d2_fresh(self.setup.nodes):
            return d.Lack.ALONE
        if not self.ledger.poll_open:
            return d.Lack.POLL_NOT_OPENED
        return d.Lack.CLOSED if self.ledger.is_closed(self.setup.table) else None

    def _perform(self, effect: d.Effect, now: Now) -> None:
        match effect:
            case d.Ask():
                self._ask(effect, now)
            case d.RecordIssued():
                self._books.write(e.Issued(self._request), now)
                self._ask_about_unsettled(now)
            case d.Withdraw():
                self._books.write(e.Withdrawn(self._request), now)
                self._ask_about_unsettled(now)
            case d.CountWrong():
                self._wrong_dates[effect.voter] = self._wrong_dates.get(effect.voter, 0) + 1
                if effect.referred:
                    self._books.write(e.Referred(effect.voter), now)
            case d.Perform():
                self._perform_deed(effect, now)
                self._step(d.Changed(), now)

    def _perform_deed(self, decided: d.Perform, now: Now) -> None:
        match decided.deed:
            case d.Deed.OPEN_POLL if self._books.holds(books.REGISTER):
                self._books.write(e.Open(), now)
            case d.Deed.CLOSE_TABLE:
                self._books.write(e.Close(self.setup.table), now)
            case d.Deed.REOPEN_TABLE:
                self._books.write(e.Reopen(self.setup.table), now)
            case d.Deed.RELEASE_VOTER if decided.voter is not None:
                self._wrong_dates.pop(decided.voter, None)
                self._books.write(e.Released(decided.voter), now)

    def _ask(self, ask: d.Ask, now: Now) -> None:
        self._request = self._books.request_id()
        voter = ask.voter
        self._books.write(
            e.Request(
                id=self._request,
                op="check_in",
                voter=voter.number,
                book=voter.book,
                elections=ask.elections,
                table=self.setup.table,
                how=ask.how,
                source=ask.source,
            ),
            now,
        )

    def _ask_about_unsettled(self, now: Now) -> None:
        for request, case in self.ledger.unsettled(self.setup.origin):
            voter = self._find(case.made.voter) if case.made is not None else None
            if case.made is not None and voter is not None and request != self._request:
                self._request = request
                self._step(d.Unfinished(voter, case.made.elections, case.time_ms), now)
                return

    def _answer_request(self, now: Now) -> None:
        """Show green or refused on the own request, once everything that must hold first holds (G1 to G5)."""
        if not isinstance(self.state, d.Waiting):
            return
        case = self.ledger.cases[self._request]
        made, holding = case.made, self.setup.holders
        if made is None or case.decided is None:
            return
        decision, author = case.decided
        if not books.g2_counts(holding, decision, author) or not books.d2_fresh(self.setup.nodes):
            return
        if decision.outcome is e.Outcome.REFUSED:
            may = self._books.weigh_number(made.voter)
            self._step(d.Denied(may if isinstance(may, Barred) else Barred(Bar.CHANGED)), now)
        elif (
            books.g1_not_withdrawn(case)
            and books.g3_two_disks(self.setup.nodes)
            and books.g5_no_other_mark(self.ledger, self._request, case)
        ):
            self._step(d.Granted(), now)


def _lasts_ms(state: d.State, clear_ms: int) -> int | None:
    match state:
        case d.Green(lit=True) | d.Refused():
            return clear_ms
        case d.Ready(misread=misread) if misread is not None:
            return clear_ms
        case d.Waiting(silent=False):
            return limits.SILENT_MS
        case d.Typing() | d.VoterShown() | d.BirthDate() | d.Referred() | d.Menu() | d.Pin():
            return limits.IDLE_MS
        case _:
            return None
