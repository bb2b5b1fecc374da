"""The voter list in pieces, without a network: what is taken in, what is not, and whose word counts."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kiosk import limits
from kiosk.service.list_transfer import KnownLists, ListFetch
from kiosk.simulated.voters import sample_voters
from kiosk.store.database import Database
from kiosk.store.voterlist import VoterList
from kiosk.sync.messages import MessageError, Piece, PieceWant, encode_piece, read_piece
from tests.made_up import keys

REALM = "oevelse/4701"
COUNT = 2 * limits.PIECE_VOTERS + 7


@pytest.fixture
def giver(tmp_path: Path) -> Iterator[KnownLists]:
    """The secretary's, with a list."""
    with Database(tmp_path / "giver") as database:
        voters = VoterList(database, REALM)
        voters.replace(sample_voters(COUNT, 5, ("byraad",), (1, 2)))
        lists = KnownLists("S.1", ("S", "T2"))
        lists.have(voters, bound=False)
        yield lists


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "taker") as database:
        yield database


def given(giver: KnownLists, want: PieceWant) -> Piece:
    """The piece that is given for a want, over the wire and back."""
    giver.wanted["T1.1"] = want
    found = giver.piece_for("T1.1")
    assert found is not None
    return read_piece(encode_piece(found, keys("S.1").sign), "S.1", keys("T1.1").verify)


def test_a_list_comes_whole(giver: KnownLists, store: Database) -> None:
    """Piece by piece, each asked for once; then the table has the very list."""
    voters = VoterList(store, REALM)
    fetching = ListFetch(voters, "S.1", giver.digest, 0.0)
    want, asked = fetching.take([], 10.0), 0
    while want is not None:
        asked += 1
        want = fetching.take([("S.1", given(giver, want))], 10.0 + asked)
    assert (asked, fetching.ended, fetching.good, fetching.come) == (3, True, True, COUNT)
    assert (voters.digest(), voters.count(), voters.verify()) == (giver.digest, COUNT, True)


def test_only_the_next_piece_of_the_right_list_from_the_right_node_is_taken(giver: KnownLists, store: Database) -> None:
    """A piece out of order, of another list, from another node, or come twice adds nothing; the want is made again in time."""
    fetching = ListFetch(VoterList(store, REALM), "S.1", giver.digest, 0.0)
    want = fetching.take([], 10.0)
    assert want == PieceWant(giver.digest, 0)
    piece = given(giver, want)
    later = given(giver, PieceWant(giver.digest, piece.rows[-1][0]))
    strange = msgspec.structs.replace(piece, digest="other")
    assert fetching.take([("S.1", later), ("T3.1", piece), ("S.1", strange)], 10.1) is None
    assert fetching.come == 0
    assert fetching.take([], 10.1 + limits.PIECE_AGAIN_S) == want
    second = fetching.take([("S.1", piece), ("S.1", piece)], 12.0)
    assert (second, fetching.come) == (PieceWant(giver.digest, piece.rows[-1][0]), limits.PIECE_VOTERS)
    assert not fetching.is_silent(12.0 + limits.GIVER_SILENT_S)
    assert fetching.is_silent(12.1 + limits.GIVER_SILENT_S)


def test_a_list_that_is_not_what_was_told_is_thrown_away(giver: KnownLists, store: Database) -> None:
    """One voter's birth date is another one: in the end there is no list, and it begins anew."""
    voters = VoterList(store, REALM)
    fetching = ListFetch(voters, "S.1", giver.digest, 0.0)
    want = fetching.take([], 10.0)
    while want is not None:
        piece = given(giver, want)
        first = (*piece.rows[0][:3], "1950-01-01", *piece.rows[0][4:])
        want = fetching.take([("S.1", msgspec.structs.replace(piece, rows=(first, *piece.rows[1:])))], 10.0)
    assert (fetching.ended, fetching.good, voters.digest()) == (True, False, None)
    assert voters.begin(giver.digest) == (0, 0)


def test_another_list_begins_from_nothing(giver: KnownLists, store: Database) -> None:
    """What has come of one list is not mixed with another; of the same one it is kept."""
    voters = VoterList(store, REALM)
    fetching = ListFetch(voters, "S.1", giver.digest, 0.0)
    want = fetching.take([], 10.0)
    assert want is not None
    fetching.take([("S.1", given(giver, want))], 10.0)
    assert voters.begin(giver.digest)[1] == limits.PIECE_VOTERS
    assert voters.begin("another") == (0, 0)


def test_a_piece_must_be_its_givers_and_in_order(giver: KnownLists) -> None:
    """A changed byte, another signer, voters out of order and a book that no place has are refused."""
    giver.wanted["T1.1"] = PieceWant(giver.digest, 0)
    piece, verify = giver.piece_for("T1.1"), keys("T1.1").verify
    assert piece is not None
    payload = encode_piece(piece, keys("S.1").sign)
    assert read_piece(payload, "S.1", verify) == piece
    for at in (5, len(payload) // 2, len(payload) - 5):
        with pytest.raises(MessageError):
            read_piece(payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :], "S.1", verify)
    with pytest.raises(MessageError, match="has not signed"):
        read_piece(payload, "T2.1", verify)
    backwards = msgspec.structs.replace(piece, rows=piece.rows[::-1])
    booked = msgspec.structs.replace(piece, rows=((*piece.rows[0][:4], 10**20, *piece.rows[0][5:]),))
    for wrong in (backwards, booked):
        with pytest.raises(MessageError, match=r"no piece|out of order"):
            read_piece(encode_piece(wrong, keys("S.1").sign), "S.1", verify)


