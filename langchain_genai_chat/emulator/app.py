"""Google's REST paths on starlette: who may ask, what is asked, and how an answer is framed.

Knows routes and frames; what is valid, refused or answered is decided in validate, rules and model.
"""

from __future__ import annotations

import base64
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from .asked import Asked, words_of
from .catalogue import Model, load_models
from .model import answer, answer_in_events, count_tokens
from .refusals import Fault, RefusalError
from .rules import check, check_key, find_model
from .validate import Backend, read_body

STREAM = "streamGenerateContent"
MESSAGES = {
    "generateContent": "in.GenerateContentRequest",
    STREAM: "in.GenerateContentRequest",
    "countTokens": "in.CountTokensRequest",
}
# On Vertex with a project, or in express mode without one.
VERTEX = r"(?P<vertex>(?:projects/[^/]+/locations/[^/]+/)?publishers/google/)"
ACTION = re.compile(rf"{VERTEX}?models/(?P<model>[^/:]+):(?P<method>{'|'.join(MESSAGES)})")
PAGE_SIZE, MAX_PAGE_SIZE = 50, 1000  # documented for models.list
HEADERS = {"server": "langchain-genai-chat-emulator", "content-type": "application/json; charset=UTF-8"}
# The front end's page: vertexai-sdk-test-data-unary-failure-invalid-location-url-not-found-ht-2702fa34.
NOT_FOUND = "<!DOCTYPE html>\n<html lang=en>\n  <title>Error 404 (Not Found)!!1</title>\n"

Json = dict[str, Any]


class Cut:
    """Stands in a scripted stream where the connection breaks."""


@dataclass(slots=True, kw_only=True)
class Received:
    """A request that came, and how it went."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None
    status: int = 0
    refused: str | None = None  # the rule that was broken, and where Google was seen to refuse the same


Answer = Json | list[Json | type[Cut]] | Fault
Answerer = Callable[[Received], Answer | None]


@dataclass(slots=True, kw_only=True)
class Service:
    """One emulated service: what it has, what it was told to answer, what it received."""

    api_key: str | None = None
    models: dict[str, Model] = field(default_factory=load_models)
    answerer: Answerer | None = None
    script: deque[Answer] = field(default_factory=deque)
    received: deque[Received] = field(default_factory=lambda: deque(maxlen=10_000))
    generated: int = 0

    def app(self) -> Starlette:
        """The service as an ASGI application."""
        path = "/{version:str}/{resource:path}"
        return Starlette(routes=[Route(path, self._serve, methods=["GET", "POST", "PATCH", "DELETE"])])

    async def _serve(self, request: Request) -> Response:
        """Record the request, answer or refuse it, record how that went."""
        query, resource = request.query_params, request.path_params["resource"]
        headers = dict(request.headers)
        received = Received(method=request.method, path=request.url.path, query=dict(query), headers=headers)
        self.received.append(received)
        frame = ("sse" if query.get("alt") == "sse" else "array") if resource.endswith(f":{STREAM}") else "object"
        try:
            token = headers.get("authorization", "").removeprefix("Bearer ")
            check_key(headers.get("x-goog-api-key") or query.get("key") or token, self.api_key)
            received.body = _parse(await request.body())
            given = await self._route(received, request.path_params["version"], resource)
        except RefusalError as refusal:
            received.refused, given = str(refusal), refusal.fault
            # an object where the stream is SSE (mirascope-google-gemini-2-5-flash-d7ce0c56), else in an array
            if frame == "array":
                given = Fault(code=given.code, body=[given.body])
        received.status = given.code if isinstance(given, Fault) else 200
        return _write(given, frame)

    async def _route(self, received: Received, version: str, resource: str) -> Answer | Iterator[Json]:
        if received.method == "GET" and resource == "models":
            return self._list_models(version, received.query)
        if received.method == "GET" and resource.startswith("models/"):
            return find_model(self.models, resource.removeprefix("models/"), version, "getModel").row
        action = ACTION.fullmatch(resource)
        if received.method != "POST" or action is None:
            return Fault(code=404, body=NOT_FOUND)
        backend: Backend = "vertex" if action["vertex"] else "gemini"
        body = read_body(received.body, MESSAGES[action["method"]], backend)
        model = find_model(self.models, action["model"], version, action["method"], action["vertex"])
        asked = Asked(body=body.get("generateContentRequest", body), model=model, backend=backend)
        check(asked)
        if action["method"] == "countTokens":
            details = count_tokens(asked.body)
            letters = sum(len("".join(words_of(content).split())) for content in asked.contents)
            billable = {"totalBillableCharacters": letters} if backend == "vertex" else {}
            total = sum(one["tokenCount"] for one in details)
            return {"totalTokens": total, **billable, "promptTokensDetails": details}
        return await self._answer(received, asked, streamed=action["method"] == STREAM)

    async def _answer(self, received: Received, asked: Asked, *, streamed: bool) -> Answer | Iterator[Json]:
        """What the script says, else the answerer, else the emulator's model."""
        given: Answer | None = self.script.popleft() if self.script else None
        if given is None and self.answerer is not None:
            given = await run_in_threadpool(self.answerer, received)
        if isinstance(given, list) and not streamed:
            words = "the script has a list of stream events next, and generateContent was called; script a dict"
            return Fault.of("UNIMPLEMENTED", f"Emulator: {words}.")
        if given is None:
            self.generated += 1
            number = self.generated
            return answer_in_events(asked, number) if streamed else answer(asked, number)
        return given

    def _list_models(self, version: str, query: dict[str, str]) -> Json:
        rows = [model.row for model in self.models.values() if model.served_by(version)]
        try:
            size = min(int(query.get("pageSize") or PAGE_SIZE), MAX_PAGE_SIZE)
            start = int(base64.b64decode(query.get("pageToken", ""), validate=True) or 0)
        except ValueError as error:
            fault = Fault.of("INVALID_ARGUMENT", "Request contains an invalid argument.")
            raise RefusalError(fault, "pageSize or pageToken is not one", "https://google.aip.dev/158") from error
        page: Json = {"models": rows[start : start + size]}
        if start + size < len(rows):
            page["nextPageToken"] = base64.b64encode(str(start + size).encode()).decode()
        return page


