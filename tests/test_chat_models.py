"""ChatGenAI as its users meet it: over real HTTP where that matters, else over httpx's mock transport."""

import asyncio
import copy
import json
import logging
import pickle
import pydoc
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from inspect import iscoroutinefunction, signature
from typing import Any

import httpx
import pytest
from blockbuster import blockbuster_ctx
from langchain_core import exceptions as core
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.load import dumpd, dumps, load
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import ConfigurableField
from langchain_core.tracers.base import BaseTracer
from langchain_core.tracers.schemas import Run
from pydantic import BaseModel, SecretStr, ValidationError

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat._settings import CONNECTION, GENERATION, OPTIONS, PLACES, SPELLINGS
from langchain_genai_chat.emulator import Emulator, Fault
from langchain_genai_chat.errors import (
    BadReplyError,
    EmptyResponseError,
    InvalidOptionError,
    InvalidRequestError,
    MissingKeyError,
    PromptBlockedError,
)
from langchain_genai_chat.genai import Client, errors, types

Json = dict[str, Any]

MODEL = "gemini-3.5-flash"
KEY = "MadeUpKeyMadeUpKeyMadeUpKey"
USAGE = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}
AT_ONCE = types.RetryPolicy(first_delay_s=0, jitter_s=0)


def reply(text: str = "Hello there.", finish: str = "STOP", **candidate: Any) -> Json:
    parts = [{"text": text}] if text else []
    content = {"role": "model", "parts": parts}
    return {
        "candidates": [{"content": content, "finishReason": finish, **candidate}],
        "usageMetadata": USAGE,
        "modelVersion": MODEL,
        "responseId": "r",
    }


BLOCKED = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": USAGE, "modelVersion": MODEL}
EMPTY = reply("")


class Service:
    """Stands for Google: answers from a script, its last answer again and again, and keeps what was asked."""

    def __init__(self, *answers: Json | Fault) -> None:
        self.answers = list(answers or [reply()])
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Fault):
            return httpx.Response(answer.code, json=answer.body, headers=answer.headers)
        if "streamGenerateContent" in request.url.path:
            events = [answer] if not answer.get("candidates") else self._in_two(answer)
            text = "".join(f"data: {json.dumps(event)}\r\n\r\n" for event in events)
            return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})
        if request.url.path.endswith("countTokens"):
            return httpx.Response(200, json={"totalTokens": 7})
        return httpx.Response(200, json=answer)

    @staticmethod
    def _in_two(answer: Json) -> Iterator[Json]:
        candidate = answer["candidates"][0]
        parts = candidate["content"].get("parts") or []
        if parts and "text" in parts[0]:
            text = parts[0]["text"]
            first = {"content": {"role": "model", "parts": [{"text": text[:5]}]}}
            yield {**answer, "candidates": [first]}
            parts = [{**parts[0], "text": text[5:]}, *parts[1:]]
        yield {**answer, "candidates": [{**candidate, "content": {"role": "model", "parts": parts}}]}

    @property
    def bodies(self) -> list[Json]:
        return [json.loads(request.content) for request in self.requests]

    def model(self, **given: Any) -> ChatGenAI:
        clients = {
            "http_client": httpx.Client(transport=httpx.MockTransport(self)),
            "http_async_client": httpx.AsyncClient(transport=httpx.MockTransport(self)),
        }
        return ChatGenAI(**{"model": MODEL, "api_key": KEY, "retry": AT_ONCE, **clients, **given})


def invoke(model: Any, question: Any = "Hi", **given: Any) -> AIMessage:
    message: AIMessage = model.invoke(question, **given)
    return message


def ainvoke(model: Any, question: Any = "Hi", **given: Any) -> AIMessage:
    async def run() -> AIMessage:
        message: AIMessage = await model.ainvoke(question, **given)
        return message

    return asyncio.run(run())


def summed(chunks: Sequence[AIMessageChunk]) -> AIMessageChunk:
    total = chunks[0]
    for chunk in chunks[1:]:
        total += chunk
    return total


def stream(model: Any, question: Any = "Hi", **given: Any) -> AIMessageChunk:
    return summed(list(model.stream(question, **given)))


def astream(model: Any, question: Any = "Hi", **given: Any) -> AIMessageChunk:
    async def run() -> AIMessageChunk:
        return summed([chunk async for chunk in model.astream(question, **given)])

    return asyncio.run(run())


FOUR_PATHS = [invoke, ainvoke, stream, astream]
each_path = pytest.mark.parametrize("ask", FOUR_PATHS, ids=lambda ask: ask.__name__)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(api_key=KEY) as running:
        yield running


@pytest.fixture
def google(emulator: Emulator) -> Emulator:
    emulator.reset()
    return emulator


@pytest.fixture
def over_http(google: Emulator) -> Iterator[Callable[..., ChatGenAI]]:
    """Makes models that talk to the emulator, and closes them."""
    with ExitStack() as made:
        yield lambda **given: made.enter_context(
            ChatGenAI(**{"model": MODEL, "api_key": KEY, "base_url": google.base_url, "retry": AT_ONCE, **given})
        )


# One value for each setting, as the wire has it; and whether only Vertex AI has the setting.
SAMPLES: dict[str, Any] = {
    "temperature": 0,
    "top_p": 0.0,
    "top_k": 1,
    "max_tokens": 9,
    "stop": ["END"],
    "n": 1,
    "seed": 0,
    "presence_penalty": 0.0,
    "frequency_penalty": -0.5,
    "response_logprobs": False,
    "logprobs": 0,
    "thinking_budget": 0,
    "thinking_level": "LOW",
    "reasoning_effort": "low",
    "include_thoughts": False,
    "thinking_config": {"thinkingBudget": 0, "includeThoughts": True},
    "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
    "response_mime_type": "",
    "response_schema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
    "response_json_schema": {"type": "object", "properties": {"a": {"type": "string"}}},
    "response_format": {"text": {"mimeType": "text/plain"}},
    "response_modalities": ["TEXT"],
    "media_resolution": "MEDIA_RESOLUTION_LOW",
    "speech_config": "Kore",
    "image_config": {"aspectRatio": "16:9"},
    "audio_timestamp": False,
    "audio_transcription_config": {"languageCodes": ["en-US"]},
    "translation_config": {"targetLanguageCode": "fr"},
    "enable_enhanced_civic_answers": False,
    "enable_affective_dialog": False,
    "routing_config": {"manualMode": {"modelName": "m"}},
    "model_selection_config": {"featureSelectionPreference": "PRIORITIZE_COST"},
    "system_instruction": "Be brief.",
    "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}],
    "tool_config": {"functionCallingConfig": {"mode": "NONE"}},
    "cached_content": "cachedContents/c",
    "labels": {"team": "a"},
    "service_tier": "flex",
    "store": False,
    "model_armor_config": {"promptTemplateName": "t"},
    "generation_output_config": {"outputUriPrefix": "gs://b/"},
    "continuation_token": "aGk=",
}
VERTEX_ONLY = {
    "audio_timestamp",
    "routing_config",
    "model_selection_config",
    "model_armor_config",
    "generation_output_config",
}


