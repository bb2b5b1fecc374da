"""The bounds of the product stand once each, and each is used."""

import re
from collections import Counter
from pathlib import Path

from kiosk import limits

KIOSK = Path(limits.__file__).parent


def test_every_limit_stands_once_and_is_used() -> None:
    """One that stands twice has the second value; one that nobody uses bounds nothing."""
    names = re.findall(r"^([A-Z_]+) =", (KIOSK / "limits.py").read_text(), re.MULTILINE)
    assert [name for name, times in Counter(names).items() if times > 1] == []
    code = "\n".join(file.read_text() for file in KIOSK.rglob("*.py") if file.name != "limits.py")
    own = (KIOSK / "limits.py").read_text()
    assert [name for name in names if not re.search(rf"\blimits\.{name}\b", code) and own.count(name) == 1] == []
