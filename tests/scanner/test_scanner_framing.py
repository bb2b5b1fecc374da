"""Framing: which characters are one card, whatever a scanner, a cable or a stuck key does."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import limits
from kiosk.domain.cards import Unreadable
from kiosk.scanner.framing import NO_CHARACTER, Framer, Scan, Unread

CARD = "012300012345"
LONGEST = "7" * limits.SCAN_CHARS
PAUSE = limits.SCAN_PAUSE_S
TOO_LONG, LOST, SET_UP = Unread(Unreadable.TOO_LONG), Unread(Unreadable.CHECK_DIGITS), Unread(Unreadable.SET_UP)

INPUTS = {
    "CR": (f"{CARD}\r", [Scan(CARD)]),
    "LF": (f"{CARD}\n", [Scan(CARD)]),
    "CRLF": (f"{CARD}\r\n", [Scan(CARD)]),
    "Tab": (f"{CARD}\t", [Scan(CARD)]),
    "two cards": (f"{CARD}\r\n999\r\n", [Scan(CARD), Scan("999")]),
    "trailing": (f"{CARD}\r99", [Scan(CARD)]),
    "empty": ("\r\n\t\r\r\n", []),
    "blanks": (f"   \r  {CARD}  \r", [Scan(CARD)]),
    "many blanks": (" " * 200 + f"{CARD}\r", [Scan(CARD)]),
    "blank inside": ("AB 12\r", [Scan("AB 12")]),
    "Code 128": (f"]C1{CARD}\r", [Scan(CARD)]),
    "EAN": (f"]E0{CARD}\r", [Scan(CARD)]),
    "interleaved 2 of 5, then blanks": (f"]I0  {CARD}\r", [Scan(CARD)]),
    "a modifier that is a letter": (f"]Xc{CARD}\r", [Scan(CARD)]),
    "one identifier only": ("]C1]E05\r", [Scan("]E05")]),
    "identifier alone": ("]C1\r", []),
    "no identifier": ("]1C5\r", [Scan("]1C5")]),
    "identifier inside": ("5]C1\r", [Scan("5]C1")]),
    "control characters": (f"\x00\x02{CARD}\x1d\x7f\x85\r", [Scan(CARD)]),
    "Danish letters": ("Åæø\r", [Scan("Åæø")]),
    "longest": (f"{LONGEST}\r", [Scan(LONGEST)]),
    "longest with identifier": (f"]C1{LONGEST}\r", [Scan(LONGEST)]),
    "one too long": (f"{LONGEST}8\r{CARD}\r", [TOO_LONG, Scan(CARD)]),
    "one too long with identifier": (f"]C1{LONGEST}8\r{CARD}\r", [TOO_LONG, Scan(CARD)]),
    "keys without a character": (f"{NO_CHARACTER * 12}\r", [SET_UP]),
    "keys without a character, no Enter between": (f"{NO_CHARACTER * 12}\r\n{CARD}\r", [SET_UP, Scan(CARD)]),
    "control characters only": ("\x80\x90\xfe\x00\x02\x03\r".replace("\xfe", "\x01"), [SET_UP]),
    "the digits' keys with Shift, us": ("$&)!))$!*@)(\r", [SET_UP]),
    "the digits' keys with Shift, dk": ('¤/=!==¤!("=)\r', [SET_UP]),
    "the same with half an identifier": ("C!$&)!))$!*@)(\r", [SET_UP]),
    "an address without digits": ("https://valg.dk/\r", [Scan("https://valg.dk/")]),
    "letters": ("VALGKORT\r", [Scan("VALGKORT")]),
    "a sign": ("!\r", [Scan("!")]),
    "a prefix and a suffix without characters": (f"{NO_CHARACTER}\x02{CARD}\r{NO_CHARACTER}\x03", [Scan(CARD)]),
    "far too long, CRLF": (f"{LONGEST * 20}\r\n{CARD}\r\n", [TOO_LONG, Scan(CARD)]),
}


def texts(scans):
    """As plain values, since a Scan's repr hides its text."""
    return [scan.text if isinstance(scan, Scan) else scan for scan in scans]


@pytest.mark.parametrize(("chars", "scans"), INPUTS.values(), ids=INPUTS.keys())
def test_whole_and_byte_by_byte(chars, scans):
    """A scan is the same whether it comes whole or a character at a time."""
    whole, single = Framer(), Framer()

    assert texts(whole.feed(chars, 1.0)) == texts(scans)
    assert texts(scan for char in chars for scan in single.feed(char, 1.0)) == texts(scans)


@given(
    chunks=st.lists(
        st.text(st.sampled_from("0123456789 ]CE1\r\n\t\x00å"))
        | st.text(max_size=90)
        | st.just(LONGEST)
        | st.just(f"]C1{LONGEST}")
    )
)
def test_chunks_make_no_difference(chunks):
    """However the characters are divided, the scans are the same, and every text fits."""
    whole, chunked, single = Framer(), Framer(), Framer()
    stream = "".join(chunks)

    scans = whole.feed(stream, 1.0)

    assert [scan for chunk in chunks for scan in chunked.feed(chunk, 1.0)] == scans
    assert [scan for char in stream for scan in single.feed(char, 1.0)] == scans
    assert whole.flush(2.0) == chunked.flush(2.0) == single.flush(2.0)
    assert all(0 < len(text) <= limits.SCAN_CHARS for text in texts(scans) if isinstance(text, str))


