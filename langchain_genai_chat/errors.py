"""genai's errors as LangChain's kinds, and what is raised here before a request or after a bad reply.

    ModelError (langchain_core)
    ├── InvalidRequestError              refused before it was sent; a ValueError too
    │   └── InvalidOptionError           an argument of no such name or type; a TypeError too
    ├── MissingKeyError                  no key, so nothing was sent; a ValueError too
    ├── BadReplyError                    an answer came, and is none; `.message` is it
    │   ├── PromptBlockedError           the prompt was refused
    │   └── EmptyResponseError           nothing came, or a call that cannot be read; may pass
    │       (OutputTruncatedError, LangChain's OutputParserException, is structured output's own)
    └── one class for each row of the table below, which is the genai error too

Knows statuses and Google's error bodies; knows nothing of requests. Three names are promised; the others are kinds of
them, of LangChain's and of `genai.errors`, to be caught as those.
"""

import re
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, TypeAlias

from langchain_core import exceptions as core
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from pydantic import ValidationError
from pydantic_core import from_json

from ._schemas import weight_of
from .genai import errors

__all__ = [
    "BadReplyError",
    "InvalidRequestError",
    "OutputTruncatedError",
]

Json: TypeAlias = dict[str, Any]


class InvalidRequestError(core.ModelInvalidRequestError, ValueError):
    """What was asked for cannot be sent; nothing was.

    A `ValueError`, and LangChain's kind as well, since its middleware tries a bare `ValueError` again.

    Example:
        ```python
        try:
            model.invoke([])
        except errors.InvalidRequestError as error:
            print(error)  # nothing was sent
        ```
    """

    @classmethod
    def at(cls, index: int, message: BaseMessage, problem: str) -> Self:
        """The error about one message, named by its place and type."""
        return cls(f"messages[{index}] ({message.type}): {problem}")


class InvalidOptionError(InvalidRequestError, TypeError):
    """An argument that there is not, or of a wrong type; nothing was sent."""


class MissingKeyError(core.ModelAuthenticationError, ValueError):
    """There is no API key, or there are no credentials for Vertex AI; nothing was sent."""


