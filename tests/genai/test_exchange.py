"""Flows as values: what is sent, when it is sent again, and which error comes out; no loop, no clock, no socket."""

import json
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from langchain_genai_chat.genai import errors
from langchain_genai_chat.genai._auth import KeyAuth
from langchain_genai_chat.genai._exchange import (
    Calls,
    Emit,
    Exchange,
    Flow,
    Now,
    Read,
    Request,
    stream_with_retries,
    with_retries,
)
from langchain_genai_chat.genai._outcomes import read_body, read_json
from langchain_genai_chat.genai.types.options import HttpRetryOptions, RetryPolicy

URL = "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent"
KEY = "made-up-key-0123456789-abcdefghi"
CALL = Request(method="POST", url=URL, body=b"{}")
STREAM = replace(CALL, stream=True)
CALM = RetryPolicy(jitter_s=0.0)  # a wait that can be foretold
TEXT = {"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}
END = {"candidates": [{"finishReason": "STOP"}]}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What comes back for a request, in blocks that may be errors, or seconds until the next, after some time."""

    status: int = 200
    blocks: tuple[bytes | Exception | float, ...] = (b"{}",)
    headers: dict[str, str] = field(default_factory=dict)
    takes_s: float = 0.0


def failure(code: int, status: str = "X", *, headers: dict[str, str] | None = None, details: Any = None) -> Answer:
    error = {"code": code, "message": "No.", "status": status, "details": details or []}
    return Answer(status=code, blocks=(json.dumps({"error": error}).encode(),), headers=headers or {})


def events(*values: Any, then: tuple[bytes | Exception | float, ...] = ()) -> Answer:
    return Answer(blocks=(*(f"data: {json.dumps(value)}\r\n\r\n".encode() for value in values), *then))


class Play:
    """Runs a flow: answers from a script, and a clock that moves with delays and with the time that answers take."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self._answers = deque(answers)
        self._blocks: Iterator[bytes | Exception | float] = iter(())
        self.now = 100.0
        self.requests: list[Request] = []
        self.emitted: list[Any] = []

    @property
    def delays(self) -> list[float]:
        return [request.delay_s for request in self.requests]

    def run(self, flow: Flow[Any]) -> Any:
        exchange = Exchange(flow)
        while not exchange.done:
            try:
                answer = self._do(exchange.wanted)
            except errors.APIError as error:
                exchange.fail(error)
            else:
                exchange.answer(answer)
        return exchange.result

    def _do(self, wanted: Any) -> Any:
        match wanted:
            case Now():
                return self.now
            case Request():
                return self._send(wanted)
            case Read(whole=True):
                return wanted.response.read()
            case Read():
                block = next(self._blocks, b"")
                while isinstance(block, float):
                    self.now += block
                    block = next(self._blocks, b"")
                if isinstance(block, Exception):
                    raise block
                return block
            case Emit(chunk=chunk):
                return self.emitted.append(chunk)
            case Calls(functions=functions):
                return [function() for function in functions]
        raise AssertionError(wanted)

    def _send(self, request: Request) -> httpx.Response:
        self.requests.append(request)
        self.now += request.delay_s
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        self.now += answer.takes_s
        self._blocks = iter(answer.blocks)
        body = b"".join(block for block in answer.blocks if isinstance(block, bytes))
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.body)
        return httpx.Response(answer.status, headers=answer.headers, content=body, request=sent)


def ended(event: dict[str, Any]) -> bool:
    return any(candidate.get("finishReason") for candidate in event.get("candidates", ()))


def stream(policy: RetryPolicy = CALM, request: Request = STREAM) -> Flow[None]:
    return stream_with_retries(request, policy, read_json, ended, lambda event: event != {})


def call(policy: RetryPolicy = CALM, request: Request = CALL) -> Flow[Any]:
    return with_retries(request, policy)


def dropped() -> errors.APIConnectionError:
    return errors.APIConnectionError.because("The connection failed: reset")


def silent() -> errors.APITimeoutError:
    return errors.APITimeoutError.because("No answer in time")


