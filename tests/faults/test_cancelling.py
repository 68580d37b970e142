"""A stream is ended from outside, by a thread or a task that does not read it: whatever it is doing, on both layers."""

import asyncio
import gc
import os
import signal
import socket
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
import trio
from langchain_core.callbacks import BaseCallbackHandler

from langchain_genai_chat.genai import Client, types
from langchain_genai_chat.genai.types import RetryPolicy

from ..genai._site import certificate
from ._asking import MODEL, client_of, model_of
from ._faults import CHUNKED, EVENTS, FIRST, HELLO, JSON_TYPE, LAST, chunks, event, head, reply
from ._server import Asked, Behaviour, End, FaultServer, Say

CALLED = CHUNKED + chunks(event(reply({"functionCall": {"name": "find", "args": {}}})))
PATIENT = RetryPolicy(max_retries=5, first_delay_s=30.0, jitter_s=0.0)
"""With which a refused request is not sent again while a test runs."""


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def before_the_head(_: Asked) -> Iterator[Say]:
    yield End.HOLD


def in_the_head(_: Asked) -> Iterator[Say]:
    yield CHUNKED[:40]
    yield End.HOLD


def before_the_first_event(_: Asked) -> Iterator[Say]:
    yield CHUNKED
    yield End.HOLD


def between_events(_: Asked) -> Iterator[Say]:
    yield CHUNKED + chunks(FIRST, end=False)
    yield End.HOLD


def inside_an_event(_: Asked) -> Iterator[Say]:
    yield CHUNKED + chunks(FIRST + LAST[:10], end=False)
    yield End.HOLD


def in_front_of_another_attempt(_: Asked) -> Iterator[Say]:
    yield head("503 Service Unavailable", "content-length: 0")


def kept(asked: Asked) -> Iterator[Say]:
    yield CHUNKED + chunks(EVENTS) if asked.streamed else head("200 OK", JSON_TYPE, "content-length: 2") + b"{}"
    yield End.KEEP


PHASES: tuple[tuple[Behaviour, list[str]], ...] = (
    (before_the_head, []),
    (in_the_head, []),
    (before_the_first_event, []),
    (between_events, ["Hello"]),
    (inside_an_event, ["Hello"]),
    (in_front_of_another_attempt, []),
)


def of_models(base_url: str) -> Any:
    return client_of(base_url, PATIENT).models.generate_content_stream(model=MODEL, contents="Hi")


def of_a_chat(base_url: str) -> Any:
    return client_of(base_url, PATIENT).chats.create(model=MODEL).send_message_stream("Hi")


def of_a_chat_model(base_url: str) -> Any:
    return model_of(base_url, PATIENT).stream("Hi")


def of_a_bound_model(base_url: str) -> Any:
    return model_of(base_url, PATIENT).bind(temperature=0.5).with_config(tags=["bound"]).bind(top_p=0.5).stream("Hi")


async def of_async_models(base_url: str) -> Any:
    return await client_of(base_url, PATIENT).aio.models.generate_content_stream(model=MODEL, contents="Hi")


async def of_an_async_chat(base_url: str) -> Any:
    return await client_of(base_url, PATIENT).aio.chats.create(model=MODEL).send_message_stream("Hi")


async def of_an_async_chat_model(base_url: str) -> Any:
    return model_of(base_url, PATIENT).astream("Hi")


async def of_an_async_bound_model(base_url: str) -> Any:
    return model_of(base_url, PATIENT).bind(temperature=0.5).astream("Hi")


WAYS = (of_models, of_a_chat, of_a_chat_model, of_a_bound_model)
ASYNC_WAYS = (of_async_models, of_an_async_chat, of_an_async_chat_model, of_an_async_bound_model)


class Reader:
    """Reads a stream in a thread of its own."""

    def __init__(self, stream: Any) -> None:
        self.texts: list[str] = []
        self.changed = threading.Condition()
        self._pool = ThreadPoolExecutor(1)
        self._read = self._pool.submit(self._take, stream)

    def _take(self, stream: Any) -> None:
        for chunk in stream:
            with self.changed:
                self.texts.append(str(chunk.text))
                self.changed.notify()

    def has_within(self, count: int, seconds: float) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: len(self.texts) >= count, seconds)

    def ends_within(self, seconds: float) -> bool:
        """Whether it comes to an end; raises what it ends with."""
        self._read.result(seconds)
        self._pool.shutdown()
        return True


