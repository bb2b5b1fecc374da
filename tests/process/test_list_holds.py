"""The voter list that marks are under holds for good; one without marks gives way to the secretary's, everywhere, by itself."""

import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from process_tools import card, may_vote, serve, valgbord

from kiosk.domain import entries as e
from kiosk.domain import screens as s
from kiosk.domain.nodes import device_of
from kiosk.domain.texts import text
from kiosk.simulated.place import SimulatedNode, SimulatedPlace
from kiosk.simulated.voters import write_list
from kiosk.store.database import Database
from kiosk.store.log import Log
from kiosk.store.voterlist import VoterList, list_digest
from kiosk.trust.bundle import Bundle

REALM = "oevelse/4701"
OPENED_LATE = "K3"


@pytest.fixture
def place():
    """The secretary's node and two tables, not started."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(SimulatedPlace(folder, folder, tables=2, voters=60, seed=3, brokers=1)) as place:
        for node in place.nodes.values():
            node.place, node.voters = place.code, place.voters
        yield place


def tried_out(place):
    """All nodes have met under the first list; nobody has been marked, and the poll is not open."""
    for broker in place.brokers:
        broker.start()
    place.secretary.import_list(place.list)
    for node in place.nodes.values():
        node.start()
    wait_for_the_chair(place)


def wait_for_the_chair(place):
    """Every table is ready for the poll's opening."""
    for number in range(1, place.tables + 1):
        with place.table(number).screen() as screen:
            screen.until(lambda shown: s.shows(shown.content, s.Kind.NOT_READY) and shown.content.code == OPENED_LATE)


def another_list(place):
    """A corrected list: the last voter is not on it. Its file and its digest."""
    file = place.folder / "corrected.csv"
    if not file.exists():
        write_list(file, place.voters[:-1], columns(place))
    return file, list_digest(REALM, place.voters[:-1])


def columns(place):
    """The names of the list's columns."""
    plan = Bundle.load(place.secretary.bundle).plan
    return {name: getattr(plan.columns, name) for name in plan.columns.__struct_fields__}


def wipe(node):
    """Its database is lost; what a broker on the device needs stays."""
    for file in (*node.data.glob("node.db*"), node.data / "written"):
        file.unlink()


def give(place, node, file):
    """Stop a node, import a list in its folder, start it again."""
    node.power_off()
    done = valgbord("list", "import", "--yes", "--bundle", node.bundle, "--data", node.data, file)
    assert done.returncode == 0, done.stderr
    node.start()
    return done.stdout


def digest_of(node):
    """The list that is on a node's disk."""
    with Database(node.data, read_only=True) as database:
        return VoterList(database, REALM).digest()


def wait_for_list(place, digest, *nodes):
    """Every node has this list, and is ready for the poll's opening."""
    for node in nodes:
        with node.screen() as screen:
            screen.until(
                lambda shown, node=node: (
                    s.shows(shown.content, s.Kind.NOT_READY) and shown.content.code == OPENED_LATE and digest_of(node) == digest
                )
            )


def open_and_serve(place):
    """The chair opens the poll, and each table serves a voter of the other's book."""
    with place.secretary.screen() as screen:
        place.chair(screen, place.secretary).open_poll([], place.next_chair_code())
    for number, other in ((1, 2), (2, 1)):
        node = place.table(number)
        with node.screen() as screen:
            screen.showing(s.Ready)
            voter = next(v.number for v in place.voters if v.book == other and v.number in may_vote(node))
            assert isinstance(serve(screen, node, voter).content, s.Green)


def nobody_is_a_twin(place):
    """No node has refused anything of another's for more than its list, and no log has branched."""
    for node in place.nodes.values():
        with Database(node.data, read_only=True) as database:
            whys = {row[0].partition(":")[0] for row in database.db.execute("select why from evidence")}
            assert whys <= {"other_list"}
            starts = [e.decode_entry(row.data) for row in Log(database).read() if b'"kind":"start"' in row.data]
            begun = Counter((device_of(start.run), start.body.before) for start in starts)
            assert set(begun.values()) == {1}


def earlier(node):
    """The folder with the log under an earlier list."""
    (folder,) = node.data.glob("earlier-*")
    return folder


