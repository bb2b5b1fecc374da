"""A serial scanner, by a pseudo-terminal, at a real node: scans, a pulled cable, noise, and what the node says about voters."""

import re
import sqlite3
from contextlib import closing

from process_tools import (
    card,
    cpu_s,
    differences,
    exported,
    log_of,
    may_vote,
    memory_kb,
    open_poll,
    opened,
    scan_until_shown,
    serve,
    show,
)

from kiosk import limits
from kiosk.domain import screens as s
from kiosk.simulated.clerk import SimulatedClerk, Visit

GREETED_S = 0.3  # seconds in which a node that is not held up greets a new display
NOISE = 1_000_000  # characters
NOISE_S = 10.0  # seconds of processor time for two such noises, at most: a linear cost is a tenth of this
CPR = ("0101701234", "010170-1234", "6101701234")
STRAY = "5701234567890"


def until_held_up(table):
    """Wait until the node's loop no longer greets a new display."""
    greeted = True
    while greeted:
        with table.screen() as new:
            greeted = new.next_within(GREETED_S) is not None


def test_cards_are_scanned_and_served(table):
    """A card leads to its voter, a second scan of it to a refusal, a stray code to a word about it."""
    opened(table)
    first, second = may_vote(table)[:2]
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        assert isinstance(serve(client, table, first).content, s.Green)
        assert isinstance(serve(client, table, second).content, s.Green)
        assert show(client, table, first).content.code == "A1"
        table.scanner.scan(STRAY)
        assert client.showing(s.Ready).content.notice
    assert differences([first, second], exported(table)) == []


def test_a_pulled_cable_is_on_the_screen_and_plugging_it_in_is_enough(table):
    """The warning comes by itself and goes by itself, and the next card is served."""
    opened(table)
    voter = may_vote(table)[0]
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        table.scanner.unplug()
        without = client.until(lambda screen: screen.strip.warnings != ())
        assert without.strip.warnings == ("Ingen skanner: tjek kablet, eller tast nummeret",)
        assert isinstance(without.content, s.Ready), "voter numbers can still be keyed"
        table.scanner.plug_in()
        client.until(lambda screen: screen.strip.warnings == ())
        assert isinstance(show(client, table, voter).content, s.VoterShown)


def test_a_node_that_starts_without_a_scanner_says_so(table):
    """The scanner is missed from the start on, not only when it is pulled."""
    opened(table)
    table.scanner.unplug()
    with table.node(), table.screen(draws=True) as client:
        client.until(lambda screen: isinstance(screen.content, s.Ready) and screen.strip.warnings != ())


def test_a_scanner_that_is_set_up_wrongly_is_on_the_screen(table):
    """Of what it sends nothing is left, as at another speed: the clerk is told what to do, and the next card is served."""
    opened(table)
    voter = may_vote(table)[0]
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        table.scanner.scan("\x00\x01\x02" * 4)
        told = client.until(lambda screen: isinstance(screen.content, s.Ready) and screen.content.notice != "").content
        assert (told.notice, told.code) == ("Skanneren er indstillet forkert", "S5")
        assert isinstance(show(client, table, voter).content, s.VoterShown)


def test_a_megabyte_of_noise_costs_nothing(table):
    """In one piece or in half a million scans: memory stays, and the next card is served."""
    opened(table)
    first, second = may_vote(table)[:2]
    with table.node() as node, table.screen(draws=True) as client:
        client.showing(s.Ready)
        assert isinstance(serve(client, table, first).content, s.Green)
        before, used = memory_kb(node.pid), cpu_s(node.pid)
        table.scanner.scan("7" * NOISE)
        client.until(lambda screen: isinstance(screen.content, s.Ready) and screen.content.notice != "")
        table.scanner.scan("7\r" * (NOISE // 2))
        scan_until_shown(client, table, second)
        client.touch("approve")
        assert isinstance(client.next().content, s.Green)
        assert memory_kb(node.pid) - before < 10_000
        assert cpu_s(node.pid) - used < NOISE_S


def test_nothing_that_a_node_says_is_about_a_voter(make_table):
    """After a run with every kind of visit, a pulled cable and a kill: no name, number, date or card stands in its output."""
    table = make_table(voters=300, birth_date='"enter"')
    with table.node() as node, table.screen(draws=True) as client:
        open_poll(client, table)
        clerk = SimulatedClerk(client, table.scanner.scan, table.voters, table.place, seed=1)
        for turn in Visit:
            clerk.serve(turn)
        for cpr in CPR:
            table.scanner.scan(cpr)
            client.next()
        table.scanner.unplug()
        client.until(lambda screen: screen.strip.warnings != ())
        table.scanner.plug_in()
        client.until(lambda screen: screen.strip.warnings == ())
        clerk.serve(Visit.CARD)
        node.kill()
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready, s.Unresolved)
    said = log_of(table)
    assert said.count("ready with") == 2
    for voter in table.voters:
        for secret in (voter.name, *voter.name.split(), voter.address, card(table, voter.number)):
            assert not secret or not re.search(rf"\b{re.escape(secret)}\b", said)
    assert not re.search(r"\d{4,}", said), "no card, no date, no number of a voter"
    assert not any(cpr in said for cpr in CPR)


def test_a_cable_that_is_pulled_while_the_inbox_is_full_is_still_noticed(table):
    """The disk holds the node up, noise fills the inbox, and then the scanner goes: afterwards its absence is on the screen."""
    opened(table)
    with table.node(), table.screen(draws=True) as client:
        client.showing(s.Ready)
        show(client, table, may_vote(table)[0])
        with closing(sqlite3.connect(table.data / "node.db")) as other:
            other.execute("begin immediate")  # the node's commit waits for this one
            client.touch("approve")
            until_held_up(table)
            table.scanner.scan("7\r" * 20 * limits.INBOX_INPUTS)
            table.scanner.unplug()
            other.rollback()
        client.until(lambda screen: screen.strip.warnings != ())
