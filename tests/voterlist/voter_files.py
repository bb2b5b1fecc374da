"""What the stories about voter lists have in common: a small plan and files made from rows."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

from kiosk.domain.voters import Voter
from kiosk.store.listfaults import ListError, Problem
from kiosk.store.listfile import Checked, check_list
from kiosk.store.listrows import ListFormat

COLUMNS = {
    "number": "vaelgernummer",
    "name": "navn",
    "address": "adresse",
    "born": "foedselsdato",
    "book": "valgbord",
    "elections": "valg",
    "postal": "brevstemme",
    "roll": "liste",
    "struck": "slettet",
}
HEADER = ";".join(COLUMNS.values())
ANNE = "0001;Anne Lærke Ågård;Nørregade 1, 8000 Aarhus C;1968-03-14;1;B+R;;hovedliste;"
PETER = "2;Peter Østergård;Søvej 2;14-03-1970;3;B;B;tilflytterliste;nej"
WORDS = {"byraad": "byraad", "b": "byraad", "region": "region", "r": "region"}
FORM = ListFormat(COLUMNS, WORDS, frozenset({1, 2, 3}), date(2025, 11, 18))


def lines(*rows: str) -> str:
    return "".join(f"{row}\r\n" for row in rows)


def checked(folder: Path, content: str | bytes, form: ListFormat = FORM, drawn: Collection[str] | None = None) -> Checked:
    file = folder / "list.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return check_list(file, form, drawn=drawn)


def read(folder: Path, content: str | bytes, form: ListFormat = FORM) -> list[Voter]:
    return checked(folder, content, form).voters


def problems(folder: Path, content: str | bytes, form: ListFormat = FORM) -> list[Problem]:
    """Read a list that must be refused, and return what is wrong with it."""
    try:
        voters = read(folder, content, form)
    except ListError as error:
        return list(error.problems)
    raise AssertionError(f"not refused: {len(voters)} voters")


def places(folder: Path, content: str | bytes) -> list[tuple[int, str]]:
    return [(problem.line, problem.column) for problem in problems(folder, content)]


def row(**cells: str) -> str:
    """A good row, in which some cells are replaced; fields as in `Voter`."""
    good = dict(zip(COLUMNS, ["7", "Ida Holm", "Vej 1", "1980-01-02", "1", "B", "", "", ""], strict=True))
    return ";".join({**good, **cells}.values())
