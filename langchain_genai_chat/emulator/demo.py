"""A conversation in the terminal: `python -m langchain_genai_chat.emulator.demo`, or `make demo`.

Uses the package as its readers would: with GOOGLE_API_KEY or GEMINI_API_KEY set it talks to Google's service,
else to the emulator beside it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager

from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, SystemMessage

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

    def __init__(self) -> None:
        self.messages: list[BaseMessage] = [SystemMessage(PERSONA)]
        self.tokens = 0

    def begin(self, text: str) -> list[BaseMessage]:
        """What to send for the next turn."""
        print(f"\nYou:    {text}\nModel:  ", end="")
        self.messages.append(HumanMessage(text))
        return self.messages

    def end(self, chunks: list[AIMessageChunk]) -> None:
        """Keep the reply and count it."""
        reply = sum(chunks[1:], start=chunks[0])
        self.messages.append(reply)
        if used := reply.usage_metadata:
            self.tokens += used["total_tokens"]
            print(f"\n        [{used['input_tokens']} tokens in, {used['output_tokens']} out]")


def show(chunk: AIMessageChunk) -> AIMessageChunk:
    """Print a piece as it comes."""
    print(chunk.text, end="", flush=True)
    return chunk


def talk(model: ChatGenAI) -> None:
    """A conversation that remembers, streamed."""
    print("\n== stream")
    conversation = Conversation()
    for text in SAID:
        conversation.end([show(chunk) for chunk in model.stream(conversation.begin(text))])
    print(f"\n{conversation.tokens} tokens in all.")


async def atalk(model: ChatGenAI) -> None:
    """The same with async."""
    print("\n== astream")
    conversation = Conversation()
    for text in SAID:
        conversation.end([show(chunk) async for chunk in model.astream(conversation.begin(text))])
    print(f"\n{conversation.tokens} tokens in all.")


def main() -> None:
    """Each part in turn."""
    with connect() as model:
        talk(model)
        asyncio.run(atalk(model))


if __name__ == "__main__":
    main()
