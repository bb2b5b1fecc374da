"""The search of the voter list, against a slow one that goes by the rule word for word, and by the spellings of a keyboard."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.voters import Voter
from kiosk.reports.search import SearchIndex, folded

# --- the slow one: one letter after another, from a table ---------------------------------------------------------------

ONE = {"æ": "ae", "ø": "o", "å": "a", "ä": "a", "ö": "o", "ü": "u", "é": "e", "è": "e", "ë": "e", "ñ": "n", "ł": "l", "ð": "d"}
PAIRS = {"aa": "a", "ae": "a", "oe": "o", "ue": "u"}
DATES = ("%d%m%Y", "%d%m%y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%y", "%d.%m.%y", "%d/%m/%y", "%Y-%m-%d")


def slow_words(name: str) -> list[str]:
    words = [""]
    for letter in name.lower():
        if letter in " -":
            words.append("")
        elif letter != "'":
            words[-1] += ONE.get(letter, letter)
    return [slow_pairs(word) for word in words if word]


def slow_pairs(word: str) -> str:
    said, at = "", 0
    while at < len(word):
        pair = word[at : at + 2]
        said += PAIRS.get(pair, word[at])
        at += 2 if pair in PAIRS else 1
    return said


def born_on(word: str, born: date) -> bool:
    for form in DATES:
        short = "%y" in form
        if form in ("%d%m%Y", "%d%m%y") and len(word) != (6 if short else 8):
            continue
        try:
            read = datetime.strptime(word, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        years = (read.year % 100, born.year % 100) if short else (read.year, born.year)
        if (read.day, read.month) == (born.day, born.month) and years[0] == years[1]:
            return True
    return False


def slow_find(voters: list[Voter], text: str) -> set[int]:
    words = text.split()
    if not any(slow_words(word) for word in words):
        return set()
    return {voter.number for voter in voters if all(slow_fits(voter, word) for word in words)}


def slow_fits(voter: Voter, word: str) -> bool:
    if any("0" <= letter <= "9" for letter in word):
        return (word.isdigit() and int(word) == voter.number) or born_on(word, voter.born)
    name = slow_words(voter.name)
    return all(any(one.startswith(part) for one in name) for part in slow_words(word))


LETTERS = "aaaeeoouubkmæøåÆØÅäöüéëñłð"
NAMES = st.lists(st.text(LETTERS, min_size=1, max_size=5), min_size=1, max_size=3)
VOTERS = st.lists(
    st.tuples(NAMES, st.sampled_from(" -'"), st.integers(1, 300_000), st.dates(date(1915, 1, 1), date(2007, 12, 31))),
    max_size=8,
    unique_by=lambda one: one[2],
)


def made(rows) -> list[Voter]:
    return [Voter(number, joint.join(words), "", born, 1, ("byraad",)) for words, joint, number, born in rows]


@given(VOTERS, st.lists(st.text(LETTERS + "-'", max_size=4), max_size=3))
def test_names_are_found_as_by_the_slow_search(rows, words) -> None:
    voters = made(rows)
    text = " ".join(words)
    assert set(SearchIndex(voters).find(text)) == slow_find(voters, text)


@given(VOTERS, st.data())
def test_a_voter_is_found_by_any_beginnings_of_the_name_in_any_order(rows, data) -> None:
    """And by number and birth date beside them, in each way to write it."""
    voters = made(rows)
    index = SearchIndex(voters)
    for voter in voters:
        words = [word for word in voter.name.replace("-", " ").split() if word != "'"]
        parts = [word[: data.draw(st.integers(1, len(word)))] for word in words]
        form = data.draw(st.sampled_from(DATES))
        asked = [*parts, str(voter.number).zfill(6), voter.born.strftime(form)]
        text = " ".join(data.draw(st.permutations(asked)))
        assert voter.number in index.find(text)
        assert set(index.find(text)) == slow_find(voters, text)


@given(st.text(), st.text())
def test_any_text_is_only_a_search(name, text) -> None:
    """Whatever is typed, and whatever a name holds: nothing breaks, and what has no words finds nobody."""
    found = SearchIndex([Voter(7, name, "", date(1968, 3, 14), 1, ("byraad",))]).find(text)
    assert found in ([], [7])
    assert not SearchIndex(made([(["anne"], " ", 1, date(1968, 3, 14))])).find(" - ' ")


@given(st.text(LETTERS, min_size=1, max_size=8), st.integers(1, 8))
def test_the_beginning_of_a_word_folds_to_a_beginning(word, length) -> None:
    """Else a voter would vanish from the hits while the name is being typed."""
    assert folded(word)[0].startswith(folded(word[:length])[0])


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Søren Ågård", "soeren aagaard"),
        ("Søren Ågård", "Soren Agard"),
        ("Soeren Aagaard", "SØREN ÅGÅRD"),
        ("Lærke Kjær", "Laerke kjaer"),
        ("Günther Müller", "mueller gunther"),
        ("Jean-André Schrøder-Hansen", "schrøder-hansen andre"),
        ("Zoë O'Neill", "oneill zoe"),
        ("Zoë O´Neill", "O'Neill"),
        ("Łukasz Şahin Çelik", "lukasz sahin celik"),
        ("Åse", "A\u030ase"),
    ],
)
def test_however_it_is_spelt(name, typed) -> None:
    voters = [Voter(1, name, "", date(1968, 3, 14), 1, ("byraad",)), Voter(2, "Bo Bi", "", date(1968, 3, 14), 1, ("byraad",))]
    assert SearchIndex(voters).find(typed) == [1]


def test_a_cpr_number_is_neither_number_nor_date() -> None:
    voters = [Voter(140368, "Bo", "", date(1968, 3, 14), 1, ("byraad",))]
    index = SearchIndex(voters)
    assert index.find("140368") == [140368]
    assert [index.find(text) for text in ("1403681234", "140368-1234", "14036", "0" * 5000 + "1")] == [[], [], [], []]
    other = SearchIndex([Voter(7, "Bo", "", date(1968, 3, 14), 1, ("byraad",))])
    assert [other.find(text) for text in ("140368", "0140368", "0000007")] == [[7], [], [7]]
