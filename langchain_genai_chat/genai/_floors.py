"""Who may speak in a conversation: one at a time; others wait, and who would wait for itself is told so.

Knows threads, tasks and the calls that they run; nothing of what is said.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

import anyio

from ._calls import within_call

INSIDE = (
    "This chat is in the middle of a turn: it was called from inside a stream's loop or a function of its own. "
    "Read the stream to its end or close it first, or use another chat."
)
BUSY = "This chat is in the middle of a turn, and only a task can wait for its end: use the method with `a` before it."


class ThreadFloor:
    """Who speaks in a chat: one send at a time, the others wait; a send from inside another raises."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: threading.Thread | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Speak, when nobody else does."""
        self.check()
        with self._lock:
            self.claim()
            try:
                yield
            finally:
                self._holder = None

    def check(self) -> None:
        """Raise RuntimeError if this thread would wait for itself."""
        if self._holder is threading.current_thread():
            raise RuntimeError(INSIDE)

    def claim(self) -> None:
        """Say that this thread goes on with the turn, before it waits: a stream may be read by one after the other."""
        self._holder = threading.current_thread()


_WITHIN: ContextVar[frozenset[object]] = ContextVar("_WITHIN", default=frozenset())
"""The turns inside whose request this code runs: a function of theirs, in whatever task; some may have ended."""


class TaskFloor:
    """As `ThreadFloor`, for tasks; a stream that nobody holds does not speak, it is only about to be closed."""

    def __init__(self) -> None:
        self._turn = anyio.Semaphore(1)  # a lock must be released by its own task, a stream is closed by any
        self._holder: tuple[anyio.TaskInfo, Callable[[], object]] | None = None
        self._current: object = None
        """Stands for the turn in `_WITHIN`, which a task that a function began keeps for as long as it lives."""

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Speak, when nobody else does."""
        await self.begin()
        try:
            yield
        finally:
            self.end()

    async def begin(self, stream: Callable[[], object] = lambda: True) -> None:
        """Speak until `end`, when nobody else does; `stream` gives None once nobody can read it."""
        if self._current in _WITHIN.get() or self._is_mine():
            raise RuntimeError(INSIDE)
        speaks = goes_on = False

        async def acquire() -> None:
            nonlocal speaks
            await self._turn.acquire()
            speaks = True

        try:
            await within_call(acquire)
            goes_on = True
        finally:
            if speaks and not goes_on:  # the call was ended at the same moment
                self._turn.release()
        self.claim(stream)
        self._current = object()

    def end(self) -> None:
        """Let others speak."""
        self._holder = self._current = None
        self._turn.release()

    @contextmanager
    def unused(self) -> Iterator[None]:
        """Change something at once, without speaking, if nobody speaks."""
        if self._holder is not None:
            raise RuntimeError(BUSY)
        yield

    def claim(self, stream: Callable[[], object]) -> None:
        """Say that this task goes on with the turn: a stream may be read by one after the other."""
        self._holder = (anyio.get_current_task(), stream)

    @contextmanager
    def within(self) -> Iterator[None]:
        """Mark what is run meanwhile as part of the turn."""
        token = _WITHIN.set(_WITHIN.get() | {self._current})
        try:
            yield
        finally:
            _WITHIN.reset(token)

    def _is_mine(self) -> bool:
        if self._holder is None:
            return False
        task, stream = self._holder
        return task == anyio.get_current_task() and stream() is not None
