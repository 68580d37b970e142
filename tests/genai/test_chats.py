"""Chats: what a history keeps whatever happens to a send, who may speak, what is shown.

Every rule is shown for both kinds of chat over real HTTP; what a model is told by functions stands in test_rounds.
"""

import asyncio
import gc
import itertools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from pydantic import create_model

from langchain_genai_chat import genai
from langchain_genai_chat.emulator import Cut, Emulator, Fault
from langchain_genai_chat.genai import errors, types
from langchain_genai_chat.genai._conversation import added, curate, laid_over
from langchain_genai_chat.genai.chats import AsyncChat, AsyncChats, Chat, Chats

FLASH = "gemini-3.5-flash"
SKIP = "skip_thought_signature_validator"  # the documented filler for a model's calls that are made up here
MESSAGE = "Tell me about the weather in the old town of Rome"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    server.reset()
    return server


def options(emulator: Emulator) -> types.HttpOptions:
    return types.HttpOptions(base_url=emulator.base_url, retry_options=types.RetryPolicy(max_retries=0))


@pytest.fixture
def client(emulator: Emulator) -> Iterator[genai.Client]:
    with genai.Client(api_key="a-made-up-key", http_options=options(emulator)) as client:
        yield client


@pytest.fixture
async def aio(emulator: Emulator) -> AsyncIterator[genai.AsyncClient]:
    async with genai.Client(api_key="a-made-up-key", http_options=options(emulator)).aio as aio:
        yield aio


USAGE = {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}


def content(*parts: Json) -> Json:
    return {"content": {"role": "model", "parts": list(parts)}}


def said(candidate: Json, usage: Json | None = None) -> Json:
    return {"candidates": [candidate], **({"usageMetadata": usage} if usage else {})}


class Talk:
    """One of the four ways to send, behind one method, so that each rule is shown for all of them."""

    def __init__(self, client: genai.Client, *, is_async: bool, streamed: bool) -> None:
        self._client = client
        self._is_async = is_async
        self.streamed = streamed
        self.chat: Chat | AsyncChat

    def begin(self, **arguments: Any) -> "Talk":
        chats: Chats | AsyncChats = self._client.aio.chats if self._is_async else self._client.chats
        self.chat = chats.create(model=FLASH, **arguments)
        return self

    async def send(self, message: Any = MESSAGE, **arguments: Any) -> list[types.GenerateContentResponse]:
        match self.chat, self.streamed:
            case Chat(), False:
                return [self.chat.send_message(message, **arguments)]
            case Chat(), True:
                return list(self.chat.send_message_stream(message, **arguments))
            case AsyncChat(), False:
                return [await self.chat.send_message(message, **arguments)]
            case AsyncChat(), True:
                return [chunk async for chunk in await self.chat.send_message_stream(message, **arguments)]
        raise AssertionError

    @property
    def roles(self) -> tuple[list[str | None], list[str | None]]:
        """Who spoke, in all contents and in those that are sent again."""
        return [each.role for each in self.chat.history], [each.role for each in self.chat.get_history(curated=True)]

    def reply(self, *parts: Json, finish: str = "STOP", **fields: Any) -> Any:
        """A reply to script, whole or as a stream of one part each."""
        end = {"finishReason": finish, **fields}
        if self.streamed:
            return [*(said(content(part), USAGE) for part in parts), said(end, USAGE)]
        return said({**content(*parts), **end}, USAGE)

    def bare(self, event: Json) -> Any:
        """An answer of one event."""
        return [event] if self.streamed else event


@pytest.fixture(params=["sync", "sync stream", "async", "async stream"])
async def talk(request: pytest.FixtureRequest, emulator: Emulator) -> AsyncIterator[Talk]:
    client = genai.Client(api_key="a-made-up-key", http_options=options(emulator))
    yield Talk(client, is_async="async" in request.param, streamed="stream" in request.param)
    client.close()
    await client.aio.aclose()


def get_weather(city: str) -> Json:
    """Tell the weather of a city."""
    return {"city": city, "sunny": True}


def call(name: str, identity: str, **args: Any) -> Json:
    return {"functionCall": {"id": identity, "name": name, "args": args}, "thoughtSignature": SKIP}


def texts(contents: Any) -> list[list[str]]:
    """The words of contents of a body."""
    return [[part["text"] for part in content["parts"] if part.get("text")] for content in contents]


# What is sent and recorded


@pytest.mark.behaviour("B088")
async def test_a_turn_is_one_user_and_one_model_content(talk: Talk, emulator: Emulator) -> None:
    """Streamed or not: the model must not see its answer in pieces, and signatures stay."""
    talk.begin()
    await talk.send()
    assert talk.roles == (["user", "model"], ["user", "model"])
    unstreamed = genai.Client(api_key="a-made-up-key", http_options=options(emulator))
    with unstreamed:
        same = unstreamed.chats.create(model=FLASH)
        same.send_message(MESSAGE)
        assert talk.chat.history == same.history


async def test_all_that_was_said_is_sent_again_and_nothing_before_changes(talk: Talk, emulator: Emulator) -> None:
    """What is cached is the beginning of a request; so it must be the same, byte for byte."""
    talk.begin(config={"system_instruction": "Be brief.", "tools": [get_weather]})
    for number in range(3):
        await talk.send(f"This is message {number}")
    bodies = [each.body for each in emulator.requests]
    assert [len(body["contents"]) for body in bodies] == [1, 3, 5]
    for earlier, later in itertools.pairwise(bodies):
        assert later["contents"][: len(earlier["contents"])] == earlier["contents"]
        assert (later["tools"], later["systemInstruction"]) == (earlier["tools"], earlier["systemInstruction"])


