"""What can go wrong between this client and Google's service.

    Exception
    ├── APIError                         an exchange failed; `.code` and `.status` say how
    │   ├── ClientError                  the service refused the request: 400 to 499
    │   ├── ServerError                  the service failed: 500 to 599
    │   ├── APIConnectionError           no answer came, or not to its end
    │   │   └── APITimeoutError          it took too long; a TimeoutError too
    │   └── UnknownApiResponseError      an answer came that cannot be read; a ValueError too
    └── ValueError
        ├── UnsupportedFunctionError     a function that cannot be called here
        ├── FunctionInvocationError      a function that failed when called
        └── UnknownFunctionCallArgumentError   an argument that does not fit the function

Names, attributes and constructors are google-genai's; the connection errors are ours, where it leaks httpx's.
"""

import email.utils
import re
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import httpx

EXCERPT_CHARS = 2_000


class APIError(Exception):
    """An exchange with the service failed.

    Args:
        code: HTTP status, or the code inside an error that came under another status; 0 without an answer.
        response_json: The parsed error body, `{"error": {...}}` or its inside; a list of one is unwrapped.
        response: The HTTP answer. Its `request` holds neither headers nor body.

    `details` is the whole parsed body. `partial` is true when part of a stream had been handed out before.
    """

    code: int
    status: str | None
    message: str | None
    details: Any
    response: "httpx.Response | None"
    partial: bool

    def __init__(self, code: int, response_json: Any, response: "httpx.Response | None" = None) -> None:
        if isinstance(response_json, list) and len(response_json) == 1:
            response_json = response_json[0]
        self.code = code
        self.details = response_json
        self.response = response
        self.partial = False
        self.status = _field(response_json, "status")
        self.message = _field(response_json, "message")
        super().__init__(f"{code} {self.status}. {response_json}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the live answer: it belongs to one process."""
        state = {"partial": self.partial, "request_id_": self.request_id, "retry_after_": self.retry_after}
        return _rebuild, (type(self), self.code, self.details, state)

    @property
    def status_code(self) -> int:
        """`code`, by httpx's name for it."""
        return self.code

    @property
    def request_id(self) -> str | None:
        """The service's id of the exchange, from its headers."""
        if self.response is None:
            return getattr(self, "request_id_", None)
        headers = self.response.headers
        return headers.get("x-goog-request-id") or headers.get("x-request-id") or headers.get("x-cloud-trace-context")

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait: the longer of `Retry-After` and a `RetryInfo` detail."""
        waits = [retry_info_s(self.details)]
        if self.response is None:
            waits.append(getattr(self, "retry_after_", None))
        else:
            waits.append(retry_after_s(self.response.headers.get("retry-after")))
        return max((wait for wait in waits if wait is not None), default=None)

    @classmethod
    def for_status(cls, code: int) -> type["APIError"]:
        """The class for a code: `ClientError`, `ServerError`, or `APIError` for any other."""
        if 400 <= code < 500:
            return ClientError
        return ServerError if 500 <= code < 600 else APIError

    @classmethod
    def of(cls, code: int, response_json: Any, response: "httpx.Response | None" = None) -> "APIError":
        """The error of a code, of the class that fits it."""
        return cls.for_status(code)(code, response_json, response)


class ClientError(APIError):
    """The service refused the request: 400 to 499."""


class ServerError(APIError):
    """The service failed: 500 to 599."""


class APIConnectionError(APIError):
    """No answer came, or not to its end: refused, reset, cut off. `code` is 0."""

    may_pass: bool = True
    """Whether the same request may succeed when it is sent again."""

    @classmethod
    def because(cls, message: str, *, status: str = "CONNECTION_FAILED", may_pass: bool | None = None) -> Self:
        """The error with a message; there is no body to take one from."""
        error = cls(0, {"error": {"message": message, "status": status}})
        if may_pass is not None:
            error.may_pass = may_pass
        return error


class APITimeoutError(APIConnectionError, TimeoutError):
    """It took too long: to connect, to answer, or between two events of a stream.

    Waiting for an answer has spent the call's time; only a time-out while connecting may pass.
    """

    may_pass = False


class UnknownApiResponseError(APIError, ValueError):
    """An answer came that cannot be read: empty, not JSON, not what the method answers."""


class UnsupportedFunctionError(ValueError):
    """A function that cannot be called here, such as a coroutine function in a synchronous call."""


class FunctionInvocationError(ValueError):
    """A function failed when it was called with the model's arguments."""


class UnknownFunctionCallArgumentError(ValueError):
    """An argument of the model does not fit the function's annotation."""


def _rebuild(cls: type[APIError], code: int, details: Any, state: dict[str, Any]) -> APIError:
    error = cls(code, details)
    error.__dict__.update(state)
    return error


def _field(body: Any, name: str) -> str | None:
    """A field of an error body: at the top level, else inside `error`."""
    if not isinstance(body, dict):
        return None
    value = body.get(name)
    if value is None and isinstance(body.get("error"), dict):
        value = body["error"].get(name)
    return value if isinstance(value, str) else None


def retry_info_s(body: Any) -> float | None:
    """The `retryDelay` ("37s", "0.5s") of a `google.rpc.RetryInfo` in an error body, in seconds."""
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and str(detail.get("@type", "")).endswith("google.rpc.RetryInfo"):
            delay = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(detail.get("retryDelay", "")))
            if delay:
                return float(delay[1])
    return None


def retry_after_s(header: str | None) -> float | None:
    """Seconds of a `Retry-After` header, which is a number of seconds or an HTTP date."""
    if not header:
        return None
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", header):
        return float(header)
    try:
        at = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(at.timestamp() - time.time(), 0.0)
