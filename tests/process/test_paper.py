"""`valgbord paper` in a place with real nodes: what a reader of PDFs finds on it is what the plain log says."""

import json
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from disks import memory_disk, needs_root
from process_tools import COMMAND_S, exported, may_vote, serve, valgbord
from pypdfium2 import raw

from kiosk.domain import screens as s
from kiosk.simulated.place import SimulatedPlace


@pytest.fixture
def place():
    """The secretary's node and two tables, whose poll is open."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(SimulatedPlace(folder, folder, tables=2, voters=120, seed=3, brokers=1)) as place:
        place.start()
        for node in place.nodes.values():
            node.place, node.voters, node.folder = place.code, place.voters, folder
        yield place


def paper(node, file, *options):
    return valgbord("paper", "--bundle", node.bundle, "--data", node.data, "--out", file, *options)


def read(file):
    """Each page's lines, and how many empty boxes are on it."""
    with closing(pypdfium2.PdfDocument(file)) as document:
        for page in document:
            boxes = [found.get_bounds() for found in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH])]
            squares = [box for box in boxes if 5 < box[2] - box[0] < 12 and 5 < box[3] - box[1] < 12]
            yield page.get_textpage().get_text_bounded().splitlines(), len(squares)


def marks_in(lines):
    """By the plain log: for each voter and election, table and time of every grant that was not undone."""
    requests, outcomes = {}, {}
    for line in lines:
        entry = json.loads(json.loads(line)["entry"])
        body = entry["body"]
        if body["kind"] == "request":
            requests[body["id"]] = entry
        elif body["kind"] == "decision" and body["outcome"] == "granted":
            outcomes[body["request"]] = body
    undone = {body["target"] for body in outcomes.values() if body.get("target")}
    found = defaultdict(list)
    for id_, body in outcomes.items():
        if not body.get("target") and id_ not in undone:
            for election in body["elections"]:
                found[body["voter"], election].append((int(id_[1]), requests[id_]["time"]))
    return found


def expected(voter, marks, words):
    """A voter's line as it must be read, and how many empty boxes stand on it."""
    cells, boxes = [], 0
    for election in ("byraad", "region"):
        if voter.struck is not None:
            cells.append({"struck_off": words["struck_off"], "moved_away": words["moved_away"]}[voter.struck])
        elif election not in voter.elections:
            cells.append("–")
        elif election in voter.postal:
            cells.append(words["post"])
        elif marks[voter.number, election]:
            ((table, time_ms),) = marks[voter.number, election]
            at = f"{datetime.fromtimestamp(time_ms / 1000, ZoneInfo('Europe/Copenhagen')):%H.%M}"
            cells.append(at if table == voter.book else f"{at} {words['table']} {table}")
        else:
            boxes += 1
    first, _, last = voter.name.rpartition(" ")
    name = f"{last}, {first}" if words is EN else voter.name
    return " ".join([str(voter.number), name, f"{voter.born:%d-%m-%Y}", *cells]), boxes


DA = {
    "table": "bord",
    "post": "brev",
    "struck_off": "slettet",
    "moved_away": "fraflyttet",
    "list": "Valgliste med afmærkninger",
}
EN = {"table": "table", "post": "post", "struck_off": "struck off", "moved_away": "moved away", "list": "Marked voter list"}


