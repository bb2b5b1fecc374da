"""A device is lost: its certificate is revoked by one command, in a place with real nodes, brokers and cables."""

import shutil
import socket
import ssl
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest
from process_tools import may_vote, serve, stop, valgbord

from kiosk.domain import screens as s
from kiosk.domain.texts import text
from kiosk.simulated.device import PATIENCE_S
from kiosk.simulated.place import SimulatedPlace
from kiosk.trust.authority import Authority
from kiosk.trust.bundle import Bundle
from kiosk.trust.trust_store import TrustStore


@pytest.fixture
def place():
    """The secretary's node and three tables, whose poll is open."""
    folder = Path(tempfile.mkdtemp(prefix="vb-"))
    with closing(SimulatedPlace(folder, folder, tables=3, voters=60, seed=3)) as place:
        place.start()
        place.await_brokers()
        yield place


def refuses(broker, credentials):
    """Whether a broker ends a connection with these credentials: in TLS 1.3 a client learns of it at its first word."""
    with (
        socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE_S) as plain,
        credentials.context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        connect = bytes.fromhex("101000044d5154540502003c0000036b696f")  # MQTT 5, clean start
        secured.sendall(connect)
        return not secured.recv(1)


def refuses_in_the_end(broker, credentials):
    """Whether a broker does so in the end; it may be just starting again."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            if refuses(broker, credentials):
                return True
        except ssl.SSLError:
            return True
        except ConnectionError:
            pass
        time.sleep(0.05)  # nothing announces it
    return False


def test_a_revoked_table_is_out_and_its_spare_serves(place):
    """Table 2 stops with F8, all others show it; no broker takes it; the chair stops it, and the spare card of table 2 joins
    and serves as T2.2."""
    thief = TrustStore(Bundle.load(place.folder / "bundles" / "table-2"), place.folder / "thief").credentials()
    assert not refuses(place.brokers[0], thief)
    with place.table(2).screen() as lost, place.table(1).screen() as other:
        done = valgbord("revoke", "T2.1", "--authority", place.authority)
        assert done.returncode == 0, done.stderr
        assert {line for line in done.stdout.splitlines() if line.endswith(" knows")} >= {
            "S.1 knows",
            "T1.1 knows",
            "T3.1 knows",
        }
        assert lost.showing(s.Kind.FAULT).content.code == "F8"
        place.chair(other, place.table(1)).overview()
        other.until(lambda screen: text("refused_revoked", "da") in {line.text for line in screen.content.rows})
    for broker in place.brokers:
        assert refuses_in_the_end(broker, thief)
    spare = place.put_in_spare(2)
    stop(place, place.table(1), "T2")
    spare.start()
    spare.place, spare.voters = place.code, [voter for voter in place.voters if voter.book == 1]
    with spare.screen() as screen:
        screen.showing(s.Ready)
        assert isinstance(serve(screen, spare, may_vote(spare)[0]).content, s.Green)


def test_a_node_that_was_off_learns_of_it_when_it_comes(place):
    """Table 3 is off when table 2 is revoked, and the brokers have forgotten everything: the others tell it."""
    place.table(3).power_off()
    done = valgbord("revoke", "T2.1", "--authority", place.authority)
    assert done.returncode == 1
    assert "not every node has said that it knows" in done.stderr
    for broker in place.brokers:
        broker.stop()
        broker.start()
    place.table(3).start()
    with place.table(3).screen() as screen:
        screen.showing(s.Ready, s.Kind.NOT_READY)
        screen.until(lambda _: b"X509 CRL" in (place.table(3).data / "revoked.crl").read_bytes() and knows(place))


def test_an_older_copy_of_the_authority_lets_nobody_in_again(place):
    """T2.1 is revoked, then T2.2 with the copy of the folder that was put away: all nodes, and the copy, know of both."""
    copy = place.folder / "copy"
    shutil.copytree(place.authority, copy)
    assert valgbord("revoke", "T2.1", "--authority", place.authority).returncode == 0
    done = valgbord("revoke", "T2.2", "--authority", copy)
    assert done.returncode == 0, done.stderr
    for node in (place.secretary, place.table(1), place.table(3)):
        assert TrustStore(Bundle.load(node.bundle), node.data).revoked == {"T2.1", "T2.2"}
    assert Authority.load(copy).gone == {"T2.1", "T2.2"}


def knows(place):
    return TrustStore(Bundle.load(place.table(3).bundle), place.table(3).data).revoked == {"T2.1"}


def test_a_disk_that_does_not_exist_can_not_be_revoked(place):
    """The command names it and the disks that there are; nothing is changed."""
    before = (place.authority / "revoked.crl").read_bytes()
    done = valgbord("revoke", "T7.1", "--authority", place.authority)
    assert done.returncode == 1
    assert "there is no T7.1: this authority knows S.1, S.2, T1.1" in done.stderr
    assert (place.authority / "revoked.crl").read_bytes() == before