def unconnected() -> errors.APITimeoutError:
    return errors.APITimeoutError.because("No connection in time", may_pass=True)


FLOWS: dict[str, Callable[..., Flow[Any]]] = {"call": call, "stream": stream}
GOOD = {"call": Answer(), "stream": events(END)}
both = pytest.mark.parametrize("kind", FLOWS)


@pytest.mark.behaviour("B047")
@both
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_k_retries_make_k_plus_1_requests(kind: str, retries: int) -> None:
    """One less or one more, and a user who sets the number gets another."""
    play = Play(*[failure(503)] * 9)
    with pytest.raises(errors.ServerError):
        play.run(FLOWS[kind](CALM.with_(max_retries=retries)))
    assert len(play.requests) == retries + 1


@pytest.mark.behaviour("B050")
@both
@pytest.mark.parametrize(
    ("code", "sent"),
    [(code, 3) for code in (408, 429, 500, 502, 503, 504)]
    + [(code, 1) for code in (400, 401, 403, 404, 405, 409, 413, 422, 499, 501, 302, 304)],
)
def test_only_what_may_pass_is_tried_again(kind: str, code: int, sent: int) -> None:
    """A refusal repeated is slow and still a refusal; an overload passes."""
    play = Play(*[failure(code)] * 9)
    with pytest.raises(errors.APIError) as caught:
        play.run(FLOWS[kind]())
    assert (len(play.requests), caught.value.code) == (sent, code)


@pytest.mark.behaviour("B050")
@both
@pytest.mark.parametrize(("problem", "sent"), [(dropped, 2), (unconnected, 2), (silent, 1)])
def test_connections_that_failed_are_tried_again_but_not_a_silence(kind: str, problem: Any, sent: int) -> None:
    """Who was silent for the whole time has spent it; a refused or reset connection took none."""
    play = Play(problem(), GOOD[kind])
    if sent == 1:
        with pytest.raises(errors.APITimeoutError):
            play.run(FLOWS[kind]())
    else:
        play.run(FLOWS[kind]())
    assert len(play.requests) == sent


@both
def test_the_last_error_itself_is_raised(kind: str) -> None:
    """A wrapper would hide what the service said last."""
    play = Play(failure(503, "FIRST"), failure(500, "LAST"))
    with pytest.raises(errors.ServerError) as caught:
        play.run(FLOWS[kind](CALM.with_(max_retries=1)))
    assert caught.value.status == "LAST"


