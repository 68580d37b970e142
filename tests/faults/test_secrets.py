"""What must not leak, and what must not get in: keys, addresses, headers, markup, tools."""

import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.load import dumps
from langchain_core.messages import HumanMessage
from langchain_core.tracers.base import BaseTracer
from langchain_core.tracers.schemas import Run as Traced

from langchain_genai_chat.genai import types
from langchain_genai_chat.genai._outcomes import EXCERPT_CHARS, PAGE_MAX_CHARS

from ._asking import KEY, MODEL, WAYS, Way, client_of, model_of
from ._faults import HELLO, SSE_TYPE, error_json, head, http, in_turn, reply, says, well
from ._server import Asked, Behaviour, End, FaultServer, Say

CALM = types.RetryPolicy(max_retries=1, first_delay_s=0.0, jitter_s=0.0, deadline_s=0.5, silence_s=0.5)
FAILURES: dict[str, Behaviour] = {
    "refused": says(http(error_json(400, "INVALID_ARGUMENT", f"key {KEY} is bad"), "400 No", f"x-echo: {KEY}")),
    "busy": says(http(error_json(503, "UNAVAILABLE"), "503 No")),
    "silent": says(End.HOLD),
    "reset": says(End.RESET),
    "page": says(http(b"<html>" + KEY.encode())),
    "redirect": says(http(b"", "307 No", f"location: https://{KEY}.example/")),
    "no address": says(http(b"", "307 No", f"location: javascript:{KEY}")),
    "phrase": says(http(error_json(403, "PERMISSION_DENIED"), f"403 No {KEY}")),
    "status line": says(f"{KEY} 200 OK\r\n\r\n".encode()),
    "header line": says(f"HTTP/1.1 200 OK\r\n{KEY}\x01\r\n\r\n".encode()),
    "chunk's size": says(head("200 OK", "transfer-encoding: chunked") + KEY.encode() + b"\r\n"),
    "no answer": says(http(json.dumps({"candidates": KEY}).encode())),
    "halved": says(http(b"<html>" + b"x" * (EXCERPT_CHARS - 6 - len(KEY) // 2) + KEY.encode())),
    "halved page": says(http(b"<html>" + b"x" * (PAGE_MAX_CHARS - 6 - len(KEY) // 2) + KEY.encode(), "403 No")),
    "right": well,
}


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


ECHOES = ("refused", "redirect", "no address", "phrase", "status line", "header line", "chunk's size")
"""Those that repeat the key in what is no body."""


def behind(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that stand behind it, shown in its traceback or not."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


class Trace(BaseTracer):
    """Keeps what a tracing service would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[str] = []

    def _persist_run(self, run: Traced) -> None:
        self.runs.append(json.dumps(run.model_dump(mode="json"), default=str))


@pytest.mark.behaviour("B109")
@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("way", WAYS)
def test_the_key_is_in_its_header_and_in_no_log_or_error(
    way: Way, failure: str, server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Logs and errors are read by more people than may use the key; loggers of the wire show headers at DEBUG."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "langchain_genai_chat", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    run = server.run(FAILURES[failure])
    came = way(run.base_url, CALM)
    # httpcore shows the headers of an answer as they came, which nobody else can help.
    heard = [record for record in caplog.records if failure not in ECHOES or not record.name.startswith("httpcore")]
    assert any(record.name == "langchain_genai_chat" for record in heard)
    assert KEY not in "".join(record.getMessage() for record in heard)
    for asked in run.asked:
        assert asked.head.count(KEY.encode()) == 1
        assert f"\r\nx-goog-api-key: {KEY}\r\n".encode() in asked.head
        assert KEY.encode() not in asked.body
    if came.error is not None:
        assert KEY[: len(KEY) // 2] not in "".join(traceback.format_exception(came.error))
        assert KEY.encode() not in pickle.dumps(came.error)
        for error in behind(came.error):
            assert KEY not in f"{error} {error!r}"
        if (response := getattr(came.error, "response", None)) is not None:
            shown = f"{response!r} {response.headers.raw} {response.extensions} {response.request.headers.raw}"
            assert KEY not in shown


@pytest.mark.behaviour("B109")
def test_options_show_no_headers() -> None:
    """A gateway's credentials are in them, and options are in every config that is printed."""
    config = types.GenerateContentConfig(http_options=types.HttpOptions(headers={"x-gateway": KEY}))
    assert KEY not in repr(config)
    assert KEY not in str(config)


@pytest.mark.behaviour("B109")
@pytest.mark.parametrize("failure", FAILURES)
def test_the_key_is_in_no_trace_dump_or_repr(failure: str, server: FaultServer) -> None:
    """A trace goes to another company."""
    trace, raised = Trace(), list[str]()
    with model_of(server.run(FAILURES[failure]).base_url, CALM) as model:
        for ask in (model.invoke, lambda text, config: list(model.stream(text, config))):
            try:
                ask("Hi", {"callbacks": [trace]})
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not show the key
                raised.append(repr(error))
        shown = [*raised, *trace.runs, repr(model), str(model), dumps(model), json.dumps(model.asdict(), default=str)]
        shown += [repr(model.client), repr(vars(model.client)), repr(model.preview("Hi"))]
    assert len(trace.runs) == 2
    assert not [text for text in shown if KEY in text]


@pytest.mark.behaviour("B109")
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("way", WAYS)
def test_nobody_else_is_asked_where_an_answer_redirects(way: Way, code: int, server: FaultServer) -> None:
    """Whoever can make the service redirect could otherwise collect keys and conversations."""
    with FaultServer() as thief:
        loot = thief.run(well)
        way(server.run(says(http(b"", f"{code} Moved", f"location: {loot.base_url}/x"))).base_url, CALM)
        assert not loot.asked
        assert not thief.connections


def test_cookies_of_an_answer_do_not_reach_another_host(server: FaultServer) -> None:
    """Nothing that one server says is told to another."""
    with FaultServer() as other:
        run = other.run(well)
        first = server.run(says(http(error_json(400, "X"), "400 No", "set-cookie: a=b; domain=localhost")))
        with client_of(first.base_url, CALM) as client, pytest.raises(Exception, match="400"):
            client.models.generate_content(model=MODEL, contents="Hi")
        with client_of(run.base_url.replace("127.0.0.1", "localhost"), CALM) as client:
            client.models.generate_content(model=MODEL, contents="Hi")
        assert b"cookie" not in run.asked[0].head.lower()


@pytest.mark.behaviour("B096")
@pytest.mark.parametrize("way", ["invoke", "stream"])
@pytest.mark.parametrize("kind", ["image", "file", "video"])
def test_no_address_in_a_message_is_asked(kind: str, way: str, server: FaultServer) -> None:
    """A message may come from anyone, and name an address that only this machine can reach."""
    with FaultServer() as inside:
        run = inside.run(well)
        block = {"type": kind, "url": f"{run.base_url}/a.png", "mime_type": "image/png"}
        model = model_of(server.run(well).base_url, CALM)
        message = HumanMessage([{"type": "text", "text": "Hi"}, block])
        try:
            if way == "invoke":
                model.invoke([message])
            else:
                list(model.stream([message]))
        except ValueError:
            pass  # refused, which is as good
        model.close()
        assert not inside.connections


NAMES = (
    "../../v1/x",
    "a?key=b",
    "a#b",
    "a b",
    "a\r\nx-evil: 1",
    "a%2f..%2fb",
    "http://evil.example/a",
    "a\\b",
    "\u202ea",
    ".",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("where", ["model", "call", "chat", "file", "cache"])
def test_a_name_cannot_change_where_a_request_goes(where: str, name: str, server: FaultServer) -> None:
    """Names come from settings pages, and from models."""
    run = server.run(well)
    with client_of(run.base_url, CALM) as client, model_of(run.base_url, CALM) as model:
        asks: dict[str, Callable[[], Any]] = {
            "model": lambda: model_of(run.base_url, CALM, model=name).invoke("Hi"),
            "call": lambda: model.invoke("Hi", model=name),
            "chat": lambda: client.chats.create(model=name).send_message("Hi"),
            "file": lambda: client.files.get(name=name),
            "cache": lambda: client.caches.get(name=name),
        }
        with pytest.raises(ValueError, match=r"\w"):
            asks[where]()
    assert not run.asked


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "a\x00b"])
def test_a_header_cannot_bring_another(value: str, server: FaultServer) -> None:
    """Headers carry what users are called."""
    run = server.run(well)
    with model_of(run.base_url, CALM) as model, pytest.raises(Exception, match=r"\w"):
        model.invoke("Hi", headers={"x-user": value})
    assert all(b"x-evil" not in asked.head for asked in run.asked)


@pytest.mark.parametrize("name", ["files/abc", "models/abc", "cachedContents/abc/x", "cachedContents"])
def test_nothing_else_is_deleted_as_a_cache(name: str, server: FaultServer) -> None:
    """A file of that name would be gone."""
    run = server.run(well)
    with client_of(run.base_url, CALM) as client:
        for ask in (client.caches.delete, client.caches.get):
            if "/" in name:
                with pytest.raises(ValueError, match="is no name of a cache"):
                    ask(name=name)
            else:
                ask(name=name)
    assert all(b"/cachedContents/cachedContents HTTP" in asked.head for asked in run.asked)


@pytest.mark.parametrize("name", ["Authorization", "Proxy-Authorization", "Cookie", "X-Goog-Api-Key"])
def test_what_lets_a_caller_in_is_in_no_preview_or_error(name: str, server: FaultServer) -> None:
    """A gateway's way in is as good as a key."""
    run = server.run(FAILURES["refused"])
    with model_of(run.base_url, CALM, headers={name: "a word that lets in"}) as model:
        with pytest.raises(Exception, match="400") as caught:
            model.invoke("Hi")
        error: Any = caught.value
        shown = f"{model!r} {model.preview('Hi')!r} {error!r} {error.response.request.headers.raw}"
    assert b"a word that lets in" in run.asked[0].head
    assert "a word that lets in" not in shown


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_a_header_cannot_split_a_request(name: str, server: FaultServer) -> None:
    """What stands between here and the service might see two requests, the second of somebody else's making."""
    run = server.run(well)
    for given in ({"headers": {name: "5"}}, {}):
        with pytest.raises(ValueError, match="where a request ends"), model_of(run.base_url, CALM, **given) as model:
            model.invoke("Hi", headers={name: "chunked"})
    assert not run.asked


def calling(name: str) -> Behaviour:
    def behave(asked: Asked) -> Iterator[Say]:
        answer = reply({"functionCall": {"name": name, "args": {"text": "1"}}})
        yield (
            http(b"data: " + json.dumps(answer).encode() + b"\r\n\r\n", kind=SSE_TYPE)
            if asked.streamed
            else http(json.dumps(answer).encode())
        )

    return behave


@pytest.mark.parametrize("name", ["eval", "exec", "system", "__import__", "harmless.__globals__", "HARMLESS", ""])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_that_is_not_bound_is_never_run(name: str, streamed: bool, server: FaultServer) -> None:
    """A model calls what it likes; what it may call, the caller says."""
    ran: list[str] = []

    def harmless(text: str) -> str:
        """Do nothing."""
        ran.append(text)
        return text

    run = server.run(in_turn(calling(name), well))
    with client_of(run.base_url, CALM) as client:
        chat = client.chats.create(model=MODEL, config={"tools": [harmless]})
        if streamed:
            text = "".join(chunk.text or "" for chunk in chat.send_message_stream("Hi"))
        else:
            text = chat.send_message("Hi").text or ""
    assert text == HELLO
    assert not ran
    assert b"error" in run.asked[1].body


EVIL = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'&amp;"


@pytest.mark.parametrize("part", [
    {"text": EVIL},
    {"text": EVIL, "thought": True},
    {"functionCall": {"name": EVIL, "args": {EVIL: EVIL}}},
    {"functionResponse": {"name": EVIL, "response": {EVIL: EVIL}}},
    {"inlineData": {"mimeType": EVIL, "data": "AAAA"}},
    {"inlineData": {"mimeType": "image/svg+xml", "data": "PHN2Zz48L3N2Zz4="}},
    {"fileData": {"mimeType": EVIL, "fileUri": f"javascript:{EVIL}"}},
    {"executableCode": {"language": EVIL, "code": EVIL}},
    {"codeExecutionResult": {"outcome": EVIL, "output": EVIL}},
    {"toolCall": {"toolType": EVIL, "args": {EVIL: EVIL}}},
    {"toolResponse": {"toolType": EVIL, "response": {EVIL: EVIL}}},
    {EVIL: EVIL},
])  # fmt: skip
def test_a_chat_shown_as_html_runs_nothing(part: dict[str, Any]) -> None:
    """A notebook is a web page with the right to do all that its reader may."""
    client = client_of("http://127.0.0.1:9", CALM)
    chat = client.chats.create(
        model=f"a{EVIL}",
        history=[{"role": "user", "parts": [{"text": EVIL}]}, {"role": "model", "parts": [part]}],
    )
    shown = chat._repr_html_()
    for mark in ("<script", "<img src=x", "<svg", 'href="', 'src="http'):
        assert mark not in shown
    assert "svg+xml;base64" not in shown


def test_white_space_round_a_key_is_taken_off(server: FaultServer) -> None:
    """Keys are pasted, and read from files that end with a line."""
    run = server.run(well)
    with model_of(run.base_url, CALM, api_key=f" {KEY}\n") as model:
        model.invoke("Hi")
    assert f"\r\nx-goog-api-key: {KEY}\r\n".encode() in run.asked[0].head
