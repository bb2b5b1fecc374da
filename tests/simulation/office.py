"""The chair or the secretary at one machine: touch by touch on its screens, with the PIN or a
code, as nobody else can.

Nothing is decided in any other way, so what a screen does not offer can't be decided. Each touch is a turn of the node, and a
crash may come between two. It takes nothing for given but the words of the touches: what is ticked already is unticked where
it must not be.
"""

from collections.abc import Collection, Iterable

from kiosk.domain import screens as s
from kiosk.node import Scanned
from tests.made_up import card, code
from tests.simulation.oracle import ViolationError
from tests.simulation.world import PIN, Machine, World

LOOKS_MS = 1_100  # how long the chair waits for a button: a node looks around with its next head at the latest


class NotOfferedError(Exception):
    """The screen does not offer what was to be decided, or its machine has stopped."""


class Office:
    """Somebody with the PIN at a machine's screen."""

    def __init__(self, world: World, machine: Machine) -> None:
        self._world, self._machine = world, machine
        self.has_code = False

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

    def give(self, book: int, to: str) -> None:
        self._overview("give", str(book))
        self._touch(f"pick {to}")
        self._give_pin()

    def stop(self, named: Collection[str], n: int) -> None:
        """Attest who is off or locked, with code n; of a spare in its box no page knows. `has_code`: it was keyed."""
        self._overview("stop")
        if self._offers("pick again"):
            self._touch("pick again")
        self._tick({device for device in named if self._offers(f"pick {device}")})
        self._touch("go")
        for _ in range(2):  # where it seems that a code was skipped, it is asked for twice
            if isinstance(self._content, s.Typing):
                self.has_code = True
                self._key(n)
        if not self._machine.up or not isinstance(self._content, s.Sheet):
            raise NotOfferedError(getattr(self._content, "notice", ""))
        self._go_home()

    def _key(self, n: int) -> None:
        known = max((stopped.stop.n for stopped in self._machine.node.books.books.stops), default=0)
        self._touch("number", code(n))
        if self._machine.due <= self._world.mono:
            self._world.take(self._machine)  # what has made it a member at once is shown in its next turn
        if n <= known and self._machine.up and isinstance(self._content, s.Sheet):
            raise ViolationError(f"W: {self._machine.name} takes code {n} again")

    def scan_cards(self, cards: Iterable[tuple[int, str]]) -> None:
        """Cards, each a voter's and with the stopped device where it lies."""
        self._overview("stop")
        self._scan(cards)
        self._go_home()

    def finish(self, cards: Iterable[tuple[int, str]] = ()) -> None:
        """Take the stopped devices' books, once the cards are scanned."""
        self._overview("stop")
        self._scan(cards)
        self._touch("go")
        self._go_home()

    def excuse(self, silent: Collection[str]) -> None:
        self._overview("excuse")
        self._tick(silent)
        self._touch("go")
        self._give_pin()

    def undo(self, voter: int, target: str) -> None:
        """Take back a mark of the voter whose card, or number, the secretary has."""
        self._overview("undo")
        self._scan_card(voter)  # another mark of a voter than the last may be meant
        marks = [mark.target for mark in self._machine.node.desk.facts.marks] if self._machine.up else []
        if target not in marks:
            raise NotOfferedError(f"{self._machine.name} does not offer the mark {target}")
        self._touch(f"pick {marks.index(target) + 1}")
        self._give_pin()

    def overview(self) -> s.Sheet:
        """What everybody sees at a glance."""
        self._go_home()
        if not isinstance(self._content, s.Sheet):
            self._touch("menu")
            self._touch("overview")
        board = self._content
        if not isinstance(board, s.Sheet):
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
                case s.Green() | s.Message(kind=s.Kind.REFUSED) | s.Message(kind=s.Kind.REFERRED):
                    self._touch("next")
                case s.Sheet() | s.Pin() | s.Typing() if self._offers("cancel"):
                    self._touch("cancel")
                case _:
                    return
        raise NotOfferedError(f"{self._machine.name} does not leave its page")

    def _tick(self, wanted: Collection[str]) -> None:
        """Tick exactly these."""
        words = {f"pick {item}" for item in wanted}
        board = self._content
        if not isinstance(board, s.Sheet) or not words <= {item.touch for item in board.buttons()}:
            raise NotOfferedError
        for item in board.buttons():
            if (item.touch in words) is not (item.touch in board.chosen):
                self._touch(item.touch)

    def _scan(self, cards: Iterable[tuple[int, str]]) -> None:
        for voter, pile in cards:
            word = f"pick {pile}"
            if word not in getattr(self._content, "chosen", ()):
                self._touch(word)
            self._scan_card(voter)  # it may lie in another pile than the last

    def _scan_card(self, voter: int) -> None:
        """It is scanned once more, which is no scanner's repeat."""
        if self._machine.up:
            self._machine.node.desk.lookup.forget(card(voter))
            self._world.take(self._machine, Scanned(card(voter)))

    def _give_pin(self) -> None:
        if not isinstance(self._content, s.Pin):
            raise NotOfferedError(f"{self._machine.name} does not ask for the PIN")
        if self._world.rng.random() < 0.1:
            decided = self._content.headline
            self._touch("pin", "000000")
            if self._machine.up and not isinstance(self._content, s.Pin):
                raise ViolationError(f"W: a wrong PIN decides at {self._machine.name}: {decided}")
        self._touch("pin", PIN)
        if isinstance(self._content, s.Pin):
            raise NotOfferedError(f"{self._machine.name} does not take the PIN")
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
            raise NotOfferedError(f"{self._machine.name} does not offer {word}")
        self._world.touch(self._machine, word, value)
