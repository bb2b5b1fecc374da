"""The chair and the secretary: what they decide so that the place goes on, truly, and again and again until it is done."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from kiosk.domain.books import Books
from kiosk.domain.entries import decode_entry
from kiosk.domain.nodes import device_of
from kiosk.domain.rights import Basis
from kiosk.remote.chair import Chair, NotOfferedError
from kiosk.remote.screen_client import NoScreenError, ScreenClient
from tests.faults.checker import fold, read_log
from tests.faults.clerks import Clerk
from tests.faults.disks import UnreadableError, entries_of, rows_of
from tests.faults.place import FaultyPlace, Node

_PATIENCE_S = 15.0  # seconds that the chair waits at a screen before leaving it
_GLANCE_S = 2.0  # seconds that the chair looks for what may not be offered at all
_TURN_S = 40.0  # seconds until a clerk has got rid of a voter and makes room for the chair
_AGAIN_S = 0.5  # seconds between tries
_NOT_NOW = (NotOfferedError, NoScreenError, OSError, TimeoutError, UnreadableError)
_TOP_OF_PILE = 3  # cards that are scanned in any case
_KEPT_CODES = 8  # codes that are kept for the end of the day
_LOOKS = 6  # looks at a node that has started, whether it waits for a card that stays off


class Chairperson:
    """Decides at the secretary's screen, and at the tables' between two voters. `ending`: nothing is insisted on any more."""

    def __init__(self, place: FaultyPlace, clerks: Mapping[str, Clerk], ending: threading.Event) -> None:
        self._place, self._clerks, self._ending = place, clerks, ending
        self.given_up: list[str] = []
        self._sheet = iter(sorted(place.codes))
        self._next = next(self._sheet)
        self.dead: set[str] = set()  # devices that stay off for a while
        self._looks: dict[tuple[str, int], int] = {}
        self._at_secretary = threading.Lock()

    def insist(self, deed: Callable[[], object], seconds: float) -> bool:
        """Try until it is done or `seconds` are over; whether it is done."""
        until = time.monotonic() + seconds
        while True:
            try:
                deed()
            except _NOT_NOW as error:
                if time.monotonic() > until or self._ending.wait(_AGAIN_S):
                    self.given_up.append(f"{getattr(deed, '__name__', '')} {type(error).__name__}: {error}")
                    return False
            else:
                return True

    # --- deeds ---

    @property
    def has_codes(self) -> bool:
        """Whether there are more codes than the end of the day may need."""
        return len(self._place.codes) - self._next >= _KEPT_CODES

    def island(self, node: Node) -> None:
        """A table that is alone serves its own voters."""
        self._at(node, lambda chair: chair.decide("island"))

    def stop(self, at: Node, off: Sequence[Node]) -> None:
        """Attest, at a node's screen, that these are off, and those whose cards are gone; with the next code.

        A code that may have been taken is crossed out.
        """
        if not self._place.codes.keys() > {self._next}:
            raise NotOfferedError("no code is left")
        number, named = self._next, [*(node.device for node in off), *sorted(self._place.lost)]
        if any(node.process is not None for node in off):
            raise NotOfferedError("it is on: it must not be named")
        try:
            self._at(at, lambda chair: chair.stop(named, self._place.codes[number], skips=True))
        except _NOT_NOW:
            if self._is_used(number):
                self._next = next(self._sheet, number + 1)
            raise
        self._next = next(self._sheet, number + 1)

    def _is_used(self, number: int) -> bool:
        """Whether any disk has a stop with this number, now or in a moment."""
        until = time.monotonic() + _GLANCE_S
        while not (used := number in self._numbers("stop")) and time.monotonic() < until:
            time.sleep(_AGAIN_S)
        return used

    def _numbers(self, kind: str) -> set[int]:
        """The numbers of all stops, or views, that any disk has."""
        return {n for node in self._place.nodes.values() for n in self._numbers_on(node, kind)}

    @staticmethod
    def _numbers_on(node: Node, kind: str) -> set[int]:
        with suppress(UnreadableError):
            return {entry["body"]["n"] for entry in entries_of(node, kind)}
        return set()

    def scan_and_finish(self, at: Node, off: Sequence[Node]) -> None:
        """Scan the cards of the stopped tables; the node takes their books."""

        def do(chair: Chair) -> None:
            for node in off:
                if node.number and (due := self._due(node, at)):
                    chair.scan_cards(node.device, due)
            chair.finish()
            chair.leave()

        self._at(at, do)
        if not self._is_viewed(at):
            raise NotOfferedError("the books were not taken: the stop is another node's, or another run's")

    def _is_viewed(self, at: Node) -> bool:
        """Whether the last stop that a node knows of has its view."""
        return max(self._numbers_on(at, "stop"), default=0) in self._numbers_on(at, "view")

    def give_back(self, book: int) -> None:
        """Let the holder of a book give it to its table."""
        own = self._place.tables[book - 1]
        node = self._holder(book)
        if node is not own:
            self._at(node, lambda chair: (chair.give(book, own.device), chair.leave()))
            raise NotOfferedError(f"book {book} is on its way")  # and is looked for again

    def give(self, book: int, to: Node) -> None:
        """A table that holds its own book gives it to another node, as for a break."""
        self._at(self._place.tables[book - 1], lambda chair: (chair.give(book, to.device), chair.leave()))

    def rounds(self, until: threading.Event) -> None:
        """Walk about: where a node waits for a card that stays off, attest that its own has been there from its first use."""
        while not until.wait(_GLANCE_S):
            for node in self._place.nodes.values():
                off, key = sorted({*self._place.lost, *self.dead}), (node.name, node.runs)
                if off and node.process is not None and self._looks.get(key, 0) < _LOOKS and not node.is_aged:
                    self._looks[key] = self._looks.get(key, 0) + 1
                    with suppress(*_NOT_NOW):
                        self._at(node, lambda chair, off=off: (chair.excuse(off), chair.leave()), _GLANCE_S)

    def look_again(self) -> None:
        """Look anew at each node whether it waits for a card that stays off: its clerk may have been busy each time."""
        self._looks.clear()

    def go_on(self, off: Sequence[Node], seconds: float, at: Node | None = None) -> bool:
        """Open the poll, or go on after the power has failed: at the secretary's node, or where that is off at a table."""
        at = at or next(node for node in self._place.nodes.values() if node not in off)
        return self.insist(lambda: self.stop(at, off), seconds) and self.insist(lambda: self.scan_and_finish(at, off), seconds)

    def settle(self, seconds: float) -> bool:
        """Finish what was begun, and give all books back; whether that is done."""
        if not self._is_settled() and not self.go_on([], seconds):
            return False
        return all(
            self.insist(lambda book=book: self.give_back(book), seconds) for book in range(1, len(self._place.tables) + 1)
        )

    def _is_settled(self) -> bool:
        """Whether the last stop that anybody knows of has its view."""
        return max(self._numbers("stop"), default=0) in self._numbers("view")

    # --- how ---

    def _holder(self, book: int) -> Node:
        """The node that holds a book, as the secretary's disk says it."""
        place = self._place
        opening = {node.number: f"T{node.number}.1" for node in place.tables}
        devices = frozenset(f"{node.device[:-1]}{card}" for node in place.nodes.values() for card in (1, 2))
        basis = Basis(opening, frozenset(), devices, (), lambda _voter: None, lambda _author, _stop: True)
        books = Books(basis)
        for data in rows_of(place.secretary):
            books.fold(decode_entry(data))
        holder = device_of(books.holder(book))
        found = next((node for node in place.nodes.values() if node.device == holder), None)
        if found is None:
            raise NotOfferedError(f"book {book} is still {holder}'s, whose card is gone")
        return found

    def _due(self, node: Node, at: Node) -> list[int]:
        """The cards that must be scanned: those in the table's pile of whose marks the disk at hand has not all."""
        folded = fold(read_log(at.database))
        proved = {
            folded.said[request][1] for request in folded.issued & folded.granted if folded.said[request][0] == node.number
        }
        pile = self._clerks[node.name].seen.pile
        return [number for number in pile if number not in proved or number in pile[-_TOP_OF_PILE:]]

    def _at(self, node: Node, decide: Callable[[Chair], object], patience_s: float = _PATIENCE_S) -> None:
        if node is self._place.secretary:
            with self._at_secretary, ScreenClient(node.socket, draws=False, patience_s=patience_s) as screen:
                decide(Chair(screen, self._place.pin, patience_s=patience_s))
            return

        def errand(screen: ScreenClient) -> None:
            decide(Chair(screen, self._place.pin, patience_s=patience_s))

        self._clerks[node.name].errand(errand, _TURN_S)
