"""What errors are: google-genai's classes and texts, ours beside them, and what is read from headers and bodies."""

from typing import Any

import google.genai.errors
import httpx
import pytest

from langchain_genai_chat.genai import errors

BODY = {
    "error": {
        "code": 429,
        "message": "Quota.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}],
    }
}
BODIES = [
    BODY,
    [BODY],
    BODY["error"],
    {"message": "<html>", "status": "Not Found"},
    {"error": {"message": "No status."}},
    {"error": {}},
    {},
]


@pytest.mark.behaviour("B053")
@pytest.mark.parametrize("kind", ["APIError", "ClientError", "ServerError"])
@pytest.mark.parametrize("body", BODIES, ids=str)
def test_an_error_reads_as_google_genais_does(kind: str, body: Any) -> None:
    """Logs are searched by its text, and except clauses read its attributes."""
    ours, theirs = (getattr(module, kind)(429, body) for module in (errors, google.genai.errors))
    for name in ("code", "status", "message", "details", "args"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert str(ours) == str(theirs)
    assert isinstance(ours, Exception)


def test_the_text_is_code_status_and_the_whole_body() -> None:
    """One line that says all."""
    assert str(errors.ClientError(429, BODY)) == f"429 RESOURCE_EXHAUSTED. {BODY}"


@pytest.mark.parametrize(
    ("kind", "bases"),
    [
        (errors.ClientError, {errors.APIError}),
        (errors.ServerError, {errors.APIError}),
        (errors.APIConnectionError, {errors.APIError}),
        (errors.APITimeoutError, {errors.APIConnectionError, errors.APIError, TimeoutError}),
        (errors.UnknownApiResponseError, {errors.APIError, ValueError}),
        (errors.UnsupportedFunctionError, {ValueError}),
        (errors.FunctionInvocationError, {ValueError}),
        (errors.UnknownFunctionCallArgumentError, {ValueError}),
    ],
)
def test_an_error_is_caught_by_what_it_is(kind: type[Exception], bases: set[type[Exception]]) -> None:
    """A timeout is a TimeoutError to whoever knows nothing of this package."""
    others = {errors.APIError, errors.APIConnectionError, TimeoutError, ValueError} - {kind}
    assert {base for base in others if issubclass(kind, base)} == bases


def test_a_timeout_says_its_text_not_an_errno() -> None:
    """A TimeoutError is an OSError, which has ideas of its own about its arguments."""
    error = errors.APITimeoutError.because("No answer in time", status="DEADLINE_EXCEEDED")
    assert str(error).startswith("0 DEADLINE_EXCEEDED. ")
    assert (error.errno, error.message) == (None, "No answer in time")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (399, errors.APIError),
        (400, errors.ClientError),
        (499, errors.ClientError),
        (500, errors.ServerError),
        (599, errors.ServerError),
        (600, errors.APIError),
        (0, errors.APIError),
    ],
)
def test_a_code_has_its_class(code: int, kind: type[errors.APIError]) -> None:
    """The caller's fault or the service's."""
    assert errors.APIError.for_status(code) is kind
    assert type(errors.APIError.of(code, {})) is kind


def test_a_proxys_plain_error_is_the_message() -> None:
    """`{"error": "..."}` is what many gateways write."""
    assert errors.APIError(502, {"error": "upstream gone"}).message == "upstream gone"


@pytest.mark.behaviour("B049")
@pytest.mark.parametrize(
    ("delay", "seconds"),
    [("37s", 37.0), ("0.5s", 0.5), ("35.983213s", 35.983213), ("5", None), ("-1s", None), (7, None)],
)
def test_a_retry_info_is_read(delay: Any, seconds: float | None) -> None:
    """Protobuf's JSON for a duration, and nothing else."""
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}]
    assert errors.retry_info_s({"error": {"details": details}}) == seconds


@pytest.mark.parametrize("body", [None, [], "text", {"error": "text"}, {"error": {"details": "text"}}, {"error": {}}])
def test_a_body_without_a_retry_info_asks_for_nothing(body: Any) -> None:
    """Error bodies come in every shape, and reading one must not raise another."""
    assert errors.retry_info_s(body) is None


@pytest.mark.behaviour("B049")
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("", None),
        (None, None),
    ],
)
def test_a_retry_after_is_read(header: str | None, seconds: float | None) -> None:
    """Seconds or a date, which may have passed; anything else is no answer."""
    assert errors.retry_after_s(header) == seconds


@pytest.mark.behaviour("B053")
@pytest.mark.parametrize("name", ["x-goog-request-id", "x-request-id", "x-cloud-trace-context"])
def test_the_request_id_is_found_in_its_header(name: str) -> None:
    """Support asks for it first."""
    response = httpx.Response(500, headers={name: "abc"}, request=httpx.Request("POST", "https://x.example"))
    assert errors.ServerError(500, {}, response).request_id == "abc"
    assert errors.ServerError(500, {}).request_id is None
