"""The `valgbord` command as its user meets it: what it does, and one clear sentence where something is wrong."""

import hashlib
import json
import os
import re
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from process_tools import COMMAND_S, exported, import_list, may_vote, opened, scan_until_shown, serve, valgbord

from kiosk.cli import main
from kiosk.domain import screens as s
from kiosk.remote import screen_client
from kiosk.simulated.place import SimulatedPlace
from kiosk.simulated.table import SimulatedTable


@pytest.fixture(scope="module")
def served():
    """A table that has served ten voters; its tests only look at it. `heads` are its log's heads."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    table = SimulatedTable(folder, folder)
    table.provision()
    import_list(table, 300)
    opened(table)
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        for voter in may_vote(table)[:10]:
            assert isinstance(serve(client, table, voter).content, s.Green)
        client.touch("next")
        client.showing(s.Ready)
    exported(table)
    yield table
    table.close()


def command_paths(command=main, path=()):
    """Every command and group, as the words that call it."""
    yield path
    if isinstance(command, click.Group):
        for name, sub in command.commands.items():
            yield from command_paths(sub, (*path, name))


def refused(*arguments, status=1):
    """Run a command that must fail; return its one sentence, after checking that it is one."""
    done = valgbord(*arguments)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    sentences = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    assert len(sentences) == 1, done.stderr
    return sentences[0]


def at(table):
    return "--bundle", table.bundle, "--data", table.data


# --- help -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", list(command_paths()), ids=lambda words: " ".join(words) or "valgbord")
def test_every_command_explains_itself(words):
    """`--help` says what the command is for, in a sentence, and explains every option."""
    done = valgbord(*words, "--help")
    assert done.returncode == 0
    assert done.stderr == ""
    assert re.search(r"^  [A-Z].{20,}", done.stdout, re.MULTILINE), done.stdout
    options = re.findall(r"^  (--\S+.*)$", done.stdout, re.MULTILINE)
    assert all(re.search(r"\S {2,}\S|^--\S+ [\w:|\[\].]+$|^--\S+$", option) for option in options), options


def test_the_installed_command_says_its_version():
    """`valgbord` stands beside the interpreter of the environment that it was installed into."""
    done = subprocess.run([Path(sys.executable).with_name("valgbord"), "--version"], capture_output=True, text=True, check=True)
    assert re.search(r"\d+\.\d+\.\d+", done.stdout)


def test_a_word_that_is_no_command_is_named():
    """A slip of the finger gives the word back, and exit status 2."""
    assert "'nod'" in refused("nod", status=2)


# --- provision ------------------------------------------------------------------------------------------------------


def test_provision_makes_bundles_that_only_their_owner_can_read_and_shows_the_pins_once(served):
    """Keys and PIN hashes are private files, the two PINs differ, and stand in no file."""
    out = served.folder / "fresh"
    done = valgbord("provision", served.plan, "--out", out)
    assert done.returncode == 0, done.stderr
    pins = re.findall(r"PIN\s+(\d{6})\b", done.stdout)
    assert len(set(pins)) == 2
    assert "T1.1" in done.stdout
    for name in ("device.json", "device.key"):
        file = out / "table-1" / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert not any(pin in file.read_text() for pin in pins)
    assert (out / "table-1" / "plan.toml").read_bytes() == served.plan.read_bytes()


def test_provision_never_overwrites_keys(served):
    """A folder that exists is refused, whatever is in it."""
    sentence = refused("provision", served.plan, "--out", served.folder / "bundles")
    assert "exists already, and keys are never overwritten: name a new folder" in sentence


PLANS = {
    "an unknown key": (
        ("[place]", "[place]\ncolour = 1"),
        "place: there is no key `colour`: known keys are code, name, training",
    ),
    "a missing key": (('code = "4701"', ""), "place: Object missing required field `code`"),
    "a wrong value": (
        ("date = 2025-11-18", 'date = "soon"'),
        "day.date: Expected `date`, got `str`: write it without quotes, as 2025-11-18",
    ),
    "no TOML": (("[place]", "[place"), "plan.toml"),
    "a date as people write it": (
        ("date = 2025-11-18", "date = 18-11-2025"),
        "line 11: `date = 18-11-2025`: dates are written 2025-11-18",
    ),
    "a date with a time": (
        ("date = 2025-11-18", "date = 2025-11-18 08:00:00"),
        "day.date: Expected `date`, got `datetime`: write it without quotes, as 2025-11-18",
    ),
    "a date with dots": (("date = 2025-11-18", "date = 18.11.2025"), "dates are written 2025-11-18"),
    "a date in words": (("date = 2025-11-18", "date = 18. november 2025"), "dates are written 2025-11-18"),
    "a date with short numbers": (("date = 2025-11-18", "date = 2025-11-8"), "dates are written 2025-11-18"),
    "a month that is none": (("date = 2025-11-18", "date = 2025-18-11"), "dates are written 2025-11-18"),
    "a text without quotes": (
        ('code = "4701"', "code = A4701"),
        '`code = A4701`: text is written in quotes, as name = "Skolen"',
    ),
    "a quote that is missing": (
        ('code = "4701"', 'code = "4701'),
        "`: a quote is missing",
    ),
    "quotes of a word processor": (('code = "4701"', "code = ”4701”"), "`code = ”4701”`: quotes are straight"),
    "a word that is none": (
        ("training = true", "training = True"),
        "`training = True`: yes and no are written true and false",
    ),
    "words that are too many": (('code = "4701"', 'code = "4701" 2'), '`code = "4701" 2`'),
    "a table that stands twice": (
        ("number = 1", "number = 1\n[[tables]]\nnumber = 1"),
        "`tables.number`: 1 stands more than once",
    ),
}


@pytest.mark.parametrize(("change", "named"), PLANS.values(), ids=PLANS)
def test_a_plan_with_a_mistake_is_refused_with_its_key(served, change, named):
    """The sentence names the file and the key; nothing is made."""
    folder = Path(tempfile.mkdtemp(dir=served.folder))
    plan = folder / "plan.toml"
    plan.write_text(served.plan.read_text().replace(*change, 1))
    sentence = refused("provision", plan, "--out", folder / "out")
    assert named in sentence
    assert str(plan) in sentence
    assert not (folder / "out").exists()


# --- missing and wrong files ----------------------------------------------------------------------------------------


def test_what_is_missing_is_named(served):
    """A file or folder that is not there: its path, and no traceback, from every command that reads one."""
    nowhere = served.folder / "nowhere"
    for arguments in (
        ("provision", nowhere, "--out", served.folder / "o"),
        ("list", "check", "--plan", nowhere, served.list),
        ("list", "check", "--plan", served.plan, nowhere),
        ("list", "sample", "--plan", nowhere, served.folder / "s.csv"),
        ("list", "sample", "--plan", served.plan, nowhere / "s.csv"),
        ("list", "import", "--bundle", nowhere, "--data", served.data, served.list),
        ("list", "import", "--yes", *at(served), nowhere),
        ("node", "--bundle", nowhere, "--data", served.data, "--socket", served.socket),
        ("log", "verify", "--bundle", nowhere, "--data", served.data),
        ("log", "verify", "--bundle", served.bundle, "--data", nowhere),
        ("log", "verify", *at(served), nowhere),
        ("log", "export", "--bundle", nowhere, "--data", served.data, served.folder / "e"),
        ("log", "export", "--bundle", served.bundle, "--data", nowhere, served.folder / "e"),
        ("log", "export", *at(served), nowhere / "e"),
    ):
        assert str(nowhere) in refused(*arguments)
    assert not nowhere.exists()
    done = valgbord("check", "--bundle", nowhere, "--data", served.data)
    assert done.returncode == 1
    assert str(nowhere) in done.stdout


def test_a_folder_for_a_file_is_refused(served):
    """The other kind of thing at the path: named, and not tried."""
    refused("provision", served.folder, "--out", served.folder / "o", status=2)
    refused("list", "check", "--plan", served.plan, served.folder, status=2)
    refused("node", "--bundle", served.plan, "--data", served.data, status=2)


def test_another_devices_key_is_refused(make_table, served):
    """A bundle put together from two is noticed by every command that loads it."""
    table = make_table(voters=0)
    (table.bundle / "device.key").write_bytes((served.bundle / "device.key").read_bytes())
    assert "is not the key of T1.1: provision the device again" in refused("log", "verify", *at(table))
    assert "is not the key of T1.1" in valgbord("check", *at(table)).stdout


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"])
def test_a_key_that_is_none_is_refused(make_table, text):
    """An empty or damaged key file: what to do about it."""
    table = make_table(voters=0)
    (table.bundle / "device.key").write_text(text)
    assert "provision the device again" in refused("log", "verify", *at(table))


@pytest.mark.parametrize("text", ["", "[]", "{", '{"name":"T1.1"}', "\xff"])
def test_a_device_file_that_is_none_is_refused(make_table, text):
    """An empty or damaged device file: its name and what to do."""
    table = make_table(voters=0)
    (table.bundle / "device.json").write_bytes(text.encode("latin-1"))
    sentence = refused("log", "verify", *at(table))
    assert "device.json" in sentence
    assert "provision the device again" in sentence


def test_a_socket_path_that_no_system_can_use_is_refused(served):
    """Longer than the 107 characters of a Unix socket's path."""
    long = served.folder / ("s" * 120)
    assert "path too long" in refused("node", "--bundle", served.bundle, "--data", served.folder / "d2", "--socket", long)


