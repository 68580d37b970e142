"""Who a request comes from: an API key, or a bearer token that is refreshed before it expires.

Knows which header carries which; credentials are fetched by the flow's driver, never here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ._exchange import CREDENTIAL_HEADERS, Flow, Request

NO_KEY = (
    "No API key: pass api_key, or set GOOGLE_API_KEY or GEMINI_API_KEY. "
    "A gateway that needs none is reached by its base_url, and own credentials may go in the headers of http_options."
)


@dataclass(frozen=True, slots=True)
class KeyAuth:
    """An API key, sent in its header only, never in a URL."""

    key: str = field(repr=False)

    def __post_init__(self) -> None:
        """Raise `ValueError` for a key that cannot be sent; the message does not repeat it."""
        if not (self.key.isascii() and self.key.isprintable()) or " " in self.key:
            raise ValueError("The API key has characters that no key has; only printable ASCII can be sent.")
        if self.key.startswith("auth_tokens/"):
            raise ValueError("The API key is an ephemeral token of the Live API, which this client does not use.")

    def sign(self, request: Request, *, refused: bool = False) -> Flow[Request | None]:
        """Add the key, unless the caller's own headers bring one; there is no second key to try."""
        yield from ()
        if refused:
            return None
        return replace(request, headers={"x-goog-api-key": self.key, **request.headers})


@dataclass(frozen=True, slots=True)
class NoKey:
    """No key was there when the client was made; the first request says so, before anything is sent."""

    def sign(self, request: Request, *, refused: bool = False) -> Flow[Request | None]:
        """Raise `ValueError`, unless the caller's own headers authenticate."""
        yield from ()
        if refused:
            return None
        if not brings_credentials(request.headers):
            raise ValueError(NO_KEY)
        return request


def brings_credentials(headers: Mapping[str, str]) -> bool:
    """Whether a caller's own headers authenticate."""
    return any(name.lower() in CREDENTIAL_HEADERS for name in headers)
