"""A look at all disks while their nodes write: where a mark is at this moment."""

import json
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing, suppress

from tests.faults.place import Node

_TRIES = 20  # looks at a database that is just being opened by its node
_LOOK_S = 0.05  # seconds between them
_BUSY_S = 5.0  # seconds that a look may wait for the writer
_REQUEST = (
    'select entry from log where run like ? and cast(entry as text) like \'%"kind":"request"%\''
    " and cast(entry as text) like ? order by arrival desc limit 1"
)
_KIND = "select entry from log where cast(entry as text) like ? order by arrival"
_GRANT = (
    'select 1 from log where cast(entry as text) like \'%"outcome":"granted"%\' and cast(entry as text) like ?'
    " order by arrival desc limit 1"
)


def grants_on_disks(nodes: Iterable[Node], table: Node, voter: int) -> tuple[bool, int]:
    """Whether a table's newest request for a voter is on its own disk, and on how many other disks is a grant of it."""
    found = _look(table, _REQUEST, (f"{table.device}-%", f'%"voter":{voter}}}%'))
    if found is None:
        return False, 0
    request = json.loads(found[0])["body"]["id"]
    return True, sum(_look(n, _GRANT, (f'%"request":"{request}"%',)) is not None for n in nodes if n is not table)


def entries_of(node: Node, kind: str) -> list[dict]:
    """The entries of a kind on a node's disk, in order of arrival. Raises UnreadableError where it is just being opened."""
    return [json.loads(entry) for (entry,) in _all(node, _KIND, (f'%"kind":"{kind}"%',))]


def log_on(node: Node) -> set[tuple[str, int]]:
    """Which entries are on a node's disk. Raises UnreadableError where it is just being opened."""
    return set(_all(node, "select run, seq from log"))


def rows_of(node: Node) -> list[bytes]:
    """All entries on a node's disk, in order of arrival. Raises UnreadableError where it is just being opened."""
    return [entry for (entry,) in _all(node, "select entry from log order by arrival")]


class UnreadableError(Exception):
    """A disk can't be read now."""


def _all(node: Node, query: str, values: tuple = ()) -> list[tuple]:
    if not node.database.exists():
        return []  # it has not started yet
    for _ in range(_TRIES):
        try:
            with closing(sqlite3.connect(f"file:{node.database}?mode=ro", uri=True, timeout=_BUSY_S)) as opened:
                return opened.execute(query, values).fetchall()
        except sqlite3.OperationalError:
            time.sleep(_LOOK_S)  # its node is just opening it, and nothing announces that it has
    raise UnreadableError(f"{node.database} can't be read")


def _look(node: Node, query: str, values: tuple) -> tuple | None:
    with suppress(UnreadableError):
        return next(iter(_all(node, query, values)), None)
    return None
