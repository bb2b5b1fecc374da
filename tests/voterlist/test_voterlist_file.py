"""Stories of a voter list's file: a good one is read in any dress."""

from datetime import date
from pathlib import Path

import pytest
from voter_files import ANNE, COLUMNS, FORM, HEADER, PETER, lines, problems, read, row

from kiosk.domain.voters import Roll, Struck, Voter
from kiosk.store.listfile import read_list
from kiosk.store.listrows import Form

LIST = lines(HEADER, ANNE, PETER)
VOTERS = [
    Voter(1, "Anne Lærke Ågård", "Nørregade 1, 8000 Aarhus C", date(1968, 3, 14), 1, ("byraad", "region")),
    Voter(2, "Peter Østergård", "Søvej 2", date(1970, 3, 14), 3, ("byraad",), ("byraad",), Roll.NEWCOMER),
]


@pytest.mark.parametrize(
    "content",
    [
        LIST.encode(),
        LIST.encode("utf-8-sig"),
        LIST.encode("cp1252"),
        LIST.replace("\r\n", "\n").encode(),
        LIST.replace("\r\n", "\r").encode(),
        LIST.replace("Nørregade 1, 8000 Aarhus C", '"Nørregade 1, 8000 Aarhus C"').replace(";", ",").encode(),
        lines("", "  ", HEADER, "", ANNE, " ", PETER, "").encode(),
        LIST.rstrip().encode(),
    ],
    ids=["utf-8", "bom", "windows-1252", "lf", "cr", "comma", "blank lines", "no last line end"],
)
def test_same_voters_in_any_dress(tmp_path: Path, content: bytes) -> None:
    """Encoding, delimiter and line ends don't matter."""
    assert read(tmp_path, content) == VOTERS


def test_header_in_any_case_order_and_with_more_columns(tmp_path: Path) -> None:
    """Columns are found by name: blanks, case and order don't matter, and further columns are ignored."""
    content = lines(
        " NAVN ;note;VaelgerNummer;adresse;foedselsdato;valgbord;valg;brevstemme;liste;slettet;",
        '"Bo ""Bob"" Bæk";"two\nlines";3;;14.03.1968;02;region/byraad;;;;',
    )
    assert read(tmp_path, content) == [Voter(3, 'Bo "Bob" Bæk', "", date(1968, 3, 14), 2, ("byraad", "region"))]


def test_one_spelling_of_letters(tmp_path: Path) -> None:
    """Letters that were written as a letter and an accent are read as the one letter."""
    [voter] = read(tmp_path, lines(HEADER, row(name="Zoe\u0308 A\u030agård")))
    assert voter.name == "Zoë Ågård"


@pytest.mark.parametrize("text", ["1968-03-14", "14-03-1968", "14.03.1968", "14/03/1968", "14031968"])
def test_dates(tmp_path: Path, text: str) -> None:
    """Each way to write a date gives the same one."""
    assert read(tmp_path, lines(HEADER, row(born=text)))[0].born == date(1968, 3, 14)


@pytest.mark.parametrize("text", ["B+R", "r, b", "BYRAAD|Region", "b/R", "region  byraad", "R+B+r"])
def test_elections(tmp_path: Path, text: str) -> None:
    """Elections are named by id or code, in any case, with any separator, and kept in the plan's order."""
    assert read(tmp_path, lines(HEADER, row(elections=text)))[0].elections == ("byraad", "region")


@pytest.mark.parametrize(
    ("text", "struck"),
    [
        *dict.fromkeys(["", "nej", "0", "Nej"]).items(),
        *dict.fromkeys(["slettet", "JA", "1", "x"], Struck.STRUCK_OFF).items(),
        ("Fraflyttet", Struck.MOVED_AWAY),
    ],
)
def test_struck(tmp_path: Path, text: str, struck: Struck | None) -> None:
    """A voter may be struck off or have moved away, in a few usual words."""
    assert read(tmp_path, lines(HEADER, row(struck=text)))[0].struck is struck


def test_progress(tmp_path: Path) -> None:
    """Progress is told of each thousand rows and of the rest."""
    steps: list[int] = []
    (tmp_path / "list.csv").write_text(lines(HEADER, *[row(number=str(n)) for n in range(1, 2502)]))
    read_list(tmp_path / "list.csv", FORM, steps.append)
    assert steps == [1000, 1000, 501]


NAMED = Form({**COLUMNS, "name": "Fulde Navn", "number": "Vælgernr."}, FORM.elections, FORM.tables, FORM.day)


def test_columns_by_other_names(tmp_path: Path) -> None:
    """The plan may call the columns otherwise, and errors then use those names."""
    header = HEADER.replace("navn", "fulde navn").replace("vaelgernummer", "VÆLGERNR.")
    assert read(tmp_path, lines(header, ANNE, PETER).encode("cp1252"), NAMED) == VOTERS
    [problem] = problems(tmp_path, lines(header, row(name="")), NAMED)
    assert problem.column == "fulde navn"