def test_a_file_in_the_place_of_the_socket_is_not_deleted(served):
    """Only a socket that a killed node has left may be removed."""
    file = served.folder / "precious"
    file.write_text("precious")
    assert str(file) in refused("node", "--bundle", served.bundle, "--data", served.folder / "d3", "--socket", file)
    assert file.read_text() == "precious"


# --- the chair ---


def test_without_a_node_the_chair_is_told_what_to_do(served, monkeypatch):
    """No node at the socket: which one was tried, and the two remedies."""
    connected = screen_client._connected
    monkeypatch.setattr(screen_client, "_connected", lambda path, _patience_s: connected(path, 0.0))
    nowhere = served.folder / "nowhere.sock"
    done = CliRunner().invoke(main, ["chair", "--socket", str(nowhere), "--pin", "123456", "overview"])
    assert done.exit_code == 1
    assert f"no node answers at {nowhere}: start it with `valgbord node`, or name its socket" in done.output


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--pin", "12a", "overview"), "a PIN has digits only"),
        (("--pin", "123456789", "overview"), "a PIN has digits only, at most 8"),
        (("--pin", "1", "give", "two", "T2"), "'two' is not a valid integer"),
        (("--pin", "1", "give", "0", "T2"), "0 is not in the range"),
        (("--pin", "1", "excuse"), "Missing argument 'NODE...'"),
        (("scan-cards",), "Missing argument 'NODE'"),
        (("scan-cards", "T2", "345"), "unexpected extra argument (345)"),
        (("stop", "--off", "T2", "1-234-567"), "unexpected extra argument (1-234-567)"),
        (("open-poll", "--code", "1-234-567"), "No such option '--code'"),
    ],
)
def test_a_decision_that_is_mistyped_is_refused_before_anything_is_touched(words, named):
    """What is wrong on the command line is named, with no node asked."""
    assert named in refused("chair", *words, status=2)


