"""Message histories over contents, over chats and over other histories, and as sessions of LangChain's own runnable."""

import asyncio
import gc
import json
import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from langchain_core.chat_history import BaseChatMessageHistory, InMemoryChatMessageHistory
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    message_to_dict,
    messages_from_dict,
)
from langchain_core.runnables.history import RunnableWithMessageHistory

from langchain_genai_chat import ChatGenAI, GenAIChatMessageHistory, genai
from langchain_genai_chat.emulator import Emulator
from langchain_genai_chat.errors import InvalidRequestError
from langchain_genai_chat.genai import types
from langchain_genai_chat.genai.chats import AsyncChat, Chat

Json = dict[str, Any]

# LangChain says so of its own classes, which stand beside ours here.
pytestmark = pytest.mark.filterwarnings("ignore::langchain_core._api.deprecation.LangChainDeprecationWarning")

MODEL = "gemini-3.5-flash"
CALLS = [{"name": "add", "args": {"a": 1, "b": 2}, "id": "one"}, {"name": "add", "args": {"a": 3, "b": 4}, "id": "two"}]


def add(a: int, b: int) -> int:
    """Add two numbers.

    Args:
        a: The first.
        b: The second.
    """
    return a + b


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def client(emulator: Emulator) -> Iterator[genai.Client]:
    emulator.reset()
    with genai.Client(api_key="k", http_options=types.HttpOptions(base_url=emulator.base_url)) as made:
        yield made


@pytest.fixture
def model(emulator: Emulator) -> Iterator[ChatGenAI]:
    emulator.reset()
    with ChatGenAI(model=MODEL, api_key="k", base_url=emulator.base_url, include_thoughts=True) as made:
        yield made


class Store(BaseChatMessageHistory):
    """A store that keeps JSON, as databases do."""

    def __init__(self) -> None:
        self._rows: list[str] = []

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override] # as in LangChain's own stores
        return messages_from_dict([json.loads(row) for row in self._rows])

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        self._rows += [json.dumps(message_to_dict(each)) for each in messages]

    def clear(self) -> None:
        self._rows.clear()


KINDS = ["here", "contents", "chat", "async chat", "store"]


@pytest.fixture(params=KINDS)
def history(request: pytest.FixtureRequest, client: genai.Client) -> GenAIChatMessageHistory:
    made: dict[str, Callable[[], GenAIChatMessageHistory]] = {
        "here": GenAIChatMessageHistory,
        "contents": lambda: GenAIChatMessageHistory([]),
        "chat": lambda: GenAIChatMessageHistory(client.chats.create(model=MODEL)),
        "async chat": lambda: GenAIChatMessageHistory(client.aio.chats.create(model=MODEL)),
        "store": lambda: GenAIChatMessageHistory(store=InMemoryChatMessageHistory()),
    }
    return made[request.param]()


def conversation() -> list[BaseMessage]:
    return [
        SystemMessage("Be brief.", id="s"),
        HumanMessage("Add one and two, and three and four.", id="h1", additional_kwargs={"mine": 1}),
        HumanMessage([{"type": "text", "text": "Please."}], id="h2", name="alice"),
        AIMessage("I will.", tool_calls=CALLS, id="a1", response_metadata={"model_provider": "google_genai"}),
        ToolMessage("7", tool_call_id="two", id="t2"),
        ToolMessage('{"sum": 3}', tool_call_id="one", id="t1", artifact={"kept": True}),
        SystemMessage("Be kind.", id="s2"),
        AIMessage("Three and seven.", id="a2"),
    ]


def wire(contents: Sequence[types.Content]) -> list[Json]:
    return [content.model_dump(mode="json", by_alias=True, exclude_none=True) for content in contents]


def parts_of(contents: Sequence[types.Content]) -> list[tuple[str | None, int]]:
    return [(content.role, len(content.parts or ())) for content in contents]


# ---- what every history does ------------------------------------------------------------


@pytest.mark.parametrize("at_once", [True, False])
async def test_one_message_in_is_one_message_out_with_its_id_and_metadata(
    history: GenAIChatMessageHistory, at_once: bool
) -> None:
    """RunnableWithMessageHistory cuts its input by the number of messages that it has read before."""
    said = conversation()
    if at_once:
        await history.aadd_messages(said)
    else:
        for message in said:
            history.add_message(message)
    assert history.messages == said
    assert await history.aget_messages() == said
    contents = history.to_contents()
    assert parts_of(contents) == [("user", 2), ("model", 3), ("user", 2), ("model", 1)]
    assert [part.function_response.id for part in contents[2].parts or () if part.function_response] == ["one", "two"]


