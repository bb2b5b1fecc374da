"""Whom the oracle lets be harmed, and why: what the protocol rests on was not so, and it concerns this voter.

A false word of the chair concerns the voters of the books that the falsely named devices have held, and those who asked there;
a card that was not scanned, or an undo on a false word, its own voter. Of what remains (kiosk/PROTOCOL.md) an old card whose
only witness was named or excused, and two cards at once of which one was excused or an island, concern the books of that
device. A signed liar may do what it likes with the books that it has ever held, and at its own table, and as the secretary's or
the assistant's have any mark undone; no other voter is excused. Once the chair has keyed a code at the liar's device, no more
is asked than that all say the same (S3).
"""

from typing import TYPE_CHECKING

from tests.simulation.own_fold import Entry, OwnFold, device_of
from tests.simulation.world import Machine

if TYPE_CHECKING:
    from tests.simulation.oracle import Light, Oracle

_GIVEN_UP = "two cards with one key: one gave up what the other waits for"


class Excuses:
    """Of one day."""

    def __init__(self, oracle: "Oracle") -> None:
        self._oracle = oracle
        self._falsely: dict[str, str] = {}  # devices of which something was attested that is not so, and what
        self._misled: dict[int, str] = {}  # voters of whom it was said that they got no ballots, though they did or still may
        self._held: dict[int, set[str]] = {}  # by book: the devices that have ever held it

    def written(self, machine: Machine, entry: Entry) -> None:
        """Compare what is attested with what is so."""
        body, liar = entry.body, self._oracle.liar
        if machine.device == liar:
            return
        is_undo = entry.kind == "request" and body["op"] == "undo" and not body["handed_out"]
        if is_undo and body["target"] in {one.request for one in self._oracle.lights}:
            self._misled[body["voter"]] = "an undo on a false word"
        if is_undo and self._is_two(device_of(body["target"])):
            self._misled[body["voter"]] = _GIVEN_UP
        if entry.kind == "start" and self._is_two(machine.device):
            made = self._oracle.fold_of(machine).requests
            self._misled.update((made[request].body["voter"], _GIVEN_UP) for request in body["withdrawn"] if request in made)
        machines = self._oracle.world.machines.values()
        if entry.kind == "stop":
            for one in machines:
                if one.device in body["named"] and not one.is_off:
                    self._say_false(one.device, "a false attestation")
        if entry.kind == "stop" or (entry.kind == "excused" and machine.old):
            self._look_for_witness(machine, set(body["named" if entry.kind == "stop" else "devices"]))
        if self._is_two(machine.device) and (entry.kind in ("excused", "stop") or (entry.kind == "island" and body["on"])):
            self._say_false(machine.device, "two cards with one key")

    def _is_two(self, device: str) -> bool:
        return len(self._oracle.world.cards_of(device)) > 1

    def _say_false(self, device: str, what: str) -> None:
        self._falsely[device] = what
        self._oracle.counts.add(f"harmed: {what}")

    def _look_for_witness(self, machine: Machine, silent: set[str]) -> None:
        """Whether a device that need not be heard alone knows more of an old card's log than is known here."""
        for old in [one for one in self._oracle.world.machines.values() if one.old]:
            log = {run: seq for run, seq in self._oracle.written_to.items() if device_of(run) == old.device}
            for one in self._oracle.world.machines.values():
                knows_more = any(machine.vector.get(run, 0) < one.vector.get(run, 0) for run in log)
                if one.device in silent and one is not old and knows_more:
                    self._say_false(old.device, "an old card, and its witness was not heard")

    def of(self, voter: int) -> str:
        """Why this voter may be given two ballots, or lose a mark; "" where nothing excuses it."""
        oracle = self._oracle
        book = oracle.world.voters[voter].book
        if oracle.is_liar_ruling:
            return "a code was used at a liar"
        if voter in self._misled:
            return self._misled[voter]
        if any(number == voter for number, _ in oracle.unscanned):
            return "a card that was not scanned"
        if not self._falsely and not oracle.liar:
            return ""
        fold = oracle.fold_of_all()
        held = self.ever_held(fold, book)
        harmed = self._falsely.keys() & (held | self._asked(fold, voter))
        if harmed:
            return self._falsely[min(harmed)]
        return (
            "a liar held the book" if oracle.liar in held else "a liar's undo" if self._is_undone_by_liar(fold, voter) else ""
        )

    def of_lights(self, *lights: "Light") -> str:
        """Why these greens don't count."""
        return "a liar's own table" if any(light.table == self._oracle.liar for light in lights) else ""

    def is_liars(self, voter: int) -> bool:
        """Whether a liar may turn a voter away: its book was the liar's once."""
        oracle = self._oracle
        if not oracle.liar or oracle.is_liar_ruling:
            return bool(oracle.liar)
        fold = oracle.fold_of_all()
        return oracle.liar in self.ever_held(fold, oracle.world.voters[voter].book) or self._is_undone_by_liar(fold, voter)

    def _is_undone_by_liar(self, fold: OwnFold, voter: int) -> bool:
        """Whether the secretary's or the assistant's device, in wrong hands, has had a mark of the voter undone."""
        undone = [id_ for id_, made in fold.requests.items() if made.body["op"] == "undo" and made.body["voter"] == voter]
        return any(device_of(id_) == self._oracle.liar and fold.outcome(id_) == "granted" for id_ in undone)

    def ever_held(self, fold: OwnFold, book: int) -> set[str]:
        """The devices that hold a book, or have ever held it, or were given it."""
        if book not in fold.chains:
            return set()
        gives = [e for e in fold.all("give") if e.body["book"] == book and e.device != self._oracle.liar]
        return self._held.setdefault(book, set()) | fold.devices_of(book) | {device_of(e.body["to"]) for e in gives}

    def remember(self, fold: OwnFold) -> None:
        """A book has moved: a step may be taken back later, and yet somebody has gone by it."""
        for book in fold.chains:
            self._held.setdefault(book, set()).update(fold.devices_of(book))

    @staticmethod
    def _asked(fold: OwnFold, voter: int) -> set[str]:
        """At which tables the voter was."""
        return {e.device for e in fold.all("request") if e.body["voter"] == voter}
