"""A third language: the Danish texts in brackets, in one more file."""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest

from kiosk.texts.catalogues import Catalogue, read

MADE_UP = "xx"
NAME = "[xx]"


def add_language(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Catalogue]:
    """Copy the languages that there are to a new folder, add the made-up one, and let the program find them there."""
    folder.mkdir()
    there = {
        file.name: file.read_text(encoding="utf-8") for file in files("kiosk.texts").iterdir() if file.name.endswith(".toml")
    }
    there[f"{MADE_UP}.toml"] = re.sub(
        r'^(\w+ = ")(.*?)"', r'\1[\2]"', there["da.toml"].replace("Dansk", MADE_UP), flags=re.MULTILINE
    )
    for name, content in there.items():
        (folder / name).write_text(content, encoding="utf-8")
    found = read(folder)
    monkeypatch.setattr("kiosk.domain.texts.CATALOGUES", found)
    return found
