"""What is typed and chosen, and when it is forgotten. No window."""

from display_screens import Screens

from kiosk.display import entry
from kiosk.domain.screens import Touch, touched
from kiosk.simulated.screens import samples


def type_in(content, digits, start=None):
    typed = start or entry.fresh(content)
    for digit in digits:
        typed = entry.typed(content, typed, digit)
    return typed


def shown(content, typed):
    return entry.shown(content, typed, entry.fields(content)[0])


def carried(old, typed, new, sent=True):
    made = Screens()
    return entry.carried(made.of(old), typed, made.of(new), sent)


def test_a_birth_date_is_shown_in_its_pattern():
    """Nothing typed shows the pattern; what is typed fills it from the left."""
    content = Screens().birth_date().content
    assert shown(content, entry.fresh(content)) == "dd-mm-åååå"
    assert shown(content, type_in(content, "140319")) == "14-03-19__"
    assert shown(content, type_in(content, "14031968")) == "14-03-1968"


def test_the_pad_takes_no_more_than_it_has_room_for():
    """The ninth digit of a date, a letter and a foreign digit are not taken."""
    content = Screens().birth_date().content
    assert type_in(content, "140319689").value("pad") == "14031968"
    assert type_in(content, "1a٣²-4").value("pad") == "14"
    assert type_in(Screens().typing().content, "1234567").value("pad") == "123456"
    assert type_in(Screens().voter().content, "1").value("pad") == ""


def test_a_pin_is_never_shown():
    """One dot for each digit."""
    content = Screens().pin().content
    assert shown(content, type_in(content, "4711")) == "••••"


def test_the_right_button_waits_for_the_whole_date_or_an_answer_without_one():
    """Eight digits, or a choice that needs none; choosing that empties the pad."""
    content = Screens().birth_date().content
    half = type_in(content, "1403196")
    assert not entry.complete(content, half)
    assert entry.complete(content, type_in(content, "8", half))
    known = entry.chosen(content, half, "how", "known")
    assert known == entry.TypedInput({"pad": "", "how": "known"}, "pad")
    assert entry.complete(content, known)
    assert type_in(content, "1", known) == known
    assert not entry.complete(content, entry.chosen(content, known, "how", "spoken"))


def test_only_the_right_button_takes_the_entry_along():
    """Cancelling sends neither the date nor how it was given."""
    screen = Screens().birth_date()
    typed = type_in(screen.content, "14031968")
    assert entry.answer(screen, typed, screen.right) == touched(screen, "approve", "14031968", "spoken")
    assert entry.answer(screen, typed, screen.left) == Touch(screen.asks, "cancel")


def test_another_voter_or_another_question_starts_afresh():
    """Nothing of one voter reaches the next."""
    made = Screens()
    first = made.birth_date().content
    typed = entry.chosen(first, type_in(first, "1403"), "how", "shown")
    for other in (made.birth_date(number="nr. 004 183").content, made.voter().content, made.typing().content):
        assert carried(first, typed, other, sent=False) == entry.fresh(other)


def test_a_notice_empties_the_pad_of_a_secret_and_keeps_the_choice():
    """After a wrong date or PIN the clerk starts over, but need not choose again."""
    made = Screens()
    before, after = made.birth_date().content, made.birth_date(notice="Forkert").content
    typed = entry.chosen(before, type_in(before, "14031968"), "how", "shown")
    assert carried(before, typed, after) == entry.TypedInput({"pad": "", "how": "shown"}, "pad")
    assert carried(before, typed, before) == typed


def test_a_pin_that_was_sent_does_not_stay_even_if_the_notice_is_the_same():
    """A second wrong PIN looks like the first; its dots must not stay for a third try."""
    content = Screens().pin("Forkert PIN").content
    typed = type_in(content, "4711")
    assert carried(content, typed, content).value("pad") == ""
    assert carried(content, typed, content, sent=False) == typed


def test_a_mistyped_number_can_be_corrected():
    """A notice on the number's screen keeps what was typed."""
    made = Screens()
    before, after = made.typing().content, made.typing("Kortet blev læst forkert").content
    typed = type_in(before, "4182")
    assert carried(before, typed, after) == typed


def test_a_code_is_shown_as_it_is_printed():
    """Its number, then groups of four, as far as it is typed; the pad takes all of it, and the whole goes along."""
    screen = samples("da")["ask-code"]
    digits = "03" + "1415926535897932384626433832795028"[:32]
    assert shown(screen.content, type_in(screen.content, digits[:9])) == "03 1415 926"
    typed = type_in(screen.content, digits + "7")
    assert shown(screen.content, typed) == "03 1415 9265 3589 7932 3846 2643 3832 7950"
    assert entry.answer(screen, typed, screen.right) == touched(screen, "number", digits)