def test_a_line_that_is_no_voter_number_is_named():
    """Cards are typed or piped, one a line; with one that is none, none is entered."""
    done = valgbord("chair", "scan-cards", "T2", typed="12\n\nT2:13\n")
    assert (done.returncode, "line 3 is no number of a card or a voter" in done.stderr) == (2, True), done.stderr


def test_what_the_screen_does_not_offer_is_not_decided(make_table):
    """A wrong PIN, and what this node can't decide: the screen's own words, or why not."""
    table = make_table(voters=10)
    opened(table)
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        at_node = ("chair", "--socket", table.socket, "--pin")
        assert "Forkert PIN" in refused(*at_node, "0", "close-table")
        assert isinstance(client.showing(s.Ready).content, s.Ready)
        done = valgbord(*at_node, table.pin, "close-table")
        assert (done.returncode, done.stdout) == (0, "Decided. The node shows “Bordet er lukket”\n")
        assert s.shows(client.showing(s.Kind.CLOSED).content, s.Kind.CLOSED)


def is_left_ready(table):
    """Whether the table waits for the next voter, as a command has left it."""
    with table.screen() as client:
        return isinstance(client.next().content, s.Ready)


def test_a_mark_is_undone_by_command_without_the_number_on_its_line(make_table):
    """The voter's number and which mark are typed; the table says so until that is touched away, and serves the voter again."""
    table = make_table(voters=10)
    opened(table)
    anne, bent, *_ = may_vote(table)
    with table.node():
        with table.screen(draws=True) as client:
            client.showing(s.Ready)
            assert isinstance(serve(client, table, anne).content, s.Green)
            client.touch("next")
            client.showing(s.Ready)
        undo = ("chair", "--socket", table.socket, "--pin", table.pin, "undo")
        assert valgbord(*undo).returncode == 1, "nobody answers what is asked"
        done = valgbord(*undo, typed=f"{bent}\n")
        assert done.returncode == 1
        assert "no mark that can be undone" in done.stderr
        assert is_left_ready(table)
        done = valgbord(*undo, typed=f"{anne}x\n{bent}\n1\n")
        assert (done.returncode, done.stdout) == (1, "Voter number: "), "the next line is no other voter"
        assert "Error: Voter number: it has digits only" in done.stderr
        done = valgbord(*undo, typed=f"{anne}\n")
        assert (done.returncode, "1: Bord 1" in done.stdout) == (1, True), "nobody says which"
        assert is_left_ready(table), "the voter's name does not stay on the screen"
        done = valgbord(*undo[:-1], "overview")
        assert done.stdout.startswith("Bord 1: her: ")
        assert is_left_ready(table), "a table serves nobody while it shows the overview"
        done = valgbord(*undo, typed=f"{anne}\n1\n")
        assert done.returncode == 0, done.stderr
        assert re.search(r"1: Bord 1, kl\. [\d.]+, .*: udleveret", done.stdout)
        assert done.stdout.splitlines()[-1].endswith("afmærkningen fra bord 1 er ophævet")
        with table.screen(draws=True) as client:
            client.until(lambda screen: isinstance(screen.content, s.Ready) and "ophævet" in screen.content.notice)
            client.touch("noted")
            client.until(lambda screen: isinstance(screen.content, s.Ready) and not screen.content.notice)
            scan_until_shown(client, table, anne)  # the same card again within a second is the same scan
            client.touch("approve")
            client.showing(s.Green)


