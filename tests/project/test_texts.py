"""The words of the screens: all languages have all texts, each is used, and one more language is one more file."""

import ast
import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

import kiosk
from kiosk.display import own_screens
from kiosk.domain import texts
from kiosk.domain.ballots import Colour
from kiosk.domain.cards import Unreadable
from kiosk.domain.chain import RejectionReason
from kiosk.domain.chair_actions import ChairAction, ExcuseDevices, GiveBook, UndoMark, WhyNot
from kiosk.domain.codetext import CodeMisread
from kiosk.domain.desk_states import NotReadyReason
from kiosk.domain.eligibility import RefusalReason, Withheld
from kiosk.domain.entries import How
from kiosk.domain.messages import Display, Stance
from kiosk.domain.pages import CodeSlip
from kiosk.domain.screens import Screen
from kiosk.domain.situation import Mode, UndoState
from kiosk.domain.voters import Struck
from kiosk.plan.config import PlanError, load_plan
from kiosk.simulated.screens import sample_view, samples
from kiosk.store import errors
from kiosk.texts.catalogues import CATALOGUES
from tests.made_up_language import MADE_UP, NAME, add_language

KIOSK = Path(kiosk.__file__).parent
FILES = {file.name: file.read_text(encoding="utf-8") for file in files("kiosk.texts").iterdir() if file.name.endswith(".toml")}
DANISH = CATALOGUES[texts.FIRST].texts

ON_PAGES = GiveBook | ExcuseDevices | UndoMark  # no keys of the menu
ACTIONS = ChairAction.__args__
STORE_ERRORS = {
    error.code for error in vars(errors).values() if isinstance(error, type) and issubclass(error, errors.StoreError)
}
MARKS = ("found", "issued", "not_issued")
SHEETS = ("chair", "reserve")
SCREENS = ("no_link", "stopped")  # of the display's own

# The keys that the code puts together: what may stand in the gap.
PUT_TOGETHER: dict[str, Iterable[object]] = {
    "mode_{}": Mode,
    "stance_{}": Stance,
    "display_{}": set(Display) - {Display.DRAWS},
    "undo_{}": UndoState,
    "refused_{}": RejectionReason,
    "code_{}": (*CodeSlip, *CodeMisread),
    "misread_{}": Unreadable,
    "misread_{}_do": Unreadable,
    "how_{}": How,
    "bar_{}": RefusalReason,
    "withheld_{}": Withheld,
    "mark_told_{}": MARKS,
    "pin_{}": {action.word for action in ACTIONS},
    "not_done_{}": WhyNot,
    "pin_undo_{}": (*MARKS, *(f"{kind}_beside" for kind in MARKS)),
    "fault_{}": STORE_ERRORS - {errors.MissingError.code} | {"copied", "internal"},
    "month_{}": range(1, 13),
    "paper_{}": Struck,
    "sheet_{}": SHEETS,
    "sheet_{}_where": SHEETS,
    "sheet_{}_last": SHEETS,
    "{}_text": SCREENS,
    "{}_do": {*SCREENS, *NotReadyReason} - {NotReadyReason.CLOSED},  # a closed table has a screen of its own
}
BY_THEMSELVES = {*Colour, *NotReadyReason, *SCREENS} | {action.word for action in ACTIONS if action not in ON_PAGES.__args__}


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_all_languages_have_the_same_texts() -> None:
    """In the same tables, none empty, none twice, with the same fields to fill in."""
    tables = {name: tomllib.loads(content) for name, content in FILES.items()}
    assert {f"{language}.toml" for language in texts.languages()} == set(FILES) >= {"da.toml", "en.toml"}
    own_names = [catalogue.pop("language") for catalogue in tables.values()]
    assert len(set(own_names)) == len(own_names)
    for name, catalogue in tables.items():
        keys = Counter(key for table in catalogue.values() for key in table)
        assert [key for key, times in keys.items() if times > 1] == [], name
        assert all(isinstance(said, str) and said for table in catalogue.values() for said in table.values()), name
        assert {table: list(said) for table, said in catalogue.items()} == {
            table: list(said) for table, said in tables["da.toml"].items()
        }
    for language, catalogue in CATALOGUES.items():
        assert [key for key, said in catalogue.texts.items() if fields(said) != fields(DANISH[key])] == [], language


def test_the_remarks_for_translators_are_the_same() -> None:
    """What is told of a text stands in every file, so that each can be read by itself."""
    remarks = {
        name: re.findall(r"^(\S+).*?( # .*)?$", content.partition("\n[")[2], re.MULTILINE) for name, content in FILES.items()
    }
    assert all(one == remarks["da.toml"] for one in remarks.values())


def calls(module: ast.Module) -> Iterator[ast.expr]:
    """What is given as the key wherever a text is looked up."""
    for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
        name = (
            call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
        )
        if name in {"say", "_say", "text"} and call.args:
            yield call.args[0]
        elif name == "_button":
            yield call.args[1]


