"""Automatic function calling as values: flows that are answered by hand, with no loop and no clock."""

from collections.abc import Sequence
from typing import Any

import pytest

from langchain_genai_chat.genai import errors, types
from langchain_genai_chat.genai._exchange import Calls, Emit, Exchange, Flow, Now
from langchain_genai_chat.genai._rounds import Plan, after_a_call, ask_in_rounds, plan_of

QUESTION = types.UserContent("What is the weather in Boston?")


def get_weather(city: str) -> str:
    return f"sunny in {city}"


def get_time(city: str) -> str:
    raise LookupError(city)


async def fetch(city: str) -> str:
    return city


DECLARED = types.Tool(function_declarations=[types.FunctionDeclaration(name="other")])
SEARCH = types.Tool(google_search=types.GoogleSearch())


def response(*parts: dict[str, Any], finish: str | None = "STOP", role: str | None = "model") -> Any:
    candidate = {"content": {"role": role, "parts": list(parts)}, "finishReason": finish}
    return types.GenerateContentResponse.model_validate({"candidates": [candidate]})


def call(name: str, identity: str | None = None, **args: Any) -> dict[str, Any]:
    return {"functionCall": {"id": identity, "name": name, "args": args}}


class Service:
    """Stands for the service: gives its replies in turn and keeps what it was asked."""

    def __init__(self, *replies: Any) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[list[types.Content], types.GenerateContentConfig | None]] = []

    def ask(self, contents: Sequence[types.Content], config: types.GenerateContentConfig | None) -> Flow[Any]:
        self.asked.append((list(contents), config))
        return self._flow(self.replies.pop(0))

    def _flow(self, reply: Any) -> Flow[Any]:
        yield Now()
        if isinstance(reply, Exception):
            raise reply
        if not isinstance(reply, list):
            return reply
        for chunk in reply:
            yield Emit(chunk)
        return None


def drive(flow: Flow[Any]) -> tuple[Any, list[Any], list[int]]:
    """Run a flow as the synchronous driver does: its result, what it emitted, how many calls were made at once."""
    exchange = Exchange(flow)
    emitted, calls = [], []
    while not exchange.done:
        match exchange.wanted:
            case Emit(chunk=chunk):
                emitted.append(chunk)
                exchange.answer(None)
            case Calls(functions=functions):
                calls.append(len(functions))
                exchange.answer([function() for function in functions])
            case _:
                exchange.answer(0.0)
    return exchange.result, emitted, calls


def run(service: Service, config: types.GenerateContentConfig) -> tuple[Any, list[Any], list[int]]:
    plan = plan_of(config, awaits=False)
    assert plan is not None
    return drive(ask_in_rounds(service.ask, service.ask([QUESTION], config), [QUESTION], config, plan))


def config(*tools: Any, **fields: Any) -> types.GenerateContentConfig:
    return types.GenerateContentConfig(tools=list(tools) or [get_weather, get_time], **fields)


@pytest.mark.behaviour("B093", "B095")
def test_calls_are_made_and_the_model_is_asked_again() -> None:
    """One loop: the calls of one reply at once, answers in order, ids copied, an error told, all sent again."""
    first = response({"text": "Let me look."}, call("get_weather", "1", city="Boston"), call("get_time", "2", city="x"))
    last = response({"text": "Sunny."})
    service = Service(first, last)
    result, _, calls = run(service, config())
    assert result is last
    assert calls == [2]
    contents, _ = service.asked[1]
    assert contents[:2] == [QUESTION, first.candidates[0].content]
    answers = [part.function_response for part in contents[2].parts or () if part.function_response]
    assert contents[2].role == "user"
    assert [(each.id, each.name, each.response) for each in answers] == [
        ("1", "get_weather", {"result": "sunny in Boston"}),
        ("2", "get_time", {"error": "LookupError: x"}),
    ]
    assert result.automatic_function_calling_history == contents
    assert result.automatic_function_calling_responses == [first]


def test_a_reply_without_calls_ends_it() -> None:
    """The history of no rounds is empty, as in google-genai."""
    service = Service(response({"text": "Sunny."}))
    result, _, calls = run(service, config())
    assert (result.text, calls, len(service.asked)) == ("Sunny.", [], 1)
    assert result.automatic_function_calling_history == []


@pytest.mark.parametrize("reply", [types.GenerateContentResponse(), response(), response(finish="SAFETY")])
def test_a_reply_without_parts_ends_it(reply: types.GenerateContentResponse) -> None:
    """Blocked or empty: there is nothing to call."""
    result, _, calls = run(Service(reply), config())
    assert (result, calls) == (reply, [])


