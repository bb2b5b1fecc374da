"""What the clerk does, and what is sent for it."""

import weakref

import msgspec
from display_screens import CROWDED, STRIP, Screens

from kiosk.display.layout import measure
from kiosk.display.tidy import tidy
from kiosk.domain import screens as s
from kiosk.domain.screens import Other, Touch, touched
from kiosk.simulated.screens import samples

ENTER, ESCAPE, BACKSPACE = 13, 27, 8


def asks_the_same(screen, before):
    return msgspec.structs.replace(screen, asks=before.asks)


def type_text(hand, text):
    for character in text:
        hand.stage.window.dispatch("on_textinput", character)
    hand.frame()


def key(hand, code):
    hand.stage.window.dispatch("on_key_down", code, 0, "", [])
    hand.stage.window.dispatch("on_key_up", code, 0)
    hand.frame()


def field(hand):
    return hand.root.view.shown


def test_a_tap_on_the_right_button_approves_with_the_preset_answer(hand):
    """The touch names the screen, the button and how the birth date was given."""
    screen = Screens().voter()
    hand.show(screen)
    hand.tap("Godkend og udlevér stemmeseddel")
    assert hand.touches == [touched(screen, "approve", how="spoken")]


def test_another_answer_is_chosen_and_sent(hand):
    """A tapped answer is marked at once, alone, and goes with the approval."""
    screen = Screens().voter()
    hand.show(screen)
    hand.tap("Legitimation")
    hand.frame()
    assert [(key.text, key.look) for key in hand.touchables() if key.look == "chosen"] == [("Legitimation", "chosen")]
    hand.tap("Godkend og udlevér stemmeseddel")
    assert hand.touches == [touched(screen, "approve", how="shown")]


def test_a_birth_date_is_tapped_on_the_pad(hand):
    """Each key shows at once; the right button opens with the eighth digit and sends them all."""
    screen = Screens().birth_date()
    hand.show(screen)
    for digit in "1403196":
        hand.tap(digit)
    assert field(hand) == "14-03-196_"
    hand.tap("Godkend og udlevér stemmeseddel")
    assert hand.touches == []
    hand.tap("8")
    hand.frame()
    assert "14-03-1968" in hand.rendered()
    hand.tap("Godkend og udlevér stemmeseddel")
    assert hand.touches == [touched(screen, "approve", "14031968", "spoken")]


def test_the_pad_takes_back_and_clears(hand):
    """One digit with the backspace, all of them with the other."""
    hand.show(Screens().typing())
    for text in ("4", "1", "8", "3", "back", "2"):
        hand.tap(text)
    assert field(hand) == "4182"
    hand.tap("clear")
    assert field(hand) == ""


def test_a_known_voter_needs_no_date(hand):
    """The answer without a date empties and rests the pad, and opens the right button."""
    screen = Screens().birth_date()
    hand.show(screen)
    hand.tap("1")
    hand.tap("Personligt kendt")
    hand.tap("2")
    hand.frame()
    assert field(hand) == "dd-mm-åååå"
    assert hand.key("2").idle
    hand.tap("Godkend og udlevér stemmeseddel")
    assert hand.touches == [touched(screen, "approve", "", "known")]


def test_a_keyboard_does_all_that_the_pad_does(small_hand):
    """Digits, Backspace, Enter and Escape; letters are not taken."""
    hand, screen = small_hand, Screens().typing()
    hand.show(screen)
    type_text(hand, "41x83")
    key(hand, BACKSPACE)
    type_text(hand, "2")
    assert field(hand) == "4182"
    key(hand, ENTER)
    assert hand.touches == [touched(screen, "number", "4182")]
    hand.time += 2
    key(hand, ESCAPE)
    assert hand.touches[1:] == [Touch(screen.asks, "cancel")]


def test_no_key_says_that_nobody_knows(hand):
    """Enter says yes and Escape no; the third answer, and that a notice was read, need a finger on their own button."""
    for name, word, keys in (
        ("unresolved", "unsure", {ENTER: "yes", ESCAPE: "no"}),
        ("ready-undone", "noted", {ENTER: "type"}),
    ):
        screen = samples("da")[name]
        (item,) = [button for button in screen.buttons() if button.touch == word]
        for code, touch in keys.items():
            hand.show(screen)
            hand.time += 2
            key(hand, code)
            assert hand.touches.pop() == Touch(screen.asks, touch)
        hand.show(samples("da")["green"])
        hand.show(screen)
        hand.tap(item.text)
        assert hand.touches.pop() == Touch(screen.asks, word)


def test_enter_does_nothing_while_the_right_button_is_closed(small_hand):
    """Enter is the right button, no more."""
    small_hand.show(Screens().birth_date())
    key(small_hand, ENTER)
    type_text(small_hand, "1403")
    key(small_hand, ENTER)
    assert small_hand.touches == []


