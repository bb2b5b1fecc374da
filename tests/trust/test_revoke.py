"""Revoking: who has not said that it knows."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.cli import main
from kiosk.trust import revoke

NODES = ("S", "T1", "T2", "T3")


@pytest.mark.parametrize(
    ("know", "silent"),
    [
        ((), ["S", "T1", "T3"]),
        (("T1.1",), ["S", "T3"]),
        (("S.1", "T1.2", "T3.1"), []),
    ],
)
def test_who_has_not_said_so(know: tuple[str, ...], silent: list[str]) -> None:
    """Any device of a node will do; of the node whose device is gone none is waited for."""
    assert revoke.silent_of(know, NODES, ("T2.1",)) == silent


def test_the_command_names_who_has_not_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do, and exit status 1."""
    monkeypatch.setattr(revoke, "revoke", lambda *_given: ["S", "T3"])
    done = CliRunner().invoke(main, ["revoke", "T2.1", "--authority", str(tmp_path)])
    assert done.exit_code == 1
    assert "not every node has said that it knows; silent: S, T3. Switch on" in done.output