@pytest.mark.behaviour("B073", "F05")
@pytest.mark.parametrize("name", GENERATION)
def test_a_setting_gives_the_same_json_in_the_constructor_by_bind_and_at_the_call(name: str) -> None:
    """Options that a constructor takes and nobody reads are the commonest complaint of all."""
    service, value = Service(), SAMPLES[name]
    vertex = name in VERTEX_ONLY
    wire = PLACES.get(name, (name,))[-1]
    camel = wire.split("_")[0] + "".join(word.capitalize() for word in wire.split("_")[1:])
    spellings = {name, wire, camel} if name != "reasoning_effort" else {name}
    for spelled in spellings:
        service.model(vertexai=vertex, **{spelled: value}).invoke("Hi")
        service.model(vertexai=vertex).bind(**{spelled: value}).invoke("Hi")
        service.model(vertexai=vertex).invoke("Hi", **{spelled: value})
    bare = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    assert service.bodies[0] != bare
    assert service.bodies == [service.bodies[0]] * (3 * len(spellings))


def test_there_is_a_sample_of_every_setting() -> None:
    """A setting without one is not covered by the test above."""
    assert SAMPLES.keys() == set(GENERATION)


@pytest.mark.behaviour("B073")
@each_path
def test_a_call_counts_over_bind_and_bind_over_the_model(ask: Callable[..., AIMessage]) -> None:
    """The nearest to the call is what was meant."""
    service = Service()
    model = service.model(temperature=0.1, top_p=0.1, max_output_tokens=10, stop=["A"])
    ask(model.bind(temperature=0.2, max_tokens=20, stop=["B"]), temperature=0.3, stop=["C"])
    assert service.bodies[0]["generationConfig"] == {
        "temperature": 0.3,
        "topP": 0.1,
        "maxOutputTokens": 20,
        "stopSequences": ["C"],
    }


SEVERAL_NAMES = sorted(name for name in set(SPELLINGS.values()) - {"reasoning_effort"} if name in {*SAMPLES, *OPTIONS})
OPTION_SAMPLES: dict[str, Any] = {
    "timeout": 7,
    "max_retries": 1,
    "retry": types.RetryPolicy(max_retries=1),
    "headers": {"x-a": "b"},
    "extra_body": {"a": 1},
}


@pytest.mark.behaviour("B073")
@pytest.mark.parametrize("name", SEVERAL_NAMES)
def test_a_call_counts_over_bind_under_each_name_of_a_setting(name: str) -> None:
    """Whoever calls a bound model has often not bound it, and cannot know under which name that was done."""
    service, value = Service(), {**SAMPLES, **OPTION_SAMPLES}[name]
    model = service.model(vertexai=name in VERTEX_ONLY)
    spellings = [spelled for spelled, ours in SPELLINGS.items() if ours == name]
    wrong = [value] if isinstance(value, str) else "wrong"  # what is bound would raise if it were read
    for bound in spellings:
        for spelled in spellings:
            model.bind(**{bound: wrong}).invoke("Hi", **{spelled: value})
            model.bind(**{bound: wrong}).bind(**{spelled: value}).invoke("Hi")
    model.invoke("Hi", **{name: value})
    assert service.bodies == [service.bodies[-1]] * (2 * len(spellings) ** 2 + 1)


BOUND_AND_CALLED: dict[str, tuple[Json, Json, Json]] = {
    "names": ({"max_tokens": 5, "seed": 1}, {"max_output_tokens": 6}, {"maxOutputTokens": 6, "seed": 1}),
    "stop": ({"stop_sequences": ["A"]}, {"stop": ["B"]}, {"stopSequences": ["B"]}),
    "None": ({"max_tokens": 5}, {"max_output_tokens": None}, {"maxOutputTokens": 5}),
    "amounts": (
        {"thinking_budget": 5, "include_thoughts": True},
        {"thinking_level": "low"},
        {"thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": True}},
    ),
    "an amount over a config": (
        {"thinking_config": {"thinkingBudget": 5, "includeThoughts": True}},
        {"reasoning_effort": "high"},
        {"thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True}},
    ),
    "a config over amounts": (
        {"thinking_level": "low", "include_thoughts": True},
        {"thinking_config": types.ThinkingConfig(thinking_budget=5, include_thoughts=False)},
        {"thinkingConfig": {"thinkingBudget": 5, "includeThoughts": False}},
    ),
    "forms": (
        {"response_schema": {"type": "OBJECT"}, "response_mime_type": "application/json"},
        {"responseFormat": {"type": "json_schema", "json_schema": {"schema": {"type": "array"}}}},
        {"responseMimeType": "application/json", "responseJsonSchema": {"type": "array"}},
    ),
    "text over forms": (
        {"response_json_schema": {"type": "object"}},
        {"response_mime_type": "text/plain"},
        {"responseMimeType": "text/plain"},
    ),
    "JSON over text": (
        {"response_format": {"type": "text"}},
        {"response_mime_type": "application/json"},
        {"responseMimeType": "application/json"},
    ),
}


@pytest.mark.behaviour("B073")
@pytest.mark.parametrize("case", BOUND_AND_CALLED)
def test_what_a_call_says_replaces_what_was_bound_in_its_place(case: str) -> None:
    """Whichever method of a bound model is called, and whether a call says it or a later bind."""
    bound, given, expected = BOUND_AND_CALLED[case]
    service = Service()
    model: Any = service.model().bind(**bound)

    async def answers() -> None:
        await model.abatch(["Hi"], **given)
        assert [each async for each in model.abatch_as_completed(["Hi"], **given)]
        assert [each async for each in model.atransform(_asked(), **given)]
        assert [each async for each in model.astream_events("Hi", version="v2", **given)]

    for ask in FOUR_PATHS:
        ask(model, **given)
    model.batch(["Hi"], **given)
    assert list(model.batch_as_completed(["Hi"], **given))
    assert list(model.transform(iter(["Hi"]), **given))
    assert list(model.stream_events("Hi", version="v3", **given))
    asyncio.run(answers())
    model.bind(**given).invoke("Hi")
    assert len(service.bodies) == 13
    assert [each["generationConfig"] for each in service.bodies] == [expected] * 13
    assert model.preview("Hi", **given).body == service.bodies[0]
    assert model.kwargs == bound
    assert iscoroutinefunction(model.ainvoke)


async def _asked() -> AsyncIterator[str]:
    yield "Hi"


@pytest.mark.behaviour("B073")
def test_a_calls_choice_of_tools_counts_over_a_bound_mode() -> None:
    bound = {"tool_config": {"functionCallingConfig": {"mode": "NONE"}, "retrievalConfig": {"languageCode": "fr"}}}
    model = Service().model(tools=SAMPLES["tools"]).bind(**bound)
    assert model.preview("Hi").body["toolConfig"]["functionCallingConfig"] == {"mode": "NONE"}
    sent = model.preview("Hi", tool_choice="any").body["toolConfig"]
    assert sent == {"functionCallingConfig": {"mode": "ANY"}, "retrievalConfig": {"languageCode": "fr"}}


@pytest.mark.behaviour("B073")
def test_one_call_cannot_say_a_setting_twice() -> None:
    """Of two names in one place none is the later."""
    for asked in (Service().model(), Service().model().bind(max_tokens=4)):
        with pytest.raises(TypeError, match="given 'max_tokens' twice"):
            asked.invoke("Hi", max_tokens=5, max_output_tokens=6)


