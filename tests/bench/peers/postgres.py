"""One PostgreSQL server on this machine, and the least client of it: prepared statements over one socket, without a driver.

A claim is an insert that does nothing where the voter has a row; it returns once the commit is on disk.
"""

import shutil
import socket
import struct
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from servers import Disk, a_folder, a_server, servant

from kiosk.simulated.broker import free_port

STARTS_S = 30
CLAIM = "insert into claims values ($1, $2) on conflict do nothing"
DURABLE = {"fsync": "on", "synchronous_commit": "on", "wal_sync_method": "fdatasync"}


class Server:
    """The running server and its clients."""

    name = "PostgreSQL, 1 server"

    def __init__(self, running: ExitStack, _folder: Path, clients: int, delay_ms: int) -> None:
        folder = running.enter_context(a_folder(servant()))
        self.disk = Disk(folder / "postgres.trace", delay_ms)
        data, port, programs = folder / "data", free_port(), program_folder()
        assert programs is not None
        make = [programs / "initdb", "-D", data, "-U", "bench", "-A", "trust", "--no-locale", "--no-sync"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, user=servant())
        settings = {**DURABLE, "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder}
        command = [programs / "postgres", "-D", data, *(f"--{name}={value}" for name, value in settings.items())]
        running.enter_context(a_server([*self.disk.wrapper, *command], folder / "postgres.log", servant()))
        _await(port)
        with Client(port) as first:
            first.run(_message(b"Q", b"create table claims (voter bigint primary key, claim text not null)\0"))
        self.clients = [running.enter_context(Client(port)) for _ in range(clients)]
        for client in self.clients:
            client.prepare()

    def remark(self) -> str:
        """What must be known of the figures."""
        return ""


def program_folder() -> Path | None:
    """Where Debian has the newest server's programs, or else where the path finds them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda program: int(program.parts[-3]))
    found += [Path(program)] if not found and (program := shutil.which("postgres")) else []
    return found[-1].parent if found else None


def _await(port: int) -> None:
    until = time.monotonic() + STARTS_S
    while True:
        try:
            Client(port).close()
        except (ConnectionError, RuntimeError):  # nobody listens, or it says that it is starting
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


class Client:
    """One connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._claim, self._one = b"", _executed(b"one")
        startup = struct.pack(">i", 3 << 16) + b"user\0bench\0database\0postgres\0\0"
        self.run(struct.pack(">i", len(startup) + 4) + startup)

    def prepare(self) -> None:
        """Prepare the statements."""
        for name, statement in (("claim", CLAIM), ("one", "select 1")):
            parse = f"{name}\0{statement}\0".encode() + struct.pack(">h", 0)
            self.run(_message(b"P", parse) + _message(b"S"))

    def meet(self, voter: int, claim: bytes) -> None:
        """A voter comes."""
        self._claim = _executed(b"claim", str(voter).encode(), claim)

    def claim(self) -> bool:
        """Claim the voter; whether nobody had."""
        return self.run(self._claim) == b"INSERT 0 1\0"

    def trivial(self) -> None:
        """What costs nothing but the way there."""
        self.run(self._one)

    def run(self, messages: bytes) -> bytes:
        """Send messages; what the server says is complete, once it is ready for more."""
        self._socket.sendall(messages)
        done = b""
        while True:
            kind, payload = self._next_message()
            if kind == b"E":
                raise RuntimeError(f"PostgreSQL: {payload!r}")
            if kind == b"C":
                done = payload
            if kind == b"Z":
                return done

    def _next_message(self) -> tuple[bytes, bytes]:
        while len(self._received) < 5 or len(self._received) < 1 + int.from_bytes(self._received[1:5]):
            if not (more := self._socket.recv(65_536)):
                raise ConnectionError("PostgreSQL is gone")
            self._received += more
        end = 1 + int.from_bytes(self._received[1:5])
        message, self._received = self._received[:end], self._received[end:]
        return message[:1], message[5:]

    def close(self) -> None:
        """Disconnect."""
        self._socket.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _message(kind: bytes, payload: bytes = b"") -> bytes:
    return kind + struct.pack(">i", len(payload) + 4) + payload


def _executed(name: bytes, *parameters: bytes) -> bytes:
    """Bind a prepared statement to parameters in text form, execute it, and ask for the end."""
    values = b"".join(struct.pack(">i", len(value)) + value for value in parameters)
    bind = b"\0" + name + b"\0" + struct.pack(">hh", 0, len(parameters)) + values + struct.pack(">h", 0)
    return _message(b"B", bind) + _message(b"E", b"\0" + struct.pack(">i", 0)) + _message(b"S")
