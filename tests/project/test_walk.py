"""The walk of what comes in: a call goes down, from the node to the domain, and never climbs back.

A module stands above all that it imports. What it is handed as a callback may stand above it: such calls are climbs too, and
the few that there are stand here by name.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType

import pytest

from kiosk.node.peers import Peers
from tests import made_up
from tests.project.test_rooms import KIOSK, imports_of
from tests.stories.place import Place

KNOWN = {
    # The voter list lies on the disk: the domain is handed a way to look up in which book a voter is.
    ("kiosk.domain.rights: decision", "kiosk.node.book_keeper: _books_of.<locals>.book_of"),
    ("kiosk.domain.rights: request", "kiosk.node.book_keeper: _books_of.<locals>.book_of"),
    # Each entry is folded as it is taken in, from disk, from others and from this node alike.
    ("kiosk.node.replica: Replica._add", "kiosk.node.book_keeper: BookKeeper._fold"),
}
"""The callbacks that climb: who calls what, and why."""

PAGES = "kiosk.domain.pages."
"""The pages stand on one floor: they lead to each other, and each is drawn through what it shares with all."""


def _name(module: Path) -> str:
    return ".".join(module.relative_to(KIOSK.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_name(module): module for module in KIOSK.rglob("*.py")}


@cache
def imported(module: str) -> frozenset[str]:
    """The modules of the product that a module imports."""
    named = {name if name in MODULES else name.rpartition(".")[0] for name in imports_of(MODULES[module])}
    return frozenset(named & MODULES.keys())


@cache
def below(module: str) -> frozenset[str]:
    """All modules of the product that a module imports, and what they import."""
    found: set[str] = set()
    new = {module}
    while new:
        new = frozenset[str]().union(*map(imported, new)) - found
        found |= new
    return frozenset(found)


@contextmanager
def climbs() -> Iterator[set[tuple[str, str]]]:
    """The calls from one module of the product into another that it does not stand on: who calls what."""
    found: set[tuple[str, str]] = set()

    def look(frame: FrameType, event: str, _given: object) -> None:
        if event != "call" or frame.f_back is None:
            return
        caller, called = (one.f_globals.get("__name__", "") for one in (frame.f_back, frame))
        if caller.startswith(PAGES) and called.startswith(PAGES):
            return
        if caller in MODULES and called in MODULES and caller != called and called not in below(caller):
            found.add((f"{caller}: {frame.f_back.f_code.co_qualname}", f"{called}: {frame.f_code.co_qualname}"))

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(before)


def one_scan(place: Place) -> None:
    """A card of a voter in another table's book is scanned at table 1, up to the green."""
    place.serve("T1", 202)


def one_peers_entry(place: Place) -> None:
    """What table 1 has written comes to all others."""
    place.serve("T1", 101)
    place.wait(1_000)


def one_touch_of_the_chair(place: Place) -> None:
    """The chair closes table 1: the menu, the button, the PIN."""
    for touch, value in (("menu", ""), ("close_table", ""), ("pin", made_up.PIN)):
        place.touch("T1", touch, value)
    assert place.shown("T1") == "Closed"


WALKS = [one_scan, one_peers_entry, one_touch_of_the_chair]


@pytest.mark.parametrize("walk", WALKS)
def test_no_call_climbs(walk: Callable[[Place], None]) -> None:
    """Over real nodes, but for what is known."""
    place = Place().morning()
    with climbs() as found:
        walk(place)
    assert found - KNOWN == set()


def test_what_is_known_still_climbs() -> None:
    """What climbs no more is no longer in the list."""
    place = Place().morning()
    with climbs() as found:
        for walk in WALKS:
            walk(place)
    assert found >= KNOWN


def test_a_climb_is_seen() -> None:
    """A rule that asks a peer keeper is found out."""
    climbing = "def rule(peers): return peers.next_due()"
    exec(climbing, rules := {"__name__": "kiosk.domain.rules"})
    with climbs() as found:
        rules["rule"](Peers("T1.1"))
    assert found == {("kiosk.domain.rules: rule", "kiosk.node.peers: Peers.next_due")}
