"""Both drivers over real sockets and mock ones: what is closed, bounded, shared and left alone."""

import asyncio
import gc
import json
import multiprocessing
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Self, cast

import anyio
import anyio.to_thread
import httpcore
import httpx
import pytest
from blockbuster import blockbuster_ctx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from langchain_genai_chat.emulator import Cut, Emulator, Fault
from langchain_genai_chat.genai import Client, errors
from langchain_genai_chat.genai._calls import Call
from langchain_genai_chat.genai._clients import HttpSettings
from langchain_genai_chat.genai._exchange import Calls, Emit, Flow, Now, Read, Request, with_retries
from langchain_genai_chat.genai.transport import AsyncTransport, SyncTransport
from langchain_genai_chat.genai.types import RetryPolicy

MODEL = "gemini-2.5-flash"
HELLO = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP"}]}
EVENT = b'data: {"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}\r\n\r\n'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
QUICK = RetryPolicy(first_delay_s=0.0, jitter_s=0.0)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def read_request(connection: socket.socket) -> bytes:
    """Head and body of the next request that is JSON; nothing if the client closes before its end."""
    received = b""
    while b"\r\n\r\n" not in received or not received.endswith(b"}"):
        block = connection.recv(65536)
        if not block:
            return b""
        received += block
    return received


