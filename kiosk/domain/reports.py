"""What a page can have looked up or printed, and what comes back. Pure; a process of its own does it."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from kiosk.domain.voters import Voter


class Order(StrEnum):
    """How the voters of a table stand on paper."""

    NUMBER = "number"
    NAME = "name"  # by the last word of the name


class Search(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Search the voter list. Each word of `text` begins a word of the name, or is the whole number or birth date.

    `part`: which part of the hits is wanted, from 0; each has `limits.HITS_SHOWN` voters.
    """

    text: str
    part: int = 0


class MarkedList(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """The voter list with all marks, as PDF."""

    order: Order
    language: str
    copy: int = 1  # stands on the paper; with another number the list is made anew


Wanted = Search | MarkedList
"""What can be asked for."""


class Job(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to be done by the worker; `file` is where a document is to lie."""

    wanted: Wanted
    file: str = ""


class Hits(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Answers a search: how many voters were found in all, and those of the part that was asked for."""

    total: int
    voters: tuple[Voter, ...]


class DocumentProgress(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """How far a document has come, 0 to 100."""

    percent: int


class DocumentReady(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """A document lies in its file."""

    file: str
    pages: int


class ReportFailed(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """It can't be done. `code`: a store error's, or "internal"."""

    code: str


Reply = Hits | DocumentProgress | DocumentReady | ReportFailed
"""What comes back; all but `DocumentProgress` is the last word."""


@dataclass(frozen=True, slots=True)
class Replied:
    """A reply comes in to the node."""

    wanted: Wanted
    reply: Reply


class PageWants:
    """What the page shown wants, and what has come of it. A reply that no page waits for any more is dropped."""

    def __init__(self) -> None:
        self.search: Search | None = None
        self.document: MarkedList | None = None
        self.replies: dict[Wanted, Reply] = {}

    def show(self, search: Search | None = None, document: MarkedList | None = None) -> None:
        """The page shown wants these from now on, and nothing else."""
        self.search, self.document = search, document
        self.replies = {wanted: reply for wanted, reply in self.replies.items() if wanted in (search, document)}

    def take(self, replied: Replied) -> bool:
        """Keep a reply; whether the page shown waits for it."""
        if replied.wanted not in (self.search, self.document):
            return False
        self.replies[replied.wanted] = replied.reply
        return True
