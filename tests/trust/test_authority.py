"""The place's authority: what it issues, what it revokes, and whose word about that counts."""

import stat
from pathlib import Path

import pytest
from cryptography import x509

from kiosk import limits
from kiosk.simulated.plan import plan_text
from kiosk.trust.authority import Authority, AuthorityError, read_revocation_list, replace_file
from kiosk.trust.bundle import Bundle, Provisioned, provision
from kiosk.trust.trust_store import TrustStore


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Provisioned:
    folder = tmp_path_factory.mktemp("place")
    plan = folder / "plan.toml"
    plan.write_text(plan_text(folder / "scanner", {}, tables=3, brokers=[8883, 8884]), encoding="utf-8")
    return provision(plan, folder / "bundles")


def certificate(authority: Authority) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.certificate)


def test_a_certificate_carries_its_name_and_use(made: Provisioned) -> None:
    """A device's is for its device and for connecting only; the broker's is for its address and for being connected to only."""
    for device, folder in made.bundles.items():
        own = x509.load_pem_x509_certificate((folder / "tls.crt").read_bytes())
        assert own.subject.rfc4514_string() == f"CN={device},O=oevelse/4701"
        assert own.fingerprint(own.signature_hash_algorithm).hex() == made.fingerprints[device]
        (use,) = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert use == x509.ExtendedKeyUsageOID.CLIENT_AUTH
        assert (folder / "broker.crt").exists() == (device[:2] in {"S.", "T1"})
    broker = x509.load_pem_x509_certificate((made.bundles["S.1"] / "broker.crt").read_bytes())
    (use,) = broker.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert use == x509.ExtendedKeyUsageOID.SERVER_AUTH
    names = broker.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert broker.not_valid_before_utc.year == 1970
    assert broker.not_valid_after_utc.year == 9999


def test_nobody_else_can_read_the_authority(made: Provisioned) -> None:
    """Its files are their owner's alone, and none of its keys is in a bundle."""
    keys = {made.authority / name for name in ("authority.key", "command.key")}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in made.authority.iterdir())
    for folder in made.bundles.values():
        assert not {key.read_bytes() for key in keys} & {path.read_bytes() for path in folder.iterdir()}


def test_a_list_grows_and_never_shrinks(tmp_path: Path) -> None:
    """Revoking T1.1, and after a restart of the command T2.1, leaves both on the list, with a higher number; its broker too."""
    authority = Authority.new("valg/4701")
    serials = {authority.issue("T1.1").serial, authority.issue("T1.1", hosts=["10.0.0.1", "kiosk-1.local"]).serial}
    second = authority.issue("T2.1").serial
    assert (authority.revoked.number, authority.revoked.serials) == (1, frozenset())
    assert authority.revoke(["T1.1"]).serials == serials
    authority.save(tmp_path)
    again = Authority.load(tmp_path)
    assert again.revoke(["T2.1"]).serials == {*serials, second}
    assert again.revoked.number == 3
    with pytest.raises(AuthorityError, match=r"there is no T9\.1: this authority knows T1\.1, T2\.1"):
        again.revoke(["T9.1"])


def test_a_file_that_is_so_already_is_left_alone(tmp_path: Path) -> None:
    """It needs no room then, on a disk that may be full; else it is replaced as a whole."""
    file = tmp_path / "file"
    replace_file(file, b"so")
    first = file.stat().st_ino
    replace_file(file, b"so")
    assert file.stat().st_ino == first
    replace_file(file, b"otherwise")
    assert (file.stat().st_ino != first, file.read_bytes()) == (True, b"otherwise")


@pytest.mark.parametrize("spoilt", ["authority.key", "authority.crt", "revoked.crl", "issued.json"])
def test_a_damaged_authority_is_named(spoilt: str, tmp_path: Path) -> None:
    """A file that is damaged or missing ends the command before anything is written."""
    Authority.new("valg/4701").save(tmp_path)
    (tmp_path / spoilt).write_bytes(b"x")
    with pytest.raises(AuthorityError, match=str(tmp_path)):
        Authority.load(tmp_path)
    (tmp_path / spoilt).unlink()
    with pytest.raises(AuthorityError, match=f"{spoilt} is missing"):
        Authority.load(tmp_path)


def test_only_the_places_own_authority_is_believed() -> None:
    """Another authority's list, a changed one and what is none are refused."""
    authority, other = Authority.new("valg/4701"), Authority.new("valg/4701")
    issued = authority.issue("T1.1")
    good = authority.revoke(["T1.1"]).pem
    assert read_revocation_list(good, certificate(authority)).serials == {issued.serial}
    middle = len(good) // 2
    changed = good[:middle] + (b"A" if good[middle : middle + 1] != b"A" else b"B") + good[middle + 1 :]
    for bad in (other.revoked.pem, changed, b"", b"junk", authority.certificate):
        with pytest.raises(AuthorityError):
            read_revocation_list(bad, certificate(authority))


