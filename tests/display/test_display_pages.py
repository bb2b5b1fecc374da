"""What is done on a page: what is told changes under a finger, what is keyed is kept and sent, rows are turned, and a keyboard
works it all alone."""

import subprocess
import sys

import msgspec
import pytest
from display_hand import box as place
from display_hand import names, overlap, pairs
from display_screens import Screens

from kiosk.display.cursor import DOWN, RIGHT, TAB
from kiosk.display.form import InField
from kiosk.display.layout import Words, measure
from kiosk.display.table import TableBox
from kiosk.display.tiles import TileBox
from kiosk.domain import screens as s
from kiosk.domain.screens import Button, Keys, Tone, Touch
from kiosk.simulated.sample_pages import pages

ENTER, ESCAPE, BACKSPACE = 13, 27, 8
BACK, GO = Button("cancel", "Tilbage"), Button("go", "Send")
TEXT = s.Field("text", "Besked", Keys.TEXT, 160)
NUMBER = s.Field("number", "Nummer", Keys.DIGITS, 6, needed=False)
BORN = s.Field("born", "Født", Keys.DATE, 8, hint="dd-mm-åååå")
TO = s.Choices("to", "Til", (s.Choice("all", "Alle"), s.Choice("4", "Bord 4")))


def page(*blocks, made=None, tabs=(), **changed):
    screen = (made or Screens()).of(s.Sheet("Overskrift", "page", blocks, tabs, "tab a" if tabs else ""), BACK, GO)
    return msgspec.structs.replace(screen, **changed)


def retold(screen, *blocks):
    """The same question, with other blocks."""
    content = msgspec.structs.replace(screen.content, blocks=blocks)
    return msgspec.structs.replace(screen, number=screen.number + 1, content=content)


def asked_anew(screen):
    return msgspec.structs.replace(screen, number=screen.number + 1, asks=screen.asks + 1)


def type_text(hand, text, pause=0.2):
    """By a hand, unless there is no pause."""
    for sign in text:
        hand.time += pause
        hand.stage.window.dispatch("on_textinput", sign)
    hand.settle()


def key(hand, code, modifiers=()):
    hand.stage.window.dispatch("on_key_down", code, 0, "", list(modifiers))
    hand.stage.window.dispatch("on_key_up", code, 0)
    hand.frame()


def ring(hand):
    """What the keyboard's focus stands on."""
    at = hand.root.cursor.at
    return at and names(at)[0]


def in_fields(hand):
    return [box.words.text for box in hand.walk() if isinstance(box, InField)]


def tiles(count):
    tone = Tone.GOOD if count else Tone.BAD
    return s.Tiles(tuple(s.Tile(str(n), "åben", f"{count} sidste 15 min", tone, f"pick {n}") for n in (1, 2)))


def table(count, touch="pick ", age="1 min"):
    rows = tuple(s.TableRow((f"Hændelse {n}", age), f"{touch}{n}" if touch else "") for n in range(1, count + 1))
    return s.Table((s.Column("Hvad", 3), s.Column("Alder", 1, right=True)), rows)


# --- told under a finger ---

LIVE = {
    "tiles": (tiles(10), tiles(0), "2", "pick 2"),
    "table": (table(2), table(2, age="2 min"), "Hændelse 2", "pick 2"),
    "items": (s.Items((Button("a", "Luk 1"),)), s.Items((Button("a", "Luk 2"),)), "Luk 1", "a"),
    "document": (
        s.Document("Liste", "Side 1", 10, buttons=(Button("stop", "Afbryd"),)),
        s.Document("Liste", "Side 2", 20, buttons=(Button("stop", "Afbryd"),)),
        "Afbryd",
        "stop",
    ),
}


@pytest.mark.parametrize("live", LIVE.values(), ids=LIVE)
def test_a_press_is_not_lost_when_what_is_told_changes(small_hand, live):
    """The widget under the finger stays, also where a notice comes above it, and its new words stand there."""
    hand, (before, after, name, word) = small_hand, live
    screen = page(before)
    hand.show(screen)
    pressed = hand.key(name)
    finger = hand.press(pressed.center)
    hand.show(retold(screen, after))
    assert pressed in hand.touchables()
    hand.lift(finger)
    assert hand.touches == [Touch(screen.asks, word)]


