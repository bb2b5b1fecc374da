"""An exercise and the real thing, of one place on one day: a device, an entry and a list of one are refused by the other."""

import socket
import ssl
from pathlib import Path

import pytest

from kiosk.domain import entries as e
from kiosk.domain.chain import LogEnd, RejectedError, RejectionReason, check_batch
from kiosk.domain.messages import Batch
from kiosk.plan.config import load_plan
from kiosk.simulated.broker import SimulatedBroker, free_port
from kiosk.simulated.plan import plan_text
from kiosk.simulated.voters import sample_voters
from kiosk.store.database import Database
from kiosk.store.errors import CorruptError
from kiosk.store.voterlist import VoterList
from kiosk.sync.topics import TopicKind, topic_of, topics_for
from kiosk.trust.bundle import Bundle, BundleError, Provisioned, provision
from kiosk.trust.keys import Signers
from kiosk.trust.trust_store import TrustStore
from kiosk.wiring import log_beginning, node_maker

RUN = "T1.1-0000000000000001"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def realms(tmp_path_factory: pytest.TempPathFactory, port: int) -> tuple[Provisioned, Provisioned]:
    """The same place and day: an exercise, and the real thing."""
    folder = tmp_path_factory.mktemp("realms")
    exercise = plan_text(folder / "scanner", {}, tables=2, brokers=[port])
    made = []
    for name, text in (("exercise", exercise), ("real", exercise.replace("training = true", "training = false"))):
        plan = folder / f"{name}.toml"
        plan.write_text(text, encoding="utf-8")
        made.append(provision(plan, folder / name))
    return made[0], made[1]


def is_taken(port: int, authority: Path, pair: Path) -> bool:
    """Whether the broker takes a client with this certificate; the client looks at the broker's by `authority`."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(authority))
    context.load_cert_chain(f"{pair}.crt", f"{pair}.key")
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        try:
            secured.sendall(bytes.fromhex("101000044d5154540502003c0000036b696f"))
            return secured.recv(1) == b"\x20"  # CONNACK
        except (ssl.SSLError, ConnectionError):
            return False


def test_a_device_of_one_is_refused_by_the_other(realms: tuple[Provisioned, Provisioned], port: int, tmp_path: Path) -> None:
    """Table 1's card of the real thing is not taken by the exercise's broker, even by one that believes that broker."""
    exercise, real = realms
    broker = SimulatedBroker(exercise.bundles["S.1"], tmp_path, port, tmp_path / "log")
    broker.start()
    try:
        authority = exercise.authority / "authority.crt"
        assert is_taken(port, authority, exercise.bundles["T1.1"] / "tls")
        assert not is_taken(port, authority, real.bundles["T1.1"] / "tls")
        with pytest.raises(ssl.SSLError):
            is_taken(port, real.authority / "authority.crt", real.bundles["T1.1"] / "tls")
    finally:
        broker.stop()


def test_a_bundle_is_not_used_with_the_others_plan(realms: tuple[Provisioned, Provisioned]) -> None:
    """The plan of the real thing, put into a bundle of the exercise, is not believed."""
    exercise, real = realms
    plan = exercise.bundles["T2.2"] / "plan.toml"
    plan.write_bytes((real.bundles["T2.2"] / "plan.toml").read_bytes())
    with pytest.raises(BundleError, match="are not those that were provisioned"):
        Bundle.load(exercise.bundles["T2.2"])


def test_a_topic_of_one_tells_the_other_nothing(realms: tuple[Provisioned, Provisioned]) -> None:
    """The topics differ from their first word on."""
    exercise, real = (load_plan(made.authority / "plan.toml").place.realm for made in realms)
    listens_to = topics_for(real, "T2.1", ["T1.1"])
    assert listens_to[topic_of(real, TopicKind.LOG, "T1.1")] == (TopicKind.LOG, "T1.1")
    assert topic_of(exercise, TopicKind.LOG, "T1.1") not in listens_to


def test_a_list_and_an_entry_of_one_are_refused_by_the_other(realms: tuple[Provisioned, Provisioned], tmp_path: Path) -> None:
    """The same voters, the same key, the same day: the store is not taken for one's own, nor the entry for the next one."""
    exercise, real = (Bundle.load(made.bundles["T1.1"]) for made in realms)
    firsts = []
    with Database(tmp_path) as database:
        for bundle in (exercise, real):
            voters = VoterList(database, bundle.plan.place.realm)
            voters.replace(sample_voters(20, 1, ("byraad", "region"), (1, 2)))
            firsts.append(log_beginning(bundle.plan, voters))
        with pytest.raises(CorruptError, match="not the one that was imported"):
            node_maker(exercise)(database)
    signers = Signers({"T1.1": exercise.device.signers["T1.1"]})
    entry = e.encode_entry(e.Entry(RUN, 1, firsts[0], 0, e.Start()))
    batch = Batch(RUN, 1, (entry,), exercise.key.sign(e.batch_signed(e.entry_hash(entry))).hex())
    assert check_batch(batch, LogEnd(0, firsts[0]), signers.verify)[0]
    with pytest.raises(RejectedError) as refused:
        check_batch(batch, LogEnd(0, firsts[1]), signers.verify)
    assert refused.value.kind is RejectionReason.FORKED


def test_what_is_revoked_in_one_is_not_in_the_other(realms: tuple[Provisioned, Provisioned], tmp_path: Path) -> None:
    """A list of revoked certificates that the exercise's authority made means nothing to the real thing."""
    exercise, real = realms
    trust = TrustStore(Bundle.load(real.bundles["T1.1"]), tmp_path)
    with pytest.raises(Exception, match="authority has not signed it"):
        trust.learn((exercise.authority / "revoked.crl").read_bytes())
