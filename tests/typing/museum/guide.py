"""The LangChain side: calls, streams, tools, structured output, errors, a message history."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypedDict, assert_type

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import tool
from pydantic import BaseModel, SecretStr

from langchain_genai_chat import ChatGenAI, GenAIChatMessageHistory, errors, genai, register_with_langchain
from langchain_genai_chat.genai.chats import Chat


class City(BaseModel):
    """A city."""

    name: str
    inhabitants: int


@dataclass
class Map:
    """A map."""

    year: int


class Frame(TypedDict):
    """A frame."""

    width_mm: int


class Mood(Enum):
    """A mood."""

    CALM = "calm"
    GLAD = "glad"


@tool
def find_map(town: str) -> str:
    """Find a map of a town."""
    return f"a map of {town}"


def count_maps(town: str) -> int:
    """Count the maps of a town."""
    return len(town)


def make_model() -> ChatGenAI:
    """Settings under LangChain's names and under the wire's."""
    return ChatGenAI(
        model="gemini-3.5-flash",
        api_key=SecretStr("any"),
        temperature=0,
        max_tokens=100,
        thinking_level="low",
        timeout=60,
        max_retries=2,
        retry=genai.types.RetryPolicy(max_retries=1),
        on_bad_reply="raise",
        history="repair",
    )


def ask(model: ChatGenAI) -> str:
    """One call, its text and what it cost."""
    reply = assert_type(model.invoke("Hello"), AIMessage)
    if reply.usage_metadata is not None:
        assert_type(reply.usage_metadata["total_tokens"], int)
    again = model.invoke([HumanMessage("Hello"), reply, ("human", "And?")], max_tokens=10)
    return f"{reply.text} {again.text}"


def read_aloud(model: ChatGenAI) -> Iterator[str]:
    """A stream."""
    for chunk in model.stream("Tell me a story."):
        assert_type(chunk, AIMessageChunk)
        yield chunk.text


async def aread_aloud(model: ChatGenAI) -> AsyncIterator[str]:
    """The same without blocking."""
    assert_type(await model.ainvoke("Hello"), AIMessage)
    async for chunk in model.astream("Tell me a story."):
        assert_type(chunk, AIMessageChunk)
        yield chunk.text


def use_tools(model: ChatGenAI) -> AIMessage:
    """Tools of three kinds."""
    bound = model.bind_tools([find_map, count_maps, {"google_search": {}}], tool_choice="any")
    reply = assert_type(bound.invoke("A map of Vienna, please."), AIMessage)
    for call in reply.tool_calls:
        assert_type(call["args"], dict[str, Any])
    return reply


def describe(model: ChatGenAI) -> City:
    """Answers of a class of one's own are of that class."""
    assert_type(model.with_structured_output(City), Runnable[LanguageModelInput, City])
    assert_type(model.with_structured_output(Map).invoke("Vienna 1683").year, int)
    assert_type(model.with_structured_output(Frame).invoke("A small one")["width_mm"], int)
    assert_type(model.with_structured_output(Mood, method="function_calling").invoke("How is she?"), Mood)
    assert_type(model.with_structured_output({"type": "object", "title": "City"}).invoke("Paris"), dict[str, Any])
    return model.with_structured_output(City).invoke("Describe Paris.")


def describe_carefully(model: ChatGenAI) -> str:
    """The message beside the object, and what can go wrong."""
    both = model.with_structured_output(City, include_raw=True).invoke("Describe Paris.")
    try:
        return str(both["parsed"]) + describe(model).name
    except errors.BadReplyError as error:
        return f"{assert_type(error.message, AIMessage).text} {error.block_reason or error.finish_reason}"
    except genai.errors.APIError as error:
        return f"{assert_type(error.code, int)} {error.message}"


def remember(model: ChatGenAI, chat: Chat) -> str:
    """One conversation, shown to LangChain."""
    history = GenAIChatMessageHistory(chat)
    history.add_messages([HumanMessage("My name is Alice.")])
    assert_type(history.messages, list[BaseMessage])
    register_with_langchain()
    again = GenAIChatMessageHistory.from_json(history.to_json())
    return model.invoke(again.messages).text


def look(model: ChatGenAI) -> str:
    """What would be sent, and what the model can do."""
    assert_type(model.get_num_tokens("Hello"), int)
    profile = model.profile or {}
    assert_type(model.client, genai.Client)
    return f"{assert_type(model.preview('Hello').body, dict[str, Any])} {profile.get('max_input_tokens')}"
