"""The chair's codes as keys: made with the place, printed on paper, and known to the devices by their public halves alone.

`domain/codetext.py` has their text. A code's secret is the seed of an Ed25519 key; number, place and day go into it too, so
that a secret is good for nothing else.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.domain.codetext import NUMBERS, SECRET_DIGITS, Code, CodeMisread, Spelt, read_text, spell
from kiosk.domain.entries import Stop, stop_signed
from kiosk.trust.keys import KeyFileError, Signers, public_hex


def new_codes() -> dict[int, str]:
    """The texts of all codes of a place by their numbers, from the system's chance. They belong on paper only."""
    return {number: spell(number, f"{secrets.randbelow(10**SECRET_DIGITS):0{SECRET_DIGITS}}") for number in NUMBERS}


def public_halves(texts: Iterable[str], realm: str, day: str) -> dict[int, str]:
    """What every device is given of these codes: their public keys in hex, by number.

    Raises:
        ValueError: one of them is no code.
    """
    halves = {}
    for text in texts:
        spelt = read_text(text)
        if isinstance(spelt, CodeMisread):
            raise ValueError(f"a text is no code: {spelt}")  # it is not named: it may be a code with one wrong digit
        halves[spelt.number] = public_hex(_key(spelt, realm, day))
    return halves


def sheet_id(public: Mapping[int, str]) -> str:
    """A short name of the codes with these public halves, by which people tell the sheets of one provision from another's."""
    return sha256("".join(public[number] for number in sorted(public)).encode()).hexdigest()[:6]


class Codes:
    """The codes of one place and day, as a device knows them.

    Raises:
        KeyFileError: a public half is missing, or is none.
    """

    def __init__(self, realm: str, day: str, public: Mapping[int, str]) -> None:
        if set(public) != set(NUMBERS):
            raise KeyFileError(f"it has not the codes {NUMBERS[0]} to {NUMBERS[-1]}: provision the place again")
        self._realm, self._day, self._public = realm, day, dict(public)
        self.sheet = sheet_id(public)
        self._signers = Signers({str(number): key for number, key in public.items()})

    def read(self, text: str) -> Code | CodeMisread:
        """The code whose text was scanned or keyed, or why it is none of this place's."""
        spelt = read_text(text)
        if isinstance(spelt, CodeMisread):
            return spelt
        key = _key(spelt, self._realm, self._day)
        if public_hex(key) != self._public[spelt.number]:
            return CodeMisread.OTHER_SHEET
        return Code(spelt.number, key.sign)

    def signed(self, bound_to: str) -> Callable[[str, Stop], bool]:
        """`Basis.is_signed`: whether a stop of this author bears the signature of its code; `bound_to`: the `first_prev`."""

        def is_signed(author: str, stop: Stop) -> bool:
            try:
                signature = bytes.fromhex(stop.signature)
            except ValueError:
                return False
            return self._signers.verify(str(stop.n), signature, stop_signed(author, stop, bound_to))

        return is_signed


def _key(spelt: Spelt, realm: str, day: str) -> Ed25519PrivateKey:
    bound = msgspec.json.encode({"day": day, "n": spelt.number, "place": realm}, order="sorted")
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"valgbord code\n" + bound)
    return Ed25519PrivateKey.from_private_bytes(derived.derive(spelt.secret.encode()))
