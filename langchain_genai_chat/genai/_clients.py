"""The httpx clients that transports make for themselves: their settings, and how long they live.

Knows httpx's clients, processes and event loops; sends nothing.
"""

import functools
import ssl
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakMethod

import httpx

from ._network import bound_by_calls
from ._pools import AsyncPools, Pools

KEPT_S = 30.0
"""How long a connection is kept that nobody uses."""
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=KEPT_S)


@functools.cache
def shared_ssl_context() -> ssl.SSLContext:
    """One context for all clients of the process: loading the certificates takes some 15 ms and reads a file."""
    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """How a transport gets its client: one of the caller's, which it never closes, or one that it makes."""

    client: Any = None
    """Anything with the interface of `httpx.Client`, or of `httpx.AsyncClient` for an async transport."""
    arguments: dict[str, Any] | None = None
    """Keyword arguments for the client that is made."""

    def client_arguments(self) -> dict[str, Any]:
        """The arguments of the client to be made."""
        given = self.arguments or {}
        shared = {} if {"verify", "cert", "transport"} & given.keys() else {"verify": shared_ssl_context()}
        return {"limits": LIMITS, **shared, **given}

    def __deepcopy__(self, memo: object) -> "HttpSettings":
        """Share: a client of the caller's is one, and connections cannot be copied."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments; a client of the caller's stays in its process."""
        if self.client is not None:
            raise TypeError("An http client of yours cannot be pickled; pickle before it is passed, or pass none.")
        return functools.partial(HttpSettings, arguments=self.arguments), ()


class _Cookies(httpx.Cookies):
    """Looks for cookies only in answers that set one: httpx spends 40 µs on the others, a tenth of a small call."""

    def extract_cookies(self, response: httpx.Response) -> None:
        if "set-cookie" in response.headers:
            super().extract_cookies(response)


class SyncHttpClient(httpx.Client):
    cookies = _Cookies()  # type: ignore[override]  # in place of httpx's property; each client has its own

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.cookies = _Cookies(arguments.get("cookies"))

    def _init_transport(self, *_: Any, **arguments: Any) -> httpx.BaseTransport:
        if arguments["transport"] is not None:
            return super()._init_transport(**arguments)
        return _split(super()._init_transport, arguments, Pools)

    def _init_proxy_transport(self, *proxy: Any, **arguments: Any) -> httpx.BaseTransport:
        return _split(functools.partial(super()._init_proxy_transport, *proxy), arguments, Pools)


class AsyncHttpClient(httpx.AsyncClient):
    cookies = _Cookies()  # type: ignore[override]  # in place of httpx's property; each client has its own

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.cookies = _Cookies(arguments.get("cookies"))

    def _init_transport(self, *_: Any, **arguments: Any) -> httpx.AsyncBaseTransport:
        if arguments["transport"] is not None:
            return super()._init_transport(**arguments)
        return _split(super()._init_transport, arguments, AsyncPools)

    def _init_proxy_transport(self, *proxy: Any, **arguments: Any) -> httpx.AsyncBaseTransport:
        return _split(functools.partial(super()._init_proxy_transport, *proxy), arguments, AsyncPools)


T = TypeVar("T", bound=httpx.BaseTransport | httpx.AsyncBaseTransport)


def _split(
    make: Callable[..., T],
    arguments: dict[str, Any],
    pools: Callable[[Callable[[], T], float], T],
) -> T:
    """What keeps as many connections as are used; httpx's pool where limits bound it, or HTTP/2 has one for all."""
    if arguments["http2"]:
        return make(**arguments)
    if arguments["limits"] is not LIMITS:
        return bound_by_calls(make(**arguments))
    verify = httpx.create_ssl_context(*(arguments[name] for name in ("verify", "cert", "trust_env")))
    return pools(lambda: bound_by_calls(make(**{**arguments, "verify": verify, "cert": None})), KEPT_S)


class LoopClient:
    """A client that is closed when its loop ends, or by its loop when it is dropped, under asyncio as under trio.

    Both close the asynchronous generators that are suspended when they end, and those that are collected
    before; without that each ended loop would leave open sockets and ResourceWarnings behind. So nothing
    that the generator holds may refer to this object: it must go when its transport does.
    """

    def __init__(self, client: httpx.AsyncClient, loop: Any, forget: WeakMethod[Callable[[Any], None]]) -> None:
        self.client = client
        self._held = _hold_open(client, loop, forget)

    async def tie(self) -> None:
        """Make the running loop the one that closes it."""
        await anext(self._held)

    async def aclose(self) -> None:
        await self._held.aclose()


async def _hold_open(
    client: httpx.AsyncClient, loop: Any, forget: WeakMethod[Callable[[Any], None]]
) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        if (drop := forget()) is not None:
            drop(loop)
        await client.aclose()


def has_ended(loop: Any) -> bool:
    """Whether a loop was closed by hand, without a word to the generators that it was to close."""
    return bool(getattr(loop, "is_closed", bool)())
