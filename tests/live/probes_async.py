"""Probes of the asynchronous twins, each in an event loop of its own."""

import asyncio

from ._asking import WEATHER, answered, asked, get_weather, is_asked_for_boston, joined, reason_of, tokens_of
from ._probe import Probes, Shown
from ._target import Target
from .probes_output import PARIS, City
from .probes_text import ALICE, RIVERS
from .probes_tools import results_in, weather

PROBES = Probes()


@PROBES.add("async text")
def ask(target: Target) -> Shown:
    """`ainvoke` gives what `invoke` gives."""

    async def run() -> None:
        reply = await target.chat_model().ainvoke(RIVERS)
        assert reply.text, "the reply has text"
        assert reason_of(reply) == "STOP", "the reply ends with STOP"

    asyncio.run(run())
    return None


@PROBES.add("async text, streamed")
def stream(target: Target) -> Shown:
    """`astream` gives what `stream` gives."""

    async def run() -> None:
        reply = joined([chunk async for chunk in target.chat_model().astream(RIVERS)])
        assert reply.text, "the reply has text"
        assert tokens_of(reply)[2] == target.wire.last.tokens, "the tokens are those of the last event"

    asyncio.run(run())
    return None


@PROBES.add("async function call")
def call(target: Target) -> Shown:
    """A function's rounds are the same."""

    async def run() -> None:
        model, messages = target.chat_model().bind_tools([get_weather]), asked(WEATHER)
        reply = await model.ainvoke(messages)
        assert is_asked_for_boston(reply), "get_weather is called once, with Boston"
        assert (await model.ainvoke([*messages, *answered(reply)])).text, "the reply to the result has text"

    asyncio.run(run())
    return None


@PROBES.add("async structured")
def structure(target: Target) -> Shown:
    """A class gives an instance of it."""

    async def run() -> None:
        found = await target.chat_model().with_structured_output(City).ainvoke(PARIS)
        assert found == City(name="Paris", inhabitants=2100000), "the object says what the prompt said"

    asyncio.run(run())
    return None


@PROBES.add("async chat")
def chat(target: Target) -> Shown:
    """`client.aio.chats` streams, remembers and counts."""

    async def run() -> None:
        talk = target.client.aio.chats.create(model=target.models.main, config=target.config())
        first = [chunk.text or "" async for chunk in await talk.send_message_stream(ALICE[0])]
        assert "".join(first), "the stream has text"
        assert "Alice" in ((await talk.send_message(ALICE[1])).text or ""), "the second answer knows the name"
        assert ((await talk.count_tokens("And now?")).total_tokens or 0) > 0, "tokens were counted"

    asyncio.run(run())
    return None


@PROBES.add("async automatic calls")
def call_automatically(target: Target) -> Shown:
    """A chat runs a Python function, sends its result, and answers with it."""

    async def run() -> None:
        config = target.config(tools=[weather])
        talk = target.client.aio.chats.create(model=target.models.main, config=config)
        assert (await talk.send_message("What is the weather in Boston? Call weather.")).text, "the answer has text"
        assert results_in(talk), "the function was called"

    asyncio.run(run())
    return None