def test_a_place_that_was_tried_out_takes_the_final_list_by_itself(place):
    """It is given to the secretary's node only, and table 2 is off meanwhile. The logs begin anew; the earlier are kept, and
    can be read."""
    tried_out(place)
    place.table(2).power_off()
    file, digest = another_list(place)
    said = give(place, place.secretary, file)
    assert f"valgbord log verify --data {earlier(place.secretary)}" in said
    place.table(2).start()
    wait_for_list(place, digest, place.table(1), place.table(2))
    open_and_serve(place)
    nobody_is_a_twin(place)
    for node in place.nodes.values():
        kept, out = earlier(node), node.data.parent / "earlier.jsonl"
        for words in (("verify",), ("export", out), ("verify", out)):
            done = valgbord("log", words[0], "--bundle", node.bundle, "--data", kept, *words[1:])
            assert done.returncode == 0, done.stdout + done.stderr
        done = valgbord("list", "import", "--yes", "--bundle", node.bundle, "--data", kept, place.list)
        assert f"{node.data} has this disk's log" in done.stderr


def test_a_list_that_comes_back_finds_its_logs(place):
    """The final list was the wrong file, and the first one is given again; table 2 has been off all the while. Each goes on
    with its log, and nobody takes anybody for a copy or a liar."""
    tried_out(place)
    first, began = digest_of(place.secretary), runs_of(place.table(1))
    place.table(2).power_off()
    file, digest = another_list(place)
    give(place, place.secretary, file)
    with place.table(1).screen() as screen:
        screen.until(lambda _: digest_of(place.table(1)) == digest)
    give(place, place.secretary, place.list)
    place.table(2).start()
    wait_for_list(place, first, place.table(1), place.table(2))
    open_and_serve(place)
    nobody_is_a_twin(place)
    assert runs_of(place.table(1))[: len(began)] == began
    assert len(runs_of(place.table(1))) > len(began)


def runs_of(node):
    """The runs that are on a node's disk of its own device, oldest first."""
    with Database(node.data, read_only=True) as database:
        log = Log(database)
        runs = dict.fromkeys(row.run for row in log.read() if device_of(row.run) == device_of(log.run))
        assert log.run == list(runs)[-1]
        return list(runs)


def marked(place):
    """The poll is open and table 1 has served a voter of table 2's book, whose number is returned."""
    place.start()
    voter = next(v.number for v in place.voters if v.book == 2 and v.number in may_vote(place.table(1)))
    with place.table(1).screen() as screen:
        screen.showing(s.Ready)
        assert isinstance(serve(screen, place.table(1), voter).content, s.Green)
        screen.touch("next")
        screen.showing(s.Ready)
    return voter


def place_goes_on(place, voter):
    """Both tables refuse who was served, serve another one, and show in the overview that somebody has another list."""
    for number in (1, 2):
        node = place.table(number)
        with node.screen() as screen:
            screen.until(lambda shown: isinstance(shown.content, s.Ready) and shown.strip.warnings)
            node.scanner.scan(card(node, voter))
            assert screen.showing(s.Kind.REFUSED).content.code == "A1"
        with node.screen() as screen:
            other = [v.number for v in place.voters if v.book == number and v.number in may_vote(node) and v.number != voter]
            screen.showing(s.Ready)
            assert isinstance(serve(screen, node, other[0]).content, s.Green)
            screen.touch("next")
        with node.screen() as screen:
            screen.showing(s.Ready)
            place.chair(screen, node).overview()
            told = [line for line in screen.screen.content.rows if line.text == text("refused_other_list", "da")]
            assert [(line.name, line.tone) for line in told] in ([("Sekretær", s.Tone.BAD)], [("S.2", s.Tone.BAD)])


def test_marks_keep_their_list_whatever_the_secretarys_node_is_given(place):
    """A corrected list on a wiped disk: the secretary's node stops, and names the list that it needs. Given that, it stops for
    good, since the others have entries of it. The tables have gone on all the while."""
    voter = marked(place)
    right = digest_of(place.secretary)
    place.secretary.power_off()
    wipe(place.secretary)
    give(place, place.secretary, another_list(place)[0])
    with place.secretary.screen() as screen:
        told = screen.showing(s.Kind.FAULT).content
        assert told.code == "F9"
        assert right[:8] in told.reason
    place_goes_on(place, voter)
    give(place, place.secretary, place.list)
    with place.secretary.screen() as screen:
        screen.until(lambda shown: s.shows(shown.content, s.Kind.FAULT) and shown.content.code == "F7")


