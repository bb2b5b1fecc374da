"""The chair's codes: secrets on paper. What a slip of the finger is told, whose code counts, and that no device has one."""

import base64
import itertools
import re
import secrets
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import msgspec
import pypdfium2
import pytest
import zxingcpp
from click.testing import CliRunner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from PIL import Image

from kiosk import limits
from kiosk.cli import main
from kiosk.domain.cards import CardRules, Unreadable, check_digits, read_card, read_keyed
from kiosk.domain.codetext import (
    CHAIR,
    DIGITS,
    NUMBERS,
    RESERVE,
    SECRET_DIGITS,
    Code,
    CodeMisread,
    Spelt,
    grouped,
    is_code,
    read_text,
    spell,
)
from kiosk.domain.entries import Entry as LogEntry
from kiosk.domain.entries import Stop, decode_entry, encode_entry, stop_signed
from kiosk.domain.texts import ZONE
from kiosk.plan.codesheet import code_sheets
from kiosk.plan.config import load_plan
from kiosk.simulated.place import SimulatedPlace
from kiosk.simulated.plan import plan_text
from kiosk.trust.bundle import DEVICE, Bundle, BundleError, Provisioned, provision
from kiosk.trust.codes import Codes, new_codes, public_halves
from kiosk.trust.keys import KeyFileError

MADE = datetime(2025, 11, 3, 8, 5, tzinfo=ZONE)