class BadReplyError(core.ModelError):
    """The model's answer is no ordinary success, and `on_bad_reply="raise"` or structured output asked to raise.

    Args:
        problem: What is wrong with it.
        message: The answer as `on_bad_reply="return"` would have given it: partial text, reasons, usage.

    Example:
        ```python
        emulator.script(Reply("I cannot", finish_reason="SAFETY"))
        careful = ChatGenAI(model="gemini-3.5-flash", on_bad_reply="raise")
        try:
            careful.invoke("Hello")
        except errors.BadReplyError as error:
            print(error.finish_reason, error.message.text)
        ```
    """

    def __init__(self, problem: str, message: AIMessage) -> None:
        super().__init__(problem)
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self.args, self.message)

    @classmethod
    def of(cls, reason: str, message: AIMessage, *, replayed_signatures: int = 0) -> "BadReplyError":
        """The error for an answer, by why it is bad: a block reason, a finish reason, or `EMPTY`."""
        said = message.response_metadata
        words = said.get("finish_message") or said.get("block_reason_message")
        tail = f": {words}" if words else "."
        if said.get("block_reason"):
            return PromptBlockedError(f"The prompt was blocked ({reason}){tail}", message)
        if reason not in _WORTH_ANOTHER_TRY:
            return BadReplyError(f"The answer was stopped ({reason}){tail}", message)
        sent = f" The request replayed {replayed_signatures} thought signatures." if replayed_signatures else ""
        return EmptyResponseError(f"The model gave no answer ({reason}){tail}{sent}", message)

    @property
    def block_reason(self) -> str | None:
        """Why the prompt was refused."""
        return self.message.response_metadata.get("block_reason")

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended."""
        return self.message.response_metadata.get("finish_reason")

    @property
    def safety_ratings(self) -> list[dict[str, Any]]:
        """Of the prompt if it was blocked, else of the answer."""
        said = self.message.response_metadata
        return said.get("safety_ratings") or (said.get("prompt_feedback") or {}).get("safety_ratings") or []

    @property
    def usage(self) -> UsageMetadata | None:
        """The tokens that were spent on it, as `usage_metadata`."""
        return self.message.usage_metadata


class PromptBlockedError(BadReplyError):
    """The prompt was refused; there is no answer."""


class EmptyResponseError(BadReplyError):
    """No text, call or media came, or a call that cannot be read. The same request may be answered."""

    is_retryable = True


class OutputTruncatedError(core.OutputParserException):
    """The reply was cut off by the token limit, so that it is no whole object; `.message` is the reply.

    Example:
        ```python
        emulator.script(Reply('{"name": "Par', finish_reason="MAX_TOKENS"))
        try:
            model.with_structured_output({"type": "object", "title": "City"}).invoke("Paris")
        except errors.OutputTruncatedError as error:
            print(error.message.text)
        ```
    """

    def __init__(self, problem: str, message: AIMessage) -> None:
        super().__init__(problem, llm_output=message.text)
        self.message = message

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self.args[0]), self.message)

    @classmethod
    def of(cls, message: AIMessage) -> Self:
        """The error for a reply that ended with MAX_TOKENS; says what the tokens went into (B066)."""
        usage: Any = message.usage_metadata or {}
        thoughts = (usage.get("output_token_details") or {}).get("reasoning", 0)
        answer = usage.get("output_tokens", 0) - thoughts
        return cls(
            f"The reply was cut off by the token limit after {thoughts} tokens of thought and {answer} of answer; "
            "raise max_tokens, or lower the thinking.",
            message,
        )


# What passes when it is asked again (response.md, finishReason); everything else is the service's last word.
_WORTH_ANOTHER_TRY = frozenset(
    {"EMPTY", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE", "OTHER"}
)


class AuthenticationError(errors.ClientError, core.ModelAuthenticationError):
    """401, or a key that is not valid."""


class PermissionDeniedError(errors.ClientError, core.ModelPermissionDeniedError):
    """403."""


class NotFoundError(errors.ClientError, core.ModelNotFoundError):
    """404: no such model in this version or region, or no such file or cache."""


class CacheExpiredError(PermissionDeniedError, NotFoundError):
    """A cache is over, or was never this project's; nothing makes it anew by itself.

    403 on the Gemini API, 404 on Vertex AI.
    """


class RateLimitError(errors.ClientError, core.ModelRateLimitError):
    """429: a rate or a quota; `retry_after` says what the service asked for."""


class ServerTimeoutError(errors.ClientError, core.ModelTimeoutError):
    """408."""


class ContextOverflowError(errors.ClientError, core.ContextOverflowError):
    """400: more input than the model takes."""


class RefusedRequestError(errors.ClientError, core.ModelInvalidRequestError):
    """400, and every other 4xx: the request has to change."""


class SchemaTooComplexError(RefusedRequestError):
    """400: a schema with too many states; `weight` has the `bytes`, `enum_values` and `depth` of all that were sent.

    Fewer and shorter enum values, shorter names, fewer limits of length and number make it lighter (B029).
    """

    def __init__(self, code: int, response_json: Any, response: Any = None) -> None:
        super().__init__(code, response_json, response)
        self.weight: dict[str, int] = (
            {} if response is None else weight_of(_schemas_in(from_json(response.request.content)))
        )

    def __str__(self) -> str:
        counted = ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in self.weight.items())
        return f"{super().__str__()} The schemas that were sent: {counted}."


class ServiceError(errors.ServerError, core.ModelAPIError):
    """5xx."""


class NotImplementedByModelError(errors.ServerError, core.ModelInvalidRequestError):
    """501: the model does not offer this."""


class UnexpectedStatusError(errors.APIError, core.ModelError):
    """Neither a success nor an error: a redirect, which is not followed."""


class ConnectionFailedError(errors.APIConnectionError, core.ModelConnectionError):
    """No answer came, or not to its end."""


class UnsendableRequestError(errors.APIConnectionError, core.ModelInvalidRequestError):
    """The address or the request is none that HTTP has; trying again would not help."""


class TimedOutError(errors.APITimeoutError, core.ModelTimeoutError):
    """It took too long."""


class UnreadableResponseError(errors.UnknownApiResponseError, core.ModelAPIError):
    """An answer came that cannot be read."""


BAD_REQUEST = 400
FORBIDDEN = 403
NOT_FOUND = 404
BY_STATUS: dict[int, type[errors.APIError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: ServerTimeoutError,
    429: RateLimitError,
    501: NotImplementedByModelError,
}
BY_CLASS: tuple[tuple[type[errors.APIError], type[errors.APIError]], ...] = (
    (errors.APITimeoutError, TimedOutError),
    (errors.APIConnectionError, ConnectionFailedError),
    (errors.UnknownApiResponseError, UnreadableResponseError),
    (errors.ClientError, RefusedRequestError),
    (errors.ServerError, ServiceError),
    (errors.APIError, UnexpectedStatusError),
)
"""For what the statuses leave open, the nearest class first."""

# "The input token count (1054016) exceeds the maximum number of tokens allowed (1048576)." (Gemini API;
# google-gemini/gemini-cli#13006), "... the input token count is 1251952 but model only supports up to 1048576."
# (Vertex AI; google-gemini/gemini-cli#19727).
_TOO_LONG = re.compile(
    r"input token count.*(exceeds|supports up to)|exceeds the maximum number of tokens", re.IGNORECASE
)

# "CachedContent not found (or permission denied)" (Gemini API; rig-explicit-cache-expired-f73b672a), "Not found: cache
# content metadata 8754364356910645200." (Vertex AI; vertexai-sdk-test-data-unary-failure-context-cache-not-found).
_NO_CACHE = re.compile(r"CachedContent not found|Not found: cache(d)? content", re.IGNORECASE)


class translating:  # noqa: N801 - it is used as a function is: `with translating():`
    """Lets errors out as LangChain's kinds: those of genai, and arguments that were found wrong.

    Around the body of a generator, errors of a stream come out translated when it is iterated. With `arguments`
    false a ValueError or TypeError passes as it is: where answers are read, it is not about what was asked.
    """

    __slots__ = ("_arguments",)

    def __init__(self, *, arguments: bool = True) -> None:
        self._arguments = arguments

    def __enter__(self) -> None:
        """Enter."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, core.ModelError):
            return
        if isinstance(error, errors.APIError) or (
            isinstance(error, (ValueError, TypeError)) and (self._arguments or _is_missing_key(error))
        ):
            # The same error in other words: what caused it is told, it is not told twice.
            raise translated(error) from error.__cause__