@pytest.mark.behaviour("B073")
@each_path
def test_extra_body_is_merged_as_it_is(ask: Callable[..., AIMessage]) -> None:
    """For what this package does not know yet."""
    service = Service()
    ask(service.model(temperature=0, extra_body={"generationConfig": {"fresh": [1]}, "new": {"a": None}}))
    assert service.bodies[0]["generationConfig"] == {"temperature": 0, "fresh": [1]}
    ask(service.model(extra_body={"a": 1}), extra_body={"b": 2})
    assert "b" in service.bodies[1]
    assert "a" not in service.bodies[1]


@pytest.mark.behaviour("B073")
def test_an_unknown_name_raises_and_names_the_nearest() -> None:
    """At the constructor as at the call; there is no collection of leftovers that nobody reads."""
    with pytest.raises(TypeError, match=r"ChatGenAI takes no 'temprature'\. Did you mean 'temperature'"):
        ChatGenAI(model=MODEL, temprature=0)
    service = Service()
    with pytest.raises(InvalidOptionError, match=r"takes no 'max_tokns'\. Did you mean 'max_tokens'") as caught:
        service.model().invoke("Hi", max_tokns=3)
    assert isinstance(caught.value, TypeError)
    assert not service.requests


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"model": ""}, "model is empty"),
        ({"model": "google_genai:gemini-x"}, "pass 'gemini-x'"),
        ({"temperature": "warm"}, "temperature"),
        ({"thinking_budget": 1, "thinking_level": "LOW"}, "exclude each other"),
        ({"safety_settings": {"HARM_CATEGORY_HARASSMENT": "SOME"}}, "'SOME' is no threshold"),
        ({"timeout": -1}, "timeout"),
        ({"max_retries": -1}, "max_retries"),
        ({"history": "lax"}, "history"),
        ({"client": Client(api_key=KEY), "base_url": "http://a"}, "client has its own base_url"),
        ({"http_client": object(), "proxy": "http://a"}, "http_client has its own proxy"),
    ],
)
def test_what_cannot_be_is_refused_when_the_model_is_made(given: Json, problem: str) -> None:
    """The traceback then points at the line that is wrong."""
    with pytest.raises(ValidationError, match=problem):
        ChatGenAI(**{"model": MODEL, **given})


def test_bad_input_gives_one_typed_error_and_nothing_is_sent() -> None:
    """An empty list, a wrong type, no key: each is told before the request."""
    service = Service()
    for question in ([], [SystemMessage("only")], ""):
        with pytest.raises(InvalidRequestError):
            service.model().invoke(question)
    with pytest.raises(InvalidRequestError, match="temperature"):
        service.model().invoke("Hi", temperature="warm")
    with pytest.raises(InvalidRequestError, match="model"):
        service.model(model="a/../b").invoke("Hi")
    with pytest.raises(InvalidRequestError, match="audio_timestamp"):
        service.model(audio_timestamp=True).invoke("Hi")
    assert not service.requests


@each_path
@pytest.mark.behaviour("B108")
def test_without_a_key_the_first_request_says_how_to_give_one(ask: Callable[..., AIMessage]) -> None:
    """LangChain makes, loads and copies models without secrets; so the constructor cannot ask for one."""
    service = Service()
    model = service.model(api_key="")
    with pytest.raises(MissingKeyError, match="GOOGLE_API_KEY or GEMINI_API_KEY") as caught:
        ask(model)
    assert isinstance(caught.value, core.ModelAuthenticationError)
    assert isinstance(caught.value, ValueError)
    assert not service.requests


@pytest.mark.behaviour("B108")
def test_the_argument_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """An explicit key is the one that is meant."""
    service = Service()
    monkeypatch.setenv("GEMINI_API_KEY", "gemini-made-up-key")
    service.model(api_key=None).invoke("Hi")
    monkeypatch.setenv("GOOGLE_API_KEY", "google-made-up-key")
    with pytest.warns(UserWarning, match="GOOGLE_API_KEY is used"):
        service.model(api_key=None).invoke("Hi")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    service.model(api_key=None, google_api_key=SecretStr("argument")).invoke("Hi")
    keys = [request.headers["x-goog-api-key"] for request in service.requests]
    assert keys == ["gemini-made-up-key", "google-made-up-key", "argument"]


@each_path
def test_errors_of_the_service_are_langchains_kinds(
    ask: Callable[..., AIMessage], google: Emulator, over_http: Callable[..., ChatGenAI]
) -> None:
    """A bad key, an unknown model, too many requests: one clear error each, over real HTTP."""
    with pytest.raises(core.ModelAuthenticationError) as bad_key:
        ask(over_http(api_key="another-made-up-key"))
    assert isinstance(bad_key.value, errors.ClientError)
    with pytest.raises(core.ModelNotFoundError):
        ask(over_http(model="gemini-0-none"))
    google.script(Fault.of("RESOURCE_EXHAUSTED", "Slow down.", retry_delay_s=700))
    with pytest.raises(core.ModelRateLimitError) as caught:
        ask(over_http())
    error = caught.value
    assert isinstance(error, errors.ClientError)
    assert (error.status_code, error.status, error.message) == (429, "RESOURCE_EXHAUSTED", "Slow down.")
    assert error.retry_after == 700.0
    assert error.response is not None


@each_path
@pytest.mark.behaviour("B054")
def test_too_long_a_conversation_is_a_context_overflow(ask: Callable[..., AIMessage]) -> None:
    """Summarization waits for this kind."""
    words = "The input token count (1054016) exceeds the maximum number of tokens allowed (1048576)."
    with pytest.raises(core.ContextOverflowError):
        ask(Service(Fault.of("INVALID_ARGUMENT", words)).model())


@each_path
@pytest.mark.behaviour("B047")
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_max_retries_is_the_number_of_further_requests(ask: Callable[..., AIMessage], retries: int) -> None:
    """In a stream as in a call, and a call's own number counts."""
    service = Service(Fault.of("UNAVAILABLE"))
    with pytest.raises(core.ModelAPIError):
        ask(service.model(max_retries=retries))
    assert len(service.requests) == retries + 1
    with pytest.raises(core.ModelAPIError):
        ask(service.model(max_retries=5), max_retries=retries)
    assert len(service.requests) == 2 * (retries + 1)


@pytest.mark.behaviour("B048")
@pytest.mark.parametrize("ask", [stream, astream])
def test_an_error_inside_a_stream_is_retried_until_something_was_handed_out(ask: Callable[..., AIMessage]) -> None:
    """Google sends 429 under status 200 too."""
    fault = {"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED"}}
    service = Service(fault, reply())
    assert ask(service.model()).text == "Hello there."
    assert len(service.requests) == 2


@pytest.mark.behaviour("B048")
def test_an_error_after_the_first_chunk_comes_after_it(google: Emulator, over_http: Callable[..., ChatGenAI]) -> None:
    """What was streamed stays, the error says that it was not all, and nothing is sent again."""
    first = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hel"}]}}]}
    google.script([first, {"error": {"code": 503, "message": "Busy.", "status": "UNAVAILABLE"}}])
    chunks = over_http().stream("Hi")
    assert next(chunks).text == "Hel"
    with pytest.raises(core.ModelAPIError) as caught:
        next(chunks)
    assert isinstance(caught.value, errors.ServerError)
    assert caught.value.partial
    assert len(google.requests) == 1


@contextmanager
def silence() -> Iterator[socket.socket]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def connections(server: socket.socket) -> int:
    """How many were made that nobody has taken yet; takes them."""
    server.setblocking(False)
    count = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1


