"""Every fault with the rule of its right outcome: what is said on the wire, and what a caller must get.

Knows bytes and rules; runs nothing.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from langchain_genai_chat.genai import errors

from ._asking import KEY
from ._server import Asked, Behaviour, End, Say

Json = dict[str, Any]

HELLO = "Hello world."
USAGE = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}


def reply(*parts: Json, finish: str | None = "STOP", **more: Any) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": list(parts)}, **more}
    return {"candidates": [candidate | ({"finishReason": finish} if finish else {})], "usageMetadata": USAGE}


def event(of: Any, ends: bytes = b"\r\n\r\n") -> bytes:
    return b"data: " + (of if isinstance(of, bytes) else json.dumps(of).encode()) + ends


WHOLE = json.dumps(reply({"text": HELLO})).encode()
FIRST = event(reply({"text": "Hello"}, finish=None))
LAST = event(reply({"text": " world."}))
EVENTS = FIRST + LAST
JSON_TYPE = "content-type: application/json; charset=UTF-8"
SSE_TYPE = "content-type: text/event-stream"
HTML = b"<!DOCTYPE html><html><head><title>502</title></head><body>Bad Gateway <script>alert(1)</script></body></html>"


# What is said


def head(status: str, *lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *lines)).encode("latin-1") + b"\r\n"


def http(body: bytes, status: str = "200 OK", *lines: str, kind: str = JSON_TYPE) -> bytes:
    """An answer with its length; the connection is closed after it."""
    kinds = (kind,) if kind else ()
    return head(status, *kinds, f"content-length: {len(body)}", "connection: close", *lines) + body


def chunks(*blocks: bytes, end: bool = True) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(block), block) for block in blocks) + (b"0\r\n\r\n" if end else b"")


CHUNKED = head("200 OK", SSE_TYPE, "transfer-encoding: chunked")


def says(*what: Say) -> Behaviour:
    def behave(_: Asked) -> Iterator[Say]:
        yield from what

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One behaviour for each request, the last one again and again."""

    def behave(asked: Asked) -> Iterator[Say]:
        yield from behaviours[min(asked.attempt, len(behaviours)) - 1](asked)

    return behave


def well(asked: Asked) -> Iterator[Say]:
    """The right answer."""
    yield http(EVENTS, kind=SSE_TYPE) if asked.streamed else http(WHOLE)


def body(unary: bytes, events: bytes | None = None, *lines: str) -> Behaviour:
    """These bodies under 200."""

    def behave(asked: Asked) -> Iterator[Say]:
        if asked.streamed:
            yield http(unary if events is None else events, "200 OK", *lines, kind=SSE_TYPE)
        else:
            yield http(unary, "200 OK", *lines)

    return behave


def encoded(encoding: str, unary: bytes, events: bytes) -> Behaviour:
    return body(unary, events, f"content-encoding: {encoding}")


def piecemeal(size: int) -> Behaviour:
    """The right answer in TCP and HTTP pieces of so many bytes."""

    def behave(asked: Asked) -> Iterator[Say]:
        whole = EVENTS if asked.streamed else WHOLE
        yield head("200 OK", SSE_TYPE if asked.streamed else JSON_TYPE, "transfer-encoding: chunked")
        for start in range(0, len(whole), size):
            yield chunks(whole[start : start + size], end=False)
        yield b"0\r\n\r\n"

    return behave


def error_json(code: int, status: str, message: str = "Made up.", *details: Json) -> bytes:
    inside: Json = {"code": code, "message": message, "status": status}
    return json.dumps({"error": inside | ({"details": details} if details else {})}).encode()


def retry_info(delay: Any) -> Json:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