async def taken(stream: Any, take: Callable[[str], object]) -> None:
    async for chunk in stream:
        take(str(chunk.text))


async def has_come(texts: list[str], count: int, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> bool:
    """Whether as many come within five seconds."""
    for _ in range(500):
        if len(texts) >= count:
            return True
        await sleep(0.01)
    return False


def said(texts: list[str]) -> list[str]:
    """The texts without that of the last chunk of a chat model, which says only what was used."""
    return [text for text in texts if text]


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("behave", "came"), PHASES)
def test_a_stream_ends_when_another_thread_cancels_it(
    way: Callable[[str], Any], behave: Behaviour, came: list[str], server: FaultServer
) -> None:
    """A stop button is pressed in another thread than the one that reads, and at any time."""
    run = server.run(behave)
    stream = way(run.base_url)
    reader = Reader(stream)
    assert run.is_asked_within(5)
    assert reader.has_within(len(came), 5)
    threading.Event().wait(0.1)  # until it waits for what does not come
    stream.cancel()
    assert run.is_left_within(5)
    assert reader.ends_within(5)
    assert said(reader.texts) == came
    assert next(stream, None) is None
    assert len(run.asked) == 1


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("way", ASYNC_WAYS)
@pytest.mark.parametrize(("behave", "came"), PHASES)
async def test_an_async_stream_ends_when_another_task_cancels_it(
    way: Callable[[str], Any], behave: Behaviour, came: list[str], server: FaultServer
) -> None:
    """As the sync one; and the task that reads is not cancelled with it."""
    run = server.run(behave)
    stream = await way(run.base_url)
    texts: list[str] = []
    reader = asyncio.create_task(taken(stream, texts.append))
    assert await asyncio.to_thread(run.is_asked_within, 5)
    assert await has_come(texts, len(came))
    await asyncio.sleep(0.1)  # until it waits for what does not come
    await stream.acancel()
    await asyncio.wait_for(reader, 5)
    assert reader.cancelling() == 0
    assert await asyncio.to_thread(run.is_left_within, 5)
    assert said(texts) == came
    assert await anext(stream, None) is None
    assert len(run.asked) == 1


@pytest.mark.behaviour("F10")
def test_a_stream_that_is_cancelled_in_the_middle_of_tls_closes_its_socket(tmp_path: Path) -> None:
    """It ends when the handshake is over, and asks nothing; a socket that is let go of would be a warning."""
    of_server, of_client = certificate(tmp_path)
    began, go_on = threading.Event(), threading.Event()
    came: list[bytes] = []

    def shake(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.recv(1, socket.MSG_PEEK)
        began.set()
        go_on.wait(5)
        with of_server.wrap_socket(connection, server_side=True) as secured:
            came.append(secured.recv(1024))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=shake, args=(listener,))
        server.start()
        options = {
            "base_url": f"https://localhost:{listener.getsockname()[1]}",
            "client_args": {"verify": of_client},
            "retry_options": PATIENT,
        }
        stream = Client(api_key="k", http_options=options).models.generate_content_stream(model=MODEL, contents="Hi")
        reader = Reader(stream)
        assert began.wait(5)
        stream.cancel()
        go_on.set()
        assert reader.ends_within(5)
        server.join(5)
    gc.collect()
    assert (reader.texts, came) == ([], [b""])


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_an_async_stream_that_is_cancelled_in_the_middle_of_tls_closes_its_socket(loop: str) -> None:
    """At once, and not when the collector meets it, with a warning: httpcore closes it after errors alone."""
    began, closed = threading.Event(), threading.Event()

    def shake(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(10)
            while connection.recv(4096):
                began.set()
            closed.set()

    async def main(base_url: str) -> None:
        async with client_of(base_url, PATIENT).aio as client:
            stream = await client.models.generate_content_stream(model=MODEL, contents="Hi")
            with anyio.fail_after(10):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(taken, stream, list[str]().append)
                    assert await anyio.to_thread.run_sync(began.wait, 5)
                    await stream.acancel()
            assert await anyio.to_thread.run_sync(closed.wait, 5)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=shake, args=(listener,))
        server.start()
        gc.disable()
        try:
            anyio.run(main, f"https://localhost:{listener.getsockname()[1]}", backend=loop)
        finally:
            gc.enable()
            server.join(10)


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("way", WAYS)
def test_a_stream_that_nobody_reads_at_the_time_is_left_at_once(way: Callable[[str], Any], server: FaultServer) -> None:
    """A consumer may be busy with what came; what the service makes meanwhile is paid for."""
    run = server.run(between_events)
    stream = way(run.base_url)
    assert str(next(stream).text) == "Hello"
    with ThreadPoolExecutor(1) as pool:
        pool.submit(stream.cancel).result(5)
    assert run.is_left_within(5)
    assert said([str(chunk.text) for chunk in stream]) == []


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("way", ASYNC_WAYS)
async def test_an_async_stream_that_nobody_reads_at_the_time_is_left_at_once(
    way: Callable[[str], Any], server: FaultServer
) -> None:
    """As the sync one."""
    run = server.run(between_events)
    stream = await way(run.base_url)
    assert str((await anext(stream)).text) == "Hello"
    await asyncio.create_task(stream.acancel())
    assert await asyncio.to_thread(run.is_left_within, 5)
    assert said([str(chunk.text) async for chunk in stream]) == []


