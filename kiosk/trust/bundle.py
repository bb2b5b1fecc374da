"""What one device is given, in one folder: its plan, its keys and certificates, everybody's public keys, those of the chair's
codes, the PINs' hashes.

`provision` makes one for each device of a plan. The plan is copied byte for byte, so that it can be compared.
Two keys, for two purposes: `device.key` signs the log, `tls.key` opens connections.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk import limits
from kiosk.domain.nodes import device_at, node_of, table_of
from kiosk.domain.texts import ZONE
from kiosk.plan.config import Plan, PlanError, PlannedBroker, load_plan
from kiosk.trust.authority import Authority, IssuedCertificate, replace_file
from kiosk.trust.codes import Codes, new_codes, public_halves, sheet_id
from kiosk.trust.keys import KeyFileError, PinHash, Signers, hash_pin, load_private_key, new_pin, new_private_key, public_hex

PLAN, DEVICE, KEY = "plan.toml", "device.json", "device.key"
AUTHORITY, REVOKED = "authority.crt", "revoked.crl"
TLS, BROKER = "tls", "broker"
"""Names of a key and of its certificate; a device on which a broker runs has the second pair too."""


class BundleError(Exception):
    """A bundle can't be made or used; the text names the file and the remedy."""


class DeviceIdentity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which device this is, and of which realm: training is never mixed with live, nor one place with another.

    `name`: "T3.1" for table 3's first card. `table` is missing for the secretary's. `signers`: public keys of
    all the place's devices by name, in hex; `serials`: of their certificates, likewise. `pins`: hashes. `codes`: public keys of
    the chair's codes by number, in hex.
    """

    realm: str
    name: str
    table: int | None
    signers: dict[str, str]
    serials: dict[str, tuple[str, ...]]
    pins: tuple[PinHash, ...]
    codes: dict[int, str]

    @property
    def disk(self) -> tuple[str, str]:
        """The mark of the data folder, which belongs to one device: the device's name, and its public key in hex."""
        return self.name, self.signers[self.name]

    def brokers(self, plan: Plan) -> list[PlannedBroker]:
        """The brokers that run on this device: one at most."""
        return _brokers_on(plan, self.name)


class Provisioned(msgspec.Struct, frozen=True):
    """What `provision` made: by device its folder, its signing key in hex and its certificate's SHA-256 in hex.

    The PINs are kept nowhere else, and the texts of the chair's `codes` in the two `sheets` only, which are to be printed and
    deleted; `sheet_id` stands on both. `authority`: its folder, which no device needs.
    """

    bundles: dict[str, Path]
    signers: dict[str, str]
    fingerprints: dict[str, str]
    authority: Path
    pin: str
    reserve_pin: str
    codes: Mapping[int, str]
    sheets: Mapping[str, Path]
    sheet_id: str


class Bundle(msgspec.Struct, frozen=True):
    """A device's bundle, read and checked."""

    folder: Path
    plan: Plan
    device: DeviceIdentity
    key: Ed25519PrivateKey
    signers: Signers
    codes: Codes

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a bundle.

        Raises:
            BundleError: a part is missing or wrong.
        """
        try:
            plan = load_plan(folder / PLAN)
            device = msgspec.json.decode((folder / DEVICE).read_bytes(), type=DeviceIdentity)
            key = load_private_key((folder / KEY).read_bytes())
            signers = Signers(device.signers)
            codes = Codes(plan.place.realm, plan.day.date.isoformat(), device.codes)
        except PlanError as error:
            missing = "" if (folder / DEVICE).exists() else f" ({folder} is no bundle: give one that `provision` has made)"
            raise BundleError(f"{error}{missing}") from error
        except FileNotFoundError as error:
            raise BundleError(f"{error.filename} is missing: provision the device again") from error
        except OSError as error:
            raise BundleError(f"{error.filename}: {error.strerror}: run this as the user whom it belongs to") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BundleError(f"{folder / DEVICE}: {error}: provision the device again") from error
        except KeyFileError as error:
            raise BundleError(f"{folder}: {error}") from error
        pairs = [f"{name}.{kind}" for name in (TLS, *([BROKER] if device.brokers(plan) else [])) for kind in ("crt", "key")]
        for name in (AUTHORITY, REVOKED, *pairs):
            if not (folder / name).exists():
                raise BundleError(f"{folder / name} is missing: provision the device again")
        if device.signers.get(device.name) != public_hex(key):
            raise BundleError(f"{folder / KEY} is not the key of {device.name}: provision the device again")
        devices = set(_devices_of(plan))
        same_place = device.realm == plan.place.realm
        known = device.name in devices and table_of(device.name) == device.table
        if not same_place or device.signers.keys() != devices or not known:
            raise BundleError(
                f"{folder}: the place and tables of the plan are not those that were provisioned: provision the place again"
            )
        return cls(folder, plan, device, key, signers, codes)


def _devices_of(plan: Plan) -> list[str]:
    """Every device of the place: each node's first, then the spares."""
    return [device_at(node, disk) for disk in range(1, limits.SPARES + 2) for node in plan.nodes]


