"""valgbord itself: real nodes and brokers as processes, its clients the tables' screens.

A claim is the touch on approve, until the screen is green. All voters are in table 2's book; table 1 comes first, so that a
single client is at a table that does not hold the book, with as many nodes as etcd has. Of eight clients one is the holder's.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from servers import Disk, a_folder

from kiosk.domain import screens as s
from kiosk.remote.screen_client import ScreenClient
from kiosk.simulated.place import SimulatedNode, SimulatedPlace

HOLDER = 2
VOTERS = 2_000  # of each book


class Tables:
    """The running place and its tables' screens."""

    def __init__(self, running: ExitStack, folder: Path, clients: int, delay_ms: int, brokers: int = 1) -> None:
        self.name = f"valgbord, {brokers} broker{'s' * (brokers > 1)}"
        self.disk = Disk(folder / "valgbord.trace", delay_ms)
        where = running.enter_context(a_folder())
        tables = max(clients, HOLDER)
        self.place = SimulatedPlace(where, where, tables=tables, voters=tables * VOTERS, seed=1, cables=False, brokers=brokers)
        running.enter_context(closing(self.place)).start(*self.disk.wrapper)
        cards = Cards(self.place)
        nodes = [self.place.table(number) for number in range(1, clients + 1)]
        self.clients = [Client(running.enter_context(ScreenClient(n.socket, draws=True)), n, cards) for n in nodes]

    def remark(self) -> str:
        """What must be known of the figures."""
        return ""


class Cards:
    """The polling cards of the holder's voters who may be given all ballots, one for each number of a voter."""

    def __init__(self, place: SimulatedPlace) -> None:
        self._rest = self._of(place)
        self._drawn: list[str] = []

    @staticmethod
    def _of(place: SimulatedPlace) -> Iterator[str]:
        for voter in place.voters:
            if voter.book == HOLDER and voter.struck is None and len(voter.elections) == 2 and not voter.postal:
                yield place.card(voter.number)

    def __getitem__(self, voter: int) -> str:
        while len(self._drawn) <= voter:
            self._drawn.append(next(self._rest))
        return self._drawn[voter]


class Client:
    """A table's clerk."""

    def __init__(self, screen: ScreenClient, node: SimulatedNode, cards: Cards) -> None:
        self._screen, self._node, self._cards = screen, node, cards
        screen.showing(s.Ready)

    def meet(self, voter: int, _claim: bytes) -> None:
        """A voter comes: the card is scanned, the voter shown."""
        self._node.scanner.scan(self._cards[voter])
        self._screen.showing(s.VoterShown)

    def claim(self) -> bool:
        """Claim the voter; whether nobody had."""
        self._screen.touch("approve")
        return isinstance(self._screen.showing(s.Green, s.Kind.REFUSED).content, s.Green)

    def trivial(self) -> None:
        """What costs nothing but the way there: after a green, the screen before the next voter."""
        self._screen.touch("next")
        self._screen.showing(s.Ready)
