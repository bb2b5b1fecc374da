"""One whole table on this machine, with made-up voters: a place of its own, made as a technician makes it."""

import shutil
from pathlib import Path

import msgspec

from kiosk.domain.voters import Voter
from kiosk.simulated.device import SimulatedDevice
from kiosk.simulated.plan import plan_text
from kiosk.simulated.voters import sample_voters, write_list
from kiosk.trust.bundle import Bundle, provision


class SimulatedTable(SimulatedDevice):
    """A table in `folder`, the only node of its place; the programs' output goes to `logs`."""

    def __init__(self, folder: Path, logs: Path) -> None:
        super().__init__(folder, "table-1", folder / "bundles" / "table-1", logs)
        self.folder = folder
        self.plan, self.list = folder / "plan.toml", folder / "voters.csv"
        self.pin = ""
        self.chair_codes: dict[int, str] = {}
        self._next_codes = iter(self.chair_codes.values())
        self.voters: list[Voter] = []

    @property
    def place(self) -> str:
        """The code on this place's polling cards."""
        return Bundle.load(self.bundle).plan.place.code

    @property
    def realm(self) -> str:
        """The place, and that it is an exercise."""
        return Bundle.load(self.bundle).plan.place.realm

    def provision(self, **settings: str) -> None:
        """Write the plan and make the keys."""
        self.plan.write_text(plan_text(self.scanner.link, settings), encoding="utf-8")
        made = provision(self.plan, self.folder / "bundles")
        self.pin, self.chair_codes = made.pin, dict(made.codes)
        self._next_codes = iter(self.chair_codes.values())

    def next_chair_code(self) -> str:
        """The text of the next code on the chair's sheet."""
        return next(self._next_codes)

    def write_list(self, voters: int, seed: int) -> None:
        """Write the voter list's file."""
        plan = Bundle.load(self.bundle).plan
        elections = tuple(election.id for election in plan.elections)
        self.voters = list(sample_voters(voters, seed, elections, (1,), plan.day.date))
        write_list(self.list, self.voters, msgspec.structs.asdict(plan.columns))

    def close(self) -> None:
        """Put the scanner away and forget the folder."""
        self.scanner.close()
        shutil.rmtree(self.folder, ignore_errors=True)
