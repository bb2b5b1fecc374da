"""The pause before something is tried again: each time twice as long, up to a bound. Without a clock: who waits has one."""

from dataclasses import dataclass

_DOUBLED_MOST = 16  # times


@dataclass(frozen=True, slots=True)
class Backoff:
    """From `first` to `longest`, in any one unit of time."""

    first: float
    longest: float

    def after(self, failures: int) -> float:
        """The pause after a failure, before which there were so many in a row."""
        return min(self.first * (1 << min(failures, _DOUBLED_MOST)), self.longest)
