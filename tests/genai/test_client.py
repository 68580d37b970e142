"""A client as its users meet it: headers, options of one call, previews, lists, counting, copies, and secrets kept."""

import asyncio
import copy
import json
import logging
import pickle
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from langchain_genai_chat.emulator import Emulator, Fault
from langchain_genai_chat.genai import Client, errors, types
from langchain_genai_chat.genai._api import USER_AGENT
from langchain_genai_chat.genai._pagers import Pager
from langchain_genai_chat.genai.client import LateKeyClient
from langchain_genai_chat.genai.types import HttpOptions, RetryPolicy

MODEL = "gemini-2.5-flash"
KEY = "made-up-key-0123456789-abcdefghi"
HELLO = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP"}]}
ONCE = RetryPolicy(max_retries=0)


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    server.reset()
    return server


class Service:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers) or [HELLO]
        self.requests: list[httpx.Request] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        if "alt=sse" in str(request.url):
            return httpx.Response(200, text=f"data: {json.dumps(answer)}\n\n")
        return httpx.Response(200, json=answer)

    def client(self, **given: Any) -> Client:
        mock = httpx.MockTransport(self._answer)
        own = {"http_client": httpx.Client(transport=mock), "http_async_client": httpx.AsyncClient(transport=mock)}
        return Client(**{"api_key": KEY, **own, **given})

    @property
    def sent(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def body(self) -> Any:
        return json.loads(self.sent.content)


def ask(client: Client, **config: Any) -> types.GenerateContentResponse:
    return client.models.generate_content(model="m", contents="Hello", config=config or None)


Ask = Callable[..., Any]


def ask_async(client: Client, **config: Any) -> Any:
    return asyncio.run(client.aio.models.generate_content(model="m", contents="Hello", config=config or None))


def stream(client: Client, **config: Any) -> Any:
    return list(client.models.generate_content_stream(model="m", contents="Hello", config=config or None))


def stream_async(client: Client, **config: Any) -> Any:
    async def run() -> Any:
        chunks = await client.aio.models.generate_content_stream(model="m", contents="Hello", config=config or None)
        return [chunk async for chunk in chunks]

    return asyncio.run(run())


CALLS: dict[str, Ask] = {"call": ask, "async call": ask_async, "stream": stream, "async stream": stream_async}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


# Headers


@pytest.mark.behaviour("B107")
@every_call
def test_each_header_is_sent_once(call: Ask) -> None:
    """Two keys or two user agents are a request that proxies refuse."""
    service = Service()
    call(service.client())
    sent = [name.lower() for name, _ in service.sent.headers.multi_items()]
    assert sorted(sent) == sorted(set(sent))
    assert service.sent.headers["x-goog-api-key"] == KEY
    assert service.sent.headers["content-type"] == "application/json"
    assert service.sent.headers["user-agent"] == service.sent.headers["x-goog-api-client"] == USER_AGENT


@pytest.mark.behaviour("B107")
@every_call
def test_headers_of_a_call_are_merged_over_the_clients(call: Ask) -> None:
    """One by one, in any case of their names, and for that call alone."""
    service = Service()
    client = service.client(http_options={"headers": {"X-Team": "a", "x-kept": "1"}})
    options = HttpOptions(headers={"x-TEAM": "b", "x-new": "2"})
    call(client, http_options=options)
    assert [service.sent.headers[name] for name in ("x-team", "x-kept", "x-new")] == ["b", "1", "2"]
    assert options.headers == {"x-TEAM": "b", "x-new": "2"}
    call(client)
    assert service.sent.headers["x-team"] == "a"
    assert "x-new" not in service.sent.headers


@pytest.mark.behaviour("B107")
@pytest.mark.parametrize("name", ["User-Agent", "x-goog-api-client"])
def test_what_a_caller_says_of_itself_stands_behind_ours_once(name: str) -> None:
    """Wrappers hand headers on, also ours, and a call that says nothing keeps what the client said."""
    service = Service()
    client = service.client(http_options={"headers": {name: "app/1"}})
    ask(client)
    assert service.sent.headers[name] == f"{USER_AGENT} app/1"
    ask(client, http_options={"headers": {"x-other": "1"}})
    assert service.sent.headers[name] == f"{USER_AGENT} app/1"
    ask(client, http_options={"headers": {name: f"{USER_AGENT} app/2"}})
    assert service.sent.headers[name] == f"{USER_AGENT} app/2"


@pytest.mark.behaviour("B107")
@pytest.mark.parametrize("where", ["client", "call"])
def test_the_key_header_can_be_replaced(where: str) -> None:
    """By a gateway's own key, say."""
    service = Service()
    options = {"headers": {"X-Goog-Api-Key": "other\n"}}
    client = service.client(**({"http_options": options} if where == "client" else {}))
    ask(client, **({"http_options": options} if where == "call" else {}))
    assert service.sent.headers.get_list("x-goog-api-key") == ["other"]


@pytest.mark.behaviour("B052", "F25")
@every_call
def test_the_servers_timeout_is_sent_only_when_asked_for(call: Ask) -> None:
    """A short timeout sent on comes back as a 500 of the service."""
    service = Service()
    call(service.client(http_options={"timeout": 5_000}), http_options={"timeout": 4_000})
    assert "x-server-timeout" not in service.sent.headers
    call(service.client(), http_options={"server_timeout_s": 7.5})
    assert service.sent.headers["x-server-timeout"] == "7.5"


# Options of one call


@every_call
def test_a_call_may_go_to_another_address(call: Ask) -> None:
    """And the next one goes where the client does."""
    service = Service()
    client = service.client()
    call(client, http_options={"base_url": "https://gw.example/x", "api_version": "v1"})
    assert str(service.sent.url).startswith("https://gw.example/x/v1/models/m:")
    call(client)
    assert service.sent.url.host == "generativelanguage.googleapis.com"


@every_call
def test_a_calls_extra_body_is_merged_deeply(call: Ask) -> None:
    """The way to a field that is newer than this package; nothing beside it is lost, nor kept for the next call."""
    service = Service()
    extra = {"generationConfig": {"newField": {"a": 1}}, "other": [1]}
    client = service.client(http_options={"extra_body": {"fromClient": True}})
    call(client, temperature=0.5, http_options={"extra_body": extra})
    assert service.body["generationConfig"] == {"temperature": 0.5, "newField": {"a": 1}}
    assert service.body["other"] == [1]
    assert service.body["contents"]
    assert extra == {"generationConfig": {"newField": {"a": 1}}, "other": [1]}
    call(client, temperature=0.5)
    assert service.body["generationConfig"] == {"temperature": 0.5}
    assert service.body["fromClient"] is True


@pytest.mark.behaviour("B047")
@every_call
def test_a_calls_retries_win_over_the_clients(call: Ask, emulator: Emulator) -> None:
    """In both directions."""
    policy = RetryPolicy(max_retries=1, first_delay_s=0.0, jitter_s=0.0)
    client = Client(api_key="k", http_options={"base_url": emulator.base_url, "retry_options": policy})
    none = RetryPolicy(max_retries=0)
    for options, sent in (
        ({}, 2),
        ({"retry_options": {"attempts": 1}}, 1),
        ({"retry_options": {"attempts": 4}}, 4),
        ({"retry_options": none}, 1),
        ({"retry_options": {"max_retries": 3}}, 4),
    ):
        emulator.reset()
        emulator.script(*[Fault.of("UNAVAILABLE", "Busy.")] * 9)
        with pytest.raises(errors.APIError):
            call_on(call, client, http_options=options)
        assert len(emulator.requests) == sent
    client.close()


@pytest.mark.behaviour("B047")
@pytest.mark.parametrize("retry", [RetryPolicy(max_retries=0), {"attempts": 1}], ids=["policy", "attempts"])
def test_a_calls_retries_leave_the_clients_times_alone(retry: Any) -> None:
    """How often is one thing, how long another; each is the client's until a call says otherwise."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(503)

    http = httpx.Client(transport=httpx.MockTransport(answer))
    client = Client(api_key="k", http_client=http, http_options={"timeout": 7_000})
    with pytest.raises(errors.ServerError):
        client.models.generate_content(
            model=MODEL, contents="a", config={"http_options": {"retry_options": retry, "extra_body": {"a": 1}}}
        )
    (request,) = asked
    assert 2.0 < request.extensions["timeout"]["write"] <= 7.0


def call_on(call: Ask, client: Client, **config: Any) -> Any:
    """A call of a model that the emulator has."""

    class Models:
        def __init__(self, models: Any) -> None:
            self.generate_content = lambda **given: models.generate_content(**{**given, "model": MODEL})
            self.generate_content_stream = lambda **given: models.generate_content_stream(**{**given, "model": MODEL})

    class Both:
        models = Models(client.models)

        class aio:  # noqa: N801 - as the client has it
            models = Models(client.aio.models)

    return call(Both, **config)


@pytest.mark.parametrize("name", ["httpx_client", "httpx_async_client", "client_args", "async_client_args"])
def test_options_of_the_connection_are_refused_in_a_call(name: str) -> None:
    """Connections are the client's; to pass over the option in silence would send around a proxy."""
    service = Service()
    value: Any = {"verify": False} if name.endswith("args") else object()
    with pytest.raises(ValueError, match=name):
        ask(service.client(), http_options=HttpOptions(**{name: value}))
    assert not service.requests


# Keys


@pytest.mark.behaviour("B108")
def test_a_client_without_a_key_raises_and_names_both_variables() -> None:
    """At construction, as google-genai's does."""
    with pytest.raises(ValueError, match=r"GOOGLE_API_KEY.*GEMINI_API_KEY"):
        Client()
    with pytest.raises(ValueError, match="GOOGLE_API_KEY"):
        Client(api_key="")


@pytest.mark.behaviour("B108")
@every_call
def test_a_late_key_raises_at_the_first_request_and_sends_nothing(call: Ask) -> None:
    """Models are built, loaded and copied where there are no secrets."""
    service = Service()
    mock = httpx.MockTransport(service._answer)
    client = LateKeyClient(
        http_client=httpx.Client(transport=mock), http_async_client=httpx.AsyncClient(transport=mock)
    )
    with pytest.raises(ValueError, match=r"GOOGLE_API_KEY.*GEMINI_API_KEY"):
        call(client)
    assert not service.requests


@pytest.mark.behaviour("B106")
@pytest.mark.parametrize("base_url", ["https://gw.example", None], ids=["a gateway", "Google"])
def test_own_authorization_needs_no_key(base_url: str | None) -> None:
    """A gateway has its own keys, and Google takes OAuth tokens."""
    service = Service()
    options = HttpOptions(base_url=base_url, headers={"Authorization": "Bearer own-token"})
    ask(service.client(api_key=None, http_options=options))
    assert service.sent.headers["authorization"] == "Bearer own-token"
    assert "x-goog-api-key" not in service.sent.headers


@pytest.mark.parametrize("key", ["kéy", "a b", "a\nb", "\x00", "auth_tokens/abc"])
def test_a_key_that_cannot_be_sent_is_refused_without_repeating_it(key: str) -> None:
    """Copied with a line in it, or one of the Live API."""
    with pytest.raises(ValueError, match=r"[Kk]ey") as caught:
        Client(api_key=key)
    assert key not in str(caught.value)


@pytest.mark.behaviour("B109")
def test_the_key_is_in_its_header_only() -> None:
    """URLs are logged by everyone on the way."""
    service = Service()
    ask(service.client())
    stream(service.client())
    assert all(KEY not in str(request.url) and KEY.encode() not in request.content for request in service.requests)


def failing(problem: str) -> Client:
    """A client whose requests fail, each in a way of its own."""

    def answer(request: httpx.Request) -> httpx.Response:
        match problem:
            case "400":
                return httpx.Response(400, json={"error": {"code": 400, "message": f"API key {KEY} not valid."}})
            case "page":
                return httpx.Response(502, text=f"<html>{dict(request.headers)}</html>")
            case "redirect":
                return httpx.Response(302, headers={"location": f"https://x.example/?key={KEY}"})
            case "unreadable":
                return httpx.Response(200, text="<html>")
            case "timeout":
                raise httpx.ReadTimeout("slow", request=request)
        raise httpx.ConnectError("refused", request=request)

    mock = httpx.MockTransport(answer)
    return Client(
        api_key=KEY,
        http_options={"retry_options": ONCE},
        http_client=httpx.Client(transport=mock),
        http_async_client=httpx.AsyncClient(transport=mock),
    )


@pytest.mark.behaviour("B109")
@every_call
@pytest.mark.parametrize("problem", ["400", "page", "redirect", "unreadable", "timeout", "connection"])
def test_no_error_shows_the_key(problem: str, call: Ask, caplog: pytest.LogCaptureFixture) -> None:
    """Not in its text, its traceback, its cause or the logs, at any level."""
    caplog.set_level(logging.DEBUG)
    client = failing(problem)
    with pytest.raises(errors.APIError) as caught:
        call(client)
    error = caught.value
    shown = "".join(traceback.format_exception(error))
    shown += f"{error!r} {error} {error.details} {error.__dict__} {caplog.text} {client!r} {client.aio!r}"
    assert KEY not in shown
    requests = [error.response.request] if error.response is not None else []
    requests += [error.__cause__.request] if isinstance(error.__cause__, httpx.HTTPError) else []
    assert all(KEY not in str(request.headers.multi_items()) for request in requests)


@pytest.mark.behaviour("B109")
def test_nothing_shows_the_key(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    """Over a real connection, httpcore's own DEBUG logs included."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "httpcore")
    with Client(api_key=KEY, http_options={"base_url": emulator.base_url}) as client:
        client.models.generate_content(model=MODEL, contents="Hello")
        list(client.models.generate_content_stream(model=MODEL, contents="Hello"))
        shown = [client, client.aio, client._api, client._api.auth, client._transport, client.models]
        preview = client.models.preview(model=MODEL, contents="Hello")
    assert emulator.requests[0].headers["x-goog-api-key"] == KEY
    assert "httpcore" in {record.name.split(".")[0] for record in caplog.records}
    assert KEY not in f"{shown} {[str(each) for each in shown]} {preview} {caplog.text}"


@pytest.mark.behaviour("B118")
def test_a_normal_run_logs_nothing_loud_and_warns_of_nothing(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    """A line of httpx for each request fills the logs of whoever runs an agent; ours is at DEBUG, under our name."""
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client = Client(api_key="k", http_options={"base_url": emulator.base_url})
        call_on(ask, client)
        call_on(stream, client)
        call_on(ask_async, client)
        call_on(stream_async, client)
        client.close()
    loud = [record for record in caplog.records if record.levelno >= logging.INFO]
    assert [
        record for record in loud if record.name.split(".")[0] in {"httpx", "httpcore", "langchain_genai_chat"}
    ] == []
    assert len([record for record in caplog.records if record.name == "langchain_genai_chat"]) == 4


def test_httpx_logs_others_requests_as_ever(caplog: pytest.LogCaptureFixture) -> None:
    """The quiet is for ours alone."""
    caplog.set_level(logging.INFO)
    ask(Service().client())
    assert not caplog.records
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200))) as own:
        own.get("https://x.example")
    assert [record.name for record in caplog.records] == ["httpx"]


# Bad input


@every_call
@pytest.mark.parametrize(
    ("model", "contents", "kind"),
    [
        ("", "Hello", ValueError),
        ("a..b", "Hello", ValueError),
        ("m?x", "Hello", ValueError),
        ("m", [], ValueError),
        ("m", None, ValueError),
        ("m", 3.5, ValueError),
    ],
)
def test_bad_arguments_raise_before_anything_is_sent(call: Ask, model: str, contents: Any, kind: Any) -> None:
    """One clear error, at the call."""
    service = Service()
    client = service.client()
    asked: dict[str, Callable[[], Any]] = {
        "ask": lambda: client.models.generate_content(model=model, contents=contents),
        "ask_async": lambda: asyncio.run(client.aio.models.generate_content(model=model, contents=contents)),
        "stream": lambda: client.models.generate_content_stream(model=model, contents=contents),
        "stream_async": lambda: asyncio.run(client.aio.models.generate_content_stream(model=model, contents=contents)),
    }
    with pytest.raises(kind):
        asked[call.__name__]()
    assert not service.requests


def test_an_unknown_option_names_the_nearest() -> None:
    """A misspelt option that is ignored is found months later."""
    with pytest.raises(ValidationError, match="temperature"):
        ask(Service().client(), temprature=0.5)


@pytest.mark.parametrize(
    ("key", "model", "code", "status"),
    [("wrong-key", MODEL, 400, "INVALID_ARGUMENT"), ("right-key", "no-such-model", 404, "NOT_FOUND")],
)
def test_an_unknown_model_and_a_bad_key_are_the_services_refusals(key: str, model: str, code: int, status: str) -> None:
    """Once asked, once refused, in the service's own words."""
    with Emulator(api_key="right-key") as emulator:
        client = Client(api_key=key, http_options={"base_url": emulator.base_url})
        with pytest.raises(errors.ClientError) as caught:
            client.models.generate_content(model=model, contents="Hello")
        assert len(emulator.requests) == 1
    assert (caught.value.code, caught.value.status) == (code, status)
    assert caught.value.message


# Answers


@every_call
def test_an_answer_of_other_json_is_whole_all_the_same(call: Ask) -> None:
    """Unknown fields are the next version's."""
    service = Service({**HELLO, "newField": {"a": [1]}})
    answered = call(service.client())
    response = answered[0] if isinstance(answered, list) else answered
    assert response.text == "Hello"
    assert response.model_dump(mode="json", by_alias=True, exclude_none=True)["newField"] == {"a": [1]}


def test_a_unary_answer_has_its_headers() -> None:
    """Request ids are what support asks for."""
    response = ask(Service().client())
    assert response.sdk_http_response is not None
    assert (response.sdk_http_response.headers or {})["content-type"] == "application/json"


# Preview


@pytest.mark.parametrize("streamed", [False, True])
def test_a_preview_is_the_request_without_its_key(streamed: bool) -> None:
    """What would be sent can be seen, and nothing is."""
    service = Service()
    client = service.client(http_options={"headers": {"X-Team": "a", "Authorization": "Bearer secret"}})
    shown = client.models.preview(model="m", contents="Hello", config={"temperature": 0.5}, stream=streamed)
    assert not service.requests
    (stream if streamed else ask)(client, temperature=0.5)
    assert (shown.method, shown.url, shown.body) == (service.sent.method, str(service.sent.url), service.body)
    kept = {name: service.sent.headers[name] for name in shown.headers}
    assert kept == shown.headers
    assert not {"x-goog-api-key", "authorization"} & shown.headers.keys()
    assert client.aio.models.preview(model="m", contents="Hello", config={"temperature": 0.5}, stream=streamed) == shown


def test_a_preview_needs_no_key() -> None:
    """To look costs nothing."""
    assert LateKeyClient().models.preview(model="m", contents="Hello").body["contents"]


# Lists and counts


def test_a_list_goes_through_all_its_pages(emulator: Emulator) -> None:
    """Page by page, each asked for when the last is through, with the same parameters."""

    async def run(client: Client) -> list[str | None]:
        pager = await client.aio.models.list(config={"page_size": 3})
        return [model.name async for model in pager]

    with Client(api_key="k", http_options={"base_url": emulator.base_url}) as client:
        pager = client.models.list(config={"page_size": 3})
        assert (len(pager), pager.page_size, pager[0].name) == (3, 3, pager.page[0].name)
        assert len(emulator.requests) == 1
        names = [model.name for model in pager]
        assert len(set(names)) == len(names) > 3
        pages = -(-len(names) // 3)
        assert [each.query.get("pageSize") for each in emulator.requests] == ["3"] * pages
        with pytest.raises(IndexError):
            pager.next_page()
        assert asyncio.run(run(client)) == names


def test_a_pager_turns_its_pages_by_hand() -> None:
    """As google-genai's: the next page replaces the one before, and the config says where it stands."""
    pages = ({"models": [{"name": "a"}], "nextPageToken": "t"}, {"models": [{"name": "b"}]})
    service = Service(*pages)
    pager = service.client().models.list(config={"page_size": 1, "filter": "x"})
    assert pager.config["page_token"] == "t"
    assert [model.name for model in pager.next_page()] == ["b"]
    assert dict(service.sent.url.params) == {"pageSize": "1", "pageToken": "t", "filter": "x"}
    assert [model.name for model in pager] == ["b"]


@pytest.mark.parametrize(
    ("given", "base", "expected"),
    [
        ({"api_key": KEY}, True, "/v1beta/models"),
        ({"api_key": KEY}, False, "/v1beta/tunedModels"),
        ({"vertexai": True, "project": "p"}, True, "/v1beta1/publishers/google/models"),
        ({"vertexai": True, "project": "p"}, False, "/v1beta1/projects/p/locations/global/models"),
    ],
)
def test_models_are_listed_where_the_backend_has_them(given: dict[str, Any], base: bool, expected: str) -> None:
    """Base models belong to no project."""
    service = Service({"publisherModels": [{"name": "a"}]})
    options = {"headers": {"authorization": "Bearer token"}}
    client = service.client(**{"api_key": None, **given, "http_options": options})
    assert [model.name for model in client.models.list(config={"query_base": base})] == ["a"]
    assert service.sent.url.path == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"api_key": KEY}, "/v1beta/models/m"),
        ({"vertexai": True, "project": "p"}, "/v1beta1/publishers/google/models/m"),
    ],
)
def test_a_model_is_looked_up_where_the_backend_has_it(given: dict[str, Any], expected: str) -> None:
    """On Vertex AI outside of the project."""
    service = Service({"name": "models/m", "supportedGenerationMethods": ["generateContent"], "inputTokenLimit": 9})
    options = {"headers": {"authorization": "Bearer token"}}
    model = service.client(**{"api_key": None, **given, "http_options": options}).models.get(model="m")
    assert service.sent.url.path == expected
    assert (model.input_token_limit, model.supported_actions) == (9, ["generateContent"])


