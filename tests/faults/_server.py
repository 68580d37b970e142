"""A server that says what it is told, byte by byte, and sees what its clients do with the connection.

Knows sockets and enough of HTTP to read a request; decides nothing of what is answered.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Self, TypeAlias

TLS = b"\x16\x03"
"""How a client begins that was told https."""
HELD_S = 20.0
"""How long a connection is held open at most, so that no test can hang on it."""


class End(Enum):
    """What becomes of a connection when all was said."""

    CLOSE = "close"
    RESET = "reset"
    HOLD = "hold"
    """Open and silent, until the client closes it."""
    KEEP = "keep"
    """Open for the next request."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it came."""

    path: str
    head: bytes
    body: bytes
    attempt: int
    """From 1, of the requests for one run."""

    @property
    def streamed(self) -> bool:
        return "streamGenerateContent" in self.path


Say: TypeAlias = bytes | float | End
"""Bytes to send, seconds to wait, or how to end; without an end the connection is closed."""
Behaviour: TypeAlias = Callable[[Asked], Iterator[Say]]


@dataclass
class Run:
    """What one behaviour was asked, under a path of its own."""

    behave: Behaviour
    base_url: str
    asked: list[Asked] = field(default_factory=list)
    open: int = 0
    """Connections that the client has not closed."""
    changed: threading.Condition = field(default_factory=threading.Condition)

    def is_left_within(self, seconds: float) -> bool:
        """Whether the client closes all connections that the server holds open."""
        with self.changed:
            return self.changed.wait_for(lambda: not self.open, seconds)

    def is_asked_within(self, seconds: float) -> bool:
        """Whether a request comes."""
        with self.changed:
            return self.changed.wait_for(lambda: bool(self.asked), seconds)


class FaultServer:
    """Listens on a port of its own; `run` gives an address where one behaviour is committed."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self._runs: list[Run] = []
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def run(self, behave: Behaviour) -> Run:
        run = Run(behave, f"http://127.0.0.1:{self.port}/run-{len(self._runs)}")
        self._runs.append(run)
        return run

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(HELD_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        run: Run | None = None
        with connection, suppress(OSError):
            while True:
                head, body = read_request(connection)
                if head.startswith(TLS):
                    connection.sendall(b"HTTP/1.1 400 Plain HTTP only\r\n\r\n")
                if not head or head.startswith(TLS):
                    break
                path = head.split(b" ")[1].decode()
                run = self._runs[int(path.split("/")[1].removeprefix("run-"))]
                with run.changed:
                    asked = Asked(path=path, head=head, body=body, attempt=len(run.asked) + 1)
                    run.asked.append(asked)
                    run.open += 1
                    run.changed.notify_all()
                try:
                    if not _say(connection, run.behave(asked)):
                        break
                finally:
                    with run.changed:
                        run.open -= 1
                        run.changed.notify_all()


def read_request(connection: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of the next request; nothing if the client has closed."""
    received = b""
    while b"\r\n\r\n" not in received:
        block = connection.recv(65536)
        if not block:
            return b"", b""
        received += block
        if received.startswith(TLS):
            return received, b""
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        block = connection.recv(65536)
        if not block:
            return b"", b""
        body += block
    return head, body


def _say(connection: socket.socket, says: Iterator[Say]) -> bool:
    """Do it all; whether the next request may come."""
    for say in says:
        match say:
            case bytes():
                connection.sendall(say)
            case float():
                time.sleep(say)
            case End.RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            case End.HOLD:
                with suppress(ConnectionError):
                    connection.recv(1)
                return False
            case End.KEEP:
                return True
            case End.CLOSE:
                break
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(0.5)
        while connection.recv(65536):
            pass  # what is closed with unread bytes in it is reset
    return False
