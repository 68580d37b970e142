"""Caches: their requests on both backends, their ends, and the whole over sockets."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from langchain_genai_chat.emulator import Emulator
from langchain_genai_chat.genai import Client, errors, types

LONG = "The handbook says that every release is tested. " * 50
MODEL = "gemini-2.5-flash"
VERTEX: Any = {"vertexai": True, "project": "p", "location": "us-central1", "credentials": lambda: "token"}
PROJECT = "projects/p/locations/us-central1/"


def sent_by(call: Any, **given: Any) -> tuple[str, str, Any]:
    """Method, path and body of the request that a call makes."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"name": "cachedContents/a", "candidates": []})  # a cache, and a reply

    call(Client(**{"api_key": "k", **given}, http_client=httpx.Client(transport=httpx.MockTransport(answer))))
    (request,) = requests
    return request.method, request.url.raw_path.decode(), json.loads(request.content) if request.content else None


def weather(city: str) -> str:
    """Tell the weather."""
    return city


@pytest.mark.parametrize("vertex", [False, True])
def test_everything_of_a_beginning_is_kept(vertex: bool) -> None:
    """Contents, system instruction, tools (functions too) and their config; the model by its whole name."""
    config = {
        "contents": "A book.",
        "system_instruction": "Answer from the book.",
        "tools": [weather],
        "tool_config": {"function_calling_config": {"mode": "ANY"}},
        "display_name": "book",
        "ttl": "600s",
    }
    given = {**VERTEX, "api_key": None} if vertex else {}
    method, path, body = sent_by(lambda client: client.caches.create(model=MODEL, config=config), **given)
    model = f"{PROJECT}publishers/google/models/{MODEL}" if vertex else f"models/{MODEL}"
    declared = types.FunctionDeclaration.from_callable(callable=weather).model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    assert (method, path) == ("POST", f"/v1beta1/{PROJECT}cachedContents" if vertex else "/v1beta/cachedContents")
    assert body == {
        "model": model,
        "contents": [{"role": "user", "parts": [{"text": "A book."}]}],
        "systemInstruction": {"role": "user", "parts": [{"text": "Answer from the book."}]},
        "tools": [{"functionDeclarations": [declared]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        "displayName": "book",
        "ttl": "600s",
    }


@pytest.mark.parametrize(
    ("name", "vertex", "path"),
    [
        ("abc", False, "/v1beta/cachedContents/abc"),
        ("cachedContents/abc", False, "/v1beta/cachedContents/abc"),
        ("abc", True, f"/v1beta1/{PROJECT}cachedContents/abc"),
        ("cachedContents/abc", True, f"/v1beta1/{PROJECT}cachedContents/abc"),
        ("projects/q/locations/l/cachedContents/abc", True, "/v1beta1/projects/q/locations/l/cachedContents/abc"),
    ],
)
def test_names_are_completed_for_the_backend(name: str, vertex: bool, path: str) -> None:
    """Who stores an ID need not store where it belongs; a whole name stays what it is."""
    given = {**VERTEX, "api_key": None} if vertex else {}
    ttl = {"ttl": "60s"}
    for method, call in {
        "GET": lambda client: client.caches.get(name=name),
        "PATCH": lambda client: client.caches.update(name=name, config=ttl),
        "DELETE": lambda client: client.caches.delete(name=name),
    }.items():
        assert sent_by(call, **given) == (method, path, ttl if method == "PATCH" else None)


@pytest.mark.parametrize("vertex", [False, True])
def test_a_request_names_its_cache_in_full(vertex: bool) -> None:
    """The body's name has to be whole as well, which google-genai does for its callers."""
    given = {**VERTEX, "api_key": None} if vertex else {}

    def ask(client: Client) -> None:
        client.models.generate_content(model=MODEL, contents="Hi", config={"cached_content": "abc"})

    _, _, body = sent_by(ask, **given)
    assert body["cachedContent"] == (f"{PROJECT}cachedContents/abc" if vertex else "cachedContents/abc")


def test_a_project_that_only_the_credentials_know_is_asked_for() -> None:
    """The name in a body is not completed when the request is signed; nothing wrong may be sent."""
    with pytest.raises(ValueError, match="lacks its project"):
        sent_by(
            lambda client: client.models.generate_content(model=MODEL, contents="Hi", config={"cached_content": "abc"}),
            vertexai=True,
            api_key=None,
        )


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda caches: caches.create(model=MODEL, config={"ttl": "1s", "expire_time": datetime.now(UTC)}), "exclude"),
        (lambda caches: caches.create(model=MODEL, config={"kms_key_name": "k"}), "kms_key_name is a field of Vertex"),
        (lambda caches: caches.create(model=MODEL, config={"time_to_live": "1s"}), "no field 'time_to_live'"),
        (lambda caches: caches.update(name="abc", config={}), "pass ttl or expire_time"),
        (lambda caches: caches.get(name="a/../b"), r"'\.\.'"),
        (lambda caches: caches.get(name=""), "empty"),
    ],
)
def test_what_cannot_be_is_refused_before_it_is_sent(call: Any, words: str) -> None:
    """The service would refuse it too, in words that name no argument."""
    with pytest.raises(ValueError, match=words):
        sent_by(lambda client: call(client.caches))


