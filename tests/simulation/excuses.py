"""Whom the oracle lets be harmed, and why: what the protocol rests on was not so, and it concerns this voter.

A false attestation concerns the voters of the book that it takes, and those who asked at a table that was not stopped; a disk's
old copy that wrote on those of the books that it held, or who asked there; a card that was not scanned, or an undo on a false
word, its own voter. A signed liar may do what it likes with the books that it has ever held, and at its own table; no other
voter is excused. Where the secretary's or the assistant's device lies, no more is asked than that all say the same (S3).
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
        self._misled: set[int] = set()  # voters who got ballots, and of whom the secretary has said that they did not
        self._not_stopped: set[str] = set()  # who was attested as stopped and was not

    def written(self, machine: Machine, entry: Entry) -> None:
        """Compare what is attested with what is so."""
        body = entry.body
        is_undo = entry.kind == "request" and body["op"] == "undo" and not body["handed_out"]
        if is_undo and machine.origin != self._oracle.liar and body["target"] in {one.request for one in self._oracle.lights}:
            self._misled.add(body["voter"])
        if entry.kind == "seal" and machine.origin != self._oracle.liar:
            machines = self._oracle.world.machines
            known = [machines[origin] for origin in entry.body["stopped"] if origin in machines]
            if wrong := {one.origin for one in known if one.up and not one.node.is_locked}:
                self._falsely.add(entry.body["book"])
                self._not_stopped |= wrong
                self._oracle.counts.add("attested falsely")

    def of(self, voter: int) -> str:
        """Why this voter may be given two ballots, or lose a mark; "" where nothing excuses it."""
        oracle = self._oracle
        book = oracle.world.voters[voter].book
        if oracle.is_liar_ruling:
            return "a liar may take any book"
        if self._falsely & {0, book} or (self._not_stopped and self._not_stopped & self._asked(oracle.fold_of_all(), voter)):
            return "a false attestation"
        if voter in self._misled:
            return "an undo on a false word"
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
        return bool(forked & (self._asked(fold, voter) | self._held(fold, book)))

    @staticmethod
    def _asked(fold: OwnFold, voter: int) -> set[str]:
        """At which tables the voter was."""
        return {e.origin for e in fold.all("request") if e.body["voter"] == voter}

    @staticmethod
    def _held(fold: OwnFold, book: int) -> set[str]:
        """Who has held the book, or the register, by which any book is taken."""
        return fold.ever_held(book) | fold.ever_held(0)
