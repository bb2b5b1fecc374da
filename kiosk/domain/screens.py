"""What the display draws, as data, and what it sends back. Pure.

A `Screen` is whole: it needs nothing that was sent before. Its number grows by one with each screen. What it asks has a number
of its own, which stays while the screen only tells something else; a `Touch` names what it answers, and the node drops those
that answer what is not asked any more. All words are already in the clerk's language.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from kiosk.domain.ballots import Colour

Word = Annotated[str, msgspec.Meta(max_length=32)]
Keyed = Annotated[str, msgspec.Meta(max_length=64)]
"""What is keyed on the pad. The longest is a code of the chair's."""


class _Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a screen: read-only."""


class Button(_Part, frozen=True):
    """Something to touch. `touch` is the word sent back."""

    touch: str
    text: str


class Ballot(_Part, frozen=True):
    """One ballot to hand out, or withheld and why: its paper's colour, that colour's name, and its election's name."""

    colour: Colour
    colour_name: str
    election: str
    withheld: str = ""


class Choice(_Part, frozen=True):
    """One of several answers, of which one is chosen; the first is preset. `keyed` false: the pad may stay empty."""

    id: str
    text: str
    keyed: bool = True


class Other(_Part, frozen=True):
    """Another table, and whether it is seen."""

    table: int
    seen: bool


class Strip(_Part, frozen=True):
    """The status strip. `tables`: the other tables; `seen` says in words how many of them are seen.

    `secretary`: the secretary's node in words, "" where the place has none; `secretary_seen`. `uncopied`: the own entries that
    no other node has, in words. `warnings`: what is wrong, in short.
    """

    table: str
    place: str
    mode: str
    language: str
    island: bool = False
    training: str = ""
    tables: tuple[Other, ...] = ()
    seen: str = ""
    secretary: str = ""
    secretary_seen: bool = True
    uncopied: str = ""
    warnings: tuple[str, ...] = ()
    sounds: bool = True


class _Content(_Part, frozen=True, tag=True):
    """The middle of a screen. `headline` is the one question or instruction, and the largest text."""

    headline: str


class Sign(StrEnum):
    """What kind of hindrance it is: it passes by itself, it is locked, or somebody must do something."""

    WAIT = "wait"
    LOCK = "lock"
    WARNING = "warning"


class NotReady(_Content, frozen=True):
    """The table can't serve: what is missing, and what to do."""

    reason: str
    remedy: str
    code: str
    sign: Sign = Sign.WAIT


class Ready(_Content, frozen=True):
    """Waiting for a card. `notice`: what was wrong with the last scan (amber), and what to do about it.

    Or what people here must be told; it stands until one of `noted` is touched.
    """

    served: str
    notice: str = ""
    remedy: str = ""
    code: str = ""
    noted: tuple[Button, ...] = ()


class Typing(_Content, frozen=True):
    """Number pad for a number of up to `digits` digits: a voter's, a card's or a code. `groups`: they are shown in groups of so
    many, as they are printed; empty: all together."""

    hint: str
    digits: int
    notice: str = ""
    groups: tuple[int, ...] = ()


class VoterShown(_Content, frozen=True):
    """Compare mode: the voter, and the birth date that the clerk must hear. The headline is the question."""

    name: str
    address: str
    number: str
    born: str
    how: str
    hows: tuple[Choice, ...]
    hand_out: str
    ballots: tuple[Ballot, ...]
    notice: str = ""


class BirthDate(_Content, frozen=True):
    """Enter mode: the voter, and a pad for eight digits, day, month, year; `pattern` shows how, e.g. "dd-mm-åååå"."""

    name: str
    address: str
    number: str
    pattern: str
    how: str
    hows: tuple[Choice, ...]
    hand_out: str
    ballots: tuple[Ballot, ...]
    notice: str = ""


class Waiting(_Content, frozen=True):
    """The request is made and not answered. `silent`: nobody is about to, and the text says what to do instead."""

    text: str
    silent: bool = False
    notice: str = ""


class Green(_Content, frozen=True):
    """Hand out these ballots."""

    name: str
    number: str
    ballots: tuple[Ballot, ...]