def test_contents_alone_are_counted_plainly(emulator: Emulator) -> None:
    """`{"contents": [...]}` is what both backends take."""
    with Client(api_key="k", http_options={"base_url": emulator.base_url}) as client:
        assert (client.models.count_tokens(model=MODEL, contents="Hello there").total_tokens or 0) > 0
    assert emulator.requests[0].body == {"contents": [{"role": "user", "parts": [{"text": "Hello there"}]}]}


def test_a_whole_request_is_counted_inside_one(emulator: Emulator) -> None:
    """Only so does the Gemini API count system instruction and tools; google-genai refuses them."""
    config = {
        "system_instruction": "Be brief.",
        "tools": [{"function_declarations": [{"name": "f", "description": "Does things."}]}],
        "generation_config": {"temperature": 0.5},
    }

    async def count(client: Client) -> Any:
        counted = await client.aio.models.count_tokens(model=MODEL, contents="Hello", config=config)
        await client.aio.aclose()
        return counted.total_tokens

    with Client(api_key="k", http_options={"base_url": emulator.base_url}) as client:
        alone = client.models.count_tokens(model=MODEL, contents="Hello").total_tokens
        whole = client.models.count_tokens(model=MODEL, contents="Hello", config=config).total_tokens
        assert asyncio.run(count(client)) == whole
    assert (whole or 0) > (alone or 0)
    inside = emulator.requests[1].body["generateContentRequest"]
    assert inside.keys() == {"model", "contents", "systemInstruction", "tools", "generationConfig"}
    assert inside["model"] == f"models/{MODEL}"


