"""Google's REST paths on starlette: who may ask, what is asked, and how an answer is framed.

Knows routes and frames; what is valid, refused or answered is decided in validate, rules and model.
"""

import asyncio
import base64
import json
import logging
import re
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from .asked import Asked, words_of
from .catalogue import Model, load_models
from .model import answer, answer_in_events, count_tokens, total_of
from .refusals import Fault, Json, RefusalError, read_schema
from .rules import check, check_key, find_model
from .scripted import Answer, Answerer, Call, Cut, Event, Received, Reply
from .store import GRANULARITY, Store
from .validate import DOCUMENTS, Backend, load_messages, read_body

STREAM = "streamGenerateContent"
GENERATE = "in.GenerateContentRequest"
MESSAGES = {"generateContent": GENERATE, STREAM: GENERATE, "countTokens": "in.CountTokensRequest"}
# On Vertex with a project, or in express mode without one.
VERTEX = r"(?P<vertex>(?:projects/[^/]+/locations/[^/]+/)?publishers/google/)"
ACTION = re.compile(rf"{VERTEX}?models/(?P<model>[^/:]+):(?P<method>{'|'.join(MESSAGES)})")
KEPT = re.compile(r"(?P<vertex>projects/[^/]+/locations/[^/]+/)?(?P<kind>files|cachedContents)(?P<id>/[^/:]+)?")
PAGE_SIZE, MAX_PAGE_SIZE = 50, 1000  # documented for models.list
HEADERS = {"server": "langchain-genai-chat-emulator", "content-type": "application/json; charset=UTF-8"}
Framed = Json | Fault | type[Cut] | Iterable[Event]


@dataclass(slots=True, kw_only=True)
class Service:
    """One emulated service: what it has, what it was told to answer, what it received."""

    api_key: str | None = None
    models: dict[str, Model] = field(default_factory=load_models)
    answerer: Answerer | None = None
    script: deque[Answer | Answerer] = field(default_factory=deque)
    received: deque[Received] = field(default_factory=lambda: deque(maxlen=10_000))
    generated: int = 0
    store: Store = field(default_factory=Store)

    def app(self) -> Starlette:
        """The service as an ASGI application."""
        for backend in DOCUMENTS:
            load_messages(backend)  # not in the event loop, where a test may forbid to read files
        read_schema("refusals")
        return Starlette(routes=[Route("/{path:path}", self._serve, methods=["GET", "POST", "PATCH", "DELETE"])])

    async def _serve(self, request: Request) -> Response:
        """Record the request, answer or refuse it, record how that went."""
        query, headers = dict(request.query_params), dict(request.headers)
        received = Received(method=request.method, path=request.url.path, query=query, headers=headers)
        self.received.append(received)
        version, _, resource = request.path_params["path"].partition("/")
        frame = ("sse" if query.get("alt") == "sse" else "array") if resource.endswith(f":{STREAM}") else "object"
        raw = await request.body()
        given: Framed | Response
        try:
            if version == "token":  # as Google's token endpoint; whose assertion it is, is not looked at
                received.body, given = raw.decode(), self.store.give_token()
            elif version == "upload":
                given = self._upload(received, raw, request.url)
            else:
                self._admit(received, raw)
                given = await self._route(received, version, resource)
        except RefusalError as refusal:
            received.refused, given = str(refusal), refusal.fault
            # an object where the stream is SSE (mirascope-google-gemini-2-5-flash-d7ce0c56), else in an array
            if frame == "array" and isinstance(given.body, dict):
                given = Fault(code=given.code, body=[given.body])
        received.status = given.code if isinstance(given, Fault) else 200
        logging.getLogger(__package__).debug("%s", received)
        return given if isinstance(given, Response) else _write(given, frame)

    def _admit(self, received: Received, raw: bytes) -> None:
        """Check the key or the token, then read the body."""
        token = received.headers.get("authorization", "").removeprefix("Bearer ")
        self.store.check_token(token)
        check_key(received.headers.get("x-goog-api-key") or received.query.get("key") or token, self.api_key)
        received.body = _parse(raw)

    def _upload(self, received: Received, raw: bytes, url: URL) -> Response:
        """Start a resumable upload, or take its bytes: then the URL is the authority, and no key is wanted."""
        headers, given = received.headers, None
        if "upload_id" in received.query:
            command, offset = headers.get("x-goog-upload-command", ""), headers.get("x-goog-upload-offset", "0")
            given, told = self.store.add_bytes(received.query["upload_id"], command, offset, raw)
        else:
            self._admit(received, raw)
            about = read_body(received.body, "in.CreateFileRequest", "gemini")["file"]
            target = url.include_query_params(upload_id=self.store.start_upload(about, headers))
            told = {"x-goog-upload-status": "active", "x-goog-upload-url": str(target)}
            told["x-goog-upload-chunk-granularity"] = str(GRANULARITY)
        return Response(_pretty(given) if given else b"", headers={**HEADERS, **told})

    async def _route(self, received: Received, version: str, resource: str) -> Framed:
        if received.method == "GET" and resource in ("models", "publishers/google/models"):
            rows = [model.row for model in self.models.values() if model.served_by(version)]
            return _page(rows, "models" if resource == "models" else "publisherModels", received.query)
        if received.method == "GET" and resource.startswith(("models/", "publishers/google/models/")):
            return find_model(self.models, resource.rpartition("models/")[2], version, "getModel").row
        if (kept := KEPT.fullmatch(resource)) is not None:
            return self._serve_kept(received, resource, kept)
        action = ACTION.fullmatch(resource)
        if received.method != "POST" or action is None:
            raise RefusalError("a path must be that of a method")
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
            return {"totalTokens": total_of(details), **billable, "promptTokensDetails": details}
        return await self._answer(received, asked, streamed=action["method"] == STREAM)

    async def _answer(self, received: Received, asked: Asked, *, streamed: bool) -> Framed:
        """What the script says, else the answerer, else the emulator's model."""
        said: Answer | Answerer | None = self.script.popleft() if self.script else self.answerer
        if callable(said) and not isinstance(said, type):
            try:
                said = await run_in_threadpool(said, received)
            finally:
                if (error := sys.exception()) is not None:  # the front end answers 500
                    received.status, received.refused = 500, f"the scripted function raised {error!r}"
        if isinstance(said, str | Call):
            said = Reply(said)
        if said is None or isinstance(said, Reply):
            self.generated += 1
            return (answer_in_events if streamed else answer)(asked, self.generated, said)
        if isinstance(said, list) and not streamed:
            words = "generateContent was called, and a list of stream events is next; script a dict, a text or Cut"
            return Fault.of("UNIMPLEMENTED", f"Emulator: {words}.")
        return said

    def _serve_kept(self, received: Received, resource: str, kept: re.Match[str]) -> Framed:
        vertex, kind, method = kept["vertex"] or "", kept["kind"], received.method
        if not kept["id"] and method == "GET":
            rows = self.store.files if kind == "files" else self.store.caches
            return _page([row for name, row in rows.items() if name.startswith(vertex)], kind, received.query)
        if bool(kept["id"]) is (method == "POST") or (kind == "files" and (vertex or method == "PATCH")):
            raise RefusalError("a path must be that of a method")
        if kind == "files":
            return self.store.serve_file(method, resource)
        body = read_body(received.body, "in.CachedContent", "vertex" if vertex else "gemini")
        return self.store.serve_cache(method, resource, body, vertex)


