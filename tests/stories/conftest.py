"""A place for each story."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from place import Place


@pytest.fixture
def place() -> Place:
    """Four nodes in the morning, fresh, with the poll open."""
    return Place().morning()
