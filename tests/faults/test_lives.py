"""What outlives a call and what must not: loops, tasks, sockets, signals."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trio

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.genai import Client
from langchain_genai_chat.genai.types import RetryPolicy

from ._asking import MODEL, client_of, model_of
from ._faults import CHUNKED, EVENTS, FIRST, HELLO, JSON_TYPE, LAST, WHOLE, chunks, head
from ._server import Asked, Behaviour, End, FaultServer, Run, Say

pytestmark = [pytest.mark.serial, pytest.mark.timeout(300)]

CALM = RetryPolicy(max_retries=1, first_delay_s=0.0, jitter_s=0.0)
DESCRIPTORS = Path("/proc/self/fd")


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def kept(asked: Asked) -> Iterator[Say]:
    """The right answer, and the connection for the next one."""
    yield (
        CHUNKED + chunks(EVENTS)
        if asked.streamed
        else head("200 OK", JSON_TYPE, f"content-length: {len(WHOLE)}") + WHOLE
    )
    yield End.KEEP


def begun(asked: Asked) -> Iterator[Say]:
    """One event, or none of a unary answer, and then nothing."""
    if asked.streamed:
        yield CHUNKED + chunks(FIRST, end=False)
    yield End.HOLD


def descriptors() -> int:
    return len(list(DESCRIPTORS.iterdir()))


def come_down_to(most: int) -> bool:
    """Whether there are no more descriptors within five seconds: the server's side closes after the client's."""
    for _ in range(500):
        if descriptors() <= most:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.behaviour("B055")
def test_a_thousand_loops_share_a_model_and_leave_nothing(server: FaultServer) -> None:
    """Scripts, workers and notebooks call `asyncio.run` for each question, for days."""
    model = model_of(server.run(kept).base_url, CALM)

    def ask() -> None:
        assert asyncio.run(model.ainvoke("Hi")).text == HELLO

    for _ in range(20):
        ask()
    gc.collect()
    before, objects = descriptors(), len(gc.get_objects())
    for _ in range(1000):
        ask()
    gc.collect()
    assert not model.client.aio._transport._clients
    assert come_down_to(before + 8)
    # The server keeps each request, as one object.
    assert len(gc.get_objects()) - objects < 1500, "something is kept of each loop"


@pytest.mark.behaviour("B061")
async def test_200_streams_at_once_keep_their_connections_for_the_next(server: FaultServer) -> None:
    """A connection costs a round trip and a handshake; the pool must not throw them away under load."""
    gate = threading.Barrier(200)

    def together(asked: Asked) -> Iterator[Say]:
        if asked.attempt <= 200:
            gate.wait(20)
        yield from kept(asked)

    async with model_of(server.run(together).base_url, CALM) as model:

        async def read() -> str:
            return "".join([str(chunk.text) async for chunk in model.astream("Hi")])

        for count in (200, 60):
            assert set(await asyncio.gather(*(read() for _ in range(count)))) == {HELLO}
    assert server.connections < 220


@pytest.mark.behaviour("B046")
@pytest.mark.behaviour("B061")
async def test_calls_that_end_in_any_way_leave_no_task_and_no_descriptor(server: FaultServer) -> None:
    """Answered, left early, cancelled, cut: a server that leaks one socket a call is down by noon."""
    whole, open_, cut = (
        server.run(behave) for behave in (kept, begun, lambda _: iter([CHUNKED + chunks(FIRST, end=False)]))
    )

    async def once() -> None:
        async with model_of(whole.base_url, CALM) as model:
            assert (await model.ainvoke("Hi")).text == HELLO
        async with model_of(open_.base_url, CALM) as model:
            async for _ in model.astream("Hi"):
                break
            task = asyncio.create_task(model.ainvoke("Hi"))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with model_of(cut.base_url, CALM) as model:
            with pytest.raises(Exception, match="connection"):
                async for _ in model.astream("Hi"):
                    pass

    await once()
    await asyncio.sleep(0.2)
    before = descriptors()
    for _ in range(20):
        await once()
    assert await asyncio.to_thread(open_.is_left_within, 5)
    gc.collect()
    assert await asyncio.to_thread(come_down_to, before + 2)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.behaviour("B050")
@pytest.mark.parametrize("streamed", [False, True])
def test_a_kept_connection_that_the_server_has_closed_is_replaced(streamed: bool, server: FaultServer) -> None:
    """Servers close idle connections whenever they like, also between our look and our request."""

    def once_each(asked: Asked) -> Iterator[Say]:
        yield from list(kept(asked))[:1]  # it does not say that it closes

    run = server.run(once_each)
    with model_of(run.base_url, CALM) as model:
        for _ in range(5):
            text = "".join(str(chunk.text) for chunk in model.stream("Hi")) if streamed else model.invoke("Hi").text
            assert text == HELLO


@pytest.mark.behaviour("B046")
def test_leaving_a_models_stream_closes_the_socket_within_a_second(server: FaultServer) -> None:
    """LangChain's own generators stand between the loop and the socket."""
    run = server.run(begun)
    with model_of(run.base_url, CALM) as model:
        for _ in model.stream("Hi"):
            break
        assert run.is_left_within(1)


