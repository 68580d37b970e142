"""Conversations that outlive their process, in the databases that users keep them in: real servers, real processes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from langchain_genai_chat import GenAIChatMessageHistory, genai
from langchain_genai_chat.emulator import Emulator

pytestmark = pytest.mark.timeout(300)  # fifty turns wait for the disk some hundred times

Json = dict[str, Any]

PROGRAM = Path(__file__).with_name("talk.py")
STORES = {
    "sql": "langchain_community",
    "graph": "langgraph.checkpoint.sqlite",
    "async-graph": "langgraph.checkpoint.sqlite.aio",
}
"""The kinds of `talk.py`, and a module that each needs."""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Where an empty database is, as SQLAlchemy says it and as a checkpointer does."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/kept.db", f"{tmp_path}/kept.db"
    psycopg = pytest.importorskip("psycopg", reason="no PostgreSQL: psycopg is not installed")
    uri: str = request.getfixturevalue("postgres")
    name = f"kept_{uuid4().hex}"
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    uri = uri.replace("/postgres?", f"/{name}?")
    return uri.replace("postgresql:", "postgresql+psycopg:"), uri


def command(kind: str, database: tuple[str, str], emulator: Emulator, *more: str) -> list[str]:
    pytest.importorskip(STORES[kind], reason=f"no {kind} store: {STORES[kind]} is not installed")
    where = database[kind != "sql"]
    # LangChain's community package says that it is being sunset; it is where the SQL history is
    ignored = ["-W", "ignore:`langchain-community` is being sunset:DeprecationWarning"]
    return [sys.executable, *ignored, str(PROGRAM), kind, where, emulator.base_url, *more]


def bodies(emulator: Emulator) -> list[Json]:
    """What was sent, all of it answered: the emulator checks each signature and each turn."""
    assert {each.status for each in emulator.requests} == {200}
    return [each.body for each in emulator.requests]


def parts_of(body: Json) -> list[Json]:
    return [part for content in body["contents"] for part in content["parts"]]


@pytest.mark.filterwarnings("ignore:`langchain-community` is being sunset:DeprecationWarning")
async def test_a_store_with_an_asynchronous_engine_is_read_and_written_natively(
    emulator: Emulator, database: tuple[str, str]
) -> None:
    """Such a store has no synchronous methods that could stand in for them."""
    histories = pytest.importorskip("langchain_community.chat_message_histories")
    engines = pytest.importorskip("sqlalchemy.ext.asyncio")
    engine = engines.create_async_engine(database[0].replace("sqlite:", "sqlite+aiosqlite:"))
    try:
        store = histories.SQLChatMessageHistory("thread", connection=engine)
        history = GenAIChatMessageHistory(store=store)
        said = [SystemMessage("Be brief."), HumanMessage("My name is Alice."), AIMessage("Hello!", id="a")]
        await history.aadd_messages(said)
        assert await history.aget_messages() == said
        assert await GenAIChatMessageHistory(store=store, curated=True).aget_messages() == said
        contents = await history.ato_contents()
        async with genai.Client(api_key="k", http_options={"base_url": emulator.base_url}).aio as client:
            chat = client.chats.create(model="gemini-3.5-flash", history=contents)
            assert "Alice" in ((await chat.send_message("What is my name?")).text or "")
        assert bodies(emulator)[0]["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
        await history.aclear()
        assert await history.aget_messages() == []
        with pytest.raises(ValueError, match="async mode"):
            history.add_message(said[1])
    finally:
        await engine.dispose()


@pytest.mark.behaviour("B006")
@pytest.mark.parametrize(("kind", "turns"), [("sql", 50), ("graph", 50), ("async-graph", 5)])
def test_a_conversation_goes_on_after_its_process_was_killed_in_the_middle_of_a_turn(
    emulator: Emulator, database: tuple[str, str], kind: str, turns: int
) -> None:
    """From the last whole turn, with the same bytes: what Google has cached of the conversation is still good."""
    killed = command(kind, database, emulator, str(turns), "hang")
    with subprocess.Popen(killed, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "inside a turn\n"
        process.kill()
    assert process.returncode < 0
    sent = bodies(emulator)
    assert len(sent) == 2 * turns + 1
    last_whole, begun = sent[-2:]

    subprocess.run(command(kind, database, emulator, "1"), check=True)
    taken_up, finished = bodies(emulator)[len(sent) :]
    assert {name: taken_up[name] for name in taken_up if name != "contents"} == {
        name: begun[name] for name in begun if name != "contents"
    }
    *before, message = taken_up["contents"]
    assert json.dumps(before) == json.dumps(begun["contents"][:-1])
    assert json.dumps(taken_up["contents"]).startswith(json.dumps(last_whole["contents"])[:-1])
    assert json.dumps(finished["contents"]).startswith(json.dumps(taken_up["contents"])[:-1])
    assert message["parts"][0] == {"text": "Use add on 0 and 1."}

    parts = parts_of(finished)
    assert sum("functionResponse" in part for part in parts) == turns + 1
    assert sum(bool(part.get("thought")) for part in parts) > turns
    assert sum("inlineData" in part for part in parts) == 2 * turns + 1
    assert sum("thoughtSignature" in part for part in parts) > 2 * turns