@both
def test_the_wait_grows_up_to_its_bound(kind: str) -> None:
    """All clients of an overloaded service that come back at once keep it overloaded."""
    play = Play(*[failure(503)] * 5, GOOD[kind])
    play.run(FLOWS[kind](CALM.with_(max_retries=9, max_delay_s=5.0)))
    assert play.delays == [0.0, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_the_wait_is_spread_by_the_jitter() -> None:
    """A thousand clients with one backoff are one big client."""
    delays = set()
    for _ in range(20):
        play = Play(failure(503), Answer())
        play.run(call(RetryPolicy(jitter_s=1.0)))
        delays.add(play.delays[1])
    assert len(delays) > 1
    assert all(1.0 <= delay <= 2.0 for delay in delays)


def asking(seconds: str) -> list[dict[str, str]]:
    return [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": seconds}]


@pytest.mark.behaviour("B049", "F08")
@both
@pytest.mark.parametrize(
    ("problem", "delay_s"),
    [
        (failure(429, details=asking("7s")), 7.0),
        (failure(429, details=asking("7.25s")), 7.25),
        (failure(429, headers={"retry-after": "7"}), 7.0),
        (failure(429, headers={"retry-after": "7"}, details=asking("9s")), 9.0),
        (failure(429, headers={"retry-after": "9"}, details=asking("7s")), 9.0),
        (failure(503, headers={"retry-after": "0"}), 1.0),
        (failure(503, headers={"retry-after": "soon"}), 1.0),
        (failure(429, details=asking("never")), 1.0),
        (failure(429, details=["odd", {"@type": 3}]), 1.0),
    ],
)
def test_the_servers_delay_is_kept(kind: str, problem: Answer, delay_s: float) -> None:
    """Who comes back earlier is refused again, and may be kept out for longer."""
    play = Play(problem, GOOD[kind])
    play.run(FLOWS[kind]())
    assert play.delays == [0.0, delay_s]


@pytest.mark.behaviour("B049")
def test_the_servers_delay_may_be_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9110 has both forms."""
    monkeypatch.setattr(time, "time", lambda: 784111770.0)
    play = Play(failure(503, headers={"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}), Answer())
    play.run(call())
    assert play.delays == [0.0, 7.0]


@pytest.mark.behaviour("B049")
@both
def test_a_delay_beyond_the_bound_raises_at_once(kind: str) -> None:
    """A daily quota does not come back within minutes: the caller decides, and is told how long."""
    play = Play(failure(429, details=asking("61s")))
    with pytest.raises(errors.ClientError) as caught:
        play.run(FLOWS[kind]())
    assert (caught.value.retry_after, len(play.requests)) == (61.0, 1)


@both
def test_no_retry_begins_that_the_deadline_would_end(kind: str) -> None:
    """To sleep until the time is over and then to fail is the worst of both; a stream has not begun by then either."""
    play = Play(replace(failure(503), takes_s=9.5), GOOD[kind])
    with pytest.raises(errors.ServerError):
        play.run(FLOWS[kind](CALM.with_(deadline_s=10.0)))
    assert (len(play.requests), play.now) == (1, 109.5)


@pytest.mark.behaviour("B051")
def test_a_retry_has_the_time_that_is_left() -> None:
    """Ten seconds mean ten seconds, not ten for each attempt."""
    play = Play(replace(failure(503), takes_s=4.0), Answer())
    play.run(call(CALM.with_(deadline_s=10.0)))
    assert [request.read_s for request in play.requests] == [10.0, 5.0]
    assert [request.connect_s for request in play.requests] == [10.0, 5.0]


@pytest.mark.behaviour("B051")
def test_a_streams_silence_is_bounded_not_its_length() -> None:
    """A long answer that keeps coming is a good one."""
    end = f"data: {json.dumps(END)}\r\n\r\n".encode()
    play = Play(failure(503), replace(events(TEXT, then=(400.0, end)), takes_s=400.0))
    play.run(stream(CALM.with_(deadline_s=10.0, silence_s=33.0)))
    assert [request.read_s for request in play.requests] == [33.0, 33.0]


IDLE: dict[str, bytes] = {
    "comments": b": ping\n\n",
    "a comment without an end": b":.............",
    "empty lines": b"\r\n",
    "spaces": b"   ",
    "other fields": b"event: ping\n",
    "half of another field": b"event",
    "commas of an array": b"\n,",
}
OF_AN_EVENT: dict[str, tuple[bytes, ...]] = {
    "an event": (b'data: {"candidates": [{"finishReason":', b"  ", b"  ", b'"STOP"}]}\n\n'),
    "its beginning": (b"d", b"a", b"t", b'a: {"candidates": [{"finishReason": "STOP"}]}\n\n'),
    "lines of one event": (b"data: {\n", b'data: "candidates": [{\n', b'data: "finishReason": "STOP"}]}\n\n'),
    "JSON": (b'{"candidates": [{', b"   ", b'"finishReason": ', b'"STOP"}]}'),
    "an array": (b"[{", b"  ", b'"candidates": [{"finishReason": ', b'"STOP"}]}]'),
}
PATIENT = CALM.with_(deadline_s=600.0, silence_s=120.0)


@pytest.mark.behaviour("B051")
@pytest.mark.parametrize("policy", [PATIENT, PATIENT.with_(deadline_s=120.0, silence_s=600.0)], ids=["", "silent"])
@pytest.mark.parametrize("before", [(), (TEXT,)], ids=["at once", "after text"])
@pytest.mark.parametrize("block", IDLE.values(), ids=IDLE)
def test_a_stream_that_brings_no_event_ends(block: bytes, before: tuple[Any, ...], policy: RetryPolicy) -> None:
    """A gateway's comments keep a connection alive, while a model thinks for minutes; not for ever."""
    start = (b"[",) if b"," in block else ()
    answer = events(*before, then=(*start, *(piece for _ in range(1000) for piece in (100.0, block))))
    play = Play(answer, events(END))
    with pytest.raises(errors.APITimeoutError) as caught:
        play.run(stream(policy))
    assert (caught.value.status, caught.value.partial) == ("DEADLINE_EXCEEDED", bool(before))
    assert (play.emitted, len(play.requests)) == ([*before], 1)
    assert 600.0 < play.now - 100.0 <= 600.0 + 2 * 100.0


@pytest.mark.behaviour("B051")
@pytest.mark.parametrize("block", IDLE.values(), ids=IDLE)
def test_what_is_no_event_may_come_for_long_between_events(block: bytes) -> None:
    """The time is counted anew from each of them."""
    quiet = (*(piece for _ in range(5) for piece in (100.0, block)), b"\n\n")
    text = f"data: {json.dumps(TEXT)}\n\n".encode()
    end = f"data: {json.dumps(END)}\n\n".encode()
    if b"," in block:  # between the elements of an array
        text, end = (json.dumps(value).encode() for value in (TEXT, END))
        play = Play(Answer(blocks=(b"[", text, *quiet, text, *quiet, end, b"]")))
    else:
        play = Play(Answer(blocks=(*quiet, text, *quiet, text, *quiet, end, *quiet)))
    play.run(stream(PATIENT))
    assert play.emitted == [TEXT, TEXT, END]


@pytest.mark.behaviour("B051")
@pytest.mark.parametrize("blocks", OF_AN_EVENT.values(), ids=OF_AN_EVENT)
def test_an_event_may_come_slowly(blocks: tuple[bytes, ...]) -> None:
    """A large picture on a thin line: each part of it comes in time."""
    play = Play(Answer(blocks=tuple(piece for block in blocks for piece in (119.0,) * 6 + (block,))))
    play.run(stream(PATIENT))
    assert play.emitted == [END]


@pytest.mark.behaviour("B051")
def test_the_head_of_a_streams_answer_has_the_deadline() -> None:
    """The request is sent in it too, which may be large; its first event may be waited for for longer."""
    play = Play(failure(503), events(END))
    play.run(stream(CALM.with_(deadline_s=100.0, silence_s=33.0)))
    assert [request.head_s for request in play.requests] == [100.0, 99.0]
    play = Play(events(END))
    play.run(stream(CALM.with_(deadline_s=10.0, silence_s=33.0)))
    assert [request.head_s for request in play.requests] == [33.0]


@dataclass
class Token:
    """An identity that can be renewed some times."""

    renewals: int
    asked: int = 0

    def sign(self, request: Request, *, refused: Request | None = None) -> Flow[Request | None]:
        (number,) = yield Calls((lambda: self.asked,))
        if refused:
            self.asked += 1
            if self.asked > self.renewals:
                return None
            number = self.asked
        return replace(request, headers={"authorization": f"Bearer secret-token-{number}"})


@both
def test_a_refused_token_is_renewed_once(kind: str) -> None:
    """It may have expired on its way; a second refusal is meant."""
    token = Token(renewals=5)
    play = Play(failure(401), failure(401), GOOD[kind])
    with pytest.raises(errors.ClientError) as caught:
        play.run(FLOWS[kind](CALM, replace(STREAM if kind == "stream" else CALL, auth=token)))
    sent = [request.headers["authorization"] for request in play.requests]
    assert sent == ["Bearer secret-token-0", "Bearer secret-token-1"]
    assert caught.value.code == 401


@both
def test_a_renewed_token_goes_on_without_a_wait(kind: str) -> None:
    """An expired token is no failure of the service, and costs none of the retries."""
    play = Play(failure(401), GOOD[kind])
    request = replace(STREAM if kind == "stream" else CALL, auth=Token(renewals=1))
    play.run(FLOWS[kind](CALM.with_(max_retries=0), request))
    assert play.delays == [0.0, 0.0]


def test_a_renewed_token_has_the_time_that_is_left() -> None:
    """The deadline is the call's, whoever is asked for tokens meanwhile."""
    play = Play(replace(failure(401), takes_s=4.0), Answer())
    play.run(call(CALM.with_(deadline_s=10.0), replace(CALL, auth=Token(renewals=1))))
    assert [request.read_s for request in play.requests] == [10.0, 6.0]


def test_a_key_that_is_refused_is_not_tried_again() -> None:
    """There is no other key."""
    play = Play(failure(401))
    with pytest.raises(errors.ClientError):
        play.run(call(request=replace(CALL, auth=KeyAuth(KEY))))
    assert len(play.requests) == 1


# Streams


def test_a_stream_gives_its_events_as_they_come() -> None:
    """Each of them, in order, once."""
    play = Play(events(TEXT, TEXT, END))
    play.run(stream())
    assert play.emitted == [TEXT, TEXT, END]


@pytest.mark.behaviour("B048")
@pytest.mark.parametrize("code", [429, 503])
def test_an_error_as_first_event_is_retried_as_its_status_would_be(code: int) -> None:
    """The status was sent before the model was found overloaded; the error comes inside of a 200."""
    error = {"error": {"code": code, "message": "Later.", "status": "X", "details": asking("7s")}}
    play = Play(events(error), events(TEXT, END))
    play.run(stream())
    assert (play.emitted, play.delays) == ([TEXT, END], [0.0, 7.0])


@pytest.mark.behaviour("B048")
def test_an_error_after_an_event_is_raised_as_partial() -> None:
    """What the consumer has seen cannot be taken back, so nothing is sent again."""
    play = Play(events(TEXT, {"error": {"code": 429, "message": "Later.", "status": "RESOURCE_EXHAUSTED"}}))
    with pytest.raises(errors.ClientError) as caught:
        play.run(stream())
    assert (caught.value.partial, caught.value.code, caught.value.status) == (True, 429, "RESOURCE_EXHAUSTED")
    assert (play.emitted, len(play.requests)) == ([TEXT], 1)


def test_what_comes_before_the_first_content_is_held_back() -> None:
    """An event without content shows nobody anything, so it does not keep from asking again."""
    play = Play(events({}, {}), events({}, TEXT, then=(dropped(),)))
    with pytest.raises(errors.APIConnectionError) as caught:
        play.run(stream())
    assert caught.value.partial
    assert (play.emitted, len(play.requests)) == ([{}, TEXT], 2)


def test_an_error_before_any_event_is_not_partial() -> None:
    """A fallback may take over exactly where nothing was shown."""
    play = Play(events({"error": {"code": 400, "message": "No."}}))
    with pytest.raises(errors.ClientError) as caught:
        play.run(stream())
    assert caught.value.partial is False


@pytest.mark.parametrize("problem", [dropped, silent])
def test_a_connection_lost_after_an_event_is_raised_as_partial(problem: Any) -> None:
    """As an error inside: the beginning was shown."""
    play = Play(events(TEXT, then=(problem(),)))
    with pytest.raises(errors.APIConnectionError) as caught:
        play.run(stream())
    assert caught.value.partial
    assert len(play.requests) == 1


def test_a_connection_lost_before_any_event_is_tried_again() -> None:
    """Nothing was shown, nothing is lost."""
    play = Play(events(then=(b"data: {", dropped())), events(END))
    play.run(stream())
    assert play.emitted == [END]


@pytest.mark.parametrize(
    "rest",
    [b"", b'data: {"candidates": [{"finishReason": "ST', b"dat", b'[{"a', b"\r\n"],
    ids=["at an event", "in an event", "in a field's name", "in JSON", "at a line"],
)
def test_a_stream_without_an_end_was_cut_off(rest: bytes) -> None:
    """A connection that closes early looks like one that closes; only the finish reason tells."""
    play = Play(events(TEXT, then=(rest,)))
    with pytest.raises(errors.APIConnectionError) as caught:
        play.run(stream())
    assert (caught.value.status, caught.value.partial) == ("STREAM_CUT_OFF", True)
    assert play.emitted == [TEXT]


def test_a_stream_cut_within_its_usage_was_cut_off() -> None:
    """After the finish reason, what follows it may still be cut."""
    play = Play(events(END, then=(b'data: {"usageMetadata": {"promptTok',)))
    with pytest.raises(errors.APIConnectionError) as caught:
        play.run(stream())
    assert caught.value.status == "STREAM_CUT_OFF"


@pytest.mark.parametrize("answer", [events(), events(then=(b": ping\n\n",))], ids=["nothing", "a comment"])
def test_an_empty_stream_is_tried_again(answer: Answer) -> None:
    """It was cut off before its first event."""
    play = Play(answer, events(END))
    play.run(stream())
    assert (play.emitted, len(play.requests)) == ([END], 2)


def test_events_go_on_after_a_finish_reason() -> None:
    """Some recorded streams have it in two events, with content between them."""
    play = Play(events(END, TEXT, END))
    play.run(stream())
    assert play.emitted == [END, TEXT, END]


def test_the_body_of_a_refused_stream_is_read() -> None:
    """The reason stands in it."""
    play = Play(failure(404, "NOT_FOUND"))
    with pytest.raises(errors.ClientError, match="NOT_FOUND") as caught:
        play.run(stream())
    assert caught.value.message == "No."


@pytest.mark.parametrize(
    "body",
    [b"<html>Sign in</html>\n", b"data: not JSON\n\n", b"data: [1]\n\n", b"upstream gone\n"],
)
def test_what_is_no_event_is_an_unreadable_answer(body: bytes) -> None:
    """A proxy's page under 200 must not pass for an empty answer."""
    answer = Answer(blocks=(body,), headers={"content-type": "text/html"})
    play = Play(answer)
    with pytest.raises(errors.UnknownApiResponseError, match="text/html") as caught:
        play.run(stream())
    assert (caught.value.code, len(play.requests)) == (200, 1)


# Bodies


def answered(body: bytes, status: int = 200, **headers: str) -> httpx.Response:
    sent = httpx.Request("POST", URL, headers={"x-goog-api-key": KEY})
    return httpx.Response(status, content=body, headers=headers, request=sent)


@pytest.mark.parametrize("body", [b"", b" \r\n", b"<html>", b"null", b"[]", b'"text"', b'{"a": '])
def test_a_200_that_is_no_answer_is_a_typed_error(body: bytes) -> None:
    """It is a ValueError too: for whoever reads, what came could not be read."""
    with pytest.raises(errors.UnknownApiResponseError) as caught:
        read_body(answered(body), read_json)
    assert isinstance(caught.value, ValueError)
    assert caught.value.status == "UNREADABLE_RESPONSE"


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: [error]], ids=["object", "list of one"])
def test_an_error_under_200_is_that_error(wrap: Any) -> None:
    """Gateways translate statuses, and lose them."""
    body = json.dumps(wrap({"error": {"code": 503, "message": "Busy.", "status": "UNAVAILABLE"}})).encode()
    with pytest.raises(errors.ServerError) as caught:
        read_body(answered(body), read_json)
    assert (caught.value.code, caught.value.status, caught.value.message) == (503, "UNAVAILABLE", "Busy.")


