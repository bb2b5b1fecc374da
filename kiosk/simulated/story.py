"""The demo's story: what may happen to a polling place in one day, told step by step while it happens to real processes."""

import time
from collections.abc import Callable, Set
from contextlib import ExitStack, suppress

from kiosk.domain import screens as s
from kiosk.domain.voters import Voter
from kiosk.remote.screen_client import NoScreenError, ScreenClient
from kiosk.simulated.place import SimulatedNode, SimulatedPlace

_SCANS = 40  # times that a card is scanned: a minute, on a machine that is busy with other things
_IMPATIENT_S = 1.5  # seconds after which a clerk scans again; less would be taken for the same scan


class StoryError(Exception):
    """Something happened that the story does not tell; the text says what."""


class Story:
    """Tells it at a place that is open. `served`: the voters who have their ballots already."""

    def __init__(self, place: SimulatedPlace, running: ExitStack, served: Set[int], say: Callable[[str], None]) -> None:
        self._place, self._say = place, say
        self._screens = {name: running.enter_context(node.screen()) for name, node in place.nodes.items() if name != "table-1"}
        self._fresh = {
            book: iter([v for v in place.voters if v.book == book and v.number not in served and _may_both(v)])
            for book in range(1, place.tables + 1)
        }

    def tell(self) -> None:
        """Tell the whole story. Raises StoryError, NoScreenError or NotOfferedError where something else happens."""
        self._another_table()
        self._cut_off()
        self._killed()
        self._back()
        self._broker_dies()
        self._nobody_twice()

    # --- the chapters ---

    def _another_table(self) -> None:
        voter = self._next(1)
        self._say(f"== {_who(voter)} is on table 1's list, and comes to table 3")
        took = self._serve(3, voter)
        self._place.table(3).await_picture("green")
        self._say(f"   green at table 3 after {took * 1e3:.0f} ms: table 1 decided, table 3 handed out")

    def _cut_off(self) -> None:
        place, at_2, at_3 = self._place, self._screens["table-2"], self._screens["table-3"]
        self._say("== Table 2's network cable is pulled")
        place.table(2).cable(plugged_in=False)
        self._leave(at_2)
        at_2.showing(s.Kind.NOT_READY)
        place.table(2).await_picture("not_ready")
        self._say("   table 2 says so, and serves nobody")
        voter = self._next(2)
        self._say(f"== {_who(voter)} is on table 2's list, and comes to table 3: it waits, and names the silent table")
        self._scan_at(at_3, place.table(3), voter, s.VoterShown)
        place.table(3).await_picture("voter_shown")
        at_3.touch("approve")
        waits = at_3.until(lambda screen: screen.kind == s.Kind.WAITING and "2" in _words(screen))
        self._say(f"   table 3: “{_words(waits)}”. The clerk gives the request up")
        place.table(3).await_picture("waiting")
        at_3.touch("cancel")
        at_3.showing(s.Ready)
        place.table(3).await_picture("ready")
        self._say("== The chair puts table 2 in island mode (fast bordvalg): it serves the voters of its own list")
        place.chair(at_2, place.table(2)).decide("island")
        self._serve(2, voter)
        self._say(f"   green at table 2 for {_who(voter)}")
        other = self._next(3)
        refused = self._scan_and_see(2, other)
        self._say(f"   {_who(other)}, of table 3's list, is sent there: “{_words(refused)}”")
        self._say("== The cable is plugged in: table 2 catches up, its entries are copied, and island mode ends by itself")
        self._leave(at_2)
        place.table(2).cable(plugged_in=True)
        at_2.until(lambda screen: isinstance(screen.content, s.Ready) and not screen.strip.island)
        self._serve(2, other)
        self._say(f"   green at table 2 for {_who(other)}: any table serves any voter again")

    def _killed(self) -> None:
        place, at_2 = self._place, self._screens["table-2"]
        voter, waiting = self._next(1), self._next(1)
        self._say("== The secretary's node loses its power: any table still serves any voter")
        place.secretary.power_off()
        took = self._serve(3, self._next(2))
        self._say(f"   a voter of table 2's list is served at table 3 after {took * 1e3:.0f} ms")
        self._say("== Table 1 loses its power too, at a green light")
        with place.table(1).screen() as at_1, place.table(1).display_frozen():
            self._serve_at(at_1, place.table(1), voter)
            place.table(1).power_off()
        self._say(
            "== The chair looks across the room and has table 1's list moved to table 2: ticks what is off, scans the next code"
        )
        self._leave(at_2)
        chair = place.chair(at_2, place.table(2))
        headline = chair.stop(["S", "T1"], place.next_chair_code())
        self._say(f"   table 2: “{headline}”")
        for line in self._lines(at_2):
            self._say(f"   {line}")
        self._say(f"== The card on top of table 1's pile, of {_who(voter)}, is scanned")
        chair.scan_cards("T1", [voter.number])
        chair.finish()
        chair.leave()
        self._say("   table 2 has table 1's list now")
        took = self._serve(3, waiting)
        self._say(f"   {_who(waiting)}, of table 1's list, is served at table 3 after {took * 1e3:.0f} ms")
        refused = self._scan_and_see(2, voter)
        self._say(f"   {_who(voter)} comes again, to table 2: “{_words(refused)}”")
        self._leave(at_2)

    def _back(self) -> None:
        place, at_2 = self._place, self._screens["table-2"]
        self._say("== Both have power again: table 1's clerk is asked about the green light first")
        place.secretary.start()
        place.table(1).start()
        with place.table(1).screen() as at_1:
            asked = at_1.showing(s.Unresolved)
            self._say(f"   table 1: “{asked.content.headline}” – yes")
            at_1.touch("yes")
            at_1.showing(s.Ready)
            self._say("   it has caught up, and serves voters of every list")
            chair = place.chair(at_2, place.table(2))
            chair.give(1, "T1")
            chair.leave()
            self._say("== Table 2 gives list 1 back; table 1 decides about its own voters again")
            self._serve_at(at_1, place.table(1), self._next(1))

    def _broker_dies(self) -> None:
        self._say("== The first broker is killed: the second carries everything")
        self._place.brokers[0].stop()
        for book in (1, 2, 3):
            took = self._serve(3 if book != 3 else 2, self._next(book))
            self._say(f"   a voter of list {book} is served after {took * 1e3:.0f} ms")
        self._place.brokers[0].start()
        self._say("== It comes back, and the second is killed")
        self._place.await_brokers()
        self._place.brokers[1].stop()
        for book in (1, 2, 3):
            took = self._serve(3 if book != 3 else 2, self._next(book))
            self._say(f"   a voter of list {book} is served after {took * 1e3:.0f} ms")
        self._place.brokers[1].start()

    def _nobody_twice(self) -> None:
        voter = self._next(3)
        self._serve(2, voter)
        refused = self._scan_and_see(3, voter)
        self._place.table(3).await_picture("refused")
        self._say(f"== {_who(voter)}, served at table 2, comes to table 3 again: “{_words(refused)}”")
        self._leave(self._screens["table-3"])
        self._leave(self._screens["table-2"])

    # --- the steps ---

    def _next(self, book: int) -> Voter:
        voter = next(self._fresh[book], None)
        if voter is None:
            raise StoryError(f"the list has no voter left for table {book}: make it longer with --voters")
        return voter

    def _serve(self, table: int, voter: Voter) -> float:
        return self._serve_at(self._screens[f"table-{table}"], self._place.table(table), voter)

    def _serve_at(self, screen: ScreenClient, node: SimulatedNode, voter: Voter) -> float:
        """Serve a voter; returns the seconds from approval to green."""
        self._scan_at(screen, node, voter, s.VoterShown)
        started = time.perf_counter()
        screen.touch("approve")
        end = screen.showing(s.Green, s.Kind.REFUSED)
        took = time.perf_counter() - started
        if not isinstance(end.content, s.Green):
            raise StoryError(f"{_who(voter)} should be served at {node.name}, and is refused: {_words(end)}")
        return took

    def _scan_at(self, screen: ScreenClient, node: SimulatedNode, voter: Voter, *kinds: type | s.Kind) -> s.Screen:
        """Scan a card until it leads to such a screen: the same card just scanned before is taken for the same scan."""
        self._leave(screen)
        for _ in range(_SCANS):
            node.scanner.scan(self._place.card(voter.number))
            with suppress(NoScreenError):
                return screen.until(lambda shown: s.shows(shown.content, *kinds) and _is_of(shown, voter), _IMPATIENT_S)
            self._leave(screen, but=kinds)
        raise StoryError(f"{_who(voter)} is scanned at {node.name}, and it does not show it")

    def _scan_and_see(self, table: int, voter: Voter) -> s.Screen:
        return self._scan_at(self._screens[f"table-{table}"], self._place.table(table), voter, s.Kind.REFUSED)

    def _leave(self, screen: ScreenClient, but: tuple[type | s.Kind, ...] = ()) -> None:
        """Leave a screen that has served, or one that a clerk has left standing, unless it is of a kind that has just come."""

        def has_served(shown: s.Screen) -> bool:
            return s.shows(shown.content, s.Green, s.Kind.REFUSED, s.VoterShown) and not s.shows(shown.content, *but)

        screen.catch_up()
        shown = screen.screen or screen.next()
        while has_served(shown):
            for button in shown.buttons():
                if button.touch in {"next", "cancel"}:
                    screen.touch(button.touch)
            with suppress(NoScreenError):
                screen.until(lambda now: not has_served(now), 1.0)
            shown = screen.screen or shown

    def _lines(self, screen: ScreenClient) -> list[str]:
        """What stands on the page where the stopped tables' cards are scanned again."""
        content = screen.until(lambda shown: any(button.touch == "pick again" for button in shown.buttons())).content
        return [f"{line.name}: {line.text}" for line in content.rows] if isinstance(content, s.Sheet) else []


def _is_of(screen: s.Screen, voter: Voter) -> bool:
    """Whether a screen is about this voter, or names none."""
    digits = "".join(filter(str.isdigit, getattr(screen.content, "number", "")))
    return not digits or int(digits) == voter.number


def _may_both(voter: Voter) -> bool:
    return voter.struck is None and len(voter.elections) == 2 and not voter.postal


def _who(voter: Voter) -> str:
    return f"voter {voter.number}"


def _words(screen: s.Screen) -> str:
    content = screen.content
    assert isinstance(content, s.Message)
    return ". ".join(filter(None, [content.headline, content.reason, content.remedy]))
