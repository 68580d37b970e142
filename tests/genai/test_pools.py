"""What keeps connections open: how many there are, who uses which, and when each is closed."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from langchain_genai_chat.genai import _clients
from langchain_genai_chat.genai._clients import LIMITS, AsyncHttpClient, SyncHttpClient
from langchain_genai_chat.genai._pools import AsyncPools, Pools

from ._site import PASSED_ON, Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


def test_32_threads_use_the_connections_of_the_32_before(site: Site) -> None:
    """Threads come in waves, and a wave must not cost a handshake for each."""
    with SyncHttpClient(limits=LIMITS) as client, ThreadPoolExecutor(32) as threads:
        for wave in range(3):
            site.together = threading.Barrier(32)
            sent = [b"%d of %d" % (index, wave) for index in range(32)]
            assert list(threads.map(lambda body: client.post(site.base_url, content=body).content, sent)) == sent
    assert site.opened == 32


async def test_200_tasks_use_the_connections_of_the_200_before(site: Site) -> None:
    """As threads do; a pool that gives up those above a limit would open them again each time."""
    async with AsyncHttpClient(limits=LIMITS) as client:
        for _ in range(2):
            site.together = threading.Barrier(200)
            answers = await asyncio.gather(*(client.post(site.base_url, content=b"%d" % n) for n in range(200)))
            assert [answer.content for answer in answers] == [b"%d" % n for n in range(200)]
    assert site.opened == 200


async def test_one_call_after_the_other_needs_one_connection(site: Site) -> None:
    """The last used is the first to be used again, so that what a burst has opened can be closed."""
    async with AsyncHttpClient(limits=LIMITS) as client:
        with SyncHttpClient(limits=LIMITS) as other:
            for _ in range(20):
                other.post(site.base_url, content=b"-")
                await client.post(site.base_url, content=b"-")
    assert site.opened == 2


async def test_what_nobody_uses_for_long_is_closed_with_the_next_answer(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A burst once a day must not hold its sockets until the next."""
    monkeypatch.setattr(_clients, "KEPT_S", 0.2)
    async with AsyncHttpClient(limits=LIMITS) as client:
        site.together = threading.Barrier(8)
        await asyncio.gather(*(client.post(site.base_url, content=b"-") for _ in range(8)))
        site.together = None
        await asyncio.sleep(0.3)
        await client.post(site.base_url, content=b"-")
        for _ in range(7):
            assert await asyncio.to_thread(site.closed.acquire, timeout=5)
    assert await asyncio.to_thread(site.closed.acquire, timeout=5)  # the one that was used
    with SyncHttpClient(limits=LIMITS) as other:
        first, second = other.build_request("GET", site.base_url), other.build_request("GET", site.base_url)
        opened = [other.send(first, stream=True), other.send(second, stream=True)]
        for answer in opened:
            answer.close()
        await asyncio.sleep(0.3)
        other.post(site.base_url, content=b"-")
        assert await asyncio.to_thread(site.closed.acquire, timeout=5)


async def test_closing_a_client_closes_what_is_being_read_too(site: Site) -> None:
    """As with httpx's own pool; a socket that is forgotten would be open until the process ends."""
    client = SyncHttpClient(limits=LIMITS)
    client.send(client.build_request("GET", site.base_url), stream=True)
    client.post(site.base_url, content=b"-")
    client.close()
    async_client = AsyncHttpClient(limits=LIMITS)
    await async_client.send(async_client.build_request("GET", site.base_url), stream=True)
    await async_client.post(site.base_url, content=b"-")
    await async_client.aclose()
    for _ in range(4):
        assert await asyncio.to_thread(site.closed.acquire, timeout=5)


def test_an_answer_that_is_closed_twice_frees_its_connection_once(site: Site) -> None:
    """Two requests on one connection would get each other's answers."""
    pools = Pools(lambda: httpx.HTTPTransport(limits=LIMITS), 30.0)
    request = httpx.Request("GET", site.base_url)
    first = pools.handle_request(request)
    first.read()
    second = pools.handle_request(request)
    assert isinstance(first.stream, httpx.SyncByteStream)
    first.stream.close()
    third = pools.handle_request(request)
    assert (second.read(), third.read()) == (b"", b"")
    second.close()
    third.close()
    pools.close()
    assert site.opened == 2


def test_an_answer_that_the_collector_closes_frees_its_connection_at_any_time() -> None:
    """It comes in whatever thread, also in the middle of taking a connection: to wait there would be for ever."""
    with Site(big=bytes(1 << 20)) as site, SyncHttpClient(limits=LIMITS) as client:

        def read() -> Iterator[bytes]:
            with client.stream("GET", site.base_url) as answer:
                yield from answer.iter_raw()

        blocks: Any = read()
        held = [blocks]
        held.append(held)  # a circle
        next(blocks)
        del blocks, held
        pools = client._transport_for_url(httpx.URL(site.base_url))
        assert isinstance(pools, Pools)

        def collect() -> None:
            with pools._pools._lock:
                gc.collect()

        collector = threading.Thread(target=collect, daemon=True)
        collector.start()
        collector.join(5)
        assert not collector.is_alive()
        assert site.closed.acquire(timeout=5)
        client.post(site.base_url, content=b"-")


async def test_a_request_that_fails_leaves_the_client_usable(site: Site) -> None:
    """What it was sent over is free again, and no connection is kept that has failed."""
    with SyncHttpClient(limits=LIMITS) as client, pytest.raises(httpx.ConnectError):
        client.get("http://127.0.0.1:1")
    async with AsyncHttpClient(limits=LIMITS) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://127.0.0.1:1")
        assert (await client.post(site.base_url, content=b"x")).content == b"x"


async def test_a_proxy_of_the_environment_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Companies let nothing out but through it; it is httpx that reads the variables."""
    monkeypatch.setenv("HTTP_PROXY", site.base_url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    asked = "http://a.example/x"
    with SyncHttpClient(limits=LIMITS) as client:
        for _ in range(3):
            assert client.post(asked, content=b"-").headers[PASSED_ON] == asked
        assert PASSED_ON not in client.post(site.base_url, content=b"-").headers
    async with AsyncHttpClient(limits=LIMITS) as async_client:
        for _ in range(3):
            assert (await async_client.post(asked, content=b"-")).headers[PASSED_ON] == asked
    assert site.opened == 3


async def test_limits_of_the_callers_bound_all_connections(site: Site) -> None:
    """They are what httpx's own pool counts; one pool for each connection could not."""
    one = httpx.Limits(max_connections=1)
    with (
        SyncHttpClient(limits=one) as client,
        client.stream("GET", site.base_url),
        pytest.raises(httpx.PoolTimeout),
    ):
        client.post(site.base_url, content=b"-", timeout=0.1)
    async with AsyncHttpClient(limits=one) as async_client:
        await asyncio.gather(*(async_client.post(site.base_url, content=b"-") for _ in range(8)))
    assert site.opened == 2


def test_httpx_asks_these_clients_for_their_transports() -> None:
    """There is no public way to change what its clients make; this shows when it no longer asks so."""
    proxied = {"limits": LIMITS, "proxy": "http://127.0.0.1:1"}
    for client, kind in (
        (SyncHttpClient(limits=LIMITS), Pools),
        (AsyncHttpClient(limits=LIMITS), AsyncPools),
        (SyncHttpClient(**proxied), Pools),
        (AsyncHttpClient(**proxied), AsyncPools),
    ):
        assert isinstance(client._transport_for_url(httpx.URL("http://a.example")), kind)
