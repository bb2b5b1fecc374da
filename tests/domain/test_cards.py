"""Stories of the polling card: one voter's number comes out of it, or one clear reason why not."""

import re
from dataclasses import replace
from random import Random

import pytest
from domain_facts import CARDS, PLACE, card
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.cards import CardRead, CardRules, OtherPlace, Unreadable, check_digits, read_card, read_keyed

_RANDOM = Random(7064)
SAMPLES = [card(number) for number in (0, 1, 4182, 99, 123456, 999999, *(_RANDOM.randrange(10**6) for _ in range(60)))]


@pytest.mark.parametrize(
    ("payload", "check"), [("794", "44"), ("99991234567890121414", "90"), ("4354111611551114", "31"), ("1", "95"), ("0", "98")]
)
def test_check_digits_are_those_of_the_standard(payload: str, check: str) -> None:
    """The check digits agree with numbers published for ISO 7064 MOD 97-10, and whole numbers leave 1 modulo 97."""
    assert check_digits(payload) == check
    assert int(payload + check) % 97 == 1


@pytest.mark.parametrize("number", [1, 4182, 999_999])
def test_a_good_card_gives_the_voter(number: int) -> None:
    """A card of this place gives the number that is printed on it."""
    assert read_card(card(number), CARDS) == CardRead(number)


def test_every_wrong_digit_is_caught() -> None:
    """Whichever one digit is misread, also one of the place, the card is read again and nobody is sent elsewhere."""
    wrong = [
        good[:at] + digit + good[at + 1 :]
        for good in SAMPLES
        for at in range(12)
        for digit in "0123456789"
        if digit != good[at]
    ]
    assert {read_card(text, CARDS) for text in wrong} == {Unreadable.CHECK_DIGITS}


def test_every_swap_of_neighbours_is_caught() -> None:
    """Whichever two different digits beside each other change places, the card is read again."""
    swapped = [
        good[:at] + good[at + 1] + good[at] + good[at + 2 :] for good in SAMPLES for at in range(11) if good[at] != good[at + 1]
    ]
    assert {read_card(text, CARDS) for text in swapped} == {Unreadable.CHECK_DIGITS}


@pytest.mark.parametrize("text", ["", " ", "5701234567890", "ABC", "004182", f" {card(1)}", f"{card(1)}\n", "4701-004182-44"])
def test_stray_bar_code(text: str) -> None:
    """A bar code on something else on the table is not a card, nor is a card with anything before or after it."""
    assert read_card(text, CARDS) is Unreadable.NOT_A_CARD


@pytest.mark.parametrize("text", ["1" * 33, card(1) * 3, "x" * 10_000, "0101011234" * 4])
def test_too_long(text: str) -> None:
    """More than any card holds is told apart from a stray bar code."""
    assert read_card(text, CARDS) is Unreadable.TOO_LONG


def test_longest_text_that_is_not_too_long() -> None:
    """At the limit itself a text is only a stray bar code."""
    assert read_card("1" * CARDS.max_chars, CARDS) is Unreadable.NOT_A_CARD


@pytest.mark.parametrize(
    "text",
    [
        "010101-1234",
        "0101011234",
        "010101 1234",
        "3112991234",
        "290200-4321",
        "7112991234",
        "6101011234",
        "910199 1234",
        "9112991234",
    ],
)
def test_health_card(text: str) -> None:
    """A CPR number, as ten digits of a health card or with a dash, also a replacement number, is named for what it is."""
    assert read_card(text, CARDS) is Unreadable.CPR
    assert read_keyed(text, CARDS, 6) is Unreadable.CPR


def test_the_days_of_a_cpr_number() -> None:
    """A CPR number begins with a day of a month, or with one and sixty where it is a replacement number; with no other."""
    dates = {day for day in range(100) if read_card(f"{day:02}01011234", CARDS) is Unreadable.CPR}
    assert dates == {*range(1, 32), *range(61, 92)}
    months = {month for month in range(100) if read_card(f"31{month:02}011234", CARDS) is Unreadable.CPR}
    assert months == set(range(1, 13))


@pytest.mark.parametrize(
    "text",
    [
        "3201011234",
        "4101011234",
        "5912991234",
        "6001011234",
        "9201011234",
        "0113011234",
        "0001011234",
        "010101--1234",
        "01010112345",
    ],
)
def test_no_cpr_number(text: str) -> None:
    """Ten digits that begin with no date are a stray bar code."""
    assert read_card(text, CARDS) is Unreadable.NOT_A_CARD


def test_cpr_comes_before_the_plans_pattern() -> None:
    """Where a plan's own cards have ten digits, one that could be a CPR number is still never looked up."""
    ten = replace(CARDS, pattern=re.compile(r"\d(?P<voter>\d{9})"), checked=False)
    assert read_card("0101011234", ten) is Unreadable.CPR
    assert read_card("9913131234", ten) == CardRead(913_131_234)


def test_card_of_a_known_place() -> None:
    """A good card of a place that the plan knows is sent there by name."""
    assert read_card(card(4182, "4702"), CARDS) == OtherPlace("4702", "Vestre Skole")


