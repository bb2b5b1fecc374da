"""Stories of letters: a list is never garbled in silence, whichever way its letters were written or lost."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from voter_files import ANNE, COLUMNS, FORM, HEADER, PETER, checked, lines, problems, read, row

from kiosk.simulated.voters import sample_voters, write_list
from kiosk.store.listfaults import ListError
from kiosk.store.listfile import read_list
from kiosk.store.listtext import odd

BASIC = frozenset(map(chr, range(0x20, 0x180)))


def sampled(folder: Path, voters: int = 1_000) -> str:
    write_list(folder / "sample.csv", sample_voters(voters, 3, ("byraad", "region"), (1, 2, 3)), COLUMNS)
    return (folder / "sample.csv").read_bytes().decode()


@pytest.mark.parametrize(
    ("codec", "name"),
    [("utf-8", "UTF-8"), ("cp1252", "Windows-1252"), ("cp850", "DOS code page 850"), ("cp865", "DOS code page 850"),
     ("mac_roman", "Mac Roman"), ("utf-16", "UTF-16")],
)  # fmt: skip
def test_a_register_in_any_encoding(tmp_path: Path, codec: str, name: str) -> None:
    """A whole list comes through with every letter, and it is told how it was read."""
    text = sampled(tmp_path)
    want = read(tmp_path, text)
    got = checked(tmp_path, text.encode(codec))
    assert got.voters == want
    assert (got.encoding, got.doubts) == (name, [])


def test_one_stray_byte(tmp_path: Path) -> None:
    """One byte that is not UTF-8 among 1,000 good lines is named with its line: the others are not read as something else."""
    content = sampled(tmp_path).encode().split(b"\r\n")
    content[500] = content[500].split(b";")[0] + b";S\xf8ren Holm;Vej 1;1968-03-14;1;byraad;;;"
    [problem] = problems(tmp_path, b"\r\n".join(content))
    assert (problem.line, problem.column) == (501, "navn")
    assert re.match(r"has a letter that is not in UTF-8, as \d\d\d other lines are: correct that letter", problem.reason)


def test_another_lists_lines_in_another_encoding(tmp_path: Path) -> None:
    """Two files that were put together are not read as one: each line of the smaller one is named."""
    lesser = [row(number=str(n), name="Åse Bøgh") for n in range(2001, 2011)]
    found = problems(tmp_path, sampled(tmp_path).encode() + lines(*lesser).encode("cp1252"))
    assert [problem.line for problem in found] == [*range(1002, 1012)]
    more = lines(HEADER, *lesser).encode("cp1252") + lines(ANNE).encode()
    [problem] = {(problem.line, problem.reason[:33]) for problem in problems(tmp_path, more)}
    assert problem == (12, "has letters that were encoded twi")


@pytest.mark.parametrize("codec", ["cp1252", "latin-1", "cp850", "mac_roman", "cp1250"])
def test_encoded_twice(tmp_path: Path, codec: str) -> None:
    """UTF-8 that was read as something else and written as UTF-8 again is refused, and told for what it is."""
    text = (
        lines(HEADER, row(name="Lærke Bøgh", address="Lågevej 2"), row(number="8", name="Søs", address="Møllen"))
        .encode()
        .decode(codec)
    )
    found = problems(tmp_path, text)
    assert {(problem.line, problem.column) for problem in found} == {(2, "navn"), (2, "adresse"), (3, "navn"), (3, "adresse")}
    assert all("encoded twice" in problem.reason for problem in found)


@pytest.mark.parametrize(
    "letters",
    [
        "Søren", "Zoë Ågård", "JOÃO", "São João", "Łukasz Żółć", "Şule Yıldız", "D'Angelo", "O’Neill", "Anne-Grethe",
        "Hansen (f. Bæk)", "Đặng", "Ægidius", "ÅSE ØSTERGÅRD", "Þór", "‘t Hooft", "Nuñez", "Ørum", "محمد", "Àngel",
    ],
)  # fmt: skip
def test_right_names(letters: str) -> None:
    """Names of any country that are right are not called odd."""
    assert odd(letters) == ""


@pytest.mark.parametrize(
    "letters", ["S?ren", "S¢ren", "Sýren¤", "L{rke", "S|ren", "]ge", "L‘rke", "G†rd", "¾ble", "S¿ren", "BÆk‡", "rØd"]
)
def test_odd_names(tmp_path: Path, letters: str) -> None:
    """A sign in the place of a letter speaks against the encoding; the line is named."""
    got = checked(tmp_path, lines(HEADER, ANNE, row(name=letters)))
    assert [(doubt.line, doubt.column) for doubt in got.doubts] == [(3, "navn")]


@pytest.mark.parametrize("wrong", [("cp1252", "cp1250"), ("cp1252", "cp1257"), ("cp1252", "cp1251")])
def test_converted_wrongly(tmp_path: Path, wrong: tuple[str, str]) -> None:
    """Where æ, ø and å have become letters of another country, that is seen from all names together."""
    text = sampled(tmp_path).encode(wrong[0]).decode(wrong[1], "replace").replace("\ufffd", "x")
    got = checked(tmp_path, text)
    assert "rare in Danish names" in got.doubts[-1].reason


BARE = str.maketrans("æøåÆØÅ", "aoaAOA")
SPELT = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"})


@pytest.mark.parametrize("lost", [BARE, SPELT], ids=["bare", "spelt"])
def test_no_danish_letter_at_all(tmp_path: Path, lost: dict[int, str]) -> None:
    """A list without any æ, ø and å has lost them."""
    [doubt] = checked(tmp_path, sampled(tmp_path).translate(lost)).doubts
    assert (doubt.line, doubt.reason[:25]) == (0, "has no æ, ø or å in 1,000")


def test_too_few_letters_to_tell(tmp_path: Path) -> None:
    """Where the only letters beyond a to z could be those of two encodings, a person decides."""
    got = checked(tmp_path, lines(HEADER, row(name="@imon Holm")).encode().replace(b"@", b"\x8a"))
    assert (got.voters[0].name, got.samples) == ("Šimon Holm", ["Šimon Holm"])
    assert [doubt.reason[:46] for doubt in got.doubts] == ["may be Windows-1252 or DOS code page 850: too "]


def test_samples(tmp_path: Path) -> None:
    """A person is shown a few names, which have the letters that the list has."""
    content = lines(HEADER, row(), *(row(number=str(n), name="Åse") for n in range(20, 60)), ANNE, PETER)
    assert checked(tmp_path, content).samples == ["Åse", "Anne Lærke Ågård", "Peter Østergård"]
    assert checked(tmp_path, lines(HEADER, row(), row(number="8", name="S?ren"), row(number="9", name="Bo"))).samples == [
        "S?ren"
    ]
    assert len(checked(tmp_path, sampled(tmp_path)).samples) <= 12


def test_letters_that_the_screens_lack(tmp_path: Path) -> None:
    """A name that can't be drawn whole is named with its letter: it is right all the same."""
    got = checked(tmp_path, lines(HEADER, ANNE, row(name="Nino \u10d0\u10d1 Holm"), PETER), drawn=BASIC)
    assert [(note.line, note.column, note.reason.partition(": ")[2], note.doubt) for note in got.notes] == [
        (3, "navn", "U+10D0 GEORGIAN LETTER AN", False), (3, "navn", "U+10D1 GEORGIAN LETTER BAN", False),
    ]  # fmt: skip
    assert got.voters[1].name == "Nino \u10d0\u10d1 Holm"