@pytest.mark.parametrize("live", LIVE.values(), ids=LIVE)
def test_a_press_is_cancelled_when_something_else_is_asked(small_hand, live):
    """The same page asked anew: what the finger holds was answered already."""
    hand, (before, _, name, _) = small_hand, live
    hand.show(page(before))
    finger = hand.press(hand.key(name).center)
    hand.show(asked_anew(page(before)))
    hand.lift(finger)
    assert hand.touches == []


def test_a_notice_comes_and_goes_without_a_new_view(hand):
    """A text more, and then one less: the rest is the same widgets, and it looks as if it had been there from the start."""
    made = Screens()
    screen = page(tiles(10), s.Items((Button("a", "Luk"),)), made=made)
    hand.show(screen)
    kept = hand.touchables()
    notice = s.Text("Kortet kunne ikke læses.", Tone.BAD)
    hand.show(retold(screen, notice, *screen.content.blocks))
    assert notice.text in hand.rendered()
    assert hand.touchables() == kept
    seen = hand.seen()
    hand.show(made.voter())
    again = page(notice, *screen.content.blocks, made=made)
    hand.show(again)
    assert hand.seen() == seen
    hand.show(retold(again, *screen.content.blocks))
    assert notice.text not in hand.rendered()


def test_how_a_tile_stands_is_told_by_its_fill_and_sign(hand):
    """Nothing on it is green, and what changes changes all of it."""
    screen = page(tiles(10))
    hand.show(screen)
    (first, _) = [tile for tile in hand.walk() if isinstance(tile, TileBox)]
    assert (first.look, first.sign.drawing) == ("plain", "check")
    hand.show(retold(screen, tiles(0)))
    assert (first.look, first.sign.drawing) == ("bad", "warning")
    assert first.sign.ground == first.ground


# --- keyed and chosen ---


def test_a_message_is_typed_and_sent(hand):
    """Danish letters, Backspace, a choice; Enter is the right button, which waits for both."""
    screen = page(TO, TEXT)
    hand.show(screen)
    key(hand, ENTER)
    type_text(hand, "Kø ved bord 4 x")
    key(hand, BACKSPACE)
    assert in_fields(hand) == ["Kø ved bord 4 "]
    key(hand, ENTER)
    assert hand.touches == []
    hand.tap("Bord 4")
    assert hand.key("Bord 4").look == "chosen"
    key(hand, ENTER)
    assert hand.touches == [Touch(screen.asks, "go", {"text": "Kø ved bord 4", "to": "4"})]


def test_a_message_is_keyed_on_the_screen(hand):
    """Letters, one capital, a space, signs and digits, taken back and sent."""
    screen = page(TEXT)
    hand.show(screen)
    for name in ("shift", "Å", "b", "e", "n", " ", "signs", "1", "0", "%", "back", "signs", "æ", "ø", "."):
        letter = next(letter for letter in hand.touchables() if name in names(letter))
        hand.lift(hand.press(letter.center))
        hand.settle()
    assert in_fields(hand) == ["Åben 10æø."]
    hand.tap("Send")
    assert hand.touches == [Touch(screen.asks, "go", {"text": "Åben 10æø."})]


def test_leaving_takes_nothing_along_and_what_the_page_offers_does(small_hand):
    """The left button and the tabs leave; a row or an item may need what is keyed."""
    tabs = (Button("tab a", "A"), Button("tab b", "B"))
    screen = page(NUMBER, s.Items((Button("pick", "Vælg"),)), tabs=tabs)
    small_hand.show(screen)
    type_text(small_hand, "41")
    for name, values in (("Tilbage", {}), ("B", {}), ("Vælg", {"number": "41"})):
        small_hand.time += 2
        small_hand.tap(name)
        assert small_hand.touches.pop().values == values


