"""Stories of a bad voter list: refused whole, with all that is wrong, and without telling any secret."""

import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voter_files import ANNE, COLUMNS, FORM, HEADER, PETER, lines, places, problems, read, row

from kiosk import limits
from kiosk.domain.voters import Voter
from kiosk.store.listfaults import ListError
from kiosk.store.listfile import read_list


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"number": ""}, "vaelgernummer", "not a voter number"),
        ({"number": "000"}, "vaelgernummer", "not a voter number"),
        ({"number": "1000000000"}, "vaelgernummer", "not a voter number"),
        ({"number": "9" * 5000}, "vaelgernummer", "not a voter number"),
        ({"number": "12a"}, "vaelgernummer", "not a voter number"),
        ({"number": "-7"}, "vaelgernummer", "not a voter number"),
        ({"number": "٣"}, "vaelgernummer", "not a voter number"),
        ({"name": ""}, "navn", "is empty"),
        ({"name": "  "}, "navn", "is empty"),
        ({"name": "Å" * 201}, "navn", "longer than 200"),
        ({"name": "-"}, "navn", "or has no letter that can be seen"),
        ({"name": "\u3164"}, "navn", "or has no letter that can be seen"),
        ({"name": "\u200b\u00ad\u2060"}, "navn", "is empty"),
        ({"name": "Bo\tHolm"}, "navn", "control character"),
        ({"name": "Bo\u202eHolm"}, "navn", "control character"),
        ({"address": '"Vej 1\nAarhus"'}, "adresse", "control character"),
        ({"address": "a" * 201}, "adresse", "longer than 200"),
        ({"born": ""}, "foedselsdato", "not known to the day"),
        ({"born": "1976-00-00"}, "foedselsdato", "not known to the day"),
        ({"born": "14-3-68"}, "foedselsdato", "two digits of the year"),
        ({"born": "03/14/1968"}, "foedselsdato", "wrong order"),
        ({"born": "1968-W11-4"}, "foedselsdato", "not a date"),
        ({"born": "1968-02-30"}, "foedselsdato", "calendar"),
        ({"born": "31-12-1899"}, "foedselsdato", "before 1900"),
        ({"born": "2025-11-19"}, "foedselsdato", "after the election day 2025-11-18"),
        ({"book": ""}, "valgbord", "not a table of the plan: write 1, 2, 3"),
        ({"book": "4"}, "valgbord", "is not a table of the plan: write 1, 2, 3"),
        ({"book": "1.0"}, "valgbord", "is not a table of the plan"),
        ({"elections": ""}, "valg", "names no election"),
        ({"elections": "+"}, "valg", "this is not an election"),
        ({"elections": "B+EU"}, "valg", "this is not an election of the plan: write byraad, b, region, r"),
        ({"elections": "B", "postal": "B+R"}, "brevstemme", "holds an election that valg lacks"),
        ({"postal": "+"}, "brevstemme", "this is not an election"),
        ({"postal": "ja"}, "brevstemme", "this is not an election"),
        ({"roll": "andet"}, "liste", "not a list: write hovedliste, tilflytterliste"),
        ({"struck": "måske"}, "slettet", "not a reason to strike: write slettet"),
        ({"name": "Bo\0"}, "navn", "can't be read"),
        ({"name": "J\ufffdrgen"}, "navn", "can't be read"),
    ],
)
def test_bad_value(tmp_path: Path, cells: dict[str, str], column: str, reason: str) -> None:
    """A bad value is one problem with its line, its column and the remedy; good rows around it change nothing."""
    [problem] = problems(tmp_path, lines(HEADER, ANNE, row(**cells), PETER))
    assert (problem.line, problem.column) == (3, column)
    assert reason in problem.reason


def test_whole_report(tmp_path: Path) -> None:
    """All that is wrong in all rows is reported at once, in the file's order."""
    content = lines(
        HEADER,
        ANNE,
        row(name="", book="9"),
        "3;too;few",
        row(number="0001"),
        row(number="8", elections="X") + ";more",
        PETER,
        row(number="9", struck="?"),
    )
    assert places(tmp_path, content) == [
        (3, "navn"), (3, "valgbord"), (4, ""), (5, "vaelgernummer"), (6, ""), (8, "slettet"),
    ]  # fmt: skip


def test_duplicate_number(tmp_path: Path) -> None:
    """A number that stands twice is reported with the line that had it first, whatever its leading zeros."""
    [problem] = problems(tmp_path, lines(HEADER, ANNE, "", row(number="1")))
    assert (problem.line, problem.other) == (4, 2)
    assert str(problem).startswith("line 4 (as 2), vaelgernummer: is the voter number of an earlier line")


