"""What comes in waits by sender: one that says much has a share of every turn, and of the disks, and no more."""

import pytest

from kiosk import limits
from kiosk.domain.chain import RejectionReason
from kiosk.domain.messages import Batch, Want
from kiosk.node import GiveEntries, Heard, Suspect
from kiosk.simulated.voters import sample_voters
from kiosk.store.database import Database
from kiosk.store.voterlist import VoterList
from kiosk.sync import messages as wire
from kiosk.sync.link import Arrived, SenderOffline
from kiosk.sync.topics import TopicKind
from tests import made_up
from tests.hostile.table import transport_of

THIEFS = "T3.1-00000000000000aa"
WANT = wire.encode(Want("S.1-00000000000000aa", 1))


@pytest.fixture
def transport():
    """A transport whose link and disk are this test's."""
    return transport_of("T1.1")


def senders(transport):
    """Who is heard in the next turn."""
    return [given.sender for given in transport.take()]


def test_in_every_turn_each_sender_has_a_share(transport):
    """Behind thousands of messages of one, the only one of another comes in the very next turn."""
    for _ in range(5_000):
        transport.receive(Arrived(TopicKind.WANT, "T3.1", WANT))
    transport.receive(Arrived(TopicKind.WANT, "T2.1", WANT))
    heard = senders(transport)
    assert (heard.count("T3.1"), heard.count("T2.1")) == (limits.SENDER_INPUTS, 1)


def test_what_is_beyond_the_bound_is_dropped_but_never_that_somebody_is_gone(transport):
    """The queue of a flooding sender ends; that it is gone still comes, at its place."""
    for _ in range(5_000):
        transport.receive(Arrived(TopicKind.WANT, "T3.1", WANT))
    transport.receive(SenderOffline("T3.1"))
    heard = []
    while transport.waits:
        heard += transport.take()
    assert len(heard) == limits.SENDER_WAITS + 1


def test_long_messages_count_by_their_bytes(transport):
    """Messages of a megabyte: not more wait than the bytes allow, and one is taken in a turn."""
    for _ in range(100):
        transport.receive(Arrived(TopicKind.WANT, "T3.1", b" " * limits.SENDER_BYTES))
    assert len(senders(transport)) == 1
    assert len(transport._came["T3.1"]._came) == limits.SENDER_WAITS_BYTES // limits.SENDER_BYTES - 1


def test_nobody_brings_more_entries_than_there_can_be(monkeypatch):
    """The first bytes of entries are taken in, what is beyond is refused and shown; another's are taken in."""
    batch = wire.encode(Batch(THIEFS, 1, (wire.msgspec.Raw(b"{}"),), "00"))
    monkeypatch.setattr(limits, "ENTRIES_BYTES", 3 * len(batch))
    monkeypatch.setattr(limits, "ENTRIES_A_SECOND", 0)
    transport = transport_of("T1.1")  # with these bounds
    for sender in (*["T3.1"] * 5, "T2.1"):
        transport.receive(Arrived(TopicKind.LOG, sender, batch))
    taken = transport.take()
    assert [type(given) for given in taken] == [Heard] * 3 + [Suspect] * 2 + [Heard]
    assert {given.kind for given in taken if isinstance(given, Suspect)} == {RejectionReason.FLOODING}


class Sent:
    """A link and a log: entries as many as are asked for, and what was sent."""

    def __init__(self):
        self.to = []

    def batch(self, device, first):
        return [type("Row", (), {"data": b" " * 100_000, "signature": b"x"})]

    def send(self, _kind, payload, to=""):
        self.to.append(to)


def test_nobody_is_given_entries_faster_than_is_good(transport):
    """A thousand wants of one at once, and one of another: each is given one answer, and the next after a pause."""
    transport.link = log = Sent()
    for number in range(1_000):
        transport.send([GiveEntries("T3.1", f"T{number}.1-00000000000000aa", 1)], log)
    transport.send([GiveEntries("T2.1", "S.1-00000000000000aa", 1)], log)
    assert log.to.count("T2.1") == 1
    assert log.to.count("T3.1") < 100
    assert 0 < transport.gives_in() <= 200_000 / limits.GIVE_BYTES_S


def test_pieces_of_a_voter_list_are_looked_at_only_from_whom_they_are_fetched(transport):
    """A table without a list: what anybody signs as a piece of one is not even unpacked, but for who was asked."""
    piece = wire.Piece("ab" * 32, 0, 1, True, ())
    for giver in ("", "S.1"):
        transport.lists.giver = giver
        for sender in ("T3.1", "S.1"):
            transport.receive(Arrived(TopicKind.PIECE, sender, wire.encode_piece(piece, made_up.keys(sender).sign)))
            transport.receive(Arrived(TopicKind.PIECE, sender, b"no piece"))
        assert [given.kind for given in transport.take()] == [RejectionReason.MALFORMED] * bool(giver)
    assert transport.lists.came == [("S.1", piece)]


def test_pieces_are_given_one_in_a_turn_and_at_a_pace(transport, tmp_path, monkeypatch):
    """Two nodes ask for pieces all the time: each is given one, in turns of their own, and the next after a pause."""
    monkeypatch.setattr(limits, "PIECE_EVERY_S", 3_600.0)
    with Database(tmp_path) as database:
        voters = VoterList(database, "oevelse/4701")
        voters.replace(sample_voters(9, 1, ("byraad",), (1,)))
        transport.lists.have(voters, bound=False)
        transport.link = Sent()
        for _ in range(10):
            for sender in ("T3.1", "T2.1"):
                transport.receive(Arrived(TopicKind.LIST, sender, wire.encode(wire.PieceWant(transport.lists.digest, 0))))
            before = len(transport.link.to)
            transport.take()
            assert len(transport.link.to) <= before + 1
    assert sorted(transport.link.to) == ["T2.1", "T3.1"]
    assert 0 < transport.gives_in() <= limits.PIECE_EVERY_S


def test_a_batch_that_could_not_be_passed_on_is_none():
    """It fits into a packet on its way here, and would not on a longer topic: who passed it on would lose the broker."""
    batch = wire.encode(Batch(THIEFS, 1, (wire.msgspec.Raw(b"{}"),), "00"))
    wire.read_batch(batch.ljust(limits.BATCH_BYTES))
    with pytest.raises(wire.MessageError):
        wire.read_batch(batch.ljust(limits.BATCH_BYTES + 1))
