"""What can go wrong between this client and Google's service.

    Exception
    ├── APIError                         an exchange failed; `.code` and `.status` say how
    │   ├── ClientError                  the service refused the request: 400 to 499
    │   ├── ServerError                  the service failed: 500 to 599
    │   ├── APIConnectionError           no answer came, or not to its end
    │   │   └── APITimeoutError          it took too long; a TimeoutError too
    │   ├── UnknownApiResponseError      an answer came that cannot be read; a ValueError too
    │   └── FileFailedError              an uploaded file could not be processed
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

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "ClientError",
    "FileFailedError",
    "FunctionInvocationError",
    "ServerError",
    "UnknownApiResponseError",
    "UnknownFunctionCallArgumentError",
    "UnsupportedFunctionError",
]

REQUEST_ID_HEADERS = ("x-goog-request-id", "x-request-id", "x-cloud-trace-context")


class APIError(Exception):
    """An exchange with the service failed.

    Args:
        code: HTTP status, or the code inside an error that came under another status; 0 without an answer.
        response_json: The parsed error body, `{"error": {...}}` or its inside; a list of one is unwrapped.
        response: The HTTP answer, with the credentials gone from its `request`. It is not pickled.

    `details` is the whole parsed body. `partial` is true when part of a stream had been handed out before.

    Example:
        ```python
        try:
            client.models.get(model="gemini-none")
        except genai.errors.APIError as error:
            print(error.code, error.status, error.message)  # 404 NOT_FOUND ...
        ```
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
        self._from_headers: tuple[str | None, float | None] = (None, None)
        super().__init__(f"{code} {self.status}. {response_json}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the live answer, which belongs to one process, but with what was read from it."""
        state = {**self.__dict__, "response": None, "_from_headers": (self.request_id, self.retry_after)}
        return type(self), (self.code, self.details), state

    @property
    def status_code(self) -> int:
        """`code`, by httpx's name for it."""
        return self.code

    @property
    def request_id(self) -> str | None:
        """The service's id of the exchange, from its headers."""
        if self.response is None:
            return self._from_headers[0]
        headers = self.response.headers
        return next((headers[name] for name in REQUEST_ID_HEADERS if name in headers), None)

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait: the longer of `Retry-After` and a `RetryInfo` detail."""
        if self.response is None:
            header_s = self._from_headers[1]
        else:
            header_s = retry_after_s(self.response.headers.get("retry-after"))
        waits = (retry_info_s(self.details), header_s)
        return max((wait for wait in waits if wait is not None), default=None)

    @classmethod
    def for_status(cls, code: int) -> type["APIError"]:
        """The class for a code: `ClientError`, `ServerError`, or `APIError` for any other."""
        return _BY_HUNDRED.get(code // 100, APIError)

    @classmethod
    def of(cls, code: int, response_json: Any, response: "httpx.Response | None" = None) -> "APIError":
        """The error of a code, of the class that fits it."""
        return cls.for_status(code)(code, response_json, response)


class ClientError(APIError):
    """The service refused the request: 400 to 499.

    Example:
        ```python
        try:
            client.models.get(model="gemini-none")
        except genai.errors.ClientError as error:
            print("The request has to change:", error.message)
        ```
    """


class ServerError(APIError):
    """The service failed: 500 to 599.

    Example:
        ```python
        emulator.script(*[Fault.of("UNAVAILABLE")] * 3)
        try:
            client.models.generate_content(model="gemini-3.5-flash", contents="Hello")
        except genai.errors.ServerError as error:
            print(error.code, "after", len(emulator.requests), "requests")
        ```
    """


class APIConnectionError(APIError):
    """No answer came, or not to its end: refused, reset, cut off. `code` is 0.

    Example:
        ```python
        nobody = genai.Client(api_key="...", http_options={"base_url": "http://127.0.0.1:9"})
        try:
            nobody.models.generate_content(model="gemini-3.5-flash", contents="Hello")
        except genai.errors.APIConnectionError as error:
            print(error.code, error.message)  # 0, and why
        ```
    """

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
    """It took too long: to connect, to answer, or without a byte of a stream.

    Waiting for an answer has spent the call's time; only a time-out while connecting may pass.

    Example:
        ```python
        import time

        hasty = genai.Client(http_options={"timeout": 100})  # milliseconds
        emulator.script(lambda request: time.sleep(0.5))
        try:
            hasty.models.generate_content(model="gemini-3.5-flash", contents="Hello")
        except genai.errors.APITimeoutError as error:
            print(error.message)
        ```
    """

    may_pass = False


class UnknownApiResponseError(APIError, ValueError):
    """An answer came that cannot be read: empty, not JSON, not what the method answers.

    Example:
        ```python
        emulator.script(Fault(code=200, body="<html>Please log in</html>"))
        try:
            client.models.generate_content(model="gemini-3.5-flash", contents="Hello")
        except genai.errors.UnknownApiResponseError as error:
            print(error.message)
        ```
    """


class FileFailedError(APIError):
    """The service could not process an uploaded file, so that it cannot be used; `details` say why.

    Example:
        ```python
        def wait(file: types.File) -> types.File | None:
            try:
                return client.files.wait(file=file)
            except genai.errors.FileFailedError as error:
                print(error.details)
                return None
        ```
    """


class UnsupportedFunctionError(ValueError):
    """A function that cannot be called here, such as a coroutine function in a synchronous call.

    Example:
        ```python
        async def get_weather(city: str) -> str:
            return "sunny"


        try:
            client.chats.create(model="gemini-3.5-flash", config={"tools": [get_weather]}).send_message(
                "What is the weather in Boston?"
            )
        except genai.errors.UnsupportedFunctionError as error:
            print(error)  # use client.aio
        ```
    """


class FunctionInvocationError(ValueError):
    """A function failed when it was called with the model's arguments."""


class UnknownFunctionCallArgumentError(ValueError):
    """An argument of the model does not fit the function's annotation."""


_BY_HUNDRED: dict[int, type[APIError]] = {4: ClientError, 5: ServerError}


def _field(body: Any, name: str) -> str | None:
    """A field of an error body: at the top level, else inside `error`; a proxy's plain `error` is the message."""
    if not isinstance(body, dict):
        return None
    value, inside = body.get(name), body.get("error")
    if value is None and isinstance(inside, dict):
        value = inside.get(name)
    if value is None and name == "message":
        value = inside
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
