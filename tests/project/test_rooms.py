"""The import rule: which room of the house may know which. The table is the one in kiosk/ARCHITECTURE.md."""

import ast
from pathlib import Path

import pytest

KIOSK = Path(__file__).parents[2] / "kiosk"

# Room, or one module of it -> the rooms of kiosk that it may import. A room may always import itself.
MAY_IMPORT = {
    "texts": set(),
    "domain": {"texts"},
    "limits": set(),
    "backoff": set(),
    "node": {"backoff", "domain", "limits"},
    "service": {"domain", "limits", "node", "reports", "store", "sync", "trust"},
    "store": {"domain", "limits"},
    "scanner": {"domain", "limits"},
    "sync": {"backoff", "domain", "limits"},
    "display": {"backoff", "domain", "limits"},
    "reports": {"domain", "limits", "plan", "store"},
    "simulated": {"display", "domain", "limits", "remote", "sync", "trust"},
    "plan": {"domain", "limits"},
    "trust": {"domain", "limits", "plan", "sync"},
    "sync/broker": {"limits", "sync", "trust"},
    "remote": {"domain", "limits"},
}
EVERYTHING = {"wiring", "cli", "selftest"}

# What a pure room may import from outside: nothing that reads a clock, a file, a socket or chance.
PURE = {
    "__future__",
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "itertools",
    "msgspec",
    "re",
    "sys",
    "typing",
    "zoneinfo",
}
PURE_NAMES = {"sys.intern"}  # of modules that are not: this one gives back an equal string
IMPURE = {"time", "os", "random", "logging", "threading", "socket", "sqlite3", "pathlib", "subprocess", "secrets", "asyncio"}


def room_of(module: Path) -> str:
    """The module's room: its folder, or the module itself where the table has a row for it."""
    own = module.relative_to(KIOSK).with_suffix("").as_posix()
    return own if own in MAY_IMPORT else own.partition("/")[0]


def imports_of(module: Path) -> set[str]:
    names: set[str] = set()
    for statement in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            names |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, f"{module}: relative import"
            names |= {f"{statement.module}.{alias.name}" for alias in statement.names}
    return names


MODULES = sorted(module for module in KIOSK.rglob("*.py") if module.name != "__init__.py")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(KIOSK)))
def test_a_room_imports_only_what_it_may(module: Path) -> None:
    """Every module belongs to a room of the table, and imports no other room than those it may."""
    room = room_of(module)
    if room in EVERYTHING:
        return
    assert room in MAY_IMPORT, f"{room} is in no row of the table"
    known = {other.removesuffix(".py") for other in (path.name for path in KIOSK.iterdir())}
    imported = {name.split(".")[1] for name in imports_of(module) if name.startswith("kiosk.")} & known
    assert imported - {room} <= MAY_IMPORT[room]


@pytest.mark.parametrize("module", [m for m in MODULES if room_of(m) == "domain"], ids=lambda module: module.name)
def test_the_domain_is_pure(module: Path) -> None:
    """The domain imports nothing that could read a clock, a file, a socket or chance."""
    outside = {name.split(".")[0] for name in imports_of(module) - PURE_NAMES} - {"kiosk"}
    assert outside <= PURE


def test_the_node_is_sans_io() -> None:
    """The core is handed time and chance, and does no I/O."""
    for module in (KIOSK / "node").glob("*.py"):
        assert not {name.split(".")[0] for name in imports_of(module)} & IMPURE


def test_the_drawing_of_the_house_is_this_table() -> None:
    """The table in kiosk/ARCHITECTURE.md names every room."""
    drawing = (KIOSK / "ARCHITECTURE.md").read_text(encoding="utf-8")
    missing = [room for room in {*MAY_IMPORT, *EVERYTHING} if f"`{room}" not in drawing and f"`kiosk/{room}" not in drawing]
    assert not missing