def _page(rows: list[Json], kind: str, query: dict[str, str]) -> Json:
    try:
        size = min(int(query.get("pageSize") or PAGE_SIZE), MAX_PAGE_SIZE)
        start = int(base64.b64decode(query.get("pageToken", ""), validate=True) or 0)
    except ValueError as error:
        raise RefusalError("a page must be one of the list", hint="pageSize or pageToken is not one") from error
    page: Json = {kind: rows[start : start + size]} if rows else {}
    if start + size < len(rows):
        page["nextPageToken"] = base64.b64encode(str(start + size).encode()).decode()
    return page


def _parse(raw: bytes) -> Any:
    """The body's JSON; an empty body is an empty message."""
    try:
        return json.loads(raw) if raw else {}
    except ValueError as error:
        raise RefusalError("a body must be JSON", hint=str(error)) from error


def _write(given: Framed, frame: str) -> Response:
    if isinstance(given, Fault):
        page = isinstance(given.body, str)
        kind = {"content-type": "text/html; charset=UTF-8"} if page else {}
        body = given.body if page else _pretty(given.body)
        return Response(body, given.code, {**HEADERS, **kind, **given.headers})
    if frame == "object" and isinstance(given, dict):
        return Response(_pretty(given), headers=HEADERS)
    events = _whole([given] if isinstance(given, dict | type) else given)
    if frame == "sse":
        return StreamingResponse(_sse(events), headers={**HEADERS, "content-type": "text/event-stream"})
    return StreamingResponse(_array(events), headers=HEADERS)


async def _sse(events: AsyncIterator[Json]) -> AsyncIterator[str]:
    async for event in events:
        yield f"data: {json.dumps(event, ensure_ascii=False)}\r\n\r\n"


async def _array(events: AsyncIterator[Json]) -> AsyncIterator[str]:
    """One JSON array in pieces, framed as in llm-gemini-test-nested-model-optional-e4ad837b."""
    before = "["
    async for event in events:
        yield before + _pretty(event)
        before = ",\r\n"
    yield "]" if before != "[" else "[]"


async def _whole(said: Iterable[Event]) -> AsyncIterator[Json]:
    """The events that are sent, up to where the script breaks the connection; a text that is the last one ends it."""
    events = [*said]
    for i, event in enumerate(events):
        if isinstance(event, int | float):
            await asyncio.sleep(event)
        elif isinstance(event, str):
            reason = {"finishReason": "STOP"} if i == len(events) - 1 else {}
            yield {"candidates": [{"content": {"role": "model", "parts": [{"text": event}]}, **reason, "index": 0}]}
        elif isinstance(event, dict):
            yield event
        else:
            raise ConnectionAbortedError("the script cuts the stream here")


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
