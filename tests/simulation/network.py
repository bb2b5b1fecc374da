"""The simulated network: two brokers, and every way in which a message can get lost, late, doubled or changed.

A way is (sender, receiver, kind), two machines, with "*" for any: what is sent on a blocked way is lost, and on a held way it
waits until it is let go. Kinds are `log` (entries as they are committed), `give`, `want`, `ask` and `head`.
"""

import heapq
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from kiosk.node import Suspect
from kiosk.sync import messages as wire
from tests import made_up
from tests.simulation import tampering

if TYPE_CHECKING:
    from tests.simulation.world import Machine

BROKERS = (0, 1)
Way = tuple[str, str, str]


@dataclass(slots=True)
class Faults:
    """How bad the network is, as chances; `meddle`: that a stranger changes what is on its way."""

    loss: float = 0.0
    delay: float = 0.0
    repeat: float = 0.0
    meddle: float = 0.0


@dataclass(slots=True)
class Meddled:
    """A message that a stranger has changed."""

    message: object


class Network:
    """What travels. `cut_out` and `cut_in` name who can't send to, or receive from, which broker."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.mono = 1_000
        self.faults = Faults()
        self.machines: dict[str, Machine] = {}
        self.cut_out: set[tuple[str, int]] = set()
        self.cut_in: set[tuple[str, int]] = set()
        self.brokers_down: set[int] = set()
        self.blocked: set[Way] = set()
        self.holding: set[Way] = set()
        self.held: list[tuple[str, str, object]] = []
        self.queue: list[tuple[int, int, str, str, object]] = []
        self.sent = self.meddled = 0
        self._verify = made_up.keys("").verify

    def heal_network(self) -> None:
        """Nothing is lost, late or changed from now on."""
        self.faults = Faults()
        for broken in (self.cut_in, self.cut_out, self.brokers_down, self.blocked):
            broken.clear()
        self.let_go()

    def let_go(self) -> None:
        """What was held on its way arrives now."""
        self.holding.clear()
        held, self.held = self.held, []
        for to, device, message in held:
            self.arrive(to, device, message, 1)

    def post(self, machine: "Machine", to: str | None, payload: bytes, kind: str) -> None:
        """Publish a payload through every broker that the machine reaches, for one device or for all."""
        sender, device = machine.name, machine.device
        ways = [b for b in BROKERS if b not in self.brokers_down and (sender, b) not in self.cut_out]
        if not ways:
            return
        self.sent += 1
        message = _READ[kind](payload, device, self._verify)
        faults, random = self.faults, self.rng.random
        for other in [m.name for m in self.machines.values() if m is not machine and to in (None, m.device)]:
            through = ways if not self.cut_in else [b for b in ways if (other, b) not in self.cut_in]
            if not through or (faults.loss and random() < faults.loss):
                continue
            if self.blocked and _is_on(self.blocked, sender, other, kind):
                continue
            delay = 1 + int(random() * 3)
            if faults.delay and random() < faults.delay:
                delay += int(random() ** 3 * 4_000)
            if faults.meddle and random() < faults.meddle:
                self._meddle(other, device, payload, kind, delay)
            if self.holding and _is_on(self.holding, sender, other, kind):
                self.held.append((other, device, message))
                continue
            self.arrive(other, device, message, delay)
            if len(through) > 1 and faults.repeat and random() < faults.repeat:
                self.arrive(other, device, message, delay + 1 + int(random() ** 2 * 3_000))

    def _meddle(self, to: str, sender: str, payload: bytes, kind: str, delay: int) -> None:
        """A stranger's version of a message arrives too; what the edge refuses comes in as a suspicion, as from the link."""
        changed = tampering.changed(payload, kind, self.rng)
        if changed is None:
            return
        self.meddled += 1
        try:
            message = _READ[kind](changed, sender, self._verify)
        except wire.MessageError as error:
            message = Suspect(sender, error.kind, str(error), changed)
        self.arrive(to, sender, Meddled(message), max(1, delay - 1))

    def arrive(self, to: str, sender: str, message: object, delay: int) -> None:
        """Something will come to a machine after a delay, ms."""
        self.sent += 1
        heapq.heappush(self.queue, (self.mono + delay, self.sent, to, sender, message))


def _is_on(ways: set[Way], sender: str, to: str, kind: str) -> bool:
    return any((s, r, k) in ways for s in (sender, "*") for r in (to, "*") for k in (kind, "*"))


def _read_batch(payload: bytes, _sender: str, _verify: object) -> object:
    return wire.read_batch(payload)


_READ = {
    "log": _read_batch,
    "give": _read_batch,
    "ask": wire.read_ask,
    "want": lambda payload, _sender, _verify: wire.read_want(payload),
    "head": wire.read_head,
}