@pytest.mark.behaviour("B090")
@pytest.mark.parametrize("failure", [Fault.of("UNAVAILABLE"), Fault.of("INVALID_ARGUMENT")], ids=["503", "400"])
async def test_a_send_that_failed_leaves_no_trace(talk: Talk, emulator: Emulator, failure: Fault) -> None:
    """Not even the user's words: the caller will send them again."""
    talk.begin()
    await talk.send("Hello")
    before = talk.chat.history
    emulator.script(failure)
    with pytest.raises(errors.APIError):
        await talk.send("This fails")
    assert talk.chat.history == talk.chat.get_history(curated=True) == before
    await talk.send("And on")
    assert texts(emulator.requests[-1].body["contents"])[-1] == ["And on"]
    assert talk.roles[1] == ["user", "model"] * 2


@pytest.mark.behaviour("B064", "B090")
async def test_a_blocked_message_is_kept_and_not_sent_again(talk: Talk, emulator: Emulator) -> None:
    """It would be blocked again, with all that follows."""
    talk.begin()
    emulator.script(talk.bare({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}))
    await talk.send("Something bad")
    assert talk.chat.history[-1] == types.Content(role="model", parts=[])
    assert talk.roles == (["user", "model"], [])
    await talk.send("Something good")
    assert texts(emulator.requests[-1].body["contents"]) == [["Something good"]]