def test_what_is_revoked_stays_so(made: Provisioned, tmp_path: Path) -> None:
    """A device learns of a list, knows it after a restart, and takes neither an older one nor a damaged file for the newest."""
    bundle, authority = Bundle.load(made.bundles["T2.1"]), Authority.load(made.authority)
    first, second = authority.revoke(["T1.1"]), authority.revoke(["T2.1"])
    trust = TrustStore(bundle, tmp_path)
    assert trust.revoked == frozenset()
    assert trust.learn(first.pem) == {"T1.1"}
    assert not trust.am_revoked
    assert trust.learn(second.pem) == {"T2.1"}
    assert trust.learn(first.pem) is None
    assert trust.learn(second.pem) is None
    again = TrustStore(bundle, tmp_path)
    assert again.revoked == {"T1.1", "T2.1"}
    assert again.am_revoked
    again.list_file.write_bytes(b"damaged")
    assert TrustStore(bundle, tmp_path).revoked == frozenset()
    with pytest.raises(AuthorityError):
        trust.learn(Authority.new("oevelse/4701").revoked.pem)


def test_two_copies_of_the_folder_lose_nobody(tmp_path: Path) -> None:
    """Each copy has revoked somebody: whichever hears of the other's list, both stand on what holds then; a list that holds
    all is taken as it is."""
    Authority.new("valg/4701").save(tmp_path)
    first, second = Authority.load(tmp_path), Authority.load(tmp_path)
    for copy in (first, second):
        copy.issued = {"T1.1": ["a1"], "T2.1": ["b2"]}
    early, one, other = first.revoked, first.revoke(["T1.1"]), second.revoke(["T2.1"])
    assert second.absorb(one)
    assert (second.revoked.number, second.revoked.serials) == (3, {"a1", "b2"})
    assert not second.absorb(other)
    assert not second.absorb(early)
    assert first.absorb(second.revoked)
    assert first.revoked == second.revoked
    assert not first.absorb(second.revoked)


def test_a_newer_list_that_lacks_somebody_is_not_taken(made: Provisioned, tmp_path: Path) -> None:
    """An older copy of the folder revokes another disk, twice, so that its number is the highest: who is out stays out."""
    authority, older = Authority.load(made.authority), Authority.load(made.authority)
    trust = TrustStore(Bundle.load(made.bundles["T2.1"]), tmp_path)
    assert trust.learn(authority.revoke(["T3.1"]).pem) == {"T3.1"}
    older.revoke(["T1.1"])
    assert trust.learn(older.revoke(["T1.1"]).pem) is None
    assert trust.revoked == {"T3.1"}
    older.absorb(authority.revoked)
    assert trust.learn(older.revoked.pem) == {"T1.1"}


def test_what_stands_around_a_list_goes_no_further(made: Provisioned, tmp_path: Path) -> None:
    """A device passes the authority's list on with another authority's certificate, or with junk, behind it: neither is kept,
    told to others, or trusted."""
    bundle, authority = Bundle.load(made.bundles["T2.1"]), Authority.load(made.authority)
    stranger = Authority.new("oevelse/4701")
    for number, more in enumerate((stranger.certificate, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")):
        revoked, trust = authority.revoke(["T3.1"]).pem, TrustStore(bundle, tmp_path / str(number))
        assert trust.learn(revoked + more) == {"T3.1"}
        credentials = trust.credentials()
        assert (trust.list_file.read_bytes(), credentials.notice) == (revoked, revoked)
        assert credentials.context.cert_store_stats() == {"x509": 1, "crl": 1, "x509_ca": 1}


def test_a_list_that_cannot_be_written_holds_and_is_written_later(
    made: Provisioned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk refuses it: T3 is out, but nobody is told that this device, and so its broker, knows. Then it is written."""
    monkeypatch.setattr(limits, "STORE_RETRY_S", 0.0)
    data = tmp_path / "data"
    data.write_bytes(b"no folder can be made here")
    trust = TrustStore(Bundle.load(made.bundles["S.1"]), data)
    revoked = Authority.load(made.authority).revoke(["T3.1"])
    assert trust.learn(revoked.pem) == {"T3.1"}
    assert trust.revoked == {"T3.1"}
    assert trust.credentials().notice != revoked.pem
    assert not trust.keep()
    data.unlink()
    assert trust.keep()
    assert not trust.keep()
    assert (trust.list_file.read_bytes(), trust.credentials().notice) == (revoked.pem, revoked.pem)
