"""Messages as JSON, checked here once. What passes is well formed and bounded, and a head is signed by its device."""

import hashlib
import zlib
from collections.abc import Callable
from itertools import pairwise
from typing import Annotated

import msgspec

from kiosk import limits
from kiosk.domain.chain import RejectionReason
from kiosk.domain.messages import Ask, Batch, Head, Hex, Want
from kiosk.domain.nodes import device_of

Verify = Callable[[str, bytes, bytes], bool]


class MessageError(Exception):
    """What came is no message, or is not what it says; the text names the fault and never the content."""

    def __init__(self, why: str, kind: RejectionReason = RejectionReason.MALFORMED) -> None:
        super().__init__(why)
        self.kind = kind


class OtherListHeadError(MessageError):
    """The head of a node with another voter list, whose `digest` it carries; `bound`: that node has marks under it."""

    def __init__(self, digest: str, bound: bool) -> None:
        super().__init__("its voter list is another one", RejectionReason.OTHER_LIST)
        self.digest, self.bound = digest, bound


After = Annotated[int, msgspec.Meta(ge=0, le=limits.VOTER_NUMBER_MAX)]
Number = Annotated[int, msgspec.Meta(ge=1, le=limits.VOTER_NUMBER_MAX)]
BookNumber = Annotated[int, msgspec.Meta(ge=1, le=limits.TABLES)]
Cell = Annotated[str, msgspec.Meta(max_length=limits.LIST_FIELD_CHARS * 3)]  # composed letters may be longer than written


class PieceWant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Send me the voters of the list with this digest that come after the number `after`."""

    digest: Hex
    after: After


VoterRow = tuple[Number, Cell, Cell, Cell, BookNumber, Cell, Cell, Cell, Cell | None]
"""A voter as stored: number, name, address, born, book, elections, postal, roll, struck."""


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The next voters of a list with `total` in all; `last`: there are no more."""

    digest: Hex
    after: After
    total: Annotated[int, msgspec.Meta(ge=0, le=limits.LIST_ROWS)]
    last: bool
    rows: tuple[VoterRow, ...]


