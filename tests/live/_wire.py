"""What went over the wire, heard beside the client that sent it; recorded traffic has the same form.

Knows requests, answers and how a stream is framed; keeps no header of a request, so no key.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

Json = dict[str, Any]

PASSING = {408, 429, 500, 502, 503, 504}
"""Statuses after which the client asks again."""
TAKES_TOKENS = ("generateContent", "streamGenerateContent", "cachedContents.create")
VERBS = {"GET": "get", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer; the answer's text is decoded, and as far as it was read."""

    http_method: str
    url: str
    request: Json
    status: int
    text: str
    server: str = ""
    """Who answered, as the answer says."""

    @cached_property
    def method(self) -> str:
        """Google's name of it, as `generateContent` or `files.get`."""
        parts = urlsplit(self.url)
        before, _, action = parts.path.rpartition(":")
        if before:
            return action
        if parts.path.startswith("/upload/"):
            return "files.upload.finalize" if "upload_id" in parse_qs(parts.query) else "files.upload"
        found = re.search(r"/(files|cachedContents|models)(/[^/]+)?$", parts.path)
        if found is None:
            return parts.path
        one_of_all = VERBS.get(self.http_method, "") if found[2] else "create" if self.http_method == "POST" else "list"
        return f"{found[1]}.{one_of_all}"

    @property
    def model(self) -> str:
        """The model that was asked, or that a cache is for; empty where there is none."""
        found = re.search(r"/models/([^/:?]+)", self.url)
        named: str = found[1] if found else str(self.request.get("model") or "")
        return named.rpartition("/")[2]

    @property
    def is_on_vertex(self) -> bool:
        """Whether it went to Vertex AI."""
        return "/publishers/" in self.url or "/projects/" in self.url

    @cached_property
    def events(self) -> list[Json]:
        """The answer's objects: a stream's events, else one; none where it is no JSON, or broke off in it."""
        try:
            if self.text.lstrip().startswith("data:"):
                blocks = re.split(r"\r?\n\r?\n", self.text)
                lines = (re.findall(r"^data: ?(.*)$", block, re.MULTILINE) for block in blocks)
                return [json.loads("\n".join(each)) for each in lines if each]
            body = json.loads(self.text or "{}")
        except ValueError:
            return []
        return [*body] if isinstance(body, list) else [body]

    @property
    def parts(self) -> list[Json]:
        """The parts of the answer's first candidate."""
        firsts = [(event.get("candidates") or [{}])[0] for event in self.events]
        return [part for first in firsts for part in (first.get("content") or {}).get("parts") or []]

    @property
    def usage(self) -> Json:
        """The tokens, as its last word on them."""
        found: list[Json] = [event["usageMetadata"] for event in self.events if event.get("usageMetadata")]
        return found[-1] if found else {}

    @property
    def tokens(self) -> int:
        """What it took, prompt, thoughts and answer, or what a cache was made of; 0 for all that costs none."""
        return int(self.usage.get("totalTokenCount", 0)) if self.method in TAKES_TOKENS else 0

    @property
    def is_success(self) -> bool:
        """Whether it was answered with what was asked for."""
        return httpx.codes.is_success(self.status)


@dataclass(slots=True)
class _Heard:
    response: httpx.Response
    raw: bytearray = field(default_factory=bytearray)

    def exchange(self) -> Exchange:
        request = self.response.request
        is_json = request.headers.get("content-type", "").startswith("application/json")
        body = json.loads(request.content) if is_json and request.content else {}
        return Exchange(
            http_method=request.method,
            url=str(request.url),
            request=body,
            status=self.response.status_code,
            text=self._text(),
            server=self.response.headers.get("server", ""),
        )

    def _text(self) -> str:
        try:
            return httpx.Response(
                self.response.status_code, headers=self.response.headers, content=bytes(self.raw)
            ).text
        except httpx.DecodingError:  # it was left early, in the middle of what is compressed
            return ""


class _Copied(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is kept while somebody else reads it."""

    def __init__(self, stream: Any, raw: bytearray) -> None:
        self._stream, self._raw = stream, raw

    def __iter__(self) -> Iterator[bytes]:
        for block in self._stream:
            self._raw += block
            yield block

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for block in self._stream:
            self._raw += block
            yield block

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()


class Wire:
    """Hears what a client sends and gets, through the hooks that httpx has for it."""

    def __init__(self) -> None:
        self._heard: list[_Heard] = []

    @property
    def options(self) -> Json:
        """What a `genai.Client` takes as `http_options` to be heard."""
        hooks, async_hooks = {"response": [self._hear]}, {"response": [self._ahear]}
        return {"client_args": {"event_hooks": hooks}, "async_client_args": {"event_hooks": async_hooks}}

    def __len__(self) -> int:
        return len(self._heard)

    def since(self, start: int) -> list[Exchange]:
        """What was exchanged after the first `start`, without what was tried again."""
        exchanges = [heard.exchange() for heard in self._heard[start:]]
        return [one for i, one in enumerate(exchanges, 1) if one.status not in PASSING or i == len(exchanges)]

    @property
    def last(self) -> Exchange:
        """The last exchange."""
        return self._heard[-1].exchange()

    def _hear(self, response: httpx.Response) -> None:
        heard = _Heard(response)
        self._heard.append(heard)
        response.stream = _Copied(response.stream, heard.raw)

    async def _ahear(self, response: httpx.Response) -> None:
        self._hear(response)