class Refused(_Content, frozen=True):
    """Hand out nothing: why, and what to do. `name` is empty where there is no voter."""

    reason: str
    remedy: str
    code: str
    name: str = ""
    number: str = ""


class Referred(_Content, frozen=True):
    """The birth date was wrong too often: the secretary decides."""

    reason: str
    remedy: str
    code: str
    name: str
    number: str


class Unresolved(_Content, frozen=True):
    """After a restart: were this voter's ballots handed out? The clerk answers with one of two buttons; `unsure`, apart from
    them, is for who can't find out."""

    name: str
    number: str
    asked: str
    explanation: str
    ballots: tuple[Ballot, ...]
    unsure: tuple[Button, ...] = ()
    notice: str = ""


class Closed(_Content, frozen=True):
    """The table is closed."""

    text: str
    served: str


class Menu(_Content, frozen=True):
    """The few things that are not a check-in."""

    items: tuple[Button, ...]


class Tone(StrEnum):
    """How a row stands: told by colour, sign and word together."""

    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"
    OFF = "off"


class Line(_Part, frozen=True):
    """A row of a board: who, how it stands, and what is wrong or to be done. `wide`: across all columns."""

    name: str
    text: str
    tone: Tone = Tone.OFF
    wide: bool = False


class Board(_Content, frozen=True):
    """A page of the chair's or the secretary's: rows to read, and items to touch; a chosen one is filled and carries a tick.

    `page`: which one it is; no word of that is shown. `notice`: what is counted; `warning`: what went wrong with the last scan.
    """

    text: str = ""
    lines: tuple[Line, ...] = ()
    items: tuple[Button, ...] = ()
    chosen: tuple[str, ...] = ()
    notice: str = ""
    warning: str = ""
    page: Word = ""


class Pin(_Content, frozen=True):
    """The chair's PIN. The headline says in one sentence what is decided with it."""

    hint: str
    digits: int
    forgotten: str
    notice: str = ""


class Fault(_Content, frozen=True):
    """The table stops, red: what is broken and what to do."""

    reason: str
    remedy: str
    code: str


Content = (
    NotReady
    | Ready
    | Typing
    | VoterShown
    | BirthDate
    | Waiting
    | Green
    | Refused
    | Referred
    | Unresolved
    | Closed
    | Menu
    | Board
    | Pin
    | Fault
)


class Screen(_Part, frozen=True, tag=True):
    """One whole screen. `left` takes back or leaves, `right` goes on (Enter on a keyboard too).

    `asks`: the number of the first screen that asked what this one asks. A touch on any of them means the same.
    """

    number: int
    asks: int
    strip: Strip
    content: Content
    left: Button | None = None
    right: Button | None = None

    def buttons(self) -> tuple[Button, ...]:
        """Everything that can be touched on it, the display's own pads and choices left aside."""
        items = self.content.items if isinstance(self.content, Menu | Board) else ()
        items = self.content.unsure if isinstance(self.content, Unresolved) else items
        items = self.content.noted if isinstance(self.content, Ready) else items
        return (*(button for button in (self.right, self.left) if button is not None), *items)


class Touch(_Part, frozen=True, tag=True, forbid_unknown_fields=True):
    """What was touched on a screen that asks `asks`. `value`: the pad's digits; `how`: the chosen `Choice`."""

    asks: int
    touch: Word
    value: Keyed = ""
    how: Word = ""


class Drawn(_Part, frozen=True, tag=True, forbid_unknown_fields=True):
    """The display has drawn screen `screen`: a frame with it has been shown."""

    screen: int


class Beat(_Part, frozen=True, tag=True, forbid_unknown_fields=True):
    """The node's loop goes round. The display's loop says the same in return."""


encode = msgspec.json.Encoder().encode
decode_sent = msgspec.json.Decoder(Screen | Beat).decode
decode_answer = msgspec.json.Decoder(Touch | Drawn | Beat).decode
"""Each message is one line of JSON. The decoders raise `msgspec.DecodeError` at anything else."""
