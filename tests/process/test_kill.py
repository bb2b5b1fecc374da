"""The node's process is killed at any moment of its work, and nothing that was shown green is lost, doubled or forgotten."""

import os
import subprocess
import threading
from contextlib import suppress
from random import Random

import pytest
from process_tools import differences, exported, may_vote, number_on, opened, verified

from kiosk.domain import screens as s
from kiosk.remote.screen_client import ScreenClient
from kiosk.simulated.clerk import SimulatedClerk, Visit
from kiosk.simulated.device import PATIENCE_S

SEED = int(os.environ.get("VALGBORD_SEED", "1"))
KILLS = 70
SERVED_PER_LIFE = 3  # most voters before the kill comes
LIFE_S = 0.15  # longest life after the table is ready, when it is the clock that kills


class Witness(ScreenClient):
    """A display's end of the socket that knows what was approved and what was seen, and kills the node at its moment."""

    def __init__(self, path, node, moment, after):
        self._node, self._moment, self._after = node, moment, after
        self._served = 0
        self.approved = None
        self.seen_green = []
        super().__init__(path, draws=True, patience_s=PATIENCE_S)

    def touch(self, touch, value="", how=""):
        if touch == "approve":
            self.approved = number_on(self.screen.content)
        super().touch(touch, value, how)
        if touch == "approve":
            self._reached("approve sent")

    def drawn(self):
        green = isinstance(self.screen.content, s.Green)
        if green:
            self.seen_green.append(number_on(self.screen.content))
            self._reached("green received")
        super().drawn()
        if green:
            self._reached("green drawn")
            self._served += 1

    def _reached(self, moment):
        if moment == self._moment and self._served >= int(self._after):
            kill_after(self._node, max(0.0, self._after % 1 - 0.5) * 0.008)  # at once, half of the time


def kill_after(node, seconds):
    """SIGKILL, so many seconds from now."""
    if seconds:
        with suppress(subprocess.TimeoutExpired):
            node.wait(seconds)
    node.kill()


def work_until_killed(table, client, rng, numbers, green):
    """Serve voters, some of whom were served before, until the node is gone."""
    clerk = SimulatedClerk(client, table.scanner.scan, table.voters, table.place, seed=rng.randrange(2**32))
    last = None
    with suppress(ConnectionError):
        while True:
            again = [number for number in green if number != last]
            last = rng.choice(again if again and rng.random() < 0.25 else numbers)
            clerk.serve(rng.choice([Visit.CARD, Visit.CARD, Visit.CARD, Visit.FORGOTTEN]), last)


@pytest.mark.long
@pytest.mark.timeout(700)
def test_a_node_killed_at_seventy_moments_loses_no_mark_and_serves_nobody_twice(make_table):
    """All that was shown green is in the log once, and after a kill the clerk is asked about nobody but the voter in doubt."""
    rng = Random(SEED)
    table = make_table(voters=3_000)
    opened(table)
    numbers = may_vote(table)
    green, asked_about, killed_asking = [], 0, 0
    approved, seen = None, False  # of the run before
    for _ in range(KILLS):
        moment = rng.choice(["starting", "clock", "approve sent", "approve sent", "green received", "green drawn"])
        with table.node() as node:
            if moment == "starting":
                kill_after(node, rng.uniform(0.1, 0.6))
                continue
            with Witness(table.socket, node, moment, rng.uniform(0, SERVED_PER_LIFE)) as client:
                first = client.next().content
                if isinstance(first, s.Unresolved):
                    asked_about += 1
                    assert number_on(first) == approved, f"the clerk was asked about another voter (seed {SEED})"
                    if moment == "clock":  # before the run has begun: the next one asks again
                        killed_asking += 1
                        kill_after(node, rng.uniform(0, LIFE_S))
                        node.wait()
                        continue
                    client.touch("yes" if seen else "no")
                    first = client.next().content
                assert isinstance(first, s.Ready), f"after at most one question the table serves (seed {SEED})"
                approved, seen = None, False
                if moment == "clock":
                    timer = threading.Timer(rng.uniform(0, LIFE_S), node.kill)
                    timer.start()
                work_until_killed(table, client, rng, numbers, green)
            node.wait()
            green += client.seen_green
            approved, seen = client.approved, client.approved in client.seen_green
    with table.node(), table.screen(draws=True) as client:
        if isinstance(client.next().content, s.Unresolved):
            assert number_on(client.screen.content) == approved
            client.touch("yes" if seen else "no")
            client.showing(s.Ready)
    print(f"{KILLS} kills, {len(green)} greens, {asked_about} questions, {killed_asking} of them unanswered")
    assert differences(green, exported(table)) == []
    assert verified(table)
    assert len(green) > KILLS / 2, "the clerk had work"
    assert asked_about > KILLS / 10, "many kills fell between the approval and its outcome"
    assert killed_asking, "some fell before the run began, while the clerk was asked"