def test_fields_take_what_is_theirs(small_hand):
    """Digits only, so many and no more; a date in its pattern, whole or empty; an optional field may stay empty."""
    hand, screen = small_hand, page(BORN, NUMBER)
    hand.show(screen)
    assert in_fields(hand) == ["dd-mm-åååå", ""]
    assert hand.root.actions.right_key.idle
    type_text(hand, "1x403196")
    assert in_fields(hand) == ["14-03-196_", ""]
    assert hand.root.actions.right_key.idle
    type_text(hand, "89")
    assert in_fields(hand) == ["14-03-1968", ""]
    key(hand, TAB)
    type_text(hand, "12345678")
    assert in_fields(hand) == ["14-03-1968", "123456"]
    key(hand, TAB)
    assert not [box for box in hand.walk() if isinstance(box, InField) and box.focused]
    type_text(hand, "7")
    hand.time += 1
    for _ in range(2):
        key(hand, TAB, ["shift"])
    hand.tap("clear")
    hand.settle()
    assert in_fields(hand) == ["dd-mm-åååå", "123456"]
    assert hand.root.actions.right_key.idle


def test_a_finger_moves_the_focus_and_the_pad_follows(hand):
    """The field with the blue edge takes what is keyed on the pad."""
    hand.show(page(BORN, NUMBER))
    boxes = [box for box in hand.walk() if isinstance(box, InField)]
    hand.tap("7")
    hand.lift(hand.press(boxes[1].center))
    hand.tap("4")
    hand.settle()
    assert in_fields(hand) == ["7_-__-____", "4"]
    assert [box.focused for box in boxes] == [False, True]


def test_what_is_keyed_stays_while_the_same_is_asked_and_no_longer(small_hand):
    """A text that is told does not take a half-written message away; another question does, with its focus."""
    hand, screen = small_hand, page(TO, TEXT, NUMBER)
    hand.show(screen)
    type_text(hand, "Kø")
    key(hand, TAB)
    type_text(hand, "1")
    hand.tap("Alle")
    hand.show(retold(screen, s.Text("2 har svaret"), TO, TEXT, NUMBER))
    assert in_fields(hand) == ["Kø", "1"]
    assert hand.key("Alle").look == "chosen"
    hand.show(asked_anew(screen))
    assert in_fields(hand) == ["", ""]
    assert hand.key("Alle").look == "plain"
    type_text(hand, "a")
    assert in_fields(hand) == ["a", ""]


def test_what_is_preset_stands_there_and_can_be_changed(small_hand):
    """The node gives back what was keyed when it has asked anew."""
    text, to = (msgspec.structs.replace(block, preset=value) for block, value in ((TEXT, "Kø"), (TO, "4")))
    screen = page(to, text)
    small_hand.show(screen)
    type_text(small_hand, "!")
    small_hand.tap("Send")
    assert small_hand.touches == [Touch(screen.asks, "go", {"text": "Kø!", "to": "4"})]


def test_the_end_of_the_longest_text_is_seen(hand):
    """200 wide letters do not fit into any type: what is keyed last stands there, on whole lines."""
    hand.show(page(msgspec.structs.replace(TEXT, most=200, preset="W" * 195 + " slut")))
    hand.settle()
    (box,) = [box for box in hand.walk() if isinstance(box, InField)]
    assert box.words.text.endswith(" slut")
    assert measure(box.words.text, int(box.words.font_size), False, int(box.words.width))[1] <= box.height


def test_what_can_not_be_sent_can_not_be_keyed(small_hand):
    """Control characters, and what turns the direction of writing."""
    small_hand.show(page(TEXT))
    type_text(small_hand, "a\x00\t\u202e\ud800\u200bb")
    assert in_fields(small_hand) == ["ab"]


# --- by keyboard alone, and a scanner that types ---


def test_a_keyboard_works_a_whole_page(hand):
    """Tab goes through all that can be touched, in reading order and round; the ring is seen; Enter and Space touch."""
    tabs = (Button("tab a", "A"), Button("tab b", "B"))
    screen = page(tiles(10), s.Items((Button("x", "X"), Button("y", "Y"))), tabs=tabs)
    hand.show(screen)
    went = []
    for _ in range(9):
        key(hand, TAB)
        went.append(ring(hand))
    assert went == ["A", "B", "1", "2", "X", "Y", "Tilbage", "Send", "A"]
    assert hand.root.cursor.canvas.length() > 0
    key(hand, DOWN)
    key(hand, RIGHT)
    assert ring(hand) == "2"
    key(hand, ENTER)
    hand.time += 2
    key(hand, DOWN)
    below = ring(hand)
    assert below in ("X", "Y")
    type_text(hand, " ")
    assert hand.touches == [Touch(screen.asks, "pick 2"), Touch(screen.asks, below.lower())]


