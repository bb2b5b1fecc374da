"""What the keepers want of the turn that is under way: they say it here, and the core carries it out and takes it back."""

from collections.abc import Iterable

from kiosk.node.types import Send


class Wants:
    """`moving`: what moves a book has come and is not on disk: nothing is said before it is. `hurried`: somebody waits for this
    node's copies of what has come. `again`: another turn is due at once. `parting`: it was locked in this turn, and the others
    are still to be told.
    """

    def __init__(self) -> None:
        self.moving = self.hurried = self.again = self.parting = False
        self._sends: list[Send] = []

    def say(self, sends: Iterable[Send]) -> None:
        """Say this at once; it rests on nothing that is to be committed."""
        self._sends += sends

    def move(self) -> None:
        """Commit what moves a book before anything is said, and show others at once that it is here."""
        self.moving = self.hurried = True

    def hurry(self) -> None:
        """Commit the copies now, and show them by a head."""
        self.hurried = True

    def turn_again(self) -> None:
        """Another turn, at once."""
        self.again = True

    def part(self) -> None:
        """Say the last word of a run."""
        self.parting = True

    def said(self) -> tuple[Send, ...]:
        """What is to be said at once; it is asked once."""
        sends, self._sends = tuple(self._sends), []
        return sends