def test_on_vertex_all_is_counted_at_the_top() -> None:
    """It has no whole request inside."""
    service = Service({"totalTokens": 3})
    client = service.client(vertexai=True)
    counted = client.models.count_tokens(model="m", contents="Hello", config={"system_instruction": "Be brief."})
    assert counted.total_tokens == 3
    assert service.body.keys() == {"contents", "systemInstruction"}


# Copies


@pytest.mark.behaviour("B110")
@pytest.mark.parametrize("used", [False, True], ids=["new", "used"])
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda client: pickle.loads(pickle.dumps(client))])  # noqa: S301 - our own
def test_a_client_can_be_copied(copied: Callable[[Client], Client], used: bool, emulator: Emulator) -> None:
    """Live connections stay behind; what is known of address and identity comes along."""
    client = Client(api_key="k", http_options={"base_url": emulator.base_url, "headers": {"x-team": "a"}})
    if used:
        call_on(ask, client)
        call_on(ask_async, client)
    copy_ = copied(client)
    assert call_on(ask, copy_).text
    assert call_on(ask_async, copy_).text
    assert emulator.requests[-1].headers["x-team"] == "a"
    assert emulator.requests[-1].headers["x-goog-api-key"] == "k"
    copy_.close()
    client.close()


@pytest.mark.behaviour("B056")
def test_closing_a_deep_copy_leaves_the_original_open(emulator: Emulator) -> None:
    """Each has its own connections."""
    with Client(api_key="k", http_options={"base_url": emulator.base_url}) as client:
        assert call_on(ask, client).text
        copy.deepcopy(client).close()
        assert call_on(ask, client).text


