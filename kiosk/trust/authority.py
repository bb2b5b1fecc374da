"""The place's own certificate authority: who may connect, and the list of those who may not any more.

Every election day of every place has its own authority, and training has another than live. Certificates hold for ever, since
a kiosk whose clock is wrong must still reach the others; only the list of revoked certificates ends them. Of two lists the one
with the higher number counts.
"""

import ipaddress
import os
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.sync.topics import COMMAND

_SINCE = datetime(1970, 1, 1, tzinfo=UTC)  # where a clock without a battery begins
_FOR_EVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # RFC 5280, 4.1.2.5: no well-defined end
_KEY, _CERTIFICATE, _REVOKED, _ISSUED = "authority.key", "authority.crt", "revoked.crl", "issued.json"


class AuthorityError(Exception):
    """The authority's files, or a list of revoked certificates, can't be used; the text says what to do."""


class IssuedCertificate(msgspec.Struct, frozen=True):
    """A certificate and its key, both in PEM; `serial` in hex; `fingerprint`: SHA-256 of the certificate in hex."""

    certificate: bytes
    key: bytes
    serial: str
    fingerprint: str


class RevocationList(msgspec.Struct, frozen=True):
    """A list of revoked certificates as the authority signed it: its number, their serials in hex, and its bytes in PEM."""

    number: int
    serials: frozenset[str]
    pem: bytes

    def of(self, issued: Mapping[str, Collection[str]]) -> frozenset[str]:
        """Which of these disks it revokes. `issued`: the serials of each disk's certificates."""
        return frozenset(device for device, serials in issued.items() if self.serials.intersection(serials))