def translated(error: errors.APIError | ValueError | TypeError) -> Exception:
    """The same error as one of LangChain's kinds; with all that it carries."""
    if isinstance(error, errors.APIError):
        again = _kind(error)(error.code, error.details, error.response)
        vars(again).update(vars(error))
        return again
    if isinstance(error, ValidationError):
        return InvalidRequestError(f"{error.title}: {'; '.join(_problems(error))}")
    if isinstance(error, TypeError):
        return InvalidOptionError(str(error))
    return MissingKeyError(str(error)) if _is_missing_key(error) else InvalidRequestError(str(error))


def _is_missing_key(error: ValueError | TypeError) -> bool:
    """Whether the client said that it has no key or no credentials, which it does at the first request."""
    return str(error).startswith(("No API key", "No credentials", "No project"))


def _kind(error: errors.APIError) -> type[errors.APIError]:
    if isinstance(error, errors.APIConnectionError):
        if not error.may_pass and not isinstance(error, TimeoutError):
            return UnsendableRequestError
    elif not isinstance(error, errors.UnknownApiResponseError):
        kind = _kind_of_400(error) if error.code == BAD_REQUEST else BY_STATUS.get(error.code)
        if error.code in (FORBIDDEN, NOT_FOUND) and _NO_CACHE.search(error.message or ""):
            kind = CacheExpiredError
        if kind is not None:
            return kind
    return next(kind for nearest, kind in BY_CLASS if isinstance(error, nearest))


def _kind_of_400(error: errors.APIError) -> type[errors.APIError] | None:
    if "API_KEY_INVALID" in _reasons(error.details):
        return AuthenticationError  # what is 401 elsewhere (recorded: rig-auth-rejection-keeps-transport-shape)
    if _TOO_LONG.search(error.message or ""):
        return ContextOverflowError
    return SchemaTooComplexError if "too many states for serving" in (error.message or "") else None


def _reasons(body: Any) -> Iterator[str]:
    """The reasons of `google.rpc.ErrorInfo` in an error body."""
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and isinstance(detail.get("reason"), str):
            yield detail["reason"]


def _schemas_in(body: Json) -> list[Any]:
    """The schemas of a request: of its functions' arguments, and of its answer."""
    declared = [each for tool in body.get("tools", ()) for each in tool.get("functionDeclarations", ())]
    holders = [*declared, body.get("generationConfig", {})]
    names = ("parametersJsonSchema", "parameters", "responseJsonSchema", "responseSchema")
    return [holder[name] for holder in holders for name in names if name in holder]


def _problems(error: ValidationError) -> Iterator[str]:
    """What pydantic found, without the values that it found it in: they may be long, or secret."""
    for each in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(str(step) for step in each["loc"])
        yield f"{place}: {each['msg']}" if place else each["msg"]
