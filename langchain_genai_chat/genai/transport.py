"""The only file that sends or sleeps: two drivers that run any flow over httpx.

Knows clients, event loops and clocks; decides nothing about what is sent, when it is tried again or what an answer
means.
"""

import functools
import inspect
import logging
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar
from weakref import WeakMethod, finalize

import anyio
import anyio.lowlevel
import anyio.to_thread
import httpx

from ._calls import CALL, Call, StreamCancelledError, call_here, running, within_call
from ._clients import AsyncHttpClient, HttpSettings, LoopClient, SyncHttpClient, has_ended
from ._exchange import Calls, Emit, Exchange, Flow, Now, Read, Request
from ._network import TIME_OVER
from ._open_answers import OpenAnswer, UntilDeadline, read_whole, untie
from ._problems import translated
from .errors import APIError

T = TypeVar("T")

CLOSED = "This client has been closed; make a new one."
TURN_S = 0.0001
"""How long a stream may go on with what has come before others have their turn: a block may hold a whole answer.

With 200 streams that have all come, a timer waits for three rounds of such turns.
"""

_LOGGER = logging.getLogger("langchain_genai_chat")
_sending: ContextVar[bool] = ContextVar("sending", default=False)


class SyncTransport:
    """Runs flows in the calling thread. Safe to share between threads, to pickle, and to use after a fork."""

    def __init__(self, settings: HttpSettings) -> None:
        _hush_httpx()
        self._settings = settings
        self._lock = threading.Lock()
        self._client: Any = settings.client
        self._inherited: list[Any] = []
        self._pid = os.getpid()
        self._closed = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the settings; the copy makes its own client."""
        return type(self), (self._settings,)

    def run(self, flow: Flow[T]) -> T:
        """Run a flow that emits nothing, and give its result."""
        exchange = Exchange(flow)
        answer = OpenAnswer()
        try:
            with running(None):  # what is cancelled is a stream
                while not exchange.done:
                    self._step(exchange, answer)
            return exchange.result
        finally:
            answer.close()  # first, for what a flow does at its end may fail
            exchange.close()

    def iterate(self, flow: Flow[None], call: Call | None = None) -> Generator[Any, None, None]:
        """Give what a flow emits; closing the iterator ends the flow and closes the open answer at once.

        Cancelling the call raises `StreamCancelledError`.
        """
        call = call or Call()
        exchange = Exchange(flow)
        answer = OpenAnswer(call)
        try:
            while not exchange.done:
                if call.is_cancelled:
                    raise StreamCancelledError
                kind = type(exchange.wanted)
                if kind is Emit:
                    yield exchange.wanted.chunk
                    exchange.answer(None)
                elif kind is Read:
                    self._step(exchange, answer)
                else:
                    with running(call):
                        self._step(exchange, answer)
        except APIError:
            call.check()
            raise
        finally:
            answer.close()  # first, for what a flow does at its end may fail
            exchange.close()

    def close(self) -> None:
        """Close the connections. A client of the caller's stays open. Closing twice is harmless."""
        with self._lock:
            client, self._client = self._client, None
            self._closed = True
        if client is not None and client is not self._settings.client:
            client.close()

    def _step(self, exchange: Exchange[Any], answer: OpenAnswer) -> None:
        """Do what the flow wants and tell it what came of it; what is no exchange's failure goes to the caller."""
        try:
            match exchange.wanted:
                case Read(whole=False):
                    value: Any = answer.read()
                case Read(response=response, within_s=within_s):
                    response.stream = UntilDeadline(response.stream, time.monotonic() + within_s)
                    value = response.read()
                case Request() as request:
                    answer.close()
                    value = self._send(request, answer)
                case Now():
                    value = time.monotonic()
                case Calls(functions=functions):
                    with running(None):
                        value = [function() for function in functions]
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            exchange.fail(translated(problem))
        except APIError as problem:
            exchange.fail(problem)
        else:
            exchange.answer(value)

    def _send(self, request: Request, answer: OpenAnswer) -> httpx.Response:
        if request.delay_s:
            _wait(request.delay_s)
        client = self._http()
        sent = _http_request(client, request)
        call = call_here() if request.stream else Call()
        ends_at = time.monotonic() + (request.head_s if request.stream else request.read_s)
        with running(call), call.until(ends_at):
            with _noted(request):
                response: httpx.Response = client.send(sent, stream=True, follow_redirects=False)
            answer.open(response, stays=request.stream)
            if not request.stream:
                # Of a client of the caller's, whose sockets do not know the call.
                sent.extensions["timeout"]["read"] = max(ends_at - time.monotonic(), 0.001)
                response.stream = UntilDeadline(response.stream, ends_at)
                response.read()
                untie(response)
        return response

    def _http(self) -> Any:
        client = self._client  # which another thread's `close` may take away meanwhile
        if client is None or self._pid != os.getpid():  # after a fork the parent's sockets are not ours
            with self._lock:
                if self._closed:
                    raise RuntimeError(CLOSED)
                if self._settings.client is not None:
                    self._client = self._settings.client
                elif self._client is None or self._pid != os.getpid():
                    if self._client is not None:
                        self._inherited.append(self._client)  # kept: to collect it would warn of its open sockets
                    self._client = SyncHttpClient(**self._settings.client_arguments())
                    # It is this transport's alone, and streams hold the transport: nobody else can be using it.
                    finalize(self, self._client.close)
                self._pid = os.getpid()
                client = self._client
        return client


