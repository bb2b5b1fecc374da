"""Three nodes of etcd on this machine, and the least client of them: gRPC over one socket, without a library.

A claim is a transaction that puts the voter's key where it has no create revision yet. Clients speak to the leader, which is
the fastest way: a follower would pass the claim on to it. `Sealed` is the same with TLS between all, as valgbord has it; etcd
makes its certificates itself, and nobody checks them, which costs less than to check them and no claim anything.
"""

import socket
import ssl
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from servers import Disk, a_server

from kiosk.simulated.broker import free_port

MEMBERS = 3
STARTS_S = 30
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
ACK = END_STREAM = 1
END_HEADERS = 4
WIDEST = (2**31 - 1 - 65_535).to_bytes(4)  # bytes that may come on top of those allowed at first: no call has to allow more
EQUAL, CREATE = 0, 1


class Cluster:
    """The running nodes; `clients` are connected to their leader."""

    name = "etcd, 3 nodes"
    scheme = "http"
    options: tuple[str, ...] = ()
    calls: ssl.SSLContext | None = None

    def __init__(self, running: ExitStack, folder: Path, clients: int, delay_ms: int) -> None:
        folder = folder / f"etcd-{self.scheme}"
        folder.mkdir()
        self.disk = Disk(folder / "trace", delay_ms)
        self._ports = [free_port() for _ in range(MEMBERS)]
        peers = [f"{self.scheme}://127.0.0.1:{free_port()}" for _ in range(MEMBERS)]
        for number, (port, peer) in enumerate(zip(self._ports, peers, strict=True)):
            options = {
                "name": f"n{number}",
                "data-dir": folder / f"n{number}",
                "listen-client-urls": f"{self.scheme}://127.0.0.1:{port}",
                "advertise-client-urls": f"{self.scheme}://127.0.0.1:{port}",
                "listen-peer-urls": peer,
                "initial-advertise-peer-urls": peer,
                "initial-cluster": ",".join(f"n{n}={url}" for n, url in enumerate(peers)),
                "logger": "zap",
            }
            command = ["etcd", *(f"--{option}={value}" for option, value in options.items()), *self.options]
            running.enter_context(a_server([*self.disk.wrapper, *command], folder / f"n{number}.log"))
        self._leader = self._elected()
        self.clients = [running.enter_context(Client(self._leader, self.calls)) for _ in range(clients)]

    def _elected(self) -> int:
        until = time.monotonic() + STARTS_S
        while time.monotonic() < until:
            for port in self._ports:
                if self._leads(port):
                    return port
            time.sleep(0.1)
        raise TimeoutError("etcd has no leader")

    def remark(self) -> str:
        """What must be known of the figures."""
        return "" if self._leads(self._leader) else "the leader has changed: claims went by way of a follower"

    def _leads(self, port: int) -> bool:
        try:
            url = f"{self.scheme}://127.0.0.1:{port}/metrics"
            with urllib.request.urlopen(url, timeout=5, context=_unchecked("http/1.1")) as metrics:
                return b"\netcd_server_is_leader 1\n" in metrics.read()
        except OSError:
            return False


def _unchecked(protocol: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols([protocol])
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Sealed(Cluster):
    """The same with TLS."""

    name = "etcd with TLS"
    scheme = "https"
    options = ("--auto-tls", "--peer-auto-tls")
    calls = _unchecked("h2")


class Client:
    """One HTTP/2 connection, one call at a time."""

    def __init__(self, port: int, tls: ssl.SSLContext | None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket)
        self._received = b""
        self._stream = -1
        self._transaction = b""
        self._txn, self._range = (_headers(f"/etcdserverpb.KV/{call}") for call in ("Txn", "Range"))
        hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(SETTINGS, 0, 0, b"")
        self._socket.sendall(hello + _frame(WINDOW_UPDATE, 0, 0, WIDEST))

    def meet(self, voter: int, claim: bytes) -> None:
        """A voter comes."""
        key = f"voter/{voter}".encode()
        unclaimed = _field(1, EQUAL) + _field(2, CREATE) + _field(3, key) + _field(5, 0)
        put = _field(2, _field(1, key) + _field(2, claim))
        self._transaction = _field(1, unclaimed) + _field(2, put)

    def claim(self) -> bool:
        """Claim the voter; whether nobody had."""
        answer = self._call(self._txn, self._transaction)
        after_header = answer[2 + answer[1] :]
        return after_header.startswith(b"\x10\x01")  # field 2, succeeded, is left out where it is false

    def trivial(self) -> None:
        """What costs nothing but the way there: a key that is not there, by what this node knows."""
        self._call(self._range, _field(1, b"none") + _field(7, 1))

    def _call(self, headers: bytes, request: bytes) -> bytes:
        self._stream += 2
        message = b"\0" + len(request).to_bytes(4) + request
        whole = _frame(HEADERS, END_HEADERS, self._stream, headers) + _frame(DATA, END_STREAM, self._stream, message)
        self._socket.sendall(whole)
        answer, ended = b"", False
        while not ended:
            kind, flags, payload = self._next_frame()
            if kind == DATA:
                answer += payload
            elif kind in (RST_STREAM, GOAWAY):
                raise ConnectionError(f"etcd ends the call: {payload!r}")
            elif kind in (SETTINGS, PING) and not flags & ACK:
                self._socket.sendall(_frame(kind, ACK, 0, payload if kind == PING else b""))
            ended = kind in (DATA, HEADERS) and bool(flags & END_STREAM)
        if not answer:
            raise ConnectionError("etcd refuses the call")
        return answer[5:]

    def _next_frame(self) -> tuple[int, int, bytes]:
        while len(self._received) < 9 or len(self._received) < 9 + int.from_bytes(self._received[:3]):
            if not (more := self._socket.recv(65_536)):
                raise ConnectionError("etcd is gone")
            self._received += more
        end = 9 + int.from_bytes(self._received[:3])
        frame, self._received = self._received[:end], self._received[end:]
        return frame[3], frame[4], frame[9:]

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def _headers(path: str) -> bytes:
    """A call's headers in HPACK, as indices of the static table or plain: so that a connection has no state to keep."""
    post_http, authority, plain_path = b"\x83\x86", b"\x01" + _text("localhost"), b"\x04" + _text(path)
    return (
        post_http + authority + plain_path + b"\x0f\x10" + _text("application/grpc") + b"\0" + _text("te") + _text("trailers")
    )


def _text(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()


def _field(number: int, value: int | bytes) -> bytes:
    """A field of a protobuf message."""
    if isinstance(value, int):
        return bytes([number << 3]) + _varint(value)
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + _varint(value >> 7)