@pytest.mark.behaviour("F10")
def test_a_stream_may_be_read_and_closed_while_another_thread_is_about_to_end_it() -> None:
    """Its consumer comes back for the next chunk when it likes, and sees an end; no generator may be used by two."""
    closing, go_on = threading.Event(), threading.Event()

    def slow_to_close() -> Generator[str]:
        try:
            yield "Hello"
        finally:
            closing.set()
            go_on.wait(5)

    stream = types.Stream(slow_to_close())
    assert next(stream) == "Hello"
    with ThreadPoolExecutor(1) as pool:
        cancelling = pool.submit(stream.cancel)
        assert closing.wait(5)
        assert next(stream, None) is None
        stream.cancel()
        stream.close()
        go_on.set()
        cancelling.result(5)


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("way", ASYNC_WAYS)
async def test_an_async_stream_may_be_read_and_closed_while_another_task_is_about_to_end_it(
    way: Callable[[str], Any], server: FaultServer
) -> None:
    """As the sync one, wherever in closing it is met; a stop button may be pressed twice."""
    run = server.run(between_events)
    for turns in range(6):
        stream = await way(run.base_url)
        assert str((await anext(stream)).text) == "Hello"
        cancelling = asyncio.create_task(stream.acancel())
        for _ in range(turns):
            await asyncio.sleep(0)
        again = asyncio.create_task(stream.acancel())
        assert said([str(chunk.text) async for chunk in stream]) == []
        await stream.aclose()
        await asyncio.wait_for(asyncio.gather(cancelling, again), 5)


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("way", WAYS)
def test_a_loop_may_cancel_what_it_reads(way: Callable[[str], Any], server: FaultServer) -> None:
    """It ends then, as with `break`; and a stream that was cancelled before it began is never asked for."""
    run = server.run(between_events)
    stream, unread = way(run.base_url), way(run.base_url)
    unread.cancel()
    texts = []
    for chunk in stream:
        texts.append(str(chunk.text))
        stream.cancel()
        stream.cancel()
    assert said(texts) == ["Hello"]
    assert run.is_left_within(5)
    assert list(unread) == []
    assert len(run.asked) == 1


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("reads", [True, False])
def test_a_cancelled_message_was_never_sent_but_cost_what_it_did(reads: bool, server: FaultServer) -> None:
    """The chat goes on from where it was, in any thread, and its count of tokens is what the service's is."""
    run = server.run(lambda asked: between_events(asked) if asked.attempt == 1 else kept(asked))
    chat = client_of(run.base_url, PATIENT).chats.create(model=MODEL)
    stream = chat.send_message_stream("Hi")
    first = next(stream)
    assert first.usage_metadata is not None
    assert first.usage_metadata.total_token_count == 5
    reader = Reader(stream) if reads else None
    threading.Event().wait(0.1)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(stream.cancel).result(5)
        assert reader is None or reader.ends_within(5)
        assert (chat.history, chat.usage.total_token_count) == ([], 5)
        assert pool.submit(lambda: [chunk.text for chunk in chat.send_message_stream("Hi")]).result(5)
    assert len(chat.history) == 2


