"""A look at all disks while their nodes write: where a mark is at this moment."""

import json
import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from tests.faults.place import Node

_TRIES = 20  # looks at a database that is just being opened by its node
_LOOK_S = 0.05  # seconds between them
_BUSY_S = 5.0  # seconds that a look may wait for the writer
_REQUEST = (
    'select entry from log where origin = ? and cast(entry as text) like \'%"kind":"request"%\''
    " and cast(entry as text) like ? order by seq desc limit 1"
)
_GRANT = (
    'select 1 from log where cast(entry as text) like \'%"outcome":"granted"%\' and cast(entry as text) like ?'
    " order by arrival desc limit 1"
)


def grants_on_disks(nodes: Iterable[Node], table: Node, voter: int) -> tuple[bool, int]:
    """Whether a table's newest request for a voter is on its own disk, and on how many other disks is a grant of it."""
    found = _look(table.database, _REQUEST, (table.origin, f'%"voter":{voter}}}%'))
    if found is None:
        return False, 0
    request = json.loads(found[0])["body"]["id"]
    return True, sum(_look(n.database, _GRANT, (f'%"request":"{request}"%',)) is not None for n in nodes if n is not table)


def _look(database: Path, query: str, values: tuple) -> tuple | None:
    for _ in range(_TRIES):
        try:
            with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=_BUSY_S)) as opened:
                return opened.execute(query, values).fetchone()
        except sqlite3.OperationalError:
            time.sleep(_LOOK_S)  # its node is just opening it, and nothing announces that it has
    return None
