"""Stories of whoever imports a list: what they are shown and asked, and when nothing is imported."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from voter_files import ANNE, HEADER, PETER, lines, row

from kiosk.cli import main
from kiosk.store.database import Database
from kiosk.store.voterlist import VoterList
from kiosk.trust.bundle import provision

EXAMPLE = Path(__file__).parents[2] / "kiosk" / "plan" / "example.toml"
LIST = lines(HEADER, ANNE, PETER.replace(";3;", ";1;"))
QUESTION = "Are the letters right, and shall these 2 voters be imported? [y/N]: "
SHOWN = "Some names with other letters than a to z, in a file that was read as Windows-1252:"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("place") / "bundles"
    provision(EXAMPLE, folder)
    return folder / "table-1"


class Desk:
    """A technician with a bundle, a data folder and a file."""

    def __init__(self, bundle: Path, folder: Path) -> None:
        self.bundle, self.data, self.file = bundle, folder / "data", folder / "list.csv"

    def run(self, content: str | bytes, *options: str, typed: str | None = None) -> Result:
        self.file.write_bytes(content.encode() if isinstance(content, str) else content)
        at = ("--bundle", str(self.bundle), "--data", str(self.data))
        return CliRunner().invoke(main, ["list", "import", *at, *options, str(self.file)], input=typed)

    def check(self, content: str, *options: str) -> Result:
        self.file.write_bytes(content.encode())
        return CliRunner().invoke(main, ["list", "check", "--plan", str(EXAMPLE), *options, str(self.file)])

    @property
    def voters(self) -> int:
        if not self.data.exists():
            return 0
        with Database(self.data) as database:
            return VoterList(database, "").count()


@pytest.fixture
def desk(bundle: Path, tmp_path: Path) -> Desk:
    return Desk(bundle, tmp_path)


def test_the_names_are_shown_and_confirmed(desk: Desk) -> None:
    """Names with special letters, and how the file was read; it is imported on yes only."""
    for typed, voters in (("n\n", 0), ("", 0), ("y\n", 2)):
        done = desk.run(LIST.encode("cp1252"), typed=typed)
        assert f"{SHOWN}\n    Anne Lærke Ågård\n    Peter Østergård\n{QUESTION}" in done.stdout
        assert ("nothing is imported" in done.stderr, done.exit_code, desk.voters) == (not voters, int(not voters), voters)
    assert "2 voters imported, read as Windows-1252. Digest" in done.stdout


def test_a_script_says_yes(desk: Desk) -> None:
    """It is asked nothing, and no name is shown, which would stand in its log."""
    done = desk.run(LIST, "--yes")
    assert (done.exit_code, desk.voters) == (0, 2)
    assert "Anne" not in done.output
    assert QUESTION not in done.output


@pytest.mark.parametrize("name", ["S?ren Holm", "L{rke"])
def test_a_script_is_refused_where_letters_are_in_doubt(desk: Desk, name: str) -> None:
    """The lines are named; a person who has looked may go on."""
    content = lines(HEADER, ANNE, row(name=name))
    done = desk.run(content, "--yes")
    assert (done.exit_code, desk.voters) == (1, 0)
    assert "a person must look at the letters first" in done.stderr
    assert "line 3, navn: has a sign that stands in no Danish name or address" in done.stdout
    assert name not in done.output
    done = desk.run(content, typed="y\n")
    assert (done.exit_code, desk.voters) == (0, 2)
    assert name in done.stdout


def test_what_is_to_be_looked_at(desk: Desk) -> None:
    """Ages, letters that the screens' font lacks and what was left out are told, by the check too, and refuse nothing."""
    content = lines(
        HEADER, ANNE, row(born="2010-01-01"), row(number="8", name="Nino \u10d0"), row(number="9", name="Łukasz"), ";;"
    )
    told = [
        "To be looked at:",
        "    line 3, foedselsdato: makes the voter younger than 18 on the election day: look at it",
        "    line 4, navn: has a letter that the screens' font lacks: U+10D0 GEORGIAN LETTER AN",
        "    line 6: is blank, and is left out",
    ]
    done = desk.check(content)
    assert done.stdout.splitlines()[:4] == told
    assert done.stdout.splitlines()[4].startswith("4 voters, read as UTF-8: can be imported, after a look at the above. Digest")
    done = desk.run(content, "--yes")
    assert (done.exit_code, done.stdout.splitlines()[:4], desk.voters) == (0, told, 4)
    assert desk.check(lines(HEADER, ANNE)).stdout.startswith("1 voters, read as UTF-8: all good. Digest")


def test_report(desk: Desk) -> None:
    """All that is found, a line for each, goes into a new file on request; what exists is not overwritten."""
    wrong = [row(number=str(n), name="") for n in range(10, 40)]
    report = desk.file.with_name("faults.txt")
    done = desk.run(lines(HEADER, *wrong, row(born="2010-01-01")), "--report", str(report))
    assert done.exit_code == 1
    assert "lines 2, 3, 4, 5, 6, 7, 8, 9 and 22 more, navn: is empty" in done.stderr
    written = report.read_text().splitlines()
    assert [line.partition(":")[0] for line in written] == [*(f"line {n}, navn" for n in range(2, 32)), "line 32, foedselsdato"]
    assert "is not overwritten" in desk.run(LIST, "--yes", "--report", str(report)).stderr
    assert "--report FILE" in desk.run(lines(HEADER, *wrong)).stderr
