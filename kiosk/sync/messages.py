"""How messages travel: JSON, checked here once. What passes is well formed and bounded, and a head is its origin's own word."""

from collections.abc import Callable

import msgspec

from kiosk import limits
from kiosk.domain.chain import Refusal
from kiosk.domain.messages import Ask, Batch, Head, Want

Verify = Callable[[str, bytes, bytes], bool]


class MessageError(Exception):
    """What came is no message, or is not what it says; the text names the fault and never the content."""

    def __init__(self, why: str, kind: Refusal = Refusal.MALFORMED) -> None:
        super().__init__(why)
        self.kind = kind


class _SignedHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    head: msgspec.Raw
    signature: str


_encode = msgspec.json.Encoder().encode
_read_batch = msgspec.json.Decoder(Batch).decode
_read_ask = msgspec.json.Decoder(Ask).decode
_read_want = msgspec.json.Decoder(Want).decode
_read_signed = msgspec.json.Decoder(_SignedHead).decode
_read_head = msgspec.json.Decoder(Head).decode

_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _head_signed(raw: bytes) -> bytes:
    """The bytes that a head's signature is made over; the prefix keeps it from being taken for anything else."""
    return b"valgbord head\n" + raw


def encode(message: Batch | Ask | Want) -> bytes:
    """A message that needs no signature of its own: a batch has its log's."""
    return _encode(message)


def encode_head(head: Head, sign: Callable[[bytes], bytes]) -> bytes:
    """A head with its origin's signature."""
    raw = _encode(head)
    return _encode(_SignedHead(msgspec.Raw(raw), sign(_head_signed(raw)).hex()))


def read_batch(payload: bytes) -> Batch:
    """Read a batch. Its entries and signature are checked where it is known what they follow. Raises MessageError."""
    try:
        batch = _read_batch(payload)
    except _FAULTS:
        raise MessageError("no batch") from None
    if len(payload) > limits.BATCH_BYTES or not 0 < len(batch.entries) <= limits.BATCH_ENTRIES:
        raise MessageError("a batch out of bounds")
    return batch


def read_ask(payload: bytes) -> Ask:
    """Read an ask. Raises MessageError."""
    try:
        return _read_ask(payload)
    except _FAULTS:
        raise MessageError("no ask") from None


def read_want(payload: bytes) -> Want:
    """Read a want. Raises MessageError."""
    try:
        return _read_want(payload)
    except _FAULTS:
        raise MessageError("no want") from None


def read_head(payload: bytes, sender: str, verify: Verify) -> Head:
    """Read a head, which must be signed by its sender. Raises MessageError."""
    try:
        signed = _read_signed(payload)
        raw = bytes(signed.head)
        head = _read_head(raw)
        signature = bytes.fromhex(signed.signature)
    except (*_FAULTS, ValueError):
        raise MessageError("no head") from None
    if head.origin != sender or not verify(sender, signature, _head_signed(raw)):
        raise MessageError("a head that its node has not signed", Refusal.FORGED)
    if head.start < 1 or head.count < 1 or any(seq < 1 for seq in head.have.values()):
        raise MessageError("a head out of bounds")
    return head
