"""Sockets of asyncio for httpcore, read by callbacks: a read that waits costs a future and a timer.

Knows httpcore's backends and streams by their methods; nothing of HTTP.

httpcore's own reads through anyio, which tells the system before and after each read whether it wants more, and
opens a cancel scope: of a chunk of a stream that is a third of all that httpx and httpcore spend on it.
"""

import asyncio
import select
import socket
import ssl
from collections import deque
from ipaddress import ip_address
from itertools import chain, zip_longest
from typing import Any

import anyio
import anyio.lowlevel
import httpx

from ._calls import Endable
from ._network import HEAD_END, PIECE_BYTES

HELD_MAX_BYTES = 65_536
"""What may wait to be read before the server is made to wait."""

STAGGER_S = 0.25
"""How long a host's address is tried alone, before its next one is tried beside it: RFC 8305."""


def over_asyncio(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """Let the connections that a transport makes be asyncio's, in its own loops; gives the transport.

    httpx has no argument for httpcore's backend, so it is put where httpx keeps it. A transport that keeps it elsewhere
    is left as it is: slower, and otherwise the same.
    """
    pool = vars(transport).get("_pool")
    backend = getattr(pool, "_network_backend", None)
    if backend is not None:
        vars(pool)["_network_backend"] = _Backend(backend)
    return transport


class _Backend:
    """Makes connections of asyncio in its own loops; in all others, as another backend does.

    uvloop's are others: its TLS drops what a slow reader has not read yet when the server closes without a word.
    """

    def __init__(self, elsewhere: Any) -> None:
        self._elsewhere = elsewhere

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's interface
        **options: Any,
    ) -> Any:
        loop: object = anyio.lowlevel.current_token().native_token  # asyncio's also runs where trio is its guest
        if not isinstance(loop, asyncio.BaseEventLoop) or any(options.values()):
            return await self._elsewhere.connect_tcp(host, port, timeout, **options)
        try:
            with anyio.fail_after(timeout):
                return await (_connected if _is_address(host) else _first_connected)(loop, host, port)
        except TimeoutError as problem:
            raise httpx.ConnectTimeout(str(problem)) from problem
        except OSError as problem:
            raise httpx.ConnectError(str(problem)) from problem

    async def connect_unix_socket(self, path: str, timeout: float | None = None, **options: Any) -> Any:  # noqa: ASYNC109
        return await self._elsewhere.connect_unix_socket(path, timeout, **options)

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


async def _connected(loop: asyncio.AbstractEventLoop, address: str, port: int) -> "_Stream":
    stream = _Stream(loop)
    await loop.create_connection(lambda: stream, address, port)
    return stream


async def _first_connected(loop: asyncio.AbstractEventLoop, host: str, port: int) -> "_Stream":
    """Try a host's addresses, each some time after the one before, and take the first that answers.

    asyncio's own race, if it is cancelled, leaves the socket that has won unclosed.
    """
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    streams: list[_Stream] = []
    problems: list[OSError] = []

    async def attempt(address: str, is_over: anyio.Event) -> None:
        try:
            streams.append(await _connected(loop, address, port))
        except OSError as problem:
            problems.append(problem)
        else:
            tasks.cancel_scope.cancel()
        finally:
            is_over.set()

    taken = None
    try:
        async with anyio.create_task_group() as tasks:
            for address in _by_turns(found):
                is_over = anyio.Event()
                tasks.start_soon(attempt, address, is_over)
                with anyio.move_on_after(STAGGER_S):
                    await is_over.wait()
        if not streams:
            raise problems[-1]
        taken = streams[0]
    finally:
        for stream in streams:
            if stream is not taken:
                stream.end()
    return taken


