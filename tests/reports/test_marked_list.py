"""The marked voter list on paper: each kind of mark, the Danish alphabet, names of any length, and what no log says."""

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pypdfium2
import pytest

import kiosk
from kiosk.domain.chain import LogEnd
from kiosk.domain.eligibility import Mark
from kiosk.domain.reports import MarkedList, Order
from kiosk.domain.texts import languages
from kiosk.domain.voters import Struck, Voter
from kiosk.plan.config import load_plan
from kiosk.reports.marked_list import marked_list

PLAN = load_plan(Path(kiosk.__file__).parent / "plan" / "example.toml")
BOTH = ("byraad", "region")
AT = datetime(2025, 11, 18, 14, 32, tzinfo=UTC)
TEN_MS = int(datetime(2025, 11, 18, 9, 14, tzinfo=UTC).timestamp() * 1_000)  # 10.14 on the wall


def voter(number: int, name: str, book: int = 1, **more) -> Voter:
    return Voter(number, name, "", date(1968, 3, 14), book, more.pop("elections", BOTH), **more)


def paper(voters, marks=None, order=Order.NUMBER, language="da", heads=None) -> list[list[str]]:
    """Each page's lines, as an independent reader finds them."""
    told: list[tuple[int, int]] = []
    pdf, pages = marked_list(
        PLAN,
        MarkedList(order, language, copy=7),
        voters,
        lambda number: (marks or {}).get(number, ()),
        heads or {},
        AT,
        lambda page, of: told.append((page, of)),
    )
    assert told == [(page, pages) for page in range(1, pages + 1)]
    with closing(pypdfium2.PdfDocument(pdf)) as document:
        return [page.get_textpage().get_text_bounded().splitlines() for page in document]


def line_of(pages: list[list[str]], number: int) -> str:
    (line,) = [line for page in pages for line in page if line.startswith(f"{number} ")]
    return line.partition("14-03-1968")[2].strip()


def test_each_kind_of_mark() -> None:
    """At the own table, at another, at the secretary's, a card that was found, two marks, and a postal vote beside one."""
    marks = {
        1: [Mark(BOTH, 1, TEN_MS)],
        2: [Mark(("byraad",), 3, TEN_MS)],
        3: [Mark(BOTH, 0, TEN_MS)],
        4: [Mark(BOTH, 1, TEN_MS, found=True)],
        5: [Mark(("byraad",), 1, TEN_MS), Mark(("byraad",), 2, TEN_MS + 60_000)],
        6: [Mark(("byraad",), 1, TEN_MS)],
    }
    voters = [voter(number, f"V{number}") for number in range(1, 6)]
    voters += [voter(6, "V6", postal=BOTH), voter(7, "V7", struck=Struck.MOVED_AWAY), voter(8, "V8", elections=("region",))]
    pages = paper(voters, marks)
    assert [line_of(pages, number) for number in range(1, 9)] == [
        "10.14 10.14",
        "10.14 bord 3",
        "10.14 sekretæren 10.14 sekretæren",
        "10.14 kort 10.14 kort",
        "10.14 + 10.15 bord 2",
        "10.14 + brev brev",
        "fraflyttet fraflyttet",
        "–",
    ]
    assert pages[-1][0].endswith("Afmærket: byråd 6, regionsråd 3")


def test_names_stand_in_the_danish_alphabet() -> None:
    """By the last word; aa is å, which comes last; accents make no difference."""
    names = ["Bo Zahle", "Bo Ærø", "Bo Østergaard", "Bo Aagaard", "Bo Ågård", "Bo Andersen", "Ada Andersen", "René Andérsen"]
    ordered = ["Andersen, Ada", "Andersen, Bo", "Andérsen, René", "Zahle, Bo", "Ærø, Bo", "Østergaard, Bo", "Aagaard, Bo"]
    pages = paper([voter(number, name) for number, name in enumerate(names, 1)], order=Order.NAME)
    found = [line.partition(" ")[2].partition(" 14-03")[0] for line in pages[0] if line[0].isdecimal()]
    assert found == [*ordered, "Ågård, Bo"]
    pages = paper([voter(1, "Nielsen, Bo"), voter(2, "Madonna")], order=Order.NAME)
    assert [line.partition(" 14-03")[0] for line in pages[0] if line[0].isdecimal()] == ["2 Madonna", "1 Nielsen, Bo"]


@pytest.mark.parametrize("language", languages())
def test_each_table_begins_a_page_and_all_pages_say_what_they_rest_on(language: str) -> None:
    """Place, day, exercise, the time, the copy's number, its page, and the digest of the heads that stand on the last one."""
    heads = {f"T{table}.1-{table:016x}": LogEnd(40 * table, f"{table:064x}") for table in (1, 2)}
    voters = [voter(number, f"V{number}", 1 if number <= 60 else 2) for number in range(1, 91)]
    pages = paper(voters, heads=heads, language=language)
    assert len(pages) == 4
    assert [len([line for line in page if line[0].isdecimal()]) for page in pages] == [51, 9, 30, 0]
    assert [line for line in pages[3] if line.startswith("T") and ":" in line] == [
        f"{r}:{h.seq}:{h.hash}" for r, h in heads.items()
    ]
    feet = {line for page in pages for line in page if " 7 · Log " in line}
    assert len({line.partition(" · Log ")[2][:16] for line in feet}) == 1
    assert all("14.32" in line for line in feet)
    assert all("Hovedbiblioteket" in page[1] and "2025" in page[1] for page in pages)
    assert paper(voters, language=language)[3][0].split()[-1] == "0"


def test_a_name_of_any_length_stays_in_its_column() -> None:
    """It is made smaller, and in the end cut off; number, birth date and marks stand beside it."""
    long, endless = "Maria Alexandra Christina Bülow-Rosenkrantz von Westerholt", "Maria " * 33
    pages = paper([voter(1, long), voter(2, endless.strip())], {1: [Mark(BOTH, 1, TEN_MS)], 2: [Mark(BOTH, 1, TEN_MS)]})
    assert any(line.startswith(f"1 {long} 14-03-1968 10.14") for line in pages[0])
    assert any(line.startswith("2 Maria Maria") and "… 14-03-1968 10.14" in line for line in pages[0])