@each_path
@pytest.mark.behaviour("B051", "B052")
@pytest.mark.parametrize("at_the_call", [False, True])
def test_timeout_bounds_every_path_in_seconds(ask: Callable[..., AIMessage], at_the_call: bool) -> None:
    """Requests that hang for ever, and milliseconds taken for seconds."""
    given = {"timeout": 0.4}
    with silence() as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        model = ChatGenAI(model=MODEL, api_key=KEY, base_url=address, **({} if at_the_call else given))
        before = time.monotonic()
        with pytest.raises(TimeoutError) as caught:
            ask(model, **(given if at_the_call else {}))
        took = time.monotonic() - before
        assert connections(server) == 1, "it was asked again"
    assert isinstance(caught.value, core.ModelTimeoutError)
    assert 0.4 <= took < 5


@pytest.mark.behaviour("B051", "B052")
def test_times_are_finite_by_default_and_an_httpx_timeout_is_taken() -> None:
    """None is the default, not for ever; and a client's own time is no header."""
    service = Service()
    service.model(timeout=None).invoke("Hi", timeout=None)
    service.model(timeout=httpx.Timeout(3.0, connect=1.0)).invoke("Hi")
    service.model().invoke("Hi", timeout=httpx.Timeout(4.0))
    times = [request.extensions["timeout"] for request in service.requests]
    assert [(round(each["connect"]), round(each["read"])) for each in times] == [(10, 600), (1, 3), (4, 4)]
    assert all("x-server-timeout" not in request.headers for request in service.requests)


def test_a_time_that_there_is_not_is_refused() -> None:
    """A slip of the pen would leave the time what it was, and nobody would know."""
    service = Service()
    with pytest.raises(ValueError, match="timeout has no 'reed'; its times are: connect, read"):
        service.model(timeout={"reed": 3.0})
    with pytest.raises(InvalidRequestError, match="timeout has no 'reed'"):
        service.model(timeout={"read": 3.0}).invoke("Hi", timeout={"reed": 3.0})
    assert not service.requests


@pytest.mark.behaviour("B053")
@pytest.mark.parametrize("ask", FOUR_PATHS, ids=lambda ask: ask.__name__)
def test_fallbacks_decide_by_langchains_kinds(ask: Callable[..., AIMessage]) -> None:
    """In a stream before its first chunk too."""
    limited = Service(Fault.of("RESOURCE_EXHAUSTED")).model(max_retries=0)
    spare = Service(reply("From the spare."))
    chain = limited.with_fallbacks([spare.model()], exceptions_to_handle=(core.ModelRateLimitError,))
    assert ask(chain).text == "From the spare."
    refused = (
        Service(Fault.of("INVALID_ARGUMENT"))
        .model()
        .with_fallbacks([spare.model()], exceptions_to_handle=(core.ModelRateLimitError,))
    )
    with pytest.raises(core.ModelInvalidRequestError):
        ask(refused)


@each_path
@pytest.mark.behaviour("B062", "B064")
@pytest.mark.parametrize(
    ("answer", "kind", "flag"),
    [
        (EMPTY, EmptyResponseError, "is_empty"),
        (BLOCKED, PromptBlockedError, "block_reason"),
        (reply("", "MALFORMED_FUNCTION_CALL", finishMessage="f("), EmptyResponseError, "finish_message"),
        (reply("Some", "SAFETY"), BadReplyError, "finish_reason"),
    ],
    ids=["empty", "blocked", "malformed", "stopped"],
)
def test_a_bad_reply_is_flagged_or_raised_by_policy(
    ask: Callable[..., AIMessage], answer: Json, kind: type[BadReplyError], flag: str
) -> None:
    """An empty message that looks like any other makes agents stop or loop without a word."""
    service = Service(answer)
    message = ask(service.model())
    assert message.response_metadata[flag]
    assert message.usage_metadata is not None
    assert message.usage_metadata["total_tokens"] == 5
    with pytest.raises(kind) as caught:
        ask(service.model(on_bad_reply="raise"))
    assert type(caught.value) is kind
    assert caught.value.message.text == message.text
    assert caught.value.message.response_metadata[flag] == message.response_metadata[flag]
    assert len(service.requests) == 2


@each_path
@pytest.mark.behaviour("B062")
def test_a_bad_reply_is_asked_for_again_by_policy(ask: Callable[..., AIMessage]) -> None:
    """At most max_retries times; then it is returned with its flag, as it would be without the policy."""
    service = Service(EMPTY, EMPTY, reply())
    assert ask(service.model(on_bad_reply="retry")).text == "Hello there."
    assert len(service.requests) == 3
    stubborn = Service(EMPTY)
    assert ask(stubborn.model(max_retries=1), on_bad_reply="retry").response_metadata["is_empty"]
    assert len(stubborn.requests) == 2


@pytest.mark.behaviour("B008")
def test_an_empty_reply_names_the_signatures_that_were_replayed() -> None:
    """Replaying its own signatures is what makes some models answer with nothing."""
    signed = reply("Hello.")
    signed["candidates"][0]["content"]["parts"][0]["thoughtSignature"] = "c2lnbmVk"
    service = Service(signed, EMPTY)
    model = service.model(on_bad_reply="raise")
    first = model.invoke("Hi")
    with pytest.raises(EmptyResponseError, match="replayed 1 thought signatures"):
        model.invoke(["Hi", first, "And?"])


@pytest.mark.behaviour("B077")
def test_n_answers_are_n_generations() -> None:
    """Each with its own reason; the counts once, since they are the whole answer's."""
    answer = reply("One")
    answer["candidates"].append({**reply("Two", "MAX_TOKENS")["candidates"][0], "index": 1})
    service = Service(answer)
    (generations,) = service.model(n=2).generate([[HumanMessage("Hi")]]).generations
    messages: list[Any] = [each.message for each in generations if isinstance(each, ChatGeneration)]
    assert [message.text for message in messages] == ["One", "Two"]
    assert [message.response_metadata["finish_reason"] for message in messages] == ["STOP", "MAX_TOKENS"]
    assert [message.usage_metadata["total_tokens"] for message in messages] == [5, 0]


@pytest.mark.parametrize("ask", [stream, astream])
@pytest.mark.behaviour("B077")
def test_n_answers_cannot_be_streamed_and_that_is_said(ask: Callable[..., AIMessage]) -> None:
    """All but the first would be lost."""
    service = Service()
    with pytest.raises(InvalidRequestError, match="n=2 answers cannot be streamed"):
        ask(service.model(), n=2)
    assert not service.requests


@pytest.mark.behaviour("F06", "B077")
@each_path
def test_logprobs_are_in_the_metadata(ask: Callable[..., AIMessage]) -> None:
    """They were to be had from no LangChain class."""
    chosen = {"chosenCandidates": [{"token": "Hello", "logProbability": -0.1}]}
    service = Service(reply(logprobsResult=chosen, avgLogprobs=-0.1))
    message = ask(service.model(response_logprobs=True, logprobs=3))
    assert service.bodies[0]["generationConfig"] == {"responseLogprobs": True, "logprobs": 3}
    assert message.response_metadata["avg_logprobs"] == -0.1
    assert message.response_metadata["logprobs_result"]["chosen_candidates"][0]["token"] == "Hello"


