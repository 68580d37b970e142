"""Every recorded answer goes as bytes through the client, and comes out whole, or as the typed error that it is.

Over httpx.MockTransport, sync and async; streams are cut into blocks of 1, 7 and 4096 bytes, of 1 byte those of
up to 16 kB (all but three), since each block is a turn of the whole machinery. Reads the recordings named by
GENAI_RECORDINGS.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from langchain_genai_chat.genai import Client, errors, types
from langchain_genai_chat.genai.types import RetryPolicy

from .test_types_recorded import settled

Exchange = dict[str, Any]
Recordings = Callable[[str], list[Exchange]]
Json = dict[str, Any]

UNARY, STREAM = "generateContent", "streamGenerateContent"
RECORDED = ("gemini-generate", "gemini-stream", "vertex-generate", "vertex-stream")
ONE_BYTE_MAX = 16_000

# Fixtures that are no answer, by the end of their ids: what they raise, and why.
NO_ANSWERS: dict[str, tuple[type[errors.APIError], str]] = {
    "streaming-failure-empty-content-cd7f2844": (errors.APIConnectionError, "no finish reason: cut off"),
    "streaming-failure-invalid-json-57298a0f": (errors.APIConnectionError, "an event of another kind, no end"),
    "streaming-success-quotes-escaped-884cb676": (errors.APIConnectionError, "no finish reason: cut off"),
    "prism-stream-basic-text-1-264ad507": (errors.APIConnectionError, "no empty lines: one event, not JSON"),
}


class Blocks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in blocks of some size."""

    def __init__(self, body: bytes, size: int) -> None:
        self._blocks = [body[at : at + size] for at in range(0, len(body), size)]

    def __iter__(self) -> Iterator[bytes]:
        yield from self._blocks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for block in self._blocks:
            yield block


class Replayer:
    """A client of each kind whose service answers with the exchange that is on."""

    def __init__(self) -> None:
        self._exchange: Exchange = {}
        self._size = 4096
        mock = httpx.MockTransport(self._answer)
        self._http = httpx.Client(transport=mock)
        self._async_http = httpx.AsyncClient(transport=mock)
        self._client = cache(self._client_of)

    def _client_of(self, api: str) -> Client:
        return Client(
            vertexai=api == "vertex",
            api_key="k",
            http_options={"retry_options": RetryPolicy(max_retries=0)},
            http_client=self._http,
            http_async_client=self._async_http,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        exchange = self._exchange
        body = Blocks(exchange["response_text"].encode(), self._size)
        return httpx.Response(exchange["status"], headers=exchange["response_headers"], stream=body)

    def replay(self, exchange: Exchange, size: int = 4096) -> list[types.GenerateContentResponse]:
        """The answer, or the chunks of it."""
        self._exchange, self._size = exchange, size
        models = self._client(exchange["api"]).models
        if exchange["method"] == STREAM:
            return list(models.generate_content_stream(model="m", contents="Hi"))
        return [models.generate_content(model="m", contents="Hi")]

    async def areplay(self, exchange: Exchange, size: int = 4096) -> list[types.GenerateContentResponse]:
        self._exchange, self._size = exchange, size
        models = self._client(exchange["api"]).aio.models
        if exchange["method"] == STREAM:
            return [chunk async for chunk in await models.generate_content_stream(model="m", contents="Hi")]
        return [await models.generate_content(model="m", contents="Hi")]


@pytest.fixture
def replayer() -> Replayer:
    return Replayer()


def sizes(exchange: Exchange) -> Iterator[int]:
    if exchange["method"] == STREAM:
        yield 7
        if len(exchange["response_text"]) <= ONE_BYTE_MAX:
            yield 1
    yield 4096


def answers(recordings: Recordings, name: str) -> Iterator[Exchange]:
    """The exchanges of a file whose answer is one of a model."""
    for exchange in recordings(f"{name}.jsonl"):
        if exchange["status"] == 200 and exchange["method"] in {UNARY, STREAM}:
            yield exchange


def events_of(exchange: Exchange) -> list[Json]:
    """The answer's messages, read without any of this package's code."""
    text: str = exchange["response_text"]
    if exchange["sse"]:
        lines = text.replace("\r\n", "\n").split("\n")
        return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]
    body = json.loads(text)
    return body if isinstance(body, list) else [body]


def assert_same(responses: list[types.GenerateContentResponse], exchange: Exchange) -> None:
    events = events_of(exchange)
    assert len(responses) == len(events), exchange["id"]
    for response, event in zip(responses, events, strict=True):
        dumped = response.model_dump(mode="json", by_alias=True, exclude_none=True)
        assert settled(dumped) == settled(event), exchange["id"]
        assert said_by(response) == said_in(event), exchange["id"]


