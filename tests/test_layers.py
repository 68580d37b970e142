"""What the constructor, a copy, `bind` and a call say of one thing, and which of them counts."""

import copy
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import create_model

from langchain_genai_chat import ChatGenAI
from langchain_genai_chat.emulator import Emulator, Fault
from langchain_genai_chat.errors import InvalidRequestError
from langchain_genai_chat.genai import Client, types

MODEL = "gemini-3.5-flash"


@tool
def search(q: str) -> str:
    """Search."""
    return q


def model(**given: Any) -> ChatGenAI:
    return ChatGenAI(model=MODEL, api_key="made-up", **given)


@pytest.mark.behaviour("B073")
def test_a_tool_of_the_constructor_keeps_its_arguments():
    """A tool is a pydantic object too, and its dump is no declaration."""
    expected = model().preview("a", tools=[search]).body
    assert expected["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"]["required"] == ["q"]
    assert model(tools=[search]).preview("a").body == expected
    assert model().model_copy(update={"tools": [search]}).preview("a").body == expected


@pytest.mark.behaviour("B047")
@pytest.mark.parametrize("given", [{"max_retries": 0}, {"retry": types.RetryPolicy(max_retries=0)}])
def test_a_calls_times_leave_the_models_retries_alone(given):
    """Times come as one object in httpx; retries are not among them."""
    with Emulator() as emulator, model(base_url=emulator.base_url, **given) as asked:
        emulator.script(*[Fault.of("UNAVAILABLE")] * 3)
        with pytest.raises(Exception, match="UNAVAILABLE"):
            asked.invoke("a", timeout=httpx.Timeout(5))
        assert len(emulator.requests) == 1


POLICY = types.RetryPolicy(max_retries=1, first_delay_s=0, jitter_s=0, deadline_s=50, silence_s=40, connect_s=3)


@pytest.mark.behaviour("B047")
@pytest.mark.parametrize("passed", [True, False], ids=["client", "own"])
@pytest.mark.parametrize(
    ("given", "requests", "connect_s", "left_s"),
    [
        ({}, 2, 3, 50),
        ({"timeout": httpx.Timeout(20.0, connect=2.0)}, 2, 2, 20),
        ({"timeout": httpx.Timeout(None, connect=2.0)}, 2, 2, 50),
        ({"timeout": 20}, 2, 3, 20),
        ({"max_retries": 0}, 1, 3, 50),
        ({"retry": types.RetryPolicy(deadline_s=20)}, 2, 3, 20),
        ({"retry": {"max_retries": 2}}, 3, 3, 50),
        ({"retry": types.RetryPolicy(max_retries=2), "timeout": httpx.Timeout(20.0), "max_retries": 0}, 1, 20, 20),
    ],
)
def test_a_calls_times_and_retries_are_laid_over_the_clients(given, requests, *, passed, connect_s, left_s):
    """Field by field, and the same whether the model made its client or was given one."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(503)

    http = httpx.Client(transport=httpx.MockTransport(answer))
    if passed:
        client = Client(api_key="made-up", http_client=http, http_options={"retry_options": POLICY})
        asked = ChatGenAI(model=MODEL, client=client)
    else:
        asked = model(http_client=http, retry=POLICY)
    with pytest.raises(Exception, match="503"):
        asked.invoke("a", **given)
    assert len(sent) == requests
    times = sent[0].extensions["timeout"]
    assert left_s - 5 < times["write"] <= left_s
    assert times["connect"] == min(connect_s, times["write"])


@pytest.mark.parametrize(
    ("given", "called", "requests", "left_s"),
    [
        ({"max_retries": 0}, {"retry": types.RetryPolicy(max_retries=1, first_delay_s=0, jitter_s=0)}, 2, 600),
        ({"timeout": 20.0}, {"retry": types.RetryPolicy(deadline_s=30, max_retries=0)}, 1, 30),
        ({"retry": types.RetryPolicy(max_retries=0)}, {"retry": types.RetryPolicy(deadline_s=30)}, 1, 30),
    ],
)
def test_a_calls_policy_counts_over_the_models_single_settings(given, called, requests, left_s):
    """Which of the three names says it is no rank between a model and its call."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(503)

    http = httpx.Client(transport=httpx.MockTransport(answer))
    with pytest.raises(Exception, match="503"):
        model(http_client=http, **given).invoke("a", **called)
    assert len(sent) == requests
    assert left_s - 5 < sent[0].extensions["timeout"]["write"] <= left_s


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            {"response_schema": create_model("M", a=(int, ...))},
            {"response_schema": create_model("M", b=(int, ...))},
        ),
        ({"tools": [{"name": "f", "description": "a"}]}, {"tools": [{"name": "f", "description": "b"}]}),
        (
            {"client": Client(api_key="made-up", http_options={"base_url": "https://one.example"})},
            {"client": Client(api_key="made-up", http_options={"base_url": "https://two.example"})},
        ),
    ],
    ids=["schema", "tools", "client"],
)
def test_models_that_ask_for_different_things_have_different_cache_keys(one, other):
    """With one key the second model would be answered with what the first was told."""
    keys = [ChatGenAI(model=MODEL, **given)._get_llm_string() for given in (one, other)]
    assert keys[0] != keys[1]


