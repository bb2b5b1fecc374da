"""Stories of keys, PINs and what a device is given: nobody else's, nothing overwritten, nothing readable by others."""

import stat
from pathlib import Path

import msgspec
import pytest
from node_loop import PLACE

from kiosk.bundle import DEVICE, KEY, PLAN, Bundle, BundleError, provision
from kiosk.config import PlanError
from kiosk.keys import (
    KeyFileError,
    Signers,
    hash_pin,
    load_private_key,
    new_pin,
    new_private_key,
    pin_matches,
    public_hex,
)

EXAMPLE = (Path(__file__).parents[2] / "kiosk" / "plan.example.toml").read_text(encoding="utf-8")
TWO_TABLES = EXAMPLE.replace("[[tables]]\nnumber = 1\n", "[[tables]]\nnumber = 1\n\n[[tables]]\nnumber = 2\n")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(TWO_TABLES, encoding="utf-8")
    return path


def test_each_table_gets_its_own(plan: Path, tmp_path: Path) -> None:
    """Each table is given the plan byte for byte, a key of its own and everybody's public keys."""
    made = provision(plan, tmp_path / "out")
    assert sorted(made.bundles) == ["T1.1", "T2.1"]
    bundles = {origin: Bundle.load(folder) for origin, folder in made.bundles.items()}
    for origin, bundle in bundles.items():
        assert (bundle.device.origin, bundle.device.signers) == (origin, made.signers)
        assert (made.bundles[origin] / PLAN).read_bytes() == plan.read_bytes()
        assert bundle.plan.place.code == PLACE
        signature = bundle.key.sign(b"what")
        assert [o for o, other in bundles.items() if bundle.signers.verify(origin, signature, b"what")] == ["T1.1", "T2.1"]
        assert not bundle.signers.verify("T1.1" if origin == "T2.1" else "T2.1", signature, b"what")
        assert not bundle.signers.verify(origin, signature, b"something else")
    assert made.signers["T1.1"] != made.signers["T2.1"]


def test_nobody_else_can_read_a_key(plan: Path, tmp_path: Path) -> None:
    """A device's key and PIN hashes are its owner's alone, and so is their folder."""
    for folder in provision(plan, tmp_path / "out").bundles.values():
        assert stat.S_IMODE((folder / KEY).stat().st_mode) == 0o600
        assert stat.S_IMODE((folder / DEVICE).stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_keys_are_never_overwritten(plan: Path, tmp_path: Path) -> None:
    """A folder that exists, even an empty one, is refused, and what is in it stays."""
    made = provision(plan, tmp_path / "out")
    before = (made.bundles["T1.1"] / KEY).read_bytes()
    with pytest.raises(BundleError, match="never overwritten"):
        provision(plan, tmp_path / "out")
    assert (made.bundles["T1.1"] / KEY).read_bytes() == before
    (tmp_path / "empty").mkdir()
    with pytest.raises(BundleError, match="never overwritten"):
        provision(plan, tmp_path / "empty")


def test_two_places_share_nothing(plan: Path, tmp_path: Path) -> None:
    """Provisioned twice, a plan gives other keys and other PINs."""
    one, other = (provision(plan, tmp_path / name) for name in ("one", "other"))
    assert set(one.signers.values()).isdisjoint(other.signers.values())
    assert len({one.pin, one.reserve_pin, other.pin, other.reserve_pin}) == 4


def test_the_pins(plan: Path, tmp_path: Path) -> None:
    """The PIN and the reserve PIN open every table, no other does, and neither stands in any file."""
    made = provision(plan, tmp_path / "out")
    for folder in made.bundles.values():
        pins = Bundle.load(folder).device.pins
        assert pin_matches(made.pin, pins)
        assert pin_matches(made.reserve_pin, pins)
        wrong = {"", "0", made.pin[:-1], made.pin + "0", made.pin + "\0", f"{(int(made.pin) + 1) % 10**6:06}"}
        assert not [pin for pin in wrong - {made.reserve_pin} if pin_matches(pin, pins)]
        for file in folder.iterdir():
            assert made.pin.encode() not in file.read_bytes().replace(b"$", b"")


@pytest.mark.parametrize("phc", ["", "x", "$argon2id$v=19$m=16384,t=3,p=1$abc$def", "271828"])
def test_a_damaged_pin_hash(phc: str) -> None:
    """What is no hash matches no PIN, and does not keep the next one from being tried."""
    assert not pin_matches("271828", [phc])
    assert pin_matches("271828", [phc, hash_pin("271828")])


def test_no_hash_matches_nothing() -> None:
    """A device without PINs is opened by none."""
    assert not pin_matches("", [])


def test_two_hashes_of_one_pin_differ() -> None:
    """Each hash has salt of its own and keeps the PIN out of sight."""
    one, other = hash_pin("271828"), hash_pin("271828")
    assert one != other
    assert one.startswith("$argon2id$v=19$m=16384,t=3,p=1$")
    assert "271828" not in one


def test_pins_have_six_digits() -> None:
    """Every PIN has six digits, zeros before it counted."""
    assert all(len(pin) == 6 and pin.isascii() and pin.isdigit() for pin in (new_pin() for _ in range(500)))


@pytest.mark.parametrize("missing", [PLAN, DEVICE, KEY])
def test_a_missing_file(plan: Path, tmp_path: Path, missing: str) -> None:
    """A bundle with a part missing is refused by that part's name."""
    folder = provision(plan, tmp_path / "out").bundles["T1.1"]
    (folder / missing).unlink()
    with pytest.raises(BundleError, match=missing):
        Bundle.load(folder)


def test_no_bundle_at_all(tmp_path: Path) -> None:
    """A folder that is not there is refused."""
    with pytest.raises(BundleError):
        Bundle.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff\xfe", b"null", b'{"origin":"T1.1","table":1,"signers":{},"pins":[],"x":1}']
)
def test_a_damaged_device_file(plan: Path, tmp_path: Path, data: bytes) -> None:
    """A device file that can't be read, or says what nobody knows, is refused by its name."""
    folder = provision(plan, tmp_path / "out").bundles["T1.1"]
    (folder / DEVICE).write_bytes(data)
    with pytest.raises(BundleError, match=DEVICE):
        Bundle.load(folder)