@pytest.mark.parametrize("error", [{"message": "Odd."}, "Odd.", {"code": "x", "message": "Odd."}])
def test_an_error_under_200_without_a_code_is_a_500(error: Any) -> None:
    """google-genai fails with a TypeError of its own there."""
    with pytest.raises(errors.ServerError) as caught:
        read_body(answered(json.dumps({"error": error}).encode()), read_json)
    assert (caught.value.code, caught.value.message) == (500, "Odd.")


def test_the_word_error_in_an_answer_is_no_error() -> None:
    """A tool's arguments may well be about errors."""
    body = {"candidates": [{"content": {"parts": [{"functionCall": {"args": {"error": {"code": 500}}}}]}}]}
    assert read_body(answered(json.dumps(body).encode()), read_json) == body


def failing(
    body: bytes, status: int = 400, request: Request = CALL, headers: dict[str, str] | None = None
) -> errors.APIError:
    play = Play(Answer(status=status, blocks=(body,), headers=headers or {}))
    with pytest.raises(errors.APIError) as caught:
        play.run(call(CALM.with_(max_retries=0), request))
    return caught.value


@pytest.mark.behaviour("B053")
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.ClientError),
        (429, errors.ClientError),
        (499, errors.ClientError),
        (500, errors.ServerError),
        (599, errors.ServerError),
        (304, errors.APIError),
        (600, errors.APIError),
    ],
)
def test_the_class_follows_from_the_status(status: int, kind: type[errors.APIError]) -> None:
    """google-genai's classes, so that its except clauses keep their meaning."""
    assert type(failing(b"{}", status)) is kind


