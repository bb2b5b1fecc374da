"""Stories of a voter list's file: a good one is read in any dress."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from voter_files import ANNE, COLUMNS, FORM, HEADER, PETER, lines, problems, read, row

from kiosk.domain.voters import Roll, Struck, Voter
from kiosk.store.listfile import read_list
from kiosk.store.listrows import ListFormat

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
        LIST.encode("cp850"),
        LIST.encode("mac_roman"),
        LIST.encode("utf-16"),
        LIST.encode("utf-16-le"),
        LIST.encode("utf-16-be"),
        ("\ufeff" + LIST).encode("utf-8-sig"),
        LIST.replace(";", "\t").encode(),
        LIST.replace(";", "\t").encode("utf-16"),
        LIST.replace("vaelgernummer", '"vaelgernummer"').encode("utf-8-sig"),
        ("sep=;\r\n" + LIST).encode("utf-8-sig"),
        ("Valgliste for Hovedbiblioteket, 18-11-2025\r\n\r\n" + LIST).encode(),
        ("Valgliste;;;;;;;;\r\n" + LIST).encode(),
        (LIST + "\x1a").encode(),
        (LIST + "\x1a\r\n").encode(),
        (LIST.rstrip() + "\x1a").encode(),
        (LIST + ";;;;;;;;\r\n ; \r\n").encode(),
        (LIST + "I alt;2;;;;;;;\r\n").encode(),
        (LIST + "Total: 2\r\n").encode(),
        (LIST + ";Antal vælgere;2\r\n").encode(),
        lines(HEADER, ANNE, HEADER, PETER).encode(),
        (lines(HEADER, ANNE) + "\ufeff" + lines(HEADER, PETER)).encode(),
        lines(HEADER, ANNE.rstrip(";"), PETER).encode(),
        lines(HEADER, ANNE + ";;", PETER).encode(),
        lines(HEADER + ";", ANNE, PETER + ";").encode(),
        lines(HEADER, "\u200b" + ANNE, PETER.replace("2;", "2\u200d;", 1)).encode(),
        lines(HEADER, ANNE.replace("Anne Lærke", "Anne\u00a0L\u200bærke"), PETER.replace("2;", "2\u00a0;", 1)).encode(),
        lines(HEADER.replace("navn", "\u200bnavn\u00a0"), ANNE, PETER).encode(),
    ],
    ids=[
        "utf-8",
        "bom",
        "windows-1252",
        "lf",
        "cr",
        "comma",
        "blank lines",
        "no last line end",
        "cp850",
        "mac",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "two boms",
        "tabs",
        "utf-16 and tabs",
        "quoted header",
        "sep",
        "title",
        "title in cells",
        "0x1a",
        "0x1a with line end",
        "0x1a in last row",
        "empty rows",
        "totals",
        "totals in one cell",
        "totals elsewhere",
        "header again",
        "bom and header again",
        "short by empty cells",
        "long by empty cells",
        "header with an empty cell",
        "zero width in numbers",
        "blanks and zero width",
        "invisible in the header",
    ],
)
def test_same_voters_in_any_dress(tmp_path: Path, content: bytes) -> None:
    """Encoding, delimiter and line ends don't matter, nor does what stands around the voters; a file is never misread."""
    assert read(tmp_path, content) == VOTERS


@pytest.mark.parametrize(
    "header",
    [
        "Vælgernummer;Navn;Adresse;Fødselsdato;Valgbord;Valg;Brevstemme;Liste;Slettet",
        "VÆLGER NR.;NAVN;ADRESSE;FØDSELSDATO;VALGBORD;VALG;BREVSTEMME;LISTE;SLETTET",
        "vaelger_nummer;navn;adresse;foedsels-dato;valg bord;valg;brev_stemme;liste;slettet",
        "Va\u0308lgernr;Navn;Adresse;Födselsdato;Valgbord;Valg;Brevstemme;Liste;Slettet",
    ],
)
def test_header_as_it_is_spelt(tmp_path: Path, header: str) -> None:
    """A column is found with its Danish letters, with blanks or signs in it, and with its number shortened."""
    assert read(tmp_path, lines(header, ANNE, PETER)) == VOTERS


def test_lists_by_the_plans_words(tmp_path: Path) -> None:
    """Any number of lists, named as the plan names them."""
    form = replace(FORM, rolls={"valgliste": Roll.MAIN, "tilflyttere": Roll.NEWCOMER, "nordatlantvalgliste": Roll.NEWCOMER})
    words = ("Valgliste", "Tilflyttere", "NORDATLANTVALGLISTE")
    content = lines(HEADER, *(row(number=str(n), roll=word) for n, word in enumerate(words, 1)))
    assert [voter.roll for voter in read(tmp_path, content, form)] == [Roll.MAIN, Roll.NEWCOMER, Roll.NEWCOMER]
    [problem] = problems(tmp_path, lines(HEADER, row(roll="hovedliste")), form)
    assert problem.reason == "is not a list: write valgliste, tilflyttere, nordatlantvalgliste"


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


@pytest.mark.parametrize(
    "text", ["1968-03-14", "14-03-1968", "14.03.1968", "14/03/1968", "14031968", "14-3-1968", "19680314", "1968-03-14 00:00:00"]
)
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


NAMED = ListFormat({**COLUMNS, "name": "Fulde Navn", "number": "Vælgernr."}, FORM.elections, FORM.tables, FORM.day)


def test_columns_by_other_names(tmp_path: Path) -> None:
    """The plan may call the columns otherwise, and errors then use those names."""
    header = HEADER.replace("navn", "fulde navn").replace("vaelgernummer", "VÆLGERNR.")
    assert read(tmp_path, lines(header, ANNE, PETER).encode("cp1252"), NAMED) == VOTERS
    [problem] = problems(tmp_path, lines(header, row(name="")), NAMED)
    assert problem.column == "fulde navn"
