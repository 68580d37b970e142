"""Connections kept open, as many as are used at once: each in an httpx transport of its own, so none slows others.

Knows httpx's transports; nothing of sockets, and nothing of what is sent.

httpcore 1.0.9 looks at every connection of its pool twice for each request, asks the system about each idle one,
and counts all for each: with 200 open that is a sixth of the CPU of 200 streams of 100 chunks. Between threads it does
so under a lock, and takes a connection that another thread has just been answered on for one that the server closed.
"""

import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import anyio
import httpx

T = TypeVar("T", bound="httpx.BaseTransport | httpx.AsyncBaseTransport")
Origin: TypeAlias = tuple[str, str, int | None]


@dataclass(slots=True)
class _Pool(Generic[T]):
    """What one request at a time uses, for one origin: then it holds one connection at most."""

    transport: T
    origin: Origin
    idle_since: float = 0.0


class _Pools(Generic[T]):
    """Those that are in use and those that are not, of which the last used is the first to be used again."""

    def __init__(self, make: Callable[[], T], expiry_s: float) -> None:
        self._make = make
        self._expiry_s = expiry_s
        self._lock = threading.RLock()  # the collector may close an answer in the middle of what is done here
        self._busy: dict[int, _Pool[T]] = {}
        self._idle: dict[Origin, deque[_Pool[T]]] = {}

    def take(self, url: httpx.URL) -> _Pool[T]:
        """Give one that nobody uses."""
        origin = (url.scheme, url.host, url.port)
        with self._lock:
            idle = self._idle.get(origin)
            pool = idle.pop() if idle else _Pool(self._make(), origin)
            self._busy[id(pool)] = pool
        return pool

    def give_back(self, pool: _Pool[T]) -> list[T]:
        """Keep it for the next request; gives those that nobody has used for long, which are to be closed."""
        now = time.monotonic()
        expired = []
        with self._lock:
            if self._busy.pop(id(pool), None) is None:  # closed meanwhile
                return []
            pool.idle_since = now
            self._idle.setdefault(pool.origin, deque()).append(pool)
            for idle in list(self._idle.values()):
                while idle and now - idle[0].idle_since > self._expiry_s:
                    expired.append(idle.popleft().transport)
        return expired

    def take_all(self) -> list[T]:
        """Give all, also those in use, which are to be closed."""
        with self._lock:
            pools = list(self._busy.values())
            for idle in list(self._idle.values()):
                pools += idle
            self._busy.clear()
            self._idle.clear()
        return [pool.transport for pool in pools]


class Pools(httpx.BaseTransport):
    """Sends each request over a connection that no other uses; opens one where none is free.

    Args:
        make: Makes what holds one connection.
        expiry_s: How long one is kept that nobody uses.
    """

    def __init__(self, make: Callable[[], httpx.BaseTransport], expiry_s: float) -> None:
        self._pools = _Pools(make, expiry_s)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it; its connection is free again when the answer is closed."""
        pool = self._pools.take(request.url)
        response: httpx.Response | None = None
        try:
            response = pool.transport.handle_request(request)
        finally:
            if response is None:  # its connection is closed
                self._give_back(pool)
        response.stream = _Body(response.stream, lambda: self._give_back(pool))
        return response

    def close(self) -> None:
        """Close all connections."""
        for transport in self._pools.take_all():
            transport.close()

    def _give_back(self, pool: _Pool[httpx.BaseTransport]) -> None:
        for transport in self._pools.give_back(pool):
            transport.close()


class AsyncPools(httpx.AsyncBaseTransport):
    """`Pools` in an event loop."""

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport], expiry_s: float) -> None:
        self._pools = _Pools(make, expiry_s)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it; its connection is free again when the answer is closed."""
        pool = self._pools.take(request.url)
        response: httpx.Response | None = None
        try:
            response = await pool.transport.handle_async_request(request)
        finally:
            if response is None:  # its connection is closed
                await self._give_back(pool)
        response.stream = _AsyncBody(response.stream, lambda: self._give_back(pool))
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self._pools.take_all():
            await transport.aclose()

    async def _give_back(self, pool: _Pool[httpx.AsyncBaseTransport]) -> None:
        if expired := self._pools.give_back(pool):
            with anyio.CancelScope(shield=True):
                for transport in expired:
                    await transport.aclose()


class _Body(httpx.SyncByteStream):
    """An answer's blocks as they are, and a word when it is closed."""

    def __init__(self, stream: Any, on_close: Callable[[], None]) -> None:
        self._stream = stream
        self._on_close: Callable[[], None] | None = on_close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        try:
            self._stream.close()
        finally:
            on_close, self._on_close = self._on_close, None
            if on_close is not None:
                on_close()


class _AsyncBody(httpx.AsyncByteStream):
    """`_Body` in an event loop."""

    def __init__(self, stream: Any, on_close: Callable[[], Awaitable[None]]) -> None:
        self._stream = stream
        self._on_close: Callable[[], Awaitable[None]] | None = on_close

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            on_close, self._on_close = self._on_close, None
            if on_close is not None:
                await on_close()
