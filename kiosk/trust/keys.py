"""Keys and PINs: Ed25519 signatures of the log's batches, and Argon2id hashes of the chair's PIN."""

import os
import secrets
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidKey, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

_PIN_DIGITS = 6
# RFC 9106's second recommendation cut to 16 MiB, so that a table of 80 MB can check a PIN. The pause between tries is what
# stops guessing at the screen; whoever has the file has the device anyway.
_ARGON2_KIB = 16 * 1024
_ARGON2_ROUNDS = 3

PinHash = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^\$argon2id\$v=19\$m={_ARGON2_KIB},t={_ARGON2_ROUNDS},p=1\$[A-Za-z0-9+/]{{22}}\$[A-Za-z0-9+/]{{43}}\Z"
    ),
]
"""What `hash_pin` makes. A hash with higher costs could stop the table when the chair keys a PIN."""


class KeyFileError(Exception):
    """A key can't be used; the text names the file and the remedy."""


def new_private_key() -> bytes:
    """A new device key, PEM (PKCS #8), not encrypted: the disk it lies on must be."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_private_key(pem: bytes) -> Ed25519PrivateKey:
    """Read a device key. Raises KeyFileError where it is not one."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError("not a private key in PEM form: provision the device again") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError("not an Ed25519 key: provision the device again")
    return key


def public_hex(key: Ed25519PrivateKey) -> str:
    """The public half, 32 bytes in hex."""
    return key.public_key().public_bytes_raw().hex()


class Signers:
    """The public keys of a place's devices."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        try:
            self._keys = {device: Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)) for device, key in keys.items()}
        except ValueError as error:
            raise KeyFileError("a signer's key is not 32 bytes in hex: provision the place again") from error

    def verify(self, device: str, signature: bytes, message: bytes) -> bool:
        """Whether the signature is this device's over this message."""
        key = self._keys.get(device)
        if key is None:
            return False
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def new_pin() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**_PIN_DIGITS):0{_PIN_DIGITS}}"


def hash_pin(pin: str) -> str:
    """Argon2id in PHC form."""
    argon2 = Argon2id(salt=os.urandom(16), length=32, iterations=_ARGON2_ROUNDS, lanes=1, memory_cost=_ARGON2_KIB)
    return str(argon2.derive_phc_encoded(pin.encode()))


def pin_matches(pin: str, hashes: Iterable[str]) -> bool:
    """Whether a PIN belongs to one of these hashes."""
    for phc in hashes:
        try:
            Argon2id.verify_phc_encoded(pin.encode(), phc)
        except InvalidKey:
            continue
        return True
    return False
