"""Models: generate, stream, count tokens, look up.

Knows methods and paths, and how an answer is read; requests are composed by `_api` and sent by `transport`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import types
from ._answers import check_whole, has_content, read_answer, read_whole_answer
from ._api import Api, json_text, preview_of
from ._body import encode_body, has_schema, parse_output, split_config
from ._calls import call_here
from ._contents import ConfigLike, ContentsLike, config_of, contents_of
from ._endpoints import UNKNOWN_PROJECT
from ._exchange import Flow, Request, ask_and_read, stream_with_retries, with_retries
from ._functions import declare
from ._mcp import has_sessions, listed
from ._outcomes import Json, read_body, read_json
from ._pagers import AsyncPager, Page, Pager
from ._rounds import Ask, R, ask_in_rounds, plan_of
from .transport import AsyncTransport, SyncTransport
from .types.preview import Preview

STREAMED = ("streamGenerateContent",)
TIER_HEADER = "x-vertex-ai-llm-shared-request-type"
"""Where Vertex AI reads the service tier that the Gemini API reads in the body."""


class _Composing:
    """What both kinds of models say of a request, without sending it."""

    _api: Api

    def preview(
        self, *, model: str, contents: ContentsLike, config: ConfigLike = None, stream: bool = False
    ) -> Preview:
        """Show the request that `generate_content` would send, without sending it; the key is left out."""
        return preview_of(_content_request(self._api, model, contents_of(contents), config_of(config), stream=stream))

    def preview_json(
        self, *, model: str, method: str, body: Mapping[str, Any], options: types.HttpOptions | None = None
    ) -> Preview:
        """Show the request that `post_json` or `stream_json` would send; the key is left out."""
        return preview_of(_model_request(self._api.for_call(options), model, method, body, stream=method in STREAMED))

    def config_fields(self, config: types.GenerateContentConfig) -> Json:
        """The fields of a body that a config stands for, all but the contents, as the wire's JSON.

        Raises `ValueError` for a field that the client's backend does not have.
        """
        return read_json(json_text(split_config(config, vertex=self._api.endpoint.vertex)))


class Models(_Composing):
    """What `client.models` gives.

    Example:
        ```python
        response = client.models.generate_content(model="gemini-3.5-flash", contents="Hello")
        print(response.text, response.usage_metadata.total_token_count)
        for chunk in client.models.generate_content_stream(model="gemini-3.5-flash", contents="Hi"):
            print(chunk.text, end="")
        print([model.name for model in client.models.list()])
        ```
    """

    def __init__(self, api: Api, transport: SyncTransport) -> None:
        self._api = api
        self._transport = transport

    def generate_content(
        self, *, model: str, contents: ContentsLike, config: ConfigLike = None
    ) -> types.GenerateContentResponse:
        """Send contents and give the whole answer.

        Python functions among the config's tools are run when the model calls them, and it is asked again with
        their results, 10 requests at most (`automatic_function_calling`). A function that fails does not raise:
        the model is told. The rounds are in `response.automatic_function_calling_history`.

        Raises:
            ValueError: An argument is wrong; nothing was sent.
            errors.APIError: The service refused or failed, or no whole answer came.
        """
        return self._transport.run(_generate(self._api, model, contents, config, awaits=False))

    def generate_content_stream(
        self, *, model: str, contents: ContentsLike, config: ConfigLike = None
    ) -> types.Stream[types.GenerateContentResponse]:
        """Send contents and give the answer as it comes; arguments are checked at the call.

        Another thread can end it with `cancel()`; see `types.Stream`.
        """
        call = call_here()
        flow = _stream(self._api, model, contents, config, awaits=False)
        return types.Stream(self._transport.iterate(flow, call), call)

    def count_tokens(
        self, *, model: str, contents: ContentsLike, config: types.CountTokensConfig | Mapping[str, Any] | None = None
    ) -> types.CountTokensResponse:
        """Count what contents cost as input, with system instruction and tools if the config has them."""
        return self._transport.run(_count(self._api, model, contents, config))

    def get(self, *, model: str) -> types.Model:
        """Look up a model."""
        return self._transport.run(_get(self._api, model))

    def list(self, *, config: types.ListModelsConfig | Mapping[str, Any] | None = None) -> Pager[types.Model]:
        """List models, page by page."""
        asked = types.ListModelsConfig.model_validate(config or {})
        return Pager(lambda token: self._transport.run(_page(self._api, asked, token)), asked.model_dump())

    def post_json(
        self, *, model: str, method: str, body: Mapping[str, Any], options: types.HttpOptions | None = None
    ) -> Json:
        """Send a body of the wire to a method of a model and give the answer's JSON, unread."""
        return self._transport.run(_post(self._api.for_call(options), model, method, body))

    def stream_json(
        self, *, model: str, body: Mapping[str, Any], options: types.HttpOptions | None = None
    ) -> types.Stream[Json]:
        """Send a body of the wire to `streamGenerateContent` and give each event's JSON, unread."""
        call = call_here()
        flow = _post_stream(self._api.for_call(options), model, body)
        return types.Stream(self._transport.iterate(flow, call), call)


