"""What the body of an answer comes to: a value, or the error that it is, with no credentials in it.

Knows nothing of flows and of trying again.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from pydantic_core import ValidationError, from_json

from ._secrets import cleaned, secrets_in, take_secrets, without
from ._sse import BOM
from .errors import APIConnectionError, APIError, APITimeoutError, UnknownApiResponseError

if TYPE_CHECKING:
    import httpx

EXCERPT_CHARS = 200
PAGE_MAX_CHARS = 20_000
"""Of an error that is no JSON: a front end's page is far shorter, and what is longer is no message."""

T = TypeVar("T")
E = TypeVar("E", bound=APIError)
Json: TypeAlias = dict[str, Any]


def read_body(response: "httpx.Response", read: Callable[[bytes], T]) -> T:
    """The body of a unary success, read; an error object under a 2xx is raised as the error that it is."""
    body = response.content.removeprefix(BOM)
    if not body.strip():
        raise _unreadable(response, "The answer is empty.", body)
    return read_event(body, read, response)


def read_event(data: bytes, read: Callable[[bytes], T], response: "httpx.Response") -> T:
    """One JSON text of an answer, read; raises the error that it holds instead, or that it cannot be read."""
    if b'"error"' in data:
        error = _error_inside(data, response)
        if error is not None:
            raise error
    try:
        return read(data)
    except ValueError as problem:
        told = _told(problem)
    # Here, where the problem is not even its context: pydantic's shows all that came, which may repeat the key.
    raise _unreadable(response, f"The answer cannot be read: {told}.", data)


def error_of(response: "httpx.Response") -> APIError:
    """The error of an answer that is no success."""
    code, body = response.status_code, response.content
    try:
        details = from_json(body)
    except ValueError:
        details = None
    if response.has_redirect_location:
        text = f"Redirected to {_origin(response)}; redirects are not followed, since they would carry the key."
        details = {"message": text, "status": response.reason_phrase}
        response.next_request = None  # httpx has made it, with the key in it
    elif not isinstance(details, (dict, list)) or not details:
        text = without(secrets_in(response.request.headers), body.decode("utf-8", "replace")).strip()[:PAGE_MAX_CHARS]
        details = {"message": text, "status": response.reason_phrase}
    return clean_error(APIError.for_status(code), code, details, response)


def _error_inside(data: bytes, response: "httpx.Response") -> APIError | None:
    try:
        body = from_json(data)
    except ValueError:
        return None
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    error = body.get("error") if isinstance(body, dict) else None
    if not error or "name" in body:  # a resource has an `error` of its own, as a file that could not be processed
        return None
    code = error.get("code") if isinstance(error, dict) else None
    code = code if isinstance(code, int) else 500
    return clean_error(APIError.for_status(code), code, body, response)


def _told(problem: ValueError) -> str:
    """What is wrong with an answer, without the answer."""
    if not isinstance(problem, ValidationError):
        return str(problem).rstrip(".")
    first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]


def _unreadable(response: "httpx.Response", message: str, body: bytes) -> UnknownApiResponseError:
    excerpt = body[: 4 * EXCERPT_CHARS].decode("utf-8", "replace")
    excerpt = without(secrets_in(response.request.headers), excerpt)[:EXCERPT_CHARS]  # before a cut could halve one
    kind = response.headers.get("content-type", "no content type")
    details = {"message": f"{message} It is {kind!r} and begins {excerpt!r}.", "status": "UNREADABLE_RESPONSE"}
    return clean_error(UnknownApiResponseError, response.status_code, {"error": details}, response)


def cut_off(response: "httpx.Response") -> APIConnectionError:
    message = "The stream ended without a finish reason or a block reason: it was cut off."
    details = {"message": message, "status": "STREAM_CUT_OFF"}
    return clean_error(APIConnectionError, 0, {"error": details}, response)


def no_event(response: "httpx.Response") -> APITimeoutError:
    message = "No answer in time: what came was no part of an event, as comments are none."
    details = {"message": message, "status": "DEADLINE_EXCEEDED"}
    return clean_error(APITimeoutError, 0, {"error": details}, response)


def clean_error(kind: type[E], code: int, details: Any, response: "httpx.Response") -> E:
    """The error, with the caller's credentials gone from the details, from the answer and from its request."""
    headers = response.request.headers
    secrets = secrets_in(headers)
    take_secrets(headers)
    if not secrets:
        return kind(code, details, response)
    return kind(code, without(secrets, details), cleaned(response, secrets))


def _origin(response: "httpx.Response") -> str:
    location = response.headers["location"]
    scheme, found, rest = location.partition("://")
    return f"{scheme}://{rest.split('/')[0].rpartition('@')[2]}" if found else "a path of the same origin"


def is_json(text: bytes) -> bool:
    try:
        from_json(text)
    except ValueError:
        return False
    return True


def read_json(data: bytes) -> Json:
    """A JSON object as it is; raises `ValueError` for anything else."""
    value = from_json(data)
    if not isinstance(value, dict):
        raise ValueError(f"a JSON object is due, not {type(value).__name__}")  # noqa: TRY004 - it is about the text
    return value
