"""The state of the node's screen: the last one shown, its number, and whether a new one is due."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import msgspec

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain.screens import Screen
from kiosk.domain.view import ViewContext, asked, fault
from kiosk.domain.view import screen as view_screen
from kiosk.node.types import Now


class ScreenState:
    """The screen, and the `view` that it is drawn with. Whatever changes either says so."""

    def __init__(self, view: ViewContext) -> None:
        self.view = view
        self.screen: Screen | None = None
        self._first_number = 0
        self._asked: object = None  # what the screen asks
        self._stale = True
        self._again = False

    def begin(self, now: Now) -> None:
        """Number the screens beyond those of the run before, so that its touches are old."""
        self._first_number = now.mono_ms * 1_000

    def look(self, view: ViewContext) -> None:
        """Draw with this view from now on."""
        self.view, self._stale = view, self._stale or view != self.view

    def look_at_clock(self, now: Now, differs: bool | None, latest_ms: int, day: date | None) -> None:
        """Note whether the clock is wrong: another than most of those that are seen, or on another day than the election's.

        `differs` is None where no other clock is seen: then it is wrong if it is behind the time `latest_ms` in the own log.
        """
        wrong = differs if differs is not None else now.wall_ms < latest_ms - limits.CLOCK_OFF_MS
        if day is not None:
            ends = datetime.combine(day + timedelta(days=1), time(limits.NIGHT_H), self.view.zone)
            begins = datetime.combine(day, time(), self.view.zone)
            wrong = wrong or not begins.timestamp() <= now.wall_ms / 1000 < ends.timestamp()
        if wrong != self.view.clock_wrong:
            self.look(replace(self.view, clock_wrong=wrong))

    def turn(self) -> None:
        """What the desk is about has changed."""
        self._stale = True

    def answer(self) -> None:
        """A new screen follows in any case, even an equal one: otherwise the clerk would think that the touch was lost."""
        self._stale = self._again = True

    def is_asked(self, number: int, state: d.State) -> bool:
        """Whether what the screen of this number asked, or the first that asked it, is asked still: nothing else is shown, nor
        about to be."""
        if self.screen is None or not self.screen.asks <= number <= self.screen.number or self._again:
            return False
        return not self._stale or asked(view_screen(number, state, self.view), state, self.view) == self._asked

    def show(self, state: d.State, served: int) -> Screen | None:
        """A new screen, or None where nothing on it has changed."""
        if not self._stale:
            return None
        self._stale = False
        if served != self.view.served:
            self.view = replace(self.view, served=served)
        last = self.screen
        seen = view_screen(self._last_number + 1, state, self.view)
        asks = asked(seen, state, self.view)
        if last is not None and asks == self._asked and not self._again:
            if msgspec.structs.replace(seen, number=last.number, asks=last.asks) == last:
                return None
            seen = msgspec.structs.replace(seen, asks=last.asks)
        self._again, self._asked, self.screen = False, asks, seen
        return seen

    def show_fault(self, code: str) -> Screen | None:
        """The red screen, once."""
        if not self._stale:
            return None
        self._stale, self._asked = False, None
        self.screen = fault(self._last_number + 1, code, self.view)
        return self.screen

    @property
    def _last_number(self) -> int:
        return self.screen.number if self.screen is not None else self._first_number


def lasts_ms(state: d.State, clear_ms: int) -> int | None:
    """How long a state lasts by itself, in ms; None for one that waits for somebody."""
    match state:
        case d.Green(drawn=True) | d.Refused():
            return clear_ms
        case d.Ready(misread=misread) if misread is not None:
            return clear_ms
        case d.Waiting(late=False):
            return limits.WAIT_SHOWN_MS
        case d.Waiting(silent=False):
            return limits.SILENT_MS
        case d.Office(page=page):
            return limits.IDLE_MS if page.forgets else None
        case d.Typing() | d.VoterShown() | d.BirthDate() | d.Referred() | d.Pin():
            return limits.IDLE_MS
        case _:
            return None