@pytest.mark.behaviour("F10")
async def test_a_cancelled_async_message_was_never_sent_but_cost_what_it_did(server: FaultServer) -> None:
    """As the sync one."""
    run = server.run(lambda asked: between_events(asked) if asked.attempt == 1 else kept(asked))
    chat = client_of(run.base_url, PATIENT).aio.chats.create(model=MODEL)
    stream = await chat.send_message_stream("Hi")
    await anext(stream)
    await stream.acancel()
    assert (chat.history, chat.usage.total_token_count) == ([], 5)
    assert [chunk.text async for chunk in await chat.send_message_stream("Hi")]
    assert len(chat.history) == 2


@pytest.mark.behaviour("F10")
async def test_an_async_message_that_waits_for_its_turn_ends_when_it_is_cancelled(server: FaultServer) -> None:
    """The turn before it may last; and the chat goes on as if it had never come."""
    run = server.run(lambda asked: between_events(asked) if asked.attempt == 1 else kept(asked))
    chat = client_of(run.base_url, PATIENT).aio.chats.create(model=MODEL)
    first, second = await chat.send_message_stream("Hi"), await chat.send_message_stream("Ho")
    readers = [asyncio.create_task(taken(stream, list[str]().append)) for stream in (first, second)]
    assert await asyncio.to_thread(run.is_asked_within, 5)
    await asyncio.sleep(0.1)
    await second.acancel()
    await asyncio.wait_for(readers[1], 5)
    assert not readers[0].done()
    await first.acancel()
    await asyncio.wait_for(readers[0], 5)
    assert (await asyncio.wait_for(chat.send_message("Hi"), 5)) is not None
    assert len(chat.history) == 2
    assert len(run.asked) == 2


@pytest.mark.behaviour("F10")
async def test_a_turn_that_is_taken_when_its_stream_is_cancelled_is_given_back(server: FaultServer) -> None:
    """Both may come at the same moment; a turn that is lost would keep the chat from all others."""
    run = server.run(kept)
    chat = client_of(run.base_url, PATIENT).aio.chats.create(model=MODEL)
    for turns in range(6):
        stream = await chat.send_message_stream("Hi")
        reader = asyncio.create_task(taken(stream, list[str]().append))
        for _ in range(turns):
            await asyncio.sleep(0)
        await stream.acancel()
        await asyncio.wait_for(reader, 5)
    assert (await asyncio.wait_for(chat.send_message("Hi"), 5)) is not None


class Told(BaseCallbackHandler):
    """Hears how a run ends, and with what."""

    def __init__(self) -> None:
        self.ended: list[Any] = []

    def on_llm_end(self, response: Any, **_: Any) -> None:
        self.ended.append(response.generations[0][0].message)

    def on_llm_error(self, error: BaseException, **_: Any) -> None:
        self.ended.append(error)


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize("policy", ["return", "raise", "retry"])
async def test_a_cancelled_answer_says_what_it_cost_so_far(reads: bool, policy: str, server: FaultServer) -> None:
    """In the last chunk and to the callbacks: a trace shows what was said, and no finish reason.

    That it is no good answer is no reason to raise or to ask again: it is what was wished.
    """
    run = server.run(between_events)
    told = Told()
    sums: list[Any] = []
    model = model_of(run.base_url, PATIENT, on_bad_reply=policy)
    stream = model.stream("Hi", {"callbacks": [told]})
    came = [next(stream)]
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: came.extend(stream)) if reads else None
        threading.Event().wait(0.1)
        stream.cancel()
        came.extend(stream) if reading is None else reading.result(5)
    sums.append(sum(came[1:], came[0]))
    async_stream = model.astream("Hi", {"callbacks": [told]})
    came = [await anext(async_stream)]

    async def read() -> None:
        came.extend([chunk async for chunk in async_stream])

    task = asyncio.create_task(read()) if reads else None
    await asyncio.sleep(0.1)
    await async_stream.acancel()
    await (task or read())
    sums.append(sum(came[1:], came[0]))
    for message in (*sums, *told.ended):
        assert message.text == "Hello"
        assert message.usage_metadata["total_tokens"] == 5
        assert "finish_reason" not in message.response_metadata
        assert message.chunk_position == "last"
    assert len(told.ended) == 2
    assert len(run.asked) == 2


