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

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec

from kiosk import limits
from kiosk.domain import books, desk
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.cards import CardRead, CardRules, OtherPlace, Unreadable, read_card, read_keyed
from kiosk.domain.eligibility import Bar, Barred, Eligible, weigh
from kiosk.domain.ledger import Ledger
from kiosk.domain.screens import Drawn, Menu, Screen, Touch
from kiosk.domain.view import View
from kiosk.domain.view import screen as view_screen
from kiosk.domain.voters import Voter


@dataclass(frozen=True, slots=True)
class Now:
    """The time: `wall_ms` since 1970 UTC, shown to people only; `mono_ms`, which never jumps, for waiting."""

    wall_ms: int
    mono_ms: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """The scanner read something; it never says more than what was read."""

    text: str


@dataclass(frozen=True, slots=True)
class Overran:
    """The scanner sent more than any card holds, and it was thrown away."""


@dataclass(frozen=True, slots=True)
class ScannerSeen:
    """The scanner is there, or is not."""

    present: bool


Input = Scanned | Overran | ScannerSeen | Touch | Drawn


@dataclass(frozen=True, slots=True)
class Setup:
    """What a node is, from the plan and its own bundle. `origin` names its disk; `day` is missing in training."""

    origin: str
    table: int
    nodes: int
    holders: Mapping[int, books.Holding]
    elections: tuple[str, ...]
    card: CardRules
    voter_digits: int
    birth_date_keyed: bool
    clear_ms: int
    first_prev: str
    day: date | None
    view: View


@dataclass(frozen=True, slots=True)
class Written:
    """One new entry and the canonical bytes that are hashed, signed and stored."""

    entry: e.Entry
    data: bytes