@pytest.mark.parametrize("data", [b"", b"\xff", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_key(plan: Path, tmp_path: Path, data: bytes) -> None:
    """A key file that holds no key is refused with what to do."""
    folder = provision(plan, tmp_path / "out").bundles["T1.1"]
    (folder / KEY).write_bytes(data)
    with pytest.raises(BundleError, match="provision the device again"):
        Bundle.load(folder)


def test_a_damaged_plan(plan: Path, tmp_path: Path) -> None:
    """A plan that was edited into nonsense is refused."""
    folder = provision(plan, tmp_path / "out").bundles["T1.1"]
    (folder / PLAN).write_bytes(b"[place]\ncode = 1\n")
    with pytest.raises(BundleError, match=PLAN):
        Bundle.load(folder)


def test_the_key_of_another_table(plan: Path, tmp_path: Path) -> None:
    """A key that is not this device's is refused: it could sign nothing that others take."""
    made = provision(plan, tmp_path / "out")
    (made.bundles["T1.1"] / KEY).write_bytes((made.bundles["T2.1"] / KEY).read_bytes())
    with pytest.raises(BundleError, match=r"not the key of T1\.1"):
        Bundle.load(made.bundles["T1.1"])


def device_changed(folder: Path, **changes: object) -> None:
    device = msgspec.json.decode((folder / DEVICE).read_bytes())
    (folder / DEVICE).write_bytes(msgspec.json.encode({**device, **changes}))


def test_an_origin_without_a_key(plan: Path, tmp_path: Path) -> None:
    """A device that is not among the signers is refused."""
    folder = provision(plan, tmp_path / "out").bundles["T1.1"]
    device_changed(folder, origin="T3.1")
    with pytest.raises(BundleError, match=r"not the key of T3\.1"):
        Bundle.load(folder)


def test_a_table_that_is_not_in_the_plan(plan: Path, tmp_path: Path) -> None:
    """A device for a table that the plan has not is refused."""
    folder = provision(plan, tmp_path / "out").bundles["T1.1"]
    device_changed(folder, table=3)
    with pytest.raises(BundleError, match="table 3 is not in the plan"):
        Bundle.load(folder)


@pytest.mark.parametrize("key", ["", "00", "zz" * 32, "00" * 33])
def test_a_damaged_public_key(plan: Path, tmp_path: Path, key: str) -> None:
    """A signer whose key is not 32 bytes in hex is refused at the start, not at the first signature."""
    folder = provision(plan, tmp_path / "out").bundles["T1.1"]
    device_changed(folder, signers={"T1.1": key})
    with pytest.raises(BundleError, match="32 bytes in hex"):
        Bundle.load(folder)


def test_no_plan_to_provision_from(tmp_path: Path) -> None:
    """Without a plan nothing is made."""
    with pytest.raises(PlanError):
        provision(tmp_path / "plan.toml", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_signer() -> None:
    """A signature by an origin that the place has not is never good."""
    key = load_private_key(new_private_key())
    signers = Signers({"T1.1": public_hex(key)})
    assert signers.verify("T1.1", key.sign(b"x"), b"x")
    assert not signers.verify("T2.1", key.sign(b"x"), b"x")
    for signature in (b"", b"x", b"\0" * 64):
        assert not signers.verify("T1.1", signature, b"x")


def test_a_key_of_another_kind() -> None:
    """An encrypted key, or one of another kind, is no device key."""
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    locked = Ed25519PrivateKey.generate().private_bytes(
        ser.Encoding.PEM, ser.PrivateFormat.PKCS8, ser.BestAvailableEncryption(b"secret")
    )
    other = X25519PrivateKey.generate().private_bytes(ser.Encoding.PEM, ser.PrivateFormat.PKCS8, ser.NoEncryption())
    for pem in (locked, other):
        with pytest.raises(KeyFileError, match="provision the device again"):
            load_private_key(pem)
