"""A disk that fails gives a red screen with a code and words, never a green; and what was on it is neither lost nor doubled."""

import json
import os
import shutil
import sqlite3

import pytest
from disks import card_disk, memory_disk, needs_root
from process_tools import card, checked, differences, exported, log_of, may_vote, number_on, opened, serve, show, valgbord

from kiosk.domain import screens as s

F1, F2, F3, F4, F5 = (
    ("F1", "Disken svarer ikke, som den skal."),
    ("F2", "Disken er fuld."),
    ("F3", "Disken kan ikke skrives."),
    ("F4", "Databasen er beskadiget."),
    ("F5", "Et andet program bruger databasen."),
)


@pytest.fixture
def disk():
    with memory_disk() as mounted:
        yield mounted


def fault(screen):
    """The code and the reason on a red screen, which tells the clerk to hand out nothing."""
    assert s.shows(screen.content, s.Kind.FAULT), screen.content
    assert screen.content.remedy.startswith("Udlevér ingen stemmesedler.")
    assert screen.left is None
    assert screen.right is None
    return screen.content.code, screen.content.reason


def until_not_a_fault(client):
    """The first screen after the red ones."""
    return client.until(lambda screen: not s.shows(screen.content, s.Kind.FAULT)).content


def requests_for(table, voter):
    """The outcome of each request for a voter in the exported log: its entries' kinds and outcomes, in their order."""
    ids, told = [], {}
    for line in exported(table):
        body = json.loads(json.loads(line)["entry"])["body"]
        if body["kind"] == "request" and body["voter"] == voter:
            ids.append(body["id"])
            told[body["id"]] = []
        elif body.get("request") in told:
            told[body["request"]].append(body.get("outcome", body["kind"]))
        for answer in ("issued", "withdrawn") if body["kind"] == "start" else ():  # what the clerk has answered
            for id_ in told.keys() & set(body[answer]):
                told[id_].append(answer)
    return [told[id_] for id_ in ids]


# --- a full disk ----------------------------------------------------------------------------------------------------


@needs_root
def test_a_disk_that_is_full_at_the_approval_gives_f2_and_the_voter_is_served_when_there_is_room(make_table, disk):
    """Nothing of the approval is on the disk, the node recovers by itself, and the same voter gets one green."""
    table = make_table(data=disk.folder / "data")
    opened(table)
    first, second = may_vote(table)[:2]
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        assert isinstance(serve(client, table, first).content, s.Green)
        show(client, table, second)
        disk.fill()
        client.touch("approve")
        assert fault(client.next()) == F2
        disk.make_room()
        assert isinstance(until_not_a_fault(client), s.Ready)
        assert requests_for(table, second) == []
        assert isinstance(serve(client, table, second).content, s.Green)
        show(client, table, first)  # served before the fault
        assert client.screen.content.code == "A1"
    assert differences([first, second], exported(table)) == []


@needs_root
def test_a_disk_that_is_full_when_the_green_is_drawn_leads_to_a_question_about_that_voter(make_table, disk):
    """The green was seen and its outcome can't be written: F2, and with room again the clerk is asked about this voter."""
    table = make_table(data=disk.folder / "data")
    opened(table)
    voter = may_vote(table)[0]
    with table.node(), table.screen() as client:
        client.showing(s.Ready)
        green = serve(client, table, voter)
        assert isinstance(green.content, s.Green)
        disk.fill()
        client.drawn()
        assert fault(client.next()) == F2
        disk.make_room()
        question = until_not_a_fault(client)
        assert isinstance(question, s.Unresolved)
        assert number_on(question) == voter
        client.touch("yes")
        client.showing(s.Ready)
    assert requests_for(table, voter) == [["granted", "issued"]]


@needs_root
def test_a_disk_that_stays_full_says_f2_for_as_long_as_it_is(make_table, disk):
    """Also the tries to open the store again say that the disk is full, and the self-test does."""
    table = make_table(data=disk.folder / "data")
    opened(table)
    disk.fill()
    assert "No space left on device" in checked(table)[1]
    with table.node(), table.screen(draws=True) as client:
        assert [fault(client.next()), fault(client.next())] == [F2, F2]
        disk.make_room()
        assert isinstance(until_not_a_fault(client), s.Ready)


# --- a disk that can't be written -----------------------------------------------------------------------------------


@needs_root
def test_a_read_only_disk_gives_f3_until_it_can_be_written(make_table, disk):
    """The node starts with F3, `check` names it, and the table serves when the disk can be written again."""
    table = make_table(data=disk.folder / "data")
    opened(table)
    disk.remount("ro")
    status, words = checked(table)
    assert status == 1
    assert "Read-only file system: it must be writable" in words
    with table.node(), table.screen(draws=True) as client:
        assert fault(client.next()) == F3
        assert fault(client.next()) == F3
        disk.remount("rw")
        assert isinstance(until_not_a_fault(client), s.Ready)


