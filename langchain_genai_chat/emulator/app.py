"""Google's REST paths on starlette: who may ask, what is asked, and how an answer is framed.

Knows routes and frames; what is valid, refused or answered is decided in validate, rules and model.
"""

import base64
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
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
from .store import GRANULARITY, Store
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
KEPT = re.compile(r"(?P<vertex>projects/[^/]+/locations/[^/]+/)?(?P<kind>files|cachedContents)(?P<id>/[^/:]+)?")
PAGE_SIZE, MAX_PAGE_SIZE = 50, 1000  # documented for models.list
HEADERS = {"server": "langchain-genai-chat-emulator", "content-type": "application/json; charset=UTF-8"}
# The front end's page: vertexai-sdk-test-data-unary-failure-invalid-location-url-not-found-ht-2702fa34.
NOT_FOUND = "<!DOCTYPE html>\n<html lang=en>\n  <title>Error 404 (Not Found)!!1</title>\n"

Json = dict[str, Any]


def _reply(text: str) -> Json:
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}]}


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


Framed = Json | list[Json | type[Cut]] | Fault
Answer = str | Framed
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
    store: Store = field(default_factory=Store)

    def app(self) -> Starlette:
        """The service as an ASGI application."""
        path = "/{version:str}/{resource:path}"
        routes = [
            Route("/token", self._give_token, methods=["POST"]),
            Route("/upload/{version:str}/files", self._upload, methods=["POST"]),
            Route(path, self._serve, methods=["GET", "POST", "PATCH", "DELETE"]),
        ]
        return Starlette(routes=routes)

    async def _give_token(self, request: Request) -> Response:
        """Answer as Google's token endpoint does; whose assertion it is, is not looked at."""
        received = Received(method="POST", path="/token", query={}, headers=dict(request.headers), status=200)
        received.body = (await request.body()).decode()
        self.received.append(received)
        return _write(self.store.give_token(), "object")

    async def _upload(self, request: Request) -> Response:
        """Start a resumable upload, or take its bytes: then the URL is the authority, and no key is wanted."""
        query, headers = dict(request.query_params), dict(request.headers)
        received = Received(method="POST", path=request.url.path, query=query, headers=headers)
        self.received.append(received)
        try:
            if "upload_id" in query:
                command, offset = headers["x-goog-upload-command"], headers.get("x-goog-upload-offset", "0")
                given, told = self.store.add_bytes(query["upload_id"], command, offset, await request.body())
            else:
                check_key(headers.get("x-goog-api-key") or query.get("key"), self.api_key)
                received.body = _parse(await request.body())
                about = read_body(received.body, "in.CreateFileRequest", "gemini")["file"]
                url = request.url.include_query_params(upload_id=self.store.start_upload(about, headers))
                told = {"x-goog-upload-status": "active", "x-goog-upload-url": str(url)}
                told["x-goog-upload-chunk-granularity"] = str(GRANULARITY)
                given = None
        except RefusalError as refusal:
            received.refused, received.status = str(refusal), refusal.fault.code
            return _write(refusal.fault, "object")
        received.status = 200
        return Response(_pretty(given) if given else b"", headers={**HEADERS, **told})

    async def _serve(self, request: Request) -> Response:
        """Record the request, answer or refuse it, record how that went."""
        query, resource = request.query_params, request.path_params["resource"]
        headers = dict(request.headers)
        received = Received(method=request.method, path=request.url.path, query=dict(query), headers=headers)
        self.received.append(received)
        frame = ("sse" if query.get("alt") == "sse" else "array") if resource.endswith(f":{STREAM}") else "object"
        try:
            token = headers.get("authorization", "").removeprefix("Bearer ")
            self.store.check_token(token)
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

    async def _route(self, received: Received, version: str, resource: str) -> Framed | Iterator[Json]:
        if received.method == "GET" and resource in ("models", "publishers/google/models"):
            rows = [model.row for model in self.models.values() if model.served_by(version)]
            return _page(rows, "models" if resource == "models" else "publisherModels", received.query)
        if received.method == "GET" and resource.startswith(("models/", "publishers/google/models/")):
            return find_model(self.models, resource.rpartition("models/")[2], version, "getModel").row
        if (kept := KEPT.fullmatch(resource)) is not None:
            return self._serve_kept(received, resource, kept)
        action = ACTION.fullmatch(resource)
        if received.method != "POST" or action is None:
            return Fault(code=404, body=NOT_FOUND)
        backend: Backend = "vertex" if action["vertex"] else "gemini"
        body = read_body(received.body, MESSAGES[action["method"]], backend)
        model = find_model(self.models, action["model"], version, action["method"], action["vertex"])
        asked = Asked(body=body.get("generateContentRequest", body), model=model, backend=backend)
        check(asked)
        asked = replace(asked, body=self.store.with_cache(asked.body))
        if action["method"] == "countTokens":
            details = count_tokens(asked.body)
            letters = sum(len("".join(words_of(content).split())) for content in asked.contents)
            billable = {"totalBillableCharacters": letters} if backend == "vertex" else {}
            total = sum(one["tokenCount"] for one in details)
            return {"totalTokens": total, **billable, "promptTokensDetails": details}
        return await self._answer(received, asked, streamed=action["method"] == STREAM)

    async def _answer(self, received: Received, asked: Asked, *, streamed: bool) -> Framed | Iterator[Json]:
        """What the script says, else the answerer, else the emulator's model."""
        said: Answer | None = self.script.popleft() if self.script else None
        if said is None and self.answerer is not None:
            said = await run_in_threadpool(self.answerer, received)
        given = _reply(said) if isinstance(said, str) else said
        if isinstance(given, list) and not streamed:
            words = "the script has a list of stream events next, and generateContent was called; script a dict"
            return Fault.of("UNIMPLEMENTED", f"Emulator: {words}.")
        if given is None:
            self.generated += 1
            number = self.generated
            return answer_in_events(asked, number) if streamed else answer(asked, number)
        return given

    def _serve_kept(self, received: Received, resource: str, kept: re.Match[str]) -> Framed:
        vertex, kind, method = kept["vertex"] or "", kept["kind"], received.method
        if not kept["id"] and method == "GET":
            rows = self.store.files if kind == "files" else self.store.caches
            return _page([row for name, row in rows.items() if name.startswith(vertex)], kind, received.query)
        if bool(kept["id"]) is (method == "POST") or (kind == "files" and (vertex or method == "PATCH")):
            return Fault(code=404, body=NOT_FOUND)
        if kind == "files":
            return self.store.serve_file(method, resource)
        body = read_body(received.body, "in.CachedContent", "vertex" if vertex else "gemini")
        return self.store.serve_cache(method, resource, body, vertex)


def _page(rows: list[Json], kind: str, query: dict[str, str]) -> Json:
    try:
        size = min(int(query.get("pageSize") or PAGE_SIZE), MAX_PAGE_SIZE)
        start = int(base64.b64decode(query.get("pageToken", ""), validate=True) or 0)
    except ValueError as error:
        fault = Fault.of("INVALID_ARGUMENT", "Request contains an invalid argument.")
        raise RefusalError(fault, "pageSize or pageToken is not one", "https://google.aip.dev/158") from error
    page: Json = {kind: rows[start : start + size]} if rows else {}
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


def _write(given: Framed | Iterator[Json], frame: str) -> Response:
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
