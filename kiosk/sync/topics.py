"""The topics: what each carries, for whom, and at which quality of service. Pure."""

from collections.abc import Iterable
from enum import StrEnum

OFFLINE = b"offline"
"""What the broker says in a node's place once its connection has ended: the retained will on its head's topic."""


AT_CLERK = b"at its clerk"
"""What a node says on its head's topic while its clerk has not told what the last run left open."""


COMMAND = "command"
"""The name under which the authority's own command connects, and of its certificate and key."""


class TopicKind(StrEnum):
    """What a topic carries."""

    LOG = "log"
    ASK = "ask"
    HEAD = "head"
    WANT = "want"
    GIVE = "give"
    REVOKED = "revoked"
    LIST = "list"
    PIECE = "piece"


QOS = {
    TopicKind.LOG: 0,
    TopicKind.ASK: 0,
    TopicKind.HEAD: 1,
    TopicKind.WANT: 1,
    TopicKind.GIVE: 1,
    TopicKind.REVOKED: 1,
    TopicKind.LIST: 1,
    TopicKind.PIECE: 1,
}


ADDRESSED = (TopicKind.ASK, TopicKind.WANT, TopicKind.GIVE, TopicKind.LIST, TopicKind.PIECE)
"""Those that are for one node, whose name ends the topic."""

RETAINED = (TopicKind.HEAD, TopicKind.REVOKED)
"""Those of which the broker keeps the last message, for later subscribers."""


def topic_of(prefix: str, kind: TopicKind, sender: str, to: str = "") -> str:
    """The topic under which a sender says something, for one node or for all."""
    return "/".join([prefix, kind, sender, *([to] if to else [])])


def topics_for(prefix: str, me: str, senders: Iterable[str]) -> dict[str, tuple[TopicKind, str]]:
    """The topics that a node subscribes to, each with its kind and sender. Each sender has topics of its own, so that one can
    be muted."""
    return {
        topic_of(prefix, kind, sender, me if kind in ADDRESSED else ""): (kind, sender)
        for sender in senders
        for kind in ((TopicKind.REVOKED,) if sender == COMMAND else TopicKind)
        if sender != me
    }


def access_list(realm: str, devices: Iterable[str]) -> str:
    """Mosquitto's access list: a device publishes under its own name only, and reads what is for all or for itself.

    Receivers can be the place's `devices` only: with any number of topics a device could fill the broker with kept messages.
    """
    receivers = sorted(devices)
    lines = []
    for kind in TopicKind:
        addressed = kind in ADDRESSED
        topic = f"pattern write {realm}/{kind}/%u"
        lines += [f"{topic}/{to}" for to in receivers] if addressed else [topic]
        lines.append(f"pattern read {realm}/{kind}/+{'/%u' if addressed else ''}")
    return "\n".join([*lines, ""])
