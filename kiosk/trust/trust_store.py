"""Which certificates this device trusts: its place's authority, its own, and not those that have been revoked since."""

import logging
import os
import ssl
import time
from pathlib import Path

from cryptography import x509

from kiosk import limits
from kiosk.sync.connection import Credentials
from kiosk.sync.topics import COMMAND
from kiosk.trust.authority import AuthorityError, RevocationList, read_revocation_list, replace_file
from kiosk.trust.bundle import AUTHORITY, REVOKED, TLS, Bundle

_log = logging.getLogger(__name__)


class TrustStore:
    """What a device knows of its place's certificates. The newest list of revoked ones lies in its data folder: `keep` it."""

    def __init__(self, bundle: Bundle, data: Path) -> None:
        self._folder, self._serials, self._me = bundle.folder, bundle.device.serials, bundle.device.name
        self._authority = x509.load_pem_x509_certificate((self._folder / AUTHORITY).read_bytes())
        self.list_file = data / REVOKED
        self._bundled = self._revoked = read_revocation_list((self._folder / REVOKED).read_bytes(), self._authority)
        self._kept: RevocationList | None = None
        self._again_s = 0.0
        try:
            self._kept = read_revocation_list(self.list_file.read_bytes(), self._authority)
            self._revoked = max(self._revoked, self._kept, key=_number)
        except FileNotFoundError:
            pass
        except (AuthorityError, OSError) as error:
            _log.warning("%s: %s; the others will tell what it was", self.list_file, error)

    @property
    def revoked(self) -> frozenset[str]:
        """The disks whose certificates are revoked."""
        return self._revoked.of(self._serials)

    @property
    def am_revoked(self) -> bool:
        """Whether this device's own certificate is."""
        return self._me in self.revoked

    def learn(self, pem: bytes) -> frozenset[str] | None:
        """Take in a list that came over the network, and return the disks that it newly revokes.

        None where it is not taken: it is not newer, or lacks a certificate that is revoked already, as a list from an older
        copy of the authority's folder does.

        Raises:
            AuthorityError: the place's authority has not made it.
        """
        read = read_revocation_list(pem, self._authority)
        if read.number <= self._revoked.number or not self._revoked.serials <= read.serials:
            return None
        before, self._revoked, self._again_s = self.revoked, read, 0.0
        self.keep()
        return self.revoked - before

    def keep(self) -> bool:
        """Write the newest list to the disk, where this device's broker finds it. Returns whether it was written now.

        The others are told of it only once it is written. Where the disk refuses it, it holds in memory, and later calls try
        again, every `limits.STORE_RETRY_S` at most.
        """
        if self._kept == self._revoked or time.monotonic() < self._again_s:
            return False
        try:
            self.list_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_file(self.list_file, self._revoked.pem)
        except OSError as error:
            _log.warning("%s: %s; trying again every %g s", self.list_file, error.strerror, limits.STORE_RETRY_S)
            self._again_s = time.monotonic() + limits.STORE_RETRY_S
            return False
        self._kept = self._revoked
        return True

    def credentials(self) -> Credentials:
        """What this device connects with from now on."""
        context = client_context(self._folder / AUTHORITY, self._folder / TLS, self._revoked)
        return Credentials(context, frozenset({*self._serials, COMMAND}), self.revoked, (self._kept or self._bundled).pem)


def client_context(authority: Path, pair: Path, revoked: RevocationList) -> ssl.SSLContext:
    """TLS 1.3 to the place's brokers with the certificate and key `pair`.crt and .key; revoked ones are refused."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(authority))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(f"{pair}.crt", f"{pair}.key")
    context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    with os.fdopen(os.memfd_create(REVOKED), "wb", buffering=0) as file:  # OpenSSL reads files only; a disk may be full
        file.write(revoked.pem)
        context.load_verify_locations(cafile=f"/proc/self/fd/{file.fileno()}")
    return context


def _number(revoked: RevocationList) -> int:
    return revoked.number