def test_a_wrong_spare_of_the_secretarys_stops_nobody(place):
    """Its list is another one: it says so, and the tables go on. Given the right list it is the secretary's node."""
    voter = marked(place)
    old = place.secretary
    old.power_off()
    spare = SimulatedNode(place.folder / "spare-s", "secretary", place.folder / "bundles" / "spares" / "secretary", old.logs)
    spare.relays, spare.place, spare.voters = old.relays, place.code, place.voters
    place._plug_in(spare, [broker.port for broker in place.brokers])
    place.nodes["secretary"] = spare
    old.scanner.close()
    give(place, spare, another_list(place)[0])
    with spare.screen() as screen:
        assert screen.showing(s.Kind.FAULT).content.code == "F9"
    place_goes_on(place, voter)
    give(place, spare, place.list)
    with spare.screen() as screen:
        screen.showing(s.Sheet)


def test_a_list_with_marks_is_not_replaced(place):
    """By the command neither: the sentence names both lists, and no other folder. One that lies beside is refused by name."""
    marked(place)
    node, (file, digest) = place.secretary, another_list(place)
    node.power_off()
    done = valgbord("list", "import", "--yes", "--bundle", node.bundle, "--data", node.data, file)
    assert done.returncode == 1
    for named in (digest_of(node), digest):
        assert named in done.stderr
    assert "folder" not in done.stderr
    assert "--data" not in done.stderr
    beside = node.data.with_name("data-2")
    done = valgbord("list", "import", "--yes", "--bundle", node.bundle, "--data", beside, file)
    assert done.returncode == 1
    assert f"give --data {node.data}" in done.stderr
    assert not beside.exists()


def test_two_lists_with_marks_are_left_to_people(place):
    """The secretary's wiped node was opened under another list while all tables were off: each keeps its own, both say so."""
    marked(place)
    right, (file, wrong) = digest_of(place.secretary), another_list(place)
    for node in place.nodes.values():
        node.power_off()
    wipe(place.secretary)
    give(place, place.secretary, file)
    with place.secretary.screen() as screen:
        screen.until(lambda shown: isinstance(shown.content, s.Sheet))
        chair = place.chair(screen, place.secretary)
        chair.stop(["T1", "T2"], place.next_chair_code(), skips=True)  # the wiped disk does not know of the first
        chair.finish()
    for number in (1, 2):
        place.table(number).start()
    for node, names in ((place.secretary, {"Bord 1 og 2", "Bord 1", "Bord 2"}), (place.table(1), {"Sekretær"})):
        with node.screen() as screen:
            screen.until(lambda shown: bool(shown.strip.warnings) or isinstance(shown.content, s.Sheet))
            place.chair(screen, node).overview()
            screen.until(
                lambda shown, names=names: any(
                    line.text == text("refused_other_list", "da")
                    and line.tone is s.Tone.BAD
                    and set(line.name.split(", ")) <= names
                    for line in shown.content.rows
                )
            )
    assert (digest_of(place.secretary), digest_of(place.table(1)), digest_of(place.table(2))) == (wrong, right, right)


def test_an_emptied_disk_is_no_island_and_stops_when_it_meets_the_others(place):
    """Table 2's database is lost, and the list imported by hand: cut off it offers no island, whatever the PIN; connected again
    it is stopped for good."""
    marked(place)
    table = place.table(2)
    table.power_off()
    wipe(table)
    table.cable(plugged_in=False)
    give(place, table, place.list)
    with table.screen() as screen:
        screen.until(lambda shown: s.shows(shown.content, s.Kind.NOT_READY) and shown.content.code == "K2")
        screen.touch("menu")
        offered = {item.touch for item in screen.showing(s.Sheet).content.buttons()}
        assert {"overview", "lock"} <= offered
        assert "island" not in offered
    table.cable(plugged_in=True)
    with table.screen() as screen:
        assert screen.showing(s.Kind.FAULT).content.code == "F7"
