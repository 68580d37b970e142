"""What several probes ask with: functions to call, and how a reply's calls are answered.

Knows LangChain's messages and the wire's parts; knows no target.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool, tool

from langchain_genai_chat.genai.errors import APIError

from ._wire import Exchange, Json

E = TypeVar("E", bound=Exception)

WEATHER = "What is the weather in Boston? Call get_weather."


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city.

    Args:
        city: The city's name.
    """
    return f"sunny in {city}"


@tool
def double(number: int) -> int:
    """Multiply a number by two."""
    return 2 * number


@tool
def count_maps(town: str) -> int:
    """Count a museum's maps of a town."""
    return len(town)


@tool
def read_clock() -> str:
    """Read the clock on the wall."""
    return "ten past four"


TOOLS: dict[str, BaseTool] = {each.name: each for each in (get_weather, double, count_maps, read_clock)}


def answered(reply: AIMessage) -> list[BaseMessage]:
    """A reply and the results of its calls."""
    results: list[ToolMessage] = [
        TOOLS[call["name"]].invoke({**call, "type": "tool_call"}) for call in reply.tool_calls
    ]
    return [reply, *results]


def asked(text: str) -> list[BaseMessage]:
    """A conversation that begins with a question."""
    return [HumanMessage(text)]


def joined(chunks: Iterable[AIMessageChunk]) -> AIMessageChunk:
    """A streamed reply as one message."""
    first, *others = chunks
    return sum(others, start=first)


def is_asked_for_boston(reply: AIMessage) -> bool:
    """Whether a reply is one call of get_weather for Boston, however it spells that."""
    return [call["name"] for call in reply.tool_calls] == ["get_weather"] and "Boston" in reply.tool_calls[0]["args"][
        "city"
    ]


def tokens_of(reply: AIMessage) -> tuple[int, int, int]:
    """Input, output and total tokens of a reply."""
    assert reply.usage_metadata is not None, "the reply has usage_metadata"
    usage = reply.usage_metadata
    return usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]


def reason_of(reply: AIMessage) -> str:
    """Why a reply ended."""
    return str(reply.response_metadata.get("finish_reason"))


def error_of(ask: Callable[[], object], kind: type[E]) -> E:
    """The error that a request ends with, of one kind of LangChain's or the client's."""
    try:
        ask()
    except kind as error:
        return error
    raise AssertionError(f"it ends with a {kind.__name__}")


def code_of(error: Exception) -> int:
    """The status of an error, which is the client's whatever else it is."""
    assert isinstance(error, APIError), "it is an error of the client's too"
    return error.code


def calls_in(parts: Sequence[Json]) -> list[Json]:
    """The parts that are function calls, as they stand on the wire."""
    return [part for part in parts if "functionCall" in part]


def sent_again(exchange: Exchange) -> list[Json]:
    """The parts of the model's that a request brings back, in order."""
    turns = [content for content in exchange.request["contents"] if content.get("role") == "model"]
    return [part for content in turns for part in content["parts"]]
