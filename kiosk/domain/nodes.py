"""Nodes, their devices and the devices' runs, by name. Pure.

A node is a place in the hall: "S" is the secretary's, "T3" table 3's. A device is one of its cards, "T3.1" as delivered and
"T3.2" its spare. A run is one start of a device, "T3.1-5f2c91ab01c2d3e4": no other has ever had its name.
"""

from functools import cache

SECRETARY = "S"

DEVICE = r"(?:S|T[1-9][0-9]{0,2})\.[1-9][0-9]?"
"""The names that devices can have, as a pattern; what has another name is refused where it comes in."""
RUN = DEVICE + r"-[0-9a-f]{16}"
"""The names of runs."""


def device_at(node: str, card: int = 1) -> str:
    """The device of a node's first or later card."""
    return f"{node}.{card}"


@cache
def is_spare(device: str) -> bool:
    """Whether a device is none of those that the nodes are delivered with."""
    return device != device_at(node_of(device))


def device_of(name: str) -> str:
    """The device of a run, or of a request or an entry that is named after its run: "T3.1" for "T3.1-5f2c91ab01c2d3e4/7"."""
    return name.partition("-")[0]


def run_of(request: str) -> str:
    """The run that made a request, by the request's id."""
    return request.partition("/")[0]


@cache  # a place has few names, and they are asked for in every turn
def node_of(name: str) -> str:
    """The node of a device or a run: "T3" for "T3.2"."""
    return name.partition(".")[0]


@cache
def table_of(name: str) -> int | None:
    """The number of the table where a device or a run is; None for the secretary's."""
    node = node_of(name)
    return None if node == SECRETARY else int(node[1:])