class _SignedPiece(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    packed: bytes
    signature: bytes


class _SignedAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ask: msgspec.Raw
    signature: Hex


class _SignedHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    head: msgspec.Raw
    list: Hex
    bound: bool
    signature: Hex


_encode = msgspec.json.Encoder().encode
_read_batch = msgspec.json.Decoder(Batch).decode
_read_ask = msgspec.json.Decoder(Ask).decode
_read_signed_ask = msgspec.json.Decoder(_SignedAsk).decode
_read_want = msgspec.json.Decoder(Want).decode
_read_signed = msgspec.json.Decoder(_SignedHead).decode
_read_head = msgspec.json.Decoder(Head).decode
_read_piece_want = msgspec.json.Decoder(PieceWant).decode
_read_piece = msgspec.json.Decoder(Piece).decode
_pack = msgspec.msgpack.Encoder().encode
_read_signed_piece = msgspec.msgpack.Decoder(_SignedPiece).decode

_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _ask_signed(raw: bytes) -> bytes:
    """The bytes that an ask's signature is made over; the prefix keeps it from being taken for an entry."""
    return b"valgbord ask\n" + raw


def _head_signed(raw: bytes, list_digest: str, bound: bool) -> bytes:
    """The bytes that a head's signature is made over; the prefix keeps it from being taken for anything else."""
    return b"valgbord head\n" + list_digest.encode() + (b" bound\n" if bound else b"\n") + raw


def _piece_signed(packed: bytes) -> bytes:
    return b"valgbord piece\n" + hashlib.sha256(packed).digest()


def encode(message: Batch | Want | PieceWant) -> bytes:
    """A message that needs no signature of its own: a batch has its log's."""
    return _encode(message)


def encode_ask(ask: Ask, sign: Callable[[bytes], bytes]) -> bytes:
    """An ask with its asker's signature."""
    raw = _encode(ask)
    return _encode(_SignedAsk(msgspec.Raw(raw), sign(_ask_signed(raw)).hex()))


def encode_head(head: Head, sign: Callable[[bytes], bytes], list_digest: str = "", *, bound: bool = False) -> bytes:
    """A head with its device's signature, and the digest of the voter list that all it shows is about.

    `bound`: its log has marks, so that this list is its for good.
    """
    raw = _encode(head)
    return _encode(_SignedHead(msgspec.Raw(raw), list_digest, bound, sign(_head_signed(raw, list_digest, bound)).hex()))


def encode_piece(piece: Piece, sign: Callable[[bytes], bytes]) -> bytes:
    """A piece of the voter list, compressed and signed."""
    packed = zlib.compress(_encode(piece), 1)
    return _pack(_SignedPiece(packed, sign(_piece_signed(packed))))


def read_batch(payload: bytes) -> Batch:
    """Read a batch. Its entries and signature are checked where it is known what they follow. Raises MessageError."""
    try:
        batch = _read_batch(payload)
    except _FAULTS:
        raise MessageError("no batch") from None
    if len(payload) > limits.BATCH_BYTES or not 0 < len(batch.entries) <= limits.BATCH_ENTRIES:
        raise MessageError("a batch out of bounds")
    return batch


def read_ask(payload: bytes, sender: str, verify: Verify) -> Ask:
    """Read an ask, which must be signed by its sender. Raises MessageError."""
    try:
        signed = _read_signed_ask(payload)
        raw = bytes(signed.ask)
        ask = _read_ask(raw)
        signature = bytes.fromhex(signed.signature)
    except _FAULTS:
        raise MessageError("no ask") from None
    if not verify(sender, signature, _ask_signed(raw)):
        raise MessageError("an ask that its node has not signed", RejectionReason.FORGED)
    return ask


def read_want(payload: bytes) -> Want:
    """Read a want. Raises MessageError."""
    try:
        return _read_want(payload)
    except _FAULTS:
        raise MessageError("no want") from None


def read_head(payload: bytes, sender: str, verify: Verify, list_digest: str = "") -> Head:
    """Read a head, which must be signed by its sender, and of a node with this voter list.

    Raises:
        OtherListHeadError: it is a good head of a node with another list.
        MessageError: it is no head, or not its sender's.
    """
    try:
        signed = _read_signed(payload)
        raw = bytes(signed.head)
        head = _read_head(raw)
        signature = bytes.fromhex(signed.signature)
    except _FAULTS:
        raise MessageError("no head") from None
    if device_of(head.run) != sender or not verify(sender, signature, _head_signed(raw, signed.list, signed.bound)):
        raise MessageError("a head that its node has not signed", RejectionReason.FORGED)
    if signed.list != list_digest:
        raise OtherListHeadError(signed.list, signed.bound)
    return head


def is_bound(payload: bytes) -> bool:
    """Whether the node of a head that has been read has marks under its list."""
    return _read_signed(payload).bound


def read_piece_want(payload: bytes) -> PieceWant:
    """Read a want of a piece of the voter list. Raises MessageError."""
    try:
        return _read_piece_want(payload)
    except _FAULTS:
        raise MessageError("no want of a piece") from None


def read_piece(payload: bytes, sender: str, verify: Verify) -> Piece:
    """Read a piece of the voter list, which must be signed by its sender. Raises MessageError."""
    try:
        signed = _read_signed_piece(payload)
        if not verify(sender, signed.signature, _piece_signed(signed.packed)):
            raise MessageError("a piece that its node has not signed", RejectionReason.FORGED)
        unpacking = zlib.decompressobj()
        piece = _read_piece(unpacking.decompress(signed.packed, limits.PIECE_BYTES))
    except (*_FAULTS, zlib.error):
        raise MessageError("no piece") from None
    numbers = [piece.after, *(row[0] for row in piece.rows)]
    if any(one >= other for one, other in pairwise(numbers)):
        raise MessageError("a piece out of order")
    return piece