def _folder(out: Path, device: str) -> Path:
    table = table_of(device)
    name = f"table-{table}" if table is not None else "secretary"
    return out / name if device == device_at(node_of(device)) else out / "spares" / name


def provision(plan_file: Path, out: Path) -> Provisioned:
    """Make a bundle for each node of the plan and its spare card, and the sheets with the chair's codes, under `out`, which
    must not exist: no key is overwritten.

    Raises:
        PlanError: the plan is wrong.
        BundleError: the folder exists or can't be written.
    """
    plan = load_plan(plan_file)
    if out.exists():
        raise BundleError(f"{out} exists already, and keys are never overwritten: name a new folder")
    devices = _devices_of(plan)
    keys = {device: new_private_key() for device in devices}
    signers = {device: public_hex(load_private_key(key)) for device, key in keys.items()}
    authority = Authority.new(plan.place.realm)
    pairs = {device: _issue(authority, plan, device) for device in devices}
    pin, reserve = new_pin(), new_pin()
    pins = (hash_pin(pin), hash_pin(reserve))
    codes = new_codes()
    public = public_halves(codes.values(), plan.place.realm, plan.day.date.isoformat())
    serials = {device: tuple(authority.issued[device]) for device in devices}
    made = {}
    try:
        for device in devices:
            folder = made[device] = _folder(out, device)
            folder.mkdir(parents=True, mode=0o700)
            about = DeviceIdentity(plan.place.realm, device, table_of(device), signers, serials, pins, public)
            files = {PLAN: plan_file.read_bytes(), DEVICE: msgspec.json.encode(about), KEY: keys[device]}
            files |= {AUTHORITY: authority.certificate, REVOKED: authority.revoked.pem}
            for kind, issued in pairs[device].items():
                files |= {f"{kind}.crt": issued.certificate, f"{kind}.key": issued.key}
            for name, data in files.items():
                replace_file(folder / name, data)
        authority.save(out / "authority")
        replace_file(out / "authority" / PLAN, plan_file.read_bytes())
        sheets = _write_sheets(plan, codes, sheet_id(public), out)
    except OSError as error:
        raise BundleError(f"{error.filename}: {error.strerror}") from error
    fingerprints = {device: pairs[device][TLS].fingerprint for device in devices}
    return Provisioned(made, signers, fingerprints, out / "authority", pin, reserve, codes, sheets, sheet_id(public))


def _write_sheets(plan: Plan, codes: Mapping[int, str], name_of_both: str, out: Path) -> dict[str, Path]:
    """Write the chair's codes as PDFs, the only place where they stand. Only the files' owner can read them."""
    from kiosk.plan.codesheet import code_sheets  # imported here, so that no node loads the PDF library

    sheets = {}
    for name, pdf in code_sheets(plan, codes, name_of_both, datetime.now(ZONE)).items():
        sheets[name] = out / f"codes-{name}.pdf"
        replace_file(sheets[name], pdf)
    return sheets


def _issue(authority: Authority, plan: Plan, device: str) -> dict[str, IssuedCertificate]:
    """A device's certificates: its own, and that of the broker that runs on its device."""
    hosts = [broker.host for broker in _brokers_on(plan, device)]
    return {TLS: authority.issue(device)} | ({BROKER: authority.issue(device, hosts=hosts)} if hosts else {})


def _brokers_on(plan: Plan, device: str) -> list[PlannedBroker]:
    return [broker for broker in plan.brokers if broker.node == node_of(device)]