def test_the_check_of_a_device_says_where_its_list_comes_from(tmp_path):
    """In a place with several tables the list is given to the secretary's node only; the tables fetch it."""
    with closing(SimulatedPlace(tmp_path, tmp_path, tables=2, voters=10, seed=1, cables=False)) as place:
        found = [valgbord("check", *at(node)).stdout for node in (place.secretary, place.table(1))]
    assert "S.1, the secretary's node, " in found[0]
    assert "voter list: there is none: `valgbord list import FILE`" in found[0]
    assert "T1.1, table 1, " in found[1]
    assert "voter list: there is none: start the node, which fetches it from the secretary's" in found[1]


# --- the voter list -------------------------------------------------------------------------------------------------


def test_a_list_is_sampled_checked_and_imported_with_one_digest(make_table):
    """The digest of the check is the digest of the import, and of the next import of the same list."""
    table = make_table(voters=0)
    file = table.folder / "sample.csv"
    assert valgbord("list", "sample", "--plan", table.plan, "--voters", "200", "--seed", "7", file).returncode == 0
    said = [
        valgbord("list", "check", "--plan", table.plan, file).stdout,
        valgbord("list", "import", "--yes", *at(table), file).stdout,
        valgbord("list", "import", "--yes", *at(table), file).stdout,
    ]
    digests = {re.search(r"Digest ([0-9a-f]{64})", words)[1] for words in said}
    assert len(digests) == 1
    assert all(words.startswith("200 voters") for words in said)