def second_waits(gate: threading.Event, asked: Asked) -> Iterator[Say]:
    """Answer whole and keep the connection; the second time only when the gate is open."""
    yield CHUNKED + chunks(FIRST, end=False)
    if asked.attempt == 2:
        gate.wait(5)
    yield chunks(LAST)
    yield End.KEEP


@pytest.mark.behaviour("F10")
def test_cancelling_a_stream_that_has_ended_leaves_its_connection_to_the_next(server: FaultServer) -> None:
    """It is another call's by then."""
    gate = threading.Event()
    run = server.run(partial(second_waits, gate))
    client = client_of(run.base_url, PATIENT)
    first, second = (client.models.generate_content_stream(model=MODEL, contents="Hi") for _ in range(2))
    assert "".join(str(chunk.text) for chunk in first) == HELLO
    reader = Reader(second)
    assert reader.has_within(1, 5)
    first.cancel()
    gate.set()
    assert reader.ends_within(5)
    assert "".join(reader.texts) == HELLO
    assert server.connections == 1


@pytest.mark.behaviour("F10")
async def test_cancelling_an_async_stream_that_has_ended_leaves_its_connection_to_the_next(server: FaultServer) -> None:
    """As the sync one."""
    gate = threading.Event()
    models = client_of(server.run(partial(second_waits, gate)).base_url, PATIENT).aio.models
    first, second = [await models.generate_content_stream(model=MODEL, contents="Hi") for _ in range(2)]
    assert "".join([str(chunk.text) async for chunk in first]) == HELLO
    texts: list[str] = []
    reader = asyncio.create_task(taken(second, texts.append))
    assert await has_come(texts, 1)
    await first.acancel()
    gate.set()
    await asyncio.wait_for(reader, 5)
    assert "".join(texts) == HELLO
    assert server.connections == 1


@pytest.mark.behaviour("F10")
def test_cancelling_one_of_many_streams_leaves_the_others(server: FaultServer) -> None:
    """They share a client, and threads of one pool."""
    gate = threading.Event()

    def in_two(_: Asked) -> Iterator[Say]:
        yield CHUNKED + chunks(FIRST, end=False)
        gate.wait(10)
        yield chunks(LAST)
        yield End.KEEP

    run = server.run(in_two)
    client = client_of(run.base_url, PATIENT)
    streams = [client.models.generate_content_stream(model=MODEL, contents="Hi") for _ in range(20)]
    readers = [Reader(stream) for stream in streams]
    assert all(reader.has_within(1, 5) for reader in readers)
    for stream in streams[::2]:
        stream.cancel()
    assert all(reader.ends_within(5) for reader in readers[::2])
    gate.set()
    assert all(reader.ends_within(5) for reader in readers)
    assert ["".join(reader.texts) for reader in readers] == ["Hello", HELLO] * 10


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("is_async", [False, True])
async def test_a_function_of_the_users_is_run_to_its_end_and_nothing_after_it(
    is_async: bool, server: FaultServer
) -> None:
    """No thread can be made to stop; what it gives is not sent."""
    run = server.run(lambda _: iter([CALLED, End.KEEP]))
    began, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def find() -> str:
        """Find it."""
        began.set()
        go_on.wait(5)
        ended.set()
        return "found"

    asked: dict[str, Any] = {"model": MODEL, "contents": "Hi", "config": {"tools": [find]}}
    client = client_of(run.base_url, PATIENT)
    if is_async:
        async_stream = await client.aio.models.generate_content_stream(**asked)
        task = asyncio.create_task(taken(async_stream, list[str]().append))
        assert await asyncio.to_thread(began.wait, 5)
        await async_stream.acancel()
        go_on.set()
        await asyncio.wait_for(task, 5)
    else:
        stream = client.models.generate_content_stream(**asked)
        reader = Reader(stream)
        assert began.wait(5)
        stream.cancel()
        go_on.set()
        assert reader.ends_within(5)
    assert ended.is_set()
    assert len(run.asked) == 1


