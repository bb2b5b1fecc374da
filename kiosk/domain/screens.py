"""What the display draws, as data, and what it sends back. Pure.

A `Screen` is whole: it needs nothing that was sent before. Its number grows by one with each screen. What it asks has a number
of its own, which stays while the screen only tells something else; a `Touch` names what it answers, and the node drops those
that answer what is not asked any more. All words are already in the clerk's language.
"""

from enum import StrEnum
from typing import Annotated

import msgspec

from kiosk.domain.ballots import Colour

UNSEEN_FREE = r"\A[^\x00-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]*\Z"
"""No control characters, nothing that turns the direction of writing, no half of a pair."""
Word = Annotated[str, msgspec.Meta(max_length=32)]
Keyed = Annotated[str, msgspec.Meta(max_length=200, pattern=UNSEEN_FREE)]
"""What is keyed or chosen: a line of characters that are seen."""
Values = Annotated[dict[Word, Keyed], msgspec.Meta(max_length=8)]
"""What is keyed and chosen on a screen, by name: the pad's digits are "pad", how a birth date was given is "how"."""


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


class Tone(StrEnum):
    """How something stands: told by colour, sign and word together."""

    GOOD = "good"
    WAIT = "wait"
    BAD = "bad"
    OFF = "off"


class Kind(StrEnum):
    """What a message says."""

    NOT_READY = "NotReady"  # the table can't serve, or is locked: what is missing, and what to do
    WAITING = "Waiting"  # the request is made and not answered; with what to do once nobody is about to
    REFUSED = "Refused"  # hand out nothing
    REFERRED = "Referred"  # the birth date was wrong too often: the secretary decides
    CLOSED = "Closed"  # the table is closed
    FAULT = "Fault"  # the table stops: what is broken and what to do
    NO_LINK = "NoLink"  # the display's own: it hears nothing from the node


class Sign(StrEnum):
    """The large drawing beside a message."""

    WAIT = "hourglass"  # it passes by itself
    LOCK = "lock"
    WARNING = "warning"  # somebody must do something
    BAR = "bar"
    PERSON = "person"
    STOP = "stop"


class Message(_Content, frozen=True):
    """Something to be read: why, and what to do. `tone`: on paper (OFF), amber (WAIT) or red (BAD).

    `name` and `number` are a voter's, "" where it is about none; `served`: how many so far; `notice`: of another card.
    """

    kind: Kind
    tone: Tone
    sign: Sign
    reason: str = ""
    remedy: str = ""
    code: str = ""
    name: str = ""
    number: str = ""
    served: str = ""
    notice: str = ""


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


class Green(_Content, frozen=True):
    """Hand out these ballots."""

    name: str
    number: str
    ballots: tuple[Ballot, ...]


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


class Line(_Part, frozen=True):
    """A row: who, how it stands, and what is wrong or to be done. `wide`: across all columns."""

    name: str
    text: str
    tone: Tone = Tone.OFF
    wide: bool = False


class Text(_Part, frozen=True, tag=True):
    """A paragraph. `tone` sets a notice (WAIT) or what went wrong (BAD) apart from plain text (OFF)."""

    text: str
    tone: Tone = Tone.OFF


class Rows(_Part, frozen=True, tag=True):
    """Who, and how they stand."""

    rows: tuple[Line, ...]


class Column(_Part, frozen=True):
    """A column of a table. `share` of the width, in parts; `right`: its cells end at the right, as numbers do."""

    title: str
    share: int = 1
    right: bool = False


class TableRow(_Part, frozen=True):
    """A row of a table. `touch`: the word sent back where the row can be touched."""

    cells: tuple[str, ...]
    touch: Word = ""
    tone: Tone = Tone.OFF


class Table(_Part, frozen=True, tag=True):
    """Rows in columns, of which at least four are seen; where there are more than fit, the display itself turns to the others.

    Up to 200 fit into a screen: of a longer list the page sends what is looked for."""

    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]


class Tile(_Part, frozen=True):
    """One of many, at a glance: a short name, one large word or figure, and a line below. `touch` as in a row."""

    name: str
    figure: str
    text: str = ""
    tone: Tone = Tone.OFF
    touch: Word = ""


class Tiles(_Part, frozen=True, tag=True):
    """All of a kind, side by side; up to 25 are seen at once."""

    tiles: tuple[Tile, ...]


class Items(_Part, frozen=True, tag=True):
    """What can be touched; a chosen one is filled and carries a tick. `large`: they are few, and all that the page is about."""

    items: tuple[Button, ...]
    chosen: tuple[str, ...] = ()
    large: bool = False


class Choices(_Part, frozen=True, tag=True):
    """One of several answers. The display keeps which is chosen until a button sends it, as the value of `field`.

    `preset`: the one that is chosen at first; without one, no button at the right before something is chosen.
    """

    field: Word
    label: str
    choices: tuple[Choice, ...]
    preset: Word = ""


class Keys(StrEnum):
    """What a field takes: digits only, a date of eight digits, or any text."""

    DIGITS = "digits"
    DATE = "date"
    TEXT = "text"