def test_every_bad_row_is_named_and_nothing_is_imported(make_table):
    """Line, column and reason of each; the earlier list stays; no voter's data is repeated."""
    table = make_table(voters=50)
    lines = table.list.read_text().splitlines()
    before = valgbord("check", *at(table)).stdout
    rows = [line.split(";") for line in lines]
    rows[3][3] = "31-02-1970"
    rows[5][1] = ""
    rows[7][0] = rows[6][0]
    rows[9][2] = "Nørregade 010170-1234"
    bad = table.folder / "bad.csv"
    bad.write_text("\n".join(";".join(row) for row in rows))
    done = valgbord("list", "import", "--yes", *at(table), bad)
    assert done.returncode == 1
    for named in ("line 4, foedselsdato:", "line 6, navn:", "line 8 (as 7), vaelgernummer:", "line 10, adresse:"):
        assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert "010170" not in done.stderr
    assert valgbord("check", *at(table)).stdout.splitlines()[3] == before.splitlines()[3]


def test_a_list_with_marks_is_not_replaced(served):
    """Its log speaks of the present list, which stays: the sentence says so, and sends nobody to another folder. The same list
    is no other."""
    file = served.folder / "other.csv"
    file.write_text("\n".join(served.list.read_text().splitlines()[:-1]))
    sentence = refused("list", "import", "--yes", *at(served), file)
    assert "it stays, and the list with digest" in sentence
    assert "--data" not in sentence
    assert valgbord("list", "import", "--yes", *at(served), served.list).returncode == 0
    assert "20 ballots issued" in valgbord("check", *at(served)).stdout


def test_a_list_can_not_be_replaced_while_the_node_runs(make_table):
    """The store belongs to the node."""
    table = make_table(voters=10)
    with table.node(), table.screen() as client:
        client.next()
        assert "is in use by another process: stop that one first" in refused("list", "import", "--yes", *at(table), table.list)


# --- the self-test --------------------------------------------------------------------------------------------------


def test_a_good_table_passes_its_test(served):
    """Each part is named; exit status 0."""
    done = valgbord("check", *at(served))
    parts = re.findall(r"^\s*(ok|note|FAIL)\s+([a-z ]+):", done.stdout, re.MULTILINE)
    assert [name for _, name in parts] == ["bundle", "clock", "disk", "voter list", "log", "marks", "scanner"]
    assert {mark for mark, name in parts if name != "clock"} == {"ok"}, done.stdout
    assert re.search(r"note +clock: .*, and the plan's day is 2025-11-18: right for an exercise only", done.stdout)
    assert done.returncode == 0
    assert "20 ballots issued" in done.stdout


def test_a_table_without_a_list_or_a_scanner_fails_its_test(make_table):
    """Each lack is named with what to do."""
    table = make_table(voters=0)
    table.scanner.unplug()
    done = valgbord("check", *at(table))
    assert done.returncode == 1
    assert "there is none: `valgbord list import FILE`" in done.stdout
    assert "not connected: check the cable" in done.stdout


def test_the_scanner_that_passes_is_named_and_a_busy_one_is_not_called_unplugged(make_table):
    """What was taken for the scanner is seen; while the node holds it, that is what is said."""
    table = make_table(voters=0)
    assert f": {os.path.realpath(table.scanner.link)}" in valgbord("check", *at(table)).stdout
    with table.node(), table.screen() as client:
        client.next()
        assert re.search(
            r"FAIL +scanner: .*: busy: another program holds it: stop that one", valgbord("check", *at(table)).stdout
        )


# --- the log --------------------------------------------------------------------------------------------------------


def test_the_log_is_verified_while_the_node_runs_and_as_an_exported_file(make_table):
    """Node or file, the same entries, the same heads, the same count of ballots; of a file only with its voter list."""
    table = make_table(voters=50)
    opened(table)
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        serve(client, table, may_vote(table)[0])
        client.touch("next")
        client.showing(s.Ready)
        exported(table)
        from_store = valgbord("log", "verify", *at(table))
        of_file = ("log", "verify", "--bundle", table.bundle, table.folder / "log.jsonl")
        from_file, without_list = valgbord(*of_file, "--list", table.list), valgbord(*of_file)
    assert from_store.returncode == from_file.returncode == without_list.returncode == 0
    assert from_store.stdout == from_file.stdout
    assert "7 entries, all good. Ballots issued: byraad 1, region 1" in from_store.stdout
    assert "7 entries, all good. Ballots are counted, and double ones found, only with --list" in without_list.stdout


