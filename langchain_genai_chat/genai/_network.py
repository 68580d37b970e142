"""The sockets below httpx: what waits for one ends when its call is cancelled, in a thread also with the call's time.

Knows httpcore's backends and streams by their methods, and where httpx keeps them; of HTTP only how a head ends.
"""

import socket
import ssl
from contextlib import suppress
from typing import Any, TypeVar

import anyio
import httpx

from ._calls import CALL, Call, Endable

TIME_OVER = "The answer was not whole when the call's time was over."
PIECE_BYTES = 16_384
"""What a stream sends in one go, a record of TLS: it measures the time of each go anew."""
HEAD_END = b"\r\n\r\n"

T = TypeVar("T", bound=httpx.BaseTransport | httpx.AsyncBaseTransport | None)


def bound_by_calls(transport: T) -> T:
    """Let the calls that are sent over a transport bound its sockets; gives the transport, which nobody uses yet.

    httpx has no argument for httpcore's backend, so it is put where httpx keeps it. A transport that keeps it elsewhere
    is left as it is: then httpx's own limits hold, which bound each operation alone.
    """
    pool = getattr(transport, "_pool", None)
    backend = getattr(pool, "_network_backend", None)
    if backend is not None:
        ours = _AsyncBackend if isinstance(transport, httpx.AsyncBaseTransport) else _Backend
        vars(pool)["_network_backend"] = ours(backend)
    return transport


class _Backend:
    """Makes connections as another backend does."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options: Any) -> "_Stream":
        left_s = _left_s(CALL.get(), timeout, httpx.ConnectTimeout)
        return _Stream(self._backend.connect_tcp(host, port, timeout=left_s, **options))

    def connect_unix_socket(self, path: str, timeout: float | None = None, **options: Any) -> "_Stream":
        left_s = _left_s(CALL.get(), timeout, httpx.ConnectTimeout)
        return _Stream(self._backend.connect_unix_socket(path, timeout=left_s, **options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _AsyncBackend:
    """`_Backend` in an event loop, where a scope bounds the time of a call."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    async def connect_tcp(self, *arguments: Any, **options: Any) -> "_AsyncStream":
        return _AsyncStream(await self._backend.connect_tcp(*arguments, **options))

    async def connect_unix_socket(self, *arguments: Any, **options: Any) -> "_AsyncStream":
        return _AsyncStream(await self._backend.connect_unix_socket(*arguments, **options))

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class _Connection(Endable):
    """One connection; several calls use it, one after the other."""

    __slots__ = ("_head", "_stream")

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._head = b""
        """What waits for the next write, with which it goes out."""

    def _due(self, buffer: bytes) -> tuple[bytes | memoryview, ...]:
        """What to send now, the head of a request together with its body: one packet, and a call of the system less.

        httpcore writes one right after the other, and an empty block where there is no body.
        """
        if not self._head:
            if not buffer.endswith(HEAD_END):
                return (buffer,)
            self._head = buffer
            return ()
        head, self._head = self._head, b""
        first = max(PIECE_BYTES - len(head), 0)
        if len(buffer) > first:  # to join them all would be a copy
            return head + buffer[:first], memoryview(buffer)[first:]
        return (head + buffer,)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Stream(_Connection):
    __slots__ = ()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        block: bytes
        if self._head:
            self.write(b"", timeout)
        call = CALL.get()
        if call is None:
            block = self._stream.read(max_bytes, timeout)
        else:
            with call.woken_by(self.end):
                block = self._stream.read(max_bytes, _left_s(call, timeout, httpx.ReadTimeout))
        return block

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for block in self._due(buffer):
            self._send(block, timeout)

    def _send(self, buffer: bytes | memoryview, timeout: float | None) -> None:
        call = CALL.get()
        if call is None:
            self._stream.write(buffer, timeout)
            return
        with call.woken_by(self.end):
            if len(buffer) <= PIECE_BYTES or call.left_s is None:
                self._stream.write(buffer, _left_s(call, timeout, httpx.WriteTimeout))
                return
            pieces = memoryview(buffer)
            for start in range(0, len(pieces), PIECE_BYTES):
                left_s = _left_s(call, timeout, httpx.WriteTimeout)
                self._stream.write(pieces[start : start + PIECE_BYTES], left_s)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "_Stream":
        left_s = _left_s(CALL.get(), timeout, httpx.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left_s))

    def close(self) -> None:
        self._stream.close()

    def end(self) -> None:
        """End what another thread waits for."""
        with suppress(OSError):  # it is gone already
            # A TLS socket's own method would drop the TLS that the thread is reading through; and a number that was
            # asked for before may be another connection's, once that thread has closed this one.
            socket.socket.shutdown(self._stream.get_extra_info("socket"), socket.SHUT_RDWR)


class _AsyncStream(_Connection):
    __slots__ = ()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore asks so
        if self._head:
            await self.write(b"", timeout)
        block: bytes = await self._stream.read(max_bytes, timeout)
        return block

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - as above
        for block in self._due(buffer):
            await self._stream.write(block, timeout)

    async def start_tls(self, *arguments: Any, **options: Any) -> "_AsyncStream":
        try:
            return _AsyncStream(await self._stream.start_tls(*arguments, **options))
        except anyio.get_cancelled_exc_class():  # httpcore closes it after errors alone
            with anyio.CancelScope(shield=True):
                await self.aclose()
            raise

    async def aclose(self) -> None:
        await self._stream.aclose()

    def end(self) -> None:
        """End what another task of the loop waits for."""
        raw = self._stream.get_extra_info("socket")  # uvloop's cannot be shut down itself
        with suppress(OSError), socket.fromfd(raw.fileno(), raw.family, raw.type) as twin:  # it may be gone already
            twin.shutdown(socket.SHUT_RDWR)


def _left_s(call: Call | None, timeout: float | None, over: type[httpx.TimeoutException]) -> float | None:
    """The time for one operation; raises if the call's is over."""
    left_s = None if call is None else call.left_s
    if left_s is None:
        return timeout
    if left_s <= 0:
        raise over(TIME_OVER)
    return left_s if timeout is None else min(timeout, left_s)
