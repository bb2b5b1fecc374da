"""The quick configurations of the model: those that must stay clean, and rules left out that must be missed."""

import shutil

import pytest

from tests.model.checker import Configuration, configurations, run, trace

QUICK = [c for c in configurations() if c.quick and c.binary == "r3"]


@pytest.mark.skipif(shutil.which("g++") is None, reason="the checker is built with g++")
@pytest.mark.parametrize("configuration", QUICK, ids=[c.name for c in QUICK])
def test_configuration(configuration: Configuration) -> None:
    result = run(configuration)
    assert result.verdict == configuration.want, result.words + "\n" + trace(configuration)