def tampered(served, change):
    """Export the log, change its entry lines, and verify the file: exit status and words."""
    exported(served)
    beginning, *lines = (served.folder / "log.jsonl").read_bytes().splitlines()
    entries = [json.loads(line) for line in lines]
    change(entries)
    file = served.folder / "tampered.jsonl"
    file.write_bytes(b"\n".join([beginning, *(json.dumps(entry).encode() for entry in entries)]) + b"\n")
    done = valgbord("log", "verify", "--bundle", served.bundle, file)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def _change_a_voter(entries):
    entries[4]["entry"] = entries[4]["entry"].replace('"voter":', '"voter":9')


def _change_a_start(entries):
    entries[3]["entry"] = (
        entries[3]["entry"]
        .replace('"before":"T1.1-', '"before":"T1.1-0123456789abcdef')
        .replace(entries[0]["run"].removeprefix("T1.1-"), "")
    )


TAMPERING = {
    "changed": (_change_a_voter, "{run} entry 5: changed: entry 5 was changed"),
    "changed and not canonical": (lambda e: e[4].update(entry=e[4]["entry"] + " "), "{run} entry 5: changed: its bytes"),
    "not an entry": (lambda e: e[4].update(entry="{}"), "{run} entry 5: changed: it is not an entry any more"),
    "dropped": (lambda e: e.pop(5), "{run} entry 7: dropped: entry 6 is missing before it"),
    "several dropped": (lambda e: e.__delitem__(slice(5, 8)), "{run} entry 9: dropped: entries 6 to 8 are missing before it"),
    "reordered": (lambda e: e.insert(5, e.pop(8)), "{run} entry 6: reordered: it arrived after entry 9"),
    "repeated": (lambda e: e.insert(5, e[4]), "{run} entry 5: reordered: it arrived after entry 5"),
    "renumbered": (lambda e: e[4].update(seq=40), "{run} entry 40: reordered: here stands {run} entry 5"),
    "forged": (lambda e: e[-1].update(signature="00" * 64), "{run} entry 34: forged: the signature over entries 34 to 34"),
    "unsigned": (lambda e: e[-1].pop("signature"), "{run} entry 34: forged or cut: entries 34 to 34"),
    "another's": (lambda e: e[4].update(run="T9.1-0000000000000001"), "T9.1-0000000000000001 entry 5: "),
    "a run cut": (lambda e: e.pop(2), "{run} entry 4: dropped: {first} entry 3 is missing before it"),
    "a run dropped": (lambda e: e.__delitem__(slice(0, 3)), "{run} entry 4: dropped: {first} entry 3 is missing before it"),
    "a start changed": (_change_a_start, "{run} entry 4: dropped: T1.1-0123456789abcdef entry 3 is missing before it"),
    "a start dropped": (lambda e: e.pop(3), "{run} entry 5: dropped: the run's start is missing before it"),
}


@pytest.mark.parametrize(("change", "named"), TAMPERING.values(), ids=TAMPERING)
def test_tampering_with_an_exported_log_is_named(served, change, named):
    """Which entry, and what was done to it; exit status 1."""
    status, words = tampered(served, change)
    assert status == 1
    first, *_, run = (json.loads(line)["run"] for line in exported(served))
    assert any(line.startswith(named.format(run=run, first=first)) for line in words.splitlines()), words


def test_a_log_of_another_provision_is_not_called_forged(served, tmp_path):
    """The same plan was provisioned twice, and the other bundle is given: one sentence says so, and no entry is named."""
    assert valgbord("provision", served.plan, "--out", tmp_path / "again").returncode == 0
    exported(served)
    done = valgbord("log", "verify", "--bundle", tmp_path / "again" / "table-1", served.folder / "log.jsonl")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "this log is of another provision of this place, or all of it is forged" in done.stderr
    assert "give the bundle that the device was provisioned with" in done.stderr