class AsyncModels(_Composing):
    """What `client.aio.models` gives.

    Example:
        ```python
        response = await client.aio.models.generate_content(model="gemini-3.5-flash", contents="Hello")
        stream = await client.aio.models.generate_content_stream(model="gemini-3.5-flash", contents="Hi")
        async for chunk in stream:
            print(chunk.text, end="")
        ```
    """

    def __init__(self, api: Api, transport: AsyncTransport) -> None:
        self._api = api
        self._transport = transport

    async def generate_content(
        self, *, model: str, contents: ContentsLike, config: ConfigLike = None
    ) -> types.GenerateContentResponse:
        """Send contents and give the whole answer; see `Models.generate_content`.

        An MCP session (`mcp.ClientSession`) may stand among the tools: it lists its tools before the first request,
        the first page of them, and makes the model's calls.
        """
        return await self._transport.run(_generate(self._api, model, contents, config, awaits=True))

    async def generate_content_stream(
        self, *, model: str, contents: ContentsLike, config: ConfigLike = None
    ) -> types.AsyncStream[types.GenerateContentResponse]:
        """Send contents and give the answer as it comes: `async for chunk in await ...`.

        Another task can end it with `acancel()`; see `types.AsyncStream`.
        """
        call = call_here()
        flow = _stream(self._api, model, contents, config, awaits=True)
        return types.AsyncStream(self._transport.iterate(flow, call), call)

    async def count_tokens(
        self, *, model: str, contents: ContentsLike, config: types.CountTokensConfig | Mapping[str, Any] | None = None
    ) -> types.CountTokensResponse:
        """Count what contents cost as input, with system instruction and tools if the config has them."""
        return await self._transport.run(_count(self._api, model, contents, config))

    async def get(self, *, model: str) -> types.Model:
        """Look up a model."""
        return await self._transport.run(_get(self._api, model))

    async def list(
        self, *, config: types.ListModelsConfig | Mapping[str, Any] | None = None
    ) -> AsyncPager[types.Model]:
        """List models, page by page: `async for model in await client.aio.models.list()`."""
        asked = types.ListModelsConfig.model_validate(config or {})

        async def fetch(token: str | None) -> Page[types.Model]:
            return await self._transport.run(_page(self._api, asked, token))

        return AsyncPager(await fetch(asked.page_token), fetch, asked.model_dump())

    async def post_json(
        self, *, model: str, method: str, body: Mapping[str, Any], options: types.HttpOptions | None = None
    ) -> Json:
        """Send a body of the wire to a method of a model and give the answer's JSON, unread."""
        return await self._transport.run(_post(self._api.for_call(options), model, method, body))

    async def stream_json(
        self, *, model: str, body: Mapping[str, Any], options: types.HttpOptions | None = None
    ) -> types.AsyncStream[Json]:
        """Send a body of the wire to `streamGenerateContent` and give each event's JSON, unread."""
        call = call_here()
        flow = _post_stream(self._api.for_call(options), model, body)
        return types.AsyncStream(self._transport.iterate(flow, call), call)


def _model_request(api: Api, model: str, method: str, body: Mapping[str, Any], *, stream: bool = False) -> Request:
    query = {"alt": "sse"} if stream else None
    headers: dict[str, str] = {}
    if cache := body.get("cachedContent"):
        name = api.endpoint.cache(cache)
        if f"projects/{UNKNOWN_PROJECT}/" in name:
            raise ValueError(f"cached_content {cache!r} lacks its project; pass the cache's whole name, or project.")
        body = {**body, "cachedContent": name}
    if api.endpoint.vertex and body.get("serviceTier"):
        headers[TIER_HEADER] = str(body["serviceTier"])
        body = {name: value for name, value in body.items() if name != "serviceTier"}
    path = f"{api.endpoint.model(model)}:{method}"
    return api.request("POST", path, body=body, query=query, headers=headers, stream=stream)


def _content_request(
    api: Api, model: str, turns: Sequence[types.Content], config: types.GenerateContentConfig | None, *, stream: bool
) -> Request:
    body = encode_body(turns, config, vertex=api.endpoint.vertex, declare=declare)
    api = api.for_call(config.http_options if config else None)
    return _model_request(api, model, "streamGenerateContent" if stream else "generateContent", body, stream=stream)


def _generate(
    api: Api, model: str, contents: ContentsLike, config: ConfigLike, *, awaits: bool
) -> Flow[types.GenerateContentResponse]:
    def ask(
        turns: Sequence[types.Content], settings: types.GenerateContentConfig | None
    ) -> Flow[types.GenerateContentResponse]:
        return _generate_flow(api, _content_request(api, model, turns, settings, stream=False), settings)

    return _in_rounds(ask, contents, config, awaits=awaits)


def _generate_flow(
    api: Api, request: Request, config: types.GenerateContentConfig | None
) -> Flow[types.GenerateContentResponse]:
    answer = yield from with_retries(request, _policy(api, config))
    response = read_body(answer, _read_response)
    response.sdk_http_response = types.HttpResponse(headers=dict(answer.headers))
    if has_schema(config):
        response.parsed = parse_output(response.text, config)
    return response


