"""The topics: what each carries, for whom, and at which quality of service. Pure."""

from collections.abc import Iterable
from enum import StrEnum

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


def topic_of(prefix: str, kind: Kind, sender: str, to: str = "") -> str:
    """The topic under which a sender says something, for one node or for all."""
    return "/".join([prefix, kind, sender, *([to] if to else [])])


def topics_for(prefix: str, me: str, senders: Iterable[str]) -> dict[str, tuple[Kind, str]]:
    """All that a node listens to: of each topic what it carries, and whose. Each sender has topics of its own, so that one can
    be muted."""
    return {
        topic_of(prefix, kind, sender, me if kind in ADDRESSED else ""): (kind, sender)
        for sender in senders
        for kind in ((Kind.REVOKED,) if sender == COMMAND else Kind)
        if sender != me
    }


def access_list(realm: str, devices: Iterable[str]) -> str:
    """Mosquitto's access list: everybody says something under the own name only, and hears what is for all or for oneself.

    It can be for the place's `devices` only: on topics without end a device could have the broker keep messages without end.
    """
    receivers = sorted(devices)
    lines = []
    for kind in Kind:
        addressed = kind in ADDRESSED
        topic = f"pattern write {realm}/{kind}/%u"
        lines += [f"{topic}/{to}" for to in receivers] if addressed else [topic]
        lines.append(f"pattern read {realm}/{kind}/+{'/%u' if addressed else ''}")
    return "\n".join([*lines, ""])