def test_a_log_that_was_cut_off_is_told_by_its_head(served):
    """Its entries are all good; the head that was noted before shows that some are missing."""
    exported(served)
    good = valgbord("log", "verify", *at(served)).stdout
    (head,) = (head for head in re.findall(r"^head (\S+)$", good, re.MULTILINE) if ":3:" not in head)
    assert valgbord("log", "verify", *at(served), "--head", head).returncode == 0
    lines = (served.folder / "log.jsonl").read_bytes().splitlines(keepends=True)
    cut = served.folder / "cut.jsonl"
    cut.write_bytes(b"".join(lines[:-3]))
    assert valgbord("log", "verify", "--bundle", served.bundle, cut).returncode == 0
    done = valgbord("log", "verify", "--bundle", served.bundle, "--head", head, cut)
    assert done.returncode == 1
    assert f"{head}: this head is not in the log: entries were cut off or replaced" in done.stdout


def test_a_head_that_was_noted_early_is_still_found_in_a_longer_log(served):
    """A log that went on after its head was noted is whole: how many entries came after is said."""
    lines = [json.loads(line) for line in exported(served)]
    early = lines[4]
    head = f"{early['run']}:{early['seq']}:{hashlib.sha256(early['entry'].encode()).hexdigest()}"
    done = valgbord("log", "verify", *at(served), "--head", head)
    assert done.returncode == 0, done.stdout
    assert f"{head}: in the log; entries of {early['run']} after it: {len(lines) - 5}" in done.stdout


@pytest.mark.parametrize("typed", ["foo", "T1.1:x:abcd", ":::", "T1.1"])
def test_a_head_that_is_mistyped_is_told_from_one_that_is_missing(served, typed):
    """A slip of the finger is not reported as fraud."""
    done = valgbord("log", "verify", *at(served), "--head", typed)
    assert done.returncode == 1
    assert f"{typed}: this is not a head: write RUN:SEQ:HASH" in done.stdout


