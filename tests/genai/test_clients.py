"""The clients that are made for asynchronous transports: what TLS, time, slowness and cancelling do to an answer."""

import asyncio
import socket
import ssl
import threading
from pathlib import Path

import httpx
import pytest

from langchain_genai_chat.genai._clients import LIMITS, AsyncHttpClient

from ._site import Site, certificate

MIB = 1 << 20
UNHEARD = httpx.Timeout(0.2, connect=5.0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_tls_is_spoken_with_who_is_trusted(tmp_path: Path, host: str) -> None:
    """Google is asked over TLS alone, by a name with several addresses."""
    of_server, of_client = certificate(tmp_path)
    body = bytes(range(256)) * 4096
    with Site(tls=of_server, big=body) as site:
        url = f"https://{host}:{site.server_port}"
        async with AsyncHttpClient(limits=LIMITS, verify=of_client) as client:
            for _ in range(2):
                assert (await client.post(url, content=body)).content == body
                assert (await client.get(url)).content == body
        assert site.opened == 1
        async with AsyncHttpClient(limits=LIMITS, verify=ssl.create_default_context()) as client:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await client.get(url)


async def test_a_slow_reader_gets_all_that_came_before_tls_was_cut(tmp_path: Path) -> None:
    """Many servers close without a word of TLS; what still waits to be read then is the end of the answer."""
    of_server, of_client = certificate(tmp_path)
    body = bytes(range(256)) * 8192

    def answer(listener: socket.socket) -> None:
        with of_server.wrap_socket(listener.accept()[0], server_side=True) as connection:
            connection.recv(1024)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=(listener,), daemon=True).start()
        url = f"https://localhost:{listener.getsockname()[1]}"
        async with AsyncHttpClient(limits=LIMITS, verify=of_client) as client, client.stream("GET", url) as answered:
            read = b""
            async for block in answered.aiter_raw():
                read += block
                await asyncio.sleep(0.01)
    assert read == body


async def test_a_server_that_speaks_no_tls_is_an_error_of_connecting() -> None:
    """A base URL with https for http is a common slip."""
    with Site() as site:
        async with AsyncHttpClient(limits=LIMITS) as client:
            with pytest.raises((httpx.ConnectError, httpx.ConnectTimeout)):
                await client.get(site.base_url.replace("http", "https"), timeout=2)


async def test_who_reads_what_is_there_leaves_the_loop_to_others() -> None:
    """A long answer that has come as a whole must not stop all other tasks while it is read."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    with Site(big=bytes(MIB)) as site:
        async with AsyncHttpClient(limits=LIMITS) as client:
            task = asyncio.create_task(other())
            async with client.stream("GET", site.base_url) as answer:
                before = turns
                blocks = sum([1 async for _ in answer.aiter_raw()])
            assert turns - before >= blocks - 1 > 4
            task.cancel()


async def test_silence_and_a_full_socket_end_with_httpxs_timeouts() -> None:
    """They are what the rules of trying again know."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with AsyncHttpClient(limits=LIMITS, timeout=UNHEARD) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.get(url)
            with pytest.raises(httpx.WriteTimeout):
                await client.post(url, content=bytes(64 * MIB))


async def test_an_answer_before_the_whole_request_is_read() -> None:
    """A server may refuse a body by its head, and close while it is sent."""

    def refuse(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(MIB):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=refuse, args=(listener,), daemon=True).start()
        async with AsyncHttpClient(limits=LIMITS, timeout=10) as client:
            answer = await client.post(f"http://127.0.0.1:{listener.getsockname()[1]}", content=bytes(16 * MIB))
            assert answer.status_code == 413


async def test_a_cancelled_request_closes_its_connection() -> None:
    """Whenever it is cancelled: while it connects, sends or reads."""
    with Site(big=bytes(MIB)) as site:
        async with AsyncHttpClient(limits=LIMITS) as client:
            for turns in range(40):
                task = asyncio.create_task(client.get(site.base_url))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
            assert len((await client.get(site.base_url)).content) == MIB
        for _ in range(site.opened):
            assert await asyncio.to_thread(site.closed.acquire, timeout=5)


async def test_a_connection_that_is_closed_here_ends_no_answer() -> None:
    """One that ends with its connection would look whole to who reads it while its client is closed."""

    def begin(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1024)
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nhalf of")
            connection.recv(1024)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=begin, args=(listener,), daemon=True).start()
        client = AsyncHttpClient(limits=LIMITS, timeout=10)
        async with client.stream("GET", f"http://127.0.0.1:{listener.getsockname()[1]}") as answer:
            reader = asyncio.create_task(answer.aread())
            await asyncio.sleep(0.1)
            await client.aclose()
            with pytest.raises(httpx.ReadError):
                await reader


async def _ask(url: str) -> bytes:
    async with AsyncHttpClient(limits=LIMITS) as client:
        await client.post(url, content=b"-")
        return (await client.post(url, content=b"trio")).content