def said_by(response: types.GenerateContentResponse) -> Json:
    """What callers read of a response, by its attributes."""
    candidate = response.candidates[0] if response.candidates else None
    usage = response.usage_metadata
    return {
        "text": response.text,
        "calls": [(call.name, call.args, call.id) for call in response.function_calls or ()],
        "finish": candidate and candidate.finish_reason,
        "usage": usage and (usage.prompt_token_count, usage.candidates_token_count, usage.total_token_count),
    }


def said_in(event: Json) -> Json:
    """The same, by the JSON."""
    candidate = (event.get("candidates") or [None])[0]
    parts = ((candidate or {}).get("content") or {}).get("parts") or []
    texts = [part["text"] for part in parts if "text" in part and not part.get("thought")]
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    usage = event.get("usageMetadata")
    counts = ("promptTokenCount", "candidatesTokenCount", "totalTokenCount")
    return {
        "text": "".join(texts) if texts else None,
        "calls": [(call.get("name"), call.get("args"), call.get("id")) for call in calls],
        "finish": candidate and settled(candidate.get("finishReason"), "finishReason"),
        "usage": usage and tuple(usage.get(name) for name in counts),
    }


@pytest.mark.behaviour("B043")
@pytest.mark.behaviour("B044")
@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_answer_comes_out_equal(recordings: Recordings, replayer: Replayer, name: str) -> None:
    """What the service has said to others, it will say to us; nothing of it is lost, wherever the network cuts."""
    compared = 0
    for exchange in answers(recordings, name):
        for size in sizes(exchange):
            assert_same(replayer.replay(exchange, size), exchange)
        compared += 1
    assert compared


@pytest.mark.behaviour("B043")
@pytest.mark.behaviour("B044")
@pytest.mark.parametrize("name", RECORDED)
async def test_every_recorded_answer_comes_out_equal_async(
    recordings: Recordings, replayer: Replayer, name: str
) -> None:
    """The other driver, the same bytes."""
    compared = 0
    for exchange in answers(recordings, name):
        for size in sizes(exchange):
            assert_same(await replayer.areplay(exchange, size), exchange)
        compared += 1
    assert compared


def no_answer(exchange: Exchange) -> type[errors.APIError] | None:
    return next((kind for end, (kind, _) in NO_ANSWERS.items() if exchange["id"].endswith(end)), None)


def test_every_fixture_comes_out_equal_or_as_its_error(recordings: Recordings, replayer: Replayer) -> None:
    """Made by hand to break clients: unknown enums, broken JSON, errors in the middle of a stream."""
    refused = set()
    for exchange in answers(recordings, "responses-only"):
        kind = no_answer(exchange)
        for size in sizes(exchange):
            if kind is None:
                assert_same(replayer.replay(exchange, size), exchange)
            else:
                with pytest.raises(kind) as caught:
                    replayer.replay(exchange, size)
                assert type(caught.value) is kind, exchange["id"]
                refused.add(exchange["id"])
    assert len(refused) == len(NO_ANSWERS)


async def test_every_fixture_comes_out_equal_or_as_its_error_async(recordings: Recordings, replayer: Replayer) -> None:
    """The other driver, the same bytes."""
    refused = set()
    for exchange in answers(recordings, "responses-only"):
        kind = no_answer(exchange)
        if kind is None:
            assert_same(await replayer.areplay(exchange), exchange)
        else:
            with pytest.raises(kind):
                await replayer.areplay(exchange)
            refused.add(exchange["id"])
    assert len(refused) == len(NO_ANSWERS)


@pytest.mark.behaviour("B053")
async def test_every_recorded_error_is_typed_with_code_status_and_message(
    recordings: Recordings, replayer: Replayer
) -> None:
    """Each goes through both methods of both clients: what fails there fails alike, whichever was asked."""
    compared = 0
    for exchange in recordings("errors.jsonl"):
        for method in (UNARY, STREAM):
            asked = {**exchange, "method": method}
            with pytest.raises(errors.APIError) as caught:
                replayer.replay(asked, 7)
            with pytest.raises(errors.APIError) as caught_async:
                await replayer.areplay(asked, 7)
            for error in (caught.value, caught_async.value):
                assert_error(error, exchange)
        compared += 1
    assert compared


def assert_error(error: errors.APIError, exchange: Exchange) -> None:
    assert type(error) is errors.ClientError, exchange["id"]
    assert error.code == error.status_code == exchange["status"]
    assert error.partial is False
    try:
        body = json.loads(exchange["response_text"])
    except ValueError:
        page = exchange["response_text"].strip()
        assert (error.status, error.message) == (HTTPStatus(error.code).phrase, page), exchange["id"]
        return
    body = body[0] if isinstance(body, list) else body
    assert error.details == body, exchange["id"]
    assert (error.message, error.status) == (body["error"].get("message"), body["error"].get("status"))
    assert str(error) == f"{error.code} {error.status}. {body}"
