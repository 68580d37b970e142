"""Every failure is one of LangChain's kinds and genai's own class at once, and says whether to try again."""

import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from langchain_core import exceptions as core
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from langchain_genai_chat.errors import (
    BadReplyError,
    EmptyResponseError,
    InvalidOptionError,
    InvalidRequestError,
    MissingKeyError,
    PromptBlockedError,
    translated,
    translating,
)
from langchain_genai_chat.genai import errors


def error_of(code: int, message: str = "no", **more: Any) -> errors.APIError:
    body = {"error": {"code": code, "message": message, "status": "SOME", **more}}
    return errors.APIError.of(code, body, httpx.Response(code, json=body, headers={"x-goog-request-id": "r1"}))


@pytest.mark.behaviour("B053")
@pytest.mark.parametrize(
    ("code", "ours", "kind", "retryable"),
    [
        (400, errors.ClientError, core.ModelInvalidRequestError, False),
        (401, errors.ClientError, core.ModelAuthenticationError, False),
        (403, errors.ClientError, core.ModelPermissionDeniedError, False),
        (404, errors.ClientError, core.ModelNotFoundError, False),
        (408, errors.ClientError, core.ModelTimeoutError, True),
        (409, errors.ClientError, core.ModelInvalidRequestError, False),
        (413, errors.ClientError, core.ModelInvalidRequestError, False),
        (422, errors.ClientError, core.ModelInvalidRequestError, False),
        (429, errors.ClientError, core.ModelRateLimitError, True),
        (499, errors.ClientError, core.ModelInvalidRequestError, False),
        (500, errors.ServerError, core.ModelAPIError, True),
        (501, errors.ServerError, core.ModelInvalidRequestError, False),
        (503, errors.ServerError, core.ModelAPIError, True),
        (504, errors.ServerError, core.ModelAPIError, True),
        (302, errors.APIError, core.ModelError, False),
        (600, errors.APIError, core.ModelError, False),
    ],
)
def test_every_status_is_a_kind_of_langchain_and_of_genai(
    code: int, ours: type[Exception], kind: type[core.ModelError], retryable: bool
) -> None:
    """LangChain's middleware asks a ModelError whether to retry, and retries every other exception."""
    error = translated(error_of(code))
    assert isinstance(error, ours)
    assert isinstance(error, kind)
    assert error.is_retryable is retryable


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (errors.APIConnectionError.because("reset"), core.ModelConnectionError, True),
        (errors.APIConnectionError.because("no scheme", may_pass=False), core.ModelInvalidRequestError, False),
        (errors.APITimeoutError.because("slow"), core.ModelTimeoutError, True),
        (errors.APITimeoutError.because("slow"), TimeoutError, True),
        (errors.APITimeoutError.because("connecting", may_pass=True), core.ModelTimeoutError, True),
        (errors.UnknownApiResponseError(200, {"error": {"message": "empty"}}), core.ModelAPIError, True),
    ],
)
def test_failures_without_a_status_have_kinds_too(
    error: errors.APIError, kind: type[Exception], retryable: bool
) -> None:
    """A connection that fails is the most ordinary reason to try again, or to fall back."""
    again = translated(error)
    assert isinstance(again, kind)
    assert isinstance(again, type(error))
    assert isinstance(again, core.ModelError)
    assert again.is_retryable is retryable


@pytest.mark.behaviour("B053")
def test_a_translated_error_carries_all_that_it_did() -> None:
    """Tracing reads `response` and `request_id`, fallbacks read the rest."""
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]
    before = error_of(429, "slow down", details=details)
    before.partial = True
    error = translated(before)
    assert isinstance(error, errors.APIError)
    assert (error.status_code, error.status, error.message) == (429, "SOME", "slow down")
    assert (error.request_id, error.retry_after, error.partial) == ("r1", 7.0, True)
    assert error.response is before.response
    assert error.details == before.details
    assert str(error) == str(before)


