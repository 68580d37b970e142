"""What an exchange with the service may want, and the rules of trying again: plain values, no I/O.

A flow is a generator that yields what it wants and is sent back what came of it, as in httpx's
`Auth.auth_flow`; `transport` has a synchronous and an asynchronous driver that run any flow.
"""

import random
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar, cast

from ._outcomes import cut_off, error_of, is_json, no_event, read_body, read_event
from ._sse import EventDecoder
from .errors import APIConnectionError, APIError
from .types.options import RetryPolicy

if TYPE_CHECKING:
    import httpx

UNAUTHORIZED = 401

T = TypeVar("T")
Flow: TypeAlias = Generator[Any, Any, T]
"""Yields `Request`, `Read`, `Emit`, `Calls` or `Now`; returns `T`. What each is answered with stands at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Send this, after its delay. Answered with the `httpx.Response`, or an `APIConnectionError` is thrown in.

    The answer's body has been read, unless `stream`: then the driver keeps it open until the next request,
    and closes it whatever happens.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    stream: bool = False
    delay_s: float = 0.0
    connect_s: float = 10.0
    read_s: float = 120.0
    """The longest silence; of a unary request also the time for all of it."""
    head_s: float = 120.0
    """The time until the head of the answer is whole, the sending of the request included."""
    auth: "Auth | None" = None


@dataclass(frozen=True, slots=True)
class Read:
    """Read the next block of an open answer. Answered with bytes; with `b""` at the end."""

    response: "httpx.Response"
    whole: bool = False
    """Read all of it, so that `response.content` can be used."""
    within_s: float = 120.0
    """The time for all of it."""


@dataclass(slots=True)  # to freeze it would cost 0.4 µs, for each chunk of a stream
class Emit:
    """Hand this to the consumer. Answered when the consumer asks for more."""

    chunk: Any


@dataclass(frozen=True, slots=True)
class Calls:
    """Run these functions. Answered with their results in order.

    An `APIError` that one raises is thrown in; anything else ends the flow and goes to the caller.
    One after the other under the synchronous driver; at once under the asynchronous one, coroutine
    functions awaited and plain functions in threads.
    """

    functions: tuple[Callable[[], Any], ...]


@dataclass(frozen=True, slots=True)
class Now:
    """Tell the time. Answered with the seconds of a monotonic clock."""


class Auth(Protocol):
    """What makes a request one of a certain caller."""

    def sign(self, request: Request, *, refused: Request | None = None) -> Flow[Request | None]:
        """Give the request with its credentials; after a 401 give one with new ones, or None if there are none.

        `refused` is the request as it was signed before.
        """
        ...


class Exchange(Generic[T]):
    """Runs a flow step by step, and is the only one to meet its StopIteration."""

    __slots__ = ("_flow", "done", "result", "wanted")

    def __init__(self, flow: Flow[T]) -> None:
        self._flow = flow
        self.done = False
        self.wanted: Any = None
        self.result: T = cast("T", None)
        self.answer(None)

    def answer(self, value: Any) -> None:
        """Give the flow what it wanted; `wanted` is then its next want, or `done` is true."""
        try:
            self.wanted = self._flow.send(value)
        except StopIteration as stop:
            self.done, self.result = True, stop.value

    def fail(self, error: Exception) -> None:
        """Tell the flow that what it wanted failed."""
        try:
            self.wanted = self._flow.throw(error)
        except StopIteration as stop:
            self.done, self.result = True, stop.value

    def close(self) -> None:
        """End the flow where it stands."""
        self._flow.close()


class Attempts:
    """How often one call has been tried, and when it may be tried again."""

    def __init__(self, policy: RetryPolicy, started_at: float) -> None:
        self._policy = policy
        self._made = 0
        self._ends_at = started_at + policy.deadline_s

    def left_s(self, now: float) -> float:
        """Seconds that are left of the call's whole time."""
        return self._ends_at - now

    def delay_s(self, error: APIError, now: float) -> float:
        """Seconds to wait before the next attempt; raises the error where there is none."""
        policy = self._policy
        retry = self._made
        self._made += 1
        if retry >= policy.max_retries or not _may_pass(error, policy):
            raise error
        asked_s = error.retry_after or 0.0
        if asked_s > policy.max_delay_s:
            raise error
        backoff_s = policy.first_delay_s * policy.factor**retry + random.uniform(0, policy.jitter_s)  # noqa: S311 - spreads load
        delay_s = max(min(backoff_s, policy.max_delay_s), asked_s)
        if delay_s >= self.left_s(now):
            raise error
        return delay_s


