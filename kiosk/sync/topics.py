"""The topics: what each carries, for whom, and at which quality of service. Pure."""

import re
from collections.abc import Iterable
from enum import StrEnum

from kiosk.domain.nodes import ORIGIN

OFFLINE = b"offline"
"""What the broker says in a node's place once its connection has ended: the retained will on its head's topic."""


AT_CLERK = b"at its clerk"
"""What a node says on its head's topic while its clerk has not told what the last run left open."""


COMMAND = "command"
"""The name under which the authority's own command connects, and of its certificate and key."""


class Kind(StrEnum):
    """What a topic carries."""

    LOG = "log"
    ASK = "ask"
    HEAD = "head"
    WANT = "want"
    GIVE = "give"
    REVOKED = "revoked"
    LIST = "list"
    PIECE = "piece"


QOS = {Kind.LOG: 0, Kind.ASK: 0, Kind.HEAD: 1, Kind.WANT: 1, Kind.GIVE: 1, Kind.REVOKED: 1, Kind.LIST: 1, Kind.PIECE: 1}


ADDRESSED = (Kind.ASK, Kind.WANT, Kind.GIVE, Kind.LIST, Kind.PIECE)
"""Those that are for one node, whose name ends the topic."""

RETAINED = (Kind.HEAD, Kind.REVOKED)
"""Those whose last word the broker keeps for who comes later."""

_KINDS = frozenset(kind.value for kind in Kind)
_ORIGIN = re.compile(ORIGIN)


def topic_of(prefix: str, kind: Kind, sender: str, to: str = "") -> str:
    """The topic under which a sender says something, for one node or for all."""
    return "/".join([prefix, kind, sender, *([to] if to else [])])


def parse_topic(prefix: str, topic: str, me: str) -> tuple[Kind, str] | None:
    """What a topic is and whose; None for one that is not ours, or not for this node."""
    place, _, rest = topic.removeprefix(prefix).partition("/")
    kind, *names = rest.split("/")
    if not topic.startswith(prefix) or place or kind not in _KINDS or not names or names[0] == me:
        return None
    if not _ORIGIN.fullmatch(names[0]) and (kind, names[0]) != (Kind.REVOKED, COMMAND):
        return None
    if names[1:] != ([me] if kind in ADDRESSED else []):
        return None
    return Kind(kind), names[0]


def access_list(realm: str, origins: Iterable[str]) -> str:
    """Mosquitto's access list: everybody says something under the own name only, and hears what is for all or for oneself.

    It can be for the place's `origins` only: on topics without end a device could have the broker keep messages without end.
    """
    receivers = sorted(origins)
    lines = []
    for kind in Kind:
        addressed = kind in ADDRESSED
        topic = f"pattern write {realm}/{kind}/%u"
        lines += [f"{topic}/{to}" for to in receivers] if addressed else [topic]
        lines.append(f"pattern read {realm}/{kind}/+{'/%u' if addressed else ''}")
    return "\n".join([*lines, ""])
