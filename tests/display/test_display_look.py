"""Every screen as it is rendered: all its words stand there, whole, large enough, apart, and touchable."""

from contextlib import closing

import msgspec
import pytest
from display_hand import Hand, apart, box, holder, names, overlap, pairs
from display_screens import CROWDED, SIZES

from kiosk.display import own_screens, theme
from kiosk.display.bars import Dots
from kiosk.display.contents import VIEWS
from kiosk.display.form import DIGITS, LETTERS, SIGNS, ScreenKeyboard
from kiosk.display.icons import Icon
from kiosk.display.layout import Words
from kiosk.display.parts import PAD, Key, Pad
from kiosk.display.rows import LineRow
from kiosk.display.table import TableBox
from kiosk.display.tiles import TileBox
from kiosk.domain import screens
from kiosk.domain.codetext import grouped
from kiosk.domain.screens import Content
from kiosk.domain.texts import text
from kiosk.simulated.sample_pages import pages
from kiosk.simulated.screens import samples as screens_of
from tests.made_up_language import MADE_UP, NAME, add_language

KEYBOARD = {*"".join((*DIGITS, *LETTERS, *SIGNS)), "123", "abc"}
NOT_SHOWN = {
    "kind",
    "field",
    "preset",
    "dashed",
    "type",
    "id",
    "touch",
    "page",
    "colour",
    "keyed",
    "digits",
    "language",
    "sounds",
    "island",
    "tables",
    "tone",
    "chosen",
    "sign",
    "groups",
}


def texts_of(part):
    """Every text of a model that is meant to be read."""
    if isinstance(part, str):
        return [part] if part else []
    if isinstance(part, dict):
        return [text for name, value in part.items() if name not in NOT_SHOWN for text in texts_of(value)]
    if isinstance(part, list | tuple):
        return [text for item in part for text in texts_of(item)]
    return []


def texts_of_block(block):
    """The texts of one block that are seen: of a table not yet turned the first rows, in a field what is preset or the hint."""
    if isinstance(block, screens.Table):
        return []  # its rows are looked at by a test of their own
    if isinstance(block, screens.Field):
        return [text for text in (block.label, block.preset or block.hint) if text]
    return texts_of(msgspec.to_builtins(block))


def texts_of_table(hand):
    """The texts of the rows that are seen now, and of the titles."""
    for table in tables(hand):
        yield from (column.title for column in table.block.columns)
        yield from (cell for at in table.shown for cell in table.block.rows[at].cells)
        if len(table.shown) < len(table.block.rows):
            yield f"{table.shown[0] + 1}–{table.shown[-1] + 1} / {len(table.block.rows)}"


def tables(hand):
    return [widget for widget in hand.walk() if isinstance(widget, TableBox)]


def expected(screen):
    """The texts that must be on the content and the buttons of `screen`; ballots are said in one text or on a sheet."""
    if isinstance(screen.content, screens.Sheet):
        return [text for block in screen.content.blocks for text in texts_of_block(block)] + [
            screen.content.headline,
            *(button.text for button in (screen.left, screen.right, *screen.content.tabs) if button),
        ]
    content = msgspec.to_builtins(screen.content)
    content.pop("page", "")
    ballots = content.pop("ballots", ())
    texts = texts_of(content) + [button.text for button in (screen.left, screen.right) if button]
    for ballot in ballots:
        name, election, withheld = ballot["colour_name"], ballot["election"], ballot.get("withheld", "")
        if withheld:
            texts.append(f"{name} – {election}: {withheld}")
        else:
            texts += [name, election] if content["type"] == "Green" else [f"{name} – {election}"]
    return texts


def samples(language):
    """The product's screens, and a page of each kind of block."""
    return screens_of(language) | (pages(language) if language != MADE_UP else {})


@pytest.fixture(params=["da", "en"])
def language(request):
    return request.param


def test_there_is_a_sample_of_every_kind_and_a_view_for_it():
    """A kind of content that is added without a view or a sample is found here."""
    kinds = set(Content.__args__)
    assert set(VIEWS) | {screens.Sheet} == kinds
    assert {type(screen.content) for screen in samples("da").values()} == kinds