def test_the_ring_goes_with_a_finger_and_with_the_page(small_hand):
    """It stands only where a keyboard is used, and Enter is the right button again."""
    hand, screen = small_hand, page(tiles(10))
    hand.show(screen)
    key(hand, TAB)
    hand.lift(hand.press((5, 5)))
    assert ring(hand) is None
    key(hand, TAB)
    hand.show(asked_anew(screen))
    assert ring(hand) is None
    key(hand, ENTER)
    assert [touch.touch for touch in hand.touches] == ["go"]


def test_no_focus_moves_where_voters_are_served(small_hand):
    """Enter on a voter's screen is the approval and nothing else, whatever keys came before."""
    screen = Screens().voter()
    small_hand.show(screen)
    key(small_hand, TAB)
    assert ring(small_hand) is None


def test_the_ring_goes_with_the_row_that_it_stood_on(small_hand):
    """A table turned to its later rows is told anew with a sign, and begins from its first row: the ring stands round none of
    these, and Enter does not touch a row that is not seen."""
    hand, screen = small_hand, page(table(40))
    hand.show(screen)
    hand.tap("Næste")
    hand.settle()
    first = next(names(row)[0] for row in hand.touchables() if names(row)[0].startswith("Hændelse"))
    assert first != "Hændelse 1"
    hand.time += 1
    key(hand, TAB)
    assert ring(hand) == first
    rows = screen.content.blocks[0].rows
    told = msgspec.structs.replace(rows[0], tone=Tone.BAD)
    hand.show(retold(screen, msgspec.structs.replace(screen.content.blocks[0], rows=(told, *rows[1:]))))
    hand.settle()
    seen = [names(row)[0] for row in hand.touchables()]
    assert first not in seen
    key(hand, ENTER)
    assert [touch.touch for touch in hand.touches if touch.touch.startswith("pick")] == []
    assert ring(hand) is None


CARDS = ("461000418297", "12 34 56 78", "47020001 01")


@pytest.mark.parametrize("card", CARDS)
def test_a_scanner_that_types_triggers_nothing_on_a_page(small_hand, card):
    """Neither with the focus on what can be touched, nor into a field, nor where there is none."""
    hand, made = small_hand, Screens()
    for blocks, tabs in (((tiles(10),), 3), ((TEXT,), 0), ((TEXT,), 1), ((tiles(10),), 0), ((NUMBER,), 0)):
        hand.show(page(*blocks, made=made))
        assert ring(hand) is None
        hand.time += 2
        for _ in range(tabs):
            key(hand, TAB)
        stood = ring(hand)
        for end in (ENTER, TAB, ENTER):
            type_text(hand, card, pause=0.01)
            key(hand, end)
        assert ring(hand) == stood
        assert hand.touches == [], (blocks, tabs)


def test_a_hand_that_types_can_press_enter_at_once(small_hand):
    """A fast hand is no scanner."""
    small_hand.show(page(TEXT))
    type_text(small_hand, "Kom til bord 4", pause=0.11)
    key(small_hand, ENTER)
    assert [touch.values for touch in small_hand.touches] == [{"text": "Kom til bord 4"}]


# --- what a clerk's screen does without ---

CLERK = """
import sys
from pathlib import Path
from kiosk.display import environment
environment.prepare((800, 480), fullscreen=False, home=Path(sys.argv[1]))
from kiosk.display.stage import Stage
from kiosk.simulated.screens import samples
stage = Stage(lambda _: None, lambda _: None)
for name in ("ready", "voter", "birth-date", "green", "refused-marked", "pin"):
    stage.show(samples("da")[name])
    stage.settle()
print(*sorted(name for name in sys.modules if name.startswith(("kiosk.display", "kivy.uix.textinput", "kivy.core.clipboard"))))
"""


