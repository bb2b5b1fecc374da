"""The broker on this device: Mosquitto, with the bundle's certificate and access lists.

A device may publish only under its own name, as in its certificate, and hears what is for all, or for itself. When a
certificate is revoked the broker is restarted: that costs the nodes a reconnect, and ends the revoked device's connections.
"""

import getpass
import ipaddress
import logging
import shutil
import subprocess
import time
from pathlib import Path

from kiosk import limits
from kiosk.sync.topics import access_list
from kiosk.trust.authority import replace_file
from kiosk.trust.bundle import AUTHORITY, BROKER, Bundle
from kiosk.trust.trust_store import TrustStore

_log = logging.getLogger(__name__)
_CONFIGURATION = Path(__file__).parent / "mosquitto.conf"
_END_S = 5.0  # seconds that Mosquitto has to end


class BrokerError(Exception):
    """The broker can't be run; the text says what to do."""


class RunningBroker:
    """The broker of a device. `run` it; `stop` it from a signal handler."""

    def __init__(self, bundle: Bundle, data: Path) -> None:
        planned = bundle.device.brokers(bundle.plan)
        if not planned:
            raise BrokerError(f"the plan has no broker on {bundle.device.name}: name its table in `brokers`")
        self._program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin") or ""
        if not self._program:
            raise BrokerError("mosquitto is not installed: apt-get install mosquitto")
        trust = TrustStore(bundle, data)
        trust.keep()
        self._list_file = trust.list_file
        self._stopping = False
        folder = data / "broker"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = folder / "mosquitto.conf"
        access = folder / "access"
        replace_file(access, access_list(bundle.plan.place.realm, bundle.device.signers).encode())
        files = {
            "cafile": bundle.folder / AUTHORITY,
            "certfile": bundle.folder / f"{BROKER}.crt",
            "keyfile": bundle.folder / f"{BROKER}.key",
            "crlfile": self._list_file,
            "acl_file": access,
        }
        lines = [f"{key} {path.absolute()}" for key, path in files.items()]
        text = _CONFIGURATION.read_text(encoding="utf-8")
        listener = f"listener {planned[0].port}{_address(planned[0].host)}"
        replace_file(self._file, "\n".join([f"user {getpass.getuser()}", text, listener, *_TLS, *lines, ""]).encode())

    def run(self) -> int:
        """Run it until it is stopped; restart it when a certificate is revoked. Returns its status if it ends by itself."""
        while True:
            known = _stamp(self._list_file)
            process = subprocess.Popen([self._program, "-c", self._file], stdin=subprocess.DEVNULL)
            try:
                while not self._stopping and _stamp(self._list_file) == known:
                    if (status := process.poll()) is not None:
                        return status
                    time.sleep(limits.LIST_LOOK_S)
            finally:
                process.terminate()
                try:
                    process.wait(_END_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if self._stopping:
                return 0
            _log.info("a certificate was revoked: the broker is run anew")

    def stop(self) -> None:
        """End `run` soon."""
        self._stopping = True


_TLS = ("require_certificate true", "use_identity_as_username true", "use_username_as_clientid true", "tls_version tlsv1.3")


def _address(host: str) -> str:
    """Where it listens: at the plan's address, or everywhere where the plan has a name."""
    try:
        return f" {ipaddress.ip_address(host)}"
    except ValueError:
        return ""


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns
