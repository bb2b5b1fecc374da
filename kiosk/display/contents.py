"""One view for each kind of content. A view is built for one question and never changed into another, so nothing stale
can stay on it; only what the clerk types and chooses, and what a page tells, is set on it later."""

from functools import cache
from pathlib import Path

from kivy.lang import Builder
from kivy.properties import BooleanProperty, ColorProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.display import bars, entry, icons, parts, rows, theme
from kiosk.display.layout import ColumnLayout
from kiosk.domain import screens
from kiosk.domain.screens import Button, Content, Kind, Message, Sign, Tone
from kiosk.domain.texts import FIRST, text

KV = Path(__file__).parent / "kv"
NEEDED = (bars, icons, parts, rows)  # their classes must exist before the rules are read


class ContentView(ColumnLayout):
    """The middle of a screen. Events: `on_key` (a character, "back", "clear"), `on_choice` (what of, and its id), `on_item`
    (a `Button`), `on_focus` (a field)."""

    model = ObjectProperty(rebind=True)
    sizes = ObjectProperty(theme.LARGE, rebind=True)
    language = StringProperty(FIRST)
    shown = StringProperty("")  # what stands in the pad's field
    how = StringProperty("")
    pad_idle = BooleanProperty(False)
    ground = ColorProperty(theme.PAPER)
    ink = ColorProperty(theme.INK)
    quiet = ColorProperty(theme.SECONDARY)
    __events__ = ("on_key", "on_choice", "on_item", "on_focus")

    def retell(self, _content: Content) -> bool:
        """Show what is told now, around the same question; False where only a new view can."""
        return False

    def enter(self, entered: entry.TypedInput) -> None:
        """Show what is keyed and chosen."""
        pads = entry.fields(self.model)
        self.shown = entry.shown(self.model, entered, pads[0]) if pads else ""
        self.how = entered.value("how")
        self.pad_idle = not entry.room(self.model, entered)

    def field_of(self, _touched: Widget) -> str:
        """The field that this is the box of, or ""."""
        return ""

    def clear_key(self) -> str:
        return text("clear", self.language)

    def on_key(self, value: str) -> None:
        """The default answer: none."""

    def on_choice(self, name: str, value: str) -> None:
        """The default answer: none."""

    def on_focus(self, name: str) -> None:
        """The default answer: none."""

    def on_item(self, button: Button) -> None:
        """The default answer: none."""


class MessageView(ContentView):
    """Something to be read."""

    def __init__(self, model: Message, **given: object) -> None:
        ground, ink, quiet = theme.MESSAGES[model.tone]
        super().__init__(model=model, ground=ground, ink=ink, quiet=quiet, **given)

    def is_fault(self) -> bool:
        return bool(self.model.kind is Kind.FAULT)

    def headlines(self) -> list[int]:
        """A verdict, and a wait that passes, is larger than what is missing."""
        verdict = self.model.tone is Tone.BAD or (self.model.tone is Tone.WAIT and self.model.sign is Sign.WAIT)
        sizes: theme.Sizes = self.sizes
        return sizes.answers[:2] + sizes.headlines[2:] if verdict else sizes.headlines


class ReadyView(ContentView):
    """Skan valgkortet."""


class TypingView(ContentView):
    """Tast vælgernummer."""


class VoterShownView(ContentView):
    """The voter and what must be heard."""


class BirthDateView(ContentView):
    """The voter, and a pad for what was heard."""


class GreenView(ContentView):
    """Udlevér."""


class UnresolvedView(ContentView):
    """Were they handed out?"""


class PinView(ContentView):
    """The chair's PIN."""


VIEWS: dict[type, type[ContentView]] = {
    screens.Message: MessageView,
    screens.Ready: ReadyView,
    screens.Typing: TypingView,
    screens.VoterShown: VoterShownView,
    screens.BirthDate: BirthDateView,
    screens.Green: GreenView,
    screens.Unresolved: UnresolvedView,
    screens.Pin: PinView,
}


@cache
def load_rules() -> None:
    """Read the `.kv` files; a second reading would double every rule."""
    for file in sorted(KV.glob("*.kv"), key=lambda file: (file.stem != "shared", file.stem)):
        Builder.load_file(str(file))


def view_of(content: Content, sizes: theme.Sizes, language: str) -> ContentView:
    """A new view that draws `content`."""
    load_rules()
    if isinstance(content, screens.Sheet):
        from kiosk.display.sheet import SheetView  # a clerk's screen needs none of it

        return SheetView(model=content, sizes=sizes, language=language)
    return VIEWS[type(content)](model=content, sizes=sizes, language=language)