class Authority:
    """The authority of one place, with its key. `issued`: the serials of each name's certificates."""

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, revoked: RevocationList, realm: str
    ) -> None:
        self._key, self._certificate, self.revoked, self.realm = key, certificate, revoked, realm
        self.issued: dict[str, list[str]] = {}

    @classmethod
    def new(cls, realm: str) -> Self:
        """Make an authority; `realm` tells the place, and training from live."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(realm, "authority")
        usage = x509.KeyUsage(
            key_cert_sign=True, crl_sign=True, digital_signature=False, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        certificate = (
            _begun(name, name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate, _sign_list(key, certificate, 1, ()), realm)

    @property
    def certificate(self) -> bytes:
        """The authority's certificate, PEM."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def gone(self) -> frozenset[str]:
        """The disks whose certificates are revoked."""
        return self.revoked.of(self.issued)

    def issue(self, device: str, *, hosts: Iterable[str] = ()) -> IssuedCertificate:
        """Issue a certificate for a device's disk; with `hosts`, for the broker on it, which is reached under these names."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = [_alternative(host) for host in hosts]
        use = ExtendedKeyUsageOID.SERVER_AUTH if alternatives else ExtendedKeyUsageOID.CLIENT_AUTH
        begun = (
            _begun(_name(self.realm, device), self._certificate.subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=True)
            .add_extension(_signed_by(self._certificate), critical=False)
        )
        if alternatives:
            begun = begun.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        certificate = begun.sign(self._key, hashes.SHA256())
        serial = f"{certificate.serial_number:x}"
        self.issued.setdefault(device, []).append(serial)
        return IssuedCertificate(
            certificate.public_bytes(serialization.Encoding.PEM),
            _pem(key),
            serial,
            certificate.fingerprint(hashes.SHA256()).hex(),
        )

    def revoke(self, devices: Collection[str]) -> RevocationList:
        """Make a new list with all certificates of these disks, and those revoked before.

        Raises:
            AuthorityError: there is no such disk.
        """
        if unknown := sorted(set(devices) - self.issued.keys()):
            known = ", ".join(sorted(self.issued.keys() - {COMMAND}))
            raise AuthorityError(f"there is no {', '.join(unknown)}: this authority knows {known}")
        serials = self.revoked.serials.union(*(self.issued[device] for device in devices))
        self.revoked = _sign_list(self._key, self._certificate, self.revoked.number + 1, serials)
        return self.revoked

    def absorb(self, other: RevocationList) -> bool:
        """Take in a list that was made from another copy of this authority's folder: what either revokes is revoked afterwards.
        Returns whether this authority's list has changed."""
        own = self.revoked
        if other == own or (other.number < own.number and other.serials <= own.serials):
            return False
        if other.number >= own.number and other.serials >= own.serials:
            self.revoked = other
        else:
            number = max(own.number, other.number) + 1
            self.revoked = _sign_list(self._key, self._certificate, number, own.serials | other.serials)
        return True

    # --- its folder ---

    def save(self, folder: Path) -> None:
        """Write it into a folder, which the technician keeps under lock; no device needs it."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        own = self.issue(COMMAND) if COMMAND not in self.issued else None
        files = {_KEY: _pem(self._key), _CERTIFICATE: self.certificate, _REVOKED: self.revoked.pem}
        if own is not None:
            files |= {f"{COMMAND}.key": own.key, f"{COMMAND}.crt": own.certificate}
        files[_ISSUED] = msgspec.json.encode({"realm": self.realm, "issued": self.issued})
        for name, data in files.items():
            replace_file(folder / name, data)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read it from its folder.

        Raises:
            AuthorityError: a file is missing or damaged.
        """
        try:
            key = serialization.load_pem_private_key((folder / _KEY).read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate((folder / _CERTIFICATE).read_bytes())
            revoked = read_revocation_list((folder / _REVOKED).read_bytes(), certificate)
            kept = msgspec.json.decode((folder / _ISSUED).read_bytes(), type=_Kept)
        except FileNotFoundError as error:
            raise AuthorityError(
                f"{error.filename} is missing: give the folder `authority` that `provision` has made"
            ) from error
        except (ValueError, TypeError, AuthorityError) as error:
            raise AuthorityError(f"{folder}: damaged: {error}: take the copy that was put away") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise AuthorityError(f"{folder / _KEY} is not an authority's key")
        made = cls(key, certificate, revoked, kept.realm)
        made.issued = kept.issued
        return made


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    realm: str
    issued: dict[str, list[str]]


def read_revocation_list(pem: bytes, authority: x509.Certificate) -> RevocationList:
    """Read a list of revoked certificates.

    Raises:
        AuthorityError: it is none, or this authority has not signed it.
    """
    key = authority.public_key()
    try:
        read = x509.load_pem_x509_crl(pem)
        number = read.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        signed = isinstance(key, ec.EllipticCurvePublicKey) and read.is_signature_valid(key)
    except Exception as error:  # what comes may be anything, and the parser, which raises many things, is not ours
        raise AuthorityError("it is no list of revoked certificates") from error
    if not signed:
        raise AuthorityError("the place's authority has not signed it")
    own = read.public_bytes(serialization.Encoding.PEM)  # without what may stand around it
    return RevocationList(number, frozenset(f"{one.serial_number:x}" for one in read), own)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read. Whatever breaks, the whole old file or the whole new one is there.

    A file that has these bytes already is left alone, which needs no room on a full disk.
    """
    if path.exists() and path.read_bytes() == data:
        return
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _name(realm: str, who: str) -> x509.Name:
    parts = {NameOID.ORGANIZATION_NAME: realm, NameOID.COMMON_NAME: who}
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts.items()])


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_SINCE)
        .not_valid_after(_FOR_EVER)
    )


def _sign_list(
    key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, number: int, serials: Iterable[str]
) -> RevocationList:
    begun = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(_SINCE)
        .next_update(_FOR_EVER)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_signed_by(authority), critical=False)
    )
    for serial in sorted(serials):
        one = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(_SINCE).build()
        begun = begun.add_revoked_certificate(one)
    return read_revocation_list(begun.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), authority)


def _signed_by(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    key = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key)


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
