"""Probes of refusals: those that this package names, and those that the emulator's rules stand on."""

from typing import Any

from langchain_core.exceptions import ModelAuthenticationError, ModelInvalidRequestError, ModelNotFoundError

from langchain_genai_chat.genai import errors

from ._asking import WEATHER, calls_in, code_of, error_of, get_weather
from ._probe import Probes, Shown
from ._target import Target
from ._wire import Json

PROBES = Probes()

HELLO = {"role": "user", "parts": [{"text": "Hello"}]}
NOBODY = "no-such-model"
DECLARED = [{"name": "look", "description": "Look.", "parameters_json_schema": {"type": "object", "properties": {}}}]


def call(**more: Any) -> Json:
    """A part that is a call."""
    return {"function_call": {"name": "look", "args": {}}, **more}


def result() -> Json:
    """A part that is its result."""
    return {"function_response": {"name": "look", "response": {"output": "a map"}}}


def outcome(target: Target, contents: list[Json], model: str = "", **settings: Any) -> Shown:
    """Whether the client's request was answered or refused; another failure than a refusal is one."""
    try:
        target.client.models.generate_content(
            model=model or target.models.main, contents=contents, config=target.config(**settings)
        )
    except errors.ClientError as error:
        return {"refused": error.code}
    return {"refused": "no"}


@PROBES.add("wrong key")
def use_a_wrong_key(target: Target) -> Shown:
    """A wrong key is an authentication error of LangChain's and an error of the client's."""
    with target.client_with(api_key="not-a-key") as client:
        error = error_of(lambda: target.chat_model(client=client).invoke("Hello"), ModelAuthenticationError)
    return {"code": code_of(error)}


@PROBES.add("unknown model", on_vertex=True)
def ask_nobody(target: Target) -> Shown:
    """A model that there is not is 404, and LangChain's error for it."""
    error = error_of(lambda: target.chat_model(model=NOBODY).invoke("Hello"), ModelNotFoundError)
    assert code_of(error) == 404, "its code is 404"
    return None


@PROBES.add("unknown model, streamed")
def stream_from_nobody(target: Target) -> Shown:
    """The same where a stream was asked for."""
    error = error_of(lambda: list(target.chat_model(model=NOBODY).stream("Hello")), ModelNotFoundError)
    assert code_of(error) == 404, "its code is 404"
    return None


@PROBES.add("argument out of range", on_vertex=True)
def be_too_hot(target: Target) -> Shown:
    """A temperature of 5 is sent, is 400, and LangChain's error for an invalid request."""
    model = target.chat_model(model=target.models.budget, temperature=5.0)
    error = error_of(lambda: model.invoke("Hello"), ModelInvalidRequestError)
    assert code_of(error) == 400, "its code is 400"
    return None


@PROBES.add("rule: a call unsigned")
def leave_a_signature_out(target: Target) -> Shown:
    """Whether a call of the current turn may come back without its signature, on Gemini 3."""
    contents = [HELLO, {"role": "model", "parts": [call()]}, {"role": "user", "parts": [result()]}]
    return outcome(target, contents, tools=[{"function_declarations": DECLARED}])


@PROBES.add("rule: a signature of another call")
def take_another_signature(target: Target) -> Shown:
    """Whether a call may come back with the signature of a call with other arguments, on Gemini 3."""
    reply = target.chat_model().bind_tools([get_weather]).invoke(WEATHER)
    assert reply.tool_calls, "get_weather is called"
    signed = calls_in(target.wire.last.parts)[0].get("thoughtSignature")
    assert signed, "the call is signed"
    contents = [
        HELLO,
        {"role": "model", "parts": [call(thought_signature=signed)]},
        {"role": "user", "parts": [result()]},
    ]
    return outcome(target, contents, tools=[{"function_declarations": DECLARED}])


@PROBES.add("rule: a result too few")
def answer_one_of_two(target: Target) -> Shown:
    """Whether two calls may be answered with one result."""
    contents = [HELLO, {"role": "model", "parts": [call(), call()]}, {"role": "user", "parts": [result()]}]
    return outcome(target, contents, model=target.models.budget, tools=[{"function_declarations": DECLARED}])


@PROBES.add("rule: a result uncalled")
def answer_nothing(target: Target) -> Shown:
    """Whether a result may come without a call."""
    contents = [HELLO, {"role": "user", "parts": [result()]}]
    return outcome(target, contents, model=target.models.budget, tools=[{"function_declarations": DECLARED}])


@PROBES.add("rule: a function twice")
def declare_twice(target: Target) -> Shown:
    """Whether a function may be declared twice."""
    return outcome(target, [HELLO], tools=[{"function_declarations": DECLARED * 2}])


@PROBES.add("rule: six stop sequences")
def stop_at_six(target: Target) -> Shown:
    """Whether six stop sequences may be given, of which five are documented."""
    return outcome(target, [HELLO], stop_sequences=[f"stop{number}" for number in range(6)])


@PROBES.add("rule: level and budget")
def say_it_twice(target: Target) -> Shown:
    """Whether thinking may be said as a level and as a budget at once."""
    return outcome(target, [HELLO], thinking_config={"thinking_level": "LOW", "thinking_budget": 512})