class Tokens(BaseCallbackHandler):
    """Counts the tokens that it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, Any]] = []

    def on_llm_new_token(self, token: Any, *, chunk: Any = None, **more: Any) -> None:
        self.told.append((token, chunk))


class AsyncTokens(AsyncCallbackHandler):
    def __init__(self) -> None:
        self.told: list[tuple[Any, Any]] = []

    async def on_llm_new_token(self, token: Any, *, chunk: Any = None, **more: Any) -> None:
        self.told.append((token, chunk))


@pytest.mark.behaviour("B041")
@pytest.mark.parametrize("ask", [invoke, ainvoke])
def test_streaming_true_makes_invoke_stream(ask: Callable[..., AIMessage]) -> None:
    """Handlers see as many tokens as a stream has chunks."""
    service = Service()
    handler = Tokens() if ask is invoke else AsyncTokens()
    message = ask(service.model(streaming=True), config={"callbacks": [handler]})
    assert message.text == "Hello there."
    assert service.requests[0].url.path.endswith("streamGenerateContent")
    assert [token for token, _ in handler.told] == [chunk.text for chunk in service.model().stream("Hi")]
    assert all(chunk is not None for _, chunk in handler.told)


@pytest.mark.behaviour("B041")
def test_streaming_false_streams_nothing_and_unset_is_neither() -> None:
    """LangChain asks whether it was set at all."""
    service = Service()
    assert len(list(service.model(streaming=False).stream("Hi"))) == 1
    assert service.requests[0].url.path.endswith("generateContent")
    service.model().invoke("Hi")
    assert service.requests[1].url.path.endswith(":generateContent")
    assert len(list(service.model().stream("Hi"))) > 1


@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
async def test_callbacks_hear_tokens_in_langchains_event_streams_too() -> None:
    """There nobody tells them but the model."""
    service, handler = Service(), Tokens()
    run = service.model().stream_events("Hi", version="v3", config={"callbacks": [handler]})
    assert run.output.text == "Hello there."
    assert [token for token, _ in handler.told if token] == ["Hello", " there."]
    other = AsyncTokens()
    arun = await service.model().astream_events("Hi", version="v3", config={"callbacks": [other]})
    assert (await arun.output).text == "Hello there."
    assert [token for token, _ in other.told if token] == ["Hello", " there."]


@each_path
def test_a_conversation_is_remembered_over_http(
    ask: Callable[..., AIMessage], google: Emulator, over_http: Callable[..., ChatGenAI]
) -> None:
    """The first thing that has to work."""
    model = over_http(temperature=0)
    history: list[BaseMessage] = [SystemMessage("Be kind."), HumanMessage("My name is Alice.")]
    history.append(ask(model, history))
    history.append(HumanMessage("What was my name?"))
    answer = ask(model, history)
    assert "Alice" in answer.text
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["input_tokens"] > 0
    assert answer.response_metadata["model_name"] == MODEL
    assert answer.response_metadata["model_provider"] == "google_genai"
    bodies = [request.body for request in google.requests]
    assert bodies[0]["systemInstruction"] == bodies[1]["systemInstruction"]
    assert bodies[1]["contents"][:1] == bodies[0]["contents"]


async def test_the_four_paths_give_the_same_message(google: Emulator, over_http: Callable[..., ChatGenAI]) -> None:
    """What is true of one is true of all: content, metadata, usage."""
    model = over_http()
    answer = reply("Hello there.")
    google.script(answer, answer, [answer], [answer])
    messages = [model.invoke("Hi"), await model.ainvoke("Hi")]
    messages += [summed(list(model.stream("Hi"))), summed([chunk async for chunk in model.astream("Hi")])]
    first = messages[0]
    for message in messages[1:]:
        assert message.content == first.content
        assert message.response_metadata == first.response_metadata
        assert message.usage_metadata == first.usage_metadata


async def test_batches_run(over_http: Callable[..., ChatGenAI]) -> None:
    """One model serves many threads and tasks at once."""
    model = over_http()
    questions: list[Any] = [f"My name is A{number}." for number in range(8)]
    for answers in (model.batch(questions), await model.abatch(questions)):
        assert [f"A{number}" in answer.text for number, answer in enumerate(answers)] == [True] * 8


@pytest.mark.behaviour("B055")
def test_one_model_serves_any_number_of_event_loops(over_http: Callable[..., ChatGenAI]) -> None:
    """Notebooks, Streamlit and test suites run loop after loop, and threads have their own."""
    model = over_http()
    for _ in range(2):
        assert ainvoke(model).text
        assert astream(model).text
    with ThreadPoolExecutor(2) as threads:
        assert all(answer.text for answer in threads.map(lambda _: ainvoke(model), range(4)))
    assert model.invoke("Hi").text


@pytest.mark.behaviour("B059")
def test_a_model_is_made_anywhere_and_makes_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a worker without a loop, with no key, project or network."""
    with ThreadPoolExecutor(1) as threads:
        model = threads.submit(lambda: Service().model()).result()
    assert "_made_client" not in model.__dict__
    assert ainvoke(model).text


@pytest.mark.behaviour("B058")
async def test_nothing_blocks_the_event_loop(over_http: Callable[..., ChatGenAI]) -> None:
    """One blocked loop stalls every other request of the process."""
    await over_http().ainvoke("Hi")  # what Python and httpx load once
    with blockbuster_ctx():
        model = over_http()
        assert (await model.ainvoke("Hi")).text
        assert [chunk async for chunk in model.astream("Hi")]
        assert await model.aget_num_tokens_from_messages([HumanMessage("Hi")])
        await model.aclose()


@pytest.mark.behaviour("B056")
def test_what_happens_to_a_copy_happens_to_it_alone(over_http: Callable[..., ChatGenAI]) -> None:
    """The collection of one object closed the client of others."""
    model = over_http()
    assert model.invoke("Hi").text
    other = model.model_copy(update={"temperature": 0.5})
    assert other.client is not model.client
    other.invoke("Hi")
    other.close()
    del other
    assert model.bind(stop=["x"]).invoke("Hi").text
    assert over_http().invoke("Hi").text
    assert model.invoke("Hi").text


@pytest.mark.behaviour("B056", "B105", "F09")
def test_a_client_of_the_users_is_used_and_never_closed() -> None:
    """It may have a proxy, hooks, a cache; and others that use it."""
    service = Service()
    model = service.model()
    with model:
        assert model.invoke("Hi").text
    assert len(service.requests) == 1
    assert not model.http_client.is_closed
    asyncio.run(model.aclose())
    assert not model.http_async_client.is_closed


@pytest.mark.behaviour("B057")
async def test_a_model_closes_what_it_opened(over_http: Callable[..., ChatGenAI]) -> None:
    """Twice if one likes; afterwards a call says that it was."""
    with over_http() as model:
        assert model.invoke("Hi").text
    model.close()
    with pytest.raises(RuntimeError, match="closed"):
        model.invoke("Hi")
    async with over_http() as other:
        assert (await other.ainvoke("Hi")).text
    await other.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await other.ainvoke("Hi")


def test_a_client_of_genai_is_used_with_its_own_settings() -> None:
    """One identity and one pool for the model and for files, caches and chats."""
    service = Service(Fault.of("UNAVAILABLE"))
    client = Client(
        api_key=KEY,
        http_options={"headers": {"x-a": "client", "x-b": "client"}, "retry_options": AT_ONCE},
        http_client=httpx.Client(transport=httpx.MockTransport(service)),
    )
    model = ChatGenAI(model=MODEL, client=client, headers={"X-B": "model", "x-c": "model"})
    assert model.client is client
    for retries in (None, 0):
        with pytest.raises(core.ModelAPIError):
            model.invoke("Hi", headers={"x-c": "call"}, max_retries=retries)
    assert len(service.requests) == 3 + 1
    headers = service.requests[0].headers
    assert [headers[name] for name in ("x-a", "x-b", "x-c")] == ["client", "model", "call"]
    model.close()
    assert model.model_copy().client is client
    assert copy.deepcopy(model).client is client


