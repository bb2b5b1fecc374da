"""The import rule: which room of the house may know which. The table is the one in kiosk/ARCHITECTURE.md."""

import ast
from pathlib import Path

import pytest

KIOSK = Path(__file__).parents[2] / "kiosk"

# Room -> the rooms of kiosk that it may import. A room may always import itself.
MAY_IMPORT = {
    "texts": set(),
    "domain": {"texts"},
    "limits": set(),
    "backoff": set(),
    "node": {"backoff", "domain", "limits"},
    "inbox": {"node", "limits"},
    "rush": {"domain", "limits", "node"},
    "store": {"domain", "limits"},
    "scanner": {"domain", "limits"},
    "sync": {"backoff", "domain", "limits"},
    "display": {"backoff", "domain", "limits"},
    "reports": {"config", "domain", "limits", "paper", "store"},
    "sample": {"domain"},
    "samples": {"domain"},
    "sample_pages": {"domain", "samples"},
    "config": {"domain", "limits"},
    "keys": set(),
    "codes": {"domain", "keys"},
    "codesheet": {"config", "domain", "paper"},
    "paper": set(),
    "authority": {"sync"},
    "bundle": {"authority", "codes", "codesheet", "config", "domain", "keys", "limits"},
    "trust": {"authority", "bundle", "limits", "sync"},
    "broker": {"authority", "bundle", "limits", "sync", "trust"},
    "revoke": {"authority", "bundle", "config", "sync", "trust"},
    "screen_port": {"domain", "limits"},
    "courier": {"domain", "limits", "store", "sync"},
    "post": {"authority", "courier", "domain", "limits", "node", "store", "sync", "trust"},
    "service": {
        "bundle",
        "courier",
        "domain",
        "inbox",
        "limits",
        "node",
        "post",
        "reports",
        "rush",
        "screen_port",
        "store",
        "sync",
        "trust",
    },
    "screen_client": {"domain", "limits"},
    "chair": {"domain", "screen_client"},
    "simulated": {"broker", "bundle", "chair", "domain", "limits", "sample", "screen_client"},
    "gallery": {"display", "domain", "sample_pages", "samples"},
    "diagram": {"domain"},
}
EVERYTHING = {"wiring", "cli", "demo", "selftest"}

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
    return module.relative_to(KIOSK).parts[0].removesuffix(".py")


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