# --- what is looked for on every screen; each check yields what is wrong ---


def words_are_those_of_the_screen(hand, screen, language):
    """The rendered texts are the model's, the pad's and the clock's; none is missing, none is left from the screen before."""
    told = {" ".join(text.split()) for text in (*expected(screen), *texts_of_table(hand))}
    strip = screen.strip
    own = (strip.table, strip.mode, strip.training, strip.place, strip.seen, strip.secretary, strip.uncopied)
    around = {
        *PAD,
        *KEYBOARD,
        *(text(key, language) for key in ("clear", "rows_before", "rows_after")),
        hand.root.strip.time,
        *(" ".join(text.split()) for text in own),
    }
    around.add(hand.root.warnings.text)
    seen = set(hand.rendered())
    yield from sorted(told - seen)
    yield from sorted(seen - told - {" ".join(text.split()) for text in around})


def nothing_is_cut(hand, screen, language):
    """Even the longest names stand there whole, on lines broken only between words."""
    yield from hand.cut()


def boxes_have_their_place(hand, screen, language):
    """Texts, icons and keys have their boxes to themselves, inside the window and inside the content's or bar's part of it."""
    root = hand.root
    for area in (root.view, root.strip, root.warnings, root.actions):
        for widget in area.walk(restrict=True):
            if visible(widget) and not inside(box(widget), box(area)):
                yield "outside", widget, getattr(widget, "text", "")
    keys = hand.touchables()
    seen = [widget for widget in hand.walk() if visible(widget) and not isinstance(widget, Key)]
    within = {widget: holder(widget) for widget in seen}
    for first, second in pairs([*keys, *[widget for widget in seen if within[widget] not in keys]]):
        if overlap(box(first), box(second)):
            yield "overlap", first, second
    for widget in seen:
        if within[widget] and not inside(box(widget), box(within[widget])):
            yield "outside its box", widget
    for first, second in pairs([widget for widget in seen if within[widget] and not isinstance(within[widget], Key)]):
        if within[first] is within[second] and overlap(box(first), box(second)):
            yield "overlap in a box", first, second


def headlines_are_large(hand, screen, language):
    """The one question can be read at two metres, and the birth date is larger still; a board is read at arm's length."""
    (headline,) = [text for text in hand.words() if text.text == screen.content.headline and not isinstance(text.parent, Key)]
    sizes = hand.root.sizes
    if headline.font_size < (sizes.body if isinstance(screen.content, screens.Sheet) else sizes.headline):
        yield headline.text, headline.font_size
    if hasattr(screen.content, "born"):
        (born,) = [text for text in hand.words() if text.text == screen.content.born]
        if born.font_size <= headline.font_size:
            yield "the birth date is not larger than", headline.text


def what_is_touched_is_large_and_apart(hand, screen, language):
    """72 pixels high and wide, 16 between; the pad's keys are 88 or 64. Only where the largest places have more than 15 nodes
    to choose from, and on pages, are they flatter and closer."""
    sizes = hand.root.sizes
    if isinstance(screen.content, screens.Sheet):
        for key in hand.touchables():
            letter = isinstance(key.parent.parent, ScreenKeyboard)
            high = sizes.letter[-1] if letter else sizes.tile[-1] if isinstance(key, TileBox) else sizes.page_touch[-1]
            pad = isinstance(key.parent.parent, Pad)
            if key.height < (sizes.key if pad else high) - 0.5 or key.width < (high if letter else sizes.key if pad else 72):
                yield names(key), key.size
        for first, second in pairs(hand.touchables()):
            if apart(box(first), box(second)) < 3.5:
                yield "close", names(first), names(second)
        return
    for key in hand.touchables():
        if min(key.size) < (hand.root.sizes.key if key.value in PAD else 72):
            yield key.text, key.size
    for first, second in pairs(hand.touchables()):
        if apart(box(first), box(second)) < 15.5:
            yield "close", first.text, second.text


LOOKS = (
    words_are_those_of_the_screen,
    nothing_is_cut,
    boxes_have_their_place,
    headlines_are_large,
    what_is_touched_is_large_and_apart,
)


