"""Whom the oracle lets be harmed, and why: what the protocol rests on was not so, and it concerns this voter.

A false attestation concerns the voters of the book that it takes, a disk's old copy that wrote on those of the books that it
held or that asked there, a card that was not scanned its own voter. A signed liar may do what it likes with the books that it
has ever held, and at its own table; no other voter is excused.
"""

from typing import TYPE_CHECKING

from tests.simulation.own_fold import Entry, OwnFold
from tests.simulation.world import Machine

if TYPE_CHECKING:
    from tests.simulation.oracle import Light, Oracle


class Excuses:
    """Of one day."""

    def __init__(self, oracle: "Oracle") -> None:
        self._oracle = oracle
        self._falsely: set[int] = set()  # books taken on a false attestation; 0: the register, and so all

    def written(self, machine: Machine, entry: Entry) -> None:
        """Compare what is attested with what is so."""
        if entry.kind == "seal" and machine.origin != self._oracle.liar:
            machines = self._oracle.world.machines
            known = [machines[origin] for origin in entry.body["stopped"] if origin in machines]
            if any(one.up and not one.node.is_locked for one in known):
                self._falsely.add(entry.body["book"])
                self._oracle.counts.add("attested falsely")

    def of(self, voter: int) -> str:
        """Why this voter may be given two ballots, or lose a mark; "" where nothing excuses it."""
        oracle = self._oracle
        book = oracle.world.voters[voter].book
        if self._falsely & {0, book}:
            return "a false attestation"
        if any(number == voter for number, _ in oracle.unscanned):
            return "a card that was not scanned"
        if oracle.forks_excused and oracle.has_fork and self._is_of_a_fork(voter, book):
            return "a disk's old copy wrote on, unnoticed"
        if oracle.liar and oracle.liar in self._held(oracle.fold_of_all(), book):
            return "a liar held the book"
        return ""

    def of_lights(self, *lights: "Light") -> str:
        """Why these greens don't count."""
        return "a liar's own table" if any(light.table == self._oracle.liar for light in lights) else ""

    def _is_of_a_fork(self, voter: int, book: int) -> bool:
        forked = {origin for (origin, _), versions in self._oracle.written_by.items() if len(versions) > 1}
        fold = self._oracle.fold_of_all()
        asked = {e.origin for e in fold.all("request") if e.body["voter"] == voter}
        return bool(forked & (asked | self._held(fold, book)))

    @staticmethod
    def _held(fold: OwnFold, book: int) -> set[str]:
        """Who has held the book, or the register, by which any book is taken."""
        return fold.ever_held(book) | fold.ever_held(0)