class Node:
    """One table. Not thread-safe: one loop owns it."""

    def __init__(self, setup: Setup, find: Callable[[int], Voter | None], pin_is_right: Callable[[str], bool]) -> None:
        self.setup = setup
        self.ledger = Ledger()
        self.state: d.State = d.NotReady(d.Lack.POLL_NOT_OPENED)
        self.screen: Screen | None = None
        self._find = find
        self._pin_is_right = pin_is_right
        self._view = setup.view
        self._rules = d.Rules(setup.birth_date_keyed, limits.BIRTH_DATE_TRIES, d.Lack.POLL_NOT_OPENED)
        self._seq, self._prev, self._latest_ms = 0, setup.first_prev, 0
        self._batch: list[Written] = []
        self._start = 0
        self._first_number = 0
        self._requests = 0
        self._request = ""
        self._stale = True
        self._again = False
        self._since = Now(0, 0)
        self._last_scan = ("", 0)
        self._wrong_pins = 0
        self._pins_from = 0

    # --- the loop's four calls --------------------------------------------------------------------------------------

    def replay(self, entry: e.Entry, entry_hash: str) -> None:
        """Fold in an entry that is on disk, before `begin`."""
        self.ledger.fold(entry)
        if entry.origin == self.setup.origin:
            self._seq, self._prev = entry.seq, entry_hash
            self._latest_ms = max(self._latest_ms, entry.time)

    def begin(self, now: Now) -> tuple[Written, ...]:
        """Start: the `start` entry, and the clerk is asked about what the last run left open. Commit, then `committed`."""
        self._first_number = now.mono_ms * 1_000  # beyond any number of the run before, so that its touches are old
        self._look_at_clock(now)
        self._write(e.Start(), now)
        self._start = self._seq
        self._step(d.Changed(), now)
        self._ask_about_unsettled(now)
        return self._take_batch()

    def take(self, inputs: Iterable[Input], now: Now) -> tuple[Written, ...]:
        """Take inputs in their order, and time passing. Commit what is returned, then call `committed`."""
        self._look_at_clock(now)
        for given in inputs:
            self._one(given, now)
        until = self.deadline()
        if until is not None and now.mono_ms >= until:
            self._step(d.Silent() if isinstance(self.state, d.Waiting) else d.TimeUp(), now)
        return self._take_batch()

    def committed(self, now: Now) -> Screen | None:
        """What may be shown now that the entries are on disk: a new screen, or None where nothing on it has changed."""
        self._answer_request(now)
        if not self._stale:
            return None
        self._stale = False
        served = self.ledger.totals.served.get(self.setup.table, 0)
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
        last, at = self._last_scan
        self._last_scan = (text, now.mono_ms)
        if text != last or now.mono_ms - at >= limits.SCAN_REPEAT_MS:
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
        may = self._weigh(voter)
        return d.Found(voter, may, source) if isinstance(may, Eligible) else d.Turned(may, voter.number, voter)

    def _weigh(self, voter: Voter) -> Eligible | Barred:
        return weigh(voter, self.ledger.marks(voter.number), self.setup.elections)

    def _is_current(self, number: int) -> bool:
        # What has changed but is not shown yet makes the shown screen an old one.
        return self.screen is not None and number == self.screen.number and not self._stale

    def _touched(self, touch: Touch, now: Now) -> None:
        if not self._is_current(touch.screen) or touch.touch not in _offered(self.screen):
            return
        if touch.touch == "language":
            self._look(replace(self._view, language="da" if self._view.language == "en" else "en"))
            return
        given = self._read_touch(touch, now)
        if given is not None:
            self._answer(given, now)

    def _read_touch(self, touch: Touch, now: Now) -> d.Input | None:
        match touch.touch:
            case "type":
                return d.Type()
            case "number":
                read = read_keyed(touch.value, self.setup.card, self.setup.voter_digits)
                return self._look_up(read, e.Source.KEYED) if touch.value else None
            case "approve":
                return _approval(touch, keyed=self.setup.birth_date_keyed)
            case "yes" | "no":
                return d.Answer(touch.touch == "yes")
            case "menu":
                return d.OpenMenu()
            case "pin":
                return self._pin(touch.value, now)
            case "cancel" | "next":
                return d.Cancel()
            case deed:
                return d.AskPin(d.Deed(deed))

    def _pin(self, pin: str, now: Now) -> d.PinGiven:
        if now.mono_ms < self._pins_from:
            return d.PinGiven(right=False, paused=True)
        right = self._pin_is_right(pin)
        self._wrong_pins = 0 if right else self._wrong_pins + 1
        if self._wrong_pins >= limits.PIN_TRIES:
            self._wrong_pins, self._pins_from = 0, now.mono_ms + limits.PIN_PAUSE_MS
        return d.PinGiven(right)

    def _look_at_clock(self, now: Now) -> None:
        view = self._view
        wrong = now.wall_ms < self._latest_ms - limits.CLOCK_BACK_MS
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
        self._since, self._stale, self._again = now, True, True

    def _step(self, given: d.Input, now: Now) -> None:
        self._rules = replace(self._rules, lack=self._lack())
        after, effects = desk.step(self.state, given, self._rules)
        if after != self.state:
            self.state, self._since = after, now
            self._stale = self._stale or not isinstance(given, d.Lit)  # which changes nothing that is seen
        elif isinstance(given, d.Misread | d.PinGiven):  # shown anew, or it would look as if nothing had been read
            self._since, self._stale, self._again = now, True, True
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
                self._write(e.Issued(self._request), now)
                self._ask_about_unsettled(now)
            case d.Withdraw():
                self._write(e.Withdrawn(self._request), now)
                self._ask_about_unsettled(now)
            case d.Perform(d.Deed.OPEN_POLL):
                if books.d1_holds(self.setup.holders, self.setup.origin, books.REGISTER):
                    self._write(e.Open(), now)
            case d.Perform(d.Deed.CLOSE_TABLE):
                self._write(e.Close(self.setup.table), now)
            case d.Perform(d.Deed.REOPEN_TABLE):
                self._write(e.Reopen(self.setup.table), now)
        if isinstance(effect, d.Perform):
            self._step(d.Changed(), now)

    def _ask(self, ask: d.Ask, now: Now) -> None:
        self._requests += 1
        self._request = f"{self.setup.origin}/{self._start}/{self._requests}"
        voter = ask.voter
        self._write(
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

    # --- the log ----------------------------------------------------------------------------------------------------

    def _write(self, body: e.Body, now: Now) -> None:
        entry = e.Entry(self.setup.origin, self._seq + 1, self._prev, now.wall_ms, body)
        data = e.encode_entry(entry)
        self._seq, self._prev = entry.seq, e.entry_hash(data)
        self._latest_ms = max(self._latest_ms, entry.time)
        self._batch.append(Written(entry, data))
        self.ledger.fold(entry)
        self._decide(body, now)

    def _decide(self, body: e.Body, now: Now) -> None:
        """As the holder: decide a request that has just become known, and undo a grant that was withdrawn."""
        request = body.id if isinstance(body, e.Request) else body.request if isinstance(body, e.Withdrawn) else ""
        case = self.ledger.cases.get(request)
        if case is None or case.made is None:
            return
        made, mine = case.made, self.setup.holders.get(case.made.book)
        if mine is None or not books.d1_holds(self.setup.holders, self.setup.origin, made.book):
            return
        if books.undo_due(case):
            self._write(e.Decision(request, made.book, mine.epoch, e.Outcome.UNDONE, "withdrawn"), now)
        elif books.d4_decidable(case):
            voter = self._find(made.voter)
            may = self._weigh(voter) if voter is not None else Barred(Bar.NOT_ON_LIST)
            granted = self._lack() is None and books.d4_grants(made, may)
            outcome = e.Outcome.GRANTED if granted else e.Outcome.REFUSED
            reason = "" if granted else may.why if isinstance(may, Barred) else Bar.CHANGED
            self._write(e.Decision(request, made.book, mine.epoch, outcome, reason), now)

    def _take_batch(self) -> tuple[Written, ...]:
        batch, self._batch = tuple(self._batch), []
        return batch

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
            voter = self._find(made.voter)
            may = self._weigh(voter) if voter is not None else Barred(Bar.NOT_ON_LIST)
            self._step(d.Denied(may if isinstance(may, Barred) else Barred(Bar.CHANGED)), now)
        elif (
            books.g1_not_withdrawn(case)
            and books.g3_two_disks(self.setup.nodes)
            and books.g5_no_other_mark(self.ledger, self._request, case)
        ):
            self._step(d.Granted(), now)


def _offered(screen: Screen | None) -> set[str]:
    if screen is None:
        return set()
    buttons = [screen.left, screen.right, *(screen.content.items if isinstance(screen.content, Menu) else ())]
    return {button.touch for button in buttons if button is not None}


def _approval(touch: Touch, *, keyed: bool) -> d.Approve | None:
    try:
        how = e.How(touch.how or e.How.SPOKEN)
    except ValueError:
        return None
    if not keyed or how is e.How.KNOWN:
        return d.Approve(how)
    day, month, year = touch.value[:2], touch.value[2:4], touch.value[4:]
    if len(touch.value) != 8 or not touch.value.isdecimal():
        return None
    try:
        return d.Approve(how, date(int(year), int(month), int(day)))
    except ValueError:
        return d.Approve(how)  # an impossible date is a wrong one


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
