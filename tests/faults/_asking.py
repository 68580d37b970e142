"""The eight ways to ask that every fault is met on, and what came of one."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.genai import Client
from langchain_genai_chat.genai.chats import AsyncChat, Chat
from langchain_genai_chat.genai.types import RetryPolicy

MODEL = "gemini-3.5-flash"
KEY = "a-made-up-key-of-the-tests"
QUESTION = "Hi"


@dataclass(kw_only=True)
class Came:
    """What a caller got: pieces of text, and an error or an end."""

    pieces: list[str] = field(default_factory=list)
    error: BaseException | None = None
    message: BaseMessage | None = None
    """LangChain's, of a call or summed from a stream."""
    history: int = 0
    """The contents that a chat holds afterwards."""
    took_s: float = 0.0

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@contextmanager
def _told(came: Came) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, the rule of the fault has to name it
        came.error = error
    finally:
        came.took_s = time.monotonic() - started


def _take(came: Came, message: Any) -> None:
    came.pieces.append(message.text)
    before = came.message
    came.message = before + message if isinstance(before, AIMessageChunk) else message


def model_of(base_url: str, policy: RetryPolicy, **given: Any) -> ChatGenAI:
    return ChatGenAI(**{"model": MODEL, "api_key": KEY, "base_url": base_url, "retry": policy, **given})


def client_of(base_url: str, policy: RetryPolicy) -> Client:
    return Client(api_key=KEY, http_options={"base_url": base_url, "retry_options": policy})


def invoke(base_url: str, policy: RetryPolicy) -> Came:
    came = Came()
    with model_of(base_url, policy) as model, _told(came):
        _take(came, model.invoke(QUESTION))
    return came


def stream(base_url: str, policy: RetryPolicy) -> Came:
    came = Came()
    with model_of(base_url, policy) as model, _told(came):
        for chunk in model.stream(QUESTION):
            _take(came, chunk)
    return came


def send(base_url: str, policy: RetryPolicy) -> Came:
    came = Came()
    with client_of(base_url, policy) as client:
        chat = client.chats.create(model=MODEL)
        with _told(came):
            came.pieces.append(chat.send_message(QUESTION).text or "")
        return _remembered(came, chat)


def send_stream(base_url: str, policy: RetryPolicy) -> Came:
    came = Came()
    with client_of(base_url, policy) as client:
        chat = client.chats.create(model=MODEL)
        with _told(came):
            for chunk in chat.send_message_stream(QUESTION):
                came.pieces.append(chunk.text or "")
        return _remembered(came, chat)


def ainvoke(base_url: str, policy: RetryPolicy) -> Came:
    async def run() -> Came:
        came = Came()
        async with model_of(base_url, policy) as model:
            with _told(came):
                _take(came, await model.ainvoke(QUESTION))
        return came

    return asyncio.run(run())


def astream(base_url: str, policy: RetryPolicy) -> Came:
    async def run() -> Came:
        came = Came()
        async with model_of(base_url, policy) as model:
            with _told(came):
                async for chunk in model.astream(QUESTION):
                    _take(came, chunk)
        return came

    return asyncio.run(run())


def asend(base_url: str, policy: RetryPolicy) -> Came:
    async def run() -> Came:
        came = Came()
        async with client_of(base_url, policy).aio as client:
            chat = client.chats.create(model=MODEL)
            with _told(came):
                came.pieces.append((await chat.send_message(QUESTION)).text or "")
            return _remembered(came, chat)

    return asyncio.run(run())


def asend_stream(base_url: str, policy: RetryPolicy) -> Came:
    async def run() -> Came:
        came = Came()
        async with client_of(base_url, policy).aio as client:
            chat = client.chats.create(model=MODEL)
            with _told(came):
                async for chunk in await chat.send_message_stream(QUESTION):
                    came.pieces.append(chunk.text or "")
            return _remembered(came, chat)

    return asyncio.run(run())


def _remembered(came: Came, chat: Chat | AsyncChat) -> Came:
    came.history = len(chat.get_history())
    return came


Way = Callable[[str, RetryPolicy], Came]
WAYS: tuple[Way, ...] = (invoke, ainvoke, stream, astream, send, asend, send_stream, asend_stream)
STREAMED = frozenset({stream, astream, send_stream, asend_stream})
OF_LANGCHAIN = frozenset({invoke, ainvoke, stream, astream})
__all__ = ["OF_LANGCHAIN", "STREAMED", "WAYS", "AIMessage", "Came", "Way"]
