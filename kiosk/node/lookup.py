"""What a scanned card or a keyed number means, by the voter list and what is known of the voter now."""

from collections.abc import Callable

from kiosk import limits
from kiosk.domain import desk_states as d
from kiosk.domain import entries as e
from kiosk.domain.cards import CardRead, OtherPlace, Unreadable, read_card, read_keyed
from kiosk.domain.eligibility import Barred, RefusalReason
from kiosk.domain.nodes import device_of, table_of
from kiosk.domain.voters import Voter
from kiosk.node.book_keeper import BookKeeper
from kiosk.node.types import Now, Setup


class Lookup:
    """Looks voters up, and counts the wrong birth dates of each, over cancelled tries too."""

    def __init__(self, setup: Setup, find: Callable[[int], Voter | None], books: BookKeeper) -> None:
        self._read: dict[int, int] = {}  # what the scanner has read last, and when: hashes, as it may be a CPR number or a code
        self._card = 0  # the card that the desk took last
        self._setup, self._find, self._books = setup, find, books
        self._wrong_dates: dict[int, int] = {}

    def scanned(self, text: str, now: Now) -> d.Scan | None:
        """What a scan means; None for the scanner's repeat."""
        if self.is_repeat(text, now):
            return None
        return self._look_up(read_card(text, self._setup.card), e.Source.CARD)

    def is_repeat(self, text: str, now: Now) -> bool:
        """Whether a scan is the scanner's repeat: a card lies there, maybe with other codes, until it was away for a second."""
        read = hash(text)
        at = self._read.pop(read, None)
        self._read[read] = now.mono_ms
        if len(self._read) > limits.SCANS_KEPT:
            del self._read[next(iter(self._read))]
        return at is not None and now.mono_ms - at < limits.SCAN_REPEAT_MS

    def took(self, text: str) -> None:
        """The desk is about this card now. The one before, if another, does not lie there any more."""
        if self._card != hash(text):
            self.forget()
        self._card = hash(text)

    def forget(self, text: str = "") -> None:
        """This card, or the one that the desk took last, may be scanned again at once."""
        self._read.pop(hash(text) if text else self._card, None)

    def told(self, began_ms: int, now: Now) -> None:
        """What was scanned in the turn that began then is told of only now, after its commit: until then nobody could answer to
        that by scanning again."""
        for read, at in self._read.items():
            if at == began_ms:
                self._read[read] = now.mono_ms

    def keyed(self, number: str) -> d.Scan | None:
        """What a keyed voter number means; None for none."""
        if not number:
            return None
        return self._look_up(read_keyed(number, self._setup.card, self._setup.voter_digits), e.Source.KEYED)

    def count_wrong_date(self, voter: int) -> None:
        """The voter has given a wrong birth date."""
        self._wrong_dates[voter] = self._wrong_dates.get(voter, 0) + 1

    def forgive(self, voter: int) -> None:
        """The voter has a new try."""
        self._wrong_dates.pop(voter, None)

    def _look_up(self, read: CardRead | OtherPlace | Unreadable, source: e.Source) -> d.Scan:
        if isinstance(read, Unreadable):
            return d.Misread(read)
        if isinstance(read, OtherPlace):
            return d.Turned(Barred(RefusalReason.OTHER_PLACE, place=read.name), None, None)
        voter = self._find(read.voter)
        if voter is None:
            return d.Turned(Barred(RefusalReason.NOT_ON_LIST), read.voter, None)
        may = self._books.weigh(voter)
        holder = device_of(self._books.books.holder(voter.book))
        if isinstance(may, Barred):
            return d.Turned(may, voter.number, voter)
        if self._books.seen.island and holder != self._setup.device:
            return d.Turned(Barred(RefusalReason.OTHER_TABLE, table=table_of(holder) or 0), voter.number, voter)
        wrong, referred = self._wrong_dates.get(voter.number, 0), self._books.ledger.referred_at(voter.number)
        at = table_of(referred) if referred and device_of(referred) != self._setup.device else None
        return d.Found(voter, may, source, wrong, bool(referred), at)


def is_about(state: d.State, scan: d.Found | d.Turned) -> bool:
    """Whether the desk goes by what was scanned: the voter is shown, or a page of the chair has taken the card."""
    number = scan.voter.number if isinstance(scan, d.Found) else scan.number
    match state:
        case d.VoterShown() | d.BirthDate() | d.Waiting() | d.Green() | d.Referred():
            return state.voter.number == number
        case d.Refused():
            return state.number == number
        case _:
            return isinstance(state, d.Office)
