"""A loop around the real node, with a list for the disk and the calls of a clerk."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.ballots import Colour, Election
from kiosk.domain.cards import CardRules, check_digits
from kiosk.domain.chain import Stored
from kiosk.domain.facts import Facts
from kiosk.domain.situation import Situation
from kiosk.domain.view import ViewContext
from kiosk.domain.voters import Struck, Voter
from kiosk.node import Commit, Crypto, Input, Node, Now, Scanned, Setup, Show, Steps
from kiosk.remote.chair import Chair
from kiosk.remote.screen_client import ScreenClient
from tests import made_up

PLACE, ORIGIN, TABLE = "4701", "T1.1", 1
PIN = "271828"
DAY = date(2025, 11, 18)
MORNING_MS = int(datetime(2025, 11, 18, 9, 14, tzinfo=UTC).timestamp() * 1000)
BOTH = ("byraad", "region")

ANNE = Voter(1, "Anne Kjærgaard", "Nørregade 7", date(1968, 9, 14), 1, BOTH)
BENT = Voter(2, "Bent Østerby", "Søndergade 8", date(1931, 2, 28), 1, BOTH)
CARL = Voter(3, "Carl Å", "", date(2007, 11, 18), 1, BOTH, postal=("region",))
DORA = Voter(4, "Dora Struck", "Ågade 1", date(1990, 1, 1), 1, BOTH, struck=Struck.STRUCK_OFF)
ELSE = Voter(5, "Else Post", "Ågade 2", date(1950, 5, 5), 1, BOTH, postal=BOTH)
VOTERS = {voter.number: voter for voter in (ANNE, BENT, CARL, DORA, ELSE)}

VIEW = ViewContext(
    language="da",
    place="Hovedbiblioteket",
    table=TABLE,
    training=False,
    sounds=False,
    elections=(
        Election("byraad", "byråd", {"en": "council"}, Colour.WHITE),
        Election("region", "regionsråd", {"en": "region"}, Colour.YELLOW),
    ),
    zone=UTC,
    voter_digits=6,
    card_digits=12,
    tries=3,
    facts=Facts(Situation(me=ORIGIN)),
)
SETUP = Setup(
    device=ORIGIN,
    table=TABLE,
    devices=frozenset({ORIGIN, "T1.2"}),
    first=frozenset({ORIGIN}),
    opening={TABLE: ORIGIN},
    undo_nodes=frozenset({"T1"}),
    elections=BOTH,
    card=CardRules(
        re.compile(r"(?P<place>\d{4})(?P<voter>\d{6})(?P<check>\d{2})"), True, PLACE, {"4702": "Vestre Skole"}, max_chars=32
    ),
    voter_digits=6,
    birth_date_keyed=False,
    clear_ms=10_000,
    first_prev=made_up.FIRST_PREV,
    day=DAY,
    view=VIEW,
)
KEYED = replace(SETUP, birth_date_keyed=True)
OF_TWO = replace(SETUP, devices=SETUP.devices | {"T2.1"}, first=frozenset({ORIGIN, "T2.1"}))  # table 2 is there as well
WRONG = "01012000"  # a birth date that is nobody's


def card(number: int, place: str = PLACE) -> str:
    """The text of a good card."""
    payload = f"{place}{number:06}"
    return payload + check_digits(payload)


def keyed(born: date) -> str:
    """A birth date as it is keyed."""
    return born.strftime("%d%m%Y")


@dataclass(frozen=True, slots=True)
class Written:
    """An entry on the disk, and its bytes there."""

    entry: e.Entry
    data: bytes


class InMemory(ScreenClient):
    """The loop's screen, as the chair sees it; while something is waited for, time passes."""

    def __init__(self, loop: "Loop") -> None:
        self._loop, self._patience_s = loop, 0.5
        self._read = len(loop.screens) - 1
        self.screen = loop.screens[-1]

    def now(self) -> float:
        return self._loop.mono_ms / 1_000

    def next_within(self, seconds: float) -> s.Screen | None:
        until = self.now() + seconds
        while self._read + 1 >= len(self._loop.screens):
            if self.now() >= until:
                return None
            self._loop.wait(50)
        self._read += 1
        self.screen = self._loop.screens[self._read]
        return self.screen

    def touch(self, touch: str, pad: str = "", how: str = "") -> None:
        self._loop.put(s.touched(self.screen, touch, pad, how))


def keys_of(device: str, runs: int) -> Crypto:
    """A device's keys, after so many runs: no run has the name of an earlier one."""
    keys = made_up.keys(device)
    for _ in range(runs):
        keys.new_run()
    return keys


