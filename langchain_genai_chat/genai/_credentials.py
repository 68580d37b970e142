"""Where bearer tokens come from: default credentials, a key's file or dict, google.auth's objects, a callable.

Knows google.auth, imported only where a token is fetched; knows nothing of requests, nor of when a token is due.
"""

import functools
import importlib
import inspect
import json
import math
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeGuard, runtime_checkable

from .errors import APIConnectionError, ClientError

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
EARLY_S = 225.0
"""How long before its end a token is renewed; google-auth's own REFRESH_THRESHOLD, below which it renews too."""
KEPT_S = 60.0
"""How long a callable's token is kept when it does not say until when it is good."""
TOKEN_SERVER_S = 30.0
UNAUTHORIZED = 401
NO_GOOGLE_AUTH = (
    "Credentials for Vertex AI need google-auth: pip install 'langchain-genai-chat[vertex]'. "
    "An API key, or a callable that gives a token, works without it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token, how long it is good, and what its credentials say of projects."""

    value: str = field(repr=False)
    lifetime_s: float
    project: str | None = None
    """To which its credentials belong."""
    quota_project: str | None = None
    """Which is to be billed."""


@runtime_checkable
class GoogleCredentials(Protocol):
    """What of `google.auth.credentials.Credentials` is used."""

    token: Any
    expiry: Any
    quota_project_id: Any

    def refresh(self, request: Any) -> None:
        """Fetch a token; blocks."""


class Source(Protocol):
    """Gives tokens; `fetch` blocks, so it is called in a thread where an event loop runs."""

    def fetch(self, *, anew: bool) -> Token:
        """A good token; `anew` for another one than before. Called by one thread at a time."""


class AsyncSource(Protocol):
    """Gives tokens; `fetch` is awaited, so only asynchronous clients can use it."""

    async def fetch(self, *, anew: bool) -> Token:
        """See `Source.fetch`."""


def source_of(credentials: object) -> Source | AsyncSource:
    """The source that a `credentials` argument stands for; None is application default credentials.

    Raises `TypeError` for what is none.
    """
    if credentials is None:
        return DefaultSource()
    if isinstance(credentials, Mapping):
        return InfoSource(info=dict(credentials))
    if isinstance(credentials, (str, os.PathLike)):
        return FileSource(path=os.fspath(credentials))
    if isinstance(credentials, GoogleCredentials):
        return ObjectSource(credentials)
    if _is_async(credentials):
        return AsyncCallableSource(credentials)
    if callable(credentials):
        return CallableSource(credentials)
    raise TypeError(
        f"credentials cannot be a {type(credentials).__name__}; pass a service account's file or dict, "
        "an object of google.auth, or a callable that gives a token."
    )


def _is_async(function: object) -> TypeGuard[Callable[[], Awaitable[Any]]]:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - whether it awaits is asked, not whether it can be called


class CallableSource:
    """A callable of the user's that gives a token."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function

    def fetch(self, *, anew: bool) -> Token:  # noqa: ARG002 - the callable knows by itself when to make a new one
        """Ask for the token."""
        return _given_token(self._function())


class AsyncCallableSource:
    """A coroutine function of the user's that gives a token."""

    def __init__(self, function: Callable[[], Awaitable[Any]]) -> None:
        self._function = function

    async def fetch(self, *, anew: bool) -> Token:  # noqa: ARG002 - as in CallableSource
        """Ask for the token."""
        return _given_token(await self._function())


def _given_token(given: Any) -> Token:
    """What a callable gave: a token, or a token and the time with its zone until which it is good."""
    value, expiry = given if isinstance(given, tuple) and len(given) == 2 else (given, None)  # noqa: PLR2004 - a pair
    if inspect.iscoroutine(value):
        value.close()
    if not isinstance(value, str) or not isinstance(expiry, datetime | None):
        raise TypeError(
            f"No credentials: the callable gave {_shape(given)}; it must give a str, or a str and a datetime."
        )
    return Token(value=_sendable(value), lifetime_s=KEPT_S if expiry is None else _seconds_until(expiry))


def _shape(given: Any) -> str:
    """The types of what was given; its value may be a secret."""
    if isinstance(given, tuple):
        return f"({', '.join(type(item).__name__ for item in given)})"
    return type(given).__name__


def _sendable(token: str) -> str:
    if not token or not (token.isascii() and token.isprintable()) or " " in token:
        raise ValueError("No credentials: a token came that cannot be sent; tokens are printable ASCII, not empty.")
    return token


def _seconds_until(expiry: datetime) -> float:
    """Seconds until a time; without a zone it is in UTC, as google.auth's are."""
    aware = expiry.replace(tzinfo=UTC) if expiry.tzinfo is None else expiry
    return (aware - datetime.now(UTC)).total_seconds()


class _GoogleSource:
    """Credentials of google.auth, loaded at the first fetch and kept; the copy of a pickle loads its own."""

    def __init__(self) -> None:
        self._loaded: tuple[Any, str | None] | None = None

    def fetch(self, *, anew: bool) -> Token:
        """The credentials' token, renewed if it is soon over; they may be shared, so it may be good already."""
        with _translated():
            if self._loaded is None:
                self._loaded = self._load()
            credentials, project = self._loaded
            if anew or not credentials.token or _left_s(credentials) <= EARLY_S:
                credentials.refresh(_google_request())
        return Token(
            value=_sendable(credentials.token or ""),
            lifetime_s=_left_s(credentials),
            project=project or getattr(credentials, "project_id", None),
            quota_project=credentials.quota_project_id,
        )

    def _load(self) -> tuple[Any, str | None]:
        raise NotImplementedError


class DefaultSource(_GoogleSource):
    """Application default credentials, looked for where google.auth looks for them."""

    def __reduce__(self) -> tuple[Any, ...]:
        return DefaultSource, ()

    def _load(self) -> tuple[Any, str | None]:
        credentials, project = _google("auth").default(scopes=[SCOPE], request=_google_request())
        return credentials, project


class InfoSource(_GoogleSource):
    """The content of a key's file: a service account's, or a user's as gcloud stores it."""

    def __init__(self, *, info: Mapping[str, Any]) -> None:
        super().__init__()
        self._info = info

    def __reduce__(self) -> tuple[Any, ...]:
        return functools.partial(InfoSource, info=self._info), ()

    def _load(self) -> tuple[Any, str | None]:
        return _from_info(self._info)


class FileSource(_GoogleSource):
    """A key's file, read at the first fetch."""

    def __init__(self, *, path: str) -> None:
        super().__init__()
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return functools.partial(FileSource, path=self._path), ()

    def _load(self) -> tuple[Any, str | None]:
        try:
            info = json.loads(Path(self._path).read_text(encoding="utf-8"))
        except ValueError:  # its text would be in the error, and is a secret
            info = None
        if not isinstance(info, dict):
            raise ValueError(f"No credentials: {self._path!r} is no file of a key, for it holds no JSON object.")  # noqa: TRY004 - the argument's type is right
        return _from_info(info)


class ObjectSource(_GoogleSource):
    """Credentials that the user made; they are renewed in place, as their other users expect."""

    def __init__(self, credentials: GoogleCredentials) -> None:
        super().__init__()
        self._credentials = credentials

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError(
            f"credentials of type {type(self._credentials).__name__} are a live object and hold a token, so they "
            "cannot be pickled; pass a service account's file or dict, or use application default credentials."
        )

    def _load(self) -> tuple[Any, str | None]:
        return _google("auth.credentials").with_scopes_if_required(self._credentials, [SCOPE]), None


def _from_info(info: Mapping[str, Any]) -> tuple[Any, str | None]:
    match info.get("type"):
        case "service_account":
            made = _google("oauth2.service_account").Credentials.from_service_account_info(info, scopes=[SCOPE])
        case "authorized_user":
            made = _google("oauth2.credentials").Credentials.from_authorized_user_info(info, scopes=[SCOPE])
        case other:
            # Others name addresses and programs to be called: google.auth wants them checked by whoever loads them.
            raise ValueError(
                f"No credentials: those of type {other!r} are not loaded here, only 'service_account' and "
                "'authorized_user'; load them with google.auth and pass the object."
            )
    return made, info.get("project_id")


def _left_s(credentials: Any) -> float:
    return math.inf if credentials.expiry is None else _seconds_until(credentials.expiry)


def _google_request() -> Callable[..., Any]:
    return functools.partial(_google("auth.transport.requests").Request(), timeout=TOKEN_SERVER_S)


def _google(name: str) -> Any:
    """A module of google-auth, by its name below `google`.

    Raises `ImportError` naming the extra where it is not installed.
    """
    try:
        return importlib.import_module(f"google.{name}")
    except ImportError as problem:
        raise ImportError(NO_GOOGLE_AUTH) from problem


@contextmanager
def _translated() -> Iterator[None]:
    """google.auth's errors as this package's, without the token server's answer, in which a token may be."""
    exceptions = _google("auth.exceptions")
    try:
        yield
    except exceptions.DefaultCredentialsError as problem:
        raise ValueError(f"No credentials: {problem}") from None
    except exceptions.GoogleAuthError as problem:
        words = f"No token could be fetched: {problem.args[0] if problem.args else type(problem).__name__}"
        if problem.retryable or isinstance(problem, exceptions.TransportError):
            raise APIConnectionError.because(words, status="TOKEN_NOT_FETCHED") from None
        raise ClientError(UNAUTHORIZED, {"error": {"message": words, "status": "UNAUTHENTICATED"}}) from None