class AsyncTransport:
    """Runs flows in the running event loop, with a client of its own for each loop."""

    def __init__(self, settings: HttpSettings) -> None:
        _hush_httpx()
        self._settings = settings
        self._clients: dict[Any, LoopClient] = {}
        self._closed = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the settings; the copy makes its own clients."""
        return type(self), (self._settings,)

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow that emits nothing, and give its result."""
        exchange = Exchange(flow)
        answer = OpenAnswer()
        try:
            while not exchange.done:
                await self._step(exchange, answer)
            return exchange.result
        finally:
            await answer.aclose()  # first, as above
            exchange.close()

    async def iterate(self, flow: Flow[None], call: Call | None = None) -> AsyncGenerator[Any, None]:
        """Give what a flow emits; `aclose()` ends the flow and closes the open answer at once."""
        call = call or Call()
        exchange = Exchange(flow)
        answer = OpenAnswer(call)
        ends_at = time.monotonic() + TURN_S
        try:
            while not exchange.done:
                if call.is_cancelled:
                    raise StreamCancelledError
                if type(exchange.wanted) is Emit:
                    yield exchange.wanted.chunk
                    exchange.answer(None)
                    if time.monotonic() > ends_at:
                        await anyio.lowlevel.checkpoint()
                        ends_at = time.monotonic() + TURN_S
                else:
                    asked_at = time.monotonic()
                    if call.is_tied and type(exchange.wanted) is Read:  # a scope for each takes 6 µs
                        await self._step(exchange, answer)
                    else:
                        with running(call):
                            await within_call(self._step, exchange, answer)
                    now = time.monotonic()
                    if now - asked_at > TURN_S:  # what is there already takes less, and gives nobody a turn
                        ends_at = now + TURN_S
        except APIError:
            call.check()
            raise
        finally:
            await answer.aclose()  # first, as above
            exchange.close()

    async def aclose(self) -> None:
        """Close the connections, those of another loop in that loop. Closing twice is harmless."""
        self._closed = True
        here = self._clients.pop(_running_loop(), None)
        self._clients.clear()  # what is dropped is closed by its own loop; see `LoopClient`
        if here is not None:
            await here.aclose()

    async def _step(self, exchange: Exchange[Any], answer: OpenAnswer) -> None:
        """Do what the flow wants and tell it what came of it; what is no exchange's failure goes to the caller."""
        try:
            match exchange.wanted:
                case Read(whole=False):
                    value: Any = await answer.aread()
                case Read(response=response, within_s=within_s):
                    value = await read_whole(response, within_s)
                case Request() as request:
                    await answer.aclose()
                    value = await self._send(request, answer)
                case Now():
                    value = time.monotonic()
                case Calls(functions=functions):
                    with running(None):
                        value = await _at_once(functions)
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            exchange.fail(translated(problem))
        except APIError as problem:
            exchange.fail(problem)
        else:
            exchange.answer(value)

    async def _send(self, request: Request, answer: OpenAnswer) -> httpx.Response:
        if request.delay_s:
            await anyio.sleep(request.delay_s)
        client = await self._http()
        sent = _http_request(client, request)
        with anyio.move_on_after(request.head_s if request.stream else request.read_s):
            with _noted(request):
                response: httpx.Response = await client.send(sent, stream=True, follow_redirects=False)
            answer.open(response, stays=request.stream)
            if not request.stream:
                await response.aread()
                untie(response)
            return response
        raise httpx.ReadTimeout(TIME_OVER, request=sent)

    async def _http(self) -> Any:
        if self._closed:
            raise RuntimeError(CLOSED)
        if self._settings.client is not None:
            return self._settings.client
        loop = _running_loop()
        if loop not in self._clients:
            # Reading the certificates would block the loop.
            arguments = await anyio.to_thread.run_sync(self._settings.client_arguments)
            if self._closed:
                raise RuntimeError(CLOSED)
            if loop not in self._clients:
                for ended in filter(has_ended, list(self._clients)):  # other threads add theirs
                    self._forget(ended)
                self._clients[loop] = LoopClient(AsyncHttpClient(**arguments), loop, WeakMethod(self._forget))
                await self._clients[loop].tie()
        return self._clients[loop].client

    def _forget(self, loop: Any) -> None:
        self._clients.pop(loop, None)