def test_what_exists_is_never_overwritten_and_a_failed_export_leaves_nothing(served, tmp_path):
    """Neither a good export nor a voter list is lost by a command typed wrongly."""
    kept = tmp_path / "kept"
    kept.write_text("kept")
    assert "is not overwritten" in refused("log", "export", *at(served), kept)
    assert "is not overwritten" in refused("list", "sample", "--plan", served.plan, kept)
    assert kept.read_text() == "kept"
    refused("log", "export", "--bundle", served.bundle, "--data", tmp_path / "nodata", tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


FILES = {
    "empty": (b"", "line 1 "),
    "no JSON": (b"hello\n", "line 1 "),
    "the real thing's, given to an exercise": (b'{"place":"valg/4701","day":"2025-11-18","list":"x"}\n', "place valg/4701 on"),
    "another place's": (b'{"place":"oevelse/4702","day":"2025-11-18","list":"x"}\n', "place oevelse/4702 on 2025-11-18"),
    "a line that is no entry": (b'{"place":"oevelse/4701","day":"2025-11-18","list":"x"}\nhello\n', "line 2 "),
    "a deep line": (b'{"place":"oevelse/4701","day":"2025-11-18","list":"x"}\n{"a":' + b"[" * 50_000 + b"\n", "line 2 "),
    "a deep entry": pytest.param(
        b'{"place":"oevelse/4701","day":"2025-11-18","list":"x"}\n'
        + json.dumps({"run": "T1.1-0000000000000001", "seq": 1, "entry": '{"body":{"a":' + "[" * 50_000}).encode(),
        "T1.1-0000000000000001 entry 1: changed: it is not an entry any more",
    ),
    "bytes that are no text": (b"\xff\xfe\n", "line 1 "),
}


@pytest.mark.parametrize(("data", "named"), FILES.values(), ids=FILES)
def test_a_file_that_is_no_exported_log_is_refused(served, data, named):
    """The line is named; a file from outside can't make the command stumble."""
    file = served.folder / "strange.jsonl"
    file.write_bytes(data)
    done = valgbord("log", "verify", "--bundle", served.bundle, file)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr, done.stderr[-300:]
    assert named in done.stdout + done.stderr


def test_a_display_without_a_node_waits_for_one_and_ends_when_told(make_table, monkeypatch):
    """It needs no node to start, and SIGTERM ends it without a word of alarm."""
    monkeypatch.delenv("DISPLAY", raising=False)
    table = make_table(voters=0)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.settimeout(COMMAND_S)
        listener.bind(str(table.socket))
        listener.listen()
        with table.display() as display:
            connection, _ = listener.accept()
            connection.close()
            display.terminate()
            assert display.wait(COMMAND_S) == 0
    assert "Traceback" not in (table.logs / "display-table-1.log").read_text()


def test_a_damaged_store_is_said_in_one_sentence(make_table):
    """`log verify` and `log export` of a file that is no database."""
    table = make_table(voters=10)
    (table.data / "node.db").write_bytes(b"no database" * 1_000)
    assert "file is not a database" in refused("log", "verify", *at(table))
    assert "file is not a database" in refused("log", "export", *at(table), table.folder / "e")


def test_a_store_of_a_later_version_is_left_alone(make_table):
    """A database with tables that this program does not know is not damaged by looking at it."""
    table = make_table(voters=10)
    with sqlite3.connect(table.data / "node.db") as database:
        database.execute("create table later (x)")
    database.close()
    assert valgbord("log", "verify", *at(table)).returncode == 0


def test_a_log_with_two_ballots_names_the_voter(served, tmp_path):
    """The table's own key has signed a second check-in of a voter: every entry is good, and the verdict names both times."""
    from kiosk.domain import entries as e
    from kiosk.trust.bundle import Bundle

    lines = (served.folder / "log.jsonl").read_bytes().splitlines(keepends=True)
    last = e.decode_entry(json.loads(lines[-1])["entry"].encode())
    made = next(
        entry.body
        for line in lines[1:]
        if isinstance((entry := e.decode_entry(json.loads(line)["entry"].encode())).body, e.Request)
    )
    again = e.Request(f"{last.run}/999", e.Op.CHECK_IN, made.voter, made.elections, made.how, made.source)
    link, forged = e.entry_hash(json.loads(lines[-1])["entry"].encode()), []
    for number, body in enumerate((again, e.Issued(again.id)), 1):
        data = e.encode_entry(e.Entry(last.run, last.seq + number, link, last.time + 60_000, body))
        link = e.entry_hash(data)
        signature = Bundle.load(served.bundle).key.sign(e.batch_signed(link)).hex()
        line = {"run": last.run, "seq": last.seq + number, "entry": data.decode(), "signature": signature}
        forged.append(json.dumps(line).encode() + b"\n")
    file = tmp_path / "twice.jsonl"
    file.write_bytes(b"".join([*lines, *forged]))
    assert valgbord("log", "verify", "--bundle", served.bundle, file).returncode == 0, "nobody's ballots are counted"
    done = valgbord("log", "verify", "--bundle", served.bundle, "--list", served.list, file)
    assert done.returncode == 1
    assert re.search(
        rf"^voter {made.voter} has two ballots in one election: table 1 at \d\d\.\d\d, table 1 at", done.stdout, re.M
    )
    assert "all as written; voters with two ballots: 1" in done.stderr


def test_a_log_is_not_checked_by_another_voter_list(served, tmp_path):
    """With other people's books nothing would count, and a voter with two ballots would not be found: it is refused instead."""
    header, _, *rest = served.list.read_text().splitlines(keepends=True)
    other = tmp_path / "other.csv"
    other.write_text("".join([header, *rest]))
    exported(served)
    for log in (("--bundle", served.bundle, served.folder / "log.jsonl"), at(served)):
        sentence = refused("log", "verify", "--list", other, *log)
        assert f"{other} is not the voter list of this log" in sentence
        assert re.search(r"its digest is \w{64}, and the log was written under \w{64}\. Nothing was checked", sentence)