DANISH = st.text("abcdefghijklmnopqrstuvwxyzæøå", min_size=3, max_size=12).map(str.title)


@settings(max_examples=200, deadline=None)
@given(
    names=st.lists(DANISH, min_size=4, max_size=30), codec=st.sampled_from(["utf-8", "cp1252", "cp850", "mac_roman", "utf-16"])
)
def test_any_names_in_any_encoding(tmp_path_factory: pytest.TempPathFactory, names: list[str], codec: str) -> None:
    """Names of Danish letters, in few rows or many, are read as they were written."""
    file = tmp_path_factory.getbasetemp() / "names.csv"
    file.write_bytes(lines(HEADER, *(row(number=str(n), name=name) for n, name in enumerate(names, 1))).encode(codec))
    assert [voter.name for voter in read_list(file, FORM)] == names


HUNDRED = list(sample_voters(100, 3, ("byraad", "region"), (1, 2, 3)))


@settings(max_examples=200, deadline=None)
@given(at=st.integers(100, 8_000), byte=st.integers(0x80, 0xFF))
def test_one_byte_garbles_one_voter_at_most(tmp_path_factory: pytest.TempPathFactory, at: int, byte: int) -> None:
    """Whichever byte of a good list is damaged, the list is refused, or one voter has another letter."""
    file = tmp_path_factory.getbasetemp() / "damaged.csv"
    write_list(file, HUNDRED, COLUMNS)
    content = bytearray(file.read_bytes())
    content[at % len(content)] = byte
    file.write_bytes(content)
    with suppress(ListError):
        voters = read_list(file, FORM)
        assert len(voters) == len(HUNDRED)
        assert sum(one != other for one, other in zip(voters, HUNDRED, strict=True)) <= 1