class _Stream(asyncio.Protocol, Endable):
    """One connection. One task at a time reads, and one writes."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: Any = None
        self._blocks: deque[bytes] = deque()
        self._held_bytes = 0
        self._head = b""
        self._has_ended = False
        self._is_paused = False
        self._is_full = False
        self._problem: Exception | None = None
        self._reader: asyncio.Future[bool] | None = None
        self._writer: asyncio.Future[bool] | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._blocks.append(data)
        self._held_bytes += len(data)
        if self._held_bytes > HELD_MAX_BYTES and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> bool:
        self._has_ended = True
        _wake(self._reader)
        return self._transport.get_extra_info("ssl_object") is None  # it may still be written to

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_ended = True
        self._problem = self._problem or exc
        _wake(self._reader)
        _wake(self._writer)

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        _wake(self._writer)

    # What httpcore calls.

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        if self._head:
            await self.write(b"", timeout)
        if self._blocks or self._has_ended:
            await asyncio.sleep(0)  # who reads what is there already would keep the loop from others
        else:
            self._reader = self._loop.create_future()
            try:
                if not await _in_time(self._reader, timeout):
                    raise httpx.ReadTimeout("")
            finally:
                self._reader = None
        if not self._blocks:
            if self._problem is not None:
                raise httpx.ReadError(str(self._problem)) from self._problem
            return b""
        block = self._blocks.popleft()
        if len(block) > max_bytes:
            self._blocks.appendleft(block[max_bytes:])
            block = block[:max_bytes]
        self._held_bytes -= len(block)
        if self._is_paused and self._held_bytes <= HELD_MAX_BYTES:
            self._is_paused = False
            self._transport.resume_reading()
        return block

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send it, or nothing if the connection is gone: the reader, who comes next, learns why.

        The head of a request goes out together with its body, as in `_network`.
        """
        if self._head:
            head, self._head = self._head, b""
            if len(buffer) > PIECE_BYTES:
                self._transport.write(head)
            else:
                buffer = head + buffer
        elif buffer.endswith(HEAD_END):
            self._head = buffer
            return
        if not buffer or self._transport.is_closing():
            return
        self._transport.write(buffer)
        if self._is_full:
            self._writer = self._loop.create_future()
            try:
                if not await _in_time(self._writer, timeout):
                    raise httpx.WriteTimeout("")
            finally:
                self._writer = None

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> "_Stream":
        secured = None
        try:
            with anyio.fail_after(timeout):
                secured = await self._loop.start_tls(
                    self._transport, self, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError as problem:
            raise httpx.ConnectTimeout(str(problem)) from problem
        except OSError as problem:  # ssl's errors are such
            raise httpx.ConnectError(str(problem)) from problem
        finally:
            if secured is None:
                self._transport.abort()
        self._transport = secured
        return self

    def end(self) -> None:
        self._problem = self._problem or ConnectionAbortedError("The connection was closed here.")
        self._transport.abort()

    async def aclose(self) -> None:
        self.end()
        await asyncio.sleep(0)  # in which the loop closes the socket

    def get_extra_info(self, info: str) -> Any:
        match info:
            case "is_readable":
                return bool(self._blocks) or self._has_ended or _is_readable(self._transport.get_extra_info("socket"))
            case "client_addr":
                return self._transport.get_extra_info("sockname")
            case "server_addr":
                return self._transport.get_extra_info("peername")
        return self._transport.get_extra_info(info)


def _by_turns(found: list[Any]) -> list[str]:
    """The addresses with the system's first one first, then in turn of each kind: all of one kind may be silent."""
    kinds: dict[int, list[str]] = {}
    for kind, *_, place in found:
        kinds.setdefault(kind, []).append(str(place[0]))
    turns = chain.from_iterable(zip_longest(*kinds.values()))
    return list(dict.fromkeys(address for address in turns if address is not None))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _wake(waiter: "asyncio.Future[bool] | None", *, in_time: bool = True) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(in_time)


async def _in_time(waiter: "asyncio.Future[bool]", timeout_s: float | None) -> bool:
    """Wait for it; false if it took longer."""
    if timeout_s is None:
        return await waiter
    timer = waiter.get_loop().call_later(timeout_s, _give_up, waiter)
    try:
        return await waiter
    finally:
        timer.cancel()


def _give_up(waiter: "asyncio.Future[bool]") -> None:
    _wake(waiter, in_time=False)


def _is_readable(raw: Any) -> bool:
    """Whether the server has closed an idle connection, or says what nobody asked, since the loop last looked."""
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([raw], [], [], 0)[0])
    poll = select.poll()  # `select` knows no socket past the 1024th
    poll.register(raw, select.POLLIN)
    return bool(poll.poll(0))
