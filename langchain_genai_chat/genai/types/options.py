"""How requests are sent: HTTP options, and the policy of time and retries.

Knows the names of google-genai's options and their units; sends nothing itself.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from ._base import BUILT_LATE, refuse_unknown_fields

RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})


class RetryPolicy(BaseModel):
    """What may be tried again, how long to wait, and when to give up. All times in seconds.

    A call's policy is laid over the client's: what it sets counts (`model_fields_set`), and the rest is the client's.

    The wait before retry `n` (0 for the first) is `first_delay_s * factor**n` plus up to `jitter_s`,
    at least what the server asked for (`Retry-After`, `RetryInfo`), and at most `max_delay_s`: a server
    that asks for more ends the call at once, with `retry_after` on the error.

    Args:
        max_retries: Requests after the first one; 0 sends each request once.
        first_delay_s: The wait before the first retry.
        factor: How much longer each wait is than the one before.
        max_delay_s: The longest wait.
        jitter_s: What chance adds to a wait at most.
        statuses: HTTP statuses worth another try; connection failures always are.
        deadline_s: For a unary call as a whole, its retries and waits included. A stream may be asked for again so
            long, and may so long bring no part of an event, but comments that keep its connection alive.
        connect_s: For opening a connection.
        silence_s: The longest silence in a stream, also before its first event.

    Raises:
        ValueError: A number is negative, or a time that bounds something is not more than 0.
    """

    # Built at once, unlike the wire's: every client has one, and with the first class pydantic looks for its plugins
    # in all that is installed, 13 ms with 170 packages, for which no first request should wait.
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid")

    max_retries: int = 2
    first_delay_s: float = 1.0
    factor: float = 2.0
    max_delay_s: float = 60.0
    jitter_s: float = 1.0
    statuses: frozenset[int] = RETRIED_STATUSES
    deadline_s: float = 600.0
    connect_s: float = 10.0
    silence_s: float = 120.0

    _refuse_unknown_fields = model_validator(mode="before")(refuse_unknown_fields)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.max_retries < 0:
            raise ValueError(f"max_retries must be 0 or more, got {self.max_retries!r}.")
        for name in ("deadline_s", "connect_s", "silence_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be more than 0 seconds, got {getattr(self, name)!r}.")
        for name in ("first_delay_s", "max_delay_s", "jitter_s", "factor"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be 0 or more, got {getattr(self, name)!r}.")
        return self

    def over(self, policy: "RetryPolicy") -> "RetryPolicy":
        """The policy with what is set here laid over it."""
        return policy.with_(**{name: getattr(self, name) for name in self.model_fields_set})

    def with_(self, **changes: Any) -> "RetryPolicy":
        """The policy with these fields changed, which then count as set; they are not checked."""
        return self.model_copy(update=changes)

    def with_timeout(self, timeout_s: float) -> "RetryPolicy":
        """Bound a call's whole time, a stream's silence and the connecting by one number of seconds."""
        return self.with_(deadline_s=timeout_s, silence_s=timeout_s, connect_s=min(self.connect_s, timeout_s))


class _Options(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        arbitrary_types_allowed=True,
        defer_build=BUILT_LATE,
        hide_input_in_errors=True,  # headers and addresses are among it
    )

    _refuse_unknown_fields = model_validator(mode="before")(refuse_unknown_fields)


class HttpRetryOptions(_Options):
    """google-genai's retry options: `attempts` counts the first request too; delays in seconds."""

    attempts: int | None = None
    initial_delay: float | None = None
    max_delay: float | None = None
    exp_base: float | None = None
    jitter: float | None = None
    http_status_codes: list[int] | None = None

    def over(self, policy: RetryPolicy) -> RetryPolicy:
        """The policy with what is set here laid over it; `attempts` of 0 and 1 both mean no retry."""
        given: dict[str, Any] = {
            "max_retries": None if self.attempts is None else max(self.attempts - 1, 0),
            "first_delay_s": self.initial_delay,
            "max_delay_s": self.max_delay,
            "factor": self.exp_base,
            "jitter_s": self.jitter,
            "statuses": None if self.http_status_codes is None else frozenset(self.http_status_codes),
        }
        return policy.with_(**{name: value for name, value in given.items() if value is not None})


class HttpOptions(_Options):
    """Where and how requests go; on a client for all of them, on a config for one.

    `timeout` is in **milliseconds**, as in google-genai; `RetryPolicy` counts seconds. A request's headers
    are merged over the client's, and so are retries; every other option replaces the client's when it is set.
    """

    base_url: str | None = None
    base_url_resource_scope: str | None = None
    """`"COLLECTION"`: the base URL already carries version, project and location (Vertex AI gateways)."""
    api_version: str | None = None
    """`v1beta`, `v1`, ...; an empty string leaves the segment out."""
    headers: Mapping[str, str] | None = Field(default=None, repr=False)
    """Kept out of `repr`, since they may authenticate."""
    timeout: int | None = None
    """Milliseconds: for a whole unary call, for the longest silence of a stream."""
    extra_body: dict[str, Any] | None = None
    """Merged into the JSON body, objects deeply."""
    retry_options: HttpRetryOptions | RetryPolicy | None = None
    """Those of a request are laid over the client's, field by field."""
    client_args: dict[str, Any] | None = None
    """Keyword arguments of `httpx.Client` (`proxy`, `verify`, `mounts`, ...)."""
    async_client_args: dict[str, Any] | None = None
    """Keyword arguments of `httpx.AsyncClient`."""
    httpx_client: Any = None
    """Anything with the interface of `httpx.Client`; it is used and never closed."""
    httpx_async_client: Any = None
    """Anything with the interface of `httpx.AsyncClient`; it is used and never closed."""
    server_timeout_s: float | None = None
    """Sent as `X-Server-Timeout`; a client's own timeout never is."""

    def policy(self, default: RetryPolicy) -> RetryPolicy:
        """The default policy with these options' retries and timeout laid over it."""
        if self.retry_options is not None:
            default = self.retry_options.over(default)
        return default if self.timeout is None else default.with_timeout(self.timeout / 1000)


def plain_address(base_url: str) -> str:
    """A base URL without the slash at its end.

    Raises `ValueError` for what is none, and for what holds a name and a password, which the error does not show.
    """
    try:
        parts = urlsplit(base_url)
        _ = parts.port  # raises if it is none
    except ValueError:  # whose message shows what may be a password
        raise ValueError("base_url has a host or a port that is none; pass one like 'https://host/path'.") from None
    if "@" in parts.netloc:
        raise ValueError("base_url holds a name and a password, which would be shown; pass an Authorization header.")
    if parts.query or parts.fragment:
        raise ValueError("base_url has a query or a fragment, which may hold a key and would be shown; pass headers.")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        shown = base_url.rpartition("@")[2]
        raise ValueError(f"base_url {shown!r} is no address; pass one like 'https://host/path'.")
    return base_url.rstrip("/")
