"""The streams that calls hand out: generators that another thread or task can end.

Knows generators and the calls behind them; not what is in a chunk, nor where it comes from.
"""

import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Generator
from typing import Any, Generic, TypeVar

from .._calls import CALL, Call, StreamCancelledError, running

__all__ = ["CALL", "AsyncStream", "Stream", "StreamCancelledError", "running"]

T_co = TypeVar("T_co", covariant=True)

ELSEWHERE = (
    "A stream is cancelled in the event loop that reads it. From another thread: "
    "asyncio.run_coroutine_threadsafe(stream.acancel(), loop)."
)


class Stream(Generator[T_co, None, None], Generic[T_co]):
    """The chunks of an answer, as they come: a generator that any thread can end.

    A loop that is left, `close()`, and letting go of it end it at once, as with every generator; `cancel()` does
    while another thread waits for the next chunk.
    """

    def __init__(self, chunks: Generator[T_co, None, None], call: Call | None = None) -> None:
        self._chunks = chunks
        self._call = call or Call()
        self._is_inner = _joins(self, call)
        self._is_new = True

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody has cancelled it, so that its end need not be the answer's."""
        return self._call.is_cancelled

    def cancel(self) -> None:
        """End the stream, from whatever thread: its consumer sees an end, and no error.

        The connection is closed at once, whether the consumer waits for an answer, for the next chunk or in front
        of another attempt, or does something else. A consumer that is making the connection, runs a function of
        yours or waits for its turn in a chat sees the end when that is over; one that uses an http client or a
        transport of yours, or HTTP/2, when the next bytes come.
        What came before, its tokens in `usage_metadata` too, stays as it was given; a chat's history is as it was
        before the message. Cancelling twice, or a stream that has ended, does nothing.
        """
        self._call.cancel()
        self.close_unread()

    def __next__(self) -> T_co:
        try:
            if self._is_new:
                self._is_new = False
                with running(self._call):  # streams that are made in it join the call: LangChain makes ours there
                    return next(self._chunks)
            return next(self._chunks)
        except StopIteration:
            if self._is_inner:  # what was closed unread has not come to an end
                self._call.check()
            raise
        except (StreamCancelledError, ValueError):
            if not self.is_cancelled:
                raise
            # A ValueError, that the generator is executing, comes while the thread that cancels closes it.
            if self._is_inner:
                raise StreamCancelledError from None
            raise StopIteration from None

    def send(self, value: None = None) -> T_co:  # noqa: ARG002 - there is nothing that could be sent
        """Give the next chunk, as `next` does."""
        return next(self)

    def throw(self, *error: Any) -> T_co:
        """Raise an error where the stream stands, which ends it."""
        chunk: T_co = self._chunks.throw(*error)
        return chunk

    def close(self) -> None:
        """End the stream; its connection is closed at once."""
        try:
            self._chunks.close()
        except ValueError:  # another thread is in it, which ends it if it is cancelled
            if not self.is_cancelled:
                raise

    def close_unread(self) -> None:
        """Close what is held by a stream that is cancelled, unless somebody reads it, who then does."""
        self.close()


class AsyncStream(AsyncGenerator[T_co, None], Generic[T_co]):
    """The chunks of an answer, as they come: an asynchronous generator that any task of its event loop can end.

    `aclose()` ends it, as with every generator; `acancel()` does while another task waits for the next chunk.
    """

    def __init__(self, chunks: AsyncGenerator[T_co, None], call: Call | None = None) -> None:
        self._chunks = chunks
        self._call = call or Call()
        self._is_inner = _joins(self, call)
        self._is_new = True
        self._thread: int | None = None
        self._is_read = False
        self._is_closed = False
        """Whether somebody has closed it, or begun to: meanwhile nobody else may use the generator."""

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody has cancelled it, so that its end need not be the answer's."""
        return self._call.is_cancelled

    async def acancel(self) -> None:
        """End the stream: its consumer sees an end, and no error, at once, whatever it waits for.

        A coroutine function of yours that it runs is cancelled; a plain one is run to its end first. What came before
        stays as with `Stream.cancel`.

        From another thread it is `asyncio.run_coroutine_threadsafe(stream.acancel(), loop)`. With HTTP/2, which
        arguments of the http client can ask for, calls share a connection, and to end one may end the others.

        Raises:
            RuntimeError: Another thread's event loop reads it.
        """
        if self._thread not in (None, threading.get_ident()):
            raise RuntimeError(ELSEWHERE)
        self._call.cancel()
        await self.close_unread()

    async def __anext__(self) -> T_co:
        if self._is_closed:
            if self._is_inner:
                self._call.check()
            raise StopAsyncIteration
        self._thread = threading.get_ident()
        self._is_read = True
        try:
            if self._is_new:
                self._is_new = False
                with running(self._call):  # as in `Stream`
                    return await self._first()
            return await anext(self._chunks)
        except StopAsyncIteration:
            if self._is_inner:
                self._call.check()
            raise
        except StreamCancelledError:
            if self._is_inner:
                raise
            raise StopAsyncIteration from None
        finally:
            self._is_read = False

    def _first(self) -> Awaitable[T_co]:
        """Ask for the first chunk, unseen by the event loop if this is an inner stream.

        A loop that ends closes all generators that it has seen begin, at once, and to close one twice is an error;
        whoever holds an inner stream closes it.
        """
        if not self._is_inner:
            return anext(self._chunks)
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=None)
        try:
            return anext(self._chunks)
        finally:
            sys.set_asyncgen_hooks(*hooks)

    async def asend(self, value: None = None) -> T_co:  # noqa: ARG002 - there is nothing that could be sent
        """Give the next chunk, as `anext` does."""
        return await anext(self)

    async def athrow(self, *error: Any) -> T_co:
        """Raise an error where the stream stands, which ends it."""
        chunk: T_co = await self._chunks.athrow(*error)
        return chunk

    async def aclose(self) -> None:
        """End the stream; its connection is closed at once."""
        if not self._is_closed:
            self._is_closed = not self._is_read
            await self._chunks.aclose()

    async def close_unread(self) -> None:
        """As `Stream.close_unread`."""
        if not self._is_read:
            await self.aclose()


def _joins(stream: Any, call: Call | None) -> bool:
    """Whether a stream belongs to the call that it is made in, as a model's to a chat's; it is the last to do so."""
    if call is None or call is not CALL.get():
        return False
    call.inner = stream
    return True