class Loop:
    """One run of a node. `log` is the disk: batches of entries, and it outlives the run."""

    def __init__(
        self,
        setup: Setup = SETUP,
        log: Iterable[tuple[Written, ...]] = (),
        *,
        find: Callable[[int], Voter | None] = VOTERS.get,
        wall_ms: int = MORNING_MS,
        mono_ms: int = 1_000,
    ) -> None:
        self.setup, self.find = setup, find
        self.wall_ms, self.mono_ms = wall_ms, mono_ms
        self.log = list(log)
        self.screens: list[s.Screen] = []
        runs = [written.entry.run for written in self.entries if isinstance(written.entry.body, e.Start)]
        self.node = Node(setup, find, lambda pin: pin == PIN, keys_of(setup.device, len(runs)))
        for written in self.entries:
            self.node.replay(written.entry, e.entry_hash(written.data))
        self.node.recall(runs[-1] if runs else "")
        self.carry_out(self.node.begin(lambda: self.now))
        self._wake()

    # --- what the service does ---

    @property
    def now(self) -> Now:
        return Now(self.wall_ms, self.mono_ms)

    @property
    def entries(self) -> list[Written]:
        return [written for batch in self.log for written in batch]

    def carry_out(self, steps: Steps) -> None:
        """A turn, step by step."""
        for step in steps:
            match step:
                case Show(screen):
                    self.screens.append(screen)
                case Commit(rows):
                    self.write(rows)

    def write(self, rows: tuple[Stored, ...]) -> None:
        """Put a turn's entries on the disk."""
        if rows:
            self.log.append(tuple(Written(e.decode_entry(row.data), row.data) for row in rows))

    def take(self, *inputs: Input) -> Steps:
        """Begin a turn."""
        return self.node.take(inputs, lambda: self.now)

    def put(self, *inputs: Input) -> "Loop":
        """One turn of the loop."""
        self.carry_out(self.take(*inputs))
        self._wake()
        return self

    def _wake(self) -> None:
        """The node wants to be called again at once."""
        while self.node.deadline() == 0:
            self.carry_out(self.take())

    def wait(self, ms: int) -> "Loop":
        """Time passes, and the loop turns when the node wants it to."""
        until, turns = self.mono_ms + ms, 0
        while (due := self.node.deadline()) is not None and due <= until:
            self._pass(max(due - self.mono_ms, 0))
            self.put()
            turns += 1
            assert turns < 100, "the loop turns without end"
        self._pass(until - self.mono_ms)
        return self.put()

    def _pass(self, ms: int) -> None:
        self.wall_ms, self.mono_ms = self.wall_ms + ms, self.mono_ms + ms

    def restarted(self, *, setup: Setup | None = None, wall_ms: int | None = None, mono_ms: int | None = None) -> "Loop":
        """A new run from what is on this one's disk, some seconds later."""
        return Loop(
            setup or self.setup,
            self.log,
            find=self.find,
            wall_ms=self.wall_ms + 5_000 if wall_ms is None else wall_ms,
            mono_ms=self.mono_ms + 5_000 if mono_ms is None else mono_ms,
        )

    # --- what the clerk does ---

    @property
    def screen(self) -> s.Screen:
        return self.screens[-1]

    @property
    def shown(self) -> str:
        return self.screen.kind

    def touch_of(self, touch: str, pad: str = "", how: str = "") -> s.Touch:
        return s.touched(self.screen, touch, pad, how)

    def touch(self, touch: str, pad: str = "", how: str = "") -> "Loop":
        return self.put(self.touch_of(touch, pad, how))

    def scan(self, text: str | int) -> "Loop":
        """A card is read; a number stands for that voter's card. The scan before is more than a second ago."""
        self._pass(1_500)
        return self.put(Scanned(card(text) if isinstance(text, int) else text))

    def draw(self) -> "Loop":
        return self.put(s.Drawn(self.screen.number))

    def chair(self, touch: str, pin: str = PIN) -> "Loop":
        """The chair decides something with the PIN, from the menu where it is not on the screen itself."""
        if self.screen.right is None or self.screen.right.touch != touch:
            self.touch("menu")
        return self.touch(touch).touch("pin", pin)

    def opened(self, n: int = 1) -> "Loop":
        """The chair opens the poll with a code."""
        Chair(InMemory(self), PIN, patience_s=0.5).open_poll([], made_up.code(n))
        return self.put()

    def serve(self, voter: Voter, how: str = "spoken") -> "Loop":
        """A check-in up to the drawn green screen."""
        self.scan(voter.number).touch("approve", keyed(voter.born) if self.setup.birth_date_keyed else "", how)
        return self.draw()

    def refer(self, voter: Voter) -> "Loop":
        """Three wrong birth dates of a voter, in enter mode."""
        self.scan(voter.number)
        for _ in range(3):
            self.touch("approve", WRONG)
        return self

    def release(self, pin: str = PIN) -> "Loop":
        """The chair gives the voter who is referred on the screen a new try."""
        return self.touch("release_voter").touch("pin", pin)

    # --- what is on the disk ---

    def bodies(self, *kinds: type) -> list[e.Body]:
        return [w.entry.body for w in self.entries if not kinds or isinstance(w.entry.body, kinds)]

    def hashes(self, kind: type) -> list[str]:
        """The hashes of the entries of a kind."""
        return [e.entry_hash(w.data) for w in self.entries if isinstance(w.entry.body, kind)]

    def kinds(self, since: int = 0) -> list[str]:
        """The kinds of the entries, from the `since`-th on."""
        return [type(w.entry.body).__name__ for w in self.entries[since:]]
