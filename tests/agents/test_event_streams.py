"""One answer over sockets, told by each of LangChain's ways to stream it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Emulator

Models = Callable[..., ChatGenAI]
Json = dict[str, Any]

MODEL = "gemini-3.5-flash"


def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"It is sunny in {city}."


def get_time(city: str) -> str:
    """Get the time in a city."""
    return f"It is noon in {city}."


def event(*parts: Json, **more: Any) -> Json:
    return {"candidates": [{"content": {"role": "model", "parts": [*parts]}, **more}], "modelVersion": MODEL}


def call(city: str) -> Json:
    return {"functionCall": {"name": "get_weather", "args": {"city": city}}}


THREE_CALLS = [
    event({**call("Paris"), "thoughtSignature": "c2lnbmVk"}),
    event(call("Rome")),
    event(call("Oslo"), finishReason="STOP"),
]
SEARCHED: list[Json] = [
    event({"text": "Let me "}),
    event({"text": "compute.\n"}),
    event({"executableCode": {"language": "PYTHON", "code": "print(6 * 7)"}, "thoughtSignature": "c2lnbmVk"}),
    event({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "42"}}),
    event({"text": "It is "}),
    event({"text": "42."}, finishReason="STOP"),
]
SCENES: dict[str, tuple[Json, str, list[Json] | None]] = {
    "text": ({}, "Tell me of the sea and of all the ships that sail on it.", None),
    "thoughts": ({"include_thoughts": True}, "Tell me of the sea and of all the ships that sail on it.", None),
    "v1": ({"output_version": "v1"}, "Tell me of the sea and of all the ships that sail on it.", None),
    "calls": ({"tools": [get_weather, get_time]}, "What is the weather in Paris and the time in Rome?", None),
    "calls in blocks": (
        {"tools": [get_weather, get_time], "output_version": "v1"},
        "What is the weather in Paris and the time in Rome?",
        None,
    ),
    "three calls of a function": ({"tools": [get_weather]}, "Weather?", THREE_CALLS),
    "code": ({"tools": [{"code_execution": {}}]}, "Compute.", SEARCHED),
}


def summed(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    return sum(chunks[1:], start=chunks[0])


async def by_stream(model: Any, question: str) -> AIMessage:
    return summed(list(model.stream(question)))


async def by_astream(model: Any, question: str) -> AIMessage:
    return summed([chunk async for chunk in model.astream(question)])


async def by_second_events(model: Any, question: str) -> AIMessage:
    """The chunks that are told as they come, and the message at the end, which have to be the same."""
    events = [one async for one in model.astream_events(question, version="v2")]
    chunks = [one["data"]["chunk"] for one in events if one["event"] == "on_chat_model_stream"]
    total = summed(chunks)
    (end,) = [one["data"]["output"] for one in events if one["event"] == "on_chat_model_end"]
    assert (end.content, end.tool_calls, end.usage_metadata) == (total.content, total.tool_calls, total.usage_metadata)
    return total


async def by_third_events(model: Any, question: str) -> AIMessage:
    message: AIMessage = model.stream_events(question, version="v3").output
    return message


async def by_third_events_async(model: Any, question: str) -> AIMessage:
    stream = await model.astream_events(question, version="v3")
    message: AIMessage = await stream.output
    return message


def told(message: AIMessage) -> Json:
    """All that counts in a message, in one form: blocks, calls without indices, usage, metadata but its tag."""
    blocks = [{name: value for name, value in block.items() if name != "index"} for block in message.content_blocks]
    metadata = {name: value for name, value in message.response_metadata.items() if name != "output_version"}
    return {
        "text": message.text,
        "blocks": blocks,
        "calls": [{name: value for name, value in one.items() if name != "index"} for one in message.tool_calls],
        "usage": message.usage_metadata,
        "metadata": {name: value for name, value in metadata.items() if name != "response_id"},
    }


@pytest.mark.behaviour("B009")
@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize(
    "way", [by_astream, by_second_events, by_third_events, by_third_events_async], ids=lambda way: way.__name__
)
async def test_every_way_to_stream_tells_the_same(
    way: Callable[..., Any], scene: str, google: Emulator, model: Models
) -> None:
    """User interfaces choose their way; what was said, called and counted must not depend on it."""
    settings, question, script = SCENES[scene]
    tools = settings.get("tools")
    asked: Any = model(**{name: value for name, value in settings.items() if name != "tools"})
    if tools:
        asked = asked.bind_tools(tools)
    answers = []
    for each in (by_stream, way):
        if script:
            google.script(script)
        answers.append(told(await each(asked, question)))
    assert answers[0] == answers[1]
    assert answers[0]["text"] or answers[0]["calls"]
    if scene == "three calls of a function":
        assert [one["args"]["city"] for one in answers[1]["calls"]] == ["Paris", "Rome", "Oslo"]
        assert len({one["id"] for one in answers[1]["calls"]}) == 3


@pytest.mark.behaviour("B009")
def test_chunks_of_parallel_calls_have_indices_that_run_over_the_stream(google: Emulator, model: Models) -> None:
    """Whoever puts pieces together does it by their index: one that repeats joins two calls."""
    google.script(THREE_CALLS)
    chunks = list(model().bind_tools([get_weather]).stream("Weather?"))
    pieces = [piece for chunk in chunks for piece in chunk.tool_call_chunks]
    assert [piece["index"] for piece in pieces] == [0, 1, 2]
    assert [json.loads(piece["args"] or "")["city"] for piece in pieces] == ["Paris", "Rome", "Oslo"]
