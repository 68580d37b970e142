"""A conversation in the terminal: `python -m langchain_genai_chat.emulator.demo`, or `make demo`.

Uses the package as its readers would: with GOOGLE_API_KEY or GEMINI_API_KEY set it talks to Google's service,
else to the emulator beside it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage

from .. import ChatGenAI
from .server import Emulator

MODEL = "gemini-3.5-flash"
KEYS = ("GOOGLE_API_KEY", "GEMINI_API_KEY")
PERSONA = "You are a guide to a small museum. Answer in one or two sentences."
SAID = ("Hello!", "My name is Alice and I like old maps.", "What was my name?")


@contextmanager
def connect() -> Iterator[ChatGenAI]:
    """The model to talk to; what it is stands in the first line."""
    key = next((name for name in KEYS if os.environ.get(name)), None)
    if key:
        print(f"Talking to Google's Gemini API, model {MODEL}, with the key in {key}.", flush=True)
        yield ChatGenAI(model=MODEL)
        return
    with Emulator() as emulator:
        print("Talking to the local emulator, not Gemini: a few plain rules answer. Set GOOGLE_API_KEY for Gemini.")
        yield ChatGenAI(model=MODEL, base_url=emulator.base_url, api_key="any")


class Conversation:
    """Messages so far, printed as they come, and the tokens they took."""

    def __init__(self, model: ChatGenAI) -> None:
        self.model = model
        self.messages: list[BaseMessage] = [SystemMessage(PERSONA)]
        self.tokens = 0

    def say(self, text: str) -> None:
        """One turn, streamed."""
        self._begin(text)
        reply: AIMessageChunk | None = None
        for chunk in self.model.stream(self.messages):
            reply = self._show(chunk, reply)
        self._end(reply)

    async def asay(self, text: str) -> None:
        """The same without blocking the event loop."""
        self._begin(text)
        reply: AIMessageChunk | None = None
        async for chunk in self.model.astream(self.messages):
            reply = self._show(chunk, reply)
        self._end(reply)

    def _begin(self, text: str) -> None:
        print(f"\nYou:    {text}\nModel:  ", end="")
        self.messages.append(HumanMessage(text))

    def _show(self, chunk: AIMessage, reply: AIMessageChunk | None) -> AIMessageChunk | None:
        print(chunk.text, end="", flush=True)
        if not isinstance(chunk, AIMessageChunk):
            return reply
        return chunk if reply is None else reply + chunk

    def _end(self, reply: AIMessageChunk | None) -> None:
        if reply is None:
            raise RuntimeError("the stream ended without a message")
        self.messages.append(reply)
        used = reply.usage_metadata
        if used:
            self.tokens += used["total_tokens"]
            print(f"\n        [{used['input_tokens']} tokens in, {used['output_tokens']} out]", end="")
        print()


def talk(model: ChatGenAI) -> None:
    """A conversation that remembers, streamed."""
    print("\n== stream")
    conversation = Conversation(model)
    for text in SAID:
        conversation.say(text)
    print(f"\n{conversation.tokens} tokens in all.")


async def atalk(model: ChatGenAI) -> None:
    """The same with async."""
    print("\n== astream")
    conversation = Conversation(model)
    for text in SAID:
        await conversation.asay(text)
    print(f"\n{conversation.tokens} tokens in all.")


def main() -> None:
    """Each part in turn."""
    with connect() as model:
        talk(model)
        asyncio.run(atalk(model))


if __name__ == "__main__":
    main()
