"""How entries travel between devices and to an auditor: one line of JSON for each, with its bytes as they were signed."""

from collections.abc import Iterable, Iterator

import msgspec

from kiosk.domain.chain import Stored
from kiosk.domain.entries import RunName, Seq


class ExportedLogError(Exception):
    """What came is not what it should be; the text names the line."""


class Beginning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of an exported log: which place, election day and voter list it belongs to."""

    place: str
    day: str
    list: str


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    run: RunName
    seq: Seq
    entry: str
    signature: str = ""


_read_beginning = msgspec.json.Decoder(Beginning).decode
_read_line = msgspec.json.Decoder(_Line).decode


def export(beginning: Beginning, stored: Iterable[Stored]) -> Iterator[bytes]:
    """The lines of an exported log, in the order of arrival."""
    yield msgspec.json.encode(beginning) + b"\n"
    for row in stored:
        signature = row.signature.hex() if row.signature is not None else ""
        yield msgspec.json.encode(_Line(row.run, row.seq, row.data.decode(errors="backslashreplace"), signature)) + b"\n"


def beginning_of(line: bytes) -> Beginning:
    """Read an exported log's first line. Raises ExportedLogError."""
    try:
        return _read_beginning(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ExportedLogError(f"line 1 is not the beginning of an exported log: {error}") from error


def entries_of(lines: Iterable[bytes], first_line: int = 2) -> Iterator[Stored]:
    """Read the lines after the first. Raises ExportedLogError with the number of the line that is not an entry."""
    for number, line in enumerate(lines, first_line):
        try:
            read = _read_line(line)
            signature = bytes.fromhex(read.signature) if read.signature else None
        except (ValueError, UnicodeDecodeError) as error:
            raise ExportedLogError(f"line {number} is not an exported entry: {error}") from error
        yield Stored(read.run, read.seq, read.entry.encode(), signature)