@pytest.mark.behaviour("B105")
def test_proxy_and_verify_reach_httpx() -> None:
    """For the sync client and for the async one."""
    model = ChatGenAI(model=MODEL, api_key=KEY, proxy="http://127.0.0.1:9", max_retries=0, verify=False)
    for ask in (invoke, ainvoke):
        with pytest.raises(core.ModelConnectionError):
            ask(model)


@pytest.mark.behaviour("B106")
def test_a_gateway_is_reached_by_its_address_without_a_key() -> None:
    """Its path is kept, its version not doubled, its Authorization sent."""
    service = Service()
    own = {"headers": {"Authorization": "Bearer made-up"}, "api_key": None}
    service.model(base_url="https://gw/x/", api_version="v1", **own).invoke("Hi")
    service.model(base_url="https://gw/x/v1", **own).invoke("Hi")
    assert {str(request.url) for request in service.requests} == {f"https://gw/x/v1/models/{MODEL}:generateContent"}
    assert {request.headers["authorization"] for request in service.requests} == {"Bearer made-up"}
    assert all("x-goog-api-key" not in request.headers for request in service.requests)


@each_path
@pytest.mark.behaviour("B107")
def test_headers_are_merged_and_a_calls_count(ask: Callable[..., AIMessage]) -> None:
    """Whatever their case; each identity header is there once."""
    service = Service()
    model = service.model(headers={"X-Team": "a", "x-keep": "k", "user-agent": "mine/1"})
    ask(model, extra_headers={"x-team": "b"})
    ask(model)
    first, second = (request.headers for request in service.requests)
    assert (first["x-team"], first["x-keep"], second["x-team"]) == ("b", "k", "a")
    for headers in (first, second):
        assert len(headers.get_list("user-agent")) == len(headers.get_list("x-goog-api-client")) == 1
        assert headers["user-agent"].endswith(" mine/1")


@pytest.mark.behaviour("B109")
def test_the_key_is_in_its_header_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    """Not in a URL, a message, a log, a trace or a repr."""
    caplog.set_level(logging.DEBUG)
    runs: list[Run] = []

    class Tracer(BaseTracer):
        def _persist_run(self, run: Run) -> None:
            runs.append(run)

    texts = []
    for fault in (Fault.of("INVALID_ARGUMENT", f"bad key {KEY}"), Fault.of("UNAVAILABLE")):
        model = Service(fault).model(max_retries=0)
        with pytest.raises(core.ModelError) as caught:
            model.invoke("Hi", config={"callbacks": [Tracer()]})
        error = caught.value
        assert isinstance(error, errors.APIError)
        texts += [repr(error), str(error.details), str(error.__cause__), repr(error.response), repr(model)]
        texts += [str(model.asdict()), dumps(model), str(model.preview("Hi")), repr(model.client)]
    texts += [repr(run) + str(run.serialized) + str(run.extra) for run in runs]
    assert len(runs) == 2
    assert all(KEY not in text for text in [*texts, caplog.text])


@pytest.mark.behaviour("B110")
@pytest.mark.parametrize("used", [False, True])
def test_models_are_pickled_and_copied_before_and_after_use(used: bool, over_http: Callable[..., ChatGenAI]) -> None:
    """To processes and back, without the connections, which belong to one of them."""
    model = over_http(temperature=0.5, safety_settings={"HARM_CATEGORY_HARASSMENT": "OFF"}, timeout=9)
    if used:
        assert model.invoke("Hi").text
        assert ainvoke(model).text
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model)):  # noqa: S301 - made here
        assert other == model
        assert not {"_made_client", "_layer", "_plain_call", "_serialized", "_identity"} & other.__dict__.keys()
        with other:
            assert other.invoke("Hi").text
            assert ainvoke(other).text
            assert other.preview("Hi") == model.preview("Hi")


@pytest.mark.behaviour("B110")
def test_a_pickled_model_keeps_to_the_rate_of_its_limiter_and_a_copy_shares_it() -> None:
    """The limiter has a lock; another process has to keep to the rate by itself, a copy beside it must not have two."""
    limiter = InMemoryRateLimiter(requests_per_second=7, check_every_n_seconds=0.5, max_bucket_size=3)
    model = ChatGenAI(model=MODEL, api_key=SecretStr(KEY), rate_limiter=limiter)
    rebuilt = pickle.loads(pickle.dumps(model)).rate_limiter  # noqa: S301 - made here
    assert isinstance(rebuilt, InMemoryRateLimiter)
    assert (rebuilt.requests_per_second, rebuilt.check_every_n_seconds, rebuilt.max_bucket_size) == (7, 0.5, 3)
    assert rebuilt.acquire(blocking=False) is False
    assert copy.deepcopy(model).rate_limiter is copy.copy(model).rate_limiter is model.rate_limiter is limiter


@pytest.mark.behaviour("B110")
@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
def test_models_are_dumped_and_loaded(google: Emulator, over_http: Callable[..., ChatGenAI]) -> None:
    """With the key as the name of a secret, and everything else as it was."""
    model = over_http(
        temperature=0,
        thinking_level=types.ThinkingLevel.LOW,
        safety_settings=[types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="OFF")],
        response_modalities=[types.Modality.TEXT],
        retry=types.RetryPolicy(max_retries=4, statuses=frozenset({503})),
        timeout=httpx.Timeout(3.0),
        streaming=False,
    )
    text = dumps(model)
    assert '"not_implemented"' not in text
    assert KEY not in text
    loaded = load(
        json.loads(text),
        allowed_objects=[ChatGenAI],
        valid_namespaces=["langchain_genai_chat"],
        secrets_map={"GOOGLE_API_KEY": KEY},
    )
    assert loaded == model
    assert dumps(loaded) == text
    assert loaded.preview("Hi") == model.preview("Hi")


def test_what_authenticates_stays_out_of_dumps_and_traces() -> None:
    """Headers and credentials may be secrets as much as the key."""
    model = ChatGenAI(model=MODEL, headers={"authorization": "Bearer made-up"}, proxy="http://u:made-up@h")
    assert "made-up" not in dumps(model) + repr(model) + str(model.asdict())


def test_a_cached_answer_belongs_to_the_settings_that_it_was_made_with() -> None:
    """LangChain keeps a model's identity once it was computed, also when the model was changed since."""
    service = Service()
    model = service.model(temperature=0.1, cache=InMemoryCache())
    for _ in range(2):
        model.invoke("Hi")
    assert len(service.requests) == 1
    model.temperature = 0.2
    model.invoke("Hi")
    assert len(service.requests) == 2
    other = model.model_copy(update={"max_output_tokens": 7})
    other.invoke("Hi")
    assert len(service.requests) == 3
    model.invoke("Hi")
    other.invoke("Hi")
    assert len(service.requests) == 3
    assert [body["generationConfig"] for body in service.bodies] == [
        {"temperature": 0.1},
        {"temperature": 0.2},
        {"temperature": 0.2, "maxOutputTokens": 7},
    ]


