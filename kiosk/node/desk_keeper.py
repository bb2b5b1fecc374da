"""The desk of one node: its state, what is scanned and touched at it, and what follows from its steps."""

from collections.abc import Callable
from dataclasses import replace

from kiosk import limits
from kiosk.domain import desk
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.chair_actions import ChairAction, LockNode, ReleaseVoter, UndoMark, UnlockNode, WhyNot
from kiosk.domain.codetext import Code, CodeMisread
from kiosk.domain.facts import Facts, MarksOf, Query
from kiosk.domain.messages import Stance
from kiosk.domain.pages.page import Finish, Keyed, NextLanguage, Page, PageEffect, Rescan, Seen, UseCode
from kiosk.domain.screens import Drawn, Screen, Touch
from kiosk.domain.situation import UndoState
from kiosk.domain.texts import next_after
from kiosk.domain.voters import Voter
from kiosk.node import chair_actions
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.facts import looked_up
from kiosk.node.lookup import Lookup, is_about
from kiosk.node.own_request import OwnRequest
from kiosk.node.peers import Peers
from kiosk.node.screen_state import ScreenState, lasts_ms
from kiosk.node.status import LastCards, not_ready_reason, situation_of, undo_state, undos_of
from kiosk.node.touches import PinPad, approval, is_offered
from kiosk.node.types import Crypto, Input, Now, Overran, Scanned, ScannerSeen, Setup
from kiosk.node.wants import Wants


