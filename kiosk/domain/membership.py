"""Rule M: whether a run knows everything that happened before it began. Pure.

While a device was off, its books may have been taken. So a run begins as no member, and only heads that were announced after
their device had this run's `start` prove anything. Of each device the first such head is kept until all that it showed is
here: a later one shows more, and would only move the goal. Its first such head as a member is kept as well, since a device may
become one later, as the first of all does by its view.
"""

from collections.abc import Iterable

from kiosk.domain.books import Books
from kiosk.domain.messages import Head
from kiosk.domain.nodes import device_of


class Membership:
    """One run's way to being a member. `alone`: the place has no other node that could vouch for it."""

    def __init__(self, device: str, books: Books, *, alone: bool = False) -> None:
        self._device, self._books, self._runs, self._alone = device, books, books.runs, alone
        self._run = ""
        self._heads: dict[str, Head] = {}  # of each device the first
        self._members: dict[str, Head] = {}  # of each device the first as a member
        self._shown: dict[str, set[str]] = {}  # by device: the devices that its heads have shown
        self.excused: frozenset[str] = frozenset()
        self.reached = False

    def started(self, run: str) -> None:
        """A new run begins."""
        self._run, self.reached, self.excused = run, False, frozenset()
        self._heads.clear()
        self._members.clear()

    def excuse(self, devices: Iterable[str]) -> None:
        """The chair attests that this card has been in this device since it was first used: these devices need not be heard."""
        self.excused |= set(devices)

    def heard(self, head: Head) -> None:
        """A head came in: it tells something if its device had this run's start by then."""
        self._shown.setdefault(device_of(head.run), set()).update(map(device_of, head.have))
        if self._run and head.have.get(self._run):
            self._heads.setdefault(device_of(head.run), head)
            if head.member:
                self._members.setdefault(device_of(head.run), head)

    def awaited(self) -> tuple[str, ...]:
        """The devices whose heads, or what they showed, are still lacking."""
        known = self._runs.begun.union(*(shown for by, shown in self._shown.items() if not self.is_taken_over(by)))
        excused = {device for device in known if self.is_taken_over(device)} if self.is_new else self.excused
        others = sorted(known - excused - {self._device})
        return tuple(device for device in others if not self._has(self._heads.get(device)))

    @property
    def is_new(self) -> bool:
        """Whether nobody may know of this device yet, so that the chair can excuse nobody for it (rule F).

        Such a spare need not hear who was taken over. Others must: it may have begun a run since, to which an earlier card of
        this device gave a book. A new spare has no earlier card.
        """
        return self._books.is_new_spare(self._device)

    def is_taken_over(self, device: str) -> bool:
        """Whether a valid view names all that a device has run."""
        tips = self._runs.tips(device)
        return bool(tips) and all(self._books.is_taken_over(tip.name) for tip in tips)

    def _has(self, head: Head | None) -> bool:
        return head is not None and self._runs.have_stored(head.have)

    def reach(self) -> bool:
        """Whether this run is a member now, where all that moves books is on this disk. Once it is, it stays so.

        A run that the view knows which opened the poll has missed nothing.
        """
        opening = self._books.opening
        if self._run and not self.reached:
            vouched = (self._alone or any(map(self._has, self._members.values()))) and not self.awaited()
            self.reached = vouched or (opening is not None and opening.has(self._run, 1))
        return self.reached

    def viewed(self) -> None:
        """This run has written a view that counts: all others told it what they had."""
        self.reached = bool(self._run)
