"""The desk's types: its states, inputs and effects. Pure; the table is in `desk`."""

from dataclasses import dataclass, field
from datetime import date

from kiosk.domain.cards import Unreadable
from kiosk.domain.chair_actions import ChairAction, WhyNot
from kiosk.domain.codetext import CodeMisread
from kiosk.domain.eligibility import Barred, Eligible
from kiosk.domain.entries import How, Source
from kiosk.domain.facts import Facts
from kiosk.domain.facts import NotReadyReason as NotReadyReason
from kiosk.domain.pages.page import Page, PageEffect, Values
from kiosk.domain.voters import Voter


@dataclass(frozen=True, slots=True)
class Rules:
    """What is set in the plan, and how things stand at this moment."""

    birth_date_keyed: bool
    tries: int
    facts: Facts


# --- inputs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A card was read or a number keyed, and its voter may be given ballots.

    `wrong` counts the wrong birth dates that were keyed for the voter before; all tries are used up once it is `referred`,
    `at` which table, where that was another.
    """

    voter: Voter
    may: Eligible
    source: Source
    wrong: int = 0
    referred: bool = False
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Turned:
    """A card was read or a number keyed, and its voter may not. `number` is missing for a card of another place."""

    barred: Barred
    number: int | None
    voter: Voter | None


@dataclass(frozen=True, slots=True)
class Misread:
    """What was scanned or keyed is not a polling card."""

    why: Unreadable


Scan = Found | Turned | Misread


@dataclass(frozen=True, slots=True)
class Approve:
    """Godkend og udlevér stemmeseddel. `born` is the date keyed in enter mode."""

    how: How
    born: date | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """The request is granted, and everything that must hold before green holds."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The request is refused, and everything that must hold before this is shown holds."""

    barred: Barred


@dataclass(frozen=True, slots=True)
class Waited:
    """There is no answer yet, and the clerk must see that it is waited for."""


@dataclass(frozen=True, slots=True)
class Silent:
    """The holder has not answered for a while."""


@dataclass(frozen=True, slots=True)
class GreenDrawn:
    """The green screen has been drawn."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """After a restart: a request of this table has no outcome, and its green light may have been seen.

    `undone`: the secretary has undone its mark meanwhile, and the voter may have been served again.
    """

    voter: Voter
    elections: tuple[str, ...]
    time_ms: int
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Were the ballots handed out? None: the clerk does not know, and the secretary decides."""

    handed_out: bool | None


@dataclass(frozen=True, slots=True)
class Type:
    """Tast vælgernummer."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Annullér; also leaves a screen that has served."""


@dataclass(frozen=True, slots=True)
class Noted:
    """What the secretary has undone of this table's marks has been read."""


@dataclass(frozen=True, slots=True)
class OpenMenu:
    """The menu is asked for."""


@dataclass(frozen=True, slots=True)
class AskChair:
    """Something that needs the chair is asked for on a screen that is no page: its touch word."""

    word: str


@dataclass(frozen=True, slots=True)
class Pick:
    """Something on a page was touched: its word, and what was keyed and chosen there."""

    touch: str
    values: Values = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class CodeGiven:
    """One of the chair's codes was scanned or keyed, by its number; or why it is none of this place's."""

    code: int | CodeMisread


@dataclass(frozen=True, slots=True)
class PinGiven:
    """A PIN was keyed; `paused` when there have been too many wrong ones and this one was not even looked at."""

    right: bool
    paused: bool = False


@dataclass(frozen=True, slots=True)
class NotDoneSince:
    """What the chair has just decided could not be done any more."""

    why: WhyNot


@dataclass(frozen=True, slots=True)
class Changed:
    """What the table lacks has changed."""


@dataclass(frozen=True, slots=True)
class TimeUp:
    """The state has lasted as long as it may."""


Input = (
    Found | Turned | Misread | Approve | Granted | Denied | Waited | Silent | GreenDrawn | Unfinished | Answer
    | Type | Cancel | Noted | OpenMenu | Pick | CodeGiven | AskChair | PinGiven | NotDoneSince | Changed | TimeUp
)  # fmt: skip


# --- states ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotReady:
    """The table can't serve."""

    lack: NotReadyReason


@dataclass(frozen=True, slots=True)
class Ready:
    """Waiting for a card."""

    misread: Unreadable | None = None


@dataclass(frozen=True, slots=True)
class Typing:
    """A number is being keyed."""

    misread: Unreadable | None = None


@dataclass(frozen=True, slots=True)
class VoterShown:
    """Compare mode: the voter and the birth date are shown. `other` is another card scanned meanwhile, put aside."""

    voter: Voter
    may: Eligible
    source: Source
    other: Turned | Found | Misread | None = None


@dataclass(frozen=True, slots=True)
class BirthDate:
    """Enter mode: the voter is shown without the date, which the clerk keys. `wrong` counts the tries that failed."""

    voter: Voter
    may: Eligible
    source: Source
    wrong: int = 0
    other: Turned | Found | Misread | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The request is made; its answer is not there. Shown once it is `late`; `silent` when the one who must answer is named."""

    voter: Voter
    may: Eligible
    silent: bool = False
    other: Turned | Found | Misread | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Green:
    """Hand out. `drawn` once the screen has been drawn and the ballots count as issued."""

    voter: Voter
    may: Eligible
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Hand out nothing."""

    barred: Barred
    number: int | None
    voter: Voter | None


@dataclass(frozen=True, slots=True)
class Referred:
    """The birth date was wrong too often, here or `at` another table: the secretary decides."""

    voter: Voter
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Were this voter's ballots handed out before the restart?"""

    asked: Unfinished
    other: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """The table is closed for voters."""


@dataclass(frozen=True, slots=True)
class Locked:
    """The node is locked: it decides and shows nothing."""


@dataclass(frozen=True, slots=True)
class Office:
    """A page of the chair's or the secretary's."""

    page: Page


@dataclass(frozen=True, slots=True)
class Pin:
    """The chair's PIN is asked for, to decide this."""

    action: ChairAction
    wrong: bool = False
    paused: bool = False


State = (
    NotReady | Ready | Typing | VoterShown | BirthDate | Waiting | Green | Refused | Referred | Unresolved | Closed
    | Locked | Office | Pin
)  # fmt: skip


# --- effects --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MakeRequest:
    """Make a request for this voter and these elections."""

    voter: Voter
    elections: tuple[str, ...]
    how: How
    source: Source


@dataclass(frozen=True, slots=True)
class RecordIssued:
    """The request's ballots are handed out."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The request is given up, or came to nothing."""


@dataclass(frozen=True, slots=True)
class LeaveOpen:
    """Nobody knows whether the request's ballots were handed out: it counts as if, until the secretary has decided."""


@dataclass(frozen=True, slots=True)
class CountWrong:
    """A wrong birth date was keyed for this voter; `referred` when it was the last try."""

    voter: int
    referred: bool


Effect = MakeRequest | RecordIssued | Withdraw | LeaveOpen | CountWrong | ChairAction | PageEffect
