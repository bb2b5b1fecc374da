"""The chair's and the secretary's decisions by command: each is touched on the node's own screen, step by step, with the PIN or
a code.

There is no second way in. What the screen does not offer can't be ordered, and the clerk sees what is being decided.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import partial

from kiosk.domain import screens as s
from kiosk.screen_client import NoScreenError, ScreenClient

_TOUCH_S = 1.0  # seconds after which a touch that changed nothing is made again: the screen may just have been drawn anew
_PATIENCE_S = 15.0  # seconds to wait for what can't be decided yet, and for the answer to a touch
_WHY_NOT = {
    "give": "this node holds no book that it may give away now",
    "undo": "marks are undone on the secretary's node, or the assistant's",
    "stop": "nothing can be stopped from here now: the node has not begun, or is an island",
    "excuse": "nobody is waited for here who is silent, or was stopped with a code",
}
_BEGINS = (s.NotReady, s.Ready, s.Closed, s.Referred, s.Menu, s.Board)


class NotOfferedError(Exception):
    """The node's screen does not offer what was ordered; the text says what it shows instead."""


class Chair:
    """The chair at one node. `seen(kind)` is called with "menu", "board" and "pin" while such a screen is shown."""

    def __init__(
        self,
        client: ScreenClient,
        pin: str,
        seen: Callable[[str], None] = lambda _kind: None,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._client, self._pin, self._seen, self._patience_s = client, pin, seen, patience_s
        self._overview: s.Screen | None = None  # as it was when an item was picked on it

    # --- what is decided ---

    def decide(self, deed: str) -> s.Screen:
        """Decide something that needs no more words: `deed` is its button. Returns the screen that follows.

        Waits a while for the button: a node that has just started must hear from the others first.
        """
        self._client.catch_up()
        until = self._client.now() + self._patience_s
        while not _offers(self._client.showing(*_BEGINS), deed) and not _offers(self._menu(), deed):
            if self._client.now() >= until:
                raise NotOfferedError(f"this can't be decided here now: the node shows “{self._home().content.headline}”")
            self._touch("cancel", lambda screen: not isinstance(screen.content, s.Menu))
            self._client.next_within(_TOUCH_S)
        return self._confirm(deed)

    def overview(self) -> s.Board:
        """Everybody at a glance."""
        screen = self._go_to_overview()
        assert isinstance(screen.content, s.Board)
        return screen.content

    def give(self, book: int, to: str) -> None:
        """Give a book to another node."""
        self._pick_in_overview("give")
        if not _offers(self._shown, f"pick {book}"):
            raise NotOfferedError(f"book {book} is none of those to choose from here: {self._offered()}")
        self._pick(str(book))
        self._confirm(self._item(to))

    def stop(self, named: Collection[str], code: str, *, skips: bool = False) -> str:
        """Attest who is off or locked, with the next code: to take over their books, or open the poll. `skips`: it
        is the next one, though this node does not know that the one before it was used.

        Returns the headline of the page that follows, or raises with what is wrong with the code.
        """
        self._pick_in_overview("stop")
        if _offers(self._shown, "pick again"):
            self._touch("pick again", lambda screen: not _offers(screen, "pick again"))
        self._choose(named)
        self._touch("go", lambda screen: isinstance(screen.content, s.Typing))
        self._seen("typing")
        screen = self._touch("number", partial(_is_other, self._shown.content), code)
        if skips and isinstance(screen.content, s.Typing):
            screen = self._touch("number", partial(_is_other, self._shown.content), code)
        if isinstance(screen.content, s.Typing):
            notice = screen.content.notice
            self._touch("cancel", lambda screen: not isinstance(screen.content, s.Typing))
            self._home()
            raise NotOfferedError(notice)
        return screen.content.headline

    def open_poll(self, off: Collection[str], code: str) -> None:
        """Open the poll, or go on after the power has failed everywhere, and wait until it is open."""
        self.stop(off, code)
        self.finish()

    def scan_cards(self, pile: str, numbers: Iterable[int]) -> None:
        """The cards with these voter numbers lie at a stopped node."""
        self._go_on_with_stop()
        self._scan_pile(pile, numbers)

    def finish(self) -> str:
        """All cards are scanned: take the books of who was stopped, once everybody has answered.

        Returns what came of it, as the page says it: another table may have used a later code; "" where nothing was to be
        finished here.
        """
        if not self._go_on_with_stop():
            return ""
        unfinished = "pick again"
        self._await(lambda screen: _offers(screen, "go") or not _offers(screen, unfinished), "not everybody has answered")
        if _offers(self._shown, "go"):
            self._touch("go", lambda screen: not _offers(screen, unfinished))
        content = self._shown.content
        return f"{content.headline}. {content.text}" if isinstance(content, s.Board) else content.headline

    def _go_on_with_stop(self) -> bool:
        """Go to the page of the stop that is to be finished; False where there is none any more."""
        if self._client.screen is None or not _offers(self._shown, "pick again"):
            self._pick_in_overview("stop")
        if not _offers(self._shown, "pick again"):
            self._home()
            return False
        return True

    def marks(self, voter: int) -> list[str]:
        """Which marks of a voter can be undone here, as their page says it; it is shown then."""
        self._pick_in_overview("undo")
        screen = self._touch("number", lambda screen: isinstance(screen.content, s.Board), str(voter))
        return [f"{line.name}, {line.text}" for line in _lines(screen)]

    def undo(self, which: int) -> str:
        """Undo one of the marks that are shown, counted from 1. Returns what became of it, as the overview says it.

        Waits a while for who holds the voter's book; the answer may come later, and the overview follows.
        """
        before = _lines(self._overview)
        screen = self._confirm(f"pick {which}")
        if _lines(screen) == before:
            raise NotOfferedError("this mark can't be undone any more: look again")
        with suppress(NoScreenError):
            screen = self._client.until(lambda screen: bool(_lines(screen)) and _lines(screen)[0].tone is not s.Tone.WAIT)
        newest = _lines(screen)[0]
        return f"{newest.name}: {newest.text}"

    def excuse(self, silent: Collection[str]) -> None:
        """After a start: this card has been in this device since it was first used, so that nobody waits for these devices."""
        self._pick_in_overview("excuse")
        self._choose(silent)
        self._confirm("go")

    def leave(self) -> None:
        """Back to where the node waits: on a page that is left open a table serves nobody, and a voter's name stays on it."""
        self._home()

    # --- pages ---

    @property
    def _shown(self) -> s.Screen:
        assert self._client.screen is not None
        return self._client.screen

    def _menu(self) -> s.Screen:
        screen = self._home()
        if not _offers(screen, "menu"):
            raise NotOfferedError(f"the node is busy with something else: it shows “{screen.content.headline}”")
        screen = self._touch("menu", lambda screen: isinstance(screen.content, s.Menu))
        self._seen("menu")
        return screen

    def _home(self) -> s.Screen:
        """From a page back to where the node waits."""
        self._client.catch_up()
        screen = self._client.showing(*_BEGINS)
        while isinstance(screen.content, s.Board | s.Menu) and _offers(screen, "cancel"):
            screen = self._touch("cancel", partial(_is_other_page, screen.content))
        return screen

    def _go_to_overview(self) -> s.Screen:
        screen = self._home()
        if not isinstance(screen.content, s.Board):
            self._menu()
            screen = self._touch("overview", lambda screen: isinstance(screen.content, s.Board))
        self._seen("board")
        return screen

    def _pick_in_overview(self, item: str) -> None:
        self._go_to_overview()
        self._await(lambda screen: _offers(screen, f"pick {item}"), _WHY_NOT[item])
        self._overview = self._shown
        self._pick(item)

    def _offered(self) -> str:
        """The items to choose from, in one line."""
        return ", ".join(sorted(word.removeprefix("pick ") for word in _meant(self._shown, "")))

    def _pick(self, item: str) -> s.Screen:
        return self._touch(f"pick {item}", partial(_is_other_page, self._shown.content))

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

    def _scan_pile(self, pile: str, numbers: Iterable[int]) -> None:
        word = self._item(pile)
        self._touch(word, partial(_is_ticked, word, True))
        for number in numbers:
            self._key_card(str(number))

    def _key_card(self, number: str) -> None:
        """Enter a card's number. A screen follows in any case, also where the card is known already and nothing else changes.

        One that came for another reason may have replaced the screen that was touched: rather twice than not at all.
        """
        until = self._client.now() + self._patience_s
        while self._client.now() < until:
            self._client.catch_up()
            before = self._shown.content
            self._client.touch("number", number)
            screen = self._client.next_within(until - self._client.now())
            if screen is not None and (screen.content == before or _is_counted(before, screen)):
                return
        raise NotOfferedError(f"the node does not take card {number}: it shows “{self._shown.content.headline}”")

    # --- touches ---

    def _confirm(self, word: str) -> s.Screen:
        """Touch what leads to the PIN, and give it."""
        self._touch(word, lambda screen: isinstance(screen.content, s.Pin))
        return self._give_pin()

    def _give_pin(self) -> s.Screen:
        self._seen("pin")
        before = self._shown.content
        screen = self._touch("pin", partial(_is_other, before), self._pin)
        if isinstance(screen.content, s.Pin):
            notice = screen.content.notice
            self._touch("cancel", lambda screen: not isinstance(screen.content, s.Pin))
            raise NotOfferedError(notice)
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
            content = self._shown.content
            lines = content.lines if isinstance(content, s.Board) else ()
            told = "".join(f"; {line.name}: {line.text}" for line in lines)
            raise NotOfferedError(f"{why}: the node shows “{content.headline}”{told}") from None


def _lines(screen: s.Screen | None) -> tuple[s.Line, ...]:
    return screen.content.lines if screen is not None and isinstance(screen.content, s.Board) else ()


def _offers(screen: s.Screen, word: str) -> bool:
    return any(button.touch == word for button in screen.buttons())


def _meant(screen: s.Screen, node: str) -> list[str]:
    """The items' words that a node's name may mean; all of them for no name."""
    words = [button.touch for button in screen.buttons() if button.touch.startswith("pick ")]
    return [word for word in words if not node or node in (word[5:], word[5:].partition(".")[0])]


def _is_other(content: s.Content, screen: s.Screen) -> bool:
    return screen.content != content


def _is_other_page(content: s.Content, screen: s.Screen) -> bool:
    """What stands on a page changes by itself; another page has another question."""
    return screen.content.headline != content.headline


def _is_chosen(screen: s.Screen, word: str) -> bool:
    return isinstance(screen.content, s.Board) and word in screen.content.chosen


def _is_counted(content: s.Content, screen: s.Screen) -> bool:
    """Whether the count of scanned cards has changed."""
    return isinstance(screen.content, s.Board) and isinstance(content, s.Board) and screen.content.notice != content.notice


def _is_ticked(word: str, wanted: bool, screen: s.Screen) -> bool:
    return _is_chosen(screen, word) is wanted
