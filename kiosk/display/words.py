"""The display's own words: the two screens that no node can send, because it is gone or the display itself failed."""

from datetime import datetime

import msgspec

from kiosk.domain.screens import Content, Fault, Green, NotReady, Screen, Strip

NO_LINK = "D1"
STOPPED = "D2"


def no_link(last: Strip | None, seen: Content | None = None) -> Screen:
    """The node is gone or silent: what the clerk does meanwhile. The table's name stays; no voter does.

    But a green that was `seen` holds, whatever becomes of the node: it stays to be read, and can't be touched.
    """
    english = last is not None and last.language == "en"
    if isinstance(seen, Green):
        words = (
            f"The table's program does not answer ({NO_LINK}). Green still holds: hand out these ballots only, then wait"
            if english
            else f"Bordets program svarer ikke ({NO_LINK}). Grønt gælder stadig: udlevér kun disse stemmesedler, og vent"
        )
        return Screen(number=0, asks=0, strip=msgspec.structs.replace(_bare(last), warnings=(words,)), content=seen)
    if english:
        content = NotReady(
            headline="The table's program does not answer",
            reason="Wait. Hand out no ballots.",
            remedy="If it is not back within a minute: contact the secretary",
            code=NO_LINK,
        )
    else:
        content = NotReady(
            headline="Bordets program svarer ikke",
            reason="Vent. Udlevér ingen stemmesedler.",
            remedy="Kommer det ikke igen inden et minut: kontakt valgsekretæren",
            code=NO_LINK,
        )
    return Screen(number=0, asks=0, strip=_bare(last), content=content)


def stopped(last: Strip | None) -> Screen:
    """The display failed and is about to be started again."""
    if last is not None and last.language == "en":
        content = Fault(
            headline="Stop",
            reason="The screen has failed and is starting again.",
            remedy="Hand out no ballots. Wait for the screen; if it stays away: contact the secretary",
            code=STOPPED,
        )
    else:
        content = Fault(
            headline="Stop",
            reason="Skærmen har fejlet og starter igen.",
            remedy="Udlevér ingen stemmesedler. Vent på skærmen; kommer den ikke: kontakt valgsekretæren",
            code=STOPPED,
        )
    return Screen(number=0, asks=0, strip=_bare(last), content=content)


def clear_key(language: str) -> str:
    """What stands on the pad's key that empties it."""
    return "Clear" if language == "en" else "Slet"


def clock(now: datetime) -> str:
    """Local time as Danish writes it."""
    return f"{now.hour:02d}.{now.minute:02d}"


def _bare(last: Strip | None) -> Strip:
    if last is None:
        return Strip(table="", place="", mode="", language="da")
    return Strip(table=last.table, place=last.place, mode="", language=last.language, training=last.training)