def test_a_clerks_screens_load_nothing_of_pages(tmp_path):
    """Memory is short at a table: pages are loaded when the first is shown, and Kivy's own text field never is."""
    made = subprocess.run([sys.executable, "-c", CLERK, str(tmp_path)], check=True, capture_output=True, text=True)
    loaded = set(made.stdout.split())
    assert "kiosk.display.contents" in loaded
    assert not loaded & {f"kiosk.display.{name}" for name in ("sheet", "form", "table", "tiles", "plot", "papers")}
    assert not any(name.startswith("kivy") for name in loaded)


# --- tables ---


@pytest.mark.parametrize("touch", ["pick ", ""], ids=["touched", "read"])
def test_all_rows_of_a_long_table_are_turned_to(hand, touch):
    """Each row is seen once on the way there, whole; on the way back the parts are the same; the ends are idle."""
    screen = page(table(31, touch))
    hand.show(screen)
    (box,) = [box for box in hand.walk() if isinstance(box, TableBox)]
    parts = [list(box.shown)]
    assert box.earlier.idle
    while not box.later.idle:
        hand.tap("Næste")
        hand.settle()
        assert hand.cut() == []
        whole = [part for part in box.walk(restrict=True) if isinstance(part, Words) and part.text]
        assert not [(one, other) for one, other in pairs(whole) if overlap(place(one), place(other))]
        assert not [part.text for part in whole if part.y < box.y - 1]
        parts.append(list(box.shown))
    assert [row for part in parts for row in part] == list(range(31))
    assert min(map(len, parts[:-1])) >= 3
    seen = [words.text for words in hand.words()]
    assert [f"Hændelse {n + 1}" in seen for n in range(31)] == [n in parts[-1] for n in range(31)]
    for part in reversed(parts[:-1]):
        hand.tap("Forrige")
        hand.settle()
        assert list(box.shown) == part
    assert hand.touches == []


def test_a_row_is_touched_and_a_read_one_is_not(hand):
    """A touched row sends its word, also on a later part."""
    screen = page(table(31))
    hand.show(screen)
    hand.tap("Næste")
    hand.settle()
    (box,) = [box for box in hand.walk() if isinstance(box, TableBox)]
    n = box.shown[0] + 1
    hand.tap(f"Hændelse {n}")
    assert hand.touches == [Touch(screen.asks, f"pick {n}")]
    hand.show(page(table(3, "")))
    (words,) = [words for words in hand.words() if words.text == "Hændelse 2"]
    hand.time += 2
    hand.lift(hand.press(words.center))
    assert len(hand.touches) == 1


def test_numbers_of_a_column_end_at_the_same_place(hand):
    """Right-aligned columns and their titles."""
    hand.show(pages("da")["page-balance"])
    cells = [words for words in hand.words() if words.text in ("Byråd", "871", "122", "Region", "870", "124")]
    assert len(cells) == 6
    assert {words.halign for words in cells} == {"right"}
    assert len({words.right for words in cells}) == 2


def test_a_plot_and_a_document_change_in_place(small_hand):
    """A curve that grows, and a bar that fills: the old one is gone."""
    hand = small_hand
    today = s.Curve("i dag", ((0.0, 0.0), (0.5, 0.4)))
    plot = s.Plot("Stemmer", (today,), ((0.0, "8"), (1.0, "20")), ((0.0, "0"), (1.0, "100")))
    paper = s.Document("Protokol", "Side 1 af 4", 25)
    screen = page(plot, paper)
    hand.show(screen)
    parts = hand.root.view.boxes
    grown = msgspec.structs.replace(plot, up=((0.0, "0"), (1.0, "200")))
    hand.show(retold(screen, grown, msgspec.structs.replace(paper, state="Færdig", done=None, tone=Tone.GOOD)))
    hand.settle()
    assert hand.root.view.boxes == parts
    texts = {words.text for words in hand.walk() if isinstance(words, Words)}
    assert {"200", "Færdig"} <= texts
    assert not {"100", "Side 1 af 4"} & texts
    assert parts[1].bar.height == 0