@pytest.mark.behaviour("F10")
async def test_a_coroutine_function_of_the_users_is_cancelled_with_its_stream(server: FaultServer) -> None:
    """Unlike a thread a coroutine can be made to stop; the task that reads goes on."""
    run = server.run(lambda _: iter([CALLED, End.KEEP]))
    began, ended = asyncio.Event(), list[str]()

    async def find() -> str:
        """Find it."""
        began.set()
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return "found"

    stream = await client_of(run.base_url, PATIENT).aio.models.generate_content_stream(
        model=MODEL, contents="Hi", config={"tools": [find]}
    )
    task = asyncio.create_task(taken(stream, list[str]().append))
    await asyncio.wait_for(began.wait(), 5)
    await stream.acancel()
    await asyncio.wait_for(task, 5)
    assert (ended, len(run.asked)) == (["cancelled"], 1)


@pytest.mark.behaviour("F10")
def test_what_a_function_streams_is_not_cancelled_with_the_stream_that_it_is_run_for(server: FaultServer) -> None:
    """It is the user's code, and is run to its end."""
    inner, outer = server.run(kept), server.run(lambda _: iter([CALLED, End.KEEP]))
    texts: list[str] = []

    def find() -> str:
        """Find it."""
        stream.cancel()
        texts.extend(str(chunk.text) for chunk in of_models(inner.base_url))
        return "found"

    stream = client_of(outer.base_url, PATIENT).models.generate_content_stream(
        model=MODEL, contents="Hi", config={"tools": [find]}
    )
    assert len(list(stream)) == 1
    assert "".join(texts) == HELLO


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("is_async", [False, True])
async def test_with_a_client_of_the_users_a_stream_ends_too(is_async: bool, server: FaultServer) -> None:
    """A synchronous one with what comes next, since its sockets are not ours."""
    gate = threading.Event()

    def in_two(_: Asked) -> Iterator[Say]:
        yield CHUNKED + chunks(FIRST, end=False)
        gate.wait(5)
        yield chunks(FIRST, end=False)
        yield End.HOLD

    run = server.run(in_two)
    options = {"base_url": run.base_url}
    with httpx.Client() as own:
        async with httpx.AsyncClient() as own_async:
            client = Client(api_key="k", http_options=options, http_client=own, http_async_client=own_async)
            texts: list[str] = []
            if is_async:
                async_stream = await client.aio.models.generate_content_stream(model=MODEL, contents="Hi")
                came = asyncio.Event()

                def take(text: str) -> None:
                    texts.append(text)
                    came.set()

                task = asyncio.create_task(taken(async_stream, take))
                await came.wait()
                await async_stream.acancel()
                await asyncio.wait_for(task, 5)
                assert not gate.is_set()
            else:
                stream = client.models.generate_content_stream(model=MODEL, contents="Hi")
                reader = Reader(stream)
                assert reader.has_within(1, 5)
                threading.Event().wait(0.1)
                stream.cancel()
                gate.set()
                assert reader.ends_within(5)
                texts = reader.texts
            gate.set()
            assert await asyncio.to_thread(run.is_left_within, 5)
    assert said(texts) == ["Hello"]


@pytest.mark.behaviour("F10")
def test_an_async_stream_is_cancelled_from_another_thread_through_its_loop(server: FaultServer) -> None:
    """Event loops belong to one thread; a call that forgets that is told so."""
    run = server.run(between_events)
    texts: list[str] = []
    ready: list[Any] = []
    loop = asyncio.new_event_loop()
    cancelled = asyncio.Event()

    async def read() -> None:
        ready.append(model_of(run.base_url, PATIENT).astream("Hi"))
        await taken(ready[0], texts.append)
        await asyncio.wait_for(cancelled.wait(), 5)

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(loop.run_until_complete, read())
        assert run.is_asked_within(5)
        while not texts:
            threading.Event().wait(0.01)
        with pytest.raises(RuntimeError, match="run_coroutine_threadsafe"):
            asyncio.run(ready[0].acancel())
        asyncio.run_coroutine_threadsafe(ready[0].acancel(), loop).result(5)
        loop.call_soon_threadsafe(cancelled.set)
        assert run.is_left_within(5)
        reading.result(5)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    assert said(texts) == ["Hello"]


