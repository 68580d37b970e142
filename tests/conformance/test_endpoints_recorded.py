"""Requests that others really sent, made again through the public API: the same method, URL and body.

Over httpx.MockTransport, which answers with the recorded answer. Bodies are compared as the service reads them, with
roles that it fills in; what is not the same is listed by id, with its reason.
"""

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from langchain_genai_chat.emulator.validate import STANDARD_ALPHABET, read_body
from langchain_genai_chat.genai import Client, types
from langchain_genai_chat.genai.types import RetryPolicy

Exchange = dict[str, Any]
Json = dict[str, Any]

REQUESTS = {
    "generateContent": "in.GenerateContentRequest",
    "streamGenerateContent": "in.GenerateContentRequest",
    "countTokens": "in.CountTokensRequest",
    "cachedContents.create": "in.CachedContent",
    "cachedContents.patch": "in.CachedContent",
    "files.upload": "in.CreateFileRequest",
}

# Members that say nothing.
EMPTY: tuple[tuple[str, Any], ...] = (("generationConfig", {}), ("toolConfig", {}), ("tools", []))

# By the end of their ids.
DIFFERENT = {
    "update-expiry-absolute-1657bd04": "names the field in updateMask; the service took the other one without",
    "reuses-an-u-88c08aa9": "starts an upload without saying its type and size, which we always say",
    "counts-a-stage-489f13bb": "wraps contents alone in a generateContentRequest, which counts the same without",
}


@dataclass
class Wire:
    """Answers with what was recorded, and keeps what was sent."""

    exchange: Exchange
    sent: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        headers = self.exchange["response_headers"]
        return httpx.Response(self.exchange["status"], headers=headers, content=self.exchange["response_text"])

    def client(self, **given: Any) -> Client:
        http = httpx.Client(transport=httpx.MockTransport(self))
        return Client(**given, http_client=http)


def client_for(exchange: Exchange) -> tuple[Wire, Client, str]:
    """A client at the address of a recorded URL, and that URL with a project where it was struck out."""
    url = re.sub(r"projects/(REDACTED|<\w+>)/", "projects/p/", exchange["url"])
    host, path = urlsplit(url).netloc, urlsplit(url).path
    wire = Wire(exchange)
    before, version = re.split(r"/(v1\w*)/", path)[:2]
    options: Json = {"retry_options": RetryPolicy(max_retries=0), "api_version": version}
    if not host.endswith("googleapis.com"):
        options["base_url"] = f"http://{host}{before}"
    if exchange["api"] == "gemini":
        return wire, wire.client(api_key="k", http_options=options), url
    location = (re.match(r"(.+)-aiplatform", host) or ["", "global"])[1]
    url = re.sub(r"locations/(REDACTED|<\w+>)/", f"locations/{location}/", url)
    project = re.search(r"projects/([^/]+)/", url)
    if project is None:
        return wire, wire.client(vertexai=True, api_key="k", http_options=options), url
    own = {"project": project[1], "location": location, "credentials": lambda: "token"}
    return wire, wire.client(vertexai=True, http_options=options, **own), url


def config_of(body: Json) -> types.GenerateContentConfig:
    """The config that a recorded body stands for, its generation config laid flat."""
    rest = {name: value for name, value in body.items() if name not in ("contents", "generationConfig", "model")}
    return types.GenerateContentConfig.model_validate({**rest, **body.get("generationConfig", {})})


def asked_of(exchange: Exchange) -> Json:
    """The recorded body as the service reads it."""
    text = re.sub(r"locations/<\w+>/", "locations/global/", json.dumps(exchange["request"]))
    return read_body(json.loads(text), REQUESTS[exchange["method"]], exchange["api"])