def test_card_of_an_unknown_place() -> None:
    """A good card of a place or election that the plan does not know has no name."""
    assert read_card(card(4182, "9999"), CARDS) == OtherPlace("9999", "")


def test_misread_card_of_another_place() -> None:
    """Bad check digits are said before the place: a misread place must not send a voter away."""
    good = card(4182, "4702")
    assert read_card(good[:-1] + str((int(good[-1]) + 1) % 10), CARDS) is Unreadable.CHECK_DIGITS


def test_pattern_without_a_place() -> None:
    """A plan whose cards carry no place takes every card that reads right."""
    anywhere = replace(CARDS, pattern=re.compile(r"(?P<voter>\d{6})\d{2}"))
    assert read_card(f"004182{check_digits('004182')}", anywhere) == CardRead(4182)


def test_pattern_without_check_digits() -> None:
    """A plan without check digits takes a card as it reads."""
    unchecked = replace(CARDS, pattern=re.compile(r"(?P<place>\d{4})-(?P<voter>\d{6})"), checked=False)
    assert read_card("4701-004182", unchecked) == CardRead(4182)
    assert read_card("4702-004182", unchecked) == OtherPlace("4702", "Vestre Skole")


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"(?P<voter>\w+)", "A12"), (r"(?P<voter>[A-Z]+)", "ABC"), (r"V(?P<voter>\d+)?", "V"), (r"(?P<voter>\d*)", "")],
)
def test_pattern_that_lets_letters_in(pattern: str, text: str, checked: bool) -> None:
    """A plan's pattern may match what is no number; that is a stray bar code and never stops the table."""
    assert read_card(text, replace(CARDS, pattern=re.compile(pattern), checked=checked)) is Unreadable.NOT_A_CARD


@pytest.mark.parametrize("text", ["４７０１００４１８２４４", "٤٧٠١٠٠٤١٨٢٤٤", "४७०१००४१८२४४", "²" * 12])
def test_digits_of_other_scripts(text: str) -> None:
    """Only the digits 0 to 9 make a card, whatever else counts as a digit."""
    assert read_card(text, CARDS) is Unreadable.NOT_A_CARD
    assert read_keyed(text, CARDS, 12) is Unreadable.NOT_A_CARD


@pytest.mark.parametrize(("digits", "number"), [("4182", 4182), ("004182", 4182), ("1", 1), ("999999", 999_999)])
def test_keyed_voter_number(digits: str, number: int) -> None:
    """A keyed number is the voter's, with or without the zeros before it."""
    assert read_keyed(digits, CARDS, 6) == CardRead(number)


def test_a_specimen_is_no_card() -> None:
    """The number 0 with good check digits, as a printer's specimen has it, is nobody's: no entry could name it."""
    assert read_card(card(0), CARDS) is Unreadable.NOT_A_CARD


def test_keyed_card_number() -> None:
    """The whole number under the bar code can be keyed, and is checked like a scan."""
    good = card(4182)
    assert read_keyed(good, CARDS, 6) == CardRead(4182)
    assert read_keyed(good[:-1] + str((int(good[-1]) + 1) % 10), CARDS, 6) is Unreadable.CHECK_DIGITS
    assert read_keyed(card(4182, "4702"), CARDS, 6) == OtherPlace("4702", "Vestre Skole")


@pytest.mark.parametrize("digits", ["0041820", "12345678", "", "-1", "+1", "1_0", "4182 ", "1e3", "0", "000000"])
def test_keyed_nonsense(digits: str) -> None:
    """A number of no length that means anything, or what int() alone would take, is not a card."""
    assert read_keyed(digits, CARDS, 6) is Unreadable.NOT_A_CARD


PATTERNS = st.sampled_from(
    [
        CARDS,
        replace(CARDS, checked=False),
        CardRules(re.compile(r"(?P<voter>.*)"), True, PLACE, {}, 32),
        CardRules(re.compile(r"(?P<place>..)?(?P<voter>\w{1,12})?"), False, PLACE, {}, 32),
    ]
)


@given(st.text() | st.text("0123456789 -", max_size=14) | st.from_regex(CARDS.pattern, fullmatch=True), PATTERNS)
def test_any_text_is_one_of_the_results(text: str, rules: CardRules) -> None:
    """Whatever a scanner or a clerk gives is a card, another place's card or a reason, never an error."""
    for read in (read_card(text, rules), read_keyed(text, rules, 6)):
        assert isinstance(read, CardRead | OtherPlace | Unreadable)
        assert not isinstance(read, CardRead) or read.voter >= 1


@given(st.integers(1, 999_999), st.integers(0, 9999).map("{:04}".format))
def test_printed_and_read_back(number: int, place: str) -> None:
    """A card printed for any voter of any place reads as that voter here, or as that place."""
    read = read_card(card(number, place), CARDS)
    assert read == (CardRead(number) if place == PLACE else OtherPlace(place, CARDS.other_places.get(place, "")))