async def test_lists_are_fresh_and_clear_forgets(history: GenAIChatMessageHistory) -> None:
    """LangChain appends to the list that it gets."""
    history.add_user_message("Hello")
    history.add_ai_message("Hello!")
    history.messages.append(HumanMessage("mine"))
    (await history.aget_messages()).clear()
    history.to_contents().clear()
    assert str(history) == "Human: Hello\nAI: Hello!"
    history.clear()
    assert history.messages == []
    history.add_user_message("Again")
    await history.aclear()
    assert await history.aget_messages() == []
    assert list(history.to_contents()) == []


def test_chunks_become_messages(history: GenAIChatMessageHistory) -> None:
    """LangChain stores what a stream gave, which is no message that may be sent to a checkpointer."""
    call: Any = {"name": "add", "args": '{"a": 1, "b": 2}', "id": "one", "index": 0}
    history.add_message(HumanMessage("Add."))
    history.add_message(AIMessageChunk(content="So:", tool_call_chunks=[call], id="run-1", chunk_position="last"))
    (_, message) = history.messages
    assert type(message) is AIMessage
    assert (message.text, message.tool_calls[0]["args"], message.id) == ("So:", {"a": 1, "b": 2}, "run-1")


@pytest.mark.behaviour("B032")
def test_system_messages_keep_their_place_and_enter_no_content(history: GenAIChatMessageHistory) -> None:
    """Contents have no such role; what is said to the model all the same is the system instruction."""
    texts: list[str | Json] = [{"type": "text", "text": "Two."}, {"type": "text", "text": "Three."}]
    said = [HumanMessage("Hello"), SystemMessage("One."), HumanMessage("there"), SystemMessage(texts)]
    history.add_messages(said[:2])
    history.add_messages(said[2:])
    assert history.messages == said
    contents = history.to_contents()
    assert contents.system_instruction == types.Content(
        parts=[types.Part(text=text) for text in ("One.", "Two.", "Three.")]
    )
    assert parts_of(contents) == [("user", 2)]


def test_a_chat_goes_on_with_any_history_and_its_system_instruction(
    history: GenAIChatMessageHistory, client: genai.Client, emulator: Emulator
) -> None:
    """`client.chats.create(history=...)` takes one, and nothing of it is lost."""
    history.add_messages([SystemMessage("Be brief."), HumanMessage("My name is Alice."), AIMessage("Hello Alice!")])
    chat = client.chats.create(model=MODEL, history=history, config={"temperature": 0})
    assert "Alice" in (chat.send_message("What is my name?").text or "")
    body = emulator.requests[-1].body
    assert body["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    assert [content["role"] for content in body["contents"]] == ["user", "model", "user"]
    own = client.chats.create(model=MODEL, history=history, config={"system_instruction": "Be long."})
    assert "Be long." in str(own.preview("Hi").body)
    assert "Be brief." not in str(own.preview("Hi").body)


def test_from_json_is_what_to_json_gave() -> None:
    """With ids, metadata and signatures, through any place that keeps text."""
    history = GenAIChatMessageHistory.from_messages(conversation())
    again = GenAIChatMessageHistory.from_json(history.to_json())
    assert again.messages == history.messages
    assert again.to_contents() == history.to_contents()
    contents = json.dumps(wire(history.to_contents()))
    assert GenAIChatMessageHistory.from_json(contents).to_contents() == history.to_contents()
    with pytest.raises(ValueError, match="holds a dict; pass a list"):
        GenAIChatMessageHistory.from_json("{}")


@pytest.mark.behaviour("B006")
def test_messages_of_contents_are_made_into_the_same_contents_again() -> None:
    """Media, thoughts, code, signatures, results with and without ids: what the wire has, messages can say."""
    contents: list[Json] = [
        {"role": "user", "parts": [{"text": "Look:"}, {"inlineData": {"mimeType": "image/png", "data": "aaaa"}}]},
        {
            "role": "model",
            "parts": [
                {"text": "Hm.", "thought": True},
                {"text": "I see.", "thoughtSignature": "AQID"},
                {"functionCall": {"name": "add", "args": {"a": 1}}, "thoughtSignature": "AQIE"},
                {"functionCall": {"name": "look", "args": {}, "id": "7"}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "add", "response": {"output": "007"}}},
                {
                    "functionResponse": {
                        "id": "7",
                        "name": "look",
                        "response": {"error": "dark"},
                        "parts": [{"inlineData": {"mimeType": "image/png", "data": "aaaa"}}],
                    }
                },
            ],
        },
        {"role": "model", "parts": [{"executableCode": {"language": "PYTHON", "code": "1"}}, {"text": "Done."}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "add", "response": {"output": '{"a": 1}'}}}]},
    ]
    history = GenAIChatMessageHistory(contents[:4])
    kinds = [message.type for message in history.messages]
    assert kinds == ["human", "ai", "tool", "tool", "ai"]
    _, call, first, second, _ = history.messages
    assert isinstance(call, AIMessage)
    assert isinstance(first, ToolMessage)
    assert isinstance(second, ToolMessage)
    assert [first.tool_call_id, second.tool_call_id] == [each["id"] for each in call.tool_calls]
    assert (first.content, second.status) == ("007", "error")
    again = GenAIChatMessageHistory.from_json(history.to_json())
    assert wire(again.to_contents()) == contents[:4]
    (alone,) = GenAIChatMessageHistory(contents[4:]).messages
    assert json.loads(str(alone.content)) == {"output": '{"a": 1}'}


