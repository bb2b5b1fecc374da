"""What a screen depends on besides the desk's state, the words for it, and the status strip. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property

from msgspec import structs

from kiosk.domain import screens as s
from kiosk.domain.ballots import Election
from kiosk.domain.books import REGISTER
from kiosk.domain.eligibility import Eligible, Withheld
from kiosk.domain.nodes import table_of
from kiosk.domain.situation import Mode, Peer, Situation
from kiosk.domain.texts import Language, month, text


def by_table(origins: Iterable[str]) -> list[str]:
    """Nodes in the order in which they are listed everywhere: the secretary's, then the tables by their numbers."""
    return sorted(set(origins), key=lambda origin: (table_of(origin) or 0, origin))


def _runs(numbers: list[int]) -> list[str]:
    """Numbers in short: "1–4", "7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [words for run in runs for words in ([f"{run[0]}–{run[-1]}"] if len(run) > 2 else map(str, run))]


def _secretary(peer: Peer) -> str:
    return "secretary_locked" if peer.locked else "secretary_seen" if peer.seen else "secretary_unseen"


@dataclass(frozen=True)
class View:
    """What the view needs to know besides the state. `zone` turns times into the clock on the wall."""

    language: Language
    place: str
    table: int | None
    training: bool
    sounds: bool
    elections: tuple[Election, ...]
    zone: tzinfo
    voter_digits: int
    card_digits: int
    tries: int
    situation: Situation
    served: int = 0
    scanner: bool = True
    clock_wrong: bool = False

    def say(self, key: str, *fields: object) -> str:
        """A text in the clerk's language."""
        return text(key, self.language, *fields)

    def number(self, number: int) -> str:
        """A voter number as it stands on the card, in groups of three: "004 182"."""
        width = self.voter_digits + (self.voter_digits - 1) // 3
        return f"{number:0{width},}".replace(",", " ")

    def clock(self, time_ms: int) -> str:
        """A time of day, "09.14"."""
        return datetime.fromtimestamp(time_ms / 1000, self.zone).strftime("%H.%M")

    def day(self, day: date) -> str:
        """A date in words: "14. marts 1968"."""
        dot = "." if self.language == "da" else ""
        return f"{day.day}{dot} {month(day.month, self.language)} {day.year}"

    @cached_property
    def strip(self) -> s.Strip:
        """The status strip, made once: it stays the same from screen to screen."""
        around = self.situation
        tables = [peer for peer in around.peers if peer.table is not None and peer.current]
        secretaries = [peer for peer in around.peers if peer.table is None and peer.current]
        seen = sum(peer.seen for peer in tables)
        return s.Strip(
            table=self.say("table", self.table) if self.table is not None else self.say("secretary_strip"),
            place=self.place,
            mode=self.say(f"mode_{around.mode}"),
            language=self.language,
            island=around.mode is not Mode.FREE,
            training=self.say("training") if self.training else "",
            tables=tuple(s.Other(peer.table or 0, peer.seen) for peer in tables),
            seen=self.say("tables_seen", seen, len(tables)) if tables else "",
            secretary=self.say(_secretary(secretaries[0])) if secretaries else "",
            secretary_seen=not secretaries or secretaries[0].seen,
            uncopied=self.say("uncopied", around.uncopied) if around.uncopied else "",
            warnings=tuple(self._warnings()),
            sounds=self.sounds,
        )

    @cached_property
    def office_strip(self) -> s.Strip:
        """The strip over the chair's pages: what the overview tells in rows of their own is no warning there."""
        return structs.replace(self.strip, warnings=tuple(self._warnings(told=True)))

    def _warnings(self, told: bool = False) -> Iterator[str]:
        around = self.situation
        if around.conflicts and not told:
            count = len(around.conflicts)
            yield self.say("warn_conflict", self.say("voters_one") if count == 1 else self.say("voters_many", count))
        if not self.scanner and self.table is not None:
            yield self.say("warn_scanner")
        if self.clock_wrong:
            yield self.say("warn_clock")
        if around.refused and not told:
            yield self.say("warn_refused")

    def node(self, origin: str) -> str:
        """What a node is called: "Bord 3", "Sekretær"."""
        table = table_of(origin)
        return self.say("node_table", table) if table is not None else self.say("node_secretary")

    def nodes(self, origins: Iterable[str]) -> str:
        """Several nodes in short, in the order of their tables: "Sekretær, Bord 1, 4 og 5"."""
        ordered = by_table(origins)
        others = list(dict.fromkeys(self.node(origin) for origin in ordered if table_of(origin) is None))
        tables = sorted({table for origin in ordered if (table := table_of(origin)) is not None})
        if len(tables) == 1:
            return self.listed([*others, self.say("node_table", tables[0])])
        return ", ".join([*others, *([self.say("nodes", self.listed(_runs(tables)))] if tables else [])])

    def awaited(self, origins: Iterable[str]) -> str:
        """From whom a start waits to hear, and who of them is locked."""
        locked = self.locked(origins)
        heard = [self.say("catching_up_on", self.nodes(set(origins) - locked))] if set(origins) - locked else []
        return " ".join([*heard, *([self.say("catching_up_locked", self.nodes(locked))] if locked else [])])

    def locked(self, origins: Iterable[str]) -> set[str]:
        """Which of these nodes are known to be locked."""
        return {peer.origin for peer in self.situation.peers if peer.locked}.intersection(origins)

    def is_locked(self, table: int | None) -> bool:
        """Whether a table, or the secretary's node, is known to be locked."""
        return any(peer.locked and peer.current for peer in self.situation.peers if peer.table == table)

    def listed(self, words: list[str]) -> str:
        """Words in a row: "hvid, gul og blå"."""
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {self.say('and')} {words[-1]}"

    def own_book(self, origin: str) -> int:
        """The book that a node holds at opening: the register is the secretary's."""
        return table_of(origin) or REGISTER

    def book(self, book: int) -> str:
        """What a book is called."""
        return self.say("book", book) if book != REGISTER else self.say("register")

    def ballots(self, may: Eligible) -> tuple[s.Ballot, ...]:
        """All the day's ballots: those to hand out first, then those withheld and why."""
        return (*self.to_hand_out(may.elections), *self._withheld(may.withheld))

    def to_hand_out(self, elections: Iterable[str]) -> tuple[s.Ballot, ...]:
        """The ballots of these elections, in the plan's order."""
        chosen = set(elections)
        return tuple(self._ballot(election) for election in self.elections if election.id in chosen)

    def _withheld(self, withheld: Mapping[str, Withheld]) -> Iterable[s.Ballot]:
        for election in self.elections:
            if election.id in withheld:
                yield self._ballot(election, self.say(f"withheld_{withheld[election.id]}"))

    def _ballot(self, election: Election, withheld: str = "") -> s.Ballot:
        name = election.name if self.language == "da" else election.name_en
        return s.Ballot(election.colour, self.say(election.colour), name, withheld)
