"""What one device is given: its plan, its own key, everybody's public keys and the PINs' hashes, in one folder.

`provision` makes one for each device of a plan. The plan is copied byte for byte: all devices can be seen to have the same.
"""

import os
from pathlib import Path
from typing import Self

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk import limits
from kiosk.config import Plan, PlanError, load_plan
from kiosk.domain.nodes import node_of, origin_of, table_of
from kiosk.keys import KeyFileError, PinHash, Signers, hash_pin, load_private_key, new_pin, new_private_key, public_hex

PLAN, DEVICE, KEY = "plan.toml", "device.json", "device.key"


class BundleError(Exception):
    """A bundle can't be made or used; the text names the file and the remedy."""


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which device this is, and of which place: training is never mixed with live.

    `origin` names its disk: table 3's first is "T3.1". `table` is missing for the secretary's. `signers`: public keys of all
    the place's disks by origin, in hex. `pins`: hashes.
    """

    place: str
    training: bool
    origin: str
    table: int | None
    signers: dict[str, str]
    pins: tuple[PinHash, ...]


class Provisioned(msgspec.Struct, frozen=True):
    """What `provision` made. The PINs are kept nowhere else."""

    bundles: dict[str, Path]
    signers: dict[str, str]
    pin: str
    reserve_pin: str


class Bundle(msgspec.Struct, frozen=True):
    """A device's bundle, read and checked."""

    plan: Plan
    device: Device
    key: Ed25519PrivateKey
    signers: Signers

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a bundle.

        Raises:
            BundleError: a part is missing or wrong.
        """
        try:
            plan = load_plan(folder / PLAN)
            device = msgspec.json.decode((folder / DEVICE).read_bytes(), type=Device)
            key = load_private_key((folder / KEY).read_bytes())
            signers = Signers(device.signers)
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
        if device.signers.get(device.origin) != public_hex(key):
            raise BundleError(f"{folder / KEY} is not the key of {device.origin}: provision the device again")
        origins = set(_origins(plan))
        same_place = (device.place, device.training) == (plan.place.code, plan.place.training)
        known = device.origin in origins and table_of(device.origin) == device.table
        if not same_place or device.signers.keys() != origins or not known:
            raise BundleError(
                f"{folder}: the place and tables of the plan are not those that were provisioned: provision the place again"
            )
        return cls(plan, device, key, signers)


def _origins(plan: Plan) -> list[str]:
    """Every disk of the place: each device's first, then the spares."""
    return [origin_of(node, disk) for disk in range(1, limits.SPARES + 2) for node in plan.nodes]


def _folder(out: Path, origin: str) -> Path:
    table = table_of(origin)
    name = f"table-{table}" if table is not None else "secretary"
    return out / name if origin == origin_of(node_of(origin)) else out / "spares" / name


def provision(plan_file: Path, out: Path) -> Provisioned:
    """Make a bundle for each node of the plan, and its spare disk, under `out`, which must not exist: no key is overwritten.

    Raises:
        PlanError: the plan is wrong.
        BundleError: the folder exists or can't be written.
    """
    plan = load_plan(plan_file)
    if out.exists():
        raise BundleError(f"{out} exists already, and keys are never overwritten: name a new folder")
    origins = _origins(plan)
    keys = {origin: new_private_key() for origin in origins}
    signers = {origin: public_hex(load_private_key(key)) for origin, key in keys.items()}
    pin, reserve = new_pin(), new_pin()
    pins = (hash_pin(pin), hash_pin(reserve))
    made = {}
    try:
        out.mkdir(parents=True, mode=0o700)
        for origin in origins:
            folder = made[origin] = _folder(out, origin)
            folder.mkdir(parents=True, mode=0o700)
            (folder / PLAN).write_bytes(plan_file.read_bytes())
            device = Device(plan.place.code, plan.place.training, origin, table_of(origin), signers, pins)
            _write_private(folder / DEVICE, msgspec.json.encode(device))
            _write_private(folder / KEY, keys[origin])
    except OSError as error:
        raise BundleError(f"{error.filename}: {error.strerror}") from error
    return Provisioned(made, signers, pin, reserve)


def _write_private(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