@pytest.mark.parametrize(
    "error",
    [
        translated(error_of(429, details=[{"@type": "x/google.rpc.RetryInfo", "retryDelay": "7s"}])),
        translated(error_of(503)),
        translated(errors.APITimeoutError.because("slow")),
        translated(errors.APIConnectionError.because("no scheme", may_pass=False)),
        InvalidRequestError.at(3, HumanMessage("a"), "is empty."),
        MissingKeyError("No API key"),
        BadReplyError.of("EMPTY", AIMessage("")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_pickling(error: Exception) -> None:
    """Process pools and task queues send exceptions home as pickles."""
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert type(again) is type(error)
    assert str(again) == str(error)
    for name in ("code", "details", "request_id", "retry_after", "partial", "message", "is_retryable"):
        assert getattr(again, name, None) == getattr(error, name, None)


@pytest.mark.behaviour("B054")
@pytest.mark.parametrize(
    "message",
    [
        "The input token count (1054016) exceeds the maximum number of tokens allowed (1048576).",
        "The input token count exceeds the maximum number of tokens allowed 1048576.",
        "Unable to submit request because the input token count is 1251952 but model only supports up to 1048576.",
    ],
)
def test_too_much_input_is_a_context_overflow(message: str) -> None:
    """Summarization catches this kind, shortens the history and asks again; a plain 400 ends the agent."""
    error = translated(error_of(400, message))
    assert isinstance(error, core.ContextOverflowError)
    assert isinstance(error, errors.ClientError)
    assert not isinstance(translated(error_of(429, message)), core.ContextOverflowError)


@pytest.mark.parametrize(
    "message",
    [
        "max_output_tokens must be less than 8193.",
        "The cached content is of 12 tokens. The minimum token count to start caching is 4096.",
        "Request contains an invalid argument.",
    ],
)
def test_other_400s_are_not_about_the_context(message: str) -> None:
    """To shorten the history would lose it for nothing."""
    assert not isinstance(translated(error_of(400, message)), core.ContextOverflowError)


def test_an_invalid_key_is_an_authentication_error() -> None:
    """Google answers 400 where others answer 401 (recorded: rig-auth-rejection-keeps-transport-shape)."""
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]
    error = translated(error_of(400, "API key not valid. Please pass a valid API key.", details=details))
    assert isinstance(error, core.ModelAuthenticationError)


def test_every_recorded_error_is_a_kind(recordings: Callable[[str], list[dict[str, Any]]]) -> None:
    """What Google was seen to answer, in whatever form the body has."""
    kinds = {400: "400", 401: core.ModelAuthenticationError, 403: core.ModelPermissionDeniedError}
    kinds |= {404: core.ModelNotFoundError, 429: core.ModelRateLimitError}
    for exchange in recordings("errors.jsonl"):
        try:
            body = json.loads(exchange["response_text"])
        except ValueError:
            body = {"message": exchange["response_text"], "status": "?"}
        error = translated(errors.APIError.of(exchange["status"], body))
        kind = kinds[exchange["status"]]
        if kind == "400":
            bad_key = "API_KEY_INVALID" in exchange["response_text"]
            kind = core.ModelAuthenticationError if bad_key else core.ModelInvalidRequestError
        assert isinstance(kind, type)
        assert isinstance(error, kind), exchange["id"]


def test_what_is_refused_before_sending_is_named_and_not_retried() -> None:
    """LangChain's middleware tries a bare ValueError again, with the same outcome each time."""
    error = InvalidRequestError.at(3, HumanMessage("a"), "is empty.")
    assert str(error) == "messages[3] (human): is empty."
    assert isinstance(error, ValueError)
    assert isinstance(error, core.ModelInvalidRequestError)
    assert not error.is_retryable


def test_arguments_that_are_wrong_are_translated_where_they_are_found() -> None:
    """Each keeps the class that Python code expects: ValueError, TypeError."""
    with pytest.raises(InvalidRequestError, match="too hot") as caught, translating():
        raise ValueError("too hot")
    assert isinstance(caught.value, ValueError)
    assert caught.value.__suppress_context__  # said once, not once in each library's words
    with pytest.raises(InvalidOptionError, match="no such") as also, translating():
        raise TypeError("no such")
    assert isinstance(also.value, TypeError)
    with pytest.raises(MissingKeyError) as missing, translating():
        raise ValueError("No API key: pass api_key.")
    assert isinstance(missing.value, core.ModelAuthenticationError)
    with pytest.raises(KeyError), translating():
        raise KeyError("ours")


def test_where_answers_are_read_only_failures_are_translated() -> None:
    """A bug there must not be told as the caller's mistake; a key that is missing still is one."""
    error = ValueError("an answer of no form")
    with pytest.raises(ValueError, match="no form") as caught, translating(arguments=False):
        raise error
    assert caught.value is error
    with pytest.raises(MissingKeyError), translating(arguments=False):
        raise ValueError("No API key: pass api_key.")
    with pytest.raises(core.ModelAPIError), translating(arguments=False):
        raise errors.ServerError(503, {})


def test_a_kind_of_langchains_passes_as_it_is() -> None:
    """An error is translated once, however many contexts it leaves."""
    error = InvalidRequestError("no")
    with pytest.raises(InvalidRequestError) as caught, translating(), translating():
        raise error
    assert caught.value is error


def test_validation_errors_name_fields_and_keep_values_out() -> None:
    """A value may be a secret, or megabytes of base64."""

    class Config(BaseModel):
        temperature: float

    with pytest.raises(InvalidRequestError, match=r"^Config: temperature: .*number") as caught, translating():
        Config.model_validate({"temperature": "sesame"})
    assert "sesame" not in str(caught.value)


def test_errors_of_a_stream_come_out_when_it_is_iterated() -> None:
    """Classified inside the generator: nobody stands around the call that made it any more."""

    def chunks() -> Iterator[int]:
        with translating():
            yield 1
            raise errors.ServerError(503, {"error": {"message": "busy"}})

    stream = chunks()
    assert next(stream) == 1
    with pytest.raises(core.ModelAPIError):
        next(stream)


@pytest.mark.behaviour("B062", "B064")
@pytest.mark.parametrize(
    ("reason", "metadata", "kind", "retryable", "text"),
    [
        ("PROHIBITED_CONTENT", {"block_reason": "PROHIBITED_CONTENT"}, PromptBlockedError, False, "prompt was blocked"),
        ("SAFETY", {"finish_reason": "SAFETY", "finish_message": "Unsafe."}, BadReplyError, False, "Unsafe."),
        ("EMPTY", {"finish_reason": "STOP"}, EmptyResponseError, True, "replayed 2 thought signatures"),
        ("MALFORMED_FUNCTION_CALL", {"finish_message": "f("}, EmptyResponseError, True, "f("),
    ],
)
def test_a_bad_reply_says_why_and_carries_the_reply(
    reason: str, metadata: dict[str, Any], kind: type[BadReplyError], retryable: bool, text: str
) -> None:
    """What the answer cost and what there was of it must not be lost with it."""
    usage = {"input_tokens": 3, "output_tokens": 0, "total_tokens": 3}
    ratings = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH"}]
    message = AIMessage("so far", response_metadata={**metadata, "safety_ratings": ratings}, usage_metadata=usage)
    error = BadReplyError.of(reason, message, replayed_signatures=2)
    assert type(error) is kind
    assert error.is_retryable is retryable
    assert text in str(error)
    assert error.message is message
    assert error.block_reason == metadata.get("block_reason")
    assert error.finish_reason == metadata.get("finish_reason")
    assert error.safety_ratings == ratings
    assert error.usage == usage