@given(cards=st.lists(st.tuples(st.text("0123456789ABÆ", max_size=80), st.sampled_from(["\r", "\n", "\r\n", "\t"]))))
def test_cards_come_out_as_they_went_in(cards):
    """Every card is one scan, in order: the empty ones nothing, the too long ones one Overlong each."""
    expected = [text if len(text) <= limits.SCAN_CHARS else TOO_LONG for text, _ in cards if text]

    assert texts(Framer().feed("".join(text + end for text, end in cards), 1.0)) == expected


def test_silence_ends_a_scan_without_terminator():
    """A scanner that was set up to send no Enter works too, a pause later."""
    framer = Framer()

    assert framer.feed("0123", 1.0) == []
    assert framer.feed("4567", 1.05) == []
    assert framer.deadline() == 1.05 + PAUSE
    assert framer.flush(1.1) == []
    assert texts(framer.flush(1.05 + PAUSE)) == ["01234567"]
    assert framer.deadline() is None
    assert framer.flush(9.0) == []


def test_a_late_terminator_adds_nothing():
    """Enter after the pause that ended the scan is an empty scan, and so is none."""
    framer = Framer()
    framer.feed(CARD, 1.0)

    assert texts(framer.flush(2.0)) == [CARD]
    assert framer.feed("\r\n", 2.1) == []


def test_a_process_held_up_splits_no_card():
    """Characters that waited in the kernel for a second belong to the scan that they continue."""
    framer = Framer()
    framer.feed("012300", 1.0)

    assert texts(framer.feed("012345\r", 2.0)) == [CARD]


def test_silence_ends_an_overlong_scan():
    """Noise that stops without a terminator is one Overlong, and the next card reads."""
    framer = Framer()

    assert framer.feed(LONGEST * 3, 1.0) == []
    assert framer.flush(1.0 + PAUSE) == [TOO_LONG]
    assert framer.deadline() is None
    assert texts(framer.feed(f"{CARD}\r", 2.0)) == [CARD]


def test_silence_ends_keys_without_characters():
    """A scanner that sends no Enter, and nothing that is a character, is told of too; a key or two is nothing."""
    framer = Framer()
    framer.feed(NO_CHARACTER * 12, 1.0)
    assert framer.deadline() == 1.0 + PAUSE
    assert framer.flush(2.0) == [SET_UP]

    framer.feed(NO_CHARACTER, 3.0)
    assert framer.flush(4.0) == []
    assert framer.deadline() is None


def test_two_characters_are_a_scan_unless_they_follow_one():
    """A scanner much faster than the plan says sends a card as two wrong characters; after a card they are its suffix."""
    framer = Framer()
    framer.feed("\x00\x80", 1.0)
    assert framer.flush(2.0) == [SET_UP]

    assert texts(framer.feed(f"{CARD}\r", 3.0)) == [CARD]
    framer.feed("\x00\x80", 3.0 + PAUSE / 2)
    assert framer.flush(4.0) == []
    framer.feed(f"{CARD}\r{NO_CHARACTER * 12}", 5.0)
    assert framer.flush(6.0) == [SET_UP], "so many are a card"


@pytest.mark.parametrize("end", ["terminator", "silence"])
def test_lost_characters_spoil_the_scan(end):
    """A card of which a digit was lost is thrown away whole: the rest of it would be another voter's number."""
    framer = Framer()
    framer.feed("0123", 1.0)
    framer.spoil(1.0)
    framer.feed("45", 1.0)

    assert (framer.feed("\r", 1.0) if end == "terminator" else framer.flush(2.0)) == [LOST]
    assert texts(framer.feed(f"{CARD}\r", 3.0)) == [CARD]


@pytest.mark.parametrize("noise", ["7", "\x00", " ", "\r", "\r\n\t", "]C1", "\udcff", NO_CHARACTER, "!"])
def test_a_megabyte_of_noise_costs_nothing(noise):
    """A stuck key or a broken cable holds no memory, gives one Overlong at most, and the next card reads."""
    framer = Framer()
    chunk = noise * (4096 // len(noise))
    tracemalloc.start()
    scans = [scan for _ in range(256) for scan in framer.feed(chunk, 1.0)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 50_000
    assert len(scans + framer.flush(2.0)) <= 1
    assert texts(framer.feed(f"{CARD}\r", 3.0)) == [CARD]


def test_a_scan_tells_nothing_in_a_log():
    """The repr of a scan, which is what a log or a traceback shows, holds no voter's number."""
    assert CARD not in repr(Scan(CARD))
    assert CARD not in str([Scan(CARD)])