def test_contents_that_were_given_are_given_back_as_they_are() -> None:
    """A part that no message says whole is none the less in the conversation."""
    part = {"functionResponse": {"name": "f", "response": {"output": "1"}, "willContinue": True}}
    given = [types.Content.model_validate({"role": "user", "parts": [part, {"newKind": {"x": 1}}]})]
    history = GenAIChatMessageHistory(given)
    history.add_message(AIMessage("Yes."))
    assert history.to_contents()[0] == given[0]
    assert [message.type for message in history.messages] == ["tool", "human", "ai"]


def test_a_history_made_of_another_s_contents_keeps_the_system_instruction() -> None:
    """It came with the contents."""
    first = GenAIChatMessageHistory.from_messages(conversation())
    copied = GenAIChatMessageHistory(first)
    assert copied.messages == first.messages
    copied.clear()
    assert first.messages
    contents = first.to_contents()
    from_contents = GenAIChatMessageHistory(contents)
    assert from_contents.messages[0].type == "system"
    assert from_contents.to_contents() == contents
    assert from_contents.to_contents().system_instruction == contents.system_instruction


# ---- what cannot be kept, and what is not sent ------------------------------------------


def test_a_result_that_answers_no_call_is_refused_and_nothing_is_added(client: genai.Client) -> None:
    """Google refuses it too; half of what was added would be neither here nor there."""
    chat = client.chats.create(model=MODEL)
    history = GenAIChatMessageHistory(chat)
    with pytest.raises(InvalidRequestError, match=r"messages\[1\].*answers 'x', which no call before it has"):
        history.add_messages([HumanMessage("Hello"), ToolMessage("1", tool_call_id="x")])
    assert (history.messages, chat.history) == ([], [])


def test_a_question_after_an_open_call_has_the_call_answered_with_an_error() -> None:
    """As a chat does: Google wants an answer to each call."""
    history = GenAIChatMessageHistory.from_messages(
        [HumanMessage("Add."), AIMessage("", tool_calls=CALLS), ToolMessage("3", tool_call_id="one")]
    )
    assert parts_of(history.to_contents())[-1] == ("user", 1)
    history.add_message(HumanMessage("Never mind."))
    assert parts_of(history.to_contents())[2:] == [("user", 2), ("user", 1)]
    assert "error" in str(history.to_contents()[2])
    assert [message.type for message in history.messages] == ["human", "ai", "tool", "human"]


@pytest.mark.parametrize("kind", ["chat", "store", "here"])
def test_the_curated_view_leaves_out_what_is_not_sent_again(client: genai.Client, kind: str) -> None:
    """An answer that was blocked, with its question, as in a chat's own two histories."""
    blocked = AIMessage("", response_metadata={"model_provider": "google_genai", "block_reason": "SAFETY"})
    said = [SystemMessage("s"), HumanMessage("a"), AIMessage("b"), HumanMessage("c"), blocked, HumanMessage("d")]
    chat = client.chats.create(model=MODEL)
    store = InMemoryChatMessageHistory()
    options: Json = {"source": chat} if kind == "chat" else {"store": store} if kind == "store" else {}
    history = GenAIChatMessageHistory(**options)
    history.add_messages(said)
    assert history.messages == said
    assert parts_of(history.to_contents()) == [("user", 1), ("model", 1), ("user", 1), ("model", 0), ("user", 1)]
    if kind != "here":
        curated = GenAIChatMessageHistory(**options, curated=True)
        assert curated.messages == [said[0], said[1], said[2], said[5]]
        assert len(curated.to_contents()) == 3
    if kind == "chat":
        assert len(chat.get_history(curated=True)) == 3


