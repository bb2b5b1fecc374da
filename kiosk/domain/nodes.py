"""Nodes and their disks, by name. Pure.

A node is a device of the place: "S" is the secretary's, "T3" table 3's. An origin is one of its disks, "T3.1" as delivered and
"T3.2" after it was replaced, since a log that was lost must never be continued.
"""

from functools import cache

SECRETARY = "S"

ORIGIN = r"(?:S|T[1-9][0-9]{0,2})\.[1-9][0-9]?"
"""The names that disks can have, as a pattern; what has another name is refused where it comes in."""


def origin_of(node: str, disk: int = 1) -> str:
    """The origin of a node's first or later disk."""
    return f"{node}.{disk}"


@cache  # a place has few names, and they are asked for in every turn
def node_of(origin: str) -> str:
    """The node that an origin is a disk of: "T3" for "T3.2"."""
    return origin.partition(".")[0]


@cache
def is_later_disk(origin: str, of: str) -> bool:
    """Whether an origin is a disk that was put in instead of another: "T3.2" after "T3.1"."""
    return node_of(origin) == node_of(of) and int(origin.partition(".")[2]) > int(of.partition(".")[2])


@cache
def table_of(origin: str) -> int | None:
    """The number of the table that an origin stands on; None for the secretary's."""
    node = node_of(origin)
    return None if node == SECRETARY else int(node[1:])