class Field(_Part, frozen=True, tag=True):
    """Something to key, by keyboard or by the keys on the screen. The display keeps it until a button sends it, as the value of
    `field`. `most`: so many characters; `needed`: no button at the right before something stands there.

    `hint` stands in an empty field; a date's is its pattern, and a date is whole or empty. `preset` stands there at first.
    """

    field: Word
    label: str
    keys: Keys
    most: int
    needed: bool = True
    hint: str = ""
    preset: str = ""


class Curve(_Part, frozen=True):
    """Points of a plot: x and y, each from 0 to 1 of its axis. `dashed`: what is expected."""

    name: str
    points: tuple[tuple[float, float], ...]
    dashed: bool = False


class Plot(_Part, frozen=True, tag=True):
    """Curves over two axes; a tick is a place from 0 to 1, and its text."""

    title: str
    curves: tuple[Curve, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]


class Document(_Part, frozen=True, tag=True):
    """A paper that is being made or is ready. `done`: 0 to 100 per cent, a bar while it is made; `state` says the rest."""

    name: str
    state: str
    done: int | None = None
    tone: Tone = Tone.WAIT
    buttons: tuple[Button, ...] = ()


Block = Text | Rows | Table | Tiles | Items | Choices | Field | Plot | Document


class Sheet(_Content, frozen=True):
    """A page: blocks from top to bottom, under tabs where there are any. `page`: which one it is; no word of that is shown.

    `tab` is the touch word of the tab that stands open. What is keyed and chosen stays as long as the same is asked, and goes
    with every touch but the left button's and the tabs'.
    """

    page: Word
    blocks: tuple[Block, ...] = ()
    tabs: tuple[Button, ...] = ()
    tab: Word = ""

    def buttons(self) -> tuple[Button, ...]:
        """What can be touched in the blocks; of a row or tile, with what stands first in it."""
        return tuple(button for block in self.blocks for button in _buttons(block))

    def said(self, tone: Tone = Tone.OFF) -> str:
        """Its paragraphs of one tone."""
        return " ".join(block.text for block in self.blocks if isinstance(block, Text) and block.tone is tone)

    @property
    def rows(self) -> tuple[Line, ...]:
        """Who stands on it, and how they stand."""
        return tuple(row for block in self.blocks if isinstance(block, Rows) for row in block.rows)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The touch words of the items that are chosen."""
        return tuple(word for block in self.blocks if isinstance(block, Items) for word in block.chosen)


def _buttons(block: Block) -> tuple[Button, ...]:
    match block:
        case Items(items=buttons) | Document(buttons=buttons):
            return buttons
        case Table(rows=rows):
            return tuple(Button(row.touch, row.cells[0]) for row in rows if row.touch)
        case Tiles(tiles=tiles):
            return tuple(Button(tile.touch, tile.name) for tile in tiles if tile.touch)
    return ()


class Pin(_Content, frozen=True):
    """The chair's PIN. The headline says in one sentence what is decided with it."""

    hint: str
    digits: int
    forgotten: str
    notice: str = ""


Content = Message | Ready | Typing | VoterShown | BirthDate | Green | Unresolved | Sheet | Pin


def kind(content: Content) -> str:
    """Which content it is, whatever its words: what kind of message, which page, else its type's name."""
    match content:
        case Message(kind=said):
            return said
        case Sheet(page=page):
            return page
        case _:
            return type(content).__name__


def shows(content: Content | None, *kinds: type | Kind) -> bool:
    """Whether a content is one of these: a type, or a kind of message."""
    types = tuple(one for one in kinds if isinstance(one, type))
    return isinstance(content, types) or (isinstance(content, Message) and content.kind in kinds)


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

    @property
    def kind(self) -> str:
        """Which screen it is, whatever its words."""
        return kind(self.content)

    def buttons(self) -> tuple[Button, ...]:
        """Everything that can be touched on it, the display's own pads and choices left aside."""
        items = self.content.unsure if isinstance(self.content, Unresolved) else ()
        items = self.content.noted if isinstance(self.content, Ready) else items
        items = (*self.content.tabs, *self.content.buttons()) if isinstance(self.content, Sheet) else items
        return (*(button for button in (self.right, self.left) if button is not None), *items)


class Touch(_Part, frozen=True, tag=True, forbid_unknown_fields=True):
    """What was touched on a screen that asks `asks`, and what was keyed and chosen there; a name that is left out is empty."""

    asks: int
    touch: Word
    values: Values = {}

    def value(self, name: str) -> str:
        return self.values.get(name, "")


def touched(screen: Screen, touch: str, pad: str = "", how: str = "") -> Touch:
    """A touch on `screen`, with the digits on its pad and the chosen way."""
    return Touch(screen.asks, touch, {name: text for name, text in (("pad", pad), ("how", how)) if text})


class Drawn(_Part, frozen=True, tag=True, forbid_unknown_fields=True):
    """The display has drawn screen `screen`: a frame with it has been shown."""

    screen: int


class Beat(_Part, frozen=True, tag=True, forbid_unknown_fields=True):
    """The node's loop goes round. The display's loop says the same in return."""


encode = msgspec.json.Encoder().encode
decode_sent = msgspec.json.Decoder(Screen | Beat).decode
decode_answer = msgspec.json.Decoder(Touch | Drawn | Beat).decode
"""Each message is one line of JSON. The decoders raise `msgspec.DecodeError` at anything else."""
