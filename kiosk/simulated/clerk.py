"""A simulated clerk with voters: polling cards and forgotten ones, second attempts, stray barcodes and slips of the finger."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.domain import screens as s
from kiosk.domain.cards import check_digits
from kiosk.domain.voters import Voter
from kiosk.remote.screen_client import ScreenClient

_ENDS = (s.Green, s.Kind.REFUSED, s.Kind.REFERRED)
_IMPATIENT_S = 1.5  # seconds after which a clerk scans again; less would be taken for the same scan


class Visit(StrEnum):
    """How a visit to the table goes."""

    CARD = "card"
    FORGOTTEN = "forgotten card"
    SLIP = "forgotten card, and another voter's number keyed first"
    AGAIN = "second attempt"
    STRAY = "stray bar code"
    HEALTH_CARD = "health card"
    MISREAD = "misread card"
    ELSEWHERE = "card of another place"
    OTHER_CARD = "another card scanned meanwhile"
    WRONG_DATE = "wrong birth date"
    UNKNOWN = "number not on the list"


_ODDS = {
    Visit.CARD: 70,
    Visit.FORGOTTEN: 5,
    Visit.SLIP: 2,
    Visit.AGAIN: 5,
    Visit.STRAY: 4,
    Visit.HEALTH_CARD: 2,
    Visit.MISREAD: 3,
    Visit.ELSEWHERE: 2,
    Visit.OTHER_CARD: 3,
    Visit.WRONG_DATE: 3,
    Visit.UNKNOWN: 2,
}


@dataclass(slots=True)
class Record:
    """What the clerk saw. Times in seconds. `green`: voter numbers in the order in which their green was shown.

    `refused` counts the codes of the screens that turned a voter or a scan away.
    """

    green: list[int] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    scan_to_screen: list[float] = field(default_factory=list)
    approve_to_green: list[float] = field(default_factory=list)


class SimulatedClerk:
    """Serves voters at a node. `pace_s`: seconds of thought before each action; 0 is flat out."""

    def __init__(
        self,
        client: ScreenClient,
        scan: Callable[[str], None],
        voters: Sequence[Voter],
        place: str,
        *,
        seed: int,
        pace_s: float = 0.0,
    ) -> None:
        self._client, self._scan, self._place, self._pace_s = client, scan, place, pace_s
        self._random = random.Random(seed)
        self._queue = self._random.sample(voters, len(voters))
        self._born = {voter.number: voter.born for voter in voters}
        self.record = Record()

    def visits(self) -> Iterator[Visit]:
        """The turns of one voter after another, by their odds, until the list is used up."""
        while self._queue:
            yield self._random.choices(list(_ODDS), list(_ODDS.values()))[0]

    def serve(self, turn: Visit, number: int | None = None) -> s.Screen:
        """One visit, from a table that waits (or shows how the last one ended) to its end; of voter `number` if given."""
        before = self.record.green[:-1]  # the last one's card is still on the green screen, and changes nothing there
        if turn is Visit.AGAIN and not before:
            turn = Visit.CARD
        if number is None:
            number = self._random.choice(before) if turn is Visit.AGAIN else self._queue.pop().number
        if turn is Visit.UNKNOWN:
            shown = self._key_number(999_999 - self._random.randrange(1000))
        elif turn is Visit.SLIP:
            shown = self._key_number(self._queue[0].number if self._queue else number)
            if isinstance(shown.content, s.VoterShown | s.BirthDate):
                self._touch_and_see("cancel")
            shown = self._key_number(number)
        elif turn is Visit.FORGOTTEN:
            shown = self._key_number(number)
        else:
            shown = self._scan_card(self._card(turn, number))
        return self._finish(shown, number, turn)

    def card(self, number: int) -> str:
        """The text of a good card."""
        payload = f"{self._place}{number:06}"
        return payload + check_digits(payload)

    def _card(self, turn: Visit, number: int) -> str:
        if turn is Visit.STRAY:
            return f"57{self._random.randrange(10**11):011}"
        if turn is Visit.HEALTH_CARD:
            return f"{self._random.randrange(1, 29):02}{self._random.randrange(1, 13):02}{self._random.randrange(10**6):06}"
        if turn is Visit.ELSEWHERE:
            payload = f"{int(self._place) + 1:04}{number:06}"
            return payload + check_digits(payload)
        card = self.card(number)
        return f"{card[:-1]}{(int(card[-1]) + 1) % 10}" if turn is Visit.MISREAD else card

    def _think(self) -> None:
        if self._pace_s:
            time.sleep(self._random.uniform(0.5, 1.5) * self._pace_s)

    def _scan_card(self, text: str) -> s.Screen:
        self._think()
        started = time.perf_counter()
        self._scan(text)
        shown = self._client.answer_within(_IMPATIENT_S)
        if shown is None:  # the green before it was not drawn yet; a clerk scans again
            self._scan(text)
            shown = self._client.answer()
        else:
            self.record.scan_to_screen.append(time.perf_counter() - started)
        return shown

    def _key_number(self, number: int) -> s.Screen:
        if s.shows(self._client.showing(s.Ready, *_ENDS).content, *_ENDS):
            self._touch_and_see("next")
        while isinstance(self._touch_and_see("type").content, s.Ready):
            pass  # a notice went away at that moment, and the touch with it
        return self._touch_and_see("number", str(number))

    def _touch_and_see(self, touch: str, value: str = "", how: str = "") -> s.Screen:
        self._think()
        self._client.touch(touch, value, how)
        return self._client.answer()

    def _finish(self, shown: s.Screen, number: int, turn: Visit) -> s.Screen:
        tries = 0
        if turn is Visit.WRONG_DATE:
            tries = 3 if self._random.random() < 0.5 else 1
        if turn is Visit.OTHER_CARD and isinstance(shown.content, s.VoterShown | s.BirthDate) and self._queue:
            shown = self._scan_card(self.card(self._queue[0].number))
        while s.shows(shown.content, s.VoterShown, s.BirthDate, s.Kind.WAITING):
            shown = self._approve(shown, number, wrong=tries > 0)
            tries -= 1
        self._note(shown)
        return shown

    def _approve(self, shown: s.Screen, number: int, *, wrong: bool) -> s.Screen:
        if s.shows(shown.content, s.Kind.WAITING):
            return self._client.answer()
        how = self._random.choices(["spoken", "written", "shown", "known"], [80, 10, 8, 2])[0]
        value = ""
        if isinstance(shown.content, s.BirthDate):
            born = self._born[number]
            value = (born.replace(year=born.year - 1) if wrong and (born.month, born.day) != (2, 29) else born).strftime(
                "%d%m%Y"
            )
            how = "spoken" if wrong else how
        self._think()
        started = time.perf_counter()
        self._client.touch("approve", value, how)
        after = self._client.answer()
        if isinstance(after.content, s.Green):
            self.record.approve_to_green.append(time.perf_counter() - started)
        return after

    def _note(self, shown: s.Screen) -> None:
        content = shown.content
        if isinstance(content, s.Green):
            # By the screen: on a slow machine an answer may come so late that it is taken for the next one's.
            self.record.green.append(int("".join(filter(str.isdigit, content.number))))
        elif isinstance(content, s.Ready) or (isinstance(content, s.Message) and content.kind in _ENDS):
            self.record.refused[content.code] += 1