def test_a_field_that_was_set_is_used_at_once() -> None:
    """And the connections are made anew only where they would be others."""
    service = Service()
    model = service.model()
    model.invoke("Hi")
    client = model.client
    model.seed = 3
    model.invoke("Hi")
    assert model.client is client
    assert service.bodies[1]["generationConfig"] == {"seed": 3}
    model.base_url = "https://elsewhere"
    model.invoke("Hi")
    assert service.requests[2].url.host == "elsewhere"


def test_calls_without_arguments_share_what_the_fields_say() -> None:
    """Computed once, not at every call; and nothing of a call stays."""
    model = Service().model(temperature=0.1)
    first = model._plain_call
    model.invoke("Hi", temperature=0.9)
    model.invoke("Hi")
    assert model._plain_call is first
    assert model._call(None, {}) is first


@pytest.mark.behaviour("B114")
def test_configurable_fields_work_and_leave_streaming_alone() -> None:
    """LangChain makes the model anew from all its fields, set or not."""
    service = Service()
    model = service.model(stop=["x"]).configurable_fields(temperature=ConfigurableField(id="heat"))
    assert len(list(model.stream("Hi", config={"configurable": {"heat": 0.7}}))) > 1
    assert service.bodies[0]["generationConfig"] == {"temperature": 0.7, "stopSequences": ["x"]}


@pytest.mark.parametrize("path", ["invoke", "stream", "preview", "bound", "chain", "ainvoke"])
def test_a_warning_names_the_line_of_the_call(path: str) -> None:
    """A line of this package says nothing of what is to be mended."""
    model = Service().model(history="repair")
    broken = [HumanMessage("a"), AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}]), HumanMessage("b")]
    calls: dict[str, Callable[[], Any]] = {
        "invoke": lambda: model.invoke(broken),
        "stream": lambda: list(model.stream(broken)),
        "preview": lambda: model.preview(broken),
        "bound": lambda: model.bind(temperature=0).invoke(broken),
        "chain": lambda: (model | str).invoke(broken),
        "ainvoke": lambda: asyncio.run(model.ainvoke(broken)),
    }
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("default")
        calls[path]()
    assert [(each.filename, str(each.message)[:11]) for each in warned] == [(__file__, "messages[1]")]


def test_a_model_shows_what_was_set_of_it() -> None:
    """A line in a log or a notebook; LangChain's versions and the whole profile would fill a page."""
    assert repr(ChatGenAI(model=MODEL)) == f"ChatGenAI(model='{MODEL}')"
    model = ChatGenAI(
        model=MODEL,
        api_key=KEY,
        temperature=0,
        base_url="https://gw.example/x",
        headers={"authorization": "Bearer made-up"},
        metadata={"team": "blue"},
        profile={"tool_calling": False},
    )
    shown = repr(model)
    assert shown.startswith(f"ChatGenAI(model='{MODEL}', temperature=0.0, ")
    for text in ("'https://gw.example/x'", "metadata={'team': 'blue'}", "profile={'tool_calling': False}"):
        assert text in shown
    for secret in (KEY, "made-up"):
        assert secret not in shown + str(model)


@pytest.mark.behaviour("B109")
@pytest.mark.parametrize(
    "base_url",
    [
        "https://user:hidden-word@gw.example/x",
        "user:hidden-word@gw.example",
        "https://user:hidden-word/x",
        "https://gw.example/x?key=hidden-word",
        "https://gw.example/x#hidden-word",
        "https://[hidden-word",
    ],
    ids=["login", "no scheme", "no host", "query", "fragment", "bracket"],
)
def test_a_secret_in_an_address_is_refused_at_once_without_being_told(base_url: str) -> None:
    """A model that held it would write it into each trace, dump and log until its first request."""
    model = ChatGenAI(model=MODEL, base_url="https://gw.example/x")
    takers: list[Callable[[], Any]] = [
        lambda: ChatGenAI(model=MODEL, base_url=base_url),
        lambda: ChatGenAI.model_validate({"model": MODEL, "base_url": base_url.encode()}),
        lambda: setattr(model, "base_url", base_url),
        lambda: model.model_copy(update={"base_url": base_url}),
        lambda: Client(api_key=KEY, http_options={"base_url": base_url}),
    ]
    for take in takers:
        with pytest.raises(ValueError, match="base_url") as caught:
            take()
        assert "hidden" not in f"{caught.value}{caught.value!r}"
    assert "hidden" not in dumps(model)


@pytest.mark.behaviour("B109")
@pytest.mark.parametrize(
    "wrong", [{"timeout": -1}, {"temperature": "hot"}, {"model": ""}, {"max_retries": -1}], ids=str
)
def test_an_error_of_arguments_shows_none_of_their_secrets(wrong: Json) -> None:
    """Pydantic shows the beginning and the end of all that came; a key stood there as it was written."""
    for place in ({"api_key": KEY}, {"google_api_key": KEY}, {"headers": {"authorization": KEY}}, {"proxy": KEY}):
        for given in ({**place, "model": MODEL, **wrong}, {"model": MODEL, **wrong, **place}):
            with pytest.raises(ValidationError, match=next(iter(wrong))) as caught:
                ChatGenAI(**given)
            assert not any(piece in f"{caught.value}{caught.value!r}" for piece in (KEY[:6], KEY[-6:]))
    with pytest.raises(ValidationError, match="headers") as refused:
        Client(http_options={"headers": KEY})
    assert KEY not in str(refused.value)


def test_every_field_says_what_it_is() -> None:
    """To editors, to LangChain where it shows what is configurable, and to `help`."""
    core_fields = BaseChatModel.model_fields
    ours = {name: field for name, field in ChatGenAI.model_fields.items() if name not in core_fields}
    assert len(ours) > 50
    assert [name for name, field in ours.items() if not field.description] == []
    shown = pydoc.plain(pydoc.render_doc(ChatGenAI))
    assert [name for name, field in ours.items() if f"{name}: {field.description}" not in shown] == []


UNUSED = """
import inspect, pydoc
from langchain_genai_chat import ChatGenAI
class Mine(ChatGenAI):
    team: str = "blue"
print(not ChatGenAI.__pydantic_complete__)
for cls in (Mine, ChatGenAI, Mine):
    print(*inspect.signature(cls).parameters)
model = Mine(model="m", team="red")
print(model.team, hasattr(model, "__signature__"))
print("thinking_level: str | None = None" in pydoc.plain(pydoc.render_doc(ChatGenAI)).split("docs")[0])
"""


def test_the_constructor_shows_every_field_before_its_first_use() -> None:
    """To `help` and to editors; a class of the reader's own has its own fields."""
    ran = subprocess.run([sys.executable, "-c", UNUSED], capture_output=True, text=True, check=True)
    unbuilt, mine, ours, again, used, in_help = ran.stdout.splitlines()
    assert (unbuilt, used, in_help) == ("True", "red False", "True")
    assert ours.split() == ["args", *ChatGenAI.model_fields]
    assert mine.split() == again.split() == [*ours.split(), "team"]


def test_a_class_with_a_type_that_comes_later_can_be_shown() -> None:
    """`help` of a module shows all its classes, and one that cannot be built yet would end it."""

    class Later(ChatGenAI):
        team: "Team"

    assert "class Later" in pydoc.plain(pydoc.render_doc(Later))
    assert "team" not in signature(Later).parameters

    class Team(BaseModel):
        name: str

    Later.model_rebuild()
    assert signature(Later).parameters["team"].annotation is Team
    assert Later(model=MODEL, team={"name": "blue"}).team == Team(name="blue")