def test_vertex_encrypts_with_the_customers_key() -> None:
    """By a field of an own message."""
    given = {**VERTEX, "api_key": None}
    _, _, body = sent_by(lambda client: client.caches.create(model=MODEL, config={"kms_key_name": "key"}), **given)
    assert body["encryptionSpec"] == {"kmsKeyName": "key"}


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    server.reset()
    return server


@pytest.fixture(params=["gemini", "vertex"])
def client(request: Any, emulator: Emulator) -> Iterator[Client]:
    given: Any = VERTEX if request.param == "vertex" else {"api_key": "k"}
    with Client(**given, http_options={"base_url": emulator.base_url}) as client:
        yield client


def test_a_cache_lives_as_long_as_it_was_told_to(client: Client) -> None:
    """Made, found, listed, prolonged, used, deleted; afterwards it is nobody's."""
    made = client.caches.create(model=MODEL, config={"contents": LONG, "ttl": "600s", "display_name": "book"})
    assert made.name is not None
    assert made.expire_time is not None
    assert made.usage_metadata is not None
    assert made.usage_metadata.total_token_count
    assert client.caches.get(name=made.name).display_name == "book"
    assert [cache.name for cache in client.caches.list(config={"page_size": 1})] == [made.name]
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    assert client.caches.update(name=made.name, config={"expire_time": later}).expire_time == later
    answer = client.models.generate_content(model=MODEL, contents="Hi", config={"cached_content": made.name})
    assert answer.text
    client.caches.delete(name=made.name)
    with pytest.raises(errors.ClientError, match=r"(?i)not found"):
        client.caches.get(name=made.name)
    with pytest.raises(errors.ClientError, match=r"(?i)not found"):
        client.models.generate_content(model=MODEL, contents="Hi", config={"cached_content": made.name})


async def test_the_asynchronous_client_does_the_same(client: Client) -> None:
    """The other driver, the same flows."""
    async with client.aio as aio:
        made = [await aio.caches.create(model=MODEL, config={"contents": LONG}) for _ in range(3)]
        names = [cache.name async for cache in await aio.caches.list(config={"page_size": 2})]
        assert names == [each.name for each in made]
        name = made[0].name or ""
        assert (await aio.caches.get(name=name)).model == made[0].model
        assert (await aio.caches.update(name=name, config={"ttl": "7200s"})).expire_time
        await aio.caches.delete(name=name)
        with pytest.raises(errors.ClientError, match=r"(?i)not found"):
            await aio.caches.get(name=name)


def test_nothing_is_renewed_behind_anyones_back(client: Client, emulator: Emulator) -> None:
    """A cache costs by the hour; one that is over is an error, and no request follows."""
    made = client.caches.create(model=MODEL, config={"contents": LONG, "ttl": "0s"})
    with pytest.raises(errors.ClientError, match=r"(?i)not found"):
        client.models.generate_content(model=MODEL, contents="Hi", config={"cached_content": made.name})
    assert [received.status for received in emulator.requests] == [200, 404 if client.vertexai else 403]
