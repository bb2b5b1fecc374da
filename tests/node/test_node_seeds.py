"""A table under random hands: scans, touches, crashes and answers in any order. The oracle sees only screens and paper ballots.

A failure names its seed; the same seed plays the same day again.
"""

from dataclasses import replace
from random import Random

import pytest
from node_loop import DAY, KEYED, PIN, SETUP, Loop, card, keyed

from kiosk.domain import screens as s
from kiosk.node import Input, Overran, Scanned, ScannerSeen, Setup
from kiosk.sample import sample_voters

DAYS, STEPS, VOTERS = 12, 2_000, 150
# Postal votes in one election are rarer in a list than a short day needs.
LIST = {
    v.number: replace(v, postal=v.elections[:1]) if v.number % 9 == 0 else v
    for v in sample_voters(VOTERS, 3, SETUP.elections, (1,), DAY)
}
COLOURS = {"byråd": "byraad", "regionsråd": "region", "council": "byraad", "region": "region"}


class PaperBallotError(AssertionError):
    """A voter was handed the same ballot twice."""


def number_on(content: s.Green | s.Unresolved | s.BirthDate) -> int:
    """The voter number that a screen shows."""
    return int("".join(filter(str.isdigit, content.number)))


class World:
    """The clerk, the voters and the display: what they see and do. Knows nothing of the node but its screens."""

    def __init__(self, seed: int, setup: Setup) -> None:
        self.random = Random(seed)
        self.loop = Loop(setup, find=LIST.get)
        self.seen: s.Screen | None = None  # the last screen that was really drawn
        self.handed_under = 0  # the light under which ballots were handed out last
        self.handed: dict[int, set[str]] = {number: set() for number in LIST}
        self.greens = self.crashes = self.answers = 0

    # --- seeing ---

    def look(self) -> None:
        """The display draws the newest screen, most of the time."""
        if self.random.random() < 0.1:
            return
        self.seen = self.loop.screen
        light = self.light()
        if light and light != self.handed_under:
            self.hand_out(self.seen.content)
            self.handed_under = light

    def light(self) -> int:
        """Which green light is on, by the number of its first screen; 0 if none: one shown anew is still the same light."""
        first = 0
        for screen in reversed(self.loop.screens):
            if not isinstance(screen.content, s.Green) or number_on(screen.content) != number_on(self.loop.screen.content):
                break
            first = screen.number
        return first

    def hand_out(self, content: s.Green) -> None:
        out = self.handed[number_on(content)]
        for ballot in content.ballots:
            election = COLOURS[ballot.election]
            if not ballot.withheld:
                if election in out:
                    raise PaperBallotError(f"{content.name} got {election} twice")
                out.add(election)
        self.greens += 1

    # --- doing ---

    def step(self) -> None:
        act = self.random.choices([self.scans, self.touches, self.draws, self.waits, self.crash], [30, 40, 20, 6, 4])[0]
        act()
        self.look()

    def scans(self) -> None:
        self.loop.put(*(self.scan() for _ in range(self.random.choice([1, 1, 1, 2, 3]))))

    def scan(self) -> Input:
        kind = self.random.random()
        if kind < 0.85:
            return Scanned(card(self.random.choice(list(LIST))))
        return self.random.choice([Scanned("stray"), Scanned(card(7, "4702")), Overran(), ScannerSeen(kind < 0.9)])

    def touches(self) -> None:
        """Mostly on the screen that is seen, mostly what it offers; sometimes twice, late or at random."""
        if self.seen is None:
            return
        touch = self.touch(self.seen)
        late = self.random.choice(self.loop.screens).number if self.random.random() < 0.1 else touch.screen
        inputs: list[Input] = [s.Touch(late, touch.touch, touch.value, touch.how)]
        if self.random.random() < 0.2:
            inputs.append(inputs[0])
        if self.random.random() < 0.2:
            inputs.insert(self.random.randrange(2), self.scan())
        if touch.touch in ("yes", "no"):
            self.answers += 1
        self.loop.put(*inputs)

    def touch(self, seen: s.Screen) -> s.Touch:
        content, random = seen.content, self.random
        if isinstance(content, s.Unresolved):  # the one thing that the clerk never gets wrong
            out = self.handed[number_on(content)]
            asked = {COLOURS[ballot.election] for ballot in content.ballots}
            assert asked <= out or not asked & out
            return s.Touch(seen.number, "yes" if asked <= out else "no")
        items = content.items if isinstance(content, s.Menu) else ()
        offered = [button.touch for button in (seen.left, seen.right, seen.right, *items) if button is not None]
        word = random.choice(offered or ["next"])
        value = ""
        if word == "number":
            value = str(random.choice(list(LIST)))
        elif word == "pin":
            value = PIN if random.random() < 0.8 else "000000"
        elif isinstance(content, s.BirthDate):
            value = self.date(content)
        return s.Touch(seen.number, word, value, random.choice(["", "spoken", "known"] if random.random() < 0.1 else [""]))

    def date(self, content: s.BirthDate) -> str:
        born = LIST[number_on(content)].born
        return keyed(born) if self.random.random() < 0.8 else "01012000"

    def draws(self) -> None:
        if self.seen is not None:
            self.loop.put(s.Drawn(self.seen.number))

    def waits(self) -> None:
        self.loop.wait(self.random.choice([10, 900, 1_100, 15_000, 150_000]))

    def crash(self) -> None:
        """The table stops: idle, or in the middle of a turn, before or after what it wrote was on disk."""
        if self.seen is not None and self.random.random() < 0.7:
            touch = self.touch(self.seen)
            batch = self.loop.node.take([touch, s.Drawn(self.seen.number)], self.loop.now)
            if self.random.random() < 0.5:
                self.loop.commit(batch)
        rebooted = self.random.random() < 0.3
        self.loop = self.loop.restarted(mono_ms=50 if rebooted else self.loop.mono_ms + 5)
        self.seen, self.handed_under = None, 0
        self.crashes += 1

    # --- the end of the day ---

    def settle(self) -> None:
        """The clerk answers what is asked, and everybody who has no ballots yet comes once more."""
        self.loop = self.loop.restarted()
        self.seen = self.loop.screen
        while isinstance(self.seen.content, s.Unresolved):
            self.loop.put(self.touch(self.seen))
            self.seen = self.loop.screen
        if self.loop.shown == "NotReady":
            self.loop.opened()
        if self.loop.shown == "Closed":
            self.loop.chair("reopen_table")
        for number, voter in LIST.items():
            self.loop.scan(number)
            if self.loop.shown in ("VoterShown", "BirthDate"):
                self.loop.touch("approve", keyed(voter.born))
                assert self.loop.shown == "Green"
                self.hand_out(self.loop.screen.content)
                self.loop.draw()
            if self.loop.shown != "Ready":
                self.loop.touch("next")