def deep(levels: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return opening * levels + closing * levels


# What must come


@dataclass(frozen=True, kw_only=True)
class Right:
    """The answer, whole."""

    text: str = HELLO
    requests: int = 1


@dataclass(frozen=True, kw_only=True)
class Raises:
    """One error of this class, after this text."""

    kind: type[errors.APIError]
    code: int | None = None
    status: str | None = None
    requests: int = 1
    after: str | None = None
    """What was handed out before: it is kept, the error is `partial`, and nothing is asked again."""
    retry_after: float | None = None
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class Flagged:
    """A reply that says of itself that it is none."""

    reason: str
    text: str = ""


Outcome = Right | Raises | Flagged


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault, and the rule for both kinds of call; None where a kind cannot meet it."""

    name: str
    rule: str
    behave: Behaviour
    unary: Outcome | None
    streamed: Outcome | None
    impatient: bool = False
    """Times are short, since it is time that has to run out."""
    tls: bool = False
    """The client was told https."""
    closed: bool = False
    """Nobody listens at the port."""


FAULTS: list[Fault] = []


def fault(
    name: str,
    rule: str,
    behave: Behaviour,
    outcome: Outcome | None = None,
    **given: Any,
) -> None:
    """Put a fault into the table; `outcome` is of both kinds where nothing else is said."""
    fields: dict[str, Any] = {"unary": outcome, "streamed": outcome, **given}
    FAULTS.append(Fault(name=name, rule=rule, behave=behave, **fields))


def lost(requests: int = 2, status: str | None = None) -> Raises:
    return Raises(kind=errors.APIConnectionError, code=0, status=status, requests=requests)


def unreadable() -> Raises:
    return Raises(kind=errors.UnknownApiResponseError, status="UNREADABLE_RESPONSE")


def late() -> Raises:
    return Raises(kind=errors.APITimeoutError, code=0)


def partial(outcome: Raises, after: str = "Hello") -> Raises:
    return replace(outcome, requests=1, after=after)


# Statuses

MAY_PASS = "What may pass is asked again as often as the policy says, then the last error is raised."
NEVER = "What the service refuses is not asked again."
NAMES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED"}
NAMES |= {429: "RESOURCE_EXHAUSTED", 499: "CANCELLED", 500: "INTERNAL", 501: "UNIMPLEMENTED", 503: "UNAVAILABLE"}
NAMES |= {408: "DEADLINE_EXCEEDED", 504: "DEADLINE_EXCEEDED"}
for code in (408, 429, 500, 502, 503, 504):
    kind = errors.ClientError if code < 500 else errors.ServerError
    status = NAMES.get(code, "UNAVAILABLE")
    fault(
        f"status-{code}",
        MAY_PASS,
        says(http(error_json(code, status), f"{code} No")),
        Raises(kind=kind, code=code, status=status, requests=2),
    )
    fault(f"status-{code}-once", MAY_PASS, in_turn(says(http(b"", f"{code} No")), well), Right(requests=2))
for code in (
    400,
    401,
    402,
    403,
    404,
    405,
    406,
    409,
    410,
    411,
    412,
    413,
    414,
    415,
    418,
    422,
    423,
    424,
    426,
    428,
    431,
    451,
    499,
):
    fault(
        f"status-{code}",
        NEVER,
        says(http(error_json(code, NAMES.get(code, "NO")), f"{code} No")),
        Raises(kind=errors.ClientError, code=code, status=NAMES.get(code, "NO")),
    )
for code in (501, 505, 507, 511, 520, 529, 599):
    fault(
        f"status-{code}",
        "A failure that is not listed as passing is raised at once.",
        says(http(HTML, f"{code} No", kind="content-type: text/html")),
        Raises(kind=errors.ServerError, code=code),
    )
for code in (301, 302, 303, 307, 308):
    fault(
        f"redirect-{code}",
        "A redirect is not followed: it would carry the key to whoever is named.",
        says(http(b"", f"{code} Moved", "location: http://127.0.0.2:9/steal")),
        Raises(kind=errors.APIError, code=code, says="127.0.0.2"),
    )
for name, line in {
    "nowhere": "location: ",
    "relative": "location: //evil.example/x",
    "credentials": "location: https://user:word@evil.example/x",
    "no-utf8": "location: http://\xff\xfe/",
}.items():
    fault(
        f"redirect-to-{name}",
        "A redirect is not followed, and what it names need not be an address.",
        says(http(b"", "302 Found", line)),
        Raises(kind=errors.APIError, code=302),
    )
for name, line in {"no-address": "location: http://[::bad/", "no-port": "location: http://a:bad/"}.items():
    fault(
        f"redirect-to-{name}",
        "A redirect to what is no address does not pass: it is not asked again.",
        says(http(b"", "302 Found", line)),
        Raises(kind=errors.UnknownApiResponseError, status="UNREADABLE_RESPONSE"),
    )
for code in (300, 304, 306):
    fault(
        f"status-{code}",
        "Neither success nor error is an error.",
        says(http(b"", f"{code} No")),
        Raises(kind=errors.APIError, code=code),
    )
for code in (600, 999):
    fault(
        f"status-{code}",
        "A status of no kind is an error.",
        says(http(b"?", f"{code} No")),
        Raises(kind=errors.APIError, code=code),
    )
fault(
    "status-203",
    "2xx with an answer is an answer.",
    in_turn(lambda asked: iter([http(EVENTS if asked.streamed else WHOLE, "203 Changed")])),
    Right(),
)
fault(
    "status-204",
    "2xx without an answer is none.",
    says(head("204 No Content", "connection: close")),
    unreadable(),
    streamed=lost(),
)
fault(
    "status-100-first",
    "An interim status is not the answer.",
    lambda asked: iter([head("100 Continue"), *well(asked)]),
    Right(),
)
fault(
    "status-103-first",
    "An interim status is not the answer.",
    lambda asked: iter([head("103 Early Hints", "link: </x>; rel=preload"), *well(asked)]),
    Right(),
)
fault(
    "status-101",
    "Nobody asked for another protocol.",
    says(head("101 Switching Protocols", "upgrade: websocket", "connection: upgrade"), b"\x81\x02hi"),
    lost(),
)
fault(
    "status-without-reason",
    "The reason phrase is optional.",
    says(b"HTTP/1.1 503 \r\ncontent-length: 0\r\nconnection: close\r\n\r\n"),
    Raises(kind=errors.ServerError, code=503, requests=2),
)

# What the server asks to wait

for name, lines, details in (
    ("header", ["retry-after: 0"], []),
    ("info", [], [retry_info("0.01s")]),
    ("garbage-header", ["retry-after: soon"], []),
    ("negative-header", ["retry-after: -5"], []),
    ("huge-year-header", ["retry-after: Fri, 31 Dec 99999 23:59:59 GMT"], []),
    ("past-date-header", ["retry-after: Wed, 21 Oct 2015 07:28:00 GMT"], []),
    ("nan-header", ["retry-after: nan"], []),
    ("garbage-info", [], [retry_info("soon")]),
    ("number-info", [], [retry_info(3.5)]),
    ("null-info", [], [retry_info(None)]),
    ("odd-details", [], ["text", None, 3]),
):
    fault(
        f"wait-{name}",
        "A wait that is short, over or no wait at all does not keep from asking again.",
        in_turn(says(http(error_json(429, "RESOURCE_EXHAUSTED", "Slow.", *details), "429 No", *lines)), well),
        Right(requests=2),
    )
for name, lines, details, wait in (
    ("header", ["retry-after: 3600"], [], 3600.0),
    ("info", [], [retry_info("86400s")], 86400.0),
    ("digits", [f"retry-after: {'9' * 400}"], [], None),
):
    fault(
        f"wait-too-long-{name}",
        "A wait beyond the policy's bound is the caller's to decide, at once.",
        says(http(error_json(429, "RESOURCE_EXHAUSTED", "Slow.", *details), "429 No", *lines)),
        Raises(kind=errors.ClientError, code=429, retry_after=wait),
    )

# Bodies of errors

BODIES: dict[str, bytes] = {
    "empty": b"",
    "html": HTML,
    "text": b"upstream connect error",
    "list-of-one": b"[" + error_json(503, "UNAVAILABLE") + b"]",
    "list-of-two": b"[" + error_json(503, "UNAVAILABLE") + b"," + error_json(503, "UNAVAILABLE") + b"]",
    "empty-list": b"[]",
    "list-of-numbers": b"[1]",
    "empty-object": b"{}",
    "null": b"null",
    "number": b"503",
    "string": b'"overloaded"',
    "cut-json": error_json(503, "UNAVAILABLE")[:-9],
    "no-utf8": b"\xff\xfe\x00broken",
    "utf16": error_json(503, "UNAVAILABLE").decode().encode("utf-16"),
    "error-text": b'{"error": "overloaded"}',
    "error-null": b'{"error": null}',
    "error-list": b'{"error": ["overloaded"]}',
    "error-number": b'{"error": 1}',
    "code-text": b'{"error": {"code": "503", "message": "m", "status": "UNAVAILABLE"}}',
    "message-object": b'{"error": {"message": {"a": 1}, "status": ["x"], "details": {"a": 1}}}',
    "details-nested": error_json(503, "UNAVAILABLE", "m", {"a": [[[{"b": None}]]]}),
    "nul-and-escapes": b'{"error": {"message": "\\u0000\\u001b[31m\\ud800", "status": "UNAVAILABLE"}}',
    "deep": deep(100_000),
    "deep-inside": b'{"error": {"message": "m", "details": ' + deep(150) + b"}}",
    "huge-page": b"<p>" + b"x" * 3_000_000,
    "huge-json": error_json(503, "UNAVAILABLE", "x" * 3_000_000),
    "huge-number": b'{"error": {"code": ' + b"9" * 5000 + b"}}",
}
for name, data in BODIES.items():
    fault(
        f"error-body-{name}",
        "The HTTP status is the error, whatever the body looks like.",
        says(http(data, "503 Service Unavailable")),
        Raises(kind=errors.ServerError, code=503, requests=2),
    )
fault(
    "error-body-gzip",
    "A body is decoded as its header says.",
    says(http(gzip.compress(error_json(403, "PERMISSION_DENIED", "Nope")), "403 No", "content-encoding: gzip")),
    Raises(kind=errors.ClientError, code=403, says="Nope"),
)
fault(
    "error-body-broken-gzip",
    "A body that cannot be decoded is one error of a kind.",
    says(http(b"no gzip", "503 No", "content-encoding: gzip")),
    Raises(kind=errors.APIError),
)
fault(
    "error-body-cut",
    "An error whose body never came whole is a lost connection.",
    says(head("503 No", "content-length: 900"), b'{"error"'),
    lost(),
)
fault(
    "error-body-echoes-key",
    "The key is in no error, though the service repeats it.",
    says(http(error_json(400, "INVALID_ARGUMENT", f"API key {KEY} is bad"), "400 No")),
    Raises(kind=errors.ClientError, code=400, says="[secret]"),
)
fault(
    "error-header-echoes-key",
    "The key is in no error, though a header repeats it.",
    says(http(error_json(400, "INVALID_ARGUMENT"), "400 No", f"x-request-id: {KEY}", f"x-echo: {KEY}")),
    Raises(kind=errors.ClientError, code=400),
)
fault(
    "page-echoes-key",
    "The key is in no error, though a page under 200 repeats it.",
    body(b"<html>" + KEY.encode()),
    unreadable(),
)
fault(
    "redirect-echoes-key",
    "The key is in no error, though the redirect names it.",
    says(http(b"", "302 No", f"location: https://{KEY}.example/")),
    Raises(kind=errors.APIError, code=302),
)

# Bodies under 200

NO_ANSWERS: dict[str, bytes] = {
    "null": b"null",
    "number": b"12",
    "true": b"true",
    "string": b'"Hello"',
    "html": HTML,
    "xml": b'<?xml version="1.0"?><a>Hello</a>',
    "text": b"Hello",
    "cut-json": WHOLE[:-7],
    "garbage-after": WHOLE + b"}}",
    "two-answers": WHOLE + WHOLE,
    "no-utf8": WHOLE.replace(b"Hello", b"\xff\xfe\xfa"),
    "utf16": WHOLE.decode().encode("utf-16"),
    "lone-surrogate": WHOLE.replace(b"Hello", b"\\ud800"),
    "single-quotes": WHOLE.replace(b'"', b"'"),
    "deep": deep(100_000),
    "deep-objects": deep(100_000, b'{"a":', b"1"),
    "nul-bytes": b"\x00" * 64,
    "template": b"{{ answer }}",
    "script": b")]}'\n" + WHOLE,
    "array-of-text": b'["Hello"]',
    "number-that-never-ends": b"1" * 5000,
}
SPLIT = {"two-answers"}
"""Whole events one after the other, which a stream may well be."""
for name, data in NO_ANSWERS.items():
    fault(
        f"body-{name}",
        "A success that is no answer is one error that says what came; it would be no better again.",
        body(data, event(data) if name not in ("html", "text", "xml", "template", "script") else data),
        unreadable(),
        # A line of one word is a field without a value, which says nothing.
        streamed=lost() if name == "text" else unreadable(),
    )
fault(
    "body-empty",
    "An empty success is no success; a stream without an event was cut off.",
    body(b""),
    unreadable(),
    streamed=lost(),
)
fault("body-blank", "White space is nothing.", body(b" \r\n\r\n \n"), unreadable(), streamed=lost())
fault(
    "body-list",
    "A list of one answer is what streams are without SSE.",
    body(b"[" + WHOLE + b"]"),
    unreadable(),
    streamed=Right(),
)
fault("body-empty-list", "Nothing is no answer.", body(b"[]"), unreadable(), streamed=lost())
fault(
    "body-empty-object",
    "An answer without candidates is an empty reply, and flagged; a stream of it has no end.",
    body(b"{}", event(b"{}")),
    Flagged(reason="EMPTY"),
    streamed=lost(),
)
fault(
    "body-null-candidates",
    "Null is absence.",
    body(b'{"candidates": null}', event(b'{"candidates": null}')),
    Flagged(reason="EMPTY"),
    streamed=lost(),
)
fault(
    "body-no-candidates",
    "An answer without candidates is an empty reply.",
    body(b'{"candidates": []}', event(b'{"candidates": []}')),
    Flagged(reason="EMPTY"),
    streamed=lost(),
)
fault(
    "body-other-json",
    "JSON of somebody else is no reply; what a stream says beside its reply may be new, but there has to be one.",
    body(b'{"hello": "world"}', event(b'{"hello": "world"}')),
    unreadable(),
    streamed=lost(),
)
fault(
    "body-openai",
    "A gateway that speaks to another client has not answered this one.",
    body(b'{"id": "a", "object": "chat.completion", "choices": [{"message": {"content": "Hello"}}], "usage": {}}'),
    unreadable(),
    streamed=None,
)
fault(
    "body-usage-only",
    "Tokens without a reply are an empty one, and counted.",
    body(json.dumps({"usageMetadata": USAGE, "new": 1}).encode()),
    Flagged(reason="EMPTY"),
    streamed=None,
)
for name, data, code in (
    ("error", error_json(429, "RESOURCE_EXHAUSTED"), 429),
    ("error-in-list", b"[" + error_json(503, "UNAVAILABLE") + b"]", 503),
    ("error-without-code", b'{"error": {"message": "m"}}', 500),
    ("error-text", b'{"error": "overloaded"}', 500),
    ("error-code-text", b'{"error": {"code": "slow", "message": "m"}}', 500),
):
    fault(
        f"body-{name}",
        "An error under 200 is that error; before any content a stream asks again as for its status.",
        body(data, event(data)),
        Raises(kind=errors.APIError, code=code),
        streamed=Raises(kind=errors.APIError, code=code, requests=2),
    )
fault(
    "body-error-404",
    "An error under 200 that its status would not retry is not retried.",
    body(error_json(404, "NOT_FOUND"), event(error_json(404, "NOT_FOUND"))),
    Raises(kind=errors.ClientError, code=404, status="NOT_FOUND"),
)
fault(
    "body-error-null",
    "Null is absence.",
    body(WHOLE[:-1] + b', "error": null}', EVENTS.replace(b'"usage', b'"error": null, "usage')),
    Right(),
)
fault(
    "body-as-sse",
    "A proxy that streams what was not to be streamed is said so.",
    says(http(EVENTS, kind=SSE_TYPE)),
    unreadable(),
    streamed=None,
)
fault(
    "body-with-bom",
    "A byte order mark is no content.",
    body(b"\xef\xbb\xbf" + WHOLE, b"\xef\xbb\xbf" + EVENTS),
    Right(),
)
fault(
    "body-type-html",
    "The type may lie; the body counts.",
    lambda asked: iter([http(EVENTS if asked.streamed else WHOLE, kind="content-type: text/html")]),
    Right(),
)
fault(
    "body-type-missing",
    "The type may be missing.",
    lambda asked: iter([http(EVENTS if asked.streamed else WHOLE, kind="")]),
    Right(),
)
fault(
    "body-type-nonsense",
    "The type may be nonsense.",
    lambda asked: iter([http(EVENTS if asked.streamed else WHOLE, kind="content-type: ;;charset=\xff")]),
    Right(),
)
fault(
    "body-charset-latin1",
    "JSON is UTF-8 whatever the type says.",
    lambda asked: iter(
        [
            http(
                (EVENTS if asked.streamed else WHOLE).replace(b"Hello", "Hëllo".encode()),
                kind="content-type: application/json; charset=iso-8859-1",
            )
        ]
    ),
    Right(text="Hëllo world."),
)

# Replies that are badly formed

WRONG = "What parses and is badly formed is a flagged reply or one typed error, never a crash or a success."


def malformed(name: str, data: Any, unary: Outcome, streamed: Outcome | None = None) -> None:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    fault(f"malformed-{name}", WRONG, body(raw, event(raw)), unary, streamed=streamed or unary)


OPEN = {"finishReason": "STOP"}
MALFORMED: dict[str, Any] = {
    "candidates-object": {"candidates": {"content": {}}},
    "candidates-text": {"candidates": "Hello"},
    "candidate-text": {"candidates": ["Hello"]},
    "content-text": {"candidates": [{"content": "Hello", **OPEN}]},
    "content-list": {"candidates": [{"content": [1], **OPEN}]},
    "parts-object": {"candidates": [{"content": {"parts": {"text": "a"}}, **OPEN}]},
    "parts-text": {"candidates": [{"content": {"parts": "text"}, **OPEN}]},
    "part-text": {"candidates": [{"content": {"parts": ["text"]}, **OPEN}]},
    "part-list": {"candidates": [{"content": {"parts": [["text"]]}, **OPEN}]},
    "text-number": reply({"text": 1}),
    "text-object": reply({"text": {"a": 1}}),
    "text-list": reply({"text": ["a"]}),
    "call-text": reply({"functionCall": "f"}),
    "call-name-number": reply({"functionCall": {"name": 3, "args": {}}}),
    "call-args-list": reply({"functionCall": {"name": "f", "args": [1]}}),
    "call-args-text": reply({"functionCall": {"name": "f", "args": "{}"}}),
    "code-text": reply({"executableCode": "print(1)"}),
    "inline-data-text": reply({"inlineData": "AAAA"}),
    "inline-data-number": reply({"inlineData": {"mimeType": "image/png", "data": 1}}),
    "file-data-list": reply({"fileData": ["a"]}),
    "signature-number": reply({"text": "a", "thoughtSignature": 1}),
    "usage-list": {**reply({"text": "a"}), "usageMetadata": [1]},
    "usage-text": {**reply({"text": "a"}), "usageMetadata": {"promptTokenCount": "many"}},
    "feedback-text": {"promptFeedback": "blocked"},
    "finish-object": reply({"text": "a"}, finish=None, finishReason={"a": 1}),
    "ratings-text": reply({"text": "a"}, safetyRatings="bad"),
    "grounding-list": reply({"text": "a"}, groundingMetadata=[1]),
}
for name, wrong in MALFORMED.items():
    malformed(name, wrong, unreadable())
malformed(
    "path-of-piece-beyond-reason",
    reply({"functionCall": {"name": "f", "partialArgs": [{"jsonPath": "$.a[99999999999]", "numberValue": 1}]}}),
    unreadable(),
)
malformed("inline-data-empty", reply({"inlineData": {}}, {"text": HELLO}), Right())
malformed("candidate-null", {"candidates": [None]}, unreadable())
malformed("part-null", {"candidates": [{"content": {"parts": [None]}, **OPEN}]}, unreadable())
malformed("parts-null", {"candidates": [{"content": {"parts": None}, **OPEN}]}, Flagged(reason="EMPTY"))
malformed("content-null", {"candidates": [{"content": None, **OPEN}]}, Flagged(reason="EMPTY"))
malformed("no-content", {"candidates": [OPEN]}, Flagged(reason="EMPTY"))
malformed("part-empty", reply({}), Flagged(reason="EMPTY"))
malformed("call-null", reply({"functionCall": None}), Flagged(reason="EMPTY"))
malformed("call-empty", reply({"functionCall": {}}), Flagged(reason="EMPTY"))
malformed("call-without-name", reply({"functionCall": {"args": {"a": 1}}}), Flagged(reason="EMPTY"))
malformed("call-of-no-name", reply({"functionCall": {"name": "", "args": {}}}), Flagged(reason="EMPTY"))
malformed("call-without-name-beside-text", reply({"functionCall": {"args": {}}}, {"text": HELLO}), Right())
malformed("text-empty", reply({"text": ""}), Flagged(reason="EMPTY"))
malformed("finish-unknown", reply({"text": HELLO}, finish="NEW_REASON"), Right())
malformed(
    "finish-malformed-call",
    reply(finish="MALFORMED_FUNCTION_CALL", finishMessage="call(x="),
    Flagged(reason="MALFORMED_FUNCTION_CALL"),
)
malformed("finish-safety", reply(finish="SAFETY"), Flagged(reason="SAFETY"))
malformed("prompt-blocked", {"promptFeedback": {"blockReason": "SAFETY"}}, Flagged(reason="SAFETY"))
malformed("unknown-fields", {**reply({"text": HELLO, "newField": {"a": [1]}}), "another": 1}, Right())
malformed(
    "args-deep",
    b'{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"a": '
    + deep(100_000)
    + b"}}}]}}]}",
    unreadable(),
)

# Framing

BROKEN = "An answer that does not come to its end is a lost connection, which may pass."
fault("nothing-listens", BROKEN, well, lost(requests=0), closed=True)
fault("closed-at-once", BROKEN, says(End.CLOSE), lost())
fault("reset-at-once", BROKEN, says(End.RESET), lost())
fault("closed-in-status-line", BROKEN, says(b"HTTP/1.1 20"), lost())
fault("closed-in-head", BROKEN, says(b"HTTP/1.1 200 OK\r\ncontent-ty"), lost())
fault("closed-after-head", BROKEN, says(head("200 OK", JSON_TYPE, "content-length: 10")), lost())
fault("reset-after-head", BROKEN, says(head("200 OK", JSON_TYPE, "content-length: 10"), 0.02, End.RESET), lost())
fault("chunks-without-end", BROKEN, lambda asked: iter([CHUNKED, chunks(WHOLE, end=False)]), lost(), streamed=None)
fault(
    "length-too-long",
    BROKEN,
    says(head("200 OK", JSON_TYPE, f"content-length: {len(WHOLE) + 5}"), WHOLE),
    lost(),
    streamed=None,
)
fault("closed-once", "After a lost connection the next one may do.", in_turn(says(End.CLOSE), well), Right(requests=2))
fault("reset-once", "After a lost connection the next one may do.", in_turn(says(End.RESET), well), Right(requests=2))
fault(
    "length-too-short",
    "What follows the length is not the answer's.",
    says(head("200 OK", JSON_TYPE, f"content-length: {len(WHOLE) - 5}"), WHOLE),
    unreadable(),
    streamed=None,
)
for name, lines in {
    "length-negative": ["content-length: -5"],
    "length-no-number": ["content-length: many"],
    "length-twice": ["content-length: 5", "content-length: 900"],
    "length-and-chunked": ["content-length: x", "transfer-encoding: chunked"],
    "transfer-unknown": ["transfer-encoding: banana"],
    "header-without-colon": ["no header at all"],
    "header-with-nul": ["x-a: a\x00b"],
    "header-name-blank": ["x a: b", "content-length: 0"],
}.items():
    fault(f"head-{name}", "What is no HTTP is a lost connection.", says(head("200 OK", *lines), WHOLE), lost())
for name, raw in {
    "http-0.9": WHOLE,
    "http-2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "noise": bytes(range(256)) * 8,
    "status-no-number": b"HTTP/1.1 OK OK\r\n\r\n",
    "status-long": b"HTTP/1.1 2000 OK\r\n\r\n",
    "no-status": b"\r\n\r\n\r\n",
    "tls-alert": b"\x15\x03\x03\x00\x02\x02\x28",
}.items():
    fault(f"protocol-{name}", "What is no HTTP is a lost connection.", says(raw), lost())
fault(
    "protocol-plain-for-tls",
    "A server without TLS is a failed connection, not an answer.",
    well,
    lost(requests=0),
    tls=True,
)
fault(
    "head-huge",
    "A head beyond any bound is refused.",
    says(b"HTTP/1.1 200 OK\r\nx-a: " + b"a" * 300_000 + b"\r\n\r\n"),
    lost(),
)
fault(
    "head-endless",
    "A head beyond any bound is refused.",
    says(b"HTTP/1.1 200 OK\r\n" + b"x-a: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 20_000),
    lost(),
)
fault(
    "head-folded",
    "A folded header is one header.",
    lambda asked: iter([http(EVENTS if asked.streamed else WHOLE, "200 OK", "x-a: a\r\n  b")]),
    Right(),
)
fault(
    "redirect-to-script",
    "What names no address is a broken answer.",
    says(http(b"", "302 Found", "location: javascript:alert(1)")),
    unreadable(),
)
fault(
    "head-latin1",
    "A header in another encoding is only a header.",
    lambda asked: iter([http(EVENTS if asked.streamed else WHOLE, "200 OK", "x-a: \xe9\xff")]),
    Right(),
)
fault(
    "head-1.0",
    "HTTP/1.0 ends with its connection.",
    lambda asked: iter([b"HTTP/1.0 200 OK\r\n\r\n" + (EVENTS if asked.streamed else WHOLE)]),
    Right(),
)
fault(
    "head-no-length",
    "Without a length the answer ends with its connection.",
    lambda asked: iter([head("200 OK"), EVENTS if asked.streamed else WHOLE]),
    Right(),
)
fault("chunk-size-no-number", BROKEN, says(CHUNKED, b"zz\r\nHello\r\n"), lost())
fault("chunk-size-huge", BROKEN, says(CHUNKED, b"ffffffffffffffffffffffff\r\nHello\r\n"), lost())
fault("chunk-size-short", BROKEN, says(CHUNKED, b"2\r\n" + WHOLE + b"\r\n0\r\n\r\n"), lost())
fault(
    "chunk-extensions",
    "Extensions of chunks and trailers say nothing.",
    lambda asked: iter(
        [
            CHUNKED,
            b"%x;a=b\r\n%s\r\n0\r\nx-trailer: 1\r\n\r\n"
            % ((len(EVENTS), EVENTS) if asked.streamed else (len(WHOLE), WHOLE)),
        ]
    ),
    Right(),
)
fault("bytes-one-by-one", "How bytes are cut says nothing.", piecemeal(1), Right())
fault("bytes-by-seven", "How bytes are cut says nothing.", piecemeal(7), Right())

# Time

SLOW = "Time that is spent is not spent again."
fault("silent", SLOW, says(End.HOLD), late(), impatient=True)
fault("silent-after-head", SLOW, says(CHUNKED, End.HOLD), late(), impatient=True)
fault("silent-in-head", SLOW, says(b"HTTP/1.1 200 OK\r\n", End.HOLD), late(), impatient=True)
fault(
    "silent-in-body",
    SLOW,
    says(head("200 OK", JSON_TYPE, "content-length: 900"), WHOLE[:20], End.HOLD),
    late(),
    impatient=True,
)
fault(
    "silent-error-body",
    SLOW,
    says(head("503 No", JSON_TYPE, "content-length: 900"), b"{", End.HOLD),
    late(),
    impatient=True,
)


def drip(_: Asked) -> Iterator[Say]:
    yield CHUNKED
    for _step in range(400):
        yield chunks(b" ", end=False)
        yield 0.05


fault("dripping", "A unary answer has one deadline for all of it.", drip, late(), streamed=None, impatient=True)


def drip_error(_: Asked) -> Iterator[Say]:
    yield head("400 No", JSON_TYPE, "transfer-encoding: chunked")
    for _step in range(400):
        yield chunks(b" ", end=False)
        yield 0.05


fault("dripping-error-body", "An error has one deadline too, in a stream as well.", drip_error, late(), impatient=True)
fault("slow-then-right", "What comes in time is right.", lambda asked: iter([0.1, *well(asked)]), Right())

# Encodings

fault("gzip", "An encoded body is decoded.", encoded("gzip", gzip.compress(WHOLE), gzip.compress(EVENTS)), Right())
fault(
    "deflate", "An encoded body is decoded.", encoded("deflate", zlib.compress(WHOLE), zlib.compress(EVENTS)), Right()
)
fault(
    "deflate-raw",
    "An encoded body is decoded.",
    encoded("deflate", zlib.compress(WHOLE, wbits=-15), zlib.compress(EVENTS, wbits=-15)),
    Right(),
)
fault("identity", "No encoding is one too.", encoded("identity", WHOLE, EVENTS), Right())
fault(
    "gzip-twice",
    "Encodings are undone in turn.",
    encoded("gzip, gzip", gzip.compress(gzip.compress(WHOLE)), gzip.compress(gzip.compress(EVENTS))),
    Right(),
)
fault(
    "gzip-in-name-only",
    "What cannot be decoded is said so, and not asked again.",
    encoded("gzip", WHOLE, EVENTS),
    unreadable(),
)
fault(
    "gzip-broken",
    "What cannot be decoded is said so.",
    encoded("gzip", gzip.compress(WHOLE)[:12] + b"\xff" * 40, gzip.compress(EVENTS)[:12] + b"\xff" * 40),
    unreadable(),
)
fault(
    "gzip-cut",
    "A cut body is never an answer.",
    encoded("gzip", gzip.compress(WHOLE)[:-30], gzip.compress(EVENTS)[:-30]),
    Raises(kind=errors.APIError),
    streamed=Raises(kind=errors.APIError, after="Hello"),
)
fault(
    "encoding-unknown",
    "An encoding that nobody asked for is no answer.",
    encoded("banana", b"\x8b\x01\x02", b"\x8b\x01\x02"),
    unreadable(),
)
fault(
    "gzip-of-nothing",
    "White space is nothing, however much of it comes.",
    encoded("gzip", gzip.compress(b" " * 30_000_000), gzip.compress(b"\n" * 300_000)),
    unreadable(),
    streamed=lost(),
)

# Events

STREAM = "Events are read as the standard says."


def in_stream(name: str, rule: str, data: bytes, outcome: Outcome) -> None:
    fault(f"sse-{name}", rule, body(b"", data), outcome, unary=None)


in_stream("lf", STREAM, EVENTS.replace(b"\r\n", b"\n"), Right())
in_stream("cr", STREAM, EVENTS.replace(b"\r\n", b"\r"), Right())
in_stream("mixed-ends", STREAM, FIRST.replace(b"\r\n", b"\n") + LAST, Right())
in_stream("no-space", STREAM, EVENTS.replace(b"data: ", b"data:"), Right())
in_stream("no-last-blank-line", STREAM, EVENTS.rstrip(), Right())
in_stream("comments", STREAM, b": keep-alive\r\n\r\n" + FIRST + b":\r\n\r\n: ping\r\n" + LAST, Right())
in_stream(
    "other-fields", STREAM, b"event: message\r\nid: 7\r\nretry: 10\r\n" + FIRST + b"event: end\r\n" + LAST, Right()
)
in_stream("empty-data", STREAM, b"data:\r\n\r\ndata: \r\n\r\n" + EVENTS, Right())
in_stream(
    "many-data-lines",
    STREAM,
    b"\r\n".join(b"data: " + line for line in json.dumps(reply({"text": HELLO}), indent=1).encode().split(b"\n"))
    + b"\r\n\r\n",
    Right(),
)
in_stream(
    "line-separators-in-text",
    STREAM,
    event(json.dumps(reply({"text": "a\u2028b\u2029c\u0085d"}), ensure_ascii=False).encode()),
    Right(text="a\u2028b\u2029c\u0085d"),
)
in_stream("bare-array", "Without SSE a stream is an array.", b"[" + WHOLE + b"]", Right())
in_stream(
    "bare-array-of-two",
    "Without SSE a stream is an array.",
    b"[" + FIRST[6:].strip() + b",\r\n" + LAST[6:].strip() + b"\n]",
    Right(),
)
in_stream(
    "bare-array-cut", "A cut array was cut off.", b"[" + FIRST[6:].strip() + b",\r\n" + LAST[6:40], partial(lost())
)
in_stream("bare-lines", "Events without their field name are events.", FIRST[6:] + LAST[6:], Right())
in_stream(
    "done-mark",
    "`[DONE]` is another service's, and no JSON.",
    EVENTS + b"data: [DONE]\r\n\r\n",
    partial(unreadable(), HELLO),
)
in_stream("only-comments", "A stream without an event was cut off.", b": ping\r\n\r\n" * 20, lost())
in_stream(
    "no-finish",
    "A stream without a finish reason was cut off, and what came is kept.",
    FIRST,
    partial(lost(status="STREAM_CUT_OFF")),
)
in_stream(
    "no-content-no-finish",
    "A stream that brought only usage was cut off.",
    event({"usageMetadata": USAGE}),
    lost(requests=2),
)
in_stream("event-cut", "A cut event is a cut stream.", FIRST + LAST[:30], partial(lost()))
in_stream(
    "first-event-cut", "A cut event is a cut stream; nothing was handed out, so it is asked again.", FIRST[:30], lost()
)
in_stream("page-after-event", "A page in the middle is said so, after what came.", FIRST + HTML, partial(unreadable()))
in_stream(
    "bad-json-after-event",
    "What cannot be read is said so, after what came.",
    FIRST + event(b"{bad}") + LAST,
    partial(unreadable()),
)
in_stream(
    "number-after-event",
    "What cannot be read is said so, after what came.",
    FIRST + event(b"12") + LAST,
    partial(unreadable()),
)
for code in (400, 429, 503):
    kind = errors.ClientError if code < 500 else errors.ServerError
    data = error_json(code, NAMES[code])
    in_stream(
        f"error-{code}-after-event",
        "An error in a stream is raised after what came, and nothing is asked again.",
        FIRST + event(data),
        Raises(kind=kind, code=code, status=NAMES[code], after="Hello"),
    )
    in_stream(
        f"bare-error-{code}-after-event",
        "The service also writes errors bare, over many lines.",
        FIRST + json.dumps(json.loads(data), indent=2).encode(),
        Raises(kind=kind, code=code, after="Hello"),
    )
in_stream(
    "error-in-list-after-event",
    "A list of one error is that error.",
    FIRST + event(b"[" + error_json(503, "UNAVAILABLE") + b"]"),
    Raises(kind=errors.ServerError, code=503, after="Hello"),
)
in_stream(
    "error-after-finish",
    "An error is an error, also after the finish reason.",
    EVENTS + event(error_json(500, "INTERNAL")),
    Raises(kind=errors.ServerError, code=500, after=HELLO),
)
in_stream(
    "blocked-after-event",
    "A block reason ends a stream.",
    FIRST + event({"promptFeedback": {"blockReason": "OTHER"}}),
    Flagged(reason="OTHER", text="Hello"),
)
in_stream(
    "usage-after-finish", "Events go on after the finish reason.", EVENTS + event({"usageMetadata": USAGE}), Right()
)
in_stream(
    "finish-alone",
    "The finish reason may come alone.",
    FIRST + event(reply({"text": " world."}, finish=None)) + event({"candidates": [{"finishReason": "STOP"}]}),
    Right(),
)
in_stream(
    "empty-events",
    "Events without content are passed over.",
    event(b"{}") + FIRST + event({"candidates": [{}]}) + event({"candidates": [{"content": {}}]}) + LAST,
    Right(),
)
in_stream(
    "other-candidate-first",
    "Only the first candidate is the reply.",
    FIRST + LAST.replace(b'"finishReason"', b'"index": 0, "finishReason"'),
    Right(),
)
fault(
    "sse-error-once",
    "An error as first event is asked again as its status would be.",
    in_turn(body(b"", event(error_json(503, "UNAVAILABLE"))), well),
    Right(requests=2),
    unary=None,
)
fault(
    "sse-cut-once",
    "A stream that was cut before its first event is asked again.",
    in_turn(body(b"", b""), well),
    Right(requests=2),
    unary=None,
)
fault(
    "sse-reset-after-event",
    "A lost connection is raised after what came.",
    says(CHUNKED, chunks(FIRST, end=False), 0.05, End.RESET),
    partial(lost()),
    unary=None,
)
fault(
    "sse-closed-after-event",
    "A lost connection is raised after what came.",
    says(CHUNKED, chunks(FIRST, end=False)),
    partial(lost()),
    unary=None,
)
fault(
    "sse-no-last-chunk",
    "HTTP says whether an answer is whole: without its end it is not.",
    says(CHUNKED, chunks(EVENTS, end=False)),
    partial(lost(), HELLO),
    unary=None,
)
fault(
    "sse-bad-chunk-after-event",
    "What is no HTTP is a lost connection, after what came.",
    says(CHUNKED, chunks(FIRST, end=False), b"zz\r\n"),
    partial(lost()),
    unary=None,
)
fault(
    "sse-silent-after-event",
    "Silence is bounded, and raised after what came.",
    says(CHUNKED, chunks(FIRST, end=False), End.HOLD),
    partial(late()),
    unary=None,
    impatient=True,
)
fault(
    "sse-gzip-broken-after-event",
    "What cannot be decoded is raised after what came.",
    says(head("200 OK", SSE_TYPE, "content-encoding: gzip"), gzip.compress(FIRST) + b"\x00broken"),
    Raises(kind=errors.APIError, after="Hello"),
    unary=None,
)
fault(
    "sse-utf8-cut-between-blocks",
    "A character may come in two blocks.",
    lambda asked: iter(
        [
            CHUNKED,
            *(
                chunks(event(json.dumps(reply({"text": "ä€😀"}), ensure_ascii=False).encode())[i : i + 1], end=False)
                for i in range(len(event(json.dumps(reply({"text": "ä€😀"}), ensure_ascii=False).encode())))
            ),
            b"0\r\n\r\n",
        ]
    ),
    Right(text="ä€😀"),
    unary=None,
)

# Size

LONG = "x" * 3_000_000
fault(
    "size-3-mb",
    "An answer has no bound but time.",
    body(json.dumps(reply({"text": LONG})).encode(), event(reply({"text": LONG}))),
    Right(text=LONG),
)
fault(
    "size-3000-events",
    "An answer has no bound but time.",
    body(b"", event(reply({"text": "x"}, finish=None)) * 3000 + event(reply({"text": "y"}))),
    Right(text="x" * 3000 + "y"),
    unary=None,
)
fault(
    "size-3000-parts",
    "An answer has no bound but time.",
    body(json.dumps(reply(*[{"text": "x"}] * 3000)).encode(), event(reply(*[{"text": "x"}] * 3000))),
    Right(text="x" * 3000),
)
fault("size-40000-comments", "Comments are passed over.", body(b"", b": ping\n" * 40_000 + EVENTS), Right(), unary=None)
fault("size-one-line-page", "A long page is an excerpt.", body(b"<" + b"x" * 2_000_000), unreadable())
