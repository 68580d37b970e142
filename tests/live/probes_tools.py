"""Probes of functions: calls, choices, rounds, signatures, and calls made automatically."""

from langchain_core.messages import ToolMessage

from langchain_genai_chat.genai import types
from langchain_genai_chat.genai.chats import AsyncChat, Chat

from ._asking import (
    TOOLS,
    WEATHER,
    answered,
    asked,
    calls_in,
    count_maps,
    double,
    get_weather,
    is_asked_for_boston,
    joined,
    read_clock,
    sent_again,
)
from ._probe import Probes, Shown
from ._target import Target

PROBES = Probes()

MOST_ROUNDS = 5


def weather(city: str) -> str:
    """Get the weather in a city."""
    return f"sunny in {city}"


def broken_weather(city: str) -> str:
    """Get the weather in a city."""
    raise RuntimeError(f"no thermometer in {city}")


def results_in(talk: Chat | AsyncChat) -> list[types.FunctionResponse]:
    """The results of functions in a chat."""
    parts = (part for content in talk.get_history() for part in content.parts or [])
    return [part.function_response for part in parts if part.function_response]


@PROBES.add("function call", on_vertex=True)
def call(target: Target) -> Shown:
    """The model calls a function with its argument; the result is accepted, the call going back as it came."""
    model, start = target.chat_model().bind_tools([get_weather]), len(target.wire)
    reply = model.invoke(messages := asked(WEATHER))
    assert is_asked_for_boston(reply), "get_weather is called once, with Boston"
    assert model.invoke([*messages, *answered(reply)]).text, "the reply to the result has text"
    before, after = target.wire.since(start)
    assert sent_again(after) == before.parts, "the call went back as it came, id and signature included"
    return None


@PROBES.add("function calls, parallel")
def call_in_parallel(target: Target) -> Shown:
    """Two calls in one reply have ids of their own, and their results are accepted."""
    model, start = target.chat_model().bind_tools([get_weather]), len(target.wire)
    messages = asked("Call get_weather for Boston and Paris, both at once.")
    reply = model.invoke(messages)
    cities = sorted(one["args"]["city"].partition(",")[0] for one in reply.tool_calls)
    assert cities == ["Boston", "Paris"], "both cities are asked for at once"
    assert len({one["id"] for one in reply.tool_calls}) == 2, "the calls have ids of their own"
    assert model.invoke([*messages, *answered(reply)]).text, "the reply to the results has text"
    before, after = target.wire.since(start)
    assert sent_again(after) == before.parts, "the calls went back as they came"
    return None


@PROBES.add("function call, streamed", on_vertex=True)
def stream_a_call(target: Target) -> Shown:
    """A streamed call is whole, and goes back with the id and signature that it came with."""
    model, start = target.chat_model().bind_tools([get_weather]), len(target.wire)
    messages = asked(WEATHER)
    reply = joined(model.stream(messages))
    assert is_asked_for_boston(reply), "get_weather is called once, with Boston"
    assert joined(model.stream([*messages, *answered(reply)])).text, "the reply to the result has text"
    before, after = target.wire.since(start)
    assert calls_in(sent_again(after)) == calls_in(before.parts), "the call went back as it came"
    return None


@PROBES.add("function calls in rounds")
def call_in_rounds(target: Target) -> Shown:
    """A turn of several rounds is accepted, each call with its signature."""
    model = target.chat_model().bind_tools([count_maps, double])
    messages = asked("Call count_maps for Vienna, then call double with the count.")
    start, reply = len(target.wire), model.invoke(messages)
    for _ in range(MOST_ROUNDS):
        if not reply.tool_calls:
            break
        messages += answered(reply)
        reply = model.invoke(messages)
    assert reply.text, "the last reply has text"
    *before, last = target.wire.since(start)
    came = [part for exchange in before for part in calls_in(exchange.parts)]
    assert [part["functionCall"]["name"] for part in came] == ["count_maps", "double"], "both functions are called"
    assert calls_in(sent_again(last)) == came, "the calls went back as they came"
    return None


@PROBES.add("tool_choice any")
def force_a_call(target: Target) -> Shown:
    """A call comes though nothing in the question asks for it."""
    model = target.chat_model().bind_tools([get_weather, read_clock], tool_choice="any")
    assert model.invoke("Hello!").tool_calls, "a function is called"
    return None