def test_signatures_of_another_model_do_not_enter_a_chat(client: genai.Client) -> None:
    """They mean nothing there; a history by itself keeps what its messages have."""
    metadata = {"model_provider": "google_genai", "model_name": "gemini-2.5-flash", "output_version": "v1"}
    block: Json = {"type": "text", "text": "Hi", "extras": {"signature": "AQID"}}
    message = AIMessage([block], response_metadata=metadata)
    for history, signed in (
        (GenAIChatMessageHistory(), True),
        (GenAIChatMessageHistory(client.chats.create(model=MODEL)), False),
        (GenAIChatMessageHistory(client.chats.create(model="gemini-2.5-flash")), True),
    ):
        history.add_messages([HumanMessage("Hello"), message])
        assert history.messages[1] == message
        assert bool((history.to_contents()[1].parts or [])[0].thought_signature) is signed


def test_a_source_that_is_none_is_told_what_it_should_be() -> None:
    """The mistake is easy: both are histories."""
    store = InMemoryChatMessageHistory()
    with pytest.raises(TypeError, match="InMemoryChatMessageHistory came as source; pass it as store="):
        GenAIChatMessageHistory(store)  # type: ignore[arg-type] # the mistake
    with pytest.raises(ValueError, match="pass either"):
        GenAIChatMessageHistory([], store=store)
    with pytest.raises(TypeError, match=r"messages came as source, which takes contents; .*\.from_messages takes them"):
        GenAIChatMessageHistory([HumanMessage("Hello")])  # type: ignore[list-item] # the mistake


# ---- one conversation with a chat -------------------------------------------------------


def test_what_a_chat_says_is_in_the_messages_and_what_is_added_it_sends(
    client: genai.Client, emulator: Emulator
) -> None:
    """A chain and a chat session hold one conversation; every history over the chat says the same."""
    chat = client.chats.create(model=MODEL, config={"tools": [add]})
    history = GenAIChatMessageHistory(chat)
    history.add_messages([SystemMessage("s", id="s"), HumanMessage("My name is Alice.", id="h"), AIMessage("Hello!")])
    chat.send_message("Use add on 1 and 2.")
    history.add_messages([HumanMessage("Thanks.", id="h2"), AIMessage("You are welcome.", id="a2")])
    assert "Alice" in (chat.send_message("What is my name?").text or "")
    messages = GenAIChatMessageHistory(chat).messages
    assert messages == history.messages
    assert [message.type for message in messages] == [
        *("system", "human", "ai"),
        *("human", "ai", "tool", "ai"),
        *("human", "ai"),
        *("human", "ai"),
    ]
    assert [message.id for message in messages if message.id] == ["s", "h", "h2", "a2"]
    call, result = messages[4:6]
    assert isinstance(call, AIMessage)
    assert isinstance(result, ToolMessage)
    assert call.tool_calls[0]["id"] == result.tool_call_id
    assert emulator.requests[-1].status == 200
    history.clear()
    assert (chat.history, chat.get_history(curated=True), history.messages) == ([], [], [])


def test_a_content_that_was_recorded_twice_is_two_messages(client: genai.Client) -> None:
    """The same object may be said again."""
    chat = client.chats.create(model=MODEL)
    question, answer = types.UserContent("Hello"), types.ModelContent("Hello!")
    for count in (2, 4):
        chat.record_history(question, [answer], is_valid=True)
        assert len(GenAIChatMessageHistory(chat).messages) == len(chat.history) == count


def test_a_chat_s_call_is_answered_by_a_tool_message(client: genai.Client) -> None:
    """Functions may be run by an agent beside the chat, one after the other."""
    config: Json = {"tools": [add], "automatic_function_calling": {"disable": True}}
    chat = client.chats.create(model=MODEL, config=config)
    chat.send_message("Use add on 1 and 2 and add on 3 and 4.")
    history = GenAIChatMessageHistory(chat)
    call = history.messages[-1]
    assert isinstance(call, AIMessage)
    assert len(call.tool_calls) == 2
    for each in reversed(call.tool_calls):
        history.add_message(ToolMessage("10", tool_call_id=each["id"]))
    assert parts_of(chat.history)[2:] == [("user", 2)]
    assert [message.type for message in history.messages] == ["human", "ai", "tool", "tool"]
    assert chat.send_message("And now?").text


