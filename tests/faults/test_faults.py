"""A short day of real faults: a network of namespaces, nodes that die or freeze, a full disk, wrong clocks, power cuts."""

import os
import subprocess

import pytest

from tests.faults.day import spend
from tests.faults.network import why_not

MINUTES = 0.6
SEED = 3


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_short_day_of_faults_is_clean():
    """Voters are served, nothing is wrong in the end, and nothing of the network is left."""
    if reason := why_not():
        pytest.skip(reason)
    outcome = spend(minutes=MINUTES, seed=SEED, tables=3)
    assert outcome.wrong == []
    assert outcome.check_ins > 0
    assert outcome.faults.total() > 0
    left = subprocess.run(["ip", "link"], capture_output=True, text=True, check=True).stdout
    assert f"vb{os.getpid()}" not in left
