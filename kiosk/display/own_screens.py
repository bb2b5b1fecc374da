"""The display's own screens: the two that no node can send, because it is gone or the display itself failed."""

from datetime import datetime

import msgspec

from kiosk.domain.screens import Content, Green, Kind, Message, Screen, Sign, Strip, Tone
from kiosk.domain.texts import FIRST, text

NO_LINK = "D1"
STOPPED = "D2"


def no_link(last: Strip | None, seen: Content | None = None) -> Screen:
    """The node is gone or silent: what the clerk does meanwhile. The table's name stays; no voter does.

    But a green that was `seen` holds, whatever becomes of the node: it stays to be read, and can't be touched.
    """
    strip = _bare(last)
    if isinstance(seen, Green):
        holds = text("no_link_green", strip.language, NO_LINK)
        return Screen(number=0, asks=0, strip=msgspec.structs.replace(strip, warnings=(holds,)), content=seen)
    return Screen(number=0, asks=0, strip=strip, content=_told("no_link", strip, Kind.NO_LINK))


def stopped(last: Strip | None) -> Screen:
    """The display failed and is about to be started again."""
    strip = _bare(last)
    return Screen(number=0, asks=0, strip=strip, content=_told("stopped", strip, Kind.FAULT))


def clock(now: datetime) -> str:
    """Local time as Danish writes it."""
    return f"{now.hour:02d}.{now.minute:02d}"


def _told(key: str, strip: Strip, kind: Kind) -> Message:
    language = strip.language
    headline, reason, remedy = text(key, language), text(f"{key}_text", language), text(f"{key}_do", language)
    if kind is Kind.FAULT:
        return Message(headline, kind, Tone.BAD, Sign.STOP, reason, remedy, STOPPED)
    return Message(headline, kind, Tone.WAIT, Sign.WARNING, reason, remedy, NO_LINK)


def _bare(last: Strip | None) -> Strip:
    if last is None:
        return Strip(table="", place="", mode="", language=FIRST)
    return Strip(table=last.table, place=last.place, mode="", language=last.language, training=last.training)
