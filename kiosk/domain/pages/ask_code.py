"""The chair's next code is awaited: which one it is, what it attests, and what speaks against that."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from kiosk.domain import screens as s
from kiosk.domain.codetext import CHAIR, DIGITS, GROUPS, NUMBERS, RESERVE, CodeMisread
from kiosk.domain.facts import Facts
from kiosk.domain.pages import overview, pick_stopped, piles
from kiosk.domain.pages.page import Do, Keyed, Lead, Offer, Offers, Page, UseCode, back, paragraph, say
from kiosk.domain.view_context import ViewContext


class CodeSlip(StrEnum):
    """What is wrong with a code of this place that was scanned or keyed."""

    USED = "used"  # it was used, or a later one was
    SKIPPED = "skipped"  # there is an earlier one that was not used, as far as is known here
    RESERVE = "reserve"  # it is of the reserve sheet, and the chair's is not used up, as far as is known here


@dataclass(frozen=True, slots=True)
class AskCode(Page):
    """It stops these devices. `slip`: what is wrong with code `n`, which came last."""

    devices: frozenset[str]
    slip: CodeSlip | CodeMisread | None = None
    n: int = 0
    reads_codes: ClassVar = True

    def offers(self, facts: Facts) -> Offers:
        use = Offer("number", say("use_code"), Keyed()) if _next(facts) in NUMBERS else None
        return Offers(back(pick_stopped.PickStopped(self.devices)), use)

    def drawn(self, _offers: Offers, view: ViewContext) -> s.Sheet | s.Typing:
        n = _next(view.facts)
        if n not in NUMBERS:
            return self.sheet(view.say("codes_gone"), paragraph(view.say("codes_gone_text")))
        notice = self._doubts(view)
        if self.slip is not None:
            notice = view.say(f"code_{self.slip}", self.n, n, _left_of_sheet(n), view.sheet)
        words = "ask_code_reserve" if n == RESERVE[0] else "ask_code_text"
        attested = view.nodes(self.devices) if self.devices else view.say("nobody")
        return s.Typing(view.say("ask_code", n), view.say(words, attested), DIGITS, notice, GROUPS)

    def _doubts(self, view: ViewContext) -> str:
        """What the chair may have overlooked: who is ticked and answers, and who is not and is silent."""
        peers = view.situation.peers
        seen = [peer.device for peer in peers if peer.seen and peer.device in self.devices]
        if seen:
            return view.say("code_but_seen", view.nodes(seen))
        silent = [peer.device for peer in peers if (peer.silent or peer.locked) and peer.device not in self.devices]
        return view.say("code_not_ticked", view.nodes(silent)) if silent else ""

    def coded(self, code: int | CodeMisread, facts: Facts) -> Lead:
        """A code that skips one is asked for twice: those before it are lost, and one of the reserve sheet ends the chair's."""
        if isinstance(code, CodeMisread):
            return replace(self, slip=code, n=0)
        last = facts.situation.last_code
        if code <= last:
            return replace(self, slip=CodeSlip.USED, n=code)
        slip = CodeSlip.RESERVE if code in RESERVE and last < CHAIR[-1] else CodeSlip.SKIPPED
        if code > last + 1 and (self.slip, self.n) != (slip, code):
            return replace(self, slip=slip, n=code)
        return Do(UseCode(self.devices), piles.Piles(code, opens=not facts.situation.poll_open))

    def changed(self, facts: Facts) -> Page:
        return self if facts.situation.may_stop else overview.Overview()


def _next(facts: Facts) -> int:
    return facts.situation.last_code + 1


def _left_of_sheet(n: int) -> str:
    """The codes of the chair's sheet from `n` on."""
    return f"{n}–{CHAIR[-1]}" if n < CHAIR[-1] else str(n)
