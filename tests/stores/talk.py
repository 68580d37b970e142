"""A program that holds a conversation with tools and keeps it in a database: what the tests start, and kill.

    python talk.py KIND WHERE URL TURNS [hang]

Goes on from the last whole turn that it finds, for so many turns; with `hang` it then begins one more, says so, and
waits inside a tool until it is killed.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from pydantic import SecretStr

from langchain_genai_chat import ChatGenAI, GenAIChatMessageHistory

MODEL = "gemini-3.1-flash-image"  # answers with pictures, and signs them
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SYSTEM = SystemMessage("You are a bookkeeper.")
HANGING = 999

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
    from langgraph.graph import MessagesState, StateGraph  # noqa: PLC0415 - as above
    from langgraph.prebuilt import ToolNode, tools_condition  # noqa: PLC0415 - as above

    saver: PostgresSaver | SqliteSaver
    if where.startswith("postgresql"):
        saver = stack.enter_context(PostgresSaver.from_conn_string(where))
    else:
        saver = stack.enter_context(SqliteSaver.from_conn_string(where))
    saver.setup()
    bound = model.bind_tools([add])

    def ask(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [bound.invoke([SYSTEM, *state["messages"]])]}

    builder = StateGraph(MessagesState)
    builder.add_node("ask", ask)
    builder.add_node("tools", ToolNode([add]))
    builder.set_entry_point("ask")
    builder.add_conditional_edges("ask", tools_condition)
    builder.add_edge("tools", "ask")
    graph = builder.compile(checkpointer=saver)
    thread: RunnableConfig = {"configurable": {"thread_id": "thread"}}
    config = next((state.config for state in graph.get_state_history(thread, limit=9) if not state.next), thread)

    def turn(message: HumanMessage) -> None:
        nonlocal config
        graph.invoke({"messages": [message]}, config)
        config = thread  # the newest one from now on

    return turn


KINDS = {"sql": talk_by_sql, "graph": talk_by_graph}


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
