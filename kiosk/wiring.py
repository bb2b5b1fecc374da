"""The one place where the real parts are put together: from a bundle and a data folder to a running table."""

import re
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import msgspec

from kiosk import limits
from kiosk.domain.books import Books
from kiosk.domain.cards import CardRules
from kiosk.domain.chain import Stored
from kiosk.domain.entries import first_prev
from kiosk.domain.facts import Facts
from kiosk.domain.ledger import Ledger
from kiosk.domain.nodes import device_at, table_of
from kiosk.domain.rights import Basis
from kiosk.domain.situation import Situation
from kiosk.domain.texts import ZONE
from kiosk.domain.view import ViewContext
from kiosk.node import Crypto, Node, Overran, Scanned, ScannerSeen, Setup
from kiosk.plan.config import Plan, Scanner
from kiosk.reports.worker import AsStored, Worker
from kiosk.scanner.framing import Scan, Unread
from kiosk.scanner.reader import Event, ScannerPresent, ScannerThread, scanner_for
from kiosk.service.loop import Service
from kiosk.store.database import Database
from kiosk.store.errors import CorruptError, OtherListFileError
from kiosk.store.listfile import read_list
from kiosk.store.listrows import ListFormat
from kiosk.store.log import Log
from kiosk.store.voterlist import VoterList, list_digest
from kiosk.sync.log_export import Beginning, ExportedLogError, beginning_of, entries_of, export
from kiosk.trust.bundle import Bundle
from kiosk.trust.keys import pin_matches


def card_rules(plan: Plan) -> CardRules:
    """How this place's cards read."""
    return CardRules(
        pattern=re.compile(plan.card.pattern),
        checked=plan.card.check != "none",
        place=plan.place.code,
        other_places=plan.other_places,
        max_chars=limits.CARD_CHARS,
    )


def list_format(plan: Plan) -> ListFormat:
    """How this place's voter list reads."""
    return ListFormat(
        columns=msgspec.structs.asdict(plan.columns),
        elections={word.casefold(): e.id for e in plan.elections for word in (e.id, *e.codes)},
        tables=frozenset(table.number for table in plan.tables),
        day=plan.day.date,
        voter_digits=plan.card.voter_digits,
    )


def view_of(plan: Plan, device: str, sheet: str = "") -> ViewContext:
    """What the screens of one table, or of the secretary's node, say at first."""
    return ViewContext(
        language=plan.desk.language,
        place=plan.place.name,
        table=table_of(device),
        training=plan.place.training,
        sounds=plan.desk.sounds,
        elections=plan.ballots,
        zone=ZONE,
        voter_digits=plan.card.voter_digits,
        card_digits=plan.card.digits,
        tries=limits.BIRTH_DATE_TRIES,
        facts=Facts(Situation(me=device)),
        sheet=sheet,
    )


def beginning_of_log(plan: Plan, voter_list: VoterList) -> Beginning:
    """What the logs under a voter list belong to."""
    return Beginning(plan.place.realm, plan.day.date.isoformat(), voter_list.digest() or "")


def first_prev_of(beginning: Beginning) -> str:
    """The `prev` of the first entry of every log that begins so."""
    return first_prev(beginning.place, beginning.day, beginning.list)


def log_beginning(plan: Plan, voter_list: VoterList) -> str:
    """The `prev` of the first entry of every log of this place, day and voter list."""
    return first_prev_of(beginning_of_log(plan, voter_list))


def opening_of(plan: Plan) -> dict[int, str]:
    """Each book's first holder: its own table's device."""
    return {table.number: device_at(f"T{table.number}") for table in plan.tables}


def undo_nodes_of(plan: Plan) -> frozenset[str]:
    """The nodes that may ask for an undo: the secretary's and the assistant's, or the only table's."""
    return frozenset(plan.list_givers or plan.nodes)


def books_on_list(voter_list: VoterList) -> Callable[[int], int | None]:
    """Each voter's book by the stored list."""
    return lambda number: voter.book if (voter := voter_list.find(number)) is not None else None


def empty_ledger(bundle: Bundle, beginning: Beginning, book_of: Callable[[int], int | None]) -> Ledger:
    """The fold of no entries at all, of the logs that begin so. `book_of`: each voter's book by the list."""
    plan = bundle.plan
    elections = tuple(election.id for election in plan.elections)
    is_signed = bundle.codes.signed(first_prev_of(beginning))
    devices = frozenset(bundle.device.signers)
    return Ledger(Books(Basis(opening_of(plan), undo_nodes_of(plan), devices, elections, book_of, is_signed)))


def setup_of(bundle: Bundle, voter_list: VoterList) -> Setup:
    """What a node is."""
    plan, device = bundle.plan, bundle.device
    return Setup(
        device=device.name,
        table=device.table,
        devices=frozenset(device.signers),
        first=frozenset(device_at(node) for node in plan.nodes),
        opening=opening_of(plan),
        undo_nodes=undo_nodes_of(plan),
        elections=tuple(election.id for election in plan.elections),
        card=card_rules(plan),
        voter_digits=plan.card.voter_digits,
        birth_date_keyed=plan.desk.birth_date == "enter",
        clear_ms=plan.desk.clear_after_s * 1_000,
        first_prev=log_beginning(plan, voter_list),
        day=None if plan.place.training else plan.day.date,
        view=view_of(plan, device.name),
    )


