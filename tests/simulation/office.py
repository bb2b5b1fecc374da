"""The chair or the secretary at one machine: touch by touch on its screens, with the PIN, as nobody else can.

Nothing is decided in any other way, so what a screen does not offer can't be decided. Each touch is a turn of the node, and a
crash may come between two. It takes nothing for given but the words of the touches: what is ticked already is unticked where
it must not be.
"""

from collections.abc import Collection, Iterable

from kiosk.domain import screens as s
from kiosk.node import Scanned
from tests.made_up import card
from tests.simulation.oracle import ViolationError
from tests.simulation.world import PIN, Machine, World

LOOKS_MS = 1_100  # how long the chair waits for a button: a node looks around with its next head at the latest


class NotOfferedError(Exception):
    """The screen does not offer what was to be decided, or its machine has stopped."""


class Office:
    """Somebody with the PIN at a machine's screen."""

    def __init__(self, world: World, machine: Machine) -> None:
        self._world, self._machine = world, machine

    # --- what is decided ---

    def decide(self, deed: str) -> None:
        """Decide what needs no more words than its button, on the home screen or in the menu."""
        self._go_home()
        if not self._offers(deed):
            self._touch("menu")
        self._touch(deed)
        self._give_pin()

    def decide_here(self, deed: str) -> None:
        """Decide what the screen that stands offers."""
        self._touch(deed)
        self._give_pin()

    def hand_over(self, book: int, to: str) -> None:
        self._overview("hand_over", str(book))
        self._touch(f"pick {to}")
        self._give_pin()

    def seal(self, book: int, stopped: Collection[str]) -> None:
        self._overview("seal", str(book))
        if self._offers("pick again"):
            self._touch("pick again")
        self._tick(stopped)
        self._touch("go")
        self._give_pin()

    def scan_again(self, book: int, cards: Iterable[tuple[int, str]]) -> None:
        """Cards, each a voter's and with the stopped table where it lies; needs no PIN but that of the seal."""
        self._overview("seal", str(book))
        self._scan(cards)
        self._go_home()

    def seize(self, book: int, to: str, cards: Iterable[tuple[int, str]] = ()) -> None:
        """Take a sealed book, once the cards are scanned; where a handover names its new holder, it is that one."""
        self._overview("seal", str(book))
        self._scan(cards)
        self._touch("go")
        if not isinstance(self._content, s.Pin):
            self._touch(f"pick {to}")
        self._give_pin()

    def attest(self, stopped: Collection[str], cards: Iterable[tuple[int, str]] = ()) -> None:
        self._overview("attest")
        self._tick(stopped)
        self._touch("go")
        self._scan(cards)
        self._touch("go")
        self._give_pin()

    def undo(self, voter: int, target: str) -> None:
        """Take back a mark of the voter whose card, or number, the secretary has."""
        self._overview("undo")
        self._world.take(self._machine, Scanned(card(voter)))
        marks = [mark.target for mark in self._machine.node.situation.marks] if self._machine.up else []
        if target not in marks:
            raise NotOfferedError(f"{self._machine.origin} does not offer the mark {target}")
        self._touch(f"pick {marks.index(target) + 1}")
        self._give_pin()

    def overview(self) -> s.Board:
        """What everybody sees at a glance."""
        self._go_home()
        if not isinstance(self._content, s.Board):
            self._touch("menu")
            self._touch("overview")
        board = self._content
        if not isinstance(board, s.Board):
            raise NotOfferedError
        return board

    # --- pages ---

    def _overview(self, *items: str) -> None:
        self.overview()
        for item in items:
            self._touch(f"pick {item}")

    def _go_home(self) -> None:
        """Back to where the node waits; a voter on the screen is not put aside, but for one who is served or refused."""
        for _ in range(8):
            match self._content:
                case s.Green() | s.Refused() | s.Referred():
                    self._touch("next")
                case s.Board() | s.Menu() | s.Pin() | s.Typing() if self._offers("cancel"):
                    self._touch("cancel")
                case _:
                    return
        raise NotOfferedError(f"{self._machine.origin} does not leave its page")

    def _tick(self, wanted: Collection[str]) -> None:
        """Tick exactly these."""
        words = {f"pick {origin}" for origin in wanted}
        board = self._content
        if not isinstance(board, s.Board) or not words <= {item.touch for item in board.items}:
            raise NotOfferedError
        for item in board.items:
            if (item.touch in words) is not (item.touch in board.chosen):
                self._touch(item.touch)

    def _scan(self, cards: Iterable[tuple[int, str]]) -> None:
        for voter, pile in cards:
            word = f"pick {pile}"
            if word not in getattr(self._content, "chosen", ()):
                self._touch(word)
            self._machine.node.desk.lookup.last_scan = (0, 0)  # no scanner's repeat: the card lies in another pile
            self._world.take(self._machine, Scanned(card(voter)))

    def _give_pin(self) -> None:
        if not isinstance(self._content, s.Pin):
            raise NotOfferedError(f"{self._machine.origin} does not ask for the PIN")
        if self._world.rng.random() < 0.1:
            decided = self._content.headline
            self._touch("pin", "000000")
            if self._machine.up and not isinstance(self._content, s.Pin):
                raise ViolationError(f"W: a wrong PIN decides at {self._machine.origin}: {decided}")
        self._touch("pin", PIN)
        if isinstance(self._content, s.Pin):
            raise NotOfferedError(f"{self._machine.origin} does not take the PIN")
        if self._machine.up:
            self._go_home()

    # --- touches ---

    @property
    def _content(self) -> s.Content | None:
        machine = self._machine
        return machine.screen.content if machine.up and machine.screen is not None and machine.is_drawn else None

    def _offers(self, word: str) -> bool:
        return self._content is not None and any(button.touch == word for button in self._machine.screen.buttons())

    def _touch(self, word: str, value: str = "") -> None:
        if not self._offers(word):
            self._world.run_until(lambda: self._offers(word) or not self._machine.up, LOOKS_MS)
        if not self._offers(word):
            raise NotOfferedError(f"{self._machine.origin} does not offer {word}")
        self._world.touch(self._machine, word, value)