def test_line_is_where_the_row_starts(tmp_path: Path) -> None:
    """Line breaks within quotes count as lines of the file, and a problem names the row's first one."""
    note = '"one\ntwo\nthree"'
    content = "\n".join([f"{HEADER};note", f"{ANNE};{note}", f"{row(name='')};{note}", f"{row(born='')};"])
    assert places(tmp_path, content) == [(5, "navn"), (8, "vaelgernummer"), (8, "foedselsdato")]


@pytest.mark.parametrize(
    ("header", "place", "reason"),
    [
        ("vaelgernummer;navn;foedselsdato;valgbord;valg;liste;slettet", (1, ""), "lacks adresse, brevstemme:"),
        (f"{HEADER};Navn", (1, "navn"), "more than once"),
        (ANNE, (1, ""), "is not the header: the first line must name the columns vaelgernummer, navn"),
        (f"{HEADER};010190-1234", (1, "column 10"), "CPR"),
        (f"{HEADER};\0", (1, "column 10"), "can't be read"),
        (f'{HEADER};"x"y', (1, ""), "quote"),
    ],
)
def test_bad_header(tmp_path: Path, header: str, place: tuple[int, str], reason: str) -> None:
    """With a bad header no row is looked at."""
    [problem] = problems(tmp_path, lines(header, ANNE, "no;row"))
    assert (problem.line, problem.column) == place
    assert reason in problem.reason


@pytest.mark.parametrize(
    "cpr",
    ["010190-1234", "010190 1234", "0101901234", "610190-1234", "311299–9999", "tlf. 010190-1234!", "010190 - 1234"],
)
@pytest.mark.parametrize("field", [*COLUMNS, "note"])
def test_cpr_anywhere(tmp_path: Path, cpr: str, field: str) -> None:
    """What looks like a CPR number is refused in any column, and never repeated."""
    cells = row(**{field: cpr}) if field in COLUMNS else row() + f";{cpr}"
    content = lines(f"{HEADER};note", cells if field not in COLUMNS else f"{cells};")
    [problem] = problems(tmp_path, content)
    assert (problem.line, problem.column) == (2, COLUMNS.get(field, field))
    assert "CPR" in problem.reason
    assert "1234" not in str(problem)
    assert "9999" not in str(problem)


def test_cpr_in_a_field_too_many(tmp_path: Path) -> None:
    """A row of the wrong shape is searched as well."""
    assert places(tmp_path, lines(HEADER, f"{ANNE};0101901234")) == [(2, "column 10"), (2, "")]


def test_cpr_in_a_row_that_is_left_out(tmp_path: Path) -> None:
    """A row of totals, or one with nothing else, is searched as well."""
    for text in ("I alt;0101901234", ";;;;010190-1234"):
        assert places(tmp_path, lines(HEADER, ANNE, text))[0][0] == 3


@pytest.mark.parametrize("text", ["000190-1234", "321390-1234", "120190-12345", "9010190-1234", "1234010190123499"])
def test_not_a_cpr(tmp_path: Path, text: str) -> None:
    """Impossible dates and parts of longer numbers are no CPR numbers."""
    assert len(read(tmp_path, lines(HEADER, row(address=text)))) == 1


def test_bytes_outside_windows_1252(tmp_path: Path) -> None:
    """A byte that Windows-1252 doesn't define is reported with its line and column, once a row."""
    content = lines(HEADER, ANNE, row(name="B@"), row(address="@", number="8")).encode("cp1252").replace(b"@", b"\x81")
    assert places(tmp_path, content) == [(3, "navn"), (4, "adresse")]


def test_marked_as_utf8_but_is_not(tmp_path: Path) -> None:
    """A file that begins with the mark of UTF-8 is not read as Windows-1252: its bad bytes are reported."""
    content = lines(HEADER, ANNE, row(name="B@")).encode("utf-8-sig").replace(b"@", b"\xe6")
    assert places(tmp_path, content) == [(3, "navn")]


@pytest.mark.parametrize(
    ("content", "place", "reason"),
    [
        (b"", (0, ""), "is empty"),
        (b"\r\n \r\n", (0, ""), "is empty"),
        (HEADER.encode(), (0, ""), "no voters"),
        (lines(HEADER, ANNE).encode("utf-16") + b"\0\xdc", (3, ""), "is cut off"),
        (b"PK\x03\x04\0\0", (0, ""), "is a workbook"),
        (b"\xd0\xcf\x11\xe0\0\0", (0, ""), "is a workbook"),
        (b"%PDF-1.7", (0, ""), "is a PDF"),
        (b"\r\n<html>", (0, ""), "is a web page"),
        (lines(HEADER, ANNE, '3;"Bo').encode(), (3, ""), "never closed"),
        (lines(HEADER, ANNE, '3;"Bo" Holm;').encode(), (3, ""), "never closed"),
        (lines(HEADER, ANNE, f'3;"{"x" * 200_000}";').encode(), (3, ""), "quote"),
    ],
    ids=[
        "nothing",
        "blank",
        "only a header",
        "cut utf-16",
        "xlsx",
        "xls",
        "pdf",
        "html",
        "open quote",
        "text after a quote",
        "huge field",
    ],
)
def test_unusable_file(tmp_path: Path, content: bytes, place: tuple[int, str], reason: str) -> None:
    """What is no list at all is refused with the reason."""
    problem = problems(tmp_path, content)[0]
    assert (problem.line, problem.column) == place
    assert reason in problem.reason