@needs_root
def test_a_card_that_turns_read_only_while_the_node_runs_gives_no_green_and_keeps_what_it_holds(make_table):
    """As the kernel does it after an I/O error: the approval gives a red screen, then F3; the log can still be verified."""
    with card_disk() as disk:
        table = make_table(data=disk.folder / "data")
        opened(table)
        first, second = may_vote(table)[:2]
        with table.node(), table.screen(draws=True) as client:
            client.showing(s.Ready)
            assert isinstance(serve(client, table, first).content, s.Green)
            show(client, table, second)
            disk.remount("abort")
            client.touch("approve")
            assert fault(client.next()) in {F1, F3}  # SQLite says no more than that the write failed
            assert fault(client.next()) == F3
            assert fault(client.next()) == F3
        done = valgbord("log", "verify", "--bundle", table.bundle, "--data", table.data)
        assert done.returncode == 0, done.stderr
        assert "Ballots issued: byraad 1, region 1" in done.stdout


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: apt-get install strace")
@pytest.mark.parametrize("nth", [3, 4, 5])  # after two at the start, each voter has one for the approval and one for the green
def test_a_sync_that_fails_gives_a_red_screen_and_the_voters_have_one_mark_each(table, nth):
    """The sync of an approval or of a green reports an I/O error: F1, a question about that voter at most, nothing doubles."""
    opened(table)
    voters, seen, faults = may_vote(table)[:3], [], 0
    inject = f"inject=fdatasync:error=EIO:when={nth}"
    with (
        table.node("strace", "-f", "-D", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", inject),
        table.screen(draws=True) as client,
    ):
        approved = None
        while len(seen) < len(voters):
            if s.shows(client.showing(s.Ready, s.Green, s.Kind.FAULT, s.Unresolved).content, s.Kind.FAULT):
                assert fault(client.screen) == F1
                faults += 1
                until_not_a_fault(client)
            if isinstance(client.screen.content, s.Unresolved):
                assert number_on(client.screen.content) == approved
                client.touch("yes" if approved in seen else "no")
                client.showing(s.Ready)
            if isinstance(show(client, table, voters[len(seen)]).content, s.VoterShown):
                client.touch("approve")
                approved = voters[len(seen)]
                if isinstance(client.next().content, s.Green):
                    seen.append(approved)
    assert faults == 1
    assert differences(seen, exported(table)) == []


# --- a damaged database ---------------------------------------------------------------------------------------------


def overwrite(file, start, length=None):
    """Turn over every bit of a part of a file, by default up to its end."""
    with file.open("r+b") as open_file:
        open_file.seek(start)
        there = open_file.read(length)
        open_file.seek(start)
        open_file.write(bytes(byte ^ 0xFF for byte in there))


DAMAGE = {
    "its first page": lambda file: overwrite(file, 0, 100),
    "a page of the tables": lambda file: overwrite(file, 2 * 4_096, 4_096),
    "all pages but the first": lambda file: overwrite(file, 4_096),
    "its end cut off": lambda file: os.truncate(file, 8_192),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_database_gives_f4_at_the_start(table, damage):
    """The node serves nobody and says that the database is damaged, and so does `check`."""
    opened(table)
    damage(table.data / "node.db")
    with table.node(), table.screen(draws=True) as client:
        assert fault(client.next()) == F4
        table.scanner.scan(card(table, may_vote(table)[0]))
        assert fault(client.next()) == F4
    status, words = checked(table)
    assert status == 1
    assert "store: corrupt" in words
    assert "do not use this table" in words


def test_a_database_that_is_damaged_while_the_node_runs_gives_f4_at_the_first_bad_page(make_table):
    """A list too long for SQLite's cache: the lookup that meets the damage stops the table, and no later start serves."""
    table = make_table(voters=40_000)
    opened(table)
    voters = may_vote(table)
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        assert isinstance(serve(client, table, voters[-1]).content, s.Green)
        overwrite(table.data / "node.db", 4_096)
        for voter in voters[:: len(voters) // 50]:
            seen = show(client, table, voter)
            if s.shows(seen.content, s.Kind.FAULT):
                break
            client.touch("cancel")
            client.showing(s.Ready)
        assert fault(client.screen) == F4
        assert fault(client.next()) == F4


@pytest.mark.parametrize("at", [9, 2_000, 20_000])
def test_a_damaged_write_ahead_log_gives_f4_at_the_start(table, at):
    """One byte of the log's newest file is changed while the node is off: it must not start with fewer marks than it made."""
    opened(table)
    with table.node() as node, table.screen(draws=True) as client:
        client.showing(s.Ready)
        for voter in may_vote(table)[:10]:
            assert isinstance(serve(client, table, voter).content, s.Green)
        node.kill()
    overwrite(table.data / "node.db-wal", at, 1)
    with table.node(), table.screen(draws=True) as client:
        assert fault(client.next()) == F4


# --- a log or a list that somebody has changed ----------------------------------------------------------------------

CHANGED = "update log set entry = cast(replace(entry, '\"voter\":', '\"voter\":1') as blob) where seq = 5"
TAMPERING = {
    "a changed entry": ([CHANGED], " entry 5: changed"),
    "a dropped entry": (["delete from log where seq = 6"], " entry 7: dropped: entry 6 is missing before it"),
    "two entries in another order": (
        ["update log set arrival = 1000 where seq = 6", "update log set arrival = 6 where seq = 7",
         "update log set arrival = 7 where seq = 6"],
        " entry 7: dropped: entry 6 is missing before it",
    ),
    "the last entries cut off": (["delete from log where seq > 10"], "are missing at its end"),
    "all entries deleted": (["delete from log"], "are missing at its end"),
    "another last run": (
        ["update facts set value = 'T1.1-0123456789abcdef' where key = 'run'"],
        "T1.1-0123456789abcdef, its last run, is missing",
    ),
    "a forged signature": (
        ["update log set signature = zeroblob(64) where arrival = (select max(arrival) from log)"],
        "forged: the signature over entries",
    ),
    "a missing signature": (
        ["update log set signature = null where arrival = (select max(arrival) from log)"],
        "forged or cut: entries",
    ),
    "another voter list's log": (["update facts set value = 'ff' where key = 'list_digest'"], "not the list that was imported"),
    "a voter given back the right to vote": (
        ["update voters set struck = null, postal = ''"], "voter list: it is not the list that was imported",
    ),
    "a voter with an impossible birth date": (
        ["update voters set born = 'never'"], "voter list: it is not the list that was imported",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statements", "named"), TAMPERING.values(), ids=TAMPERING)
def test_a_log_or_a_list_that_was_tampered_with_is_not_served_from(table, statements, named):
    """The node refuses to serve with F4, and `check` names what is wrong."""
    opened(table)
    voters = may_vote(table)[:3]
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        for voter in voters:
            assert isinstance(serve(client, table, voter).content, s.Green)
    with sqlite3.connect(table.data / "node.db") as database:
        for statement in statements:
            assert database.execute(statement).rowcount
    database.close()
    with table.node(), table.screen(draws=True) as client:
        assert fault(client.next()) == F4
    status, words = checked(table)
    assert status == 1
    assert named in words
    assert all(voter.name not in log_of(table) for voter in table.voters)


# --- two nodes on one store or one socket -----------------------------------------------------------------------------


def test_a_second_node_on_the_same_store_says_f5_and_the_first_is_undisturbed(table):
    """The second serves nobody while the first serves on, and takes the store when the first has ended."""
    opened(table)
    first, second = may_vote(table)[:2]
    with table.node() as running, table.screen(draws=True) as client:
        client.showing(s.Ready)
        table.socket = table.folder / "second.sock"
        with table.node(), table.screen(draws=True) as other:
            assert fault(other.next()) == F5
            assert "is in use: stop this table's node before the test" in checked(table)[1]
            assert isinstance(serve(client, table, first).content, s.Green)
            show(client, table, second)  # the first's green was drawn, and that is written
            running.terminate()
            assert isinstance(until_not_a_fault(other), s.Ready)
            other.until(lambda shown: shown.strip.warnings == ())  # the first had the scanner too
            show(other, table, first)
            assert other.screen.content.code == "A1"
            assert isinstance(serve(other, table, second).content, s.Green)
    assert differences([first, second], exported(table)) == []


def test_a_second_node_on_the_same_socket_ends_at_once_and_the_first_keeps_its_displays(table):
    """The command says what to do, and displays old and new are still the first node's."""
    opened(table)
    voter = may_vote(table)[0]
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        done = valgbord("node", "--bundle", table.bundle, "--data", table.folder / "other", "--socket", table.socket)
        assert done.returncode == 1
        assert "another node serves this screen: stop that one first" in done.stderr
        with table.screen() as new:
            assert isinstance(new.next().content, s.Ready)
        assert isinstance(serve(client, table, voter).content, s.Green)