def same(sent: Any, key: str = "") -> Any:
    """JSON with one spelling for what has several."""
    if isinstance(sent, dict):
        plain = {name: same(value, name) for name, value in sent.items()}
        if key in ("contents", "systemInstruction"):
            plain["role"] = "user" if plain.get("role") not in ("model", "function") else plain["role"]
        return {n: value for n, value in plain.items() if (n, value) not in (("thought", False), *EMPTY)}
    if isinstance(sent, list):
        return [same(item, key) for item in sent]
    if key in ("data", "thoughtSignature") and isinstance(sent, str):
        return sent.translate(STANDARD_ALPHABET).rstrip("=")
    if key == "expireTime":
        return re.sub(r"\.0+Z$", "Z", sent)
    return float(sent) if isinstance(sent, int | float) and not isinstance(sent, bool) else sent


def tools_together(body: Json) -> Json:
    """All function declarations in one tool, as we send them."""
    tools = body.get("tools")
    if not tools:
        return body
    declared = [each for tool in tools for each in tool.get("functionDeclarations", [])]
    others = [
        rest
        for tool in tools
        if (rest := {name: value for name, value in tool.items() if name != "functionDeclarations"})
    ]
    return {**body, "tools": [*others, *([{"functionDeclarations": declared}] if declared else [])]}


def generate(client: Client, exchange: Exchange, model: str) -> None:
    body = asked_of(exchange)
    config = config_of(body)
    if exchange["method"] == "streamGenerateContent":
        for _ in client.models.generate_content_stream(model=model, contents=contents_of(body), config=config):
            pass
    else:
        client.models.generate_content(model=model, contents=contents_of(body), config=config)


def contents_of(body: Json) -> list[types.Content]:
    return [types.Content.model_validate(content) for content in body["contents"]]


def count(client: Client, exchange: Exchange, model: str) -> None:
    body = asked_of(exchange)
    whole = body.get("generateContentRequest", body)
    names = {"systemInstruction": "system_instruction", "tools": "tools", "generationConfig": "generation_config"}
    config = {ours: whole[name] for name, ours in names.items() if name in whole}
    counted = client.models.count_tokens(model=model, contents=contents_of(whole), config=config or None)
    assert counted.total_tokens == json.loads(exchange["response_text"])["totalTokens"]


def create_cache(client: Client, exchange: Exchange, _: str) -> None:
    body = asked_of(exchange)
    rest = {name: value for name, value in body.items() if name != "model"}
    if "contents" in rest:
        rest["contents"] = contents_of(body)
    config = types.CreateCachedContentConfig.model_validate(rest)
    made = client.caches.create(model=body["model"].removeprefix("models/"), config=config)
    assert made.name == json.loads(exchange["response_text"])["name"]


def update_cache(client: Client, exchange: Exchange, name: str) -> None:
    client.caches.update(name=name, config=types.UpdateCachedContentConfig.model_validate(exchange["request"]))


def list_of(kind: str) -> Callable[[Client, Exchange, str], None]:
    def walk(client: Client, exchange: Exchange, _: str) -> None:
        query = dict(parse_qsl(urlsplit(exchange["url"]).query))
        asked = {"page_size": int(query["pageSize"])} if "pageSize" in query else {}
        pager = getattr(client, kind).list(config={**asked, "page_token": query.get("pageToken")})
        rows = json.loads(exchange["response_text"])[{"caches": "cachedContents"}.get(kind, kind)]
        assert [each.name for each in pager.page] == [row["name"] for row in rows]

    return walk


def upload(client: Client, exchange: Exchange, _: str) -> None:
    about = exchange["request"]["file"]
    given = {"mime_type": about.get("mime_type", "application/pdf"), "display_name": about.get("display_name")}
    size = about.get("size_bytes", 10)
    try:
        client.files.upload(file=io.BytesIO(bytes(size)), config=given)
    except ValueError:
        return  # the recorded answer is that of the start; the bytes are an exchange of their own


