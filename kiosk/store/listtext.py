"""How the voter list's file is to be read as text: decided by what stands in all of it, never by one byte."""

import codecs
import re
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from kiosk import limits

_WORD = re.compile(rb'[^\s;,\t|"]*[\x80-\xff][^\s;,\t|"]*')
_DANISH = "æøåÆØÅ"
_MANY_VOTERS = 100  # among as many there are letters beyond a to z, so that their absence tells something
_MANY_WORDS = 10_000  # words that are enough to tell encodings apart
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_OTHERS = {"cp1252": "Windows-1252", "cp850": "DOS code page 850", "mac_roman": "Mac Roman"}
_NO_TEXT = {
    b"PK\x03\x04": "is a workbook (Excel or OpenDocument)",
    b"\xd0\xcf\x11\xe0": "is a workbook of an old Excel",
    b"%PDF": "is a PDF",
    b"<": "is a web page or XML",
}
# Signs that stand in no Danish name or address: letters were lost or read in the wrong encoding. Ã and Ă are letters of others,
# and the first half of æ, ø and å that were encoded twice.
_ODD = re.compile(r"[^\w .,'’‘´`()/&+:;*#@=%!§°½¼\"–—‐-]|[ªº¹²³¾µƒ_]|[a-zæøå][À-ÖØ-Þ]|[A-Za-z]‘|([ÃĂ])")
_COMMON = re.compile("[A-Za-zæøåéü0-9 .,'/()-]*")  # of most names and addresses: nothing more is looked for in them
_IMPLAUSIBLE = re.compile(r"[^\x20-\x7eæøåÆØÅéÉèÈêÊëËüÜöÖäÄáÁàÀâÂãÃíÍìîïÎÏóÓòÒôÔõÕúÚùûÙÛñÑçÇýÝÿšŠžŽðÐþÞßœŒ´’]|[a-zæøå][À-ÖØ-Þ]")
_WRONGLY_READ_AS = ("cp1252", "latin-1", "cp1250", "cp850", "mac_roman")


class NoTextError(Exception):
    """The file is no text at all; the error's text says what it is."""


class Encoding(NamedTuple):
    """How a file is read. `spoilt` tells of a byte that can't be read so; `doubt`, what speaks against the choice."""

    codec: str
    name: str
    spoilt: str
    doubt: str = ""

    @property
    def errors(self) -> str:
        """UTF-16 has no single bytes that could be kept as they are."""
        return "surrogateescape" if not self.codec.startswith("utf-16") else "replace"


def encoding(path: Path) -> Encoding:
    """Decide how a file is to be read.

    Raises:
        NoTextError: it is no text file.
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        begin = file.read(1_000)
        if mark := next((mark for mark in _NO_TEXT if begin.lstrip().startswith(mark)), None):
            raise NoTextError(
                f"{_NO_TEXT[mark]}, not a CSV file: open it in the program that made it and save it as CSV (UTF-8)"
            )
        codec = next((codec for mark, codec in _MARKS.items() if begin.startswith(mark)), "")
        if not codec and b"\0\0" in (begin[:4:2], begin[1:4:2]):  # of the two bytes of a Latin letter in UTF-16 one is zero
            codec = "utf-16-be" if begin[0] == 0 else "utf-16-le"
        if codec.startswith("utf-16"):
            return Encoding(codec, "UTF-16", "can't be read as UTF-16")
        file.seek(0)
        return _of_bytes(file, marked=bool(codec))


def _of_bytes(file: BinaryIO, *, marked: bool) -> Encoding:
    words: Counter[bytes] = Counter()
    good = bad = 0
    for line in iter(lambda: file.readline(limits.LIST_LINE_CHARS), b""):
        if line.isascii():
            continue
        try:
            line.decode()
        except UnicodeDecodeError:
            bad += 1
            if len(words) < _MANY_WORDS:
                words.update(_WORD.findall(line))
        else:
            good += 1
    if marked or good >= bad:
        others = f"as {good:,} other lines are" if good else "as the file's first bytes say"
        codec = "utf-8-sig" if marked else "utf-8"
        return Encoding(codec, "UTF-8", f"has a letter that is not in UTF-8, {others}")
    fits = sorted(((_fit(words, codec), codec) for codec in _OTHERS), key=lambda fit: fit[0], reverse=True)
    (best, codec), (second, other) = fits[:2]
    doubt = ""
    if best[0] == second[0] and not best[1]:
        doubt = f"may be {_OTHERS[codec]} or {_OTHERS[other]}: too few letters beyond a to z tell which"
    name = _OTHERS[codec]
    return Encoding(codec, name, f"has a letter that is not in {name}, as the rest of the file seems to be", doubt)


def _fit(words: Counter[bytes], codec: str) -> tuple[int, int]:
    """How many words could be Danish when they are read so, and how many Danish letters they then have."""
    texts = [(word.decode(codec, "replace"), times) for word, times in words.items()]
    plausible = sum(times for text, times in texts if not _IMPLAUSIBLE.search(text))
    return plausible, sum(times for text, times in texts for letter in text if letter in _DANISH)


def odd(text: str) -> str:
    """Tell whether a name or address has what no Danish one has: "odd", "garbled" where it was encoded twice, or ""."""
    if _COMMON.fullmatch(text) or not (found := _ODD.search(text)):
        return ""
    if any(map(_garbled, text.split())):
        return "garbled"
    return "" if found[1] and not _ODD.search(text.replace("Ã", "A").replace("Ă", "A")) else "odd"


def _garbled(word: str) -> bool:
    for codec in _WRONGLY_READ_AS:
        with suppress(UnicodeError):
            if len(word.encode(codec).decode()) < len(word):
                return True
    return False


def lost_letters(texts: str, voters: int) -> str:
    """Tell what speaks against the letters of all names and addresses together; "" where nothing does."""
    if voters < _MANY_VOTERS:
        return ""
    danish = sum(map(texts.count, _DANISH))
    foreign = sum(texts.count(letter) for letter in set(texts) if letter > "ÿ" and letter.isalpha())
    if foreign > danish:
        return f"has {foreign:,} letters that are rare in Danish names, and {danish:,} of æ, ø and å: was it converted wrongly?"
    if not danish:
        return f"has no æ, ø or å in {voters:,} names and addresses: were they lost, or written as ae, oe and aa?"
    return ""