def test_a_held_enter_does_not_approve_the_next_voter(small_hand):
    """The keyboard repeats a held key; only a new press counts."""
    hand, made = small_hand, Screens()
    hand.show(made.voter())
    window = hand.stage.window
    window.dispatch("on_key_down", ENTER, 0, "", [])
    hand.show(made.voter(number="nr. 004 183"))
    hand.time += 2
    window.dispatch("on_key_down", ENTER, 0, "", [])
    assert len(hand.touches) == 1
    window.dispatch("on_key_up", ENTER, 0)
    window.dispatch("on_key_down", ENTER, 0, "", [])
    assert len(hand.touches) == 2
    window.dispatch("on_key_up", ENTER, 0)


def test_a_scanner_that_types_does_not_approve(small_hand):
    """Digits and Enter on a screen without a pad come from a scanner that nobody has taken in hand: no approval."""
    hand, screen = small_hand, Screens().voter()
    hand.show(screen)
    type_text(hand, "461000418297")
    key(hand, ENTER)
    assert hand.touches == []
    hand.time += 1
    key(hand, ENTER)
    assert hand.touches == [touched(screen, "approve", how="spoken")]


def test_a_scanner_that_types_keys_neither_a_birth_date_nor_a_pin(small_hand):
    """What a scanner types, and its Enter, would be a wrong date: after three the voter is referred. Or a wrong PIN: after five
    nobody is heard. A hand's Enter counts."""
    made = Screens()
    for screen in (made.birth_date(), made.pin()):
        small_hand.show(screen)
        small_hand.time += 1
        type_text(small_hand, "461000418297")
        key(small_hand, ENTER)
        assert small_hand.touches == []
        small_hand.time += 1
        key(small_hand, ENTER)
        assert [touch.asks for touch in small_hand.touches] == [screen.asks]
        small_hand.touches.clear()


def test_a_double_tap_counts_once(hand):
    """The second tap is dropped, on this screen and on the one that came between the two."""
    made = Screens()
    first = made.voter()
    hand.show(first)
    hand.tap("Godkend og udlevér stemmeseddel")
    hand.tap("Godkend og udlevér stemmeseddel")
    hand.stage.show(made.green())
    hand.stage.settle()
    hand.time += 0.2
    hand.tap("Næste vælger")
    assert hand.touches == [touched(first, "approve", how="spoken")]


def test_a_touch_that_was_lost_can_be_made_again_after_a_second(small_hand):
    """The node may have dropped it; the clerk is not locked out."""
    hand, screen = small_hand, Screens().voter()
    hand.show(screen)
    hand.tap("Annullér")
    hand.time += 0.9
    hand.tap("Annullér")
    assert len(hand.touches) == 1
    hand.time += 0.2
    hand.tap("Annullér")
    assert hand.touches == [Touch(screen.asks, "cancel")] * 2


def test_a_finger_on_its_way_to_the_screen_before_approves_nobody(hand):
    """Pressed on one voter and lifted on the next: nothing is sent."""
    made = Screens()
    hand.show(made.voter())
    finger = hand.press(hand.key("Godkend og udlevér stemmeseddel").center)
    hand.show(made.voter(number="nr. 004 183"))
    hand.lift(finger)
    assert hand.touches == []


def test_a_screen_that_was_not_drawn_yet_cannot_be_touched(hand):
    """Shown but not in a frame: the finger was aimed at what stood there before."""
    made = Screens()
    hand.show(made.voter())
    hand.stage.show(made.green())
    hand.lift(hand.press(hand.root.actions.right_key.center))
    assert hand.touches == []
    assert hand.drawn == [1]


def test_a_refresh_of_the_strip_does_not_take_the_tap_away(hand):
    """The same question with another strip: the tap counts."""
    made = Screens()
    first = made.voter()
    hand.show(first)
    finger = hand.press(hand.key("Godkend og udlevér stemmeseddel").center)
    hand.show(asks_the_same(made.voter(strip=CROWDED), first))
    hand.lift(finger)
    assert hand.touches == [touched(first, "approve", how="spoken")]


def test_a_finger_that_slides_off_sends_nothing(hand):
    """Lifted beside the button, and the pressed look is gone."""
    hand.show(Screens().voter())
    right = hand.key("Godkend og udlevér stemmeseddel")
    finger = hand.press(right.center)
    assert right.pressed
    finger.move((0.5, 0.5, "left"))
    finger.scale_for_screen(*hand.root.size)
    hand.lift(finger)
    assert not right.pressed
    assert hand.touches == []


def test_the_pressed_look_comes_with_the_next_frame(hand):
    """A touch answers at once, whatever the node does."""
    hand.show(Screens().voter())
    before = hand.seen()
    hand.press(hand.key("Annullér").center)
    hand.frame()
    assert hand.seen() != before
    assert hand.key("Annullér").ground != hand.key("Legitimation").ground


