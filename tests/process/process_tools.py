"""What the tests with real processes share: a table at work, what is in its log, and what its process costs."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from kiosk.domain import screens as s
from kiosk.domain.cards import check_digits
from kiosk.remote.chair import Chair
from kiosk.simulated.device import PATIENCE_S
from kiosk.store.database import Database
from kiosk.store.voterlist import VoterList

AGAIN_S = 1.1  # seconds without a new screen after which a clerk scans again; sooner it would be taken for the same scan
COMMAND_S = PATIENCE_S  # seconds that a command may take on a busy machine


def valgbord(*arguments, env=None, typed=""):
    """Run a command of `valgbord` to its end, however it ends; its output is text, and so is what is typed at it."""
    command = [sys.executable, "-m", "kiosk.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_S, env=env, check=False, input=typed)


def import_list(table, voters=300, seed=1):
    """Write the list's file and import it, in this process: quicker than by the command, and the same."""
    table.write_list(voters, seed)
    with Database(table.data) as database:
        VoterList(database, table.realm).replace(table.voters)


def may_vote(table):
    """The numbers of the voters who may be given both ballots."""
    return [v.number for v in table.voters if v.struck is None and len(v.elections) == 2 and not v.postal]


def card(table, number):
    """The text on a voter's polling card."""
    payload = f"{table.place}{number:06}"
    return payload + check_digits(payload)


def open_poll(client, table):
    """The chair opens the poll with the next code."""
    Chair(client, table.pin, patience_s=PATIENCE_S).open_poll([], table.next_chair_code())
    return client.showing(s.Ready)


def show(client, table, number):
    """Scan a voter's card at a table that waits; return the screen that it leads to."""
    table.scanner.scan(card(table, number))
    return client.answer()


def serve(client, table, number):
    """One voter from the scan to the end of the approval: the screen that follows it, once the wait for the holder is over."""
    assert isinstance(show(client, table, number).content, s.VoterShown)
    client.touch("approve")
    screen = client.answer()
    return (
        client.until(lambda shown: not s.shows(shown.content, s.Kind.WAITING))
        if s.shows(screen.content, s.Kind.WAITING)
        else screen
    )


def scan_until_shown(client, table, number):
    """Scan a card again and again, as a clerk does, until its voter is on the screen."""
    while True:
        table.scanner.scan(card(table, number))
        while (screen := client.next_within(AGAIN_S)) is not None:
            if isinstance(screen.content, s.VoterShown):
                return screen


def stop(place, at, *named):
    """The chair stops nodes that are off, at the table `at`, which has their lists then: no spare waits for them any more."""
    with at.screen() as screen:
        chair = place.chair(screen, at)
        chair.stop(named, place.next_chair_code())
        chair.finish()
        chair.leave()


def opened(table):
    """Open the poll in a node's run of its own, so that the next run begins at a table that serves."""
    with table.node(), table.screen(draws=True) as client:
        open_poll(client, table)


def number_on(content):
    """The voter number that stands on a screen."""
    return int("".join(filter(str.isdigit, content.number)))


def exported(table):
    """The entry lines of the node's log, by the command."""
    file = table.folder / "log.jsonl"
    file.unlink(missing_ok=True)  # the command overwrites nothing
    done = valgbord("log", "export", "--bundle", table.bundle, "--data", table.data, file)
    assert done.returncode == 0, done.stderr
    return file.read_bytes().splitlines()[1:]


def verified(table):
    """Whether `log verify` finds the node's log good."""
    return valgbord("log", "verify", "--bundle", table.bundle, "--data", table.data).returncode == 0


def checked(table):
    """The exit status and the words of the table's self-test."""
    done = valgbord("check", "--bundle", table.bundle, "--data", table.data)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def log_of(table, name="node-table-1"):
    """What a program of the table has said so far."""
    return (table.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")


def memory_kb(pid):
    """Resident memory of a process in KiB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1])


def cpu_s(pid):
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def differences(greens, exported):
    """Compare voter numbers shown green, in order, with the entry lines of an exported log.

    A difference is a voter shown green twice, a green that no granted request in the log stands behind, or a voter with two
    granted requests of which the clerk has not said that nothing was handed out. Returns a sentence for each; an empty list is
    the proof.
    """
    voter_of: dict[str, int] = {}
    stands: dict[str, bool] = {}
    withdrawn: set[str] = set()
    for line in exported:
        body = json.loads(json.loads(line)["entry"])["body"]
        if body["kind"] == "request":
            voter_of[body["id"]] = body["voter"]
        elif body["kind"] == "decision":
            stands[body["request"]] = body["outcome"] == "granted"
        withdrawn |= {body["request"]} if body["kind"] == "withdrawn" else set(body.get("withdrawn", ()))
    marks = Counter(voter_of[request] for request, granted in stands.items() if granted and request not in withdrawn)
    found = [f"voter {voter} was shown green {times} times" for voter, times in Counter(greens).items() if times > 1]
    found += [f"voter {voter} was shown green and has no mark" for voter in set(greens) if not marks[voter]]
    found += [f"voter {voter} has {count} marks" for voter, count in marks.items() if count > 1]
    return found