@pytest.mark.behaviour("B093")
def test_streamed_rounds_are_emitted_one_after_the_other() -> None:
    """All chunks reach the consumer; calls are made once, when the reply is complete; later chunks know the rounds."""
    chunks = [
        response({"text": "Let me "}, finish=None),
        response({"text": "look."}, call("get_weather", "1", city="Boston"), finish=None),
        response(call("get_weather", "2", city="Rome")),
    ]
    more = [response({"text": "Sunny"}, finish=None), response({"text": "."})]
    service = Service(chunks, more)
    result, emitted, calls = run(service, config())
    assert result is None
    assert emitted == [*chunks, *more]
    assert calls == [2]
    contents, _ = service.asked[1]
    assert contents[1] == types.ModelContent(
        [
            types.Part(text="Let me look."),
            types.Part.from_function_call(id="1", name="get_weather", args={"city": "Boston"}),
            types.Part.from_function_call(id="2", name="get_weather", args={"city": "Rome"}),
        ]
    )
    assert [each.automatic_function_calling_history for each in emitted] == [None, None, None, contents, contents]


def test_calls_of_other_candidates_are_not_made() -> None:
    """A conversation goes on with the first one; a chunk may bring only another."""
    other = response(call("get_weather", city="Rome"))
    other.candidates[0].index = 1
    _, emitted, calls = run(Service([response({"text": "a"}, finish=None), other]), config())
    assert (len(emitted), calls) == (2, [])


