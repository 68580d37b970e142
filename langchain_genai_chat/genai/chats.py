"""Conversations with a model: sync and async shells around one state, and who may speak in them.

Knows models by what they offer everyone, so anything with their methods will do; the rules of a history stand in
`_conversation`.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Generic, TypeVar

from . import types
from ._calls import Call, call_here, running
from ._contents import ConfigLike
from ._conversation import Conversation, History, Message, Turn, nothing
from ._floors import TaskFloor, ThreadFloor
from .models import AsyncModels, Models
from .types.preview import Preview

M = TypeVar("M", Models, AsyncModels)


class _Remembering(Generic[M]):
    """What both kinds of chat say of themselves, without sending."""

    _modules: M
    _talk: Conversation

    def preview(
        self, message: Message, config: ConfigLike = None, *, replace_config: bool = False, stream: bool = False
    ) -> Preview:
        """Show the request that a message would make, without sending it; the key is left out."""
        said = self._talk.read(message, config, replace_config=replace_config)
        return self._modules.preview(**self._talk.turn(said).request, stream=stream)

    def get_history(self, curated: bool = False) -> list[types.Content]:  # noqa: FBT001, FBT002 - google-genai's signature
        """The contents so far, in a list of your own: all of them, or those that are sent again (`curated`).

        The contents in it are the chat's: to change one changes what is sent. Of messages and responses the chat has
        copies.
        """
        return self._talk.history(curated=curated)

    @property
    def history(self) -> list[types.Content]:
        """All contents so far, as `get_history()` gives them."""
        return self._talk.history()

    @property
    def usage(self) -> types.GenerateContentResponseUsageMetadata:
        """The tokens of all answers so far, those with calls of functions and of blocked turns included."""
        return self._talk.usage

    def record_history(self, user_input: types.Content, model_output: list[types.Content], is_valid: bool) -> None:  # noqa: FBT001 - google-genai's signature
        """Add a turn that was not sent from here; one that is not valid is kept, and never sent."""
        self._talk.record([user_input, *(model_output or [nothing()])], is_valid=is_valid)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self._talk.model!r}, contents={len(self._talk.history())})"

    def _repr_html_(self) -> str:
        return self._talk.html()


class Chat(_Remembering[Models]):
    """A conversation with a model: each message is sent with what was said before. Safe to share between threads.

    Sends are made one after the other; a stream holds its turn until it is read to the end or closed. What was
    not answered to the end (an error, a stream left early) is as if it had not been sent, and functions that
    were run for it are run again when it is sent again.

    Example:
        ```python
        chat = client.chats.create(model="gemini-3.5-flash")
        print(chat.send_message("My name is Alice.").text)
        for chunk in chat.send_message_stream("What is my name?"):
            print(chunk.text, end="")
        print(len(chat.get_history()))  # 4
        ```
    """

    def __init__(self, *, modules: Models, model: str, config: ConfigLike = None, history: History) -> None:
        self._modules = modules
        self._talk = Conversation(model, config, history)
        self._floor = ThreadFloor()

    def send_message(
        self, message: Message, config: ConfigLike = None, *, replace_config: bool = False
    ) -> types.GenerateContentResponse:
        """Send a message and give the whole answer; both are then part of the history.

        Args:
            message: Text, a part, a file, an image, or a list of them. To answer function calls by hand, a list
                of functionResponse parts. A call that nobody answered is answered with an error before it; where
                the prompt was blocked with the answers in it, they may be given again, or others.
            config: Its fields are laid over the chat's for this message; a field that is set to None is unset.
            replace_config: Take the config of this message instead of the chat's, as google-genai does.

        Raises:
            ValueError: The message or the config cannot be sent; nothing was.
            RuntimeError: It was sent from inside another turn of the same chat.
            errors.APIError: The service refused or failed; the history is as it was before.
        """
        said = self._talk.read(message, config, replace_config=replace_config)
        with self._floor.held(), self._talk.turn(said) as turn:
            return turn.hear(self._modules.generate_content(**turn.request))

    def send_message_stream(
        self, message: Message, config: ConfigLike = None, *, replace_config: bool = False
    ) -> types.Stream[types.GenerateContentResponse]:
        """Send a message and give the answer in chunks; recorded, as one content, when the last one was read.

        Message and config are checked at the call, and sent when the first chunk is asked for; see
        `send_message`. Another thread can end it with `cancel()`; see `types.Stream`.
        """
        turn = self._talk.turn(self._talk.read(message, config, replace_config=replace_config), streamed=True)
        call = call_here()
        with running(call):
            chunks = self._modules.generate_content_stream(**turn.request)
        return types.Stream(self._stream(turn, chunks), call)

    def count_tokens(self, message: Message | None = None) -> types.CountTokensResponse:
        """Count what the next request would cost as input: history, system instruction, tools, and a message."""
        return self._modules.count_tokens(**self._talk.count(message))

    def _stream(
        self, turn: Turn, chunks: Iterator[types.GenerateContentResponse]
    ) -> Generator[types.GenerateContentResponse, None, None]:
        with self._floor.held():
            if turn.is_late:
                turn = turn.again()
                chunks = self._modules.generate_content_stream(**turn.request)
            try:
                with turn:
                    for chunk in chunks:
                        yield turn.hear(chunk)
                        self._floor.claim()
            finally:
                if isinstance(chunks, Generator):
                    chunks.close()


class AsyncChat(_Remembering[AsyncModels]):
    """A conversation with a model, for asyncio and trio; see `Chat`. Safe to share between tasks.

    Example:
        ```python
        chat = client.aio.chats.create(model="gemini-3.5-flash")
        print((await chat.send_message("My name is Alice.")).text)
        async for chunk in await chat.send_message_stream("What is my name?"):
            print(chunk.text, end="")
        ```
    """

    def __init__(self, *, modules: AsyncModels, model: str, config: ConfigLike = None, history: History) -> None:
        self._modules = modules
        self._talk = Conversation(model, config, history)
        self._floor = TaskFloor()

    async def send_message(
        self, message: Message, config: ConfigLike = None, *, replace_config: bool = False
    ) -> types.GenerateContentResponse:
        """Send a message and give the whole answer; see `Chat.send_message`."""
        said = self._talk.read(message, config, replace_config=replace_config)
        async with self._floor.held():
            with self._talk.turn(said) as turn, self._floor.within():
                return turn.hear(await self._modules.generate_content(**turn.request))

    async def send_message_stream(
        self, message: Message, config: ConfigLike = None, *, replace_config: bool = False
    ) -> types.AsyncStream[types.GenerateContentResponse]:
        """Give the answer in chunks: `async for chunk in await chat.send_message_stream(...)`.

        Message and config are checked when it is awaited, and sent when the first chunk is asked for; see
        `Chat.send_message_stream`. Another task can end it with `acancel()`; see `types.AsyncStream`.
        """
        turn = self._talk.turn(self._talk.read(message, config, replace_config=replace_config), streamed=True)
        call = call_here()
        with running(call):
            chunks = await self._modules.generate_content_stream(**turn.request)
        return _AsyncStream(lambda stream: self._stream(turn, chunks, stream), call)

    async def count_tokens(self, message: Message | None = None) -> types.CountTokensResponse:
        """Count what the next request would cost as input; see `Chat.count_tokens`."""
        return await self._modules.count_tokens(**self._talk.count(message))

    async def _stream(
        self, turn: Turn, chunks: AsyncIterator[types.GenerateContentResponse], stream: weakref.ref[_AsyncStream]
    ) -> AsyncGenerator[types.GenerateContentResponse, None]:
        await self._floor.begin(stream)  # not `held`, a generator: a loop that ends would close it before this one
        try:
            if turn.is_late:
                turn = turn.again()
                chunks = await self._modules.generate_content_stream(**turn.request)
            try:
                with turn:
                    while (chunk := await self._next(chunks)) is not None:
                        self._floor.claim(stream)
                        yield turn.hear(chunk)
            finally:
                if isinstance(chunks, AsyncGenerator):
                    await chunks.aclose()
        finally:
            self._floor.end()

    async def _next(self, chunks: AsyncIterator[types.GenerateContentResponse]) -> types.GenerateContentResponse | None:
        with self._floor.within():
            return await anext(chunks, None)


@contextmanager
def between_turns(chat: Chat | AsyncChat) -> Iterator[Conversation]:
    """A chat's state while nobody speaks in it.

    Raises:
        RuntimeError: It was asked for from inside a turn of this chat, or in the middle of an `AsyncChat`'s turn.
    """
    with chat._floor.held() if isinstance(chat, Chat) else chat._floor.unused():  # noqa: SLF001 - of this module
        yield chat._talk  # noqa: SLF001 - as above


@asynccontextmanager
async def abetween_turns(chat: AsyncChat) -> AsyncIterator[Conversation]:
    """`between_turns`, waiting for the end of another task's turn."""
    async with chat._floor.held():  # noqa: SLF001 - as above
        yield chat._talk  # noqa: SLF001 - as above