@pytest.mark.behaviour("B053")
def test_an_error_says_all_that_the_service_said() -> None:
    """Fallbacks and quotas are decided on these fields."""
    body = {"error": {"code": 429, "message": "Quota.", "status": "RESOURCE_EXHAUSTED", "details": asking("37s")}}
    error = failing(json.dumps(body).encode(), 429, headers={"x-goog-request-id": "abc"})
    assert (error.code, error.status_code, error.status) == (429, 429, "RESOURCE_EXHAUSTED")
    assert (error.message, error.details, error.request_id, error.retry_after) == ("Quota.", body, "abc", 37.0)
    assert error.response is not None
    assert error.response.json() == body


def test_a_body_that_is_no_json_is_the_message() -> None:
    """Front ends speak HTML."""
    error = failing(b"<html>Not here</html>", 404)
    assert error.details == {"message": "<html>Not here</html>", "status": "Not Found"}
    assert (error.message, error.status) == ("<html>Not here</html>", "Not Found")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"3"])
def test_a_body_that_says_nothing_leaves_the_reason(body: bytes) -> None:
    """Something must be said."""
    assert failing(body, 503).status == "Service Unavailable"


def test_a_list_of_one_error_is_unwrapped() -> None:
    """Streaming endpoints send their errors so."""
    error = failing(b'[{"error": {"code": 404, "message": "No model.", "status": "NOT_FOUND"}}]', 404)
    assert (error.message, error.status) == ("No model.", "NOT_FOUND")


