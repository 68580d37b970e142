"""A conversation in the terminal: `python -m langchain_genai_chat.demo`, or `make demo`.

Uses the package as its readers would: with GOOGLE_API_KEY or GEMINI_API_KEY set it talks to Google's service,
else to the emulator.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool

from . import ChatGenAI, GenAIChatMessageHistory
from .emulator import Emulator
from .genai import errors

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
        self.tokens: int = 0

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


@tool
def count_maps(town: str) -> str:
    """Count the museum's maps of a town."""
    return f"{len(town)} maps of {town}"


def call(model: ChatGenAI) -> None:
    """A tool call, which goes back with the id and the signature that it came with."""
    print("\n== tool call")
    bound = model.bind_tools([count_maps])
    messages: list[BaseMessage] = [HumanMessage("How many maps are there of Vienna? Use count_maps.")]
    print(f"\nYou:    {messages[0].text}")
    reply = bound.invoke(messages)
    messages.append(reply)
    for each in reply.tool_calls:
        print(f"Model:  calls {each['name']}({each['args']}), id {each['id']}")
        messages.append(count_maps.invoke({**each, "type": "tool_call"}))
        print(f"Tool:   {messages[-1].text}")
    sent = model.preview(messages).body
    calls = [part for content in sent["contents"] for part in content["parts"] if "functionCall" in part]
    for part in calls:
        signature = part.get("thoughtSignature", "")
        print(f"        [sent back: id {part['functionCall'].get('id')}, signature {signature[:16]}...]")
    print(f"Model:  {bound.invoke(messages).text}")


def hold(model: ChatGenAI, folder: Path) -> None:
    """Hold a conversation and store each whole turn; then begin a turn and wait in its middle."""
    history = GenAIChatMessageHistory.from_messages([SystemMessage(PERSONA)])
    for text in SAID:
        message = HumanMessage(text)
        history.add_messages([message, model.invoke([*history.messages, message])])
        (folder / "history.json").write_text(history.to_json(), encoding="utf-8")
    (folder / "request.json").write_text(next_request(model, history), encoding="utf-8")
    for _ in model.stream([*history.messages, HumanMessage(SAID[-1])]):
        print("in the middle of a turn", flush=True)
        sys.stdin.read()


def next_request(model: ChatGenAI, history: GenAIChatMessageHistory) -> str:
    """The body that the next question is sent with."""
    return json.dumps(model.preview([*history.messages, HumanMessage("Who am I?")]).body)


def survive(model: ChatGenAI, folder: Path) -> None:
    """A conversation whose process is killed in the middle of a turn, and that goes on in this one."""
    print("\n== a killed process")
    address = [model.base_url] if model.base_url else []
    command = [sys.executable, "-m", __spec__.name, "--hold", str(folder), *address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - this program
        said: Any = process.stdout
        print(f"\nProcess {process.pid} is {said.readline().strip()}.")
        process.kill()
    print(f"It was killed (exit code {process.returncode}).")
    history = GenAIChatMessageHistory.from_json((folder / "history.json").read_bytes())
    body = next_request(model, history)
    same = body == (folder / "request.json").read_text(encoding="utf-8")
    print(f"{len(history.messages)} messages were stored. The next request, made of them here, has {len(body)} bytes:")
    print(f"{'the same byte for byte' if same else 'OTHERS'} that the killed process would have sent.")
    print(f"\nYou:    {SAID[-1]}\nModel:  {model.invoke([*history.messages, HumanMessage(SAID[-1])]).text}")


def main() -> None:
    """Each part in turn, or what the process does that is killed; what the service refuses ends it with one line."""
    parser = argparse.ArgumentParser(prog="python -m langchain_genai_chat.demo", description=__doc__)
    parser.add_argument("--hold", nargs="+", help=argparse.SUPPRESS)  # where to store, and the emulator's address
    if held := parser.parse_args().hold:
        folder, *address = held
        settings: Any = {"base_url": address[0], "api_key": "any"} if address else {}
        hold(ChatGenAI(model=MODEL, **settings), Path(folder))
        return
    with connect() as model, TemporaryDirectory() as folder:
        try:
            talk(model)
            asyncio.run(atalk(model))
            call(model)
            survive(model, Path(folder))
        except errors.APIError as error:
            sys.exit(f"\n{error.status}: {error.message}")


if __name__ == "__main__":
    main()