@pytest.fixture(scope="module", params=[(size, language) for size in SIZES for language in ("da", "en")], ids=str)
def looked(request):
    """What is wrong on all screens in one size and language, by check. Each is shown once, since that is what takes time."""
    size, language = request.param
    wrong = {look: [] for look in LOOKS}
    with closing(Hand(size)) as hand:
        for name, screen in samples(language).items():
            hand.show(screen)
            for look in LOOKS:
                wrong[look] += [(name, problem) for problem in look(hand, screen, language)]
    return wrong


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.__name__)
def test_every_screen(looked, look):
    """Nothing is wrong on any screen, in whatever size and language."""
    assert looked[look] == []


def test_the_strip_keeps_what_matters_however_much_is_wrong(hand, language):
    """Table, mode and clock always stand on it, each silent table by its number or in a count, and every trouble in words."""
    crowded = {name: screen.strip for name, screen in samples(language).items()} | {"crowded": CROWDED}
    for name, strip in crowded.items():
        hand.show(msgspec.structs.replace(samples(language)["ready"], strip=strip))
        bar = hand.root.strip
        on_strip = {words.text for words in bar.walk() if isinstance(words, Words)}
        assert {strip.table, strip.mode, bar.time} <= on_strip, name
        drawn = [other for widget in bar.walk() if isinstance(widget, Dots) for other in widget.tables]
        silent = {other.table for other in strip.tables if not other.seen}
        assert {other.table for other in drawn if not other.seen} == silent or strip.seen in on_strip, name
        assert len(drawn) == len(strip.tables) or strip.seen in on_strip, name
        band = hand.root.warnings.text.split("   ·   ")
        for trouble in (strip.uncopied, "" if strip.secretary_seen else strip.secretary):
            assert (trouble in on_strip) != (trouble in band) or not trouble, (name, trouble)


def test_the_fullest_screens_are_still_whole(hand):
    """A crowded strip, two warnings and a notice over the longest name: smaller type, but nothing is lost."""
    for name, screen in samples("da").items():
        fullest = screen.content
        if hasattr(fullest, "notice") and (not isinstance(fullest, screens.Message) or fullest.kind is screens.Kind.WAITING):
            fullest = msgspec.structs.replace(fullest, notice="Fødselsdatoen passer ikke. Forsøg 1 af 3 er brugt.")
        hand.show(msgspec.structs.replace(screen, strip=CROWDED, content=fullest))
        assert hand.cut() == [], name
        assert list(boxes_have_their_place(hand, screen, "da")) == [], name


def visible(widget):
    return (isinstance(widget, Words | Key) and bool(widget.text)) or (isinstance(widget, Icon) and bool(widget.drawing))


def inside(inner, outer):
    return inner[0] >= outer[0] - 1 and inner[1] >= outer[1] - 1 and inner[2] <= outer[2] + 1 and inner[3] <= outer[3] + 1


def test_the_buttons_are_at_the_same_spot_on_every_screen(hand):
    """Left stays left and right stays right; only where both are answers are they equally wide."""
    places = set()
    for screen in samples("da").values():
        hand.show(screen)
        if screen.right and screen.kind != "Unresolved":
            places.add(box(hand.root.actions.right_key))
    assert len(places) == 1


def test_a_warning_does_not_move_what_is_touched(hand):
    """The strip's second line takes its height from the texts, never from the keys."""
    screen = samples("da")["birth-date"]
    hand.show(screen)
    before = [box(key) for key in hand.touchables()]
    hand.show(msgspec.structs.replace(screen, strip=CROWDED))
    assert [box(key) for key in hand.touchables()] == before


def test_only_green_is_green_and_each_verdict_has_its_colour(hand):
    """Colour says the same as the words: read it from the frame itself."""
    grounds = {"Green": theme.GREEN, "Refused": theme.RED, "Fault": theme.RED}
    grounds |= dict.fromkeys(("Referred", "Waiting", "Unresolved"), theme.AMBER)
    for name, screen in samples("da").items():
        hand.show(screen)
        assert tuple(hand.root.view.ground) == grounds.get(screen.kind, theme.PAPER), name
    hand.show(own_screens.no_link(None))
    assert tuple(hand.root.view.ground) == theme.AMBER
    assert hand.cut() == []


