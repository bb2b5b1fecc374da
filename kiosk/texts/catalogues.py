"""The languages: all files `<language>.toml` beside this one. They are read once, when the program starts, as its code is."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable


@dataclass(frozen=True)
class Catalogue:
    """One language: its own name for itself, and its texts by their keys, whatever table of the file they stand in."""

    name: str
    texts: Mapping[str, str]


def read(folder: Traversable) -> dict[str, Catalogue]:
    """The catalogues in a folder, by their languages."""
    found = {file.name.removesuffix(".toml"): file for file in folder.iterdir() if file.name.endswith(".toml")}
    return {language: _catalogue(file.read_text(encoding="utf-8")) for language, file in found.items()}


def _catalogue(content: str) -> Catalogue:
    tables = tomllib.loads(content)
    name = tables.pop("language")
    return Catalogue(name, {key: words for table in tables.values() for key, words in table.items()})


CATALOGUES = read(files("kiosk.texts"))