@pytest.mark.behaviour("B109")
def test_a_key_that_is_set_later_is_as_secret_as_one_that_was_given():
    """A key for each user is set on a copy; as plain text it would be in every repr."""
    copied = model().model_copy(update={"api_key": "another-made-up"})
    changed = model()
    changed.api_key = "another-made-up"  # type: ignore[assignment]  # as users write it
    for each in (copied, changed):
        assert "another" not in repr(each)
        assert each.client.models.preview(model=MODEL, contents="a").method == "POST"


def test_a_calls_choice_counts_over_the_models_mode():
    """A forced call that is not forced is an answer in prose where an object was asked for."""
    asked = model(
        tool_config={"function_calling_config": {"mode": "AUTO"}, "retrieval_config": {"language_code": "en"}}
    )
    sent = asked.bind_tools([search], tool_choice="search").preview("a").body["toolConfig"]
    assert sent == {
        "functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["search"]},
        "retrievalConfig": {"languageCode": "en"},
    }


@pytest.mark.behaviour("B102")
def test_messages_are_counted_as_they_are_on_a_model_with_a_cache():
    """trim_messages weighs parts of a conversation, also such as the cache holds."""
    with Emulator() as emulator, model(base_url=emulator.base_url) as plain:
        cache = plain.create_cache([HumanMessage("a long text")], ttl=60)
        asked = plain.model_copy(update={"cached_content": cache})
        count = plain.get_num_tokens_from_messages([HumanMessage("a long text")])
        assert asked.get_num_tokens_from_messages([HumanMessage("a long text")]) == count > 0
        asked.close()


@pytest.mark.behaviour("B005")
def test_a_signature_of_gemini_is_not_sent_to_gemma():
    """Gemma thinks by levels as Gemini 3 does, and signs for itself."""
    call = {"name": "search", "args": {"q": "a"}, "id": "c1"}
    made = AIMessage(
        "",
        tool_calls=[call],
        additional_kwargs={"__gemini_function_call_thought_signatures__": {"c1": "c2ln"}},
        response_metadata={"model_provider": "google_genai", "model_name": MODEL},
    )
    history = [HumanMessage("a"), made, ToolMessage("b", tool_call_id="c1")]
    own, foreign = (
        ChatGenAI(model=name, api_key="made-up").preview(history).body["contents"][1]["parts"][0]["thoughtSignature"]
        for name in (MODEL, "gemma-4-31b-it")
    )
    assert (own, foreign) == ("c2ln", "skip_thought_signature_validator")


def test_a_result_without_its_text_is_refused_by_index():
    """A bare KeyError would be tried again by LangChain's middleware, and names no message."""
    history = [HumanMessage("a"), AIMessage("", tool_calls=[{"name": "f", "args": {}, "id": "1"}])]
    with pytest.raises(InvalidRequestError, match=r"messages\[2\] \(tool\)"):
        model().preview([*history, ToolMessage([{"type": "text"}], tool_call_id="1")])


@pytest.mark.behaviour("B016")
def test_renamed_tools_stay_renamed_where_they_are_not_bound():
    """A summary of the conversation binds no tools, and its history has their names all the same."""
    call = {"name": "my tool!", "args": {}, "id": "1"}
    history = [HumanMessage("a"), AIMessage("", tool_calls=[call]), ToolMessage("b", tool_call_id="1")]
    parts = [part for each in model().preview(history, rename_tools=True).body["contents"] for part in each["parts"]]
    names = [part[kind]["name"] for part in parts for kind in ("functionCall", "functionResponse") if kind in part]
    assert names == ["my_tool_", "my_tool_"]


@pytest.mark.behaviour("B108")
def test_the_environments_key_stays_away_from_a_gateway_with_its_own_way_in(monkeypatch):
    """The key is Google's; whoever runs the gateway has no business with it."""
    monkeypatch.setenv("GOOGLE_API_KEY", "made-up")
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, json={"candidates": []})

    options = {"base_url": "https://gateway.example", "headers": {"Authorization": "Bearer own"}}
    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        Client(http_options=options, http_client=http).models.generate_content(model=MODEL, contents="a")
    assert (seen[0]["authorization"], seen[0].get("x-goog-api-key")) == ("Bearer own", None)


