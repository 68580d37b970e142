"""What all requests of one client have in common: address, identity, headers, policy.

Composes `Request` values; sends none.
"""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from pydantic_core import from_json, to_json

from .._version import __version__
from ._endpoints import Endpoint
from ._exchange import Auth, Request
from ._secrets import CREDENTIAL_HEADERS, OTHER_SECRET_HEADERS
from .types.options import HttpOptions, RetryPolicy
from .types.preview import Preview

USER_AGENT = f"langchain-genai-chat/{__version__} gl-python/{platform.python_version()}"
IDENTITY_HEADERS = ("user-agent", "x-goog-api-client")
FRAMING_HEADERS = frozenset({"content-length", "transfer-encoding"})
TRANSPORT_OPTIONS = frozenset({"client_args", "async_client_args", "httpx_client", "httpx_async_client"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The settings of one client, and the requests that follow from them."""

    endpoint: Endpoint
    auth: Auth | None = field(repr=False)
    options: HttpOptions = field(repr=False)
    policy: RetryPolicy

    @classmethod
    def of(cls, endpoint: Endpoint, auth: Auth | None, options: HttpOptions) -> "Api":
        """The settings of a client with these options; its policy is theirs over the default one."""
        transport = dict.fromkeys(TRANSPORT_OPTIONS)  # the transport has them, and they cannot be copied
        return cls(
            endpoint=endpoint,
            auth=auth,
            options=options.model_copy(update={**transport, "headers": _lower(options.headers)}),
            policy=options.policy(RetryPolicy()),
        )

    def for_call(self, options: HttpOptions | None) -> "Api":
        """The settings with one call's options over them: headers one by one, the rest where it is set.

        Raises `ValueError` for options of the client alone.
        """
        if options is None:
            return self
        given = {name: getattr(options, name) for name in options.model_fields_set}
        update = {name: value for name, value in given.items() if value is not None}
        if misplaced := update.keys() & TRANSPORT_OPTIONS:
            raise ValueError(f"{', '.join(sorted(misplaced))} belongs to a client's options, not to those of one call.")
        update["headers"] = {**(self.options.headers or {}), **_lower(options.headers)}
        return replace(
            self,
            endpoint=self.endpoint.at(options),
            options=self.options.model_copy(update=update),
            policy=options.policy(self.policy),
        )

    def request(  # noqa: PLR0913 - the parts of an HTTP request
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        shared: bool = False,
    ) -> Request:
        """The request for a path below the API version; query parameters that are None are left out.

        `shared` is for what belongs to no project; see `Endpoint.url`.
        """
        url = self.endpoint.url(quote(path, safe="/:@"), shared=shared)
        if pairs := {name: value for name, value in (query or {}).items() if value is not None}:
            url = f"{url}?{urlencode(pairs)}"
        sent = _with_identity({**(self.options.headers or {}), **_lower(headers)})
        if self.options.server_timeout_s is not None:
            sent["x-server-timeout"] = f"{self.options.server_timeout_s:g}"
        data = None
        if body is not None:
            sent["content-type"] = "application/json"
            if self.options.extra_body:
                body = _merged(body, self.options.extra_body)
            data = json_text(body)
        return Request(method=method, url=url, headers=sent, body=data, stream=stream, auth=self.auth)


def json_text(body: Mapping[str, Any]) -> bytes:
    """A body as it goes over the wire, where numbers that JSON has not are written as strings."""
    return to_json(body, by_alias=True, exclude_none=True, inf_nan_mode="strings")


def preview_of(request: Request) -> Preview:
    """Show a request without its credentials."""
    secret = (*CREDENTIAL_HEADERS, *OTHER_SECRET_HEADERS)
    headers = {name: value for name, value in request.headers.items() if name not in secret}
    body = from_json(request.body) if request.body else {}
    return Preview(method=request.method, url=request.url, headers=headers, body=body)


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Headers with names in lower case, so that two spellings of one meet; white space round a value goes.

    Raises `ValueError` for a value that cannot be sent; the message does not repeat it, for it may be a secret.
    Raises it for a header that would make two requests of one.
    """
    plain = {name.lower(): value.strip() for name, value in (headers or {}).items()}
    if framing := plain.keys() & FRAMING_HEADERS:
        raise ValueError(f"the header {min(framing)!r} says where a request ends, which follows from its body.")
    for name, value in plain.items():
        if not (value.isascii() and value.isprintable()):
            raise ValueError(
                f"the header {name!r} has characters that none can have; only printable ASCII can be sent."
            )
    return plain


def _with_identity(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers with ours for who is calling; what a caller says of itself in them stands behind it."""
    sent = dict(headers)
    for name in IDENTITY_HEADERS:
        own = sent.get(name, "")
        sent[name] = own if own.startswith(USER_AGENT) else f"{USER_AGENT} {own}".rstrip()
    return sent


def _merged(body: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    """A body with extra fields laid over it, object by object."""
    merged = dict(body)
    for name, value in extra.items():
        inside = merged.get(name)
        merged[name] = _merged(inside, value) if isinstance(inside, Mapping) and isinstance(value, Mapping) else value
    return merged
