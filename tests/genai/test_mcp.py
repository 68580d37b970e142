"""MCP sessions among the tools: by a session of the same interface as `mcp.ClientSession`, against the emulator."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from langchain_genai_chat.emulator import Emulator
from langchain_genai_chat.genai import Client, errors

MODEL = "gemini-3.5-flash"
SIGNATURE = "skip_thought_signature_validator"
SCHEMA = {"type": "object", "properties": {"city-name": {"type": "string"}}, "required": ["city-name"]}


class Wire(BaseModel):
    """As the package's own answers, with the wire's names in their JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Listed(Wire):
    """A tool as the package lists it."""

    name: str
    description: str | None = None
    input_schema: dict[str, Any] = SCHEMA
    annotations: None = None


class Page(Wire):
    """An answer to `tools/list`."""

    tools: list[Listed]
    next_cursor: str | None = None


class Result(Wire):
    """An answer to `tools/call`."""

    content: list[dict[str, Any]]
    structured_content: dict[str, Any] | None = None
    is_error: bool = False


class Session:
    """Stands for a connected session."""

    def __init__(self, *names: str, cursor: str | None = None) -> None:
        self.page = Page(tools=[Listed(name=name, description=f"The {name}.") for name in names], next_cursor=cursor)
        self.called: list[tuple[str, dict[str, Any]]] = []
        self.lists = 0

    async def list_tools(self) -> Page:
        self.lists += 1
        return self.page

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> Result:
        self.called.append((name, arguments))
        if name == "broken":
            return Result(content=[{"type": "text", "text": "No such city."}], is_error=True)
        return Result(content=[{"type": "text", "text": "sunny"}])


def get_time(zone: str) -> str:
    """Tell the time."""
    return f"noon in {zone}"


def calls(*names: str) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"functionCall": {"name": name, "args": {"city-name": "Rome", "days": 2.0}}} for name in names
    ]
    parts[0]["thoughtSignature"] = SIGNATURE
    return {"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]}


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def client(server: Emulator) -> Client:
    server.reset()
    return Client(api_key="k", http_options={"base_url": server.base_url})


@pytest.mark.parametrize("streamed", [False, True])
async def test_tools_of_sessions_are_declared_and_called(client: Client, server: Emulator, *, streamed: bool) -> None:
    """Beside functions, each under its own name, with the schema that the server gave."""
    weather, other = Session("weather", "broken"), Session("news")
    config = {"tools": [weather, get_time, other]}
    asked = calls("weather", "broken", "news")
    server.script([asked] if streamed else asked)
    async with client.aio as aio:
        if streamed:
            stream = await aio.models.generate_content_stream(model=MODEL, contents="Hi", config=config)
            _ = [chunk async for chunk in stream]
        else:
            await aio.models.generate_content(model=MODEL, contents="Hi", config=config)
    (tool,) = server.requests[0].body["tools"]
    assert [each["name"] for each in tool["functionDeclarations"]] == ["weather", "broken", "get_time", "news"]
    assert tool["functionDeclarations"][0] == {
        "name": "weather",
        "description": "The weather.",
        "parametersJsonSchema": SCHEMA,
    }
    answers = [part["functionResponse"]["response"] for part in server.requests[1].body["contents"][-1]["parts"]]
    assert answers[0] == {"result": {"content": [{"type": "text", "text": "sunny"}], "isError": False}}
    assert answers[1] == {"error": "RemoteToolError: No such city."}
    assert other.called == [("news", {"city-name": "Rome", "days": 2})]
    assert (weather.lists, other.lists) == (1, 1)


async def test_a_chat_calls_tools_of_a_session(client: Client, server: Emulator) -> None:
    """The session goes with the chat's config."""
    session = Session("weather")
    server.script(calls("weather"))
    async with client.aio as aio:
        chat = aio.chats.create(model=MODEL, config={"tools": [session]})
        await chat.send_message("Hi")
        assert [content.role for content in chat.history] == ["user", "model", "user", "model"]
    assert session.called == [("weather", {"city-name": "Rome", "days": 2})]


async def test_what_cannot_wait_for_a_session_refuses_it(client: Client, server: Emulator) -> None:
    """By name, and before anything is sent."""
    asks: Any = {"model": MODEL, "contents": "Hi", "config": {"tools": [Session("weather")]}}
    with pytest.raises(errors.UnsupportedFunctionError, match=r"MCP session.*client\.aio"):
        client.models.generate_content(**asks)
    with pytest.raises(errors.UnsupportedFunctionError, match="MCP session"):
        client.models.generate_content_stream(**asks)
    with pytest.raises(errors.UnsupportedFunctionError, match="MCP session"):
        await client.aio.models.count_tokens(**asks)
    assert server.requests == []


async def test_tools_that_are_not_all_listed_are_refused(client: Client, server: Emulator) -> None:
    """A part of them would be taken for all."""
    config: Any = {"tools": [Session("weather", cursor="2")]}
    with pytest.raises(ValueError, match="several pages"):
        await client.aio.models.generate_content(model=MODEL, contents="Hi", config=config)
    assert server.requests == []


async def test_two_tools_of_one_name_are_refused(client: Client) -> None:
    """The model could not tell them apart."""
    config: Any = {"tools": [Session("weather"), Session("weather")]}
    with pytest.raises(ValueError, match="called 'weather'"):
        await client.aio.models.generate_content(model=MODEL, contents="Hi", config=config)


async def test_an_argument_may_have_any_name(client: Client, server: Emulator) -> None:
    """The names are the tool's, also one that Python's methods have."""
    session = Session("weather")
    asked = calls("weather")
    asked["candidates"][0]["content"]["parts"][0]["functionCall"]["args"] = {"self": "me"}
    server.script(asked)
    async with client.aio as aio:
        await aio.models.generate_content(model=MODEL, contents="Hi", config={"tools": [session]})
    assert session.called == [("weather", {"self": "me"})]