REALM, DAY = "oevelse/4701", "2025-11-18"
AUTHOR, OTHER = "T1.1-5f2c91ab01c2d3e4", "T2.1-0123456789abcdef"
BOUND_TO = "ab" * 32
STOP = Stop(1, ("S.1", "T3.1"), {AUTHOR: 41, OTHER: 7}, "")
DPI = 300


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plan") / "plan.toml"
    path.write_text(plan_text(path.with_name("scanner"), {}, tables=2, brokers=[8883, 8884]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Provisioned:
    return provision(plan, tmp_path_factory.mktemp("place") / "out")


@pytest.fixture(scope="module")
def texts() -> dict[int, str]:
    return new_codes()


def known(texts: dict[int, str], realm: str = REALM, day: str = DAY) -> Codes:
    return Codes(realm, day, public_halves(texts.values(), realm, day))


# --- their text -------------------------------------------------------------------------------------------------------


def test_round_trip(texts: dict[int, str]) -> None:
    """Each code reads back as its number, as scanned or as printed in groups, and its repr does not tell it."""
    codes = known(texts)
    assert list(texts) == [*CHAIR, *RESERVE] == list(NUMBERS)
    for number, text in texts.items():
        assert re.fullmatch(rf"\d{{{DIGITS}}}", text)
        assert "".join(grouped(text)) == text
        for shown in (text, " ".join(grouped(text))):
            code = codes.read(shown)
            assert isinstance(code, Code)
            assert code.number == number
        spelt = read_text(text)
        assert isinstance(spelt, Spelt)
        assert spelt.secret not in f"{code!r}{spelt!r}{codes!r}"


def test_a_secret_has_more_than_80_bits() -> None:
    """26 digits, and they are from the system's chance: no digit keeps to a place."""
    assert 10**SECRET_DIGITS > 2**86
    many = [text for _ in range(10) for text in new_codes().values()]
    for place in range(2, 2 + SECRET_DIGITS):
        assert len({text[place] for text in many}) == 10


@pytest.mark.parametrize("_", range(5))
def test_each_wrong_digit_is_told(_: int) -> None:
    """Each single slip, each swap of any two digits, and each pair of wrong digits is told as what it is."""
    text = spell(1 + secrets.randbelow(40), f"{secrets.randbelow(10**SECRET_DIGITS):0{SECRET_DIGITS}}")
    for at, digit in itertools.product(range(DIGITS), "0123456789"):
        if text[at] != digit:
            assert read_text(text[:at] + digit + text[at + 1 :]) is CodeMisread.CHECK_DIGITS
    for one, other in itertools.combinations(range(DIGITS), 2):
        if text[one] != text[other]:
            swapped = list(text)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            assert read_text("".join(swapped)) is CodeMisread.CHECK_DIGITS
    for one, other in itertools.combinations(range(DIGITS), 2):
        for first, second in itertools.product("0123456789", repeat=2):
            wrong = text[:one] + first + text[one + 1 : other] + second + text[other + 1 :]
            assert wrong == text or read_text(wrong) is CodeMisread.CHECK_DIGITS


def test_what_is_no_code(texts: dict[int, str]) -> None:
    """Too few or too many digits, letters, foreign digits, nothing, and numbers that no sheet has."""
    text = texts[1]
    foreign = text.translate({ord("0") + digit: 0x660 + digit for digit in range(10)})
    for bad in ("", text[:-1], text + "0", text[:-1] + "x", "-" + text[1:], foreign, " ", text + "\n", "0" * DIGITS):
        assert read_text(bad) in {CodeMisread.NOT_A_CODE, CodeMisread.CHECK_DIGITS}
        assert not isinstance(known(texts).read(bad), Code)
    assert read_text(foreign) is CodeMisread.NOT_A_CODE
    for number in (0, 41, 99):
        assert read_text(spell(number, "1" * SECRET_DIGITS)) is CodeMisread.NOT_A_CODE


def test_a_polling_card_is_never_a_code_and_no_code_a_card(texts: dict[int, str]) -> None:
    """Not even where the plan lets any number of digits in as a card: a code is longer than the longest card."""
    assert DIGITS > limits.CARD_CHARS
    assert DIGITS <= limits.SCAN_CHARS
    usual = CardRules(re.compile(r"(?P<place>\d{4})(?P<voter>\d{6})(?P<check>\d{2})"), True, "4701", {}, limits.CARD_CHARS)
    loose = CardRules(re.compile(r"0*(?P<voter>\d+)"), False, "4701", {}, limits.CARD_CHARS)
    for text, rules in itertools.product(texts.values(), (usual, loose)):
        assert is_code(text)
        assert read_card(text, rules) is Unreadable.TOO_LONG
        assert read_keyed(text, rules, 6) is Unreadable.TOO_LONG
    cards = [f"4701{voter:06}" for voter in range(1, 2000)]
    for card in (*(card + check_digits(card) for card in cards), *("9" * length for length in range(limits.CARD_CHARS + 1))):
        assert not is_code(card)
        assert read_text(card) is CodeMisread.NOT_A_CODE


# --- their keys -------------------------------------------------------------------------------------------------------


def test_two_codes_are_never_equal() -> None:
    """Neither their texts, their secrets nor their keys, within a place and from one `provision` to the next."""
    places = [new_codes() for _ in range(3)]
    halves = [public_halves(place.values(), REALM, DAY) for place in places]
    assert len({text[2:-6] for place in places for text in place.values()}) == 3 * len(NUMBERS)
    assert len({key for half in halves for key in half.values()}) == 3 * len(NUMBERS)


@pytest.mark.parametrize(("realm", "day"), [("valg/4701", DAY), ("oevelse/4702", DAY), (REALM, "2026-11-18")])
def test_another_places_code_is_told(texts: dict[int, str], realm: str, day: str) -> None:
    """Of the real thing, another place, another day: each is told, and the same secret makes another key there."""
    elsewhere = known(new_codes(), realm, day)
    for text in texts.values():
        assert elsewhere.read(text) is CodeMisread.OTHER_SHEET
    here, there = (public_halves(texts.values(), *of) for of in ((REALM, DAY), (realm, day)))
    assert set(here.values()).isdisjoint(there.values())
    assert Codes(realm, day, here).read(texts[1]) is CodeMisread.OTHER_SHEET


def test_a_sheet_made_before_is_told(plan: Path, made: Provisioned, tmp_path: Path) -> None:
    """The same plan, provisioned again: the earlier sheets open nothing."""
    again = provision(plan, tmp_path / "again")
    for text in made.codes.values():
        assert Bundle.load(again.bundles["T1.1"]).codes.read(text) is CodeMisread.OTHER_SHEET


def test_a_secret_is_good_for_its_number_only(texts: dict[int, str]) -> None:
    """Code 5's secret with another number and right check digits is no code."""
    spelt = read_text(texts[5])
    assert isinstance(spelt, Spelt)
    codes = known(texts)
    for number in NUMBERS:
        assert isinstance(codes.read(spell(number, spelt.secret)), Code) == (number == 5)


def test_a_stop_counts_with_its_codes_signature_only(made: Provisioned) -> None:
    """What one device signs with a code every other device believes: of that author, with that number and content, in these
    logs; and nothing else."""
    code = Bundle.load(made.bundles["T1.1"]).codes.read(made.codes[3])
    assert isinstance(code, Code)
    stop = code.sign(AUTHOR, STOP, BOUND_TO)
    fifth = Bundle.load(made.bundles["S.1"]).codes.read(made.codes[5])
    assert isinstance(fifth, Code)
    assert (stop.n, stop.named, stop.knows) == (3, STOP.named, STOP.knows)
    fourth = msgspec.structs.replace(STOP, n=4)
    forged = msgspec.structs.replace(fourth, signature=code.key(stop_signed(AUTHOR, fourth, BOUND_TO)).hex())
    entry = encode_entry(LogEntry(AUTHOR, 42, "0" * 64, 0, stop))
    assert decode_entry(entry).body == stop
    for folder in made.bundles.values():
        codes = Bundle.load(folder).codes
        is_signed = codes.signed(BOUND_TO)
        assert is_signed(AUTHOR, stop)
        assert is_signed(OTHER, fifth.sign(OTHER, STOP, BOUND_TO))
        assert not is_signed(AUTHOR, forged)
        assert not is_signed(OTHER, stop)
        assert not codes.signed("cd" * 32)(AUTHOR, stop)
        for change in (
            {"n": 4},
            {"named": ("S.1",)},
            {"named": ("T3.1", "S.1")},
            {"knows": {AUTHOR: 41, OTHER: 8}},
            {"signature": ""},
            {"signature": "x" * 128},
            {"signature": "0" * 128},
            {"signature": stop.signature[:-2]},
            {"n": 41},
        ):
            assert not is_signed(AUTHOR, msgspec.structs.replace(stop, **change)), change


def test_the_key_is_the_one_that_is_described(texts: dict[int, str]) -> None:
    """HKDF-SHA256 of the secret's digits, bound to number, place and day."""
    spelt = read_text(texts[7])
    assert isinstance(spelt, Spelt)
    assert private(spelt, REALM, DAY) == known_private(texts[7])


def private(spelt: Spelt, realm: str, day: str) -> bytes:
    info = f'valgbord code\n{{"day":"{day}","n":{spelt.number},"place":"{realm}"}}'.encode()
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(spelt.secret.encode())


def known_private(text: str) -> bytes:
    code = Codes(REALM, DAY, public_halves([text, *(t for n, t in new_codes().items() if n != 7)], REALM, DAY)).read(text)
    assert isinstance(code, Code)
    return bytes(code.key.__self__.private_bytes_raw())  # type: ignore[attr-defined]


# --- what `provision` makes of them -----------------------------------------------------------------------------------


def test_nothing_of_a_secret_is_in_any_bundle(made: Provisioned) -> None:
    """All files of all bundles, spares and the authority: no secret, no part of one, and no private half in any form."""
    folders = [*made.bundles.values(), made.authority]
    everything = b"\n".join(file.read_bytes() for folder in folders for file in sorted(folder.iterdir()))
    assert all(half.encode() in everything for half in public_halves(made.codes.values(), REALM, DAY).values())
    for text in made.codes.values():
        spelt = read_text(text)
        assert isinstance(spelt, Spelt)
        key, number = private(spelt, REALM, DAY), int(spelt.secret)
        for secret in (key, spelt.secret.encode(), number.to_bytes(11, "big"), number.to_bytes(11, "little")):
            forms = {secret, secret.hex().encode(), base64.b64encode(secret), base64.urlsafe_b64encode(secret)}
            assert not [form for form in forms if form in everything]
        for at in range(DIGITS - 12):
            assert text[at : at + 13].encode() not in everything


def test_the_sheets_are_nobody_elses(made: Provisioned) -> None:
    """Both PDFs lie beside the bundles, readable to their owner alone, and in no bundle."""
    out = made.authority.parent
    assert dict(made.sheets) == {name: out / f"codes-{name}.pdf" for name in ("chair", "reserve")}
    assert sorted(out.rglob("*.pdf")) == sorted(made.sheets.values())
    assert all(stat.S_IMODE(sheet.stat().st_mode) == 0o600 for sheet in made.sheets.values())


def test_the_sheets_of_a_provision_have_a_name_of_their_own(made: Provisioned, plan: Path, tmp_path: Path) -> None:
    """All its devices say it, and its sheets; those of the same plan, provisioned again, have another."""
    assert {Bundle.load(folder).codes.sheet for folder in made.bundles.values()} == {made.sheet_id}
    for file in made.sheets.values():
        with closing(pypdfium2.PdfDocument(file.read_bytes())) as document:
            assert all(f"Ark {made.sheet_id}, klargjort " in page.get_textpage().get_text_range() for page in document)
    done = CliRunner().invoke(main, ["provision", str(plan), "--out", str(tmp_path / "again")])
    other = Bundle.load(tmp_path / "again" / "table-1").codes.sheet
    assert f"the sheet's mark {other}" in done.output
    assert other != made.sheet_id


def test_provision_says_what_to_do_with_them_and_shows_none(plan: Path, tmp_path: Path) -> None:
    """It names both files, says that they are to be printed and deleted, that codes are new each time, and shows no secret."""
    done = CliRunner().invoke(main, ["provision", str(plan), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    for said in ("codes-chair.pdf", "codes-reserve.pdf", "Print both", "delete both files", "PINs and codes are new", "shred"):
        assert said in done.output
    printed = {text for name in ("chair", "reserve") for text in bar_codes(tmp_path / "out" / f"codes-{name}.pdf", dpi=150)}
    assert len(printed) == len(NUMBERS)
    assert not [text for text in printed if text[2:14] in done.output]


def test_a_made_up_places_codes_are_handed_out_in_order(tmp_path: Path) -> None:
    """The simulated place has its codes from `provision`, in memory only, and its devices take them as a real place's do."""
    (tmp_path / "place").mkdir()
    with closing(SimulatedPlace(tmp_path / "place", tmp_path, tables=2, voters=20, seed=1)) as place:
        read = [Bundle.load(place.table(1).bundle).codes.read(place.next_chair_code()) for _ in NUMBERS]
        assert [code.number for code in read if isinstance(code, Code)] == list(NUMBERS)
        texts = [text.encode() for text in place.chair_codes.values()]
        files = [file.read_bytes() for file in place.folder.rglob("*") if file.is_file()]
        assert not [text for text in texts if any(text in file for file in files)]


@pytest.mark.parametrize("spoilt", ["one missing", "one too many", "no hex", "short", "none at all", "old"])
def test_a_bundle_with_spoilt_codes_is_refused(plan: Path, tmp_path: Path, spoilt: str) -> None:
    """A device that would not know a code of the sheet does not start on it."""
    folder = provision(plan, tmp_path / "out").bundles["T1.1"]
    device = msgspec.json.decode((folder / DEVICE).read_bytes())
    codes = device["codes"]
    match spoilt:
        case "one missing":
            del codes["40"]
        case "one too many":
            codes["41"] = codes["1"]
        case "no hex":
            codes["1"] = "x" * 64
        case "short":
            codes["1"] = codes["1"][:-2]
        case "none at all":
            codes.clear()
        case "old":
            del device["codes"]
    (folder / DEVICE).write_bytes(msgspec.json.encode(device))
    with pytest.raises(BundleError, match="provision the"):
        Bundle.load(folder)


def test_texts_that_are_no_codes_make_no_place(texts: dict[int, str]) -> None:
    """A slip in one of them is told without telling the text; and a place needs all of them."""
    slip = texts[1][:-1] + str((int(texts[1][-1]) + 1) % 10)
    with pytest.raises(ValueError, match="check_digits") as told:
        public_halves([slip], REALM, DAY)
    assert slip[2:8] not in str(told.value)
    with pytest.raises(KeyFileError, match="codes 1 to 40"):
        Codes(REALM, DAY, public_halves([texts[1]], REALM, DAY))


def test_no_node_carries_the_maker_of_pdfs() -> None:
    """All that a node imports has neither reportlab nor a maker of pictures with it."""
    program = "import sys, kiosk.wiring; sys.exit(any(name in sys.modules for name in ('reportlab', 'PIL')))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# --- their paper ------------------------------------------------------------------------------------------------------


def pages(pdf: Path | bytes, dpi: int = DPI) -> Iterator[tuple[pypdfium2.PdfPage, Image.Image]]:
    """Each page and its picture, as a printer makes it."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            yield page, page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
    finally:
        document.close()


def scanned(picture: Image.Image) -> list[zxingcpp.Barcode]:
    """The bar codes on a page, from top to bottom."""
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.Code128)
    return sorted(found, key=lambda code: code.position.top_left.y)


def bar_codes(pdf: Path | bytes, dpi: int = DPI) -> list[str]:
    return [code.text for _, picture in pages(pdf, dpi) for code in scanned(picture)]


@pytest.mark.parametrize("dpi", [150, 300])
def test_a_scanner_reads_back_what_is_printed(made: Provisioned, dpi: int) -> None:
    """An independent reader finds on each sheet its twenty codes, in order, also in a coarse picture; a device takes them."""
    codes = Bundle.load(made.bundles["S.1"]).codes
    for name, numbers in (("chair", CHAIR), ("reserve", RESERVE)):
        read = bar_codes(made.sheets[name], dpi)
        assert read == [made.codes[number] for number in numbers]
        assert [code.number for code in map(codes.read, read) if isinstance(code, Code)] == list(numbers)


def test_the_bars_are_wide_enough_for_a_cheap_scanner(made: Provisioned) -> None:
    """A module of a third of a millimetre, 222 of them in under 80 mm, ten of them white on both sides, and 15 mm high."""
    for _, picture in pages(made.sheets["chair"], 600):
        per_mm, codes = 600 / 25.4, scanned(picture)
        assert len(codes) == 5
        for code in codes:
            y = (code.position.top_left.y + code.position.bottom_left.y) // 2
            left, right = code.position.top_left.x, code.position.top_right.x
            around = range(left - 200, right + 200)
            dark = [x for x in around if picture.getpixel((x, y)) < 128]
            left, right = dark[0], dark[-1] + 1
            module = (right - left) / per_mm / (11 * (1 + DIGITS // 2 + 1) + 13)
            assert 0.33 <= module <= 0.35
            assert (right - left) / per_mm < 80
            quiet = int(10 * module * per_mm)
            tall = range(y - int(7 * per_mm), y + int(7 * per_mm), 20)
            beside = [*range(left - quiet, left - 2), *range(right + 2, right + quiet)]
            assert all(picture.getpixel((x, row)) == 255 for x in beside for row in tall)
            assert all(picture.getpixel((left + 1, row)) < 128 for row in tall)


@pytest.mark.parametrize("training", [True, False])
def test_what_stands_on_a_page(plan: Path, texts: dict[int, str], training: bool) -> None:
    """Place, day and realm, the digits in groups, what to do, and an exercise in large letters on each page."""
    read = load_plan(plan)
    read = msgspec.structs.replace(read, place=msgspec.structs.replace(read.place, training=training))
    for name, numbers, other in (("chair", CHAIR, "brug reservearket"), ("reserve", RESERVE, "Så gælder 1–20 ikke mere")):
        seen = []
        for number, (page, _) in enumerate(pages(code_sheets(read, texts, "a1b2c3", MADE)[name], 72), 1):
            words = page.get_textpage().get_text_bounded()
            assert ("ØVELSE" in words) == training
            for said in (
                read.place.name,
                "18. november 2025",
                read.place.realm,
                f"{numbers[0]}–{numbers[-1]}",
                f"Side {number} af 4",
                "i rækkefølge",
                "Kode 1 åbner afstemningen. Derefter én kode til hver flytning af lister, og til at åbne igen efter strømsvigt",
                "eller ved sekretærens enhed",
                "Ark a1b2c3, klargjort 3. november 2025, 08.05",
                "50 mm, når arket er i fuld størrelse",
                "Streg koden ud",
                "tilbage i kuverten",
                other,
            ):
                assert said in words
            assert [words.count(word) for word in ("Brugt", "kl.")] == [5, 5]
            seen += re.findall(r"\d\d(?: \d{4}){4}\s+(?:\d{4} ?){4}", words)
        assert ["".join(one.split()) for one in seen] == [texts[number] for number in numbers]


def lines(picture: Image.Image, dpi: int) -> list[float]:
    """How high above the foot, in points, the lines lie that go over the whole page."""
    middle = picture.crop((picture.width // 10, 0, picture.width * 9 // 10, picture.height))
    data, width = middle.tobytes(), middle.width
    ink = {y for y in range(picture.height) if max(data[y * width : (y + 1) * width]) < 200}
    return [(picture.height - y) * 72 / dpi for y in sorted(ink) if y - 1 not in ink]


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("Skolen", "da"),
        ("Æ" * 60, "da"),
        ("W" * 80, "da"),
        ("Idrætshallen ved Åen " * 3 + "Nørre Åby Sogn 12", "da"),
        ("WWWWWWWWW " * 8, "da"),
        ("Skolen", "en"),
    ],
)
def test_nothing_overlaps(plan: Path, texts: dict[int, str], name: str, language: str) -> None:
    """Whatever place and day are called, no text touches another, a bar code or the edge of the page."""
    read = load_plan(plan)
    place = msgspec.structs.replace(read.place, name=name)
    day = msgspec.structs.replace(read.day, name=name, date=date(2025, 9, 30))
    desk = msgspec.structs.replace(read.desk, language=language)
    for sheet in code_sheets(msgspec.structs.replace(read, place=place, day=day, desk=desk), texts, "a1b2c3", MADE).values():
        for page, picture in itertools.islice(pages(sheet, 150), 1):  # the others are laid out alike
            text = page.get_textpage()
            boxes = [text.get_rect(at) for at in range(text.count_rects())]
            for at in (code.position for code in scanned(picture)):
                edges = (at.top_left.x, picture.height - at.bottom_left.y, at.top_right.x, picture.height - at.top_left.y)
                left, bottom, right, top = (edge * 72 / 150 for edge in edges)
                boxes.append((left, bottom - 4, right, top))  # the digits keep off the bars
            assert len(boxes) > 40
            rules = lines(picture, 150)
            assert len(rules) == 6
            for left, bottom, right, top in boxes:
                assert 30 < left < right < page.get_width() - 30
                assert 30 < bottom < top < page.get_height() - 25
                assert not [line for line in rules if bottom < line < top]
            for one, other in itertools.combinations(boxes, 2):
                apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
                assert apart, (one, other)