def test_an_add_waits_for_another_thread_s_turn_and_raises_inside_the_own(client: genai.Client) -> None:
    """Nothing is lost, and nobody waits for himself."""
    chat = client.chats.create(model=MODEL)
    history = GenAIChatMessageHistory(chat)
    thread = threading.Thread(target=lambda: history.add_messages([HumanMessage("late"), AIMessage("Yes.")]))
    for chunk in chat.send_message_stream("Hello there, how are you?"):
        assert chunk.candidates
        for change in (lambda: history.add_messages([HumanMessage("x")]), history.clear):
            with pytest.raises(RuntimeError, match="in the middle of a turn"):
                change()
        with pytest.raises(RuntimeError, match="in the middle of a turn"):
            asyncio.run(history.aadd_messages([HumanMessage("x")]))
        assert history.messages == []
        if not thread.ident:
            thread.start()
    thread.join()
    assert [message.type for message in history.messages] == ["human", "ai", "human", "ai"]
    assert history.messages[2].content == "late"


async def test_an_add_waits_for_another_task_s_turn_and_raises_inside_the_own(client: genai.Client) -> None:
    """As between threads; without a task to wait in, it raises."""
    async with client.aio as aio:
        chat = aio.chats.create(model=MODEL)
        history = GenAIChatMessageHistory(chat)
        late: list[asyncio.Task[None]] = []
        async for _ in await chat.send_message_stream("Hello there, how are you?"):
            with pytest.raises(RuntimeError, match="in the middle of a turn"):
                await history.aadd_messages([HumanMessage("x")])
            with pytest.raises(RuntimeError, match="in the middle of a turn"):
                await history.aclear()
            with pytest.raises(RuntimeError, match="use the method with `a` before it"):
                history.add_message(HumanMessage("x"))
            if not late:
                late.append(asyncio.create_task(history.aadd_messages([HumanMessage("late"), AIMessage("Yes.")])))
                await asyncio.sleep(0)
        await late[0]
        assert [message.type for message in history.messages] == ["human", "ai", "human", "ai"]
        assert (await chat.send_message("And?")).text


async def test_an_async_add_waits_for_a_sync_chat_s_turn_without_blocking_the_loop(client: genai.Client) -> None:
    """The turn may be another thread's."""
    chat = client.chats.create(model=MODEL)
    history = GenAIChatMessageHistory(chat)
    begun, go_on = threading.Event(), threading.Event()

    def speak() -> None:
        for _ in chat.send_message_stream("Hello there, how are you?"):
            begun.set()
            go_on.wait(10)

    thread = threading.Thread(target=speak)
    thread.start()
    await asyncio.to_thread(begun.wait, 10)
    waiting = asyncio.create_task(history.aadd_messages([HumanMessage("late"), AIMessage("Yes.")]))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    go_on.set()
    await waiting
    assert [message.type for message in history.messages] == ["human", "ai", "human", "ai"]


def test_a_forgotten_chat_is_not_held_by_its_messages(client: genai.Client) -> None:
    """A server has many chats."""
    from langchain_genai_chat import chat_history  # noqa: PLC0415 - its registry is looked at here alone

    gc.collect()  # chats of other tests, which would go while this one counts
    before = len(chat_history._LOGS)
    chats = [client.chats.create(model=MODEL) for _ in range(3)]
    for chat in chats:
        GenAIChatMessageHistory(chat).add_message(HumanMessage("Hello"))
    assert len(chat_history._LOGS) == before + 3
    chats.clear()
    del chat
    assert len(chat_history._LOGS) <= before


# ---- as the session history of LangChain's runnable -------------------------------------


Ways = dict[str, Callable[[RunnableWithMessageHistory, Any], Any]]
WAYS: Ways = {
    "invoke": lambda chain, said: chain.invoke(said),
    "stream": lambda chain, said: [*chain.stream(said)],
    "ainvoke": lambda chain, said: asyncio.run(chain.ainvoke(said)),
    "astream": lambda chain, said: asyncio.run(collect(chain, said)),
}


async def collect(chain: RunnableWithMessageHistory, said: Any) -> list[Any]:
    return [chunk async for chunk in chain.astream(said)]


