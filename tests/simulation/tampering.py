"""A stranger on the network who changes what is on its way, or makes up entries under another's name (S5)."""

from random import Random

import msgspec

from kiosk.domain import entries as e
from kiosk.domain.messages import Batch
from kiosk.sync import messages as wire
from tests import made_up

_STRANGER = made_up.keys("a stranger")


def changed(payload: bytes, kind: str, rng: Random) -> bytes | None:
    """A changed version of a message; None for asks and wants, which are not signed, and are no more than questions."""
    if kind == "head":
        return _with_other_byte(payload, rng)
    if kind in ("log", "give"):
        return rng.choice((_with_other_byte, _badly_signed, _forged, _forked))(payload, rng)
    return None


def _with_other_byte(payload: bytes, rng: Random) -> bytes:
    """One digit or letter is another one."""
    places = [at for at, byte in enumerate(payload) if chr(byte).isalnum()]
    at = rng.choice(places)
    other = rng.choice([c for c in b"0123456789abcdefT" if c != payload[at]])
    return payload[:at] + bytes([other]) + payload[at + 1 :]


def _badly_signed(payload: bytes, rng: Random) -> bytes:
    batch = wire.read_batch(payload)
    signature = rng.choice(("", "zz", "00" * 8, batch.signature[::-1] + "00"))
    return wire.encode(msgspec.structs.replace(batch, signature=signature))


def _forged(payload: bytes, _rng: Random) -> bytes:
    """Another device is said to have written it."""
    batch = wire.read_batch(payload)
    other = "T2.1" if not batch.run.startswith("T2.1") else "T1.1"
    return wire.encode(msgspec.structs.replace(batch, run=f"{other}-{batch.run.partition('-')[2]}"))


def _forked(payload: bytes, rng: Random) -> bytes:
    """The last entry is another one, or one follows it, well linked, but signed by a stranger."""
    batch = wire.read_batch(payload)
    last = e.decode_entry(batch.entries[-1])
    if rng.random() < 0.5:
        kept, forged = batch.entries[:-1], msgspec.structs.replace(last, body=_grant(rng, batch.run))
    else:
        forged = e.Entry(last.run, last.seq + 1, e.entry_hash(bytes(batch.entries[-1])), last.time, _grant(rng, batch.run))
        kept = batch.entries
    data = e.encode_entry(forged)
    signature = _STRANGER.sign(e.batch_signed(e.entry_hash(data))).hex()
    return wire.encode(Batch(batch.run, batch.first, (*kept, msgspec.Raw(data)), signature))


def _grant(rng: Random, run: str) -> e.Body:
    if rng.random() < 0.5:
        return e.Excused(("T1.1",))
    return e.Decision(f"{run}/99", 1, ("byraad", "region"), f"{run}#1", e.Outcome.GRANTED)
