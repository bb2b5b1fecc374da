"""What lies under the scanner is read again and again: when that is the same scan, and when another."""

import itertools
from dataclasses import replace

import pytest
from node_loop import ANNE, BENT, VOTERS, Loop, card

from kiosk import limits
from kiosk.domain import entries as e
from kiosk.node import Scanned

POSTAL, STRAY, MISREAD = "00370733511234567890", "VALG 2025", card(1)[:-1] + "0"  # other codes on a card, and it misread


def opened() -> Loop:
    return Loop().opened()


def lies(loop: Loop, *texts: str, every_ms: int, rounds: int = 10) -> Loop:
    """A card lies under the scanner, which reads its codes in turn."""
    for text in texts * rounds:
        loop.wait(every_ms).put(Scanned(text))
    return loop


@pytest.mark.parametrize("every_ms", [0, 10, 100, 240])
@pytest.mark.parametrize("codes", [*itertools.permutations([card(1), POSTAL, MISREAD]), (card(1), POSTAL, STRAY, MISREAD)])
def test_a_card_that_lies_under_the_scanner(codes: tuple[str, ...], every_ms: int) -> None:
    """From before the voter is shown until after the next one is waited for: it is one scan, and one check-in."""
    loop = lies(opened(), *codes, every_ms=every_ms)
    assert (loop.shown, loop.screen.content.name) == ("VoterShown", ANNE.name)
    loop.touch("approve").draw()
    green = loop.screen
    assert lies(loop, *codes, every_ms=every_ms, rounds=3).screen == green, "nothing pushes the green away"
    lies(loop.touch("next"), *codes, every_ms=every_ms)
    assert (loop.shown, loop.screen.content.notice) == ("Ready", "")
    assert [request.voter for request in loop.bodies(e.Request)] == [ANNE.number]


def test_a_card_that_was_away_is_scanned_anew() -> None:
    """A second after it was last read; not a second after it was first read."""
    loop = opened()
    lies(loop, card(1), every_ms=limits.SCAN_REPEAT_MS - 1, rounds=3).touch("cancel")
    assert loop.shown == "Ready"
    assert loop.wait(limits.SCAN_REPEAT_MS - 1).put(Scanned(card(1))).shown == "Ready"
    assert loop.wait(limits.SCAN_REPEAT_MS).put(Scanned(card(1))).shown == "VoterShown"


def test_a_card_that_was_put_aside_can_be_scanned_again_at_once() -> None:
    """The notice says so: no second need pass after the voter before is finished."""
    loop = opened().put(Scanned(card(1))).put(Scanned(card(2)))
    assert "000 002" in loop.screen.content.notice
    loop.touch("approve").draw()
    assert loop.put(Scanned(card(2))).screen.content.name == BENT.name


def test_the_card_before_the_last() -> None:
    """Once another voter's card was taken, the one before is no longer under the scanner."""
    loop = opened().put(Scanned(card(1))).touch("approve").draw().put(Scanned(card(2))).touch("approve").draw()
    loop.put(Scanned(card(1)))
    assert (loop.shown, loop.screen.content.code) == ("Refused", "A1")


def test_a_card_that_comes_before_the_green_is_drawn() -> None:
    """It does not take the green away, and is taken once the green was seen."""
    loop = opened().put(Scanned(card(1))).touch("approve").put(Scanned(card(2)))
    assert loop.shown == "Green"
    assert loop.draw().put(Scanned(card(2))).screen.content.name == BENT.name


def test_a_card_that_was_scanned_too_early() -> None:
    """Before the poll is opened the scan leads to nothing; it is no repeat afterwards."""
    loop = Loop().put(Scanned(card(1)))
    assert loop.shown == "NotReady"
    at = loop.mono_ms
    loop.opened()
    assert loop.mono_ms - at < limits.SCAN_REPEAT_MS
    assert loop.put(Scanned(card(1))).shown == "VoterShown"


def test_what_is_remembered_is_bounded() -> None:
    """Noise that is never the same takes no memory."""
    loop = opened()
    loop.put(*(Scanned(f"{n:05}") for n in range(1_000)))
    assert len(loop.node.desk.lookup._read) <= limits.SCANS_KEPT
    assert loop.screen.content.code == "S1"


def test_a_card_that_is_to_be_scanned_again() -> None:
    """Something has changed between scan and approval: the notice says to scan the card again, and it can be at once."""
    voters = dict(VOTERS)
    loop = Loop(find=voters.get).opened().put(Scanned(card(1)))
    voters[1] = replace(ANNE, postal=("region",))
    loop.touch("approve")
    assert (loop.shown, loop.screen.content.remedy) == ("Refused", "Skan kortet igen")
    assert loop.put(Scanned(card(1))).shown == "VoterShown"