class DeskKeeper:
    """The desk of one node.

    `begins`: its clerk answers what earlier runs have left open, and then it begins its run.
    """

    def __init__(
        self,
        setup: Setup,
        find: Callable[[int], Voter | None],
        pin_is_right: Callable[[str], bool],
        keys: Crypto,
        books: BookKeeper,
        peers: Peers,
        wants: Wants,
    ) -> None:
        self.state: d.State = d.NotReady(d.NotReadyReason.CATCHING_UP)
        facts = replace(setup.view.facts, lack=d.NotReadyReason.CATCHING_UP, office=setup.table is None)
        self.screen_state = ScreenState(replace(setup.view, facts=facts))
        self.request = OwnRequest(setup, find, books)
        self.lookup = Lookup(setup, find, books)
        self.begins = False
        self._setup, self._keys, self._books, self._peers, self._wants = setup, keys, books, peers, wants
        self._pins = PinPad(pin_is_right)
        self._since = Now(0, 0)
        self._looked: int | None = None
        self._own_before = self._own_last = 0
        self._cards = LastCards()
        self._code: Code | None = None
        self._told: set[tuple[str, UndoState]] = set()  # what people here know of undos

    @property
    def is_locked(self) -> bool:
        """Whether it was locked on its own screen: it decides and shows nothing."""
        return self.facts.locked

    @property
    def facts(self) -> Facts:
        """What the desk and its pages know, as of the last look around."""
        return self.screen_state.view.facts

    def _know(self, facts: Facts) -> None:
        if facts != self.facts:
            self.screen_state.look(replace(self.screen_state.view, facts=facts))

    def recall(self, *, locked: bool) -> None:
        """Whether the last run ended locked: then the desk is still."""
        self._know(replace(self.facts, locked=locked))

    @property
    def is_busy(self) -> bool:
        """Whether the node's own voter waits, or his green is being drawn."""
        return isinstance(self.state, d.Waiting) or (isinstance(self.state, d.Green) and not self.state.drawn)

    def lasts(self) -> int | None:
        """The `mono_ms` at which the desk goes on by itself."""
        lasts = lasts_ms(self.state, self._setup.clear_ms)
        return None if lasts is None else self._since.mono_ms + lasts

    def show(self) -> Screen | None:
        """A new screen, where there is one. A wait is shown once it has lasted a moment."""
        if isinstance(self.state, d.Waiting) and not self.state.late:
            return None
        return self.screen_state.show(self.state, self._books.ledger.served.get(self._setup.device, 0))

    def stance(self) -> Stance:
        """What a head says about this node."""
        if self.is_locked:
            return Stance.LOCKED
        if self._books.seen.island:
            return Stance.ISLAND
        if self.facts.lack is d.NotReadyReason.CLOSED:
            return Stance.CLOSED
        return Stance.SERVING if self.facts.lack is None else Stance.NOT_READY

    # --- starting ---------------------------------------------------------------------------------------------------

    def begin(self, now: Now) -> None:
        """The node begins: one that was locked stays so. What was decided in an earlier run has been told."""
        self._told = {(undo, state) for undo, state in self._undo_states() if state is not UndoState.ASKED}
        if self.is_locked:
            self._step(d.Changed(), now)
        else:
            self.start(now)

    def _undo_states(self) -> list[tuple[str, UndoState]]:
        """What has become of each undo that concerns this node."""
        return [(case.id, undo_state(case, self._books)) for case in self._books.undos]

    def start(self, now: Now) -> None:
        """A new run is to begin; before that, the clerk is asked what the last ones left open."""
        self._know(replace(self.facts, locked=False))
        self.request.begin()
        self._books.end_run()
        self.begins = True
        self.state, self._since = d.NotReady(d.NotReadyReason.CATCHING_UP), now  # whatever was on the screen was the last run's
        self.screen_state.turn()
        self._step(d.Changed(), now)
        self._ask_about_unsettled(now)

    def _begin_run(self, now: Now) -> None:
        self.begins = False
        self._books.begin(self.request.handed_out, self.request.not_handed_out, now)
        self._wants.hurry()
        self._wants.turn_again()

    # --- inputs -----------------------------------------------------------------------------------------------------

    def take(self, given: Input, now: Now) -> None:
        """What the clerk, the chair, the scanner or the display does."""
        match given:
            case Scanned():
                self._scanned(given.text, now)
            case Overran() if self._awaits_code:
                self._answer(d.CodeGiven(CodeMisread.NOT_A_CODE), now)
            case Overran(why):
                self._answer(d.Misread(why), now)
            case ScannerSeen():
                self.screen_state.look(replace(self.screen_state.view, scanner=given.present))
            case Touch():
                self._touched(given, now)
            case Drawn():
                if self.screen_state.is_asked(given.screen, self.state) and isinstance(self.state, d.Green):
                    self._step(d.GreenDrawn(), now)
            case _:
                pass

    def _scanned(self, text: str, now: Now) -> None:
        if self._awaits_code:
            if not self.lookup.is_repeat(text, now):
                self._answer(self._read_code(text), now)
        elif scan := self.lookup.scanned(text, now):
            if isinstance(scan, d.Misread):
                self._answer(scan, now)
                return
            self._step(scan, now)
            if is_about(self.state, scan):
                self.lookup.took(text)
            else:
                self.lookup.forget(text)  # it was put aside, or came too early

    @property
    def _awaits_code(self) -> bool:
        return isinstance(self.state, d.Office) and self.state.page.reads_codes

    def _read_code(self, text: str) -> d.CodeGiven:
        read = self._keys.read_code(text)
        self._code = read if isinstance(read, Code) else None
        return d.CodeGiven(read.number if isinstance(read, Code) else read)

    def _touched(self, touch: Touch, now: Now) -> None:
        screen = self.screen_state.screen
        if screen is None or not self.screen_state.is_asked(touch.asks, self.state) or not is_offered(touch.touch, screen):
            return
        given = self._read_touch(touch, now)
        if given is not None:
            self._since = now  # a screen that is touched is not forgotten; one that is only scanned at is
            self._answer(given, now)

    def _read_touch(self, touch: Touch, now: Now) -> d.Input | None:
        if isinstance(self.state, d.Office):
            return self._read_page_touch(self.state.page, touch)
        match touch.touch:
            case "type":
                return d.Type()
            case "number":
                return self.lookup.keyed(touch.value("pad"))
            case "approve":
                return approval(touch, keyed=self._setup.birth_date_keyed)
            case "yes" | "no" | "unsure":
                return d.Answer({"yes": True, "no": False}.get(touch.touch))
            case "pin":
                return self._pins.given(touch.value("pad"), now)
            case word:
                return _PLAIN.get(word) or d.AskChair(word)

    def _read_page_touch(self, page: Page, touch: Touch) -> d.Input | None:
        if not isinstance(page.offers(self.facts).lead(touch.touch, touch.values), Keyed):
            return d.Pick(touch.touch, touch.values)
        return self._read_code(touch.value("pad")) if page.reads_codes else self.lookup.keyed(touch.value("pad"))

    def look_again(self) -> None:
        """Something around has changed that the screen tells of."""
        self._looked = None

    def time_passed(self, now: Now) -> None:
        """The desk goes on by itself where its state has lasted long enough."""
        until = self.lasts()
        if until is None or now.mono_ms < until:
            return
        if not isinstance(self.state, d.Waiting):
            self._step(d.TimeUp(), now)
        elif not self.state.late:
            self._step(d.Waited(), now)
        else:
            self._step(d.Silent(), now)

    def follow(self, now: Now) -> None:
        """Look around, now and then and when something has changed; the desk goes by what it lacks."""
        for voter in self._books.released:
            self.lookup.forgive(voter)
        self._books.released.clear()
        changed = self._lack(now) is not self.facts.lack
        if changed or self._looked is None or now.mono_ms - self._looked >= limits.LOOK_MS or self._wants.moving:
            self._look_around(now)
        if changed:
            self._step(d.Changed(), now)

    def _look_around(self, now: Now) -> None:
        if self._looked is None or now.mono_ms - self._looked >= limits.HEAD_MS:
            own = self._books.replica.end.last
            self._own_before, self._own_last = self._own_last, own
        self._looked = now.mono_ms
        situation = situation_of(self._setup, self._books, self._peers, self._cards, self._own_before, now)
        situation = replace(situation, undos=tuple(undos_of(self._books, self._told)))
        self._know(looked_up(replace(self.facts, situation=situation), self._query, self._books))

    @property
    def _query(self) -> Query | None:
        """What the screen needs to know besides how the place stands."""
        match self.state:
            case d.Office(page=page):
                return page.query()
            case d.Pin(action=UndoMark(voter=voter)):
                return MarksOf(voter)
            case _:
                return None

    # --- steps and their effects ------------------------------------------------------------------------------------

    def _answer(self, given: d.Input, now: Now) -> None:
        """A step that a new screen follows in any case: or the clerk would think that the touch or the scan was lost."""
        self._step(given, now)
        self.screen_state.answer()

    def _step(self, given: d.Input, now: Now) -> None:
        lack = self._lack(now)
        self._know(replace(self.facts, lack=lack))
        if isinstance(given, d.Denied):
            self.lookup.forget()  # it may say that the card is to be scanned again
        rules = d.Rules(self._setup.birth_date_keyed, limits.BIRTH_DATE_TRIES, self.facts)
        after, effects = desk.step(self.state, given, rules)
        if after != self.state:
            if not isinstance(given, d.Waited | d.Silent):
                self._since = now
            self.state = after
            if self._query is not None:
                self._look_around(now)
            if not isinstance(given, d.GreenDrawn):  # which changes nothing that is seen
                self.screen_state.turn()
        for effect in effects:
            self._perform(effect, now)

    def _lack(self, now: Now) -> d.NotReadyReason | None:
        return not_ready_reason(self._setup, self._books, self._peers, now)

    def _perform(self, effect: d.Effect, now: Now) -> None:
        match effect:
            case d.MakeRequest():
                self._wants.say(self.request.make(effect, now))
            case d.RecordIssued():
                self.request.issued(now)
                self._ask_about_unsettled(now)
            case d.Withdraw():
                self.request.withdraw(now)
                self._ask_about_unsettled(now)
            case d.LeaveOpen():
                self.request.leave_open()
                self._ask_about_unsettled(now)
            case d.CountWrong():
                self.lookup.count_wrong_date(effect.voter)
                if effect.referred:
                    self._books.write(e.Referred(effect.voter), now)
            case _ if isinstance(effect, PageEffect):
                self._perform_on_page(effect, now)
            case _:
                why_not = self._decide(effect, now)
                self._look_around(now)
                self._step(d.Changed(), now)
                self._looked = None  # what this node owes after it, as the holder of a book, is told in the same turn
                if why_not is not None and not self.is_locked:
                    self._step(d.NotDoneSince(why_not), now)

    def _perform_on_page(self, effect: PageEffect, now: Now) -> None:
        match effect:
            case NextLanguage():
                self.screen_state.look(replace(self.screen_state.view, language=next_after(self.screen_state.view.language)))
            case Seen(undos):
                self._told.update(undos)
                self._look_around(now)
            case Rescan() | UseCode() | Finish():
                self._stop(effect, now)
                self._look_around(now)
                self._step(d.Changed(), now)

    def _stop(self, effect: Rescan | UseCode | Finish, now: Now) -> None:
        """Go on with a stop: the code, the cards, the view."""
        stopping = self._books.stopping
        match effect:
            case UseCode(devices) if self._code is not None:
                self._books.stop(self._code, devices, now)
                self._code = None
            case Rescan(voter, device) if stopping is not None:
                self._books.card(stopping, device, voter, now)
            case Finish():
                self._books.view(now)
            case _:
                pass

    def _decide(self, action: ChairAction, now: Now) -> WhyNot | None:
        """Carry out what the chair has decided, or say why it can't be done now."""
        match action:
            case ReleaseVoter(voter):
                self.lookup.forgive(voter)
                ends = self._books.ledger.referrals(voter)
                for first in range(0, max(1, len(ends)), e.RELEASED_MOST):
                    self._books.write(e.Released(voter, ends[first : first + e.RELEASED_MOST]), now)
                return None
            case LockNode():
                return self._lock(now)
            case UnlockNode() if self.is_locked:
                self.start(now)
                return None
            case _:
                return chair_actions.carry_out(action, self._books, self.facts.situation, now)

    def _lock(self, now: Now) -> WhyNot | None:
        """From now on this node decides and shows nothing; its last head says so."""
        if self.is_locked or not self._books.seen.run:
            return WhyNot.NOT_NOW
        self._books.write(e.Locked(), now)
        self._know(replace(self.facts, locked=True))
        self._books.end_run()
        self._wants.part()
        return None

    def _ask_about_unsettled(self, now: Now) -> None:
        """Ask the clerk about the next request that earlier runs left open; when there is none, the run begins."""
        if not self.begins:
            return
        unfinished = self.request.next_unsettled()
        if unfinished is not None:
            self._step(unfinished, now)
        else:
            self._begin_run(now)

    def answer_request(self, now: Now) -> None:
        """Show green or refused on the own request, if the desk waits for it."""
        if isinstance(self.state, d.Waiting):
            answer = self.request.answer(self._peers.heads)
            if answer is not None:
                self._step(answer, now)


_PLAIN: dict[str, d.Input] = {
    "menu": d.OpenMenu(),
    "cancel": d.Cancel(),
    "next": d.Cancel(),
    "noted": d.Noted(),
}