@pytest.mark.behaviour("B055")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["here", "chat", "async chat", "store"])
def test_a_chain_with_tools_and_a_chat_hold_one_conversation(  # noqa: PLR0917 - pytest hands them over by name
    model: ChatGenAI,
    client: genai.Client,
    emulator: Emulator,
    caplog: pytest.LogCaptureFixture,
    way: str,
    kind: str,
) -> None:
    """Each turn is stored once, with its calls and results; LangChain only logs what goes wrong there.

    Each asynchronous turn has an event loop of its own.
    """
    caplog.set_level(logging.WARNING)
    chat = client.chats.create(model=MODEL)
    async_chat = client.aio.chats.create(model=MODEL)
    store = Store()
    kept = GenAIChatMessageHistory()
    histories: dict[str, Callable[[], GenAIChatMessageHistory]] = {
        "here": lambda: kept,
        "chat": lambda: GenAIChatMessageHistory(chat),
        "async chat": lambda: GenAIChatMessageHistory(async_chat),
        "store": lambda: GenAIChatMessageHistory(store=store),
    }
    chain = RunnableWithMessageHistory(model.bind_tools([add]), histories[kind])
    WAYS[way](chain, [HumanMessage("My name is Alice.", id="h")])
    WAYS[way](chain, [HumanMessage("Use add on 1 and 2 and add on 3 and 4.")])
    *_, call = histories[kind]().messages
    assert type(call) is AIMessage
    assert len(call.tool_calls) == 2
    WAYS[way](chain, [ToolMessage("3", tool_call_id=each["id"]) for each in call.tool_calls])
    if kind == "chat":
        chat.send_message("How are you?")
    WAYS[way](chain, [HumanMessage("What is my name?")])
    messages = histories[kind]().messages
    more = ["human", "ai"] * (kind == "chat")
    assert [each.type for each in messages] == [
        "human",
        "ai",
        "human",
        "ai",
        "tool",
        "tool",
        "ai",
        *more,
        "human",
        "ai",
    ]
    assert messages[0].id == "h"
    assert "Alice" in messages[-1].text
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    first, *_, last = [each.body["contents"] for each in emulator.requests]
    assert json.dumps(last).startswith(json.dumps(first)[:-1])


def test_no_warning_comes_from_a_history_of_ours() -> None:
    """LangChain deprecates its own classes; who makes or subclasses ours is not told so."""
    with warnings.catch_warnings(action="error"):
        history = GenAIChatMessageHistory()
        history.add_user_message("Hello")
        assert history.messages

        class Own(GenAIChatMessageHistory):
            pass

        assert Own.from_messages(history.messages).messages == history.messages


def test_chats_are_what_the_names_say(client: genai.Client) -> None:
    """The types that the constructor asks for are those that the clients make."""
    assert isinstance(client.chats.create(model=MODEL), Chat)
    assert isinstance(client.aio.chats.create(model=MODEL), AsyncChat)


def test_messages_are_added_in_every_form_that_a_model_takes() -> None:
    """What a model is asked with is what a history is given next."""
    history = GenAIChatMessageHistory()
    history.add_messages([("human", "Hi"), {"role": "assistant", "content": "Hello."}, "And now?"])
    assert [(message.type, message.text) for message in history.messages] == [
        ("human", "Hi"),
        ("ai", "Hello."),
        ("human", "And now?"),
    ]


def test_a_chat_and_a_history_name_their_model_and_length_in_a_line(client: genai.Client) -> None:
    """In a debugger or a log; what was said in them may be private, and a store may be far away."""

    class Far(InMemoryChatMessageHistory):
        def __getattribute__(self, name: str) -> Any:
            assert name != "messages"
            return super().__getattribute__(name)

    chat = client.chats.create(model="gemini-3.5-flash", config={"system_instruction": "A secret."})
    chat.send_message("I am Ann.")
    assert repr(chat) == "Chat(model='gemini-3.5-flash', contents=2)"
    other = client.aio.chats.create(model="gemini-3.5-flash")
    assert repr(other) == "AsyncChat(model='gemini-3.5-flash', contents=0)"
    assert repr(GenAIChatMessageHistory(chat)) == "GenAIChatMessageHistory(Chat, model='gemini-3.5-flash', messages=2)"
    history = GenAIChatMessageHistory.from_messages([SystemMessage("Be brief."), HumanMessage("I am Ann.")])
    assert repr(history) == "GenAIChatMessageHistory(messages=2)"
    assert repr(GenAIChatMessageHistory(store=Far())) == "GenAIChatMessageHistory(store=Far)"