class Server:
    """Listens on a real port, reads each request's head and body, and does with the connection what it is told."""

    def __init__(
        self,
        behave: Callable[[socket.socket], None],
        seen: list[bytes] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._behave = behave
        self._seen = seen
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self.connections = 0
        self.asked = threading.Event()
        self.closed = threading.Event()
        """Set when a client has closed a connection."""
        host = "http://127.0.0.1" if tls is None else "https://localhost"
        self.base_url = f"{host}:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        try:
            with connection if self._tls is None else self._tls.wrap_socket(connection, server_side=True) as heard:
                received = read_request(heard)
                if received:
                    if self._seen is not None:
                        self._seen.append(received)
                    self.asked.set()
                    self._behave(heard)
                left = not received or heard.recv(1) == b""
        except (ConnectionError, ssl.SSLError):
            left = True
        if left:
            self.closed.set()

    def client(self, **options: Any) -> Client:
        return Client(api_key="k", http_options={"base_url": self.base_url, "retry_options": QUICK, **options})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()


def silent(connection: socket.socket) -> None:
    """Say nothing, ever."""


def one_event(connection: socket.socket) -> None:
    """Begin a stream and leave it open."""
    connection.sendall(HEAD + chunk(EVENT))


def dripping(connection: socket.socket) -> None:
    """Answer a byte at a time, and never to the end."""
    connection.sendall(HEAD)
    for _ in range(400):
        connection.sendall(chunk(b" "))
        time.sleep(0.05)


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    server.reset()
    return server


def client_of(emulator: Emulator, **given: Any) -> Client:
    return Client(api_key="k", http_options={"base_url": emulator.base_url, "retry_options": QUICK}, **given)


def ask(client: Client) -> str | None:
    return client.models.generate_content(model=MODEL, contents="Hello").text


async def ask_async(client: Client) -> str | None:
    return (await client.aio.models.generate_content(model=MODEL, contents="Hello")).text


def begin(client: Client) -> Any:
    """A stream of which one event was read."""
    chunks = cast("Any", client.models.generate_content_stream(model=MODEL, contents="Hello"))
    assert next(chunks).text == "Hi"
    return chunks


async def begin_async(client: Client) -> Any:
    chunks = cast("Any", await client.aio.models.generate_content_stream(model=MODEL, contents="Hello"))
    assert (await anext(chunks)).text == "Hi"
    return chunks


# Closing


@pytest.mark.behaviour("B046")
def test_closing_a_stream_closes_its_socket() -> None:
    """Tokens that nobody reads are paid for until the service sees that nobody listens."""
    with Server(one_event) as server, server.client() as client:
        begin(client).close()
        assert server.closed.wait(5)


@pytest.mark.behaviour("B046")
def test_leaving_a_loop_closes_its_socket_without_the_collector() -> None:
    """`break` is how people stop."""
    with Server(one_event) as server, server.client() as client:
        gc.disable()
        try:
            for _ in client.models.generate_content_stream(model=MODEL, contents="Hello"):
                break
            assert server.closed.wait(5)
        finally:
            gc.enable()


@pytest.mark.behaviour("B046")
async def test_closing_an_async_stream_closes_its_socket() -> None:
    """As the sync one, whose twin it is."""
    with Server(one_event) as server:
        client = server.client()
        chunks = await begin_async(client)
        await chunks.aclose()
        assert await asyncio.to_thread(server.closed.wait, 5)
        await client.aio.aclose()


@pytest.mark.behaviour("B046")
async def test_leaving_an_async_loop_closes_its_socket() -> None:
    """With `aclosing` at once, not when the collector comes."""
    with Server(one_event) as server:
        client = server.client()
        async with aclosing(
            cast("Any", await client.aio.models.generate_content_stream(model=MODEL, contents="H"))
        ) as chunks:
            async for _ in chunks:
                break
        assert await asyncio.to_thread(server.closed.wait, 5)
        await client.aio.aclose()


@pytest.mark.behaviour("B046")
@pytest.mark.parametrize("behave", [one_event, silent])
async def test_cancelling_the_task_closes_the_socket(behave: Callable[[socket.socket], None]) -> None:
    """Web servers cancel what their caller has left; while waiting for a stream as while waiting in it."""
    with Server(behave) as server:
        client, came = server.client(), asyncio.Event()

        async def read() -> None:
            async for _ in await client.aio.models.generate_content_stream(model=MODEL, contents="Hello"):
                came.set()

        task = asyncio.create_task(read())
        assert await asyncio.to_thread(server.asked.wait, 5)
        if behave is one_event:
            await asyncio.wait_for(came.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.closed.wait, 5)
        await client.aio.aclose()


@pytest.mark.behaviour("B046")
async def test_a_cancelled_call_closes_its_socket() -> None:
    """And is cancelled, not timed out."""
    with Server(silent) as server:
        client = server.client()
        task = asyncio.create_task(ask_async(client))
        assert await asyncio.to_thread(server.asked.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.closed.wait, 5)
        await client.aio.aclose()


async def test_a_flow_whose_end_fails_leaves_no_socket_open() -> None:
    """It may have a file to remove, and that may be forbidden."""

    def flow(url: str) -> Flow[None]:
        response = yield Request(method="POST", url=url, body=b"{}", stream=True)
        try:
            yield Emit(response)
        finally:
            raise PermissionError

    with Server(one_event) as server, Server(one_event) as other:
        transport, async_transport = SyncTransport(HttpSettings()), AsyncTransport(HttpSettings())
        chunks = transport.iterate(flow(server.base_url))
        next(chunks)
        with pytest.raises(PermissionError):
            chunks.close()
        assert await asyncio.to_thread(server.closed.wait, 5)
        async_chunks = async_transport.iterate(flow(other.base_url))
        await anext(async_chunks)
        with pytest.raises(PermissionError):
            await async_chunks.aclose()
        assert await asyncio.to_thread(other.closed.wait, 5)
        transport.close()
        await async_transport.aclose()


def test_an_error_in_the_consumer_closes_the_socket() -> None:
    """Whatever ends the loop ends the stream."""
    with Server(one_event) as server, server.client() as client:

        def consume() -> None:
            for _ in client.models.generate_content_stream(model=MODEL, contents="Hello"):
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            consume()
        assert server.closed.wait(5)


@pytest.mark.behaviour("B057")
def test_a_closed_client_says_so(emulator: Emulator) -> None:
    """Twice closing is harmless, asking afterwards is a mistake with a name."""
    client = client_of(emulator)
    assert ask(client)
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        ask(client)


def test_a_client_that_another_thread_closes_says_so(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also at the moment in which it is taken: an AttributeError would be no reason that anybody knows."""
    client = client_of(emulator)
    assert ask(client)
    process = os.getpid()

    def close_meanwhile() -> int:
        client.close()
        return process

    monkeypatch.setattr("os.getpid", close_meanwhile)
    with pytest.raises(RuntimeError, match="closed"):
        ask(client)


@pytest.mark.behaviour("B057")
async def test_a_closed_async_client_says_so(emulator: Emulator) -> None:
    """As the sync one."""
    client = client_of(emulator)
    async with client.aio:
        assert await ask_async(client)
    await client.aio.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await ask_async(client)


@pytest.mark.behaviour("B057")
def test_a_client_may_be_closed_from_another_loop() -> None:
    """Frameworks shut down in a loop of their own; connections of other loops close in theirs."""
    with Server(one_event) as server:
        client = server.client()
        ready, done = threading.Event(), threading.Event()

        async def hold() -> None:
            chunks = await begin_async(client)
            await chunks.aclose()  # the connection is closed, the client of this loop is not
            ready.set()
            await asyncio.to_thread(done.wait, 5)
            transport = client.aio._transport
            assert transport._clients == {}

        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(asyncio.run, hold())
            assert ready.wait(5)
            asyncio.run(client.aio.aclose())
            done.set()
            held.result(5)


async def test_loops_of_other_threads_come_while_ended_ones_are_looked_for(emulator: Emulator) -> None:
    """A program with a loop in each of its threads begins with all of them at once."""
    client = client_of(emulator)
    others = client.aio._transport._clients

    class Loop:
        def is_closed(self) -> bool:
            others[Loop()] = cast("Any", None)  # what another thread does at that time
            return False

    others[Loop()] = cast("Any", None)
    assert await ask_async(client)
    await client.aio.aclose()


@pytest.mark.behaviour("B057")
def test_closing_from_another_loop_closes_idle_connections(emulator: Emulator) -> None:
    """An idle connection kept by a client that is gone is a leak on both sides."""
    client = client_of(emulator)
    made: list[httpx.AsyncClient] = []
    ready, done = threading.Event(), threading.Event()

    async def hold() -> None:
        await ask_async(client)
        made.extend(each.client for each in client.aio._transport._clients.values())
        ready.set()
        await asyncio.to_thread(done.wait, 20)

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(asyncio.run, hold())
        assert ready.wait(5)
        asyncio.run(client.aio.aclose())
        for _ in range(500):
            if made[0].is_closed:
                break
            time.sleep(0.01)
        closed = made[0].is_closed  # before the loop ends, which would close it anyway
        done.set()
        held.result(5)
    assert closed


# Clients of the caller's


@pytest.mark.behaviour("B056")
@pytest.mark.behaviour("B105")
async def test_a_users_own_http_client_is_used_and_never_closed(emulator: Emulator) -> None:
    """It belongs to whoever made it, and others may be using it."""
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(200, json=HELLO)

    mock = httpx.MockTransport(answer)
    with httpx.Client(transport=mock) as own:
        async with httpx.AsyncClient(transport=mock) as own_async:
            client = client_of(emulator, http_client=own, http_async_client=own_async)
            assert (ask(client), await ask_async(client)) == ("Hello", "Hello")
            client.close()
            await client.aio.aclose()
            assert not own.is_closed
            assert not own_async.is_closed
            with pytest.raises(RuntimeError, match="closed"):
                ask(client)
    assert len(seen) == 2
    assert not emulator.requests


@pytest.mark.behaviour("B105")
@pytest.mark.parametrize("is_async", [False, True])
async def test_cookies_are_kept_as_httpx_keeps_them(is_async: bool) -> None:
    """A gateway may hold a session in them; only answers that set none are not searched for any."""
    seen: list[set[str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(set(request.headers["cookie"].split("; ")))
        return httpx.Response(200, json=HELLO, headers={"set-cookie": "session=1"} if len(seen) == 1 else {})

    arguments = {"transport": httpx.MockTransport(answer), "cookies": {"given": "0"}}
    client = Client(api_key="k", http_options={"client_args": arguments, "async_client_args": arguments})
    for _ in range(3):
        if is_async:
            await client.aio.models.generate_content(model=MODEL, contents="Hi")
        else:
            client.models.generate_content(model=MODEL, contents="Hi")
    client.close()
    await client.aio.aclose()
    assert seen == [{"given=0"}, {"given=0", "session=1"}, {"given=0", "session=1"}]


def test_arguments_of_the_http_client_are_used() -> None:
    """Proxies, certificates and transports are httpx's matter."""
    mock = httpx.MockTransport(lambda _: httpx.Response(200, json=HELLO))
    with Client(api_key="k", http_options={"client_args": {"transport": mock}}) as client:
        assert ask(client) == "Hello"


@pytest.mark.behaviour("B109")
async def test_redirects_are_not_followed_by_a_client_that_would() -> None:
    """The key would go where the header says."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://evil.example/steal"})

    mock = httpx.MockTransport(answer)
    with httpx.Client(transport=mock, follow_redirects=True) as own:
        async with httpx.AsyncClient(transport=mock, follow_redirects=True) as own_async:
            client = Client(api_key="k", http_client=own, http_async_client=own_async)
            with pytest.raises(errors.APIError, match=r"https://evil\.example"):
                ask(client)
            with pytest.raises(errors.APIError, match=r"https://evil\.example"):
                await ask_async(client)
    assert asked == ["generativelanguage.googleapis.com"] * 2


# Loops, threads, processes


@pytest.mark.behaviour("B055")
def test_one_client_serves_loop_after_loop(emulator: Emulator) -> None:
    """`asyncio.run` twice, as scripts and notebooks do."""
    client = client_of(emulator)
    for _ in range(3):
        assert asyncio.run(ask_async(client))
        assert client.aio._transport._clients == {}
    assert ask(client)
    client.close()


@pytest.mark.behaviour("B055")
def test_one_client_serves_two_loops_at_once(emulator: Emulator) -> None:
    """Each thread with a loop of its own, all with the same model."""
    client = client_of(emulator)
    meet = threading.Barrier(2)

    async def run() -> str | None:
        await ask_async(client)
        await asyncio.to_thread(meet.wait, 5)
        return await ask_async(client)

    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(lambda _: asyncio.run(run()), range(2)))


def test_a_loop_that_was_closed_by_hand_is_forgotten(emulator: Emulator) -> None:
    """Streamlit and older programs end loops without a word to what runs in them."""
    client = client_of(emulator)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(ask_async(client))
    (held,) = client.aio._transport._clients.values()
    loop.run_until_complete(held.client.aclose())  # its socket would warn when it is collected
    loop.close()
    asyncio.run(ask_async(client))
    assert client.aio._transport._clients == {}


def test_the_connections_of_a_client_that_is_gone_are_closed(emulator: Emulator) -> None:
    """`Model(...).ainvoke(x)` on a temporary must not leave a socket for each call."""

    async def run() -> bool:
        client = client_of(emulator)
        await ask_async(client)
        (held,) = client.aio._transport._clients.values()
        http = held.client
        del client, held
        gc.collect()
        for _ in range(500):
            if http.is_closed:
                return True
            await asyncio.sleep(0.01)
        return False

    assert asyncio.run(run())


def test_32_threads_share_a_client(emulator: Emulator) -> None:
    """One pool, one answer for each."""
    with client_of(emulator) as client, ThreadPoolExecutor(32) as pool:
        assert len([text for text in pool.map(lambda _: ask(client), range(64)) if text]) == 64
    assert len(emulator.requests) == 64


@pytest.mark.behaviour("B061")
async def test_connections_are_kept_and_used_again() -> None:
    """A new connection and TLS for each call cost more than a short answer."""

    def answering(connection: socket.socket) -> None:
        body = b'{"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}'
        answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        connection.sendall(answer)
        while read_request(connection):
            connection.sendall(answer)

    with Server(answering) as server, server.client() as client:
        for _ in range(5):
            assert ask(client) == "Hi"
        assert server.connections == 1
        for _ in range(5):
            assert await ask_async(client) == "Hi"
        assert server.connections == 2
        await client.aio.aclose()


async def test_a_stream_that_has_come_as_a_whole_gives_others_their_turns() -> None:
    """Each event is a chunk of HTTP; 200 streams of 100 events that are there at once would keep the loop for long."""
    last = EVENT.replace(b"}]}}]}", b'}]}, "finishReason": "STOP"}]}')

    def at_once(connection: socket.socket) -> None:
        connection.sendall(HEAD + chunk(EVENT) * 29 + chunk(last) + chunk(b""))

    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    with Server(at_once) as server, server.client() as client:
        task = asyncio.create_task(other())
        seen = []
        async for _ in await client.aio.models.generate_content_stream(model=MODEL, contents="Hi"):
            seen.append(turns)
            busy_until = time.monotonic() + 0.002
            while time.monotonic() < busy_until:
                pass
        task.cancel()
        await client.aio.aclose()
    assert len(set(seen)) == len(seen) == 30


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_client_works_on_both_sides_of_a_fork(emulator: Emulator) -> None:
    """Preforking servers build the model before they fork; two processes on one socket mix their answers."""
    with client_of(emulator) as client:
        assert ask(client)
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()

        def child() -> None:
            theirs.send([ask(client) for _ in range(3)])

        process = context.Process(target=child)
        process.start()
        assert ours.poll(60)
        assert all(ours.recv())
        process.join(60)
        assert process.exitcode == 0
        assert ask(client)


@pytest.mark.behaviour("B055")
@pytest.mark.behaviour("B057")
def test_nothing_warns_of_what_is_left_open(emulator: Emulator) -> None:
    """In a new interpreter with -W error: loops, threads, unread streams, and no close at all."""
    program = f"""
import asyncio, gc
from langchain_genai_chat.genai import Client
client = Client(api_key="k", http_options={{"base_url": {emulator.base_url!r}}})
ask = dict(model={MODEL!r}, contents="Hello")
async def run():
    await client.aio.models.generate_content(**ask)
    async for chunk in await client.aio.models.generate_content_stream(**ask):
        break
    await asyncio.gather(*(client.aio.models.generate_content(**ask) for _ in range(3)))
for _ in range(2):
    asyncio.run(run())
    gc.collect()
client.models.generate_content(**ask)
for chunk in client.models.generate_content_stream(**ask):
    break
Client(api_key="k", http_options={{"base_url": {emulator.base_url!r}}}).models.generate_content(**ask)
gc.collect()
"""
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.behaviour("B058")
@pytest.mark.behaviour("B059")
async def test_nothing_blocks_the_loop(emulator: Emulator) -> None:
    """Construction, certificates, connecting, reading and closing: one blocking call stalls every other task."""
    with blockbuster_ctx():
        client = client_of(emulator)
        assert await ask_async(client)
        async for _ in await client.aio.models.generate_content_stream(model=MODEL, contents="Hello"):
            pass
        emulator.script(Fault.of("UNAVAILABLE", "Busy."))
        assert await ask_async(client)
        await client.aio.aclose()


@pytest.mark.behaviour("B059")
def test_a_client_is_made_in_any_thread_without_a_loop(emulator: Emulator) -> None:
    """Web frameworks build models in worker threads and await them elsewhere."""
    with ThreadPoolExecutor(1) as pool:
        client = pool.submit(client_of, emulator).result()
    assert asyncio.run(ask_async(client))


# Time


@pytest.mark.behaviour("B051")
@pytest.mark.parametrize("behave", [silent, dripping])
def test_a_call_that_gets_no_whole_answer_in_time_is_a_timeout(behave: Callable[[socket.socket], None]) -> None:
    """Also where each byte comes in time and the last never: a call's time is that of the call."""
    with Server(behave) as server, server.client(timeout=300) as client:
        with pytest.raises(TimeoutError) as caught:
            ask(client)
        assert server.closed.wait(5)
        assert server.connections == 1
    assert type(caught.value) is errors.APITimeoutError
    assert caught.value.status == "DEADLINE_EXCEEDED"


@pytest.mark.behaviour("B051")
@pytest.mark.parametrize("behave", [silent, dripping])
async def test_an_async_call_that_gets_no_whole_answer_in_time_is_a_timeout(
    behave: Callable[[socket.socket], None],
) -> None:
    """As the sync one."""
    with Server(behave) as server:
        client = server.client(timeout=300)
        with pytest.raises(errors.APITimeoutError) as caught:
            await ask_async(client)
        assert await asyncio.to_thread(server.closed.wait, 5)
        assert server.connections == 1
        assert caught.value.status == "DEADLINE_EXCEEDED"
        await client.aio.aclose()


def dripping_head(connection: socket.socket) -> None:
    """Begin an answer a byte at a time, and never come to its body."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
    for _ in range(400):
        connection.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.behaviour("B051")
async def test_a_head_that_never_ends_is_a_timeout() -> None:
    """Each of its bytes comes in time too."""
    with Server(dripping_head) as server, server.client(timeout=300) as client:
        started = time.monotonic()
        with pytest.raises(errors.APITimeoutError) as caught:
            ask(client)
        assert caught.value.status == "DEADLINE_EXCEEDED"
        with pytest.raises(errors.APITimeoutError):
            await ask_async(client)
        assert time.monotonic() - started < 10
        assert server.connections == 2
        await client.aio.aclose()


def commenting(connection: socket.socket) -> None:
    """Begin a stream, and keep its connection alive for ever with comments."""
    connection.sendall(HEAD)
    for _ in range(400):
        connection.sendall(chunk(b": still here\n\n"))
        time.sleep(0.05)


def slow_event(connection: socket.socket) -> None:
    """Answer with one event, of which each part comes in time."""
    connection.sendall(HEAD)
    event = b"data: %s\r\n\r\n" % json.dumps(HELLO).encode()
    for start in range(0, len(event), 8):
        connection.sendall(chunk(event[start : start + 8]))
        time.sleep(0.1)
    connection.sendall(b"0\r\n\r\n")


@pytest.mark.behaviour("B051")
@pytest.mark.parametrize("behave", [commenting, dripping, dripping_head])
async def test_a_stream_to_which_no_event_comes_is_a_timeout(behave: Callable[[socket.socket], None]) -> None:
    """Of what does come each byte is in time: comments, empty lines, a head without an end."""
    with Server(behave) as server, server.client(timeout=300) as client:
        with pytest.raises(errors.APITimeoutError) as caught:
            list(client.models.generate_content_stream(model=MODEL, contents="Hello"))
        assert caught.value.status == "DEADLINE_EXCEEDED"
        assert await asyncio.to_thread(server.closed.wait, 5)
        server.closed.clear()
        with pytest.raises(errors.APITimeoutError) as caught:
            async for _ in await client.aio.models.generate_content_stream(model=MODEL, contents="Hello"):
                pass
        assert caught.value.status == "DEADLINE_EXCEEDED"
        assert await asyncio.to_thread(server.closed.wait, 5)
        assert server.connections == 2
        await client.aio.aclose()


@pytest.mark.behaviour("B051")
async def test_an_event_that_comes_slowly_is_waited_for() -> None:
    """A large picture on a thin line takes longer than any silence may."""
    with Server(slow_event) as server, server.client(timeout=1000) as client:
        started = time.monotonic()
        assert len(list(client.models.generate_content_stream(model=MODEL, contents="Hello"))) == 1
        assert time.monotonic() - started > 1
        stream = await client.aio.models.generate_content_stream(model=MODEL, contents="Hello")
        assert len([each async for each in stream]) == 1
        await client.aio.aclose()


@contextmanager
def slow_reader() -> Iterator[str]:
    """A server that reads some 40 kB a second, and says nothing."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    over = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    while not over.is_set() and connection.recv(2048):
                        time.sleep(0.05)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    over.set()
    listener.close()


@pytest.mark.behaviour("B051")
async def test_a_request_that_is_read_slowly_is_a_timeout() -> None:
    """Each of its pieces goes out in time, and all of them would take minutes."""
    picture = {"inline_data": {"mime_type": "image/png", "data": bytes(12_000_000)}}
    with slow_reader() as base_url:
        client = Client(api_key="k", http_options={"base_url": base_url, "timeout": 1000, "retry_options": QUICK})
        started = time.monotonic()
        with pytest.raises(errors.APITimeoutError) as caught:
            client.models.generate_content(model=MODEL, contents=[picture])
        assert caught.value.status == "DEADLINE_EXCEEDED"
        with pytest.raises(errors.APITimeoutError):
            await client.aio.models.generate_content(model=MODEL, contents=[picture])
        assert time.monotonic() - started < 10
        client.close()
        await client.aio.aclose()


def test_a_long_request_arrives_as_it_was_sent() -> None:
    """It goes out in pieces, of which the last is shorter; in a stream in one."""
    seen: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    text = "".join(f"{number:07}" for number in range(20_000))
    with Server(answer, seen) as server, server.client() as client:
        client.models.generate_content(model=MODEL, contents=text)
        with suppress(errors.APIError):
            list(client.models.generate_content_stream(model=MODEL, contents=text))
    assert [text.encode() in body for body in seen] == [True, True]


# The sockets below


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, ssl.create_default_context(cafile=path)


class Proxy:
    """Opens tunnels, and plain requests are its own server's matter."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.tunnels = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                host, _, port = near.recv(65536).split(b" ")[1].decode().partition(":")
                far = socket.create_connection((host, int(port)))
                self.tunnels += 1
                near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while block := source.recv(65536):
                target.sendall(block)
            target.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("behave", [silent, one_event])
def test_a_stream_over_tls_is_cancelled_from_another_thread(
    behave: Callable[[socket.socket], None], proxied: bool, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """Which is how all of them go; straight, or through a proxy's tunnel."""
    with Proxy() as proxy, Server(behave, tls=tls[0]) as server:
        arguments = {"verify": tls[1], **({"proxy": proxy.url} if proxied else {})}
        with server.client(client_args=arguments) as client, ThreadPoolExecutor(1) as pool:
            stream = client.models.generate_content_stream(model=MODEL, contents="Hello")
            texts: list[str | None] = []
            came = threading.Event()

            def read() -> None:
                for chunk in stream:
                    texts.append(chunk.text)
                    came.set()

            reading = pool.submit(read)
            assert server.asked.wait(5)
            assert behave is silent or came.wait(5)
            time.sleep(0.2)  # until it waits for what does not come
            stream.cancel()
            reading.result(5)
            assert texts == ([] if behave is silent else ["Hi"])
            assert server.closed.wait(5)
        assert proxy.tunnels == proxied


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("behave", [silent, one_event])
@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_an_async_stream_over_tls_is_cancelled(
    loop: str, behave: Callable[[socket.socket], None], proxied: bool, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """By another task of its loop, in front of its answer and in the middle."""
    texts: list[str | None] = []
    with Proxy() as proxy, Server(behave, tls=tls[0]) as server:
        arguments = {"verify": tls[1], **({"proxy": proxy.url} if proxied else {})}

        async def main() -> None:
            came = anyio.Event()

            async def read() -> None:
                async for chunk in stream:
                    texts.append(chunk.text)
                    came.set()

            async with server.client(async_client_args=arguments).aio as client:
                stream = await client.models.generate_content_stream(model=MODEL, contents="Hello")
                with anyio.fail_after(10):
                    async with anyio.create_task_group() as tasks:
                        tasks.start_soon(read)
                        assert await anyio.to_thread.run_sync(server.asked.wait, 5)
                        if behave is one_event:
                            await came.wait()
                        await anyio.sleep(0.2)  # until it waits for what does not come
                        await stream.acancel()
                assert await anyio.to_thread.run_sync(server.closed.wait, 5)

        anyio.run(main, backend=loop)
        assert texts == ([] if behave is silent else ["Hi"])
        assert proxy.tunnels == proxied


@pytest.mark.behaviour("B051")
@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("behave", [silent, dripping, dripping_head])
def test_a_call_over_tls_ends_in_time(
    behave: Callable[[socket.socket], None], proxied: bool, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """There it is the TLS library that waits."""
    with Proxy() as proxy, Server(behave, tls=tls[0]) as server:
        arguments = {"verify": tls[1], **({"proxy": proxy.url} if proxied else {})}
        with server.client(client_args=arguments, timeout=500) as client:
            started = time.monotonic()
            with pytest.raises(errors.APITimeoutError):
                ask(client)
            assert time.monotonic() - started < 10
            assert server.closed.wait(5)


@pytest.mark.behaviour("F10")
@pytest.mark.behaviour("B051")
def test_a_plain_proxy_is_no_hindrance() -> None:
    """Its connections are of another kind in httpx, and those of the environment's again."""
    options = {"base_url": "http://service.example", "retry_options": QUICK}
    with Server(dripping_head) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTP_PROXY", server.base_url)
        for arguments in ({"proxy": server.base_url}, {}):
            with Client(api_key="k", http_options={**options, "client_args": arguments, "timeout": 300}) as client:
                started = time.monotonic()
                with pytest.raises(errors.APITimeoutError):
                    ask(client)
                assert time.monotonic() - started < 10
        assert server.connections == 2


def test_a_transport_of_the_callers_is_left_as_it_is(emulator: Emulator) -> None:
    """Its sockets may be anything."""
    given, mounted = httpx.HTTPTransport(), httpx.HTTPTransport()
    arguments = {"transport": given, "mounts": {"all://service.example": mounted}}
    options = {"base_url": emulator.base_url, "client_args": arguments}
    with Client(api_key="k", http_options=options) as client:
        assert ask(client)
        assert [type(backend_of(each)) for each in (given, mounted)] == [httpcore.SyncBackend] * 2
    given.close()
    mounted.close()


def backend_of(transport: Any) -> Any:
    """Where httpx keeps what makes its connections; it has no public name."""
    return transport._pool._network_backend


@pytest.mark.behaviour("B051")
@pytest.mark.parametrize(("behave", "partial"), [(silent, False), (one_event, True)])
async def test_a_stream_that_falls_silent_is_a_timeout(behave: Callable[[socket.socket], None], partial: bool) -> None:
    """Before the first event and between two: a stream may last, but not be silent."""
    # Long enough for an event that comes at once, also on a busy machine.
    with Server(behave) as server, server.client(timeout=2000 if partial else 300) as client:
        with pytest.raises(errors.APITimeoutError) as caught:
            list(client.models.generate_content_stream(model=MODEL, contents="Hello"))
        assert caught.value.partial is partial
        with pytest.raises(errors.APITimeoutError) as caught:
            _ = [each async for each in await client.aio.models.generate_content_stream(model=MODEL, contents="H")]
        assert caught.value.partial is partial
        await client.aio.aclose()


@pytest.mark.behaviour("B051")
def test_a_stream_may_last_longer_than_its_silence() -> None:
    """The time bounds each wait."""

    def slow(connection: socket.socket) -> None:
        connection.sendall(HEAD)
        for _ in range(5):
            time.sleep(0.5)
            connection.sendall(chunk(EVENT))
        connection.sendall(chunk(b'data: {"candidates": [{"finishReason": "STOP"}]}\n\n') + b"0\r\n\r\n")

    with Server(slow) as server, server.client(timeout=2000) as client:
        assert len(list(client.models.generate_content_stream(model=MODEL, contents="Hello"))) == 6


@pytest.mark.behaviour("B051")
@pytest.mark.parametrize(
    ("options", "times"),
    [
        ({}, {"connect": 10.0, "pool": 10.0, "read": 600.0, "write": 600.0}),
        ({"timeout": 1500}, {"connect": 1.5, "pool": 1.5, "read": 1.5, "write": 1.5}),
        ({"timeout": 60_000}, {"connect": 10.0, "pool": 10.0, "read": 60.0, "write": 60.0}),
    ],
)
def test_options_count_milliseconds_and_httpx_seconds(options: dict[str, int], times: dict[str, float]) -> None:
    """google-genai's unit and httpx's differ by a thousand; both without an argument are finite."""
    seen: list[dict[str, float]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.extensions["timeout"]))
        return httpx.Response(200, json=HELLO)

    with httpx.Client(transport=httpx.MockTransport(answer)) as own:
        ask(Client(api_key="k", http_client=own, http_options={**options}))
    assert seen[0] == pytest.approx(times, abs=1)


# Failures


@pytest.mark.behaviour("B047")
async def test_a_service_that_is_busy_is_asked_again(emulator: Emulator) -> None:
    """Over real sockets as in the flows' own tests: twice refused, then answered; in calls and in streams."""
    client = client_of(emulator)
    busy = [Fault.of("UNAVAILABLE", "Busy.")] * 2
    emulator.script(*busy, HELLO, *busy, HELLO, *busy, [HELLO], *busy, [HELLO])
    assert ask(client) == "Hello"
    assert await ask_async(client) == "Hello"
    assert [each.text for each in client.models.generate_content_stream(model=MODEL, contents="H")] == ["Hello"]
    chunks = await client.aio.models.generate_content_stream(model=MODEL, contents="H")
    assert [each.text async for each in chunks] == ["Hello"]
    assert [each.status for each in emulator.requests] == [503, 503, 200] * 4
    client.close()
    await client.aio.aclose()


async def test_a_connection_that_breaks_in_a_stream_is_partial(emulator: Emulator) -> None:
    """What was shown is shown; the error says that it was not all."""
    beginning = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hel"}]}}]}
    with client_of(emulator) as client:
        emulator.script([beginning, Cut], [beginning, Cut])
        chunks = client.models.generate_content_stream(model=MODEL, contents="Hello")
        assert next(chunks).text == "Hel"
        with pytest.raises(errors.APIConnectionError) as caught:
            next(chunks)
        assert caught.value.partial
        async_chunks = await client.aio.models.generate_content_stream(model=MODEL, contents="Hello")
        assert (await anext(async_chunks)).text == "Hel"
        with pytest.raises(errors.APIConnectionError) as caught:
            await anext(async_chunks)
        assert caught.value.partial
        await client.aio.aclose()
    assert len(emulator.requests) == 2


async def test_a_port_where_nobody_listens_is_a_connection_error() -> None:
    """Tried again, then raised under one of this package's names, with httpx's error as its cause."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and held, without listening, so that no other test is given the port
        options = {"base_url": f"http://127.0.0.1:{taken.getsockname()[1]}", "retry_options": QUICK}
        with Client(api_key="k", http_options=options) as client:
            with pytest.raises(errors.APIConnectionError) as caught:
                ask(client)
            assert isinstance(caught.value.__cause__, httpx.ConnectError)
            with pytest.raises(errors.APIConnectionError):
                await ask_async(client)
            await client.aio.aclose()


@pytest.mark.parametrize(
    ("problem", "kind", "status"),
    [
        (httpx.ConnectTimeout("x"), errors.APITimeoutError, "CONNECT_TIMEOUT"),
        (httpx.PoolTimeout("x"), errors.APITimeoutError, "CONNECT_TIMEOUT"),
        (httpx.ReadTimeout(""), errors.APITimeoutError, "DEADLINE_EXCEEDED"),
        (httpx.WriteTimeout("x"), errors.APITimeoutError, "DEADLINE_EXCEEDED"),
        (httpx.ConnectError("x"), errors.APIConnectionError, "CONNECTION_FAILED"),
        (httpx.ReadError("x"), errors.APIConnectionError, "CONNECTION_FAILED"),
        (httpx.RemoteProtocolError("x"), errors.APIConnectionError, "CONNECTION_FAILED"),
        (httpx.ProxyError("x"), errors.APIConnectionError, "CONNECTION_FAILED"),
        (httpx.LocalProtocolError("x"), errors.APIConnectionError, "BAD_REQUEST"),
        (httpx.UnsupportedProtocol("x"), errors.APIConnectionError, "BAD_REQUEST"),
        (httpx.DecodingError("x"), errors.UnknownApiResponseError, "UNREADABLE_RESPONSE"),
    ],
)
async def test_every_error_of_httpx_gets_a_name_of_ours(
    problem: httpx.HTTPError, kind: type[errors.APIError], status: str
) -> None:
    """Nobody should need httpx to catch what a chat may raise; and no key rides along in the cause."""

    def answer(request: httpx.Request) -> httpx.Response:
        problem.request = request
        raise problem

    mock = httpx.MockTransport(answer)
    with httpx.Client(transport=mock) as own:
        async with httpx.AsyncClient(transport=mock) as own_async:
            options = {"retry_options": RetryPolicy(max_retries=0)}
            client = Client(api_key="made-up-key", http_options=options, http_client=own, http_async_client=own_async)
            with pytest.raises(errors.APIError) as caught:
                ask(client)
            with pytest.raises(errors.APIError) as caught_async:
                await ask_async(client)
    for error in (caught.value, caught_async.value):
        assert (type(error), error.status, error.__cause__) == (kind, status, problem)
    assert "x-goog-api-key" not in problem.request.headers


def test_an_address_that_httpx_refuses_is_a_value_error() -> None:
    """It is the argument that is wrong, not the network."""
    with (
        Client(api_key="k", http_options={"base_url": "https://host/\x01"}) as client,
        pytest.raises(ValueError, match="no address"),
    ):
        ask(client)


# Flows


def test_the_sync_driver_runs_calls_in_turn() -> None:
    """Nothing else would a synchronous caller expect."""
    order: list[int] = []

    def number() -> int:
        order.append(len(order))
        return order[-1]

    def flow() -> Flow[Any]:
        return (yield Calls((number, number)))

    assert SyncTransport(HttpSettings()).run(flow()) == [0, 1]


async def test_the_async_driver_runs_calls_at_once() -> None:
    """Coroutines in the loop, plain functions in threads; each waits here for the other."""
    here, there = asyncio.Event(), threading.Event()

    async def coroutine() -> str:
        there.set()
        await here.wait()
        return threading.current_thread().name

    loop = asyncio.get_running_loop()

    def function() -> str:
        assert there.wait(5)
        loop.call_soon_threadsafe(here.set)
        return threading.current_thread().name

    def flow() -> Flow[Any]:
        return (yield Calls((coroutine, function)))

    first, second = await AsyncTransport(HttpSettings()).run(flow())
    assert first == threading.current_thread().name
    assert second != first


async def test_what_a_function_raises_goes_to_the_caller() -> None:
    """As itself, not in a group, and the flow is closed."""
    ended: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError

    async def wait() -> None:
        await asyncio.sleep(60)

    def flow(*functions: Callable[[], Any]) -> Flow[Any]:
        try:
            yield Calls(functions)
        finally:
            ended.append("closed")

    with pytest.raises(ZeroDivisionError):
        SyncTransport(HttpSettings()).run(flow(fail))
    with pytest.raises(ZeroDivisionError):
        await AsyncTransport(HttpSettings()).run(flow(fail))
    with pytest.raises(ZeroDivisionError):
        await AsyncTransport(HttpSettings()).run(flow(wait, fail))
    assert ended == ["closed"] * 3


async def test_the_clock_does_not_go_back() -> None:
    """Deadlines are told by it."""

    def flow() -> Flow[tuple[float, float]]:
        return ((yield Now()), (yield Now()))

    for first, second in (
        SyncTransport(HttpSettings()).run(flow()),
        await AsyncTransport(HttpSettings()).run(flow()),
    ):
        assert first <= second


async def test_a_delay_is_waited_before_sending() -> None:
    """By the driver: a flow cannot sleep."""
    sent: list[float] = []

    def answer(_: httpx.Request) -> httpx.Response:
        sent.append(time.monotonic())
        return httpx.Response(200, json={}) if len(sent) % 2 == 0 else httpx.Response(503)

    policy = RetryPolicy(first_delay_s=0.2, jitter_s=0.0)
    request = Request(method="GET", url="https://x.example/")
    mock = httpx.MockTransport(answer)
    with httpx.Client(transport=mock) as own:
        SyncTransport(HttpSettings(client=own)).run(with_retries(request, policy))
    async with httpx.AsyncClient(transport=mock) as own_async:
        await AsyncTransport(HttpSettings(client=own_async)).run(with_retries(request, policy))
    assert sent[1] - sent[0] >= 0.2
    assert sent[3] - sent[2] >= 0.2


async def test_a_flow_that_emits_ends_where_its_consumer_stops() -> None:
    """Its `finally` runs, with either driver."""
    ended: list[str] = []

    def flow() -> Flow[None]:
        try:
            while True:
                yield Emit("more")
        finally:
            ended.append("closed")

    chunks = cast("Any", SyncTransport(HttpSettings()).iterate(flow()))
    assert next(chunks) == "more"
    chunks.close()
    async_chunks = cast("Any", AsyncTransport(HttpSettings()).iterate(flow()))
    assert await anext(async_chunks) == "more"
    await async_chunks.aclose()
    assert ended == ["closed"] * 2


async def test_a_stream_ends_with_its_connection_while_its_answer_is_open() -> None:
    """With either driver: what is cancelled so needs no scope for each read, which took 6 µs."""

    def blocks(url: str) -> Flow[None]:
        response = yield Request(method="POST", url=url, body=b"{}", stream=True)
        while block := (yield Read(response)):
            yield Emit(block)

    call, async_call = Call(), Call()
    with Server(one_event) as server:
        transport, async_transport = SyncTransport(HttpSettings()), AsyncTransport(HttpSettings())
        with closing(transport.iterate(blocks(server.base_url), call)) as stream:
            assert await asyncio.to_thread(next, stream) == EVENT
            assert call.is_tied
        async with aclosing(async_transport.iterate(blocks(server.base_url), async_call)) as async_stream:
            assert await anext(async_stream) == EVENT
            assert async_call.is_tied
        assert (call.is_tied, async_call.is_tied) == (False, False)
        transport.close()
        await async_transport.aclose()


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("is_async", [False, True])
async def test_a_request_is_one_packet(is_async: bool, method: str) -> None:
    """Its head alone would be one more, and one more call of the system: 20 of the 600 µs that a call takes."""
    received: list[bytes] = []

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            received.append(connection.recv(65_536))
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = asyncio.create_task(asyncio.to_thread(answer, listener))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        flow = with_retries(
            Request(method=method, url=url, body=b'{"a":1}' if method == "POST" else None), RetryPolicy()
        )
        if is_async:
            async_transport = AsyncTransport(HttpSettings())
            response = await async_transport.run(flow)
            await async_transport.aclose()
        else:
            transport = SyncTransport(HttpSettings())
            response = await asyncio.to_thread(transport.run, flow)
            transport.close()
        await answering
    assert response.content == b"{}"
    assert received[0].endswith(b'\r\n\r\n{"a":1}' if method == "POST" else b"\r\n\r\n")


@pytest.mark.parametrize("loop", [None, "asyncio", "trio"])
@pytest.mark.parametrize("secured", [False, True])
def test_a_large_body_arrives_whole(
    secured: bool, loop: str | None, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    """It goes out in pieces, of which the first goes with the head."""
    body = bytes(range(256)) * 20_000
    received = bytearray()

    def answer(listener: socket.socket) -> None:
        raw, _ = listener.accept()
        with raw if not secured else tls[0].wrap_socket(raw, server_side=True) as connection:
            while not received.endswith(body):
                received.extend(connection.recv(65_536))
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        answering = pool.submit(answer, listener)
        host = "https://localhost" if secured else "http://127.0.0.1"
        request = Request(method="POST", url=f"{host}:{listener.getsockname()[1]}/", body=body)
        settings = HttpSettings(arguments={"verify": tls[1]})

        async def main() -> httpx.Response:
            transport = AsyncTransport(settings)
            try:
                return await transport.run(with_retries(request, RetryPolicy()))
            finally:
                await transport.aclose()

        if loop is None:
            transport = SyncTransport(settings)
            response = transport.run(with_retries(request, RetryPolicy()))
            transport.close()
        else:
            response = anyio.run(main, backend=loop)
        answering.result(10)
    assert response.content == b"{}"
    head, _, sent = bytes(received).partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert sent == body
