"""A running call as others see it: until when it lasts, and how another thread or task ends it.

Knows no sockets and no streams.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self

import anyio


class StreamCancelledError(Exception):
    """A stream was cancelled: raised where it waits, so that what it holds is let go; its consumer sees an end."""


class Endable(ABC):
    """A connection of ours, which another thread or task can end while it is read."""

    __slots__ = ()

    @abstractmethod
    def end(self) -> None:
        """End what is being waited for; closing is left to the one that waits."""


class Call:
    """Bounds every wait of one call; as a context manager it is one wait, after `woken_by`."""

    __slots__ = ("_connection", "_ends_at", "_lock", "_wake", "inner", "is_cancelled")

    def __init__(self) -> None:
        self.is_cancelled: bool = False
        self.inner: Any = None
        """The stream that is read inside the call's own, and belongs to it."""
        self._ends_at: float | None = None
        self._lock = threading.RLock()  # a signal's handler may cancel what its own thread waits for
        self._wake: Callable[[], None] | None = None
        self._connection: Endable | None = None

    @property
    def left_s(self) -> float | None:
        """Seconds until its time is over; None where it has no end."""
        return None if self._ends_at is None else self._ends_at - time.monotonic()

    @property
    def is_tied(self) -> bool:
        """Whether it ends with a connection."""
        return self._connection is not None

    @contextmanager
    def until(self, ends_at: float) -> Iterator[None]:
        """Bound by this time what it waits for meanwhile."""
        self._ends_at = ends_at
        try:
            yield
        finally:
            self._ends_at = None

    def cancel(self) -> None:
        """End it: the wait that it is in, and every later one. Any thread may do so."""
        with self._lock:
            self.is_cancelled = True
            if self._wake is not None:
                self._wake()
            if self._connection is not None:
                self._connection.end()

    def check(self) -> None:
        """Raise `StreamCancelledError` if somebody has ended it."""
        if self.is_cancelled:
            raise StreamCancelledError

    def tie(self, connection: Endable) -> None:
        """End the connection where the call is cancelled, until `untie`: so no read of it need look for the call.

        Raises `StreamCancelledError` if it is already.
        """
        self._connection = connection  # before the look, as in `woken_by`
        if self.is_cancelled:
            self._connection = None
            raise StreamCancelledError

    def untie(self) -> None:
        """Leave the connection, before it can be another call's."""
        with self._lock:
            self._connection = None

    def woken_by(self, wake: Callable[[], None]) -> Self:
        """Enter this to wait for something that `wake` ends; it is called in the thread that cancels.

        Leaving it, or entering it too late, raises `StreamCancelledError`, unless what was waited for has raised
        what no code should swallow.
        """
        self._wake = wake  # before the look: a cancel that this look misses finds it
        if self.is_cancelled:
            self._wake = None
            raise StreamCancelledError
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:  # after this nobody wakes it: what it has waited on may be another call's next
            self._wake = None
        if kind is None or issubclass(kind, Exception):
            self.check()


CALL: ContextVar[Call | None] = ContextVar("CALL", default=None)
"""The call that this code runs for.

A variable, since between a stream's handle and the socket stand generators that are LangChain's and calls that
are httpx's.
"""


class running:  # noqa: N801 - read as a verb; a generator would cost three times as much
    """Run for this call, or for none: what a user's function does is no part of the call that it is run for."""

    __slots__ = ("_call", "_token")

    def __init__(self, call: Call | None) -> None:
        self._call = call

    def __enter__(self) -> None:
        self._token = CALL.set(self._call)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        CALL.reset(self._token)


def call_here() -> Call:
    """The call that this code runs for, else a new one."""
    return CALL.get() or Call()


async def within_call(wait: Callable[..., Awaitable[None]], *arguments: Any) -> None:
    """Await it, unless the call that this code runs for is ended meanwhile: then it is cancelled."""
    call = CALL.get()
    if call is None:
        await wait(*arguments)
    else:
        scope = anyio.CancelScope()
        with call.woken_by(scope.cancel), scope:
            await wait(*arguments)