@pytest.mark.behaviour("B008", "B062", "F12")
@pytest.mark.parametrize(
    "candidate",
    [
        {"finishReason": "STOP", "content": {"role": "model"}},
        {"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "call:f{"},
        {"finishReason": "STOP", "content": {"role": "model", "parts": [{}]}},
    ],
    ids=["empty", "malformed", "empty part"],
)
async def test_an_empty_answer_is_kept_and_not_sent_again(talk: Talk, emulator: Emulator, candidate: Json) -> None:
    """Sent back it would be refused; its reason is on the response."""
    talk.begin()
    emulator.script(talk.bare({"candidates": [candidate]}))
    answer = (await talk.send())[-1]
    assert answer.candidates
    assert answer.candidates[0].finish_reason == candidate["finishReason"]
    assert answer.candidates[0].finish_message == candidate.get("finishMessage")
    assert talk.roles == (["user", "model"], [])


@pytest.mark.parametrize("finish", ["MAX_TOKENS", "SAFETY", "RECITATION"])
async def test_an_answer_that_was_cut_short_is_an_answer(talk: Talk, emulator: Emulator, finish: str) -> None:
    """The finish reason is not looked at: what was said was said."""
    talk.begin()
    emulator.script(talk.reply({"text": "Half a sen"}, finish=finish))
    await talk.send()
    assert talk.roles[1] == ["user", "model"]


async def test_what_the_last_event_brings_without_parts_is_neutral(client: genai.Client, emulator: Emulator) -> None:
    """google-genai forgets such a turn, though most streams end so."""
    chat = client.chats.create(model=FLASH)
    end = said({"content": {"role": "model"}, "finishReason": "STOP"})
    emulator.script([said(content({"text": "Hi"})), end, {"usageMetadata": {}}])
    assert len(list(chat.send_message_stream("Hello"))) == 3
    assert chat.get_history(curated=True) == [types.UserContent("Hello"), types.ModelContent("Hi")]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.behaviour("B089")
async def test_a_stream_that_breaks_leaves_no_trace(
    client: genai.Client, aio: genai.AsyncClient, emulator: Emulator, is_async: bool
) -> None:
    """Half an answer is no turn; the error says that part of it had been handed out."""
    emulator.script([said(content({"text": "Half"})), Cut])
    chat: Chat | AsyncChat = (aio if is_async else client).chats.create(model=FLASH)

    async def listen() -> None:
        if isinstance(chat, AsyncChat):
            async for _ in await chat.send_message_stream("Hello"):
                pass
        else:
            list(chat.send_message_stream("Hello"))

    with pytest.raises(errors.APIError) as caught:
        await listen()
    assert caught.value.partial
    assert chat.history == []
    answer = chat.send_message("Hello")
    assert (await answer if not isinstance(answer, types.GenerateContentResponse) else answer).text
    assert len(chat.history) == 2


@pytest.mark.behaviour("B089")
def test_a_stream_that_is_left_early_leaves_no_trace(client: genai.Client) -> None:
    """The next send follows what was recorded before it."""
    chat = client.chats.create(model=FLASH)
    for _ in chat.send_message_stream(MESSAGE):
        break
    assert chat.history == []
    chat.send_message("Hello")
    stream = chat.send_message_stream(MESSAGE)
    next(stream)
    assert len(chat.history) == 2
    stream.close()
    chat.send_message("Hello")
    assert len(chat.history) == len(chat.get_history(curated=True)) == 4


@pytest.mark.behaviour("B089")
async def test_an_async_stream_that_is_left_early_leaves_no_trace(aio: genai.AsyncClient) -> None:
    """Also when it was only dropped, whose closing Python puts off: the next send waits for it."""
    chat = aio.chats.create(model=FLASH)
    async for _ in await chat.send_message_stream(MESSAGE):
        break
    assert (await chat.send_message("Hello")).text
    assert len(chat.history) == 2
    stream = await chat.send_message_stream(MESSAGE)
    await anext(stream)
    await stream.aclose()
    assert (await chat.send_message("Hello")).text
    assert len(chat.history) == len(chat.get_history(curated=True)) == 4


@pytest.mark.behaviour("B089")
@pytest.mark.parametrize("streamed", [False, True], ids=["unary", "stream"])
async def test_a_task_that_is_cancelled_leaves_no_trace(
    aio: genai.AsyncClient, emulator: Emulator, streamed: bool
) -> None:
    """And gives the turn up, so that the next send need not wait for ever."""
    chat = aio.chats.create(model=FLASH)
    inside = asyncio.Event()

    async def wait(city: str) -> str:
        inside.set()
        await asyncio.sleep(60)
        return city

    whole = said({**content(call("wait", "1", city="Rome")), "finishReason": "STOP"})
    emulator.script([whole] if streamed else whole)

    async def send() -> None:
        if streamed:
            async for _ in await chat.send_message_stream("Wait", config={"tools": [wait]}):
                pass
        else:
            await chat.send_message("Wait", config={"tools": [wait]})

    task = asyncio.create_task(send())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert chat.history == []
    assert (await chat.send_message("Hello")).text


def test_a_stream_that_was_never_begun_holds_nothing(client: genai.Client, emulator: Emulator) -> None:
    """Nothing was sent, so there is no turn."""
    chat = client.chats.create(model=FLASH)
    stream = chat.send_message_stream("Hello")
    assert emulator.requests == []
    assert chat.send_message("Hello").text
    del stream
    gc.collect()
    assert len(chat.history) == 2


async def test_a_stream_that_is_begun_late_follows_what_was_said_by_then(
    client: genai.Client, aio: genai.AsyncClient, emulator: Emulator
) -> None:
    """The call checks; what is sent is settled when the turn comes."""
    chat = client.chats.create(model=FLASH)
    stream = chat.send_message_stream("My name is Ada")
    chat.send_message("Hello")
    list(stream)
    async_chat = aio.chats.create(model=FLASH)
    async_stream = await async_chat.send_message_stream("My name is Ada")
    await async_chat.send_message("Hello")
    async for _ in async_stream:
        pass
    assert [len(each.body["contents"]) for each in emulator.requests] == [1, 3, 1, 3]
    assert chat.history == async_chat.history


# Function calling


@pytest.mark.behaviour("B093", "B095")
async def test_functions_are_called_and_the_calls_are_history(talk: Talk, emulator: Emulator) -> None:
    """Each round is in it, and what later turns send is what these turns sent."""
    talk.begin(config={"tools": [get_weather]})
    emulator.script(
        talk.reply({"text": "Let me look.", "thoughtSignature": SKIP}, call("get_weather", "c1", city="Boston")),
        talk.reply({"text": "It is sunny."}),
    )
    answers = await talk.send("What is the weather in Boston?")
    assert answers[-1 if not talk.streamed else -2].text == "It is sunny."
    assert all(answer.automatic_function_calling_history is None for answer in answers)
    assert talk.roles == (["user", "model", "user", "model"],) * 2
    asked, answered = talk.chat.history[1:3]
    assert [bool(part.function_call) for part in asked.parts or ()] == [False, True]
    result = {"result": {"city": "Boston", "sunny": True}}
    given = {"id": "c1", "name": "get_weather", "response": result}
    assert answered.to_json_dict()["parts"] == [{"function_response": given}]
    assert talk.chat.usage.total_token_count == 14
    emulator.script(talk.reply(call("get_weather", "c2", city="New York")), talk.reply({"text": "Sunny too."}))
    await talk.send("How about in New York?")
    sent = [each.body["contents"] for each in emulator.requests]
    assert [len(contents) for contents in sent] == [1, 3, 5, 7]
    assert sent[3][:5] == sent[2]
    assert [each.status for each in emulator.requests] == [200] * 4
    assert talk.roles[0] == ["user", "model"] * 4


@pytest.mark.behaviour("B090")
async def test_a_later_round_that_fails_leaves_no_trace(talk: Talk, emulator: Emulator) -> None:
    """A history that ended in an unanswered call could not be gone on with."""
    talk.begin(config={"tools": [get_weather]})
    emulator.script(talk.reply(call("get_weather", "1", city="Boston")), Fault.of("UNAVAILABLE"))
    with pytest.raises(errors.ServerError):
        await talk.send()
    assert talk.roles == ([], [])


@pytest.mark.behaviour("B090")
async def test_a_later_round_that_is_blocked_is_not_sent_again(talk: Talk, emulator: Emulator) -> None:
    """The rounds before it go with it: their call would stand without an answer."""
    talk.begin(config={"tools": [get_weather]})
    blocked = talk.bare({"promptFeedback": {"blockReason": "SAFETY"}})
    emulator.script(talk.reply(call("get_weather", "1", city="Boston")), blocked)
    await talk.send()
    assert talk.roles == (["user", "model", "user", "model"], [])
    await talk.send("Something else")
    assert texts(emulator.requests[-1].body["contents"]) == [["Something else"]]


@pytest.mark.behaviour("B094")
async def test_a_call_that_nobody_answered_is_answered_before_the_next_message(talk: Talk, emulator: Emulator) -> None:
    """The budget was spent; the service refuses a message after an open call."""
    talk.begin(config={"tools": [get_weather], "automatic_function_calling": {"maximum_remote_calls": 1}})
    emulator.script(talk.reply(call("get_weather", "1", city="Boston"), call("get_weather", "2", city="Rome")))
    answers = await talk.send()
    assert any(answer.function_calls for answer in answers)
    assert talk.roles[1] == ["user", "model"]
    await talk.send("Never mind")
    answered, message = emulator.requests[-1].body["contents"][2:]
    assert [part["functionResponse"]["id"] for part in answered["parts"]] == ["1", "2"]
    assert all("error" in part["functionResponse"]["response"] for part in answered["parts"])
    assert message["parts"] == [{"text": "Never mind"}]
    assert talk.roles[1] == ["user", "model", "user", "user", "model"]


async def test_calls_can_be_answered_by_hand(talk: Talk, emulator: Emulator) -> None:
    """With functionResponse parts in a list; nothing is put before them."""
    talk.begin(config={"tools": [get_weather], "automatic_function_calling": {"disable": True}})
    emulator.script(talk.reply(call("get_weather", "1", city="Boston")))
    await talk.send()
    answer = types.Part.from_function_response(id="1", name="get_weather", response={"sunny": True})
    await talk.send([answer])
    written = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert emulator.requests[-1].body["contents"][2] == {"role": "user", "parts": [written]}
    assert talk.roles[1] == ["user", "model", "user", "model"]


@pytest.mark.behaviour("B064", "B090")
@pytest.mark.parametrize("again", [True, False], ids=["answered again", "left"])
async def test_a_call_whose_answer_was_blocked_can_be_answered_again(
    talk: Talk, emulator: Emulator, *, again: bool
) -> None:
    """With other words. The blocked answer is kept and not sent, for it would block all that follows."""
    talk.begin(config={"tools": [get_weather], "automatic_function_calling": {"disable": True}})
    blocked = talk.bare({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    emulator.script(talk.reply(call("get_weather", "1", city="Boston")), blocked)
    await talk.send()
    answers = [
        types.Part.from_function_response(id="1", name="get_weather", response={"sunny": sunny})
        for sunny in ("a curse", True)
    ]
    await talk.send([answers[0]])
    assert talk.roles == (["user", "model", "user", "model"], ["user", "model"])
    assert talk.chat.history[2].parts == [answers[0]]
    await talk.send([answers[1]] if again else "Never mind")
    sent = emulator.requests[-1].body["contents"][2:]
    told = {"sunny": True} if again else {"error": "There is no result of this call."}
    assert sent[0]["parts"] == [{"functionResponse": {"id": "1", "name": "get_weather", "response": told}}]
    assert sent[1:] == ([] if again else [{"role": "user", "parts": [{"text": "Never mind"}]}])


@pytest.mark.behaviour("B095", "F11")
async def test_the_calls_of_one_reply_run_at_once(aio: genai.AsyncClient, emulator: Emulator) -> None:
    """Coroutines on the loop, plain functions in threads; the answers are in the order of the calls."""
    meet, loop = asyncio.Barrier(3), asyncio.get_running_loop()

    async def slow(number: int) -> int:
        await meet.wait()
        return number

    def blocking(number: int) -> int:
        asyncio.run_coroutine_threadsafe(meet.wait(), loop).result(20)
        return number

    calls = [call("slow", "1", number=1), call("blocking", "2", number=2), call("slow", "3", number=3)]
    emulator.script(said({**content(*calls), "finishReason": "STOP"}))
    chat = aio.chats.create(model=FLASH, config={"tools": [slow, blocking]})
    await asyncio.wait_for(chat.send_message("Count"), 20)  # each waits in it for the others
    assert [part.function_response.response for part in chat.history[2].parts or () if part.function_response] == [
        {"result": 1},
        {"result": 2},
        {"result": 3},
    ]


def test_a_coroutine_function_in_a_sync_chat_is_refused_at_the_call(client: genai.Client, emulator: Emulator) -> None:
    """There is no loop for it; of a stream too nothing is sent first."""

    async def fetch(city: str) -> str:
        return city

    chat = client.chats.create(model=FLASH, config={"tools": [fetch]})
    with pytest.raises(errors.UnsupportedFunctionError):
        chat.send_message("Hello")
    with pytest.raises(errors.UnsupportedFunctionError):
        chat.send_message_stream("Hello")
    assert (emulator.requests, chat.history) == ([], [])


async def test_answers_to_calls_stay_when_the_model_says_nothing_to_them(talk: Talk, emulator: Emulator) -> None:
    """The function was run: the next message must not tell the model that it was not."""
    talk.begin(config={"tools": [get_weather], "automatic_function_calling": {"disable": True}})
    emulator.script(talk.reply(call("get_weather", "1", city="Boston")))
    await talk.send()
    answer = types.Part.from_function_response(id="1", name="get_weather", response={"sunny": True})
    emulator.script(talk.bare({"candidates": [{"finishReason": "STOP", "content": {"role": "model"}}]}))
    await talk.send([answer])
    assert talk.roles == (["user", "model", "user", "model"], ["user", "model", "user"])
    assert curate(talk.chat.history) == talk.chat.get_history(curated=True)
    await talk.send("Well?")
    answered, message = emulator.requests[-1].body["contents"][2:]
    assert [part["functionResponse"]["response"] for part in answered["parts"]] == [{"sunny": True}]
    assert message["parts"] == [{"text": "Well?"}]
    assert talk.roles[1] == ["user", "model", "user", "user", "model"]


async def test_answers_to_calls_may_be_given_again(talk: Talk, emulator: Emulator) -> None:
    """Who gets an empty answer sends the same once more; the service wants one answer to a call."""
    talk.begin(config={"tools": [get_weather], "automatic_function_calling": {"disable": True}})
    emulator.script(talk.reply(call("get_weather", "1", city="Boston")))
    await talk.send()
    answer = types.Part.from_function_response(id="1", name="get_weather", response={"sunny": True})
    emulator.script(talk.bare({"candidates": [{"finishReason": "STOP", "content": {"role": "model"}}]}))
    await talk.send([answer])
    await talk.send([answer])
    assert [each["role"] for each in emulator.requests[-1].body["contents"]] == ["user", "model", "user"]
    assert talk.roles[1] == ["user", "model", "user", "model"]
    assert curate(talk.chat.history) == talk.chat.get_history(curated=True)


async def test_functions_that_were_run_are_remembered_when_the_model_says_nothing(
    talk: Talk, emulator: Emulator
) -> None:
    """Else it would have them run again."""
    talk.begin(config={"tools": [get_weather]})
    empty = talk.bare({"candidates": [{"finishReason": "STOP", "content": {"role": "model"}}]})
    emulator.script(talk.reply(call("get_weather", "1", city="Boston")), empty)
    await talk.send()
    assert talk.roles == (["user", "model", "user", "model"], ["user", "model", "user"])
    await talk.send("Well?")
    assert [each["role"] for each in emulator.requests[-1].body["contents"]] == ["user", "model", "user", "user"]


@pytest.mark.behaviour("B090", "B094")
def test_half_a_call_is_kept_and_neither_made_nor_sent_again(client: genai.Client, emulator: Emulator) -> None:
    """Sent again, it would be a call that the model never made."""
    ran: list[str] = []

    def delete(path: str) -> None:
        ran.append(path)

    path = {"jsonPath": "$.path", "stringValue": "/home", "willContinue": True}
    begun: Json = {"functionCall": {"name": "delete", "willContinue": True}, "thoughtSignature": SKIP}
    more = {"functionCall": {"partialArgs": [path], "willContinue": True}}
    emulator.script([said(content(begun)), said(content(more)), said({"finishReason": "MAX_TOKENS"})])
    chat = client.chats.create(model=FLASH, config={"tools": [delete]})
    assert len(list(chat.send_message_stream("Delete /home/me/old"))) == 3
    assert (ran, len(emulator.requests)) == ([], 1)
    assert [each.role for each in chat.history] == ["user", "model"]
    assert chat.get_history(curated=True) == []


# Arguments


NO_MESSAGES = [None, 5, b"bytes", ("a", "b"), types.UserContent("a"), {"role": "user"}, object()]


@pytest.mark.parametrize("message", NO_MESSAGES, ids=lambda message: type(message).__name__)
async def test_what_is_no_message_is_refused_at_the_call(talk: Talk, message: Any) -> None:
    """Of a stream too, sync and async alike, where google-genai waits for the first chunk."""
    talk.begin()

    async def ask() -> None:
        match talk.chat, talk.streamed:
            case Chat() as chat, True:
                chat.send_message_stream(message)
            case AsyncChat() as chat, True:
                await chat.send_message_stream(message)
            case _:
                await talk.send(message)

    with pytest.raises(ValueError, match="Message must be a valid part type"):
        await ask()


async def ask_for_stream(chat: Chat | AsyncChat, config: Json) -> None:
    """Call, and read nothing."""
    if isinstance(chat, Chat):
        chat.send_message_stream("Hello", config)
    else:
        await chat.send_message_stream("Hello", config)


async def test_wrong_configs_are_refused_at_the_call(client: genai.Client, aio: genai.AsyncClient) -> None:
    """An unknown field would be ignored."""
    with pytest.raises(ValueError, match="temprature"):
        client.chats.create(model=FLASH, config={"temprature": 1})
    with pytest.raises(ValueError, match="temprature"):
        client.chats.create(model=FLASH).send_message_stream("Hello", config={"temprature": 1})
    with pytest.raises(ValueError, match="temprature"):
        await aio.chats.create(model=FLASH).send_message_stream("Hello", config={"temprature": 1})
    for chat in (client.chats.create(model=FLASH), aio.chats.create(model=FLASH)):
        with pytest.raises(ValueError, match="audio_timestamp"):  # only Vertex has it
            await ask_for_stream(chat, {"audio_timestamp": True})
    with pytest.raises(ValueError, match="content parts are required"):
        client.chats.create(model=FLASH).send_message([])


@pytest.mark.behaviour("B092")
async def test_a_messages_config_is_laid_over_the_chats(talk: Talk, emulator: Emulator) -> None:
    """google-genai forgets the system instruction and the tools as soon as one sets a temperature."""
    config = types.GenerateContentConfig(system_instruction="Be brief.", tools=[get_weather], temperature=0.1)
    talk.begin(config=config)
    await talk.send("Hello", config={"temperature": 0.9})
    await talk.send("Hello", config=types.GenerateContentConfig(temperature=0.5), replace_config=True)
    await talk.send("Hello", config={})
    await talk.send("Hello", config={"tools": None, "temperature": None})
    bodies = [each.body for each in emulator.requests]
    settings = [body.get("generationConfig", {}).get("temperature") for body in bodies]
    assert settings == [0.9, 0.5, 0.1, None]
    assert ["tools" in body for body in bodies] == [True, False, True, False]
    assert ["systemInstruction" in body for body in bodies] == [True, False, True, True]
    assert (config.temperature, config.model_fields_set) == (0.1, {"system_instruction", "tools", "temperature"})


def test_what_excludes_what_is_known_when_configs_are_laid_over() -> None:
    """A message's schema takes the place of the chat's, and without tools nothing can be called."""
    base = types.GenerateContentConfig(
        response_schema=int, tools=[get_weather], tool_config={"function_calling_config": {"mode": "ANY"}}
    )
    over = laid_over(base, {"response_json_schema": {"type": "string"}, "tools": None})
    assert over is not None
    assert (over.response_schema, over.response_json_schema, over.tools) == (None, {"type": "string"}, None)
    assert over.tool_config is not None
    assert over.tool_config.function_calling_config is None
    assert laid_over(base, None) is base


# Histories


def test_a_history_is_contents_or_dicts_or_gives_them(client: genai.Client, emulator: Emulator) -> None:
    """Whatever keeps conversations can hand them over, as long as it says who spoke."""
    first, second = types.UserContent("My name is Ada"), {"role": "model", "parts": [{"text": "Hello Ada"}]}

    class Store:
        def to_contents(self) -> list[Any]:
            return [first, second]

    histories: list[Any] = [[first, second], iter([first, second]), Store()]
    for history in histories:
        chat = client.chats.create(model=FLASH, history=history)
        assert chat.history == [first, types.ModelContent("Hello Ada")]
        assert chat.history[0] == first
        assert chat.send_message("What is my name?").text == "Your name is Ada."


@pytest.mark.behaviour("B091")
def test_a_history_may_begin_with_the_models_words(client: genai.Client, emulator: Emulator) -> None:
    """A greeting is how many conversations begin."""
    chat = client.chats.create(model=FLASH, history=[types.ModelContent("Welcome!")])
    chat.send_message("Hello")
    assert texts(emulator.requests[-1].body["contents"]) == [["Welcome!"], ["Hello"]]


@pytest.mark.parametrize(
    "item", [{"parts": [{"text": "a"}]}, {"role": "system", "parts": []}, types.Content(parts=[]), "text", None]
)
def test_roles_of_nobody_are_refused_by_place(client: genai.Client, item: Any) -> None:
    """The message begins as google-genai's does, and says which content it was."""
    with pytest.raises(ValueError, match=r"Role must be user or model, but got .* in history\[1\]"):
        client.chats.create(model=FLASH, history=[types.UserContent("a"), item])


def test_a_history_of_messages_is_told_what_takes_them(client: genai.Client) -> None:
    """A list of LangChain's messages is what somebody who comes from there has in hand."""
    with pytest.raises(ValueError, match=r"in history\[0\], a HumanMessage; pass contents.* GenAIChatMessageHistory"):
        client.chats.create(model=FLASH, history=[HumanMessage("a")])  # type: ignore[list-item]  # refused


def test_a_config_of_another_package_is_told_from_ours(client: genai.Client) -> None:
    """Where two lines import google-genai and one was changed, its class of the same name comes."""
    theirs = create_model("GenerateContentConfig", temperature=(float, 0.0))
    chat = client.chats.create(model=FLASH)
    with pytest.raises(ValueError, match=r"config is a .*; pass a langchain_genai_chat\.genai\.types\.Generate"):
        chat.send_message("a", config=theirs())  # type: ignore[arg-type]  # refused
    with pytest.raises(ValueError, match=r"config is a builtins\.str; pass"):
        client.models.generate_content(model=FLASH, contents="a", config="warm")  # type: ignore[arg-type]  # refused


USER, SECOND_USER = types.UserContent("a"), types.UserContent("b")
MODEL, SECOND_MODEL = types.ModelContent("c"), types.ModelContent("d")
CALL = types.ModelContent([types.Part.from_function_call(name="f", args={})])
RESPONSE = types.UserContent([types.Part.from_function_response(name="f", response={"result": 1})])
EMPTY, EMPTY_PART = types.Content(role="model", parts=[]), types.Content(role="model", parts=[types.Part()])


@pytest.mark.parametrize(
    ("given", "curated"),
    [
        ([], []),
        ([USER, MODEL], [USER, MODEL]),
        ([USER, EMPTY, SECOND_USER, MODEL], [SECOND_USER, MODEL]),
        ([USER, SECOND_USER, EMPTY], [USER]),
        ([USER, MODEL, EMPTY_PART], []),
        ([EMPTY, USER], [USER]),
        ([MODEL, USER, MODEL, SECOND_MODEL], [MODEL, USER, MODEL, SECOND_MODEL]),
        ([USER, MODEL, SECOND_USER], [USER, MODEL, SECOND_USER]),
        ([USER, types.ModelContent("")], [USER, types.ModelContent("")]),
        ([USER, CALL, RESPONSE, EMPTY, SECOND_USER, MODEL], [USER, CALL, RESPONSE, SECOND_USER, MODEL]),
        ([USER, CALL, RESPONSE, EMPTY, RESPONSE, MODEL], [USER, CALL, RESPONSE, MODEL]),
    ],
)
def test_an_empty_answer_goes_with_its_question(given: list[types.Content], curated: list[types.Content]) -> None:
    """google-genai's rule for a history that is handed over; an empty text is an answer."""
    assert curate(given) == curated


def test_the_history_that_is_given_out_is_a_copy(client: genai.Client) -> None:
    """To change it would change what is sent, and only sometimes."""
    chat = client.chats.create(model=FLASH)
    chat.send_message("Hello")
    chat.get_history().clear()
    chat.get_history(curated=True).clear()
    chat.history.clear()
    assert len(chat.history) == len(chat.get_history(curated=True)) == 2


async def test_what_a_caller_does_to_its_own_contents_is_not_sent(talk: Talk, emulator: Emulator) -> None:
    """A list that was handed over, a message and an answer are the caller's to go on with."""
    before = [types.UserContent("Before"), types.ModelContent("I see")]
    message = types.Part(text="Hello")
    talk.begin(history=before)
    emulator.script(talk.reply({"text": "Good day"}))
    answers = await talk.send([message])
    for text in (message, *(part for each in answers for part in each.parts or ())):
        text.text = "changed"
    before.clear()
    await talk.send("And on")
    assert texts(emulator.requests[-1].body["contents"]) == [["Before"], ["I see"], ["Hello"], ["Good day"], ["And on"]]


def test_a_recorded_turn_is_the_chats_own(client: genai.Client) -> None:
    """As all else that was handed in."""
    chat, asked = client.chats.create(model=FLASH), types.UserContent("Hello")
    chat.record_history(asked, [types.ModelContent("Hi")], is_valid=True)
    (asked.parts or []).clear()
    assert chat.history == chat.get_history(curated=True) == [types.UserContent("Hello"), types.ModelContent("Hi")]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.parts.clear(),
        lambda content: content.parts[0].function_call.args["at"].append(3),
        lambda content: content.parts[1].model_extra["newKind"].update(x=1),
        lambda content: content.model_extra["newField"].append(1),
        lambda content: content.parts[1].video_metadata.model_extra.update(x=1),
    ],
)
def test_nothing_of_a_recorded_content_is_shared(change: Callable[[types.Content], None], client: genai.Client) -> None:
    """Arguments, and what is newer than this package, are as much of what was said as text."""
    said = """{"role": "model", "newField": [], "parts": [
        {"functionCall": {"name": "f", "args": {"at": [1, 2]}}},
        {"text": "", "newKind": {}, "videoMetadata": {"fps": 1.0}}
    ]}"""
    chat, content = client.chats.create(model=FLASH), types.Content.model_validate_json(said)
    chat.record_history(types.UserContent("Hello"), [content], is_valid=True)
    change(content)
    assert chat.history[-1] == types.Content.model_validate_json(said)


def test_turns_can_be_recorded_from_elsewhere(client: genai.Client) -> None:
    """As in google-genai; one that is not valid is only kept."""
    chat = client.chats.create(model=FLASH)
    chat.record_history(USER, [MODEL, SECOND_MODEL], is_valid=True)
    chat.record_history(SECOND_USER, [], is_valid=False)
    assert chat.history == [USER, MODEL, SECOND_MODEL, SECOND_USER, EMPTY]
    assert chat.get_history(curated=True) == [USER, MODEL, SECOND_MODEL]


# Who may speak


def test_sends_from_threads_take_turns(client: genai.Client, emulator: Emulator) -> None:
    """Two at once would see the same history and forget each other."""
    chat = client.chats.create(model=FLASH)

    def send(number: int) -> None:
        chat.send_message(f"number {number}") if number % 2 else list(chat.send_message_stream(f"number {number}"))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(each.body["contents"]) for each in emulator.requests] == list(range(1, 16, 2))
    assert [content.role for content in chat.history] == ["user", "model"] * 8


async def test_sends_from_tasks_take_turns(aio: genai.AsyncClient, emulator: Emulator) -> None:
    """As threads do."""
    chat = aio.chats.create(model=FLASH)

    async def send(number: int) -> None:
        if number % 2:
            await chat.send_message(f"number {number}")
        else:
            async for _ in await chat.send_message_stream(f"number {number}"):
                await asyncio.sleep(0)

    await asyncio.gather(*map(send, range(8)))
    assert [len(each.body["contents"]) for each in emulator.requests] == list(range(1, 16, 2))


def test_a_send_from_inside_a_stream_raises(client: genai.Client) -> None:
    """It would wait for itself."""
    chat = client.chats.create(model=FLASH)
    for _ in chat.send_message_stream(MESSAGE):
        with pytest.raises(RuntimeError, match="in the middle of a turn"):
            chat.send_message("Hello")
        with pytest.raises(RuntimeError, match="in the middle of a turn"):
            next(chat.send_message_stream("Hello"))
        assert client.chats.create(model=FLASH).send_message("Hello").text
    assert len(chat.history) == 2


async def test_a_send_from_inside_an_async_stream_raises_and_one_of_another_task_waits(aio: genai.AsyncClient) -> None:
    """It would wait for itself; another task only waits."""
    chat = aio.chats.create(model=FLASH)
    waiting: list[asyncio.Task[Any]] = []
    async for _ in await chat.send_message_stream(MESSAGE):
        with pytest.raises(RuntimeError, match="in the middle of a turn"):
            await chat.send_message("Hello")
        waiting = waiting or [asyncio.create_task(chat.send_message("Hello"))]
        await asyncio.sleep(0)
    assert len(chat.history) == 2
    await waiting[0]
    assert len(chat.history) == 4


@pytest.mark.parametrize("count", [1, 2])
async def test_a_function_that_speaks_in_its_own_chat_is_told_so(talk: Talk, emulator: Emulator, count: int) -> None:
    """In whatever task or thread it runs; anything else would never end."""
    talk.begin()

    def ask(question: str) -> Any:
        match talk.chat:
            case Chat() as chat:
                return chat.send_message(question).text
            case AsyncChat() as chat:
                return chat.send_message(question)

    emulator.script(talk.reply(*[call("ask", str(number), question="Why?") for number in range(count)]))
    await asyncio.wait_for(talk.send(config={"tools": [ask]}), 20)
    told = [part.function_response for part in talk.chat.history[2].parts or ()]
    assert len(told) == count
    assert all("in the middle of a turn" in str(each and each.response) for each in told)


@pytest.mark.parametrize("streamed", [False, True], ids=["unary", "stream"])
async def test_a_task_that_a_function_began_may_speak_when_the_turn_is_over(
    aio: genai.AsyncClient, emulator: Emulator, streamed: bool
) -> None:
    """A reminder that comes later is a message like any other."""
    chat = aio.chats.create(model=FLASH)
    is_over = asyncio.Event()
    begun: list[asyncio.Task[Any]] = []

    async def later() -> Any:
        with pytest.raises(RuntimeError, match="in the middle of a turn"):
            await chat.send_message("Too early")
        await is_over.wait()
        await chat.send_message("Time is up")
        return await chat.send_message("Really")

    async def remind(what: str) -> str:
        begun.append(asyncio.create_task(later()))
        await asyncio.sleep(0)
        return what

    whole = said({**content(call("remind", "1", what="tea")), "finishReason": "STOP"})
    emulator.script([whole] if streamed else whole)
    if streamed:
        async for _ in await chat.send_message_stream("Remind me", config={"tools": [remind]}):
            pass
    else:
        await chat.send_message("Remind me", config={"tools": [remind]})
    is_over.set()
    assert (await asyncio.wait_for(begun[0], 20)).text
    assert len(chat.history) == 8


def test_a_stream_may_be_read_by_one_thread_after_the_other(client: genai.Client) -> None:
    """Web frameworks read each chunk in another thread of a pool."""
    chat = client.chats.create(model=FLASH)
    stream = chat.send_message_stream(MESSAGE)
    chunks: list[Any] = []

    def read() -> None:
        chunks.append(next(stream, None))

    while None not in chunks:
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert len(chat.history) == 2
    assert chat.send_message("Hello").text


def test_a_function_is_told_so_in_whatever_thread_its_stream_is_read(client: genai.Client, emulator: Emulator) -> None:
    """The turn is the reader's from the moment it asks for a chunk, since functions run before that comes."""
    chat = client.chats.create(model=FLASH)

    def ask(question: str) -> Any:
        return chat.send_message(question).text

    emulator.script([said({**content(call("ask", "1", question="Why?")), "finishReason": "STOP"})])
    stream = chat.send_message_stream(MESSAGE, config={"tools": [ask]})
    next(stream)
    reader = threading.Thread(target=list, args=(stream,), daemon=True)
    reader.start()
    reader.join(10)
    assert not reader.is_alive()
    told = [part.function_response for part in chat.history[2].parts or ()]
    assert "in the middle of a turn" in str(told)


def test_an_async_chat_outlives_its_event_loop(emulator: Emulator) -> None:
    """Notebooks and scripts call asyncio.run more than once."""
    client = genai.Client(api_key="a-made-up-key", http_options=options(emulator))
    chat = client.aio.chats.create(model=FLASH)

    async def send() -> None:
        await chat.send_message("Hello")
        async for _ in await chat.send_message_stream("Hello"):
            pass

    for _ in range(2):
        asyncio.run(send())
    assert len(chat.history) == 8


# What is shown


async def test_what_is_spent_and_what_comes_next_is_counted(talk: Talk, emulator: Emulator) -> None:
    """A long conversation outgrows the model's window; one should see it coming."""
    talk.begin(config={"system_instruction": "Be brief.", "tools": [get_weather]})
    chat = talk.chat
    empty = chat.count_tokens()
    before = (empty if isinstance(empty, types.CountTokensResponse) else await empty).total_tokens
    answer = (await talk.send("Hello"))[-1]
    counted = chat.count_tokens("And now?")
    after = counted if isinstance(counted, types.CountTokensResponse) else await counted
    await talk.send("And now?")
    assert before is not None
    assert after.total_tokens is not None
    assert 0 < before < after.total_tokens
    counts = chat.usage
    assert answer.usage_metadata is not None
    assert counts.prompt_token_count == (answer.usage_metadata.prompt_token_count or 0) + after.total_tokens
    assert (counts.total_token_count or 0) > (answer.usage_metadata.total_token_count or 0)
    assert [detail.modality for detail in counts.prompt_tokens_details or ()] == ["TEXT"]


def test_totals_are_sums_of_what_was_said() -> None:
    """What nobody counted stays unknown, not nought."""
    one = types.GenerateContentResponseUsageMetadata(prompt_token_count=1, service_tier="standard")
    assert added(one, one).to_json_dict() == {"prompt_token_count": 2}


async def test_what_would_be_sent_can_be_seen(talk: Talk, emulator: Emulator) -> None:
    """Without sending it, and without the key."""
    talk.begin(config={"temperature": 0.2})
    await talk.send("Hello")
    preview = talk.chat.preview("And now?", config={"seed": 1}, stream=talk.streamed)
    assert len(emulator.requests) == 1
    await talk.send("And now?", config={"seed": 1})
    assert preview.body == emulator.requests[-1].body
    assert preview.url.partition("?")[0].endswith(emulator.requests[-1].path)
    assert "a-made-up-key" not in str(preview)
    assert len(talk.chat.history) == 4


def test_a_notebook_shows_the_conversation_and_runs_nothing_of_it(client: genai.Client) -> None:
    """All of it comes from a model, from users or from tools: none of it may become markup."""
    evil = "<script>alert('x')</script>"
    picture = types.Part.from_bytes(data=b"\x89PNG", mime_type="image/png")
    drawn = types.Part.from_bytes(data=evil.encode(), mime_type="image/svg+xml")
    sneaky = types.Part.from_bytes(data=b"", mime_type='image/png" onerror="alert(1)')
    chat = client.chats.create(
        model=evil,
        history=[
            types.UserContent([evil, picture, drawn, sneaky, types.Part.from_uri(file_uri="https://e.org/a.png")]),
            types.ModelContent(
                [
                    types.Part(text="I wonder" + evil, thought=True),
                    types.Part.from_function_call(name=evil, args={evil: evil}),
                    types.Part.from_executable_code(code=evil, language=types.Language.PYTHON),
                    types.Part.from_code_execution_result(outcome=types.Outcome.OUTCOME_OK, output=evil),
                    types.Part.model_validate({"brandNew": {evil: evil}}),
                ]
            ),
            types.UserContent([types.Part.from_function_response(name=evil, response={"result": evil})]),
            types.Content(role="model", parts=[]),
        ],
    )
    shown = chat._repr_html_()
    assert "<script" not in shown
    assert '" onerror' not in shown
    assert shown.count("&lt;script&gt;") == 12
    assert '<img style="max-width: 30em" alt="image/png" src="data:image/png;base64,iVBORw==">' in shown
    assert shown.count("<img") == 1
    assert "<details><summary>thoughts</summary>" in shown
    assert "brandNew" in shown
    assert "<em>nothing</em>" in shown


def test_anything_that_answers_like_models_will_do() -> None:
    """google-genai streams nothing from a stand-in, silently."""

    class Models:
        def generate_content(self, **asked: Any) -> types.GenerateContentResponse:
            reply = said({**content({"text": f"{len(asked['contents'])}"}), "finishReason": "STOP"})
            return types.GenerateContentResponse.model_validate(reply)

        def generate_content_stream(self, **asked: Any) -> Iterator[types.GenerateContentResponse]:
            return iter([self.generate_content(**asked)])

    make: Callable[..., Chat] = Chat
    chat = make(modules=Models(), model="any", history=[])
    assert chat.send_message("a").text == "1"
    assert [chunk.text for chunk in chat.send_message_stream("b")] == ["3"]
    assert [content.role for content in chat.get_history(curated=True)] == ["user", "model"] * 2


def test_a_stream_that_the_collector_ends_leaves_the_chat_usable(client: genai.Client) -> None:
    """It comes in whatever thread, also in the middle of looking at the history: to wait there would be for ever."""
    chat = client.chats.create(model=FLASH)
    held: list[Any] = [chat.send_message_stream(MESSAGE)]
    held.append(held)  # a circle
    next(held[0])
    del held

    def collect() -> None:
        with chat._talk._lock:
            gc.collect()

    collector = threading.Thread(target=collect, daemon=True)
    collector.start()
    collector.join(5)
    assert not collector.is_alive()
    assert chat.history == []
    assert chat.send_message(MESSAGE).text
