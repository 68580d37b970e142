"""What goes wrong in httpx, as this package's errors, with no credentials in them.

Knows httpx's exceptions; sends nothing, and does not decide what is tried again.
"""

import httpx

from ._secrets import secrets_in, take_secrets, without
from .errors import APIConnectionError, APIError, APITimeoutError, UnknownApiResponseError


def translated(problem: httpx.HTTPError | httpx.InvalidURL) -> APIError:
    """The error of httpx as one of this package's, with it as the cause and the credentials gone from it."""
    _clean(problem)
    text = str(problem) or type(problem).__name__
    match problem:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            error: APIError = APITimeoutError.because(
                f"No connection in time: {text}", status="CONNECT_TIMEOUT", may_pass=True
            )
        case httpx.TimeoutException():
            error = APITimeoutError.because(f"No answer in time: {text}", status="DEADLINE_EXCEEDED")
        case httpx.DecodingError():
            details = {"message": f"The answer cannot be decoded: {text}", "status": "UNREADABLE_RESPONSE"}
            error = UnknownApiResponseError(0, {"error": details})
        case httpx.InvalidURL() | httpx.RemoteProtocolError(__context__=httpx.InvalidURL()):
            # httpx reads where an answer redirects to, though nobody follows it.
            details = {"message": f"The answer redirects to no address: {text}", "status": "UNREADABLE_RESPONSE"}
            error = UnknownApiResponseError(0, {"error": details})
        case httpx.LocalProtocolError() | httpx.UnsupportedProtocol():
            error = APIConnectionError.because(
                f"The request cannot be sent: {text}", status="BAD_REQUEST", may_pass=False
            )
        case _:
            error = APIConnectionError.because(f"The connection failed: {text}")
    error.__cause__ = problem
    return error


def _clean(problem: BaseException) -> None:
    """Take the credentials out of an error of httpx, and out of those behind it: h11 repeats what it cannot read."""
    try:
        headers = problem.request.headers if isinstance(problem, httpx.HTTPError) else httpx.Headers()
    except RuntimeError:  # it is about no request
        return
    secrets = secrets_in(headers)
    take_secrets(headers)
    each: BaseException | None = problem
    while each is not None and secrets:
        each.args = tuple(without(secrets, list(each.args)))
        each = each.__cause__ or each.__context__