def test_the_paper_is_what_the_log_says(place):
    """Voters of both lists are served at both tables, one mark is taken back; both languages, both orders, while all run."""
    one, two = place.table(1), place.table(2)
    first, second, undone, *_ = [number for number in may_vote(one) if number > 60]
    own, *_ = may_vote(one)
    for table, numbers in ((one, (own, first, undone)), (two, (second,))):
        with table.screen(draws=True) as screen:
            for number in numbers:
                screen.showing(s.Ready)
                assert isinstance(serve(screen, table, number).content, s.Green)
                screen.touch("next")
            screen.showing(s.Ready)
    secretary = place.nodes["secretary"]
    with secretary.screen() as screen:
        chair = place.chair(screen, secretary)
        assert chair.marks(undone)
        chair.undo(1)
        chair.leave()
    while len(marks := marks_in(exported(secretary))) != 6:  # two elections each
        pass
    for words, options in ((DA, ()), (EN, ("--language", "en", "--order", "name"))):
        file = secretary.folder / f"{words['list']}.pdf"
        done = paper(secretary, file, *options)
        assert done.returncode == 0, done.stderr
        assert file.stat().st_mode & 0o777 == 0o600
        pages = list(read(file))
        assert f"{len(pages)} pages in" in done.stdout
        looked_at = []
        for number, (lines, boxes) in enumerate(pages, 1):
            assert lines[0].startswith(words["list"])
            assert any(line.endswith((f"Side {number} af {len(pages)}", f"Page {number} of {len(pages)}")) for line in lines)
            here = [line for line in lines if line.split()[0].isdecimal()]
            voters = [place.voters[int(line.split()[0]) - 1] for line in here]
            wanted = [expected(voter, marks, words) for voter in voters]
            assert here == [line for line, _ in wanted]
            assert boxes == sum(count for _, count in wanted)
            assert len({voter.book for voter in voters}) <= 1
            looked_at += voters
        assert sorted(voter.number for voter in looked_at) == [voter.number for voter in place.voters]
        if words is DA:
            assert [voter.number for voter in looked_at] == [voter.number for voter in place.voters]
        heads = [line for line in pages[-1][0] if line.count(":") == 2 and "-" in line]
        options = [word for head in heads for word in ("--head", head)]
        checked = valgbord("log", "verify", "--bundle", secretary.bundle, "--data", secretary.data, *options)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert checked.stdout.count("in the log") == len(heads) == 3
        assert f"{words['list']} · " in pages[-1][0][0]
        assert pages[-1][0][0].endswith("3") or "3," in pages[-1][0][0]


def test_what_the_command_says_where_it_cannot(table, tmp_path):
    """In words, with exit status 1, and nothing is left or overwritten."""
    there = tmp_path / "there.pdf"
    there.write_bytes(b"kept")
    for file, options, said in (
        (there, (), "is not overwritten"),
        (tmp_path / "a.pdf", ("--language", "xx"), "write one of: da, en"),
        (tmp_path / "nowhere" / "a.pdf", (), "was not made"),
    ):
        done = paper(table, file, *options)
        assert done.returncode != 0
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    table.data = tmp_path / "no-data"
    assert "this node has no database yet" in paper(table, tmp_path / "a.pdf").stderr
    assert there.read_bytes() == b"kept"
    assert [path.name for path in tmp_path.iterdir()] == ["there.pdf"]


@needs_root
def test_the_command_says_that_the_disk_is_full_or_cannot_be_written(table):
    with memory_disk() as disk:
        disk.fill()
        assert "there is no room for it on the disk" in paper(table, disk.folder / "a.pdf").stderr
        disk.make_room()
        disk.remount("ro")
        assert "can't be written" in paper(table, disk.folder / "a.pdf").stderr
        assert not list(disk.folder.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_command_that_is_ended_leaves_nothing(make_table, tmp_path, number):
    """Ended by Ctrl-C in its terminal, by the system, or killed: no half document, no process."""
    table = make_table(3_000)
    command = [sys.executable, "-m", "kiosk.cli", "paper", "--bundle", table.bundle, "--data", table.data]
    with subprocess.Popen([*command, "--out", tmp_path / "a.pdf"], stderr=subprocess.PIPE) as running:
        while not list(tmp_path.glob("*.part")):
            assert running.poll() is None
        running.send_signal(number)
        said = running.stderr.read()  # its worker has the same end of it
        assert running.wait(COMMAND_S) != 0
    assert b"Traceback" not in said
    assert not list(tmp_path.iterdir())