@PROBES.add("tool_choice none")
def forbid_calls(target: Target) -> Shown:
    """No call comes though the question asks for one."""
    reply = target.chat_model().bind_tools([get_weather], tool_choice="none").invoke(WEATHER)
    assert not reply.tool_calls, "no function is called"
    return None


@PROBES.add("tool_choice by name")
def force_a_name(target: Target) -> Shown:
    """The function that was named is called, and no other."""
    model = target.chat_model().bind_tools([get_weather, count_maps], tool_choice="count_maps")
    reply = model.invoke("What is the weather in Boston?")
    assert {one["name"] for one in reply.tool_calls} == {"count_maps"}, "count_maps alone is called"
    return None


@PROBES.add("function without arguments")
def call_with_nothing(target: Target) -> Shown:
    """A function that takes nothing is declared, called with nothing, and answered."""
    model = target.chat_model().bind_tools([read_clock])
    reply = model.invoke(messages := asked("What time is it? Call read_clock."))
    assert [one["args"] for one in reply.tool_calls] == [{}], "read_clock is called with nothing"
    assert model.invoke([*messages, *answered(reply)]).text, "the reply to the result has text"
    return None


@PROBES.add("function that fails")
def report_a_failure(target: Target) -> Shown:
    """A result with status error is accepted."""
    model = target.chat_model().bind_tools([get_weather])
    reply = model.invoke(messages := asked(WEATHER))
    assert reply.tool_calls, "get_weather is called"
    failed = [ToolMessage("no thermometer", tool_call_id=one["id"], status="error") for one in reply.tool_calls]
    last = model.invoke([*messages, reply, *failed])
    assert last.text or last.tool_calls, "the reply to the error has text or calls again"
    return None


@PROBES.add("strict functions")
def call_strictly(target: Target) -> Shown:
    """Functions with `strict=True`, which is Gemini's mode VALIDATED, are accepted."""
    reply = target.chat_model().bind_tools([get_weather], strict=True).invoke(WEATHER)
    assert is_asked_for_boston(reply), "get_weather is called once, with Boston"
    return None


@PROBES.add("automatic calls in a chat")
def call_automatically(target: Target) -> Shown:
    """A chat runs a Python function, sends its result, and answers with it; the next turn is accepted."""
    talk = target.client.chats.create(model=target.models.main, config=target.config(tools=[weather]))
    assert talk.send_message("What is the weather in Boston? Call weather.").text, "the answer has text"
    assert results_in(talk), "the function was called"
    assert talk.send_message("Thank you.").text, "the next answer has text"
    return None


@PROBES.add("automatic calls, streamed")
def call_automatically_in_a_stream(target: Target) -> Shown:
    """The same in streams."""
    talk = target.client.chats.create(model=target.models.main, config=target.config(tools=[weather]))
    streamed = "".join(
        chunk.text or "" for chunk in talk.send_message_stream("What is the weather in Boston? Call weather.")
    )
    assert streamed, "the stream has text"
    assert results_in(talk), "the function was called"
    assert "".join(chunk.text or "" for chunk in talk.send_message_stream("Thank you.")), "the next stream has text"
    return None


@PROBES.add("automatic call that fails")
def fail_automatically(target: Target) -> Shown:
    """The model is told that a function failed, and the chat goes on."""
    config = target.config(
        tools=[broken_weather],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(maximum_remote_calls=3),
    )
    talk = target.client.chats.create(model=target.models.main, config=config)
    talk.send_message("What is the weather in Boston? Call broken_weather.")
    told = results_in(talk)
    assert told, "the model was told"
    assert all("error" in (result.response or {}) for result in told), "it was told of the error"
    return None


@PROBES.add("reply stored between calls")
def store_between_calls(target: Target) -> Shown:
    """A call's reply, stored as JSON by pydantic, goes back as it came."""
    model, start = target.chat_model().bind_tools([*TOOLS.values()]), len(target.wire)
    reply = model.invoke(messages := asked(WEATHER))
    stored = type(reply).model_validate_json(reply.model_dump_json())
    assert model.invoke([*messages, *answered(stored)]).text, "the reply to the result has text"
    before, after = target.wire.since(start)
    assert sent_again(after) == before.parts, "the call went back as it came"
    return None