@pytest.mark.behaviour("B109")
@pytest.mark.parametrize(
    "options",
    [{"base_url": "https://user:hidden@gateway.example"}, {"headers": {"authorization": "Bearer hidden\x00"}}],
    ids=["address", "header"],
)
def test_secrets_that_cannot_be_kept_are_refused_without_being_told(options):
    """What is refused is often logged."""
    with pytest.raises(ValueError, match=r"[Aa]uthorization") as caught:
        Client(api_key="made-up", http_options=options).models.generate_content(model=MODEL, contents="a")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "change", "place", "expected"),
    [
        ({"stop": ["a"]}, lambda m: m.stop.append("b"), ("generationConfig", "stopSequences"), ["a", "b"]),
        ({"labels": {"a": "b"}}, lambda m: m.labels.clear(), ("labels",), {}),
        ({"thinking_config": {"x": {"y": 1}}}, lambda m: m.thinking_config["x"].update(y=2), (), None),
        ({"tools": [search]}, lambda m: m.tools.append({"google_search": {}}), ("tools", 0), {"googleSearch": {}}),
        (
            {"tools": [{"name": "a", "description": "A.", "parameters": {}}]},
            lambda m: m.tools[0].update(name="b"),
            ("tools", 0, "functionDeclarations", 0, "name"),
            "b",
        ),
        ({"extra_body": {"x": {"y": 1}}}, lambda m: m.extra_body["x"].update(y=2), ("x",), {"y": 2}),
        ({"headers": {"x-a": "1"}}, lambda m: m.headers.update({"x-a": "2"}), (), None),
    ],
    ids=["stop", "labels", "thinking", "tools", "a tool", "extra_body", "headers"],
)
def test_what_is_changed_in_place_counts_everywhere(given, change, *, place, expected):
    """Or a request would say one thing, and traces and LangChain's cache another."""
    asked = model(**given)
    before = (asked.preview("a"), asked._get_llm_string(), asked.asdict())
    assert before == (asked.preview("a"), asked._get_llm_string(), asked.asdict())
    kept = copy.deepcopy(before)
    change(asked)
    after = (asked.preview("a"), asked._get_llm_string(), asked.asdict())
    made = model(**{name: getattr(asked, name) for name in given})
    assert after == (made.preview("a"), made._get_llm_string(), made.asdict())
    assert after[0] != kept[0]
    found: Any = after[0].body if place else None
    for step in place:
        found = found[step]
    assert found == expected


PERSON = {"title": "Person", "type": "object", "properties": {"name": {"type": "string"}}}


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_what_was_bound_stays_when_a_schema_is_asked_for(method):
    """LangChain hands the method to the model below, which knows nothing of what was bound."""
    asked: Any = model().bind(temperature=0.5, seed=3).with_config(tags=["blue"])
    bound = asked.with_structured_output(PERSON, method=method, seed=4)
    plain: Any = model().with_structured_output(PERSON, method=method)
    sent, expected = bound.first.preview("a").body, plain.first.preview("a").body
    assert sent.pop("generationConfig") == {**expected.pop("generationConfig", {}), "temperature": 0.5, "seed": 4}
    assert sent == expected
    assert bound.config["tags"] == ["blue"]


def test_what_was_bound_stays_when_tools_are_bound():
    """But for tools that were bound before and the choice among them, which these take the place of."""
    first: Any = model().bind(temperature=0.5).bind_tools([search], tool_choice="search").with_config(tags=["blue"])
    second = first.bind_tools([{"google_search": {}}])
    assert second.preview("a").body == model().preview("a", temperature=0.5, tools=[{"google_search": {}}]).body
    assert second.config["tags"] == ["blue"]
    assert first.preview("a").body["toolConfig"]["functionCallingConfig"]["allowedFunctionNames"] == ["search"]
    structured = first.with_structured_output(PERSON).first.preview("a").body
    assert "tools" not in structured


@pytest.mark.parametrize(
    "bound",
    [
        {"response_schema": PERSON, "response_mime_type": "application/json"},
        {"responseJsonSchema": {"type": "object", "properties": {"other": {"type": "string"}}}},
        {"response_format": {"type": "text"}},
    ],
    ids=["schema", "JSON schema", "format"],
)
@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
def test_a_schema_that_was_bound_gives_way_to_the_one_that_is_asked_for(bound, method):
    """Replies of the one could not be read as objects of the other."""
    asked: Any = model().bind(seed=3, **bound).with_structured_output(PERSON, method=method)
    plain: Any = model().bind(seed=3).with_structured_output(PERSON, method=method)
    assert asked.first.preview("a").body == plain.first.preview("a").body


def test_listeners_stay_where_tools_or_a_schema_follow():
    """LangChain keeps them beside the config."""
    heard: list[str] = []
    with Emulator() as emulator:
        asked: Any = model(base_url=emulator.base_url).bind(seed=3)
        asked = asked.with_listeners(on_start=lambda run: heard.append(run.name))
        asked.bind_tools([search]).invoke("Hello")
        asked.with_structured_output(PERSON).invoke("Hello, Ann")
    assert heard == ["ChatGenAI", "RunnableSequence"]


@pytest.mark.parametrize("name", ["base_url", "api_key", "google_api_key", "client", "http_client", "vertexai"])
def test_what_is_a_models_own_is_no_argument_of_a_call(name):
    """A call goes where the model's client goes; the error says where the name is taken."""
    given: dict[str, Any] = {name: "x"}
    with pytest.raises(TypeError, match=f"A call takes no '{name}'; pass it to the model"):
        model().preview("a", **given)