def _wait(seconds: float) -> None:
    """Sleep, unless the call is cancelled meanwhile."""
    call = CALL.get()
    if call is None:
        time.sleep(seconds)
    else:
        cancelled = threading.Event()
        with call.woken_by(cancelled.set):
            cancelled.wait(seconds)


_parsed = functools.lru_cache(maxsize=32)(httpx.URL)
"""A client asks few addresses and asks them often; to take one apart costs 20 µs."""


def _http_request(client: Any, request: Request) -> httpx.Request:
    timeout = httpx.Timeout(
        connect=request.connect_s, pool=request.connect_s, read=request.read_s, write=request.read_s
    )
    try:
        built: httpx.Request = client.build_request(
            request.method, _parsed(request.url), headers=request.headers, content=request.body, timeout=timeout
        )
    except httpx.InvalidURL as problem:
        raise ValueError(f"{request.url!r} is no address that can be asked: {problem}.") from problem
    return built


@functools.cache
def _hush_httpx() -> None:
    """Keep httpx from logging each of our requests at INFO, once per process; others' it logs as ever."""
    logging.getLogger("httpx").addFilter(lambda record: record.levelno > logging.INFO or not _sending.get())


@contextmanager
def _noted(request: Request) -> Iterator[None]:
    """Log a request under this package's name, at DEBUG and without its headers, in place of httpx's note.

    The query stays out: that of an upload is an authority to write the file.
    """
    _LOGGER.debug("%s %s", request.method, request.url.partition("?")[0])
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)


def _running_loop() -> Any:
    return anyio.lowlevel.current_token().native_token


async def _at_once(functions: tuple[Callable[[], Any], ...]) -> list[Any]:
    if len(functions) == 1:
        return [await _awaited(functions[0])]
    results: list[Any] = [None] * len(functions)

    async def fill(index: int, function: Callable[[], Any]) -> None:
        results[index] = await _awaited(function)

    try:
        async with anyio.create_task_group() as tasks:
            for index, function in enumerate(functions):
                tasks.start_soon(fill, index, function)
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
    return results


async def _awaited(function: Callable[[], Any]) -> Any:
    """A coroutine function's result awaited, a plain function's made in a thread."""
    value = function() if inspect.iscoroutinefunction(function) else await anyio.to_thread.run_sync(function)
    return await value if inspect.isawaitable(value) else value
