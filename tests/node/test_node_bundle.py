"""Stories of keys, PINs and what a device is given: nobody else's, nothing overwritten, nothing readable by others."""

import re
import stat
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from node_loop import ANNE, PLACE, Loop

from kiosk.domain.cards import check_digits
from kiosk.domain.entries import Request
from kiosk.domain.voters import Voter
from kiosk.plan.config import PlanError
from kiosk.trust.bundle import DEVICE, KEY, PLAN, Bundle, BundleError, provision
from kiosk.trust.keys import (
    KeyFileError,
    Signers,
    hash_pin,
    load_private_key,
    new_pin,
    new_private_key,
    pin_matches,
    public_hex,
)
from kiosk.wiring import setup_of
from tests.made_up import FIRST_PREV

EXAMPLE = (Path(__file__).parents[2] / "kiosk" / "plan" / "example.toml").read_text(encoding="utf-8")
NOT_PROVISIONED = "the place and tables of the plan are not those that were provisioned: provision the place again"
TWO_TABLES = EXAMPLE.replace(
    "[[tables]]\nnumber = 1\n",
    '[[tables]]\nnumber = 1\n\n[[tables]]\nnumber = 2\n\n[secretary]\nassistant = 1\n\n[[brokers]]\nhost = "10.0.0.1"\n',
)
DEVICES = ["S.1", "S.2", "T1.1", "T1.2", "T2.1", "T2.2"]


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(TWO_TABLES, encoding="utf-8")
    return path


def test_each_table_gets_its_own(plan: Path, tmp_path: Path) -> None:
    """Each table is given the plan byte for byte, a key of its own and everybody's public keys."""
    made = provision(plan, tmp_path / "out")
    assert sorted(made.bundles) == DEVICES
    bundles = {device: Bundle.load(folder) for device, folder in made.bundles.items()}
    for device, bundle in bundles.items():
        assert (bundle.device.name, bundle.device.signers) == (device, made.signers)
        assert (made.bundles[device] / PLAN).read_bytes() == plan.read_bytes()
        assert bundle.plan.place.code == PLACE
        signature = bundle.key.sign(b"what")
        assert sorted(o for o, other in bundles.items() if other.signers.verify(device, signature, b"what")) == DEVICES
        assert not bundle.signers.verify("T1.1" if device == "T2.1" else "T2.1", signature, b"what")
        assert not bundle.signers.verify(device, signature, b"something else")
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
            keys = rb"[0-9a-f]{64}"  # public ones: in so many of them six digits do turn up
            assert made.pin.encode() not in re.sub(keys, b"", file.read_bytes()).replace(b"$", b"")


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
    "data", [b"", b"{}", b"[]", b"\xff\xfe", b"null", b'{"name":"T1.1","table":1,"signers":{},"pins":[],"x":1}']
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


def test_a_device_without_a_key(plan: Path, tmp_path: Path) -> None:
    """A device that is not among the signers is refused."""
    folder = provision(plan, tmp_path / "out").bundles["T1.1"]
    device_changed(folder, name="T3.1")
    with pytest.raises(BundleError, match=r"not the key of T3\.1"):
        Bundle.load(folder)


def test_a_table_that_is_not_in_the_plan(plan: Path, tmp_path: Path) -> None:
    """A device for a table that the plan has not, or for another than its device's, is refused."""
    folder = provision(plan, tmp_path / "out").bundles["T1.1"]
    for table in (3, 2, 0, -1):
        device_changed(folder, table=table)
        with pytest.raises(BundleError, match=NOT_PROVISIONED):
            Bundle.load(folder)
    device_changed(folder, table=1)
    assert Bundle.load(folder).device.table == 1


def test_two_tables_cut_to_one(plan: Path, tmp_path: Path) -> None:
    """A table of two whose plan is cut to itself would think that it is alone, and serve without the other: it is refused."""
    made = provision(plan, tmp_path / "out")
    for device, number in (("T1.1", 1), ("T2.1", 2)):
        folder = made.bundles[device]
        (folder / PLAN).write_text(EXAMPLE.replace("number = 1\n", f"number = {number}\n"), encoding="utf-8")
        with pytest.raises(BundleError, match=NOT_PROVISIONED):
            Bundle.load(folder)


def test_a_plan_with_another_table(plan: Path, tmp_path: Path) -> None:
    """A table added to the plan, or given another number, after the keys were made is refused in every device."""
    made = provision(plan, tmp_path / "out")
    for tables in ((1, 2, 3), (1, 3), (2, 3), (11, 2)):
        numbers = "".join(f"[[tables]]\nnumber = {n}\n" for n in tables)
        text = TWO_TABLES.replace("[[tables]]\nnumber = 1\n\n[[tables]]\nnumber = 2\n", numbers)
        text = text.replace("assistant = 1", f"assistant = {tables[0]}")
        for folder in made.bundles.values():
            (folder / PLAN).write_text(text, encoding="utf-8")
            with pytest.raises(BundleError, match=NOT_PROVISIONED):
                Bundle.load(folder)