def _parse(raw: bytes) -> Any:
    """The body's JSON; an empty body is an empty message."""
    try:
        return json.loads(raw) if raw else {}
    except ValueError as error:
        fault = Fault.of("INVALID_ARGUMENT", "Invalid JSON payload received. Unexpected token.")
        raise RefusalError(fault, f"the body is not JSON: {error}", "MinLL/SkyrimNet-GamePlugin#77") from error


def _write(given: Answer | Iterator[Json], frame: str) -> Response:
    if isinstance(given, Fault):
        page = isinstance(given.body, str)
        headers = {
            **HEADERS,
            **({"content-type": "text/html; charset=UTF-8"} if page else {}),
            **given.headers,
        }
        return Response(given.body if page else _pretty(given.body), given.code, headers)
    if frame == "object":
        return Response(_pretty(given), headers=HEADERS)
    events = [given] if isinstance(given, dict) else given
    if frame == "array":
        return StreamingResponse(_array(events), headers=HEADERS)
    return StreamingResponse(_sse(events), headers={**HEADERS, "content-type": "text/event-stream"})


async def _sse(events: Iterable[Json | type[Cut]]) -> AsyncIterator[str]:
    for event in events:
        yield f"data: {json.dumps(_whole(event), ensure_ascii=False)}\r\n\r\n"


async def _array(events: Iterable[Json | type[Cut]]) -> AsyncIterator[str]:
    """One JSON array in pieces, framed as in llm-gemini-test-nested-model-optional-e4ad837b."""
    before = "["
    for event in events:
        yield before + _pretty(_whole(event))
        before = ",\r\n"
    yield "]" if before != "[" else "[]"


def _whole(event: Json | type[Cut]) -> Json:
    if isinstance(event, dict):
        return event
    raise ConnectionAbortedError("the script cuts the stream here")


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
