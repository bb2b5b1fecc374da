"""A network for the devices: a namespace for each, with a cable to one switch, a bridge that nothing else is on."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress

_PREFIX = "vb"
_PORT = "eth0"  # a device's end of its cable


class NetworkError(Exception):
    """The network can't be made or changed; the text is what the command said."""


def why_not() -> str:
    """Why no such network can be made here; "" if it can."""
    if os.geteuid() != 0:
        return "only root may make network namespaces: run as root, as CI does"
    if shutil.which("ip") is None or shutil.which("nft") is None:
        return "ip and nft are missing: apt-get install iproute2 nftables"
    try:
        with Network(["try"]) as network:
            _run(*network.inside("try"), "nft", "list", "ruleset")
    except NetworkError as error:
        return f"this kernel makes no network namespaces with cables: {error}"
    return ""


class Network:
    """The devices' namespaces, from `with` to its end. All names carry this process's id."""

    def __init__(self, devices: Sequence[str]) -> None:
        self._bridge = f"{_PREFIX}{os.getpid()}"
        self._devices = list(devices)
        self._made = ExitStack()
        self._broken = 0

    def __enter__(self) -> "Network":
        with self._made:
            _run("ip", "link", "add", self._bridge, "type", "bridge")
            self._made.callback(_try, "ip", "link", "del", self._bridge)
            _run("ip", "link", "set", self._bridge, "up")
            for device in self._devices:
                self._plug_in(device)
            self._made = self._made.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._made.close()

    def _plug_in(self, device: str) -> None:
        name, cable = self._namespace(device), self._cable(device)
        _run("ip", "netns", "add", name)
        self._made.callback(_try, "ip", "netns", "del", name)
        _run("ip", "link", "add", cable, "type", "veth", "peer", "name", _PORT, "netns", name)
        self._made.callback(_try, "ip", "link", "del", cable)
        _run("ip", "link", "set", cable, "master", self._bridge, "up")
        _run("ip", "-n", name, "addr", "add", f"{self.address(device)}/24", "dev", _PORT)
        for port in ("lo", _PORT):
            _run("ip", "-n", name, "link", "set", port, "up")

    def address(self, device: str) -> str:
        """A device's address on the bridge."""
        return f"10.47.1.{10 + self._devices.index(device)}"

    def inside(self, device: str) -> tuple[str, ...]:
        """What a command is run under to be on the device."""
        return ("nsenter", f"--net=/run/netns/{self._namespace(device)}")

    def _namespace(self, device: str) -> str:
        return f"{self._bridge}-{device}"

    def _cable(self, device: str) -> str:
        return f"{self._bridge}n{self._devices.index(device)}"

    # --- faults ---

    @contextmanager
    def cut(self, device: str) -> Iterator[None]:
        """Its cable is pulled."""
        _run("ip", "link", "set", self._cable(device), "down")
        try:
            yield
        finally:
            _run("ip", "link", "set", self._cable(device), "up")

    def deaf(self, device: str) -> AbstractContextManager[None]:
        """Nothing arrives there, and all that it says does."""
        return self._dropping(device, "input", f"iifname {_PORT}")

    def mute(self, device: str) -> AbstractContextManager[None]:
        """Everything arrives there, and nothing that it says gets out."""
        return self._dropping(device, "output", f"oifname {_PORT}")

    def parted(self, device: str, other: str) -> AbstractContextManager[None]:
        """These two don't reach each other; all others do."""
        return self._dropping(device, "output", f"ip daddr {self.address(other)}")

    def lossy(self, device: str, percent: int) -> AbstractContextManager[None]:
        """So many of its packets are lost, and come again later and later, as on a bad cable."""
        return self._dropping(device, "output", f"oifname {_PORT} numgen random mod 100 < {percent}")

    @contextmanager
    def _dropping(self, device: str, hook: str, which: str) -> Iterator[None]:
        self._broken += 1
        table = f"inet fault{self._broken}"
        chain = f"chain dropped {{ type filter hook {hook} priority 0; {which} drop; }}; }}"
        _run(*self.inside(device), "nft", f"table {table} {{ {chain}")
        try:
            yield
        finally:
            _run(*self.inside(device), "nft", f"delete table {table}")


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NetworkError(f"{' '.join(command)}: {getattr(error, 'stderr', '') or error}".strip()) from error


def _try(*command: str) -> None:
    with suppress(NetworkError):
        _run(*command)
