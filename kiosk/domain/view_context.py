"""What a screen depends on besides the desk's state, how it is put into words, and the status strip. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property

from msgspec import structs

from kiosk.domain import screens as s
from kiosk.domain import texts
from kiosk.domain.ballots import Election
from kiosk.domain.eligibility import Eligible, Withheld
from kiosk.domain.facts import Facts
from kiosk.domain.nodes import is_spare, table_of
from kiosk.domain.situation import Mode, Peer, Situation


def by_table(devices: Iterable[str]) -> list[str]:
    """Nodes in the order in which they are listed everywhere: the secretary's, then the tables by their numbers."""
    return sorted(set(devices), key=lambda device: (table_of(device) or 0, device))


def capital(words: str) -> str:
    """Words as they begin a sentence."""
    return words[:1].upper() + words[1:]


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
class ViewContext:
    """What the view needs to know besides the state. `zone` turns times into the clock on the wall; `sheet` is the short
    name of the chair's code sheets."""

    language: texts.Language
    place: str
    table: int | None
    training: bool
    sounds: bool
    elections: tuple[Election, ...]
    zone: tzinfo
    voter_digits: int
    card_digits: int
    tries: int
    facts: Facts
    served: int = 0
    scanner: bool = True
    clock_wrong: bool = False
    sheet: str = ""

    @property
    def situation(self) -> Situation:
        """How the place stands."""
        return self.facts.situation

    def say(self, key: str, *fields: object) -> str:
        """A text in the clerk's language."""
        return texts.text(key, self.language, *fields)

    def number(self, number: int) -> str:
        """A voter number as it stands on the card, in groups of three: "004 182"."""
        width = self.voter_digits + (self.voter_digits - 1) // 3
        return f"{number:0{width},}".replace(",", " ")

    def clock(self, time_ms: int) -> str:
        """A time of day, "09.14"."""
        return datetime.fromtimestamp(time_ms / 1000, self.zone).strftime("%H.%M")

    def day(self, day: date) -> str:
        """A date in words: "14. marts 1968"."""
        return texts.day(day, self.language)

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
    def pages_strip(self) -> s.Strip:
        """The strip over most pages: what the overview tells in rows of their own is no warning there."""
        return structs.replace(self.strip, warnings=tuple(self._warnings(told=True)))

    def _warnings(self, told: bool = False) -> Iterator[str]:
        around = self.situation
        if around.conflicts and not told:
            count = len(around.conflicts)
            yield self.say("warn_conflict", self.say("voters_one") if count == 1 else self.say("voters_many", count))
        if around.stopping is not None and not told:
            yield self.say("warn_stopping", around.stopping.n)
        if not self.scanner and self.table is not None:
            yield self.say("warn_scanner")
        if self.clock_wrong:
            yield self.say("warn_clock")
        if around.old_card and not told:
            yield self.say("warn_old_card")
        if around.refused and not told:
            yield self.say("warn_refused")

    def node(self, device: str) -> str:
        """What a node is called: "Bord 3", "Sekretær"."""
        table = table_of(device)
        return self.say("node_table", table) if table is not None else self.say("node_secretary")

    def within(self, table: int | None) -> str:
        """What a table is called within a sentence; 0 or None: the secretary."""
        return self.say("within_table", table) if table else self.say("within_secretary")

    def nodes(self, devices: Iterable[str]) -> str:
        """Several nodes in short, in the order of their tables: "Sekretær, Bord 1, 4 og 5". A card that its table has changed
        for another stands with its own name: "Bord 5, Bord 4 (T4.1)"."""
        given = set(devices)
        changed = [self.card(device) for device in by_table(given) if self.is_changed(device)]
        ordered = by_table(device for device in given if not self.is_changed(device))
        others = list(dict.fromkeys(self.node(device) for device in ordered if table_of(device) is None))
        tables = sorted({table for device in ordered if (table := table_of(device)) is not None})
        if len(tables) == 1 and not changed:
            return self.listed([*others, self.say("node_table", tables[0])])
        return ", ".join(
            [*others, *([self.say("nodes" if tables[1:] else "node_table", self.tables(tables))] if tables else []), *changed]
        )

    def card(self, device: str) -> str:
        """A card by its table's name and its own: "Bord 4 (T4.2)"."""
        return f"{self.node(device)} ({device})"

    def disk(self, device: str) -> str:
        """A node's name, and its card's where that is not the one it was delivered with, or where it goes on with another."""
        return self.card(device) if self.has_own_name(device) else self.node(device)

    def has_own_name(self, device: str) -> bool:
        """Whether a card must be told from another of its table's."""
        return is_spare(device) or self.is_changed(device)

    def is_changed(self, device: str) -> bool:
        """Whether its table, or the secretary, goes on with another card."""
        return any(peer.device == device and not peer.current for peer in self.situation.peers)

    def awaited(self, devices: Iterable[str]) -> str:
        """From whom a start waits to hear, and who of them is locked."""
        locked = self.locked(devices)
        heard = [self.say("catching_up_on", self.nodes(set(devices) - locked))] if set(devices) - locked else []
        return " ".join([*heard, *([self.say("catching_up_locked", self.nodes(locked))] if locked else [])])

    def locked(self, devices: Iterable[str]) -> set[str]:
        """Which of these nodes are known to be locked."""
        return {peer.device for peer in self.situation.peers if peer.locked}.intersection(devices)

    def is_locked(self, table: int | None) -> bool:
        """Whether a table, or the secretary's node, is known to be locked."""
        return any(peer.locked and peer.current for peer in self.situation.peers if peer.table == table)

    def listed(self, words: list[str]) -> str:
        """Words in a row: "hvid, gul og blå"."""
        return words[0] if len(words) == 1 else self.say("and", ", ".join(words[:-1]), words[-1])

    def book(self, book: int) -> str:
        """What a book is called."""
        return self.say("book", book)

    def tables(self, tables: Iterable[int]) -> str:
        """Several tables by their numbers, in short: "1–4 og 7"."""
        return self.listed(_runs(sorted(set(tables))))

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
        return s.Ballot(election.colour, self.say(election.colour), election.called(self.language), withheld)
