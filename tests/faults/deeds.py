"""The chair and the secretary: what they decide so that the place goes on, truly, and again and again until it is done."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from kiosk.chair import Chair, NotOfferedError
from kiosk.screen_client import NoScreenError, ScreenClient
from tests.faults.checker import Fold, fold, read_log
from tests.faults.clerks import Clerk
from tests.faults.place import FaultyPlace, Node

_REGISTER = "S.1"
_PATIENCE_S = 15.0  # seconds that the chair waits at a screen before leaving it
_TURN_S = 30.0  # seconds until a clerk has got rid of a voter and makes room for the chair
_AGAIN_S = 0.5  # seconds between tries
_NOT_NOW = (NotOfferedError, NoScreenError, OSError, TimeoutError)
_TOP_OF_PILE = 3  # cards that are scanned again in any case


class Chairperson:
    """Decides at the secretary's screen, and at the tables' between two voters. `ending`: nothing is insisted on any more."""

    def __init__(self, place: FaultyPlace, clerks: Mapping[str, Clerk], ending: threading.Event) -> None:
        self._place, self._clerks, self._ending = place, clerks, ending
        self.given_up: list[str] = []
        self._promised: dict[str, int] = {}

    def insist(self, deed: Callable[[], None], seconds: float) -> bool:
        """Try until it is done or `seconds` are over; whether it is done."""
        until = time.monotonic() + seconds
        while True:
            try:
                deed()
            except _NOT_NOW as error:
                if time.monotonic() > until or self._ending.wait(_AGAIN_S):
                    self.given_up.append(f"{type(error).__name__}: {error}")
                    return False
            else:
                return True

    # --- deeds ---

    def open_poll(self) -> None:
        """The day begins."""
        with self._at_secretary() as chair:
            chair.decide("open_poll")

    def island(self, node: Node) -> None:
        """A table that is alone serves its own voters, unless it was attested stopped and does not know of it yet."""
        if node.lengths().get(_REGISTER, 0) < self._promised.get(node.origin, 0):
            raise NotOfferedError(f"{node.name} has not caught up: the chair has promised not to put it in island mode")
        self._at_table(node, lambda chair: chair.decide("island"))

    def attest(self, stopped: Node) -> None:
        """After a power cut one table is still off."""
        cards = [(stopped.origin, number) for number in self._due(stopped)]
        with self._attesting([stopped]), self._at_secretary() as chair:
            chair.attest([stopped.origin], cards)

    def seal(self, book: int, *stopped: Node) -> None:
        """Begin to take a book."""
        with self._attesting(stopped), self._at_secretary() as chair:
            chair.seal(book, [node.origin for node in stopped])

    def seize(self, book: int, to: str, *stopped: Node) -> None:
        """Take a sealed book, once the stopped tables' cards are scanned again."""
        with self._attesting(stopped), self._at_secretary() as chair:
            for node in stopped:
                chair.scan_again(book, node.origin, self._due(node))
            chair.seize(book, to)

    def hand_over(self, book: int, to: Node) -> None:
        """A table that holds its own book gives it to another node, as for a break."""
        giver = next(node for node in self._place.tables if node.number == book)
        self._at_table(giver, lambda chair: chair.hand_over(book, to.origin))

    def hand_back(self, book: int) -> None:
        """Let the holder of a book give it back to its table."""
        own = f"T{book}.1"
        _, holder = self._known().holders.get(book, (1, own))
        if holder == own:
            return
        node = next(node for node in self._place.nodes.values() if node.origin == holder)
        if node is self._place.secretary:
            with self._at_secretary() as chair:
                chair.hand_over(book, own)
        else:
            self._at_table(node, lambda chair: chair.hand_over(book, own))

    def settle(self, seconds: float) -> bool:
        """Finish what was begun, and give all books back; whether that is done."""
        for book in sorted({book for book, _ in self._known().unfinished}):
            done = self.insist(lambda book=book: self.seal(book), seconds)
            if not done or not self.insist(lambda book=book: self.seize(book, _REGISTER), seconds):
                return False
        return all(self.insist(lambda book=book: self.hand_back(book), seconds) for book in self._known().holders)

    # --- how ---

    def _known(self) -> Fold:
        """What the secretary's disk says."""
        return fold(read_log(self._place.secretary.database))

    def _due(self, node: Node) -> list[int]:
        """The cards that must be scanned again: those in the table's pile of whose marks the secretary's disk has not all."""
        known = self._known()
        proved = {
            voter
            for request, (origin, voter, _) in known.requests.items()
            if origin == node.origin and request in known.issued & known.granted
        }
        pile = self._clerks[node.name].seen.pile
        return [number for number in pile if number not in proved or number in pile[-_TOP_OF_PILE:]]

    @contextmanager
    def _attesting(self, stopped: Iterable[Node]) -> Iterator[None]:
        """Remember what a table must know of before it may be put in island mode."""
        try:
            yield
        finally:
            for node in stopped:
                self._promised[node.origin] = self._place.secretary.lengths().get(_REGISTER, 0)

    @contextmanager
    def _at_secretary(self) -> Iterator[Chair]:
        with ScreenClient(self._place.secretary.socket, draws=False, patience_s=_PATIENCE_S) as screen:
            yield Chair(screen, self._place.pin, patience_s=_PATIENCE_S)

    def _at_table(self, node: Node, decide: Callable[[Chair], object]) -> None:
        def errand(screen: ScreenClient) -> None:
            decide(Chair(screen, self._place.pin, patience_s=_PATIENCE_S))

        self._clerks[node.name].errand(errand, _TURN_S)