@pytest.mark.behaviour("B110")
def test_a_deep_copy_shares_the_users_own_http_client() -> None:
    """It is not ours to copy, and cannot be."""
    service = Service()
    client = service.client()
    assert ask(copy.deepcopy(client)).text == "Hello"
    assert len(service.requests) == 1


@pytest.mark.behaviour("B110")
def test_an_http_client_of_the_users_cannot_be_pickled() -> None:
    """A copy elsewhere without it would send around a proxy; the error says whose it is."""
    with pytest.raises(TypeError, match="http client of yours"):
        pickle.dumps(Service().client())


@pytest.mark.behaviour("B056")
def test_a_client_has_no_finalizer() -> None:
    """One that closes what others use is how "client has been closed" comes about."""
    modules = [module for name, module in sys.modules.items() if name.startswith("langchain_genai_chat.genai")]
    classes = {each for module in modules for each in vars(module).values() if isinstance(each, type)}
    ours = [each for each in classes if each.__module__.startswith("langchain_genai_chat")]
    assert len(ours) > 50
    assert [each for each in ours if "__del__" in vars(each)] == []


@pytest.mark.behaviour("B061")
def test_clients_share_one_tls_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading the certificates is most of what a client costs."""
    made: list[Any] = []
    real = httpx.Client.__init__

    def spy(self: httpx.Client, **given: Any) -> None:
        made.append(given["verify"])
        real(self, **given)

    monkeypatch.setattr(httpx.Client, "__init__", spy)
    for _ in range(3):
        client = Client(api_key="k")
        client._transport._http()
        client.close()
    assert len(made) == 3
    assert len(set(map(id, made))) == 1


@pytest.mark.behaviour("B059")
def test_a_client_that_is_made_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection, no certificates, no http client: those come with the first request."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("made too early")

    for owner, name in ((httpx.Client, "__init__"), (httpx.AsyncClient, "__init__"), (httpx, "create_ssl_context")):
        monkeypatch.setattr(owner, name, refuse)
    client = Client(api_key="k")
    client.models.preview(model="m", contents="Hello")
    client.close()


def test_items_can_be_taken_from_a_pager_one_by_one() -> None:
    """google-genai's pager is an iterator too."""
    pages = {None: (["a", "b"], "t"), "t": (["c"], None)}
    pager = Pager(lambda token: pages[token], {})
    assert [next(pager), next(pager), next(pager), next(pager, None)] == ["a", "b", "c", None]
