"""Who a request comes from: an API key, or a bearer token that is refreshed before it expires.

Knows which header carries which; credentials are fetched by the flow's driver, never here.
"""

import functools
import inspect
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import anyio
import anyio.lowlevel

from ._credentials import EARLY_S, AsyncSource, Source, Token
from ._endpoints import UNKNOWN_PROJECT
from ._exchange import Calls, Flow, Now, Request
from ._secrets import CREDENTIAL_HEADERS
from .errors import APIError, UnsupportedFunctionError

BEARER = "Bearer "
AGAIN_S = 30.0
"""After how long a renewal that failed is tried again, while the token is still good."""
NO_KEY = (
    "No API key: pass api_key, or set GOOGLE_API_KEY or GEMINI_API_KEY. "
    "A gateway that needs none is reached by its base_url, and credentials of its own go in the headers."
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

    def sign(self, request: Request, *, refused: Request | None = None) -> Flow[Request | None]:
        """Add the key, unless the caller's own headers bring one; there is no second key to try."""
        yield from ()
        if refused is not None:
            return None
        return replace(request, headers={"x-goog-api-key": self.key, **request.headers})


@dataclass(frozen=True, slots=True)
class NoKey:
    """No key was there when the client was made; the first request says so, before anything is sent."""

    def sign(self, request: Request, *, refused: Request | None = None) -> Flow[Request | None]:
        """Raise `ValueError`, unless the caller's own headers authenticate."""
        yield from ()
        if refused is not None:
            return None
        if not brings_credentials(request.headers):
            raise ValueError(NO_KEY)
        return request


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A token with the times, by a flow's clock, at which it is to be renewed and over."""

    token: Token
    renew_at: float
    ends_at: float

    @classmethod
    def since(cls, now: float, token: Token) -> "_Held":
        early_s = min(EARLY_S, token.lifetime_s / 2)
        return cls(token=token, renew_at=now + token.lifetime_s - early_s, ends_at=now + token.lifetime_s)

    def serves(self, now: float, stale: str | None) -> bool:
        """Whether it is good, and not the one that was refused."""
        return now < self.ends_at and self.token.value != stale


class _Fetch:
    """One fetch, and all who wait for it: what went wrong, unless it was cancelled."""

    def __init__(self) -> None:
        self.problem: Exception | None = None

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self.problem = error


L = TypeVar("L", threading.Lock, "anyio.Lock")  # anyio loads its locks when they are named: 5 ms of import


class _Door(Generic[L]):
    """Lets one at a time in to fetch, of all threads or of the tasks of one event loop."""

    def __init__(self, lock: L) -> None:
        self.lock: L = lock
        self._fetch: _Fetch | None = None
        self._guard = threading.Lock()

    def join(self) -> _Fetch:
        """The fetch that the next one in will make, for all who come before it is over."""
        with self._guard:
            self._fetch = self._fetch or _Fetch()
            return self._fetch

    def leave(self, fetch: _Fetch) -> None:
        """Say that it is over: who comes now waits for another."""
        with self._guard:
            if self._fetch is fetch:
                self._fetch = None


class TokenAuth:
    """A bearer token, renewed before it is over by one caller for all; the others wait only if it is over.

    A plain source is asked in the thread that `Calls` gives it, where a lock lets one in at a time; a
    coroutine source once at a time in each event loop.
    """

    def __init__(self, source: Source | AsyncSource) -> None:
        self._source = source
        self._held: _Held | None = None
        self._door = _Door(threading.Lock())
        self._doors: WeakKeyDictionary[Any, _Door[anyio.Lock]] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle where tokens come from, never a token."""
        return TokenAuth, (self._source,)

    def __deepcopy__(self, memo: object) -> "TokenAuth":
        """Share: one refresh serves the copy as well."""
        return self

    def __repr__(self) -> str:
        return f"TokenAuth({type(self._source).__name__})"

    def sign(self, request: Request, *, refused: Request | None = None) -> Flow[Request | None]:
        """Add the token, its quota project, and the project where the URL lacks it; after a 401 a new token.

        Raises:
            ValueError: There are no credentials, or they name no project and none was passed.
            APIError: No token could be fetched.
        """
        if brings_credentials(request.headers):
            return None if refused else replace(request, url=_completed(request.url, None))
        token = yield from self._token(refused)
        if refused is not None and token.value == _bearer(refused):
            return None
        quota = {"x-goog-user-project": token.quota_project} if token.quota_project else {}
        headers = {**quota, **request.headers, "authorization": f"{BEARER}{token.value}"}
        return replace(request, url=_completed(request.url, token.project), headers=headers)

    def project(self) -> Flow[str]:
        """The project of the credentials; raises `ValueError` if they name none."""
        return _known((yield from self._token(None)).project)

    def _token(self, refused: Request | None) -> Flow[Token]:
        now = yield Now()
        stale = None if refused is None else _bearer(refused)
        held = self._held
        if held is not None and held.serves(now, stale) and now < held.renew_at:
            return held.token
        waits = inspect.iscoroutinefunction(self._source.fetch)
        renew = functools.partial(self._arenew if waits else self._renew, now, stale)
        token: Token | Coroutine[Any, Any, Token] = (yield Calls((renew,)))[0]
        if not isinstance(token, Token):
            token.close()
            raise UnsupportedFunctionError(
                "credentials is a coroutine function, which a synchronous client cannot await; use client.aio."
            )
        return token

    def _renew(self, now: float, stale: str | None) -> Token:
        """A good token, fetched unless somebody else has done it meanwhile; blocks."""
        held, fetch = self._held, self._door.join()
        must_wait = held is None or not held.serves(now, stale)
        if not self._door.lock.acquire(blocking=must_wait) and held is not None:
            return held.token  # it is still good, and another thread is renewing it
        try:
            if (token := self._renewed(now, stale, fetch)) is not None:
                return token
            source: Any = self._source
            with fetch:
                try:
                    return self._keep(now, source.fetch(anew=stale is not None))
                except APIError as problem:
                    return self._kept_after(problem, now, stale)
        finally:
            self._door.leave(fetch)
            self._door.lock.release()

    async def _arenew(self, now: float, stale: str | None) -> Token:
        """The same for a source that is awaited."""
        held = self._held
        door = self._doors.setdefault(anyio.lowlevel.current_token().native_token, _Door(anyio.Lock()))
        if door.lock.locked() and held is not None and held.serves(now, stale):
            return held.token
        fetch = door.join()
        async with door.lock:
            try:
                if (token := self._renewed(now, stale, fetch)) is not None:
                    return token
                source: Any = self._source
                with fetch:
                    try:
                        return self._keep(now, await source.fetch(anew=stale is not None))
                    except APIError as problem:
                        return self._kept_after(problem, now, stale)
            finally:
                door.leave(fetch)

    def _renewed(self, now: float, stale: str | None, fetch: _Fetch) -> Token | None:
        """What came of the fetch that was waited for: its token or its problem, for one try serves all."""
        held = self._held
        if held is not None and held.serves(now, stale) and now < held.renew_at:
            return held.token
        if fetch.problem is not None:
            raise fetch.problem.with_traceback(None)
        return None

    def _keep(self, now: float, token: Token) -> Token:
        self._held = _Held.since(now, token)
        return token

    def _kept_after(self, problem: APIError, now: float, stale: str | None) -> Token:
        """The token that is still good although its renewal failed; raises the problem if there is none."""
        held = self._held
        if held is None or not held.serves(now, stale):
            raise problem
        self._held = replace(held, renew_at=now + AGAIN_S)
        return held.token


def _bearer(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix(BEARER)


def _completed(url: str, project: str | None) -> str:
    """The URL with the project that was not known when it was made."""
    unknown = f"/projects/{UNKNOWN_PROJECT}/"
    return url.replace(unknown, f"/projects/{_known(project)}/", 1) if unknown in url else url


def _known(project: str | None) -> str:
    if not project:
        raise ValueError("No project: the credentials name none; pass project, or set GOOGLE_CLOUD_PROJECT.")
    return project


def brings_credentials(headers: Mapping[str, str]) -> bool:
    """Whether a caller's own headers authenticate."""
    return any(name.lower() in CREDENTIAL_HEADERS for name in headers)
