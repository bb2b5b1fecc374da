"""Stories of a list's form: what stands beside the voters is told for what it is, once, and what is broken with its cause."""

from pathlib import Path

import pytest
from voter_files import ANNE, HEADER, PETER, checked, lines, places, problems, read, row

from kiosk.store.listfaults import Problem, by_kind

BORN = "line 2, foedselsdato:"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lines(HEADER, ANNE, ";;;;;;;;", " ; ", PETER), "lines 3, 4: is blank, and is left out"),
        (lines(HEADER, ANNE, "I alt;1"), "line 3: is a row of totals, and is left out"),
        (lines(HEADER, ANNE, ";TOTAL;;;5.001"), "line 3: is a row of totals, and is left out"),
        (
            lines(HEADER, ANNE, HEADER, PETER),
            "line 3: is the header once more, and is left out: were several files put together?",
        ),
        (lines(HEADER, ANNE) + "\x1a", "line 3: has the end-of-file sign of an old program (0x1A), which is left out"),
        (lines("sep=;", HEADER, ANNE), "line 1: stands above the header, and is left out"),
        (lines("Valgliste", "", ";;", HEADER, ANNE), "lines 1, 3: stands above the header, and is left out"),
        (lines(HEADER, "\u200b" + ANNE), "line 2: has invisible characters, which are left out"),
        (lines(HEADER, row(born="19-11-2007")), f"{BORN} makes the voter younger than 18 on the election day: look at it"),
        (lines(HEADER, row(born="18-11-1914")), f"{BORN} makes the voter older than 110 on the election day: look at it"),
    ],
)  # fmt: skip
def test_told_for_what_it_is(tmp_path: Path, content: str, told: str) -> None:
    """It is told once, and the voters are taken."""
    got = checked(tmp_path, content)
    assert list(by_kind(got.notes)) == [told]
    assert not got.doubts


@pytest.mark.parametrize(
    "content",
    [
        lines(HEADER, ANNE, PETER, "", ""),
        "\ufeff" + lines(HEADER, ANNE, PETER),
        lines(HEADER, row(born="18-11-2007"), PETER),
        lines(HEADER, row(born="19-11-1914"), PETER),
        lines(HEADER, ANNE.rstrip(";"), PETER + ";;"),
    ],
)
def test_nothing_to_tell(tmp_path: Path, content: str) -> None:
    """A good list has no notes."""
    assert checked(tmp_path, content).notes == []


@pytest.mark.parametrize("name", ["Total Hansen", "I Alt", "Antal", "Sum Nguyen"])
def test_no_voter_is_taken_for_totals(tmp_path: Path, name: str) -> None:
    """Whoever has a number, or a name and a table, is a voter."""
    assert [voter.name for voter in read(tmp_path, lines(HEADER, row(name=name)))] == [name]
    assert places(tmp_path, lines(HEADER, ANNE, row(number="", name=name))) == [(3, "vaelgernummer")]


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        (lines(HEADER, "7;Ida Holm;Vej 1; 2. tv;1980-01-02;1;B;;;"), (2, ""), "has 10 cells, the header 9"),
        (lines(HEADER, "7;Ida Holm;Vej 1"), (2, ""), "ends too early: is one line broken in two"),
        (lines(HEADER, ANNE, "7;Ida Holm;Vej 1;1980-01-02;1;B").rstrip(), (3, ""), "is cut off, and the file with it"),
        (lines(HEADER, ANNE, "7;Ida Holm;Ve").rstrip(), (3, ""), "is cut off, and the file with it"),
        (lines(ANNE, HEADER, PETER), (1, ""), "stands above the header"),
        (lines("7;Ida;;;;", "Bord 1", HEADER, PETER), (1, ""), "stands above the header"),
        (lines(HEADER.replace("foedselsdato", "Fødselsdag"), ANNE), (1, ""), "lacks foedselsdato, and has other names in 4"),
        (lines("a;b;c", ANNE), (1, ""), "is not the header: the first line must name the columns vaelgernummer, navn"),
    ],
)  # fmt: skip
def test_the_true_cause(tmp_path: Path, content: str, place: tuple[int, str], reason: str) -> None:
    """What is wrong with a row or the header is told once, with a remedy that fits it."""
    [problem] = problems(tmp_path, content)
    assert (problem.line, problem.column) == place
    assert reason in problem.reason


def test_a_line_broken_in_two(tmp_path: Path) -> None:
    """Both halves are told, each once: no cell of them is looked at."""
    assert places(tmp_path, lines(HEADER, ANNE, "7;Ida Holm;Vej 1", "8000 Aarhus;1980-01-02;1;B;;;", PETER)) == [
        (3, ""),
        (4, ""),
    ]


def test_a_header_that_is_none_repeats_nobody(tmp_path: Path) -> None:
    """Where the first line holds a voter, none of it is repeated."""
    for header in ("7;Ida Navn Holm;Valg;1980-01-02", "vaelgernummer;navn;adresse;foedselsdato;valgbord;7;Ida Holm;1980-01-02"):
        found = problems(tmp_path, lines(header, ANNE))
        assert not [word for word in ("Ida", "Holm", "1980") for problem in found if word in str(problem)]


def test_kinds() -> None:
    """Each kind is one sentence, in the order of the file, however many lines it has."""
    many = [Problem(n, "navn", "is empty") for n in range(2, 5002)]
    assert list(by_kind([*many, Problem(3, "", "x")])) == [
        "lines 2, 3, 4, 5, 6, 7, 8, 9 and 4,992 more, navn: is empty",
        "line 3: x",
    ]
    assert list(by_kind(Problem(1, f"column {n}", "x") for n in range(50)))[-1] == "and 10 kinds more"
    assert str(Problem(0, "", "is empty")) == "the file: is empty"