def keys_of(bundle: Bundle, bound_to: str) -> Crypto:
    """The keys' arithmetic of a device; `bound_to`: the `prev` of all logs' first entries."""
    return Crypto(
        bundle.key.sign, bundle.signers.verify, bundle.codes.read, bundle.codes.signed(bound_to), lambda: secrets.token_hex(8)
    )


def node_maker(bundle: Bundle) -> Callable[[Database], Node]:
    """How a node is made from an open store that has a voter list, at the start and after a fault of the disk."""

    def make(database: Database) -> Node:
        voter_list = VoterList(database, bundle.plan.place.realm)
        if not voter_list.verify():
            raise CorruptError("the voter list is not the one that was imported")
        # A voter is asked for when shown and again when decided on; the list does not change while it is open.
        find = lru_cache(limits.VOTERS_KEPT)(voter_list.find)
        setup = setup_of(bundle, voter_list)
        return Node(setup, find, lambda pin: pin_matches(pin, bundle.device.pins), keys_of(bundle, setup.first_prev))

    return make


def service(bundle: Bundle, data: Path, socket_path: Path) -> Service:
    """A table's service; its scanner is started by `scanner`."""
    view = view_of(bundle.plan, bundle.device.name, bundle.codes.sheet)
    return Service(bundle, data, socket_path, view, node_maker(bundle), worker_command(bundle, data))


def worker_command(bundle: Bundle, data: Path) -> list[str]:
    """How the worker for searches and documents is started."""
    return [sys.executable, "-m", "kiosk.cli", "worker", "--bundle", str(bundle.folder), "--data", str(data)]


def worker(bundle: Bundle, data: Path) -> Worker:
    """What the worker's process does; the node may be running."""

    @contextmanager
    def look() -> Iterator[AsStored]:
        with Database(data, bundle.device.disk, read_only=True) as database:
            database.db.conn.execute("begin")  # list and log as of one moment
            voter_list = VoterList(database, bundle.plan.place.realm)
            beginning = beginning_of_log(bundle.plan, voter_list)
            yield AsStored(
                voter_list,
                Log(database),
                lambda: empty_ledger(bundle, beginning, voter_list.books().get),
                first_prev_of(beginning),
            )

    return Worker(bundle.plan, look, bundle.signers.verify)


def scanner(bundle: Bundle, running: Service) -> ScannerThread | None:
    """The plan's scanner, feeding the service's inbox; None where the plan has none. Start it."""

    def emit(event: Event) -> None:
        if isinstance(event, Scan):
            running.inbox.put(Scanned(event.text))
        elif isinstance(event, Unread):
            running.inbox.put(Overran(event.why))
        else:
            running.inbox.put(ScannerSeen(isinstance(event, ScannerPresent)))

    return scanner_of(bundle.plan.scanner, emit)


def scanner_of(plan: Scanner, emit: Callable[[Event], None]) -> ScannerThread | None:
    """The scanner that a plan describes, not yet started; None where it has none."""
    return scanner_for(
        kind=plan.kind,
        device=plan.device,
        vendor=plan.vendor,
        product=plan.product,
        layout=plan.layout,
        baud=plan.baud,
        emit=emit,
    )


def exported(bundle: Bundle, data: Path) -> Iterator[bytes]:
    """The lines of this node's log for an auditor; the node may be running."""
    with Database(data, bundle.device.disk, read_only=True) as database:
        yield from export(beginning_of_log(bundle.plan, VoterList(database, bundle.plan.place.realm)), Log(database).read())


def books_for_audit(bundle: Bundle, data: Path, file: Path | None, voters: Path | None) -> dict[int, int]:
    """Each voter's book: by the file `voters`, or by the voter list in `data` for its own log; of an exported one nobody's.

    Raises:
        OtherListFileError: `voters` is not the list that the log was written under.
    """
    if voters is not None:
        read = read_list(voters, list_format(bundle.plan))
        with stored_log(bundle, data, file) as (beginning, _):
            digest = list_digest(beginning.place, read)
            if digest != beginning.list:
                raise OtherListFileError(voters, digest, beginning.list)
        return {voter.number: voter.book for voter in read}
    if file is not None:
        return {}
    with Database(data, bundle.device.disk, read_only=True) as database:
        return VoterList(database, bundle.plan.place.realm).books()


@contextmanager
def stored_log(bundle: Bundle, data: Path, file: Path | None) -> Iterator[tuple[Beginning, Iterator[Stored]]]:
    """The log of this node, or of an exported file: what it belongs to, and its entries."""
    if file is None:
        with Database(data, bundle.device.disk, read_only=True) as database:
            yield beginning_of_log(bundle.plan, VoterList(database, bundle.plan.place.realm)), Log(database).read()
        return
    with file.open("rb") as lines:
        begins = beginning_of(lines.readline(limits.MESSAGE_BYTES))
        if (begins.place, begins.day) != (bundle.plan.place.realm, bundle.plan.day.date.isoformat()):
            raise ExportedLogError(f"{file} is the log of place {begins.place} on {begins.day}: give that place's bundle")
        yield begins, entries_of(iter(lambda: lines.readline(limits.MESSAGE_BYTES), b""))