@pytest.mark.behaviour("F10")
def test_a_stream_is_cancelled_under_trio_too(server: FaultServer) -> None:
    """The client works under it, and so does its stop button."""
    run = server.run(between_events)
    texts: list[str] = []

    async def main() -> None:
        async with client_of(run.base_url, PATIENT).aio as client:
            stream = await client.models.generate_content_stream(model=MODEL, contents="Hi")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(taken, stream, texts.append)
                assert await has_come(texts, 1, trio.sleep)
                await stream.acancel()
            assert await trio.to_thread.run_sync(run.is_left_within, 5)

    trio.run(main)
    assert said(texts) == ["Hello"]


@pytest.mark.behaviour("F10")
@pytest.mark.parametrize("behave", [between_events, in_front_of_another_attempt])
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_signals_handler_may_cancel_what_its_thread_reads(behave: Behaviour, server: FaultServer) -> None:
    """A console's Ctrl-C can end the answer and leave the program running."""
    run = server.run(behave)
    stream = of_a_chat_model(run.base_url)
    texts: list[str] = []

    def cancel(*_: object) -> None:
        if texts or (run.asked and behave is not between_events):
            stream.cancel()

    before = signal.signal(signal.SIGALRM, cancel)
    signal.setitimer(signal.ITIMER_REAL, 0.5, 0.1)
    try:
        for chunk in stream:
            texts += [str(chunk.text)]
        assert said(texts) == (["Hello"] if behave is between_events else [])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.behaviour("F10")
async def test_a_task_that_is_cancelled_while_it_reads_is_cancelled(server: FaultServer) -> None:
    """A stream's own end must not hide one that was meant for the task."""
    run = server.run(between_events)
    stream = model_of(run.base_url, PATIENT).astream("Hi")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await taken(stream, list[str]().append)
    assert await asyncio.to_thread(run.is_left_within, 5)


async def test_what_is_handed_out_is_a_generator_and_can_be_annotated(server: FaultServer) -> None:
    """Programs that ask for one, throw into one, or let go of one must find what they found before."""
    run = server.run(between_events)
    client, model = client_of(run.base_url, PATIENT), model_of(run.base_url, PATIENT)
    chunks_: types.Stream[types.GenerateContentResponse] = client.chats.create(model=MODEL).send_message_stream("Hi")
    for stream in (chunks_, of_models(run.base_url), model.stream("Hi"), model.bind(top_p=0.1).stream("Hi")):
        assert isinstance(stream, Generator)
        assert isinstance(stream, types.Stream)
        assert stream.send(None).text == "Hello"
        with pytest.raises(ZeroDivisionError):
            stream.throw(ZeroDivisionError)
        assert await asyncio.to_thread(run.is_left_within, 5)
        assert list(stream) == []
    for way in ASYNC_WAYS:
        async_stream = await way(run.base_url)
        assert isinstance(async_stream, AsyncGenerator)
        assert isinstance(async_stream, types.AsyncStream)
        assert str((await async_stream.asend(None)).text) == "Hello"
        with pytest.raises(ZeroDivisionError):
            await async_stream.athrow(ZeroDivisionError)
        assert await asyncio.to_thread(run.is_left_within, 5)


@pytest.mark.behaviour("B046")
@pytest.mark.parametrize("way", WAYS)
def test_a_stream_that_is_let_go_of_is_left_without_the_collector(
    way: Callable[[str], Any], server: FaultServer
) -> None:
    """The object round the generator must not keep it."""
    run = server.run(between_events)
    gc.disable()
    try:
        stream = way(run.base_url)
        next(stream)
        del stream
        assert run.is_left_within(5)
    finally:
        gc.enable()