@pytest.mark.behaviour("B094")
@pytest.mark.parametrize(("limit", "requests"), [(None, 10), (1, 1), (3, 3)])
def test_the_budget_counts_requests_and_the_last_calls_are_left(
    limit: int | None, requests: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer with its calls is the caller's, nothing is run whose result nobody would see, and the log says so."""
    service = Service(*[response(call("get_weather", city="Boston")) for _ in range(12)])
    calling = types.AutomaticFunctionCallingConfig(maximum_remote_calls=limit)
    result, _, calls = run(service, config(automatic_function_calling=calling))
    assert (len(service.asked), len(calls)) == (requests, requests - 1)
    assert result.function_calls
    assert len(result.automatic_function_calling_history) == (0 if requests == 1 else 1 + 2 * (requests - 1))
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.behaviour("B094")
@pytest.mark.parametrize("finish", ["MAX_TOKENS", "STOP"])
def test_half_a_call_is_not_made(finish: str, caplog: pytest.LogCaptureFixture) -> None:
    """What was still to come may have been what mattered: a part of a path is another path."""
    path = {"jsonPath": "$.city", "stringValue": "/home", "willContinue": True}
    chunks = [
        response(call("get_time", "1", city="Rome"), finish=None),
        response({"functionCall": {"name": "get_weather", "willContinue": True}}, finish=None),
        response({"functionCall": {"partialArgs": [path], "willContinue": True}}, finish=None),
        response(finish=finish),
    ]
    service = Service(chunks)
    _, emitted, calls = run(service, config())
    assert (emitted, calls, len(service.asked)) == (chunks, [], 1)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "in the middle of a function call" in caplog.text


@pytest.mark.behaviour("B118")
def test_a_normal_loop_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """google-genai says at INFO that it is enabled, at every call."""
    with caplog.at_level("INFO"):
        run(Service(response(call("get_weather", city="Boston")), response({"text": "Sunny."})), config())
    assert caplog.records == []


@pytest.mark.behaviour("B094")
def test_a_forced_call_is_forced_once() -> None:
    """With mode ANY the model could never answer; the caller's config stays as it is."""
    calling = {"mode": "ANY", "allowed_function_names": ["get_weather"]}
    given = config(tool_config={"function_calling_config": calling, "retrieval_config": {"language_code": "de"}})
    service = Service(response(call("get_weather", city="Boston")), response({"text": "Sunny."}))
    run(service, given)
    settings = [asked.tool_config.to_json_dict() for _, asked in service.asked if asked and asked.tool_config]
    assert settings == [
        {"function_calling_config": calling, "retrieval_config": {"language_code": "de"}},
        {"function_calling_config": {"mode": "AUTO"}, "retrieval_config": {"language_code": "de"}},
    ]
    assert service.asked[0][1] is given


@pytest.mark.parametrize("mode", ["AUTO", "NONE", "VALIDATED"])
def test_other_modes_stay(mode: str) -> None:
    """They let the model answer."""
    given = config(tool_config={"function_calling_config": {"mode": mode}})
    assert after_a_call(given) is given
    assert after_a_call(None) is None


@pytest.mark.parametrize(
    ("given", "is_on"),
    [
        (None, False),
        (types.GenerateContentConfig(), False),
        (types.GenerateContentConfig(tools=[DECLARED]), False),
        (types.GenerateContentConfig(tools=[SEARCH]), False),
        (config(get_weather), True),
        (config(get_weather, SEARCH), True),
        (config(automatic_function_calling={"disable": False}), True),
        (config(automatic_function_calling={"disable": True}), False),
        (config(automatic_function_calling={"maximum_remote_calls": 5}), True),
    ],
    ids=["none", "empty", "declared", "search", "function", "function and search", "on", "off", "capped"],
)
def test_it_is_on_where_there_are_functions(
    given: types.GenerateContentConfig | None, is_on: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The service's own tools beside them are no hindrance, and nothing is said of what is usual."""
    assert isinstance(plan_of(given, awaits=True), Plan) == is_on
    assert caplog.records == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (config(automatic_function_calling={"maximum_remote_calls": 0}), "maximum_remote_calls is 0"),
        (config(automatic_function_calling={"maximum_remote_calls": -1}), "maximum_remote_calls is -1"),
        (config(automatic_function_calling={"disable": True, "maximum_remote_calls": 3}), "disable=True"),
        (config(get_weather, DECLARED), "indices [1]"),
    ],
)
def test_it_is_off_with_a_warning(
    given: types.GenerateContentConfig, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Who passes functions wants them called; the log says why they are not."""
    assert plan_of(given, awaits=True) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert said in caplog.text


def test_coroutine_functions_need_somebody_to_await_them() -> None:
    """Before anything is sent; where it is turned off they are only declared."""
    assert plan_of(config(fetch), awaits=True)
    assert plan_of(config(fetch, automatic_function_calling={"disable": True}), awaits=False) is None
    with pytest.raises(errors.UnsupportedFunctionError, match=r"fetch is a coroutine function.*client\.aio"):
        plan_of(config(fetch), awaits=False)


def test_the_history_can_be_left_out() -> None:
    """`ignore_call_history`, as in google-genai."""
    service = Service(response(call("get_weather", city="Boston")), response({"text": "Sunny."}))
    result, _, _ = run(service, config(automatic_function_calling={"ignore_call_history": True}))
    assert result.automatic_function_calling_history is None


def test_an_error_of_a_request_is_the_callers_and_ends_the_flow() -> None:
    """Errors of functions are the model's, errors of the service are not."""
    failure = errors.ServerError(503, {"error": {"status": "UNAVAILABLE"}})
    service = Service([response(call("get_weather", city="Boston"))], failure)
    with pytest.raises(errors.ServerError):
        run(service, config())


@pytest.mark.parametrize("streamed", [False, True], ids=["unary", "stream"])
def test_an_error_of_a_later_round_is_partial_where_an_earlier_one_was_handed_out(streamed: bool) -> None:
    """Who asks again would show what was shown already."""
    first = response({"text": "Let me look."}, call("get_weather", city="Boston"))
    service = Service([first] if streamed else first, errors.ServerError(503, {"error": {"status": "UNAVAILABLE"}}))
    with pytest.raises(errors.ServerError) as caught:
        run(service, config())
    assert caught.value.partial == streamed


def test_a_driver_that_throws_is_heard_inside() -> None:
    """Retries live in the flow of the request; the loop around it must not keep errors from it."""
    heard: list[Exception] = []

    def ask(contents: Sequence[types.Content], settings: Any) -> Flow[Any]:
        try:
            yield Now()
        except errors.APIError as error:
            heard.append(error)
        return response({"text": "after all"})

    plan = plan_of(config(), awaits=False)
    assert plan is not None
    exchange = Exchange(ask_in_rounds(ask, ask([QUESTION], None), [QUESTION], config(), plan))
    exchange.fail(errors.APIConnectionError.because("reset"))
    assert (len(heard), exchange.done, exchange.result.text) == (1, True, "after all")


def test_closing_the_loop_closes_the_request_in_it() -> None:
    """An abandoned stream must not leave its connection to the garbage collector."""
    closed: list[bool] = []

    def ask(contents: Sequence[types.Content], settings: Any) -> Flow[Any]:
        try:
            yield Emit(response({"text": "a"}, finish=None))
        finally:
            closed.append(True)

    plan = plan_of(config(), awaits=False)
    assert plan is not None
    exchange = Exchange(ask_in_rounds(ask, ask([QUESTION], None), [QUESTION], config(), plan))
    exchange.close()
    assert closed == [True]


def test_a_reply_without_a_role_goes_back_as_the_models() -> None:
    """Some replies leave it out; without it the service would take them for the user's."""
    service = Service(response(call("get_weather", city="Boston"), role=None), response({"text": "Sunny."}))
    run(service, config())
    assert [content.role for content in service.asked[1][0]] == ["user", "model", "user"]