def _may_pass(error: APIError, policy: RetryPolicy) -> bool:
    """Whether another attempt may succeed: a listed status, or a connection that failed."""
    return error.may_pass if isinstance(error, APIConnectionError) else error.code in policy.statuses


def with_retries(request: Request, policy: RetryPolicy) -> "Flow[httpx.Response]":
    """Send a unary request until it is answered with a 2xx or the policy is spent; raises the last error.

    A delay of the request's own comes before the first attempt.
    """
    attempts = Attempts(policy, (yield Now()))
    delay_s = request.delay_s
    while True:
        try:
            return (yield from _send(request, policy, attempts, delay_s))
        except APIError as error:
            delay_s = attempts.delay_s(error, (yield Now()))


def ask_and_read(request: Request, policy: RetryPolicy, read: Callable[[bytes], T]) -> Flow[T]:
    """Send a unary request as `with_retries` does, and give the body of its answer, read."""
    return read_body((yield from with_retries(request, policy)), read)


def stream_with_retries(
    request: Request,
    policy: RetryPolicy,
    read: Callable[[bytes], T],
    ends: Callable[[T], bool],
    has_content: Callable[[T], bool],
) -> Flow[None]:
    """Send a request and emit each event of its answer, read; sent again only while nothing was emitted.

    What comes before the first content is held back until then, so that it keeps nobody from asking again.

    Args:
        request: With `stream` set.
        policy: Its `silence_s` bounds the wait for each block; its `deadline_s` the time in which it may be asked for
            again, and the time in which nothing comes that is part of an event, as a gateway's comments are none.
        read: The data of one event to what is emitted; raises `ValueError` if it cannot.
        ends: Whether a value says that the answer is complete. A stream without one was cut off.
        has_content: Whether it brings something of the answer, and not only words about it.
    """
    attempts = Attempts(policy, (yield Now()))
    delay_s, emitted = 0.0, False
    while True:
        try:
            response = yield from _send(request, policy, attempts, delay_s)
            complete = False
            held: list[T] = []
            decoder = EventDecoder()
            more, block = Read(response), b"-"
            idle_since: float | None = None
            while block:
                block = yield more
                events = decoder.feed(block) if block else _rest_of(decoder, response)
                idle_since = None if events or decoder.has_begun else (yield from _idle(idle_since, policy, response))
                for event in events:
                    chunk = read_event(event, read, response)
                    complete = complete or ends(chunk)
                    if emitted:
                        yield Emit(chunk)
                        continue
                    held.append(chunk)
                    if complete or has_content(chunk):
                        emitted = True
                        for each in held:
                            yield Emit(each)
            if complete:
                return
            raise cut_off(response)
        except APIError as error:
            if emitted:
                error.partial = True
                raise
            delay_s = attempts.delay_s(error, (yield Now()))


def _idle(since: float | None, policy: RetryPolicy, response: "httpx.Response") -> Flow[float]:
    """Since when a stream has brought no part of an event; raises where that is too long."""
    now: float = yield Now()
    if since is None:
        return now
    if now - since > max(policy.deadline_s, policy.silence_s):
        raise no_event(response)
    return since


def _rest_of(decoder: EventDecoder, response: "httpx.Response") -> Iterator[bytes]:
    """What is left of a stream at its end; raises where that is half an event."""
    for event in decoder.flush():
        if event[:1] in (b"{", b"[") and not is_json(event):
            raise cut_off(response)
        yield event


def _send(request: Request, policy: RetryPolicy, attempts: Attempts, delay_s: float) -> "Flow[httpx.Response]":
    """One attempt, and one more with new credentials if they were refused; raises what is no success."""
    timed = _timed(request, policy, attempts, delay_s, (yield Now()))
    signed = timed if request.auth is None else (yield from request.auth.sign(timed))
    response: httpx.Response = yield signed
    if response.status_code == UNAUTHORIZED and request.auth is not None:
        renewed = yield from request.auth.sign(timed, refused=signed)
        if renewed is not None:
            response = yield _timed(renewed, policy, attempts, 0.0, (yield Now()))
    if response.is_success:
        return response
    if request.stream:
        yield Read(response, whole=True, within_s=policy.silence_s)
    raise error_of(response)


def _timed(request: Request, policy: RetryPolicy, attempts: Attempts, delay_s: float, now: float) -> Request:
    """The request with its delay and the times that the policy and the call's deadline leave it."""
    left_s = max(attempts.left_s(now) - delay_s, 0.001)
    read_s = policy.silence_s if request.stream else left_s
    connect_s = min(policy.connect_s, read_s)
    return replace(request, delay_s=delay_s, read_s=read_s, head_s=max(left_s, read_s), connect_s=connect_s)
