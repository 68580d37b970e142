"""Counting tokens where LangChain weighs parts of conversations, forwards and backwards."""

from collections.abc import Callable
from typing import Any, Literal

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    trim_messages,
)

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Emulator

Models = Callable[..., ChatGenAI]

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PICTURE = {"type": "image", "base64": PIXEL, "mime_type": "image/png"}


def conversation(turns: int) -> list[BaseMessage]:
    """Turns with a call each, all of about the same length."""
    messages: list[BaseMessage] = [SystemMessage("You are a guide.")]
    for turn in range(turns):
        call: Any = {"name": "get_weather", "args": {"city": "Paris"}, "id": f"c{turn}", "type": "tool_call"}
        messages += [
            HumanMessage("What is the weather in Paris?"),
            AIMessage("", tool_calls=[call]),
            ToolMessage("It is sunny.", tool_call_id=f"c{turn}", name="get_weather"),
            AIMessage("It is sunny in Paris."),
        ]
    return messages


@pytest.mark.behaviour("B119")
@pytest.mark.parametrize(("strategy", "system"), [("last", True), ("last", False), ("first", False)])
def test_trimming_takes_few_requests_and_leaves_what_fits(
    strategy: Literal["first", "last"], system: bool, google: Emulator, model: Models
) -> None:
    """LangChain halves its way, backwards for the last ones: results come before their calls, calls go unanswered."""
    messages = conversation(turns=10)
    counter = model()
    whole = counter.get_num_tokens_from_messages(messages)
    google.reset()
    kept = trim_messages(
        messages, max_tokens=whole // 2, token_counter=counter, strategy=strategy, include_system=system
    )
    assert len(google.requests) <= 2 + len(messages).bit_length()
    assert len(messages) // 3 < len(kept) < len(messages) * 2 // 3
    assert (kept[0].type == "system") is (system or strategy == "first")
    assert (kept[-1] == messages[-1]) is (strategy == "last")


def test_the_approximate_counter_takes_no_request(google: Emulator) -> None:
    """What is documented as the way without requests is LangChain's own."""
    messages = conversation(turns=10)
    kept = trim_messages(messages, max_tokens=150, token_counter="approximate")
    assert 0 < len(kept) < len(messages)
    assert google.requests == []


@pytest.mark.parametrize(
    "messages",
    [
        [ToolMessage("It is sunny.", tool_call_id="c")],
        conversation(1)[3:1:-1],
        conversation(1)[2:3],
        [SystemMessage("Be brief.")],
        [HumanMessage([{"type": "tool_result", "tool_use_id": "c", "content": "It is sunny."}])],
    ],
    ids=["a result", "backwards", "a call", "a system message", "a result of Anthropic's"],
)
async def test_what_is_no_conversation_is_counted_all_the_same(
    messages: list[BaseMessage], google: Emulator, model: Models
) -> None:
    """A part of a conversation has a weight, though it could not be sent."""
    counter = model()
    count = counter.get_num_tokens_from_messages(messages)
    assert 0 < count < 100
    assert await counter.aget_num_tokens_from_messages(messages) == count
    assert len(google.requests) == 2


def test_pictures_in_a_part_are_counted_as_pictures(google: Emulator, model: Models) -> None:
    """As text a large one would weigh a thousand times as much; these results have lost their calls."""
    bare = ToolMessage([{"type": "text", "text": "Here."}], tool_call_id="c")
    shown = ToolMessage([{"type": "text", "text": "Here."}, PICTURE], tool_call_id="c")
    counter = model()
    assert counter.get_num_tokens_from_messages([shown]) - counter.get_num_tokens_from_messages([bare]) == 258


def test_nothing_costs_nothing(google: Emulator, model: Models) -> None:
    """Nor does it take a request, which would be refused."""
    assert model().get_num_tokens_from_messages([]) == 0
    assert google.requests == []
