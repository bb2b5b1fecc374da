"""The runs of all devices, as far as they are known, and what a vector has of them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kiosk.domain.entries import Vector
from kiosk.domain.nodes import device_of


@dataclass(slots=True, eq=False)
class Run:
    """One start of a device, with the entries `first` to `last` of its log; those up to `stored` are on this disk.

    Before its first run a device stands for itself, under its own name and without entries: by the plan it may hold a book.
    """

    name: str
    device: str
    before: "Run | None" = None
    nth: int = 0  # its place on its line, from 1; 0 for the device itself
    first: int = 1
    last: int = 0
    stored: int = 0
    after: "list[Run]" = field(default_factory=list)

    @property
    def line(self) -> "Iterator[Run]":
        """The run, the run before it, and so on, to the device itself."""
        run: Run | None = self
        while run is not None:
            yield run
            run = run.before

    @property
    def is_tip(self) -> bool:
        """Whether it has entries that lie on no later run's line."""
        return bool(self.last) and all(later.first <= self.last for later in self.after)


class Runs:
    """All runs that are known. A vector names a device's last run only, since the runs before it lie on its line."""

    def __init__(self, devices: Iterable[str]) -> None:
        self._runs = {device: Run(device, device) for device in sorted(devices)}
        self._of: dict[str, list[Run]] = {device: [] for device in self._runs}
        self._tips: dict[str, Run] = {}
        self.stored: dict[str, int] = {}  # the vector of what is on this disk
        self._new = True  # whether more is known than when that was looked at
        self.two_stories: set[str] = set()  # the devices that have signed two stories of one run

    def __contains__(self, name: str) -> bool:
        return name in self._runs

    def __getitem__(self, name: str) -> Run:
        """A run, or a device before its first one. Raises KeyError for one that is not known."""
        return self._runs[name]

    def get(self, name: str) -> Run | None:
        """The same; None for one that is not known."""
        return self._runs.get(name)

    @property
    def devices(self) -> Mapping[str, list[Run]]:
        """The known runs of every device of the plan, in order of arrival."""
        return self._of

    @property
    def begun(self) -> set[str]:
        """The devices of which a run is known."""
        return {device for device, runs in self._of.items() if runs}

    def began(self, name: str, before: str, seq: int) -> Run:
        """A run's `start`, at `seq`, is known, and so is the run before it."""
        device = device_of(name)
        earlier = self._runs[before or device]
        run = Run(name, device, earlier, earlier.nth + 1, seq, seq)
        earlier.after.append(run)
        self._runs[name], self._new = run, True
        self._of[device].append(run)
        self._tips[name] = run
        if not earlier.is_tip:
            self._tips.pop(earlier.name, None)
        return run

    def grew(self, name: str, seq: int) -> None:
        """A run's entry at `seq` is known, and those before it."""
        run = self._runs[name]
        run.last, self._new = seq, True
        if run.after and run.is_tip:
            self._tips[name] = run

    def tips(self, device: str) -> list[Run]:
        """The last run of a device; of a log that branches, each branch's."""
        return [run for run in self._of[device] if run.name in self._tips]

    @property
    def vector(self) -> dict[str, int]:
        """All that is known."""
        return {name: run.last for name, run in self._tips.items()}

    def store(self) -> None:
        """All that is known is on this disk."""
        if not self._new:
            return
        self._new = False
        self.stored = self.vector
        for run in self._tips.values():
            for earlier in run.line:
                if earlier is not run and earlier.stored == earlier.last:
                    break
                earlier.stored = earlier.last

    def has(self, name: str, seq: int) -> bool:
        """Whether a run's entry is known."""
        run = self._runs.get(name)
        return run is not None and run.last >= seq

    def have(self, vector: Vector) -> bool:
        """Whether all that a vector has is known."""
        return all(self.has(name, seq) for name, seq in vector.items())

    def have_stored(self, vector: Vector) -> bool:
        """The same, on this disk."""
        return all(name in self._runs and self._runs[name].stored >= seq for name, seq in vector.items())

    def is_to_come(self, name: str, seq: int) -> bool:
        """Whether a run's entry is waited for: it is not known, and its device has not told two stories, of which one never
        comes."""
        return not self.has(name, seq) and device_of(name) not in self.two_stories

    def shows(self, vector: Vector, name: str, seq: int) -> bool:
        """Whether a vector has a run's entry; as far as is known here, where it names a later run."""
        device = device_of(name)
        for tip, end in vector.items():
            if device_of(tip) == device and any(run.name == name and seq <= upto for run, upto in self._walk(tip, end)):
                return True
        return False

    def _walk(self, name: str, end: int) -> Iterator[tuple[Run, int]]:
        """The runs on a run's line, each with how much of it lies there."""
        for run in self._runs[name].line if name in self._runs else ():
            yield run, end
            end = run.first - 1

    def known(self, vector: Vector) -> "Known":
        """A vector, spelt out. All that it has must be known here. Of a device that tells two stories, all that is known here
        is taken for it where the vector names a run of the other one."""
        ends: dict[str, int] = {}
        for device in {device_of(name) for name in vector if name not in self._runs}:
            ends.update((run.name, run.last) for run in self._of.get(device, ()))
        for name, seq in vector.items():
            for run, end in self._walk(name, seq):
                if ends.get(run.name, -1) >= end:
                    break
                ends[run.name] = end
        return Known(ends)


@dataclass(frozen=True, slots=True)
class Known:
    """What an author had of each run: the seq of the last entry."""

    ends: Mapping[str, int]

    def of(self, run: Run) -> int:
        """How far the author knew a run; 0 for nothing."""
        return self.ends.get(run.name, 0)

    def has(self, name: str, seq: int) -> bool:
        """Whether the author had a run's entry."""
        return self.ends.get(name, 0) >= seq

    def knew(self, run: Run) -> bool:
        """Whether the author knew that the run had begun; of a device without runs, that there is one."""
        return run.before is None or run.name in self.ends