def said(key: ast.expr) -> Iterator[str]:
    """The keys that stand there, and the put-together ones with a gap."""
    match key:
        case ast.Constant(value=str(value)):
            yield value
        case ast.IfExp():
            yield from (*said(key.body), *said(key.orelse))
        case ast.JoinedStr():
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in key.values)


def test_every_text_is_used_and_every_text_that_is_used_exists() -> None:
    """The code's keys are those of the catalogues; the ones that it puts together are known here."""
    rooms = [
        *KIOSK.glob("domain/**/*.py"),
        *KIOSK.glob("display/*.py"),
        *KIOSK.glob("reports/*.py"),
        KIOSK / "plan" / "codesheet.py",
    ]
    modules = [ast.parse(file.read_text(encoding="utf-8")) for file in rooms]
    saying = [module for module in modules if any(calls(module))]
    asked = {key for module in saying for call in calls(module) for key in said(call)}
    assert {key for key in asked if "{}" in key} == set(PUT_TOGETHER)
    asked = {key for key in asked if "{}" not in key} | BY_THEMSELVES
    asked |= {pattern.format(part) for pattern, parts in PUT_TOGETHER.items() for part in parts}
    assert asked - DANISH.keys() == set()
    chosen = {node.value for module in saying for node in ast.walk(module) if isinstance(node, ast.Constant)}
    assert DANISH.keys() - asked - chosen == set()


# --- one more language --------------------------------------------------------------------------------------------------


def outside(text: str) -> str:
    """What stands outside all brackets."""
    while "[" in text:
        text = re.sub(r"\[[^][]*\]", "", text)
    return text


NO_WORDS = {"type", "touch", "id", "colour", "language", "chosen", "page", "field", "keys", "sign", "tone", "kind"}


def shown(part: object) -> Iterator[str]:
    """All texts of a screen."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name not in NO_WORDS:
                yield from shown(value)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from shown(one)
    elif isinstance(part, str):
        yield part


def words_of(screens: Iterable[Screen]) -> set[str]:
    """The words on screens that do not come from a catalogue in brackets."""
    return {
        word
        for one in screens
        for text in shown(msgspec.to_builtins(one))
        for word in re.findall(r"[^\W\d_]{2,}", outside(text))
    }


def test_a_third_language_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All words of all screens come from it; what stands besides is the plan's and the voter list's."""
    add_language(tmp_path / "texts", monkeypatch)
    assert texts.languages() == ["da", "en", MADE_UP]
    made = samples(MADE_UP)
    view, voter = sample_view(MADE_UP), made["voter"].content
    of_the_list = " ".join(
        (view.place, voter.name, voter.address, *(e.name for e in view.elections), "Idrætshallen i Nørre Åby")
    )
    of_the_display = [own_screens.no_link(made["ready"].strip), own_screens.stopped(made["ready"].strip)]
    assert words_of([*made.values(), *of_the_display]) <= {*re.findall(r"\w+", of_the_list), "Dansk"}
    assert words_of(samples("da").values()) > {"Skan", "valgkortet"}
    assert made["ready"].content.headline == "[Skan valgkortet]"


def test_the_button_goes_through_all_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It carries the next language's own name; after the last comes Danish."""
    assert [samples(language)["menu"].content.buttons()[0].text for language in ("da", "en")] == ["English", "Dansk"]
    add_language(tmp_path / "texts", monkeypatch)
    menus = {language: samples(language)["menu"].content.buttons()[0] for language in texts.languages()}
    assert {language: (button.touch, button.text) for language, button in menus.items()} == {
        "da": ("language", "English"),
        "en": ("language", NAME),
        MADE_UP: ("language", "Dansk"),
    }


def test_a_plan_speaks_the_languages_that_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the screens begin, and what an election is called; in other languages it has its own name."""
    plan = tmp_path / "plan.toml"
    example = (KIOSK / "plan" / "example.toml").read_text(encoding="utf-8")
    changed = example.replace('language = "da"', f'language = "{MADE_UP}"')
    plan.write_text(changed, encoding="utf-8")
    with pytest.raises(PlanError, match=r"`desk.language`: there is no language 'xx': write 'da' or 'en'"):
        load_plan(plan)
    plan.write_text(example.replace("en =", "xx ="), encoding="utf-8")
    with pytest.raises(PlanError, match=r"`elections.names`: there is no language 'xx'"):
        load_plan(plan)
    add_language(tmp_path / "texts", monkeypatch)
    plan.write_text(changed, encoding="utf-8")
    read = load_plan(plan)
    assert read.desk.language == MADE_UP
    assert [read.ballots[0].called(language) for language in texts.languages()] == ["byråd", "council", "byråd"]