MADE_AGAIN: dict[str, Callable[[Client, Exchange, str], Any]] = {
    "generateContent": generate,
    "streamGenerateContent": generate,
    "countTokens": count,
    "cachedContents.create": create_cache,
    "cachedContents.patch": update_cache,
    "cachedContents.get": lambda client, _, name: client.caches.get(name=name),
    "cachedContents.delete": lambda client, _, name: client.caches.delete(name=name),
    "cachedContents.list": list_of("caches"),
    "files.upload": upload,
    "files.get": lambda client, _, name: client.files.get(name=name),
    "files.delete": lambda client, _, name: client.files.delete(name=name),
    "files.list": list_of("files"),
}


def difference(exchange: Exchange) -> str | None:
    """What of the request is not the same when it is made again."""
    wire, client, url = client_for(exchange)
    name = urlsplit(url).path.split("/")[-1].partition(":")[0]
    MADE_AGAIN[exchange["method"]](client, exchange, name)
    sent = wire.sent[0]
    if sent.method != exchange["http_method"]:
        return f"{sent.method} for {exchange['http_method']}"
    theirs, ours = urlsplit(url), urlsplit(str(sent.url))
    if (theirs.netloc, theirs.path) != (ours.netloc, ours.path):
        return f"{sent.url} for {url}"
    query = dict(parse_qsl(theirs.query))
    query.pop("$alt", None)  # other clients' ways of asking for the same JSON
    compared = exchange["sse"] or exchange["http_method"] != "POST"
    if compared and query != dict(parse_qsl(ours.query)):
        return f"{sent.url} for {url}"
    if exchange["request"] is None:
        return None if not sent.content else "a body for none"
    message, api = REQUESTS[exchange["method"]], exchange["api"]
    body = tools_together(same(read_body(json.loads(sent.content), message, api)))
    expected = tools_together(same(asked_of(exchange)))
    return next(unlike(body, expected), None)


def unlike(sent: Any, recorded: Any, place: str = "") -> Iterator[str]:
    """Where two JSON values differ."""
    if isinstance(sent, dict) and isinstance(recorded, dict):
        for name in sorted(sent.keys() | recorded.keys()):
            yield from unlike(sent.get(name), recorded.get(name), f"{place}.{name}")
    elif isinstance(sent, list) and isinstance(recorded, list) and len(sent) == len(recorded):
        for index, (one, other) in enumerate(zip(sent, recorded, strict=True)):
            yield from unlike(one, other, f"{place}[{index}]")
    elif sent != recorded:
        yield f"{place}: {sent!r:.300} for {recorded!r:.300}"


@pytest.mark.parametrize(
    ("name", "least"),
    [("caches.jsonl", 25), ("files.jsonl", 5), ("count-tokens.jsonl", 8)],
)
def test_every_recorded_request_is_made_again(recordings, name: str, least: int) -> None:
    """Google has taken these from others; it will take them from us."""
    compare([exchange for exchange in recordings(name) if exchange["method"] in MADE_AGAIN], least)


@pytest.mark.behaviour("B111")
@pytest.mark.behaviour("B112")
@pytest.mark.parametrize(("name", "least"), [("vertex-generate.jsonl", 140), ("vertex-stream.jsonl", 30)])
def test_every_recorded_vertex_request_is_made_again(recordings, name: str, least: int) -> None:
    """Hosts, versions, projects and locations as other clients had them."""
    asked = [exchange for exchange in recordings(name) if exchange["request"] is not None]
    compare([each for each in asked if each["method"] in MADE_AGAIN], least)


def compare(exchanges: list[Exchange], least: int) -> None:
    found = {exchange["id"]: difference(exchange) for exchange in exchanges}
    wrong = {id_: text for id_, text in found.items() if text}
    listed = {id_ for id_ in found if any(id_.endswith(end) for end in DIFFERENT)}
    shown = "\n".join(f"{id_}: {text}" for id_, text in list(wrong.items()) if id_ not in listed)
    assert wrong.keys() == listed, shown
    assert len(found) >= least