def test_no_file(tmp_path: Path) -> None:
    """A missing file and a folder are refused like any other bad list."""
    for path in (tmp_path / "missing.csv", tmp_path):
        with pytest.raises(ListError, match="is not a file"):
            read_list(path, FORM)


def test_too_large(tmp_path: Path) -> None:
    """A file beyond the limit is not even read."""
    with (tmp_path / "list.csv").open("wb") as file:
        file.truncate(limits.LIST_BYTES + 1)
    with pytest.raises(ListError, match=r"larger than 1,000,000,000 bytes"):
        read_list(tmp_path / "list.csv", FORM)


def test_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading ends with the first row beyond the limit, which is reported."""
    monkeypatch.setattr(limits, "LIST_ROWS", 1_000)
    found = problems(tmp_path, f"{HEADER}\n".encode() + b"x;\n" * (limits.LIST_ROWS + 9))
    assert len(found) == limits.LIST_ROWS + 1
    assert "more than 1,000 voters" in found[-1].reason
    assert found[-1].line == limits.LIST_ROWS + 2


def test_text_of_the_error(tmp_path: Path) -> None:
    """The error's text tells each kind once, with its first lines and how many more there are; the error itself has all."""
    wrong = [row(number=str(n), name="") for n in range(1, 24)]
    with pytest.raises(ListError) as caught:
        read(
            tmp_path,
            lines(HEADER, ANNE.replace(";1;", ";9;"), row(number="1"), *wrong[7:], row(number="99", born="2010-01-01")),
        )
    assert str(caught.value).splitlines() == [
        "18 faults:",
        "line 2, valgbord: is not a table of the plan: write 1, 2, 3",
        "line 3 (as 2), vaelgernummer: is the voter number of an earlier line again: give every voter a number of their own",
        "lines 4, 5, 6, 7, 8, 9, 10, 11 and 8 more, navn: is empty, or has no letter that can be seen: write the voter's name",
        "to be looked at as well:",
        "line 20, foedselsdato: makes the voter younger than 18 on the election day: look at it",
    ]
    assert len(caught.value.problems) == 18
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.problems, copy.notes) == (caught.value.problems, caught.value.notes)


def test_errors_keep_the_secret(tmp_path: Path) -> None:
    """No text of an error repeats a voter's name, address, date or number."""
    secrets = ["Anne-Sofie Abildgaard-Qvist", "Hemmeligvej 8b", "31-02-1955", "1955-03-44", "31021955", "876543210"]
    secrets += ["010190-1234", "0101901234"]
    rows = [row(**{field: secret + tail}) for field in COLUMNS for secret in secrets for tail in ("", "\0", " §")]
    rows += [f"{secret};{secret}" for secret in secrets] + [f'{row()};"{secrets[0]}"x', f'"{secrets[0]}']
    found = problems(tmp_path, lines(HEADER, *rows))
    text = "\n".join(map(str, found))
    assert len(found) > 50
    assert not [piece for secret in secrets for piece in (secret, *secret.split()) if piece in text]


def test_errors_repeat_no_words(tmp_path: Path) -> None:
    """No word that is no election, and no number that is no table, is repeated: in a row that has moved it is a voter's."""
    for text in ("Abildgaard-Qvist", "Bo", "Søvej", "31-02-1955", "31021955", "876543210", "418", "010190-1234"):
        for field in ("elections", "postal", "book", "roll", "struck"):
            [problem] = problems(tmp_path, lines(HEADER, row(**{field: text})))
            assert text not in problem.reason


PIECES = st.sampled_from([HEADER, ANNE, PETER, '"', ";", ",", "\n", "\r", "\0", "B+R", "010190-1234", "\ufeff", "ß", "1"])
BYTES = st.one_of(
    st.binary(max_size=300),
    st.lists(st.one_of(PIECES.map(str.encode), st.binary(max_size=9)), max_size=30).map(b"".join),
    st.lists(PIECES, max_size=30).map(lambda pieces: f"{HEADER}\n{''.join(pieces)}".encode()),
)


@settings(max_examples=400, deadline=None)
@given(content=BYTES)
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever a file holds, it is a list or a ListError."""
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(content)
    try:
        outcome: list[Voter] | ListError = read_list(file, FORM)
    except ListError as error:
        outcome = error
    if isinstance(outcome, ListError):
        assert outcome.problems
        assert "010190" not in str(outcome)
    else:
        assert outcome
        assert len({voter.number for voter in outcome}) == len(outcome)