def test_nobody_is_handed_a_ballot_twice() -> None:
    """Over days of random hands and crashes no ballot is handed out twice, and in the end everybody has exactly their own."""
    greens = crashes = answers = 0
    for seed in range(DAYS):
        world = World(seed, KEYED if seed % 2 else SETUP)
        try:
            for _ in range(STEPS):
                world.step()
            world.settle()
            check_the_end(world)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error
        greens, crashes, answers = greens + world.greens, crashes + world.crashes, answers + world.answers
    assert min(greens, crashes, answers) > 50, "the days were too quiet to show anything"


def check_the_end(world: World) -> None:
    """What is on paper is what is in the log, and everybody has the ballots that the list gives them."""
    for number, voter in LIST.items():
        due = {election for election in voter.elections if election not in voter.postal} if voter.struck is None else set()
        assert world.handed[number] == due, voter
        marked = [election for mark in world.loop.node.ledger.marks(number) for election in mark.elections]
        assert sorted(marked) == sorted(due), voter
    total = world.loop.node.ledger.totals.issued
    assert total == {election: sum(election in out for out in world.handed.values()) for election in SETUP.elections}


@pytest.mark.parametrize("lie", ["yes", "no"])
def test_the_oracle_sees_a_lie(lie: str) -> None:
    """The oracle of these days is not blind: a false answer after a crash makes a ballot too many or one too few."""
    number = next(n for n, v in LIST.items() if v.struck is None and not v.postal)
    world = World(0, SETUP)
    world.loop.opened().scan(number).touch("approve")
    if lie == "no":
        world.hand_out(world.loop.screen.content)
    world.loop = world.loop.restarted().touch(lie)
    if lie == "no":
        with pytest.raises(PaperBallotError):
            world.settle()
    else:
        world.settle()
        assert world.handed[number] == set()