def _read_response(data: bytes) -> types.GenerateContentResponse:
    response = types.GenerateContentResponse.model_validate_json(data)
    if response.model_fields_set == (response.model_extra or {}).keys():
        check_whole(response.model_fields_set)
    return response


def _stream(api: Api, model: str, contents: ContentsLike, config: ConfigLike, *, awaits: bool) -> Flow[None]:
    def ask(turns: Sequence[types.Content], settings: types.GenerateContentConfig | None) -> Flow[None]:
        parses = has_schema(settings)

        def read(event: bytes) -> types.GenerateContentResponse:
            chunk = types.GenerateContentResponse.model_validate_json(event)
            if parses:
                chunk.parsed = parse_output(chunk.text, settings)
            return chunk

        request = _content_request(api, model, turns, settings, stream=True)
        return stream_with_retries(request, _policy(api, settings), read, _ends, _has_content)

    return _in_rounds(ask, contents, config, awaits=awaits)


def _in_rounds(ask: Ask[R], contents: ContentsLike, config: ConfigLike, *, awaits: bool) -> Flow[R]:
    """The flow of a call: one request, or as many as its functions need."""
    turns, settings = contents_of(contents), config_of(config)
    if settings is not None and awaits and has_sessions(settings):
        return _after_listing(ask, turns, settings)
    plan = plan_of(settings, awaits=awaits)
    first = ask(turns, settings)
    return first if plan is None else ask_in_rounds(ask, first, turns, settings, plan)


def _after_listing(ask: Ask[R], turns: Sequence[types.Content], settings: types.GenerateContentConfig) -> Flow[R]:
    settings = yield from listed(settings)
    return (yield from _in_rounds(ask, turns, settings, awaits=True))


def _policy(api: Api, config: types.GenerateContentConfig | None) -> types.RetryPolicy:
    return api.for_call(config.http_options).policy if config else api.policy


def _ends(chunk: types.GenerateContentResponse) -> bool:
    """Whether a stream that has sent this is whole: a finish reason, or a block reason."""
    if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
        return True
    for candidate in chunk.candidates or ():  # noqa: SIM110 - `any` costs more, as in `_json_ends`
        if candidate.finish_reason:
            return True
    return False


def _has_content(chunk: types.GenerateContentResponse) -> bool:
    """`has_content` for a typed event."""
    return any(candidate.content and candidate.content.parts for candidate in chunk.candidates or ())


def _post(api: Api, model: str, method: str, body: Mapping[str, Any]) -> Flow[Json]:
    read = read_whole_answer if method == "generateContent" else read_json
    return ask_and_read(_model_request(api, model, method, body), api.policy, read)


def _post_stream(api: Api, model: str, body: Mapping[str, Any]) -> Flow[None]:
    request = _model_request(api, model, "streamGenerateContent", body, stream=True)
    return stream_with_retries(request, api.policy, read_answer, _json_ends, has_content)


def _json_ends(event: Json) -> bool:
    """`_ends` for an event's JSON."""
    if "promptFeedback" in event and (event["promptFeedback"] or {}).get("blockReason"):
        return True
    for candidate in event.get("candidates") or ():  # noqa: SIM110 - `any` costs as much again as all the rest
        if candidate.get("finishReason"):
            return True
    return False


def _count(
    api: Api, model: str, contents: ContentsLike, config: types.CountTokensConfig | Mapping[str, Any] | None
) -> Flow[types.CountTokensResponse]:
    asked = types.CountTokensConfig.model_validate(config or {})
    whole = types.GenerateContentConfig(system_instruction=asked.system_instruction, tools=asked.tools)
    body = encode_body(contents_of(contents), whole, vertex=api.endpoint.vertex, declare=declare)
    if asked.generation_config is not None:
        body["generationConfig"] = asked.generation_config
    if not api.endpoint.vertex and body.keys() - {"contents"}:
        # Only inside a whole request does the Gemini API count system instruction and tools.
        body = {"generateContentRequest": {"model": api.endpoint.model(model), **body}}
    api = api.for_call(asked.http_options)
    return ask_and_read(
        _model_request(api, model, "countTokens", body), api.policy, types.CountTokensResponse.model_validate_json
    )


def _get(api: Api, model: str) -> Flow[types.Model]:
    name = api.endpoint.model(model)
    # Vertex AI has its base models' descriptions outside of projects.
    request = api.request("GET", name, shared=name.startswith("publishers/"))
    return ask_and_read(request, api.policy, types.Model.model_validate_json)


def _page(api: Api, asked: types.ListModelsConfig, token: str | None) -> Flow[Page[types.Model]]:
    query = {"pageSize": asked.page_size, "pageToken": token or asked.page_token, "filter": asked.filter}
    api = api.for_call(asked.http_options)
    base = asked.query_base is not False
    if api.endpoint.vertex:
        path = "publishers/google/models" if base else "models"
    else:
        path = "models" if base else "tunedModels"
    request = api.request("GET", path, query=query, shared=base)
    page = yield from ask_and_read(request, api.policy, types.ListModelsResponse.model_validate_json)
    return list(page.models or ()), page.next_page_token
