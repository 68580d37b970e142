"""A program that holds a conversation with tools and keeps it in a database: what the tests start, and kill.

    python talk.py KIND WHERE URL TURNS [hang]

Goes on from the last whole turn that it finds, for so many turns; with `hang` it then begins one more, says so, and
waits inside a tool until it is killed.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import tool
from pydantic import SecretStr

from langchain_genai_chat import ChatGenAI, GenAIChatMessageHistory

MODEL = "gemini-3.1-flash-image"  # answers with pictures, and signs them
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SYSTEM = SystemMessage("You are a bookkeeper.")
HANGING = 999
THREAD: RunnableConfig = {"configurable": {"thread_id": "thread"}}

Turn = Callable[[HumanMessage], None]


@tool
def add(a: int, b: int) -> str:
    """Add two numbers.

    Args:
        a: The first.
        b: The second.
    """
    if HANGING in (a, b):
        sys.stdout.write("inside a turn\n")
        sys.stdout.flush()
        time.sleep(60)
    return f'{{"sum": {a + b}}}'


@contextmanager
def made_model(base_url: str) -> Iterator[ChatGenAI]:
    settings = {"include_thoughts": True, "response_modalities": ["TEXT", "IMAGE"]}
    with ChatGenAI(model=MODEL, api_key=SecretStr("k"), base_url=base_url, **settings) as model:
        yield model


def talk_by_sql(model: ChatGenAI, where: str, _: ExitStack) -> Turn:
    """LangChain's SQL history: a turn is added when it is whole, in one transaction."""
    from langchain_community.chat_message_histories import SQLChatMessageHistory  # noqa: PLC0415 - one kind needs it

    history = GenAIChatMessageHistory(store=SQLChatMessageHistory("thread", connection=where))
    bound = model.bind_tools([add])

    def turn(message: HumanMessage) -> None:
        before = history.messages
        said: list[BaseMessage] = [message]
        while not said[1:] or said[-1].type == "tool":
            reply = bound.invoke([SYSTEM, *before, *said])
            said.append(reply)
            said += [add.invoke({**call, "type": "tool_call"}) for call in reply.tool_calls]
        history.add_messages(said)

    return turn


def talk_by_graph(model: ChatGenAI, where: str, stack: ExitStack) -> Turn:
    """A LangGraph with a checkpointer, which keeps each step: the last checkpoint that waits for nothing counts."""
    from langgraph.checkpoint.postgres import PostgresSaver  # noqa: PLC0415 - one kind needs it
    from langgraph.checkpoint.sqlite import SqliteSaver  # noqa: PLC0415 - as above

    saver: PostgresSaver | SqliteSaver
    if where.startswith("postgresql"):
        saver = stack.enter_context(PostgresSaver.from_conn_string(where))
    else:
        saver = stack.enter_context(SqliteSaver.from_conn_string(where))
    saver.setup()
    graph = made_graph(model, saver)
    config = next((state.config for state in graph.get_state_history(THREAD, limit=9) if not state.next), THREAD)

    def turn(message: HumanMessage) -> None:
        nonlocal config
        graph.invoke({"messages": [message]}, config)
        config = THREAD  # the newest one from now on

    return turn


def talk_by_async_graph(model: ChatGenAI, where: str, stack: ExitStack) -> Turn:
    """The same with the asynchronous checkpointers."""
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415 - one kind needs it
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # noqa: PLC0415 - as above

    runner = stack.enter_context(asyncio.Runner())
    opened = AsyncExitStack()
    stack.callback(lambda: runner.run(opened.aclose()))

    async def begin() -> tuple[Any, RunnableConfig]:
        saver: AsyncPostgresSaver | AsyncSqliteSaver
        if where.startswith("postgresql"):
            saver = await opened.enter_async_context(AsyncPostgresSaver.from_conn_string(where))
        else:
            saver = await opened.enter_async_context(AsyncSqliteSaver.from_conn_string(where))
        await saver.setup()
        graph = made_graph(model, saver)
        states = [state async for state in graph.aget_state_history(THREAD, limit=9)]
        return graph, next((state.config for state in states if not state.next), THREAD)

    graph, config = runner.run(begin())

    def turn(message: HumanMessage) -> None:
        nonlocal config
        runner.run(graph.ainvoke({"messages": [message]}, config))
        config = THREAD

    return turn


def made_graph(model: ChatGenAI, saver: Any) -> Any:
    from langgraph.graph import MessagesState, StateGraph  # noqa: PLC0415 - two kinds need it
    from langgraph.prebuilt import ToolNode, tools_condition  # noqa: PLC0415 - as above

    bound = model.bind_tools([add])

    def ask(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [bound.invoke([SYSTEM, *state["messages"]])]}

    async def aask(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [await bound.ainvoke([SYSTEM, *state["messages"]])]}

    builder = StateGraph(MessagesState)
    builder.add_node("ask", RunnableLambda(ask, aask))
    builder.add_node("tools", ToolNode([add]))
    builder.set_entry_point("ask")
    builder.add_conditional_edges("ask", tools_condition)
    builder.add_edge("tools", "ask")
    return builder.compile(checkpointer=saver)


KINDS = {"sql": talk_by_sql, "graph": talk_by_graph, "async-graph": talk_by_async_graph}


def say(number: int) -> HumanMessage:
    picture = {"type": "image", "base64": PNG, "mime_type": "image/png"}
    return HumanMessage([f"Use add on {number} and 1.", picture])


def main() -> None:
    kind, where, base_url, turns, *hang = sys.argv[1:]
    with ExitStack() as stack:
        turn = KINDS[kind](stack.enter_context(made_model(base_url)), where, stack)
        for number in range(int(turns)):
            turn(say(number))
        if hang:
            turn(say(HANGING))


if __name__ == "__main__":
    main()