def test_a_half_typed_date_survives_a_refresh_but_not_a_wrong_try(hand):
    """The strip may change under it; the notice that it was wrong empties it; the choice stays."""
    made = Screens()
    hand.show(made.birth_date())
    hand.tap("Legitimation")
    for digit in "1403":
        hand.tap(digit)
    hand.show(made.birth_date(strip=msgspec.structs.replace(STRIP, tables=(Other(1, False), Other(2, False)))))
    assert field(hand) == "14-03-____"
    hand.show(made.birth_date(notice="Fødselsdatoen passer ikke."))
    assert field(hand) == "dd-mm-åååå"
    assert hand.key("Legitimation").look == "chosen"


def test_the_next_voter_starts_afresh(hand):
    """No digit and no choice of the voter before."""
    made = Screens()
    hand.show(made.birth_date())
    hand.tap("Legitimation")
    hand.tap("1")
    hand.show(made.birth_date(number="nr. 004 183"))
    assert field(hand) == "dd-mm-åååå"
    assert hand.key("Mundtligt").look == "chosen"


def test_the_menu_and_the_two_answers(hand):
    """Each item and each answer sends its own word."""
    made = Screens()
    menu, unresolved = made.menu(), made.unresolved()
    hand.show(menu)
    hand.tap("Luk bordet")
    hand.show(unresolved)
    hand.tap("Nej, ikke udleveret")
    hand.time += 2
    hand.tap("Ja, udleveret")
    assert hand.touches == [
        Touch(menu.asks, "close_table"),
        Touch(unresolved.asks, "no"),
        Touch(unresolved.asks, "yes"),
    ]


def test_only_the_newest_of_several_screens_is_drawn(hand):
    """Three screens before a frame are one drawn screen."""
    made = Screens()
    for screen in (made.voter(), made.ready(), made.green()):
        hand.stage.show(screen)
    hand.stage.settle()
    assert hand.drawn == [3]
    assert "Udlevér hvid og gul" in hand.rendered()


def test_a_screen_that_looks_the_same_is_drawn_and_said_so(hand):
    """Its number is new, so its frame is awaited."""
    made = Screens()
    hand.show(made.ready())
    hand.show(made.ready())
    assert hand.drawn == [1, 2]


def test_a_voter_leaves_the_screen_and_the_memory_of_it(hand):
    """After the next screen no text, no cache and no widget of the voter is left."""
    made = Screens()
    hand.show(made.voter())
    assert "Lise Holm" in hand.rendered()
    widgets = [weakref.ref(words) for words in hand.words() if words.text == "Lise Holm"]
    hand.show(made.ready())
    tidy()
    assert [widget() for widget in widgets] == [None]
    assert "Lise Holm" not in hand.rendered()
    hits = measure.cache_info().hits
    measure("Lise Holm", hand.root.sizes.body, True, 500)
    assert measure.cache_info().hits == hits


def overview(made, counted, items=("Stop et bord", "Giv en liste videre")):
    """A page whose rows change by themselves; its question is the same as on the one before, where its items are."""
    lines = tuple(s.Line(f"Bord {table}", f"{counted} udleveret", s.Tone.GOOD) for table in range(1, 2 + counted % 3))
    content = s.Sheet("Overblik", "Overview", (s.Rows(lines), s.Items(tuple(s.Button(f"pick {text}", text) for text in items))))
    return made.of(content, s.Button("cancel", "Tilbage"))


def test_a_tap_across_a_counters_tick_counts(hand):
    """Pressed before a row has changed and lifted after it: the question is the same, and the new words stand there."""
    made = Screens()
    first = overview(made, 10)
    hand.show(first)
    finger = hand.press(hand.key("Stop et bord").center)
    hand.show(asks_the_same(overview(made, 11), first))
    assert "11 udleveret" in hand.rendered()
    assert "10 udleveret" not in hand.rendered()
    assert hand.key("Stop et bord").pressed
    hand.lift(finger)
    assert hand.touches == [Touch(first.asks, "pick Stop et bord")]


def test_a_page_that_tells_something_else_looks_like_one_that_is_new(hand):
    """Nothing of the words before is left, and all stands where it belongs."""
    made = Screens()
    first = overview(made, 10)
    hand.show(first)
    hand.show(asks_the_same(overview(made, 11), first))
    changed = [(type(part), *part.pos, *part.size) for part in hand.root.view.walk()]
    hand.show(made.voter())
    hand.show(overview(made, 11))
    assert [(type(part), *part.pos, *part.size) for part in hand.root.view.walk()] == changed


def test_an_item_that_is_held_while_the_page_changes_sends_nothing(hand):
    """Pressed on a page and lifted on another one, with an item in the same place: it was never seen."""
    made = Screens()
    hand.show(overview(made, 10))
    finger = hand.press(hand.key("Stop et bord").center)
    hand.show(overview(made, 10, ("Bord 4", "Bord 5")))
    hand.lift(finger)
    assert hand.touches == []


def test_an_item_that_is_held_while_the_same_is_asked_anew_sends_nothing(hand):
    """The node has answered something else meanwhile, and the page looks the same."""
    made = Screens()
    hand.show(overview(made, 10))
    finger = hand.press(hand.key("Stop et bord").center)
    hand.show(overview(made, 10))
    hand.lift(finger)
    assert hand.touches == []