@pytest.mark.behaviour("B117", "B078")
def test_traces_name_the_model_and_its_settings() -> None:
    """Prices, dashboards and comparisons go by them; a call's settings count."""
    model = ChatGenAI(model=f"models/{MODEL}", temperature=0, max_output_tokens=9, thinking_budget=5, stop=["a"])
    assert model._get_ls_params() == {
        "ls_provider": "google_genai",
        "ls_model_name": MODEL,
        "ls_model_type": "chat",
        "ls_temperature": 0,
        "ls_max_tokens": 9,
        "ls_stop": ["a"],
    }
    params = model._get_ls_params(stop=["b"], model="publishers/google/models/other", max_output_tokens=1)
    assert (params["ls_model_name"], params["ls_max_tokens"], params["ls_stop"]) == ("other", 1, ["b"])
    assert model._get_ls_params(stop_sequences="c")["ls_stop"] == model._get_ls_params(stop="c")["ls_stop"] == ["c"]  # type: ignore[arg-type]
    assert model._llm_type == "genai-chat"
    assert model.asdict() == {
        "model": f"models/{MODEL}",
        "temperature": 0,
        "max_tokens": 9,
        "thinking_budget": 5,
        "stop": ["a"],
        "_type": "genai-chat",
    }
    assert model.metadata is not None
    assert model.metadata["lc_versions"]["langchain-genai-chat"]


@pytest.mark.behaviour("B078")
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("gemini-x", "/v1beta/models/gemini-x:generateContent"),
        ("models/gemini-x", "/v1beta/models/gemini-x:generateContent"),
        ("tunedModels/t", "/v1beta/tunedModels/t:generateContent"),
    ],
)
def test_a_models_name_may_have_its_resource_before_it(name: str, path: str) -> None:
    """Both forms stand in Google's documentation; a call may name another model."""
    service = Service()
    service.model(model=name).invoke("Hi")
    service.model().invoke("Hi", model=name)
    assert [request.url.path for request in service.requests] == [path, path]


@pytest.mark.behaviour("B118", "F26")
@each_path
def test_an_ordinary_call_logs_nothing(ask: Callable[..., AIMessage], caplog: pytest.LogCaptureFixture) -> None:
    """Logs at INFO and above, and warnings, are for what somebody has to do something about."""
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.WARNING, logger="httpx")
    ask(Service().model(temperature=0))
    assert caplog.records == []


@pytest.mark.behaviour("B119")
@pytest.mark.parametrize("vertex", [False, True])
def test_counting_is_one_request_with_all_that_a_call_would_send(vertex: bool) -> None:
    """System instruction and tools cost tokens too."""
    service = Service()
    model = service.model(vertexai=vertex, temperature=0, extra_body={"x": 1} if not vertex else None)
    messages = [SystemMessage("Be kind."), HumanMessage("Hi")]
    tools = [{"functionDeclarations": [{"name": "f"}]}]
    assert model.get_num_tokens_from_messages(messages, tools=tools) == 7
    assert asyncio.run(model.aget_num_tokens_from_messages(messages, tools=tools)) == 7
    sent = dict(model.preview(messages, tools=tools).body)
    if not vertex:
        sent = {"generateContentRequest": {"model": f"models/{MODEL}", **sent}}
    assert service.bodies == [sent, sent]
    assert all(request.url.path.endswith(f"models/{MODEL}:countTokens") for request in service.requests)
    assert model.get_num_tokens("Hi") == 7
    assert model.get_num_tokens("") == 0


def test_counting_works_on_the_service(over_http: Callable[..., ChatGenAI]) -> None:
    """The whole request inside the count is what the Gemini API's schema has."""
    model = over_http(temperature=0)
    few = model.get_num_tokens_from_messages([HumanMessage("Hi")])
    many = model.get_num_tokens_from_messages([SystemMessage("Be very kind to everybody."), HumanMessage("Hi")])
    assert 0 < few < many


@pytest.mark.parametrize("streamed", [False, True])
def test_a_preview_is_the_request_without_its_key(streamed: bool) -> None:
    """What would be sent can be seen, and compared, also where there is no key."""
    service = Service()
    given: Json = {"temperature": 0, "thinking_level": "low", "headers": {"x-a": "b"}}
    model = service.model(**given)
    shown = model.preview("Hi", stream=streamed, stop=["x"])
    (stream if streamed else invoke)(model, stop=["x"])
    (request,) = service.requests
    assert (shown.method, shown.url) == (request.method, str(request.url))
    assert shown.body == service.bodies[0]
    assert shown.headers.items() <= dict(request.headers).items()
    assert KEY not in str(shown)
    assert ChatGenAI(model=MODEL, **given).preview("Hi", stream=streamed, stop=["x"]) == shown


def test_a_preview_refuses_what_a_call_would() -> None:
    """It shows what would be sent; this would not be."""
    with pytest.raises(InvalidRequestError):
        ChatGenAI(model=MODEL).preview([])


@pytest.mark.behaviour("B036")
def test_a_prefill_is_refused_where_the_model_takes_none() -> None:
    """And sent where it does."""
    service = Service()
    messages = [HumanMessage("Count."), AIMessage("One, two,")]
    with pytest.raises(InvalidRequestError):
        service.model(model="gemini-3.6-flash").invoke(messages)
    service.model().invoke(messages)
    assert [content["role"] for content in service.bodies[0]["contents"]] == ["user", "model"]


@pytest.mark.behaviour("B067")
@each_path
def test_safety_settings_are_sent_on_every_path(ask: Callable[..., AIMessage]) -> None:
    """Merged by category, the call's over the model's."""
    service = Service()
    model = service.model(safety_settings={types.HarmCategory.HARM_CATEGORY_HARASSMENT: "BLOCK_NONE"})
    ask(model, safety_settings={"HARM_CATEGORY_HATE_SPEECH": "OFF"})
    assert service.bodies[0]["safetySettings"] == [
        {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"},
        {"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "OFF"},
    ]


def test_threads_that_start_together_share_one_client() -> None:
    """The second of two clients would be dropped with its connections open."""
    model = ChatGenAI(model=MODEL, api_key=KEY)
    barrier, clients = threading.Barrier(8), []

    def first_use() -> None:
        barrier.wait()
        clients.append(model.client)

    threads = [threading.Thread(target=first_use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(client) for client in clients}) == 1


def test_connection_fields_are_told_apart_from_settings() -> None:
    """A field that says where requests go must not travel with a client that knows better."""
    assert not set(CONNECTION) & set(GENERATION)
    assert dumpd(ChatGenAI(model=MODEL, base_url="http://a"))["kwargs"]["base_url"] == "http://a"


def test_a_preview_shows_what_was_bound() -> None:
    """A preview without it would show a request that nobody sends."""
    model = ChatGenAI(model=MODEL, temperature=0.2)
    bound: Any = model.bind(temperature=0.9).bind(seed=1).with_config(tags=["a"])
    assert bound.preview("x").body["generationConfig"] == {"temperature": 0.9, "seed": 1}
    assert bound.preview("x", seed=2).body["generationConfig"] == {"temperature": 0.9, "seed": 2}
    assert "tools" in model.bind_tools([{"google_search": {}}]).preview("x").body
