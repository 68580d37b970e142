"""Graphs over sockets: what they stream, and state that is stored, taken up elsewhere and sent again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode, tools_condition

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Emulator

Models = Callable[..., ChatGenAI]
Json = dict[str, Any]

THREAD: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 20}
BOTH = "What is the weather in Paris and the time in Rome?"
STEPS = "Get the weather in Paris, then get the time in Rome"


class State(TypedDict):
    """A conversation."""

    messages: Annotated[list[BaseMessage], add_messages]


def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"It is sunny in {city}."


def get_time(city: str) -> str:
    """Get the time in a city."""
    return f"It is noon in {city}."


TOOLS = [get_weather, get_time]


def graph(model: ChatGenAI, saver: BaseCheckpointSaver[Any] | None = None, **options: Any) -> Any:
    """A graph that users write themselves; its node is synchronous, and asks with `invoke`."""
    bound = model.bind_tools(TOOLS)
    builder = StateGraph(State)
    builder.add_node("ask", lambda state: {"messages": [bound.invoke(state["messages"])]})
    builder.add_node("tools", ToolNode(TOOLS))
    builder.add_edge(START, "ask")
    builder.add_conditional_edges("ask", tools_condition, {"tools": "tools", END: END})
    builder.add_edge("tools", "ask")
    return builder.compile(checkpointer=saver, **options)


def said(text: str) -> Json:
    return {"messages": [HumanMessage(text)]}


def summed(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    return sum(chunks[1:], start=chunks[0])


def replies(messages: list[BaseMessage]) -> list[AIMessage]:
    return [message for message in messages if isinstance(message, AIMessage)]


def signed_calls(google: Emulator) -> list[str]:
    """All calls that went out signed in the last request."""
    contents = google.requests[-1].body["contents"]
    signed = [part for content in contents for part in content["parts"] if "thoughtSignature" in part]
    return [part["functionCall"]["name"] for part in signed if "functionCall" in part]


@pytest.mark.parametrize("settings", [{}, {"include_thoughts": True}, {"output_version": "v1"}], ids=str)
async def test_a_graph_streams_the_very_messages_that_it_keeps(settings: Any, google: Emulator, model: Models) -> None:
    """A node that invokes is streamed from all the same; users see the pieces, and the next turn sends the sum."""
    for asynchronous in (False, True):
        run = graph(model(**settings))
        events: list[Any] = []
        if asynchronous:
            events = [event async for event in run.astream(said(BOTH), stream_mode=["messages", "values"])]
        else:
            events = list(run.stream(said(BOTH), stream_mode=["messages", "values"]))
        kept = [event for mode, event in events if mode == "values"][-1]["messages"]
        pieces: dict[str, list[Any]] = {}
        for mode, event in events:
            if mode == "messages" and isinstance(event[0], AIMessageChunk):
                pieces.setdefault(str(event[0].id), []).append(event[0])
        assert [message.type for message in kept] == ["human", "ai", "tool", "tool", "ai"]
        streamed = [summed(chunks) for chunks in pieces.values()]
        assert [message.id for message in streamed] == [message.id for message in replies(kept)]
        for one, other in zip(streamed, replies(kept), strict=True):
            assert one.content == other.content
            assert one.tool_calls == other.tool_calls
            assert one.usage_metadata == other.usage_metadata
            assert one.response_metadata == other.response_metadata
            assert one.additional_kwargs == other.additional_kwargs
        assert len(pieces[str(kept[-1].id)]) > 2
        assert signed_calls(google) == ["get_weather"]


def test_updates_come_by_node(google: Emulator, model: Models) -> None:
    """What each node did is told once, whole."""
    updates = list(graph(model()).stream(said(BOTH), stream_mode="updates"))
    assert [(*update,) for update in updates] == [("ask",), ("tools",), ("ask",)]
    (call_turn,) = updates[0]["ask"]["messages"]
    assert [call["name"] for call in call_turn.tool_calls] == ["get_weather", "get_time"]
    assert [message.name for message in updates[1]["tools"]["messages"]] == ["get_weather", "get_time"]


@contextmanager
def memory(_: Path) -> Iterator[Callable[[], Any]]:
    saver = InMemorySaver()
    yield lambda: saver


@contextmanager
def sqlite(folder: Path) -> Iterator[Callable[[], Any]]:
    """Each saver reads anew what is on disk."""
    made = []

    def open_saver() -> Any:
        made.append(SqliteSaver.from_conn_string(str(folder / "state.sqlite")))
        return made[-1].__enter__()

    yield open_saver
    for each in made:
        each.__exit__(None, None, None)


@pytest.mark.behaviour("B004")
@pytest.mark.parametrize("settings", [{}, {"include_thoughts": True}], ids=str)
@pytest.mark.parametrize("storage", [memory, sqlite])
def test_a_turn_that_was_stored_halfway_goes_on_elsewhere_signed(
    storage: Any, settings: Any, google: Emulator, model: Models, tmp_path: Path
) -> None:
    """A process may end between a call and its result; Gemini 3 wants the current turn's signatures back unchanged.

    The emulator checks each signature against the call that it signs, and refuses a call without one.
    """
    with storage(tmp_path) as open_saver:
        for _ in range(2):
            first = graph(model(**settings), open_saver(), interrupt_before=["tools"])
            stopped = first.invoke(said(STEPS) if not google.requests else None, THREAD)
            assert stopped["messages"][-1].tool_calls
        last = graph(model(**settings), open_saver())
        done = last.invoke(None, THREAD)["messages"]
        again = graph(model(**settings), open_saver()).invoke(said("Thank you."), THREAD)["messages"]
    assert [message.type for message in done] == ["human", "ai", "tool", "ai", "tool", "ai"]
    assert "noon in Rome" in done[-1].text
    assert again[-1].text.startswith("You said: Thank you.")
    assert len(google.requests) == 4
    assert signed_calls(google) == ["get_weather", "get_time"]
    before, after = (one.body["contents"] for one in google.requests[-2:])
    assert after[: len(before)] == before


async def test_an_agent_remembers_a_thread_in_a_database(google: Emulator, model: Models, tmp_path: Path) -> None:
    """Another program, another agent and another model object read what the first one stored, asynchronously."""
    path = str(tmp_path / "threads.sqlite")
    for text in ("My name is Alice.", BOTH, "What is my name?"):
        async with AsyncSqliteSaver.from_conn_string(path) as saver:
            agent = create_agent(model(), TOOLS, checkpointer=saver)
            result = await agent.ainvoke(said(text), THREAD)  # type: ignore[call-overload]
    assert result["messages"][-1].text == "Your name is Alice."
    assert len(result["messages"]) == 9


def test_a_turn_may_be_taken_back_and_answered_differently(google: Emulator, model: Models) -> None:
    """Time travel: a checkpoint's messages are a prefix that goes on, with results that the user gives."""
    run = graph(model(), InMemorySaver(), interrupt_before=["tools"])
    stopped = run.invoke(said("What is the weather in Paris?"), THREAD)["messages"]
    (call,) = stopped[-1].tool_calls
    fork = run.update_state(
        THREAD, {"messages": [ToolMessage("It rains.", tool_call_id=call["id"], name=call["name"])]}, as_node="tools"
    )
    done = run.invoke(None, fork)["messages"]
    assert "It rains." in done[-1].text
    assert [message.type for message in done] == ["human", "ai", "tool", "ai"]
