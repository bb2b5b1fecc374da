"""The chair's and the secretary's decisions by command: each is touched on the node's own screen, step by step, with the PIN or
a code.

There is no second way in. What the screen does not offer can't be ordered, and the clerk sees what is being decided.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import partial

from kiosk.domain import screens as s
from kiosk.remote.screen_client import NoScreenError, ScreenClient

_NO_NODES = ("pick again", "pick key")
_TOUCH_S = 1.0  # seconds after which a touch that changed nothing is made again: the screen may just have been drawn anew
_PATIENCE_S = 15.0  # seconds to wait for what can't be decided yet, and for the answer to a touch
_WHY_NOT = {
    "close_table": "this table is closed already, or the poll is not open",
    "reopen_table": "this table is not closed",
    "release_voter": "no voter who was sent to the secretary is on this table's screen",
    "island": "this table still reaches others, or it is no table that serves voters on its own books",
    "lock": "this node is locked, or has stopped",
    "unlock": "this node is not locked",
    "give": "this node holds no book that it may give away now",
    "undo": "marks are undone on the secretary's node, or the assistant's",
    "stop": "nothing can be stopped from here now: the node has not begun, or is an island",
    "excuse": "this node waits for nobody, or only for those who answer",
}
_BEGINS = (s.Kind.NOT_READY, s.Ready, s.Kind.CLOSED, s.Kind.REFERRED, s.Sheet)


class NotOfferedError(Exception):
    """The node's screen does not offer what was ordered; the text says what it shows instead."""


