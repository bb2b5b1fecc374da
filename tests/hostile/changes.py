"""What a stranger can do to bytes without knowing what they mean, and a source of chance that a fuzzer steers."""

import re
from random import Random

_NUMBER = re.compile(rb"-?\d+")
_STRING = re.compile(rb'"[^"\\]*"')
_NUMBERS = [b"0", b"-0", b"-1", b"1.0", b"1e3", b"1e999", b"NaN", b"Infinity", b"null", b"true", b"01", b"9" * 16]
_NUMBERS += [
    str(2**63).encode(),
    b"1" + b"0" * 30,
    b"1" + b"0" * 400,
    b"1" + b"0" * 4_200,
    b"1" + b"0" * 5_000,
    b"-" + b"9" * 40,
]
_STRINGS = [
    b'""',
    b'"\\ud800"',
    b'"\\udc00x"',
    b'"\\u0000"',
    b'"\\n"',
    b'"\xff"',
    b'"\xed\xa0\x80"',
    b"null",
    b"{}",
    b"[]",
    b"7",
]
_STRINGS += [b'"xyz"', b'"T1"', b'"S"', b'"T99.9"', b'"T1.1\\n"', b'"xyz/1/1"', b'"T\xd9\xa3.1"', b'"' + b"x" * 70_000 + b'"']
_PIECES = [
    b"[" * 50_000,
    b'{"a":' * 50_000,
    b"\0",
    b"\xef\xbb\xbf",
    b"\n",
    b" ",
    b",",
    b"}",
    b'"',
    b"\\",
    b"#",
    b"[[a]]",
    b"(?P<",
]


class Steered(Random):
    """Chance that is read from bytes: what a fuzzer changes there, changes what is chosen. At their end all is 0."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self._data, self._at = data, 0

    def getrandbits(self, k: int) -> int:
        """The next bits."""
        size = (k + 7) // 8
        taken = self._data[self._at : self._at + size]
        self._at += size
        return int.from_bytes(taken, "little") & ((1 << k) - 1)

    def random(self) -> float:
        """The next fraction."""
        return self.getrandbits(32) / 2**32


def changed(data: bytes, rng: Random) -> bytes:
    """Some bytes, changed in one to four places."""
    for _ in range(rng.randint(1, 4)):
        data = rng.choice(_WAYS)(data, rng)
    return data


def _byte(data: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _lost(data: bytes, rng: Random) -> bytes:
    one, other = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    return data[:one] + data[other:]


def _twice(data: bytes, rng: Random) -> bytes:
    one, other = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    return data[:other] + data[one:]


def _piece(data: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(_PIECES) + data[at:]


def _other(found: re.Pattern[bytes], others: list[bytes], data: bytes, rng: Random) -> bytes:
    places = [match.span() for match in found.finditer(data)]
    if not places:
        return data
    one, other = rng.choice(places)
    return data[:one] + rng.choice(others) + data[other:]


def _number(data: bytes, rng: Random) -> bytes:
    return _other(_NUMBER, _NUMBERS, data, rng)


def _string(data: bytes, rng: Random) -> bytes:
    return _other(_STRING, _STRINGS, data, rng)


_WAYS = (_byte, _lost, _twice, _piece, _number, _number, _string, _string)