def check_outside(chat: Chat) -> None:
    """Raise RuntimeError if this thread is in a turn of the chat, before another one waits for it in its place."""
    chat._floor.check()  # noqa: SLF001 - as above


def conversation_of(chat: Chat | AsyncChat) -> Conversation:
    """A chat's state, to look at."""
    return chat._talk  # noqa: SLF001 - as above


class Chats:
    """What `client.chats` gives.

    Example:
        ```python
        chat = client.chats.create(model="gemini-3.5-flash", config={"temperature": 0})
        chat.send_message("Hello")
        other = client.chats.create(model="gemini-3.5-flash", history=chat.get_history())
        ```
    """

    def __init__(self, modules: Models) -> None:
        self._modules = modules

    def create(self, *, model: str, config: ConfigLike = None, history: History = None) -> Chat:
        """Begin a conversation, or go on with one; nothing is sent.

        Args:
            model: Its name, for all messages.
            config: For all messages, unless one says otherwise.
            history: Contents or their dicts, oldest first, or an object whose `to_contents()` gives them, perhaps
                with a system instruction, which is the chat's unless the config has one. It may begin with the
                model's words. An empty answer in it is kept with its question, and neither is sent,
                unless the question answers function calls, which is sent. The contents are the chat's from here
                on, as in google-genai: to change one changes what is sent.

        Raises:
            ValueError: A content's role is neither `user` nor `model`, or the config has an unknown field.
        """
        return Chat(modules=self._modules, model=model, config=config, history=history)


class AsyncChats:
    """What `client.aio.chats` gives.

    Example:
        ```python
        chat = client.aio.chats.create(model="gemini-3.5-flash", config={"temperature": 0})
        await chat.send_message("Hello")
        ```
    """

    def __init__(self, modules: AsyncModels) -> None:
        self._modules = modules

    def create(self, *, model: str, config: ConfigLike = None, history: History = None) -> AsyncChat:
        """Begin a conversation, or go on with one; nothing is sent. See `Chats.create`."""
        return AsyncChat(modules=self._modules, model=model, config=config, history=history)


class _AsyncStream(types.AsyncStream["types.GenerateContentResponse"]):
    """The chunks of an answer, made by a generator that knows whether anybody holds them."""

    def __init__(
        self,
        make: Callable[[weakref.ref[_AsyncStream]], AsyncGenerator[types.GenerateContentResponse, None]],
        call: Call,
    ) -> None:
        super().__init__(make(weakref.ref(self)), call)