class Chair:
    """The chair at one node. `seen(kind)` is called with "menu", "overview" and "pin" while such a screen is shown."""

    def __init__(
        self,
        client: ScreenClient,
        pin: str,
        seen: Callable[[str], None] = lambda _kind: None,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._client, self._pin, self._seen, self._patience_s = client, pin, seen, patience_s
        self._overview: s.Screen | None = None  # as it was when an item was picked on it
        self._is_away = False  # whether it has gone to a page

    # --- what is decided ---

    def decide(self, deed: str) -> s.Screen:
        """Decide something that needs no more words: `deed` is its button. Returns the screen that follows.

        Waits a while for the button: a node that has just started must hear from the others first.
        """
        self._client.catch_up()
        until = self._client.now() + self._patience_s
        while not _offers(self._at_rest(), deed) and not _offers(self._menu(), deed):
            if self._client.now() >= until:
                why = _WHY_NOT.get(deed, "this can't be decided here now")
                raise NotOfferedError(f"{why}: the node shows “{self._home().content.headline}”")
            self._touch("cancel", lambda screen: screen.kind != "Menu")
            self._client.next_within(_TOUCH_S)
        return self._confirm(deed)

    def overview(self) -> s.Sheet:
        """Everybody at a glance."""
        screen = self._go_to_overview()
        assert isinstance(screen.content, s.Sheet)
        return screen.content

    def give(self, book: int, to: str) -> None:
        """Give a book to another node."""
        self._pick_in_overview("give")
        if not _offers(self._shown, f"pick {book}"):
            raise NotOfferedError(f"book {book} is none of those to choose from here: {self._offered()}")
        self._pick(str(book))
        self._confirm(self._item(to))

    def stop(self, named: Collection[str], code: str, *, skips: bool = False, although: bool = True) -> str:
        """Attest who is off or locked, with the next code: to take over their books, or open the poll. `skips`: it
        is the next one, though this node does not know that the one before it was used. `although`: whatever the page says
        against it, such as that one who is named still answers.

        Returns the headline of the page that follows, or raises with what is wrong with the code.
        """
        self._pick_in_overview("stop")
        if _offers(self._shown, "pick again"):
            self._touch("pick again", lambda screen: not _offers(screen, "pick again"))
        self._choose(named)
        self._touch("go", lambda screen: isinstance(screen.content, s.Typing))
        self._seen("typing")
        if not although and isinstance(self._shown.content, s.Typing) and (doubts := self._shown.content.notice):
            raise NotOfferedError(f"{doubts} The code was not used. If it is so all the same: --although")
        screen = self._touch("number", partial(_asks_else, self._shown), code)
        if skips and isinstance(screen.content, s.Typing):
            screen = self._touch("number", partial(_asks_else, self._shown), code)
        if isinstance(screen.content, s.Typing):
            notice = screen.content.notice
            self.leave()
            raise NotOfferedError(notice if skips else f"{notice} (If it is the next one all the same: --skips)")
        return screen.content.headline

    @property
    def piles(self) -> list[str]:
        """Which cards are to be scanned before the stop can be finished, as its page says it; empty where there are none."""
        has_piles = any(button.touch not in ("pick again", "cancel", "go", "pick key") for button in self._shown.buttons())
        return [f"{line.name}: {line.text}" for line in _lines(self._shown)] if has_piles else []

    def open_poll(self, off: Collection[str], code: str, *, skips: bool = False, although: bool = True) -> str:
        """Open the poll, or go on after the power has failed everywhere, and wait until it is open. Returns as `finish`.

        Raises:
            NotOfferedError: cards may lie at those who are off: they are to be scanned first.
        """
        self.stop(off, code, skips=skips, although=although)
        if piles := self.piles:
            raise NotOfferedError(f"The code is used. Now the cards: `scan-cards`, then `finish`. {'; '.join(piles)}")
        return self.finish()

    def scan_cards(self, pile: str, cards: Iterable[int | str]) -> str:
        """These cards lie at a stopped node: each by its whole number, or the voter's.

        Returns how many are in, as the page says it, or raises at the first that is not read; those before it are in.
        """
        if not self._go_on_with_stop():
            raise NotOfferedError("no stop is under way here: begin with `stop`")
        return self._scan_pile(pile, cards)

    def finish(self) -> str:
        """All cards are scanned: take the books of who was stopped, once everybody has answered.

        Returns what came of it, as the page says it; "" where nothing was to be finished here.

        Raises:
            NotOfferedError: not everybody has answered, or another table has used a later code; the text says so.
        """
        self._at_rest()
        if not self._is_told() and not self._go_on_with_stop():
            return ""
        unfinished = "pick again"
        self._await(lambda screen: _offers(screen, "go") or not _offers(screen, unfinished), "not everybody has answered")
        if _offers(self._shown, "go"):
            self._touch("go", lambda screen: not _offers(screen, unfinished))
        content = self._shown.content
        if not isinstance(content, s.Sheet):
            return content.headline
        told = f"{content.headline}. {content.said()}"
        if any(isinstance(block, s.Text) and block.tone is s.Tone.BAD for block in content.blocks):
            raise NotOfferedError(told)
        return told

    def _is_told(self) -> bool:
        """Whether the page of a stop is shown that is over here, and says what has come of it."""
        return self._shown.kind == "Piles" and not _offers(self._shown, "pick again")

    def _go_on_with_stop(self) -> bool:
        """Go to the page of the stop that is to be finished; False where there is none any more."""
        if self._client.screen is None or not _offers(self._shown, "pick again"):
            self._pick_in_overview("stop")
        if not _offers(self._shown, "pick again"):
            self._home()
            return False
        return True

    def marks(self, voter: int | str) -> list[str]:
        """Which marks of a voter, by number or card, can be undone here, as their page says it; it is shown then."""
        self._pick_in_overview("undo")
        screen = self._touch("number", lambda screen: screen.kind == "Marks", str(voter))
        return [f"{line.name}, {line.text}" for line in _lines(screen)]

    @property
    def whose(self) -> str:
        """The voter whose marks are shown: number, and name where the number is on the list."""
        return _said(self._shown.content)

    def undo(self, which: int) -> str:
        """Undo one of the marks that are shown, counted from 1. Returns what became of it, as the overview says it.

        Waits a while for who holds the voter's book; the answer may come later, and the overview follows.
        """
        whose = self.whose.partition("  ")[0]
        before = _lines(self._overview)
        screen = self._confirm(f"pick {which}")

        def newest(screen: s.Screen) -> list[s.Line]:
            return [line for line in _lines(screen) if line.name == whose and line not in before]

        with suppress(NoScreenError):
            screen = self._client.until(lambda screen: any(line.tone is not s.Tone.WAIT for line in newest(screen)))
        told = newest(screen) or newest(self._shown)
        return "; ".join(f"{line.name}: {line.text}" for line in told[:1])

    def excuse(self, silent: Collection[str]) -> None:
        """After a start: this card has been in this device since it was first used, so that nobody waits for these devices."""
        self._pick_in_overview("excuse")
        self._choose(silent)
        self._confirm("go")

    def leave(self) -> None:
        """Back to where the node waits: on a page that is left open a table serves nobody, and a voter's name stays on it.

        Only from where this chair has gone: a clerk's own screen is left alone.
        """
        while self._is_away and isinstance(self._shown.content, s.Typing | s.Pin) and _offers(self._shown, "cancel"):
            self._touch("cancel", partial(_is_other_page, self._shown))
        self._home()

    # --- pages ---

    @property
    def _shown(self) -> s.Screen:
        assert self._client.screen is not None
        return self._client.screen

    def _at_rest(self) -> s.Screen:
        """The screen, once it is one from which the chair can go on; a clerk may be serving a voter."""
        self._client.catch_up()
        try:
            return self._client.showing(*_BEGINS)
        except NoScreenError:
            shown = f": it shows “{self._shown.content.headline}”" if self._client.screen is not None else ""
            raise NotOfferedError(
                f"the clerk is busy at this screen; this has waited, run it again when they have finished{shown}"
            ) from None

    def _menu(self) -> s.Screen:
        screen = self._home()
        if not _offers(screen, "menu"):
            locked = ", and must be unlocked first: `unlock`" if _offers(screen, "unlock") else ""
            raise NotOfferedError(f"the node is busy with something else: it shows “{screen.content.headline}”{locked}")
        self._is_away = True
        screen = self._touch("menu", lambda screen: screen.kind == "Menu")
        self._seen("menu")
        return screen

    def _home(self) -> s.Screen:
        """From a page back to where the node waits."""
        screen = self._at_rest()
        while isinstance(screen.content, s.Sheet) and _offers(screen, "cancel"):
            screen = self._touch("cancel", partial(_is_other_page, screen))
        return screen

    def _go_to_overview(self) -> s.Screen:
        screen = self._home()
        if screen.kind != "Overview":
            self._menu()
            screen = self._touch("overview", lambda screen: screen.kind == "Overview")
        self._seen("overview")
        return screen

    def _pick_in_overview(self, item: str) -> None:
        self._go_to_overview()
        self._await(lambda screen: _offers(screen, f"pick {item}"), _WHY_NOT[item])
        self._overview = self._shown
        self._pick(item)

    def _offered(self) -> str:
        """The items to choose from, in one line."""
        return ", ".join(sorted(word.removeprefix("pick ") for word in _meant(self._shown, ""))) or "there are none"

    def _pick(self, item: str) -> s.Screen:
        return self._touch(f"pick {item}", partial(_is_other_page, self._shown))

    def _item(self, node: str) -> str:
        """The word of a node's item: its device, or the node's name where it has one card only. Waits a while for it."""
        with suppress(NoScreenError):
            self._client.until(lambda screen: len(_meant(screen, node)) == 1)
        meant = _meant(self._shown, node)
        if len(meant) != 1:
            raise NotOfferedError(f"{node} is none of those to choose from: {self._offered()}")
        return meant[0]

    def _choose(self, nodes: Collection[str]) -> None:
        """Tick exactly these nodes."""
        wanted = {self._item(node) for node in nodes}
        for button in self._shown.buttons():
            if button.touch.startswith("pick ") and (button.touch in wanted) is not _is_chosen(self._shown, button.touch):
                self._touch(button.touch, partial(_is_ticked, button.touch, button.touch in wanted))

    def _scan_pile(self, pile: str, cards: Iterable[int | str]) -> str:
        word = self._item(pile)
        self._touch(word, partial(_is_ticked, word, True))
        for at, card in enumerate(cards, 1):
            self._key_card(at, str(card))
        return _said(self._shown.content, s.Tone.WAIT)

    def _key_card(self, at: int, card: str) -> None:
        """Enter the card that comes `at` so many."""
        self._touch("pick key", lambda screen: isinstance(screen.content, s.Typing))
        screen = self._touch("number", partial(_asks_else, self._shown), card)
        if isinstance(screen.content, s.Typing):
            warning = screen.content.notice
            self._touch("cancel", lambda screen: screen.kind == "Piles")
            raise NotOfferedError(f"card {at} is not in, nor what follows it: {warning}")

    # --- touches ---

    def _confirm(self, word: str) -> s.Screen:
        """Touch what leads to the PIN, and give it."""
        self._touch(word, lambda screen: isinstance(screen.content, s.Pin))
        return self._give_pin()

    def _give_pin(self) -> s.Screen:
        self._seen("pin")
        screen = self._touch("pin", partial(_asks_else, self._shown), self._pin)
        if isinstance(screen.content, s.Pin):
            notice = screen.content.notice
            self._touch("cancel", lambda screen: not isinstance(screen.content, s.Pin))
            raise NotOfferedError(notice)
        if screen.kind == "NotDone":
            self._home()
            raise NotOfferedError(f"{screen.content.headline}: {_said(screen.content)}")
        return screen

    def _touch(self, word: str, until: Callable[[s.Screen], bool], value: str = "") -> s.Screen:
        """Touch, and wait until the screen is as wanted. A touch made on a screen that was just replaced is made again."""
        end = self._client.now() + self._patience_s
        while self._client.now() < end:
            self._client.catch_up()
            if until(self._shown):
                return self._shown
            if word != "pin" and not _offers(self._shown, word):
                raise NotOfferedError(f"that can't be done here now: it shows “{self._shown.content.headline}”")
            self._client.touch(word, value)
            try:
                return self._client.until(until, _TOUCH_S)
            except NoScreenError:
                continue
        raise NotOfferedError(f"the node does not go on: it shows “{self._shown.content.headline}”")

    def _await(self, wanted: Callable[[s.Screen], bool], why: str) -> None:
        try:
            self._client.until(wanted)
        except NoScreenError:
            told = "".join(f"; {line.name}: {line.text}" for line in _lines(self._shown))
            raise NotOfferedError(f"{why}: the node shows “{self._shown.content.headline}”{told}") from None


def _lines(screen: s.Screen | None) -> tuple[s.Line, ...]:
    return screen.content.rows if screen is not None and isinstance(screen.content, s.Sheet) else ()


def _said(content: s.Content, tone: s.Tone = s.Tone.OFF) -> str:
    return content.said(tone) if isinstance(content, s.Sheet) else ""


def _offers(screen: s.Screen, word: str) -> bool:
    return any(button.touch == word for button in screen.buttons())


def _meant(screen: s.Screen, node: str) -> list[str]:
    """The items' words that a node's name may mean; all of them for no name."""
    words = [button.touch for button in screen.buttons() if button.touch.startswith("pick ") and button.touch not in _NO_NODES]
    return [word for word in words if not node or node in (word[5:], word[5:].partition(".")[0])]


def _asks_else(before: s.Screen, screen: s.Screen) -> bool:
    """A touch that was answered is followed by a screen that asks anew, be it the same."""
    return screen.asks != before.asks


def _is_other_page(before: s.Screen, screen: s.Screen) -> bool:
    return screen.kind != before.kind


def _is_chosen(screen: s.Screen, word: str) -> bool:
    return isinstance(screen.content, s.Sheet) and word in screen.content.chosen


def _is_ticked(word: str, wanted: bool, screen: s.Screen) -> bool:
    return _is_chosen(screen, word) is wanted