@pytest.mark.behaviour("B109")
@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("https://evil.example/path?x=1", "https://evil.example;"),
        ("https://me:pass@evil.example:8443/p", "https://evil.example:8443;"),
        ("/elsewhere", "a path of the same origin"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_that_names_its_target(status: int, location: str, named: str) -> None:
    """To follow it would carry the key and the conversation to whoever wrote the header."""
    error = failing(b'{"error": {"message": "moved"}}', status, headers={"location": location})
    assert type(error) is errors.APIError
    assert error.code == status
    assert named in str(error)
    assert "pass" not in str(error)


@pytest.mark.behaviour("B109")
@both
@pytest.mark.parametrize("status", [400, 200])
def test_a_body_that_repeats_the_key_is_cleaned(kind: str, status: int) -> None:
    """Gateways echo headers in their errors, and errors go to logs."""
    body = {"error": {"code": 400, "message": f"bad key {KEY}", KEY: [f"{KEY}!", 3, None]}}
    request = replace(STREAM if kind == "stream" else CALL, auth=KeyAuth(KEY))
    answer = Answer(status=status, blocks=(json.dumps(body).encode(),))
    with pytest.raises(errors.ClientError) as caught:
        read_body(Play(answer).run(FLOWS[kind](CALM, request)), read_json)
    error = caught.value
    assert error.message == "bad key [secret]"
    assert KEY not in f"{error} {error!r} {error.details} {error.args}"
    assert error.response is not None
    assert KEY not in str(dict(error.response.request.headers))
    assert KEY not in f"{error.response.headers} {error.response.text}"


@pytest.mark.behaviour("B109")
def test_a_body_that_repeats_the_token_is_cleaned() -> None:
    """A bearer token opens more doors than a key."""
    request = replace(CALL, headers={"authorization": "Bearer made-up-token-0123"})
    assert failing(b'{"error": {"message": "bad made-up-token-0123"}}', 400, request).message == "bad [secret]"


def test_a_secret_of_a_letter_is_not_struck_out() -> None:
    """Test keys are short, and a message without its k's helps nobody."""
    request = replace(CALL, auth=KeyAuth("k"))
    assert failing(b'{"error": {"message": "bad key"}}', 400, request).message == "bad key"


# Pickling


ERRORS = [
    failing(b'{"error": {"code": 429, "message": "Quota.", "status": "S"}}', 429, headers={"retry-after": "7"}),
    failing(b"<html>", 500, headers={"x-request-id": "abc"}),
    dropped(),
    silent(),
    unconnected(),
    errors.UnknownApiResponseError(200, {"error": {"message": "odd", "status": "UNREADABLE_RESPONSE"}}),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{type(error).__name__} {error.code}")
def test_an_error_survives_its_process(error: errors.APIError) -> None:
    """Workers hand their errors back by pickle; what a retry is decided on must come along."""
    error.partial = True
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    for name in ("code", "status", "message", "details", "partial", "retry_after", "request_id", "args"):
        assert getattr(copy, name) == getattr(error, name), name
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert copy.response is None
    assert getattr(copy, "may_pass", None) == getattr(error, "may_pass", None)


# Policies


@pytest.mark.parametrize(
    ("options", "retries"),
    [({}, 2), ({"attempts": 5}, 4), ({"attempts": 1}, 0), ({"attempts": 0}, 0)],
)
def test_attempts_count_the_first_request(options: dict[str, Any], retries: int) -> None:
    """google-genai's number is one more than ours, and both its 0 and its 1 mean no retry."""
    assert HttpRetryOptions(**options).over(RetryPolicy()).max_retries == retries


def test_retry_options_are_laid_over_the_policy() -> None:
    """What is not set stays, deadlines too."""
    options = HttpRetryOptions(initial_delay=0.5, max_delay=9, exp_base=3, jitter=0, http_status_codes=[418])
    policy = options.over(RetryPolicy(deadline_s=7.0))
    assert policy == RetryPolicy(
        first_delay_s=0.5, max_delay_s=9, factor=3, jitter_s=0, statuses=frozenset({418}), deadline_s=7.0
    )


def test_a_policy_over_another_says_only_what_it_sets() -> None:
    """Also where that is the default; a call that wants no retries does not mean to wait longer."""
    policy = RetryPolicy(max_retries=2, jitter_s=0.5).over(RetryPolicy(max_retries=0, deadline_s=7.0))
    assert policy == RetryPolicy(max_retries=2, jitter_s=0.5, deadline_s=7.0)


@pytest.mark.parametrize(
    "wrong", [{"max_retries": -1}, {"deadline_s": 0}, {"silence_s": -1}, {"connect_s": 0}, {"first_delay_s": -0.1}]
)
def test_a_policy_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    """At once and by name, not as a hang at the first request."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RetryPolicy(**wrong)


def test_what_an_own_function_raises_of_ours_reaches_the_flow() -> None:
    """A refresh that fails to connect is tried again like any connection."""
    tried = []

    def flaky() -> str:
        tried.append(1)
        if len(tried) == 1:
            raise dropped()
        return "token"

    class Flaky:
        def sign(self, request: Request, *, refused: Request | None = None) -> Flow[Request | None]:
            (token,) = yield Calls((flaky,))
            return replace(request, headers={"authorization": f"Bearer {token}"})

    play = Play(Answer())
    play.run(call(request=replace(CALL, auth=Flaky())))
    assert (len(tried), len(play.requests)) == (2, 1)