def test_a_third_language_is_drawn(small_hand, tmp_path, monkeypatch):
    """One more catalogue, and the key that switches to it, the pad and the display's own screens have its words too."""
    add_language(tmp_path / "texts", monkeypatch)
    small_hand.show(samples("en")["menu"])
    assert NAME in small_hand.rendered()
    for name in ("typing", "menu", "voter", "green"):
        small_hand.show(samples(MADE_UP)[name])
        assert list(words_are_those_of_the_screen(small_hand, samples(MADE_UP)[name], MADE_UP)) == []
    assert "[Udlevér [[hvid] og [gul]]]" in small_hand.rendered()
    small_hand.show(own_screens.no_link(samples(MADE_UP)["ready"].strip))
    assert "[Vent. Udlevér ingen stemmesedler.]" in small_hand.rendered()


def test_the_pictures_of_the_gallery_show_the_verdict(hand, tmp_path):
    """A saved frame of the green screen is green where nothing else is drawn, and has the window's size."""
    hand.stage.show(samples("da")["green"])
    hand.stage.picture(tmp_path / "green.png")
    hand.stage.settle()
    assert [file.name for file in tmp_path.iterdir()] == ["green.png"]
    from kivy.core.image import Image

    picture = Image.load(str(tmp_path / "green.png"), keep_data=True, nocache=True)
    assert picture.size == tuple(hand.root.size)
    corner = picture.read_pixel(hand.root.sizes.stripe + 4, hand.root.view.y + 4)
    assert [round(part, 2) for part in corner[:3]] == [round(part, 2) for part in theme.GREEN[:3]]


def test_a_locked_screen_has_a_lock_and_what_passes_has_an_hourglass(hand):
    """The picture says which hindrance it is before a word is read."""
    expected = {
        "locked": "lock",
        "not-ready-catching-up": "hourglass",
        "not-ready-alone": "warning",
    }
    for name, drawing in expected.items():
        hand.show(samples("da")[name])
        assert drawing in {icon.drawing for icon in hand.root.view.walk() if isinstance(icon, Icon)}, name


def test_a_chosen_item_is_filled(hand):
    """What is chosen differs from the rest by its ground as well as by its tick."""
    screen = samples("da")["pick-stopped"]
    hand.show(screen)
    for key, item in zip(hand.root.view.children[0].keys, screen.content.buttons(), strict=True):
        chosen = item.touch in screen.content.chosen
        assert (key.look, key.drawing) == (("chosen", "check") if chosen else ("plain", "")), item.text


def test_rows_in_columns_run_downwards_and_wide_ones_above_them(hand):
    """Two columns are read one after the other; a conflict stands over both, across the whole width."""
    screen = samples("da")["overview-nine"]
    hand.show(screen)
    rows = [row for row in hand.root.view.walk() if isinstance(row, LineRow)]
    read = sorted(rows, key=lambda row: (row.x > hand.root.width / 3, -row.y))
    assert [row.name for row in read] == [line.name for line in screen.content.rows]
    for row, line in zip(read, screen.content.rows, strict=True):
        assert (row.width > hand.root.width * 0.6) == line.wide, line.name


def test_a_whole_code_stands_on_the_pad(hand, language):
    """All its digits, in their groups, with what is wrong with it below; larger than a text, and broken only between groups."""
    for name in ("ask-code", "ask-code-other-sheet", "ask-code-large"):
        hand.show(samples(language)[name])
        code = "03" + "8" * 32
        for digit in code:
            hand.tap(digit)
        hand.stage.settle()
        hand.frame()
        assert " ".join(grouped(code)) in hand.rendered(), name
        assert hand.cut() == [], name
        assert list(boxes_have_their_place(hand, screen=None, language="da")) == [], name
        (shown,) = [text for text in hand.words() if text.text == " ".join(grouped(code))]
        assert shown.font_size == hand.root.sizes.code, name