def test_signers_that_are_not_the_plans(plan: Path, tmp_path: Path) -> None:
    """A signer missing, too many, or of a table's other disk is refused."""
    made = provision(plan, tmp_path / "out")
    own, other = made.signers["T1.1"], made.signers["T2.1"]
    for signers in ({"T1.1": own}, {**made.signers, "T3.1": other}, {"T1.1": own, "T2.2": other}):
        device_changed(made.bundles["T1.1"], signers=signers)
        with pytest.raises(BundleError, match=NOT_PROVISIONED):
            Bundle.load(made.bundles["T1.1"])
    device_changed(made.bundles["T1.1"], name="T1.2", signers={"T1.2": own, "T2.1": other})
    with pytest.raises(BundleError, match=NOT_PROVISIONED):
        Bundle.load(made.bundles["T1.1"])


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
    """A signature by a device that the place has not is never good."""
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


# --- a plan with other cards ------------------------------------------------------------------------------------------

CARDS = r"""
[card]
pattern = '(?P<place>\d{4})(?P<voter>\d{8})(?P<check>\d{2})'
digits = 14
voter_digits = 8

[desk]
"""


class OneVoter:
    """A voter list with a digest and one voter, whose number has eight digits."""

    voter = replace(ANNE, number=12_345_678)

    def digest(self) -> str:
        return "a list"

    def find(self, number: int) -> Voter | None:
        return self.voter if number == self.voter.number else None


def planned(tmp_path: Path, card: str = CARDS) -> Loop:
    """A table as it is made from a plan with these cards."""
    tmp_path.mkdir(exist_ok=True)
    path = tmp_path / "plan.toml"
    path.write_text(EXAMPLE.replace("\n[desk]\n", card), encoding="utf-8")
    bundle = Bundle.load(provision(path, tmp_path / "out").bundles["T1.1"])
    voters = OneVoter()
    return Loop(replace(setup_of(bundle, voters), first_prev=FIRST_PREV), find=voters.find).opened()


def test_other_card_lengths(tmp_path: Path) -> None:
    """With cards of fourteen digits and numbers of eight, the pad takes them, and scanned or keyed they are the voter."""
    payload = f"{PLACE}12345678"
    whole = payload + check_digits(payload)
    for text in (whole, "12345678"):
        loop = planned(tmp_path / text).touch("type")
        assert loop.screen.content.digits == 14
        loop.touch("number", text)
        assert (loop.shown, loop.screen.content.number) == ("VoterShown", "nr. 12 345 678")
    loop = planned(tmp_path / "scanned").scan(whole)
    assert (loop.shown, loop.screen.content.number) == ("VoterShown", "nr. 12 345 678")
    assert loop.touch("approve").draw().bodies(Request)[0].voter == 12_345_678


def test_numbers_of_other_lengths(tmp_path: Path) -> None:
    """A number one digit longer than a voter number is not one, nor is a card of the default length a card."""
    loop = planned(tmp_path).touch("type")
    for text in ("123456780", PLACE + "123456" + check_digits(PLACE + "123456"), "1" * 13):
        loop.touch("number", text)
        assert (loop.shown, loop.screen.content.notice) == ("Typing", "Det er ikke et valgkort")
    loop.touch("number", "1234567")
    assert (loop.shown, loop.screen.content.reason) == ("Refused", "Nr. 01 234 567 står ikke på valglisten")


def test_the_default_card(tmp_path: Path) -> None:
    """A plan that says nothing of its cards has them of twelve digits, with voter numbers of six."""
    loop = planned(tmp_path, "\n[desk]\n")
    assert (loop.setup.voter_digits, loop.touch("type").screen.content.digits) == (6, 12)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("digits = 10", "can't be told from CPR numbers"),
        ("digits = 3", "card.digits"),
        ("digits = 33", "card.digits"),
        ("voter_digits = 0", "card.voter_digits"),
        ("voter_digits = 10", "card.voter_digits"),
        ('digits = "12"', "card.digits"),
        ("digit = 12", "digit"),
        ("pattern = '(?P<card>.*)'", "voter"),
        ("pattern = '('", "card.pattern"),
    ],
)
def test_card_lengths_that_are_none(tmp_path: Path, line: str, named: str) -> None:
    """Lengths that can't be, that of a CPR number above all, are refused by their key, and nothing is made."""
    with pytest.raises(PlanError, match=re.escape(named)):
        planned(tmp_path, f"\n[card]\n{line}\n\n[desk]\n")
    assert not (tmp_path / "out").exists()