def test_a_piece_that_unpacks_without_end_is_refused(giver: KnownLists) -> None:
    """A few kilobytes that would become a hundred megabytes take no more room than a piece may."""
    row = (1, "x" * 100_000_000, "", "1950-01-01", 1, "", "", "", None)
    bomb = Piece(giver.digest, 0, 1, last=True, rows=(row,))
    with pytest.raises(MessageError, match="no piece"):
        read_piece(encode_piece(bomb, keys("S.1").sign), "S.1", keys("T1.1").verify)


def test_whose_word_counts() -> None:
    """The secretary's node is asked first, then the assistant; a table's word is none, and who was silent comes last."""
    lists = KnownLists("T1.1", ("S", "T2"))
    for device, digest in (("T3.1", "c"), ("T2.1", "b"), ("S.1", "a")):
        assert not lists.heard(device, digest)  # no news to a node without a list
    assert lists.offers == [("S.1", "a"), ("T2.1", "b")]
    lists.was_silent("S.1")
    assert lists.offers == [("T2.1", "b"), ("S.1", "a")]
    lists.was_silent("T2.1")
    assert lists.offers == [("S.1", "a"), ("T2.1", "b")]


def test_a_node_with_another_list_is_not_listened_to() -> None:
    """It differs until it says that it has this list. It is news once."""
    lists = KnownLists("T1.1", ("S", "T2"))
    lists.digest = "right"
    assert not lists.heard("T3.1", "right")
    assert lists.heard("T3.1", "wrong")
    assert not lists.heard("T3.1", "wrong")  # no news any more
    assert lists.differs("T3.1")
    assert not lists.differs("T4.1")
    lists.heard("T3.1", "right")
    assert not lists.differs("T3.1")


FREE, BOUND = False, True
RIGHT = {
    "nobody is heard": ("T1.1", FREE, {}, "a"),
    "a table takes the secretary's": ("T1.1", FREE, {"S.1": ("b", FREE)}, "b"),
    "and the assistant's where the secretary's is not heard": ("T1.1", FREE, {"T2.1": ("b", FREE)}, "b"),
    "the assistant too": ("T2.1", FREE, {"S.1": ("b", FREE), "T1.1": ("a", FREE)}, "b"),
    "the secretary's before the assistant's": ("T1.1", FREE, {"T2.1": ("b", FREE), "S.1": ("a", FREE)}, "a"),
    "a table's word alone is none": ("T1.1", FREE, {"T3.1": ("b", FREE)}, "a"),
    "two disks of the secretary's": ("T1.1", FREE, {"S.1": ("a", FREE), "S.2": ("b", FREE)}, "a"),
    "marks keep their list, whatever all others have": ("T1.1", BOUND, {"S.1": ("b", BOUND), "T2.1": ("b", BOUND)}, "a"),
    "the secretary's marks too": ("S.1", BOUND, {"T1.1": ("b", BOUND)}, "a"),
    "the secretary's takes none by itself": ("S.1", FREE, {"T2.1": ("b", FREE), "T1.1": ("b", FREE)}, "a"),
    "where others have marks it stops": ("S.1", FREE, {"T1.1": ("b", BOUND)}, ""),
    "unless they are under its own too": ("S.1", FREE, {"T1.1": ("b", BOUND), "T2.1": ("a", BOUND)}, "a"),
    "marks at the assistant's before a secretary's without": ("T1.1", FREE, {"S.1": ("a", FREE), "T2.1": ("b", BOUND)}, "b"),
    "marks of another table's under this list keep it": ("T1.1", FREE, {"S.1": ("b", FREE), "T3.1": ("a", BOUND)}, "a"),
    "the secretary's with marks before a table's": ("T1.1", FREE, {"S.1": ("b", BOUND), "T3.1": ("a", BOUND)}, "b"),
    "a liar stops no table that has the secretary's": ("T1.1", FREE, {"S.1": ("a", FREE), "T3.1": ("b", BOUND)}, "a"),
    "where nobody gives the list with marks a table stops": ("T1.1", FREE, {"T3.1": ("b", BOUND)}, ""),
}


@pytest.mark.parametrize(("me", "bound", "told", "right"), RIGHT.values(), ids=RIGHT)
def test_which_list_a_node_should_have(me: str, bound: bool, told: dict[str, tuple[str, bool]], right: str) -> None:
    """Its own is "a"; what the others say, in whatever order. Who is gone, or revoked, has said nothing."""
    for order in (list(told), list(reversed(told))):
        lists = KnownLists(me, ("S", "T2"))
        lists.digest, lists.bound = "a", bound
        for device in order:
            lists.heard(device, told[device][0], bound=told[device][1])
        assert lists.right == right
        for device in order:
            lists.gone(device)
        assert lists.right == "a"


def test_a_table_without_a_list_fetches_the_one_that_marks_are_under() -> None:
    """The secretary's has none, the assistant has: it comes from the assistant alone, also where that was silent once."""
    lists = KnownLists("T1.1", ("S", "T2"))
    lists.heard("S.1", "new")
    lists.heard("T2.1", "old", bound=True)
    lists.was_silent("T2.1")
    assert lists.offers == [("T2.1", "old")]
    lists.heard("S.2", "old")
    assert lists.offers == [("S.2", "old"), ("T2.1", "old")]
