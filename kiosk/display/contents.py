"""One view for each kind of content. A view is built for one question and never changed into another, so nothing stale
can stay on it; only what the clerk types and chooses, and what a page tells, is set on it later."""

from functools import cache
from pathlib import Path

from kivy.lang import Builder
from kivy.properties import BooleanProperty, ColorProperty, ObjectProperty, StringProperty

from kiosk.display import bars, icons, parts, rows, theme, words
from kiosk.display.layout import Column
from kiosk.domain import screens
from kiosk.domain.screens import Button, Content
from kiosk.domain.texts import FIRST, text

KV = Path(__file__).parent / "kv"
NEEDED = (bars, icons, parts, rows)  # their classes must exist before the rules are read


class View(Column):
    """The middle of a screen. Events: `on_key` (digit, "back", "clear"), `on_choice` (its id), `on_item` (a `Button`)."""

    model = ObjectProperty(rebind=True)
    sizes = ObjectProperty(theme.LARGE, rebind=True)
    language = StringProperty(FIRST)
    shown = StringProperty("")  # what stands in the pad's field
    how = StringProperty("")
    pad_idle = BooleanProperty(False)
    ground = ColorProperty(theme.PAPER)
    ink = ColorProperty(theme.INK)
    quiet = ColorProperty(theme.SECONDARY)
    retells = False  # whether it can show another model that asks the same

    __events__ = ("on_key", "on_choice", "on_item")

    def retell(self, content: Content) -> None:
        """Show what is told now, around the same question."""
        self.model = content
        self._trigger_layout()

    def clear_key(self) -> str:
        return text("clear", self.language)

    def on_key(self, value: str) -> None:
        """The default answer: none."""

    def on_choice(self, value: str) -> None:
        """The default answer: none."""

    def on_item(self, button: Button) -> None:
        """The default answer: none."""


class NotReadyView(View):
    """Paper; the display's own "no connection" is amber."""


class NoLinkView(View):
    """The node is gone."""


class ReadyView(View):
    """Skan valgkortet."""


class TypingView(View):
    """Tast vælgernummer."""


class VoterShownView(View):
    """The voter and what must be heard."""


class BirthDateView(View):
    """The voter, and a pad for what was heard."""


class WaitingView(View):
    """Asked, not answered."""


class GreenView(View):
    """Udlevér."""


class RefusedView(View):
    """Ingen stemmeseddel."""


class ReferredView(View):
    """The secretary decides."""


class UnresolvedView(View):
    """Were they handed out?"""


class ClosedView(View):
    """Bordet er lukket."""


class MenuView(View):
    """What is not a check-in."""


class BoardView(View):
    """A page of the chair's or the secretary's."""

    retells = True


class PinView(View):
    """The chair's PIN."""


class FaultView(View):
    """Stop."""


VIEWS: dict[type, type[View]] = {
    screens.NotReady: NotReadyView,
    screens.Ready: ReadyView,
    screens.Typing: TypingView,
    screens.VoterShown: VoterShownView,
    screens.BirthDate: BirthDateView,
    screens.Waiting: WaitingView,
    screens.Green: GreenView,
    screens.Refused: RefusedView,
    screens.Referred: ReferredView,
    screens.Unresolved: UnresolvedView,
    screens.Closed: ClosedView,
    screens.Menu: MenuView,
    screens.Board: BoardView,
    screens.Pin: PinView,
    screens.Fault: FaultView,
}


@cache
def load_rules() -> None:
    """Read the `.kv` files; a second reading would double every rule."""
    for file in sorted(KV.glob("*.kv"), key=lambda file: (file.stem != "shared", file.stem)):
        Builder.load_file(str(file))


def view_of(content: Content, sizes: theme.Sizes, language: str) -> View:
    """A new view that draws `content`."""
    load_rules()
    made = VIEWS[type(content)]
    if isinstance(content, screens.NotReady) and content.code == words.NO_LINK:
        made = NoLinkView
    return made(model=content, sizes=sizes, language=language)
