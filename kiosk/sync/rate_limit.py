"""A rate limit for each sender, as a token bucket: so much at once, and so much a second. Pure."""


class RateLimit:
    """Each sender may use `burst` at once, and then `a_second`."""

    def __init__(self, burst: float, a_second: float) -> None:
        self._burst, self._a_second = burst, a_second
        self._left: dict[str, tuple[float, float]] = {}

    def use(self, sender: str, much: float, now: float) -> bool:
        """Let a sender use this `much` at the time `now`. False, and nothing is used, where less is left."""
        left, since = self._left.get(sender, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._a_second)
        enough = left >= much
        self._left[sender] = left - much if enough else left, now
        return enough

    def forget(self, sender: str) -> None:
        """Give a sender its whole burst again."""
        self._left.pop(sender, None)