@pytest.mark.behaviour("B046")
async def test_leaving_a_models_async_stream_closes_the_socket_within_a_second(server: FaultServer) -> None:
    """As the sync one, without `aclosing`."""
    run = server.run(begun)
    async with model_of(run.base_url, CALM) as model:
        async for _ in model.astream("Hi"):
            break
        assert await asyncio.to_thread(run.is_left_within, 1)


@pytest.mark.behaviour("B055")
@pytest.mark.parametrize("kind", ["model", "client", "chat"])
def test_a_loop_that_ends_ends_the_streams_that_are_held_without_a_word(
    kind: str, server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    """It closes all generators that it has seen at once; one that is closed twice, asyncio logs as an error."""
    run, held = server.run(begun), list[Any]()
    client, model = client_of(run.base_url, CALM), model_of(run.base_url, CALM)

    async def hold() -> None:
        for _ in range(5):
            match kind:
                case "model":
                    stream: Any = model.astream("Hi")
                case "client":
                    stream = await client.aio.models.generate_content_stream(model=MODEL, contents="Hi")
                case _:
                    stream = await client.aio.chats.create(model=MODEL).send_message_stream("Hi")
            held.append(stream)
            await anext(stream)

    for _ in range(10):  # the order in which they are closed is by chance
        asyncio.run(hold())
        assert run.is_left_within(5)
    assert len(held) == len(run.asked) == 50
    assert caplog.records == []


async def of_a_chat(client: Client, *, streamed: bool) -> None:
    chat = client.aio.chats.create(model=MODEL)
    if not streamed:
        await chat.send_message("Hi")
        return
    async for _ in await chat.send_message_stream("Hi"):
        pass


async def of_a_model(model: ChatGenAI, *, streamed: bool) -> None:
    if not streamed:
        await model.ainvoke("Hi")
        return
    async for _ in model.astream("Hi"):
        pass


@pytest.mark.behaviour("B046")
@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("chat", [False, True])
def test_cancelling_from_another_thread_closes_the_socket_within_a_second(
    chat: bool, streamed: bool, server: FaultServer
) -> None:
    """A server's stop button is pressed in another thread than the one that reads."""
    run = server.run(begun)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    call: Any = (
        of_a_chat(client_of(run.base_url, CALM), streamed=streamed)
        if chat
        else of_a_model(model_of(run.base_url, CALM), streamed=streamed)
    )
    future = asyncio.run_coroutine_threadsafe(call, loop)
    assert run.is_asked_within(5)
    assert future.cancel()
    left = run.is_left_within(1)
    asyncio.run_coroutine_threadsafe(loop.shutdown_asyncgens(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert left


ASKING = """
import asyncio, sys
from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.genai import Client
way, base_url = sys.argv[1:]
model = ChatGenAI(model="gemini-3.5-flash", api_key="k", base_url=base_url)
chat = lambda: Client(api_key="k", http_options={"base_url": base_url}).chats.create(model="gemini-3.5-flash")
async def astream():
    async for _ in model.astream("Hi"):
        pass
match way:
    case "invoke": model.invoke("Hi")
    case "astream": asyncio.run(astream())
    case "send_stream": list(chat().send_message_stream("Hi"))
"""


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_every_call_at_once(server: FaultServer) -> None:
    """A program that does not stop when it is told to is killed, and what it held is lost."""
    for way in ("invoke", "astream", "send_stream"):
        run = server.run(begun)
        command = [sys.executable, "-c", ASKING, way, run.base_url]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert run.is_asked_within(60), way
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[1]  # a busy machine takes seconds to end an interpreter
        assert "KeyboardInterrupt" in said.rstrip().splitlines()[-1], (way, said)
        assert process.returncode != 0
        assert run.is_left_within(5), way
        assert len(run.asked) == 1, "it was asked again"


async def whole_under_trio(run: Run) -> None:
    async with model_of(run.base_url, CALM) as model:
        assert (await model.client.aio.models.generate_content(model=MODEL, contents="Hi")).text == HELLO
        pieces: AsyncIterator[Any] = await model.client.aio.models.generate_content_stream(model=MODEL, contents="Hi")
        assert "".join([piece.text or "" async for piece in pieces]) == HELLO


async def cancelled_under_trio(run: Run) -> None:
    async with client_of(run.base_url, CALM).aio as client:
        chat = client.chats.create(model=MODEL)
        with trio.move_on_after(0.3) as scope:
            async for _ in await chat.send_message_stream("Hi"):
                pass
        assert scope.cancelled_caught
        assert await trio.to_thread.run_sync(run.is_left_within, 5)
        assert chat.get_history() == []


@pytest.mark.parametrize(("told", "behave"), [(whole_under_trio, kept), (cancelled_under_trio, begun)])
def test_the_client_works_under_trio(told: Callable[[Run], Any], behave: Behaviour, server: FaultServer) -> None:
    """What stands on httpx and anyio can; LangChain itself needs asyncio."""
    trio.run(told, server.run(behave))


def test_events_come_as_they_are_sent(server: FaultServer) -> None:
    """A stream that is read ahead, or not at once, is no stream."""
    gate = threading.Event()

    def in_two(_: Asked) -> Iterator[Say]:
        yield CHUNKED + chunks(FIRST, end=False)
        gate.wait(5)
        yield chunks(LAST)

    with model_of(server.run(in_two).base_url, CALM) as model:
        stream = model.stream("Hi")
        assert next(stream).text == "Hello"
        gate.set()
        assert "".join(str(chunk.text) for chunk in stream) == " world."


ASKING_FOR_LONG = """
import gc, sys
from langchain_genai_chat import ChatGenAI
model = ChatGenAI(model="gemini-3.5-flash", api_key="any", base_url=sys.argv[1])
def ask(times):
    for _ in range(times // 2):
        assert model.invoke("Hi").text
        assert list(model.stream("Hi"))
    gc.collect()
    return sys.getallocatedblocks()
print(-ask(1000) + ask(4000))
"""


def test_five_thousand_calls_keep_no_memory(server: FaultServer) -> None:
    """A worker runs for weeks; what each call keeps is what ends it. Alone in a process, since others keep theirs."""
    run = server.run(kept)
    command = [sys.executable, "-c", ASKING_FOR_LONG, run.base_url]
    kept_blocks = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert len(run.asked) == 5000
    assert kept_blocks < 400, "a tenth of a block for each call"
