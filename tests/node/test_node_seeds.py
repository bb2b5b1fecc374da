"""A table under random hands: scans, touches, crashes and answers in any order. The oracle sees screens, paper ballots, and
whom the log says the chair released.

A failure names its seed; the same seed plays the same day again.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from node_loop import DAY, KEYED, PIN, SETUP, WRONG, Loop, card, keyed

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.node import Commit, Input, Overran, Scanned, ScannerSeen, Setup
from kiosk.simulated.voters import sample_voters

DAYS, STEPS, VOTERS = 24, 2_000, 150
# Postal votes in one election are rarer in a list than a short day needs.
LIST = {
    v.number: replace(v, postal=v.elections[:1]) if v.number % 9 == 0 else v
    for v in sample_voters(VOTERS, 3, SETUP.elections, (1,), DAY)
}
MODES = ([SETUP], [KEYED], [SETUP, KEYED])  # the last is a plan that is changed in the middle of the day
COLOURS = {"byråd": "byraad", "regionsråd": "region", "council": "byraad", "region": "region"}


class PaperBallotError(AssertionError):
    """A voter was handed the same ballot twice."""


class ReferralError(AssertionError):
    """A voter was shown who is referred, or got more or fewer than three tries."""


def number_on(content: s.Green | s.Unresolved | s.VoterShown | s.BirthDate | s.Message) -> int:
    """The voter number that a screen shows."""
    return int("".join(filter(str.isdigit, content.number)))


class World:
    """The clerk, the voters and the display: what they see and do. Knows nothing of the node but its screens."""

    def __init__(self, seed: int, modes: Sequence[Setup]) -> None:
        self.random = Random(seed)
        self.modes = modes
        self.loop = Loop(modes[0], find=LIST.get).opened()
        self.seen: s.Screen | None = None  # the last screen that was really drawn
        self.handed_under = 0  # the light under which ballots were handed out last
        self.handed: dict[int, set[str]] = {number: set() for number in LIST}
        self.greens = self.crashes = self.answers = 0
        self.referred: set[int] = set()
        self.tries: dict[int, int] = {}  # used, by what the screens of this run said last
        self.unsaid: Counter[int] = Counter()  # used perhaps, where a card scanned at once hid the notice of it
        self.on_referral = 0  # the voter on the last screen of a referral
        self.right_pins = self.referrals = self.releases = 0
        self.entries_seen = self.screens_seen = 0

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

    def follow(self) -> None:
        """Who is referred, who was released and how many tries they used: what is new on the disk, then on the screens."""
        self.follow_disk()
        for screen in self.loop.screens[self.screens_seen :]:
            self.screens_seen += 1
            self.follow_screen(screen.content)

    def follow_disk(self) -> None:
        for body in self.loop.bodies()[self.entries_seen :]:
            self.entries_seen += 1
            if isinstance(body, e.Referred):
                used = self.tries.get(body.voter, 0)
                if not used <= 2 <= used + self.unsaid[body.voter]:
                    raise ReferralError(f"{body} after {used} tries and one")
                self.referred.add(body.voter)
                self.referrals += 1
            elif isinstance(body, e.Released):
                self.releases += 1
                if body.voter != self.on_referral or self.releases > self.right_pins:
                    raise ReferralError(f"{body}, and the chair saw {self.on_referral}")
                self.referred.remove(body.voter)
                self.tries[body.voter] = self.unsaid[body.voter] = 0

    def follow_screen(self, content: s.Content) -> None:
        if s.shows(content, s.Kind.REFERRED):
            self.on_referral = number_on(content)
            if self.on_referral not in self.referred:
                raise ReferralError(f"{self.on_referral} is not referred")
        elif isinstance(content, s.VoterShown | s.BirthDate | s.Green):
            number = number_on(content)
            if number in self.referred:
                raise ReferralError(f"{type(content).__name__} of {number}, who is referred")
            if isinstance(content, s.BirthDate):
                self.count_tries(number, content.notice)

    def count_tries(self, number: int, notice: str) -> None:
        said, before = re.search(r"(\d) (?:af|of) 3", notice), self.tries.get(number, 0)
        if (said and not before <= int(said[1]) <= before + 1 + self.unsaid[number]) or (not notice and before):
            raise ReferralError(f"{number} has used {before} tries, and the screen says {notice!r}")
        if said or not notice:
            self.tries[number], self.unsaid[number] = int(said[1]) if said else 0, 0

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
        self.follow()
        self.look()

    def scans(self) -> None:
        self.loop.put(*(self.scan() for _ in range(self.random.choice([1, 1, 1, 2, 3]))))

    def scan(self) -> Input:
        kind = self.random.random()
        if kind < 0.85:
            comes_again = self.due_again() if self.random.random() < 0.2 else []
            return Scanned(card(self.random.choice(comes_again or list(LIST))))
        return self.random.choice([Scanned("stray"), Scanned(card(7, "4702")), Overran(), ScannerSeen(kind < 0.9)])

    def due_again(self) -> list[int]:
        """Who is referred, or has given a wrong date, and comes back for another try."""
        return sorted(self.referred | {number for number, used in self.tries.items() if used})

    def touches(self) -> None:
        """Mostly on the screen that is seen, mostly what it offers; sometimes twice, late or at random."""
        if self.seen is None:
            return
        touch = self.touch(self.seen)
        late = self.random.choice(self.loop.screens).asks if self.random.random() < 0.1 else touch.asks
        inputs: list[Input] = [s.Touch(late, touch.touch, touch.values)]
        if self.random.random() < 0.2:
            inputs.append(inputs[0])
        if self.random.random() < 0.2:
            inputs.insert(self.random.randrange(2), self.scan())
            if isinstance(self.loop.screen.content, s.BirthDate):
                self.unsaid[number_on(self.loop.screen.content)] += 1
        if touch.touch in ("yes", "no"):
            self.answers += 1
        self.loop.put(*inputs)

    def touch(self, seen: s.Screen) -> s.Touch:
        content, random = seen.content, self.random
        if isinstance(content, s.Unresolved):  # the one thing that the clerk never gets wrong
            out = self.handed[number_on(content)]
            asked = {COLOURS[ballot.election] for ballot in content.ballots}
            assert asked <= out or not asked & out
            return s.Touch(seen.asks, "yes" if asked <= out else "no")
        items = content.buttons() if seen.kind == "Menu" else ()
        offered = [button.touch for button in (seen.left, seen.right, seen.right, *items) if button is not None]
        word = random.choice(offered or ["next"])
        value = ""
        if word == "number":
            value = str(random.choice(list(LIST)))
        elif word == "pin":
            value = PIN if random.random() < 0.8 else "000000"
            self.right_pins += value == PIN
        elif isinstance(content, s.BirthDate):
            value = self.date(content)
        return s.touched(seen, word, value, random.choice(["", "spoken", "known"] if random.random() < 0.1 else [""]))

    def date(self, content: s.BirthDate) -> str:
        """The date that the voter says: one in three voters has it wrong nearly always."""
        number = number_on(content)
        return keyed(LIST[number].born) if self.random.random() < (0.1 if number % 3 == 0 else 0.8) else WRONG

    def draws(self) -> None:
        if self.seen is not None:
            self.loop.put(s.Drawn(self.seen.number))

    def waits(self) -> None:
        self.loop.wait(self.random.choice([10, 900, 1_100, 15_000, 150_000]))

    def crash(self) -> None:
        """The table stops: idle, or in the middle of a turn, before or after what it wrote was on disk."""
        if self.seen is not None and self.random.random() < 0.7:
            touch = self.touch(self.seen)
            steps = self.loop.take(touch, s.Drawn(self.seen.number))
            if self.random.random() < 0.5:
                self.loop.write(next(step for step in steps if isinstance(step, Commit)).rows)
        rebooted = self.random.random() < 0.3
        setup = self.random.choice(self.modes)
        self.loop = self.loop.restarted(setup=setup, mono_ms=50 if rebooted else self.loop.mono_ms + 5)
        self.began()
        self.crashes += 1

    def began(self) -> None:
        """A new run: nothing is seen yet, and nobody has used a try below the third."""
        self.follow_disk()
        self.seen, self.handed_under, self.screens_seen = None, 0, 0
        self.tries.clear()
        self.unsaid.clear()

    # --- the end of the day ---

    def settle(self) -> None:
        """The clerk answers what is asked, the chair releases who is referred, and who has no ballots yet comes once more."""
        self.loop = self.loop.restarted()
        self.began()
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
            if self.loop.shown == "Referred":
                self.follow()
                self.loop.release()
                self.right_pins += 1
                self.loop.scan(number)
                assert self.loop.shown in ("VoterShown", "BirthDate")
            self.follow()
            if self.loop.shown in ("VoterShown", "BirthDate"):
                self.loop.touch("approve", keyed(voter.born))
                assert self.loop.shown == "Green"
                self.hand_out(self.loop.screen.content)
                self.loop.draw()
            if self.loop.shown != "Ready":
                self.loop.touch("next")


@pytest.mark.long
@pytest.mark.timeout(700)
def test_nobody_is_handed_a_ballot_twice() -> None:
    """Over days of random hands and crashes no ballot is handed out twice, who is referred gets none before the chair
    releases them, and in the end everybody has exactly their own.
    """
    seen = Counter()
    for seed in range(DAYS):
        world = World(seed, MODES[seed % 3])
        try:
            for _ in range(STEPS):
                world.step()
            seen["releases under way"] += world.releases
            world.settle()
            check_the_end(world)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error
        seen.update({what: getattr(world, what) for what in ("greens", "crashes", "answers", "referrals", "releases")})
    assert min(seen.values()) > 50, f"the days were too quiet to show anything: {seen}"


def check_the_end(world: World) -> None:
    """What is on paper is what is in the log, and everybody has the ballots that the list gives them."""
    for number, voter in LIST.items():
        due = {election for election in voter.elections if election not in voter.postal} if voter.struck is None else set()
        assert world.handed[number] == due, voter
        marked = [election for mark in world.loop.node.ledger.marks(number) for election in mark.elections]
        assert sorted(marked) == sorted(due), voter
    assert not world.referred & {number for number, out in world.handed.items() if out}
    assert not [n for n in LIST if bool(world.loop.node.ledger.referrals(n)) != (n in world.referred)]
    total = world.loop.node.ledger.totals().issued
    assert total == {election: sum(election in out for out in world.handed.values()) for election in SETUP.elections}


@pytest.mark.parametrize("lie", ["yes", "no"])
def test_the_oracle_sees_a_lie(lie: str) -> None:
    """The oracle of these days is not blind: a false answer after a crash makes a ballot too many or one too few."""
    number = next(n for n, v in LIST.items() if v.struck is None and not v.postal)
    world = World(0, [SETUP])
    world.loop.scan(number).touch("approve")
    if lie == "no":
        world.hand_out(world.loop.screen.content)
    world.loop = world.loop.restarted().touch(lie)
    if lie == "no":
        with pytest.raises(PaperBallotError):
            world.settle()
    else:
        world.settle()
        assert world.handed[number] == set()
